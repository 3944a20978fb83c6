"""SciPy's `LinearConstraint` and `Bounds`, as `scipy.optimize.milp` takes them, with a quadratic objective."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike

from copos.interop.problems.doubles import side
from copos.reformulation.quadratic.given import quadratic_program
from copos.reformulation.quadratic.value import QuadraticProgram
from copos.support.choices import Sense


def scipy_program(
    c: ArrayLike | None = None, *, Q: Any = None, integrality: ArrayLike | None = None, bounds: Any = None,
    constraints: Any = (), sense: Sense = "min", names: Sequence[str] | None = None,
) -> QuadraticProgram:  # fmt: skip
    """Min x'Qx + c'x over the `bounds` and `constraints` of `scipy.optimize.milp`; x ≥ 0 without bounds, as there.

    Parameters
    ----------
    c : (n,) linear cost
    Q : (n, n) matrix, dense or sparse, without a factor ½
    integrality : 0 or 1, for all or per variable
    bounds : `scipy.optimize.Bounds` or pairs
    constraints : a `LinearConstraint`, a triple (A, low, high), or several of them
    sense : "min" or "max"
    names : of the variables

    Raises
    ------
    ValueError
        As `copos.quadratic_program`; also for constraints of another kind.

    Examples
    --------
    >>> from scipy.optimize import Bounds, LinearConstraint
    >>> scipy_program([1, 1], Q=[[0, -1], [-1, 0]], bounds=Bounds(0, 1), constraints=LinearConstraint([[1, 2]], 1, 2))
    QuadraticProgram(min over x0, x1: 2 constraints)
    """
    rows: dict[str, list[Any]] = {"A_ub": [], "b_ub": [], "A_eq": [], "b_eq": []}
    alone = hasattr(constraints, "A") or (isinstance(constraints, tuple) and len(constraints) == 3
                                          and not hasattr(constraints[0], "A"))  # fmt: skip
    items: list[Any] = [constraints] if alone else list(constraints)
    for k, item in enumerate(items):
        parts = (item.A, item.lb, item.ub) if hasattr(item, "A") and hasattr(item, "lb") else item
        if not isinstance(parts, (tuple, list)) or len(parts) != 3:
            kind = type(item).__name__
            raise ValueError(f"constraints[{k}] is a {kind}; expected LinearConstraint or (A, low, high)")
        _add(rows, parts[0], parts[1], parts[2], f"constraints[{k}]")
    given: dict[str, Any] = {}
    for name in ("ub", "eq"):
        if rows[f"b_{name}"]:
            given[f"A_{name}"] = sp.csr_array(sp.vstack(rows[f"A_{name}"]))
            given[f"b_{name}"] = np.array(rows[f"b_{name}"], dtype=object)
    return quadratic_program(Q, c, bounds=bounds, integrality=integrality, sense=sense, names=names, **given)


def _add(rows: dict[str, list[Any]], A: Any, low: Any, high: Any, name: str) -> None:
    """Rows low ≤ Ax ≤ high as equations and inequalities."""
    A = sp.csr_array(A if sp.issparse(A) else np.atleast_2d(np.asarray(A, dtype=float)))
    sides = [np.broadcast_to(np.asarray(v, dtype=float), (A.shape[0],)).tolist() for v in (low, high)]
    for i, (a, b) in enumerate(zip(*sides, strict=True)):
        lower, upper = side(a, name, -1), side(b, name, 1)
        if lower is not None and lower == upper:
            rows["A_eq"].append(A[[i]])
            rows["b_eq"].append(lower)
            continue
        if upper is not None:
            rows["A_ub"].append(A[[i]])
            rows["b_ub"].append(upper)
        if lower is not None:
            rows["A_ub"].append(-A[[i]])
            rows["b_ub"].append(-lower)
