"""Proofs about a normal form, told as proofs about the program that it was made from."""

from __future__ import annotations

from fractions import Fraction

from copos.certificate.document import Certificate
from copos.certificate.problem import exact, program_problem
from copos.normal import NormalForm


def restored(certificate: Certificate, normal: NormalForm | None) -> Certificate:
    """The certificate about the program itself: the proof as it is, with the exponents that the checker applies.

    Examples
    --------
    >>> import numpy as np
    >>> from copos import CompletelyPositiveProgram, NonNegative
    >>> from copos.normal import normal_form
    >>> program = CompletelyPositiveProgram(NonNegative(1), [[3 * 2.0**70]], [(np.eye(1), 1.0)])
    >>> normal = normal_form(program)
    >>> proof = {"value": "3/2", "y": ["3/2"], "level": 0, "terms": [], "multipliers": []}
    >>> certificate = restored(Certificate.of("lower bound", normal.program, proof), normal)
    >>> certificate.proof["value"] == 3 * 2**70, certificate.verify(program).proved
    (True, True)
    """
    if normal is None or normal.exponents is None:
        return certificate
    assumes = "stated" in certificate.problem
    rows = normal.origin.assumed_forms if assumes and normal.origin.assumed_forms is not None else ()
    proof = {**certificate.proof, "scaling": normal.document(assumes)}
    if "value" in proof:
        proof["value"] = exact(normal.exact(Fraction(proof["value"])))
    return Certificate(certificate.kind, program_problem(normal.origin, rows), proof).about(normal.origin)
