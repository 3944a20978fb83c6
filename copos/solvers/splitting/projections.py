"""Projection onto K, all blocks of one size at a time.

Every w is w = s − z with s = Π_K(w) ∈ K, z = Π_{K*}(−w) ∈ K*, s'z = 0 (Moreau). One eigendecomposition gives both;
the side of the spectrum with fewer eigenvalues is multiplied out and the other follows by subtraction.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.linalg as la

from copos.arithmetic import svec
from copos.conic import Cones
from copos.solvers.splitting.arrays import HOST, Array, Device, Host
from copos.solvers.splitting.few import FewPositive
from copos.solvers.splitting.stacks import stacks

LOOP_FROM = 40  # order from which each matrix picks its own side of the spectrum
RANGE_FROM = 80  # order from which only a side of at most RANGE · order eigenvalues is computed, if it was so before
FEW_FROM = 400  # order from which at most FEW · order positive eigenpairs are followed from call to call
FEW = 0.03
RANGE = 0.12  # LAPACK's range routine (evr) takes 0.5 to 0.7 of the time of the whole spectrum (evd) there


class Projection:
    """The factors of `cones` one stack after the other, and `split` that projects onto them.

    Examples
    --------
    >>> s, z = Projection(Cones(nonnegative=2)).split(np.array([3.0, -2.0]))
    >>> s.tolist(), z.tolist()
    ([3.0, 0.0], [0.0, 2.0])
    """

    def __init__(self, cones: Cones, arrays: Host | Device = HOST) -> None:
        self.zero, self._xp = cones.zero, arrays.xp
        found = stacks(cones)
        order = np.concatenate([np.arange(cones.zero), *(stack.rows.ravel() for stack in found)])
        self._order = self._place = None
        if (np.diff(order) < 0).any():
            self._order, self._place = arrays.put(order), arrays.put(np.argsort(order))
        self._parts: list[tuple[int, int, Callable[[Array], Array]]] = []
        stop = cones.zero
        for stack in found:
            start, stop = stop, stop + stack.rows.size
            self._parts.append((start, stop, _part(stack.kind, stack.order, len(stack.rows), arrays)))

    def split(self, w: Array) -> tuple[Array, Array]:
        """Return (s, z) with w = s − z, s = Π_K(w), z = Π_{K*}(−w)."""
        xp = self._xp
        stacked = w if self._order is None else xp.take(w, self._order)
        s = xp.empty_like(stacked)
        s[: self.zero] = 0.0
        for start, stop, project in self._parts:
            s[start:stop] = project(stacked[start:stop])
        s = s if self._place is None else xp.take(s, self._place)
        return s, s - w


def _part(kind: str, order: int, count: int, arrays: Host | Device) -> Callable[[Array], Array]:
    """Projection of the flat rows of a stack."""
    xp = arrays.xp
    if kind == "nonnegative":
        return lambda v: xp.maximum(v, 0.0)
    if kind == "second_order":
        return lambda v: xp.reshape(_second_order(xp, xp.reshape(v, (-1, order))), (-1,))
    if order == 2:
        return lambda v: xp.reshape(_pairs(xp, xp.reshape(v, (-1, 3))), (-1,))
    return (_LapackMatrices if arrays.on_host and order >= LOOP_FROM else _Matrices)(order, count, arrays)


class _Matrices:
    """All semidefinite blocks of one order."""

    def __init__(self, order: int, count: int, arrays: Host | Device) -> None:
        self.order, self.xp = order, arrays.xp
        i, j = np.indices((order, order))
        row, col = svec.triangle(order)
        self.unpack, self.pack = arrays.put(svec.position(i, j).ravel()), arrays.put(row * order + col)
        self.scale = arrays.put(svec.scaling(order))
        self.positive = [order // 2] * count  # eigenvalues above zero at the last projection

    def __call__(self, v: Array) -> Array:
        """Positive parts of a stack of svecs, flat to flat."""
        xp, n = self.xp, self.order
        # the triangle is read into both halves, so that no skew part can appear or grow
        M = xp.take(xp.reshape(v, (-1, svec.length(n))) / self.scale, self.unpack, axis=1)
        P = self.positive_parts(xp.reshape(M, (-1, n, n)))
        return xp.reshape(xp.take(xp.reshape(P, (-1, n * n)), self.pack, axis=1) * self.scale, (-1,))

    def positive_parts(self, M: Array) -> Array:
        """Positive parts of a stack of matrices."""
        return _positive_part(self.xp, M, *self.xp.linalg.eigh(M))


class _LapackMatrices(_Matrices):
    """The same one by one, where a call to LAPACK costs little beside its work."""

    def __init__(self, order: int, count: int, arrays: Host | Device) -> None:
        super().__init__(order, count, arrays)
        self.followed = [FewPositive() for _ in range(count if order >= FEW_FROM else 0)]

    def positive_parts(self, M: Array) -> Array:
        """Positive parts of a stack of matrices, each from its own side of the spectrum."""
        if self.order >= RANGE_FROM:
            return np.stack([self._one(k, item) for k, item in enumerate(M)])
        return np.stack([_positive_part(np, *item) for item in zip(M, *np.linalg.eigh(M), strict=True)])

    def _one(self, k: int, M: Any) -> Any:
        """Positive part of the k-th matrix, from few eigenpairs where one side had few the last time."""
        positive = self.positive[k]
        few = RANGE * self.order
        follow = self.followed and positive <= FEW * self.order
        if follow and (found := self.followed[k](M)) is not None:
            values, U = found
            self.positive[k] = len(values)
            return (U * values) @ U.T
        if few < positive < self.order - few:
            values, vectors = np.linalg.eigh(M)
            self.positive[k] = int((values > 0).sum())
            return _positive_part(np, M, values, vectors)
        side = (0.0, np.inf) if positive <= few else (-np.inf, 0.0)
        values, U = la.eigh(M, driver="evr", subset_by_value=side, check_finite=False)
        self.positive[k] = len(values) if positive <= few else self.order - len(values)
        if follow:
            self.followed[k].start(M, U)
        part = (U * np.abs(values)) @ U.T
        return part if positive <= few else M + part


def _positive_part(xp: Any, M: Array, values: Array, vectors: Array) -> Array:
    """Σ_{λ>0} λ vv' = M + Σ_{λ<0} |λ| vv' for one matrix or a stack, from the shorter sum."""
    n = values.shape[-1]
    # eigenvalues ascend, so each side is a range of columns
    single = values.ndim == 1
    positive = int(xp.count_nonzero((values if single else xp.max(values, axis=0)) > 0))
    negative = int(xp.count_nonzero((values if single else xp.min(values, axis=0)) < 0))
    if positive <= negative:
        U = vectors[..., n - positive :]
        d = xp.maximum(values[..., n - positive :], 0.0)
        return (U * d[..., None, :]) @ U.mT
    U = vectors[..., :negative]
    d = xp.maximum(-values[..., :negative], 0.0)
    return M + (U * d[..., None, :]) @ U.mT


def _second_order(xp: Any, v: Array) -> Array:
    """Projections of the rows (t, u) of v onto |u| ≤ t: (t, u), 0 or (t + |u|)/2 · (1, u/|u|)."""
    t, u = v[:, 0], v[:, 1:]
    size = xp.sqrt(xp.sum(u * u, axis=1))
    height = xp.where(size <= t, t, xp.where(size <= -t, 0.0, (t + size) / 2))
    shrink = xp.where(size <= t, 1.0, height / xp.where(size > 0, size, 1.0))
    return xp.concat([height[:, None], u * shrink[:, None]], axis=1)


def _pairs(xp: Any, v: Array) -> Array:
    """[[a, b], [b, c]] ⪰ 0  iff  |((a − c)/√2, √2 b)| ≤ (a + c)/√2, and the change is an isometry of svec."""
    a, b, c = v[:, 0], v[:, 1], v[:, 2]
    root = float(svec.SQRT2)
    p = _second_order(xp, xp.stack([(a + c) / root, (a - c) / root, b], axis=1))
    t, u, v = p[:, 0], p[:, 1], p[:, 2]
    return xp.stack([(t + u) / root, v, (t - u) / root], axis=1)
