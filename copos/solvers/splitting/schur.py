"""The quasidefinite system of the x-step on a device, whose library has no sparse factors.

Variables that no block couples with others are eliminated by division. The Schur complement of the rest (coupled
variables and equations) is inverted once, and one step of iterative refinement makes up for the inverse.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from copos.solvers.splitting.arrays import Array, Device, Host

LARGEST = 1000  # order up to which the rest is inverted; beyond, sparse factors on the CPU and two transfers do better


def coupled(K: Any, n: int) -> Any:
    """Which rows of K are not separate variables among its first n."""
    out = np.ones(K.shape[0], dtype=bool)
    out[:n] = np.diff(sp.csr_array(K[:n, :n]).indptr) > 1
    return out


class Schur:
    """r ↦ K⁻¹ r, K a sparse symmetric matrix that is diagonal on all but the rows `rest`."""

    def __init__(self, K: Any, rest: Any, arrays: Host | Device) -> None:
        K = sp.csr_array(K)
        alone, rest = np.flatnonzero(~rest), np.flatnonzero(rest)
        d, B = K.diagonal()[alone], sp.csr_array(K[rest][:, alone])
        complement = K[rest][:, rest] - B @ sp.diags_array(1 / d) @ B.T
        self._xp = arrays.xp
        self._inverse = self._xp.linalg.inv(arrays.put(complement.toarray()))
        self._alone, self._rest, self._d = arrays.put(alone), arrays.put(rest), arrays.put(d)
        self._B, self._BT, self._K = arrays.matrix(B), arrays.matrix(B.T), arrays.matrix(K)
        self._place = arrays.put(np.argsort(np.r_[alone, rest]))

    def __call__(self, right: Array) -> Array:
        """Solve for one right-hand side."""
        x = self._once(right)
        return x + self._once(right - self._K @ x)

    def _once(self, right: Array) -> Array:
        xp = self._xp
        q = xp.take(right, self._alone) / self._d
        u = self._inverse @ (xp.take(right, self._rest) - self._B @ q)
        return xp.take(xp.concat([q - (self._BT @ u) / self._d, u]), self._place)
