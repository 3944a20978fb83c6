"""Best first over the boxes of a quadratic program, with a proof of the whole at every moment."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import floor, gcd, lcm
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.rationals import Rational, written
from copos.boxes import splitting
from copos.boxes.bounded import Node, Question, Task, bounded, broken
from copos.boxes.cell import below, narrowed
from copos.boxes.pieces import Pieces, needed, objective_of
from copos.boxes.suits import kind
from copos.checker.check_boxes import question
from copos.checker.check_data import Data
from copos.reformulation.quadratic.value import Quadratic, QuadraticProgram

Vector = NDArray[np.float64]
OFTEN = 8  # boxes of a search whose means are tried as points; then one of so many twice
KEPT = 1 << 24  # numbers that say where boxes are to be split; what is dropped is found again when it is needed


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
        plain = bool(self.part) and not whole and kind(found, self.at) in ("linear", "convex")
        asked = asked._replace(objective=terms, sign=1, constraints=[*asked.constraints, *cut])
        inner = needed(self.problem, found.box, self.part)
        more = () if self.cutoff is None else (below(self.objective, self.cutoff),)
        inner = replace(inner, objective=self.objective, sense="min", constraints=inner.constraints + more)
        step = grain(self.problem, self.objective)
        self.question = Question(asked, self.problem, inner, list(self.sizes), self.part, step, plain)

    # ---- bounds -------------------------------------------------------------------------------------------------

    @property
    def bound(self) -> Fraction | float:
        """The least bound of a leaf, at most the cutoff."""
        values = [node.value for node in self.nodes if node.parts is None]
        least = self.question.rounded(min(values, default=-np.inf))
        return least if self.cutoff is None else min(least, Fraction(self.cutoff))

    def grow(self, limits: Limits, incumbent: Callable[[Vector], Rational | None], watch: Callable[[], bool]) -> str:
        """Split the lowest boxes until the gap is closed or a limit is reached; the reason."""
        best = self.cutoff
        if not self.nodes:
            self._root(limits)
        while True:
            if watch():
                return "stopped by the callback"
            goal = (np.inf if best is None else float(best)) - limits.enough
            if not self.heap:
                return "every box is bounded"
            if self.question.rounded(self.nodes[self.heap[0][1]].value) >= goal:
                return "the gap is within the tolerance"
            if limits.left() <= 0:
                return f"stopped after {limits.seconds:g} seconds"
            room = (limits.nodes - len(self.nodes)) // 2
            if room < 1:
                return f"stopped at {limits.nodes} boxes"
            lowest = heapq.nsmallest(min(limits.width, room), self.heap)
            chosen = [at for k, (value, at) in enumerate(lowest) if not k or value < goal]
            self._guided(chosen, limits)
            for at in chosen:
                node = self.nodes[at]
                if node.t is not None and (len(self.nodes) < OFTEN or len(self.nodes) % (2 * OFTEN) < 2):
                    found = incumbent(self.question.cell(node.box).point(node.t))
                    best = found if found is not None and (best is None or found < best) else best
            if not self._split(chosen, limits):
                return "a box has no part that could be better"
            self.heap = [(value, at) for value, at in self.heap if self.nodes[at].parts is None]
            heapq.heapify(self.heap)
            self._forget()

    def _root(self, limits: Limits) -> None:
        found, q = self.pieces, self.question
        if found.false is not None:
            self.nodes.append(Node(found.box, [], broken(q, q.asked, found.box)))
            return
        more, box = narrowed(q.inner, found.box) if found.empty is None else ([], found.box)
        self._add(limits.evaluated([self._task(Node(box, [*found.steps, *more]), limits)])[0])

    def _task(self, node: Node, limits: Limits, near: Vector | None = None) -> Task:
        goal = np.inf if self.cutoff is None else float(self.cutoff) - limits.enough
        return Task(self.question, node, near, goal, limits.left(), limits.moments)

    def _guided(self, chosen: Sequence[int], limits: Limits) -> None:
        """Where to split boxes that came from a file, or that were forgotten."""
        blank = [at for at in chosen if self.nodes[at].blank]
        tasks = [replace(self._task(self.nodes[at], limits), goal=np.inf) for at in blank]
        for at, found in zip(blank, limits.evaluated(tasks), strict=True):
            self.nodes[at] = found

    def _split(self, chosen: Sequence[int], limits: Limits) -> bool:
        """Put the parts of boxes in their place; False where the lowest one has none."""
        q, cuts, tasks = self.question, [], []
        for at in chosen:
            node = self.nodes[at]
            cut = None if node.hopeless else splitting.split(q.cell(node.box), self.objective, node.t, node.score)
            if cut is None:
                if at == chosen[0]:
                    return False
                continue
            j, v = cut
            cuts.append((at, cut))
            low, high = node.box[j]
            whole = self.problem.integer[j]
            near = None if node.t is None else q.cell(node.box).point(node.t)
            for side in ((low, floor(v) if whole else v), (floor(v) + 1 if whole else v, high)):
                steps, box = narrowed(q.inner, (*node.box[:j], side, *node.box[j + 1 :]), [j])
                tasks.append(self._task(Node(box, steps), limits, near))
        found = limits.evaluated(tasks)
        for k, (at, cut) in enumerate(cuts):
            node, parts = self.nodes[at], found[2 * k : 2 * k + 2]
            if limits.left() <= 0 and min(part.value for part in parts) < node.value:
                continue  # they were not bounded in time, and the box that they are cut from was
            first = len(self.nodes)
            for part in parts:
                self._add(part)
            # the last thing, so that an interruption leaves a tree that is whole
            self.nodes[at] = Node((), node.steps, None, cut, (first, first + 1))
        return True

    def _add(self, node: Node) -> None:
        self.nodes.append(node)
        if node.value < np.inf:
            heapq.heappush(self.heap, (float(node.value), len(self.nodes) - 1))

    def _forget(self) -> None:
        """Keep what says where to split for the lowest boxes alone, if it is much."""
        most = KEPT // max(1, 2 * len(self.part))
        if len(self.heap) > 2 * most:
            for _, at in sorted(self.heap)[most:]:
                self.nodes[at].t = self.nodes[at].score = None
                self.nodes[at].blank = True

    # ---- the proof ----------------------------------------------------------------------------------------------

    def items(self) -> list[dict[str, Any]]:
        """The tree in preorder; a box without a bound is {}, which proves none."""
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
                out.append(({} if node.leaf is None else node.leaf.item) | steps)
        return out

    def proof(self) -> dict[str, Any]:
        """The part of a proof."""
        more = {} if self.cutoff is None else {"cutoff": written(self.cutoff)}
        return {"variables": self.proof_variables, "tree": self.items()} | more

    @property
    def proof_variables(self) -> list[int]:
        """Those of the part, and all that are fixed."""
        fixed = set(range(self.problem.n)).difference(*self.pieces.parts)
        return sorted(fixed.union(self.part))


def grain(problem: QuadraticProgram, f: Quadratic) -> Fraction | None:
    """The number that a form of integers takes only multiples of; None where a variable of it is none."""
    if not f.variables or not all(problem.integer[j] for j in f.variables):
        return None
    every = [Fraction(c) for c in (*f.pairs.values(), *f.linear.values())]
    bottom = lcm(*(c.denominator for c in every))
    return Fraction(gcd(*(int(c * bottom) for c in every)), bottom)


@dataclass(frozen=True)
class Limits:
    """When to stop, and where boxes are bounded.

    Attributes
    ----------
    enough, nodes : a gap that is enough, and a number of boxes
    seconds, begin : wall seconds from a moment on
    moments : are moments worth it?
    executor, width : any `concurrent.futures.Executor`, and so many boxes that are split at a time
    """

    enough: float = 0.0
    nodes: int = 1000
    seconds: float = np.inf
    begin: float = 0.0
    moments: bool = True
    executor: Executor | None = None
    width: int = 1

    def left(self) -> float:
        """Seconds."""
        return self.seconds - (time.perf_counter() - self.begin)

    def evaluated(self, tasks: Sequence[Task]) -> list[Node]:
        """The boxes of the tasks with their bounds, in their order."""
        return list(map(bounded, tasks) if self.executor is None else self.executor.map(bounded, tasks))
