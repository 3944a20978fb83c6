"""The slopes of a linear program at its optimal basis, in rational numbers: for values that rounding puts below 0.

Where the relaxation has its minimum, (z, x) of a neuron is a mean of some of the points (v, max(v, 0)), v ∈ {l, 0, u}.
Slopes λ are optimal if ν max(v, 0) − λ v is least at all of these, an equation for every second point, and if ν_0j = 0
for every input inside of its interval. From the last layer to the first, λ is a function of those that no equation
gives; the other equations are solved for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from copos.arithmetic import exact
from copos.checker import check_relu as checker
from copos.checker.check_reading import Unreadable
from copos.relu.linear import Answer, Relaxation

THERE = 1e-7  # share of a point in a mean from which it is there
SIMPLE = 10**6  # denominator of a number that is tried in the place of a double
LONG = 4_000  # bits of a denominator that the checker reads


def exact_slopes(
    asked: checker.Asked, found: Answer, ends: checker.Ends, relaxation: Relaxation
) -> list[list[list[int]]]:
    """Slopes as the checker reads them, none where the equations contradict each other or are too long."""
    if found.slopes is None or found.point is None:
        return []
    free = _Free(asked, found, ends, relaxation)
    try:
        rows = free.solved()
    except (Unreadable, OverflowError):
        return []
    return [] if rows is None else [rows]


class _Free:
    """λ as functions of the slopes that no equation gives."""

    def __init__(self, asked: checker.Asked, found: Answer, ends: checker.Ends, relaxation: Relaxation) -> None:
        self.asked, self.found, self.ends, self.relaxation = asked, found, ends, relaxation
        self.names: list[tuple[int, int]] = []
        self.zero: list[dict[int, Fraction]] = []  # affine functions that vanish, by parameter; −1 the constant

    def solved(self) -> list[list[int]] | None:
        """The rows of slopes."""
        kappa: list[dict[int, Fraction]] = [{-1: Fraction(v)} if v else {} for v in self.asked.c]
        layers = []
        for k in range(len(self.asked.layers) - 1, 0, -1):
            nu = self._back(k, kappa)
            kappa = [self._slope(k - 1, i, v) for i, v in enumerate(nu)]
            layers.append(kappa)
        nu = self._back(0, kappa)
        inside = self._inside()
        self.zero += [v for v, there in zip(nu, inside, strict=True) if there]
        values = self._parameters()
        if values is None:
            return None
        out = []
        for layer in layers:
            row = [sum((c * (values[p] if p >= 0 else 1) for p, c in v.items()), Fraction(0)) for v in layer]
            bottom = checker.common(row)
            whole = [int(v * bottom) for v in row]
            if max(v.bit_length() for v in [bottom, *whole]) > LONG:
                return None
            out.append([bottom, *whole])
        return out

    def _back(self, k: int, kappa: Sequence[dict[int, Fraction]]) -> list[dict[int, Fraction]]:
        """W_k'κ."""
        layer = self.asked.layers[k]
        out = []
        for column in layer.columns:
            total: dict[int, Fraction] = {}
            for w, v in zip(column, kappa, strict=True):
                for p, c in v.items() if w else ():
                    total[p] = total.get(p, Fraction(0)) + c * Fraction(w, layer.bottom)
            out.append(total)
        return out

    def _slope(self, k: int, i: int, nu: dict[int, Fraction]) -> dict[int, Fraction]:
        """λ of a neuron, a new parameter where one point alone is there."""
        there = self._there(k, i)
        low, high = self.ends[k][i]
        assert low is not None and high is not None
        if len(there) == 3:
            self.zero.append(nu)
            return {}
        if len(there) == 2:
            (a, b) = there
            share = Fraction(max(b, 0) - max(a, 0)) / (b - a)
            return {p: share * c for p, c in nu.items()} if share else {}
        self.names.append((k, i))
        return {len(self.names) - 1: Fraction(1)}

    def _there(self, k: int, i: int) -> list[Any]:
        """The points of {l, 0, u} whose mean the solution is."""
        low, high = self.ends[k][i]
        assert low is not None and high is not None
        unit = 2.0 ** self.relaxation.units[k][i]
        z, x = float(self.found.z[k][i]), float(self.found.x[k][i])
        l, u = float(low) / unit, float(high) / unit
        if low >= high:
            return [low]
        if low >= 0 or high <= 0:
            at = (z - l) / (u - l)
            return [v for v, share in ((low, 1 - at), (high, at)) if share > THERE]
        shares = ((low, (z - x) / l), (0, 1 - x / u - (z - x) / l), (high, x / u))
        return [v for v, share in shares if share > THERE] or [0]

    def _inside(self) -> list[bool]:
        """Is the input strictly inside its interval?"""
        assert self.found.point is not None
        out = []
        for v, (a, b) in zip(self.found.point.tolist(), self.relaxation.ends, strict=True):
            at = float((Fraction(v) - a) / (b - a)) if b > a else 0.0
            out.append(THERE < at < 1 - THERE)
        return out

    def _parameters(self) -> list[Fraction] | None:
        """Values of the parameters, those that are not determined near the doubles."""
        assert self.found.slopes is not None
        near = [_simple(float(self.found.slopes[k][i])) for k, i in self.names]
        count = len(self.names)
        rows = [[*(v.get(p, Fraction(0)) for p in range(count)), -v.get(-1, Fraction(0))] for v in self.zero]
        R, pivots = exact.reduced(rows) if rows else ([], [])
        if count in pivots:
            return None
        for row, pivot in zip(R, pivots, strict=True):
            near[pivot] = row[count] - sum(
                (row[p] * near[p] for p in range(count) if p != pivot and row[p]), Fraction(0))  # fmt: skip
        return near


def _simple(value: float) -> Fraction:
    """A double, or the simple number that it stands for."""
    exact_value = Fraction(value)
    short = exact_value.limit_denominator(SIMPLE)
    return short if abs(float(short - exact_value)) <= 1e-12 * max(1.0, abs(value)) else exact_value
