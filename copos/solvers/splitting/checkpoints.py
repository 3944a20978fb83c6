"""When a splitting run shows its pair to a judge, and when it stops trying to satisfy one."""

from __future__ import annotations

import numpy as np

FIRST = 1e-4  # residual of the first checkpoint
LATE = 2.0  # without the residual aimed at, the next checkpoint comes after so many times the iterations
EARLIEST = 200  # … but not before this iteration
PATIENCE = 1000  # iterations, or a half of all if more, without any residual smaller by a tenth end the run


class Checkpoints:
    """Residuals aimed at; each one is set by what the judge said at the last.

    What a proof gives away falls in proportion to the residuals, so if the judge finds q times too much, it is asked
    again at residuals q times smaller; with a tenth to spare, not before they have halved nor after a hundredth.
    """

    def __init__(self) -> None:
        self._aim, self._late = FIRST, EARLIEST
        self._best: tuple[float, ...] = ()
        self._since = 0

    def due(self, k: int, residual: float) -> bool:
        """Is it time to ask?"""
        return residual <= self._aim or k >= self._late

    def passed(self, k: int, residual: float, excess: float) -> bool:
        """Note the judge's answer; True to stop."""
        if excess <= 1:
            return True
        fall = float(np.clip(0.9 / excess, 0.01, 0.5))
        self._aim, self._late = residual * fall, max(int(LATE * k), EARLIEST)
        return False

    def stuck(self, k: int, *residuals: float) -> bool:
        """Has none of the residuals fallen below its smallest by a tenth for long?"""
        best = self._best + (np.inf,) * (len(residuals) - len(self._best))
        if any(r < 0.9 * b for r, b in zip(residuals, best, strict=True)):
            best = tuple(r if r < 0.9 * b else b for r, b in zip(residuals, best, strict=True))
            self._since = k
        self._best = best
        return k - self._since > max(PATIENCE, k // 2)
