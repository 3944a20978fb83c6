"""Settings of a call as numbers that make sense, refused in words where they do not."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np


def tolerance(value: Any, name: str = "tolerance") -> float:
    """A number ≥ 0, or +∞.

    Raises
    ------
    ValueError
        If it is anything else: negative, NaN, text, True.

    Examples
    --------
    >>> tolerance(np.float32(0.5)), tolerance(0)
    (0.5, 0.0)
    """
    number = isinstance(value, (int, float, Fraction, np.integer, np.floating)) and not isinstance(value, bool)
    if number and value >= 0:
        return float(value)
    raise ValueError(f"{name} must be a number ≥ 0, got {str(value)[:40]!r}")


def seconds(value: Any, name: str = "time_limit") -> float | None:
    """Seconds ≥ 0, or None for no limit.

    >>> seconds(None) is None, seconds(2)
    (True, 2.0)
    """
    return None if value is None else tolerance(value, name)


def count(value: Any, name: str, least: int = 0) -> int:
    """An integer.

    >>> count(np.int64(3), "max_cells")
    3
    """
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool) and value >= least:
        return int(value)
    raise ValueError(f"{name} must be an integer ≥ {least}, got {str(value)[:40]!r}")


def require_kind(value: Any, name: str, *kinds: type, hint: str = "") -> None:
    """Refuse what is of none of these kinds.

    Raises
    ------
    TypeError
        With the kinds, what came instead, and a hint.

    Examples
    --------
    >>> require_kind([[1]], "program", dict, hint="a dict is a dict")
    Traceback (most recent call last):
    TypeError: program must be a dict, got a list; a dict is a dict
    """
    if not isinstance(value, kinds):
        expected = " or a ".join(kind.__name__ for kind in kinds)
        more = f"; {hint}" if hint else ""
        raise TypeError(f"{name} must be a {expected}, got a {type(value).__name__}{more}")
