"""Quadratic forms as sparse rows: x'Ax = Σ_{a≤b} f_ab x_a x_b, with f_ab at `svec.position(a, b)`.

The coefficients are those of monomials (f_ab = 2 A_ab off the diagonal), so that rational data stay rational.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from copos.arithmetic import ragged, svec
from copos.arithmetic.rationals import RationalRows, exact_array, nearest, summed
from copos.support.given import numbers
from copos.support.looks import one_line


@one_line
@dataclass(frozen=True, eq=False)
class Forms:
    """A stack of quadratic forms on R^dim; `rows` is (count, dim(dim+1)/2).

    `exact` holds the coefficients as rationals where they are not doubles; `rows` are then the nearest doubles.

    Examples
    --------
    >>> f = Forms.of([[1.0, 2.0], [2.0, 0.0]])
    >>> f.values([1.0, 3.0]).tolist()
    [13.0]
    """

    dim: int
    rows: sp.csr_array
    exact: RationalRows | None = None

    def __post_init__(self) -> None:
        if self.rows.shape[1] != svec.length(self.dim):
            raise ValueError(f"forms on R^{self.dim} have {svec.length(self.dim)} columns, not {self.rows.shape[1]}")
        if self.exact is not None and len(self.exact) != self.rows.shape[0]:
            raise ValueError(f"{self.rows.shape[0]} forms need as many exact rows, got {len(self.exact)}")

    @classmethod
    def of_rationals(cls, dim: int, exact: RationalRows) -> Forms:
        """Forms with rational coefficients, which are kept unless they are all doubles.

        >>> from fractions import Fraction
        >>> third = Forms.of_rationals(1, RationalRows(1, ({0: Fraction(1, 3)},)))
        >>> third.rows.data.tolist(), third.rationals().rows[0][0]
        ([0.3333333333333333], Fraction(1, 3))
        """
        doubles = all(nearest(c) == c for row in exact.rows for c in row.values())
        return cls(dim, exact.floats(), None if doubles else exact)

    def rationals(self) -> RationalRows:
        """The coefficients, exactly."""
        return RationalRows.of(self.rows) if self.exact is None else self.exact

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
        if not sp.issparse(matrix):
            matrix = _table(matrix)
            exact = exact_array(matrix)
            if exact is not None:
                return cls._of_rational_matrix(exact, dim)
        elif (kind := getattr(matrix, "dtype", np.dtype("O"))).kind not in "biuf":
            raise ValueError(f"expected a symmetric matrix of real numbers, got entries of type {kind}")
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
    def _of_rational_matrix(cls, M: NDArray[Any], dim: int | None) -> Forms:
        if M.ndim != 2 or M.shape[0] != M.shape[1] or (dim is not None and M.shape[0] != dim):
            expected = "square" if dim is None else f"{dim}×{dim}"
            raise ValueError(f"expected a {expected} symmetric matrix, got shape {M.shape}")
        if (M != M.T).any():
            i, j = (int(k[0]) for k in np.nonzero(M != M.T))
            raise ValueError(f"matrix is not exactly symmetric: {M[i, j]} at ({i}, {j}), {M[j, i]} at ({j}, {i})")
        row, col = np.triu_indices(len(M))
        weight = np.where(row == col, 1, 2).astype(object)
        return cls.from_terms(0 * row, row, col, weight * M[row, col], 1, len(M))

    @classmethod
    def none(cls, dim: int) -> Forms:
        """No form at all."""
        return cls(dim, sp.csr_array((0, svec.length(dim))))

    @classmethod
    def from_terms(
        cls, row: ArrayLike, a: ArrayLike, b: ArrayLike, coefficient: ArrayLike, count: int, dim: int
    ) -> Forms:
        """Forms from terms: form row[k] gets coefficient[k] · x_{a[k]} x_{b[k]}; equal terms add up.

        An array of Fractions or Decimals as coefficients is kept exactly.
        """
        row, position, coefficient = np.broadcast_arrays(row, svec.position(a, b), coefficient)
        exact = exact_array(coefficient)
        if exact is not None:
            r, p, c = (part.ravel().tolist() for part in (row, position, exact))
            return cls.of_rationals(dim, RationalRows.from_terms(r, p, c, count, svec.length(dim)))
        data = (coefficient.ravel().astype(float), (row.ravel(), position.ravel()))
        rows = sp.coo_array(data, shape=(count, svec.length(dim))).tocsr()
        rows.eliminate_zeros()
        return cls(dim, rows)

    @staticmethod
    def stack(parts: Iterable[Forms]) -> Forms:
        """All forms of several stacks on the same space."""
        parts = list(parts)
        rows = sp.csr_array(sp.vstack([p.rows for p in parts], format="csr"))
        if all(p.exact is None for p in parts):
            return Forms(parts[0].dim, rows)
        exact = RationalRows(rows.shape[1], tuple(row for p in parts for row in p.rationals().rows))
        return Forms(parts[0].dim, rows, exact)

    def plus(self, other: Forms, factor: int = 1) -> Forms:
        """A_k + factor·B_k, form by form."""
        if self.exact is None and other.exact is None:
            return Forms(self.dim, sp.csr_array(self.rows + factor * other.rows))
        pairs = zip(self.rationals().rows, other.rationals().rows, strict=True)
        rows = tuple(summed([*p.items(), *((at, factor * c) for at, c in q.items())]) for p, q in pairs)
        return Forms.of_rationals(self.dim, RationalRows(svec.length(self.dim), rows))

    def rounded(self) -> Forms:
        """The doubles alone, for a solver."""
        return self if self.exact is None else Forms(self.dim, self.rows)

    def take(self, which: ArrayLike) -> Forms:
        """Some of the forms, in the order given."""
        which = np.asarray(which, dtype=np.int64)
        exact = None if self.exact is None else self.exact.take(which.tolist())
        return Forms(self.dim, sp.csr_array(self.rows[which]), exact)

    def widened(self, dim: int) -> Forms:
        """The same forms in more coordinates; positions in a triangle do not depend on its order."""
        width = svec.length(dim)
        rows = sp.csr_array((self.rows.data, self.rows.indices, self.rows.indptr), (len(self), width))
        return Forms(dim, rows, None if self.exact is None else RationalRows(width, self.exact.rows))

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
        """The single form Σ weights_k A_k, exactly where the forms are kept exactly."""
        # over the columns that occur: a product with all of them takes memory for dim² / 2
        used, place = np.unique(self.rows.indices, return_inverse=True)
        weight = np.repeat(np.asarray(weights, dtype=float), np.diff(self.rows.indptr))
        total = np.bincount(place.ravel(), weights=weight * self.rows.data, minlength=len(used))
        rows = sp.csr_array((total, used, [0, len(used)]), shape=(1, self.rows.shape[1]))
        rows.eliminate_zeros()
        if self.exact is None:
            return Forms(self.dim, rows)
        row = self.exact.combine(np.asarray(weights).tolist())
        return Forms(self.dim, rows, RationalRows(self.exact.columns, (row,)))

    def substitute(self, T: sp.csr_array) -> Forms:
        """The forms in u where x = T u, exactly where the forms are kept exactly; T is taken at its doubles."""
        if T.shape[0] == T.shape[1] and ragged.is_embedding(T):
            return self
        if self.exact is not None:
            return Forms.of_rationals(T.shape[1], substituted(self.exact, RationalRows.of(T)))
        used = np.unique(self.rows.indices)
        a, b = svec.pair(used)
        length = np.diff(T.indptr)
        term, at_a = ragged.expand(T.indptr[a], length[a])
        pair, at_b = ragged.expand(T.indptr[b[term]], length[b[term]])
        at_a, term = at_a[pair], term[pair]
        # over the columns that occur: a product with all of them takes memory for dim² / 2
        columns, place = np.unique(svec.position(T.indices[at_a], T.indices[at_b]), return_inverse=True)
        change = sp.coo_array((T.data[at_a] * T.data[at_b], (term, place.ravel())), shape=(len(used), len(columns)))
        rows = sp.csr_array(self.rows[:, used] @ change.tocsr())
        rows.eliminate_zeros()
        shape = (len(self), svec.length(T.shape[1]))
        rows = sp.csr_array((rows.data, columns[rows.indices], rows.indptr), shape=shape)
        return Forms(T.shape[1], rows)


def substituted(forms: RationalRows, T: RationalRows) -> RationalRows:
    """Quadratic forms over x as forms over u, x = T u, in rational arithmetic."""
    n, out = T.columns, []
    used = sorted({at for row in forms.rows for at in row})
    pairs = dict(zip(used, zip(*(part.tolist() for part in svec.pair(used)), strict=True), strict=True))
    for row in forms.rows:
        terms = []
        for at, c in row.items():
            a, b = pairs[at]
            for p, s in T.rows[a].items():
                for q, t in T.rows[b].items():
                    low, high = (p, q) if p <= q else (q, p)
                    terms.append((low + high * (high + 1) // 2, c * s * t))
        out.append(summed(terms))
    return RationalRows(svec.length(n), tuple(out))


def _table(matrix: Any) -> NDArray[Any]:
    """A matrix of real numbers as an array."""
    try:
        table = numbers(matrix, "the matrix")
    except ValueError as error:
        raise ValueError(f"expected a symmetric matrix of real numbers: {error}") from None
    if table.dtype.kind not in "biufO" or table.ndim != 2:
        got = f"an array of shape {table.shape} and type {table.dtype}"
        raise ValueError(f"expected a symmetric matrix of real numbers, got {got}")
    return table
