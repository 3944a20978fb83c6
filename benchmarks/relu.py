"""Verification of ReLU networks: verdicts against a mixed-integer program, and the levels beside linear programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from benchmarks._measure import Row, clock
from benchmarks._table import Table
from copos import relu_verdict

SECONDS = 60.0  # wall time of a search, for either
SHAPES = ((2, 10, 1), (3, 10, 10, 2), (4, 20, 20, 2), (5, 20, 20, 20, 2), (10, 20, 20, 20, 3))
RADII = (0.05, 0.2, 0.5, 1.0)


def drawn(seed: int) -> dict[str, Any]:
    """A random network, the box around a point, and a form that is near 0 somewhere on it."""
    rng = np.random.default_rng(seed)
    widths = SHAPES[seed % len(SHAPES)]
    weights = [rng.standard_normal((b, a)) * np.sqrt(2 / a) for a, b in zip(widths, widths[1:], strict=False)]
    biases = [0.3 * rng.standard_normal(n) for n in widths[1:]]
    center, radius = rng.standard_normal(widths[0]), RADII[(seed // len(SHAPES)) % len(RADII)]
    c = rng.standard_normal(widths[-1])
    lower, upper = center - radius, center + radius
    X = rng.uniform(lower, upper, (1000, widths[0]))
    for k, (W, b) in enumerate(zip(weights, biases, strict=True)):
        X = (np.maximum(X, 0) if k else X) @ W.T + b
    values = X @ c
    offset = -values.min() + rng.choice([-0.05, 0.1]) * np.ptp(values)
    return {"weights": weights, "biases": biases, "lower": lower, "upper": upper, "c": c, "offset": float(offset)}


def big_m(
    weights: Sequence[NDArray[np.float64]], biases: Sequence[NDArray[np.float64]], lower: NDArray[np.float64],
    upper: NDArray[np.float64], c: NDArray[np.float64], offset: float,
) -> tuple[float, str]:  # fmt: skip
    """min c'f(x) + offset by HiGHS: x ≥ z, x ≤ z − l(1 − d), x ≤ ud, d binary, with ranges by intervals."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    low, high, whole = list(lower), list(upper), [0] * len(lower)
    rows: list[tuple[dict[int, float], float, float]] = []
    before, l, u = list(range(len(lower))), np.array(lower), np.array(upper)
    for W, b in zip(weights[:-1], biases[:-1], strict=True):
        zl = np.minimum(W * l, W * u).sum(axis=1) + b
        zu = np.maximum(W * l, W * u).sum(axis=1) + b
        here = []
        for i, s in enumerate(b):
            x = len(low)
            low, high, whole = [*low, 0.0], [*high, max(zu[i], 0.0)], [*whole, 0]
            here.append(x)
            minus = {v: -w for v, w in zip(before, W[i], strict=True)} | {x: 1.0}  # x − z + b
            if zl[i] >= 0:
                rows.append((minus, s, s))
            elif zu[i] > 0:
                d = len(low)
                low, high, whole = [*low, 0.0], [*high, 1.0], [*whole, 1]
                rows += [(minus, s, np.inf), (minus | {d: -zl[i]}, -np.inf, s - zl[i]),
                         ({x: 1.0, d: -zu[i]}, -np.inf, 0.0)]  # fmt: skip
        before, l, u = here, np.maximum(zl, 0), np.maximum(zu, 0)
    A = sp.lil_array((max(len(rows), 1), len(low)))
    for k, (row, _, _) in enumerate(rows):
        for v, w in row.items():
            A[k, v] = w
    cost = np.zeros(len(low))
    cost[before] = weights[-1].T @ c
    ends = np.array([[a, b] for _, a, b in rows]).reshape(-1, 2) if rows else np.array([[-np.inf, np.inf]])
    found = milp(cost, constraints=LinearConstraint(sp.csr_array(A), ends[:, 0], ends[:, 1]), integrality=whole,
                 bounds=Bounds(low, high), options={"mip_rel_gap": 1e-9, "time_limit": SECONDS})  # fmt: skip
    value = np.nan if found.x is None else float(found.fun + c @ biases[-1] + offset)
    return value, "optimal" if found.status == 0 else "time limit"


def verdicts(quick: bool) -> Iterator[Row]:
    """50 random networks on boxes: copos to a verdict and to a gap of 1e-6, both proved, and big-M with HiGHS"""
    for seed in range(10 if quick else 50):
        problem = drawn(seed)
        begin = clock()
        judged = relu_verdict(**problem, time_limit=SECONDS)
        verdict_s, begin = clock() - begin, clock()
        found = relu_verdict(**problem, tolerance=1e-6, time_limit=SECONDS)
        bracket_s, begin = clock() - begin, clock()
        proofs = found.verify().proved and found.point_certificate.verify(found.network.plain).proved
        check_s, begin = clock() - begin, clock()
        value, status = big_m(**problem)
        milp_s = clock() - begin
        size = 1e-6 * (1 + max(abs(float(v)) for v in found.network.interval_bounds))
        wrong = "" if not status == "optimal" or found.lower - size <= value <= found.upper + size else "value"
        wrong += "" if judged.verdict in ("open", "proved" if found.upper >= 0 else "counterexample") else " verdict"
        rows = {row.method: row.lower for row in found.bounds}
        yield {
            "case": seed, "network": "-".join(map(str, found.network.widths)),
            "radius": RADII[(seed // len(SHAPES)) % len(RADII)], "open neurons": found.undecided,
            "intervals": rows["intervals"], "linear program": rows["linear program"], "lower": found.lower,
            "upper": found.upper, "verdict": judged.verdict, "closed": found.closed, "proved": proofs,
            "nodes": found.nodes, "verdict_s": verdict_s, "bracket_s": bracket_s, "check_s": check_s,
            "HiGHS": value, "HiGHS says": status, "HiGHS_s": milp_s, "wrong": wrong,
        }  # fmt: skip


def levels(quick: bool) -> Iterator[Row]:
    """Small networks: intervals, the linear program, level 0 of the completely positive program, and the tree"""
    for seed in range(3 if quick else 10):
        rng = np.random.default_rng(seed)
        widths = ((2, 4, 4, 1), (2, 5, 5, 1))[seed % 2]
        weights = [1.3 * rng.standard_normal((b, a)) for a, b in zip(widths, widths[1:], strict=False)]
        biases = [0.5 * rng.standard_normal(n) for n in widths[1:]]
        box = -np.ones(widths[0]), np.ones(widths[0])
        found = relu_verdict(weights, biases, *box, [1.0], tolerance=1e-7, levels=(0,))
        for row in found.bounds:
            yield {"case": seed, "network": "-".join(map(str, widths)), "method": row.method, "lower": row.lower,
                   "minimum": found.upper, "proved": row.proved, "wall": round(row.seconds, 3)}  # fmt: skip


TABLES = [Table("relu-verdicts", verdicts, key=("case",)), Table("relu-levels", levels)]
