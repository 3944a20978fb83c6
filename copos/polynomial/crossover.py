"""The interior-point method for a training task: what it costs, its problem, and the low-rank factor of its answer."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic import svec
from copos.losses.convex import Interval
from copos.polynomial.dual import dual_point
from copos.polynomial.interior_point import SIGNS, Problem, interior_point
from copos.polynomial.interpolation import interpolated
from copos.polynomial.lifted import Columns, Lift, merge
from copos.polynomial.low_rank import relative_gap
from copos.polynomial.moments import Moments, Quadratic, by_moments
from copos.polynomial.newton import Iterate, Task, evaluate, rescaled
from copos.polynomial.normal_equations import Matrices, Rows, Samples, lifted_rows

Array = NDArray[np.float64]
STEPS = 12  # of the interior-point method, about, whatever β is
CONE = 80  # multiply-adds of one step over k³: singular values, eigenvalues and products of the matrices of a pool
LARGEST = 6e10  # multiply-adds of one step beyond which the method is not considered
ENTRIES = 4e7  # of the matrices M_i, beyond which they are not formed


@dataclass(frozen=True)
class Plan:
    """Which rows the method would use, and its multiply-adds in all."""

    kind: str
    work: float


def plans(task: Task) -> list[Plan]:
    """Rows for a task of one output, the cheapest first; none if all are too expensive."""
    lift, loss = task.lift, task.loss
    if task.outputs != 1 or not isinstance(loss, Interval):
        return []
    (G, n, m, d), k = lift.patches.shape, lift.order
    p = G * svec.length(k) + task.intercept + 1
    form = G * n * (m * d * d + k * k)
    found = []
    if m == 1 and lift.activation.a:
        found.append((Samples.work(lift), Plan("samples", STEPS * Samples.work(lift))))
        if G == 1 and loss.squared and n > svec.length(k):
            step = Moments.work(lift)
            found.append((step, Plan("moments", STEPS * step + Moments.setup(lift))))
    if G * n * k * k <= ENTRIES:
        found.append((Matrices.work(G, n, k), Plan("matrices", STEPS * Matrices.work(G, n, k) + form)))
        if p < n and loss.squared:
            step = Matrices.work(G, p, k)
            found.append((step, Plan("compressed", STEPS * step + n * p**2 + form)))
    cone = float(CONE * G * k**3)
    priced = [Plan(plan.kind, plan.work + STEPS * cone) for step, plan in found if step + cone <= LARGEST]
    return sorted(priced, key=lambda plan: plan.work)


def _problem(task: Task, kind: str) -> Problem | None:
    lift, loss, intercept = task.lift, task.loss, task.intercept
    assert isinstance(loss, Interval)
    G, n = lift.patches.shape[:2]
    rows: Rows
    quadratic: Interval | Quadratic = loss
    offset = 0.0
    if kind == "samples":
        rows = Samples(lift)
    elif kind == "moments":
        found = by_moments(lift, loss, intercept)
        if found is None:
            return None
        (rows, quadratic, offset), intercept = found, False
    elif kind == "matrices":
        rows = Matrices(lifted_rows(lift), np.ones(n))
    else:
        rows, quadratic, offset = _compressed(lift, loss)
    return Problem(rows, quadratic, task.beta, G, lift.order, lift.activation.lifted, intercept, offset)


def _compressed(lift: Lift, loss: Interval) -> tuple[Matrices, Interval, float]:
    """½|Az − y|² by the triangular factor of (A, 1, y): as many rows as lifted features."""
    rows = lifted_rows(lift)
    G, n, size = rows.shape
    root = np.sqrt(loss.kappa)
    table = np.column_stack([*rows, np.ones(n), loss.Y[:, 0]]) / root
    R = np.asarray(np.linalg.qr(table, mode="r"))
    kept = R[:-1, : G * size].reshape(-1, G, size).swapaxes(0, 1)
    right = R[:-1, -1:]
    ones = np.ones_like(right)
    squared = Interval(right, ones, -np.inf * ones, np.inf * ones)
    return Matrices(np.ascontiguousarray(kept), R[:-1, -2]), squared, 0.5 * float(R[-1, -1]) ** 2


@dataclass(frozen=True, eq=False)
class Crossing:
    """A factor with few columns, the bound of the multiplier, and that multiplier (n, 1)."""

    at: Iterate
    lower: float
    nu: Array
    steps: int


def cross(
    task: Task, chosen: list[Plan], tolerance: float, deadline: float = np.inf, progress: bool = False
) -> Crossing | None:
    """Interior-point steps to a fifth of the gap `tolerance`; then the factor with the fewest columns that keeps to it.

    If none does, the one that keeps most of what was reached. The first of the plans that the data allow is followed;
    None if there is none.
    """
    problem = next(filter(None, (_problem(task, plan.kind) for plan in chosen)), None)
    if problem is None:
        return None
    found = interior_point(problem, 0.2 * tolerance, deadline, progress=progress)
    if not np.isfinite(found.Z).all():  # numbers at the end of the doubles
        return None
    values, vectors = np.linalg.eigh(found.Z)
    total = float(np.maximum(values, 0).sum())

    def cut(part: float) -> tuple[Array, Columns]:
        pieces = [
            (g, 0, float(SIGNS[s]), vectors[g, s][:, keep] * np.sqrt(values[g, s][keep]))
            for g in range(problem.pools) for s in range(2) for keep in [values[g, s] > part * total]
        ]  # fmt: skip
        return merge(pieces, problem.order)

    def network(V: Array, columns: Columns) -> Iterate:
        at = evaluate(task, rescaled(task, V, columns), columns, np.array([found.b]))
        return at if task.loss.smooth else interpolated(task, at, found.nu[:, None])

    # where the rows are not the samples, the multiplier is the gradient of the squared loss
    nu = found.nu[:, None] if problem.loss is task.loss else task.loss.gradient(network(*cut(0.0)).F)
    nu = task.loss.balance(nu) if task.intercept else nu
    lower = dual_point(task.lift, task.loss, nu, task.beta).value
    best = network(*cut(1e-3))
    for part in (1e-4, 1e-5, 1e-6, 1e-7, 1e-8):
        if relative_gap(best.objective, lower, task.floor) <= tolerance or time.perf_counter() > deadline:
            break
        V, columns = cut(part)
        if len(columns) > 4 * max(len(best.columns), 4 * problem.pools):
            break  # these carry the barrier, not the solution
        at = network(V, columns)
        # a smaller factor is worth a little of the gap
        if at.objective - lower < 0.3 * (best.objective - lower):
            best = at
    return Crossing(best, lower, nu, found.steps)
