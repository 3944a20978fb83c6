"""`copos solve`: both bounds of the quadratic program in a file, and the proof of the one that no solver proves."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import click

from copos.bounding.bounds import bracket
from copos.bounding.quadratic_bracket import QuadraticBracket
from copos.commands.ending import (
    INTERRUPTED,
    NO_PROOF,
    UNDECIDED,
    YES,
    deliver,
    echo_json,
    interruptions,
    on_terminal,
)
from copos.commands.problem_options import problem_options
from copos.commands.shared import Number, bad_input, require_outputs, save_certificate
from copos.commands.standard_input import as_file, shown
from copos.interop.problems import READERS, read_problem
from copos.reformulation.quadratic.value import QuadraticProgram

LINES = 20  # variables that are printed


@click.command("solve")
@click.argument("file", metavar="FILE")
@problem_options
@click.option("--tolerance", type=Number(min=0), default=1e-6, show_default=True, help="Relative gap to stop at.")
@click.option("--time-limit", type=Number(min=0, min_open=True), metavar="SECONDS", help="Wall time of the search.")
@click.option("--level", type=int, default=0, show_default=True, help="Level of the hierarchy to begin with.")
@click.option("--max-cells", type=click.IntRange(min=1), default=1000, show_default=True,
              help="Cells of branch and bound.")  # fmt: skip
@click.option("--certificate", metavar="FILE", help="Write the proof of the bound to FILE (.json).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def solve(
    file: str, kind: str | None, over: str | None, maximize: bool, certificate: str | None, as_json: bool,
    **options: Any,
) -> None:  # fmt: skip
    """Bounds on the optimum of a quadratic program, convex or not, and the best point that was found.

    \b
    copos solve model.lp --time-limit 60 --certificate proof.json
    copos verify proof.json --problem model.lp
    copos solve Q.mtx --over binary

    FILE ends in .qplib, .lp, .mps, .qps, .nl, .in (BoxQP), .mc, .rud, .rudy (max-cut), .sparse, .bq, .bqp, .qubo or
    .npz (named arrays); with --over in .npy, .npz, .csv, .txt or .mtx; - is standard input, with --as or, for a matrix
    as text, --over. Numbers in text are taken as they are written.
    On a terminal a line shows both bounds while they close. Ctrl-C stops the search; what is known is printed, with
    status 130. Exit status 0 if it is proved that the gap is within the tolerance, that nothing is feasible or that the
    objective is unbounded; 3 if a gap is left; 4 if no bound is proved.
    """  # noqa: D301

    def read() -> QuadraticProgram:
        if file != "-" or (over is not None and kind is None):
            return read_problem(file, over, maximize, kind)
        with as_file(file, kind, READERS, "; or --over for a matrix") as path:
            return read_problem(path, over, maximize)

    bracketed(read, (file,), certificate, as_json, **options)


def bracketed(
    read: Callable[[], QuadraticProgram], files: tuple[str | None, ...], certificate: str | None, as_json: bool,
    **options: Any,
) -> None:  # fmt: skip
    """Read a problem, bound it from both sides, print the result and write the proof; the first file is its name."""
    require_outputs(files, certificate=certificate)
    start, name = time.perf_counter(), files[0] or ""
    with bad_input(), interruptions() as interrupted:
        found = bracket(read(), progress=on_terminal(as_json), **options)
    status = INTERRUPTED if interrupted() else status_of(found)
    seconds = time.perf_counter() - start
    deliver(
        status,
        lambda: echo_json(plain(found, name, seconds)) if as_json else show(found, name, seconds),
        (certificate, save_certificate(found)),
    )


def status_of(found: QuadraticBracket) -> int:
    """The exit status of a bracket."""
    if found.certificate is None or not found.proved:
        return NO_PROOF
    return YES if found.closed else UNDECIDED


def plain(found: QuadraticBracket, file: str, seconds: float) -> dict[str, Any]:
    """The result as JSON values."""
    problem = found.problem
    return {
        "file": file, "problem": problem.name, "sense": problem.sense, "variables": problem.n,
        "constraints": len(problem.constraints), "status": found.status, "lower": found.lower, "upper": found.upper,
        "gap": found.gap, "proved": found.proved, "closed": found.closed, "solution": found.solution,
        "exact_solution": None if found.point is None else {name: str(v) for name, v in found.point.items()},
        "reason": found.reason, "level": found.level, "cells": found.cells, "seconds": seconds,
    }  # fmt: skip


def show(found: QuadraticBracket, file: str, seconds: float) -> None:
    """The result for a reader, in the file's names and sense."""
    problem = found.problem
    integers = sum(problem.integer)
    kinds = _count(problem.n, "variable") + (f", {integers} of them integer" if integers else "")
    click.echo(f"{shown(file)}: {problem.sense} over {kinds}; {_count(len(problem.constraints), 'constraint')}")
    if found.status == "infeasible":
        click.echo(f"infeasible, {'proved' if found.proved else 'not proved'}: {found.reason}")
    elif found.status == "unbounded":
        click.echo(f"{found.reason} ({'proved' if found.proved else 'not proved'})")
    else:
        bound, value = found.best_bound, found.value
        proof = "proved" if found.proved else "not proved"
        point = "no feasible point was found" if found.x is None else _how(found)
        rows = [("lower bound", found.lower, proof if problem.sense == "min" else point),
                ("upper bound", found.upper, point if problem.sense == "min" else proof)]  # fmt: skip
        for name, number, how in rows:
            click.echo(f"{name}: {number:.10g} ({how})")
        both = math.isfinite(bound) and math.isfinite(value)
        click.echo(f"gap: {f'{found.gap:.3g}' if both else 'unknown'} ({found.reason})")
        values = list((found.solution or {}).items())
        for name, number in values[:LINES]:
            click.echo(f"  {name} = {number:.10g}")
        if len(values) > LINES:
            click.echo(f"  … {len(values) - LINES} more (--json prints all)")
    click.echo(f"seconds: {seconds:.2f}")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def _how(found: QuadraticBracket) -> str:
    return "the value of a point, proved" if found.point is not None else "the value of a point, in floating point"
