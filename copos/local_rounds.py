"""Rounds of a local level: solve level 0, add the local forms that its Y violates most, drop the slack ones, go on.

Every round starts from the answer of the one before. A round ends early, at residuals that do for separation, when its
value is seen to stay below what is asked for; and all of them end when the dual value reaches that.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.bound import claimed_value
from copos.conic import ConicForm, Solution, Status
from copos.hierarchy import Relaxation, relax
from copos.hierarchy.local import LocalForm, with_local
from copos.hierarchy.triangles import intervals, violated
from copos.normal import NormalForm
from copos.solvers import solve
from copos.warm_start import Solved

ROUNDS = 30
PER_COORDINATE = 4  # so many new forms in a round for every coordinate of K
ROUGH = 1e-5  # tolerance of the splitting solver in a round
LEAST, FIRST = 1e-4, 1e-3  # violations that are looked for, in the last rounds and before
SLACK = 1e-2  # a form with such a value, relative to e'Ye, and without a multiplier is dropped
STALLED = 0.02  # share of the gap that a round must close, else the next looks for smaller violations or is the last


@dataclass(frozen=True, eq=False)
class Rounds:
    """Where the rounds ended: the normal form with its local forms, its level and the last answer."""

    normal: NormalForm
    relaxation: Relaxation
    solution: Solution
    rounds: int


def local_rounds(
    normal: NormalForm,
    family: str = "parrilo",
    gram: str = "sdp",
    *,
    cutoff: float = np.inf,
    size: int = 3,
    most: int = ROUNDS,
    seconds: float = np.inf,
    start: Solved | None = None,
    watch: Callable[[Relaxation, Solution], float] | None = None,
) -> Rounds:
    """Rounds of the local level on at most `size` coordinates and those of e, from the local forms of `normal` on.

    Parameters
    ----------
    normal : normal form of a program whose blocks have order one
    cutoff : a value of the normal form that is enough
    most, seconds : limits
    start : an answer to a level with fewer blocks or other local forms
    watch : called with every round's level and answer; returns a cutoff, which may be lower than before
    """
    began, local = time.perf_counter(), list(normal.local)
    sides, least, value = intervals(normal.program.cone), FIRST, -np.inf
    kept = len(normal.local)
    for at in range(most + 1):
        relaxation = relax(normal.program, 0, family, gram=gram)
        left = seconds - (time.perf_counter() - began)
        options: dict[str, Any] = {"tol": ROUGH, "judge": judge(relaxation.form, cutoff), "time_limit": left}
        if start is not None:
            options["start"] = start.start(relaxation)
        solution = solve(relaxation.form, "splitting", **options)
        here = Rounds(normal, relaxation, solution, at)
        if solution.status in (Status.INFEASIBLE, Status.UNBOUNDED, Status.FAILED):
            return here
        start = Solved(relaxation, solution)
        cutoff = cutoff if watch is None else min(cutoff, watch(relaxation, solution))
        new_value = claimed_value(relaxation.form, solution)
        if new_value >= cutoff or at == most or time.perf_counter() - began >= seconds:
            return here
        gap = cutoff - value if np.isfinite(cutoff) else abs(new_value)
        stalled = new_value - value < STALLED * gap
        value = max(value, new_value)
        if stalled and least > LEAST:
            least = LEAST
        elif stalled and np.isfinite(cutoff) and at > 3:
            return here
        free = normal.program.cone.free
        Y = relaxation.matrix(solution.x)[np.ix_(free, free)]
        many = PER_COORDINATE * normal.program.cone.dim
        new = violated(normal.program.cone, Y, many, least, sides)
        if not new and least > LEAST:
            least = LEAST
            new = violated(normal.program.cone, Y, many, least, sides)
        local = tight(local, Y, normal.program.cone.unit)
        known = {form.key for form in local}
        new = [form for form in new if form.key not in known]
        if not new:
            return here
        local += new
        normal = with_local(normal, local)
    raise AssertionError(kept)


def tight(local: Sequence[LocalForm], Y: NDArray[np.float64], unit: NDArray[np.float64]) -> list[LocalForm]:
    """The forms that are not slack at Y."""
    most = SLACK * float(unit @ Y @ unit)
    return [f for f in local if sum(float(c) * Y[a, b] for (a, b), c in f.form.items()) < most]


def judge(form: ConicForm, cutoff: float) -> Callable[[Solution], float]:
    """Stops a run whose dual value is enough, or whose value is seen to be too low for it."""

    def enough(solution: Solution) -> float:
        low = claimed_value(form, solution)
        if low >= cutoff:
            return 0.0
        r = form.A @ solution.x + solution.s - form.b
        high = solution.value + float(np.abs(solution.z) @ np.abs(r))
        return 0.0 if high < cutoff else 3.0

    return enough
