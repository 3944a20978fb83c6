"""Lower and upper bounds of a program: what users call."""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import Executor
from dataclasses import replace
from typing import Any

import numpy as np

from copos.hierarchy import REDUCTIONS
from copos.levels.bound import Bound
from copos.levels.level import Interrupted, bound_and_matrix, one_level
from copos.levels.local_rounds import chosen_size, local_size
from copos.levels.regularized import bracket_regularized
from copos.levels.settings import Run, Settings
from copos.levels.warm_start import Solved
from copos.program import CompletelyPositiveProgram
from copos.reformulation.quadratic.value import QuadraticProgram
from copos.regularized import RegularizedProgram
from copos.support.choices import Family, Gram, Solver
from copos.support.given import within_doubles
from copos.support.names import require_no_slip
from copos.support.options import require_kind
from copos.support.progress import progress_line
from copos.support.renamed import renamed
from copos.support.threads import on_one_blas_thread

HINT = "copos.standard_quadratic, copos.quadratic_program, copos.linear_network and others make programs of data"


@renamed(tol="tolerance")
@on_one_blas_thread
@within_doubles("the data")
def lower_bound(
    program: CompletelyPositiveProgram | RegularizedProgram,
    level: int = 0,
    family: Family = "parrilo",
    solver: Solver | None = None,
    reductions: Collection[str] = tuple(REDUCTIONS),
    gram: Gram = "sdp",
    certify: bool = True,
    tolerance: float | None = None,
    upper: float = np.inf,
    start: Bound | Solved | None = None,
    keep: bool = False,
    local: int = 0,
    symmetry: Any = None,
    splits: int = 0,
    **options: Any,
) -> Bound:
    """Lower bound from one level: min <C, Y> over an outer approximation of CP(K).

    Parameters
    ----------
    program : CompletelyPositiveProgram, or RegularizedProgram (a convex loss over the lifted matrix)
    level : ℓ ≥ 0
    family : a name in `copos.hierarchy.FAMILIES`
    solver : a name in `copos.solvers.SOLVERS`; by default chosen from the shape of the level
    reductions : see `copos.hierarchy.REDUCTIONS`
    gram : cone of the Gram matrices, a name in `copos.hierarchy.GRAMS`: "sdp", "sdd" or "dd"
    certify : turn the solver's dual into a proof in exact arithmetic; without it `lower` is −inf
    tolerance : stop when the proved bound is within tolerance·|value| of the value of the level (or of `upper`, if
        that is smaller), or cannot be improved; by default the solver's own tolerances end the run, and one proof
        follows. Without `certify` it is the residual tolerance of the splitting solver.
    upper : a known upper bound on the optimum, used with `tolerance` only
    start : a bound that was asked for with `keep` at this level or the one below, in the same coordinates: of the same
        program, of one with other data, or on a cone with fewer blocks (a parent in branch and bound). The splitting
        solver starts from it; other solvers cannot
    keep : keep the level and its solution in `solved`, for a later `start`
    local : with 3, 4 or 5, the local level on so many coordinates and those of the multiplier: level 0 with the forms
        that level 1 on few coordinates proves and that its solution violates (`copos.hierarchy.local`); for cones whose
        blocks have order one
    symmetry : permutations of the coordinates that leave the program alone, one a row (`copos.arithmetic.groups` has
        many by name), or of the last coordinates, those before them fixed; or "auto" to look for them. Levels 0, 1 and
        2 on the orthant are then solved in the algebra of their group, and proved there
    splits : with `symmetry`, how often inequalities (t − k)(t − k − 1) ≥ 0 for integer combinations t of binaries that
        the moments violate are looked for and added
    options : passed to the solver untouched

    Raises
    ------
    ValueError
        For an unknown name, a negative level or a level too large for memory; or a start that does not fit.

    Examples
    --------
    >>> from copos import CompletelyPositiveProgram, NonNegative
    >>> Q = np.array([[1.0, 0.0], [0.0, 1.0]])
    >>> program = CompletelyPositiveProgram(NonNegative(2), Q, [(np.ones((2, 2)), 1.0)])
    >>> bound = lower_bound(program)
    >>> round(bound.lower, 6), bound.proved, bound.certificate.verify(program).proved
    (0.5, True, True)

    Proved to eight digits, however many iterations that takes:

    >>> bound = lower_bound(program, solver="splitting", tolerance=1e-8)
    >>> 0.5 - bound.lower <= 1e-8
    True
    """
    require_no_slip(options, lower_bound)
    hint = "bracket bounds quadratic programs" if isinstance(program, QuadraticProgram) else HINT
    require_kind(program, "program", CompletelyPositiveProgram, RegularizedProgram, hint=hint)
    how = Settings(level, family, gram, solver, certify, reductions, symmetry=symmetry, splits=splits, options=options)
    if isinstance(program, RegularizedProgram):
        if symmetry is not None:
            raise ValueError("symmetry= is for programs without a convex loss")
        return bracket_regularized(program, how, recover=False)
    how = replace(how, local=local_size(program, level, family, gram, local))
    return bound_and_matrix(program, how, Run(tolerance, upper, start, keep))[0]


@on_one_blas_thread
@within_doubles("the data")
def upper_bound(program: CompletelyPositiveProgram, solver: Solver | None = None, **options: Any) -> Bound:
    """Upper bound: the value of a feasible solution read off the solution of level 0.

    Raises
    ------
    ValueError
        If the program does not know how to recover one.
    """
    full = bracket(program, 0, solver=solver, certify=False, **options)
    return Bound(upper=full.upper, found=full.found, reason="no lower bound was asked for")


@on_one_blas_thread
@within_doubles("the data")
def bracket(
    program: CompletelyPositiveProgram | RegularizedProgram | QuadraticProgram,
    level: int = 0,
    family: Family = "parrilo",
    solver: Solver | None = None,
    reductions: Collection[str] = tuple(REDUCTIONS),
    gram: Gram = "sdp",
    certify: bool = True,
    *,
    tolerance: float | None = None,
    absolute: float | None = None,
    time_limit: float | None = None,
    max_level: int | None = None,
    branch: bool = True,
    max_cells: int = 1000,
    progress: bool = False,
    callback: Callable[[Any], Any] | None = None,
    resume: Any = None,
    state: Any = None,
    local: int | None = None,
    symmetry: Any = None,
    splits: int = 0,
    executor: Executor | None = None,
    width: int = 1,
    **options: Any,
) -> Any:
    """Lower bound of a level together with the feasible solution that its solution leads to.

    Without a tolerance or a time limit: one level. With one of them: level after level up to `max_level`, then branch
    and bound, until upper − lower ≤ max(tolerance·|upper|, absolute) or the time is spent. The best lower bound and
    the best solution of all steps are kept, so that whatever stops the work, the result is a valid bracket.

    Parameters
    ----------
    program, level, family, solver, reductions, gram, certify, options : as for `lower_bound`; or a `QuadraticProgram`,
        and then the result is a `QuadraticBracket`, in the variables and the sense of that
    tolerance, absolute : the gap to reach; a time limit alone asks for a tolerance of 1e-6. By default `absolute` is
        tolerance/10⁴, at least 1e-9, times the scale of the data (of the objective, as a power of two), so that an
        optimum of 0 can be reached, too
    time_limit : wall seconds; a level that is expected to take longer is not begun, nor are cells. A level that needs
        the splitting solver may take half of the time that is left, and whatever dual there is then gives the proof;
        a smaller level that is running is finished
    max_level : last level, by default the one after `level`
    branch, max_cells : cut the cone after the levels, into at most so many cells
    progress : show a line that says where the work stands
    callback : called with the `Bound` so far after every step; stops by returning True
    resume : a `Bound` of an earlier call with its proof (its levels are not repeated), or a file written by `state`
    state : file to which the search over cells is saved; where it cannot be written there is a warning
    local : as for `lower_bound`; with a tolerance or a time limit it is chosen where the cone has intervals (`x_j` from
        both sides), and then holds in the cells, too. 0 for none
    symmetry, splits : as for `lower_bound`; cells of a cone have no symmetry, so that none follow the levels
    executor, width : cells are bounded on any `concurrent.futures.Executor`, the parts of so many at a time; what is
        found depends on `width` alone

    Raises
    ------
    ValueError
        As for `lower_bound`; if the program cannot recover solutions; if `resume` is about another program.
    copos.levels.sanity.InternalError
        If the lower bound exceeds the upper one: an error of this package.

    Notes
    -----
    Where a level is infeasible there is no solution, and `upper` is +inf.

    Examples
    --------
    >>> from copos import linear_network
    >>> Y, weights = [[1.0, 2.0], [3.0, -1.0]], [[1.0, 0.1], [2.0, 1.0]]
    >>> program = linear_network(np.eye(2), Y, [2, 1, 2], "auto", weights=weights)
    >>> bound = bracket(program, tolerance=1e-6)
    >>> bound.closed, bound.proved, bool(bound.lower <= bound.upper)
    (True, True, True)
    """
    if isinstance(program, QuadraticProgram):
        from copos.bounding.quadratic import bracket_quadratic

        if symmetry is not None or splits:
            raise ValueError("symmetry= and splits= are for completely positive programs, such as stability_number()")

        return bracket_quadratic(
            program, bracket, level=level, family=family, solver=solver, reductions=reductions, gram=gram,
            certify=certify, tolerance=tolerance, absolute=absolute, time_limit=time_limit, max_level=max_level,
            branch=branch, max_cells=max_cells, progress=progress, callback=callback, resume=resume, state=state,
            local=local, executor=executor, width=width, **options,
        )  # fmt: skip
    require_no_slip(options, bracket)
    require_kind(program, "program", CompletelyPositiveProgram, RegularizedProgram, QuadraticProgram, hint=HINT)
    how = Settings(level, family, gram, solver, certify, reductions, symmetry=symmetry, splits=splits, options=options)
    if isinstance(program, RegularizedProgram):
        if symmetry is not None:
            raise ValueError("symmetry= is for programs without a convex loss")
    elif symmetry is None or local:
        automatic = (tolerance is not None or time_limit is not None) and solver in (None, "splitting") and not options
        if local is None:
            local = chosen_size(program, level, family, gram) if automatic else 0
        how = replace(how, local=local_size(program, level, family, gram, local))
    if tolerance is not None or time_limit is not None:
        if program.recover is None:
            raise ValueError(f"{program.name} has no `recover`; an upper bound needs one")
        if isinstance(program, RegularizedProgram):
            raise ValueError(f"{program.name}: a program with a convex loss is bounded one level at a time")
        from copos.bounding.climb import Goal, climb  # branch and bound is loaded when it is needed

        goal = Goal(1e-6 if tolerance is None else tolerance, absolute, time_limit, max_level, branch, max_cells,
                    executor, width)  # fmt: skip
        return climb(program, how, goal, progress=progress, callback=callback, resume=resume, state=state)
    if max_level is not None or callback is not None or resume is not None or state is not None:
        raise ValueError("max_level, callback, resume and state need a tolerance or a time_limit")
    if program.recover is None:
        raise ValueError(f"{program.name} has no `recover`; an upper bound needs one")
    if isinstance(program, RegularizedProgram):
        return bracket_regularized(program, how)
    try:
        with progress_line(progress, f"{program.name}, level {level}", str):
            return one_level(program, how)
    except Interrupted as error:
        return replace(error.bound, reason="; ".join(part for part in (error.bound.reason, "interrupted") if part))
