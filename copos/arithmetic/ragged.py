"""Index arithmetic: many short runs of one flat array, distinct values, trivial matrices; without a Python loop."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

Index = NDArray[Any]


def is_embedding(T: sp.csr_array) -> bool:
    """Is T = [I, 0], so that T w is the first entries of w?"""
    m = T.shape[0]
    if T.nnz != m or not (np.diff(T.indptr) == 1).all():
        return False
    return bool((T.indices == np.arange(m)).all() and (T.data == 1).all())


def distinct(values: Index, total: int) -> tuple[Index, Index]:
    """Sorted distinct values of range(total), and the place of every value among them; as np.unique, by counting.

    >>> [part.tolist() for part in distinct(np.array([5, 0, 5]), 8)]
    [[0, 5], [1, 0, 1]]
    """
    if total > 8 * len(values) + 1000:  # a table of all would be the larger
        present, place = np.unique(values, return_inverse=True)
        return present, place.ravel()
    occurs = np.zeros(total, dtype=bool)
    occurs[values] = True
    place = np.cumsum(occurs) - 1
    return np.flatnonzero(occurs), place[values]


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
