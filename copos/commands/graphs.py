"""`copos stability`, `clique`, `theta`, `chromatic` and `clique-cover`: numbers of a graph, proved about its file."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import click

from copos.commands.ending import INTERRUPTED, NO_PROOF, UNDECIDED, YES, deliver, echo_json, interruptions, on_terminal
from copos.commands.shared import Number, bad_input, label, require_outputs, together
from copos.commands.standard_input import as_file, as_option, shown
from copos.graphs import numbers, theta_method
from copos.graphs.graph import Graph
from copos.graphs.numbers import GraphNumber, maximum_clique, maximum_stable_set
from copos.graphs.theta import Theta, chromatic_number, clique_cover_number
from copos.graphs.theta import theta as theta_of
from copos.interop.files import read_exact_matrix
from copos.interop.tables import GRAPHS, graph_in

ENDINGS = (".npy", ".npz", ".csv", ".txt", ".mtx")
graph_options = together(
    click.argument("graph", metavar="GRAPH"),
    as_option(GRAPHS, "dimacs"),
    click.option("--time-limit", type=Number(min=0, min_open=True), metavar="SECONDS", help="Wall time."),
    click.option("--certificate", metavar="FILE", help="Write the proof of the bound to FILE (.json)."),
    click.option("--json", "as_json", is_flag=True, help="Print JSON."),
)  # fmt: skip
weights_option = click.option("--weights", metavar="NAME", help="Weights of the vertices: an attribute of the file, or "
                              "a file with a number for every vertex; by default the lines 'n i w' of DIMACS.")
set_option = click.option("--shown", "found_file", metavar="FILE",
                          help="Write the proof of the set, or the classes, to FILE.")


def read(path: str, weights: str | None = None, kind: str | None = None) -> Graph:
    """The graph in a file, with its weights; `kind` is the ending that says the format where the name does not."""
    given: Any = weights
    if weights is not None and weights.lower().endswith(ENDINGS) and Path(weights).is_file():
        given = [v for row in read_exact_matrix(weights) for v in row]
    with as_file(path, kind, GRAPHS) as file:
        return graph_in(file, given)


@click.command("stability")
@graph_options
@weights_option
@set_option
@click.option("--states", type=click.IntRange(min=0), default=numbers.STATES, show_default=True,
              help="States of branch and bound.")  # fmt: skip
def stability(weights: str | None, states: int, **options: Any) -> None:
    """α(G): the most, or heaviest, vertices of GRAPH without an edge between them, and the proof.

    GRAPH is a DIMACS file ('p edge n m', 'n i w', 'e i j'), or ends in .g6 .s6 .gml .graphml .gexf .net .adjlist .lgr
    (read by networkx), .edges .edgelist .el (an edge a line), .mc .rud .rudy, .mtx, or holds an adjacency matrix: .npy
    .npz .csv .txt; or is - (standard input), with --as. Exit status 0 if the number is proved; 3 if a gap is left.
    """
    _number(partial(maximum_stable_set, states=states), weights, **options)


@click.command("clique")
@graph_options
@weights_option
@set_option
@click.option("--states", type=click.IntRange(min=0), default=numbers.STATES, show_default=True,
              help="States of branch and bound.")  # fmt: skip
def clique(weights: str | None, states: int, **options: Any) -> None:
    """ω(G): the most, or heaviest, vertices of GRAPH that are all adjacent to each other, and the proof.

    GRAPH as for `copos stability`. Exit status 0 if the number is proved; 3 if a gap is left.
    """
    _number(partial(maximum_clique, states=states), weights, **options)


@click.command("chromatic")
@graph_options
@set_option
def chromatic(**options: Any) -> None:
    """χ(G): bounds on the least number of colours, ϑ⁺ of the complement from below, a colouring from above.

    GRAPH as for `copos stability`. Exit status 0 if both are equal; 3 if a gap is left.
    """
    _number(chromatic_number, None, **options)


@click.command("clique-cover")
@graph_options
@set_option
def clique_cover(**options: Any) -> None:
    """Bounds on the least number of cliques of GRAPH that cover its vertices, from below by ϑ⁺.

    GRAPH as for `copos stability`. Exit status 0 if both are equal; 3 if a gap is left.
    """
    _number(clique_cover_number, None, **options)


@click.command("theta")
@graph_options
@weights_option
@click.option("--variant", type=click.Choice(theta_method.VARIANTS), default="lovasz", show_default=True,
              help="Lovász's ϑ, Schrijver's ϑ' ≤ ϑ, Szegedy's ϑ⁺ ≥ ϑ.")  # fmt: skip
def theta(
    graph: str, kind: str | None, weights: str | None, variant: Any, time_limit: float | None, certificate: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    """ϑ(G), ϑ'(G) or ϑ⁺(G), and the proof that α(G) is no larger.

    GRAPH as for `copos stability`. Exit status 0 if the bound is proved.
    """
    require_outputs((graph,), certificate=certificate)
    with bad_input(), interruptions() as interrupted:
        found = theta_of(read(graph, weights, kind), variant, time_limit=time_limit, progress=on_terminal(as_json))
    deliver(
        INTERRUPTED if interrupted() else YES if found.proved else NO_PROOF,
        lambda: echo_json(_plain_theta(found, graph)) if as_json else click.echo(_lines(found, graph)),
        (certificate, found.certificate.save),
    )


def _number(
    solve: Callable[..., GraphNumber], weights: str | None, graph: str, kind: str | None, time_limit: float | None,
    certificate: str | None, found_file: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Solve, print and write."""
    require_outputs((graph,), certificate=certificate, shown=found_file)
    with bad_input(), interruptions() as interrupted:
        start = time.perf_counter()
        G = read(graph, weights, kind)
        left = None if time_limit is None else max(0.0, time_limit - (time.perf_counter() - start))
        found = solve(G, time_limit=left, progress=on_terminal(as_json))
    status = NO_PROOF if not found.proved else YES if found.closed else UNDECIDED
    deliver(
        INTERRUPTED if interrupted() else status,
        lambda: echo_json(_plain(found, graph)) if as_json else click.echo(_lines(found, graph)),
        (certificate, found.certificate.save),
        (found_file, found.shown.save),
    )


def _plain(found: GraphNumber, file: str) -> dict[str, Any]:
    """The result as JSON values: fractions as text."""
    return {
        "file": file, "number": found.number, "symbol": found.symbol, "lower": _value(found.lower),
        "upper": _value(found.upper), "closed": found.closed, "proved": found.proved, "reason": found.reason,
        "vertices": None if found.vertices is None else [label(v) for v in found.vertices],
        "classes": None if found.classes is None else [[label(v) for v in C] for C in found.classes],
        "n": found.graph.n, "m": found.graph.m, "weighted": found.graph.weights is not None, "seconds": found.seconds,
    }  # fmt: skip


def _plain_theta(found: Theta, file: str) -> dict[str, Any]:
    return {
        "file": file, "variant": found.variant, "value": found.value, "upper": float(found.upper),
        "exact_upper": str(found.upper), "bound": _value(found.bound), "proved": found.proved, "reason": found.reason,
        "n": found.graph.n, "m": found.graph.m, "weighted": found.graph.weights is not None, "seconds": found.seconds,
    }  # fmt: skip


def _lines(found: GraphNumber | Theta, file: str) -> str:
    G, reason = found.graph, f"\n{found.reason}" if found.reason else ""
    weighted = "" if G.weights is None else ", weighted"
    head = f"{shown(file)}: {G.n} vertices, {G.m} edges{weighted}"
    return f"{head}\n{found!r}{reason}\nseconds: {found.seconds:.2f}"


def _value(v: int | Fraction) -> int | str | None:
    return int(v) if v == math.floor(v) else str(v)
