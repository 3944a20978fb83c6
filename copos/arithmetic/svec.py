"""The order of a triangle and the factor √2, known here and nowhere else.

The upper triangle of a symmetric matrix is read column by column: entry (i, j), i ≤ j, stands at i + j(j+1)/2.
That is also the rank of the monomial x_i x_j among those of degree two, so quadratic forms, moment matrices
and solver vectors share one order.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

SQRT2 = np.sqrt(2.0)


@overload
def length(n: int) -> int: ...
@overload
def length(n: NDArray[Any]) -> NDArray[Any]: ...
def length(n: Any) -> Any:
    """Entries in the triangle of an n×n matrix, n(n+1)/2; elementwise for an array of orders."""
    return n * (n + 1) // 2


def order(m: int) -> int:
    """Order n of the matrix whose triangle has m entries; ValueError if there is none."""
    n = int((np.sqrt(8 * m + 1) - 1) / 2 + 0.5)
    if length(n) != m:
        raise ValueError(f"{m} is not the length n(n+1)/2 of a triangle")
    return n


def position(i: ArrayLike, j: ArrayLike) -> NDArray[np.int64]:
    """Place of entry (i, j) or (j, i) in the triangle."""
    i, j = np.asarray(i, dtype=np.int64), np.asarray(j, dtype=np.int64)
    low, high = np.minimum(i, j), np.maximum(i, j)
    return low + high * (high + 1) // 2


def pair(position: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Row and column of places in the triangle, row ≤ column; the inverse of `position`."""
    p = np.asarray(position, dtype=np.int64)
    col = ((np.sqrt(8.0 * p + 1) - 1) / 2).astype(np.int64)
    col += (col + 1) * (col + 2) // 2 <= p  # the square root may round either way
    col -= col * (col + 1) // 2 > p
    return p - col * (col + 1) // 2, col


@lru_cache(maxsize=512)
def triangle(n: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Row and column indices of the triangle in order; kept, so not to be written to."""
    row, col = pair(np.arange(length(n)))
    row.flags.writeable = col.flags.writeable = False
    return row, col


@lru_cache(maxsize=512)
def scaling(n: int) -> NDArray[np.float64]:
    """1 on the diagonal and √2 off it, so that svec is an isometry; kept, so not to be written to."""
    row, col = triangle(n)
    out = np.where(row == col, 1.0, SQRT2)
    out.flags.writeable = False
    return out


def svec(M: ArrayLike) -> NDArray[np.float64]:
    """svec(M)'svec(N) = <M, N>, for one matrix (n×n) or a stack (…×n×n).

    >>> float(svec([[1, 2], [2, 5]]) @ svec([[1, 2], [2, 5]]))
    34.0
    """
    M = np.asarray(M, dtype=float)
    row, col = triangle(M.shape[-1])
    return M[..., row, col] * scaling(M.shape[-1])


def smat(v: ArrayLike) -> NDArray[np.float64]:
    """Inverse of svec.

    >>> smat(svec([[1.0, 2.0], [2.0, 5.0]])).round(12).tolist()
    [[1.0, 2.0], [2.0, 5.0]]
    """
    v = np.asarray(v, dtype=float)
    n = order(v.shape[-1])
    row, col = triangle(n)
    M = np.zeros((*v.shape[:-1], n, n))
    M[..., row, col] = M[..., col, row] = v / scaling(n)
    return M
