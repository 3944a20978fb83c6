"""Both bounds of a quadratic program: what is unbounded, then boxes where they suit it, then the levels of its lift."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from copos.bounding.assignment.tree import TYPE
from copos.bounding.assignment.tree import Limits as SearchLimits
from copos.bounding.quadratic_assignments import at_point, placed
from copos.bounding.quadratic_boxes import by_boxes, taken_up, unbounded
from copos.bounding.quadratic_bracket import Goal, QuadraticBracket
from copos.bounding.quadratic_levels import Levels, explained
from copos.bounding.quadratic_parts import by_parts
from copos.boxes.solve import begin
from copos.boxes.suits import suited
from copos.boxes.tree import Limits
from copos.levels.bound import Bound
from copos.reformulation.quadratic.coordinates import NeedsBound
from copos.reformulation.quadratic.lift import Lift
from copos.reformulation.quadratic.rays import parabola, ray, unbounded_variables
from copos.reformulation.quadratic.value import QuadraticProgram
from copos.support import options as options_of
from copos.support.progress import progress_line, stands

__all__ = ["QuadraticBracket", "bracket_quadratic"]

SEARCH = 0.25  # of the time for a first point
PATIENCE = 60.0  # seconds that a level may take where boxes have left a gap and there is no limit
PATIENCE_WITH_SOURCE = 4  # of the time that is left: a level 0 that takes longer is not begun
TREE = 0.85  # of the time after which no cell of an assignment is begun
LEVELS = 0.05  # of the time, below which no level is begun
# what a call asks for by itself, where another method may be better: no level, no cone, no solver of its own
DEFAULTS = {"level": 0, "family": "parrilo", "solver": None, "gram": "sdp", "certify": True, "max_level": None,
            "branch": True, "state": None, "local": None}  # fmt: skip


@dataclass(frozen=True)
class Clock:
    """Wall seconds from now on, None without a limit."""

    seconds: float | None
    start: float

    def left(self) -> float:
        """Seconds."""
        return np.inf if self.seconds is None else self.seconds - (time.perf_counter() - self.start)

    def at(self, share: float) -> float:
        """The moment when a share of the time is spent, as `time.perf_counter` tells it."""
        return np.inf if self.seconds is None else self.start + share * self.seconds


def bracket_quadratic(
    problem: QuadraticProgram,
    bracket: Callable[..., Bound],
    *,
    tolerance: float | None,
    absolute: float | None,
    callback: Callable[[Any], Any] | None,
    progress: bool,
    resume: Any,
    **options: Any,
) -> QuadraticBracket:
    """See `copos.bracket`, which passes itself."""
    clock = Clock(options_of.seconds(options["time_limit"]), time.perf_counter())
    relative = 1e-6 if tolerance is None else options_of.tolerance(tolerance)
    goal = Goal.of(problem, relative, 0.0 if absolute is None else options_of.tolerance(absolute, "absolute"))
    levels = Levels(Lift(problem), bracket, goal)
    if tolerance is None and clock.seconds is None:
        alone = callback is None and resume is None and all(options[key] == v for key, v in DEFAULTS.items())
        if alone and problem.source is not None and problem.source.type == TYPE:
            point = levels.lift.search.near(None, levels.lift.exact)
            if point is not None:
                known = placed(problem, goal, at_point(problem, point), SearchLimits(np.inf, 1), lambda answer: False)
                return replace(known, bound=replace(known.bound, level=0))
        return levels.once(absolute, callback=callback, progress=progress, resume=resume, **options)
    if problem.source is not None:  # the proof is about what it was made from, and boxes have none of that
        return _of_source(levels, clock, absolute, callback, progress, resume, options)
    before = taken_up(resume, problem)
    boxes = begin(problem, clock.at(SEARCH), before)
    best, open_ended = boxes.best(), unbounded_variables(problem)
    if open_ended and best is not None and best[1] is not None:
        falling = ray(problem, best[1]) or parabola(problem, best[1])
        if falling is not None:
            return unbounded(problem, list(falling))
    free = before is not None or resume is None
    free = free and all(options[key] == value for key, value in DEFAULTS.items() if key != "state")
    free = free and set(options) <= {*DEFAULTS, "time_limit", "max_cells", "reductions", "executor", "width"}
    with progress_line(progress, problem.name, stands) as show:

        def watch(answer: QuadraticBracket) -> bool:
            if show is not None:
                show(answer)
            return callback is not None and bool(callback(answer))

        first: QuadraticBracket | None = None
        if free and suited(boxes.pieces):
            nodes, width = (options_of.count(options[key], key, 1) for key in ("max_cells", "width"))
            limits = Limits(0.0, nodes, clock.left(), executor=options["executor"], width=width)
            first, ended = by_boxes(boxes, goal, limits, watch, options["state"])
            if ended or clock.left() <= LEVELS * (clock.seconds or 0.0):
                return explained(first, open_ended)
        if free and len(boxes.pieces.parts) > 1:
            options |= {key: options_of.count(options[key], key, 1) for key in ("max_cells", "width")}
            return explained(by_parts(boxes, goal, clock.left, watch, bracket, options), open_ended)
        expected = levels.seconds()
        if expected > clock.left() or (first is not None and expected > PATIENCE):
            few = Limits(nodes=1, seconds=clock.left(), moments=False)
            first = first or by_boxes(boxes, goal, few, watch)[0]
            why = f"{first.reason}; level 0 would take about {expected:.0f} s"
            return explained(replace(first, reason=why), open_ended)
        options["time_limit"] = None if clock.seconds is None else max(clock.left(), 1e-3)
        point = boxes.best()
        try:
            resume = None if before is not None else resume
            then = levels.closing(None if point is None else point[0], absolute, watch, resume, open_ended, options)
        except NeedsBound:
            if first is None or (first.x is None and not first.proved):
                raise
            return explained(first, open_ended)
    return explained(then if first is None else better(first, then), open_ended)


def _of_source(
    levels: Levels, clock: Clock, absolute: float | None, callback: Callable[[Any], Any] | None, progress: bool,
    resume: Any, options: dict[str, Any],
) -> QuadraticBracket:  # fmt: skip
    """By bounds of the problem's own, then levels and cells, from the point that the problem's own search finds."""
    lift, source = levels.lift, levels.lift.problem.source
    first = lift.search.near(None, lift.exact)
    plain = resume is None and all(options[key] == value for key, value in DEFAULTS.items())
    with progress_line(progress, lift.problem.name, stands) as show:

        def watch(answer: QuadraticBracket) -> bool:
            if show is not None:
                show(answer)
            return callback is not None and bool(callback(answer))

        if plain and first is not None and source is not None and source.type == TYPE:
            cells = options_of.count(options["max_cells"], "max_cells", 1)
            limits = SearchLimits(clock.at(TREE), cells)
            return placed(lift.problem, levels.goal, at_point(lift.problem, first), limits, watch)
        expected, patience = levels.seconds(), PATIENCE_WITH_SOURCE
        if expected > patience * clock.left():
            return levels.without(first, f"no bound: level 0 would take about {expected:.0f} s")
        options = options | {"time_limit": None if clock.seconds is None else max(clock.left(), 1e-3)}
        found = levels.closing(first, absolute, watch, resume, [], options)
    return explained(found, [])


def better(a: QuadraticBracket, b: QuadraticBracket) -> QuadraticBracket:
    """The better bound of two brackets, with the better point."""
    if b.status == "infeasible" or a.status == "infeasible":
        return b if b.status == "infeasible" else a
    sign = a.problem.sign
    bound = b if sign * b.best_bound > sign * a.best_bound else a
    found = b if sign * b.value < sign * a.value else a
    if bound is found:
        return bound
    ends = (bound.best_bound, found.value) if sign > 0 else (found.value, bound.best_bound)
    return replace(bound, lower=ends[0], upper=ends[1], x=found.x, point=found.point, closed=a.closed or b.closed,
                   point_certificate=found.point_certificate)  # fmt: skip
