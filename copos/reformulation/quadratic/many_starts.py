"""Many searches at a time for min x'Qx + c'x, for feasible points early: over a box, and over 0/1 points with A x ≤ b.

In a box a sweep minimises over one coordinate after the other (`copos.reformulation.box_search`). Over 0/1 points every
search takes its best flip, or with rows its best flip or exchange, that is allowed and was not undone lately, better or
not [GloverKochenberger1998]; the best point on its way counts. All searches move at once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from copos.reformulation.box_search import descended, starts

Vector = NDArray[np.float64]

COUNT, SEED = 24, 5  # searches of each kind of start
LONGEST = 400  # steps of a search
ROOM = 1e-9  # by which a row may be violated, relative to its numbers
ENTRIES = 4_000_000  # of a table of exchanges


def in_box(Q: Vector, c: Vector, ends: NDArray[np.bool_], x: Vector) -> Vector:
    """(points, n) local minima over [0, 1]^n, from around x; coordinates with `ends` are 0 or 1. The best one first."""
    rng, n = np.random.default_rng(SEED), len(c)
    found = descended(Q, c, np.ones(n), ends, starts(x, np.ones(n), rng, COUNT))
    if not ends.all():
        return found[:1]
    none = np.zeros((0, n))
    return searched(Q, c, none, np.zeros(0), found[:COUNT], rng)[:1]


def with_rows(Q: Vector, c: Vector, A: Vector, b: Vector, x: Vector) -> Vector:
    """(points, n) of {0, 1}^n with A x ≤ b, the best one first; perhaps none."""
    rng, n = np.random.default_rng(SEED), len(c)
    drawn = [rng.random((COUNT, n)) < x, rng.random((COUNT, n)) < rng.random((COUNT, 1))]
    X = np.concatenate([x[None] > 0.5, *drawn, np.zeros((1, n))]).astype(float)
    X = _repaired(A, b, X, rng)
    return searched(Q, c, A, b, X, rng)[:1] if len(X) else X


def _repaired(A: Vector, b: Vector, X: Vector, rng: np.random.Generator) -> Vector:
    """Points with ones dropped, in a random order, while they help a row that is violated."""
    limit = b + ROOM * np.abs(A).sum(axis=1)
    out = []
    for x in X:
        for j in rng.permutation(len(x)):
            over = A @ x > limit
            if not over.any():
                break
            if x[j] and (A[over, j] > 0).any():
                x[j] = 0.0
        if (A @ x <= limit).all():
            out.append(x)
    return np.array(out).reshape(-1, X.shape[1])


def searched(Q: Vector, c: Vector, A: Vector, b: Vector, X: Vector, rng: np.random.Generator) -> Vector:
    """The best points on the ways of searches that begin at 0/1 points with A x ≤ b, the best one first.

    Examples
    --------
    >>> Q, rng = -np.array([[0.0, 1, 3], [1, 0, 1], [3, 1, 0]]), np.random.default_rng(0)
    >>> searched(Q, np.zeros(3), np.array([[1.0, 1, 1]]), np.array([2.0]), np.zeros((1, 3)), rng)[0].tolist()
    [1.0, 0.0, 1.0]
    """
    X, n, every = X.copy(), X.shape[1], np.arange(len(X))
    q, G = Q.diagonal(), 2 * X @ Q + c
    value = np.einsum("kj,kj->k", X @ Q + c, X)
    best, top = X.copy(), value.copy()
    limit = b + ROOM * np.abs(A).sum(axis=1)
    slack = limit - X @ A.T
    tenure = max(1, n // 10)
    until = np.zeros((len(X), n), dtype=np.int64)
    pairs = len(A) > 0 and len(X) * n * n <= ENTRIES
    for step in range(min(LONGEST, 4 * n)):
        sign = 1 - 2 * X
        gain = sign * G + q
        fits = (slack[:, :, None] >= sign[:, None, :] * A[None]).all(axis=1)
        # what was changed lately waits, unless the point were the best of all
        waits = (until > step) & (value[:, None] + gain >= top[:, None] - 1e-12)
        single = np.where(fits & ~waits, gain, np.inf)
        j = single.argmin(axis=1)
        move, other = single[every, j], np.full(len(X), -1)
        if pairs:
            rises = np.where(X == 0, gain, np.inf)
            falls = np.where(X == 1, gain, np.inf)
            both = rises[:, :, None] + falls[:, None, :] - 2 * Q[None]
            for row, room in zip(A, slack.T, strict=True):
                both[row[None, :, None] - row[None, None, :] > room[:, None, None]] = np.inf
            both[(until > step)[:, :, None] | (until > step)[:, None, :]] = np.inf
            flat = both.reshape(len(X), -1)
            at = flat.argmin(axis=1)
            better = flat[every, at] < np.minimum(move, 0.0) - 1e-12
            j, other = np.where(better, at // n, j), np.where(better, at % n, -1)
            move = np.where(better, flat[every, at], move)
        go = np.flatnonzero(np.isfinite(move))
        if not len(go):
            break
        for which in (j, other):
            k = go[which[go] >= 0]
            v = which[k]
            change = 1 - 2 * X[k, v]
            X[k, v] += change
            G[k] += 2 * change[:, None] * Q[v]
            slack[k] -= change[:, None] * A[:, v].T
            until[k, v] = step + 1 + tenure + rng.integers(0, 5, len(k))
        value[go] += move[go]
        better = value < top - 1e-12 * np.abs(top)
        best[better], top[better] = X[better], value[better]
    return best[np.argsort(top, kind="stable")]
