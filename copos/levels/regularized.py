"""Bounds on a regularized program: a level of the hierarchy under a convex loss, proved by fixing a multiplier."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from copos.arithmetic.rationals import rounded_down
from copos.certificate.document import Certificate
from copos.certificate.dual_proof import DualProof
from copos.conic import ConicForm, Solution, Status
from copos.hierarchy import Relaxation, relax
from copos.levels.bound import Bound, claim, claimed_value
from copos.levels.level import bound_and_matrix
from copos.levels.sanity import sane
from copos.levels.settings import Run, Settings
from copos.losses.conic_rows import LossCone, joined, loss_cone
from copos.normal import normal_form, times
from copos.regularized import SMALL, InUnits, RegularizedProgram, divided
from copos.solvers import solve

Array = NDArray[np.float64]
SETTINGS = Settings()


@dataclass(frozen=True, eq=False)
class Level:
    """One level of every piece with the loss, as one conic form in the pieces' moments and the loss's variables.

    The form is of the objective over 2^scale.
    """

    program: RegularizedProgram
    relaxations: tuple[Relaxation, ...]
    predictions: sp.csr_array
    loss: LossCone
    form: ConicForm
    loss_rows: NDArray[np.int64]
    scale: int = 0

    def matrices(self, x: Array) -> list[Array]:
        """Moment matrix of every piece."""
        ends = np.cumsum([r.moments for r in self.relaxations])
        return [r.matrix(w) for r, w in zip(self.relaxations, np.split(x[: ends[-1]], ends[:-1]), strict=True)]

    def multiplier(self, solution: Solution) -> Array:
        """ν, in the domain of the conjugate."""
        loss = self.program.loss
        nu = self.loss.multipliers(solution.z[self.loss_rows]).reshape(loss.Y.shape)
        return np.clip(np.ldexp(nu, self.scale), loss.low, loss.high)

    def over(self, scale: int) -> Level:
        """The same with another scale."""
        return _level(self.program, self.relaxations, self.predictions, scale)

    @property
    def penalty(self) -> int:
        """The scale in which penalties are about 1."""
        sizes = [np.abs(piece.C.rows.data).max(initial=0.0) for piece in self.program.pieces]
        return int(np.frexp(max(sizes))[1])


def level_of(program: RegularizedProgram, how: Settings) -> Level:
    """Outer approximation at a level; errors as in `copos.hierarchy.relax`."""
    relaxations = tuple(
        relax(program.penalised(k), how.level, how.family, how.reductions, gram=how.gram, also=piece.L)
        for k, piece in enumerate(program.pieces)
    )
    rows = [r.functionals(piece.L) for r, piece in zip(relaxations, program.pieces, strict=True)]
    # no equation of the pieces has a right-hand side, so predictions are linear in the moments
    assert not any(row[:, [-1]].nnz for row in rows)
    return _level(program, relaxations, sp.csr_array(sp.hstack([row[:, :-1] for row in rows])), 0)


def _level(program: RegularizedProgram, relaxations: tuple[Relaxation, ...], H: sp.csr_array, scale: int) -> Level:
    loss = loss_cone(H, divided(program.loss, scale))
    ends = np.cumsum([0, *(r.moments for r in relaxations)])
    total = ends[-1] + loss.form.shape[1] - loss.inputs
    places = [np.arange(a, b) for a, b in zip(ends, ends[1:], strict=False)]
    forms = [replace(r.form, c=np.ldexp(r.form.c, -scale)) for r in relaxations]
    form, where = joined([loss.form, *forms], [np.arange(total), *places], int(total))
    return Level(program, relaxations, H, loss, form, where[0], scale)


def _solved(built: Level, solver: str | None, options: dict[str, Any]) -> tuple[Level, Solution]:
    """The better of two answers: in the unit of the loss and, where it is much smaller, in that of the penalty."""
    best = built, solve(built.form, solver, **options)
    if built.penalty <= SMALL:
        other = built.over(built.penalty)
        best = max([best, (other, solve(other.form, solver, **options))], key=_claimed)
    return best


def _claimed(answer: tuple[Level, Solution]) -> float:
    """The claimed value; −inf of an infeasible claim, which is wrong."""
    level, solution = answer
    value = claimed_value(level.form, solution)
    return times(value, level.scale) if np.isfinite(value) else -np.inf


def bracket_regularized(program: RegularizedProgram, how: Settings = SETTINGS, recover: bool = True) -> Bound:
    """The bracket of a `RegularizedProgram`, for `copos.bracket` and `copos.lower_bound`."""
    start = time.perf_counter()
    # solvers see the program in its units, proofs the program itself, whose pieces are brought to a normal form each
    units = program.units or InUnits(program, 0, 0)
    built = level_of(units.program, how)
    assembled = time.perf_counter()
    built, solution = _solved(built, how.solver, dict(how.options))
    solved = time.perf_counter()
    bound = claim(built.form, solution, built.relaxations, assembled - start, solved - assembled)
    bound = replace(bound, claimed=times(bound.claimed, units.value + built.scale))
    if how.certify:
        nu = None
        if solution.status is not Status.FAILED and np.isfinite(solution.z).all():
            nu = np.ldexp(built.multiplier(solution), units.multiplier)
        proved = _proved(program, nu, solution.message, how)
        bound = replace(bound, **proved, proof_seconds=time.perf_counter() - solved)
    if bound.status is Status.INFEASIBLE:
        reason = f"infeasible is claimed by the solver, though zero is feasible; {bound.reason}"
        bound = replace(bound, claimed=bound.lower, reason=reason)
    if recover and program.recover is not None:
        # without a point random directions are left
        x = solution.x if np.isfinite(solution.x).all() else np.zeros_like(solution.x)
        found = program.recover(built.matrices(x), solve)
        bound = replace(bound, upper=found.value, found=found)
    return sane(bound, program)


def _proved(program: RegularizedProgram, nu: Array | None, message: str, how: Settings) -> dict[str, Any]:
    """The proved bound at ν: every piece is a program of its own, solved and certified."""
    if nu is None:
        return _trivial(program, f"the solver returned nothing: {message}")
    certificates, reasons = [], []
    for k in range(len(program.pieces)):
        normal = normal_form(program.fixed(k, nu), program.pieces[k].coordinates)
        piece, _ = bound_and_matrix(normal.origin, how, Run(), normal)
        if piece.certificate is None:
            return _trivial(program, f"piece {k} ({program.pieces[k].label}): {piece.reason}")
        certificates.append(piece.certificate)
        reasons.append(piece.reason)
    return _statement(program, DualProof(nu, tuple(certificates)), f"multiplier fixed; {_commonest(reasons)}")


def _trivial(program: RegularizedProgram, reason: str) -> dict[str, Any]:
    """ν = 0: <C, Y> = 1 in every piece, so losses and penalties, which are nonnegative, prove 0."""
    proof = {"value": 1, "y": [1], "level": 0, "terms": [], "multipliers": []}
    nu = np.zeros_like(program.loss.Y)
    dual = DualProof(nu, tuple(Certificate.of("lower bound", program.fixed(k, nu), proof)
                               for k in range(len(program.pieces))))  # fmt: skip
    if not dual.verify(program).proved:
        return {"reason": reason}
    return _statement(program, dual, f"only that losses and penalties are nonnegative: {reason}")


def _statement(program: RegularizedProgram, proof: DualProof, reason: str) -> dict[str, Any]:
    """The fields of a bound that a proof fills."""
    value = proof.value(program)
    return {"lower": rounded_down(value), "exact": value, "proved": True, "certificate": proof, "reason": reason}


def _commonest(words: Sequence[str]) -> str:
    return max(set(words), key=words.count)
