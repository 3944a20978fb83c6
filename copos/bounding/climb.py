"""A bracket that is worked on until it is tight: what is known, one level after the other, then cells of the cone.

Every step gives a proved lower bound or a feasible solution or both, and the best of each is kept, so that stopping
after any step leaves a valid bracket.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from copos.branching.branch import branch_and_bound
from copos.branching.equations import require_single
from copos.branching.result import Branching, Report
from copos.hierarchy import products
from copos.hierarchy.families import family as find_family
from copos.hierarchy.relaxation import LevelTooLargeError
from copos.levels import factor_method
from copos.levels.bound import Bound
from copos.levels.gap import absolute_gap
from copos.levels.level import Interrupted, before_levels, one_level
from copos.levels.local_rounds import first_object
from copos.levels.sanity import sane
from copos.levels.settings import Run, Settings
from copos.levels.warm_start import Solved
from copos.normal import normal_form
from copos.program import CompletelyPositiveProgram, Recovered
from copos.support import options as options_of
from copos.support.progress import progress_line, stands

INTERRUPTED, STOPPED, INFEASIBLE = "interrupted", "stopped by the callback", "infeasible"
SHARE = 0.5  # of the time left that one level may be solved in
LONG = 10.0  # seconds that a level above the local one may be expected to take: cells are the better use of more


@dataclass(frozen=True)
class Goal:
    """When a bracket is good enough, and how far the work may go; `copos.bracket` says what each means."""

    tolerance: float
    absolute: float | None
    time_limit: float | None
    max_level: int | None
    branch: bool
    max_cells: int
    executor: Executor | None = None
    width: int = 1

    def checked(self, program: CompletelyPositiveProgram, how: Settings) -> Goal:
        """The same with every number found to be one, and the last level and the absolute gap filled in.

        Raises
        ------
        ValueError
            For a number that is none, or a last level below the first.
        """
        family = find_family(how.family)
        first = family.whole(how.level)
        # level 1 of a lift to factors is where cells by singular vectors begin
        second = first if self.branch and factor_method.has_singular_cells(program, how) else first + 1
        last = second if self.max_level is None else self.max_level
        if family.whole(last) < first:
            raise ValueError(f"max_level must be at least level {first}, got {last}")
        tolerance = options_of.tolerance(self.tolerance)
        return Goal(
            tolerance, absolute_gap(normal_form(program), tolerance, self.absolute),
            options_of.seconds(self.time_limit), last, self.branch, options_of.count(self.max_cells, "max_cells", 1),
            self.executor, options_of.count(self.width, "width", 1),
        )  # fmt: skip

    def met(self, bound: Bound) -> bool:
        """Is upper − lower ≤ max(tolerance·|upper|, absolute)?"""
        enough = max(self.tolerance * abs(bound.upper), self.absolute or 0.0)
        return bool(np.isfinite(bound.upper) and bound.gap <= enough)


def climb(
    program: CompletelyPositiveProgram,
    how: Settings,
    goal: Goal,
    *,
    progress: bool,
    callback: Callable[[Bound], Any] | None,
    resume: Bound | Branching | str | Path | None,
    state: str | Path | None,
) -> Bound:
    """See `copos.bracket`, which calls this where a tolerance or a time limit is given."""
    goal = goal.checked(program, how)
    level, family = find_family(how.family).whole(how.level), how.family
    time_limit, is_closed = goal.time_limit, goal.met
    last = level if goal.max_level is None else goal.max_level
    start = time.perf_counter()
    best = _checked(program, resume) if isinstance(resume, Bound) else Bound(reason="no level was reached")
    cells = None if resume is None or isinstance(resume, Bound) else resume
    begun: Solved | None = None
    known = first_object(program) if how.local and best.found is None else best.found

    def left() -> float:
        return np.inf if time_limit is None else time_limit - (time.perf_counter() - start)

    def work(report: Callable[[Bound], bool]) -> str:
        """Go on until there is a reason to stop; whatever interrupts this, `best` is a valid bracket."""
        nonlocal best, begun
        stopped, one_cell, too_large = "", 0.0, False
        if resume is None and how.certify and how.solver is None and (before := before_levels(program)) is not None:
            best = before
            if report(best):
                return STOPPED
        first = level if best.level is None else best.level + 1
        for at in () if cells is not None else range(first, last + 1):
            expected = 0.0 if best.level is None else _expected_seconds(program, best, at, family)
            room = min(left(), LONG) if how.local else left()
            if is_closed(best) or (best.level is not None and expected > room):
                stopped = f"level {at} would take about {expected:.0f} s"
                break
            try:
                if how.local and not at:
                    run = Run(relative(goal, known), np.inf if known is None else known.value, keep=True,
                              seconds=left() * SHARE, rough=goal.branch and not _no_cells(program, family))  # fmt: skip
                    step = one_level(program, how, run, known)
                    begun, step = step.solved, replace(step, solved=None)
                else:
                    run = Run(seconds=left() * SHARE)
                    if factor_method.ways(program):  # its levels look for the bound that is enough
                        sharp = factor_method.data_of(program) is None  # its optimum costs not much more than that
                        asked = goal.tolerance if sharp else relative(goal, best.found)
                        run = replace(run, tolerance=asked, upper=best.upper)
                    step = one_level(program, replace(how, level=at, local=0), run)
            except Interrupted as error:
                best = sane(merged(best, error.bound), program)
                raise
            except LevelTooLargeError as error:
                if best.lower == -np.inf and best.level is None:
                    raise
                stopped, too_large = str(error), best.level is None
                break
            best = sane(merged(best, step), program)
            one_cell = _seconds(step) if at == level else one_cell
            if report(best):
                return STOPPED
            if step.lower == np.inf:
                return INFEASIBLE
        if is_closed(best) or not goal.branch or too_large:
            return stopped
        if how.symmetry is not None:
            return "; ".join(part for part in (stopped, "cells of the cone have no symmetry") if part)
        singular = cells is None and state is None and factor_method.has_singular_cells(program, how)
        if one_cell > left() and not singular:  # cells by singular vectors end in time, with what is proved until then
            return "; ".join(part for part in (stopped, f"a cell would take about {one_cell:.0f} s") if part)
        if cells is None and not singular and (without := _no_cells(program, family)):
            return "; ".join(part for part in (stopped, without) if part)
        if left() <= 0:
            return stopped
        base = best

        def watch(at: Report) -> bool:
            lower, upper = max(base.lower, at.lower), min(base.upper, at.upper)
            return report(replace(base, lower=lower, upper=upper, cells=at.nodes, proved=lower > -np.inf))

        search = branch_and_bound(
            program, level, family, tolerance=goal.tolerance, absolute=goal.absolute, max_nodes=goal.max_cells,
            time_limit=None if time_limit is None else max(left(), 0.0), callback=watch, resume=cells,
            state=state, solver=how.solver, gram=how.gram, certify=how.certify, local=how.local, start=begun,
            cells="singular" if singular else "cuts", executor=goal.executor, width=goal.width,
            found=best.found if best.found is not None and best.found.solution is not None else None,
        )  # fmt: skip
        best = sane(_with_cells(best, search, level), program)
        return search.reason

    with progress_line(progress, program.name, stands) as show:

        def report(bound: Bound) -> bool:
            if show is not None:
                show(bound)
            return callback is not None and bool(callback(bound))

        try:
            stopped = work(report)
        except KeyboardInterrupt:
            if best.level is None and best.lower == -np.inf:  # nothing is known yet
                raise
            stopped = INTERRUPTED
    if stopped in (STOPPED, INTERRUPTED, INFEASIBLE):
        return _finished(best, stopped == INFEASIBLE or is_closed(best), stopped)
    return _finished(best, is_closed(best), "the gap is within the tolerance" if is_closed(best) else stopped)


def _no_cells(program: CompletelyPositiveProgram, family: str) -> str:
    """The reason why the cone cannot be cut into cells after its levels; empty if it can."""
    if not factor_method.has_small_cells(program):
        return "cells of a lift to factors would be too large"
    if find_family(family).parts is not None:
        return f"family {family!r} needs a product of cones, and a cell that a hyperplane cuts off is none"
    try:
        require_single(program)
    except ValueError as error:
        return f"not cut into cells: {error}"
    return ""


def relative(goal: Goal, found: Recovered | None) -> float:
    """The tolerance as a share of a solution's value."""
    size = 0.0 if found is None else abs(found.value)
    return max(goal.tolerance, (goal.absolute or 0.0) / size if size > 0 else 1e-12)


def merged(best: Bound, step: Bound) -> Bound:
    """The better lower bound and the better solution of two."""
    better = step if step.lower > best.lower or (best.lower == -np.inf and step.claimed >= best.claimed) else best
    ahead = step if step.upper < best.upper else best
    return replace(
        better, upper=ahead.upper, found=ahead.found, upper_certificate=ahead.upper_certificate,
        upper_reason=ahead.upper_reason, level=step.level if step.level is not None else best.level,
        build_seconds=best.build_seconds + step.build_seconds, solve_seconds=best.solve_seconds + step.solve_seconds,
        proof_seconds=best.proof_seconds + step.proof_seconds,
    )  # fmt: skip


def _with_cells(best: Bound, search: Branching, level: int) -> Bound:
    over = search.bound
    if over.lower > best.lower or (best.lower == -np.inf and over.claimed > best.claimed):
        best = replace(
            best, lower=over.lower, claimed=over.claimed, proved=over.proved, certificate=over.certificate,
            exact=over.exact, reason=f"{over.cells} cells at level {level}",
        )  # fmt: skip
    if over.upper < best.upper:
        best = replace(best, upper=over.upper, found=over.found, upper_certificate=over.upper_certificate)
    return replace(best, cells=over.cells, solve_seconds=best.solve_seconds + search.seconds)


def _finished(best: Bound, closed: bool, why: str) -> Bound:
    return replace(best, closed=closed, reason="; ".join(part for part in (best.reason, why) if part))


def _checked(program: CompletelyPositiveProgram, bound: Bound) -> Bound:
    """A bound of an earlier call, whose proof must be about this very program."""
    proof: Any = bound.certificate
    if proof is not None and not proof.verify(program).proved:
        raise ValueError("the bound to resume from is not proved for this program")
    if proof is None and bound.lower > -np.inf:
        raise ValueError("the bound to resume from has no certificate")
    return bound


def _seconds(bound: Bound) -> float:
    return bound.build_seconds + bound.solve_seconds + bound.proof_seconds


def _expected_seconds(program: CompletelyPositiveProgram, best: Bound, level: int, family: str) -> float:
    """Time of a level from that of the one before: entries of the blocks to the power 3/2."""
    if level == 0:
        return 0.0
    collapsed = factor_method.expected_seconds(program, _seconds(best), level)
    if collapsed is not None:
        return collapsed
    entries = [products.size_estimate(program.cone, at + 2, find_family(family).at(at))[1] for at in (level - 1, level)]
    return _seconds(best) * (entries[1] / max(entries[0], 1)) ** 1.5
