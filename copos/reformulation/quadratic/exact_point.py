"""Rational feasible points of a quadratic program near floating ones.

Integers are rounded, variables near a bound put on it, and the linear equations and active inequalities solved,
exactly, for the variables with the most room. A quadratic equation is solved for a variable in which it is linear and
that occurs in no other one. What comes out is evaluated exactly, and is no point unless it violates nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np

from copos.arithmetic.elimination import eliminate_exactly
from copos.arithmetic.rationals import Rational, RationalRows
from copos.reformulation.quadratic.value import Constraint, Quadratic, QuadraticProgram

NEAR = (1e-9, 1e-7, 1e-12, 1e-5)  # relative to its numbers: what is so near to a bound is at it; tried in turn
DIGITS = 2.0**-40  # of a variable that no bound holds, relative to its size, where short numbers will do
MOST = 40  # active inequalities that are solved for: a search keeps off more of them

Point = tuple[Fraction, ...]


def exact_point(problem: QuadraticProgram, x: Sequence[float]) -> Point | None:
    """A rational point near x that satisfies everything; None where none is found.

    Examples
    --------
    >>> from copos import quadratic_program
    >>> third = quadratic_program([[1, 0], [0, 1]], A_eq=[[3, 3]], b_eq=[1], A_ub=[[1, 0]], b_ub=["1/7"])
    >>> exact_point(third, [0.142857142857, 0.190476190476])
    (Fraction(1, 7), Fraction(4, 21))
    """
    if not np.isfinite(np.asarray(x, dtype=float)).all():
        return None
    for near in NEAR:
        for point in _candidates(problem, x, near):
            if is_feasible(problem, point):
                return tuple(point)
    return None


def is_feasible(problem: QuadraticProgram, x: Sequence[Rational]) -> bool:
    """Does a rational point satisfy everything, exactly?"""
    limits = zip(x, problem.lower, problem.upper, problem.integer, strict=True)
    if any((low is not None and v < low) or (high is not None and v > high)
           or (whole and Fraction(v).denominator != 1) for v, low, high, whole in limits):  # fmt: skip
        return False
    return not any(c.violation(x) for c in problem.constraints)


def _candidates(problem: QuadraticProgram, x: Sequence[float], near: float) -> Iterator[list[Fraction]]:
    limits = list(zip(problem.lower, problem.upper, problem.integer, strict=True))
    point = [_snapped(v, *limit, near) for v, limit in zip(x, limits, strict=True)]
    size = [abs(float(v)) for v in point]
    active = [c for c in problem.linear if c.is_equation or _is_active(c, point, size, near)]
    equations = sum(c.is_equation for c in active)
    if not equations and not any(c.is_equation for c in problem.quadratic):
        yield point
    if len(active) <= max(MOST, equations):
        yield from _solved_for(problem, point, active)
    if len(active) > equations:
        yield from _solved_for(problem, point, [c for c in active if c.is_equation])


def _solved_for(problem: QuadraticProgram, point: list[Fraction], rows: list[Constraint]) -> Iterator[list[Fraction]]:
    found = _on(problem, point, [c.form for c in rows]) if rows else point
    if found is not None:
        curves = [c for c in problem.quadratic if c.is_equation]
        yield _on_curves(problem, found, [c.form for c in curves]) if curves else found


def _snapped(v: float, low: Rational | None, high: Rational | None, whole: bool, near: float) -> Fraction:
    if whole:
        return Fraction(round(v))
    at = near * max(1.0, abs(v))
    if low is not None and high is not None and low < high:  # a short range far away is none of its numbers
        at = min(at, near * float(high - low))
    if low is not None and v <= float(low) + at:
        return Fraction(low)
    if high is not None and v >= float(high) - at:
        return Fraction(high)
    if v == 0:
        return Fraction(0)
    room = [abs(v), *(abs(v - float(end)) for end in (low, high) if end is not None)]
    step = 2.0 ** np.floor(np.log2(min(d for d in room if d))) * DIGITS  # few digits make a short proof
    return Fraction(float(np.rint(v / step) * step)) if step > 0 else Fraction(v)


def _is_active(c: Constraint, point: Sequence[Fraction], size: Sequence[float], near: float) -> bool:
    least = c.least
    scale = abs(float(least.constant)) + sum(abs(float(a)) * size[i] for i, a in least.linear.items())
    return abs(float(least.value(point))) <= near * max(
        scale, max(map(float, map(abs, least.linear.values())), default=0)
    )


def _on(problem: QuadraticProgram, near: list[Fraction], forms: list[Quadratic]) -> list[Fraction] | None:
    """The point where linear forms vanish whose variables with the least room are those of a point nearby."""
    n = len(near)
    room = []
    for v, low, high, whole in zip(near, problem.lower, problem.upper, problem.integer, strict=True):
        ends = [float(abs(v - end)) for end in (low, high) if end is not None]
        room.append(-1.0 if whole else min(ends, default=np.inf))
    # (x, 1) solves every row; the unknowns with the most room are solved for first, the constant 1 never
    table = tuple({**f.linear, **({n: f.constant} if f.constant else {})} for f in forms)
    preference = np.empty(n + 1, dtype=np.int64)
    preference[np.argsort([-r for r in room], kind="stable")] = np.arange(n)
    preference[n] = n
    solved = eliminate_exactly(RationalRows(n + 1, tuple(row for row in table if row)), preference)
    if n not in solved.free:
        return None
    assert solved.exact is not None  # rationals in, rationals out
    values = [*near, Fraction(1)]
    kept = [values[k] for k in solved.free.tolist()]
    return [sum((c * kept[k] for k, c in row.items()), Fraction(0)) for row in solved.exact.rows[:-1]]


def _on_curves(problem: QuadraticProgram, point: list[Fraction], forms: list[Quadratic]) -> list[Fraction]:
    """Quadratic equations solved one by one, each for a variable of its own in which it is linear."""
    point, used = list(point), [f.variables for f in forms]
    in_rows = {i for c in problem.linear if c.is_equation for i in c.form.variables}
    for k, form in enumerate(forms):
        if not form.value(point):
            continue
        elsewhere = in_rows.union(*(v for j, v in enumerate(used) if j != k))
        slopes = {i: _slope(form, i, point) for i in form.variables - elsewhere
                  if (i, i) not in form.pairs and not problem.integer[i]}  # fmt: skip
        best = max((i for i, s in slopes.items() if s), key=lambda i: abs(slopes[i]), default=None)
        if best is not None:
            point[best] -= form.value(point) / slopes[best]
    return point


def _slope(form: Quadratic, i: int, x: Sequence[Fraction]) -> Fraction:
    """The derivative by x_i of a form without x_i²."""
    products = ((a if b == i else b, c) for (a, b), c in form.pairs.items() if i in (a, b))
    return Fraction(form.linear.get(i, 0)) + sum((c * x[j] for j, c in products), Fraction(0))
