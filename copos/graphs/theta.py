"""ϑ, ϑ' and ϑ⁺ of a graph, and what they prove of covers by cliques and of colourings.

    α(G, w) ≤ ϑ'(G, w) ≤ ϑ(G, w) ≤ ϑ⁺(G, w) ≤ χ̄(G, w),      χ(G) = χ̄ of the complement

A matrix of integers proves a bound from above on ϑ in one of its variants, another one a bound from below on χ̄:
`copos/checker/check_graph_numbers.py` has the two formulas, and why any matrix will do.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from copos.arithmetic.rationals import Rational, rational
from copos.certificate import Certificate, Verdict
from copos.graphs import theta_method
from copos.graphs.graph import Graph
from copos.graphs.large import large_cover
from copos.graphs.numbers import SYMBOLS, GraphNumber, certificate, judged, whole_weights
from copos.graphs.presolve import Neighbours
from copos.graphs.reading import graph as read_graph
from copos.graphs.theta_method import VARIANTS
from copos.support import options
from copos.support.choices import Variant
from copos.support.looks import table_of
from copos.support.names import one_of
from copos.support.progress import progress_line

ORDER = 2_000  # vertices; of dense matrices, whose spectra are computed some hundred times
SLACK = 1e-9  # relative: between a bound in floating point and the number that is claimed


@table_of("variant", "value", "upper", "bound", "proved", "reason", "seconds")
@dataclass(frozen=True, eq=False)
class Theta:
    """A variant of ϑ, bounded from above by a proof.

    Attributes
    ----------
    variant : "lovasz", "schrijver" or "szegedy"
    graph : what was asked about
    value : in floating point
    upper : proved: the value of the variant is at most that, and so is α(G, w)
    bound : `upper` rounded down to what weights of vertices can add up to: α ≤ bound (where the variant bounds α)
    certificate : proof of `upper`
    proved : is it accepted by the checker?
    reason : why not
    seconds : that it took

    Examples
    --------
    >>> import copos, numpy as np
    >>> pentagon = np.roll(np.eye(5), 1, axis=0) + np.roll(np.eye(5), -1, axis=0)
    >>> copos.theta(pentagon)  # doctest: +ELLIPSIS
    ϑ = 2.236068, proved: ϑ ≤ 2.23606..., so α ≤ 2
    """

    variant: str
    graph: Graph
    value: float
    upper: Fraction
    bound: Rational
    certificate: Certificate
    proved: bool
    reason: str
    seconds: float

    def verify(self) -> Verdict:
        """Check the proof against the graph, in exact arithmetic."""
        return self.certificate.verify(data=self.graph.tables)

    def __repr__(self) -> str:
        symbol, how = SYMBOLS[self.variant], "proved" if self.proved else "not proved"
        top = math.ceil(self.upper * 10**7) / 10**7
        return f"{symbol} = {self.value:.7g}, {how}: {symbol} ≤ {top:.9g}, so α ≤ {self.bound}"


def theta(
    graph: Any, variant: Variant = "lovasz", weights: Any = None, *, tolerance: float = 1e-7,
    time_limit: float | None = None, progress: bool = False,
) -> Theta:  # fmt: skip
    """max <√w√w', X>, tr X = 1, X_ij = 0 on edges, X ⪰ 0 (ϑ); ϑ' with X ≥ 0; ϑ⁺ with X_ij ≤ 0 on edges instead.

    Parameters
    ----------
    graph, weights : as for `copos.maximum_stable_set`; at most 2,000 vertices
    variant : "lovasz" (ϑ), "schrijver" (ϑ' ≤ ϑ) or "szegedy" (ϑ⁺ ≥ ϑ)
    tolerance : relative gap of both sides in floating point
    time_limit : seconds of wall time; the bound is then a valid one, but not as near to the value, as after Ctrl-C
    progress : show a line that says where the work stands

    Returns
    -------
    Theta
        `upper` is proved to be no less than the value, and no stable set weighs more than `bound`.

    Raises
    ------
    ValueError
        If the variant is unknown, the graph is too large or none, or no weight is positive.

    References
    ----------
    [Lovasz1979], [Schrijver1979], [Szegedy1994]

    Examples
    --------
    >>> theta([[0, 1], [1, 0]], "schrijver").bound
    1
    """
    start = time.perf_counter()
    if variant not in VARIANTS:
        raise ValueError(f"unknown variant {variant!r}; {one_of(variant, VARIANTS)}")
    tolerance, limit = options.tolerance(tolerance), options.seconds(time_limit)
    G = read_graph(graph, weights)
    order, A, u, unit = _arrays(G)
    top = max(u)
    until = math.inf if limit is None else start + limit
    with progress_line(progress, f"{SYMBOLS[variant]} of {G.n} vertices", str) as show:

        def tell(above: float, *_: Any) -> bool:
            if show is not None:
                show(f"≤ {above * top * float(unit):.8g}")
            return False

        found = theta_method.theta(A, np.array([v / top for v in u]), variant, max(tolerance, 1e-9), tell, until)
    proof = theta_method.gram_proof(found.slack, A, u, lambda t: t <= top * found.upper * (1 + 1e-7), variant)
    if proof is None:
        proof = theta_method.gram_proof(found.slack, A, u, lambda t: math.isfinite(t), variant)
    assert proof is not None  # any matrix proves something
    near = theta_method.value_of(proof, A, u, variant)
    verdict, above, upper = Verdict(False, "", ""), None, Fraction(0)
    for slack in (SLACK, 1e3 * SLACK, 1e6 * SLACK):
        upper = Fraction(math.ceil(near * (1 + slack) * 10**9), 10**9) * unit
        above = certificate(variant, G, "upper bound", rational(upper), proof)
        verdict = above.verify(data=G.tables)
        if verdict.proved:
            break
    assert above is not None
    return Theta(variant, G, float(unit) * top * found.upper, upper, rational(upper // unit * unit), above,
                 verdict.proved, verdict.reason or ("interrupted" if found.interrupted else ""),
                 time.perf_counter() - start)  # fmt: skip


def clique_cover_number(graph: Any, *, time_limit: float | None = None, progress: bool = False) -> GraphNumber:
    """χ̄(G), the least number of cliques that cover all vertices: from below by ⌈ϑ⁺⌉, from above by a cover.

    Beyond 2,000 vertices, from below by a stable set (of a colouring: by a clique), from above by a greedy cover.

    Parameters
    ----------
    graph, time_limit, progress : as for `theta`; up to 50,000 vertices

    Returns
    -------
    GraphNumber
        `classes` are cliques, as many as `upper`.

    Raises
    ------
    ValueError
        If the graph is too large or none.

    References
    ----------
    [Szegedy1994]

    Examples
    --------
    >>> pentagon = np.roll(np.eye(5), 1, axis=0) + np.roll(np.eye(5), -1, axis=0)
    >>> clique_cover_number(pentagon)
    χ̄ = 3, proved
    """
    return _cover_number("clique cover number", read_graph(graph, 1), lambda G: G, time_limit, progress)


def chromatic_number(graph: Any, *, time_limit: float | None = None, progress: bool = False) -> GraphNumber:
    """χ(G) = χ̄ of the complement: the least number of colours of vertices, different ones at the ends of every edge.

    Parameters, result and errors are those of `clique_cover_number`; `classes` are the vertices of every colour.

    Examples
    --------
    >>> found = chromatic_number([[0, 1, 1], [1, 0, 1], [1, 1, 0]])
    >>> found, found.classes
    (χ = 3, proved, ((0,), (1,), (2,)))
    """
    return _cover_number("chromatic number", read_graph(graph, 1), Graph.complement, time_limit, progress)


def _cover_number(
    name: str, G: Graph, covered: Callable[[Graph], Graph], time_limit: float | None, progress: bool
) -> GraphNumber:  # fmt: skip
    """A number of G: covers by cliques of the graph that `covered` makes of it."""
    start = time.perf_counter()
    limit = options.seconds(time_limit)
    if G.n > ORDER:
        with progress_line(progress, f"{name} of {G.n} vertices", str):
            return large_cover(name, G, limit, start)
    H = covered(G)
    order, A, u, _ = _arrays(H)
    classes = cover_by_cliques(H.neighbours)
    until = math.inf if limit is None else start + limit

    with progress_line(progress, f"{name} of {G.n} vertices", str) as show:

        def enough(_: float, lower: float, __: Any) -> bool:
            if show is not None:
                show(f"≥ {lower:.6g}, ≤ {len(classes)}")
            return lower > len(classes) - 1 + 1e-4

        found = theta_method.theta(A, np.ones(len(u)), "szegedy", 1e-8, enough, until)
    goal = math.ceil(found.lower - 1e-6 * (1 + found.lower))
    proof, lower = theta_method.cover_proof(found.matrix, A, lambda k: math.ceil(k - 1e-9 * (1 + k)) >= goal), goal
    if proof is None:
        proof, lower = {"factor": [[1]] * len(u), "bits": 0}, 1
    below = certificate(name, G, "lower bound", lower, proof)
    above = certificate(name, G, "upper bound", len(classes), {"classes": [[1, *C] for C in classes]})
    shown = [tuple(G.labels[v] for v in C) for C in classes]
    ends = (lower, len(classes))
    return judged(name, G, ends, (below, above), start, classes=shown, interrupted=found.interrupted)


def cover_by_cliques(near: list[set[int]] | Neighbours) -> list[list[int]]:
    """Cliques that cover all vertices, few: the vertex that fits into the fewest goes first [Brelaz1979].

    >>> cover_by_cliques([{1}, {0, 2}, {1}])
    [[0, 1], [2]]
    """
    n = len(near)
    cliques: list[set[int]] = []
    fits: list[set[int]] = [set() for _ in range(n)]  # places of the cliques that a vertex fits into
    left = set(range(n))
    while left:
        v = min(left, key=lambda j: (len(fits[j]) - len(cliques), len(near[j] & left), j))
        left.discard(v)
        if fits[v]:
            k = max(fits[v], key=lambda place: len(cliques[place]))
        else:
            k = len(cliques)
            cliques.append(set())
            for j in left:
                fits[j].add(k)
        cliques[k].add(v)
        for j in left - near[v]:
            fits[j].discard(k)
    return sorted(sorted(C) for C in cliques)


def require_order(G: Graph) -> None:
    """Refuse graphs for whose matrices this is not made.

    Raises
    ------
    ValueError
        With the size.
    """
    if G.n > ORDER:
        raise ValueError(f"ϑ of {G.n} vertices needs spectra of dense matrices of that order; expected at most {ORDER}")


def _arrays(G: Graph) -> tuple[list[int], Any, list[int], Fraction]:
    """The vertices of positive weight, their adjacency matrix, their weights as integers, and the unit of these."""
    require_order(G)
    w, unit = whole_weights(G)
    order = [v for v in range(G.n) if w[v]]
    if not order:
        raise ValueError("no vertex has a positive weight")
    return order, G.adjacency[np.ix_(order, order)], [w[v] for v in order], unit
