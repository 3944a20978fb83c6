"""A permutation group that leaves a program on the orthant alone, and how it moves the parts of the program.

The program has linear blocks b_k(x) ≥ 0, among them c·x_v ≥ 0 for every v. A generator g acts by x_v ↦ x_{g(v)}. It
must map the objective and the multiplier e to themselves, and permute the blocks, the equations with equal right-hand
sides, and the vanishing forms. Rows are compared by a 64-bit hash of their entries; whatever a coincidence might let
through here, the checker compares every coefficient.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from copos.arithmetic import svec
from copos.arithmetic.groups import beside, components, permutations
from copos.program import CompletelyPositiveProgram

Index = NDArray[Any]
MIX = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, eq=False)
class Action:
    """A group acting on a program.

    Attributes
    ----------
    generators : (g, dim) permutations of the coordinates
    blocks : (blocks, dim) the linear forms b_k
    on_blocks, on_equations, on_vanishing : (g, …) the generators as permutations of these
    """

    program: CompletelyPositiveProgram
    generators: Index
    blocks: sp.csr_array
    on_blocks: Index
    on_equations: Index
    on_vanishing: Index

    @classmethod
    def of(cls, program: CompletelyPositiveProgram, generators: ArrayLike) -> Action:
        """The action of the group that some permutations generate.

        Parameters
        ----------
        program : on an orthant, perhaps with more linear blocks; in its own coordinates, not sliced
        generators : permutations of the last coordinates, or of all; those before them are fixed

        Raises
        ------
        ValueError
            If the cone is another one, or a permutation does not leave the program alone.

        Examples
        --------
        >>> import copos
        >>> from copos.arithmetic.groups import dihedral
        >>> from copos.instances.graphs import cycle
        >>> Action.of(copos.stability_number(cycle(5)), dihedral(5)).on_blocks.shape
        (2, 5)
        """
        cone = program.cone
        gens = permutations(generators)  # type: ignore[arg-type]
        if gens.shape[1] > cone.dim:
            raise ValueError(f"permutations of {gens.shape[1]} points, but the program has {cone.dim} coordinates")
        where, gens = _on(gens.shape[1], cone.dim), beside(gens, cone.dim - gens.shape[1])
        blocks = linear_blocks(program)
        if not np.isin(np.arange(cone.dim), _signed(blocks)).all():
            raise ValueError(f"{program.name}: levels in the algebra of a group are for programs on the orthant")
        A, b = program.equations
        parts = []
        for g in gens:
            moved = _on_pairs(cone.dim, g)
            alone = (("objective", program.C.rows, moved, None), ("multiplier", sp.csr_array(cone.unit[None]), g, None))
            for what, rows, move, right in alone:
                if permuted(rows, move, right) is None:
                    raise ValueError(f"{program.name}: a permutation does not leave the {what} alone{where}")
            sets = (("blocks of the cone", blocks, g, None), ("equations", A.rows, moved, b),
                    ("vanishing forms", program.vanishing.rows, moved, None))  # fmt: skip
            found = [permuted(rows, move, right) for _, rows, move, right in sets]
            for (what, *_), permutation in zip(sets, found, strict=True):
                if permutation is None:
                    raise ValueError(f"{program.name}: a permutation does not map the {what} to each other{where}")
            parts.append(found)
        sizes = (blocks.shape[0], len(A), len(program.vanishing))
        acting = [np.array([p[k] for p in parts], dtype=np.int64).reshape(len(gens), n) for k, n in enumerate(sizes)]
        return cls(program, gens, blocks, *acting)

    def orbits(self, acting: Index) -> Index:
        """Number of the orbit of every block, equation or form."""
        return components(acting.shape[1], acting)


def _on(given: int, every: int) -> str:
    """Which coordinates a permutation was taken to be of."""
    which = f"all {every}" if given == every else f"the last {given} of {every}"
    return f"; it was taken to permute {which} coordinates, numbered from 0 (vertices as in the graph's matrix)"


def linear_blocks(program: CompletelyPositiveProgram) -> sp.csr_array:
    """(blocks, dim) the blocks of a cone that has no matrices, no generators and no slices; ValueError otherwise."""
    cone = program.cone
    embedded = cone.ambient == cone.dim and bool((cone.free == np.arange(cone.dim)).all())
    if any(n != 1 for n in cone.sizes) or len(cone.generators) or not embedded:
        raise ValueError(
            f"{program.name}: levels in the algebra of a group are for the orthant with linear blocks, in its own "
            "coordinates (a program with equations: equations='squared')"
        )
    e = cone.entries
    rows = sp.coo_array((e.coefficient, (e.block, e.variable)), shape=(len(cone.sizes), cone.dim)).tocsr()
    rows.sum_duplicates()
    return rows


def _signed(blocks: sp.csr_array) -> Index:
    """Variables with a block c·x_v, c > 0."""
    single = np.flatnonzero(np.diff(blocks.indptr) == 1)
    at = blocks.indptr[single]
    return blocks.indices[at][blocks.data[at] > 0]


def _on_pairs(dim: int, g: Index) -> Index:
    """A permutation of coordinates as one of the places of a triangle (`copos.arithmetic.svec`)."""
    i, j = svec.triangle(dim)
    return svec.position(g[i], g[j])


def permuted(rows: sp.csr_array, move: Index, right: Index | None = None) -> Index | None:
    """The permutation p of rows such that row k with its columns moved is row p[k]; None if there is none."""
    here, there = _keys(rows, None), _keys(rows, move)
    if right is not None:
        extra = np.asarray(right, dtype=float).view(np.uint64) * MIX
        here, there = here ^ extra, there ^ extra
    order, target = np.argsort(here, kind="stable"), np.argsort(there, kind="stable")
    if not np.array_equal(here[order], there[target]):
        return None
    out = np.empty(len(here), dtype=np.int64)
    out[target] = order
    return out


def _keys(rows: sp.csr_array, move: Index | None) -> Index:
    """A hash of every row that does not depend on the order of its entries."""
    columns = (rows.indices if move is None else move[rows.indices]).astype(np.uint64)
    mixed = (columns + np.uint64(1)) * MIX
    mixed ^= mixed >> np.uint64(31)
    mixed *= np.ascontiguousarray(rows.data, dtype=float).view(np.uint64) | np.uint64(1)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    owner = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    out = np.zeros(rows.shape[0], dtype=np.uint64)
    np.add.at(out, owner, mixed ^ (mixed >> np.uint64(32)))
    return out
