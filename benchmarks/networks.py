"""Proved brackets of low-rank problems without a formula: random weights, masks with a ridge, larger matrices.

python -m benchmarks random-networks large-networks     the tables
python -m benchmarks.networks [count] [first]           count random problems up to 4×4, from seed `first`, and shares
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np

import copos
from benchmarks._measure import Row, clock, measure
from benchmarks._table import Table
from copos.reformulation.linear_network.exact_loss import Tables
from copos.reformulation.linear_network.low_rank import LowRankLoss

KINDS = ("uniform", "wide", "mask")
TOLERANCE, SECONDS, STARTS = 1e-4, 60.0, 200


def problem(seed: int) -> tuple[np.ndarray, np.ndarray, int, float, str]:
    """Y, weights, rank below the full one, ridge, kind."""
    rng = np.random.default_rng(seed)
    m, n = rng.integers(2, 5, 2)
    rank = int(rng.integers(1, min(4, m, n)))
    Y, kind = rng.standard_normal((m, n)), KINDS[seed % 3]
    if kind == "uniform":
        return Y, rng.uniform(0.1, 2, (m, n)), rank, 0.0, kind
    if kind == "wide":
        return Y, 10 ** rng.uniform(-2, 1, (m, n)), rank, 0.0, kind
    mask = (rng.random((m, n)) < 0.7).astype(float)
    mask[0, 0] = 1.0
    return Y, mask, rank, 1e-2, kind


def local_values(loss: LowRankLoss, rank: int, starts: int, seed: int) -> np.ndarray:
    """What alternating least squares ends with from random starts."""
    rng = np.random.default_rng(seed)
    return np.sort([loss.value(loss.polish(rng.standard_normal(loss.H.shape), rank, 200)) for _ in range(starts)])


def bracketed(seed: int) -> Row:
    """One random problem: its bracket, and how local search does; "WRONG" if a bound is above a local minimum."""
    Y, weights, rank, ridge, kind = problem(seed)
    n = Y.shape[1]
    program = copos.linear_network(np.eye(n), Y, [n, rank, len(Y)], "auto", weights=weights, ridge=ridge)
    start = clock()
    bound = copos.bracket(program, tolerance=TOLERANCE, time_limit=2 * SECONDS, max_level=1, max_cells=40)
    seconds = clock() - start
    values = local_values(LowRankLoss.of(Tables(np.eye(n), Y, weights, ridge=ridge)), rank, STARTS, seed)
    best = min(values[0], bound.upper)
    good = bound.closed and bound.proved and seconds <= SECONDS
    wrong = bound.lower > values[0] * (1 + 1e-12)
    return {
        "kind": kind, "shape": f"{len(Y)}×{n} r={rank}", "bracket_s": seconds, "lower": bound.lower,
        "upper": bound.upper, "best_start": float(values[0]), "gap": bound.gap / bound.upper, "level": bound.level,
        "cells": bound.cells, "stuck": float((values > best * (1 + 1e-3) + 1e-9).mean()),
        "status": "WRONG" if wrong else "ok" if good else "open",
    }  # fmt: skip


def larger(n: int, rank: int, seed: int, limit: float) -> Row:
    """Weights in (0.1, 2); the trivial bound is the smallest weight times the bound from singular values."""
    rng = np.random.default_rng(seed)
    Y, weights = rng.standard_normal((n, n)), rng.uniform(0.1, 2, (n, n))
    program = copos.linear_network(np.eye(n), Y, [n, rank, n], "auto" if n <= 6 else "projection", weights=weights)
    start = clock()
    bound = copos.bracket(program, tolerance=1e-3, time_limit=limit, max_level=0, branch=n <= 6)
    trivial = float(weights.min()) * copos.svd_value(np.eye(n), Y, rank)
    return {
        "bracket_s": clock() - start, "lower": bound.lower, "upper": bound.upper, "claimed": bound.claimed,
        "gap": bound.gap / bound.upper, "trivial": trivial, "status": "ok" if bound.proved else "no proof",
    }  # fmt: skip


def random_networks(quick: bool) -> Iterator[Row]:
    """Random weighted low-rank problems up to 4×4, bracketed to a proved relative gap of 1e-4."""
    for seed in range(6 if quick else 200):
        yield {"case": seed, "method": "bracket", **measure(bracketed, seed, repeats=1, limit=5 * SECONDS)}


def large_networks(quick: bool) -> Iterator[Row]:
    """Weighted 6×6 and 10×10 matrices of rank 2: proved bounds beside the trivial one."""
    for n, seeds, limit in ((6, (0,) if quick else (0, 1, 2), 180.0), *([] if quick else [(10, (0,), 600.0)])):
        for seed in seeds:
            found = measure(larger, n, 2, seed, limit, repeats=1, limit=2 * limit)
            yield {"case": f"{n}×{n} r=2 #{seed}", "method": "bracket", **found}


TABLES = [Table("random-networks", random_networks), Table("large-networks", large_networks)]


def main(count: int = 20, first: int = 0) -> int:
    """Count of problems whose lower bound is above a local minimum, which must be 0."""
    rows = []
    for seed in range(first, first + count):
        rows.append(bracketed(seed))
        print(seed, "  ".join(f"{k}={v:.6g}" if isinstance(v, float) else f"{k}={v}" for k, v in rows[-1].items()),
              flush=True)  # fmt: skip
    for kind in KINDS:
        mine = [row["status"] for row in rows if row["kind"] == kind]
        print(f"{kind}: {mine.count('ok')} of {len(mine)} closed and proved")
    stuck = [row["stuck"] for row in rows]
    print(f"slowest {max(row['bracket_s'] for row in rows):.1f} s CPU; starts stuck: {np.mean(stuck):.0%} on average, "
          f"{max(stuck):.0%} at most")  # fmt: skip
    return sum(row["status"] == "WRONG" for row in rows)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])) > 0)
