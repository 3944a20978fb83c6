"""From a solver's approximate dual to an exact proof of a lower bound.

1. Move the dual onto the identity of the level (least squares) and, if a Gram matrix is not positive definite enough,
   inside: along a direction known to lead inside, or towards a strictly feasible dual point. Both cost bound.
2. Hold a little back from the blocks that contain the pure powers x_i^d, round multipliers and factors to integers.
3. What is then missing from the identity is covered, exactly, by what was held back.
4. The independent checker decides. No number leaves this file as a bound that it has not accepted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from math import gcd, lcm
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from copos.arithmetic.rationals import written
from copos.certificate import absorb, assumptions, charted, dual, interior
from copos.certificate.central_path import centred
from copos.certificate.charted import ChartWriter
from copos.certificate.document import Certificate
from copos.certificate.dual import Dual, Identity
from copos.certificate.in_box import boxed
from copos.certificate.objective import certify_objective
from copos.certificate.problem import program_problem
from copos.certificate.restored import restored
from copos.certificate.writer import Margins, Writer
from copos.checker import check_identity, check_multiplier
from copos.conic import Solution, Status
from copos.hierarchy import Relaxation
from copos.hierarchy.families import family as find_family
from copos.normal import NormalForm
from copos.program import CompletelyPositiveProgram
from copos.support.renamed import renamed
from copos.support.threads import on_one_blas_thread

LATE = "the time was up before a proof was found"
NOT_WORTH = "no proof was written of a bound that is not worth it"


class Proved(NamedTuple):
    """`lower` is a proved lower bound with its certificate; or None, and `reason` says why there is none."""

    lower: Fraction | None
    certificate: Certificate | None
    reason: str


@dataclass(frozen=True, eq=False)
class Aim:
    """Which bounds are worth a proof.

    Attributes
    ----------
    target : a bound of at least this much is not tried to be improved
    cutoff : a bound below this is not written as a proof
    on_skipped : told the values of duals that were made feasible and are below `cutoff`
    identity : `Identity.of(relaxation)` with the factorizations that earlier calls have left in it
    rounded : round the bound up where the objective takes integers only
    deadline : by `time.perf_counter`, after which no further way to a proof is begun
    """

    target: float = np.inf
    cutoff: float = -np.inf
    on_skipped: Callable[[float], object] | None = None
    identity: Identity | None = None
    rounded: bool = True
    deadline: float = np.inf

    @property
    def late(self) -> bool:
        """Is the time up?"""
        return not self.affords(0.0)

    def affords(self, seconds: float) -> bool:
        """Is there so much time left?"""
        return time.perf_counter() + seconds <= self.deadline


@renamed(stated="assumed_forms")
@on_one_blas_thread
def certify_lower_bound(
    program: CompletelyPositiveProgram,
    relaxation: Relaxation,
    solution: Solution,
    solver: str | None = None,
    assumed_forms: ArrayLike | None = None,
    margins: Margins = Margins(),  # noqa: B008 - frozen
    aim: Aim = Aim(),  # noqa: B008 - frozen
    normal: NormalForm | None = None,
) -> Proved:
    """A proved lower bound on min <C, Y> from any approximate dual of a level.

    Parameters
    ----------
    program : the program that was relaxed
    relaxation, solution : a level and a solver's answer to its conic form, accurate or poor
    solver : used if a strictly feasible dual point must be computed; by default the choice of `copos.solvers`
    assumed_forms : (k, ambient) linear forms a; the model assumes that some optimal atom has a'x ≥ 0, which the proof
        may use where the program alone does not bound its moments (and then the claim says so); by default
        `program.assumed_forms`
    aim : which bounds are worth a proof
    normal : where `program` is a normal form, what it was made from; the certificate is then about that, while `lower`
        stays in the units of `program`

    Returns
    -------
    Proved
        `lower` (a Fraction, rounded up to an integer where the objective takes integers only), `certificate`
        and `reason`; `lower` is None if no proof was found.

    Examples
    --------
    >>> from copos import CompletelyPositiveProgram, NonNegative
    >>> from copos.hierarchy import relax
    >>> from copos.solvers import solve
    >>> program = CompletelyPositiveProgram(NonNegative(2), np.eye(2), [(np.ones((2, 2)), 1.0)])
    >>> level = relax(program)
    >>> lower, certificate, _ = certify_lower_bound(program, level, solve(level.form))
    >>> bool(0.5 - 1e-7 < lower <= 0.5), certificate.verify(program).proved
    (True, True)
    """
    if assumed_forms is not None:
        program = program.changed()  # its question does not know of other assumptions
    if solution.status in (Status.UNBOUNDED, Status.FAILED) or not np.isfinite(solution.z).all():
        return Proved(None, None, f"the solver returned no dual ({solution.status.value}): {solution.message}")
    if relaxation.level == 0 and find_family(relaxation.family).at(0) == (0,) and assumed_forms is None:  # PSD, no more
        lower, certificate = certify_objective(program)
        claimed = solution.dual_value - 1e-6 * max(1.0, abs(solution.dual_value))
        if lower is not None and certificate is not None and lower >= claimed:
            words = "the objective is positive semidefinite in the coordinates that it mentions"
            certificate = restored(certificate, normal)
            if certificate.verify().proved:
                return Proved(lower, certificate, words)
    if relaxation.level and (why := check_multiplier.objection(check_identity.program(program_problem(program)))):
        return Proved(None, None, why)
    if relaxation.lifted is None:
        (relaxation, solution), aim = charted.unfolded(relaxation, solution), replace(aim, identity=None)
    moments = relaxation.moment_values(solution.x) if np.isfinite(solution.x).all() else None

    def recovered(identity: Identity) -> Dual:
        return dual.recover(identity, relaxation, solution)

    task = _Task(program, relaxation, solver, margins, aim, normal)
    proved = _certify(task, recovered, solution, moments)
    rows = program.assumed_forms if assumed_forms is None else assumed_forms
    if relaxation.lifted is None or proved.reason == NOT_WORTH:
        return proved  # a chart knows the cone, and not what is assumed
    if proved.lower is not None or rows is None or not np.size(rows):
        return proved
    rows = np.atleast_2d(np.asarray(rows, dtype=float))
    larger, embed = assumptions.extend(relaxation, rows)

    def start(identity: Identity) -> Dual:
        return embed(dual.recover(Identity.of(relaxation), relaxation, solution), identity)

    same = np.array_equal(larger.monomials, relaxation.monomials)
    task = replace(task, relaxation=larger, assumed_forms=rows, aim=replace(aim, target=np.inf, identity=None))
    second = _certify(task, start, None, moments if same else None)
    words = f"{second.reason}; {assumptions.words(len(rows))}"
    return second._replace(reason=words) if second.lower is not None else proved


@dataclass(frozen=True, eq=False)
class _Task:
    """What is proved: a program by a level, with what is assumed of an optimal atom."""

    program: CompletelyPositiveProgram
    relaxation: Relaxation
    solver: str | None
    margins: Margins
    aim: Aim
    normal: NormalForm | None
    assumed_forms: ArrayLike = ()


def _certify(
    task: _Task, dual_on: Callable[[Identity], Dual], solution: Solution | None, moments: np.ndarray | None
) -> Proved:
    program, relaxation, margins, aim = task.program, task.relaxation, task.margins, task.aim
    problem = cache(lambda: program_problem(program, task.assumed_forms))  # long for a large program, not always needed
    plain = aim.identity or Identity.of(relaxation)
    identities = [plain] if solution is None else [Identity.of(relaxation, solution), plain]
    start: dict[Writer, Dual] = {}
    best, reason, took = Proved(None, None, NO_INTERIOR), "", 0.0
    kind = Writer if relaxation.lifted is not None else ChartWriter

    def candidates() -> Iterator[tuple[Writer, Dual, str]]:
        for identity in identities:
            if start and aim.late:
                return
            writer = kind(program, relaxation, identity, problem, margins)
            writer.normal = task.normal
            start[writer] = dual_on(identity)
            yield from _as_it_is(writer, start[writer])
        yield from _pushed(*list(start.items())[-1])
        if relaxation.level == 0:
            yield from _mixed(start)
        if not aim.late:
            yield from _moved(start, relaxation, task.solver, aim)

    for writer, candidate, how in candidates():
        if best.lower is not None and candidate.value <= best.lower:
            break
        if candidate.value < aim.cutoff:
            reason = NOT_WORTH
            if aim.on_skipped is not None:
                aim.on_skipped(candidate.value)
            break  # what follows takes longer, and mostly gives more bound away
        began = time.perf_counter()
        proved = _written(writer, candidate, how, aim.rounded)
        took = time.perf_counter() - began
        if proved.lower is None:
            reason = proved.reason
        elif best.lower is None or proved.lower > best.lower:
            best = proved
            lost = start[writer].value - candidate.value
            if how not in (PUSHED, MIXED) or proved.lower >= aim.target or lost <= CHEAP * abs(candidate.value):
                break
        if not aim.affords(took):  # the next one takes as long
            break
    if best.lower is None:
        return Proved(None, None, (reason or NO_INTERIOR) if aim.affords(took) else LATE)
    better = margins.centre and best.lower < aim.target and aim.affords(took)
    return _improved(best, start, relaxation, moments, aim.rounded) if better else best


def _written(writer: Writer, candidate: Dual, how: str, rounded: bool = True) -> Proved:
    """The proof that a dual leads to, once the checker accepts it."""
    found = absorb.absorbed(writer, candidate)
    if isinstance(found, str):
        return Proved(None, None, f"{how}: {found}")
    proof, value = found
    certificate = restored(Certificate("lower bound", writer.problem, proof), writer.normal)
    whole, value = with_whole_value(certificate, value) if rounded else (certificate, value)
    if whole is certificate and not (verdict := certificate.verify()).proved:
        return Proved(None, None, f"{how}: the checker says: {verdict.reason}")
    return Proved(value, whole.about(writer.program), how)


LOSS = 1e-8  # of the bound against the solver's claim, relative to the data: more than that is worth a better dual
POOR = 1e-3  # a dual that loses more comes from a solve that was not meant to be accurate
CENTRE_MOMENTS, CENTRE_ROWS = 1000, 6000  # the normal equations of a step are dense


def _improved(
    proved: Proved, start: dict[Writer, Dual], relaxation: Relaxation, moments: np.ndarray | None, rounded: bool
) -> Proved:
    """The proof, or a sharper one from a better-centred dual where the solver's left much to be desired."""
    rows, unknowns = relaxation.form.shape
    scale = max(_scale(found) for found in start.values())
    loss = min(found.value for found in start.values()) - float(proved.lower)  # type: ignore[arg-type]
    if not LOSS * scale < loss < POOR * scale or unknowns > CENTRE_MOMENTS or rows > CENTRE_ROWS:
        return proved
    for writer, found in list(start.items())[::-1]:
        point = centred(found, relaxation, moments, writer.need, LOSS * scale / 10)
        if point is found:
            continue
        better = _written(writer, point, "an interior point method found a better-centred dual", rounded)
        if better.lower is not None and better.lower > proved.lower:  # type: ignore[operator]
            return better
    return proved


def _scale(found: Dual) -> float:
    """The size of the data."""
    return max(abs(found.value), float(np.abs(found.identity.target).max(initial=0.0)), 1e-300)


CHEAP = 2e-7  # a bound that gave away no more than this share by `PUSHED` is not tried to be improved
MIXED = "the solver's dual was mixed with the objective, which bounds all moments of the level"
SHARES = (0.1, 0.99)  # of what a bound may give away, tried in turn where there is a limit
PUSHED = "the solver's dual was pushed inside, along a direction that all moments of the level are bounded in"
INSIDE_ROWS = 3000  # a second conic program is solved for an interior point if the level has at most so many rows

NO_INTERIOR = (
    "no strictly feasible dual point was found: the level has no multiplier that bounds all moments "
    "(an unbounded coordinate, or an a-priori bound that the program does not state)"
)


def _as_it_is(writer: Writer, found: Dual) -> Iterator[tuple[Writer, Dual, str]]:
    if (found.floors() >= writer.need(found)).all() and writer.near(found):
        yield writer, found, "the solver's dual is strictly feasible"


def _pushed(writer: Writer, found: Dual) -> Iterator[tuple[Writer, Dual, str]]:
    """The dual made feasible in one step, where a direction inside is known."""
    point = boxed(found, writer.relaxation, writer.need(found))
    if point is None:
        point = dual.pushed(found, writer.need(found), writer.averaged)
    if point is not None and (point.floors() >= writer.need(point)).all() and writer.near(point):
        yield writer, point, PUSHED


def _mixed(start: dict[Writer, Dual]) -> Iterator[tuple[Writer, Dual, str]]:
    """The duals made feasible in one step, where the objective bounds all moments; the best one first."""
    points = []
    for writer, found in start.items():
        # twice what is needed: what rounding loses is of that size
        point = interior.by_objective(found, 2 * np.maximum(writer.need(found), 0.0), writer.averaged)
        if point is not None and (point.floors() >= writer.need(point)).all() and writer.near(point):
            points.append((writer, point, MIXED))
    yield from sorted(points, key=lambda item: -item[1].value)


def _moved(
    start: dict[Writer, Dual], relaxation: Relaxation, solver: str | None, aim: Aim
) -> Iterator[tuple[Writer, Dual, str]]:
    """Duals at growing cost, with words for how they came about; none below the cutoff."""
    need = {writer: writer.need(found) for writer, found in start.items()}
    found = next(iter(start.values()))
    step = min(max(float((need[w] - f.floors()).max(initial=0.0)), float(need[w].max(initial=0.0)), f.error, 1e-300)
               for w, f in start.items())  # fmt: skip
    scale = _scale(found)

    def moved(step: float) -> Iterator[tuple[Writer, Dual, str]]:
        for writer, found in start.items():
            if aim.late:
                return
            fixed = np.arange(writer.averaged)
            point = dual.settle(dual.lowered(found, step, writer.averaged), need[writer], fixed)
            if (point.floors() >= need[writer]).all() and writer.near(point):
                yield writer, point, f"the solver's dual was not feasible; the bound was lowered by {step:.2g}"

    if aim.cutoff > -np.inf:
        most = max(found.value for found in start.values()) - aim.cutoff
        for share in SHARES if most > 0 else ():
            yield from moved(share * most)
        return
    close = list(moved(step))
    yield from close
    # a lower bound has a larger interior: where a very low one has none, trying closer ones is in vain
    if close or any(True for low in (1e-2 * scale, scale) for _ in moved(low)):
        while (step := 4 * step) < 4 * scale:
            yield from moved(step)
    if relaxation.form.shape[0] > INSIDE_ROWS or aim.late:
        return
    for writer, found in list(start.items())[-1:]:
        point = interior.inside(found.identity, relaxation, solver, sizes=(1e-3, 1e-6))
        if point is None:
            continue
        gap = need[writer] - found.floors()
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(gap > 0, gap / (gap + point.floors() - need[writer]), 0.0).max(initial=0.0)
        for s in sorted({min(1.0, 1.1 * float(share) * f + 1e-12) for f in (1, 10, 1000, 1e9)}):
            yield writer, dual.project(found.mix(point, s)), "mixed with a strictly feasible dual point"


COARSE = Fraction(1, 10**12)  # of a bound: less is not gained by rounding it up


def with_whole_value(certificate: Certificate, value: Fraction) -> tuple[Certificate, Fraction]:
    """The same proof with the bound rounded up, if the checker agrees that values are multiples of a number.

    `value` is the bound in the units of the proof, the certificate's is in those of its problem.
    """
    problem, bound = certificate.problem, Fraction(certificate.proof["value"])
    if [len(e["form"]) for e in problem["equations"]] != [1] or not problem["objective"] or not bound:
        return certificate, value
    coefficients = [Fraction(t[-1]) for t in problem["objective"]]
    bottom = lcm(*(c.denominator for c in coefficients))
    step = Fraction(gcd(*(int(c * bottom) for c in coefficients)), bottom)
    up = -(-bound // step) * step
    if up - bound <= COARSE * abs(bound):  # the checker would work for nothing
        return certificate, value
    tried = replace(certificate, proof={**certificate.proof, "value": written(up), "rounded": True})
    return (tried, value * up / bound) if tried.verify().proved else (certificate, value)
