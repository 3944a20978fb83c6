"""Checks of a table by other means than those that made it."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize

import copos
from experiments import completion as completions
from experiments import ladder as ladders
from experiments import landscape
from experiments import records as instances

Row = dict[str, Any]
STARTS = 100
SLACK = 1e-12  # of a loss in doubles, relatively


def records(rows: list[Row]) -> str:
    """Certificates read back; small tori by enumeration."""
    read = 0
    for row in rows:
        path = Path(str(row["certificate"]))
        if path.is_file():
            program = instances.instance(row["instance_name"]).make()
            assert copos.verify(path, program).proved, path
            read += 1
    D, least = copos.instances.torus_energies(4, 4), {}
    for m in (3, 4, 5, 6):
        chosen = np.array(list(combinations(range(16), m)))
        least[m] = float(D[chosen[:, :, None], chosen[:, None, :]].sum(axis=(1, 2)).min())
        program = instances.energy(D, m)
        bound = copos.lower_bound(program, 1, symmetry=copos.arithmetic.groups.torus(4, 4))
        assert bound.proved and bound.lower <= least[m], (m, bound.lower, least[m])
    values = ", ".join(f"{m}: {value:g}" for m, value in least.items())
    return f"{read} certificates read back and accepted; minima of 4 × 4 points by enumeration ({values}) not exceeded"


def descend(weights: np.ndarray, A: np.ndarray, rank: int, ridge: float, seed: int) -> float:
    """The least Σ w (A − UV')² + ridge ‖UV'‖² of L-BFGS from random starts."""
    rng, (n, m) = np.random.default_rng([77, seed]), A.shape

    def loss(x: np.ndarray) -> tuple[float, np.ndarray]:
        U, V = x[: n * rank].reshape(n, rank), x[n * rank :].reshape(m, rank)
        W = U @ V.T
        R = weights * (W - A) + ridge * W
        value = float((weights * (W - A) ** 2).sum() + ridge * (W**2).sum())
        return value, 2 * np.r_[(R @ V).ravel(), (R.T @ U).ravel()]

    starts = rng.standard_normal((STARTS, (n + m) * rank))
    return min(float(minimize(loss, x, jac=True, method="L-BFGS-B", options={"maxiter": 500}).fun) for x in starts)


def completion(rows: list[Row]) -> str:
    """Other local searches, on every table of either experiment."""
    least = np.inf
    for row in rows:
        if "kind" in row:
            A, seen = completions.data(row["kind"], row["n"], row["rank"], row["seed"])
            rank, ridge = row["rank"], 1 / completions.GAMMA
        else:
            A, seen = landscape.data(row["n"], row["share"], row["noise"], row["seed"])
            rank, ridge = 1, row["ridge"]
        found = descend(seen.astype(float), A, rank, ridge, row["seed"])
        assert row["proved"] <= found * (1 + SLACK), row
        least = min(least, found / row["best"] - 1)
    return f"{len(rows)} tables, {STARTS} starts each; the lowest end is {least:.1e} from the best loss, relatively"


def ladder(rows: list[Row]) -> str:
    """Closed forms where there is one, other local searches elsewhere."""
    plain, other = 0, 0
    ends: dict[tuple[Any, ...], float] = {}
    for row in rows:
        key = tuple(row[name] for name in ("n", "rank", "spread", "seed"))
        if key not in ends:
            Y, w = ladders.data(row["n"], row["spread"], row["seed"])
            if row["spread"] == 0:
                ends[key] = float((np.linalg.svd(Y, compute_uv=False)[row["rank"] :] ** 2).sum())
            else:
                ends[key] = descend(w, Y, row["rank"], 0.0, row["seed"])
        assert row["proved"] <= ends[key] * (1 + 1e-9), row
        plain, other = plain + (row["spread"] == 0), other + (row["spread"] != 0)
    return f"{plain} bounds not above the closed form, {other} not above the ends of {STARTS} descents each"
