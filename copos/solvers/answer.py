"""What every adapter does with a raw triple (x, s, z): check it, scale its ray, state its values."""

from __future__ import annotations

import numpy as np

from copos.conic import ConicForm, Solution, Status, Vector

RAYS = (Status.INFEASIBLE, Status.UNBOUNDED)


class Unsupported(ValueError):
    """The request does not fit the solver: an unknown option, or a cone that it cannot hold."""


def failed(form: ConicForm, solver: str, message: str, seconds: float = 0.0) -> Solution:
    """Answer of a solver that broke down: zeros of the right shapes, values NaN."""
    m, n = form.shape
    zero = np.zeros(m)
    return Solution(Status.FAILED, np.zeros(n), zero, zero.copy(), np.nan, np.nan, solver, 0, seconds, message)


def answer(
    form: ConicForm,
    solver: str,
    status: Status,
    triple: tuple[Vector, Vector, Vector],
    *,
    iterations: int = 0,
    seconds: float = 0.0,
    message: str = "",
) -> Solution:
    """Solution from a raw triple (x, s, z); values are c'x + offset and −b'z + offset, ±inf for rays, NaN for failures.

    A ray is scaled to b'z = −1 (infeasible) or c'x = −1 (unbounded) and the unused side is zero. A claimed ray
    whose product has the wrong sign, or a triple with an entry that is not finite, is a failure, whatever the
    solver said.
    """
    m, n = form.shape
    x, s, z = (np.array(v, dtype=float).ravel() for v in triple)
    if status is Status.FAILED:
        return failed(form, solver, message, seconds)
    if status is Status.INFEASIBLE:
        x, s = np.zeros(n), np.zeros(m)
        scale = -float(form.b @ z)
        value = dual_value = np.inf
    elif status is Status.UNBOUNDED:
        z = np.zeros(m)
        scale = -float(form.c @ x)
        value = dual_value = -np.inf
    else:
        scale = 1.0
        value, dual_value = float(form.c @ x) + form.offset, float(-form.b @ z) + form.offset
    shapes = (len(x), len(s), len(z))
    if shapes != (n, m, m):
        return failed(form, solver, f"{solver} returned lengths {shapes}, expected {(n, m, m)}", seconds)
    if not all(np.isfinite(v).all() for v in (x, s, z)):
        return failed(form, solver, f"{solver} returned entries that are not finite; {message}", seconds)
    if status in RAYS:
        if not scale > 0:
            return failed(form, solver, f"{solver} claims {status.value} without a ray; {message}", seconds)
        x, z = x / scale, z / scale
        if status is Status.UNBOUNDED:
            s = -(form.A @ x)
    return Solution(status, x, s, z, value, dual_value, solver, iterations, seconds, message)
