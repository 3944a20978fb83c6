"""Quadratic assignments by a tree that places one facility after the other, in the user's terms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.rationals import rounded_down, rounded_up, written
from copos.bounding.assignment.cells import Placed
from copos.bounding.assignment.tree import Limits, Search
from copos.bounding.quadratic_boxes import SAFETY
from copos.bounding.quadratic_bracket import Goal, QuadraticBracket
from copos.certificate import Certificate
from copos.levels.bound import Bound
from copos.program import Recovered
from copos.reformulation.quadratic.value import QuadraticProgram
from copos.reformulation.quadratic_assignment import permutation

Vector = NDArray[np.float64]


def at_point(problem: QuadraticProgram, x: Vector) -> QuadraticBracket:
    """The cost of an assignment, with its proof, and no bound."""
    p = permutation(x)
    point = [Fraction(int(k == p[i])) for i in range(len(p)) for k in range(len(p))]
    value = problem.value(point)
    proof = Certificate("upper bound", problem.plain_problem(), {"value": written(value), "permutation": p})
    x = np.array([float(v) for v in point])
    known = Bound(upper=rounded_up(value), found=Recovered(x, rounded_up(value), x), upper_certificate=proof,
                  reason="no bound")  # fmt: skip
    named = dict(zip(problem.names, point, strict=True))
    proof = proof if proof.verify(problem).proved else None
    return QuadraticBracket(problem, -np.inf, rounded_up(value), x, named, False, False, None, proof, "no bound", known)


def placed(
    problem: QuadraticProgram, goal: Goal, known: QuadraticBracket, limits: Limits,
    watch: Callable[[QuadraticBracket], bool],
) -> QuadraticBracket:  # fmt: skip
    """Go on from what is known; it stays where the tree has no better bound."""
    upper = Fraction(known.upper) if known.point is None else problem.value(list(known.point.values()))
    search = Search(problem, upper, SAFETY * goal.limit(float(upper)))

    def shown(value: Fraction, certificate: Certificate | None, why: str) -> QuadraticBracket:
        lower = rounded_down(value)
        if lower <= known.lower:
            return replace(known, reason=why)
        bound = replace(known.bound, lower=lower, claimed=lower, exact=value, proved=True, certificate=certificate,
                        cells=len(search.nodes), reason=why)  # fmt: skip
        closed = known.upper - lower <= goal.limit(lower, known.upper)
        return replace(known, lower=lower, closed=closed, proved=True, certificate=certificate, reason=why, bound=bound)

    try:
        why = search.run(limits, lambda value: watch(shown(value, None, "")))
    except KeyboardInterrupt:
        why = "interrupted"
    if not search.nodes:
        return known
    if search.cheapest is not None:
        known = _moved(known, search.cheapest)
    value, certificate = search.proof()
    verdict = certificate.verify(problem)
    if not verdict.proved:
        return replace(known, reason=f"the checker does not accept the tree: {verdict.reason}")
    cells = len(search.nodes)
    return shown(value, certificate, f"{cells} cells; {why}" if cells > 1 else why)


def _moved(known: QuadraticBracket, places: Placed) -> QuadraticBracket:
    """The bracket with a better assignment."""
    n = len(places)
    x = np.zeros(n * n)
    x[[i * n + k for i, k in places]] = 1.0
    found = at_point(known.problem, x)
    bound = replace(known.bound, upper=found.upper, found=found.bound.found,
                    upper_certificate=found.bound.upper_certificate)  # fmt: skip
    return replace(known, upper=found.upper, x=found.x, point=found.point,
                   point_certificate=found.point_certificate, bound=bound)  # fmt: skip
