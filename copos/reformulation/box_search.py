"""Many local searches at a time for min x'Qx + c'x over a box, some of whose variables may be 0 or 1 only.

A step minimises over one coordinate with the others held, exactly, in all points of the batch at once; sweeps end when
no point moves. A binary coordinate, and one with Q_jj ≤ 0, takes the better end of its interval.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

STARTS = 48  # random ones, beside those around the given point
SWEEPS = 60
ENTRIES = 2_000_000  # of a batch of points


def starts(x: Vector, upper: Vector, rng: np.random.Generator, count: int = STARTS) -> Vector:
    """(points, n) the point, roundings of it, points around it, and points anywhere in the box."""
    n = len(x)
    count = max(1, min(count, ENTRIES // max(n, 1)))
    share = x / np.where(upper > 0, upper, 1.0)
    rounded = [np.where(share > threshold, upper, 0.0) for threshold in (0.25, 0.5, 0.75)]
    drawn = np.where(rng.random((count, n)) < share, upper, 0.0)
    mixed = x + (drawn - x) * rng.random((count, 1))
    anywhere = upper * rng.random((count, n))
    return np.concatenate([x[None], *[r[None] for r in rounded], drawn, mixed, anywhere])


def descended(Q: Vector, c: Vector, upper: Vector, ends: NDArray[np.bool_], points: Vector) -> Vector:
    """Points of the batch moved until no single coordinate helps, the best one first.

    Parameters
    ----------
    Q, c, upper : (n, n) symmetric, (n,), (n,) with finite entries
    ends : (n,) coordinates that are 0 or `upper`
    points : (count, n) within the box

    Examples
    --------
    >>> Q, c = np.array([[0.0, -1.0], [-1.0, 0.0]]), np.array([0.5, 0.5])
    >>> descended(Q, c, np.ones(2), np.zeros(2, dtype=bool), np.array([[0.2, 0.9], [0.1, 0.1]]))[0].tolist()
    [1.0, 1.0]
    """
    X = np.clip(points, 0.0, upper)
    X = np.where(ends, np.where(2 * X > upper, upper, 0.0), X)
    G = 2 * X @ Q + c  # gradients
    q = Q.diagonal()
    slope = np.abs(Q).max(initial=0.0) * upper.max(initial=0.0) + np.abs(c).max(initial=0.0)
    scale = 1e-12 * float(slope)
    for _ in range(SWEEPS):
        moved = False
        for j in range(len(c)):
            x, g = X[:, j], G[:, j]
            if q[j] > 0 and not ends[j]:
                new = np.clip(x - g / (2 * q[j]), 0.0, upper[j])
            else:
                down, up = -x, upper[j] - x
                new = np.where(down * g + down**2 * q[j] <= up * g + up**2 * q[j], 0.0, upper[j])
            step = new - x
            gain = step * (g + step * q[j])
            step = np.where(gain < -scale * np.abs(upper[j]), step, 0.0)
            at = np.flatnonzero(step)
            if len(at):
                moved = True
                X[at, j] = new[at]
                G[at] += 2 * step[at, None] * Q[j]
        if not moved:
            break
    value = np.einsum("kj,kj->k", X @ Q + c, X)
    return X[np.argsort(value, kind="stable")]
