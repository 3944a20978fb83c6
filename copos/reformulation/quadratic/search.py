"""Feasible points of a quadratic program, near a fractional one: rounding, linear programs, local descent.

Everything is in doubles and promises nothing; `copos.reformulation.quadratic.exact_point` decides.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from copos.arithmetic.rationals import Rational, rational
from copos.reformulation.quadratic import many_starts
from copos.reformulation.quadratic.exact_point import MOST
from copos.reformulation.quadratic.value import Quadratic, QuadraticProgram

Vector = NDArray[np.float64]
Exactly = Callable[[Sequence[float]], Any]
TOLERANCE = 1e-7  # of feasibility in floating point, relative to the numbers of a constraint
MARGINS = (1e-10, 1e-8, 1e-6)  # that quadratic inequalities are met with, so that a rational point can be near
LARGEST = 1e9  # of a variable: farther out is on the way to infinity
STEPS = 8  # of linearised descent
CHOICES = 64  # roundings of few integers that are all tried
LONGEST = 500  # steps of integers
STARTS, SEED = 6, 7  # random points beside the given one, where there is time for them
SMALL = 20  # variables up to which they are tried
LARGE = 200  # variables beyond which no quadratic programming steps are made with constraints


@dataclass(frozen=True, eq=False)
class Curve:
    """x'Qx + c'x + d in doubles."""

    Q: Any  # an array, sparse where it is large
    c: Vector
    d: float

    @classmethod
    def of(cls, form: Quadratic, shift: Sequence[Rational], span: Sequence[Rational]) -> Curve:
        """The form at x = shift + span z, divided by its largest coefficient; shifted exactly, then rounded."""
        n, c = len(span), [form.linear.get(i, 0) for i in range(len(span))]
        rows, columns, values = [], [], []
        for (i, j), v in form.pairs.items():
            rows += [i, j]
            columns += [j, i]
            values += [float(v * span[i] * span[j]) / 2] * 2
            c[i] += v * shift[j]
            c[j] += v * shift[i]
        Q: Any = sp.coo_array((values, (rows, columns)), shape=(n, n)).tocsr()  # equal places add up
        Q = Q if n > LARGE else Q.toarray()
        linear = np.array([float(a * d) for a, d in zip(c, span, strict=True)])
        unit = max(max(map(abs, values), default=0.0), float(np.abs(linear).max(initial=0.0))) or 1.0
        return cls(Q / unit, linear / unit, float(form.value(shift)) / unit)

    def value(self, x: Vector) -> float:
        """At a point."""
        return float(x @ self.Q @ x + self.c @ x + self.d)

    def gradient(self, x: Vector) -> Vector:
        """At a point."""
        return 2 * self.Q @ x + self.c


@dataclass(frozen=True, eq=False)
class Search:
    """min f(z)  s.t.  A z ≤ b, E z = e, low ≤ z ≤ high, integers, curves ≥ 0, surfaces = 0; every row of size one.

    x = shift + span z, with z between 0 and 1 where x has two bounds and is no integer.
    """

    f: Curve
    A: Vector
    b: Vector
    E: Vector
    e: Vector
    low: Vector
    high: Vector
    whole: NDArray[np.bool_]
    curves: tuple[Curve, ...]
    surfaces: tuple[Curve, ...]
    shift: Vector
    span: Vector
    deadline: float = np.inf
    tried: list[Vector] = field(default_factory=list)

    @classmethod
    def of(cls, problem: QuadraticProgram, deadline: float = np.inf) -> Search:
        """The program as a minimisation in doubles; by `time.perf_counter`, nothing is begun after the deadline."""
        n = problem.n
        shift: list[Rational] = [low if low is not None else 0 if high is None else high
                                 for low, high in zip(problem.lower, problem.upper, strict=True)]  # fmt: skip
        shift = [0 if whole else v for v, whole in zip(shift, problem.integer, strict=True)]
        ends = list(zip(problem.lower, problem.upper, problem.integer, strict=True))
        span = [1 if whole else _span(low, high) for low, high, whole in ends]
        rows: dict[bool, list[Vector]] = {True: [], False: []}
        for c in problem.linear:
            rows[c.is_equation].append(_row(c.form if c.is_equation else c.least.scaled(-1), shift, span))
        tables = [np.array(rows[kind]).reshape(-1, n + 1) for kind in (False, True)]
        curved = [(c.is_equation, Curve.of(c.least, shift, span)) for c in problem.quadratic]
        limits = [
            (
                -np.inf if low is None else float(Fraction(low - t) / d),
                np.inf if high is None else float(Fraction(high - t) / d),
            )
            for (low, high, _), t, d in zip(ends, shift, span, strict=True)
        ]
        low, high = np.array(limits).T
        return cls(
            Curve.of(problem.objective.scaled(problem.sign), shift, span), tables[0][:, :n], tables[0][:, n],
            tables[1][:, :n], tables[1][:, n], low, high, np.array(problem.integer),
            tuple(g for same, g in curved if not same), tuple(g for same, g in curved if same),
            np.array([float(v) for v in shift]), np.array([float(v) for v in span]), deadline,
        )  # fmt: skip

    # ---- what a point is worth ---------------------------------------------------------------------------------

    def violation(self, x: Vector) -> float:
        """Largest violation of a constraint, relative to the size of its terms."""
        size = 1 + np.abs(x).max(initial=0.0)
        parts = [self.low - x, x - self.high, self.A @ x - self.b, np.abs(self.E @ x - self.e)]
        parts += [np.abs(x - np.rint(x))[self.whole]]
        curved = [-g.value(x) for g in self.curves] + [abs(g.value(x)) for g in self.surfaces]
        with np.errstate(over="ignore"):  # on the way to infinity
            return max(float(np.concatenate(parts).max(initial=0.0)) / size, max(curved, default=0.0) / size / size)

    def near(self, x: Vector | None, exactly: Exactly) -> Vector | None:
        """The best feasible point found around a fractional one (None: around nothing), exactly feasible ones first."""
        best: tuple[bool, float, Vector] | None = None
        x = None if x is None else (x - self.shift) / self.span
        for y in self._candidates(x) if (self.low <= self.high).all() else ():
            if not np.abs(y).max(initial=0.0) < LARGEST or self.violation(y) > TOLERANCE:
                continue
            value = self.f.value(y)
            if time.perf_counter() > self.deadline and best is not None:
                break
            if best is not None and not best[0] and value >= best[1] - 1e-9 * (1 + abs(best[1])):
                continue
            inexact = exactly((self.shift + self.span * y).tolist()) is None
            if best is None or (inexact, value) < best[:2]:
                best = inexact, value, y
        if best is None:
            return None
        self.tried[:] = [best[2]]  # the next search starts from it, too
        return self.shift + self.span * best[2]

    def remember(self, x: Vector) -> None:
        """A point that the next search starts from."""
        self.tried[:] = [(x - self.shift) / self.span]

    def _candidates(self, x: Vector | None) -> Iterator[Vector]:
        starts = [] if x is None else [np.clip(x, self.low, self.high)]
        first = not self.tried
        yield from self.tried
        many = list(self._many(starts[0] if starts else np.full(len(self.low), 0.5)))
        yield from many
        if many and self.whole.all():
            return  # no rounding does better
        if first and len(self.low) <= SMALL:
            rng = np.random.default_rng(SEED)
            centre = starts[0] if starts else np.clip(np.zeros(len(self.low)), self.low, self.high)
            low = np.where(np.isfinite(self.low), self.low, centre - 1 - np.abs(centre))
            high = np.where(np.isfinite(self.high), self.high, centre + 1 + np.abs(centre))
            starts += [rng.uniform(low, high) for _ in range(STARTS)]
        if not starts:
            starts = [np.clip(np.zeros(len(self.low)), self.low, self.high)]
        for k, start in enumerate(starts):
            if k and self._is_late:
                return
            yield from self._around(start, k == 0)

    def _many(self, x: Vector) -> Iterator[Vector]:
        """Where all variables are between 0 and 1: by many searches at a time."""
        f, ends = self.f, self.whole | (self.f.Q.diagonal() <= 0)
        boxed = not self.low.any() and (self.high == 1).all() and not self.curves and not self.surfaces
        if not boxed or len(self.E) or (len(self.A) and not self.whole.all()):
            return
        yield from many_starts.with_rows(f.Q, f.c, self.A, self.b, x) if len(self.A) else many_starts.in_box(
            f.Q, f.c, ends, x)  # fmt: skip

    def _around(self, x: Vector, thorough: bool) -> Iterator[Vector]:
        for y in self._rounded(x, thorough):
            yield y
            yield from self._descents(y)

    # ---- integers ----------------------------------------------------------------------------------------------

    def _rounded(self, x: Vector, thorough: bool) -> Iterator[Vector]:
        """Points with whole integers that the linear constraints allow, where they allow any."""
        g = self.f.gradient(x)
        size = max(float(np.abs(g).max(initial=0.0)), 1e-300)
        if not self.whole.any():
            yield x
            constrained = bool(len(self.A) or len(self.E))
            found = self.linear(g) if constrained or self._boxed else None
            if found is None and constrained and self.violation(x) > TOLERANCE:
                found = self.linear(np.zeros_like(g))  # any point: the objective may have no minimum
            yield from [] if found is None else [found]
            return
        near = np.where(self.whole, 1 - 2 * (x - np.floor(x)), 0.0)
        for direction in (near, near + 0.1 * g / size, g / size) if thorough else (near + 0.1 * g / size,):
            box = (np.where(self.whole, np.floor(x), self.low), np.where(self.whole, np.floor(x) + 1, self.high))
            found = self.linear(direction, *(np.clip(v, self.low, self.high) for v in box))
            found = self.linear(direction) if found is None else found
            if found is not None:
                yield found
        if thorough and self.whole.sum() <= 6:
            sides = [sorted({np.floor(v), np.ceil(v)}) for v in x[self.whole]]
            for choice, _ in zip(product(*sides), range(CHOICES), strict=False):
                y = x.copy()
                y[self.whole] = choice
                yield np.clip(y, self.low, self.high)

    @property
    def _boxed(self) -> bool:
        return bool(np.isfinite(self.low).all() and np.isfinite(self.high).all())

    def linear(self, g: Vector, low: Vector | None = None, high: Vector | None = None) -> Vector | None:
        """A minimiser of g'x over the linear constraints and integers, by HiGHS; None if there is none."""
        from scipy import optimize  # slow to import, and few programs come here

        low, high = (self.low if low is None else low), (self.high if high is None else high)
        if not self.whole.any() and not len(self.A) and not len(self.E):
            x = np.where(g > 0, low, high)
            return x if np.isfinite(x).all() else None
        rows = np.concatenate([self.A, self.E])
        # many rows are not met exactly, but kept off
        room = MARGINS[1] * (1 + np.abs(self.b)) * (len(self.b) > MOST)
        limits = np.r_[np.full(len(self.b), -np.inf), self.e], np.r_[self.b - room, self.e]
        found = optimize.milp(
            g, integrality=self.whole.astype(int), bounds=optimize.Bounds(low, high),
            constraints=optimize.LinearConstraint(rows, *limits) if len(rows) else (),
            options={"time_limit": float(np.clip(self.deadline - time.perf_counter(), 0.1, 10.0))},
        )  # fmt: skip
        if found.x is None:
            return None
        x = np.clip(found.x, low, high)
        return np.where(self.whole, np.rint(x), x)

    @property
    def _is_late(self) -> bool:
        return time.perf_counter() > self.deadline

    # ---- descent -----------------------------------------------------------------------------------------------

    def _descents(self, x: Vector) -> Iterator[Vector]:
        if not self.curves and not self.surfaces:
            x = self._frank_wolfe(x)
        if self.whole.any():
            x = self._steps(x)
        yield x
        if self.whole.all():
            return
        for margin in MARGINS if self.curves else MARGINS[:1]:
            y = self._local(x, margin)
            if y is not None:
                yield y

    def _frank_wolfe(self, x: Vector) -> Vector:
        """To the minimiser of the linearised objective while that helps."""
        for _ in range(STEPS):
            y = self.linear(self.f.gradient(x))
            if y is None or self.f.value(y) >= self.f.value(x) - 1e-12 * (1 + abs(self.f.value(x))):
                break
            if self.violation(x) <= TOLERANCE or self.violation(y) > TOLERANCE:
                t = self._step_to(x, y)
                y = y if self.whole.any() or t >= 1 else x + t * (y - x)
            x = y
        return x

    def _step_to(self, x: Vector, y: Vector) -> float:
        d = y - x
        slope, curve = float(self.f.gradient(x) @ d), float(d @ self.f.Q @ d)
        return min(1.0, -slope / (2 * curve)) if curve > 0 else 1.0

    def _steps(self, x: Vector) -> Vector:
        """Integers one up or down, or two of them, while that helps and is feasible."""
        if self.violation(x) > TOLERANCE:
            return x
        single = np.eye(len(x))[self.whole]
        moves = np.concatenate([single, -single])
        if len(single) <= SMALL:
            pairs = (a[:, None] + b[None, :] for a, b in ((single, -single), (single, single), (-single, -single)))
            moves = np.concatenate([moves, *(p.reshape(-1, len(x)) for p in pairs)])
            moves = moves[np.abs(moves).sum(axis=1) > 0]
        wide = [2.0**k for k in range(4, int(np.log2(self._width)) + 1, 2)]
        moves = np.concatenate([moves, *(k * s for k in wide for s in (single, -single))])
        for _ in range(LONGEST):
            if self._is_late:
                return x
            gains = moves @ self.f.gradient(x) + ((moves @ self.f.Q) * moves).sum(axis=1)
            for k in np.argsort(gains)[:50]:
                if gains[k] >= -1e-12 * (1 + abs(self.f.Q).max()):
                    return x
                if self.violation(x + moves[k]) <= TOLERANCE:
                    x = x + moves[k]
                    break
            else:
                return x
        return x

    @property
    def _width(self) -> float:
        """The longest range of an integer, as far as one is searched."""
        spans = (self.high - self.low)[self.whole]
        return float(np.clip(spans, 1.0, LARGEST).max(initial=1.0))

    def _local(self, x: Vector, margin: float) -> Vector | None:
        """A local minimum with the integers as they are; None where that would take long."""
        if (len(x) > LARGE and (len(self.A) or len(self.E) or self.curves or self.surfaces)) or self._is_late:
            return None
        from scipy import optimize  # slow to import, and few programs come here

        low, high = np.where(self.whole, x, self.low), np.where(self.whole, x, self.high)
        bounds = np.stack([low, high], 1)
        constraints = []
        if len(self.A):
            constraints.append({"type": "ineq", "fun": lambda y: self.b - self.A @ y, "jac": lambda y: -self.A})
        if len(self.E):
            constraints.append({"type": "eq", "fun": lambda y: self.E @ y - self.e, "jac": lambda y: self.E})
        for g in self.curves:
            constraints.append(
                {"type": "ineq", "fun": lambda y, g=g: g.value(y) - margin, "jac": lambda y, g=g: g.gradient(y)}
            )
        for g in self.surfaces:
            constraints.append({"type": "eq", "fun": lambda y, g=g: g.value(y), "jac": lambda y, g=g: g.gradient(y)})
        methods = ["SLSQP"] if constraints else ["L-BFGS-B"]
        methods += ["SLSQP"] if not constraints and len(x) <= SMALL else []  # less afraid of narrow valleys
        for method in methods:
            with np.errstate(over="ignore", invalid="ignore"):  # on the way to infinity, which is no point
                found = optimize.minimize(
                    self.f.value, x, jac=self.f.gradient, bounds=bounds, constraints=constraints,
                    method=method, options={"maxiter": 200, "ftol": 1e-15},
                )  # fmt: skip
            x = found.x if np.isfinite(found.x).all() else x
        y = np.clip(x, low, high)
        return np.where(self.whole, np.rint(y), y) if np.isfinite(y).all() else None


def _row(form: Quadratic, shift: Sequence[Rational], span: Sequence[Rational]) -> Vector:
    """A linear form c'z + d at x = shift + span z as (c, −d), divided by its largest coefficient."""
    out = np.zeros(len(span) + 1)
    for i, v in form.linear.items():
        out[i] = float(v * span[i])
    unit = float(np.abs(out).max(initial=0.0)) or 1.0
    constant = form.constant + sum(v * shift[i] for i, v in form.linear.items() if shift[i])
    out[-1] = -float(constant)
    return out / unit


def _span(low: Rational | None, high: Rational | None) -> Rational:
    """The length of a range, 1 where it has none."""
    return 1 if low is None or high is None or low >= high else rational(high - low)
