"""What a tolerance allows: matrices whose entries differ from those of M by at most tolerance · max |M_ij|."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

Matrix = list[list[Fraction]]


def allowance(tolerance: Any) -> Fraction:
    """The tolerance as an exact number ≥ 0; ValueError for anything else.

    >>> allowance(None), allowance("1e-3"), allowance(0.5)
    (Fraction(0, 1), Fraction(1, 1000), Fraction(1, 2))
    """
    if tolerance is None:
        return Fraction(0)
    try:
        value = Fraction(tolerance) if not isinstance(tolerance, bool) else Fraction(-1)
    except (TypeError, ValueError, OverflowError, ZeroDivisionError):
        value = Fraction(-1)
    if value < 0:
        raise ValueError(f"the tolerance is a finite number ≥ 0, relative to the largest entry; got {tolerance!r}")
    return value


def largest(M: Matrix) -> Fraction:
    """Max |M_ij|."""
    return max(abs(v) for row in M for v in row)


def distance(A: Matrix, B: Matrix) -> Fraction:
    """Max |A_ij − B_ij|."""
    return max(abs(a - b) for x, y in zip(A, B, strict=True) for a, b in zip(x, y, strict=True))


def shifted(M: Matrix, δ: Fraction, diagonal: bool = False) -> Matrix:
    """M + δE, or M + δI."""
    return [[v + δ * (i == j or not diagonal) for j, v in enumerate(row)] for i, row in enumerate(M)]


def shares() -> Iterator[Fraction]:
    """Parts of what a tolerance allows, small ones first."""
    for bits in (20, 10, 4, 0):
        yield Fraction(1, 2**bits)
