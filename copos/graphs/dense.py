"""Stable sets of dense graphs: branch and bound on bit sets, with covers by cliques as bounds [TomitaEtAl2010].

A state is a set P of vertices and what its stable sets may weigh. Cliques of multipliers that use up no more than that
cover the weights of P but for some vertices, and these are branched on: the first of them, or the second without the
first, …, or none of them, and then the cliques are the proof.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Items = list[list[Any]]


class Heavier(Exception):
    """A stable set that weighs more than was to be shown."""

    def __init__(self, chosen: set[int]) -> None:
        super().__init__("a heavier set")
        self.chosen = chosen


def prove(near: dict[int, set[int]], w: dict[int, int], left: int, tick: Callable[[], None]) -> Items:
    """Items of a proof that no stable set weighs more than `left`; raises `Heavier` with one that does.

    `tick` is called at every state and may raise to stop the work.

    >>> prove({0: {1}, 1: {0}}, {0: 1, 1: 1}, 1, lambda: None)
    [['cliques', [[1, 0, 1]]], ['end', 0]]
    """
    order = _order(near)
    place = {v: k for k, v in enumerate(order)}
    bits = [sum(1 << place[j] for j in near[v]) for v in order]
    weights = [w[v] for v in order]
    out: Items = []
    _search(_Graph(order, bits, weights, tick), (1 << len(order)) - 1, left, [], out)
    return out


def _order(near: dict[int, set[int]]) -> list[int]:
    """The reverse of: a vertex with the most neighbours left, again and again. What stands last is branched on."""
    count, left, out = {v: len(others) for v, others in near.items()}, set(near), []
    while left:
        v = max(left, key=lambda u: (count[u], u))
        out.append(v)
        left.discard(v)
        for j in near[v] & left:
            count[j] -= 1
    return out[::-1]


class _Graph:
    def __init__(self, order: list[int], bits: list[int], weights: list[int], tick: Callable[[], None]) -> None:
        self.order, self.bits, self.weights, self.tick = order, bits, weights, tick


def _search(g: _Graph, P: int, left: int, chosen: list[int], out: Items) -> None:
    g.tick()
    if left < 0:
        raise Heavier({g.order[v] for v in chosen})
    cliques, open_vertices = _cover(g, P, left)
    if open_vertices:
        branched = sorted(open_vertices, key=lambda v: -(g.bits[v] & P).bit_count())  # small states first
        out.append(["branch", [g.order[v] for v in branched]])
        for v in branched:
            P &= ~(1 << v)
            _search(g, P & ~g.bits[v], left - g.weights[v], [*chosen, v], out)
    if cliques:
        out.append(["cliques", [[size, *(g.order[v] for v in C)] for size, C in cliques]])
    out.append(["end", 0])


def _cover(g: _Graph, P: int, left: int) -> tuple[list[tuple[int, list[int]]], list[int]]:
    """Cliques with multipliers, and vertices that these do not cover; what is open is in none of the cliques."""
    rest = {}
    Q, cliques = P, list[tuple[int, int]]()
    while Q and left > 0:
        R, C, size = Q, 0, left
        while R:
            low = R & -R
            v = low.bit_length() - 1
            C |= low
            R &= g.bits[v]
            size = min(size, rest.get(v, g.weights[v]))
        members = C
        while members:
            low = members & -members
            v = low.bit_length() - 1
            members ^= low
            rest[v] = rest.get(v, g.weights[v]) - size
            if not rest[v]:
                Q ^= low
        cliques.append((size, C))
        left -= size
    unit = all(size == 1 for size, _ in cliques) and max(g.weights, default=1) == 1
    still = []
    if Q and unit:
        sets = [C for _, C in cliques]
        while Q:
            low = Q & -Q
            Q ^= low
            if not _exchanged(g, low, sets):
                still.append(low.bit_length() - 1)
        cliques = [(1, C) for C in sets]
    else:
        while Q:
            low = Q & -Q
            Q ^= low
            still.append(low.bit_length() - 1)
    gone = sum(1 << v for v in still)
    return [(size, _members(C & ~gone)) for size, C in cliques if C & ~gone], still


def _exchanged(g: _Graph, low: int, sets: list[int]) -> bool:
    """Put the vertex into a clique from which one vertex moves to another; Re-NUMBER of [TomitaEtAl2010]."""
    v = low.bit_length() - 1
    for k, C in enumerate(sets):
        against = C & ~g.bits[v]
        if not against:
            sets[k] = C | low
            return True
        if against & (against - 1):
            continue
        u = against.bit_length() - 1
        for m, D in enumerate(sets):
            if m != k and not D & ~g.bits[u]:
                sets[m] = D | against
                sets[k] = (C ^ against) | low
                return True
    return False


def _members(C: int) -> list[int]:
    out = []
    while C:
        low = C & -C
        out.append(low.bit_length() - 1)
        C ^= low
    return out
