"""Which products of blocks of order one the scalar blocks of a level are, all of them at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.hierarchy.relaxation import Relaxation

Index = NDArray[Any]


def sources(relaxation: Relaxation) -> Index:
    """(scalars,) the unreduced block B_s of every scalar block of the form."""
    lift, sizes = relaxation.lift, relaxation.blocks.sizes
    scalars = int((sizes == 1).sum())
    owner = np.repeat(np.arange(len(lift.sizes)), lift.sizes)
    return owner[relaxation.blocks.source[np.r_[0, np.cumsum(sizes)][:scalars]]]


def products(relaxation: Relaxation) -> Index:
    """(scalars, ℓ + 2) numbers k of the blocks b_k of order one with b_k1 ⋯ b_kd; rows of −1 for other scalar blocks.

    Examples
    --------
    >>> from copos import NonNegative, CompletelyPositiveProgram
    >>> from copos.hierarchy import relax
    >>> program = CompletelyPositiveProgram(NonNegative(3), np.eye(3), [(np.ones((3, 3)), 1.0)])
    >>> products(relax(program)).tolist()
    [[0, 1], [0, 2], [1, 2]]
    """
    lift = relaxation.lift
    one = np.array(relaxation.program.cone.sizes, dtype=np.int64) == 1
    parts = []
    for group in lift.groups:
        plain = set(group.pools) == {1} and len(group.pools) == lift.degree
        table = np.full((len(group.members), lift.degree), -1)
        if plain:
            bases = lift.pools[1].base[group.members]
            known = (bases < len(one)).all(axis=1)
            known[known] = one[bases[known]].all(axis=1)
            table[known] = np.sort(bases[known], axis=1)
        parts.append(table)
    return np.concatenate(parts)[sources(relaxation)]


def generators(relaxation: Relaxation) -> Index:
    """(scalars,) the quadratic generator that a scalar block of level 0 is; −1 for the others."""
    lift, first = relaxation.lift, len(relaxation.program.cone.sizes)
    parts = []
    for group in lift.groups:
        which = np.full(len(group.members), -1)
        if group.pools == (2,) and lift.degree == 2:
            which = lift.pools[2].base[group.members[:, 0]] - first
        parts.append(np.maximum(which, -1))
    return np.concatenate(parts)[sources(relaxation)]
