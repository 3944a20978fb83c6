"""Crossing over, while a level is solved, to the moments of a solution that was read off the solver's own matrix.

Where a level is tight and other solutions are nearly as good, a first-order method stands near a mixture of them, and
weight moves between them as slowly as their values differ: the primal half hardly changes for thousands of iterations,
although the dual half is nearly right. Local search from that mixture finds the best of the solutions. With its exact
moments in the place of the primal half a few dozen iterations finish.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from copos.arithmetic import monomials
from copos.conic import ConicForm, Solution, Vector
from copos.hierarchy import Relaxation
from copos.levels.warm_start import free_moments
from copos.normal import NormalForm
from copos.program import Recovered

TIGHT = 0.1  # the value of a solution may be above the dual value by so large a share of it
FINE = 1e-3  # and by this one, once the residuals are as small
SMALLEST = 40  # order of the largest block from which it was measured to help; small ones iterate for nothing anyway

SEARCHED = ("linear network",)  # kinds of programs whose `recover` searches from a matrix, where that was measured

Pair = tuple[Vector, Vector]
Cross = Callable[[Solution], Pair | None]


def across(
    form: ConicForm,
    search: Callable[[Vector], Recovered],
    inward: Callable[[float], float],
    moments: Callable[[Recovered], Vector],
) -> Cross:
    """The map from a solver's pair to (x, s) of a solution nearly as good as the dual value; None where there is none.

    `search` finds a solution from an x, `inward` turns its value into that of the form, `moments` is its x.
    """

    def near(solution: Solution) -> Pair | None:
        found = search(solution.x)
        share = FINE if form.residuals(solution).largest() < FINE else TIGHT
        value = inward(found.value)
        if found.solution is None or not value - solution.dual_value <= share * abs(value):
            return None
        x = moments(found)
        return x, form.b - form.A @ x

    return near


def crossing(normal: NormalForm, relaxation: Relaxation) -> Cross | None:
    """Return the map from a solver's pair to (x, s) of a solution that is nearly as good as the dual value, at level 0.

    None where no local search begins at a matrix, for another level, or where all blocks are small.
    """
    recover, known = normal.origin.recover, normal.origin.known
    if recover is None or known is None or known.kind not in SEARCHED or relaxation.level or relaxation.lifted is None:
        return None
    if max(relaxation.orders, default=0) < SMALLEST:
        return None

    def free(found: Recovered) -> Vector:
        return free_moments(relaxation, moments(normal, relaxation, found.mixture.weights, found.mixture.atoms))

    return across(relaxation.form, lambda x: recover(normal.matrix(relaxation.matrix(x))), normal.inward, free)


def moments(normal: NormalForm, relaxation: Relaxation, weights: Vector, atoms: Vector) -> Vector:
    """The moments y of Σ_k weights_k x_k x_k', x_k the rows of `atoms` in the program's own units, at level 0."""
    x = np.asarray(atoms, dtype=float)
    size = np.asarray(weights, dtype=float)
    if normal.exponents is not None:
        x = np.ldexp(x, -normal.exponents.coordinates)
        size = np.ldexp(size, -normal.exponents.value)
    u = x[:, normal.program.cone.free]
    pairs = monomials.unrank(relaxation.monomials, 2)
    return (size[:, None] * u[:, pairs[:, 0]] * u[:, pairs[:, 1]]).sum(axis=0)
