"""One case of a k-means problem: level 0 with inequalities of its atoms, added where the Y at hand violates them."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.bounding.clustering.dual import Repair
from copos.bounding.clustering.seconds import Watch, check_seconds, proof_seconds, round_seconds
from copos.certificate import Proved, certify_infeasible, certify_lower_bound
from copos.certificate.produce import Aim
from copos.conic import Solution, Status
from copos.hierarchy import relax
from copos.levels.warm_start import Solved
from copos.normal import NormalForm, normal_form
from copos.program import CompletelyPositiveProgram
from copos.reformulation.clustering.points import Groups
from copos.reformulation.clustering.program import program
from copos.reformulation.clustering.stars import LARGEST, Cuts, star, violated
from copos.solvers import solve
from copos.solvers.splitting.progress import Progress

Matrix = NDArray[np.float64]
ROUGH, FINE, LAST = 1e-5, 1e-8, 1e-6  # of the splitting solver: in a round, to reach a target, without hope of that
COARSE, FAR = 3e-3, 1e-2  # residuals of a round while the bound is so far from the target, relatively
LEASTS = (1e-3, 1e-5)  # violations that are looked for, one after the other
ROUNDS = 40
STALLED = 0.05  # share of the gap that a round must close, else finer violations are looked for, then it is enough
INEQUALITIES = "inequalities of vectors of zeros and ones"
KEPT = ("y", "terms", "multipliers", "scales", "scaling")  # of a proof about a program, in that about a case


@dataclass(frozen=True, eq=False)
class Case:
    """What is proved of the partitions of some groups.

    Attributes
    ----------
    groups : which points are together, and which groups are apart
    lower : proved lower bound, ∞ where no partition is left
    leaf : its proof as an item of a certificate
    Y : (groups, groups) the last matrix of the relaxation, None without one
    cuts : the inequalities that were tight there
    reason : how it was proved, or why not
    """

    groups: Groups
    lower: Fraction | float
    leaf: dict[str, Any] | None
    Y: Matrix | None
    cuts: Cuts
    reason: str


def case(
    groups: Groups, upper: float, target: float, seconds: float, cuts: Cuts | None = None, watch: Watch | None = None
) -> Case:
    """Bound a case until `target` is proved, no inequality is violated, or the rounds bring nothing more.

    Parameters
    ----------
    groups : the case
    upper : the cost of a partition that is known; rounds must bring the bound nearer to it
    target : a bound that is enough; all costs are those of the points
    seconds : a limit, of which the proof and its check get their share: a case that would take longer is not begun
    cuts : inequalities to begin with
    watch : of the whole work, which knows how busy the machine is
    """
    cuts, watch = Cuts.none() if cuts is None else cuts, Watch() if watch is None else watch
    if groups.impossible:
        return Case(groups, np.inf, groups.impossible, None, cuts, "no partition is left")
    plain = Case(groups, groups.offset, {}, None, cuts, "no partition costs less than its groups by themselves")
    if groups.offset >= target or seconds <= 0:
        return plain
    expected = round_seconds(groups.count) + proof_seconds(groups.count) + check_seconds(groups.count)
    expected *= watch.slowness
    if expected > seconds:
        return replace(plain, reason=f"level 0 of {groups.count} groups would take about {expected:.0f} s")
    rounds = _Rounds(groups, upper, target, seconds, cuts, watch)
    rounds.run()
    if rounds.best is not None and rounds.best[0] <= 0:  # a_gh ≥ 0: that needs no proof
        return replace(plain, Y=rounds.Y, reason="level 0 had no time for a bound")
    found = rounds.proved()
    return found if found.lower >= plain.lower else replace(found, lower=plain.lower, leaf={}, reason=found.reason)


def _coarse(progress: Progress) -> bool:
    """Is a solution good enough to find inequalities with?"""
    return progress.largest <= COARSE


class _Level:
    """Level 0 of some groups with some inequalities."""

    def __init__(self, base: CompletelyPositiveProgram, groups: Groups, cuts: Cuts) -> None:
        self.cuts = cuts
        cone = base.cone.where_nonnegative(cuts.forms(groups.count)) if len(cuts) else base.cone
        whole = base.changed(cone=cone) if len(cuts) else base
        self.normal: NormalForm = normal_form(whole, np.zeros(groups.count, dtype=np.int64))
        self.relaxation = relax(self.normal.program, 0, reductions=())
        self.repair = Repair(self.relaxation, groups.sizes, groups.count, groups.points.clusters)

    def worth(self, answer: Solution) -> float:
        """The value of the feasible dual, in the units of the problem."""
        return self.normal.value(self.repair(answer).dual_value)


class _Rounds:
    """The rounds of a case; a solver's answer starts from the one before, and the best one is proved."""

    def __init__(self, groups: Groups, upper: float, target: float, seconds: float, cuts: Cuts, watch: Watch) -> None:
        self.watch, self.end = watch, time.perf_counter() + seconds
        self.groups, self.offset, self.base = groups, groups.offset, program(groups)
        self.took = 0.0  # wall time of the last round
        self.upper, self.target = upper - float(self.offset), target - float(self.offset)
        self.solved: Solved | None = None
        self.Y: Matrix | None = None
        self.best: tuple[float, _Level, Solution] | None = None
        self.level = _Level(self.base, groups, cuts)

    @property
    def deadline(self) -> float:
        """When the check must be begun."""
        return self.end - self.watch.slowness * check_seconds(self.groups.count, self.level.cuts.terms)

    @property
    def proof(self) -> float:
        """Seconds for the proof."""
        return self.watch.slowness * proof_seconds(self.groups.count, self.level.cuts.terms)

    @property
    def left(self) -> float:
        """Seconds until the proof must be begun."""
        return self.deadline - self.proof - time.perf_counter()

    def _solve(self, tolerance: float, **options: Any) -> float:
        """The value of the answer; −∞ without one."""
        level = self.level
        if self.solved is not None:
            options["start"] = self.solved.start(level.relaxation)
        limit = max(self.left, 0.1)
        answer = solve(level.relaxation.form, "splitting", tolerance=tolerance, time_limit=limit, **options)
        self.answer, self.solved = answer, None
        if not (np.isfinite(answer.x).all() and np.isfinite(answer.z).all()) or answer.status is Status.INFEASIBLE:
            return -np.inf
        self.solved = Solved(level.relaxation, answer)
        self.Y = level.normal.matrix(level.relaxation.matrix(answer.x))
        worth = level.worth(answer)
        if self.best is None or worth > self.best[0]:
            self.best = worth, level, answer
        return worth

    def run(self) -> None:
        """Rounds of solving and separating."""
        leasts, value, coarse = list(LEASTS), -np.inf, True
        for _ in range(ROUNDS):
            began = self.watch.passed
            level, coarse = self.level, coarse and value < self.target - FAR * abs(self.target)
            judge = level.repair.judge(level.normal.inward(self.target))
            worth = self._solve(ROUGH, judge=judge, callback=_coarse if coarse else None)
            if level.normal.value(self.answer.value) >= self.target > worth:
                worth = self._solve(FINE, judge=judge)
            if self.solved is None or self.Y is None or worth >= self.target or self.left <= 0:
                return
            new = level.normal.value(self.answer.value)
            stalled = new - value < STALLED * (self.upper - value) and np.isfinite(value)
            value = max(value, new)
            if stalled and not coarse:
                leasts.pop(0)
            while leasts and not len(found := violated(self.Y, leasts[0], 2 if coarse else LARGEST)) and not coarse:
                leasts.pop(0)
            if not leasts:
                return
            coarse = coarse and not stalled and len(found) > 0  # else the matrix may be to blame
            self.took = self.watch.passed - began
            if self.took > self.left:  # the next round takes longer: a level is factored before its first iteration
                return
            self.level = _Level(self.base, self.groups, level.cuts.tight(self.Y).joined(found))

    def proved(self) -> Case:
        """The proof of the best answer; of a more accurate one where that is not enough."""
        if self.best is None or self.answer.status is Status.INFEASIBLE:
            return self._without_partitions()
        _, self.level, answer = self.best
        proof = self._proof(answer)
        low = -np.inf if proof.lower is None else self.level.normal.value(float(proof.lower))
        if low < self.target and self.left > self.took:  # for another one
            self._solve(LAST)
            better = self._proof(self.answer) if self.solved is not None else proof
            if better.lower is not None and (proof.lower is None or better.lower > proof.lower):
                proof = better
        cuts = self.level.cuts if self.Y is None else self.level.cuts.tight(self.Y)
        if proof.lower is None or proof.certificate is None:
            return Case(self.groups, -np.inf, None, self.Y, cuts, proof.reason)
        lower = self.level.normal.exact(proof.lower) + self.offset
        words = f"level 0 with {len(self.level.cuts)} {INEQUALITIES}"
        return Case(self.groups, lower, self._leaf(proof.certificate.proof), self.Y, cuts, words)

    def _proof(self, answer: Solution) -> Proved:
        level = self.level
        # it has its share even where rounds took longer than they should: without it all of them were in vain
        deadline = max(self.deadline, time.perf_counter() + self.proof)
        aim = Aim(level.normal.inward(self.target), deadline=deadline)
        answer = level.repair(answer)
        return certify_lower_bound(level.normal.program, level.relaxation, answer, aim=aim, normal=level.normal)

    def _without_partitions(self) -> Case:
        normal, cuts = self.level.normal, self.level.cuts
        certificate, reason = certify_infeasible(normal.origin, relax(normal.origin, 0))
        if certificate is None:
            return Case(self.groups, -np.inf, None, None, cuts, reason)
        leaf = {**self._leaf(certificate.proof), "infeasible": True}
        return Case(self.groups, np.inf, leaf, None, cuts, "no partition is left")

    def _leaf(self, proof: dict[str, Any]) -> dict[str, Any]:
        """The proof about the program with its generators, as that of a case; generators that it does not use go."""
        used = sorted({g for term in proof["terms"] for g in term.get("generators", ())})
        place = {g: k for k, g in enumerate(used)}
        terms = [{**t, "generators": [place[g] for g in t["generators"]]} if "generators" in t else t
                 for t in proof["terms"]]  # fmt: skip
        forms = _plain(self.level.cuts, used)
        leaf = {key: proof[key] for key in KEPT if key in proof} | {"terms": terms, "generators": forms}
        if "scaling" in leaf:
            exponents = leaf["scaling"]["generators"]
            leaf["scaling"] = {**leaf["scaling"], "generators": [exponents[g] for g in used]}
        return leaf


def _plain(cuts: Cuts, used: list[int]) -> list[list[list[int]]]:
    """The forms of some inequalities, numbered as in `Cuts.forms`, term by term."""
    out, first = [], 0
    for stars in cuts.stars:
        a, b, c = star(stars.shape[1] - 1)
        own = stars[[at - first for at in used if first <= at < first + len(stars)]]
        low, high = np.minimum(own[:, a], own[:, b]), np.maximum(own[:, a], own[:, b])
        out += np.stack([low, high, np.broadcast_to(c, low.shape)], axis=2).tolist()
        first += len(stars)
    return out
