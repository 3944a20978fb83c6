"""Partitions: cells, CPU seconds and bounds of branch and bound, by hyperplanes and by simplices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

import copos
from benchmarks._measure import Row, clock, measure
from benchmarks._table import Table
from copos.instances import graphs

UPPER = [[9044, 1054, 5140, 3322, 0], [0, 8715, 7385, 5866, 9751], [0, 0, 6936, 5368, 8086], [0, 0, 0, 5633, 7478],
         [0, 0, 0, 0, 12932]]  # fmt: skip
GENETICS = [[14, 15, 16, 0, 0], [15, 14, 12.5, 22.5, 15], [16, 12.5, 10, 26.5, 16], [0, 22.5, 26.5, 0, 0],
            [0, 15, 16, 0, 14]]  # fmt: skip


def low_rank(n: int, seed: int, kind: str) -> copos.CompletelyPositiveProgram:
    """Rank-one approximation of a random n×n matrix with wide weights or missing entries, the latter in [−10, 10]."""
    rng = np.random.default_rng(seed)
    Y = rng.standard_normal((n, n))
    weights = 10 ** rng.uniform(-2, 1, (n, n)) if kind == "wide" else (rng.random((n, n)) < 0.7).astype(float)
    program = copos.linear_network(np.eye(n), Y, [n, 1, n], "projection", weights=weights)
    cone, e = program.cone, np.eye(program.cone.ambient)
    for j in np.flatnonzero(weights.ravel() == 0) if kind == "boxed" else []:
        cone = cone.restrict(10 * e[0] - e[1 + j]).restrict(10 * e[0] + e[1 + j])
    return replace(program, cone=cone)


def simplex(name: str, n: int = 0, seed: int = 0) -> copos.CompletelyPositiveProgram:
    """A standard quadratic program by name; "chords" is a weighted cycle with random chords, indefinite."""
    if name == "genetics":
        return copos.standard_quadratic(-np.array(GENETICS))
    if name == "portfolio":
        return copos.standard_quadratic((np.array(UPPER) + np.triu(UPPER, 1).T) / 1e4)
    if name == "chords":
        rng = np.random.default_rng(seed)
        Q = np.diag(rng.integers(8, 13, n)) + np.triu(rng.integers(7, 13, (n, n)) * (rng.random((n, n)) < 0.25), 1)
        Q = Q + np.triu(Q, 1).T
        Q[np.arange(n), np.arange(n) - 1] = Q[np.arange(n) - 1, np.arange(n)] = 10
        return copos.standard_quadratic(Q)
    A = {"cycle": lambda: graphs.cycle(n), "paley": lambda: graphs.paley(n),
         "co-icosahedron": lambda: graphs.complement(graphs.icosahedron())}[name]()  # fmt: skip
    return copos.standard_quadratic(np.eye(len(A)) + A)


MAKE = {"low rank": low_rank, "simplex": simplex}


def search(make: str, arguments: tuple, options: dict, nodes: int, seconds: float) -> Row:
    """One search."""
    program = MAKE[make](*arguments)
    start = clock()
    result = copos.branch_and_bound(program, max_nodes=nodes, time_limit=seconds, **options)
    row: Row = {
        "search_s": clock() - start, "cells": result.nodes, "root": result.tree.nodes[0].claimed, "lower": result.lower,
        "claimed": result.claimed, "upper": result.upper, "status": "ok" if result.closed else "open",
    }  # fmt: skip
    if result.certificate is not None:
        start = clock()
        row["proved"] = result.certificate.verify(program).proved
        row["check_s"] = clock() - start
    return {key: value if not isinstance(value, float) or np.isfinite(value) else None for key, value in row.items()}


def cuts(quick: bool) -> Iterator[Row]:
    """Weighted low-rank approximation by cutting hyperplanes, to a relative gap of 1e-4: cells and CPU seconds."""
    cases = [("wide 3×3", (3, 3, "wide"), {}), ("masked 3×3, boxed", (3, 2, "boxed"), {}),
             ("masked 3×3, claims only", (3, 2, "mask"), {"certify": False})]  # fmt: skip
    rules = ("variance", "direction") if quick else ("variance", "relative", "direction", "strong")
    if not quick:
        cases += [("wide 4×4", (4, 0, "wide"), {}), ("wide 5×5", (5, 2, "wide"), {})]
    for case, arguments, options in cases:
        for rule in rules:
            found = measure(search, "low rank", arguments, {"rule": rule, **options}, 81, 250.0, repeats=1)
            yield {"case": case, "method": rule, **found}


def simplices(quick: bool) -> Iterator[Row]:
    """Standard quadratic programs by simplices and by hyperplanes, to a relative gap of 1e-4: cells and CPU seconds."""
    cases = [("genetics", ("genetics",)), ("portfolio", ("portfolio",)), ("C5", ("cycle", 5)), ("C9", ("cycle", 9)),
             ("chords, n = 10", ("chords", 10, 1)), ("chords, n = 15", ("chords", 15, 4))]  # fmt: skip
    if not quick:
        cases += [("C11", ("cycle", 11)), ("co-icosahedron", ("co-icosahedron",)), ("Paley 13", ("paley", 13))]
    methods = {"simplices, SPN": {"cells": "simplices"}, "simplices, N": {"cells": "simplices", "test": "nonnegative"},
               "cuts": {"cells": "cuts"}}  # fmt: skip
    for case, arguments in cases:
        for method, options in methods.items():
            found = measure(search, "simplex", arguments, options, 301, 120.0, repeats=1)
            yield {"case": case, "method": method, **found}


TABLES = [Table("branching-cuts", cuts), Table("branching-simplices", simplices)]
