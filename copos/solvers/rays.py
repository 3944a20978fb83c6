"""Certificates of infeasibility and unboundedness near the steps of a divergent splitting run.

Such steps converge to a ray, but slowly [BanjacGoulartStellatoBoyd2019]. A direction that looks like one is therefore
polished by projecting it in turn onto the cone and onto the subspace where the linear condition holds; the x-step is
that second projection already.
"""

from __future__ import annotations

import numpy as np

from copos.conic import Vector
from copos.solvers.polyhedron import SignedStep
from copos.solvers.projections import Projection
from copos.solvers.scaling import Scaled
from copos.solvers.xstep import XStep

SUSPICION = 3e-2  # violation relative to the depth, −b'z or −c'x, from which a step looks like a ray
POLISH = 10  # alternating projections on a direction that does


def dual_ray(
    data: Scaled, projection: Projection, xstep: XStep | SignedStep, y: Vector, nu: Vector, tol: float
) -> tuple[tuple[Vector, Vector, Vector] | None, bool]:
    """Find y ∈ K*, ν and prices n ≥ 0 of signs: |A'y + F'ν − n| ≤ tol, b'y + f'ν = −1; and tell if it seemed so."""
    d, suspicious, signed = data, False, data.signs.variables

    def pull() -> tuple[Vector, Vector]:
        """A'y + F'ν, and what is left of it after the best n."""
        full = d.AT @ y + d.FT @ nu
        left = full.copy()
        left[signed] = np.minimum(left[signed], 0.0)
        return full, left

    def violation() -> tuple[float, float]:
        depth = -float(d.b @ y + d.f @ nu)
        return depth, float(np.linalg.norm(pull()[1])) / depth if depth > 0 else np.inf

    for _ in range(POLISH):
        if violation()[1] > SUSPICION:
            break
        suspicious = True
        # min ½|A u|² + q'u over F u = 0 and the signs: then A'(y + A u) + F'(ν + μ) is a price of the signs
        u, mu = xstep.project(-pull()[0], np.zeros_like(d.f))
        y, nu = projection.split(y + d.A @ u)[0], nu + mu  # K* without the zero rows is K
        depth, miss = violation()
        if miss <= tol:
            return (y / depth, nu / depth, np.maximum(pull()[0][signed], 0.0) / depth), True
    return None, suspicious


def primal_ray(
    data: Scaled, projection: Projection, xstep: XStep | SignedStep, x: Vector, tol: float
) -> tuple[Vector | None, bool]:
    """Find x with −A x within tol of K, F x and its signs within tol, c'x = −1; and tell if it looked like it."""
    d, suspicious = data, False
    for _ in range(POLISH):
        below = np.minimum(x[d.signs.variables], 0.0)
        depth, off = -float(d.c @ x), float(np.hypot(np.linalg.norm(d.F @ x), np.linalg.norm(below)))
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
