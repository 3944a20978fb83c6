"""The bound of one box, as a function of plain data, so that any executor can run it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.rationals import Rational
from copos.boxes import convex, moments, splitting
from copos.boxes.cell import Box, Cell, is_empty
from copos.boxes.leaf import Leaf, judged, leaf
from copos.checker.check_tightening import Asked
from copos.reformulation.quadratic.presolve import Step
from copos.reformulation.quadratic.value import QuadraticProgram

Vector = NDArray[np.float64]


@dataclass
class Node:
    """A box with its leaf, or its split and its parts.

    Attributes
    ----------
    box, steps : its ranges, and how constraints tightened them; a box that was split keeps no more than its steps
    leaf : its bound and the proof of that
    split, parts : where it was split, and the numbers of the two boxes
    t, score : where the relaxation has its minimum, and which variable is to be split; None where that is not known
    empty : a variable without values
    hopeless : parts would have no better bound
    blank : where to split is not known any more
    """

    box: Box
    steps: list[Step]
    leaf: Leaf | None = None
    split: tuple[int, Rational] | None = None
    parts: tuple[int, int] | None = None
    t: Vector | None = None
    score: Vector | None = None
    empty: int | None = None
    hopeless: bool = False
    blank: bool = False

    @property
    def value(self) -> Fraction | float:
        """Its bound, −∞ without one and +∞ where nothing is feasible."""
        if self.empty is not None:
            return np.inf
        if self.leaf is None:
            return -np.inf
        return np.inf if self.leaf.value is None else self.leaf.value


@dataclass(frozen=True, eq=False)
class Question:
    """What all boxes of a tree have in common.

    Attributes
    ----------
    asked : min f with the cutoff among its constraints, as the checker reads it
    problem, inner : the user's, and that of f with the cutoff and without constraints that say nothing
    sizes : what unbounded variables are measured by
    part : the variables
    step : the number that f takes only multiples of, None without one
    plain : is the convex relaxation the whole problem?
    """

    asked: Asked
    problem: QuadraticProgram
    inner: QuadraticProgram
    sizes: list[float]
    part: list[int]
    step: Fraction | None
    plain: bool

    def cell(self, box: Box) -> Cell:
        """A box of the problem."""
        return Cell(self.inner, box, self.sizes, self.part)

    def rounded(self, value: Fraction | float) -> Fraction | float:
        """A bound of f, and where f takes only multiples of a number, the next one of these."""
        if self.step and np.isfinite(float(value)):
            return ceil(Fraction(value) / self.step) * self.step
        return value


@dataclass(frozen=True, eq=False)
class Task:
    """A box without a bound: `near` is a point next to which it may have its minimum, `goal` a bound that is enough."""

    question: Question
    node: Node
    near: Vector | None
    goal: float
    seconds: float
    moments: bool


def bounded(task: Task) -> Node:
    """The box with its best leaf: what the box itself says, the convex relaxation, the moments."""
    q, node = task.question, replace(task.node, t=None, score=None, blank=False)
    node.empty = is_empty(node.box)
    if node.empty is not None:
        return node
    cell, f = q.cell(node.box), q.inner.objective
    asked = q.asked._replace(variables=[
        (whole, *ends) for whole, ends in zip(q.problem.integer, node.box, strict=True)])  # fmt: skip
    _offer(node, judged(asked, {}))
    if not cell.variables and (found := broken(q, asked, node.box)) is not None:
        node.leaf = found
        return node
    enough = node.leaf is not None and q.rounded(node.value) >= task.goal
    if task.seconds <= 0 or enough or not cell.variables:
        return node
    if task.moments and not q.plain and moments.fits(cell):
        near = np.array([float(v) for v in cell.origin]) if task.near is None else task.near
        dual = moments.relaxed(cell, f, near, task.seconds)
        if dual is not None:
            _offer(node, leaf(asked, cell, cell.form(f), dual))
            if not dual.contradiction:
                node.t, node.score = dual.mean, splitting.blamed(cell, f, dual)
            return node
    answer = convex.relaxed(asked, cell, f, task.seconds)
    _offer(node, answer.leaf)
    node.hopeless = answer.leaf is None and not answer.gap  # the relaxation is the problem: parts are no better
    node.t = answer.t
    if answer.t is not None:
        ranges = splitting.widths(cell, f) if answer.gap else 0.0
        node.score = splitting.fractions(cell, answer.t) + splitting.LITTLE * ranges
    return node


def broken(q: Question, asked: Asked, box: Box) -> Leaf | None:
    """A constraint whose variables are fixed and that does not hold; None if there is none."""
    x = [low if low is not None else 0 for low, _ in box]
    for k, c in enumerate(q.problem.constraints):
        if all(box[j][0] is not None and box[j][0] == box[j][1] for j in c.form.variables) and c.violation(x):
            sign = 1 if not c.is_equation or c.form.value(x) < 0 else -1
            return judged(asked, {"constraints": [[k, 0, sign]], "contradiction": True})
    return None


def _offer(node: Node, found: Leaf | None) -> None:
    if found is not None and (found.value is None or node.leaf is None or found.value > node.value):
        node.leaf = found

