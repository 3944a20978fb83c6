"""Cells of matrices of bounded rank by their singular vectors: bound one, prove it, and choose how to divide it.

A cut is worth what it takes from the relaxation's answer: on either side blocks become semidefinite that are not, and
the sum of the eigenvalues of the wrong sign, in units of s² and per block, is how wrong the answer is there. The best
cut is that whose better side is wrong by most.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from copos.branching.node import Answer, CellSettings
from copos.conic import Solution, Status, Vector
from copos.levels import factor_method, factor_proof
from copos.levels.factor_goal import AIMED, Goal, reach
from copos.levels.factor_levels import MomentLevel
from copos.levels.factor_lifting import lifted
from copos.levels.singular_cells import Cut, Direction, Ratio, SingularLevel, carriers, intervals, row_of, width

Matrix = NDArray[Any]

TOLERANCE, ITERATIONS = 1e-7, 3000  # of a cell
# shares of the optimum by which a part of a cell, and the whole beside level 0, hardly ever gain: what lacks more is
# not aimed at, and divided as soon as that is seen
FAR = (0.03, 0.06)
SHORTEST = 0.2  # seconds of a cell: its parts are better than it, however little time is left for them
STEPS = 64  # of a ratio between 0 and 1, and of the largest entry of a direction
AWAY = 0.1  # share of the interval that a part keeps
LEADING = 3  # eigenvectors that directions are made of


@dataclass(frozen=True, eq=False)
class SingularTask:
    """A cell, the unit 2^unit of its loss in those of the search, the answer to the cell that holds it, when to end."""

    level: SingularLevel
    unit: int
    scale: int
    settings: CellSettings
    enough: float
    upper: float = np.inf
    near: Solution | None = None
    until: float = np.inf


def evaluate_singular(task: SingularTask) -> Answer:
    """Solve until the bound suffices or the claim says that it will not, prove it, and choose cuts."""
    begin = time.thread_time()
    level, how = task.level, task.settings
    enough, upper = (float(np.ldexp(value, -task.unit)) for value in (task.enough, task.upper))
    goal = Goal(enough, upper, divides=True)
    options: dict[str, Any] = {"tolerance": TOLERANCE, "max_iterations": ITERATIONS} | dict(how.options)
    above = replace(level, sides=level.sides[:-1])
    if task.near is None:
        start, claim = _first(level, goal, options | left(task))
    else:
        start, claim = level.start(above, task.near), task.near.value
    far = goal.target - claim > FAR[task.near is None] * abs(goal.upper)
    reached = reach(level, goal, options | left(task), start, far)
    solution, best = reached.solution, reached.dual
    claimed = max(0.0, float(np.fmin(solution.value, solution.dual_value)))
    usable = solution.status is not Status.FAILED and bool(np.isfinite(solution.x).all())
    lower, proof, reason = None, None, "no strictly feasible dual: the loss does not bound every entry of W"
    if best is not None:
        claimed = max(claimed, best.value)
        lower = Fraction(best.value) * Fraction(2) ** task.unit
        proof, reason = factor_proof.written(level, best), "singular vectors in order"
        proof = {key: proof[key] for key in ("blocks", "multipliers", "bits")}
    if not how.certify:
        lower, proof, reason = None, None, "no proof was asked for (certify=False)"
    length = width(level.H.shape)
    cuts = RULES[how.rule].cuts(level, solution) if usable else []
    rows = np.array([row_of(cut, length) for cut in cuts]).reshape(-1, length)
    claimed, seconds = float(np.ldexp(claimed, task.unit)), time.thread_time() - begin
    if not usable:
        return Answer(claimed, lower, proof, reason, False, None, rows, seconds)
    return Answer(claimed, lower, proof, reason, False, _moments(level, solution, task.scale), rows, seconds, solution)


def left(task: SingularTask) -> dict[str, float]:
    """The option that ends a solve in time."""
    return {} if task.until == np.inf else {"time_limit": max(SHORTEST, task.until - time.time())}


def _first(
    level: SingularLevel, goal: Goal, options: dict[str, Any]
) -> tuple[tuple[Vector, Vector, Vector] | None, float]:
    """A start of the whole: the dual of the averaged level, which costs little; none where the last digits count.

    With the value of that level, from which it is known how far the target is.
    """
    if not goal.has_room or level.rank == 1:
        return None, np.inf
    averaged = MomentLevel("averaged", level.rank, level.Q, level.H, level.constant, sizes=level.sizes)
    solution = reach(averaged, goal, options | {"max_iterations": AIMED}).solution
    m, n = level.form.shape
    return (np.zeros(n), np.zeros(m), lifted(averaged, solution, level)), solution.value


def _moments(level: SingularLevel, solution: Solution, scale: int) -> Matrix:
    """[[1, w'], [w, M]] of V in the units of the problem."""
    w, M = level.moments(solution.x)
    unit = 2.0**scale
    return np.block([[np.ones((1, 1)), w[None] * unit], [w[:, None] * unit, M * unit**2]])


# ---- cuts -------------------------------------------------------------------------------------------------------


def _wrong(X: Matrix) -> tuple[float, float]:
    """Sums of the negative and of the positive eigenvalues, both positive."""
    values = np.linalg.eigvalsh((X + X.T) / 2)
    return float(-values[values < 0].sum()), float(values[values > 0].sum())


def ratios(level: SingularLevel, solution: Solution) -> Iterator[tuple[float, Cut]]:
    """(how wrong the answer is on its better side, cut) for every pair, at the ratio that the answer has on average."""
    for (a, b), (low, high) in intervals(level.rank, level.sides).items():
        H, K, I, J = (level.variable(solution, f"{X}{a},{b}") for X in "HKIJ")
        whole = np.trace(H) + np.trace(I)
        mean = np.sqrt(max(np.trace(K) + np.trace(J), 0.0) / whole) if whole > 0 else 0.0
        least, most = (float(low + (high - low) * Fraction(share)) for share in (AWAY, 1 - AWAY))
        at = int(np.rint(STEPS * np.clip(mean, least, most)))
        if low < Fraction(at, STEPS) < high:
            square = (at / STEPS) ** 2
            sides = zip(_wrong(K - square * H), _wrong(J - square * I), strict=True)
            yield min(map(sum, sides)) / 2, Ratio(a, b, at, STEPS)


def directions(level: SingularLevel, solution: Solution) -> Iterator[tuple[float, Cut]]:
    """The same for xy' + yx', x the leading eigenvector of E s_a² u_a u_a', and y one of those that follow."""
    n, m = level.H.shape
    for side in ("rows", "columns"):
        contracted = "ijkl,ik->jl" if side == "rows" else "ijkl,jl->ik"
        marginal = "ijkj->ik" if side == "rows" else "ijil->jl"
        for a in range(level.rank):
            held = [level.variable(solution, name).reshape(n, m, n, m) for name in carriers(side, a, level.rank)]
            vectors = np.linalg.eigh(np.einsum(marginal, held[0]))[1][:, ::-1]
            for k in range(1, min(LEADING, len(vectors))):
                A = np.outer(vectors[:, 0], vectors[:, k])
                A = A + A.T
                A = np.rint(A * (STEPS / np.abs(A).max())).astype(np.int64)
                sides = zip(*(_wrong(np.einsum(contracted, X, A / STEPS)) for X in held), strict=True)
                yield min(map(sum, sides)) / len(held), Direction(side, a, A)


class Rule(NamedTuple):
    """`ways(level, answer)`: scores and cuts; `count` of the best are tried."""

    ways: tuple[Callable[[SingularLevel, Solution], Iterator[tuple[float, Cut]]], ...]
    count: int
    meaning: str

    def cuts(self, level: SingularLevel, solution: Solution) -> list[Cut]:
        """The best cuts, those that would change something."""
        found = [item for way in self.ways for item in way(level, solution) if item[0] > 0]
        return [cut for _, cut in sorted(found, key=lambda item: -item[0])[: self.count]]


RULES = {
    "mass": Rule((ratios, directions), 1, "a ratio or a direction, whatever the answer is most at odds with"),
    "ratios": Rule((ratios,), 1, "ratios of singular values alone"),
    "directions": Rule((directions,), 1, "directions of singular vectors alone"),
    "strong": Rule((ratios, directions), 3, "of the best three the one whose worse side has the better bound"),
}


def level_of(program: Any) -> tuple[SingularLevel, tuple[int, int]]:
    """The level of all matrices, and the units (v, l) of W and of the loss, as powers of two.

    Raises
    ------
    ValueError
        For a program that is no squared loss over matrices of bounded rank.
    """
    data = factor_method.cells_of(program)
    if data is None:
        raise ValueError(
            f"cells of singular vectors are for squared losses over matrices of bounded rank, without constraints or "
            f"weight decay, in the lift 'minors' or 'factor-moments': {program.name} is another program"
        )
    moments, units = factor_method.scaled(data, "ordered")
    whole = SingularLevel(
        "ordered", moments.rank, moments.Q, moments.H, moments.constant, sizes=moments.sizes
    )
    return whole, units
