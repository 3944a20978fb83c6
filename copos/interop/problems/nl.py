"""AMPL's .nl files, as text (`g`), of quadratic problems: as AMPL, Pyomo, JuMP and GAMS write them.

A head of ten lines with sizes, then segments in any order: C and O expressions, J and G their linear terms, r and b the
bounds of rows and variables, V common expressions, x and d starting points. A .col and a .row file beside it give
names. The kinds of the variables follow from their order, which the head describes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from copos.arithmetic.rationals import Rational
from copos.interop.problems.builder import Builder
from copos.interop.problems.lines import ROWS, VARIABLES, Lines, limit, number, shown, whole
from copos.interop.problems.nl_tree import expression
from copos.interop.problems.polynomial import Polynomial
from copos.interop.text_table import decoded
from copos.reformulation.quadratic.value import QuadraticProgram

ORDERED = ("sosno", "ref", "sos", "sosref")  # suffixes that make special ordered sets
Pair = tuple[Rational | None, Rational | None]


def read(file: Path) -> QuadraticProgram:
    """The program of a file, its numbers as written.

    Raises
    ------
    ValueError
        If the file is no such file, is in the binary form, or not quadratic; the message names the line.

    References
    ----------
    [Gay2005]
    """
    with file.open("rb") as handle:
        if handle.read(1) == b"b":
            raise ValueError("line 1: the binary form of .nl; expected the text form, whose first letter is g")
    lines = Lines(file, comments="#")
    head = _head(lines)
    reader = _Reader(lines, head)
    while lines.left:
        reader.segment()
    return reader.done(_names(file, ".col", head.variables, "v"), _names(file, ".row", head.rows, "c"))


class _Head(NamedTuple):
    """Sizes, and which variables are integers."""

    variables: int
    rows: int
    objectives: int
    integer: list[bool]
    common: int


def _head(lines: Lines) -> _Head:
    def line(what: str, least: int) -> list[int]:
        at, words = lines.take(what)
        if len(words) < least:
            raise ValueError(f"line {at}: expected {what}, {least} numbers, got {shown(' '.join(words))}")
        return [whole(at, word, what, 0, 10**12) for word in words]

    at, words = lines.take("g3 1 1 0, the head of a .nl file")
    if words[0][0] != "g":
        raise ValueError(f"line {at}: expected g3 1 1 0, the head of a .nl file, got {shown(' '.join(words))}")
    at = lines.number
    n, m, objectives, *more = line("numbers of variables, constraints and objectives", 3)
    if not 1 <= n <= VARIABLES or m > ROWS or objectives > 1:
        raise ValueError(f"line {at}: announces {n} variables, {m} constraints and {objectives} objectives; expected 1 "
                         f"to {VARIABLES}, at most {ROWS}, and at most 1")  # fmt: skip
    if len(more) > 2 and more[2]:
        raise ValueError(f"line {at}: has logical constraints")
    at = lines.number
    nonlinear = line("numbers of nonlinear constraints and objectives", 2)
    if any(nonlinear[2:4]):
        raise ValueError(f"line {at}: has complementarity constraints")
    line("numbers of network constraints", 2)
    at = lines.number
    in_rows, in_objectives, both = line("numbers of nonlinear variables", 3)[:3]
    arcs, functions, *_ = line("numbers of arcs and functions", 2)
    if functions:
        raise ValueError(f"line {lines.number - 1}: has functions of its own")
    binary, integer, of_both, of_rows, of_objectives = line("numbers of discrete variables", 5)[:5]
    line("numbers of nonzeros", 2)
    line("lengths of names", 2)
    common = line("numbers of common expressions", 5)
    # nonlinear ones first, the integers at the end of each group; then linear ones: arcs, others, binary, integer
    only_rows, only_objectives = in_rows - both, max(in_objectives, in_rows) - in_rows
    linear = n - max(in_rows, in_objectives) - arcs - binary - integer
    groups = [(both, of_both), (only_rows, of_rows), (only_objectives, of_objectives), (arcs, 0),
              (linear, 0), (binary + integer, binary + integer)]  # fmt: skip
    if any(not 0 <= whole_ <= count for count, whole_ in groups):
        raise ValueError(f"line {at}: the numbers of nonlinear and discrete variables do not fit to {n} variables")
    kinds = [k >= count - whole_ for count, whole_ in groups for k in range(count)]
    return _Head(n, m, objectives, kinds, sum(common))


class _Reader:
    """The parts of the file that have been read, segment by segment."""

    def __init__(self, lines: Lines, head: _Head) -> None:
        self.lines, self.head = lines, head
        self.seen: dict[str, int] = {}
        self.defined = [Polynomial.variable(j) for j in range(head.variables)]
        self.rows: dict[int, Polynomial] = {}
        self.linear: dict[str, Polynomial] = {}
        self.objective = Polynomial()
        self.out = Builder()
        self.sides: list[Pair] = []
        self.bounds: list[Pair] = []

    def segment(self) -> None:
        """The segment that begins in the next line."""
        at, words = self.lines.take("a segment")
        letter, first = words[0][0], words[0][1:]
        words = [first, *words[1:]]
        key = letter if letter in "rbkKxd" else f"{letter}{first}"
        if letter == "S":
            key = " ".join([letter, *words])
        if key in self.seen:
            raise ValueError(f"line {at}: the segment {shown(key)} was given in line {self.seen[key]} already")
        self.seen[key] = at
        n, m = self.head.variables, self.head.rows
        if letter == "C":
            self.rows[self.index(at, first, m)] = expression(self.lines, self.defined)
        elif letter == "O":
            self.index(at, first, self.head.objectives)
            sense = whole(at, words[-1], "the sense, 0 or 1", 0, 1) if len(words) == 2 else self.short(at)
            self.out.sense = ("min", "max")[sense]
            self.objective = expression(self.lines, self.defined)
        elif letter in "JG":
            self.index(at, first, m if letter == "J" else self.head.objectives)
            self.linear[key] = self.terms(self.size(at, words, 2))
        elif letter == "V":
            self.common(at, words)
        elif letter in "rb":
            found = [self.sides_of(letter) for _ in range(m if letter == "r" else n)]
            self.sides, self.bounds = (found, self.bounds) if letter == "r" else (self.sides, found)
        elif letter in "xdkKS":
            self.skip(at, letter, words)
        else:
            raise ValueError(f"line {at}: expected a segment C, O, J, G, r, b, k, V, x, d or S, got "
                             f"{shown(letter + ' '.join(words))}")  # fmt: skip

    def skip(self, at: int, letter: str, words: list[str]) -> None:
        """Starting points, counts of columns and suffixes: read over."""
        if letter == "S" and (len(words) != 3 or words[2] in ORDERED):
            raise ValueError(f"line {at}: expected a suffix that makes no special ordered sets")
        pairs = letter not in "kK"
        for _ in range(self.size(at, words[:2], 1 + (letter == "S"))):
            line, entry = self.lines.take("an index and a number" if pairs else "a number", 1 + pairs)
            number(line, entry[-1])

    def short(self, at: int) -> int:
        raise ValueError(f"line {at}: the segment's first line has too few or too many numbers")

    def index(self, at: int, word: str, count: int) -> int:
        if not count:
            raise ValueError(f"line {at}: the head announces no such segment")
        return whole(at, word, "an index", 0, count - 1)

    def size(self, at: int, words: list[str], numbers: int) -> int:
        """The number of lines of a segment, the last of the numbers in its first line; they must be there."""
        if len(words) != numbers:
            return self.short(at)
        count = whole(at, words[-1], "a number of lines", 0, 10**12)
        if count > self.lines.left:
            raise ValueError(f"line {at}: announces {count} lines, and {self.lines.left} are left")
        return count

    def terms(self, count: int) -> Polynomial:
        out = Polynomial()
        for _ in range(count):
            at, words = self.lines.take("a variable and a number", 2)
            j = whole(at, words[0], "a variable", 0, self.head.variables - 1)
            if j in out.linear:
                raise ValueError(f"line {at}: the variable {j} was given already")
            out.linear[j] = number(at, words[1])
        return out

    def common(self, at: int, words: list[str]) -> None:
        """A common expression, which later ones call by its number."""
        if len(words) != 3 or words[0] != str(len(self.defined)):
            raise ValueError(f"line {at}: expected V{len(self.defined)}, the next common expression, with two numbers")
        if len(self.defined) - self.head.variables >= self.head.common:
            raise ValueError(f"line {at}: more common expressions than the {self.head.common} announced")
        linear = self.terms(self.size(at, words[:2], 2))
        self.defined.append(linear.add(expression(self.lines, self.defined)))

    def sides_of(self, letter: str) -> Pair:
        at, words = self.lines.take("the bounds of a row" if letter == "r" else "the bounds of a variable")
        kind = whole(at, words[0], "a kind of bounds", 0, 4)
        if len(words) != 1 + (2, 1, 1, 0, 1)[kind]:
            raise ValueError(f"line {at}: expected bounds of kind {kind}, got {shown(' '.join(words))}")
        found = [limit(at, word) for word in words[1:]]
        if kind == 4 and found[0][1] is None or kind in (0, 2) and found[0][0] > 0 and found[0][1] is None:
            raise ValueError(f"line {at}: a bound that is infinite on the wrong side")
        if kind in (0, 1) and found[-1][0] < 0 and found[-1][1] is None:
            raise ValueError(f"line {at}: a bound that is infinite on the wrong side")
        values = [value for _, value in found]
        return {0: lambda: (values[0], values[1]), 1: lambda: (None, values[0]), 2: lambda: (values[0], None),
                3: lambda: (None, None), 4: lambda: (values[0], values[0])}[kind]()  # fmt: skip

    def done(self, names: list[str], rows: list[str]) -> QuadraticProgram:
        """The program, when all segments are there."""
        last = self.lines.last
        for letter, needed in (("r", self.head.rows), ("b", self.head.variables)):
            if needed and letter not in self.seen:
                raise ValueError(f"line {last}: the file ends without a segment {letter}")
        missing = next((f"C{k}" for k in range(self.head.rows) if k not in self.rows), None)
        if missing or (self.head.objectives and "O0" not in self.seen):
            raise ValueError(f"line {last}: the file ends without a segment {missing or 'O0'}")
        for name, (low, high), integer in zip(names, self.bounds, self.head.integer, strict=True):
            x = self.out.variables[self.out.place(name)]
            x.lower, x.upper, x.integer = low, high, integer
        nothing = Polynomial()
        self.out.objective = self.objective.scaled(1).add(self.linear.get("G0", nothing)).terms()
        for k, (name, sides) in enumerate(zip(rows, self.sides, strict=True)):
            form = self.rows[k].scaled(1).add(self.linear.get(f"J{k}", nothing))
            self.out.row(name, form.terms(), *sides)
        return self.out.done()


def _names(file: Path, ending: str, count: int, letter: str) -> list[str]:
    """The names in a file beside this one, or letter and number."""
    beside = file.with_suffix(ending)
    if not beside.is_file():
        return [f"{letter}{k}" for k in range(count)]
    names = list(_lines(beside))[:count] if ending == ".row" else list(_lines(beside))
    if len(names) != count or len(set(names)) != count:
        raise ValueError(f"line {len(names)} of {beside.name}: expected {count} different names, one in every line")
    return names


def _lines(file: Path) -> Iterator[str]:
    return (line.strip() for line in decoded(file).split("\n") if line.strip())
