"""Linear equations and inequalities on a matrix, with names for the common ones."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from copos.support import options
from copos.support.given import real_array
from copos.support.looks import one_line

Matrix = NDArray[np.float64]


@one_line
@dataclass(frozen=True, eq=False)
class MatrixConstraints:
    """low_k ≤ <A_k, W> ≤ high_k for a matrix W; join two sets with `&`.

    Attributes
    ----------
    shape : shape of W, (d_out, d_in) for a network
    rows : (k, d_out·d_in) the matrices A_k row by row
    low, high : (k,) numbers, −inf or inf for none, equal for an equation
    name : for messages and the program's name

    Examples
    --------
    >>> nonnegative = MatrixConstraints.nonnegative((2, 2))
    >>> stochastic = nonnegative & MatrixConstraints.row_sums((2, 2), 1.0)
    >>> round(stochastic.violation(np.array([[0.5, 0.5], [1.5, -0.5]])), 12), stochastic.admits_zero
    (0.5, False)
    """

    shape: tuple[int, int]
    rows: sp.csr_array
    low: Matrix
    high: Matrix
    name: str

    def __post_init__(self) -> None:
        rows, columns = self.shape
        object.__setattr__(self, "shape", (int(rows), int(columns)))  # NumPy's integers are no JSON
        k, size = self.rows.shape
        if size != self.shape[0] * self.shape[1] or self.low.shape != (k,) or self.high.shape != (k,):
            raise ValueError(
                f"{self.name}: {k} rows of length {size} and bounds of shapes {self.low.shape}, {self.high.shape} do "
                f"not fit a matrix of shape {self.shape}"
            )
        if not np.isfinite(self.rows.data).all() or np.isnan(self.low).any() or np.isnan(self.high).any():
            raise ValueError(f"{self.name}: coefficients must be finite and bounds must not be NaN")
        if (self.low > self.high).any() or (self.low == np.inf).any() or (self.high == -np.inf).any():
            raise ValueError(f"{self.name}: some lower bound is above its upper bound, so no matrix satisfies it")

    @classmethod
    def linear(cls, A: ArrayLike, low: ArrayLike = -np.inf, high: ArrayLike = np.inf) -> MatrixConstraints:
        """Low ≤ <A_k, W> ≤ high for A of shape (k, d_out, d_in) or (d_out, d_in).

        >>> MatrixConstraints.linear(np.eye(2), low=1.0, high=1.0).violation(np.eye(2))
        1.0
        """
        A = real_array(A, "A")
        A = A[None] if A.ndim == 2 else A
        if A.ndim != 3 or 0 in A.shape:
            raise ValueError(f"A must have shape (k, d_out, d_in) or (d_out, d_in), got {A.shape}")
        low, high = (_bounds(b, name, (len(A),)) for name, b in (("low", low), ("high", high)))
        return cls((A.shape[1], A.shape[2]), sp.csr_array(A.reshape(len(A), -1)), low, high, "linear")

    @classmethod
    def box(cls, shape: tuple[int, int], low: ArrayLike = -np.inf, high: ArrayLike = np.inf) -> MatrixConstraints:
        """Low ≤ W_ij ≤ high."""
        shape = _shape(shape)
        size = shape[0] * shape[1]
        low, high = (_bounds(b, name, shape).ravel() for name, b in (("low", low), ("high", high)))
        return cls((shape[0], shape[1]), sp.eye_array(size, format="csr"), low, high, "box")

    @classmethod
    def nonnegative(cls, shape: tuple[int, int]) -> MatrixConstraints:
        """W_ij ≥ 0."""
        return cls.box(shape, low=0.0)._named("nonnegative")

    @classmethod
    def zero(cls, mask: ArrayLike) -> MatrixConstraints:
        """W_ij = 0 where the mask is true."""
        mask = np.asarray(mask, dtype=bool)
        if mask.ndim != 2 or not mask.any():
            raise ValueError("the mask must be a matrix with at least one true entry")
        rows = sp.eye_array(mask.size, format="csr")[np.flatnonzero(mask)]
        nothing = np.zeros(rows.shape[0])
        return cls((mask.shape[0], mask.shape[1]), sp.csr_array(rows), nothing, nothing.copy(), "zero pattern")

    @classmethod
    def monotone(cls, shape: tuple[int, int], axis: int = 0, decreasing: bool = False) -> MatrixConstraints:
        """Entries do not decrease (or do not increase) along an axis: W_{i+1,j} ≥ W_ij for axis 0."""
        shape = _shape(shape)
        if axis not in (0, 1) or shape[axis] < 2:
            raise ValueError(f"axis must be 0 or 1 and have two entries or more, got axis {axis} of shape {shape}")
        index = np.arange(int(np.prod(shape))).reshape(shape)
        before, after = (index[:-1], index[1:]) if axis == 0 else (index[:, :-1], index[:, 1:])
        k = np.arange(before.size)
        sign = np.where(decreasing, -1.0, 1.0) * np.ones(len(k))
        data = (np.r_[sign, -sign], (np.r_[k, k], np.r_[after.ravel(), before.ravel()]))
        rows = sp.csr_array(sp.coo_array(data, shape=(len(k), index.size)))
        return cls((shape[0], shape[1]), rows, np.zeros(len(k)), np.full(len(k), np.inf), "monotone")

    @classmethod
    def row_sums(cls, shape: tuple[int, int], value: ArrayLike) -> MatrixConstraints:
        """Σ_j W_ij = value_i."""
        shape = _shape(shape)
        rows = sp.csr_array(sp.kron(sp.eye_array(shape[0]), np.ones((1, shape[1]))))
        value = _bounds(value, "value", shape[:1])
        return cls((shape[0], shape[1]), rows, value, value.copy(), "row sums")

    @property
    def cuts(self) -> bool:
        """Is there an inequality?"""
        return bool((self.low < self.high).any())

    def _named(self, name: str) -> MatrixConstraints:
        return MatrixConstraints(self.shape, self.rows, self.low, self.high, name)

    def __and__(self, other: MatrixConstraints) -> MatrixConstraints:
        """Both sets of constraints."""
        if self.shape != other.shape:
            raise ValueError(f"constraints on matrices of shapes {self.shape} and {other.shape} cannot be joined")
        rows = sp.csr_array(sp.vstack([self.rows, other.rows]))
        low, high = np.r_[self.low, other.low], np.r_[self.high, other.high]
        return MatrixConstraints(self.shape, rows, low, high, f"{self.name}, {other.name}")

    def violation(self, W: ArrayLike) -> float:
        """Largest amount by which a bound is missed, 0 if none is."""
        value = self.rows @ np.asarray(W, dtype=float).ravel()
        return float(max(np.max(self.low - value, initial=0.0), np.max(value - self.high, initial=0.0)))

    @property
    def admits_zero(self) -> bool:
        """Does W = 0 satisfy all?"""
        return bool((self.low <= 0).all() and (self.high >= 0).all())

    @property
    def homogeneous(self) -> bool:
        """Are all finite bounds zero, so that cW is feasible with W for c ≥ 0?"""
        bounds = np.r_[self.low, self.high]
        return bool((bounds[np.isfinite(bounds)] == 0).all())

    @property
    def equations(self) -> tuple[sp.csr_array, Matrix]:
        """(A, b) with A vec W = b."""
        same = self.low == self.high
        return sp.csr_array(self.rows[np.flatnonzero(same)]), self.low[same]

    @property
    def inequalities(self) -> tuple[sp.csr_array, Matrix]:
        """(A, b) with A vec W ≥ b."""
        below = np.flatnonzero((self.low != self.high) & np.isfinite(self.low))
        above = np.flatnonzero((self.low != self.high) & np.isfinite(self.high))
        return sp.csr_array(sp.vstack([self.rows[below], -self.rows[above]])), np.r_[self.low[below], -self.high[above]]

    @property
    def norm_square(self) -> Fraction | None:
        """R² with ‖W‖_F ≤ R for all feasible W, from bounds on single entries; None if some entry has none."""
        low: dict[int, Fraction] = {}
        high: dict[int, Fraction] = {}
        for k in np.flatnonzero(np.diff(self.rows.indptr) == 1).tolist():
            at, c = int(self.rows.indices[self.rows.indptr[k]]), Fraction(float(self.rows.data[self.rows.indptr[k]]))
            ends = [None if np.isinf(b) else Fraction(float(b)) / c for b in (self.low[k], self.high[k])]
            below, above = ends if c > 0 else ends[::-1]
            if below is not None:
                low[at] = max(below, low.get(at, below))
            if above is not None:
                high[at] = min(above, high.get(at, above))
        size = range(self.rows.shape[1])
        if any(k not in low or k not in high for k in size):
            return None
        return sum((max(abs(low[k]), abs(high[k])) ** 2 for k in size), Fraction(0))


def _shape(shape: Any) -> tuple[int, int]:
    """Two integers ≥ 1."""
    if not isinstance(shape, (tuple, list)) or len(shape) != 2:
        raise ValueError(f"shape must be (d_out, d_in), got {shape!r}")
    return options.count(shape[0], "d_out", 1), options.count(shape[1], "d_in", 1)


def _bounds(value: ArrayLike, name: str, shape: tuple[int, ...]) -> Matrix:
    """One number for all, or one each; ±∞ for none."""
    found = real_array(value, name, infinite=True)
    if found.ndim > len(shape) or any(k not in (1, m) for k, m in zip(found.shape[::-1], shape[::-1], strict=False)):
        raise ValueError(f"{name} has shape {found.shape}; expected a number, or an array of shape {shape}")
    return np.array(np.broadcast_to(found, shape))
