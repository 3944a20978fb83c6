"""Rounds of a local level: solve level 0, add the local forms that its Y violates most, drop the slack ones, go on.

Every round starts from the answer of the one before. A round ends early, at residuals that do for separation, when its
value is seen to stay below what is asked for; and all of them end when the dual value reaches that.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from copos.conic import Solution, Status
from copos.hierarchy import Relaxation, relax
from copos.hierarchy.local import LocalForm, takes_local
from copos.hierarchy.triangles import intervals, violated
from copos.levels.local_forms import with_local, without_local
from copos.levels.on_few import Separation, separated
from copos.levels.safe_value import decided, largest_moments, safe_value
from copos.levels.warm_start import Solved, Start
from copos.normal import NormalForm
from copos.program import CompletelyPositiveProgram, Recovered
from copos.solvers import solve

Vector = NDArray[np.float64]

SIZES = (0, 3, 4, 5)  # coordinates of a local level, 0 for none
ROUNDS = 30
PER_COORDINATE = 4  # so many triangle inequalities in a round for every coordinate of K
SOLVED = 15  # and so many forms of level 1 that are found by solving it
SMALL = 300  # rows of a level that is solved by the default solver, whose Y is in the middle of the best ones
ROUGH = 1e-5  # tolerance of the splitting solver in a round
LEAST, FIRST = 1e-4, 1e-3  # violations that are looked for, in the last rounds and before
SLACK = 1e-2  # a form with such a value, relative to e'Ye, is dropped
STALLED = 0.02  # share of the gap that a round must close, else the next looks for smaller violations or is the last
PATIENCE = 3  # rounds before the gap may end them
IN_CELL = 0.1  # share of the gap that a round in a cell must close: else its cuts are better use of the time


class Cell(Protocol):
    """A program where some forms vanish, in fewer coordinates: `variables` of the whole are those that are left."""

    @property
    def program(self) -> CompletelyPositiveProgram: ...  # noqa: D102
    @property
    def variables(self) -> tuple[int, ...]: ...  # noqa: D102
    def lifted(self, Y: Vector) -> Vector:
        """The Y of the whole (free coordinates) that a Y here is."""
        ...


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


def local_rounds(
    normal: NormalForm,
    family: str = "parrilo",
    *,
    cutoff: float = np.inf,
    size: int = 3,
    most: int = ROUNDS,
    seconds: float = np.inf,
    begin: Callable[[Relaxation], Start | None] | None = None,
    inside: Callable[[CompletelyPositiveProgram], Cell] | None = None,
) -> Rounds:
    """Rounds of the local level on `size` coordinates and those of e, from the local forms of `normal` on.

    Parameters
    ----------
    normal : normal form of a program whose blocks have order one
    cutoff : a value of the normal form that is enough
    most, seconds : limits
    begin : where to start on the first level
    inside : the cell of a program, which is then what is relaxed
    """
    began, value = time.perf_counter(), -np.inf
    cell = None if inside is None else inside(normal.program)
    search = _Search(normal, size, None if cell is None else cell.variables)
    local, bounded, start = list(normal.local), bool(np.isfinite(cutoff)), None
    for at in range(most + 1):
        program = normal.program if cell is None else cell.program
        relaxation = relax(program, 0, family)
        largest = largest_moments(relaxation)
        left = seconds - (time.perf_counter() - began)
        options: dict[str, Any] = {"tolerance": ROUGH, "time_limit": left}
        if bounded:
            options["judge"] = decided(relaxation.form, cutoff, largest)
        first = start.start(relaxation) if start is not None else None if begin is None else begin(relaxation)
        if first is not None:
            options["start"] = first
        small = relaxation.form.shape[0] <= SMALL
        solution = solve(relaxation.form) if small else solve(relaxation.form, "splitting", **options)
        here = Rounds(normal, relaxation, solution, at)
        start = here.solved
        if start is None:
            return here
        new_value = safe_value(relaxation.form, solution, largest)
        if new_value >= cutoff or at == most or time.perf_counter() - began >= seconds:
            return here
        missing = cutoff - value if bounded else abs(new_value) + np.finfo(float).tiny
        stalled = new_value - value < STALLED * missing
        if stalled and search.least == LEAST and (bounded and at > PATIENCE) and not search.deeper():
            return here
        if cell is not None and bounded and new_value - value < IN_CELL * missing:
            return here
        if stalled:
            search.least = LEAST
        value = max(value, new_value)
        free = program.cone.free
        Y = relaxation.matrix(solution.x)[np.ix_(free, free)]
        Y = Y if cell is None else cell.lifted(Y)
        local = tight(local, Y, normal.program.cone.unit)
        known = {form.key for form in local}
        new = [form for form in search(Y) if form.key not in known]
        if not new:
            return here
        local += new
        normal = with_local(normal, local)
        cell = None if inside is None else inside(normal.program)
    raise AssertionError("a round too many")


class _Search:
    """Local forms that a Y violates: triangle inequalities of intervals, then forms found by solving level 1."""

    def __init__(self, normal: NormalForm, size: int, variables: tuple[int, ...] | None) -> None:
        self.cone, self.size, self.least = normal.program.cone, size, FIRST
        self.open = set(range(self.cone.dim) if variables is None else variables)
        self.sides = [side for side in intervals(self.cone) if self.open.issuperset(side.p)]
        self.separation = Separation(without_local(normal).program)
        self.rng = np.random.default_rng(0)
        self._deep = len(self.sides) < 3

    def deeper(self) -> bool:
        """Look for forms of level 1 from now on; False if that is done already or not asked for."""
        before, self._deep = self._deep, self.size > 3
        return self._deep and not before

    def __call__(self, Y: Vector) -> list[LocalForm]:
        """The most violated ones."""
        found: list[LocalForm] = []
        while not found:
            found = violated(self.cone, Y, PER_COORDINATE * self.cone.dim, self.least, self.sides)
            if self._deep:
                more = separated(self.separation, Y, self.size, SOLVED, self.least / 10, self.rng)
                found += [form for form in more if self.open.issuperset(form.variables)]
            if found or (self.least == LEAST and not self.deeper()):
                return found
            self.least = LEAST
        return found


def tight(local: Sequence[LocalForm], Y: Vector, unit: Vector) -> list[LocalForm]:
    """The forms that are not slack at Y."""
    most = SLACK * float(unit @ Y @ unit)
    return [f for f in local if sum(float(c) * Y[a, b] for (a, b), c in f.form.items()) < most]


def local_size(program: CompletelyPositiveProgram, level: int, family: str, gram: str, size: Any) -> int:
    """The number of coordinates of a local level, 0 for none; ValueError where the program or the level has none."""
    if not isinstance(size, int | np.integer) or isinstance(size, bool) or size not in SIZES:
        raise ValueError(f"local must be 0 (none), 3, 4 or 5 coordinates, got {str(size)[:40]}")
    if size and level:
        raise ValueError(f"a local level is that of level 0, got level {level}")
    if size and (gram != "sdp" or not takes_local(program, family)):
        raise ValueError(
            "local levels need a cone whose blocks all have order one, gram='sdp' and a family with products of two "
            f"blocks at level 0, not {program.cone.name} with {family!r} and {gram!r}"
        )
    return int(size)


def chosen_size(program: CompletelyPositiveProgram, level: int, family: str, gram: str) -> int:
    """The size of local levels where nothing is asked for: 3 where some three coordinates lie in intervals."""
    if level or gram != "sdp" or not takes_local(program, family):
        return 0
    return 3 if len(intervals(program.cone)) >= 3 else 0


def first_object(program: CompletelyPositiveProgram) -> Recovered | None:
    """A feasible solution before anything is solved: from the atom in the middle of all intervals; None without one."""
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
    return found if found.solution is not None and np.isfinite(found.value) else None
