"""`-` in the place of a file: standard input, kept in a file whose name says the format that `--as` says."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from copos.interop.problems.reading import BYTES

STDIN = "standard input"
CHUNK = 2**20


def shown(path: str) -> str:
    """The name of an input in messages.

    >>> shown("-"), shown("a.g6")
    ('standard input', 'a.g6')
    """
    return STDIN if path == "-" else path


def as_option(endings: Iterable[str], example: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The option `--as ENDING`, which reads a file as if its name had this ending."""
    return click.option(
        "--as", "kind", type=click.Choice([ending.lstrip(".") for ending in endings]), metavar="ENDING",
        help=f"Read the file as if its name had this ending, which - (standard input) has none of: --as {example}.",
    )  # fmt: skip


@contextmanager
def as_file(path: str, kind: str | None, endings: Iterable[str], otherwise: str = "") -> Iterator[str]:
    """The path of a file to read: the one given, or a copy with the ending `kind`; messages name what was given.

    Parameters
    ----------
    path, kind : a path or "-", and what `--as` says
    endings : those that a reader knows
    otherwise : what else than `--as` would say the format, for the message

    Raises
    ------
    ValueError
        If it is standard input and nothing says its format, or it is too long.
    """
    if path == "-" and kind is None:
        known = ", ".join(ending.lstrip(".") for ending in endings)
        raise ValueError(f"{STDIN} has no name that says its format: expected --as with one of {known}{otherwise}")
    if kind is None or (path != "-" and not Path(path).is_file()):
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / f"input.{kind}"
        if path == "-":
            _keep(copy)
        else:
            shutil.copyfile(path, copy)
        try:
            yield str(copy)
        except (ValueError, OSError) as error:
            raise ValueError(str(error).replace(str(copy), shown(path))) from None


def _keep(copy: Path) -> None:
    """Standard input in a file."""
    total = 0
    with open(copy, "wb") as handle:
        while part := sys.stdin.buffer.read(CHUNK):
            total += len(part)
            if total > BYTES:
                raise ValueError(f"{STDIN}: has more than {BYTES} bytes")
            handle.write(part)
