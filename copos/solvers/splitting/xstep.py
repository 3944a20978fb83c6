"""The linear half of the splitting: minimise over x exactly, equations included.

    min ½ x'Hx − q'x   s.t.  F x = f,      H = A'A

as one quasidefinite system, factored once:

    [ H + εI   F' ] [x]   [ q + ε x⁻ ]
    [ F       −εI ] [ν] = [ f − ε ν⁻ ]

The proximal terms with the previous (x⁻, ν⁻) vanish as the iteration settles, so the limit solves the system with
ε = 0; they keep the matrix invertible when rows of F depend on each other or a variable meets no row.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
import scipy.linalg as la
import scipy.sparse as sp
import scipy.sparse.linalg as spla

from copos.solvers.splitting.arrays import HOST, Array, Device, Host
from copos.solvers.splitting.schur import LARGEST, Schur, coupled

PROXIMAL = 1e-9  # relative to the mean diagonal of H
DENSE = 0.3  # share of nonzeros from which a dense inverse is faster than sparse triangular solves


class XStep:
    """Factored system for A (rows of the split cones) and F (equations), columns scaled to unit length."""

    def __init__(self, A: Any, F: Any, arrays: Host | Device = HOST) -> None:
        p, n = F.shape
        self.variables, self.equations, self._xp = n, p, arrays.xp
        self.sign_multipliers = arrays.put(np.zeros(n))
        self._x, self._nu = arrays.put(np.zeros(n)), arrays.put(np.zeros(p))
        H = sp.csc_array(A.T @ A)
        self._epsilon = PROXIMAL * (float(H.diagonal().mean()) or 1.0)
        self._parts = H, F, arrays

    @cached_property
    def _solve(self) -> Callable[[Array], Array]:
        """Factored at its first use: a start in another metric comes before that."""
        H, F, arrays = self._parts
        return _factor(H, F, self.variables, self.equations, self._epsilon, arrays)

    def start(self, x: Array, nu: Array) -> None:
        """Set the previous point (x⁻, ν⁻)."""
        self._x, self._nu = x, nu

    def __call__(self, q: Array, f: Array) -> tuple[Array, Array]:
        """Return (x, ν) for the right-hand sides q and f."""
        right = self._xp.concat([q + self._epsilon * self._x, f - self._epsilon * self._nu])
        both = self._solve(right)
        self._x, self._nu = both[: self.variables], both[self.variables :]
        return self._x, self._nu

    def project(self, q: Array, f: Array) -> tuple[Array, Array]:
        """Return (x, ν) for other right-hand sides, leaving the previous point alone."""
        both = self._solve(self._xp.concat([q, f]))
        return both[: self.variables], both[self.variables :]


def _factor(H: Any, F: Any, n: int, p: int, epsilon: float, arrays: Host | Device) -> Callable[[Array], Array]:
    """Solver of the quasidefinite system: by division, dense or sparse, as the pattern and the device ask for."""
    if not p and H.nnz == np.count_nonzero(H.diagonal()):
        inverse = arrays.put(1.0 / (H.diagonal() + epsilon))
        return lambda right: inverse * right
    K: Any = sp.csc_array(
        sp.block_array([[H + epsilon * sp.eye_array(n), F.T], [F, -epsilon * sp.eye_array(p)]])
        if p
        else H + epsilon * sp.eye_array(n)
    )
    if not arrays.on_host and (rest := coupled(K, n)).sum() <= LARGEST:
        return Schur(K, rest, arrays)
    if arrays.on_host and K.nnz > DENSE * (n + p) ** 2:
        factored = la.lu_factor(K.toarray())
        return lambda right: la.lu_solve(factored, right, check_finite=False)
    factors = spla.splu(K, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.01, options={"SymmetricMode": True})
    return lambda right: arrays.put(factors.solve(*arrays.fetch(right)))
