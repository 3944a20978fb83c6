"""Problems of cvxpy whose objective and constraints are quadratic, convex or not."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from copos.arithmetic.rationals import Rational, rational
from copos.interop.problems.builder import Builder
from copos.interop.problems.cvxpy_expressions import Walk
from copos.interop.problems.doubles import side
from copos.interop.problems.polynomial import Polynomial
from copos.reformulation.quadratic.value import QuadraticProgram

# attributes of variables that are read; others (symmetric, PSD, complex, …) are not
READ = ("nonneg", "nonpos", "boolean", "integer", "bounds")
# class of a constraint ↦ the bounds of its expression
SIDES: dict[str, tuple[Rational | None, Rational | None]] = {
    "Zero": (0, 0), "Equality": (0, 0), "Inequality": (None, 0), "NonPos": (None, 0), "NonNeg": (0, None),
}  # fmt: skip


def read(problem: Any) -> QuadraticProgram:
    """The program that a `cvxpy.Problem` states; entries of variables by the names x[0], X[0, 1], …

    Raises
    ------
    ValueError
        If the objective or a constraint is not quadratic, or a variable has other attributes than bounds and integers.
    """
    out = Builder()
    place: dict[int, int] = {}
    for variable in problem.variables():
        place[variable.id] = len(out.variables)
        _add(out, variable)
    walk = Walk(place)
    out.sense = "max" if type(problem.objective).__name__ == "Maximize" else "min"
    (objective,) = walk(problem.objective.args[0]).ravel()
    out.objective = objective.terms()
    for k, constraint in enumerate(problem.constraints):
        kind = type(constraint).__name__
        if kind not in SIDES:
            raise ValueError(f"the constraint {str(constraint)[:60]} is of the kind {kind}; expected equations and "
                             "inequalities")  # fmt: skip
        for row in walk(constraint.expr).ravel(order="F"):
            _constrain(out, f"constraint {k}", row, *SIDES[kind])
    if not out.variables:
        raise ValueError("the problem has no variables")
    return out.done()


def names_of(variable: Any) -> list[str]:
    """Names of the entries, column by column, as cvxpy counts."""
    if not variable.shape:
        return [variable.name()]
    places = (np.unravel_index(k, variable.shape, order="F") for k in range(variable.size))
    return [f"{variable.name()}[{', '.join(str(int(i)) for i in at)}]" for at in places]


def _add(out: Builder, variable: Any) -> None:
    odd = [name for name, value in variable.attributes.items()
           if name not in READ and value is not None and value is not False]  # fmt: skip
    if odd:
        raise ValueError(f"the variable {variable.name()} is {', '.join(odd)}; expected {', '.join(READ)}")
    n, attributes = variable.size, variable.attributes
    names = names_of(variable)
    if len({*names, *out.names}) != len(names) + len(out.names):
        raise ValueError(f"two variables are called {variable.name()}")
    low: list[Rational | None] = [0 if attributes["nonneg"] else None] * n
    high: list[Rational | None] = [0 if attributes["nonpos"] else None] * n
    if attributes.get("bounds") is not None:
        for values, sign, into in zip(attributes["bounds"], (-1, 1), (low, high), strict=True):
            given = sign * np.inf if values is None else values
            table = np.broadcast_to(np.asarray(given, dtype=float), variable.shape).ravel(order="F").tolist()
            inner = min if sign > 0 else max
            for k, v in enumerate(table):
                limit = side(v, variable.name(), sign)
                into[k] = inner((w for w in (into[k], limit) if w is not None), default=None)
    boolean, integer = (_chosen(variable, kind) for kind in ("boolean", "integer"))
    for k, name in enumerate(names):
        x = out.variables[out.place(name)]
        x.lower, x.upper, x.integer = low[k], high[k], bool(boolean[k] or integer[k])
        if boolean[k]:
            x.lower, x.upper = max(x.lower or 0, 0), 1 if x.upper is None else min(x.upper, 1)


def _chosen(variable: Any, kind: str) -> list[bool]:
    """Which entries are of a kind; cvxpy takes one word for all, or indices."""
    value = variable.attributes[kind]
    if isinstance(value, (bool, np.bool_)):
        return [bool(value)] * variable.size
    chosen = np.zeros(variable.shape, dtype=bool)
    chosen[tuple(getattr(variable, f"{kind}_idx"))] = True
    return chosen.ravel(order="F").tolist()


def _constrain(out: Builder, name: str, row: Polynomial, low: Rational | None, high: Rational | None) -> None:
    """A constraint; a bound where it is one of one variable."""
    linear = {j: v for j, v in row.linear.items() if v}
    if row.degree == 1 and len(linear) == 1 and low != high:
        ((j, v),) = linear.items()
        limit = rational(Fraction(-row.constant) / v)
        x = out.variables[j]
        if (high is not None) == (v > 0):
            x.upper = limit if x.upper is None else min(x.upper, limit)
        else:
            x.lower = limit if x.lower is None else max(x.lower, limit)
        return
    out.row(name, row.terms(), low, high)
