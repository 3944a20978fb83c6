"""The pieces of proofs by boxes: what a split, a multiplier, a leaf and a curve stand for, term by term at points."""

from fractions import Fraction
from itertools import product
from math import prod
from unittest import mock

import numpy as np
import pytest

from copos.checker import check, check_boxes
from copos.checker.check_reading import Rejected, Unreadable
from copos.checker.check_tightening import Asked
from tests.checker.forgeries_boxes import BASE, GAP, RAY, attained, curve, empty, lower, made

HALF = Fraction(1, 2)
# two integers, and all kinds of ranges; constraints of all relations, linear and quadratic
RANGES = [(True, -2, 3), (False, HALF, None), (False, None, 4), (False, None, None), (True, None, 5)]
FORMS = [
    (-1, {(0, 0): -5, (0, 1): 2, (0, 4): 1}), (0, {(0, 0): 3, (0, 2): -1, (0, 5): HALF}),
    (1, {(0, 0): 7, (1, 1): -1, (2, 3): 3, (0, 3): 2}), (0, {(0, 0): 1, (1, 4): 2, (3, 3): -1}),
    (1, {(0, 0): -1, (0, 3): 5, (0, 5): -2}),
]  # fmt: skip
OBJECTIVE = {(0, 0): 9, (0, 1): 4, (0, 3): -HALF, (1, 1): 3, (1, 2): -2, (2, 2): 5, (3, 5): 7}
ASKED = Asked(1, list("abcde"), OBJECTIVE, RANGES, FORMS)
FREE2 = [(False, None, None)] * 2


def at(form, x):
    """A form at x, where x_0 = 1."""
    return sum(c * prod([1, *x][v] for v in key) for key, c in form.items())


def bound_form(p, x):
    """x_j − low at 2j, high − x_j at 2j + 1, then what the linear inequalities say."""
    if p < 2 * len(RANGES):
        _, low, high = RANGES[p // 2]
        return high - x[p // 2] if p % 2 else x[p // 2] - low
    relation, form = FORMS[p - 2 * len(RANGES)]
    return relation * at(form, x)


def rest(item):
    """What a leaf bounds term by term, and over which box."""
    found = {}

    def seen(form, box):
        found["rest"], found["box"] = dict(form), box
        return {}

    with mock.patch.object(check_boxes, "_alone", seen):
        try:
            check_boxes.leaf(ASKED, item)
        except Rejected as error:
            assert "a contradiction is none" in str(error) and "contradiction" in item
    return found["rest"], found["box"]


@pytest.mark.parametrize("seed", range(4))
def test_a_leaf_takes_from_the_objective_what_it_says(seed):
    rng = np.random.default_rng(seed)

    def number(low, high):
        return Fraction(int(rng.integers(low, high)), 3)

    def written(c):
        return int(c) if c.denominator == 1 else str(c)

    known = [p for p in range(10) if RANGES[p // 2][1 + p % 2] is not None] + [10, 14]
    constraints = [(k, 0, number(0, 9)) for k in (0, 2, 4)] + [(k, 0, number(-9, 9)) for k in (1, 3)]
    constraints += [(1, i, number(-9, 9)) for i in range(1, 6)]
    products = [(p, q, number(0, 9)) for p, q in product(known, known) if (p + q + seed) % 3 == 0]
    gaps = [(j, int(rng.integers(-4, 5)), number(0, 9)) for j in (0, 4)]
    factor = rng.integers(-4, 5, (4, 2)).tolist()
    item = {
        "constraints": [[k, i, written(c)] for k, i, c in constraints],
        "products": [[p, q, written(c)] for p, q, c in products], "gaps": [[j, m, written(c)] for j, m, c in gaps],
        "squares": {"variables": [3, 0, 5, 1], "powers": [2, 0, -1, 1], "gram": {"factor": factor, "bits": 1}},
    } | ({"contradiction": True} if seed % 2 else {})  # fmt: skip
    form, box = rest(item)
    origin = [-2, HALF, 4, 0, 5]
    assert box == [(False, None if low is None else low - o, None if high is None else high - o)
                   for (_, low, high), o in zip(RANGES, origin, strict=True)]  # fmt: skip
    assert all(0 <= i <= k for i, k in form)
    for _ in range(6):
        x = [number(-20, 20) for _ in RANGES]
        y = [v - o for v, o in zip(x, origin, strict=True)]
        expected = 0 if seed % 2 else at(OBJECTIVE, x)
        for k, i, c in constraints:
            expected -= c * (FORMS[k][0] or 1) * at(FORMS[k][1], x) * (y[i - 1] if i else 1)
        expected -= sum(c * bound_form(p, x) * bound_form(q, x) for p, q, c in products)
        expected -= sum(c * (x[j] - m) * (x[j] - m - 1) for j, m, c in gaps)
        t = [4 * y[2], 1, y[4] / 2, 2 * y[0]]
        expected -= sum(sum(f * v for f, v in zip(column, t, strict=True)) ** 2
                        for column in zip(*factor, strict=True)) / 4  # fmt: skip
        assert at(form, y) == expected


@pytest.mark.parametrize(("form", "box", "expected"), [
    # a product that has a bound stays, whatever the other sign would say; so does what is linear, and a square
    ({(1, 2): 3}, [(False, 0, None)] * 2, {(1, 2): 3}), ({(1, 2): -3}, [(False, 0, 1)] * 2, {(1, 2): -3}),
    ({(1, 2): -3}, [(False, 0, None)] * 2, {(1, 1): -1.5, (2, 2): -1.5}), ({(0, 1): 2}, FREE2, {(0, 1): 2}),
    ({(0, 0): 7, (1, 1): -1, (1, 2): 4, (2, 2): 5}, FREE2, {(0, 0): 7, (1, 1): -3, (2, 2): 3}),
])  # fmt: skip
def test_products_without_a_bound_are_replaced_by_squares(form, box, expected):
    assert check_boxes._alone(form, box) == expected


def test_a_leaf_has_the_bound_of_what_is_left():
    def value(objective, ranges, **item):
        return check_boxes.leaf(Asked(1, [], objective, ranges, []), item)

    assert value({(0, 1): 1, (1, 1): 1}, FREE2) == Fraction(-1, 4)
    assert value({(0, 0): 5, (0, 1): 3, (0, 2): -2}, [(False, 2, 7), (False, -1, 4)]) == 5 + 6 - 8
    assert value({}, FREE2) == 0 and value({(0, 1): 2}, [(False, None, None), (False, 0, 1)][::-1]) == 0
    with pytest.raises(Rejected, match="a contradiction is none"):
        value({(0, 0): 9}, FREE2, contradiction=True)


@pytest.mark.parametrize(("variable", "v", "left", "right"), [
    ((False, 0, 4), "3/2", (0, Fraction(3, 2)), (Fraction(3, 2), 4)), ((False, None, None), 1, (None, 1), (1, None)),
    ((True, 0, 4), "3/2", (0, 1), (2, 4)), ((True, 0, 4), 2, (0, 2), (3, 4)),
    ((True, None, 4), -3, (None, -3), (-2, 4)), ((True, 0, None), "-1/2", (0, -1), (0, None)),
    ((False, 0, 4), 9, (0, 4), (9, 4)), ((False, 0, 4), -9, (0, -9), (0, 4)),
    ((False, 0, None), 9, (0, 9), (9, None)), ((False, None, 4), 9, (None, 4), (9, 4)),
])  # fmt: skip
@pytest.mark.parametrize("j", [0, 1])
def test_the_parts_of_a_split_cover_a_box_and_lie_in_it(variable, v, left, right, j):
    other = (True, -7, 7)
    variables = [variable, other] if j == 0 else [other, variable]
    parts = check_boxes.sides(variables, [j, v])
    assert [part[j] for part in parts] == [(variable[0], *left), (variable[0], *right)]
    assert [part[1 - j] for part in parts] == [other, other]


@pytest.mark.parametrize(("objective", "value", "expected"), [
    ({(0, 1): 6, (1, 2): 4}, 1, 2), ({(0, 1): 6, (1, 2): 4}, -3, -2), ({(0, 2): Fraction(2, 3), (1, 1): 1}, HALF,
    Fraction(2, 3)), ({(0, 2): -3}, 6, 6), ({(0, 1): 2, (0, 3): 2}, HALF, HALF), ({(3, 3): 2}, HALF, HALF),
    ({(1, 3): 2}, HALF, HALF), ({}, HALF, HALF),
])  # fmt: skip
def test_a_bound_is_rounded_where_integers_take_only_multiples(objective, value, expected):
    """x_1 and x_2 are integers, x_3 is none."""
    ranges = [(True, None, None), (True, None, None), (False, 0, 1)]
    assert check_boxes._rounded(Asked(1, [], objective, ranges, []), value) == expected


# ---- indices ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("item", "last"), [
    ({"constraints": [[4, 0, 1]]}, {"constraints": [[5, 0, 1]]}),
    ({"constraints": [[1, 5, 1]]}, {"constraints": [[1, 6, 1]]}),
    ({"products": [[14, 10, 1]]}, {"products": [[15, 10, 1]]}), ({"gaps": [[4, 0, 1]]}, {"gaps": [[5, 0, 1]]}),
    ({"squares": {"variables": [5], "powers": [0], "gram": {"factor": [[1]]}}},
     {"squares": {"variables": [6], "powers": [0], "gram": {"factor": [[1]]}}}),
    ({"squares": {"variables": [5], "powers": [2000], "gram": {"factor": [[1]]}}},
     {"squares": {"variables": [5], "powers": [2001], "gram": {"factor": [[1]]}}}),
])  # fmt: skip
def test_places_beyond_the_last_are_unreadable(item, last):
    rest(item)
    with pytest.raises(Unreadable, match="must be an integer from"):
        check_boxes.leaf(ASKED, last)


@pytest.mark.parametrize("document", [
    lower(0, {}, variables=[0, 1, 2]), lower(0, {"empty": 2}), lower(0, {"split": [2, 0]}, {}, {}),
])  # fmt: skip
def test_variables_beyond_the_last_are_unreadable(document):
    said = check.check(document)
    assert not said.readable and "must be an integer from 0 to 1" in said.reason


# ---- claims -----------------------------------------------------------------------------------------------------

OF = "the quadratic program in 2 variables x, y"
UP, DOWN = made(BASE, "max", [[0, 0, 5], [0, 1, 1]]), made(RAY, "min", [[0, 0, 0], [0, 1, -1]])
THIRD = f"{10**20 + 1}/{3 * 10**20}"  # a little more than a third
MORE = f"{28 * 10**18 + 1}/{3 * 10**18}"  # and than nine and a third


@pytest.mark.parametrize(("document", "words"), [
    (lower(2, GAP), f"the objective is ≥ 2 at every feasible point of {OF}"),
    (lower(9, {}, problem=UP), f"the objective is ≤ 9 at every feasible point of {OF}"),
    (lower(THIRD, GAP), f"the objective is ≥ 0.333333333333… (exactly {THIRD}) at every"),
    (lower(MORE, {}, problem=UP), "the objective is ≤ 9.33333333334… "),
    (attained(2, 1, -1), f"the objective is ≤ 2 at a feasible point of {OF}: x = 1, y = -1 ["),
    (attained(6, 1, -1, problem=UP), f"the objective is ≥ 6 at a feasible point of {OF}: x = 1, y = -1 ["),
    (attained(MORE, 1, -1), "the objective is ≤ 9.33333333334… "),
    (attained(THIRD, 1, -1, problem=UP), "the objective is ≥ 0.333333333333… "),
    (empty({"empty": 0}), f"no point is feasible for {OF}"),
    (curve([0, 1], [0, 1]), f"the objective has no upper bound over {OF}"),
    (curve([0, 1], [0, 1], problem=DOWN), f"the objective has no lower bound over {OF}"),
])  # fmt: skip
def test_what_is_claimed_is_about_the_objective(document, words):
    said = check.check(document)
    assert said.proved, said.reason
    assert said.claim.startswith(words)


# ---- curves -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_a_form_along_a_curve_is_a_polynomial(seed):
    rng = np.random.default_rng(seed)
    path = [rng.integers(-5, 6, n).tolist() for n in (1, 8, 5, 3, 2)]
    form = {**OBJECTIVE, (2, 2): seed, (2, 4): 1}
    found = check_boxes._along(form, path)
    assert found[-1]
    for t in range(-3, 4):
        x = [sum(c * t**d for d, c in enumerate(row)) for row in path]
        assert sum(c * t**d for d, c in enumerate(found)) == at(form, x)


def test_what_stays_is_seen_at_the_leading_coefficient():
    assert check_boxes._stays([]) and check_boxes._stays([-9, -9, HALF]) and not check_boxes._stays([9, 9, -HALF])
    assert check_boxes._trimmed([0, 1, 0, 0]) == [0, 1] and check_boxes._trimmed([0, 0]) == []
