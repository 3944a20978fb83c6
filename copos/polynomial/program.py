"""Two-layer networks with a polynomial activation: training as a semidefinite program.

    min  Σ w_iℓ(ŷ_i, y_i) + β Σ <E, Z + Z'>   s.t.  ŷ_it = b_t + Σ_g <M_ig, Z_tg − Z'_tg>,
                                                    <J, Z> = <J, Z'> = 0,   Z, Z' ⪰ 0

with M_ig the mean of [[a xx', bx/2], [bx'/2, c]] over the patches of pool g, J = diag(I, −1), E = e_ke_k'. It is exact:
{Z ⪰ 0, <J, Z> = 0} is the cone of all vv' with v = (u, w), |u| = |w|, so Z is a sum of α_j v_jv_j' with v_j = (u_j, 1)
and <E, Z> = Σα_j. Without a linear term (b = 0) the variable is UU' alone, M = a xx' + cI, and the penalty is the
trace, so that Z − Z' is charged its nuclear norm.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from copos.arithmetic.rationals import rounded_up
from copos.conic import ConicForm, Solution
from copos.losses.convex import LOSSES
from copos.polynomial.above import objective_above
from copos.polynomial.certify import NetworkCertificate, certify
from copos.polynomial.conic import conic_form, recover
from copos.polynomial.dual import dual_point
from copos.polynomial.features import Convolution, Dense, activation, finite
from copos.polynomial.fit import TrainedNetwork, train
from copos.polynomial.intercept import best_intercept, subgradient
from copos.polynomial.low_rank import Effort
from copos.polynomial.network import PolynomialNetwork
from copos.polynomial.path import RegularizationPath
from copos.polynomial.problem import TrainingProblem
from copos.polynomial.proof import plain_problem
from copos.polynomial.scaling import scaled
from copos.polynomial.solution_set import SolutionSet, solution_set
from copos.support import options
from copos.support.given import numbers, real_number
from copos.support.names import one_of
from copos.support.renamed import renamed
from copos.support.threads import on_one_blas_thread

Array = NDArray[np.float64]
Penalty = Literal["l1", "cubic"]
GROUP = (
    "; a group penalty over the outputs is not convex in the lifted matrix, but with the squared loss that of two "
    "outputs, max(|α_1|, |α_2|), is the l1 penalty of their half sum and half difference"
)
CUBIC = 3 * 2 ** (-2 / 3)  # least |α|³ + s³ with |α|s² = 1: at s³ = 2|α|³


class PolynomialNetworkProgram(TrainingProblem):
    """A training problem and what can be done with it; made by `polynomial_network`."""

    def plain_problem(self) -> dict[str, Any]:
        """The problem as plain data, for a certificate or for `copos.verify(certificate, problem)`."""
        return plain_problem(self)

    @cached_property
    def floor(self) -> float:
        """Objectives below this count as zero in relative gaps."""
        return scaled(self).floor

    @cached_property
    def beta_max(self) -> float:
        """Largest |Σν_iσ(x_i'u)| over neurons at the zero network: it is optimal from this β on.

        It is 0 if nothing correlates with the targets; ratios are then taken of 1. For losses with kinks ν is one of
        the subgradients, between its ends by the same share at all kinks, and a smaller β may already do.
        """
        units = scaled(self)
        lift, loss = units.seen.lift, units.loss
        F = np.zeros_like(self.Y)
        if self.intercept:
            F = F + best_intercept(loss, F, np.zeros(F.shape[1]))
        point = dual_point(lift, loss, subgradient(loss, F, self.intercept), 1.0)
        a, b, c = map(abs, lift.activation)
        size = float(np.sqrt((lift.patches**2).sum(3).max()))
        # the bound is a sum of terms of this size; at the level of its rounding there is no signal to fit
        noise = 1e-13 * float(np.abs(point.N).sum(0).max()) * (a * size**2 + b * size + c)
        top = float(point.bounds.max())
        return units.beta_back(top) if top > noise else 0.0

    def at(self, beta: float | None = None, ratio: float | None = None) -> PolynomialNetworkProgram:
        """The same problem with another β, given directly or as a ratio of `beta_max`."""
        if (beta is None) == (ratio is None):
            raise ValueError("give exactly one of beta and ratio")
        value = _positive("beta", beta) if ratio is None else _positive("beta_ratio", ratio) * (self.beta_max or 1.0)
        if not 0 < value < np.inf:
            raise ValueError(f"beta would be {value!r}, which is beyond the doubles: give X or y in other units")
        new = replace(self, beta=value)
        for name in ("lift", "loss", "beta_max"):  # none of them depends on β
            if name in self.__dict__:
                new.__dict__[name] = self.__dict__[name]
        new.memo.update({name: self.memo[name] for name in ("scaled", "exact_data", "sight") if name in self.memo})
        return new

    def objective(self, network: PolynomialNetwork) -> float:
        """Loss + βΣ|α| of a network whose first layers are u_j/‖u_j‖, in exact arithmetic and rounded up."""
        return rounded_up(objective_above(self, network))

    @renamed(tol="tolerance", max_time="time_limit")
    @on_one_blas_thread
    def train(
        self,
        tolerance: float = 1e-6,
        time_limit: float = np.inf,
        start: PolynomialNetwork | None = None,
        effort: Effort | None = None,
    ) -> TrainedNetwork:
        """Train to a certified relative gap (P − D)/P ≤ tolerance.

        Parameters
        ----------
        tolerance : relative duality gap to reach; 1e-6 is routine, 1e-9 usually possible for smooth losses
        time_limit : seconds after which the best network so far is returned with the gap that it has
        start : network to start from (warm start)
        effort : knobs of the method

        Returns
        -------
        TrainedNetwork
            Its `lower` is proved in exact arithmetic (`certificate`), its `objective` is rounded up.

        Examples
        --------
        >>> rng = np.random.default_rng(0)
        >>> X = rng.standard_normal((50, 3))
        >>> fit = polynomial_network(X, X[:, 0] * X[:, 1], beta_ratio=0.1).train()
        >>> fit.certified, fit.gap <= 1e-6
        (True, True)
        """
        limit = options.seconds(time_limit)
        return train(self, options.tolerance(tolerance), np.inf if limit is None else limit, start, effort)

    @renamed(tol="tolerance", max_time="time_limit")
    @on_one_blas_thread
    def path(
        self,
        ratios: ArrayLike,
        tolerance: float = 1e-6,
        time_limit: float = np.inf,
        effort: Effort | None = None,
    ) -> RegularizationPath:
        """Networks along β = ratio·β_max for decreasing ratios, each started from the one before.

        `time_limit` is for every network. The answer is a sequence of them, and brackets the optimum for all β.
        """
        found: list[TrainedNetwork] = []
        for ratio in sorted(np.atleast_1d(np.asarray(ratios, dtype=float)), reverse=True):
            start = found[-1].network if found else None
            found.append(self.at(ratio=float(ratio)).train(tolerance, time_limit, start, effort))
        return RegularizationPath(tuple(found), self.beta_max)

    @on_one_blas_thread
    def solution_set(self, tolerance: float = 1e-9, zero: float = 1e-6, seed: int = 0) -> SolutionSet:
        """All optimal (Z, Z'): its dimension, whether it is one point, the sparsest and the smallest network found.

        Parameters
        ----------
        tolerance : relative gap of training, which the facts rest on
        zero : eigenvalues of the dual slack below this part of β + ‖Σν_iM_i‖ count as 0
        seed : of the ways down to extreme points

        Raises
        ------
        ValueError
            If the loss is not strictly convex (squared, logistic), so that optimal networks may predict differently.

        References
        ----------
        [BartanPilanci2021] for the set, [Pataki1998] for extreme points of few neurons.

        Examples
        --------
        Of Q = [[q, r], [r, q]] the samples e₁ and e₂ see the diagonal only, and any |r| ≤ q has the same trace norm:

        >>> program = polynomial_network(np.eye(2), [1.0, 1.0], "quadratic", beta=0.1)
        >>> found = program.solution_set()
        >>> found.dimension, len(found.sparsest), len(found.smallest)
        (1, 1, 2)
        """
        least = options.tolerance(zero, "zero")
        return solution_set(self, options.tolerance(tolerance), least, options.count(seed, "seed"))

    def certify(self, network: PolynomialNetwork) -> NetworkCertificate:
        """Certified gap of any network with this architecture, and the neuron that improves it most."""
        return certify(self, network)

    def conic_form(self) -> ConicForm:
        """The program for a general conic solver, see `copos.polynomial.conic`.

        Raises
        ------
        ValueError
            For the logistic and multinomial losses, which need the exponential cone: see
            `copos.interop.polynomial.training_problem`.
        """
        return conic_form(self)

    def recover(self, solution: Solution, truncate: float = 1e-4) -> PolynomialNetwork:
        """Network of a conic solution; its objective is that of the claim to the solver's accuracy.

        Parameters
        ----------
        solution : answer to `conic_form()`
        truncate : factor columns smaller than this part of the largest are left out; a first-order solver leaves many
            spurious ones. `train(start=network)` polishes.
        """
        return recover(self, solution, truncate)


def _positive(name: str, value: float | None) -> float:
    return real_number(value, name, above=0, exactly=True)


def _targets(y: ArrayLike, loss: str, n: int) -> Array:
    if loss not in LOSSES:
        raise ValueError(f"loss is {loss!r}; {one_of(loss, LOSSES)}")
    y = numbers(y, "y")
    if LOSSES[loss].labels == "one-hot" and y.ndim == 1:
        if not np.issubdtype(y.dtype, np.integer) or y.min(initial=0) < 0:
            raise ValueError("the multinomial loss expects class indices 0, 1, … or one-hot rows")
        y = np.eye(int(y.max(initial=0)) + 1)[y]
    Y = finite(y, "y", exactly=True)
    Y = Y[:, None] if Y.ndim == 1 else Y
    if Y.ndim != 2 or Y.shape[1] == 0:
        raise ValueError(f"y has shape {np.shape(y)}; expected (samples,) or (samples, outputs)")
    if len(Y) != n:
        raise ValueError(f"X has {n} samples, y has {len(Y)}")
    return Y


def polynomial_network(
    X: ArrayLike,
    y: ArrayLike,
    activation: str | ArrayLike = "published",
    beta: float | None = None,
    loss: str = "squared",
    *,
    beta_ratio: float | None = None,
    loss_parameter: float | None = None,
    architecture: Dense | Convolution | None = None,
    intercept: bool = False,
    sample_weight: ArrayLike | None = None,
    standardised: tuple[ArrayLike, ArrayLike] | None = None,
    penalty: Penalty = "l1",
) -> PolynomialNetworkProgram:
    """Training of f(x) = Σ α_jσ(x'u_j), |u_j| = 1, σ(z) = az² + bz + c:  min Σ w_iℓ(f(x_i), y_i) + βΣ|α_j|.

    Parameters
    ----------
    X : (n, d), or signals and images as `architecture` expects
    y : (n,) or (n, T) targets; −1 and +1 for hinge, squared_hinge and logistic; class indices or one-hot rows for
        multinomial. Several outputs have neurons of their own.
    activation : "published" (0.09, 0.5, 0.47), "relu", "quadratic", "linear", or (a, b, c)
    beta : penalty, in the unit of the loss per unit of α
    loss : "squared" (½Σ residual²), "absolute", "huber", "quantile", "hinge", "squared_hinge" (½Σ), "logistic",
        "multinomial"
    beta_ratio : β as a part of the smallest β at which the zero network is optimal; instead of `beta`
    loss_parameter : δ of "huber" (1), τ of "quantile" (½)
    architecture : Dense() or Convolution(...)
    intercept : a free intercept per output
    sample_weight : (n,) nonnegative; samples of weight zero are left out
    standardised : (shift, scale), a number or one per entry of a sample: neurons see (x − shift)/scale, and the proof
        is about X. Patches need one shift and one scale for all entries
    penalty : "l1", or "cubic" for σ(z) = az²: β Σ (|α_j|³ + ‖u_j‖³) over weights u_j of any length, which is
        3·2^{−2/3}βΣ|α_j| at the best lengths (`network.cubic_layers()`). The program has that β

    Returns
    -------
    PolynomialNetworkProgram
        `train()`, `path()`, `certify()`, and `conic_form()` with `recover()` for general solvers.

    Raises
    ------
    ValueError
        On shapes that disagree, entries that are not finite, targets that the loss does not accept, a β that is
        not positive.

    References
    ----------
    [BartanPilanci2021].

    Examples
    --------
    >>> X = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, -1.0]])
    >>> program = polynomial_network(X, X[:, 0] ** 2, "quadratic", beta=1e-3)
    >>> fit = program.train()
    >>> fit.certified, np.abs(fit.network.u).round(3).tolist()
    (True, [[1.0, 0.0]])
    """
    if (beta is None) == (beta_ratio is None):
        raise ValueError("give exactly one of beta and beta_ratio")
    if penalty not in get_args(Penalty):
        more = GROUP if isinstance(penalty, str) and "group" in penalty.lower() else ""
        raise ValueError(f"penalty is {penalty!r}; {one_of(penalty, get_args(Penalty))}{more}")
    if penalty == "cubic":
        if _read(activation).b or _read(activation).c:
            raise ValueError("the cubic penalty is one of Σ|α| for activations az² only")
        beta = None if beta is None else CUBIC * _positive("beta", beta)
    shape = architecture or Dense()
    samples = finite(X, exactly=True)
    standard = None if standardised is None else _standard(standardised, samples, shape)
    seen = samples
    if standard is not None:
        shift, scale = (v.reshape(samples.shape[1:]) for v in standard)
        seen = (samples - shift) / scale
    patches = shape.patches(seen)
    n = patches.shape[1]
    Y = _targets(y, loss, n)
    weights = np.ones(n) if sample_weight is None else finite(sample_weight, "sample_weight", exactly=True)
    if weights.shape != (n,) or not np.isfinite(weights).all() or weights.min() < 0 or weights.max() == 0:
        raise ValueError(f"sample_weight must be {n} nonnegative finite numbers, not all zero")
    if not weights.all():
        keep = weights > 0
        patches, Y, weights = np.ascontiguousarray(patches[:, keep]), Y[keep], weights[keep]
        samples = samples[keep]
    program = PolynomialNetworkProgram(
        samples, standard, patches, Y, weights, _read(activation), shape, 1.0, loss, loss_parameter, bool(intercept)
    )
    _ = program.loss  # targets and parameter are checked here, not at the first use
    return program.at(beta) if beta is not None else program.at(ratio=beta_ratio)


_read = activation


def _standard(given: tuple[ArrayLike, ArrayLike], X: Array, shape: Dense | Convolution) -> tuple[Array, Array]:
    """Shift and scale, one of each per entry of a sample."""
    parts = [finite(v, "standardised", exactly=True) for v in given]
    if any(v.size not in (1, X[0].size) for v in parts):
        raise ValueError(f"standardised is (shift, scale) with one number or {X[0].size} in each")
    shift, scale = (np.broadcast_to(v.ravel(), X[0].size) for v in parts)
    if not (scale > 0).all():
        raise ValueError("standardised is (shift, scale) with positive scales")
    if isinstance(shape, Convolution) and (np.ptp(shift) or np.ptp(scale)):
        raise ValueError("patches need one shift and one scale for all entries of a sample")
    return shift, scale


@on_one_blas_thread
def certify_network(
    network: PolynomialNetwork,
    X: ArrayLike,
    y: ArrayLike,
    beta: float,
    loss: str = "squared",
    *,
    loss_parameter: float | None = None,
    intercept: bool = False,
    sample_weight: ArrayLike | None = None,
) -> NetworkCertificate:
    """Certified optimality gap of a network, wherever it was trained, and the neuron that improves it.

    The multiplier ν = ∇f at the network's predictions is scaled until max_{|u|=1} |Σν_iσ(x_i'u)| ≤ β, one
    eigendecomposition per output and pool; the dual value there is a lower bound for every network of every width,
    proved in exact arithmetic.

    Parameters
    ----------
    network : PolynomialNetwork, e.g. from `PolynomialNetwork.from_weights`
    X, y, beta, loss, loss_parameter, intercept, sample_weight : as in `polynomial_network`

    Returns
    -------
    NetworkCertificate

    Raises
    ------
    TypeError
        If the network is none of these.
    ValueError
        As for `polynomial_network`, or if it has other outputs than y.

    Examples
    --------
    >>> from copos.polynomial.network import PolynomialNetwork
    >>> X, y = np.eye(2), [1.0, 0.0]
    >>> zero = PolynomialNetwork.from_weights(np.eye(2), [0.0, 0.0], "quadratic")
    >>> found = certify_network(zero, X, y, beta=0.5)
    >>> found.improving.round(6).tolist(), found.sign, round(found.slope, 9)
    ([1.0, 0.0], 1.0, -0.5)
    """
    is_result = isinstance(getattr(network, "network", None), PolynomialNetwork)
    hint = "its attribute `network` is one" if is_result else "`PolynomialNetwork.from_weights` makes one"
    options.require_kind(network, "network", PolynomialNetwork, hint=hint)
    program = polynomial_network(
        X, y, network.activation, beta, loss, loss_parameter=loss_parameter,
        architecture=network.architecture, intercept=intercept, sample_weight=sample_weight,
    )  # fmt: skip
    if network.outputs != program.Y.shape[1]:
        raise ValueError(f"the network has {network.outputs} outputs, y has {program.Y.shape[1]}")
    return program.certify(network)
