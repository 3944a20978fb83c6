"""Matrices on, just inside and just outside faces of the completely positive cone, with their answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from copos.arithmetic import zeros as of_copositive
from copos.instances import extreme

Rows = list[list[Fraction]]


class Case(NamedTuple):
    """`M` has a known answer; `where` says how it was made."""

    family: str
    where: str
    M: Rows
    answer: bool


def rays() -> dict[str, Rows]:
    """Exceptional extreme matrices of orders 5 to 12, or copositive ones with as many zeros; all entries rational."""
    uneven = [Fraction(1, 9), Fraction(1, 2), Fraction(2, 7), Fraction(1, 20), Fraction(1, 3)]
    horn = extreme.distance_signs(extreme.cyclic_graph(5, [1]), 5)
    found = {
        "Horn": horn,
        "Hildebrand, equal": extreme.rational_hildebrand([Fraction(1, 4)] * 5),
        "Hildebrand": extreme.rational_hildebrand([Fraction(k, 12) for k in (2, 3, 4, 1, 5)]),
        "Hildebrand, uneven": extreme.rational_hildebrand(uneven),
        "Horn, one double": extreme.doubled(horn, 0),
        "Hildebrand, one double": extreme.doubled(extreme.rational_hildebrand([Fraction(1, 5)] * 5), 2),
        "circulant 6": circulant(6, "-9/10"),
        "Hoffman–Pereira 7": extreme.distance_signs(extreme.cyclic_graph(7, [1]), 7),
        "Horn, two double": extreme.doubled(extreme.doubled(horn, 0), 2),
        "circulant 7": circulant(7, "-19/20", "-3/4"),
        "signs 8": extreme.distance_signs(extreme.cyclic_graph(8, [1, 4]), 8),
        "Hoffman–Pereira 9": extreme.distance_signs(extreme.cyclic_graph(9, [1]), 9),
        "circulant 9": circulant(9, "-19/20", "-3/4", "0"),
        "signs 10": extreme.distance_signs(extreme.cyclic_graph(10, [1, 4]), 10),
        "signs 10, far": extreme.distance_signs(extreme.cyclic_graph(10, [2, 5]), 10),
        "Petersen": extreme.distance_signs(petersen(), 10),
        "signs 11": extreme.distance_signs(extreme.cyclic_graph(11, [1, 3]), 11),
        "Hoffman–Pereira 11": extreme.distance_signs(extreme.cyclic_graph(11, [1]), 11),
        "signs 12": extreme.distance_signs(extreme.cyclic_graph(12, [2, 3]), 12),
    }
    return found


def circulant(n: int, *cosines: str) -> Rows:
    """`circulant_zeros` of order n."""
    A = extreme.circulant_zeros(n, [Fraction(c) for c in cosines])
    assert A is not None
    return A


def petersen() -> list[tuple[int, int]]:
    """Edges of the Petersen graph."""
    return [*((i, (i + 1) % 5) for i in range(5)), *((i, i + 5) for i in range(5)),
            *((5 + i, 5 + (i + 2) % 5) for i in range(5))]  # fmt: skip


def product(columns: list[list[int]]) -> Rows:
    """BB'."""
    n = len(columns[0])
    return [[Fraction(sum(b[i] * b[j] for b in columns)) for j in range(n)] for i in range(n)]


def inner(A: Rows, M: Rows) -> Fraction:
    """<A, M>."""
    return sum((a * m for r, s in zip(A, M, strict=True) for a, m in zip(r, s, strict=True)), Fraction(0))


def shifted(M: Rows, A: Rows, ε: Fraction, rng: np.random.Generator) -> Rows:
    """M + εS, S ≥ 0 diagonally dominant for ε > 0, and with <A, S> > 0 in any case; in units of the largest entry."""
    n, size = len(M), max(max(row) for row in M)
    while True:
        S = np.triu(rng.integers(0, 3, (n, n)), 1)
        S = S + S.T
        S += np.diag(S.sum(axis=1) + rng.integers(1, 4, n))
        if inner(A, [[Fraction(int(v)) for v in row] for row in S]) > 0:
            return [[m + ε * size * int(s) for m, s in zip(r, q, strict=True)] for r, q in zip(M, S, strict=True)]


def hidden(M: Rows, columns: list[list[int]], A: Rows, ε: Fraction, rng: np.random.Generator) -> Rows | None:
    """M − ε Σ cc', c in the range of M and inside of its zero pattern, c'Ac > 0: only A tells it from a product."""
    n, size = len(M), max(max(row) for row in M)
    found: list[list[int]] = []
    for _ in range(50):
        a, b = rng.integers(len(columns), size=2)
        c = [p + q for p, q in zip(columns[a], columns[b], strict=True)]
        at = [i for i in range(n) if c[i]]
        if inner(A, product([c])) > 0 and all(M[i][j] for i in at for j in at):
            found.append(c)
    if not found:
        return None
    S = product(found[:3])
    top = max(max(row) for row in S)
    return [[m - ε * size * s / top for m, s in zip(p, q, strict=True)] for p, q in zip(M, S, strict=True)]


def cases(each: int, orders: Sequence[int], seed: int = 0) -> Iterator[Case]:
    """`each` faces of DAD for every family of these orders: few and many columns; the same ±ε, also along the face."""
    for name, A in rays().items():
        n = len(A)
        if n not in orders:
            continue
        rng = np.random.default_rng([seed, n, sum(map(ord, name))])
        zeros = of_copositive.minimal_zeros(A)
        pairs = of_copositive.compatible(A, zeros)
        for k in range(each):
            d = [Fraction(int(v)) if k else Fraction(1) for v in rng.integers(1, 5, n)]
            order = rng.permutation(n).tolist() if k else list(range(n))
            B = [columns_of(u, d, order) for u in zeros]
            count = int(rng.integers(max(2, n - 2), 2 * n + 2))
            columns = [column(B, pairs, rng) for _ in range(count)]
            M = product(columns)
            D = extreme.scaled(A, d, order)
            yield Case(name, "on", M, True)
            ε = Fraction(1, 10 ** int(rng.integers(3, 11)))
            yield Case(name, f"inside {float(ε):.0e}", shifted(M, D, ε, rng), True)
            yield Case(name, f"outside {float(ε):.0e}", shifted(M, D, -ε, rng), False)
            less = hidden(M, columns, D, ε, rng)
            if less is not None:
                yield Case(name, f"hidden {float(ε):.0e}", less, False)


def columns_of(u: list[int], d: list[Fraction], order: list[int]) -> list[int]:
    """The zero of DAD, reordered, that belongs to the zero u of A."""
    v = [Fraction(u[i]) / d[i] for i in order]
    whole = 1
    for x in v:
        whole = whole * x.denominator // np.gcd(whole, x.denominator)
    return [int(x * int(whole)) for x in v]


def column(B: list[list[int]], pairs: set[tuple[int, int]], rng: np.random.Generator) -> list[int]:
    """A random combination of one, two or three pairwise compatible zeros."""
    at: list[int] = []
    for k in rng.permutation(len(B)).tolist()[: len(B) if rng.random() < 0.7 else 1]:
        if len(at) < 3 and all((min(k, l), max(k, l)) in pairs for l in at):
            at.append(k)
    weights = rng.integers(1, 4, len(at)).tolist()
    return [sum(w * B[k][i] for w, k in zip(weights, at, strict=True)) for i in range(len(B[0]))]
