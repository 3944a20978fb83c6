"""Column generation: neurons that pricing finds join the restricted problem until none improves."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from copos.arrangements.ascent import MOST, candidates
from copos.arrangements.cones import Cover, cover
from copos.arrangements.master import Cells
from copos.arrangements.sweep import peaks

Array = NDArray[np.float64]
ROUNDS = 1_000
LEAST = 1e-12  # of β: how far above it a neuron improves


@dataclass(frozen=True, eq=False)
class Priced:
    """Neurons w (m, d) with signs (m,), the residual, max |g| ≤ `most` with its cones, and why it ended."""

    w: Array
    sign: Array
    residual: Array
    most: float
    cones: Cover | None
    rounds: int
    nodes: int
    message: str


@dataclass(frozen=True)
class Limits:
    """The relative gap, when to price no more, when to stop, nodes of a cover, and who is told of rounds."""

    tolerance: float
    late: float
    deadline: float
    nodes: int
    seed: int
    report: Callable[[int, float, int], None]


def columns(X: Array, y: Array, beta: float, limits: Limits) -> Priced:
    """Train on (X, y, β) in units in which entries are about 1."""
    rng, plane = np.random.default_rng(limits.seed), X.shape[1] <= 2
    flat = np.hstack([X, np.zeros((len(X), 2 - X.shape[1]))]) if plane else X
    cells = Cells(flat, y, beta)
    # |g| ≤ (1 + ε)β costs at most ε of the objective
    above = beta * (1 + max(LEAST, 0.25 * limits.tolerance if not plane else 0.0))
    best, nodes, message = (np.inf, None, None), 0, f"stopped after {ROUNDS} rounds"
    rounds = 0
    for rounds in range(ROUNDS):
        r, cones = cells.residual, None
        limits.report(rounds, cells.objective, len(cells.neurons))
        if plane:
            found = peaks(flat, r, MOST, above)
            most, new = found.most, list(zip(found.sign, found.u, found.middle, strict=True))
        else:
            known = np.array([v.w for v in cells.neurons]).reshape(-1, X.shape[1])
            known = known / np.linalg.norm(known, axis=1, keepdims=True) if len(known) else known
            new = [(s, u, u) for _, u, s in candidates(X, r, known, above, rng)]
            most = np.inf
            late = time.perf_counter() >= limits.late
            if not new or late:
                cones = cover(X, r, above, limits.deadline, limits.nodes)
                most, nodes = cones.most, nodes + cones.nodes
                points = sorted(cones.points, key=lambda point: -point[0])[:MOST]
                new = [] if late else [(s, u, u) for _, u, s in points]
        best = min(best, (_loss(r, y, most, beta), most, (r, cones)), key=lambda b: b[0])
        if not new or time.perf_counter() >= limits.deadline:
            over = time.perf_counter() >= limits.deadline
            many = "the time is over" if over else "the cones are too many"
            message = "no neuron improves" if not new and (cones is None or cones.done) else many
            break
        if plane and _loss(r, y, most, beta) + cells.objective <= 0.1 * limits.tolerance * cells.objective:
            message = "certified"
            break
        if not sum([cells.add(s, u, side) for s, u, side in new]):
            message = "rounding hides what improves"
            break
        cells.descend()
    _, most, kept = best
    assert most is not None and kept is not None
    w = np.array([v.w for v in cells.neurons]).reshape(-1, flat.shape[1])[:, : X.shape[1]]
    sign = np.array([v.sign for v in cells.neurons])
    return Priced(w, sign, kept[0], most, kept[1], rounds, nodes, message)


def _loss(r: Array, y: Array, most: float, beta: float) -> float:
    """−(the bound that r proves)."""
    square = float(r @ r)
    if not square:
        return 0.0
    s = min(beta / most if most > 0 else np.inf, max(float(r @ y), 0.0) / square)
    return 0.5 * s * s * square - s * float(r @ y)
