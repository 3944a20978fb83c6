"""The linear relaxation of a network by triangles, kept in HiGHS, in which a sign of a neuron is a change of bounds.

    z_k − W_k x_{k−1} = b_k,     x ≥ 0,  x ≥ z,  x ≤ u(z − l)/(u − l)  where l < 0 < u   [Ehlers2017]

Every z_ki is in units 2^e of its range and every input in units of its interval, so that the numbers are of size 1. The
multipliers of the first rows, in the units of the network, are slopes (`check_relu`) that prove the value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.rationals import rational
from copos.reformulation.exact_data import floats
from copos.reformulation.relu_given import GivenNetwork, Range
from copos.solvers.highs import silent

Vector = NDArray[np.float64]
Signs = Mapping[tuple[int, int], int]  # (k, i) ↦ 1: z_ki ≥ 0, −1: z_ki ≤ 0
# no number of threads: HiGHS keeps one pool for a process, and refuses to run with another number than the pool's
SETTINGS = {
    "presolve": "off", "solver": "simplex",
    "primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10,
}  # fmt: skip
CUTS, NEAR = 30, 1e-9  # tangents of a ball before a value is taken; the part of a radius that is let be


@dataclass(frozen=True, eq=False)
class Answer:
    """What HiGHS says: the value, or that nothing is feasible, with slopes and the point.

    Attributes
    ----------
    value : the minimum; +∞ where nothing is feasible
    slopes : λ for every layer, in the units of the network; None without multipliers
    z, x : (k: (n_k,)) where the relaxation is, in units
    point : (n_0,) its inputs
    """

    value: float
    slopes: list[Vector] | None
    z: list[Vector]
    x: list[Vector]
    point: Vector | None


class Relaxation:
    """The relaxation of layers 0, …, k − 1, whose ranges are known; its objective may be any κ'z_k.

    Parameters
    ----------
    network : the network
    ranges : of z, for the layers that take part
    """

    def __init__(self, network: GivenNetwork, ranges: Sequence[Sequence[Range]]) -> None:
        self.network = network
        self._highspy: Any = import_module("highspy")
        self.ends = network.ends
        self.width = [power(b - a) for a, b in self.ends]
        self.origin = [a for a, _ in self.ends]
        self.highs = silent()
        for name, value in SETTINGS.items():
            self.highs.setOptionValue(name, value)
        self.inputs = len(self.ends)
        for (a, b), w in zip(self.ends, self.width, strict=True):
            self.highs.addVar(0.0, float((b - a) / Fraction(2) ** w))
        self.units: list[list[int]] = []
        self.ranges: list[Vector] = []  # (n_k, 2), in units
        self.signs: dict[tuple[int, int], int] = {}
        self.costs = np.zeros(self.inputs)
        self.first: list[int] = []  # row of the first neuron of a layer
        self.rows, self.columns = 0, self.inputs
        self.places: list[int] = []  # column of the first z of a layer; its x follow
        for layer in ranges:
            self.add(layer)

    def before(self, k: int) -> tuple[int, list[int]]:
        """Column of the first x_{k−1}, and the units of them."""
        return (0, self.width) if not k else (self.places[k - 1] + len(self.units[k - 1]), self.units[k - 1])

    def row(self, weights: Sequence[Any], shift: Any, k: int) -> tuple[Vector, float, Fraction]:
        """(w, constant) of w'(variables before layer k) + constant, in the network's units times 2^−e; and 2^e."""
        _, units = self.before(k)
        exact = [Fraction(w) * Fraction(2) ** e for w, e in zip(weights, units, strict=True)]
        constant = Fraction(shift)
        if not k:
            constant += sum((w * o for w, o in zip(weights, self.origin, strict=True) if w), Fraction(0))
        unit = Fraction(2) ** power(max([abs(v) for v in exact] + [abs(constant)], default=Fraction(0)))
        return np.array([float(v / unit) for v in exact]), float(constant / unit), unit

    def add(self, ranges: Sequence[Range]) -> None:
        """One more layer, whose ranges are known."""
        k, inf = len(self.units), self._highspy.kHighsInf
        W, b = self.network.exact[k]
        start, _ = self.before(k)
        units = [power(max(abs(l), abs(u))) for l, u in ranges]
        here = np.array([[float(v / Fraction(2) ** e) for v in pair] for pair, e in zip(ranges, units, strict=True)])
        n = len(units)
        for l, u in here:
            self.highs.addVar(float(l), float(u))
        for _, u in here:
            self.highs.addVar(0.0, float(max(u, 0.0)))
        at, self.columns = self.columns, self.columns + 2 * n
        self.first.append(self.rows)
        for i, (w, s) in enumerate(zip(W, b, strict=True)):
            row, constant, unit = self.row(w, s, k)
            scale = float(unit / Fraction(2) ** units[i])
            used = np.flatnonzero(row)
            index = np.r_[start + used, at + i].astype(np.int32)
            self.highs.addRow(constant * scale, constant * scale, len(index), index, np.r_[-row[used] * scale, 1.0])
        for i, (l, u) in enumerate(here):
            pair = np.array([at + i, at + n + i], dtype=np.int32)
            self.highs.addRow(0.0, 0.0 if l >= 0 else inf, 2, pair, np.array([-1.0, 1.0]))
            slope = u / (u - l) if l < 0 < u else 0.0
            self.highs.addRow(-inf, -slope * l if l < 0 < u else inf, 2, pair, np.array([-slope, 1.0]))
        self.rows += 3 * n
        self.units.append(units)
        self.ranges.append(here)
        self.places.append(at)

    def aim(self, kappa: Sequence[Any]) -> None:
        """Minimise κ'z_k, k the first layer that is not in the relaxation."""
        k = len(self.units)
        W, b = self.network.exact[k]
        used = [(v, row, s) for v, row, s in zip(kappa, W, b, strict=True) if v]
        size = len(W[0])
        weights = [sum((v * row[j] for v, row, _ in used if row[j]), 0) for j in range(size)]
        shift = sum((v * s for v, _, s in used), 0)
        cost, self.constant, self.unit = self.row(weights, shift, k)
        start, _ = self.before(k)
        self.costs = np.zeros(self.columns)
        self.costs[start : start + size] = cost
        self.highs.changeColsCost(self.columns, np.arange(self.columns, dtype=np.int32), self.costs)

    def restrict(self, signs: Signs) -> None:
        """The signs of a node, in the place of those before."""
        for k, i in [*self.signs, *signs]:
            if self.signs.get((k, i), 0) == signs.get((k, i), 0):
                continue
            sign, (l, u) = signs.get((k, i), 0), self.ranges[k][i]
            n, at = len(self.units[k]), self.places[k] + i
            low, high = (max(l, 0.0) if sign > 0 else l), (min(u, 0.0) if sign < 0 else u)
            self.highs.changeColBounds(at, float(low), float(high))
            self.highs.changeColBounds(at + n, 0.0, float(max(high, 0.0)))
            self.highs.changeRowBounds(self.first[k] + n + 2 * i, 0.0, 0.0 if low >= 0 else self._highspy.kHighsInf)
        self.signs = dict(signs)

    def solve(self) -> Answer:
        """The minimum at the signs of the node; a ball is cut out of its box by tangents, which stay."""
        for _ in range(CUTS):
            found = self._solved()
            if found.point is None or not self._cut(found.point):
                break
        return found

    def _cut(self, point: Vector) -> bool:
        """Add the tangent of the ball nearest to a point outside of it."""
        network = self.network
        if network.center is None or network.radius is None:
            return False
        center, radius = floats(network.center), float(network.radius)
        away = point - center
        far = float(np.linalg.norm(away))
        if far <= radius * (1 + NEAR):
            return False
        # g'(x − m) ≤ r in t, x = o + 2^w t
        g = away / far
        row = np.ldexp(g, self.width)
        size = float(np.abs(row).max()) or 1.0
        corner = [float(o - Fraction(rational(m)))
                  for o, m in zip(self.origin, network.center.tolist(), strict=True)]  # fmt: skip
        shift = radius - float(g @ np.array(corner))
        used = np.flatnonzero(row)
        self.highs.addRow(-self._highspy.kHighsInf, shift / size, len(used), used.astype(np.int32), row[used] / size)
        self.rows += 1
        return True

    def _solved(self) -> Answer:
        self.highs.run()
        said = self.highs.getModelStatus().name
        if said not in ("kOptimal", "kInfeasible"):
            self.highs.clearSolver()
            self.highs.run()
            said = self.highs.getModelStatus().name
        if said == "kInfeasible":
            *_, has, ray = self.highs.getDualRay()
            slopes = None
            if has and ray is not None:
                ray = np.asarray(ray, dtype=float)
                size = float(np.abs(ray).max(initial=0.0)) or 1.0
                slopes = self._slopes(ray / size, 0)
            return Answer(np.inf, slopes, [], [], None)
        if said != "kOptimal":
            return Answer(-np.inf, None, [], [], None)
        found = self.highs.getSolution()
        values = np.asarray(found.col_value, dtype=float)
        z, x = [], []
        for at, units in zip(self.places, self.units, strict=True):
            n = len(units)
            z.append(values[at : at + n])
            x.append(values[at + n : at + 2 * n])
        point = np.array([float(o + Fraction(float(t)) * Fraction(2) ** w)
                          for o, t, w in zip(self.origin, values[: self.inputs], self.width, strict=True)])  # fmt: skip
        value = float(self.unit) * (float(self.costs @ values) + self.constant)
        return Answer(value, self._slopes(np.asarray(found.row_dual, dtype=float), power(self.unit)), z, x, point)

    def contradicted(self, signs: Signs) -> list[Vector] | None:
        """Slopes that contradict the last of the signs: the largest sz_ki, s its sign, over the others is below 0."""
        *others, (last, sign) = signs.items()
        (k, i), columns = last, np.arange(self.columns, dtype=np.int32)
        self.restrict(dict(others))
        costs = np.zeros(self.columns)
        costs[self.places[k] + i] = -sign
        self.highs.changeColsCost(self.columns, columns, costs)
        found = self._solved()
        self.highs.changeColsCost(self.columns, columns, self.costs)
        return None if found.slopes is None else [np.ldexp(row, -power(self.unit)) for row in found.slopes]

    def _slopes(self, duals: Vector, e: int) -> list[Vector]:
        """The multipliers of z_k = W_k x_{k−1} + b_k in the units of the network, of an objective in units 2^e."""
        out = []
        for first, units in zip(self.first, self.units, strict=True):
            out.append(np.ldexp(duals[first : first + len(units)], e - np.array(units)))
        return out


def power(value: Fraction) -> int:
    """e with 2^(e − 1) ≤ value < 2^(e + 1); 0 of 0."""
    return value.numerator.bit_length() - value.denominator.bit_length() if value else 0
