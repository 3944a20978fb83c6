"""Expressions of cvxpy as polynomials of degree ≤ 2 in the entries of their variables, whether convex or not.

An affine atom is a matrix, which cvxpy gives for its arguments alone; matrices are composed here in rationals. So what
is proved is about the floats in the expression as they stand in it, each meaning its dyadic value; only what has no
variable in it is evaluated by cvxpy, in floating point.
"""

from __future__ import annotations

from fractions import Fraction
from importlib import import_module
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from copos.arithmetic.rationals import rational
from copos.interop.problems.polynomial import Polynomial

Array = NDArray[Any]  # of polynomials, in the shape of the expression
BILINEAR = ("MulExpression", "multiply", "kron", "conv", "convolve", "Einsum", "einsum")  # constants are factors


class Walk:
    """Polynomials of expressions; `place` says at which variable a cvxpy variable begins."""

    def __init__(self, place: dict[int, int]) -> None:
        self.cp = import_module("cvxpy")
        self.affine = import_module("cvxpy.atoms.affine.affine_atom").AffAtom
        self.place = place

    def __call__(self, expression: Any) -> Array:
        """The polynomials of all entries.

        Raises
        ------
        ValueError
            If one is of a degree above 2, or no polynomial; the message names the atom.
        """
        if expression.is_complex():
            raise ValueError("complex expressions are not read")
        if expression.is_constant():
            return self.constant(expression)
        if isinstance(expression, self.cp.Variable):
            first = self.place[expression.id]
            flat = [Polynomial.variable(first + k) for k in range(expression.size)]
            return _array(flat, expression.shape)
        kind = type(expression).__name__
        known = {
            "MulExpression": self.product, "multiply": self.entrywise, "DivExpression": self.quotient,
            "Power": self.power, "PowerApprox": self.power, "power": self.power,
            "QuadForm": self.form, "quad_over_lin": self.squares,
        }.get(kind)  # fmt: skip
        if known is not None and not (kind in ("MulExpression", "multiply") and _has_constant(expression)):
            return known(expression)
        if isinstance(expression, self.affine):
            return self.linear(expression)
        raise ValueError(f"{kind} in {str(expression)[:60]} is no polynomial of degree ≤ 2")

    def constant(self, expression: Any) -> Array:
        """An expression without variables, as polynomials."""
        flat = [Polynomial(rational(v)) for v in self.value(expression).ravel(order="F").tolist()]
        return _array(flat, expression.shape)

    def value(self, expression: Any) -> NDArray[Any]:
        """An expression without variables, as cvxpy evaluates it."""
        value = expression.value
        if value is None:
            raise ValueError(f"the parameter in {str(expression)[:60]} has no value")
        value = value.toarray() if sp.issparse(value) else np.asarray(value)
        if not np.isfinite(value).all():
            raise ValueError(f"the constant {str(expression)[:60]} has an entry that is not finite")
        return value

    def linear(self, expression: Any) -> Array:
        """An affine atom: the matrix of the atom on its arguments, times their polynomials."""
        factors = type(expression).__name__ in BILINEAR
        known = [self.cp.Constant(self.value(a)) if factors and a.is_constant() else None for a in expression.args]
        fresh = [self.cp.Variable(a.shape) if k is None else k for a, k in zip(expression.args, known, strict=True)]
        for variable, k in zip(fresh, known, strict=True):
            if k is None:
                variable.value = np.zeros(variable.shape)
        gradient = expression.copy(fresh).grad
        out = [Polynomial() for _ in range(expression.size)]
        for argument, variable, k in zip(expression.args, fresh, known, strict=True):
            if k is not None or variable not in gradient:
                continue
            parts = self(argument).ravel(order="F")
            matrix = sp.coo_array(np.atleast_2d(gradient[variable]) if not sp.issparse(gradient[variable])
                                  else gradient[variable])  # fmt: skip
            for i, j, v in zip(*matrix.coords, matrix.data.tolist(), strict=True):
                out[j].add(parts[i], rational(v))
        return _array(out, expression.shape)

    def product(self, expression: Any) -> Array:
        """A matrix product of two expressions with variables."""
        a, b = (self(argument) for argument in expression.args)
        rows = (a.reshape(1, -1) if a.ndim < 2 else a).tolist()
        columns = (b.reshape(-1, 1) if b.ndim < 2 else b).T.tolist()
        out = []
        for column in columns:
            for row in rows:
                total = Polynomial()
                for p, q in zip(row, column, strict=True):
                    total.add(p.times(q))
                out.append(total)
        return _array(out, expression.shape)

    def entrywise(self, expression: Any) -> Array:
        """Products of entries, of two expressions with variables."""
        a, b = np.broadcast_arrays(*(self(argument) for argument in expression.args))
        pairs = zip(a.ravel("F").tolist(), b.ravel("F").tolist(), strict=True)
        return _array([p.times(q) for p, q in pairs], expression.shape)

    def quotient(self, expression: Any) -> Array:
        """Quotients by constants."""
        a, b = (self(argument) for argument in expression.args)
        a, b = np.broadcast_arrays(a, b)
        return _array([p.scaled(1 / self.divisor(q)) for p, q in zip(a.ravel("F"), b.ravel("F"), strict=True)],
                      expression.shape)  # fmt: skip

    def divisor(self, q: Polynomial) -> Fraction:
        """A constant that is not 0."""
        if q.degree or not q.constant:
            raise ValueError("a quotient by 0 or by a variable")
        return Fraction(q.constant)

    def power(self, expression: Any) -> Array:
        """Squares; first and zeroth powers."""
        exponent = expression.p.value
        if exponent not in (0, 1, 2):
            raise ValueError(f"the exponent {exponent} in {str(expression)[:60]}; expected 2")
        known = {0: lambda p: Polynomial(1), 1: lambda p: p, 2: lambda p: p.times(p)}[int(exponent)]
        return _array([known(p) for p in self(expression.args[0]).ravel("F")], expression.shape)

    def form(self, expression: Any) -> Array:
        """x'Px."""
        x, P = self(expression.args[0]).ravel("F").tolist(), self(expression.args[1])
        total = Polynomial()
        for (i, j), entry in np.ndenumerate(P):
            if entry.degree:
                raise ValueError("the matrix of a quad_form has variables in it")
            if entry.constant:
                total.add(x[i].times(x[j]), entry.constant)
        return _array([total], expression.shape)

    def squares(self, expression: Any) -> Array:
        """Σ x_i²/y over all entries or over some axes."""
        x, (y,) = self(expression.args[0]), self(expression.args[1]).ravel()
        axes = getattr(expression, "axis", None)  # that of all entries is the only one before cvxpy 1.8
        axes = tuple(range(x.ndim)) if axes is None else (axes,) if isinstance(axes, int) else tuple(axes)
        rest = [k for k in range(x.ndim) if k not in {a % x.ndim for a in axes}]
        table = x.transpose([*rest, *(a for a in range(x.ndim) if a not in rest)])
        table = table.reshape(int(np.prod([x.shape[k] for k in rest], dtype=int)), -1)
        factor = 1 / self.divisor(y)
        sums = np.empty(len(table), dtype=object)
        for k, row in enumerate(table):
            sums[k] = Polynomial()
            for p in row:
                sums[k].add(p.times(p), factor)
        return sums.reshape([x.shape[k] for k in rest]).reshape(expression.shape)


def _array(flat: list[Polynomial], shape: tuple[int, ...]) -> Array:
    """Column by column, as cvxpy counts."""
    out = np.empty(len(flat), dtype=object)
    out[:] = flat
    return out.reshape(shape, order="F")


def _has_constant(expression: Any) -> bool:
    return any(argument.is_constant() for argument in expression.args)
