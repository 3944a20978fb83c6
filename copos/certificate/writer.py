"""Rounding a dual that is strictly feasible to a proof in integers, with a little held back for what rounding moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from copos.arithmetic import monomials, svec
from copos.arithmetic.rationals import written
from copos.certificate import rounding
from copos.certificate.dual import Dual, Identity
from copos.certificate.exact_sums import ExactSums
from copos.certificate.terms import Labels, evident
from copos.checker import check_identity
from copos.hierarchy import Relaxation
from copos.hierarchy.scalars import products
from copos.normal import NormalForm
from copos.program import CompletelyPositiveProgram


@dataclass(frozen=True)
class Margins:
    """How far a rounded proof stays inside, relative to the largest Gram entry."""

    hold: float = 2e-14
    bits: int = rounding.BITS
    attempts: int = 4
    centre: bool = True  # look for a better-centred dual where the bound loses much


class Writer:
    """Rounds a dual to a proof about one relaxation."""

    movable = True  # may what rounding leaves of a monomial without a block entry be moved to others?
    normal: NormalForm | None = None  # what the program is the normal form of
    _rounded: tuple[Dual, tuple[list[dict[str, Any]], np.ndarray]] | None = None  # scalar terms of the last dual

    def __init__(
        self,
        program: CompletelyPositiveProgram,
        relaxation: Relaxation,
        identity: Identity,
        problem: Callable[[], dict[str, Any]],
        margins: Margins,
    ) -> None:
        self.program, self.relaxation, self._problem, self.margins = program, relaxation, problem, margins
        self.identity = identity
        self.averaged = len(program.equations[1])
        self.labels, self.exponents, self.positive, self.dim = self.coordinates()
        self.known = evident(self.exponents, self.positive)
        self.pure = (self.exponents == self.exponents[:, [0]]).all(axis=1)
        self.single, self.monomial = _single_entries(self.identity)
        scalars = self.identity.scalars
        # a scalar block that is an evidently nonnegative monomial needs no term: the checker sees its sign
        self.silent = self.single[:scalars] & self.known[self.monomial[:scalars]]
        self.diagonal = self._pure_rows()
        self.scales = self._variable_scales()
        self.shift = [max(int(np.log2(u.max())), 0) for u in identity.units()]
        self.factors: list[list[int]] = [
            np.ldexp(1 / u, m).astype(np.int64).tolist() for u, m in zip(identity.units(), self.shift, strict=True)
        ]

    def coordinates(self) -> tuple[Callable[[int], dict[str, Any]], np.ndarray, set[int], int]:
        """Labels of the blocks, monomials of the moments, nonnegative variables, number of variables."""
        r = self.relaxation
        exponents = monomials.unrank(r.monomials, r.level + 2)
        return Labels(r), exponents, positive_variables(r.program), r.program.cone.dim

    def columns(self, keys: np.ndarray) -> np.ndarray:
        """The moments of monomials; −1 for those that the level does not have."""
        ranks, rank = self.relaxation.monomials, monomials.rank(keys)
        place = np.minimum(np.searchsorted(ranks, rank), len(ranks) - 1)
        return np.where(ranks[place] == rank, place, -1)

    @property
    def problem(self) -> dict[str, Any]:
        """The program as plain data."""
        return self._problem()

    @cached_property
    def checked(self) -> check_identity.Program:
        """The problem as the checker reads it."""
        return check_identity.program(self.problem)

    @cached_property
    def sums(self) -> ExactSums | None:
        """Exact arithmetic on the level's maps, where they are exact."""
        return ExactSums.of(self.relaxation)

    def scaled_labels(self, k: int) -> dict[str, Any]:
        """Keys of matrix block k whose basis has the units of the identity: R^-1 times 2^shift, integers."""
        labels, factor = self.labels(self.identity.scalars + k), self.factors[k]
        if set(factor) == {1}:
            return labels
        basis = labels.get("basis", [[[r, 1]] for r in range(len(factor))])
        return {**labels, "basis": [[[r, c * f] for r, c in column] for column, f in zip(basis, factor, strict=True)]}

    def _variable_scales(self) -> np.ndarray:
        """Powers of two s_v, the units in which the inequality of means is applied: x_v^d is of size s_v^d."""
        d = self.exponents.shape[1]
        out = np.ones(self.dim)
        scalars = self.identity.scalars
        one = np.flatnonzero(self.silent & self.pure[self.monomial[:scalars]])
        out[self.exponents[self.monomial[one], 0]] = np.exp2(np.rint(2 * np.log2(self.identity.scale[one]) / d))
        at = scalars
        for u, rows in zip(self.identity.units(), self.diagonal, strict=True):
            place = at + svec.position(np.arange(len(u)), np.arange(len(u)))[rows]
            variables = self.exponents[self.monomial[place], 0]
            out[variables] = np.exp2(np.rint(2 * np.log2(u[rows]) / d))
            at += svec.length(len(u))
        return out

    def _pure_rows(self) -> list[np.ndarray]:
        """For every matrix block, which rows have a pure power x_v^d with a known sign on the diagonal."""
        out, at = [], self.identity.scalars
        for n in self.identity.sizes[self.identity.scalars :].tolist():
            place = at + svec.position(np.arange(n), np.arange(n))
            out.append(self.single[place] & (self.pure & self.known)[self.monomial[place]])
            at += svec.length(n)
        return out

    @property
    def covers(self) -> bool:
        """Do the blocks hold every pure power that the inequality of means may need?"""
        d = self.exponents.shape[1]
        at = self.identity.scalars
        have = set(self.exponents[self.monomial[:at][self.silent & self.pure[self.monomial[:at]]], 0].tolist())
        for n, rows in zip(self.identity.sizes[self.identity.scalars :].tolist(), self.diagonal, strict=True):
            place = at + svec.position(np.arange(n), np.arange(n))[rows]
            have |= set(self.exponents[self.monomial[place], 0].tolist())
            at += svec.length(n)
        used = set(np.unique(self.exponents).tolist())
        return used <= have and (d % 2 == 0 or used <= self.positive)

    def hold(self, g: np.ndarray) -> float:
        """The part that is held back from a block."""
        largest = max(1e-3, float(np.abs(g).max(initial=0.0)))
        return self.margins.hold * largest * max(10.0, float(self.identity.sizes.max()))

    def near(self, found: Dual) -> bool:
        """Is the identity met so well that what is held back can cover the rest?"""
        return found.error * max(1.0, float(self.identity.sizes.max())) <= 100 * self.hold(found.g)

    def need(self, found: Dual) -> np.ndarray:
        """Smallest eigenvalue that every block must have to be written."""
        hold = self.hold(found.g)
        if not self.covers:
            return np.r_[np.zeros(self.identity.scalars), np.full(len(self.diagonal), 2 * hold)]
        scalars = self.silent & self.pure[self.monomial[: self.identity.scalars]]
        return np.r_[
            np.where(scalars, 2 * hold, -hold / 10),
            [2 * hold if rows.any() else -hold / 10 for rows in self.diagonal],
        ]

    def covered(self, found: Dual) -> tuple[dict[str, Any], Fraction] | str:
        """(proof, bound) with exact numbers where the blocks hold every pure power, or why not."""
        hold = self.hold(found.g)
        for _ in range(self.margins.attempts):
            terms, g = self.rounded_terms(found, hold)
            lam, multipliers = self.rounded_multipliers(found)
            missing = self._missing(g, lam)
            if missing <= 0:
                return self.proof(lam, multipliers, terms)
            hold = hold + 1.5 * missing
        return f"after rounding, {missing:.3g} is missing from the pure powers"

    def rounded_terms(
        self, found: Dual, hold: float, everywhere: bool = False
    ) -> tuple[list[dict[str, Any]], np.ndarray]:
        """Terms of the certificate, and the Gram matrices they stand for (zero for the silent scalars)."""
        bits = self.margins.bits
        if self._rounded is None or self._rounded[0] is not found:
            self._rounded = found, self._scalar_terms(found)
        scalars, kept = self._rounded[1]
        terms, matrices = [*scalars], []
        for k, (G, rows) in enumerate(zip(self.identity.matrices(found.g), self.diagonal, strict=True)):
            F = rounding.factor(G - np.diag(np.where(rows | everywhere, hold, 0.0)), bits)
            matrices.append(F.gram)
            terms.append({**self.scaled_labels(k), "gram": F.plain()})
            terms[-1]["gram"]["bits"] += self.shift[k]
        return terms, self.identity.join(kept, matrices)

    def _scalar_terms(self, found: Dual) -> tuple[list[dict[str, Any]], np.ndarray]:
        """Terms of all blocks of order one, whatever is held back from others, and the multipliers they stand for."""
        scalars, bits = self.identity.scalars, self.margins.bits
        terms, kept = self._products(found.g[:scalars])
        used = ~self.silent & (found.g[:scalars] > 0) & ~self._plain.any(axis=1)
        for k in np.flatnonzero(used).tolist():
            unit = float(self.identity.scale[k]) ** -2
            weight = rounding.dyadic(found.g[k] * unit, bits, max(1.0, float(found.g[k])) * unit)
            kept[k] = float(weight) / unit
            if weight > 0:
                terms.append({**self.labels(k), "gram": {"factor": [[1]], "weights": [written(weight)]}})
        return terms, kept

    @cached_property
    def _plain(self) -> np.ndarray:
        """(scalars, degree) which blocks of order one a scalar block is the product of, counted from 1; zeros else."""
        if self.relaxation.lifted is None or not self.identity.scalars:
            return np.zeros((self.identity.scalars, 1), dtype=np.int64)
        return products(self.relaxation) + 1

    def _products(self, g: np.ndarray) -> tuple[list[dict[str, Any]], np.ndarray]:
        """One term for all products of blocks of order one, and the multipliers that it stands for."""
        kept = np.zeros(len(g))
        at = np.flatnonzero(~self.silent & (g > 0) & self._plain.any(axis=1))
        if not len(at):
            return [], kept
        value = g[at] * self.identity.scale[at] ** -2.0
        k = min(self.margins.bits, 52) - int(np.ceil(np.log2(float(value.max()))))
        top = np.rint(np.ldexp(value, k))
        kept[at] = np.ldexp(top, -k) * self.identity.scale[at] ** 2.0
        at, top = at[top > 0], top[top > 0].astype(np.int64).tolist()
        if k < 0:
            top, k = [w << -k for w in top], 0
        rows = [[*blocks, w] for blocks, w in zip((self._plain[at] - 1).tolist(), top, strict=True)]
        return ([{"products": rows, "bits": k}] if rows else []), kept

    def rounded_multipliers(self, found: Dual) -> tuple[np.ndarray, list[Any]]:
        """λ rounded, and the part of it that belongs to x^β E_j as a certificate lists it."""
        scale = max(1.0, float(np.abs(found.multipliers).max(initial=0.0)))
        values = self._coarse(found.multipliers)
        top = [rounding.dyadic(v, 50, scale) if v else Fraction(0) for v in values.tolist()]
        used = np.array([k for k in range(self.averaged, len(top)) if top[k]], dtype=np.int64)
        names = self.multiples(used - self.averaged)
        out = [[*name, written(top[k])] for name, k in zip(names, used.tolist(), strict=True)]
        return np.array([float(v) for v in top]), out

    def multiples(self, which: np.ndarray) -> list[list[int]]:
        """[j, β…] of the equations x^β E_j = 0 with these numbers."""
        level = self.relaxation.level
        form, beta = np.divmod(which, monomials.count(self.dim, level))
        return np.concatenate([form[:, None], monomials.unrank(beta, level)], axis=1).tolist()

    def _coarse(self, multipliers: np.ndarray) -> np.ndarray:
        """The multipliers, those of one evidently nonnegative monomial lowered to whole ones.

        What then remains of such a monomial is positive, which costs nothing and which the checker sees at once.
        """
        at, c = self._lone
        unit = np.exp2(np.floor(np.log2(min(1.0, max(float(np.abs(multipliers).max(initial=0.0)), 1e-300)))))
        out = multipliers.copy()
        out[at] = np.sign(c) * np.floor(np.sign(c) * multipliers[at] / unit - 1 / 8) * unit
        return out

    @cached_property
    def _lone(self) -> tuple[np.ndarray, np.ndarray]:
        """Multipliers that belong to one monomial, mixed and evidently nonnegative; its coefficient."""
        columns = self.identity.equations.tocsc()
        at = self.averaged + np.flatnonzero(np.diff(columns.indptr)[self.averaged :] == 1)
        monomial, c = columns.indices[columns.indptr[at]], columns.data[columns.indptr[at]]
        free = (self.known & ~self.pure)[monomial] & (c != 0)
        return at[free], c[free]

    def _missing(self, g: np.ndarray, multipliers: np.ndarray) -> float:
        """How much more every pure power should have, by the checker's inequality of means; ≤ 0 if nothing."""
        d = self.exponents.shape[1]
        unit = np.prod(self.scales[self.exponents], axis=1)
        left = self.identity.residual(g, multipliers) * unit
        size = abs(self.identity.map) @ np.abs(g) + abs(self.identity.equations) @ np.abs(multipliers)
        noise = 1e-15 * (size + np.abs(self.identity.target)) * unit
        wrong = ~self.pure & ~(self.known & (left > noise))
        budget = np.zeros(int(self.exponents.max(initial=0)) + 1)
        good = self.pure & self.known
        np.add.at(budget, self.exponents[good, 0], d * (left - noise)[good])
        for k in range(d):
            np.subtract.at(budget, self.exponents[wrong, k], (np.abs(left) + noise)[wrong])
        return float(-budget.min(initial=0.0)) / d

    def proof(
        self, lam: np.ndarray, multipliers: list[Any], terms: list[dict[str, Any]]
    ) -> tuple[dict[str, Any], Fraction]:
        """The proof's plain data and its bound b'y."""
        y = [Fraction(float(v)) for v in lam[: self.averaged]]
        b = [Fraction(e["value"]) for e in self.problem["equations"]]
        value = sum((p * q for p, q in zip(y, b, strict=True)), Fraction(0))
        proof = {"value": written(value), "y": [written(v) for v in y], "level": self.relaxation.level,
                 "terms": terms, "multipliers": multipliers}  # fmt: skip
        if (self.scales != 1).any():
            proof["scales"] = np.rint(self.scales / self.scales.min()).astype(np.int64).tolist()
        return proof, value


def positive_variables(program: CompletelyPositiveProgram) -> set[int]:
    """Variables v with a block c·x_v ≥ 0, c > 0."""
    e, sizes = program.cone.entries, np.array(program.cone.sizes)
    if len(sizes) == 0:
        return set()
    alone = (np.bincount(e.block, minlength=len(sizes)) == 1) & (sizes == 1)
    at = alone[e.block] & (e.coefficient > 0)
    return set(e.variable[at].tolist())


def _single_entries(identity: Identity) -> tuple[np.ndarray, np.ndarray]:
    """Which entries of the blocks are one monomial with a positive coefficient, and that monomial."""
    rows = sp_csr(identity)
    length = np.diff(rows.indptr)
    single = length == 1
    monomial = np.zeros(len(length), dtype=np.int64)
    first = rows.indptr[:-1][single]
    monomial[single] = rows.indices[first]
    positive = np.zeros(len(length), dtype=bool)
    positive[single] = rows.data[first] > 0
    return positive, monomial


def sp_csr(identity: Identity):  # noqa: ANN201
    """Entries × monomials."""
    return identity.map.T.tocsr()
