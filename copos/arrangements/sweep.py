"""Pricing in the plane: all cells between the lines x_i'u = 0, in O(n log n).

Between two neighbouring rays ⟂ x_i the function g(u) = Σ_i r_i (x_i'u)_+ is w'u with w = Σ {r_i x_i : x_i'u > 0}. Its
maximum over the arc is ‖w‖ where w itself lies in the cell, else at one of the two rays; w changes by ±r_i x_i from
one cell to the next.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
TURN = 2 * np.pi


@dataclass(frozen=True, eq=False)
class Peaks:
    """Local maxima of s·g over the circle, the highest first.

    Attributes
    ----------
    most : max |g(u)| over the circle
    u : (k, 2) points
    sign : (k,) s = ±1
    height : (k,) s·g(u)
    cuts : (k, 2, 2) rows c with c'w ≥ 0 for w in the cell
    middle : (k, 2) a point inside of the cell
    """

    most: float
    u: Array
    sign: Array
    height: Array
    cuts: Array
    middle: Array


def _directions(angle: Array) -> Array:
    return np.stack([np.cos(angle), np.sin(angle)], axis=-1)


def peaks(X: Array, r: Array, count: int, above: float = 0.0) -> Peaks:
    """The highest local maxima of |Σ_i r_i (x_i'u)_+| on the circle whose height is more than `above`.

    Parameters
    ----------
    X : (n, 2)
    r : (n,)
    """
    seen = (X != 0).any(1) & (r != 0)
    X, r = X[seen], r[seen]
    if not len(X):
        none = np.zeros((0, 2))
        return Peaks(0.0, none, np.zeros(0), np.zeros(0), np.zeros((0, 2, 2)), none)
    angle = np.arctan2(X[:, 1], X[:, 0])
    # sample i is active on the half circle (angle − π/2, angle + π/2)
    enter, leave = (angle - np.pi / 2) % TURN, (angle + np.pi / 2) % TURN
    ray, step = np.concatenate([enter, leave]), np.concatenate([r[:, None] * X, -r[:, None] * X])
    order = np.argsort(ray, kind="stable")
    ray = ray[order]
    inside = enter > leave  # the half circles with the angle 0 inside
    w = (r[inside, None] * X[inside]).sum(0) + np.cumsum(step[order], axis=0)  # of the cell after each ray
    last = np.append(ray[1:] > ray[:-1], True)  # of the samples on one line
    ray, w = ray[last], w[last]
    before, after = np.roll(w, 1, axis=0), np.append(ray[1:], ray[0] + TURN)
    at, next_ = _directions(ray), _directions(after)
    tangent = np.stack([-at[:, 1], at[:, 0]], axis=-1)
    size, value = np.linalg.norm(w, axis=1), np.einsum("kd,kd->k", w, at)
    wide = after - ray
    found: list[tuple[NDArray[np.int64], float, Array, Array]] = []
    for s in (1.0, -1.0):
        turned = (np.arctan2(s * w[:, 1], s * w[:, 0]) - ray) % TURN
        interior = np.flatnonzero((turned > 0) & (turned < wide) & (size > 0))
        slope = s * np.stack([np.einsum("kd,kd->k", part, tangent) for part in (before, w)])
        corner = np.flatnonzero((slope[0] >= 0) & (slope[1] <= 0) & (s * value > 0))
        found.append((interior, s, s * w[interior] / size[interior, None], size[interior]))
        found.append((corner, s, at[corner], s * value[corner]))
    cell = np.concatenate([f[0] for f in found])
    sign = np.concatenate([np.full(len(f[0]), f[1]) for f in found])
    u, height = np.concatenate([f[2] for f in found]), np.concatenate([f[3] for f in found])
    most = float(max(height.max(initial=0.0), np.abs(value).max()))
    best = np.argsort(-height)[:count]
    best = best[height[best] > above]
    cell = cell[best]
    half = wide[cell] >= np.pi  # one line only: its cells are half planes, and one row is enough
    second = np.where(half[:, None], tangent[cell], np.stack([next_[cell, 1], -next_[cell, 0]], axis=-1))
    cuts = np.stack([tangent[cell], second], axis=1)
    return Peaks(most, u[best], sign[best], height[best], cuts, _directions(ray[cell] + wide[cell] / 2))
