"""Reductions of weighted stable sets, as a queue over the vertices that changed; none of them loses the optimum.

    simplicial   N[v] a clique: α_w(G) = w_v + α(G − v, w − w_v 1_N(v))⁺; isolated and pendant vertices are such
    dominated    N[v] ⊆ N[u], w_u ≤ w_v: u is left out
    twins        N(u) = N(v): v weighs w_u + w_v, u is left out
    fold         N(v) = {a, b}, a ≁ b, w_a, w_b ≤ w_v < w_a + w_b: "a and b instead of v" is one vertex of weight
                 w_a + w_b − w_v                                                                    [ChenKanjJia2001]

Every step is an item of the proof that `copos/checker/check_graph_tree.py` repeats, and has a way back for sets.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

Neighbours = dict[int, set[int]]
Weights = dict[int, int]
CLIQUE = 12  # degree up to which a neighbourhood is looked at as a clique
DEGREE = 400  # up to which dominated vertices are looked for


@dataclass
class Reduced:
    """A graph that gets smaller, the items of the proof, and what its optimum lost.

    Attributes
    ----------
    near, w : what is left; integers, weights positive
    items : of the proof, in order; clique multipliers are in units of the weights
    offset : α_w of the graph given = offset + that of what is left
    """

    near: Neighbours
    w: Weights
    items: list[list[Any]] = field(default_factory=list)
    offset: int = 0
    back: list[tuple[str, int, Any]] = field(default_factory=list)
    queue: deque[int] = field(default_factory=deque)

    def lifted(self, chosen: set[int]) -> set[int]:
        """A stable set of what is left as one of the graph given, heavier by the offset at least."""
        out = set(chosen)
        for what, v, more in reversed(self.back):
            if what == "simplicial":
                if not out & more:
                    out.add(v)
            elif what == "twins":
                if more in out:
                    out.add(v)
            elif more[0] in out:  # fold: both neighbours instead of v
                out.add(more[1])
            else:
                out.add(v)
        return out

    def drop(self, v: int) -> None:
        """Without v."""
        near = self.near.pop(v)
        for j in near:
            self.near[j].discard(v)
        del self.w[v]
        self.queue.extend(near)

    def item(self, what: str, data: Any) -> None:
        """Add to the proof, to the last item if that is of the same kind."""
        if not self.items or self.items[-1][0] != what:
            self.items.append([what, []])
        self.items[-1][1].append(data)


def reduce(near: Neighbours, w: Weights) -> Reduced:
    """Reduce as far as the rules go; `near` and `w` are used up.

    >>> path = {0: {1}, 1: {0, 2}, 2: {1}}
    >>> found = reduce(path, {0: 1, 1: 1, 2: 1})
    >>> found.offset, sorted(found.lifted(set()))
    (2, [0, 2])
    """
    out = Reduced(near, w)
    for v in [v for v, weight in w.items() if weight <= 0]:
        out.drop(v)
    out.queue = deque(sorted(near, key=lambda v: (len(near[v]), v)))
    while True:
        while out.queue:
            v = out.queue.popleft()
            if v in out.near and not _simplicial(out, v) and not _dominating(out, v):
                _fold(out, v)
        if not _twins(out):
            return out


def _simplicial(s: Reduced, v: int) -> bool:
    near = s.near[v]
    if len(near) > CLIQUE or any(b not in s.near[a] for a, b in combinations(near, 2)):
        return False
    size = s.w[v]
    s.item("cliques", [size, v, *sorted(near)])
    s.back.append(("simplicial", v, set(near)))
    s.offset += size
    s.drop(v)
    for j in sorted(near):
        s.w[j] -= size
        if s.w[j] <= 0:
            s.drop(j)
    return True


def _dominating(s: Reduced, v: int) -> bool:
    """Leave out the neighbours that v dominates; is v used up?"""
    near = s.near[v]
    if len(near) > DEGREE:
        return False
    found = [u for u in near if len(s.near[u]) >= len(near) and s.w[u] <= s.w[v] and all(
        j in s.near[u] for j in near if j != u)]  # fmt: skip
    for u in sorted(found):
        if near - {u} <= s.near[u]:
            s.item("dominated", [u, v])
            s.drop(u)
    if found:
        s.queue.append(v)
    return bool(found)


def _fold(s: Reduced, v: int) -> None:
    if len(s.near[v]) != 2:
        return
    a, b = sorted(s.near[v])
    over = s.w[a] + s.w[b] - s.w[v]
    if b in s.near[a] or max(s.w[a], s.w[b]) > s.w[v] or over < 0:
        return
    s.item("folds", v)
    s.back.append(("fold", v, (a, b)))
    s.offset += s.w[v]
    other = s.near[b] - {v}
    s.drop(v)
    s.drop(b)
    s.w[a] = over
    for j in other:
        s.near[j].add(a)
        s.near[a].add(j)
    if over <= 0:
        s.drop(a)
    else:
        s.queue.extend((a, *s.near[a]))


def _twins(s: Reduced) -> bool:
    """Merge all twins; was there one?"""
    first: dict[frozenset[int], int] = {}
    found = False
    for u in sorted(s.near):
        if u not in s.near:
            continue
        v = first.setdefault(frozenset(s.near[u]), u)
        if v != u and v in s.near and s.near[v] == s.near[u]:
            s.item("twins", [u, v])
            s.back.append(("twins", u, v))
            s.w[v] += s.w[u]
            s.drop(u)
            s.queue.append(v)
            found = True
    return found


def components(near: Neighbours) -> list[list[int]]:
    """The connected parts, each sorted."""
    left, out = set(near), []
    while left:
        first = left.pop()
        part, todo = {first}, [first]
        while todo:
            more = near[todo.pop()] - part
            part |= more
            todo += more
        left -= part
        out.append(sorted(part))
    return sorted(out)
