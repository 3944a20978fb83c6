"""Separating a matrix from the completely positive ones: a copositive H with <H, M> < 0."""

from __future__ import annotations

import time
from fractions import Fraction
from itertools import combinations, permutations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from copos.arithmetic import simplex
from copos.certificate.problem import exact as plain
from copos.decision import combination, scaling
from copos.decision.decide import copositive
from copos.decision.factor import Matrix, Term

Array = NDArray[np.float64]
Separator = tuple[list[list[Fraction]], dict[str, object]]
CYCLES = [(0, *p) for p in permutations(range(1, 5)) if p[0] < p[-1]]  # the twelve 5-cycles on five points
ROUNDS = 80
GAP = 1e-9  # value of the linear program below which M counts as decomposed


class Outcome(NamedTuple):
    """A separator with its proof, or exact terms, or a reason for neither."""

    separator: Separator | None = None
    terms: list[Term] | None = None
    reason: str = ""


def proof(H: Matrix, copositivity: dict[str, object]) -> dict[str, object]:
    """The plain data of a certificate of kind "not completely positive"."""
    return {"separator": [[plain(v) for v in row] for row in H], "copositive": copositivity}


def certified(M: Matrix, H: Matrix, deadline: float | None = None) -> Separator | None:
    """H with its copositivity proof, if H is copositive and <H, M> < 0."""
    if sum(h * m for a, b in zip(H, M, strict=True) for h, m in zip(a, b, strict=True)) >= 0:
        return None
    found = copositive(H, deadline)
    return (H, found.proof) if found.answer and found.proof is not None else None


def square(n: int, v: list[int]) -> Matrix:
    """vv'."""
    return [[Fraction(a * b) for b in v] for a in v]


def horn(M: Matrix, deadline: float | None = None) -> Separator | None:
    """A scaled and permuted Horn matrix on five coordinates: <DHD, M> = d'(H∘M)d < 0 for some d ≥ 0.

    That is the question whether the 5×5 matrix H∘M is copositive, H = −1 on a 5-cycle and 1 elsewhere.
    """
    n = len(M)
    for five in combinations(range(n), 5):
        P = np.array([[float(M[i][j]) for j in five] for i in five])
        if not (P.diagonal() > 0).all():
            continue
        P /= np.sqrt(np.outer(P.diagonal(), P.diagonal()))
        for cycle in CYCLES:
            if deadline is not None and time.monotonic() > deadline:
                return None
            S = np.ones((5, 5))
            for a in range(5):
                S[cycle[a], cycle[a - 1]] = S[cycle[a - 1], cycle[a]] = -1
            # a value below zero at the centre of gravity of a pair or more is needed; most patterns fail at once
            if simplex.descend(S * P, np.full((1, 5), 0.2), 60)[0] @ (S * P) @ np.full(5, 1.0) > 0.6:
                continue
            K = [[M[five[a]][five[b]] * int(S[a, b]) for b in range(5)] for a in range(5)]
            found = copositive(K)
            if found.answer is False and found.point is not None:
                d = [0] * n
                for a, i in enumerate(five):
                    d[i] = found.point[a]
                s = {(five[a], five[b]): int(S[a, b]) for a in range(5) for b in range(5)}
                H = [[Fraction(d[i] * d[j] * s.get((i, j), 1)) for j in range(n)] for i in range(n)]
                separator = certified(M, H)
                if separator is not None:
                    return separator
    return None


def columns(M: Matrix, rng: np.random.Generator, deadline: float | None = None, rounds: int = ROUNDS) -> Outcome:
    """Column generation: decompose M over atoms xx', or find H nonnegative on all atoms with <H, M> < 0.

    min Σ|R_ij|, M = Σ λ xx' + R has the dual max −<H, M>, |H_ij| ≤ 1, x'Hx ≥ 0 for all atoms x. Local minima of x'Hx
    are the next atoms; once there is none below −δ, H + δE is copositive (decided exactly) and separates if
    δ ΣM_ij < −<H, M>. Entries M_ij = 0 leave H_ij free, so they are made large.
    """
    n = len(M)
    largest = max(v for row in M for v in row)
    F = np.array([[float(v / largest) for v in row] for row in M])
    d = scaling.balanced(F)
    N = F * np.outer(d, d)
    i, j = np.tril_indices(n)
    seen = N[i, j] > 0
    i, j = i[seen], j[seen]
    double = np.where(i == j, 1.0, 2.0)
    X = _start(N, rng)
    tried = 0
    for _ in range(rounds):
        if deadline is not None and time.monotonic() > deadline:
            return Outcome(reason="time limit")
        A = np.vstack([X[:, i].T * X[:, j].T, np.zeros((0, len(X)))])
        m = len(i)
        cost = np.r_[np.zeros(len(X)), np.ones(2 * m)]
        found = linprog(cost, A_eq=np.hstack([A, np.eye(m), -np.eye(m)]), b_eq=N[i, j], method="highs")
        if found.status != 0:
            return Outcome(reason=f"the linear program ended with: {found.message}")
        H = np.full((n, n), 4.0)
        H[i, j] = H[j, i] = -np.asarray(found.eqlin.marginals) / double
        if found.fun < GAP:
            tried += 1
            terms = _exactly(M, X, d, found.x[: len(X)], rng)
            if terms is not None or tried >= 3:
                return Outcome(terms=terms, reason="" if terms else "decomposed in floating point only, not exactly")
            X = np.vstack([X, _start(N, rng)])
            continue
        Y = simplex.minima(H, rng, count=4 * n + 10)
        value = np.einsum("ki,ij,kj->k", Y, H, Y)
        lowest = float(value[0])
        if max(-lowest, 1e-9) * float(N.sum()) < found.fun / 3:
            separator = _round(M, H, d, max(-lowest, 1e-9), found.fun / float(N.sum()), deadline)
            if separator is not None:
                return Outcome(separator=separator)
        new = Y[value < -1e-10][: 4 * n]
        if len(new) == 0:
            return Outcome(reason="the cutting planes stall: the matrix is within rounding of the boundary")
        λ = found.x[: len(X)]
        if len(X) > 40 * n:  # keep what is used, and what is newest
            X = np.vstack([X[: -2 * n][λ[: -2 * n] > 0], X[-2 * n :]])
        X = np.vstack([X, new])
    return Outcome(reason=f"{rounds} rounds of cutting planes neither separate nor decompose it")


def _start(N: Array, rng: np.random.Generator) -> Array:
    """Unit vectors, pairs, columns of the matrix and random combinations, inside the zero pattern."""
    n = len(N)
    E = np.eye(n)
    X = [*E, *(E[a] + E[b] for a in range(n) for b in range(a)), *N, *(rng.exponential(size=(2 * n, n)))]
    out = []
    for x in X:
        keep = np.zeros(n, dtype=bool)
        for k in np.argsort(-x):
            if x[k] > 0 and (N[k, keep] > 0).all():
                keep[k] = True
        out.append(np.where(keep, x, 0.0) / x[keep].sum())
    return np.array(out)


def _round(M: Matrix, H: Array, d: Array, δ: float, room: float, deadline: float | None) -> Separator | None:
    """H + δE in the units of M, on a grid of spacing well below what is left of the gap, certified."""
    scale = (d / d.min()).astype(int)
    for share in (0.3, 0.6, 0.0):
        bits = int(np.ceil(-np.log2(room))) + 5
        G = np.rint(np.ldexp(H + δ + share * (room - δ), bits))
        # <G, DMD> = <DGD, M>; D has powers of two
        lift = [int(c) for c in scale]
        exact_H = [[Fraction(int(g) * p * q) for g, q in zip(row, lift, strict=True)]
                   for row, p in zip(G, lift, strict=True)]  # fmt: skip
        separator = certified(M, exact_H, deadline)
        if separator is not None:
            return separator
    return None


def _exactly(M: Matrix, X: Array, d: Array, λ: Array, rng: np.random.Generator) -> list[Term] | None:
    """Exact weights for the atoms in use, moved back to the units of M and rounded."""
    R = combination.Range.of(M)
    if R is None or R.rank * (R.rank + 1) // 2 > combination.LARGEST:
        return None
    points = X / d
    atoms = combination.rounded(R, np.vstack([points[λ > 0], points]), M)
    return combination.combine(R, atoms, rng)
