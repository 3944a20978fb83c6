"""Nodes of one depth of the search for a cover, and directions along which the form falls, for many at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BITS = 24  # of the entries of a rounded vector


class Nodes(NamedTuple):
    """Nodes of one depth; `det` and `inverse` belong to P, `y` solves P y = −g (x = e_0 + Σ y_i (e_i − e_0))."""

    ids: NDArray[np.int64]
    low: NDArray[np.int64]
    high: NDArray[np.bool_]
    inverse: NDArray[np.float64]
    y: NDArray[np.float64]
    det: NDArray[np.float64]

    def part(self, at: slice | NDArray) -> Nodes:
        """Some of them."""
        return Nodes(self.ids[at], self.low[at], self.high[at], self.inverse[at], self.y[at], self.det[at])


def falling(
    F: NDArray[np.float64], low: NDArray, j: NDArray, z: NDArray
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Integer multiples of the directions (−Σ(z, 1), z, 1) that surely have d'Ad < 0: which ones, and them."""
    tail = np.concatenate([z, np.ones((len(z), 1))], axis=1)
    tail = np.rint(tail * (2.0**BITS / np.abs(tail).max(axis=1, keepdims=True)))
    d = np.concatenate([-tail.sum(axis=1, keepdims=True), tail], axis=1)
    at = np.concatenate([low, j[:, None]], axis=1)
    K = F[at[:, :, None], at[:, None, :]]
    change = (np.matmul(d[:, None, :], K)[:, 0] * d).sum(axis=1)
    scale = (np.matmul(np.abs(d)[:, None, :], np.abs(K))[:, 0] * np.abs(d)).sum(axis=1)
    sure = np.flatnonzero(change < -1e-12 * scale)
    return sure, d[sure].astype(np.int64)
