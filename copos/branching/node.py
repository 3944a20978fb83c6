"""One cell of a partition: its relaxation, the proof of its bound and the ways to cut it. Runs on any executor."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from copos.branching.carried import Carried, carried, started
from copos.branching.reduced import Path, Reduced, reduced
from copos.branching.rules import RULES
from copos.certificate.produce import Aim, Proved, certify_lower_bound
from copos.cones import Cone
from copos.conic import Cones, ConicForm, Solution, Status
from copos.hierarchy import Relaxation, relax
from copos.hierarchy.local import LocalForm
from copos.levels.bound import claimed_value
from copos.levels.local_forms import with_local
from copos.levels.local_rounds import ROUNDS, local_rounds
from copos.levels.settings import Settings
from copos.levels.warm_start import Solved
from copos.normal import NormalForm
from copos.program import CompletelyPositiveProgram
from copos.solvers import picked, solve

Vector = NDArray[Any]

CELL_ROUNDS = 3  # of local forms in a cell below the root
FINER = (1e-6, 1e-7)  # tolerances tried in turn where a claim is enough and its proof is not
DOUBT = 1e-4  # of a claim from the first answer, relative; a tenth with every finer one


@dataclass(frozen=True, eq=False)
class CellSettings(Settings):
    """How every cell is bounded and cut; plain data."""

    rule: str = "variance"
    cells: str = "cuts"
    test: str = "spn"


@dataclass(frozen=True, eq=False)
class Task:
    """What a worker needs: the program without closures, the sides on the path to the cell, and a cap.

    `cap` is a value at which a proof is good enough; an infeasible cell gets that bound. `near` is an answer to the
    cell without the last side: of its local level, or of a solver that can start from it. A cell with at least the
    bound `enough` will not be cut; values are multiples of `step`, where that is not 0.
    """

    program: CompletelyPositiveProgram
    path: Path
    settings: CellSettings
    cap: float
    near: Solution | Carried | Solved | None = None
    enough: float = np.inf
    step: Fraction = Fraction(0)


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
    """

    claimed: float
    lower: Fraction | None
    proof: dict[str, Any] | None
    reason: str
    assumes: bool
    matrix: Vector | None
    forms: Vector
    seconds: float
    solution: Solution | Carried | None = None


def bare(program: CompletelyPositiveProgram) -> CompletelyPositiveProgram:
    """The program without its functions, so that it can be sent to another process."""
    cone = replace(program.cone, sampler=None)
    return program.changed(cone=cone, recover=None, atom=None, exact_atom=None, interpret=None)


def restricted(cone: Cone, path: Path) -> Cone:
    """{x ∈ K : a'u ≥ 0 for every cut a of a path}, u the free coordinates of K."""
    for side in path:
        for a in side.cuts:
            ambient = np.zeros(cone.ambient, dtype=object)
            for v, c in a.items():
                ambient[cone.free[v]] = c
            cone = cone.restrict(ambient)
    return cone


@dataclass(frozen=True, eq=False)
class Level:
    """The level of a cell, solved: the program on the cell, its local forms and the answer."""

    cell: Reduced
    local: tuple[LocalForm, ...]
    relaxation: Relaxation
    solution: Solution


def evaluate(task: Task) -> Answer:
    """Relax, solve, prove and choose the forms to cut by."""
    start = time.thread_time()
    how, first = task.settings, len(task.program.cone.generators)
    level, warm = _local_level(task) if how.local else _plain_level(task)
    solution, relaxation = level.solution, level.relaxation
    claimed = claimed_value(relaxation.form, solution)
    unit, free = task.program.cone.unit, relaxation.program.cone.free
    matrix, forms = None, np.zeros((0, 1 + len(unit)))
    if np.isfinite(solution.x).all() and solution.status is not Status.INFEASIBLE:
        matrix = level.cell.lifted(relaxation.matrix(solution.x)[np.ix_(free, free)])
        cuts = RULES[how.rule].forms(matrix, unit)
        forms = np.hstack([np.zeros((len(cuts), 1)), cuts])
    lower, proof, reason, assumes = None, None, "no proof was asked for (certify=False)", False
    if how.certify:
        proved = _proved(level, task)
        reason = proved.reason
        if proved.certificate is not None:
            proof = level.cell.told(proved.certificate.proof, level.local, first)
            lower = rounded_up(leaf_value(task.program, proof), task.step)
            assumes = "stated" in proved.certificate.problem
    near: Solution | Carried | None = None
    if warm and matrix is not None and np.isfinite(solution.z).all():
        near = carried(level.cell, relaxation, solution, level.local, first) if how.local else solution
    seconds = time.thread_time() - start
    return Answer(claimed, lower, proof, reason, assumes, matrix, forms, seconds, near)


def _proved(level: Level, task: Task) -> Proved:
    """The proof that a cell's answer leads to; where it falls short of a claim that is enough, a better answer's."""
    how, program, relaxation, dual = task.settings, level.cell.program, level.relaxation, level.solution
    if dual.status is Status.INFEASIBLE:
        dual = capped(relaxation, how, task.cap)
    enough = task.enough if how.local else np.inf
    # a cell that will be cut does with any bound; one that may be good enough, as far as its answer goes, does not
    doubt = np.inf if not how.local else DOUBT * max(1.0, abs(enough)) if np.isfinite(enough) else 0.0
    aim = Aim(target=enough if claimed_value(relaxation.form, dual) >= enough - doubt else -np.inf, rounded=False)
    proved = certify_lower_bound(program, relaxation, dual, how.solver, aim=aim)
    for tolerance in FINER if how.local and np.isfinite(dual.x).all() else ():
        lower = -np.inf if proved.lower is None else float(proved.lower)
        if lower >= enough or claimed_value(relaxation.form, dual) < enough - doubt:
            break
        dual = solve(relaxation.form, "splitting", tolerance=tolerance, start=(dual.x, dual.s, dual.z))
        finer = certify_lower_bound(program, relaxation, dual, how.solver, aim=replace(aim, target=enough))
        proved, doubt = finer if finer.lower is not None and float(finer.lower) > lower else proved, doubt / 10
    return proved


def _local_level(task: Task) -> tuple[Level, bool]:
    """The local level of a cell, from the local forms of the cell that it was cut from."""
    program = replace(task.program, cone=restricted(task.program.cone, task.path))
    given, first = task.near, len(task.program.cone.generators)
    local = () if given is None else given.local  # type: ignore[union-attr]
    open_to = set(reduced(program, task.path).variables)
    normal = with_local(NormalForm(program, program, None), [f for f in local if open_to.issuperset(f.variables)])
    cells: list[Reduced] = []

    def inside(outer: CompletelyPositiveProgram) -> Reduced:
        cells[:] = [reduced(outer, task.path, len(outer.cone.generators) - first)]
        return cells[0]

    def begin(relaxation: Relaxation) -> Any:
        if isinstance(given, Carried):
            return started(given, cells[0], relaxation, normal.local, first)
        return given.start(relaxation) if isinstance(given, Solved) else None

    most = CELL_ROUNDS if task.path else ROUNDS
    found = local_rounds(normal, task.settings.family, cutoff=task.enough, size=task.settings.local, most=most,
                         begin=begin, inside=inside if task.path else None)  # fmt: skip
    cell = cells[0] if cells else reduced(found.normal.program, ())
    return Level(cell, found.normal.local, found.relaxation, found.solution), True


def _plain_level(task: Task) -> tuple[Level, bool]:
    """The level of a cell that the settings ask for."""
    how = task.settings
    cell, relaxation = _relaxed(task, task.path)
    warm, options = picked(relaxation.form, how.solver).warm, how.options
    cut_only = not any(side.zero for side in task.path)
    if warm and cut_only and isinstance(task.near, Solution):  # only its answer is sent: the level above is built again
        whole = _relaxed(task, task.path[:-1])[1]
        if len(whole.program.cone.sizes) == len(relaxation.program.cone.sizes) - len(task.path[-1].cuts):
            options = {"start": Solved(whole, task.near).start(relaxation)} | options
    return Level(cell, (), relaxation, solve(relaxation.form, how.solver, **options)), warm and cut_only


def _relaxed(task: Task, path: Path) -> tuple[Reduced, Relaxation]:
    """The program on a cell, and its level."""
    program = replace(task.program, cone=restricted(task.program.cone, path))
    cell = reduced(program, path)
    return cell, relax(cell.program, task.settings.level, task.settings.family, gram=task.settings.gram)


def rounded_up(value: Fraction, step: Fraction) -> Fraction:
    """The least multiple of `step` that is at least the value; the value where the step is 0.

    >>> rounded_up(Fraction(7, 3), Fraction(1, 2)), rounded_up(Fraction(7, 3), Fraction(0))
    (Fraction(5, 2), Fraction(7, 3))
    """
    return -(-value // step) * step if step else value


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
