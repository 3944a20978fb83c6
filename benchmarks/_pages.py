"""Tables in the manual, written from the committed results.

A page says where: everything between the lines `<!-- benchmark NAME -->` and `<!-- end -->` is generated.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from benchmarks._table import COMMITTED, Table, load, markdown

PAGES = Path(__file__).parent.parent / "docs"
_PLACE = re.compile(r"(<!-- benchmark ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def page(text: str, tables: Iterable[Table]) -> str:
    """The page with every table as it is committed."""
    known = {table.name: table for table in tables}

    def one(found: re.Match[str]) -> str:
        name = found[2]
        document = load(known[name], COMMITTED) if name in known else None
        if document is None:
            raise ValueError(f"a page asks for the benchmark {name!r}, which has no committed result")
        return f"{found[1]}\n{markdown(document)}\n\n{found[3]}"

    return _PLACE.sub(one, text)


def outdated(tables: Iterable[Table]) -> dict[Path, str]:
    """Pages that differ from their committed tables, with what they should say."""
    tables = list(tables)
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(PAGES.glob("*.md"))}
    return {path: fresh for path, text in texts.items() if (fresh := page(text, tables)) != text}
