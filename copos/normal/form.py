"""The normal form of a program: x = 2^d x', Y = 2^t D Y' D, every form divided by a power of two.

    min <C, Y>, <A_i, Y> = b_i, <E_j, Y> = 0        C' = 2^-c D C D,  A_i' = 2^-s_i D A_i D,  b_i' = 2^(-s_i - t) b_i,
    over Y ∈ CP(K)                                   E_j' = 2^-e_j D E_j D,  K' = D^-1 K,      value = 2^(c + t) value'

d, the exponents of the coordinates, come from exponents of the data alone (`copos.normal.gauge`), so that data that
differ by powers of two, in the objective, in equations, in all right-hand sides or in the unit of a coordinate, have
one normal form, bit for bit. Mantissas never change, so nothing is rounded; where an exponent would leave the range of
doubles the program is its own normal form.

Coordinates of one second-order cone keep a common unit, those of a matrix variable units t_i t_j, so that a product of
plain cones stays one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic import svec
from copos.arithmetic.rationals import Rational
from copos.forms import Forms
from copos.normal.gauge import Gauge
from copos.normal.scaled import Exponents, places, scaled, times
from copos.program import CompletelyPositiveProgram
from copos.support.looks import one_line

GROUPS = 1_000_000  # entries of the dense least-squares problem that balances groups of coordinates
Index = NDArray[np.int64]
Vector = NDArray[np.float64]


@one_line
@dataclass(frozen=True, eq=False)
class NormalForm:
    """A program with its normal form, and how bounds and points of the one are those of the other.

    `local` are forms proved on few variables (`copos.hierarchy.local`), the last generators of the normal form's cone.
    """

    origin: CompletelyPositiveProgram
    program: CompletelyPositiveProgram
    exponents: Exponents | None  # None where the program is its own normal form
    local: tuple[Any, ...] = ()

    @property
    def power(self) -> int:
        """k with value = 2^k · value of the normal form."""
        return 0 if self.exponents is None else self.exponents.objective + self.exponents.value

    def value(self, value: float) -> float:
        """A value of the normal form in the units of the program; beyond the doubles ±inf."""
        return times(value, self.power)

    def inward(self, value: float) -> float:
        """A value of the program in the units of the normal form."""
        return times(value, -self.power)

    def exact(self, value: Fraction) -> Fraction:
        """A value of the normal form in the units of the program."""
        return value * Fraction(2) ** self.power

    def matrix(self, Y: Vector) -> Vector:
        """The Y of the program that a Y' stands for."""
        if self.exponents is None:
            return Y
        d = self.exponents.coordinates
        with np.errstate(over="ignore"):
            return np.ldexp(Y, self.exponents.value + d[:, None] + d[None, :])

    def point(self, x: Vector) -> Vector:
        """A point of K from one of K'; xx' is then right up to the factor 2^t."""
        return x if self.exponents is None else np.ldexp(x, self.exponents.coordinates)

    def document(self, assumes: bool) -> dict[str, Any]:
        """The exponents as a certificate lists them, in the coordinates u of the cone."""
        e = self.exponents
        assert e is not None
        blocks = [[s, *(rows if any(rows) else ())] for s, rows in e.blocks]
        return {
            "coordinates": e.coordinates[self.origin.cone.free].tolist(), "objective": e.objective, "value": e.value,
            "equations": e.equations.tolist(), "vanishing": e.vanishing.tolist(), "unit": e.unit,
            "generators": e.generators.tolist(),
            "blocks": blocks + [[int(s)] for s in (e.assumed_forms if assumes else ())],
        }  # fmt: skip


def normal_form(program: CompletelyPositiveProgram, coordinates: Index | None = None) -> NormalForm:
    """The program with its exponents taken out; those of the coordinates may be given where all blocks have order 1.

    Examples
    --------
    >>> from copos import NonNegative
    >>> Q = np.array([[2.0, -1.0], [-1.0, 0.5]])
    >>> def scaled(k):
    ...     return CompletelyPositiveProgram(NonNegative(2), np.ldexp(Q, k), [(np.ones((2, 2)), 1.0)])
    >>> near, far = normal_form(scaled(1)), normal_form(scaled(-400))
    >>> near.power, far.power, (near.program.C.matrix() == far.program.C.matrix()).all().item()
    (1, -400, True)
    """
    blocks: list[tuple[int, tuple[int, ...]] | None] = [None] * len(program.cone.sizes)
    if coordinates is None:
        coordinates, blocks = _units(program)
    exponents = _exponents(program, coordinates, blocks)
    if exponents.trivial:
        return NormalForm(program, program, None)
    found = scaled(program, exponents)
    return NormalForm(program, program, None) if found is None else NormalForm(program, found, exponents)


# ---- the exponents ------------------------------------------------------------------------------------------------


def _units(program: CompletelyPositiveProgram) -> tuple[Index, list[tuple[int, tuple[int, ...]] | None]]:
    """Exponents of the coordinates, and (σ, τ) of the blocks of order > 1 (None for the others)."""
    cone, A = program.cone, program.equations[0]
    sizes = np.array(cone.sizes, dtype=np.int64)
    large = np.flatnonzero(sizes > 1)
    base = cone.ambient + np.r_[0, np.cumsum(1 + sizes[large])].astype(np.int64)  # σ and the τ of every large block
    gauge = Gauge(int(base[-1]))
    place = dict(zip(large.tolist(), base.tolist(), strict=False))
    e, free = cone.entries, cone.free
    # visited first, so that the coefficients of plain cones (which are 1) and the generators stay as they are
    large_entries = zip(e.block.tolist(), e.row.tolist(), e.col.tolist(), free[e.variable].tolist(),
                        _exponent(e.coefficient).tolist(), strict=True)  # fmt: skip
    for k, i, j, v, c in large_entries:
        if i <= j and k in place:
            s = place[k]
            gauge.visit(c, [(v, 1), (s, -1), (s + 1 + i, -1), (s + 1 + j, -1)])
    owner, a, c, _ = _entries(cone.generators)
    gauge.forms(owner, free[a], free[c], np.zeros(len(owner), dtype=np.int64))
    # what is preferred, in this order
    dependent = np.setdiff1d(np.arange(cone.ambient), free).tolist()
    for x in dependent:
        for at in range(cone.basis.indptr[x], cone.basis.indptr[x + 1]):
            if cone.basis.data[at]:
                column = int(free[cone.basis.indices[at]])
                gauge.visit(int(_exponent(cone.basis.data[at])), [(column, 1), (x, -1)])
    equations = _entries(A)
    gauge.forms(*equations)
    _sides(gauge, equations, _sides_of(program))
    gauge.forms(*_entries(program.vanishing))
    free_of = [dict(terms) for terms in gauge.terms]
    gauge.forms(*_entries(program.C))
    # cuts come late, so that a cell has the units of the whole cone
    many = np.bincount(e.block, minlength=len(sizes))[e.block] > 1 if len(e.block) else np.zeros(0, dtype=bool)
    linear = np.flatnonzero((sizes[e.block] == 1) & many) if len(e.block) else np.zeros(0, dtype=np.int64)
    v = free[e.variable[linear]]
    _lines(gauge, e.block[linear], v, _exponent(e.coefficient[linear]))
    if program.assumed_forms is not None:
        row, col = np.nonzero(program.assumed_forms)
        _lines(gauge, row, col, _exponent(program.assumed_forms[row, col]))
    at = np.flatnonzero(cone.unit)
    _lines(gauge, np.zeros(len(at), dtype=np.int64), free[at], _exponent(cone.unit[at]))
    u = gauge.values()
    u = u + _balance(program.C, u, free_of)
    blocks: list[tuple[int, tuple[int, ...]] | None] = [None] * len(sizes)
    for k, s in place.items():
        blocks[k] = int(u[s]), tuple(u[s + 1 : s + 1 + sizes[k]].tolist())
    return u[: cone.ambient], blocks


def _balance(C: Forms, u: Index, free_of: list[dict[int, int]]) -> Index:
    """Change of the unknowns that makes the largest squares of the objective alike, group by group of coordinates.

    What nothing but the objective holds are a few integers γ, u_a = … + M_a γ. Coordinates with the same M_a are a
    group; its largest x_a² in C should be of one size for all groups, in the least-squares sense, rounded. The input
    is a normal form already, so the result belongs to it and not to the units of the data.
    """
    owner, a, b, exponent = _entries(C)
    largest: dict[tuple[tuple[int, int], ...], int] = {}
    for k, e in zip(a[a == b].tolist(), exponent[a == b].tolist(), strict=True):
        group = tuple(sorted(free_of[k].items()))
        largest[group] = max(largest.get(group, e + 2 * int(u[k])), e + 2 * int(u[k]))
    names = sorted({k for group in largest for k, _ in group})
    if len(largest) < 2 or len(names) * len(largest) > GROUPS:
        return np.zeros(len(u), dtype=np.int64)
    column = {k: i for i, k in enumerate(names)}
    M = np.zeros((len(largest), len(names) + 1))
    M[:, -1] = 1.0
    for row, group in zip(M, sorted(largest), strict=True):
        for k, m in group:
            row[column[k]] = 2.0 * m
    top = max(largest.values())  # which depends on the unit of the objective; the differences do not
    sizes = np.array([float(top - largest[group]) for group in sorted(largest)])
    found = np.linalg.lstsq(M, sizes, rcond=None)[0]
    step = {k: math.floor(v + 0.5) for k, v in zip(names, found[:-1].tolist(), strict=True)}
    return np.array([sum(m * step.get(k, 0) for k, m in terms.items()) for terms in free_of], dtype=np.int64)


def _lines(gauge: Gauge, owner: Index, variable: Index, exponent: Index) -> None:
    """Visit linear forms, whose entries u_v + exponent are relative to the first of their form."""
    first: dict[int, tuple[int, int]] = {}
    for k, v, c in zip(owner.tolist(), variable.tolist(), exponent.tolist(), strict=True):
        head = first.setdefault(k, (v, c))
        gauge.visit(c - head[1], [(v, 1), (head[0], -1)])


def _sides(gauge: Gauge, equations: tuple[Index, Index, Index, Index], sides: list[tuple[int, int]]) -> None:
    """Visit right-hand sides, every one over the first entry of its form, relative to the first side."""
    owner, a, c, exponent = equations
    head = None
    for i, side in sides:
        own = np.flatnonzero(owner == i)
        if not len(own):
            continue
        own = own[np.lexsort((c[own], a[own], a[own] != c[own]))[0]]
        here = (int(a[own]), int(c[own]), side - int(exponent[own]))
        head = head or here
        gauge.visit(here[2] - head[2], [(here[0], -1), (here[1], -1), (head[0], 1), (head[1], 1)])


def _sides_of(program: CompletelyPositiveProgram) -> list[tuple[int, int]]:
    """(index, exponent) of the right-hand sides that are not 0."""
    return [(i, _exact_exponent(v)) for i, v in enumerate(program.right_hand_sides) if v]


def _exponents(
    program: CompletelyPositiveProgram, d: Index, large: list[tuple[int, tuple[int, ...]] | None]
) -> Exponents:
    """The exponent of the largest entry of every form, once the coordinates are in their units."""
    cone, A = program.cone, program.equations[0]
    equations = _largest(A, d)
    sides = _sides_of(program)
    e, free = cone.entries, cone.free
    linear = np.full(len(cone.sizes), np.iinfo(np.int64).min)
    np.maximum.at(linear, e.block, _exponent(e.coefficient) + d[free[e.variable]])
    blocks = tuple(found or (int(linear[k]) if linear[k] > np.iinfo(np.int64).min else 0, ())
                   for k, found in enumerate(large))  # fmt: skip
    unit = np.flatnonzero(cone.unit)
    assumed_forms = np.zeros(0, dtype=np.int64)
    if program.assumed_forms is not None:
        rows = program.assumed_forms
        size = np.where(rows != 0, _exponent(rows) + d, np.iinfo(np.int64).min).max(axis=1)
        assumed_forms = np.where(program.assumed_forms.any(axis=1), size, 0)
    # generators keep their coefficients: 2^g is the change that all entries of one have in common
    owner, a, c, _ = _entries(cone.generators)
    generators = np.zeros(len(cone.generators), dtype=np.int64)
    generators[owner] = d[free[a]] + d[free[c]]
    return Exponents(
        d,
        int(_largest(program.C, d)[0]),
        max((side - int(equations[i]) for i, side in sides), default=0),
        equations,
        _largest(program.vanishing, d),
        generators,
        assumed_forms,
        blocks,
        int((_exponent(cone.unit[unit]) + d[free[unit]]).max()) if len(unit) else 0,
    )


def _entries(forms: Forms) -> tuple[Index, Index, Index, Index]:
    """(form, a, b, exponent) of every nonzero coefficient."""
    if forms.exact is not None:
        parts = zip(forms.exact.rows, places(forms), strict=True)
        found = [(k, at, _exact_exponent(row[at])) for k, (row, part) in enumerate(parts) for at in part if at in row]
        owner, at, exponent = np.array(found, dtype=np.int64).reshape(-1, 3).T
        return owner, *svec.pair(at), exponent
    rows = forms.rows
    owner = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    used = rows.data != 0
    a, b = svec.pair(rows.indices[used])
    return owner[used], a, b, _exponent(rows.data[used])


def _largest(forms: Forms, d: Index) -> Index:
    """Exponent of the largest coefficient of every form in the new coordinates; 0 for the zero form."""
    owner, a, b, exponent = _entries(forms)
    out = np.full(len(forms), np.iinfo(np.int64).min)
    np.maximum.at(out, owner, exponent + d[a] + d[b])
    out[out == np.iinfo(np.int64).min] = 0
    return out


def _exponent(values: Any) -> Index:
    """Floor of log2 |v|."""
    return np.asarray(np.frexp(values)[1], dtype=np.int64) - 1


def _exact_exponent(value: Rational) -> int:
    """Floor of log2 |v| of a rational number that is not 0."""
    top, bottom = abs(value.numerator), value.denominator
    k = top.bit_length() - bottom.bit_length()
    return k if (top >= bottom << k if k >= 0 else top << -k >= bottom) else k - 1
