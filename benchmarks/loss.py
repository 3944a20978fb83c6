"""What a proof costs in the bound: the solver's claim less the proved number, relative to the data.

The lifts of linear networks (Linnerud's exercise data and a diagonal target), standard quadratic programs and stability
numbers of random graphs; with the first proof alone and with a better-centred dual.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benchmarks._measure import Row, clock
from benchmarks._table import Table
from copos import CompletelyPositiveProgram, NonNegative, linear_network, stability_number
from copos.certificate.produce import certify_lower_bound
from copos.certificate.writer import Margins
from copos.hierarchy import relax
from copos.levels.bound import claimed_value
from copos.solvers import solve
from experiments.linnerud import data

LIFTS = (
    "factor whiten bounded", "projection", "factor whiten", "factor", "factor bounded", "factor projection",
    "factor balanced", "factor whiten bounded balanced",
)  # fmt: skip


def programs(quick: bool) -> Iterator[tuple[str, CompletelyPositiveProgram]]:
    """Names and programs, small ones first."""
    for n in (10,) if quick else (10, 20, 40):
        rng = np.random.default_rng(n)
        Q = rng.standard_normal((n, n))
        yield f"standard quadratic n={n}", CompletelyPositiveProgram(NonNegative(n), Q + Q.T, [(np.ones((n, n)), 1.0)])
        A = np.triu(rng.random((n, n)) < 0.3, 1).astype(float)
        yield f"stability number n={n}", stability_number(A + A.T)
    X, Y = data()
    for lift in LIFTS[:2] if quick else LIFTS:
        name, *strengthen = lift.split()
        if "whiten" not in strengthen:
            diagonal = np.diag([0.5, 0.75, 1.0])
            yield f"diag(½,¾,1) 3-2-3, {lift}", linear_network(np.eye(3), diagonal, [3, 2, 3], name, strengthen)
        for r in (1, 2):
            yield f"Linnerud 3-{r}-3, {lift}", linear_network(X, Y, [3, r, 3], name, strengthen)


def loss(quick: bool) -> Iterator[Row]:
    """Loss of proved bounds at level 0, (claimed − proved)/scale: of the first proof and of the final one."""
    for name, program in programs(quick):
        relaxation = relax(program, 0)
        start = clock()
        solution = solve(relaxation.form)
        row: Row = {"case": name, "method": solution.solver, "moments": relaxation.moments, "solve_s": clock() - start}
        claim = claimed_value(relaxation.form, solution)
        scale = max(1.0, float(np.abs(program.C.rows.data).max()))
        row["claimed"] = claim
        for prefix, margins in (("first_", Margins(centre=False)), ("", Margins())):
            start = clock()
            out = certify_lower_bound(program, relaxation, solution, margins=margins)
            row[f"{prefix}prove_s"] = clock() - start
            if out.lower is not None:
                row[f"{prefix}loss"] = f"{(claim - float(out.lower)) / scale:.1e}"
                row[f"{prefix}proved"] = float(out.lower)
        yield row


TABLES = [Table("loss", loss)]
