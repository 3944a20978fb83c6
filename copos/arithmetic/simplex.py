"""Local minima of quadratic forms on the unit simplex, from many starting points at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


def descend(Q: Matrix, starts: Matrix, steps: int | None = None) -> Matrix:
    """Points of the simplex with x'Qx no larger than at the starts (rows); pairwise exchange with exact line search.

    Mass moves from the coordinate of the largest gradient in the support to that of the smallest: along
    d = e_i − e_j the form is x'Qx + 2τ(g_i − g_j) + τ²(Q_ii − 2Q_ij + Q_jj), 0 ≤ τ ≤ x_j, with g = Qx.
    """
    x = np.maximum(np.asarray(starts, dtype=float), 0.0)
    x = x / x.sum(axis=1, keepdims=True)
    g, at = x @ Q, np.arange(len(x))
    scale = max(1.0, float(np.abs(Q).max()))
    for _ in range(100 * len(Q) if steps is None else steps):
        i = g.argmin(axis=1)
        j = np.where(x > 0, g, -np.inf).argmax(axis=1)
        slope = g[at, i] - g[at, j]
        if slope.min() > -1e-14 * scale:
            break
        curvature = Q[i, i] - 2 * Q[i, j] + Q[j, j]
        room = x[at, j]
        with np.errstate(divide="ignore", invalid="ignore"):
            step = np.where(curvature > 0, np.minimum(-slope / curvature, room), room)
        step = np.where(slope < 0, step, 0.0)
        x[at, i] += step
        x[at, j] = np.where(step == room, 0.0, room - step)
        g += step[:, None] * (Q[i] - Q[j])
    return x


def polish(Q: Matrix, x: Matrix) -> Matrix:
    """The stationary point on the face of x, Q_SS y = λ1, e'y = 1, if it lies in the simplex and is no worse."""
    S = np.flatnonzero(x > 1e-7)
    system = np.block([[Q[np.ix_(S, S)], -np.ones((len(S), 1))], [np.ones((1, len(S))), np.zeros((1, 1))]])
    y = np.zeros(len(x))
    y[S] = np.linalg.lstsq(system, np.eye(len(S) + 1)[-1], rcond=None)[0][:-1]
    if y.min() < 0 or abs(y.sum() - 1) > 1e-9:
        return x
    y /= y.sum()
    return y if y @ Q @ y <= x @ Q @ x + 1e-12 * np.abs(Q).max() else x


def starts(moments: Matrix | None, n: int, rng: np.random.Generator, random: int = 20) -> Matrix:
    """Starting points: the rows of a relaxed X, their sum, its diagonal, the vertices, the centre, random points."""
    points = [np.eye(n), np.full((1, n), 1 / n), rng.dirichlet(np.ones(n), random)]
    if moments is not None:
        X = np.maximum(moments, 0.0)
        points += [X, X.sum(axis=0, keepdims=True), np.sqrt(X.diagonal())[None, :]]
    every = np.concatenate(points)
    return every[every.sum(axis=1) > 1e-9 * max(1.0, every.max())]


def minimum(Q: Matrix, moments: Matrix | None = None, seed: int = 0) -> Matrix:
    """Best local minimiser found of x'Qx over the simplex.

    Examples
    --------
    >>> minimum(np.array([[2.0, 0.0], [0.0, 1.0]])).round(6).tolist()
    [0.333333, 0.666667]
    """
    found = descend(Q, starts(moments, len(Q), np.random.default_rng(seed)))
    values = np.einsum("ki,ij,kj->k", found, Q, found)
    return polish(Q, found[values.argmin()])
