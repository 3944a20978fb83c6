"""Losses with kinks and a free intercept: β_max, certificates, improving neurons."""

import time

import numpy as np
import pytest

import copos
from copos.losses.convex import bind
from copos.polynomial.network import PolynomialNetwork
from copos.polynomial.program import polynomial_network
from copos.polynomial.proof import prove


def labels(n=80, d=4, seed=0, share=0.3):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, d))
    score = X[:, 0] * X[:, 1] + 0.5 * X[:, 2]
    return X, np.where(score > np.quantile(score, share), 1.0, -1.0)


@pytest.mark.parametrize("loss", ["hinge", "absolute", "quantile"])
@pytest.mark.parametrize("intercept", [False, True])
def test_the_zero_network_is_optimal_from_beta_max_on(loss, intercept):
    X, y = labels()
    y = y if loss == "hinge" else y + X[:, 3]
    more = {"loss_parameter": 0.2} if loss == "quantile" else {}
    program = polynomial_network(X, y, loss=loss, beta=1.0, intercept=intercept, **more)
    assert program.beta_max > 0
    above = program.at(ratio=1.0001).train(1e-7)
    assert above.certified and len(above.network) == 0
    assert len(program.at(ratio=0.2).train(1e-6).network) > 0


def test_the_best_constant_meets_all_samples_of_one_label():
    """Then ν is n_-/n_+ on each of them: 945.9 on breast cancer, as of any balanced choice in their intervals."""
    sk = pytest.importorskip("sklearn.datasets")
    X, y = sk.load_breast_cancer(return_X_y=True)
    Z = (X - X.mean(0)) / X.std(0)
    program = polynomial_network(Z, 2.0 * y - 1, loss="hinge", beta=1.0, intercept=True)
    assert program.beta_max == pytest.approx(945.9, abs=0.05)
    X, y = sk.make_classification(100, 6, random_state=0)
    program = polynomial_network(X, 2.0 * y - 1, loss="hinge", beta_ratio=2, intercept=True)
    assert program.beta == 2 * program.beta_max > 2 and len(program.train().network) == 0


def test_balanced_subgradients():
    loss = bind("hinge", np.array([[1.0], [1.0], [1.0], [-1.0]]), np.ones(4))
    assert loss.balanced(np.ones((4, 1)))[:, 0] == pytest.approx([-1 / 3, -1 / 3, -1 / 3, 1])
    # met up to rounding is met
    F = np.ones((4, 1)) * (1 + 1e-15)
    assert loss.balanced(F)[:, 0] == pytest.approx([-1 / 3, -1 / 3, -1 / 3, 1])
    rng = np.random.default_rng(0)
    for name in ("absolute", "quantile", "huber"):
        y = np.round(2 * rng.standard_normal((30, 2)))
        loss = bind(name, y, rng.random(30) + 0.1)
        F = np.zeros_like(y)
        F = F + loss.best_shift(F) if name != "huber" else F
        nu = loss.balanced(F)
        assert np.abs(nu.sum(0)).max() <= 1e-12
        assert (nu >= loss.low - 1e-15).all() and (nu <= loss.high + 1e-15).all()
        if name != "huber":
            off = F != y
            assert nu[off] == pytest.approx(loss.gradient(F)[off], rel=1e-12)  # it is a subgradient


@pytest.mark.parametrize("loss", ["hinge", "absolute"])
def test_a_network_certifies_itself_at_its_own_gap(loss):
    X, y = labels()
    y = y if loss == "hinge" else y + X[:, 3]
    program = polynomial_network(X, y, loss=loss, beta_ratio=0.05, intercept=True)
    fit = program.train(1e-8)
    assert fit.certified
    found = copos.certify_network(fit.network, X, y, program.beta, loss, intercept=True)
    assert found.gap <= 1.01 * fit.gap and found.improving is None
    # the same weights from elsewhere, without their multiplier, rounded
    net = fit.network
    again = PolynomialNetwork.from_weights(net.u * (1 + 1e-16), net.alpha, net.activation, net.intercept)
    assert again.multiplier is None
    assert copos.certify_network(again, X, y, program.beta, loss, intercept=True).gap <= 2e-6
    # a multiplier is only a hint: any other proves less, and nothing wrong
    broken = PolynomialNetwork(net.u, net.alpha, net.output, net.pool, net.intercept, net.activation,
                               net.architecture, 1, np.full_like(net.multiplier, np.nan))  # fmt: skip
    assert copos.certify_network(broken, X, y, program.beta, loss, intercept=True).lower <= fit.objective


@pytest.mark.parametrize("loss", ["hinge", "absolute"])
@pytest.mark.parametrize("ratio", [0.05, 0.1])
def test_the_improving_neuron_of_a_network_with_kinks_improves(loss, ratio):
    X, y = labels()
    y = y if loss == "hinge" else np.round(y + X[:, 3], 1)  # many samples at the best constant
    program = polynomial_network(X, y, loss=loss, beta_ratio=ratio, intercept=True)
    best = 1.0 if loss == "hinge" else float(np.median(y))
    zero = PolynomialNetwork.from_weights(np.eye(4)[:1], [0.0], intercept=best)
    found = copos.certify_network(zero, X, y, program.beta, loss, intercept=True)
    assert found.gap > 1e-3 and found.improving is not None and found.slope < 0 and found.violation > 0
    t = 1e-5
    u, alpha = found.improving[None], [t * found.sign]
    nets = [PolynomialNetwork.from_weights(u, alpha, intercept=best + s) for s in np.linspace(-5, 5, 201) * t]
    values = [program.loss.value(net.predict(X)[:, None]) + program.beta * t for net in nets]
    assert program.objective(found.better) < found.objective
    assert min(values) - found.objective == pytest.approx(t * found.slope, rel=0.05)


def test_a_time_limit_is_kept_where_a_step_takes_long(monkeypatch):
    """A step of the interior-point method is a second here; without room for all of them none begins."""
    X, y = labels(1200, 50)
    program = polynomial_network(X, y, loss="hinge", beta_ratio=0.01, intercept=True)
    spent, began = [], time.process_time()

    def watched(*of):
        spent.append(time.process_time() - began)
        return prove(*of)

    monkeypatch.setattr("copos.polynomial.fit.prove", watched)
    fit = program.train(time_limit=0.2)
    assert spent and spent[0] < 1.0  # before the proof, which comes after the limit
    assert fit.message == "time limit" and 0 <= fit.lower <= fit.objective < 1e-2 + program.loss.value(0 * program.Y)
