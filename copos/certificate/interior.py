"""A strictly feasible dual point of a level, computed where the solver's own dual is too near the boundary."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from copos.certificate.dual import Dual, Identity, recover
from copos.conic import ConicForm, Solution, Status
from copos.hierarchy import Relaxation, relax
from copos.solvers import picked, solve

INSIDE = 5000  # iterations: where the dual has no interior, a first-order solver would go on for its whole limit


def inside(identity: Identity, relaxation: Relaxation, solver: str | None, sizes: tuple[float, ...]) -> Dual | None:
    """A strictly feasible dual point: every G_s ⪰ t·I for one of the sizes t (times the scale of C).

    Substituting G_s = t·I + G'_s turns the dual with that margin into the dual of the same conic form with the
    objective c − t Σ tr B_s; if the moments are bounded in that direction it is solvable.
    """
    if relaxation.gram != "sdp":  # t·I is no vector of multipliers there, and a proof needs G ⪰ 0 only
        relaxation = relax(relaxation.program, relaxation.level, relaxation.family, relaxation.reductions)
    form = relaxation.form
    scale = max(1e-300, float(np.abs(identity.target).max(initial=0.0)))
    zero = form.cones.zero
    one = identity.join(identity.scale[: identity.scalars] ** -2.0, [np.diag(u**-2.0) for u in identity.units()])
    trace = np.r_[np.zeros(zero), one]
    for t in sizes:
        t = t * scale
        shifted = ConicForm(
            form.c + t * (form.A.T @ trace), form.A, form.b, form.cones, form.offset - t * (trace @ form.b)
        )

        def strict(solution: Solution, t: float = t) -> Dual | None:
            if not np.isfinite(solution.z).all():
                return None
            dual = recover(identity, relaxation, replace(solution, z=solution.z + t * trace))
            fits = dual.floors().min(initial=np.inf) >= t / 4 and dual.error <= 1e-9 * scale
            return dual if fits else None

        def judge(solution: Solution) -> float:
            return 1.0 if strict(solution) is not None else 4.0  # no accuracy is needed beyond that

        entry = picked(shifted, solver)
        options = {"max_iterations": INSIDE, "judge": judge} if entry.anytime else {}
        solution = solve(shifted, entry.name, **options)
        if solution.status in (Status.OPTIMAL, Status.INACCURATE, Status.LIMIT):
            dual = strict(solution)
            if dual is not None:
                return dual
    return None
