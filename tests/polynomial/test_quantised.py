"""First layers of signs: the optimum of all sign vectors, the relaxation below, κ times its penalty above."""

import itertools

import numpy as np
import pytest

import copos
from copos.arithmetic import svec
from copos.losses.convex import Interval, bind
from copos.polynomial.features import activation
from copos.polynomial.quantised import train_quantised_network
from copos.polynomial.quantised_level import relaxed
from copos.polynomial.sign_vectors import improved, largest, rounded

KAPPA = 1 + np.pi / np.log(1 + np.sqrt(2))


def optimum(X, y, sigma, beta, loss, intercept, weights):
    """The problem on the responses of all 2^d sign vectors, in another modelling language."""
    cp = pytest.importorskip("cvxpy")
    U = np.array(list(itertools.product((-1.0, 1.0), repeat=X.shape[1])))
    a, b, c = activation(sigma)
    Z = X @ U.T
    alpha, t = cp.Variable(len(U)), cp.Variable()
    F = ((a * Z + b) * Z + c) @ alpha + (t if intercept else 0)
    each = {
        "squared": lambda: cp.square(F - y) / 2, "huber": lambda: cp.huber(F - y) / 2,
        "absolute": lambda: cp.abs(F - y), "quantile": lambda: cp.maximum(0.8 * (F - y), -0.2 * (F - y)),
        "hinge": lambda: cp.pos(1 - cp.multiply(y, F)),
        "squared_hinge": lambda: cp.square(cp.pos(1 - cp.multiply(y, F))) / 2,
    }[loss]()  # fmt: skip
    return cp.Problem(cp.Minimize(weights @ each + beta * cp.norm1(alpha))).solve(solver="CLARABEL")


@pytest.mark.parametrize(("d", "loss", "sigma", "intercept", "parameter"), [
    (3, "squared", "published", True, None), (4, "absolute", "quadratic", False, None),
    (4, "huber", (1.0, 0.0, 0.3), True, 1.0), (3, "hinge", "published", True, None),
    (2, "squared", "linear", False, None), (3, "squared_hinge", "relu", False, None),
    (3, "quantile", "published", True, 0.2), (1, "squared", "relu", True, None),
])  # fmt: skip
def test_the_optimum_is_that_of_all_sign_vectors(d, loss, sigma, intercept, parameter):
    rng = np.random.default_rng(d)
    X, w = rng.standard_normal((20, d)), rng.uniform(0.5, 2, 20)
    y = X[:, 0] * X[:, -1] + rng.standard_normal(20)
    y = np.where(y > 0, 1.0, -1.0) if "hinge" in loss else y
    fit = train_quantised_network(
        X, y, sigma, beta=0.7, loss=loss, loss_parameter=parameter, intercept=intercept, sample_weight=w
    )
    true = optimum(X, y, sigma, 0.7, loss, intercept, w)
    assert fit.gap < 1e-7 and abs(fit.objective - true) <= 1e-6 * true
    assert fit.lower <= true * (1 + 1e-7) and copos.verify(fit.certificate).proved
    # the network is worth what is said of it
    residual = fit.network.predict(X) - y
    if loss == "squared":
        value = w @ residual**2 / 2 + 0.7 * np.abs(fit.network.alpha).sum()
        assert abs(value - fit.objective) <= 1e-9 * value
    assert set(np.unique(fit.network.u)) <= {-1, 1} and fit.network.u.shape[1] == d


def test_several_outputs_are_as_many_problems():
    rng = np.random.default_rng(0)
    X, Y = rng.standard_normal((25, 3)), rng.standard_normal((25, 2))
    both = train_quantised_network(X, Y, beta=1.0, intercept=True)
    each = [train_quantised_network(X, y, beta=1.0, intercept=True) for y in Y.T]
    assert abs(both.objective - sum(one.objective for one in each)) < 1e-8 * both.objective
    assert both.gap < 1e-8 and both.network.predict(X).shape == (25, 2)


@pytest.mark.parametrize("seed", range(4))
def test_the_relaxation_is_below_and_with_kappa_times_the_penalty_above(seed):
    """D(β) ≤ optimum(β) ≤ D(κβ)."""
    rng = np.random.default_rng(seed)
    X, y, beta = rng.standard_normal((12, 5)), rng.standard_normal(12), [0.05, 0.3, 1.0, 3.0][seed]
    fit = train_quantised_network(X, y, beta=beta)
    x, F = np.column_stack([X, np.ones(12)]), np.full((6, 6), 0.09)
    F[-1], F[:, -1], F[-1, -1] = 0.25, 0.25, 0.47
    rows, loss = svec.svec(F * x[:, :, None] * x[:, None, :]), bind("squared", y[:, None], np.ones(12))
    assert isinstance(loss, Interval)

    def value(penalty):
        Z, _ = relaxed(rows, 6, loss, penalty, False)
        assert np.ptp(np.diagonal(Z, axis1=1, axis2=2), axis=1).max() < 1e-6
        return loss.value((rows @ svec.svec(Z[0] - Z[1]))[:, None]) + penalty * Z[:, -1, -1].sum()

    assert value(beta) <= fit.objective * (1 + 1e-6) and fit.objective <= value(KAPPA * beta) * (1 + 1e-6)


def test_many_features_have_a_gap_and_a_proof():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((60, 18))
    y = (X @ np.where(rng.random(18) < 0.5, 1.0, -1.0)) ** 2 / 18
    fit = train_quantised_network(X, y, "quadratic", beta=50.0)
    assert 0 < fit.lower <= fit.objective and fit.gap < 0.05
    assert "diagonal" in fit.certificate.proof["spheres"][0][0][0] and copos.verify(fit.certificate).proved
    # on the sphere, or of another problem, the same numbers prove nothing
    other = copos.Certificate("lower bound", {**fit.certificate.problem, "beta": 49}, fit.certificate.proof)
    assert not copos.verify(other).proved


def test_units_do_not_matter():
    """(2^e X, 2^h y) and the β that belongs to them are the same problem for σ(z) = z²."""
    rng = np.random.default_rng(3)
    X, y = rng.standard_normal((30, 3)), rng.standard_normal(30)
    plain = train_quantised_network(X, y, "quadratic", beta=0.5)
    for e, h in ((10, -20), (-30, 40)):
        other = train_quantised_network(
            np.ldexp(X, e), np.ldexp(y, h), "quadratic", beta=float(np.ldexp(0.5, h + 2 * e)))
        assert other.objective == np.ldexp(plain.objective, 2 * h) and other.lower == np.ldexp(plain.lower, 2 * h)


@pytest.mark.parametrize("beta", [1e6, 1e15, 1e200])
def test_a_large_penalty_leaves_no_neuron(beta):
    X, y = np.eye(3), np.array([1.0, 0.0, -1.0])
    fit = train_quantised_network(X, y, beta=beta, intercept=True)
    assert len(fit.network) == 0 and fit.gap < 1e-9


@pytest.mark.parametrize("loss", ["squared", "huber", "squared_hinge", "hinge"])
def test_weights_of_many_sizes(loss):
    """Light samples beside heavy ones."""
    rng = np.random.default_rng(0)
    X, w = rng.standard_normal((10, 2)), rng.choice([1e-3, 1.0, 1e3], 10)
    y = rng.standard_normal(10)
    y = np.where(y > 0, 1.0, -1.0) if "hinge" in loss else y
    fit = train_quantised_network(X, y, beta=0.3, loss=loss, sample_weight=w, intercept=True)
    assert fit.gap <= 1e-5


def test_nothing_to_fit():
    fit = train_quantised_network(np.ones((4, 2)), [0.1] * 4, "linear", beta=0.3, intercept=True)
    assert fit.gap == fit.objective == 0 and len(fit.network) == 0 and fit.network.intercept.tolist() == [0.1]


def test_local_search_and_rounding():
    rng = np.random.default_rng(0)
    S = rng.standard_normal((20, 20))
    S = S + S.T
    V = improved(S, rounded(np.eye(20), 10, rng))
    H = V @ S
    assert (np.diagonal(S) - V * H <= 1e-9).all() and (V[:, -1] == 1).all()
    best, values = largest(S, V, 3)
    assert np.allclose(values, np.einsum("ij,ij->i", best @ S, best)) and values[0] >= max(np.einsum("ij,ij->i", H, V))
    # the arcsine law
    C = np.array([[1.0, 0.6], [0.6, 1.0]])
    signs = rounded(C, 40_000, rng)
    assert abs((signs[:, 0] * signs[:, 1]).mean() - 2 / np.pi * np.arcsin(0.6)) < 0.02


@pytest.mark.parametrize(("change", "words"), [
    ({"loss": "logistic"}, "relaxation is conic"), ({"beta": 0.0}, "beta"), ({"beta": float("nan")}, "beta"),
    ({"y": [1.0, 2.0, 3.0]}, "2 samples, y has 3"), ({"seed": -1}, "seed"), ({"time_limit": -1}, "time_limit"),
])  # fmt: skip
def test_what_cannot_be_trained_is_refused(change, words):
    given = {"X": [[1.0, 2.0], [0.0, 1.0]], "y": [1.0, -1.0], "beta": 1.0, **change}
    with pytest.raises(ValueError, match=words):
        train_quantised_network(**given)
