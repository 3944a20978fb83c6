"""A cell of assignments, some facilities placed: what is left to assign, in integers of one unit for all cells."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import gcd, lcm
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.rationals import Rational

Index = NDArray[np.int64]
Table = list[list[Rational]]
Placed = tuple[tuple[int, int], ...]  # (facility, location)
SHORT = 40  # bits of costs that are multiplied in 64 bits
COSTS = 42  # bits of the largest cost of a pair or a place: sums of them over a cell stay in 64 bits


@dataclass(frozen=True, eq=False)
class Data:
    """A quadratic assignment; C is None where there are no such costs."""

    A: Table
    B: Table
    C: Table | None

    @cached_property
    def whole(self) -> tuple[Any, Any, Any, int]:
        """Integers A, B, C, as objects where they are long, and the number that costs made of them are divided by."""
        n = len(self.A)
        a, b = (lcm(*(Fraction(v).denominator for row in M for v in row)) for M in (self.A, self.B))
        rows = [] if self.C is None else [v for row in self.C for v in row]
        c = lcm(a * b, *(Fraction(v).denominator for v in rows))
        A, B = _integers(self.A, a), _integers(self.B, b * (c // (a * b)))
        C = np.zeros((n, n), dtype=object) if self.C is None else _integers(self.C, c)
        if c == 1 and _largest(A, B, C) < 1 << SHORT:
            return A.astype(np.int64), B.astype(np.int64), C.astype(np.int64), c
        return A, B, C, c

    @cached_property
    def bits(self) -> int:
        """Leaves count in units of 2^−bits."""
        A, B, C, bottom = self.whole
        return COSTS - _largest(A, B, C).bit_length() + bottom.bit_length()

    @cached_property
    def step(self) -> Fraction:
        """The number that all costs of assignments are multiples of, 0 where all are 0."""
        A, B, C, bottom = self.whole
        every = range(len(A))
        costs = {A[i, i] * B[k, k] + C[i, k] for i in every for k in every}
        flows = {(A[i, j], A[j, i]) for i in every for j in range(i)}
        ways = {(B[k, l], B[l, k]) for k in every for l in every if k != l}
        costs |= {p * r + q * s for p, q in flows for r, s in ways}
        return Fraction(gcd(*map(int, costs)), bottom)


def _largest(A: Any, B: Any, C: Any) -> int:
    """No pair and no place alone costs more, times the number that costs are divided by."""
    a, b, c = (int(abs(M).max(initial=0)) for M in (A, B, C))
    return max(2 * a * b, c, 1)


def _integers(M: Table, unit: int) -> Any:
    return np.array([[int(v * unit) for v in row] for row in M], dtype=object).reshape(len(M), len(M))


@dataclass(frozen=True, eq=False)
class Rest:
    """What is left to assign: facilities and locations by their numbers, and costs in units of 2^−bits, rounded down.

    Attributes
    ----------
    pairs : (m, m, m, m) of facility i at k and j at l; 0 where these are no pair
    alone : (m, m) of facility i at k, with those that are placed
    constant : what these cost among themselves
    """

    facilities: list[int]
    locations: list[int]
    pairs: Index
    alone: Index
    constant: Fraction

    @staticmethod
    def of_places(n: int, at: Placed) -> tuple[list[int], list[int]]:
        """The facilities and the locations that are left of n."""
        own, taken = {i for i, _ in at}, {k for _, k in at}
        return [v for v in range(n) if v not in own], [v for v in range(n) if v not in taken]

    @classmethod
    def of(cls, data: Data, at: Placed) -> Rest:
        """The costs of every place with those that are taken."""
        A, B, C, bottom = data.whole
        own, taken = [i for i, _ in at], [k for _, k in at]
        I, K = cls.of_places(len(A), at)
        D = A[np.ix_(I, I)].diagonal()[:, None] * B[np.ix_(K, K)].diagonal() + C[np.ix_(I, K)]
        D = D + A[np.ix_(I, own)] @ B[np.ix_(K, taken)].T + A[np.ix_(own, I)].T @ B[np.ix_(taken, K)]
        constant = (A[np.ix_(own, own)] * B[np.ix_(taken, taken)]).sum() + C[own, taken].sum()
        pair = np.multiply.outer(A[np.ix_(I, I)], B[np.ix_(K, K)]).transpose(0, 2, 1, 3)  # i, k, j, l
        w = _units(pair + pair.transpose(2, 3, 0, 1), data)
        i = np.arange(len(I))
        w[i, :, i, :] = 0
        w[:, i, :, i] = 0
        return cls(I, K, w, _units(D, data), Fraction(int(constant), bottom))


def _units(M: Any, data: Data) -> Index:
    """⌊M 2^bits⌋ of costs."""
    bottom, bits = data.whole[3], data.bits
    if bits >= 0:
        return ((M << bits) // bottom).astype(np.int64) if M.size else M.astype(np.int64)
    return (M // (bottom << -bits)).astype(np.int64)
