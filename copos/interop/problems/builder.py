"""A quadratic program that grows while a file is read.

Σ pairs x_i x_j + Σ linear x_i + constant  →  min or max,   low ≤ row(x) ≤ high,   lower ≤ x ≤ upper,   x_j integer
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from copos.arithmetic.rationals import Rational
from copos.interop.problems.lines import VARIABLES, shown
from copos.reformulation.quadratic.value import Constraint, Quadratic, QuadraticProgram


@dataclass
class Variable:
    """Bounds and kind; x ≥ 0 is the default of nearly all formats."""

    lower: Rational | None = 0
    upper: Rational | None = None
    integer: bool = False


@dataclass
class Terms:
    """Terms of a form, as they are met."""

    pairs: list[tuple[int, int, Rational]] = field(default_factory=list)
    linear: list[tuple[int, Rational]] = field(default_factory=list)
    constant: Rational = 0

    def form(self, less: Rational = 0) -> Quadratic:
        """The sum of the terms, less a number."""
        return Quadratic.of(self.pairs, self.linear, self.constant - less)


class Builder:
    """Variables by name, in the order in which they come; the objective; the constraints."""

    def __init__(self) -> None:
        self.sense = "min"
        self.objective = Terms()
        self.variables: list[Variable] = []
        self.constraints: list[Constraint] = []
        self._places: dict[str, int] = {}

    def place(self, name: str, line: int = 1) -> int:
        """The number of a variable, which is new where no line has named it yet.

        Raises
        ------
        ValueError
            Where there are too many.
        """
        at = self._places.setdefault(name, len(self._places))
        if at == len(self.variables):
            if at >= VARIABLES:
                raise ValueError(f"line {line}: more than {VARIABLES} variables")
            self.variables.append(Variable())
        return at

    def known(self, at: int, name: str) -> int:
        """The number of a variable that there must be; `at` is the line that names it.

        Raises
        ------
        ValueError
            If there is none.
        """
        if name not in self._places:
            raise ValueError(f"line {at}: there is no variable {shown(name)}")
        return self._places[name]

    @property
    def names(self) -> list[str]:
        """The names of the variables."""
        return list(self._places)

    def rename(self, names: list[str]) -> None:
        """Other names for all variables, in their order."""
        self._places = {name: k for k, name in enumerate(names)}

    def row(self, name: str, terms: Terms, low: Rational | None, high: Rational | None) -> None:
        """Low ≤ terms ≤ high; None where there is no bound."""
        self.constraints.extend(between(name, terms, low, high))

    def done(self, name: str = "") -> QuadraticProgram:
        """The program.

        Raises
        ------
        ValueError
            If it has no variable.
        """
        if not self.variables:
            raise ValueError("line 1: no variables, in the whole file")
        x = self.variables
        named: dict[str, Any] = {"name": name} if name else {}
        return QuadraticProgram(
            tuple(self._places), self.objective.form(), self.sense, tuple(v.lower for v in x),
            tuple(v.upper for v in x), tuple(v.integer for v in x), tuple(self.constraints),
            **named,
        )  # fmt: skip


def between(name: str, terms: Terms, low: Rational | None, high: Rational | None) -> Iterable[Constraint]:
    """One constraint, or two, of low ≤ terms ≤ high; none where both bounds are infinite."""
    if low is not None and low == high:
        return [Constraint(terms.form(low), "=", name)]
    found = [] if low is None else [Constraint(terms.form(low), ">=", name)]
    return found if high is None else [*found, Constraint(terms.form(high), "<=", name)]


def named(names: Iterable[Any], letter: str = "x") -> list[str]:
    """The names that a model gives its variables; where they are empty or not unique, the letter and the number.

    >>> named(["a", "b"]), named(["a", "a"]), named(["", "b"])
    (['a', 'b'], ['x0', 'x1'], ['x0', 'x1'])
    """
    found = [str(name) for name in names]
    if all(found) and len(set(found)) == len(found):
        return found
    return [f"{letter}{k}" for k in range(len(found))]
