"""MPS files (.mps, .qps), free or fixed with names without blanks, and their quadratic sections.

    ROWS N, L, G, E;  COLUMNS with integer markers;  RHS, of the objective with the sign turned;  RANGES;  BOUNDS
    QUADOBJ, QSECTION   ½x'Qx of the objective, entries of one triangle
    QMATRIX             ½x'Qx of the objective, all entries
    QCMATRIX row        x'Qx of a constraint, all entries

The first row N is the objective, further ones are free and constrain nothing. An integer of the markers without any
bound is 0 or 1, as for CPLEX, Gurobi, HiGHS and SCIP. Columns without linear terms may be named by BOUNDS and the
quadratic sections alone, as HiGHS and Pyomo write them. A negative upper bound without a lower one, of which readers
make 0 or −∞, is an error; so is everything that is given twice.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from copos.arithmetic.rationals import Rational
from copos.interop.problems.builder import Builder, Terms
from copos.interop.problems.lines import ROWS, limit, number, shown
from copos.interop.text_table import decoded
from copos.reformulation.quadratic.value import QuadraticProgram

AFTER = {  # section ↦ the section that it needs
    "NAME": "", "OBJSENSE": "", "ROWS": "", "COLUMNS": "ROWS", "RHS": "COLUMNS", "RANGES": "COLUMNS",
    "BOUNDS": "COLUMNS", "QUADOBJ": "COLUMNS", "QSECTION": "COLUMNS", "QMATRIX": "COLUMNS", "QCMATRIX": "COLUMNS",
    "ENDATA": "COLUMNS",
}  # fmt: skip
SENSES = {"MIN": "min", "MINIMIZE": "min", "MAX": "max", "MAXIMIZE": "max"}
# kind of bound ↦ does it have a number; the sides that it sets; is the variable an integer then
BOUNDS = {
    "LO": (True, "l", False), "UP": (True, "u", False), "FX": (True, "lu", False), "FR": (False, "lu", False),
    "MI": (False, "l", False), "PL": (False, "u", False), "BV": (False, "lu", True), "LI": (True, "l", True),
    "UI": (True, "u", True),
}  # fmt: skip


def read(file: Path) -> QuadraticProgram:
    """The program of a file, its numbers as written.

    Raises
    ------
    ValueError
        If the file is no such file, or has semi-continuous variables, special ordered sets or the like; the message
        names the line.

    References
    ----------
    [MarosMeszaros1999]
    """
    reader = _Reader()
    lines = decoded(file).replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")
    for at, line in enumerate(lines, 1):
        if line[:1] == "*" or not line.strip():
            continue
        if reader.section == "ENDATA":
            raise ValueError(f"line {at}: expected nothing after ENDATA, got {shown(line)}")
        if line[0].isspace():
            reader.entry(at, line.split())
        else:
            reader.begin(at, line.split())
    if reader.section != "ENDATA":
        raise ValueError(f"line {len(lines)}: the file ends; expected ENDATA")
    return reader.done()


class _Row:
    """A row: its kind, terms, right-hand side and range."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.terms = Terms()
        self.right: tuple[int, Rational | None] = (0, 0)
        self.range: Rational | None = None

    def bounds(self, at: int) -> tuple[Rational | None, Rational | None]:
        """Low and high; `at` is the line to which an error belongs."""
        infinite, right = self.right
        if right is None:
            if self.range is not None or self.kind == "E" or (self.kind == "L") != (infinite > 0):
                raise ValueError(f"line {at}: an infinite right-hand side in a row {self.kind}")
            return None, None
        if self.range is None:
            return (None if self.kind == "L" else right), (None if self.kind == "G" else right)
        width = abs(self.range)
        if self.kind == "L" or (self.kind == "E" and self.range < 0):
            return right - width, right
        return right, right + width


class _Reader:
    """The parts of the file that have been read, section by section."""

    def __init__(self) -> None:
        self.out = Builder()
        self.name = self.section = self.of = ""
        self.rows: dict[str, _Row] = {}
        self.objective = ""
        self.begun: dict[str, int] = {}
        self.lines: dict[tuple[str, ...], int] = {}  # what was given ↦ its line
        self.sets: dict[str, str] = {}  # section ↦ the name of its set
        self.column = ""
        self.integer = False
        self.upper: dict[int, int] = {}  # variables with an upper but, as yet, no lower bound ↦ line
        self.entries: dict[tuple[str, int, int], tuple[int, Rational]] = {}  # of full matrices

    def begin(self, at: int, words: list[str]) -> None:
        """The heading of a section."""
        section = words[0].upper()
        if section not in AFTER:
            raise ValueError(f"line {at}: expected one of the sections {', '.join(AFTER)}, got {shown(words[0])}; "
                             "other sections are not read, and lines of entries begin with a blank")  # fmt: skip
        self.of = words[1] if section in ("QCMATRIX", "QSECTION") and len(words) > 1 else ""
        if self.integer:
            raise ValueError(f"line {at}: the integers that began with INTORG did not end with INTEND")
        if AFTER[section] and AFTER[section] not in self.begun:
            raise ValueError(f"line {at}: the section {section} comes after {AFTER[section]}")
        self.once(at, "section", section, self.of)
        self.begun[section] = at
        self.section = section
        if section == "NAME":
            self.name = " ".join(words[1:])
        elif section == "OBJSENSE" and len(words) > 1:
            self.entry(at, words[1:])
        elif section == "COLUMNS" and not self.objective:
            raise ValueError(f"line {at}: no row N, so there is no objective")
        elif section == "QCMATRIX" and (not self.of or self.row(at, self.of).kind == "N"):
            raise ValueError(f"line {at}: expected QCMATRIX and the name of a constraint")
        elif section == "QSECTION" and self.of not in ("", self.objective):
            raise ValueError(f"line {at}: QSECTION of another row than the objective, on which readers differ; "
                             "use QCMATRIX")  # fmt: skip

    def entry(self, at: int, words: list[str]) -> None:
        """A line of the section at hand."""
        if self.section in ("", "NAME", "ENDATA"):
            raise ValueError(f"line {at}: expected a section, got {shown(' '.join(words))}")
        {
            "OBJSENSE": self.sense, "ROWS": self.declare, "COLUMNS": self.coefficients, "RHS": self.right,
            "RANGES": self.ranges, "BOUNDS": self.bound,
        }.get(self.section, self.product)(at, words)  # fmt: skip

    def sense(self, at: int, words: list[str]) -> None:
        if len(words) != 1 or words[0].upper() not in SENSES:
            raise ValueError(f"line {at}: expected MIN or MAX, got {shown(' '.join(words))}")
        self.once(at, "sense")
        self.out.sense = SENSES[words[0].upper()]

    def declare(self, at: int, words: list[str]) -> None:
        kind = words[0].upper()
        if len(words) != 2 or kind not in ("N", "L", "G", "E"):
            raise ValueError(f"line {at}: expected N, L, G or E and the name of a row, got {shown(' '.join(words))}")
        self.once(at, "row", words[1])
        if len(self.rows) >= ROWS:
            raise ValueError(f"line {at}: more than {ROWS} rows")
        self.rows[words[1]] = _Row(kind)
        if kind == "N" and not self.objective:
            self.objective = words[1]

    def coefficients(self, at: int, words: list[str]) -> None:
        if len(words) == 3 and words[1].strip("'\"").upper() == "MARKER":
            mark = words[2].strip("'\"").upper()
            if mark not in ("INTORG", "INTEND") or (mark == "INTORG") == self.integer:
                raise ValueError(f"line {at}: expected 'INTORG', then 'INTEND', got {shown(words[2])}")
            self.integer = not self.integer
            return
        if len(words) not in (3, 5):
            raise ValueError(f"line {at}: expected a column and one or two pairs of row and value, "
                             f"got {shown(' '.join(words))}")  # fmt: skip
        name = words[0]
        if name != self.column:
            self.once(at, "column", name)
            self.column = name
            self.out.variables[self.out.place(name, at)].integer = self.integer
        j = self.out.known(at, name)
        for row, word in zip(words[1::2], words[2::2], strict=True):
            self.once(at, "entry", name, row)
            self.row(at, row).terms.linear.append((j, number(at, word)))

    def right(self, at: int, words: list[str]) -> None:
        for row, word in self.pairs(at, words):
            value = limit(at, word)
            if self.row(at, row).kind == "N":
                value = (0, -number(at, word))
            self.rows[row].right = value

    def ranges(self, at: int, words: list[str]) -> None:
        for row, word in self.pairs(at, words):
            if self.row(at, row).kind == "N":
                raise ValueError(f"line {at}: a range of the row {shown(row)}, which is no constraint")
            self.rows[row].range = number(at, word)

    def pairs(self, at: int, words: list[str]) -> list[tuple[str, str]]:
        """The pairs of row and value after the name of the set, which may be missing."""
        if len(words) not in (2, 3, 4, 5):
            raise ValueError(f"line {at}: expected one or two pairs of row and value, got {shown(' '.join(words))}")
        self.one_set(at, words[0] if len(words) % 2 else "")
        rest = words[len(words) % 2 :]
        found = list(zip(rest[::2], rest[1::2], strict=True))
        for row, _ in found:
            self.once(at, self.section, row)
        return found

    def one_set(self, at: int, name: str) -> None:
        if self.sets.setdefault(self.section, name) != name:
            raise ValueError(f"line {at}: a second set of {self.section}, {shown(name)}; expected one")

    def bound(self, at: int, words: list[str]) -> None:
        kind = words[0].upper()
        if kind not in BOUNDS:
            raise ValueError(f"line {at}: expected a bound {', '.join(BOUNDS)}, got {shown(words[0])}; others, such as "
                             "SC for semi-continuous variables, are not read")  # fmt: skip
        numbered, sides, integer = BOUNDS[kind]
        rest = words[1:]
        if not numbered and len(rest) == 3:  # a number that says nothing
            number(at, rest.pop())
        if len(rest) not in ((2, 3) if numbered else (1, 2)):
            expected = "the name of a column" + (" and a number" if numbered else "")
            raise ValueError(f"line {at}: expected {kind}, perhaps the name of a set, and {expected}")
        name = rest[-2] if numbered else rest[-1]
        self.one_set(at, rest[0] if len(rest) == 2 + numbered else "")
        j = self.out.place(name, at)
        x = self.out.variables[j]
        for side in sides:
            self.once(at, "bound", side, name)
        x.integer |= integer
        sign, value = limit(at, rest[-1]) if numbered else (0, None)
        if sign and (kind == "FX" or sign != (-1 if sides == "l" else 1)):
            raise ValueError(f"line {at}: a bound that is infinite on the wrong side")
        if "l" in sides:
            x.lower = 0 if kind == "BV" else value
            self.upper.pop(j, None)
        if "u" in sides:
            x.upper = 1 if kind == "BV" else value
            if ("bound", "l", name) not in self.lines:
                self.upper[j] = at

    def product(self, at: int, words: list[str]) -> None:
        """An entry of a matrix: of the objective with the factor ½, of a constraint without it."""
        if len(words) != 3:
            raise ValueError(f"line {at}: expected two columns and a number, got {shown(' '.join(words))}")
        i, j = self.out.place(words[0], at), self.out.place(words[1], at)
        value: Rational = number(at, words[2])
        if self.section in ("QUADOBJ", "QSECTION"):
            self.once(at, "product", "", str(min(i, j)), str(max(i, j)))
            self.rows[self.objective].terms.pairs.append((i, j, value if i != j else Fraction(value) / 2))
            return
        self.once(at, "product", self.of, str(i), str(j))
        self.entries[self.of, i, j] = at, value

    def row(self, at: int, name: str) -> _Row:
        if name not in self.rows:
            raise ValueError(f"line {at}: there is no row {shown(name)}")
        return self.rows[name]

    def once(self, at: int, *what: str) -> None:
        if what in self.lines:
            raise ValueError(f"line {at}: the {what[0]} {shown(' '.join(filter(None, what[1:])))} was given in line "
                             f"{self.lines[what]} already")  # fmt: skip
        self.lines[what] = at

    def done(self) -> QuadraticProgram:
        """The program, when all sections are there."""
        for (of, i, j), (at, value) in self.entries.items():
            if self.entries.get((of, j, i), (0, 0))[1] != value:
                raise ValueError(f"line {at}: this entry and its mirror image differ; expected both, and equal")
            terms = self.rows[of or self.objective].terms
            terms.pairs.append((i, j, value if of else Fraction(value) / 2))
        for j, at in self.upper.items():
            upper = self.out.variables[j].upper
            if upper is not None and upper < 0:
                raise ValueError(f"line {at}: a negative upper bound without a lower one, of which readers make 0 or "
                                 "-inf; give the lower bound, too")  # fmt: skip
        bounded = {what[2] for what in self.lines if what[0] == "bound"}
        for name, x in zip(self.out.names, self.out.variables, strict=True):
            if x.integer and name not in bounded:
                x.upper = 1
        for name, row in self.rows.items():
            if row.kind != "N":
                self.out.row(name, row.terms, *row.bounds(self.lines.get(("RHS", name), self.begun["ENDATA"])))
        objective = self.rows[self.objective]
        objective.terms.constant = objective.right[1] or 0
        self.out.objective = objective.terms
        return self.out.done(self.name)
