"""Quadratic programs by the levels and cells of their lift."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.rationals import rounded_up
from copos.bounding.quadratic_bracket import Goal, QuadraticBracket
from copos.certificate import Certificate
from copos.certificate.feasible import certify_upper_bound
from copos.certificate.problem import program_problem
from copos.levels.bound import Bound, rounded_down
from copos.program import Recovered
from copos.reformulation.quadratic.lift import Lift
from copos.reformulation.quadratic.search import Search

Vector = NDArray[np.float64]
ROUNDING = (
    "a point satisfies the constraints up to 1e-7: floats are not the decimals that they look like, so if that is "
    "what was meant, give Decimal, Fraction or text"
)
SIZE, UNIT = 60, 2.0  # variables, and seconds of a level with so many
NAMED = 8  # variables in a reason


@dataclass(frozen=True, eq=False)
class Levels:
    """The levels of a lift, then its cells: `bracket` is that of a completely positive program."""

    lift: Lift
    bracket: Callable[..., Bound]
    goal: Goal

    def once(self, absolute: float | None, **options: Any) -> QuadraticBracket:
        """One level."""
        if self.lift.is_contradictory:
            return answer(self.lift, contradiction(self.lift), self.goal)
        bound = self.bracket(self.lift.program, tolerance=None, absolute=absolute, **options)
        return answer(self.lift, bound, self.goal)

    def seconds(self) -> float:
        """About how long level 0 takes: the fourth power of the order, and with it the number of products."""
        problem = self.lift.problem
        linear = sum(c.is_linear and not c.is_equation for c in problem.constraints)
        return UNIT * ((problem.n + linear / 2) / SIZE) ** 4

    def without(self, first: Vector | None, why: str) -> QuadraticBracket:
        """A feasible point, and no bound."""
        start = None if first is None else self.lift.recovered(first)
        bound = Bound(reason=why)
        return answer(self.lift, bound if start is None else with_point(bound, start, self.lift), self.goal)

    def closing(
        self, first: Vector | None, given: float | None, watch: Callable[[QuadraticBracket], bool], resume: Any,
        open_ended: list[str], options: dict[str, Any],
    ) -> QuadraticBracket:  # fmt: skip
        """Levels and cells until the gap is closed or a limit is reached; `first` is a feasible point."""
        lift, goal = self.lift, self.goal
        if lift.is_contradictory:
            return answer(lift, contradiction(lift), goal)
        start = None
        if first is not None:
            first = lift.moved(first)
            if isinstance(lift.search, Search):
                lift.search.remember(first)
            start = lift.recovered(first)
        how = (goal.relative, given)
        if start is not None:  # relative to the user's value, which the constant term has part in
            how = (0.0, goal.limit(float(lift.user(Fraction(start.value)))))
        resume = resume.bound if isinstance(resume, QuadraticBracket) else resume
        options = options | {"tolerance": how[0], "absolute": how[1], "progress": False,
                             "callback": lambda bound: watch(answer(lift, bound, goal))}  # fmt: skip
        unbounded = False
        if open_ended and options["branch"]:  # cells of an unbounded relaxation are unbounded, too
            first_level = {"branch": False, "max_level": options["level"]}
            bound = self.bracket(lift.program, resume=resume, **options | first_level)
            unbounded = bound.exact is None and bound.lower < np.inf
            resume = bound if bound.lower < np.inf else resume
        if not unbounded:
            bound = self.bracket(lift.program, resume=resume, **options)
        found = answer(lift, bound if start is None else with_point(bound, start, lift), goal)
        if unbounded and not found.closed:
            return replace(found, reason=f"no bound was found; {found.reason}")
        return found


def contradiction(lift: Lift) -> Bound:
    """The linear equations contradict each other: u_0 = 0 on K, against u_0² = 1."""
    proof = {"y": [1], "level": 0, "terms": [], "multipliers": []}
    certificate = Certificate("infeasible", program_problem(lift.program), proof).about(lift.program)
    return Bound(lower=np.inf, claimed=np.inf, proved=certificate.verify().proved, certificate=certificate, closed=True,
                 reason="the linear equations contradict each other")  # fmt: skip


def explained(found: QuadraticBracket, open_ended: list[str]) -> QuadraticBracket:
    """The reason with what the user can do about it: numbers that rounding spoils, variables without bounds."""
    if found.status == "infeasible":
        if Search.of(found.problem).near(None, lambda x: True) is not None:
            return replace(found, reason=f"{ROUNDING}; {found.reason}")
        return found
    if not open_ended or found.closed:
        return found
    what = "" if "no bound was found" in found.reason else "a gap is left; "
    named = ", ".join(open_ended[:NAMED]) + (", …" if len(open_ended) > NAMED else "")
    words = f"{what}{named} have no finite bounds, and such bounds may help"
    return replace(found, reason=f"{words}; {found.reason}")


def with_point(bound: Bound, start: Recovered, lift: Lift) -> Bound:
    """The bound with the point that was known before, if that is the better one."""
    if start.value >= bound.upper or bound.lower == np.inf:
        return bound
    proof = certify_upper_bound(lift.program, lift.program.exact_atom(start.solution))  # type: ignore[misc]
    value = start.value if proof.upper is None else rounded_up(proof.upper)
    return replace(bound, upper=value, found=start, upper_certificate=proof.certificate, upper_reason=proof.reason)


def answer(lift: Lift, bound: Bound, goal: Goal) -> QuadraticBracket:
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
    closed = bool(np.isfinite(upper - lower) and upper - lower <= goal.limit(lower, upper))
    certificate = bound.certificate if isinstance(bound.certificate, Certificate) else None
    return QuadraticBracket(problem, lower, upper, x, point, closed, bound.proved and outer is not None, certificate,
                            proved, bound.reason, bound)  # fmt: skip
