"""HiGHS: simplex and interior point for linear programs, MIT. Rows {0} and R_+ only."""

from __future__ import annotations

import os
import sys
import time
from importlib import import_module
from typing import Any

import numpy as np

from copos.conic import Cones, ConicForm, Solution, Status
from copos.solvers.answer import Unsupported, answer

STATUS = {
    "kOptimal": Status.OPTIMAL,
    "kInfeasible": Status.INFEASIBLE,
    "kUnbounded": Status.UNBOUNDED,
    "kTimeLimit": Status.LIMIT,
    "kIterationLimit": Status.LIMIT,
    "kObjectiveBound": Status.LIMIT,
    "kObjectiveTarget": Status.LIMIT,
    "kInterrupt": Status.LIMIT,
}


def is_linear(cones: Cones) -> bool:
    """Whether K is polyhedral row by row: cones of order 1 are half-lines."""
    return max((*cones.second_order, *cones.psd), default=0) <= 1


def solve(form: ConicForm, **options: Any) -> Solution:
    """Solve min c'x, b − Ax ∈ {0} × R_+ with HiGHS; options are its option names (`time_limit`, …)."""
    highspy: Any = import_module("highspy")  # compiled, without type stubs

    if not is_linear(form.cones):
        raise Unsupported(f"highs solves linear programs, the form has {form.cones}")
    m, n = form.shape
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = n, m
    lp.col_cost_ = form.c
    lp.col_lower_, lp.col_upper_ = np.full(n, -highspy.kHighsInf), np.full(n, highspy.kHighsInf)
    equal = np.arange(m) < form.cones.zero
    lp.row_lower_, lp.row_upper_ = np.where(equal, form.b, -highspy.kHighsInf), form.b
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = form.A.indptr, form.A.indices, form.A.data
    highs = silent()
    for name, value in options.items():
        if highs.setOptionValue(name, value) != highspy.HighsStatus.kOk:
            raise Unsupported(f"highs refuses the option {name}={value!r}")
    start = time.perf_counter()
    highs.passModel(lp)
    highs.run()
    said = highs.getModelStatus().name
    if said in ("kInfeasible", "kUnbounded", "kUnboundedOrInfeasible"):
        # rays come from the simplex method on the model itself, not from presolve or interior point
        highs.setOptionValue("presolve", "off")
        highs.setOptionValue("solver", "simplex")
        highs.clearSolver()
        highs.run()
        said = highs.getModelStatus().name
    seconds = time.perf_counter() - start
    status = STATUS.get(said, Status.FAILED)
    raw, info = highs.getSolution(), highs.getInfo()
    x, z = np.zeros(n), np.zeros(m)
    if status is Status.INFEASIBLE:
        z = _ray(highs.getDualRay(), m)
        z = -np.sign(form.b @ z) * z  # HiGHS leaves the sign open; b'z < 0 fixes it
    elif status is Status.UNBOUNDED:
        x = _ray(highs.getPrimalRay(), n)
    elif status in (Status.OPTIMAL, Status.LIMIT):
        # c = A'λ with λ ≤ 0 on rows ≤ b, hence z = −λ
        x = np.array(raw.col_value) if raw.value_valid else x
        z = -np.array(raw.row_dual) if raw.dual_valid else z
    return answer(
        form, "highs", status, (x, form.b - form.A @ x, z), seconds=seconds, message=said,
        iterations=int(max(info.simplex_iteration_count, 0) + max(info.ipm_iteration_count, 0)),
    )  # fmt: skip


def _ray(found: Any, length: int) -> np.ndarray:
    """Entries of (status, has_ray, values); zeros if there is none, which `answer` turns into a failure."""
    *_, has, values = found
    return np.array(values, dtype=float) if has and values is not None else np.zeros(length)


def silent() -> Any:
    """A new `highspy.Highs` that prints nothing.

    Some versions greet on standard output when the first one is made, before any option can be set, which would spoil
    what a command prints as JSON; so standard output is closed to it for that moment.
    """
    highspy: Any = import_module("highspy")
    sys.stdout.flush()
    with open(os.devnull, "wb") as nowhere:
        kept = os.dup(1)
        os.dup2(nowhere.fileno(), 1)
        try:
            highs = highspy.Highs()
        finally:
            os.dup2(kept, 1)
            os.close(kept)
    highs.setOptionValue("output_flag", False)
    return highs
