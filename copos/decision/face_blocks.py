"""The dual program of a face with semidefinite blocks in the place of atoms: near its end it is exact at once.

Where x'Ax = 0 for a copositive A, the part of A on the support of x is positive semidefinite [Diananda1962, Lemma 7].
So once the supports of the weighted atoms are those of the zeros, requiring A_I ⪰ 0 for them instead of x'Ax ≥ 0 at
points excludes no solution, and curved families of zeros need no points at all. Too early it may exclude some: what
comes out is a candidate, for local searches to refute.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from copos.arithmetic import svec
from copos.conic import Cones, ConicForm
from copos.decision.face import Array
from copos.solvers import solve

Support = tuple[int, ...]
USED = 1e-6  # of the largest weight
SHARE = 1e-6  # of an atom, for a ray to be in its support
TIGHT = {"tol_gap_abs": 1e-12, "tol_gap_rel": 1e-12, "tol_feas": 1e-11}


def supports(T: Array, λ: Array) -> list[Support]:
    """The largest supports of atoms in use, two rays or more."""
    every = {tuple(np.flatnonzero(t > SHARE).tolist()) for t in T[λ > USED * λ.max()]}
    wide = sorted((I for I in every if len(I) > 1), key=len, reverse=True)
    kept: list[Support] = []
    for I in wide:
        if not any(set(I) <= set(J) for J in kept):
            kept.append(I)
    return kept


def sharpened(T: Array, λ: Array, R: Array, Q: Array, w: Array, m: Array) -> Array | None:
    """y of min m'y, w'y = 1, A(y) ⪰ 0 on the rays of each support, t'RA(y)R't ≥ 0 at the other atoms; None if it fails.

    Q'y is the triangle of A(y), its entries off the diagonal times √2.
    """
    blocks = supports(T, λ)
    if not blocks:
        return None
    i, j = np.tril_indices(R.shape[1])
    weight = np.where(i == j, 1.0, np.sqrt(2.0))
    inside = np.zeros(len(T), dtype=bool)
    rows, orders = [], []
    for I in blocks:
        at = list(I)
        inside |= (np.delete(T, at, axis=1) <= SHARE).all(axis=1)
        # rays may depend on each other: a basis of what they span
        _, size, V = np.linalg.svd(R[at], full_matrices=False)
        B = V[size > 1e-9 * size[0]]
        a, b = svec.triangle(len(B))
        r, s = B[a], B[b]
        P = (r[:, i] * s[:, j] + s[:, i] * r[:, j]) / 2 * weight * np.where(a == b, 1.0, np.sqrt(2.0))[:, None]
        rows.append(-P @ Q.T)
        orders.append(len(B))
    X = T[~inside] @ R
    points = -(X[:, i] * X[:, j] * weight) @ Q.T
    A = sp.csc_array(np.vstack([w[None, :], points, *rows]))
    b = np.r_[1.0, np.zeros(A.shape[0] - 1)]
    found = solve(ConicForm(m, A, b, Cones(zero=1, nonnegative=len(X), psd=tuple(orders))), "clarabel", **TIGHT)
    if found.x is None or not np.isfinite(found.x).all() or abs(w @ found.x) < 0.5:
        return None
    return found.x / (w @ found.x)
