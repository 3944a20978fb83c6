"""Proofs of upper bounds: a feasible point whose objective is evaluated exactly."""

from __future__ import annotations

from fractions import Fraction

from numpy.typing import ArrayLike

from copos.certificate.document import Certificate
from copos.certificate.problem import exact, program_problem
from copos.program import CompletelyPositiveProgram


def certify_upper_bound(
    program: CompletelyPositiveProgram, atom: ArrayLike
) -> tuple[Fraction | None, Certificate | None]:
    """An upper bound from one atom of K, scaled so that the program's single equation holds exactly.

    Y = w uu' with w = b / u'Au satisfies <A, Y> = b for any u with u'Au > 0. The doubles of the atom are taken as they
    are, and the result is (None, None) unless they lie in K and on every vanishing form *exactly*: stable sets, binary
    points and points of the simplex have a proof, an orthogonal projection with irrational entries has none.

    Examples
    --------
    >>> import numpy as np
    >>> from copos import CompletelyPositiveProgram, NonNegative
    >>> program = CompletelyPositiveProgram(NonNegative(2), np.eye(2), [(np.ones((2, 2)), 1.0)])
    >>> value, certificate = certify_upper_bound(program, [1.0, 1.0])
    >>> value, certificate.verify(program).proved
    (Fraction(1, 2), True)
    """
    A, b = program.equations
    if len(A) != 1:
        return None, None
    problem = program_problem(program)
    u = [Fraction(float(v)) for v in _coordinates(program, atom)]

    def value_of(form: list[list]) -> Fraction:
        return sum((Fraction(c) * u[i] * u[j] for i, j, c in form), Fraction(0))

    size = value_of(problem["equations"][0]["form"])
    if size <= 0:
        return None, None
    weight = Fraction(float(b[0])) / size
    value = weight * value_of(problem["objective"])
    point = {"weight": exact(weight), "point": [exact(v) for v in u]}
    certificate = Certificate("upper bound", problem, {"value": exact(value), "atoms": [point]})
    return (value, certificate) if certificate.verify(program).proved else (None, None)


def _coordinates(program: CompletelyPositiveProgram, atom: ArrayLike) -> list[float]:
    """The free coordinates u of an ambient point."""
    values = list(atom)  # type: ignore[arg-type]
    return [values[k] for k in program.cone.free]
