"""Nonconvex quadratic programs by copos, which proves its bound, and by SCIP and Gurobi, which claim it in floats.

CPU seconds of one thread to a gap of 1e-4, all in one run; SCIP and Gurobi, where they are installed and the licence
allows the size, have half of the time. The instances are dense and random: what a relaxation of all products is good
at. Sparse ones are what spatial branching is good at.

    max-cut    max Σ_{i<j} w_ij [x_i ≠ x_j] on G(n, ½), x_n = 0
    QUBO       max x'Qx + c'x over 0/1 points, entries −50 … 50 off the diagonal, −100 … 100 on it
    knapsack   profits 1 … 100 of pairs, half of them 0, weights 1 … 50, a third of all weight
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import numpy as np

from benchmarks._measure import Row, clock, measure
from benchmarks._quadratic_programs import scip_model
from benchmarks._table import Table
from copos import QuadraticProgram, bracket, quadratic_program

SEED, GAP, SECONDS = 4, 1e-4, 30.0
LONG = 2.0  # what copos may take, in units of that
WALL = 1200.0  # seconds after which a process is ended, on a machine that has others to serve
CASES = [("max-cut", 60), ("max-cut", 70), ("QUBO", 60), ("QUBO", 80), ("knapsack", 20), ("knapsack", 50),
         ("box", 20), ("box", 40), ("simplex", 60), ("box, 3 rows", 20)]  # fmt: skip
QUICK = [("box", 20), ("max-cut", 30), ("ball and rows", 10)]


def case(kind: str, n: int) -> QuadraticProgram:
    """A random dense program of a kind."""
    rng = np.random.default_rng([SEED, n, *kind.encode()])
    Q = rng.integers(-50, 51, (n, n)) * (rng.random((n, n)) < 0.8)
    Q, c = Q + Q.T, rng.integers(-50, 51, n)
    rows: dict[str, Any] = {}
    if kind == "max-cut":
        W = np.triu(rng.random((n, n)) < 0.5, 1).astype(int)
        W = W + W.T
        return quadratic_program(-W[1:, 1:], W.sum(axis=0)[1:], bounds=(0, 1), integrality=1, sense="max")
    if kind == "QUBO":
        Q = np.triu(rng.integers(-50, 51, (n, n)), 1)
        return quadratic_program(Q + Q.T, rng.integers(-100, 101, n), bounds=(0, 1), integrality=1, sense="max")
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
    problem = case(kind, n)
    found = bracket(problem, tolerance=GAP, callback=lambda _: clock() - start > LONG * SECONDS)
    row: Row = {"solve_s": clock() - start, "value": found.value, "bound": found.best_bound}
    row["cells"] = max(1, found.cells)
    start = clock()
    row["proved"] = bool(found.verify().proved)
    size = 0 if found.certificate is None else len(json.dumps(found.certificate.document()))
    return row | {"check_s": clock() - start, "proof_kB": size // 1000, "gap": gap(found.value, found.best_bound)}


def gap(value: float, bound: float) -> float:
    """|bound − value| / |value|."""
    return abs(bound - value) / max(1e-10, abs(value)) if np.isfinite(bound - value) else np.inf


def scip(kind: str, n: int) -> Row:
    """By SCIP."""
    model = scip_model(case(kind, n))
    for name, value in (("limits/gap", GAP), ("limits/time", SECONDS), ("timing/clocktype", 1)):  # CPU seconds
        model.setParam(name, value)
    start = clock()
    model.optimize()
    found = model.getPrimalbound() if model.getNSols() else np.nan
    return {"solve_s": clock() - start, "value": found, "bound": model.getDualbound(), "cells": model.getNNodes(),
            "gap": gap(found, model.getDualbound())}  # fmt: skip


def gurobi(kind: str, n: int) -> Row:
    """By Gurobi; its limit is in wall seconds."""
    import gurobipy as gp  # type: ignore[import-not-found]

    problem = case(kind, n)
    with gp.Env(params={"OutputFlag": 0}) as environment, gp.Model(env=environment) as model:
        model.Params.Threads, model.Params.NonConvex, model.Params.MIPGap = 1, 2, GAP
        model.Params.TimeLimit = WALL / 2
        ends = zip(problem.integer, problem.lower, problem.upper, strict=True)
        x = [model.addVar(-np.inf if low is None else float(low), np.inf if high is None else float(high),
                          vtype="I" if whole else "C") for whole, low, high in ends]  # fmt: skip

        def expression(form: Any) -> Any:
            terms = [float(v) * x[i] * x[j] for (i, j), v in form.pairs.items()]
            return gp.quicksum(terms + [float(v) * x[i] for i, v in form.linear.items()]) + float(form.constant)

        for c in problem.constraints:
            left = expression(c.form)
            model.addConstr({"<=": left <= 0, ">=": left >= 0, "=": left == 0}[c.relation])
        sense = gp.GRB.MAXIMIZE if problem.sense == "max" else gp.GRB.MINIMIZE
        model.setObjective(expression(problem.objective), sense)
        start = clock()
        model.optimize(lambda m, _: m.terminate() if clock() - start > SECONDS else None)
        row = {"solve_s": clock() - start, "bound": model.ObjBound, "cells": int(model.NodeCount)}
        found = model.ObjVal if model.SolCount else np.nan
    return row | {"value": found, "gap": gap(found, row["bound"])}


METHODS = {"copos": ours, "SCIP": scip, "Gurobi": gurobi}
MODULES = {"SCIP": "pyscipopt", "Gurobi": "gurobipy"}


def rows(quick: bool) -> Iterator[Row]:
    """Dense nonconvex quadratic programs to a gap of 1e-4, one thread: copos with its proof, SCIP and Gurobi."""
    for kind, n in QUICK if quick else CASES:
        for method, task in METHODS.items():
            if method in MODULES and find_spec(MODULES[method]) is None:
                continue
            found = measure(task, kind, n, repeats=1, limit=WALL)
            if found["status"] == "ok" and not found["gap"] <= GAP:
                found["status"] = "open"
            yield {"program": kind, "n": n, "method": method} | found


TABLES = [Table("quadratic-peers", rows, key=("program", "n", "method"))]
