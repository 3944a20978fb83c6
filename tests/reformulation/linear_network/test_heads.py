"""Branches in parallel, bilinear heads, linear attention: against closed forms and other convex programs."""

import numpy as np
import pytest

import copos
from copos.reformulation.linear_network.bilinear import attention_features, pair_features


def test_parallel_branches_shrink_singular_values():
    """(L/2)λ‖W‖_*, X'X = I: each σ becomes max(σ − λL/4, 0) [WangErgenPilanci2023]."""
    rng = np.random.default_rng(1)
    Y, depth, decay = rng.standard_normal((2, 2)), 5, 0.4
    s = np.linalg.svd(Y, compute_uv=False)
    kappa = decay * depth / 2
    exact = sum(s**2 - np.maximum(s - kappa / 2, 0) ** 2)
    bound = copos.bracket(copos.parallel_linear_network(np.eye(2), Y, 2, depth, decay))
    assert bound.proved and exact * (1 - 1e-6) <= bound.lower <= exact * (1 + 1e-12)
    network = bound.found.solution
    assert len(network.branches) == 2 and all(len(b.weights) == depth for b in network.branches)
    together = sum(b.matrix for b in network.branches)
    value = ((together - Y) ** 2).sum() + decay * network.decay("power")
    assert abs(value - exact) <= 1e-6 * exact and np.allclose(together, network.matrix)


def test_with_squares_stacking_is_one_wide_network():
    """(2): two branches of width one are one network of width two; the layers' own decay is its value."""
    program = copos.parallel_linear_network(np.eye(2), np.diag([3.0, 1.2]), 2, 3, 2.0, penalty="squares")
    bound = copos.bracket(program, certify=False)
    x = np.linspace(0, 3, 300_001)
    exact = sum(((x - s) ** 2 + 3 * x ** (2 / 3)).min() for s in (3.0, 1.2))
    assert abs(bound.claimed - exact) <= 1e-5 and abs(bound.upper - exact) <= 1e-5
    network = bound.found.solution
    assert abs(((network.matrix - np.diag([3.0, 1.2])) ** 2).sum() + 2 * network.decay("squares") - exact) <= 1e-5


def test_the_decay_of_branches_is_never_below_its_formula():
    """(1) and (2) at random networks, also with wider branches."""
    rng = np.random.default_rng(0)
    for _ in range(50):
        depth, width = rng.integers(2, 5), rng.integers(1, 4)
        widths = [3, *[width] * (depth - 1), 2]
        branches = tuple(
            copos.LinearNetwork(tuple(rng.standard_normal((b, a)) for a, b in zip(widths, widths[1:], strict=False)))
            for _ in range(rng.integers(1, 4))
        )
        W = sum(b.matrix for b in branches)
        s = np.linalg.svd(W, compute_uv=False)
        network = copos.reformulation.linear_network.parallel.ParallelNetwork((W,), None, branches)
        assert network.decay("power") >= depth / 2 * s.sum() * (1 - 1e-12)
        assert network.decay("squares") >= depth / 2 * (s ** (2 / depth)).sum() * (1 - 1e-9)


@pytest.mark.parametrize(("change", "said"), [
    ({"branches": 0}, "branches is 0"), ({"depth": 1}, "depth is 1"), ({"depth": True}, "depth is True"),
    ({"width": 2.0}, "width is 2.0"), ({"penalty": "powers"}, "power"), ({"weight_decay": 0}, "linear_network"),
    ({"weight_decay": -1}, "weight_decay"), ({"branches": 1, "width": 2}, "take width 1"),
    ({"intercept": True}, "row of ones"), ({"Y": [[1.0, 2.0]], "X": [[1.0, 2.0, 3.0]]}, "samples"),
])  # fmt: skip
def test_branches_that_do_not_fit_are_refused(change, said):
    arguments = {"X": np.eye(2), "Y": np.eye(2), "branches": 2, "depth": 3, "weight_decay": 0.5}
    with pytest.raises(ValueError, match=said):
        copos.parallel_linear_network(**(arguments | change))


I3 = np.eye(3)
ALL_PAIRS = pair_features(np.repeat(I3, 3, axis=0), np.tile(I3, (3, 1)))


@pytest.mark.parametrize(("rank", "decay", "value"), [
    (1, 0.0, 4 + 1), (2, 0.0, 1), (3, 1.0, 6 - 0.75),
])  # fmt: skip
def test_heads_that_see_all_pairs_have_a_closed_form(rank, decay, value):
    """Σ (W_ij − Y_ij)² + λ‖W‖_*, σ(Y) = 3, 2, 1: the r largest become σ − λ/2."""
    program = copos.bilinear_network(ALL_PAIRS, np.diag([3.0, 2.0, 1.0]).ravel(), rank, weight_decay=decay)
    bound = copos.bracket(program)
    assert bound.proved and value * (1 - 1e-6) <= bound.lower <= value * (1 + 1e-12)
    assert bound.upper_certificate is not None and bound.upper <= value * (1 + 1e-6)
    assert bound.certificate.verify(program).proved


def test_a_head_on_whitened_inputs_is_a_singular_value_problem():
    """Σ over all pairs of (x'Wz − y)² = ‖X'WZ − Y‖²: σ(Q_x'YQ_z) decide, whatever X and Z of full rank are."""
    rng = np.random.default_rng(2)
    X, Z, Y = rng.standard_normal((4, 3)), rng.standard_normal((3, 2)), rng.standard_normal((4, 3))
    A = pair_features(np.repeat(X, 3, axis=0), np.tile(Z, (4, 1)))
    inside = np.linalg.qr(X)[0].T @ Y @ np.linalg.qr(Z)[0]
    exact = (Y**2).sum() - np.linalg.svd(inside, compute_uv=False)[0] ** 2
    bound = copos.bracket(copos.bilinear_network(A, Y.ravel(), 1))
    assert bound.proved and exact * (1 - 1e-6) <= bound.lower <= exact * (1 + 1e-9) <= bound.upper * (1 + 2e-9)


def test_linear_attention_is_linear_in_its_features():
    rng = np.random.default_rng(3)
    tokens, M, v = rng.standard_normal((6, 4, 2)), rng.standard_normal((2, 2)), rng.standard_normal(2)
    direct = [sum((t[1] @ M @ u) * (v @ u) for u in t) for t in tokens]
    assert np.allclose(np.tensordot(attention_features(tokens, 1), np.outer(M.ravel(), v), 2), direct)


def test_one_head_of_attention_is_trained_to_a_proved_gap():
    rng = np.random.default_rng(3)
    A, y = attention_features(rng.standard_normal((12, 3, 2))), rng.standard_normal(12)
    program = copos.bilinear_network(A, y, 1, ridge=0.1)
    bound = copos.bracket(program)
    head = bound.found.solution
    value = ((head.predict(A) - y) ** 2).sum() + 0.1 * (head.matrix**2).sum()
    assert bound.proved and bound.gap <= 1e-5 * bound.upper and abs(value - bound.upper) <= 1e-8 * value
    assert np.linalg.matrix_rank(head.matrix) == 1 and program.infeasibility(program.atom(head)) <= 1e-9


@pytest.mark.parametrize(("change", "said"), [
    ({"A": np.ones((9, 9))}, "shape"), ({"y": np.ones(8)}, "shape"), ({"rank": 0}, "rank is 0"),
    ({"rank": 3}, "least squares"), ({"rank": 4, "weight_decay": 1.0}, "from 1 to 3"), ({"ridge": -1.0}, "ridge"),
    ({"weight_decay": float("nan")}, "weight_decay"), ({"y": [np.nan] * 9}, "finite"),
])  # fmt: skip
def test_heads_that_do_not_fit_are_refused(change, said):
    with pytest.raises(ValueError, match=said):
        copos.bilinear_network(**({"A": ALL_PAIRS, "y": np.ones(9), "rank": 1} | change))


def test_features_need_rows_that_fit():
    with pytest.raises(ValueError, match="row for each sample"):
        pair_features(np.ones((2, 2)), np.ones((3, 2)))
    with pytest.raises(ValueError, match="tokens has shape"):
        attention_features(np.ones((2, 2)))
    with pytest.raises(ValueError, match="query is 3"):
        attention_features(np.ones((1, 2, 2)), 3)
