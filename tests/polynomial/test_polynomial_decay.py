"""Weight decay of polynomial and ReLU networks: radii, least losses and bounds that are rigorous."""

from fractions import Fraction

import numpy as np
import pytest

import copos
from copos.polynomial.decayed import DecayedNetwork, last_pivot, read_training
from copos.polynomial.program import polynomial_network
from tests.polynomial.test_polynomial_proof import data


def test_last_pivot_is_the_exact_distance():
    rng = np.random.default_rng(0)
    A = rng.integers(-5, 6, (6, 4)).astype(object)
    A = np.column_stack([A, A[:, 0] + 2 * A[:, 1], rng.integers(-5, 6, 6)])  # a dependent column in the middle
    B, y = A[:, :4].astype(float), A[:, 5].astype(float)
    r = y - B @ np.linalg.lstsq(B, y, rcond=None)[0]
    assert float(last_pivot(A.T @ A)) == pytest.approx(r @ r, rel=1e-12)
    assert last_pivot(A[:, :5].T @ A[:, :5]) == 0


@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_least_loss_and_radius_are_rigorous(offset):
    """A line through (t, t + 1e6), exactly: floating point sees a residual there, integers do not."""
    X = offset + np.arange(6.0)[:, None]
    training = read_training(X, 2 * X[:, 0] - 3, 0.5, (0.0, 1.0, 1.0))
    assert training.least_loss == 0
    training = read_training(X, np.array([0.0, 0, 3, 0, 0, 0]), 0.5, (0.0, 1.0, 1.0))
    t = np.arange(6.0) - 2.5
    y = np.array([0.0, 0, 3, 0, 0, 0])
    true = 0.5 * (y @ y - y.sum() ** 2 / 6 - (t @ y) ** 2 / (t @ t))
    assert float(training.least_loss) == pytest.approx(true, rel=1e-12)
    upper = 4.0
    assert Fraction(training.radius(upper)) ** 2 >= 2 * (Fraction(upper) - training.least_loss) / Fraction(1, 2)


@pytest.mark.parametrize("activation", ["published", "quadratic", "linear", (1.0, 0.0, -0.5)])
def test_convex_decay_bound_is_proved(activation):
    X, y = data(8, 3, 1)
    X = X[:, :2]
    for width in (None, 2):
        bound = copos.convex_decay_bound(X, y, 0.2, activation, width=width)
        assert bound.claimed * (1 - 1e-6) <= bound.lower <= bound.claimed * (1 + 1e-12)
        training = read_training(X, y, 0.2, activation)
        best = training.search(2, np.random.default_rng(0), 5)[1]
        assert bound.lower <= best
    small = copos.convex_decay_bound(X, y, 0.2, activation, upper=float(training.least_loss) + 1e-3)
    assert small.lower <= float(training.least_loss) + 1e-3  # never above what it was told


def test_decayed_objectives_and_known_networks():
    X, y = data(5)
    X = X[:, :1]
    training = read_training(X, y, 0.3, "quadratic")
    network, value = training.search(1, np.random.default_rng(0), 5)
    assert value == pytest.approx(training.objective(network), rel=1e-12) and value >= training.objective(network) * (
        1 - 1e-15
    )
    program = copos.decayed_network(X, y, 1, 0.3, "quadratic", upper=network)
    assert copos.bracket(program, 1, solver="clarabel").lower <= value
    with pytest.raises(ValueError, match="pass a network"):
        copos.decayed_network(X, y, 1, 0.3, "quadratic", upper=float(training.least_loss) + 1e-6)
    one = DecayedNetwork(np.array([[0.5]]), np.array([2.0]), training.activation)
    exactly = sum((2 * (Fraction(x) / 2) ** 2 - Fraction(t)) ** 2 for x, t in zip(X[:, 0], y, strict=True)) / 2
    exactly += Fraction(0.3) * Fraction(17, 4) / 2
    assert 0 <= Fraction(training.objective_above(one)) - exactly <= Fraction(1, 10**12)


def test_relu_bounds_are_never_less_than_zero():
    X = 2000.0 + np.arange(4.0)[:, None]
    program = copos.relu_network(X, [1.0, 2.0, 2.0, 5.0], 0.1)
    bound = copos.lower_bound(program, 0)
    assert bound.proved and bound.lower >= 0 and bound.certificate.verify(program).proved


def test_weights_beyond_the_doubles_are_left_out():
    """x = 1e-160 asks for α of 1e320: no double is that large, so the network is another one and the gap says so."""
    X = 1e-160 * np.array([[1.0], [2.0], [3.0]])
    program = polynomial_network(X, [1.0, 4.0, 9.0], "quadratic", beta=1e-323)
    fit = program.train()
    assert np.isfinite(fit.network.alpha).all() and fit.lower <= fit.objective
    assert copos.verify(fit.certificate, program).proved
    with pytest.raises(ValueError, match="other units"):
        polynomial_network([[1e160], [2e160]], [1.0, 2.0], "quadratic", beta_ratio=0.1)
