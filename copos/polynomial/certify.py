"""A certificate for any network: the gap that its own multipliers prove, and the neuron that improves it.

A smooth loss has one multiplier ν = ∇f at the predictions. At kinks ν is a set: every value between the slopes to both
sides is a subgradient, the bound is best for one of them, and which one the predictions do not tell. So several are
tried: the one in the middle of what balances, that of training where the network was trained here, and that of the
solved program, which holds for every network.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.rationals import rounded_down, rounded_up
from copos.certificate.document import Certificate
from copos.losses.convex import Interval, Loss
from copos.polynomial.above import objective_above
from copos.polynomial.dual import DualPoint, dual_point
from copos.polynomial.fit import train
from copos.polynomial.intercept import best_intercept, subgradient
from copos.polynomial.low_rank import relative_gap
from copos.polynomial.network import PolynomialNetwork
from copos.polynomial.problem import TrainingProblem
from copos.polynomial.proof import NetworkProof, prove
from copos.polynomial.scaling import scaled
from copos.support.looks import one_line

Array = NDArray[np.float64]
ROUNDS = 12  # of neurons and multipliers that answer each other
CLOSE = 1e-7  # of the largest prediction or target, within which a trained network meets a sample


@one_line
@dataclass(frozen=True, eq=False)
class NetworkCertificate:
    """A bound from the dual for a network, wherever it was trained.

    Attributes
    ----------
    objective, lower, gap : as in TrainedNetwork
    violation : max over neurons of |Σν_iσ(x_i'u)|/β − 1 for the multiplier ν of the network; a smooth loss is improved
        by a new neuron if and only if it is positive
    improving : (d,) unit vector of the neuron that was found to improve most, None if none was found
    sign, output, pool : where that neuron goes: α = +t or −t, t > 0 small
    slope : derivative of the objective in t, negative if the neuron improves; a free intercept moves along
    better : network of the solved program, where it was needed (at kinks several neurons may have to move at once)
    """

    objective: float
    lower: float
    gap: float
    violation: float
    improving: Array | None
    sign: float
    output: int
    pool: int
    slope: float
    proof: NetworkProof
    better: PolynomialNetwork | None = None

    @property
    def certificate(self) -> Certificate:
        """The document that `copos verify` reads."""
        return self.proof.certificate


@dataclass(frozen=True, eq=False)
class Candidate:
    """A neuron u (d,) as training sees it, of a pool, an output and a sign, and the slope of the objective."""

    u: Array
    pool: int
    output: int
    sign: float
    slope: float


def certify(program: TrainingProblem, network: PolynomialNetwork, tolerance: float = 1e-6) -> NetworkCertificate:
    """Gap and improving neuron of any network for this program."""
    units, objective = scaled(program), rounded_up(objective_above(program, network))
    loss, lift, beta, floor = units.loss, units.seen.lift, units.beta(program.beta), units.floor
    F = units.network(network).decision(units.lift.patches)
    if program.intercept:
        # the dual point must be balanced; ν at the best intercept for these neurons is
        F = F + best_intercept(loss, F, np.zeros(F.shape[1]))
    multipliers = [subgradient(loss, F, program.intercept)]
    if isinstance(loss, Interval) and not loss.smooth:
        multipliers.append(loss.balanced(F, CLOSE) if program.intercept else loss.gradient(F))
        if network.multiplier is not None and network.multiplier.shape == F.shape:
            multipliers.insert(0, _inside(loss, units.multiplier(network.multiplier), program.intercept))
    others: list[Candidate] = []
    better = None
    best: tuple[NetworkProof, DualPoint] | None = None
    for N in multipliers:
        point = dual_point(lift, loss, N, beta)
        proof = prove(program, units.multiplier_back(point.N), objective if loss.smooth else 0.0)
        if best is None or proof.lower > best[0].lower:
            best = proof, point
        if relative_gap(objective, rounded_down(proof.lower), floor) <= tolerance:
            break
    assert best is not None
    proof, point = best
    if not loss.smooth and relative_gap(objective, rounded_down(proof.lower), floor) > tolerance:
        fit = train(program, tolerance)
        proof = max(proof, fit.proof, key=lambda p: p.lower)
        point = dual_point(lift, loss, subgradient(loss, F, program.intercept), beta)
        net = fit.network
        better = net if fit.objective < objective else None
        others = [Candidate(u, int(g), int(t), float(np.sign(v)), 0.0)
                  for u, v, t, g in zip(net.u, net.alpha, net.output, net.pool, strict=True)]  # fmt: skip
    lower = rounded_down(proof.lower)
    if not lower <= objective:
        raise AssertionError(f"a proved lower bound {lower!r} is above the objective {objective!r} of a network")
    found = _steepest(program, loss, F, point, others)
    violation = float(point.bounds.max(initial=0.0)) / beta - 1
    return NetworkCertificate(
        objective, lower, relative_gap(objective, lower, floor), violation, found.u if found.slope < 0 else None,
        found.sign, found.output, found.pool, units.beta_back(found.slope), proof, better,
    )  # fmt: skip


def _inside(loss: Interval, N: Array, intercept: bool) -> Array:
    """A multiplier of elsewhere in the domain of the conjugate."""
    N = np.clip(np.nan_to_num(N), loss.low, loss.high)
    return loss.balance(N) if intercept else N


def _steepest(
    program: TrainingProblem, loss: Loss, F: Array, point: DualPoint, others: list[Candidate]
) -> Candidate:
    """The neuron with the least slope: where ν violates most, or for a loss with kinks the best of several."""
    units = scaled(program)
    beta, lift = units.beta(program.beta), units.lift
    places = list(np.ndindex(*point.bounds.shape))
    if loss.smooth:
        places = [np.unravel_index(int(point.bounds.argmax()), point.bounds.shape)]
    first = []
    for g, t, side in places:
        u, sign = point.points[g, t, side], 1.0 if side else -1.0
        v = np.append(u, 1.0) if program.activation.lifted else u
        slope = sign * float(v @ point.S[g, t] @ v) + beta
        first.append(Candidate(units.seen.points(u, int(g)), int(g), int(t), sign, slope))
    if not isinstance(loss, Interval) or loss.smooth:
        return first[0]

    def sloped(c: Candidate) -> tuple[Candidate, Array]:
        direction = np.zeros_like(F)
        direction[:, c.output] = c.sign * lift.activation(lift.patches[c.pool] @ c.u).mean(1)
        slope, nu = loss.response(F, direction, program.intercept)
        return replace(c, slope=slope + beta), nu

    def played(c: Candidate) -> Candidate:
        """The best neuron against the average of the ν that answer those before it."""
        best, N, side = sloped(c)[0], point.N, int(c.sign > 0)
        for k in range(ROUNDS):
            c, nu = sloped(c)
            best = min(best, c, key=lambda c: c.slope)
            N = N + (nu - N) * (2 / (k + 3))
            now = dual_point(units.seen.lift, loss, N, beta)
            c = replace(c, u=units.seen.points(now.points[c.pool, c.output, side], c.pool))
        return best

    return min([*(played(c) for c in first), *(sloped(c)[0] for c in others)], key=lambda c: c.slope)
