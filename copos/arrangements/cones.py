"""Pricing in d ≥ 3 dimensions: max of g(u) = Σ_i r_i (x_i'u)_+ on the ball, by branch and bound over simplicial cones.

On cone(p_1, …, p_d) the part with r_i > 0 is below the linear function with its values at the corners, and the part
with r_i < 0 is below Σ r_i λ_i x_i'u, λ_i ∈ {0, 1}. So g(Σt_kp_k) ≤ h't there, and

    max {h't : t ≥ 0, ‖Pt‖ ≤ 1} = min {‖y‖ : P'y ≥ h},

which is found over the 2^d − 1 supports of t. With several outputs ‖g(Σt_kp_k)‖ ≤ Σ t_k‖a_k‖ + ½Σ_i ‖r_i‖δ_i't with
g, where (x_i'u)_+ is the mean of the chord and λ_ix_i'u, for a, and their difference for δ_i. For one output the bound
is exact where no sample changes its sign in the cone: so cones with few such samples are cut in their planes, others in
the middle of the longest edge.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.arrangements.ascent import unit

Array = NDArray[np.float64]
Split = tuple[int, int, int, int]
ENTRIES = 2_000_000  # of one array
FEW = 3  # times d samples whose sign changes: then their planes cut
FINE = 1 << 40  # of the weights of a cut in a plane
TIE = 1e-13  # of ‖x_i‖: a sum of signed distances of unknown sign
COARSE = 16  # of one in the middle of an edge
IN_PLANE = 1e-9  # distance of a corner to a plane in which it is


def least_norm(corners: Array, h: Array) -> tuple[Array, Array]:
    """(‖y‖, y) of min ‖y‖ s.t. p_k'y ≥ h_k for many cones: corners (K, d, d), unit rows p_k, h (K, d)."""
    K, d = h.shape
    gram = corners @ corners.transpose(0, 2, 1)
    best, y = np.zeros(K), np.zeros((K, d))
    for support in product((False, True), repeat=d):
        if not any(support):
            continue
        S = np.flatnonzero(support)
        part = gram[:, S[:, None], S] + 1e-300 * np.eye(len(S))
        try:
            t = np.linalg.solve(part, h[:, S, None])[..., 0]
        except np.linalg.LinAlgError:
            t = np.stack([np.linalg.lstsq(m, v, rcond=None)[0] for m, v in zip(part, h[:, S], strict=True)])
        z = np.einsum("ks,ksd->kd", t, corners[:, S])
        norm = np.linalg.norm(z, axis=1)
        # h't/‖Pt‖ is a value of the maximum for any t ≥ 0, also where the system is singular
        value = np.einsum("ks,ks->k", t, h[:, S]) / np.where(norm > 0, norm, np.inf)
        better = (t >= 0).all(1) & (value > best)
        best = np.where(better, value, best)
        y[better] = z[better] * (value / np.where(norm > 0, norm, 1.0))[better, None]
    return best, y


def length(p: Sequence[int]) -> int:
    """Bits of the largest entry."""
    return max(map(abs, p)).bit_length()


def between(p: list[int], q: list[int], a: int, b: int) -> list[int]:
    """a p + b q of corners that are first made of one length."""
    rise = length(q) - length(p)
    a, b = a << max(rise, 0), b << max(-rise, 0)
    return [a * v + b * w for v, w in zip(p, q, strict=True)]


@dataclass
class Tree:
    """Cones of one sign: corners, largest entry in [½, 1), bounds, h at unit corners, splits, parts (−1: a leaf)."""

    corners: list[Array] = field(default_factory=list)
    bound: list[float] = field(default_factory=list)
    h: list[Array] = field(default_factory=list)
    split: list[Split | None] = field(default_factory=list)
    part: list[int] = field(default_factory=list)
    roots: int = 0


@dataclass(frozen=True, eq=False)
class Cover:
    """What branch and bound found of max ‖g‖ ≤ `most`: trees, points above the goal, and why it ended.

    With one output there is a tree for g and one for −g, and points come with s = ±1; with several there is one tree,
    and points come with the direction of g(u).
    """

    most: float
    trees: tuple[Tree, ...]
    points: list[tuple[float, Array, Any]]
    nodes: int
    done: bool


class Search:
    """Of cones whose bound is above the goal, for s·g with r already signed, or for ‖g‖ with r (n, c)."""

    def __init__(self, X: Array, r: Array, goal: float) -> None:
        seen = (r.reshape(len(X), -1) != 0).any(1) & (X != 0).any(1)
        self.X, self.r, self.goal, self.tree = X[seen], r[seen], goal, Tree()
        self.weight = np.abs(self.r) if r.ndim == 1 else np.linalg.norm(self.r, axis=1)
        self.d, self.size = X.shape[1], np.linalg.norm(self.X, axis=1)
        self.points: list[tuple[float, Array]] = []
        self._next: dict[int, Split] = {}
        self._whole: dict[int, list[list[int]]] = {}  # corners of cones as the checker has them
        signs = np.array(list(product((-1, 1), repeat=self.d)))
        self._whole = {k: np.diag(row).tolist() for k, row in enumerate(signs)}
        self.tree.roots = len(signs)
        self._add(0.5 * signs[:, :, None] * np.eye(self.d))

    def _add(self, corners: Array) -> None:
        step = max(1, ENTRIES // max(1, self.d * len(self.X)))
        for at in range(0, len(corners), step):
            self._bounded(corners[at : at + step])

    def _bounded(self, C: Array) -> None:
        first, (K, d, _) = len(self.tree.bound), C.shape
        Z = C @ self.X.T
        norm = np.linalg.norm(C, axis=2)
        h = self._heights(C, Z)
        unit = C / norm[:, :, None]
        bound, y = least_norm(unit, h / norm)
        value = self._values(y) / np.maximum(bound, 1e-300)
        for k in np.flatnonzero(value > self.goal):
            self.points.append((float(value[k]), y[k] / np.linalg.norm(y[k])))
        self.tree.corners += list(C)
        self.tree.bound += bound.tolist()
        self.tree.h += list(h / norm)
        self.tree.split += [None] * K
        self.tree.part += [-1] * K
        worse = np.flatnonzero(bound > self.goal)
        for k in np.flatnonzero(bound <= self.goal):
            self._whole.pop(first + int(k), None)
        if not len(worse):
            return
        Z, unit = Z[worse] / norm[worse, :, None], unit[worse]
        high, low = Z.max(1), -Z.min(1)
        open_ = np.minimum(high, low) > IN_PLANE * self.size
        error = np.where(open_, self.weight * np.minimum(high, low), 0.0)
        count, i = open_.sum(1), error.argmax(1)
        gram = unit @ unit.transpose(0, 2, 1)
        gram[:, range(d), range(d)] = 2.0
        for n, k in enumerate(worse):
            if 0 < count[n] <= FEW * d:
                z = Z[n, :, i[n]]
                j, l = int(z.argmax()), int(z.argmin())
                a, b = -z[l] / norm[k, j], z[j] / norm[k, l]
                unit_ = FINE / max(a, b)  # corners are as long as one another, up to √d
            else:
                j, l = (int(v) for v in np.unravel_index(gram[n].argmin(), (d, d)))
                a, b = norm[k, l], norm[k, j]
                unit_ = COARSE / max(a, b)
            self._next[first + int(k)] = (j, l, max(1, round(a * unit_)), max(1, round(b * unit_)))

    def _heights(self, C: Array, Z: Array) -> Array:
        """h (K, d) at corners C, where samples have the values Z (K, d, n)."""
        middle = Z.sum(1)
        tie = np.abs(middle) <= TIE * self.size
        above = (middle > 0) & ~tie
        if self.r.ndim == 1:
            less = np.minimum(self.r, 0.0)
            h = np.maximum(Z, 0.0) @ np.maximum(self.r, 0.0) + np.einsum("kcd,kd->kc", C, above * less @ self.X)
            for k in np.flatnonzero(tie.any(1)):  # rounding has decided: h is right for λ = 0 and λ = 1
                h[k] += np.minimum(Z[k][:, tie[k]], 0.0) @ less[tie[k]]
            return h
        chord, least = np.maximum(Z, 0.0), above[:, None, :] * Z
        h = np.linalg.norm(0.5 * (chord + least) @ self.r, axis=2) + 0.5 * (chord - least) @ self.weight
        for k in np.flatnonzero(tie.any(1)):
            h[k] += np.abs(Z[k][:, tie[k]]) @ self.weight[tie[k]]
        return h

    def _values(self, U: Array) -> Array:
        """g, or its norm."""
        g = np.maximum(U @ self.X.T, 0.0) @ self.r
        return g if self.r.ndim == 1 else np.linalg.norm(g, axis=1)

    def grow(self, count: int) -> int:
        """Cut the `count` cones with the largest bounds above the goal; how many were cut."""
        chosen = sorted(self._next, key=lambda k: -self.tree.bound[k])[:count]
        made = []
        for k in chosen:
            j, l, a, b = split = self._next.pop(k)
            C, whole = self.tree.corners[k], self._whole.pop(k)
            point = between(whole[j], whole[l], a, b)
            one, two = C.copy(), C.copy()
            one[j] = two[l] = np.array([v / (1 << length(point)) for v in point])
            made += [one, two]
            for n, place in enumerate((j, l)):
                self._whole[len(self.tree.bound) + len(made) - 2 + n] = [*whole[:place], point, *whole[place + 1 :]]
            self.tree.split[k], self.tree.part[k] = split, len(self.tree.bound) + len(made) - 2
            self.tree.corners[k] = self.tree.h[k] = np.zeros((0, 0))
        if made:
            self._add(np.array(made))
        return len(chosen)

    @property
    def most(self) -> float:
        """The largest bound of a leaf."""
        return max((b for b, part in zip(self.tree.bound, self.tree.part, strict=True) if part < 0), default=0.0)


def cover(X: Array, r: Array, goal: float, deadline: float, nodes: int, batch: int = 2_000) -> Cover:
    """Bounds of ‖Σ_i r_i (x_i'u)_+‖ by cones until all are at most `goal`, or a point is above it, or a limit."""
    searches = [Search(X, s * r, goal) for s in ((1.0, -1.0) if r.ndim == 1 else (1.0,))]

    def out(s: float, u: Array) -> Any:
        return s if r.ndim == 1 else unit((np.maximum(X @ u, 0.0) @ r)[None])[0]

    count = 0
    while True:
        points = [(v, u, out(s, u)) for s, one in zip((1.0, -1.0), searches, strict=False) for v, u in one.points]
        count = sum(len(search.tree.bound) for search in searches)
        most = max(search.most for search in searches)
        waiting = any(search._next for search in searches)
        if points or not waiting or count >= nodes or time.perf_counter() >= deadline:
            return Cover(most, tuple(one.tree for one in searches), points, count, not waiting and not points)
        for search in searches:
            search.grow(batch)
