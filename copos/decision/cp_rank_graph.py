"""Bounds on the cp-rank by rank, order and graph: every one holds for each connected part, and parts add up.

A column of a factor has a clique of the graph of M as its support. So edges no two of which lie in one clique need a
column each; and so does every edge of a graph without triangles. There this is also enough, or one too few:

Let G be connected and without triangles, M = Σ bb'. Columns on one edge {i, j} sum up to a semidefinite matrix of order
two: one such column and a multiple of e_ie_i' or of e_je_j', as one likes. So M = (a column on each edge) + re_ie_i',
where i may be any vertex: what is left moves along a path. On a tree r = 0 if and only if M is singular, and the
cp-rank is the rank. Else take a cycle 1, 2, …, k, with the columns on other edges fixed and nothing left outside of
it. Let t be the square of the entry at 1 of the column on {1, 2}; the next columns are chosen one after the other
so that nothing is left at 2, …, k. Then f(t) is left at 1, and f ≥ 0 for the factor above. When t falls, the entries
that continue the cycle at 2, …, k fall; the one at k vanishes first, and f → −∞. So f(t) = 0 for some t > 0: the
cp-rank is the number of edges [DrewJohnsonLoewy1994].
"""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint, milp

from copos.arithmetic import exact
from copos.decision.factor import Matrix, Term, components, term

EDGES = 120  # up to which the largest set of edges is searched for
SECONDS = 2.0


class Range(NamedTuple):
    """below ≤ cp-rank ≤ above, and why."""

    below: int
    above: int
    why_below: str
    why_above: str


def parts(M: Matrix) -> list[list[int]]:
    """Vertices of the connected parts of the graph of M, without those where M vanishes."""
    n = len(M)
    edges = [{j for j in range(n) if j != i and M[i][j]} for i in range(n)]
    return [part for part in components(edges) if any(M[i][i] for i in part)]


def bounds(M: Matrix) -> Range:
    """Of a completely positive matrix with a connected graph.

    >>> bounds([[Fraction(v) for v in row] for row in ((2, 1, 0), (1, 2, 1), (0, 1, 2))])[:2]
    (3, 3)
    """
    n = len(M)
    edges = [{j for j in range(n) if j != i and M[i][j]} for i in range(n)]
    count = sum(map(len, edges)) // 2
    r = len(exact.reduced(M)[1])
    if n <= 3 or r <= 2:
        return Range(r, r, "the rank", "the rank: order at most three, or rank at most two")
    if not any(edges[i] & edges[j] for i in range(n) for j in edges[i]):
        if count < n:
            return Range(r, r, "the rank", "the rank: the graph is a tree")
        return Range(count, count, f"{count} edges, no two in one clique", "the edges: the graph has no triangle")
    apart = len(apart_edges(edges))
    low = (apart, f"{apart} edges, no two in one clique") if apart > r else (r, "the rank")
    high = [(r * (r + 1) // 2 - 1, "r(r + 1)/2 − 1 for rank r")]
    if n == 4:
        high.append((4, "the order, four"))
    if n == 5:
        high.append((6, "six, the most at order five"))
    return Range(low[0], min(high)[0], low[1], min(high)[1])


def apart_edges(edges: list[set[int]]) -> list[tuple[int, int]]:
    """Edges no two of which lie in one clique, as many as are found: each set of them is a proof.

    >>> len(apart_edges([{1, 2, 3}, {0, 2, 3}, {0, 1}, {0, 1}]))       # two triangles with one edge in common
    2
    """
    every = [(i, j) for i, near in enumerate(edges) for j in near if i < j]
    clash = [(k, l) for (k, e), (l, f) in combinations(enumerate(every), 2) if together(e, f, edges)]
    if len(every) <= EDGES and clash:
        at = np.array(clash)
        rows = np.repeat(np.arange(len(at)), 2)
        A = sp.csr_array((np.ones(at.size), (rows, at.ravel())), shape=(len(at), len(every)))
        A.indices, A.indptr = A.indices.astype(np.int32), A.indptr.astype(np.int32)  # SciPy 1.13 asks for these
        found = milp(-np.ones(len(every)), integrality=np.ones(len(every)), bounds=Bounds(0, 1),
                     constraints=LinearConstraint(A, -np.inf, 1.0), options={"time_limit": SECONDS})  # fmt: skip
        first = [] if found.x is None else [every[k] for k in np.flatnonzero(found.x > 0.5)]
    else:
        first = []
    chosen: list[tuple[int, int]] = []
    for e in [*first, *every]:
        if e not in chosen and not any(together(e, f, edges) for f in chosen):
            chosen.append(e)
    return chosen


def together(e: tuple[int, int], f: tuple[int, int], edges: list[set[int]]) -> bool:
    """Do two edges lie in one clique?"""
    return all(i == j or j in edges[i] for i in e for j in f)


def few(M: Matrix, terms: list[Term]) -> list[Term]:
    """Terms on edges and vertices of a graph without triangles, made one for each edge and at most one for each part.

    From the leaves of a tree to its root: the column on {v, p} takes all that is left at v, and some is left at p.

    >>> half = [(Fraction(1), b) for b in ([1, 1], [1, 0], [0, 1])]
    >>> len(few([[Fraction(v) for v in row] for row in ((2, 1), (1, 2))], half))
    2
    """
    n = len(M)
    left = [Fraction(0)] * n
    at: dict[tuple[int, int], Fraction] = {}  # square of the entry at i of the column on {i, j}
    for w, b in terms:
        where = [i for i in range(n) if b[i]]
        for i in where:
            if len(where) == 1:
                left[i] += w * b[i] ** 2
            else:
                other = where[1] if i == where[0] else where[0]
                at[i, other] = at.get((i, other), Fraction(0)) + w * b[i] ** 2
    edges = [{j for j in range(n) if j != i and M[i][j]} for i in range(n)]
    for root, *_ in components(edges):
        for v, p in leaves_first(root, edges):
            at[v, p], left[v] = at[v, p] + left[v], Fraction(0)
            rest = M[v][p] ** 2 / at[v, p]
            left[p] += at[p, v] - rest
            at[p, v] = rest
    out = [(left[i], [int(k == i) for k in range(n)]) for i in range(n) if left[i]]
    for i in range(n):
        for j in edges[i]:
            if i < j:
                b = [Fraction(0)] * n
                b[i], b[j] = at[i, j], M[i][j]
                out.append(term(1 / at[i, j], b))
    return out


def leaves_first(root: int, edges: list[set[int]]) -> list[tuple[int, int]]:
    """Vertices of the part of the root with their parents in a spanning tree, the farthest first."""
    seen, order = {root}, [(root, root)]
    for v, _ in order:
        order += [(u, v) for u in sorted(edges[v] - seen)]
        seen |= edges[v]
    return order[:0:-1]
