"""Decisions of trees against enumeration: some optimal point is in a cell of every tree, whatever the program is."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from copos.checker import check_branched, check_decisions, check_identity
from copos.checker.check_decisions import Side
from tests.checker.forgeries_decisions import _block, _problem

GRID = [Fraction(k, 2) for k in range(-4, 5)]


def drawn(seed):
    """Min of a quadratic form over low ≤ x ≤ high, some variables at their ends only, x_0 anywhere among them."""
    rng = np.random.default_rng(seed)
    n = 3
    ends = [sorted(int(v) for v in rng.choice(np.arange(-2, 3), 2, replace=False)) for _ in range(n)]
    home = int(rng.integers(n + 1))
    names = [v for v in range(n + 1) if v != home]
    blocks = [_block((home, 1))]
    for v, (low, high) in zip(names, ends, strict=True):
        c = int(rng.integers(1, 4))
        blocks += [_block((v, c), (home, -c * low)), _block((home, high), (v, -1))]
        blocks += [_block((v, 1), (home, 3 - low))] * int(rng.integers(2))  # slack
    whole = [v for v in names if rng.random() < 0.4]
    vanishing = []
    for v in whole:
        low, high = ends[names.index(v)]
        form = [(v, v, 2), (home, home, 2 * low * high), (min(v, home), max(v, home), -2 * (low + high))]
        vanishing.append([list(t) for t in form])
    objective = [[i, j, int(rng.integers(-3, 4))] for i in range(n + 1) for j in range(i, n + 1) if rng.random() < 0.8]
    problem = {**_problem(objective, dim=n + 1, vanishing=vanishing), "blocks": blocks, "unit": [[home, 1]],
               "equations": [{"form": [[home, home, 1]], "value": 1}]}  # fmt: skip
    points = []
    for x in product(*([Fraction(e) for e in end] if v in whole else [g for g in GRID if end[0] <= g <= end[1]]
                       for v, end in zip(names, ends, strict=True))):  # fmt: skip
        point = [Fraction(1)] * (n + 1)
        for v, value in zip(names, x, strict=True):
            point[v] = value
        points.append(point)
    return check_identity.program(problem), names, points


def inside(side, x):
    at = [sum(c * x[v] for v, c in form.items()) for form in side.zero]
    return not any(at) and all(sum(c * x[v] for v, c in form.items()) >= 0 for form in side.cuts)


@pytest.mark.parametrize("seed", range(40))
def test_an_optimal_point_satisfies_every_decision_at_once(seed):
    """Of the points of a grid none is better than those that satisfy all decisions, and these are few."""
    p, names, points = drawn(seed)
    decided = [check_decisions.stationary(p, v) for v in names]
    values = [check_identity.evaluate(p.objective, x) for x in points]
    kept = [v for x, v in zip(points, values, strict=True) if all(any(inside(s, x) for s in d) for d in decided)]
    whole_or_concave = all(len(d) == 2 for d in decided)
    if whole_or_concave:  # then an optimum is at a vertex, which the grid has
        assert min(kept) == min(values)
    assert len(kept) < len(points) or len(points) <= 8


@pytest.mark.parametrize(("a", "g", "low", "high"), [
    (1, -1, 0, 1), (2, 1, -2, 3), (1, 4, -1, 0), (-1, 1, -1, 2), (0, 3, 0, 2), (3, -12, 1, 2),
])  # fmt: skip
def test_sides_in_one_variable_are_where_the_minimum_is(a, g, low, high):
    """A x² + g x on [low, high]: the sides hold the minimiser, and of other points only those that look like one."""
    blocks = [_block((0, 1)), _block((1, 1), (0, -low)), _block((0, high), (1, -1))]
    p = check_identity.program({**_problem([[0, 1, g], [1, 1, a]]), "blocks": blocks})
    sides = check_decisions.stationary(p, 1)
    grid = [Fraction(k, 12) for k in range(12 * low, 12 * high + 1)]
    value = {x: a * x * x + g * x for x in grid}
    best = [x for x in grid if value[x] == min(value.values())]
    kept = [x for x in grid if any(inside(side, [1, x]) for side in sides)]
    assert set(kept) & set(best) and len(sides) == (3 if a > 0 else 2)
    if a > 0:
        assert kept == best
    else:
        assert all(x in (low, high) and value[x] == min(value[Fraction(low)], value[Fraction(high)]) for x in kept)


def test_a_cell_is_told_in_the_variables_that_are_left():
    """The last variable of every form goes, whatever their order; blocks, forms and their numbers stay."""
    forms = {"vanishing": [[[1, 2, 1], [0, 2, -1]]], "generators": [[[2, 2, 1]]]}
    p = check_identity.program(_problem([[0, 1, 1], [1, 2, 2]], [_block((2, 1))], 3, **forms))
    a, b = Side(zero=({1: 1, 2: -2},)), Side(zero=({0: 1, 1: -1},), cuts=({2: 4},))
    for path in ((a, b), (b, a), (Side(a.zero + b.zero, b.cuts),)):
        q = check_branched.cell(p, path)
        assert q.objective == {(0, 0): 2} and q.vanishing == [{}] and q.generators == [{(0, 0): Fraction(1, 4)}]
        blocks = [{v: c for (v,), c in block[0, 0]} for block in q.blocks]
        assert blocks == [{0: 1}, {0: 1}, {}, {0: Fraction(1, 2)}, {0: 2}] and q.positive == {0}
        assert q.unit == {(0,): 1} and q.equations == [({(0, 0): 1}, 1)]
