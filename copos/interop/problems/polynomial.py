"""Polynomials of degree ≤ 2 with rational coefficients, for readers that meet expressions."""

from __future__ import annotations

from copos.arithmetic.rationals import Rational
from copos.interop.problems.builder import Terms

Pair = tuple[int, int]


class Polynomial:
    """Σ pairs x_i x_j + Σ linear x_i + constant, i ≤ j; sums change the left one in place.

    Examples
    --------
    >>> x, y = Polynomial.variable(0), Polynomial.variable(1)
    >>> f = x.times(y).add(x, -3)
    >>> f.pairs, f.linear
    ({(0, 1): 1}, {0: -3})
    """

    __slots__ = ("constant", "linear", "pairs")

    def __init__(self, constant: Rational = 0) -> None:
        self.constant = constant
        self.linear: dict[int, Rational] = {}
        self.pairs: dict[Pair, Rational] = {}

    @classmethod
    def variable(cls, j: int, factor: Rational = 1) -> Polynomial:
        """The variable x_j, times a number."""
        out = cls()
        out.linear[j] = factor
        return out

    @property
    def degree(self) -> int:
        """0, 1 or 2; coefficients that have cancelled count as none."""
        return 2 if any(self.pairs.values()) else 1 if any(self.linear.values()) else 0

    def add(self, other: Polynomial, factor: Rational = 1) -> Polynomial:
        """Add factor · other to this one."""
        self.constant += factor * other.constant
        for j, v in other.linear.items():
            self.linear[j] = self.linear.get(j, 0) + factor * v
        for pair, v in other.pairs.items():
            self.pairs[pair] = self.pairs.get(pair, 0) + factor * v
        return self

    def scaled(self, factor: Rational) -> Polynomial:
        """A new one, this times a number."""
        return Polynomial().add(self, factor)

    def times(self, other: Polynomial) -> Polynomial:
        """A new one, the product.

        Raises
        ------
        ValueError
            If its degree is above 2.
        """
        a, b = (self, other) if self.degree >= other.degree else (other, self)
        if b.degree == 0:
            return a.scaled(b.constant)
        if a.degree + b.degree > 2:
            raise ValueError("a product of degree above 2")
        out = a.scaled(b.constant) if b.constant else Polynomial()
        for j, w in b.linear.items():
            if a.constant:
                out.linear[j] = out.linear.get(j, 0) + a.constant * w
        for i, v in a.linear.items():
            for j, w in b.linear.items():
                pair = (i, j) if i <= j else (j, i)
                out.pairs[pair] = out.pairs.get(pair, 0) + v * w
        return out

    def terms(self) -> Terms:
        """As terms of a form."""
        return Terms([(i, j, v) for (i, j), v in self.pairs.items()], list(self.linear.items()), self.constant)
