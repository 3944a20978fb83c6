"""Two-layer polynomial networks whose first layers are signs, trained with a proved bound.

    min over m, α_j, t, u_j ∈ {−1, 1}^d   Σ_i w_iℓ(f(x_i), y_i) + β Σ_j|α_j|,    f(x) = t + Σ_j α_jσ(x'u_j)

σ(x'u) = v'M_xv with v = (u, 1), a sign vector, and v and −v are the same vv': what the network sees of its neurons is
Z − Z', Z and Z' in the cone of all vv'. Its relaxation Z ⪰ 0, Z_jj = Z_kk, is a semidefinite program, of which

    D(β) ≤ optimum(β) ≤ D(κβ),     κ = 1 + π/log(1 + √2) = 4.564…                            (D its value)

For the right half: by Krivine there are random sign vectors u, v with E uv' = (2γ/π) C for every C with |C_ij| ≤ 1 the
inner products of unit vectors, γ = log(1 + √2) [Krivine1979]. With w = (u + v)/2 and w' = (u − v)/2, whose entries not
in {−1, 1} are 0 and can be replaced by independent random signs without changing an entry off the diagonal in the mean,
(uv' + vu')/2 is a difference of two such squares there. So Z off its diagonal costs 2·π/(2γ) times Z_kk, and so does
Z − Z', the diagonal of which is constant and costs |Z_kk − Z'_kk| more, in random sign vectors without correlation.

The upper bound comes from signs of Gaussian vectors with the covariance of Z, improved sign by sign, and from columns:
training on the sign vectors known, whose multiplier asks for new ones, until none is found. With up to 15 features all
2^d are tried, and then both bounds meet.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from copos.arithmetic import svec
from copos.arithmetic.rationals import rounded_down, rounded_up
from copos.certificate.document import Certificate
from copos.losses.convex import Interval
from copos.polynomial.features import Activation
from copos.polynomial.intercept import best_intercept
from copos.polynomial.low_rank import relative_gap
from copos.polynomial.program import polynomial_network
from copos.polynomial.quantised_level import relaxed, restricted
from copos.polynomial.quantised_proof import objective, proved
from copos.polynomial.scaling import scaled
from copos.polynomial.sign_vectors import STARTS, largest, rounded
from copos.support import options
from copos.support.given import real_array, real_number
from copos.support.looks import one_line
from copos.support.threads import on_one_blas_thread

Array = NDArray[np.float64]
ROUNDS, NEW = 60, 8  # of columns, and how many enter for each sign in one of them
VIOLATED = 1e-9  # of β, beyond which a sign vector enters
ENOUGH = 1e4  # of Σ_i k‖M_i‖ at most: a price at which no neuron is worth it, as slopes are below some units
KEPT = 1e-9  # of the largest |α|, below which a neuron is left out


@one_line
@dataclass(frozen=True, eq=False)
class SignNetwork:
    """f_t(x) = intercept_t + Σ_j α_jt σ(x'u_j), u (R, d) of −1 and 1, α (R, T).

    Examples
    --------
    >>> net = SignNetwork(np.array([[1, -1]], dtype=np.int8), np.array([[2.0]]), np.zeros(1), Activation(1, 0, 0))
    >>> net.predict([[3.0, 1.0]])
    array([8.])
    """

    u: NDArray[np.int8]
    alpha: Array
    intercept: Array
    activation: Activation

    def __len__(self) -> int:
        """Neurons."""
        return len(self.u)

    def predict(self, X: ArrayLike) -> Array:
        """Outputs at samples X (n, d): (n,) for one output, else (n, T)."""
        x = real_array(X, "X")
        if x.ndim != 2 or x.shape[1] != self.u.shape[1]:
            raise ValueError(f"X has shape {x.shape}; expected (samples, {self.u.shape[1]})")
        F = self.activation(x @ self.u.T.astype(float)) @ self.alpha + self.intercept
        return F[:, 0] if len(self.intercept) == 1 else F


@one_line
@dataclass(frozen=True, eq=False)
class TrainedQuantisedNetwork:
    """A network with first layers of signs, its objective, and the bound that is proved for all such networks.

    Attributes
    ----------
    network : SignNetwork
    objective : of this network, in exact arithmetic and rounded up
    lower : proved for every network with u_j ∈ {−1, 1}^d, of any width, and rounded down
    gap : (objective − lower)/objective
    certificate : the document that `copos verify` reads
    """

    network: SignNetwork
    objective: float
    lower: float
    gap: float
    beta: float
    certificate: Certificate


@on_one_blas_thread
def train_quantised_network(
    X: ArrayLike,
    y: ArrayLike,
    activation: str | ArrayLike = "published",
    *,
    beta: float,
    loss: str = "squared",
    loss_parameter: float | None = None,
    intercept: bool = False,
    sample_weight: ArrayLike | None = None,
    time_limit: float | None = None,
    seed: int = 0,
) -> TrainedQuantisedNetwork:
    """min Σ w_iℓ(f(x_i), y_i) + βΣ|α_j| over f(x) = t + Σ α_jσ(x'u_j) with u_j ∈ {−1, 1}^d, of any width.

    Parameters
    ----------
    X, y, activation, loss, loss_parameter, intercept, sample_weight : as in `copos.polynomial_network`; weights of
        size s, u_j ∈ {−s, s}^d, are those of the samples sX
    beta : the penalty of Σ|α_j|, positive
    time_limit : seconds after which no new sign vectors are asked for
    seed : of the signs that are drawn

    Returns
    -------
    TrainedQuantisedNetwork
        `lower` is the value of a semidefinite relaxation, proved; with up to 15 features that of all sign vectors, so
        that `gap` is 0 up to rounding.

    Raises
    ------
    ValueError
        As `polynomial_network`, and for the logistic and the multinomial loss.

    References
    ----------
    [BartanPilanci2021b] for the relaxation and rounding by Grothendieck's identity.

    Examples
    --------
    >>> X = np.random.default_rng(0).standard_normal((40, 4))
    >>> fit = train_quantised_network(X, (X[:, 0] - X[:, 1] + X[:, 2] + X[:, 3]) ** 2, "quadratic", beta=1.0)
    >>> fit.gap < 1e-6, fit.network.u[np.argmax(fit.network.alpha)].tolist() in ([1, -1, 1, 1], [-1, 1, -1, -1])
    (True, True)
    """
    program = polynomial_network(
        X, y, activation, real_number(beta, "beta", above=0), loss, loss_parameter=loss_parameter, intercept=intercept,
        sample_weight=sample_weight,
    )  # fmt: skip
    if not isinstance(program.loss, Interval):
        raise ValueError(f"loss is {loss!r}; expected one whose relaxation is conic: 'squared', 'absolute', 'huber', "
                         "'quantile', 'hinge' or 'squared_hinge'")  # fmt: skip
    limit = options.seconds(time_limit)
    deadline = time.perf_counter() + (np.inf if limit is None else limit)
    units, rng = scaled(program), np.random.default_rng(options.count(seed, "seed"))
    training = _Training(units.lift.patches[0, :, 0], units.lift.activation, units.beta(program.beta))
    parts, relaxed_nu, last_nu = [], [], []
    assert isinstance(units.loss, Interval)
    for t in range(program.Y.shape[1]):
        V, alpha, bias, first, last = training.output(units.loss.output(t), program.intercept, deadline, rng)
        parts.append((V, alpha, bias))
        relaxed_nu.append(first)
        last_nu.append(last)
    bounds = [proved(program, units.multiplier_back(np.column_stack(nu))) for nu in (relaxed_nu, last_nu)]
    lower, certificate = max(bounds, key=lambda pair: pair[0])
    U = np.unique(np.vstack([V for V, _, _ in parts]), axis=0)
    weights = np.zeros((len(U), len(parts)))
    for t, (V, alpha, _) in enumerate(parts):
        same = (V[:, None] == U[None]).all(2)
        weights[:, t] = same.T @ np.ldexp(alpha, units.h - units.E)
    bias = units.intercept_back(np.array([b for *_, b in parts]))
    U = U[:, :-1]
    value = rounded_up(objective(program, U, weights, bias))
    still = np.zeros(len(bias))
    if program.intercept:
        still = units.intercept_back(best_intercept(units.loss, np.zeros_like(units.loss.Y), still))
    none = rounded_up(objective(program, U[:0], weights[:0], still))
    if none <= value:
        U, weights, bias, value = U[:0], weights[:0], still, none
    below = rounded_down(lower)
    if not below <= value:
        raise AssertionError(f"a proved lower bound {below!r} is above the objective {value!r} of a network")
    network = SignNetwork(U.astype(np.int8), weights, bias, program.activation)
    gap = relative_gap(value, below, units.floor)
    return TrainedQuantisedNetwork(network, value, below, gap, program.beta, certificate)


@dataclass(frozen=True, eq=False)
class _Training:
    """Samples X (n, d), σ and β in units of powers of two."""

    X: Array
    activation: Activation
    beta: float

    def output(
        self, loss: Interval, intercept: bool, deadline: float, rng: np.random.Generator
    ) -> tuple[Array, Array, float, Array, Array]:
        """Sign vectors (R, k), α (R,), intercept, and the multipliers of the relaxation and of the columns."""
        x = np.column_stack([self.X, np.ones(len(self.X))])
        k = x.shape[1]
        F = np.full((k, k), self.activation.a)
        F[-1], F[:, -1], F[-1, -1] = self.activation.b / 2, self.activation.b / 2, self.activation.c
        rows = svec.svec(F * x[:, :, None] * x[:, None, :])
        unit = float(np.sqrt(np.mean(np.sum(rows**2, 1)))) or 1.0
        beta = min(self.beta, ENOUGH * len(x) * k * unit)
        Z, first = relaxed(rows / unit, k, loss, beta / unit, intercept)
        starts = np.vstack([rounded(part, STARTS // 2, rng) for part in Z])
        V, found, known = np.unique(starts, axis=0), first, -1
        for _ in range(ROUNDS):
            S = F * (x.T @ (found.nu[:, None] * x)) / beta
            new = [part[values > 1 + VIOLATED] for part, values in (largest(s * S, starts, NEW) for s in (1.0, -1.0))]
            V = np.vstack([V, *new])
            if not self.activation.b:  # u and −u answer alike
                V = np.column_stack([V[:, :-1] * V[:, :1], V[:, -1]])
            V = np.unique(V, axis=0)
            if len(V) == known or (found is not first and time.perf_counter() > deadline):
                break
            known = len(V)
            columns = self.activation(self.X @ V[:, :-1].T)
            found = restricted(columns / unit, loss, beta / unit, intercept)
        keep = np.abs(found.x) > KEPT * np.abs(found.x).max(initial=0.0)
        return V[keep], found.x[keep] / unit, found.bias, first.nu, found.nu
