"""Cells of the same costs: an automorphism of A and one of B that take the places of one to those of the other.

The facilities and the locations of a cell are the points of one table: A_ij between facilities, B_kl between
locations, and whether i is at k in between. Points are coloured by what they see of the others, again and again
[WeisfeilerLeman1968]; cells of the same colours are compared point by point.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.bounding.assignment.cells import Data, Placed

STEPS = 20_000  # of one comparison
ROUNDS = 4
Moves = tuple[list[int], list[int]]  # of facilities, of locations
Index = NDArray[np.int64]


@dataclass(eq=False)
class Cells:
    """Cells by their colours."""

    data: Data
    known: dict[Any, list[tuple[Placed, int]]] = field(default_factory=dict)

    @cached_property
    def tables(self) -> tuple[Index, Index]:
        """Numbers of the values of A and B, a value and the one across in one number; none of A's is one of B's."""
        A, B = (_numbered(M) for M in self.data.whole[:2])
        return A, B + 1 + A.max(initial=0)

    def like(self, at: Placed) -> tuple[int, Moves] | None:
        """The number of a known cell, and what takes this one to it."""
        R, colours = self._coloured(at)
        key = tuple(sorted(Counter(colours).items()))
        for other, number in self.known.get(key, []):
            S, others = self._coloured(other)
            found = isomorphism(R, colours, S, others)
            if found is not None:
                n = len(R) // 2
                return number, (found[:n], [v - n for v in found[n:]])
        return None

    def add(self, at: Placed, number: int) -> None:
        """A cell that is known from now on."""
        key = tuple(sorted(Counter(self._coloured(at)[1]).items()))
        self.known.setdefault(key, []).append((at, number))

    def stabilizer(self, at: Placed, side: int) -> list[list[int]]:
        """Automorphisms of A (side 0) or B (1) that keep what is taken where it is; they join places to orbits."""
        M, n = self.tables[side], len(self.data.A)
        taken = [pair[side] for pair in at]
        colours = [taken.index(v) if v in taken else -1 for v in range(n)]
        colours = refined(M, colours)
        out: list[list[int]] = []
        first = list(range(n))
        for k in range(n):
            for v in range(k):
                if first[k] == k and first[v] == v and colours[v] == colours[k]:
                    given = list(colours), list(colours)
                    given[0][k] = given[1][v] = hash((colours[k], -1))
                    found = isomorphism(M, given[0], M, given[1])
                    if found is not None:
                        out.append(found)
                        for a, b in enumerate(found):
                            low, high = sorted((first[a], first[b]))
                            first = [low if w == high else w for w in first]
        return out

    def _coloured(self, at: Placed) -> tuple[Index, list[int]]:
        A, B = self.tables
        n = len(A)
        R = np.full((2 * n, 2 * n), -1)
        R[:n, :n], R[n:, n:] = A, B
        for i, k in at:
            R[i, n + k] = R[n + k, i] = -2
        return R, refined(R, [0] * (2 * n))


def refined(R: Index, colours: list[int]) -> list[int]:
    """Colours of points by the multisets of what they see; equal in tables that a renumbering of points makes equal."""
    rows = R.tolist()
    colours = [hash((c, row[v])) for v, (c, row) in enumerate(zip(colours, rows, strict=True))]
    for _ in range(ROUNDS):
        new = [hash((c, tuple(sorted(zip(row, colours, strict=True))))) for c, row in zip(colours, rows, strict=True)]
        if len(set(new)) == len(set(colours)):
            return new
        colours = new
    return colours


def isomorphism(R: Index, colours: list[int], S: Index, others: list[int]) -> list[int] | None:
    """p with S_p(a)p(b) = R_ab and the same colours, as far as a short search goes; rare colours first.

    >>> isomorphism(np.array([[0, 1], [2, 0]]), [0, 0], np.array([[0, 2], [1, 0]]), [0, 0])
    [1, 0]
    """
    count = Counter(colours)
    if count != Counter(others):
        return None
    rows, images = R.tolist(), S.tolist()
    order = sorted(range(len(rows)), key=lambda v: (count[colours[v]], colours[v], v))
    p, used, left = [-1] * len(rows), set[int](), STEPS
    stack = [iter(_fitting(colours, others, order, 0))]
    while stack:
        depth = len(stack) - 1
        a = order[depth]
        if p[a] >= 0:
            used.discard(p[a])
            p[a] = -1
        for v in stack[-1]:
            left -= 1
            if left < 0:
                return None
            if v not in used and all(rows[a][b] == images[v][p[b]] and rows[b][a] == images[p[b]][v]
                                     for b in order[:depth]) and rows[a][a] == images[v][v]:  # fmt: skip
                p[a] = v
                used.add(v)
                break
        else:
            stack.pop()
            continue
        if depth + 1 == len(rows):
            return p
        stack.append(iter(_fitting(colours, others, order, depth + 1)))
    return None


def _fitting(colours: list[int], others: list[int], order: list[int], depth: int) -> list[int]:
    return [v for v, c in enumerate(others) if c == colours[order[depth]]]


def _numbered(M: Any) -> Index:
    """Numbers from 0 of the pairs (M_ij, M_ji), the diagonal apart."""
    n = len(M)
    keys = [(i == j, M[i, j], M[j, i]) for i in range(n) for j in range(n)]
    number = {key: k for k, key in enumerate(sorted(set(keys)))}
    return np.array([number[key] for key in keys]).reshape(n, n)
