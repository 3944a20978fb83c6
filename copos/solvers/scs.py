"""SCS: operator splitting with a homogeneous embedding, MIT. Wants the lower triangle by columns."""

from __future__ import annotations

import time
from importlib import import_module
from typing import Any

import numpy as np
import scipy.sparse as sp

from copos.arithmetic import svec
from copos.conic import Cones, ConicForm, Solution, Status
from copos.solvers.answer import Unsupported, answer
from copos.support.names import one_of

STATUS = {
    1: Status.OPTIMAL,
    2: Status.INACCURATE,
    -1: Status.UNBOUNDED,
    -2: Status.INFEASIBLE,
    -3: Status.FAILED,  # indeterminate
    -4: Status.FAILED,
    -5: Status.FAILED,  # interrupted
    -6: Status.UNBOUNDED,
    -7: Status.INFEASIBLE,
}
INTERRUPTED = -5
OPTIONS = (
    "verbose", "normalize", "max_iters", "scale", "adaptive_scale", "eps_abs", "eps_rel", "eps_infeas", "alpha",
    "rho_x", "acceleration_lookback", "acceleration_interval", "time_limit_secs", "write_data_filename",
    "log_csv_filename", "linear_solver", "use_indirect", "mkl", "gpu", "cudss",
)  # fmt: skip


def row_order(cones: Cones) -> np.ndarray:
    """Rows of our b in the order of SCS: entry (i, j), i ≥ j, of the lower triangle, column by column."""
    order = np.arange(cones.rows)
    for kind, n, rows in cones.slices():
        if kind == "psd" and n:
            row, col = svec.triangle(n)  # the lower triangle by columns is the upper one by rows
            order[rows] = rows.start + np.lexsort((col, row))
    return order


def solve(form: ConicForm, **options: Any) -> Solution:
    """Solve min c'x, b − Ax ∈ K with SCS; options are its settings (`eps_abs`, `max_iters`, …)."""
    scs: Any = import_module("scs")  # compiled, without type stubs
    for name in sorted(set(options) - set(OPTIONS)):  # releases before 3.3 pass over them
        raise Unsupported(f"scs has no option {name!r}; {one_of(name, OPTIONS)}")

    order = row_order(form.cones)
    data = {"A": sp.csc_matrix(form.A)[order], "b": form.b[order], "c": form.c}
    K = form.cones
    cone: dict[str, Any] = {"z": K.zero, "l": K.nonnegative}
    cone["q"], cone["s"] = [q for q in K.second_order if q], [n for n in K.psd if n]
    start = time.perf_counter()
    try:
        solver = scs.SCS(data, cone, **{"verbose": False, **options})
    except TypeError as error:
        raise Unsupported(f"scs: {error}") from error
    raw = solver.solve()
    seconds = time.perf_counter() - start
    if raw["info"]["status_val"] == INTERRUPTED:  # it has taken the signal for itself
        raise KeyboardInterrupt
    info, status = raw["info"], STATUS.get(raw["info"]["status_val"], Status.FAILED)
    stopped = "reached" in info["status"]  # '… (inaccurate - reached max_iters)'
    # a ray that SCS itself calls inaccurate is not one we repeat; its iterate is what was reached
    if stopped and status is not Status.OPTIMAL:
        status = Status.LIMIT
    triple = [np.asarray(raw[key], dtype=float) for key in ("x", "s", "y")]
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return answer(
        form, "scs", status, (triple[0], triple[1][back], triple[2][back]),
        iterations=int(info["iter"]), seconds=seconds, message=info["status"],
    )  # fmt: skip
