"""Where to cut a cell: linear forms a = d − m e through the mean m = d'ȳ of a direction d.

From the Y of a cell's relaxation, e'Ye = 1 after scaling, take the mean ȳ = Ye and the covariance S = Y − ȳȳ'. It
vanishes if Y is one atom, and its large entries say where the relaxation mixes atoms that differ. Cutting through the
mean leaves neither side as it was. Forms have few bits, so that they are exact in a proof and short in its file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[Any]
BITS = 6  # of a direction relative to its largest entry, half of those of the mean
SMALLEST = 1e-6  # standard deviation, relative to the size of the coordinate, below which a mean is taken for exact


class Rule(NamedTuple):
    """`directions(S, size)`: rows d to cut along, best first, from the covariance and the mean squares of u."""

    directions: Callable[[Vector, Vector], Vector]
    meaning: str
    decisions: int = 0  # so many that are open come first, where there are any

    def forms(self, Y: Vector, e: Vector) -> Vector:
        """(count, dim) forms d − m e; none where Y is one atom up to rounding."""
        total = float(e @ Y @ e)
        if not np.isfinite(total) or total <= 0:
            return np.zeros((0, len(e)))
        mean = Y @ e / total
        S = Y / total - np.outer(mean, mean)
        size = np.maximum(Y.diagonal() / total, 0.0)
        out = []
        for d in self.directions(S, size):
            d = np.rint(np.ldexp(d / np.abs(d).max(), BITS)) * 2.0**-BITS
            deviation = np.sqrt(max(float(d @ S @ d), 0.0))
            if deviation <= SMALLEST * max(np.sqrt(float(size @ d**2)), 1e-12):
                continue
            out.append(d - _short(float(d @ mean), deviation) * e)
        return np.array(out).reshape(-1, len(e))


def _short(mean: float, deviation: float) -> float:
    """The mean with few bits; relative to itself, because the deviation of an unbounded coordinate says nothing."""
    if abs(mean) <= 2.0**-30 * deviation:
        return 0.0
    step = 2.0 ** (np.floor(np.log2(abs(mean))) - 2 * BITS)
    return float(step * np.rint(mean / step))


def _coordinates(order: Vector, count: int) -> Vector:
    return np.eye(len(order))[np.argsort(-order, kind="stable")[:count]]


def _variance(S: Vector, size: Vector) -> Vector:
    return _coordinates(S.diagonal(), 1)


def _relative(S: Vector, size: Vector) -> Vector:
    return _coordinates(S.diagonal() / np.maximum(size, 1e-9 * max(float(size.max()), 1e-300)), 1)


def _direction(S: Vector, size: Vector) -> Vector:
    d = np.linalg.eigh(S)[1][:, [-1]].T
    return d * np.sign(d[0, np.abs(d[0]).argmax()])


def _strong(S: Vector, size: Vector) -> Vector:
    every = np.concatenate([_coordinates(S.diagonal(), 3), _relative(S, size), _direction(S, size)])
    return every[np.sort(np.unique(every.round(6), axis=0, return_index=True)[1])]


RULES = {
    "decisions": Rule(_variance, "0/1 coordinates and first-order conditions, then the coordinate of the largest "
                      "variance", 1),
    "variance": Rule(_variance, "the coordinate of the largest variance"),
    "relative": Rule(_relative, "the coordinate of the largest variance relative to its mean square"),
    "direction": Rule(_direction, "the eigenvector of the covariance with the largest eigenvalue"),
    "strong": Rule(_strong, "of these and two more coordinates the one whose worse side has the better bound"),
}
