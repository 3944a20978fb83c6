"""Units in which every coordinate of a box has size one, as powers of two.

Where the multiplier e is one coordinate x_0 with <x_0², Y> given, and blocks bound every other coordinate from both
sides by multiples of e, the sizes of all moments are known beforehand, whatever the objective is.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic import svec
from copos.hierarchy.triangles import intervals
from copos.normal import NormalForm, normal_form
from copos.program import CompletelyPositiveProgram


def in_own_units(program: CompletelyPositiveProgram) -> NormalForm:
    """The normal form of a program, of a box in the units of its intervals.

    Examples
    --------
    >>> import copos
    >>> program = copos.binary_quadratic([[-1.0, 0.0], [0.0, -3.0]], binary=[], upper=[1.0, 5.0])
    >>> in_own_units(program).exponents.coordinates.tolist()
    [0, 0, 2]
    """
    return normal_form(program, box_units(program))


def box_units(program: CompletelyPositiveProgram) -> NDArray[np.int64] | None:
    """(ambient,) exponents of the coordinates' sizes; None where the program is not in a box."""
    cone, sizes = program.cone, _sizes(program)
    if sizes is None:
        return None
    squares, home = sizes
    u = np.array([_exponent(squares[v]) + home for v in range(cone.dim)], dtype=np.int64)
    d = np.zeros(cone.ambient, dtype=np.int64)
    rows = abs(cone.basis)
    for x in range(cone.ambient):
        at = slice(rows.indptr[x], rows.indptr[x + 1])
        parts = [int(u[v]) + math.frexp(c)[1] - 1 for v, c in zip(rows.indices[at], rows.data[at], strict=True) if c]
        d[x] = max(parts, default=0)
    d[cone.free] = u
    return d


def box_sizes(program: CompletelyPositiveProgram) -> NDArray[np.float64] | None:
    """(dim,) largest absolute values of the free coordinates, rounded up; None where the program is not in a box."""
    sizes = _sizes(program)
    if sizes is None:
        return None
    return np.array([float(sizes[0][v]) for v in range(program.cone.dim)]) * 2.0 ** (sizes[1] + 1)


def _sizes(program: CompletelyPositiveProgram) -> tuple[dict[int, Fraction], int] | None:
    """(|x_v| relative to x_0, the exponent of x_0); x_0 < 2^(exponent + 1)."""
    cone = program.cone
    home = np.flatnonzero(cone.unit)
    if any(n != 1 for n in cone.sizes) or len(home) != 1:
        return None
    (v0,), unit = home.tolist(), cone.rationals().unit
    size = _normalised(program, v0)
    if size is None:
        return None
    out = {v0: Fraction(1)}
    for interval in intervals(cone):
        names = [v for v in interval.p if v != v0]
        if len(names) == 1:  # x_v = w p + L e, p between 0 and e
            w = 1 / interval.p[names[0]]
            low = -interval.p.get(v0, Fraction(0)) / Fraction(unit[v0]) * w
            out[names[0]] = max(abs(low), abs(low + w)) * abs(Fraction(unit[v0]))
    return None if len(out) < cone.dim or not all(out.values()) else (out, size)


def _normalised(program: CompletelyPositiveProgram, home: int) -> int | None:
    """The exponent of the size that an equation a x_0² = b gives x_0."""
    A = program.equations[0].substitute(program.cone.basis).rows
    square = int(svec.position(home, home))
    for i, b in enumerate(program.right_hand_sides):
        row: Any = A[[i]]
        if row.nnz == 1 and int(row.indices[0]) == square and b * row.data[0] > 0:
            return _exponent(Fraction(b) / Fraction(float(row.data[0]))) // 2
    return None


def _exponent(value: Fraction) -> int:
    """The largest k with 2^k ≤ value."""
    k = value.numerator.bit_length() - value.denominator.bit_length()
    return k if Fraction(2) ** k <= value else k - 1
