"""The coordinates u = (u_0, u_ik) of m facilities at m locations, and the range {u : Σ_k u_ik = u_0 = Σ_i u_ik}."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import scipy.linalg as la
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Frame:
    """Of m facilities.

    >>> frame(3).V.shape
    (10, 5)
    """

    m: int

    @property
    def size(self) -> int:
        """N = m² + 1 coordinates."""
        return self.m**2 + 1

    @cached_property
    def at(self) -> NDArray[np.int64]:
        """(m, m) the coordinate of facility i at location k."""
        return 1 + np.arange(self.m**2).reshape(self.m, self.m)

    @cached_property
    def V(self) -> Matrix:
        """(N, (m − 1)² + 1), orthonormal: the mean of all assignments, and differences in rows and in columns."""
        m = self.m
        W = la.qr(np.vstack([np.ones((1, m - 1)), -np.eye(m - 1)]), mode="economic")[0] if m > 1 else np.zeros((1, 0))
        mean = np.r_[1.0, np.full(m * m, 1.0 / m)][:, None] / np.sqrt(2.0)
        return np.hstack([mean, np.vstack([np.zeros((1, (m - 1) ** 2)), np.kron(W, W)])], dtype=np.float64)

    @cached_property
    def rows(self) -> Matrix:
        """(N, 2m) the equations Σ_k u_ik − u_0, then Σ_i u_ik − u_0."""
        one, each = np.ones((self.m, 1)), np.eye(self.m)
        sums = np.hstack([np.kron(each, one), np.kron(one, each)])
        return np.vstack([-np.ones((1, 2 * self.m)), sums], dtype=np.float64)

    @cached_property
    def project(self) -> Matrix:
        """(N'N)⁺ of the equations N."""
        return la.pinv(self.rows.T @ self.rows)

    @cached_property
    def zero(self) -> NDArray[np.bool_]:
        """(N, N) where u_au_b = 0: two locations of a facility, two facilities at a location."""
        one, each = np.ones((self.m, self.m), dtype=bool), np.eye(self.m, dtype=bool)
        out = np.zeros((self.size, self.size), dtype=bool)
        out[1:, 1:] = (np.kron(each, one) | np.kron(one, each)) & ~np.eye(self.m**2, dtype=bool)
        return out


@lru_cache(maxsize=64)
def frame(m: int) -> Frame:
    """Made once for every m."""
    return Frame(m)
