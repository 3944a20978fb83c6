"""Adversarial training: the optimum of the convex program with a matrix inequality per sample, from both sides."""

from fractions import Fraction

import numpy as np
import pytest

import copos
from copos.polynomial.adversary import reached_at_most, worst
from copos.polynomial.features import activation
from copos.polynomial.robust import train_robust_network
from copos.polynomial.robust_losses import Margins

LABELS = ("hinge", "squared_hinge", "logistic")


def exact(M):
    return np.array([[Fraction(v) for v in row] for row in np.asarray(M, dtype=float).tolist()], dtype=object)


def optimum(X, y, r, sigma, beta, loss, intercept):
    """s(f(x_i + δ) − y_i) ≤ R_i on the ball, by the S-lemma sample by sample, in another modelling language."""
    cp = pytest.importorskip("cvxpy")
    (a, b, c), (n, d) = activation(sigma), X.shape
    Z, W, t = cp.Variable((d + 1, d + 1), PSD=True), cp.Variable((d + 1, d + 1), PSD=True), cp.Variable()
    D, R = Z - W, cp.Variable(n)
    A, g = a * D[:d, :d], b / 2 * D[:d, d]
    rules = [cp.trace(M) == 2 * M[d, d] for M in (Z, W)] + ([] if intercept else [t == 0])
    for i, x in enumerate(X):
        f = x @ A @ x + 2 * (g @ x) + c * D[d, d] + t
        for s in (-y[i],) if loss in LABELS else (1.0, -1.0):
            lam, h = cp.Variable(nonneg=True), cp.reshape(A @ x + g, (d, 1), order="C")
            corner = cp.reshape(R[i] - s * (f - y[i]) - lam * r**2, (1, 1), order="C")
            block = cp.bmat([[lam * np.eye(d) - s * A, -s * h], [-s * h.T, corner]])
            rules.append(0.5 * (block + block.T) >> 0)
    each = {"squared": cp.square(R) / 2, "absolute": R, "huber": cp.huber(R) / 2, "hinge": cp.pos(R),
            "squared_hinge": cp.square(cp.pos(R)) / 2, "logistic": cp.logistic(R - 1)}[loss]  # fmt: skip
    problem = cp.Problem(cp.Minimize(cp.sum(each) + beta * (Z[d, d] + W[d, d])), rules)
    return problem.solve(solver="CLARABEL")


@pytest.mark.parametrize(("loss", "sigma", "intercept", "r"), [
    ("hinge", "published", True, 0.2), ("squared_hinge", "relu", False, 0.4), ("squared", "published", True, 0.1),
    ("absolute", "published", False, 0.3), ("huber", "relu", True, 0.5), ("logistic", "published", True, 0.2),
])  # fmt: skip
def test_the_optimum_is_that_of_the_convex_program(loss, sigma, intercept, r):
    rng = np.random.default_rng(1)
    X = rng.standard_normal((6, 2))
    y = X[:, 0] * X[:, 1] + 0.3 * rng.standard_normal(6)
    y = np.where(y > 0, 1.0, -1.0) if loss in LABELS else y
    fit = train_robust_network(X, y, r, sigma, beta=0.2, loss=loss, intercept=intercept, tolerance=1e-6)
    true = optimum(X, y, r, sigma, 0.2, loss, intercept)
    assert fit.certified and fit.gap <= 1e-6 and abs(fit.objective - true) <= 3e-6 * true
    assert fit.lower <= true * (1 + 1e-7) and fit.clean <= fit.objective
    verdict = copos.verify(fit.certificate)
    assert verdict.proved and "at the worst inputs within" in verdict.claim and "on 6 samples" in verdict.claim
    # what the proof is about: inputs in the balls, weights that are those of the samples
    for point, i in zip(fit.points, fit.owners, strict=True):
        away = sum((Fraction(p) - Fraction(v)) ** 2 for p, v in zip(point.tolist(), X[i].tolist(), strict=True))
        assert away <= Fraction(r) ** 2
    sums = [sum(map(Fraction, fit.weights[fit.owners == i].tolist()), Fraction(0)) for i in range(6)]
    assert max(sums) <= 1 and min(fit.weights) > 0


def test_no_input_of_the_balls_costs_more_than_is_said():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((15, 3))
    y, w = np.where(X[:, 0] * X[:, 1] > 0, 1.0, -1.0), rng.uniform(0.5, 2, 15)
    fit = train_robust_network(X, y, 0.3, beta=0.1, sample_weight=w, intercept=True)
    moves = rng.standard_normal((400, 1, 3))
    moves *= 0.3 / np.linalg.norm(moves, axis=2, keepdims=True)
    values = np.array([fit.network.predict(X + move) for move in moves[:, 0]])
    loss = w @ np.maximum(1 - y * values, 0).max(0) + 0.1 * fit.network.penalty
    assert 0.9 * fit.objective <= loss <= fit.objective * (1 + 1e-12)


def test_the_logistic_objective_is_that_of_the_worst_inputs():
    """No sampled input of the balls costs more, and the worst ones cost nearly as much."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((12, 2))
    y = np.where(X[:, 0] * X[:, 1] > 0, 1.0, -1.0)
    fit = train_robust_network(X, y, 0.3, beta=0.1, loss="logistic", intercept=True)
    moves = rng.standard_normal((400, 1, 2))
    moves *= 0.3 / np.linalg.norm(moves, axis=2, keepdims=True)
    values = np.array([fit.network.predict(X + move) for move in moves[:, 0]])
    loss = np.logaddexp(0, -y * values).max(0).sum() + 0.1 * fit.network.penalty
    assert fit.certified and 0.99 * fit.objective <= loss <= fit.objective * (1 + 1e-12)
    assert "log(1 + exp(−yf)) at the worst inputs" in copos.verify(fit.certificate).claim


def test_robust_accuracy_is_better_and_measured_exactly():
    """Samples whose sign is the same in the whole ball, by `distance_to_boundary`."""
    rng, r = np.random.default_rng(2), 0.25
    X = rng.standard_normal((80, 2))
    X = X[np.abs(X).min(1) > 0.3][:20]  # no ball meets an axis
    y = np.where(X[:, 0] * X[:, 1] > 0, 1.0, -1.0)

    def robust(network):
        found = [network.distance_to_boundary(x) for x in X]
        return np.mean([one.value * s > 0 and one.lower > r for one, s in zip(found, y, strict=True)])

    plain = copos.polynomial_network(X, y, beta=0.005, loss="hinge", intercept=True).train().network
    fit = train_robust_network(X, y, r, beta=0.005, intercept=True)
    assert robust(fit.network) == 1 > robust(plain)


def test_no_radius_is_ordinary_training_and_a_large_one_forbids_neurons():
    rng = np.random.default_rng(4)
    X, y = rng.standard_normal((20, 2)), rng.standard_normal(20)
    plain = copos.polynomial_network(X, y, beta=0.3).train(1e-8)
    small = train_robust_network(X, y, 1e-9, beta=0.3, loss="squared", tolerance=1e-6)
    assert small.certified and abs(small.objective - plain.objective) <= 1e-5 * plain.objective
    wide = train_robust_network(X, y, 100.0, "quadratic", beta=0.3, loss="squared")
    assert wide.certified and wide.lower <= y @ y / 2 * (1 + 1e-12) and wide.objective >= y @ y / 2 * (1 - 1e-12)


@pytest.mark.parametrize("loss", ["squared", "huber", "absolute"])
@pytest.mark.parametrize("intercept", [False, True])
def test_nothing_to_fit(loss, intercept):
    X = np.random.default_rng(6).standard_normal((7, 3))
    y = np.full(7, 0.1 if intercept else 0.0)
    fit = train_robust_network(X, y, 0.2, beta=0.3, loss=loss, intercept=intercept)
    assert fit.certified and fit.objective == 0 == fit.lower and len(fit.network) == 0


@pytest.mark.parametrize("beta", [1e3, 1e15, 1e200])
@pytest.mark.parametrize("loss", ["squared", "hinge", "logistic"])
def test_a_price_that_no_neuron_is_worth(beta, loss):
    rng = np.random.default_rng(7)
    X, y = rng.standard_normal((9, 2)), np.where(rng.random(9) > 0.5, 1.0, -1.0)
    fit = train_robust_network(X, y, 0.2, beta=beta, loss=loss)
    value = 9 * {"squared": 0.5, "hinge": 1.0, "logistic": np.log(2.0)}[loss]
    assert fit.certified and len(fit.network) == 0 and fit.objective == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("loss", ["squared", "huber", "squared_hinge", "hinge"])
def test_weights_of_many_sizes(loss):
    """Light samples beside heavy ones: a bound of the size of the optimum, not 0."""
    rng = np.random.default_rng(0)
    X, w = rng.standard_normal((10, 2)), rng.choice([1e-3, 1.0, 1e3], 10)
    y = X[:, 0] * X[:, 1] + 0.3 * rng.standard_normal(10)
    y = np.where(y > 0, 1.0, -1.0) if "hinge" in loss else y
    fit = train_robust_network(X, y, 0.1, beta=0.3, loss=loss, sample_weight=w, intercept=True)
    assert fit.gap <= 1e-3


def test_many_samples_are_named_by_their_hash(monkeypatch):
    """The certificate of more numbers than it holds needs the data, and says so."""
    monkeypatch.setattr("copos.polynomial.robust_proof.INLINE", 5)
    X, y = [[1.0], [0.5], [-2.0]], [1.0, 2.0, 0.0]
    fit = train_robust_network(X, y, 0.125, "quadratic", beta=0.25, loss="squared")
    assert "sha256" in fit.certificate.problem["X"] and "not given" in copos.verify(fit.certificate).reason
    tables = {"X": [[1], ["1/2"], [-2]], "Y": [[1], [2], [0]]}
    assert fit.lower > 0 and fit.certificate.verify(None, tables).proved
    assert not fit.certificate.verify(None, {**tables, "X": [[1], ["1/2"], [2]]}).proved


def test_units_do_not_matter():
    rng = np.random.default_rng(5)
    X, y = rng.standard_normal((12, 2)), rng.standard_normal(12)
    plain = train_robust_network(X, y, 0.25, "quadratic", beta=0.5, loss="squared", intercept=True)
    other = train_robust_network(
        np.ldexp(X, 9), np.ldexp(y, -30), 128.0, "quadratic", beta=2.0**-13, loss="squared", intercept=True
    )
    assert plain.certified and other.certified
    assert abs(np.ldexp(other.objective, 60) - plain.objective) <= 1e-9 * plain.objective


def test_parabolas_are_above_the_logistic_loss_and_touch_it():
    phi = Margins(np.array([[0.5], [1.0], [3.0], [2.0]]))
    for at in (np.zeros((4, 1)), np.array([[1.0], [-30.0], [50.0], [1.0 + 1e-9]])):
        model = phi.model(at)
        here = phi.value(at)
        for move in np.linspace(-60, 60, 241):
            R = at + move
            assert phi.value(R) - here <= model.value(np.maximum(R, model.Y)) - model.value(at) + 1e-9 * (1 + move**2)
        step = 1e-6
        slope = (phi.value(at + step) - phi.value(at - step)) / (2 * step)
        assert float(model.gradient(at).sum()) == pytest.approx(slope, abs=1e-7)


@pytest.mark.parametrize("seed", range(12))
def test_the_worst_move_and_its_bound(seed):
    rng = np.random.default_rng(seed)
    d, r = int(rng.integers(1, 5)), 10.0 ** int(rng.integers(-2, 2))
    A, H = rng.standard_normal((d, d)), rng.standard_normal((3, d)) * 10.0 ** int(rng.integers(-3, 3))
    A = [A + A.T, A + A.T - 6 * np.eye(d), 0 * A, np.diag(np.arange(d, 0, -1.0))][seed % 4]
    if seed % 4 == 3:
        H[:, 0] = 0.0  # the hard case
    found = worst(A, H, r)
    moves = rng.standard_normal((2000, d))
    moves *= r * rng.random((2000, 1)) ** 0.2 / np.linalg.norm(moves, axis=1)[:, None]
    tried = np.array([(np.einsum("ij,ij->i", moves @ A, moves) + 2 * moves @ h).max() for h in H])
    size = np.abs(found.value).max() + 1e-12
    assert (np.linalg.norm(found.move, axis=1) <= r * (1 + 1e-9)).all() and (found.value >= tried - 1e-9 * size).all()
    above = np.array([float(v) for v in reached_at_most(exact(A), exact(H), Fraction(r), found)])
    assert (above >= found.value - 1e-12 * size).all() and (above <= found.value + 1e-7 * size).all()


@pytest.mark.parametrize(("change", "words"), [
    ({"loss": "multinomial"}, "expected one of"), ({"radius": 0.0}, "radius"), ({"radius": float("inf")}, "radius"),
    ({"beta": -1.0}, "beta"), ({"y": [[1.0, 1.0], [1.0, 1.0]]}, "2 outputs"), ({"y": [0.0, 1.0]}, "−1 and"),
    ({"tolerance": float("nan")}, "tolerance"),
])  # fmt: skip
def test_what_cannot_be_trained_is_refused(change, words):
    given = {"X": [[1.0, 2.0], [0.0, 1.0]], "y": [1.0, -1.0], "radius": 0.1, "beta": 1.0, **change}
    with pytest.raises(ValueError, match=words):
        train_robust_network(**given)
