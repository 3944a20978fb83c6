"""Solving level 0 at rank one: from a solution and the dual of all matrices, over to solutions found on the way.

The run ends as soon as its proof is near enough to the best solution or to the value of the level. Where the solver is
none that can be asked along the way and its answer proves too little, the splitting solver goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.conic import Solution, Status, Vector
from copos.levels import factor_proof
from copos.levels.crossing import Cross, across
from copos.levels.factor_goal import Goal, Reached, reach
from copos.levels.rank_one import RankOneLevel
from copos.levels.stopping import FINEST
from copos.program import Recovered
from copos.solvers import picked, solve

POOR = 1e-6  # of the value of a level that no target was asked of: a bound that lacks more is worked on


class Seen:
    """Solutions that local search has found before and during a solve, and their values in units of the level.

    Parameters
    ----------
    recover : the program's search for a solution from a matrix
    moments : the level, of V in units of 2^size and of values in units of `unit`
    read : the matrix of an x
    """

    def __init__(
        self,
        recover: Callable[[NDArray[np.float64]], Recovered],
        moments: RankOneLevel,
        size: int,
        unit: float,
        read: Callable[[Vector], NDArray[np.float64]],
    ) -> None:
        self.recover, self.moments, self.size, self.unit, self.read = recover, moments, size, unit, read
        self.values: list[float] = []
        self.best = np.zeros(moments.form.shape[1])

    def search(self, Y: NDArray[np.float64]) -> Recovered:
        """The solution that a matrix leads to, or random starts where it is empty."""
        found = self.recover(Y)
        if found.solution is not None and found.value / self.unit < min(self.values, default=np.inf):
            self.best = self.point(found)
        self.values.append(found.value / self.unit)
        return found

    def point(self, found: Recovered) -> Vector:
        """The moments of a solution."""
        level = self.moments
        V = np.asarray(found.atom)[1 : 1 + level.size].reshape(level.H.shape)
        return level.point(np.ldexp(V, -self.size))

    def crossing(self) -> Cross:
        """Crosses over to a solution that the matrix of a solver leads to."""
        return across(
            self.moments.form, lambda x: self.search(self.read(x)), lambda value: value / self.unit, self.point
        )

    def start(self) -> tuple[Vector, Vector, Vector]:
        """A solution, and the dual of the loss without a bound on the rank: few eigenvalues become positive then."""
        form = self.moments.form
        self.search(np.zeros((0, 0)))
        return self.best, form.b - form.A @ self.best, self.moments.free_dual()


def solved(
    moments: RankOneLevel, goal: Goal, limits: dict[str, Any], seen: Seen | None, certify: bool, share: float = POOR
) -> Reached:
    """The level's answer with the dual that proves most; `limits` are options of the splitting solver.

    Where the goal is none, the bound should lack no more than a share of the value.
    """
    form, options = moments.form, dict(limits)
    goal = goal._replace(tight=True, found=() if seen is None else seen.values)
    start = None
    if seen is not None:
        options["cross"], start = seen.crossing(), seen.start()
        if goal.upper == np.inf and seen.values[0] < np.inf:
            goal = _within(goal, seen.values[0], share)
    if not picked(form).anytime:
        solution = solve(form)
        if not certify or not _usable(solution):
            return Reached(None, solution)
        dual = factor_proof.best_dual(moments, solution)
        if goal.upper == np.inf:
            goal = _within(goal, solution.value, share)
        if dual is not None and dual.value >= goal.above(form, solution) - goal.allowed:
            return Reached(dual, solution)
        start = solution.x, solution.s, solution.z
    if not certify or goal.upper == np.inf:
        solution = solve(form, "splitting", **options, **({} if start is None else {"start": start}))
        return Reached(factor_proof.best_dual(moments, solution) if certify and _usable(solution) else None, solution)
    return reach(moments, goal, options | {"tolerance": FINEST}, start)


def _within(goal: Goal, value: float, share: float) -> Goal:
    return goal._replace(upper=value, target=value - share * max(abs(value), POOR))


def _usable(solution: Solution) -> bool:
    return solution.status not in (Status.FAILED, Status.INFEASIBLE, Status.UNBOUNDED)
