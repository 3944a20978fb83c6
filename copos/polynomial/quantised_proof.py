"""Bounds for first layers of signs, in exact arithmetic: the dual below, the objective of a network above.

    −f*(ν) ≤ every objective   if  |v'Sv| ≤ β for all sign vectors v,   S = Σν_i[[a xx', bx/2], [·, c]]

which Diag(δ) ∓ S ⪰ 0 with Σδ ≤ β shows, or, for few features, all sign vectors one after the other.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from copos.arithmetic import svec
from copos.arithmetic.rationals import written
from copos.certificate.document import Certificate
from copos.checker import check_polynomial as checker
from copos.checker.check_losses import conjugate
from copos.checker.check_reading import Rejected, Unreadable
from copos.conic import Cones, ConicForm
from copos.polynomial.above import loss_above
from copos.polynomial.exact_data import exact_data, nearest
from copos.polynomial.problem import TrainingProblem
from copos.polynomial.proof import EPS, INLINE, plain_problem, question
from copos.polynomial.rounding import rounded
from copos.polynomial.scaling import scaled
from copos.polynomial.sign_vectors import ALL, every
from copos.solvers import solve

Array = NDArray[np.float64]
BITS = 54  # of a factor
SHORT = 80  # bits of a value


def forms(program: TrainingProblem, nu: Array) -> Array:
    """S/β (T, k, k) for the columns of ν (n, T), k = d + 1, in floating point."""
    a, b, c = program.activation
    X = program.patches[0, :, 0]
    x = np.column_stack([X, np.ones(len(X))])
    F = np.full((x.shape[1],) * 2, a)
    F[-1], F[:, -1], F[-1, -1] = b / 2, b / 2, c
    return np.stack([F * (x.T @ (column[:, None] * x)) for column in nu.T]) / program.beta


def proved(program: TrainingProblem, N: Array) -> tuple[Fraction, Certificate]:
    """The largest bound that the multiplier N (n, T) proves after scaling; 0 if nothing is."""
    best: tuple[Fraction, dict[str, Any]] = Fraction(0), {"value": 0}
    if N.any() and np.isfinite(N).all():
        M, at = rounded(program, N)
        S = forms(program, nearest(M, at))
        if M.any() and np.isfinite(S).all():
            ways = (_diagonals, _all) if S.shape[1] <= ALL else (_diagonals,)
            best = max((best, *(_scaled(program, M, at, S, way) for way in ways)), key=lambda item: item[0])
    problem = {**plain_problem(program), "first_layer": "signs"}
    small = program.samples.size + program.Y.size <= INLINE
    return best[0], Certificate("lower bound", problem if small else checker.condensed(problem), best[1])


def _scaled(program: TrainingProblem, M: Any, at: int, S: Array, way: Any) -> tuple[Fraction, dict[str, Any]]:
    """The bound of sM/2^at at the best s of every output that one way of showing it allows."""
    asked = question(program)._replace(signs=True)
    worst, shown = way(S)
    loss, nu = scaled(program).loss, scaled(program).multiplier(nearest(M, at))
    share = 4.0 * (S.shape[1] + 2) ** 2 * EPS
    while share < 1:
        limits = [(1 - share) / w if w > 0 else np.inf for w in worst.tolist()]
        sizes = [loss.output(t).dual(nu[:, t : t + 1], limit)[0] for t, limit in enumerate(limits)]
        pairs = [shown(t, s, program.beta) for t, s in enumerate(sizes)]
        if None not in pairs:
            try:
                unit = [Fraction(s) * Fraction(2) ** -at for s in sizes]
                value = _short(conjugate(asked.losses, M.tolist(), unit))
                if value <= 0:
                    break
                proof = {"value": written(value), "multiplier": M.tolist(), "bits": at,
                         "scale": [written(Fraction(s)) for s in sizes], "spheres": [pairs]}  # fmt: skip
                checker.lower_bound(asked, proof)
                return value, proof
            except Rejected:
                pass
            except Unreadable:
                break
        share *= 32
    return Fraction(0), {"value": 0}


def _all(S: Array) -> tuple[Array, Any]:
    """Every sign vector: max |v'Sv| of every output, and a proof that has nothing to add."""
    V = every(S.shape[1])
    worst = np.array([np.abs(np.einsum("ij,ij->i", V @ form, V)).max() for form in S])
    return worst, lambda t, s, beta: ["all", "all"]


def _diagonals(S: Array) -> tuple[Array, Any]:
    """Σδ of the least diagonals with Diag(δ) ∓ S ⪰ 0, and these with rounded factors."""
    found = [[least_diagonal(sign * form) for sign in (1.0, -1.0)] for form in S]
    worst = np.array([max(float(delta.sum()) for delta in pair) for pair in found])

    def shown(t: int, s: float, beta: float) -> list[dict[str, Any]] | None:
        out = []
        for sign, least in zip((1.0, -1.0), found[t], strict=True):
            delta = s * least
            delta = delta + 0.5 * (1 - float(delta.sum())) / len(delta)
            try:
                K = np.diag(delta) - sign * s * S[t]
                L = np.linalg.cholesky(beta * (K - 0.1 * (1 - float(s * least.sum())) / len(K) * np.eye(len(K))))
            except np.linalg.LinAlgError:
                return None
            bits = max(BITS - int(np.frexp(np.abs(L).max())[1]), 0)
            factor = [[int(v) for v in row[: i + 1]] for i, row in enumerate(np.rint(np.ldexp(L, bits)))]
            diagonal = [written(Fraction(v) * Fraction(beta)) for v in delta.tolist()]
            out.append({"diagonal": diagonal, "factor": factor, "bits": bits})
        return out

    return worst, shown


def least_diagonal(S: Array) -> Array:
    """δ with the least Σδ such that Diag(δ) ⪰ S, from a solver and moved until it holds about."""
    k, size = len(S), float(np.abs(S).max()) or 1.0
    place = svec.position(np.arange(k), np.arange(k))
    A = sp.csc_array(sp.coo_array((-np.ones(k), (place, np.arange(k))), shape=(svec.length(k), k)))
    found = solve(ConicForm(np.ones(k), A, -svec.svec(S / size), Cones(psd=(k,))), "clarabel")
    delta = size * found.x
    return delta + max(0.0, -float(np.linalg.eigvalsh(np.diag(delta) - S)[0]))


def _short(value: Fraction) -> Fraction:
    """At most 80 significant bits of it, rounded down."""
    unit = Fraction(2) ** (value.numerator.bit_length() - value.denominator.bit_length() - SHORT)
    return (value // unit) * unit


def objective(program: TrainingProblem, u: Array, alpha: Array, bias: Array) -> Fraction:
    """Loss + βΣ|α| of signs u (R, d), weights α (R, T) and intercepts (T,), exactly or a little above."""
    data = exact_data(program)
    X, up = data.pools[0].astype(object), max(-data.bits, 0)
    P, q = (X << up) @ u.astype(int).astype(object).T, max(data.bits, 0)
    a, b, c = map(Fraction, program.activation)
    weights = [[Fraction(v) for v in row] for row in alpha.tolist()]
    shifts = [Fraction(v) for v in bias.tolist()]
    rest = [1.0 if program.loss_parameter is None else program.loss_parameter, *np.unique(program.Y).tolist()]
    numbers = [f * v for f in (a, b, c) for row in weights for v in row]
    fine = max(v.denominator.bit_length() - 1 for v in [*numbers, *shifts, *map(Fraction, rest)])
    K = fine + 2 * q
    F = np.zeros((len(X), len(shifts)), dtype=object)
    one = 1 << q
    for t, shift in enumerate(shifts):
        total = int(shift * (1 << K))
        for j, row in enumerate(weights):
            p, v = P[:, j], row[t]
            second, first, last = (int(f * v * (1 << fine)) for f in (a, b, c))
            total = total + second * (p * p) + first * one * p + last * one * one
        F[:, t] = total
    penalty = Fraction(program.beta) * sum((abs(v) for row in weights for v in row), Fraction(0))
    return penalty + loss_above(program, F, K, 0)
