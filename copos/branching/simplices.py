"""One simplex of a partition of the orthant: the entries of V'(C − yA)V, then SPN; the edge to divide.

In x = Vλ, λ ≥ 0, a cell is an orthant again. With Q = V'CV and R = V'AV its first bound is min Q_ij / R_ij, by
Q − yR ≥ 0 entrywise; if that does not suffice, the doubly nonnegative relaxation gives max {y : Q − yR ∈ SPN}.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic import svec
from copos.branching.node import Answer, CellSettings
from copos.certificate import rounding
from copos.certificate.dual import Identity, recover
from copos.certificate.problem import exact
from copos.cones import NonNegative
from copos.conic import Status
from copos.forms import Forms
from copos.hierarchy import relax
from copos.inner.partition import Cell, points
from copos.levels.bound import claimed_value
from copos.program import CompletelyPositiveProgram
from copos.solvers import solve

Matrix = NDArray[Any]
TESTS = {
    "spn": "entries, and where they do not suffice a semidefinite program: PSD + nonnegative",
    "nonnegative": "entries of V'(C − yA)V alone",
}
HOLD = 1e-11  # first step down from the solver's y, relative to the largest entry
STEPS = 8  # each ten times as long


@dataclass(frozen=True, eq=False)
class SimplexTask:
    """A cell of a program on the orthant; a bound of `enough` needs no semidefinite program."""

    program: CompletelyPositiveProgram
    cell: Cell
    settings: CellSettings
    enough: float


def evaluate_simplex(task: SimplexTask) -> Answer:
    """Bound a simplex, prove the bound, and choose the edge to divide."""
    start = time.thread_time()
    how, program = task.settings, task.program
    V, n = points(task.cell), len(task.cell)
    A, b = program.equations
    Q, R = V.T @ program.C.matrix() @ V, V.T @ A.matrix() @ V
    claimed, y, S, z = (
        float(b[0]) * _quotient(Q, R),
        _quotient(Q, R),
        np.zeros((n, n)),
        np.zeros(len(program.vanishing)),
    )
    lam: Matrix | None = None
    if how.test == "spn" and claimed < task.enough:
        claimed, y, S, z, lam = _spn(program, Q, R, V, how.solver, how.options)
    lower, proof, reason = None, None, "no proof was asked for (certify=False)"
    if how.certify:
        lower, proof, reason = _proof(program, task.cell, y, S, z)
    forms = EDGES[how.rule].rule(Q - y * R, V, lam) if n > 1 else np.zeros((0, 4))
    x = V @ _lowest(Q - y * R) if lam is None and np.isfinite(y) else np.zeros(n)
    matrix = V @ lam @ V.T if lam is not None else np.outer(x, x) if x.any() else None
    return Answer(claimed, lower, proof, reason, False, matrix, forms, time.thread_time() - start)


def _quotient(Q: Matrix, R: Matrix) -> float:
    """Largest y with Q − yR ≥ 0 entrywise, R ≥ 0; −inf if there is none."""
    if ((R <= 0) & (Q < 0)).any():
        return -np.inf
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.where(R > 0, Q / R, np.inf).min())


def _lowest(M: Matrix) -> Matrix:
    """λ with λ'Mλ least among the vertices and the edges of the simplex."""
    n = len(M)
    a, c = M.diagonal()[:, None], M.diagonal()[None]
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.clip((c - M) / (a - 2 * M + c), 0.0, 1.0)
    t = np.where((a - 2 * M + c > 0) & np.isfinite(t), t, (a < c).astype(float))
    value = t**2 * a + 2 * t * (1 - t) * M + (1 - t) ** 2 * c
    i, j = np.unravel_index(int(value.argmin()), value.shape)
    lam = np.zeros(n)
    lam[i] += t[i, j]
    lam[j] += 1 - t[i, j]
    return lam


def _spn(program: CompletelyPositiveProgram, Q: Matrix, R: Matrix, V: Matrix, solver: str | None, options: dict):
    """(claim, y, PSD part, multipliers of the vanishing forms, Y in λ) of max {y : Q − yR − Σ z_jV'E_jV ∈ SPN}."""
    b = program.equations[1]
    E = [V.T @ program.vanishing.matrix(k) @ V for k in range(len(program.vanishing))]
    inner = CompletelyPositiveProgram(NonNegative(len(Q)), _even(Q), [(_even(R), float(b[0]))], [_even(M) for M in E])
    relaxation = relax(inner, reductions=("substitute",))
    solution = solve(relaxation.form, solver, **options)
    claimed = claimed_value(relaxation.form, solution)
    if not np.isfinite(solution.z).all() or solution.status in (Status.INFEASIBLE, Status.UNBOUNDED, Status.FAILED):
        return claimed, -np.inf, np.zeros_like(Q), np.zeros(len(E)), None
    identity = Identity.of(relaxation)
    dual = recover(identity, relaxation, solution)
    S = max(identity.matrices(dual.g), key=len, default=np.zeros((0, 0)))
    S = S if len(S) == len(Q) else np.zeros_like(Q)
    return claimed, float(dual.multipliers[0]), S, dual.multipliers[1:], relaxation.matrix(solution.x)


def _even(M: Matrix) -> Matrix:
    return (M + M.T) / 2


def _proof(
    program: CompletelyPositiveProgram, cell: Cell, y: float, S: Matrix, z: Matrix
) -> tuple[Fraction | None, dict[str, Any] | None, str]:
    """(b_0 y, leaf of the certificate, words): V'(C − yA − Σ z_jE_j)V = BB'/4^k + diagonally dominant + nonnegative."""
    if not np.isfinite(y):
        return None, None, "no multiplier makes the slack copositive on this simplex"
    C, A = _congruent(program.C, 0, cell), _congruent(program.equations[0], 0, cell)
    scale = np.array([float(sum(v)) for v in cell])
    weights = [rounding.dyadic(float(v), rounding.BITS, max(1.0, float(np.abs(z).max()))) for v in z]
    for k, w in enumerate(weights):
        E = _congruent(program.vanishing, k, cell)
        C = [[c - w * e for c, e in zip(p, q, strict=True)] for p, q in zip(C, E, strict=True)]
    F = rounding.factor(S * np.outer(scale, scale)) if S.any() else None
    size = max(1e-300, float(np.abs(S).max(initial=0.0)), abs(y))
    for step in [0.0, *(HOLD * 10.0**k * size for k in range(STEPS))]:
        at = Fraction(float(np.nextafter(y - step, -np.inf)))
        slack = [[c - at * a for c, a in zip(p, q, strict=True)] for p, q in zip(C, A, strict=True)]
        if _is_spn(slack, None if F is None else F.B, 0 if F is None else F.bits):
            proof: dict[str, Any] = {"y": [exact(at)]}
            if F is not None:
                proof |= F.plain()
            if any(weights):
                proof["z"] = [exact(w) for w in weights]
            return at * program.right_hand_sides[0], proof, f"the bound was lowered by {step:.2g}"
    return None, None, "after rounding, the slack is not PSD + nonnegative on this simplex"


def _congruent(forms: Forms, k: int, cell: Cell) -> list[list[Fraction]]:
    """V'MV exactly, M the matrix of form k."""
    row = forms.take([k]).rationals().rows[0]
    M: list[dict[int, Fraction]] = [{} for _ in range(forms.dim)]
    for at, c in row.items():
        i, j = (int(v) for v in svec.pair(at))
        M[i][j] = M[j][i] = Fraction(c) if i == j else Fraction(c) / 2
    half = [[sum((c * v[j] for j, c in r.items() if v[j]), Fraction(0)) for v in cell] for r in M]
    return [[sum((c * half[i][k] for i, c in enumerate(u) if c), Fraction(0)) for k in range(len(cell))] for u in cell]


def _is_spn(M: list[list[Fraction]], B: list[list[int]] | None, bits: int) -> bool:
    """Is M − BB'/4^bits nonnegative plus diagonally dominant?"""
    n = len(M)
    unit = 4**bits
    R = [[M[i][j] - (Fraction(sum(a * b for a, b in zip(B[i], B[j], strict=True)), unit) if B else 0)
          for j in range(i + 1)] for i in range(n)]  # fmt: skip
    off = [Fraction(0)] * n
    for i in range(n):
        for j in range(i):
            if R[i][j] < 0:
                off[i] -= R[i][j]
                off[j] -= R[i][j]
    return all(R[i][i] >= off[i] for i in range(n))


def split_of(cell: Cell, form: Matrix) -> tuple[int, int, int, int]:
    """(i, j, p, q) on integer vertices, from weights on those scaled into the simplex."""
    i, j, p, q = (int(v) for v in form)
    return i, j, p * sum(cell[j]), q * sum(cell[i])


# ---- edges ------------------------------------------------------------------------------------------------------


def _pair(score: Matrix) -> tuple[int, int]:
    i, j = np.unravel_index(int(np.triu(score, 1).argmax()), score.shape)
    return int(i), int(j)


def _lengths(V: Matrix) -> Matrix:
    """Squared lengths of the edges."""
    G = V.T @ V
    return np.maximum(G.diagonal()[:, None] + G.diagonal() - 2 * G, 0.0)


def _division(i: int, j: int, p: float) -> Matrix:
    """[[i, j, p, q]]: the new vertex is p v_i + q v_j of the simplex, p + q = 8, not too close to an end."""
    whole = int(np.clip(np.rint(8 * p), 2, 6))
    return np.array([[i, j, whole, 8 - whole]], dtype=float)


def _mass(M: Matrix, V: Matrix, lam: Matrix | None) -> Matrix:
    """Where the relaxation puts mass on both ends of an edge: λ_iλ_j times its squared length."""
    if lam is None:
        return _negative(M, V, lam)
    mean = np.maximum(lam.sum(axis=1), 0.0)
    i, j = _pair(np.outer(mean, mean) * _lengths(V))
    return _division(i, j, mean[i] / (mean[i] + mean[j])) if mean[i] + mean[j] > 0 else _longest(M, V, lam)


def _covariance(M: Matrix, V: Matrix, lam: Matrix | None) -> Matrix:
    """The pair with the most negative covariance in λ, times its squared length."""
    if lam is None:
        return _negative(M, V, lam)
    mean = lam.sum(axis=1) / max(float(lam.sum()), 1e-300)
    S = lam / max(float(lam.sum()), 1e-300) - np.outer(mean, mean)
    i, j = _pair(np.maximum(-S, 0.0) * _lengths(V) + 1e-12 * _lengths(V))
    total = mean[i] + mean[j]
    return _division(i, j, mean[i] / total if total > 0 else 0.5)


def _negative(M: Matrix, V: Matrix, lam: Matrix | None) -> Matrix:
    """The edge with the most negative entry of the slack, divided where the slack on it is least."""
    i, j = _pair(-np.where(np.eye(len(M)) > 0, np.inf, M) + 1e-12 * _lengths(V))
    a, b, c = M[i, i], M[i, j], M[j, j]
    curve = a - 2 * b + c
    return _division(i, j, float((c - b) / curve) if curve > 0 else 0.5)


def _longest(M: Matrix, V: Matrix, lam: Matrix | None) -> Matrix:
    i, j = _pair(_lengths(V))
    return _division(i, j, 0.5)


class Edge(NamedTuple):
    """`rule(M, V, Y)`: the edge to divide and where, from the slack and the relaxation's Y, both in λ."""

    rule: Callable[[Matrix, Matrix, Matrix | None], Matrix]
    meaning: str


EDGES = {
    "covariance": Edge(_covariance, "the most negative covariance of λ_i and λ_j, times the squared length"),
    "mass": Edge(_mass, "the largest mean of λ_i times that of λ_j, times the squared length"),
    "negative": Edge(_negative, "the most negative entry of V'(C − yA)V"),
    "longest": Edge(_longest, "the longest edge"),
}
