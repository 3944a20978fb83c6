"""Both bounds of robust training in exact arithmetic.

Below: weights w_j ≥ 0 of inputs p_j in the balls, those of a sample adding up to no more than its weight, make

    Σ_i w_i max_{‖δ‖ ≤ r} ℓ(f(x_i + δ), y_i) + βΣ|α|  ≥  Σ_j w_jℓ(f(p_j), y_j) + βΣ|α|

for every network, because no loss is negative; and the right-hand side is an ordinary training problem with a proof.
Above: the losses at the ends of what f reaches on each ball, by `copos.polynomial.adversary`.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.rationals import written
from copos.certificate.document import Certificate
from copos.checker import check_polynomial
from copos.losses.convex import LOSSES
from copos.polynomial.above import ONE, F, exp_above, log_above
from copos.polynomial.adversary import reached_at_most, worst
from copos.polynomial.boundary import quadratic
from copos.polynomial.network import PolynomialNetwork
from copos.polynomial.program import PolynomialNetworkProgram, polynomial_network
from copos.polynomial.proof import INLINE, plain_problem, prove, question
from copos.polynomial.robust_level import Inputs

Array = NDArray[np.float64]
Index = NDArray[np.int64]
LESS = 2.0**-50  # of weights and moves, for what rounding of their sums may add


@dataclass(frozen=True, eq=False)
class Shown:
    """`lower`, which the checker accepted, by inputs (m, d), the samples that own them and their weights."""

    lower: Fraction
    points: Array
    owners: Index
    weights: Array
    certificate: Certificate


def shown(program: PolynomialNetworkProgram, r: float, given: Inputs, weights: Array, nu: Array) -> Shown:
    """The bound of the robust problem by the multiplier of its inputs; 0 without inputs, as no loss is negative."""
    proof: dict[str, Any] = {"value": 0}
    if len(weights):
        there = polynomial_network(
            given.points, program.Y[given.owner], program.activation, program.beta, program.loss_name,
            loss_parameter=program.loss_parameter, intercept=program.intercept, sample_weight=weights,
        )  # fmt: skip
        proof = prove(there, nu).proof
        if len(proof) > 1:
            rows = {"points": [[written(v) for v in row] for row in given.points.tolist()],
                    "owners": given.owner.tolist(), "weights": [written(v) for v in weights.tolist()]}  # fmt: skip
            proof = {**proof, "inputs": rows}
            check_polynomial.lower_bound(question(program)._replace(radius=Fraction(r)), proof)
    problem = {**plain_problem(program), "radius": written(r)}
    small = program.samples.size + program.Y.size <= INLINE
    certificate = Certificate("lower bound", problem if small else check_polynomial.condensed(problem), proof)
    return Shown(Fraction(proof["value"]), given.points, given.owner, weights, certificate)


def inside(x: Array, move: Array, r: float) -> Array:
    """A double vector near x + δ at a distance of at most r from x, exactly."""
    centre, square = [Fraction(v) for v in x.tolist()], Fraction(r) ** 2
    for k in range(-50, 1):
        point = x + move * (1 - 2.0**k)
        if sum(((Fraction(v) - c) ** 2 for v, c in zip(point.tolist(), centre, strict=True)), Fraction(0)) <= square:
            return point
    return x.copy()


def shares(weights: Array, owner: Index, mu: Array) -> Array:
    """w_j = w_i μ_j/Σμ over the inputs of sample i, whose sum is at most w_i, exactly."""
    total = np.bincount(owner, mu, minlength=len(weights))
    with np.errstate(invalid="ignore", divide="ignore"):
        out = np.where(total[owner] > 0, weights[owner] * (mu / total[owner]), 0.0) * (1 - LESS)
    for i in range(len(weights)):
        mine = np.flatnonzero(owner == i)
        if sum(map(Fraction, out[mine].tolist()), Fraction(0)) > Fraction(weights[i]):
            out[mine] = 0.0
    return out


def robust_objective(program: PolynomialNetworkProgram, network: PolynomialNetwork, r: float) -> Fraction:
    """Σ w_i max ℓ(f(x_i + δ), y_i) + βΣ|α| of a network with first layers u/‖u‖, or a little more."""
    X, d = program.samples, program.samples.shape[1]
    form = quadratic(network.u, network.alpha, network.activation, 0.0, Fraction(network.intercept[0]))
    exact = np.array([[Fraction(v) for v in row] for row in X.tolist()], dtype=object).reshape(len(X), d)
    H = exact @ form.A + form.g
    values = np.sum((H + form.g) * exact, axis=1) + form.c
    near, slopes = (np.array(M, dtype=float) for M in (form.A, H))
    up, down = ([*reached_at_most(s * form.A, s * H, Fraction(r), worst(s * near, s * slopes, r))] for s in (1, -1))
    row, total = LOSSES[program.loss_name], Fraction(0)
    p = Fraction(1.0 if program.loss_parameter is None else program.loss_parameter)
    for i, (value, over, under, blur) in enumerate(zip(values, up, down, _blur(network, X, r), strict=True)):
        y = Fraction(program.Y[i, 0])
        if program.loss_name == "logistic":
            margin = (under if y > 0 else over) - y * value + blur
            total += Fraction(program.weights[i]) * _logistic(margin)
            continue
        if row.labels:
            worst_residual = 1 - y * value + (under if y > 0 else over) + blur
            R = max(worst_residual, Fraction(0))
        else:
            R = max(value + over - y, y - value + under) + blur
        loss = R if not row.curvature else R * R / 2
        if program.loss_name == "huber" and R > p:
            loss = p * (R - p / 2)
        total += Fraction(program.weights[i]) * loss
    return total + Fraction(program.beta) * sum((abs(Fraction(a)) for a in network.alpha.tolist()), Fraction(0))


def _logistic(s: Fraction) -> Fraction:
    """log(1 + e^s), or a little more."""
    up = -((-s.numerator << F) // s.denominator)
    return Fraction(max(up, 0) + log_above(ONE + exp_above(abs(up))), ONE)


def _blur(network: PolynomialNetwork, X: Array, r: float) -> list[Fraction]:
    """How far f with first layers u may be from f with u/‖u‖ in the ball of each sample, twice over.

    |σ(p) − σ(p/‖u‖)| ≤ e(|a|(2|p| + e) + |b|) with e = |p||1 − 1/‖u‖|, |p| ≤ ‖u‖(‖x‖ + r).
    """
    square = [sum((Fraction(v) ** 2 for v in row), Fraction(0)) for row in network.u.tolist()]
    off = np.array([float(abs(s - 1)) for s in square])
    reach = (np.linalg.norm(X, axis=1) + r)[:, None] * (1 + off)
    a, b, _ = map(abs, network.activation)
    e = 2 * reach * off
    return [Fraction(v) for v in (2 * (e * (a * (2 * reach + e) + b)) @ np.abs(network.alpha)).tolist()]
