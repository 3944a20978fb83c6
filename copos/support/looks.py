"""How values look: one line in a terminal, a small table in a notebook."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from html import escape
from numbers import Real
from typing import Any, TypeVar

import numpy as np
import scipy.sparse as sp

Class = TypeVar("Class", bound=type)

LONGEST, PART, FEW = 180, 44, 4  # characters of a line and of a part of it, entries of a sequence that are written out


def one_line(cls: Class) -> Class:
    """Class decorator, above `@dataclass`: the repr is the class and its fields, arrays by type and shape.

    A notebook shows the same as a table. Fields that are None are left out, and what does not fit is cut, with "…".

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @one_line
    ... @dataclass
    ... class Point:
    ...     x: object
    ...     label: str | None = None
    >>> Point(np.zeros((3, 2)))
    Point(x=float64[3, 2])
    """
    type.__setattr__(cls, "__repr__", _line)
    if "_repr_html_" not in vars(cls):
        type.__setattr__(cls, "_repr_html_", _table)
    return cls


def table_of(*names: str) -> Callable[[Class], Class]:
    """Class decorator: a notebook shows these attributes as a table, without what is None or empty text.

    Examples
    --------
    >>> @table_of("lower", "why")
    ... class Found:
    ...     lower, why = 0.5, ""
    >>> Found()._repr_html_()
    '<table><caption>Found</caption><tbody><tr><th>lower</th><td>0.5</td></tr></tbody></table>'
    """

    def rows(value: Any) -> str:
        shown = ((name, getattr(value, name)) for name in names)
        return html_table(type(value).__name__, [(name, v) for name, v in shown if not (isinstance(v, str) and not v)])

    def decorate(cls: Class) -> Class:
        type.__setattr__(cls, "_repr_html_", rows)
        return cls

    return decorate


def _line(value: Any) -> str:
    parts = [(f.name, getattr(value, f.name, None)) for f in fields(value) if f.repr]
    return cut(f"{type(value).__name__}({', '.join(f'{name}={short(v)}' for name, v in parts if v is not None)})")


def _table(value: Any) -> str:
    return html_table(type(value).__name__, [(f.name, getattr(value, f.name, None)) for f in fields(value) if f.repr])


def cut(text: str, longest: int = LONGEST) -> str:
    r"""The text on one line, at most so many characters.

    >>> cut("one\ntwo three", 9)
    'one two …'
    """
    text = " ".join(text[: 20 * longest].split())
    return text if len(text) <= longest else text[: longest - 1] + "…"


def short(value: Any) -> str:
    """A value as a part of a line: numbers and short text as they are, arrays by type and shape, the rest by its class.

    >>> short(np.eye(2)), short("a"), short([1, 2]), short(list(range(9))), short({"a": 1})
    ('float64[2, 2]', "'a'", '[1, 2]', 'list of 9', 'dict of 1')
    """
    if isinstance(value, np.ndarray) or sp.issparse(value):
        return f"{value.dtype}[{', '.join(map(str, value.shape))}]"
    if isinstance(value, float):
        return f"{value:.9g}"
    if isinstance(value, str):
        return cut(repr(value[: 2 * PART]), PART)
    if value is None or isinstance(value, Real):
        return cut(_digits(value), PART)
    if isinstance(value, Mapping):
        return f"{type(value).__name__} of {len(value)}"
    if type(value) in (tuple, list, set, frozenset):
        if len(value) > FEW:
            return f"{type(value).__name__} of {len(value)}"
        ends = "[]" if type(value) is list else "()" if type(value) is tuple else "{}"
        comma = "," if type(value) is tuple and len(value) == 1 else ""
        return cut(ends[0] + ", ".join(map(short, value)) + comma + ends[1], PART)
    return type(value).__name__ if not callable(value) else getattr(value, "__name__", type(value).__name__)


def _digits(value: Any) -> str:
    """A number; one with very many digits is not written out, which would take long and may be refused."""
    for part in (getattr(value, "numerator", 0), getattr(value, "denominator", 1)):
        if isinstance(part, int) and part.bit_length() > 8 * PART:
            return f"{type(value).__name__} of {part.bit_length()} bits"
    return str(value)


def html_table(title: str, rows: Iterable[tuple[str, Any]]) -> str:
    """A title over a table of names and values, escaped; values that are None are left out.

    >>> html_table("Bound", [("lower", 0.5), ("note", "a < b"), ("none", None)])[-55:]
    '<tr><th>note</th><td>a &lt; b</td></tr></tbody></table>'
    """
    cells = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(cut(v if isinstance(v, str) else short(v)))}</td></tr>"
        for name, v in rows
        if v is not None
    )
    return f"<table><caption>{escape(title)}</caption><tbody>{cells}</tbody></table>"
