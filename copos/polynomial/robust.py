"""Adversarial training of two-layer polynomial networks: the worst input of a ball in the place of every sample.

    min  Σ_i w_i max_{‖δ‖₂ ≤ r} ℓ(f(x_i + δ), y_i) + β Σ_j|α_j|,     f(x) = t + Σ_j α_jσ(x'u_j),  ‖u_j‖ = 1

f is linear in Z − Z' and quadratic in δ, so that the worst δ is known exactly (S-lemma), and the problem is a convex
program [KuelbsLallPilanci2024]. It is solved on finitely many inputs of the balls; the worst inputs of the network that
is found join them until they cost no more. The multipliers are then weights of the inputs, and ordinary training on
these with these weights has the same optimum: its proof is one of the robust problem.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from copos.arithmetic.rationals import rounded_down, rounded_up
from copos.arithmetic.units import exponent
from copos.certificate.document import Certificate
from copos.losses.convex import LOSSES
from copos.polynomial.adversary import worst
from copos.polynomial.conic import of_matrices
from copos.polynomial.intercept import best_intercept
from copos.polynomial.low_rank import relative_gap
from copos.polynomial.network import PolynomialNetwork
from copos.polynomial.program import PolynomialNetworkProgram, polynomial_network
from copos.polynomial.robust_level import Inputs, solve_level
from copos.polynomial.robust_losses import WorstLoss, worst_loss
from copos.polynomial.robust_proof import Shown, inside, robust_objective, shares, shown
from copos.polynomial.scaling import Scaled, scaled
from copos.support import options
from copos.support.given import real_number
from copos.support.looks import one_line
from copos.support.names import one_of
from copos.support.threads import on_one_blas_thread

Array = NDArray[np.float64]
Index = NDArray[np.int64]
SUPPORTED = ("hinge", "squared_hinge", "logistic", "squared", "absolute", "huber")
ROUNDS = 40
TRUNCATED = 1e-5  # columns of the factors below this part of the largest are left out


@one_line
@dataclass(frozen=True, eq=False)
class RobustNetwork:
    """A network and the bounds of its robust problem.

    Attributes
    ----------
    network : PolynomialNetwork
    objective : robust loss + βΣ|α| of this network, in exact arithmetic and rounded up
    lower : no network of any width has a robust objective below it, proved and rounded down
    gap, certified : (objective − lower)/objective, and whether it reached the tolerance
    clean : the objective of this network without an adversary, rounded up
    radius : r
    points, owners, weights : inputs (m, d) in the balls, the samples that they belong to, and their weights, which add
        up to at most the sample's
    certificate : proves `lower`, by ordinary training on `points` with `weights`
    rounds, message : how it went
    """

    network: PolynomialNetwork
    objective: float
    lower: float
    gap: float
    certified: bool
    clean: float
    beta: float
    radius: float
    points: Array
    owners: Index
    weights: Array
    certificate: Certificate
    rounds: int
    message: str


@on_one_blas_thread
def train_robust_network(
    X: ArrayLike,
    y: ArrayLike,
    radius: float,
    activation: str | ArrayLike = "published",
    *,
    beta: float,
    loss: str = "hinge",
    loss_parameter: float | None = None,
    intercept: bool = False,
    sample_weight: ArrayLike | None = None,
    tolerance: float = 1e-4,
    time_limit: float | None = None,
) -> RobustNetwork:
    """min Σ w_i max_{‖δ‖ ≤ r} ℓ(f(x_i + δ), y_i) + βΣ|α_j| over polynomial networks of any width.

    Parameters
    ----------
    X : (n, d) samples
    y : (n,) targets, −1 and +1 for "hinge", "squared_hinge" and "logistic"
    radius : r > 0, in the unit of X
    activation, beta, loss_parameter, intercept, sample_weight : as in `copos.polynomial_network`
    loss : "hinge", "squared_hinge", "logistic", "squared", "absolute", "huber"
    tolerance : relative gap of the proved bounds to reach
    time_limit : seconds after which no further round begins

    Returns
    -------
    RobustNetwork

    Raises
    ------
    ValueError
        As `polynomial_network`; for several outputs, other losses, a radius that is not positive.

    References
    ----------
    [KuelbsLallPilanci2024].

    Examples
    --------
    f(x) = αx² has to be 1 at ±2 and −1 at ±½ within .25, one neuron and an intercept:

    >>> fit = train_robust_network([[2.0], [-2.0], [0.5], [-0.5]], [1, 1, -1, -1], 0.25, "quadratic", beta=0.01,
    ...                            intercept=True)
    >>> fit.certified, round(fit.objective, 6), fit.network.alpha.round(6)            # α(1.75² − .75²) = 2
    (True, 0.008, array([0.8]))
    """
    if loss not in SUPPORTED:
        raise ValueError(f"loss is {loss!r}; {one_of(loss, SUPPORTED)}")
    r, goal = real_number(radius, "radius", above=0), options.tolerance(tolerance)
    limit = options.seconds(time_limit)
    deadline = time.perf_counter() + (np.inf if limit is None else limit)
    program = polynomial_network(
        X, y, activation, real_number(beta, "beta", above=0), loss, loss_parameter=loss_parameter,
        intercept=intercept, sample_weight=sample_weight,
    )  # fmt: skip
    if program.Y.shape[1] != 1:
        raise ValueError(f"y has {program.Y.shape[1]} outputs; expected one")
    return _Training.of(program, r).train(goal, deadline)


@dataclass(frozen=True, eq=False)
class _Training:
    """The problem in units of powers of two: samples X, targets y, φ and the radius."""

    program: PolynomialNetworkProgram
    units: Scaled
    X: Array
    y: Array
    phi: WorstLoss
    e: int
    r: float

    @classmethod
    def of(cls, program: PolynomialNetworkProgram, r: float) -> _Training:
        units, e = scaled(program), exponent(program.patches)
        X = units.lift.patches[0, :, 0]
        phi = worst_loss(program.loss_name, units.loss)
        return cls(program, units, X, units.loss.Y[:, 0], phi, e, float(np.ldexp(r, -e)))

    def signs(self) -> tuple[float, ...] | None:
        """The signs of residuals that cost; None where the label of the sample says it."""
        return None if LOSSES[self.program.loss_name].labels else (1.0, -1.0)

    def attacked(self, Z: Array, bias: float) -> tuple[Inputs, Array]:
        """The worst inputs for f with this Z − Z', and their residuals s(f − y)."""
        sigma, D, d = self.units.lift.activation, Z[0] - Z[1], self.X.shape[1]
        A = sigma.a * D[:d, :d]
        g = 0.5 * sigma.b * D[:d, d] if sigma.lifted else np.zeros(d)
        n, H = len(self.X), self.X @ A + g
        values = np.sum((H + g) * self.X, axis=1) + sigma.c * (D[d, d] if sigma.lifted else np.trace(D)) + bias
        found = {s: worst(s * A, s * H, self.r) for s in (1.0, -1.0)}
        out: list[tuple[Array, Index, Array, Array]] = []
        for s in self.signs() or (0.0,):
            sign = -self.y if s == 0 else np.full(n, s)
            up = sign > 0
            move = np.where(up[:, None], found[1.0].move, found[-1.0].move)
            gain = np.where(up, found[1.0].value, found[-1.0].value)
            out.append((self.X + move, np.arange(n), sign, sign * (values - self.y) + gain))
        points, owners, sign, residual = zip(*out, strict=True)
        return Inputs(np.vstack(points), np.hstack(owners), np.hstack(sign)), np.hstack(residual)

    def train(self, goal: float, deadline: float) -> RobustNetwork:
        none = np.zeros((2, *(self.X.shape[1] + self.units.lift.activation.lifted,) * 2))
        start, residual = self.attacked(none, self.constant())
        at = self.largest(start, residual)  # the worst residual of every sample
        given = Inputs(self.X[start.owner], start.owner, start.sign)
        beta, floor = self.units.beta(self.program.beta), self.units.floor
        best = self.measured(none, self.constant())
        proof: Shown | None = None
        message, gap, rounds = "no more rounds", np.inf, 0
        for rounds in range(1, ROUNDS + 1):  # noqa: B007 (said at the end)
            phi = self.phi.model(at)
            level = solve_level(given, self.units.lift.activation, self.y, phi, beta, self.program.intercept)
            worse, residual = self.attacked(level.Z, level.bias)
            last, at = at, self.largest(worse, residual)
            above, here = self.phi.value(at), self.phi.value(level.residual[:, None])
            near = not best[1] or above - here <= 0.3 * goal * max(above, 1e-300)
            if near or rounds == ROUNDS or time.perf_counter() > deadline:
                best = min(best, self.measured(level.Z, level.bias), key=lambda one: one[1])
                other = self.proved(given, level.mu)
                proof = other if proof is None or other.lower > proof.lower else proof
                gap = relative_gap(best[1], rounded_down(proof.lower), floor)
                message = "certified" if gap <= goal else "out of time" if time.perf_counter() > deadline else message
                still = self.phi.value(last) - above <= 1e-9 * above or self.phi.model(at) is phi
                if gap <= goal or time.perf_counter() > deadline or (still and above - here <= 1e-9 * above):
                    break
            new = residual > level.residual[worse.owner] + 1e-3 * goal * max(above, 1e-300) / len(self.y)
            given = Inputs(
                np.vstack([given.points, worse.points[new]]), np.r_[given.owner, worse.owner[new]],
                np.r_[given.sign, worse.sign[new]],
            )  # fmt: skip
        assert proof is not None
        lower = rounded_down(proof.lower)
        if not lower <= best[1]:
            raise AssertionError(f"a proved lower bound {lower!r} is above the objective {best[1]!r} of a network")
        return RobustNetwork(
            best[0], best[1], lower, gap, gap <= goal, self.program.objective(best[0]), self.program.beta,
            float(np.ldexp(self.r, self.e)), proof.points, proof.owners, proof.weights, proof.certificate, rounds,
            message,
        )  # fmt: skip

    def largest(self, inputs: Inputs, residual: Array) -> Array:
        """The largest residual of every sample, (n, 1)."""
        return np.maximum.reduceat(*_sorted(inputs.owner, residual))[:, None]

    def constant(self) -> float:
        """The intercept of the zero network."""
        if not self.program.intercept:
            return 0.0
        return float(best_intercept(self.units.loss, np.zeros_like(self.units.loss.Y), np.zeros(1))[0])

    def measured(self, Z: Array, bias: float) -> tuple[PolynomialNetwork, float]:
        """The network of Z and Z' with its objective, rounded up."""
        network = self.network(Z, bias)
        return network, rounded_up(robust_objective(self.program, network, float(np.ldexp(self.r, self.e))))

    def network(self, Z: Array, bias: float) -> PolynomialNetwork:
        """The network of Z and Z' in the units that were given."""
        units = self.units
        made = of_matrices(self.program, Z[None, None], np.array([bias]), TRUNCATED)
        shift = units.intercept_back(made.intercept)
        return replace(made, alpha=np.ldexp(made.alpha, units.h - units.E), intercept=shift)

    def proved(self, given: Inputs, mu: Array) -> Shown:
        """The bound that the multipliers of the inputs prove, with these and their weights."""
        program, keep = self.program, mu > 1e-12 * mu.max(initial=0.0)
        owner, r = given.owner[keep], float(np.ldexp(self.r, self.e))
        moves = np.ldexp(given.points[keep], self.e) - program.samples[owner]
        points = [inside(program.samples[i], move, r) for i, move in zip(owner, moves, strict=True)]
        weights = shares(program.weights, owner, mu[keep])
        nu = self.units.multiplier_back((given.sign * mu)[keep])[:, None]
        seen = weights > 0
        found = Inputs(np.array(points).reshape(-1, self.X.shape[1])[seen], owner[seen], given.sign[keep][seen])
        return shown(program, r, found, weights[seen], nu[seen])


def _sorted(owner: Index, residual: Array) -> tuple[Array, Index]:
    """Residuals sample by sample, and where each sample begins."""
    order = np.argsort(owner, kind="stable")
    return residual[order], np.searchsorted(owner[order], np.arange(owner.max() + 1))
