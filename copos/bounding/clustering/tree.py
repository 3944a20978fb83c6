"""The cases of a k-means problem: two points are together or apart, until the bound is near the best partition."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from copos.arithmetic.rationals import rounded_down, rounded_up, written
from copos.bounding.clustering.case import INEQUALITIES, Case, case
from copos.bounding.clustering.result import Clustering
from copos.bounding.clustering.seconds import Watch, check_seconds
from copos.certificate import Certificate
from copos.reformulation.clustering.points import Labels, Pair, Points
from copos.reformulation.clustering.search import Search
from copos.support import options as options_of
from copos.support.progress import progress_line, stands

SHARE = 0.5  # of the tolerance: bounds that are nearer to the partition are enough
NODES = 10_000


@dataclass(eq=False)
class Node:
    """Pairs that are together and apart in a case, its bound, and the two cases that it was split into."""

    together: tuple[Pair, ...]
    apart: tuple[Pair, ...]
    case: Case | None = None
    pair: Pair | None = None
    children: tuple[Node, Node] | None = None

    @property
    def lower(self) -> Fraction | float:
        """A proved bound on its partitions."""
        return Fraction(0) if self.case is None else self.case.lower


class Tree:
    """The search for a partition and the cases that are still open."""

    def __init__(self, points: Points, given: Labels | None, tolerance: Any, limit: Any, seed: int) -> None:
        self.points, self.given = points, given
        self.tolerance = options_of.tolerance(tolerance, "tolerance")
        self.seconds = np.inf if limit is None else options_of.tolerance(limit, "time_limit")
        self.watch, self.rng = Watch(), np.random.default_rng(options_of.count(seed, "seed"))
        self.best: Labels | None = given
        self.upper = np.inf if given is None else float(points.cost(given))
        self.root = Node((), ())
        self.tree = [self.root]  # the cases that are not split
        self.stopped = ""

    @property
    def left(self) -> float:
        """Seconds, less what the check of the proofs that there are takes in the end."""
        owed = sum(check_seconds(done.groups.count, sum(map(len, done.leaf.get("generators", ()))))
                   for done in (node.case for node in self.tree) if done and done.leaf)  # fmt: skip
        return self.seconds - self.watch.slowness * owed - self.watch.passed

    @property
    def target(self) -> float:
        """A bound that is enough."""
        return self.upper * (1 - SHARE * self.tolerance)

    def run(self, progress: bool, callback: Callable[[Clustering], Any] | None) -> Clustering:
        """Search, bound and split until the gap is closed, the time is up or someone says stop."""
        name = f"k-means, {len(self.points.X)} points, {self.points.clusters} clusters"
        with progress_line(progress, name, stands) as show:
            try:
                self._search(None)
                self._bound(self.root, None)
                while self._told(show, callback) and self._split():
                    pass
            except KeyboardInterrupt:
                self.stopped = "interrupted"
                if self.best is None:
                    raise
        return self.answer()

    def _told(self, show: Any, callback: Any) -> bool:
        """Go on?"""
        if show is None and callback is None:
            return True
        answer = self.answer(proof=False)
        if show is not None:
            show(answer)
        if callback is not None and callback(answer):
            self.stopped = "stopped by the callback"
        return not self.stopped

    def _search(self, Y: Any, node: Node | None = None) -> None:
        """Look for a better partition, near a matrix of the relaxation too."""
        groups = self.points.groups() if node is None else self.points.groups(node.together, node.apart)
        labels = Search(groups, self.rng).best(Y)
        if labels is None or not self.points.kept(labels):
            return
        value = float(self.points.cost(labels))
        if value < self.upper:
            self.best, self.upper = labels, value

    def _bound(self, node: Node, parent: Case | None) -> None:
        groups = self.points.groups(node.together, node.apart)
        cuts = None
        if parent is not None:
            to = np.zeros(parent.groups.count, dtype=np.int64)
            to[parent.groups.of] = groups.of
            cuts = parent.cuts.renumbered(to)
        upper = self.upper if np.isfinite(self.upper) else self._size()
        target = self.target if np.isfinite(self.upper) else np.inf
        node.case = case(groups, upper, target, self.left, cuts, self.watch)
        if node.case.Y is not None:
            self._search(node.case.Y, node)

    def _size(self) -> float:
        """The cost of one cluster for all: no partition is known that keeps the links."""
        return float(self.points.cost(np.zeros(len(self.points.X), dtype=np.int64)))

    def _split(self) -> bool:
        """Split the case with the least bound; False where the work is at its end."""
        leaf = min(self.tree, key=lambda node: node.lower)
        if leaf.lower >= self.target or self.left <= 0 or len(self.tree) >= NODES or leaf.case is None:
            return False
        pair = _fractional(leaf.case)
        if pair is None:
            return False
        i, j = pair
        children = (Node((*leaf.together, (i, j)), leaf.apart), Node(leaf.together, (*leaf.apart, (i, j))))
        for child in children:
            self._bound(child, leaf.case)
        if min(child.lower for child in children) < leaf.lower:
            return False  # the time was too short
        at = next(k for k, node in enumerate(self.tree) if node is leaf)
        self.tree[at : at + 1] = children
        leaf.pair, leaf.children = (i, j), children
        return True

    def answer(self, proof: bool = True) -> Clustering:
        """Both bounds as they are now."""
        assert self.best is not None or not np.isfinite(self.upper)
        lower = min(node.lower for node in self.tree)
        certificate, reason = None, self._reason()
        if self.best is None:
            raise ValueError("no partition was found that keeps must_link and cannot_link")
        exact = self.points.cost(self.best)
        lower = min(lower, exact)
        if proof and lower > -np.inf:
            document = {"value": written(Fraction(lower)), "cases": self._cases()}
            certificate = Certificate("lower bound", self.points.asked, document)
            verdict = certificate.verify(self.points.asked, self.points.tables)
            if not verdict.proved:
                lower, certificate, reason = -np.inf, None, f"the checker says: {verdict.reason}"
        number: dict[int, int] = {}
        labels = np.array([number.setdefault(int(c), len(number)) for c in self.best])
        upper = Certificate("upper bound", self.points.asked, {"value": written(exact), "labels": labels.tolist()})
        low, high = (-np.inf if lower == -np.inf else rounded_down(Fraction(lower))), rounded_up(exact)
        means = np.stack([self.points.floats[labels == c].mean(axis=0) for c in range(len(number))])
        return Clustering(
            lower=low, upper=high, labels=labels, centers=means,
            given=None if self.given is None else rounded_up(self.points.cost(self.given)),
            closed=bool(high - low <= self.tolerance * high), proved=certificate is not None, certificate=certificate,
            upper_certificate=upper, cells=len(self.tree), reason=reason, points=self.points,
        )  # fmt: skip

    def _reason(self) -> str:
        words = [node.case.reason for node in self.tree if node.case is not None]
        text = words[0] if len(words) == 1 else f"{len(words)} cases of level 0 with {INEQUALITIES}"
        late = "the time was up" if self.left <= 0 else ""
        return "; ".join(part for part in (self.stopped or late, text) if part)

    def _cases(self) -> list[dict[str, Any]]:
        """The tree in the order in which the checker reads it."""
        out: list[dict[str, Any]] = []
        waiting = [self.root]
        while waiting:
            node = waiting.pop()
            if node.children is None:
                out.append({} if node.case is None or node.case.leaf is None else node.case.leaf)
            else:
                assert node.pair is not None
                out.append({"pair": list(node.pair)})
                waiting += [node.children[1], node.children[0]]
        return out


def _fractional(found: Case) -> Pair | None:
    """Two points whose groups are between together and apart in Y, as far from both as any, the largest groups first.

    With Y_gh = t·min(Y_gg, Y_hh) they are together in the share t of the clusters.
    """
    Y, groups = found.Y, found.groups
    if Y is None or groups.count < 2:
        return None
    d = np.diag(Y)
    share = Y / np.maximum(np.minimum(d[:, None], d[None]), np.finfo(float).tiny)
    doubt = np.minimum(share, 1 - share)
    weight = groups.sizes[:, None] * groups.sizes[None] / (groups.sizes[:, None] + groups.sizes[None])
    score = np.triu(doubt * np.sqrt(weight), 1)
    for g, h in groups.apart:
        score[g, h] = 0.0
    g, h = np.unravel_index(int(score.argmax()), score.shape)
    if not score[g, h] > 1e-6:
        return None
    first = [int(np.flatnonzero(groups.of == at)[0]) for at in (g, h)]
    return min(first), max(first)
