"""Sign symmetry: the diagonal ±1 changes of coordinates that leave a program as it is.

A sign vector σ on the coordinates is a symmetry if every block B_k(σx) equals D B_k(x) D with a diagonal ±1 matrix D,
the objective, the normalisations, the unit form and the generators do not change, and every equation with right-hand
side zero goes to plus or minus itself. In exponents over GF(2) these are linear equations, so all symmetries are found
by one elimination. Averaging over the group shows that only invariant moments matter, for every level.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from copos.arithmetic import svec
from copos.cones import Cone
from copos.forms import Forms


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
    row, col = start[e.block] + e.row, start[e.block] + e.col
    # unknown exponents: one per coordinate, one per block row (the matrix D), one per form that may change sign
    unknowns = N + int(start[-1]) + len(equivariant)
    pieces = [_incidence((e.variable, N + row, N + col), unknowns)]
    pieces.append(_incidence((np.flatnonzero(cone.unit),), unknowns))
    for forms in (invariant, cone.generators):
        pieces.append(_incidence(_variables(forms)[1:], unknowns))
    owner, a, b = _variables(equivariant)
    pieces.append(_incidence((a, b, N + int(start[-1]) + owner), unknowns))
    equations = np.unique(np.concatenate([np.packbits(piece, axis=1) for piece in pieces]), axis=0)
    return _independent(_null_space([int.from_bytes(r.tobytes(), "big") for r in equations], unknowns)[:, :N])


def invariant(rows: NDArray[Any], symmetries: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which monomials, given as rows of variable indices, every symmetry leaves alone."""
    keep = np.ones(len(rows), dtype=bool)
    for sigma in symmetries:
        keep &= sigma[rows].sum(axis=1) % 2 == 0
    return keep


def _variables(forms: Forms) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """(form, a, b) of every term x_a x_b."""
    terms = sp.coo_array(forms.rows)
    return (terms.row.astype(np.int64), *svec.pair(terms.col))


def _incidence(columns: tuple[NDArray[np.int64], ...], unknowns: int) -> NDArray[np.uint8]:
    """Rows with ones (mod 2) in the given columns, without repeated rows."""
    if len(columns[0]) == 0:
        return np.zeros((0, unknowns), dtype=np.uint8)
    table = np.unique(np.sort(np.stack(columns, axis=1), axis=1), axis=0)
    out = np.zeros((len(table), unknowns), dtype=np.uint8)
    for c in range(table.shape[1]):
        np.add.at(out, (np.arange(len(table)), table[:, c]), 1)
    return out % 2


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
