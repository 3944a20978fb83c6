"""Bounds of a quadratic assignment before any level: linear assignments at once, then level 0 as far as time allows."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.rationals import rounded_down
from copos.bounding.assignment.moments import multipliers
from copos.bounding.assignment.places import Places
from copos.bounding.assignment.proof import Prover
from copos.levels.bound import Bound, with_proof
from copos.reformulation.quadratic.lift import Lift

FIRST, MOST = 8e-5, 4.0  # seconds of the first bound by the fourth power of the order; its share of the time
EVERY = 100  # steps between bounds
STALLED = 1e-3  # of the gap that so many steps must close
MEASURED, ORDER, POWER = 14.0, 81, 7.5  # seconds of a level with cuts and its cells at 81 places, and how they grow
PROOF = 2.0  # so many times longer than that of linear assignments the proof of level 0 takes


def assigned(lift: Lift, upper: float, enough: float, seconds: float, watch: Callable[[Bound], bool]) -> Bound | None:
    """The bound of a lift of a quadratic assignment; None for others, or without time.

    Parameters
    ----------
    upper, enough : the program's value at an assignment, and the gap that is small enough
    seconds : wall time, not for the first bound
    watch : gets every bound that is proved; True stops
    """
    places = Places.of(lift)
    if places is None or FIRST * places.m**4 > MOST * seconds:
        return None
    start = time.perf_counter()
    prover = Prover(places)
    best = _known(prover, None, Bound(reason="no bound"))
    began = time.perf_counter()
    if watch(best) or upper - best.lower <= enough or seconds <= (1 + PROOF) * (began - start):
        return best
    Z, value = _relaxed(prover, upper, enough, start + seconds - PROOF * (began - start))
    return best if Z is None or value <= best.lower else _known(prover, Z, best)


def expected_seconds(places: int) -> float:
    """About how long a level with cuts and its cells take beyond these bounds."""
    return MEASURED * (places / ORDER) ** POWER


def _relaxed(prover: Prover, upper: float, enough: float, deadline: float) -> tuple[NDArray[np.float64] | None, float]:
    """The best multiplier Z, and its bound."""
    best, value = None, -np.inf
    places = prover.places
    for Z in multipliers(prover.C, prover.V, prover.zero, places.m, deadline, EVERY):
        new = prover.bound(Z)[0]
        gained, best, value = new - value, Z if new > value else best, max(new, value)
        if value >= upper - enough or (np.isfinite(gained) and gained < STALLED * (upper - value)):
            break
    return best, value


def _known(prover: Prover, Z: NDArray[np.float64] | None, before: Bound) -> Bound:
    """The better bound."""
    start = time.perf_counter()
    proof = prover.proved(Z)
    if proof.lower is None:
        return before if before.proved else replace(before, reason=proof.reason)
    if before.exact is not None and before.exact >= proof.lower:
        return before
    spent = time.perf_counter() - start
    return replace(with_proof(Bound(), proof), claimed=rounded_down(proof.lower), proof_seconds=spent)
