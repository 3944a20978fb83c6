"""Column generation: neurons that pricing finds join the restricted problem until none improves."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from copos.arrangements.ascent import MOST, candidates, several_candidates, unit
from copos.arrangements.cones import Cover, cover
from copos.arrangements.factors import Factors
from copos.arrangements.master import Cells
from copos.arrangements.sweep import peaks

Array = NDArray[np.float64]
ROUNDS = 1_000
LEAST = 1e-12  # of β: how far above it a neuron improves


class Master(Protocol):
    """The problem restricted to the neurons that were added, s or direction of outputs, u and a point of its cell."""

    @property
    def residual(self) -> Array:
        """y − F."""
        ...

    @property
    def objective(self) -> float:
        """Of the neurons there are."""
        ...

    def weights(self) -> tuple[Array, Array]:
        """U (m, d) and V (m, c) with ‖u_j‖ = ‖v_j‖."""
        ...

    def add(self, out: Any, u: Array, side: Array) -> bool:
        """A neuron in direction u, if it improves."""
        ...

    def descend(self) -> None:
        """To where no step inside of the cells is down."""
        ...


@dataclass(frozen=True, eq=False)
class Priced:
    """Neurons u (m, d) and v (m, c), the best residual, max ‖g‖ ≤ `most` with its cones, and why it ended.

    Without cones nothing is shown of max ‖g‖ for three and more inputs; `last` is the residual of these neurons.
    """

    u: Array
    v: Array
    residual: Array
    last: Array
    most: float
    cones: Cover | None
    rounds: int
    nodes: int
    message: str


@dataclass(frozen=True)
class Limits:
    """The relative gap, when to price no more and when to stop, nodes of a cover (0: none), who is told of rounds.

    `starts` (k, d) are directions in which ascent begins, too.
    """

    tolerance: float
    late: float
    deadline: float
    nodes: int
    seed: int
    report: Callable[[int, float, int], None]
    starts: Array | None = None


def columns(X: Array, y: Array, beta: float, limits: Limits) -> Priced:
    """Train on X (n, d), y (n,) or (n, c), c > 1, and β in units in which entries are about 1."""
    rng, plane = np.random.default_rng(limits.seed), X.shape[1] <= 2
    flat = np.hstack([X, np.zeros((len(X), 2 - X.shape[1]))]) if plane else X
    cells = _master(flat, y, beta, limits.deadline)
    priced = candidates if y.ndim == 1 else several_candidates
    # ‖g‖ ≤ (1 + ε)β costs at most ε of the objective
    above = beta * (1 + max(LEAST, 0.25 * limits.tolerance if not plane else 0.0))
    best, nodes, message = (np.inf, None, None), 0, f"stopped after {ROUNDS} rounds"
    rounds, late = 0, False
    for rounds in range(ROUNDS):
        r, cones = cells.residual, None
        limits.report(rounds, cells.objective, len(cells.weights()[0]))
        if plane:
            found = peaks(flat, r, MOST, above)
            most, new = found.most, list(zip(found.out, found.u, found.middle, strict=True))
        else:
            known = unit(cells.weights()[0])
            known = known if limits.starts is None else np.concatenate([known, limits.starts])
            new = [(s, u, u) for _, u, s in priced(X, r, known, above, rng)]
            most = np.inf
            late = time.perf_counter() >= limits.late
            if (not new or late) and limits.nodes:
                cones = cover(X, r, above, limits.deadline, limits.nodes)
                most, nodes = cones.most, nodes + cones.nodes
                points = sorted(cones.points, key=lambda point: -point[0])[:MOST]
                new = [(s, u, u) for _, u, s in points]
            new = [] if late else new
        best = min(best, (_loss(r, y, most, beta), most, (r, cones)), key=lambda b: b[0])
        if not new or time.perf_counter() >= limits.deadline:
            over = time.perf_counter() >= limits.deadline
            many = "the time is over" if over else "the cones are too many"
            message = "no neuron improves" if not new and (cones is None or cones.done) else many
            if not plane and cones is None:
                message = "the time is over" if over or late else "ascent finds no neuron that improves"
            break
        if plane and _loss(r, y, most, beta) + cells.objective <= 0.1 * limits.tolerance * cells.objective:
            message = "certified"
            break
        if not sum([cells.add(out, u, side) for out, u, side in new]):
            message = "rounding hides what improves"
            break
        cells.descend()
    _, most, kept = best
    assert most is not None and kept is not None
    u, v = cells.weights()
    return Priced(u[:, : X.shape[1]], v, kept[0], cells.residual, most, kept[1], rounds, nodes, message)


def _master(X: Array, y: Array, beta: float, deadline: float) -> Master:
    return Cells(X, y, beta) if y.ndim == 1 else Factors(X, y, beta, deadline)


def _loss(r: Array, y: Array, most: float, beta: float) -> float:
    """−(the bound that r proves)."""
    square, along = float(np.vdot(r, r)), float(np.vdot(r, y))
    if not square:
        return 0.0
    s = min(beta / most if most > 0 else np.inf, max(along, 0.0) / square)
    return 0.5 * s * s * square - s * along
