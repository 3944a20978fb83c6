"""The training problem as a ConicForm, and the network of a conic solution: the cross-check by general solvers.

Variables are, for every output, svec Z, svec Z' of every pool and the intercept; then those of the loss
(`copos.losses.conic_rows`).
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from copos.arithmetic import svec
from copos.conic import Cones, ConicForm, Solution
from copos.losses.conic_rows import joined, loss_cone
from copos.losses.convex import Interval
from copos.polynomial.fit import decomposed
from copos.polynomial.network import PolynomialNetwork
from copos.polynomial.normal_equations import lifted_rows
from copos.polynomial.problem import TrainingProblem

Array = NDArray[np.float64]


def conic_form(program: TrainingProblem) -> ConicForm:
    """The program for a general conic solver; variables per output are svec Z, Z' of every pool and b.

    For the squared loss the rows are a triangular factor of the lifted data, so that there are at most as many as
    lifted features, not as samples.

    Raises
    ------
    ValueError
        For the logistic and multinomial losses, which need the exponential cone.
    """
    loss = program.loss
    if not isinstance(loss, Interval):
        raise ValueError(f"the loss {program.loss_name} needs the exponential cone, which a ConicForm does not have")
    rows = lifted_rows(program.lift)
    G, n, _ = rows.shape
    A = np.concatenate([part for g in range(G) for part in (rows[g], -rows[g])], axis=1)  # one output
    if program.intercept:
        A = np.hstack([A, np.ones((n, 1))])
    return assembled(program, *_compressed(A, loss))


def assembled(program: TrainingProblem, maps: list[Array], bound: Interval) -> ConicForm:
    """The form whose predictions are `maps`, one for each output, of (svec Z, svec Z' of every pool, intercept)."""
    T, k, blocks = program.Y.shape[1], program.lift.order, 2 * program.patches.shape[0]
    size, width = svec.length(k), maps[0].shape[1]
    fit = loss_cone(sp.block_diag(maps, format="csr"), bound)
    E, J = _forms(program)
    one = sp.csr_array(sp.hstack([sp.eye_array(blocks * size), sp.csr_array((blocks * size, width - blocks * size))]))
    trace = sp.csr_array(sp.kron(sp.eye_array(blocks), J[None])) if J is not None else sp.csr_array((0, blocks * size))
    A_one = sp.vstack([trace @ one, -one])
    zero = trace.shape[0]
    cost = np.r_[np.tile(program.beta * E, blocks), np.zeros(width - blocks * size)]
    form = ConicForm(cost, sp.csc_array(A_one), np.zeros(A_one.shape[0]), Cones(zero, psd=(k,) * blocks))
    total = fit.form.shape[1]
    places = [np.arange(total), *(t * width + np.arange(width) for t in range(T))]
    return joined([fit.form, *[form] * T], places, total)[0]


def _compressed(A: Array, loss: Interval) -> tuple[list[Array], Interval]:
    """The map of every output and the loss of their stacked rows; of a plain square loss a triangular factor."""
    T, n = loss.Y.shape[1], len(A)
    unbounded = np.isinf(loss.low).all() and np.isinf(loss.high).all()
    if not (unbounded and np.all(loss.kappa > 0) and n > A.shape[1] + 1):
        Y, kappa, low, high = (v.T.reshape(-1, 1) for v in (loss.Y, loss.kappa, loss.low, loss.high))
        return [A] * T, Interval(Y, kappa, low, high)
    factors = [
        np.asarray(np.linalg.qr(np.column_stack([A, loss.Y[:, t]]) / np.sqrt(loss.kappa[:, [t]]), mode="r"))
        for t in range(T)
    ]
    right = np.concatenate([R[:, -1] for R in factors])[:, None]
    ones = np.ones_like(right)
    return [R[:, :-1] for R in factors], Interval(right, ones, -np.inf * ones, np.inf * ones)


def _forms(program: TrainingProblem) -> tuple[Array, Array | None]:
    """Svecs of E, which is charged β, and of J, whose value is 0 (None without a linear term)."""
    k = program.lift.order
    if not program.activation.lifted:
        return svec.svec(np.eye(k)), None
    E = np.zeros((k, k))
    E[-1, -1] = 1.0
    return svec.svec(E), svec.svec(np.diag(np.append(np.ones(k - 1), -1.0)))


def recover(program: TrainingProblem, solution: Solution, truncate: float = 1e-4) -> PolynomialNetwork:
    """Network of the matrices in a conic solution, without columns below `truncate` of the largest."""
    G, k = program.patches.shape[0], program.lift.order
    size, T = svec.length(k), program.Y.shape[1]
    z = solution.x[: T * (2 * G * size + program.intercept)].reshape(T, -1)
    Z = svec.smat(z[:, : 2 * G * size].reshape(T, G, 2, size))
    return of_matrices(program, Z, z[:, -1] if program.intercept else np.zeros(T), truncate)


def of_matrices(program: TrainingProblem, Z: Array, bias: Array, truncate: float) -> PolynomialNetwork:
    """Network of matrices (outputs, pools, 2, k, k), without columns below `truncate` of the largest."""
    values, vectors = np.linalg.eigh(0.5 * (Z + Z.swapaxes(-1, -2)))
    V = vectors * np.sqrt(np.maximum(values, 0.0))[..., None, :]
    length = np.sqrt(np.maximum(values, 0.0))
    keep = length > truncate * length.max()
    parts = [
        (g, t, 1.0 - 2.0 * s, V[t, g, s][:, keep[t, g, s]]) for t, g, s in np.ndindex(V.shape[:3])
    ]  # fmt: skip
    return decomposed(program, parts, bias)
