"""The training problem restricted to some cells of the arrangement, each with a neuron of one sign.

    min over w_j   ½ ‖Σ_j s_j D_jX w_j − y‖² + β Σ_j ‖w_j‖     s.t.  w_j in the cell of D_j = diag(1[x_i'w > 0])

An active-set method: planes x_i'w = 0 that a neuron has reached are equations, B_j is a basis of what they leave, and
Newton's method runs in x with w_j = B_jx_j until a neuron reaches another plane, or 0 and is gone. Where the reduced
gradient vanishes, planes whose multipliers have the wrong sign are left again. Neurons that pricing found join with
the best step along their own direction.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg as la
from numpy.typing import NDArray

from copos.arrangements.planes import Planes, first_plane, released

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]
FLAT = 1e-12  # of β: a gradient that is 0
CLOSE = 1e-7  # of β: one that is as small as rounding has it, if a step does not halve it
RIDGE = 1e-14  # of the largest diagonal entry of the Hessian
GONE = 1e-13  # of the largest neuron: one that has reached 0
EVENTS = 40  # for every neuron


@dataclass
class Neuron:
    """Sign s, w (d,), its cell (n,) and the planes (n,) in which it stays; `basis` (d, k) of their intersection."""

    sign: float
    w: Array
    active: Bools
    tight: Bools
    basis: Array


class Cells:
    """The neurons of the restricted problem, with H = (s_j D_jX)_j, H'H and H'y."""

    def __init__(self, X: Array, y: Array, beta: float) -> None:
        self.X, self.y, self.beta = X, y, beta
        self.planes = Planes(X)
        n, d = X.shape
        self.neurons: list[Neuron] = []
        self.H, self.G, self.c = np.zeros((n, 0)), np.zeros((0, 0)), np.zeros(0)
        self.d, self._last = d, np.inf

    @property
    def residual(self) -> Array:
        """y − F."""
        return self.y - self.H @ self._w if self.neurons else self.y

    @property
    def _w(self) -> Array:
        return np.concatenate([v.w for v in self.neurons])

    @property
    def objective(self) -> float:
        """½‖r‖² + βΣ‖w_j‖."""
        r = self.residual
        return 0.5 * float(r @ r) + self.beta * sum(float(np.linalg.norm(v.w)) for v in self.neurons)

    def weights(self) -> tuple[Array, Array]:
        """U (m, d) and V (m, 1) with ‖u_j‖ = |v_j|."""
        W = np.array([v.w for v in self.neurons]).reshape(-1, self.d)
        root, sign = np.sqrt(np.linalg.norm(W, axis=1)), np.array([v.sign for v in self.neurons])
        return W / np.where(root > 0, root, 1.0)[:, None], (sign * root)[:, None]

    # ---- neurons that come and go -----------------------------------------------------------------------------------

    def add(self, out: float, u: Array, side: Array) -> bool:
        """A neuron in direction u in the cell of `side`, if it improves; u may be in planes."""
        tight, active = self.planes.cell(u, side)
        column = out * active[:, None] * self.X
        a = column @ u
        gain, size = float(a @ self.residual) - self.beta, float(a @ a)
        if not gain > 0 or not size > 0:
            return False
        neuron = Neuron(out, u * (gain / size), active, tight, self.planes.basis(tight))
        cross = self.H.T @ column
        self.G = np.block([[self.G, cross], [cross.T, column.T @ column]])
        self.H, self.c = np.hstack([self.H, column]), np.append(self.c, column.T @ self.y)
        self.neurons.append(neuron)
        return True

    def _drop(self, j: int) -> None:
        kept = np.ones(len(self.c), dtype=bool)
        kept[j * self.d : (j + 1) * self.d] = False
        self.H, self.G, self.c = self.H[:, kept], self.G[np.ix_(kept, kept)], self.c[kept]
        del self.neurons[j]

    # ---- descent ----------------------------------------------------------------------------------------------------

    def descend(self) -> None:
        """To the optimum over these cells, as far as doubles reach."""
        for _ in range(EVENTS * (len(self.neurons) + 5)):
            if not self.neurons:
                return
            size = [float(np.linalg.norm(v.w)) for v in self.neurons]
            for j in reversed(range(len(self.neurons))):
                if not self.neurons[j].basis.shape[1] or size[j] <= GONE * max(size):
                    self._drop(j)
            if not self.neurons:
                return
            if self._newton() and not self._release():
                return

    def _newton(self) -> bool:
        """A step, to the first event at most; True where the reduced gradient is 0."""
        d, beta = self.d, self.beta
        B = la.block_diag(*(v.basis for v in self.neurons))
        w = self._w
        W = w.reshape(-1, d)
        size = np.linalg.norm(W, axis=1)
        U = W / size[:, None]
        smooth = self.G @ w - self.c
        gradient = B.T @ (smooth + beta * U.ravel())
        norm = float(np.abs(gradient).max())
        if norm <= FLAT * beta or (norm <= CLOSE * beta and norm > 0.5 * self._last):  # as small as doubles have it
            return True
        self._last = norm
        curve = la.block_diag(*((np.eye(d) - np.outer(u, u)) * (beta / s) for u, s in zip(U, size, strict=True)))
        K = B.T @ (self.G + curve) @ B
        K[np.diag_indices_from(K)] += RIDGE * max(float(np.diag(K).max()), 1e-300)
        try:
            p = -la.cho_solve(la.cho_factor(K), gradient)
        except la.LinAlgError:
            p = -np.linalg.lstsq(K, gradient, rcond=1e-13)[0]
        step = (B @ p).reshape(-1, d)
        limit, j, i = self._first(W, step, U, size)
        slope = float(gradient @ p)
        if not slope < 0:
            return True
        start, quadratic = float(size.sum()) * beta, float(step.ravel() @ self.G @ step.ravel())
        linear = float(smooth @ step.ravel())
        t = min(1.0, limit)
        while True:
            value = t * linear + 0.5 * t * t * quadratic + beta * float(np.linalg.norm(W + t * step, axis=1).sum())
            if value - start <= 1e-4 * t * slope + 1e-15 * start:
                break
            t *= 0.5
            if t < 1e-12:
                return True
        for v, row in zip(self.neurons, W + t * step, strict=True):
            v.w = row
        if t == limit:
            self._last = np.inf
            v = self.neurons[j]
            if i < 0:
                v.w = np.zeros(d)
            else:
                v.tight, v.basis = self.planes.tightened(v.tight, i)
                v.w = v.basis @ (v.basis.T @ v.w)
        return False

    def _first(self, W: Array, step: Array, U: Array, size: Array) -> tuple[float, int, int]:
        """The step at which a neuron first reaches a plane of its cell (j, i), or 0 (j, −1)."""
        best = first_plane(self.planes, self.neurons, W, step)
        along = np.einsum("jd,jd->j", step, U)
        for j in np.flatnonzero(along < 0):
            if size[j] < -best[0] * along[j]:
                best = float(-size[j] / along[j]), int(j), -1
        return best

    def _release(self) -> bool:
        """Leave planes where the objective falls inside of the cell."""
        w = self._w
        smooth = (self.G @ w - self.c).reshape(-1, self.d)
        found = False
        for v, g in zip(self.neurons, smooth, strict=True):
            slope = g + self.beta * v.w / np.linalg.norm(v.w)
            leave = released(self.planes, v, slope, 1e-9 * self.beta)
            if len(leave):
                v.tight[leave] = False
                v.basis = self.planes.basis(v.tight)
                found, self._last = True, np.inf
        return found
