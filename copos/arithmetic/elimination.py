"""Solving sparse homogeneous equations R x = 0 for chosen unknowns: x = T u with u a part of x.

`eliminate` works in rounds of whole-matrix operations in floating point, and what falls below `tiny` relative to the
row it came from is taken for cancellation. `eliminate_exactly` does the same while every number is so short that
nothing can be rounded, which is the rule for equations with small integers, and else solves in rational arithmetic.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from copos.arithmetic.rationals import Rational, RationalRows, rational, summed

Index = NDArray[Any]

POINT = 6  # short numbers are multiples of 2^-POINT


@dataclass(frozen=True, eq=False)
class Elimination:
    """x = basis @ x[free]; `basis` has a unit row for every free unknown, `exact` its rationals where it is rounded."""

    basis: sp.csr_array
    free: Index
    pivots: Index
    exact: RationalRows | None = None


class RoundingError(ArithmeticError):
    """A number is too long for floating point to be exact on it."""


def eliminate_exactly(R: sp.csr_array | RationalRows, preference: Index) -> Elimination:
    """Solve R x = 0 without rounding; `exact` is None where `basis` is exact as it is.

    Examples
    --------
    >>> solved = eliminate_exactly(sp.csr_array([[-8.0, 5.0, 3.0]]), np.array([2, 1, 0]))
    >>> solved.free.tolist(), solved.exact.rows[2]
    ([0, 1], {0: Fraction(8, 3), 1: Fraction(-5, 3)})
    """
    if not isinstance(R, RationalRows):
        try:
            return eliminate(R, preference, exactly=True)
        except RoundingError:
            R = RationalRows.of(R)
    solved = _solved_rationally(R, np.argsort(preference, kind="stable").tolist())
    free = np.array([v for v in range(R.columns) if v not in solved], dtype=np.int64)
    place = {v: k for k, v in enumerate(free.tolist())}
    rows = tuple({place[w]: c for w, c in solved[v].items()} if v in solved else {place[v]: 1}
                 for v in range(R.columns))  # fmt: skip
    exact = RationalRows(len(free), rows)
    return Elimination(exact.floats(), free, np.array(sorted(solved), dtype=np.int64), exact)


def _refuse_long(M: sp.csr_array, exactly: bool) -> None:
    """RoundingError unless sums of products of two entries are exact in floating point."""
    if exactly and not are_short(M.data, 2, M.shape[1]):
        raise RoundingError


def are_short(values: NDArray[np.float64], factors: int, terms: int) -> bool:
    """Is a sum of so many products of so many of these numbers exact in floating point, whatever the order?"""
    scaled = np.ldexp(values, POINT)
    if not np.array_equal(scaled, np.rint(scaled)):
        return False
    whole = np.array_equal(values, np.rint(values))
    largest = float(np.abs(values if whole else scaled).max(initial=1.0))
    return factors * np.log2(max(largest, 1.0)) + np.log2(max(terms, 1)) <= 52


def _solved_rationally(R: RationalRows, order: list[int]) -> dict[int, Mapping[int, Rational]]:
    """Unknowns by the others; of every equation the unknown that comes first in `order` is solved for."""
    rank = {v: k for k, v in enumerate(order)}
    echelon: dict[int, Mapping[int, Rational]] = {}
    for given in sorted(R.rows, key=len):  # the short ones first fill in less
        row = dict(given)
        while row:
            first = min(row, key=lambda v: rank[v])
            if first not in echelon:
                lead = Fraction(row[first])
                echelon[first] = {v: rational(c / lead) for v, c in row.items()}
                break
            c = row[first]
            row = dict(summed([*row.items(), *((v, -c * d) for v, d in echelon[first].items())]))
    solved: dict[int, Mapping[int, Rational]] = {}
    for v in sorted(echelon, key=lambda v: -rank[v]):
        others = [(w, -c) for w, c in echelon[v].items() if w != v]
        solved[v] = summed((u, c * d) for w, c in others for u, d in solved.get(w, {w: 1}).items())
    return solved


def eliminate(R: sp.sparray, preference: Index, tiny: float = 1e-11, exactly: bool = False) -> Elimination:
    """Solve R x = 0 for the unknowns of lowest `preference` that the equations allow.

    Parameters
    ----------
    R : (m, n) sparse matrix; rows may be dependent
    preference : (n,) integers; of each equation, the unknown with the smallest value is solved for first
    tiny : entries below `tiny` times the largest of their row are taken to be zero
    exactly : raise RoundingError where a number is too long for floating point to be exact

    Examples
    --------
    >>> solved = eliminate(sp.csr_array([[1.0, 1.0, -2.0]]), np.array([0, 1, 2]))
    >>> solved.free.tolist(), solved.basis.toarray()[0].tolist()
    ([1, 2], [-1.0, 2.0])
    """
    n = R.shape[1]
    order = np.argsort(preference, kind="stable")
    given = sp.csr_array(R, dtype=float)[:, order]
    _refuse_long(given, exactly)
    rows = _echelon(_clean(given, tiny), tiny, exactly)
    leading = rows.indices[rows.indptr[:-1]]
    is_pivot = np.zeros(n, dtype=bool)
    is_pivot[leading] = True
    rest = np.flatnonzero(~is_pivot)
    # rows = [I + U | F] with U strictly upper triangular in the order of the leading unknowns
    by_lead = np.argsort(leading)
    rows, leading = rows[by_lead], leading[by_lead]
    U = rows[:, leading] - sp.eye_array(len(leading), format="csr")
    solved = _clean(-_unit_upper_solve(sp.csr_array(U), sp.csr_array(rows[:, rest]), tiny, exactly), tiny)
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


def _echelon(R: sp.csr_array, tiny: float, exactly: bool) -> sp.csr_array:
    """Rows with distinct leading columns and leading entries 1, spanning the rows of R."""
    while True:
        R = R[np.flatnonzero(np.diff(R.indptr))]
        R.sort_indices()
        m = R.shape[0]
        if m == 0:
            return R
        lead, value = R.indices[R.indptr[:-1]], R.data[R.indptr[:-1]]
        R = _divided(R, value, exactly)
        # of the rows that share a leading column the shortest stays and is subtracted from the others
        by = np.lexsort((np.diff(R.indptr), lead))
        first = np.r_[True, np.diff(lead[by]) != 0]
        keeper = by[np.maximum.accumulate(np.where(first, np.arange(m), 0))]
        other = by[~first]
        if len(other) == 0:
            return R
        subtract = sp.csr_array((np.ones(len(other)), (other, keeper[~first])), shape=(m, m))
        R = _clean(sp.csr_array(R - subtract @ R), tiny)
        _refuse_long(R, exactly)


def _divided(R: sp.csr_array, value: NDArray[np.float64], exactly: bool) -> sp.csr_array:
    """The rows over their leading entries."""
    lead = np.repeat(value, np.diff(R.indptr))
    out = sp.csr_array((R.data / lead, R.indices, R.indptr), shape=R.shape)
    _refuse_long(out, exactly)
    if exactly and not np.array_equal(out.data * lead, R.data):  # a product of short numbers is exact
        raise RoundingError
    return out


def _unit_upper_solve(U: sp.csr_array, F: sp.csr_array, tiny: float, exactly: bool) -> sp.csr_array:
    """(I + U)^{-1} F for nilpotent U, as (I − U)(I + U²)(I + U⁴)… applied to F."""
    power, sign = U, -1.0
    while power.nnz:
        F = _clean(sp.csr_array(F + sign * (power @ F)), tiny)
        power, sign = _clean(sp.csr_array(power @ power), tiny), 1.0
        _refuse_long(F, exactly)
        _refuse_long(power, exactly)
    return F
