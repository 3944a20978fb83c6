"""Bounds of quadratic assignments by linear ones and by level 0 in matrices."""

from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest

import copos
from copos.bounding.assignment.cells import Data, Rest
from copos.bounding.assignment.frame import frame
from copos.bounding.assignment.leaf import bound, first, inherited, of_multiplier, relaxed
from copos.bounding.assignment.linear import bounded, duals
from copos.certificate import Certificate

FLOWS, LINE = [[0, 5, 2, 4], [5, 0, 3, 0], [2, 3, 0, 0], [4, 0, 0, 0]], np.abs(np.subtract.outer(range(4), range(4)))
UNITS = (Fraction(1, 3), Fraction(1000, 7), Fraction(1, 4096), Fraction(10**30, 11), Fraction(7, 2**150))


def never():
    return False


def cost(A, B, C, p):
    n = range(len(A))
    return sum(A[i][j] * B[p[i]][p[j]] for i in n for j in n) + sum(C[i][p[i]] for i in n)


def least(A, B, C):
    """The optimum by enumeration."""
    return min(cost(A, B, C, p) for p in permutations(range(len(A))))


def drawn(seed):
    """Asymmetric data with negative numbers and thirds, of ugly sizes."""
    rng = np.random.default_rng(seed)
    n, unit = int(rng.integers(3, 6)), UNITS[seed % len(UNITS)]
    A, B, C = (rng.integers(-4, 9, (n, n)).tolist() for _ in range(3))
    return [[v * unit for v in row] for row in A], B, [[v * unit for v in row] for row in C]


def proved(A, B, C, leaf, at=()):
    """Does the checker accept the leaf as the whole tree?"""
    problem = copos.quadratic_assignment(A, B, C)
    proof = {"value": str(leaf.value), "tree": [leaf.plain()]}
    assert not at
    return Certificate("lower bound", problem.plain_problem(), proof).verify(problem).proved


@pytest.mark.parametrize("seed", range(10))
def test_both_bounds_are_proved_and_below_the_optimum(seed):
    A, B, C = drawn(seed)
    best, data = least(A, B, C), Data(A, B, C)
    linear = first(data, (), best, never)
    level, found = relaxed(data, (), linear, None, 2 * abs(best) + best, never)
    for leaf in (linear, level):
        assert leaf.value <= best
        assert proved(A, B, C, leaf)
    assert found is not None
    assert level.value >= linear.value
    # of so few facilities level 0 is exact, or nearly so
    assert level.value >= best - Fraction(1, 20) * abs(best) - Fraction(1, 100) * UNITS[seed % len(UNITS)]


@pytest.mark.parametrize("size", [1e-3, 1e9, 1e13, 1e17, 1e40])
def test_a_multiplier_that_is_noise_gives_a_proof_or_nothing(size):
    data = Data(FLOWS, LINE.tolist(), np.zeros((4, 4)).tolist())
    rest = Rest.of(data, ())
    noise = size * np.random.default_rng(0).standard_normal((17, 17))
    leaf, _ = of_multiplier(data, rest, noise + noise.T)
    assert (leaf is None) == (size > 1e16)
    if leaf is not None:
        assert proved(FLOWS, LINE.tolist(), None, leaf)
        assert leaf.value <= least(FLOWS, LINE.tolist(), np.zeros((4, 4)).tolist())


@pytest.mark.parametrize("seed", range(6))
def test_a_part_is_bounded_by_what_its_cell_says_of_the_place(seed):
    A, B, C = drawn(seed)
    data, n = Data(A, B, C), len(A)
    leaf = first(data, (), least(A, B, C), never)
    if seed % 2:
        leaf, _ = relaxed(data, (), leaf, None, 2 * abs(leaf.value) + leaf.value + 1, never)
    for i in range(n):
        for k in range(n):
            part = inherited(data, leaf, ((i, k),), leaf.value, never)
            cheapest = min(cost(A, B, C, p) for p in permutations(range(n)) if p[i] == k)
            assert leaf.value <= leaf.at(i, k) <= part.value <= cheapest
            assert (part.factor is None) == (leaf.factor is None)


def test_the_first_bound_comes_at_once_and_the_last_one_closes():
    seen = []
    problem = copos.quadratic_assignment(FLOWS, LINE)
    found = copos.bracket(problem, tolerance=1e-6, callback=lambda b: seen.append(b.lower) or False)
    assert found.lower == found.upper == least(FLOWS, LINE.tolist(), np.zeros((4, 4)).tolist())
    assert found.verify().proved
    assert "every assignment of 4 facilities" in found.verify().claim
    assert seen[0] > 0


def test_one_level_is_level_zero():
    found = copos.bracket(copos.quadratic_assignment(FLOWS, LINE))
    assert found.level == 0
    assert found.lower == found.upper
    assert found.verify().proved


def test_a_callback_stops_after_the_first_bound():
    flows = np.random.default_rng(3).integers(0, 9, (7, 7))
    apart = np.abs(np.subtract.outer(range(7), range(7)))
    found = copos.bracket(copos.quadratic_assignment(flows, apart), tolerance=1e-6, callback=lambda b: True)
    assert found.proved
    assert 0 < found.lower < found.upper
    assert found.verify().proved


@pytest.mark.parametrize("m", [1, 2, 3, 6])
def test_the_frame_is_the_range_of_its_equations(m):
    f, rng = frame(m), np.random.default_rng(m)
    assert f.V.shape == (m * m + 1, (m - 1) ** 2 + 1)
    assert np.allclose(f.V.T @ f.V, np.eye((m - 1) ** 2 + 1))
    assert np.allclose(f.rows.T @ f.V, 0)
    p = rng.permutation(m)
    u = np.zeros(f.size)
    u[[0, *f.at[np.arange(m), p]]] = 1
    assert np.allclose(f.V @ (f.V.T @ u), u) and not (f.zero * np.outer(u, u)).any()
    assert f.zero.sum() == 2 * m * m * (m - 1)


@pytest.mark.parametrize("seed", range(5))
def test_costs_are_rounded_down_in_one_unit(seed):
    A, B, C = drawn(seed)
    data, n = Data(A, B, C), len(A)
    rest, unit = Rest.of(data, ()), Fraction(2) ** data.bits
    pairs = [(A[i][j] * B[k][l] + A[j][i] * B[l][k], rest.pairs[i, k, j, l]) for i in range(n) for j in range(n)
             for k in range(n) for l in range(n) if i != j and k != l]  # fmt: skip
    pairs += [(A[i][i] * B[k][k] + C[i][k], rest.alone[i, k]) for i in range(n) for k in range(n)]
    assert all(0 <= exact * unit - int(whole) < 1 for exact, whole in pairs)
    assert 2**38 < max(abs(int(whole)) for _, whole in pairs) < 2**44


def test_linear_assignments_have_tight_duals():
    rng = np.random.default_rng(5)
    M = rng.integers(-50, 50, (6, 6))
    a, b = duals(M)
    assert (a[:, None] + b <= M).all()
    assert a.sum() + b.sum() == min(sum(M[i, p[i]] for i in range(6)) for p in permutations(range(6)))


def test_costs_of_pairs_go_around_and_the_duals_stay_feasible():
    rng, m = np.random.default_rng(7), 4
    half = rng.integers(-100, 100, (m, m, m, m))
    w, s = half + half.transpose(2, 3, 0, 1), rng.integers(-100, 100, (m, m))
    zero = np.zeros((m, m, m), dtype=np.int64)
    found = bounded(w, s, zero, zero)
    moved = found.alpha[:, :, :, None] + found.beta[:, :, None, :]
    off = ~np.eye(m, dtype=bool)
    pairs = off[:, None, :, None] & off[None, :, None, :]
    assert (w - moved - moved.transpose(2, 3, 0, 1))[pairs].min() >= 0
    assert (s + found.alpha.sum(axis=2) + found.beta.sum(axis=2) - found.u[:, None] - found.v).min() >= 0
    cheapest = min(sum(s[i, p[i]] for i in range(m)) + sum(w[i, p[i], j, p[j]] for i in range(m) for j in range(i))
                   for p in permutations(range(m)))  # fmt: skip
    assert found.value <= cheapest


def test_integers_that_are_too_long_are_no_bound():
    data = Data(FLOWS, LINE.tolist(), None)
    zero = np.zeros((4, 4, 4), dtype=np.int64)
    assert bound(data, Rest.of(data, ()), np.full((17, 1), 2**30), (zero, zero)) is None
    assert bound(data, Rest.of(data, ()), None, (zero + 2**60, zero)) is None
