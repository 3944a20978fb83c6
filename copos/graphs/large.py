"""χ and χ̄ of graphs too large for ϑ: a clique or a stable set from below, a greedy colouring or cover from above.

w(S) ≤ Σ_{v ∈ S} Σ_{C ∋ v} λ_C ≤ Σ λ_C      for classes C that share at most one vertex with S.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from copos.graphs.graph import Graph
from copos.graphs.numbers import (
    GraphNumber,
    certificate,
    greedy_clique,
    judged,
    maximum_clique,
    maximum_stable_set,
)

SPARSE = 10  # edges a vertex, up to which the largest clique is looked for
SHARE = 0.5  # of the time for the set
SECONDS = 10.0  # for the set where no limit is given
Near = list[set[int]]


def large_cover(name: str, G: Graph, limit: float | None, start: float) -> GraphNumber:
    """The bracket of "chromatic number" or "clique cover number" that needs no matrix."""
    kind, near = KINDS[name], G.neighbours
    classes = kind.classes(near)
    left = SECONDS if limit is None else SHARE * max(limit - (time.perf_counter() - start), 0.0)
    chosen = kind.vertices(G, near, len(classes), left)
    below = certificate(name, G, "lower bound", len(chosen), {"set": chosen})
    above = certificate(name, G, "upper bound", len(classes), {"classes": [[1, *C] for C in classes]})
    shown = [tuple(G.labels[v] for v in C) for C in classes]
    found = judged(name, G, (len(chosen), len(classes)), (below, above), start, classes=shown)
    words = f"{G.n} vertices are too many for ϑ⁺: the bound from below is {kind.said} of {len(chosen)} vertices"
    return found if found.closed or not found.proved else replace(found, reason=f"{found.reason}; {words}")


def _clique(G: Graph, near: Near, enough: int, seconds: float) -> list[int]:
    """A large clique, the largest one of a sparse graph if the time suffices."""
    found = greedy_clique(near, [1] * G.n)
    if len(found) >= enough or G.m > SPARSE * G.n:
        return found
    try:
        return _places(G, maximum_clique(G, time_limit=seconds, matrix=False))
    except ValueError:  # too much is left for the complement
        return found


def _stable_set(G: Graph, near: Near, enough: int, seconds: float) -> list[int]:
    # reductions and local search find nearly all of it; what branch and bound adds is not worth its time here
    return _places(G, maximum_stable_set(G, time_limit=seconds, states=0, matrix=False))


def _places(G: Graph, found: GraphNumber) -> list[int]:
    return sorted(G.place[label] for label in found.vertices or ())


def colouring(near: Near) -> list[list[int]]:
    """Stable sets that cover all vertices: the vertex whose neighbours have the most colours goes first [Brelaz1979].

    >>> colouring([{1}, {0, 2}, {1}])
    [[0, 2], [1]]
    """
    n, colour = len(near), [-1] * len(near)
    seen: list[set[int]] = [set() for _ in near]
    heap = [(0, -len(near[v]), v) for v in range(n)]
    heapq.heapify(heap)
    while heap:
        number, _, v = heapq.heappop(heap)
        if colour[v] >= 0 or -number < len(seen[v]):
            continue  # an entry that is older than what is known of its vertex
        c = next(k for k in range(n) if k not in seen[v])
        colour[v] = c
        for j in near[v]:
            if colour[j] < 0 and c not in seen[j]:
                seen[j].add(c)
                heapq.heappush(heap, (-len(seen[j]), -len(near[j]), j))
    classes: list[list[int]] = [[] for _ in range(max(colour) + 1)]
    for v, c in enumerate(colour):
        classes[c].append(v)
    return sorted(classes)


def clique_cover(near: Near) -> list[list[int]]:
    """Cliques that cover all vertices: from the vertex with the fewest free neighbours on, each as large as it grows.

    >>> clique_cover([{1}, {0, 2}, {1}])
    [[0, 1], [2]]
    """
    free = [True] * len(near)
    degree = [len(s) for s in near]
    heap = [(d, v) for v, d in enumerate(degree)]
    heapq.heapify(heap)
    cliques: list[list[int]] = []
    while heap:
        d, v = heapq.heappop(heap)
        if not free[v] or d != degree[v]:
            continue
        C, common = [v], {j for j in near[v] if free[j]}
        while common:
            u = min(common, key=lambda j: (degree[j], j))
            C.append(u)
            common &= near[u]
        for u in C:
            free[u] = False
        for j in {j for u in C for j in near[u] if free[j]}:
            degree[j] = sum(free[i] for i in near[j])
            heapq.heappush(heap, (degree[j], j))
        cliques.append(sorted(C))
    return sorted(cliques)


class Kind(NamedTuple):
    """How a number is bounded: classes that cover, a set that meets each of them once, and what that is called."""

    classes: Callable[[Near], list[list[int]]]
    vertices: Callable[[Graph, Near, int, float], list[int]]
    said: str


KINDS = {
    "chromatic number": Kind(colouring, _clique, "a clique"),
    "clique cover number": Kind(clique_cover, _stable_set, "a stable set"),
}
