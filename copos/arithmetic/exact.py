"""Rational linear algebra on integers, fraction-free: every intermediate number is a minor of the matrix [Bareiss1968].

Where python-flint is installed it does the eliminations of `reduced` and `solved`: the same numbers, sooner.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from importlib import import_module
from math import gcd, lcm
from typing import Any, NamedTuple

Integers = list[list[int]]
Rows = Sequence[Sequence[Fraction]]
Fractions = list[list[Fraction]]


@cache
def flint() -> Any:
    """The module of python-flint, or None."""
    try:
        return import_module("flint")
    except ImportError:
        return None


def integral(M: Rows) -> tuple[Integers, int]:
    """(A, d) with A = d·M in integers, d > 0 the least common denominator.

    >>> integral([[Fraction(1, 2), Fraction(1, 3)], [Fraction(1, 3), Fraction(1)]])
    ([[3, 2], [2, 6]], 6)
    """
    d = lcm(*(v.denominator for row in M for v in row))
    return [[v.numerator * (d // v.denominator) for v in row] for row in M], d


def primitive(v: Sequence[int | Fraction]) -> list[int]:
    """The shortest integer vector on the same ray.

    >>> primitive([Fraction(2, 3), Fraction(-4, 3), 0])
    [1, -2, 0]
    """
    d = lcm(*(c.denominator for c in v))
    whole = [c.numerator * (d // c.denominator) for c in v]
    g = gcd(*whole) or 1
    return [c // g for c in whole]


def form(A: Sequence[Sequence[int | Fraction]], x: Sequence[int | Fraction]) -> int | Fraction:
    """x'Ax, touching only the support of x."""
    at = [i for i, c in enumerate(x) if c]
    return sum((x[i] * x[j] * A[i][j] for i in at for j in at), 0)


def solve(A: Integers, b: Sequence[int]) -> tuple[list[int], int] | None:
    """(x, d) with A x = d·b, d ≠ 0 (a determinant up to sign); None if A is singular.

    >>> solve([[2, 1], [1, 1]], [1, 0])
    ([1, -1], 1)
    """
    n = len(A)
    rows = [[*row, c] for row, c in zip(A, b, strict=True)]
    previous = 1
    for k in range(n):
        p = next((i for i in range(k, n) if rows[i][k]), None)
        if p is None:
            return None
        rows[k], rows[p] = rows[p], rows[k]
        top, pivot = rows[k], rows[k][k]
        for i in range(k + 1, n):
            row = rows[i]
            c = row[k]
            # the division is exact: by Sylvester's identity every entry is a minor [Bareiss1968]
            rows[i] = [0] * (k + 1) + [(pivot * row[j] - c * top[j]) // previous for j in range(k + 1, n + 1)]
        previous = pivot
    d = previous if n else 1
    x = [0] * n
    for i in reversed(range(n)):
        row = rows[i]
        x[i] = (d * row[n] - sum(row[j] * x[j] for j in range(i + 1, n))) // row[i]
    return x, d


def reduced(A: Rows) -> tuple[Fractions, list[int]]:
    """Reduced row echelon form and its pivot columns.

    >>> reduced([[Fraction(2), Fraction(4)], [Fraction(1), Fraction(2)]])
    ([[Fraction(1, 1), Fraction(2, 1)]], [0])
    """
    rows, _ = integral(A)
    if not rows:
        return [], []
    library, pivots, previous = flint(), [], 1
    if library is not None:
        R, d, rank = library.fmpz_mat(rows).rref()
        rows, previous = [[int(v) for v in row] for row in R.tolist()[:rank]], int(d)
        pivots = [next(j for j, v in enumerate(row) if v) for row in rows]
        return [[Fraction(v, previous) for v in row] for row in rows], pivots
    for j in range(len(rows[0])):
        k = len(pivots)
        p = next((i for i in range(k, len(rows)) if rows[i][j]), None)
        if p is None:
            continue
        rows[k], rows[p] = rows[p], rows[k]
        top, pivot = rows[k], rows[k][j]
        for i, row in enumerate(rows):
            if i != k:
                c = row[j]
                rows[i] = [(pivot * v - c * t) // previous for v, t in zip(row, top, strict=True)]
        previous = pivot
        pivots.append(j)
    return [[Fraction(v, previous) for v in row] for row in rows[: len(pivots)]], pivots


def null_space(A: Rows) -> Fractions:
    """Basis of {v : A v = 0}.

    >>> null_space([[Fraction(1), Fraction(3)]])
    [[Fraction(-3, 1), Fraction(1, 1)]]
    """
    R, pivots = reduced(A)
    n = len(A[0])
    out = []
    for free in (j for j in range(n) if j not in pivots):
        v = [Fraction(0)] * n
        v[free] = Fraction(1)
        for row, p in zip(R, pivots, strict=True):
            v[p] = -row[free]
        out.append(v)
    return out


def solved(A: Rows, B: Rows) -> Fractions | None:
    """A⁻¹B for a square A; None if A is singular.

    >>> solved([[Fraction(2)]], [[Fraction(1), Fraction(3)]])
    [[Fraction(1, 2), Fraction(3, 2)]]
    """
    n = len(A)
    R, pivots = reduced([[*a, *b] for a, b in zip(A, B, strict=True)])
    return [row[n:] for row in R] if pivots[:n] == list(range(n)) else None


def solve_exactly(system: Rows) -> list[Fraction] | None:
    """The solution of a square system [M | r]; None if it is singular.

    >>> solve_exactly([[Fraction(2), Fraction(1)]])
    [Fraction(1, 2)]
    """
    found = solved([row[:-1] for row in system], [row[-1:] for row in system])
    return None if found is None else [x for (x,) in found]


class Squares(NamedTuple):
    """A = Σ weight · vv' with integer vectors v (as rows) and positive rational weights."""

    vectors: Integers
    weights: list[Fraction]

    def factor(self) -> dict[str, object]:
        """The keys "factor", "bits" and "weights" of a certificate."""
        if not self.vectors:
            raise ValueError("an empty sum of squares has no factor")
        columns = [list(c) for c in zip(*self.vectors, strict=True)]
        out: dict[str, object] = {"factor": columns, "bits": 0}
        if any(w != 1 for w in self.weights):
            out["weights"] = [w.numerator if w.denominator == 1 else f"{w.numerator}/{w.denominator}"
                              for w in self.weights]  # fmt: skip
        return out


def squares(A: Integers) -> tuple[Squares, None] | tuple[None, list[int]]:
    """Write A as a sum of weighted squares, or find an integer v with v'Av < 0: is A positive semidefinite?

    Symmetric elimination without division; the k-th pivot row U gives UU'/(pivot · previous pivot).

    >>> squares([[1, 1], [1, 1]])[0].vectors, squares([[1, 2], [2, 1]])[1]
    ([[1, 1]], [-2, 1])
    """
    n, previous = len(A), 1
    work = [row[:] for row in A]
    vectors, weights, used = [], [], []
    for k in range(n):
        pivot = work[k][k]
        bad = next((j for j in range(k + 1, n) if work[k][j]), None) if pivot == 0 else None
        if pivot < 0 or bad is not None:
            return None, _descent(A, used, k, bad)
        if pivot == 0:
            continue
        top = work[k]
        g = gcd(*top[k:])
        vectors.append([0] * k + [c // g for c in top[k:]])
        weights.append(Fraction(g * g, pivot * previous))
        used.append(k)
        for i in range(k + 1, n):
            row, c = work[i], top[i]
            for j in range(i, n):
                row[j] = (pivot * row[j] - c * top[j]) // previous
        for i in range(k + 1, n):
            for j in range(i):
                if j > k:
                    work[i][j] = work[j][i]
        previous = pivot
    return Squares(vectors, weights), None


def ldl(R: Rows) -> list[tuple[list[int], Fraction]] | None:
    """Integer columns l and d > 0 with R = Σ d ll', exactly; None if R is not positive semidefinite."""
    A, bottom = integral(R)
    found, _ = squares(A)
    return None if found is None else [(v, w / bottom) for v, w in zip(*found, strict=True)]


def _descent(A: Integers, used: list[int], k: int, bad: int | None) -> list[int]:
    """v with v'Av < 0, from a negative pivot k, or a zero pivot whose row is not zero at `bad`."""

    def lifted(j: int) -> list[Fraction]:
        # e_j − Σ c_i e_i with A_used c = A_used,j: A-orthogonal to the coordinates already eliminated
        found = solve([[A[i][m] for m in used] for i in used], [A[i][j] for i in used])
        assert found is not None
        c, d = found
        v = [Fraction(0)] * len(A)
        v[j] = Fraction(1)
        for i, value in zip(used, c, strict=True):
            v[i] -= Fraction(value, d)
        return v

    v = lifted(k)
    if bad is None:
        return primitive(v)
    w = lifted(bad)
    cross = sum(v[i] * A[i][bad] for i in range(len(A)))
    # (w − t·sign v)'A(w − …) = w'Aw − 2t|cross|
    t = (abs(Fraction(form(A, w))) / abs(cross) + 1) * (1 if cross > 0 else -1)
    return primitive([a - t * b for a, b in zip(w, v, strict=True)])


class Stationary(NamedTuple):
    """x on a support with Σx > 0 and A x = value·1 there (integers), `value` up to a positive factor."""

    x: list[int]
    value: int


def stationary(A: Integers, support: Sequence[int]) -> Stationary | list[int]:
    """Stationary point of x'Ax on {Σx = 1} over a support, or a direction d, Σd = 0, d ≠ 0, d'Ad ≤ 0.

    With x = e_0 + Σ y_i (e_i − e_0) it solves P y = −g, P_ij = A_ij − A_i0 − A_0j + A_00, g_i = A_i0 − A_00; a pivot
    ≤ 0 of P ends in a direction.

    >>> stationary([[1, 0], [0, 2]], [0, 1]), stationary([[1, 1], [1, 1]], [0, 1])
    (Stationary(x=[2, 1], value=2), [-1, 1])
    """
    o, rest = support[0], support[1:]
    n = len(rest)
    origin = A[o]
    P = [[A[i][j] - A[i][o] - origin[j] + origin[o] for j in rest] for i in rest]
    g = [origin[i] - origin[o] for i in rest]
    rows = [[*row, -c] for row, c in zip(P, g, strict=True)]
    previous = 1
    for k in range(n):
        pivot = rows[k][k]
        if pivot <= 0:
            # z with P_k z = −p and z_k = 1: z'Pz = pivot / previous ≤ 0
            found = solve([row[:k] for row in P[:k]], [-row[k] for row in P[:k]])
            assert found is not None
            z, d = found
            z = [*z, d]
            return primitive([-sum(z), *z] + [0] * (n - len(z)))
        top = rows[k]
        for i in range(k + 1, n):
            row, c = rows[i], rows[i][k]
            rows[i] = [0] * (k + 1) + [(pivot * row[j] - c * top[j]) // previous for j in range(k + 1, n + 1)]
        previous = pivot
    d, y = previous, [0] * n
    for i in reversed(range(n)):
        row = rows[i]
        y[i] = (d * row[n] - sum(row[j] * y[j] for j in range(i + 1, n))) // row[i]
    x = primitive([d - sum(y), *y])
    return Stationary(x, sum(origin[i] * c for i, c in zip(support, x, strict=True)))
