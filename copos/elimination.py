"""Solving sparse homogeneous equations R x = 0 for chosen unknowns: x = T u with u a part of x.

Works in rounds of whole-matrix operations. Data of this package are small integers or dyadic numbers, and pivots
are chosen among the largest entries of a column, so entries stay short; what falls below `tiny` relative to the
row it came from is cancellation and is dropped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

Index = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Elimination:
    """x = basis @ x[free]; `basis` has a unit row for every free unknown."""

    basis: sp.csr_array
    free: Index
    pivots: Index


def eliminate(R: sp.sparray, preference: Index, tiny: float = 1e-11) -> Elimination:
    """Solve R x = 0 for the unknowns of lowest `preference` that the equations allow.

    Parameters
    ----------
    R : (m, n) sparse matrix; rows may be dependent
    preference : (n,) integers; of each equation, the unknown with the smallest value is solved for first
    tiny : entries below `tiny` times the largest of their row are taken to be zero

    Examples
    --------
    >>> solved = eliminate(sp.csr_array([[1.0, 1.0, -2.0]]), np.array([0, 1, 2]))
    >>> solved.free.tolist(), solved.basis.toarray()[0].tolist()
    ([1, 2], [-1.0, 2.0])
    """
    n = R.shape[1]
    order = np.argsort(preference, kind="stable")
    rows = _echelon(_clean(sp.csr_array(R, dtype=float)[:, order], tiny), tiny)
    leading = rows.indices[rows.indptr[:-1]]
    is_pivot = np.zeros(n, dtype=bool)
    is_pivot[leading] = True
    rest = np.flatnonzero(~is_pivot)
    # rows = [I + U | F] with U strictly upper triangular in the order of the leading unknowns
    by_lead = np.argsort(leading)
    rows, leading = rows[by_lead], leading[by_lead]
    U = rows[:, leading] - sp.eye_array(len(leading), format="csr")
    solved = _clean(-_unit_upper_solve(sp.csr_array(U), sp.csr_array(rows[:, rest]), tiny), tiny)
    place = np.empty(n, dtype=np.int64)
    place[rest] = np.arange(len(rest))
    place[leading] = len(rest) + np.arange(len(leading))
    stacked = sp.vstack([sp.eye_array(len(rest), format="csr"), solved], format="csr")
    back = np.empty(n, dtype=np.int64)
    back[order] = place
    columns = np.argsort(order[rest])
    return Elimination(sp.csr_array(stacked[back][:, columns]), np.sort(order[rest]), np.sort(order[leading]))


def _clean(M: sp.csr_array, tiny: float) -> sp.csr_array:
    """Sorted, without cancellation noise and without empty rows being touched."""
    M = sp.csr_array(M)
    M.sum_duplicates()
    if M.nnz:
        largest = np.zeros(M.shape[0])
        row = np.repeat(np.arange(M.shape[0]), np.diff(M.indptr))
        np.maximum.at(largest, row, np.abs(M.data))
        M.data[np.abs(M.data) <= tiny * np.maximum(1.0, largest[row])] = 0.0
        M.eliminate_zeros()
    return M


def _echelon(R: sp.csr_array, tiny: float) -> sp.csr_array:
    """Rows with distinct leading columns and leading entries 1, spanning the rows of R."""
    while True:
        R = R[np.flatnonzero(np.diff(R.indptr))]
        R.sort_indices()
        m = R.shape[0]
        if m == 0:
            return R
        lead, value = R.indices[R.indptr[:-1]], R.data[R.indptr[:-1]]
        R.data /= np.repeat(value, np.diff(R.indptr))
        # of the rows that share a leading column the shortest stays and is subtracted from the others
        by = np.lexsort((np.diff(R.indptr), lead))
        first = np.r_[True, np.diff(lead[by]) != 0]
        keeper = by[np.maximum.accumulate(np.where(first, np.arange(m), 0))]
        other = by[~first]
        if len(other) == 0:
            return R
        subtract = sp.csr_array((np.ones(len(other)), (other, keeper[~first])), shape=(m, m))
        R = _clean(sp.csr_array(R - subtract @ R), tiny)


def _unit_upper_solve(U: sp.csr_array, F: sp.csr_array, tiny: float) -> sp.csr_array:
    """(I + U)^{-1} F for nilpotent U, as (I − U)(I + U²)(I + U⁴)… applied to F."""
    power, sign = U, -1.0
    while power.nnz:
        F = _clean(sp.csr_array(F + sign * (power @ F)), tiny)
        power, sign = _clean(sp.csr_array(power @ power), tiny), 1.0
    return F
