r"""LP files (.lp), the format of CPLEX with the habits of Gurobi, HiGHS and Pyomo.

    Maximize             or Minimize
     obj: x + 2 y + [ x ^2 - 4 x * y ] / 2 + 3
    Subject To
     c1: x + [ y ^2 ] <= 0.1       in brackets products, halved in the objective only
     c2: -1 <= x - y <= 4
    Bounds                         x ≥ 0 where nothing is said
     -inf <= x <= 5
     y free
    Generals, Binaries, End

Terms of one variable add up. A bound that is given twice, and a negative upper bound without a lower one, are errors:
readers differ on them.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from copos.arithmetic.rationals import Rational
from copos.interop.problems.builder import Builder, Terms
from copos.interop.problems.lines import ROWS, limit, number, shown
from copos.interop.problems.lp_words import END, NAME, NUMBER, RELATIONS, SECTION, SIGN, Word, words
from copos.reformulation.quadratic.value import QuadraticProgram

Limit = tuple[int, Rational | None]


def read(file: Path) -> QuadraticProgram:
    """The program of a file, its numbers as written.

    Raises
    ------
    ValueError
        If the file is no such file, or has semi-continuous variables, special ordered sets or the like; the message
        names the line.
    """
    reader = _Reader(words(file))
    reader.objective()
    while (section := reader.take().text) != "end":
        reader.section(section)
    if reader.next.kind != END:
        raise reader.wrong("nothing after End")
    reader.settle()
    return reader.out.done()


class _Reader:
    """The place in the words, and what has been read."""

    def __init__(self, found: list[Word]) -> None:
        self.words = found
        self.place = 0
        self.out = Builder()
        self.rows: dict[str, int] = {}
        self.bounded: dict[tuple[int, str], int] = {}  # variable, side ↦ line
        self.seen: dict[str, int] = {}

    @property
    def next(self) -> Word:
        return self.words[self.place]

    def take(self) -> Word:
        self.place += 1
        return self.words[self.place - 1]

    def takes(self, *texts: str) -> bool:
        """Take a sign if it is the next one."""
        fits = self.next.kind == SIGN and self.next.text in texts
        self.place += fits
        return fits

    def wrong(self, expected: str) -> ValueError:
        word = self.next
        got = shown(word.text) if word.kind in (NUMBER, NAME, SIGN) else f"the section {word.text!r}"
        return ValueError(f"line {word.line}: expected {expected}, got {END if word.kind == END else got}")

    def objective(self) -> None:
        if self.next.kind != SECTION or self.next.text not in ("min", "max"):
            raise self.wrong("Minimize or Maximize")
        self.out.sense = self.take().text
        self.label()
        self.out.objective = self.terms(half=True)
        if self.next.kind != SECTION or self.next.text in ("min", "max"):
            raise self.wrong("another term, or Subject To, Bounds or End")

    def section(self, section: str) -> None:
        """All of a section whose heading has been taken."""
        at = self.words[self.place - 1].line
        if section in self.seen:
            raise ValueError(f"line {at}: this section began in line {self.seen[section]} already")
        self.seen[section] = at
        if section == "rows" and len(self.seen) > 1:
            raise ValueError(f"line {at}: the constraints come before the bounds and the integers")
        one = {"rows": self.row, "bounds": self.bound, "integers": self.integer, "binaries": self.binary}.get(section)
        while self.next.kind not in (SECTION, END):
            if one is None:
                raise ValueError(f"line {at}: has {section}, which are not read")
            one()
        if self.next.kind == END:
            raise ValueError(f"line {self.next.line}: the file ends; expected the line End")
        if self.next.text in ("min", "max"):
            raise self.wrong("one objective only")

    def label(self) -> str:
        """A name and a colon, if they are next."""
        if self.heads_row():
            self.place += 2
            return self.words[self.place - 2].text
        return ""

    def terms(self, half: bool = False) -> Terms:
        """A sum of numbers, variables with coefficients, and brackets; perhaps empty."""
        out = Terms()
        first = True
        while self.next.kind in (NUMBER, NAME) or self.next.text in ("+", "-", "["):
            if self.heads_row():
                break
            factor, signs = self.signs()
            if not first and not signs:
                raise self.wrong("+, - or a relation")
            first = False
            is_number = self.next.kind == NUMBER
            if is_number:
                factor *= self.number()
                self.takes("*")
            if self.takes("["):
                self.bracket(out, factor, half)
            elif self.next.kind == NAME:
                out.linear.append((self.variable(), factor))
            elif is_number:
                out.constant += factor
            else:
                raise self.wrong("a number, a variable or [")
        return out

    def heads_row(self) -> bool:
        """Is the next word the name of a row?"""
        return self.next.kind == NAME and self.words[self.place + 1].text == ":"

    def bracket(self, out: Terms, factor: Rational, half: bool) -> None:
        """Products, up to ], which in the objective must be followed by / 2."""
        pairs: list[tuple[int, int, Rational]] = []
        while not self.takes("]"):
            each, signs = self.signs()
            if pairs and not signs:
                raise self.wrong("+, - or ]")
            if self.next.kind == NUMBER:
                each *= self.number()
                self.takes("*")
            i = j = self.variable()
            if self.takes("^"):
                if self.next.text != "2":
                    raise self.wrong("the exponent 2")
                self.take()
            elif self.takes("*"):
                j = self.variable()
            else:
                raise self.wrong("^ 2 or * and a variable")
            pairs.append((i, j, factor * each))
        if half:
            if not self.takes("/") or self.next.text != "2":
                raise self.wrong("/ 2 after the bracket of the objective")
            self.take()
        out.pairs += [(i, j, Fraction(v) / 2 if half else v) for i, j, v in pairs]

    def row(self) -> None:
        at, name = self.next.line, self.label()
        if name in self.rows:
            raise ValueError(f"line {at}: a constraint {shown(name)} was given in line {self.rows[name]} already")
        if len(self.out.constraints) >= ROWS:
            raise ValueError(f"line {at}: more than {ROWS} constraints")
        if name:
            self.rows[name] = at
        low: Limit = (-1, None)
        left = self.bound_before()
        terms = self.terms()
        if left is not None and self.next.text not in RELATIONS:  # 3 <= x + y
            bounds = _range(at, left[1], left[0])
        else:
            relation = self.relation()
            bounds = _range(at, _turned(relation), self.limit())
            if left is not None:
                if relation != left[1] or relation == "=":
                    raise ValueError(f"line {at}: expected a range low <= … <= high with two relations of one kind")
                low, high = (left[0], bounds[1]) if relation == "<=" else (bounds[0], left[0])
                bounds = low, high
        if not name and not terms.linear and not terms.pairs:
            raise ValueError(f"line {at}: a constraint without a variable")
        self.out.row(name or f"c{len(self.rows)}", terms, *(b[1] for b in bounds))

    def bound_before(self) -> tuple[Limit, str] | None:
        """A number and a relation, if they begin a row or a bound."""
        start = self.place
        self.signs()
        if self.next.kind == NUMBER or _is_infinity(self.next):
            self.take()
            if self.next.text in RELATIONS:
                self.place = start
                value = self.limit()
                return value, self.relation()
        self.place = start
        return None

    def bound(self) -> None:
        at = self.next.line
        left = self.bound_before()
        j = self.variable()  # perhaps one that occurs nowhere else
        if left is not None:
            self.bounds(at, j, *_range(at, left[1], left[0]))
            if self.next.text in RELATIONS:
                relation = self.relation()
                if relation != left[1] or relation == "=":
                    raise ValueError(f"line {at}: expected low <= variable <= high with two relations of one kind")
                self.bounds(at, j, *_range(at, _turned(relation), self.limit()))
        elif self.next.kind == NAME and self.next.text.lower() == "free":
            self.take()
            self.bounds(at, j, (-1, None), (1, None), both=True)
        else:
            relation = self.relation()
            self.bounds(at, j, *_range(at, _turned(relation), self.limit()))

    def bounds(self, at: int, j: int, low: Limit, high: Limit, both: bool = False) -> None:
        """Take up bounds of a variable: those that are finite, or that were said to be infinite."""
        x = self.out.variables[j]
        for side, value, silent in (("lower", low, NONE_BELOW), ("upper", high, NONE_ABOVE)):
            if value == silent and not both:
                continue
            if (j, side) in self.bounded:
                raise ValueError(f"line {at}: the {side} bound was given in line {self.bounded[j, side]} already")
            self.bounded[j, side] = at
            setattr(x, side, value[1])

    def integer(self) -> None:
        self.out.variables[self.variable(known=True)].integer = True

    def binary(self) -> None:
        j = self.variable(known=True)
        x = self.out.variables[j]
        x.integer = True
        x.lower = max(x.lower or 0, 0)
        x.upper = 1 if x.upper is None else min(x.upper, 1)

    def settle(self) -> None:
        """The errors in bounds that show only when all of them are known."""
        for (j, side), at in self.bounded.items():
            upper = self.out.variables[j].upper
            if side == "upper" and upper is not None and upper < 0 and (j, "lower") not in self.bounded:
                raise ValueError(f"line {at}: a negative upper bound without a lower one, which readers understand as "
                                 "0 or as -inf; give the lower bound, too")  # fmt: skip

    def signs(self) -> tuple[Rational, bool]:
        """The product of the signs that are next, and whether there are any."""
        sign: Rational = 1
        start = self.place
        while self.next.text in ("+", "-") and self.next.kind == SIGN:
            sign = -sign if self.take().text == "-" else sign
        return sign, self.place > start

    def number(self) -> Rational:
        if self.next.kind != NUMBER:
            raise self.wrong("a number")
        word = self.take()
        return number(word.line, word.text)

    def limit(self) -> Limit:
        """A number with its sign, or an infinity."""
        sign, _ = self.signs()
        word = self.next
        if word.kind != NUMBER and not _is_infinity(word):
            raise self.wrong("a number")
        self.take()
        direction, value = limit(word.line, word.text)
        return int(sign) * direction, None if value is None else sign * value

    def relation(self) -> str:
        if self.next.text not in RELATIONS:
            raise self.wrong("<=, >= or =")
        return RELATIONS[self.take().text]

    def variable(self, known: bool = False) -> int:
        if self.next.kind != NAME or _is_infinity(self.next):
            raise self.wrong("the name of a variable")
        word = self.take()
        return self.out.known(word.line, word.text) if known else self.out.place(word.text, word.line)


NONE_BELOW, NONE_ABOVE = (-2, None), (2, None)  # not said, unlike an infinity


def _range(at: int, relation: str, value: Limit) -> tuple[Limit, Limit]:
    """The bounds that `value relation x` sets."""
    if relation == "=":
        if value[1] is None:
            raise ValueError(f"line {at}: nothing equals an infinity")
        return value, value
    wrong = 1 if relation == "<=" else -1
    if value[0] == wrong:
        raise ValueError(f"line {at}: a bound that is infinite on the wrong side")
    return (value, NONE_ABOVE) if relation == "<=" else (NONE_BELOW, value)


def _turned(relation: str) -> str:
    return {"<=": ">=", ">=": "<=", "=": "="}[relation]


def _is_infinity(word: Word) -> bool:
    return word.kind == NAME and word.text.lower() in ("inf", "infinity")
