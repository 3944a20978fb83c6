"""Options that say how the file of a quadratic program is read, where its name does not."""

from __future__ import annotations

import click

from copos.commands.shared import together
from copos.interop.problems import READERS
from copos.interop.problems.arrays import SETS

problem_options = together(
    click.option("--as", "kind", type=click.Choice([ending[1:] for ending in READERS]), metavar="ENDING",
                 help="Read the file as if its name had this ending: --as mc for g05_60.3."),
    click.option("--over", type=click.Choice(list(SETS)), help="The file holds a matrix M: min x'Mx over this set."),
    click.option("--maximize", is_flag=True, help="With --over: max x'Mx."),
)  # fmt: skip
