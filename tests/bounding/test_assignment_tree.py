"""Branch and bound over places of facilities, against enumeration, with the checker's verdict on every tree."""

from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest

import copos
from copos.arithmetic.rationals import rounded_up
from copos.bounding import quadratic_assignments
from copos.bounding.assignment import tree
from copos.bounding.assignment.alike import Cells, isomorphism, refined
from copos.bounding.assignment.cells import Data, Rest
from copos.bounding.assignment.frame import frame
from copos.bounding.assignment.leaf import Level, first, folded, inherited, relaxed
from copos.bounding.assignment.tree import Limits, Search
from copos.bounding.quadratic_bracket import Goal
from copos.checker import check_assignments
from tests.bounding.test_assignment import UNITS, drawn, least, never

LINE = [[abs(k - l) for l in range(5)] for k in range(5)]
CUBE = [[(k ^ l).bit_count() for l in range(8)] for k in range(8)]
SQUARE = [[0, 1, 1, 2], [1, 0, 2, 1], [1, 2, 0, 1], [2, 1, 1, 0]]


def without_level_zero(data, at, known, level, goal, late):
    return known, level


def searched(problem, upper, cells=500):
    search = Search(problem, Fraction(upper), 0.0)
    search.run(Limits(np.inf, cells), lambda value: False)
    return search


@pytest.mark.parametrize("seed", range(6))
def test_trees_without_level_zero_end_at_the_optimum(seed, monkeypatch):
    monkeypatch.setattr(tree, "relaxed", without_level_zero)
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
    monkeypatch.setattr(tree, "relaxed", without_level_zero)
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
    goal = Goal(1e-6, 0.0, float(UNITS[seed % len(UNITS)]))
    found = quadratic_assignments.placed(problem, goal, first, Limits(np.inf, 500), lambda _: False)
    assert found.closed and found.upper == rounded_up(best) and found.verify().proved


@pytest.mark.parametrize("seed", range(5))
def test_what_is_left_costs_what_it_did(seed):
    A, B, C = drawn(seed)
    n, rng = len(A), np.random.default_rng(seed)
    p = rng.permutation(n).tolist()
    at = tuple((i, p[i]) for i in rng.permutation(n)[: n // 2].tolist())
    data = Data(A, B, C)
    rest, unit = Rest.of(data, at), Fraction(2) ** data.bits
    small = [rest.locations.index(p[i]) for i in rest.facilities]
    m = range(len(small))
    left = sum(int(rest.pairs[i, small[i], j, small[j]]) for i in m for j in range(i))
    left += sum(int(rest.alone[i, small[i]]) for i in m)
    n = range(n)
    whole = sum(A[i][j] * B[p[i]][p[j]] for i in n for j in n) + sum(C[i][p[i]] for i in n)
    assert 0 <= whole - rest.constant - left / unit < len(p) ** 2 / unit
    same = check_assignments.left(check_assignments.Asked(A, B, C), at)
    assert same.constant == rest.constant
    assert all(int(rest.alone[i, k]) == (same.A[i][i] * same.B[k][k] + same.C[i][k]) * unit // 1 for i in m for k in m)
    assert first(data, at, whole, never).value <= whole
    assert data.step == check_assignments.grain(check_assignments.Asked(A, B, C))


def test_automorphisms_keep_the_places_that_are_taken():
    cells = Cells(Data(SQUARE, SQUARE, None))
    for side in (0, 1):
        at = ((2, 0),) if side else ((0, 2),)
        assert all(p[0] == 0 and sorted(p) == [0, 1, 2, 3] for p in cells.stabilizer(at, side))
        assert [0, 2, 1, 3] in cells.stabilizer(at, side)
        assert not cells.stabilizer(((0, 0), (1, 1)), side)
    best = least(SQUARE, SQUARE, [[0] * 4] * 4)
    problem = copos.quadratic_assignment(SQUARE, SQUARE)
    search = searched(problem, best)
    assert search.value == best and search.proof()[1].verify(problem).proved


@pytest.mark.parametrize("seed", range(4))
def test_cells_that_a_renumbering_makes_equal_are_found(seed):
    rng = np.random.default_rng(seed)
    flows = np.triu(rng.integers(0, 3, (8, 8)), 1)
    flows[:4] = flows[0, 1]  # facilities that are like each other
    flows = np.triu(flows, 1) + np.triu(flows, 1).T
    cells, n = Cells(Data(flows.tolist(), CUBE, None)), range(8)
    at = tuple((i, int(k)) for i, k in zip((0, 1, 5), rng.permutation(8)[:3], strict=True))
    cells.add(at, 7)
    turned = int(rng.integers(1, 8))
    other = tuple((1 - i if i < 2 else i, k ^ turned) for i, k in reversed(at))
    found = cells.like(other)
    if (flows[0] == flows[1][[1, 0, *range(2, 8)]]).all():
        assert found is not None
    if found is not None:
        number, (g, h) = found
        assert number == 7 and {(g[i], h[k]) for i, k in other} == set(at)
        assert all(flows[g[i], g[j]] == flows[i, j] and CUBE[h[i]][h[j]] == CUBE[i][j] for i in n for j in n)
    assert cells.like(at[:2]) is None


def test_tables_that_are_not_isomorphic_are_told_apart():
    path, star = np.zeros((4, 4), dtype=int), np.zeros((4, 4), dtype=int)
    path[[0, 1, 2], [1, 2, 3]] = star[0, 1:] = 1
    path, star = path + path.T, star + star.T
    assert isomorphism(path, [0] * 4, star, [0] * 4) is None
    assert sorted(refined(path, [0] * 4)) != sorted(refined(star, [0] * 4))
    assert isomorphism(path, [0, 0, 0, 1], path, [1, 0, 0, 0]) == [3, 2, 1, 0]
    # two triangles and a hexagon look alike to every point
    ring = np.roll(np.eye(6, dtype=int), 1, axis=0)
    ring, triangles = ring + ring.T, np.kron(np.eye(2, dtype=int), np.ones((3, 3), dtype=int) - np.eye(3, dtype=int))
    assert sorted(refined(ring, [0] * 6)) == sorted(refined(triangles, [0] * 6))
    assert isomorphism(ring, [0] * 6, triangles, [0] * 6) is None


@pytest.mark.parametrize("level_zero", [True, False])
def test_symmetric_cells_are_treated_once(level_zero, monkeypatch):
    if not level_zero:
        monkeypatch.setattr(tree, "relaxed", without_level_zero)
    flows = [[0, 2, 3, 2, 3, 3], [2, 0, 3, 2, 3, 3], [3, 3, 0, 0, 2, 3], [2, 2, 0, 0, 0, 1], [3, 3, 2, 0, 0, 3],
             [3, 3, 3, 1, 3, 0]]  # fmt: skip
    ring = [[min((k - l) % 6, (l - k) % 6) for l in range(6)] for k in range(6)]
    best = least(flows, ring, [[0] * 6] * 6)
    problem = copos.quadratic_assignment(flows, ring)
    search = searched(problem, best)
    value, certificate = search.proof()
    assert value == best and certificate.verify(problem).proved
    if not level_zero:
        items = certificate.proof["tree"]
        assert all(any(key in item for item in items) for key in ("facilities", "location", "facility", "closed"))
        certificate.proof["value"] = best + 1
        assert not certificate.verify(problem).proved


def test_many_facilities_and_little_time_give_a_bound():
    rng = np.random.default_rng(0)
    A = np.triu(rng.integers(1, 9, (18, 18)), 1)
    found = copos.bracket(copos.quadratic_assignment(A + A.T, np.abs(np.subtract.outer(range(18), range(18)))),
                          tolerance=1e-6, time_limit=0.5)  # fmt: skip
    assert found.proved and found.verify().proved and 0.5 * found.upper < found.lower <= found.upper


@pytest.mark.parametrize("seed", range(3))
def test_a_multiplier_has_the_same_worth_on_every_assignment_of_an_inner_cell(seed):
    rng = np.random.default_rng(seed)
    n = 6
    p = rng.permutation(n)
    pairs = [(int(i), int(p[i])) for i in rng.permutation(n)]
    outer, at = tuple(pairs[:1]), tuple(pairs[:3])
    N = (n - 1) ** 2 + 1
    Z = rng.normal(size=(N, N))
    Z = Z + Z.T
    inside = folded(Level(outer, Z, 2.0), at, n)
    left, own = Rest.of_places(n, at), Rest.of_places(n, outer)

    def point(m, q):
        u = np.zeros(m * m + 1)
        u[[0, *frame(m).at[np.arange(m), q]]] = 1
        return u

    for q in ([0, 1, 2], [2, 0, 1], [1, 0, 2]):
        where = dict(at) | {left[0][a]: left[1][b] for a, b in enumerate(q)}
        u = point(n - 1, [own[1].index(where[i]) for i in own[0]])
        v = point(n - 3, q)
        assert np.isclose(v @ inside @ v, u @ Z @ u - 2.0 * (u @ u - v @ v))


def test_an_inner_cell_begins_where_the_outer_one_ended():
    rng = np.random.default_rng(3)
    A, B = (np.triu(rng.integers(0, 9, (7, 7)), 1) for _ in range(2))
    data, goal = Data((A + A.T).tolist(), (B + B.T).tolist(), None), Fraction(10**6)
    outer, level = relaxed(data, (), first(data, (), goal, never), None, goal, never)
    assert level is not None and level.at == () and outer.factor is not None
    inner = inherited(data, outer, ((2, 3),), goal, never)
    assert inner.value >= outer.at(2, 3) >= outer.value
    late, _ = relaxed(data, ((2, 3),), inner, level, goal, lambda: True)  # few steps of its own
    assert late.value >= inner.value
