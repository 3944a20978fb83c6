"""Trust-region Newton steps on the factor V, with the one constraint per block kept exactly.

    min  f(Σ ±v'M_iv + intercept) + β Σ_blocks <E, VV'>   s.t.  <J, VV'> = |U|² − |w|² = 0 per block

(E picks the last entry, J = diag(I, −1); without a linear term E is I and there is no constraint). The gradient of a
block is 2(±S(ν) + βE + δJ)V with ν = ∇f, and the Hessian of the Lagrangian is 2(±S + βE + δJ) on every column plus
the Gauss–Newton part of f. Steps come from conjugate gradients in a trust region (Steihaug), tangent to the
constraints, preconditioned by the same matrix assembled for each output from some of the samples and with the
negative part of the slack removed; with all samples that is a direct Newton step. After a step the
blocks are rescaled to |U| = |w|, and the free intercept is minimised out.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.linalg as sl
from numpy.typing import NDArray

from copos.losses.convex import Loss
from copos.polynomial.dual import DualPoint, dual_point, violated
from copos.polynomial.intercept import best_intercept
from copos.polynomial.lifted import Columns, Lift, Response, merge

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Task:
    """One training problem: lift, bound loss, β > 0 and whether there is a free intercept."""

    lift: Lift
    loss: Loss
    beta: float
    intercept: bool

    @property
    def outputs(self) -> int:
        """Outputs T."""
        return self.loss.Y.shape[1]

    @cached_property
    def floor(self) -> float:
        """Objectives below this are zero for the purpose of relative gaps: 1e-12 of the loss of the zero network."""
        return 1e-12 * self.loss.value(np.zeros_like(self.loss.Y))

    def penalty(self, V: Array) -> float:
        """Σ <E, VV'>; equals Σ|α| of the decomposed network."""
        return float(np.sum(V[-1] ** 2)) if self.lift.activation.lifted else float(np.sum(V**2))


@dataclass(frozen=True, eq=False)
class Iterate:
    """A factor on the constraint set with everything that was evaluated there."""

    V: Array
    columns: Columns
    intercept: Array  # (T,)
    F: Array  # predictions (n, T)
    objective: float


def rescaled(task: Task, V: Array, columns: Columns) -> Array:
    """Blocks moved to |U| = |w| by U ← sU, w ← w/s.

    To second order this is along the normal JV = (U, −w) of the constraint, the metric projection, so the Hessian of
    the Lagrangian is the second derivative of the objective along the curves that the steps follow.
    """
    if not task.lift.activation.lifted or not len(columns):
        return V
    if not np.abs(V).max() < 1e100:
        return V
    u2, w2 = columns.sums(np.sum(V[:-1] ** 2, 0)), columns.sums(V[-1] ** 2)
    alive = (u2 > 0) & (w2 > 0)
    root = np.where(alive, w2, 0.0) / np.where(alive, u2, 1.0)
    up = root**0.25
    down = np.where(alive, 1 / np.where(alive, up, 1.0), 0.0)
    return np.concatenate([V[:-1] * up[columns.block], V[-1:] * down[columns.block]])


def evaluate(task: Task, V: Array, columns: Columns, intercept: Array) -> Iterate:
    """Objective at V, which must satisfy the constraints; the intercept is minimised out. Overflow counts as ∞."""
    size = float(np.abs(V).max(initial=0.0))
    if not size < 1e100:
        return Iterate(V, columns, intercept, np.zeros_like(task.loss.Y), np.inf)
    responses = task.lift.respond(V, columns, derivatives=False).responses
    F = responses @ columns.select(task.outputs)
    if task.intercept:
        intercept = best_intercept(task.loss, F, intercept)
        F = F + intercept
    return Iterate(V, columns, intercept, F, task.loss.value(F) + task.beta * task.penalty(V))


class Model:
    """Quadratic model at an iterate, in the motion of V, the weights of new neurons and the intercepts.

    The most violated direction d of every block enters as t·dd', t ≥ 0, linearly, where a column √t·d of V would
    have to grow from nothing. Where the Hessian is not positive definite the slack, which is positive semidefinite
    at a solution, is replaced by its positive part.

    Directions are flat vectors: the columns of dV one after the other, then t, then the intercepts.
    """

    def __init__(self, task: Task, at: Iterate, work: float, grow: bool):
        self.task, self.at = task, at
        lift, loss, columns = task.lift, task.loss, at.columns
        N = loss.gradient(at.F)
        if task.intercept:
            N = loss.balance(N)
        self.dual: DualPoint = dual_point(lift, loss, N, task.beta)
        self.k, self.R = at.V.shape
        self.select = columns.select(task.outputs)
        self.response: Response = lift.respond(at.V, columns)
        self.curve, self.diagonal = loss.hessian(at.F)
        self.D, self.added = merge(violated(lift, self.dual, task.beta, 1) if grow else [], self.k)
        self.D = self.D / np.sqrt(np.sum(self.D**2, 0))
        fresh = lift.respond(self.D, self.added, derivatives=False).responses
        self.fresh, self.fresh_select = fresh, self.added.select(task.outputs)
        price = task.beta * (self.D[-1] ** 2 if lift.activation.lifted else np.sum(self.D**2, 0))
        slope = np.sum(fresh * (N @ self.fresh_select.T), 0) + price
        J = np.append(np.ones(self.k - 1), -1.0)
        self.normal = J[:, None] * at.V if lift.activation.lifted and self.R else None
        if self.normal is not None:
            self.normal_square = columns.sums(np.sum(self.normal**2, 0))
        self.lowest = 0.0
        self.slacks, self.corrections, gradient = [], [], np.empty_like(at.V)
        for g, t, sign, part in columns.blocks:
            slack = sign * self.dual.S[g, t]
            V = at.V[:, part]
            if lift.activation.lifted:
                slack[-1, -1] += task.beta
                # least squares multiplier: (slack + δJ)V is orthogonal to JV, and |JV| = |V|
                delta = -float(np.sum((J[:, None] * V) * (slack @ V))) / float(np.sum(V**2))
                slack[range(self.k), range(self.k)] += delta * J
            else:
                slack[range(self.k), range(self.k)] += task.beta
            gradient[:, part] = 2 * slack @ V
            values, vectors = np.linalg.eigh(slack)
            self.lowest = min(self.lowest, float(values[0]))
            self.slacks.append(slack)
            self.corrections.append((vectors * np.maximum(-values, 0.0)) @ vectors.T)
        self.g = self.flat(gradient, slope, np.zeros(task.outputs))
        self._assemble(work)

    def flat(self, dV: Array, t: Array, db: Array) -> Array:
        """Vector of a direction."""
        return np.concatenate([dV.T.ravel(), t, db] if self.task.intercept else [dV.T.ravel(), t])

    def split(self, x: Array) -> tuple[Array, Array, Array]:
        """Direction of a vector: dV, t, intercepts."""
        size, fresh = self.k * self.R, len(self.added)
        return x[:size].reshape(self.R, self.k).T, x[size : size + fresh], x[size + fresh :]

    def hess(self, x: Array) -> Array:
        """Model Hessian times x, not yet projected."""
        dV, t, db = self.split(x)
        lift, columns = self.task.lift, self.at.columns
        dF = lift.push(self.response, dV) @ self.select + (self.fresh * t) @ self.fresh_select
        if self.task.intercept:
            dF = dF + db
        dN = self.curve(dF)
        out = lift.pull(self.response, dN @ self.select.T)
        for (_, _, _, part), slack, correction in zip(columns.blocks, self.slacks, self.corrections, strict=True):
            out[:, part] += 2 * (slack + correction if self.convex else slack) @ dV[:, part]
        return self.flat(out, np.sum(self.fresh * (dN @ self.fresh_select.T), 0), dN.sum(0))

    def tangent(self, x: Array) -> Array:
        """Orthogonal projection on the tangent space of the constraints."""
        if self.normal is None:
            return x
        dV, t, db = self.split(x)
        columns = self.at.columns
        coefficient = columns.sums(np.sum(self.normal * dV, 0)) / self.normal_square
        return self.flat(dV - self.normal * coefficient[columns.block], t, db)

    def step(self, x: Array) -> Iterate:
        """The iterate that a direction leads to."""
        task, at = self.task, self.at
        dV, t, db = self.split(x)
        moved = rescaled(task, at.V + dV, at.columns)
        columns = at.columns
        if len(t):
            new = np.sqrt(np.maximum(t, 0.0)) * self.D
            parts = [(g, o, s, moved[:, part]) for g, o, s, part in columns.blocks]
            parts += [(g, o, s, new[:, part]) for g, o, s, part in self.added.blocks if new[:, part].any()]
            moved, columns = merge(parts, self.k)
        return evaluate(task, moved, columns, at.intercept + db if task.intercept else at.intercept)

    def _assemble(self, work: float) -> None:
        """The model Hessian per output, J'DJ taken from a sample of rows if all would be too much work."""
        task, columns, k = self.task, self.at.columns, self.k
        n, size = len(self.at.F), self.k * self.R
        self.matrices = []
        for t in range(task.outputs):
            column, fresh = np.flatnonzero(columns.output == t), np.flatnonzero(self.added.output == t)
            where = np.concatenate([(column[:, None] * k + np.arange(k)).ravel(), size + fresh])
            if task.intercept:
                where = np.append(where, size + len(self.added) + t)
            width = len(where)
            if width == 0:
                continue
            count = int(min(n, max(2 * width, work / width**2)))
            rows = np.arange(n) if count == n else np.linspace(0, n - 1, count).astype(np.int64)
            active = rows[self.diagonal[rows, t] > 0]
            H, chunk = np.zeros((width, width)), max(1, int(4e6 / width))
            for first in range(0, len(active), chunk):
                some = active[first : first + chunk]
                jac = np.empty((len(some), width))
                motion = task.lift.jacobian(self.response, column, some) * columns.sign[column, None]
                jac[:, : k * len(column)] = motion.reshape(len(some), -1)
                jac[:, k * len(column) : k * len(column) + len(fresh)] = (self.fresh * self.added.sign)[some][:, fresh]
                if task.intercept:
                    jac[:, -1] = 1.0
                jac *= np.sqrt(self.diagonal[some, t])[:, None]
                H += jac.T @ jac
            H *= n / count
            self.matrices.append((t, column, where, H))

    def _add(self, H: Array, t: int, column: NDArray[np.int64]) -> None:
        """Add the slack of output t to its matrix."""
        k = self.k
        for i, (_, output, _, part) in enumerate(self.at.columns.blocks):
            if output != t:
                continue
            slack = 2 * (self.slacks[i] + self.corrections[i] if self.convex else self.slacks[i])
            for j in np.searchsorted(column, np.arange(part.start, part.stop)):
                H[j * k : (j + 1) * k, j * k : (j + 1) * k] += slack

    def damp(self, sigma: float, convex: bool) -> bool:
        """Factor the preconditioner with σI added; False if it is not positive definite."""
        self.sigma, self.convex = sigma, convex
        self.factors = []
        for t, column, where, H in self.matrices:
            width = len(where)
            shifted = H.copy()
            self._add(shifted, t, column)
            # the factor V is determined up to rotations VQ: the Hessian is singular along them, and a shift at the
            # level of rounding lets the factorisation pass
            shifted[range(width), range(width)] += sigma + 1e-13 * float(np.trace(H)) / width + 1e-300
            try:
                self.factors.append((where, sl.cho_factor(shifted, lower=True, overwrite_a=True, check_finite=False)))
            except np.linalg.LinAlgError:
                return False
        if self.normal is None:
            return True
        columns, size = self.at.columns, self.k * self.R
        C = np.zeros((len(self.g), len(columns.starts)))
        C[np.arange(size), np.repeat(columns.block, self.k)] = self.normal.T.ravel()
        self.C = C
        self.MC = self._solve(C)
        self.CMC = sl.cho_factor(C.T @ self.MC, check_finite=False)
        return True

    def _solve(self, r: Array) -> Array:
        out = np.zeros_like(r)
        for where, factor in self.factors:
            out[where] = sl.cho_solve(factor, r[where], check_finite=False)
        return out

    def precondition(self, r: Array) -> Array:
        """M⁻¹r kept tangent: z = M⁻¹r − M⁻¹C(C'M⁻¹C)⁻¹C'M⁻¹r."""
        z = self._solve(r)
        if self.normal is None:
            return z
        return z - self.MC @ sl.cho_solve(self.CMC, self.C.T @ z, check_finite=False)


def conjugate_gradients(
    model: Model, tolerance: float, limit: int, deadline: float = np.inf
) -> tuple[Array, float]:
    """Tangent step and predicted decrease of min g'x + x'(H + σI)x/2, σ from `Model.damp`.

    Weights of new neurons that come out negative are set to zero.
    """
    x, r = np.zeros_like(model.g), model.tangent(model.g)
    Hx = np.zeros_like(x)
    z = model.precondition(r)
    p, rz = -z, float(r @ z)
    first = rz
    for _ in range(limit):
        if rz <= tolerance**2 * first or rz <= 0 or time.perf_counter() > deadline:
            break
        Hp = model.tangent(model.hess(p)) + model.sigma * p
        kappa = float(p @ Hp)
        if kappa <= 1e-10 * rz:  # flat at the level of rounding: more damping is needed, not a longer step
            break
        alpha = rz / kappa
        x, Hx = x + alpha * p, Hx + alpha * Hp
        r = r + alpha * Hp
        z = model.precondition(r)
        new = float(r @ z)
        p, rz = -z + (new / rz) * p, new
    _, t, _ = model.split(x)
    if len(t) and t.min() < 0:
        size = model.k * model.R
        x[size : size + len(t)] = np.maximum(t, 0.0)
        Hx = model.hess(x) + model.sigma * x
    return x, -float(model.g @ x + 0.5 * x @ Hx)
