"""At most k variables that are not zero, in any quadratic program: one more binary z_j for each of them.

    Σ_j z_j ≤ k,   lower_j z_j ≤ x_j ≤ upper_j z_j   where the bounds are finite,   else   x_j z_j = x_j

A variable in {0, 1} is its own z_j, and one that its bounds keep away from 0 always counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from copos.program import CompletelyPositiveProgram
from copos.reformulation.quadratic.behind import quadratic_behind
from copos.reformulation.quadratic.value import Constraint, Quadratic, QuadraticProgram
from copos.support import options


def at_most(
    problem: QuadraticProgram | CompletelyPositiveProgram, k: int, over: Iterable[Any] | None = None
) -> QuadraticProgram:
    """The same program with |{j : x_j ≠ 0}| ≤ k.

    Parameters
    ----------
    problem : a quadratic program, or what `copos.standard_quadratic` or `copos.binary_quadratic` made, whose variables
        are then x0, x1, …
    k : how many variables may differ from 0
    over : names of the variables that are counted; all by default

    Returns
    -------
    QuadraticProgram
        With a variable "x used" for every counted x that is not binary itself.

    Raises
    ------
    ValueError
        If a name is none of the program's, k is no integer ≥ 0, or a program has no variables to count.

    Examples
    --------
    The point of the simplex nearest to 0 with at most two entries:

    >>> import copos
    >>> spread = copos.quadratic_program([[1, 0, 0], [0, 1, 0], [0, 0, 1]], A_eq=[[1, 1, 1]], b_eq=[1])
    >>> found = copos.bracket(copos.at_most(spread, 2), tolerance=1e-6)
    >>> round(found.lower, 6), found.proved
    (0.5, True)
    >>> copos.at_most(copos.standard_quadratic([[1, 0], [0, 1]]), 1)
    QuadraticProgram(min over x0, x1, x0 used, x1 used, 2 integers: 6 constraints)
    """
    options.require_kind(problem, "problem", QuadraticProgram, CompletelyPositiveProgram)
    k = options.count(k, "k", 0)
    if isinstance(problem, CompletelyPositiveProgram):
        problem = quadratic_behind(problem)
    place = {name: j for j, name in enumerate(problem.names)}
    if isinstance(over, str):
        raise ValueError(f"over must be a list of names, got the text {over!r}")
    chosen = list(dict.fromkeys(problem.names if over is None else over))
    strange = next((name for name in chosen if name not in place), None)
    if strange is not None:
        raise ValueError(f"over: {strange!r} is no variable of the program")
    names = list(problem.names)
    lower, upper, integer = list(problem.lower), list(problem.upper), list(problem.integer)
    rows: list[Constraint] = []
    counted: list[tuple[int, int]] = []
    always = 0
    for name in chosen:
        j = place[name]
        low, high = problem.lower[j], problem.upper[j]
        if (low is not None and low > 0) or (high is not None and high < 0):
            always += 1
            continue
        if problem.integer[j] and low is not None and high is not None and low > -1 and high < 2:
            counted.append((j, 1))
            continue
        z = len(names)
        names.append(_new(f"{name} used", place))
        lower.append(0)
        upper.append(1)
        integer.append(True)
        counted.append((z, 1))
        if low is None or high is None:
            rows.append(Constraint(Quadratic.of([(j, z, 1)], [(j, -1)]), "=", f"{name} used or zero"))
        if high is not None:
            rows.append(Constraint(Quadratic.of((), [(j, 1), (z, -high)]), "<=", f"{name} used"))
        if low is not None:
            rows.append(Constraint(Quadratic.of((), [(j, 1), (z, -low)]), ">=", f"{name} used"))
    rows.append(Constraint(Quadratic.of((), counted, always - k), "<=", f"at most {k}"))
    return replace(problem, names=tuple(names), lower=tuple(lower), upper=tuple(upper), integer=tuple(integer),
                   constraints=(*problem.constraints, *rows), source=None)  # fmt: skip


def _new(name: str, place: dict[str, int]) -> str:
    """A name that is not taken."""
    while name in place:
        name += "'"
    place[name] = -1
    return name
