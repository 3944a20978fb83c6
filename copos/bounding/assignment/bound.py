"""Bounds of a quadratic assignment before any level: linear assignments at once, then level 0 as far as time allows."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.rationals import rounded_down
from copos.bounding.assignment.moments import multipliers
from copos.bounding.assignment.places import Places
from copos.bounding.assignment.proof import Prover
from copos.certificate import Certificate
from copos.levels.bound import Bound, with_proof
from copos.reformulation.quadratic.lift import Lift

Matrix = NDArray[np.float64]
FIRST, MOST = 8e-5, 4.0  # seconds of the first bound by the fourth power of the order; its share of the time
EVERY = 100  # steps between bounds
STALLED = 1e-3  # of the gap that so many steps must close
IN_TREE, STALLED_IN_TREE = 50, 0.05  # the same of a cell: where little is gained, its parts gain more
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
    if places is None or not is_worth(places.m**2, seconds):
        return None
    start = time.perf_counter()
    prover = Prover(places)
    best = _known(prover, None, Bound(reason="no bound"))
    began = time.perf_counter()
    if watch(best) or upper - best.lower <= enough or seconds <= (1 + PROOF) * (began - start):
        return best
    Z, value = _relaxed(prover, upper - enough, start + seconds - PROOF * (began - start), (EVERY, STALLED))
    return best if Z is None or value <= best.lower else _known(prover, Z, best)


def _relaxed(
    prover: Prover, goal: float, deadline: float, pace: tuple[int, float], start: Matrix | None = None
) -> tuple[Matrix | None, float]:
    """The best multiplier Z, and its bound; `pace` are steps between bounds and what they must close of the gap."""
    places, (every, stalled) = prover.places, pace
    best, value = start, -np.inf if start is None else prover.bound(start)[0]
    if value >= goal:
        return best, value
    steps = multipliers(prover.C, prover.V, prover.zero, places.m, deadline, every, start)
    for count, Z in enumerate(steps):
        new = prover.bound(Z)[0]
        gained, best, value = new - value, Z if new > value else best, max(new, value)
        if value >= goal or (count and gained < stalled * (goal - value)):
            break
    return best, value


def is_worth(places: int, seconds: float) -> bool:
    """Is there time for a first bound of the lift of an assignment?"""
    return FIRST * places**2 <= MOST * seconds


class Level(NamedTuple):
    """A bound of level 0 with its proof, and what it gains at least where a facility is at a location, (m, m).

    `Z` is its multiplier, `top` = λ the largest value of u'Zu/|u|² on the range,
    `at` (m, m) the coordinates of places.
    """

    value: Fraction
    certificate: Certificate
    excess: Matrix
    Z: Matrix
    top: float
    at: NDArray[np.int64]


def level_zero(lift: Lift, goal: float, deadline: float, start: Callable[[Places], Matrix | None]) -> Level | None:
    """Level 0 of a lift until the goal is met, the deadline, or little is gained; None without a proof."""
    places = Places.of(lift)
    if places is None:
        return None
    prover = Prover(places)
    Z, _ = _relaxed(prover, goal, deadline, (IN_TREE, STALLED_IN_TREE), start(places))
    assert Z is not None  # there is one after the first step
    proof = prover.proved(Z)
    if proof.lower is None or proof.certificate is None:
        return None
    _, found, _, left, bits = prover.bound(Z)
    single = found.alpha.sum(axis=2) + found.beta.sum(axis=2) - found.u[:, None] - found.v
    own = [[left.get((0, a), 0) + left.get((a, a), 0) for a in row] for row in places.at.tolist()]
    excess = single * 2.0**-bits + np.array(own, dtype=float)
    return Level(proof.lower, proof.certificate, excess, Z, prover.top(Z), places.at)


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
