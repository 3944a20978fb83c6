"""The heaviest stable set with a proof: reductions, components, then per component what closes the gap.

For a component in which a set of weight L was found, in this order: a cover by cliques of weight L; branch and bound
with few states; Schrijver's ϑ' of the weights, rounded down to what weights can add up to; branch and bound with the
rest of the budget. Whatever is left open, the least of the bounds is proved.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from math import gcd
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.graphs import dense, theta_method
from copos.graphs.dense import Heavier, Items
from copos.graphs.local import heavy_set, taken_in_order
from copos.graphs.presolve import Neighbours, Weights, components, reduce

FIRST, FIRST_SPARSE = 12_000, 1_500  # states of branch and bound before ϑ' is tried, on bit sets or not
MATRIX = 600  # vertices of a graph for which ϑ' is computed
DENSE_SHARE, DENSE_SIZE = 0.12, 1_500  # density from which on bit sets are used, and vertices up to which
HEAVY = 10**12  # of a weight in units of all of them; beyond it doubles are too coarse
COLUMNS = 8  # of ϑ's matrix that stable sets are read from
SAID = 512  # states between two words on where the work stands
DEPTH = 250  # of branching on sparse graphs


class Stopped(Exception):
    """The budget is spent."""


@dataclass
class Budget:
    """States and time that branch and bound may use."""

    states: int
    until: float
    used: int = 0
    interrupted: bool = False
    callback: Callable[[str], Any] | None = None

    def tick(self) -> None:
        """One state; raises `Stopped` at the end."""
        self.used += 1
        if self.used > self.states or time.perf_counter() > self.until:
            raise Stopped
        if self.callback is not None and not self.used % SAID:
            self.callback(f"{self.used} states")

    def part(self, states: int) -> Budget:
        """Of so many states at most."""
        return Budget(min(states, max(self.states - self.used, 0)), self.until, callback=self.callback)

    def interrupt(self) -> None:
        """Ctrl-C: what is left is bounded in the cheapest way."""
        self.interrupted, self.until = True, -np.inf

    def say(self, words: str) -> None:
        """To whoever wants to know where the work stands."""
        if self.callback is not None:
            self.callback(words)


@dataclass(frozen=True)
class Answer:
    """A stable set, what none exceeds, and the items that prove it."""

    chosen: set[int]
    upper: int
    items: Items

    def weight(self, w: Weights) -> int:
        """Of the set."""
        return sum(w[v] for v in self.chosen)


def solve(near: Neighbours, w: Weights, budget: Budget, matrix: bool = True) -> Answer:
    """A heavy stable set and a bound on all; `near` is used up.

    Examples
    --------
    >>> cycle = {i: {(i - 1) % 5, (i + 1) % 5} for i in range(5)}
    >>> answer = solve(cycle, dict.fromkeys(range(5), 1), Budget(100, float("inf")))
    >>> len(answer.chosen), answer.upper
    (2, 2)
    """
    reduced = reduce(near, dict(w))
    chosen: set[int] = set()
    shares, below, total = [], [], 0
    parts = components(reduced.near)
    for k, part in enumerate(parts, 1):
        budget.say(f"component {k} of {len(parts)}, {len(part)} vertices")
        inside = set(part)
        answer = _component({v: reduced.near[v] & inside for v in part}, {v: reduced.w[v] for v in part}, budget,
                            matrix)  # fmt: skip
        chosen |= answer.chosen
        total += answer.upper
        shares.append([answer.upper, *part])
        below += answer.items
    items = [*reduced.items]
    if len(shares) > 1:
        items.append(["parts", shares])
    items += below if shares else [["end", 0]]
    return Answer(reduced.lifted(chosen), reduced.offset + total, items)


def _component(near: Neighbours, w: Weights, budget: Budget, matrix: bool) -> Answer:
    """A connected graph without reductions."""
    size, unit = len(near), gcd(*w.values())
    chosen = {max(near, key=lambda v: w[v])}
    upper, items = sum(w.values()), [["cliques", [[w[v], v] for v in near]], ["end", 0]]
    until = time.perf_counter() + max(0.0, min(30.0, 0.1 * (budget.until - time.perf_counter())))
    steps = max(200, min(20_000, 1_000 + 60 * size, 4_000_000 // (size + 1)))
    share = sum(map(len, near.values())) / max(size * (size - 1), 1)
    prove = _dense if share > DENSE_SHARE and size <= DENSE_SIZE else _sparse

    def searched(limits: Budget) -> bool:
        nonlocal chosen, upper, items
        while upper > _weight(chosen, w):
            goal = _weight(chosen, w)
            try:
                items, upper = prove(near, w, goal, limits), goal
            except Heavier as found:
                chosen = found.chosen
            except Stopped:
                budget.used += limits.used
                return False
        return True

    try:  # whatever ends this, the set is one, and the items prove `upper`
        cover, item = clique_cover(near, w)
        upper, items = cover, [item, ["end", 0]]
        chosen = heavy_set(near, w, cover, steps // 20 if size <= DENSE_SIZE else steps, until)
        if searched(budget.part(FIRST if prove is _dense else FIRST_SPARSE)) or time.perf_counter() > budget.until:
            return Answer(chosen, upper, items)
        if matrix and size <= MATRIX and max(w.values()) // unit <= HEAVY:
            budget.say(f"ϑ' of {size} vertices, {_weight(chosen, w)} ≤ weight ≤ {upper}")
            found, guided = _matrix(near, w, _weight(chosen, w), upper, unit, budget.until)
            chosen = max(chosen, guided, key=lambda found: _weight(found, w))
            if found is not None:
                upper, items = found
        if _weight(chosen, w) < upper:
            chosen = max(chosen, heavy_set(near, w, upper, steps, until, seed=1), key=lambda found: _weight(found, w))
            searched(budget.part(budget.states))
    except KeyboardInterrupt:
        budget.interrupt()
    return Answer(chosen, upper, items)


def _weight(chosen: set[int], w: Weights) -> int:
    return sum(w[v] for v in chosen)


def clique_cover(near: Neighbours, w: Weights) -> tuple[int, list[Any]]:
    """The weight of a cover by cliques, greedily, and its item."""
    rest, cliques, total = dict(w), [], 0
    for v in sorted(near, key=lambda v: (len(near[v]), v)):
        while rest[v] > 0:
            C, common = [v], {j for j in near[v] if rest[j] > 0}
            while common:
                u = min(common, key=lambda j: (len(near[j]), j))
                C.append(u)
                common &= near[u]
            size = min(rest[u] for u in C)
            for u in C:
                rest[u] -= size
            cliques.append([size, *C])
            total += size
    return total, ["cliques", cliques]


def _dense(near: Neighbours, w: Weights, left: int, budget: Budget) -> Items:
    return dense.prove(near, w, left, budget.tick)


def _sparse(near: Neighbours, w: Weights, left: int, budget: Budget) -> Items:
    """Branch and reduce: a vertex with the most neighbours, in the set or not."""
    return _state({v: set(others) for v, others in near.items()}, dict(w), left, budget, 0)


def _state(near: Neighbours, w: Weights, left: int, budget: Budget, depth: int) -> Items:
    """Items for a state; raises `Heavier` with a set of that state."""
    budget.tick()
    if depth > DEPTH:
        raise Stopped
    reduced = reduce(near, w)
    left -= reduced.offset
    if left < 0:
        raise Heavier(reduced.lifted(set()))
    parts = components(reduced.near)
    if not parts:
        return [*reduced.items, ["end", 0]]
    cover, item = clique_cover(reduced.near, reduced.w)
    if cover <= left:
        return [*reduced.items, item, ["end", 0]]
    try:
        if len(parts) == 1:
            return [*reduced.items, *_branched(reduced.near, reduced.w, left, budget, depth)]
        return [*reduced.items, *_parts(reduced.near, reduced.w, parts, left, budget, depth)]
    except Heavier as found:
        raise Heavier(reduced.lifted(found.chosen)) from None


def _parts(near: Neighbours, w: Weights, parts: list[list[int]], left: int, budget: Budget, depth: int) -> Items:
    """The optimum of every part."""
    shares, below, chosen = [], list[Any](), set[int]()
    for part in parts:
        inside = set(part)
        here, v_of = {v: near[v] & inside for v in part}, {v: w[v] for v in part}
        best = heavy_set(here, v_of, steps=200)
        while True:
            try:
                goal = _weight(best, v_of)
                copy = {v: set(others) for v, others in here.items()}
                items = _state(copy, dict(v_of), goal, budget, depth + 1)
                break
            except Heavier as found:
                best = found.chosen
        chosen |= best
        shares.append([goal, *part])
        below += items
    if sum(share[0] for share in shares) > left:
        raise Heavier(chosen)
    return [["parts", shares], *below]


def _branched(near: Neighbours, w: Weights, left: int, budget: Budget, depth: int) -> Items:
    v = max(near, key=lambda u: (len(near[u]), w[u], u))
    kept = near.keys() - near[v] - {v}
    with_v = {u: near[u] & kept for u in kept}
    try:
        first = _state(with_v, {u: w[u] for u in kept}, left - w[v], budget, depth + 1)
    except Heavier as found:
        raise Heavier(found.chosen | {v}) from None
    rest = near.keys() - {v}
    second = _state({u: near[u] & rest for u in rest}, {u: w[u] for u in rest}, left, budget, depth + 1)
    return [["branch", [v]], *first, *second]


def _matrix(
    near: Neighbours, w: Weights, lower: int, upper: int, unit: int, until: float
) -> tuple[tuple[int, Items] | None, set[int]]:  # fmt: skip
    """ϑ' rounded down, and its matrix in as few bits as that allows, None where it is no better; and a stable set.

    Where ϑ' is the weight of a heaviest set S, X = vv'/w(S) with v_i = √w_i on S is a solution, and others are means
    of such: a row of X shows what is in the same sets.
    """
    order = sorted(near)
    place = {v: k for k, v in enumerate(order)}
    A = np.zeros((len(order), len(order)), dtype=bool)
    for v in order:
        A[place[v], [place[j] for j in near[v]]] = True
    u = [w[v] // unit for v in order]
    goal, best, chosen = lower // unit, [np.inf, 0.0], set[int]()

    def enough(t: float, _: float, Y: NDArray[np.float64]) -> bool:
        """The goal is reached, or the integer below has not changed for long."""
        nonlocal goal, chosen
        first = np.argsort(-Y.diagonal(), kind="stable")
        for score in (Y.diagonal(), *Y[first[:COLUMNS]]):
            guided = taken_in_order(near, [order[k] for k in np.argsort(-score, kind="stable").tolist()])
            if _weight(guided, w) // unit > goal:
                goal, chosen = _weight(guided, w) // unit, guided
        if t < best[0] - 0.02:
            best[:] = [t, 0]
        best[1] += 1
        return t < goal + 0.999 or (best[1] > 15 and t % 1 > 0.05)

    found = theta_method.theta(A, np.array(u, dtype=float), "schrijver", 1e-7, enough, until)
    value = theta_method.whole(found.upper)
    proof = theta_method.gram_proof(found.slack, A, u, lambda t: theta_method.whole(t) <= value)
    if proof is None or value * unit >= upper:
        return None, chosen
    return (value * unit, [["matrix", proof]]), chosen
