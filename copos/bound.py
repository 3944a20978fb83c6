"""Bounds on a program: what a solver claims, what is proved, and the best feasible point found."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.certificate import Certificate
from copos.certificate.dual_proof import DualProof
from copos.certificate.feasible import certify_upper_bound
from copos.certificate.infeasible import certify_infeasible
from copos.certificate.produce import Proved, certify_lower_bound
from copos.conic import ConicForm, Solution, Status
from copos.hierarchy import REDUCTIONS, Relaxation, relax
from copos.levels import RoadAnswer
from copos.levels import answer as own_road
from copos.program import CompletelyPositiveProgram, Recovered
from copos.reformulation.regularized import RegularizedProgram
from copos.solvers import choose, solve
from copos.stopping import solve_and_prove
from copos.warm_start import Solved


@dataclass(frozen=True, eq=False)
class Bound:
    """lower ≤ optimum ≤ upper, with what was claimed on the way.

    Attributes
    ----------
    lower : proved lower bound, rounded down; +inf if it is proved that nothing is feasible; −inf when there is no
        proof, and then `reason` says why
    claimed : the solver's value of the relaxation, not a proof
    upper : value of the feasible object `found`, +inf without one
    proved : is `lower` proved?
    reason : why it is not proved, or what the proof used
    level, family, gram, solver, status : where `claimed` comes from
    moments, blocks, largest : size of the conic form: variables, blocks, order of the largest block
    build_seconds, solve_seconds, proof_seconds : wall time
    solved : the level and its solution, where they were to be kept
    found : feasible object, its value and its atom
    certificate : the proof of `exact`; `certificate.save(path)`, `certificate.verify(program)`
    exact : the proved lower bound as a rational number, `lower` before rounding
    upper_certificate : proof of `upper` in exact arithmetic, where an exactly feasible point was found
    upper_reason : why there is none
    closed : was the gap brought within the tolerance that was asked for?
    cells : cells of a partition that were bounded, 0 if the cone was not cut
    """

    lower: float = -np.inf
    claimed: float = -np.inf
    upper: float = np.inf
    proved: bool = False
    reason: str = ""
    level: int | None = None
    family: str = ""
    gram: str = "sdp"
    solver: str = ""
    status: Status | None = None
    moments: int = 0
    blocks: int = 0
    largest: int = 0
    build_seconds: float = 0.0
    solve_seconds: float = 0.0
    proof_seconds: float = 0.0
    solved: Solved | None = None
    found: Recovered | None = None
    certificate: Certificate | DualProof | None = None
    exact: Fraction | None = None
    upper_certificate: Certificate | None = None
    upper_reason: str = ""
    closed: bool = False
    cells: int = 0

    @property
    def gap(self) -> float:
        """Upper − lower; inf while one is missing."""
        return self.upper - self.lower

    @property
    def claimed_gap(self) -> float:
        """Upper − claimed."""
        return self.upper - self.claimed

    def plot(self, axis: Any = None) -> Any:
        """Draw the interval lower … upper with the claimed value on a matplotlib axis (a new one by default)."""
        from copos.plots import brackets

        name = "bound" if self.level is None else f"{self.family}, level {self.level}"
        claimed = None if self.level is None else [self.claimed]
        return brackets([name], [self.lower], [self.upper], claimed, axis=axis)

    def __repr__(self) -> str:
        parts = [f"lower={self.lower:.9g}", f"claimed={self.claimed:.9g}"] if self.level is not None else []
        parts += [f"upper={self.upper:.9g}"] if self.found is not None else []
        parts += [f"level={self.level}", f"family={self.family!r}"] if self.level is not None else []
        return f"Bound({', '.join([*parts, f'proved={self.proved}'])})"


NOT_ASKED = "no proof was asked for (certify=False); the solver's value is a claim in floating point"


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


def upper_bound(program: CompletelyPositiveProgram, solver: str | None = None, **options: Any) -> Bound:
    """Upper bound: the value of a feasible object read off the solution of level 0.

    Raises
    ------
    ValueError
        If the program does not know how to recover one.
    """
    full = bracket(program, 0, solver=solver, certify=False, **options)
    return Bound(upper=full.upper, found=full.found, reason="no lower bound was asked for")


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
    state : file to which the search over cells is saved

    Raises
    ------
    ValueError
        As for `lower_bound`; if the program cannot recover objects; if `resume` is about another program.

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
        return bound  # there is no point to read an object off
    assert program.recover is not None  # `bracket` has refused others
    found = program.recover(matrix())
    bound = replace(bound, upper=found.value, found=found)
    if not certify or found.object is None:
        return bound
    atom = found.atom if program.exact_atom is None else program.exact_atom(found.object)
    value, certificate, why = certify_upper_bound(program, atom)
    if value is None:
        return replace(bound, upper_reason=why)
    return replace(bound, upper=-rounded_down(-value), upper_certificate=certificate, upper_reason=why)


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
) -> tuple[Bound, Callable[[], NDArray[np.float64]] | None]:
    """The bound, and what makes the Y that has the claimed value; None where no Y is feasible."""
    solved = start.solved if isinstance(start, Bound) else start
    if start is not None and solved is None:
        raise ValueError("the start has no solution: ask for it with keep=True (a linear program's is not kept)")
    if solver is None and not options and set(reductions) == set(REDUCTIONS):
        road = own_road(program, level, family, gram)
        if road is not None:
            return _by_road(road, level, family, gram, certify)
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
        solution, proof = solve_and_prove(program, relaxation, solver, tol, upper, options)
    else:
        solution = solve(relaxation.form, solver, tol=tol, **options)
    ended = time.perf_counter()
    bound = claim(relaxation.form, solution, [relaxation], built - begin, ended - built)
    bound = replace(bound, solved=Solved(relaxation, solution)) if keep else bound
    if certify:
        bound = _proved(bound, program, relaxation, solution, proof)
        bound = replace(bound, proof_seconds=time.perf_counter() - ended)
        if proof is not None:  # the solver was stopped early: the tolerance is on its primal value
            bound = replace(bound, claimed=max(solution.value, bound.lower))
    if program.notes:
        bound = replace(bound, reason=f"{bound.reason}; {program.notes}" if bound.reason else program.notes)
    feasible = solution.status is not Status.INFEASIBLE and bool(np.isfinite(solution.x).all())
    return bound, (lambda: relaxation.matrix(solution.x)) if feasible else None


def claim(
    form: ConicForm, solution: Solution, relaxations: Sequence[Relaxation], build_seconds: float, solve_seconds: float
) -> Bound:
    """What a solver says of a conic form made of one level of one or several programs; nothing is proved yet."""
    first = relaxations[0]
    return Bound(
        claimed=claimed_value(form, solution),
        reason=NOT_ASKED,
        level=first.level,
        family=first.family,
        gram=first.gram,
        solver=solution.solver,
        status=solution.status,
        moments=form.shape[1],
        blocks=sum(len(r.blocks.sizes) for r in relaxations),
        largest=max(max(r.orders, default=1) for r in relaxations),
        build_seconds=build_seconds,
        solve_seconds=solve_seconds,
    )


def _by_road(
    road: RoadAnswer, level: int, family: str, gram: str, certify: bool
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
        bound = replace(_with(bound, road.prove()), proof_seconds=time.perf_counter() - start)
    return bound, None if road.status is Status.INFEASIBLE else road.matrix


def _proved(
    bound: Bound, program: CompletelyPositiveProgram, relaxation: Relaxation, solution: Solution, proof: Proved | None
) -> Bound:
    """The bound with a proof, if one is found: that nothing is feasible, or that the value is at least `lower`."""
    if solution.status is Status.INFEASIBLE:
        certificate, reason = certify_infeasible(program, relaxation)
        if certificate is not None:
            return replace(bound, lower=np.inf, proved=True, reason=reason, certificate=certificate)
    return _with(bound, certify_lower_bound(program, relaxation, solution) if proof is None else proof)


def _with(bound: Bound, proof: Proved) -> Bound:
    """The bound with its proof: of a value, or (a certificate without a value) that nothing is feasible."""
    if proof.lower is None and proof.certificate is not None:
        return replace(bound, lower=np.inf, proved=True, reason=proof.reason, certificate=proof.certificate)
    return replace(
        bound,
        lower=-np.inf if proof.lower is None else rounded_down(proof.lower),
        proved=proof.lower is not None,
        reason=proof.reason,
        certificate=proof.certificate,
        exact=proof.lower,
    )


def rounded_down(value: Fraction) -> float:
    """The largest double that is at most a rational number."""
    nearest = float(value)
    return nearest if Fraction(nearest) <= value else float(np.nextafter(nearest, -np.inf))


def claimed_value(form: ConicForm, solution: Solution) -> float:
    """What a solver claims a minimum to be, discounted by how far its multipliers are from feasible.

    For z ∈ K* and r = A'z + c every feasible x has c'x ≥ −b'z + r'x, so −b'z − |r|'|x̂| holds for all x that are
    entrywise no larger than the x̂ returned. Verdicts become ±inf.
    """
    if solution.status is Status.INFEASIBLE:
        return np.inf
    if solution.status in (Status.UNBOUNDED, Status.FAILED):
        return -np.inf
    residual = np.abs(form.A.T @ solution.z + form.c) @ np.abs(solution.x)
    return float(np.fmin(solution.value, solution.dual_value - residual))
