"""A quadratic program as a completely positive one over K = {u : bounds, inequalities, quadratic inequalities}.

    min <C, Y>,  Y_00 = 1,  u_b² = u_0u_b for bits,  E_k = 0 for quadratic equations,  Y ∈ CP(K),
    K = {u = (u_0, …) : u_k ≥ 0, f(u) ≥ 0 for every linear inequality, g(u) ≥ 0 for every quadratic one, Lu = 0}

An atom (1, u) is a feasible point. The bound is exact over CP(K): where the linear constraints bound all variables,
there is no atom with u_0 = 0 [Burer2009, Theorem 2.6]; quadratic constraints belong to K, so that they hold at every
atom and not on average only [BurerDong2012].

Slack variables raise no order. Level 0 with a slack s_f = f(u) as coordinate is: Z = moments of (u, s) PSD, Z ≥ 0, and
the equation s_f = f(u) times every coordinate. The equations make Z = V Y V' with (u, s) = V u, so Z ⪰ 0 iff Y ⪰ 0 (V
has full column rank), and the entries of Z are <f f', Y> and <f u_k, Y>: the products of all constraints, rows of order
1. Level 0 on K is Y ⪰ 0 of the order of u with just these rows: the same value, and a smaller matrix [HouTangToh2025].
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from copos.arithmetic import svec
from copos.arithmetic.rationals import Rational, RationalRows, rational, rounded_up
from copos.cones import Cone, Free, NonNegative
from copos.forms import Forms
from copos.program import CompletelyPositiveProgram, Recovered
from copos.questions import Question, table
from copos.reformulation.quadratic.coordinates import Coordinates, coordinates, curved, equations, inequalities
from copos.reformulation.quadratic.exact_point import exact_point
from copos.reformulation.quadratic.presolve import Presolved, presolve
from copos.reformulation.quadratic.search import Search
from copos.reformulation.quadratic.value import QuadraticProgram

Vector = NDArray[np.float64]
Point = tuple[Fraction, ...]


@dataclass(frozen=True, eq=False)
class Known:
    """The search that a problem brings along."""

    found: Callable[[Vector | None], Vector]

    def near(self, x: Vector | None, admits: Any) -> Vector:
        """A feasible point."""
        return self.found(x)


@dataclass(frozen=True, eq=False)
class Lift:
    """A problem, its coordinates and its completely positive program.

    The program's value is sign · (objective − base): `user` and `inward` translate.
    """

    problem: QuadraticProgram

    @cached_property
    def presolved(self) -> Presolved:
        """The problem with tighter bounds, and the steps to it."""
        return presolve(self.problem)

    @cached_property
    def coordinates(self) -> Coordinates:
        """x = T u."""
        return coordinates(self.presolved.problem)

    @cached_property
    def base(self) -> Rational:
        """The objective where u = (1, 0, …)."""
        return rational(self.problem.value([row.get(0, 0) for row in self.coordinates.rows]))

    def user(self, value: Rational) -> Fraction:
        """A value of the program as one of the objective."""
        return self.problem.sign * Fraction(value) + self.base

    def inward(self, value: Rational) -> Fraction:
        """A value of the objective as one of the program."""
        return self.problem.sign * (Fraction(value) - self.base)

    @cached_property
    def search(self) -> Search | Known:
        """For feasible points, in floating point."""
        if self.problem.source is not None:
            return Known(self.problem.source.near)
        return Search.of(self.presolved.problem)

    @cached_property
    def cone(self) -> Cone:
        """K."""
        u, problem = self.coordinates, self.presolved.problem
        K = NonNegative(u.nonnegative)
        K = K * Free(u.free) if u.free else K
        rows = [row for row in equations(problem, u) if row]
        if rows:
            K = K.slice(RationalRows(u.count, tuple(rows)))
        for row in (*u.cuts, *inequalities(problem, u)):
            K = K.restrict(_dense(row, u.count))
        forms = [curved(c, u) for c in problem.quadratic if not c.is_equation]
        K = K.where_nonnegative(_forms(forms, u.count)) if forms else K
        return K.with_unit(_dense({0: 1}, u.count))

    @property
    def is_contradictory(self) -> bool:
        """Do the linear equations say u_0 = 0? Then nothing is feasible."""
        return not self.cone.rationals().basis.rows[0]

    @cached_property
    def program(self) -> CompletelyPositiveProgram:
        """The completely positive program."""
        problem, u, cone = self.problem, self.coordinates, self.cone
        C = {key: problem.sign * c for key, c in u.quadratic(problem.objective).items() if key != (0, 0)}
        vanishing: list[Mapping[tuple[int, int], Rational]] = [{(b, b): 1, (0, b): -1} for b in u.bits]
        vanishing += [curved(c, u) for c in problem.quadratic if c.is_equation]
        N, one = u.count, _forms([{(0, 0): 1}], u.count)
        return CompletelyPositiveProgram(
            cone, _forms([C], N), (one, np.ones(1)), _forms(vanishing, N), problem.name, self._recover, self._atom,
            exact_atom=self._exact_atom, question=Question(self._question),
            tables=Question(lambda: dict(problem.tables)),
        )  # fmt: skip

    def own_question(self) -> dict[str, Any]:
        """The part of a question that is about the lift, besides the problem."""
        sliced = len(self.cone.free) < self.coordinates.count
        more: dict[str, Any] = {"free": self.cone.free.tolist()} if sliced else {}
        more |= {"steps": [list(step) for step in self.presolved.steps]} if self.presolved.steps else {}
        return more | ({"implied": list(self.presolved.implied)} if self.presolved.implied else {})

    def _question(self) -> dict[str, Any]:
        tables = {name: table(rows) for name, rows in self.problem.tables.items()}
        return {**self.problem.question, **tables, **self.own_question()}

    def exact(self, x: Sequence[float]) -> Point | None:
        """A rational feasible point near x; None where none is found."""
        return exact_point(self.problem, x)

    def moved(self, x: Vector) -> Vector:
        """A feasible point with dominated variables at their ends: no worse, and a point of the program."""
        there = self.presolved.dominated
        if not there:
            return x
        x = np.array(x, dtype=float)
        x[list(there)] = [float(v) for v in there.values()]
        return x

    def _recover(self, Y: Vector) -> Recovered:
        x = np.array(self.coordinates.point(Y[0] / Y[0, 0])) if np.isfinite(Y).all() and Y[0, 0] > 0 else None
        found = self.search.near(x, self.exact)
        if found is None:
            return Recovered(None, np.inf, np.full(self.coordinates.count, np.nan))
        return self.recovered(found)

    def recovered(self, x: Vector) -> Recovered:
        """A point with its value, exactly where a rational feasible point is near."""
        x = self.moved(x)
        point = self.exact(x.tolist())
        value = self.inward(self.problem.value(point or [Fraction(v) for v in x.tolist()]))
        return Recovered(x, rounded_up(value), self._atom(x))

    def _atom(self, x: ArrayLike) -> Vector:
        point = np.asarray(x, dtype=float)
        if point.shape != (self.problem.n,):
            raise ValueError(f"expected a point of R^{self.problem.n}, got shape {point.shape}")
        point = self.moved(point)
        near = self.exact(point.tolist())
        whole = near or [Fraction(round(v)) if integer else Fraction(v)
                         for v, integer in zip(point.tolist(), self.problem.integer, strict=True)]  # fmt: skip
        return np.array([float(v) for v in self.coordinates.inverse(whole)])

    def _exact_atom(self, x: ArrayLike) -> Sequence[Fraction]:
        near: list[float] = self.moved(np.asarray(x, dtype=float)).tolist()
        return self.coordinates.inverse(self.exact(near) or [Fraction(v) for v in near])


def _dense(row: Mapping[int, Rational], count: int) -> NDArray[Any]:
    """A linear form as an array of exact numbers."""
    out = np.zeros(count, dtype=object)
    for k, c in row.items():
        out[k] = c
    return out


def _forms(forms: Sequence[Mapping[tuple[int, int], Rational]], count: int) -> Forms:
    """Quadratic forms in u, exactly."""
    rows = tuple({int(svec.position(a, b)): c for (a, b), c in form.items()} for form in forms)
    return Forms.of_rationals(count, RationalRows(svec.length(count), rows))


Exactly = Callable[[Sequence[float]], Point | None]
