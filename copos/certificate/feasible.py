"""Proofs of upper bounds: a feasible point Y = Σ_k w_k u_ku_k' whose objective is evaluated exactly.

What must hold exactly, w_k ≥ 0, u_k ∈ K and u_k'E_ju_k = 0 for every atom, Σ_k w_k u_k'A_iu_k = b_i on average, is
linear in the weights. So the rounding of a solver's atoms is repaired there: by one factor where there is one equation,
by a vertex of the linear program over the weights where there are several (`copos.certificate.weights`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from numpy.typing import ArrayLike

from copos.certificate.document import Certificate
from copos.certificate.problem import exact, program_problem
from copos.certificate.weights import Candidates, Form, Point, best
from copos.program import CompletelyPositiveProgram, Mixture


class ProvedUpper(NamedTuple):
    """`upper` is a proved upper bound with its certificate; or None, and `reason` says why there is none."""

    upper: Fraction | None
    certificate: Certificate | None
    reason: str


def certify_upper_bound(
    program: CompletelyPositiveProgram, atom: ArrayLike | Sequence[Fraction] | Mixture
) -> ProvedUpper:
    """An upper bound from a point Y = Σ w_k u_ku_k' of CP(K), its weights changed so that the equations hold exactly.

    Fractions are taken as they are and doubles as the dyadic numbers that they stand for; there is no proof unless the
    atoms lie in K and on every vanishing form *exactly*. Stable sets, binary points and points of the simplex do;
    `program.exact_atom` makes such points of networks. Where nothing vanishes, atoms are pushed inside by their
    rounding, and atoms near them are added, where the equations need that.

    Parameters
    ----------
    program : CompletelyPositiveProgram
    atom : (ambient,) a single atom, or a `Mixture`

    Examples
    --------
    >>> import numpy as np
    >>> from copos import CompletelyPositiveProgram, NonNegative
    >>> program = CompletelyPositiveProgram(NonNegative(2), np.eye(2), [(np.ones((2, 2)), 1.0)])
    >>> upper, certificate, _ = certify_upper_bound(program, [1.0, 1.0])
    >>> upper, certificate.verify(program).proved
    (Fraction(1, 2), True)

    A trace that no single atom of the optimal face has, and weights that are met up to rounding only:

    >>> C, E = np.diag([1.0, 0.0]), np.ones((2, 2))
    >>> program = CompletelyPositiveProgram(NonNegative(2), C, [(E, 1), (np.eye(2), 0.75)])
    >>> certify_upper_bound(program, Mixture([0.4999999, 0.5000001], [[0.5, 0.5], [0.0, 1.0]])).upper
    Fraction(1, 8)
    """
    problem = program_problem(program)
    objective = Form(problem["objective"])
    why = "it has no atoms of positive weight"
    for point in _attempts(program, problem, Mixture.of(atom)):
        if isinstance(point, str):
            why = point
            continue
        value = objective.average(point)
        atoms = [{"weight": exact(w), "point": [exact(v) for v in u]} for w, u in point]
        certificate = Certificate("upper bound", problem, {"value": exact(value), "atoms": atoms})
        verdict = certificate.verify(program)
        if verdict.proved:
            return ProvedUpper(value, certificate.about(program), "an exactly feasible point")
        why = f"evaluated in floating point, since the point is not exactly feasible: {verdict.reason}"
    return ProvedUpper(None, None, why)


def _attempts(program: CompletelyPositiveProgram, problem: dict[str, Any], given: Mixture) -> Iterator[Point | str]:
    """Points that may be exactly feasible, the nearest first; or why there is none of a kind."""
    candidates = Candidates.of(program, given)
    for near in (candidates, candidates.inside()):
        if near is None or not len(near):
            continue
        yield _scaled(problem, near.point)
        if len(problem["equations"]) > 1:
            for more in near.widened():
                point = best(problem, more)
                if point is not None:
                    yield point


def _scaled(problem: dict[str, Any], point: Point) -> Point | str:
    """The point, times the number with which a single equation holds."""
    if len(problem["equations"]) != 1:
        return point
    equation = problem["equations"][0]
    size = Form(equation["form"]).average(point)
    if size <= 0:
        return "the point is no atom: its equation's form is not positive there"
    factor = Fraction(equation["value"]) / size
    return [(factor * w, u) for w, u in point]
