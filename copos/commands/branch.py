"""`copos branch standard-quadratic`: bounds that are refined until they meet."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any, NoReturn

import click
from rich.table import Table

from copos.branching.branch import RULE_NAMES, Branching, branch_and_bound
from copos.branching.simplices import TESTS
from copos.commands.ending import INTERRUPTED, NOT_WRITTEN, Terminal, deliver, echo_json, interruptions, on_terminal
from copos.commands.shared import (
    Number,
    bad_input,
    require_outputs,
    save_certificate,
    status_of_bound,
    together,
    unwritten_states,
)
from copos.interop.files import read_matrix
from copos.program import CompletelyPositiveProgram
from copos.reformulation.standard_quadratic import standard_quadratic as standard_program
from copos.support.executors import processes

# options of a search, and where its state and its proof go
branch_options = together(
    click.option("--tolerance", type=Number(min=0), default=1e-4, show_default=True, help="Relative gap to stop at."),
    click.option("--max-nodes", type=int, default=1000, show_default=True, help="Cells in all."),
    click.option("--time-limit", type=Number(min=0), help="Wall seconds."),
    click.option("--level", type=int, default=0, show_default=True, help="Level of every cell, for cuts."),
    click.option("--rule", help="; ".join(f"{cells}: {', '.join(names)}" for cells, names in RULE_NAMES.items())),
    click.option("--jobs", type=int, help="Worker processes; by default the search runs in this one."),
    click.option("--width", type=int, default=1, show_default=True, help="Cells that are divided at a time."),
    click.option("--state", metavar="FILE", help="Save the search to FILE, and go on from it if it exists."),
    click.option("--certificate", metavar="FILE", help="Write the proof of the lower bound to FILE (.json)."),
    click.option("--json", "as_json", is_flag=True, help="Print JSON."),
)  # fmt: skip


@click.command("standard-quadratic")
@click.argument("q", metavar="Q")
@click.option("--cells", type=click.Choice(list(RULE_NAMES)), default="simplices", show_default=True)
@click.option("--test", type=click.Choice(list(TESTS)), default="spn", show_default=True, help="Of simplices.")
@branch_options
def standard_quadratic(q: str, cells: Any, test: str, as_json: bool, certificate: str | None, **options: Any) -> None:
    """Bracket min x'Qx over x ≥ 0, x_1 + … + x_n = 1 until the gap is closed.

    Q is a symmetric matrix in a .npy, .npz, .csv, .txt or .mtx file. Ctrl-C stops the search; its bracket is valid and
    printed, with status 130. Exit status 0 if the gap is within the tolerance, 3 if not, 4 if no bound is proved.
    """
    require_outputs((q,), certificate=certificate, state=options["state"])
    with bad_input():
        program = standard_program(read_matrix(q, exact=True))
    run(program, as_json, certificate, cells=cells, test=test, **options)


def run(
    program: CompletelyPositiveProgram, as_json: bool, certificate: str | None, jobs: int | None, state: str | None,
    **options: Any,
) -> NoReturn:  # fmt: skip
    """Search, print, write files; end with the status."""
    resume = state if state is not None and Path(state).is_file() else None
    with bad_input(), unwritten_states() as unwritten, interruptions() as interrupted:
        pool = nullcontext(None) if jobs is None else processes(jobs)
        with pool as executor:
            found = branch_and_bound(
                program,
                executor=executor,
                state=state,
                resume=resume,
                progress=on_terminal(as_json),
                **options,
            )
        status = INTERRUPTED if interrupted() else NOT_WRITTEN if unwritten() else status_of_bound(found, found.closed)
    deliver(status, lambda: show(found, program.name, as_json), (certificate, save_certificate(found)))


def show(found: Branching, name: str, as_json: bool) -> None:
    """Print a bracket, for a reader or as JSON."""
    if as_json:
        echo_json({
            "problem": name, "lower": found.lower, "upper": found.upper, "claimed": found.claimed, "gap": found.gap,
            "closed": found.closed, "proved": found.proved,
            "exact_lower": None if found.exact is None else str(found.exact), "cells": found.nodes,
            "open": found.open, "reason": found.reason, "seconds": found.seconds, "cpu_seconds": found.cpu_seconds,
        })  # fmt: skip
        return
    out = Table(title=name, show_header=False, title_justify="left")
    exact = found.upper_certificate is not None
    for row in (
        ("lower bound", f"{found.lower:.10g}", "proved" if found.proved else "not proved"),
        ("upper bound", f"{found.upper:.10g}", "proved" if exact else "evaluated in floating point"),
        ("gap", f"{found.gap:.3g}", found.reason),
        ("cells", str(found.nodes), f"{found.open} open"),
        ("seconds", f"{found.seconds:.2f}", f"{found.cpu_seconds:.2f} CPU seconds in cells"),
    ):
        out.add_row(*row)
    Terminal().print(out)
