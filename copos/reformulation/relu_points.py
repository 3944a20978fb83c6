"""Points of the region where c'f(x) + offset is small: many starts, moved along the signs of the gradient."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from copos.reformulation.exact_data import floats
from copos.reformulation.relu_given import GivenNetwork

Vector = NDArray[np.float64]
STARTS, STEPS = 64, 24


def low_point(network: GivenNetwork, seed: int = 0, start: Vector | None = None) -> tuple[Vector, float]:
    """The best point found, from random ones and perhaps a given one, with its value in doubles."""
    rng = np.random.default_rng(seed)
    low, high = floats(network.lower), floats(network.upper)
    share = rng.random((STARTS, len(low)))
    share[: STARTS // 4] = np.rint(share[: STARTS // 4])
    share[0] = 0.5
    X = low + share * (high - low)
    X[1:2] = X[1:2] if start is None else np.clip(start, low, high)
    X = _into(network, X)
    values = network.outputs(X)
    for step in range(STEPS):
        size = 0.5 * 0.8**step
        moved = _into(network, np.clip(X - size * (high - low) * np.sign(_slopes(network, X)), low, high))
        there = network.outputs(moved)
        better = there < values
        X, values = np.where(better[:, None], moved, X), np.where(better, there, values)
    best = int(np.argmin(values))
    return X[best], float(values[best])


def _into(network: GivenNetwork, X: Vector) -> Vector:
    """Points of the box, onto the ball if it is one."""
    if network.center is None or network.radius is None:
        return X
    center, radius = floats(network.center), float(network.radius)
    far = np.linalg.norm(X - center, axis=1)
    scale = np.divide(radius, far, out=np.ones_like(far), where=far > radius)
    return center + (X - center) * scale[:, None]


def _slopes(network: GivenNetwork, X: Vector) -> Vector:
    """Gradients of c'f at the rows of X."""
    active, H = [], X
    for k, (W, b) in enumerate(network.floats):
        H = (np.maximum(H, 0.0) if k else H) @ W.T + b
        active.append(H > 0)
    G = np.broadcast_to(network.c_floats, (len(X), len(network.c_floats)))
    for k in range(len(network.floats) - 1, -1, -1):
        G = G @ network.floats[k][0]
        if k:
            G = G * active[k - 1]
    return G
