"""Anderson acceleration of a fixed-point iteration, with the safeguard that a step must not raise the residual."""

from __future__ import annotations

import numpy as np

from copos.conic import Vector


class Anderson:
    """Type-II acceleration of w ← w + g(w) with a memory of `memory` differences  [WalkerNi2011].

    The proposal is w + g − Σ θ_j (Δw_j + Δg_j) with θ = argmin |g − Σ θ_j Δg_j|. An averaged operator never raises
    |g|, so the caller takes a proposal back after which |g| is larger.
    """

    def __init__(self, size: int, memory: int, regularization: float = 1e-10) -> None:
        self.memory, self.regularization = memory, regularization
        self._dw, self._dg = np.empty((memory, size)), np.empty((memory, size))
        self._gram = np.zeros((memory, memory))
        self.reset()

    def reset(self) -> None:
        """Forget every difference."""
        self._count = 0
        self._last: tuple[Vector, Vector] | None = None

    def push(self, w: Vector, g: Vector) -> None:
        """Store the pair (w, g(w))."""
        if self._last is not None:
            k = self._count % self.memory
            np.subtract(w, self._last[0], out=self._dw[k])
            np.subtract(g, self._last[1], out=self._dg[k])
            self._count += 1
            used = min(self._count, self.memory)
            self._gram[k, :used] = self._gram[:used, k] = self._dg[:used] @ self._dg[k]
        self._last = (w, g)

    def propose(self) -> Vector | None:
        """Return the accelerated point, or None while the memory is short or its equations are singular."""
        used = min(self._count, self.memory)
        if self._last is None or used < 2:
            return None
        w, g = self._last
        gram = self._gram[:used, :used]
        gram = gram + self.regularization * np.trace(gram) * np.eye(used)
        try:
            theta = np.linalg.solve(gram, self._dg[:used] @ g)
        except np.linalg.LinAlgError:
            return None
        if not np.isfinite(theta).all():
            return None
        return w + g - theta @ self._dw[:used] - theta @ self._dg[:used]
