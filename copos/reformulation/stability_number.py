"""The stability number of a graph, the largest number of vertices without an edge between them."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from copos.arithmetic.simplex import starts
from copos.cones import NonNegative
from copos.forms import Forms
from copos.program import CompletelyPositiveProgram, Recovered
from copos.questions import Question, rows, table
from copos.reformulation.exact_data import positive
from copos.reformulation.graphs import Graph, edge_rows
from copos.reformulation.graphs import graph as read_graph
from copos.support.names import one_of
from copos.support.renamed import warn

Matrix = NDArray[np.float64]

EDGES = {
    "weighted": "min <I + A, X>, <E, X> = 1: the value is 1/α",
    "vanishing": "min −<E, X>, tr X = 1, X_ij = 0 on every edge ij: the value is −α",
}
WRITTEN = {"weighted": "weighed", "vanishing": "vanishing"}  # in certificates, whose words do not change


def stability_number(
    graph: Any, edges: str = "weighted", multiplier: ArrayLike | None = None
) -> CompletelyPositiveProgram:
    """1/α(G) = min <I + A, X>, <E, X> = 1, X completely positive.

    The levels of this program are the bounds ϑ^(ℓ) and ζ^(ℓ) of the literature, min{s : s(I + A) − E ∈ level}, since
    I + A − tE and s(I + A) − E are multiples of each other for t = 1/s. With the edges vanishing,
    −α = min −<E, X>, tr X = 1, X_ij = 0: an atom is supported on a stable set S and (e'x)² ≤ |S| x'x. Level 0 is
    the same number; the higher levels are smaller and at least as strong, because edges may be multiplied by any form.

    Parameters
    ----------
    graph : a networkx graph, a 0/1 adjacency matrix, or the path of a DIMACS file
    edges : "weighted" or "vanishing", see `EDGES`
    multiplier : (n,) positive weights of the multiplier of the levels; ones by default

    Returns
    -------
    CompletelyPositiveProgram
        `interpret` turns a lower bound on the value into an upper bound on α (inf for a value ≤ 0 of a level that
        bounds nothing) and an upper bound into the size of a stable set. `recover` returns a stable set as a tuple of
        the graph's own vertices, and `atom` takes one.

    Raises
    ------
    ValueError
        If the graph is directed, has a loop or no vertex.

    References
    ----------
    [MotzkinStraus1965], [deKlerkPasechnik2002]

    Examples
    --------
    >>> from copos import bracket
    >>> i = np.arange(5)
    >>> pentagon = np.zeros((5, 5), dtype=int)
    >>> pentagon[i, (i + 1) % 5] = pentagon[(i + 1) % 5, i] = 1
    >>> program = stability_number(pentagon)
    >>> bound = bracket(program)
    >>> round(program.interpret(bound.claimed), 5), program.interpret(bound.upper), len(bound.found.solution)
    (2.23607, 2.0, 2)
    """
    return _program(read_graph(graph), edges, multiplier, "stability number")


def clique_number(
    graph: Any, edges: str = "weighted", multiplier: ArrayLike | None = None
) -> CompletelyPositiveProgram:
    """1/ω(G) = 1/α of the complement: the largest number of vertices that are all adjacent to each other.

    Parameters, result and errors are those of `stability_number`, with cliques for stable sets; `edges` are then those
    of the complement. DIMACS clique instances are read as they are.

    Examples
    --------
    >>> from copos import bracket
    >>> program = clique_number([[0, 1, 1, 0], [1, 0, 1, 0], [1, 1, 0, 1], [0, 0, 1, 0]])
    >>> bound = bracket(program)
    >>> round(program.interpret(bound.claimed), 5), bound.found.solution
    (3.0, (0, 1, 2))
    """
    adjacency, labels = read_graph(graph)
    other = Graph(~adjacency & ~np.eye(len(labels), dtype=bool), labels)
    return _program(other, edges, multiplier, "clique number")


def _program(graph: Graph, edges: str, multiplier: ArrayLike | None, what: str) -> CompletelyPositiveProgram:
    """The program of the stable sets of a graph."""
    if isinstance(edges, str) and edges == "weighed":
        warn("edges='weighed'", "edges='weighted'", stacklevel=5)
        edges = "weighted"
    if edges not in EDGES:
        raise ValueError(f"unknown edges {edges!r}; {one_of(edges, EDGES)}")
    adjacency, labels = graph
    n = len(labels)
    place = {label: k for k, label in enumerate(labels)}
    cone, weights = NonNegative(n), None
    if multiplier is not None:
        weights = positive(multiplier, n)
        cone = cone.with_unit(weights)
    weighted = edges == "weighted"

    def atom(stable: Iterable[Hashable]) -> Matrix:
        chosen = [place[v] for v in stable]
        if not chosen or len(set(chosen)) < len(chosen) or adjacency[np.ix_(chosen, chosen)].any():
            raise ValueError(f"not a nonempty {'stable set' if what == 'stability number' else 'clique'}: {stable!r}")
        x = np.zeros(n)
        x[chosen] = 1 / len(chosen) if weighted else 1 / math.sqrt(len(chosen))
        return x

    def recover(X: Matrix) -> Recovered:
        found = stable_set(adjacency, X)
        size = len(found)
        vertices = tuple(labels[k] for k in found)
        return Recovered(vertices, 1 / size if weighted else -float(size), atom(vertices))

    def tables() -> dict[str, Any]:
        return {"graph": edge_rows(adjacency if what == "stability number" else ~adjacency & ~np.eye(n, dtype=bool))}

    def question() -> dict[str, Any]:
        options = {} if weights is None else {"multiplier": rows(weights)[0]}
        return {"type": what, "graph": table(tables()["graph"]), "edges": WRITTEN[edges], **options}

    everywhere, identity = np.ones((n, n)), np.eye(n)
    pairs = int(adjacency.sum()) // 2
    name = f"{what}, {n} vertices, {pairs if what == 'stability number' else n * (n - 1) // 2 - pairs} edges"
    if weighted:
        return CompletelyPositiveProgram(
            cone, identity + adjacency, [(everywhere, 1.0)], (), name, recover, atom, _reciprocal,
            question=Question(question), tables=Question(tables),
        )  # fmt: skip
    i, j = np.nonzero(np.triu(adjacency))
    vanishing = Forms.from_terms(np.arange(len(i)), i, j, 1.0, len(i), n)
    return CompletelyPositiveProgram(
        cone,
        -everywhere,
        [(identity, 1.0)],
        vanishing,
        name,
        recover,
        atom,
        _negative,
        question=Question(question),
        tables=Question(tables),
    )


def _reciprocal(value: float) -> float:
    """1/value; a value ≤ 0 says nothing about α."""
    return 1 / value if value > 0 else math.inf


def _negative(value: float) -> float:
    return -value


def stable_set(adjacency: NDArray[np.bool_], X: Matrix | None = None, seed: int = 0) -> tuple[int, ...]:
    """A large maximal stable set: greedy along many orders at once, then exchanges of one vertex for two.

    Examples
    --------
    >>> stable_set(np.array([[False, True, False], [True, False, True], [False, True, False]]))
    (0, 2)
    """
    n = len(adjacency)
    scores = starts(X, n, np.random.default_rng(seed), random=4 * n)
    degree = adjacency.sum(axis=1)
    scores = np.concatenate([scores, -degree[None, :].astype(float)])
    inside = _greedy(adjacency, scores)
    best = inside[inside.sum(axis=1).argmax()]
    return tuple(np.flatnonzero(_one_for_two(adjacency, best)).tolist())


def _greedy(adjacency: NDArray[np.bool_], scores: Matrix) -> NDArray[np.bool_]:
    """Stable sets taking vertices in order of decreasing score; one per row."""
    order = np.argsort(-scores, axis=1, kind="stable")
    rows = np.arange(len(scores))
    inside = np.zeros(scores.shape, dtype=bool)
    blocked = np.zeros(scores.shape, dtype=bool)
    for k in range(scores.shape[1]):
        v = order[:, k]
        take = ~blocked[rows, v]
        inside[rows, v] = take
        blocked |= take[:, None] & adjacency[v]
    return inside


def _one_for_two(adjacency: NDArray[np.bool_], inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """While two non-adjacent outside vertices have the same single neighbour inside, exchange it for them."""
    inside = inside.copy()
    while True:
        touching = adjacency[:, inside].sum(axis=1)
        free = ~inside & (touching == 0)
        if free.any():
            inside[np.flatnonzero(free)[0]] = True
            continue
        loose = np.flatnonzero(~inside & (touching == 1))
        owner = (adjacency[np.ix_(loose, np.flatnonzero(inside))]).argmax(axis=1)
        pairs = np.triu(~adjacency[np.ix_(loose, loose)] & (owner[:, None] == owner[None, :]), 1)
        if not pairs.any():
            return inside
        a, b = (k[0] for k in np.nonzero(pairs))
        inside[np.flatnonzero(inside)[owner[a]]] = False
        inside[loose[[a, b]]] = True
