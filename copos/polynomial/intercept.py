"""The free intercept, minimised out of a loss."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from copos.losses.convex import NEAR, Interval, Loss

Array = NDArray[np.float64]


def subgradient(loss: Loss, F: Array, intercept: bool, near: float = NEAR) -> Array:
    """A subgradient at F, balanced where the intercept is free and F has its best."""
    if not intercept:
        return loss.gradient(F)
    return loss.balanced(F, near) if isinstance(loss, Interval) else loss.balance(loss.gradient(F))


def best_intercept(loss: Loss, F: Array, start: Array) -> Array:
    """Minimise f(F + 1·b') over b (T,). With kinks b is a quantile; one output at a time it is a root of a slope."""
    if isinstance(loss, Interval) and not loss.smooth:
        return loss.best_shift(F)
    if not loss.separable:
        return _coupled_intercept(loss, F, start)
    low, high, b = np.full(len(start), -np.inf), np.full(len(start), np.inf), start.copy()
    width = 1.0 + np.abs(start)
    for _ in range(100):
        N = loss.gradient(F + b)
        slope, scale = N.sum(0), np.abs(N).sum(0)
        if np.all(np.abs(slope) <= 1e-15 * scale):
            break
        low, high = np.where(slope < 0, b, low), np.where(slope > 0, b, high)
        curvature = loss.hessian(F + b)[1].sum(0)
        newton = b - slope / np.where(curvature > 0, curvature, 1.0)
        inside = (curvature > 0) & (newton > low) & (newton < high) & (np.abs(newton - b) <= width)
        # outside the bracket, or without curvature: halve a finite bracket, double an infinite one
        with np.errstate(invalid="ignore"):
            middle = np.where(np.isinf(low) | np.isinf(high), b - np.sign(slope) * width, 0.5 * (low + high))
        new = np.where(slope == 0, b, np.where(inside, newton, middle))
        width = np.where(inside, width, 2 * width)
        if np.all((new == b) | (np.abs(new - b) <= 1e-16 * np.abs(b))):
            break
        b = new
    return b


def _coupled_intercept(loss: Loss, F: Array, start: Array) -> Array:
    """Damped Newton steps for outputs that a loss couples."""
    b, value, T = start.copy(), loss.value(F + start), len(start)
    for _ in range(50):
        N = loss.gradient(F + b)
        g = N.sum(0)
        if np.all(np.abs(g) <= 1e-14 * np.abs(N).sum(0)):
            break
        apply, _ = loss.hessian(F + b)
        H = np.array([apply(np.broadcast_to(e, F.shape)).sum(0) for e in np.eye(T)])
        # a common shift of all outputs changes nothing: least squares takes the shortest step
        step = -np.linalg.lstsq(H, g, rcond=1e-12)[0]
        slope, length = float(g @ step), 1.0
        while length > 1e-10:
            new = loss.value(F + b + length * step)
            if new <= value + 1e-4 * length * slope:
                break
            length *= 0.5
        else:
            break
        b, value = b + length * step, new
    return b
