"""Nonnegative factors: exact ones for structured matrices, numerical ones with an exact remainder for the others.

A factor is a list of weighted vectors, M = Σ w bb', w > 0, b ≥ 0 integer; the certificate also admits a nonnegative
diagonally dominant remainder, Σ r_ij (e_i + e_j)(e_i + e_j)' + Σ (r_ii − Σ_j r_ij) e_ie_i'.
"""

from __future__ import annotations

import time
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from copos.arithmetic import exact, ordered_field
from copos.arithmetic.exact_products import gram
from copos.arithmetic.rationals import written
from copos.decision.scaling import balanced

Matrix = list[list[Fraction]]
Array = NDArray[np.float64]
Term = tuple[Fraction, list[int]]
DEPTH = 200  # eliminations tried


def late(deadline: float | None) -> bool:
    """Is it past a time of `time.monotonic`?"""
    return deadline is not None and time.monotonic() > deadline


class Factor(NamedTuple):
    """M = Σ w bb' + (nonnegative, diagonally dominant); `terms` are the pairs (w, b)."""

    terms: list[Term]
    order: int

    def proof(self) -> dict[str, Any]:
        """The plain data of a certificate of kind "completely positive"."""
        if not self.terms:
            return {"factor": [[0]] * self.order, "bits": 0}
        columns = [list(row) for row in zip(*(b for _, b in self.terms), strict=True)]
        return {"factor": columns, "bits": 0, "weights": [written(w) for w, _ in self.terms]}

    def rest(self, M: Matrix) -> Matrix:
        """M − Σ w bb', exactly."""
        if not self.terms:
            return [row[:] for row in M]
        weights, columns = zip(*self.terms, strict=True)
        P = gram(B := np.array(columns, dtype=object).T, B, np.array(weights, dtype=object))
        return [[Fraction(m - p) for m, p in zip(*rows, strict=True)] for rows in zip(M, P.tolist(), strict=True)]

    def complete(self, M: Matrix) -> list[Term]:
        """All terms, those of the remainder too."""
        n, R, out = self.order, self.rest(M), list(self.terms)
        for i in range(n):
            for j in range(i):
                if R[i][j]:
                    out.append((R[i][j], [int(k in (i, j)) for k in range(n)]))
            left = R[i][i] - sum(R[i][j] for j in range(n) if j != i)
            if left:
                out.append((left, [int(k == i) for k in range(n)]))
        return out


def dominant(R: Matrix) -> bool:
    """Is R nonnegative and diagonally dominant?"""
    return all(min(row) >= 0 and 2 * row[i] >= sum(row) for i, row in enumerate(R))


def term(w: Any, b: list[Any]) -> Term:
    """w·bb' with an integer b; as it is where b is not rational."""
    if ordered_field.algebraic([b]):
        return w, b
    whole = exact.primitive(b)
    k = next(i for i, c in enumerate(whole) if c)
    return w * (Fraction(b[k]) / whole[k]) ** 2, whole


# ---- structured matrices ----------------------------------------------------------------------------------------


def eliminate(M: Matrix, budget: list[int] | None = None, deadline: float | None = None) -> list[Term] | None:
    """Eliminate coordinates one by one as long as the Schur complement stays nonnegative; exact.

    M − m_i m_i'/M_ii vanishes in row i. Every doubly nonnegative matrix of order 3 or rank 2 is reached this way.

    >>> len(eliminate([[Fraction(v) for v in row] for row in ((2, 1, 0), (1, 2, 1), (0, 1, 2))]))
    3
    """
    budget = [DEPTH] if budget is None else budget
    n = len(M)
    alive = [i for i in range(n) if M[i][i] > 0]
    if not alive or any(M[i][i] < 0 for i in range(n)):
        return None if any(v for row in M for v in row) else []
    for i in sorted(alive, key=lambda i: sum(M[i][j] > 0 for j in alive)):
        budget[0] -= 1
        if budget[0] < 0 or late(deadline):
            return None
        row, pivot = M[i], M[i][i]
        at = [j for j in range(n) if row[j]]
        if any(M[j][k] * pivot < row[j] * row[k] for j in at for k in at if j < k):
            continue
        rest = [r[:] for r in M]
        for j in at:
            for k in at:
                rest[j][k] -= row[j] * row[k] / pivot
        found = eliminate(rest, budget, deadline)
        if found is not None:
            return [term(1 / pivot, row), *found]
    return None


def triangle_free(M: Matrix) -> tuple[list[Term], None] | tuple[None, list[list[int]]] | None:
    """A factor, or a separating matrix H, if the graph of M has no triangle; None if it has one.

    M is then completely positive iff its comparison matrix C (M with −M_ij off the diagonal) is positive semidefinite
    [DrewJohnsonLoewy1994]: C d ≥ 0 with d > 0 makes DMD diagonally dominant, and v'Cv < 0 gives
    H_ij = ±|v_i v_j|, minus on edges, copositive because the largest clique has two vertices.
    """
    n = len(M)
    edges = [{j for j in range(n) if j != i and M[i][j]} for i in range(n)]
    if any(edges[i] & edges[j] for i in range(n) for j in edges[i]):
        return None
    C = [[M[i][j] if i == j else -M[i][j] for j in range(n)] for i in range(n)]
    irrational = ordered_field.algebraic(M)
    A: list[list[Any]] = C if irrational else exact.integral(C)[0]
    found, v = (ordered_field.squares(C), None) if irrational else exact.squares(A)
    if found is None:
        if v is None:
            return None  # a rational matrix near by says as much
        x = [abs(c) for c in v]
        return None, [[-x[i] * x[j] if j in edges[i] else x[i] * x[j] for j in range(n)] for i in range(n)]
    terms: list[Term] = []
    for part in components(edges):
        d = _dominating([[A[i][j] for j in part] for i in part])
        place = {i: c * Fraction(1) for i, c in zip(part, d, strict=True)}
        for i in part:
            left = M[i][i]
            for j in edges[i]:
                # M_ij d_i d_j (e_i/d_i + e_j/d_j)(…)': the diagonal entries are M_ij d_j/d_i and M_ij d_i/d_j
                left -= M[i][j] * place[j] / place[i]
                if j < i:
                    b = [Fraction(0)] * n
                    b[i], b[j] = 1 / place[i], 1 / place[j]
                    terms.append(term(M[i][j] * place[i] * place[j], b))
            if left:
                terms.append((left, [int(k == i) for k in range(n)]))
    return terms, None


def components(edges: list[set[int]]) -> list[list[int]]:
    """Connected components of a graph."""
    out, seen = [], set()
    for start in range(len(edges)):
        if start in seen:
            continue
        part, stack = [], [start]
        seen.add(start)
        while stack:
            i = stack.pop()
            part.append(i)
            new = edges[i] - seen
            seen |= new
            stack.extend(new)
        out.append(sorted(part))
    return out


def _dominating(C: list[list[Any]]) -> list[Any]:
    """d > 0 with C d ≥ 0, for a positive semidefinite irreducible C with nonpositive entries off the diagonal."""
    n = len(C)
    found = _solution(C, [1] * n)
    # singular: the null vector is positive, and the leading part of order n − 1 is regular (Perron–Frobenius)
    if found is None:
        found = _solution([row[:-1] for row in C[:-1]], [-row[-1] for row in C[:-1]])
        assert found is not None
        return found
    return found[:-1]


def _solution(C: list[list[Any]], b: list[Any]) -> list[Any] | None:
    """Positive multiples (x, d) with C x = d·b, d > 0."""
    if ordered_field.algebraic(C):
        solved = ordered_field.solve(C, [[c] for c in b])
        return None if solved is None else [*(c for (c,) in solved), 1]
    found = exact.solve(C, b)
    if found is None:
        return None
    x, d = found
    return [c if d > 0 else -c for c in [*x, d]]


def order_four(M: Matrix) -> list[Term] | None:
    """A factor of a doubly nonnegative matrix of order 4 with a zero entry: the sum of two of order 3.

    With M_ij = 0 and k, l the other two, X = m_i m_i'/M_ii + θS on {k, l}, S the Schur complement of {i, j}, splits M;
    θ keeps X_kl and M_kl − X_kl nonnegative.
    """
    pair = next(((i, j) for i in range(4) for j in range(i) if M[i][j] == 0 and M[i][i] and M[j][j]), None)
    if pair is None:
        return None
    i, j = pair
    k, l = (m for m in range(4) if m not in pair)
    a, c = M[i][k] * M[i][l] / M[i][i], M[j][k] * M[j][l] / M[j][j]
    s = M[k][l] - a - c
    θ = min(Fraction(1), a / -s) if s < 0 else Fraction(1)
    first = [[Fraction(0)] * 4 for _ in range(4)]
    for p in (i, k, l):
        first[i][p] = first[p][i] = M[i][p]
    for p in (k, l):
        for q in (k, l):
            own = M[i][p] * M[i][q] / M[i][i]
            first[p][q] = own + θ * (M[p][q] - own - M[j][p] * M[j][q] / M[j][j])
    second = [[M[p][q] - first[p][q] for q in range(4)] for p in range(4)]
    one, two = eliminate(first), eliminate(second)
    return None if one is None or two is None else one + two


# ---- numerical factors ------------------------------------------------------------------------------------------


def numerical(
    M: Array, rng: np.random.Generator, columns: int, steps: int = 1500, tolerance: float = 1e-13,
    deadline: float | None = None,
) -> Array:  # fmt: skip
    """B ≥ 0 with BB' ≈ M by reflections between {B ≥ 0} and {B : BB' = M} = {CQ : Q orthogonal} [GroetznerDuer2020].

    Examples
    --------
    >>> M = np.array([[2.0, 1.0], [1.0, 2.0]])
    >>> B = numerical(M, np.random.default_rng(0), 3)
    >>> bool(B.min() >= 0), bool(np.abs(B @ B.T - M).max() < 1e-9)
    (True, True)
    """
    n = len(M)
    value, vector = np.linalg.eigh(M)
    keep = value > 1e-14 * value[-1]
    C = np.zeros((n, columns))
    rank = int(keep.sum())
    C[:, :rank] = vector[:, keep][:, :columns] * np.sqrt(value[keep][:columns])

    def onto(B: Array) -> Array:
        # the nearest CQ: the polar factor of C'B
        U, _, V = np.linalg.svd(C[:, :rank].T @ B, full_matrices=False)
        return C[:, :rank] @ (U @ V)

    Z = onto(rng.random((n, columns)))
    scale = np.abs(C).max()
    best, worst = np.maximum(Z, 0.0), np.inf
    for _ in range(steps):
        B = np.maximum(Z, 0.0)
        W = onto(2 * B - Z)
        lowest = -float(W.min())
        if lowest < worst:
            best, worst = np.maximum(W, 0.0), lowest
            if worst <= tolerance * scale:
                break
        if late(deadline):
            break
        Z = Z + W - B
    return best


def masked(
    M: Array, mask: NDArray[np.bool_], rng: np.random.Generator, steps: int = 3000, deadline: float | None = None
) -> Array:
    """B ≥ 0 with BB' ≈ M and zeros where mask is False: min ‖BB' − M‖² by a quasi-Newton method with bounds."""
    shape = mask.shape
    at = np.flatnonzero(mask.ravel())

    def loss(b: Array) -> tuple[float, Array]:
        B = np.zeros(shape)
        B.flat[at] = b
        E = B @ B.T - M
        return float((E * E).sum()), 4 * (E @ B).ravel()[at]

    def go_on(_: Array) -> None:
        if late(deadline):
            raise StopIteration

    start = rng.random(len(at)) * np.sqrt(np.abs(M).mean() / max(1, shape[1] / 2))
    options = {"maxiter": steps, "maxfun": 2 * steps, "ftol": 1e-30, "gtol": 1e-14, "maxcor": 30}
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(at), options=options,
                     callback=go_on)  # fmt: skip
    B = np.zeros(shape)
    B.flat[at] = found.x
    return B


def cliques(edges: list[set[int]], limit: int = 2000) -> list[set[int]]:
    """Maximal cliques [BronKerbosch1973], at most `limit` of them."""
    out: list[set[int]] = []
    stack: list[tuple[set[int], set[int], set[int]]] = [(set(), set(range(len(edges))), set())]
    while stack and len(out) < limit:
        R, P, X = stack.pop()
        if not P and not X:
            out.append(R)
            continue
        pivot = max(P | X, key=lambda v: len(edges[v] & P))
        for v in sorted(P - edges[pivot]):
            stack.append((R | {v}, P & edges[v], X & edges[v]))
            P, X = P - {v}, X | {v}
    return out


def interior(
    M: Matrix, rng: np.random.Generator, attempts: int = 4, deadline: float | None = None
) -> Factor | None:
    """A factor with a diagonally dominant remainder, for a matrix inside the cone (of its zero pattern).

    With T = ε(pattern + 2n·I) in units where the diagonal is 1: factor M − T to within ε/2, round; then the remainder
    is nonnegative and dominant.
    """
    n = len(M)
    largest = max(abs(v) for row in M for v in row)
    F = np.array([[float(v / largest) for v in row] for row in M])
    if np.diag(F).min() <= 0:
        return None
    d = balanced(F)
    N = F * np.outer(d, d)
    pattern = N > 0
    edges = [set(np.flatnonzero(pattern[i]).tolist()) - {i} for i in range(n)]
    parts = cliques(edges) if not pattern.all() else []
    low = float(np.linalg.eigvalsh(N)[0])
    for attempt in range(attempts):
        ε = min(3e-2, max(low, 0.0) / 4) / (4 * n) * 10.0 ** (-2 * attempt)
        if ε < 1e-11 or late(deadline):
            return None
        T = ε * (pattern + 2 * n * np.eye(n))
        if parts:
            mask = np.array([[i in parts[k % len(parts)] for i in range(n)]
                             for k in range(max(2 * n, 2 * len(parts)))]).T  # fmt: skip
            B = masked(N - T, mask, rng, deadline=deadline)
        else:
            B = numerical(N - T, rng, int(1.5 * n) + 1, tolerance=ε / 100, deadline=deadline)
        if np.abs(B @ B.T - (N - T)).max() > ε / 2:
            continue
        bits = int(np.ceil(-np.log2(ε))) + 8
        whole = np.rint(np.ldexp(B, bits))
        # back to the units of M: B_i / d_i, d_i powers of two; the weight largest / 4^bits stays rational
        lift = np.rint(1 / d * (1 / d).min() ** -1)
        columns = (whole * lift[:, None]).T
        w = largest * Fraction(float((1 / d).min())) ** 2 / Fraction(4) ** bits
        found = Factor([(w, [int(c) for c in col]) for col in columns.tolist() if any(col)], n)
        if verified(M, found):
            return found
    return None


def verified(M: Matrix, found: Factor) -> bool:
    """Is the remainder exactly nonnegative and diagonally dominant?"""
    return dominant(found.rest(M))
