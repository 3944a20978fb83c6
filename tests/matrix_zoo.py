"""Exact matrices for the tests of the decisions, and a slow decision to compare with."""

import random
from fractions import Fraction
from itertools import combinations

HORN = [[1, -1, 1, 1, -1], [-1, 1, -1, 1, 1], [1, -1, 1, -1, 1], [1, 1, -1, 1, -1], [-1, 1, 1, -1, 1]]


def circulant(row):
    return [[row[(j - i) % len(row)] for j in range(len(row))] for i in range(len(row))]


HOFFMAN_PEREIRA = circulant([1, -1, 1, 0, 0, 1, -1])


def scaled(M, d):
    return [[M[i][j] * d[i] * d[j] for j in range(len(M))] for i in range(len(M))]


def permuted(M, p):
    return [[M[i][j] for j in p] for i in p]


def shifted(M, t):
    """M + tE."""
    return [[v + t for v in row] for row in M]


def bordered(M, column, corner):
    return [[*row, c] for row, c in zip(M, column, strict=True)] + [[*column, corner]]


def motzkin_straus(adjacent, t):
    """t(A + I) − E, copositive iff t ≥ α."""
    n = len(adjacent)
    return [[t * (i == j or bool(adjacent[i][j])) - 1 for j in range(n)] for i in range(n)]


def paley(q):
    squares = {x * x % q for x in range(1, q)}
    return [[int((i - j) % q in squares) for j in range(q)] for i in range(q)]


def hamming(d, distances):
    return [[int((i ^ j).bit_count() in distances) for j in range(2**d)] for i in range(2**d)]


def random_graph(n, p, seed):
    rng = random.Random(seed)
    A = [[0] * n for _ in range(n)]
    for i in range(n):
        for j in range(i):
            A[i][j] = A[j][i] = int(rng.random() < p)
    return A


def stability_number(A):
    """By branching on a vertex: in or out."""

    def largest(free):
        if not free:
            return 0
        v = max(free, key=lambda v: sum(A[v][w] for w in free))
        rest = free - {v}
        with_v = 1 + largest({w for w in rest if not A[v][w]})
        return with_v if not any(A[v][w] for w in rest) else max(with_v, largest(rest))

    return largest(set(range(len(A))))


def random_matrices(count, seed, largest=8):
    """Small integer matrices, many of them on the boundary."""
    rng = random.Random(seed)
    for _ in range(count):
        n = rng.randint(1, largest)
        entries = rng.choice([[-1, 0, 1], [-1, 1], [-3, -2, -1, 0, 1, 2, 3, 5], [-9, -4, -1, 0, 2, 7, 11]])
        diagonal = rng.choice([[1], [0, 1], [1, 2], [3, 4, 5], [2, 9]])
        M = [[0] * n for _ in range(n)]
        for i in range(n):
            for j in range(i + 1):
                M[i][j] = M[j][i] = rng.choice(entries if i != j else diagonal)
        yield M


def regular_solution(K):
    """K^-1 1 by Gauss–Jordan elimination in fractions, None if K is singular."""
    n = len(K)
    rows = [[Fraction(v) for v in row] + [Fraction(1)] for row in K]
    for k in range(n):
        p = next((i for i in range(k, n) if rows[i][k]), None)
        if p is None:
            return None
        rows[k], rows[p] = rows[p], rows[k]
        rows[k] = [v / rows[k][k] for v in rows[k]]
        for i in range(n):
            if i != k and rows[i][k]:
                rows[i] = [a - rows[i][k] * b for a, b in zip(rows[i], rows[k], strict=True)]
    return [row[n] for row in rows]


def copositive_by_supports(M):
    """Not copositive iff some regular M_S has M_S^-1 1 ≤ 0: the inverse of a minimal violation is nonpositive."""
    n = len(M)
    for size in range(1, n + 1):
        for S in combinations(range(n), size):
            u = regular_solution([[M[i][j] for j in S] for i in S])
            if u is not None and max(u) <= 0:
                return False
    return True
