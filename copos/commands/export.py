"""`copos export`: a level's conic form as a file for another solver."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from copos.commands.ending import UNDECIDED, YES, deliver, interruptions, leave, on_terminal, say
from copos.commands.graphs import read
from copos.commands.shared import Number, bad_input, require_outputs
from copos.commands.standard_input import as_option
from copos.conic import ConicForm
from copos.hierarchy import FAMILIES, GRAMS, relax
from copos.interop.files import read_matrix
from copos.interop.sdpa import write_sdpa
from copos.interop.tables import GRAPHS
from copos.reformulation.stability_number import clique_number, stability_number
from copos.reformulation.standard_quadratic import standard_quadratic
from copos.support.interrupts import OutOfTime, within
from copos.support.progress import progress_line

PROBLEMS = {
    "standard-quadratic": lambda path, kind: standard_quadratic(read_matrix(path, exact=True)),
    "stability-number": lambda path, kind: stability_number(read(path, kind=kind)),
    "clique-number": lambda path, kind: clique_number(read(path, kind=kind)),
}
WRITERS: dict[str, Callable[[ConicForm, str], None]] = {
    ".dat-s": write_sdpa,
    ".npz": lambda form, path: form.save(path),
}


@click.command("export")
@click.argument("problem", type=click.Choice(list(PROBLEMS)))
@click.argument("source", metavar="INPUT")
@click.argument("target", metavar="OUTPUT")
@as_option(GRAPHS, "dimacs")
@click.option("--level", type=int, default=0, show_default=True, help="Level of the hierarchy.")
@click.option("--family", type=click.Choice(list(FAMILIES)), default="parrilo", show_default=True)
@click.option("--gram", type=click.Choice(list(GRAMS)), default="sdp", show_default=True)
@click.option("--time-limit", type=Number(min=0, min_open=True), metavar="SECONDS", help="Wall time.")
def export(
    problem: str, source: str, target: str, kind: str | None, level: int, family: Any, gram: Any,
    time_limit: float | None,
) -> None:  # fmt: skip
    """Write a level of PROBLEM as a conic program to OUTPUT, for another solver.

    INPUT is the matrix, or the graph, as in `copos bound standard-quadratic` and `copos stability-number`. OUTPUT ends
    in .dat-s (SDPA's sparse format) or .npz (the arrays c, A, b and the cones).
    """
    with bad_input():
        write = next((write for ending, write in WRITERS.items() if target.lower().endswith(ending)), None)
        if write is None:
            raise ValueError(f"{target}: expected a name that ends in {' or '.join(WRITERS)}")
    require_outputs((source,), output=target)
    try:
        with bad_input(), interruptions("nothing is written"), within(time_limit):
            with progress_line(on_terminal(), f"{problem}, level {level}", str):
                form = relax(PROBLEMS[problem](source, kind), level, family, gram=gram).form
    except OutOfTime as error:
        say(f"{error}; nothing is written")
        leave(UNDECIDED)
    rows, variables = form.shape
    size = f"{variables} variables, {rows} rows, {form.cones}"
    said = f"{Path(target).name}: {size}; offset of the objective {form.offset:g}"
    deliver(YES, lambda: click.echo(said), (target, lambda path: write(form, path)))
