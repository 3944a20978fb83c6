"""Pricing in the plane: all cells between the lines x_i'u = 0, in O(n log n).

Between two neighbouring rays ⟂ x_i the function g(u) = Σ_i r_i (x_i'u)_+ is w'u with w = Σ {r_i x_i : x_i'u > 0}. Its
maximum over the arc is ‖w‖ where w itself lies in the cell, else at one of the two rays; w changes by ±r_i x_i from
one cell to the next. With several outputs g(u) = Wu, W = Σ {r_i x_i' : x_i'u > 0}, and with u = (cos θ, sin θ)

    ‖Wu‖² = (a + c)/2 + ½(a − c) cos 2θ + b sin 2θ,      W'W = (a, b; b, c),

whose maximum over the arc is where 2θ is the angle of (½(a − c), b), else at one of the two rays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
TURN = 2 * np.pi


@dataclass(frozen=True, eq=False)
class Peaks:
    """Local maxima of s·g, or of ‖g‖, over the circle, the highest first.

    Attributes
    ----------
    most : max ‖g(u)‖ over the circle
    u : (k, 2) points
    out : (k,) s = ±1, or (k, c) the directions of g(u)
    height : (k,) s·g(u), or ‖g(u)‖
    middle : (k, 2) a point inside of the cell
    """

    most: float
    u: Array
    out: Array
    height: Array
    middle: Array


@dataclass(frozen=True, eq=False)
class _Arcs:
    """Between neighbouring rays: the angle of the first, how wide, and W (k, c, 2) there."""

    ray: Array
    wide: Array
    W: Array


def _directions(angle: Array) -> Array:
    return np.stack([np.cos(angle), np.sin(angle)], axis=-1)


def _arcs(X: Array, R: Array) -> _Arcs:
    """Of samples (n, 2) that are not 0, with multipliers (n, c)."""
    angle = np.arctan2(X[:, 1], X[:, 0])
    # sample i is active on the half circle (angle − π/2, angle + π/2)
    enter, leave = (angle - np.pi / 2) % TURN, (angle + np.pi / 2) % TURN
    part = R[:, :, None] * X[:, None, :]
    ray, step = np.concatenate([enter, leave]), np.concatenate([part, -part])
    order = np.argsort(ray, kind="stable")
    ray = ray[order]
    inside = enter > leave  # the half circles with the angle 0 inside
    W = part[inside].sum(0) + np.cumsum(step[order], axis=0)  # of the cell after each ray
    last = np.append(ray[1:] > ray[:-1], True)  # of the samples on one line
    ray, W = ray[last], W[last]
    return _Arcs(ray, np.append(ray[1:], ray[0] + TURN) - ray, W)


def peaks(X: Array, r: Array, count: int, above: float = 0.0) -> Peaks:
    """The highest local maxima of ‖Σ_i r_i (x_i'u)_+‖ on the circle whose height is more than `above`.

    Parameters
    ----------
    X : (n, 2)
    r : (n,), or (n, c) with several outputs
    """
    several = r.ndim == 2
    R = r if several else r[:, None]
    seen = (X != 0).any(1) & (R != 0).any(1)
    if not seen.any():
        none = np.zeros((0, 2))
        return Peaks(0.0, none, np.zeros((0, *r.shape[1:])), np.zeros(0), none)
    arcs = _arcs(X[seen], R[seen])
    cell, u, out, height, top = (_of_several if several else _of_one)(arcs)
    most = float(max(height.max(initial=0.0), top))
    best = np.argsort(-height)[:count]
    best = best[height[best] > above]
    middle = _directions(arcs.ray + arcs.wide / 2)
    return Peaks(most, u[best], out[best], height[best], middle[cell[best]])


def _of_one(arcs: _Arcs) -> tuple[NDArray[np.int64], Array, Array, Array, float]:
    """Cells, points, signs and heights of local maxima of ±w'u, and the maximum at the rays."""
    ray, wide, w = arcs.ray, arcs.wide, arcs.W[:, 0]
    before, at = np.roll(w, 1, axis=0), _directions(ray)
    tangent = np.stack([-at[:, 1], at[:, 0]], axis=-1)
    size, value = np.linalg.norm(w, axis=1), np.einsum("kd,kd->k", w, at)
    found: list[tuple[NDArray[np.int64], Array, Array, Array]] = []
    for s in (1.0, -1.0):
        turned = (np.arctan2(s * w[:, 1], s * w[:, 0]) - ray) % TURN
        interior = np.flatnonzero((turned > 0) & (turned < wide) & (size > 0))
        slope = s * np.stack([np.einsum("kd,kd->k", part, tangent) for part in (before, w)])
        corner = np.flatnonzero((slope[0] >= 0) & (slope[1] <= 0) & (s * value > 0))
        signs = np.full(len(interior), s), np.full(len(corner), s)
        found.append((interior, s * w[interior] / size[interior, None], signs[0], size[interior]))
        found.append((corner, at[corner], signs[1], s * value[corner]))
    cell, u, out, height = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return cell, u, out, height, float(np.abs(value).max())


def _of_several(arcs: _Arcs) -> tuple[NDArray[np.int64], Array, Array, Array, float]:
    """Cells, points, directions and heights of local maxima of ‖Wu‖, and the maximum at the rays."""
    size = float(np.abs(arcs.W).max())
    if not size > 0:
        none = np.zeros((0, 2))
        return np.zeros(0, np.int64), none, np.zeros((0, arcs.W.shape[1])), np.zeros(0), 0.0
    ray, wide, W = arcs.ray, arcs.wide, arcs.W / size
    before, at = np.roll(W, 1, axis=0), _directions(ray)
    tangent = np.stack([-at[:, 1], at[:, 0]], axis=-1)
    top = 0.5 * np.arctan2(2 * (W[:, :, 0] * W[:, :, 1]).sum(1), (W[:, :, 0] ** 2 - W[:, :, 1] ** 2).sum(1))
    found: list[tuple[NDArray[np.int64], Array]] = []
    for turn in (0.0, np.pi):  # u and −u are of one height
        turned = (top + turn - ray) % TURN
        interior = np.flatnonzero((turned > 0) & (turned < wide))
        found.append((interior, _directions(ray[interior] + turned[interior])))
    slopes = [np.einsum("kcd,kd,kce,ke->k", part, at, part, tangent, optimize=True) for part in (before, W)]
    corner = np.flatnonzero((slopes[0] >= 0) & (slopes[1] <= 0))
    found.append((corner, at[corner]))
    cell, u = (np.concatenate(parts) for parts in zip(*found, strict=True))
    out = np.einsum("kcd,kd->kc", W[cell], u)
    height = np.linalg.norm(out, axis=1)
    cell, u, out, height = (part[height > 0] for part in (cell, u, out, height))
    rays = float(np.linalg.norm(np.einsum("kcd,kd->kc", W, at), axis=1).max())
    return cell, u, out / height[:, None], size * height, size * rays
