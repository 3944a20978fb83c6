"""Clarabel: interior point, Apache-2.0. Its conic form and its triangle are ours, so nothing is permuted."""

from __future__ import annotations

import os
import time
from importlib import import_module
from typing import Any

import numpy as np
import scipy.sparse as sp

from copos.arithmetic import svec
from copos.conic import ConicForm, Solution, Status
from copos.solvers.answer import Unsupported, answer
from copos.support.interrupts import deferred
from copos.support.names import meant

STATUS = {
    "Solved": Status.OPTIMAL,
    "AlmostSolved": Status.INACCURATE,
    "PrimalInfeasible": Status.INFEASIBLE,
    "AlmostPrimalInfeasible": Status.INFEASIBLE,
    "DualInfeasible": Status.UNBOUNDED,
    "AlmostDualInfeasible": Status.UNBOUNDED,
    "MaxIterations": Status.LIMIT,
    "MaxTime": Status.LIMIT,
    "InsufficientProgress": Status.INACCURATE,
    "NumericalError": Status.FAILED,
}

BYTES_PER_PAIR = 12  # of entries of one block: the triangle of its Hessian in the KKT system, and of its factor


def memory() -> int:
    """Bytes of the machine."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def solve(form: ConicForm, **options: Any) -> Solution:
    """Solve min c'x, b − Ax ∈ K with Clarabel; options are the fields of `clarabel.DefaultSettings`."""
    clarabel: Any = import_module("clarabel")  # compiled, without type stubs

    needed = BYTES_PER_PAIR * sum(svec.length(n) ** 2 for n in form.cones.psd)
    if needed > 0.75 * memory():
        raise Unsupported(
            f"clarabel would need about {needed / 2**30:.0f} GiB for the Hessians of {len(form.cones.psd)} "
            f"semidefinite blocks of order ≤ {max(form.cones.psd)}, and the machine has {memory() / 2**30:.0f} GiB: "
            "use solver='splitting'"
        )
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.max_threads = 1  # as BLAS: a second one costs 5–30 % more CPU time and saves 6 % on the clock
    for name, value in options.items():
        if not hasattr(settings, name):
            near = meant(name, dir(settings))
            raise Unsupported(f"clarabel has no option {name!r}; {near}see clarabel.DefaultSettings")
        setattr(settings, name, value)
    make = {
        "zero": clarabel.ZeroConeT,
        "nonnegative": clarabel.NonnegativeConeT,
        "second_order": clarabel.SecondOrderConeT,
        "psd": clarabel.PSDTriangleConeT,
    }
    # a second-order cone of dimension 1 is a half-line; Clarabel wants at least two entries there
    cones = [
        clarabel.NonnegativeConeT(1) if (kind, order) == ("second_order", 1) else make[kind](order)
        for kind, order, _ in form.cones.slices()
        if order
    ]
    m, n = form.shape
    start = time.perf_counter()
    solver = clarabel.DefaultSolver(sp.csc_matrix((n, n)), form.c, sp.csc_matrix(form.A), form.b, cones, settings)
    with deferred() as interrupted:  # it asks after every step
        if hasattr(solver, "set_termination_callback"):
            solver.set_termination_callback(lambda info: interrupted())
        raw = solver.solve()
    seconds = time.perf_counter() - start
    said = str(raw.status)
    return answer(
        form, "clarabel", STATUS.get(said, Status.FAILED),
        (np.array(raw.x), np.array(raw.s), np.array(raw.z)),
        iterations=int(raw.iterations), seconds=seconds, message=said,
    )  # fmt: skip
