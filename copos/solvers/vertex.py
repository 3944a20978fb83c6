"""Optimal vertices of linear programs: the basis in floating point, its solution in rational arithmetic."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from copos.arithmetic.exact import flint
from copos.solvers.highs import silent

LARGEST = 300  # unknowns of an exact system, 40 without python-flint


def basis_of(highs: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(basic columns, nonbasic rows) of a solved HiGHS model: as many of the one as of the other."""
    basic = import_module("highspy").HighsBasisStatus.kBasic
    basis = highs.getBasis()
    columns = np.array([s == basic for s in basis.col_status], dtype=bool)
    rows = np.array([s == basic for s in basis.row_status], dtype=bool)
    return np.flatnonzero(columns), np.flatnonzero(~rows)


def optimal_basis(
    cost: NDArray[np.float64], rows: NDArray[np.float64], right: NDArray[np.float64], equations: bool = False
) -> tuple[list[int], list[int]]:
    """Basis of min cost'x, x ≥ 0, rows x ≤ right (or = right), by the simplex method.

    Raises
    ------
    ArithmeticError
        If there is no optimal basis.
    """
    highspy: Any = import_module("highspy")  # compiled, without type stubs
    A = sp.csr_array(rows)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(cost), len(right)
    lp.col_cost_ = cost
    lp.col_lower_, lp.col_upper_ = np.zeros(len(cost)), np.full(len(cost), np.inf)
    lp.row_lower_, lp.row_upper_ = right if equations else np.full(len(right), -np.inf), right
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = A.indptr, A.indices, A.data
    highs = silent()
    for name, value in (("presolve", "off"), ("solver", "simplex"),
                        ("primal_feasibility_tolerance", 1e-10), ("dual_feasibility_tolerance", 1e-10)):  # fmt: skip
        highs.setOptionValue(name, value)
    highs.passModel(lp)
    highs.run()
    said = highs.getModelStatus().name
    if said != "kOptimal":
        raise ArithmeticError(f"the linear program has no optimal vertex: {said}")
    basic, active = basis_of(highs)
    return basic.tolist(), active.tolist()


def within_reach(unknowns: int) -> bool:
    """Is a system of this size solved exactly in reasonable time?"""
    return unknowns <= (LARGEST if flint() else 40)
