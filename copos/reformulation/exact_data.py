"""Data as they were given, Fractions and decimals exactly, and the quadratic forms made of them.

An array of floats stays one: a float means its dyadic value. Where an entry is a Fraction, a Decimal, a text ("0.1",
"1/3") or an integer beyond 2^53, all entries become rationals, in an array of objects; the search for feasible points
works with the nearest doubles.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from copos.arithmetic import svec
from copos.arithmetic.elimination import are_short
from copos.arithmetic.rationals import RationalRows, exact_array, nearest, rational, summed
from copos.forms import Forms
from copos.support import given

Array = NDArray[Any]


def numbers(values: Any, name: str, infinite: bool = False) -> Array:
    """An array of doubles, or of rationals (dtype object) where that loses digits.

    >>> numbers(["0.1", 2], "b").tolist(), numbers([0.5, 2], "b").tolist()
    ([Fraction(1, 10), 2], [0.5, 2.0])

    Raises
    ------
    ValueError
        If an entry is no real number, or not finite.
    """
    try:
        array = given.numbers(values, name, text=True)
        if array.dtype.kind in "US" and not isinstance(values, np.ndarray):
            array = np.array(values, dtype=object)  # floats beside text would become text
        exact = exact_array(array)
        out = np.asarray(array, dtype=float) if exact is None else exact
    except (TypeError, ValueError) as error:
        raise ValueError(str(error) if str(error).startswith(name) else f"{name}: {error}") from None
    if exact is None and (np.isnan(out).any() if infinite else not np.isfinite(out).all()):
        raise ValueError(f"{name} has an entry that is not finite")
    return out


def floats(values: Array) -> NDArray[np.float64]:
    """The nearest doubles."""
    if values.dtype != object:
        return values
    try:
        each = [v if isinstance(v, float) else nearest(v) for v in values.ravel().tolist()]  # a float is an infinity
        return np.array(each, dtype=float).reshape(values.shape)
    except OverflowError:
        raise ValueError("a number is beyond the doubles") from None


def square(M: Any, name: str) -> Array:
    """A nonempty square matrix, symmetric up to rounding (exactly, where it is given exactly); its entries as given."""
    A = numbers(M, name)
    if A.ndim != 2 or A.shape[0] != A.shape[1] or A.size == 0:
        raise ValueError(f"{name} must be a nonempty square matrix, got shape {A.shape}")
    if A.dtype == object:
        i, j = np.nonzero(A != A.T)
        if len(i):
            raise ValueError(f"{name} must be symmetric, but {name}_ij = {A[i[0], j[0]]} and "
                             f"{name}_ji = {A[j[0], i[0]]} at ({i[0]}, {j[0]})")  # fmt: skip
        return A
    skew = float(np.abs(A - A.T).max())
    if skew > 1e-12 * max(1.0, float(np.abs(A).max())):
        raise ValueError(f"{name} must be symmetric, but the largest |{name}_ij − {name}_ji| is {skew:.3g}")
    return A


def even(M: Array) -> NDArray[np.float64]:
    """(M + M')/2 in doubles."""
    A = floats(M)
    return A if np.array_equal(A, A.T) else A / 2 + A.T / 2


def quadratic_form(Q: Array, c: Array | None = None) -> Forms:
    """x'Qx, or x'Qx + x_0c'x in the coordinates (x_0, x), exactly: the coefficient of x_ix_j is Q_ij + Q_ji."""
    n, first = len(Q), 0 if c is None else 1
    i, j = np.triu_indices(n)
    with np.errstate(over="ignore"):  # refused below
        pair = np.where(i == j, Q[i, j], Q[i, j] + Q[j, i])
    if Q.dtype != object and not np.array_equal(Q, Q.T):
        once, twice = Q[i, j].tolist(), np.where(i == j, 0.0, Q[j, i]).tolist()
        exact = [rational(a) + rational(b) for a, b in zip(once, twice, strict=True)]
        pair = np.array([*exact, None], dtype=object)[:-1]
    i, j = i + first, j + first
    if c is not None:
        i, j, pair = np.r_[i, 0 * np.arange(n)], np.r_[j, 1 + np.arange(n)], np.concatenate([pair, c])
    if pair.dtype != object and not np.isfinite(pair).all():
        raise ValueError("the coefficients of the quadratic form are beyond the doubles")
    used = np.flatnonzero(pair != 0)
    return Forms.from_terms(0 * used, i[used], j[used], pair[used], 1, n + first)


def linear_products(rows: Array) -> Forms:
    """(r'x)² for every row r, then x_0 · r'x for every row, exactly."""
    m, N = rows.shape
    i, j = np.triu_indices(N)
    if rows.dtype != object and are_short(rows, 2, 2):
        squares = [np.where(i == j, 1.0, 2.0) * r[i] * r[j] for r in rows]
        parts = [Forms.from_terms(0 * i, i, j, pair, 1, N) for pair in squares]
        return Forms.stack([*parts, *(Forms.from_terms(0, 0, np.arange(N), r, 1, N) for r in rows)])
    exact = [{k: rational(c) for k, c in enumerate(r) if c} for r in rows.tolist()]

    def times(a: dict[int, Any], b: dict[int, Any]) -> Any:
        return summed((int(svec.position(min(k, p), max(k, p))), u * v) for k, u in a.items() for p, v in b.items())

    both = tuple(times(r, r) for r in exact) + tuple(times({0: 1}, r) for r in exact)
    return Forms.of_rationals(N, RationalRows(svec.length(N), both))


def positive(w: ArrayLike, n: int) -> Array:
    """w as n positive weights."""
    weights = numbers(w, "multiplier", infinite=True)
    if weights.shape != (n,) or (weights <= 0).any() or (weights == np.inf).any():
        raise ValueError(f"multiplier must be {n} positive numbers, got {w!r}")
    return weights
