"""Feasible networks: local search from roundings of a relaxation and from random starts.

Squared errors without constraints: alternating least squares, or L-BFGS over the layers if they decay. Everything else:
alternating convex programs, one layer at a time with the others fixed, which keeps every iterate feasible.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from copos.reformulation.linear_network.alternating import alternating, diagonals
from copos.reformulation.linear_network.low_rank import (
    LinearNetwork,
    LowRankLoss,
    closed_form,
    closed_forms,
    joined,
    layers,
    split,
)
from copos.reformulation.linear_network.problem import NetworkProblem

Matrix = NDArray[Any]

BATCH_STARTS = 64  # random starts where all are run at once
POLISHED = 2000  # entries of W times the rank up to which dense least squares polish what a batch has found
RANDOM_STARTS = {"least squares": 6, "layers": 4, "convex": 3}
SWEEPS = 500  # after which a random start has ended, wherever it is
SAME = 1e-6  # of the best loss: a start that ends by more above it has missed it
NOTHING = 1e-12  # of the loss of W = 0: a best loss below it is rounding


class Ends(NamedTuple):
    """Random starts that were run to their ends, and the share of them that missed the best value found."""

    starts: int = 0
    missed: float | None = None

    @classmethod
    def of(cls, values: Matrix, best: float, constant: float) -> Ends:
        """Of values without the loss at W = 0, which is `constant`.

        >>> Ends.of(np.array([-4.0, -4.0, -1.0, -4.0]), -4.0, 5.0)
        Ends(starts=4, missed=0.25)
        """
        least = SAME * max(best + constant, NOTHING * constant)
        return cls(len(values), float((values - best > least).mean()))


class Found(NamedTuple):
    """The best feasible network, its value, and how random starts ended."""

    network: LinearNetwork | None
    value: float
    ends: Ends = Ends()


def roundings(moments: Matrix, W: Matrix, count: int = 3) -> Iterator[Matrix]:
    """Matrices read off Y: the mean y(x_0 W), then the leading directions of Y in (x_0, W), as points with x_0 = 1.

    Where several atoms are optimal the mean is a compromise between them, and a leading direction is one of them.
    None are read off an empty Y.
    """
    if not moments.size:
        return
    with np.errstate(all="ignore"):
        Y = moments / moments[0, 0]
    if not np.isfinite(Y).all():
        return
    yield Y[0][W]
    at = np.r_[0, W.ravel()]
    values, vectors = np.linalg.eigh(Y[np.ix_(at, at)])
    for k in range(1, 1 + min(count, len(at))):
        v = vectors[:, -k] * np.sqrt(max(values[-k], 0.0))
        scale = v[0] if abs(v[0]) > 1e-3 * np.abs(v).max() else 1.0
        yield (v[1:] / scale).reshape(W.shape)


def best_network(
    problem: NetworkProblem,
    coordinates: LowRankLoss,
    widths: Sequence[int],
    starts: Sequence[Matrix],
    rng: np.random.Generator | None = None,
) -> Found:
    """The best feasible network found and its value, from starts V; None and inf if none led to a feasible matrix."""
    rng = np.random.default_rng(0) if rng is None else rng
    if problem.loss.kind == "squared" and problem.constraints is None and not problem.decay:
        rows, columns = coordinates.at.shape
        ends, pairs = Ends(), list[tuple[Matrix, Matrix]]()
        try:
            pairs = closed_forms(problem.tables, problem.rank)
            if not pairs:
                found = list(_least_squares(problem, coordinates, list(starts), rng))
                pairs, ends = [(A, B) for A, B, _ in found], found[0][-1] if found else ends
        except OverflowError:  # weights beyond the doubles; W = 0 has every rank
            pairs = []
        pairs = pairs or [(np.zeros((rows, 1)), np.zeros((1, columns)))]
        # weights in doubles: the pair whose product loses least by that
        network, value = min(
            ((n, problem.value(n.matrix)) for n in (joined(*pair, widths) for pair in pairs)), key=lambda item: item[1]
        )
        return Found(replace(network, bias=problem.tables.bias(network.matrix)), value, ends)
    W, value = _best_matrix(problem, [coordinates.at.backward(V) for V in starts], rng)
    if W is None:
        return Found(None, np.inf)
    # decay wants balanced layers; otherwise the product should be W as exactly as it may be
    return Found(layers(W, widths) if problem.decay else joined(*split(W, problem.rank), widths), value)


STEADY = 1e-9  # share of the largest below which a direction of the inputs may be left out


def _least_squares(
    problem: NetworkProblem, loss: LowRankLoss, starts: list[Matrix], rng: np.random.Generator
) -> Iterator[tuple[Matrix, Matrix, Ends]]:
    """Pairs (A, B) of W = AB by alternating least squares in coordinates that suit the inputs, and how starts ended.

    Where these are ill-conditioned also a pair without directions which the inputs hardly have: an optimum with weights
    of 10^15 there does not survive their rounding.
    """
    ill = loss.at.S is not None
    for one, rcond in ((loss, None), *(((problem.quadratic, STEADY),) if ill else ())):
        unit, D = one.balanced()
        first = [V / D for V in starts] if one is loss else []
        V, ends = _alternating(unit, problem.rank, [V for V in first if np.isfinite(V).all()], rng, rcond)
        V = V * D
        if np.isfinite(V).all():
            A, B = split(V / D, problem.rank)
            yield one.at.left(A), one.at.right(B * D), ends


def _alternating(
    loss: LowRankLoss, rank: int, starts: list[Matrix], rng: np.random.Generator, rcond: float | None
) -> tuple[Matrix, Ends]:
    """A short run from everywhere, a long one from the best two."""
    size = np.linalg.norm(starts[0]) / np.sqrt(starts[0].size) if starts and np.any(starts[0]) else 1.0
    tau = diagonals(loss.G)
    if tau is not None and rcond is None:
        return _batch(loss, tau, rank, starts, rng)
    starts = starts + [size * rng.standard_normal(loss.H.shape) for _ in range(RANDOM_STARTS["least squares"])]
    short = sorted((loss.polish(V, rank, 40, rcond=rcond) for V in starts), key=loss.value)
    return min((loss.polish(V, rank, rcond=rcond) for V in short[:2]), key=loss.value), Ends()


def _batch(
    loss: LowRankLoss, tau: Matrix, rank: int, starts: list[Matrix], rng: np.random.Generator
) -> tuple[Matrix, Ends]:
    """The same from many random starts at once, where the Gram matrices are diagonal; all of them go to their ends."""
    rank = min(rank, *loss.H.shape)  # no matrix has more
    given = [np.linalg.svd(V, full_matrices=False)[2][:rank].T for V in starts]
    factors = np.concatenate([*(V[None] for V in given), rng.standard_normal((BATCH_STARTS, loss.H.shape[1], rank))])
    short = alternating(tau, loss.H, factors, 40)
    first = np.argsort(short.values)[:2]
    found = alternating(tau, loss.H, short.V[first], 5000)
    U, V, best = (part[np.argmin(found.values)] for part in found)
    ends = alternating(tau, loss.H, short.V[len(given) :], SWEEPS).values
    W = U @ V.T
    W = W if W.size * rank > POLISHED else min(W, loss.polish(W, rank), key=loss.value)
    return W, Ends.of(ends, min(float(best), float(ends.min())), loss.constant)


def _best_matrix(
    problem: NetworkProblem, starts: list[Matrix], rng: np.random.Generator
) -> tuple[Matrix | None, float]:
    quadratic = problem.quadratic
    kind = "layers" if problem.loss.kind == "squared" and problem.constraints is None else "convex"
    size = np.linalg.norm(starts[0]) / np.sqrt(starts[0].size) if starts and np.any(starts[0]) else 1.0
    starts += [size * rng.standard_normal(problem.shape) for _ in range(RANDOM_STARTS[kind])]
    if kind == "layers":
        found = [_descend(problem, quadratic, W) for W in starts]
        pair = closed_form(problem.tables, problem.rank)
        found += [np.zeros(problem.shape)] + ([] if pair is None else [_descend(problem, quadratic, pair[0] @ pair[1])])
    else:
        found = [W for start in starts for W in [_alternate(problem, start)] if W is not None]
        found += [np.zeros(problem.shape)]
    return _best(problem, found)


def _best(problem: NetworkProblem, found: list[Matrix]) -> tuple[Matrix | None, float]:
    feasible = [W for W in found if problem.feasible(W)]
    if not feasible:
        return None, np.inf
    best = min(feasible, key=problem.value)
    return best, problem.value(best)


def _descend(problem: NetworkProblem, quadratic: LowRankLoss, W: Matrix) -> Matrix:
    """L-BFGS on f(W_L ⋯ W_1) + (λ/2) Σ‖W_i‖² from the balanced layers of W."""
    from scipy import optimize  # slow to import, and few programs come here

    (d_out, d_in), r, L = problem.shape, problem.rank, problem.depth
    widths = (d_in, *(r,) * (L - 1), d_out)
    shapes = [(widths[k + 1], widths[k]) for k in range(L)]
    ends = np.cumsum([0, *(a * b for a, b in shapes)])

    def unpack(v: Matrix) -> list[Matrix]:
        return [v[ends[k] : ends[k + 1]].reshape(shapes[k]) for k in range(L)]

    def objective(v: Matrix) -> tuple[float, Matrix]:
        W = unpack(v)
        before = [np.eye(d_in)]  # W_{i−1} ⋯ W_1
        for M in W:
            before.append(M @ before[-1])
        slope = 2 * (np.einsum("ia,iab->ib", before[-1], quadratic.G) - quadratic.H)
        grads, after = [], np.eye(d_out)  # W_L ⋯ W_{i+1}
        for M, B in zip(W[::-1], before[-2::-1], strict=True):
            grads.append((after.T @ slope @ B.T + float(problem.decay) * M).ravel())
            after = after @ M
        return quadratic.value(before[-1]) + float(problem.decay) / 2 * float(v @ v), np.concatenate(grads[::-1])

    start = np.concatenate([M.ravel() for M in layers(W, widths).weights])
    options = {"maxiter": 3000, "maxfun": 5000, "ftol": 1e-15, "gtol": 1e-9}
    v = optimize.minimize(objective, start, method="L-BFGS-B", jac=True, options=options).x
    out = np.eye(d_in)
    for M in unpack(v):
        out = M @ out
    return out


def _alternate(problem: NetworkProblem, W: Matrix, sweeps: int = 60, tolerance: float = 1e-9) -> Matrix | None:
    """One layer after the other by a convex program; None if the first layers admit no feasible one."""
    (d_out, d_in), r = problem.shape, problem.rank
    L = max(problem.depth, 2) if problem.decay else 2
    weights = list(layers(W, (d_in, *(r,) * (L - 1), d_out)).weights)
    best, kept = np.inf, None
    for _ in range(sweeps):
        previous = best
        for k in [*range(L), *range(L - 2, 0, -1)]:
            before, after = np.eye(d_in), np.eye(d_out)
            for M in weights[:k]:
                before = M @ before
            for M in weights[:k:-1]:
                after = after @ M
            if not problem.decay:  # the scale of the fixed layer is free
                before, after = (_rows_of(before), after) if k else (before, _rows_of(after.T).T)
            layer = _convex_layer(problem, after, before)
            if layer is None:
                return kept
            weights[k] = layer
            if not problem.decay:
                weights = [layer, after] if k == 0 else [before, layer]
            W = after @ layer @ before
            value = problem.value(W)
            if problem.feasible(W, 1e-7) and value < best:
                best, kept = value, W
        if not best < previous - tolerance * max(1.0, abs(best)):
            break
    return kept


def _rows_of(M: Matrix) -> Matrix:
    """Orthonormal rows, as many as M has, whose span holds the rows of M."""
    return np.linalg.svd(M, full_matrices=False)[2]


def _convex_layer(problem: NetworkProblem, left: Matrix, right: Matrix) -> Matrix | None:
    """Argmin over V of the objective at W = left V right, a quadratic program."""
    shape = (left.shape[1], right.shape[0])
    T = np.kron(left, right.T)  # vec W = T vec V, row by row
    quadratic = problem.quadratic
    G = sp.block_diag(list(quadratic.G)).toarray()
    n = T.shape[1]
    P, linear = 2 * T.T @ G @ T, -2 * T.T @ quadratic.H.ravel()
    if problem.decay:
        P += float(problem.decay) * np.eye(n)
    equal, equal_b, above, above_b = np.zeros((0, n)), np.zeros(0), np.zeros((0, n)), np.zeros(0)
    if problem.constraints is not None:
        (A, equal_b), (B, above_b) = problem.constraints.equations, problem.constraints.inequalities
        equal, above = A @ T, B @ T
    if problem.loss.kind != "squared":
        delta = problem.loss.delta
        out, sample = np.nonzero(problem.all_weights)
        w, k = problem.all_weights[out, sample], len(out)
        predicted = np.einsum("kd,kdn->kn", problem.X[:, sample].T, T.reshape(*problem.shape, n)[out])
        one, extra = np.eye(k), 2 * k if delta is None else 3 * k
        # p − q (+ u) − WX = −Y
        split = np.hstack([-predicted, one, -one, *([] if delta is None else [one])])
        equal = np.vstack([np.hstack([equal, np.zeros((len(equal), extra))]), split])
        equal_b = np.r_[equal_b, -problem.Y[out, sample]]
        signs = np.hstack([np.zeros((2 * k, n)), np.eye(2 * k, extra)])
        above = np.vstack([np.hstack([above, np.zeros((len(above), extra))]), signs])
        above_b = np.r_[above_b, np.zeros(2 * k)]
        curvature = np.zeros(extra)
        curvature[2 * k :] = 2 * w if delta is not None else 0.0
        P = np.block([[P, np.zeros((n, extra))], [np.zeros((extra, n)), np.diag(curvature)]])
        slope = (1.0 if delta is None else 2 * delta) * np.r_[w, w]
        linear = np.r_[linear, slope, np.zeros(extra - 2 * k)]
    v = _quadratic_program(P, linear, equal, equal_b, above, above_b)
    return None if v is None else v[:n].reshape(shape)


def _quadratic_program(P: Matrix, q: Matrix, A: Matrix, b: Matrix, B: Matrix, h: Matrix) -> Matrix | None:
    """Argmin ½v'Pv + q'v, A v = b, B v ≥ h."""
    clarabel: Any = import_module("clarabel")  # compiled, without type stubs
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.tol_feas = settings.tol_gap_abs = settings.tol_gap_rel = 1e-11
    settings.max_threads = 1
    cones = [clarabel.ZeroConeT(len(b)), clarabel.NonnegativeConeT(len(h))]
    rows = sp.csc_matrix(np.vstack([A, -B]))
    found = clarabel.DefaultSolver(sp.csc_matrix(np.triu(P)), q, rows, np.r_[b, -h], cones, settings).solve()
    good = ("Solved", "AlmostSolved", "InsufficientProgress", "NumericalError")
    return np.array(found.x) if str(found.status) in good and np.isfinite(found.x).all() else None
