"""Factors with fewer terms: as long as the bb' are linearly dependent, one of them can go."""

from __future__ import annotations

from fractions import Fraction

from copos.arithmetic import exact
from copos.decision.factor import Matrix, Term


def merged(terms: list[Term]) -> list[Term]:
    """Multiples of one vector as one term.

    >>> merged([(Fraction(1), [1, 1]), (Fraction(1), [2, 2])])
    [(Fraction(5, 1), [1, 1])]
    """
    sums: dict[tuple[int, ...], Fraction] = {}
    for w, b in terms:
        whole = exact.primitive(b)
        k = next(i for i, c in enumerate(whole) if c)
        key = tuple(whole)
        sums[key] = sums.get(key, Fraction(0)) + w * Fraction(b[k], whole[k]) ** 2
    return [(w, list(b)) for b, w in sums.items() if w]


def fewer(terms: list[Term]) -> list[Term]:
    """The same sum of linearly independent bb', w > 0, exactly.

    With Σ z bb' = 0 the weights w − θz give the same sum; the largest θ that leaves them nonnegative makes one zero.

    >>> every = [(Fraction(1), b) for b in ([1, 0], [0, 1], [1, 1], [1, 2])]
    >>> len(fewer(every))
    2
    """
    terms = merged(terms)
    if not terms:
        return []
    n = len(terms[0][1])
    rows = [[Fraction(b[i] * b[j]) for _, b in terms] for i in range(n) for j in range(i + 1)]
    basis = exact.null_space([row for row in rows if any(row)])
    w = [v for v, _ in terms]
    while basis:
        z = basis.pop()
        if not any(v > 0 for v in z):
            z = [-v for v in z]
        θ, p = min((w[k] / v, k) for k, v in enumerate(z) if v > 0)
        w = [a - θ * v for a, v in zip(w, z, strict=True)]
        # dependencies without term p
        basis = [[a - u[p] / z[p] * v for a, v in zip(u, z, strict=True)] for u in basis]
    return [(v, b) for v, (_, b) in zip(w, terms, strict=True) if v]


def total(terms: list[Term], n: int) -> Matrix:
    """Σ w bb'."""
    return [[sum((w * b[i] * b[j] for w, b in terms), Fraction(0)) for j in range(n)] for i in range(n)]
