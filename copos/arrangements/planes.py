"""The planes x_i'w = 0: in which of them a neuron stays, which it meets first, which it leaves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import scipy.optimize as opt
from numpy.typing import NDArray

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]
NEAR = 1e-11  # distance of a unit vector to a plane through 0 in which it is


class Planes:
    """Unit normals (n, d) of samples, and which are there: a sample that is 0 has none."""

    def __init__(self, X: Array) -> None:
        norm = np.linalg.norm(X, axis=1)
        self.X, self.normals, self.there = X, X / np.where(norm > 0, norm, 1.0)[:, None], norm > 0

    def cell(self, u: Array, side: Array) -> tuple[Bools, Bools]:
        """(planes in which the unit vector u is, samples that are active in the cell of `side` next to it)."""
        z = self.normals @ u
        tight = self.there & (np.abs(z) <= NEAR)
        return tight, np.where(tight, self.X @ side > 0, z > 0)

    def basis(self, tight: Bools) -> Array:
        """(d, k) of the intersection of planes."""
        if not tight.any():
            return np.eye(self.X.shape[1])
        _, s, V = np.linalg.svd(self.normals[tight])
        return V[int((s > 1e-9).sum()) :].T

    def tightened(self, tight: Bools, i: int) -> tuple[Bools, Array]:
        """With the plane i, and those that are the same; and the basis."""
        parallel = np.abs(np.abs(self.normals @ self.normals[i]) - 1) <= 1e-15
        tight = tight | (parallel & self.there)
        tight[i] = True
        return tight, self.basis(tight)


class Kept(Protocol):
    """A neuron: its cell, its planes, and a basis of their intersection."""

    active: Bools
    tight: Bools
    basis: Array


def first_plane(planes: Planes, neurons: Sequence[Kept], W: Array, step: Array) -> tuple[float, int, int]:
    """(t, j, i): neuron j is the first to reach a plane of its cell, i, at W + t·step; (∞, −1, −1) if none does."""
    best = np.inf, -1, -1
    for j, n in enumerate(neurons):
        if n.basis.shape[1] == 1:
            continue
        z, dz = planes.normals @ W[j], planes.normals @ step[j]
        side = np.where(n.active, 1.0, -1.0)
        meets = planes.there & ~n.tight & (side * dz < -1e-14 * np.linalg.norm(step[j]))
        if meets.any():
            at = np.where(meets, np.maximum(side * z, 0.0) / np.where(meets, -side * dz, 1.0), np.inf)
            i = int(at.argmin())
            if at[i] <= best[0]:
                best = float(at[i]), j, i
    return best


def released(planes: Planes, neuron: Kept, slope: Array, least: float) -> NDArray[np.int64]:
    """The planes that a neuron leaves: where −slope, as far as the cell allows it, is longer than `least`."""
    if not neuron.tight.any():
        return np.zeros(0, dtype=np.int64)
    C = (np.where(neuron.active, 1.0, -1.0)[:, None] * planes.normals)[neuron.tight]
    mu, _ = opt.nnls(C.T, slope)
    down = C.T @ mu - slope
    if np.linalg.norm(down) <= least:
        return np.zeros(0, dtype=np.int64)
    return np.flatnonzero(neuron.tight)[C @ down > 1e-3 * np.linalg.norm(down)]
