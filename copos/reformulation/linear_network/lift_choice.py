"""Which lift of a network problem, with which strengthenings: the table, what fits what, and the automatic choice."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from copos.reformulation.linear_network.problem import NetworkProblem
from copos.support.names import one_of

STRENGTHENINGS = {
    "bounded": "tr Z ≤ ρ, a bound that the balanced factors of an optimal W satisfy",
    "balanced": "A² = WW', B² = W'W, AW = WB for Z = [[A, W], [W', B]]: factors with U'U = V'V",
    "projection": "P² = P: a projection exists among the matrices P",
    "minors": "W_ij W_kl = W_il W_kj, for rank one",
    "whiten": "coordinates in which G is the identity and H is diagonal",
}
WHITE = 40  # inputs up to which coordinates are whitened unasked: the closed form needs none
COMPACT = ("minors", "whiten")
BOTH = 140  # coordinates up to which both sides are chosen: first-order duals of larger lifts prove little
PAIRS, ENTRIES = 500, 4000  # entries of W, and of T, up to which moments of factors are chosen
LIFTS = {
    "factor": ("bounded", "balanced", "projection", "minors", "whiten"),
    "projection": COMPACT,
    "projection-input": COMPACT,
    "projection-both": COMPACT,
    "minors": ("whiten",),
    "factor-moments": (),
}


@dataclass(frozen=True)
class Chosen:
    """A lift, its strengthenings and why."""

    lift: str
    strengthen: frozenset[str]
    reason: str
    automatic: bool = False


def choose_lift(
    problem: NetworkProblem, lift: str, strengthen: Collection[str], trace_bound: float | None
) -> Chosen:
    """The lift asked for, checked, or the automatic choice."""
    names = {strengthen} if isinstance(strengthen, str) else set(strengthen)
    for name in sorted(names):
        if name not in STRENGTHENINGS:
            raise ValueError(f"unknown strengthening {name!r}; {one_of(name, STRENGTHENINGS, 'some')}")
    automatic = lift == "auto"
    if automatic:
        lift, wanted, reason = _automatic(problem, not names)
        names = names or set(wanted)
    elif lift in LIFTS:
        reason = ""
    else:
        raise ValueError(f"unknown lift {lift!r}; {one_of(lift, [*LIFTS, 'auto'])}")
    for name in sorted(names):
        if name not in LIFTS[lift]:
            raise ValueError(f"strengthening {name!r} does not apply to the {lift} lift, only {', '.join(LIFTS[lift])}")
    if trace_bound is not None and "bounded" not in names:
        raise ValueError("trace_bound is used by the strengthening 'bounded' only")
    if "minors" in {lift, *names} and problem.rank != 1:
        raise ValueError(f"'minors' are equations of matrices of rank one, but the rank is {problem.rank}")
    if problem.decay and lift != "factor":
        raise ValueError(
            f"the {lift} lift has no matrix Z of the factors, and weight decay is a function of Z: use lift='factor'"
        )
    return Chosen(lift, frozenset(names), reason, automatic)


def _automatic(problem: NetworkProblem, free: bool) -> tuple[str, tuple[str, ...], str]:
    """Lift, strengthenings and why; a lift without strengthenings only where none are named."""
    d_out, d_in = problem.shape
    if problem.decay:
        plain = problem.loss.kind == "squared" and problem.tables.weights is None and problem.constraints is None
        rotates = plain and _is_multiple_of_identity(problem.quadratic.exact.G)
        extra = ("whiten",) if rotates else ()
        # powers of Z are related by equations, but nothing bounds the highest one: no proof without "bounded"
        extra += ("bounded",) * (problem.depth > 2)
        return "factor", ("balanced", *extra), "factor lift: weight decay is a function of the factors"
    if problem.plain:
        # outputs with weights of their own, and a table of zeros, have no coordinates to whiten
        white = problem.quadratic.uniform and problem.quadratic.exact.G[0].any() and d_in <= WHITE
        return "projection", ("whiten",) * bool(white), "projection lift: exact at level 0 for one Gram matrix"
    side = "projection" if d_out <= d_in else "projection-input"
    if problem.rank == 1:
        cuts = problem.loss.kind != "squared" or (problem.constraints is not None and problem.constraints.cuts)
        coordinates = 1 + d_out * d_in + min(d_out, d_in) * (min(d_out, d_in) + 1) // 2
        if not cuts or coordinates > BOTH:
            return "minors", (), "minors lift: W alone, whose minors say that its rank is one"
        return side, ("minors",), f"{side} lift, the smaller side, with minors: its products with the cuts are tighter"
    if problem.rank < min(d_out, d_in) and problem.loss.kind == "squared":
        W = d_out * d_in
        if free and problem.constraints is None and W <= PAIRS and problem.rank**2 * W <= ENTRIES:
            return "factor-moments", (), "moments of factors W = UV', averaged over rotations of them"
        coordinates = 1 + d_out * d_in + (d_out * (d_out + 1) + d_in * (d_in + 1)) // 2
        if coordinates > BOTH:
            return side, (), f"{side} lift: projections on both sides are tighter, but need {coordinates} coordinates"
        return "projection-both", (), "projections on both sides: level 0 of one side alone leaves gaps at wide weights"
    return side, (), f"{side} lift: a projection of order {min(d_out, d_in)} on the smaller side"


def _is_multiple_of_identity(grams: Sequence[Any]) -> bool:
    G = grams[0]
    return len(grams) == 1 and not (G != G[0, 0] * np.eye(len(G), dtype=int).astype(object)).any()
