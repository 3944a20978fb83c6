"""Stopping a solver by what is proved: the proof is made along the way, and the run ends when it is good enough.

Small residuals say little about a bound: what a proof gives away depends on how far its multipliers are from feasible
in the units of the value. So the splitting solver shows its pair at few checkpoints, and the answer is what the bound
proved from it still lacks, in multiples of the tolerance. The solver aims at residuals that much smaller before it
asks again. Checkpoints depend on residuals and iterations only, so a run does not depend on the clock.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from copos.certificate.dual import Identity
from copos.certificate.produce import Aim, Proved, certify_lower_bound
from copos.conic import Solution, Status
from copos.hierarchy import Relaxation
from copos.normal import NormalForm
from copos.program import CompletelyPositiveProgram
from copos.solvers import GOES_ON, picked, solve

PATIENCE = 3  # proofs in a row that raise the bound by less than a tenth of what is missing end the run
FRUITLESS = 8  # pairs in a row without an affordable proof end it too
AGAIN = 4.0  # by so much the residuals must fall before the next
FINEST = 1e-11  # residual at which the solver gives up to satisfy the judge


class Judge:
    """How far the bound proved from a solver's pair is from the primal value; keeps the best proof.

    Parameters
    ----------
    program, relaxation : what is solved
    tolerance : tolerance of value − proved bound, relative to |value|
    upper : a known upper bound on the optimum of the program, inf without one; the smaller of the two counts
    normal : where the program is a normal form, what certificates are about
    deadline : by `time.perf_counter`, after which a proof tries nothing new
    """

    def __init__(
        self,
        program: CompletelyPositiveProgram,
        relaxation: Relaxation,
        tolerance: float,
        upper: float = np.inf,
        normal: NormalForm | None = None,
        deadline: float = np.inf,
    ) -> None:
        if not tolerance > 0:
            raise ValueError(f"tolerance must be positive, got {tolerance}")
        self.program, self.relaxation, self.tolerance, self.upper = program, relaxation, tolerance, upper
        self.normal, self.deadline = normal, deadline
        self._identity = Identity.of(relaxation)
        self.best, self.done = Proved(None, None, "no proof was tried"), False
        self._disappointments, self._fruitless = 0, 0
        size = float(np.abs(relaxation.objective).max(initial=0.0))
        self._least = 1e-6 * size or 1.0  # values below this are measured against it

    def __call__(self, solution: Solution) -> float:
        """The missing part of the proved bound over the allowed one; 0 to stop, inf if nothing is proved."""
        lacking = self._excess(solution.dual_value, solution)
        if lacking > 1:  # what is proved is below the dual value, by how much is then of no interest
            return lacking
        before, seen = self._lower, []
        excess = self.prove(solution, self._value(solution) - self._allowed(solution), seen.append)
        if seen and (estimate := self._excess(max(seen), solution)) > 1:
            return estimate
        if self._lower == before:  # no dual near this one is feasible at an affordable price
            self._fruitless += 1
            self.done = self._fruitless >= FRUITLESS
            return 0.0 if self.done else AGAIN
        missing = (self._excess(before, solution) - 1) * self._allowed(solution)
        improved = self._lower >= before + missing / 10
        self._disappointments = 0 if improved else self._disappointments + 1
        self.done = excess <= 1 or self._disappointments >= PATIENCE
        return 0.0 if self.done else excess

    def prove(
        self, solution: Solution, cutoff: float = -np.inf, on_skipped: Callable[[float], Any] | None = None
    ) -> float:
        """Make the exact proof, keep it if it is the best, and return what is missing as `__call__` does."""
        target = self._value(solution) - self._allowed(solution)
        aim = Aim(target, cutoff, on_skipped, self._identity, deadline=self.deadline)
        proof = certify_lower_bound(self.program, self.relaxation, solution, aim=aim, normal=self.normal)
        if self.best.lower is None or (proof.lower is not None and proof.lower > self.best.lower):
            self.best = proof
        return self._excess(self._lower, solution)

    @property
    def _lower(self) -> float:
        return -np.inf if self.best.lower is None else float(self.best.lower)

    def _value(self, solution: Solution) -> float:
        """The value that the bound is compared with: of the level, from above, or the known upper bound.

        A point x with r = A x + s − b ≠ 0 is not feasible, and its value may be below that of the level by z'r, to
        first order; in blocks, by at most Σ |z_k| |r_k|.
        """
        form = self.relaxation.form
        r = form.A @ solution.x + solution.s - form.b
        size, blocks = np.linalg.norm, [rows for _, _, rows in form.cones.slices()]
        off = sum(float(size(solution.z[rows]) * size(r[rows])) for rows in blocks)
        return min(solution.value + off, self.upper)

    def _allowed(self, solution: Solution) -> float:
        return self.tolerance * max(abs(min(solution.value, self.upper)), self._least)

    def _excess(self, lower: float, solution: Solution) -> float:
        return (self._value(solution) - lower) / self._allowed(solution)


def solve_and_prove(
    normal: NormalForm,
    relaxation: Relaxation,
    solver: str | None,
    tolerance: float,
    upper: float,
    options: dict[str, Any],
    deadline: float = np.inf,
) -> tuple[Solution, Proved | None]:
    """Solve until the bound is proved to the tolerance, and the best proof; None where a verdict has to be proved.

    A solver that cannot be asked along the way is asked at its end; if its answer is not good enough, the splitting
    solver goes on from there.
    """
    judge = Judge(normal.program, relaxation, tolerance, upper, normal, deadline)
    if not picked(relaxation.form, solver).anytime:
        solution = solve(relaxation.form, solver, **options)
        if solution.status in (Status.INFEASIBLE, Status.UNBOUNDED):
            return solution, None
        if solution.status is not Status.FAILED and (judge.prove(solution) <= 1 or solver is not None):
            return solution, judge.best
        start = {} if solution.status is Status.FAILED else {"start": (solution.x, solution.s, solution.z)}
        options = {key: value for key, value in options.items() if key == "time_limit"} | start
    last = solve(relaxation.form, GOES_ON, **{"tolerance": FINEST, **options, "judge": judge})
    if last.status in (Status.INFEASIBLE, Status.UNBOUNDED):
        return last, None
    if last.status is not Status.FAILED and not judge.done:
        judge.prove(last)
    return last, judge.best
