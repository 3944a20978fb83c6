"""Anderson's acceleration of a fixed-point iteration W ↦ W + r(W), for matrices [WalkerNi2011]."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
MEMORY = 11
RIDGE = 1e-9
ASTRAY = 2.0  # growth of the residual that is not accepted


class Mixing:
    """The last residuals r_k, the points W_k + r_k, and the inner products of the residuals.

    Examples
    --------
    A linear map of the plane needs two differences:

    >>> K, b, W, mixing = np.array([[0.9, 0.2], [-0.1, 0.8]]), np.array([1.0, 2.0]), np.zeros(2), Mixing((2,))
    >>> for _ in range(6):
    ...     W = mixing.after(K @ W + b - W, K @ W + b)
    >>> np.abs(np.linalg.solve(np.eye(2) - K, b) - W).round(6).tolist()
    [0.0, 0.0]
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        size = int(np.prod(shape))
        self.residuals, self.points = np.zeros((MEMORY, size)), np.zeros((MEMORY, size))
        self.products = np.zeros((MEMORY, MEMORY))
        self.shape, self.count, self.last = shape, 0, np.inf

    def restart(self) -> None:
        """Forget everything."""
        self.count, self.last = 0, np.inf

    def after(self, residual: Matrix, point: Matrix) -> Matrix:
        """The next W: Σ c_k (W_k + r_k), Σ c_k = 1, with the least |Σ c_k r_k|; or back to a plain one."""
        size = float(np.linalg.norm(residual))
        if size > ASTRAY * self.last:
            back = self.points[(self.count - 1) % MEMORY].reshape(self.shape).copy()
            self.restart()
            return back
        k = self.count % MEMORY
        self.residuals[k], self.points[k] = residual.ravel(), point.ravel()
        self.count, self.last = self.count + 1, size
        m = min(self.count, MEMORY)
        self.products[k, :m] = self.products[:m, k] = self.residuals[:m] @ self.residuals[k]
        if m < 3:
            return point
        K = self.products[:m, :m]
        c = np.linalg.lstsq(K + RIDGE * np.trace(K) * np.eye(m), np.ones(m), rcond=None)[0]
        if not np.isfinite(c).all() or abs(c.sum()) < 1e-300:
            return point
        return ((c / c.sum()) @ self.points[:m]).reshape(self.shape)
