"""Exact optima of small quadratic programs by enumeration of faces, in fractions and with no code of the package."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations, product
from math import inf

from benchmarks._rational import Rows, Value, dot, solution


def form(Q: Rows, x: Sequence[Fraction]) -> Fraction:
    """x'Qx."""
    return sum((x[i] * x[j] * Q[i][j] for i in range(len(x)) for j in range(len(x)) if x[i] and x[j]), Fraction(0))


def on_simplex(Q: Rows) -> Fraction:
    """Min x'Qx over x ≥ 0, Σx = 1: a minimiser of least support is the only stationary point of its face."""
    n = len(Q)
    best = min(Q[i][i] for i in range(n))
    for size in range(2, n + 1):
        for S in combinations(range(n), size):
            rows = [[*(Q[i][j] for j in S), Fraction(-1)] for i in S] + [[Fraction(1)] * size + [Fraction(0)]]
            x = solution(rows, [[Fraction(0)]] * size + [[Fraction(1)]])
            if x is not None and all(v[0] >= 0 for v in x[:size]):
                point = [Fraction(0)] * n
                for i, v in zip(S, x, strict=False):
                    point[i] = v[0]
                best = min(best, form(Q, point))
    return best


def faces(n: int, continuous: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """0 or 1 for a binary; 0 (at zero), 1 (at its upper bound) or 2 (free) for a continuous variable."""
    return product(*((0, 1, 2) if j in continuous else (0, 1) for j in range(n)))


def mixed_binary(
    Q: Rows, c: Sequence[Fraction], A: Rows, b: Sequence[Fraction], continuous: Sequence[int] = (),
    upper: Sequence[Fraction] = (), pairs: Sequence[tuple[int, int]] = (),
) -> Value:  # fmt: skip
    """Min x'Qx + c'x, Ax = b, binaries in {0, 1}, 0 ≤ x_j ≤ upper_j else: the stationary points of all faces."""
    n, best = len(c), inf
    top = [upper[j] if j in continuous else Fraction(1) for j in range(n)]
    for face in faces(n, continuous):
        x = [top[j] if s == 1 else Fraction(0) for j, s in enumerate(face)]
        free = [j for j, s in enumerate(face) if s == 2]
        if free:
            moved = _stationary(Q, c, A, b, x, free)
            if moved is None:
                continue
            x = moved
        if any(not 0 <= x[j] <= top[j] for j in free) or any(x[i] * x[j] for i, j in pairs):
            continue
        if all(dot(row, x) == r for row, r in zip(A, b, strict=True)):
            best = min(best, form(Q, x) + dot(c, x))
    return best


def _stationary(
    Q: Rows, c: Sequence[Fraction], A: Rows, b: Sequence[Fraction], x: list[Fraction], free: list[int]
) -> list[Fraction] | None:
    """x with its free entries where 2Qx + c is a combination of the rows of A; None if there is no such point."""
    m, rows, right = len(A), [], []
    for i in free:
        rows.append([2 * Q[i][j] for j in free] + [row[i] for row in A])
        right.append([-c[i] - 2 * sum((Q[i][j] * v for j, v in enumerate(x) if j not in free), Fraction(0))])
    for row, r in zip(A, b, strict=True):
        rows.append([row[j] for j in free] + [Fraction(0)] * m)
        right.append([r - sum((row[j] * v for j, v in enumerate(x) if j not in free), Fraction(0))])
    found = solution(rows, right)
    if found is None:
        return None
    out = list(x)
    for j, v in zip(free, found, strict=False):
        out[j] = v[0]
    return out


def stable(adjacent: Sequence[Sequence[int]]) -> int:
    """The largest number of vertices without an edge, by enumeration."""
    n = len(adjacent)
    sets = (S for size in range(n, 0, -1) for S in combinations(range(n), size))
    return next((len(S) for S in sets if not any(adjacent[i][j] for i, j in combinations(S, 2))), 0)
