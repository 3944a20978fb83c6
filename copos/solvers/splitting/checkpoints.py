"""When a splitting run shows its pair to a judge, when it stops trying to satisfy one, and when it asks for another."""

from __future__ import annotations

import numpy as np

FIRST = 1e-4  # residual of the first checkpoint
LATE = 2.0  # without the residual aimed at, the next checkpoint comes after so many times the iterations
EARLIEST = 200  # … but not before this iteration
PATIENCE = 1000  # iterations, or a half of all if more, without any residual smaller by a tenth end the run

CROSS = 1e-3  # residual at which a run first asks for another primal half,
CROSSED, NOT_CROSSED = 0.1, 0.3  # then at this part of it, as it had one or not,
STALLED = 100  # and where so many iterations, or a quarter of all if more, have not halved the residuals,
MOST = 12  # so often in all,
REFUSED = 3  # and not after so many refusals
FINER = 0.1  # a run that had one goes on to this part of its tolerance, which it soon reaches and a proof needs,
AGAIN = 0.25  # for no more than this part of its iterations


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


class Crossings:
    """When a run asks for a better primal half."""

    def __init__(self) -> None:
        self._aim, self._best, self._since = CROSS, np.inf, 0
        self._asked, self._refused, self._reached = 0, 0, 0
        self._crossed, self._idle = np.inf, False  # residual at the last one; did the one before it bring nothing?

    def due(self, k: int, residual: float) -> bool:
        """Is it time to ask?"""
        if residual < 0.5 * self._best:
            self._best, self._since = residual, k
        stalled = self._best <= CROSS and k - self._since > max(STALLED, k // 4)
        if self._asked >= MOST or self._refused >= REFUSED or self._idle:
            return False
        return residual <= self._aim or stalled

    def settled(self, k: int, residual: float, tolerance: float) -> bool:
        """May a run end that has reached its tolerance?"""
        self._reached = self._reached or k
        without = self._asked == self._refused
        return without or residual <= FINER * tolerance or k >= (1 + AGAIN) * self._reached

    def answered(self, k: int, residual: float, crossed: bool) -> None:
        """Note whether there was one."""
        self._asked, self._refused = self._asked + 1, self._refused + (not crossed)
        self._best, self._since = residual, k
        if crossed:
            self._idle, self._crossed = residual > 0.5 * self._crossed, residual
        while self._aim >= residual:
            self._aim *= CROSSED if crossed else NOT_CROSSED
