"""Levels in other coordinates: x = φ(z), where K is the image of something simpler than K.

An identity  e(x)^ℓ x'Mx = nonnegative  may be asked for after the substitution x = φ(z). Moments then belong to
functions of z; blocks are linear in them, e^ℓ x_ax_b is a combination of them, and there may be relations.

squares    K = {z∘z} for the Jordan product of a symmetric cone: e(z∘z)^ℓ (z∘z)'M(z∘z) is a sum of squares of forms of
           degree ℓ + 2 in z [NishijimaNakata2024]. On the orthant this is Parrilo's K^ℓ.
frames     on orthants and second-order cones, see `copos.hierarchy.frames`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from copos.arithmetic import monomials, ragged, svec
from copos.cones import Cone
from copos.hierarchy.blocks import BlockMap
from copos.hierarchy.signs import invariant
from copos.support.looks import one_line

Index = NDArray[Any]
Vector = NDArray[Any]


class Names(NamedTuple):
    """Moments, rows and multipliers of a chart in its coordinates z, counted as `copos.checker.check_charts` does.

    A chart may have one moment for several monomials that a symmetry exchanges; a plain chart has one for each. What is
    exchanged has the same key: row i of a plain chart is `turn_i` times the row of that key, its Gram matrix is
    `share_i` times the one of that block, and moment k is `factor_k` times the moment of that key.

    Attributes
    ----------
    kind : "squares" or "frames"
    moments : (moments, degree) monomials, sorted variables
    factors, tails : (rows, f), (rows, t): a block is the product of its factors times (tail)(tail)'
    cofactors : (len(multiples), ·) the monomials q
    related : (len(relations), 1 + ·) which |v_k|² = 1 every relation is, and times which monomial
    """

    kind: str
    moments: Index
    factors: Index
    tails: Index
    cofactors: Index
    related: Index
    row_key: Index
    turn: Index
    share: Vector
    moment_key: Index
    factor: Vector

    def apart(self) -> Names:
        """Every row and every moment with a key of its own."""
        rows, moments = len(self.tails), len(self.moments)
        return self._replace(row_key=np.arange(rows), turn=np.ones(rows), share=np.ones(rows),
                             moment_key=np.arange(moments), factor=np.ones(moments))  # fmt: skip


@one_line
@dataclass(frozen=True, eq=False)
class Chart:
    """A level after a substitution.

    Attributes
    ----------
    blocks : matrices that are positive semidefinite, over the moments
    multiples : for every function q of degree ℓ that an equation may be multiplied with, q·x_ax_b (a ≤ b, in the order
        of `copos.arithmetic.svec`) as rows over the moments
    weights : (len(multiples),) e^ℓ = Σ weights_k q_k
    relations : rows over the moments that are zero
    names : what stands for what in z, so that a proof can be written
    """

    blocks: BlockMap
    multiples: tuple[sp.csr_array, ...]
    weights: Vector
    relations: sp.csr_array
    names: Names

    @property
    def entries(self) -> sp.csr_array:
        """e^ℓ x_ax_b as rows over the moments."""
        total = sp.csr_array(self.multiples[0].shape)
        for weight, rows in zip(self.weights, self.multiples, strict=True):
            if weight:
                total = total + weight * rows
        return sp.csr_array(total)


class ChartMaker(NamedTuple):
    """A row of the table of families: how to build a chart, and its (moments, block entries) from above.

    A plain chart (the flag) uses no exchange, and its moments are those of monomials, not multiples.
    """

    make: Callable[[Cone, int, bool], Chart]
    size: Callable[[Cone, int], tuple[int, int]]


def squares(cone: Cone, level: int, plain: bool = False) -> Chart:
    """One Gram block over all monomials of degree ℓ + 2 in z, x = z∘z, split by the signs of z that x does not show."""
    n, degree = cone.dim, 2 * level + 4
    forms = square_forms(cone)
    signs = np.zeros((0, n), dtype=np.uint8)
    start = 0
    for part in cone.parts:
        flips = np.zeros((part.order if part.kind == "nonnegative" else 1, n), dtype=np.uint8)
        flips[:, start : start + part.dim] = np.eye(part.order) if part.kind == "nonnegative" else 1
        signs, start = np.concatenate([signs, flips]), start + part.dim
    half = monomials.every(n, level + 2)
    i, j = svec.triangle(len(half))
    rank = monomials.rank(monomials.product(half[i], half[j]))
    present = np.unique(rank)
    present = present[invariant(monomials.unrank(present, degree), signs)]
    at = np.flatnonzero(np.isin(rank, present))
    shape = (len(rank), len(present))
    whole = sp.coo_array((np.ones(len(at)), (at, np.searchsorted(present, rank[at]))), shape=shape).tocsr()
    blocks = BlockMap.whole(np.array([len(half)]), sp.csr_array(whole)).split()

    pair, pair_rank, pair_value = _pair_products(forms)
    q = monomials.every(n, 2 * level)
    q = q[invariant(q, signs)]
    multiples = []
    for row in q:
        terms = monomials.product(monomials.unrank(pair_rank, 4), np.broadcast_to(row, (len(pair_rank), len(row))))
        column = np.searchsorted(present, monomials.rank(terms))
        shape = (svec.length(n), len(present))
        multiples.append(sp.csr_array(sp.coo_array((pair_value, (pair, column)), shape=shape)))
    unit = sp.csr_array(cone.unit[None, :]) @ forms  # e(z∘z), a quadratic form in z
    weights = np.zeros(len(q))
    power, value = _form_power(sp.coo_array(unit), level)
    weights[np.searchsorted(monomials.rank(q), power)] = value
    none, each = np.zeros((len(half), 0), dtype=np.int64), np.arange(len(half))
    names = Names("squares", monomials.unrank(present, degree), none, half, q, np.zeros((0, 1), dtype=np.int64), each,
                  np.ones(len(half)), np.ones(len(half)), present, np.ones(len(present)))  # fmt: skip
    return Chart(blocks, tuple(multiples), weights, sp.csr_array((0, len(present))), names)


def squares_size(cone: Cone, level: int) -> tuple[int, int]:
    """(moments, block entries), from above."""
    half = monomials.count(cone.dim, level + 2)
    return monomials.count(cone.dim, 2 * level + 4), half * half * (1 + 2 * level)


def square_forms(cone: Cone) -> sp.csr_array:
    """Rows (z∘z)_a as quadratic forms in z, one coefficient a monomial."""
    row, i, j, value = [], [], [], []
    at = 0
    for part in cone.parts:
        n = part.order
        if part.kind == "nonnegative":
            row += range(at, at + n)
            i += range(at, at + n)
            j += range(at, at + n)
            value += [1.0] * n
        elif part.kind == "second-order":
            row += [at] * n + list(range(at + 1, at + n))
            i += [*range(at, at + n), *([at] * (n - 1))]
            j += [*range(at, at + n), *range(at + 1, at + n)]
            value += [1.0] * n + [2.0] * (n - 1)
        else:  # (Z²)_pq = Σ_k Z_pk Z_kq
            p, q = svec.triangle(n)
            for k in range(n):
                row += (at + np.arange(len(p))).tolist()
                i += (at + svec.position(p, np.full(len(p), k))).tolist()
                j += (at + svec.position(q, np.full(len(q), k))).tolist()
                value += [1.0] * len(p)
        at += part.dim
    shape = (cone.dim, svec.length(cone.dim))
    return sp.csr_array(sp.coo_array((value, (row, svec.position(i, j))), shape=shape))


def _pair_products(forms: sp.csr_array) -> tuple[Index, Index, Vector]:
    """Terms (pair, rank, value) of Q_aQ_b for all a ≤ b, the forms given as rows."""
    n = forms.shape[0]
    a, b = svec.triangle(n)
    length = np.diff(forms.indptr)
    owner, at = ragged.expand(forms.indptr[a], length[a])
    again, to = ragged.expand(forms.indptr[b[owner]], length[b[owner]])
    owner, at = owner[again], at[again]
    quads = monomials.unrank(forms.indices.astype(np.int64), 2)
    rank = monomials.rank(monomials.product(quads[at], quads[to]))
    return owner, rank, forms.data[at] * forms.data[to]


def _form_power(form: sp.coo_array, exponent: int) -> tuple[Index, Vector]:
    """Ranks and coefficients of a quadratic form to a power."""
    base = monomials.unrank(form.coords[1].astype(np.int64), 2)
    out, value = np.zeros((1, 0), dtype=np.int64), np.ones(1)
    for _ in range(exponent):
        old, new = (k.ravel() for k in np.indices((len(out), len(base))))
        rank = monomials.rank(monomials.product(out[old], base[new]))
        present, inverse = np.unique(rank, return_inverse=True)
        value = np.bincount(inverse, weights=value[old] * form.data[new], minlength=len(present))
        out = monomials.unrank(present, out.shape[1] + 2)
    return monomials.rank(out), value


SQUARES = ChartMaker(squares, squares_size)
