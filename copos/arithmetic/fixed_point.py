"""Linear algebra with many digits, in integers over a power of two: arrays M stand for M / 2^bits."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.rationals import Rational

Matrix = NDArray[Any]


class Short(Exception):
    """More bits are needed, or the matrix is not positive definite."""


def cholesky(M: Matrix, bits: int, least: int) -> Matrix:
    """Lower L with LL' ≈ M in fixed point; `Short` if a pivot is not clearly positive."""
    n = len(M)
    L = np.zeros((n, n), dtype=object)
    # a pivot keeps a third of the bits at least
    small = max(least, 1 << bits // 3)
    for j in range(n):
        pivot = (int(M[j, j]) << bits) - int(L[j, :j] @ L[j, :j]) if j else int(M[j, j]) << bits
        if pivot >> bits <= small:
            raise Short
        root = isqrt(pivot)
        L[j, j] = root
        if j + 1 < n:
            column = M[j + 1 :, j] * (1 << bits)
            if j:
                column = column - L[j + 1 :, :j] @ L[j, :j]
            L[j + 1 :, j] = column // root
    return L


def forward(L: Matrix, B: Matrix, bits: int) -> Matrix:
    """L⁻¹ B in fixed point."""
    X = np.zeros(B.shape, dtype=object)
    for i in range(len(L)):
        row = B[i] * (1 << bits)
        if i:
            row = row - L[i, :i] @ X[:i]
        X[i] = row // int(L[i, i])
    return X


def fixed(rows: list[list[Any]], bits: int) -> Matrix:
    """Numbers times 2^bits, rounded down to integers."""
    out = np.empty((len(rows), len(rows[0]) if rows else 0), dtype=object)
    for i, row in enumerate(rows):
        for j, v in enumerate(row):
            if isinstance(v, float):
                v = Fraction(v)
            out[i, j] = (v.numerator << bits) // v.denominator
    return out


def scaled(rows: list[list[Any]], left: list[int], right: list[int], bits: int) -> Matrix:
    """Rationals M_ij 2^{left_i + right_j} times 2^bits, rounded down to integers."""
    out = np.empty((len(left), len(right)), dtype=object)
    for i, (row, e) in enumerate(zip(rows, left, strict=True)):
        for j, (v, f) in enumerate(zip(row, right, strict=True)):
            k = bits + e + f
            out[i, j] = (v.numerator << k) // v.denominator if k >= 0 else v.numerator // (v.denominator << -k)
    return out


def exponent(v: Rational | int) -> int:
    """The exponent of a positive or negative number: 2^{e−1} ≤ |v| < 2^{e+1}."""
    return abs(v.numerator).bit_length() - v.denominator.bit_length()


def power(e: int) -> Fraction:
    """2^e."""
    return Fraction(1 << e) if e >= 0 else Fraction(1, 1 << -e)


def short_above(value: Rational, bits: int = 16) -> Fraction:
    """The number rounded up to so many bits, 0 if it is none above 0: proofs then compute with short integers."""
    if value <= 0:
        return Fraction(0)
    unit = power(exponent(value) - bits)
    return -((-value / unit).__floor__()) * unit


def nearest(values: NDArray[np.float64], precision: int, doublings: int = 0) -> tuple[list[int], int]:
    """Integers N and k ≥ 0 with values · 2^doublings near N/2^k, the largest of them of so many bits.

    >>> nearest(np.array([0.75, -3.0]), 4)
    ([3, -12], 2)
    """
    shift = precision - int(np.frexp(np.abs(values).max(initial=0.0))[1])
    k = shift - doublings
    return [int(v) << max(0, -k) for v in np.rint(np.ldexp(values, shift))], max(k, 0)


def is_positive_definite(M: Matrix, bits: int = 768) -> bool:
    """Is a rational symmetric matrix shown to be positive definite? False may mean that it is too near the boundary.

    >>> is_positive_definite(np.array([[2, 1], [1, Fraction(2, 3)]], dtype=object))
    True
    >>> is_positive_definite(np.array([[1, 2], [2, 1]], dtype=object))
    False
    """
    n = len(M)
    if any(v <= 0 for v in np.diagonal(M)):
        return False
    units = [-exponent(v) // 2 for v in np.diagonal(M)]
    scaled = fixed([[v * power(e + f) for v, f in zip(row, units, strict=True)]
                    for row, e in zip(M.tolist(), units, strict=True)], bits)  # fmt: skip
    hold = 16 * n * n + 16
    try:
        L = cholesky(scaled - hold * np.eye(n, dtype=int).astype(object), bits, hold)
    except Short:
        return False
    # LL' is positive semidefinite whatever rounding did, and what it misses is less than what was held back
    rest = scaled * (1 << bits) - L @ L.T
    off = abs(rest).sum(axis=1) - abs(np.diagonal(rest))
    return bool((np.diagonal(rest) - (1 << bits) - n * (1 << bits) >= off).all())
