"""Graphs as lists of edges in text: lines of two labels, the files of max-cut, and Matrix Market."""

from __future__ import annotations

import re
from pathlib import Path

from copos.arithmetic.rationals import Rational
from copos.graphs.graph import EDGES, VERTICES, Graph
from copos.graphs.text import number, text_lines

ATTRIBUTES = re.compile(r"\s\{\s*(?:'weight'\s*:\s*([^\s,{}]+)\s*)?\}\s*$")  # at the end of a line of networkx's


def read_edge_list(path: str | Path) -> Graph:
    """Lines `u v` or `u v w`, with # comments: labels are integers, in their order, or words, as they come first.

    networkx's `u v {}` and `u v {'weight': w}` are lines of this kind.

    Raises
    ------
    ValueError
        If a line is anything else; the message names it.
    """
    edges: list[tuple[str, str]] = []
    costs: list[Rational] = []
    for line, text in text_lines(path):
        words = ATTRIBUTES.sub(r" \1", text.partition("#")[0]).replace(",", " ").split()
        if not words:
            continue
        if len(words) not in (2, 3):
            raise ValueError(f"{path}, line {line}: expected two vertices, and a weight at most; got {text[:60]!r}")
        edges.append((words[0], words[1]))
        costs.append(number(words[2], f"{path}, line {line}") if len(words) == 3 else 1)
    words = list(dict.fromkeys(word for edge in edges for word in edge))
    whole = all(word.isascii() and word.isdigit() and len(word) <= 18 for word in words)
    labels: list[int] | list[str] = sorted({int(word) for word in words}) if whole else words
    if len(labels) > VERTICES:
        raise ValueError(f"{path}: {len(labels)} vertices; expected at most {VERTICES}")
    place = {str(label): k for k, label in enumerate(labels)}
    try:
        ends = [tuple(place[str(int(word)) if whole else word] for word in edge) for edge in edges]
        return Graph.of(ends, labels, costs)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def read_cut(path: str | Path) -> Graph:
    """`n m`, then m lines `i j w`, vertices from 1: the files of the Biq Mac library and of the generator rudy.

    Raises
    ------
    ValueError
        If the file is none, or has another number of edges than it announces; the message names the line.
    """
    n, m, rows = _announced(path, [(line, text) for line, text in text_lines(path) if text[:1] != "#"], 2)
    if len(rows) != m:
        raise ValueError(f"{path}: {m} edges announced, {len(rows)} found up to line {rows[-1][0] if rows else 1}")
    ends, costs = [], []
    for line, words in rows:
        ends.append(_pair(path, line, words, n, (2, 3)))
        costs.append(number(words[2], f"{path}, line {line}") if len(words) == 3 else 1)
    return Graph.of(ends, range(1, n + 1), costs)


def read_matrix_market(path: str | Path) -> Graph:
    """A coordinate matrix, symmetric or with both halves; its entries are the weights of the edges.

    Raises
    ------
    ValueError
        If the file is none, is not square or not symmetric, or has another number of entries than it announces.
    """
    lines = list(text_lines(path))
    head = lines[0][1].lower().split() if lines else []
    if len(head) != 5 or head[:3] != ["%%matrixmarket", "matrix", "coordinate"]:
        raise ValueError(f"{path}, line 1: expected '%%MatrixMarket matrix coordinate …' of a graph")
    if head[3] not in ("pattern", "integer", "real") or head[4] not in ("symmetric", "general"):
        raise ValueError(f"{path}, line 1: expected a pattern, integers or reals, symmetric or general")
    body = [(line, text) for line, text in lines[1:] if text[:1] != "%"]
    n, m, rows = _announced(path, body, 3)
    if len(rows) != m:
        raise ValueError(f"{path}: {m} entries announced, {len(rows)} found up to line {rows[-1][0] if rows else 2}")
    entries: dict[tuple[int, int], Rational] = {}
    for line, words in rows:
        i, j = _pair(path, line, words, n, (2,) if head[3] == "pattern" else (3,))
        if (i, j) in entries or (head[4] == "symmetric" and (j, i) in entries):
            raise ValueError(f"{path}, line {line}: the entry {words[0]} {words[1]} was given before")
        entries[i, j] = number(words[2], f"{path}, line {line}") if len(words) == 3 else 1
    if head[4] == "general":
        strange = next((key for key, v in entries.items() if entries.get((key[1], key[0])) != v), None)
        if strange is not None:
            raise ValueError(f"{path}: not symmetric at {strange[0] + 1}, {strange[1] + 1}")
        entries = {(i, j): v for (i, j), v in entries.items() if i < j}
    used = {key: v for key, v in entries.items() if v}
    return Graph.of(list(used), range(1, n + 1), list(used.values()))


Rows = list[tuple[int, list[str]]]


def _announced(path: str | Path, body: list[tuple[int, str]], sizes: int) -> tuple[int, int, Rows]:
    """Numbers of vertices and of entries, from the first line, and the others."""
    rows = [(line, words) for line, text in body if (words := text.split())]
    line, words = rows[0] if rows else (1, [])
    if len(words) != sizes or not all(word.isascii() and word.isdigit() and len(word) <= 18 for word in words):
        raise ValueError(f"{path}, line {line}: expected {'n m' if sizes == 2 else 'n n and the number of entries'}")
    n, m = int(words[0]), int(words[-1])
    if not 0 < n <= VERTICES or m > EDGES or int(words[-2]) != n:
        raise ValueError(f"{path}, line {line}: announces {' '.join(words)}; expected from 1 to {VERTICES} vertices "
                         f"and at most {EDGES} edges")  # fmt: skip
    return n, m, rows[1:]


def _pair(path: str | Path, line: int, words: list[str], n: int, lengths: tuple[int, ...]) -> tuple[int, int]:
    """The vertices of a line, from 0."""
    whole = len(words) in lengths and all(word.isascii() and word.isdigit() and len(word) <= 18 for word in words[:2])
    if not whole:
        raise ValueError(f"{path}, line {line}: expected an edge i j{' w' if lengths[-1] == 3 else ''}; got "
                         f"{' '.join(words)[:60]!r}")  # fmt: skip
    i, j = int(words[0]) - 1, int(words[1]) - 1
    if not (0 <= i < n and 0 <= j < n):
        raise ValueError(f"{path}, line {line}: edge {words[0]} {words[1]} names a vertex outside 1 … {n}")
    if i == j:
        raise ValueError(f"{path}, line {line}: the edge {words[0]} {words[1]} is a loop, which a graph must not have")
    return i, j
