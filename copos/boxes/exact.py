"""Leaves whose multipliers solve the optimality conditions in rational numbers, where rounding would leave no bound.

Of a variable without bounds nothing may be left: what multipliers and squares make of it has to vanish exactly.
For a convex quadratic objective over linear constraints, with the constraints S and the ends B that are active
at a floating minimiser, the conditions

    G p + g = Σ_S λ_k a_k  outside of B,   a_k'p = b_k  (k ∈ S),   p_j = its end  (j ∈ B)

are linear; unknowns that they leave open keep their floating values. Then f − Σ λ_k(a_k'y − b_k) is (y − p)'G(y − p), a
sum of squares by exact elimination, and a function of y_B.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic import exact
from copos.arithmetic.rationals import written
from copos.boxes.cell import Cell
from copos.boxes.leaf import Leaf, judged
from copos.checker.check_tightening import Asked
from copos.reformulation.quadratic.value import Quadratic

Vector = NDArray[np.float64]
Row = dict[int, Fraction]
MOST = 60  # unknowns
NEAR = 1e-6  # relative to its numbers: what is so near to an end, or to 0, is there


def exact_leaf(
    asked: Asked, cell: Cell, objective: Quadratic, t: Vector, multipliers: dict[int, float]
) -> Leaf | None:  # fmt: skip
    """The leaf of an exact solution near t and the multipliers of linear constraints; None where there is none."""
    active = {k: w for k, w in multipliers.items() if w and cell.problem.constraints[k].is_linear}
    if len(cell.variables) + len(active) > MOST:
        return None
    at = {j: a for a, j in enumerate(cell.variables)}
    G, g = _shifted(objective, cell, at)
    low, high = cell.ends
    with np.errstate(invalid="ignore"):
        down, up = t - low <= NEAR * (1 + np.abs(t)), high - t <= NEAR * (1 + np.abs(t))
    ends: dict[int, Fraction] = {}
    for a, j in enumerate(cell.variables):
        first, last = cell.box[j]
        if down[a] and first is not None:
            ends[a] = Fraction(first - cell.origin[j])
        elif up[a] and last is not None:
            ends[a] = Fraction(last - cell.origin[j])
    p, weights = _solved(cell, at, (G, g), active, ends, t)
    if p is None:
        return None
    item: dict[str, Any] = {"constraints": [[k, 0, written(w)] for k, w in weights.items() if w]}
    if any(G):
        squares = exact.ldl([[G[a].get(b, Fraction(0)) for b in range(len(at))] for a in range(len(at))])
        if squares is None:
            return None
        item["squares"] = _squares(cell, squares, p)
    return judged(asked, {key: value for key, value in item.items() if value})


def _shifted(f: Quadratic, cell: Cell, at: dict[int, int]) -> tuple[list[Row], list[Fraction]]:
    """G and g of y'Gy + 2g'y + constant at x = o + y."""
    G: list[Row] = [{} for _ in at]
    g = [Fraction(f.linear.get(j, 0)) / 2 for j in at]
    o = cell.origin
    for (i, j), c in f.pairs.items():
        for a, b in ((i, j), (j, i)):
            if a in at:
                g[at[a]] += Fraction(c) * o[b] / 2
                if b in at:
                    row = G[at[a]]
                    row[at[b]] = row.get(at[b], Fraction(0)) + Fraction(c) / 2
    return G, g


def _solved(
    cell: Cell, at: dict[int, int], objective: tuple[list[Row], list[Fraction]], active: dict[int, float],
    ends: dict[int, Fraction], t: Vector,
) -> tuple[list[Fraction] | None, dict[int, Fraction]]:  # fmt: skip
    """(p, λ) with the conditions above, exactly; None where they contradict each other."""
    G, g = objective
    count, names = len(at), list(active)
    near = [Fraction(float(v)) for v in np.ldexp(t, cell.powers)] + [Fraction(active[k]) for k in names]
    rows: list[list[Fraction]] = []
    width = count + len(names)

    def row(entries: Row, right: Fraction) -> None:
        rows.append([*(entries.get(c, Fraction(0)) for c in range(width)), right])

    slopes = [
        {at[j]: Fraction(c) for j, c in cell.problem.constraints[k].least.linear.items() if j in at} for k in names
    ]
    for a in range(count):
        if a in ends:
            row({a: Fraction(1)}, ends[a])
        else:
            parts = {count + s: -slope[a] / 2 for s, slope in enumerate(slopes) if a in slope}
            row({**G[a], **parts}, -g[a])
    for k, slope in zip(names, slopes, strict=True):
        least = cell.problem.constraints[k].least
        constant = Fraction(least.constant) + sum(
            (c * cell.origin[j] for j, c in least.linear.items() if cell.origin[j]), Fraction(0))  # fmt: skip
        row(dict(slope), -constant)
    R, pivots = exact.reduced(rows)
    if width in pivots:
        return None, {}
    values = list(near)
    for found, pivot in zip(R, pivots, strict=True):
        values[pivot] = found[width] - sum(
            (found[c] * values[c] for c in range(width) if c != pivot and found[c]), Fraction(0))  # fmt: skip
    return values[:count], dict(zip(names, values[count:], strict=True))


def _squares(cell: Cell, squares: list[tuple[list[int], Fraction]], p: list[Fraction]) -> dict[str, Any]:
    """Σ d (v'(y − p))² as the checker reads it."""
    columns: list[list[int]] = []
    weights: list[int | str] = []
    for v, d in squares:
        at_p = sum((c * x for c, x in zip(v, p, strict=True) if c), Fraction(0))
        bottom = at_p.denominator
        columns.append([int(-at_p * bottom), *(c * bottom for c in v)])
        weights.append(written(d / bottom**2))
    return {
        "variables": [0, *(j + 1 for j in cell.variables)],
        "powers": [0] * (1 + len(cell.variables)),
        "gram": {"factor": [list(row) for row in zip(*columns, strict=True)], "bits": 0, "weights": weights},
    }
