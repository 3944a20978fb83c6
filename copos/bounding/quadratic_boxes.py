"""Quadratic programs by boxes in their own variables, and those that have no optimum, in the user's terms."""

from __future__ import annotations

import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from copos.arithmetic.rationals import rational, rounded_down, rounded_up, written
from copos.bounding.quadratic_bracket import Goal, QuadraticBracket
from copos.boxes.solve import Boxes, work
from copos.boxes.state import load, save
from copos.boxes.tree import Limits
from copos.certificate import Certificate
from copos.levels.bound import Bound
from copos.program import Recovered
from copos.reformulation.quadratic.value import QuadraticProgram

SAFETY = 0.8  # of the gap that is enough: bounds are rounded at the end
SHOWN = 8  # variables in a reason
SAVE_EVERY = 60.0  # wall seconds
Watch = Callable[[QuadraticBracket], bool]
Point = tuple[Fraction, ...]


def by_boxes(
    boxes: Boxes, goal: Goal, limits: Limits, watch: Watch, state: Any = None
) -> tuple[QuadraticBracket, bool]:
    """The bracket of boxes, and whether that is all that was asked for: closed, stopped or interrupted.

    `state` is a file to which the search is saved from time to time, and at its end.
    """
    stopped, saved = False, time.perf_counter()

    def on_the_way(now: Boxes) -> bool:
        nonlocal stopped, saved
        if state is not None and time.perf_counter() - saved >= SAVE_EVERY:
            _save(boxes, state)
            saved = time.perf_counter()
        stopped = watch(shown(now, goal, prove=False))
        return stopped

    def enough() -> float:
        return SAFETY * goal.limit(float(boxes.problem.sign * boxes.upper)) if boxes.upper < np.inf else 0.0

    try:
        work(boxes, enough, limits, on_the_way)
    except KeyboardInterrupt:
        stopped, boxes.reason = True, "interrupted"
    if state is not None:
        _save(boxes, state)
    found = shown(boxes, goal, prove=True)
    return found, stopped or found.closed


def _save(boxes: Boxes, path: Any) -> None:
    best = boxes.best()
    save(path, boxes.problem, boxes.trees, None if best is None else best[1])


def taken_up(resume: Any, problem: QuadraticProgram) -> dict[str, Any] | None:
    """A search over boxes that is to go on, from a file or a bracket; None where it is none.

    Raises
    ------
    ValueError
        If it is about another program.
    """
    if not isinstance(resume, QuadraticBracket):
        return None if resume is None else load(resume, problem)
    proof = None if resume.certificate is None else resume.certificate.proof
    if proof is None or "parts" not in proof:
        return None
    if resume.problem.plain_problem() != problem.plain_problem():
        raise ValueError("the search to resume is about another program")
    return {"parts": proof["parts"], "point": None if resume.point is None else list(resume.point.values())}


def shown(boxes: Boxes, goal: Goal, prove: bool) -> QuadraticBracket:
    """The bracket of boxes in the user's terms, with certificates if asked; what the checker refuses is no bound."""
    problem, sign = boxes.problem, boxes.problem.sign
    best, lower, upper, reason = boxes.best(), boxes.lower, boxes.upper, boxes.reason
    certificate = boxes.certificate() if prove else None
    if certificate is not None:
        verdict = certificate.verify()
        if not verdict.proved:
            lower, certificate, reason = -np.inf, None, f"the checker does not accept the boxes: {verdict.reason}"
    cells = boxes.cells if boxes.cells > 1 else 0
    if lower == np.inf:
        end, known = sign * np.inf, Bound(lower=np.inf, claimed=np.inf, proved=True, closed=True, cells=cells)
        why = "every box is empty" if boxes.cells > 1 else "the constraints contradict each other"
        return QuadraticBracket(problem, end, end, None, None, True, True, certificate, None, why, known)
    x, point = (None, None) if best is None else best
    proof = attained(problem, point) if prove and point is not None else None
    x = x if point is None else np.array([float(v) for v in point])
    outer, inner = (v if isinstance(v, Fraction) else None for v in (lower, upper))
    outer, inner = (None if v is None else sign * v for v in (outer, inner))
    low, high = (outer, inner) if sign > 0 else (inner, outer)
    ends = -np.inf if low is None else rounded_down(low), np.inf if high is None else rounded_up(high)
    closed = bool(np.isfinite(ends[1] - ends[0]) and ends[1] - ends[0] <= goal.limit(*ends))
    proved = outer is not None
    words = "the gap is within the tolerance" if closed else reason
    if boxes.cells > 1:
        words = f"{boxes.cells} {boxes.what}; {words}"
    least = min(sign * ends[0], sign * ends[1])
    known = Bound(
        lower=least, claimed=least, upper=max(sign * ends[0], sign * ends[1]), proved=proved, reason=words,
        found=None if x is None else Recovered(x, max(sign * ends[0], sign * ends[1]), x), certificate=certificate,
        exact=lower if isinstance(lower, Fraction) else None, upper_certificate=proof, closed=closed, cells=cells,
    )  # fmt: skip
    named = None if point is None or (prove and proof is None) else dict(zip(problem.names, point, strict=True))
    return QuadraticBracket(problem, *ends, x, named, closed, proved, certificate, proof, words, known)


def _path(row: tuple[Fraction, ...]) -> str:
    """The terms that are added to a variable along a curve, in words."""
    powers = ("", "·t", "·t²")
    return " ".join(f"{'+' if v > 0 else '−'}{abs(v)}{powers[k]}" for k, v in enumerate(row) if k and v)


def attained(problem: QuadraticProgram, point: Point) -> Certificate | None:
    """The proof that a point is feasible, and of its value."""
    proof = {"value": written(problem.value(point)), "point": [written(rational(v)) for v in point]}
    certificate = Certificate("upper bound", problem.plain_problem(), proof)
    return certificate if certificate.verify().proved else None


def unbounded(problem: QuadraticProgram, curve: list[Point]) -> QuadraticBracket:
    """The objective is unbounded along x(t) = Σ curve[k] t^k: from a point along a direction, if that is all."""
    names, (point, d) = problem.names, curve[:2]
    moving = [(name, row) for name, row in zip(names, zip(*curve, strict=True), strict=True) if any(row[1:])]
    along = ", ".join(f"{name} {_path(row)}" for name, row in moving[:SHOWN]) + (", …" if len(moving) > SHOWN else "")
    end = -problem.sign * np.inf
    reason = f"unbounded: from `point`, the objective goes to {'−' if problem.sign > 0 else '+'}∞ along {along}"
    rows: list[Any] = [[written(rational(v)) for v in row] for row in zip(*curve, strict=True)]
    certificate = Certificate("unbounded", problem.plain_problem(), {"curve": rows})
    verdict = certificate.verify()
    x = np.array([float(v) for v in point])
    return QuadraticBracket(problem, end, end, x, dict(zip(names, point, strict=True)), True, verdict.proved,
                            certificate if verdict.proved else None, None, reason, Bound(reason=reason),
                            dict(zip(names, d, strict=True)))  # fmt: skip
