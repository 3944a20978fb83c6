"""Quadratic forms as sparse rows: x'Ax = Σ_{a≤b} f_ab x_a x_b, with f_ab at `svec.position(a, b)`.

The coefficients are those of monomials (f_ab = 2 A_ab off the diagonal), so that rational data stay rational.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from copos import ragged, svec


@dataclass(frozen=True, eq=False)
class Forms:
    """A stack of quadratic forms on R^dim; `rows` is (count, dim(dim+1)/2).

    Examples
    --------
    >>> f = Forms.of([[1.0, 2.0], [2.0, 0.0]])
    >>> f.values([1.0, 3.0]).tolist()
    [13.0]
    """

    dim: int
    rows: sp.csr_array

    def __post_init__(self) -> None:
        if self.rows.shape[1] != svec.length(self.dim):
            raise ValueError(f"forms on R^{self.dim} have {svec.length(self.dim)} columns, not {self.rows.shape[1]}")

    def __len__(self) -> int:
        return self.rows.shape[0]

    @classmethod
    def of(cls, *matrices: ArrayLike | sp.sparray, dim: int | None = None) -> Forms:
        """Forms of symmetric matrices, dense or sparse, all of one order."""
        if not matrices:
            return cls.none(dim or 0)
        return cls.stack([cls._of_one(M, dim) for M in matrices])

    @classmethod
    def _of_one(cls, matrix: ArrayLike | sp.sparray, dim: int | None) -> Forms:
        M = sp.coo_array(matrix)
        if M.ndim != 2 or M.shape[0] != M.shape[1] or (dim is not None and M.shape[0] != dim):
            expected = "square" if dim is None else f"{dim}×{dim}"
            raise ValueError(f"expected a {expected} symmetric matrix, got shape {M.shape}")
        if not np.isfinite(M.data).all():
            raise ValueError("a matrix has an entry that is not finite")
        skew = M - M.T
        if abs(skew).max() > 1e-12 * max(1.0, abs(M).max()):
            raise ValueError(f"matrix is not symmetric: largest |M_ij − M_ji| is {abs(skew).max():.3g}")
        upper = sp.coo_array(sp.triu(M))
        weight = np.where(upper.row == upper.col, 1.0, 2.0)
        return cls.from_terms(
            np.zeros(upper.nnz, dtype=np.int64), upper.row, upper.col, weight * upper.data, 1, M.shape[0]
        )

    @classmethod
    def none(cls, dim: int) -> Forms:
        """No form at all."""
        return cls(dim, sp.csr_array((0, svec.length(dim))))

    @classmethod
    def from_terms(
        cls, row: ArrayLike, a: ArrayLike, b: ArrayLike, coefficient: ArrayLike, count: int, dim: int
    ) -> Forms:
        """Forms from terms: form row[k] gets coefficient[k] · x_{a[k]} x_{b[k]}; equal terms add up."""
        row, position, coefficient = np.broadcast_arrays(row, svec.position(a, b), coefficient)
        data = (coefficient.ravel().astype(float), (row.ravel(), position.ravel()))
        rows = sp.coo_array(data, shape=(count, svec.length(dim))).tocsr()
        rows.eliminate_zeros()
        return cls(dim, rows)

    @staticmethod
    def stack(parts: Iterable[Forms]) -> Forms:
        """All forms of several stacks on the same space."""
        parts = list(parts)
        return Forms(parts[0].dim, sp.csr_array(sp.vstack([p.rows for p in parts], format="csr")))

    def matrix(self, k: int = 0) -> NDArray[np.float64]:
        """Symmetric matrix of form k."""
        M = np.zeros((self.dim, self.dim))
        row, col = svec.triangle(self.dim)
        M[row, col] = self.rows[[k]].toarray()[0] / np.where(row == col, 1.0, 2.0)
        return M + np.triu(M, 1).T

    def values(self, x: ArrayLike) -> NDArray[np.float64]:
        """x'A_k x for every form, at one point (dim,) or at many (points, dim) giving (points, count)."""
        x = np.asarray(x, dtype=float)
        a, b = svec.triangle(self.dim)
        return np.asarray((self.rows @ (x[..., a] * x[..., b]).T).T)

    def inner(self, Y: ArrayLike) -> NDArray[np.float64]:
        """<A_k, Y> for every form and a symmetric matrix Y."""
        a, b = svec.triangle(self.dim)
        return self.rows @ np.asarray(Y, dtype=float)[a, b]

    def combine(self, weights: ArrayLike) -> Forms:
        """The single form Σ weights_k A_k."""
        return Forms(self.dim, sp.csr_array(sp.csr_array(np.asarray(weights, dtype=float)[None, :]) @ self.rows))

    def substitute(self, T: sp.csr_array) -> Forms:
        """The forms in u where x = T u."""
        if T.shape[0] == T.shape[1] and ragged.is_embedding(T):
            return self
        used = np.unique(self.rows.indices)
        a, b = svec.pair(used)
        length = np.diff(T.indptr)
        term, at_a = ragged.expand(T.indptr[a], length[a])
        pair, at_b = ragged.expand(T.indptr[b[term]], length[b[term]])
        at_a, term = at_a[pair], term[pair]
        change = sp.coo_array(
            (T.data[at_a] * T.data[at_b], (term, svec.position(T.indices[at_a], T.indices[at_b]))),
            shape=(len(used), svec.length(T.shape[1])),
        ).tocsr()
        rows = sp.csr_array(self.rows[:, used] @ change)
        rows.eliminate_zeros()
        return Forms(T.shape[1], rows)
