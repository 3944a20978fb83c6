"""Directions in which a quadratic program is unbounded, exactly.

From a feasible x, x + t·d is feasible for all large t if d is in the recession cone of the linear constraints and every
quadratic constraint grows the right way. The objective then goes to −∞ if it has d'Qd < 0, or d'Qd = 0 and a negative
slope. Integers stay whole for t a multiple of the denominators of d.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from copos.arithmetic.rationals import Rational
from copos.reformulation.quadratic.exact_point import exact_point
from copos.reformulation.quadratic.search import Search
from copos.reformulation.quadratic.value import Constraint, Quadratic, QuadraticProgram

Point = tuple[Fraction, ...]


def unbounded_variables(problem: QuadraticProgram) -> list[str]:
    """The names of variables without a lower or an upper bound."""
    ends = zip(problem.names, problem.lower, problem.upper, strict=True)
    return [name for name, low, high in ends if low is None or high is None]


def ray(problem: QuadraticProgram, x: Sequence[Rational]) -> Point | None:
    """A direction of unboundedness from a feasible rational point; None if none was found.

    Examples
    --------
    >>> from copos import quadratic_program
    >>> saddle = quadratic_program([[1, 0], [0, -1]], A_ub=[[1, -1]], b_ub=[0])
    >>> [int(v) for v in ray(saddle, [0, 0])]
    [0, 1]
    """
    for d in _directions(problem, x):
        if any(d) and is_ray(problem, x, d):
            return d
    return None


def is_ray(problem: QuadraticProgram, x: Sequence[Rational], d: Sequence[Rational]) -> bool:
    """Is x + t·d feasible for all large t (of the right denominators), and does the objective improve without end?"""
    ends = zip(d, problem.lower, problem.upper, strict=True)
    if any((v < 0 and low is not None) or (v > 0 and high is not None) for v, low, high in ends):
        return False
    for c in problem.constraints:
        curve, slope = _growth(c.least, x, d)
        if (curve or slope) if c.is_equation else (curve < 0 or (curve == 0 and slope < 0)):
            return False
    curve, slope = _growth(problem.objective.scaled(problem.sign), x, d)
    return curve < 0 or (curve == 0 and slope < 0)


def _growth(form: Quadratic, x: Sequence[Rational], d: Sequence[Rational]) -> tuple[Fraction, Fraction]:
    """The coefficients of t² and t in form(x + t·d)."""
    curve = sum((c * d[i] * d[j] for (i, j), c in form.pairs.items()), 0)
    slope = sum((c * (x[i] * d[j] + x[j] * d[i]) for (i, j), c in form.pairs.items()), 0)
    return Fraction(curve), Fraction(slope + sum((c * d[i] for i, c in form.linear.items()), 0))


def _directions(problem: QuadraticProgram, x: Sequence[Rational]) -> Iterator[Point]:
    """Minimisers of the curvature and of the slope over the recession cone, with entries of at most 1."""
    f = problem.objective.scaled(problem.sign)
    slope = [(k, _growth(f, x, [int(i == k) for i in range(problem.n)])[1]) for k in range(problem.n)]
    for aim in (Quadratic(f.pairs), Quadratic(f.pairs, {k: v for k, v in slope if v}), Quadratic.of((), slope)):
        cone = _recession(problem, aim)
        found = Search.of(cone).near(None, lambda d, cone=cone: exact_point(cone, d))
        exact = None if found is None else exact_point(cone, found.tolist())
        if exact is not None:
            yield exact


def _recession(problem: QuadraticProgram, aim: Quadratic) -> QuadraticProgram:
    """min aim(d) over the directions of the linear constraints with entries of at most 1 in size."""
    rows = tuple(Constraint(Quadratic(linear=c.form.linear), c.relation, c.name) for c in problem.linear)
    n = problem.n
    lower = tuple(-1 if v is None else 0 for v in problem.lower)
    upper = tuple(1 if v is None else 0 for v in problem.upper)
    return QuadraticProgram(problem.names, aim, "min", lower, upper, (False,) * n, rows, "directions")
