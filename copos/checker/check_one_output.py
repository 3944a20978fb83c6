"""Training problems with samples and targets, and multipliers of their residuals.

    min over f   ½ Σ_i (f(x_i) − y_i)² + β P(f)  ≥  r'y − ½‖r‖²     for every r with  Σ_i r_i f(x_i) ≤ β P(f) for all f

Standard library only; part of the checker.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any, NamedTuple

try:
    from copos.checker import check_reading as read
    from copos.checker.check_data import Data
    from copos.checker.check_reading import Number, Rejected, Unreadable, show
    from copos.checker.check_relu import common
except ImportError:  # run as a plain file, without the package
    import check_reading as read  # type: ignore[no-redef]
    from check_data import Data  # type: ignore[no-redef]
    from check_reading import Number, Rejected, Unreadable, show  # type: ignore[no-redef]
    from check_relu import common  # type: ignore[no-redef]


class Samples(NamedTuple):
    """X = rows/bottom, all targets in turn, and β."""

    rows: list[list[int]]
    bottom: int
    y: list[Number]
    beta: Number


def tables(p: Any, data: Data, several: bool = False) -> Samples:
    """The tables X and Y, with one column unless there may be several, and the positive β of a problem."""
    X, Y = data.table("X", p["X"], samples=True), data.table("Y", p["Y"], samples=several)
    if len(Y) != len(X) or (len(Y[0]) != 1 and not several):
        raise Unreadable(f"Y has one {'row' if several else 'number'} for every row of X")
    beta = read.number(p["beta"], "beta")
    if beta <= 0:
        raise Unreadable("beta must be positive")
    bottom = common([v for row in X for v in row])
    return Samples([[int(v * bottom) for v in row] for row in X], bottom, [v for row in Y for v in row], beta)


def multiplier(y: list[Number], proof: Any) -> tuple[Number, list[int], int]:
    """(value, N, bits) of a proof with r = N/2^bits, whose value is at most r'y − ½‖r‖²."""
    value, bits = read.number(proof["value"], "value"), read.whole(proof["bits"], "bits", 0, read.BITS)
    items = read.items(proof["multiplier"], "multiplier", len(y))
    whole = [read.whole(v, "multiplier", -1 << read.BITS, 1 << read.BITS) for v in items]
    r = [Fraction(v, 1 << bits) for v in whole]
    bound = sum((v * (t - v / 2) for v, t in zip(r, y, strict=True) if v), Fraction(0))
    if value > bound:
        raise Rejected(f"the multiplier gives {show(bound)}, not {show(value)}")
    return value, whole, bits


def widest(numbers: Iterable[int]) -> int:
    """Bits of the longest integer."""
    return max((v.bit_length() for v in numbers), default=0)
