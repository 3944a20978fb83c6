"""One case of a k-means problem: level 0 with inequalities of its atoms, added where the Y at hand violates them."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.bounding.clustering.dual import Repair
from copos.certificate import Proved, certify_infeasible, certify_lower_bound
from copos.certificate.produce import Aim
from copos.conic import Solution, Status
from copos.hierarchy import relax
from copos.levels.warm_start import Solved
from copos.normal import NormalForm, normal_form
from copos.program import CompletelyPositiveProgram
from copos.reformulation.clustering.points import Groups
from copos.reformulation.clustering.program import Cuts, program, violated
from copos.solvers import solve

Matrix = NDArray[np.float64]
ROUGH, FINE, LAST = 1e-5, 1e-8, 1e-6  # of the splitting solver: in a round, to reach a target, without hope of that
LEASTS = (1e-3, 1e-5)  # violations that are looked for, one after the other
ROUNDS = 40
STALLED = 0.05  # share of the gap that a round must close, else finer violations are looked for, then it is enough
SIZE = 300  # groups for which, as measured, take so many seconds:
ROUND, PROOF, CHECK = 1.5, 2.4, 1.4  # a round, the proof of a case, and the check of its place in the whole proof
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


def case(groups: Groups, upper: float, target: float, seconds: float, cuts: Cuts | None = None) -> Case:
    """Bound a case until `target` is proved, no inequality is violated, or the rounds bring nothing more.

    Parameters
    ----------
    groups : the case
    upper : the cost of a partition that is known; rounds must bring the bound nearer to it
    target : a bound that is enough; all costs are those of the points
    seconds : a limit, of which the proof and its check get their share: a case that would take longer is not begun
    cuts : inequalities to begin with
    """
    cuts = Cuts.none() if cuts is None else cuts
    if groups.impossible:
        return Case(groups, np.inf, groups.impossible, None, cuts, "no partition is left")
    plain = Case(groups, groups.offset, {}, None, cuts, "no partition costs less than its groups by themselves")
    if groups.offset >= target or seconds <= 0:
        return plain
    expected = ROUND * (groups.count / SIZE) ** 2.3 + PROOF * (groups.count / SIZE) ** 2 + check_seconds(groups.count)
    if expected > seconds:
        return replace(plain, reason=f"level 0 of {groups.count} groups would take about {expected:.0f} s")
    rounds = _Rounds(groups, upper, target, seconds, cuts)
    rounds.run()
    found = rounds.proved()
    return found if found.lower >= plain.lower else replace(found, lower=plain.lower, leaf={}, reason=found.reason)


def check_seconds(count: int) -> float:
    """Seconds that the check of a case of so many groups takes."""
    return CHECK * (count / SIZE) ** 2


class _Rounds:
    """The rounds of a case; a solver's answer starts from the one before."""

    def __init__(self, groups: Groups, upper: float, target: float, seconds: float, cuts: Cuts) -> None:
        self.groups, self.cuts = groups, cuts
        self.proof = PROOF * (groups.count / SIZE) ** 2
        self.deadline = time.perf_counter() + seconds - check_seconds(groups.count)
        self.offset = groups.offset
        self.base = program(groups)
        self.upper, self.target = upper - float(self.offset), target - float(self.offset)
        self.solved: Solved | None = None
        self.Y: Matrix | None = None
        self.normal = self._with(cuts)
        self._relax()

    def _relax(self) -> None:
        self.relaxation = relax(self.normal.program, 0, reductions=())
        groups = self.groups
        self.repair = Repair(self.relaxation, groups.sizes, groups.count, groups.points.clusters)

    def _with(self, cuts: Cuts) -> NormalForm:
        whole: CompletelyPositiveProgram = self.base
        if len(cuts):
            whole = whole.changed(cone=whole.cone.where_nonnegative(cuts.forms(self.groups.count)))
        return normal_form(whole, np.zeros(self.groups.count, dtype=np.int64))

    @property
    def left(self) -> float:
        """Seconds until the proof must be begun."""
        return self.deadline - self.proof - time.perf_counter()

    def _solve(self, tolerance: float, **options: Any) -> Solution:
        if self.solved is not None:
            options["start"] = self.solved.start(self.relaxation)
        limit = max(self.left, 0.1)
        answer = solve(self.relaxation.form, "splitting", tolerance=tolerance, time_limit=limit, **options)
        finite = np.isfinite(answer.x).all() and np.isfinite(answer.z).all()
        self.solved = Solved(self.relaxation, answer) if finite and answer.status is not Status.INFEASIBLE else None
        if self.solved is not None:
            self.Y = self.normal.matrix(self.relaxation.matrix(answer.x))
        self.answer = answer
        return answer

    def _worth(self, answer: Solution) -> float:
        """The value of the feasible dual, in the units of the problem."""
        return self.normal.value(self.repair(answer).dual_value)

    def run(self) -> None:
        """Rounds of solving and separating."""
        leasts, value = list(LEASTS), -np.inf
        for _ in range(ROUNDS):
            cutoff = self.normal.inward(self.target)
            answer = self._solve(ROUGH, judge=self.repair.judge(cutoff))
            if self.normal.value(answer.value) >= self.target > self._worth(answer):
                answer = self._solve(FINE, judge=self.repair.judge(cutoff))
            if self.solved is None or self.Y is None:
                return
            new = self.normal.value(answer.value)
            if self._worth(answer) >= self.target or self.left <= 0:
                return
            if new - value < STALLED * (self.upper - value) and np.isfinite(value):
                leasts.pop(0)
                if not leasts:
                    return
            value = max(value, new)
            while not len(found := violated(self.Y, leasts[0])):
                leasts.pop(0)
                if not leasts:
                    return
            self.cuts = self.cuts.tight(self.Y).joined(found)
            self.normal = self._with(self.cuts)
            self._relax()

    def proved(self) -> Case:
        """The proof of the last answer; of a more accurate one where that is not enough."""
        if self.answer.status is Status.INFEASIBLE or self.solved is None:
            return self._without_partitions()
        proof = self._proof(self.answer)
        low = -np.inf if proof.lower is None else self.normal.value(float(proof.lower))
        if low < self.target and self.left > 0:  # for another one
            better = self._proof(self._solve(LAST))
            if better.lower is not None and (proof.lower is None or better.lower > proof.lower):
                proof = better
        if proof.lower is None or proof.certificate is None:
            return Case(self.groups, -np.inf, None, self.Y, self.cuts, proof.reason)
        lower = self.normal.exact(proof.lower) + self.offset
        leaf = self._leaf(proof.certificate.proof)
        cuts = self.cuts if self.Y is None else self.cuts.tight(self.Y)
        words = f"level 0 with {len(self.cuts)} pair and triangle inequalities"
        return Case(self.groups, lower, leaf, self.Y, cuts, words)

    def _proof(self, answer: Solution) -> Proved:
        aim = Aim(self.normal.inward(self.target), deadline=self.deadline)
        answer = self.repair(answer)
        return certify_lower_bound(self.normal.program, self.relaxation, answer, aim=aim, normal=self.normal)

    def _without_partitions(self) -> Case:
        certificate, reason = certify_infeasible(self.normal.origin, relax(self.normal.origin, 0))
        if certificate is None:
            return Case(self.groups, -np.inf, None, None, self.cuts, reason)
        leaf = {**self._leaf(certificate.proof), "infeasible": True}
        return Case(self.groups, np.inf, leaf, None, self.cuts, "no partition is left")

    def _leaf(self, proof: dict[str, Any]) -> dict[str, Any]:
        """The proof about the program with its generators, as that of a case; generators that it does not use go."""
        used = sorted({g for term in proof["terms"] for g in term.get("generators", ())})
        place = {g: k for k, g in enumerate(used)}
        terms = [{**t, "generators": [place[g] for g in t["generators"]]} if "generators" in t else t
                 for t in proof["terms"]]  # fmt: skip
        forms = _plain(self.cuts, used)
        leaf = {key: proof[key] for key in KEPT if key in proof} | {"terms": terms, "generators": forms}
        if "scaling" in leaf:
            exponents = leaf["scaling"]["generators"]
            leaf["scaling"] = {**leaf["scaling"], "generators": [exponents[g] for g in used]}
        return leaf


def _plain(cuts: Cuts, used: list[int]) -> list[list[list[int]]]:
    """The forms of some inequalities, numbered as in `Cuts.forms`, term by term."""
    out = []
    for at in used:
        if at < len(cuts.pairs):
            g, h = cuts.pairs[at].tolist()
            out.append([[g, g, 1], [min(g, h), max(g, h), -1]])
        else:
            g, h, i = cuts.triangles[at - len(cuts.pairs)].tolist()
            out.append([[g, g, 1], [h, i, 1], [min(g, h), max(g, h), -1], [min(g, i), max(g, i), -1]])
    return out
