"""Options that say how the file of a quadratic program is read, where its name does not."""

from __future__ import annotations

import click

from copos.commands.shared import together
from copos.commands.standard_input import as_option
from copos.interop.problems import READERS
from copos.interop.problems.arrays import SETS

problem_options = together(
    as_option(READERS, "mc for g05_60.3"),
    click.option("--over", type=click.Choice(list(SETS)), help="The file holds a matrix M: min x'Mx over this set."),
    click.option("--maximize", is_flag=True, help="With --over: max x'Mx."),
)  # fmt: skip
