"""`copos max-cut`, `copos partition` and `copos assignment`: proved bounds and the best solution that was found."""

from __future__ import annotations

from typing import Any

import click

from copos.commands.shared import CommaList, Number, together
from copos.commands.solve import bracketed
from copos.commands.standard_input import as_file, as_option
from copos.graphs.graph import Graph
from copos.interop.files import kind_of, read_matrix
from copos.interop.tables import GRAPHS, weighted_graph_in
from copos.reformulation.max_cut import graph_partition as partition_program
from copos.reformulation.max_cut import max_cut as cut_program
from copos.reformulation.quadratic.value import QuadraticProgram
from copos.reformulation.quadratic_assignment import quadratic_assignment

search_options = together(
    click.option("--tolerance", type=Number(min=0), default=1e-6, show_default=True, help="Relative gap to stop at."),
    click.option("--time-limit", type=Number(min=0, min_open=True), metavar="SECONDS", help="Wall time of the search."),
    click.option("--max-cells", type=click.IntRange(min=1), default=1000, show_default=True,
                 help="Cells of branch and bound."),
    click.option("--certificate", metavar="FILE", help="Write the proof of the bound to FILE (.json)."),
    click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
)  # fmt: skip
edges_option = together(
    as_option(GRAPHS, "mc"),
    click.option("--weights", metavar="NAME", default="weight", show_default=True,
                 help="Attribute with the weights of the edges, of files that networkx reads."),
)  # fmt: skip


def _edges(path: str, weights: str, kind: str | None) -> Graph:
    """The graph in a file, with weights of its edges."""
    with as_file(path, kind, GRAPHS) as file:
        return weighted_graph_in(file, weights)


@click.command("max-cut")
@click.argument("graph", metavar="GRAPH")
@edges_option
@search_options
def max_cut(graph: str, weights: str, kind: str | None, **options: Any) -> None:
    """The heaviest cut of GRAPH: both bounds, the sides, and the proof.

    GRAPH is a .mc, .rud or .rudy file, or any that `copos stability` reads, or -; weights of edges may be negative.
    Exit status 0 if the gap is within the tolerance, and proved; 3 if a gap is left.
    """
    bracketed(lambda: cut_program(_edges(graph, weights, kind)), (graph,), **options)


@click.command("partition")
@click.argument("graph", metavar="GRAPH")
@click.option("--sizes", type=CommaList(int), required=True, help="Sizes of the parts, for instance 4,4.")
@edges_option
@search_options
def partition(graph: str, sizes: tuple[int, ...], weights: str, kind: str | None, **options: Any) -> None:
    """The lightest cut of GRAPH into parts of given sizes: both bounds, the parts, and the proof.

    GRAPH as for `copos max-cut`. Exit status 0 if the gap is within the tolerance, and proved; 3 if a gap is left.
    """
    bracketed(lambda: partition_program(_edges(graph, weights, kind), sizes), (graph,), **options)


@click.command("assignment")
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.option("--costs", metavar="FILE", help="Costs C of facilities at locations.")
@search_options
def assignment(a: str, b: str, costs: str | None, **options: Any) -> None:
    """Min Σ A_ij B_p(i)p(j) + Σ C_ip(i) over permutations p: both bounds, the assignment, and the proof.

    A and B are matrices in .npy, .npz, .csv, .txt or .mtx files. Exit status 0 if the gap is within the tolerance, and
    proved; 3 if a gap is left.
    """

    def read() -> QuadraticProgram:
        return quadratic_assignment(_read(a), _read(b), None if costs is None else _read(costs))

    bracketed(read, (a, b, costs), **options)


def _read(path: str) -> Any:
    """A matrix: text as written, arrays of floats as they are."""
    return read_matrix(path, exact=kind_of(path)[2] not in (".npy", ".npz"))
