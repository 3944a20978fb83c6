"""Local maxima of |Σ_i r_i (x_i'u)_+|, or of its norm, on the sphere, from many starts at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from copos.reformulation.relu_recovery import ascent

Array = NDArray[np.float64]
STARTS, STEPS, MOST = 200, 40, 20
NEARBY = 0.03  # of starts around the neurons there are


def ascend(X: Array, r: Array, U: Array) -> tuple[Array, Array]:
    """Points U (k, d) moved towards their own gradient w = Σ {r_i x_i : x_i'u > 0} while they rise, and heights."""
    height, rate = np.maximum(U @ X.T, 0.0) @ r, np.ones(len(U))
    for _ in range(STEPS):
        V = U + rate[:, None] * (unit(((U @ X.T > 0) * r) @ X) - U)
        V = unit(V)
        new = np.maximum(V @ X.T, 0.0) @ r
        up = new > height
        U, height = np.where(up[:, None], V, U), np.where(up, new, height)
        rate = np.where(up, np.minimum(1.0, 2 * rate), 0.5 * rate)
    return U, height


def unit(U: Array) -> Array:
    """Rows of norm 1, or 0."""
    norm = np.linalg.norm(U, axis=1, keepdims=True)
    return U / np.where(norm > 0, norm, 1.0)


def candidates(
    X: Array, r: Array, known: Array, above: float, rng: np.random.Generator
) -> list[tuple[float, Array, float]]:
    """(height, u, sign) of points with s·g(u) above a height, highest first; starts near `known` (m, d), too."""
    found: list[tuple[float, Array, float]] = []
    d = X.shape[1]
    for s in (1.0, -1.0):
        near = known + NEARBY * rng.standard_normal(known.shape)
        U, height = ascend(X, s * r, unit(np.concatenate([rng.standard_normal((STARTS, d)), X[:STARTS], known, near])))
        found += [(float(height[k]), U[k], s) for k in np.argsort(-height)[: 2 * MOST] if height[k] > above]
    return sorted(found, key=lambda point: -point[0])[:MOST]


def several_candidates(
    X: Array, R: Array, known: Array, above: float, rng: np.random.Generator
) -> list[tuple[float, Array, Array]]:
    """(height, u, direction of g(u)) of points with ‖g(u)‖ above a height, for several outputs: R (n, c)."""
    near = known + NEARBY * rng.standard_normal(known.shape)
    U = unit(np.concatenate([rng.standard_normal((STARTS, X.shape[1])), X[:STARTS], known, near]))
    U, height = ascent(X, R, U[(U != 0).any(1)])
    best = [k for k in np.argsort(-height)[: 2 * MOST] if height[k] > above]
    out = np.maximum(U[best] @ X.T, 0.0) @ R
    return [(float(height[k]), U[k], o / np.linalg.norm(o)) for k, o in zip(best, out, strict=True)][:MOST]
