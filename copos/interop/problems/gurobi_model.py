"""Models of gurobipy: bounds, integers, a quadratic objective, linear and quadratic constraints; floats are exact."""

from __future__ import annotations

from typing import Any

from copos.interop.problems.builder import Builder, Terms, named
from copos.interop.problems.doubles import exact, side
from copos.reformulation.quadratic.value import QuadraticProgram

# attribute that counts what is not read ↦ what that is
OTHERS = {"NumSOS": "special ordered sets", "NumGenConstrs": "general constraints",
          "NumPWLObjVars": "a piecewise-linear objective"}  # fmt: skip


def read(model: Any) -> QuadraticProgram:
    """The program that a `gurobipy.Model` states.

    Raises
    ------
    ValueError
        If it has special ordered sets, general constraints, semi-continuous variables or several objectives.
    """
    model.update()
    for attribute, what in OTHERS.items():
        if getattr(model, attribute):
            raise ValueError(f"the model has {what}, which are not read")
    if model.NumObj > 1:
        raise ValueError("the model has several objectives")
    variables = model.getVars()
    place = {v.index: k for k, v in enumerate(variables)}
    out = Builder()
    out.sense = "max" if model.ModelSense < 0 else "min"
    for v, name in zip(variables, named(v.VarName for v in variables), strict=True):
        if v.VType not in "CBI":
            raise ValueError(f"the variable {v.VarName} is semi-continuous, which is not read")
        x = out.variables[out.place(name)]
        x.lower, x.upper, x.integer = side(v.LB, name, -1), side(v.UB, name, 1), v.VType != "C"
        if v.VType == "B":
            x.lower, x.upper = max(x.lower or 0, 0), 1 if x.upper is None else min(x.upper, 1)
    out.objective = _terms(model.getObjective(), place)
    for row in model.getConstrs():
        _row(out, row.ConstrName, _terms(model.getRow(row), place), row.Sense, row.RHS)
    for row in model.getQConstrs():
        _row(out, row.QCName, _terms(model.getQCRow(row), place), row.QCSense, row.QCRHS)
    return out.done(model.ModelName)


def _terms(expression: Any, place: dict[int, int]) -> Terms:
    """Of a LinExpr or QuadExpr."""
    out = Terms()
    linear = expression
    if hasattr(expression, "getLinExpr"):
        linear = expression.getLinExpr()
        for k in range(expression.size()):
            i, j = place[expression.getVar1(k).index], place[expression.getVar2(k).index]
            out.pairs.append((i, j, exact(expression.getCoeff(k), "a coefficient")))
    elif not hasattr(expression, "getConstant"):
        raise ValueError(f"a {type(expression).__name__} is no quadratic expression")
    for k in range(linear.size()):
        out.linear.append((place[linear.getVar(k).index], exact(linear.getCoeff(k), "a coefficient")))
    out.constant = exact(linear.getConstant(), "a constant")
    return out


def _row(out: Builder, name: str, terms: Terms, sense: str, right: float) -> None:
    low = None if sense == "<" else side(right, name, -1)
    high = None if sense == ">" else side(right, name, 1)
    out.row(name, terms, low, high)
