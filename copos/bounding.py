"""Lower and upper bounds of a program at one level: solve, then prove; or by a road of the level's own."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.bound import NOT_ASKED, Bound, claim, in_units, rounded_down, with_proof
from copos.certificate.feasible import ProvedUpper, certify_upper_bound
from copos.certificate.infeasible import certify_infeasible
from copos.certificate.known import excess, known_lower, known_upper
from copos.certificate.produce import Proved, certify_lower_bound
from copos.certificate.restored import restored
from copos.certificate.trivial import trivial_bound
from copos.conic import Solution, Status
from copos.hierarchy import REDUCTIONS, Relaxation, relax
from copos.levels import RoadAnswer, factor_road
from copos.levels import answer as own_road
from copos.normal import NormalForm, normal_form
from copos.program import CompletelyPositiveProgram, Recovered
from copos.reformulation.regularized import RegularizedProgram
from copos.sanity import sane
from copos.solvers import choose, solve
from copos.stopping import solve_and_prove
from copos.threads import on_one_blas_thread
from copos.warm_start import Solved


@on_one_blas_thread
def lower_bound(
    program: CompletelyPositiveProgram | RegularizedProgram,
    level: int = 0,
    family: str = "parrilo",
    solver: str | None = None,
    reductions: Collection[str] = tuple(REDUCTIONS),
    gram: str = "sdp",
    certify: bool = True,
    tol: float | None = None,
    upper: float = np.inf,
    start: Bound | Solved | None = None,
    keep: bool = False,
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
    tol : stop when the proved bound is within tol·|value| of the value of the level (or of `upper`, if that is
        smaller), or cannot be improved; by default the solver's own tolerances end the run, and one proof follows.
        Without `certify` it is the residual tolerance of the splitting solver.
    upper : a known upper bound on the optimum, used with `tol` only
    start : a bound that was asked for with `keep` at this level or the one below, in the same coordinates: of the same
        program, of one with other data, or on a cone with fewer blocks (a parent in branch and bound). The splitting
        solver starts from it; other solvers cannot
    keep : keep the level and its solution in `solved`, for a later `start`
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

    >>> bound = lower_bound(program, solver="splitting", tol=1e-8)
    >>> 0.5 - bound.lower <= 1e-8
    True
    """
    if isinstance(program, RegularizedProgram):
        from copos.regularized_bound import bracket_regularized

        return bracket_regularized(program, level, family, solver, reductions, gram, certify, False, options)
    return _relaxed(program, level, family, solver, reductions, gram, certify, options, tol, upper, start, keep)[0]


def bound_in(
    normal: NormalForm, level: int, family: str, solver: str | None, reductions: Collection[str], gram: str,
    options: dict[str, Any],
) -> Bound:  # fmt: skip
    """`lower_bound` of a program whose units are chosen already."""
    return _relaxed(normal.origin, level, family, solver, reductions, gram, True, options, normal=normal)[0]


@on_one_blas_thread
def upper_bound(program: CompletelyPositiveProgram, solver: str | None = None, **options: Any) -> Bound:
    """Upper bound: the value of a feasible object read off the solution of level 0.

    Raises
    ------
    ValueError
        If the program does not know how to recover one.
    """
    full = bracket(program, 0, solver=solver, certify=False, **options)
    return Bound(upper=full.upper, found=full.found, reason="no lower bound was asked for")


@on_one_blas_thread
def bracket(
    program: CompletelyPositiveProgram | RegularizedProgram,
    level: int = 0,
    family: str = "parrilo",
    solver: str | None = None,
    reductions: Collection[str] = tuple(REDUCTIONS),
    gram: str = "sdp",
    certify: bool = True,
    *,
    tolerance: float | None = None,
    absolute: float = 1e-9,
    time_limit: float | None = None,
    max_level: int | None = None,
    branch: bool = True,
    max_cells: int = 1000,
    progress: bool = False,
    callback: Callable[[Bound], Any] | None = None,
    resume: Any = None,
    state: Any = None,
    **options: Any,
) -> Bound:
    """Lower bound of a level together with the feasible object that its solution leads to.

    Without a tolerance or a time limit: one level. With one of them: level after level up to `max_level`, then branch
    and bound, until upper − lower ≤ max(tolerance·|upper|, absolute) or the time is spent. The best lower bound and
    the best object of all steps are kept, so that whatever stops the work, the result is a valid bracket.

    Parameters
    ----------
    program, level, family, solver, reductions, gram, certify, options : as for `lower_bound`
    tolerance, absolute : the gap to reach; a time limit alone asks for 1e-6
    time_limit : wall seconds; a level that is expected to take longer is not begun, nor are cells. A level that needs
        the splitting solver may take half of the time that is left, and whatever dual there is then gives the proof;
        a smaller level that is running is finished
    max_level : last level, by default the one after `level`
    branch, max_cells : cut the cone after the levels, into at most so many cells
    progress : show a line that says where the work stands
    callback : called with the `Bound` so far after every step; stops by returning True
    resume : a `Bound` of an earlier call with its proof (its levels are not repeated), or a file written by `state`
    state : file to which the search over cells is saved; where it cannot be written there is a warning

    Raises
    ------
    ValueError
        As for `lower_bound`; if the program cannot recover objects; if `resume` is about another program.
    copos.sanity.InternalError
        If the lower bound exceeds the upper one: an error of this package.

    Notes
    -----
    Where a level is infeasible there is no object, and `upper` is +inf.

    Examples
    --------
    >>> from copos import linear_network
    >>> Y, weights = [[1.0, 2.0], [3.0, -1.0]], [[1.0, 0.1], [2.0, 1.0]]
    >>> program = linear_network(np.eye(2), Y, [2, 1, 2], "auto", weights=weights)
    >>> bound = bracket(program, tolerance=1e-6)
    >>> bound.closed, bound.proved, bool(bound.lower <= bound.upper)
    (True, True, True)
    """
    if tolerance is not None or time_limit is not None:
        from copos.climb import climb  # which builds on this file

        if program.recover is None:
            raise ValueError(f"{program.name} has no `recover`; an upper bound needs one")
        if isinstance(program, RegularizedProgram):
            raise ValueError(f"{program.name}: a program with a convex loss is bounded one level at a time")
        return climb(
            program, level, family, tolerance=1e-6 if tolerance is None else tolerance, absolute=absolute,
            time_limit=time_limit, max_level=level + 1 if max_level is None else max_level, branch=branch,
            max_cells=max_cells, progress=progress, callback=callback, resume=resume, state=state,
            solver=solver, reductions=reductions, gram=gram, certify=certify, options=options,
        )  # fmt: skip
    if max_level is not None or callback is not None or resume is not None or state is not None or progress:
        raise ValueError("max_level, callback, resume, state and progress need a tolerance or a time_limit")
    if program.recover is None:
        raise ValueError(f"{program.name} has no `recover`; an upper bound needs one")
    if isinstance(program, RegularizedProgram):
        from copos.regularized_bound import bracket_regularized

        return bracket_regularized(program, level, family, solver, reductions, gram, certify, True, options)
    return one_level(program, level, family, solver, reductions, gram, certify, options)


def one_level(
    program: CompletelyPositiveProgram,
    level: int,
    family: str,
    solver: str | None,
    reductions: Collection[str],
    gram: str,
    certify: bool,
    options: dict[str, Any],
    seconds: float = np.inf,
) -> Bound:
    """The bracket of one level; `seconds` limits the splitting solver, whatever dual it then has gives the proof."""
    bound, matrix = _relaxed(program, level, family, solver, reductions, gram, certify, options, seconds=seconds)
    if matrix is None:
        return sane(bound, program)  # there is no point to read an object off
    assert program.recover is not None  # `bracket` has refused others
    found = program.recover(matrix())
    bound = replace(bound, upper=found.value, found=found)
    if not certify or found.object is None:
        return sane(bound, program)
    value, certificate, why = _evaluated(program, found)
    if value is None:
        upper = found.value + excess(program, found.object)
        return sane(replace(bound, upper=upper, found=replace(found, value=upper), upper_reason=why), program)
    upper = -rounded_down(-value) + 0.0  # no negative zero
    bound = replace(bound, upper=upper, found=replace(found, value=upper) if program.known else found)
    return sane(replace(bound, upper_certificate=certificate, upper_reason=why), program)


def _evaluated(program: CompletelyPositiveProgram, found: Recovered) -> ProvedUpper:
    """The value of what was found, exactly: of the object itself where the program knows how, or of an atom near it."""
    known = known_upper(program, found.object)
    if known.upper is not None:
        return known
    return certify_upper_bound(program, found.atom if program.exact_atom is None else program.exact_atom(found.object))


def _relaxed(
    program: CompletelyPositiveProgram,
    level: int,
    family: str,
    solver: str | None,
    reductions: Collection[str],
    gram: str,
    certify: bool,
    options: dict[str, Any],
    tol: float | None = None,
    upper: float = np.inf,
    start: Bound | Solved | None = None,
    keep: bool = False,
    seconds: float = np.inf,
    normal: NormalForm | None = None,
) -> tuple[Bound, Callable[[], NDArray[np.float64]] | None]:
    """The bound, and what makes the Y that has the claimed value; None where no Y is feasible.

    What a solver sees is the program's normal form, or a given one.
    """
    asked_for_a_level = solver is not None or options or keep or start is not None or level
    if program.known is not None and program.known.exact and not asked_for_a_level:
        begin = time.perf_counter()
        proof = known_lower(program)
        if proof.lower is not None:
            return _closed_form(program, proof, certify, time.perf_counter() - begin)
    plain = solver in (None, "splitting") and not keep and start is None and set(reductions) == set(REDUCTIONS)
    if plain and normal is None:
        limits = ({} if tol is None else {"tol": tol}) | ({} if seconds == np.inf else {"time_limit": seconds})
        road = factor_road.answer(program, level, family, gram, limits | options)
        if road is not None:
            bound, matrix = _by_road(road, program, level, family, gram, certify)
            if certify:
                bound = _better(bound, known_lower(program))
                bound = replace(bound, claimed=max(bound.claimed, bound.lower))
            words = (bound.reason, program.notes)
            return replace(bound, reason="; ".join(part for part in words if part)), matrix
    normal = normal or normal_form(program)
    how = (level, family, solver, reductions, gram, certify, options, tol, normal.inward(upper), start, keep, seconds)
    bound, matrix = _normal(normal, *how)
    if certify:
        bound = _without_a_level(bound, normal)
    bound = in_units(bound, normal)
    if certify and bound.lower < np.inf and program.known is not None:
        bound = _better(bound, known_lower(program))
    claim_only = bound.status is Status.INFEASIBLE and bound.lower < np.inf
    words = ("infeasible is claimed by the solver and not proved" if claim_only else "", bound.reason, program.notes)
    bound = replace(bound, reason="; ".join(part for part in words if part))
    return bound, None if matrix is None else (lambda: normal.matrix(matrix()))


def _closed_form(
    program: CompletelyPositiveProgram, proof: Proved, certify: bool, seconds: float
) -> tuple[Bound, Callable[[], NDArray[np.float64]]]:
    """A bound that is the optimum, and some Y, which the program's search for objects does not need."""
    bound = Bound(claimed=float(proof.lower or 0), reason=NOT_ASKED, level=0, solver="closed form",
                  status=Status.OPTIMAL, proof_seconds=seconds)  # fmt: skip
    bound = replace(with_proof(bound, proof), reason=proof.reason) if certify else bound
    return bound, lambda: np.eye(program.cone.ambient)


POOR = 1e-6  # of a bound against the claim, relative: then a bound without a relaxation is looked for


def _without_a_level(bound: Bound, normal: NormalForm) -> Bound:
    """The bound, or a better one that needs no relaxation; both in the units of the normal form."""
    lacking = bound.exact is None or bound.claimed - bound.lower > POOR * max(abs(bound.claimed), abs(bound.lower))
    if bound.lower == np.inf or (bound.lower >= 0 and not lacking):
        return bound
    return _better(bound, _about(trivial_bound(normal.program, bound.exact, every=lacking), normal))


def _better(bound: Bound, proof: Proved) -> Bound:
    if proof.lower is None or (bound.exact is not None and proof.lower <= bound.exact):
        return bound
    return replace(with_proof(bound, proof), claimed=max(bound.claimed, rounded_down(proof.lower)))


def _normal(
    normal: NormalForm,
    level: int,
    family: str,
    solver: str | None,
    reductions: Collection[str],
    gram: str,
    certify: bool,
    options: dict[str, Any],
    tol: float | None,
    upper: float,
    start: Bound | Solved | None,
    keep: bool,
    seconds: float,
) -> tuple[Bound, Callable[[], NDArray[np.float64]] | None]:
    """As `_relaxed`, in the units of the normal form; certificates are about the program itself."""
    program = normal.program
    solved = start.solved if isinstance(start, Bound) else start
    if start is not None and solved is None:
        raise ValueError("the start has no solution: ask for it with keep=True (a linear program's is not kept)")
    if solver is None and not options and set(reductions) == set(REDUCTIONS):
        road = own_road(program, level, family, gram)
        if road is not None:
            return _by_road(road, normal, level, family, gram, certify)
    begin = time.perf_counter()
    relaxation = relax(program, level, family, reductions, gram=gram)
    splits = (solver or choose(relaxation.form).solver) == "splitting"
    if solved is not None and splits:
        options = options | {"start": solved.start(relaxation)}
    if seconds < np.inf and splits:
        options = {"time_limit": seconds} | options
    built = time.perf_counter()
    proof = None
    if tol is None:
        solution = solve(relaxation.form, solver, **options)
    elif certify:
        solution, proof = solve_and_prove(normal, relaxation, solver, tol, upper, options)
    else:
        solution = solve(relaxation.form, solver, tol=tol, **options)
    ended = time.perf_counter()
    bound = claim(relaxation.form, solution, [relaxation], built - begin, ended - built)
    bound = replace(bound, solved=Solved(relaxation, solution)) if keep else bound
    if certify:
        bound = _proved(bound, normal, relaxation, solution, proof)
        bound = replace(bound, proof_seconds=time.perf_counter() - ended)
        if proof is not None:  # the solver was stopped early: the tolerance is on its primal value
            bound = replace(bound, claimed=max(solution.value, bound.lower))
    feasible = solution.status is not Status.INFEASIBLE and bool(np.isfinite(solution.x).all())
    return bound, (lambda: relaxation.matrix(solution.x)) if feasible else None


def _by_road(
    road: RoadAnswer, origin: NormalForm | CompletelyPositiveProgram, level: int, family: str, gram: str, certify: bool
) -> tuple[Bound, Callable[[], NDArray[np.float64]] | None]:
    bound = Bound(
        claimed=road.claimed,
        reason=NOT_ASKED,
        level=level,
        family=family,
        gram=gram,
        solver=road.solver,
        status=road.status,
        moments=road.moments,
        blocks=road.blocks,
        largest=road.largest,
        build_seconds=road.build_seconds,
        solve_seconds=road.solve_seconds,
    )
    if certify:
        start = time.perf_counter()
        proof = road.prove()
        proof = _about(proof, origin) if isinstance(origin, NormalForm) else proof
        bound = replace(with_proof(bound, proof), proof_seconds=time.perf_counter() - start)
    return bound, None if road.status is Status.INFEASIBLE else road.matrix


def _about(proof: Proved, normal: NormalForm) -> Proved:
    """A road's proof with its certificate about the program that the normal form was made from."""
    if proof.certificate is None or normal.exponents is None:
        return proof
    certificate = restored(proof.certificate, normal)
    verdict = certificate.verify()
    return proof._replace(certificate=certificate) if verdict.proved else Proved(None, None, verdict.reason)


def _proved(
    bound: Bound, normal: NormalForm, relaxation: Relaxation, solution: Solution, proof: Proved | None
) -> Bound:
    """The bound with a proof, if one is found: that nothing is feasible, or that the value is at least `lower`."""
    if solution.status is Status.INFEASIBLE:
        certificate, reason = certify_infeasible(normal.program, relaxation)
        if certificate is not None:
            infeasible = _about(Proved(None, certificate, reason), normal)
            if infeasible.certificate is not None:
                return with_proof(bound, infeasible)
    if proof is None:
        proof = certify_lower_bound(normal.program, relaxation, solution, normal=normal)
    return with_proof(bound, proof)
