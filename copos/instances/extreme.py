"""Exceptional extreme rays of the copositive cone with rational or algebraic entries, by formulas.

Exceptional: not a sum of a semidefinite and a nonnegative matrix. Their zeros (`copos.arithmetic.zeros`) are rational,
and span the faces of the completely positive cone where it differs from the doubly nonnegative one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

import numpy as np

from copos.arithmetic import exact
from copos.arithmetic.number_field import AlgebraicNumber, cosines

Rational = int | Fraction
Rows = list[list[Fraction]]


def distance_signs(edges: Iterable[tuple[int, int]], n: int) -> Rows:
    """1 on the diagonal, −1 on edges, 1 at distance two, 0 further apart [HoffmanPereira1973, Thm 1].

    Copositive and extreme for connected graphs without triangles that have diameter two [HaynsworthHoffman1969], and
    for some of larger diameter, such as the heptagon.

    Examples
    --------
    >>> [int(v) for v in distance_signs([(i, (i + 1) % 7) for i in range(7)], 7)[0]]
    [1, -1, 1, 0, 0, 1, -1]
    """
    A = np.zeros((n, n), dtype=int)
    for i, j in edges:
        A[i, j] = A[j, i] = 1
    two = (A @ A > 0) & (A == 0)
    M = np.where(A > 0, -1, np.where(two, 1, 0))
    np.fill_diagonal(M, 1)
    return [[Fraction(int(v)) for v in row] for row in M]


def cyclic_graph(n: int, steps: Sequence[int]) -> list[tuple[int, int]]:
    """The edges {i, i + s} mod n of a circulant graph."""
    return sorted({(min(i, (i + s) % n), max(i, (i + s) % n)) for i in range(n) for s in steps})


def rational_hildebrand(tangents: Sequence[Rational]) -> Rows:
    """T(ψ) [Hildebrand2012] at angles with rational tan(ψ_i/2) > 0, so that all cosines and zeros are rational.

    Raises
    ------
    ValueError
        Unless there are five positive tangents with Σψ_i < π.

    Examples
    --------
    >>> T = rational_hildebrand([Fraction(1, 4)] * 5)
    >>> T[0][1], T[0][2]
    (Fraction(-15, 17), Fraction(161, 289))
    """
    t = [Fraction(v) for v in tangents]
    if len(t) != 5 or min(t) <= 0 or sum(2 * np.arctan(float(v)) for v in t) >= np.pi:
        raise ValueError(f"expected five positive tangents of half angles with a sum below π, got {tangents!r}")
    c, s = [(1 - v * v) / (1 + v * v) for v in t], [2 * v / (1 + v * v) for v in t]
    T = [[Fraction(int(i == j)) for j in range(5)] for i in range(5)]
    for i in range(5):
        a, b = (i + 3) % 5, (i + 4) % 5
        T[i][(i + 1) % 5] = T[(i + 1) % 5][i] = -c[a]
        T[i][(i + 2) % 5] = T[(i + 2) % 5][i] = c[a] * c[b] - s[a] * s[b]
    return T


def algebraic_hildebrand(multiples: Sequence[int], m: int) -> list[list[AlgebraicNumber]]:
    """T(ψ) [Hildebrand2012] at the angles ψ_i = k_i π/m, with entries and zeros in the field of cos π/m.

    Raises
    ------
    ValueError
        Unless there are five positive k_i with Σk_i < m.

    Examples
    --------
    >>> T = algebraic_hildebrand([1, 1, 1, 1, 1], 7)
    >>> T[0][:3], float(T[0][2])
    ([1, -1/2·α, -1 + 1/2·α^2], 0.6234898018587335)
    """
    k = [int(v) for v in multiples]
    if len(k) != 5 or min(k) <= 0 or sum(k) >= m:
        raise ValueError(f"expected five positive multiples of π/{m} with a sum below π, got {multiples!r}")
    cos = cosines(m)
    T = [[cos[0] * int(i == j) for j in range(5)] for i in range(5)]
    for i in range(5):
        a, b = (i + 3) % 5, (i + 4) % 5
        T[i][(i + 1) % 5] = T[(i + 1) % 5][i] = -cos[k[a]]
        T[i][(i + 2) % 5] = T[(i + 2) % 5][i] = cos[k[a] + k[b]]
    return T


def circulant_zeros(n: int, cosines: Sequence[Rational], last: Rational = 1) -> Rows | None:
    """A circulant whose zeros are the shifts of u = (Π (z² − 2c_jz + 1))·(z + 1 for even n) [Hildebrand2017].

    On n − 2 neighbours it is the Toeplitz matrix of a_k = Σ λ_j T_k(c_j) (+ λ(−1)^k for even n), so that u spans its
    kernel; a_k = a_{n−k} for 3 ≤ k < n/2 fixes the λ_j, and every λ will do: (−1)^k is itself such a circulant, a
    semidefinite one, so that λ = 0 is the extreme case, where u/(z + 1) is in the kernel, too. None unless all λ_j > 0,
    λ ≥ 0 and u > 0.

    Parameters
    ----------
    n : order ≥ 6
    cosines : (n − 3) // 2 rational numbers between −1 and 1
    last : λ relative to that of the first cosine, for even n

    Examples
    --------
    >>> A = circulant_zeros(7, [Fraction(-3, 4), Fraction(-1, 10)])
    >>> A is not None and A[0][3] == A[0][4]
    True
    """
    points = [Fraction(c) for c in cosines]
    chebyshev = [[Fraction(1), c] for c in points]
    for row, c in zip(chebyshev, points, strict=True):
        while len(row) < n - 2:
            row.append(2 * c * row[-1] - row[-2])
    system = [[row[k] - row[n - k] for row in chebyshev] for k in range(3, (n + 1) // 2)]
    kernel = exact.null_space(system) if system else [[Fraction(1)]]
    u = [Fraction(1)]
    for c in points:
        u = _times(u, [Fraction(1), -2 * c, Fraction(1)])
    u = _times(u, [Fraction(1), Fraction(1)]) if n % 2 == 0 else u
    if len(kernel) != 1 or min(u) <= 0 or last < 0:
        return None
    weights = kernel[0] if kernel[0][0] > 0 else [-v for v in kernel[0]]
    if min(weights) <= 0:
        return None
    a = [sum((w * row[k] for w, row in zip(weights, chebyshev, strict=True)), Fraction(0)) for k in range(n // 2 + 1)]
    if n % 2 == 0:
        a = [v + weights[0] * Fraction(last) * (-1) ** k for k, v in enumerate(a)]
    return [[a[min((i - j) % n, (j - i) % n)] / a[0] for j in range(n)] for i in range(n)]


def evenly_spaced(n: int, first: Rational, step: Rational) -> list[Fraction]:
    """(n − 3) // 2 cosines of ζ_j = θ + jα from tan(θ/4) and tan(α/4), for `circulant_zeros` [Hildebrand2017, Thm 9].

    >>> evenly_spaced(7, Fraction(1, 2), Fraction(1, 5))
    [Fraction(-7, 25), Fraction(-3713, 4225)]
    """
    a, b = ((1 - t * t, 2 * t, 1 + t * t) for t in (Fraction(first), Fraction(step)))
    x, y, c, s = a[0] / a[2], a[1] / a[2], b[0] / b[2], b[1] / b[2]  # of the half angles
    out = []
    for _ in range((n - 3) // 2):
        out.append(x * x - y * y)
        x, y = x * c - y * s, x * s + y * c
    return out


def beside(A: Rows, m: int) -> Rows:
    """(m − 1)A ⊕ (mI − E_m): in no level if A is copositive and not in level 0 [LaurentVargas2023, Thm 3.2].

    >>> [int(v) for v in beside([[Fraction(1)]], 2)[2]]
    [0, -1, 1]
    """
    n = len(A)
    out = [[Fraction(0)] * (n + m) for _ in range(n + m)]
    for i, row in enumerate(A):
        out[i][:n] = [(m - 1) * v for v in row]
    for i in range(m):
        out[n + i][n:] = [Fraction(m * (i == j) - 1) for j in range(m)]
    return out


def _times(a: list[Fraction], b: list[Fraction]) -> list[Fraction]:
    """The product of two polynomials."""
    out = [Fraction(0)] * (len(a) + len(b) - 1)
    for i, p in enumerate(a):
        for j, q in enumerate(b):
            out[i + j] += p * q
    return out


def doubled(A: Rows, i: int) -> Rows:
    """A with row and column i repeated at the end: extreme again if A is [Baumert1966, Thm 3.8]."""
    at = [*range(len(A)), i]
    return [[A[p][q] for q in at] for p in at]


def scaled(A: Rows, d: Sequence[Rational], order: Sequence[int] | None = None) -> Rows:
    """DAD with its rows and columns in another order: (DAD)_{σ(i)σ(j)}."""
    at = list(range(len(A))) if order is None else list(order)
    return [[A[i][j] * d[i] * d[j] for j in at] for i in at]
