"""A cell of assignments, some facilities placed: what is left to assign, and its bounds."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from math import ceil, floor, log2
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.rationals import Rational
from copos.bounding.assignment.bound import Level, level_zero
from copos.bounding.assignment.linear import Linear, bounded
from copos.bounding.assignment.places import Places
from copos.reformulation.quadratic.lift import Lift
from copos.reformulation.quadratic_assignment import quadratic_assignment

Index = NDArray[np.int64]
Table = list[list[Rational]]
Placed = tuple[tuple[int, int], ...]  # (facility, location)
REACH = 0.1  # of the goal that sweeps of linear assignments may be expected to gain
BEYOND = 1e-2  # of what is missing to the goal, that level 0 is run for beyond it
COSTS = 28  # bits of the largest cost in linear assignments


@dataclass(frozen=True, eq=False)
class Data:
    """A quadratic assignment; C is None where there are no such costs."""

    A: Table
    B: Table
    C: Table | None


@dataclass(frozen=True, eq=False)
class Rest:
    """What is left to assign: facilities and locations by their numbers, their costs, and a constant."""

    facilities: list[int]
    locations: list[int]
    A: Table
    B: Table
    C: Table
    constant: Rational

    @classmethod
    def of(cls, data: Data, at: Placed) -> Rest:
        """The costs of every place with those that are taken."""
        A, B, C, every = data.A, data.B, data.C, range(len(data.A))
        I, K = ([v for v in every if v not in gone] for gone in ({i for i, _ in at}, {k for _, k in at}))

        def single(i: int, k: int) -> Rational:
            return 0 if C is None else C[i][k]

        def with_placed(i: int, k: int) -> Rational:
            return single(i, k) + sum(A[i][j] * B[k][l] + A[j][i] * B[l][k] for j, l in at)

        own = sum((single(i, k) + sum(A[i][j] * B[k][l] for j, l in at) for i, k in at), Fraction(0))
        return cls(I, K, [[A[i][j] for j in I] for i in I], [[B[k][l] for l in K] for k in K],
                   [[with_placed(i, k) for k in K] for i in I], own)  # fmt: skip

    @cached_property
    def whole(self) -> tuple[Index, Index, int]:
        """(costs of pairs, costs of places, bits): rounded down to integers over 2^bits."""
        m = len(self.A)
        A, B, C = (np.array(M, dtype=object).reshape(m, m) for M in (self.A, self.B, self.C))
        pair = np.multiply.outer(A, B).transpose(0, 2, 1, 3)  # i, k, j, l
        pair = pair + pair.transpose(2, 3, 0, 1)
        alone = np.multiply.outer(A.diagonal(), B.diagonal()) + C
        top = float(max((abs(v) for v in (*pair.flat, *alone.flat)), default=0)) or 1.0
        bits = COSTS - ceil(log2(top))
        w, s = _scaled(pair, bits), _scaled(alone, bits)
        i = np.arange(m)
        w[i, :, i, :] = 0  # no pairs
        w[:, i, :, i] = 0
        return w, s, bits


def _scaled(M: NDArray[Any], bits: int) -> Index:
    """⌊M 2^bits⌋."""
    if all(type(v) is int for v in M.flat) and bits >= 0:
        return M.astype(np.int64) << bits
    unit = Fraction(2) ** bits
    return np.array([floor(v * unit) for v in M.flat], dtype=np.int64).reshape(M.shape)


@dataclass(eq=False)
class Cell:
    """Placed facilities with the best bound, its leaf, and where linear assignments would cost more.

    `excess` (m, m): what the bound gains at least where a facility is at a location, in the units of costs.
    `level` : the last level 0 on the way to this cell, and the cell that it is of.
    """

    at: Placed
    value: Fraction | float
    item: dict[str, Any]
    excess: NDArray[np.float64]
    level: tuple[Placed, Level] | None = None


def first_bound(data: Data, at: Placed, goal: Fraction | float, deadline: float = np.inf) -> Cell:
    """By linear assignments, until the goal is met, is out of reach, or no sweep gains anything."""
    rest = Rest.of(data, at)
    w, s, bits = rest.whole
    m, unit = len(s), Fraction(2) ** bits
    zero = np.zeros((m, m, m), dtype=np.int64)

    def enough(value: int) -> bool:
        missing = float(goal) - float(rest.constant + value / unit)
        return not 0 < missing <= REACH * abs(float(goal)) or time.perf_counter() > deadline

    if m < 2:
        found = Linear(zero, zero, s.sum(axis=1), np.zeros(m, dtype=np.int64))
    else:
        found = bounded(w, s, np.ones((m, m), dtype=bool), zero, zero, enough)
    value = rest.constant + found.value / unit
    single = s + found.alpha.sum(axis=2) + found.beta.sum(axis=2) - found.u[:, None] - found.v
    linear = {"alpha": found.alpha.tolist(), "beta": found.beta.tolist(), "u": found.u.tolist(), "v": found.v.tolist(),
              "bits": bits}  # fmt: skip
    return Cell(at, value, {"linear": linear}, np.ldexp(single.astype(float), -bits))


def second_bound(data: Data, cell: Cell, goal: Fraction | float, deadline: float) -> Cell:
    """By level 0 of what is left, if that is better; it begins with the multiplier of a cell around."""
    rest = Rest.of(data, cell.at)
    if len(rest.A) < 3:
        return cell
    lift = Lift(quadratic_assignment(rest.A, rest.B, rest.C, symmetry=False))
    aim = np.inf
    if goal != np.inf:  # a little more than the goal: the proof rounds
        beyond = Fraction(BEYOND) * abs(Fraction(goal) - Fraction(cell.value))
        aim = float(lift.inward(Fraction(goal) + beyond - Fraction(rest.constant)))

    def start(places: Places) -> NDArray[np.float64] | None:
        return None if cell.level is None else folded(*cell.level, cell.at, places, len(data.A))

    found = level_zero(lift, aim, deadline, start)
    if found is None:
        return cell
    if rest.constant + lift.user(found.value) <= cell.value:
        return replace(cell, level=(cell.at, found))
    item = {"question": lift.own_question(), "proof": found.certificate.proof}
    return Cell(cell.at, rest.constant + lift.user(found.value), item, found.excess, (cell.at, found))


def folded(outer: Placed, level: Level, at: Placed, places: Places, n: int) -> NDArray[np.float64]:
    """P'ZP − λ(|u|² − |v|²) e_0e_0' for u = Pv, what a point v of the inner cell is in the outer one.

    On the range it is at most λ|v|² again, and on assignments C + Z − λ|u|² is what it was: so is the bound.
    """
    new = at[len(outer) :]
    own, left = ([[v for v in range(n) if v not in {pair[side] for pair in pairs}] for side in (0, 1)]
                 for pairs in (outer, at))  # fmt: skip
    I, K = ([own[side].index(v) for v in left[side]] for side in (0, 1))
    ones = [0, *(int(level.at[own[0].index(i), own[1].index(k)]) for i, k in new)]
    P = np.zeros((len(level.Z), int(places.at.max()) + 1))
    P[ones, 0] = 1.0
    P[level.at[np.ix_(I, K)].ravel(), places.at.ravel()] = 1.0
    Z = P.T @ level.Z @ P
    Z[0, 0] -= level.top * len(new)
    return Z
