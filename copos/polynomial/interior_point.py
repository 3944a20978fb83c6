"""A primal-dual interior-point method for one output: few steps whatever β is, each the price of one Cholesky factor.

    primal   min Σ ℓ(ŷ) + β Σ <E, Z_gs>,   ŷ = Σ s·A_g(Z_gs) + b,  <J, Z_gs> = 0,  Z_gs ⪰ 0       (pools g, signs s)
    dual     max −ℓ*(ν),   S_gs = βE + δ_gsJ + s·A_g*(ν) ⪰ 0,   low ≤ ν ≤ high                    (and Σν = 0)

Nesterov–Todd scaling, Mehrotra's predictor and corrector, one length of step for both sides. With W = RR' the scaling
point of a pair, dZ = RQR' − W dS W, and the normal equations in dν have the matrix D + Σ A(W⊗W)A'
(`copos.polynomial.normal_equations`), D the curvature of ℓ* and of the barrier of the bounds on ν. The start is a ν
well inside its bounds, for which β may have to be raised; it falls to its own value with the steps. At every β̂ ≥ β the
multiplier βν/β̂ is feasible, so that every iterate gives a lower bound; the last is evaluated again by the bound on the
sphere.

References: [ToddTohTutuncu1998], [Mehrotra1992].
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.losses.convex import Interval
from copos.polynomial.moments import Quadratic
from copos.polynomial.normal_equations import Rows

Array = NDArray[Any]
CORRECTIONS = 2
INSIDE = 0.03  # of the way from 0 to the middle of its bounds, where a multiplier starts; few are large at the end
SIGNS = np.array([1.0, -1.0])


@dataclass(frozen=True, eq=False)
class Center:
    """Where the method ended: Z (G, 2, k, k), multiplier ν (n,), intercept b, relative gap that it saw, steps."""

    Z: Array
    nu: Array
    b: float
    gap: float
    steps: int


@dataclass(frozen=True, eq=False)
class Problem:
    """One output: rows of A, the loss on them (one column, no proximal term), β and what the cone looks like."""

    rows: Rows
    loss: Interval | Quadratic
    beta: float
    pools: int
    order: int
    lifted: bool
    intercept: bool
    offset: float = 0.0  # of the loss, from compression


def _symmetric(M: Array) -> Array:
    return 0.5 * (M + M.swapaxes(-1, -2))


def _inner(A: Array, B: Array) -> Array:
    return np.einsum("...ij,...ij->...", A, B)


class _Iteration:
    """The state, its residuals and one step."""

    def __init__(self, problem: Problem):
        self.p = p = problem
        k, G = p.order, p.pools
        self.E, self.J = np.eye(k), np.zeros((k, k))
        if p.lifted:
            self.E = np.zeros((k, k))
            self.E[-1, -1] = 1.0
            self.J = np.diag(np.append(np.ones(k - 1), -1.0))
        self.y, self.kappa, low, high = (v[:, 0] for v in (p.loss.Y, p.loss.kappa, p.loss.low, p.loss.high))
        # a bound is t = end − eν ≥ 0 with e = 1 above and −1 below, and a multiplier m ≥ 0
        up, down = np.flatnonzero(np.isfinite(high)), np.flatnonzero(np.isfinite(low))
        self.at, self.e = np.r_[up, down], np.r_[np.ones(len(up)), -np.ones(len(down))]
        self.end = np.r_[high[up], -low[down]]
        self.count = 2 * G * k + len(self.at)
        # a ν inside its bounds, and β raised until it is well inside the cone: β falls with the steps, and at every β
        # ν·(the true one/β) is feasible. δ balances the trace of S⁻¹ at ν = 0
        unit = (k - 1) / k if p.lifted else 0.0
        root = 1 / np.sqrt(np.diagonal(self.E + unit * self.J))
        self.nu, self.b, self.expected = INSIDE * _inside(low, high), 0.0, np.inf
        size = float(np.abs(np.linalg.eigvalsh(root[:, None] * p.rows.forms(self.nu) * root)).max())
        self.beta = max(p.beta, 2 * size)
        self.delta = np.full((G, 2), self.beta * unit)
        self.S = self.slack(self.nu, self.delta) + self.beta * self.E
        self.t = self.end - self.e * self.nu[self.at]
        mu = max(p.loss.value(np.zeros_like(p.loss.Y)) + p.offset, 1e-300) / self.count
        mu *= 1.0 if self.beta == p.beta else 10.0  # a start that is far from feasible wants room
        center = np.linalg.inv(self.beta * (self.E + unit * self.J))
        self.Z, self.m = np.tile(mu * center, (G, 2, 1, 1)), mu / self.t

    def slack(self, nu: Array, delta: Array) -> Array:
        """S − βE."""
        return delta[..., None, None] * self.J + SIGNS[:, None, None] * self.p.rows.forms(nu)[:, None]

    def net(self, M: Array) -> Array:
        """Predictions of Z_+ − Z_−."""
        return self.p.rows.respond(M[:, 0] - M[:, 1])

    def spread(self, values: Array) -> Array:
        """Sum of e·values over the bounds of each entry."""
        return np.bincount(self.at, self.e * values, len(self.nu)) if len(self.at) else np.zeros_like(self.nu)

    def gap(self) -> float:
        """Relative gap of the present pair, whose primal side is feasible up to <J, Z> = 0.

        Residuals of samples at a kink, which near the end come from rounding and not from the start, cost more than
        the gap: then the loss is that of the predictions that belong to the multipliers, for
        `copos.polynomial.interpolation` meets them.
        """
        p, F = self.p, self.net(self.Z) + self.b * self.p.rows.constant
        self.residual = F - self.y - p.loss.bend(self.nu[:, None])[:, 0] - self.spread(self.m)
        size = float(np.linalg.norm(self.residual))
        self.expected = size if np.isinf(self.expected) else self.expected
        if len(self.at) and size > 10 * self.expected:
            F = np.where(self.kappa == 0, F - self.residual, F)
        primal = p.loss.value(F[:, None]) + p.offset + p.beta * float(np.sum(_inner(self.E, self.Z)))
        dual = p.loss.dual(self.nu[:, None] * (p.beta / self.beta), 1.0)[1] + p.offset
        self.mu = (float(np.sum(_inner(self.Z, self.S))) + float(self.m @ self.t)) / self.count
        return abs(primal - dual) / max(primal, 1e-300)

    def scale(self) -> None:
        """Nesterov–Todd scaling and the factor of the normal equations; LinAlgError at the end of precision."""
        p, Lz, Ls = self.p, np.linalg.cholesky(self.Z), np.linalg.cholesky(self.S)
        _, self.lam, right = np.linalg.svd(Ls.swapaxes(2, 3) @ Lz)
        self.R = Lz @ right.swapaxes(2, 3) / np.sqrt(self.lam)[..., None, :]
        curvature = self.kappa.copy()
        np.add.at(curvature, self.at, self.m / self.t)
        self.solve = p.rows.factor(self.R, curvature)
        border = []
        if p.lifted:
            W = self.R @ self.R.swapaxes(2, 3)
            WJW = W @ self.J @ W
            for g in range(p.pools):
                for s in range(2):
                    only = np.zeros((p.pools, p.order, p.order))
                    only[g] = SIGNS[s] * WJW[g, s]
                    border.append(p.rows.respond(only))
        corner = _inner(self.J, WJW).ravel() if p.lifted else np.zeros(0)
        if p.intercept:
            border.append(-p.rows.constant)
            corner = np.append(corner, 0.0)
        self.border = np.column_stack(border) if border else np.zeros((len(self.nu), 0))
        self.solved = self.solve(self.border) if border else self.border
        self.schur = np.diag(corner) - self.border.T @ self.solved

    def direction(self, Q: Array, q: Array):
        """dν, dδ, db and the scaled dS, dZ, then dt, dm, with dZ + dS = Q in the scaled space and t dm + m dt = q."""
        p, fall = self.p, (self.p.beta - self.beta) * (self.R.swapaxes(2, 3) @ self.E @ self.R)
        RQR = self.R @ (Q - fall) @ self.R.swapaxes(2, 3)
        right = self.solve(self.residual + self.net(RQR) - self.spread(q / self.t))
        lower = (_inner(self.J, self.Z) + _inner(self.J, RQR)).ravel() if p.lifted else np.zeros(0)
        if p.intercept:
            lower = np.append(lower, float(p.rows.constant @ self.nu))
        extra = np.linalg.solve(self.schur, lower - self.border.T @ right) if len(lower) else lower
        dnu = right - self.solved @ extra
        ddelta = extra[: 2 * p.pools].reshape(p.pools, 2) if p.lifted else np.zeros_like(self.delta)
        dS = fall + _symmetric(self.R.swapaxes(2, 3) @ self.slack(dnu, ddelta) @ self.R)
        dt = -self.e * dnu[self.at]
        return dnu, ddelta, float(extra[-1]) if p.intercept else 0.0, dS, Q - dS, dt, (q - self.m * dt) / self.t

    def length(self, dS: Array, dZ: Array, dt: Array, dm: Array) -> float:
        """How far both sides stay in their cones."""
        root = 1 / np.sqrt(self.lam)
        root = root[..., :, None] * root[..., None, :]
        lowest = min(float(np.linalg.eigvalsh(M * root)[..., 0].min()) for M in (dS, dZ))
        lowest = min(lowest, *(float((d / v).min(initial=0.0)) for d, v in ((dt, self.t), (dm, self.m))))
        return min(1.0, -1.0 / lowest) if lowest < 0 else 1.0

    def advance(self) -> float:
        """One predictor-corrector step; its length."""
        lam, k = self.lam, self.p.order
        Q, diagonal = np.zeros_like(self.Z), range(k)
        Q[..., diagonal, diagonal] = -lam
        *_, dS, dZ, dt, dm = self.direction(Q, -self.t * self.m)
        sigma = (1 - self.length(dS, dZ, dt, dm)) ** 3
        found, length = None, 0.0
        # by the second order of the direction, then of the corrected one: cheap beside a factor
        for _ in range(CORRECTIONS):
            Q = -_symmetric(dS @ dZ)
            Q[..., diagonal, diagonal] += sigma * self.mu - lam**2
            Q *= 2 / (lam[..., :, None] + lam[..., None, :])
            corrected = self.direction(Q, sigma * self.mu - self.t * self.m - dt * dm)
            *_, dS, dZ, dt, dm = corrected
            reach = self.length(dS, dZ, dt, dm)
            if found is not None and reach < length + 0.02:
                break
            found, length = corrected, reach
        assert found is not None
        dnu, ddelta, db, dS, dZ, dt, dm = found
        step = min(1.0, 0.98 * length)
        self.nu, self.delta, self.b = self.nu + step * dnu, self.delta + step * ddelta, self.b + step * db
        self.Z = _symmetric(self.Z + step * (self.R @ dZ @ self.R.swapaxes(2, 3)))
        self.beta += step * (self.p.beta - self.beta)
        self.expected *= 1 - step  # of the residual in exact arithmetic
        self.S = self.slack(self.nu, self.delta) + self.beta * self.E
        self.t, self.m = self.end - self.e * self.nu[self.at], self.m + step * dm
        return step


def _inside(low: Array, high: Array) -> Array:
    """The middle of every interval; a unit of the other bounds inside a half-line, 0 on the line."""
    bounded = np.isfinite(low) & np.isfinite(high)
    middle = 0.5 * (np.where(bounded, low, 0.0) + np.where(bounded, high, 0.0))
    return np.where(bounded, middle, np.where(np.isfinite(high), high - 1.0, np.where(np.isfinite(low), low + 1.0, 0)))


def interior_point(
    problem: Problem, tolerance: float, deadline: float = np.inf, most: int = 60, progress: bool = False
):
    """Steps until the relative gap is `tolerance`, precision or time is at its end; the best pair on the way.

    Parameters
    ----------
    problem : Problem
    tolerance : relative gap of the pair (Z, ν)
    deadline : value of `time.perf_counter` beyond which no step is expected to end

    Returns
    -------
    Center
    """
    at, best, longest, last = _Iteration(problem), None, 0.0, time.perf_counter()
    for step in range(most):
        gap = at.gap()
        if progress:
            print(f"{step:4d} interior gap={gap:.2e} μ={at.mu:.1e} residual={np.linalg.norm(at.residual):.1e}")
        if best is None or gap < best.gap:
            best = Center(at.Z, at.nu, at.b, gap, step)
        elif not gap < 1e3 * best.gap:
            break
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
        if gap <= tolerance or now + longest > deadline:  # a step takes as long as the one before
            break
        try:
            at.scale()
            if at.advance() < 1e-3:
                break
        except np.linalg.LinAlgError:
            break
    assert best is not None
    return best
