"""Exact level-0 proofs on the boundary: M = P + N with a rational P ⪰ 0 on the minimal face and N ≥ 0.

A zero u ≥ 0 of M (u'Mu = 0) forces Pu = 0, hence Nu = Mu, and N_ij = 0 for i, j in the support of u. These are linear
equations on N with rational data. Inside the affine space that they leave, a semidefinite program finds a point that is
far from the other constraints; rounding its coordinates keeps the equations, and an exact elimination decides.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np

from copos.arithmetic import svec
from copos.arithmetic.exact import Fractions, ldl, null_space
from copos.certificate.problem import exact
from copos.conic import Cones, ConicForm, Status
from copos.solvers import solve


def spn_proof(F: Fractions, denominators: tuple[int, ...] = (1, 10, 120)) -> dict[str, Any] | None:
    """Proof of kind "spn" that the rational matrix F is copositive, or None if none was found."""
    n = len(F)
    found = zeros(F)
    origin, directions = _affine(F, found)
    if origin is None:
        return None
    point = _centre(F, found, origin, directions)
    if point is None:
        return None
    for d in denominators:
        t = [Fraction(round(v * d), d) for v in point]
        entries = [o + sum(c * v[k] for c, v in zip(t, directions, strict=True)) for k, o in enumerate(origin)]
        N = _symmetric(entries, n)
        factors = ldl([[F[i][j] - N[i][j] for j in range(n)] for i in range(n)])
        if factors is not None and min(entries) >= 0:
            columns = factors or [([0] * n, Fraction(0))]
            factor = [[c[i] for c, _ in columns] for i in range(n)]
            return {"method": "spn", "factor": factor, "bits": 0, "weights": [exact(w) for _, w in columns]}
    return None


def _affine(F: Fractions, found: Fractions) -> tuple[list[Fraction] | None, Fractions]:
    """(N_0, basis) of all N that the zeros allow, as upper triangles; None if they contradict each other."""
    n, m = len(F), svec.length(len(F))
    rows: Fractions = []
    for u in found:
        support = [i for i, v in enumerate(u) if v]
        for j in support:
            for i in support:
                if i <= j:
                    rows.append([Fraction(int(k == svec.position(i, j))) for k in range(m)] + [Fraction(0)])
        for i in range(n):
            row = [Fraction(0)] * m
            for j in support:
                row[int(svec.position(i, j))] += u[j]
            rows.append([*row, -sum((F[i][j] * u[j] for j in support), Fraction(0))])
    basis = null_space(rows or [[Fraction(0)] * (m + 1)])
    origin = next((v[:-1] for v in basis if v[-1]), None)
    return origin, [v[:-1] for v in basis if not v[-1]]


def _centre(F: Fractions, found: Fractions, origin: list[Fraction], directions: Fractions) -> list[float] | None:
    """Coordinates t that maximise s with V'(M − N(t))V ⪰ sI and N_ij(t) ≥ s where N_ij is not fixed."""
    if not directions:
        return []
    n = len(F)
    V = np.array(null_space(found), dtype=float) if found else np.eye(n)
    V = np.linalg.qr(V.T)[0]
    M, o, D = (np.array(part, dtype=float) for part in (F, origin, directions))
    i, j = svec.triangle(n)

    def compressed(entries: np.ndarray) -> np.ndarray:
        N = np.zeros((n, n))
        N[i, j] = N[j, i] = entries
        return svec.svec(V.T @ N @ V)

    moving = np.flatnonzero(np.abs(D).max(axis=0) > 0)
    one = svec.svec(np.eye(V.shape[1]))
    # unknowns (t, s); rows: s ≤ 1, N_ij − s ≥ 0, V'(M − N)V − sI ⪰ 0
    head = np.r_[np.zeros(len(D)), 1.0]
    scalars = np.c_[-D[:, moving].T, np.ones(len(moving))]
    matrix = np.c_[np.stack([compressed(d) for d in D], axis=1), one]
    b = np.r_[1.0, o[moving], svec.svec(V.T @ M @ V) - compressed(o)]
    form = ConicForm(-head, np.vstack([head, scalars, matrix]), b, Cones(0, 1 + len(moving), (), (V.shape[1],)))
    solution = solve(form, "clarabel")
    usable = solution.status in (Status.OPTIMAL, Status.INACCURATE) and solution.x[-1] > -1e-6
    return list(solution.x[:-1]) if usable else None


def _symmetric(entries: list[Fraction], n: int) -> Fractions:
    return [[entries[int(svec.position(i, j))] for j in range(n)] for i in range(n)]


def zeros(F: Fractions) -> Fractions:
    """The zeros u ≥ 0 of a copositive matrix with minimal support: null vectors of principal submatrices."""
    n = len(F)
    A = np.array(F, dtype=float)
    out: Fractions = []
    supports: list[set[int]] = []
    for size in range(1, n + 1):
        for S in combinations(range(n), size):
            if any(T <= set(S) for T in supports):
                continue
            part = A[np.ix_(S, S)]
            if abs(np.linalg.eigvalsh(part)).min() > 1e-9 * max(1.0, abs(part).max()):
                continue
            null = null_space([[F[i][j] for j in S] for i in S])
            if len(null) == 1 and (all(v > 0 for v in null[0]) or all(v < 0 for v in null[0])):
                u = [Fraction(0)] * n
                for i, v in zip(S, null[0], strict=True):
                    u[i] = abs(v)
                out.append(u)
                supports.append(set(S))
    return out
