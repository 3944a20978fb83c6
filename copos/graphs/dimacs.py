"""DIMACS graph files."""

from __future__ import annotations

from pathlib import Path

from copos.arithmetic.rationals import Rational
from copos.graphs.graph import VERTICES, Graph
from copos.graphs.text import number, text_lines


def read_dimacs(path: str | Path) -> Graph:
    """Read a DIMACS graph file: `c` comments, `p edge n m` (or `p col n m`), `n i w` a weight, `e i j` an edge.

    Vertices are 1 … n. The m edges may be listed once or in both directions; a vertex without a line `n` weighs one.

    Raises
    ------
    ValueError
        If the file is missing, binary, not of this format, or has another number of edges than it announces; the
        message names the line.
    """
    n = announced = last = 0
    ends: list[tuple[int, int]] = []
    weights: dict[int, Rational] = {}
    for line, text in text_lines(path, "expected the text format of DIMACS graphs, not the binary one"):
        words = text.split()
        if not words or words[0] == "c":
            continue
        where, kind, numbers, last = f"{path}, line {line}", words[0], words[-2:], line
        size = {"p": 4, "e": 3, "n": 3}.get(kind) if (kind == "p") != bool(n) else None
        whole = all(word.isascii() and word.isdigit() and len(word) <= 18 for word in numbers[: 1 + (kind != "n")])
        if len(words) != size or not whole or (kind == "p" and words[1] not in ("edge", "edges", "col")):
            raise ValueError(f"{where}: expected 'p edge n m' once, then 'n i w' and 'e i j'; got {text[:60]!r}")
        i = int(numbers[0])
        if kind == "n":
            if not 1 <= i <= n or i in weights:
                raise ValueError(f"{where}: the vertex {i} is outside 1 … {n}, or was weighted before")
            weights[i] = number(numbers[1], where)
            continue
        j = int(numbers[1])
        if kind == "p":
            n, announced = i, j
            if not 0 < n <= VERTICES:
                raise ValueError(f"{where}: announces {n} vertices; expected from 1 to {VERTICES}")
        elif not (1 <= i <= n and 1 <= j <= n):
            raise ValueError(f"{where}: edge {i} {j} names a vertex outside 1 … {n}")
        elif i == j:
            raise ValueError(f"{where}: the edge {i} {j} is a loop, and a vertex with a loop is in no stable set")
        else:
            ends.append((i - 1, j - 1))
    if not n:
        raise ValueError(f"{path}: no line 'p edge n m'")
    found = Graph.of(ends, range(1, n + 1))
    if announced not in (len(ends), found.m):
        raise ValueError(f"{path}: {announced} edges announced, {len(ends)} found up to line {last}, the last one")
    return found.weighted(weights or None)
