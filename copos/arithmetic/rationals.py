"""Sparse matrices of rational numbers, row by row: the exact companions of floating-point data.

A floating-point number is itself rational, so a companion is needed only where data are not doubles: sums of products
of them, decimals as written, solutions of equations. Solvers read the doubles, proofs read the companion.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from copos.support import given
from copos.support.looks import one_line

Rational = int | Fraction
DIGITS = 400  # decimals of more digits before the point, or of more zeros after it, are refused
LONG_DOUBLE: type = np.longdouble
LONGEST = 10_000  # decimals after the point; the smallest double has 1,074


def rational(value: Any) -> Rational:
    """A number exactly, as an int where it is one: arithmetic on int is much faster.

    >>> rational(0.75), rational(3.0), rational("1/3"), rational(np.int64(2))
    (Fraction(3, 4), 3, Fraction(1, 3), 2)
    """
    if type(value) is int:
        return value
    ratio = fraction(value, DIGITS)
    return ratio.numerator if ratio.denominator == 1 else ratio


def fraction(value: Any, digits: int = given.EXPONENT) -> Fraction:
    """A number exactly, in Python's integers: Fraction(np.int64(2)) computes with 64 bits, and overflows in silence.

    Text and decimals beyond 10^±digits, or of very many digits, are refused: 1e-99999999 fills the memory.

    >>> type(Fraction(np.int64(2)).numerator).__name__, type(fraction(Fraction(np.int64(2))).numerator).__name__
    ('int64', 'int')
    >>> fraction(np.longdouble(1) / 4), fraction("1e-3")
    (Fraction(1, 4), Fraction(1, 1000))
    """
    if isinstance(value, LONG_DOUBLE):  # `item` leaves it as it is
        return Fraction(*value.as_integer_ratio())
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, (str, Decimal)) and "/" not in str(value):
        value = _decimal(value, digits)
    ratio = value if type(value) is Fraction else Fraction(value)
    if type(ratio.numerator) is int and type(ratio.denominator) is int:
        return ratio
    return Fraction(int(ratio.numerator), int(ratio.denominator))


def _decimal(value: str | Decimal, digits: int) -> Decimal:
    try:
        out = Decimal(value)
    except InvalidOperation:
        raise ValueError(f"{str(value)[:40]!r} is no number") from None
    if out.is_finite() and (abs(out.adjusted()) > digits or int(out.as_tuple().exponent) < -LONGEST):
        raise ValueError(f"{str(value)[:40]} is beyond what is computed with: 10^±{digits}, {LONGEST} decimals")
    return out


def written(value: Any) -> int | str:
    """A number as plain data: an integer, or "p/q" in lowest terms.

    >>> written(0.75), written(3.0), written("6/4")
    ('3/4', 3, '3/2')
    """
    if type(value) is int:
        return value
    if isinstance(value, np.generic) and not isinstance(value, LONG_DOUBLE):
        value = value.item()
    if type(value) is float:  # quicker than by way of a Fraction
        top, bottom = value.as_integer_ratio()
        return top if bottom == 1 else f"{top}/{bottom}"
    ratio = fraction(value)
    return ratio.numerator if ratio.denominator == 1 else f"{ratio.numerator}/{ratio.denominator}"


def nearest(value: Rational) -> float:
    """The nearest double; OverflowError beyond them."""
    return value.numerator / value.denominator  # Python rounds quotients of integers correctly


def rounded_up(value: Rational) -> float:
    """The least double that is at least a rational number; inf beyond them.

    >>> rounded_up(Fraction(1, 10)) >= Fraction(1, 10), rounded_up(Fraction(10) ** 400)
    (True, inf)
    """
    try:
        near = nearest(value)
    except OverflowError:
        return np.inf if value > 0 else -float(np.finfo(float).max)
    return near if Fraction(near) >= value else float(np.nextafter(near, np.inf))


def rounded_down(value: Rational) -> float:
    """The largest double that is at most a rational number; −inf below them all.

    >>> rounded_down(Fraction(1, 10)) <= Fraction(1, 10), rounded_down(-(Fraction(10) ** 400))
    (True, -inf)
    """
    return 0.0 - rounded_up(-value)


@one_line
@dataclass(frozen=True, eq=False)
class RationalRows:
    """Rows column ↦ nonzero rational, of a matrix with `columns` columns.

    Examples
    --------
    >>> thirds = RationalRows(2, ({0: Fraction(1, 3)}, {0: 1, 1: -1}))
    >>> thirds.floats().toarray().round(3).tolist()
    [[0.333, 0.0], [1.0, -1.0]]
    """

    columns: int
    rows: tuple[Mapping[int, Rational], ...]

    def __len__(self) -> int:
        return len(self.rows)

    @classmethod
    def of(cls, matrix: sp.csr_array) -> RationalRows:
        """The rationals that the doubles of a sparse matrix stand for."""
        data, columns = [rational(v) for v in matrix.data.tolist()], matrix.indices.tolist()
        rows = []
        for start, stop in zip(matrix.indptr[:-1].tolist(), matrix.indptr[1:].tolist(), strict=True):
            rows.append(summed(zip(columns[start:stop], data[start:stop], strict=True)))
        return cls(matrix.shape[1], tuple(rows))

    @classmethod
    def from_terms(cls, row: Iterable[int], column: Iterable[int], value: Iterable[Any], count: int, columns: int) -> (
        RationalRows
    ):
        """Rows from terms; equal places add up."""
        terms: list[list[tuple[int, Rational]]] = [[] for _ in range(count)]
        for k, at, c in zip(row, column, value, strict=True):
            terms[k].append((at, rational(c)))
        return cls(columns, tuple(summed(part) for part in terms))

    def floats(self) -> sp.csr_array:
        """The nearest doubles; OverflowError beyond them."""
        lengths = [len(row) for row in self.rows]
        columns = [at for row in self.rows for at in sorted(row)]
        data = [nearest(row[at]) for row in self.rows for at in sorted(row)]
        pointers = np.r_[0, np.cumsum(lengths, dtype=np.int64)]
        shape = (len(self.rows), self.columns)
        return sp.csr_array((np.array(data, dtype=float), np.array(columns, dtype=np.int64), pointers), shape=shape)

    def combine(self, weights: Sequence[Any]) -> Mapping[int, Rational]:
        """The row Σ weights_k rows_k."""
        exact = [rational(w) for w in weights]
        return summed((at, w * c) for w, row in zip(exact, self.rows, strict=True) if w for at, c in row.items())

    def take(self, which: Iterable[int]) -> RationalRows:
        """Some rows, in the order given."""
        return RationalRows(self.columns, tuple(self.rows[k] for k in which))


def summed(terms: Iterable[tuple[int, Rational]]) -> Mapping[int, Rational]:
    """Terms added up by place, without zeros."""
    out: dict[int, Rational] = {}
    for at, c in terms:
        out[at] = out.get(at, 0) + c
    return {at: rational(c) for at, c in out.items() if c}


def exact_array(values: Any) -> NDArray[Any] | None:
    """An array of rationals for one of Fractions, Decimals, text or numbers that no doubles hold, None for doubles.

    >>> exact_array(["0.1", "1/3"]).tolist()
    [Fraction(1, 10), Fraction(1, 3)]
    """
    array = given.numbers(values, "a matrix or vector", text=True)
    if array.dtype.kind in "US" and not isinstance(values, np.ndarray):
        array = np.array(values, dtype=object)  # floats beside text would become text
    if array.dtype.kind not in "OUS" and not given.are_long(array):
        return None
    out = np.empty(array.shape, dtype=object)
    out.ravel()[:] = list(_each(array.ravel().tolist()))
    return out


def compact(values: Iterable[Any]) -> NDArray[Any]:
    """Rationals as doubles where all of them are doubles, otherwise as they are."""
    exact = [rational(v) for v in values]
    try:
        floats = [nearest(v) for v in exact]
    except OverflowError:
        floats = []
    out = np.empty(len(exact), dtype=object)
    out[:] = exact
    return np.array(floats, dtype=float) if len(floats) == len(exact) and floats == exact else out


def _each(values: Iterable[Any]) -> Iterator[Rational]:
    for value in values:
        try:
            yield rational(value)
        except (TypeError, ValueError, OverflowError, ZeroDivisionError, InvalidOperation) as error:
            raise ValueError(f"expected a finite number, got {value!r}") from error
