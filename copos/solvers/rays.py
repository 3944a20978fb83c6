"""Certificates of infeasibility and unboundedness near the steps of a divergent splitting run.

Such steps converge to a ray, but slowly [BanjacGoulartStellatoBoyd2019]. A direction that looks like one is therefore
polished by projecting it in turn onto the cone and onto the subspace where the linear condition holds; the x-step is
that second projection already.
"""

from __future__ import annotations

import numpy as np

from copos.conic import Vector
from copos.solvers.projections import Projection
from copos.solvers.scaling import Scaled
from copos.solvers.xstep import XStep

SUSPICION = 3e-2  # violation relative to the depth, −b'z or −c'x, from which a step looks like a ray
POLISH = 10  # alternating projections on a direction that does


def dual_ray(
    data: Scaled, projection: Projection, xstep: XStep, y: Vector, nu: Vector, tol: float
) -> tuple[tuple[Vector, Vector] | None, bool]:
    """Find (y, ν) with y ∈ K*, |A'y + F'ν| ≤ tol, b'y + f'ν = −1; and tell whether the start looked like it."""
    d, suspicious = data, False

    def violation() -> tuple[float, float]:
        depth = -float(d.b @ y + d.f @ nu)
        return depth, float(np.linalg.norm(d.AT @ y + d.FT @ nu)) / depth if depth > 0 else np.inf

    for _ in range(POLISH):
        if violation()[1] > SUSPICION:
            break
        suspicious = True
        u, mu = xstep.project(d.AT @ y + d.FT @ nu, np.zeros_like(d.f))
        y, nu = projection.split(y - d.A @ u)[0], nu - mu  # K* without the zero rows is K
        depth, miss = violation()
        if miss <= tol:
            return (y / depth, nu / depth), True
    return None, suspicious


def primal_ray(data: Scaled, projection: Projection, xstep: XStep, x: Vector, tol: float) -> tuple[Vector | None, bool]:
    """Find x with −A x within tol of K, |F x| ≤ tol, c'x = −1; and tell whether the start looked like it."""
    d, suspicious = data, False
    for _ in range(POLISH):
        depth, off = -float(d.c @ x), float(np.linalg.norm(d.F @ x))
        if not depth > 0 or off > SUSPICION * depth:
            break
        s, outside = projection.split(-(d.A @ x))
        miss = float(np.hypot(np.linalg.norm(outside), off)) / depth
        if miss <= tol:
            return x / depth, True
        if miss > SUSPICION:
            break
        suspicious = True
        x, _ = xstep.project(-(d.AT @ s), np.zeros_like(d.f))
    return None, suspicious
