"""Elimination over any ordered field whose numbers have +, −, ·, / and an order.

The functions have the names and the meaning of those in `exact`, which are for rational numbers and much faster.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from copos.arithmetic import exact
from copos.arithmetic.number_field import AlgebraicNumber, shortest

Matrix = Sequence[Sequence[Any]]


def algebraic(A: Matrix) -> bool:
    """Is there a number that is not rational (or not written as such)?"""
    return any(isinstance(v, AlgebraicNumber) for row in A for v in row)


def solve(A: Matrix, B: Matrix) -> list[list[Any]] | None:
    """A⁻¹B for a square A; None if A is singular.

    >>> solve([[2, 1], [1, 1]], [[1], [0]])
    [[Fraction(1, 1)], [Fraction(-1, 1)]]
    """
    n = len(A)
    rows, pivots = reduced([[*a, *b] for a, b in zip(A, B, strict=True)])
    return [row[n:] for row in rows[:n]] if pivots[:n] == list(range(n)) else None


def reduced(A: Matrix) -> tuple[list[list[Any]], list[int]]:
    """Reduced row echelon form and its pivot columns."""
    rows, pivots = [list(row) for row in A], []
    for j in range(len(rows[0]) if rows else 0):
        k = len(pivots)
        p = next((i for i in range(k, len(rows)) if rows[i][j]), None)
        if p is None:
            continue
        rows[k], rows[p] = rows[p], rows[k]
        unit = Fraction(1) / rows[k][j]
        top = rows[k] = [v * unit for v in rows[k]]
        for i, row in enumerate(rows):
            c = row[j]
            if i != k and c:
                rows[i] = [v - c * t if t else v for v, t in zip(row, top, strict=True)]
        pivots.append(j)
    return rows[: len(pivots)], pivots


def null_space(A: Matrix) -> list[list[Any]]:
    """Basis of {v : A v = 0}.

    >>> null_space([[1, 3]])
    [[Fraction(-3, 1), Fraction(1, 1)]]
    """
    rows, pivots = reduced(A)
    out = []
    for free in (j for j in range(len(A[0])) if j not in pivots):
        v: list[Any] = [Fraction(0)] * len(A[0])
        v[free] = Fraction(1)
        for row, p in zip(rows, pivots, strict=True):
            v[p] = -row[free]
        out.append(v)
    return out


def squares(A: Matrix) -> tuple[list[list[Any]], list[Any]] | None:
    """(vectors v, weights w > 0) with A = Σ w vv', by LDL'; None if A is not positive semidefinite.

    >>> squares([[1, 2], [2, 4]]), squares([[1, 2], [2, 1]])
    (([[1, 2]], [Fraction(1, 1)]), None)
    """
    n = len(A)
    work = [list(row) for row in A]
    vectors, weights = [], []
    for k in range(n):
        pivot = work[k][k]
        if pivot < 0 or (not pivot and any(work[k][k + 1 :])):
            return None
        if not pivot:
            continue
        top, unit = [0] * k + work[k][k:], Fraction(1) / pivot
        vectors.append(top)
        weights.append(unit)
        for i in range(k + 1, n):
            c = top[i] * unit
            for j in range(i, n):
                work[i][j] = work[j][i] = work[i][j] - c * top[j]
    return vectors, weights


def stationary(A: Matrix, support: Sequence[int]) -> exact.Stationary | list[Any]:
    """Stationary point of x'Ax on {Σx = 1} over a support, or a direction d, Σd = 0, d ≠ 0, d'Ad ≤ 0.

    >>> stationary([[1, 0], [0, 2]], [0, 1])
    Stationary(x=[Fraction(2, 1), Fraction(1, 1)], value=Fraction(2, 1))
    >>> stationary([[1, 1], [1, 1]], [0, 1])
    [Fraction(-1, 1), Fraction(1, 1)]
    """
    o, rest = support[0], support[1:]
    n = len(rest)
    P = [[A[i][j] - A[i][o] - A[o][j] + A[o][o] for j in rest] for i in rest]
    work = [[*row, A[o][o] - A[i][o]] for row, i in zip(P, rest, strict=True)]
    for k in range(n):
        if work[k][k] <= 0:
            # z with P_k z = −p and z_k = 1: z'Pz = pivot ≤ 0
            found = solve([row[:k] for row in P[:k]], [[-row[k]] for row in P[:k]])
            assert found is not None
            z = [*(c for (c,) in found), 1]
            return shortest([-sum(z), *z] + [0] * (n - len(z)))
        unit = Fraction(1) / work[k][k]
        for i in range(k + 1, n):
            c = work[i][k] * unit
            work[i] = [v - c * t for v, t in zip(work[i], work[k], strict=True)]
    y: list[Any] = [0] * n
    for i in reversed(range(n)):
        y[i] = (work[i][n] - sum(work[i][j] * y[j] for j in range(i + 1, n))) * (Fraction(1) / work[i][i])
    x = shortest([1 - sum(y), *y])
    return exact.Stationary(x, sum(A[o][i] * c for i, c in zip(support, x, strict=True)))
