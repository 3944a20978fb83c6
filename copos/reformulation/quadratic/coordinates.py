"""The coordinates u of a quadratic program's lift: x = T u with u_0 = 1, most of them nonnegative, some of them bits.

    x_j = l_j u_0 + (h_j − l_j) u_k   between two bounds, and u_0 − u_k ≥ 0
    x_j = l_j u_0 + u_k        with a lower bound only
    x_j = h_j u_0 − u_k        with an upper bound only
    x_j = u_k                  free: these come last, and nothing is split
    x_j = l_j u_0 + Σ w_b u_b  an integer: bits with weights 1, 2, 4, …, rest, which add up to h_j − l_j
    x_j = l_j u_0              fixed

Inequalities become linear forms that are nonnegative on the cone, not coordinates: a slack variable would be one more
row and column of every moment matrix and say nothing more (see `copos.reformulation.quadratic.lift`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from copos.arithmetic.rationals import Rational, rational, summed
from copos.reformulation.quadratic.value import Constraint, Quadratic, QuadraticProgram

Row = Mapping[int, Rational]
BITS = 30  # of an integer: a wider one is refused


class NeedsBound(ValueError):
    """A variable has no bound where the method needs one; the message names it."""


@dataclass(frozen=True, eq=False)
class Coordinates:
    """x = T u.

    Attributes
    ----------
    rows : x_j = Σ rows[j][k] u_k
    nonnegative, free : the first so many coordinates are ≥ 0 (u_0 among them), so many more have any sign
    bits : coordinates with u_b² = u_0 u_b
    cuts : linear forms in u that are ≥ 0 by the bounds of the variables
    """

    rows: tuple[Row, ...]
    nonnegative: int
    free: int
    bits: tuple[int, ...]
    cuts: tuple[Row, ...]

    @property
    def count(self) -> int:
        """Number of coordinates."""
        return self.nonnegative + self.free

    def linear(self, form: Quadratic) -> Row:
        """A linear function of x as a linear form in u."""
        parts = [(k, c * t) for j, c in form.linear.items() for k, t in self.rows[j].items()]
        return summed([(0, form.constant), *parts])

    def quadratic(self, form: Quadratic) -> Mapping[tuple[int, int], Rational]:
        """A quadratic function of x as a quadratic form in u: the coefficient of u_a u_b at (a, b), a ≤ b."""
        out: dict[tuple[int, int], Rational] = {(0, k): c for k, c in self.linear(form).items()}
        for (i, j), c in form.pairs.items():
            for a, s in self.rows[i].items():
                for b, t in self.rows[j].items():
                    key = (a, b) if a <= b else (b, a)
                    out[key] = out.get(key, 0) + c * s * t
        return {key: rational(c) for key, c in sorted(out.items()) if c}

    def point(self, u: Sequence[float]) -> list[float]:
        """x in floating point."""
        return [sum(float(c) * u[k] for k, c in row.items()) for row in self.rows]

    def inverse(self, x: Sequence[Rational]) -> list[Fraction]:
        """The u with u_0 = 1 that a feasible rational x comes from."""
        u = [Fraction(0)] * self.count
        u[0] = Fraction(1)
        for v, row in zip(x, self.rows, strict=True):
            rest, own = Fraction(v) - row.get(0, 0), sorted(k for k in row if k)
            if len(own) == 1:
                u[own[0]] = rest / row[own[0]]
                continue
            # the last weight first where the others cannot make the number, and then digits
            others = sum(row[k] for k in own[:-1])
            for k in [*own[-1:], *own[-2::-1]]:
                need = rest > others if k == own[-1] else rest >= row[k]
                u[k] = Fraction(int(need))
                rest -= row[k] * u[k]
        return u


def coordinates(problem: QuadraticProgram) -> Coordinates:
    """The coordinates of a program.

    Raises
    ------
    NeedsBound
        If an integer is unbounded, or has more than 2^30 values.

    Examples
    --------
    >>> from copos import quadratic_program
    >>> u = coordinates(quadratic_program([[1]], bounds=(2, 8), integrality=1))
    >>> [dict(row) for row in u.rows], u.inverse([7])
    ([{0: 2, 1: 1, 2: 2, 3: 3}], [Fraction(1, 1), Fraction(0, 1), Fraction(1, 1), Fraction(1, 1)])
    """
    rows: list[Row] = []
    cuts: list[Row] = []
    bits: list[int] = []
    free: list[int] = []
    at = 1
    limits = zip(problem.names, problem.lower, problem.upper, problem.integer, strict=True)
    for j, (name, low, high, whole) in enumerate(limits):
        if whole:
            if low is None or high is None:
                side = " and ".join(word for word, v in (("lower", low), ("upper", high)) if v is None)
                raise NeedsBound(f"the integer {name} needs a finite {side} bound: its values are enumerated by bits")
            low, high = ceil(low), floor(high)
            if high - low >= 2**BITS:
                raise NeedsBound(f"the integer {name} has {high - low + 1} values; expected at most 2^{BITS}")
        if low is not None and low == high:
            rows.append(_row({0: low}))
        elif whole and low < high:  # type: ignore[operator]
            weights = _weights(int(high - low))  # type: ignore[operator]
            rows.append(_row({0: low, **{at + k: w for k, w in enumerate(weights)}}))  # type: ignore[dict-item]
            bits += range(at, at + len(weights))
            cuts += [{0: 1, at + k: -1} for k in range(len(weights))]
            at += len(weights)
        elif low is not None and high is not None and low < high:
            rows.append(_row({0: low, at: high - low}))
            cuts.append({0: 1, at: -1})
            at += 1
        elif low is not None:  # where high < low, what is ≥ 0 is negative: nothing is feasible
            rows.append(_row({0: low, at: 1}))
            cuts += [] if high is None else [_row({0: high - low, at: -1})]
            at += 1
        elif high is not None:
            rows.append(_row({0: high, at: -1}))
            at += 1
        else:
            rows.append({})
            free.append(j)
    for k, j in enumerate(free):
        rows[j] = {at + k: 1}
    return Coordinates(tuple(rows), at, len(free), tuple(bits), tuple(cuts))


def inequalities(problem: QuadraticProgram, u: Coordinates) -> list[Row]:
    """Linear forms that are ≥ 0 by the linear inequalities."""
    return [u.linear(c.least) for c in problem.linear if not c.is_equation]


def equations(problem: QuadraticProgram, u: Coordinates) -> list[Row]:
    """Linear forms that are 0 by the linear equations."""
    return [u.linear(c.form) for c in problem.linear if c.is_equation]


def curved(constraint: Constraint, u: Coordinates) -> Mapping[tuple[int, int], Rational]:
    """A quadratic constraint as a form that is ≥ 0, or = 0."""
    return u.quadratic(constraint.least)


def _weights(span: int) -> list[int]:
    """1, 2, 4, … and a rest, with the sum `span`: subset sums are 0, 1, …, span.

    >>> _weights(1), _weights(6), _weights(8)
    ([1], [1, 2, 3], [1, 2, 4, 1])
    """
    out, power = [], 1
    while 2 * power - 1 <= span:
        out.append(power)
        power *= 2
    return out + [span - power + 1] * (span > power - 1)


def _row(row: dict[int, Rational]) -> Row:
    return {k: rational(c) for k, c in row.items() if c}
