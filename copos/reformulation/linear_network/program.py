"""Training a deep linear network, as a generalized completely positive program.

min ‖W_L ⋯ W_1 X − Y‖²_F over layers of given widths is min ‖WX − Y‖²_F over rank W ≤ r, r the smallest width, so depth
disappears; and ‖WX − Y‖² = tr(WGW') − 2<W, H> + ‖Y‖² with G = XX', H = YX', so the number of samples disappears.

The lifts of such matrices W to a cone are in `network_lifts`; losses, penalties and constraints, which have no formula
for the optimum, are put around them in `network_layers`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from copos.arithmetic.fixed_point import short_above
from copos.arithmetic.rationals import Rational, exact_array, nearest, rational, rounded_up
from copos.forms import Forms
from copos.program import CompletelyPositiveProgram, Known, Recovered
from copos.reformulation.linear_network import layers as network_layers
from copos.reformulation.linear_network import question
from copos.reformulation.linear_network.conditioning import condition
from copos.reformulation.linear_network.exact_loss import Tables
from copos.reformulation.linear_network.factor_moments import factor_moments_lift
from copos.reformulation.linear_network.lift_choice import STRENGTHENINGS, Chosen, choose_lift
from copos.reformulation.linear_network.lifts import MatrixLift, factor_lift, minors_lift, projection_lift
from copos.reformulation.linear_network.low_rank import LinearNetwork, LowRankLoss, closed_form
from copos.reformulation.linear_network.matrix_constraints import MatrixConstraints
from copos.reformulation.linear_network.problem import Loss, NetworkProblem, curvature, root_up
from copos.reformulation.linear_network.question import NetworkData
from copos.reformulation.linear_network.search import best_network, roundings
from copos.support.choices import Lift
from copos.support.given import numbers, real_number, within_doubles
from copos.support.threads import on_one_blas_thread

Matrix = NDArray[Any]

ILL = 1e4  # condition of the inputs' Gram matrix, in units of their own, from which their coordinates are changed


@on_one_blas_thread
@within_doubles("X and Y")
def linear_network(
    X: ArrayLike,
    Y: ArrayLike,
    widths: Sequence[int],
    lift: Lift = "auto",
    strengthen: Collection[str] = (),
    trace_bound: float | None = None,
    weights: ArrayLike | None = None,
    *,
    sample_weight: ArrayLike | None = None,
    output_weight: ArrayLike | None = None,
    loss: str | Loss = "squared",
    ridge: float | Fraction = 0.0,
    weight_decay: float | Fraction = 0.0,
    constraints: MatrixConstraints | None = None,
    intercept: bool = False,
) -> CompletelyPositiveProgram:
    """Min Σ w ρ(W_L ⋯ W_1 X − Y) + μ‖W‖² + (λ/2)Σ‖W_i‖²  =  min <C, Y>, Y ∈ CP(K): the lift of a deep linear network.

    Parameters
    ----------
    X : (d_in, samples) inputs
    Y : (d_out, samples) targets
    widths : layer widths (d_in, h_1, …, h_{L−1}, d_out); their minimum is the rank of W, their number matters for
        `weight_decay` only
    lift : "factor" (the cone R_+ × S^n_+ × S^n_+ × S^n_+, n = d_in + d_out), "projection" (compact, on the output
        side), "projection-input", "projection-both", "minors" (W alone, for rank one), "factor-moments"
        (T = vec U (vec V)' for W = UV'), or "auto": the smallest that is expected to be tight, with its strengthenings
        unless some are named; the program's `notes` say why
    strengthen : names in `STRENGTHENINGS`; valid for the problem, off by default
    trace_bound : ρ for "bounded"; by default what the problem implies, for the plain loss 2√r ‖Y‖_F / σ_min(X), σ_min
        the smallest nonzero singular value. A value given here is taken at your word: it must be at least
        tr Z = 2‖W‖_* of some optimal W
    weights : (d_out, samples) nonnegative weights of the errors; zero means that a target is missing
    sample_weight, output_weight : (samples,) and (d_out,) nonnegative factors of the weights
    loss : "squared", "absolute" or a `copos.Loss`, for instance Loss("huber", delta=1.0)
    ridge : μ ≥ 0
    weight_decay : λ ≥ 0; (λ/2) Σ‖W_i‖² is λ‖W‖_* for two layers and (λL/2) Σ σ_j(W)^{2/L} for L; factor lift
    constraints : linear equations and inequalities on the matrix W
    intercept : add a free intercept b to the outputs, W x + b; squared loss only

    All numbers are taken exactly: doubles at their dyadic values, Fractions and Decimals as written.

    Returns
    -------
    CompletelyPositiveProgram
        Its size depends on d_in and d_out only (and on the samples where the loss is not squared). `recover` returns a
        `LinearNetwork` with the given widths.

    Raises
    ------
    ValueError
        If shapes, widths or names do not fit, data are empty or not finite, or a combination is not valid for the
        problem; the message says why.

    References
    ----------
    [Burer2009], [BaiMitchellPang2016]; closed form of the plain optimum [BaldiHornik1989].

    Examples
    --------
    >>> program = linear_network(np.eye(2), np.diag([2.0, 1.0]), widths=[2, 1, 2], lift="factor")
    >>> program.cone.dim                     # x_0, Z and P of order 4, Q and one entry of P eliminated
    20
    """
    X, Y = _data(X, Y)
    widths = _widths(widths, X, Y)
    rho = loss if isinstance(loss, Loss) else Loss(loss)
    if intercept and rho.kind != "squared":
        raise ValueError(f"an intercept needs the squared loss; for the {rho.kind} loss add a row of ones to X")
    penalty, decay = _penalties(ridge, weight_decay, len(widths) - 1)
    tables = Tables(X, Y, *_three_weights(Y, weights, sample_weight, output_weight), penalty, bool(intercept))
    problem = _problem(tables, widths, rho, decay, constraints)
    chosen = choose_lift(problem, lift, strengthen, trace_bound)
    coordinates = _coordinates(problem, chosen)
    lifted, objective = _lifted(problem, coordinates, chosen, trace_bound)
    cone = lifted.cone
    one = sp.coo_array(([1.0], ([0], [0])), shape=(cone.ambient, cone.ambient))

    def in_coordinates(network: LinearNetwork | ArrayLike) -> Matrix:
        W = network.matrix if isinstance(network, LinearNetwork) else np.asarray(network, dtype=float)
        if W.shape != problem.shape:
            raise ValueError(f"expected a {len(Y)}×{len(X)} matrix or a network of that shape, got {W.shape}")
        return coordinates.at.forward(W)

    def network_atom(network: LinearNetwork | ArrayLike) -> Matrix:
        return lifted.atom(in_coordinates(network))

    exact = lifted.exact_atom

    def exact_atom(network: LinearNetwork | ArrayLike) -> Sequence[Fraction]:
        assert exact is not None
        return exact(in_coordinates(network))

    def recover(moments: Matrix) -> Recovered:
        network, value, ends = best_network(problem, coordinates, widths, list(roundings(moments, lifted.W)))
        if network is None:
            return Recovered(None, np.inf, np.full(cone.ambient, np.nan))
        return Recovered(network, value, network_atom(network), *ends)

    asked = question.asked(problem, widths)
    plain = problem.loss.kind == "squared" and problem.constraints is None and not problem.decay
    factors = coordinates if plain and chosen.lift in ("minors", "factor-moments") else None
    averaged = factors is not None and chosen.lift == "factor-moments"
    data = NetworkData(problem, asked, chosen.automatic, factors, averaged)
    bounds = lifted.bounds if trace_bound is None else {**lifted.bounds, "assumed": 1}
    return CompletelyPositiveProgram(
        cone.with_unit(np.r_[1.0, np.zeros(cone.ambient - 1)]),
        objective,
        [(one, 1.0)],
        lifted.vanishing,
        _name(problem, widths, chosen),
        recover,
        network_atom,
        assumed_forms=lifted.assumed_form,
        exact_atom=None if exact is None else exact_atom,
        notes=chosen.reason if trace_bound is None else f"tr Z ≤ {trace_bound} is taken at your word",
        assumed="" if trace_bound is None else f"tr Z ≤ {trace_bound} for the balanced factors of some optimal network",
        question=question.lifted(asked, chosen, coordinates, cone, bounds),
        known=Known("linear network", data, exact=chosen.automatic and problem.plain, first=chosen.automatic),
        tables=question.tables(problem),
    )


@on_one_blas_thread
@within_doubles("X and Y")
def svd_value(X: ArrayLike, Y: ArrayLike, rank: int) -> float:
    """min{‖WX − Y‖²_F : rank W ≤ r} = ‖Y‖² − Σ_{i≤r} σ_i(Y X⁺X)²  [BaldiHornik1989, Fact 4].

    >>> svd_value(np.eye(2), np.diag([2.0, 1.0]), 1)
    1.0
    """
    X, Y = _data(X, Y)
    if not isinstance(rank, (int, np.integer)) or rank < 0:
        raise ValueError(f"rank must be an integer ≥ 0, got {rank!r}")
    tables = Tables(X, Y)
    found = closed_form(tables, int(rank)) if rank else None
    W = np.zeros((len(Y), len(X))) if found is None else found[0] @ found[1]
    return nearest(tables.loss.value(W))


def loss_above(program: CompletelyPositiveProgram, W: ArrayLike) -> float:
    """The loss of a matrix on the table that a program was made from, exactly and then rounded up.

    >>> loss_above(linear_network(np.eye(2), np.diag([2.0, 1.0]), [2, 1, 2]), np.diag([2.0, 0.0]))
    1.0
    """
    assert program.known is not None
    return rounded_up(program.known.data.problem.exact_value([np.asarray(W, dtype=float)]))


def _lifted(
    problem: NetworkProblem, coordinates: LowRankLoss, chosen: Chosen, trace_bound: float | None
) -> tuple[MatrixLift, Forms]:
    """The cone with everything around it, and the objective."""
    rank = min(problem.rank, *coordinates.H.shape)
    inner = replace(problem, rank=rank)
    value = problem.value_bound()
    if chosen.lift == "factor":
        bound = _trace_bound(inner, coordinates, chosen.strengthen, trace_bound)
        lifted = factor_lift(coordinates.H.shape, rank, bound, "bounded" in chosen.strengthen, chosen.strengthen)
    elif chosen.lift == "minors":
        lifted = minors_lift(coordinates.H.shape)
    elif chosen.lift == "factor-moments":
        lifted = factor_moments_lift(coordinates.H.shape, rank)
    else:
        sides = {"projection": ["output"], "projection-input": ["input"]}.get(chosen.lift, ["output", "input"])
        if chosen.lift == "projection" and "whiten" in chosen.strengthen and len(problem.Y) > len(problem.X):
            sides = ["input"]
        lifted = projection_lift(coordinates.H.shape, rank, sides, "minors" in chosen.strengthen)
    terms = []
    if problem.constraints is not None:
        lifted = network_layers.constrained(lifted, problem.constraints)
    if problem.decay and problem.depth > 2:
        lifted, form = network_layers.power_chain(lifted, inner, value)
        terms.append(form)
    elif problem.decay:
        terms.append(network_layers.nuclear_norm(lifted, inner))
    if problem.loss.kind != "squared":
        lifted, form = network_layers.split_errors(lifted, problem, value)
        terms.append(form)
    N = lifted.cone.ambient
    terms = [coordinates.form(lifted.W, N), *(form.widened(N) for form in terms)]
    return lifted, Forms.stack(terms).combine(np.ones(len(terms)))


def _trace_bound(
    problem: NetworkProblem, coordinates: LowRankLoss, strengthen: frozenset[str], given: float | None
) -> Fraction | None:
    """ρ of tr Z ≤ ρ in the coordinates of the lift; None where none is known and none is needed."""
    if given is not None:
        if not np.isfinite(given) or given <= 0:
            raise ValueError(f"trace_bound must be a positive number, got {given}")
        return Fraction(given)
    if "whiten" in strengthen and not problem.decay:
        mu = curvature(coordinates.exact.G[0], dependent=True)
        assert mu is not None  # G is the identity there, to rounding
        return short_above(root_up(4 * problem.rank * Fraction(coordinates.exact.constant) / mu))
    try:
        return short_above(problem.trace_bound())
    except ValueError:
        if "bounded" in strengthen:
            raise
        return None


def _coordinates(problem: NetworkProblem, chosen: Chosen) -> LowRankLoss:
    """The loss in coordinates that suit a solver; whatever they are, they are known exactly."""
    loss = problem.quadratic
    if "whiten" in chosen.strengthen:
        if problem.constraints is not None:
            raise ValueError(
                "'whiten' rotates W, and the constraints are on its entries: leave one of the two out"
            )
        if problem.loss.kind != "squared":
            raise ValueError(f"'whiten' needs the squared loss; the {problem.loss.kind} loss is not a form in XX'")
        return loss.rotated() if problem.decay else loss.whitened()
    # a change of the inputs' coordinates keeps the rank of W and its range, not its singular values or its entries
    free = chosen.lift in ("projection", "minors", "factor-moments")
    free = free and problem.loss.kind == "squared" and problem.constraints is None
    if not free or (chosen.automatic and problem.plain) or not loss.total().any():
        return loss
    return loss.conditioned() if condition(loss.total()) > ILL else loss


def _name(problem: NetworkProblem, widths: Sequence[int], chosen: Chosen) -> str:
    parts = [f"linear network {'-'.join(map(str, widths))}"]
    if problem.tables.intercept:
        parts.append("intercept")
    if problem.loss.kind != "squared":
        parts.append(f"{problem.loss.kind} loss")
    if problem.constraints is not None:
        parts.append(problem.constraints.name)
    name = f"{', '.join(parts)}, {chosen.lift} lift"
    if chosen.strengthen:
        name += " + " + ", ".join(s for s in STRENGTHENINGS if s in chosen.strengthen)
    return name


def _three_weights(
    Y: Matrix, weights: ArrayLike | None, sample_weight: ArrayLike | None, output_weight: ArrayLike | None
) -> tuple[Matrix | None, Matrix | None, Matrix | None]:
    """Weights of entries, samples and outputs, checked; None where all are 1."""
    samples = None if sample_weight is None else _factor(sample_weight, Y.shape[1], "sample_weight")
    outputs = None if output_weight is None else _factor(output_weight, len(Y), "output_weight")
    return _weights(weights, Y), samples, outputs


def _penalties(ridge: Any, weight_decay: Any, depth: int) -> tuple[Rational, Rational]:
    """(μ, λ), checked; the decay of one layer is a ridge."""
    for name, number in (("ridge", ridge), ("weight_decay", weight_decay)):
        real_number(number, name, least=0)
    mu, decay = rational(ridge), rational(weight_decay)
    return (rational(mu + Fraction(decay) / 2), 0) if depth == 1 else (mu, decay)


def _problem(
    tables: Tables, widths: tuple[int, ...], loss: Loss, decay: Rational, constraints: MatrixConstraints | None
) -> NetworkProblem:
    """The checked problem."""
    shape = len(tables.Y), len(tables.X)
    if constraints is not None and constraints.shape != shape:
        raise ValueError(f"constraints are on {constraints.shape} matrices, but W is {shape[0]}×{shape[1]}")
    problem = NetworkProblem(tables, min(widths), loss, decay, len(widths) - 1, constraints)
    if not problem.exact_weights.any():
        raise ValueError("all weights are zero")
    return problem


def _numbers(given: ArrayLike) -> Matrix:
    """An array of doubles, or of rationals as objects; NaN where a double is infinite, so that no comparison holds."""
    array = numbers(given, "weights", text=True)
    exact = exact_array(array)
    if exact is not None:
        return exact
    array = np.asarray(array, dtype=float)
    return np.where(np.isfinite(array), array, np.nan)


def _factor(given: ArrayLike, length: int, name: str) -> Matrix:
    w = _numbers(given)
    if w.shape != (length,) or not ((w >= 0).all() and w.any()):
        raise ValueError(f"{name} must be {length} finite nonnegative numbers, not all zero; got shape {w.shape}")
    return w


def _weights(weights: ArrayLike | None, Y: Matrix) -> Matrix | None:
    if weights is None:
        return None
    w = _numbers(weights)
    if w.shape != Y.shape:
        raise ValueError(f"weights must have the shape {Y.shape} of Y, got {w.shape}")
    if not ((w >= 0).all() and w.any()):
        raise ValueError("weights must be finite, nonnegative and not all zero")
    return w


def _data(X: ArrayLike, Y: ArrayLike) -> tuple[Matrix, Matrix]:
    X, Y = (_table(M, name) for M, name in ((X, "X"), (Y, "Y")))
    for name, M in (("X", X), ("Y", Y)):
        if M.ndim != 2 or 0 in M.shape:
            raise ValueError(f"{name} must be a nonempty matrix (dimension × samples), got shape {M.shape}")
        if M.dtype != object and not np.isfinite(M).all():
            raise ValueError(f"{name} has {np.isnan(M).sum()} NaN and {np.isinf(M).sum()} infinite entries")
    if X.shape[1] != Y.shape[1]:
        raise ValueError(f"X has {X.shape[1]} samples (columns), Y has {Y.shape[1]}")
    return X, Y


def _table(given: ArrayLike, name: str) -> Matrix:
    array = numbers(given, name, text=True)
    exact = exact_array(array)
    return np.asarray(array, dtype=float) if exact is None else exact


def _widths(widths: Sequence[int], X: Matrix, Y: Matrix) -> tuple[int, ...]:
    given = tuple(widths)
    if len(given) < 2 or any(not isinstance(h, (int, np.integer)) or isinstance(h, bool) or h < 1 for h in given):
        raise ValueError(f"widths must be at least two integers ≥ 1 (d_in, …, d_out), got {list(given)}")
    if given[0] != len(X) or given[-1] != len(Y):
        raise ValueError(
            f"widths must start with {len(X)} (rows of X) and end with {len(Y)} (rows of Y), got {list(given)}"
        )
    return tuple(int(h) for h in given)
