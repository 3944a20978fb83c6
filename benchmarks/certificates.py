"""Time to produce and to check a certificate, and what the proof costs in the bound.

Slack matrices of doubly nonnegative programs, positive semidefinite plus nonnegative, as certificates of the primitive;
and complete bounds through a relaxation and a solver.
"""

from __future__ import annotations

import json
import time

import numpy as np

from copos import CompletelyPositiveProgram, NonNegative
from copos.certificate import Certificate, check, check_identity, rounding
from copos.certificate.produce import certify_lower_bound
from copos.hierarchy import relax
from copos.reformulation.linear_network import linear_network
from copos.solvers import solve


def slack(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """PSD of rank n − 2 plus a sparse nonnegative matrix plus 1e-9·I, as an optimal dual slack is."""
    F = rng.standard_normal((n, n - 2)) / np.sqrt(n)
    N = np.triu(rng.random((n, n)) * (rng.random((n, n)) < 0.2), 1)
    M = F @ F.T + 1e-9 * np.eye(n)
    return (M + M.T) / 2 + N + N.T, (M + M.T) / 2


def primitive() -> None:
    print(f"{'n':>5} {'round':>9} {'check':>9} {'check, no flint':>16} {'read JSON':>10} {'MB':>6}   relative loss")
    for n in (100, 200, 500):
        M, P = slack(n, np.random.default_rng(n))
        start = time.perf_counter()
        hold = 2e-15 * n * np.abs(P).max()
        for _ in range(4):
            factor = rounding.factor(P - hold * np.eye(n))
            rest = P - factor.gram
            off = np.abs(rest).sum(axis=1) - np.abs(np.diag(rest))
            if (np.diag(rest) > 1.5 * off).all():
                break
            hold *= 4
        produced = time.perf_counter() - start
        certificate = Certificate.of("copositive", M, {"method": "spn", **factor.plain()})
        text = json.dumps(certificate.document())
        start = time.perf_counter()
        document = check.read.parse(text)
        parsed = time.perf_counter() - start
        times = []
        for flint in (check_identity.flint, None):
            kept, check_identity.flint = check_identity.flint, flint
            start = time.perf_counter()
            assert check.check(document).proved
            times.append(time.perf_counter() - start)
            check_identity.flint = kept
        print(f"{n:5} {produced:8.3f}s {times[0]:8.3f}s {times[1]:15.3f}s {parsed:9.3f}s {len(text) / 1e6:6.2f}   "
              f"{hold / np.abs(P).max():.1e}")  # fmt: skip


def bounds() -> None:
    print(f"\n{'program':42} {'solver':>10} {'solve':>8} {'prove':>8} {'check':>8}   loss / scale")
    rng = np.random.default_rng(0)
    cases = []
    for n, level in ((10, 0), (40, 0), (10, 1), (20, 1), (10, 2)):
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
        start = time.perf_counter()
        solution = solve(relaxation.form, solver, **options)
        solved = time.perf_counter()
        out = certify_lower_bound(program, relaxation, solution)
        proved = time.perf_counter()
        scale = float(np.abs(program.C.rows.data).max())
        if out.lower is None:
            print(f"{name:42} {solution.solver:>10} {solved - start:7.2f}s {proved - solved:7.2f}s   {out.reason}")
            continue
        assert out.certificate.verify(program).proved
        checked = time.perf_counter() - proved
        claim = min(solution.value, solution.dual_value)
        print(f"{name:42} {solution.solver:>10} {solved - start:7.2f}s {proved - solved:7.2f}s {checked:7.2f}s   "
              f"{(claim - float(out.lower)) / scale:.1e}")  # fmt: skip


def main() -> None:
    """Print both tables."""
    primitive()
    bounds()


if __name__ == "__main__":
    main()
