"""Trees of stable sets: no stable set of a graph weighs more than a value.

A state is a graph, weights and what is left of the value. Items change it, split it or end it, in preorder; none of
them loses a stable set that weighs more than what is left. One that ends it is a matrix: with integers B and
G = BB'/4^b ⪰ 0, whatever B is,

    t = max_i (G_ii + w_i² + Σ_{j ≁ i} (G_ij + w_iw_j)⁺) / w_i  ⇒  w(S) ≤ t for every stable set S,

since 0 ≤ 1_S'G1_S ≤ t w(S) − w(S)²; an excess at i, j is counted at i and at j, because 2x_ix_j ≤ x_i + x_j.

Standard library only; part of the checker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from math import gcd, lcm
from typing import Any

try:
    from copos.checker import check_identity as identity
    from copos.checker import check_reading as read
    from copos.checker.check_reading import Number, Rejected, Unreadable, show
except ImportError:  # run as a plain file, without the package
    import check_identity as identity  # type: ignore[no-redef]
    import check_reading as read  # type: ignore[no-redef]
    from check_reading import Number, Rejected, Unreadable, show  # type: ignore[no-redef]

NODES = 200_000  # states of a tree
Neighbours = dict[int, set[int]]


def gram(proof: dict[str, Any], n: int) -> tuple[list[list[int]], int]:
    """The lower triangle of BB', and 4^bits."""
    bits = read.whole(proof["bits"], "bits", 0, read.BITS)
    return identity.outer(read.integers(proof["factor"], "factor", n)), 1 << 2 * bits


def theta(order: list[int], near: Neighbours, w: list[Number], G: list[list[int]], one: int, name: str) -> Number:
    """The t of which G/one, over the vertices in order, proves that it is at least ϑ (G in units of the weights).

    tD − ww' = G + (diagonally dominant) + N + (anything on the edges), D = diag w, N ≥ 0 where the entries of G may be
    smaller: on pairs without an edge. Lovász's has N = 0 there; Szegedy's has that, too, and N ≥ 0 on the edges.
    """
    g = unit(w)
    u = [int(v / g) for v in w]
    excess = [0] * len(order)
    at = {v: k for k, v in enumerate(order)}
    for k, i in enumerate(order):
        row, edge = G[k], {at[j] for j in near[i] if j in at}
        for m in range(k):
            over = row[m] + one * u[k] * u[m]
            if m in edge:
                over = max(0, -over) if name == "szegedy" else 0
            elif over < 0:
                over = 0 if name == "schrijver" else -over
            excess[k] += over
            excess[m] += over
    tops = (Fraction(row[-1] + one * v * v + e, one * v) for row, v, e in zip(G, u, excess, strict=True))
    return g * max(tops)


def unit(w: list[Number]) -> Fraction:
    """The largest number of which all weights, and so all their sums, are multiples."""
    return Fraction(gcd(*(v.numerator for v in w)), lcm(*(v.denominator for v in w)))


class State:
    """A graph that is left, its weights, and what its stable sets may weigh."""

    def __init__(self, near: Neighbours, w: dict[int, Number], left: Number) -> None:
        self.near, self.w, self.left = near, w, left
        for v in [v for v, weight in w.items() if weight <= 0]:
            self.drop(v)

    def drop(self, v: int) -> None:
        """Without v."""
        for j in self.near.pop(v):
            self.near[j].discard(v)
        del self.w[v]

    def at(self, value: Any) -> int:
        """A vertex of the state."""
        if type(value) is not int or value not in self.near:
            raise Rejected("an item of the tree names a vertex that is not there")
        return value

    def pair(self, item: Any) -> tuple[int, int]:
        """Two different vertices."""
        u, v = (self.at(x) for x in read.items(item, "pair", 2))
        if u == v:
            raise Rejected("a pair has two different vertices")
        read.spend(len(self.near[u]) + len(self.near[v]), "a pair of vertices")
        return u, v

    def within(self, kept: Iterable[int], left: Number) -> State:
        """The part on some vertices."""
        inside = set(kept)
        read.spend(8 * len(inside) + sum(len(self.near[v]) for v in inside) // 8, "a part of a graph")
        return State({v: self.near[v] & inside for v in inside}, {v: self.w[v] for v in inside}, left)


def cliques(s: State, data: Any) -> None:
    """[[λ, v, …], …]: a stable set has at most one vertex of a clique, so w − λ1_C on it loses λ at most."""
    for item in read.items(data, "cliques"):
        if type(item) is not list or len(item) < 2:
            raise Unreadable("a clique is a list of its multiplier and its vertices")
        size, C = read.number(item[0], "multiplier"), [s.at(v) for v in item[1:]]
        read.spend(len(C) ** 2, "a clique")
        inside = set(C)
        if len(inside) < len(C) or any(len(s.near[v] & inside) < len(C) - 1 for v in C):
            raise Rejected("the vertices of a clique are not all adjacent")
        if size < 0:
            raise Rejected("the multiplier of a clique is negative")
        s.left -= size
        for v in C:
            s.w[v] -= size
            if s.w[v] <= 0:
                s.drop(v)


def dominated(s: State, data: Any) -> None:
    """[[u, v], …]: N[v] ⊆ N[u] and w_u ≤ w_v, so that v may take the place of u."""
    for item in read.items(data, "dominated"):
        u, v = s.pair(item)
        if u not in s.near[v] or not s.near[v] - {u} <= s.near[u]:
            raise Rejected("a vertex is dominated by a neighbour whose other neighbours are its own")
        if s.w[u] > s.w[v]:
            raise Rejected("a vertex is dominated by one that weighs as much")
        s.drop(u)


def twins(s: State, data: Any) -> None:
    """[[u, v], …]: N(u) = N(v), so both or none: v weighs what both do."""
    for item in read.items(data, "twins"):
        u, v = s.pair(item)
        if s.near[u] != s.near[v]:
            raise Rejected("twins have the same neighbours")
        s.w[v] += s.w[u]
        s.drop(u)


def folds(s: State, data: Any) -> None:
    """[v, …] of two neighbours a ≁ b, w_a, w_b ≤ w_v < w_a + w_b: v alone or a and b; a becomes "a and b instead"."""
    for item in read.items(data, "folds"):
        v = s.at(item)
        if len(s.near[v]) != 2:
            raise Rejected("a fold has two neighbours")
        a, b = sorted(s.near[v])
        if b in s.near[a]:
            raise Rejected("the neighbours of a fold are not adjacent")
        if max(s.w[a], s.w[b]) > s.w[v] or s.w[v] > s.w[a] + s.w[b]:
            raise Rejected("the weight of a fold is between those of its neighbours and their sum")
        read.spend(len(s.near[b]), "a fold")
        s.left -= s.w[v]
        weight, near = s.w[a] + s.w[b] - s.w[v], s.near[b] - {v}
        s.drop(v)
        s.drop(b)
        s.w[a] = weight
        for j in near:
            s.near[j].add(a)
            s.near[a].add(j)
        if weight <= 0:
            s.drop(a)


def loose(s: State, data: Any) -> None:
    """[v, …]: v and all that a stable set with v may hold weigh no more than what is left."""
    for item in read.items(data, "loose"):
        v = s.at(item)
        read.spend(len(s.near), "a vertex without many neighbours to be left")
        if sum((weight for j, weight in s.w.items() if j not in s.near[v]), 0) > s.left:
            raise Rejected("a stable set with a vertex that is left out might weigh more than the value")
        s.drop(v)


def parts(s: State, data: Any) -> list[State]:
    """[[value, v, …], …]: the parts, without an edge between them, each with its share of what is left."""
    out: list[State] = []
    seen: set[int] = set()
    total: Number = 0
    for item in read.items(data, "parts"):
        if type(item) is not list or len(item) < 2:
            raise Unreadable("a part is a list of its value and its vertices")
        value, inside = read.number(item[0], "value of a part"), {s.at(v) for v in item[1:]}
        read.spend(len(inside) + sum(len(s.near[v]) for v in inside), "a part of a graph")
        if inside & seen or any(not s.near[v] <= inside for v in inside):
            raise Rejected("an edge leads out of a part")
        seen |= inside
        total += value
        out.append(s.within(inside, value))
    if seen != set(s.near):
        raise Rejected("the parts are not the whole graph")
    if total > s.left:
        raise Rejected("the values of the parts are more than what is left")
    return out


def branch(s: State, data: Any) -> list[State]:
    """[v_1, v_2, …]: the stable sets whose first of these is v_1, or v_2, …, and those with none of them."""
    out = []
    chosen = [s.at(v) for v in read.items(data, "branch")]
    if len(set(chosen)) < len(chosen) or not chosen:
        raise Rejected("a branch has different vertices")
    for v in chosen:
        read.spend(len(s.near), "a branch")
        out.append(s.within(s.near.keys() - s.near[v] - {v}, s.left - s.w[v]))
        s.drop(v)
    return [*out, s]


def bounded(s: State, data: Any) -> list[State]:
    """A matrix whose rows are the vertices in order; weights that are multiples of g have sums that are, too."""
    order = sorted(s.near)
    if not order:
        return ended(s, data)
    read.spend(len(order) ** 2, "a matrix")
    w = [s.w[v] for v in order]
    G, one = gram(read.fields(data, "matrix", "factor bits"), len(order))
    t = theta(order, s.near, w, G, one, "schrijver")
    g = unit(w)
    if t // g * g > s.left:
        raise Rejected(f"the matrix gives {show(t, 1)}, more than is left, {show(s.left, -1)}")
    return []


def ended(s: State, data: Any) -> list[State]:
    """Nothing is left."""
    if s.near or s.left < 0:
        raise Rejected("vertices are left over, or less than nothing")
    return []


# what changes the state, and what splits or ends it
STEPS: dict[str, Callable[[State, Any], None]] = {
    "cliques": cliques, "dominated": dominated, "twins": twins, "folds": folds, "loose": loose,
}  # fmt: skip
SPLITS: dict[str, Callable[[State, Any], list[State]]] = {
    "parts": parts, "branch": branch, "matrix": bounded, "end": ended,
}  # fmt: skip


def tree(first: State, items: Any) -> None:
    """Reject unless the items, in preorder, show that no stable set of the state weighs more than what is left."""
    stack, position, states = [first], 0, 0
    steps = read.items(items, "tree")
    while stack:
        s = stack.pop()
        states += 1
        if states > NODES:
            raise Unreadable(f"a tree has at most {NODES} states")
        while True:
            if position == len(steps):
                raise Rejected("the tree ends before all states are treated")
            what, data = read.items(steps[position], "item", 2)
            position += 1
            if type(what) is not str or what not in STEPS.keys() | SPLITS.keys():
                raise Unreadable(f"an item of a tree is one of {sorted({*STEPS, *SPLITS})}")
            if what in SPLITS:
                stack += reversed(SPLITS[what](s, data))
                break
            STEPS[what](s, data)
    if position < len(steps):
        raise Rejected("the tree has items left over")
