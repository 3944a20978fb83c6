"""Options that say what a file of one matrix means: min x'Mx over a set."""

from __future__ import annotations

import click

from copos.commands.shared import together
from copos.interop.problems.arrays import SETS

matrix_options = together(
    click.option("--over", type=click.Choice(list(SETS)), help="The file holds a matrix M: min x'Mx over this set."),
    click.option("--maximize", is_flag=True, help="With --over: max x'Mx."),
)
