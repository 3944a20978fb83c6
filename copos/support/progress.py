"""A line on the terminal that says where work stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


@contextmanager
def progress_line(wanted: bool, name: str, words: Callable[[Any], str]) -> Iterator[Callable[[Any], None] | None]:
    """A line that is rewritten after every step, "NAME: " and the words for where it stands; None if not wanted."""
    if not wanted:
        yield None
        return
    with Progress(SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn()) as line:
        task = line.add_task(name)
        yield lambda stand: line.update(task, description=f"{name}: {words(stand)}")


def ends(bound: Any) -> str:
    """lower ≤ optimum ≤ upper of a bound, and their gap."""
    return f"{bound.lower:.8g} ≤ optimum ≤ {bound.upper:.8g}, gap {bound.gap:.2g}"


def stands(bound: Any) -> str:
    """Its level or its number of cells, and the ends of a bound."""
    return f"{f'{bound.cells} cells' if bound.cells else f'level {bound.level}'}, {ends(bound)}"
