"""The bound that needs no level: an objective that is nonnegative on K by its signs, or by the inequality of means."""

from __future__ import annotations

from fractions import Fraction

from copos.certificate.document import Certificate
from copos.certificate.problem import program_problem
from copos.certificate.produce import Proved
from copos.program import CompletelyPositiveProgram


def certify_nonnegative(program: CompletelyPositiveProgram) -> Proved:
    """min <C, Y> ≥ 0 by the dual y = 0, which is feasible where the checker sees at once that x'Cx ≥ 0 on K.

    Examples
    --------
    >>> from copos import NonNegative
    >>> program = CompletelyPositiveProgram(NonNegative(2), [[0.0, 1.0], [1.0, 0.0]], [([[1.0, 0.0], [0.0, 0.0]], 1.0)])
    >>> certify_nonnegative(program).lower
    Fraction(0, 1)
    """
    form = program.C.substitute(program.cone.basis).matrix()
    if (form.diagonal() < 0).any():
        return Proved(None, None, "the objective has a negative square")
    proof = {"value": 0, "y": [0] * len(program.equations[1]), "level": 0, "terms": [], "multipliers": []}
    certificate = Certificate("lower bound", program_problem(program), proof).about(program)
    verdict = certificate.verify()
    if not verdict.proved:
        return Proved(None, None, f"the objective is not nonnegative by its signs: {verdict.reason}")
    return Proved(Fraction(0), certificate, "the objective is nonnegative on K by its signs")
