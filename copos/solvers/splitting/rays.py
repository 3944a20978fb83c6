"""Certificates of infeasibility and unboundedness near the steps of a divergent splitting run.

Such steps converge to a ray, but slowly [BanjacGoulartStellatoBoyd2019]. A direction that looks like one is therefore
polished by projecting it in turn onto the cone and onto the subspace where the linear condition holds; the x-step is
that second projection already.
"""

from __future__ import annotations

import math

from copos.solvers.splitting.arrays import Array
from copos.solvers.splitting.polyhedron import SignedStep
from copos.solvers.splitting.projections import Projection
from copos.solvers.splitting.scaling import Scaled
from copos.solvers.splitting.xstep import XStep

SUSPICION = 3e-2  # violation relative to the depth, −b'z or −c'x, from which a step looks like a ray
POLISH = 10  # alternating projections on a direction that does


def dual_ray(
    data: Scaled, projection: Projection, xstep: XStep | SignedStep, y: Array, nu: Array, tolerance: float
) -> tuple[tuple[Array, Array, Array] | None, bool]:
    """Find y ∈ K*, ν and prices n ≥ 0 of signs: |A'y + F'ν − n| ≤ tolerance, b'y + f'ν = −1; and if it seemed so."""
    d, suspicious, xp = data, False, data.arrays.xp

    def pull() -> tuple[Array, Array]:
        """A'y + F'ν, and what is left of it after the best n."""
        full = d.AT @ y + d.FT @ nu
        return full, xp.where(d.signed, xp.minimum(full, 0.0), full)

    def violation() -> tuple[float, float]:
        left = pull()[1]
        against, miss = map(float, d.arrays.fetch(d.b @ y + d.f @ nu, left @ left))
        return -against, math.sqrt(miss) / -against if against < 0 else math.inf

    for _ in range(POLISH):
        if violation()[1] > SUSPICION:
            break
        suspicious = True
        # min ½|A u|² + q'u over F u = 0 and the signs: then A'(y + A u) + F'(ν + μ) is a price of the signs
        u, mu = xstep.project(-pull()[0], xp.zeros_like(d.f))
        y, nu = projection.split(y + d.A @ u)[0], nu + mu  # K* without the zero rows is K
        depth, miss = violation()
        if miss <= tolerance:
            return (y / depth, nu / depth, xp.where(d.signed, xp.maximum(pull()[0], 0.0), 0.0) / depth), True
    return None, suspicious


def primal_ray(
    data: Scaled, projection: Projection, xstep: XStep | SignedStep, x: Array, tolerance: float
) -> tuple[Array | None, bool]:
    """Find x, c'x = −1, with −A x within tolerance of K, F x and its signs within it; and if it looked like it."""
    d, suspicious, xp = data, False, data.arrays.xp
    for _ in range(POLISH):
        below, equations = xp.where(d.signed, xp.minimum(x, 0.0), 0.0), d.F @ x
        value, open2, below2 = map(float, d.arrays.fetch(d.c @ x, equations @ equations, below @ below))
        depth, off = -value, math.sqrt(open2 + below2)
        if not depth > 0 or off > SUSPICION * depth:
            break
        s, outside = projection.split(-(d.A @ x))
        (outside2,) = d.arrays.fetch(outside @ outside)
        miss = math.hypot(math.sqrt(outside2), off) / depth
        if miss <= tolerance:
            return x / depth, True
        if miss > SUSPICION:
            break
        suspicious = True
        x, _ = xstep.project(-(d.AT @ s), xp.zeros_like(d.f))
    return None, suspicious
