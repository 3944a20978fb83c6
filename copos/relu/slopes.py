"""From slopes in doubles to what the checker reads, integers over a power of two, and to the exact bound they prove."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.checker import check_relu as checker
from copos.checker.check_reading import Rejected, Unreadable
from copos.reformulation.relu_given import GivenNetwork, Range
from copos.relu.linear import power

Vector = NDArray[np.float64]
DIGITS = 50  # bits of a slope, beside what the objective and the range of its neuron are
SHORT = 44  # bits of the end of a range that is rounded
EXACT = 70  # bits of one that is not


def written_slopes(slopes: Sequence[Vector], units: Sequence[Sequence[int]], unit: int) -> list[list[int]] | None:
    """Rows [d, s_1, …] of the layers from the last to the first, for an objective of size 2^unit."""
    out = []
    for row, e in zip(reversed(slopes), reversed(units), strict=True):
        if not np.isfinite(row).all():
            return None
        q = unit - DIGITS - max(e)
        mantissa, exponent = np.frexp(row)
        whole = [_rounded(m, x - q) for m, x in zip(mantissa.tolist(), exponent.tolist(), strict=True)]
        out.append([1 << max(-q, 0), *(v << max(q, 0) for v in whole)])
    return out


def _rounded(mantissa: float, exponent: int) -> int:
    """The integer nearest to mantissa·2^exponent."""
    top = int(mantissa * 2.0**53)
    shift = exponent - 53
    return top << shift if shift >= 0 else (top + (1 << (-shift - 1))) >> -shift


def bound(
    asked: checker.Asked, k: int, kappa: Sequence[Any], slopes: list[list[int]], ends: checker.Ends
) -> Fraction | None:
    """The bound of κ'z_k that slopes prove; None if the checker refuses them."""
    try:
        return Fraction(checker.bound(asked, k, kappa, slopes, ends))
    except (Rejected, Unreadable):
        return None


def down(value: Fraction) -> Fraction:
    """A short number at most a value, the value itself where that is short."""
    if value.numerator.bit_length() + value.denominator.bit_length() <= EXACT:
        return value
    unit = Fraction(2) ** (power(abs(value)) - SHORT)
    return (value // unit) * unit


def backwards(
    network: GivenNetwork, k: int, kappa: Vector, ranges: Sequence[Vector]
) -> list[Vector]:  # fmt: skip
    """Slopes for the rows of κ (m, n_k), last layer first: (m, n_{k−1}), …, chosen one layer after the other.

    Of ν ≥ 0 the line below max(z, 0) that is closer in the mean, of ν < 0 the chord [ZhangEtAl2018].
    """
    out = []
    for j in range(k - 1, -1, -1):
        nu = kappa @ network.floats[j + 1][0]
        low, high = ranges[j][:, 0], ranges[j][:, 1]
        with np.errstate(divide="ignore", invalid="ignore"):
            chord = np.where(low >= 0, 1.0, np.where(high <= 0, 0.0, high / (high - low)))
        below = np.where(low >= 0, 1.0, np.where(high <= 0, 0.0, (high > -low).astype(float)))
        kappa = np.where(nu >= 0, below, chord) * nu
        out.append(kappa)
    return out


def in_floats(ranges: Sequence[Sequence[Range]]) -> list[Vector]:
    """(n_k, 2) for every layer."""
    return [np.array([[float(l), float(u)] for l, u in layer]).reshape(-1, 2) for layer in ranges]
