"""Level 0 in the coherent algebra of the data as a method of `lower_bound`."""

from __future__ import annotations

import time

import numpy as np

from copos.conic import Status
from copos.hierarchy import FAMILIES
from copos.levels import symmetric
from copos.levels.method import MethodAnswer
from copos.levels.symmetric_proof import prove
from copos.program import CompletelyPositiveProgram
from copos.solvers import solve


def answer(program: CompletelyPositiveProgram, level: int, family: str, gram: str) -> MethodAnswer | None:
    """Relaxations with X ⪰ 0, X ≥ 0 (|s| ∈ {0, 2}) or X ⪰ 0 alone (|s| = 0) of data with symmetry on an orthant."""
    if level or gram != "sdp" or FAMILIES[family].at(level) not in ((0, 2), (0,)):
        return None
    start = time.perf_counter()
    small = symmetric.reduce(program, nonnegative=FAMILIES[family].at(level) == (0, 2))
    if small is None:
        return None
    built = time.perf_counter()
    solution = solve(small.form)
    claimed = {Status.INFEASIBLE: np.inf, Status.UNBOUNDED: -np.inf, Status.FAILED: -np.inf}.get(
        solution.status, float(np.fmin(solution.value, solution.dual_value))
    )
    if solution.status in (Status.INFEASIBLE, Status.FAILED):
        return None  # the general relaxation knows how to prove it
    return MethodAnswer(
        solution.status, claimed, solution.solver, small.form.shape[1], len(small.blocks),
        max(B.shape[1] for B in small.blocks), built - start, time.perf_counter() - built,
        lambda: small.point(solution.x), lambda: prove(small, solution),
    )  # fmt: skip
