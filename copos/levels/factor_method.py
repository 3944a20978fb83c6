"""Levels of the lift by moments of factors in their collapsed form: level 0 averaged, level 1 by singular vectors.

Level 2 holds both singular values of every pair of them.

At rank one the second has no relations and is level 0 of the lift by minors: one block of order 1 + nm, in which the
minors identify moments. Its proof is one Gram matrix; that of the relaxation would list the minors, (nm)²/4 of them.
"""

from __future__ import annotations

import time
from dataclasses import replace
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.fixed_point import exponent
from copos.arithmetic.rationals import nearest, written
from copos.certificate.document import Certificate
from copos.certificate.produce import Proved
from copos.conic import ConicForm, Status, Vector
from copos.hierarchy import REDUCTIONS
from copos.hierarchy.families import family
from copos.levels import factor_proof
from copos.levels.crossing import SMALLEST
from copos.levels.factor_goal import Goal, Reached, reach
from copos.levels.factor_levels import MomentLevel
from copos.levels.factor_proof import FloatingDual
from copos.levels.factor_sizes import singular_sizes
from copos.levels.method import MethodAnswer
from copos.levels.rank_one import RankOneLevel, rank_one, refuse_if_too_large
from copos.levels.rank_one_solve import POOR, Seen, solved
from copos.levels.settings import Run, Settings
from copos.program import CompletelyPositiveProgram
from copos.reformulation.linear_network.question import NetworkData, places
from copos.solvers import picked, solve

EXPONENT = 1020  # of the unit of a loss that is a double, with room for values beside it
LEAST = 1e-12  # gap that is asked for, in units of a level: those of the loss of zero
CELLS = 70  # coordinates of a lift that is cut into cells


class Way(NamedTuple):
    """A level by its name, and tolerance and iterations of a first-order solver: most go into the last digits."""

    name: str
    tolerance: float
    iterations: int


AVERAGED = (Way("averaged", 1e-7, 5000), Way("ordered", 1e-6, 4000), Way("mixed", 1e-6, 4000))
WORDS = {
    "averaged": "moments of factors, averaged", "ordered": "singular vectors in order",
    "mixed": "singular vectors in order, with products of singular values",
}  # fmt: skip
RANK_ONE = (Way("ordered", 1e-7, 50_000),)


def cells_of(program: CompletelyPositiveProgram) -> NetworkData | None:
    """The loss in factors, for programs of this lift or of that by minors: they have cells by singular vectors."""
    data = None if program.known is None else program.known.data
    return data if isinstance(data, NetworkData) and data.factors is not None else None


def has_singular_cells(program: CompletelyPositiveProgram, how: Settings) -> bool:
    """Whether a bracket goes on to cells by singular vectors: where their level is as good as what was asked for."""
    strong = how.gram == "sdp" and 0 in family(how.family).at(0) and not how.level and not how.options
    return strong and how.solver in (None, "splitting") and cells_of(program) is not None


def data_of(program: CompletelyPositiveProgram) -> NetworkData | None:
    """The loss in factors, for programs of this lift."""
    data = cells_of(program)
    return data if data is not None and data.averaged else None


def ways(program: CompletelyPositiveProgram) -> tuple[Way, ...]:
    """The levels that are solved here: two of this lift, one of that by minors where the loss bounds every entry."""
    data = cells_of(program)
    if data is None:
        return ()
    if data.averaged:
        return AVERAGED
    return RANK_ONE if data.rank == 1 and _bounds_entries(data) else ()


def _bounds_entries(data: NetworkData) -> bool:
    """Are the Gram matrices of all outputs plainly definite?"""
    assert data.factors is not None
    grams = [np.array([[nearest(c) for c in row] for row in data.factors.exact.gram(i).tolist()])
             for i in range(len(data.factors.H))]  # fmt: skip
    ends = np.linalg.eigvalsh(np.array(grams))
    return bool(ends.min() > 1e-9 * ends.max())


def answer(program: CompletelyPositiveProgram, how: Settings, run: Run) -> MethodAnswer | None:
    """Level 0 or 1 of a family that uses positive semidefinite blocks; the program itself, not its normal form."""
    if how.gram != "sdp" or 0 not in family(how.family).at(0) or run.keep or run.start is not None or how.local:
        return None
    levels, data = ways(program), cells_of(program)
    if data is None or not 0 <= how.level < len(levels):
        return None
    if not data.averaged and (how.solver is not None or how.options or set(how.reductions) != set(REDUCTIONS)):
        return None
    if not data.averaged:
        assert data.factors is not None
        refuse_if_too_large(1 + data.factors.H.size, how.certify)
    start = time.perf_counter()
    way = levels[how.level]
    moments, units = scaled(data, way.name)
    if not data.averaged:
        if abs(units[1]) > EXPONENT:
            return None
        moments = rank_one(moments)
    form, unit = moments.form, 2.0 ** units[1]
    built = time.perf_counter()
    goal, options = _goal(run, unit), _options(form, how, run, way)
    reached: Reached | None = None
    seen: Seen | None = None
    if isinstance(moments, RankOneLevel):
        if picked(form).anytime and program.recover is not None and moments.order(0) >= SMALLEST:
            seen = Seen(program.recover, moments, units[0], unit, lambda x: matrix(program, moments, units, x))
        reached = solved(moments, goal, _limits(way, run), seen, how.certify, run.tolerance or POOR)
        solution = reached.solution
    elif how.certify and goal.has_room and picked(form, how.solver).anytime:
        reached = reach(moments, goal, options)
        solution = reached.solution
    else:
        solution = solve(form, how.solver, **options)
    if solution.status in (Status.FAILED, Status.INFEASIBLE, Status.UNBOUNDED):
        return None
    # the level is never below zero, and what a solver says beyond its dual is not worth repeating
    claimed = max(0.0, float(np.fmin(solution.value, solution.dual_value)) * unit)
    if reached is not None and reached.value >= min(goal.target, claimed / unit):
        claimed = max(0.0, reached.value * unit)
    return MethodAnswer(
        solution.status, claimed, solution.solver, form.shape[1], len(form.cones.psd), max(form.cones.psd),
        built - start, time.perf_counter() - built,
        lambda: matrix(program, moments, units, solution.x if seen is None else seen.best),
        lambda: prove(data, moments, units, reached.dual if reached else factor_proof.best_dual(moments, solution)),
    )  # fmt: skip


def _goal(run: Run, unit: float) -> Goal:
    """The bound that is asked for, in the units of a level."""
    if run.tolerance is None or not np.isfinite(run.upper):
        return Goal()
    upper = run.upper / unit
    return Goal(upper - max(run.tolerance * abs(upper), LEAST), upper)


def _options(form: ConicForm, how: Settings, run: Run, way: Way) -> dict[str, Any]:
    """Options of the solver: one that can be stopped at any time is asked for fewer digits than it could give."""
    entry = picked(form, how.solver)
    options: dict[str, Any] = {}
    if entry.anytime:
        asked = run.tolerance if run.tolerance and not np.isfinite(run.upper) else way.tolerance
        options = {entry.tolerance: asked} | _limits(way, run)
    return options | how.options


def _limits(way: Way, run: Run) -> dict[str, Any]:
    return {"max_iterations": way.iterations} | ({"time_limit": run.seconds} if run.seconds < np.inf else {})


def scaled(data: NetworkData, name: str) -> tuple[MomentLevel, tuple[int, int]]:
    """The level for V = 2^v V' and the loss in units of 2^l, both near one; and (v, l)."""
    assert data.factors is not None
    loss, (n, m) = data.factors.exact, data.factors.H.shape
    total = sum((Fraction(loss.gram(i)[a, a]) for i in range(n) for a in range(m)), Fraction(0))
    l = exponent(Fraction(loss.constant)) if loss.constant else 0
    v = (l - exponent(total / (n * m))) // 2 if total else 0
    G, H = Fraction(2) ** (2 * v - l), Fraction(2) ** (v - l)
    Q = np.zeros((n, m, n, m))
    for i in range(n):
        Q[i, :, i, :] = [[nearest(c * G) for c in row] for row in loss.gram(i).tolist()]
    linear = np.array([[nearest(c * H) for c in row] for row in loss.H.tolist()])
    constant = nearest(Fraction(loss.constant) * Fraction(2) ** -l)
    square = Q.reshape(n * m, n * m)
    sizes = singular_sizes(square, linear, data.rank) if data.rank > 1 else ()
    return MomentLevel(name, data.rank, square, linear, constant, sizes=sizes), (v, l)


def prove(data: NetworkData, moments: MomentLevel, units: tuple[int, int], dual: FloatingDual | None) -> Proved:
    """A certificate about the network, of the bound of this dual."""
    assert data.factors is not None
    if dual is None:
        return Proved(None, None, "no strictly feasible dual: the loss does not bound every entry of W")
    value = Fraction(dual.value) * Fraction(2) ** units[1]
    if value <= 0:
        return Proved(None, None, "the dual of the moments of factors proves nothing above zero")
    certificate = _certificate(data, factor_proof.written(moments, dual) | {"value": written(value)}, units)
    verdict = certificate.verify()
    if not verdict.proved:
        return Proved(None, None, f"the checker says: {verdict.reason}")
    words = WORDS[moments.name] if moments.rank > 1 or moments.name == "averaged" else "W and its minors"
    return Proved(value, certificate, words)


def certificate(program: CompletelyPositiveProgram, proof: dict[str, Any], units: tuple[int, int]) -> Certificate:
    """About the network that a program was made from, in the units (v, l)."""
    data = cells_of(program)
    assert data is not None
    return _certificate(data, proof, units)


def _certificate(data: NetworkData, proof: dict[str, Any], units: tuple[int, int]) -> Certificate:
    assert data.factors is not None
    return Certificate("lower bound", data.asked, proof | {"units": list(units)} | places(data.factors))


def matrix(
    program: CompletelyPositiveProgram, moments: MomentLevel, units: tuple[int, int], x: Vector
) -> NDArray[np.float64]:
    """Y in (x_0, W); its other entries, which nothing reads, are zero."""
    w, M = moments.moments(x)
    N, scale = 1 + moments.size, 2.0 ** units[0]
    Y = np.zeros((program.cone.ambient, program.cone.ambient))
    Y[0, 0] = 1.0
    Y[0, 1:N] = Y[1:N, 0] = w * scale
    Y[1:N, 1:N] = M * scale**2
    return Y


def has_small_cells(program: CompletelyPositiveProgram) -> bool:
    """Whether cells may be solved in the lift itself, which has r²nm coordinates: in moments they are not."""
    return data_of(program) is None or program.cone.dim <= CELLS


def expected_seconds(program: CompletelyPositiveProgram, seconds: float, level: int) -> float | None:
    """Time of a level from that of the one before: orders of the blocks to the power 3; None for other lifts."""
    data = data_of(program)
    if data is None or not 0 < level < len(AVERAGED):
        return None
    levels = [replace(scaled(data, "averaged")[0], name=way.name) for way in AVERAGED[level - 1 : level + 1]]
    work = [sum(at.order(k) ** 3 for k in range(len(at.table.blocks))) for at in levels]
    return seconds * work[1] / work[0]


