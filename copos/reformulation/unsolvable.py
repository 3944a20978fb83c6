"""Equations over binaries whose floats exclude points that satisfy them up to rounding.

A float means its dyadic value, and as such .1x_1 + .6x_2 + .8x_3 = 1.4 is false at (0, 1, 1), by 2e-16. Nobody means
that. With s = a'x the sum over the binaries of a row, the other variables must bring b − s, and they reach an interval
[low, high] (just 0 where there are none). A value s that misses the interval by rounding only is such a point. They are
searched for among all 2^k values, of two halves: sorted, and then by bisection.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.elimination import are_short
from copos.reformulation.exact_data import floats

Array = NDArray[Any]
BINARIES = 40  # of an equation that is searched: 2^20 sums of either half
NEAR = 1e-9, 1e-14  # relative to the numbers of the row: what rounding may have moved, at most and at least
LOOKED_AT = 100_000  # points near an end of the interval that are evaluated exactly
TOO_MANY: list[int] = []


class _TooManyError(Exception):
    """More points than are looked at."""


def refuse_unsolvable(A: Array, b: Array, upper: Array, binary: NDArray[np.bool_]) -> str:
    """ValueError for a row of Ax = b that misses binary points by rounding only; else a note of what was not searched.

    Examples
    --------
    >>> refuse_unsolvable(np.array([[0.5, 0.25]]), np.array([0.75]), np.ones(2), np.array([True, True]))
    ''
    >>> refuse_unsolvable(np.array([[0.1, 0.2]]), np.array([0.3]), np.ones(2), np.array([True, True]))
    Traceback (most recent call last):
    ValueError: equation 0, 0.1·x_0 + 0.2·x_1 = 0.3, holds at x_0 = x_1 = 1 up to rounding only: ...
    """
    skipped = []
    for k, (row, right) in enumerate(zip(A, b, strict=True)):
        if all(part.dtype == object or are_short(part, 1, len(row)) for part in (row, b[[k]])):
            continue  # as written, or in floats whose sums are exact and no two of which are so near to each other
        among = np.flatnonzero(binary & (row != 0))
        try:
            found = _missed(row[among], right, *_reach(row, upper, binary)) if len(among) <= BINARIES else TOO_MANY
        except _TooManyError:
            found = TOO_MANY
        if found is TOO_MANY:
            skipped.append(k)
        elif found is not None:
            ones = [f"x_{j}" for j, v in zip(among.tolist(), found, strict=True) if v]
            text = " + ".join(f"{row.tolist()[j]}·x_{j}" for j in np.flatnonzero(row)[:8].tolist())
            where = f"{' = '.join(ones)} = 1" if ones else "x = 0"
            raise ValueError(
                f"equation {k}, {text}{' + …' if np.count_nonzero(row) > 8 else ''} = {right}, holds at "
                f"{where} up to rounding only: as floats its numbers are not the decimals that they look like. "
                f"Give A and b as Decimal, Fraction or text: Decimal('0.1') or '0.1' is 1/10"
            )
    if not skipped:
        return ""
    return (f"equation {skipped[0]} has too many binaries to search for points that rounding excludes, "
            "and was taken at the dyadic values of its floats")  # fmt: skip


def _reach(row: Array, upper: Array, binary: NDArray[np.bool_]) -> tuple[Fraction | float, Fraction | float]:
    """[low, high], the values of the row's other variables together."""
    ends: list[Fraction | float] = [Fraction(0), Fraction(0)]
    for j in np.flatnonzero(~binary & (row != 0)).tolist():
        side = 1 if row[j] > 0 else 0
        most = upper[j]
        if most == np.inf:
            ends[side] = np.inf if side else -np.inf
        elif np.isfinite(float(ends[side])):
            ends[side] += Fraction(row[j]) * Fraction(most)
    return ends[0], ends[1]


def _missed(a: Array, right: Any, low: Fraction | float, high: Fraction | float) -> list[int] | None:
    """Binaries with right − a'x outside [low, high] by rounding only; None if there are none."""
    exact, b = [Fraction(v) for v in a.tolist()], Fraction(right)
    rounded, half, looked = floats(a), len(a) // 2, 0
    # of 2^k sums some are near to any number by chance; then only what is nearer counts
    near = max(min(NEAR[0], 2.0 ** -(len(a) + 6)), NEAR[1])
    band = near * float(np.abs(rounded).sum() + abs(float(b)))
    left, rest = _sums(rounded[:half]), _sums(rounded[half:])
    order = np.argsort(rest)
    values = rest[order]
    for end in {low, high}:
        if end in (np.inf, -np.inf):
            continue
        target = float(b) - float(end)
        first = np.searchsorted(values, target - band - left, side="left")
        last = np.searchsorted(values, target + band - left, side="right")
        for i in np.flatnonzero(last > first).tolist():
            for at in order[first[i] : last[i]].tolist():
                bits = [i >> k & 1 for k in range(half)] + [at >> k & 1 for k in range(len(a) - half)]
                gap = b - sum((c for c, bit in zip(exact, bits, strict=True) if bit), Fraction(0))
                if not low <= gap <= high and min(abs(gap - low), abs(gap - high)) <= band:
                    return bits
                looked += 1
                if looked > LOOKED_AT:
                    raise _TooManyError
    return None


def _sums(a: Array) -> Array:
    """The sums of all subsets; bit k of the index says whether a_k is in."""
    out = np.zeros(1)
    for v in a.tolist():
        out = np.r_[out, out + v]
    return out
