"""The command `copos`: exit status 0 when done, 2 for bad input; what else a status says is in each command's help."""

from __future__ import annotations

import click

from copos.commands.networks import linear_network
from copos.commands.verify import verify


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="copos")
def main() -> None:
    """Copositive and completely positive programming."""


@main.group()
def bound() -> None:
    """Lower and upper bounds on a problem."""


bound.add_command(linear_network)
main.add_command(verify)
