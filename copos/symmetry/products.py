"""Products of the linear blocks of a program, and of two neighbours, as rows over orbits of monomials."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from copos.arithmetic.groups import components, stabilizer
from copos.arithmetic.monomial_orbits import MonomialOrbits
from copos.hierarchy.relaxation import LevelTooLargeError
from copos.symmetry.action import Action, permuted
from copos.symmetry.relations import distinct

Index = NDArray[Any]
Matrix = NDArray[np.float64]
ENTRIES = 2 * 10**8  # of a table of orbits, of a list of products: arrays of a gigabyte


class Split(NamedTuple):
    """b_s(x)·(t − kx_h)(t − (k + 1)x_h), t = Σ f_vx_v."""

    s: tuple[int, ...]
    h: int
    k: int
    f: Index


def afford(entries: int, what: str) -> None:
    """LevelTooLargeError for an array that does not fit in memory."""
    if entries > ENTRIES:
        raise LevelTooLargeError(f"{what}: {entries:,} entries, at most {ENTRIES:,} are held")


def product_rows(action: Action, orbits: MonomialOrbits, s: Index) -> sp.csr_array:
    """(products, orbits) the products of blocks s[:, 0] s[:, 1] ⋯ as sums of coefficients."""
    B, d = action.blocks, orbits.degree
    width = int(np.diff(B.indptr).max())
    afford(len(s) * width**d, f"products of {d} blocks")
    owner = np.repeat(np.arange(B.shape[0]), np.diff(B.indptr))
    at = np.arange(B.nnz) - B.indptr[owner]
    place, c = np.zeros((B.shape[0], width), dtype=np.int64), np.zeros((B.shape[0], width))
    place[owner, at], c[owner, at] = B.indices, B.data
    total = sp.csr_array((len(s), orbits.count))
    for k in product(range(width), repeat=d):
        coefficient = np.prod([c[s[:, a], k[a]] for a in range(d)], axis=0)
        used = np.flatnonzero(coefficient)
        if len(used):
            column = orbits.labels(*(place[s[used, a], k[a]] for a in range(d)))
            part = sp.coo_array((coefficient[used], (used, column)), shape=total.shape)
            total = sp.csr_array(total + part.tocsr())
    return total


def scalars(action: Action, orbits: MonomialOrbits, reduce: sp.csr_array) -> tuple[sp.csr_array, Index]:
    """Products of d blocks that are no monomials, as rows over variables, each once; and the blocks of each.

    Products of single variables say y ≥ 0. A product with one block twice is a diagonal entry of a matrix.
    """
    B, d = action.blocks, orbits.degree
    of = action.orbits(action.on_blocks)
    heads = [k for k in np.unique(of, return_index=True)[1].tolist() if B.indptr[k + 1] - B.indptr[k] > 1]
    every = np.arange(B.shape[0])
    rows, names = [sp.csr_array((0, reduce.shape[1]))], [np.zeros((0, d), dtype=np.int64)]
    for head in heads:
        afford(len(every) ** (d - 1), f"products of {d} blocks")
        others = np.stack(np.meshgrid(*[every] * (d - 1), indexing="ij"), axis=-1).reshape(-1, d - 1)
        others = others[(np.diff(others, axis=1) > 0).all(axis=1) & (others != head).all(axis=1)]
        s = np.concatenate([np.full((len(others), 1), head), others], axis=1)
        M = sp.csr_array(product_rows(action, orbits, s) @ reduce)
        negative = np.zeros(len(s), dtype=bool)
        negative[np.repeat(np.arange(len(s)), np.diff(M.indptr))[M.data < 0]] = True
        chosen = distinct(M)
        chosen = chosen[negative[chosen]]  # the others follow from y ≥ 0
        rows.append(sp.csr_array(M[chosen]))
        names.append(s[chosen])
    M, s = sp.csr_array(sp.vstack(rows, format="csr")), np.concatenate(names)
    kept = distinct(M)
    return sp.csr_array(M[kept]), s[kept]


def representatives(action: Action, size: int) -> Iterator[tuple[tuple[int, ...], Index]]:
    """One set of `size` blocks of every orbit of them, with generators of the stabiliser of all its members."""
    order = action.orbits(action.on_blocks)

    def extend(s: tuple[int, ...], generators: Index, on_blocks: Index) -> Iterator[tuple[tuple[int, ...], Index]]:
        if len(s) == size:
            yield s, generators
            return
        of = components(on_blocks.shape[1], on_blocks)
        for k in np.unique(of, return_index=True)[1].tolist():
            if k in s or (s and order[k] < order[s[-1]]):
                continue
            fixing = stabilizer(generators, k, 2, on_blocks)
            acting = np.array([permuted(action.blocks, g) for g in fixing], dtype=np.int64)
            yield from extend((*s, k), fixing, acting.reshape(len(fixing), action.blocks.shape[0]))

    yield from extend((), action.generators, action.on_blocks)


def on_orbits(action: Action, orbits: MonomialOrbits, s: tuple[int, ...], rows: Index, G: Matrix) -> Matrix:
    """b_s · Σ_ij G_ij m_i m_j as sums of coefficients over orbits."""
    out = np.zeros(orbits.count)
    for c, labels in terms(action, orbits, s, rows):
        out += c * np.bincount(labels.ravel(), weights=G.ravel(), minlength=orbits.count)
    return out


def terms(action: Action, orbits: MonomialOrbits, s: tuple[int, ...], rows: Index) -> Iterator[tuple[float, Index]]:
    """(c, (m, m) orbits): b_s m_i m_j is the sum of c times monomials of these orbits."""
    B = action.blocks
    left, right = [m[:, None] for m in rows.T], [m[None, :] for m in rows.T]
    for at in product(*(range(B.indptr[k], B.indptr[k + 1]) for k in s)):
        variables = [np.int64(B.indices[a]) for a in at]
        yield float(np.prod(B.data[list(at)])), orbits.labels(*variables, *left, *right)


def split_rows(action: Action, orbits: MonomialOrbits, splits: list[Split]) -> sp.csr_array:
    """(splits, orbits) the inequalities as sums of coefficients."""
    total = [np.zeros((0, orbits.count))]
    for s, h, k, f in splits:
        used = np.r_[h, np.flatnonzero(f)]
        a = np.r_[-(k + 0.5), f[used[1:]]]
        G = np.outer(a, a)  # (t − k − ½)² − ¼
        G[0, 0] -= 0.25
        total.append(on_orbits(action, orbits, s, used[:, None], G)[None])
    return sp.csr_array(np.concatenate(total))
