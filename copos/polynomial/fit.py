"""From a program to a network with its proof: outputs apart where the loss allows, decomposition, certificate."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.decomposition import neurons
from copos.arithmetic.rationals import rounded_down, rounded_up
from copos.certificate.document import Certificate
from copos.polynomial.above import objective_above
from copos.polynomial.features import Activation
from copos.polynomial.lifted import Lift, merge
from copos.polynomial.low_rank import Effort, relative_gap
from copos.polynomial.network import PolynomialNetwork
from copos.polynomial.newton import Task
from copos.polynomial.problem import TrainingProblem
from copos.polynomial.proof import NetworkProof, prove
from copos.polynomial.scaling import scaled
from copos.polynomial.train import minimise
from copos.support.looks import one_line

Array = NDArray[np.float64]


@one_line
@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """A network, its objective rounded up, and the lower bound that is proved for all networks of any width.

    Attributes
    ----------
    network : PolynomialNetwork
    objective : loss + βΣ|α| of this very network
    lower : lower bound of the optimum over all widths, proved in exact arithmetic and rounded down
    gap : (objective − lower)/objective, the certified relative gap; the denominator is at least 1e-12 of the loss of
        the zero network
    certified : whether the gap reached the tolerance that was asked for
    iterations, seconds, message : how it went
    proof : what the checker accepted
    """

    network: PolynomialNetwork
    objective: float
    lower: float
    gap: float
    certified: bool
    beta: float
    iterations: int
    seconds: float
    message: str
    proof: NetworkProof

    @property
    def certificate(self) -> Certificate:
        """The document that `copos verify` reads: data, loss, β and the multiplier that proves `lower`."""
        return self.proof.certificate


def _parts(network: PolynomialNetwork) -> list[tuple[int, int, float, Array]]:
    """Blocks of the factor whose columns are the neurons."""
    lifted = network.activation.lifted
    V = np.sqrt(np.abs(network.alpha)) * (np.vstack([network.u.T, np.ones(len(network))]) if lifted else network.u.T)
    keys = np.column_stack([network.pool, network.output, np.sign(network.alpha)])
    return [(int(g), int(t), float(s), V[:, (keys == (g, t, s)).all(1)]) for g, t, s in np.unique(keys, axis=0)]


def decomposed(
    program: TrainingProblem,
    parts: list[tuple[int, int, float, Array]],
    intercept: Array,
    truncate: float = 0.0,
) -> PolynomialNetwork:
    """Network of the factors (pool, output, sign, k×r)."""
    found = [(*neurons(V, program.activation.lifted, truncate), g, t, s) for g, t, s, V in parts]
    found = [part for part in found if len(part[1])]
    d = program.patches.shape[3]
    count = [len(alpha) for _, alpha, *_ in found]
    return PolynomialNetwork(
        u=np.vstack([u for u, *_ in found]) if found else np.zeros((0, d)),
        alpha=np.concatenate([s * alpha for _, alpha, _, _, s in found]) if found else np.zeros(0),
        output=np.repeat(np.array([t for *_, t, _ in found], dtype=np.int64), count),
        pool=np.repeat(np.array([g for *_, g, _, _ in found], dtype=np.int64), count),
        intercept=np.asarray(intercept, dtype=float),
        activation=program.activation,
        architecture=program.architecture,
        pools=program.patches.shape[0],
    )


def _unit(lift: Lift, intercept: bool) -> tuple[Lift, float]:
    """The same problem with patches of norm about 1 and coefficients of sum 1.

    σ(x'u) = κ((as²/κ)z² + (bs/κ)z + c/κ) at z = x'u/s, so x → x/s, α → κα, β → β/κ changes nothing but the size of
    the numbers that the method works with. A free intercept takes over c: Σα_jσ(x'u_j) + t has the constant
    cΣα + t, and a c that is large beside the other terms would cost digits.
    """
    (a, b, _), c = lift.activation, _own_constant(lift.activation, intercept)
    s = float(np.sqrt(np.mean(np.sum(lift.patches**2, 3)))) or 1.0
    unit = abs(a) * s**2 + abs(b) * s + abs(c)
    return Lift(lift.patches / s, Activation(a * s**2 / unit, b * s / unit, c / unit)), unit


def _own_constant(activation: Activation, intercept: bool) -> float:
    """The c that the neurons keep: 0 if an intercept takes it over and σ is not c alone."""
    a, b, c = activation
    return 0.0 if intercept and (a or b) else c


def _constants(program: TrainingProblem, network: PolynomialNetwork) -> Array:
    """The constants that the intercept has taken over from the neurons of each output."""
    given = network.activation.c - _own_constant(network.activation, program.intercept)
    return np.asarray(given * np.bincount(network.output, network.alpha, minlength=network.outputs), dtype=float)


def train(
    program: TrainingProblem,
    tolerance: float = 1e-6,
    time_limit: float = np.inf,
    start: PolynomialNetwork | None = None,
    effort: Effort | None = None,
) -> TrainedNetwork:
    """Solve the program by the low-rank method; see `copos.polynomial.program`."""
    began = time.perf_counter()
    effort = effort or Effort()
    units, T = scaled(program), program.Y.shape[1]
    loss, beta = units.loss, units.beta(program.beta)
    lift, unit = _unit(units.seen.lift, program.intercept)
    initial, bias = [], np.zeros(T)
    if start is not None:
        first = units.network(start)
        initial = [(g, t, s, V * np.sqrt(unit)) for g, t, s, V in units.seen.inwards(_parts(first))]
        bias = first.intercept + _constants(program, first)
    apart = loss.separable and T > 1
    parts: list[tuple[int, int, float, Array]] = []
    intercept, iterations, messages, N = np.zeros(T), 0, [], np.zeros_like(program.Y)
    for t in range(T) if apart else (None,):
        mine = initial if t is None else [(g, 0, s, V) for g, o, s, V in initial if o == t]
        task = Task(lift, loss if t is None else loss.output(t), beta / unit, program.intercept)
        V, columns = merge(mine, lift.order)
        b = bias if t is None else bias[t : t + 1]
        left = time_limit - (time.perf_counter() - began)
        # outputs still to come share the time that is left
        deadline = time.perf_counter() + (left if t is None else left / (T - t))
        outcome = minimise(task, V, columns, b.copy(), tolerance, deadline, effort)
        parts += [
            (g, o if t is None else t, s, outcome.V[:, p] / np.sqrt(unit)) for g, o, s, p in outcome.columns.blocks
        ]
        intercept[slice(None) if t is None else t] = outcome.intercept if t is None else outcome.intercept[0]
        if outcome.lower.N is not None:
            N[:, slice(None) if t is None else slice(t, t + 1)] = outcome.lower.N
        iterations += outcome.iterations
        messages.append(outcome.message)
    network = replace(decomposed(program, units.seen.outwards(parts), intercept), activation=units.lift.activation)
    intercept = intercept - _constants(program, network)
    if program.intercept and not loss.separable:
        intercept -= intercept.mean()  # the multinomial loss does not see a common shift
    with np.errstate(over="ignore"):
        alpha = np.ldexp(network.alpha, units.h - units.E)
    multiplier = units.multiplier_back(N) if N.any() else None
    network = replace(
        network, intercept=units.intercept_back(intercept), alpha=alpha, activation=program.activation,
        multiplier=multiplier,
    )  # fmt: skip
    beyond = not np.isfinite(alpha).all()
    if beyond:  # neurons that no double can weigh are left out
        kept = np.isfinite(alpha)
        parts_kept = {name: getattr(network, name)[kept] for name in ("u", "alpha", "output", "pool")}
        network = replace(network, **parts_kept)
    objective = rounded_up(objective_above(program, network))
    proof = prove(program, multiplier, objective)
    lower = rounded_down(proof.lower)
    if not lower <= objective:
        raise AssertionError(f"a proved lower bound {lower!r} is above the objective {objective!r} of a network")
    gap = relative_gap(objective, lower, scaled(program).floor)
    bad = [message for message in messages if message != "certified"]
    lost = "a weight is beyond the doubles" if beyond else "the last digits were lost in rounding"
    message = "certified" if gap <= tolerance else (lost if beyond or not bad else bad[0])
    return TrainedNetwork(
        network, objective, lower, gap, gap <= tolerance, program.beta, iterations, time.perf_counter() - began,
        message, proof,
    )  # fmt: skip
