"""Best first over the signs of neurons, with a proof of the whole at every moment.

A node is a linear program. Where its solution is no point of the network, the neuron that the objective feels most is
decided: its gap x − max(z, 0), times the multiplier ν of x [BunelEtAl2018].
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.rationals import written
from copos.checker import check_relu as checker
from copos.relu.exact import exact_slopes
from copos.relu.linear import Answer, power
from copos.relu.ranges import Ranges
from copos.relu.slopes import bound, written_slopes

Vector = NDArray[np.float64]
FLAT = 1e-9  # of its unit: a gap of a neuron that is none
DOUBT = 1e-7  # of the objective's unit: where a value of doubles may be on the other side of what is asked


@dataclass
class Node:
    """Signs, the bound of their linear program with its slopes, and the neuron to decide; the parts once it is cut."""

    signs: dict[tuple[int, int], int]
    answer: Answer
    split: tuple[int, int] | None
    above: list[Vector] | None = None  # slopes of the node that it is a part of
    parts: tuple[int, int] | None = None
    exact: tuple[dict[str, Any], Fraction | None] | None = None


@dataclass(eq=False)
class Tree:
    """The search for min c'f(x) + offset.

    Attributes
    ----------
    ranges : of all neurons, proved
    point, upper : the best point of the region that is known, with its value in doubles
    nodes : all of them, the root first
    """

    ranges: Ranges
    point: Vector
    upper: float
    nodes: list[Node] = field(default_factory=list)
    heap: list[tuple[float, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.network = self.ranges.network
        self.relaxation = self.ranges.relaxation
        self.relaxation.aim(self.network.c.tolist())
        self.unit = power(self.relaxation.unit)
        self.offset = float(self.network.offset)
        self.parts = [in_network[0] for in_network in self.network.floats]

    def value(self, node: Node) -> float:
        """The bound of a node in doubles."""
        return node.answer.value + self.offset

    @property
    def lower(self) -> float:
        """The least bound of a leaf, in doubles."""
        return min((self.value(node) for node in self.nodes if node.parts is None), default=-np.inf)

    def grow(self, enough: Callable[[float, float], bool], left: Callable[[], float], nodes: int) -> str:
        """Decide signs until (lower, upper) is enough or a limit is reached; the reason."""
        if not self.nodes:
            self._add({}, None)
        while self.heap:
            low, at = self.heap[0]
            if enough(min(low, self.upper), self.upper):
                return "the bounds are close enough"
            if left() <= 0:
                return "the time is over"
            if len(self.nodes) + 2 > nodes:
                return f"stopped at {nodes} nodes"
            heapq.heappop(self.heap)
            node = self.nodes[at]
            assert node.split is not None
            first = len(self.nodes)
            for sign in (-1, 1):
                self._add({**node.signs, node.split: sign}, node.answer.slopes or node.above)
            node.parts = (first, first + 1)
        return "every sign that matters is decided"

    def _add(self, signs: dict[tuple[int, int], int], above: list[Vector] | None) -> None:
        self.relaxation.restrict(signs)
        found = self.relaxation.solve()
        node = Node(signs, found, None, above)
        if found.point is not None:
            self.offer(found.point)
            node.split = self._choice(found, signs)
        elif found.value < 0:  # HiGHS failed: any sign that is open
            node.split = next(self._open(signs), None)
        self.nodes.append(node)
        if node.split is not None:
            heapq.heappush(self.heap, (self.value(node), len(self.nodes) - 1))

    def offer(self, point: Vector) -> None:
        """A point near the region, which becomes the best one if it is."""
        point = np.array([float(v) for v in self.network.inside(point)])
        value = float(self.network.outputs(point[None])[0])
        if value < self.upper:
            self.point, self.upper = point, value

    def _open(self, signs: dict[tuple[int, int], int]) -> Any:
        for k, layer in enumerate(self.ranges.of):
            for i, (low, high) in enumerate(layer):
                if low < 0 < high and (k, i) not in signs:
                    yield k, i

    def _choice(self, found: Answer, signs: dict[tuple[int, int], int]) -> tuple[int, int] | None:
        """The open neuron with the largest |ν|(x − max(z, 0)), None if there is no gap."""
        best, choice = FLAT, None
        kappa = self.network.c_floats
        for k in range(len(self.ranges.of) - 1, -1, -1):
            nu = kappa @ self.parts[k + 1]
            share = np.ldexp(np.abs(nu), np.array(self.relaxation.units[k]) - self.unit)
            gap = np.abs(found.x[k] - np.maximum(found.z[k], 0.0))
            score = gap * np.maximum(share, 1e-6)
            for i in np.argsort(-score).tolist():
                if gap[i] <= FLAT:
                    continue
                if (k, i) not in signs and self.ranges.of[k][i][0] < 0 < self.ranges.of[k][i][1]:
                    if score[i] > best * 1e-6 and (choice is None or score[i] > best):
                        best, choice = float(score[i]), (k, i)
                    break
            if found.slopes is None:
                break
            kappa = found.slopes[k]
        return choice

    @property
    def doubt(self) -> float:
        """What rounding may do to a value in doubles."""
        return DOUBT * 2.0**self.unit

    # ---- the proof ------------------------------------------------------------------------------------------------

    def prove(self, goal: float) -> tuple[Fraction | None, dict[str, Any]]:
        """The exact bound of the leaves, and the proof; values below `goal` by rounding only are computed exactly."""
        for node in self.nodes:
            known = None if node.exact is None else node.exact[1]
            if node.parts is None and (node.exact is None or self._doubtful(known, goal)):
                node.exact = self._leaf(node, goal)
        values = [node.exact[1] for node in self.nodes if node.exact is not None and node.parts is None
                  and node.exact[1] is not None]  # fmt: skip
        value = min(values, default=None)
        items, stack = [], [0]
        while stack:
            node = self.nodes[stack.pop()]
            if node.parts is None:
                assert node.exact is not None
                items.append(node.exact[0])
            else:
                assert node.split is not None
                items.append({"split": list(node.split)})
                stack += reversed(node.parts)
        items[0] = {"ranges": list(self.ranges.proofs.values()), **items[0]}
        return value, {"value": None if value is None else written(value), "tree": items}

    def _ends(self, signs: dict[tuple[int, int], int]) -> checker.Ends:
        ends = [list(row) for row in self.ranges.ends]
        for (k, i), sign in signs.items():
            low, high = ends[k][i]
            assert low is not None and high is not None
            ends[k][i] = (max(low, 0), high) if sign > 0 else (low, min(high, 0))
        return ends

    def _leaf(self, node: Node, goal: float) -> tuple[dict[str, Any], Fraction | None]:
        """The item of a leaf with its bound; None where its signs contradict each other."""
        ends, found, last = self._ends(node.signs), node.answer, len(self.network.weights) - 1
        c = self.ranges.asked.c
        if found.value == np.inf and node.signs:
            tries = [found.slopes, None if found.slopes is None else [-row for row in found.slopes]]
            for slopes in (*tries, self.relaxation.contradicted(node.signs)):
                rows = None if slopes is None else written_slopes(slopes, self.relaxation.units, 0)
                value = None if rows is None else bound(self.ranges.asked, last, [0] * len(c), rows, ends)
                if value is not None and value > 0:
                    return {"slopes": rows, "contradiction": True}, None
        candidates = [[]]
        for slopes in (None if found.value == np.inf else found.slopes, node.above):
            rows = None if slopes is None else written_slopes(slopes, self.relaxation.units, self.unit)
            candidates += [] if rows is None else [rows]
            if rows is not None:
                break
        best = self._better(candidates, ends)
        if self._doubtful(best[1], goal):
            exact = exact_slopes(self.ranges.asked, found, ends, self.relaxation)
            best = self._better([[], *candidates[1:], *exact], ends)
        return best

    def _doubtful(self, value: Fraction | None, goal: float) -> bool:
        """Is a value below the goal, by so little that rounding may have put it there?"""
        return value is not None and value < goal <= float(value) + self.doubt

    def _better(self, candidates: Sequence[Any], ends: checker.Ends) -> tuple[dict[str, Any], Fraction | None]:
        last, c = len(self.network.weights) - 1, self.ranges.asked.c
        best: tuple[dict[str, Any], Fraction | None] = ({"slopes": []}, None)
        for rows in candidates:
            value = bound(self.ranges.asked, last, c, rows, ends)
            if value is not None and (best[1] is None or value > best[1]):
                best = ({"slopes": rows}, value)
        assert best[1] is not None  # every neuron has a range
        return best[0], best[1] + Fraction(self.network.offset)
