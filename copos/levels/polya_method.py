"""The linear levels as a method of `lower_bound`."""

from __future__ import annotations

import time

import numpy as np

from copos.conic import Status
from copos.hierarchy import FAMILIES
from copos.levels import polya
from copos.levels.method import MethodAnswer
from copos.levels.polya_proof import prove
from copos.program import CompletelyPositiveProgram


def answer(program: CompletelyPositiveProgram, level: int, family: str, gram: str) -> MethodAnswer | None:
    """Row generation, where all products are of scalars: |s| = ℓ + 2 alone on an orthant, for any Gram kind."""
    if FAMILIES[family].at(level) != (level + 2,) or not polya.applies(program):
        return None
    start = time.perf_counter()
    data = polya.Level.of(program, level)
    built = time.perf_counter()
    found = polya.optimum(data)
    claimed = {Status.INFEASIBLE: np.inf}.get(found.status, -np.inf)
    if found.status is Status.OPTIMAL:
        claimed = float(data.b @ found.y)
    return MethodAnswer(
        found.status, claimed, "highs", len(found.rows), len(found.rows), 1, built - start,
        time.perf_counter() - built, lambda: found.moments(data), lambda: prove(data, found),
    )  # fmt: skip
