"""Symmetric matrices of orders 1 to 9, many of them on the boundary of the copositive cone; each depends on k alone."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np

from copos.instances import extreme

Rng = np.random.Generator
Rows = list[list[Fraction]]


def exactly(A: np.ndarray | list[list[int]]) -> Rows:
    """Rows of fractions."""
    return [[Fraction(v) for v in row] for row in (A.tolist() if isinstance(A, np.ndarray) else A)]


def integers(rng: Rng) -> Rows:
    """Few different small entries."""
    n = int(rng.integers(1, 10))
    entries = [[-1, 0, 1], [-1, 1], [-3, -2, -1, 0, 1, 2, 3, 5], [-9, -4, -1, 0, 2, 7, 11]][rng.integers(4)]
    diagonal = [[1], [0, 1], [1, 2], [3, 4, 5], [2, 9]][rng.integers(5)]
    A = np.triu(rng.choice(entries, (n, n)), 1)
    return exactly(A + A.T + np.diag(rng.choice(diagonal, n)))


def circulants(rng: Rng) -> Rows:
    """c_|i−j| mod n with small entries."""
    n = int(rng.integers(3, 10))
    half = [int(rng.integers(1, 5)), *rng.integers(-4, 7, n // 2).tolist()]
    return [[Fraction(half[min((i - j) % n, (j - i) % n)]) for j in range(n)] for i in range(n)]


def rays(rng: Rng) -> Rows:
    """Exceptional extreme matrices: Horn's, Hildebrand's, circulants, signs of distances, perhaps with a double."""
    kind, A = int(rng.integers(4)), None
    while A is None:
        if kind == 0:
            A = extreme.distance_signs(extreme.cyclic_graph(5, [1]), 5)
        elif kind == 1:
            t = [Fraction(int(a), int(b)) for a, b in zip(rng.integers(1, 5, 5), rng.integers(8, 25, 5), strict=True)]
            A = extreme.rational_hildebrand(t) if sum(2 * np.arctan(float(v)) for v in t) < np.pi else None
        elif kind == 2:
            n = int(rng.integers(6, 9))
            cosines = sorted(Fraction(-int(v), 20) for v in rng.choice(np.arange(1, 20), (n - 3) // 2, replace=False))
            A = extreme.circulant_zeros(n, cosines)
        else:
            n, steps = [(7, [1]), (8, [1, 4]), (9, [1])][rng.integers(3)]
            A = extreme.distance_signs(extreme.cyclic_graph(n, steps), n)
    return extreme.doubled(A, int(rng.integers(len(A)))) if len(A) < 9 and rng.random() < 0.3 else A


def scaled_rays(rng: Rng) -> Rows:
    """DAD in another order, A one of `rays`."""
    A = rays(rng)
    d = [Fraction(int(a), int(b)) for a, b in zip(rng.integers(1, 8, len(A)), rng.integers(1, 8, len(A)), strict=True)]
    return extreme.scaled(A, d, rng.permutation(len(A)).tolist())


def beside_rays(rng: Rng) -> Rows:
    """One of `scaled_rays` with an entry, or all, moved by ±ε, ε between 1e-3 and 1e-12."""
    A = scaled_rays(rng)
    n, ε = len(A), Fraction(int(rng.choice([-1, 1])), 10 ** int(rng.integers(3, 13)))
    i, j = rng.integers(n, size=2).tolist()
    everywhere = rng.random() < 0.3
    return [[v + ε * (everywhere or {p, q} == {i, j}) for q, v in enumerate(row)] for p, row in enumerate(A)]


def graphs(rng: Rng) -> Rows:
    """t(A + I) − E of a random graph, t an integer, perhaps 1/1000 beside it: copositive iff t ≥ α."""
    n = int(rng.integers(2, 10))
    A = np.triu(rng.random((n, n)) < rng.choice([0.2, 0.4, 0.6, 0.8]), 1)
    t = int(rng.integers(1, n // 2 + 2)) + Fraction(int(rng.choice([-1, 0, 0, 1])), 1000)
    return [[t * int(i == j or A[i, j] or A[j, i]) - 1 for j in range(n)] for i in range(n)]


def gram(rng: Rng) -> Rows:
    """BB' + N, B with few columns and N ≥ 0, perhaps less εvv', v ≥ 0."""
    n = int(rng.integers(2, 10))
    B = rng.integers(-3, 4, (n, int(rng.integers(1, n + 1))))
    N = np.triu(rng.integers(0, 3, (n, n)) * (rng.random((n, n)) < 0.2), 1)
    A = exactly(B @ B.T + N + N.T)
    if rng.random() < 0.5:
        v, ε = rng.integers(0, 3, n).tolist(), Fraction(1, 10 ** int(rng.integers(0, 10)))
        A = [[a - ε * v[i] * v[j] for j, a in enumerate(row)] for i, row in enumerate(A)]
    return A


def floats(rng: Rng) -> Rows:
    """DAD of one of `rays` in floating point: on the boundary but for rounding, or with a diagonal little larger."""
    A = np.array([[float(v) for v in row] for row in rays(rng)])
    d = rng.random(len(A)) + 0.1
    M = A * np.outer(d, d) + float(rng.choice([0, 1e-16, 1e-15, 1e-14])) * np.eye(len(A))
    return exactly((M + M.T) / 2)


KINDS: dict[str, Callable[[Rng], Rows]] = {
    "integers": integers, "circulants": circulants, "extreme": scaled_rays, "extreme ± ε": beside_rays,
    "graphs": graphs, "Gram matrices": gram, "floats": floats,
}  # fmt: skip


def drawn(kind: str, k: int) -> Rows:
    """Matrix k of a kind."""
    return KINDS[kind](np.random.default_rng([24, list(KINDS).index(kind), k]))
