"""The command `copos`. What its exit statuses say is in `copos --help` and in `copos.commands.ending`."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import click

from copos.commands.ending import STATUSES, output_errors, status_of
from copos.support.names import nearest

# group → command → where it lives; a command is imported when it is asked for
COMMANDS = {
    "copos": {
        "solve": "copos.commands.solve:solve",
        "k-means": "copos.commands.k_means:k_means",
        "relu-verify": "copos.commands.relu:relu_verify",
        "verify": "copos.commands.verify:verify",
        "copositive": "copos.commands.decide:copositive",
        "completely-positive": "copos.commands.decide:completely_positive",
        "experiment": "copos.commands.experiment:experiment",
        "stability-number": "copos.commands.programs:stability_number",
        "stability": "copos.commands.graphs:stability",
        "clique": "copos.commands.graphs:clique",
        "chromatic": "copos.commands.graphs:chromatic",
        "clique-cover": "copos.commands.graphs:clique_cover",
        "theta": "copos.commands.graphs:theta",
        "max-cut": "copos.commands.partitions:max_cut",
        "partition": "copos.commands.partitions:partition",
        "assignment": "copos.commands.partitions:assignment",
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
        found: click.Command = getattr(import_module(module), name)
        found.epilog = found.epilog or STATUSES
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does; a misspelt name is answered with the one that was meant, of those imported late, too."""
        given = args[0]
        if not ctx.resilient_parsing and given[:1] != "-" and self.get_command(ctx, given) is None:
            near = nearest(given, self.list_commands(ctx))
            ctx.fail(f"No such command {given!r}.{f' Did you mean {near!r}?' if near else ''}")
        return super().resolve_command(ctx, args)


class Root(LazyGroup):
    """The group of all; every way to end becomes a status that says what happened."""

    def main(self, *args: Any, standalone_mode: bool = True, **extra: Any) -> Any:
        """Run a command line and leave with its status."""
        run = super().main
        if not standalone_mode:
            return run(*args, standalone_mode=False, **extra)
        sys.exit(status_of(lambda: run(*args, standalone_mode=False, **extra)))

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """As click does; this prints the help."""
        with output_errors():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """As click does, which would end with 1 for a closed pipe."""
        with output_errors():
            return super().invoke(ctx)


@click.group(name="copos", cls=Root, epilog=STATUSES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="copos")
def main() -> None:
    """Copositive and completely positive programming."""


@main.group(name="bound", cls=LazyGroup)
def bound() -> None:
    """Lower and upper bounds on a problem."""


@main.group(name="branch", cls=LazyGroup)
def branch() -> None:
    """Bounds that are refined until they meet."""
