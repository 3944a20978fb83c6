"""Tables of numbers in text files (.csv, .txt): a cell is a number, read as written, or an error that names the cell.

The delimiter is a semicolon, a tab or a comma, the first of these that the first row has outside quotes; else blanks.
Cells may be quoted. A first row of names is a header; a row that mixes names and numbers is an error. A header of
numbers (years, say) cannot be told from data and is read as data.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple, TypeVar

Number = TypeVar("Number")

STDIN = Path("standard input")  # this very value stands for it, no path that a user gives
LONGEST = 2000  # characters of a number
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
RATIONAL = re.compile(r"[+-]?([0-9]+(/[0-9]+)?|([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?)")
MISSING = frozenset(("", "na", "n/a", "#n/a", "<na>", "nan", "nat", "null", "none", "-", "--", "?", ".", "missing"))
NO_NAME = MISSING | {"inf", "+inf", "-inf", "infinity", "true", "false"}
_SPREADSHEET_ERROR = re.compile(r"#(N/A|DIV/0!|REF!|VALUE!|NAME\?|NUM!|NULL!)", re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+([eE][+-]?[0-9]+)?")
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}([,' \u00a0\u202f][0-9]{3})+(\.[0-9]*)?")
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


class Row(NamedTuple):
    """Cells without their blanks, the number of the file's line that they end in, and whether blanks part them."""

    line: int
    cells: list[str]
    loose: bool


def decoded(file: Path) -> str:
    """The text of a file: UTF-8, or UTF-16 with a byte-order mark; the mark is no part of the text.

    Raises
    ------
    ValueError
        If it is neither; the message names the line.
    """
    data = sys.stdin.buffer.read() if file is STDIN else file.read_bytes()
    encoding = next((name for mark, name in _BOMS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = 1 + data[: error.start].count(b"\n")
        raise ValueError(
            f"line {line}: byte 0x{data[error.start]:02X} is not {encoding.upper()[:5]} text; save the file as UTF-8"
        ) from None
    if "\0" in text:
        line = 1 + text[: text.index("\0")].count("\n")
        raise ValueError(f"line {line}: holds a zero byte; expected a text file in UTF-8")
    return text


def floats(file: Path, missing: bool = False) -> list[list[float]]:
    """Rows of doubles, the nearest to what is written; with `missing`, NaN where a cell is blank, NA or the like.

    Raises
    ------
    ValueError
        For anything but a rectangular table of numbers, with line and cell.
    """

    def number(text: str) -> float:
        if NUMBER.fullmatch(text) and len(text) <= LONGEST:
            value = float(text)
            if abs(value) == float("inf") or (value == 0 and text.strip("+-0.")[:1] not in ("", "e", "E")):
                raise ValueError("is beyond the range of a double")
            return value
        if missing and text.lower() in MISSING:
            return float("nan")
        raise ValueError(_why(text, fractions=False))

    def quick(cells: list[str]) -> list[float] | None:
        # nearly all rows: characters of plain numbers only, so that float() takes nothing that `number` would refuse
        if not _PLAIN.fullmatch("".join(cells)):
            return None
        try:
            values = list(map(float, cells))
        except ValueError:
            return None
        return values if max(map(abs, values)) < float("inf") and 0.0 not in values else None

    return _table(file, number, quick)


def fractions(file: Path) -> list[list[Fraction]]:
    """Rows of the numbers as written: 0.1 is 1/10, and 1/3 is read, too.

    Raises
    ------
    ValueError
        As `floats`.
    """
    return _table(file, rational, lambda cells: None)


def rational(text: str) -> Fraction:
    """An integer, a fraction p/q or a decimal number, exactly; short enough to be one.

    Raises
    ------
    ValueError
        If it is none.

    >>> rational("2.50e1")
    Fraction(25, 1)
    """
    if not RATIONAL.fullmatch(text) or len(text) > LONGEST:
        raise ValueError(_why(text, fractions=True))
    try:
        return Fraction(text) if "/" in text else Fraction(Decimal(text))  # the second is quicker
    except ZeroDivisionError:
        raise ValueError("has the denominator 0") from None


def _table(
    file: Path, number: Callable[[str], Number], quick: Callable[[list[str]], list[Number] | None]
) -> list[list[Number]]:
    out: list[list[Number]] = []
    names: Row | None = None
    width = 0
    for row in records(decoded(file)):
        if names is None and not out and _is_header(row.cells):
            names, width = row, len(row.cells)
            continue
        if names is not None and not out and row.loose and len(row.cells) == 1:
            width = 1  # a column of its own, whose name has several words
        width = width or len(row.cells)
        if len(row.cells) != width:
            first = "the header" if names is not None else "the first row"
            raise ValueError(f"line {row.line}: has {len(row.cells)} cells, {first} has {width}{_hint(row)}")
        values = quick(row.cells)
        out.append(values if values is not None else _numbers(row, number, header_possible=not out and names is None))
    if not out:
        raise ValueError("has no numbers" if names is not None else "is empty")
    return out


def records(text: str) -> Iterator[Row]:
    """The rows of a table, without comment lines (#, %) and blank lines."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    first = next((line for line in lines if not _is_comment(line) and line.strip()), "")
    delimiter = _delimiter(first)
    at, gap = 0, 0

    def kept() -> Iterator[str]:
        nonlocal at, gap
        for at, line in enumerate(lines, 1):
            if _is_comment(line):
                continue
            if not line.strip(" " if delimiter == "\t" else None):
                gap = gap or at
                continue
            yield line + "\n"

    seen = narrow = False
    reader: Iterator[list[str]] = (line.split() for line in kept())
    if delimiter is not None:
        reader = csv.reader(kept(), delimiter=delimiter, strict=True, skipinitialspace=True)
    try:
        for cells in reader:
            # in a column of its own a blank line may be a missing number, and dropping it would shift the rest
            if gap and seen and narrow:
                raise ValueError(f"line {gap}: is blank; in a table of one column that may be a missing number")
            gap, seen, narrow = 0, True, len(cells) == 1
            yield Row(at, [cell.strip() for cell in cells], delimiter is None)
    except csv.Error as error:
        raise ValueError(f"line {at}: {error}") from None


def _is_comment(line: str) -> bool:
    start = line.lstrip()
    return start.startswith(("#", "%")) and not _SPREADSHEET_ERROR.match(start)


def _delimiter(line: str) -> str | None:
    bare = re.sub(r'"[^"]*"', "", line)
    return next((d for d in (";", "\t", ",") if d in bare), None)


def _is_header(cells: list[str]) -> bool:
    """Is a first row one of names: no cell a number or missing, and one at least begins as a name does?"""
    if any(RATIONAL.fullmatch(cell) or cell.lower() in NO_NAME for cell in cells):
        return False
    return any(cell[:1].isalpha() or cell[:1] == "_" for cell in cells)


def _numbers(row: Row, number: Callable[[str], Number], header_possible: bool) -> list[Number]:
    out = []
    for k, cell in enumerate(row.cells, 1):
        try:
            out.append(number(cell))
        except ValueError as error:
            text = cell if len(cell) <= 40 else cell[:37] + "…"
            more = "; a header line has names in all its cells" if header_possible else ""
            raise ValueError(f"line {row.line}, cell {k}: {text!r} {error}{more}") from None
    return out


def _why(text: str, fractions: bool) -> str:
    """The fault of a cell, in words."""
    if len(text) > LONGEST:
        return f"has {len(text)} characters; expected a number of at most {LONGEST}"
    if text.lower() in MISSING:
        return "is a missing value; expected a number"
    if text.lower().strip("+-") in ("inf", "infinity"):
        return "is not finite; expected a number"
    if _DECIMAL_COMMA.fullmatch(text) or _THOUSANDS.fullmatch(text):
        return "has a comma or a blank inside; expected numbers such as 1234.5, without thousands separators"
    if not fractions and RATIONAL.fullmatch(text):
        return "is a fraction; expected a decimal number (fractions are for exact reading)"
    return "is no number; expected numbers such as 2, " + ("1/3, " if fractions else "") + "0.1 or 2e-3"


def _hint(row: Row) -> str:
    return "; does it end with a delimiter?" if row.cells and row.cells[-1] == "" else ""


_PLAIN = re.compile(r"[0-9.eE+-]+")
