"""What is asked about a linear network, as plain data: the table, the widths, the loss; and how it was lifted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from copos.arithmetic.rationals import written
from copos.cones import Cone
from copos.questions import Question, rows, table
from copos.reformulation.linear_network.lift_choice import Chosen
from copos.reformulation.linear_network.low_rank import LowRankLoss
from copos.reformulation.linear_network.matrix_constraints import MatrixConstraints
from copos.reformulation.linear_network.problem import NetworkProblem
from copos.support.looks import one_line


@one_line
@dataclass(frozen=True, eq=False)
class NetworkData:
    """The tables that the closed form and the value of a network need, and the question in plain data.

    Where one lift is asked for by name, the bound is that of its level: the closed form is not `wanted`. Where that is
    the lift by minors or by moments of factors, `factors` is the loss in its coordinates, of matrices of rank ≤ `rank`;
    levels of the second are `averaged`.
    """

    problem: NetworkProblem
    asked: Mapping[str, Any]
    wanted: bool = True
    factors: LowRankLoss | None = None
    averaged: bool = False

    @property
    def rank(self) -> int:
        """The bound on the rank in these coordinates."""
        return min(self.problem.rank, *(self.problem.shape if self.factors is None else self.factors.H.shape))

    @property
    def work(self) -> int:
        """Multiplications that the sums over the table take the checker."""
        (d_out, d_in), n = self.problem.shape, self.problem.tables.X.shape[1]
        return n * d_in * (d_in + d_out) * (1 if self.problem.tables.weights is None else d_out)


def tables(problem: NetworkProblem) -> dict[str, Any]:
    """The tables by their names."""
    t = problem.tables
    names = ("X", "Y", "weights", "sample_weight", "output_weight")
    named = {name: getattr(t, name) for name in names}
    return {name: values for name, values in named.items() if values is not None}


def asked(problem: NetworkProblem, widths: Sequence[int]) -> Question:
    """The question without a lift, a problem of type "linear network"."""
    return Question(lambda: _asked(problem, widths))


def _asked(problem: NetworkProblem, widths: Sequence[int]) -> dict[str, Any]:
    out: dict[str, Any] = {"type": "linear network", "widths": list(widths), "loss": problem.loss.kind}
    if problem.loss.delta is not None:
        out["delta"] = written(problem.loss.delta)
    if problem.tables.ridge:
        out["ridge"] = written(problem.tables.ridge)
    if problem.decay:
        out["weight_decay"] = written(problem.decay)
    if problem.tables.intercept:
        out["intercept"] = True
    if problem.constraints is not None:
        out["constraints"] = _constraints(problem.constraints)
    return out | {name: table(rows(values)) for name, values in tables(problem).items()}


def _constraints(constraints: MatrixConstraints) -> list[dict[str, Any]]:
    A, columns = constraints.rows, constraints.shape[1]
    out = []
    for k in range(A.shape[0]):
        at = slice(A.indptr[k], A.indptr[k + 1])
        pairs = zip(A.indices[at].tolist(), A.data[at].tolist(), strict=True)
        ends = {name: None if np.isinf(b[k]) else written(float(b[k]))
                for name, b in (("low", constraints.low), ("high", constraints.high))}  # fmt: skip
        out.append({"entries": [[p // columns, p % columns, written(c)] for p, c in pairs], **ends})
    return out


def lifted(
    problem: Mapping[str, Any], chosen: Chosen, coordinates: LowRankLoss, cone: Cone, bounds: Mapping[str, Any]
) -> Question:
    """The question with what the checker needs to make the program anew: lift, coordinates, places that are kept."""
    return Question(lambda: _lifted(problem, chosen, coordinates, cone, bounds))


def places(coordinates: LowRankLoss) -> dict[str, Any]:
    """Coordinates of W in plain data: inputs that are kept, and the matrices S and L."""
    at, how = coordinates.at, {}
    if at.others:
        how |= {"kept": list(at.kept), "combination": rows(at.combination)}
    for name, M in (("inputs", at.S), ("outputs", at.L)):
        if M is not None:
            how[name] = rows(M)
    return how


def _lifted(
    problem: Mapping[str, Any], chosen: Chosen, coordinates: LowRankLoss, cone: Cone, bounds: Mapping[str, Any]
) -> dict[str, Any]:
    how: dict[str, Any] = {"lift": chosen.lift, "strengthen": sorted(chosen.strengthen), "free": cone.free.tolist()}
    how |= places(coordinates)
    how |= {name: written(value) for name, value in bounds.items() if name != "assumed"}
    if "assumed" in bounds:
        how["assumed"] = True
    return {"type": "lifted linear network", "network": dict(problem), "how": how}
