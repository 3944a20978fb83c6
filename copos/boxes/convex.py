"""The convex relaxation of a box: no moments, so that it has the size of the problem; large, and often enough.

    min f_0(t),  f_k(t) ≤ 0 convex,  linear constraints,  the box

What is not convex is made so by Σ w_j (t_j − low)(t_j − high) ≤ 0, w as large as the least eigenvalue asks where t_j is
bounded: for convex problems w = 0, and the relaxation is the problem without its integers. Quadratic equations, and
inequalities that no w helps, are left out. A linear problem goes to HiGHS; |L't|² ≤ s is (s + 1, s − 1, 2L't) in a
second-order cone, and its multiplier the sum of the first two of the dual.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from copos.arithmetic.rationals import Rational, written
from copos.boxes.cell import Cell, ldexp
from copos.boxes.exact import exact_leaf
from copos.boxes.leaf import Leaf, judged, squares
from copos.checker.check_tightening import Asked
from copos.conic import Cones, ConicForm, Solution, Status
from copos.reformulation.quadratic.value import Quadratic
from copos.solvers import solve

Vector = NDArray[np.float64]
NOISE = 1e-12  # of the largest coefficient: an eigenvalue of this size is none
MARGINS = (1e-12, 1e-9, 1e-7)  # of a cost, for a variable without an end: what rounding may not make negative
SMALLEST = 1e-6  # of the largest cost: what the margins of smaller ones are measured by


@dataclass(frozen=True, eq=False)
class Curved:
    """A convex function |L't|² + 2g't + d of size `unit`, made by the products w_j of the two bounds of t_j."""

    at: int  # −1 the objective, or the number of a constraint
    L: Vector
    form: Vector
    w: Vector
    unit: float


@dataclass(frozen=True, eq=False)
class Answer:
    """A leaf, if there is one, and the t where the relaxation has its minimum."""

    leaf: Leaf | None
    t: Vector | None
    gap: bool  # were products or constraints needed that are not exact?


def relaxed(asked: Asked, cell: Cell, objective: Quadratic, seconds: float = np.inf) -> Answer:
    """The bound of the convex relaxation of a cell."""
    curves, gap = _curves(cell, objective)
    if curves is None:
        return Answer(None, None, True)
    k = len(cell.variables)
    codes, rows = _linear(cell)
    tau = int(bool(curves) and curves[0].at < 0)  # one more variable, above the quadratic objective
    c = np.r_[np.zeros(k), 1.0] if tau else _cost(cell, objective)
    size = float(np.abs(c).max(initial=0.0)) or 1.0
    low, high = cell.ends
    tries = MARGINS if not curves and (np.isfinite(low) ^ np.isfinite(high)).any() else (0.0,)
    begin, made, t = time.perf_counter(), None, None
    for margin in tries:
        left = seconds - (time.perf_counter() - begin)
        found = _solved(cell, curves, (codes, rows), c / size, left, margin)
        if found.status in (Status.FAILED, Status.UNBOUNDED) or not len(found.z):
            continue
        ended = found.status is Status.INFEASIBLE
        made = _leaf(asked, cell, objective, curves, (codes, rows), found, 1.0 if ended else size)
        t = None if ended else found.x[:k]
        if made is not None or left <= 0:
            break
    if made is None and t is not None and not gap and all(curve.at < 0 for curve in curves):
        scale = size * (curves[0].unit if curves else 1.0)
        each = {n: w * scale / unit for (n, unit), w in zip(codes, _weights(cell, codes, found), strict=True)}
        made = exact_leaf(asked, cell, objective, t, each)
    return Answer(made, t, gap)


def _weights(cell: Cell, codes: list[tuple[int, float]], found: Solution) -> Vector:
    """The multipliers of linear constraints, those of inequalities at least 0."""
    equal = np.array([cell.problem.constraints[n].is_equation for n, _ in codes], dtype=bool)
    weights = np.zeros(len(codes))
    weights[np.r_[np.flatnonzero(equal), np.flatnonzero(~equal)]] = found.z[: len(codes)]
    return np.where(equal, weights, np.maximum(weights, 0.0))


def _curves(cell: Cell, objective: Quadratic) -> tuple[list[Curved] | None, bool]:
    """The objective, if it is quadratic, and convex constraints; None if the objective cannot be made convex."""
    out: list[Curved] = []
    gap = any(cell.problem.integer[j] for j in cell.variables)
    if objective.pairs:
        made = _convex(cell, -1, cell.form(objective))
        if made is None:
            return None, True
        gap |= bool(made.w.any())
        out.append(made)
    for k, c in enumerate(cell.problem.constraints):
        if c.is_linear or c.name == "cutoff":
            continue
        made = None if c.is_equation else _convex(cell, k, -cell.form(c.least))
        gap |= made is None or bool(made.w.any())
        out += [] if made is None else [made]
    return out, gap


def convexity(cell: Cell, objective: Quadratic) -> bool:
    """Are the objective and all constraints convex, integers apart?"""
    curves = [c for c in cell.problem.constraints if not c.is_linear]
    if any(c.is_equation for c in curves):
        return False
    forms = [cell.form(objective)] if objective.pairs else []
    for M in [*forms, *(-cell.form(c.least) for c in curves)]:
        size = float(np.abs(M).max(initial=0.0))
        if not np.isfinite(size) or (size and np.linalg.eigvalsh(M[1:, 1:] / size)[0] < -NOISE):
            return False
    return True


def _convex(cell: Cell, at: int, M: Vector) -> Curved | None:
    unit = float(np.abs(M).max(initial=0.0))
    if not unit or not np.isfinite(unit):
        return None
    low, high = cell.ends
    bounded = np.isfinite(low) & np.isfinite(high)
    M = M / unit
    G = M[1:, 1:]
    touched = np.abs(G).sum(axis=1) > 0
    w = np.zeros(len(G))
    d, V = np.linalg.eigh(G)
    if d[0] < -NOISE:
        w[bounded & touched] = -d[0] * (1 + 1e-9) + NOISE
        d, V = np.linalg.eigh(G + np.diag(w))
        if d[0] < -1e-9:
            return None
    M = M.copy()
    for a in np.flatnonzero(w):  # w (t − low)(t − high)
        M[a + 1, a + 1] += w[a]
        M[0, a + 1] -= w[a] * (low[a] + high[a]) / 2
        M[a + 1, 0] = M[0, a + 1]
        M[0, 0] += w[a] * low[a] * high[a]
    keep = d > NOISE
    return Curved(at, V[:, keep] * np.sqrt(d[keep]), M, w, unit)


def _cost(cell: Cell, f: Quadratic) -> Vector:
    """The slope of a linear function of x in t."""
    at = {j: (a, e) for a, (j, e) in enumerate(zip(cell.variables, cell.powers, strict=True))}
    out = np.zeros(len(at))
    for j, c in f.linear.items():
        if j in at:
            a, e = at[j]
            out[a] = ldexp(c, e)
    return out


def _linear(cell: Cell) -> tuple[list[tuple[int, float]], sp.csr_array]:
    """(number, unit) of the linear constraints with rows over (t, 1): ≥ 0 or = 0, of size one."""
    at = {j: (a, e) for a, (j, e) in enumerate(zip(cell.variables, cell.powers, strict=True))}
    k = len(at)
    codes: list[tuple[int, float]] = []
    data: list[float] = []
    place: tuple[list[int], list[int]] = ([], [])
    for c, constraint in enumerate(cell.problem.constraints):
        if not constraint.is_linear or constraint.name == "cutoff":
            continue
        form = constraint.least
        constant: Rational = form.constant
        entries: list[tuple[int, float]] = []
        for j, v in form.linear.items():
            if cell.origin[j]:
                constant += v * cell.origin[j]
            if j in at:
                entries.append((at[j][0], ldexp(v, at[j][1])))
        unit = max((abs(v) for _, v in entries), default=0.0)
        if not unit or not np.isfinite(unit):
            if (constant < 0) if not constraint.is_equation else constant:
                unit = abs(ldexp(constant, 0)) or 1.0
            else:
                continue
        entries.append((k, ldexp(constant, 0)))
        for column, v in entries:
            place[0].append(len(codes))
            place[1].append(column)
            data.append(v / unit)
        codes.append((c, unit))
    return codes, sp.csr_array((data, place), shape=(len(codes), k + 1))


def _solved(
    cell: Cell, curves: Sequence[Curved], linear: tuple[list[tuple[int, float]], sp.csr_array], c: Vector,
    seconds: float, margin: float,
) -> Solution:  # fmt: skip
    codes, rows = linear
    k, width = len(cell.variables), len(c)
    equal = np.array([cell.problem.constraints[n].is_equation for n, _ in codes], dtype=bool)
    low, high = cell.ends
    one = sp.eye_array(k, format="csr")
    ends = sp.vstack([one[np.isfinite(low)], -one[np.isfinite(high)]])
    ends = sp.hstack([ends, np.r_[-low[np.isfinite(low)], high[np.isfinite(high)]][:, None]]).tocsr()
    tables = [rows[equal], rows[~equal], ends]
    orders = []
    for curve in curves:
        table = _cone(curve, k, width)
        tables.append(table)
        orders.append(table.shape[0])
    tables = [_wide(table, k, width) for table in tables]
    every = sp.vstack([t for t in tables if t.shape[0]] or [sp.csr_array((0, width + 1))]).tocsc()
    cones = Cones(int(equal.sum()), int((~equal).sum()) + ends.shape[0], tuple(orders))
    slope = c.copy()
    if not curves:  # what is not bounded must not become negative by rounding
        one_sided = np.isfinite(low) ^ np.isfinite(high)
        room = margin * np.maximum(np.abs(c), SMALLEST * float(np.abs(c).max(initial=0.0)))
        slope -= np.where(one_sided, np.where(np.isfinite(low), room, -room), 0.0)
    form = ConicForm(slope, sp.csc_array(-every[:, :width]), every[:, [width]].toarray().ravel(), cones)
    options: dict[str, Any] = {} if seconds == np.inf else {"time_limit": max(seconds, 0.01)}
    options |= {} if curves else {"dual_feasibility_tolerance": 1e-10, "primal_feasibility_tolerance": 1e-10}
    return solve(form, "clarabel" if curves else "highs", **options)


def _wide(table: Any, k: int, width: int) -> sp.csr_array:
    """Rows over (t, 1) with a column for the epigraph between; others as they are."""
    if table.shape[1] == width + 1:
        return sp.csr_array(table)
    return sp.csr_array(sp.hstack([table[:, :k], sp.csr_array((table.shape[0], width - k)), table[:, k:]]))


def _cone(curve: Curved, k: int, width: int) -> sp.csr_array:
    """Rows (s + 1, s − 1, 2L't) over (t, τ, 1), with s = τ − 2g't − d, or without τ."""
    s = np.zeros(width + 1)
    s[:k], s[width] = -2 * curve.form[0, 1:], -curve.form[0, 0]
    if curve.at < 0:
        s[k] = 1.0
    one = np.zeros(width + 1)
    one[width] = 1.0
    L = np.zeros((curve.L.shape[1], width + 1))
    L[:, :k] = 2 * curve.L.T
    return sp.csr_array(np.vstack([s + one, s - one, L]))


def _leaf(
    asked: Asked, cell: Cell, objective: Quadratic, curves: Sequence[Curved],
    linear: tuple[list[tuple[int, float]], sp.csr_array], found: Solution, size: float,
) -> Leaf | None:  # fmt: skip
    """The leaf of a solver's multipliers."""
    codes, rows = linear
    ended = found.status is Status.INFEASIBLE
    weights, z = _weights(cell, codes, found) * size, found.z * size
    k = len(cell.variables)
    at = len(codes) + int(np.isfinite(cell.ends).sum())
    each: list[float] = []
    for curve in curves:
        each.append(max(float(z[at] + z[at + 1]), 0.0))
        at += curve.L.shape[1] + 2
    scale = curves[0].unit if curves and curves[0].at < 0 else 1.0
    # a quadratic objective was solved in its own unit
    item: dict[str, Any] = {"constraints": [], "products": []}
    for (n, unit), w in zip(codes, weights, strict=True):
        if w:
            item["constraints"].append([n, 0, written(Fraction(w * scale / unit))])
    total = np.zeros(k)
    M: Vector | None = None
    if curves:
        M = np.zeros((k + 1, k + 1)) if ended or not (objective.pairs or objective.linear) else cell.form(objective)
        R = (rows.T @ weights) * scale
        M[0, 1:] -= R[:k] / 2
        M[1:, 0] = M[0, 1:]
    for curve, w in zip(curves, each, strict=True):
        own = (0.0 if ended else 1.0) if curve.at < 0 else w * scale / curve.unit
        if curve.at >= 0 and own > 0:
            item["constraints"].append([curve.at, 0, written(Fraction(own))])
            assert M is not None
            M -= own * cell.form(cell.problem.constraints[curve.at].least)
        total += own * curve.unit * curve.w
    low, high = cell.ends
    for a in np.flatnonzero(total > 0):
        j, e = cell.variables[a], cell.powers[a]
        v = float(np.ldexp(total[a], -2 * e))
        item["products"].append([2 * j, 2 * j + 1, written(v)])
        assert M is not None
        u = np.ldexp(v, 2 * e)
        M[a + 1, a + 1] += u
        M[0, a + 1] -= u * (low[a] + high[a]) / 2
        M[a + 1, 0] = M[0, a + 1]
    if M is not None and k:
        start = np.zeros(k) if ended else found.x[:k]
        item["squares"] = squares(cell, M, start)
    item = {key: value for key, value in item.items() if value} | ({"contradiction": True} if ended else {})
    return judged(asked, item)
