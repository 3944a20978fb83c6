"""Bounds tightened by single constraints, and constraints that the bounds imply; every step can be repeated.

A constraint f(x) ≥ 0 bounds a variable x_j that occurs in it without products with others, f = a x_j² + b x_j + r(x):
with R the maximum of r over the box, a x_j² + b x_j + R ≥ 0. For a = 0 that is a bound; for a < 0 an interval around
−b/2a of half-width sqrt(v), v = b²/4a² − R/a, rounded up to a short number by `root`. Integers are then rounded inward.
A step [k, j] means: apply constraint k to variable j; a certificate lists the steps, and its checker repeats them.

A variable is dominated where the objective and all constraints are no worse at one end of its range, whatever the
others are: df/dx_j ≥ 0 and dg/dx_j ≤ 0 over the box, for every g ≥ 0, say. It is put there, by a step ["low", j] or
["high", j]; this loses feasible points, and for each of them keeps one that is as good: `Presolved.moved`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor, isqrt
from typing import Any

from copos.arithmetic.rationals import Rational, rational
from copos.reformulation.quadratic.value import Constraint, Quadratic, QuadraticProgram

Interval = tuple[Rational | None, Rational | None]
Step = tuple[int | str, int]  # (constraint, variable), ("low", variable) or ("high", variable)
ROUNDS = 4
BITS = 90  # of a bound that is derived: longer numbers are not worth it
WORTH = Fraction(1, 100)  # share of a finite range that a step must take off
TERMS = 200_000  # of all constraints together, beyond which nothing is tightened


@dataclass(frozen=True, eq=False)
class Presolved:
    """A problem with tighter bounds and without the constraints that these imply, and how it came about."""

    problem: QuadraticProgram
    steps: tuple[Step, ...]
    implied: tuple[int, ...]

    @property
    def dominated(self) -> dict[int, Rational]:
        """The value of each variable that was put at an end of its range."""
        ends = {"low": self.problem.lower, "high": self.problem.upper}
        return {j: ends[k][j] for k, j in self.steps if isinstance(k, str)}  # type: ignore[misc]

    def moved(self, x: Sequence[Any]) -> list[Any]:
        """A feasible point of the given problem as one of the tightened problem that is no worse."""
        there = self.dominated
        return [there.get(j, v) for j, v in enumerate(x)] if there else list(x)


def presolve(problem: QuadraticProgram) -> Presolved:
    """The tightened problem: its feasible points are those given, except for dominated variables.

    Examples
    --------
    >>> from copos import quadratic_program
    >>> found = presolve(quadratic_program(c=[-1, -1], A_ub=[[3, 2]], b_ub=[7], integrality=1))
    >>> found.problem.upper, found.steps
    ((2, 3), ((0, 0), (0, 1)))
    >>> found = presolve(quadratic_program([[1, -1], [0, 0]], [0, -1], A_ub=[[2, -1]], b_ub=[1], bounds=(0, 1)))
    >>> found.problem.lower, found.steps
    ((0, 1), (('high', 1),))
    """
    box = [inward(low, high, whole)
           for low, high, whole in zip(problem.lower, problem.upper, problem.integer, strict=True)]  # fmt: skip
    size = terms(problem) - len(problem.objective.pairs)
    steps: list[Step] = []
    for _ in range(ROUNDS if size <= TERMS else 0):
        before = len(steps)
        for k, c in enumerate(problem.constraints):
            for j in sorted(c.form.variables):
                found = tightened(c, j, box, problem.integer[j])
                if found != box[j] and _is_worth(found, box[j], c, problem.integer[j]):
                    steps.append((k, j))
                    box[j] = found
        if terms(problem) <= TERMS:
            steps += put_at_ends(problem, box)
        if len(steps) == before:
            break
    implied = tuple(k for k, c in enumerate(problem.constraints) if not c.is_equation and _is_implied(c, box))
    if not steps and not implied:
        return Presolved(problem, (), ())
    kept = tuple(c for k, c in enumerate(problem.constraints) if k not in set(implied))
    lower, upper = tuple(low for low, _ in box), tuple(high for _, high in box)
    return Presolved(replace(problem, lower=lower, upper=upper, constraints=kept), tuple(steps), implied)


def terms(problem: QuadraticProgram) -> int:
    """Products in the objective, and all terms of the constraints."""
    return len(problem.objective.pairs) + sum(len(c.form.pairs) + len(c.form.linear) for c in problem.constraints)


def put_at_ends(problem: QuadraticProgram, box: list[Interval], apart: bool = False) -> list[Step]:
    """Steps for the dominated variables, one after the other; `box` is changed.

    With `apart` every product of the objective must be no worse, and so any part of it that has whole products.
    """
    f, steps = problem.objective.scaled(-problem.sign), list[Step]()
    forms = [*(_products(f) if apart else [f]), *(c.least for c in problem.constraints)]
    forms += [c.form.scaled(-1) for c in problem.constraints if c.is_equation]
    of: list[list[tuple[Rational, dict[int, Rational]]]] = [[] for _ in box]
    for form in forms:
        for j, slope in _slopes(form).items():
            of[j].append((form.linear.get(j, 0), slope))
    for j, (low, high) in enumerate(box):
        if low is not None and high is not None and low >= high:
            continue
        for way, end, word in ((1, low, "low"), (-1, high, "high")):
            if end is not None and all(_falls(c, slope, way, box) for c, slope in of[j]):
                steps.append((word, j))
                box[j] = end, end
                break
    return steps


def _products(f: Quadratic) -> Iterator[Quadratic]:
    """The terms of a form in one variable alone, for every variable, and its products one by one."""
    for j in sorted(f.variables):
        yield Quadratic({(j, j): f.pairs.get((j, j), 0)}, {j: f.linear.get(j, 0)})
    yield from (Quadratic({(i, k): c}) for (i, k), c in f.pairs.items() if i != k)


def _slopes(form: Quadratic) -> dict[int, dict[int, Rational]]:
    """j ↦ the part of the derivative by x_j that is linear in the variables."""
    out: dict[int, dict[int, Rational]] = {j: {} for j in form.linear}
    for (i, k), c in form.pairs.items():
        out.setdefault(i, {})[k] = c * (2 if i == k else 1)
        out.setdefault(k, {})[i] = c * (2 if i == k else 1)
    return out


def _falls(constant: Rational, slope: Mapping[int, Rational], way: int, box: Sequence[Interval]) -> bool:
    """Is way times a derivative at most 0, whatever the variables are?"""
    most = maximum(Quadratic({}, {i: way * c for i, c in slope.items()}, way * constant), box)
    return most is not None and most <= 0


def tightened(c: Constraint, j: int, box: Sequence[Interval], whole: bool) -> Interval:
    """The range of x_j after one step."""
    low, high = box[j]
    for form in [c.form, c.form.scaled(-1)] if c.is_equation else [c.least]:
        for end, value in zip((0, 1), _ends(form, j, box), strict=True):
            if value is not None and end == 0 and (low is None or value > low):
                low = value
            if value is not None and end == 1 and (high is None or value < high):
                high = value
    return inward(low, high, whole)


def _ends(form: Quadratic, j: int, box: Sequence[Interval]) -> Interval:
    """Bounds of x_j alone that form(x) ≥ 0 implies."""
    if any(j in pair and pair != (j, j) for pair in form.pairs):
        return None, None
    a, b = form.pairs.get((j, j), 0), form.linear.get(j, 0)
    R = maximum(form, box, j)
    if R is None or a > 0 or not (a or b):
        return None, None
    if not a:
        end = rational(Fraction(-R) / b)
        return (end, None) if b > 0 else (None, end)
    middle = Fraction(-b) / (2 * a)
    v = middle * middle - Fraction(R) / a
    if v < 0:
        return rational(middle + 1), rational(middle - 1)  # nothing is feasible
    s = root(v)
    return rational(middle - s), rational(middle + s)


def root(v: Fraction) -> Fraction:
    """A short number ≥ sqrt(v): (floor sqrt(4^e v) + 1)/2^e with the least e ≥ 0 for which 4^e v ≥ 2^40.

    >>> float(root(Fraction(2))) - 2**0.5 < 1e-6, root(Fraction(0))
    (True, Fraction(0, 1))
    """
    if not v:
        return Fraction(0)
    e = 0
    while v * 4**e < 2**40:
        e += 1
    return Fraction(isqrt(floor(v * 4**e)) + 1, 2**e)


def maximum(form: Quadratic, box: Sequence[Interval], without: int | None = None) -> Rational | None:
    """Variable by variable and product by product over the box, leaving out one variable; None where unbounded."""
    total: Rational = form.constant
    for i in sorted({*form.linear, *(i for i, k in form.pairs if i == k)} - {without}):  # type: ignore[arg-type]
        end = _alone(form.pairs.get((i, i), 0), form.linear.get(i, 0), box[i])
        if end is None:
            return None
        total += end
    for (i, k), c in form.pairs.items():
        if i == k or without in (i, k):
            continue
        low, high = _product(box[i], box[k])
        end = high if c > 0 else low
        if end is None:
            return None
        total += c * end
    return total


def _alone(a: Rational, b: Rational, x: Interval) -> Rational | None:
    """The maximum of a x² + b x over a range."""
    for end, v in zip((-1, 1), x, strict=True):
        if v is None and (a > 0 or (a == 0 and b * end > 0)):
            return None
    values = [a * v * v + b * v for v in x if v is not None]
    if a < 0:
        top = Fraction(-b) / (2 * a)
        if (x[0] is None or x[0] <= top) and (x[1] is None or top <= x[1]):
            return rational(Fraction(-b * b) / (4 * a))
    return max(values, default=0)


def _product(x: Interval, y: Interval) -> Interval:
    """Of two ranges; 0 times an infinite end is 0."""
    finite, low_is_open, high_is_open = [], False, False
    for end, a in zip((-1, 1), x, strict=True):
        for side, b in zip((-1, 1), y, strict=True):
            if a is not None and b is not None:
                finite.append(a * b)
            elif a == 0 or b == 0:
                finite.append(0)
            else:
                sign = (end if a is None else (a > 0) - (a < 0)) * (side if b is None else (b > 0) - (b < 0))
                low_is_open |= sign < 0
                high_is_open |= sign > 0
    return None if low_is_open else min(finite, default=0), None if high_is_open else max(finite, default=0)


def inward(low: Rational | None, high: Rational | None, whole: bool) -> Interval:
    """The range of an integer ends at integers."""
    if not whole:
        return low, high
    return None if low is None else ceil(low), None if high is None else floor(high)


def _is_worth(new: Interval, old: Interval, c: Constraint, whole: bool) -> bool:
    """Integers always; others where the constraint is curved, or where an end that there was moves by a share.

    A linear constraint's bound on a real variable is a nonnegative combination of what level 0 multiplies anyway.
    """
    ends = [v for v in new if v is not None]
    if any(v.numerator.bit_length() + v.denominator.bit_length() > BITS for v in ends):
        return False
    if whole or (new[0] is not None and new[1] is not None and new[0] >= new[1]):
        return True
    if None not in old and old[1] - old[0] - (new[1] - new[0]) < WORTH * (old[1] - old[0]):  # type: ignore[operator]
        return False
    return not c.is_linear or None not in old


def _is_implied(c: Constraint, box: Sequence[Interval]) -> bool:
    most = maximum(c.least.scaled(-1), box)
    return most is not None and most <= 0
