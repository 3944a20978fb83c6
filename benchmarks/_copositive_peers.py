"""Other answers to "is it copositive?": all supports, a C++ engine beside the project, a mixed-integer program."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from itertools import combinations

import highspy
import numpy as np

ORACLE = os.environ.get("PEERS_PYTHON")
PROGRAM = """
import json, resource, sys, pycoposit
def spent():  # by the engine's processes, too
    used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(u.ru_utime + u.ru_stime for u in used)
for M in json.load(sys.stdin):
    n = len(M)
    text = f"{n}#" + ",".join(str(M[i][j]) for i in range(n) for j in range(i, n))
    start = spent()
    found = pycoposit.check(text)
    print(json.dumps([found["is_copositive"], found["is_strictly_copositive"], spent() - start,
                      found.get("elapsed_ns", 0) / 1e9]))
"""


def oracle(matrices):
    """[copositive, strictly, CPU seconds, seconds by its own clock] each, or None without pycoposit."""
    if ORACLE is None:
        return [None] * len(matrices)
    text = json.dumps(matrices)
    done = subprocess.run([ORACLE, "-c", PROGRAM], input=text, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def by_supports(M: Sequence[Sequence[int]]) -> bool:
    """Not copositive iff det M_S ≠ 0, M_S⁻¹1 ≤ 0 for some S: a minimal violation has an inverse ≤ 0 [Hadeler1983]."""
    n = len(M)
    for size in range(1, n + 1):
        for S in combinations(range(n), size):
            rows = [[*(M[i][j] for j in S), 1] for i in S]
            previous = 1
            for k in range(size):  # Gauss and Jordan without fractions: previous is det M_S at the end
                p = next((i for i in range(k, size) if rows[i][k]), None)
                if p is None:
                    break
                rows[k], rows[p] = rows[p], rows[k]
                top, pivot = rows[k], rows[k][k]
                for i in range(size):
                    if i != k:
                        c = rows[i][k]
                        rows[i] = [(pivot * a - c * b) // previous for a, b in zip(rows[i], top, strict=True)]
                previous = pivot
            else:
                if all(row[size] * previous <= 0 for row in rows):
                    return False
    return True


def in_highs(M: Sequence[Sequence[int]], seconds: float) -> float | None:
    """min λ, Mx = λ1 + s, 1'x = 1, 0 ≤ x ≤ y, 0 ≤ s ≤ U(1 − y), y binary [GondzioYildirim2021]; None at the limit."""
    A = np.array(M, dtype=float)
    n, scale = len(A), float(np.abs(A).max())
    A /= scale
    low, inf = float(A.min()), highspy.kHighsInf
    model = highspy.Highs()
    model.setOptionValue("output_flag", False)
    model.setOptionValue("threads", 1)
    model.setOptionValue("time_limit", seconds)
    for tolerance in ("mip_rel_gap", "mip_abs_gap"):
        model.setOptionValue(tolerance, 1e-9)
    for k in range(3 * n + 1):  # x, s, y, λ
        free = k == 3 * n
        model.addVar(-inf if free else 0.0, inf if free or n <= k < 2 * n else 1.0)
        if 2 * n <= k < 3 * n:
            model.changeColIntegrality(k, highspy.HighsVarType.kInteger)
    model.changeColCost(3 * n, 1.0)
    model.addRow(1.0, 1.0, n, np.arange(n, dtype=np.int32), np.ones(n))
    for i in range(n):
        U = float(A[i].max()) - low
        model.addRow(
            0.0, 0.0, n + 2, np.array([*range(n), n + i, 3 * n], dtype=np.int32), np.array([*A[i], -1.0, -1.0])
        )
        model.addRow(-inf, 0.0, 2, np.array([i, 2 * n + i], dtype=np.int32), np.array([1.0, -1.0]))
        model.addRow(-inf, U, 2, np.array([n + i, 2 * n + i], dtype=np.int32), np.array([1.0, U]))
    model.run()
    if model.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    return scale * float(model.getInfoValue("objective_function_value")[1])
