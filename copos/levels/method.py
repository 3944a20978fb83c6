"""The answer of a method of its own for a level, in the place of a relaxation with its solution."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from copos.certificate.produce import Proved
from copos.conic import Status


@dataclass(frozen=True, eq=False)
class MethodAnswer:
    """A level's value with the means to prove it.

    Attributes
    ----------
    status, claimed, solver : the outcome; `claimed` is ±inf for verdicts
    moments, blocks, largest : size of what was solved in the end
    build_seconds, solve_seconds : wall time
    matrix : makes Y, the point of the outer approximation of CP(K) with that value
    prove : makes the proof in exact arithmetic
    """

    status: Status
    claimed: float
    solver: str
    moments: int
    blocks: int
    largest: int
    build_seconds: float
    solve_seconds: float
    matrix: Callable[[], NDArray[np.float64]]
    prove: Callable[[], Proved]
