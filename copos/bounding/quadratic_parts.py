"""A quadratic program whose parts share no constraint and no product: each by boxes or by its own lift.

    min Σ_k f_k(x_k)  =  Σ_k min f_k(x_k)

over the feasible points of every part by itself. Level 0 of the whole is the sum of those of the parts, but its matrix
has the order of all of them together.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.bounding.quadratic_boxes import shown
from copos.bounding.quadratic_bracket import Goal, QuadraticBracket
from copos.bounding.quadratic_levels import Levels
from copos.boxes.pieces import objective_of
from copos.boxes.solve import Boxes, Found, grow
from copos.boxes.suits import kind
from copos.boxes.tree import Limits
from copos.levels.bound import Bound
from copos.reformulation.quadratic.coordinates import NeedsBound
from copos.reformulation.quadratic.lift import Lift
from copos.reformulation.quadratic.rays import unbounded_variables
from copos.reformulation.quadratic.value import Constraint, Quadratic, QuadraticProgram

Vector = NDArray[np.float64]
PATIENCE = 60.0  # seconds that a level of a part may take without a limit
SHARE = 0.8  # of the gap of a part: bounds are rounded at the end


@dataclass
class Lifted:
    """A part that its lift bounds, in the place of a tree of boxes."""

    variables: list[int]
    bound: Fraction | float
    item: dict[str, Any]
    cutoff: Fraction | None = None
    nodes: list[Any] = field(default_factory=list)

    def proof(self) -> dict[str, Any]:
        """The part of a proof."""
        return self.item


def by_parts(
    boxes: Boxes, goal: Goal, left: Callable[[], float], watch: Callable[[QuadraticBracket], bool],
    bracket: Callable[..., Bound], options: dict[str, Any],
) -> QuadraticBracket:  # fmt: skip
    """The bracket of all parts, the largest by their lifts at last."""
    found, stopped = boxes.pieces, False

    def on_the_way(now: Any = None) -> bool:
        nonlocal stopped
        stopped = stopped or watch(shown(boxes, goal, prove=False))
        return stopped

    def enough(k: int) -> float:
        """The gap that part k may leave: what is over of the whole, shared among the parts that are open."""
        total = SHARE * goal.limit(float(boxes.problem.sign * boxes.upper)) if boxes.upper < np.inf else 0.0
        return total / len(boxes.trees)

    order = sorted(range(len(boxes.trees)), key=lambda k: len(found.parts[k]))
    reasons: list[str] = []
    for place, k in enumerate(order):
        if stopped or left() <= 0:
            break
        share = left() / (len(order) - place)
        tree = boxes.trees[k]
        if kind(found, k):
            limits = Limits(enough(k), options["max_cells"], share, time.perf_counter(), executor=options["executor"],
                            width=options["width"])  # fmt: skip
            reasons.append(grow(boxes, k, limits, on_the_way))
        point = boxes.found[k]
        if tree.nodes and point is not None and point.value - tree.bound <= enough(k):
            continue
        if tree.nodes and tree.bound == np.inf:
            break
        own = Goal(0.0 if enough(k) else goal.relative, enough(k), 0.0)
        reasons.append(_by_lift(boxes, k, own, min(share, left()), on_the_way, bracket, options))
    missing = [k for k, tree in enumerate(boxes.trees) if not tree.nodes]
    if not any(tree.nodes and tree.bound == np.inf for tree in boxes.trees):
        for k in missing:  # a bound of a single box is there at once
            grow(boxes, k, Limits(0.0, 1, max(left(), 1.0), time.perf_counter(), moments=False), lambda now: False)
    boxes.what = f"cells in {len(boxes.trees)} parts"
    boxes.reason = "; ".join(dict.fromkeys(r for r in reasons if r))
    return shown(boxes, goal, prove=True)


def own_program(boxes: Boxes, k: int, variables: list[int]) -> QuadraticProgram:
    """Part k as the checker makes it: its variables and those that are fixed, with the constraints in these alone."""
    problem, box, at = boxes.problem, boxes.pieces.box, {j: a for a, j in enumerate(variables)}

    def renamed(f: Quadratic) -> Quadratic:
        return Quadratic.of([(at[i], at[j], c) for (i, j), c in f.pairs.items()],
                            [(at[j], c) for j, c in f.linear.items()], f.constant)  # fmt: skip

    rows = tuple(Constraint(renamed(c.form), c.relation, c.name) for c in problem.constraints
                 if c.form.variables and c.form.variables <= at.keys())  # fmt: skip
    lower, upper = zip(*(box[j] for j in variables), strict=True)
    return QuadraticProgram(tuple(problem.names[j] for j in variables), renamed(objective_of(boxes.pieces, k)), "min",
                            lower, upper, tuple(problem.integer[j] for j in variables), rows, problem.name)  # fmt: skip


def _by_lift(
    boxes: Boxes, k: int, goal: Goal, seconds: float, watch: Callable[[Any], bool], bracket: Callable[..., Bound],
    options: dict[str, Any],
) -> str:  # fmt: skip
    """Put the bound of the lift of a part in the place of its tree, if it is better; why that is all."""
    tree, part = boxes.trees[k], boxes.pieces.parts[k]
    variables = tree.proof_variables
    program = own_program(boxes, k, variables)
    levels = Levels(Lift(program), bracket, goal)
    expected = levels.seconds()
    if expected > seconds or (seconds == np.inf and expected > PATIENCE and tree.nodes):
        return f"level 0 of a part would take about {expected:.0f} s"
    point, first = boxes.found[k], None
    if point is not None:
        first = np.array([float(low or 0) for low, _ in (boxes.pieces.box[j] for j in variables)])
        first[[variables.index(j) for j in part]] = point.x
    limit = None if seconds == np.inf else max(seconds, 1e-3)
    try:
        answer = levels.closing(first, goal.absolute or None, watch, None, unbounded_variables(program),
                                options | {"time_limit": limit})  # fmt: skip
    except NeedsBound as error:
        return str(error)
    _learn(boxes, k, answer, variables)
    certificate, lift = answer.certificate, levels.lift
    if certificate is None or "stated" in certificate.problem:
        return answer.reason
    bound: Fraction | float = np.inf
    if answer.status != "infeasible":
        bound = Fraction(certificate.proof["value"]) + lift.base
    if not tree.nodes or bound > tree.bound:
        item = {"variables": variables, "question": lift.own_question(), "proof": certificate.proof}
        item |= {"steps": [list(step) for step in boxes.pieces.steps]} if boxes.pieces.steps else {}
        boxes.trees[k] = Lifted(variables, bound, item, nodes=[None] * max(1, answer.cells))  # type: ignore[call-overload]
    return answer.reason


def _learn(boxes: Boxes, k: int, answer: QuadraticBracket, variables: list[int]) -> None:
    """Keep the point that the lift of a part has found, if it is better."""
    part, old = boxes.pieces.parts[k], boxes.found[k]
    if answer.point is None:
        return
    values = list(answer.point.values())
    point = tuple(values[variables.index(j)] for j in part)
    value = answer.problem.value(values)
    if old is None or value < old.value:
        boxes.found[k] = Found(np.array([float(v) for v in point]), point, value)

