"""Exact nonnegative combinations: M = Σ λ bb' with rational λ ≥ 0, from a linear program and one exact solve.

With M = F W F' and b = F v the equation is W = Σ λ vv', so that a singular M is decomposed inside its own range.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import scipy.linalg as la
from numpy.typing import NDArray
from scipy.optimize import linprog

from copos.arithmetic import exact, ordered_field
from copos.decision.factor import Matrix, Term, late, numerical, term

Array = NDArray[np.float64]
LARGEST = 66  # equations of an exact solve
SMALL = 5000  # integer vectors enumerated
BITS = 14  # of a rounded atom


class Range(NamedTuple):
    """M = F W F', F with independent integer columns, W rational (F = I and W = M where M is regular).

    Both are of the number field where M is.
    """

    F: list[list[int]]
    W: Matrix

    @classmethod
    def of(cls, M: Matrix) -> Range | None:
        """From an exact elimination; None if M is not positive semidefinite."""
        n = len(M)
        if ordered_field.algebraic(M):
            found, d = ordered_field.squares(M), 1
        else:
            A, d = exact.integral(M)
            found, _ = exact.squares(A)
        if found is None:
            return None
        vectors, weights = found
        r = len(vectors)
        if r == n:
            return cls([[int(i == j) for j in range(n)] for i in range(n)], M)
        F = [[v[i] for v in vectors] for i in range(n)]
        return cls(F, [[weights[i] / d if i == j else Fraction(0) for j in range(r)] for i in range(r)])

    @property
    def rank(self) -> int:
        """Rank of M."""
        return len(self.W)

    def lifted(self, v: list[Any]) -> list[Any]:
        """F v."""
        return [sum(a * b for a, b in zip(row, v, strict=True)) for row in self.F]


def combine(R: Range, atoms: list[list[int]], rng: np.random.Generator, attempts: int = 3) -> list[Term] | None:
    """Terms (λ, F v) with W = Σ λ vv' exactly, for integer atoms v.

    A vertex of the linear program has linearly independent atoms, so its λ solve a regular system; exactly then.

    >>> I = [[Fraction(1), Fraction(0)], [Fraction(0), Fraction(1)]]
    >>> combine(Range([[1, 0], [0, 1]], I), [[1, 0], [0, 2]], np.random.default_rng(0))
    [(Fraction(1, 1), [1, 0]), (Fraction(1, 1), [0, 1])]
    """
    r = R.rank
    pairs = [(i, j) for i in range(r) for j in range(i + 1)]
    if not atoms or len(pairs) > LARGEST:
        return None
    V = np.array(atoms, dtype=float)
    V /= np.abs(V).max(axis=1, keepdims=True)
    size = np.sqrt([float(R.W[i][i]) for i in range(r)])
    i, j = np.array(pairs).T
    A = ((V[:, i] * V[:, j]) / (size[i] * size[j])).T
    b = np.array([float(R.W[p][q]) for p, q in pairs]) / (size[i] * size[j])
    unit = np.abs(A).max(axis=0)
    for _ in range(attempts):
        found = linprog(rng.uniform(1, 2, len(atoms)), A_eq=A / unit, b_eq=b, method="highs-ds")
        if found.status != 0:
            return None
        used = np.flatnonzero(found.x > 1e-11)
        # rows that make the used columns a regular square system
        _, _, pivots = la.qr((A / unit)[:, used].T, mode="economic", pivoting=True)
        rows = sorted(pivots[: len(used)].tolist())
        terms = _solved(R, [atoms[k] for k in used], [pairs[k] for k in rows])
        if terms is not None:
            return terms
    return None


def _solved(R: Range, atoms: list[list[int]], rows: list[tuple[int, int]]) -> list[Term] | None:
    system = [[v[i] * v[j] for v in atoms] for i, j in rows]
    right = [R.W[i][j] for i, j in rows]
    if ordered_field.algebraic([right, *system]):
        solved = ordered_field.solve(system, [[c] for c in right])
        weights = None if solved is None else [w for (w,) in solved]
    else:
        whole, d = exact.integral([right])
        found = exact.solve(system, whole[0])
        weights = None if found is None else [Fraction(c, found[1] * d) for c in found[0]]
    if weights is None or min(weights) < 0:
        return None
    r = R.rank
    for i in range(r):
        for j in range(i + 1):
            if sum(w * v[i] * v[j] for w, v in zip(weights, atoms, strict=True)) != R.W[i][j]:
                return None
    return [term(w, R.lifted(v)) for w, v in zip(weights, atoms, strict=True) if w]


def small_vectors(R: Range, M: Matrix) -> list[list[int]]:
    """Nonnegative integer vectors with small entries in the range of M and inside its zero pattern (full rank only)."""
    n = len(M)
    if R.rank < n:
        return []
    top = next((t for t in (4, 3, 2, 1) if (t + 1) ** n <= SMALL), 0)
    out = []
    for v in product(range(top + 1), repeat=n):
        at = [i for i in range(n) if v[i]]
        if at and all(M[i][j] for i in at for j in at) and exact.primitive(v) == list(v):
            out.append(list(v))
    return out


def rounded(R: Range, X: Array, M: Matrix) -> list[list[int]]:
    """Integer atoms v near the points x = Fv ≥ 0 in the rows of X, with Fv ≥ 0 exactly."""
    F = np.array(R.F, dtype=float)
    full = R.rank == len(M)
    centre = np.array([float(sum(row)) for row in M])
    out: set[tuple[int, ...]] = set()
    for x in X:
        for mix in (0.0, 1e-2) if not full else (0.0,):
            y = (1 - mix) * x / max(x.sum(), 1e-300) + mix * centre / centre.sum()
            v = y if full else np.linalg.lstsq(F, y, rcond=None)[0]
            if not np.abs(v).max() > 0:
                continue
            v = np.rint(np.ldexp(v / np.abs(v).max(), BITS)).astype(int).tolist()
            at = [i for i, c in enumerate(R.lifted(v)) if c]
            if at and min(R.lifted(v)) >= 0 and all(M[i][j] for i in at for j in at):
                out.add(tuple(exact.primitive(v)))
    return [list(v) for v in sorted(out)]


def boundary(
    M: Matrix, rng: np.random.Generator, factors: int = 8, deadline: float | None = None
) -> list[Term] | None:
    """An exact combination of small integer vectors, or of rounded columns of several numerical factors."""
    R = Range.of(M)
    if R is None or R.rank * (R.rank + 1) // 2 > LARGEST:
        return None
    atoms = small_vectors(R, M)
    terms = combine(R, atoms, rng) if atoms else None
    if terms is not None:
        return terms
    F = np.array([[float(v) for v in row] for row in M])
    columns: list[Array] = []
    for k in range(factors):
        if late(deadline):
            break
        B = numerical(F, rng, R.rank + 1 + k % 3, steps=600, tolerance=1e-9, deadline=deadline)
        if np.abs(B @ B.T - F).max() < 1e-4 * F.max():
            columns.append(B.T)
    if not columns:
        return None
    X = np.vstack(columns)
    X = X[X.sum(axis=1) > 0]
    X = np.where(X < 1e-6 * X.max(axis=1, keepdims=True), 0.0, X)
    # sums of atoms are atoms: they fill the cone
    pairs = rng.integers(len(X), size=(4 * len(X), 2))
    return combine(R, rounded(R, np.vstack([X, X[pairs[:, 0]] + X[pairs[:, 1]]]), M) + atoms, rng)
