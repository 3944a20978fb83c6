"""The interior-point method for a training task: what it costs, its problem, and the low-rank factor of its answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from copos import svec
from copos.polynomial.dual import dual_point
from copos.polynomial.interior_point import SIGNS, Problem, interior_point
from copos.polynomial.lifted import Lift, merge
from copos.polynomial.losses import Interval
from copos.polynomial.moments import Moments
from copos.polynomial.newton import Iterate, Task, evaluate, rescaled
from copos.polynomial.normal_equations import Matrices, Rows, Samples, lifted_rows

Array = NDArray[np.float64]
STEPS = 12  # of the interior-point method, about, whatever β is
LARGEST = 6e10  # multiply-adds of one step beyond which the method is not considered
ENTRIES = 4e7  # of the matrices M_i, beyond which they are not formed


@dataclass(frozen=True)
class Plan:
    """Which rows the method would use, and its multiply-adds in all."""

    kind: str
    work: float


def plan(task: Task) -> Plan | None:
    """The cheapest rows for a task of one output; None if there are none, or if all are too dear."""
    lift, loss = task.lift, task.loss
    if task.outputs != 1 or not isinstance(loss, Interval):
        return None
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
    affordable = [plan for step, plan in found if step <= LARGEST]
    return min(affordable, key=lambda plan: plan.work) if affordable else None


def _problem(task: Task, kind: str) -> Problem:
    lift, loss = task.lift, task.loss
    assert isinstance(loss, Interval)
    G, n = lift.patches.shape[:2]
    rows: Rows
    offset = 0.0
    if kind == "samples":
        rows = Samples(lift)
    elif kind == "moments":
        rows = Moments(lift, loss.kappa[:, 0])
    elif kind == "matrices":
        rows = Matrices(lifted_rows(lift), np.ones(n))
    else:
        rows, loss, offset = _compressed(lift, loss)
    return Problem(rows, loss, task.beta, G, lift.order, lift.activation.lifted, task.intercept, offset)


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
    """A factor with few columns, the bound that the multiplier proves, and that multiplier (None if compressed)."""

    at: Iterate
    lower: float
    nu: Array | None
    steps: int


def cross(task: Task, chosen: Plan, tol: float, deadline: float = np.inf, verbose: bool = False) -> Crossing:
    """Interior-point steps to the gap `tol`, then the factor with the fewest columns that keeps what was reached."""
    problem = _problem(task, chosen.kind)
    found = interior_point(problem, tol, deadline, verbose=verbose)
    constant, nu = problem.rows.constant, found.nu[:, None]
    if task.intercept:  # Σν = 0 holds to the precision of the steps; the bound wants it exactly
        off = constant[:, None] * (constant @ nu) / (constant @ constant)
        nu = nu - off if chosen.kind == "compressed" else problem.loss.balance(nu)
    point = dual_point(task.lift, problem.loss, nu, task.beta, problem.rows.forms(nu[:, 0])[:, None])
    lower = point.value + problem.offset
    values, vectors = np.linalg.eigh(found.Z)
    total = float(np.maximum(values, 0).sum())
    best = None
    for part in (1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8):
        pieces = [
            (g, 0, float(SIGNS[s]), vectors[g, s][:, keep] * np.sqrt(values[g, s][keep]))
            for g in range(problem.pools) for s in range(2) for keep in [values[g, s] > part * total]
        ]  # fmt: skip
        V, columns = merge(pieces, problem.order)
        if best is not None and len(columns) > 4 * max(len(best.columns), 4 * problem.pools):
            break  # these carry the barrier, not the solution
        at = evaluate(task, rescaled(task, V, columns), columns, np.array([found.b]))
        # a smaller factor is worth a little of the gap
        if best is None or at.objective - lower < 0.3 * (best.objective - lower):
            best = at
    assert best is not None
    return Crossing(best, lower, None if chosen.kind == "compressed" else nu, found.steps)
