"""Both bounds of a quadratic program, in its own variables, names and sense."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.rationals import rounded_up
from copos.certificate import Certificate, Verdict
from copos.certificate.feasible import certify_upper_bound
from copos.certificate.problem import program_problem
from copos.levels.bound import Bound, rounded_down
from copos.program import Recovered
from copos.reformulation.quadratic.lift import Lift
from copos.reformulation.quadratic.rays import ray, unbounded_variables
from copos.reformulation.quadratic.search import Search
from copos.reformulation.quadratic.value import Quadratic, QuadraticProgram
from copos.support import options as options_of
from copos.support.progress import progress_line, stands

Vector = NDArray[np.float64]
Number = float | Fraction
ROUNDING = (
    "a point satisfies the constraints up to 1e-7: floats are not the decimals that they look like, so if that is "
    "what was meant, give Decimal, Fraction or text"
)
ENOUGH = 0.1  # of the relative tolerance, of the size of the objective's terms: a gap that is closed at a value of 0


@dataclass(frozen=True, eq=False)
class QuadraticBracket:
    """lower ≤ optimum ≤ upper for a minimum as for a maximum, in the user's terms.

    Attributes
    ----------
    problem : what was asked
    lower, upper : for a minimum the proved bound and the value of `x`, for a maximum the value of `x` and the proved
        bound; rounded outward, and ∓∞ where there is none. Both +∞ (−∞ for a maximum) where nothing is feasible
    x : (n,) the best feasible point, None without one
    point : the same exactly, as Fractions by name, where it was proved to be feasible
    closed : is the gap within the tolerance that was asked for?
    proved : is the bound on all feasible points proved?
    certificate : proof of that bound; `.save(path)`, then `copos verify`
    point_certificate : proof that `point` is feasible and has its value
    reason : how the bound was proved or why not; what is unbounded, infeasible or needs a bound, by its name
    bound : what is known of the completely positive program (`copos.Bound`)
    direction : by name, where the problem is unbounded: from `point` along it, checked exactly
    """

    problem: QuadraticProgram
    lower: float
    upper: float
    x: Vector | None
    point: Mapping[str, Fraction] | None
    closed: bool
    proved: bool
    certificate: Certificate | None
    point_certificate: Certificate | None
    reason: str
    bound: Bound
    direction: Mapping[str, Fraction] | None = None

    @property
    def gap(self) -> float:
        """Upper − lower; inf while one is missing, 0 where nothing is feasible."""
        return 0.0 if self.status in ("infeasible", "unbounded") else self.upper - self.lower

    @property
    def value(self) -> float:
        """The value of `x`: `upper` of a minimum, `lower` of a maximum."""
        return self.upper if self.problem.sense == "min" else self.lower

    @property
    def best_bound(self) -> float:
        """What no feasible point is better than: `lower` of a minimum, `upper` of a maximum."""
        return self.lower if self.problem.sense == "min" else self.upper

    @property
    def solution(self) -> dict[str, float] | None:
        """`x` by name."""
        return None if self.x is None else dict(zip(self.problem.names, self.x.tolist(), strict=True))

    @property
    def status(self) -> str:
        """'closed', 'open', 'infeasible' (proved) or 'unbounded' (a point and a direction, checked exactly)."""
        if self.direction is not None:
            return "unbounded"
        if self.lower == self.upper and not np.isfinite(self.lower):
            return "infeasible"
        return "closed" if self.closed else "open"

    @property
    def cells(self) -> int:
        """Cells of the cone that were bounded, 0 if it was not cut."""
        return self.bound.cells

    @property
    def level(self) -> int | None:
        """Level of the hierarchy that was reached."""
        return self.bound.level

    def verify(self) -> Verdict:
        """Check the proof of the bound against the problem, in exact arithmetic."""
        if self.certificate is None:
            return Verdict(False, "", f"there is no proof: {self.reason}")
        return self.certificate.verify(self.problem)

    def __repr__(self) -> str:
        proved = "proved" if self.proved else "not proved"
        ends = f"{self.lower:.9g} ≤ optimum ≤ {self.upper:.9g}"
        return f"QuadraticBracket({self.problem.sense}: {ends}, {self.status}, {proved})"


def bracket_quadratic(
    problem: QuadraticProgram,
    bracket: Callable[..., Bound],
    *,
    tolerance: float | None,
    absolute: float | None,
    callback: Callable[[Any], Any] | None,
    progress: bool,
    resume: Any,
    **options: Any,
) -> QuadraticBracket:
    """See `copos.bracket`, which passes itself."""
    lift = Lift(problem)
    stepwise = tolerance is not None or options["time_limit"] is not None
    relative = 1e-6 if tolerance is None else tolerance
    given, absolute = absolute, 0.0 if absolute is None else options_of.tolerance(absolute, "absolute")
    if lift.is_contradictory:
        return _answer(lift, contradiction(lift), relative, absolute)
    if not stepwise:
        bound = bracket(lift.program, tolerance=None, absolute=given, callback=callback, progress=progress,
                        resume=resume, **options)  # fmt: skip
        return _answer(lift, bound, relative, absolute)
    first = lift.search.near(None, lift.exact)
    point = None if first is None else lift.exact(first.tolist())
    open_ended = unbounded_variables(problem)
    falling = ray(problem, point) if open_ended and point is not None else None
    if falling is not None:
        return _unbounded(lift, *falling)
    start = None if first is None else lift.recovered(first)
    size = _size(problem.objective, problem, first)
    with progress_line(progress, problem.name, stands) as show:

        def watch(bound: Bound) -> bool:
            answer = _answer(lift, bound, relative, absolute, size)
            if show is not None:
                show(answer)
            return callback is not None and bool(callback(answer))

        how = (relative, given) if start is None else (0.0, _enough(lift, start, relative, absolute, size))
        resume = resume.bound if isinstance(resume, QuadraticBracket) else resume
        options |= {"tolerance": how[0], "absolute": how[1], "callback": watch, "progress": False}
        unbounded = False
        if open_ended and options["branch"]:  # cells of an unbounded relaxation are unbounded, too
            first_level = {"branch": False, "max_level": options["level"]}
            bound = bracket(lift.program, resume=resume, **options | first_level)
            unbounded = bound.exact is None and bound.lower < np.inf
            resume = bound if bound.lower < np.inf else resume
        if not unbounded:
            bound = bracket(lift.program, resume=resume, **options)
    answer = _answer(lift, bound if start is None else _with(bound, start, lift), relative, absolute, size)
    if answer.status == "infeasible" and Search.of(problem).near(None, lambda x: True) is not None:
        return replace(answer, reason=f"{ROUNDING}; {answer.reason}")
    if not open_ended or answer.closed:
        return answer
    what = "no bound was found" if unbounded else "a gap is left"
    words = f"{what}; {', '.join(open_ended)} have no finite bounds, and such bounds may help"
    return replace(answer, reason=f"{words}; {answer.reason}")


def contradiction(lift: Lift) -> Bound:
    """The linear equations contradict each other: u_0 = 0 on K, against u_0² = 1."""
    proof = {"y": [1], "level": 0, "terms": [], "multipliers": []}
    certificate = Certificate("infeasible", program_problem(lift.program), proof).about(lift.program)
    return Bound(lower=np.inf, claimed=np.inf, proved=certificate.verify().proved, certificate=certificate, closed=True,
                 reason="the linear equations contradict each other")  # fmt: skip


def _unbounded(lift: Lift, point: tuple[Fraction, ...], d: tuple[Fraction, ...]) -> QuadraticBracket:
    """The objective is unbounded from a point along d."""
    problem = lift.problem
    along = ", ".join(
        f"{name} {'+' if v > 0 else '−'}{abs(v)}·t" for name, v in zip(problem.names, d, strict=True) if v
    )
    reason = f"unbounded: from `point`, the objective goes to {'−' if problem.sign > 0 else '+'}∞ along {along}"
    end = -problem.sign * np.inf
    named, x = (dict(zip(problem.names, v, strict=True)) for v in (point, d)), np.array([float(v) for v in point])
    return QuadraticBracket(problem, end, end, x, next(named), True, True, None, None, reason, Bound(reason=reason),
                            next(named))  # fmt: skip


def _with(bound: Bound, start: Recovered, lift: Lift) -> Bound:
    """The bound with the point that was known before, if that is the better one."""
    if start.value >= bound.upper or bound.lower == np.inf:
        return bound
    proof = certify_upper_bound(lift.program, lift.program.exact_atom(start.solution))  # type: ignore[misc]
    value = start.value if proof.upper is None else rounded_up(proof.upper)
    return replace(bound, upper=value, found=start, upper_certificate=proof.certificate, upper_reason=proof.reason)


def _enough(lift: Lift, start: Recovered, relative: float, absolute: float, size: float) -> float:
    """The gap to reach: relative to the user's value, which the constant term has part in."""
    return max(relative * abs(float(lift.user(Fraction(start.value)))), absolute, ENOUGH * relative * size)


def _size(form: Quadratic, problem: QuadraticProgram, x: Vector | None) -> float:
    """The largest term of the objective where variables are at most 1 in size, or of the ranges that they have."""
    spans = [1.0 if low is None or high is None else min(1.0, float(max(abs(low), abs(high))))
             for low, high in zip(problem.lower, problem.upper, strict=True)]  # fmt: skip
    terms = [abs(float(c)) * spans[i] * spans[j] for (i, j), c in form.pairs.items()]
    return max([*terms, *(abs(float(c)) * spans[i] for i, c in form.linear.items())], default=0.0)


def _answer(lift: Lift, bound: Bound, relative: float, absolute: float, size: float = 0.0) -> QuadraticBracket:
    """A bound of the program in the user's terms."""
    problem, sign = lift.problem, lift.problem.sign
    if bound.lower == np.inf:
        end = sign * np.inf
        return QuadraticBracket(problem, end, end, None, None, True, bound.proved, bound.certificate, None,  # type: ignore[arg-type]
                                bound.reason, bound)  # fmt: skip
    # on the way, the search over cells knows better ends than its last certificates
    ends = [v for v in (bound.exact, Fraction(bound.lower) if np.isfinite(bound.lower) else None) if v is not None]
    outer = lift.user(max(ends)) if ends else None
    found = bound.found if bound.found is not None and bound.found.solution is not None else None
    proved = bound.upper_certificate
    inner = None
    if found is not None and np.isfinite(bound.upper):
        value = Fraction(bound.upper)
        inner = lift.user(value if proved is None else min(value, Fraction(proved.proof["value"])))
    low, high = (outer, inner) if sign > 0 else (inner, outer)
    lower, upper = -np.inf if low is None else rounded_down(low), np.inf if high is None else rounded_up(high)
    x = None if found is None else np.asarray(found.solution, dtype=float)
    point = None
    if x is not None and proved is not None:
        exact = lift.exact(x.tolist())
        point = None if exact is None else dict(zip(problem.names, exact, strict=True))
        x = x if exact is None else np.array([float(v) for v in exact])
    limit = max(relative * max(abs(lower), abs(upper)), absolute, ENOUGH * relative * size)
    closed = bool(np.isfinite(upper - lower) and upper - lower <= limit)
    certificate = bound.certificate if isinstance(bound.certificate, Certificate) else None
    return QuadraticBracket(problem, lower, upper, x, point, closed, bound.proved and outer is not None, certificate,
                            proved, bound.reason, bound)  # fmt: skip
