"""Exact level-0 proofs on a cone, on the boundary too: F = Σ <G_s, B_s> with rational G_s ⪰ 0 on their face.

B_s are uu' (squares), products of two blocks of K, and the generators. A floating solution shows in which subspaces
the G_s live; those are rounded to rational ones, G_s = W_s H_s W_s', a second program finds H_s well inside, and its
rounding is moved onto the equations exactly [PeyrlParrilo2008].
"""

from __future__ import annotations

import time
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from copos.arithmetic import exact, svec
from copos.arithmetic.exact import null_space, reduced
from copos.conic import Cones, ConicForm, Status
from copos.decision.exact_cone import ExactCone, Matrix, inner, psd_parts, symmetric_product
from copos.solvers import solve

LARGEST = 900  # entries of all Gram matrices
THRESHOLDS = (1e-3, 1e-4, 1e-5, 1e-6, 1e-7)  # below them, relative to the largest, an eigenvalue counts as zero
BITS = (0, 4, 12, 24, 40)  # of the rounded entries
DENOMINATORS = (1, 6, 60, 1000)  # of the rounded null vectors
ROUNDS = 4  # times the face is narrowed
INSIDE = 1e-6  # smallest eigenvalue that counts as inside

Array = NDArray[np.float64]
Space = list[list[int]]  # columns W as integer rows


class Part(NamedTuple):
    """A Gram matrix: the keys of its term, its order, and the form that stands at each entry (i, j), i ≤ j."""

    term: dict[str, Any]
    order: int
    forms: dict[tuple[int, int], dict[int, Fraction]]  # monomial → coefficient


def proof(K: ExactCone, F: Matrix, deadline: float | None = None) -> list[dict[str, Any]] | None:
    """Terms that sum up to F exactly, or None.

    Examples
    --------
    >>> from copos import PositiveSemidefinite
    >>> K = ExactCone.of(PositiveSemidefinite(2))
    >>> half = Fraction(1, 2)
    >>> len(proof(K, [[0, 0, half], [0, Fraction(-1), 0], [half, 0, 0]]))     # X_11 X_22 − X_12² ≥ 0
    1
    """
    parts = products(K)
    if sum(svec.length(p.order) for p in parts) > LARGEST:
        return None
    target = _coefficients(F)
    everything: list[Space] = [_identity(p.order) for p in parts]
    found = _centre(parts, everything, target)
    if found is None:
        return None
    for threshold in THRESHOLDS:
        if deadline is not None and time.monotonic() > deadline:
            return None
        for denominator in DENOMINATORS:
            terms = _on_face(parts, everything, found[0], target, threshold, denominator)
            if terms is not None:
                return terms
    return None


def products(K: ExactCone) -> list[Part]:
    """The matrices B_s of level 0."""
    d = K.dim
    # the form at (i, j) is counted for both triangles below
    square = {(i, j): {int(svec.position(i, j)): Fraction(1)} for j in range(d) for i in range(j + 1)}
    out = [Part({"rows": [[v] for v in range(d)]}, d, square)]
    for g, G in enumerate(K.generators):
        out.append(Part({"generators": [g], "rows": [[]]}, 1, {(0, 0): _coefficients(G)}))
    zero = [Fraction(0)] * d
    arrows = _arrows(K)
    for k, n in enumerate(K.orders):
        for l in range(k + 1):
            m = K.orders[l]
            if k == l and (n == 1 or k in arrows):
                continue  # a square; or t² − |v|² and squares say it all
            rows = [(i, j) for i in range(m) for j in range(n)]
            forms = {}
            for b, (i2, j2) in enumerate(rows):
                for a, (i1, j1) in enumerate(rows[: b + 1]):
                    x = K.blocks[l].get((min(i1, i2), max(i1, i2)), zero)
                    y = K.blocks[k].get((min(j1, j2), max(j1, j2)), zero)
                    form = _coefficients(symmetric_product(x, y))
                    if form:
                        forms[a, b] = form
            out.append(Part({"blocks": [l, k], "rows": [list(r) for r in rows]}, len(rows), forms))
    return out


def _arrows(K: ExactCone) -> set[int]:
    """Blocks whose minor t² − |v|² is a generator."""
    from copos.decision.lorentz import quadrics  # noqa: PLC0415

    return {q.block for q in quadrics(K) if q.generator is not None}


def _on_face(
    parts: list[Part],
    spaces: list[Space],
    values: list[Array],
    target: dict[int, Fraction],
    threshold: float,
    denominator: int,
) -> list[dict[str, Any]] | None:
    """Narrow the subspaces where eigenvalues vanish until the solution is inside, then round it."""
    for _ in range(ROUNDS):
        narrower = [_range(W, H, threshold, denominator) for W, H in zip(spaces, values, strict=True)]
        if any(W is None for W in narrower):
            return None
        spaces = [W for W in narrower if W is not None]
        found = _centre(parts, spaces, target)
        if found is None:
            return None
        values, margin = found
        if margin > INSIDE:
            return _rounded(parts, spaces, values, target)
    return None


def _range(W: Space, H: Array, threshold: float, denominator: int) -> Space | None:
    """The part of the column space of W where H is not zero."""
    if not W or not W[0]:
        return W
    value, vector = np.linalg.eigh(H)
    small = value < threshold * max(1.0, float(value[-1]))
    if not small.any():
        return W
    n, count = len(H), int(small.sum())
    if count == n:
        return [[] for _ in W]
    # reduced echelon form of the null vectors, its entries near short fractions
    N = vector[:, small].T.copy()
    pivots: list[int] = []
    for k in range(count):
        rest = np.abs(N[k:]).copy()
        rest[:, pivots] = 0.0
        i, j = np.unravel_index(rest.argmax(), rest.shape)
        N[[k, k + i]] = N[[k + i, k]]
        N[k] /= N[k, j]
        for r in range(count):
            if r != k:
                N[r] -= N[r, j] * N[k]
        pivots.append(int(j))
    null = [[Fraction(float(c)).limit_denominator(denominator) for c in row] for row in N]
    if (
        max(abs(float(f) - c) for row, other in zip(null, N, strict=True) for f, c in zip(row, other, strict=True))
        > 0.02
    ):
        return None
    kept = [exact.primitive(v) for v in null_space(null)]
    return [[sum(w * v[k] for k, w in enumerate(row)) for v in kept] for row in W]


def _centre(parts: list[Part], spaces: list[Space], target: dict[int, Fraction]) -> tuple[list[Array], float] | None:
    """H_s ⪰ t·I with Σ <W_s H_s W_s', B_s> = F and t ≤ 1 as large as possible; (H_s, t), a floating claim."""
    maps = [_map(p, W) for p, W in zip(parts, spaces, strict=True)]
    orders = [len(W[0]) for W in spaces]
    count = sum(svec.length(n) for n in orders)
    monomials = sorted({m for f in maps for form in f.values() for m in form} | set(target))
    place = {m: k for k, m in enumerate(monomials)}
    equations = sp.lil_array((len(monomials), count + 1))
    cones = sp.lil_array((1 + count, count + 1))
    cones[0, count] = 1.0
    scalars = [s for s, n in enumerate(orders) if n == 1]
    matrices = [s for s, n in enumerate(orders) if n > 1]
    start = dict(zip(range(len(orders)), np.r_[0, np.cumsum([svec.length(n) for n in orders])].tolist(), strict=False))
    row = 1
    for s in scalars + matrices:
        for (i, j), form in maps[s].items():
            for m, c in form.items():
                equations[place[m], start[s] + int(svec.position(i, j))] += float(c) * (1 if i == j else 2)
        a, b = svec.triangle(orders[s])
        for k, (i, j) in enumerate(zip(a.tolist(), b.tolist(), strict=True)):
            cones[row, start[s] + k] = -1.0 if i == j else -svec.SQRT2
            if i == j:
                cones[row, count] = 1.0
            row += 1
    rhs = np.zeros(len(monomials))
    for m, c in target.items():
        rhs[place[m]] = float(c)
    # one equation per independent row keeps the solver's factorization regular
    dense = equations.toarray()
    keep = _independent(dense)
    A = sp.csc_array(sp.vstack([sp.csr_array(dense[keep]), cones.tocsr()]))
    b = np.r_[rhs[keep], 1.0, np.zeros(count)]
    head = np.zeros(count + 1)
    head[count] = -1.0
    form = ConicForm(head, A, b, Cones(len(keep), 1 + len(scalars), (), tuple(orders[s] for s in matrices)))
    solution = solve(form, "clarabel")
    if solution.status not in (Status.OPTIMAL, Status.INACCURATE) or solution.x[-1] < -1e-4:
        return None
    out = []
    for s, n in enumerate(orders):
        H = np.zeros((n, n))
        i, j = svec.triangle(n)
        H[i, j] = H[j, i] = solution.x[start[s] : start[s] + len(i)]
        out.append(H)
    return out, float(solution.x[-1])


def _independent(A: Array) -> list[int]:
    kept: list[int] = []
    Q = np.zeros((0, A.shape[1]))
    for k, row in enumerate(A):
        size = np.linalg.norm(row)
        rest = row - Q.T @ (Q @ row)
        rest -= Q.T @ (Q @ rest)
        if np.linalg.norm(rest) > 1e-10 * max(size, 1e-300):
            kept.append(k)
            Q = np.vstack([Q, rest / np.linalg.norm(rest)])
    return kept


def _map(part: Part, W: Space) -> dict[tuple[int, int], dict[int, Fraction]]:
    """The forms that stand at the entries of H, from those at the entries of G = WHW'."""
    n = len(W[0])
    if all(row == [int(i == j) for j in range(n)] for i, row in enumerate(W)) and n == part.order:
        return part.forms
    out: dict[tuple[int, int], dict[int, Fraction]] = {}
    for (a, b), form in part.forms.items():
        for j in range(n):
            for i in range(j + 1):
                # G_ab = Σ_ij W_ai H_ij W_bj, and both triangles of G and of H count
                w = Fraction(W[a][i] * W[b][j] + W[a][j] * W[b][i], 1 + (a == b))
                if not w:
                    continue
                at = out.setdefault((i, j), {})
                for m, c in form.items():
                    at[m] = at.get(m, Fraction(0)) + w * c
    return out


def _rounded(
    parts: list[Part], spaces: list[Space], values: list[Array], target: dict[int, Fraction]
) -> list[dict[str, Any]] | None:
    """Entries rounded, moved onto the equations by the least change, and tested exactly."""
    maps = [_map(p, W) for p, W in zip(parts, spaces, strict=True)]
    columns: list[dict[int, Fraction]] = []
    keys: list[tuple[int, int, int]] = []
    for s, f in enumerate(maps):
        for (i, j), form in f.items():
            keys.append((s, i, j))
            columns.append({m: c * (1 if i == j else 2) for m, c in form.items()})
    monomials = sorted({m for c in columns for m in c} | set(target))
    A = [[c.get(m, Fraction(0)) for c in columns] for m in monomials]
    f = [target.get(m, Fraction(0)) for m in monomials]
    _, pivots = reduced([list(row) for row in zip(*A, strict=True)]) if A and A[0] else ([], [])
    A = [A[k] for k in pivots]
    normal = [[inner(a, b) for b in A] for a in A]
    whole, d = exact.integral(normal)
    for bits in BITS:
        unit = 2**bits
        h = [Fraction(round(float(values[s][i, j]) * unit), unit) for s, i, j in keys]
        lack = [v - sum((p * q for p, q in zip(row, h, strict=True) if p), Fraction(0))
                for row, v in zip(A, (f[k] for k in pivots), strict=True)]  # fmt: skip
        right, e = exact.integral([lack])
        solved = exact.solve(whole, right[0])
        if solved is None:
            return None
        y = [Fraction(c * d, solved[1] * e) for c in solved[0]]
        for k in range(len(h)):
            h[k] += sum((row[k] * c for row, c in zip(A, y, strict=True) if row[k] and c), Fraction(0))
        terms = _terms(parts, spaces, keys, h)
        if terms is not None and _sum(keys, columns, h) == {m: c for m, c in target.items() if c}:
            return terms
    return None


def _terms(
    parts: list[Part], spaces: list[Space], keys: list[tuple[int, int, int]], h: list[Fraction]
) -> list[dict[str, Any]] | None:
    out = []
    for s, (part, W) in enumerate(zip(parts, spaces, strict=True)):
        n = len(W[0])
        H = [[Fraction(0)] * n for _ in range(n)]
        for (t, i, j), v in zip(keys, h, strict=True):
            if t == s:
                H[i][j] = H[j][i] = v
        if not any(map(any, H)):
            continue
        found, _ = psd_parts(H)
        if found is None:
            return None
        lifted = [[sum(w * c for w, c in zip(row, v, strict=True)) for row in W] for v in found.vectors]
        out.append({**part.term, "gram": exact.Squares(lifted, found.weights).factor()})
    return out


def _sum(
    keys: list[tuple[int, int, int]], columns: list[dict[int, Fraction]], h: list[Fraction]
) -> dict[int, Fraction]:
    total: dict[int, Fraction] = {}
    for column, v in zip(columns, h, strict=True):
        for m, c in column.items():
            total[m] = total.get(m, Fraction(0)) + c * v
    return {m: c for m, c in total.items() if c}


def _coefficients(F: Matrix) -> dict[int, Fraction]:
    """Monomial → coefficient of a form, its matrix given."""
    n = len(F)
    return {int(svec.position(i, j)): Fraction(F[i][j]) * (1 if i == j else 2)
            for j in range(n) for i in range(j + 1) if F[i][j]}  # fmt: skip


def _identity(n: int) -> Space:
    return [[int(i == j) for j in range(n)] for i in range(n)]
