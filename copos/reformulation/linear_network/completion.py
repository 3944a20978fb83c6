"""Local minimisers of Σ ω (W − Y)² + μ‖W‖² over W = AB' of rank ≤ r, from many starts at once.

With A orthonormal the rows of B solve separate problems of order r, (A'D_jA + μI) b_j = A'D_j y_j, D_j = diag(ω_·j); so
do the rows of A for an orthonormal B. The value falls with every half sweep.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

TINY = 1e-12  # of the largest weight: ridge of a row that its entries do not determine
CHECK = 20  # sweeps between looks at the values


def best_completion(
    Y: Array, weights: Array, ridge: float, rank: int, starts: int, rng: np.random.Generator, sweeps: int = 1000,
    tolerance: float = 1e-12,
) -> tuple[Array, Array]:  # fmt: skip
    """(A, B) with the least Σ ω (AB' − Y)² + μ‖AB'‖² that alternating least squares found; A is (n, r), B (m, r).

    >>> A, B = best_completion(np.diag([2.0, 1.0]), np.ones((2, 2)), 0.0, 1, 3, np.random.default_rng(0))
    >>> np.abs(A @ B.T).round(6).tolist()
    [[2.0, 0.0], [0.0, 0.0]]
    """
    size = max(float(np.abs(Y * (weights > 0)).max(initial=0.0)), 1e-300)
    top = max(float(weights.max(initial=0.0)), 1e-300)
    target, omega, mu = Y / size, weights / top, ridge / top + TINY
    B = rng.standard_normal((starts, Y.shape[1], rank))
    A, previous = np.zeros((starts, len(Y), rank)), np.full(starts, np.inf)
    for sweep in range(sweeps):
        A = np.linalg.qr(_rows(target, omega, mu, np.linalg.qr(B)[0]))[0]
        B = _rows(target.T, omega.T, mu, A)
        if sweep % CHECK == CHECK - 1:
            now = _values(target, omega, mu, A, B)
            if (previous - now).max() <= tolerance * now.min():
                break
            previous = now
    k = int(_values(target, omega, mu, A, B).argmin())
    return A[k], B[k] * size


def _rows(Y: Array, omega: Array, mu: float, B: Array) -> Array:
    """The best rows a_i for fixed orthonormal B, (starts, n, r)."""
    starts, m, r = B.shape
    squares = (B[:, :, :, None] * B[:, :, None, :]).reshape(starts, m, r * r)
    normal = (omega @ squares).reshape(starts, len(Y), r, r) + mu * np.eye(r)
    rows = np.asarray(np.linalg.solve(normal, ((omega * Y) @ B)[..., None])[..., 0], dtype=np.float64)
    return rows


def _values(Y: Array, omega: Array, mu: float, A: Array, B: Array) -> Array:
    W = A @ B.transpose(0, 2, 1)
    return np.asarray((omega * (W - Y) ** 2).sum((1, 2)) + mu * (W**2).sum((1, 2)), dtype=float)
