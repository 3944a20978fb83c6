"""Proofs about a normal form, told as proofs about the program that it was made from."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

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
    if normal is not None and normal.local:
        certificate = _with_local(certificate, normal.local)
    if normal is None or normal.exponents is None:
        return certificate
    assumes = "stated" in certificate.problem
    rows = normal.origin.assumed_forms if assumes and normal.origin.assumed_forms is not None else ()
    proof = {**certificate.proof, "scaling": normal.document(assumes)}
    if "value" in proof:
        proof["value"] = exact(normal.exact(Fraction(proof["value"])))
    return Certificate(certificate.kind, program_problem(normal.origin, rows), proof).about(normal.origin)


def _with_local(certificate: Certificate, local: tuple[Any, ...]) -> Certificate:
    """The certificate with the last generators of its problem as local forms of its proof, those that it uses."""
    problem, proof = dict(certificate.problem), dict(certificate.proof)
    last = len(problem["generators"])
    first = last - len(local)
    items = proof["tree"] if "tree" in proof else [proof]
    named = {g for item in items for term in item.get("terms", ()) for g in term.get("generators", ())}
    used = [g for g in range(first, last) if g in named]
    # what a cell proves by itself is numbered after them
    place = {g: g - len(local) + len(used) for g in named if g >= last} | {g: first + k for k, g in enumerate(used)}

    def renumbered(term: dict[str, Any]) -> dict[str, Any]:
        return {**term, "generators": [place.get(g, g) for g in term["generators"]]} if "generators" in term else term

    items = [{**item, "terms": list(map(renumbered, item["terms"]))} if "terms" in item else item for item in items]
    if "tree" in proof:
        proof["tree"] = items
    else:
        (proof,) = items
    problem["generators"] = problem["generators"][:first]
    more = {"local": [local[g - first].plain() for g in used]} if used else {}
    return replace(certificate, problem=problem, proof={**proof, **more})
