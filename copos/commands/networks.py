"""`copos bound linear-network`."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import click
import numpy as np

import copos
from copos.bounding.bounds import bracket
from copos.commands.ending import INTERRUPTED, deliver, interruptions, on_terminal, say
from copos.commands.shared import (
    BadInput,
    CommaList,
    Number,
    bad_input,
    require_outputs,
    save_certificate,
    show,
    status_of_bound,
)
from copos.commands.verify import report
from copos.hierarchy import FAMILIES
from copos.interop.files import ARRAYS, kind_of, read_matrix
from copos.interop.named_columns import SHOWN, counters, read_samples
from copos.levels.bound import Bound
from copos.reformulation.linear_network.lift_choice import LIFTS, STRENGTHENINGS
from copos.solvers import SOLVERS
from copos.support.files import replacing


@click.command("linear-network")
@click.argument("x", metavar="X")
@click.argument("y", metavar="[Y]", required=False)
@click.option("--targets", type=CommaList(str), help="X is a table with names, a sample a row; these are its targets.")
@click.option("--inputs", type=CommaList(str), default=(), help="Its inputs; by default all other columns.")
@click.option("--widths", type=CommaList(int), required=True, help="Layer widths d_in,…,d_out, for instance 3,1,3.")
@click.option("--level", type=int, default=0, show_default=True, help="Level of the hierarchy.")
@click.option("--family", type=click.Choice(list(FAMILIES)), default="parrilo", show_default=True)
@click.option("--lift", type=click.Choice(["auto", *LIFTS]), default="auto", show_default=True)
@click.option("--strengthen", type=CommaList(str), default=(), help=f"Some of {','.join(STRENGTHENINGS)}.")
@click.option("--trace-bound", type=Number(min=0), help="ρ for 'bounded'.")
@click.option("--weights", metavar="FILE", help="Weights of the squared errors, in the shape of Y; 0 is missing. "
              "With --targets, the column that weights the samples.")
@click.option("--intercept", is_flag=True, help="Add a free intercept to every output.")
@click.option("--ridge", type=Number(min=0), default=0.0, show_default=True, help="μ of μ‖W‖².")
@click.option("--tolerance", type=Number(min=0), help="Go on, level by level, to this relative proved gap.")
@click.option("--time-limit", type=Number(min=0, min_open=True), help="Seconds after which to stop.")
@click.option("--samples-in-rows", is_flag=True, help="The files hold one sample a row (else: one a column).")
@click.option("--solver", type=click.Choice(list(SOLVERS)), help="By default chosen from the size.")
@click.option("--network", metavar="FILE", help="Write the recovered network to FILE (.npz: W1, W2, …).")
@click.option("--certificate", metavar="FILE", help="Write the proof of the lower bound to FILE (.json).")
@click.option("--check", metavar="FILE", help="Solve nothing; check the proof in FILE against this very problem.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def linear_network(
    x: str, y: str | None, targets: tuple[str, ...] | None, inputs: tuple[str, ...],
    widths: tuple[int, ...], level: int, family: Any, lift: Any, strengthen: tuple[str, ...],
    trace_bound: float | None, weights: str | None, intercept: bool, ridge: float, tolerance: float | None,
    time_limit: float | None,
    samples_in_rows: bool, solver: Any, network: str | None, certificate: str | None, check: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Bounds on min Σ w (W_L ⋯ W_1 X − Y)² + μ‖W_L ⋯ W_1‖² over networks of the given widths.

    X (d_in × samples) and Y (d_out × samples) are .npy, .npz, .mat, .csv, .txt or .mtx files, - is standard input.
    Missing targets have weight 0, and any number. With a tolerance, status 3 says that the proved gap is larger.

    \b
    copos bound linear-network men.csv --targets pulse,waist --widths 4,1,2

    reads both from one table with named columns (.csv, .tsv, .txt, .parquet), in which targets may be missing.
    """  # noqa: D301
    if (y is None) == (targets is None):
        raise BadInput("expected a second table Y, or --targets with the columns of X that are targets")
    if inputs and targets is None:
        raise BadInput("--inputs names columns, which a table has with --targets")
    files = (x, y, weights if targets is None else None, check)
    require_outputs(files, network=network, certificate=certificate)
    with bad_input():
        if targets is not None:
            X, Y, weight, of_samples = _named(x, targets, inputs, weights, widths)
        else:
            assert y is not None
            X, Y, weight = _tables(x, y, weights, widths, samples_in_rows)
            of_samples = None
        program = copos.linear_network(X, Y, widths, lift, strengthen, trace_bound, weight, sample_weight=of_samples,
                                       ridge=Fraction(str(ridge)), intercept=intercept)  # fmt: skip
    if check is not None:
        if network is not None or certificate is not None:
            raise BadInput("--check solves nothing, so there is no network and no certificate to write")
        report(check, program, as_json)
    with bad_input(), interruptions() as interrupted:
        result = bracket(program, level, family, solver, tolerance=tolerance, time_limit=time_limit,
                         progress=on_terminal(as_json))  # fmt: skip
    plain = weight is None and of_samples is None and not ridge and not intercept
    known = copos.svd_value(X, Y, min(widths)) if plain else None
    status = INTERRUPTED if interrupted() else status_of_bound(result, tolerance is None or result.closed)
    deliver(
        status,
        lambda: show(result, program.name, as_json, known),
        (network, lambda path: _save_network(result, path)),
        (certificate, save_certificate(result)),
    )


def _tables(x: str, y: str, weights: str | None, widths: tuple[int, ...], in_rows: bool) -> tuple[Any, Any, Any]:
    """X, Y and weights with a sample a column; what does not fit is told as the files have it."""
    X, Y, weight = _read(x), _read(y), None if weights is None else _read(weights)
    ends, rows, columns = (widths[:1] + widths[-1:], *zip(X.shape, Y.shape, strict=True))
    if not in_rows and ends == columns != rows:
        what = f"{x} and {y} have {columns[0]} and {columns[1]} columns, like the first and the last layer"
        raise ValueError(f"{what}: if a row is a sample, add --samples-in-rows")
    if not in_rows:
        return X, Y, weight
    if rows[0] != rows[1]:
        raise ValueError(f"{x} has {rows[0]} rows and {y} has {rows[1]}; expected a sample in every row of both")
    for path, width, there in ((x, ends[0], columns[0]), (y, ends[-1], columns[1])):
        if width != there:
            raise ValueError(f"{path} has {there} columns, but the layer of --widths for it has {width}")
    if weight is not None and weight.shape != Y.shape:
        raise ValueError(f"{weights} has {len(weight)} rows and {weight.shape[1]} columns, {y} has {rows[1]} and "
                         f"{columns[1]}; expected a weight for every cell")  # fmt: skip
    return X.T, Y.T, None if weight is None else weight.T


def _named(
    path: str, targets: tuple[str, ...], inputs: tuple[str, ...], weight: str | None, widths: tuple[int, ...]
) -> tuple[Any, Any, Any, Any]:
    """X, Y, weights of cells and of samples from one table with names."""
    found = read_samples(path, targets, inputs, weight)
    for names, width, what in ((found.inputs, widths[0], "inputs"), (found.targets, widths[-1], "targets")):
        if len(names) != width:
            layer = "first" if what == "inputs" else "last"
            where = "standard input" if path == "-" else path
            raise ValueError(f"{where} has {len(names)} {what} ({', '.join(map(repr, names[:SHOWN]))}), "
                             f"but the {layer} layer of --widths has {width}")  # fmt: skip
    if found.index is not None and not inputs:
        say(f"the first column {found.index!r} is taken for an index; name it in --inputs if it is none")
    for name in counters(found) if not inputs else ():
        say(f"the input {name!r} numbers the rows; name the --inputs without it if it is an index")
    cells = None if found.weights is None else found.weights.T
    return found.X.T, found.Y.T, cells, found.sample_weight


def _read(path: str) -> Any:
    """A table: text as written, arrays of floats as they are."""
    return read_matrix(path, exact=kind_of(path)[2] not in ARRAYS)


def _save_network(result: Bound, path: str) -> None:
    if result.found is None or result.found.solution is None:
        say(f"{path}: no network was found")
        return
    with replacing(path) as handle:
        np.savez(handle, **{f"W{k + 1}": W for k, W in enumerate(result.found.solution.weights)})
