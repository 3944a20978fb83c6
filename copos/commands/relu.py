"""`copos relu-verify`: does c'f(x) + offset ≥ 0 hold for all inputs x of a box or a ball?"""

from __future__ import annotations

import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from copos.bounding.relu_verdict import ReLUVerdict, relu_verdict
from copos.commands.ending import INTERRUPTED, NO, UNDECIDED, YES, deliver, echo_json, interruptions, on_terminal
from copos.commands.shared import BadInput, CommaList, Number, bad_input, require_outputs
from copos.commands.standard_input import as_file, as_option, shown
from copos.interop.files import read_exact_matrix
from copos.interop.relu_models import relu_layers
from copos.support.progress import progress_line

NETWORKS = (".npz", ".onnx")


@click.command("relu-verify")
@click.argument("network", metavar="NETWORK")
@as_option(NETWORKS, "npz")
@click.option(
    "--lower",
    required=True,
    metavar="NUMBERS",
    help="The box: numbers like -1,0,1/2, one number for all, "
    "or a file with a row of numbers. With --radius the center of a ball.",
)
@click.option("--upper", metavar="NUMBERS", help="Its upper ends.")
@click.option("--radius", metavar="NUMBER", help="The region is the ball around --lower.")
@click.option("--c", "c", metavar="NUMBERS", help="The outputs' coefficients; by default 1 for the only output.")
@click.option("--offset", default="0", show_default=True, metavar="NUMBER", help="Added to c'f(x).")
@click.option("--tolerance", type=Number(min=0), help="Go on until the relative gap is so small, verdict or not.")
@click.option("--time-limit", type=Number(min=0, min_open=True), metavar="SECONDS", help="Wall time of the search.")
@click.option(
    "--levels",
    type=CommaList(int),
    default=(),
    help="Levels of the completely positive program to compare with, like 0,1.",
)
@click.option(
    "--certificate",
    metavar="FILE",
    help="Write the proof to FILE (.json): of the lower bound, or of the counterexample.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def relu_verify(
    network: str, kind: str | None, lower: str, upper: str | None, radius: str | None, c: str | None, offset: str,
    tolerance: float | None, time_limit: float | None, levels: tuple[int, ...], certificate: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Does c'f(x) + offset ≥ 0 hold on a box, for the ReLU network f in NETWORK (.npz: W1, b1, W2, b2, …; .onnx)?

    \b
    copos relu-verify net.npz --lower -1,-1 --upper 1,1 --c 1,-1 --certificate proof.json
    copos verify proof.json --network net.npz

    Exit status 0 if it is proved, 1 if a counterexample is found (its value is computed exactly), 3 if it is open.
    """  # noqa: D301
    require_outputs((network,), certificate=certificate)
    begin = time.perf_counter()
    with bad_input():
        with as_file(network, kind, NETWORKS) as path:
            layers = relu_layers(path)
        d, outputs = layers.weights[0].shape[1], len(layers.biases[-1])
        if c is None and outputs != 1:
            raise ValueError(f"the network has {outputs} outputs: expected --c with as many numbers")
        if (upper is None) == (radius is None):
            raise ValueError("expected --upper, or --radius")
        with interruptions() as interrupted, progress_line(on_terminal(as_json), network, str):
            found = relu_verdict(
                *layers, _numbers(lower, d, "--lower"), None if upper is None else _numbers(upper, d, "--upper"),
                [1] if c is None else _numbers(c, outputs, "--c"), _number(offset, "--offset"),
                radius=None if radius is None else _number(radius, "--radius"), tolerance=tolerance,
                time_limit=time_limit, levels=levels,
            )  # fmt: skip
    status = {"proved": YES, "counterexample": NO, "open": UNDECIDED}[found.verdict]
    if tolerance is not None and not found.closed and status == YES:
        status = UNDECIDED
    status = INTERRUPTED if interrupted() else status
    seconds = time.perf_counter() - begin
    deliver(
        status, lambda: echo_json(plain(found, network, seconds)) if as_json else show(found, network, seconds),
        (certificate, lambda path: _save(found, path)),
    )  # fmt: skip


def _number(text: str, name: str) -> Fraction:
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"{name}: expected a number, got {text!r}") from None


def _numbers(text: str, count: int, name: str) -> list[Fraction]:
    """Numbers with commas, one number for all, or the row or column of a file."""
    if Path(text).is_file():
        rows = read_exact_matrix(text)
        out = [v for row in rows for v in row]
    else:
        out = [_number(part, name) for part in text.split(",")]
    if len(out) == 1:
        return out * count
    if len(out) != count:
        raise BadInput(f"{name} has {len(out)} numbers, expected {count}, or one for all")
    return out


def _save(found: ReLUVerdict, path: str) -> None:
    """The proof of what is said."""
    proof = found.point_certificate if found.verdict == "counterexample" else found.certificate
    assert proof is not None  # a verdict has a proof, and every neuron a range
    proof.save(path)


def plain(found: ReLUVerdict, file: str, seconds: float) -> dict[str, Any]:
    """The result as JSON values."""
    return {
        "file": file, "verdict": found.verdict, "lower": found.lower, "upper": found.upper,
        "point": found.point.tolist(), "nodes": found.nodes, "undecided": found.undecided, "closed": found.closed,
        "reason": found.reason, "bounds": [row._asdict() for row in found.bounds], "seconds": seconds,
    }  # fmt: skip


def show(found: ReLUVerdict, file: str, seconds: float) -> None:
    """The result for a reader."""
    widths = "-".join(map(str, found.network.widths))
    click.echo(f"{shown(file)}: ReLU network {widths}, {found.undecided} neurons without a sign, {found.nodes} nodes")
    click.echo(found.table())
    click.echo(f"{found.lower:.10g} ≤ min c'f(x) + offset ≤ {found.upper:.10g}")
    if found.verdict == "counterexample":
        click.echo(f"at x = ({', '.join(f'{v:.10g}' for v in found.point[:20])}{', …' * (len(found.point) > 20)})")
    click.echo(f"{found.verdict} ({found.reason})")
    click.echo(f"seconds: {seconds:.2f}")
