"""Bounds of quadratic assignments by linear ones and by level 0 in matrices."""

from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest

import copos
from copos.bounding.assignment.bound import assigned
from copos.bounding.assignment.linear import bounded, duals
from copos.bounding.assignment.moments import multipliers
from copos.bounding.assignment.places import Places
from copos.bounding.assignment.proof import Prover
from copos.reformulation.quadratic.lift import Lift

FLOWS, LINE = [[0, 5, 2, 4], [5, 0, 3, 0], [2, 3, 0, 0], [4, 0, 0, 0]], np.abs(np.subtract.outer(range(4), range(4)))


def least(A, B, C):
    """The optimum by enumeration."""
    n = range(len(A))
    return min(sum(A[i][j] * B[p[i]][p[j]] for i in n for j in n) + sum(C[i][p[i]] for i in n)
               for p in permutations(n))  # fmt: skip


def drawn(seed):
    """Asymmetric data with negative numbers and thirds, of ugly sizes."""
    rng = np.random.default_rng(seed)
    n, unit = int(rng.integers(3, 6)), Fraction([1, 1000, 1][seed % 3], [3, 7, 4096][seed % 3])
    A, B, C = (rng.integers(-4, 9, (n, n)).tolist() for _ in range(3))
    return [[v * unit for v in row] for row in A], B, [[v * unit for v in row] for row in C]


@pytest.mark.parametrize("seed", range(6))
def test_both_bounds_are_proved_and_below_the_optimum(seed):
    A, B, C = drawn(seed)
    lift = Lift(copos.quadratic_assignment(A, B, C))
    places = Places.of(lift)
    assert places is not None
    prover, best = Prover(places), least(A, B, C)
    linear = prover.proved(None)
    *_, Z = multipliers(prover.C, prover.V, prover.zero, places.m, np.inf, 4_000)
    level = prover.proved(Z)
    for proof in (linear, level):
        assert proof.certificate is not None
        assert proof.certificate.verify(lift.program).proved
        assert lift.user(proof.lower) <= best
    # of so few facilities level 0 is exact, or nearly so
    assert lift.user(level.lower) >= best - Fraction(1, 20) * abs(best) - Fraction(1, 100)
    assert level.lower >= linear.lower or abs(level.lower - linear.lower) < abs(best) / 10**6


def test_a_multiplier_that_is_noise_gives_a_proof_all_the_same():
    lift = Lift(copos.quadratic_assignment(FLOWS, LINE, np.zeros((4, 4))))
    places = Places.of(lift)
    prover = Prover(places)
    noise = np.random.default_rng(0).standard_normal(prover.C.shape)
    found = prover.proved(noise + noise.T)
    assert found.certificate.verify(lift.program).proved
    assert lift.user(found.lower) <= least(FLOWS, LINE.tolist(), np.zeros((4, 4)).tolist())


def test_the_first_bound_comes_at_once_and_the_last_one_closes():
    seen = []
    problem = copos.quadratic_assignment(FLOWS, LINE)
    found = copos.bracket(problem, tolerance=1e-6, callback=lambda b: seen.append((b.lower, b.reason)) or False)
    assert found.lower == found.upper == least(FLOWS, LINE.tolist(), np.zeros((4, 4)).tolist())
    assert found.verify().proved
    assert "every assignment of 4 facilities" in found.verify().claim
    assert seen[0][0] > 0
    assert seen[0][1].startswith("linear assignments")


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


def test_linear_assignments_have_tight_duals_and_a_facility_may_be_fixed():
    rng = np.random.default_rng(5)
    M = rng.integers(-50, 50, (6, 6))
    a, b = duals(M)
    assert (a[:, None] + b <= M).all()
    assert a.sum() + b.sum() == min(sum(M[i, p[i]] for i in range(6)) for p in permutations(range(6)))
    square = [[0, 1, 2, 1], [1, 0, 1, 2], [2, 1, 0, 1], [1, 2, 1, 0]]  # every place may be the first
    lift = Lift(copos.quadratic_assignment(FLOWS, square))
    places = Places.of(lift)
    assert places.m == 3
    best = least(FLOWS, square, np.zeros((4, 4)).tolist())
    bound = assigned(lift, float(lift.inward(best)), 1e-6, np.inf, lambda b: False)
    assert lift.user(bound.exact) == best


def test_costs_of_pairs_go_around_and_the_duals_stay_feasible():
    rng, m = np.random.default_rng(7), 4
    half = rng.integers(-100, 100, (m, m, m, m))
    w, s = half + half.transpose(2, 3, 0, 1), rng.integers(-100, 100, (m, m))
    zero = np.zeros((m, m, m), dtype=np.int64)
    found = bounded(w, s, np.ones((m, m), dtype=bool), zero, zero)
    moved = found.alpha[:, :, :, None] + found.beta[:, :, None, :]
    off = ~np.eye(m, dtype=bool)
    pairs = off[:, None, :, None] & off[None, :, None, :]
    assert (w - moved - moved.transpose(2, 3, 0, 1))[pairs].min() >= 0
    assert (s + found.alpha.sum(axis=2) + found.beta.sum(axis=2) - found.u[:, None] - found.v).min() >= 0
    cheapest = min(sum(s[i, p[i]] for i in range(m)) + sum(w[i, p[i], j, p[j]] for i in range(m) for j in range(i))
                   for p in permutations(range(m)))  # fmt: skip
    assert found.value <= cheapest


@pytest.mark.parametrize("n", [1, 2, 4])
@pytest.mark.parametrize("e", [150, -150, 480, -480, -500, -530])
def test_costs_in_other_units_have_the_same_proof(n, e):
    A, B = np.arange(n)[:, None] * np.ones(n) + 1, np.abs(np.arange(n)[:, None] - np.arange(n)) + (n == 1) * 1.0
    plain, scaled = (copos.bracket(copos.quadratic_assignment(np.ldexp(A, k), np.ldexp(B, k))) for k in (0, e))
    assert plain.proved and plain.lower == plain.upper > 0
    assert scaled.lower == scaled.upper == np.ldexp(plain.lower, 2 * e) and scaled.proved
