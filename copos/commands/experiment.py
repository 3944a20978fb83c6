"""`copos experiment`: run an experiment's cases, draw its picture, write down what was found."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from pathlib import Path

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from copos.commands.ending import INTERRUPTED, NOT_WRITTEN, UNDECIDED, YES, Terminal, deliver, on_terminal, say
from copos.commands.shared import BadInput, Number, bad_input
from copos.experiment import find, known, run
from copos.experiment.report import write
from copos.support.executors import cluster, cores, processes


@click.command("experiment")
@click.argument("name", required=False)
@click.option("--set", "which", default="small", show_default=True, help="Which cases: small or full.")
@click.option("--jobs", type=click.IntRange(min=1), help="Worker processes; by default one per core.")
@click.option("--scheduler", metavar="ADDRESS", help="Run on a Dask cluster, for instance tcp://127.0.0.1:8786.")
@click.option("--out", type=click.Path(file_okay=False), default="results", show_default=True, help="Folder.")
@click.option("--time-limit", type=Number(min=0, min_open=True), metavar="SECONDS", help="Wall time; cases that are "
              "under way are then given up.")
@click.option("--again", is_flag=True, help="Compute failed cases once more.")
def experiment(
    name: str | None, which: str, jobs: int | None, scheduler: str | None, out: str, time_limit: float | None,
    again: bool,
) -> None:  # fmt: skip
    """Run the experiment NAME (or a .py file), or list the experiments if no NAME is given.

    Rows go to OUT/NAME-SET.csv as they come in; the same command goes on where a stopped run was. Then the picture
    (.png) and a paragraph made from the table (.md) are written. A table that other code has made, an edited file or
    another experiment of the same name, is moved aside. Exit status: 0 all cases done, 3 some failed or were not begun.
    """
    console = Terminal()
    if name is None:
        for each in known():
            try:
                about = find(each).question
            except ValueError as error:  # it needs a package that is not here
                about = str(error).replace("[", r"\[")
            console.print(f"[bold]{each}[/bold]  {about}", highlight=False)
        return
    with bad_input():
        chosen = find(name)
        total = len(chosen.cases(which))
    if jobs and scheduler:
        raise BadInput("--jobs is for local processes; a cluster has its own workers")
    table = Path(out) / f"{Path(name).stem}-{which}.csv"
    bars = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            TextColumn("left"), TimeRemainingColumn())  # fmt: skip
    reference = str(Path(name).resolve()) if name.endswith(".py") else name
    rest = f"the rows so far are in {table}, the same command goes on from there"
    try:
        with bad_input(), ExitStack() as stack:
            if scheduler:
                executor, width = stack.enter_context(cluster(scheduler))
                start, width = (lambda: executor), 2 * width  # one waits where one runs
            else:
                start, width = partial(processes, jobs), jobs or cores()
            bar = stack.enter_context(Progress(*bars, console=console, transient=True, disable=not on_terminal()))
            task = bar.add_task(f"{Path(name).stem}, {which} set", total=total)
            outcome = run(reference, table, which, start, width,
                          lambda there, _, row: bar.update(task, completed=there), again, time_limit)  # fmt: skip
            bar.update(task, completed=total - outcome.left)
    except KeyboardInterrupt:
        deliver(INTERRUPTED, lambda: console.print(f"interrupted; {rest}", highlight=False, markup=False))
    if outcome.left:
        said = f"the time is over, {outcome.left} of {total} cases are left; {rest}"
        deliver(UNDECIDED, lambda: console.print(said, highlight=False, markup=False))
    report = write(chosen, Path(name).stem, which, outcome, table)
    for problem in report.problems:
        say(problem)
    status = NOT_WRITTEN if report.problems else UNDECIDED if outcome.failed else YES
    deliver(status, lambda: console.print(report.text, highlight=False, markup=False))
