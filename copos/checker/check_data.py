"""The tables of a question, and what a question is made into.

Tables stand in the question, or only their SHA-256 does; the tables are then given when the certificate is checked.
Standard library only; part of the checker.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

try:
    from copos.checker import check_identity as identity
    from copos.checker import check_reading as read
    from copos.checker.check_reading import Number, Rejected, Unreadable
except ImportError:  # run as a plain file, without the package
    import check_identity as identity  # type: ignore[no-redef]
    import check_reading as read  # type: ignore[no-redef]
    from check_reading import Number, Rejected, Unreadable  # type: ignore[no-redef]

Table = list[list[Number]]
SHOWN, SHORT = 20, 10**12  # coordinates of a point that a claim writes out, all smaller than that


class Rebuilt(NamedTuple):
    """The program of a question, and its claims in words: (kind of certificate, value) ↦ sentence.

    `points` shows the points (weight, u) of an upper bound as what was asked for, and rejects them where a point of
    the program need not be one: at x_0 = 0, say. `stated` are linear forms in u of which it was shown that they are
    nonnegative at some optimal point: a proof may use them. `assumed` says what the question takes at the user's word.
    """

    program: identity.Program
    say: Callable[[str, Number | None], str]
    points: Callable[[list[tuple[Number, list[Number]]]], str] | None = None
    stated: list[Mapping[int, Number]] | None = None
    assumed: tuple[str, ...] = ()


class Missing(Exception):
    """The question names a table by its SHA-256, and the table was not given."""


class Data:
    """The tables of a question: `given` maps names to rows of rational numbers, read from the user's files."""

    def __init__(self, given: Mapping[str, Any] | None) -> None:
        self.given = dict(given or {})
        self.named: list[str] = []  # what the claim says of the data

    def table(self, name: str, value: Any, samples: bool = False) -> Table:
        """The rows of {"rows": …} or {"sha256": …, "shape": [m, n]}, compared with what was given.

        A table of `samples` may be given with a sample in every row or in every column: the claim then says which.
        """
        entry = stated(name, value)
        known = entry["sha256"]
        if name in self.given:
            rows, turned = self._matching(name, self.given.pop(name), known, samples)
        elif "rows" in entry:
            rows, turned = entry["rows"], ""
        else:
            raise Missing(name)
        self.named.append(f"{name} ({turned}sha256 {str(known)[:12]}…)")
        width = len(read.items(rows[0], name)) if read.items(rows, name) else 0
        if not width:
            raise Unreadable(f"{name} must have a row and a column")
        if "shape" in entry and entry["shape"] != [len(rows), width]:
            raise Unreadable(f"{name} does not have the shape that is stated")
        return [read.vector(row, name, width) for row in rows]

    def _matching(self, name: str, rows: Any, known: Any, samples: bool) -> tuple[Any, str]:
        """The rows, or their transpose, if that is the table of the question; how it was turned, in words.

        A vector may be given as a row or as a column, a table of samples either way, which is said: one sample of three
        numbers is not three samples of one. Any other table is what it is.
        """
        if type(rows) is list and all(type(row) is list and len(row) == len(rows[0]) for row in rows):
            if digest(rows) == known:
                return rows, ""
            turned = [list(column) for column in zip(*rows, strict=True)]
            vector = min(len(rows), len(turned)) == 1
            if (samples or vector) and digest(turned) == known:
                return turned, "the transpose of the table given, " if samples else ""
        raise Rejected(f"the {name} given is not the table that the certificate is about")

    def all_used(self) -> None:
        """Reject data that the question does not mention."""
        if self.given:
            raise Rejected(f"the question has no data named {', '.join(sorted(self.given))}")


def in_words(points: Sequence[Sequence[Number]], write: Callable[[Sequence[Number]], str]) -> str:
    """One short point as `write` has it; Python refuses to write long numbers."""
    if len(points) == 1 and len(points[0]) <= SHOWN:
        if all(max(abs(v.numerator), v.denominator) < SHORT for v in points[0]):
            return write(points[0])
    return f"{len(points)} point{'s' * (len(points) != 1)} in the certificate"


def stated(name: str, value: Any) -> dict[str, Any]:
    """The entry of a table with its SHA-256, which is computed where there are rows."""
    entry = read.fields(value, name, "", "rows sha256 shape")
    if ("rows" in entry) == ("sha256" in entry):
        raise Unreadable(f"{name} needs its rows or their sha256")
    return {**entry, "sha256": digest(entry["rows"])} if "rows" in entry else entry


def digest(table: Any) -> str:
    """SHA-256 of a table in canonical JSON: integers and "p/q" in lowest terms."""
    try:
        text = json.dumps(table, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise Unreadable(f"a table is not plain JSON: {error}") from None
    return hashlib.sha256(text.encode()).hexdigest()
