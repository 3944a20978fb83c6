"""Powers of two of data: taken out before a search in floating point, which then does not depend on units."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class OutOfRange(Exception):
    """A number does not fit a double."""


def shifted(values: Array, by: int) -> Array:
    """2^by · values, exactly.

    Raises
    ------
    OutOfRange
        If one is too large or too small.

    Examples
    --------
    >>> shifted(np.array([3.0, 0.5]), -1).tolist()
    [1.5, 0.25]
    """
    with np.errstate(over="ignore", under="ignore"):
        out = np.ldexp(values, by)
        if not (np.ldexp(out, -by) == values).all():
            raise OutOfRange
    return out


def exponent(*arrays: Array) -> int:
    """The e with 2^(e−1) ≤ largest entry < 2^e in size; 0 for zeros.

    >>> exponent(np.array([3.0, -4.0])), exponent(np.zeros(2))
    (3, 0)
    """
    largest = max((float(np.abs(a).max(initial=0.0)) for a in arrays), default=0.0)
    return int(np.frexp(largest)[1]) if 0 < largest < np.inf else 0


def row_exponents(A: Array, b: Array) -> NDArray[np.int64]:
    """One exponent for every row of [A | b]."""
    return np.array([exponent(row, np.atleast_1d(v)) for row, v in zip(A, b, strict=True)], dtype=np.int64)
