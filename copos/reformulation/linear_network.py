"""Training a deep linear network, as a generalized completely positive program.

min ‖W_L ⋯ W_1 X − Y‖²_F over layers of given widths is min ‖WX − Y‖²_F over rank W ≤ r, r the smallest width, so depth
disappears; and ‖WX − Y‖² = tr(WGW') − 2<W, H> + ‖Y‖² with G = XX', H = YX', so the number of samples disappears.

The lifts of such matrices W to a cone are in `network_lifts`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from fractions import Fraction

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from copos.program import CompletelyPositiveProgram, Recovered
from copos.reformulation.low_rank import LinearNetwork, LowRankLoss, layers, svd_solution
from copos.reformulation.network_lifts import factor_lift, projection_lift
from copos.reformulation.network_lifts import trace_bound as trace_bound_of

Matrix = NDArray[np.float64]

STRENGTHENINGS = {
    "bounded": "tr Z ≤ ρ, a bound that the balanced factors of an optimal W satisfy",
    "balanced": "A² = WW', B² = W'W, AW = WB for Z = [[A, W], [W', B]]: factors with U'U = V'V",
    "projection": "P² = P: a projection exists among the matrices P",
    "whiten": "coordinates in which G is the identity and H is diagonal",
}
LIFTS = {"factor": ("bounded", "balanced", "projection", "whiten"), "projection": ("whiten",)}


def linear_network(
    X: ArrayLike,
    Y: ArrayLike,
    widths: Sequence[int],
    lift: str = "factor",
    strengthen: Collection[str] = (),
    trace_bound: float | None = None,
    weights: ArrayLike | None = None,
) -> CompletelyPositiveProgram:
    """Min ‖W_L ⋯ W_1 X − Y‖²_F  =  min <C, Y>, Y ∈ CP(K): the lift of a deep linear network.

    Parameters
    ----------
    X : (d_in, samples) inputs
    Y : (d_out, samples) targets
    widths : layer widths (d_in, h_1, …, h_{L−1}, d_out); only their minimum matters for the value
    lift : "factor" (the cone R_+ × S^n_+ × S^n_+ × S^n_+, n = d_in + d_out) or "projection" (compact)
    strengthen : names in `STRENGTHENINGS`; valid for the problem, off by default; "whiten" goes with either lift,
        the others with the factor lift
    trace_bound : ρ for "bounded"; by default 2√r ‖Y‖_F / σ_min(X), σ_min the smallest nonzero singular value. A value
        given here is taken at your word: it must be at least tr Z = 2‖W‖_* of some optimal W
    weights : (d_out, samples) nonnegative weights of the squared errors, the loss being Σ weights ∘ (WX − Y)²;
        zero means that a target is missing

    Returns
    -------
    CompletelyPositiveProgram
        Its size depends on d_in and d_out only. `recover` returns a `LinearNetwork` with the given widths.

    Raises
    ------
    ValueError
        If shapes, widths or names do not fit, data are empty or not finite, or a strengthening is not valid for
        the problem.

    References
    ----------
    [Burer2009], [BaiMitchellPang2016]; closed form of the optimum [BaldiHornik1989].

    Examples
    --------
    >>> program = linear_network(np.eye(2), np.diag([2.0, 1.0]), widths=[2, 1, 2])
    >>> program.cone.dim                     # x_0, Z and P of order 4, Q and one entry of P eliminated
    20
    """
    X, Y = _data(X, Y)
    widths = _widths(widths, X, Y)
    strengthen = _names(lift, strengthen, trace_bound)
    rank = min(widths)
    weights = _weights(weights, Y)
    loss = LowRankLoss.of(X, Y, weights)
    if "whiten" in strengthen:
        loss = loss.whitened()
        rank = min(rank, *loss.H.shape)
    if lift == "factor":
        bound = trace_bound_of(loss, rank, trace_bound) if "bounded" in strengthen else None
        lifted = factor_lift(loss, rank, bound, strengthen)
    else:
        lifted = projection_lift(loss, rank, on_output="whiten" not in strengthen or len(Y) <= len(X))
    cone = lifted.cone
    one = sp.coo_array(([1.0], ([0], [0])), shape=(cone.ambient, cone.ambient))

    def coordinates(network: LinearNetwork | ArrayLike) -> Matrix:
        W = network.matrix if isinstance(network, LinearNetwork) else np.asarray(network, dtype=float)
        if W.shape != (len(Y), len(X)):
            raise ValueError(f"expected a {len(Y)}×{len(X)} matrix or a network of that shape, got {W.shape}")
        return loss.to_coordinates(W)

    def network_atom(network: LinearNetwork | ArrayLike) -> Matrix:
        return lifted.atom(coordinates(network))

    def exact_atom(network: LinearNetwork | ArrayLike) -> Sequence[Fraction]:
        return lifted.exact_atom(coordinates(network))

    def recover(moments: Matrix) -> Recovered:
        first = (moments[0] / moments[0, 0])[lifted.W]  # y(x_0 W) of y(x_0²) = 1
        W = loss.polish(first, rank)
        network = layers(loss.from_coordinates(W), widths)
        return Recovered(network, network.loss(X, Y, weights), network_atom(network))

    name = f"linear network {'-'.join(map(str, widths))}, {lift} lift"
    if strengthen:
        name += " + " + ", ".join(s for s in STRENGTHENINGS if s in strengthen)
    return CompletelyPositiveProgram(
        cone.with_unit(np.eye(cone.ambient)[0]),
        loss.form(lifted.W, cone.ambient),
        [(one, 1.0)],
        lifted.vanishing,
        name,
        recover,
        network_atom,
        stated=lifted.stated,
        exact_atom=exact_atom,
    )


def svd_value(X: ArrayLike, Y: ArrayLike, rank: int) -> float:
    """min{‖WX − Y‖²_F : rank W ≤ r} = ‖Y‖² − Σ_{i≤r} σ_i(Y X⁺X)²  [BaldiHornik1989, Fact 4].

    >>> svd_value(np.eye(2), np.diag([2.0, 1.0]), 1)
    1.0
    """
    X, Y = _data(X, Y)
    if not isinstance(rank, (int, np.integer)) or rank < 0:
        raise ValueError(f"rank must be a whole number ≥ 0, got {rank!r}")
    residual = svd_solution(X, Y, int(rank)) @ X - Y
    return float((residual**2).sum())


def _weights(weights: ArrayLike | None, Y: Matrix) -> Matrix | None:
    if weights is None:
        return None
    w = np.asarray(weights, dtype=float)
    if w.shape != Y.shape:
        raise ValueError(f"weights must have the shape {Y.shape} of Y, got {w.shape}")
    if not (np.isfinite(w).all() and (w >= 0).all() and w.any()):
        raise ValueError("weights must be finite, nonnegative and not all zero")
    return w


def _data(X: ArrayLike, Y: ArrayLike) -> tuple[Matrix, Matrix]:
    X, Y = (np.asarray(M, dtype=float) for M in (X, Y))
    for name, M in (("X", X), ("Y", Y)):
        if M.ndim != 2 or 0 in M.shape:
            raise ValueError(f"{name} must be a nonempty matrix (dimension × samples), got shape {M.shape}")
        if not np.isfinite(M).all():
            raise ValueError(f"{name} has {np.isnan(M).sum()} NaN and {np.isinf(M).sum()} infinite entries")
    if X.shape[1] != Y.shape[1]:
        raise ValueError(f"X has {X.shape[1]} samples (columns), Y has {Y.shape[1]}")
    return X, Y


def _widths(widths: Sequence[int], X: Matrix, Y: Matrix) -> tuple[int, ...]:
    given = tuple(widths)
    if len(given) < 2 or any(not isinstance(h, (int, np.integer)) or isinstance(h, bool) or h < 1 for h in given):
        raise ValueError(f"widths must be at least two whole numbers ≥ 1 (d_in, …, d_out), got {list(given)}")
    if given[0] != len(X) or given[-1] != len(Y):
        raise ValueError(
            f"widths must start with {len(X)} (rows of X) and end with {len(Y)} (rows of Y), got {list(given)}"
        )
    return tuple(int(h) for h in given)


def _names(lift: str, strengthen: Collection[str], trace_bound: float | None) -> frozenset[str]:
    if lift not in LIFTS:
        raise ValueError(f"unknown lift {lift!r}; expected one of {', '.join(LIFTS)}")
    names = {strengthen} if isinstance(strengthen, str) else set(strengthen)
    for name in sorted(names):
        if name not in STRENGTHENINGS:
            raise ValueError(f"unknown strengthening {name!r}; expected some of {', '.join(STRENGTHENINGS)}")
        if name not in LIFTS[lift]:
            raise ValueError(f"strengthening {name!r} does not apply to the {lift} lift, only {', '.join(LIFTS[lift])}")
    if trace_bound is not None and "bounded" not in names:
        raise ValueError("trace_bound is used by the strengthening 'bounded' only")
    return frozenset(names)
