"""Forgeries about tightened bounds: the program of bounds that do not follow, shown as that of a question with steps.

Every row claims something false about the points of its question, and its identity is true of the program in it.
"""

from fractions import Fraction
from math import isqrt

from copos.checker import check
from copos.checker.check_data import Data
from copos.checker.check_quadratic_program import QUESTIONS

SQRT2 = Fraction(isqrt(2**41) + 1, 2**20)  # what a step makes of sqrt(2)
BELOW = Fraction(isqrt(2**41), 2**20)


def text(c):
    """A number of the format."""
    return str(c) if type(c) is Fraction else c


def end(c):
    """How a bound is written, and that there is none."""
    return [0, 0] if c is None else [1, text(c)]


def question(sense, objective, variables, *constraints):
    """min or max, {(i, j): c}; (integer, low, high) with None for no bound; (relation, {(i, j): c})."""
    rows = [[k, *key, text(c)] for k, (_, f) in enumerate(constraints) for key, c in ({(0, 0): 0} | f).items()]
    return {
        "type": "quadratic program", "names": [f"x{k + 1}" for k in range(len(variables))],
        sense: {"rows": [[*key, text(c)] for key, c in ({(0, 0): 0} | objective).items()]},
        "variables": {"rows": [[int(whole), *end(low), *end(high)] for whole, low, high in variables]},
    } | ({"relations": {"rows": [[r for r, _ in constraints]]}, "constraints": {"rows": rows}}
         if constraints else {})  # fmt: skip


def form(terms):
    """{(i, j): c} in the format."""
    return [[*key, text(c)] for key, c in terms.items()]


def program(asked):
    """The program that the checker makes of a question, as a problem."""
    p = QUESTIONS["quadratic program"](asked, Data(None)).program
    blocks = [{"order": n, "entries": [[*place, v, text(c)] for place, entry in block.items() for (v,), c in entry]}
              for n, block in zip(p.orders, p.blocks, strict=True)]  # fmt: skip
    return {
        "type": "program", "name": "", "dim": p.dim, "blocks": blocks, "generators": [form(g) for g in p.generators],
        "unit": form(p.unit), "objective": form(p.objective),
        "equations": [{"form": form(A), "value": text(b)} for A, b in p.equations],
        "vanishing": [form(E) for E in p.vanishing],
    }  # fmt: skip


def shown(asked, other, kind="lower bound", terms=(), y=0, **changes):
    """A proof about the program of another question, said to be about that of `asked` with some keys changed."""
    problem = program(other)
    proof = {"value": text(y), "y": [text(y)], "level": 0, "terms": list(terms), "multipliers": []}
    if kind == "infeasible":
        del proof["value"]
    return {"format": check.FORMAT, "version": check.VERSION, "kind": kind, "problem": problem, "proof": proof,
            "sha256": check.digest(problem), "question": {**asked, **changes}}  # fmt: skip


X = {(0, 1): 1}


def least(low, high, variables, *constraints, steps=((0, 0),), **changes):
    """x_1 ≥ `low` by steps that are said to lead to low ≤ x_1 ≤ high."""
    variables = [(False, *v) if len(v) == 2 else v for v in variables]
    narrow = [(variables[0][0], low, high), *variables[1:]]
    asked = question("min", X, variables, *constraints)
    return shown(asked, question("min", X, narrow, *constraints), steps=[list(s) for s in steps], **changes)


def most(high, variables, *constraints, steps=((0, 0),)):
    """x_1 ≤ `high` by steps, for x_1 without a lower bound."""
    variables = [(False, *v) for v in variables]
    asked = question("max", X, variables, *constraints)
    return shown(asked, question("max", X, [(False, None, high), *variables[1:]], *constraints),
                 steps=[list(s) for s in steps])  # fmt: skip


def fixed(value, variables, *constraints):
    """x_1 ≤ `value` by a step that is said to fix it."""
    variables = [(False, *v) for v in variables]
    asked = question("max", X, variables, *constraints)
    return shown(asked, question("max", X, [(False, value, value), *variables[1:]], *constraints), steps=[[0, 0]])


def empty(low, high, variables, *constraints):
    """No point, by a step that leads to low > high for x_1: (high − low)u_0² = u_0((high − low)u_0 − u_1) + u_0u_1."""
    variables = [(False, *v) for v in variables]
    asked = question("min", X, variables, *constraints)
    none = question("min", X, [(False, low, high), *variables[1:]], *constraints)
    cut = len(variables) + 1
    return shown(asked, none, "infeasible", [{"products": [[0, cut, 1]]}], low - high, steps=[[0, 0]])


def dropped(variables, u, value, *constraints, implied=(0,), steps=(), aim=X):
    """A point u of the program without the constraints that are said to be implied; in the units of the program."""
    variables = [(False, *v) if len(v) == 2 else v for v in variables]
    rest = [c for k, c in enumerate(constraints) if k not in implied]
    document = shown(question("min", aim, variables, *constraints), question("min", aim, variables, *rest),
                     steps=[list(s) for s in steps], implied=list(implied))  # fmt: skip
    proof = {"value": value, "atoms": [{"weight": 1, "point": u}]}
    return {**document, "kind": "upper bound", "proof": proof}


def ended(word, j, sense, aim, variables, *constraints, end=None, y=0, contradiction=False):
    """Variable j at an end of its range: all terms of the objective vanish with it, or nothing is feasible then."""
    variables = [(False, *v) if len(v) == 2 else v for v in variables]
    at = (variables[j][1] if word == "low" else variables[j][2]) if end is None else end
    narrow = [*variables[:j], (variables[j][0], at, at), *variables[j + 1 :]]
    other = question(sense, aim, narrow, *constraints)
    kind, terms = ("infeasible", [{"products": [[0, 1, 1]]}]) if contradiction else ("lower bound", ())
    return shown(question(sense, aim, variables, *constraints), other, kind, terms, y, steps=[[word, j]])


def f(constant=0, **terms):
    """A form: f(1, x=2, xy=3, yy=4) is 1 + 2x + 3xy + 4y², with x_1 = x, x_2 = y, x_3 = z."""
    at = {"x": 1, "y": 2, "z": 3}
    return {(0, 0): constant} | {(0,) * (2 - len(k)) + tuple(at[v] for v in k): c for k, c in terms.items()}


WIDE, ANY, UNIT, UP, DOWN = (-3, 3), (None, None), (0, 1), (0, None), (None, 0)
SLACK = f(1, x=1)  # 1 + x
HONEST = [
    least(1, 3, [WIDE], (1, f(-1, x=1))), most(1, [ANY], (1, f(1, x=-1))), fixed(1, [(0, 3)], (0, f(-2, x=2))),
    least(-SQRT2, SQRT2, [WIDE], (-1, f(-2, xx=1))), least(0, 0, [WIDE], (-1, f(xx=3))),
    least(0, 0, [ANY], (0, f(xx=-3))), least(-1 - SQRT2, -1 + SQRT2, [ANY], (1, f(1, x=-2, xx=-1))),
    empty(1, -1, [WIDE], (-1, f(1, xx=1))), empty(3, 1, [WIDE], (1, f(-5, x=4, xx=-1))),
    empty(4, 3, [WIDE], (1, f(-4, x=1))), least(1, 5, [(True, 0, 5)], (1, f(-1, x=2))),
    least("1/2", 3, [WIDE], (1, f(-1, x=2))), least("1/2", 3, [WIDE, UNIT], (1, f(-1, x=1, y="1/2"))),
    least(2, 3, [(2, 3)], (1, f(-1, x=1))), least(-1, 3, [WIDE, (-2, 1), (-2, 1)], (1, f(-3, x=1, yz=1))),
    least("3/4", 3, [WIDE, UNIT], (1, f(-1, x=1, y=1, yy=-1))), least(1, 3, [WIDE, ANY], (1, f(-1, x=1, yy=-1))),
    least(2, 3, [WIDE, UP, DOWN], (1, f(-2, x=1, yz=1))), least(2, 3, [WIDE, ANY, (0, 0)], (1, f(-2, x=1, yz=1))),
    least(1, 3, [WIDE], (1, SLACK), (1, f(-1, x=1)), steps=[(0, 0), (1, 0)]),
    dropped([UNIT, UP, DOWN], [1, 0, 1, 1], 0, (-1, f(yz=1))),
    dropped([UNIT, UNIT], [1, 0, "1/2"], 0, (-1, f("-1/4", y=1, yy=-1))),
    dropped([UNIT], [1, 0], 0, (1, f(1, x=-1))), dropped([UNIT], [1, 0], 0, (-1, f(-1, x=1))),
    dropped([UNIT], [1, 0], 0, (1, f(x=1)), (-1, f(-2, x=1)), implied=(1, 0, 1)),
    dropped([UNIT, UP], [1, 0, 4], 0, (-1, f(-1, x=1, y=-1))),
    # x ≥ −3, of x² + 6x too; −x ≤ 3 of a maximum; xy with y ≥ 0; beside constraints that only get better, or stay
    ended("low", 0, "min", X, [WIDE]), ended("low", 0, "min", f(x=6, xx=1), [(-3, -1)]),
    ended("high", 0, "max", X, [WIDE]), ended("low", 0, "min", f(xy=1), [UNIT, (0, 2)]),
    ended("low", 0, "min", X, [WIDE], (-1, f(-1, x=1))), ended("low", 0, "min", f(xy=1), [UNIT, UP], (0, f(-4, yy=1))),
    ended("high", 0, "min", f(x=-1, xx=-1), [UNIT], (1, f(x=1))), ended("high", 0, "max", X, [(True, 0, 2)]),
]  # fmt: skip
ROWS = {
    "of the program are not those of the question": [
        # x ≥ 1 is no equation, and −x + 1 ≥ 0 an upper bound; 2x ≥ 1 for a real number, and for an integer
        fixed(1, [(0, 3)], (1, f(-1, x=1))), least(1, 3, [WIDE], (1, f(1, x=-1))),
        least(1, 3, [WIDE], (1, f(-1, x=2))), least(2, 5, [(True, 0, 5)], (1, f(-1, x=2))),
        # x² ≥ 1 bounds nothing; x² ≤ 2 does not round down; x² + 2x ≤ 0 is around −1; x² ≤ 0 is true at 0
        least(-1, 1, [WIDE], (1, f(-1, xx=1))), least(-BELOW, BELOW, [WIDE], (-1, f(-2, xx=1))),
        least(0, 2, [WIDE], (-1, f(x=2, xx=1))), empty(1, -1, [WIDE], (-1, f(xx=1))),
        # x + xy ≥ 1 has a product with x; x + y ≥ 1 and x − y ≥ 1 with nothing above y, and below
        least(1, 3, [WIDE, UNIT], (1, f(-1, x=1, xy=1))), least(1, 3, [WIDE, UP], (1, f(-1, x=1, y=1))),
        least(1, 3, [WIDE, DOWN], (1, f(-1, x=1, y=-1))),
        # (−2)(−2) is above 1·1; y − y² is largest inside; y² at its other end, and where there is none
        least(2, 3, [WIDE, (-2, 1), (-2, 1)], (1, f(-3, x=1, yz=1))),
        least(1, 3, [WIDE, UNIT], (1, f(-1, x=1, y=1, yy=-1))), least(0, 3, [WIDE, (-2, 1)], (1, f(-1, x=1, yy=1))),
        least(0, 3, [WIDE, (None, 1)], (1, f(-1, x=1, yy=1))), least(0, 3, [WIDE, (1, None)], (1, f(-1, x=1, yy=1))),
        # yz where one of them has no end, and where both have none
        least(2, 3, [WIDE, UP, (-1, 0)], (1, f(-2, x=1, yz=-1))), least(2, 3, [WIDE, UP, UP], (1, f(-2, x=1, yz=1))),
        least(2, 3, [WIDE, DOWN, DOWN], (1, f(-2, x=1, yz=1))), least(2, 3, [WIDE, ANY, ANY], (1, f(-2, x=1, yz=1))),
        # a step about another constraint, and none
        least(1, 3, [WIDE], (1, SLACK), (1, f(1, x=-1))), least(1, 3, [WIDE], (1, f(-1, x=1)), steps=[]),
    ],
    "put at an end that it does not have": [
        ended("low", 0, "min", X, [(None, 1)], end=0), ended("high", 0, "max", X, [UP], end=1),
    ],
    "put at an end where something gets worse": [
        # x of a minimum goes up, x of a maximum down; x² + 4x over [−3, −1] is least inside
        ended("high", 0, "min", X, [WIDE]), ended("low", 0, "max", X, [WIDE]),
        ended("low", 0, "min", f(x=4, xx=1), [(-3, -1)]), ended("low", 0, "min", f(xy=1), [UNIT, (-1, 2)]),
        # with nothing below y; x ≥ 1, x ≤ −1 and x = 1 are not met there
        ended("low", 0, "min", f(xy=1), [UNIT, DOWN]), ended("low", 0, "min", f(xy=1), [UNIT, ANY]),
        ended("low", 0, "min", X, [UNIT], (1, f("-1/2", x=1)), y="1/2", contradiction=True),
        ended("high", 0, "min", f(), [UNIT], (-1, f("-1/2", x=1)), y="1/2", contradiction=True),
    ],
    "that the bounds do not imply": [
        # x ≥ 1/2; x − x² ≤ 1/8, at 1/2; yz ≤ x in [0, 1] where yz ≥ 1, and where yz is 4; y² ≤ x at −2
        dropped([UNIT], [1, 0], 0, (1, f("-1/2", x=1))),
        dropped([UNIT], [1, "1/2"], "-1/4", (-1, f("-1/8", x=1, xx=-1)), aim=f("1/4", x=-1, xx=1)),
        dropped([UNIT, (1, None), (1, None)], [1, 0, 0, 0], 0, (-1, f(x=-1, yz=1))),
        dropped([UNIT, (1, None), (1, 2)], [1, 0, 0, 0], 0, (-1, f(x=-1, yz=1))),
        dropped([UNIT, (-2, -1), (-2, -1)], [1, 0, 0, 0], 0, (-1, f("-1/2", x=-1, yz=1))),
        dropped([UNIT, (None, -2)], [1, 0, 0], 0, (-1, f(x=-1, yy=1))),
        # x = 0 is no inequality; x ≤ 0 is none of x ≥ 0; one of two is implied
        dropped([UNIT], [1, 1], -1, (0, X), aim=f(x=-1)), dropped([UNIT], [1, 1], -1, (-1, X), aim=f(x=-1)),
        dropped([UNIT], [1, 1], -1, (1, X), (-1, X), implied=(0, 1), aim=f(x=-1)),
    ],
}  # fmt: skip
