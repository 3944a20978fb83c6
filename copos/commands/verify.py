"""`copos verify`: is a certificate a proof, and is it one about these data?"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

import click
import numpy as np

from copos.certificate import verify as check
from copos.certificate.formal import formally
from copos.checker.check import load
from copos.checker.check_reading import Unreadable
from copos.commands.ending import (
    BAD_INPUT,
    NO,
    UNDECIDED,
    YES,
    deliver,
    echo_json,
    interruptions,
    leave,
    on_terminal,
    say,
)
from copos.commands.graphs import read as read_graph
from copos.commands.problem_options import problem_options
from copos.commands.shared import BadInput, CommaList, Number, bad_input
from copos.commands.standard_input import as_file
from copos.interop.files import read_exact_matrix
from copos.interop.named_columns import Samples, read_columns, read_samples
from copos.interop.problems import is_readable, read_problem
from copos.interop.relu_models import relu_layers
from copos.interop.tables import tables_of, weighted_graph_in
from copos.reformulation.max_cut import edge_rows
from copos.support.interrupts import OutOfTime, within
from copos.support.progress import progress_line


@click.command("verify")
@click.argument("certificate", metavar="CERTIFICATE.json")
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("--data", "of_data", is_flag=True, help="The FILEs are the tables asked about, in order: X.csv Y.csv.")
@click.option("--targets", type=CommaList(str), help="The FILE of --data is one table with names; its targets.")
@click.option("--inputs", type=CommaList(str), default=(), help="Its inputs; by default all other columns.")
@click.option("--columns", type=CommaList(str), help="The FILE of --data is one table with names; its columns.")
@click.option("--weights", metavar="NAME", help="Its column with the weights of the samples; of a graph, the weights "
              "that were asked about: an attribute or a file.")
@click.option("--graph", metavar="FILE", help="The graph that was asked about.")
@click.option("--matrix", metavar="FILE", help="The matrix that was asked about.")
@click.option("--network", metavar="FILE", help="The ReLU network that was asked about (.npz: W1, b1, …; .onnx).")
@click.option(
    "--problem", metavar="FILE", help="The problem that the claim must be about: a quadratic program in any file that "
    "`copos solve` reads, plain JSON, or another certificate about it."
)
@problem_options
@click.option("--time-limit", type=Number(min=0, min_open=True), metavar="SECONDS", help="Wall time of the check.")
@click.option("--formal", is_flag=True, help="Ask the checker that is proved in Coq, too; `make formal` builds it.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(
    certificate: str, files: tuple[str, ...], of_data: bool, targets: tuple[str, ...] | None, inputs: tuple[str, ...],
    columns: tuple[str, ...] | None, weights: str | None, graph: str | None, matrix: str | None, network: str | None,
    problem: str | None, kind: str | None, over: str | None, maximize: bool, time_limit: float | None, formal: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Check a proof in exact arithmetic, also against the data that were asked about.

    \b
    copos verify proof.json
    copos verify proof.json --data X.csv Y.csv     tables, in the order in which they were asked about
    copos verify proof.json --data men.csv --targets pulse,waist
    copos verify proof.json --data shops.csv --columns area,rent
    copos verify proof.json --graph g.dimacs       or --problem g.dimacs
    copos verify proof.json --matrix M.csv
    copos verify proof.json --network net.npz
    copos verify proof.json --problem model.lp
    copos verify proof.json --problem Q.mtx --over binary

    With data the checker makes the problem anew from the files, in which a sample may be a row or a column; numbers in
    text mean what they say; - is a certificate on standard input. Prints the claim in words and the verdict; exit
    status 0 if it is proved, 1 if rejected, 2 if unreadable, 3 if the time did not suffice. With --formal it is proved
    only if both checkers say so.
    """  # noqa: D301
    if certificate == "-":
        with bad_input():
            certificate = click.get_current_context().with_resource(as_file("-", "json", (".json",)))
    if problem is not None and not Path(problem).is_file():
        raise BadInput(f"{problem}: no such file")
    if files and not of_data:
        raise BadInput(f"{files[0]}: what is this file? Expected --data before tables")
    if targets is None and (inputs or (weights and graph is None and problem is None)):
        raise BadInput("--inputs and --weights name columns, which a table has with --targets")
    if targets is not None and len(files) != 1:
        raise BadInput("--targets names columns of the one table that --data gives")
    if columns is not None and (len(files) != 1 or targets is not None):
        raise BadInput("--columns names those of the one table that --data gives, in the place of --targets")
    if of_data and not files:
        raise BadInput("--data expects the files of the tables that were asked about")
    if sum((of_data, graph is not None, matrix is not None, problem is not None, network is not None)) > 1:
        raise BadInput("expected one of --data, --graph, --matrix, --network and --problem")
    if not Path(certificate).is_file():
        raise BadInput(f"{certificate}: no such file")
    told = kind is not None or over is not None or maximize
    if told and problem is None:
        raise BadInput("--as, --over and --maximize say how the file is read that --problem names")
    about: Any = problem
    tables: dict[str, Any] | None = None
    with bad_input():
        if of_data:
            if columns is not None:
                tables = tables_of(X=read_columns(files[0], columns))
            else:
                tables = _named(certificate, files) if targets is None else _columns(
                    certificate, read_samples(files[0], targets, inputs, weights))
        elif graph is not None or (problem is not None and not told and _is_of_graph(certificate, problem)):
            tables = _of_graph(certificate, graph or problem or "", weights)
            about = None
        elif matrix is not None:
            names = _names(certificate)
            tables = {names[0]: read_exact_matrix(matrix)} if names else None
            about = None if names else read_exact_matrix(matrix)
        elif network is not None:
            tables = _of_network(network)
        elif problem is not None and (told or is_readable(problem)):
            about = read_problem(problem, over, maximize, kind)
    report(certificate, about, as_json, tables, time_limit, formal)


def _names(certificate: str) -> list[str]:
    """The tables of the question of a certificate, in its order."""
    try:
        document = load(certificate)
    except Unreadable:
        return []  # the checker says what is wrong
    asked = document.get("question", document.get("problem")) if isinstance(document, dict) else None
    asked = asked.get("network", asked) if isinstance(asked, dict) else {}
    return [name for name, value in asked.items() if isinstance(value, dict) and value.keys() & {"rows", "sha256"}]


def _of_network(path: str) -> dict[str, Any]:
    """W1, b1, … of a network, floats as the numbers that they are."""
    weights, biases = relu_layers(path)
    pairs = enumerate(zip(weights, biases, strict=True), 1)
    return tables_of(**{f"{name}{k}": np.atleast_2d(table) for k, pair in pairs
                        for name, table in zip("Wb", pair, strict=True)})  # fmt: skip


def _is_of_graph(certificate: str, problem: str) -> bool:
    """Is the certificate about a graph, which a file that holds one can be compared with?"""
    return not problem.lower().endswith(".json") and bool({"graph", "edges"} & set(_names(certificate)))


def _of_graph(certificate: str, path: str, weights: str | None) -> dict[str, Any]:
    """The tables of a graph by the names that the certificate has for them."""
    names = _names(certificate)
    if "edges" in names:
        return {"edges": edge_rows(weighted_graph_in(path, weights or "weight"))}
    found = read_graph(path, weights)
    if _number(certificate) in ("chromatic number", "clique cover number"):  # to which weights mean nothing
        return {"graph": found.tables["graph"]}
    # where the file has no weights and the proof has some, it is about other ones
    return ({"weights": [[1] * found.n]} if "weights" in names else {}) | found.tables


def _number(certificate: str) -> Any:
    document = load(certificate)
    asked = document.get("problem") if isinstance(document, dict) else None
    return asked.get("number") if isinstance(asked, dict) else None


def _named(certificate: str, files: tuple[str, ...]) -> dict[str, Any]:
    """The files by the names that the certificate has for its tables."""
    names = _names(certificate)
    if len(names) != len(files):
        expected = f"{len(names)}: {', '.join(names)}" if names else "none: it speaks of a program or a matrix only"
        raise BadInput(f"{len(files)} files were given, but the certificate is about {expected}")
    return {name: tables_of(**{name: file})[name] for name, file in zip(names, files, strict=True)}


def _columns(certificate: str, samples: Samples) -> dict[str, Any]:
    """The tables that the certificate names, made of named columns."""
    names = _names(certificate)
    there = {name: getattr(samples, name) for name in ("X", "Y", "weights", "sample_weight")}
    given = {name: value for name, value in there.items() if value is not None}
    if set(names) != set(given):
        raise BadInput(f"the columns make the tables {', '.join(given)}, the certificate is about {', '.join(names)}")
    return tables_of(**given)


def report(
    certificate: str, problem: Any, as_json: bool, tables: dict[str, Any] | None = None, limit: float | None = None,
    formal: bool = False,
) -> NoReturn:
    """Print the verdict and leave with its exit status."""
    if not Path(certificate).is_file():
        raise BadInput(f"{certificate}: no such file")
    said = None
    try:
        with interruptions("the proof was not checked to its end"), within(limit):
            with progress_line(on_terminal(as_json), certificate, str):
                verdict = check(certificate, problem, tables)
                if formal and verdict.proved:
                    with bad_input():
                        said = formally(certificate)
                    if not said.proved:
                        verdict = verdict._replace(proved=False, claim="", reason=said.words)
    except OutOfTime as error:
        say(f"{error}; the proof was not checked to its end")
        leave(UNDECIDED)

    def show() -> None:
        if as_json:
            fields = ("proved", "claim", "reason", "readable", "assumptions")
            echo_json({name: getattr(verdict, name) for name in fields})
            return
        if verdict.claim:
            click.echo(f"claim: {verdict.claim}")
        failure = "rejected" if verdict.readable else "unreadable"
        click.echo("proved" if verdict.proved else f"{failure}: {verdict.reason}")
        if said is not None and said.proved:
            click.echo(f"formally {said.words}")

    deliver(YES if verdict.proved else NO if verdict.readable else BAD_INPUT, show)
