"""Alternating least squares from many starts at once, where every Gram matrix is diagonal: Σ τ_ia W_ia² − 2<W, H>.

With W = UV' and V fixed every row of U is a least-squares problem in r unknowns, and the other way round. All starts
and all rows are solved in one call.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[Any]

TINY = 1e-13  # share of its trace that is added to the diagonal of a normal matrix
BATCH = 2_000_000  # entries of the matrices W that are evaluated at once


class Found(NamedTuple):
    """Factors U (starts, d_out, r) and V (starts, d_in, r) and the values Σ τW² − 2<W, H> of W = UV'."""

    U: Matrix
    V: Matrix
    values: Matrix


def diagonals(G: Matrix) -> Matrix | None:
    """τ of Gram matrices (d_out, d_in, d_in) that are all diagonal, else None."""
    tau = np.ascontiguousarray(np.diagonal(G, axis1=1, axis2=2))
    return tau if np.count_nonzero(G) == np.count_nonzero(tau) else None


def alternating(tau: Matrix, H: Matrix, V: Matrix, sweeps: int = 200, tolerance: float = 1e-14) -> Found:
    """Alternating least squares from the factors V (starts, d_in, r), until no start gains a share `tolerance`.

    Examples
    --------
    >>> tau, H = np.ones((2, 2)), np.diag([2.0, 1.0])
    >>> found = alternating(tau, H, np.array([[[1.0], [1.0]]]))
    >>> round(float(found.values[0]), 9)                                       # min ‖W − H‖² = 1 = 5 + (−4)
    -4.0
    """
    V = np.array(V, dtype=float)
    out = Found(np.zeros((len(V), len(tau), V.shape[2])), V.copy(), np.zeros(len(V)))
    active, before = np.arange(len(V)), np.full(len(V), np.inf)
    for _ in range(sweeps):
        V = np.linalg.qr(V)[0]
        U = _rows(tau, H, V)
        V = _rows(tau.T, H.T, U)
        values = _values(tau, H, U, V)
        better = values <= out.values[active]
        for kept, new in zip(out, (U, V, values), strict=True):
            kept[active[better]] = new[better]
        going = before - values > tolerance * np.abs(values)
        active, before, V = active[going], values[going], V[going]
        if not len(active):
            break
    return out


def _rows(tau: Matrix, H: Matrix, V: Matrix) -> Matrix:
    """Argmin over U of Σ τ (UV')² − 2<UV', H>, for every V of a stack."""
    starts, n, r = V.shape
    squares = (V[:, :, :, None] * V[:, :, None, :]).reshape(starts, n, r * r)
    normal = (tau @ squares).reshape(starts, len(tau), r, r)
    trace = np.trace(normal, axis1=2, axis2=3)
    normal[..., range(r), range(r)] += TINY * np.where(trace > 0, trace, 1.0)[..., None]
    return np.linalg.solve(normal, (H @ V)[..., None])[..., 0]


def _values(tau: Matrix, H: Matrix, U: Matrix, V: Matrix) -> Matrix:
    step = max(1, BATCH // tau.size)
    parts = []
    for k in range(0, len(U), step):
        W = U[k : k + step] @ np.swapaxes(V[k : k + step], 1, 2)
        parts.append(((tau * W - 2 * H) * W).sum(axis=(1, 2)))
    return np.concatenate(parts)
