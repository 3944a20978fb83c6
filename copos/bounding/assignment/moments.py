"""Level 0 of an assignment by alternating directions on its moment matrix, in all coordinates and in the free ones.

    min <C, Y>,   Y = V R V',  R ⪰ 0,  tr R = m + 1,   Y_00 = 1,  Y_aa = Y_0a,  Y_ab = 0 where u_au_b = 0,  0 ≤ Y ≤ 1

V has orthonormal columns and the range {u : Σ_k u_ik = u_0 = Σ_i u_ik}, so that tr Y = m + 1. Whatever the multiplier Z
of Y = V R V' is, −Z + λI is positive semidefinite on that range for λ = λ_max(V'ZV), and λ costs λ(m + 1): the rest,
C + Z − λI, is a matter of linear assignments [OliveiraWolkowiczXu2018].
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import scipy.linalg as la
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
STEP = 1.618
BALANCE, EVERY = 1.25, 10  # residuals that differ by a factor change the penalty
LAST = 4_000


def multipliers(
    C: Matrix, V: Matrix, zero: NDArray[np.bool_], m: int, late: Callable[[], bool], every: int,
    start: Matrix | None = None,
) -> Iterator[Matrix]:  # fmt: skip
    """Z after every so many steps, in units of C; ends at a stationary pair or when it is late.

    Parameters
    ----------
    C : (N, N) costs, coordinate 0 that of u_0
    V : (N, d) orthonormal
    zero : (N, N) where u_au_b = 0
    m : facilities
    late : asked every ten steps
    start : a Z to begin with, and the mean of all assignments as Y
    """
    size = float(la.norm(C)) or 1.0
    C, N = C / size * len(C), len(C)
    Y, Z, penalty = np.zeros((N, N)), np.zeros((N, N)), 1.0
    if start is not None:
        Y, Z = _mean(zero, m), start * (N / size)
    for step in range(1, LAST + 1):
        value, vector = la.eigh(V.T @ (Y + Z / penalty) @ V, check_finite=False)
        kept = _simplex(value, m + 1.0)
        used = kept > 0
        F = V @ (vector[:, used] * np.sqrt(kept[used]))
        X = F @ F.T
        old, Y = Y, _polyhedral(X - (C + Z) / penalty, zero)
        gap = Y - X
        Z = Z + STEP * penalty * gap
        Z = (Z + Z.T) / 2
        primal, dual = float(la.norm(gap)), penalty * float(la.norm(Y - old))
        if step % EVERY == 0:
            ratio = primal / max(dual, 1e-300)
            penalty *= BALANCE if ratio > 2 else 1 / BALANCE if ratio < 0.5 else 1.0
        done = max(primal, dual / len(C)) < 1e-7
        over = step % EVERY == 0 and late()
        if step % every == 0 or over or done:
            yield Z * (size / N)
        if over or done:
            return


def _mean(zero: NDArray[np.bool_], m: int) -> Matrix:
    """The mean of uu' over all assignments; where places are ruled out, something near it."""
    Y = np.where(zero, 0.0, 1.0 / (m * max(m - 1, 1)))
    Y[0] = Y[:, 0] = 1.0 / m
    np.fill_diagonal(Y, Y[0])
    Y[0, 0] = 1.0
    return Y


def _simplex(value: Matrix, total: float) -> Matrix:
    """The nearest vector ≥ 0 with a given sum; `value` ascends."""
    down = value[::-1]
    over = (np.cumsum(down) - total) / np.arange(1, len(down) + 1)
    return np.maximum(value - over[np.flatnonzero(down > over)[-1]], 0.0)


def _polyhedral(M: Matrix, zero: NDArray[np.bool_]) -> Matrix:
    """The nearest Y with Y_00 = 1, Y_aa = Y_0a, zeros, and entries from 0 to 1."""
    Y = np.clip(M, 0.0, 1.0)
    Y[zero] = 0.0
    each = np.clip((M.diagonal()[1:] + 2 * M[0, 1:]) / 3, 0.0, 1.0)
    Y[0, 1:], Y[1:, 0] = each, each
    np.fill_diagonal(Y, np.r_[1.0, each])
    return Y
