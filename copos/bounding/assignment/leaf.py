"""Leaves: linear assignments of costs, after a positive semidefinite form z'Gz has been taken off, all in integers.

    cost(x) = z'Gz + (cost − z'Gz)(x) ≥ Σ u + Σ v − G_00,     z = (1, x),  G = FF' with integers F

A multiplier Z of the moment matrix (`moments`) gives G = V(λI − V'ZV)V'. On the range of V the costs that are left are
those of C + Z − λI: the difference is Σ_r (equation r)·(a_r'z), whose numbers a_r are where the linear assignments
begin. In a part of a cell F loses rows, some of which are added to the first one, and the duals of pairs that are left
are kept: there the bound is no less than that of the cell and what it says of the place that is taken.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import scipy.linalg as la
from numpy.typing import NDArray

from copos.bounding.assignment.cells import Data, Placed, Rest
from copos.bounding.assignment.frame import frame
from copos.bounding.assignment.linear import Linear, bounded
from copos.bounding.assignment.moments import multipliers

Index = NDArray[np.int64]
Matrix = NDArray[np.float64]
DROPPED = 1e-9  # of the largest eigenvalue: what G is without
LARGE = 2.0**61  # of a sum in integers
REACH = 0.1  # of the goal that sweeps of linear assignments may be expected to gain
EVERY, STALLED = 50, 0.05  # steps between bounds, and what they must close of the gap: parts gain more
MARGIN = 0.02  # of what was missing to the goal, that a bound goes beyond it


@dataclass(frozen=True, eq=False)
class Leaf:
    """A bound of a cell.

    Attributes
    ----------
    value : what assignments of the cell cost at least
    factor : (m² + 1, r) F, None for 0
    linear : duals of the costs that are left
    excess : (m, m) what more a place costs at least, in units of 2^−bits
    bits : of the unit of G and of the duals
    """

    value: Fraction
    factor: Index | None
    linear: Linear
    excess: Index
    bits: int

    def plain(self) -> dict[str, Any]:
        """As an item of a certificate."""
        d = self.linear
        given = {key: getattr(d, key).tolist() for key in ("alpha", "beta", "u", "v")} | {"bits": self.bits}
        return {"linear": given} | ({} if self.factor is None else {"factor": self.factor.tolist()})

    def at(self, i: int, k: int) -> Fraction:
        """A bound where facility number i of those left is at location number k."""
        return self.value + Fraction(int(self.excess[i, k])) / Fraction(2) ** self.bits


@dataclass(frozen=True, eq=False)
class Level:
    """A multiplier, the cell that it is of, and λ, the largest value of u'Zu/|u|² on the range."""

    at: Placed
    Z: Matrix
    top: float


def bound(
    data: Data, rest: Rest, factor: Index | None, start: tuple[Index, Index], goal: Fraction | None = None,
    late: Callable[[], bool] = lambda: False,
) -> Leaf | None:  # fmt: skip
    """From a factor and duals of pairs to start from; None where integers become too long.

    Ends at the goal, where it is out of reach of linear assignments, or when it is late.
    """
    m, w, s, own = len(rest.alone), rest.pairs, rest.alone, 0
    if factor is not None:
        if len(factor[0]) * float(np.abs(factor).max(initial=0)) ** 2 * m > LARGE:
            return None
        G = factor @ factor.T
        own = int(G[0, 0])
        s = s - (G.diagonal()[1:] + 2 * G[0, 1:]).reshape(m, m)
        no_pair = frame(m).zero[1:, 1:] | np.eye(m * m, dtype=bool)
        w = w - np.where(no_pair, 0, 2 * G[1:, 1:]).reshape(m, m, m, m)
    if max(int(np.abs(d).max(initial=0)) for d in (w, s, *start)) * 4.0 * m > LARGE:
        return None
    unit = Fraction(2) ** data.bits

    def enough(value: int) -> bool:
        if late():
            return True
        missing = -1 if goal is None else float(goal - rest.constant - Fraction(value - own) / unit)
        return goal is not None and not 0 < missing <= REACH * abs(float(goal))

    if m < 2:
        zero = np.zeros((m, m, m), dtype=np.int64)
        found = Linear(zero, zero, s.sum(axis=1), np.zeros(m, dtype=np.int64))
    else:
        found = bounded(w, s, *start, enough)
    single = s + found.alpha.sum(axis=2) + found.beta.sum(axis=2) - found.u[:, None] - found.v
    return Leaf(rest.constant + Fraction(found.value - own) / unit, factor, found, single, data.bits)


def first(data: Data, at: Placed, goal: Fraction, late: Callable[[], bool]) -> Leaf:
    """By linear assignments of the costs."""
    rest = Rest.of(data, at)
    zero = np.zeros((len(rest.alone),) * 3, dtype=np.int64)
    found = bound(data, rest, None, (zero, zero), goal, late)
    assert found is not None  # the unit is chosen so
    return found


def inherited(data: Data, leaf: Leaf, at: Placed, goal: Fraction, late: Callable[[], bool]) -> Leaf:
    """The leaf of a cell for the part with one facility more, the last one of `at`."""
    rest, outer = Rest.of(data, at), Rest.of_places(len(data.A), at[:-1])
    I, K = ([mine.index(v) for v in left] for mine, left in zip(outer, (rest.facilities, rest.locations), strict=True))
    F, d = leaf.factor, leaf.linear
    if F is not None:
        spots = frame(len(outer[0])).at
        taken = spots[outer[0].index(at[-1][0]), outer[1].index(at[-1][1])]
        F = np.vstack([F[0] + F[taken], F[spots[np.ix_(I, K)].ravel()]])
    found = bound(data, rest, F, (d.alpha[np.ix_(I, K, I)], d.beta[np.ix_(I, K, K)]), goal, late)
    return first(data, at, goal, late) if found is None else found


def relaxed(
    data: Data, at: Placed, known: Leaf, level: Level | None, goal: Fraction, late: Callable[[], bool]
) -> tuple[Leaf, Level | None]:
    """The best leaf of multipliers, beginning with that of a cell around, until the goal is met or little is gained."""
    rest = Rest.of(data, at)
    m, best, last = len(rest.alone), known, level
    if m < 3:
        return best, last
    f = frame(m)
    C = np.zeros((f.size, f.size))
    C[0, 1:] = C[1:, 0] = rest.alone.ravel() / 2
    C[1:, 1:] = rest.pairs.reshape(m * m, m * m) / 2
    begin = None if level is None else folded(level, at, len(data.A))
    aim = goal + Fraction(MARGIN) * max(goal - known.value, Fraction(0))
    value = None
    for Z in multipliers(C, f.V, f.zero, m, late, EVERY, begin):
        leaf, top = of_multiplier(data, rest, Z)
        if leaf is None:
            continue
        if value is None or leaf.value > value:
            last = Level(at, Z, top)
        if leaf.value > best.value:
            best = leaf
        gained = None if value is None else leaf.value - value
        value = leaf.value if value is None else max(value, leaf.value)
        if value >= goal or (gained is not None and gained < Fraction(STALLED) * (aim - value)):
            break
    return best, last


def of_multiplier(data: Data, rest: Rest, Z: Matrix) -> tuple[Leaf | None, float]:
    """The leaf of a multiplier, and λ."""
    f, m = frame(len(rest.alone)), len(rest.alone)
    value, vector = la.eigh(-f.V.T @ Z @ f.V, check_finite=False)
    top = -float(value[0])
    size = max(float(np.abs(value).max()), 1e-300)
    kept = value + top > DROPPED * size
    basis = f.V @ (vector[:, kept] * np.sqrt(value[kept] + top))
    if float(np.abs(basis).max(initial=0)) > 2.0**30:
        return None, top
    F = np.rint(basis).astype(np.int64)
    D = Z - top * np.eye(f.size) + basis @ basis.T
    DN = D @ f.rows
    a = (DN - f.rows @ (f.project @ (f.rows.T @ DN)) / 2) @ f.project
    each = np.rint(-2 * a[1:].reshape(m, m, 2 * m)).astype(np.int64)
    alpha, beta, i = each[:, :, :m].copy(), each[:, :, m:].copy(), np.arange(m)
    alpha[i, :, i] = 0
    beta[:, i, i] = 0
    return bound(data, rest, F if F.size else None, (alpha, beta)), top


def folded(level: Level, at: Placed, n: int) -> Matrix:
    """P'ZP − λ(|u|² − |v|²) e_0e_0' for u = Pv, what a point v of the inner cell is in the outer one.

    On the range it is at most λ|v|² again, and on assignments C + Z − λ|u|² is what it was: so is the bound.
    """
    outer, inner = Rest.of_places(n, level.at), Rest.of_places(n, at)
    I, K = ([mine.index(v) for v in left] for mine, left in zip(outer, inner, strict=True))
    new = [(i, k) for i, k in at if (i, k) not in level.at]
    spots, f = frame(len(outer[0])).at, frame(len(I))
    P = np.zeros((len(level.Z), f.size))
    P[[0, *(int(spots[outer[0].index(i), outer[1].index(k)]) for i, k in new)], 0] = 1.0
    P[spots[np.ix_(I, K)].ravel(), f.at.ravel()] = 1.0
    Z = P.T @ level.Z @ P
    Z[0, 0] -= level.top * len(new)
    return Z
