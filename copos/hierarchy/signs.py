"""Sign symmetry: the diagonal ±1 changes of coordinates that leave a program as it is.

A sign vector σ on the coordinates is a symmetry if every block B_k(σx) equals D B_k(x) D with a diagonal ±1 matrix D,
the objective, the normalisations, the unit form and the generators do not change, and every equation with right-hand
side zero goes to plus or minus itself. In exponents over GF(2) these are linear equations, so all symmetries are found
by one elimination. Averaging over the group shows that only invariant moments matter, for every level.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from copos.arithmetic import svec
from copos.cones import Cone
from copos.forms import Forms

Index = NDArray[Any]

def sign_symmetries(cone: Cone, invariant: Forms, equivariant: Forms) -> NDArray[np.uint8]:
    """Generators of the group of sign symmetries, one 0/1 row per generator and one column per coordinate u.

    Parameters
    ----------
    cone : in reduced coordinates
    invariant : forms that must not change (objective, equations with nonzero right-hand side)
    equivariant : forms that may change sign as a whole

    Examples
    --------
    >>> from copos import NonNegative, PositiveSemidefinite
    >>> K = NonNegative(1) * PositiveSemidefinite(2)
    >>> sign_symmetries(K, Forms.none(4), Forms.none(4)).tolist()      # only the off-diagonal entry may change sign
    [[0, 0, 1, 0]]
    """
    N = cone.dim
    fixed = np.zeros(N, dtype=bool)  # the diagonal of DBD is that of B, so its variables keep their signs
    fixed[cone.entries.variable[cone.entries.row == cone.entries.col]] = True
    if fixed.all():
        return np.zeros((0, N), dtype=np.uint8)
    start = np.cumsum((0, *cone.sizes))
    e = cone.entries
    # a coordinate with c·x_v ≥ 0 keeps its sign; on an orthant that is all of them, and its forms need no look
    alone = np.asarray(cone.sizes, dtype=np.int64)[e.block] == 1
    alone &= np.bincount(e.block, minlength=len(cone.sizes))[e.block] == 1
    if len(np.unique(e.variable[alone])) == N:
        return np.zeros((0, N), dtype=np.uint8)
    row, col = N + start[e.block] + e.row, N + start[e.block] + e.col
    # unknown exponents: one per coordinate, one per block row (the matrix D)
    unknowns = N + int(start[-1])
    pieces = [(e.variable, row, col), (np.flatnonzero(cone.unit),)]
    pieces += [_variables(forms)[1:] for forms in (invariant, cone.generators)]
    pieces.append(_alike(*_variables(equivariant)))
    return _independent(_solutions(pieces, unknowns)[:, :N])


def invariant(rows: NDArray[Any], symmetries: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which monomials, given as rows of variable indices, every symmetry leaves alone."""
    keep = np.ones(len(rows), dtype=bool)
    for sigma in symmetries:
        keep &= sigma[rows].sum(axis=1) % 2 == 0
    return keep


def _variables(forms: Forms) -> tuple[Index, Index, Index]:
    """(form, a, b) of every term x_a x_b."""
    terms = sp.coo_array(forms.rows)
    return (terms.row.astype(np.int64), *svec.pair(terms.col))


def _alike(owner: Index, a: Index, b: Index) -> tuple[Index, ...]:
    """Equations (a, b, a', b') by which the terms x_a x_b and x_a' x_b' of one form have the same sign."""
    later = np.flatnonzero(owner[1:] == owner[:-1]) + 1
    return a[later], b[later], a[later - 1], b[later - 1]


def _solutions(equations: Sequence[tuple[Index, ...]], unknowns: int) -> NDArray[np.uint8]:
    """Basis of the v over GF(2) with Σ v_columns = 0 for every row of the equations, which are short.

    What is left of an equation says v_a = v_b or v_a = 0 after a while: such unknowns are one from then on.
    """
    zero, width = unknowns, max(map(len, equations))  # v_zero = 0
    padded = [part for columns in equations for part in [np.full((len(columns[0]), width), zero)]]
    for table, columns in zip(padded, equations, strict=True):
        table[:, : len(columns)] = np.stack(columns, axis=1)
    rows, label = np.concatenate(padded), np.arange(unknowns + 1)
    while True:
        rows = _cancelled(label[rows], zero)
        pair = rows[(rows[:, :2] != zero).any(axis=1) & (rows[:, 2:] == zero).all(axis=1), :2]
        if not len(pair):
            break
        graph = sp.coo_array((np.ones(len(pair)), (pair[:, 0], pair[:, 1])), shape=(unknowns + 1,) * 2)
        part = connected_components(graph, directed=False)[1]
        first = np.full(unknowns + 1, unknowns)
        np.minimum.at(first, part, np.arange(unknowns + 1))
        first[part[zero]] = zero
        label = first[part][label]
    rows = np.unique(rows[(rows[:, 0] != zero)], axis=0)
    used = np.unique(np.r_[label, zero])  # `zero` is the last
    place = np.searchsorted(used, rows)
    words = [sum(1 << (len(used) - 1 - v) for v in row if v < len(used) - 1) for row in place.tolist()]
    basis = _null_space([word << (-len(used) % 8) for word in words], len(used))
    basis = basis[basis[:, -1] == 0]
    return basis[:, np.searchsorted(used, label[:-1])]


def _cancelled(rows: Index, zero: int) -> Index:
    """Sums mod 2: equal neighbours in a sorted row are dropped; what is left stands first: `zero` is the largest."""
    rows = np.sort(rows, axis=1)
    for k in range(rows.shape[1] - 1):
        same = rows[:, k] == rows[:, k + 1]
        rows[same, k : k + 2] = zero
    return np.sort(rows, axis=1)


def _null_space(rows: list[int], unknowns: int) -> NDArray[np.uint8]:
    """Basis of {v : row·v = 0 over GF(2)}; a row is an integer whose bits, highest first, are its coefficients."""
    width = (unknowns + 7) // 8 * 8
    pivots: dict[int, int] = {}
    for row in rows:
        while row:
            top = row.bit_length() - 1
            if top not in pivots:
                pivots[top] = row
                break
            row ^= pivots[top]
    columns = [width - 1 - bit for bit in pivots]
    free = np.setdiff1d(np.arange(unknowns), columns)
    out = np.zeros((len(free), unknowns), dtype=np.uint8)
    out[np.arange(len(free)), free] = 1
    for bit in sorted(pivots):  # a pivot depends on unknowns of lower bits only
        bits = np.unpackbits(np.frombuffer(pivots[bit].to_bytes(width // 8, "big"), dtype=np.uint8))[:unknowns]
        bits[width - 1 - bit] = 0
        out[:, width - 1 - bit] = (out @ bits.astype(np.int64)) % 2
    return out


def _independent(vectors: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A basis over GF(2) of the span of the rows."""
    basis: dict[int, int] = {}
    keep = []
    for k, v in enumerate(vectors):
        word = int.from_bytes(np.packbits(v).tobytes(), "big")
        while word:
            top = word.bit_length() - 1
            if top not in basis:
                basis[top] = word
                keep.append(k)
                break
            word ^= basis[top]
    return vectors[keep]
