"""The training problem with several outputs, restricted to neurons that keep to some cells of the arrangement.

    min over ‖u_j‖ = 1, v_j   ½ ‖Σ_j D_jXu_j v_j' − Y‖² + β Σ_j ‖v_j‖     s.t.  u_j in the cell of D_j

An active-set method as for one output: planes x_i'u = 0 that a neuron has reached are equations, and Newton's method
runs in v_j and in tangents of the sphere at u_j until a neuron reaches another plane. So that neurons may come to 0 and
be gone, norms are smooth at first, by the barrier of the cone of (t, v):

    min over t   βt − μ log(t² − ‖v‖²),     βt = μ + √(μ² + β²‖v‖²),     of slope βv/t,       μ → 0.

In v_j the problem is convex, in u_j it is not, and need not be: neurons that pricing finds join with the best step
along their own direction, so the objective falls as long as the multiplier proves less.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
import scipy.linalg as la
from numpy.typing import NDArray

from copos.arrangements.planes import Planes, first_plane, released

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]
RIDGE = 1e-14  # of the largest entry of a Hessian
ROUNDING = 1e-15  # of the objective
ONE = 1e-9  # difference of unit vectors that are one
SHORT = 1e-9  # a step that is none
STEPS = 60  # for one μ
SMOOTH = (1e-1, 1e-2, 1e-3, 1e-4, 1e-6, 1e-8, 1e-10, 1e-12, 1e-14)  # μ over the mean β‖v_j‖
STARTS = (0, 3, 5, 8)  # in this list, in turn, until the objective falls
RELEASES, LATER = 20, 3  # and where descent goes on after one


@dataclass
class Neuron:
    """Unit u (d,), v (c,), its cell (n,), the planes (n,) in which it stays, `basis` (d, k) of what they leave."""

    u: Array
    v: Array
    active: Bools
    tight: Bools
    basis: Array

    def tangent(self) -> Array:
        """(d, k − 1) orthonormal, orthogonal to u, in its planes."""
        x = self.basis.T @ self.u
        return self.basis @ la.qr(x[:, None])[0][:, 1:]


class Factors:
    """The neurons, with H = (D_jX)_j and H'H."""

    def __init__(self, X: Array, Y: Array, beta: float, deadline: float = np.inf) -> None:
        self.X, self.Y, self.beta, self.deadline = X, Y, beta, deadline
        self.planes = Planes(X)
        self.neurons: list[Neuron] = []
        self.H, self.G = np.zeros((len(X), 0)), np.zeros((0, 0))
        self.d, self.mu = X.shape[1], 0.0

    @property
    def residual(self) -> Array:
        """Y − F."""
        return self._residual(*self._parts())

    @property
    def objective(self) -> float:
        """½‖R‖² + βΣ‖v_j‖, where μ = 0."""
        return self._value(*self._parts())

    def weights(self) -> tuple[Array, Array]:
        """U (m, d) and V (m, c) with ‖u_j‖ = ‖v_j‖."""
        U, V = self._parts()
        root = np.sqrt(np.linalg.norm(V, axis=1))[:, None]
        return U * root, V / np.where(root > 0, root, 1.0)

    def _parts(self) -> tuple[Array, Array]:
        U = np.array([n.u for n in self.neurons]).reshape(-1, self.d)
        return U, np.array([n.v for n in self.neurons]).reshape(-1, self.Y.shape[1])

    def _residual(self, U: Array, V: Array) -> Array:
        return self.Y - np.einsum("njd,jd->nj", self.H.reshape(len(self.X), -1, self.d), U) @ V

    def _value(self, U: Array, V: Array) -> float:
        square, size = float((self._residual(U, V) ** 2).sum()), self.beta * np.linalg.norm(V, axis=1)
        if not self.mu:
            return 0.5 * square + float(size.sum())
        top = self.mu + np.sqrt(self.mu**2 + size**2)  # βt, of which t² − ‖v‖² = 2μt/β
        return 0.5 * square + float((top - self.mu * np.log(top / self.mu)).sum())

    # ---- neurons that come and go -----------------------------------------------------------------------------------

    def add(self, out: Array, u: Array, side: Array) -> bool:
        """A neuron in direction u with outputs in direction `out` in the cell of `side`, if it improves."""
        tight, active = self.planes.cell(u, side)
        column = active[:, None] * self.X
        a = column @ u
        gain, size = float(out @ (self.residual.T @ a)) - self.beta, float(a @ a)
        if not gain > 0 or not size > 0:
            return False
        cross = self.H.T @ column
        self.G = np.block([[self.G, cross], [cross.T, column.T @ column]])
        self.H = np.hstack([self.H, column])
        self.neurons.append(Neuron(u, (gain / size) * out, active, tight, self.planes.basis(tight)))
        return True

    def _keep(self, kept: Bools) -> None:
        if not kept.all():
            wide = np.repeat(kept, self.d)
            self.H, self.G = self.H[:, wide], self.G[np.ix_(wide, wide)]
            self.neurons = [n for n, k in zip(self.neurons, kept, strict=True) if k]

    def _merge(self) -> None:
        """Neurons of one direction as one, Σ_j v_j: the same function, and ‖Σ_j v_j‖ ≤ Σ_j ‖v_j‖."""
        U, _ = self._parts()
        first = (np.linalg.norm(U[:, None] - U[None], axis=2) <= ONE).argmax(1)
        for j in np.flatnonzero(first < np.arange(len(U))):
            self.neurons[first[j]].v = self.neurons[first[j]].v + self.neurons[j].v
        self._keep(first == np.arange(len(U)))

    def _leave(self) -> None:
        """Without the neurons whose best v_j is 0: ‖R_j'a_j‖ ≤ β for the residual R_j without them."""
        U, V = self._parts()
        A = np.einsum("njd,jd->nj", self.H.reshape(len(self.X), -1, self.d), U)
        R, kept = self.Y - A @ V, np.ones(len(U), dtype=bool)
        for j in np.argsort(np.linalg.norm(V, axis=1)):
            without = R + np.outer(A[:, j], V[j])
            if np.linalg.norm(without.T @ A[:, j]) <= self.beta:
                R, kept[j] = without, False
        self._keep(kept)

    # ---- descent ----------------------------------------------------------------------------------------------------

    def descend(self) -> None:
        """To a point at which no step inside of the cells is down, as far as Newton's method and the time reach."""
        start, here = self.objective, ([replace(n) for n in self.neurons], self.H, self.G)
        for first in STARTS:
            self._follow(first)
            if self.objective < start:
                return
            # on a smooth way neurons went elsewhere: a less smooth one from the same place
            self.neurons, self.H, self.G = [replace(n) for n in here[0]], here[1], here[2]

    def _follow(self, first: int) -> None:
        """μ → 0, and once more from where planes are left again."""
        last = np.inf
        for _ in range(RELEASES):
            _, V = self._parts()
            size = self.beta * float(np.linalg.norm(V, axis=1).mean())
            for smooth in SMOOTH[first:]:
                self.mu = smooth * size
                for _ in range(STEPS):
                    self._keep(np.array([n.basis.shape[1] > 0 for n in self.neurons], dtype=bool))
                    self._merge()
                    if not self.neurons or time.perf_counter() >= self.deadline or not self._newton():
                        break
            self.mu = 0.0
            self._leave()
            value = self.objective
            if not self.neurons or not value < last * (1 - ROUNDING) or not self._release():
                return
            first, last = max(first, LATER), value

    def _newton(self) -> bool:
        """A step in u and v, to the first plane at most; False where it is good enough for μ, or rounding ends it."""
        U, V = self._parts()
        T = la.block_diag(*(n.tangent() for n in self.neurons))
        gradient, K = self._derivatives(U, V, T)
        step = _downwards(K, gradient)
        dU, dV = (T @ step[: T.shape[1]]).reshape(U.shape), step[T.shape[1] :].reshape(V.shape)
        limit, j, i = first_plane(self.planes, self.neurons, U, dU)
        start, t, fall = self._value(U, V), min(1.0, limit), -float(gradient @ step)
        enough = max(0.01 * self.mu, ROUNDING * start)
        while not start - self._value(_unit(U + t * dU), V + t * dV) >= 1e-4 * t * fall - ROUNDING * start:
            t *= 0.5
            if t < SHORT:
                return False
        for n, u, v in zip(self.neurons, _unit(U + t * dU), V + t * dV, strict=True):
            n.u, n.v = u, v
        if t == limit:
            n = self.neurons[j]
            n.tight, n.basis = self.planes.tightened(n.tight, i)
            u = n.basis @ (n.basis.T @ n.u)
            n.u = u / np.linalg.norm(u) if n.basis.shape[1] else u
            return True
        return fall > enough

    def _derivatives(self, U: Array, V: Array, T: Array) -> tuple[Array, Array]:
        """Gradient and Hessian in tangents of u_1, …, u_m, columns of T, and in v_1, …, v_m."""
        (m, d), c = U.shape, V.shape[1]
        HR = (self.H.T @ self._residual(U, V)).reshape(m, d, c)
        size = np.linalg.norm(V, axis=1)
        root = np.sqrt(self.mu**2 + (self.beta * size) ** 2)
        weight = self.beta**2 / (self.mu + root)  # β/t
        along = np.einsum("jdc,jc->jd", HR, V)
        slope = weight[:, None] * V - np.einsum("jdc,jd->jc", HR, U)
        G = self.G.reshape(m, d, m, d)
        Gu = np.einsum("jdke,ke->jdk", G, U)  # H_j'a_k with a_k = H_ku_k
        uu = np.einsum("jdke,jk->jdke", G, V @ V.T)
        uu[np.arange(m), :, np.arange(m)] += np.einsum("jd,jd->j", along, U)[:, None, None] * np.eye(d)
        uv = np.einsum("jdk,jc->jdkc", Gu, V)
        uv[np.arange(m), :, np.arange(m)] -= HR
        vv = np.einsum("jk,cf->jckf", np.einsum("jdk,jd->jk", Gu, U), np.eye(c))
        round_ = np.eye(c) - V[:, :, None] * V[:, None, :] * (weight / root)[:, None, None]
        vv[np.arange(m), :, np.arange(m)] += weight[:, None, None] * round_
        cross = T.T @ uv.reshape(m * d, m * c)
        curve = np.block([[T.T @ uu.reshape(m * d, m * d) @ T, cross], [cross.T, vv.reshape(m * c, m * c)]])
        return np.concatenate([-(T.T @ along.ravel()), slope.ravel()]), curve

    def _release(self) -> bool:
        """Leave planes where the objective falls inside of the cell."""
        U, V = self._parts()
        HR = (self.H.T @ self._residual(U, V)).reshape(len(U), self.d, -1)
        size = np.linalg.norm(V, axis=1)
        slope = (self.beta * size)[:, None] * U - np.einsum("jdc,jc->jd", HR, V)
        found = False
        for n, g, s in zip(self.neurons, slope, size, strict=True):
            leave = released(self.planes, n, g, 1e-9 * self.beta * s)
            if len(leave):
                n.tight = n.tight.copy()
                n.tight[leave] = False
                n.basis, found = self.planes.basis(n.tight), True
        return found


def _unit(U: Array) -> Array:
    return U / np.linalg.norm(U, axis=1)[:, None]


def _downwards(K: Array, gradient: Array) -> Array:
    """Newton's step; where the Hessian is indefinite, with the absolute values of its eigenvalues."""
    ridge = RIDGE * float(np.abs(np.diag(K)).max())
    try:
        return -la.cho_solve(la.cho_factor(K + ridge * np.eye(len(K))), gradient)
    except la.LinAlgError:
        value, Q = la.eigh(K)
        return -Q @ ((Q.T @ gradient) / np.maximum(np.abs(value), ridge))
