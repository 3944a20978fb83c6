"""The linear half of the splitting where the variables are separate: equations and signs are met together.

    min ½ x'Dx − q'x   s.t.  F x = f,  x_j ≥ 0 for j ∈ B,        D diagonal

For fixed multipliers ν of the equations every variable stands alone, x(ν) = (q − F'ν)/D, cut off at zero on B. The ν
with F x(ν) = f minimises the convex, once differentiable θ(ν) = ½ x(ν)'D x(ν) + f'ν, which semismooth Newton steps do
in one to three evaluations from the ν of the iteration before. Signs that are split from the equations cost several
times the iterations.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg as la
import scipy.sparse as sp

from copos.conic import Vector
from copos.solvers.xstep import PROXIMAL

STEPS = 40  # Newton steps; a warm start needs one to three
EXACT = 1e-14  # residual of the equations relative to their terms
EQUATIONS = 400  # the Newton matrix is dense, so no more equations than this
FEW = 4  # so few equations are held as a dense matrix whatever their pattern
DENSE_FROM = 0.05  # share of nonzeros from which the equations are held as a dense matrix


class SignedStep:
    """Same calls as `XStep`; `signed` are the variables with x ≥ 0 and `sign_multipliers` their prices."""

    def __init__(self, diagonal: Vector, F: Any, signed: Any) -> None:
        self.signed = signed
        self.equations, self.variables = F.shape
        self._epsilon = PROXIMAL * (float(diagonal.mean()) or 1.0)
        self._D = diagonal + self._epsilon
        dense = F.shape[0] <= FEW or F.nnz > DENSE_FROM * F.shape[0] * F.shape[1]
        self._F = F.toarray() if dense else sp.csr_array(F)
        self._size = abs(self._F)
        self._FT = self._F.T if dense else sp.csr_array(F.T)
        self._lower = np.full(self.variables, -np.inf)
        self._lower[signed] = 0.0
        self._x, self._nu = np.zeros(self.variables), np.zeros(self.equations)
        self.sign_multipliers = np.zeros(len(signed))

    def start(self, x: Vector, nu: Vector) -> None:
        """Set the previous point (x⁻, ν⁻)."""
        self._x, self._nu = x, nu

    def __call__(self, q: Vector, f: Vector) -> tuple[Vector, Vector]:
        """Return (x, ν); x has the signs exactly."""
        q = q + self._epsilon * self._x
        x, nu = self._newton(q, f, self._nu)
        self._x, self._nu = x, nu
        self.sign_multipliers = self._prices(x, nu, q)
        return x, nu

    def project(self, q: Vector, f: Vector) -> tuple[Vector, Vector]:
        """Return (x, ν) for other right-hand sides, leaving the previous point alone."""
        return self._newton(q, f, np.zeros(self.equations))

    def _prices(self, x: Vector, nu: Vector, q: Vector) -> Vector:
        """D x − q + F'ν on B, which is ≥ 0 and is zero where x > 0."""
        at = self.signed
        left = self._D[at] * x[at] - q[at]
        if self.equations:
            left = left + (self._FT @ nu)[at]
        return np.where(x[at] > 0, 0.0, np.maximum(left, 0.0))

    def _newton(self, q: Vector, f: Vector, near: Vector) -> tuple[Vector, Vector]:
        """Minimise θ(ν) + ε/2 |ν − near|², from `near`."""

        def at(nu: Vector) -> tuple[Vector, Vector, float]:
            x = np.maximum((q - self._FT @ nu) / self._D, self._lower) if self.equations else q / self._D
            move = nu - near
            theta = 0.5 * float(x @ (self._D * x)) + float(f @ nu) + 0.5 * self._epsilon * float(move @ move)
            return x, self._F @ x - f - self._epsilon * move, theta

        if not self.equations:
            return np.maximum(q / self._D, self._lower), near
        nu = near
        x, r, theta = at(nu)
        size = np.abs(f) + self._size @ np.abs(x) + 1e-300
        for _ in range(STEPS):
            if (np.abs(r) <= EXACT * size).all():
                break
            step = self._solve(x > self._lower, r)
            slope, length = -float(r @ step), 1.0
            while True:
                moved = nu + length * step
                new = at(moved)
                if new[2] <= theta + 1e-4 * length * slope + 1e-15 * abs(theta) or length < 1e-6:
                    break
                length *= 0.5
            if np.abs(new[1]).max() >= np.abs(r).max() and new[2] >= theta:
                break  # round-off
            nu, (x, r, theta) = moved, new
        return x, nu

    def _solve(self, free: Any, r: Vector) -> Vector:
        """Newton step: (F P D⁻¹ F' + εI)⁻¹ r with P the variables that are not cut off."""
        weight = np.where(free, 1 / self._D, 0.0)
        F = self._F
        if self.equations == 1:
            row = F[0] if isinstance(F, np.ndarray) else F.toarray()[0]
            return r / (float(row * weight @ row) + self._epsilon)
        scaled = F * weight if isinstance(F, np.ndarray) else F @ sp.diags_array(weight)
        J = scaled @ self._FT
        J = np.array(J if isinstance(J, np.ndarray) else J.toarray())
        J[np.diag_indices_from(J)] += self._epsilon * (1 + J.diagonal().max())
        return la.solve(J, r, assume_a="pos", check_finite=False)
