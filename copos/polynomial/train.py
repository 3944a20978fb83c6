"""Training of one task to a certified duality gap, by the method that is cheapest for it.

The interior-point method takes about a dozen steps whatever β is, and each costs one Cholesky factor of the size of
the data (`copos.polynomial.interior_point`). The low-rank method costs little for few neurons and large data, and more
the smaller β is (`copos.polynomial.low_rank`, `copos.polynomial.multipliers` for losses with kinks). Where both are
possible the estimated work decides, and what the one leaves the other finishes; the certificate is the same.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from copos.polynomial.crossover import cross, plans
from copos.polynomial.dual import Lower
from copos.polynomial.lifted import Columns
from copos.polynomial.low_rank import Effort, Stop, dual_at, relative_gap, smooth
from copos.polynomial.multipliers import multipliers
from copos.polynomial.newton import Iterate, Task, evaluate

Array = NDArray[np.float64]


ROUND = 1.5e4  # multiply-adds of a round of the low-rank method over the size of the data
SPEED = 1.5e10  # multiply-adds of the interior-point method in a second, about
TRIED = 4.0  # rounds of the low-rank method, the most that are expected to be needed before one was seen


@dataclass(frozen=True, eq=False)
class Outcome:
    """Where training of one task ended: factor, objective, best lower bound with its multiplier."""

    V: Array
    columns: Columns
    intercept: Array
    objective: float
    lower: Lower
    iterations: int
    message: str


def minimise(task: Task, V: Array, columns: Columns, intercept: Array, tolerance: float, deadline: float,
             effort: Effort) -> Outcome:  # fmt: skip
    """Train one task from a factor on the constraint set (empty: the zero network)."""
    at, lower, steps, center = evaluate(task, V, columns, intercept), Lower(), 0, None
    # where its steps would not end in time, the method that has something to show at any time
    room = max(deadline - time.perf_counter(), 0.0) * SPEED
    chosen = [plan for plan in plans(task) if plan.work <= room] if effort.interior else []
    if chosen:
        work = chosen[0].work
        rounds, message = _first_rounds(task, at, work, effort), ""
        if rounds:
            at, lower, steps, message = smooth(task, at, Stop(tolerance, deadline, rounds, rival=work), effort)
        aim = max(tolerance, effort.sharpest)
        if message != "certified" and (crossing := cross(task, chosen, aim, deadline, effort.progress)):
            steps, lower, center = steps + crossing.steps, lower.better(Lower(crossing.lower, crossing.nu)), crossing.nu
            at = min(at, crossing.at, key=lambda it: it.objective)
            reached = relative_gap(at.objective, lower.value, task.floor) <= tolerance
            message = "certified" if reached and not effort.polish else ""
        if message == "certified":
            return Outcome(at.V, at.columns, at.intercept, at.objective, lower, steps, message)
    if task.loss.smooth:  # a network that is to be polished must prove itself by its own gradient
        known = Lower() if effort.polish else lower
        at, found, used, message = smooth(task, at, Stop(tolerance, deadline), effort, known)
    else:
        at, found, used, message = multipliers(task, at, tolerance, deadline, effort, lower, center)
    return Outcome(at.V, at.columns, at.intercept, at.objective, lower.better(found), steps + used, message)


def _first_rounds(task: Task, at: Iterate, work: float, effort: Effort) -> int:
    """Rounds of the low-rank method to try before the interior-point method: 0 if that is likely to be cheaper.

    A round has two products with the data per quasi-Newton step and column, and passes over the responses that cost
    as much again. From the zero network the number of rounds grows like β_max/β, for some data much slower; what is
    left of the gap after the first round tells them apart, and then Newton steps are few and cheap.
    """
    if not task.loss.smooth:
        return 0
    G, n, m, _ = task.lift.patches.shape
    one = ROUND * G * n * m * task.lift.order
    expected = 0.04 * (1 + dual_at(task, at).relative(task.beta)) if not len(at.columns) else 3.0
    if work < min(expected, TRIED) * one:
        return 0
    return max(4, int(2 * work / one))
