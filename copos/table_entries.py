"""Tables of numbers as a certificate names them: their rows in exact form, or the SHA-256 of these where they are long."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from copos.rationals import written

INLINE = 20_000  # numbers up to which a table stands in the certificate


def rows(table: Any) -> list[list[int | str]]:
    """The rows as integers and "p/q" strings.

    >>> rows([[0.5, 2]])
    [['1/2', 2]]
    """
    return [[written(v) for v in row] for row in (table.tolist() if hasattr(table, "tolist") else table)]


def entry(table: Any) -> dict[str, Any]:
    """{"rows": …}, or {"sha256": …, "shape": …} for a long table.

    >>> entry([[1, 2]])
    {'rows': [[1, 2]]}
    """
    plain = rows(table)
    shape = [len(plain), len(plain[0]) if plain else 0]
    if shape[0] * shape[1] <= INLINE:
        return {"rows": plain}
    text = json.dumps(plain, separators=(",", ":"))
    return {"sha256": hashlib.sha256(text.encode()).hexdigest(), "shape": shape}
