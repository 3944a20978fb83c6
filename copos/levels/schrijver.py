"""Bounds on codes from triples of points: level 1 with the point chosen, and with it not chosen.

A(n, d) is the stability number of the words of n bits, adjacent where they differ in fewer than d places; A(n, d, w)
that of the w-sets. Fix one point of the code to be 0, by transitivity. The moments of triples depend on their orbit
alone, and the matrices over pairs of points split into the blocks of `copos.levels.triples` [Schrijver2005]: with x_τ
for the triples 0, u, v, with u_a for the pairs at distance a, and c(u, v) the distance of u and v,

    max Σ count(a) u_a,   u_0 = 1,   x_τ = 0 where a distance is none of those of the code,
    (Σ β x_τ)_ij ⪰ 0,   (Σ β (u_c(u,v) − x_τ))_ij ⪰ 0,   0 ≤ x_τ ≤ u_a,   u_a + u_b ≤ 1 + x_τ.

For even d there is a largest code all of whose words have an even number of ones (leave a place out, and put the parity
there), so all distances are even then.

These are the blocks x_p and x_0 − x_p of level 1 of max Σ x_p, x_p² = x_0x_p, x_px_q = 0 on edges, and its products of
three blocks but for (x_0 − x_p)(x_0 − x_q)(x_0 − x_r). Delsarte's bound is level 0 (`copos.levels.delsarte`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from copos.arithmetic import svec
from copos.certificate.rounding import dyadic
from copos.conic import Cones, ConicForm, Status
from copos.levels.delsarte import delsarte_bound
from copos.levels.triples import Points, Subsets, Triple, Words
from copos.solvers import solve
from copos.support.looks import one_line
from copos.symmetry.proof import MARGINS, covering

Matrix = NDArray[np.float64]
Factor = tuple[tuple[tuple[int, ...], int], ...]
LARGEST = 28  # n: the numbers are exact integers, but the solver has doubles
BITS = 45
ACCURATE = {"tol_gap_abs": 1e-10, "tol_gap_rel": 1e-10, "tol_feas": 1e-10}
# where the numbers are too wide for doubles, other ways to the same steps get nearer
REFINED = {"static_regularization_constant": 1e-10, "iterative_refinement_max_iter": 50,
           "iterative_refinement_reltol": 1e-16, "iterative_refinement_abstol": 1e-16}  # fmt: skip
UNSCALED = {"equilibrate_enable": False}
NARROW = 1 << 24  # points up to which the first answer will do


@one_line
@dataclass(frozen=True)
class CodeBound:
    """A proved upper bound on the number of points of a scheme any two of which have one of some distances.

    Attributes
    ----------
    value : the bound, exact
    factors : for every block the rows (integers, bits) of L, row = integers/2^bits, with LL' as multiplier
    weights : multipliers of the inequalities
    """

    points: Points
    value: Fraction
    factors: tuple[Factor, ...]
    weights: tuple[Fraction, ...]

    def verify(self) -> bool:
        """Do the multipliers prove the value, in exact arithmetic?

        Σ count(a) u_a plus nonnegative multiples of what is nonnegative has no positive coefficient but that of u_0.
        """
        points = self.points
        total: dict[Triple, Fraction] = {points.pair(a): Fraction(points.count(a)) for a in (0, *points.distances)}
        constant = Fraction(0)
        for block, L in zip(points.blocks(), self.factors, strict=True):
            for i, j, terms in block:
                g = entry(L, i, j)
                for tau, c in terms:
                    total[tau] = total.get(tau, Fraction(0)) + g * c
        for (form, one), w in zip(points.inequalities(), self.weights, strict=True):
            constant += w * one
            for tau, c in form.items():
                total[tau] = total.get(tau, Fraction(0)) + w * c
        worst = max((c for tau, c in total.items() if tau[2]), default=Fraction(0))
        return min(self.weights, default=0) >= 0 >= worst and self.value >= total[points.pair(0)] + constant


def entry(L: Factor, i: int, j: int) -> Fraction:
    """(LL')_ij, twice where i ≠ j."""
    (p, a), (q, b) = L[i], L[j]
    return Fraction((1 if i == j else 2) * sum(x * y for x, y in zip(p, q, strict=True)), 1 << a + b)


def code_bound(n: int, d: int, w: int | None = None) -> CodeBound:
    """Schrijver's bound on A(n, d), or on A(n, d, w) where all words have w ones; proved.

    Parameters
    ----------
    n : bits, up to 28; above 24 doubles are short, and the bound may be weaker by some 1e-4 of itself
    d : least distance, from 2 to n
    w : ones of every word; d is even then

    Raises
    ------
    ValueError
        For other numbers.
    ArithmeticError
        If no rounding of the solver's multipliers is a proof.

    Examples
    --------
    >>> bound = code_bound(7, 3)
    >>> bound.verify(), int(bound.value), int(code_bound(7, 4, 3).value)
    (True, 16, 7)
    """
    if not 2 <= d <= n <= LARGEST:
        raise ValueError(f"expected 2 ≤ d ≤ n ≤ {LARGEST}, got n = {n} and d = {d}")
    if w is None:
        even = d % 2 == 0
        return triples_bound(Words(n, tuple(range(d, n + 1, 1 + even)), even))
    if d % 2 or not 1 <= w < n:
        raise ValueError(f"words with as many ones have an even distance, and 1 ≤ w < n; got d = {d} and w = {w}")
    w = min(w, n - w)
    return triples_bound(Subsets(n, w, tuple(range(d // 2, w + 1))))


def hamming_bound(n: int, edges: Iterable[int]) -> CodeBound:
    """The same bound on the stability number of the words of n bits, adjacent where their distance is in `edges`.

    >>> round(float(hamming_bound(7, [5, 6]).value), 3)                     # level 0: 36
    29.095
    """
    chosen = _edges(edges, n)
    return triples_bound(Words(_size(n), tuple(a for a in range(1, n + 1) if a not in chosen)))


def johnson_bound(n: int, w: int, edges: Iterable[int]) -> CodeBound:
    """The same bound for the w-sets of n things, adjacent where one has so many things that the other lacks.

    >>> round(float(johnson_bound(5, 2, [2]).value), 6)                     # the Petersen graph
    4.0
    """
    if not 1 <= w <= _size(n) // 2:
        raise ValueError(f"expected 1 ≤ w ≤ n/2, got n = {n} and w = {w}")
    chosen = _edges(edges, w)
    return triples_bound(Subsets(n, w, tuple(a for a in range(1, w + 1) if a not in chosen)))


def triples_bound(points: Points) -> CodeBound:
    """The bound on points of a scheme, proved."""
    level, best = _Level.of(points), None
    for options in (ACCURATE, ACCURATE | REFINED, UNSCALED, {}):
        solution = solve(level.form, "clarabel", **options)
        if solution.status not in (Status.OPTIMAL, Status.INACCURATE, Status.LIMIT):
            continue
        for margin in MARGINS:
            bound = level.proof(solution.z, margin)
            if bound is not None and (best is None or bound.value < best.value) and bound.verify():
                best = bound
                if solution.status is Status.OPTIMAL or points.scheme.points <= NARROW:
                    return best
    if best is None:
        raise ArithmeticError(f"no rounding of the multipliers proves a bound for {points.words}")
    return best


def _size(n: int) -> int:
    if not 2 <= n <= LARGEST:
        raise ValueError(f"expected 2 ≤ n ≤ {LARGEST}, got {n}")
    return n


def _edges(edges: Iterable[int], most: int) -> set[int]:
    chosen = set(edges)
    if not chosen or not chosen <= set(range(1, most + 1)):
        raise ValueError(f"edges are distances from 1 to {most}, got {sorted(chosen)}")
    return chosen


class _Level(NamedTuple):
    """The program in floating point: variables are moments times their number, blocks in units of their diagonals."""

    points: Points
    form: ConicForm
    maps: list[Matrix]
    units: list[Matrix]
    size: Matrix

    @classmethod
    def of(cls, points: Points) -> _Level:
        place = {tau: at for at, tau in enumerate(points.triples[1:])}
        # a code with its words strewn at random has the moments share for pairs and share² for triples
        edges = set(range(1, points.scheme.classes + 1)).difference(points.distances)
        share = float(delsarte_bound(points.scheme, edges).value) / (points.scheme.points / points.share)
        size = np.array([1 / share if tau[0] == 0 else 1 / share**2 for tau in points.triples[1:]])
        count = len(place)
        maps, units, rows, right = [], [], [], []
        for block in points.blocks():
            m = max(e.i for e in block) + 1
            M, constant = np.zeros((count, m, m)), np.zeros((m, m))
            diagonal = np.ones(m)
            for i, j, terms in block:
                if i == j:  # Σ |β| of such a code
                    diagonal[i] = sum(abs(c) / (size[place[tau]] if tau[2] else 1.0) for tau, c in terms)
            unit = np.maximum(diagonal, 1e-300) ** -0.5
            for i, j, terms in block:
                for tau, c in terms:
                    scaled = c * unit[i] * unit[j]
                    if tau[2]:
                        M[place[tau], i, j] = M[place[tau], j, i] = scaled / size[place[tau]]
                    else:
                        constant[i, j] = constant[j, i] = scaled
            maps.append(M)
            units.append(unit)
            rows.append(sp.csr_array(-svec.svec(M).T))
            right.append(svec.svec(constant))
        lines, ones = _rows(points, place, size)
        c = np.zeros(count)
        for a in points.distances:
            at = place[points.pair(a)]
            c[at] = -points.count(a) / size[at]
        A = sp.csc_array(sp.vstack([-sp.eye_array(count), -lines, *rows], format="csc"))
        cones = Cones(0, count + len(ones), (), tuple(M.shape[1] for M in maps))
        form = ConicForm(c, A, np.concatenate([np.zeros(count), ones, *right]), cones)
        return cls(points, form, maps, units, size)

    def proof(self, z: Matrix, margin: float) -> CodeBound | None:
        """A bound from multipliers: blocks θZ + ωI and weights of the best value that leave a margin."""
        count, at = self.form.shape[1], self.form.cones.nonnegative
        lines = -sp.csr_array(self.form.A)[count:at]
        ones = self.form.b[count:at]
        grams, rows, cost = [], [lines], [ones]
        for M in self.maps:
            m = M.shape[1]
            Z = svec.smat(z[at : at + svec.length(m)])
            constant = svec.smat(self.form.b[at : at + svec.length(m)])
            at += svec.length(m)
            value, vector = np.linalg.eigh(Z)
            Z = (vector * np.maximum(value, 0)) @ vector.T
            grams.append((Z, max(float(np.trace(Z)) / m, 1e-12)))
            both = (Z, grams[-1][1] * np.eye(m))
            rows.append(sp.csr_array(np.array([np.tensordot(M, G, axes=2) for G in both])))
            cost.append(np.array([np.tensordot(constant, G) for G in both]))
        matrix = sp.csr_array(sp.vstack(rows, format="csr"))
        x = covering(matrix, -np.concatenate(cost), 0, self.form.c, np.ones(count), 2 * margin)
        if x is None:
            return None
        factors, left = [], self.form.c.copy()
        for (Z, size), M, unit, (theta, omega) in zip(grams, self.maps, self.units, x[len(ones) :].reshape(-1, 2),
                                                      strict=True):  # fmt: skip
            value, vector = np.linalg.eigh(theta * Z + omega * size * np.eye(len(Z)))
            L = unit[:, None] * (vector * np.sqrt(np.maximum(value, 0)))
            # every row has bits of its own, since units differ
            bits = BITS - np.ceil(np.log2(np.maximum(np.abs(L).max(axis=1), 2.0**-BITS))).astype(int)
            bits = np.maximum(bits, 0)
            B = np.rint(np.ldexp(L, bits[:, None]))
            factors.append(tuple((tuple(int(v) for v in row), int(k)) for row, k in zip(B.tolist(), bits, strict=True)))
            exact = np.ldexp(B, -bits[:, None]) / unit[:, None]
            left -= np.tensordot(M, exact @ exact.T, axes=2)
        w = covering(lines, -ones, 0, left, np.ones(count), margin)
        if w is None:
            return None
        weights = tuple(dyadic(v, 60, max(float(w.max(initial=0.0)), 1.0)) for v in w.tolist())
        value = _value(self.points, factors, weights)
        return CodeBound(self.points, value, tuple(factors), weights)


def _value(points: Points, factors: list[Factor], weights: tuple[Fraction, ...]) -> Fraction:
    """1 + what the multipliers of u_0 add up to."""
    total = Fraction(1)
    for block, L in zip(points.blocks(), factors, strict=True):
        for i, j, terms in block:
            c = dict(terms).get(points.pair(0), 0)
            total += c * entry(L, i, j) if c else 0
    return total + sum((w * one for w, (_, one) in zip(weights, points.inequalities(), strict=True)), Fraction(0))


def _rows(points: Points, place: dict[Triple, int], size: Matrix) -> tuple[sp.csr_array, Matrix]:
    """The inequalities in the variables, and their constants."""
    entries, ones = [], []
    for k, (form, one) in enumerate(points.inequalities()):
        ones.append(float(one))
        entries += [(k, place[tau], c / size[place[tau]]) for tau, c in form.items()]
    if not entries:
        return sp.csr_array((0, len(place))), np.zeros(0)
    r, column, data = (np.array(part) for part in zip(*entries, strict=True))
    return sp.csr_array(sp.coo_array((data, (r, column)), shape=(len(ones), len(place)))), np.array(ones)
