"""A quadratic program as the plain question of a certificate, and its tables.

    "min" or "max"   rows [i, j, c] of the objective: c x_i x_j, where x_0 means 1, first the constant [0, 0, c]
    "variables"      one row [integer, has a lower bound, it, has an upper bound, it] per variable
    "relations"      one row of −1, 0, 1 for ≤, =, ≥: constraint k says form_k(x) relation 0
    "constraints"    rows [k, i, j, c] of the forms, for each first the constant [k, 0, 0, c]

Names stand beside them. A table says all that a claim depends on, so its SHA-256 ties a certificate to a file.
"""

from __future__ import annotations

from typing import Any

from copos.arithmetic.rationals import Rational, written
from copos.questions import table
from copos.reformulation.quadratic.value import RELATIONS, Quadratic, QuadraticProgram

TYPE = "quadratic program"
SIGN: dict[str, int] = dict(zip(RELATIONS, (-1, 1, 0), strict=True))
Rows = list[list[int | str]]


def question(problem: QuadraticProgram) -> tuple[dict[str, Any], dict[str, Rows]]:
    """The question, without the coordinates that are kept, and its tables.

    >>> from copos import quadratic_program
    >>> question(quadratic_program([["1/2"]], [3], constant=-1, sense="max"))[1]
    {'max': [[0, 0, -1], [0, 1, 3], [1, 1, '1/2']], 'variables': [[0, 1, 0, 0, 0]]}
    """
    tables: dict[str, Rows] = {problem.sense: form_rows(problem.objective)}
    bounds = zip(problem.integer, problem.lower, problem.upper, strict=True)
    tables["variables"] = [[int(whole), *_bound(low), *_bound(high)] for whole, low, high in bounds]
    if problem.constraints:
        tables["relations"] = [[SIGN[c.relation] for c in problem.constraints]]
        tables["constraints"] = [[k, *row] for k, c in enumerate(problem.constraints) for row in form_rows(c.form)]
    asked = {"type": TYPE, "names": list(problem.names), **{name: table(rows) for name, rows in tables.items()}}
    return asked, tables


def form_rows(form: Quadratic) -> Rows:
    """[0, 0, constant], then linear terms [0, j, c] and products [i, j, c]; variables are counted from 1."""
    linear: Rows = [[0, j + 1, written(c)] for j, c in sorted(form.linear.items())]
    return [[0, 0, written(form.constant)], *linear,
            *([i + 1, j + 1, written(c)] for (i, j), c in sorted(form.pairs.items()))]  # fmt: skip


def _bound(value: Rational | None) -> list[int | str]:
    return [0, 0] if value is None else [1, written(value)]
