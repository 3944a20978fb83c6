"""Time to produce and to check a certificate, and what the proof costs in the bound.

Slack matrices of doubly nonnegative programs, positive semidefinite plus nonnegative, as certificates of the primitive;
and complete bounds through a relaxation and a solver.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np

from benchmarks._measure import Row, clock
from benchmarks._table import Table
from copos import CompletelyPositiveProgram, NonNegative
from copos.certificate import Certificate, rounding
from copos.certificate.produce import certify_lower_bound
from copos.checker import check, check_identity
from copos.hierarchy import relax
from copos.reformulation.linear_network.program import linear_network
from copos.solvers import solve


def slack(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """PSD of rank n − 2 plus a sparse nonnegative matrix plus 1e-9·I, as an optimal dual slack is."""
    F = rng.standard_normal((n, n - 2)) / np.sqrt(n)
    N = np.triu(rng.random((n, n)) * (rng.random((n, n)) < 0.2), 1)
    M = F @ F.T + 1e-9 * np.eye(n)
    return (M + M.T) / 2 + N + N.T, (M + M.T) / 2


def primitive(quick: bool) -> Iterator[Row]:
    """The primitive on an n×n slack matrix: seconds to round, to check with and without python-flint, to read."""
    for n in (100,) if quick else (100, 200, 500):
        M, P = slack(n, np.random.default_rng(n))
        start = clock()
        hold = 2e-15 * n * np.abs(P).max()
        for _ in range(4):
            factor = rounding.factor(P - hold * np.eye(n))
            rest = P - factor.gram
            off = np.abs(rest).sum(axis=1) - np.abs(np.diag(rest))
            if (np.diag(rest) > 1.5 * off).all():
                break
            hold *= 4
        row: Row = {"n": n, "round_s": clock() - start}
        certificate = Certificate.of("copositive", M, {"method": "spn", **factor.plain()})
        text = json.dumps(certificate.document())
        start = clock()
        document = check.read.parse(text)
        row["read_s"] = clock() - start
        for name, flint in (("check_s", check_identity.flint), ("check_without_flint_s", None)):
            kept, check_identity.flint = check_identity.flint, flint
            start = clock()
            assert check.check(document).proved
            row[name] = clock() - start
            check_identity.flint = kept
        yield row | {"file_MB": len(text) / 1e6, "loss": f"{hold / np.abs(P).max():.1e}"}


def bounds(quick: bool) -> Iterator[Row]:
    """Whole bounds: seconds to solve, to prove and to check, and what the proof costs relative to the data's scale."""
    rng = np.random.default_rng(0)
    cases = []
    for n, level in ((10, 0), (10, 1)) if quick else ((10, 0), (40, 0), (10, 1), (20, 1), (10, 2)):
        Q = rng.standard_normal((n, n))
        program = CompletelyPositiveProgram(NonNegative(n), Q + Q.T, [(np.ones((n, n)), 1.0)])
        cases.append((f"standard quadratic n={n} level {level}", program, level, "clarabel", {}))
        cases.append((f"standard quadratic n={n} level {level} (1e-4)", program, level, "scs",
                      {"eps_abs": 1e-4, "eps_rel": 1e-4}))  # fmt: skip
    D = np.diag([0.5, 0.75, 1.0])
    network = linear_network(np.eye(3), D, [3, 2, 3], "projection")
    cases += [(f"network 3-2-3, projection, level {level}", network, level, None, {}) for level in (0, 1)]
    for name, program, level, solver, options in cases:
        relaxation = relax(program, level)
        start = clock()
        solution = solve(relaxation.form, solver, **options)
        solved = clock()
        out = certify_lower_bound(program, relaxation, solution)
        row: Row = {"case": name, "method": solution.solver, "solve_s": solved - start, "prove_s": clock() - solved}
        if out.lower is None:
            yield row | {"status": out.reason}
            continue
        start = clock()
        assert out.certificate.verify(program).proved
        scale = float(np.abs(program.C.rows.data).max())
        claim = min(solution.value, solution.dual_value)
        yield row | {"check_s": clock() - start, "loss": f"{(claim - float(out.lower)) / scale:.1e}"}


TABLES = [Table("certificate-primitive", primitive, key=("n",)), Table("certificate-bounds", bounds)]
