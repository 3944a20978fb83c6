"""The checker's forms of ReLU networks in training: above what they bound at every point, and of the work they cost."""

from fractions import Fraction
from unittest import mock

import numpy as np
import pytest

from copos.checker import check_matrix, check_reading
from copos.checker import check_relu_quadratic as checker
from tests.checker.test_relu_training import budget

LIMIT, SHIFT = Fraction(7, 2), 5


def entries(g, sides, leaf):
    """The matrix that has to be positive semidefinite, 4·2^shift times the form."""
    with mock.patch.object(check_matrix, "semidefinite", lambda A: not kept.append(A)):
        kept: list = []
        checker._leaf(g, sides, leaf, (SHIFT, LIMIT))
    return kept[0]


def value(A, at):
    return Fraction(
        sum(a * v * w for row, v in zip(A, at, strict=True) for a, w in zip(row, at, strict=True)), 4 << SHIFT
    )


def random_leaf(rng, count, outputs, pairs):
    def some(k, most):
        return rng.integers(0, most, k).tolist()

    leaf = {"mu": [v + 1 for v in some(count, 90)], "kappa": some(pairs, 60)}
    return leaf if outputs > 1 else {**leaf, "alpha": some(count, 3), "gamma": some(count, 3)}


@pytest.mark.parametrize("outputs", [1, 2])
@pytest.mark.parametrize("seed", range(12))
def test_a_form_is_above_what_it_bounds_where_it_has_to_be(seed, outputs):
    """(L/2)(‖u‖² + ‖v‖²) − v'g(u) − the form ≥ 0 in the cell, for v ≥ 0 if there is one output."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 5))
    P = rng.integers(-2, 3, (count, 3))
    P[:, 0] = np.arange(1, count + 1)
    N, W = rng.integers(-4, 5, (count, outputs)), rng.integers(-2, 3, (outputs, 3))
    g = checker.Merged([tuple(p) for p in P.tolist()], N.tolist(), W.tolist())
    known = rng.permutation(count)[: int(rng.integers(0, count))].tolist() if seed % 3 else []
    sides = {k: int(rng.choice([-1, 1])) for k in known}
    leaf = random_leaf(rng, count, outputs, len(known) * (len(known) - 1) // 2)
    A = entries(g, sides, leaf)
    least = Fraction(10**9)
    for _ in range(300):
        u = rng.integers(-6, 7, 3)
        z = (P @ u).tolist()
        if any(sides[k] * z[k] < 0 for k in known):
            continue
        for v in rng.integers(0 if outputs == 1 else -6, 7, (3, outputs)):
            claim = sum(int(v @ N[k]) * max(z[k], 0) for k in range(count)) + int(v @ (W @ u))
            whole = LIMIT / 2 * int(u @ u + v @ v)
            gap = whole - claim - value(A, [*u.tolist(), *v.tolist()])
            assert gap >= -Fraction(int(u @ u + v @ v), 4 << SHIFT)  # the limit is rounded down
            least = min(least, gap)
    assert least < 10**9  # some points are in the cell


@pytest.mark.parametrize("side", [0, 1, -1])
@pytest.mark.parametrize("n", [3, -2])
@pytest.mark.parametrize(("alpha", "gamma"), [(0, 0), (2, 0), (0, 1), (1, 2)])
def test_a_form_of_one_sample_by_hand(n, side, alpha, gamma):
    g = checker.Merged([(1, 2, 0)], [[n]], [[0, 0, 5]])
    A = entries(g, {0: side} if side else {}, {"alpha": [alpha], "gamma": [gamma], "mu": [12], "kappa": []})
    rho, z, v, w = max(0, n + alpha + gamma), 1 + 2 * 3, 4, 7  # u = (1, 3, 7)
    if side:
        Q = (max(side, 0) * n + side * gamma) * z * v
    else:
        t = Fraction(-(-(4**SHIFT) // (4 * 12)), 4 << SHIFT)
        Q = Fraction(rho, 2) * z * v - gamma * z * v + Fraction(12 * z * z, 1 << SHIFT) + t * rho**2 * v**2
    assert value(A, [1, 3, w, v]) == LIMIT / 2 * (1 + 9 + 49 + 16) - Q - 5 * w * v


def test_products_of_two_sides_by_hand():
    g = checker.Merged([(1, 0, 0), (1, 1, 0), (0, 0, 1)], [[0]] * 3, [[0] * 3])
    leaf = {"alpha": [0] * 3, "gamma": [0] * 3, "mu": [0] * 3, "kappa": [1, 2, 4]}
    A = entries(g, {1: 1, 0: -1, 2: 1}, leaf)  # pairs (1, 0), (1, 2), (0, 2)
    Q = Fraction(-1 * 5 * 2 + 2 * 5 * 7 - 4 * 2 * 7, 1 << SHIFT)  # z = (2, 5, 7)
    assert value(A, [2, 3, 7, 1]) == LIMIT / 2 * (4 + 9 + 49 + 1) - Q


def test_samples_of_one_direction_are_one():
    samples = [([2, -4, 0], [1]), ([0, 0, 0], [9]), ([-3, 6, 0], [5]), ([0, 0, -1], [2]), ([1, -2, 0], [7])]
    g = checker.merged(samples, 3, 1)
    assert g.p == [(1, -2, 0), (0, 0, 1)] and g.n == [[2 + 15 + 7], [2]] and g.W == [[-15, 30, -2]]
    rng = np.random.default_rng(0)
    for u in rng.integers(-5, 6, (50, 3)).tolist():
        direct = sum(n * max(0, sum(a * b for a, b in zip(x, u, strict=True))) for x, (n,) in samples)
        merged = sum(
            n * max(0, sum(a * b for a, b in zip(p, u, strict=True))) for p, (n,) in zip(g.p, g.n, strict=True)
        )
        assert direct == merged + sum(a * b for a, b in zip(g.W[0], u, strict=True))


def test_work_grows_with_directions_order_and_bits():
    with budget() as spent:
        g = checker.merged([([1, k, 0], [1]) for k in range(20)], 3, 1)
        leaf = {"alpha": [0] * 20, "gamma": [0] * 20, "mu": [1] * 20, "kappa": []}
        with pytest.raises(check_reading.Rejected, match="semidefinite"):
            checker.blocks(g, 1, {"shift": 3, "blocks": [[leaf], [leaf]]})
        assert ("directions", 3 * 3 * 20, 5) in spent and ("a block", 21 * 16, 8) in spent and ("a leaf", 1, 0) in spent
        assert any(what == "an exact elimination" for what, _, _ in spent)
        spent.clear()
        checker.merged([([1 << 600, 1, 0], [1, 2])], 3, 2)
        assert spent == [("directions", 4 * 3 * 2, 601)]
