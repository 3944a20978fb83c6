"""A bound that is asked for instead of the best one: a dual of moments of factors with at least a given value τ.

Below the value of a level such duals are a convex set with an interior. They are the duals of

    min c'x + (offset − τ) t   over (x, t) with  b t − A x ∈ K,

the level with a number t where it has the constant 1: the value is 0 if there is such a dual, and −∞ if there is none
nearby. A splitting method is inside this set long before it is near the optimum, which is on its boundary, and a dual
inside loses nothing when it is rounded (`factor_proof`). The best dual that was proved, between which and the last
iterate one looks for a better one, is inside too: the level is concave along this line, and the iterate is the further
end of it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from copos.conic import ConicForm, Solution, Status, Vector
from copos.levels import factor_proof
from copos.levels.factor_levels import MomentLevel
from copos.levels.factor_proof import FloatingDual
from copos.solvers import solve

AIMED = 600  # iterations in search of a dual that is good enough, and again as many while they help
HELPS = 0.1  # of what is missing: what such a round has to prove
LINE = (0.05, 0.2, 0.35, 0.5, 0.8)  # shares of the best dual in one that is tried
ROOM = 2e-3  # of the value of a level, between what is asked for and what is known to be feasible: less is its optimum
SHARE = 0.5  # of what a bound lacks: if the claim lacks as much, more digits do not help
AGAIN = 3.0  # by so much the residuals fall before the next proof
SOON = 1.5  # the same for a dual that is asked for
LEAST = 2e-3  # of the value: a smaller gain is not worth its digits
CLEAR = 3.0  # times the difference of its two halves by which a claim must be short of a target that is given up
START = 1e-3  # the t of a start: a small one leaves the dual where it is


class Reached(NamedTuple):
    """The best dual that can be proved, and the last answer, a pair of the level itself."""

    dual: FloatingDual | None
    solution: Solution

    @property
    def value(self) -> float:
        """What the dual proves, in the units of the level."""
        return -np.inf if self.dual is None else self.dual.value


class Goal(NamedTuple):
    """A bound that suffices (inf: the best one), and a known upper bound of the optimum, in the units of the level.

    A `tight` level is taken as near to its own value as the target is to the upper bound, which the values `found` by
    local search during the solve may lower. Where it `divides`, what is plainly out of reach is left to the parts of a
    cell, which start from its answer.
    """

    target: float = np.inf
    upper: float = np.inf
    tight: bool = False
    found: Sequence[float] = ()
    divides: bool = False

    @property
    def allowed(self) -> float:
        """What a bound may lack."""
        return self.upper - self.target

    def above(self, form: ConicForm, solution: Solution) -> float:
        """The upper bound, or the value of the level if less: c'x + Σ |z_k| |r_k| is above it, r = Ax + s − b."""
        r = form.A @ solution.x + solution.s - form.b
        off = sum(float(np.linalg.norm(solution.z[k]) * np.linalg.norm(r[k])) for _, _, k in form.cones.slices())
        return min(self.upper, solution.value + off, *self.found)

    @property
    def has_room(self) -> bool:
        """Whether the target may be well inside of what the level proves."""
        return bool(np.isfinite(self.upper) and self.upper - self.target >= ROOM * abs(self.upper))


    def is_vain(self, solution: Solution) -> bool:
        """Whether the claim is short of the target by several times what its two halves differ."""
        value, dual = solution.value, solution.dual_value
        return self.divides and bool(np.inf > self.target - max(value, dual) >= CLEAR * abs(value - dual))


def aimed(form: ConicForm, target: float) -> ConicForm:
    """The form whose duals are those of `form` with a value of at least `target`; its last variable is t.

    >>> from copos.conic import Cones
    >>> above = ConicForm([1.0], [[-1.0], [-1.0]], [-2.0, -3.0], Cones(nonnegative=2))  # min x, x ≥ 2, x ≥ 3
    >>> homogeneous = aimed(above, 2.5)
    >>> homogeneous.c.tolist(), (homogeneous.A @ [0.0, 1.0]).tolist(), homogeneous.b.tolist()
    ([1.0, -2.5], [2.0, 3.0], [0.0, 0.0])
    """
    A = sp.csc_array(sp.hstack([form.A, sp.csc_array(-form.b[:, None])]))
    return ConicForm(np.append(form.c, form.offset - target), A, np.zeros(len(form.b)), form.cones)


def reach(
    level: MomentLevel,
    goal: Goal,
    options: Mapping[str, Any],
    start: tuple[Vector, Vector, Vector] | None = None,
    far: bool = False,
) -> Reached:
    """A dual that proves the target, or else the best one, until the claim says that the target is out of reach.

    A start whose z is a dual is where the search for one that is good enough begins, and worth more of it. Where the
    target is known to be `far` above the value of the level nothing is aimed at.
    """
    begin, limits = time.perf_counter(), dict(options)
    best: list[FloatingDual] = []

    def keep(solution: Solution) -> float:
        tried = [factor_proof.best_dual(level, solution)]
        if best:
            tried.append(factor_proof.best_between(level, solution, best[0], LINE))
        for dual in tried:
            if dual is not None and (not best or dual.value > best[0].value):
                best[:] = [dual]
        return best[0].value if best else -np.inf

    def judge(solution: Solution) -> float:
        value = keep(solution)
        if goal.is_vain(solution):
            return 0.0
        if goal.tight:
            return 0.0 if value >= goal.above(level.form, solution) - goal.allowed else AGAIN
        lacking = goal.target - solution.value if goal.target < np.inf else abs(solution.value) / 100
        if far:  # the claim is no news; what it is above what was known before should be proved
            lacking = min(lacking, max(solution.value - known, LEAST * abs(solution.value)))
        return 0.0 if value >= goal.target or solution.value - value <= SHARE * lacking else AGAIN

    known = -np.inf
    if start is not None:
        known = keep(Solution(Status.INACCURATE, *start, np.nan, np.nan, "splitting"))
    if goal.has_room and not (goal.tight or far):
        while True:
            before = best[0].value if best else None
            found = _aim(level, goal.target, limits, start, keep)
            if best and best[0].value >= goal.target:
                return Reached(best[0], found)
            if found.status is not Status.FAILED:
                start = (found.x, found.s, found.z)
            if "time_limit" in limits:
                limits["time_limit"] = max(options["time_limit"] - (time.perf_counter() - begin), 0.0)
            if before is None or best[0].value - before < HELPS * (goal.target - before):
                break
    solution = solve(level.form, "splitting", **limits, judge=judge, **({} if start is None else {"start": start}))
    keep(solution)
    return Reached(best[0] if best else None, solution)


def _aim(level: MomentLevel, target: float, limits: dict[str, Any], start: Any, keep: Any) -> Solution:
    """The last answer of a search for a dual with the value `target`, as a pair of the level."""
    form = aimed(level.form, target)
    limits = limits | {"max_iterations": min(AIMED, limits.get("max_iterations", AIMED))}
    if start is not None:
        x, s, z = start
        limits["start"] = START * np.append(x, 1.0), START * s, z
    last: list[Solution] = []

    def judge(solution: Solution) -> float:
        last[:] = [solution]
        return 0.0 if keep(solution) >= target else SOON

    solution = solve(form, "splitting", **limits, judge=judge)
    if solution.status is Status.UNBOUNDED:  # a ray has no dual: that of the last look is where to go on from
        solution = replace(solution, z=last[0].z if last else np.zeros(len(form.b)))
    elif solution.status is not Status.FAILED:
        keep(solution)
    return _of_level(level, solution)


def _of_level(level: MomentLevel, solution: Solution) -> Solution:
    """(x/t, s/t, z) as an answer to the level; x = 0 where there is no t."""
    if solution.status is Status.FAILED:
        return solution
    form, t = level.form, float(solution.x[-1])
    x, s = solution.x[:-1], solution.s
    x, s = (x / t, s / t) if t > 0 else (np.zeros(len(x)), np.zeros(len(s)))
    value, dual_value = float(form.c @ x) + form.offset, float(-form.b @ solution.z) + form.offset
    status = Status.OPTIMAL if solution.status is Status.OPTIMAL else Status.INACCURATE
    return replace(solution, status=status, x=x, s=s, value=value if t > 0 else dual_value, dual_value=dual_value)
