"""A program in other units: every form, equation, block and coordinate times its power of two, exactly."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from copos.arithmetic import svec
from copos.arithmetic.rationals import Rational, RationalRows, nearest, rational
from copos.cones import Cone, Entries, Exact
from copos.forms import Forms
from copos.program import CompletelyPositiveProgram
from copos.support.looks import one_line

Index = NDArray[np.int64]
Vector = NDArray[np.float64]


@one_line
@dataclass(frozen=True, eq=False)
class Exponents:
    """Powers of two of a normal form.

    Attributes
    ----------
    coordinates : (ambient,) d
    objective, value : c and t
    equations, vanishing, generators, assumed_forms : one per form
    blocks : (σ, τ) of every block, B_k(D x') = 2^σ T B_k'(x') T with T = diag(2^τ)
    unit : of the multiplier form e
    """

    coordinates: Index
    objective: int
    value: int
    equations: Index
    vanishing: Index
    generators: Index
    assumed_forms: Index
    blocks: tuple[tuple[int, tuple[int, ...]], ...]
    unit: int

    @property
    def trivial(self) -> bool:
        """Is nothing changed?"""
        arrays = (self.coordinates, self.equations, self.vanishing, self.generators, self.assumed_forms)
        blocks = any(s or any(rows) for s, rows in self.blocks)
        return not (self.objective or self.value or self.unit or blocks or any(a.any() for a in arrays))


class OutOfRange(Exception):
    """An exponent does not fit a double."""


def scaled(program: CompletelyPositiveProgram, x: Exponents) -> CompletelyPositiveProgram | None:
    """The program in the units x; None if an exponent leaves the doubles."""
    d, assumed, sides = x.coordinates, program.assumed_forms, program.exact_values
    by = (-x.equations - x.value).tolist()  # of the right-hand sides
    if sides is not None:
        sides = tuple(_times(v, m) for v, m in zip(sides, by, strict=True))
    try:
        b = np.array([nearest(v) for v in sides or ()])
        b = b if sides is not None else _shifted(program.equations[1], -x.equations - x.value)
        return program.changed(
            cone=_cone(program.cone, x),
            C=_forms(program.C, d, np.array([x.objective])),
            equations=(_forms(program.equations[0], d, x.equations), b), exact_values=sides,
            vanishing=_forms(program.vanishing, d, x.vanishing),
            assumed_forms=None if assumed is None else _shifted(assumed, d[None, :] - x.assumed_forms[:, None]),
            # solutions are found and evaluated in the program's own units
            recover=None, atom=None, exact_atom=None, interpret=None,
        )  # fmt: skip
    except OutOfRange:
        return None


def _times(value: Rational, by: int) -> Rational:
    """2^by · v."""
    return rational(value * (1 << by) if by >= 0 else Fraction(value.numerator, value.denominator << -by))


def _shifted(values: Vector, by: Index) -> Vector:
    """2^by · values, exactly."""
    out = np.ldexp(values, by)
    if not (np.frexp(out)[0] == np.frexp(values)[0]).all():
        raise OutOfRange
    return out


def times(value: float, by: int) -> float:
    """2^by · value, ±inf beyond the doubles."""
    try:
        return math.ldexp(value, by)
    except OverflowError:
        return math.copysign(math.inf, value)


def places(forms: Forms) -> list[list[int]]:
    """Where every form has coefficients in doubles."""
    indices, ends = forms.rows.indices.tolist(), forms.rows.indptr.tolist()
    return [indices[start:stop] for start, stop in zip(ends[:-1], ends[1:], strict=True)]


def _forms(forms: Forms, d: Index, less: Index) -> Forms:
    """2^-less · D A D."""
    if forms.exact is not None:
        moved = []
        for k, row in enumerate(forms.exact.rows):
            a, b = svec.pair(list(row))
            by = (d[a] + d[b] - less[k]).tolist()
            moved.append({at: _times(c, m) for (at, c), m in zip(row.items(), by, strict=True)})
        exact = RationalRows(forms.exact.columns, tuple(moved))
        # coefficients that are zero for a solver, being rounding, stay so
        seen = [{at: row[at] for at in part if at in row} for row, part in zip(moved, places(forms), strict=True)]
        if all(len(part) == len(row) for part, row in zip(seen, moved, strict=True)):
            return Forms.of_rationals(forms.dim, exact)
        return Forms(forms.dim, RationalRows(exact.columns, tuple(seen)).floats(), exact)
    rows = forms.rows
    a, b = svec.pair(rows.indices)
    owner = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    data = _shifted(rows.data, d[a] + d[b] - less[owner])
    return Forms(forms.dim, sp.csr_array((data, rows.indices, rows.indptr), shape=rows.shape))


def _cone(cone: Cone, x: Exponents) -> Cone:
    """D^-1 K."""
    d, free, e, T = x.coordinates, cone.free, cone.entries, cone.basis
    sigma = np.array([s for s, _ in x.blocks], dtype=np.int64)
    tau = np.zeros((len(x.blocks), max(cone.sizes, default=1)), dtype=np.int64)
    for k, (_, rows) in enumerate(x.blocks):
        tau[k, : len(rows)] = rows
    by = d[free[e.variable]] - sigma[e.block] - tau[e.block, e.row] - tau[e.block, e.col]
    owner = np.repeat(np.arange(T.shape[0]), np.diff(T.indptr))
    data = _shifted(T.data, d[free[T.indices]] - d[owner])
    sampler, exact = cone.sampler, cone.exact
    if exact is not None:
        u = d[free]
        rows = [{v: _times(c, int(u[v] - d[k])) for v, c in row.items()} for k, row in enumerate(exact.basis.rows)]
        exact = Exact(
            tuple(_times(c, m) for c, m in zip(exact.coefficients, by.tolist(), strict=True)),
            tuple(_times(c, m) for c, m in zip(exact.unit, (u - x.unit).tolist(), strict=True)),
            RationalRows(exact.basis.columns, tuple(rows)),
        )
    return replace(
        cone,
        exact=exact,
        entries=Entries(e.block, e.row, e.col, e.variable, _shifted(e.coefficient, by)),
        generators=_forms(cone.generators, d[free], x.generators),
        unit=_shifted(cone.unit, d[free] - x.unit),
        basis=sp.csr_array((data, T.indices, T.indptr), shape=T.shape),
        sampler=None if sampler is None else lambda rng: np.ldexp(sampler(rng), -d),
    )
