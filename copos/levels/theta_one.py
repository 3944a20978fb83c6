"""Level 1 of the stability number of graphs on words and on sets: θ^(1), in closed form for millions of vertices.

min <I + A, X>, <E, X> = 1 over the completely positive matrices is 1/α. Its level 1 has the moments y of triples, one
for every orbit τ, and (y_0uv)_uv ⪰ 0 for one point 0, by transitivity [GatermannParrilo2004]. With n_τ pairs (u, v)
that make a triple of orbit τ with 0, e_τ of them adjacent or equal, and the blocks Σ_τ β_τ y_τ of
`copos.levels.triples`,

    1/θ^(1)  =  min Σ e_τ y_τ,   Σ n_τ y_τ = 1,   y ≥ 0,   Σ_τ β_τ y_τ ⪰ 0.

Whatever Z ⪰ 0 is, min_τ (e_τ − <Z, β_τ>)/n_τ is a lower bound: there is nothing else to check.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from copos.arithmetic import svec
from copos.conic import Cones, ConicForm
from copos.levels.delsarte import delsarte_bound
from copos.levels.schrijver import ACCURATE, BITS, Factor, entry
from copos.levels.triples import Points, Subsets, Triple, Words
from copos.solvers import solve
from copos.support.looks import one_line

Matrix = NDArray[np.float64]


@one_line
@dataclass(frozen=True)
class ThetaBound:
    """A proved upper bound on the stability number of a graph on the points of a scheme.

    Attributes
    ----------
    points, edges : all points, adjacent at these distances
    value : the bound, exact; nearly θ^(1)
    factors : for every block the rows (integers, bits) of L, row = integers/2^bits, with Z = LL'
    """

    points: Points
    edges: tuple[int, ...]
    value: Fraction
    factors: tuple[Factor, ...]

    def verify(self) -> bool:
        """Is 1/value at most (e_τ − <Z, β_τ>)/n_τ for every τ, in exact arithmetic?"""
        least = _least(self.points, self.edges, self.factors)
        return least > 0 and self.value * least >= 1


def theta_one(points: Points, edges: Iterable[int]) -> ThetaBound:
    """θ^(1) of a graph on words or on sets, rounded up and proved.

    Parameters
    ----------
    points : `Words(n, distances)` or `Subsets(n, w, distances)` with all distances
    edges : distances of adjacent points

    Raises
    ------
    ValueError
        For edges that are no distances, or points that lack some.
    ArithmeticError
        If the rounded multipliers prove nothing.

    Examples
    --------
    >>> pairs = Subsets(5, 2, (1, 2))
    >>> [round(float(theta_one(pairs, [k]).value), 5) for k in (1, 2)]         # complement of Petersen, Petersen
    [2.0, 4.0]
    """
    chosen, every = tuple(sorted(set(edges))), set(range(1, points.scheme.classes + 1))
    if not chosen or not every.issuperset(chosen) or set(points.distances) != every:
        raise ValueError(f"edges are distances of all points of {points.scheme.name}, got {list(chosen)}")
    counts, adjacent = counted(points, chosen)
    place = {tau: at for at, tau in enumerate(counts)}
    # moments of points strewn at random, as many as level 0 allows, are the units of the variables
    share = float(delsarte_bound(points.scheme, chosen).value) / points.scheme.points
    size = np.array([share ** (int(tau[0] > 0) + int(tau[1] > 0) - 2) for tau in counts])
    size /= float(points.scheme.points) ** 2
    maps, units = [], []
    for block in points.blocks()[::2]:
        m = 1 + max(i for i, _, _ in block)
        M, diagonal = np.zeros((len(place), m, m)), np.ones(m)
        for i, j, terms in block:
            if i == j:
                diagonal[i] = sum(abs(c) * size[place[tau]] for tau, c in terms)
        unit = np.maximum(diagonal, 1e-300) ** -0.5
        for i, j, terms in block:
            for tau, c in terms:
                M[place[tau], i, j] = M[place[tau], j, i] = c * unit[i] * unit[j] * size[place[tau]]
        maps.append(M)
        units.append(unit)
    many, costs = (np.array([float(table.get(tau, 0)) for tau in counts]) * size for table in (counts, adjacent))
    top = float(costs.max())
    rows = [sp.csr_array(many[None, :]), -sp.eye_array(len(place))]
    rows += [sp.csr_array(-svec.svec(M).T) for M in maps]
    A = sp.csc_array(sp.vstack(rows, format="csc"))
    cones = Cones(1, len(place), (), tuple(M.shape[1] for M in maps))
    form = ConicForm(costs / top, A, np.r_[1.0, np.zeros(A.shape[0] - 1)], cones)
    best, why = Fraction(0), ""
    factors: tuple[Factor, ...] = ()
    for options in (ACCURATE, {}):  # where numbers are too wide for doubles, one stops nearer than the other
        found = solve(form, "clarabel", **options)
        if not np.isfinite(found.z).all():
            why = found.message
            continue
        tried = _factors(found.z[1 + len(place) :] * top, units)
        least = _least(points, chosen, tried)
        best, factors = (least, tried) if least > best else (best, factors)
    if not best > 0:
        raise ArithmeticError(f"the multipliers prove no bound for {points.words}: {why}")
    return ThetaBound(points, chosen, 1 / best, factors)


def _factors(z: Matrix, units: list[Matrix]) -> tuple[Factor, ...]:
    """The positive semidefinite parts of the multipliers of the blocks."""
    factors, at = [], 0
    for unit in units:
        m = len(unit)
        value, vector = np.linalg.eigh(svec.smat(z[at : at + svec.length(m)]))
        at += svec.length(m)
        factors.append(_rounded(unit[:, None] * (vector * np.sqrt(np.maximum(value, 0)))))
    return tuple(factors)


def words(n: int) -> Words:
    """All words of n bits."""
    return Words(n, tuple(range(1, n + 1)))


def sets(n: int, w: int) -> Subsets:
    """All w-sets of n things."""
    return Subsets(n, w, tuple(range(1, w + 1)))


def counted(points: Points, edges: tuple[int, ...]) -> tuple[dict[Triple, int], dict[Triple, int]]:
    """n_τ and e_τ."""
    counts: dict[Triple, int] = {}
    adjacent: dict[Triple, int] = {}
    for i in (0, *points.distances):
        for j in (0, *points.distances):
            for tau, apart, many in points.pairs(i, j):
                if many:
                    counts[tau] = counts.get(tau, 0) + many
                    adjacent[tau] = adjacent.get(tau, 0) + (many if not apart or apart in edges else 0)
    return counts, adjacent


def _least(points: Points, edges: tuple[int, ...], factors: tuple[Factor, ...]) -> Fraction:
    """min_τ (e_τ − <Z, β_τ>)/n_τ."""
    counts, adjacent = counted(points, edges)
    left = {tau: Fraction(adjacent.get(tau, 0)) for tau in counts}
    for block, L in zip(points.blocks()[::2], factors, strict=True):
        for i, j, terms in block:
            g = entry(L, i, j)
            for tau, c in terms:
                left[tau] -= g * c
    return min(c / counts[tau] for tau, c in left.items())


def _rounded(L: Matrix) -> Factor:
    """Rows of integers, with bits of their own because units differ."""
    bits = np.maximum(BITS - np.ceil(np.log2(np.maximum(np.abs(L).max(axis=1), 2.0**-BITS))).astype(int), 0)
    B = np.rint(np.ldexp(L, bits[:, None]))
    return tuple((tuple(int(v) for v in row), int(k)) for row, k in zip(B.tolist(), bits, strict=True))
