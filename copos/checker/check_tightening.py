"""Bounds of a quadratic program tightened by single constraints, step by step, in rational arithmetic.

A constraint f(x) ≥ 0 says a x_j² + b x_j + R ≥ 0 of a variable x_j that has no products with others in f, where R is at
least the rest of f over the box, term by term. For a = 0 this bounds x_j on one side. For a < 0, with m = −b/2a and
v = m² − R/a, it is |x_j − m| ≤ sqrt(v) ≤ s = (floor sqrt(4^e v) + 1)/2^e, e ≥ 0 the least with 4^e v ≥ 2^40, and no x_j
where v < 0. Integers are rounded inward.

A step ["low", j] or ["high", j] puts x_j at that end of its range. It loses points, and no optimum: where f does not
grow and no constraint gets worse as x_j goes there, whatever the others are, every feasible point has a feasible one
with x_j at the end that is as good. Standard library only; part of the checker.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import chain
from math import ceil, floor, isqrt
from typing import Any, NamedTuple

try:
    from copos.checker import check_identity as identity
    from copos.checker import check_reading as read
    from copos.checker.check_reading import Number, Rejected, Unreadable, short
except ImportError:  # run as a plain file, without the package
    import check_identity as identity  # type: ignore[no-redef]
    import check_reading as read  # type: ignore[no-redef]
    from check_reading import Number, Rejected, Unreadable, short  # type: ignore[no-redef]

Terms = dict[tuple[int, int], Number]  # the coefficient of x_i x_j at (i, j), i ≤ j, with x_0 = 1
Range = tuple[Number | None, Number | None]  # ends, None where there is none
Variable = tuple[bool, Number | None, Number | None]  # integer, lower and upper bound


class Asked(NamedTuple):
    """A quadratic program as it was asked about; f = sign · objective is to be small."""

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
        j = read.whole(j, "variable of a step", 0, len(variables) - 1)
        if k in ("low", "high"):
            variables[j] = _moved(a, k == "low", j, variables)
            continue
        k = read.whole(k, "constraint of a step", 0, m)
        for least in _sides(*a.constraints[k]):
            variables[j] = _met(variables[j], *_ends(least, j + 1, variables))
        variables[j] = _inward(variables[j])
        if _bits(variables[j][1:]) > read.BITS:
            raise Unreadable("a bound has too many digits")
    out = set()
    for k in read.items(implied, "implied"):
        relation, form = a.constraints[read.whole(k, "implied constraint", 0, m)]
        worst = maximum({key: -relation * c for key, c in form.items()}, variables) if relation else None
        if worst is None or worst > 0:
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


def _moved(a: Asked, down: bool, j: int, variables: list[Variable]) -> Variable:
    """The range of a variable that may be at its lower end, or its upper one; never more than it was."""
    whole, low, high = variables[j]
    end, way = (low, 1) if down else (high, -1)
    if end is None:
        raise Rejected("a variable is put at an end that it does not have")
    forms = [{key: -a.sign * c for key, c in a.objective.items()}]
    forms += [least for constraint in a.constraints for least in _sides(*constraint)]
    for form in forms:  # that must not grow along way·x_j
        worst = maximum(_slope(form, j + 1, way), variables)
        if worst is None or worst > 0:
            raise Rejected("a variable is put at an end where something gets worse")
    return _met(variables[j], None, end) if down else _met(variables[j], end, None)


def _slope(form: Terms, j: int, way: int) -> Terms:
    """way · the derivative of a form by x_j."""
    read.spend(len(form), "the slope of a form")
    out: Terms = {}
    for (i, k), c in form.items():
        if j in (i, k):
            other = i + k - j  # x_i x_k has the derivative x_other, x_j² twice that
            out[0, other] = way * c * (2 if i == k else 1)
    return out


def _met(v: Variable, low: Number | None, high: Number | None) -> Variable:
    """The range within another one."""
    lows, highs = ([end for end in ends if end is not None] for ends in ((v[1], low), (v[2], high)))
    return v[0], max(lows, default=None), min(highs, default=None)


def _inward(v: Variable) -> Variable:
    """An integer's range ends at integers."""
    whole, low, high = v
    return (whole, None if low is None else ceil(low), None if high is None else floor(high)) if whole else v


def _ends(form: Terms, j: int, variables: list[Variable]) -> Range:
    """Bounds of x_j that form(x) ≥ 0 implies, j counted from 1."""
    read.spend(2 * len(form), "a step")
    own = {key: c for key, c in form.items() if j in key}
    square, slope = own.pop((j, j), 0), own.pop((0, j), 0)
    if own or square > 0 or not (square or slope):
        return None, None
    R = maximum({key: c for key, c in form.items() if j not in key}, variables)
    if R is None:
        return None, None
    read.spend(64, "a bound of a variable", _bits([square, slope, R]))
    if not square:
        end = short(Fraction(-R) / slope)
        return (end, None) if slope > 0 else (None, end)
    m = _vertex(square, slope)
    v = m * m - Fraction(R) / square
    if v < 0:
        return short(m + 1), short(m - 1)
    s = _root(v)
    return short(m - s), short(m + s)


def _vertex(square: Number, slope: Number) -> Fraction:
    """Where square·x² + slope·x is stationary."""
    return Fraction(-slope) / (2 * square)


def _root(v: Fraction) -> Fraction:
    """A short number ≥ sqrt(v): 4^e ≥ 2^40/v for an integer 4^e means 4^e ≥ n, its ceiling, so 2^2e > n − 1."""
    if not v:
        return Fraction(0)
    e = ((ceil(2**40 / v) - 1).bit_length() + 1) // 2
    return Fraction(isqrt(v.numerator * 4**e // v.denominator) + 1, 2**e)


def maximum(form: Terms, variables: list[Variable]) -> Number | None:
    """At least the form over the box: its variables one by one, and its products; None where one is unbounded."""
    ends = {k: variables[k - 1][1:] for key in form for k in key if k}
    read.spend(4 * len(form), "the maximum of a form", _bits([*form.values(), *chain(*ends.values())]))
    values: list[Number | None] = [form.get((0, 0), 0)]
    values += [_parabola(form.get((k, k), 0), form.get((0, k), 0), *x) for k, x in ends.items()]
    values += [_product(c, ends[i], ends[k]) for (i, k), c in form.items() if 0 < i < k]
    finite = [v for v in values if v is not None]
    if len(finite) < len(values):
        return None
    bottom = identity.denominator(finite)
    read.spend(2 * len(finite), "the maximum of a form", 8 * bottom.bit_length())
    return short(Fraction(sum(v.numerator * (bottom // v.denominator) for v in finite), bottom))


def _parabola(square: Number, slope: Number, low: Number | None, high: Number | None) -> Number | None:
    """The maximum of square·x² + slope·x for low ≤ x ≤ high, where there are such numbers."""
    for end, way in ((low, -1), (high, 1)):
        if end is None and (square or way * slope) > 0:
            return None
    places = [end for end in (low, high) if end is not None]
    if square < 0:  # the place next to the vertex
        top = _vertex(square, slope)
        top = top if low is None else max(top, low)
        places.append(top if high is None else min(top, high))
    return max((square * v * v + slope * v for v in places), default=0)


def _product(c: Number, x: Range, y: Range) -> Number | None:
    """The maximum of c·x·y over two ranges, at pairs of their ends; 0 times an infinite end is 0."""
    values = []
    for a, side in zip(x, (-1, 1), strict=True):
        for b, way in zip(y, (-1, 1), strict=True):
            value = c * (side if a is None else a) * (way if b is None else b)
            infinite = a is None or b is None  # then only the sign counts
            if infinite and value > 0:
                return None
            if not infinite or not value:
                values.append(value)
    return max(values)  # never empty: a variable without ends has both signs, and two with an end each have a pair


def _bits(numbers: Iterable[Number | None]) -> int:
    """Bits of the longest number."""
    return max((v.numerator.bit_length() + v.denominator.bit_length() for v in numbers if v is not None), default=0)
