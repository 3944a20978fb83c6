"""What all commands share: messages for bad input, files to be written, how a bound is shown."""

from __future__ import annotations

import csv
import math
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click
from rich.table import Table

from copos.bounding.clustering.result import Clustering
from copos.bounding.quadratic_bracket import QuadraticBracket
from copos.branching.result import Branching
from copos.commands.ending import NO_PROOF, UNDECIDED, YES, Terminal, echo_json, say
from copos.levels.bound import Bound
from copos.support.files import NotWrittenWarning, require_writable


class BadInput(click.ClickException):
    """A message for the user; exit status 2."""

    exit_code = 2


@contextmanager
def bad_input() -> Iterator[None]:
    """Turn what the library refuses into a message."""
    try:
        yield
    except (ValueError, ImportError, OSError) as error:
        raise BadInput(str(error)) from None


class Number(click.FloatRange):
    """A finite number of a range; NaN, which is in every range for click, is none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Convert and compare."""
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"expected a finite number, got {value!r}", param, ctx)
        return number


class CommaList(click.ParamType):
    """Comma-separated values of one kind; one that has a comma itself stands in double quotes, as in a table."""

    name = "list"

    def __init__(self, kind: type) -> None:
        self.kind = kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Split and convert."""
        if not isinstance(value, str):
            return value
        try:
            parts = next(csv.reader([value], skipinitialspace=True, strict=True), [])
            return tuple(self.kind(part.strip()) for part in parts if part.strip())
        except (ValueError, csv.Error):
            self.fail(f"expected values like 3,1,3, got {value!r}", param, ctx)


def together(*options: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Several options as one decorator, in the order in which help shows them."""

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def require_outputs(inputs: tuple[str | None, ...], **files: str | None) -> None:
    """Before the work: refuse files that cannot be written, that are named twice, or that would replace an input."""
    with bad_input():
        if inputs.count("-") > 1:
            raise ValueError("standard input (-) can be read once; give the other tables as files")
        taken = {os.path.realpath(_file_of(path)): "an input" for path in inputs if path not in (None, "-")}
        for name, path in files.items():
            option = name.upper() if name == "output" else f"--{name}"
            if path is None:
                continue
            require_writable(path)
            real = os.path.realpath(path)
            if real in taken and (os.path.isfile(real) or not os.path.exists(real)):  # /dev/null may be named twice
                raise ValueError(f"{option} {path} is the same file as {taken[real]}")
            taken[real] = option


def label(v: Any) -> int | str:
    """The name of a vertex, as JSON can hold it."""
    return int(v) if hasattr(v, "__index__") else str(v)


def _file_of(path: str) -> str:
    """The file that an input lies in, FILE.npz of FILE.npz:NAME, FILE.mat of FILE.mat:NAME."""
    return path.rsplit(":", 1)[0] if ".npz:" in path or ".mat:" in path else path


@contextmanager
def unwritten_states() -> Iterator[Callable[[], bool]]:
    """Was a result returned in this block although its state could not be saved? The warning becomes a message."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", NotWrittenWarning)
        yield lambda: any(issubclass(w.category, NotWrittenWarning) for w in caught)
    for w in caught:
        if issubclass(w.category, NotWrittenWarning):
            say(str(w.message))
        else:
            warnings.warn_explicit(w.message, w.category, w.filename, w.lineno)


def save_certificate(result: Bound | Branching | Clustering | QuadraticBracket) -> Callable[[str], None]:
    """How the proof is written; a message if there is none."""

    def write(path: str) -> None:
        if result.certificate is None:
            say(f"{path}: there is no proof to write: {result.reason}")
        else:
            result.certificate.save(path)

    return write


def status_of_bound(result: Bound | Branching, closed: bool = True) -> int:
    """The exit status of a bound: without a proof, not within the tolerance, or proved."""
    if result.certificate is None:
        return NO_PROOF
    return YES if closed else UNDECIDED


def show(result: Bound, name: str, as_json: bool, known: float | None = None) -> None:
    """Print a bound, for a reader or as JSON; `known` is the value from a closed form."""
    if as_json:
        echo_json(plain(result, name, known))
    else:
        Terminal().print(table(result, name, known))


def plain(result: Bound, name: str, known: float | None = None) -> dict[str, Any]:
    """The result as JSON values."""
    return {
        "problem": name, "lower": result.lower, "upper": result.upper, "claimed": result.claimed,
        "proved": result.proved, "reason": result.reason, "closed_form": known,
        "exact_lower": None if result.exact is None else str(result.exact), "level": result.level,
        "family": result.family, "gram": result.gram, "solver": result.solver,
        "status": result.status and result.status.value, "moments": result.moments, "blocks": result.blocks,
        "largest_block": result.largest, "build_seconds": result.build_seconds,
        "solve_seconds": result.solve_seconds, "proof_seconds": result.proof_seconds,
        "starts": result.found.starts if result.found else 0, "missed": result.found.missed if result.found else None,
    }  # fmt: skip


def table(result: Bound, name: str, known: float | None = None) -> Table:
    """The result for a reader."""
    out = Table(title=name, show_header=False, title_justify="left")
    proof = "proved" if result.proved else "not proved"
    status = result.status.value if result.status else ""
    rows = [("lower bound", f"{result.lower:.10g}", f"{proof}: {result.reason}" if result.reason else proof)]
    if result.family:  # a level was solved
        solved = f"{result.solver} ({status}), level {result.level} of {result.family}"
        rows.append(("claimed", f"{result.claimed:.10g}", solved))
    if result.found is not None:
        how = "proved" if result.upper_certificate is not None else "evaluated in floating point"
        rows.append(("upper bound", f"{result.upper:.10g}", f"value of a feasible solution that was found, {how}"))
        if result.found.missed is not None:
            rows.append(("missed", f"{result.found.missed:.0%}", f"of {result.found.starts} random starts of local "
                         "search ended above it"))  # fmt: skip
    if known is not None:
        rows.append(("closed form", f"{known:.10g}", "singular values"))
    if result.family:
        size = f"{result.blocks} blocks, the largest of order {result.largest}"
        rows.append(("size", f"{result.moments} moments", size))
    parts = (("build", result.build_seconds), ("solve", result.solve_seconds), ("prove", result.proof_seconds))
    detail = ", ".join(f"{seconds:.2f} to {what}" for what, seconds in parts)
    rows.append(("seconds", f"{sum(seconds for _, seconds in parts):.2f}", detail))
    for row in rows:
        out.add_row(*row)
    return out
