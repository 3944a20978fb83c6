"""One level: solve its conic form, or go a way of the level's own; then prove what the solver claims."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.rationals import rounded_down
from copos.certificate.feasible import ProvedUpper, certify_upper_bound
from copos.certificate.infeasible import certify_infeasible
from copos.certificate.produce import Aim, Proved, certify_lower_bound
from copos.certificate.restored import restored
from copos.certificate.trivial import trivial_bound
from copos.conic import Solution, Status
from copos.hierarchy import REDUCTIONS, Relaxation, relax
from copos.levels import MethodAnswer, factor_method, group_method
from copos.levels import answer as own_method
from copos.levels.bound import NOT_ASKED, Bound, claim, claimed_value, in_units, with_proof
from copos.levels.crossing import crossing
from copos.levels.known import excess, known_lower, known_upper
from copos.levels.local_rounds import local_rounds
from copos.levels.sanity import sane
from copos.levels.settings import Run, Settings
from copos.levels.stopping import solve_and_prove
from copos.levels.units import in_own_units
from copos.levels.warm_start import Solved
from copos.normal import NormalForm
from copos.program import CompletelyPositiveProgram, Recovered
from copos.solvers import picked, solve

Matrix = Callable[[], NDArray[np.float64]]  # makes the Y that has the claimed value
DOUBT = 1e-4  # of the value of a rough answer, relative
FIRST, SHORTEST = 0.5, 0.05  # share of the time of a solver that another one may help, and least seconds
SOLVING = 0.6  # share of the time of a level after which its answer is to be proved
GRACE = 2.0  # seconds that a proof may take at least, so that the bound of a small level is never lost
WHOLE = Run()  # a level solved from nothing, as far as its solver goes


class Interrupted(KeyboardInterrupt):
    """Ctrl-C while a solution was looked for: `bound` has what was proved before."""

    def __init__(self, bound: Bound) -> None:
        super().__init__()
        self.bound = bound


def one_level(
    program: CompletelyPositiveProgram, how: Settings, run: Run = WHOLE, found: Recovered | None = None
) -> Bound:
    """The bracket of one level and of a solution that is known; whatever dual a limit leaves gives the proof.

    Raises `Interrupted` with the lower bound on Ctrl-C after it was found.
    """
    bound, matrix = bound_and_matrix(program, how, run)
    if matrix is None:
        return sane(bound, program)  # there is no Y to read a solution off
    try:
        return _with_solution(program, how, bound, matrix, found)
    except KeyboardInterrupt:
        raise Interrupted(bound) from None


def before_levels(program: CompletelyPositiveProgram) -> Bound | None:
    """The bracket of what a program knows by itself, at no level; None where level 0 is to come first."""
    if program.known is None or program.known.exact or not program.known.first:
        return None
    begin = time.perf_counter()
    proof = known_lower(program, search=True)
    if proof.lower is None:
        return None
    bound = replace(with_proof(Bound(), proof), claimed=rounded_down(proof.lower), reason=proof.reason,
                    proof_seconds=time.perf_counter() - begin)  # fmt: skip
    return _with_solution(program, Settings(), bound, lambda: NO_MOMENTS, None)


NO_MOMENTS = np.zeros((0, 0))  # a solution is then searched for from random starts


def _with_solution(
    program: CompletelyPositiveProgram, how: Settings, bound: Bound, matrix: Matrix, found: Recovered | None
) -> Bound:
    """The bound with the better one of a known solution and that which a Y leads to."""
    assert program.recover is not None  # `bracket` has refused others
    other = program.recover(matrix())
    found = other if found is None or other.value < found.value else found
    bound = replace(bound, upper=found.value, found=found)
    if not how.certify or found.solution is None:
        return sane(bound, program)
    value, certificate, why = _evaluated(program, found)
    if value is None:
        upper = found.value + excess(program, found.solution)
        return sane(replace(bound, upper=upper, found=replace(found, value=upper), upper_reason=why), program)
    upper = -rounded_down(-value) + 0.0  # no negative zero
    bound = replace(bound, upper=upper, found=replace(found, value=upper) if program.known else found)
    return sane(replace(bound, upper_certificate=certificate, upper_reason=why), program)


def _evaluated(program: CompletelyPositiveProgram, found: Recovered) -> ProvedUpper:
    """The exact value of the solution that was found, where the program knows how, or of an atom near it."""
    known = known_upper(program, found.solution)
    if known.upper is not None:
        return known
    atom = found.atom if program.exact_atom is None else program.exact_atom(found.solution)
    return certify_upper_bound(program, atom)


def bound_and_matrix(
    program: CompletelyPositiveProgram, how: Settings, run: Run, normal: NormalForm | None = None
) -> tuple[Bound, Matrix | None]:
    """The bound, and what makes the Y that has the claimed value; None where no Y is feasible.

    What a solver sees is the program's normal form, or a given one.
    """
    if how.symmetry is not None:
        return _with_what_is_known(*_by_method(group_method.answer(program, how, run), None, how), program, how)
    if how.splits:
        raise ValueError("splits= goes with symmetry=")
    asked_for_a_level = how.solver is not None or run.start is not None or how.level or how.local
    asked_for_a_level = asked_for_a_level or how.options or run.keep
    if program.known is not None and program.known.exact and not asked_for_a_level:
        begin = time.perf_counter()
        proof = known_lower(program)
        if proof.lower is not None:
            return _closed_form(program, proof, how.certify, time.perf_counter() - begin)
    collapsed = factor_method.answer(program, how, run) if normal is None else None
    if collapsed is not None:
        return _with_what_is_known(*_by_method(collapsed, None, how), program, how)
    normal = normal or in_own_units(program)
    level, deadline = _local if how.local else _normal, time.perf_counter() + max(run.seconds, GRACE)
    bound, matrix = level(normal, how, replace(run, upper=normal.inward(run.upper)))
    if how.certify:
        bound = _without_a_level(bound, normal, time.perf_counter() > deadline)
    bound = in_units(bound, normal)
    if how.certify and bound.lower < np.inf and program.known is not None:
        bound = _better(bound, known_lower(program, search=_lacks(bound)))
    claim_only = bound.status is Status.INFEASIBLE and bound.lower < np.inf
    words = ("infeasible is claimed by the solver and not proved" if claim_only else "", bound.reason, program.notes)
    bound = replace(bound, reason="; ".join(part for part in words if part))
    return bound, None if matrix is None else (lambda: normal.matrix(matrix()))


def _with_what_is_known(
    bound: Bound, matrix: Matrix | None, program: CompletelyPositiveProgram, how: Settings
) -> tuple[Bound, Matrix | None]:
    bound = _better(bound, known_lower(program)) if how.certify else bound
    words = "; ".join(part for part in (bound.reason, program.notes) if part)
    return replace(bound, reason=words, claimed=max(bound.claimed, bound.lower)), matrix


def _closed_form(
    program: CompletelyPositiveProgram, proof: Proved, certify: bool, seconds: float
) -> tuple[Bound, Matrix]:
    """A bound that is the optimum, and no Y, which the program's search for solutions does not need."""
    bound = Bound(claimed=float(proof.lower or 0), reason=NOT_ASKED, level=0, solver="closed form",
                  status=Status.OPTIMAL, proof_seconds=seconds)  # fmt: skip
    bound = replace(with_proof(bound, proof), reason=proof.reason) if certify else bound
    return bound, lambda: NO_MOMENTS


POOR = 1e-6  # of a bound against the claim, relative: then a bound without a relaxation is looked for


def _lacks(bound: Bound) -> bool:
    """Is much of what the solver claims not proved?"""
    return bound.exact is None or bound.claimed - bound.lower > POOR * max(abs(bound.claimed), abs(bound.lower))


def _without_a_level(bound: Bound, normal: NormalForm, late: bool) -> Bound:
    """The bound, or a better one without a relaxation, in the units of the normal form; just y = 0 if it is late."""
    lacking = _lacks(bound)
    if bound.lower == np.inf or (bound.lower >= 0 and not lacking) or (late and bound.exact is not None):
        return bound
    return _better(bound, _about(trivial_bound(normal.program, bound.exact, every=lacking and not late), normal))


def _better(bound: Bound, proof: Proved) -> Bound:
    if proof.lower is None or (bound.exact is not None and proof.lower <= bound.exact):
        return bound
    return replace(with_proof(bound, proof), claimed=max(bound.claimed, rounded_down(proof.lower)))


def _normal(normal: NormalForm, how: Settings, run: Run) -> tuple[Bound, Matrix | None]:
    """As `bound_and_matrix`, in the units of the normal form; certificates are about the program itself."""
    program, solver, options, solved = normal.program, how.solver, dict(how.options), run.solved
    if solver is None and not options and set(how.reductions) == set(REDUCTIONS):
        method = own_method(program, how.level, how.family, how.gram)
        if method is not None:
            return _by_method(method, normal, how)
    begin = time.perf_counter()
    relaxation = relax(program, how.level, how.family, how.reductions, gram=how.gram)
    entry = picked(relaxation.form, solver)
    if solved is not None and entry.warm:
        options = options | {"start": solved.start(relaxation)}
    if run.seconds < np.inf and entry.time_limit and (entry.anytime or run.tolerance is None or not options):
        # where another solver goes on from there, it needs the other half
        share = (1.0 if entry.anytime else FIRST) * (SOLVING if how.certify else 1.0)
        options = {entry.time_limit: max(share * run.seconds, SHORTEST)} | options
    built = time.perf_counter()
    proof = None
    if run.tolerance is None:
        if solver is None and entry.anytime and (cross := crossing(normal, relaxation)) is not None:
            options = {"cross": cross} | options
        solution = solve(relaxation.form, solver, **options)
    elif how.certify:
        solution, proof = solve_and_prove(normal, relaxation, solver, run.tolerance, run.upper, options,
                                          begin + max(run.seconds, GRACE))  # fmt: skip
    else:
        solution = solve(relaxation.form, solver, tolerance=run.tolerance, **options)
    ended = time.perf_counter()
    bound = claim(relaxation.form, solution, [relaxation], built - begin, ended - built)
    bound = replace(bound, solved=Solved(relaxation, solution, normal.local)) if run.keep else bound
    if how.certify:
        bound = _proved(bound, normal, relaxation, solution, proof, begin + max(run.seconds, GRACE))
        bound = replace(bound, proof_seconds=time.perf_counter() - ended)
        if proof is not None:  # the solver was stopped early: the tolerance is on its primal value
            bound = replace(bound, claimed=max(solution.value, bound.lower))
    feasible = solution.status is not Status.INFEASIBLE and bool(np.isfinite(solution.x).all())
    return bound, (lambda: relaxation.matrix(solution.x)) if feasible else None


def _local(normal: NormalForm, how: Settings, run: Run) -> tuple[Bound, Matrix | None]:
    """A local level: its rounds, the proof of their last answer, and where that is not enough, that of a better one."""
    begin = time.perf_counter()
    target = np.inf if run.tolerance is None else run.upper - run.tolerance * abs(run.upper)
    deadline, share = begin + max(run.seconds, GRACE), SOLVING if how.certify else 1.0
    found = local_rounds(normal, how.family, cutoff=target, size=how.local, seconds=share * run.seconds,
                         begin=None if run.solved is None else run.solved.start)  # fmt: skip
    words = f"local level on {how.local} coordinates: {len(found.normal.local)} forms after {found.rounds} rounds"
    ended, proof = time.perf_counter(), None
    if how.certify and found.solved is not None and np.isfinite(target):
        proof = certify_lower_bound(found.normal.program, found.relaxation, found.solution, normal=found.normal,
                                    aim=Aim(target, deadline=deadline))  # fmt: skip
    claimed = claimed_value(found.relaxation.form, found.solution)
    far = run.rough and claimed < target - DOUBT * max(1.0, abs(target))
    left = begin + run.seconds - time.perf_counter()
    if proof is not None and (left <= 0 or (proof.lower is not None and (far or proof.lower >= target))):
        bound = claim(found.relaxation.form, found.solution, [found.relaxation], 0.0, ended - begin)
        bound = replace(with_proof(bound, proof), solved=found.solved if run.keep else None)
        bound = replace(bound, claimed=max(bound.claimed, bound.lower), proof_seconds=time.perf_counter() - ended)
        relaxation, solution = found.relaxation, found.solution
        matrix: Matrix | None = lambda: relaxation.matrix(solution.x)  # noqa: E731
    else:
        finer = replace(how, solver=how.solver or "splitting", reductions=tuple(REDUCTIONS))
        bound, matrix = _normal(found.normal, finer, replace(run, start=found.solved, seconds=left))
        bound = replace(bound, solve_seconds=bound.solve_seconds + ended - begin)
    return replace(bound, reason="; ".join(part for part in (bound.reason, words) if part)), matrix


def _by_method(method: MethodAnswer, normal: NormalForm | None, how: Settings) -> tuple[Bound, Matrix | None]:
    bound = Bound(
        claimed=method.claimed,
        reason=NOT_ASKED,
        level=how.level,
        family=how.family,
        gram=how.gram,
        solver=method.solver,
        status=method.status,
        moments=method.moments,
        blocks=method.blocks,
        largest=method.largest,
        build_seconds=method.build_seconds,
        solve_seconds=method.solve_seconds,
    )
    if how.certify:
        start = time.perf_counter()
        bound = replace(with_proof(bound, _about(method.prove(), normal)), proof_seconds=time.perf_counter() - start)
    return bound, None if method.status is Status.INFEASIBLE else method.matrix


def _about(proof: Proved, normal: NormalForm | None) -> Proved:
    """A method's proof with its certificate about the program that the normal form was made from."""
    if proof.certificate is None or normal is None or normal.exponents is None:
        return proof
    certificate = restored(proof.certificate, normal)
    verdict = certificate.verify()
    return proof._replace(certificate=certificate) if verdict.proved else Proved(None, None, verdict.reason)


def _proved(
    bound: Bound, normal: NormalForm, relaxation: Relaxation, solution: Solution, proof: Proved | None, deadline: float
) -> Bound:
    """The bound with a proof, if one is found: that nothing is feasible, or that the value is at least `lower`."""
    if solution.status is Status.INFEASIBLE:
        certificate, reason = certify_infeasible(normal.program, relaxation)
        if certificate is not None:
            infeasible = _about(Proved(None, certificate, reason), normal)
            if infeasible.certificate is not None:
                return with_proof(bound, infeasible)
    if proof is None:
        aim = Aim(deadline=deadline)
        proof = certify_lower_bound(normal.program, relaxation, solution, aim=aim, normal=normal)
    return with_proof(bound, proof)
