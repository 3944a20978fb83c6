"""A box inside a quadratic program, the ranges that its constraints leave of it, and its forms in doubles.

The variables of a cell are t_j = (x_j − o_j)/2^e_j, o_j the lower (or else upper) end of its range, of those that are
not fixed, so that a bounded one lies between 0 and a number in (1/2, 1].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from math import frexp

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.rationals import Rational
from copos.reformulation.quadratic.presolve import BITS, Interval, Step, inward, tightened
from copos.reformulation.quadratic.value import Constraint, Quadratic, QuadraticProgram

Vector = NDArray[np.float64]
Box = tuple[Interval, ...]
SHARE = Fraction(1, 20)  # of a range that a step must take off
ROUNDS = 3
LITTLE = 1e-6  # rounding of what a step may be worth
LONG = 150  # variables of a constraint that tightens no range: each step costs all of them
WORK = 400_000  # terms that are looked at in a round


@dataclass(frozen=True, eq=False)
class Cell:
    """min f over the constraints and a box.

    Attributes
    ----------
    problem : with its objective f to be minimised; a last constraint may be f ≤ cutoff
    box : (low, high) for every variable, None where there is no end
    sizes : what unbounded variables are measured by
    part : the variables of f and of the constraints that are not fixed
    """

    problem: QuadraticProgram
    box: Box
    sizes: Sequence[float]
    part: Sequence[int]

    @cached_property
    def variables(self) -> list[int]:
        """Those of the part that are not fixed."""
        return [j for j in self.part if self.box[j][0] is None or self.box[j][0] != self.box[j][1]]

    @cached_property
    def origin(self) -> list[Rational]:
        """o."""
        return [low if low is not None else high if high is not None else 0 for low, high in self.box]

    @cached_property
    def powers(self) -> list[int]:
        """e, for the variables that are not fixed."""
        spans = [self.sizes[j] if None in self.box[j] else span(self.box[j]) for j in self.variables]
        return [frexp(v)[1] if v > 0 else 0 for v in spans]

    @cached_property
    def ends(self) -> Vector:
        """(2, k): the ranges of t, infinite where there is no end."""
        out = np.array([[-np.inf] * len(self.variables), [np.inf] * len(self.variables)])
        for a, (j, e) in enumerate(zip(self.variables, self.powers, strict=True)):
            for side, end in enumerate(self.box[j]):
                if end is not None:
                    out[side, a] = ldexp(end - self.origin[j], -e)
        return out

    def form(self, f: Quadratic) -> Vector:
        """(k + 1, k + 1), symmetric: f at x as (1, t)'M(1, t), each entry rounded once."""
        at = {j: a + 1 for a, j in enumerate(self.variables)}
        linear: dict[int, Rational] = {}
        constant: Rational = f.constant
        o, M = self.origin, np.zeros((len(at) + 1, len(at) + 1))
        for i, c in f.linear.items():
            constant += c * o[i]
            linear[i] = linear.get(i, 0) + c
        for (i, j), c in f.pairs.items():
            constant += c * o[i] * o[j]
            linear[i] = linear.get(i, 0) + c * o[j]
            linear[j] = linear.get(j, 0) + c * o[i]
            if i in at and j in at:
                a, b = at[i], at[j]
                v = ldexp(c, self.powers[a - 1] + self.powers[b - 1])
                M[a, b] += v / 2
                M[b, a] += v / 2
        for i, c in linear.items():
            if i in at:
                M[0, at[i]] = M[at[i], 0] = ldexp(c, self.powers[at[i] - 1]) / 2
        M[0, 0] = ldexp(constant, 0)
        return M

    def point(self, t: Vector) -> Vector:
        """x at t."""
        x = np.array([float(v) for v in self.origin])
        x[self.variables] += np.ldexp(t, self.powers)
        return x


def ldexp(value: Rational, power: int) -> float:
    """value·2^power in doubles, by way of the nearest rational number."""
    number = Fraction(value) * Fraction(2) ** power
    try:
        return float(number)
    except OverflowError:
        return np.inf if number > 0 else -np.inf


def span(ends: Interval) -> float:
    """The length of a range, infinite where it has no end."""
    low, high = ends
    return np.inf if low is None or high is None else ldexp(high - low, 0)


def whole_box(problem: QuadraticProgram) -> Box:
    """The bounds of a program, those of integers at integers."""
    ends = zip(problem.lower, problem.upper, problem.integer, strict=True)
    return tuple(inward(low, high, whole) for low, high, whole in ends)


def is_empty(box: Box) -> int | None:
    """A variable without values, None if there is none."""
    return next((j for j, (low, high) in enumerate(box) if low is not None and high is not None and low > high), None)


def narrowed(problem: QuadraticProgram, box: Box, changed: Sequence[int] | None = None) -> tuple[list[Step], Box]:
    """The steps by which constraints tighten a box, and what they leave; as soon as that is nothing, no more.

    Only constraints with `changed` variables are looked at, all of them by default.
    """
    now, steps = list(box), []
    waiting = set(range(problem.n)) if changed is None else set(changed)
    for _ in range(ROUNDS):
        then: set[int] = set()
        work = 0
        for k, c in enumerate(problem.constraints):
            work += len(c.form.variables) ** 2
            if not c.form.variables & waiting or len(c.form.variables) > LONG or work > WORK:
                continue
            for j in _hopeful(c, now, problem.integer):
                found = tightened(c, j, now, problem.integer[j])
                if found != now[j] and _is_worth(found, now[j], problem.integer[j]):
                    steps.append((k, j))
                    now[j] = found
                    then.add(j)
                    if found[0] is not None and found[1] is not None and found[0] > found[1]:
                        return steps, tuple(now)
        if not then:
            break
        waiting = then
    return steps, tuple(now)


def _hopeful(c: Constraint, box: Sequence[Interval], whole: Sequence[bool]) -> list[int]:
    """The variables of a constraint that a step may tighten; of a linear one by its activity, in doubles.

    a_j x_j ≥ −(the maximum of the others), so that every variable is looked at in one pass.
    """
    if not c.is_linear:
        return sorted(c.form.variables)
    where, a, constant = _doubles(c)
    low = np.array([-np.inf if box[j][0] is None else ldexp(box[j][0], 0) for j in where])  # type: ignore[arg-type]
    high = np.array([np.inf if box[j][1] is None else ldexp(box[j][1], 0) for j in where])  # type: ignore[arg-type]
    hopes = np.zeros(len(where), dtype=bool)
    needed = np.where([whole[j] for j in where], LITTLE, float(SHARE) * (1 - LITTLE) * (high - low))
    for b, d in ((a, constant), (-a, -constant)) if c.is_equation else ((a, constant),):
        most, old = np.where(b > 0, b * high, b * low), np.where(b > 0, low, high)
        unbounded = ~np.isfinite(most)
        if unbounded.sum() > 1:
            continue
        total = d + most[~unbounded].sum()
        if unbounded.any():
            hopes |= unbounded  # its other end, by all others
            continue
        end = -(total - most) / b  # a lower end where b > 0
        with np.errstate(invalid="ignore"):
            gain = np.where(b > 0, end - old, old - end)
        hopes |= ~np.isfinite(old) | (gain > needed)
    return [where[k] for k in np.flatnonzero(hopes)]


@lru_cache(maxsize=4096)
def _doubles(c: Constraint) -> tuple[list[int], Vector, float]:
    """Variables, coefficients and constant of a linear form ≥ 0."""
    where = sorted(c.least.linear)
    return where, np.array([ldexp(c.least.linear[j], 0) for j in where]), ldexp(c.least.constant, 0)


def _is_worth(new: Interval, old: Interval, whole: bool) -> bool:
    ends = [v for v in new if v is not None]
    if any(v.numerator.bit_length() + v.denominator.bit_length() > BITS for v in ends):
        return False
    if whole or (len(ends) == 2 and new[0] >= new[1]):  # type: ignore[operator]
        return True
    if old[0] is None or old[1] is None:
        return (old[0] is None and new[0] is not None) or (old[1] is None and new[1] is not None)
    return old[1] - old[0] - (new[1] - new[0]) >= SHARE * (old[1] - old[0])  # type: ignore[operator]


def minimised(problem: QuadraticProgram) -> Quadratic:
    """The objective of a minimisation, without its constant."""
    f = problem.objective.scaled(problem.sign)
    return Quadratic(f.pairs, f.linear)


def below(f: Quadratic, cutoff: Rational) -> Constraint:
    """f ≤ cutoff."""
    return Constraint(Quadratic(f.pairs, f.linear, f.constant - cutoff), "<=", "cutoff")
