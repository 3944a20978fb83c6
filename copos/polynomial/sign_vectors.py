"""Sign vectors of a quadratic form: the largest v'Sv over v ∈ {−1, 1}^k, and samples of a correlation matrix.

For Gaussian g with covariance C, diag C = 1, the signs have E sign(g)sign(g)' = (2/π) arcsin C (the arcsine law). Every
sample is improved by the best change of one sign while there is one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
ALL = 16  # signs, up to which all vectors are tried
STARTS = 64  # of local search


def every(k: int) -> Array:
    """All (2^(k−1), k) sign vectors whose last sign is +.

    >>> every(2).tolist()
    [[1.0, 1.0], [-1.0, 1.0]]
    """
    bits = np.arange(1 << (k - 1))[:, None] >> np.arange(k - 1) & 1
    return np.column_stack([1 - 2 * bits, np.ones(len(bits))]).astype(float)


def rounded(Z: Array, count: int, rng: np.random.Generator) -> Array:
    """Signs of (count, k) Gaussian vectors with the covariance of Z ⪰ 0, the last of them +."""
    values, vectors = np.linalg.eigh(Z)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    V = np.where(rng.standard_normal((count, len(Z))) @ root.T >= 0, 1.0, -1.0)
    return V * V[:, -1:]


def improved(S: Array, V: Array) -> Array:
    """Rows v of V after the best changes of single signs, until none makes v'Sv larger."""
    V, H, diagonal = V.copy(), V @ S, np.diagonal(S)
    rows = np.arange(len(V))
    least = 1e-12 * float(np.abs(S).max(initial=0.0)) * len(S)
    while True:
        gain = 4 * (diagonal - V * H)
        best = gain.argmax(1)
        moving = rows[gain[rows, best] > least]
        if not len(moving):
            return V * V[:, -1:]
        at = best[moving]
        H[moving] -= 2 * V[moving, at][:, None] * S[at]
        V[moving, at] *= -1


def largest(S: Array, starts: Array, keep: int) -> tuple[Array, Array]:
    """Up to `keep` different sign vectors with the largest v'Sv found, the largest first, and these values.

    All vectors are tried for k ≤ 16; else local search from the given starts and the signs of eigenvectors.
    """
    if len(S) <= ALL:
        V = every(len(S))
    else:
        eigen = np.where(np.linalg.eigh(S)[1].T >= 0, 1.0, -1.0)
        V = np.unique(improved(S, np.vstack([starts, eigen[-8:]])), axis=0)
    values = np.einsum("ij,ij->i", V @ S, V)
    order = np.argsort(-values, kind="stable")[:keep]
    return V[order], values[order]
