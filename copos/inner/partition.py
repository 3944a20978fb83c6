"""Simplicial partitions of the orthant, and the cones inside and outside COP that they give.

A cell is the cone of n vectors v_1, …, v_n ≥ 0, the columns of V; x = Vλ, λ ≥ 0. Over a partition P

    I_P = {M : V'MV ∈ N, or ∈ SPN, for every cell}  ⊂  COP_n  ⊂  O_P = {M : v'Mv ≥ 0 at every vertex, or on every edge},

and both come close to COP_n as the cells shrink [BundfussDuer2009], [SponselBundfussDuer2012]. Vertices are vectors of
integers, of which only the direction matters, so that a partition is exact however often it is refined.
"""

from __future__ import annotations

from math import gcd
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vertex = tuple[int, ...]
Cell = tuple[Vertex, ...]
Matrix = NDArray[Any]


def unit_cell(n: int) -> Cell:
    """The orthant itself, V = I."""
    return tuple(tuple(int(i == j) for i in range(n)) for j in range(n))


def between(u: Vertex, v: Vertex, p: int, q: int) -> Vertex:
    """p·u + q·v, in lowest terms; p, q > 0.

    >>> between((1, 0), (1, 2), 1, 1)
    (1, 1)
    """
    z = [p * a + q * b for a, b in zip(u, v, strict=True)]
    d = gcd(*z)
    return tuple(c // d for c in z)


def divided(cell: Cell, i: int, j: int, p: int, q: int) -> tuple[Cell, Cell]:
    """The two cells with v_i or v_j replaced by z = p v_i + q v_j; their union is the cell."""
    z = between(cell[i], cell[j], p, q)
    return (*cell[:i], z, *cell[i + 1 :]), (*cell[:j], z, *cell[j + 1 :])


def points(cell: Cell) -> Matrix:
    """V with columns scaled into the unit simplex, in floating point."""
    return np.array([[float(c / sum(v)) for c in v] for v in cell]).T


def longest_edge(cell: Cell) -> tuple[int, int]:
    """The two vertices that are farthest apart in the unit simplex; the first such pair."""
    x = points(cell).T
    distance = ((x[:, None] - x[None]) ** 2).sum(axis=2).round(12)
    i, j = np.unravel_index(int(np.triu(distance).argmax()), distance.shape)
    return int(i), int(j)


def uniform(n: int, level: int) -> list[Cell]:
    """2^level cells: every cell is halved at its longest edge, `level` times over.

    >>> [len(uniform(3, level)) for level in range(3)]
    [1, 2, 4]
    """
    if not isinstance(level, (int, np.integer)) or isinstance(level, bool) or level < 0:
        raise ValueError(f"level must be an integer ≥ 0, got {level!r}")
    if level > 16:
        raise ValueError(f"level {level} has {2**level:,} cells; expected at most 16, that is 65,536 cells")
    if n == 1:
        return [unit_cell(1)]
    cells = [unit_cell(n)]
    for _ in range(level):
        # the vertices of a cell are sums of unit vectors with weights that add up to a power of two: halving is exact
        cells = [part for cell in cells for part in halved(cell)]
    return cells


def halved(cell: Cell) -> tuple[Cell, Cell]:
    """Divided at the midpoint of its longest edge."""
    i, j = longest_edge(cell)
    return divided(cell, i, j, sum(cell[j]), sum(cell[i]))


def edges(cells: list[Cell]) -> list[tuple[Vertex, Vertex]]:
    """Every edge of a partition once.

    >>> len(edges(uniform(3, 1)))
    5
    """
    found = {(min(u, v), max(u, v)) for cell in cells for k, u in enumerate(cell) for v in cell[k + 1 :]}
    return sorted(found)


def vertices(cells: list[Cell]) -> list[Vertex]:
    """Every vertex of a partition once."""
    return sorted({v for cell in cells for v in cell}, reverse=True)
