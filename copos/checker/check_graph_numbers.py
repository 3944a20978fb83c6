"""Numbers of a graph, proved on the graph itself: α, ω, χ, the clique-cover number, and Lovász's ϑ with its variants.

A set, or the classes of a colouring, shows one side. A tree (`check_graph_tree`) shows that no stable set is heavier,
and a matrix that ϑ is at most t, as there, or that no cover by cliques is lighter: let G = BB'/4^b with integers B and

    k = w'Gw / Σ_i w_i (G_ii + Σ_{j ~ i} G_ij⁺).

Cliques C with multipliers λ_C ≥ 0, Σ_{C ∋ i} λ_C ≥ w_i (without loss =), have Σ λ_C ≥ k: by convexity
w'Gw = (Σ λ_C 1_C)'G(Σ λ_C 1_C) ≤ Σ λ_C · Σ λ_C 1_C'G1_C, and 1_C'G1_C ≤ Σ_{i ∈ C} (G_ii + Σ_{j ~ i} G_ij⁺). This is
Szegedy's ϑ⁺ from below. So does a stable set S, which a clique meets at most once: Σ λ_C ≥ w(S).

Standard library only; part of the checker.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

try:
    from copos.checker import check_graph_tree as trees
    from copos.checker import check_graphs as graphs
    from copos.checker import check_reading as read
    from copos.checker.check_data import Data
    from copos.checker.check_graph_tree import Neighbours
    from copos.checker.check_reading import Number, Rejected, Unreadable, show
except ImportError:  # run as a plain file, without the package
    import check_graph_tree as trees  # type: ignore[no-redef]
    import check_graphs as graphs  # type: ignore[no-redef]
    import check_reading as read  # type: ignore[no-redef]
    from check_data import Data  # type: ignore[no-redef]
    from check_graph_tree import Neighbours  # type: ignore[no-redef]
    from check_reading import Number, Rejected, Unreadable, show  # type: ignore[no-redef]

VERTICES = 100_000
DENSE = 3_000  # vertices of a graph whose complement is made
THETA = {"lovasz": "ϑ", "schrijver": "ϑ'", "szegedy": "ϑ⁺"}
SETS = {"stability number": "α", "clique number": "ω"}
COVERS = {"clique cover number": "χ̄", "chromatic number": "χ"}
COMPLEMENTED = ("clique number", "chromatic number")


class Asked(NamedTuple):
    """Which number of which graph; the graph is its complement already where that is asked about."""

    number: str
    near: Neighbours
    weights: list[Number] | None
    words: str

    @property
    def w(self) -> list[Number]:
        """The weights, ones by default."""
        return [1] * len(self.near) if self.weights is None else self.weights


def asked(value: Any, data: Data) -> Asked:
    """Read a problem of type "graph number"."""
    p = read.fields(value, "graph number", "type number graph", "weights")
    name = p["number"]
    if type(name) is not str or name not in {*SETS, *COVERS, *THETA}:
        raise Unreadable(f"the number of a graph is one of {sorted({*SETS, *COVERS, *THETA})}")
    n, edges = graphs.graph(data.table("graph", p["graph"]), VERTICES)
    words = f"the graph with {n} vertices and {len(edges)} edges"
    weights = None
    if "weights" in p:
        rows = data.table("weights", p["weights"])
        if len(rows) != 1 or len(rows[0]) != n or min(rows[0]) < 0:
            raise Unreadable("the weights of the vertices are one row of numbers that are not negative")
        weights, words = rows[0], f"{words}, weighted"
    near: Neighbours = {v: set() for v in range(n)}
    for i, j in edges:
        near[i].add(j)
        near[j].add(i)
    return Asked(name, near, weights, words)


def complement(near: Neighbours) -> Neighbours:
    """Edges where there are none."""
    if len(near) > DENSE:
        raise Unreadable(f"the complement of a graph is made of at most {DENSE} vertices")
    read.spend(len(near) ** 2, "the complement of a graph")
    every = set(near)
    return {v: every - others - {v} for v, others in near.items()}


def cover(near: Neighbours, w: list[Number], G: list[list[int]]) -> Number:
    """The k of which G, up to a positive factor, proves that cliques which cover w weigh at least that much."""
    total: Number = 0
    below: Number = 0
    for i, row in enumerate(G):
        line = 2 * sum((g * w[j] for j, g in enumerate(row[:-1])), 0) + row[-1] * w[i]
        total += line * w[i]
        below += row[-1] * w[i] + sum((max(0, row[j]) * (w[i] + w[j]) for j in near[i] if j < i), 0)
    if below <= 0:
        raise Rejected("the matrix is zero where the weights are not")
    return Fraction(total) / below


def matrix_bound(a: Asked, proof: dict[str, Any], near: Neighbours, of: Callable[..., Number], *more: Any) -> Number:
    """The bound that a matrix proves of a graph; its rows are the vertices of positive weight."""
    order = [v for v in near if a.w[v] > 0]
    if not order:
        return 0
    read.spend(len(order) ** 2, "a matrix")
    G, one = trees.gram(read.fields(proof, "proof", "value factor bits"), len(order))
    w = [a.w[v] for v in order]
    if of is trees.theta:
        return trees.theta(order, near, w, G, one, *more)
    at = {v: k for k, v in enumerate(order)}
    return cover({k: {at[j] for j in near[v] if j in at} for v, k in at.items()}, w, G)


def peeled(a: Asked, value: Number, order: Any) -> Neighbours:
    """The vertices that a heavier clique might have: one with all its neighbours that are left weighs more."""
    near, w = a.near, a.w
    for item in read.items(order, "peeled"):
        v = read.whole(item, "vertex", 0, len(w) - 1)
        if v not in near or w[v] + sum((w[j] for j in near[v]), 0) > value:
            raise Rejected("a vertex that is peeled off might be in a heavier clique")
        for j in near.pop(v):
            near[j].discard(v)
    return near


# ---- claims -----------------------------------------------------------------------------------------------------


def upper_bound(a: Asked, proof: Any) -> str:
    """The number is at most value: by a tree, a matrix, or classes of a colouring."""
    value = read.number(proof.get("value") if type(proof) is dict else None, "value")
    if a.number in THETA:
        t = matrix_bound(a, proof, a.near, trees.theta, a.number)
        if t > value:
            raise Rejected(f"the proof gives {show(t, 1)}, not {show(value)}")
        return f"{THETA[a.number]} ≤ {show(value, 1)} for {a.words}"
    if a.number in COVERS:
        coloured(a, read.fields(proof, "proof", "value classes")["classes"], value)
        return f"{COVERS[a.number]} ≤ {show(value, 1)} for {a.words}"
    clique = a.number in COMPLEMENTED
    read.fields(proof, "proof", "value tree", "peeled" if clique else "")
    near = a.near
    if clique:
        near = complement(peeled(a, value, proof.get("peeled", [])))
    w = a.w
    trees.tree(trees.State(near, {v: w[v] for v in near}, value), proof["tree"])
    return f"{SETS[a.number]} ≤ {show(value, 1)} for {a.words}"


def lower_bound(a: Asked, proof: Any) -> str:
    """The number is at least value: by a set, or of covers by cliques or stable sets also by a matrix."""
    value = read.number(proof.get("value") if type(proof) is dict else None, "value")
    if a.number in THETA:
        raise Rejected("a lower bound on ϑ is not among what is proved")
    if a.number in COVERS and "set" not in proof:
        near = complement(a.near) if a.number in COMPLEMENTED else a.near
        k = matrix_bound(a, proof, near, cover)
        if (-(-k // 1) if _counted(a) else k) < value:
            raise Rejected(f"the proof gives {show(k, -1)}, not {show(value)}")
        return f"{COVERS[a.number]} ≥ {show(value, -1)} for {a.words}"
    found = read.items(read.fields(proof, "proof", "value set")["set"], "set")
    chosen = {read.whole(v, "vertex", 0, len(a.near) - 1) for v in found}
    if len(chosen) < len(found):
        raise Rejected("a set has different vertices")
    clique = a.number in COMPLEMENTED
    if any(len(a.near[v] & chosen) != (len(chosen) - 1 if clique else 0) for v in chosen):
        raise Rejected(f"the set is no {'clique' if clique else 'stable set'}")
    if sum((a.w[v] for v in chosen), 0) < value:
        raise Rejected("the set weighs less than the value")
    listed = ", ".join(str(v + 1) for v in sorted(chosen)[: graphs.SHOWN])
    shown = f"{{{listed}{', …' if len(chosen) > graphs.SHOWN else ''}}}, vertices counted from 1"
    symbol = (SETS | COVERS)[a.number]
    return f"{symbol} ≥ {show(value, -1)} for {a.words}: {shown}"


def _counted(a: Asked) -> bool:
    """Are covers counted in integers?"""
    return a.weights is None or all(v.denominator == 1 for v in a.weights)


def coloured(a: Asked, classes: Any, value: Number) -> None:
    """Reject unless [[λ, v, …], …] are stable sets (or cliques) that cover every w_v, and Σ λ ≤ value."""
    stable = a.number in COMPLEMENTED
    covered = [0 * v for v in a.w]
    total: Number = 0
    for item in read.items(classes, "classes"):
        if type(item) is not list or len(item) < 2:
            raise Unreadable("a class is a list of its multiplier and its vertices")
        size = read.number(item[0], "multiplier")
        inside = {read.whole(v, "vertex", 0, len(a.near) - 1) for v in item[1:]}
        if _counted(a) and size.denominator != 1:
            raise Rejected("where weights are integers, so are multipliers")
        if size < 0 or any(len(a.near[v] & inside) != (0 if stable else len(inside) - 1) for v in inside):
            raise Rejected(f"a class is no {'stable set' if stable else 'clique'}, or counts less than nothing")
        total += size
        for v in inside:
            covered[v] += size
    if any(c < weight for c, weight in zip(covered, a.w, strict=True)):
        raise Rejected("a vertex is not covered by the classes")
    if total > value:
        raise Rejected("the classes are more than the value")
