"""Losses with kinks (absolute, quantile, hinge) by the method of multipliers.

A proximal term around the current multipliers makes the loss smooth, and the multipliers converge in a few rounds.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from copos.losses.convex import Interval
from copos.polynomial.dual import NOTHING, Lower, dual_point
from copos.polynomial.intercept import subgradient
from copos.polynomial.low_rank import Effort, Stop, relative_gap, smooth
from copos.polynomial.newton import Iterate, Task, evaluate

Array = NDArray[np.float64]


def multipliers(
    task: Task, at: Iterate, tolerance: float, deadline: float, effort: Effort, lower: Lower = NOTHING,
    center: Array | None = None,
) -> tuple[Iterate, Lower, int, str]:  # fmt: skip
    """Minimise a task with kinks from a factor and a multiplier: (iterate, lower, rounds, message)."""
    loss = task.loss
    assert isinstance(loss, Interval)
    if center is None:
        center = subgradient(loss, at.F, task.intercept)
    # the size of multipliers over the size of residuals, at the zero network
    rho = float(0.5 * (loss.high - loss.low).sum() / max(np.abs(loss.Y).sum(), 1e-300))
    steps, message, inner, last, stalled, largest = 0, "round limit", 1e-2, np.inf, 0, 3e4 * rho
    best = at
    for _ in range(60):
        smoothed = replace(task, loss=loss.multiplied(center, rho))
        at = evaluate(smoothed, at.V, at.columns, at.intercept)
        stop = Stop(inner, deadline, 60, max(inner, 0.3 * tolerance))
        at, _, used, inside = smooth(smoothed, at, stop, effort)
        steps += used
        center = smoothed.loss.gradient(at.F)
        if task.intercept:
            center = loss.balance(center)
        lower = lower.better(dual_point(task.lift, loss, center, task.beta).lower)
        plain = evaluate(task, at.V, at.columns, at.intercept)
        best = min(best, plain, key=lambda it: it.objective)
        gap = relative_gap(best.objective, lower.value, task.floor)
        if effort.progress:
            print(f"-- rho={rho:.2e} P={plain.objective:.10g} gap={gap:.2e}")
        if gap <= tolerance:
            message = "certified"
            break
        if time.perf_counter() > deadline:
            message = "time limit"
            break
        inner = max(0.1 * min(gap, inner), 0.05 * tolerance)
        # multipliers converge for every ρ, faster for a large one, which makes the smooth problems harder
        if gap > 0.05 * last and inside == "certified":
            rho = min(4.0 * rho, largest)
        stalled = stalled + 1 if gap > 0.9 * last else 0
        last = min(gap, last)
        if stalled >= 8:
            message = "no further progress in double precision"
            break
    return best, lower, steps, message
