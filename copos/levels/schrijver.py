"""Bounds on binary codes from triples of words: level 1 with the point chosen, and with it not chosen.

A(n, d) is the stability number of the words of n bits, adjacent where they differ in fewer than d places. Fix one word
of the code to be 0, by transitivity. The moments of triples depend on the three distances (a, b, c) alone, and the
matrices over pairs of words split under the permutations of places into one block of order n − 2k + 1 for every
k ≤ n/2 [Schrijver2005]: with x_τ for the triples 0, u, v with |u| = i, |v| = j, |u ∧ v| = t, and u_i = x_(0,i,i),

    max Σ C(n, i) u_i,   x_(0,0,0) = 1,   x_τ = 0 where a distance is in 1 … d − 1,
    (Σ_t β_ijk^t x_τ)_ij ⪰ 0,   (Σ_t β_ijk^t (u_{i+j−2t} − x_τ))_ij ⪰ 0,   0 ≤ x_τ ≤ u_i,   u_i + u_j ≤ 1 + x_τ,
    β_ijk^t = Σ_s (−1)^{s−t} C(s, t) C(n−2k, s−k) C(n−k−s, i−s) C(n−k−s, j−s).

For even d there is a largest code all of whose words have an even number of ones (leave a place out, and put the parity
there), so i, j and the distances are even then.

These are the blocks x_p and x_0 − x_p of level 1 of max Σ x_p, x_p² = x_0x_p, x_px_q = 0 on edges, and its products of
three blocks but for (x_0 − x_p)(x_0 − x_q)(x_0 − x_r). Delsarte's bound is level 0 (`copos.levels.delsarte`).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import combinations
from math import comb
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from copos.arithmetic import svec
from copos.arithmetic.schemes import hamming_scheme
from copos.certificate.rounding import dyadic
from copos.conic import Cones, ConicForm, Status
from copos.levels.delsarte import delsarte_bound
from copos.solvers import solve
from copos.support.looks import one_line
from copos.symmetry.proof import MARGINS, covering

Matrix = NDArray[np.float64]
Triple = tuple[int, int, int]
Factor = tuple[tuple[tuple[int, ...], int], ...]
LARGEST = 28  # n: the numbers are exact integers, but the solver has doubles
BITS = 45
ACCURATE = {"tol_gap_abs": 1e-10, "tol_gap_rel": 1e-10, "tol_feas": 1e-10}


class Entry(NamedTuple):
    """Σ coefficient·x_triple at the place (i, j) of a block, i ≤ j, as integers."""

    i: int
    j: int
    terms: tuple[tuple[Triple, int], ...]


def triple(i: int, j: int, t: int) -> Triple:
    """The distances among 0, u, v with |u| = i, |v| = j, |u ∧ v| = t.

    >>> triple(3, 2, 1)
    (2, 3, 3)
    """
    a, b, c = sorted((i, j, i + j - 2 * t))
    return a, b, c


@dataclass(frozen=True)
class Words:
    """The program for words of n bits and distance d.

    Attributes
    ----------
    triples : those that a code may have, (0, 0, 0) first
    """

    n: int
    d: int

    @property
    def distances(self) -> range:
        """Distances that two words of a code may have."""
        return range(self.d, self.n + 1, 2 if self.d % 2 == 0 else 1)

    @cached_property
    def triples(self) -> tuple[Triple, ...]:
        """Distances of three words of a code."""
        allowed = [0, *self.distances]
        return tuple((a, b, c) for a in allowed for b in allowed for c in allowed
                     if a <= b <= c <= a + b and (a + b + c) % 2 == 0 and a + b + c <= 2 * self.n)  # fmt: skip

    def blocks(self) -> list[list[Entry]]:
        """The matrices, with a point chosen and without."""
        n, known = self.n, set(self.triples)
        out = []
        for k in range(n // 2 + 1):
            chosen, other = [], []
            rows = [i for i in range(k, n - k + 1) if self.d % 2 or i % 2 == 0]
            for a, i in enumerate(rows):
                for b, j in enumerate(rows[a:], a):
                    plus: dict[Triple, int] = {}
                    minus: dict[Triple, int] = {}
                    for t in range(max(0, i + j - n), i + 1):
                        beta = self.beta(i, j, k, t)
                        tau, pair = triple(i, j, t), triple(i + j - 2 * t, 0, 0)
                        if beta and tau in known:
                            plus[tau] = plus.get(tau, 0) + beta
                            minus[tau] = minus.get(tau, 0) - beta
                        if beta and pair in known:
                            minus[pair] = minus.get(pair, 0) + beta
                    chosen.append(Entry(a, b, tuple(plus.items())))
                    other.append(Entry(a, b, tuple((key, c) for key, c in minus.items() if c)))
            out += [part for part in (chosen, other) if part]
        return out

    def beta(self, i: int, j: int, k: int, t: int) -> int:
        """β_ijk^t."""
        n, m = self.n, self.n - k
        return sum((-1) ** (s - t) * comb(s, t) * comb(n - 2 * k, s - k) * comb(m - s, i - s) * comb(m - s, j - s)
                   for s in range(max(t, k), min(i, j, m) + 1))  # fmt: skip

    def inequalities(self) -> list[tuple[dict[Triple, int], int]]:
        """(form, constant): form(x) + constant ≥ 0."""
        out: list[tuple[dict[Triple, int], int]] = []
        for tau in self.triples:
            if tau[0]:
                out += [({(0, a, a): 1, tau: -1}, 0) for a in set(tau)]
                for a, b in set(combinations(tau, 2)):
                    form = {tau: 1}
                    for e in (a, b):
                        form[0, e, e] = form.get((0, e, e), 0) - 1
                    out.append((form, 1))
            elif tau[1]:
                out.append(({tau: -1}, 1))
        return out


@one_line
@dataclass(frozen=True)
class CodeBound:
    """A proved upper bound on A(n, d), the size of a code of n bits with distance d.

    Attributes
    ----------
    value : the bound, exact
    factors : for every block the rows (integers, bits) of L, row = integers/2^bits, with LL' as multiplier
    weights : multipliers of the inequalities
    """

    n: int
    d: int
    value: Fraction
    factors: tuple[Factor, ...]
    weights: tuple[Fraction, ...]

    def verify(self) -> bool:
        """Do the multipliers prove the value, in exact arithmetic?

        Σ C(n, i) u_i plus nonnegative multiples of what is nonnegative has no positive coefficient but that of
        x_(0,0,0) = 1.
        """
        words = Words(self.n, self.d)
        total: dict[Triple, Fraction] = {(0, i, i): Fraction(comb(self.n, i)) for i in (0, *words.distances)}
        constant = Fraction(0)
        for block, L in zip(words.blocks(), self.factors, strict=True):
            for i, j, terms in block:
                g = _entry(L, i, j)
                for tau, c in terms:
                    total[tau] = total.get(tau, Fraction(0)) + g * c
        for (form, one), w in zip(words.inequalities(), self.weights, strict=True):
            constant += w * one
            for tau, c in form.items():
                total[tau] = total.get(tau, Fraction(0)) + w * c
        worst = max((c for tau, c in total.items() if tau[2]), default=Fraction(0))
        return min(self.weights, default=0) >= 0 >= worst and self.value >= total[0, 0, 0] + constant


def _entry(L: Factor, i: int, j: int) -> Fraction:
    """(LL')_ij, twice where i ≠ j."""
    (p, a), (q, b) = L[i], L[j]
    return Fraction((1 if i == j else 2) * sum(x * y for x, y in zip(p, q, strict=True)), 1 << a + b)


def code_bound(n: int, d: int) -> CodeBound:
    """Schrijver's bound on A(n, d), proved.

    Parameters
    ----------
    n : bits, up to 28
    d : least distance, from 2 to n

    Raises
    ------
    ValueError
        For other numbers.
    ArithmeticError
        If no rounding of the solver's multipliers is a proof, as it happens above n = 24.

    Examples
    --------
    >>> bound = code_bound(7, 3)
    >>> bound.verify(), int(bound.value)
    (True, 16)
    """
    if not 2 <= d <= n <= LARGEST:
        raise ValueError(f"expected 2 ≤ d ≤ n ≤ {LARGEST}, got n = {n} and d = {d}")
    words = Words(n, d)
    level = _Level.of(words)
    for options in (ACCURATE, {}):
        solution = solve(level.form, "clarabel", **options)
        if solution.status not in (Status.OPTIMAL, Status.INACCURATE, Status.LIMIT):
            continue
        for margin in MARGINS:
            bound = level.proof(solution.z, margin)
            if bound is not None and bound.verify():
                return bound
    raise ArithmeticError(f"no rounding of the multipliers proves a bound on A({n}, {d})")


class _Level(NamedTuple):
    """The program in floating point: variables are moments times their number, blocks in units of their diagonals."""

    words: Words
    form: ConicForm
    maps: list[Matrix]
    units: list[Matrix]
    size: Matrix

    @classmethod
    def of(cls, words: Words) -> _Level:
        n, place = words.n, {tau: at for at, tau in enumerate(words.triples[1:])}
        # a code with its words strewn at random has the moments share for pairs and share² for triples
        share = float(delsarte_bound(hamming_scheme(n), range(1, words.d)).value) / 2.0 ** (n - (words.d % 2 == 0))
        size = np.array([1 / share if a == 0 else 1 / share**2 for a, _, _ in words.triples[1:]])
        count = len(place)
        maps, units, rows, right = [], [], [], []
        for block in words.blocks():
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
        lines, ones = _rows(words, place, size)
        c = np.zeros(count)
        for i in words.distances:
            c[place[0, i, i]] = -comb(n, i) / size[place[0, i, i]]
        A = sp.csc_array(sp.vstack([-sp.eye_array(count), -lines, *rows], format="csc"))
        cones = Cones(0, count + len(ones), (), tuple(M.shape[1] for M in maps))
        form = ConicForm(c, A, np.concatenate([np.zeros(count), ones, *right]), cones)
        return cls(words, form, maps, units, size)

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
        value = _value(self.words, factors, weights)
        return CodeBound(self.words.n, self.words.d, value, tuple(factors), weights)


def _value(words: Words, factors: list[Factor], weights: tuple[Fraction, ...]) -> Fraction:
    """1 + what the multipliers of the constant x_(0,0,0) add up to."""
    total = Fraction(1)
    for block, L in zip(words.blocks(), factors, strict=True):
        for i, j, terms in block:
            c = dict(terms).get((0, 0, 0), 0)
            total += c * _entry(L, i, j) if c else 0
    return total + sum((w * one for w, (_, one) in zip(weights, words.inequalities(), strict=True)), Fraction(0))


def _rows(words: Words, place: dict[Triple, int], size: Matrix) -> tuple[sp.csr_array, Matrix]:
    """The inequalities in the variables, and their constants."""
    entries, ones = [], []
    for k, (form, one) in enumerate(words.inequalities()):
        ones.append(float(one))
        entries += [(k, place[tau], c / size[place[tau]]) for tau, c in form.items()]
    if not entries:
        return sp.csr_array((0, len(place))), np.zeros(0)
    r, column, data = (np.array(part) for part in zip(*entries, strict=True))
    return sp.csr_array(sp.coo_array((data, (r, column)), shape=(len(ones), len(place)))), np.array(ones)
