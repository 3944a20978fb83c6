"""Levels in Jordan frames: K = R_+^n × L^m × … as the image of the frames and their nonnegative weights.

x = Σ λ_ic_i with λ ≥ 0 and the Jordan frames c = (e_1, …, e_n, (1, v), (1, −v)), |v| = 1. M is copositive on K iff
[c_i'Mc_j] is copositive on R_+^{n+2} for every v; asking for the linear level C^ℓ instead, the coefficient of every
λ^β, a quadratic in v, must be ≥ 0 on the sphere. By the S-lemma that is one matrix inequality:
(1, v)'G(1, v) + s(1 − |v|²) with G ⪰ 0 and a free s [NishijimaNakata2024].
"""

from __future__ import annotations

from math import comb

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.special import gammaln

from copos.arithmetic import monomials, svec
from copos.cones import Cone
from copos.hierarchy import products
from copos.hierarchy.blocks import BlockMap
from copos.hierarchy.charts import Chart, ChartMaker, Index, Names, Vector


def frames(cone: Cone, level: int, plain: bool = False) -> Chart:
    """A block (1, v)(1, v)' for every λ^β of degree ℓ + 2, x = Σ λ_ic_i(v), up to exchange of (1, v) and (1, −v).

    With several second-order cones V = (1, v_1, v_2, …), and the S-lemma is sufficient only: still an outer
    approximation of CP(K).
    """
    x_terms, weights, owner, sphere = _frame_coordinates(cone)
    count = int(x_terms[1].max()) + 1
    betas = monomials.every(count, level + 2)
    V = len(sphere)
    length = svec.length(V)
    home, turn, present, even = _canonical(betas, owner, sphere)
    i, j = svec.triangle(V)
    folded, folding = home[:, None] * length + np.arange(length), turn[:, i] * turn[:, j] * (present & even)
    own = np.arange(len(betas))
    keys = own[:, None] * length + np.arange(length) if plain else folded
    fixed = present.astype(float) if plain else folding
    # moments: (rank of β, position in the triangle of V), canonical ones only
    used, first_use = np.unique(keys[fixed != 0], return_index=True)
    column = np.searchsorted(used, keys)
    rows, cols, values, sizes, relations = [], [], [], [], []
    row_beta, row_v, related = [], [], []
    first = 0
    spheres = np.unique(sphere[sphere >= 0])
    for b in own if plain else np.flatnonzero(home == own):
        active = np.unique(owner[betas[b]])
        inside = (sphere < 0) | np.isin(sphere, active)
        place = np.flatnonzero(inside[i] & inside[j])
        live = fixed[b, place] != 0
        rows.append(first + np.flatnonzero(live))
        cols.append(column[b, place[live]])
        values.append(fixed[b, place[live]])
        first += len(place)
        sizes.append(int(inside.sum()))
        row_v.append(np.flatnonzero(inside))
        row_beta.append(np.full(sizes[-1], b))
        for k in spheres[np.isin(spheres, active)]:
            at = np.flatnonzero(sphere == k)
            relations.append(np.r_[column[b, 0], column[b, svec.position(at, at)]])
            related.append(np.r_[k, betas[b]])
    shape = (first, len(used))
    matrix = sp.coo_array((np.concatenate(values), (np.concatenate(rows), np.concatenate(cols))), shape=shape).tocsr()
    blocks = BlockMap.whole(np.array(sizes), sp.csr_array(matrix)).split()
    zero = np.concatenate([np.zeros(0, dtype=np.int64), *relations])
    line = np.repeat(np.arange(len(relations)), [len(r) for r in relations])
    sign = np.concatenate([np.zeros(0), *(np.r_[1.0, -np.ones(len(r) - 1)] for r in relations)])
    sums = sp.csr_array(sp.coo_array((sign, (line, zero)), shape=(len(relations), len(used))))

    # x_ax_b = Σ over pairs of terms (λ_i, V_r), (λ_j, V_s)
    a, lam, vee, coefficient = x_terms
    s, t = (k.ravel() for k in np.indices((len(a), len(a))))
    s, t = s[a[s] <= a[t]], t[a[s] <= a[t]]
    pair = svec.position(a[s], a[t])
    both = np.stack([lam[s], lam[t]], axis=1)
    where = svec.position(vee[s], vee[t])
    value = coefficient[s] * coefficient[t]
    # the moment of λ^β is measured in units of β!/(ℓ+2)!: at e(x) = 1 all of them add up to one
    # (not in a plain chart)
    occurs = np.zeros((len(betas), count), dtype=np.int64)
    np.add.at(occurs, (np.arange(len(betas))[:, None], betas), 1)
    shrink = np.exp(gammaln(occurs + 1).sum(axis=1) - gammaln(level + 3))
    unit = np.ones(len(betas)) if plain else shrink
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
    beta, v = np.concatenate(row_beta), np.concatenate(row_v)
    which, where = (k[first_use] for k in np.nonzero(fixed))
    moments = np.concatenate([betas[which], count + i[where][:, None], count + j[where][:, None]], axis=1)
    alike = np.bincount(home)[home]
    names = Names(
        "frames", moments, betas[beta], count + v[:, None], gammas,
        np.array(related, dtype=np.int64).reshape(len(related), level + 3),
        home[beta] * V + v, turn[beta, v], 1 / (alike * shrink)[beta] if plain else np.ones(len(beta)),
        folded[which, where], (folding * shrink[:, None])[which, where] if plain else np.ones(len(used)),
    )  # fmt: skip
    return Chart(blocks, tuple(multiples), e, sums, names)


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


def _canonical(betas: Index, owner: Index, sphere: Index) -> tuple[Index, Index, NDArray[np.bool_], NDArray[np.bool_]]:
    """The image of λ^β V_rV_s under the exchanges λ_+ ↔ λ_-, v ↦ −v.

    Returns the rank of the representative of every β, the signs that V gets on the way there, which V_rV_s occur beside
    λ^β at all, and which of them are not their own negative.
    """
    r, s = svec.triangle(len(sphere))
    present, even = np.ones((2, len(betas), len(r)), dtype=bool)
    turn, new = np.ones((len(betas), len(sphere))), betas.copy()
    for k in np.unique(owner[owner >= 0]):
        plus, minus = np.flatnonzero(owner == k)
        more = (betas == plus).sum(axis=1) - (betas == minus).sum(axis=1)
        odd = (sphere[r] == k) != (sphere[s] == k)
        exchanged = np.where(betas == plus, minus, np.where(betas == minus, plus, new))
        new = np.where((more < 0)[:, None], exchanged, new)
        turn[np.ix_(more < 0, sphere == k)] *= -1
        even[np.ix_(more == 0, odd)] = False
        absent = ~((betas == plus) | (betas == minus)).any(axis=1)  # then v_k occurs in no product of coordinates
        present[np.ix_(absent, (sphere[r] == k) | (sphere[s] == k))] = False
    return monomials.rank(np.sort(new, axis=1)), turn, present, even


FRAMES = ChartMaker(frames, frames_size)
