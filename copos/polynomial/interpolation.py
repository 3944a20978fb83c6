"""Samples at the kink of a loss: a factor that has lost columns is moved until they are met again.

At an optimum the samples whose multiplier is between its bounds are met exactly, F_i = y_i. Columns too small to be
neurons still carry residuals of the size of rounding times |V|², and there may be hundreds of such samples, each of
which costs its whole slope. The shortest step on the constraint set that meets them loses the second order only.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from copos.losses.convex import Interval
from copos.polynomial.newton import Iterate, Task, evaluate, rescaled
from copos.polynomial.normal_equations import definite, refined

Array = NDArray[np.float64]
MARGIN = 1e-3  # of the distance of its bounds that a multiplier stays away from them at a kink
STEPS = 4


def interpolated(task: Task, at: Iterate, nu: Array) -> Iterate:
    """The iterate, or one that meets the samples at the kink by ν (n, 1) and has a smaller objective."""
    loss = task.loss
    assert isinstance(loss, Interval)
    margin = MARGIN * (loss.high - loss.low)
    rows = np.flatnonzero(((loss.kappa == 0) & (nu > loss.low + margin) & (nu < loss.high - margin))[:, 0])
    (k, R), start = at.V.shape, at.columns.starts
    if not 0 < len(rows) <= k * R:
        return at
    for _ in range(STEPS):
        response = task.lift.respond(at.V, at.columns)
        J = task.lift.jacobian(response, np.arange(R), rows) * at.columns.sign[:, None]
        A = [J.reshape(len(rows), R * k)]
        if task.lift.activation.lifted:
            normal = np.concatenate([at.V[:-1], -at.V[-1:]]).T
            A.append(((at.columns.block == np.arange(len(start))[:, None])[:, :, None] * normal).reshape(-1, R * k))
        A = np.concatenate(A)
        if task.intercept:
            A = np.column_stack([A, np.r_[np.ones(len(rows)), np.zeros(len(A) - len(rows))]])
        right = np.zeros(len(A))
        right[: len(rows)] = (loss.Y - at.F)[rows, 0]
        try:
            step = A.T @ refined(definite(lambda A=A: A @ A.T), lambda x, A=A: A @ (A.T @ x))(right)
        except np.linalg.LinAlgError:
            break
        V = rescaled(task, at.V + step[: R * k].reshape(R, k).T, at.columns)
        new = evaluate(task, V, at.columns, at.intercept + (step[-1] if task.intercept else 0.0))
        if not new.objective < at.objective:
            break
        at = new
    return at
