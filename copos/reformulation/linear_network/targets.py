"""Other targets for a closed form with smaller weights: a bound on weighted losses without a relaxation.

With τ = ω + μ for X = I (the ridge is then a part of the errors), y = ωY/τ and weights κ_it = a_i b_t < τ_it,

    ω(z − Y)² + μz² = τ(z − y)² + ωμY²/τ,    τ(z − y)² ≥ κ(z − y')² − κτ/(τ − κ) (y − y')²    for every z and y',

so that any y' gives a bound: the closed form of Σ κ(WX − y')² less what the move costs. Over V = √κ y' it is concave,

    −Σ τ/(τ − κ) (V − √κ y)² + ‖V‖² − (sum of the r largest squares of singular values of V on the rows of X),

and its maximum over V is, for κ = μ, the perspective relaxation of a matrix completion with a ridge
[BertsimasCoryWrightLoPauphilet2023]. What is found here is only a proposal: the proof computes with any y'.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.rationals import Rational, rational
from copos.reformulation.linear_network.exact_loss import doubles, is_identity
from copos.reformulation.linear_network.problem import NetworkProblem

Matrix = NDArray[Any]

EVALUATIONS = 300  # singular value decompositions of a search
BITS = 24  # of a weight
FINE = 36  # bits of a target, relative to the largest
SWEEPS = 50  # of the search for weights that are products
SHARP = 1e-6  # share of τ that is left where an error has its full weight


class Moved(NamedTuple):
    """Weights a_i b_t and targets y', exactly, and what of the loss they leave besides."""

    a: list[Rational]
    b: list[Rational]
    targets: Matrix
    spare: Fraction


def moved(problem: NetworkProblem) -> Iterator[Moved]:
    """Proposals, none where the table has no such bound."""
    t, identity = problem.tables, is_identity(problem.tables.X)
    if problem.loss.kind != "squared" or t.intercept or (t.ridge and not identity):
        return
    omega, mu, Y = problem.exact_weights, rational(t.ridge), problem.tables.Y
    total = omega + mu
    tau, w = doubles(total), doubles(omega)
    y = np.divide(w * problem.Y, tau, out=np.zeros_like(tau), where=tau > 0)
    rows = None if identity else problem.X
    for a, b in products_below(tau):
        kappa = np.outer(a, b)
        targets = _search(tau, kappa, y, problem.rank, rows)
        yield _exactly([Fraction(v) for v in a.tolist()], [Fraction(v) for v in b.tolist()], targets, omega, mu, Y)


def products_below(tau: Matrix) -> Iterator[tuple[Matrix, Matrix]]:
    """Weights with a_i b_t ≤ τ_it: of rows and columns alternately as large as possible, in short numbers."""
    if not (tau > 0).all():  # where one is zero its whole row or its whole column is
        used = tau.any(axis=0)
        a = tau[:, used].min(axis=1, initial=np.inf) if used.any() else np.zeros(len(tau))
        pairs = [(np.where(np.isfinite(a), a, 0.0), used.astype(float))]
    else:
        a, b = np.ones(len(tau)), np.ones(tau.shape[1])
        for _ in range(SWEEPS):
            b = (tau / a[:, None]).min(axis=0)
            a = (tau / b).min(axis=1)
        pairs = [(a, b)]
    for a, b in pairs:
        if a.any() and b.any():
            yield _short_below(a), _short_below(b)


def _short_below(values: Matrix) -> Matrix:
    """The values rounded down to few bits, which a product of two still keeps below the product."""
    mantissa, exponent = np.frexp(values)
    return np.ldexp(np.floor(np.ldexp(mantissa, BITS) * (1 - 2.0**-50)), exponent - BITS)


def _search(tau: Matrix, kappa: Matrix, y: Matrix, rank: int, X: Matrix | None) -> Matrix:
    """Targets y' that make the bound large."""
    from scipy import optimize  # slow to import, and few programs come here

    root, left = np.sqrt(kappa), tau - kappa
    free = (kappa > 0) & (left > SHARP * tau)
    unit = np.sqrt(left[free] / tau[free])  # the price of a move is then that of all errors
    start = root * y
    Q = None if X is None else _row_space(X * np.sqrt(kappa.max(axis=0)))

    def bound(x: Matrix) -> tuple[float, Matrix]:
        V = start.copy()
        V[free] += unit * x
        seen = V if Q is None else V @ Q
        U, s, Vt = np.linalg.svd(seen, full_matrices=False)
        top = (U[:, :rank] * s[:rank]) @ Vt[:rank]
        value = float((V * V).sum() - (s[:rank] ** 2).sum() - x @ x)
        slope = 2 * unit * (V - (top if Q is None else top @ Q.T))[free] - 2 * x
        return -value, -slope

    if not free.any():
        return y
    options = {"maxiter": EVALUATIONS, "maxfun": EVALUATIONS}
    V = start.copy()
    V[free] += unit * optimize.minimize(bound, 0 * unit, jac=True, method="L-BFGS-B", options=options).x
    return np.divide(V, root, out=y.copy(), where=free)


def _row_space(X: Matrix) -> Matrix:
    """Orthonormal columns that span the rows of X."""
    s, Vt = np.linalg.svd(X, full_matrices=False)[1:]
    return Vt[s > 1e-12 * s.max(initial=0.0)].T


def _exactly(a: list[Fraction], b: list[Fraction], near: Matrix, omega: Matrix, mu: Rational, Y: Matrix) -> Moved:
    """The proposal in rational numbers; where an error has its full weight its target is that of the question."""
    unit = FINE - int(np.ceil(np.log2(max(float(np.abs(near).max(initial=0.0)), 1e-300))))
    short = np.rint(np.ldexp(near, unit)).astype(np.int64)
    targets, spare, size = np.empty(near.shape, dtype=object), Fraction(0), Fraction(2) ** -unit
    for (i, t), v in np.ndenumerate(short):
        weight, target = rational(omega[i, t]), int(v) * size
        tau, less, given = weight + mu, a[i] * b[t], rational(Y[i, t])
        y = Fraction(weight * given) / tau if tau else Fraction(given)
        if tau and mu and y:
            spare += y * mu * given
        if less == tau:
            target = y
        elif less and y != target:
            spare -= less * tau / (tau - less) * (y - target) ** 2
        targets[i, t] = rational(target)
    return Moved([rational(v) for v in a], [rational(v) for v in b], targets, spare)
