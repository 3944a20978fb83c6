"""Files and Python values as the tables that a certificate's question names, for checking it against them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from copos.graphs.graph import Graph
from copos.graphs.reading import NETWORKX, READERS, weighted_edges
from copos.graphs.reading import graph as read_graph
from copos.interop.files import read_exact_matrix, read_matrix
from copos.questions import rows
from copos.reformulation.exact_data import numbers
from copos.reformulation.max_cut import edge_rows

MATRICES = (".npy", ".npz", ".mat", ".csv", ".txt")
GRAPHS = (".dimacs", *NETWORKX, *READERS, *MATRICES)  # endings of names; that of DIMACS may be any other, too
LISTS = "; the matrix of a graph is expected in a .csv or .txt file; a list with an edge in each line ends in .edges"


def tables_of(**given: Any) -> dict[str, list[list[int | str]]]:
    """Exact tables by name: `graph` from what `copos.graphs.graph` reads, others from arrays or matrix files.

    Text in files means what it says (0.1 is 1/10), a float its dyadic value, and a vector is a table of one row.

    Raises
    ------
    ValueError
        As `graph` and `read_exact_matrix`.

    Examples
    --------
    >>> tables_of(graph=[[0, 1], [1, 0]], b=["0.1", 2])
    {'graph': [[2, 1], [1, 2]], 'b': [['1/10', 2]]}

    >>> import copos
    >>> bound = copos.bracket(copos.stability_number([[0, 1], [1, 0]]))
    >>> bound.certificate.verify(data=tables_of(graph=[[0, 0], [0, 0]])).reason
    'the graph given is not the table that the certificate is about'
    """
    out: dict[str, list[list[int | str]]] = {}
    for name, value in given.items():
        if name == "edges":
            out[name] = edge_rows(weighted_graph_in(value))
        else:
            out |= graph_in(value).tables if name == "graph" else {name: _table(name, value)}
    return out


def graph_in(source: Any, weights: Any = None) -> Graph:
    """A graph as `copos.graphs.graph` reads it, or the adjacency matrix in a file that holds a dense one.

    >>> graph_in([[0, 1], [1, 0]]).m
    1
    """
    return read_graph(_adjacency(source, exact=False) if _is_array(source) else source, weights)


def weighted_graph_in(source: Any, attribute: str | None = "weight") -> Graph:
    """A graph as `copos.graphs.reading.weighted_edges` reads it, or the matrix of weights in a file of a dense one.

    >>> weighted_graph_in([[0, 2], [2, 0]]).costs
    (2,)
    """
    if not _is_array(source):
        return weighted_edges(source, attribute)
    return weighted_edges(_adjacency(source, exact=not str(source).lower().endswith((".npy", ".npz"))), attribute)


def _adjacency(path: str | Path, exact: bool) -> NDArray[Any]:
    """The square matrix in a file; a list of edges is refused with the ending that it should have."""
    of_text = str(path).lower().endswith((".csv", ".txt"))
    try:
        M: NDArray[Any] = read_matrix(path, exact=True) if exact else read_matrix(path)
    except ValueError as error:
        raise ValueError(f"{error}{LISTS if of_text and Path(path).is_file() else ''}") from None
    if of_text and M.shape[0] != M.shape[1]:
        raise ValueError(f"{path}: has {M.shape[0]} rows and {M.shape[1]} columns, expected a square matrix{LISTS}")
    return M


def _is_array(source: Any) -> bool:
    """Is it a file of a dense matrix?"""
    path = str(source)
    if not isinstance(source, (str, Path)):
        return False
    if path.lower().endswith(MATRICES) or ".npz:" in path:
        return True
    if not path.lower().endswith(".mtx") or not Path(path).is_file():
        return False
    with open(path, "rb") as handle:
        return b"array" in handle.readline(200).lower()


def _table(name: str, value: Any) -> list[list[int | str]]:
    if isinstance(value, (str, Path)):
        return [row for line in read_exact_matrix(value) for row in rows(numbers(line, name))]
    return rows(numbers(value, name))
