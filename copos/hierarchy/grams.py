"""Which Gram matrices G_s a level may use: all positive semidefinite ones, or one of two smaller cones.

Let Y be a block of moments and G its Gram matrix, <G, Y> ≥ 0. For each cone of G, what Y must satisfy is its dual:

sdp   G ⪰ 0.                                                      Y ⪰ 0.
sdd   G = Σ_{i<j} G^{ij}, G^{ij} ⪰ 0 living on rows i and j.       every [[y_ii, y_ij], [y_ij, y_jj]] ⪰ 0,
      These are the scaled diagonally dominant matrices.          that is |(y_ii − y_jj, 2y_ij)| ≤ y_ii + y_jj.
dd    g_ii ≥ Σ_{j≠i} |g_ij|. The extreme rays of this cone are     y_ii ≥ 0 and y_ii ± 2y_ij + y_jj ≥ 0.
      e_ie_i' and (e_i ± e_j)(e_i ± e_j)': G is the sum of
      |g_ij| (e_i + sign(g_ij)e_j)(…)' and of what is left on
      the diagonal [BarkerCarlson1975, AhmadiMajumdar2019].

So dd ⊂ sdd ⊂ sdp for G, and a linear, a second-order and a semidefinite program for Y. The last two cones of G depend
on the basis of the block, here tensor products of the blocks' own rows and monomials. Reductions that keep it leave the
value as it is: sign symmetry (DGD is dominant if G is, and averaging kills the entries between parity classes) and the
elimination of moments. Splitting powers by exchange and dropping dependent rows change it, and are not applied.

A kind is one sparse matrix: rows of the conic form, as combinations of the entries of the blocks' upper triangles. Its
adjoint reads G off a solver's multipliers: z'S y = Σ_i G_ii y_ii + Σ_{i<j} 2 G_ij y_ij.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from copos.arithmetic import svec
from copos.conic import Cones
from copos.hierarchy.blocks import BlockMap
from copos.support.looks import one_line
from copos.support.names import one_of

Index = NDArray[Any]


@one_line
@dataclass(frozen=True, eq=False)
class Stage:
    """s = rows @ triangles ∈ cones, for the triangles (no √2) of all blocks end to end."""

    rows: sp.csr_array
    cones: Cones

    def multipliers(self, z: NDArray[np.float64], sizes: Index) -> NDArray[np.float64]:
        """Svecs of the blocks' Gram matrices, end to end, from the multipliers of the rows; z itself for "sdp"."""
        length = np.asarray(svec.length(np.asarray(sizes)), dtype=np.int64)
        i, j = svec.pair(np.arange(int(length.sum())) - np.repeat(np.cumsum(length) - length, length))
        return (self.rows.T @ z) / np.where(i == j, 1.0, svec.SQRT2)

    def grams(self, z: NDArray[np.float64], sizes: Index) -> list[NDArray[np.float64]]:
        """Gram matrix of every block."""
        ends = np.cumsum([svec.length(int(n)) for n in sizes])
        return [svec.smat(part) for part in np.split(self.multipliers(z, sizes), ends[:-1])]


@dataclass(frozen=True)
class Gram:
    """A cone of Gram matrices; `keeps_basis` says that reductions must not change the basis of a block."""

    name: str
    stage: Callable[[BlockMap], Stage]
    keeps_basis: bool
    reference: str


BASIS_CHANGING = ("exchange", "facial")


def _semidefinite(blocks: BlockMap) -> Stage:
    scalars = int((blocks.sizes == 1).sum())  # they stand first
    matrices = tuple(map(int, blocks.sizes[scalars:]))
    scale = np.concatenate([np.ones(scalars), *map(svec.scaling, matrices)])
    return Stage(sp.csr_array(sp.diags_array(scale)), Cones(0, scalars, (), matrices))


def _diagonally_dominant(blocks: BlockMap) -> Stage:
    diagonal, ii, ij, jj = _pairs(blocks)
    n, m = len(diagonal), len(ij)
    k = n + 2 * np.arange(m)
    one = np.ones(m)
    terms = [(np.arange(n), diagonal, np.ones(n))]
    for sign in (0, 1):
        terms += [(k + sign, ii, one), (k + sign, ij, (2 - 4 * sign) * one), (k + sign, jj, one)]
    return Stage(_rows(terms, n + 2 * m, blocks), Cones(0, n + 2 * m))


def _scaled_diagonally_dominant(blocks: BlockMap) -> Stage:
    diagonal, ii, ij, jj = _pairs(blocks)
    alone = np.setdiff1d(diagonal, np.r_[ii, jj])  # a pair implies y_ii ≥ 0 of its rows
    n, m = len(alone), len(ij)
    k = n + 3 * np.arange(m)
    one = np.ones(m)
    terms = [(np.arange(n), alone, np.ones(n)), (k, ii, one), (k, jj, one)]
    terms += [(k + 1, ii, one), (k + 1, jj, -one), (k + 2, ij, 2 * one)]
    return Stage(_rows(terms, n + 3 * m, blocks), Cones(0, n, (3,) * m))


def _pairs(blocks: BlockMap) -> tuple[Index, Index, Index, Index]:
    """Places of all diagonal entries, and of (i,i), (i,j), (j,j) for the entries i < j that are not identically zero.

    Where y_ij = 0 the pair says no more than y_ii, y_jj ≥ 0.
    """
    sizes = np.asarray(blocks.sizes, dtype=np.int64)
    length = sizes * (sizes + 1) // 2
    first = np.cumsum(length) - length
    block = np.repeat(np.arange(len(sizes)), length)
    i, j = svec.pair(np.arange(len(block)) - first[block])
    here = first[block]
    diagonal = np.flatnonzero(i == j)
    used = np.flatnonzero((i < j) & (np.diff(blocks.map.indptr) > 0))
    ii, jj = (here[used] + svec.position(k[used], k[used]) for k in (i, j))
    return diagonal, ii, used, jj


def _rows(terms: list[tuple[Index, Index, Index]], count: int, blocks: BlockMap) -> sp.csr_array:
    row, col, value = (np.concatenate(part) for part in zip(*terms, strict=True))
    return sp.csr_array(sp.coo_array((value, (row, col)), shape=(count, blocks.map.shape[0])))


_TABLE = (
    Gram("sdp", _semidefinite, False, "Parrilo2000"),
    Gram("sdd", _scaled_diagonally_dominant, True, "AhmadiMajumdar2019"),
    Gram("dd", _diagonally_dominant, True, "AhmadiMajumdar2019"),
)
GRAMS = {row.name: row for row in _TABLE}


def gram(name: str) -> Gram:
    """Look a kind up; ValueError names the choices.

    >>> gram("dd").keeps_basis
    True
    """
    try:
        return GRAMS[name]
    except KeyError:
        raise ValueError(f"unknown Gram kind {name!r}; {one_of(name, GRAMS)}") from None
