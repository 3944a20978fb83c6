"""The command `copos`: exit status 0 when done, 2 for bad input."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
import numpy as np
from rich.console import Console
from rich.table import Table

import copos
from copos.bound import Bound, bracket
from copos.files import replacing
from copos.hierarchy import FAMILIES
from copos.interop.files import read_matrix
from copos.reformulation.linear_network import LIFTS, STRENGTHENINGS
from copos.solvers import SOLVERS


class BadInput(click.ClickException):
    """A message for the user; exit status 2."""

    exit_code = 2


@contextmanager
def bad_input() -> Iterator[None]:
    """Turn what the library refuses into a message."""
    try:
        yield
    except (ValueError, ImportError) as error:
        raise BadInput(str(error)) from None


class CommaList(click.ParamType):
    """Comma-separated values of one kind."""

    name = "list"

    def __init__(self, kind: type) -> None:
        self.kind = kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Split and convert."""
        if not isinstance(value, str):
            return value
        try:
            return tuple(self.kind(part.strip()) for part in value.split(",") if part.strip())
        except ValueError:
            self.fail(f"expected values like 3,1,3, got {value!r}", param, ctx)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="copos")
def main() -> None:
    """Copositive and completely positive programming."""


@main.group()
def bound() -> None:
    """Lower and upper bounds on a problem."""


@bound.command("linear-network")
@click.argument("x", metavar="X")
@click.argument("y", metavar="Y")
@click.option("--widths", type=CommaList(int), required=True, help="Layer widths d_in,…,d_out, for instance 3,1,3.")
@click.option("--level", type=int, default=0, show_default=True, help="Level of the hierarchy.")
@click.option("--family", type=click.Choice(list(FAMILIES)), default="parrilo", show_default=True)
@click.option("--lift", type=click.Choice(list(LIFTS)), default="factor", show_default=True)
@click.option("--strengthen", type=CommaList(str), default=(), help=f"Some of {','.join(STRENGTHENINGS)}.")
@click.option("--trace-bound", type=float, help="ρ for 'bounded'.")
@click.option("--weights", metavar="FILE", help="Weights of the squared errors, in the shape of Y; 0 is missing.")
@click.option("--samples-in-rows", is_flag=True, help="The files hold one sample a row (else: one a column).")
@click.option("--solver", type=click.Choice(list(SOLVERS)), help="By default chosen from the size.")
@click.option("--network", metavar="FILE", help="Write the recovered network to FILE (.npz: W1, W2, …).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def bound_linear_network(
    x: str, y: str, widths: tuple[int, ...], level: int, family: str, lift: str, strengthen: tuple[str, ...],
    trace_bound: float | None, weights: str | None, samples_in_rows: bool, solver: str | None, network: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Bounds on min ‖W_L ⋯ W_1 X − Y‖² over networks of the given widths.

    X (d_in × samples) and Y (d_out × samples) are .npy, .npz or .csv files.
    """
    with bad_input():
        inputs, targets = read_matrix(x), read_matrix(y)
        weight = None if weights is None else read_matrix(weights)
        if samples_in_rows:
            inputs, targets, weight = inputs.T, targets.T, None if weight is None else weight.T
        program = copos.linear_network(inputs, targets, widths, lift, strengthen, trace_bound, weight)
        result = bracket(program, level, family, solver)
    known = copos.svd_value(inputs, targets, min(widths)) if weight is None else None
    if network is not None and result.found is not None:
        with replacing(network) as handle:
            np.savez(handle, **{f"W{k + 1}": W for k, W in enumerate(result.found.object.weights)})
    if as_json:
        click.echo(json.dumps(_plain(result, program.name, known), ensure_ascii=False, indent=2))
    else:
        Console().print(_table(result, program.name, known))


def _plain(result: Bound, name: str, known: float | None) -> dict[str, Any]:
    """The result as JSON values; an infinity becomes null, because JSON has none."""
    fields = {
        "problem": name, "lower": result.lower, "upper": result.upper, "claimed": result.claimed,
        "proved": result.proved, "reason": result.reason, "closed_form": known, "level": result.level,
        "family": result.family, "solver": result.solver, "status": result.status and result.status.value,
        "moments": result.moments, "blocks": result.blocks, "largest_block": result.largest,
        "exact_lower": None if result.exact is None else str(result.exact),
        "build_seconds": result.build_seconds, "solve_seconds": result.solve_seconds,
        "proof_seconds": result.proof_seconds,
    }  # fmt: skip
    return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in fields.items()}


def _table(result: Bound, name: str, known: float | None) -> Table:
    """The result for a reader."""
    table = Table(title=name, show_header=False, title_justify="left")
    proof = "proved" if result.proved else f"not proved: {result.reason}"
    status = result.status.value if result.status else ""
    rows = [
        ("lower bound", f"{result.lower:.10g}", proof),
        ("claimed", f"{result.claimed:.10g}", f"{result.solver} ({status}), level {result.level} of {result.family}"),
        ("upper bound", f"{result.upper:.10g}", "loss of the recovered network"),
    ]
    if known is not None:
        rows.append(("closed form", f"{known:.10g}", "singular values"))
    rows.append(("size", f"{result.moments} moments", f"{result.blocks} blocks, the largest of order {result.largest}"))
    rows.append(
        ("seconds", f"{result.build_seconds + result.solve_seconds:.2f}", f"{result.build_seconds:.2f} to build")
    )
    for row in rows:
        table.add_row(*row)
    return table
