"""Completion of low-rank matrices, on the published distribution, beside the published gaps.

A = LR + 0.1 N with L (n, k), R (k, n) and N standard normal; ceil(2 k n log10 n) entries are seen, one or more in every
row and column. The loss is Σ_seen (W − A)² + ‖W‖²/γ, γ = 80, rank W ≤ k. Published gaps are relative ones of
arXiv 2305.12292 at the root and after an hour of branching.

python -m benchmarks completion                             the tables
python -m benchmarks.completion rank [n [first [last]]]     proved brackets of single instances
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import product

import numpy as np

import copos
from benchmarks._measure import Row, clock, measure
from benchmarks._table import Table
from copos.reformulation.linear_network.alternating import alternating

GAMMA, NOISE, STARTS, SEEDS = 80.0, 0.1, 200, (1, 2, 3, 4, 5)
PUBLISHED = {  # (rank, n): (root gap, gap after an hour)
    (1, 10): (6e-3, 2e-2), (1, 20): (5e-4, 4e-2), (1, 30): (3e-3, 3e-2), (1, 50): (5e-4, 2e-2), (2, 10): (0.216, 0.147),
}  # fmt: skip
SAME = 1e-6  # relative; a local minimum that is worse by more has missed


def instance(n: int, rank: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(A, seen) of the published distribution."""
    rng = np.random.default_rng(seed)
    A = rng.standard_normal((n, rank)) @ rng.standard_normal((rank, n)) + NOISE * rng.standard_normal((n, n))
    count = int(np.ceil(2 * rank * n * np.log10(n)))
    while True:
        seen = np.zeros(n * n)
        seen[rng.permutation(n * n)[:count]] = 1
        seen = seen.reshape(n, n)
        if seen.any(axis=0).all() and seen.any(axis=1).all():
            return A, seen


def wide(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A full matrix with weights over three decades."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, n)), 10 ** rng.uniform(-2, 1, (n, n))


def local_values(A: np.ndarray, weights: np.ndarray, ridge: float, rank: int, starts: int = STARTS) -> np.ndarray:
    """What alternating least squares ends with from random starts, ascending."""
    V = np.random.default_rng(0).standard_normal((starts, A.shape[1], rank))
    found = alternating(weights + ridge, weights * A, V, 2000)
    return np.sort(float((weights * A**2).sum()) + found.values)


def bracketed(
    A: np.ndarray, weights: np.ndarray, ridge: float, rank: int, tolerance: float, limit: float, starts: int = STARTS,
    branch: bool = False,
) -> Row:  # fmt: skip
    """The bracket of level 0, or of cells, and how local search does; "WRONG" if the bound is above a local minimum."""
    begin, n = clock(), A.shape[1]
    program = copos.linear_network(np.eye(n), A, [n, rank, len(A)], weights=weights, ridge=ridge)
    first: list[copos.Bound] = []
    bound = copos.bracket(program, tolerance=tolerance, time_limit=limit, max_level=0, branch=branch,
                          callback=lambda b: first.append(b))  # fmt: skip
    seconds = clock() - begin
    values = local_values(A, weights, ridge, rank, starts)
    best = min(float(values[0]), bound.upper)
    wrong = bound.lower > best * (1 + 1e-12)
    return {
        "bracket_s": seconds, "lower": bound.lower, "upper": bound.upper, "gap": bound.gap / bound.upper,
        "known_gap": 1 - first[0].lower / bound.upper, "level": bound.level, "cells": bound.cells,
        "best_start": float(values[0]),
        "missed": float((values > best * (1 + SAME)).mean()),
        "status": "WRONG" if wrong else "no proof" if not bound.proved else "ok",
    }  # fmt: skip


def completed(
    n: int, rank: int, seed: int, tolerance: float, limit: float, starts: int = STARTS, branch: bool = False
) -> Row:
    """An instance of the published distribution."""
    A, seen = instance(n, rank, seed)
    root, hour = PUBLISHED.get((rank, n), (None, None))
    found = bracketed(A, seen, 1 / GAMMA, rank, tolerance, limit, starts, branch)
    return found | {"published_root": root, "published_hour": hour}


def weighted(n: int, rank: int, seed: int, tolerance: float, limit: float, branch: bool = False) -> Row:
    """An instance with weights over three decades."""
    return bracketed(*wide(n, seed), 0.0, rank, tolerance, limit, branch=branch)


def rank_one(quick: bool) -> Iterator[Row]:
    """Completion and wide weights at rank one: proved relative gaps of level 0 beside the published ones."""
    for n in (10,) if quick else (10, 20):
        for seed in SEEDS[: 2 if quick else None]:
            found = measure(completed, n, 1, seed, 1e-6, 2000.0, repeats=1, limit=4000.0)
            yield {"case": f"completion {n}×{n} r=1 #{seed}", "method": "bracket", **found}
    for n in (10,) if quick else (10, 20):
        for seed in (0,) if quick else (0, 1, 2):
            found = measure(weighted, n, 1, seed, 1e-4, 2000.0, repeats=1, limit=4000.0)
            yield {"case": f"wide weights {n}×{n} r=1 #{seed}", "method": "bracket", **found}


def rank_one_larger(quick: bool) -> Iterator[Row]:
    """Completion of 30×30 and 50×50 matrices at rank one: proved relative gaps of level 0 beside the published ones."""
    for n, seed in () if quick else product((30, 50), SEEDS):
        found = measure(completed, n, 1, seed, 1e-6 if n == 30 else 1e-4, 7000.0, repeats=1, limit=8000.0)
        yield {"case": f"completion {n}×{n} r=1 #{seed}", "method": "bracket", **found}


def cells(quick: bool) -> Iterator[Row]:
    """What levels leave, closed by cells of singular vectors: proved relative gaps beside the published ones."""
    for n, rank, seed, tolerance in ((10, 1, 2, 1e-4), *(() if quick else ((6, 2, 5, 1e-3),))):
        found = measure(weighted, n, rank, seed, tolerance, 2000.0, True, repeats=1, limit=4000.0)
        yield {"case": f"wide weights {n}×{n} r={rank} #{seed}", "method": "cells", **found}
    for seed in () if quick else SEEDS:
        found = measure(completed, 10, 2, seed, 1e-2, 7000.0, STARTS, True, repeats=1, limit=8000.0)
        yield {"case": f"completion 10×10 r=2 #{seed}", "method": "cells", **found}


def roomy(quick: bool) -> Iterator[Row]:
    """Completion at ranks two and three: seconds until a relative gap of 5e-2 is proved, by level 0, then by cells."""
    for n, rank in ((10, 3), *(() if quick else ((20, 2),))):
        for seed in (3,) if quick else SEEDS:
            found = measure(completed, n, rank, seed, 5e-2, 3600.0, STARTS, n == 10, repeats=1, limit=4000.0)
            yield {"case": f"completion {n}×{n} r={rank} #{seed}", "method": "bracket", **found}


def without_levels(n: int, rank: int, seed: int) -> Row:
    """The bracket that is known before any level."""
    A, seen = instance(n, rank, seed)
    begin = clock()
    program = copos.linear_network(np.eye(n), A, [n, rank, n], weights=seen, ridge=1 / GAMMA)
    bound = copos.bracket(program, tolerance=1e-6, branch=False, callback=lambda b: True)
    root, hour = PUBLISHED.get((rank, n), (None, None))
    unweighted = float((seen * A**2).sum())
    return {
        "bracket_s": clock() - begin, "lower": bound.lower, "upper": bound.upper, "gap": bound.gap / bound.upper,
        "at_zero": unweighted, "published_root": root, "published_hour": hour,
        "status": "ok" if bound.proved else "no proof",
    }  # fmt: skip


def before_levels(quick: bool) -> Iterator[Row]:
    """Completion at any rank and size: proved relative gaps of closed forms with other targets, without a level."""
    sizes = ((10, 2), (10, 3), *(() if quick else ((20, 2), (20, 3), (50, 2), (100, 5), (200, 5))))
    for n, rank in sizes:
        for seed in SEEDS[: 1 if quick or n in (50, 100) else None]:
            found = measure(without_levels, n, rank, seed, repeats=1, limit=1800.0)
            yield {"case": f"completion {n}×{n} r={rank} #{seed}", "method": "no level", **found}


TABLES = [
    Table("completion-rank-one", rank_one), Table("completion-rank-one-larger", rank_one_larger),
    Table("completion-cells", cells), Table("completion-five-percent", roomy),
    Table("completion-before-levels", before_levels),
]  # fmt: skip


def main(rank: int = 1, n: int = 10, first: int = 1, last: int = 5) -> int:
    """Count of instances whose lower bound is above a local minimum, which must be 0."""
    rows = []
    for seed in range(first, last + 1):
        rows.append(completed(n, rank, seed, 1e-6, 7200.0))
        print(n, rank, seed, "  ".join(f"{k}={v:.6g}" if isinstance(v, float) else f"{k}={v}"
                                       for k, v in rows[-1].items()), flush=True)  # fmt: skip
    return sum(row["status"] == "WRONG" for row in rows)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])) > 0)
