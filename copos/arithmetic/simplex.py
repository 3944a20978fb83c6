"""Local minima of x'Mx on the unit simplex, many starts at once, in floating point.

Each step moves weight from the worst used coordinate to the best one, exactly as far as is best on that edge; a
stationary point of a face follows from its linear equations. What comes out is a candidate, never a proof.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
REFRESH = 200  # steps after which Mx is computed anew


def descend(M: Matrix, X: Matrix, steps: int | None = None, tolerance: float = 1e-14) -> Matrix:
    """Points of the simplex with x'Mx no larger than at X (rows, ≥ 0), by pairwise steps with exact line search.

    Along e_i − e_j the form is f + 2t(g_i − g_j) + t²(M_ii + M_jj − 2M_ij), g = Mx, for 0 ≤ t ≤ x_j. A row is done
    when no such slope is below −tolerance·max |M|, or after 100 steps for each coordinate by default.
    """
    X = X / X.sum(axis=1, keepdims=True)
    out = np.arange(len(X))
    done = np.empty_like(X)
    diagonal, size = np.diag(M), max(float(np.abs(M).max(initial=0.0)), 1e-300)
    G = X @ M
    for step in range(100 * len(M) if steps is None else steps):
        rows = np.arange(len(X))
        i = G.argmin(axis=1)
        j = np.where(X > 0, G, -np.inf).argmax(axis=1)
        slope = G[rows, i] - G[rows, j]
        still = slope < -tolerance * size
        if not still.all():
            done[out[~still]] = X[~still]
            if not still.any():
                return done
            X, G, out = X[still], G[still], out[still]
            rows, i, j, slope = np.arange(len(X)), i[still], j[still], slope[still]
        curvature = diagonal[i] + diagonal[j] - 2 * M[i, j]
        most = X[rows, j]
        t = np.where(curvature > 0, -slope / np.where(curvature > 0, curvature, 1.0), most)
        full = t >= most
        t = np.minimum(t, most)
        X[rows, i] += t
        X[rows, j] -= t
        X[rows[full], j[full]] = 0.0
        G += t[:, None] * (M[i] - M[j])
        if step % REFRESH == REFRESH - 1:
            G = X @ M
    done[out] = X
    return done


def polished(M: Matrix, x: Vector, slack: float = 0.0) -> Vector:
    """The stationary point of the face that x lies in, M_SS y = λ1, e'y = 1, if y ≥ 0 is no worse; otherwise x.

    `slack` is what rounding may make it worse, relative to max |M|.
    """
    at = np.flatnonzero(x > 1e-7 * x.max())
    K = np.ones((len(at) + 1, len(at) + 1))
    K[:-1, :-1], K[-1, -1] = M[np.ix_(at, at)], 0.0
    z = np.linalg.lstsq(K, np.r_[np.zeros(len(at)), 1.0], rcond=None)[0][:-1]
    if not np.isfinite(z).all() or z.min() < 0 or z.sum() <= 0:
        return x
    out = np.zeros_like(x)
    out[at] = z / z.sum()
    return out if out @ M @ out <= x @ M @ x + slack * np.abs(M).max() else x


def starts(moments: Matrix | None, n: int, rng: np.random.Generator, random: int = 20) -> Matrix:
    """Starting points, up to factors: rows of a relaxed X, their sum, its diagonal, vertices, centre, random points."""
    points = [np.eye(n), np.full((1, n), 1 / n), rng.dirichlet(np.ones(n), random)]
    if moments is not None:
        X = np.maximum(moments, 0.0)
        points += [X, X.sum(axis=0, keepdims=True), np.sqrt(X.diagonal())[None, :]]
    every = np.concatenate(points)
    return every[every.sum(axis=1) > 1e-9 * max(1.0, every.max())]


def sparse_starts(n: int, count: int, rng: np.random.Generator) -> Matrix:
    """Starting points where there is no relaxed X: the centre, the unit vectors, then sparse random ones."""
    X = np.zeros((count, n))
    X[0] = 1.0
    plain = min(n, count - 1)
    X[1 : plain + 1, :plain] = np.eye(plain)
    rest = count - 1 - plain
    if rest > 0:
        share = rng.uniform(0.1, 0.8, size=(rest, 1))
        X[plain + 1 :] = rng.exponential(size=(rest, n)) * (rng.random((rest, n)) < share)
        empty = X.sum(axis=1) == 0
        X[empty, rng.integers(n, size=empty.sum())] = 1.0
    return X / X.sum(axis=1, keepdims=True)


def minimum(M: Matrix, moments: Matrix | None = None, seed: int = 0) -> Matrix:
    """Best local minimiser found of x'Mx over the simplex, from a relaxed X.

    Examples
    --------
    >>> minimum(np.array([[2.0, 0.0], [0.0, 1.0]])).round(6).tolist()
    [0.333333, 0.666667]
    """
    found = descend(M, starts(moments, len(M), np.random.default_rng(seed)))
    values = np.einsum("ki,ij,kj->k", found, M, found)
    return polished(M, found[values.argmin()], slack=1e-12)


def minima(M: Matrix, rng: np.random.Generator, count: int | None = None, steps: int | None = None) -> Matrix:
    """Local minima of x'Mx on the simplex, best first, one row each.

    Examples
    --------
    >>> X = minima(np.array([[1.0, -1.0], [-1.0, 3.0]]), np.random.default_rng(0))
    >>> X[0].round(6).tolist()
    [0.666667, 0.333333]
    """
    n = len(M)
    X = sparse_starts(n, count or 3 * n + 5, rng)
    X = descend(M, X, steps or 40 + 12 * n, 1e-13)
    X = np.unique(np.where(X > 1e-9, X, 0.0).round(9), axis=0)
    X = np.array([polished(M, x) for x in X])
    value = np.einsum("ki,ij,kj->k", X, M, X)
    return X[np.argsort(value, kind="stable")]
