"""Exact matrix products of floats: integers over a common power of two, cut into limbs.

Limbs are so short that sums of their products are integers below 2^53, so floating-point matrix products of limbs
are exact; Python's integers are needed once per entry of the result.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Whole = NDArray[Any]  # integers, int64 or Python's
Limbs = list[Array]  # least first, signed digits in base 2^width
MANY = 400  # products of limbs, beyond which numbers are so long that Python's integers do no worse


def whole(values: Array) -> tuple[Whole, int]:
    """(N, k) with values = N/2^k for the least k that makes all of N whole.

    >>> whole(np.array([0.75, -2.0]))
    (array([ 3, -8]), 2)
    """
    mantissa, exponent = np.frexp(values)
    number = np.ldexp(mantissa, 53).astype(np.int64)
    nonzero = number != 0
    if not nonzero.any():
        return np.zeros(values.shape, dtype=np.int64), 0
    lowest = number & -number
    zeros = np.frexp(lowest.astype(float))[1] - 1  # trailing zero bits
    odd = np.where(nonzero, number >> np.where(nonzero, zeros, 0), 0)
    place = np.where(nonzero, exponent.astype(np.int64) - 53 + zeros, 0)
    least = int(place[nonzero].min())
    shift = np.where(nonzero, place - least, 0)
    if int((exponent[nonzero] - least).max()) <= 62:
        return odd << shift, -least
    return odd.astype(object) << shift.astype(object), -least


def bits(N: Whole) -> int:
    """Bits of the largest entry."""
    return int(abs(N).max()).bit_length() if N.size else 0


def limbs(N: Whole, width: int) -> Limbs:
    """N = Σ limb_s 2^{width·s} with limbs of at most 2^{width − 1} in size."""
    out, half, left = [], 1 << width - 1, N
    if N.dtype != object and bits(N) > 61:
        left = N.astype(object)
    while left.any():
        upper = (left + half) >> width
        out.append((left - (upper << width)).astype(float))
        left = upper
        if left.dtype == object and bits(left) < 61:
            left = left.astype(np.int64)
    return out or [np.zeros(N.shape)]


def _horner(parts: Sequence[Any], width: int) -> Whole:
    """Σ parts_s 2^{width·s} in Python's integers."""
    total = np.zeros(np.shape(parts[0]), dtype=object)
    for part in reversed(parts):
        total = (total << width) + np.asarray(part).astype(np.int64).astype(object)
    return total


def gram(rows: Limbs, weights: Whole, width: int) -> Whole:
    """Σ_i w_i r_i r_i' for rows in limbs of `width_for(n, 3)` bits or less."""
    heavy = limbs(weights, width)
    k = rows[0].shape[1]
    if len(rows) * len(heavy) > MANY:
        R = _horner(rows, width)
        return (R.T * weights.astype(object)) @ R
    parts = [np.zeros((k, k), dtype=np.int64) for _ in range(2 * len(rows) + len(heavy) - 2)]
    for c, w in enumerate(heavy):
        if not w.any():
            continue
        for a, left in enumerate(rows):
            weighted = left * w[:, None]
            for b, right in enumerate(rows[: a + 1]):
                P = (weighted.T @ right).astype(np.int64)
                parts[a + b + c] += P if a == b else P + P.T
    return _horner(parts, width)


def product(A: Whole, B: Whole) -> Whole:
    """AB in Python's integers."""
    width = width_for(A.shape[1], 2)
    left, right = limbs(A, width), limbs(B, width)
    if len(left) * len(right) > MANY:
        return A.astype(object) @ B.astype(object)
    parts = [np.zeros((A.shape[0], B.shape[1]), dtype=np.int64) for _ in range(len(left) + len(right) - 1)]
    for a, P in enumerate(left):
        for b, Q in enumerate(right):
            parts[a + b] += (P @ Q).astype(np.int64)
    return _horner(parts, width)


def width_for(terms: int, factors: int) -> int:
    """Bits of limbs such that sums of `terms` products of `factors` limbs stay below 2^53."""
    return (53 + factors - max(terms - 1, 1).bit_length()) // factors
