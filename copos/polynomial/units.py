"""Powers of two of data."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


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


def exponent(values: Array) -> int:
    """The e with largest entry in [2^(e−1), 2^e); 0 for zeros.

    >>> exponent(np.array([3.0, -4.0])), exponent(np.zeros(2))
    (3, 0)
    """
    top = float(np.abs(values).max(initial=0.0))
    return int(np.frexp(top)[1]) if top else 0
