"""Matrix Market files (.mtx), exactly: coordinate or array; real, integer or pattern; general or symmetric.

What the first lines announce is compared with what follows before anything is allocated. An entry that is given twice
is an error, also by its mirror image in a symmetric file: readers differ on whether such entries add up or replace.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from copos.interop.text_table import decoded, rational

CELLS = 10**7  # entries of the dense matrix that a file may announce


class Head(NamedTuple):
    """The first line and the sizes."""

    layout: str
    field: str
    symmetric: bool
    rows: int
    columns: int
    entries: int


def fractions(file: Path) -> list[list[Fraction]]:
    """The matrix, row by row, its numbers as written.

    Raises
    ------
    ValueError
        If the file is not of this format, contradicts itself or ends too soon; the message names the line.
    """
    head, entries = _read(file)
    out = [[Fraction(0)] * head.columns for _ in range(head.rows)]
    for i, j, value in entries:
        out[i][j] = value
    return out


def floats(file: Path) -> NDArray[np.float64]:
    """The matrix of the nearest doubles; ValueError as `fractions`."""
    head, entries = _read(file)
    out = np.zeros((head.rows, head.columns))
    for i, j, value in entries:
        try:
            out[i, j] = float(value)
        except OverflowError:
            out[i, j] = np.inf
        if np.isinf(out[i, j]) or (value and not out[i, j]):
            raise ValueError(f"entry ({i + 1}, {j + 1}) is beyond the range of a double")
    return out


def _read(file: Path) -> tuple[Head, list[tuple[int, int, Fraction]]]:
    """The header, and all entries, both halves of a symmetric matrix."""
    lines = decoded(file).splitlines() or [""]
    body = [(at, line) for at, line in enumerate(lines[1:], 2) if line.strip() and not line.startswith("%")]
    head = _head(lines[0], body)
    half = list((_array if head.layout == "array" else _coordinates)(head, body[1:]))
    return head, half + ([(j, i, value) for i, j, value in half if i != j] if head.symmetric else [])


def _head(first: str, body: list[tuple[int, str]]) -> Head:
    words = first.lower().split()
    if len(words) != 5 or words[:2] != ["%%matrixmarket", "matrix"]:
        raise ValueError("line 1: expected '%%MatrixMarket matrix …'")
    layout, field, symmetry = words[2:]
    if layout not in ("coordinate", "array") or field not in ("real", "integer", "pattern", "double"):
        raise ValueError(f"line 1: expected a coordinate or array of real, integer or pattern, got {layout} {field}")
    if layout == "array" and field == "pattern":
        raise ValueError("line 1: a pattern has no array")
    if symmetry not in ("general", "symmetric"):
        raise ValueError(f"line 1: expected a general or symmetric matrix, got {symmetry}")
    at, line = body[0] if body else (2, "")
    sizes = line.split()
    if len(sizes) != (3 if layout == "coordinate" else 2) or not all(_is_count(size) for size in sizes):
        expected = "rows, columns and entries" if layout == "coordinate" else "rows and columns"
        raise ValueError(f"line {at}: expected a line with the sizes, {expected}, got {line[:60]!r}")
    m, n = int(sizes[0]), int(sizes[1])
    if m < 1 or n < 1 or m * n > CELLS or (symmetry == "symmetric" and m != n):
        square = ", square as it is symmetric" if symmetry == "symmetric" else ""
        raise ValueError(f"line {at}: announces sizes {m} × {n}; expected 1 to {CELLS} entries in all{square}")
    full = n * (n + 1) // 2 if symmetry == "symmetric" else m * n
    return Head(layout, field, symmetry == "symmetric", m, n, int(sizes[2]) if layout == "coordinate" else full)


def _coordinates(head: Head, body: list[tuple[int, str]]) -> Iterator[tuple[int, int, Fraction]]:
    if len(body) != head.entries:
        raise ValueError(f"announces {head.entries} entries and has {len(body)}")
    width, seen = (2 if head.field == "pattern" else 3), dict[tuple[int, int], int]()
    for at, line in body:
        words = line.split()
        if len(words) != width or not all(map(_is_count, words[:2])):
            expected = "row, column" + (" and value" if width == 3 else "")
            raise ValueError(f"line {at}: expected {expected}, got {line[:60]!r}")
        i, j = int(words[0]) - 1, int(words[1]) - 1
        if not (0 <= i < head.rows and 0 <= j < head.columns):
            size = f"{head.rows} × {head.columns}"
            raise ValueError(f"line {at}: entry ({words[0]}, {words[1]}) is outside a {size} matrix")
        key = (max(i, j), min(i, j)) if head.symmetric else (i, j)
        if key in seen:
            mirror = ", or its mirror image," if head.symmetric else ""
            raise ValueError(f"line {at}: entry ({words[0]}, {words[1]}){mirror} was given in line {seen[key]} already")
        seen[key] = at
        yield i, j, _value(at, words[2] if width == 3 else "1", head.field)


def _array(head: Head, body: list[tuple[int, str]]) -> Iterator[tuple[int, int, Fraction]]:
    """Column by column; of a symmetric matrix the lower triangle."""
    cells = [(at, cell) for at, line in body for cell in line.split()]
    if len(cells) != head.entries:
        raise ValueError(f"expected {head.entries} entries, got {len(cells)}")
    places = ((i, j) for j in range(head.columns) for i in range(j if head.symmetric else 0, head.rows))
    for (i, j), (at, cell) in zip(places, cells, strict=True):
        yield i, j, _value(at, cell, head.field)


def _value(at: int, cell: str, field: str) -> Fraction:
    try:
        value = rational(cell)
    except ValueError as error:
        raise ValueError(f"line {at}: {cell[:40]!r} {error}") from None
    if field == "integer" and value.denominator != 1:
        raise ValueError(f"line {at}: {cell[:40]!r} is not an integer, as the first line says")
    return value


def _is_count(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) <= 18
