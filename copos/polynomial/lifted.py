"""The lift: responses of a factor V, their derivatives, and the adjoint.

With v = (u, w) the form of sample i in pool g is, averaged over the patches x of the pool,

    v'M v = a(x'u)² + b(x'u)w + cw²          (M = [[a xx', bx/2], [bx'/2, c]], activation with a linear term)
    u'M u = a(x'u)² + c|u|²                   (M = a xx' + cI, activation without one)

and both are σ(x'u) at |u| = 1 (= w). Prediction of output t: Σ over its columns of ±v'Mv. Columns of V (k × R) are
grouped into blocks of one pool, one output and one sign, which is the factor of one semidefinite matrix Z = VV'.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from copos.polynomial.features import Activation

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Columns:
    """Pool, output and sign of every column of V, sorted by these three."""

    pool: Index
    output: Index
    sign: Array

    def __len__(self) -> int:
        return len(self.pool)

    @cached_property
    def starts(self) -> Index:
        """First column of every block."""
        if not len(self):
            return np.zeros(0, dtype=np.int64)
        same = (np.diff(self.pool) == 0) & (np.diff(self.output) == 0) & (np.diff(self.sign) == 0)
        return np.concatenate([[0], 1 + np.flatnonzero(~same)])

    @cached_property
    def blocks(self) -> list[tuple[int, int, float, slice]]:
        """(pool, output, sign, columns) of every block that is not empty."""
        ends = np.append(self.starts[1:], len(self))[: len(self.starts)]
        return [
            (int(self.pool[i]), int(self.output[i]), float(self.sign[i]), slice(int(i), int(j)))
            for i, j in zip(self.starts, ends, strict=True)
        ]

    @cached_property
    def block(self) -> Index:
        """Number of the block of every column."""
        return np.repeat(np.arange(len(self.starts)), np.diff(np.append(self.starts, len(self))))

    @cached_property
    def pools(self) -> list[tuple[int, slice]]:
        """(pool, columns) of every pool that has columns."""
        if not len(self):
            return []
        found, first = np.unique(self.pool, return_index=True)
        ends = np.append(first[1:], len(self))
        return [(int(g), slice(int(i), int(j))) for g, i, j in zip(found, first, ends, strict=True)]

    def select(self, outputs: int) -> Array:
        """(R, outputs) matrix that sums signed responses per output."""
        chosen = np.zeros((len(self), outputs))
        chosen[np.arange(len(self)), self.output] = self.sign
        return chosen

    def sums(self, values: Array) -> Array:
        """Sum over the columns of every block; values (R,)."""
        return np.add.reduceat(values, self.starts) if len(self) else np.zeros(0)


def merge(parts: list[tuple[int, int, float, Array]], k: int) -> tuple[Array, Columns]:
    """Factor and columns from (pool, output, sign, k×r) pieces in any order; equal keys are joined."""
    parts = sorted((p for p in parts if p[3].shape[1]), key=lambda p: p[:3])
    width = [p[3].shape[1] for p in parts]
    V = np.concatenate([p[3] for p in parts], axis=1) if parts else np.zeros((k, 0))
    pool, output = (np.repeat(np.array([p[i] for p in parts], dtype=np.int64), width) for i in (0, 1))
    sign = np.repeat(np.array([p[2] for p in parts], dtype=float), width)
    return V, Columns(pool, output, sign)


@dataclass(frozen=True, eq=False)
class Response:
    """Responses at V with the derivatives that `push` and `pull` need; z-slopes are per patch."""

    columns: Columns
    responses: Array  # (n, R)
    slope_z: list[Array]  # per pool (n·m, r): ∂/∂z of the patch response
    slope_w: Array  # (n, R): ∂/∂w, lifted only
    V: Array


@dataclass(frozen=True, eq=False)
class Lift:
    """The linear map Z ↦ (<M_i, Z>)_i for patches (G, n, m, d), and its composition with Z = VV'."""

    patches: Array
    activation: Activation

    @property
    def order(self) -> int:
        """Rows k of V: d + 1 with a linear term, d without."""
        return self.patches.shape[3] + self.activation.lifted

    @cached_property
    def flat(self) -> list[Array]:
        """Per pool the (n·m, d) matrix of patches."""
        G, n, m, d = self.patches.shape
        return [np.ascontiguousarray(P.reshape(n * m, d)) for P in self.patches]

    @cached_property
    def mean(self) -> Array:
        """(G, n, d) means over the patches of a pool."""
        return self.patches[:, :, 0] if self.patches.shape[2] == 1 else self.patches.mean(2)

    def _average(self, values: Array) -> Array:
        m = self.patches.shape[2]
        return values if m == 1 else values.reshape(-1, m, values.shape[1]).mean(1)

    def _spread(self, values: Array) -> Array:
        m = self.patches.shape[2]
        return values if m == 1 else np.repeat(values / m, m, axis=0)

    def respond(self, V: Array, columns: Columns, derivatives: bool = True) -> Response:
        """Forms v'Mv for every sample and column."""
        (a, b, c), d = self.activation, self.patches.shape[3]
        n = self.patches.shape[1]
        responses, slope_w, slopes = np.empty((n, len(columns))), np.zeros((0, 0)), []
        if derivatives and self.activation.lifted:
            slope_w = np.empty((n, len(columns)))
        for g, part in columns.pools:
            U = V[:d, part]
            z = self.flat[g] @ U
            if self.activation.lifted:
                w = V[d, part]
                responses[:, part] = self._average((a * z + b * w) * z) + c * w**2
                if derivatives:
                    slope_w[:, part] = b * self._average(z) + 2 * c * w
                    slopes.append(2 * a * z + b * w)
            else:
                responses[:, part] = a * self._average(z * z) + c * np.sum(U**2, 0)
                if derivatives:
                    slopes.append(2 * a * z)
        return Response(columns, responses, slopes, slope_w, V)

    def push(self, at: Response, dV: Array) -> Array:
        """Derivative of the responses along dV, (n, R)."""
        d, out = self.patches.shape[3], np.empty_like(at.responses)
        for (g, part), slope in zip(at.columns.pools, at.slope_z, strict=True):
            out[:, part] = self._average(slope * (self.flat[g] @ dV[:d, part]))
        if self.activation.lifted:
            out += at.slope_w * dV[d]
        elif self.activation.c:
            out += 2 * self.activation.c * np.sum(at.V * dV, 0)
        return out

    def pull(self, at: Response, N: Array) -> Array:
        """Adjoint of `push`: N (n, R), answer (k, R)."""
        d, out = self.patches.shape[3], np.empty_like(at.V)
        for (g, part), slope in zip(at.columns.pools, at.slope_z, strict=True):
            out[:d, part] = self.flat[g].T @ (slope * self._spread(N[:, part]))
        if self.activation.lifted:
            out[d] = np.sum(at.slope_w * N, 0)
        elif self.activation.c:
            out += 2 * self.activation.c * at.V * N.sum(0)
        return out

    def jacobian(self, at: Response, column: Index, rows: Index | slice) -> Array:
        """Dense rows of `push`, (rows, len(column), k), for some columns."""
        d, k, m = self.patches.shape[3], self.order, self.patches.shape[2]
        pool_of = {g: (part, slope) for (g, part), slope in zip(at.columns.pools, at.slope_z, strict=True)}
        count = len(at.responses[rows])
        out = np.empty((count, len(column), k))
        for g in np.unique(at.columns.pool[column]):
            here = np.flatnonzero(at.columns.pool[column] == g)
            part, slope = pool_of[int(g)]
            local = column[here] - part.start
            X = self.patches[g][rows]
            if m == 1:
                out[:, here, :d] = slope[rows][:, local, None] * X[:, 0, None, :]
            else:
                chosen = slope.reshape(-1, m, slope.shape[1])[rows][:, :, local]
                out[:, here, :d] = np.matmul(chosen.transpose(0, 2, 1), X) / m
        if self.activation.lifted:
            out[:, :, d] = at.slope_w[rows][:, column]
        elif self.activation.c:
            out += 2 * self.activation.c * at.V[:, column].T
        return out

    def forms(self, N: Array) -> Array:
        """Adjoint of Z ↦ <M_i, Z>: Σ_i N_it M_ig for every pool and output, (G, T, k, k); N is (n, T)."""
        (a, b, c), (G, _, _, d) = self.activation, self.patches.shape
        S = np.zeros((G, N.shape[1], self.order, self.order))
        total = c * N.sum(0)
        for g in range(G):
            X = self.flat[g]
            if a:
                for t in range(N.shape[1]):
                    weight = self._spread(N[:, t : t + 1])
                    S[g, t, :d, :d] = a * (X.T @ (weight * X))
            if self.activation.lifted:
                S[g, :, d, :d] = S[g, :, :d, d] = 0.5 * b * (N.T @ self.mean[g])
        if self.activation.lifted:
            S[:, :, d, d] = total
        else:
            S[:, :, range(d), range(d)] += total[:, None]
        return 0.5 * (S + S.swapaxes(2, 3))
