"""Exact level-1 proofs on the boundary: rational Gram matrices on the minimal face.

    (Σ w_i x_i) x'Mx  =  Σ_i x_i x'S_i x  +  Σ c_ijk x_i x_j x_k,      S_i ⪰ 0,  c ≥ 0.

At a zero u ≥ 0 of the form (u'Mu = 0) all terms vanish, so S_i u = 0 for i ∈ supp u, and c_ijk = 0 for i, j, k in
supp u. The derivative at u in a direction i with (Mu)_i = 0 vanishes as well: S_i u = 0, and c_ijk = 0 for j, k in
supp u. On the face that these equations leave, a solution in its interior survives rounding; the identity is restored
by an exact least-norm correction, and S_i ⪰ 0 is decided by an exact LDL' whose factor and weights are the certificate.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, combinations_with_replacement
from typing import Any

import numpy as np
import scipy.sparse as sp

from copos.arithmetic import svec
from copos.arithmetic.exact import Fractions, ldl, null_space, primitive, reduced
from copos.certificate.boundary_spn import spn_proof, zeros
from copos.certificate.document import Certificate
from copos.certificate.problem import exact, exact_matrix
from copos.conic import Cones, ConicForm, Status
from copos.solvers import solve

LARGEST = 14  # zeros are found by running through all supports


def boundary_certificate(M: Any, weights: list[int] | None = None, denominator: int = 10) -> Certificate | None:
    """Certificate that M ∈ COP_n through level 0, or level 1 with the multiplier Σ w_i x_i; None if none was found.

    Parameters
    ----------
    M : n×n symmetric matrix of integers, Fractions, "p/q" strings or floats; n ≤ 14
    weights : positive integers w, 1 by default; D·Horn·D needs w = diag D
    denominator : of the rounded Gram entries; twelve times it is tried too

    Raises
    ------
    ValueError
        If M is too large or not a symmetric rational matrix.

    References
    ----------
    Zeros and minimal faces: [Hildebrand2014]; level 1 of [Parrilo2000].

    Examples
    --------
    >>> horn = [[1, -1, 1, 1, -1], [-1, 1, -1, 1, 1], [1, -1, 1, -1, 1], [1, 1, -1, 1, -1], [-1, 1, 1, -1, 1]]
    >>> boundary_certificate(horn).verify(horn).proved
    True
    """
    F = exact_matrix(M)
    n = len(F)
    if n > LARGEST:
        raise ValueError(f"zeros are searched on all supports, so n ≤ {LARGEST}; got {n}")
    w = [1] * n if weights is None else [int(v) for v in weights]
    spn = spn_proof(F)
    if spn is not None and (certificate := Certificate.of("copositive", F, spn)).verify(F).proved:
        return certificate
    face = _Face(F, w)
    centre = face.centre()
    if centre is None:
        return None
    for d in (denominator, 12 * denominator):
        solution = face.corrected([Fraction(round(v * d), d) for v in centre])
        proof = None if solution is None else face.proof(solution)
        if proof is not None:
            certificate = Certificate.of("copositive", F, proof)
            if certificate.verify(F).proved:
                return certificate
    return None


class _Face:
    """Unknowns: upper triangles of R_i where S_i = V_i R_i V_i', then the coefficients c that may be positive."""

    def __init__(self, F: Fractions, w: list[int]) -> None:
        n = len(F)
        self.n, self.w = n, w
        found = zeros(F)
        Mu = [[sum(F[i][j] * u[j] for j in range(n)) for i in range(n)] for u in found]
        self.V: list[list[list[int]]] = []  # columns
        for i in range(n):
            dead = [u for u, m in zip(found, Mu, strict=True) if u[i] > 0 or m[i] == 0]
            basis = null_space(dead) if dead else [[Fraction(int(a == b)) for b in range(n)] for a in range(n)]
            self.V.append([primitive(v) for v in basis])
        # sums of zeros that are zeros again: their supports make more coefficients vanish
        kernels = [{j for j in range(n) if not m[j]} for m in Mu]
        supports = [{j for j in range(n) if u[j]} for u in found]
        joint = [
            (set().union(*(supports[k] for k in group)), set.intersection(*(kernels[k] for k in group)))
            for size in (1, 2, 3)
            for group in combinations(range(len(found)), size)
            if all(supports[a] <= kernels[b] for a, b in combinations(group, 2))
        ]
        self.free = [key for key in combinations(range(n), 3) if not any(_vanishes(key, *pair) for pair in joint)]
        keys = {key: k for k, key in enumerate(combinations_with_replacement(range(n), 3))}
        self.columns: list[dict[int, int]] = []
        for i, V in enumerate(self.V):
            for b in range(len(V)):
                for a in range(b + 1):
                    column: dict[int, int] = {}
                    for p, x in enumerate(V[a]):
                        for q, y in enumerate(V[b]):
                            if x and y:
                                k = keys[tuple(sorted((i, p, q)))]  # type: ignore[index]
                                column[k] = column.get(k, 0) + x * y * (1 if a == b else 2)
                    self.columns.append(column)
        self.columns += [{keys[key]: 1} for key in self.free]
        target = [Fraction(0)] * len(keys)
        for i in range(n):
            for p in range(n):
                for q in range(n):
                    target[keys[tuple(sorted((i, p, q)))]] += w[i] * F[p][q]  # type: ignore[index]
        self.target = target

    def centre(self) -> list[float] | None:
        """A point of the face as far inside as possible: max t, R_i ⪰ tI, c ≥ t, t ≤ 1."""
        sizes = [len(V) for V in self.V]
        m, lengths = len(self.columns), [svec.length(s) for s in sizes]
        row = [k for column in self.columns for k in column]
        col = [j for j, column in enumerate(self.columns) for _ in column]
        data = [float(v) for column in self.columns for v in column.values()]
        A = sp.csr_array((data, (row, col)), shape=(len(self.target), m + 1))
        scalars, order = [sum(lengths) + k for k in range(len(self.free))], []
        start = np.cumsum([0, *lengths])
        small = [i for i, s in enumerate(sizes) if s == 1]
        big = [i for i, s in enumerate(sizes) if s > 1]
        scalars += [int(start[i]) for i in small]
        rows, shift = [], []
        for j in scalars:
            order.append(j)
            rows.append(1.0)
            shift.append(1.0)
        for i in big:
            a, b = svec.triangle(sizes[i])
            order += (start[i] + np.arange(lengths[i])).tolist()
            rows += svec.scaling(sizes[i]).tolist()
            shift += (a == b).astype(float).tolist()
        k = len(order)
        place = (np.arange(k), np.array(order))
        G = sp.coo_array((-np.array(rows), place), shape=(k, m + 1)).tocsr()
        G = G + sp.coo_array((np.array(shift), (np.arange(k), np.full(k, m))), shape=(k, m + 1)).tocsr()
        cap = sp.coo_array(([1.0], ([0], [m])), shape=(1, m + 1)).tocsr()
        full = sp.vstack([A, cap, G], format="csc")
        rhs = np.r_[[float(v) for v in self.target], 1.0, np.zeros(k)]
        cones = Cones(zero=len(self.target), nonnegative=1 + len(scalars), psd=tuple(sizes[i] for i in big))
        c = np.zeros(m + 1)
        c[m] = -1.0
        form = ConicForm(c, full, rhs, cones)
        for solver, options in (("clarabel", {}), ("scs", {"eps_abs": 1e-8, "eps_rel": 1e-8})):
            solution = solve(form, solver, **options)
            if solution.status is not Status.FAILED and np.isfinite(solution.x).all() and solution.x[m] > -1e-6:
                return solution.x[:m].tolist()
        return None

    def corrected(self, x: list[Fraction]) -> list[Fraction] | None:
        """The nearest solution of the identity, exactly: x + A'(AA')⁺(target − Ax)."""
        left = list(self.target)
        for column, v in zip(self.columns, x, strict=True):
            for k, a in column.items():
                left[k] -= a * v
        rows: list[dict[int, int]] = [{} for _ in self.target]
        for j, column in enumerate(self.columns):
            for k, a in column.items():
                rows[k][j] = a
        N = [[Fraction(sum(a * other.get(j, 0) for j, a in row.items())) for other in rows] for row in rows]
        R, pivots = reduced([[*n, r] for n, r in zip(N, left, strict=True)])
        if pivots and pivots[-1] == len(rows):
            return None
        multiplier = [Fraction(0)] * len(rows)
        for row, p in zip(R, pivots, strict=True):
            multiplier[p] = row[-1]
        step = [sum(a * multiplier[k] for k, a in column.items()) for column in self.columns]
        return [v + d for v, d in zip(x, step, strict=True)]

    def proof(self, x: list[Fraction]) -> dict[str, Any] | None:
        """Terms of the certificate if every R_i ⪰ 0; a negative c is left to the checker to refuse."""
        terms, at = [], 0
        for i, V in enumerate(self.V):
            s = len(V)
            R = [[Fraction(0)] * s for _ in range(s)]
            for b in range(s):
                for a in range(b + 1):
                    R[a][b] = R[b][a] = x[at]
                    at += 1
            factors = ldl(R)
            if factors is None:
                return None
            columns = factors
            if not columns:
                continue
            terms.append({
                "blocks": [i],
                "rows": [[0, v] for v in range(self.n)],
                "basis": [[[r, c] for r, c in enumerate(column) if c] for column in V],
                "gram": {
                    "factor": [[c[r] for c, _ in columns] for r in range(s)],
                    "weights": [exact(d) for _, d in columns],
                },
            })  # fmt: skip
        if any(c < 0 for c in x[at:]):
            return None
        return {"method": "level", "level": 1, "weights": [int(v) for v in self.w], "terms": terms}


def _vanishes(key: tuple[int, ...], support: set[int], kernel: set[int]) -> bool:
    """Must c_ijk vanish because of a zero u with this support, (Mu)_j = 0 for j in the kernel?"""
    outside = set(key) - support
    return len(outside) <= 1 and outside <= kernel
