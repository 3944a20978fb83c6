"""Directions in which a quadratic program is unbounded, exactly.

From a feasible x, x + t·d is feasible for all large t if d is in the recession cone of the linear constraints and every
quadratic constraint grows the right way. The objective then goes to −∞ if it has d'Qd < 0, or d'Qd = 0 and a negative
slope. Integers stay whole for t a multiple of the denominators of d.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from copos.arithmetic.rationals import Rational
from copos.reformulation.quadratic.exact_point import exact_point
from copos.reformulation.quadratic.search import Search
from copos.reformulation.quadratic.value import Constraint, Quadratic, QuadraticProgram

Point = tuple[Fraction, ...]
BEND = 1000  # entries of the second derivative of a curve, for a first one of 1
FEW = 40  # variables whose own directions are tried one by one


def unbounded_variables(problem: QuadraticProgram) -> list[str]:
    """The names of variables without a lower or an upper bound."""
    ends = zip(problem.names, problem.lower, problem.upper, strict=True)
    return [name for name, low, high in ends if low is None or high is None]


def ray(problem: QuadraticProgram, x: Sequence[Rational]) -> tuple[Point, Point] | None:
    """A feasible point and a direction in which the objective is unbounded from it; None if none was found.

    Examples
    --------
    >>> from copos import quadratic_program
    >>> saddle = quadratic_program([[1, 0], [0, -1]], A_ub=[[1, -1]], b_ub=[0])
    >>> [int(v) for v in ray(saddle, [0, 0])[1]]
    [0, 1]
    """
    for d in _directions(problem, x):
        if any(d):
            if is_ray(problem, x, d):
                return tuple(map(Fraction, x)), d
            base = _base(problem, d)
            if base is not None and is_ray(problem, base, d):
                return base, d
    return None


def _base(problem: QuadraticProgram, d: Point) -> Point | None:
    """A feasible point from which the quadratic constraints stay satisfied along d, where the objective falls fastest.

    A form grows by t² curve + t slope(x) from x, and slope(x) is linear in x.
    """
    more = []
    for c in problem.constraints:
        curve, slope = _curve(c.least, d), _slope(c.least, d)
        if (c.is_linear and slope.constant < 0) or curve < 0 or (c.is_equation and curve):
            return None
        if not c.is_linear and not curve:
            more.append(Constraint(slope, "=" if c.is_equation else ">="))
    aim = problem.objective.scaled(problem.sign)
    if _curve(aim, d) > 0:
        return None
    tied = replace(problem, objective=_slope(aim, d), sense="min", constraints=(*problem.constraints, *more))
    found = Search.of(tied).near(None, lambda x: exact_point(tied, x))
    return None if found is None else exact_point(tied, found.tolist())


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


def _curve(form: Quadratic, d: Sequence[Rational]) -> Fraction:
    """The coefficient of t² in form(x + t·d)."""
    return Fraction(sum((c * d[i] * d[j] for (i, j), c in form.pairs.items()), 0))


def _slope(form: Quadratic, d: Sequence[Rational]) -> Quadratic:
    """The coefficient of t, which is linear in x."""
    terms = [(i, c * d[j]) for (i, j), c in form.pairs.items()] + [(j, c * d[i]) for (i, j), c in form.pairs.items()]
    return Quadratic.of((), terms, sum((c * d[i] for i, c in form.linear.items()), 0))


def _growth(form: Quadratic, x: Sequence[Rational], d: Sequence[Rational]) -> tuple[Fraction, Fraction]:
    """The coefficients of t² and t in form(x + t·d)."""
    return _curve(form, d), _slope(form, d).value(x)


def _directions(problem: QuadraticProgram, x: Sequence[Rational]) -> Iterator[Point]:
    """Minimisers of curvature and slope over the recession cone, entries at most 1 in size; then single variables."""
    f = problem.objective.scaled(problem.sign)
    gradient: dict[int, Rational] = dict(f.linear)
    for (i, j), c in f.pairs.items():
        gradient[i] = gradient.get(i, 0) + c * x[j]
        gradient[j] = gradient.get(j, 0) + c * x[i]
    gradient = {k: v for k, v in gradient.items() if v}
    aims = (Quadratic(f.pairs), Quadratic(f.pairs, gradient), Quadratic(linear=gradient))
    for aim in aims if f.pairs else aims[2:]:
        cone = _recession(problem, aim)
        found = Search.of(cone).near(None, lambda d, cone=cone: exact_point(cone, d))
        exact = None if found is None else exact_point(cone, found.tolist())
        if exact is not None:
            yield exact
    if problem.n > FEW:
        return
    for k, ends in enumerate(zip(problem.lower, problem.upper, strict=True)):
        for side, end in zip((-1, 1), ends, strict=True):
            if end is None:
                yield tuple(Fraction(side * (i == k)) for i in range(problem.n))


def _recession(problem: QuadraticProgram, aim: Quadratic) -> QuadraticProgram:
    """min aim(d) over the directions of the linear constraints with entries of at most 1 in size."""
    rows = tuple(Constraint(Quadratic(linear=c.form.linear), c.relation, c.name) for c in problem.linear)
    n = problem.n
    lower = tuple(-1 if v is None else 0 for v in problem.lower)
    upper = tuple(1 if v is None else 0 for v in problem.upper)
    return QuadraticProgram(problem.names, aim, "min", lower, upper, (False,) * n, rows, "directions")


def parabola(problem: QuadraticProgram, x: Sequence[Rational]) -> tuple[Point, Point, Point] | None:
    """A curve x + t d + t² e along which the objective is unbounded, with d along one variable; None if none was found.

    e moves only variables without products, so that a form grows by t² (d'Qd + c'e) and t c'd + …; the constraints ask
    this of the square, and the objective falls by it.

    Examples
    --------
    >>> from copos import quadratic_program
    >>> above = quadratic_program(c=[-1, 0], quadratic=[([[1, 0], [0, 0]], [0, -1], 0, "<=")], bounds=(None, None))
    >>> x, d, e = parabola(above, [0, 0])
    >>> [int(v) for v in d], e[0] == 0 and e[1] > 1
    ([1, 0], True)
    """
    forms = [problem.objective, *(c.form for c in problem.quadratic)]
    curved = {i for form in forms for pair in form.pairs for i in pair}
    if problem.n > FEW or len(curved) == problem.n:
        return None
    for k in sorted(curved):
        for side in (1, -1):
            d = tuple(Fraction(side * (i == k)) for i in range(problem.n))
            e = _bend(problem, d, curved)
            if e is not None and grows(problem, [tuple(map(Fraction, x)), d, e]):
                return tuple(map(Fraction, x)), d, e
    return None


def _bend(problem: QuadraticProgram, d: Point, curved: set[int]) -> Point | None:
    """The e of least growth of the objective, entries at most `BEND` in size."""
    rows = []
    for c in problem.constraints:
        linear = {i: a for i, a in c.least.linear.items() if i not in curved}
        curve = _curve(c.least, d)
        # more than what is lost, so that what grows as t does not matter
        curve = 2 * curve if curve < 0 and not c.is_equation else curve
        rows.append(Constraint(Quadratic(linear=linear, constant=curve), "=" if c.is_equation else ">="))
    f = problem.objective.scaled(problem.sign)
    aim = Quadratic(linear={i: a for i, a in f.linear.items() if i not in curved})
    lower = tuple(0 if i in curved or v is not None else -BEND for i, v in enumerate(problem.lower))
    upper = tuple(0 if i in curved or v is not None else BEND for i, v in enumerate(problem.upper))
    tied = QuadraticProgram(problem.names, aim, "min", lower, upper, (False,) * problem.n, tuple(rows), "bends")
    found = Search.of(tied).near(None, lambda e: exact_point(tied, e))
    return None if found is None else exact_point(tied, found.tolist())


def grows(problem: QuadraticProgram, curve: Sequence[Sequence[Rational]]) -> bool:
    """Is x(t) = Σ curve[k] t^k feasible for all large t (of the right denominators), and the objective unbounded?"""

    def along(form: Quadratic) -> list[Fraction]:
        out = [Fraction(0)] * (2 * len(curve) - 1)
        out[0] = Fraction(form.constant)
        for i, c in form.linear.items():
            for p, row in enumerate(curve):
                out[p] += c * row[i]
        for (i, j), c in form.pairs.items():
            for p, row in enumerate(curve):
                for q, other in enumerate(curve):
                    out[p + q] += c * row[i] * other[j]
        return out

    def leading(path: Sequence[Rational]) -> tuple[int, Rational]:
        return next(((k, c) for k, c in reversed(list(enumerate(path))) if c), (0, 0))

    for k, (low, high) in enumerate(zip(problem.lower, problem.upper, strict=True)):
        path = [row[k] for row in curve]
        for end, side in ((low, 1), (high, -1)):
            if end is not None and side * leading([path[0] - end, *path[1:]])[1] < 0:
                return False
    for c in problem.constraints:
        path = along(c.least)
        if any(path) if c.is_equation else leading(path)[1] < 0:
            return False
    degree, last = leading(along(problem.objective.scaled(problem.sign)))
    return degree > 0 and last < 0
