"""Both bounds of a quadratic program by boxes: part by part, each with its best point, and one proof of all."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.rationals import Rational, written
from copos.boxes import state
from copos.boxes.pieces import Pieces, alone, objective_of, pieces
from copos.boxes.tree import Limits, Tree
from copos.certificate import Certificate
from copos.reformulation.quadratic.exact_point import exact_point, is_feasible
from copos.reformulation.quadratic.search import Search
from copos.reformulation.quadratic.value import QuadraticProgram

Vector = NDArray[np.float64]
Point = tuple[Fraction, ...]
PULLS = (0.0, 1e-9, 1e-7, 1e-5)  # towards a feasible point, from one that may violate a constraint by rounding


@dataclass(frozen=True)
class Found:
    """A feasible point of a part: in doubles, exactly where there is one, and the value of its part of f."""

    x: Vector
    point: Point | None
    value: Fraction


@dataclass
class Boxes:
    """What is known of min sign·objective, and how it goes on."""

    problem: QuadraticProgram
    pieces: Pieces
    found: list[Found | None]
    trees: list[Tree]
    searches: list[Search] = field(default_factory=list)
    reason: str = ""
    what: str = "boxes"

    @property
    def lower(self) -> Fraction | float:
        """The bound of sign·objective: −∞ without one, +∞ where nothing is feasible."""
        bounds = [tree.bound if tree.nodes else -np.inf for tree in self.trees]
        if any(b == np.inf for b in bounds):
            return np.inf
        if not bounds or any(b == -np.inf for b in bounds):
            return -np.inf
        return sum((Fraction(b) for b in bounds), self._constant)

    @property
    def upper(self) -> Fraction | float:
        """The value of sign·objective at the best point."""
        if any(f is None for f in self.found):
            return np.inf
        return sum((f.value for f in self.found if f is not None), self._constant)

    @property
    def _constant(self) -> Fraction:
        return Fraction(self.problem.sign * self.problem.objective.constant)

    @property
    def cells(self) -> int:
        """Boxes that were looked at."""
        return sum(len(tree.nodes) for tree in self.trees)

    def best(self) -> tuple[Vector, Point | None] | None:
        """The best point in doubles, and exactly where it is known so; None without one."""
        if any(f is None for f in self.found):
            return None
        x = np.array([float(low or 0) for low, _ in self.pieces.box])
        exact: list[Fraction] | None = [Fraction(low or 0) for low, _ in self.pieces.box]
        for part, f in zip(self.pieces.parts, self.found, strict=False):
            assert f is not None
            x[part] = f.x
            if exact is not None and f.point is not None:
                for j, v in zip(part, f.point, strict=True):
                    exact[j] = v
            else:
                exact = None
        return x, None if exact is None else tuple(exact)

    def certificate(self) -> Certificate | None:
        """The proof of `lower`, not yet checked."""
        lower = self.lower
        if lower == -np.inf:
            return None
        if lower == np.inf:
            tree = next(tree for tree in self.trees if tree.nodes and tree.bound == np.inf)
            proof = tree.proof()
            proof.pop("cutoff", None)
            return Certificate("infeasible", self.problem.plain_problem(), {"parts": [proof]})
        value = written(self.problem.sign * Fraction(lower))
        parts = [tree.proof() for tree in self.trees]
        return Certificate("lower bound", self.problem.plain_problem(), {"value": value, "parts": parts})


def begin(problem: QuadraticProgram, deadline: float = np.inf, resume: Mapping[str, Any] | None = None) -> Boxes:
    """The parts of a program with a point of each, searched for until the deadline.

    `resume` is a document of `copos.boxes.state`, or of the same form.
    """
    found = pieces(problem)
    if found.empty is not None or found.false is not None:
        return Boxes(problem, found, [None], [Tree(found, 0, None, [1.0] * problem.n)])
    if not found.parts:  # all are fixed
        x = tuple(Fraction(low) for low, _ in found.box if low is not None)
        value = objective_of(found, 0).value(x)
        point = Found(np.zeros(0), (), value) if is_feasible(problem, x) else None
        return Boxes(problem, found, [point], [Tree(found, 0, None, [1.0] * problem.n)])
    points: list[Found | None] = []
    searches = []
    sizes = [1.0] * problem.n
    for k, part in enumerate(found.parts):
        own = alone(found, part)
        search = Search.of(own, deadline)
        searches.append(search)
        f = objective_of(found, k)
        full = [Fraction(low or 0) for low, _ in found.box]
        known = None if resume is None else _known(problem, resume, f, part)
        best = _near(search, own, f, part, full, None)
        best = best if known is None or (best is not None and best.value < known.value) else known
        points.append(best)
        for j, v in zip(part, best.x if best is not None else np.zeros(len(part)), strict=True):
            sizes[j] = max(1.0, abs(float(v)))
    trees = [Tree(found, k, None if point is None else point.value, sizes) for k, point in enumerate(points)]
    for k, tree in enumerate(trees if resume is not None else ()):
        before = state.part_of(resume, tree.proof_variables)  # type: ignore[arg-type]
        if before is not None:
            trees[k] = Tree(found, k, before[1], sizes)
            state.taken_up(trees[k], before[0])
    return Boxes(problem, found, points, trees, searches)


def _known(problem: QuadraticProgram, resume: Mapping[str, Any], f: Any, part: list[int]) -> Found | None:
    """The point of a document, if it is feasible."""
    point = state.point_of(resume, problem.n)
    if point is None or not is_feasible(problem, point):
        return None
    return Found(np.array([float(point[j]) for j in part]), tuple(point[j] for j in part), f.value(point))


def _exactly(own: QuadraticProgram, f: Any, part: list[int], full: list[Fraction], x: Vector) -> Found | None:
    """The rational point next to x, if that is feasible."""
    point = exact_point(own, x.tolist())
    if point is None:
        return None
    for j, v in zip(part, point, strict=True):
        full[j] = v
    return Found(np.array([float(v) for v in point]), point, f.value(full))


def _near(search: Search, own: QuadraticProgram, f: Any, part: list[int], full: list[Fraction],
          x: Vector | None) -> Found | None:  # fmt: skip
    y = search.near(x, lambda v: exact_point(own, v))
    if y is None:
        return None
    point = exact_point(own, y.tolist())
    values = point or [Fraction(v) for v in y.tolist()]
    for j, v in zip(part, values, strict=True):
        full[j] = v
    return Found(y, point, f.value(full))


def work(boxes: Boxes, enough: Callable[[], float], limits: Limits, watch: Callable[[Boxes], bool]) -> None:
    """Bound one part after the other until upper − lower ≤ enough() or a limit is reached, counted from now on."""
    limits = replace(limits, begin=time.perf_counter())
    reasons: list[str] = []
    for k, tree in enumerate(boxes.trees):
        reasons.append(grow(boxes, k, replace(limits, enough=enough() / len(boxes.trees)), watch))
        if tree.bound == np.inf:
            break
    boxes.reason = "; ".join(dict.fromkeys(reasons))


def grow(boxes: Boxes, k: int, limits: Limits, watch: Callable[[Boxes], bool]) -> str:
    """Split the boxes of part k, and learn better points on the way; the reason to stop."""
    tree, part = boxes.trees[k], boxes.pieces.parts[k] if boxes.pieces.parts else []

    def better(x: Vector) -> Rational | None:
        if not part:
            return None
        own = alone(boxes.pieces, part)
        full = [Fraction(low or 0) for low, _ in boxes.pieces.box]
        old, f = boxes.found[k], tree.objective
        towards = x[part] if old is None else old.x
        pulled = (x[part] + pull * (towards - x[part]) for pull in (PULLS if old is not None else PULLS[:1]))
        tries = (_exactly(own, f, part, full, y) for y in pulled)
        new = next((found for found in tries if found is not None), None)
        if new is None or (old is not None and new.value >= old.value):
            new = _near(boxes.searches[k], own, f, part, full, x[part])
        if new is not None and (old is None or (new.value < old.value and bool(new.point) >= bool(old.point))):
            boxes.found[k] = new
        best = boxes.found[k]
        return None if best is None else best.value

    return tree.grow(limits, better, lambda: watch(boxes))
