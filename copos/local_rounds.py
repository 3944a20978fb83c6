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
from copos.hierarchy.local import LocalForm, takes_local, with_local
from copos.hierarchy.triangles import intervals, violated
from copos.normal import NormalForm
from copos.program import CompletelyPositiveProgram, Recovered
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

    @property
    def solved(self) -> Solved | None:
        """Where a further solve may start; None where there is no pair."""
        pair = np.isfinite(self.solution.x).all() and np.isfinite(self.solution.z).all()
        bad = self.solution.status in (Status.INFEASIBLE, Status.UNBOUNDED, Status.FAILED)
        return Solved(self.relaxation, self.solution, self.normal.local) if pair and not bad else None


def local_size(program: CompletelyPositiveProgram, level: int, family: str, gram: str, size: Any) -> int:
    """The number of coordinates of a local level, 0 for none; ValueError where the program or the level has none."""
    if not isinstance(size, int | np.integer) or isinstance(size, bool) or size not in (0, 3, 4, 5):
        raise ValueError(f"local must be 0 (none), 3, 4 or 5 coordinates, got {str(size)[:40]}")
    if size and level:
        raise ValueError(f"a local level is that of level 0, got level {level}")
    if size and (gram != "sdp" or not takes_local(program, family)):
        raise ValueError(
            "local levels need a cone whose blocks all have order one, gram='sdp' and a family with products of two "
            f"blocks at level 0, not {program.cone.name} with {family!r} and {gram!r}"
        )
    return int(size)


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
    raise AssertionError("a round too many")


def chosen_size(program: CompletelyPositiveProgram, family: str, gram: str) -> int:
    """The size of local levels where nothing is asked for: 3 where some three coordinates lie in intervals."""
    if gram != "sdp" or not takes_local(program, family):
        return 0
    return 3 if len(intervals(program.cone)) >= 3 else 0


def first_object(program: CompletelyPositiveProgram) -> Recovered | None:
    """A feasible object before anything is solved: from the atom in the middle of all intervals; None without one."""
    cone = program.cone
    u = np.zeros(cone.dim)
    home = np.flatnonzero(cone.unit)
    if program.recover is None or len(home) != 1:
        return None
    u[home] = 1 / cone.unit[home]
    for interval in intervals(cone):
        names = [v for v in interval.p if v != home[0]]
        if len(names) == 1:  # p = (x_v − low)/width is ½ e
            u[names[0]] = (0.5 - float(interval.p.get(int(home[0]), 0)) * u[home[0]]) / float(interval.p[names[0]])
    x = cone.basis @ u
    found = program.recover(np.outer(x, x))
    return found if found.object is not None and np.isfinite(found.value) else None


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
