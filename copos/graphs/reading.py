"""Graphs from networkx, from matrices, and from files of any format that is known by the ending of the name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from copos.arithmetic.rationals import Rational, rational
from copos.graphs.dimacs import read_dimacs
from copos.graphs.graph import VERTICES, Graph, require_dense, weight
from copos.graphs.lists import read_cut, read_edge_list, read_matrix_market
from copos.graphs.text import existing, require_last_line_ended
from copos.support.given import numbers, real_array

# endings of formats that networkx reads ↦ its function
NETWORKX = {
    ".g6": "read_graph6", ".s6": "read_sparse6", ".gml": "read_gml", ".graphml": "read_graphml", ".gexf": "read_gexf",
    ".net": "read_pajek", ".paj": "read_pajek", ".adjlist": "read_adjlist", ".lgr": "read_leda",
}  # fmt: skip
READERS: dict[str, Callable[[str | Path], Graph]] = {
    **dict.fromkeys((".edges", ".edgelist", ".el"), read_edge_list),
    **dict.fromkeys((".mc", ".rud", ".rudy"), read_cut),
    ".mtx": read_matrix_market,
}
# formats of lines without a count of them, in which networkx writes an end to every line
OPEN_ENDED = (".s6", ".net", ".paj", ".adjlist")
MATRICES = (".npy", ".npz", ".mat", ".csv")
EXPECTED = "expected a networkx graph, a file, a SciPy sparse or a nonempty square adjacency matrix"


def graph(source: Any, weights: Any = None) -> Graph:
    """Read a graph.

    Parameters
    ----------
    source : a networkx graph, a symmetric 0/1 adjacency matrix with zero diagonal (dense or SciPy sparse), or the path
        of a file: .g6 .s6 .gml .graphml .gexf .net .adjlist .lgr (read by networkx), .edges .edgelist .el (edges in
        lines), .mc .rud .rudy, .mtx, and DIMACS under any other name
    weights : of the vertices: a mapping of labels, a sequence in their order, one number for all, or the name of a
        vertex attribute of a networkx graph; by default those of a DIMACS file

    Raises
    ------
    ValueError
        If it is directed, has loops or no vertices, or is none of these.

    Examples
    --------
    >>> graph([[0, 1], [1, 0]]).labels
    (0, 1)
    """
    if isinstance(source, Graph):
        return source.weighted(weights)
    if isinstance(source, (str, Path)):
        found, attributes = _from_file(source)
        return _with_weights(found, attributes, weights)
    if hasattr(source, "edges") and hasattr(source, "nodes"):  # networkx, without importing it
        return _with_weights(_networkx(source, None), source, weights)
    return _from_matrix(source, whole=True).weighted(weights)


def weighted_edges(source: Any, attribute: str | None = "weight") -> Graph:
    """Read a graph with weights of its edges: an attribute of a networkx graph, the entries of a matrix, a third word.

    Parallel edges add up. Formats and errors as for `graph`; entries of a matrix may be any finite numbers.

    Examples
    --------
    >>> weighted_edges([[0, 0.5], [0.5, 0]]).costs
    (Fraction(1, 2),)
    """
    if isinstance(source, Graph):
        return source
    if isinstance(source, (str, Path)):
        found, attributes = _from_file(source)
        return found if attributes is None else _networkx(attributes, attribute)
    if hasattr(source, "edges") and hasattr(source, "nodes"):
        return _networkx(source, attribute)
    return _from_matrix(source, whole=False)


def _from_file(path: str | Path) -> tuple[Graph, Any]:
    """The graph in a file, and the networkx graph where that read it."""
    suffix = Path(path).suffix.lower()
    if suffix in MATRICES:
        raise ValueError(f"{path}: a matrix is expected as an array; copos.interop.files.read_matrix reads it")
    if suffix not in NETWORKX:
        return READERS.get(suffix, read_dimacs)(path), None
    file = existing(path)
    try:
        import networkx as nx
    except ImportError:
        raise ValueError(f"{path}: files of this kind are read by networkx; pip install 'copos[graphs]'") from None
    if suffix in OPEN_ENDED:
        require_last_line_ended(file)
    try:
        found = getattr(nx, NETWORKX[suffix])(file)
        if isinstance(found, list):
            raise ValueError(f"line 2: {len(found)} graphs; expected one")
        return _networkx(found, None), found
    except Exception as error:  # of the many parsers behind these functions
        words = " ".join(str(error).split())[:200] or type(error).__name__
        raise ValueError(f"{path}: {'' if 'line' in words else 'line 1: '}{words}") from None


def _with_weights(found: Graph, attributes: Any, weights: Any) -> Graph:
    if isinstance(weights, str):
        if attributes is None:
            raise ValueError(f"weights: {weights!r} names an attribute of vertices, and this graph has none")
        data = dict(attributes.nodes(data=weights))
        missing = next((v for v in found.labels if data[v] is None), None)
        if missing is not None:
            raise ValueError(f"weights: the vertex {missing!r} has no attribute {weights!r}")
        return found.weighted({v: weight(data[v], f"the weight of vertex {v!r}") for v in found.labels})
    if weights is None and attributes is not None:
        odd = next((v for v, data in attributes.nodes(data=True) if data.get("weight", 1) != 1), None)
        if odd is not None:
            raise ValueError(f"vertex {odd!r} has a weight: weights='weight' uses it, weights=1 does not")
    return found.weighted(weights)


def _networkx(source: Any, attribute: str | None) -> Graph:
    """The graph, with weights of the edges where an attribute of theirs is named."""
    if source.is_directed():
        raise ValueError("expected an undirected graph; G.to_undirected() makes one")
    labels = tuple(source.nodes)
    if len(labels) > VERTICES:
        raise ValueError(f"the graph has {len(labels)} vertices; expected at most {VERTICES}")
    place = {label: k for k, label in enumerate(labels)}
    edges = list(source.edges(data=True))
    ends = np.array([(place[a], place[b]) for a, b, _ in edges], dtype=np.int64).reshape(-1, 2)
    if attribute is None:
        return Graph.of(ends, labels)
    costs = [_cost(data.get(attribute, 1), f"the weight of edge {a!r}, {b!r}") for a, b, data in edges]
    return Graph.of(ends, labels, costs)


def _cost(value: Any, name: str) -> Rational:
    try:
        return rational(value)
    except (ValueError, TypeError, ArithmeticError):
        raise ValueError(f"{name} is {value!r}; expected a finite number") from None


def _weights_in(source: Any) -> Any:
    """A matrix of rational numbers."""
    array = numbers(source, "the matrix of weights", text=True)
    out = np.empty(array.shape, dtype=object)
    for at, v in np.ndenumerate(array):
        out[at] = _cost(v, f"the entry {', '.join(map(str, at))}")
    return out


def _from_matrix(source: Any, whole: bool) -> Graph:
    """A graph from its adjacency matrix; `whole`: of entries 0 and 1, else of weights."""
    if sp.issparse(source):
        A = source.tocoo()
        if A.ndim != 2 or A.shape[0] != A.shape[1] or not A.shape[0]:
            raise ValueError(f"{EXPECTED}, got shape {A.shape}")
        A.sum_duplicates()
        i, j, data = *A.coords, np.asarray(A.data)
        if data.dtype.kind == "c" or not np.isfinite(data.astype(float)).all():
            raise ValueError(f"{EXPECTED}: an entry is no finite real number")
        keep = data != 0
        i, j, data = i[keep], j[keep], data[keep]
        n = A.shape[0]
        order, mirror = np.lexsort((j, i)), np.lexsort((i, j))
        symmetric = (i[order] == j[mirror]).all() and (j[order] == i[mirror]).all() and (
            data[order] == data[mirror]).all()  # fmt: skip
    else:
        try:
            M = real_array(source, "the adjacency matrix") if whole else _weights_in(source)
        except ValueError as error:
            raise ValueError(f"{EXPECTED}: {error}") from None
        if M.ndim != 2 or M.shape[0] != M.shape[1] or M.size == 0:
            raise ValueError(f"{EXPECTED}, got {type(source).__name__} of shape {M.shape}")
        require_dense(len(M))
        i, j = np.nonzero(M)
        n, data, symmetric = len(M), M[i, j], bool((M == M.T).all())
    if (whole and (data != 1).any()) or not symmetric or (i == j).any():
        entries = "has entries 0 and 1" if whole else "holds finite numbers"
        raise ValueError(f"an adjacency matrix is symmetric, {entries} and a zero diagonal")
    if n > VERTICES:
        raise ValueError(f"the graph has {n} vertices; expected at most {VERTICES}")
    upper = i < j
    costs = None if whole else [rational(v) for v in data[upper].tolist()]
    return Graph.of(np.stack([i[upper], j[upper]], axis=1), range(n), costs)
