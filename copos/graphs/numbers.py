"""α and ω of a graph, weighted or not: a set, a bound, and the proofs of both, in the caller's own labels."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm
from typing import Any

from copos.arithmetic.rationals import Rational, rational, written
from copos.certificate import Certificate, Verdict
from copos.graphs.graph import Graph
from copos.graphs.presolve import Neighbours
from copos.graphs.proving import Answer, Budget, solve
from copos.graphs.reading import graph as read_graph
from copos.questions import table
from copos.support import options
from copos.support.looks import table_of
from copos.support.progress import progress_line

TYPE = "graph number"  # of a problem
SYMBOLS = {"stability number": "α", "clique number": "ω", "clique cover number": "χ̄", "chromatic number": "χ",
           "lovasz": "ϑ", "schrijver": "ϑ'", "szegedy": "ϑ⁺"}  # fmt: skip
SHOWN = 12  # members of a set in a line
STATES = 60_000
COMPLEMENT = 3_000  # vertices of a graph whose complement is made
GREEDY = 1_000_000  # comparisons in the search for a first clique


@table_of("number", "lower", "upper", "closed", "proved", "vertices", "classes", "reason", "seconds")
@dataclass(frozen=True, eq=False)
class GraphNumber:
    """lower ≤ a number of a graph ≤ upper, in the graph's own labels.

    Attributes
    ----------
    number : "stability number", "clique number", "clique cover number" or "chromatic number"
    graph : what was asked about
    lower, upper : ints or Fractions
    vertices : a set that has the weight `lower` (of α and ω), else None
    classes : classes of a colouring or a cover, as many as `upper`, else None
    certificate : proof of the side that no set or colouring shows: of `upper` for α and ω, else of `lower`
    shown : proof of the other side, by the set or the classes
    proved : are both accepted by the checker?
    reason : why not; or what is left open
    seconds : that it took

    Examples
    --------
    >>> import copos
    >>> found = copos.maximum_stable_set([[0, 1, 0], [1, 0, 1], [0, 1, 0]])
    >>> found
    α = 2, proved: {0, 2}
    >>> found.verify().claim.partition(" [")[0]
    'α ≤ 2 for the graph with 3 vertices and 2 edges'
    """

    number: str
    graph: Graph
    lower: Rational
    upper: Rational
    vertices: tuple[Any, ...] | None
    classes: tuple[tuple[Any, ...], ...] | None
    certificate: Certificate
    shown: Certificate
    proved: bool
    reason: str
    seconds: float

    @property
    def closed(self) -> bool:
        """Lower = upper?"""
        return self.lower == self.upper

    @property
    def symbol(self) -> str:
        """α, ω, χ or χ̄."""
        return SYMBOLS[self.number]

    def verify(self) -> Verdict:
        """Check the proof of the bound against the graph, in exact arithmetic."""
        return self.certificate.verify(data=self.graph.tables)

    def __repr__(self) -> str:
        value = (f"{self.symbol} = {self.lower}" if self.closed else f"{self.lower} ≤ {self.symbol} ≤ {self.upper}")
        how = "proved" if self.proved else "not proved"
        if self.vertices is None:
            return f"{value}, {how}"
        cut = ", …" if len(self.vertices) > SHOWN else ""
        return f"{value}, {how}: {{{', '.join(map(str, self.vertices[:SHOWN]))}{cut}}}"


def maximum_stable_set(
    graph: Any, weights: Any = None, *, time_limit: float | None = None, states: int = STATES, matrix: bool = True,
    progress: bool = False,
) -> GraphNumber:  # fmt: skip
    """α(G, w) = max w(S) over sets S without an edge inside, proved on the graph itself.

    Reductions (isolated, pendant, simplicial, dominated vertices, twins, folds), components, covers by cliques,
    Schrijver's ϑ' and branch and bound, all of which the certificate repeats. Sparse graphs stay sparse.

    Parameters
    ----------
    graph : a networkx graph, a file, a SciPy sparse or dense adjacency matrix, see `copos.graphs.graph`
    weights : of the vertices, not negative: a mapping of labels, a sequence, or the name of an attribute; ones by
        default, or those of a DIMACS file
    time_limit : seconds of wall time after which the best bounds so far are returned
    states : of branch and bound, at most
    matrix : compute ϑ' where branch and bound does not end soon
    progress : show a line that says where the work stands

    Returns
    -------
    GraphNumber
        Printed as "α = 4, proved: {…}", or as "4 ≤ α ≤ 5, proved: {…}" where a gap is left; on Ctrl-C, too.

    Raises
    ------
    ValueError
        If the graph is directed, has a loop or no vertex, or a weight is negative or no number.

    References
    ----------
    [Lovasz1979], [Schrijver1979], [ChenKanjJia2001], [TomitaEtAl2010]

    Examples
    --------
    >>> square = [[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]]
    >>> maximum_stable_set(square, weights=[3, 1, 1, 2])
    α = 4, proved: {0, 2}
    """
    start = time.perf_counter()
    G = read_graph(graph, weights)
    budget = _budget(start, time_limit, states)
    with progress_line(progress, f"α of {G.n} vertices", str) as budget.callback:
        answer, unit = _solved(G, G.neighbours, budget, matrix)
        proof = {"tree": _written(answer.items, unit)}
        return _number("stability number", G, answer, unit, proof, start, budget.interrupted)


def maximum_clique(
    graph: Any, weights: Any = None, *, time_limit: float | None = None, states: int = STATES, matrix: bool = True,
    progress: bool = False,
) -> GraphNumber:  # fmt: skip
    """ω(G, w) = max w(S) over sets S of vertices that are all adjacent to each other: α of the complement.

    Vertices that weigh too little with all their neighbours are peeled off first, so that large sparse graphs become
    small; the complement is made of what is left. Parameters, result and errors are those of `maximum_stable_set`.

    Raises
    ------
    ValueError
        Also if more than 3,000 vertices are left after the peeling.

    Examples
    --------
    >>> maximum_clique([[0, 1, 1, 0], [1, 0, 1, 0], [1, 1, 0, 1], [0, 0, 1, 0]])
    ω = 3, proved: {0, 1, 2}
    """
    start = time.perf_counter()
    G = read_graph(graph, weights)
    near = G.neighbours
    w, _ = whole_weights(G)
    greedy = greedy_clique(near, w)
    peeled = _peel(near, w, sum(w[v] for v in greedy))
    left = sorted(set(range(G.n)) - set(peeled))
    if len(left) > COMPLEMENT:
        raise ValueError(f"{len(left)} of {G.n} vertices are left after those of few neighbours are peeled off; "
                         f"the complement is made of at most {COMPLEMENT}")  # fmt: skip
    inside = set(left)
    apart: Neighbours = {v: inside - near[v] - {v} for v in left}
    budget = _budget(start, time_limit, states)
    with progress_line(progress, f"ω of {G.n} vertices", str) as budget.callback:
        answer, unit = _solved(G, apart, budget, matrix)
    if sum(w[v] for v in greedy) > answer.weight(dict(enumerate(w))):
        answer = Answer(set(greedy), max(answer.upper, sum(w[v] for v in greedy)), answer.items)
    proof = {"tree": _written(answer.items, unit)} | ({"peeled": peeled} if peeled else {})
    return _number("clique number", G, answer, unit, proof, start, budget.interrupted)


def _budget(start: float, time_limit: float | None, states: int) -> Budget:
    limit = options.seconds(time_limit)
    return Budget(options.count(states, "states", 0), float("inf") if limit is None else start + limit)


def whole_weights(G: Graph) -> tuple[list[int], Fraction]:
    """The weights as integers without a common factor, and their unit."""
    if G.weights is None:
        return [1] * G.n, Fraction(1)
    each = [Fraction(v) for v in G.weights]
    positive = [v for v in each if v] or [Fraction(1)]
    unit = Fraction(gcd(*(v.numerator for v in positive)), lcm(*(v.denominator for v in positive)))
    return [int(v / unit) for v in each], unit


def _solved(G: Graph, near: Neighbours | list[set[int]], budget: Budget, matrix: bool) -> tuple[Answer, Fraction]:
    w, unit = whole_weights(G)
    places = dict(enumerate(near)) if isinstance(near, list) else near
    return solve(places, {v: w[v] for v in places}, budget, matrix), unit


def _number(
    name: str, G: Graph, answer: Answer, unit: Fraction, proof: dict[str, Any], start: float, interrupted: bool
) -> GraphNumber:  # fmt: skip
    """The answer in the caller's labels, with both certificates."""
    w, _ = whole_weights(G)
    chosen = sorted(v for v in answer.chosen if w[v])
    lower, upper = rational(unit * sum(w[v] for v in chosen)), rational(unit * answer.upper)
    above = certificate(name, G, "upper bound", upper, proof)
    below = certificate(name, G, "lower bound", lower, {"set": chosen})
    shown = tuple(G.labels[v] for v in chosen)
    return judged(name, G, (lower, upper), (above, below), start, vertices=shown, interrupted=interrupted)


def certificate(name: str, G: Graph, kind: str, value: Rational, proof: dict[str, Any]) -> Certificate:
    """A certificate about a number of a graph; a long table is named by its hash."""
    tables = {key: table(rows) for key, rows in G.tables.items()}
    return Certificate(kind, {"type": TYPE, "number": name, **tables}, {"value": written(value), **proof})


def judged(
    name: str, G: Graph, ends: tuple[Rational, Rational], proofs: tuple[Certificate, Certificate], start: float,
    vertices: tuple[Any, ...] | None = None, classes: Sequence[tuple[Any, ...]] | None = None,
    interrupted: bool = False,
) -> GraphNumber:  # fmt: skip
    """A number whose proofs the checker has looked at: first that of the bound, then that which a set shows."""
    verdicts = [proof.verify(data=G.tables) for proof in proofs]
    why = "; ".join(verdict.reason for verdict in verdicts if not verdict.proved)
    gap = "" if ends[0] == ends[1] else "interrupted; a gap is left" if interrupted else "a gap is left"
    return GraphNumber(name, G, *ends, vertices, None if classes is None else tuple(classes), *proofs,
                       not why, why or gap, time.perf_counter() - start)  # fmt: skip


def _written(items: list[list[Any]], unit: Fraction) -> list[list[Any]]:
    """The items in the weights as they were given."""
    if unit == 1:
        return items
    scaled = {"cliques", "parts"}
    return [[what, [[written(unit * row[0]), *row[1:]] for row in data]] if what in scaled else [what, data]
            for what, data in items]  # fmt: skip


def _peel(near: list[set[int]], w: list[int], weight: int) -> list[int]:
    """Vertices in an order in which each, with its neighbours that are left, weighs no more than a known clique."""
    total = [w[v] + sum(w[j] for j in near[v]) for v in range(len(w))]
    gone = [False] * len(w)
    todo, out = [v for v in range(len(w)) if total[v] <= weight], list[int]()
    while todo:
        v = todo.pop()
        if gone[v]:
            continue
        gone[v] = True
        out.append(v)
        for j in near[v]:
            total[j] -= w[v]
            if not gone[j] and total[j] <= weight:
                todo.append(j)
    return out


def greedy_clique(near: list[set[int]], w: list[int]) -> list[int]:
    """A clique: from the vertices of most neighbours on, each time the heaviest vertex that leaves most."""
    best, left = list[int](), GREEDY
    for v in sorted(range(len(w)), key=lambda u: -len(near[u])):
        C, common = [v], set(near[v])
        while common:
            few = len(common) <= 64
            u = max(common, key=lambda j: (w[j], len(near[j] & common) if few else len(near[j]), -j))
            C.append(u)
            left -= len(common) * (len(common) if few else 1)
            common &= near[u]
        if sum(w[u] for u in C) > sum(w[u] for u in best):
            best = C
        if left < 0:
            break
    return sorted(best)
