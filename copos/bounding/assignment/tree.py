"""Branch and bound for assignments: a facility is placed at every location, or at a location every facility.

The cell with the lowest bound is bounded by level 0 of what it leaves, or, if it has been, is cut: by the row or the
column of places that leaves the least. A place of which the cell's own duals say enough is no cell any more; a part
begins with the duals of its cell. Of parts that an automorphism of A and one of B take to each other one is enough,
and so it is of any two cells of the tree.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil
from typing import Any

import numpy as np

from copos.arithmetic.rationals import rational, written
from copos.bounding.assignment.alike import Cells, Moves
from copos.bounding.assignment.cells import Data, Placed, Rest
from copos.bounding.assignment.leaf import Leaf, Level, first, inherited, relaxed
from copos.certificate import Certificate
from copos.reformulation.quadratic.value import QuadraticProgram
from copos.reformulation.quadratic_assignment import orbit_places

TYPE = "quadratic assignment"  # of a problem
NEARLY = Fraction(1, 10**6)  # of the step of costs
SIDES = ("facility", "location")
Choice = tuple[int, int, list[int], list[list[int]]]  # side, a row or column, places in it, automorphisms


@dataclass(eq=False)
class Node:
    """A cell with the best leaf, the last multiplier on the way to it, and its parts, once it is cut.

    Attributes
    ----------
    cut : 0 and a facility, or 1 and a location
    moves : automorphisms that join places to orbits
    closed : places that are no cells, by their facilities or locations, with their bounds
    parts : numbers of nodes, with what takes a part to that one where it is not that one
    """

    at: Placed
    leaf: Leaf
    level: Level | None = None
    tried: bool = False
    cut: tuple[int, int] | None = None
    moves: list[list[int]] = field(default_factory=list)
    closed: dict[int, Fraction] = field(default_factory=dict)
    parts: list[tuple[int, Moves | None]] = field(default_factory=list)


@dataclass(frozen=True)
class Limits:
    """Wall clock (`time.perf_counter`) and cells."""

    deadline: float
    cells: int


class Search:
    """The tree of an assignment that costs `upper`; a gap of `enough` is small enough."""

    def __init__(self, problem: QuadraticProgram, upper: Fraction, enough: float) -> None:
        assert problem.source is not None
        tables = problem.source.tables
        A, B, C = ([[rational(v) for v in row] for row in tables[key]] if key in tables else None for key in "ABC")
        assert A is not None and B is not None
        self.problem, self.data = problem, Data(A, B, C)
        # a bound above the goal is one of upper, or near enough
        self.goal = min(upper - Fraction(enough), upper - self.data.step * (1 - NEARLY))
        self.nodes, self.heap = list[Node](), list[tuple[Fraction, int]]()
        self.cells = Cells(self.data) if C is None else None
        self.repeated = 0  # cells that are the only part of another
        self.cheapest: Placed | None = None  # where the lowest cell is one assignment, below `upper`

    @property
    def bounds(self) -> list[Fraction]:
        """Of every cell: its own, or, if that is better, the least of its parts."""
        best = [node.leaf.value for node in self.nodes]
        for at in sorted(range(len(best)), key=lambda k: -len(self.nodes[k].at)):
            node = self.nodes[at]
            if node.cut is not None:
                best[at] = max(best[at], min([*(best[k] for k, _ in node.parts), *node.closed.values()]))
        return best

    @property
    def value(self) -> Fraction:
        """The bound, rounded up to what assignments can cost."""
        least, step = self.bounds[0], self.data.step
        return ceil(least / step) * step if step else least

    def run(self, limits: Limits, watch: Callable[[Fraction], bool]) -> str:
        """Until the goal is met or a limit is reached; the reason."""
        stopped = False

        def late() -> bool:
            nonlocal stopped
            stopped = stopped or bool(self.nodes and watch(self.value))
            return stopped or time.perf_counter() > limits.deadline

        if not self.nodes:
            self._add((), first(self.data, (), self.goal, late), None)
        while True:
            if watch(self.value) or stopped:
                return "stopped by the callback"
            at = self.heap[0][1]
            node = self.nodes[at]
            if node.leaf.value >= self.goal:
                return "the gap is within the tolerance"
            if len(node.at) == len(self.data.A):
                self.cheapest = node.at
                return "the lowest cell is an assignment, the optimum"
            if time.perf_counter() > limits.deadline:
                return "the time is spent"
            # a part that is all of its cell up to symmetry: no new cell, and a better bound at the same price
            choice = self._choice(node)
            if len(choice[2]) == 1:
                self.repeated += 1
                self._divide(at, choice, late)
            elif node.tried and len(self.nodes) - self.repeated >= limits.cells:
                return f"stopped at {limits.cells} cells"
            elif node.tried:
                self._divide(at, choice, late)
            else:
                node.leaf, node.level = relaxed(self.data, node.at, node.leaf, node.level, self.goal, late)
                node.tried = True
                heapq.heapreplace(self.heap, (node.leaf.value, at))

    def _add(self, at: Placed, leaf: Leaf, level: Level | None) -> int:
        number = len(self.nodes)
        self.nodes.append(Node(at, leaf, level))
        heapq.heappush(self.heap, (leaf.value, number))
        if self.cells is not None:
            self.cells.add(at, number)
        return number

    def _choice(self, node: Node) -> Choice:
        """The row or the column that leaves the least open."""
        left = Rest.of_places(len(self.data.A), node.at)
        gap = float((self.goal - node.leaf.value) * Fraction(2) ** self.data.bits)
        still = 1 - np.minimum(node.leaf.excess / max(gap, 1e-12), 1.0)
        best = None
        for side in (0, 1):
            moves = [] if self.cells is None else self.cells.stabilizer(node.at, 1 - side)
            orbits = orbit_places(len(self.data.A), moves)
            kept = [b for b, k in enumerate(left[1 - side]) if k in orbits]
            sums = (still if side == 0 else still.T)[:, kept].sum(axis=1)
            a = int(sums.argmin())
            if best is None or sums[a] < best[0]:
                best = sums[a], side, a, kept, moves
        assert best is not None
        return best[1:]

    def _divide(self, at: int, choice: Choice, late: Callable[[], bool]) -> None:
        """Put the parts of the lowest cell in its place."""
        node = self.nodes[at]
        left = Rest.of_places(len(self.data.A), node.at)
        side, a, kept, moves = choice
        heapq.heappop(self.heap)
        parts: list[tuple[int, Moves | None]] = []
        for b in kept:
            i, k = (a, b) if side == 0 else (b, a)
            if node.leaf.at(i, k) >= self.goal:
                node.closed[left[1 - side][b]] = node.leaf.at(i, k)
                continue
            place = (*node.at, (left[0][i], left[1][k]))
            like = None if self.cells is None else self.cells.like(place)
            if like is None:
                leaf = inherited(self.data, node.leaf, place, self.goal, late)
                parts.append((self._add(place, leaf, node.level), None))
            else:
                parts.append(like)
        node.level = None  # a matrix of some hundred kB
        node.cut, node.moves, node.parts = (side, left[side][a]), moves, parts

    def proof(self) -> tuple[Fraction, Certificate]:
        """The bound, and its certificate."""
        items: list[dict[str, Any]] = []
        stack: list[tuple[int, Moves | None]] = [(0, None)]
        while stack:
            at, moves = stack.pop()
            node = self.nodes[at]
            if moves is not None:
                items.append({"facilities": moves[0], "locations": moves[1]})
            elif node.cut is None:
                items.append(node.leaf.plain())
            else:
                side, number = node.cut
                item: dict[str, Any] = {SIDES[side]: number}
                item |= {"automorphisms": node.moves} if node.moves else {}
                items.append(item | ({"leaf": node.leaf.plain(), "closed": [*node.closed]} if node.closed else {}))
                stack += reversed(node.parts)
        value = self.value
        return value, Certificate("lower bound", self.problem.plain_problem(), {"value": written(value), "tree": items})
