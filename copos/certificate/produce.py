"""From a solver's approximate dual to an exact proof of a lower bound.

1. Move the dual onto the identity of the level (least squares) and, if a Gram matrix is not positive definite enough,
   inside: along a direction known to lead inside, or towards a strictly feasible dual point. Both cost bound.
2. Hold a little back from the blocks that contain the pure powers x_i^d, round multipliers and factors to integers.
3. What is then missing from the identity is covered, exactly, by what was held back.
4. The independent checker decides. No number leaves this file as a bound that it has not accepted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from copos import monomials, svec
from copos.certificate import absorb, dual, rounding
from copos.certificate.document import Certificate
from copos.certificate.dual import Dual, Identity
from copos.certificate.problem import exact, program_problem
from copos.certificate.terms import Labels, evident
from copos.conic import Solution, Status
from copos.hierarchy import Relaxation
from copos.program import CompletelyPositiveProgram


class Proved(NamedTuple):
    """`lower` is a proved lower bound with its certificate; or None, and `reason` says why there is none."""

    lower: Fraction | None
    certificate: Certificate | None
    reason: str


@dataclass(frozen=True)
class Margins:
    """How far a rounded proof stays inside, relative to the largest Gram entry."""

    hold: float = 2e-12
    bits: int = rounding.BITS
    attempts: int = 4


def certify_lower_bound(
    program: CompletelyPositiveProgram,
    relaxation: Relaxation,
    solution: Solution,
    solver: str | None = None,
    margins: Margins = Margins(),  # noqa: B008 - frozen
) -> Proved:
    """A proved lower bound on min <C, Y> from any approximate dual of a level.

    Parameters
    ----------
    program : the program that was relaxed
    relaxation, solution : a level and a solver's answer to its conic form, accurate or poor
    solver : used if a strictly feasible dual point must be computed; by default the choice of `copos.solvers`

    Returns
    -------
    Proved
        `lower` (a Fraction, rounded up to an integer where the objective takes whole numbers only), `certificate`
        and `reason`; `lower` is None if no proof was found.

    Examples
    --------
    >>> from copos import CompletelyPositiveProgram, NonNegative
    >>> from copos.hierarchy import relax
    >>> from copos.solvers import solve
    >>> program = CompletelyPositiveProgram(NonNegative(2), np.eye(2), [(np.ones((2, 2)), 1.0)])
    >>> level = relax(program)
    >>> lower, certificate, _ = certify_lower_bound(program, level, solve(level.form))
    >>> bool(0.5 - 1e-7 < lower <= 0.5), certificate.verify(program).proved
    (True, True)
    """
    if solution.status in (Status.UNBOUNDED, Status.FAILED) or not np.isfinite(solution.z).all():
        return Proved(None, None, f"the solver returned no dual ({solution.status.value}): {solution.message}")
    identity = Identity.of(relaxation)
    found = dual.recover(identity, relaxation, solution)
    problem = program_problem(program)
    writer = Writer(program, relaxation, problem, margins)
    reason = ""
    for candidate, how in interior_candidates(found, relaxation, solver, writer):
        written = writer.write(candidate)
        if isinstance(written, str):
            reason = f"{how}: {written}"
            continue
        proof, value = written
        certificate, value = _rounded_up(Certificate("lower bound", problem, proof), value)
        verdict = certificate.verify()
        if verdict.proved:
            return Proved(value, certificate, how)
        reason = f"{how}: the checker says: {verdict.reason}"
    return Proved(None, None, reason or "no strictly feasible dual point was found")


def interior_candidates(
    found: Dual, relaxation: Relaxation, solver: str | None, writer: Writer
) -> Iterator[tuple[Dual, str]]:
    """Duals to try, with words for how they came about, cheapest first."""
    need = writer.need(found)
    fixed = np.arange(writer.averaged)
    if (found.floors() >= need).all() and writer.near(found):
        yield found, "the solver's dual is strictly feasible"
    short = max(float((need - found.floors()).max(initial=0.0)), found.error, float(need.max(initial=0.0)), 1e-300)
    scale = max(abs(found.value), float(np.abs(found.identity.target).max(initial=0.0)), 1e-300)
    step = short
    while step < scale:
        moved = dual.settle(dual.lowered(found, step, writer.averaged), need, fixed)
        if (moved.floors() >= need).all() and writer.near(moved):
            yield moved, f"the solver's dual was not feasible; the bound was lowered by {step:.2g}"
        step *= 8
    point = dual.inside(found.identity, relaxation, solver, sizes=(1e-2, 1e-4, 1e-6))
    if point is not None:
        margin = point.floors() - need
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(found.floors() < need, (need - found.floors()) / (need - found.floors() + margin), 0.0)
        for s in sorted({min(1.0, 1.1 * float(share.max(initial=0.0)) * f + 1e-12) for f in (1, 10, 1000, 1e9)}):
            yield dual.project(found.mix(point, s)), "mixed with a strictly feasible dual point"


class Writer:
    """Rounds a dual to a proof about one relaxation."""

    def __init__(
        self, program: CompletelyPositiveProgram, relaxation: Relaxation, problem: dict[str, Any], margins: Margins
    ) -> None:
        self.relaxation, self.problem, self.margins = relaxation, problem, margins
        self.identity = Identity.of(relaxation)
        self.labels = Labels(relaxation)
        self.averaged = len(program.equations[1])
        self.exponents = monomials.unrank(relaxation.monomials, relaxation.level + 2)
        self.positive = positive_variables(program)
        self.known = evident(self.exponents, self.positive)
        self.pure = (self.exponents == self.exponents[:, [0]]).all(axis=1)
        self.single, self.monomial = _single_entries(self.identity)
        scalars = self.identity.scalars
        # a scalar block that is an evidently nonnegative monomial needs no term: the checker sees its sign
        self.silent = self.single[:scalars] & self.known[self.monomial[:scalars]]
        self.diagonal = self._pure_rows()

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
        """What is held back from a block."""
        return self.margins.hold * max(1e-3, float(np.abs(g).max(initial=0.0))) * max(10.0, float(self.identity.sizes.max()))

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

    def write(self, found: Dual) -> tuple[dict[str, Any], Fraction] | str:
        """(proof, bound) with exact numbers, or why not."""
        hold = self.hold(found.g)
        if not self.covers:
            return absorb.write(self, found, hold)
        for _ in range(self.margins.attempts):
            terms, g = self.rounded_terms(found, hold)
            lam, multipliers = self.rounded_multipliers(found)
            missing = self._missing(g, lam, terms_scale=np.abs(found.g).max(initial=0.0))
            if missing <= 0:
                return self.proof(lam, multipliers, terms)
            hold = hold + 1.5 * missing
        return f"after rounding, {missing:.3g} is missing from the pure powers"

    def rounded_terms(self, found: Dual, hold: float) -> tuple[list[dict[str, Any]], np.ndarray]:
        """Terms of the certificate, and the Gram matrices they stand for (zero for the silent scalars)."""
        scalars, bits = self.identity.scalars, self.margins.bits
        terms, kept = [], np.zeros(scalars)
        for k in np.flatnonzero(~self.silent & (found.g[:scalars] > 0)).tolist():
            weight = rounding.dyadic(found.g[k], bits, max(1.0, float(found.g[k])))
            kept[k] = float(weight)
            if weight > 0:
                terms.append({**self.labels(k), "gram": {"factor": [[1]], "weights": [exact(weight)]}})
        matrices = []
        for k, (G, rows) in enumerate(zip(self.identity.matrices(found.g), self.diagonal, strict=True)):
            F = rounding.factor(G - np.diag(np.where(rows, hold, 0.0)), bits)
            matrices.append(F.gram)
            terms.append({**self.labels(scalars + k), "gram": F.plain()})
        return terms, self.identity.join(kept, matrices)

    def rounded_multipliers(self, found: Dual) -> tuple[np.ndarray, list[Any]]:
        """λ rounded, and the part of it that belongs to x^β E_j as a certificate lists it."""
        scale = max(1.0, float(np.abs(found.multipliers).max(initial=0.0)))
        top = [rounding.dyadic(v, 50, scale) for v in found.multipliers.tolist()]
        level, N = self.relaxation.level, self.relaxation.program.cone.dim
        each = monomials.count(N, level)
        out = []
        for k in range(self.averaged, len(top)):
            if top[k]:
                j, beta = divmod(k - self.averaged, each)
                out.append([j, *monomials.unrank(np.array([beta]), level)[0].tolist(), exact(top[k])])
        return np.array([float(v) for v in top]), out

    def _missing(self, g: np.ndarray, multipliers: np.ndarray, terms_scale: float) -> float:
        """How much more every pure power should have, by the checker's inequality of means; ≤ 0 if nothing."""
        left = self.identity.residual(g, multipliers)
        size = abs(self.identity.map) @ np.abs(g) + abs(self.identity.equations) @ np.abs(multipliers)
        noise = 1e-15 * (size + np.abs(self.identity.target))
        d = self.exponents.shape[1]
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
        proof = {"value": exact(value), "y": [exact(v) for v in y], "level": self.relaxation.level,
                 "terms": terms, "multipliers": multipliers}  # fmt: skip
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


def _rounded_up(certificate: Certificate, value: Fraction) -> tuple[Certificate, Fraction]:
    """The same proof with the bound rounded up, if the checker agrees that values are whole."""
    up = Fraction(-((-value.numerator) // value.denominator))
    if up == value:
        return certificate, value
    problem = certificate.problem
    if len(problem["equations"]) != 1 or any(type(t[-1]) is not int for t in problem["objective"]):
        return certificate, value
    tried = Certificate("lower bound", problem, {**certificate.proof, "value": exact(up), "rounded": True})
    return (tried, up) if tried.verify().proved else (certificate, value)
