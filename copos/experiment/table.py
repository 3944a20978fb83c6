"""An append-only table in a CSV file that survives being killed at any moment, and harms no other file.

A row is one line, written at once and flushed to the disk. A line without its end, which only a kill in the middle of
a write leaves, is cut off when the table is opened next. A table of other columns or of other code is moved aside, to
the first free name of NAME.1.csv, NAME.2.csv, …; a file that is no such table is left alone, and an error.

A text that would be read back as a number or a boolean ("12e4", "True") gets an apostrophe in front, as in
spreadsheets, so that a row comes back as what it was: a key of hexadecimal digits may be "1234567890123456".
"""

from __future__ import annotations

import csv
import errno
import io
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from copos.support.files import moved_aside

LONGEST = 100_000  # characters of a cell; readers of CSV files have a limit
Row = dict[str, Any]


class Table:
    """Rows with fixed columns; open it with `with`, which also keeps a second writer out.

    Parameters
    ----------
    path : a .csv file; made if it is not there
    columns : names
    owner : column ↦ the value that its cells have in all rows of this table; a table with others is moved aside
    kind : names by which a table with other columns is recognised, and moved aside, too

    Attributes
    ----------
    aside : where an earlier table was moved to, if one was

    Raises
    ------
    ValueError
        On entry, if the file is no table of this kind.
    BlockingIOError
        On entry, if another process is writing to it.

    Examples
    --------
    >>> import tempfile
    >>> with Table(Path(tempfile.mkdtemp()) / "t.csv", ("n", "value")) as table:
    ...     table.append({"n": 1, "value": 0.5})
    ...     table.rows()
    [{'n': 1, 'value': 0.5}]
    """

    def __init__(
        self, path: str | Path, columns: tuple[str, ...], owner: Row | None = None, kind: tuple[str, ...] = ()
    ) -> None:
        self.path, self.columns, self.owner, self.kind = Path(path), tuple(columns), owner or {}, kind
        self.aside: Path | None = None
        self._handle: int | None = None

    def __enter__(self) -> Table:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle = self._open()
        try:
            if not self._is_ours(handle):
                self.aside = moved_aside(self.path)
                old, handle = handle, self._open()
                os.close(old)
                self._write(handle, list(self.columns))
        except BaseException:
            os.close(handle)
            raise
        self._handle = handle
        return self

    def _open(self) -> int:
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            _lock(handle, self.path)
        except BaseException:
            os.close(handle)
            raise
        return handle

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _is_ours(self, handle: int) -> bool:
        """Is this our table? Then its torn last line is cut off, and a new one gets its header."""
        text = self.path.read_bytes()
        whole = text[: text.rfind(b"\n") + 1]
        if not whole:
            if not _line(list(self.columns)).startswith(text):  # not even the torn header of one
                raise ValueError(f"{self.path} is no table of an experiment; move it away, or write to another folder")
            os.ftruncate(handle, 0)
            self._write(handle, list(self.columns))
            return True
        try:
            there = tuple(next(csv.reader(io.StringIO(whole.decode("utf-8"))), ()))
        except (UnicodeDecodeError, csv.Error):
            there = ()
        if there != self.columns:
            if self.kind and set(self.kind) <= set(there):
                return False
            raise ValueError(f"{self.path} has the columns {', '.join(there)[:200]}, not {', '.join(self.columns)}; "
                             "move it away to start a new table")  # fmt: skip
        if len(whole) < len(text):
            os.ftruncate(handle, len(whole))
        return all(row[name] == value for row in read(self.path) for name, value in self.owner.items())

    def append(self, row: Row) -> None:
        """One more row; it is on the disk when this returns, and where that fails nothing of it is.

        Raises
        ------
        ValueError
            If a cell cannot be written as text, or has no column.
        OSError
            If the file cannot be written.
        """
        if self._handle is None:
            raise ValueError("the table is not open; use it in a with statement")
        unknown = set(row) - set(self.columns)
        if unknown:
            raise ValueError(f"the table has no column {sorted(unknown)[0]!r}")
        self._write(self._handle, [_text(row.get(name)) for name in self.columns])

    @staticmethod
    def _write(handle: int, cells: list[str]) -> None:
        data, before = _line(cells), os.fstat(handle).st_size
        try:
            if os.write(handle, data) != len(data):
                raise OSError(errno.ENOSPC, "a row could not be written in one piece; is the disk full?")
            os.fsync(handle)
        except OSError:
            with suppress(OSError):
                os.ftruncate(handle, before)
            raise

    def rows(self) -> list[Row]:
        """All rows, numbers and booleans read back as what they were."""
        return read(self.path)


def read(path: str | Path) -> list[Row]:
    """Rows of a table that nobody needs to have opened.

    Raises
    ------
    ValueError
        If a row does not have as many cells as there are columns.
    """
    with open(path, newline="", encoding="utf-8") as handle:
        reader = csv.reader(handle)
        try:
            names, out = next(reader, []), []
            for cells in reader:
                if len(cells) != len(names):
                    raise ValueError(f"has {len(cells)} cells for {len(names)} columns")
                out.append(dict(zip(names, map(_value, cells), strict=True)))
        except (csv.Error, ValueError) as error:
            raise ValueError(f"{path}, line {reader.line_num}: {error}") from None
    return out


def _line(cells: list[str]) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue().encode("utf-8")


def _text(value: Any) -> str:
    """A cell: floats with all their digits, no line breaks, nothing for None, an apostrophe before a false number."""
    if value is None:
        return ""
    if hasattr(value, "item"):
        value = value.item()
    text = repr(value) if isinstance(value, float) else " ".join(str(value).split())
    if isinstance(value, str) and text and (text[0] == "'" or _value(text) != text):
        text = f"'{text}"
    if len(text) > LONGEST:
        raise ValueError(f"a cell has {len(text)} characters; expected at most {LONGEST}")
    return text


def _value(cell: str | None) -> Any:
    """The value of a cell, before it became text."""
    if not cell:
        return None
    if cell[0] == "'":
        return cell[1:]
    if cell in ("True", "False"):
        return cell == "True"
    for kind in (int, float):
        try:
            return kind(cell)
        except ValueError:
            continue
    return cell


def _lock(handle: int, path: Path) -> None:
    """Keep a second writer out, where the system can."""
    try:
        import fcntl
    except ImportError:  # Windows
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BlockingIOError(f"another run is writing to {path}") from None
