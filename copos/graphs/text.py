"""Lines of graph files, and their numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from copos.arithmetic.rationals import Rational, rational

_NUMBER = re.compile(r"[+-]?([0-9]+(/[0-9]+)?|([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?)")
LONGEST = 500  # characters of a number
BYTES = 500 * 2**20  # of a file


def existing(path: str | Path) -> Path:
    """A file that is there and not too large.

    Raises
    ------
    ValueError
        If it is none.
    """
    file = Path(path)
    if "\0" in str(path) or not file.is_file():
        raise ValueError(f"{path}: {'is a folder' if chr(0) not in str(path) and file.is_dir() else 'no such file'}")
    if file.stat().st_size > BYTES:
        raise ValueError(f"{path}: has {file.stat().st_size} bytes; expected at most {BYTES}")
    return file


def require_last_line_ended(path: Path) -> None:
    """Refuse a file that is cut off within a line.

    Raises
    ------
    ValueError
        If its last line has no end.
    """
    data = path.read_bytes()
    if data and not data.endswith((b"\n", b"\r")):
        last = len(data.splitlines())
        raise ValueError(f"{path}: line {last} has no end, the file may be cut off; expected a line break at its end")


def text_lines(path: str | Path, otherwise: str = "expected text in UTF-8") -> Iterator[tuple[int, str]]:
    """The lines of a text file with their numbers.

    Raises
    ------
    ValueError
        If it is missing or not text.
    """
    file = existing(path)
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise ValueError(f"{path}: {otherwise}") from None
    except OSError as error:
        raise ValueError(f"{path}: not a readable file ({error})") from None
    return enumerate(lines, start=1)


def number(word: str, where: str) -> Rational:
    """An integer, p/q or a decimal number, exactly.

    Raises
    ------
    ValueError
        If it is none; the message says where.
    """
    zero = "/" in word and not word.partition("/")[2].strip("0")
    if not _NUMBER.fullmatch(word) or len(word) > LONGEST or zero:
        raise ValueError(f"{where}: {word[:40]!r} is no number")
    return rational(Fraction(word) if "/" in word else Fraction(Decimal(word)))
