"""The linear half of the splitting where the variables are separate: equations and signs are met together.

    min ½ x'Dx − q'x   s.t.  F x = f,  x_j ≥ 0 for j ∈ B,        D diagonal

For fixed multipliers ν of the equations every variable stands alone, x(ν) = (q − F'ν)/D, cut off at zero on B. The ν
with F x(ν) = f minimises the convex, once differentiable θ(ν) = ½ x(ν)'D x(ν) + f'ν, which semismooth Newton steps do
in one to three evaluations from the ν of the iteration before. Signs that are split from the equations cost several
times the iterations.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.linalg as la
import scipy.sparse as sp

from copos.arithmetic.ragged import expand
from copos.solvers.splitting.arrays import HOST, Array, Device, Host
from copos.solvers.splitting.xstep import PROXIMAL

STEPS = 40  # Newton steps; a warm start needs one to three
EXACT = 1e-14  # residual of the equations relative to their terms
EQUATIONS = 400  # the Newton matrix is dense, so no more equations than this
FEW = 4  # so few equations are held as a dense matrix whatever their pattern
DENSE_FROM = 0.05  # share of nonzeros from which the equations are held as a dense matrix


class SignedStep:
    """Same calls as `XStep`; `signed` are the variables with x ≥ 0 and `sign_multipliers` the prices, 0 elsewhere.

    The multipliers of the equations are few, so the Newton steps are computed on the CPU; x stays where it is.
    """

    def __init__(self, diagonal: Any, F: Any, signed: Any, arrays: Host | Device = HOST) -> None:
        self.equations, self.variables = F.shape
        self._arrays, self._xp = arrays, arrays.xp
        self._epsilon = PROXIMAL * (float(diagonal.mean()) or 1.0)
        self._D = arrays.put(diagonal + self._epsilon)
        self._most = F.multiply(F) @ (1 / (diagonal + self._epsilon))  # diagonal of F D⁻¹ F'
        if F.shape[0] <= FEW or F.nnz > DENSE_FROM * F.shape[0] * F.shape[1]:
            self._F, self._size = arrays.put(F.toarray()), arrays.put(abs(F.toarray()))
            self._FT = self._F.T
            self._weighted = _weighted_dense(self._F)
        else:
            self._F, self._size = arrays.matrix(sp.csr_array(F)), arrays.matrix(sp.csr_array(abs(F)))
            self._FT = arrays.matrix(sp.csr_array(F.T))
            self._weighted = _weighted_sparse(F, arrays)
        lower = np.full(self.variables, -np.inf)
        lower[signed] = 0.0
        self._lower, self._signed = arrays.put(lower), arrays.put(lower == 0.0)
        self._x, self._nu = arrays.put(np.zeros(self.variables)), arrays.put(np.zeros(self.equations))
        self.sign_multipliers = arrays.put(np.zeros(self.variables))

    def start(self, x: Array, nu: Array) -> None:
        """Set the previous point (x⁻, ν⁻)."""
        self._x, self._nu = x, nu

    def __call__(self, q: Array, f: Array) -> tuple[Array, Array]:
        """Return (x, ν); x has the signs exactly."""
        q = q + self._epsilon * self._x
        x, nu = self._newton(q, f, self._nu)
        self._x, self._nu = x, nu
        self.sign_multipliers = self._prices(x, nu, q)
        return x, nu

    def project(self, q: Array, f: Array) -> tuple[Array, Array]:
        """Return (x, ν) for other right-hand sides, leaving the previous point alone."""
        return self._newton(q, f, self._xp.zeros_like(self._nu))

    def _prices(self, x: Array, nu: Array, q: Array) -> Array:
        """D x − q + F'ν on B, which is ≥ 0 and is zero where x > 0."""
        xp = self._xp
        left = self._D * x - q
        if self.equations:
            left = left + self._FT @ nu
        return xp.where(self._signed & (x <= 0), xp.maximum(left, 0.0), 0.0)

    def _newton(self, q: Array, f: Array, near: Array) -> tuple[Array, Array]:
        """Minimise θ(ν) + ε/2 |ν − near|², from `near`."""
        xp, put, fetch = self._xp, self._arrays.put, self._arrays.fetch
        if not self.equations:
            return xp.maximum(q / self._D, self._lower), near
        f, near = fetch(f, near)

        def at(nu: Any) -> tuple[Array, Any, float]:
            x = xp.maximum((q - self._FT @ put(nu)) / self._D, self._lower)
            Fx, energy = fetch(self._F @ x, x @ (self._D * x))
            move = nu - near
            theta = 0.5 * float(energy) + float(f @ nu) + 0.5 * self._epsilon * float(move @ move)
            return x, Fx - f - self._epsilon * move, theta

        nu = near
        x, r, theta = at(nu)
        (terms,) = fetch(self._size @ xp.abs(x))
        size, damping = np.abs(f) + terms + 1e-300, 0.0
        for _ in range(STEPS):
            if (np.abs(r) <= EXACT * size).all():
                break
            step = self._solve(x > self._lower, r, damping)
            slope, length = -float(r @ step), 1.0
            while True:
                moved = nu + length * step
                new = at(moved)
                if new[2] <= theta + 1e-4 * length * slope + 1e-15 * abs(theta) or length < 1e-6:
                    break
                length *= 0.5
            if length < 1e-6 and damping < 1:  # θ is flat to second order where equations lost all their variables
                damping = max(100 * damping, 1e-4)
                continue
            damping = 0.01 * damping if damping > 1e-8 else 0.0
            if np.abs(new[1]).max() >= np.abs(r).max() and new[2] >= theta:
                break  # round-off
            nu, (x, r, theta) = moved, new
        return x, put(nu)

    def _solve(self, free: Array, r: Any, damping: float) -> Any:
        """Newton step: (F P D⁻¹ F' + εI + damping)⁻¹ r with P the variables that are not cut off."""
        (J,) = self._arrays.fetch(self._weighted(self._xp.where(free, 1 / self._D, 0.0)))
        J = np.array(J).reshape(self.equations, self.equations)
        J[np.diag_indices_from(J)] += damping * self._most
        if self.equations == 1:
            return r / (J[0] + self._epsilon)
        J[np.diag_indices_from(J)] += self._epsilon * (1 + J.diagonal().max())
        return la.solve(J, r, assume_a="pos", check_finite=False)


def _weighted_dense(F: Array) -> Callable[[Array], Array]:
    """The map w ↦ F diag(w) F' for a dense F."""
    if F.shape[0] == 1:
        return lambda weight: (F[0, :] * weight) @ F[0, :]
    return lambda weight: (F * weight) @ F.T


def _weighted_sparse(F: Any, arrays: Host | Device) -> Callable[[Array], Array]:
    """The same for a sparse F, as one sparse matrix that takes w to the entries: ten times faster than to multiply."""
    columns = sp.csr_array(F.T)  # by variables
    count = np.diff(columns.indptr)
    left, right = expand(np.repeat(columns.indptr[:-1], count), np.repeat(count, count))  # pairs of one variable
    entries = columns.indices[left].astype(np.int64) * F.shape[0] + columns.indices[right]
    variable = np.repeat(np.arange(F.shape[1]), count)[left]
    data = columns.data[left] * columns.data[right]
    table = arrays.matrix(sp.csr_array((data, (entries, variable)), shape=(F.shape[0] ** 2, F.shape[1])))
    return lambda weight: table @ weight
