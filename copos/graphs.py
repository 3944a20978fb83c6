"""Graphs as adjacency matrices: from networkx, from a matrix, from a DIMACS file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Graph(NamedTuple):
    """A simple undirected graph; `labels` are the caller's names of the vertices."""

    adjacency: NDArray[np.bool_]
    labels: tuple[Any, ...]


def graph(source: Any) -> Graph:
    """Read a graph.

    Parameters
    ----------
    source : a networkx graph, a symmetric 0/1 adjacency matrix with zero diagonal, or the path of a DIMACS file

    Raises
    ------
    ValueError
        If it is directed, has loops or no vertices, or is none of these.

    Examples
    --------
    >>> graph([[0, 1], [1, 0]]).labels
    (0, 1)
    """
    if isinstance(source, (str, Path)):
        return read_dimacs(source)
    if hasattr(source, "edges") and hasattr(source, "nodes"):  # networkx, without importing it
        return _networkx(source)
    A = np.asarray(source)
    if A.ndim != 2 or A.shape[0] != A.shape[1] or A.size == 0 or A.dtype.kind not in "biuf":
        raise ValueError("expected a networkx graph, a DIMACS file or a nonempty square adjacency matrix, "
                         f"got {type(source).__name__} of shape {A.shape}")  # fmt: skip
    if not np.isin(A, (0, 1)).all() or (A != A.T).any() or A.diagonal().any():
        raise ValueError("an adjacency matrix is symmetric, has entries 0 and 1 and a zero diagonal")
    return Graph(A.astype(bool), tuple(range(len(A))))


def _networkx(source: Any) -> Graph:
    if source.is_directed():
        raise ValueError("expected an undirected graph; G.to_undirected() makes one")
    labels = tuple(source.nodes)
    if not labels:
        raise ValueError("the graph has no vertices")
    place = {label: k for k, label in enumerate(labels)}
    ends = np.array([(place[edge[0]], place[edge[1]]) for edge in source.edges], dtype=np.int64).reshape(-1, 2)
    return Graph(_from_edges(ends, len(labels)), labels)


def read_dimacs(path: str | Path) -> Graph:
    """Read a DIMACS graph file: `c` comments, `p edge n m` (or `p col n m`), `e i j` with vertices 1 … n.

    Raises
    ------
    ValueError
        If the file is missing, binary or not of this format; the message names the line.
    """
    file = Path(path)
    if not file.is_file():
        raise ValueError(f"{path}: no such file")
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        raise ValueError(f"{path}: expected the text format of DIMACS graphs, not the binary one") from None
    vertices, ends = 0, []
    for number, line in enumerate(lines, start=1):
        words = line.split()
        if not words or words[0] == "c":
            continue
        try:
            if words[0] == "p" and not vertices and words[1] in ("edge", "edges", "col"):
                vertices = int(words[2])
            elif words[0] == "e" and vertices:
                ends.append((int(words[1]) - 1, int(words[2]) - 1))
            elif words[0] != "n":  # node weights are ignored
                raise ValueError
        except (ValueError, IndexError):
            raise ValueError(f"{path}, line {number}: expected 'p edge n m' once, then 'e i j'; got {line!r}") from None
    if vertices < 1:
        raise ValueError(f"{path}: no line 'p edge n m'")
    edges = np.array(ends, dtype=np.int64).reshape(-1, 2)
    if len(edges) and (edges.min() < 0 or edges.max() >= vertices):
        raise ValueError(f"{path}: an edge names a vertex outside 1 … {vertices}")
    return Graph(_from_edges(edges, vertices), tuple(range(1, vertices + 1)))


def edge_rows(adjacency: NDArray[np.bool_]) -> list[list[int]]:
    """The graph as a table, like a DIMACS file: [n, m], then i, j of every edge, 1 ≤ i < j ≤ n, in order.

    >>> edge_rows(np.array([[False, True], [True, False]]))
    [[2, 1], [1, 2]]
    """
    i, j = np.nonzero(np.triu(adjacency, 1))
    return [[len(adjacency), len(i)], *(np.stack([i, j], 1) + 1).tolist()]


def _from_edges(ends: NDArray[np.int64], n: int) -> NDArray[np.bool_]:
    if (ends[:, 0] == ends[:, 1]).any():
        raise ValueError("the graph has a loop, and a vertex with a loop is in no stable set")
    A = np.zeros((n, n), dtype=bool)
    A[ends[:, 0], ends[:, 1]] = A[ends[:, 1], ends[:, 0]] = True
    return A
