"""`copos verify`: is a certificate a proof?"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

import click

from copos.certificate import verify as check
from copos.commands.ending import BAD_INPUT, NO, YES, deliver, echo_json
from copos.commands.shared import BadInput


@click.command("verify")
@click.argument("certificate", metavar="CERTIFICATE.json")
@click.option(
    "--problem", metavar="FILE", help="The problem (or another certificate about it) that the claim must be about."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(certificate: str, problem: str | None, as_json: bool) -> None:
    """Check a proof in exact arithmetic.

    Prints the claim in words and the verdict; exit status 0 if it is proved, 1 if rejected, 2 if unreadable.
    """
    if problem is not None and not Path(problem).is_file():
        raise BadInput(f"{problem}: no such file")
    report(certificate, problem, as_json)


def report(certificate: str, problem: Any, as_json: bool) -> NoReturn:
    """Print the verdict and leave with its exit status."""
    if not Path(certificate).is_file():
        raise BadInput(f"{certificate}: no such file")
    verdict = check(certificate, problem)

    def show() -> None:
        if as_json:
            fields = ("proved", "claim", "reason", "readable")
            echo_json({name: getattr(verdict, name) for name in fields})
            return
        if verdict.claim:
            click.echo(f"claim: {verdict.claim}")
        failure = "rejected" if verdict.readable else "unreadable"
        click.echo("proved" if verdict.proved else f"{failure}: {verdict.reason}")

    deliver(YES if verdict.proved else NO if verdict.readable else BAD_INPUT, show)
