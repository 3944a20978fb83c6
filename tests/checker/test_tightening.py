"""Tightened bounds: steps by hand, against the producer's, and against points; what they may cost."""

from fractions import Fraction
from itertools import product
from math import isqrt

import numpy as np
import pytest

from copos.checker import check, check_reading
from copos.checker.check_reading import BITS, Rejected, Unreadable
from copos.checker.check_tightening import Asked, _parabola, tightened
from copos.checker.check_tightening import maximum as checked_maximum
from copos.reformulation.quadratic.presolve import maximum
from copos.reformulation.quadratic.presolve import tightened as produced
from copos.reformulation.quadratic.value import Constraint, Quadratic
from tests.checker import forgeries_tightening as forgeries
from tests.checker.forgeries_tightening import f

RELATIONS = {-1: "<=", 0: "=", 1: ">="}
ENDS = [None, None, -2, Fraction(-3, 2), -1, 0, 0, Fraction(1, 3), 1, 2]
NUMBERS = [0, 0, -2, -1, Fraction(-1, 2), 1, Fraction(3, 2), 3]
ANY, BOX, UNIT = (None, None), (-3, 3), (0, 1)
S = Fraction(2**20 + 1, 2**20)  # what is made of sqrt(1)


def after(relation, form, variables, steps=((0, 0),), implied=()):
    """The program after some steps with one constraint; a variable is (low, high), or (True, low, high)."""
    rows = [v if len(v) == 3 else (False, *v) for v in variables]
    form = {key: c for key, c in form.items() if c}
    return tightened(Asked(1, [], {}, rows, [(relation, form)]), [list(s) for s in steps], list(implied))


@pytest.mark.parametrize(("relation", "form", "variables", "expected"), [
    # linear, by sign and relation; with a rest that is bounded on one side only
    (1, f(-1, x=2), [ANY], (Fraction(1, 2), None)), (-1, f(-1, x=2), [ANY], (None, Fraction(1, 2))),
    (1, f(-1, x=-2), [ANY], (None, Fraction(-1, 2))), (0, f(-1, x=2), [ANY], (Fraction(1, 2), Fraction(1, 2))),
    (1, f(-1, x=1, y=1), [ANY, (None, 4)], (-3, None)), (1, f(-1, x=1, y=1), [ANY, (4, None)], ANY),
    (1, f(-1, x=1, y=-1), [ANY, (4, None)], (5, None)), (1, f(-1, x=1, y=-1), [ANY, (None, 4)], ANY),
    (0, f(-1, x=1, y=1), [ANY, (None, 4)], (-3, None)), (0, f(-1, x=1, y=1), [ANY, (4, None)], (None, -3)),
    # what was known stays where it says more
    (1, f(x=1), [(1, 2)], (1, 2)), (1, f(3, x=-1), [(1, 2)], (1, 2)), (1, f(x=1), [(0, 0)], (0, 0)),
    (1, f(-3, x=1), [(1, 2)], (3, 2)), (-1, f(3, x=1), [(1, 2)], (1, -3)),
    # integers, before and after
    (1, f(-1, x=2), [(True, None, Fraction(7, 2))], (1, 3)), (1, f(x=-2, y=1), [(True, 0, 9), (0, 3)], (0, 1)),
    (1, f(-1, x=4), [(True, Fraction(1, 5), Fraction(4, 5))], (1, 0)),
    # x_j in products with others, or not at all
    (1, f(-1, x=1, xy=1), [BOX, UNIT], BOX), (1, f(-1, y=1), [BOX, BOX], BOX), (1, {}, [BOX], BOX),
    (1, f(-1, x=1, yz=1), [BOX, (1, 2), (-2, 1)], (-1, 3)),
    # squares: x² ≥ 1 says nothing, x² ≤ 1, around −b/2a, at one point, nowhere
    (1, f(-1, xx=1), [BOX], BOX), (1, f(-1, x=3, xx=1), [BOX], BOX), (-1, f(-1, xx=1), [ANY], (-S, S)),
    (0, f(-1, xx=1), [BOX], (-S, S)), (1, f(-3, x=4, xx=-1), [ANY], (2 - S, 2 + S)),
    (-1, f(-3, x=2, xx=4), [ANY], (Fraction(-1, 4) - Fraction(isqrt(13 * 2**38) + 1, 2**21),
                                   Fraction(-1, 4) + Fraction(isqrt(13 * 2**38) + 1, 2**21))),
    (1, f(xx=-1), [BOX], (0, 0)), (1, f(-1, x=2, xx=-1), [BOX], (1, 1)), (1, f(-5, x=4, xx=-1), [BOX], (3, 1)),
    (-1, f(-(2**44), xx=1), [ANY], (-(2**22) - 1, 2**22 + 1)), (1, f(-1, xx=-1, y=1), [ANY, (0, 2)], (-S, S)),
    (1, f(-1, xx=-1, y=1), [BOX, (0, None)], BOX),
])  # fmt: skip
def test_a_step(relation, form, variables, expected):
    found = after(relation, form, variables).variables
    assert found[0][1:] == expected
    assert [v[-2:] for v in found[1:]] == variables[1:]  # the others stay


@pytest.mark.parametrize(("form", "variables", "expected"), [
    ({}, [], 0), (f(-3), [], -3), (f(x=2, xx=-1), [(0, 3)], 1), (f(x=2, xx=-1), [(2, 3)], 0),
    (f(x=2, xx=-1), [(-1, 0)], 0), (f(x=2, xx=-1), [ANY], 1), (f(x=2, xx=-1), [(2, None)], 0), (f(xx=1), [BOX], 9),
    (f(x=2, xx=-1), [(None, 0)], 0), (f(xx=1), [(None, 1)], None), (f(xx=1), [(1, None)], None),
    (f(x=2, xx=-4), [BOX], Fraction(1, 4)), (f(x=-1), [UNIT], 0), (f(x=-1), [(None, 1)], None),
    (f(x=1), [(1, None)], None), (f(x=-1), [(2, None)], -2), (f(x=1), [(None, 2)], 2),
    (f(1, x=1, y=2, xx=1, yy=-1, xy=3), [UNIT, UNIT], 7),
    # products: both ends, one of them infinite, 0 times infinity, both without ends
    (f(xy=1), [(-2, 1), (-2, 1)], 4), (f(xy=-1), [(-2, 1), (-2, 1)], 2), (f(xy=1), [(2, 3), (-5, -4)], -8),
    (f(xy=1), [(0, None), (None, 0)], 0), (f(xy=-1), [(0, None), (None, 0)], None), (f(xy=1), [ANY, (0, 0)], 0),
    (f(xy=1), [(0, 0), ANY], 0), (f(xy=1), [(3, None), (None, -1)], -3), (f(xy=1), [(None, -1), (3, None)], -3),
    (f(xy=-1), [(3, None), (1, None)], -3), (f(xy=-1), [(None, -3), (None, -1)], -3), (f(xy=1), [ANY, (1, 2)], None),
    (f(xy=1), [(1, 2), ANY], None), (f(xy=-1), [ANY, (1, 2)], None), (f(xy=1), [(1, None), (0, 2)], None),
    (f(xy=1), [(1, None), (-2, 0)], 0), (f(xy=-1), [(1, None), (0, 2)], 0), (f(xy=-1), [(None, -1), (-2, 0)], 0),
    (f(xy=1), [(0, 2), (1, None)], None), (f(xy=1), [(-2, 0), (1, None)], 0), (f(xy=1), [(-2, 0), (None, -1)], None),
    (f(xy=1), [(None, 1), (None, 1)], None), (f(xy=1), [(1, None), (1, None)], None), (f(xy=1), [ANY, ANY], None),
    (f(y=1, xy=-1, yy=-1), [(1, None), (0, 2)], Fraction(1, 4)),
])  # fmt: skip
def test_a_maximum(form, variables, expected):
    """With a constraint that it is just below, and just not."""
    rows = [(False, *v) for v in variables]
    form = {key: c for key, c in form.items() if c}
    assert checked_maximum(form, rows) == expected
    if expected is None:
        expected = 10**9
    else:
        assert after(-1, form | {(0, 0): form.get((0, 0), 0) - expected}, variables, (), [0]).constraints == []
    with pytest.raises(Rejected, match="that the bounds do not imply"):
        after(-1, form | {(0, 0): form.get((0, 0), 0) - expected + Fraction(1, 10**9)}, variables, (), [0])


@pytest.mark.parametrize(("sign", "aim", "ends", "step", "expected"), [
    (1, f(x=1), BOX, "low", (-3, -3)), (-1, f(x=1), BOX, "high", (3, 3)), (1, f(x=-1), BOX, "high", (3, 3)),
    (1, {}, BOX, "low", (-3, -3)), (1, f(x=2, xx=1), (-1, 3), "low", (-1, -1)), (1, f(x=-6, xx=1), BOX, "high", (3, 3)),
    (1, f(x=1), (0, None), "low", (0, 0)), (1, f(x=-1), (None, 0), "high", (0, 0)),
    # an empty range stays empty, and no number comes into it
    (1, f(x=1), (3, -3), "low", (3, -3)), (1, f(x=-1), (3, -3), "high", (3, -3)),
])  # fmt: skip
def test_an_end(sign, aim, ends, step, expected):
    asked = Asked(sign, ["x"], {k: c for k, c in aim.items() if c}, [(False, *ends)], [])
    assert tightened(asked, [[step, 0]], []).variables == [(False, *expected)]


@pytest.mark.parametrize(("relation", "way"), [(1, "low"), (-1, "high"), (0, "low"), (0, "high")])
def test_an_end_that_a_constraint_dislikes(relation, way):
    with pytest.raises(Rejected, match="gets worse"):
        tightened(Asked(1, ["x"], {}, [(False, 0, 1)], [(relation, f(-1, x=2))]), [[way, 0]], [])
    other = {"low": "high", "high": "low"}[way]
    if relation:
        found = tightened(Asked(1, ["x"], {}, [(False, 0, 1)], [(relation, f(-1, x=2))]), [[other, 0]], [])
        assert found.variables[0][1] == found.variables[0][2]


def test_the_form_zero_has_a_maximum_without_bounds():
    assert _parabola(0, 0, None, None) == _parabola(0, 0, None, 3) == _parabola(0, 0, 3, None) == 0


def drawn(rng):
    """(relation, form in the checker's keys, the same constraint of the package, box, which are integers)."""
    n = int(rng.integers(1, 4))
    keys = [(i, j) for j in range(n + 1) for i in range(j + 1)]
    form = {key: NUMBERS[int(k)] for key, k in zip(keys, rng.integers(len(NUMBERS), size=len(keys)), strict=True)}
    if rng.random() < 0.6:
        form = {key: c for key, c in form.items() if not 0 < key[0] < key[1]}
    pairs = [(i - 1, j - 1, c) for (i, j), c in form.items() if i]
    linear = [(j - 1, c) for (i, j), c in form.items() if j and not i]
    relation = int(rng.integers(-1, 2))
    box = []
    for a, b in rng.integers(len(ENDS), size=(n, 2)):
        low, high = ENDS[int(a)], ENDS[int(b)]
        box.append((high, low) if low is not None and high is not None and low > high and rng.random() < 0.9
                   else (low, high))  # fmt: skip
    whole = [bool(v) for v in rng.random(n) < 0.25]
    return relation, form, Constraint(Quadratic.of(pairs, linear, form[0, 0]), RELATIONS[relation]), box, whole


@pytest.mark.parametrize("seed", range(3))
def test_steps_are_those_of_the_producer_and_keep_every_point(seed):
    """All of them, whether or not they are worth it, in boxes with and without ends, and in a few empty ones."""
    rng = np.random.default_rng([77, seed])
    moved = inside = left_out = 0
    for _ in range(120):
        relation, form, c, box, whole = drawn(rng)
        variables = [(w, *ends) for w, ends in zip(whole, box, strict=True)]
        start = after(relation, form, variables, ())
        start_box = [v[1:] for v in start.variables]
        for j in range(len(box)):
            found = after(relation, form, variables, [(0, j)]).variables[j]
            assert found == (whole[j], *produced(c, j, start_box, whole[j])), (relation, form, box)
            moved += found != start.variables[j]
            grid = [sorted({Fraction(v, 1 if w else 2) for v in range(-6, 7)}) for w in whole]
            for x in product(*grid) if len(box) < 3 else ():
                if all((a is None or a <= v) and (b is None or v <= b) for v, (a, b) in zip(x, box, strict=True)):
                    value = c.form.value(x)
                    if value == 0 if relation == 0 else relation * value >= 0:
                        inside += 1
                        _, low, high = found
                        assert (low is None or low <= x[j]) and (high is None or x[j] <= high), (relation, form, box, x)
        worst = maximum(c.least.scaled(-1), start_box)
        if relation and worst is not None and worst <= 0:
            assert after(relation, form, variables, (), [0]).constraints == []
            left_out += 1
        else:
            with pytest.raises(Rejected, match="that the bounds do not imply"):
                after(relation, form, variables, (), [0])
    assert moved > 50 and inside > 500 and left_out > 3


def test_later_steps_know_the_earlier_ones_and_what_is_implied_knows_all():
    constraints = [(1, f(-1, x=1, y=-1)), (1, f(-2, y=1)), (-1, f(1, x=-1))]
    asked = Asked(1, ["x", "y"], {}, [(False, 0, 9), (False, 0, 9)], constraints)
    found = tightened(asked, [[1, 1], [0, 0]], [2, 1])
    assert found.variables == [(False, 3, 9), (False, 2, 9)] and found.constraints == constraints[:1]
    assert tightened(asked, [[0, 0], [1, 1]], []).variables == [(False, 1, 9), (False, 2, 9)]
    assert tightened(asked, [[0, 0]], [2, 2]).constraints == constraints[:2]


@pytest.mark.parametrize("end", ["low", "high"])
def test_a_bound_may_be_as_long_as_a_number_of_a_file(end):
    """2^k has k + 1 bits, and its denominator one."""
    sign = 1 if end == "low" else -1
    longest = 2 ** (BITS - 2)
    found = after(sign, f(-longest, x=1), [ANY]).variables[0]
    assert found == ((False, longest, None) if end == "low" else (False, None, longest))
    with pytest.raises(Unreadable, match="too many digits"):
        after(sign, f(-2 * longest, x=1), [ANY])


def test_the_programs_of_forgeries_are_proved_without_their_question():
    """So each of them is refused for its steps alone."""
    rows = [row for table in forgeries.ROWS.values() for row in table]
    assert len(rows) > 25
    for row in rows:
        said = check.check({key: value for key, value in row.items() if key != "question"})
        assert said.proved, said.reason


def test_long_numbers_cost_more():
    """Twenty terms with denominators of 1,400 digits take some 30 ms a step; 2,000 steps are no small document."""
    units = []
    for digits in (1, 1400):
        form = {(0, 0): 1} | {(0, k): Fraction(10**digits, 10**digits + 2 * k + 1) for k in range(1, 21)}
        with check_reading.budget([]):
            before = check_reading._LEFT.get()[0]
            after(1, form, [UNIT] * 20)
            units.append(before - check_reading._LEFT.get()[0])
    assert units[0] < 1_000 and units[1] > 20_000
