"""Training of a polynomial network written for cvxpy, with any of the losses.

A ConicForm has no exponential cone, so that the logistic and the multinomial loss reach general solvers here. For the
other losses it is a second way beside `PolynomialNetworkProgram.conic_form`. Needs the extra `copos[cvxpy]`.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic import svec
from copos.losses.convex import Interval, Logistic, Loss
from copos.polynomial.conic import of_matrices
from copos.polynomial.network import PolynomialNetwork
from copos.polynomial.normal_equations import lifted_rows
from copos.polynomial.program import PolynomialNetworkProgram
from copos.support.looks import one_line

Array = NDArray[np.float64]


@one_line
@dataclass(frozen=True, eq=False)
class CvxpyTraining:
    """The problem, its matrices Z and Z' per output and pool (outputs, pools, 2), and the intercepts."""

    program: PolynomialNetworkProgram
    problem: Any
    matrices: list[list[tuple[Any, Any]]]
    intercept: Any | None

    def network(self, truncate: float = 1e-4) -> PolynomialNetwork:
        """Network of the solved problem, without factor columns below `truncate` of the largest.

        Raises
        ------
        ValueError
            If the problem has no solution yet.
        """
        if self.problem.value is None:
            raise ValueError(f"the problem has no solution (status {self.problem.status}); call problem.solve first")
        Z = np.array([[[M.value for M in pair] for pair in output] for output in self.matrices])
        bias = np.zeros(len(Z)) if self.intercept is None else np.asarray(self.intercept.value, dtype=float)
        return of_matrices(self.program, Z, bias, truncate)


def training_problem(program: PolynomialNetworkProgram) -> CvxpyTraining:
    """The program of `copos.polynomial_network` in cvxpy's variables: one prediction per sample, all losses.

    Parameters
    ----------
    program : PolynomialNetworkProgram

    Returns
    -------
    CvxpyTraining
        `problem` for `problem.solve(solver=…)`, `network()` for its answer.

    Raises
    ------
    ImportError
        Without cvxpy.

    Examples
    --------
    >>> import copos
    >>> X = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [1.0, -1.0], [2.0, 0.5], [0.3, -1.5]])
    >>> y = np.array([1.0, 1.0, 1.0, -1.0, 1.0, -1.0])
    >>> program = copos.polynomial_network(X, y, beta_ratio=0.1, loss="logistic")
    >>> training = training_problem(program)
    >>> bool(abs(training.problem.solve(solver="CLARABEL") / program.train(1e-8).objective - 1) < 1e-6)
    True
    """
    cp: Any = import_module("cvxpy")
    rows, k, T = lifted_rows(program.lift), program.lift.order, program.Y.shape[1]
    G, n, _ = rows.shape
    flat = svec.smat(rows).reshape(G, n, k * k)
    matrices, constraints, penalty, outputs = [], [], 0.0, []
    bias = cp.Variable(T) if program.intercept else None
    for t in range(T):
        pairs = [(cp.Variable((k, k), PSD=True), cp.Variable((k, k), PSD=True)) for _ in range(G)]
        F = sum(flat[g] @ cp.vec(up - down, order="C") for g, (up, down) in enumerate(pairs))
        outputs.append(F if bias is None else F + bias[t])
        for Z in (Z for pair in pairs for Z in pair):
            if program.activation.lifted:
                constraints.append(cp.trace(Z) == 2 * Z[k - 1, k - 1])
                penalty += Z[k - 1, k - 1]
            else:
                penalty += cp.trace(Z)
        matrices.append(pairs)
    value, rest = _loss(cp, program.loss, outputs)
    problem = cp.Problem(cp.Minimize(value + program.beta * penalty), constraints + rest)
    return CvxpyTraining(program, problem, matrices, bias)


def _loss(cp: Any, loss: Loss, outputs: list[Any]) -> tuple[Any, list[Any]]:
    """The loss of predictions (one expression per output) and the constraints of its own variables."""
    if isinstance(loss, Interval):
        return _interval(cp, loss, outputs)
    weights = getattr(loss, "weights")[:, 0]  # noqa: B009 (the protocol does not promise it)
    if isinstance(loss, Logistic):
        return sum(weights @ cp.logistic(cp.multiply(-loss.Y[:, t], F)) for t, F in enumerate(outputs)), []
    table = cp.vstack(outputs).T
    return weights @ (cp.log_sum_exp(table, axis=1) - cp.sum(cp.multiply(loss.Y, table), axis=1)), []


def _interval(cp: Any, loss: Interval, outputs: list[Any]) -> tuple[Any, list[Any]]:
    """Min (r − p + q)²/2κ + high·p − low·q over p, q ≥ 0, with p and q only where their bound is finite."""
    total, constraints = 0.0, []
    for t, F in enumerate(outputs):
        kappa, low, high = loss.kappa[:, t], loss.low[:, t], loss.high[:, t]
        r = F - loss.Y[:, t]
        for end, sign in ((high, 1.0), (-low, -1.0)):
            where = np.flatnonzero(np.isfinite(end))
            if len(where):
                p = cp.Variable(len(where), nonneg=True)
                r = r - sign * (np.eye(len(end))[:, where] @ p)
                total += end[where] @ p
        curved = kappa > 0
        if curved.any():
            total += 0.5 * cp.sum_squares(cp.multiply(1 / np.sqrt(kappa[curved]), r[curved]))
        if not curved.all():
            constraints.append(r[~curved] == 0)
    return total, constraints
