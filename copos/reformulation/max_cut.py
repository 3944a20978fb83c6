"""Max-cut and graph partition as quadratic programs in 0–1 variables, with their bounds proved about the graph.

    max Σ_ij∈E w_ij (x_i + x_j − 2x_ix_j),     x binary, x_1 = 0 without loss

Level 0 of the completely positive program is the semidefinite relaxation [GoemansWilliamson1995] with the products of
all bounds, which are the triangle inequalities with vertex 1; `copos.bracket` adds the others [Padberg1989] as local
levels, and branches. For parts of the sizes s_1, …, s_k (two parts: one variable a vertex)

    min Σ_ij∈E w_ij (1 − Σ_p x_ip x_jp),     Σ_p x_ip = 1,  Σ_i x_ip = s_p,  x_ip x_iq = 0.     [WolkowiczZhao1999]
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from copos.arithmetic.rationals import Rational, written
from copos.graphs.graph import Graph
from copos.graphs.reading import weighted_edges
from copos.reformulation.exchange import best_cut, best_partition
from copos.reformulation.quadratic.value import Constraint, Quadratic, QuadraticProgram, Source
from copos.support import options

ORDER = 1_000  # variables: the lift has a dense matrix of that order


def max_cut(graph: Any, weights: str | None = "weight") -> QuadraticProgram:
    """max Σ_ij∈E w_ij [i and j on different sides], as a program in one 0–1 variable a vertex.

    Parameters
    ----------
    graph : a networkx graph, a symmetric matrix of weights (dense or sparse), or a file, see `copos.graphs.graph`;
        .mc, .rud, .mtx files and lists of edges hold weights, negative ones, too. Parallel edges add up
    weights : attribute of the edges of a networkx graph; None: all edges weigh one

    Returns
    -------
    QuadraticProgram
        `copos.bracket(max_cut(G), tolerance=1e-6)` has `upper`, proved for all cuts of G, `lower` and `solution`: the
        side of every vertex, by its label. The proof is about the graph: `copos verify proof.json --problem G.mc`.

    Raises
    ------
    ValueError
        If the graph is directed, has a loop or no vertex, is too large, or a weight is no finite number.

    References
    ----------
    [GoemansWilliamson1995]

    Examples
    --------
    >>> import copos
    >>> triangle = max_cut([[0, 1, 1], [1, 0, 1], [1, 1, 0]])
    >>> found = copos.bracket(triangle, tolerance=1e-6)
    >>> found.lower, found.upper, found.proved
    (2.0, 2.0, True)
    """
    G = weighted_edges(graph, weights)
    _require(G.n, "max-cut")
    edges = _edges(G)
    source = Source("max cut", {"edges": edge_rows(G)}, {}, partial(_near_cut, _matrix(G)))
    n = G.n
    objective = Quadratic.of([(i, j, -2 * w) for i, j, w in edges], _ends(edges))
    return QuadraticProgram(_names(G), objective, "max", (0,) * n, (0, *(1,) * (n - 1)), (True,) * n, (),
                            f"max-cut, {n} vertices, {G.m} edges", source)  # fmt: skip


def graph_partition(graph: Any, sizes: Sequence[int], weights: str | None = "weight") -> QuadraticProgram:
    """min Σ_ij∈E w_ij [i and j in different parts], the parts of the sizes s_1, …, s_k.

    Parameters
    ----------
    graph, weights : as for `max_cut`
    sizes : of the parts, two or more positive integers that add up to the number of vertices

    Returns
    -------
    QuadraticProgram
        Of two parts the variable of a vertex says whether it is in the second, else "v in part p" are variables.

    Raises
    ------
    ValueError
        As for `max_cut`; if the sizes do not fit.

    References
    ----------
    [WolkowiczZhao1999]

    Examples
    --------
    >>> import copos
    >>> square = [[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]]
    >>> found = copos.bracket(graph_partition(square, [2, 2]), tolerance=1e-6)
    >>> found.lower, found.upper, found.proved
    (2.0, 2.0, True)
    """
    G = weighted_edges(graph, weights)
    parts, n = [options.count(s, "a size", 1) for s in sizes], G.n
    k = len(parts)
    if k < 2 or sum(parts) != n:
        raise ValueError(f"sizes must be two or more positive integers that add up to {n}, got {list(sizes)!r}")
    _require(n if k == 2 else n * k, "graph partition")
    edges = _edges(G)
    equal = min(parts) == max(parts)
    source = Source("graph partition", {"edges": edge_rows(G)}, {"sizes": parts},
                    partial(_near_partition, _matrix(G), parts))  # fmt: skip
    name = f"partition, {n} vertices, {G.m} edges, parts of {', '.join(map(str, parts))}"
    if k == 2:
        objective = Quadratic.of([(i, j, -2 * w) for i, j, w in edges], _ends(edges))
        inside = Constraint(Quadratic.of((), [(i, 1) for i in range(n)], -parts[1]), "=", "size of the second part")
        upper = (0, *(1,) * (n - 1)) if equal else (1,) * n
        return QuadraticProgram(_names(G), objective, "min", (0,) * n, upper, (True,) * n, (inside,), name, source)
    objective = Quadratic.of(((i * k + p, j * k + p, -w) for i, j, w in edges for p in range(k)), (),
                             sum(w for *_, w in edges))  # fmt: skip
    names = tuple(f"{label} in part {p + 1}" for label in _names(G) for p in range(k))
    rows = [Constraint(Quadratic.of((), [(i * k + p, 1) for p in range(k)], -1), "=") for i in range(n)]
    rows += [Constraint(Quadratic.of((), [(i * k + p, 1) for i in range(n)], -s), "=") for p, s in enumerate(parts)]
    rows += [Constraint(Quadratic.of([(i * k + p, i * k + r, 1)]), "=")
             for i in range(n) for r in range(k) for p in range(r)]  # fmt: skip
    lower, upper = [0] * (n * k), [1] * (n * k)
    if equal:
        lower[0], upper[1:k] = 1, [0] * (k - 1)
    return QuadraticProgram(names, objective, "min", tuple(lower), tuple(upper), (True,) * (n * k), tuple(rows), name,
                            source)  # fmt: skip


def _near_cut(W: Any, x: Any) -> Any:
    """A good cut, vertex 1 on side 0."""
    sides = best_cut(W, None if x is None else np.asarray(x, dtype=float))
    return (sides ^ sides[0]).astype(float)


def _near_partition(W: Any, parts: list[int], x: Any) -> Any:
    """A good partition as a point of the program."""
    k = len(parts)
    share = None if x is None else np.asarray(x, dtype=float).reshape(len(W), -1)
    share = np.concatenate([1 - share, share], axis=1) if k == 2 and share is not None else share
    part = best_partition(W, np.array(parts), share)
    if min(parts) == max(parts):  # vertex 1 is in the first part
        part = np.where(part == part[0], 0, np.where(part == 0, part[0], part))
    return part.astype(float) if k == 2 else np.eye(k)[part].ravel()


def edge_rows(G: Graph) -> list[list[int | str]]:
    """The table of a graph with weights of its edges: [n, m, 0], then [i, j, w].

    >>> edge_rows(weighted_edges([[0, 0.5], [0.5, 0]]))
    [[2, 1, 0], [1, 2, '1/2']]
    """
    return [[G.n, G.m, 0], *([i + 1, j + 1, written(w)] for i, j, w in _edges(G))]


def _edges(G: Graph) -> list[tuple[int, int, Rational]]:
    costs = [1] * G.m if G.costs is None else G.costs
    return [(i, j, w) for (i, j), w in zip(G.ends.tolist(), costs, strict=True)]


def _ends(edges: list[tuple[int, int, Rational]]) -> list[tuple[int, Rational]]:
    return [(v, w) for i, j, w in edges for v in (i, j)]


def _matrix(G: Graph) -> Any:
    """The weights in floating point, in units of the largest."""
    W = np.zeros((G.n, G.n))
    edges = _edges(G)
    top = max((abs(w) for *_, w in edges), default=1) or 1
    for i, j, w in edges:
        W[i, j] = W[j, i] = float(w / top) if isinstance(w, int) and isinstance(top, int) else float(w) / float(top)
    return W


def _names(G: Graph) -> tuple[str, ...]:
    """Labels as texts, where these are different ones."""
    names = tuple(map(str, G.labels))
    fit = len(set(names)) == G.n and all(0 < len(name) <= 100 for name in names)
    return names if fit else tuple(f"x{i + 1}" for i in range(G.n))


def _require(count: int, what: str) -> None:
    if count > ORDER:
        raise ValueError(f"{what} with {count} variables: its relaxation has a dense matrix of that order; expected at "
                         f"most {ORDER}")  # fmt: skip
