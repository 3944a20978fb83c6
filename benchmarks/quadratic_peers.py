"""Nonconvex quadratic programs by copos, which proves its bound, and by SCIP, which claims it in floating point.

CPU seconds of one thread to a gap of 1e-4, both in this run; SCIP where pyscipopt is installed. The instances are dense
and random: what a relaxation of all products is good at. Sparse ones are what spatial branching is good at.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks._measure import Row, clock, measure
from benchmarks._quadratic_programs import scip_model
from benchmarks._table import Table
from copos import QuadraticProgram, bracket, quadratic_program

SEED, GAP, SECONDS = 4, 1e-4, 300.0
CASES = [("box", 20), ("box", 30), ("box", 40), ("box, 3 rows", 20), ("box, 3 rows", 30), ("knapsack", 20),
         ("simplex", 30), ("simplex", 60), ("ball and rows", 10), ("integers", 10)]  # fmt: skip
QUICK = [("box", 20), ("simplex", 30), ("ball and rows", 10)]


def case(kind: str, n: int) -> QuadraticProgram:
    """A random dense program of a kind."""
    rng = np.random.default_rng([SEED, n, *kind.encode()])
    Q = rng.integers(-50, 51, (n, n)) * (rng.random((n, n)) < 0.8)
    Q, c = Q + Q.T, rng.integers(-50, 51, n)
    rows: dict[str, Any] = {}
    if "rows" in kind:
        rows = {"A_ub": rng.integers(0, 10, (3, n)), "b_ub": [int(2.0 * n)] * 3}
    if kind == "knapsack":
        weights = rng.integers(1, 50, n)
        profits = rng.integers(1, 101, (n, n)) * (rng.random((n, n)) < 0.5)
        return quadratic_program(np.triu(profits), A_ub=[weights], b_ub=[int(weights.sum()) // 3], bounds=(0, 1),
                                 integrality=1, sense="max")  # fmt: skip
    if kind == "simplex":
        return quadratic_program(Q, A_eq=[[1] * n], b_eq=[1])
    if kind == "ball and rows":
        return quadratic_program(Q, c, **rows, bounds=(None, None), quadratic=[(np.eye(n, dtype=int), None, 4, "<=")])
    bounds = (-3, 3) if kind == "integers" else (0, 1)
    return quadratic_program(Q, c, **rows, bounds=bounds, integrality=int(kind == "integers"))


def ours(kind: str, n: int) -> Row:
    """By copos."""
    start = clock()
    found = bracket(case(kind, n), tolerance=GAP, time_limit=4 * SECONDS)
    seconds = clock() - start
    return {"gap": found.gap / max(1.0, abs(found.upper)), "cells": found.cells, "proved": bool(found.verify().proved),
            "value": found.value, "solve_s": seconds}  # fmt: skip


def theirs(kind: str, n: int) -> Row:
    """By SCIP."""
    problem = case(kind, n)
    model = scip_model(problem)
    model.setParam("limits/gap", GAP)
    model.setParam("limits/time", SECONDS)
    model.setParam("timing/clocktype", 1)  # CPU
    start = clock()
    model.optimize()
    return {"SCIP gap": min(model.getGap(), 1e9), "SCIP value": model.getPrimalbound(), "SCIP_solve_s": clock() - start}


def rows(quick: bool) -> Iterator[Row]:
    """Dense nonconvex quadratic programs beside SCIP, to a gap of 1e-4, one thread."""
    for kind, n in QUICK if quick else CASES:
        found = measure(ours, kind, n, repeats=1, limit=10 * SECONDS)
        row = {"program": kind, "n": n} | {
            key: found.get(key) for key in ("status", "value", "gap", "cells", "proved", "solve_s")
        }
        try:
            import pyscipopt  # noqa: F401
        except ImportError:
            yield row
            continue
        other = measure(theirs, kind, n, repeats=1, limit=10 * SECONDS)
        yield row | {key: other.get(key) for key in ("SCIP value", "SCIP gap", "SCIP_solve_s")}


TABLES = [Table("quadratic-peers", rows, key=("program", "n"))]
