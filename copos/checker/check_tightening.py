"""Bounds of a quadratic program tightened by single constraints, step by step, in rational arithmetic.

A constraint f(x) ≥ 0 says a x_j² + b x_j + R ≥ 0 of a variable x_j that has no products with others in f, where R is at
least the rest of f over the box, term by term. For a = 0 this bounds x_j on one side. For a < 0, with m = −b/2a and
v = m² − R/a, it is |x_j − m| ≤ sqrt(v) ≤ s = (floor sqrt(4^e v) + 1)/2^e, e ≥ 0 the least with 4^e v ≥ 2^40, and no x_j
where v < 0. Integers are rounded inward. Standard library only; part of the checker.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import ceil, floor, isqrt
from typing import Any, NamedTuple

try:
    from copos.checker import check_reading as read
    from copos.checker.check_reading import Number, Rejected, Unreadable
except ImportError:  # run as a plain file, without the package
    import check_reading as read  # type: ignore[no-redef]
    from check_reading import Number, Rejected, Unreadable  # type: ignore[no-redef]

Terms = dict[tuple[int, int], Number]  # the coefficient of x_i x_j at (i, j), i ≤ j, with x_0 = 1
Variable = tuple[bool, Number | None, Number | None]  # integer, lower and upper bound
SQUARING = 600  # factors of four under a square root


class Asked(NamedTuple):
    """A quadratic program as it was asked about."""

    sign: int  # 1 for a minimum, −1 for a maximum
    names: list[str]
    objective: Terms
    variables: list[Variable]
    constraints: list[tuple[int, Terms]]  # −1, 0, 1: the form is ≤, =, ≥ 0


def tightened(a: Asked, steps: Any, implied: Any) -> Asked:
    """The program after the steps, without the constraints that are then implied; rejects those that are not."""
    variables, m = [_inward(v) for v in a.variables], len(a.constraints) - 1
    for item in read.items(steps, "steps"):
        k, j = read.items(item, "step", 2)
        k, j = read.whole(k, "constraint of a step", 0, m), read.whole(j, "variable of a step", 0, len(variables) - 1)
        relation, form = a.constraints[k]
        read.spend(8 * len(form), "a step")
        for least in _sides(relation, form):
            variables[j] = _met(variables[j], *_ends(least, j + 1, variables))
        variables[j] = _inward(variables[j])
        for end in variables[j][1:]:
            if end is not None and end.numerator.bit_length() + end.denominator.bit_length() > read.BITS:
                raise Unreadable("a bound has too many digits")
    out = set()
    for k in read.items(implied, "implied"):
        relation, form = a.constraints[read.whole(k, "implied constraint", 0, m)]
        read.spend(8 * len(form), "an implied constraint")
        worst = maximum({key: -relation * c for key, c in form.items()}, variables)
        if not relation or worst is None or worst > 0:
            raise Rejected("a constraint is left out that the bounds do not imply")
        out.add(k)
    kept = [c for k, c in enumerate(a.constraints) if k not in out]
    return a._replace(variables=variables, constraints=kept)


def _sides(relation: int, form: Terms) -> Iterator[Terms]:
    """Forms that are ≥ 0."""
    if relation >= 0:
        yield form
    if relation <= 0:
        yield {key: -c for key, c in form.items()}


def _met(v: Variable, low: Number | None, high: Number | None) -> Variable:
    """The range within another one."""
    whole, old, top = v
    low = old if low is None or (old is not None and old > low) else low
    high = top if high is None or (top is not None and top < high) else high
    return whole, low, high


def _ends(form: Terms, j: int, variables: list[Variable]) -> tuple[Number | None, Number | None]:
    """Bounds of x_j that form(x) ≥ 0 implies, j counted from 1."""
    if any(i and j in (i, k) and i != k for i, k in form):
        return None, None
    square, slope = form.get((j, j), 0), form.get((0, j), 0)
    R = maximum({key: c for key, c in form.items() if j not in key}, variables)
    if R is None or square > 0 or (not square and not slope):
        return None, None
    if not square:
        end = _short(Fraction(-R) / slope)
        return (end, None) if slope > 0 else (None, end)
    m = Fraction(-slope) / (2 * square)
    v = m * m - Fraction(R) / square
    if v < 0:
        return _short(m + 1), _short(m - 1)
    s, e = Fraction(0), 0
    if v:
        while v * 4**e < 2**40:
            e += 1
            if e > SQUARING:
                raise Unreadable("a step takes the root of a number that is too small")
        s = Fraction(isqrt(floor(v * 4**e)) + 1, 2**e)
    return _short(m - s), _short(m + s)


def maximum(form: Terms, variables: list[Variable]) -> Number | None:
    """At least the form over the box: its variables one by one, and its products; None where one has no bound."""
    total = form.get((0, 0), 0)
    alone: dict[int, list[Number]] = {}
    for (i, k), c in form.items():
        if k and (not i or i == k):
            alone.setdefault(k, [0, 0])[i == k] = c
        elif k:
            value = _product(c, variables[i - 1][1:], variables[k - 1][1:])
            if value is None:
                return None
            total += value
    for k, (slope, square) in alone.items():
        value = _parabola(square, slope, *variables[k - 1][1:])
        if value is None:
            return None
        total += value
    return total


def _parabola(square: Number, slope: Number, low: Number | None, high: Number | None) -> Number | None:
    """The maximum of square·x² + slope·x for low ≤ x ≤ high, where there are such numbers."""
    if low is None and (square > 0 or (not square and slope < 0)):
        return None
    if high is None and (square > 0 or (not square and slope > 0)):
        return None
    if square < 0:
        top = Fraction(-slope) / (2 * square)
        if (low is None or low <= top) and (high is None or top <= high):
            return Fraction(-slope * slope) / (4 * square)
    return max((square * v * v + slope * v for v in (low, high) if v is not None), default=0)


def _product(c: Number, x: Any, y: Any) -> Number | None:
    """The maximum of c·x·y over two ranges; 0 times an infinite end is 0."""
    best: Number | None = None
    for a, side in zip(x, (-1, 1), strict=True):
        for b, way in zip(y, (-1, 1), strict=True):
            if a is not None and b is not None:
                value = c * a * b
            elif a == 0 or b == 0:
                value = 0
            elif (side if a is None else a) * (way if b is None else b) * c > 0:
                return None
            else:
                continue
            best = value if best is None else max(best, value)
    return 0 if best is None else best


def _inward(v: Variable) -> Variable:
    """An integer's range ends at integers."""
    whole, low, high = v
    return (whole, None if low is None else ceil(low), None if high is None else floor(high)) if whole else v


def _short(value: Fraction) -> Number:
    return value.numerator if value.denominator == 1 else value
