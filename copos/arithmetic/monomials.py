"""Monomials of one degree, as sorted rows of variable indices, and their ranks.

The monomial x_{v1} … x_{vd}, v1 ≤ … ≤ vd, has rank Σ_i C(v_i + i − 1, i): the order does not depend on the number
of variables, and for d = 2 it is the order of the triangle in `copos.arithmetic.svec`. All is array arithmetic.
"""

from __future__ import annotations

from functools import lru_cache
from math import comb
from typing import Any

import numpy as np
from numpy.typing import NDArray

Index = NDArray[Any]
_LARGEST = int(np.iinfo(np.int64).max)


def count(N: int, degree: int) -> int:
    """C(N + d − 1, d), the number of monomials of degree d in N variables."""
    return comb(N + degree - 1, degree) if N > 0 or degree == 0 else 0


@lru_cache(maxsize=64)
def _binomials(top: int, k: int) -> Index:
    """C(0, k), …, C(top, k), cut at the largest 64-bit integer."""
    table = np.array([min(comb(a, k), _LARGEST) for a in range(top + 1)], dtype=np.int64)
    table.flags.writeable = False
    return table


def rank(monomials: Index) -> Index:
    """Rank of each row of an m×d array of sorted variable indices.

    >>> rank(np.array([[0, 0], [0, 1], [1, 1]])).tolist()
    [0, 1, 2]
    """
    m, d = monomials.shape
    if m and count(int(monomials.max(initial=0)) + 1, d) > _LARGEST:
        raise OverflowError(f"monomials of degree {d} in {monomials.max() + 1} variables do not fit 64-bit ranks")
    out = np.zeros(m, dtype=np.int64)
    if m:
        for i in range(d):
            out += _binomials(int(monomials[:, i].max()) + i, i + 1)[monomials[:, i] + i]
    return out


def unrank(ranks: Index, degree: int) -> Index:
    """Inverse of `rank`: an m×d array of sorted variable indices.

    >>> unrank(np.array([3, 4, 5]), 2).tolist()
    [[0, 2], [1, 2], [2, 2]]
    """
    rest = np.array(ranks, dtype=np.int64)
    out = np.empty((len(rest), degree), dtype=np.int64)
    largest = int(rest.max(initial=0))
    for i in range(degree, 0, -1):
        top = i
        while comb(top, i) <= largest:
            top *= 2
        table = _binomials(top, i)
        w = np.searchsorted(table, rest, side="right") - 1
        rest -= table[w]
        out[:, i - 1] = w - (i - 1)
    return out


def product(a: Index, b: Index) -> Index:
    """Row-wise product of two arrays of monomials (m×d and m×e give m×(d+e))."""
    return np.sort(np.concatenate([a, b], axis=1), axis=1)


def every(N: int, degree: int) -> Index:
    """All monomials of the degree in N variables, in rank order.

    >>> every(2, 2).tolist()
    [[0, 0], [0, 1], [1, 1]]
    """
    return unrank(np.arange(count(N, degree)), degree)


def evaluate(monomials: Index, x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Value of each monomial at x ∈ R^N."""
    return np.prod(x[monomials], axis=1)
