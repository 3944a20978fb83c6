"""How a command ends. An exit status is a statement: 0 and 1 are answers, and what goes wrong looks like neither."""

from __future__ import annotations

import io
import json
import math
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

import click
from rich.console import Console

from copos.support.interrupts import not_dropped

YES, NO, BAD_INPUT, UNDECIDED, NO_PROOF, INTERNAL, NOT_WRITTEN, INTERRUPTED = 0, 1, 2, 3, 4, 70, 74, 130
MEANINGS = {
    YES: "yes, or proved",
    NO: "no, or rejected; nothing else ends with 1",
    BAD_INPUT: "bad input, or a file that could not be written, found before the work",
    UNDECIDED: "undecided, not finished, or stopped before the tolerance",
    NO_PROOF: "a bound without a proof",
    INTERNAL: "internal error: says nothing about the question",
    NOT_WRITTEN: "the output, or a file, could not be written in the end",
    INTERRUPTED: "interrupted; the best so far is printed where there is one",
}
STATUSES = "Exit status: " + "; ".join(f"{status} {meaning}" for status, meaning in MEANINGS.items()) + "."


class Ended(SystemExit):
    """The end that a command has chosen; any other `SystemExit` than 0 is a library's and an internal error."""


class OutputError(Exception):
    """Output could not be printed."""


class Terminal(Console):
    """A console that reports a closed pipe instead of ending the process with status 1."""

    def on_broken_pipe(self) -> None:
        """Rich calls this where a pipe has been closed."""
        raise BrokenPipeError("the pipe was closed")


def leave(status: int) -> NoReturn:
    """End the command."""
    raise Ended(status)


def say(message: str) -> None:
    """A line on standard error, if there is still one."""
    with suppress(OSError, ValueError):
        click.echo(message, err=True)


def status_of(run: Callable[[], Any]) -> int:
    """Run a command line; the exit status, whatever happens."""
    if sys.stdout is None:
        say("standard output is closed, so the answer cannot be printed")
        return NOT_WRITTEN
    own_output()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # what a terminal cannot show is escaped
            stream.reconfigure(errors="backslashreplace")
    try:
        value = run()
        status = value if type(value) is int else YES
    except Ended as end:
        status = end.code if type(end.code) is int else YES
    except (click.Abort, KeyboardInterrupt):
        say("interrupted")
        status = INTERRUPTED
    except click.ClickException as error:
        with suppress(OSError, ValueError):
            error.show()
        status = BAD_INPUT if error.exit_code == NO else error.exit_code
    except OutputError as error:
        say(f"could not print: {error}")
        status = NOT_WRITTEN
    except BaseException as error:
        if isinstance(error, SystemExit) and error.code in (None, 0):
            return _flushed(YES)
        with suppress(OSError, ValueError):
            traceback.print_exc()
        say(f"internal error ({type(error).__name__}); this says nothing about the question that was asked")
        status = INTERNAL
    return _flushed(status)


def own_output() -> None:
    """Standard output is the command's from here on; a library that writes to file descriptor 1 reaches standard error.

    HiGHS prints a line of its own now and then, which would spoil the JSON. It stands in a buffer of C until the
    process ends, so nothing is put back.
    """
    try:
        if sys.stdout.fileno() != 1:
            return
        sys.stdout.flush()
        kept = os.dup(1)
        os.dup2(2, 1)
    except (OSError, ValueError, AttributeError):  # no descriptor behind it, or standard error is closed
        return
    sys.stdout = open(kept, "w", encoding=sys.stdout.encoding, errors=sys.stdout.errors)


def deliver(status: int, show: Callable[[], None], *files: tuple[str | None, Callable[[str], Any]]) -> NoReturn:
    """Print the answer, then write the files that were asked for, and end; one failure does not keep the rest away."""
    unprinted: OSError | None = None
    try:
        show()
    except OSError as error:
        unprinted = error
    for path, write in files:
        if path is None:
            continue
        try:
            write(path)
        except OSError as error:
            say(f"{path} was not written: {error}")
            status = NOT_WRITTEN
    if unprinted is not None:
        raise OutputError(str(unprinted))
    leave(status)


def echo_json(fields: dict[str, Any]) -> None:
    """Values as JSON, for terminals that know no UTF-8 in ASCII; an infinity becomes null, because JSON has none."""
    fields = {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in fields.items()}
    encoding = (getattr(sys.stdout, "encoding", None) or "ascii").lower().replace("-", "")
    click.echo(json.dumps(fields, ensure_ascii=not encoding.startswith("utf8"), indent=2))


@contextmanager
def output_errors() -> Iterator[None]:
    """An error of the system that no command has caught is one of the output."""
    try:
        yield
    except OSError as error:
        raise OutputError(str(error)) from error


def on_terminal(as_json: bool = False) -> bool:
    """Is there someone to see a line that says where the work stands?"""
    return not as_json and sys.stdout is not None and sys.stdout.isatty()


@contextmanager
def interruptions(nothing: str = "nothing is proved") -> Iterator[Callable[[], bool]]:
    """Was Ctrl-C pressed in this block, though the work returned what it had? Else this says "interrupted; NOTHING"."""
    seen: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    before = signal.getsignal(signal.SIGINT)

    def note(number: int, frame: Any) -> None:
        seen.append(number)
        if callable(before):
            before(number, frame)

    signal.signal(signal.SIGINT, note)
    try:
        with not_dropped():
            yield lambda: bool(seen)
    except KeyboardInterrupt:
        say(f"interrupted; {nothing}")
        leave(INTERRUPTED)
    finally:
        signal.signal(signal.SIGINT, before)


def _flushed(status: int) -> int:
    """Whether what was printed arrived."""
    for stream in (stream for stream in (sys.stdout, sys.stderr) if stream is not None):
        try:
            stream.flush()
        except (OSError, ValueError):
            status = NOT_WRITTEN if stream is sys.stdout else status
            with suppress(OSError, ValueError):  # else the interpreter tries again and ends with its own status
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    return status
