"""Matrices of algebraic numbers: what a user gives, as numbers of one field; rational matrices on both sides."""

from __future__ import annotations

import sys
from fractions import Fraction
from typing import Any

import numpy as np

from copos.arithmetic import from_sympy
from copos.arithmetic.number_field import AlgebraicNumber, written
from copos.arithmetic.rationals import fraction

Matrix = list[list[Any]]  # of AlgebraicNumber


def algebraic(M: Any) -> Matrix | None:
    """The rows of a symmetric matrix in one number field; None if no entry is an algebraic number or of SymPy.

    Raises
    ------
    ValueError
        If it is not square and exactly symmetric, an entry is no real algebraic number, or two fields meet.

    Examples
    --------
    >>> from copos.arithmetic.number_field import NumberField
    >>> F = NumberField([-2, 0, 1], (1, 2))
    >>> algebraic([[1, -F.root], [-F.root, 2]])
    [[1, -α], [-α, 2]]
    >>> algebraic([[1, 2], [2, 1]]) is None
    True
    """
    rows = _rows(M)
    if rows is None:
        return None
    n = len(rows)
    if any(len(row) != n for row in rows):
        raise ValueError(f"expected a square matrix, got {n} rows of lengths {sorted({len(r) for r in rows})}")
    fields = [v.field for row in rows for v in row if isinstance(v, AlgebraicNumber)]
    if not fields:
        rows = from_sympy.converted(rows)
        fields = [v.field for row in rows for v in row if isinstance(v, AlgebraicNumber)]
    if not fields:
        return None  # rational after all, as in √2·√2
    F = fields[0]
    if any(other is not F and other != F for other in fields):
        raise ValueError("the entries are of several number fields; write them in one that holds all")
    A = [[v if isinstance(v, AlgebraicNumber) else F(_rational(v)) for v in row] for row in rows]
    if any(A[i][j] != A[j][i] for i in range(n) for j in range(i)):
        raise ValueError("the matrix is not exactly symmetric")
    return [[A[min(i, j)][max(i, j)] for j in range(n)] for i in range(n)]  # written alike on both sides


def _rows(M: Any) -> list[list[Any]] | None:
    """Rows with an entry that is irrational or a SymPy expression, or None."""
    if isinstance(M, np.ndarray):
        if M.dtype != object or M.ndim != 2:
            return None
        rows = M.tolist()
    elif hasattr(M, "tolist") and type(M).__module__.startswith("sympy."):
        rows = M.tolist()
    elif isinstance(M, (list, tuple)) and M and all(isinstance(row, (list, tuple, np.ndarray)) for row in M):
        rows = [list(row) for row in M]
    else:
        return None
    sympy = sys.modules.get("sympy")
    kinds = (AlgebraicNumber,) if sympy is None else (AlgebraicNumber, sympy.Basic)
    return rows if any(isinstance(v, kinds) for row in rows for v in row) else None


def _rational(value: Any) -> Fraction:
    try:
        return fraction(value)
    except (TypeError, ValueError, OverflowError, ZeroDivisionError) as error:
        raise ValueError(f"a matrix holds finite numbers, 'p/q' strings or algebraic numbers: {error}") from None


def below(A: Matrix, bits: int) -> list[list[Fraction]]:
    """The largest H ≤ A with entries that are multiples of 2^−bits (rational entries as they are)."""
    return [[v.below(bits) for v in row] for row in A]


def unit(A: Matrix) -> int:
    """e with 2^e near the largest entry, 0 for A = 0.

    >>> from copos.arithmetic.number_field import NumberField
    >>> F = NumberField([-2, 0, 1], (1, 2))
    >>> unit([[F(40)]]), unit([[F.root / 1000]])
    (5, -9)
    """
    largest = max(abs(v) for row in A for v in row)
    if not largest:
        return 0
    bits = 64
    while (above := largest.enclosed(bits)[0]) <= 0:
        bits *= 2
    return above.numerator.bit_length() - above.denominator.bit_length()


def plain(A: Matrix) -> dict[str, Any]:
    """The problem of type "algebraic matrix"."""
    rows = [[written(v) for v in row] for row in A]
    return {"type": "algebraic matrix", "field": A[0][0].field.plain(), "rows": rows}
