"""Exact weights: M = Σ λ xx' over given integer x ≥ 0, from linear programs in floating point and one exact solve."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import scipy.linalg as la
from scipy.optimize import linprog

from copos.arithmetic import exact
from copos.decision.face import Array, Ray, Scale
from copos.decision.factor import Matrix, Term

EXACT = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
FAR = 1e6  # sizes of the rest by which a weight may fall


def weighted(
    M: Matrix, scale: Scale, atoms: list[Ray], rng: np.random.Generator, attempts: int = 3
) -> list[Term] | None:
    """M = Σ λ xx' exactly, the λ those of a vertex; None if the linear program or its exact twin has no solution."""
    columns, _ = products(atoms, scale)
    rows, target = independent(columns), lower(scale.N)
    for _ in range(attempts):
        cost = rng.uniform(1, 2, len(atoms))
        found = linprog(cost, A_eq=columns[rows], b_eq=target[rows], method="highs", options=EXACT)
        if found.status != 0:
            return None
        at = np.flatnonzero(found.x > 1e-12 * found.x.max())
        terms = solved(M, [atoms[k] for k in at], columns[:, at])
        if terms is not None:
            return terms
    return None


def corrected(
    M: Matrix, scale: Scale, atoms: list[Ray], others: list[Ray], rng: np.random.Generator
) -> list[Term] | None:
    """The same for M just inside: λ on `atoms` that leave a small rest, then a program in the units of the rest.

    M = Σ λ⁰ xx' + R, R of size ε, and R/ε = Σ δ xx' + Σ μ yy' with δ ≥ −λ⁰/ε, μ ≥ 0, y from all atoms: numbers near
    one. Of the atoms that reach no bound the weights are solved for exactly, from M itself.
    """
    columns, norm = products(atoms, scale)
    m, count = len(columns), len(atoms)
    cost = np.r_[np.full(count, 1e-7), np.ones(2 * m)]
    blocks = np.hstack([columns, np.eye(m), -np.eye(m)])
    first = linprog(cost, A_eq=blocks, b_eq=lower(scale.N), method="highs", options=EXACT)
    if first.status != 0:
        return None
    λ = [Fraction(float(v)) * scale.largest / Fraction(float(c)) for v, c in zip(first.x[:count], norm, strict=True)]
    rest = without(M, [(w, x) for w, x in zip(λ, atoms, strict=True) if w])
    size = max(abs(v) for row in rest for v in row)
    if not size:
        return [(w, x) for w, x in zip(λ, atoms, strict=True) if w]
    target = lower(np.array([[float(v / size) for v in row] for row in rest]) * np.outer(scale.d, scale.d))
    ε = float(size / scale.largest)
    every, _ = products([*atoms, *others], scale)
    low = np.r_[-np.minimum(first.x[:count] / ε, FAR), np.zeros(len(others))]
    rows = independent(every)
    second = linprog(rng.uniform(1, 2, len(low)), A_eq=every[rows], b_eq=target[rows],
                     bounds=[(v, None) for v in low], method="highs", options=EXACT)  # fmt: skip
    if second.status != 0:
        return None
    basic = second.x > low + 1e-9 * np.maximum(1.0, np.abs(low))
    # at its lower bound an atom leaves the sum, or keeps λ⁰ where that bound is out of reach
    fixed = [(λ[k], atoms[k]) for k in range(count) if not basic[k] and low[k] == -FAR]
    kept = np.flatnonzero(basic)
    terms = solved(without(M, fixed), [[*atoms, *others][k] for k in kept], every[:, kept])
    return None if terms is None else [*terms, *fixed]


def without(M: Matrix, terms: list[Term]) -> Matrix:
    """M − Σ w xx'."""
    out = [row[:] for row in M]
    for w, x in terms:
        at = [i for i, c in enumerate(x) if c]
        for i in at:
            for j in at:
                out[i][j] -= w * x[i] * x[j]
    return out


def lower(N: Array) -> Array:
    """The triangle of a matrix."""
    i, j = np.tril_indices(len(N))
    return N[i, j]


def products(atoms: list[Ray], scale: Scale) -> tuple[Array, Array]:
    """The triangles of xx' as columns of length one, in the units of N, and 1/norm times what the weights then are."""
    i, j = np.tril_indices(len(scale.N))
    X = np.array([[float(Fraction(c, max(x))) for c in x] for x in atoms]) * scale.d
    columns = (X[:, i] * X[:, j]).T
    size = np.linalg.norm(columns, axis=0)
    return columns / size, size * np.array([float(max(x)) ** 2 for x in atoms])


def independent(columns: Array) -> list[int]:
    """Rows that determine the others, for every right-hand side in the span."""
    _, R, pivots = la.qr(columns.T, mode="economic", pivoting=True)
    rank = int((np.abs(np.diag(R)) > 1e-9 * abs(R[0, 0])).sum())
    return sorted(pivots[:rank].tolist())


def solved(M: Matrix, atoms: list[Ray], columns: Array) -> list[Term] | None:
    """M = Σ λ xx' with these atoms, linearly independent; exactly, or None."""
    if not atoms:
        return None
    rows = independent(columns)
    if len(rows) < len(atoms):
        return None
    n = len(M)
    i, j = np.tril_indices(n)
    pairs = [(int(i[r]), int(j[r])) for r in rows]
    found = exact.solve_exactly([[*(Fraction(x[p] * x[q]) for x in atoms), M[p][q]] for p, q in pairs])
    if found is None or min(found) < 0:
        return None
    terms = [(w, x) for w, x in zip(found, atoms, strict=True) if w]
    for p in range(n):
        for q in range(p + 1):
            if sum(w * x[p] * x[q] for w, x in terms) != M[p][q]:
                return None
    return terms
