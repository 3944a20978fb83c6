"""Is any proved lower bound above the value of a feasible point? Random programs, cones, families, bad solves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from benchmarks._measure import Row, clock
from benchmarks._table import Table
from copos import CompletelyPositiveProgram, NonNegative, PositiveSemidefinite, SecondOrder
from copos.certificate.produce import certify_lower_bound
from copos.hierarchy import relax
from copos.solvers import solve

FAMILIES = ((0, "parrilo"), (1, "parrilo"), (2, "parrilo"), (0, "pena-vera-zuluaga"), (1, "pena-vera-zuluaga"),
            (2, "pena-vera-zuluaga"), (0, "de-klerk-pasechnik"), (1, "de-klerk-pasechnik"), (2, "de-klerk-pasechnik"),
            (0, "moment"), (2, "moment"))  # fmt: skip
SOLVES = (("clarabel", {}), ("clarabel", {"max_iter": 5}), ("clarabel", {"max_iter": 9}),
          *(("scs", {"eps_abs": t, "eps_rel": t}) for t in (1e-2, 1e-3, 1e-5, 1e-7, 1e-9)),
          ("scs", {"max_iters": 15}))  # fmt: skip


def cones(rng: np.random.Generator):
    n = int(rng.integers(2, 6))
    return [
        NonNegative(n),
        SecondOrder(min(n, 4)),
        PositiveSemidefinite(2),
        NonNegative(2) * SecondOrder(3),
        NonNegative(1) * PositiveSemidefinite(2),
        SecondOrder(2) * SecondOrder(2),
    ][rng.integers(6)]


def instance(rng: np.random.Generator) -> tuple[CompletelyPositiveProgram, Fraction]:
    """A random program with (unit form)² = 1 on average, and the least value over random feasible rational points."""
    K = cones(rng)
    N = K.dim
    e = K.unit
    C = rng.standard_normal((N, N)) if rng.random() < 0.5 else rng.integers(-4, 5, (N, N)).astype(float)
    C = C + C.T
    equations = [(np.outer(e, e), 1.0)]
    program = CompletelyPositiveProgram(K, C, equations)
    best = None
    F = [[Fraction(float(v)) for v in row] for row in C]
    for _ in range(40):
        x = K.sample(rng)
        x = np.round(x * 64) / 64
        if K.violation(x) > 0 or e @ x <= 0:
            continue
        u, scale = [Fraction(float(v)) for v in x], Fraction(float(e @ x))
        value = sum(F[i][j] * u[i] * u[j] for i in range(N) for j in range(N)) / scale**2
        best = value if best is None or value < best else best
    if best is None:
        return instance(rng)
    return program, best


def soundness(quick: bool) -> Iterator[Row]:
    """Random programs solved badly or well: how many bounds are proved, and how many lie above a feasible value."""
    rng = np.random.default_rng(0)
    seen: dict[tuple[str, int], Row] = defaultdict(lambda: {"programs": 0, "proved": 0, "wrong": 0, "cpu_s": 0.0})
    for k in range(200 if quick else 2000):
        program, upper = instance(rng)
        level, family = FAMILIES[k % len(FAMILIES)]
        solver, options = SOLVES[rng.integers(len(SOLVES))]
        start = clock()
        relaxation = relax(program, level, family)
        out = certify_lower_bound(program, relaxation, solve(relaxation.form, solver, **options))
        row = seen[family, level]
        row["programs"] += 1
        row["proved"] += out.lower is not None
        row["cpu_s"] += clock() - start
        if out.lower is not None and (out.lower > upper or not out.certificate.verify(program).proved):
            row["wrong"] += 1
            print("WRONG", k, program, level, family, solver, options, float(out.lower), float(upper))
    for (family, level), row in sorted(seen.items()):
        yield {"family": family, "level": level, **row, "status": "UNSOUND" if row["wrong"] else "ok"}


TABLES = [Table("soundness", soundness, key=("family", "level"))]
