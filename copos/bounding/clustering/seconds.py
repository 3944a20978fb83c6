"""How long the parts of a proof about k-means take, and how much slower than that a busy machine is."""

from __future__ import annotations

import time

SIZE = 300  # groups for which, as measured, take so many seconds of a processor:
ROUND, PROOF, CHECK = 1.5, 2.4, 1.4  # a round, the proof of a case, and the check of its place in the whole proof
LEAST = 0.2  # processor seconds from which the quotient of both clocks says something
EACH = 1e-4  # a term of an inequality, in the proof and in the check


def round_seconds(count: int) -> float:
    """Processor seconds that the first round of a case of so many groups takes."""
    return ROUND * (count / SIZE) ** 2.3


def proof_seconds(count: int, terms: int = 0) -> float:
    """Processor seconds that the proof of a case takes, with so many terms of inequalities."""
    return PROOF * (count / SIZE) ** 2 + EACH * terms


def check_seconds(count: int, terms: int = 0) -> float:
    """Processor seconds that its check takes."""
    return CHECK * (count / SIZE) ** 2 + EACH * terms


class Watch:
    """Wall time since it was made, and wall time for a second of a processor: limits are wall time."""

    def __init__(self) -> None:
        self.began, self.cpu = time.perf_counter(), time.process_time()

    @property
    def passed(self) -> float:
        """Seconds of wall time."""
        return time.perf_counter() - self.began

    @property
    def slowness(self) -> float:
        """Wall time for a second of a processor, at least 1: a machine has other work."""
        cpu = time.process_time() - self.cpu
        return max(1.0, self.passed / cpu) if cpu > LEAST else 1.0
