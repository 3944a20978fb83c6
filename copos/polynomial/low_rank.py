"""Smooth losses to a certified duality gap: Newton steps on a low-rank factor, new neurons from the dual.

The factor has as many columns as it needs: it starts empty, and whenever the trust-region steps have gained what they
can, the directions that violate the dual constraint on the sphere are appended. A point at which no direction is
violated is a global optimum of the convex program, and the duality gap says how far any other point is from it, so
the method cannot stop at a stationary point that is not optimal without saying so.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from copos.polynomial.descend import descend
from copos.polynomial.dual import NOTHING, DualPoint, Lower, dual_point, violated
from copos.polynomial.intercept import subgradient
from copos.polynomial.lifted import merge
from copos.polynomial.newton import Iterate, Model, Task, conjugate_gradients, evaluate, rescaled
from copos.support.renamed import with_old_fields

Array = NDArray[np.float64]
PATIENCE = 30  # rounds without a smaller gap
COSTLY = 8  # rounds of quasi-Newton steps that a Newton step may cost before it waits until they no longer help
EXACT = (2e4, 100.0)  # multiply-adds of doubles in the time that the proof takes for an entry, and for a product of two
LAST = 0.1  # of the proof: what one more Newton step may cost


@with_old_fields(verbose="progress")
@dataclass(frozen=True)
class Effort:
    """How the method spends its time; the defaults were measured, results do not depend on them."""

    work: float = 2e10  # multiply-adds for one preconditioner
    inner: int = 60  # conjugate gradient steps per Newton step
    descent: int = 100  # quasi-Newton steps between two looks at the dual
    loose: float = 1e-7  # quasi-Newton steps stop when one gains less than this part of the gap
    switch: float = 0.1  # relative gap at which Newton steps begin
    columns: int = 6  # directions appended per block at once
    forget: float = 1e-5  # columns below this part of |V|² are dropped if they do not matter
    interior: bool = True  # whether the interior-point method may be used
    patience: float = 0.8  # relative gap after the first low-rank round above which it takes over
    sharpest: float = 5e-9  # relative gap that it is asked for at most
    polish: int = 0  # Newton steps more than the tolerance asks for
    progress: bool = False  # print a line for every round


def relative_gap(objective: float, lower: float, floor: float = 0.0) -> float:
    """(P − D)/max(P, floor), and 0 if P is 0 (losses are nonnegative, so then nothing is left to gain)."""
    return (objective - lower) / max(objective, floor) if objective > 0 else 0.0


def compressed(task: Task, at: Iterate, effort: Effort, gained: float) -> Iterate:
    """Columns of every block made orthogonal by an SVD, without those that carry (almost) nothing.

    A small column may be on its way to zero, where the factor is slow because s² is flat; it is dropped if that costs
    little of what the last round gained, and comes back as a new neuron if it was needed.
    """
    factors = []
    for g, t, sign, part in at.columns.blocks:
        Q, s, _ = np.linalg.svd(at.V[:, part], full_matrices=False)
        factors.append((g, t, sign, Q, s))
    total = float(np.sum(at.V**2))

    def without(least: float) -> Iterate:
        parts = [(g, t, sign, Q[:, s**2 > least * total] * s[s**2 > least * total]) for g, t, sign, Q, s in factors]
        V, columns = merge(parts, task.lift.order)
        return evaluate(task, rescaled(task, V, columns), columns, at.intercept)

    slim = without(effort.forget)
    return slim if slim.objective <= at.objective + 0.1 * gained else without(1e-14)


def extended(task: Task, at: Iterate, dual: DualPoint, most: int) -> Iterate | None:
    """Append violated directions with the best common length; None if nothing is violated or gained."""
    for count in (most, 1):
        parts = violated(task.lift, dual, task.beta, count)
        if not parts:
            return None
        D, added = merge(parts, task.lift.order)
        D = rescaled(task, D, added)
        response = task.lift.respond(D, added, derivatives=False).responses @ added.select(task.outputs)
        penalty = task.beta * task.penalty(D)
        slope = float(np.sum(dual.N * response)) + penalty
        if slope >= 0:
            continue  # several directions together, made feasible, need not descend; the first alone does
        curvature = float(np.sum(response * task.loss.hessian(at.F)[0](response)))
        length = -slope / curvature if curvature > 0 else at.objective / -slope
        for _ in range(30):
            if task.loss.value(at.F + length * response) + length * penalty < at.objective - task.beta * task.penalty(
                at.V
            ):
                old = [(g, t, s, at.V[:, part]) for g, t, s, part in at.columns.blocks]
                new = [(g, t, s, np.sqrt(length) * D[:, part]) for g, t, s, part in added.blocks]
                V, columns = merge(old + new, task.lift.order)
                return evaluate(task, V, columns, at.intercept)
            length *= 0.3
    return None


def newton_work(task: Task, columns: float, effort: Effort) -> float:
    """Multiply-adds of a Newton step: preconditioner, its factor, half of the conjugate gradient steps allowed."""
    n, width = len(task.loss.Y), columns / task.outputs * task.lift.order
    rows = min(n, max(2 * width, effort.work / max(width, 1.0) ** 2))
    factor = task.outputs * (rows * width**2 + width**3 / 6)
    return factor + effort.inner * n * task.lift.patches.shape[2] * columns * task.lift.order


def descent_work(task: Task, columns: float, effort: Effort) -> float:
    """Multiply-adds of a round of quasi-Newton steps: two products with the data each, and as much for the passes."""
    _, n, m, _ = task.lift.patches.shape
    return 4.0 * effort.descent * n * m * columns * task.lift.order


def newton_step(
    task: Task, model: Model, sigma: float, gap: float, limit: int, deadline: float = np.inf
) -> tuple[Iterate, float]:
    """Damped Newton step from the model's iterate, which comes back if nothing is gained, and the next damping.

    Near a solution the true slack is used with as much damping as makes it definite (σ = −2λ_min always does),
    which converges quadratically; far from one its positive part allows longer steps.
    """
    at, tolerance, far = model.at, min(0.1, max(gap, 0.0) ** 0.5), gap > 1e-3
    sigma = sigma if far else max(sigma, -2e-3 * model.lowest)
    for _ in range(20):
        predicted = 0.0
        if model.damp(sigma, False) or (far and model.damp(sigma, True)):
            x, predicted = conjugate_gradients(model, tolerance, limit, deadline)
        if predicted > 0:
            new = model.step(x)
            noise = 1e-14 * at.objective
            if predicted <= noise:  # the objective no longer resolves the step, the dual bound does
                return (new if new.objective <= at.objective + noise else at), 0.1 * sigma
            ratio = (at.objective - new.objective) / predicted
            if ratio > 0.1:
                return new, sigma * (0.1 if ratio > 0.7 else 1.0)
        sigma = max(4 * sigma, 1e-6 * task.beta)
        if time.perf_counter() > deadline:  # for many columns every factor takes seconds
            break
    return at, sigma


class Stop(NamedTuple):
    """When a smooth task is solved: at a relative gap, a time (of `perf_counter`) or a number of rounds.

    With `feasible` the dual point itself must come that close to its constraint: it is the next multiplier. `rival` is
    the work of another method, which takes over where this one promises to be slower: if the first round leaves most of
    the gap, or if so many columns make Newton steps expensive.
    """

    tolerance: float
    deadline: float
    rounds: int = 200
    feasible: float = np.inf
    rival: float = np.inf


def smooth(
    task: Task, at: Iterate, stop: Stop, effort: Effort, lower: Lower = NOTHING
) -> tuple[Iterate, Lower, int, str]:
    """Minimise a smooth task: (iterate, lower, rounds, message); `lower` is a bound that is known already."""
    tolerance, deadline, most, feasible, rival = stop
    sigma, stalled, steps = 0.0, 0, effort.descent
    slow, last, tightness, smallest, since = 0, np.inf, effort.loose, np.inf, 0
    # from the network of another β Newton steps are as long a way as from none
    newton = len(at.columns) > 0
    if newton:
        first = dual_at(task, at).lower.better(lower)
        newton = relative_gap(at.objective, first.value, task.floor) < effort.switch
    for round in range(most):
        # close to the end a new neuron next to the old ones makes the step ill-conditioned: only if steps are slow
        grow = last > 1e-3 or slow > 0
        late = time.perf_counter() > deadline
        model = Model(task, at, effort.work, grow) if newton and len(at.columns) and not late else None
        dual = model.dual if model else dual_at(task, at)
        lower = lower.better(dual.lower)
        gap = relative_gap(at.objective, lower.value, task.floor)
        if effort.progress:
            print(f"{round:4d} {'newton' if model else 'descent':8s} P={at.objective:.12g} gap={gap:.2e} "
                  f"violation={dual.relative(task.beta):.1e} R={len(at.columns)} sigma={sigma:.1e} "
                  f"t={time.perf_counter():.3f}")  # fmt: skip
        if gap <= tolerance and dual.relative(task.beta) <= feasible:
            for _ in range(effort.polish):  # the steps converge quadratically: two more take the network to rounding
                model = Model(task, at, effort.work, False) if len(at.columns) else None
                if model:
                    at, sigma = newton_step(task, model, sigma, gap, effort.inner)
            if feasible == np.inf and not effort.polish and gap > effort.sharpest:
                at, lower = _sharpened(task, at, lower, sigma, effort)
            return at, lower, round, "certified"
        if late or time.perf_counter() > deadline:
            return at, lower, round, "time limit"
        if rival < np.inf and round and gap > 1e-4:
            columns = len(at.columns)
            if gap > 0.1:  # as many more are to come, about, as directions are violated
                columns += sum(D.shape[1] for *_, D in violated(task.lift, dual, task.beta, task.lift.order))
            step, cheap = newton_work(task, columns, effort), descent_work(task, columns, effort)
            if round == 2 and gap > effort.patience or 8 * (2 * cheap if step > COSTLY * cheap else step) > rival:
                return at, lower, round, "slow"
        # whichever of the two methods no longer halves the gap hands over to the other
        slow = slow + 1 if gap > 0.5 * last else 0
        if model and slow >= 3:
            newton, model, slow, steps, tightness = False, None, 0, 2 * steps, 0.01 * tightness
        elif not newton and (gap < effort.switch or slow >= 3):
            columns = len(at.columns)
            costly = newton_work(task, columns, effort) > COSTLY * descent_work(task, columns, effort)
            if slow >= 3 or not costly:
                newton, slow = True, 0
        last = gap
        smallest, since = (gap, 0) if gap < 0.9 * smallest else (smallest, since + 1)
        if since >= PATIENCE:
            return at, lower, round, "no further progress in double precision"
        before = at.objective
        if model:
            at, sigma = newton_step(task, model, sigma, gap, effort.inner, deadline)
            at = compressed(task, at, effort, before - at.objective)
        else:
            longer = extended(task, at, dual, effort.columns)
            at = longer if longer is not None else at
            at = descend(task, at, steps, tightness * min(gap, 0.1), deadline)
            at = compressed(task, at, effort, before - at.objective)
        stalled = stalled + 1 if before - at.objective <= 1e-15 * before and slow else 0
        if stalled >= 6:
            return at, lower, round, "no further progress in double precision"
    return at, lower, most, "round limit"


def _sharpened(task: Task, at: Iterate, lower: Lower, sigma: float, effort: Effort) -> tuple[Iterate, Lower]:
    """The ends of one more Newton step, if that costs little beside the proof: it squares what is left of the gap."""
    _, n, m, _ = task.lift.patches.shape
    k, (entry, pair) = task.lift.order, EXACT
    proof = n * m * k * (entry + pair * k)
    if not len(at.columns) or newton_work(task, len(at.columns), effort) > LAST * proof:
        return at, lower
    gap = relative_gap(at.objective, lower.value, task.floor)
    new, _ = newton_step(task, Model(task, at, effort.work, False), sigma, gap, effort.inner)
    return min(at, new, key=lambda it: it.objective), lower.better(dual_at(task, new).lower)


def dual_at(task: Task, at: Iterate) -> DualPoint:
    """The dual point at the gradient of the loss at an iterate."""
    return dual_point(task.lift, task.loss, subgradient(task.loss, at.F, task.intercept), task.beta)
