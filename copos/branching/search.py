"""The search: best-first over the cells, parts of several cells at a time, a valid bracket after every step."""

from __future__ import annotations

import heapq
import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.rationals import rounded_down
from copos.branching.carried import Carried
from copos.branching.kinds import PARTITIONS, SIDES, Goal, Near
from copos.branching.node import Answer, CellSettings
from copos.branching.result import Branching, Report, header, point_of
from copos.branching.tree import Node, Tree
from copos.certificate import Certificate
from copos.certificate.feasible import certify_upper_bound
from copos.certificate.problem import program_problem
from copos.checker import check, check_identity, check_program
from copos.checker.check_reading import Rejected
from copos.levels.bound import Bound
from copos.levels.gap import absolute_gap
from copos.levels.level import bound_and_matrix
from copos.levels.sanity import ordered
from copos.levels.settings import Run
from copos.levels.units import in_own_units
from copos.levels.warm_start import Solved
from copos.program import CompletelyPositiveProgram, Mixture, Recovered
from copos.support.files import NotWrittenWarning

Vector = NDArray[Any]
KEPT = 1 << 26  # numbers of the answers that parts may start from, the oldest dropped first
NEARLY = 1 - 1e-6  # of a step of the values: a bound that is so near to the incumbent is the incumbent's value
CLOSED, DONE = "the gap is within the tolerance", "no cell is left to cut"


class Limits(NamedTuple):
    """Cells in all, wall seconds, cells that are cut at a time."""

    nodes: int
    seconds: float
    width: int


class Search:
    """A tree and the best solution known; `run` changes them one complete step at a time."""

    def __init__(
        self,
        program: CompletelyPositiveProgram,
        settings: CellSettings,
        tolerance: float,
        absolute: float | None,
        executor: Executor | None,
        found: Recovered | None,
        begun: Solved | None = None,
    ) -> None:
        # cells are cut and bounded in the normal form, solutions are found and evaluated in the program's own units
        self.origin, self.normal, self.settings = program, in_own_units(program), settings
        self.program = program = self.normal.program
        self.tolerance, self.absolute = tolerance, self.normal.inward(absolute_gap(self.normal, tolerance, absolute))
        self.executor, self.found = executor, found
        self.partition = PARTITIONS[settings.cells](self.normal, settings)
        self.begun, self.step = begun, whole_step(program)
        self.tree = Tree()
        self.heap: list[tuple[float, float, int]] = []
        self.solutions: dict[int, Near] = {}  # of leaves that may be cut; not saved, they only save time
        self.began, self.until = time.perf_counter(), np.inf

    # ---- what is known ------------------------------------------------------------------------------------------

    @property
    def upper(self) -> float:
        """Value of the best solution, in the units of the normal form."""
        return np.inf if self.found is None else self.normal.inward(self.found.value)

    @property
    def cutoff(self) -> float:
        """A cell with at least this bound needs no more cuts."""
        if self.found is None:
            return np.inf
        return self.upper - max(self.tolerance * abs(self.upper), self.absolute, NEARLY * float(self.step))

    @property
    def bound(self) -> float:
        """The bound that guides the search: proved, or claimed where no proofs are asked for."""
        return self.tree.proved[0] if self.settings.certify else self.tree.claimed[0]

    def offer(self, found: Recovered | None) -> None:
        """Keep the better solution."""
        best = np.inf if self.found is None else self.found.value
        if found is not None and found.solution is not None and found.value < best:
            self.found = found

    def recover(self, Y: Vector) -> Recovered | None:
        """The solution that a cell's Y (free coordinates) leads to; without `recover`, a feasible mean atom."""
        basis, origin = self.program.cone.basis, self.origin
        if origin.recover is not None:
            return origin.recover(self.partition.matrix(Y))
        A, b = origin.equations
        x = self.normal.point(basis @ (Y @ self.program.cone.unit))
        value = float(A.values(x)[0])
        if not value > 0:
            return None
        x = x * np.sqrt(b[0] / value)
        return self.feasible(x)

    def feasible(self, point: Vector | Mixture) -> Recovered | None:
        """The point as an object of its own, unless it is off."""
        size = float(np.trace(Mixture.of(point).matrix))
        off = self.origin.infeasibility(point) > 1e-9 * max(1.0, size)
        return None if off else Recovered(point, self.origin.value(point), point)

    # ---- steps --------------------------------------------------------------------------------------------------

    def start(self, resume: str | Path | Branching | None) -> None:
        """Take up an earlier search about the same program."""
        if resume is None:
            return
        if isinstance(resume, Branching):
            tree, about = resume.tree, header(resume.program, resume.found, resume.settings)
            self.offer(resume.found)
        else:
            tree, about = Tree.load(resume)
        if about.get("problem") != check.digest(program_problem(self.origin)):
            raise ValueError(f"the search to resume is about another program ({about.get('name')!r})")
        kind = about.get("settings", {}).get("cells")
        if kind != self.settings.cells or tree.width != self.partition.width:
            raise ValueError(f"the search to resume divided K by {kind!r}, not by {self.settings.cells!r}")
        if about.get("units") != header(self.origin, None, self.settings)["units"]:
            raise ValueError("the search to resume cut K in other units: it was saved by another version")
        self.tree = tree = tree.times(-self.normal.power)
        for at in tree.leaves():
            self.push(at)
        if self.found is None and about.get("atom") is not None:
            point = point_of(about["atom"])
            if self.origin.recover is not None:
                self.offer(self.origin.recover(Mixture.of(point).matrix))
            else:
                self.offer(self.feasible(point))

    def push(self, at: int) -> None:
        """A leaf that may be cut."""
        guide = self.tree.above(at) if self.settings.certify else -np.inf
        heapq.heappush(self.heap, (guide, self.tree.nodes[at].claimed, at))

    def is_open(self, at: int) -> bool:
        """Would cutting this leaf help? Not where its bound suffices, or is claimed to and merely lacks a proof."""
        node = self.tree.nodes[at]
        if not len(node.forms) or (self.tree.above(at) if self.settings.certify else node.claimed) >= self.cutoff:
            return False
        return node.lower is not None or node.claimed < self.cutoff

    def take(self, count: int) -> list[int]:
        """The open leaves with the lowest bounds."""
        out: list[int] = []
        while self.heap and len(out) < count:
            at = heapq.heappop(self.heap)[2]
            if self.is_open(at):
                out.append(at)
        return out

    def cap(self, claimed: float) -> float:
        """A bound good enough for an infeasible part of a cell."""
        if self.found is not None:
            return self.upper + 0.01 * max(abs(self.upper), self.absolute)
        return claimed + 10.0 * max(1.0, abs(claimed)) if np.isfinite(claimed) else 1.0

    def evaluated(self, tasks: Sequence[Any]) -> list[Answer]:
        """Answers in the order of the tasks, whatever order the workers finish in."""
        work = self.partition.evaluate
        return list(map(work, tasks) if self.executor is None else self.executor.map(work, tasks))

    def root(self) -> None:
        """Bound K itself."""
        if self.found is None and self.origin.recover is not None and self.partition.first is not None:
            self.offer(self.origin.recover(self.partition.first))
        near = self.begun if self.settings.local else None
        goal = Goal(self.cap(-np.inf), self.cutoff, self.step, near, self.upper, self.until)
        (answer,) = self.evaluated([self.partition.whole(goal)])
        self.learn([answer])
        self.tree.add(self.node(-1, 0, answer, -np.inf, []))
        self.remember(0, answer)
        self.push(0)

    def cut(self, leaves: Sequence[int]) -> None:
        """Cut every leaf by the best of its forms and bound its parts."""
        tasks, owner = [], []
        for at in leaves:
            node, path = self.tree.nodes[at], self.tree.path(at)
            goal = Goal(self.cap(node.claimed), self.cutoff, self.step, self.solutions.get(at), self.upper,
                        self.until)  # fmt: skip
            for k, form in enumerate(node.forms):
                parts = self.partition.parts(path, form, goal)
                owner.append((at, k, range(len(tasks), len(tasks) + len(parts))))
                tasks += parts
        answers = self.evaluated(tasks)
        self.learn(answers)
        chosen: dict[int, tuple[tuple[float, float], int, list[Answer]]] = {}
        for at, k, where in owner:
            parts = [answers[i] for i in where]
            worth = [min(a.claimed, self.upper) for a in parts]
            score = (min(worth), sum(worth) / len(worth))
            if at not in chosen or score > chosen[at][0]:
                chosen[at] = (score, k, parts)
        for at, (_, k, parts) in chosen.items():
            floor, form, path = self.tree.nodes[at].claimed, self.tree.nodes[at].forms[k], self.tree.path(at)
            nodes = [self.node(at, side, answer, floor, [*path, (side, form)])
                     for side, answer in zip(SIDES, parts, strict=False)]  # fmt: skip
            children = self.tree.split(at, form, nodes)
            self.solutions.pop(at, None)
            for child, answer in zip(children, parts, strict=True):
                self.remember(child, answer)
                self.push(child)

    def node(self, parent: int, side: int, answer: Answer, floor: float, path: list[tuple[int, Vector]]) -> Node:
        """The cell that an answer is about."""
        # a claim below what is proved, by the solver's tolerance, would be misleading
        claimed = max(answer.claimed, floor, -np.inf if answer.lower is None else rounded_down(answer.lower))
        return Node(parent, side, claimed, answer.lower, answer.proof, answer.assumes, answer.reason,
                    self.partition.forms(answer, path), seconds=answer.seconds)  # fmt: skip

    def remember(self, at: int, answer: Answer) -> None:
        """Keep a leaf's answer for its parts, if it will have any."""
        if answer.solution is not None and self.is_open(at):
            self.solutions[at] = answer.solution
            size = answer.solution.size if isinstance(answer.solution, Carried) else len(answer.solution.z)
            most = max(1, KEPT // size)
            while len(self.solutions) > most:  # a part whose cell has none starts from nothing
                self.solutions.pop(next(iter(self.solutions)))

    def learn(self, answers: Iterable[Answer]) -> None:
        """Read solutions off the cells that may hold a better one."""
        for answer in answers:
            if answer.matrix is not None and answer.claimed < self.upper:
                self.offer(self.recover(answer.matrix))

    def run(
        self,
        limits: Limits,
        watchers: Sequence[Callable[[Report], Any]],
        state: str | Path | None,
        save_every: float,
    ) -> str:
        """Search until a reason to stop, and return it."""
        saved = time.perf_counter()
        self.until = time.time() + limits.seconds - (saved - self.began)
        try:
            if not len(self.tree):
                self.root()
            while True:
                report = self.report()
                if any([watch(report) is True for watch in watchers]):
                    return "stopped by the callback"
                if self.bound >= self.cutoff:
                    return CLOSED
                if report.seconds >= limits.seconds:
                    return f"stopped after {limits.seconds:g} seconds"
                room = (limits.nodes - len(self.tree)) // 2
                if room < 1:
                    return f"stopped at {limits.nodes} cells"
                leaves = self.take(min(limits.width, room))
                if not leaves:
                    return self.why_nothing_is_open()
                try:
                    self.cut(leaves)
                except BaseException:
                    for at in leaves:  # they are still there for whoever goes on
                        if self.tree.nodes[at].children is None:
                            self.push(at)
                    raise
                if state is not None and time.perf_counter() - saved >= save_every:
                    self.save(state)
                    saved = time.perf_counter()
        except KeyboardInterrupt:
            if not len(self.tree):
                raise
            return "interrupted"

    def why_nothing_is_open(self) -> str:
        """The leaves that are below the cutoff, in words."""
        left = [self.tree.nodes[at] for at in self.tree.leaves() if self.tree.above(at) < self.cutoff]
        without = [node for node in left if node.lower is None]
        if self.settings.certify and without:
            return f"{len(without)} cells have no proof, {DONE}: {without[0].reason}"
        return f"{DONE}: the relaxation of the lowest one is a single atom up to rounding"

    def report(self) -> Report:
        """Where the search stands."""
        seconds = time.perf_counter() - self.began
        tree = self.tree
        lower, claimed, upper = map(self.normal.value, (tree.proved[0], tree.claimed[0], self.upper))
        return Report(len(tree), len(self.heap), lower, claimed, upper, seconds)

    # ---- results ------------------------------------------------------------------------------------------------

    def save(self, path: str | Path) -> None:
        """Write the search to a file; where that fails, a warning, because the search itself is worth more."""
        try:
            self.tree.times(self.normal.power).save(path, header(self.origin, self.found, self.settings))
        except OSError as error:
            warnings.warn(f"the search was not saved to {path}: {error}", NotWrittenWarning, stacklevel=3)

    def result(self, reason: str) -> Branching:
        """The bracket, with its proof checked as a whole."""
        value, certificate, why = self.certificate()
        upper, upper_certificate = np.inf if self.found is None else self.found.value, None
        exact_upper = None
        if self.settings.certify and self.found is not None:
            nearest = self.origin.exact_atom
            atom = self.found.atom if nearest is None else nearest(self.found.solution)
            proved, upper_certificate, _ = certify_upper_bound(self.origin, atom)
            upper = upper if proved is None else -rounded_down(-proved)
            exact_upper = proved
        infinite = certificate is not None and certificate.kind == "infeasible"
        lower = np.inf if infinite else -np.inf if value is None else rounded_down(value)
        upper, _ = ordered(self.origin, lower, value, upper, exact_upper, self.found)
        bound = self.normal.inward(lower) if self.settings.certify else self.tree.claimed[0]
        known = Bound(
            lower, self.normal.value(self.tree.claimed[0]), upper, proved=certificate is not None, exact=value,
            reason=f"{reason}; {why}" if why else reason, found=self.found if upper < np.inf else None,
            certificate=certificate, upper_certificate=upper_certificate, closed=bool(bound >= self.cutoff),
            cells=len(self.tree),
        )  # fmt: skip
        tree, leaves = self.tree.times(self.normal.power), sum(map(self.is_open, self.tree.leaves()))
        spent = time.perf_counter() - self.began, sum(node.seconds for node in self.tree.nodes)
        return Branching(self.origin, tree, known, leaves, *spent, self.settings)

    def certificate(self):  # noqa: ANN201
        """(bound, proof, why there is none), in the units of the program."""
        if not self.settings.certify:
            return None, None, "no proof was asked for (certify=False)"
        if len(self.tree) == 1 and self.tree.nodes[0].claimed == np.inf:
            how = self.settings
            whole, _ = bound_and_matrix(self.origin, how, Run())
            if whole.lower == np.inf and isinstance(whole.certificate, Certificate):
                return None, whole.certificate, whole.reason
        value = self.tree.bounds()[0]
        if value is None:
            return None, None, "not every cell has a proof"
        tree, assumes = self.tree.proof(lambda at: self.partition.item(self.tree.path(at), self.tree.nodes[at].cut))
        certificate, words = self.partition.certificate(tree, value, assumes)
        verdict = certificate.verify()
        if not verdict.proved:
            return None, None, f"the checker does not accept the tree: {verdict.reason}"
        return self.normal.exact(value), certificate, words


def whole_step(program: CompletelyPositiveProgram) -> Fraction:
    """The number of which the minimum is a multiple, as the checker sees it; 0 where there is none."""
    try:
        return Fraction(check_program.whole_values(check_identity.program(program_problem(program))))
    except (Rejected, ValueError):
        return Fraction(0)
