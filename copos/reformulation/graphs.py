"""Graphs as adjacency matrices: from networkx, from a matrix, from a DIMACS file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from copos.support.given import real_array

VERTICES = 10_000  # of a file; beyond it the adjacency matrix alone takes 100 MB


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
    expected = "expected a networkx graph, a DIMACS file or a nonempty square adjacency matrix"
    try:
        A = real_array(source, "the adjacency matrix")
    except ValueError as error:
        raise ValueError(f"{expected}: {error}") from None
    if A.ndim != 2 or A.shape[0] != A.shape[1] or A.size == 0:
        raise ValueError(f"{expected}, got {type(source).__name__} of shape {A.shape}")
    if not np.isin(A, (0, 1)).all() or (A != A.T).any() or A.diagonal().any():
        raise ValueError("an adjacency matrix is symmetric, has entries 0 and 1 and a zero diagonal")
    return Graph(A.astype(bool), tuple(range(len(A))))


def _networkx(source: Any) -> Graph:
    if source.is_directed():
        raise ValueError("expected an undirected graph; G.to_undirected() makes one")
    labels = tuple(source.nodes)
    if not labels:
        raise ValueError("the graph has no vertices")
    weighted = next((v for v, data in source.nodes(data=True) if data.get("weight", 1) != 1), None)
    if weighted is not None:
        raise ValueError(f"vertex {weighted!r} has a weight, and weighted graphs are not supported")
    place = {label: k for k, label in enumerate(labels)}
    ends = np.array([(place[edge[0]], place[edge[1]]) for edge in source.edges], dtype=np.int64).reshape(-1, 2)
    return Graph(_from_edges(ends, len(labels)), labels)


def read_dimacs(path: str | Path) -> Graph:
    """Read a DIMACS graph file: `c` comments, `p edge n m` (or `p col n m`), `e i j` with vertices 1 … n.

    The m edges may be listed once or in both directions. Weights of vertices (`n i w`) are refused: nothing here would
    use them.

    Raises
    ------
    ValueError
        If the file is missing, binary, not of this format, or has another number of edges than it announces; the
        message names the line.
    """
    file = Path(path)
    if not file.is_file():
        raise ValueError(f"{path}: {'is a folder' if file.is_dir() else 'no such file'}")
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise ValueError(f"{path}: expected the text format of DIMACS graphs, not the binary one") from None
    except OSError as error:
        raise ValueError(f"{path}: not a readable file ({error})") from None
    n = announced = 0
    ends: list[tuple[int, int]] = []
    for number, line in enumerate(lines, start=1):
        words = line.split()
        if not words or words[0] == "c":
            continue
        where, kind, numbers = f"{path}, line {number}", words[0], words[-2:]
        if kind == "n":
            raise ValueError(f"{where}: {line[:60]!r} is the weight of a vertex; weighted graphs are not supported")
        size = {"p": 4, "e": 3}.get(kind) if (kind == "p") != bool(n) else None
        whole = all(word.isascii() and word.isdigit() and len(word) <= 18 for word in numbers)
        if len(words) != size or not whole or (kind == "p" and words[1] not in ("edge", "edges", "col")):
            raise ValueError(f"{where}: expected 'p edge n m' once, then 'e i j'; got {line[:60]!r}")
        i, j = map(int, numbers)
        if kind == "p":
            n, announced = i, j
            if not 0 < n <= VERTICES:
                raise ValueError(f"{where}: announces {n} vertices; expected from 1 to {VERTICES}")
        elif not (1 <= i <= n and 1 <= j <= n):
            raise ValueError(f"{where}: edge {i} {j} names a vertex outside 1 … {n}")
        elif i == j:
            raise ValueError(f"{where}: the edge {i} {j} is a loop, and a vertex with a loop is in no stable set")
        else:
            ends.append((i - 1, j - 1))
    if not n:
        raise ValueError(f"{path}: no line 'p edge n m'")
    different = len({(min(edge), max(edge)) for edge in ends})
    if announced not in (len(ends), different):
        raise ValueError(f"{path}: {announced} edges announced, {len(ends)} found")
    return Graph(_from_edges(np.array(ends, dtype=np.int64).reshape(-1, 2), n), tuple(range(1, n + 1)))


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
