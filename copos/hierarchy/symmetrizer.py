"""Bases that split the p-fold tensor power of a space under the exchange of its factors.

B ⊗ … ⊗ B commutes with all permutations of the factors, so by Schur–Weyl duality it is positive semidefinite iff its
restriction to the image of one Young symmetrizer of every shape is. The images have the integer bases given here:
for p = 2 the symmetric vectors e_i⊗e_j + e_j⊗e_i and the antisymmetric ones e_i⊗e_j − e_j⊗e_i.
"""

from __future__ import annotations

from itertools import permutations

import numpy as np
import scipy.sparse as sp


def partitions(p: int, largest: int | None = None) -> list[tuple[int, ...]]:
    """Partitions of p, largest parts first.

    >>> partitions(3)
    [(3,), (2, 1), (1, 1, 1)]
    """
    if p == 0:
        return [()]
    top = min(p, largest or p)
    return [(first, *rest) for first in range(top, 0, -1) for rest in partitions(p - first, first)]


def basis(n: int, shape: tuple[int, ...]) -> sp.csr_array:
    """Integer basis of one copy of the Schur functor S^shape(R^n) inside (R^n)^{⊗p}, p = Σ shape.

    Returns an n^p × dim sparse matrix; tensor index (i_1, …, i_p) stands at row Σ i_k n^{p−k}. Empty if n is smaller
    than the number of rows of the shape. Columns belong to the semistandard tableaux [Fulton1997, §8.1].

    >>> basis(3, (2,)).shape[1], basis(3, (1, 1)).shape[1], basis(3, (2, 1)).shape[1]
    (6, 3, 8)
    """
    p = sum(shape)
    rows, columns = _boxes(shape)
    fill = np.stack([a.ravel() for a in np.indices((n,) * p)], axis=1)
    for line, weakly in [(r, True) for r in rows] + [(c, False) for c in columns]:
        for left, right in zip(line, line[1:], strict=False):
            fill = fill[fill[:, left] <= fill[:, right]] if weakly else fill[fill[:, left] < fill[:, right]]
    place = n ** np.arange(p - 1, -1, -1)
    column = np.arange(len(fill))
    terms = []
    for tau, sign in _group(columns, p, signed=True):
        for sigma, _ in _group(rows, p, signed=False):
            terms.append((fill[:, sigma][:, tau] @ place, column, np.full(len(fill), sign)))
    row, col, value = (np.concatenate(part) for part in zip(*terms, strict=True))
    U = sp.coo_array((value.astype(float), (row, col)), shape=(n**p, len(fill))).tocsc()
    U.sum_duplicates()
    U.eliminate_zeros()
    common = np.maximum.reduceat(np.abs(U.data), U.indptr[:-1]) if U.nnz else np.ones(0)
    smallest = np.minimum.reduceat(np.abs(U.data), U.indptr[:-1]) if U.nnz else np.ones(0)
    U.data /= np.repeat(np.gcd(common.astype(int), smallest.astype(int)), np.diff(U.indptr))
    return sp.csr_array(U)


def _boxes(shape: tuple[int, ...]) -> tuple[list[list[int]], list[list[int]]]:
    """Rows and columns of a tableau whose boxes are numbered row by row."""
    start = np.cumsum((0, *shape))
    rows = [list(range(start[k], start[k + 1])) for k in range(len(shape))]
    columns = [[row[j] for row in rows if j < len(row)] for j in range(shape[0])]
    return rows, columns


def _group(lines: list[list[int]], p: int, signed: bool) -> list[tuple[np.ndarray, float]]:
    """All permutations of p boxes that keep every line, with their sign if asked."""
    out = [(np.arange(p), 1.0)]
    for line in lines:
        bigger = []
        for order in permutations(range(len(line))):
            sign = float(round(np.linalg.det(np.eye(len(line))[list(order)]))) if signed and len(line) > 1 else 1.0
            step = np.arange(p)
            step[line] = np.array(line)[list(order)]
            bigger += [(before[step], value * sign) for before, value in out]
        out = bigger
    return out
