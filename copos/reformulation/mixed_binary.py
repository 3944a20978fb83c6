"""Feasible points of mixed-binary quadratic programs near a fractional one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from copos.reformulation.box_search import descended, starts

Vector = NDArray[np.float64]
TOLERANCE = 1e-7  # of feasibility, relative to the data
PAIRS = 5  # of so many all choices of their zeros are tried


@dataclass(frozen=True, eq=False)
class MixedBinary:
    """min x'Qx + c'x  s.t.  Ax = b, 0 ≤ x ≤ upper, x_j ∈ {0, 1} for j in `binary`, x_ix_j = 0 for the pairs.

    `upper` is 1 at binaries and may be inf elsewhere. `admits` judges a point beyond the tolerance, exactly say.
    """

    Q: Vector
    c: Vector
    A: Vector
    b: Vector
    binary: NDArray[np.bool_]
    upper: Vector
    pairs: NDArray[np.int64]
    admits: Callable[[Vector], bool] = lambda x: True

    def value(self, x: Vector) -> float:
        """The objective."""
        return float(x @ self.Q @ x + self.c @ x)

    def violation(self, x: Vector) -> float:
        """Largest violation of a constraint."""
        fractional = np.where(self.binary, np.minimum(np.abs(x), np.abs(x - 1)), 0.0)
        products = np.abs(x[self.pairs[:, 0]] * x[self.pairs[:, 1]])
        parts = [-x, x - self.upper, np.abs(self.A @ x - self.b), fractional, products]
        return float(np.concatenate(parts).max(initial=0.0))

    def linear_minimum(self, g: Vector, closed: NDArray[np.bool_] | None = None) -> Vector | None:
        """Minimiser of g'x over the constraints, by HiGHS; None if there is none.

        A pair is split by a binary: x_i ≤ u_i d and x_j ≤ u_j (1 − d), with u from `reach`; unless it is known which
        variables are zero, those `closed`.
        """
        from scipy import optimize  # slow to import, and few programs come here

        n, p = len(self.c), len(self.pairs) if closed is None else 0
        upper = self.upper if closed is None else np.where(closed, 0.0, self.upper)
        # HiGHS meets rows up to 1e-6, and values of rows over binaries may be that near to each other
        size = np.abs(self.A).max(axis=1, initial=0.0)
        alone = (size > 0) & ~(self.A[:, ~self.binary] != 0).any(axis=1)
        scale = np.exp2(np.where(alone, 26 - np.round(np.log2(np.where(alone, size, 1.0))), 0.0))
        rows = [np.hstack([scale[:, None] * self.A, np.zeros((len(self.b), p))])]
        low, high = [scale * self.b], [scale * self.b]
        if p:
            reach, k = self.reach(), np.arange(p)
            if not np.isfinite(reach[self.pairs]).all():
                return None
            split = np.zeros((2 * p, n + p))
            split[k, self.pairs[:, 0]] = split[p + k, self.pairs[:, 1]] = 1.0
            split[k, n + k], split[p + k, n + k] = -reach[self.pairs[:, 0]], reach[self.pairs[:, 1]]
            rows.append(split)
            low.append(np.full(2 * p, -np.inf))
            high.append(np.r_[np.zeros(p), reach[self.pairs[:, 1]]])
        found = optimize.milp(
            np.r_[g, np.zeros(p)],
            integrality=np.r_[self.binary, np.ones(p)],
            bounds=optimize.Bounds(np.zeros(n + p), np.r_[upper, np.ones(p)]),
            constraints=optimize.LinearConstraint(np.concatenate(rows), np.concatenate(low), np.concatenate(high)),
        )
        if found.x is None:
            return None
        x = np.clip(found.x[:n], 0.0, self.upper)
        return np.where(self.binary, np.round(x), x)

    def reach(self) -> Vector:
        """The upper bounds, and those of Ax = b where there are none."""
        from scipy import optimize  # slow to import, and few programs come here

        out = self.upper.copy()
        for j in np.intersect1d(np.flatnonzero(~np.isfinite(out)), self.pairs):
            box = np.stack([np.zeros_like(out), self.upper], 1)
            found = optimize.linprog(-np.eye(len(out))[j], A_eq=self.A, b_eq=self.b, bounds=box)
            out[j] = -found.fun if found.status == 0 else np.inf
        return out

    def near(self, x: Vector) -> Vector | None:
        """Best feasible point found around a fractional one; None if none was found."""
        x = np.clip(x, 0.0, self.upper)
        gradient = 2 * self.Q @ x + self.c
        candidates = [self._flip(self._snap(x, threshold)) for threshold in (0.25, 0.5, 0.75)] if self._free else []
        if not len(self.b) and not len(self.pairs) and np.isfinite(self.upper).all():
            points = starts(x, self.upper, np.random.default_rng(0))
            candidates.append(descended(self.Q, self.c, self.upper, self.binary, points)[0])
        if not self._free or not self.binary.all():
            # nearest in the binaries, cheapest to first order, and a mixture
            nearest = np.where(self.binary, 1 - 2 * x, 0.0)
            size = max(float(np.abs(gradient).max()), 1e-12)
            for direction in (nearest, gradient / size, nearest + 0.1 * gradient / size):
                found = self.linear_minimum(direction)
                candidates += [] if found is None else [self._descend(found)]
            if len(self.pairs) and not np.isfinite(self.reach()[self.pairs]).all():
                candidates += list(self._closed(x, nearest + 0.1 * gradient / size))
        scale = 1 + np.abs(self.A).max(initial=0.0) * np.abs(x).max(initial=0.0) + np.abs(self.b).max(initial=0.0)
        candidates = [y for y in candidates if self.violation(y) <= TOLERANCE * scale and self.admits(y)]
        return min(candidates, key=self.value, default=None)

    def _closed(self, x: Vector, direction: Vector) -> Iterator[Vector]:
        """Points for every choice of the zeros of few pairs, or for that of a fractional point."""
        i, j = self.pairs.T
        choices = product((False, True), repeat=len(i)) if len(i) <= PAIRS else [x[i] > x[j]]
        for second in choices:
            closed = np.zeros(len(x), dtype=bool)
            closed[np.where(second, j, i)] = True
            found = self.linear_minimum(direction, closed)
            if found is None:  # unbounded in that direction, or infeasible
                found = self.linear_minimum(np.ones(len(x)), closed)
            if found is not None:
                yield found if self.binary.all() else self._continuous(found, closed)

    @property
    def _free(self) -> bool:
        """Is every 0/1 vector feasible?"""
        return bool(self.binary.all() and not len(self.b) and not len(self.pairs))

    def _snap(self, x: Vector, threshold: float) -> Vector:
        return (x > threshold).astype(float)

    def _flip(self, x: Vector) -> Vector:
        """Flip single binaries while one helps: f(x + δ_j e_j) − f(x) = δ_j (2Qx + c)_j + Q_jj."""
        g = 2 * self.Q @ x + self.c
        while True:
            step = 1 - 2 * x
            gain = step * g + self.Q.diagonal()
            j = int(gain.argmin())
            if gain[j] >= -1e-12 * (1 + np.abs(self.Q).max()):
                return x
            g = g + 2 * self.Q[:, j] * step[j]
            x = x.copy()
            x[j] += step[j]

    def _descend(self, x: Vector) -> Vector:
        """Go to the minimiser of the linearised objective while that helps, then move the continuous part alone."""
        for _ in range(20):
            y = self.linear_minimum(2 * self.Q @ x + self.c)
            if y is None or self.value(y) >= self.value(x) - 1e-12 * (1 + abs(self.value(x))):
                break
            x = y
        return x if self.binary.all() else self._continuous(x)

    def _continuous(self, x: Vector, closed: NDArray[np.bool_] | None = None) -> Vector:
        """A local minimum with the binaries and the zeros of the pairs as they are."""
        from scipy import optimize  # slow to import, and few programs come here

        i, j = self.pairs.T
        if closed is None:
            closed = np.zeros(len(x), dtype=bool)
            closed[np.where(x[i] <= x[j], i, j)] = True
        fixed = self.binary | closed
        bounds = list(zip(np.where(fixed, x, 0.0), np.where(fixed, x, self.upper), strict=True))
        equation = {"type": "eq", "fun": lambda y: self.A @ y - self.b, "jac": lambda y: self.A}
        equations = [equation] if len(self.b) else []
        found = optimize.minimize(
            self.value, x, jac=lambda y: 2 * self.Q @ y + self.c, bounds=bounds, constraints=equations,
            method="SLSQP" if equations else "L-BFGS-B",
        )  # fmt: skip
        y = np.clip(found.x, 0.0, self.upper)
        return y if self.value(y) < self.value(x) and self.violation(y) <= self.violation(x) + TOLERANCE else x
