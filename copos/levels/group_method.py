"""Levels in the algebra of a group as a method of `lower_bound`."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np

from copos.conic import ConicForm, Solution, Status
from copos.hierarchy import FAMILIES
from copos.levels.method import MethodAnswer
from copos.levels.settings import Run, Settings
from copos.program import CompletelyPositiveProgram
from copos.solvers import solve
from copos.solvers.answer import Unsupported
from copos.support.options import count
from copos.symmetry.action import Action
from copos.symmetry.find import symmetries
from copos.symmetry.level import OrbitLevel, reduced
from copos.symmetry.proof import prove
from copos.symmetry.splits import binaries, with_splits

HIGHEST = 2  # level: monomials of degree four
# orbits are few, so that an interior point method may go to the end of its digits
ACCURATE = {"tol_gap_abs": 1e-11, "tol_gap_rel": 1e-11, "tol_feas": 1e-11}
ROUGH = dict.fromkeys(ACCURATE, 1e-5)  # where more inequalities follow: a point inside shows more of them
ENOUGH = 1e-7  # the largest residual of an answer that is called optimal, in a form whose data are of size one


def answer(program: CompletelyPositiveProgram, how: Settings, run: Run) -> MethodAnswer:
    """A level in moments that are constant on the orbits of `how.symmetry`.

    Raises
    ------
    ValueError
        For a level above two, other Gram kinds, local levels, starts, a program that is not on an orthant, or a
        permutation that does not leave it alone.
    """
    if how.gram != "sdp" or how.local or run.start is not None or run.keep:
        raise ValueError("symmetry= goes with gram='sdp', and without local=, start= and keep=")
    if how.level > HIGHEST:
        raise ValueError(f"levels in the algebra of a group go up to {HIGHEST}, got {how.level}")
    family = FAMILIES[how.family]
    if family.chart is not None or family.rows is not None:
        raise ValueError(f"family {how.family!r} has no levels in the algebra of a group")
    family.check(program.cone)
    action = Action.of(program, _generators(program, how.symmetry))
    if count(how.splits, "splits") and not binaries(action):
        raise ValueError(f"{program.name}: splits= is for programs with binaries, x_v² = x_hx_v")
    start = time.perf_counter()
    small = reduced(action, how.level, family.at(how.level))
    built = time.perf_counter()
    small, solution = _with_splits(small, how)
    done = time.perf_counter()
    claimed = {Status.INFEASIBLE: np.inf, Status.UNBOUNDED: -np.inf, Status.FAILED: -np.inf}.get(
        solution.status, small.value(float(np.fmin(solution.value, solution.dual_value)))
    )
    return MethodAnswer(
        solution.status, claimed, solution.solver, small.count, len(small.blocks),
        max((block.U.shape[1] for block in small.blocks), default=1), built - start, done - built,
        lambda: small.matrix(solution.x), lambda: prove(small, solution),
    )  # fmt: skip


def _generators(program: CompletelyPositiveProgram, symmetry: Any) -> Any:
    if isinstance(symmetry, str):
        if symmetry != "auto":
            names = "which copos.arithmetic.groups has by name"
            raise ValueError(f"symmetry is 'auto', or permutations as rows, {names}, got {symmetry!r}")
        return symmetries(program)
    return symmetry


def _with_splits(level: OrbitLevel, how: Settings) -> tuple[OrbitLevel, Solution]:
    """The level with the inequalities of `how.splits` rounds, and its solution."""
    rng = np.random.default_rng(0)
    for _ in range(how.splits):
        solution = _solved(level.form, how, ROUGH)
        if solution.status not in (Status.OPTIMAL, Status.INACCURATE):
            break
        more = with_splits(level, solution.x, solution.z, rng)
        if more is None:
            break
        level = more
    return level, _solved(level.form, how)


def _solved(form: ConicForm, how: Settings, accuracy: dict[str, float] = ACCURATE) -> Solution:
    """The solver that was asked for, or else an interior point method with its tolerances at the end of its digits."""
    if how.solver is not None or how.options:
        return solve(form, how.solver, **how.options)
    if not form.cones.psd or max(form.cones.psd) == 1:
        return solve(form, "highs", primal_feasibility_tolerance=1e-10, dual_feasibility_tolerance=1e-10)
    try:
        found = solve(form, "clarabel", **accuracy)
    except Unsupported:
        return solve(form)
    if found.status is Status.FAILED:
        return solve(form)
    # it stops where rounding ends its progress: what it has then is measured
    good = found.status is Status.INACCURATE and form.residuals(found).largest() <= ENOUGH
    return replace(found, status=Status.OPTIMAL) if good else found
