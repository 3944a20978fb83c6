"""Circular convolutions with weight decay: against the closed form, frequency by frequency."""

import numpy as np
import pytest

import copos
from copos.reformulation.circulant_network import CirculantNetwork, balanced, real_transform


def closed_form(X, Y, depth, decay):
    """Σ_k min_t (1/d) Σ|√d a x̂_k − ŷ_k|² + (λL/2) d^{1/L−1} t^{2/L}, t = |a|, on a grid."""
    d, (x, y) = len(X), np.fft.fft(np.array([X, Y]), axis=1)
    total = 0.0
    for k in range(d):
        g, h = (abs(x[k]) ** 2).sum(), abs((x[k].conj() * y[k]).sum()) / np.sqrt(d)
        t = np.linspace(0, 2 * h / g, 100_001)
        total += ((abs(y[k]) ** 2).sum() / d + g * t**2 - 2 * h * t
                  + decay * depth / 2 * d ** (1 / depth - 1) * t ** (2 / depth)).min()  # fmt: skip
    return total


@pytest.mark.parametrize(("d", "depth", "decay", "near"), [(4, 2, 1.0, 1e-6), (5, 2, 0.7, 1e-6), (5, 3, 0.7, 1e-4),
                                                           (3, 4, 0.5, 1e-4)])  # fmt: skip
def test_signals_as_outputs_have_a_closed_form(d, depth, decay, near):
    rng = np.random.default_rng(d)
    X, Y = rng.standard_normal((2, d, 2))
    program = copos.circulant_network(X, Y, depth, decay)
    bound, exact = copos.bracket(program), closed_form(X, Y, depth, decay)
    assert bound.proved and exact * (1 - near) <= bound.lower <= exact * (1 + 1e-8)
    network = bound.found.solution
    direct = ((network.predict(X) - Y) ** 2).sum() + decay * network.decay
    assert abs(direct - exact) <= 1e-6 * exact and bound.upper >= direct * (1 - 1e-9)
    assert program.infeasibility(program.atom(network)) <= 1e-9 and bound.upper_certificate is not None


def test_two_layers_with_numbers_as_outputs_are_convex():
    """min ‖X'w − y‖² + λ Σ|ŵ_k|/d, by a general solver."""
    cvxpy = pytest.importorskip("cvxpy")
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((5, 8)), rng.standard_normal(8)
    w, F = cvxpy.Variable(5), np.fft.fft(np.eye(5))
    # place 0 of w ∗ x is Σ_q w_q x_{−q}
    turned = X[(-np.arange(5)) % 5]
    best = cvxpy.Problem(cvxpy.Minimize(cvxpy.sum_squares(turned.T @ w - y) + cvxpy.norm1(F @ w) / 5)).solve("CLARABEL")
    bound = copos.bracket(copos.circulant_network(X, y, 2, 1.0))
    assert bound.proved and abs(bound.lower - best) <= 1e-6 * best and abs(bound.upper - best) <= 1e-6 * best


def test_depth_costs_what_the_spectrum_says():
    """(2) is a lower bound at random filters and attained by balanced ones, whose product is the same."""
    rng = np.random.default_rng(1)
    for d, depth in ((4, 2), (5, 3), (7, 4)):
        network = CirculantNetwork(rng.standard_normal((depth, d)))
        formula = depth / 2 * d ** (1 / depth - 1) * (abs(np.fft.fft(network.filter) / d**0.5) ** (2 / depth)).sum()
        assert network.decay >= formula
        best = balanced(network.filter, depth)
        assert np.allclose(best.filter, network.filter) and abs(best.decay - formula) <= 1e-12 * formula


def test_the_real_transform_is_orthonormal():
    assert all(np.allclose(real_transform(d) @ real_transform(d).T, np.eye(d)) for d in range(1, 9))


def test_units_do_not_matter():
    rng = np.random.default_rng(2)
    X, Y = rng.standard_normal((2, 3, 2))
    base = copos.bracket(copos.circulant_network(X, Y, 2, 0.5))
    large = copos.bracket(copos.circulant_network(X, 1e6 * Y, 2, 0.5e6))
    assert large.proved and abs(large.lower / 1e12 - base.lower) <= 1e-6 * base.lower


@pytest.mark.parametrize(("change", "said"), [
    ({"X": [1.0, 2.0]}, "shape"), ({"Y": [[1.0, 2.0, 3.0]]}, "shape"), ({"depth": 1}, "depth is 1"),
    ({"depth": 2.0}, "depth is 2.0"), ({"weight_decay": 0.0}, "least squares"), ({"weight_decay": -1}, "weight_decay"),
    ({"X": [[np.inf, 1.0], [0.0, 1.0]]}, "finite"),
])  # fmt: skip
def test_what_does_not_fit_is_refused(change, said):
    with pytest.raises(ValueError, match=said):
        copos.circulant_network(**({"X": np.eye(2), "Y": np.eye(2), "depth": 2, "weight_decay": 1.0} | change))


def test_a_zero_target_needs_no_filter():
    bound = copos.bracket(copos.circulant_network(np.eye(3), np.zeros((3, 3)), 3, 1.0))
    assert bound.lower == 0 and bound.upper <= 1e-12
