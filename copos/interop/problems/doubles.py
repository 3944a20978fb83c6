"""Numbers of models that hold floats: each means its dyadic value, 0.1 the double next to 1/10."""

from __future__ import annotations

import math
from typing import Any

from copos.arithmetic.rationals import Rational, rational
from copos.interop.problems.lines import INFINITE


def exact(value: Any, what: str) -> Rational:
    """The rational number that a float is.

    Raises
    ------
    ValueError
        If it is not finite.
    """
    if not math.isfinite(value):
        raise ValueError(f"{what} is {value}; expected a finite number")
    return rational(value)


def side(value: Any, what: str, sign: int) -> Rational | None:
    """A bound, None where it is infinite or beyond 10²⁰ on its own side: sign −1 for lower, 1 for upper bounds.

    Raises
    ------
    ValueError
        If it is NaN, or infinite on the other side.
    """
    if math.isnan(value) or -sign * value >= INFINITE:
        raise ValueError(f"a bound of {what} is {value}")
    return None if sign * value >= INFINITE else rational(value)
