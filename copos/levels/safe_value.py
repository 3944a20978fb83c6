"""A lower bound on a level's value from any dual pair, in floating point: what a solver may be stopped by.

For z ∈ K* and r = A'z + c every feasible x has c'x = −b'z + r'x + z'(b − Ax) ≥ −b'z − |r|'X where |x| ≤ X. In a box
the moments of level 0 have such bounds X; elsewhere those of the x̂ at hand stand for them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from copos.arithmetic import monomials
from copos.conic import ConicForm, Solution, Status
from copos.hierarchy import Relaxation
from copos.levels.bound import claimed_value
from copos.levels.units import box_sizes

Vector = NDArray[np.float64]

AGAIN = 2.0  # a run that is not decided is looked at again when its residuals have fallen by so much


def safe_value(form: ConicForm, solution: Solution, most: Vector | None) -> float:
    """The bound with |x| ≤ `most`; None for the x̂ of the solution."""
    if most is None or solution.status in (Status.INFEASIBLE, Status.UNBOUNDED, Status.FAILED):
        return claimed_value(form, solution)
    low = solution.dual_value - float(np.abs(form.A.T @ solution.z + form.c) @ most)
    return float(np.fmin(solution.value, low))


def largest_moments(relaxation: Relaxation) -> Vector | None:
    """(variables,) bounds on the free moments of level 0; None where the program is not in a box."""
    sizes = box_sizes(relaxation.program)
    if sizes is None or relaxation.level or relaxation.lifted is None:
        return None
    y = sizes[monomials.unrank(relaxation.monomials, 2)].prod(axis=1)
    back = sp.csr_array(relaxation.back)
    rows = np.flatnonzero(np.diff(back.indptr) == 1)
    column, value = back.indices[back.indptr[rows]], back.data[back.indptr[rows]]
    out = np.full(back.shape[1], np.inf)
    np.minimum.at(out, column, y[rows] / np.abs(value))
    return out[:-1] if np.isfinite(out[:-1]).all() else None


def decided(form: ConicForm, cutoff: float, most: Vector | None) -> Callable[[Solution], float]:
    """A judge that stops a run once its value is seen to be at least `cutoff`, or below it."""

    def judge(solution: Solution) -> float:
        if safe_value(form, solution, most) >= cutoff:
            return 0.0
        r = form.A @ solution.x + solution.s - form.b
        return 0.0 if solution.value + float(np.abs(solution.z) @ np.abs(r)) < cutoff else AGAIN

    return judge
