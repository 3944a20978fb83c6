"""The lines of a text file as words, taken one after another; what is missing or wrong is said with its line."""

from __future__ import annotations

import re
from pathlib import Path

from copos.arithmetic.rationals import Rational
from copos.interop.text_table import decoded, rational

VARIABLES = 20_000  # that a file may announce or name
ROWS = 200_000  # constraints
INFINITE = 10**20  # the bound from which on LP and MPS files mean none, as for CPLEX, Gurobi and HiGHS
_INFINITE_WORDS = {"inf": 1, "+inf": 1, "infinity": 1, "+infinity": 1, "-inf": -1, "-infinity": -1}
_FORTRAN = re.compile(r"^([-+0-9.]+)[dD](?=[+-]?[0-9]+$)")


class Lines:
    """Lines that hold words, with their numbers.

    Parameters
    ----------
    file : in UTF-8, or UTF-16 with a byte-order mark
    comments : characters from which on the rest of a line is none of the text
    full : characters that make a comment of the line that begins with one of them
    loose : words after those that are expected are a comment, too
    """

    def __init__(self, file: Path, comments: str = "", full: str = "", loose: bool = False) -> None:
        lines = decoded(file).replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")
        self.last = len(lines)
        self._cut = re.compile(f"[{re.escape(comments)}].*") if comments else None
        kept = ((at, line) for at, line in enumerate(lines, 1) if not (full and line.startswith(tuple(full))))
        self._rows = [(at, words) for at, line in kept if (words := self._words(line))]
        self._next = 0
        self._loose = loose

    def _words(self, line: str) -> list[str]:
        return (self._cut.sub("", line) if self._cut else line).split()

    @property
    def number(self) -> int:
        """The number of the next line."""
        return self._rows[self._next][0] if self.left else self.last

    @property
    def left(self) -> int:
        """How many lines there still are."""
        return len(self._rows) - self._next

    def take(self, expected: str, words: int | None = None) -> tuple[int, list[str]]:
        """The next line: its number and its words, as many as expected.

        Raises
        ------
        ValueError
            At the end of the file, or for another number of words.
        """
        if not self.left:
            raise ValueError(f"line {self.last}: the file ends; expected {expected}")
        at, row = self._rows[self._next]
        self._next += 1
        if words is not None and len(row) > words and self._loose:
            return at, row[:words]
        if words is not None and len(row) != words:
            raise ValueError(f"line {at}: expected {expected}, got {shown(' '.join(row))}")
        return at, row

    def count(self, what: str, least: int, most: int) -> int:
        """A line with one integer of a range."""
        at, (word,) = self.take(what, 1)
        return whole(at, word, what, least, most)

    def entries(self, what: str) -> int:
        """A line that announces as many further lines, which must be there."""
        at, (word,) = self.take(what, 1)
        found = whole(at, word, what, 0, 10**12)
        if found > self.left:
            raise ValueError(f"line {at}: announces {found} entries ({what}), and {self.left} lines are left")
        return found

    def end(self, after: str) -> None:
        """Nothing is left, or ValueError."""
        if self.left:
            at, row = self.take("nothing")
            raise ValueError(f"line {at}: expected the end of the file after {after}, got {shown(' '.join(row))}")


def whole(at: int, word: str, what: str, least: int, most: int) -> int:
    """An integer of a range.

    Raises
    ------
    ValueError
        If it is none, with the line.
    """
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", word, re.ASCII) or not least <= int(word) <= most:
        raise ValueError(f"line {at}: expected {what}, an integer from {least} to {most}, got {shown(word)}")
    return int(word)


def number(at: int, word: str) -> Rational:
    """A rational number as it is written: 0.1 is 1/10; Fortran's 1.5D-3, too.

    Raises
    ------
    ValueError
        If it is none, with the line.
    """
    word = _FORTRAN.sub(r"\1e", word)
    try:
        value = rational(word)
    except ValueError as error:
        raise ValueError(f"line {at}: {shown(word)} {error}") from None
    return value.numerator if value.denominator == 1 else value


def limit(at: int, word: str) -> tuple[int, Rational | None]:
    """A number that may be infinite, as 'inf' or from 10²⁰ on: −1, 0 or 1 for −∞, finite, ∞; and the finite one."""
    sign = _INFINITE_WORDS.get(word.lower())
    if sign is not None:
        return sign, None
    value = number(at, word)
    return ((value > 0) - (value < 0), None) if abs(value) >= INFINITE else (0, value)


def shown(text: str) -> str:
    """A piece of a file for a message, cut short."""
    return repr(text if len(text) <= 60 else text[:57] + "…")
