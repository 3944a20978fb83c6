"""Matrices of moments y(b_s m_i m_j) in the blocks that the stabiliser of s leaves."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.groups import tuple_orbits
from copos.arithmetic.monomial_orbits import MonomialOrbits
from copos.symmetry.action import Action
from copos.symmetry.modules import compressed, modules
from copos.symmetry.products import afford, terms

Index = NDArray[Any]
Matrix = NDArray[np.float64]


class Block(NamedTuple):
    """One matrix inequality: y(b_s m_im_j) on one module.

    `s` are numbers of blocks, `rows` the monomials m_i, `U` the module, `maps` U'B_vU for every variable v.
    """

    s: tuple[int, ...]
    rows: Index
    U: Matrix
    maps: Matrix


def inequalities(
    action: Action, orbits: MonomialOrbits, variable: Index, s: tuple[int, ...], fixing: Index, samples: Matrix,
    seed: int,
) -> list[Block]:  # fmt: skip
    """The matrix inequalities of one product b_s.

    Vectors that every matrix of moments maps to zero, as those of a vanishing form, are found from `samples` of moments
    and left out.
    """
    n = orbits.points
    rows = np.arange(n)[:, None] if orbits.degree - len(s) == 2 else np.stack(np.triu_indices(n), axis=1)
    afford(4 * len(rows) ** 2, "a matrix of moments")
    acting = fixing if rows.shape[1] == 1 else _on_rows(rows, fixing)
    pairs = np.arange(len(rows) ** 2).reshape(len(rows), len(rows))
    classes = tuple_orbits(acting, 2) if len(acting) else pairs
    parts = [(c, variable[labels]) for c, labels in terms(action, orbits, s, rows)]
    total = np.zeros(classes.shape)
    for y in samples:
        padded = np.r_[y, 0.0]
        M = sum((c * padded[part] for c, part in parts), np.zeros(classes.shape))
        total += M @ M.T
    value, vector = np.linalg.eigh(total)
    kernel = vector[:, value <= 1e-11 * max(float(value[-1]), 1e-300)]
    labels, c = np.stack([part for _, part in parts]), np.array([c for c, _ in parts])
    count = samples.shape[1]
    return [Block(s, rows, U, compressed(labels, c, count, U)) for U in modules(classes, kernel, seed)]


def _on_rows(rows: Index, fixing: Index) -> Index:
    """Permutations of points as permutations of monomials of degree two."""
    n = fixing.shape[1]
    known = rows[:, 0] * n + rows[:, 1]
    moved = [np.sort(g[rows], axis=1) for g in fixing]
    return np.array([np.searchsorted(known, m[:, 0] * n + m[:, 1]) for m in moved], dtype=np.int64).reshape(
        len(fixing), len(rows)
    )
