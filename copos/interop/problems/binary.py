"""Max-cut and quadratic programs in binaries alone, as lists of entries.

    .mc .rud .rudy      n m, then m edges i j w          max Σ w_ij (x_i + x_j − 2x_i x_j), the weight of the cut
    .sparse .bq .bqp    n m, then m entries i j q        min x'Qx, where (i, j) stands for (j, i), too
    .qubo               c comments; p qubo 0 n d k       min Σ q_ii x_i + Σ_{i < j} q_ij x_i x_j, indices from 0,
                        then d entries i i q, k entries i j q

The first two are of the Biq Mac library and of the generator rudy, with # comments at the top; the third is qbsolv's.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from copos.arithmetic.rationals import Rational
from copos.interop.problems.builder import Builder
from copos.interop.problems.lines import VARIABLES, Lines, number, whole
from copos.reformulation.quadratic.value import QuadraticProgram

ENTRIES = 10**7


def read_cut(file: Path) -> QuadraticProgram:
    """Max-cut: x_i says on which side the vertex i is.

    Raises
    ------
    ValueError
        If the file is no such file; the message names the line.
    """
    lines = Lines(file, full="#")
    n, m = _sizes(lines, "the numbers of vertices and edges")
    out = _binaries(n, 1, "max")
    for at, i, j, w in _entries(lines, m, n, 1):
        if i == j:
            raise ValueError(f"line {at}: the edge from {i + 1} to itself is in no cut")
        out.objective.linear += [(i, w), (j, w)]
        out.objective.pairs.append((i, j, -2 * w))
    return out.done()


def read_matrix_entries(file: Path) -> QuadraticProgram:
    """Min x'Qx over binary x, Q symmetric and given by its entries on one side of the diagonal.

    Raises
    ------
    ValueError
        If the file is no such file; the message names the line.
    """
    lines = Lines(file, full="#")
    n, m = _sizes(lines, "the numbers of variables and entries")
    out = _binaries(n, 1, "min")
    out.objective.pairs = [(i, j, v if i == j else 2 * v) for _, i, j, v in _entries(lines, m, n, 1)]
    return out.done()


def read_qubo(file: Path) -> QuadraticProgram:
    """Qbsolv's format: min Σ q_ij x_i x_j over i ≤ j, x binary.

    Raises
    ------
    ValueError
        If the file is no such file; the message names the line.
    """
    lines = Lines(file, full="c")
    at, words = lines.take("'p qubo 0 n diagonals others'", 6)
    if words[:2] != ["p", "qubo"] or words[2] not in ("0", "unconstrained"):
        raise ValueError(f"line {at}: expected 'p qubo 0 n diagonals others', got {' '.join(words)[:60]!r}")
    n = whole(at, words[3], "the number of variables", 1, VARIABLES)
    diagonals, others = (whole(at, word, "a number of entries", 0, ENTRIES) for word in words[4:])
    out = _binaries(n, 0, "min")
    for at, i, j, v in _entries(lines, diagonals + others, n, 0):
        diagonals -= i == j
        if diagonals < 0:
            raise ValueError(f"line {at}: more entries of the diagonal than line 'p' announces")
        out.objective.pairs.append((i, j, v))
    if diagonals:
        raise ValueError(f"line {lines.last}: {diagonals} fewer entries of the diagonal than line 'p' announces")
    return out.done()


def _sizes(lines: Lines, what: str) -> tuple[int, int]:
    at, words = lines.take(what, 2)
    return whole(at, words[0], what, 1, VARIABLES), whole(at, words[1], what, 0, ENTRIES)


def _binaries(n: int, first: int, sense: str) -> Builder:
    out = Builder()
    out.sense = sense
    for j in range(first, n + first):
        x = out.variables[out.place(f"x{j}")]
        x.upper, x.integer = 1, True
    return out


def _entries(lines: Lines, count: int, n: int, first: int) -> Iterator[tuple[int, int, int, Rational]]:
    """(line, i, j, value) from index 0 on; as many as announced, each once."""
    if count != lines.left:
        raise ValueError(f"line {lines.last}: {count} entries are announced, and {lines.left} are there")
    seen: dict[tuple[int, int], int] = {}
    for _ in range(count):
        at, words = lines.take("two indices and a number", 3)
        i, j = (whole(at, word, "an index", first, n + first - 1) - first for word in words[:2])
        key = (min(i, j), max(i, j))
        if key in seen:
            raise ValueError(f"line {at}: the entry {words[0]} {words[1]} was given in line {seen[key]} already")
        seen[key] = at
        yield at, i, j, number(at, words[2])
