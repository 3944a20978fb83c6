"""Files and Python values as the tables that a certificate's question names, for checking it against them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from copos.interop.files import read_exact_matrix, read_matrix
from copos.questions import rows
from copos.reformulation.exact_data import numbers
from copos.reformulation.graphs import edge_rows
from copos.reformulation.graphs import graph as read_graph

MATRICES = (".npy", ".npz", ".mat", ".csv", ".txt", ".mtx")


def tables_of(**given: Any) -> dict[str, list[list[int | str]]]:
    """Exact tables by name: `graph` from what `reformulation.graphs.graph` reads, others from arrays or matrix files.

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
    return {name: _graph(value) if name == "graph" else _table(name, value) for name, value in given.items()}


def _graph(source: Any) -> list[list[int | str]]:
    path = str(source)
    if isinstance(source, (str, Path)) and (path.lower().endswith(MATRICES) or ".npz:" in path):
        source = read_matrix(source)
    return [list(row) for row in edge_rows(read_graph(source).adjacency)]


def _table(name: str, value: Any) -> list[list[int | str]]:
    if isinstance(value, (str, Path)):
        return [row for line in read_exact_matrix(value) for row in rows(numbers(line, name))]
    return rows(numbers(value, name))
