"""Branch and bound over places of facilities, against enumeration, with the checker's verdict on every tree."""

from fractions import Fraction

import numpy as np
import pytest

import copos
from copos.bounding.assignment import tree
from copos.bounding.assignment.cells import Data, Rest, first_bound
from copos.bounding.assignment.tree import Limits, Search, grain, stabilizer
from copos.checker import check_assignments
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
