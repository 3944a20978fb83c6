"""The stability number of a graph, the largest number of vertices without an edge between them."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from copos.arithmetic.rationals import rational
from copos.arithmetic.simplex import starts
from copos.cones import NonNegative
from copos.forms import Forms
from copos.graphs.graph import Graph
from copos.graphs.local import heavy_set
from copos.graphs.reading import graph as read_graph
from copos.program import CompletelyPositiveProgram, Recovered
from copos.questions import Question, rows, table
from copos.reformulation.exact_data import positive
from copos.support.choices import Edges
from copos.support.names import one_of
from copos.support.renamed import warn

Matrix = NDArray[np.float64]

ORDER = 3_000  # vertices of a program, whose matrices are dense
EDGES = {
    "weighted": "min <I + A, X>, <E, X> = 1: the value is 1/α",
    "vanishing": "min −<E, X>, tr X = 1, X_ij = 0 on every edge ij: the value is −α",
}
WRITTEN = {"weighted": "weighed", "vanishing": "vanishing"}  # in certificates, whose words do not change


def stability_number(
    graph: Any, edges: Edges = "weighted", multiplier: ArrayLike | None = None, weights: Any = None
) -> CompletelyPositiveProgram:
    """1/α(G) = min <I + A, X>, <E, X> = 1, X completely positive.

    The levels of this program are the bounds ϑ^(ℓ) and ζ^(ℓ) of the literature, min{s : s(I + A) − E ∈ level}, since
    I + A − tE and s(I + A) − E are multiples of each other for t = 1/s. With the edges vanishing,
    −α = min −<E, X>, tr X = 1, X_ij = 0: an atom is supported on a stable set S and (e'x)² ≤ |S| x'x. Level 0 is
    the same number; the higher levels are smaller and at least as strong, because edges may be multiplied by any form.

    With weights w of the vertices, 1/α(G, w) = min Σ X_ii/w_i + Σ_E (1/w_i + 1/w_j) X_ij, or
    −α(G, w) = min −<ww', X>, Σ w_i X_ii = 1.

    The program is about the graph as it is given: `copos.bracket` of it reduces nothing. `copos.maximum_stable_set`
    takes dominated vertices, twins and components first, and proves α itself, also of large graphs.

    Parameters
    ----------
    graph : a networkx graph, a 0/1 adjacency matrix, or the path of a file, see `copos.graphs.graph`
    edges : "weighted" or "vanishing", see `EDGES`
    multiplier : (n,) positive weights of the multiplier of the levels; ones by default
    weights : of the vertices, positive: a mapping of labels, a sequence, or the name of an attribute; ones by default,
        or those of a DIMACS file

    Returns
    -------
    CompletelyPositiveProgram
        `interpret` turns a lower bound on the value into an upper bound on α (inf for a value ≤ 0 of a level that
        bounds nothing) and an upper bound into the weight of a stable set. `recover` returns a stable set as a tuple of
        the graph's own vertices, and `atom` takes one.

    Raises
    ------
    ValueError
        If the graph is directed, has a loop or no vertex, is too large, or a weight is not positive.

    References
    ----------
    [MotzkinStraus1965], [GibbonsEtAl1997], [deKlerkPasechnik2002]

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
    return _program(read_graph(graph, weights), edges, multiplier, "stability number")


def clique_number(
    graph: Any, edges: Edges = "weighted", multiplier: ArrayLike | None = None, weights: Any = None
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
    return _program(read_graph(graph, weights), edges, multiplier, "clique number")


def _program(given: Graph, edges: str, multiplier: ArrayLike | None, what: str) -> CompletelyPositiveProgram:
    """The program of the stable sets of a graph, or of its complement."""
    if isinstance(edges, str) and edges == "weighed":
        warn("edges='weighed'", "edges='weighted'", stacklevel=5)
        edges = "weighted"
    if edges not in EDGES:
        raise ValueError(f"unknown edges {edges!r}; {one_of(edges, EDGES)}")
    if given.n > ORDER:
        raise ValueError(f"a program of {given.n} vertices has matrices of {8 * given.n**2 / 1e9:.1f} GB; expected at "
                         f"most {ORDER} vertices: copos.maximum_stable_set reduces large graphs first")  # fmt: skip
    is_stable = what == "stability number"
    adjacency = given.adjacency if is_stable else given.complement().adjacency
    labels, place, n = given.labels, given.place, given.n
    w = None if given.weights is None else np.array([rational(v) for v in given.weights] + [None], dtype=object)[:-1]
    if w is not None and (w <= 0).any():
        at = int(np.flatnonzero(w <= 0)[0])
        raise ValueError(f"the weight of vertex {labels[at]!r} is {w[at]}; a vertex of a program weighs something")
    cone, units = NonNegative(n), None
    if multiplier is not None:
        units = positive(multiplier, n)
        cone = cone.with_unit(units)
    weighted = edges == "weighted"
    weight = np.ones(n) if w is None else np.array([float(v) for v in w])

    def atom(stable: Iterable[Hashable]) -> Matrix:
        chosen = [place[v] for v in stable]
        if not chosen or len(set(chosen)) < len(chosen) or adjacency[np.ix_(chosen, chosen)].any():
            raise ValueError(f"not a nonempty {'stable set' if is_stable else 'clique'}: {stable!r}")
        x, total = np.zeros(n), weight[chosen].sum()
        x[chosen] = weight[chosen] / total if weighted else 1 / math.sqrt(total)
        return x

    def recover(X: Matrix) -> Recovered:
        found = stable_set(adjacency, X) if w is None else heavy_stable_set(adjacency, weight, X)
        size = float(weight[list(found)].sum())
        vertices = tuple(labels[k] for k in found)
        return Recovered(vertices, 1 / size if weighted else -size, atom(vertices))

    def tables() -> dict[str, Any]:
        return given.tables

    def question() -> dict[str, Any]:
        options = {} if units is None else {"multiplier": rows(units)[0]}
        return {"type": what, **{name: table(rows) for name, rows in tables().items()}, "edges": WRITTEN[edges],
                **options}  # fmt: skip

    name = f"{what}, {n} vertices, {given.m} edges" + ("" if w is None else ", weighted")
    i, j = np.nonzero(np.triu(adjacency))
    C, A, vanishing, interpret = _forms(n, (i, j), w, weighted)
    return CompletelyPositiveProgram(
        cone, C, A, vanishing, name, recover, atom, interpret,
        question=Question(question), tables=Question(tables),
    )  # fmt: skip


def _forms(n: int, edges: tuple[Any, Any], w: Any, weighted: bool) -> tuple[Any, Any, Any, Callable[[float], float]]:
    """Objective, equation, vanishing forms and what the value means."""
    i, j = edges
    everywhere = np.ones((n, n))
    if w is None:
        if weighted:
            C = np.eye(n)
            C[i, j] = C[j, i] = 1
            return C, [(everywhere, 1.0)], (), _reciprocal
        objective, equation = -everywhere, [(np.eye(n), 1.0)]
    else:
        diagonal = np.arange(n)
        a, b = (np.concatenate([diagonal, part]) for part in (i, j))
        if weighted:
            inverse = np.array([rational(1 / Fraction(v)) for v in w] + [None], dtype=object)[:-1]
            # a pair of the form of an edge is 2 C_ij = 1/w_i + 1/w_j
            pairs = np.concatenate([inverse, inverse[i] + inverse[j]])
            return Forms.from_terms(0 * a, a, b, pairs, 1, n), [(everywhere, 1.0)], (), _reciprocal
        p, q = np.triu_indices(n)
        twice = np.where(p == q, 1, 2).astype(object)
        objective = Forms.from_terms(0 * p, p, q, -twice * w[p] * w[q], 1, n)
        equation = (Forms.from_terms(0 * diagonal, diagonal, diagonal, w, 1, n), np.ones(1))
    return objective, equation, Forms.from_terms(np.arange(len(i)), i, j, 1.0, len(i), n), _negative


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


def heavy_stable_set(adjacency: NDArray[np.bool_], weight: Matrix, X: Matrix | None = None) -> tuple[int, ...]:
    """A heavy maximal stable set: greedy along many orders at once, and iterated local search.

    Examples
    --------
    >>> path = np.array([[False, True, False], [True, False, True], [False, True, False]])
    >>> heavy_stable_set(path, np.array([1.0, 3.0, 1.0]))
    (1,)
    """
    n = len(adjacency)
    scores = starts(X, n, np.random.default_rng(0), random=4 * n)
    inside = _greedy(adjacency, np.concatenate([scores * weight, weight / (1.0 + adjacency.sum(axis=1))[None, :]]))
    best = set(np.flatnonzero(inside[(inside @ weight).argmax()]).tolist())
    near = {v: set(np.flatnonzero(row).tolist()) for v, row in enumerate(adjacency)}
    other = heavy_set(near, dict(enumerate(weight.tolist())), steps=500)
    return tuple(sorted(max(best, other, key=lambda found: float(weight[list(found)].sum()))))


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
