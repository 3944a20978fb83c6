"""Index arithmetic on ragged arrays: many short runs of one flat array, without a Python loop."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Index = NDArray[Any]


def expand(start: Index, length: Index) -> tuple[Index, Index]:
    """List the places start[i], …, start[i] + length[i] − 1 of every run i, with the run each belongs to.

    >>> owner, place = expand(np.array([5, 0]), np.array([2, 3]))
    >>> owner.tolist(), place.tolist()
    ([0, 0, 1, 1, 1], [5, 6, 0, 1, 2])
    """
    owner = np.repeat(np.arange(len(length)), length)
    first = np.cumsum(length) - length
    place = np.arange(len(owner)) - first[owner] + np.asarray(start)[owner]
    return owner, place
