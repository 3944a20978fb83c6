"""The command `copos`: exit status 2 for bad input; what else a status says is in each command's help."""

from __future__ import annotations

from importlib import import_module

import click

# group → command → where it lives; a command is imported when it is asked for
COMMANDS = {
    "copos": {
        "verify": "copos.commands.verify:verify",
        "copositive": "copos.commands.decide:copositive",
        "completely-positive": "copos.commands.decide:completely_positive",
        "experiment": "copos.commands.experiment:experiment",
        "stability-number": "copos.commands.programs:stability_number",
        "export": "copos.commands.export:export",
    },
    "branch": {
        "standard-quadratic": "copos.commands.branch:standard_quadratic",
    },
    "bound": {
        "linear-network": "copos.commands.networks:linear_network",
        "standard-quadratic": "copos.commands.programs:standard_quadratic",
    },
}


class LazyGroup(click.Group):
    """A group that imports its commands late, so that `copos --help` is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names, those of subgroups too."""
        return sorted({*super().list_commands(ctx), *COMMANDS.get(self.name or "", {})})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now if need be."""
        path = COMMANDS.get(self.name or "", {}).get(cmd_name)
        if path is None:
            return super().get_command(ctx, cmd_name)
        module, name = path.split(":")
        return getattr(import_module(module), name)


@click.group(name="copos", cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="copos")
def main() -> None:
    """Copositive and completely positive programming."""


@main.group(name="bound", cls=LazyGroup)
def bound() -> None:
    """Lower and upper bounds on a problem."""


@main.group(name="branch", cls=LazyGroup)
def branch() -> None:
    """Bounds that are refined until they meet."""
