"""What was asked, as plain values that certificates repeat: tables of integers and "p/q" strings, and options.

A table of at most `INLINE` entries stands in the question itself; of a larger one there is its SHA-256, and whoever
checks the certificate gives the table. Questions are written when they are first read: most programs are solved
without that.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from copos.arithmetic.rationals import written
from copos.support.local_functions import state

INLINE = 5_000


class Question(Mapping[str, Any]):
    """The plain values, or the tables, that a function makes, at the first look.

    >>> Question(lambda: {"type": "stability number"})["type"]
    'stability number'
    """

    def __init__(self, make: Callable[[], dict[str, Any]]) -> None:
        self._make = make

    @cached_property
    def _values(self) -> dict[str, Any]:
        return self._make()

    def __getstate__(self) -> dict[str, Any]:
        return state(self)

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def rows(values: Any) -> list[list[int | str]]:
    """A table (of two axes, or of one as a single row) as plain rows.

    >>> rows(np.array([0.5, 2.0]))
    [['1/2', 2]]
    """
    return [[written(v) for v in row] for row in np.atleast_2d(values).tolist()]


def table(plain_rows: Sequence[Sequence[int | str]]) -> dict[str, Any]:
    """The rows, or their SHA-256 and shape where they are many."""
    shape = [len(plain_rows), len(plain_rows[0]) if plain_rows else 0]
    if shape[0] * shape[1] <= INLINE:
        return {"rows": plain_rows}
    text = json.dumps(plain_rows, separators=(",", ":"))
    return {"sha256": hashlib.sha256(text.encode()).hexdigest(), "shape": shape}
