"""Projection onto K, all blocks of one size at a time.

Every w is w = s − z with s = Π_K(w) ∈ K, z = Π_{K*}(−w) ∈ K*, s'z = 0 (Moreau). One eigendecomposition gives both;
the side of the spectrum with fewer eigenvalues is multiplied out and the other follows by subtraction.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg as la
from numpy.typing import NDArray

from copos import svec
from copos.conic import Cones, Vector

LOOP_FROM = 40  # order from which each matrix picks its own side of the spectrum
RANGE_FROM = 80  # order from which only a side of at most RANGE · order eigenvalues is computed, if it was so before
RANGE = 0.12  # LAPACK's range routine (evr) takes 0.5 to 0.7 of the time of the whole spectrum (evd) there


class Projection:
    """Index arrays for the factors of `cones`, and `split` that uses them.

    Examples
    --------
    >>> s, z = Projection(Cones(nonnegative=2)).split(np.array([3.0, -2.0]))
    >>> s.tolist(), z.tolist()
    ([3.0, 0.0], [0.0, 2.0])
    """

    def __init__(self, cones: Cones) -> None:
        half_lines: list[NDArray[np.int64]] = []
        arrows: dict[int, list[NDArray[np.int64]]] = {}
        pairs: list[NDArray[np.int64]] = []
        matrices: dict[int, list[NDArray[np.int64]]] = {}
        for kind, order, rows in cones.slices():
            index = np.arange(rows.start, rows.stop)
            if not len(index) or kind == "zero":
                continue
            if kind == "nonnegative" or order == 1:
                half_lines.append(index)
            elif kind == "second_order":
                arrows.setdefault(order, []).append(index)
            elif order == 2:
                pairs.append(index)
            else:
                matrices.setdefault(order, []).append(index)
        self.zero = cones.zero
        self.half_lines = np.concatenate(half_lines) if half_lines else np.zeros(0, dtype=np.int64)
        self.arrows = [np.stack(found) for found in arrows.values()]
        self.pairs = np.stack(pairs) if pairs else None
        self.matrices = [_Stack(order, np.stack(found)) for order, found in matrices.items()]

    def split(self, w: Vector) -> tuple[Vector, Vector]:
        """Return (s, z) with w = s − z, s = Π_K(w), z = Π_{K*}(−w)."""
        s = np.zeros_like(w)
        s[self.half_lines] = np.maximum(w[self.half_lines], 0.0)
        for index in self.arrows:
            s[index] = _second_order(w[index])
        if self.pairs is not None:
            # [[a, b], [b, c]] ⪰ 0  iff  |((a − c)/√2, √2 b)| ≤ (a + c)/√2, and the change is an isometry of svec
            a, b, c = w[self.pairs].T
            t, u, v = _second_order(np.stack([(a + c) / svec.SQRT2, (a - c) / svec.SQRT2, b], axis=1)).T
            s[self.pairs] = np.stack([(t + u) / svec.SQRT2, v, (t - u) / svec.SQRT2], axis=1)
        for stack in self.matrices:
            s[stack.index] = stack.project(w[stack.index])
        return s, s - w


class _Stack:
    """All semidefinite blocks of one order."""

    def __init__(self, order: int, index: NDArray[np.int64]) -> None:
        self.order, self.index = order, index
        i, j = np.indices((order, order))
        self.unpack = svec.position(i, j).ravel()
        row, col = svec.triangle(order)
        self.pack = row * order + col
        self.scale = svec.scaling(order)
        self.positive = [order // 2] * len(index)  # eigenvalues above zero at the last projection

    def project(self, v: Vector) -> Vector:
        """Positive parts of a stack of svecs, (count, length) to the same."""
        n = self.order
        # the triangle is read into both halves, so that no skew part can appear or grow
        M = (v / self.scale)[:, self.unpack].reshape(-1, n, n)
        if n >= RANGE_FROM:
            P = np.stack([self._one(k, item) for k, item in enumerate(M)])
        elif n >= LOOP_FROM:
            P = np.stack([_positive_part(*item) for item in zip(M, *np.linalg.eigh(M), strict=True)])
        else:
            P = _positive_part(M, *np.linalg.eigh(M))
        return P.reshape(-1, n * n)[:, self.pack] * self.scale

    def _one(self, k: int, M: Vector) -> Vector:
        """Positive part of the k-th matrix, from few eigenpairs where one side had few the last time."""
        positive = self.positive[k]
        few = RANGE * self.order
        if few < positive < self.order - few:
            values, vectors = np.linalg.eigh(M)
            self.positive[k] = int((values > 0).sum())
            return _positive_part(M, values, vectors)
        side = (0.0, np.inf) if positive <= few else (-np.inf, 0.0)
        values, U = la.eigh(M, driver="evr", subset_by_value=side, check_finite=False)
        self.positive[k] = len(values) if positive <= few else self.order - len(values)
        part = (U * np.abs(values)) @ U.T
        return part if positive <= few else M + part


def _positive_part(M: Vector, values: Vector, vectors: Vector) -> Vector:
    """Σ_{λ>0} λ vv' = M + Σ_{λ<0} |λ| vv' for one matrix or a stack, from the shorter sum."""
    n = values.shape[-1]
    positive = int((values > 0).sum(axis=-1).max())
    negative = int((values < 0).sum(axis=-1).max())
    if positive <= negative:  # eigenvalues ascend, so each side is a range of columns
        U = vectors[..., n - positive :]
        d = np.maximum(values[..., n - positive :], 0.0)
        return (U * d[..., None, :]) @ np.swapaxes(U, -1, -2)
    U = vectors[..., :negative]
    d = np.maximum(-values[..., :negative], 0.0)
    return M + (U * d[..., None, :]) @ np.swapaxes(U, -1, -2)


def _second_order(v: Vector) -> Vector:
    """Projections of the rows (t, u) of v onto |u| ≤ t: (t, u), 0 or (t + |u|)/2 · (1, u/|u|)."""
    t, u = v[:, 0], v[:, 1:]
    size = np.linalg.norm(u, axis=1)
    height = np.where(size <= t, t, np.where(size <= -t, 0.0, (t + size) / 2))
    shrink = np.where(size <= t, 1.0, height / np.where(size > 0, size, 1.0))
    return np.concatenate([height[:, None], u * shrink[:, None]], axis=1)
