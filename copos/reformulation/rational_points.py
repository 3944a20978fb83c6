"""Rational points that satisfy Ax = b, 0 ≤ x ≤ upper exactly, near floating ones that do so up to rounding."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.elimination import eliminate_exactly
from copos.arithmetic.rationals import RationalRows, rational

Array = NDArray[Any]
AT_BOUND = (1e-12, 1e-9, 1e-7)  # a variable so near to a bound is at it, relative to the largest one; tried in turn


def feasible_point(x: Array, A: Array, b: Array, upper: Array, binary: NDArray[np.bool_]) -> list[Fraction]:
    """Binaries rounded, variables near a bound at it, and the equations solved for those that are farthest from any.

    Nothing is promised: where the equations have no such solution, the point is not feasible, and the exact evaluation
    of whoever asked says so.

    Examples
    --------
    >>> from copos.reformulation.exact_data import numbers
    >>> A, b = numbers([["1/3", "1/7"]], "A"), numbers(["0.1"], "b")
    >>> x = feasible_point(np.array([0.12, 0.42]), A, b, np.array([1.0, np.inf]), np.zeros(2, dtype=bool))
    >>> x[0] / 3 + x[1] / 7
    Fraction(1, 10)
    """
    top = [None if v == np.inf else Fraction(v) for v in upper.tolist()]
    point: list[Fraction] = []
    for share in AT_BOUND[: 1 if binary.all() else None]:
        at = share * float(np.abs(x).max(initial=0.0))
        near = [Fraction(round(v)) if one else _at_bound(v, u, at)
                for v, one, u in zip(x.tolist(), binary, top, strict=True)]  # fmt: skip
        point = _solved(near, A, b, top, binary) if len(b) and not binary.all() else near
        if all(v >= 0 and (u is None or v <= u) for v, u in zip(point, top, strict=True)):
            break
    return point


def _solved(
    near: list[Fraction], A: Array, b: Array, top: list[Fraction | None], binary: NDArray[np.bool_]
) -> list[Fraction]:
    """The point on Ax = b whose variables with the least room are those of a point nearby."""
    room = [0.0 if one or v == 0 or v == u else min(float(v), np.inf if u is None else float(u - v))
            for v, one, u in zip(near, binary, top, strict=True)]  # fmt: skip
    # (x, 1) solves [A | −b]; the unknowns with most room are solved for first, the constant 1 never
    table = [[*map(rational, row), -rational(v)] for row, v in zip(A.tolist(), b.tolist(), strict=True)]
    R = RationalRows(len(near) + 1, tuple({k: c for k, c in enumerate(row) if c} for row in table))
    preference = np.empty(len(near) + 1, dtype=np.int64)
    preference[np.argsort([-r for r in room], kind="stable")] = np.arange(len(near))
    preference[-1] = len(near)
    solved = eliminate_exactly(R, preference)
    if len(near) not in solved.free:
        return near
    assert solved.exact is not None  # rationals in, rationals out
    values = [*near, Fraction(1)]
    kept = [values[k] for k in solved.free.tolist()]
    return [sum((c * kept[k] for k, c in row.items()), Fraction(0)) for row in solved.exact.rows[:-1]]


def _at_bound(v: float, u: Fraction | None, near: float) -> Fraction:
    """A continuous variable, moved to a bound that it is very near to."""
    if v <= near:
        return Fraction(0)
    if u is not None and v >= float(u) - near:
        return u
    return Fraction(v)
