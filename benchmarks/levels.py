"""Time to assemble and to solve levels of the network lifts and of the simplex, with sizes."""

from __future__ import annotations

import time

import numpy as np
from rich.console import Console
from rich.table import Table

import copos
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


def simplex(n: int) -> copos.CompletelyPositiveProgram:
    """Dense standard quadratic program."""
    Q = np.random.default_rng(0).standard_normal((n, n))
    return copos.CompletelyPositiveProgram(copos.NonNegative(n), Q + Q.T, [(np.ones((n, n)), 1.0)])


CASES = (
    ("projection lift 5×5 r=1, weighted", lambda: weighted(5, 1), 0),
    ("projection lift 4×4 r=1, weighted", lambda: weighted(4, 1), 1),
    ("projection lift 5×5 r=1, weighted", lambda: weighted(5, 1), 1),
    ("projection lift 10×10, whitened", lambda: square(10, "projection", ("whiten",)), 0),
    ("factor lift 10×10, whitened, balanced", lambda: square(10, "factor", ("whiten", "balanced")), 0),
    ("projection lift 20×20, whitened", lambda: square(20, "projection", ("whiten",)), 0),
    ("simplex n=15", lambda: simplex(15), 1),
    ("simplex n=30", lambda: simplex(30), 1),
)


def main() -> None:
    """Print the table."""
    table = Table("problem", "level", "moments", "blocks", "assemble s", "solver", "status", "solve s", "value")
    for name, program, level in CASES:
        start = time.perf_counter()
        relaxation = relax(program(), level)
        built = time.perf_counter()
        solution = solve(relaxation.form)
        done = time.perf_counter()
        table.add_row(
            name, str(level), str(relaxation.moments), f"{len(relaxation.blocks.sizes)} ≤ {max(relaxation.orders)}",
            f"{built - start:.2f}", solution.solver, solution.status.value, f"{done - built:.2f}",
            f"{solution.value:.6f}",
        )  # fmt: skip
    for n in (100, 150):
        start = time.perf_counter()
        relaxation = relax(simplex(n), 1)
        size = f"{relaxation.form.A.nnz:,} nonzeros"
        table.add_row(f"simplex n={n}", "1", f"{relaxation.moments:,}", size, f"{time.perf_counter() - start:.2f}")
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
