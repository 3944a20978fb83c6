"""Tasks for `threads`, run as `python -m benchmarks._thread_tasks NAME`: CPU and wall seconds as JSON.

Nothing here may import `_measure`, which sets the numbers of threads that this is about.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import copos

Task = Callable[[], Callable[[], Any]]  # prepares, and returns what is timed


def graph(n: int) -> np.ndarray:
    """G(n, ½)."""
    upper = np.triu(np.random.default_rng(0).random((n, n)) < 0.5, 1)
    return (upper | upper.T).astype(np.int64)


def theta(n: int) -> Task:
    """ϑ' by splitting, proved to 1e-6."""

    def prepare() -> Callable[[], Any]:
        program = copos.stability_number(graph(n), edges="vanishing")
        return lambda: copos.lower_bound(program, solver="splitting", tolerance=1e-6)

    return prepare


def level(n: int, order: int, **options: Any) -> Task:
    """A level of a standard quadratic program."""

    def prepare() -> Callable[[], Any]:
        A = np.random.default_rng(1).standard_normal((n, n))
        program = copos.standard_quadratic(A + A.T)
        return lambda: copos.lower_bound(program, order, **options)

    return prepare


def proof() -> Callable[[], Any]:
    """The proof alone, from a solution of ϑ'."""
    from copos.certificate.produce import certify_lower_bound
    from copos.hierarchy import relax
    from copos.solvers import solve

    program = copos.stability_number(graph(150), edges="vanishing")
    relaxation = relax(program)
    solution = solve(relaxation.form, "splitting", tolerance=1e-7)
    return lambda: [certify_lower_bound(program, relaxation, solution) for _ in range(3)]


def decisions() -> Callable[[], Any]:
    """Copositive on the boundary, and completely positive."""
    rng = np.random.default_rng(2)
    A = rng.integers(-9, 10, (24, 24))
    A = (A + A.T + 2 * np.diag(rng.integers(5, 30, 24))).tolist()
    v = copos.minimum_on_simplex(A).value
    M = [[c * v.denominator - v.numerator for c in row] for row in A]
    B = rng.integers(0, 5, (30, 45))
    return lambda: (copos.is_copositive(M), copos.is_completely_positive((B @ B.T).tolist()))


def polynomial() -> Callable[[], Any]:
    """Training to a certified gap of 1e-5, which every order of the columns reaches in the same number of rounds.

    At 1e-6 the last round but one ends within rounding of the tolerance: the order in which BLAS adds decides whether
    two more rounds follow, and the table would compare paths instead of threads.
    """
    X = np.random.default_rng(3).standard_normal((8000, 60))
    program = copos.polynomial_network(X, X[:, 0] * X[:, 1] + np.sin(X[:, 2]), beta_ratio=0.005)
    return lambda: program.train(1e-5)


def network() -> Callable[[], Any]:
    """The bracket of a weighted network of rank one, and of a plain one."""
    rng = np.random.default_rng(4)
    X, Y, w = rng.standard_normal((8, 300)), rng.standard_normal((4, 300)), rng.uniform(0.5, 2, (4, 300))
    return lambda: [copos.bracket(copos.linear_network(X, Y, [8, 2, 4], "auto", weights=v)) for v in (None, w)]


TASKS: dict[str, Task] = {
    "ϑ' of G(80, ½), splitting": theta(80),
    "ϑ' of G(150, ½), splitting": theta(150),
    "level 1, Clarabel": level(20, 1, solver="clarabel"),
    "level 1, SCS": level(16, 1, solver="scs"),
    "level 1, linear programs by HiGHS": level(50, 1, gram="dd"),
    "proof for ϑ' of G(150, ½)": proof,
    "decisions": decisions,
    "polynomial network": polynomial,
    "linear networks": network,
}


def main(name: str) -> None:
    """Time a task once, after a run that imports what it needs."""
    task = TASKS[name]()
    task()
    wall, cpu = time.perf_counter(), time.process_time()
    task()
    print(json.dumps({"cpu_s": time.process_time() - cpu, "wall_s": time.perf_counter() - wall}))


if __name__ == "__main__":
    main(sys.argv[1])
