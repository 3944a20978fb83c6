"""From multipliers in doubles to a leaf of a proof: what the multipliers leave is split into squares and a rest.

The rest after the multipliers is M over (1, t). With M_tt + (what is held back) = V diag(d) V', negative d cut off, and
a centre p, M is |F'(1, t)|² + (the value at p) + (a linear function that vanishes at p) + rounding: the smaller the
gradient at p is, against the box, the less is lost. The checker bounds what is left exactly; it alone says the value.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.rationals import written
from copos.boxes.cell import Cell
from copos.boxes.moments import Dual
from copos.checker import check_boxes as boxes
from copos.checker.check_reading import Rejected, Unreadable
from copos.checker.check_tightening import Asked

Vector = NDArray[np.float64]
HELD = 1e-9  # of the largest coefficient, back from the squares of unbounded variables
DIGITS = 46  # of a factor
NEAR, STEPS = 1e-6, 40  # what is at an end of its range; changes of what is


class Leaf(NamedTuple):
    """An item of a proof's tree, and its bound: None where nothing is feasible."""

    item: dict[str, Any]
    value: Fraction | None


def leaf(asked: Asked, cell: Cell, F: Vector, dual: Dual) -> Leaf | None:
    """The leaf that a dual leads to; None where the checker finds no bound in it.

    `asked` is what the checker is asked about, `F` the objective over (1, t).
    """
    item: dict[str, Any] = {"constraints": [], "products": [], "gaps": []}
    M = np.zeros_like(F) if dual.contradiction else F.copy()
    for key, w, form in zip(dual.keys, dual.weights, dual.forms, strict=True):
        _take(item, M, cell, key, float(w), form)
    if len(cell.variables):
        item["squares"] = squares(cell, M, dual.mean)
    item = {key: value for key, value in item.items() if value}
    if dual.contradiction:
        item["contradiction"] = True
    return judged(asked, item)


def judged(asked: Asked, item: dict[str, Any]) -> Leaf | None:
    """The item with its bound, if it has one."""
    try:
        value = boxes.leaf(asked, item)
    except (Rejected, Unreadable):
        return None
    return Leaf(item, None if value is None else Fraction(value))


def _take(item: dict[str, Any], M: Vector, cell: Cell, key: Any, w: float, form: Vector) -> None:
    """Subtract w times a row from M, and write its multiplier, in the user's units, in its place."""
    exact = w * key.factor
    if not np.isfinite(exact) or exact == 0:
        return
    if key.kind == "constraints":
        k, i = key.at
        if exact < 0 and not cell.problem.constraints[k].is_equation:
            return
        # t_i is y_i/2^e
        unit = Fraction(2) ** cell.powers[cell.variables.index(i - 1)] if i else 1
        item["constraints"].append([k, i, written(Fraction(exact) / unit)])
    elif key.kind == "gaps":
        j, m = key.at
        if exact < 0:  # of a bit: (x − low)(high − x) instead
            item["products"].append([2 * j, 2 * j + 1, written(-exact)])
        else:
            item["gaps"].append([j, m, written(exact)])
    elif exact < 0:
        return
    elif key.kind == "products":
        item["products"].append([*key.at, written(exact)])
    # a bound by itself needs no multiplier: the checker bounds what is linear by the box
    M -= w * form


def squares(cell: Cell, M: Vector, start: Vector) -> dict[str, Any] | None:
    """Squares below M over (1, t), as the checker reads them."""
    G, g = M[1:, 1:].copy(), M[0, 1:]
    size = float(np.abs(G).max(initial=0.0))
    if not size or not np.isfinite(size):
        return None
    low, high = cell.ends
    open_ended = ~np.isfinite(low) | ~np.isfinite(high)
    G[np.diag_indices_from(G)] -= np.where(open_ended, HELD * size, 0.0)
    d, V = np.linalg.eigh(G)
    d = np.where(d > 1e-15 * size, d, 0.0)
    if not d.any():
        return None
    V = V[:, d > 0] * np.sqrt(d[d > 0])
    p = minimiser(V, g, low, high, start)
    factor = np.vstack([-p @ V, V])
    bits = max(0, DIGITS - int(np.frexp(np.abs(factor).max())[1]))
    whole = np.rint(np.ldexp(factor, bits))
    return {
        "variables": [0, *(j + 1 for j in cell.variables)],
        "powers": [0, *(-e for e in cell.powers)],
        "gram": {"factor": [[int(v) for v in row] for row in whole.tolist()], "bits": bits},
    }


def minimiser(V: Vector, g: Vector, low: Vector, high: Vector, start: Vector) -> Vector:
    """Near a minimiser of |V't|² + 2g't over a box: from what is at an end all the others, until both agree.

    Primal and dual active sets; the best of the points on the way where they go round in circles.
    """
    t = np.clip(np.where(np.isfinite(start), start, 0.0), low, high)
    best, G = t, V @ V.T
    slope = G @ t + g
    near = NEAR * (1 + np.abs(t))
    down, up = (t - low <= near) & (slope > 0), (high - t <= near) & (slope < 0)
    for _ in range(STEPS):
        inside = ~down & ~up
        t = np.where(down, low, np.where(up, high, 0.0))
        if inside.any():
            right = g[inside] + G[np.ix_(inside, ~inside)] @ t[~inside]
            t[inside] = -np.linalg.lstsq(G[np.ix_(inside, inside)], right, rcond=1e-14)[0]
        slope = G @ t + g
        clipped = np.clip(t, low, high)
        best = clipped if value(V, g, clipped) < value(V, g, best) else best
        then = (inside & (t < low)) | (down & (slope > 0)), (inside & (t > high)) | (up & (slope < 0))
        if (then[0] == down).all() and (then[1] == up).all():
            return t
        down, up = then
    return best


def value(V: Vector, g: Vector, t: Vector) -> float:
    """|V't|² + 2g't."""
    s = V.T @ t
    return float(s @ s + 2 * g @ t)
