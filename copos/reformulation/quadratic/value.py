"""A quadratic program as a frozen value, in the user's variables, names and sense, with rational data.

    QuadraticProgram
        names : the variables, unique
        sense : "min" or "max"
        objective : Quadratic
        lower, upper : one rational number per variable, None where there is no bound
        integer : one bool per variable
        constraints : Constraint …, linear ones and quadratic ones alike
        name : what is solved, for messages

    Quadratic       Σ pairs[i, j] x_i x_j + Σ linear[i] x_i + constant, over i ≤ j: so pairs[0, 1] of x'Qx is
                    Q_01 + Q_10, and pairs[0, 0] is Q_00 — no factor ½
    Constraint      form(x) <= 0, form(x) >= 0 or form(x) = 0, with a name

Coefficients are ints or Fractions and none of them is 0; indices are places in `names`. Readers make these values
directly or by `copos.quadratic_program`; everything that solves and proves starts from them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any

from copos.arithmetic.rationals import Rational, rational, written

TYPE = "quadratic program"  # of a question
SENSES = ("min", "max")
LONGEST = 200  # characters of a name
RELATIONS = {"<=": -1, ">=": 1, "=": 0}  # and how a table writes them
Rows = list[list[int | str]]


@dataclass(frozen=True, eq=False)
class Quadratic:
    """Σ pairs[i, j] x_i x_j + Σ linear[i] x_i + constant, i ≤ j.

    Examples
    --------
    >>> f = Quadratic.of([(0, 1, 1), (1, 0, 1)], [(0, "1/2")], -3)
    >>> dict(f.pairs), f.value([2, 5])
    ({(0, 1): 2}, Fraction(18, 1))
    """

    pairs: Mapping[tuple[int, int], Rational] = field(default_factory=dict)
    linear: Mapping[int, Rational] = field(default_factory=dict)
    constant: Rational = 0

    @classmethod
    def of(
        cls, pairs: Iterable[tuple[int, int, Any]] = (), linear: Iterable[tuple[int, Any]] = (), constant: Any = 0
    ) -> Quadratic:
        """From terms (i, j, value) and (i, value) in any order; equal places add up, exactly."""
        square: dict[tuple[int, int], Rational] = {}
        for i, j, v in pairs:
            key = (i, j) if i <= j else (j, i)
            square[key] = square.get(key, 0) + rational(v)
        line: dict[int, Rational] = {}
        for i, v in linear:
            line[i] = line.get(i, 0) + rational(v)
        return cls({k: rational(v) for k, v in sorted(square.items()) if v},
                   {k: rational(v) for k, v in sorted(line.items()) if v}, rational(constant))  # fmt: skip

    @property
    def variables(self) -> frozenset[int]:
        """Where it does not vanish identically."""
        return frozenset(self.linear) | {i for pair in self.pairs for i in pair}

    def value(self, x: Sequence[Rational]) -> Fraction:
        """At a rational point, exactly."""
        total = Fraction(self.constant) + sum((c * x[i] for i, c in self.linear.items()), Fraction(0))
        return total + sum((c * x[i] * x[j] for (i, j), c in self.pairs.items() if x[i] and x[j]), Fraction(0))

    @property
    def rows(self) -> Rows:
        """[0, 0, constant], then linear terms [0, j, c] and products [i, j, c]; variables are counted from 1."""
        linear: Rows = [[0, j + 1, written(c)] for j, c in sorted(self.linear.items())]
        pairs: Rows = [[i + 1, j + 1, written(c)] for (i, j), c in sorted(self.pairs.items())]
        return [[0, 0, written(self.constant)], *linear, *pairs]

    def scaled(self, factor: Rational) -> Quadratic:
        """Times a rational number."""
        return Quadratic.of(((i, j, factor * c) for (i, j), c in self.pairs.items()),
                            ((i, factor * c) for i, c in self.linear.items()), factor * self.constant)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Constraint:
    """form(x) ≤ 0, form(x) ≥ 0 or form(x) = 0."""

    form: Quadratic
    relation: str
    name: str = ""

    @property
    def is_linear(self) -> bool:
        """No products of variables?"""
        return not self.form.pairs

    @property
    def is_equation(self) -> bool:
        """form(x) = 0?"""
        return self.relation == "="

    @property
    def least(self) -> Quadratic:
        """The form that is ≥ 0 (or = 0): `form`, or −`form` of a constraint ≤ 0."""
        return self.form.scaled(-1) if self.relation == "<=" else self.form

    def violation(self, x: Sequence[Rational]) -> Fraction:
        """By how much it fails at a rational point, 0 where it holds."""
        value = self.least.value(x)
        return abs(value) if self.is_equation else max(-value, Fraction(0))


@dataclass(frozen=True, eq=False)
class QuadraticProgram:
    """min or max of a quadratic function over bounds, integers, linear and quadratic constraints.

    Parameters
    ----------
    names : the variables
    objective : the function
    sense : "min" or "max"
    lower, upper : bounds as ints or Fractions, None where there is none
    integer : which variables are integers
    constraints : linear and quadratic constraints
    name : what is solved, for messages

    Raises
    ------
    ValueError
        If lengths, names, indices, senses or relations do not fit.

    Examples
    --------
    >>> f = Quadratic.of([(0, 1, 1)])
    >>> sphere = Constraint(Quadratic.of([(0, 0, 1), (1, 1, 1)], constant=-1), "<=", "disc")
    >>> QuadraticProgram(("x", "y"), f, "max", (0, 0), (None, None), (False, False), (sphere,))
    QuadraticProgram(max over x, y: 1 constraint, 1 quadratic)
    """

    names: tuple[str, ...]
    objective: Quadratic
    sense: str
    lower: tuple[Rational | None, ...]
    upper: tuple[Rational | None, ...]
    integer: tuple[bool, ...]
    constraints: tuple[Constraint, ...] = ()
    name: str = "quadratic program"

    def __post_init__(self) -> None:
        n = len(self.names)
        if not n:
            raise ValueError("a quadratic program needs a variable")
        texts = all(isinstance(v, str) and v.isprintable() and 0 < len(v) <= LONGEST for v in self.names)
        if not texts or len(set(self.names)) != n:
            raise ValueError(f"names of variables must be different printable texts of 1 to {LONGEST} characters")
        if self.sense not in SENSES:
            raise ValueError(f"sense must be 'min' or 'max', got {self.sense!r}")
        for what, values in (("lower", self.lower), ("upper", self.upper), ("integer", self.integer)):
            if len(values) != n:
                raise ValueError(f"{what} has {len(values)} entries for {n} variables")
        for constraint in self.constraints:
            if constraint.relation not in RELATIONS:
                raise ValueError(f"a relation must be '<=', '>=' or '=', got {constraint.relation!r}")
        for form in (self.objective, *(c.form for c in self.constraints)):
            if any(not 0 <= i < n for i in form.variables):
                raise ValueError(f"a form speaks of a variable beyond the {n} that there are")

    def __repr__(self) -> str:
        shown = ", ".join(self.names[:4]) + (", …" if len(self.names) > 4 else "")
        count, curved = len(self.constraints), sum(not c.is_linear for c in self.constraints)
        integers = f", {sum(self.integer)} integers" if any(self.integer) else ""
        plural = "s" * (count != 1)
        return (f"QuadraticProgram({self.sense} over {shown}{integers}: {count} constraint{plural}"
                + (f", {curved} quadratic" if curved else "") + ")")  # fmt: skip

    @property
    def n(self) -> int:
        """Number of variables."""
        return len(self.names)

    @property
    def sign(self) -> int:
        """+1 for a minimum, −1 for a maximum: what is lifted is sign · objective."""
        return 1 if self.sense == "min" else -1

    @cached_property
    def linear(self) -> tuple[Constraint, ...]:
        """The linear constraints."""
        return tuple(c for c in self.constraints if c.is_linear)

    @cached_property
    def quadratic(self) -> tuple[Constraint, ...]:
        """The others."""
        return tuple(c for c in self.constraints if not c.is_linear)

    def value(self, x: Sequence[Rational]) -> Fraction:
        """The objective at a rational point, exactly."""
        return self.objective.value(x)

    @cached_property
    def tables(self) -> dict[str, Rows]:
        """All that a claim depends on, as a certificate holds it.

        "min" or "max" are the rows of the objective; "variables" has a row [integer, has a lower bound, it, has an
        upper bound, it] for each; "relations" a −1, 0 or 1 for ≤, =, ≥; "constraints" the rows of the forms, each
        with the number of its constraint in front.

        >>> from copos import quadratic_program
        >>> quadratic_program([["1/2"]], [3], constant=-1, sense="max").tables
        {'max': [[0, 0, -1], [0, 1, 3], [1, 1, '1/2']], 'variables': [[0, 1, 0, 0, 0]]}
        """

        def bound(value: Rational | None) -> list[int | str]:
            return [0, 0] if value is None else [1, written(value)]

        bounds = zip(self.integer, self.lower, self.upper, strict=True)
        out: dict[str, Rows] = {self.sense: self.objective.rows}
        out["variables"] = [[int(whole), *bound(low), *bound(high)] for whole, low, high in bounds]
        if self.constraints:
            out["relations"] = [[RELATIONS[c.relation] for c in self.constraints]]
            out["constraints"] = [[k, *row] for k, c in enumerate(self.constraints) for row in c.form.rows]
        return out

    def plain_problem(self) -> dict[str, Any]:
        """The program as plain data, which a certificate is compared with."""
        tables = {name: {"rows": rows} for name, rows in self.tables.items()}
        return {"type": TYPE, "names": list(self.names), **tables}

    def violated(self, x: Sequence[Rational]) -> list[str]:
        """Constraints that a rational point violates, by name; empty if it is feasible."""
        out = [f"{name} ≥ {low}" for name, v, low in zip(self.names, x, self.lower, strict=True)
               if low is not None and v < low]  # fmt: skip
        out += [f"{name} ≤ {top}" for name, v, top in zip(self.names, x, self.upper, strict=True)
                if top is not None and v > top]  # fmt: skip
        whole = zip(self.names, x, self.integer, strict=True)
        out += [f"{name} integer" for name, v, is_integer in whole if is_integer and Fraction(v).denominator != 1]
        return out + [c.name or f"constraint {k}" for k, c in enumerate(self.constraints) if c.violation(x)]
