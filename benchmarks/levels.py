"""Levels of the network lifts and of the simplex: assembly at growing size, and what a solver then needs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import copos
from benchmarks._measure import Row, clock, measure
from benchmarks._table import Curve, Table
from copos.hierarchy import relax
from copos.solvers import solve


def weighted(n: int, rank: int) -> copos.CompletelyPositiveProgram:
    """Widely weighted n×n low-rank approximation, seed 0."""
    rng = np.random.default_rng(0)
    Y = rng.standard_normal((n, n))
    return copos.linear_network(np.eye(n), Y, [n, rank, n], "projection", weights=10 ** rng.uniform(-2, 1, (n, n)))


def square(d: int, lift: str, strengthen: tuple[str, ...]) -> copos.CompletelyPositiveProgram:
    """Square loss on 50 random samples, rank d/2."""
    X, Y = np.random.default_rng(9).standard_normal((2, d, 50))
    return copos.linear_network(X, Y, [d, d // 2, d], lift, strengthen)


def faithful(factor: float) -> copos.CompletelyPositiveProgram:
    """X = I, Y = diag(½, ¾, 1), width 2, optimum ¼: the faithful lift with ρ a multiple of the trace that is needed."""
    Y = np.diag([0.5, 0.75, 1.0])
    return copos.linear_network(np.eye(3), Y, [3, 2, 3], "factor", ("bounded",), factor * 3.5)


def simplex(n: int) -> copos.CompletelyPositiveProgram:
    """Dense standard quadratic program."""
    Q = np.random.default_rng(0).standard_normal((n, n))
    return copos.CompletelyPositiveProgram(copos.NonNegative(n), Q + Q.T, [(np.ones((n, n)), 1.0)])


PROBLEMS = {"weighted": weighted, "square": square, "faithful": faithful, "simplex": simplex}


def build(problem: str, arguments: tuple, level: int, family: str = "parrilo") -> Row:
    """Assemble one level."""
    program = PROBLEMS[problem](*arguments)
    start = clock()
    relaxation = relax(program, level, family)
    return {
        "assemble_s": clock() - start, "moments": relaxation.moments, "rows": relaxation.form.shape[0],
        "nonzeros": relaxation.form.A.nnz,
    }  # fmt: skip


def build_and_solve(problem: str, arguments: tuple, level: int) -> Row:
    """Assemble one level and solve it with the default solver."""
    program = PROBLEMS[problem](*arguments)
    start = clock()
    relaxation = relax(program, level)
    built = clock()
    solution = solve(relaxation.form)
    return {
        "moments": relaxation.moments, "blocks": len(relaxation.blocks.sizes), "largest": max(relaxation.orders),
        "assemble_s": built - start, "solve_s": clock() - built, "solver": solution.solver,
        "status": "ok" if solution.status.value == "optimal" else solution.status.value, "value": solution.value,
    }  # fmt: skip


def assembly(quick: bool) -> Iterator[Row]:
    """Seconds and memory to assemble a level of the simplex, from the program to the conic form."""
    cases = [(n, 1, "parrilo") for n in (10, 15, 20, 30)] + [(n, 2, "parrilo") for n in (6, 8, 10)]
    cases += [(20, 0, "parrilo"), (50, 0, "parrilo"), (20, 2, "de-klerk-pasechnik")]
    if not quick:
        cases += [(n, 1, "parrilo") for n in (60, 80, 100, 150)] + [(n, 2, "parrilo") for n in (15, 20, 25)]
        cases += [(n, 0, "parrilo") for n in (100, 200, 400)] + [(n, 3, "parrilo") for n in (6, 8, 10)]
        cases += [(n, 2, "de-klerk-pasechnik") for n in (30, 40)]
    for n, level, family in sorted(cases, key=lambda c: (c[2], c[1], c[0])):
        found = measure(build, "simplex", (n,), level, family, warm=("simplex", (4,), level, family))
        yield {"family": family, "level": level, "n": n, **found}


def solving(quick: bool) -> Iterator[Row]:
    """Levels of network lifts and of the simplex, solved by the default solver."""
    whiten, balanced = ("whiten",), ("whiten", "balanced")
    cases = [
        ("projection lift 4×4 r=1, weighted", "weighted", (4, 1), 0),
        ("projection lift 10×10, whitened", "square", (10, "projection", whiten), 0),
        ("simplex n=15", "simplex", (15,), 1),
    ]
    if not quick:
        cases += [
            ("projection lift 5×5 r=1, weighted", "weighted", (5, 1), 0),
            ("projection lift 4×4 r=1, weighted", "weighted", (4, 1), 1),
            ("projection lift 5×5 r=1, weighted", "weighted", (5, 1), 1),
            ("factor lift 10×10, whitened, balanced", "square", (10, "factor", balanced), 0),
            ("factor lift 3×3, bounded by 1.5 of the trace", "faithful", (1.5,), 1),
            ("projection lift 20×20, whitened", "square", (20, "projection", whiten), 0),
            ("simplex n=30", "simplex", (30,), 1),
        ]
    for case, problem, arguments, level in cases:
        yield {
            "case": case,
            "level": level,
            **measure(build_and_solve, problem, arguments, level, warm=("simplex", (4,), 1)),
        }


TABLES = [
    Table("assembly", assembly, key=("family", "level", "n"), curve=Curve("moments", "assemble_s", "family")),
    Table("solving-levels", solving, key=("case", "level")),
]
