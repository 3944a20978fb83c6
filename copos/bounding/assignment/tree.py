"""Branch and bound for assignments: a facility is placed at every location, or at one of every orbit of locations.

The cell with the lowest bound is bounded by level 0 of what it leaves, or, if it has been, is cut: by the facility for
which places cost most on average. Automorphisms of the distances that keep the locations that are taken give cells
of the same costs, of which one is enough.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, gcd, lcm
from typing import Any

import numpy as np

from copos.arithmetic.rationals import rational, written
from copos.bounding.assignment.cells import Cell, Data, Placed, Rest, first_bound, second_bound
from copos.certificate import Certificate
from copos.reformulation.quadratic.value import QuadraticProgram
from copos.reformulation.quadratic_assignment import automorphisms, orbit_places

NEARLY = Fraction(1, 10**6)  # of the step of costs


@dataclass(eq=False)
class Node:
    """A cell, its facility with the automorphisms, and its parts, once it is cut."""

    cell: Cell
    tried: bool = False
    facility: int | None = None
    moves: list[list[int]] = field(default_factory=list)
    parts: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Limits:
    """Wall clock (`time.perf_counter`) and cells."""

    deadline: float
    cells: int


class Search:
    """The tree of an assignment that costs `upper`; a gap of `enough` is small enough.

    `begun` says that level 0 of the whole is known already, and not good enough.
    """

    def __init__(self, problem: QuadraticProgram, upper: Fraction, enough: float, begun: bool = False) -> None:
        assert problem.source is not None
        tables = problem.source.tables
        A, B, C = ([[rational(v) for v in row] for row in tables[key]] if key in tables else None for key in "ABC")
        assert A is not None and B is not None
        self.problem, self.data = problem, Data(A, B, C)
        self.step = grain(self.data)
        # a bound above the goal is one of upper, or near enough
        self.goal = min(upper - Fraction(enough), upper - self.step * (1 - NEARLY))
        self.begun, self.nodes = begun, list[Node]()
        self.heap: list[tuple[float, int]] = []
        self.cheapest: Placed | None = None  # where the lowest cell is one assignment, below `upper`

    @property
    def bounds(self) -> list[Fraction]:
        """Of every cell: its own, or, if that is better, the least of its parts."""
        best = [Fraction(node.cell.value) for node in self.nodes]
        for at in range(len(best) - 1, -1, -1):  # parts come after their cell
            if self.nodes[at].parts:
                best[at] = max(best[at], min(best[k] for k in self.nodes[at].parts))
        return best

    @property
    def value(self) -> Fraction:
        """The bound, rounded up to what assignments can cost."""
        least = self.bounds[0]
        return ceil(least / self.step) * self.step if self.step else least

    def run(self, limits: Limits, watch: Callable[[Fraction], bool]) -> str:
        """Until the goal is met or a limit is reached; the reason."""
        if not self.nodes:
            self._add(first_bound(self.data, (), self.goal, limits.deadline))
            self.nodes[0].tried = self.begun
        while True:
            if watch(self.value):
                return "stopped by the callback"
            at = self.heap[0][1]
            node = self.nodes[at]
            if node.cell.value >= self.goal:
                return "the gap is within the tolerance"
            if len(node.cell.at) == len(self.data.A):
                self.cheapest = node.cell.at
                return "the lowest cell is an assignment, the optimum"
            if time.perf_counter() > limits.deadline:
                return "the time is spent"
            if len(self.nodes) >= limits.cells:
                return f"stopped at {limits.cells} cells"
            if not node.tried:
                node.cell, node.tried = second_bound(self.data, node.cell, self.goal, limits.deadline), True
                heapq.heapreplace(self.heap, (float(node.cell.value), at))
            else:
                self._cut(at, limits)

    def _add(self, cell: Cell) -> int:
        self.nodes.append(Node(cell))
        heapq.heappush(self.heap, (float(cell.value), len(self.nodes) - 1))
        return len(self.nodes) - 1

    def _cut(self, at: int, limits: Limits) -> None:
        """Put the parts of the lowest cell in its place."""
        node = self.nodes[at]
        cell, rest = node.cell, Rest.of(self.data, node.cell.at)
        moves = [] if self.data.C is not None else stabilizer(self.data, cell.at)
        kept = [a for a, k in enumerate(rest.locations) if k in orbit_places(len(self.data.A), moves)]
        gap = max(float(self.goal) - float(cell.value), 1e-12)
        worth = np.minimum(cell.excess[:, kept], gap).mean(axis=1)
        i = rest.facilities[int(worth.argmax())]
        cells = [first_bound(self.data, (*cell.at, (i, rest.locations[a])), self.goal, limits.deadline) for a in kept]
        for part in cells:
            part.level = cell.level
        cell.level = None  # a matrix of some hundred kB
        heapq.heappop(self.heap)
        parts = [self._add(part) for part in cells]
        node.facility, node.moves, node.parts = i, moves, parts

    def proof(self) -> tuple[Fraction, Certificate]:
        """The bound, and its certificate: a cell whose parts are not better yet is a leaf."""
        best = self.bounds
        items: list[dict[str, Any]] = []
        stack = [0]
        while stack:
            at = stack.pop()
            node = self.nodes[at]
            if not node.parts or Fraction(node.cell.value) >= best[at]:
                items.append(node.cell.item)
                continue
            items.append({"facility": node.facility} | ({"automorphisms": node.moves} if node.moves else {}))
            stack += reversed(node.parts)
        proof = {"value": written(self.value), "tree": items}
        return self.value, Certificate("lower bound", self.problem.plain_problem(), proof)


def stabilizer(data: Data, at: Placed) -> list[list[int]]:
    """Automorphisms of the distances that keep the locations that are taken."""
    marked = [list(row) for row in data.B]
    for number, (_, k) in enumerate(at):  # no other location has such a number on the diagonal
        marked[k][k] = max(abs(v) for row in data.B for v in row) + number + 1
    return automorphisms(marked)


def grain(data: Data) -> Fraction:
    """The number that all costs of assignments are multiples of, 0 where all are 0."""
    every, A, B = range(len(data.A)), data.A, data.B
    costs = {A[i][i] * B[k][k] + (0 if data.C is None else data.C[i][k]) for i in every for k in every}
    flows = {(A[i][j], A[j][i]) for i in every for j in range(i)}
    ways = {(B[k][l], B[l][k]) for k in every for l in every if k != l}
    costs |= {p * r + q * s for p, q in flows for r, s in ways}
    bottom = lcm(*(Fraction(c).denominator for c in costs))
    return Fraction(gcd(*(int(c * bottom) for c in costs)), bottom)
