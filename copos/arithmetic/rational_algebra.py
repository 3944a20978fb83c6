"""Rational linear algebra for proofs on the boundary: zeros of copositive matrices, null spaces, factorizations."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from math import lcm

import numpy as np

Rows = list[list[Fraction]]


def zeros(F: Rows) -> list[list[Fraction]]:
    """The zeros u ≥ 0 of a copositive matrix with minimal support: null vectors of principal submatrices."""
    n = len(F)
    A = np.array(F, dtype=float)
    out: list[list[Fraction]] = []
    supports: list[set[int]] = []
    for size in range(1, n + 1):
        for S in combinations(range(n), size):
            if any(T <= set(S) for T in supports):
                continue
            part = A[np.ix_(S, S)]
            if abs(np.linalg.eigvalsh(part)).min() > 1e-9 * max(1.0, abs(part).max()):
                continue
            null = null_space([[F[i][j] for j in S] for i in S])
            if len(null) == 1 and (all(v > 0 for v in null[0]) or all(v < 0 for v in null[0])):
                u = [Fraction(0)] * n
                for i, v in zip(S, null[0], strict=True):
                    u[i] = abs(v)
                out.append(u)
                supports.append(set(S))
    return out


def null_space(A: Rows) -> Rows:
    """Basis of {v : A v = 0}."""
    R, pivots = reduced(A)
    n = len(A[0])
    out = []
    for free in (j for j in range(n) if j not in pivots):
        v = [Fraction(0)] * n
        v[free] = Fraction(1)
        for row, p in zip(R, pivots, strict=False):
            v[p] = -row[free]
        out.append(v)
    return out


def reduced(A: Rows) -> tuple[Rows, list[int]]:
    """Reduced row echelon form and its pivot columns."""
    R, pivots = [row[:] for row in A], []
    for j in range(len(R[0]) if R else 0):
        k = len(pivots)
        best = next((i for i in range(k, len(R)) if R[i][j]), None)
        if best is None:
            continue
        R[k], R[best] = R[best], R[k]
        R[k] = [v / R[k][j] if v else v for v in R[k]]
        for i in range(len(R)):
            if i != k and R[i][j]:
                c = R[i][j]
                R[i] = [a - c * b if b else a for a, b in zip(R[i], R[k], strict=True)]
        pivots.append(j)
    return R[: len(pivots)], pivots


def ldl(R: Rows) -> list[tuple[list[Fraction], Fraction]] | None:
    """Columns l and d ≥ 0 with R = Σ d ll', exactly; None if R is not positive semidefinite."""
    A, out = [row[:] for row in R], []
    for k in range(len(A)):
        d = A[k][k]
        if d < 0 or (d == 0 and any(A[k])):
            return None
        if d == 0:
            continue
        column = [v / d for v in A[k]]
        out.append((column, d))
        A = [[a - d * p * q for a, q in zip(row, column, strict=True)] for row, p in zip(A, column, strict=True)]
    return out


def integers(v: list[Fraction]) -> tuple[list[int], int]:
    """(s·v, s) with the smallest s > 0 that makes all entries whole."""
    s = lcm(*(c.denominator for c in v))
    return [int(c * s) for c in v], s
