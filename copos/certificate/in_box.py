"""A dual of level 0 made feasible at a known price, where every coordinate lies in an interval.

For p = αb_a ≥ 0 and q = e − p = βb_b ≥ 0 with x_j = w p + L e, L ≥ 0, w > 0 and U = L + w,

    U² e²  =  x_j²  +  (U² − L²) q e  +  w² p q,

so that d_j x_j² on the diagonal of the moment matrix costs d_j U_j² of the multiplier of e² = 1. Whatever negative part
G_- a Gram matrix G = G_+ − G_- has, G + diag(d) ⪰ 0 for d_j = Σ_i |G_-|_ij, and for d_j = −λ_min(G).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.linalg import lsqr

from copos.arithmetic import monomials, svec
from copos.certificate.dual import Dual, Identity, project
from copos.hierarchy import Relaxation
from copos.hierarchy.scalars import products
from copos.hierarchy.triangles import intervals

Index = NDArray[Any]
Vector = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Box:
    """What d_j x_j² costs: for every row of the matrix blocks its variable, and for every variable its identity.

    Attributes
    ----------
    rows : for every matrix block the variables of its rows
    scalars, weights : (dim, 2) the scalar blocks q e and p q (−1 for none) and their multipliers
    price : (dim,) the change of the multiplier `equation`, per unit of d_j
    """

    rows: list[Index]
    scalars: Index
    weights: Vector
    price: Vector
    equation: int

    @classmethod
    def of(cls, relaxation: Relaxation) -> Box | None:
        """None where some coordinate is in no interval, or e is not one coordinate x_0 ≥ 0 with <x_0², Y> given."""
        cone, A = relaxation.program.cone, relaxation.program.equations[0]
        unit = np.flatnonzero(cone.unit)
        if relaxation.level or relaxation.lifted is None or relaxation.gram != "sdp" or len(unit) != 1:
            return None
        if set(cone.sizes) != {1} or not any(group.pools == () for group in relaxation.lift.groups):
            return None
        home, size, dim = int(unit[0]), float(cone.unit[unit[0]]), cone.dim
        forms = A.rounded().substitute(cone.basis).rows
        square = int(svec.position(home, home))
        normal = [i for i in range(len(A)) if forms[[i]].nnz == 1 and forms[[i]].indices[0] == square]
        e = cone.entries
        at = np.flatnonzero((np.bincount(e.block, minlength=len(cone.sizes))[e.block] == 1) & (e.variable == home))
        at = at[(np.array(cone.sizes)[e.block[at]] == 1) & (e.coefficient[at] > 0)]
        if not normal or not len(at):
            return None
        base, of_base = int(e.block[at[0]]), float(e.coefficient[at[0]])
        top = size**2 / float(forms[[normal[0]]].data[0])  # e² = top·A
        table = products(relaxation)
        place = {pair: k for k, pair in enumerate(map(tuple, table.tolist())) if pair[0] >= 0}

        def scalar(a: int, b: int) -> int:
            return place.get((min(a, b), max(a, b)), -1)

        scalars, weights, price = np.full((dim, 2), -1), np.zeros((dim, 2)), np.full(dim, np.nan)
        price[home] = 1 / size**2 * top
        for interval in intervals(cone):
            names = [v for v in interval.p if v != home]
            if len(names) != 1:
                continue
            (v,) = names
            w = 1 / float(interval.p[v])  # x_v = w p + L e
            low = -float(interval.p.get(home, 0)) * w / size
            if w < 0 or low < 0:
                continue
            (a, alpha), (b, beta) = interval.low, interval.high
            scalars[v] = scalar(b, base), scalar(a, b)
            weights[v] = ((w + low) ** 2 - low**2) * float(beta) * size / of_base, w**2 * float(alpha) * float(beta)
            price[v] = (w + low) ** 2 * top
        # the one block that is no scalar is m_1 m_1'
        start = int(relaxation.lift.sizes[: int(relaxation.lift.sizes.argmax())].sum())
        rows, position = [], np.r_[0, np.cumsum(relaxation.blocks.sizes)]
        for k in np.flatnonzero(relaxation.blocks.sizes > 1).tolist():
            variables = monomials.unrank(relaxation.blocks.source[position[k] : position[k + 1]] - start, 1)[:, 0]
            rows.append(variables)
        used = np.unique(np.concatenate(rows)) if rows else np.zeros(0, dtype=np.int64)
        if not len(used) or np.isnan(price[used]).any() or (scalars[used[used != home], 0] < 0).any():
            return None
        return cls(rows, scalars, weights, price, normal[0])


def boxed(found: Dual, relaxation: Relaxation, need: Vector) -> Dual | None:
    """The dual with as much on the diagonals as its matrix blocks lack; None where the program has no box."""
    identity: Identity = found.identity
    if "box" not in identity.solvers:
        identity.solvers["box"] = Box.of(relaxation)
    box: Box | None = identity.solvers["box"]
    if box is None:
        return None
    scalars = identity.scalars
    d = np.zeros(len(box.price))
    blocks = []
    for G, u, rows, least in zip(identity.matrices(found.g), identity.units(), box.rows, need[scalars:], strict=True):
        value, vector = np.linalg.eigh(G - 1.01 * max(float(least), 0.0) * np.eye(len(G)))
        lack = np.maximum(-value, 0.0)
        sums = np.abs((vector * lack) @ vector.T).sum(axis=1)
        flat = np.full(len(G), float(lack.max(initial=0.0)))
        each = min((sums, flat), key=lambda s: float(s / u**2 @ box.price[rows])) * (1 + 1e-9)
        each += 1e-15 * float(np.abs(value).max(initial=0.0))
        blocks.append(G + np.diag(each))
        d[rows] += each / u**2
    g = identity.join(found.g[:scalars].copy(), blocks)
    for k in (0, 1):
        at = np.flatnonzero((d > 0) & (box.scalars[:, k] >= 0))
        place = box.scalars[at, k]
        np.add.at(g, place, d[at] * box.weights[at, k] * identity.scale[place] ** 2)
    multipliers = found.multipliers.copy()
    multipliers[box.equation] -= float(d @ np.nan_to_num(box.price))
    averaged = len(relaxation.program.equations[1])
    if averaged < len(multipliers):  # where p q vanishes it is no scalar block: vanishing forms pay for it
        left = identity.residual(g, multipliers)
        E = sp.csr_array(identity.equations[:, averaged:])
        multipliers[averaged:] += lsqr(E, left, atol=1e-15, btol=1e-15, iter_lim=200)[0]
    return project(replace(found, g=g, multipliers=multipliers), np.arange(averaged), fixed_scalars=True)
