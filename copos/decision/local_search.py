"""Local minima of x'Mx on the simplex, many starts at once, in floating point.

Each step moves weight from the worst used coordinate to the best one, exactly as far as is best on that edge; a
stationary point of a face follows from its linear equations. What comes out is a candidate, never a proof.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]


def balanced(M: Matrix) -> Vector:
    """D with D_i² M_ii ≈ 1, powers of two; 1 where the diagonal is not positive."""
    d = np.ones(len(M))
    diagonal = np.diag(M)
    good = diagonal > 0
    d[good] = np.exp2(-np.rint(np.log2(diagonal[good]) / 2))
    return d


def starts(n: int, count: int, rng: np.random.Generator) -> Matrix:
    """Points of the simplex: its centre, the unit vectors, then sparse random ones."""
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


def descend(M: Matrix, X: Matrix, steps: int, tolerance: float = 1e-13) -> Matrix:
    """Pairwise steps from every row of X.

    Along e_i − e_j the form is f + 2t(g_i − g_j) + t²(M_ii + M_jj − 2M_ij), g = Mx, for 0 ≤ t ≤ x_j.
    """
    X = X.copy()
    out = np.arange(len(X))
    done = np.empty_like(X)
    diagonal, size = np.diag(M), max(float(np.abs(M).max(initial=0.0)), 1e-300)
    G = X @ M
    for step in range(steps):
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
        if step % 200 == 199:
            G = X @ M
    done[out] = X
    return done


def polished(M: Matrix, x: Vector) -> Vector:
    """The stationary point of the face that x lies in, if it is nonnegative; otherwise x."""
    at = np.flatnonzero(x > 1e-7 * x.max())
    K = np.ones((len(at) + 1, len(at) + 1))
    K[:-1, :-1], K[-1, -1] = M[np.ix_(at, at)], 0.0
    z = np.linalg.lstsq(K, np.r_[np.zeros(len(at)), 1.0], rcond=None)[0][:-1]
    if not np.isfinite(z).all() or z.min() < 0 or z.sum() <= 0:
        return x
    out = np.zeros_like(x)
    out[at] = z / z.sum()
    return out if out @ M @ out <= x @ M @ x else x


def minima(M: Matrix, rng: np.random.Generator, count: int | None = None, steps: int | None = None) -> Matrix:
    """Local minima of x'Mx on the simplex, best first, one row each.

    Examples
    --------
    >>> X = minima(np.array([[1.0, -1.0], [-1.0, 3.0]]), np.random.default_rng(0))
    >>> X[0].round(6).tolist()
    [0.666667, 0.333333]
    """
    n = len(M)
    X = starts(n, count or 3 * n + 5, rng)
    X = descend(M, X, steps or 40 + 12 * n)
    X = np.unique(np.where(X > 1e-9, X, 0.0).round(9), axis=0)
    X = np.array([polished(M, x) for x in X])
    value = np.einsum("ki,ij,kj->k", X, M, X)
    return X[np.argsort(value, kind="stable")]
