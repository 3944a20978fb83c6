"""Proofs of upper bounds: a feasible point whose objective is evaluated exactly."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from numpy.typing import ArrayLike

from copos.certificate.document import Certificate
from copos.certificate.problem import exact, program_problem
from copos.program import CompletelyPositiveProgram


class ProvedUpper(NamedTuple):
    """`upper` is a proved upper bound with its certificate; or None, and `reason` says why there is none."""

    upper: Fraction | None
    certificate: Certificate | None
    reason: str


def certify_upper_bound(program: CompletelyPositiveProgram, atom: ArrayLike | Sequence[Fraction]) -> ProvedUpper:
    """An upper bound from one atom of K, scaled so that a program's single equation holds exactly.

    Y = w uu' with w = b / u'Au satisfies <A, Y> = b for any u with u'Au > 0. Fractions are taken as they are and
    doubles as the dyadic numbers that they stand for; there is no proof unless they lie in K and on every vanishing
    form *exactly*. Stable sets, binary points and points of the simplex do; `program.exact_atom` makes such points of
    networks.

    Examples
    --------
    >>> import numpy as np
    >>> from copos import CompletelyPositiveProgram, NonNegative
    >>> program = CompletelyPositiveProgram(NonNegative(2), np.eye(2), [(np.ones((2, 2)), 1.0)])
    >>> upper, certificate, _ = certify_upper_bound(program, [1.0, 1.0])
    >>> upper, certificate.verify(program).proved
    (Fraction(1, 2), True)
    """
    A = program.equations[0]
    problem = program_problem(program)
    values = list(atom)  # type: ignore[arg-type]
    u = [v if isinstance(v, Fraction) else Fraction(float(v)) for v in (values[k] for k in program.cone.free)]

    def value_of(form: list[list]) -> Fraction:
        return sum((Fraction(c) * u[i] * u[j] for i, j, c in form), Fraction(0))

    weight = Fraction(1)
    if len(A) == 1:
        size = value_of(problem["equations"][0]["form"])
        if size <= 0:
            return ProvedUpper(None, None, "the point is no atom: its equation's form is not positive there")
        weight = Fraction(program.right_hand_sides[0]) / size
    value = weight * value_of(problem["objective"])
    point = {"weight": exact(weight), "point": [exact(v) for v in u]}
    certificate = Certificate("upper bound", problem, {"value": exact(value), "atoms": [point]})
    verdict = certificate.verify(program)
    if not verdict.proved:
        why = f"evaluated in floating point, since the point is not exactly feasible: {verdict.reason}"
        return ProvedUpper(None, None, why)
    return ProvedUpper(value, certificate.about(program), "an exactly feasible point")
