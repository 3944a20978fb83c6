"""The numbers of a cone, B_k(x) = Σ_v x_v B_kv: tables of entries, in doubles and as rationals."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from copos.arithmetic import ragged
from copos.arithmetic.elimination import are_short
from copos.arithmetic.rationals import Rational, RationalRows, exact_array, nearest, summed

Vector = NDArray[Any]


class Entries(NamedTuple):
    """B_k(x)[row, col] = Σ coefficient · x_variable, all blocks in one table sorted by block, both triangles."""

    block: NDArray[np.int64]
    row: NDArray[np.int64]
    col: NDArray[np.int64]
    variable: NDArray[np.int64]
    coefficient: Vector


class Exact(NamedTuple):
    """The numbers of a cone as rationals: coefficients of `Cone.entries`, `Cone.unit` and `Cone.basis`."""

    coefficients: tuple[Rational, ...]
    unit: tuple[Rational, ...]
    basis: RationalRows

    @property
    def doubles(self) -> bool:
        """Are all of them doubles?"""
        every = (*self.coefficients, *self.unit, *(c for row in self.basis.rows for c in row.values()))
        return all(nearest(c) == c for c in every)


def runs(block: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """(start, stop) of every block in a table sorted by block."""
    edges = np.searchsorted(block, np.arange(count + 1))
    return np.stack([edges[:-1], edges[1:]], axis=1)


def linear_forms(L: ArrayLike | sp.sparray | RationalRows, ambient: int) -> sp.csr_array | RationalRows:
    """Linear forms on the ambient space, in doubles where these are exact, else in rationals."""
    if not isinstance(L, RationalRows):
        exact = None if sp.issparse(L) else exact_array(L)
        if exact is None:
            rows = sp.csr_array(L if sp.issparse(L) else np.atleast_2d(np.asarray(L, dtype=float)), dtype=float)
            rows.sum_duplicates()
            if len(rows.shape) != 2 or rows.shape[1] != ambient:
                raise ValueError(f"linear forms of shape {rows.shape} do not fit a cone with {ambient} coordinates")
            if not np.isfinite(rows.data).all():
                raise ValueError("linear forms on a cone must have finite coefficients")
            return rows
        table = np.atleast_2d(exact)
        L = RationalRows(table.shape[-1], tuple({k: c for k, c in enumerate(row) if c} for row in table.tolist()))
    if L.columns != ambient:
        raise ValueError(f"linear forms with {L.columns} coefficients do not fit a cone with {ambient} coordinates")
    return L.floats() if all(nearest(c) == c for row in L.rows for c in row.values()) else L


def have_exact_products(*matrices: sp.csr_array) -> bool:
    """Are products of these matrices exact in floating point?"""
    return all(are_short(M.data, 2, M.shape[1]) for M in matrices)


def composed(A: RationalRows, B: RationalRows) -> RationalRows:
    """A·B."""
    rows = (summed((v, c * d) for i, c in row.items() for v, d in B.rows[i].items()) for row in A.rows)
    return RationalRows(B.columns, tuple(rows))


def joined(a: Exact, b: Exact) -> Exact:
    """The numbers of K1 × K2."""
    n = a.basis.columns
    rows = a.basis.rows + tuple({v + n: c for v, c in row.items()} for row in b.basis.rows)
    return Exact(a.coefficients + b.coefficients, a.unit + b.unit, RationalRows(n + b.basis.columns, rows))


def substituted_entries(e: Entries, T: sp.csr_array) -> Entries:
    """The entries in u where the old coordinates are T u."""
    owner, at = ragged.expand(T.indptr[e.variable], np.diff(T.indptr)[e.variable])
    table = np.stack([e.block[owner], e.row[owner], e.col[owner], T.indices[at]], axis=1)
    unique, inverse = np.unique(table, axis=0, return_inverse=True)
    coefficient = np.bincount(inverse.ravel(), weights=e.coefficient[owner] * T.data[at], minlength=len(unique))
    keep = coefficient != 0
    block, row, col, variable = unique[keep].T
    return Entries(block, row, col, variable, coefficient[keep])
