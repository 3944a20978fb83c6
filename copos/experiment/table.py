"""An append-only table in a CSV file that survives being killed at any moment.

A row is one line, written at once and flushed to the disk. A line without its end, which only a kill in the middle of
a write leaves, is cut off when the table is opened next.
"""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path
from types import TracebackType
from typing import Any

Row = dict[str, Any]


class Table:
    """Rows with fixed columns; open it with `with`, which also keeps a second writer out.

    Parameters
    ----------
    path : a .csv file; made if it is not there
    columns : names; those of an existing file must be the same

    Raises
    ------
    ValueError
        On entry, if the file has other columns.
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

    def __init__(self, path: str | Path, columns: tuple[str, ...]) -> None:
        self.path, self.columns = Path(path), tuple(columns)
        self._handle: int | None = None

    def __enter__(self) -> Table:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            _lock(handle, self.path)
            self._mend(handle)
        except BaseException:
            os.close(handle)
            raise
        self._handle = handle
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _mend(self, handle: int) -> None:
        """Cut a torn last line off; write or compare the header."""
        text = self.path.read_bytes()
        whole = text[: text.rfind(b"\n") + 1]
        if len(whole) < len(text):
            os.ftruncate(handle, len(whole))
        if not whole:
            self._write(handle, list(self.columns))
            return
        there = next(csv.reader(io.StringIO(whole.decode("utf-8"))))
        if tuple(there) != self.columns:
            raise ValueError(f"{self.path} has the columns {', '.join(there)}, not {', '.join(self.columns)}; "
                             "move it away to start a new table")  # fmt: skip

    def append(self, row: Row) -> None:
        """One more row; it is on the disk when this returns."""
        if self._handle is None:
            raise ValueError("the table is not open; use it in a with statement")
        unknown = set(row) - set(self.columns)
        if unknown:
            raise ValueError(f"the table has no column {sorted(unknown)[0]!r}")
        self._write(self._handle, [_text(row.get(name)) for name in self.columns])
        os.fsync(self._handle)

    @staticmethod
    def _write(handle: int, cells: list[str]) -> None:
        line = io.StringIO()
        csv.writer(line, lineterminator="\n").writerow(cells)
        data = line.getvalue().encode("utf-8")
        if os.write(handle, data) != len(data):
            raise OSError("a row could not be written in one piece; is the disk full?")

    def rows(self) -> list[Row]:
        """All rows, numbers and booleans read back as what they were."""
        return read(self.path)


def read(path: str | Path) -> list[Row]:
    """Rows of a table that nobody needs to have opened."""
    with open(path, newline="", encoding="utf-8") as handle:
        return [{name: _value(cell) for name, cell in row.items()} for row in csv.DictReader(handle)]


def _text(value: Any) -> str:
    """A cell: floats with all their digits, no line breaks, nothing for None."""
    if value is None:
        return ""
    if hasattr(value, "item"):
        value = value.item()
    return repr(value) if isinstance(value, float) else " ".join(str(value).split())


def _value(cell: str | None) -> Any:
    """What a cell was before it became text."""
    if not cell:
        return None
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
