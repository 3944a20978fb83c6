"""The program of a quadratic program has its points and its values: asked of the tables themselves, point by point."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from copos.checker.check_data import Data
from copos.checker.check_identity import evaluate
from copos.checker.check_quadratic_program import QUESTIONS

HALF = Fraction(1, 2)
RANGES = [  # rows of the table of variables, and some numbers that they allow
    ([0, 1, -1, 1, 2], [-1, HALF, 2]), ([0, 1, "1/2", 0, 0], [HALF, 1, 3 * HALF]), ([0, 0, 0, 1, 3], [3, 5 * HALF, 2]),
    ([0, 0, 7, 0, 7], [0, HALF, 1]), ([0, 1, 2, 1, 2], [2]), ([1, 1, "-1/2", 1, "11/4"], [0, 1, 2]),
    ([1, 1, -2, 1, -2], [-2]), ([1, 1, 0, 1, 1], [0, 1]),
]  # fmt: skip


def drawn(rng, n):
    """A question, and its grid."""
    chosen = [RANGES[k] for k in rng.integers(0, len(RANGES), n)]

    def form(degree):
        pairs = [(0, j) for j in range(1, n + 1)]
        pairs += [(i, j) for j in range(1, n + 1) for i in range(1, j + 1)] if degree == 2 else []
        return [[0, 0, int(rng.integers(-2, 3))]] + [[i, j, int(rng.integers(-2, 3))] for i, j in pairs]

    def product_of(a, b):  # (x_1 − a)(x_2 − b)
        return [[0, 0, str(a * b)], [0, 1, str(-b)], [0, 2, str(-a)], [1, 2, 1]]

    relations = rng.choice([-1, 0, 1], int(rng.integers(1, 3)), p=[0.4, 0.2, 0.4]).tolist()
    corner = [Fraction(grid[-1]) for _, grid in chosen[:2]]
    rows = [[k, *row] for k, relation in enumerate(relations)
            for row in (form(int(rng.integers(1, 3))) if relation else product_of(*corner))]  # fmt: skip
    tables = {"relations": {"rows": [relations]}, "constraints": {"rows": rows}} if relations else {}
    sense = str(rng.choice(["min", "max"]))
    variables = {"rows": [row for row, _ in chosen]}
    return {"type": "quadratic program", "names": [f"x{k}" for k in range(n)], sense: {"rows": form(2)},
            "variables": variables, **tables}, [grid for _, grid in chosen]  # fmt: skip


def value(rows, x):
    """Σ c x_i x_j."""
    return sum(Fraction(c) * (x[i - 1] if i else 1) * (x[j - 1] if j else 1) for i, j, c in rows)


def feasible(question, x):
    for v, (whole, has_low, low, has_high, high) in zip(x, question["variables"]["rows"], strict=True):
        if (has_low and v < Fraction(low)) or (has_high and v > Fraction(high)) or (whole and v.denominator > 1):
            return False
    for k, relation in enumerate(question.get("relations", {"rows": [[]]})["rows"][0]):
        v = value([row for j, *row in question["constraints"]["rows"] if j == k], x)
        if (relation >= 0 and v < 0) or (relation <= 0 and v > 0):
            return False
    return True


def holds(p, u):
    """Is u an atom of the program?"""
    linear = [sum(c * u[v] for (v,), c in block.get((0, 0), [])) for block in p.blocks]
    return min([*linear, *(evaluate(g, u) for g in p.generators)]) >= 0 and not any(evaluate(E, u) for E in p.vanishing)


@pytest.mark.parametrize("seed", range(20))
def test_points_and_values_of_the_program_are_those_of_the_tables(seed):
    rng = np.random.default_rng(seed)
    question, grid = drawn(rng, 3)
    made = QUESTIONS["quadratic program"](question, Data(None))
    p, seen = made.program, {}
    assert made.points is not None and p.unit == {(0,): 1}
    for u in product([0, HALF, 1], repeat=p.dim - 1):
        if holds(p, [1, *u]):
            x = tuple(Fraction(part.split(" = ")[1]) for part in made.points([(1, [1, *u])]).split(", "))
            seen[x] = made.say("upper bound", evaluate(p.objective, [1, *u]))
    sense, sign = ("min", "≤") if "min" in question else ("max", "≥")
    for x, words in seen.items():
        assert feasible(question, x)
        assert words.startswith(f"the objective is {sign} {value(question[sense]['rows'], x)} at a feasible point")
    inside = {x for x in product(*(map(Fraction, numbers) for numbers in grid)) if feasible(question, x)}
    assert inside <= set(seen)
