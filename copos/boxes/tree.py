"""Best first over the boxes of a quadratic program, with a proof of the whole at every moment."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import ceil, floor, gcd, lcm
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.rationals import Rational, written
from copos.boxes import convex, moments, splitting
from copos.boxes.cell import Box, Cell, below, is_empty, narrowed
from copos.boxes.leaf import Leaf, judged, leaf
from copos.boxes.pieces import Pieces, needed, objective_of
from copos.boxes.suits import kind
from copos.checker.check_boxes import question
from copos.checker.check_data import Data
from copos.checker.check_tightening import Asked
from copos.reformulation.quadratic.presolve import Step
from copos.reformulation.quadratic.value import Quadratic, QuadraticProgram

Vector = NDArray[np.float64]
OFTEN = 8  # boxes of a search whose means are tried as points; then one of so many twice


@dataclass
class Node:
    """A box with its leaf, or its split and its parts."""

    box: Box
    steps: list[Step]
    leaf: Leaf | None = None
    split: tuple[int, Rational] | None = None
    parts: tuple[int, int] | None = None
    t: Vector | None = None
    score: Vector | None = None
    empty: int | None = None
    hopeless: bool = False

    @property
    def value(self) -> Fraction | float:
        """Its bound, −∞ without one and +∞ where nothing is feasible."""
        if self.empty is not None:
            return np.inf
        if self.leaf is None:
            return -np.inf
        return np.inf if self.leaf.value is None else self.leaf.value


@dataclass
class Tree:
    """The search over the boxes of min f, for one part of an objective.

    Attributes
    ----------
    pieces, at : the problem, and the number of the part
    cutoff : the value of f at a point, at least the optimum; None without one
    sizes : what unbounded variables are measured by
    """

    pieces: Pieces
    at: int
    cutoff: Rational | None
    sizes: Sequence[float]
    nodes: list[Node] = field(default_factory=list)
    heap: list[tuple[float, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        found = self.pieces
        self.problem, self.part = found.problem, found.parts[self.at] if found.parts else []
        self.objective = objective_of(found, self.at)
        terms = {(i + 1, j + 1): c for (i, j), c in self.objective.pairs.items()}
        terms |= {(0, j + 1): c for j, c in self.objective.linear.items()}
        asked = question(self.problem.plain_problem(), Data(None))
        cut = [] if self.cutoff is None else [(-1, {**terms, (0, 0): -self.cutoff})]
        whole = any(self.problem.integer[j] for j in self.part)
        self.plain = bool(self.part) and not whole and kind(found, self.at) in ("linear", "convex")
        self.step = grain(self.problem, self.objective)
        self.asked = asked._replace(objective=terms, sign=1, constraints=[*asked.constraints, *cut])
        inner = needed(self.problem, found.box, self.part)
        more = () if self.cutoff is None else (below(self.objective, self.cutoff),)
        self.inner = replace(inner, objective=self.objective, sense="min", constraints=inner.constraints + more)

    # ---- bounds -------------------------------------------------------------------------------------------------

    @property
    def bound(self) -> Fraction | float:
        """The least bound of a leaf, at most the cutoff."""
        values = [node.value for node in self.nodes if node.parts is None]
        least = self._rounded(min(values, default=-np.inf))
        return least if self.cutoff is None else min(least, Fraction(self.cutoff))

    def _rounded(self, value: Fraction | float) -> Fraction | float:
        """A bound of f, and where f takes only multiples of a number, the next one of these."""
        if self.step and np.isfinite(float(value)):
            return ceil(Fraction(value) / self.step) * self.step
        return value

    def grow(self, limits: Limits, incumbent: Callable[[Vector], Rational | None], watch: Callable[[], bool]) -> str:
        """Split the lowest boxes until the gap is closed or a limit is reached; the reason."""
        best = self.cutoff
        if not self.nodes:
            self._root(limits)
        while True:
            if watch():
                return "stopped by the callback"
            best_value = np.inf if best is None else float(best)
            goal = best_value - limits.enough
            if not self.heap:
                return "every box is bounded"
            low, at = self.heap[0]
            if self._rounded(self.nodes[at].value) >= goal:
                return "the gap is within the tolerance"
            if limits.left() <= 0:
                return f"stopped after {limits.seconds:g} seconds"
            if len(self.nodes) + 2 > limits.nodes:
                return f"stopped at {limits.nodes} boxes"
            node = self.nodes[at]
            if node.t is not None and (len(self.nodes) < OFTEN or len(self.nodes) % (2 * OFTEN) < 2):
                found = incumbent(self._cell(node.box).point(node.t))
                if found is not None and (best is None or found < best):
                    best = found
            if not self._split(at, limits):
                return "a box has no part that could be better"
            if node.parts is not None:
                self.heap.remove((low, at))
                heapq.heapify(self.heap)

    def _cell(self, box: Box) -> Cell:
        return Cell(self.inner, box, self.sizes, self.part)

    def _root(self, limits: Limits) -> None:
        found = self.pieces
        if found.false is not None:
            self.nodes.append(Node(found.box, [], self._broken(self.asked, found.box)))
            return
        more, box = narrowed(self.inner, found.box) if found.empty is None else ([], found.box)
        self._add(self._made(Node(box, [*found.steps, *more]), limits))

    def _split(self, at: int, limits: Limits) -> bool:
        node = self.nodes[at]
        chosen = None
        if not node.hopeless:
            chosen = splitting.split(self._cell(node.box), self.objective, node.t, node.score)
        if chosen is None:
            return False
        j, v = chosen
        low, high = node.box[j]
        whole = self.problem.integer[j]
        ends = ((low, floor(v) if whole else v), (floor(v) + 1 if whole else v, high))
        parts = []
        for side in ends:
            box = (*node.box[:j], side, *node.box[j + 1 :])
            steps, box = narrowed(self.inner, box, [j])
            parts.append(self._made(Node(box, steps), limits, node))
        if limits.left() <= 0 and min(part.value for part in parts) < node.value:
            return True  # they were not bounded in time, and the box that they are cut from was
        # all at once, so that an interruption leaves a tree that is whole
        node.split, node.parts, node.score = (j, v), (len(self.nodes), len(self.nodes) + 1), None
        for part in parts:
            self._add(part)
        return True

    def _made(self, node: Node, limits: Limits, above: Node | None = None) -> Node:
        node.empty = is_empty(node.box)
        if node.empty is None:
            self._bounded(node, limits, above)
        return node

    def _add(self, node: Node) -> None:
        self.nodes.append(node)
        if node.value < np.inf:
            heapq.heappush(self.heap, (float(node.value), len(self.nodes) - 1))

    def _bounded(self, node: Node, limits: Limits, above: Node | None) -> None:
        """The best leaf of a box: what the box itself says, the convex relaxation, the moments."""
        cell = self._cell(node.box)
        asked = self.asked._replace(variables=[
            (whole, *ends) for whole, ends in zip(self.problem.integer, node.box, strict=True)])  # fmt: skip
        node.leaf = judged(asked, {})
        if not cell.variables and (broken := self._broken(asked, node.box)) is not None:
            node.leaf = broken
            return
        goal = np.inf if self.cutoff is None else float(self.cutoff) - limits.enough
        if limits.left() <= 0 or (node.leaf is not None and self._rounded(node.value) >= goal) or not cell.variables:
            return
        near = np.array([float(v) for v in cell.origin]) if above is None or above.t is None else (
            self._cell(above.box).point(above.t))  # fmt: skip
        if limits.moments and not self.plain and moments.fits(cell):
            dual = moments.relaxed(cell, self.objective, near, limits.left())
            if dual is not None:
                self._offer(node, leaf(asked, cell, cell.form(self.objective), dual))
                if not dual.contradiction:
                    node.t, node.score = dual.mean, splitting.blamed(cell, self.objective, dual)
                return
        answer = convex.relaxed(asked, cell, self.objective, limits.left())
        self._offer(node, answer.leaf)
        node.hopeless = answer.leaf is None and not answer.gap  # the relaxation is the problem: parts are no better
        node.t = answer.t
        if answer.t is not None:
            ranges = splitting.widths(cell, self.objective) if answer.gap else 0.0
            node.score = splitting.fractions(cell, answer.t) + splitting.LITTLE * ranges

    def _broken(self, asked: Asked, box: Box) -> Leaf | None:
        """A constraint whose variables are fixed and that does not hold; None if there is none."""
        x = [low if low is not None else 0 for low, _ in box]
        for k, c in enumerate(self.problem.constraints):
            if all(box[j][0] is not None and box[j][0] == box[j][1] for j in c.form.variables) and c.violation(x):
                sign = 1 if not c.is_equation or c.form.value(x) < 0 else -1
                return judged(asked, {"constraints": [[k, 0, sign]], "contradiction": True})
        return None

    def _offer(self, node: Node, found: Leaf | None) -> None:
        if found is not None and (found.value is None or node.leaf is None or found.value > node.value):
            node.leaf = found

    # ---- the proof ----------------------------------------------------------------------------------------------

    def items(self) -> list[dict[str, Any]]:
        """The tree in preorder."""
        out, stack = [], [0]
        while stack:
            node = self.nodes[stack.pop()]
            steps: dict[str, Any] = {"steps": [list(step) for step in node.steps]} if node.steps else {}
            if node.parts is not None:
                assert node.split is not None
                j, v = node.split
                out.append({"split": [j, written(v)]} | steps)
                stack += reversed(node.parts)
            elif node.empty is not None:
                out.append({"empty": node.empty} | steps)
            else:
                assert node.leaf is not None
                out.append(node.leaf.item | steps)
        return out

    def proof(self) -> dict[str, Any]:
        """The part of a proof."""
        more = {} if self.cutoff is None else {"cutoff": written(self.cutoff)}
        fixed = set(range(self.problem.n)).difference(*self.pieces.parts)
        return {"variables": sorted(fixed.union(self.part)), "tree": self.items()} | more


def grain(problem: QuadraticProgram, f: Quadratic) -> Fraction | None:
    """The number that a form of integers takes only multiples of; None where a variable of it is none."""
    if not f.variables or not all(problem.integer[j] for j in f.variables):
        return None
    every = [Fraction(c) for c in (*f.pairs.values(), *f.linear.values())]
    bottom = lcm(*(c.denominator for c in every))
    return Fraction(gcd(*(int(c * bottom) for c in every)), bottom)


@dataclass(frozen=True)
class Limits:
    """When to stop: a gap that is enough, a number of boxes, wall seconds from `begin`; are moments worth it?"""

    enough: float
    nodes: int
    seconds: float
    begin: float
    moments: bool = True

    def left(self) -> float:
        """Seconds."""
        return self.seconds - (time.perf_counter() - self.begin)
