"""Cutting block-diagonal linear matrix maps: keeping rows, splitting into connected parts, finding null vectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.linalg import qr
from scipy.sparse.csgraph import connected_components

from copos.arithmetic import ragged, svec
from copos.support.looks import one_line

Index = NDArray[Any]


@one_line
@dataclass(frozen=True, eq=False)
class BlockMap:
    """Blocks whose upper triangles depend linearly on some unknowns.

    Attributes
    ----------
    sizes : (blocks,) orders
    map : triangles (no √2), block after block, as rows; unknowns as columns
    source : (Σ sizes,) for every block row, the row of the original map (all its blocks end to end) it comes from
    """

    sizes: Index
    map: sp.csr_array
    source: Index

    @classmethod
    def whole(cls, sizes: Index, matrix: sp.csr_array) -> BlockMap:
        """Nothing cut yet."""
        return cls(sizes, matrix, np.arange(int(sizes.sum())))

    def columns(self, keep: Index | NDArray[np.bool_]) -> BlockMap:
        """Only some unknowns; the others are set to zero."""
        return BlockMap(self.sizes, sp.csr_array(self.map[:, keep]), self.source)

    def widen(self, place: Index, total: int) -> BlockMap:
        """The same blocks where unknown k is number place[k] of `total`; places ascend."""
        m = self.map
        columns = place.astype(m.indices.dtype)[m.indices]
        matrix = sp.csr_array((m.data, columns, m.indptr), shape=(m.shape[0], total))
        return BlockMap(self.sizes, matrix, self.source)

    def substitute(self, T: sp.csr_array) -> BlockMap:
        """The blocks as functions of w where the unknowns are T w."""
        if ragged.is_embedding(T):
            m = self.map
            shape = (m.shape[0], T.shape[1])
            return BlockMap(self.sizes, sp.csr_array((m.data, m.indices, m.indptr), shape=shape), self.source)
        matrix = sp.csr_array(self.map @ T)
        if matrix.nnz:  # sums that should cancel may leave round-off
            matrix.data[np.abs(matrix.data) < 1e-11 * np.abs(matrix.data).max()] = 0.0
            matrix.eliminate_zeros()
        return BlockMap(self.sizes, matrix, self.source)

    def entries(self) -> tuple[sp.coo_array, Index, Index, Index]:
        """The map's nonzeros with (block, global row, global column) of the matrix entry each belongs to."""
        terms = sp.coo_array(self.map)
        first = np.cumsum(svec.length(self.sizes)) - svec.length(self.sizes)
        start = np.cumsum(self.sizes) - self.sizes
        block = np.searchsorted(first, terms.row, side="right") - 1
        i, j = svec.pair(terms.row - first[block])
        return terms, block, start[block] + i, start[block] + j

    def select(self, label: Index) -> BlockMap:
        """Put rows with equal label into one block; rows with label −1 are dropped.

        Blocks come out in order of size, so that the scalars stand first. Entries between different labels are
        lost: they must be zero, or belong to a dropped row.
        """
        kept = np.flatnonzero(label >= 0)
        _, group = np.unique(label[kept], return_inverse=True)
        size = np.bincount(group)
        by_size = np.argsort(size, kind="stable")
        new = np.empty(len(size), dtype=np.int64)
        new[by_size] = np.arange(len(size))
        group, size = new[group], size[by_size]
        order = np.argsort(group, kind="stable")
        start = np.cumsum(size) - size
        local = np.full(len(label), -1, dtype=np.int64)
        local[kept[order]] = np.arange(len(kept)) - start[group[order]]
        owner = np.full(len(label), -1, dtype=np.int64)
        owner[kept] = group
        terms, _, row, col = self.entries()
        inside = (owner[row] >= 0) & (owner[row] == owner[col])
        row, col = row[inside], col[inside]
        first = np.cumsum(svec.length(size)) - svec.length(size)
        place = first[owner[row]] + svec.position(local[row], local[col])
        shape = (int(svec.length(size).sum()), self.map.shape[1])
        matrix = sp.coo_array((terms.data[inside], (place, terms.col[inside])), shape=shape).tocsr()
        return BlockMap(size, sp.csr_array(matrix), self.source[kept[order]])

    def split(self) -> BlockMap:
        """Split every block into the connected parts of its sparsity pattern; zero rows disappear."""
        _, _, row, col = self.entries()
        n = int(self.sizes.sum())
        graph = sp.coo_array((np.ones(len(row)), (row, col)), shape=(n, n))
        parts, label = connected_components(graph, directed=False)
        used = np.zeros(n, dtype=bool)
        used[row] = used[col] = True
        if parts == len(self.sizes) and used.all() and (np.diff(self.sizes) >= 0).all():
            return self
        return self.select(np.where(used, label, -1))

    def without_null_vectors(self, tolerance: float = 1e-9) -> BlockMap:
        """Restrict every block to a face that contains all its values: facial reduction from common null vectors.

        If B(w)v = 0 for all w and v_i ≠ 0, then row i is a combination of the others and B ⪰ 0 iff B without row
        and column i is. So a null space of dimension k costs k rows, and no change of basis is needed.
        """
        terms, block, row, col = self.entries()
        n = int(self.sizes.sum())
        # an unknown with one entry in its block, on the diagonal, makes v zero there; a moment matrix is full of them
        at = block * self.map.shape[1] + terms.col
        place = ragged.distinct(at, len(self.sizes) * self.map.shape[1])[1]
        alone = (np.bincount(place) == 1)[place] & (row == col) & (terms.data != 0)
        clear = np.zeros(n, dtype=bool)
        clear[row[alone]] = True
        if clear.all():
            return self
        # N = Σ_w B_w B_w' has the common null space of the coefficient matrices B_w
        off = row != col
        both_row, both_col = np.r_[row, col[off]], np.r_[col, row[off]]
        unknown, value = np.r_[terms.col, terms.col[off]], np.r_[terms.data, terms.data[off]]
        key = np.unique(unknown.astype(np.int64) * n + both_col, return_inverse=True)[1]
        H = sp.coo_array((value, (both_row, key.ravel())), shape=(n, int(key.max(initial=-1)) + 1)).tocsr()
        N = sp.csr_array(H @ H.T)
        label = np.repeat(np.arange(len(self.sizes)), self.sizes)
        start = np.cumsum(self.sizes) - self.sizes
        for size in np.unique(self.sizes[self.sizes > 1]):
            which = np.flatnonzero(self.sizes == size)
            rows = start[which][:, None] + np.arange(size)
            stack = np.stack([N[r[0] : r[-1] + 1, r[0] : r[-1] + 1].toarray() for r in rows])
            scale = np.sqrt(np.maximum(stack[:, np.arange(size), np.arange(size)], 1e-300))
            eigenvalues, vectors = np.linalg.eigh(stack / scale[:, :, None] / scale[:, None, :])
            nullity = (eigenvalues < tolerance).sum(axis=1)
            for k in np.flatnonzero(nullity):
                null = vectors[k][:, : nullity[k]] / scale[k][:, None]
                label[rows[k][_independent_rows(null / np.abs(null).max(axis=0))]] = -1
        return self if (label >= 0).all() else self.select(label)


def _independent_rows(V: NDArray[np.float64]) -> Index:
    """Row indices of a well-conditioned square part of a tall matrix of full column rank."""
    return qr(V.T, mode="r", pivoting=True)[1][: V.shape[1]].astype(np.int64)
