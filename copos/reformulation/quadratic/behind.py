"""Quadratic programs behind completely positive ones: what `standard_quadratic` and `binary_quadratic` were asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from copos.program import CompletelyPositiveProgram
from copos.reformulation.quadratic.given import quadratic_program
from copos.reformulation.quadratic.value import Constraint, Quadratic, QuadraticProgram

Asked = Mapping[str, Any]


def quadratic_behind(program: CompletelyPositiveProgram) -> QuadraticProgram:
    """The same minimum over variables x0, x1, …, with the numbers that were given.

    Raises
    ------
    ValueError
        If the program was not made by `standard_quadratic` or `binary_quadratic`.

    Examples
    --------
    >>> from copos.reformulation.standard_quadratic import standard_quadratic
    >>> quadratic_behind(standard_quadratic([[1, "1/3"], ["1/3", 2]]))
    QuadraticProgram(min over x0, x1: 1 constraint)
    """
    asked, tables = program.question or {}, program.tables or {}
    kind = asked.get("type")
    if kind not in STATEMENTS:
        raise ValueError(f"the {kind or 'program'} has no variables of its own to count; quadratic programs have: "
                         "copos.quadratic_program, standard_quadratic, binary_quadratic, max_cut and others "
                         "make them, copos.read_problem reads them")  # fmt: skip
    return STATEMENTS[kind](asked, tables)


def _standard(asked: Asked, tables: Asked) -> QuadraticProgram:
    Q = tables["Q"]
    # x ≤ 1 follows from the equation, and a variable with both bounds is counted by linear constraints
    found = quadratic_program(Q, A_eq=[[1] * len(Q)], b_eq=[1], bounds=(0, 1))
    return replace(found, name="standard quadratic program")


def _binary(asked: Asked, tables: Asked) -> QuadraticProgram:
    n, binary = len(tables["Q"]), set(asked["binary"])
    equations = {"A_eq": tables["A"], "b_eq": tables["b"][0]} if "A" in tables else {}
    found = quadratic_program(tables["Q"], tables["c"][0], bounds=[(0, top) for top in asked["upper"]],
                              integrality=[int(j in binary) for j in range(n)], **equations)  # fmt: skip
    apart = [Constraint(Quadratic.of([(i, j, 1)]), "=", f"x{i} x{j}") for i, j in asked["complementary"]]
    return replace(found, constraints=(*found.constraints, *apart), name="binary quadratic program")


# type of a question ↦ the program that it states
STATEMENTS: dict[Any, Callable[[Asked, Asked], QuadraticProgram]] = {
    "standard quadratic": _standard,
    "binary quadratic": _binary,
}
