"""One cell of a partition: its relaxation, the proof of its bound and the ways to cut it. Runs on any executor."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from copos.branching.rules import RULES
from copos.certificate.produce import Aim, Proved, certify_lower_bound
from copos.cones import Cone
from copos.conic import Cones, ConicForm, Solution, Status
from copos.hierarchy import Relaxation, relax
from copos.hierarchy.local import LocalForm
from copos.levels.bound import claimed_value
from copos.levels.local_forms import with_local
from copos.levels.local_rounds import ROUNDS, Rounds, local_rounds
from copos.levels.settings import Settings
from copos.levels.warm_start import Solved
from copos.normal import NormalForm
from copos.program import CompletelyPositiveProgram
from copos.solvers import picked, solve

Vector = NDArray[Any]

CELL_ROUNDS = 3  # of local forms in a cell below the root
FINER = (1e-6, 1e-7)  # tolerances tried in turn where a claim is enough and its proof is not


@dataclass(frozen=True, eq=False)
class CellSettings(Settings):
    """How every cell is bounded and cut; plain data."""

    rule: str = "variance"
    cells: str = "cuts"
    test: str = "spn"


@dataclass(frozen=True, eq=False)
class Task:
    """What a worker needs: the program without closures, the sides (count, dim) of the cell, and a cap.

    `cap` is a value at which a proof is good enough; an infeasible cell gets that bound. `near` is the
    answer of a solver that can start from it, to the cell without the last side, and `local` that cell's local forms.
    A cell with at least the bound `enough` will not be cut.
    """

    program: CompletelyPositiveProgram
    sides: Vector
    settings: CellSettings
    cap: float
    near: Solution | None = None
    local: tuple[LocalForm, ...] = ()
    enough: float = np.inf


@dataclass(frozen=True, eq=False)
class Answer:
    """What a worker found: the claim, the proved bound and its proof, Y in the free coordinates, and forms to cut by.

    Attributes
    ----------
    claimed : the solver's value, +inf where it finds the cell infeasible
    lower : proved bound b'y, or None and `reason` says why
    proof : the leaf of the certificate
    assumes : does the proof use what the program assumes of an optimal atom?
    matrix : Y in free coordinates, or None
    forms : (count, dim) linear forms whose zero sets may cut the cell, best first
    seconds : CPU time of this thread
    solution : the answer from which the parts of the cell may start, if the solver can
    local : the local forms of that answer
    """

    claimed: float
    lower: Fraction | None
    proof: dict[str, Any] | None
    reason: str
    assumes: bool
    matrix: Vector | None
    forms: Vector
    seconds: float
    solution: Solution | None = None
    local: tuple[LocalForm, ...] = ()


def bare(program: CompletelyPositiveProgram) -> CompletelyPositiveProgram:
    """The program without its functions, so that it can be sent to another process."""
    cone = replace(program.cone, sampler=None)
    return program.changed(cone=cone, recover=None, atom=None, exact_atom=None, interpret=None)


def restricted(cone: Cone, sides: Vector) -> Cone:
    """{x ∈ K : a'u ≥ 0 for every side a}, u the free coordinates."""
    for a in sides:
        ambient = np.zeros(cone.ambient)
        ambient[cone.free] = a
        cone = cone.restrict(ambient)
    return cone


def evaluate(task: Task) -> Answer:
    """Relax, solve, prove and choose the forms to cut by."""
    start = time.thread_time()
    how = task.settings
    if how.local:
        level, warm = _local_level(task), True
    else:
        program, relaxation = _relaxed(task, task.sides)
        warm, options = picked(relaxation.form, how.solver).warm, how.options
        if warm and task.near is not None:  # only its answer is sent about: the level above is built again
            _, whole = _relaxed(task, task.sides[:-1])
            options = {"start": Solved(whole, task.near).start(relaxation)} | options
        normal = NormalForm(program, program, None)
        level = Rounds(normal, relaxation, solve(relaxation.form, how.solver, **options), 0)
    solution, relaxation, program = level.solution, level.relaxation, level.normal.program
    claimed = claimed_value(relaxation.form, solution)
    unit, free = program.cone.unit, program.cone.free
    matrix, forms = None, np.zeros((0, len(unit)))
    if np.isfinite(solution.x).all() and solution.status is not Status.INFEASIBLE:
        matrix = relaxation.matrix(solution.x)[np.ix_(free, free)]
        forms = RULES[how.rule].forms(matrix, unit)
    lower, proof, reason, assumes = None, None, "no proof was asked for (certify=False)", False
    if how.certify:
        proved = _proved(level, task)
        lower, reason = proved.lower, proved.reason
        if proved.certificate is not None:
            keys = ("y", "level", "terms", "multipliers", "scales", "local")
            proof = {key: proved.certificate.proof[key] for key in keys if key in proved.certificate.proof}
            assumes = "stated" in proved.certificate.problem
    near = solution if warm and matrix is not None and np.isfinite(solution.z).all() else None
    seconds = time.thread_time() - start
    return Answer(claimed, lower, proof, reason, assumes, matrix, forms, seconds, near, level.normal.local)


def _proved(level: Rounds, task: Task) -> Proved:
    """The proof that a cell's answer leads to; where it falls short of a claim that is enough, a better answer's."""
    how, normal, relaxation, dual = task.settings, level.normal, level.relaxation, level.solution
    if dual.status is Status.INFEASIBLE:
        dual = capped(relaxation, how, task.cap)
    enough = task.enough if how.local else np.inf
    aim = Aim(target=enough)
    proved = certify_lower_bound(normal.program, relaxation, dual, how.solver, aim=aim, normal=normal)
    for tolerance in FINER if how.local and level.solved is not None else ():
        lower = -np.inf if proved.lower is None else float(proved.lower)
        if lower >= enough or claimed_value(relaxation.form, dual) < enough:
            break
        dual = solve(relaxation.form, "splitting", tolerance=tolerance, start=(dual.x, dual.s, dual.z))
        finer = certify_lower_bound(normal.program, relaxation, dual, how.solver, aim=aim, normal=normal)
        proved = finer if finer.lower is not None and float(finer.lower) > lower else proved
    return proved


def _local_level(task: Task) -> Rounds:
    """The local level of a cell, from the local forms of the cell that it was cut from."""
    program = replace(task.program, cone=restricted(task.program.cone, task.sides))
    normal, start = with_local(NormalForm(program, program, None), task.local), None
    if task.near is not None:
        above = replace(task.program, cone=restricted(task.program.cone, task.sides[:-1]))
        before = with_local(NormalForm(above, above, None), task.local)
        start = Solved(relax(before.program, 0, task.settings.family, gram=task.settings.gram), task.near)
    most = CELL_ROUNDS if len(task.sides) else ROUNDS
    return local_rounds(normal, task.settings.family, cutoff=task.enough, size=task.settings.local,
                        most=most, start=start)  # fmt: skip


def _relaxed(task: Task, sides: Vector) -> tuple[CompletelyPositiveProgram, Relaxation]:
    """The program on a cell, and its level."""
    program = replace(task.program, cone=restricted(task.program.cone, sides))
    return program, relax(program, task.settings.level, task.settings.family, gram=task.settings.gram)


def capped(relaxation: Relaxation, how: CellSettings, cap: float) -> Solution:
    """The dual of the level whose bound is at most `cap`, which exists where the level is infeasible too.

    The only right-hand side is that of the normalisation. With τ ∈ [0, 1] of it met, at the price cap·(1 − τ),
    min c'w + offset·τ + cap·(1 − τ), A w + s = b τ is feasible, and its dual is that of the level with the value ≤ cap.
    """
    form = relaxation.form
    zero, rows = form.cones.zero, form.shape[0]
    A = sp.csc_array(sp.hstack([form.A, sp.csc_array(-form.b[:, None])]))
    ends = sp.csc_array((np.array([-1.0, 1.0]), (np.array([0, 1]), np.full(2, form.shape[1]))), shape=(2, A.shape[1]))
    A = sp.csc_array(sp.vstack([A[:zero], ends, A[zero:]]))
    b = np.zeros(rows + 2)
    b[zero + 1] = 1.0
    cones = Cones(zero, form.cones.nonnegative + 2, form.cones.second_order, form.cones.psd)
    wide = ConicForm(np.r_[form.c, form.offset - cap], A, b, cones, cap)
    found = solve(wide, how.solver, **how.options)
    keep = np.r_[:zero, zero + 2 : rows + 2]
    tau = found.x[-1]
    x = found.x[:-1] / tau if tau > 1e-6 else np.full(form.shape[1], np.nan)
    return replace(found, x=x, s=found.s[keep], z=found.z[keep])


def leaf_value(program: CompletelyPositiveProgram, proof: dict[str, Any]) -> Fraction:
    """b'y of a leaf, before any rounding up."""
    b = program.right_hand_sides
    return sum((v * Fraction(y) for v, y in zip(b, proof["y"], strict=True)), Fraction(0))
