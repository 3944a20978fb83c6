"""Weight decay on polynomial networks: the lift is the problem, bounds lie below every network, levels are tight."""

import numpy as np
import pytest

import copos
from copos.polynomial.decayed import DecayedNetwork, read_training
from copos.reformulation.decayed_network import Coordinates
from tests.contracts import reformulation_contract


def data(n, d, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, d)), rng.standard_normal(n)


@pytest.mark.parametrize("activation", ["published", "quadratic", "linear", (1.0, 0.0, -0.5), (-0.3, 1.0, 0.2)])
@pytest.mark.parametrize(("d", "width"), [(1, 1), (1, 2), (2, 1), (2, 2), (3, 2)])
def test_contract(activation, d, width):
    X, y = data(5, d)
    training = read_training(X, y, 0.2, activation)
    rng = np.random.default_rng(1)
    networks = [training.random(width, rng) for _ in range(6)]
    program = copos.decayed_network(X, y, width, 0.2, activation, upper=training.at_zero, starts=2)
    R = training.radius(training.at_zero)
    inside = [DecayedNetwork(w.u * s, w.alpha * s, w.activation)
              for w in networks for s in [0.99 * R / max(np.sqrt(w.decay), R)]]  # fmt: skip
    reformulation_contract(program, [(w, training.objective(w)) for w in inside])
    assert program.cone.ambient == Coordinates(width, d).dim
    assert all(program.cone.contains(program.cone.sample(rng)) for _ in range(20))


def test_gradient():
    X, y = data(6, 2)
    training, rng = read_training(X, y, 0.2, (0.3, -0.7, 0.4)), np.random.default_rng(2)
    w, direction = rng.standard_normal((2, 9))
    slope = (training.both(w + 1e-6 * direction, 3)[0] - training.both(w - 1e-6 * direction, 3)[0]) / 2e-6
    assert slope == pytest.approx(training.both(w, 3)[1] @ direction, rel=1e-6)


@pytest.mark.parametrize(("d", "width", "activation", "level"), [
    (1, 1, "quadratic", 1), (1, 1, "published", 1), (1, 2, "published", 2), (2, 1, "published", 1), (2, 2, "linear", 0),
])  # fmt: skip
def test_a_level_proves_descent_optimal(d, width, activation, level):
    X, y = data(5, d)
    program = copos.decayed_network(X, y, width, 0.1, activation)
    bound = copos.bracket(program, level, solver="clarabel")
    assert bound.proved and bound.certificate.verify(program).proved
    assert 0 <= bound.gap <= 1e-4 * bound.upper
    assert bound.upper_certificate is not None and bound.upper_certificate.verify(program).proved
    training = read_training(X, y, 0.1, activation)
    assert bound.upper == pytest.approx(training.objective(bound.found.solution), rel=1e-9)


def test_one_neuron_on_a_grid():
    """d = m = 1: the optimum by exhaustion over u, with the best α in closed form."""
    X, y = data(4, 1)
    u = np.linspace(-3, 3, 60001)
    s = (u * X) ** 2
    alpha = y @ s / (np.sum(s**2, 0) + 0.3)
    values = 0.5 * np.sum((s * alpha - y[:, None]) ** 2, 0) + 0.15 * (u**2 + alpha**2)
    bound = copos.bracket(copos.decayed_network(X, y, 1, 0.3, "quadratic"), 1, solver="clarabel")
    assert bound.lower <= values.min() <= bound.lower + 1e-6


def test_balance_is_no_loss_and_helps():
    X, y = data(5, 2)
    plain, balanced = (copos.decayed_network(X, y, 1, 0.3, "quadratic", balanced=b) for b in (False, True))
    low, high = (copos.bracket(p, 0, solver="clarabel") for p in (plain, balanced))
    assert low.lower <= high.lower + 1e-9 and high.lower <= high.upper == pytest.approx(low.upper, rel=1e-6)
    u, alpha = high.found.solution.u, high.found.solution.alpha
    assert np.sum(u**2, 1) == pytest.approx(2 * alpha**2, rel=1e-4)


@pytest.mark.parametrize("activation", ["published", "quadratic", "linear", (1.0, 0.0, -0.5), (-0.3, 1.0, 0.2)])
def test_convex_bound_is_below_descent(activation):
    for seed, (d, width, n) in enumerate([(1, 1, 4), (2, 1, 6), (2, 2, 6), (3, 4, 20)]):
        X, y = data(n, d, seed)
        training = read_training(X, y, 0.2, activation)
        best = training.search(width, np.random.default_rng(3), 10)[1]
        every = copos.convex_decay_bound(X, y, 0.2, activation)
        known = copos.convex_decay_bound(X, y, 0.2, activation, width=width, upper=best)
        assert 0 < every.claimed <= known.claimed * (1 + 1e-9) <= best * (1 + 2e-9)


def test_convex_bound_is_training_with_the_matching_penalty():
    """σ(z) = z²: the penalty is the least decay of a neuron over its t = |α|‖u‖² in the ball."""
    X, y = data(12, 3)
    found = copos.convex_decay_bound(X, y, 0.1, "quadratic")
    phi = np.linspace(1e-3, np.pi / 2 - 1e-3, 200001)
    R = found.radius
    penalty = np.min(0.05 * R**2 / (R**3 * np.cos(phi) * np.sin(phi) ** 2))
    trained = copos.polynomial_network(X, y, "quadratic", penalty).train(1e-9)
    assert found.claimed == pytest.approx(trained.objective, rel=1e-5)


def test_convex_bound_inequality_at_random_neurons():
    """(β/2)(‖u‖² + (1 − τ)α²) ≥ α(|g(u)| − |c Σν|) inside the ball, whatever the neuron."""
    X, y = data(6, 2)
    for activation in ("published", "quadratic", "linear"):
        bound = copos.convex_decay_bound(X, y, 0.2, activation, width=2)
        training, rng = read_training(X, y, 0.2, activation), np.random.default_rng(4)
        w = rng.standard_normal((20000, 3))
        w *= bound.radius * rng.random((20000, 1)) ** 0.3 / np.linalg.norm(w, axis=1, keepdims=True)
        u, alpha = w[:, :2], np.abs(w[:, 2])
        g = bound.multiplier @ (training.activation(X @ u.T) - training.activation.c)
        assert np.all(0.1 * (np.sum(u**2, 1) + (1 - bound.share) * alpha**2) >= alpha * np.abs(g) - 1e-12)
        if bound.share == 0 and training.activation.c:
            assert abs(bound.multiplier.sum()) <= 1e-12


def test_zero_targets_and_huge_beta():
    X, _ = data(4, 1)
    for y, beta in ((np.zeros(4), 0.1), (np.ones(4), 1e4)):
        bound = copos.bracket(copos.decayed_network(X, y, 1, beta, "published"), 0, solver="clarabel")
        assert bound.upper == pytest.approx(0.5 * y @ y, abs=1e-3) and bound.lower <= bound.upper
        assert bound.lower == pytest.approx(bound.upper, abs=1e-3)


@pytest.mark.parametrize(("change", "message"), [
    ({"width": 0}, "width"), ({"beta": 0.0}, "beta"), ({"y": [1.0]}, "shape"), ({"X": [[np.nan]] * 4}, "finite"),
    ({"balanced": True}, "balanced"), ({"upper": -1.0}, "upper"), ({"starts": 0}, "starts"), ({"X": [1.0]}, "X has"),
])  # fmt: skip
def test_errors(change, message):
    X, y = data(4, 1)
    with pytest.raises(ValueError, match=message):
        copos.decayed_network(**{"X": X, "y": y, "width": 1, "beta": 0.1} | change)
