"""Where a box is split: the variable whose products are blamed most for the gap, near its mean."""

from __future__ import annotations

from fractions import Fraction
from math import floor

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.rationals import Rational, rational
from copos.boxes.cell import Cell
from copos.boxes.moments import Dual
from copos.reformulation.quadratic.presolve import Interval
from copos.reformulation.quadratic.value import Quadratic

Vector = NDArray[np.float64]
INNER = Fraction(1, 5)  # of a range at least, on either side of a split
BITS = 12  # of a split, relative to the range
FRACTION = 1e-6  # of an integer that is one
HALF = 0.5  # weight of a fractional integer against the largest of the other scores
LITTLE = 1e-3  # weight of a range where nothing else says where to split
THINNEST = Fraction(1, 2**40)  # of the numbers of a range, below which it is not split


def blamed(cell: Cell, objective: Quadratic, dual: Dual) -> Vector:
    """Σ_i |W_ij| |cov(t_i, t_j)| for W of the objective and of the constraints with their multipliers."""
    W = np.abs(cell.form(objective))[1:, 1:]
    for key, w, form in zip(dual.keys, dual.weights, dual.forms, strict=True):
        if key.kind == "constraints":
            W = W + abs(w) * np.abs(form[1:, 1:])
    scores = (W * np.abs(dual.spread)).sum(axis=1)
    return scores / (float(scores.max(initial=0.0)) or 1.0) + HALF * fractions(cell, dual.mean)


def fractions(cell: Cell, t: Vector) -> Vector:
    """How far integers are from being some."""
    x = cell.point(t)[cell.variables]
    whole = np.array([cell.problem.integer[j] for j in cell.variables], dtype=bool)
    off = np.abs(x - np.rint(x))
    return np.where(whole & (off > FRACTION), off, 0.0)


def widths(cell: Cell, objective: Quadratic) -> Vector:
    """The ranges of t, of integers and of what occurs in products."""
    curved = {i for f in [objective, *(c.form for c in cell.problem.quadratic)] for pair in f.pairs for i in pair}
    spans = cell.ends[1] - cell.ends[0]
    asked = [float(j in curved or cell.problem.integer[j]) for j in cell.variables]
    return np.where(np.isfinite(spans), spans, 2.0) * np.array(asked)


def split(cell: Cell, objective: Quadratic, t: Vector | None, scores: Vector | None) -> tuple[int, Rational] | None:
    """The variable with the best score that can be split, and the place; None where no split helps."""
    if not cell.variables:
        return None
    if scores is None or not np.isfinite(scores).all() or scores.max() <= 0:
        scores = widths(cell, objective)
    x = None if t is None else cell.point(t)
    for a in np.argsort(-scores, kind="stable"):
        j = cell.variables[a]
        at = None if x is None or not np.isfinite(x[j]) else float(x[j])
        v = place(cell.box[j], cell.problem.integer[j], at, cell.sizes[j]) if scores[a] > 0 else None
        if v is not None:
            return j, v
    return None


def place(ends: Interval, whole: bool, x: float | None, size: float) -> Rational | None:
    """A number inside a range, near x: of an integer the upper end of the first part.

    >>> place((0, 8), False, 7.9, 1.0), place((0, 8), True, 7.9, 1.0), place((3, 3), True, None, 1.0)
    (Fraction(3277, 512), 7, None)
    """
    low, high = ends
    if low is None or high is None:
        return _open(ends, whole, x, size)
    if whole:
        if low >= high:
            return None
        v = floor(Fraction(low + high) / 2) if x is None or abs(x - round(x)) <= FRACTION else floor(x)
        return min(max(v, low), high - 1)
    width = Fraction(high - low)
    if width <= THINNEST * max(abs(low), abs(high)):
        return None
    share = Fraction(1, 2) if x is None else min(max((Fraction(x) - low) / width, INNER), 1 - INNER)
    return rational(low + Fraction(round(share * 2**BITS), 2**BITS) * width)


def _open(ends: Interval, whole: bool, x: float | None, size: float) -> Rational:
    """A number inside a range with an end at most."""
    low, high = ends
    x = float(low if low is not None else high if high is not None else 0) if x is None else x
    if whole:
        v = floor(x)
        v = v if low is None else max(v, low)
        return v if high is None else min(v, high - 1)
    v = short(x, size)
    if low is not None and v <= low:
        return rational(low + Fraction(size))
    return rational(high - Fraction(size)) if high is not None and v >= high else v


def short(v: float, unit: float) -> Rational:
    """A number near v with few bits."""
    step = 2.0 ** (np.floor(np.log2(unit)) - 4) if unit > 0 and np.isfinite(unit) else 1.0
    return rational(float(np.rint(v / step) * step))
