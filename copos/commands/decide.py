"""`copos copositive` and `copos completely-positive`: exact decisions about a matrix in a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import click

from copos.commands.ending import INTERRUPTED, NO, UNDECIDED, YES, deliver, echo_json, interruptions, on_terminal, say
from copos.commands.shared import Number, bad_input, require_outputs
from copos.decision.complete_positivity import CompletePositivity, is_completely_positive
from copos.decision.copositivity import Decision, is_copositive, minimum_on_simplex
from copos.interop.files import read_exact_matrix

EXIT = {True: YES, False: NO, None: UNDECIDED}
WORDS = {True: "yes", False: "no", None: "undecided"}
LINES = 12  # entries of a witness that are printed


def common(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options of both commands."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print JSON."),
        click.option("--time-limit", type=Number(min=0, min_open=True), metavar="SECONDS", help="Wall time."),
        click.option("--tolerance", metavar="T", help="A matrix within T times the largest entry may take M's place."),
        click.option("--certificate", metavar="FILE", help="Write the evidence to FILE (.json), for copos verify."),
    ):
        command = option(command)
    return command


@click.command("copositive")
@click.argument("matrix", metavar="M.mtx|M.csv|M.npy|M.txt")
@click.option("--strict", is_flag=True, help="Ask for x'Mx > 0 at all x ≥ 0, x ≠ 0.")
@click.option("--minimum", is_flag=True, help="Also print the exact minimum of x'Mx on the simplex.")
@common
def copositive(
    matrix: str,
    strict: bool,
    minimum: bool,
    certificate: str | None,
    tolerance: str | None,
    time_limit: float | None,
    as_json: bool,
) -> None:
    """Is x'Mx ≥ 0 for all x ≥ 0? Decided exactly; numbers in text files mean what they say (1/3, 0.1).

    Exit status 0: yes, 1: no, 3: undecided within the time limit, 2: bad input.
    """
    require_outputs((matrix,), certificate=certificate)
    least, seen = None, on_terminal(as_json)
    with bad_input(), interruptions("nothing is decided") as interrupted:
        M = read_exact_matrix(matrix)
        found = is_copositive(M, strict=strict, time_limit=time_limit, progress=seen, tolerance=tolerance)
        left = None if time_limit is None else max(time_limit - found.seconds, 1e-3)
        try:
            least = minimum_on_simplex(M, left, progress=seen) if minimum else None
        except KeyboardInterrupt:  # the decision is known, and printed
            say("interrupted; the minimum is not known")
    fields: dict[str, Any] = {"copositive" if not strict else "strictly copositive": WORDS[found.answer],
                              "why": found.reason}  # fmt: skip
    if found.distance:
        fields["distance of the matrix decided"] = f"{float(found.distance):.3g} of the largest entry"
    if found.witness is not None:
        fields["witness"] = [str(v) for v in found.witness]
    if found.margin is not None:
        fields["x'Mx ≥ v(Σx)², v"] = str(found.margin)
    if least is not None:
        fields["minimum on the simplex"] = str(least.value) if least.value is not None else f"at most {least.best}"
        fields["attained at"] = [str(v) for v in least.point]
    report(fields, found, certificate, as_json, INTERRUPTED if interrupted() else EXIT[found.answer])


@click.command("completely-positive")
@click.argument("matrix", metavar="M.mtx|M.csv|M.npy|M.txt")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the numerical factorizations.")
@common
def completely_positive(
    matrix: str, seed: int, certificate: str | None, tolerance: str | None, time_limit: float | None, as_json: bool
) -> None:
    """Is M = BB' with B ≥ 0? Numbers in text files mean what they say (1/3, 0.1).

    Exit status 0: yes, with a factor; 1: no, with a separating copositive matrix; 3: undecided; 2: bad input.
    """
    require_outputs((matrix,), certificate=certificate)
    with bad_input(), interruptions("nothing is decided") as interrupted:
        M = read_exact_matrix(matrix)
        found = is_completely_positive(M, time_limit, seed, tolerance, progress=on_terminal(as_json))
    fields: dict[str, Any] = {"completely positive": WORDS[found.answer], "why": found.reason}
    if found.distance:
        fields["distance of the matrix decided"] = f"{float(found.distance):.3g} of the largest entry"
    if found.cp_rank is not None:
        fields["cp-rank"] = f"{found.cp_rank[0]} to {found.cp_rank[1]}"
    if found.factor is not None:
        fields["factor"] = [f"{w} × ({', '.join(map(str, b))})" for w, b in found.factor]
    if found.separator is not None:
        fields["separator"] = [" ".join(map(str, row)) for row in found.separator]
    report(fields, found, certificate, as_json, INTERRUPTED if interrupted() else EXIT[found.answer])


def report(
    fields: dict[str, Any], found: Decision | CompletePositivity, path: str | None, as_json: bool, status: int
) -> NoReturn:
    """Print the fields, write the certificate, and leave with the status."""

    def show() -> None:
        if as_json:
            echo_json({**fields, "answer": found.answer, "seconds": round(found.seconds, 4)})
            return
        for name, value in fields.items():
            if isinstance(value, list):
                more = f"  … {len(value) - LINES} more" if len(value) > LINES else ""
                joined = "\n  ".join(value[:LINES]) if any(" " in v for v in value) else ", ".join(value[:LINES])
                value = ("\n  " if "\n" in joined else "") + joined + more
            click.echo(f"{name}: {value}")
        click.echo(f"seconds: {found.seconds:.3f}")

    def save(path: str) -> None:
        if found.certificate is not None:
            found.certificate.save(path)
        if not as_json:
            said = path if found.certificate is not None else "none, nothing is decided"
            click.echo(f"certificate: {said}")

    deliver(status, show, (path, save))
