"""Levels in other coordinates: x = φ(z), where K is the image of something simpler than K.

An identity  e(x)^ℓ x'Mx = nonnegative  may be asked for after the substitution x = φ(z). Moments then belong to
functions of z; blocks are linear in them, e^ℓ x_ax_b is a combination of them, and there may be relations.

squares    K = {z∘z} for the Jordan product of a symmetric cone: e(z∘z)^ℓ (z∘z)'M(z∘z) is a sum of squares of forms of
           degree ℓ + 2 in z [NishijimaNakata2024]. On the orthant this is Parrilo's K^ℓ.
frames     K = R_+^n × L^m: x = Σ λ_ic_i with λ ≥ 0 and the Jordan frames c = (e_1, …, e_n, (1, v), (1, −v)), |v| = 1.
           M is copositive on K iff [c_i'Mc_j] is copositive on R_+^{n+2} for every v; asking for the linear level C^ℓ
           instead, the coefficient of every λ^β, a quadratic in v, must be ≥ 0 on the sphere. By the S-lemma that is
           one matrix inequality: (1, v)'G(1, v) + s(1 − |v|²) with G ⪰ 0 and a free s [NishijimaNakata2024].
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import comb
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.special import gammaln

from copos import monomials, ragged, svec
from copos.cones import Cone
from copos.hierarchy import products
from copos.hierarchy.blocks import BlockMap
from copos.hierarchy.signs import invariant

Index = NDArray[Any]
Vector = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Chart:
    """A level after a substitution.

    Attributes
    ----------
    blocks : matrices that are positive semidefinite, over the moments
    multiples : for every function q of degree ℓ that an equation may be multiplied with, q·x_ax_b (a ≤ b, in the order
        of `copos.svec`) as rows over the moments
    weights : (len(multiples),) e^ℓ = Σ weights_k q_k
    relations : rows over the moments that are zero
    """

    blocks: BlockMap
    multiples: tuple[sp.csr_array, ...]
    weights: Vector
    relations: sp.csr_array

    @property
    def entries(self) -> sp.csr_array:
        """e^ℓ x_ax_b as rows over the moments."""
        total = sp.csr_array(self.multiples[0].shape)
        for weight, rows in zip(self.weights, self.multiples, strict=True):
            if weight:
                total = total + weight * rows
        return sp.csr_array(total)


class ChartMaker(NamedTuple):
    """What a row of the table of families holds: how to build a chart, and its (moments, block entries) from above."""

    make: Callable[[Cone, int], Chart]
    size: Callable[[Cone, int], tuple[int, int]]


def squares(cone: Cone, level: int) -> Chart:
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
    return Chart(blocks, tuple(multiples), weights, sp.csr_array((0, len(present))))


def squares_size(cone: Cone, level: int) -> tuple[int, int]:
    """(moments, block entries), from above."""
    half = monomials.count(cone.dim, level + 2)
    return monomials.count(cone.dim, 2 * level + 4), half * half * (1 + 2 * level)


def frames(cone: Cone, level: int) -> Chart:
    """A block (1, v)(1, v)' for every λ^β of degree ℓ + 2, x = Σ λ_ic_i(v), up to exchange of (1, v) and (1, −v).

    With several second-order cones V = (1, v_1, v_2, …), and the S-lemma is sufficient only: still an outer
    approximation of CP(K).
    """
    x_terms, weights, owner, sphere = _frame_coordinates(cone)
    count = int(x_terms[1].max()) + 1
    betas = monomials.every(count, level + 2)
    V = len(sphere)
    keys, fixed = _canonical(betas, owner, sphere)
    # moments: (rank of β, position in the triangle of V), canonical ones only
    used = np.unique(keys[fixed != 0])
    column = np.searchsorted(used, keys)
    position = np.arange(svec.length(V))
    rows, cols, values, sizes, relations = [], [], [], [], []
    first = 0
    swap_free = keys[:, 0] // svec.length(V) == np.arange(len(betas))  # β is its own canonical form
    spheres = np.unique(sphere[sphere >= 0])
    i, j = svec.pair(position)
    for b in np.flatnonzero(swap_free):
        active = np.unique(owner[betas[b]])
        inside = (sphere < 0) | np.isin(sphere, active)
        place = np.flatnonzero(inside[i] & inside[j])
        live = fixed[b, place] != 0
        rows.append(first + np.flatnonzero(live))
        cols.append(column[b, place[live]])
        values.append(fixed[b, place[live]])
        first += len(place)
        sizes.append(int(inside.sum()))
        for k in spheres[np.isin(spheres, active)]:
            own = np.flatnonzero(sphere == k)
            relations.append(np.r_[column[b, 0], column[b, svec.position(own, own)]])
    shape = (first, len(used))
    matrix = sp.coo_array((np.concatenate(values), (np.concatenate(rows), np.concatenate(cols))), shape=shape).tocsr()
    blocks = BlockMap.whole(np.array(sizes), sp.csr_array(matrix)).split()
    zero = np.concatenate([np.zeros(0, dtype=np.int64), *relations])
    line = np.repeat(np.arange(len(relations)), [len(r) for r in relations])
    sign = np.concatenate([np.zeros(0), *(np.r_[1.0, -np.ones(len(r) - 1)] for r in relations)])
    related = sp.csr_array(sp.coo_array((sign, (line, zero)), shape=(len(relations), len(used))))

    # x_ax_b = Σ over pairs of terms (λ_i, V_r), (λ_j, V_s)
    a, lam, vee, coefficient = x_terms
    s, t = (k.ravel() for k in np.indices((len(a), len(a))))
    s, t = s[a[s] <= a[t]], t[a[s] <= a[t]]
    pair = svec.position(a[s], a[t])
    both = np.stack([lam[s], lam[t]], axis=1)
    where = svec.position(vee[s], vee[t])
    value = coefficient[s] * coefficient[t]
    # the moment of λ^β is measured in units of β!/(ℓ+2)!: at e(x) = 1 all of them add up to one
    occurs = np.zeros((len(betas), count), dtype=np.int64)
    np.add.at(occurs, (np.arange(len(betas))[:, None], betas), 1)
    unit = np.exp(gammaln(occurs + 1).sum(axis=1) - gammaln(level + 3))
    gammas = monomials.every(count, level)
    multiples = []
    for gamma in gammas:
        beta = monomials.rank(monomials.product(both, np.broadcast_to(gamma, (len(both), level))))
        sign = fixed[beta, where]
        on = sign != 0
        shape = (svec.length(cone.dim), len(used))
        data = ((value * sign * unit[beta])[on], (pair[on], column[beta, where][on]))
        multiples.append(sp.csr_array(sp.coo_array(data, shape=shape)))
    power, amount = products.power(weights, level)
    e = np.zeros(len(gammas))
    e[monomials.rank(power)] = amount
    return Chart(blocks, tuple(multiples), e, related)


def frames_size(cone: Cone, level: int) -> tuple[int, int]:
    """(moments, block entries), from above."""
    spheres = [p.order for p in cone.parts if p.kind == "second-order" and p.order > 1]
    lambdas = cone.dim - sum(m - 2 for m in spheres)
    entries = (1 + sum(m - 1 for m in spheres)) ** 2
    betas = comb(lambdas + level + 1, level + 2)
    return betas * entries, betas * entries + comb(lambdas + level - 1, level) * 4 * cone.dim**2


def _frame_coordinates(cone: Cone) -> tuple[tuple[Index, Index, Index, Vector], Vector, Index, Index]:
    """x_a = Σ coefficient·λ_i·V_r as a table (a, i, r, coefficient), e as weights of the λ, owners of λ and of V."""
    a, lam, vee, coefficient, owner, sphere, weights = [], [], [], [], [], [-1], []
    at = 0
    for part in cone.parts:
        first = len(weights)
        if part.kind == "nonnegative" or part.order == 1:
            here = np.arange(part.order)
            a += (at + here).tolist()
            lam += (first + here).tolist()
            vee += [0] * part.order
            coefficient += [1.0] * part.order
            owner += [-1] * part.order
            weights += cone.unit[at : at + part.order].tolist()
        else:
            if np.any(cone.unit[at + 1 : at + part.order]):
                raise ValueError("the multiplier of a level in Jordan frames must not depend on the direction of u")
            k = max(owner, default=-1) + 1
            for side, sign in ((0, 1.0), (1, -1.0)):
                size = part.order - 1
                a += [at, *range(at + 1, at + part.order)]
                lam += [first + side] * part.order
                vee += [0, *range(len(sphere), len(sphere) + size)]
                coefficient += [1.0] + [sign] * size
            owner += [k, k]
            sphere += [k] * (part.order - 1)
            weights += [float(cone.unit[at])] * 2
        at += part.dim
    table = (np.array(a), np.array(lam), np.array(vee), np.array(coefficient))
    return table, np.array(weights), np.array(owner), np.array(sphere)


def _canonical(betas: Index, owner: Index, sphere: Index) -> tuple[Index, Vector]:
    """For every λ^β V_rV_s its representative under the exchanges λ_+ ↔ λ_-, v ↦ −v, as a key, and the sign (or 0)."""
    r, s = svec.triangle(len(sphere))
    sign = np.ones((len(betas), len(r)))
    new = betas.copy()
    for k in np.unique(owner[owner >= 0]):
        plus, minus = np.flatnonzero(owner == k)
        more = (betas == plus).sum(axis=1) - (betas == minus).sum(axis=1)
        odd = ((sphere[r] == k).astype(int) + (sphere[s] == k)) % 2 == 1
        swap = more < 0
        exchanged = np.where(betas == plus, minus, np.where(betas == minus, plus, new))
        kept = np.where((betas == plus) | (betas == minus), exchanged, new)
        new = np.where(swap[:, None], kept, new)
        sign[np.ix_(swap, odd)] *= -1
        sign[np.ix_(more == 0, odd)] = 0
        absent = ~((betas == plus) | (betas == minus)).any(axis=1)  # then v_k occurs in no product of coordinates
        sign[np.ix_(absent, (sphere[r] == k) | (sphere[s] == k))] = 0
    new = np.sort(new, axis=1)
    return monomials.rank(new)[:, None] * len(r) + np.arange(len(r)), sign


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
FRAMES = ChartMaker(frames, frames_size)
