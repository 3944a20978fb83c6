"""Least-squares tables as people have them: are the proved bounds around the exact optimum, and how close?"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from benchmarks._measure import Row, clock
from benchmarks._question import number
from benchmarks._rational import exact, low_rank
from benchmarks._table import Table
from copos import bracket, linear_network

OFFSETS = range(10)  # powers of ten; 0 is none
EACH = 50
ENOUGH = 1e-6  # relative gap


def table(offset: int, k: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Inputs in units 1e-9 … 1e9, offset by 10^offset of their spread, mostly a row of ones; noisy targets; a rank."""
    rng = np.random.default_rng([15, offset, k])
    inputs, outputs, samples = int(rng.integers(1, 5)), int(rng.integers(1, 4)), int(rng.integers(6, 31))
    Z = rng.standard_normal((inputs, samples))
    Z = np.round(Z * 10) if rng.random() < 0.4 else Z
    noise = 10.0 ** -rng.integers(0, 3) * rng.standard_normal((outputs, samples))
    Y = rng.standard_normal((outputs, inputs)) @ Z + noise
    if offset:
        Z = Z + np.round(rng.uniform(0.1, 1, (inputs, 1)) * 10.0**offset)
        Y = Y + (rng.random() < 0.5) * 10.0**offset
    X = Z * 10.0 ** rng.integers(-9, 10, (inputs, 1))
    if rng.random() < 0.8:
        X = np.vstack([X, np.ones(samples)])
    return X, np.round(Y, 4) if rng.random() < 0.5 else Y, int(rng.integers(1, min(len(X), outputs) + 1))


def compared(offset: int, k: int) -> Row:
    """The bracket of the default call beside the exact optimum."""
    X, Y, rank = table(offset, k)
    start = clock()
    bound = bracket(linear_network(X, Y, [len(X), rank, len(Y)], lift="auto"))
    seconds = clock() - start
    optimum = low_rank(exact(X), exact(Y), rank, [Fraction(1)] * Y.shape[1], [Fraction(1)] * len(Y))
    gap = (bound.upper - bound.lower) / abs(bound.upper) if bound.upper else np.inf * (bound.upper - bound.lower)
    return {
        "lower is wrong": optimum.below(number(bound.lower)), "upper is wrong": optimum.above(number(bound.upper)),
        "gap": float(gap) if np.isfinite(gap) else np.inf, "proved": bound.proved, "cpu_s": seconds,
    }  # fmt: skip


def data_tables(quick: bool) -> Iterator[Row]:
    """500 least-squares tables: lower ≤ exact optimum ≤ upper, and the share of relative gaps up to 1e-6."""
    for offset in OFFSETS:
        rows = [compared(offset, k) for k in range(4 if quick else EACH)]
        wrong = {side: [k for k, row in enumerate(rows) if row[f"{side} is wrong"]] for side in ("lower", "upper")}
        which = "; ".join(f"{side} in {', '.join(map(str, found[:5]))}" for side, found in wrong.items() if found)
        gaps = sorted(row["gap"] for row in rows)
        yield {
            "offset": f"1e{offset}" if offset else "none", "tables": len(rows),
            "proved": f"{np.mean([row['proved'] for row in rows]):.0%}",
            "closed to 1e-6": f"{np.mean([gap <= ENOUGH for gap in gaps]):.0%}",
            "median gap": f"{gaps[len(gaps) // 2]:.1e}", "largest gap": f"{gaps[-1]:.1e}",
            "wrong lower": len(wrong["lower"]), "wrong upper": len(wrong["upper"]),
            "each_s": float(np.mean([row["cpu_s"] for row in rows])), "status": f"WRONG: {which}" if which else "ok",
        }  # fmt: skip


TABLES = [Table("data-tables", data_tables, key=("offset",))]
