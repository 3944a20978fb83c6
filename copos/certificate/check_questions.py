"""What was asked, from the data themselves: the program is made anew here and compared with the one that is proved.

A certificate may hold a question, for instance a kind of network with its inputs and targets. Its program was made by
the package in whatever way; this file makes the program that the question stands for with code of its own, in rational
arithmetic, and rejects the certificate unless both agree in every coefficient. Then the claim is about the data.

Tables stand in the question, or only their SHA-256 does; the tables are then given when the certificate is checked.
Standard library only; part of the checker.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

try:
    from copos.certificate import check_identity as identity
    from copos.certificate import check_reading as read
    from copos.certificate.check_reading import Number, Rejected, Unreadable
except ImportError:  # run as a plain file, without the package
    import check_identity as identity  # type: ignore[no-redef]
    import check_reading as read  # type: ignore[no-redef]
    from check_reading import Number, Rejected, Unreadable  # type: ignore[no-redef]

Table = list[list[Number]]


class Rebuilt(NamedTuple):
    """The program of a question, and its claims in words: (kind of certificate, value) ↦ sentence."""

    program: identity.Program
    say: Callable[[str, Number | None], str]


class Missing(Exception):
    """The question names a table by its SHA-256, and the table was not given."""


class Data:
    """The tables of a question: `given` maps names to rows of rational numbers, read from the user's files."""

    def __init__(self, given: Mapping[str, Any] | None) -> None:
        self.given = dict(given or {})
        self.named: list[str] = []  # what the claim says of the data

    def table(self, name: str, value: Any) -> Table:
        """The rows of {"rows": …} or {"sha256": …, "shape": [m, n]}, compared with what was given."""
        entry = read.fields(value, name, "", "rows sha256 shape")
        if ("rows" in entry) == ("sha256" in entry):
            raise Unreadable(f"{name} needs its rows or their sha256")
        known = entry["sha256"] if "sha256" in entry else digest(entry["rows"])
        if name in self.given:
            rows = self._matching(name, self.given.pop(name), known)
        elif "rows" in entry:
            rows = entry["rows"]
        else:
            raise Missing(name)
        self.named.append(f"{name} (sha256 {str(known)[:12]}…)")
        width = len(read.items(rows[0], name)) if read.items(rows, name) else 0
        if not width:
            raise Unreadable(f"{name} must have a row and a column")
        return [read.vector(row, name, width) for row in rows]

    def _matching(self, name: str, rows: Any, known: Any) -> Any:
        """The rows, or their transpose (files may hold a sample in every row), if that is the table of the question."""
        for table in (rows, [list(column) for column in zip(*rows, strict=False)]):
            if digest(table) == known:
                return table
        raise Rejected(f"the {name} given is not the table that the certificate is about")

    def all_used(self) -> None:
        """Reject data that the question does not mention."""
        if self.given:
            raise Rejected(f"the question has no data named {', '.join(sorted(self.given))}")


def digest(table: Any) -> str:
    """SHA-256 of a table in canonical JSON: integers and "p/q" in lowest terms."""
    try:
        text = json.dumps(table, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise Unreadable(f"a table is not plain JSON: {error}") from None
    return hashlib.sha256(text.encode()).hexdigest()


def agree(p: identity.Program, q: identity.Program) -> None:
    """Reject unless the program that is proved, p, is the one of the question, q."""
    parts = {
        "dimension": (p.dim, q.dim),
        "blocks": (_blocks(p), _blocks(q)),
        "quadratic generators": (_forms(p.generators), _forms(q.generators)),
        "objective": (p.objective, q.objective),
        "equations": ([(_plain(A), b) for A, b in p.equations], [(_plain(A), b) for A, b in q.equations]),
        "vanishing forms": (_forms(p.vanishing), _forms(q.vanishing)),
    }
    for what, (mine, theirs) in parts.items():
        if mine != theirs:
            raise Rejected(f"the {what} of the program are not those of the question")


def _plain(form: identity.Polynomial) -> dict[Any, Number]:
    return {key: c for key, c in form.items() if c}


def _forms(forms: list[identity.Polynomial]) -> list[dict[Any, Number]]:
    return [_plain(form) for form in forms]


def _blocks(p: identity.Program) -> list[tuple[int, dict[Any, dict[Any, Number]]]]:
    return [(order, {key: dict(entry) for key, entry in block.items() if entry})
            for order, block in zip(p.orders, p.blocks, strict=True)]  # fmt: skip


def answered(question: Any, p: identity.Program, kind: str, value: Number | None, given: Any) -> str:
    """The claim of a certificate in the words of its question; Rejected if the program is another one."""
    if type(question) is not dict or question.get("type") not in QUESTIONS:
        raise Unreadable(f"a question has a type, one of {sorted(QUESTIONS)}")
    data = Data(given)
    made = QUESTIONS[question["type"]](question, data)
    data.all_used()
    agree(p, made.program)
    return f"{made.say(kind, value)} [{'; '.join(data.named)}]"


QUESTIONS: dict[str, Callable[[dict[str, Any], Data], Rebuilt]] = {}
