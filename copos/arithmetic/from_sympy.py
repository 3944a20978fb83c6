"""SymPy's real algebraic numbers as numbers of one field; only who gives such numbers needs SymPy.

An expression is made by +, · and integer powers from roots (radicals, `CRootOf`, the golden ratio) and from values of
cos, sin, tan at rational multiples of π. The latter are polynomials in 2 cos(π/m) for one m. Roots and 2 cos(π/m)
generate the field, and SymPy finds a primitive element of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm
from typing import Any

from copos.arithmetic.number_field import DEGREE, AlgebraicNumber, NumberField, cosines

CLOSE = 1e-12  # relative difference from SymPy's own value, which is looked at to be sure of the right root


def converted(rows: list[list[Any]]) -> list[list[Any]]:
    """The rows with Fractions and numbers of one field in place of SymPy's expressions.

    Raises
    ------
    ValueError
        If an expression is no real algebraic number, or the field is of a degree above 64.
    """
    import sympy

    sums, angles, roots = _Parts(sympy), set(), {}
    for v in (v for row in rows for v in row if isinstance(v, sympy.Basic)):
        for part in sums.leaves(v):
            if isinstance(part, Fraction):
                angles.add(part)
            else:
                roots[part] = None
    m = lcm(1, *(a.denominator for a in angles))
    turned = [2 * sympy.cos(sympy.pi / m)] if angles else []
    found = _generators(sympy, [*turned, *roots], m if angles and not roots else None)
    values: dict[Any, Any] = dict(zip(roots, found[len(turned) :], strict=True))
    if angles:
        table = cosines(m, found[0])
        values |= {a: table[int(a * m) % (2 * m)] for a in angles}
    return [[sums.value(v, values) if isinstance(v, sympy.Basic) else v for v in row] for row in rows]


def _generators(sympy: Any, parts: Sequence[Any], m: int | None) -> list[AlgebraicNumber]:
    """The numbers in their common field; in that of 2 cos(π/m) if this is the only one."""
    if not parts:
        return []
    if m is not None:
        return [NumberField.cosine(m).root]
    p, weights, expressed = sympy.primitive_element(list(parts), sympy.Symbol("x"), ex=True, polys=True)
    if p.degree() > DEGREE:
        raise ValueError(f"the entries generate a field of degree {p.degree()}; at most {DEGREE} is treated")
    p = p.clear_denoms()[1]
    value = sympy.Add(*(w * g for w, g in zip(weights, parts, strict=True))).evalf(40)
    F = NumberField.near([int(c) for c in reversed(p.all_coeffs())], Fraction(str(value)))
    return [F([Fraction(int(c.numerator), int(c.denominator)) for c in reversed(list(f))]) for f in expressed]


class _Parts:
    """Expressions taken apart, and put together again in the field."""

    def __init__(self, sympy: Any) -> None:
        self.sympy = sympy

    def leaves(self, e: Any) -> list[Any]:
        """Multiples a of π, as Fractions, whose cosines occur; roots."""
        if e.is_Rational:
            return []
        inner = self._inner(e)
        if inner is not None:
            return [part for f in inner for part in self.leaves(f)]
        angle = self._angle(e)
        if angle is not None:
            return [angle]
        if e.is_number and e.is_algebraic and e.is_real:
            return [e]
        raise ValueError(f"{e} is not known to be a real algebraic number")

    def value(self, e: Any, values: dict[Any, Any]) -> Any:
        """The number, a Fraction or of the field."""
        out = self._made(e, values)
        if isinstance(out, Fraction):
            return out
        near = float(e)
        if abs(float(out) - near) > CLOSE * max(1.0, abs(near)):
            raise ValueError(f"{e} was taken for another number: {float(out)} instead of {near}")
        return out

    def _made(self, e: Any, values: dict[Any, Any]) -> Any:
        if e.is_Rational:
            return Fraction(int(e.p), int(e.q))
        inner = self._inner(e)
        if inner is None:
            angle = self._angle(e)
            return values[e if angle is None else angle]
        made = [self._made(f, values) for f in inner]
        if e.is_Add:
            return sum(made[1:], made[0])
        k = int(e.exp) if e.is_Pow else 1
        if e.is_Pow:
            made = made * abs(k)
        elif not e.is_Mul:  # rewritten in cosines
            return made[0]
        out = made[0]
        for v in made[1:]:
            out = out * v
        return out if k > 0 else 1 / out

    def _inner(self, e: Any) -> list[Any] | None:
        """The expressions of which e is a sum, product, integer power or another writing."""
        if e.is_Add or e.is_Mul:
            return list(e.args)
        if e.is_Pow and e.exp.is_Integer:
            return [e.base]
        if e.is_Function and not isinstance(e, self.sympy.cos):
            other = e.rewrite(self.sympy.cos)
            return None if other == e else [other]
        return None

    def _angle(self, e: Any) -> Fraction | None:
        """A with e = cos(aπ)."""
        if not isinstance(e, self.sympy.cos):
            return None
        a = e.args[0] / self.sympy.pi
        return Fraction(int(a.p), int(a.q)) if a.is_Rational else None
