"""Multipliers in integers: ν near M/2^bits in the domain of the conjugate, balanced where the intercept is free."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from copos.losses.convex import LOSSES
from copos.polynomial.exact import Whole
from copos.polynomial.problem import TrainingProblem

Array = NDArray[np.float64]
PRECISION = 48  # bits of the largest multiplier


def rounded(program: TrainingProblem, N: Array) -> tuple[Whole, int]:
    """(M, bits) with M/2^bits near N in the domain of the conjugate, columns summing to zero with an intercept."""
    at = PRECISION - int(np.frexp(np.abs(N).max())[1])
    M = np.rint(np.ldexp(N, at)).astype(np.int64)
    room = [Fraction(w) * Fraction(2) ** at for w in program.weights.tolist()]
    row, Y = LOSSES[program.loss_name], program.Y
    if program.loss_name == "multinomial":
        return _simplices(M.astype(object), Y, [math.floor(w) for w in room], program.intercept), at
    low, high = -np.inf, np.inf
    if program.loss_name == "logistic":
        low, high = -1.0, 0.0
    elif row.parameter is not None:
        p = row.parameter[1] if program.loss_parameter is None else float(program.loss_parameter)
        low, high = (-p, 1 - p) if program.loss_name == "quantile" else (-p, p)
    else:
        low, high = row.low, row.high
    turn = np.where(Y < 0, -1, 1) if row.labels == "sign" else np.ones_like(Y, dtype=int)
    M = M.astype(object) * turn
    # an end that is not a multiple of the unit is rounded inwards, and by one more where 1 − p was rounded
    if np.isfinite(high):
        M = np.minimum(M, _inward(room, high))
    if np.isfinite(low):
        M = np.maximum(M, -_inward(room, -low))
    M = M * turn
    if program.intercept:
        for t in range(M.shape[1]):
            balanced(M[:, t])
    return M.astype(np.int64), at


def _inward(room: Sequence[Fraction], size: float) -> Whole:
    """Integers below size·room, size ≥ 0, as a column."""
    exact, less = Fraction(size), int(size not in (0.0, 1.0))
    return np.array([[max(math.floor(exact * w) - less, 0)] for w in room], dtype=object)


def balanced(column: Whole) -> None:
    """Shrink the largest entries of the sign that outweighs until the column sums to zero."""
    rest = int(column.sum())
    sign = 1 if rest > 0 else -1
    for i in sorted(range(len(column)), key=lambda i: -sign * int(column[i])):
        if rest == 0:
            break
        take = min(abs(rest), max(int(column[i]) * sign, 0))
        column[i] -= sign * take
        rest -= sign * take


def _simplices(M: Whole, Y: Array, room: Sequence[int], intercept: bool) -> Whole:
    """Rows that sum to zero with M + room·Y ≥ 0; columns that do, too."""
    label = Y.argmax(1)
    for i, w in enumerate(room):
        row = np.maximum(M[i], 0)
        row[label[i]] = 0
        while int(row.sum()) > w:
            j = int(row.astype(float).argmax())
            row[j] -= min(int(row[j]), int(row.sum()) - w)
        row[label[i]] = -int(row.sum())
        M[i] = row
    have = M + np.array(room, dtype=object)[:, None] * Y.astype(int)
    sums = [int(v) for v in M.sum(0)] if intercept else []
    while any(sums):
        t, s = sums.index(max(sums)), sums.index(min(sums))
        i = int(have[:, t].astype(float).argmax())
        take = min(sums[t], -sums[s], int(have[i, t]))
        if take <= 0:
            return np.zeros_like(M)
        for part in (M, have):
            part[i, t] -= take
            part[i, s] += take
        sums[t], sums[s] = sums[t] - take, sums[s] + take
    return M.astype(np.int64)
