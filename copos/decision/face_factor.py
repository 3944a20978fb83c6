"""Exact weights: M = Σ λ xx' over given integer x ≥ 0, from linear programs in floating point and one exact solve."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import scipy.linalg as la
from scipy.optimize import linprog, nnls

from copos.arithmetic import exact
from copos.decision.face import Array, Ray, Scale
from copos.decision.factor import Matrix, Term

FAR = 1e4  # sizes of the rest by which a weight may fall
EXACT = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}


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
    M: Matrix, scale: Scale, atoms: list[Ray], others: list[Ray], rng: np.random.Generator, aim: Array | None = None
) -> list[Term] | None:
    """The same for M just inside: λ⁰ on `atoms` that leave a small rest, then a program in the units of the rest.

    M = Σ λ⁰ xx' + R, R of size ε, and R/ε = Σ (μ − ν) xx' with μ ≥ 0, 0 ≤ ν ≤ λ⁰/ε and Σ (μ + ν) small: numbers near
    one, most of them zero. The weights that change are solved for exactly, from M itself. The λ⁰ are those of `aim`, a
    matrix near N, N itself by default.
    """
    columns, norm = products(atoms, scale)
    # least squares leave rounding, where a linear program leaves its tolerance
    first = least_squares(columns, lower(scale.N if aim is None else aim))
    λ = [Fraction(float(v)) * scale.largest / Fraction(float(c)) for v, c in zip(first, norm, strict=True)]
    return changed(M, scale, list(zip(λ, atoms, strict=True)), others, rng)


def changed(
    M: Matrix, scale: Scale, terms: list[Term], others: list[Ray], rng: np.random.Generator
) -> list[Term] | None:
    """M = Σ λ xx' from λ⁰, weights ≥ 0 of a matrix near M: the second program."""
    λ, atoms = [w for w, _ in terms], [x for _, x in terms]
    rest = without(M, [(w, x) for w, x in terms if w])
    size = max(abs(v) for row in rest for v in row)
    if not size:
        return [(w, x) for w, x in terms if w]
    target = lower(np.array([[float(v / size) for v in row] for row in rest]) * np.outer(scale.d, scale.d))
    ε = float(size / scale.largest)
    _, norm = products(atoms, scale)
    first = np.array([float(w / scale.largest * Fraction(float(c))) for w, c in zip(λ, norm, strict=True)])
    now = {k: float(v) for k, v in enumerate(first / ε) if λ[k]}
    # of atoms that are not in use most are close to others: without them the program is the better one
    for among in ([*now], range(len(atoms))):
        found = _corrected(M, target, scale, [(atoms[k], λ[k], now.get(k, 0.0)) for k in among], others, rng)
        if found is not None:
            return found
    return None


def least_squares(columns: Array, target: Array) -> Array:
    """λ ≥ 0 with columns·λ near `target`; where the active sets go round in a circle, by the sum of the errors."""
    try:
        return nnls(columns, target)[0]
    except RuntimeError:
        m, k = columns.shape
        cost = np.r_[np.zeros(k), np.ones(2 * m)]
        found = linprog(cost, A_eq=np.hstack([columns, np.eye(m), -np.eye(m)]), b_eq=target, options=EXACT)
        return np.zeros(k) if found.x is None else np.maximum(found.x[:k], 0.0)


def _corrected(
    M: Matrix, target: Array, scale: Scale, atoms: list[tuple[Ray, Fraction, float]], others: list[Ray],
    rng: np.random.Generator,
) -> list[Term] | None:  # fmt: skip
    """The second program, with atoms (x, λ⁰, λ⁰/ε)."""
    both, count = [*(x for x, _, _ in atoms), *others], len(atoms)
    every, _ = products(both, scale)
    rows = independent(every)
    most = np.array([v for *_, v in atoms])
    high = [None] * len(both) + np.minimum(most, FAR).tolist()
    found = linprog(rng.uniform(1, 2, len(high)), A_eq=np.hstack([every, -every[:, :count]])[rows],
                    b_eq=target[rows], bounds=[(0.0, v) for v in high], method="highs", options=EXACT)  # fmt: skip
    if found.status != 0:
        return None
    change = found.x[: len(both)].copy()
    change[:count] -= found.x[len(both) :]
    moving = np.abs(change) > 1e-9
    kept = [(w, x) for (x, w, _), free in zip(atoms, moving, strict=False) if w and not free]
    # what falls by all of its weight leaves the sum
    moving[:count] &= change[:count] > -most * (1 - 1e-9)
    solving = np.flatnonzero(moving)
    terms = solved(without(M, kept), [both[k] for k in solving], every[:, solving])
    return None if terms is None else [*terms, *kept]


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
