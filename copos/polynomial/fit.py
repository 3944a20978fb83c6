"""From a program to a network with its proof: outputs apart where the loss allows, decomposition, certificate."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from copos.polynomial.decomposition import neurons
from copos.polynomial.dual import dual_point
from copos.polynomial.features import Activation
from copos.polynomial.intercept import best_intercept
from copos.polynomial.lifted import Lift, merge
from copos.polynomial.losses import Interval
from copos.polynomial.low_rank import Effort, relative_gap
from copos.polynomial.network import PolynomialNetwork
from copos.polynomial.newton import Task
from copos.polynomial.train import minimise

if TYPE_CHECKING:
    from copos.reformulation.polynomial_network import PolynomialNetworkProgram

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """A network, its objective and the lower bound that was proved for all networks of any width.

    Attributes
    ----------
    network : PolynomialNetwork
    objective : loss + βΣ|α| of this very network
    lower : proved lower bound of the optimum (floating point, see `copos.polynomial.dual`)
    gap : (objective − lower)/objective, the certified relative gap; the denominator is at least 1e-12 of the loss of
        the zero network
    certified : whether the gap reached the tolerance that was asked for
    iterations, seconds, message : how it went
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


@dataclass(frozen=True, eq=False)
class NetworkCertificate:
    """What the dual says of a network, wherever it was trained.

    Attributes
    ----------
    objective, lower, gap : as in TrainedNetwork, with the lower bound from this network alone
    violation : max over neurons of |Σν_iσ(x_i'u)|/β − 1; positive if a new neuron improves the network
    improving : (d,) unit vector of the neuron with the largest violation, None if there is no violation
    sign, output, pool : where that neuron goes: α = +t or −t, t > 0 small
    slope : derivative of the objective in t, negative if the neuron improves
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


def _parts(network: PolynomialNetwork) -> list[tuple[int, int, float, Array]]:
    """Blocks of the factor whose columns are the neurons."""
    lifted = network.activation.lifted
    V = np.sqrt(np.abs(network.alpha)) * (np.vstack([network.u.T, np.ones(len(network))]) if lifted else network.u.T)
    keys = np.column_stack([network.pool, network.output, np.sign(network.alpha)])
    return [(int(g), int(t), float(s), V[:, (keys == (g, t, s)).all(1)]) for g, t, s in np.unique(keys, axis=0)]


def decomposed(
    program: PolynomialNetworkProgram,
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


def _scaled(program: PolynomialNetworkProgram) -> tuple[Lift, float]:
    """The same problem with patches of norm about 1 and coefficients of sum 1.

    σ(x'u) = κ((as²/κ)z² + (bs/κ)z + c/κ) at z = x'u/s, so x → x/s, α → κα, β → β/κ changes nothing but the size of
    the numbers that the method works with. A free intercept takes over c: Σα_jσ(x'u_j) + t has the constant
    cΣα + t, and a c that is large beside the other terms would cost digits.
    """
    (a, b, _), c = program.activation, _own_constant(program)
    patches = program.patches
    s = float(np.sqrt(np.mean(np.sum(patches**2, 3)))) or 1.0
    unit = abs(a) * s**2 + abs(b) * s + abs(c)
    return Lift(patches / s, Activation(a * s**2 / unit, b * s / unit, c / unit)), unit


def _own_constant(program: PolynomialNetworkProgram) -> float:
    """The c that the neurons keep: 0 if an intercept takes it over and σ is not c alone."""
    a, b, c = program.activation
    return 0.0 if program.intercept and (a or b) else c


def _constants(program: PolynomialNetworkProgram, network: PolynomialNetwork) -> Array:
    """What the intercept has taken over from the neurons of each output."""
    given = program.activation.c - _own_constant(program)
    return np.asarray(given * np.bincount(network.output, network.alpha, minlength=network.outputs), dtype=float)


def train(
    program: PolynomialNetworkProgram,
    tol: float = 1e-6,
    max_time: float = np.inf,
    start: PolynomialNetwork | None = None,
    effort: Effort | None = None,
) -> TrainedNetwork:
    """Solve the program by the low-rank method; see `PolynomialNetworkProgram.train`."""
    began = time.perf_counter()
    effort = effort or Effort()
    loss, T = program.loss, program.Y.shape[1]
    lift, unit = _scaled(program)
    initial = [(g, t, s, V * np.sqrt(unit)) for g, t, s, V in _parts(start)] if start is not None else []
    bias = start.intercept + _constants(program, start) if start is not None else np.zeros(T)
    apart = loss.separable and T > 1
    parts: list[tuple[int, int, float, Array]] = []
    intercept, lower, iterations, messages = np.zeros(T), 0.0, 0, []
    for t in range(T) if apart else (None,):
        mine = initial if t is None else [(g, 0, s, V) for g, o, s, V in initial if o == t]
        task = Task(lift, loss if t is None else loss.output(t), program.beta / unit, program.intercept)
        V, columns = merge(mine, program.lift.order)
        b = bias if t is None else bias[t : t + 1]
        left = max_time - (time.perf_counter() - began)
        # outputs still to come share the time that is left
        deadline = time.perf_counter() + (left if t is None else left / (T - t))
        outcome = minimise(task, V, columns, b.copy(), tol, deadline, effort)
        parts += [
            (g, o if t is None else t, s, outcome.V[:, p] / np.sqrt(unit)) for g, o, s, p in outcome.columns.blocks
        ]
        intercept[slice(None) if t is None else t] = outcome.intercept if t is None else outcome.intercept[0]
        lower += outcome.lower
        iterations += outcome.iterations
        messages.append(outcome.message)
    network = decomposed(program, parts, intercept)
    intercept = intercept - _constants(program, network)
    if program.intercept and not loss.separable:
        intercept -= intercept.mean()  # the multinomial loss does not see a common shift
    network = replace(network, intercept=intercept)
    objective = program.objective(network)
    gap = relative_gap(objective, lower, program.floor)
    bad = [message for message in messages if message != "certified"]
    message = "certified" if gap <= tol else (bad[0] if bad else "the decomposition lost the last digits")
    return TrainedNetwork(
        network, objective, lower, gap, gap <= tol, program.beta, iterations, time.perf_counter() - began, message
    )


def certify(program: PolynomialNetworkProgram, network: PolynomialNetwork, tol: float = 1e-6) -> NetworkCertificate:
    """Gap and improving neuron of any network for this program.

    A smooth loss has one multiplier ν = ∇f, and the bound is its dual value. At the kinks of a loss ν is not
    determined by the network; then the bound is that of the solved program, which holds for every network.
    """
    loss, beta = program.loss, program.beta
    F = network.decision(program.patches)
    objective = loss.value(F) + beta * network.penalty
    if program.intercept:
        # the dual point must be balanced; ν at the best intercept for these neurons is
        F = F + best_intercept(loss, F, np.zeros(F.shape[1]))
    N = loss.gradient(F)
    point = dual_point(program.lift, loss, loss.balance(N) if program.intercept else N, beta)
    lower = point.value if loss.smooth else max(point.value, train(program, tol).lower)
    g, t, side = np.unravel_index(int(point.bounds.argmax()), point.bounds.shape)
    violation = float(point.bounds[g, t, side]) / beta - 1
    u, sign = point.points[g, t, side], 1.0 if side else -1.0
    v = np.append(u, 1.0) if program.activation.lifted else u
    if isinstance(loss, Interval):
        direction = np.zeros_like(F)
        direction[:, t] = sign * program.activation(program.patches[g] @ u).mean(1)
        slope = loss.directional(F, direction) + beta
    else:
        slope = sign * float(v @ point.S[g, t] @ v) + beta
    return NetworkCertificate(
        objective, lower, relative_gap(objective, lower, program.floor), violation,
        u if slope < 0 else None, sign, int(t), int(g), slope,
    )  # fmt: skip
