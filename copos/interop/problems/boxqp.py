"""BoxQP's .in files: n, then c, then Q row by row; max ½x'Qx + c'x over 0 ≤ x ≤ 1."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from copos.interop.problems.builder import Builder
from copos.interop.problems.lines import Lines, number
from copos.reformulation.quadratic.value import QuadraticProgram

LARGEST = 3000  # variables; a file holds n² numbers


def read(file: Path) -> QuadraticProgram:
    """The program of a file; x1, …, xn are its variables.

    Raises
    ------
    ValueError
        If the file is no such file; the message names the line.

    References
    ----------
    [VandenbusscheNemhauser2005]
    """
    lines = Lines(file)
    n = lines.count("the number of variables", 1, LARGEST)
    if lines.left != n + 1:
        raise ValueError(f"line {lines.last}: expected {n + 1} lines of {n} numbers (c and the rows of Q) after the "
                         f"number of variables, got {lines.left}")  # fmt: skip
    out = Builder()
    out.sense = "max"
    for j in range(n):
        out.variables[out.place(f"x{j + 1}")].upper = 1
    at, words = lines.take(f"{n} numbers, c", n)
    out.objective.linear = [(j, number(at, word)) for j, word in enumerate(words)]
    for i in range(n):
        at, words = lines.take(f"{n} numbers, row {i + 1} of Q", n)
        out.objective.pairs += [(i, j, Fraction(number(at, word)) / 2) for j, word in enumerate(words) if word != "0"]
    return out.done()
