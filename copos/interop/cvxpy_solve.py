"""`problem.solve(method="copos")`: a quadratic problem of cvxpy, convex or not, with a proved bound.

Importing `copos.interop.cvxpy` makes the method known to cvxpy.
"""

from __future__ import annotations

import time
from importlib import import_module
from typing import Any

import numpy as np

from copos.bounding.bounds import bracket
from copos.interop.problems.cvxpy_model import read

METHOD = "copos"
# status of a bracket ↦ status of cvxpy; "user_limit" is cvxpy's word for a search that was stopped at a feasible point
STATUS = {"closed": "optimal", "open": "user_limit", "infeasible": "infeasible", "unbounded": "unbounded"}


def register() -> None:
    """Make `method="copos"` known to cvxpy.

    Raises
    ------
    ImportError
        Without cvxpy.
    """
    import_module("cvxpy").Problem.register_solve(METHOD, solve)


def solve(
    problem: Any, tolerance: float = 1e-6, time_limit: float | None = None, certificate: str | None = None,
    progress: bool = False, **options: Any,
) -> float:  # fmt: skip
    """Solve a problem whose objective and constraints are quadratic, convex or not.

    The best point goes into the variables, its value into `problem.value`. `problem.solver_stats.extra_stats` is the
    `QuadraticBracket`: both bounds, whether they are proved, and the certificate.

    Parameters
    ----------
    problem : `cvxpy.Problem`
    tolerance : relative gap to stop at
    time_limit : wall seconds
    certificate : path of a file for the proof
    progress : show both bounds while they close; cvxpy's own word, `verbose`, says the same
    options : for `copos.bracket`

    Returns
    -------
    float
        The value of the best point; ±∞ of an infeasible or unbounded problem, as cvxpy has it.

    Raises
    ------
    ValueError
        If the problem is not quadratic.
    cvxpy.SolverError
        If no feasible point was found.

    Examples
    --------
    >>> import cvxpy as cp
    >>> import copos.interop.cvxpy
    >>> x = cp.Variable(2, name="x")
    >>> problem = cp.Problem(cp.Minimize(x[0] * x[1] - x[1]), [x >= -1, x <= 1])
    >>> round(problem.solve(method="copos"), 5), problem.status
    (-2.0, 'optimal')
    >>> problem.solver_stats.extra_stats.proved
    True
    """
    progress = bool(options.pop("verbose", progress))
    program = read(problem)
    start = time.perf_counter()
    found = bracket(program, tolerance=tolerance, time_limit=time_limit, progress=progress, **options)
    if certificate is not None and found.certificate is not None:
        found.certificate.save(certificate)
    cp = import_module("cvxpy")
    problem._solver_stats = import_module("cvxpy.problems.problem").SolverStats(
        METHOD, solve_time=time.perf_counter() - start, num_iters=found.cells, extra_stats=found
    )
    problem._status = STATUS[found.status]
    if found.status in ("infeasible", "unbounded"):
        problem._value = np.inf if (program.sense == "min") == (found.status == "infeasible") else -np.inf
        for variable in problem.variables():
            variable.save_value(None)
        return problem._value
    if found.x is None:
        problem._status, problem._value = cp.SOLVER_ERROR, None
        raise cp.SolverError(f"no feasible point was found; the bound is {found.best_bound:.9g}; {found.reason}")
    at = 0
    for variable in problem.variables():
        part = found.x[at : at + variable.size]
        variable.save_value(part.reshape(variable.shape, order="F"))
        at += variable.size
    problem._value = float(found.value)
    return problem._value
