"""Two-layer networks with an activation of degree up to four, trained over all widths with a proved bound.

    min over m, α_j, ‖u_j‖ = 1   ½ Σ_i (f(x_i) − y_i)² + β Σ|α_j|,     f(x) = Σ_j α_jσ(x'u_j)

The dual asks for |Σ r_iσ(x_i'u)| ≤ β on the sphere, a form of degree four: its level of sums of squares
(`quartic_level`) gives r with a proof, exactly what is optimal in the plane and wherever the level is tight. Neurons
are the atoms of flat moments and the peaks of |p|; a convex problem over them and descent in all weights give the
network.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from copos.arithmetic.rationals import rounded_down, rounded_up
from copos.certificate.document import Certificate, Verdict
from copos.polynomial.quartic_forms import Sphere
from copos.polynomial.quartic_level import atoms, solve_level
from copos.polynomial.quartic_neurons import neurons
from copos.polynomial.quartic_problem import QuarticNetwork, QuarticProblem
from copos.polynomial.quartic_proof import attained, prove
from copos.support import given, options
from copos.support.looks import one_line
from copos.support.threads import on_one_blas_thread

Array = NDArray[np.float64]
INPUTS = 6  # most features: z(u) has 27 monomials there
MOST = 1e30  # size of β where data are about 1
LARGEST = 1e150  # of the values of σ, whose squares must be doubles


@one_line
@dataclass(frozen=True, eq=False)
class TrainedQuarticNetwork:
    """A network, its objective, and the bound that is proved for all networks of any width.

    Attributes
    ----------
    network : QuarticNetwork
    objective : of this network with rational first layers of length one next to its own, rounded up
    lower, gap, certified : proved bound, (objective − lower)/objective, and whether that is within the tolerance
    flat : were the moment matrices of the level flat, so that neurons were read off them exactly?
    seconds : of wall time
    certificate, network_certificate : the proofs of `lower` and of `objective`, for `copos verify`
    """

    network: QuarticNetwork
    objective: float
    lower: float
    gap: float
    certified: bool
    flat: bool
    seconds: float
    certificate: Certificate
    network_certificate: Certificate
    problem: QuarticProblem

    def verify(self) -> Verdict:
        """Check the proof of the bound against the data, in exact arithmetic."""
        return self.certificate.verify(self.problem.plain, self.problem.tables)


@on_one_blas_thread
def train_quartic_network(
    X: ArrayLike, y: ArrayLike, beta: float, activation: ArrayLike, *, tolerance: float = 1e-6, seed: int = 0
) -> TrainedQuarticNetwork:
    """Min ½ Σ_i (Σ_j α_jσ(x_i'u_j) − y_i)² + β Σ|α_j| over all widths, ‖u_j‖ = 1, σ a polynomial of degree up to four.

    Parameters
    ----------
    X : (n, d) samples, d ≤ 6; append a column of ones for a bias inside ‖u‖ = 1
    y : (n,) targets
    beta : penalty, positive
    activation : up to five coefficients of σ, the highest power first: (1, 0, 0, 0) is z³
    tolerance : relative gap that counts as certified
    seed : of the starts of ascent

    Returns
    -------
    TrainedQuarticNetwork
        One level of sums of squares. It is exact for d ≤ 2, and for d = 3 if σ is even (forms of degree four in three
        variables, [Hilbert1888]); elsewhere the gap says whether it is.

    Raises
    ------
    ValueError
        On shapes that disagree, entries that are not finite, a β that is not positive, more than six features, or an
        activation of more than five coefficients, or numbers whose σ(x'u) is beyond 1e150.

    References
    ----------
    [BartanPilanci2021] for degree two.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((30, 2))
    >>> fit = train_quartic_network(X, (X @ [0.6, 0.8]) ** 3, beta=0.1, activation=(1, 0, 0, 0))
    >>> fit.certified, fit.verify().proved, fit.network.u.round(3).tolist()
    (True, True, [[0.6, 0.8]])
    """
    begin = time.perf_counter()
    problem = _problem(X, y, beta, activation)
    small = options.tolerance(tolerance)
    sphere = Sphere(problem.X.shape[1])
    with np.errstate(all="ignore"):
        features = sphere.features(problem.X, np.array(problem.sigma))
        top, target = np.abs(features).max(), np.abs(problem.y).max()
    if not top <= LARGEST:  # their squares are computed with
        raise ValueError(f"σ(x'u) may be {top:.1e}; expected at most {LARGEST:g}: give X or σ in other units")
    if target > LARGEST:
        raise ValueError(f"y reaches {target:.1e}; expected at most {LARGEST:g}: give y in other units")
    # units in which the form of a sample and its target are about 1
    wide, high = (2.0 ** int(np.frexp(np.abs(v).max())[1]) if v.any() else 1.0 for v in (features, problem.y))
    with np.errstate(all="ignore"):  # from some β on the zero network is optimal
        beta_here = min(float(np.divide(problem.beta, wide * high)), MOST)
    level = solve_level(sphere, features / wide, problem.y / high, beta_here)
    r = level.r * high
    found = [atoms(sphere, M) for M in level.moments]
    flat = all(U is not None for U in found)
    first = np.vstack([np.zeros((0, sphere.d)), *(U for U in found if U is not None)])
    rng = np.random.default_rng(options.count(seed, "seed"))
    u, alpha = neurons(problem, sphere, features, r, first, rng)
    # at an optimum the residual of the network is the multiplier, and more exact than the level's
    residual = problem.y - problem.activation(problem.X @ u.T) @ alpha
    value, certificate = max((prove(problem, sphere, features, v) for v in (r, residual)), key=lambda item: item[0])
    network, exact, above = attained(problem, u, alpha)
    if value > exact:
        raise AssertionError(f"a proved lower bound {value} is above the objective {exact} of a network")
    gap = float((exact - value) / exact) if exact else 0.0
    return TrainedQuarticNetwork(
        network, rounded_up(exact), rounded_down(value), gap, gap <= small, flat, time.perf_counter() - begin,
        certificate, above, problem,
    )  # fmt: skip


def _problem(X: ArrayLike, y: ArrayLike, beta: float, activation: ArrayLike) -> QuarticProblem:
    A, target = given.real_array(X, "X", exactly=True), given.real_array(y, "y", exactly=True)
    if A.ndim != 2 or 0 in A.shape or target.shape != (len(A),):
        raise ValueError(f"X of shape {A.shape} and y of shape {target.shape}; expected (n, d) and (n,)")
    if A.shape[1] > INPUTS:
        raise ValueError(f"X has {A.shape[1]} features; the level of degree four is for at most {INPUTS}")
    c = given.real_array(activation, "activation", exactly=True)
    if c.ndim != 1 or not 1 <= len(c) <= 5 or not c.any():
        raise ValueError(f"activation is {activation!r}; expected one to five coefficients, not all zero")
    sigma = tuple(float(v) for v in np.r_[c[::-1], np.zeros(5 - len(c))])
    return QuarticProblem(A, target, sigma, given.real_number(beta, "beta", above=0, exactly=True))
