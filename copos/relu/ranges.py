"""Ranges of the neurons before any sign is decided, proved: by intervals, by one backward pass, by linear programs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from copos.arithmetic.rationals import written
from copos.checker import check_relu as checker
from copos.checker.check_data import Data
from copos.reformulation.relu_given import GivenNetwork, Range
from copos.relu.linear import Relaxation, power
from copos.relu.slopes import backwards, bound, down, in_floats, written_slopes


@dataclass(eq=False)
class Ranges:
    """Ranges l ≤ z_ki ≤ u of all layers but the last, with the items of a proof that show them.

    Attributes
    ----------
    of : for every layer the ranges, exactly
    proofs : by (layer, neuron, side) what `check_relu.narrowed` reads, in order
    relaxation : of the layers that are done
    """

    network: GivenNetwork
    of: list[list[Range]] = field(default_factory=list)
    proofs: dict[tuple[int, int, int], list[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        data = {name: [list(row) for row in rows] for name, rows in self.network.tables.items()}
        self.asked = checker.asked(self.network.plain, Data(data))
        self.ends: checker.Ends = [[(None, None)] * len(b) for _, b in self.network.exact[:-1]]
        self.relaxation = Relaxation(self.network, [])

    def work(self, left: Callable[[], float], linear_programs: bool) -> None:
        """All layers, by linear programs while there is time."""
        for k in range(len(self.network.weights) - 1):
            self._layer(k, left, linear_programs)

    def _layer(self, k: int, left: Callable[[], float], linear_programs: bool) -> None:
        n = len(self.network.biases[k])
        here: list[list[Fraction]] = [[Fraction(0), Fraction(0)] for _ in range(n)]
        slopes = backwards(self.network, k, np.vstack([np.eye(n), -np.eye(n)]), in_floats(self.of)) if k else []
        for i in range(n):
            for side in (0, 1):
                rows = [row[side * n + i] for row in reversed(slopes)]
                here[i][side] = self._best(k, i, side, rows)
            low, high = here[i]
            if k and linear_programs and low < 0 < high:
                for side in (0, 1):
                    if left() > 0 and here[i][0] < 0 < here[i][1]:
                        here[i][side] = self._by_program(k, i, side, here[i][side])
        self.of.append([(l, u) for l, u in here])
        self.relaxation.add(self.of[-1])

    def _best(self, k: int, i: int, side: int, slopes: list[Any]) -> Fraction:
        """By intervals, or by the backward pass where that says more."""
        plain, item = self._proved(k, i, side, [])
        assert plain is not None  # the layers before have ranges
        if slopes:
            rows = written_slopes(slopes, self.relaxation.units, power(abs(plain)))
            better, other = self._proved(k, i, side, rows) if rows is not None else (None, item)
            if better is not None and better > plain:
                plain, item = better, other
        return self._kept(k, i, side, plain, item)

    def _by_program(self, k: int, i: int, side: int, known: Fraction) -> Fraction:
        kappa = [0] * len(self.network.biases[k])
        kappa[i] = -1 if side else 1
        self.relaxation.aim(kappa)
        found = self.relaxation.solve()
        if found.slopes is None or not np.isfinite(found.value):
            return known
        rows = written_slopes(found.slopes, self.relaxation.units, power(self.relaxation.unit))
        value, item = self._proved(k, i, side, rows) if rows is not None else (None, [])
        if value is None or value <= (-known if side else known):
            return known
        return self._kept(k, i, side, value, item)

    def _proved(self, k: int, i: int, side: int, rows: list[list[int]] | None) -> tuple[Fraction | None, Any]:
        """A bound of z, or of −z."""
        kappa = [0] * len(self.network.biases[k])
        kappa[i] = -1 if side else 1
        value = bound(self.asked, k, kappa, rows or [], self.ends)
        return (None, rows) if value is None else (down(value), rows)

    def _kept(self, k: int, i: int, side: int, value: Fraction, rows: Any) -> Fraction:
        end = -value if side else value
        low, high = self.ends[k][i]
        self.ends[k][i] = (low, end) if side else (end, high)
        self.proofs.pop((k, i, side), None)
        self.proofs[k, i, side] = [k, i, side, written(end), rows]
        return end
