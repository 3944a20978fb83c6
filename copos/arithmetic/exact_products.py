"""Products A B' of rational matrices without rounding, at the speed of floating-point matrix products.

A row is a power of two (or a reciprocal integer) times integers, and these are cut into limbs so short that
products of limbs, summed over all columns, stay below 2^53: there floating-point arithmetic is exact.
"""

from __future__ import annotations

from fractions import Fraction
from math import lcm
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.rationals import Rational, exact_array, rational

Matrix = NDArray[Any]


class Limbs(NamedTuple):
    """M_it = unit_i Σ_s parts_s[i, t] 2^{width·s}, with whole parts of at most 2^{width − 1} in size."""

    unit: list[Fraction]
    parts: list[NDArray[np.float64]]
    width: int


def gram(left: Any, right: Any, weights: Any = None) -> Matrix:
    """Σ_t w_t left_at right_bt, exactly, as an array of ints and Fractions.

    Parameters
    ----------
    left, right : (m, n) and (k, n) arrays of doubles, or of ints, Fractions and Decimals as objects
    weights : (n,) of the same kinds, all one unless given

    Examples
    --------
    >>> gram(np.array([[0.1, 1e20]]), np.array([[1.0, 1.0]]))[0, 0] == 10**20 + Fraction(0.1)
    True
    """
    same = left is right
    if weights is not None:
        left = objects(left) * objects(weights)[None, :]
        same = False
    # a sum of n products of parts is at most n·4^(width − 1) ≤ 2^53
    width = int((53 - np.log2(max(np.shape(right)[1], 1))) / 2) + 1
    A = limbs(left, width)
    B = A if same else limbs(right, width)
    m, k = len(A.unit), len(B.unit)
    left = np.concatenate(A.parts)
    # one product for all pairs of limbs; of one matrix with itself, at half the price
    products = (left @ left.T if same else left @ np.concatenate(B.parts).T).reshape(len(A.parts), m, len(B.parts), k)
    total = np.zeros((m, k), dtype=object)
    for s in range(len(A.parts) + len(B.parts) - 1):
        first = max(0, s - len(B.parts) + 1)
        pairs = [products[a, :, s - a].astype(np.int64) for a in range(first, min(s + 1, len(A.parts)))]
        total = total + np.sum(pairs, axis=0).astype(object) * (1 << width * s)
    out = np.empty((m, k), dtype=object)
    for i, row in enumerate(total.tolist()):
        for j, c in enumerate(row[: i + 1] if same else row):
            out[i, j] = _times(c, A.unit[i], B.unit[j])
            if same:
                out[j, i] = out[i, j]
    return out


def _times(c: int, p: Fraction, q: Fraction) -> Rational:
    """c·p·q, quickly where p and q are powers of two or their reciprocals."""
    top, bottom = c * p.numerator * q.numerator, p.denominator * q.denominator
    if bottom == 1:
        return top
    ratio = Fraction(top, bottom)
    return ratio.numerator if ratio.denominator == 1 else ratio


def limbs(M: Any, width: int) -> Limbs:
    """A matrix in limbs."""
    M = np.asarray(M)
    exact = exact_array(M)
    return _of_rationals(exact, width) if exact is not None else _of_doubles(np.asarray(M, dtype=float), width)


def _of_doubles(M: NDArray[np.float64], width: int) -> Limbs:
    if not np.isfinite(M).all():
        raise OverflowError("a product of numbers beyond the doubles")
    exponent = np.frexp(np.abs(M).max(axis=1, initial=0.0))[1].astype(int)
    # in two steps, because 2^1100 is no double
    half = exponent // 2
    rest = np.ldexp(np.ldexp(M, -half[:, None]), -(exponent - half)[:, None]) if _normal(M, exponent) else None
    if rest is None:
        return _of_rationals(objects(M), width)
    parts: list[NDArray[np.float64]] = []
    while rest.any():
        rest = np.ldexp(rest, width - 1 if not parts else width)
        whole = np.rint(rest)
        parts.append(whole)
        rest = rest - whole
    parts = parts or [np.zeros(M.shape)]
    steps = width * (len(parts) - 1) + width - 1
    unit = [Fraction(2) ** (int(e) - steps) for e in exponent]
    return Limbs(unit, parts[::-1], width)


def _normal(M: NDArray[np.float64], exponent: Any) -> bool:
    """Does every entry keep all its bits when its row is scaled to at most 1?"""
    small = np.frexp(M)[1][M != 0]
    spread = (exponent[:, None] - np.frexp(M)[1])[M != 0]
    return bool(small.size == 0 or (spread.max() < 400 and small.min() > -1000))


def _of_rationals(M: Matrix, width: int) -> Limbs:
    unit, rows = [], []
    for row in M.tolist():
        bottom = lcm(*(v.denominator for v in row)) if row else 1
        rows.append([v.numerator * (bottom // v.denominator) for v in row])
        unit.append(Fraction(1, bottom))
    rest = np.empty(M.shape, dtype=object)
    for i, row in enumerate(rows):
        rest[i] = row
    if max((abs(v).bit_length() for row in rows for v in row), default=0) < 62:
        rest = rest.astype(np.int64)
    half, parts = 1 << width - 1, []
    while rest.any():
        low = ((rest + half) & (2 * half - 1)) - half
        parts.append(low.astype(float))
        rest = (rest - low) >> width
    return Limbs(unit, parts or [np.zeros(M.shape)], width)


def objects(M: Any) -> Matrix:
    """The entries as ints and Fractions."""
    M = np.asarray(M)
    found = exact_array(M)
    if found is not None:
        return found
    out = np.empty(M.shape, dtype=object)
    out.ravel()[:] = [rational(v) for v in M.ravel().tolist()]
    return out
