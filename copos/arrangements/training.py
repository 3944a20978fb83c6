"""Two-layer ReLU networks trained to the global optimum over all widths, with a proof."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from copos.arithmetic.rationals import rounded_down, rounded_up
from copos.arrangements.blocks import grown
from copos.arrangements.columns import Limits, Priced, columns
from copos.arrangements.problem import Training
from copos.arrangements.proof import PLANE, network_certificate, objective, prove
from copos.certificate import Certificate, Verdict
from copos.reformulation.relu_recovery import ReLUNetwork
from copos.support import given, options
from copos.support.looks import one_line
from copos.support.threads import on_one_blas_thread

Array = NDArray[np.float64]
PRICING, CONES = 0.6, 0.8  # of the time, where there is a limit: the rest is for the forms of the bound
INPUTS = 50  # most features: the checker eliminates in forms of that order
FEW, SOME = 4, 8  # features for which cones come first, and for which they end what forms have nearly ended
NEARLY = 1e-5  # of the objective: a gap that the accuracy of a solver may leave


@one_line
@dataclass(frozen=True, eq=False)
class TrainedReLUNetwork:
    """A network, its objective, and the bound that is proved for all networks of any width.

    Attributes
    ----------
    network : ReLUNetwork, u (m, d) and v (m, outputs)
    objective : ½ Σ residual² + (β/2) Σ (‖u_j‖² + ‖v_j‖²) of this very network, rounded up
    lower : lower bound over all widths, proved in exact arithmetic and rounded down
    gap : (objective − lower)/objective, 0 if both are 0
    certified : whether the gap is within the tolerance
    rounds, nodes, seconds, message : of pricing, of its cones and forms, in all, and how it ended
    certificate, network_certificate : the proofs of `lower` and of `objective`, for `copos verify`
    """

    network: ReLUNetwork
    objective: float
    lower: float
    gap: float
    certified: bool
    rounds: int
    nodes: int
    seconds: float
    message: str
    certificate: Certificate
    network_certificate: Certificate
    training: Training

    def verify(self) -> Verdict:
        """Check the proof of the bound against the data, in exact arithmetic."""
        return self.certificate.verify(self.training.plain, self.training.tables)


@on_one_blas_thread
def train_relu_network(
    X: ArrayLike,
    y: ArrayLike,
    beta: float,
    *,
    tolerance: float = 1e-6,
    time_limit: float | None = None,
    max_nodes: int = 200_000,
    seed: int = 0,
    progress: bool = False,
) -> TrainedReLUNetwork:
    """Min ½ Σ_i ‖Σ_j (x_i'u_j)_+ v_j − y_i‖² + (β/2) Σ_j (‖u_j‖² + ‖v_j‖²) over all widths, to a proved gap.

    Parameters
    ----------
    X : (n, d) samples, d ≤ 50; append a column of ones for a bias, which is then decayed as other weights are
    y : (n,) targets, or (n, outputs)
    beta : weight decay, positive
    tolerance : relative gap at which training ends; for d ≤ 2 it often goes on to rounding, which costs one round more
    time_limit : seconds of wall time; the proof of what was found comes after them
    max_nodes : cones or forms in one proof (d ≥ 3)
    seed : of the starts of local ascent (d ≥ 3)
    progress : print a line for every round of pricing

    Returns
    -------
    TrainedReLUNetwork
        For d ≤ 2 pricing is a sweep over all cells, O(n log n) a round; for d ≥ 3 local ascent and, where that finds no
        neuron, branch and bound over simplicial cones (d ≤ 4) or a tree of semidefinite programs. Where it is stopped
        the gap is larger, and proved as well.

    Raises
    ------
    ValueError
        On shapes that disagree, entries that are not finite, a β that is not positive, more than 50 features.

    References
    ----------
    [PilanciErgen2020], Theorem 1: the convex program over the cells of the arrangement, solved here by columns.
    [SahinerErgenPaulyPilanci2021]: the semi-infinite dual with several outputs.

    Examples
    --------
    >>> X, y = [[1.0, 0.0], [0.0, 1.0], [-1.0, 1.0], [1.0, 1.0]], [1.0, 2.0, 1.0, -1.0]
    >>> found = train_relu_network(X, y, beta=0.1)
    >>> found.gap <= 1e-12, found.verify().proved, round(found.objective, 6)
    (True, True, 0.863259)
    """
    begin = time.perf_counter()
    A, target = given.real_array(X, "X", exactly=True), given.real_array(y, "y", exactly=True)
    if A.ndim != 2 or 0 in A.shape:
        raise ValueError(f"X has shape {A.shape}; expected (samples, features), at least one of each")
    if A.shape[1] > INPUTS:
        raise ValueError(f"X has {A.shape[1]} features; training is for at most {INPUTS}")
    if target.shape == (len(A), 1):
        target = target[:, 0]
    if target.ndim not in (1, 2) or len(target) != len(A) or 0 in target.shape:
        raise ValueError(f"y has shape {target.shape}; expected ({len(A)},) or ({len(A)}, outputs)")
    training = Training(A, target, given.real_number(beta, "beta", above=0, exactly=True))
    small = options.tolerance(tolerance)
    seconds, count = options.seconds(time_limit), options.count(max_nodes, "max_nodes", 1)
    _, h = training.exponents

    def report(rounds: int, value: float, neurons: int) -> None:
        if progress:
            print(f"round {rounds}: objective {np.ldexp(value, 2 * h):.9g}, {neurons} neurons", flush=True)

    deadline = np.inf if seconds is None else begin + seconds
    late, middle = (deadline if seconds is None else begin + share * seconds for share in (PRICING, CONES))
    few = A.shape[1] <= FEW
    limits = Limits(small, late, middle if few else late, count if few else 0, options.count(seed, "seed"), report)
    found = columns(*training.scaled, limits)
    exact = objective(training, _network(training, found))
    value, certificate = prove(training, found.residual, found.most, found.cones)
    nodes = found.nodes
    if A.shape[1] > PLANE and exact - value > Fraction(small) * exact:
        enough = float(exact / Fraction(4) ** h) * (1 - 0.5 * small)
        forms = grown(training, found.last, enough, deadline, count)
        value, certificate = max((value, certificate), prove(training, forms.r, forms.most, forms), key=lambda p: p[0])
        nodes += len(forms.leaves)
        # around the moments of the program there may be neurons that ascent has not found
        limits = replace(limits, late=deadline, deadline=deadline, nodes=0, starts=forms.starts)
        for cones in (0, count):
            left = exact - value
            if left <= Fraction(small) * exact or time.perf_counter() >= deadline:
                break
            if cones and (few or A.shape[1] > SOME or left > Fraction(NEARLY) * exact):
                break
            again = columns(*training.scaled, replace(limits, nodes=cones))
            better = objective(training, _network(training, again))
            found, exact = (again, better) if better < exact else (found, exact)
            if again.cones:
                other = prove(training, again.residual, again.most, again.cones)
                value, certificate = max((value, certificate), other, key=lambda p: p[0])
            nodes += again.nodes
    network = _network(training, found)
    if value > exact:
        raise AssertionError(f"a proved lower bound {value} is above the objective {exact} of a network")
    high, low = rounded_up(exact), rounded_down(value)
    gap = float((exact - value) / exact) if exact else 0.0
    message = "certified" if gap <= small else found.message
    return TrainedReLUNetwork(
        network, high, low, gap, gap <= small, found.rounds, nodes, time.perf_counter() - begin, message,
        certificate, network_certificate(training, network, exact), training,
    )  # fmt: skip


def _network(training: Training, found: Priced) -> ReLUNetwork:
    """u = 2^k u″, v = 2^k v″, k = (h − e)/2."""
    e, h = training.exponents
    k: Any = (h - e) // 2
    return ReLUNetwork(np.ldexp(found.u, k), np.ldexp(found.v, k))
