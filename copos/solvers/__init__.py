"""Solvers behind one conic form: a default per shape, one entry point `solve`; `copos.solvers.table` has the rows."""

from __future__ import annotations

import time
from dataclasses import replace
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from copos.arithmetic import svec
from copos.conic import ConicForm, Solution, Status
from copos.solvers.answer import Unsupported, answer, failed
from copos.solvers.highs import is_linear
from copos.solvers.honest import honest
from copos.solvers.table import GOES_ON, SOLVERS, Entry, entry_of
from copos.support.renamed import current
from copos.support.threads import on_one_blas_thread

__all__ = ["GOES_ON", "SOLVERS", "Choice", "Entry", "Unsupported", "available", "choose", "picked", "solve"]


SMALL, LOW_ORDER = (
    2000,
    40,
)  # semidefinite rows and order up to which Clarabel is the default; from benchmarks/solvers.py
# for the splitting solver when the default Clarabel stops early: first Clarabel's own tolerance, then the usual one
RESCUE = ({"tolerance": 1e-8, "max_iterations": 5000}, {"tolerance": 1e-7, "max_iterations": 2000})
AGAIN = 1.0  # of a time limit that was given to the first solver, for the one that goes on from there


class Choice(NamedTuple):
    """A default and why."""

    solver: str
    reason: str


def choose(form: ConicForm) -> Choice:
    """Return the default solver for a shape, with its reason.

    Linear programs go to HiGHS. Otherwise the semidefinite rows decide: Clarabel holds a dense Hessian per block and
    is the more accurate while that is small; beyond `SMALL` rows in all or order `LOW_ORDER` of one block the
    splitting solver is faster (docs/solvers.md has the measurements).

    Examples
    --------
    >>> from copos.conic import Cones, ConicForm
    >>> choose(ConicForm([1.0], [[-1.0]], [-2.0], Cones(nonnegative=1))).solver
    'highs'
    """
    if is_linear(form.cones):
        return Choice("highs", "linear program")
    rows, largest = sum(map(svec.length, form.cones.psd)), max(form.cones.psd, default=0)
    if rows <= SMALL and largest <= LOW_ORDER:
        return Choice("clarabel", f"{rows} semidefinite rows ≤ {SMALL}, order {largest} ≤ {LOW_ORDER}")
    return Choice(GOES_ON, f"{rows} semidefinite rows, order {largest}; beyond {SMALL} or {LOW_ORDER}")


def picked(form: ConicForm, solver: str | None = None) -> Entry:
    """The row of a solver, or of the default for this form."""
    return entry_of(solver or choose(form).solver)


def available() -> list[str]:
    """Names of the solvers that can be used here."""
    return [entry.name for entry in SOLVERS.values() if entry.installed]


@on_one_blas_thread
def solve(form: ConicForm, solver: str | None = None, **options: Any) -> Solution:
    """Solve min c'x + offset subject to b − A x ∈ K.

    Parameters
    ----------
    form : ConicForm with n variables and m rows
    solver : a name of `SOLVERS`; None takes the default of `choose`
    options : handed to that solver as they are

    Returns
    -------
    Solution
        x (n,), s (m,), z (m,), all finite. If the solver breaks down its status is FAILED, its values are NaN and
        its message says why; nothing is raised. OPTIMAL says that the residuals, measured here, are as small as the
        table in `copos.solvers.honest` asks; where they are not, the answer is INACCURATE, and by default the
        splitting solver goes on from it.

    Raises
    ------
    ValueError
        If the name is unknown, the solver does not read a cone of the form or does not know an option.
    ImportError
        If the solver is an extra that is not installed.

    Examples
    --------
    min t subject to [[t, 1], [1, t]] ⪰ 0 is 1:

    >>> import numpy as np
    >>> from copos.conic import Cones, ConicForm
    >>> from copos.arithmetic.svec import svec
    >>> form = ConicForm([1.0], -svec(np.eye(2))[:, None], svec([[0, 1], [1, 0]]), Cones(psd=(2,)))
    >>> round(solve(form).value, 6)
    1.0
    """
    if solver is None:
        solver, reason = choose(form)
        found = solve(form, solver, **options)
        early = found.status in (Status.INACCURATE, Status.FAILED, Status.LIMIT)
        limit = entry_of(solver).time_limit
        if solver != GOES_ON and set(options) <= {limit} and early:
            left = options.get(limit, np.inf) * AGAIN
            found, reason = _rescued(form, found, reason, left)
        return replace(found, message=f"{found.message} [default: {reason}]".strip())
    entry = entry_of(solver)
    if "arrays" in options and not entry.arrays:
        able = " or ".join(repr(row.name) for row in SOLVERS.values() if row.arrays)
        raise Unsupported(f"{solver} runs on the CPU with NumPy; arrays={options['arrays']!r} needs solver={able}")
    if not entry.reads(form.cones):
        raise Unsupported(f"{solver} solves linear programs only, the form has {form.cones}")
    if not entry.installed:
        raise ImportError(f"the solver {solver} is not installed: pip install copos[{solver}]")
    return _run(form, solver, options)


def _run(form: ConicForm, solver: str, options: dict[str, Any]) -> Solution:
    """Answer of one solver; whatever it throws becomes a failure, except requests that do not fit."""
    found = trivial(form, solver)
    if found is not None:
        return found
    adapter = import_module(f"copos.solvers.{solver}")
    options = current(solver, options, getattr(adapter, "RENAMED", {}), stacklevel=5)
    start = time.perf_counter()
    try:
        return honest(form, adapter.solve(form, **options), options)
    except (Unsupported, ImportError):
        raise
    except Exception as error:
        return failed(form, solver, f"{type(error).__name__}: {error}", time.perf_counter() - start)
    except BaseException as error:
        # a panic of a Rust extension is a BaseException; Ctrl-C is one too and must pass
        if type(error).__name__ != "PanicException":
            raise
        return failed(form, solver, f"panic: {error}", time.perf_counter() - start)


def _rescued(form: ConicForm, found: Solution, reason: str, limit: float) -> tuple[Solution, str]:
    """The splitting solver's continuation of an answer that stopped early, if it is better; in so many seconds.

    Interior points stall where a side has no interior; splitting often does not.
    """
    reason += f"; {found.solver} stopped early ({found.message}), splitting went on from there"
    best, seconds = found, found.seconds
    for options in RESCUE:
        start: dict[str, Any] = {} if best.status is Status.FAILED else {"start": (best.x, best.s, best.z)}
        if limit < np.inf:
            start["time_limit"] = max(limit - (seconds - found.seconds), 0.01)
        second = _run(form, GOES_ON, options | start)
        seconds += second.seconds
        if second.status in (Status.OPTIMAL, Status.INFEASIBLE, Status.UNBOUNDED):
            return replace(second, seconds=seconds), reason
        if second.status is not Status.FAILED and _worst(form, second) < _worst(form, best):
            best = second
    return replace(best, seconds=seconds), reason


def _worst(form: ConicForm, solution: Solution) -> float:
    """Largest residual of a pair, infinite if there is none."""
    return np.inf if solution.status is Status.FAILED else form.residuals(solution).largest()


def trivial(form: ConicForm, solver: str) -> Solution | None:
    """Answer of a form without rows or without variables, which no solver needs to see; None otherwise."""
    m, n = form.shape
    if m and n:
        return None
    x, z = np.zeros(n), np.zeros(m)
    if not m:  # min c'x over R^n
        status = Status.UNBOUNDED if np.any(form.c) else Status.OPTIMAL
        return answer(form, solver, status, (-form.c, np.zeros(0), z), message="no rows")
    from copos.solvers.splitting.projections import Projection

    s, z = Projection(form.cones).split(form.b)  # b = s − z with s ∈ K, z ∈ K*, s'z = 0
    if np.linalg.norm(z) > 1e-12 * max(1.0, np.linalg.norm(form.b)):
        return answer(form, solver, Status.INFEASIBLE, (x, s, z), message="no variables, b is not in K")
    return answer(form, solver, Status.OPTIMAL, (x, s, np.zeros(m)), message="no variables")
