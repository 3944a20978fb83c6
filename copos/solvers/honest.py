"""What a solver's word is worth: OPTIMAL and the rays are believed only with the residuals to show for it.

A solver measures by its own yardstick: one that divides a residual by the norm of its iterates calls a pair optimal
whose dual residual is a few per cent of the data. So every answer is measured again, by one yardstick for all
(`ConicForm.errors`), and what is not as small as the table
says (`copos.solvers.table`) is INACCURATE, or, for a ray, a failure.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from copos.conic import ConicForm, Solution, Status
from copos.solvers.answer import RAYS, failed
from copos.solvers.table import entry_of

RAY = 1e-5  # largest error of a ray, which is scaled to b'z = −1 or c'x = −1
SLACK = 10.0  # times the tolerance that a solver was asked for, in another norm


def honest(form: ConicForm, found: Solution, options: dict[str, Any]) -> Solution:
    """The answer with the status that its residuals support.

    Examples
    --------
    >>> import numpy as np
    >>> from copos.conic import Cones
    >>> form = ConicForm([1.0], [[-1.0]], [-2.0], Cones(nonnegative=1))                # min x, x ≥ 2
    >>> lie = Solution(Status.OPTIMAL, np.array([1.0]), np.zeros(1), np.ones(1), 1.0, 2.0, "clarabel")
    >>> honest(form, lie, {}).status
    <Status.INACCURATE: 'inaccurate'>
    """
    if found.status in RAYS:
        worst = max(form.errors(found))
        if worst > RAY:
            return failed(form, found.solver, f"claims {found.status.value} with a ray that is off by {worst:.2g}; "
                                              f"{found.message}", found.seconds)  # fmt: skip
    if found.status is not Status.OPTIMAL or options.get("judge") is not None:
        return found  # a judge stops at a proof, whatever the residuals are
    entry = entry_of(found.solver)
    worst, asked = max(form.errors(found)), float(options.get(entry.tolerance, 0.0)) if entry.tolerance else 0.0
    allowed = max(entry.error, SLACK * asked)
    if worst <= allowed:
        return found
    words = f"{found.solver} calls this optimal, with an error of {worst:.2g}; {found.message}"
    return replace(found, status=Status.INACCURATE, message=words)
