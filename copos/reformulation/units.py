"""Powers of two that bring data to size one before a search in floating point, so that it does not depend on units."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def exponent(*arrays: Array) -> int:
    """The k with 2^(k-1) ≤ largest entry < 2^k in size; 0 for zeros.

    >>> exponent(np.array([0.75, -6.0])), exponent(np.zeros(2))
    (3, 0)
    """
    largest = max((float(np.abs(a).max(initial=0.0)) for a in arrays), default=0.0)
    return int(np.frexp(largest)[1]) if 0 < largest < np.inf else 0


def row_exponents(A: Array, b: Array) -> NDArray[np.int64]:
    """One exponent for every row of [A | b]."""
    return np.array([exponent(row, np.atleast_1d(v)) for row, v in zip(A, b, strict=True)], dtype=np.int64)
