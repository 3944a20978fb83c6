"""Exact sums Σ <G_s, B_s> + Σ λ_r E_r over the monomials of a level, for integer factors G = F F' / 4^k.

A factor is cut into limbs of `WIDTH` bits. Products of limbs are integers below 2^53, so floating-point matrix
products and 64-bit sums over the level's sparse maps are exact; Python's integers are needed once per monomial only.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from copos.arithmetic import svec
from copos.hierarchy import Relaxation

WIDTH = 14  # bits of a limb
LARGEST = 2.0**62  # no 64-bit sum may reach this
Whole = NDArray[Any]  # Python integers


class ExactSums:
    """Sums for one level whose data are whole multiples of a small power of two, so that its maps are exact."""

    def __init__(self, relaxation: Relaxation, map_: tuple[Any, int], equations: tuple[Any, int]) -> None:
        self._map, self.map_bits = map_
        self._equations, self.equation_bits = equations
        self.equations = self._equations.shape[0]
        self._sizes = relaxation.blocks.sizes
        self.scalars = int((self._sizes == 1).sum())
        self._first = np.r_[0, np.cumsum(svec.length(self._sizes))]

    @classmethod
    def of(cls, relaxation: Relaxation) -> ExactSums | None:
        """None where the maps were rounded when they were assembled."""
        program = relaxation.program
        if program.vanishing.exact is not None or program.cone.exact is not None:
            return None
        data = (program.cone.entries.coefficient, program.cone.generators.rows.data, program.cone.basis.data,
                program.vanishing.rows.data)  # fmt: skip
        # products of `degree` such numbers, and short sums of them, have at most 53 bits
        degree = relaxation.level + 2
        if any(_bits(d, 2.0 ** (50 // degree)) is None for d in data):
            return None
        averaged = len(program.equations[1])
        maps = [relaxation.blocks.map, relaxation.equations[averaged:]]
        bits = [t for t in (_bits(M.data, 2.0**50) for M in maps) if t is not None]
        if len(bits) < len(maps):
            return None
        whole = [(sp.csr_array((np.ldexp(M.data, t).astype(np.int64), M.indices, M.indptr), shape=M.shape), t)
                 for M, t in zip(maps, bits, strict=True)]  # fmt: skip
        return cls(relaxation, *whole)

    def block(self, k: int, F: NDArray[np.float64]) -> Whole | None:
        """2^map_bits · Σ <F F', B> per monomial for matrix block k and whole F; None where 64 bits are too few."""
        at = self.scalars + k
        rows = sp.csr_array(self._map[self._first[at] : self._first[at + 1]])
        n = len(F)
        i, j = svec.triangle(n)
        weight = np.where(i == j, 1, 2)
        used, place = np.unique(rows.indices, return_inverse=True)
        rows = sp.csr_array((rows.data, place.astype(rows.indices.dtype), rows.indptr), shape=(len(i), len(used)))
        most = float((abs(rows).T @ weight).max(initial=0))
        limbs = _limbs(F)
        if most * len(limbs) * F.shape[1] * 4.0 ** (WIDTH - 1) >= LARGEST:
            return None
        total = np.zeros(len(used), dtype=object)
        for s in range(2 * len(limbs) - 1):
            P = np.zeros((n, n)) + sum(limbs[a] @ limbs[s - a].T for a in range(len(limbs)) if 0 <= s - a < len(limbs))
            part = rows.T @ (weight * P[i, j].astype(np.int64))
            total += part.astype(object) * (1 << WIDTH * s)
        return self._spread(used, total)

    def diagonal(self, k: int, values: list[int]) -> Whole:
        """2^map_bits · Σ values_i B_ii per monomial for matrix block k."""
        at = self._first[self.scalars + k] + svec.position(np.arange(len(values)), np.arange(len(values)))
        return self._sum(sp.csr_array(self._map[at]), values)

    def scalar(self, used: Any, weights: list[int]) -> Whole:
        """2^map_bits · Σ weights_k B_k per monomial over the scalar blocks `used`."""
        return self._sum(sp.csr_array(self._map[used]), weights)

    def multiples(self, used: Any, multipliers: list[int]) -> Whole:
        """2^equation_bits · Σ multipliers_r E_r per monomial over the multiples x^β E_j `used`."""
        return self._sum(sp.csr_array(self._equations[used]), multipliers)

    def _sum(self, rows: Any, values: list[int]) -> Whole:
        """Σ values_r rows_r in Python integers."""
        total = np.zeros(rows.shape[1], dtype=object)
        each = np.empty(len(values), dtype=object)
        each[:] = values
        np.add.at(total, rows.indices, rows.data.astype(object) * np.repeat(each, np.diff(rows.indptr)))
        return total

    def _spread(self, used: Any, values: Whole) -> Whole:
        total = np.zeros(self._map.shape[1], dtype=object)
        total[used] = values
        return total


def over(numbers: list[Fraction]) -> tuple[list[int], int]:
    """Numerators over one common denominator 2^k, and k.

    >>> over([Fraction(1, 2), Fraction(3, 8)])
    ([4, 3], 3)
    """
    bits = max((v.denominator.bit_length() - 1 for v in numbers), default=0)
    return [v.numerator * ((1 << bits) // v.denominator) for v in numbers], bits


def _bits(values: NDArray[np.float64], largest: float) -> int | None:
    """The least k with 2^k·values whole, if no such integer exceeds `largest`."""
    for k in range(50):
        scaled = np.ldexp(values, k)
        if np.abs(scaled).max(initial=0.0) > largest:
            return None
        if np.array_equal(scaled, np.rint(scaled)):
            return k
    return None


def _limbs(F: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """F = Σ limb_s 2^{WIDTH·s} for whole F, with limbs of at most 2^{WIDTH − 1} in size."""
    out, left = [], F
    while left.any():
        upper = np.rint(np.ldexp(left, -WIDTH))
        out.append(left - np.ldexp(upper, WIDTH))
        left = upper
    return out or [F]
