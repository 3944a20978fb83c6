"""Zeros of copositive matrices: u ≥ 0, u ≠ 0, u'Au = 0; minimal ones, from which all others are made.

A zero is minimal if no zero has a smaller support. Every zero is a nonnegative combination of pairwise compatible
(u'Av = 0) minimal ones, and every such combination is a zero [Hildebrand2014].
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic import exact

Rows = Sequence[Sequence[int | Fraction]]
Zero = list[int]
SHARP = 1e-9  # an eigenvalue that may be zero, where the entries are rounded once only


def minimal_zeros(A: Rows) -> list[Zero]:
    """The minimal zeros of a copositive matrix, up to factors; exact, for orders up to twelve or so.

    I is the support of one iff A_I is semidefinite of corank one with a positive kernel [Hildebrand2014]; its proper
    parts are definite then, so that only definite parts are ever enlarged.

    Examples
    --------
    >>> minimal_zeros([[1, -1, 1], [-1, 1, -1], [1, -1, 1]])
    [[1, 1, 0], [0, 1, 1]]
    """
    n = len(A)
    size = max(abs(v) for row in A for v in row) or 1
    F = np.array([[float(Fraction(v) / size) for v in row] for row in A])
    found: list[Zero] = []
    for I, _ in singular_parts(F, SHARP):
        kernel = exact.null_space([[Fraction(A[i][j]) for j in I] for i in I])
        if len(kernel) == 1 and (min(kernel[0]) > 0 or max(kernel[0]) < 0):
            whole = exact.primitive([abs(v) for v in kernel[0]])
            found.append([whole[I.index(i)] if i in I else 0 for i in range(n)])
    return sorted(found, reverse=True)


def singular_parts(
    F: NDArray[np.float64], tiny: float, among: Sequence[int] | None = None, most: int = 20_000
) -> Iterator[tuple[tuple[int, ...], NDArray[np.float64]]]:
    """Supports I, all of whose proper parts are definite, with an eigenvalue of F_I within `tiny` of 0; its vector."""
    level = [(i,) for i in (range(len(F)) if among is None else sorted(among))]
    at = list(level)
    while level and most > 0:
        most -= len(level)
        parts = F[np.array(level)[:, :, None], np.array(level)[:, None, :]]
        value, vector = np.linalg.eigh(parts)
        definite = set()
        for I, v, u in zip(level, value[:, 0], vector[:, :, 0], strict=True):
            if v > tiny:
                definite.add(I)
            elif v >= -tiny:
                yield I, u
        level = [(*I, j) for I in level if I in definite for (j,) in at if j > I[-1]
                 and all((*I[:k], *I[k + 1 :], j) in definite for k in range(len(I)))]  # fmt: skip


def compatible(A: Rows, zeros: Sequence[Zero]) -> set[tuple[int, int]]:
    """Pairs k < l of zeros with u'Av = 0, so that all their combinations are zeros too."""
    images = [[sum(a * c for a, c in zip(row, v, strict=True)) for row in A] for v in zeros]
    return {(k, l) for k, l in combinations(range(len(zeros)), 2)
            if sum(a * c for a, c in zip(zeros[k], images[l], strict=True)) == 0}  # fmt: skip
