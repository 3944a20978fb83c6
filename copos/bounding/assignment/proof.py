"""The proof of level 0 that a multiplier Z leads to: one Gram matrix, products of places, multiples of vanishing forms.

    C(u) − y u_0²  =  z'Gz  +  Σ w_ab u_au_b  +  Σ r_a u_0u_a  +  Σ q_j E_j(u),     w, r ≥ 0,

G = FF'/4^k from −V'ZV + λI in the free coordinates z of u. As a form in the u that z consists of, z'Gz is taken off C,
exactly; what is left is bounded by linear assignments. On the range of V it is C + Z − λI: the difference is
Σ_r (equation r)·(a_r'u), whose numbers a_r are where the linear assignments begin. Without Z that is Gilmore and
Lawler's bound.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor, log2
from typing import Any

import numpy as np
import scipy.linalg as la
from numpy.typing import NDArray

from copos.arithmetic.exact_products import gram
from copos.arithmetic.rationals import written
from copos.bounding.assignment.linear import Linear, bounded
from copos.bounding.assignment.places import Places
from copos.certificate import Certificate
from copos.certificate.problem import program_problem
from copos.certificate.produce import Proved, with_whole_value
from copos.certificate.rounding import Factor

Matrix = NDArray[np.float64]
Pair = tuple[int, int]
COSTS = 40  # bits of the largest cost in linear assignments
BITS = 40  # of the factor
SHIFT, DROPPED = 1e-10, 1e-12  # of the largest eigenvalue: added to λ, and left out of G


class Prover:
    """Bounds of one assignment from one multiplier after the other."""

    def __init__(self, places: Places) -> None:
        self.places, self.C = places, places.matrix()
        self.V, self.R = la.qr(places.basis, mode="economic")
        N, m = len(self.C), places.m
        self.rows = np.zeros((N, 2 * m))  # the equations Σ u − u_0
        self.rows[0] = -1
        for i in range(m):
            for side, line in ((i, places.at[i]), (m + i, places.at[:, i])):
                self.rows[line[line >= 0], side] = 1
        self.project = la.pinv(self.rows.T @ self.rows)
        self.allowed = places.at >= 0

    @property
    def zero(self) -> NDArray[np.bool_]:
        """Where u_au_b = 0."""
        out = np.zeros(self.C.shape, dtype=bool)
        for a, b in self.places.equal:
            out[a, b] = out[b, a] = a != b
        return out

    def gram(self, Z: Matrix) -> tuple[Factor, Matrix]:
        """F, and −Z + λI in all coordinates."""
        value, vector = la.eigh(-self.V.T @ Z @ self.V, check_finite=False)
        size = max(float(np.abs(value).max()), 1e-300)
        up = SHIFT * size - float(value[0])  # λ, of any sign
        kept = value + up > DROPPED * size
        F = self.R.T @ (vector[:, kept] * np.sqrt(value[kept] + up))
        return _rounded(F), up * np.eye(len(Z)) - Z

    def top(self, Z: Matrix) -> float:
        """λ, the largest u'Zu/|u|² of the range."""
        last = len(self.V.T) - 1
        return float(la.eigh(self.V.T @ Z @ self.V, eigvals_only=True, subset_by_index=(last, last))[0])

    def bound(self, Z: Matrix | None) -> tuple[float, Linear, Factor | None, dict[Pair, Fraction], int]:
        """(value, linear assignments, factor, costs that are left, bits of a unit of them)."""
        places, F, G = self.places, None, np.zeros_like(self.C)
        left = {key: Fraction(c) for key, c in places.cost.items()}
        if Z is not None:
            F, G = self.gram(Z)
            self._less(left, F)
        top = max((abs(float(c)) for (a, _), c in left.items() if a), default=0.0) or 1.0
        bits = COSTS - ceil(log2(top))
        m, at = places.m, places.at
        w, s = np.zeros((m, m, m, m), dtype=np.int64), np.zeros((m, m), dtype=np.int64)
        where = {int(at[i, k]): (i, k) for i, k in np.argwhere(self.allowed)}
        for (a, b), c in left.items():
            if a and a != b:
                (i, k), (j, q) = where[a], where[b]
                w[i, k, j, q] = w[j, q, i, k] = _whole(c, bits)
        for a, (i, k) in where.items():
            s[i, k] = _whole(left.get((0, a), Fraction(0)) + left.get((a, a), Fraction(0)), bits)
        alpha, beta = (np.zeros((m, m, m), dtype=np.int64) for _ in range(2))
        if Z is not None:
            E = np.zeros_like(self.C)
            for (a, b), c in left.items():
                E[a, b] = E[b, a] = float(c) / (1 if a == b else 2)
            self._begin(self.C - G - E, alpha, beta, bits)
        found = bounded(w, s, self.allowed, alpha, beta)
        value = float(left.get((0, 0), 0)) + found.value * 2.0**-bits
        return value, found, F, left, bits

    def _less(self, left: dict[Pair, Fraction], F: Factor) -> None:
        """Take z'Gz off."""
        exact, unit = gram(np.array(F.B, dtype=object), np.array(F.B, dtype=object)), Fraction(1, 4**F.bits)
        free = self.places.free
        for i, a in enumerate(free):
            for j, b in enumerate(free[: i + 1]):
                if exact[i, j]:
                    key = (a, b) if a <= b else (b, a)
                    left[key] = left.get(key, Fraction(0)) - exact[i, j] * unit * (1 if i == j else 2)

    def _begin(self, D: Matrix, alpha: Any, beta: Any, bits: int) -> None:
        """D = N a' + a N' with the equations N: what the linear assignments begin with."""
        N, P = self.rows, self.project
        DN = D @ N
        a = (DN - N @ (P @ (N.T @ DN)) / 2) @ P
        at, m = self.places.at, self.places.m
        for i, k in np.argwhere(self.allowed).tolist():
            each = np.rint(np.ldexp(-2 * a[at[i, k]], bits)).astype(np.int64)
            alpha[i, k], beta[i, k] = each[:m], each[m:]
            alpha[i, k, i] = beta[i, k, k] = 0

    def proved(self, Z: Matrix | None) -> Proved:
        """The certificate, once the checker accepts it; rounded up where the costs of assignments are integers."""
        _, found, F, left, bits = self.bound(Z)
        y = left.pop((0, 0), Fraction(0)) + found.value * Fraction(2) ** -bits
        products, multipliers = self._written(found, left, Fraction(2) ** -bits)
        # integers over 2^common, where the data allow it, are multiplied much faster
        common = max(bits, 0 if F is None else 2 * F.bits, 0)
        scaled = [[*key, c * 2**common] for *key, c in products]
        whole = all(c.denominator == 1 for *_, c in scaled)
        listed = [[*key, written(c)] for *key, c in (scaled if whole else products)]
        terms: list[dict[str, Any]] = [{"products": listed}]
        terms[0] |= {"bits": common} if whole and common else {}
        if F is not None:
            terms.append({"rows": [[v] for v in range(len(self.places.free))], "gram": F.plain()})
        proof = {"value": written(y), "y": [written(y)], "level": 0, "terms": terms, "multipliers": multipliers}
        program = self.places.lift.program
        certificate = Certificate("lower bound", program_problem(program), proof).about(program)
        certificate, y = with_whole_value(certificate, y)
        words = "linear assignments" if F is None else "level 0 by alternating directions, then linear assignments"
        if "rounded" not in certificate.proof and not (verdict := certificate.verify()).proved:
            return Proved(None, None, f"{words}: the checker says: {verdict.reason}")
        return Proved(y, certificate, words)

    def _written(
        self, found: Linear, left: dict[Pair, Fraction], unit: Fraction
    ) -> tuple[list[list[Any]], list[list[Any]]]:
        """Products and multiples of vanishing forms with their exact weights, from the costs that were left."""
        at, equal = self.places.at, self.places.equal
        single = found.alpha.sum(axis=2) + found.beta.sum(axis=2) - found.u[:, None] - found.v
        products: list[list[Any]] = []
        multipliers: list[list[Any]] = []
        spots = np.argwhere(self.allowed).tolist()
        for n, (i, k) in enumerate(spots):
            a = int(at[i, k])
            square = left.get((a, a), Fraction(0))
            weight = left.get((0, a), Fraction(0)) + square + int(single[i, k]) * unit
            products += [[0, a, weight]] if weight else []
            multipliers += [[equal[a, a], written(square)]] if square else []
            own, other = found.alpha[i, k].tolist(), found.beta[i, k].tolist()
            for j, q in spots[:n]:
                b = int(at[j, q])
                key = (a, b) if a < b else (b, a)
                moved = own[j] + int(found.alpha[j, q, i]) if j != i else 0
                moved += other[q] + int(found.beta[j, q, k]) if q != k else 0
                c = left.get(key, Fraction(0)) - moved * unit
                if c and key in equal:
                    multipliers.append([equal[key], written(c)])
                elif c:
                    products.append([*key, c])
        return products, multipliers


def _whole(c: Fraction, bits: int) -> int:
    """⌊c 2^bits⌋."""
    return floor(c * 2**bits) if bits >= 0 else floor(c / 2**-bits)


def _rounded(F: Matrix) -> Factor:
    """F in integers as it is."""
    k = max(0, BITS - ceil(log2(max(float(np.abs(F).max(initial=0.0)), 1e-300))))
    B = np.rint(np.ldexp(F, k))
    return Factor(B.astype(np.int64).tolist(), k, np.ldexp(B, -k) @ np.ldexp(B, -k).T)
