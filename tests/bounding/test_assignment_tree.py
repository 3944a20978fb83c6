"""Branch and bound over places of facilities, against enumeration, with the checker's verdict on every tree."""

from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest

import copos
from copos.arithmetic.rationals import rounded_up
from copos.bounding import quadratic_assignments
from copos.bounding.assignment import tree
from copos.bounding.assignment.bound import Level
from copos.bounding.assignment.cells import Data, Rest, first_bound, folded, second_bound
from copos.bounding.assignment.places import Places
from copos.bounding.assignment.tree import Limits, Search, grain, stabilizer
from copos.bounding.quadratic_bracket import Goal
from copos.checker import check_assignments
from copos.reformulation.quadratic.lift import Lift
from tests.bounding.test_assignment import drawn, least

LINE = [[abs(k - l) for l in range(5)] for k in range(5)]


def searched(problem, upper, cells=500):
    search = Search(problem, Fraction(upper), 0.0)
    search.run(Limits(np.inf, cells), lambda value: False)
    return search


@pytest.mark.parametrize("seed", range(6))
def test_trees_without_level_zero_end_at_the_optimum(seed, monkeypatch):
    monkeypatch.setattr(tree, "second_bound", lambda data, cell, goal, deadline: cell)
    A, B, C = drawn(seed)
    n = len(A)
    if seed % 2:
        B, C = [row[:n] for row in LINE[:n]], None
    best = least(A, B, C or [[0] * n] * n)
    problem = copos.quadratic_assignment(A, B, C)
    search = searched(problem, best)
    value, certificate = search.proof()
    verdict = certificate.verify(problem)
    assert value == best and verdict.proved, verdict.reason
    certificate.proof["value"] = str(best + Fraction(1, 10**9))
    assert not certificate.verify(problem).proved


@pytest.mark.parametrize("seed", range(6))
def test_a_tree_finds_what_the_local_search_missed(seed, monkeypatch):
    monkeypatch.setattr(tree, "second_bound", lambda data, cell, goal, deadline: cell)
    A, B, C = drawn(seed)
    n = len(A)
    costs = [sum(A[i][j] * B[p[i]][p[j]] for i in range(n) for j in range(n)) + sum(C[i][p[i]] for i in range(n))
             for p in permutations(range(n))]  # fmt: skip
    best, worst = min(costs), max(costs)
    problem = copos.quadratic_assignment(A, B, C)
    search = searched(problem, worst)
    value, certificate = search.proof()
    assert value == best and certificate.verify(problem).proved
    places = dict(search.cheapest)
    x = np.array([[float(places[i] == k) for k in range(n)] for i in range(n)]).ravel()
    assert problem.value([Fraction(v) for v in x]) == best
    first = quadratic_assignments.at_point(problem, np.eye(n).ravel())
    found = quadratic_assignments.placed(problem, Goal(1e-6, 0.0, 1.0), first, Limits(np.inf, 500), lambda _: False)
    assert found.closed and found.upper == rounded_up(best) and found.verify().proved


@pytest.mark.parametrize("seed", range(4))
def test_what_is_left_costs_what_it_did(seed):
    A, B, C = drawn(seed)
    n, rng = len(A), np.random.default_rng(seed)
    p = rng.permutation(n).tolist()
    at = tuple((i, p[i]) for i in rng.permutation(n)[: n // 2].tolist())
    rest = Rest.of(Data(A, B, C), at)
    small = [rest.locations.index(p[i]) for i in rest.facilities]
    m = range(len(small))
    left = sum(rest.A[i][j] * rest.B[small[i]][small[j]] for i in m for j in m) + sum(rest.C[i][small[i]] for i in m)
    n = range(n)
    whole = sum(A[i][j] * B[p[i]][p[j]] for i in n for j in n) + sum(C[i][p[i]] for i in n)
    assert rest.constant + left == whole
    same = check_assignments.left(check_assignments.Asked(A, B, C), at)
    assert (same.A, same.B, same.C, same.constant) == (rest.A, rest.B, rest.C, rest.constant)
    assert first_bound(Data(A, B, C), at, np.inf).value <= whole
    assert grain(Data(A, B, C)) == check_assignments.grain(check_assignments.Asked(A, B, C))


def test_automorphisms_keep_the_places_that_are_taken():
    square = [[0, 1, 1, 2], [1, 0, 2, 1], [1, 2, 0, 1], [2, 1, 1, 0]]
    data = Data(square, square, None)
    assert all(p[0] == 0 and sorted(p) == [0, 1, 2, 3] for p in stabilizer(data, ((2, 0),)))
    assert [0, 2, 1, 3] in stabilizer(data, ((2, 0),)) and not stabilizer(data, ((0, 0), (1, 1)))
    best = least(square, square, [[0] * 4] * 4)
    problem = copos.quadratic_assignment(square, square)
    search = searched(problem, best)
    assert search.value == best and search.proof()[1].verify(problem).proved


def test_many_facilities_and_little_time_give_a_bound():
    rng = np.random.default_rng(0)
    A = np.triu(rng.integers(1, 9, (18, 18)), 1)
    found = copos.bracket(copos.quadratic_assignment(A + A.T, np.abs(np.subtract.outer(range(18), range(18)))),
                          tolerance=1e-6, time_limit=0.5)  # fmt: skip
    assert found.proved and found.verify().proved and 0.5 * found.upper < found.lower <= found.upper


def places_of(data, at):
    rest = Rest.of(data, at)
    return Places.of(Lift(copos.quadratic_assignment(rest.A, rest.B, rest.C, symmetry=False)))


def point(places, p):
    """u of an assignment of what is left: location number p[i] for facility number i."""
    u = np.zeros(int(places.at.max()) + 1)
    u[0] = 1
    u[places.at[np.arange(len(p)), p]] = 1
    return u


@pytest.mark.parametrize("seed", range(3))
def test_a_multiplier_has_the_same_worth_on_every_assignment_of_an_inner_cell(seed):
    rng = np.random.default_rng(seed)
    n = 6
    data = Data(rng.integers(0, 9, (n, n)).tolist(), rng.integers(0, 9, (n, n)).tolist(), None)
    p = rng.permutation(n)
    pairs = [(int(i), int(p[i])) for i in rng.permutation(n)]
    outer, at = tuple(pairs[:1]), tuple(pairs[:3])
    large, small = places_of(data, outer), places_of(data, at)
    N = int(large.at.max()) + 1
    Z = rng.normal(size=(N, N))
    Z = Z + Z.T
    inside = folded(outer, Level(Fraction(0), None, np.zeros(0), Z, 2.0, large.at), at, small, n)
    left = [[v for v in range(n) if v not in {pair[side] for pair in at}] for side in (0, 1)]
    own = [[v for v in range(n) if v != outer[0][side]] for side in (0, 1)]
    for q in ([0, 1, 2], [2, 0, 1], [1, 0, 2]):
        where = dict(at) | {left[0][a]: left[1][b] for a, b in enumerate(q)}
        u = point(large, [own[1].index(where[i]) for i in own[0]])
        v = point(small, q)
        assert np.isclose(v @ inside @ v, u @ Z @ u - 2.0 * (u @ u - v @ v))


def test_an_inner_cell_begins_where_the_outer_one_ended():
    rng = np.random.default_rng(3)
    A, B = (np.triu(rng.integers(0, 9, (7, 7)), 1) for _ in range(2))
    data = Data((A + A.T).tolist(), (B + B.T).tolist(), None)
    outer = second_bound(data, first_bound(data, (), np.inf), np.inf, np.inf)
    assert outer.level is not None and outer.level[0] == ()
    inner = first_bound(data, ((2, 3),), np.inf)
    inner.level = outer.level
    late = second_bound(data, inner, np.inf, -np.inf)  # one step of its own at most
    assert late.value >= max(outer.value, inner.value) and "question" in late.item
