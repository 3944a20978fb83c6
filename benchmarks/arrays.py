"""The splitting solver on NumPy and on other array libraries, and what it does before its first iteration."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec

import numpy as np
import scipy.sparse as sp

from benchmarks._measure import Row, clock, measure
from benchmarks._table import Curve, Table
from benchmarks.solvers import random_lmi, theta_prime, weighted_low_rank
from copos.conic import Cones, ConicForm
from copos.solvers import solve
from copos.solvers.splitting.arrays import HOST
from copos.solvers.splitting.projections import Projection
from copos.solvers.splitting.scaling import scale

ITERATIONS = 100


def small_blocks(count: int) -> ConicForm:
    """A random LMI in so many blocks of orders 1 to 4; every variable is in two rows."""
    rng = np.random.default_rng(0)
    K = Cones(psd=tuple(rng.integers(1, 5, count).tolist()))
    m, n = K.rows, (K.rows + 1) // 2
    A = sp.csr_array((rng.choice([-0.5, 1.0, 2.0], m), (np.arange(m), np.arange(m) % n)), shape=(m, n))
    s, z = Projection(K).split(rng.standard_normal(m))
    return ConicForm(-A.T @ z, A, A @ rng.standard_normal(n) + s, K)


FORMS: dict[str, Callable[[], ConicForm]] = {
    "theta' of G(100, 1/2)": lambda: theta_prime(100),
    "3,000 blocks of order ≤ 4": lambda: small_blocks(3000),
    "random LMI, 20 of 30, 2 of 100": lambda: random_lmi(2000, (30,) * 20 + (100,) * 2),
    "compact lift 4x4, level 1": lambda: weighted_low_rank(4, 0, 1),
    "theta' of G(300, 1/2)": lambda: theta_prime(300),
    "random LMI, 10 of 60, 2 of 200": lambda: random_lmi(6000, (60,) * 10 + (200,) * 2),
}


def places() -> list[str]:
    """What `arrays` may be here."""
    found = ["numpy"]
    if find_spec("array_api_compat") is None:
        return found
    if find_spec("torch") is not None:
        import torch

        found += ["torch", "torch:cuda"] if torch.cuda.is_available() else ["torch"]
    return found + (["cupy"] if find_spec("cupy") is not None else [])


def iterate(case: str, arrays: str) -> Row:
    """A fixed number of iterations, set-up included."""
    form = FORMS[case]()
    wall, cpu = time.perf_counter(), clock()
    found = solve(form, "splitting", arrays=arrays, max_iterations=ITERATIONS, tolerance=0.0)
    return {"solve_s": clock() - cpu, "wall_s": time.perf_counter() - wall, "value": found.value}


def arrays(quick: bool) -> Iterator[Row]:
    """A hundred iterations of the splitting solver, by array library and device: CPU and wall seconds."""
    cases = list(FORMS)
    for case in cases[:3] if quick else cases:
        for method in places():
            yield {"case": case, "method": method, **measure(iterate, case, method, warm=(cases[0], method))}


def prepare(count: int) -> Row:
    """Scaling, stacks, and one change of the metric."""
    form = small_blocks(count)
    start = clock()
    data = scale(form)
    projection = Projection(data.cones, HOST)
    prepared = clock()
    s, y = projection.split(np.random.default_rng(0).standard_normal(data.cones.rows))
    projected = clock()
    data.balanced(s, y)
    return {"prepare_s": prepared - start, "metric_s": clock() - projected, "project_s": projected - prepared}


def blocks(quick: bool) -> Iterator[Row]:
    """Set-up of the splitting solver for many small blocks: data and stacks, a change of metric, one projection."""
    for count in (5_000, 20_000) if quick else (5_000, 20_000, 80_000):
        yield {"case": "orders 1 to 4", "blocks": count, "method": "splitting", **measure(prepare, count, warm=(100,))}


TABLES = [
    Table("arrays", arrays, ratio=("solve_s", "numpy")),
    Table("blocks", blocks, key=("blocks", "method"), curve=Curve("blocks", "prepare_s")),
]
