"""A convex lower bound for polynomial networks with weight decay.

For a multiplier ν of the predictions and g(u) = Σ_iν_iσ(x_i'u) every network of m neurons has

    ½‖f − y‖² + (β/2)·decay  ≥  −½‖ν‖² − ν'y + m · min [(β/2)(‖u‖² + α²) + α g(u)],

the minimum over one neuron in the ball ‖u‖² + α² ≤ R² that holds the optimum. There |g(u)| ≤ Pρ² + Qρ + |cδ|, ρ = ‖u‖,
P = ‖aΣν_ix_ix_i'‖, Q = ‖bX'ν‖, δ = Σν_i. If for α = R cos φ, ρ = R sin φ

    R cos φ sin²φ P + cos φ sin φ Q ≤ (β/2)(1 − τ cos²φ)      for all φ in [0, π/2],                            (1)

(which implies it for smaller R) what is left of the minimum is (βτ/2)α² − α|cδ| ≥ −c²δ²/(2βτ). With τ = 0 and cδ = 0
the bound holds for all widths, and for σ(z) = z² it is training with the penalty (3√3/4)β/R of Σ|α_j|, ‖u_j‖ = 1: the
nuclear norm in place of the Schatten-2/3 quasi-norm that the best scaling of the neurons leaves of the decay.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from math import isqrt, lcm
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from copos.arithmetic import svec
from copos.arithmetic.rationals import rounded_down, rounded_up
from copos.checker.check_polynomial import semidefinite
from copos.checker.check_reading import Rejected
from copos.conic import Cones, ConicForm
from copos.polynomial.decayed import DecayedTraining, read_training
from copos.polynomial.decayed_units import in_units
from copos.polynomial.exact import whole
from copos.polynomial.rounding import balanced
from copos.solvers import solve
from copos.support.looks import one_line
from copos.support.threads import on_one_blas_thread

Array = NDArray[np.float64]
ANGLES = 60  # of (1) in the conic form; all angles are covered by the scaling afterwards
STEPS = 4000  # of the angles at which (1) is shown
SHARES = (0.1, 0.3, 0.6)


@one_line
@dataclass(frozen=True, eq=False)
class DecayBound:
    """`lower` ≤ objective of every network; `multiplier` ν (n,), `share` τ and `radius` R are its reasons.

    `lower` is evaluated from them in exact arithmetic and rounded down; `claimed` is what floating point makes of it.
    """

    lower: float
    claimed: float
    multiplier: Array
    share: float
    radius: float


@on_one_blas_thread
def convex_decay_bound(
    X: ArrayLike,
    y: ArrayLike,
    beta: float,
    activation: str | ArrayLike = "published",
    *,
    width: int | None = None,
    upper: float | None = None,
) -> DecayBound:
    """Lower bound on ½Σ(f(x_i) − y_i)² + (β/2)Σ_j(‖u_j‖² + α_j²), f(x) = Σ_jα_jσ(x'u_j), from a semidefinite program.

    Parameters
    ----------
    X, y, beta, activation : as in `decayed_network`
    width : number of neurons; None for all widths, which is the same unless σ has a constant term
    upper : an upper bound on the optimum of that width; by default the objective of the zero network. The smaller it is
        the better the bound, which is never above it: what is proved is that no network is below both

    Returns
    -------
    DecayBound

    Raises
    ------
    ValueError
        As in `decayed_network`.

    References
    ----------
    [BartanPilanci2021].

    Examples
    --------
    >>> bound = convex_decay_bound([[1.0], [2.0]], [1.0, 4.0], beta=0.1, activation="quadratic")
    >>> 0 < bound.lower < 0.1 * 0.75 * 2 ** (1 / 3)     # y = x² is fitted by α u² = 1 with this decay
    True
    """
    training = read_training(X, y, beta, activation)
    if width is not None and (not isinstance(width, int | np.integer) or width < 1):
        raise ValueError(f"width is {width!r}; expected an integer ≥ 1 or None")
    top = np.inf if upper is None else float(upper)
    units = in_units(training)
    inner = units.training
    known = 2 * inner.at_zero if top == np.inf else min(rounded_up(Fraction(top) / units.value), 2 * inner.at_zero)
    R = inner.radius(known)
    shares = SHARES if width is not None and training.activation.c != 0 else ()
    found = [_certified(inner, R, share, width or 1) for share in (0.0, *shares)]
    best = max(found, key=lambda bound: (bound.lower, bound.claimed))
    lower, claimed = (rounded_down(Fraction(v) * units.value) for v in (best.lower, best.claimed))
    nu, radius = np.ldexp(best.multiplier, units.h), float(np.ldexp(best.radius, units.p))
    return replace(best, lower=min(lower, top), claimed=min(claimed, top), multiplier=nu, radius=radius)


def _sides(phi: Array, R: float, beta: float, share: float) -> tuple[Array, Array, Array]:
    """Coefficients of P and Q in (1), and its right-hand side."""
    c, s = np.cos(phi), np.sin(phi)
    return R * c * s**2, c * s, 0.5 * beta * (1 - share * c**2)


def _certified(training: DecayedTraining, R: float, share: float, width: int) -> DecayBound:
    """The bound of the best multiplier, scaled until (1) holds at every angle."""
    X, y, beta, (a, b, c) = training.X, training.y, training.beta, training.activation
    nu = _multiplier(training, R, share, width)
    if c != 0 and share == 0:
        nu = nu - nu.mean()
    P = float(np.abs(np.linalg.eigvalsh(a * (X.T * nu) @ X)).max())
    Q = float(np.linalg.norm(b * (X.T @ nu)))
    phi = np.linspace(0, np.pi / 2, 4001)
    p, q, right = _sides(phi, R, beta, share)
    # a function lies at most h²/8·max|second derivative| above its chords; cos sin² and cos sin have ≤ 7 and ≤ 2
    above = (phi[1] - phi[0]) ** 2 / 8
    left = p * P + q * Q + above * (7 * R * P + 2 * Q)
    scale = float(np.min((right - above * beta * share) / np.maximum(left, 1e-300)))
    # the objective along ν is a parabola −½A s² + B s
    A = float(nu @ nu) + (width * c**2 * float(nu.sum()) ** 2 / (beta * share) if share else 0.0)
    B = -float(nu @ y)
    s = min(scale * (1 - 1e-12), B / A if A > 0 else 0.0)
    claimed = max(0.0, B * s - 0.5 * A * s * s)  # ν = 0 proves 0
    return DecayBound(rounded_down(_proved(training, s * nu, R, share, width)), claimed, s * nu, share, R)


def _proved(training: DecayedTraining, nu: Array, R: float, share: float, width: int) -> Fraction:
    """The bound of ν in exact arithmetic: P and Q from above, (1) at rational angles and between; 0 if it fails."""
    if not nu.any() or not np.isfinite(nu).all():
        return Fraction(0)
    at = 50 - int(np.frexp(np.abs(nu).max())[1])
    N = np.rint(np.ldexp(nu, at)).astype(np.int64).astype(object)
    if training.activation.c and not share:
        balanced(N)
    unit = Fraction(2) ** -at
    beta, tau, c, radius = (Fraction(v) for v in (training.beta, share, training.activation.c, R))
    found = _norms(training, N, unit)
    if found is None:
        return Fraction(0)
    P, Q = found
    scale = min(Fraction(1), _scale(P, Q, radius, beta, tau))
    y, square = _dot(N, training.y), Fraction(int((N * N).sum()))
    delta = unit * int(N.sum())
    quadratic = unit * unit * square + (width * c * c * delta * delta / (beta * tau) if share else 0)
    return max(Fraction(0), -scale * unit * y - scale * scale * quadratic / 2)


def _dot(N: NDArray[Any], y: Array) -> Fraction:
    """Σ N_iy_i."""
    whole_y, bits = whole(y)
    return int((N * whole_y.astype(object)).sum()) * Fraction(2) ** -bits


def _norms(training: DecayedTraining, N: NDArray[Any], unit: Fraction) -> tuple[Fraction, Fraction] | None:
    """P ≥ ‖aΣν_ix_ix_i'‖ and Q ≥ ‖bX'ν‖, ν = N·unit; None where no factor shows a P."""
    a, b = (Fraction(v) for v in training.activation[:2])
    X, bits = whole(training.X)
    X = X.astype(object)
    linear = b * unit * Fraction(2) ** -bits
    square = linear * linear * sum(int(v) ** 2 for v in X.T @ N)
    Q = Fraction(isqrt(int(square * Fraction(4) ** 80)) + 1, 1 << 80) if square else Fraction(0)
    if not a:
        return Fraction(0), Q
    G = (X.T * N) @ X
    times = a * unit * Fraction(4) ** -bits
    size = max(abs(int(v)) for v in G.ravel())
    if not size:
        return Fraction(0), Q
    S = np.array([[int(v) / size for v in row] for row in G])  # entries up to 1
    top, d = abs(times) * size, len(S)
    lower = [[int(v) for v in row[: k + 1]] for k, row in enumerate(G)]
    level = float(np.abs(np.linalg.eigvalsh(S)).max())
    for share in (1e-13, 1e-11, 1e-9, 1e-6):
        P = Fraction(level * (1 + d * share))
        try:
            for sign in (1, -1):
                L = np.linalg.cholesky(float(P) * np.eye(d) + sign * S - 0.5 * level * d * share * np.eye(d))
                factor = [[int(v) for v in row[: k + 1]] for k, row in enumerate(np.rint(np.ldexp(L, 52)))]
                semidefinite([(Fraction(sign, size), lower)], [P] * d, [], None, {"factor": factor, "bits": 52})
            return P * top, Q
        except (np.linalg.LinAlgError, Rejected):
            continue
    return None


def _scale(P: Fraction, Q: Fraction, R: Fraction, beta: Fraction, tau: Fraction) -> Fraction:
    """A factor of P and Q with which (1) holds at every angle.

    At φ = 2 atan(k/n) both sides are rational. Neighbours are at most h = 2/n apart, and a function lies at most
    h²/8·max|second derivative| above its chords; cos sin² and cos sin have ≤ 7 and ≤ 2, cos² has ≤ 2.
    """
    above = Fraction(1, 2 * STEPS**2)
    # integers over one denominator D, times (n² + k²)³ at every angle
    D = lcm(*(v.denominator for v in (R * P, Q, beta / 2, beta * tau / 2)))
    p, q, right, less = (int(v * D) for v in (R * P, Q, beta / 2, beta * tau / 2))
    worst: tuple[int, int] | None = None
    for k in range(STEPS + 1):
        c, s, one = STEPS**2 - k * k, 2 * k * STEPS, STEPS**2 + k * k
        left = c * s * (p * s + q * one)
        slack = one * (right * one * one - less * c * c)
        extra = one**3
        a = left * above.denominator + extra * (7 * p + 2 * q)
        b = slack * above.denominator - extra * 2 * less
        if worst is None or b * worst[1] < worst[0] * a:
            worst = b, a
    assert worst is not None
    return max(Fraction(0), Fraction(*worst)) if worst[1] else Fraction(1)


def _multiplier(training: DecayedTraining, R: float, share: float, width: int) -> Array:
    """Max −½t − ν'y  s.t.  t ≥ ‖ν‖² + m c²δ²/(βτ),  PI ± aΣν_ix_ix_i' ⪰ 0,  Q ≥ ‖bX'ν‖,  (1) at some angles."""
    X, y, beta, (a, b, c) = training.X, training.y, training.beta, training.activation
    n, d = X.shape
    t, P, Q, total = n, n + 1, n + 2, n + 3
    phi = np.linspace(0, np.pi / 2, ANGLES)
    p, q, right = _sides(phi, R, beta, share)
    angles = np.zeros((ANGLES, total))
    angles[:, P], angles[:, Q] = p, q
    sums = np.zeros((int(c != 0 and share == 0), total))
    sums[:, :n] = 1.0
    # (t + 1, t − 1, 2ν, 2κδ) in the second-order cone, κ² = m c²/(βτ)
    square = np.zeros((n + 2 + (share > 0), total))
    square[:2, t] = -1.0
    square[2 : n + 2, :n] = -2.0 * np.eye(n)
    if share:
        square[-1, :n] = -2.0 * abs(c) * np.sqrt(width / (beta * share))
    head = np.zeros(len(square))
    head[:2] = 1.0, -1.0
    linear = np.zeros((d + 1, total))
    linear[0, Q], linear[1:, :n] = -1.0, -b * X.T
    matrices = np.array([svec.svec(a * np.outer(x, x)) for x in X]).T
    one = svec.svec(np.eye(d))
    up, down = np.zeros((2, len(one), total))
    up[:, :n], down[:, :n] = -matrices, matrices
    up[:, P] = down[:, P] = -one
    rows = np.vstack([sums, angles, square, linear, up, down])
    right = np.concatenate([np.zeros(len(sums)), right, head, np.zeros(d + 1 + 2 * len(one))])
    cost = np.concatenate([y, [0.5, 0.0, 0.0]])
    cones = Cones(len(sums), ANGLES, (len(square), d + 1), (d, d))
    nu = solve(ConicForm(cost, sp.csc_array(rows), right, cones), "clarabel").x[:n]
    return nu if np.isfinite(nu).all() else np.zeros(n)
