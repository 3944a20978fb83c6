"""Anderson acceleration of a fixed-point iteration, with the safeguard that a step must not raise the residual."""

from __future__ import annotations

import numpy as np

from copos.solvers.splitting.arrays import HOST, Array, Device, Host


class Anderson:
    """Type-II acceleration of w ← w + g(w) with a memory of `memory` differences  [WalkerNi2011].

    The proposal is w + g − Σ θ_j (Δw_j + Δg_j) with θ = argmin |g − Σ θ_j Δg_j|. An averaged operator never raises
    |g|, so the caller takes a proposal back after which |g| is larger.
    """

    def __init__(self, size: int, memory: int, regularization: float = 1e-10, arrays: Host | Device = HOST) -> None:
        self.memory, self.regularization, self._arrays = memory, regularization, arrays
        self._dw, self._dg = arrays.put(np.empty((memory, size))), arrays.put(np.empty((memory, size)))
        self._gram = arrays.put(np.zeros((memory, memory)))
        self.reset()

    def reset(self) -> None:
        """Forget every difference."""
        self._count = 0
        self._last: tuple[Array, Array] | None = None

    def push(self, w: Array, g: Array) -> None:
        """Store the pair (w, g(w))."""
        if self._last is not None:
            k = self._count % self.memory
            self._dw[k, :] = w - self._last[0]
            self._dg[k, :] = g - self._last[1]
            self._count += 1
            used = min(self._count, self.memory)
            self._gram[k, :used] = self._gram[:used, k] = self._dg[:used, :] @ self._dg[k, :]
        self._last = (w, g)

    def propose(self) -> Array | None:
        """Return the accelerated point, or None while the memory is short or its equations are singular."""
        used = min(self._count, self.memory)
        if self._last is None or used < 2:
            return None
        w, g = self._last
        # the small system is solved on the CPU
        gram, right = self._arrays.fetch(self._gram[:used, :used], self._dg[:used, :] @ g)
        gram = gram + self.regularization * np.trace(gram) * np.eye(used)
        try:
            theta = np.linalg.solve(gram, right)
        except np.linalg.LinAlgError:
            return None
        if not np.isfinite(theta).all():
            return None
        theta = self._arrays.put(theta)
        return w + g - theta @ self._dw[:used, :] - theta @ self._dg[:used, :]
