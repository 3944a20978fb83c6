"""Real number fields Q(α): numbers that are exact although they are irrational, such as √2 and cos π/7.

A number is f(α) for a rational polynomial f of lower degree than p, p(α) = 0. Its sign is read off an interval around α
that is made smaller and smaller; f(α) = 0 is decided by gcd(f, p), which then has a root in the interval of α. So p
need not be irreducible.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import gcd, lcm
from typing import Any

from copos.arithmetic import rationals, univariate
from copos.arithmetic.rationals import fraction

BITS = 64  # of the first enclosure; each further one has twice as many
DEGREE = 64  # the checker reads no larger one

Rational = int | Fraction


@dataclass(frozen=True)
class NumberField:
    """Q(α), α the one root of p in an interval.

    Parameters
    ----------
    polynomial : integer coefficients of p, the constant one first
    interval : (a, b), rational, with p(a) p(b) < 0 and a single root in between

    Raises
    ------
    ValueError
        If that is not so, or the degree is not between 1 and 64.

    Examples
    --------
    >>> F = NumberField([-2, 0, 1], (1, 2))
    >>> r = F.root
    >>> r**2 == 2, (1 + r) / (1 - r), r > Fraction(7, 5), float(r)
    (True, -3 - 2·α, True, 1.4142135623730951)
    >>> NumberField.cosine(7).root                         # 2 cos π/7, a root of x³ − x² − 2x + 1
    α
    """

    polynomial: tuple[int, ...]
    interval: tuple[Fraction, Fraction]

    def __init__(self, polynomial: Sequence[Any], interval: Sequence[Any]) -> None:
        try:
            p, ends = [fraction(c) for c in polynomial], [fraction(c) for c in interval]
        except (TypeError, ValueError, OverflowError, ZeroDivisionError) as error:
            raise ValueError(f"a field needs a polynomial with integer coefficients and an interval: {error}") from None
        if any(c.denominator != 1 for c in p) or not 2 <= len(p) <= DEGREE + 1 or not p[-1]:
            raise ValueError(f"expected integer coefficients of a polynomial of degree 1 to {DEGREE}, got {p}")
        if len(ends) != 2 or ends[0] >= ends[1]:
            raise ValueError(f"expected an interval (a, b) with a < b, got {interval!r}")
        low, high = univariate.value(p, ends[0]), univariate.value(p, ends[1])
        if low * high >= 0 or univariate.roots(p, *ends) != 1:
            raise ValueError(f"{list(polynomial)} on ({ends[0]}, {ends[1]}) has no single root with a change of sign")
        object.__setattr__(self, "polynomial", tuple(int(c) for c in p))
        object.__setattr__(self, "interval", (ends[0], ends[1]))

    @classmethod
    def near(cls, polynomial: Sequence[Any], value: float | Fraction) -> NumberField:
        """The field of the root of a polynomial that is nearest to a number.

        >>> float(NumberField.near([-2, 0, 1], -1.4).root)
        -1.4142135623730951
        """
        p = [fraction(c) for c in polynomial]
        ends = univariate.isolated(p, fraction(value))
        if ends is None:
            raise ValueError(f"{list(polynomial)} has no single root near {value}")
        return cls(polynomial, ends)

    @classmethod
    def cosine(cls, m: int) -> NumberField:
        """The field of 2 cos(π/m), which holds all cos(kπ/m); 1 ≤ m ≤ 255."""
        if not 1 <= m <= 255:
            raise ValueError(f"expected m from 1 to 255, got {m}")
        p = univariate.cosine(m)
        return cls.near(p, univariate.cosine_value(m))

    @property
    def degree(self) -> int:
        """Of p."""
        return len(self.polynomial) - 1

    @property
    def root(self) -> AlgebraicNumber:
        """α."""
        return self([0, 1])

    def __call__(self, value: Any) -> AlgebraicNumber:
        """A rational number, or Σ c_k α^k from a list of coefficients."""
        if isinstance(value, AlgebraicNumber):
            if value.field != self:
                raise ValueError("numbers of two fields do not mix")
            return value
        c = list(value) if isinstance(value, (list, tuple)) else [value]
        return AlgebraicNumber(self, univariate.remainder([fraction(v) for v in c], self.polynomial))

    @cached_property
    def _enclosures(self) -> dict[int, tuple[int, int]]:
        return {}

    def enclosure(self, bits: int) -> tuple[int, int]:
        """Integers k ≤ 2^bits α ≤ l, l − k ≤ 2."""
        found = self._enclosures.get(bits)
        if found is None:
            finer = max((b for b in self._enclosures if b < bits), default=0)
            ends = tuple(Fraction(c, 1 << finer) for c in self._enclosures[finer]) if finer else self.interval
            low, high = univariate.bisected(self.polynomial, ends, Fraction(1, 1 << bits))
            found = (low.numerator << bits) // low.denominator, -((-high.numerator << bits) // high.denominator)
            self._enclosures[bits] = found
        return found

    def plain(self) -> dict[str, Any]:
        """As in a certificate."""
        return {"polynomial": list(self.polynomial), "interval": [rationals.written(c) for c in self.interval]}


class AlgebraicNumber:
    """f(α), f a rational polynomial of lower degree than p; made by a `NumberField`.

    It has +, −, ·, / with numbers of its field and rational ones, an order, `float`, `//` and `sign`.
    """

    __slots__ = ("_sign", "coefficients", "field")
    __hash__ = None  # type: ignore[assignment]
    field: NumberField
    coefficients: tuple[Rational, ...]

    def __init__(self, field: NumberField, coefficients: Sequence[Rational]) -> None:
        self.field = field
        self.coefficients = tuple(univariate.stripped(coefficients))
        self._sign: int | None = None

    def __repr__(self) -> str:
        terms = [_term(c, k) for k, c in enumerate(self.coefficients) if c]
        return " + ".join(terms).replace("+ -", "- ") or "0"

    def _other(self, value: Any) -> Sequence[Rational] | None:
        if isinstance(value, AlgebraicNumber):
            if value.field is not self.field and value.field != self.field:
                raise ValueError("numbers of two fields do not mix")
            return value.coefficients
        return [value] if isinstance(value, (int, Fraction)) else None

    def __add__(self, value: Any) -> AlgebraicNumber:
        g = self._other(value)
        return NotImplemented if g is None else AlgebraicNumber(self.field, univariate.plus(self.coefficients, g))

    def __neg__(self) -> AlgebraicNumber:
        return AlgebraicNumber(self.field, [-c for c in self.coefficients])

    def __sub__(self, value: Any) -> AlgebraicNumber:
        return NotImplemented if self._other(value) is None else self + -value

    def __rsub__(self, value: Any) -> AlgebraicNumber:
        return NotImplemented if self._other(value) is None else -self + value

    def __mul__(self, value: Any) -> AlgebraicNumber:
        g = self._other(value)
        if g is None:
            return NotImplemented
        product = univariate.product(self.coefficients, g)
        return AlgebraicNumber(self.field, univariate.remainder(product, self.field.polynomial))

    __radd__, __rmul__ = __add__, __mul__

    def __truediv__(self, value: Any) -> AlgebraicNumber:
        g = self._other(value)
        if g is None:
            return NotImplemented
        return self * (AlgebraicNumber(self.field, g).inverse())

    def __rtruediv__(self, value: Any) -> AlgebraicNumber:
        return NotImplemented if self._other(value) is None else self.inverse() * value

    def __pow__(self, k: int) -> AlgebraicNumber:
        out = AlgebraicNumber(self.field, [1])
        for _ in range(abs(k)):
            out = out * self
        return out if k >= 0 else out.inverse()

    def __floordiv__(self, value: Any) -> int:
        """The largest integer q with q·value at most this number, for value > 0."""
        return (self / value).floor()

    def __rfloordiv__(self, value: Any) -> int:
        return (value / self).floor()

    def __abs__(self) -> AlgebraicNumber:
        return -self if self.sign() < 0 else self

    def __bool__(self) -> bool:
        return self.sign() != 0

    def __eq__(self, value: Any) -> bool:
        return NotImplemented if self._other(value) is None else (self - value).sign() == 0

    def __lt__(self, value: Any) -> bool:
        return NotImplemented if self._other(value) is None else (self - value).sign() < 0

    def __le__(self, value: Any) -> bool:
        return NotImplemented if self._other(value) is None else (self - value).sign() <= 0

    def __gt__(self, value: Any) -> bool:
        return NotImplemented if self._other(value) is None else (self - value).sign() > 0

    def __ge__(self, value: Any) -> bool:
        return NotImplemented if self._other(value) is None else (self - value).sign() >= 0

    def __float__(self) -> float:
        if not self:
            return 0.0
        bits = BITS
        while True:
            low, high = self.enclosed(bits)
            if (high - low) * 2**56 <= min(abs(low), abs(high)):
                return float((low + high) / 2)
            bits *= 2

    @property
    def rational(self) -> Fraction | None:
        """Its value if it is written as a rational number."""
        return None if len(self.coefficients) > 1 else Fraction(sum(self.coefficients))

    def sign(self) -> int:
        """−1, 0 or 1, exactly."""
        if self._sign is None:
            self._sign = self._found_sign()
        return self._sign

    def _found_sign(self) -> int:
        f = self.coefficients
        if len(f) <= 1:
            return int(sum(f) > 0) - int(sum(f) < 0)
        bits = BITS
        while True:
            low, high = self.enclosed(bits)
            if low > 0 or high < 0:
                return 1 if low > 0 else -1
            if bits == 2 * BITS and univariate.roots(univariate.gcd(f, self.field.polynomial), *self.field.interval):
                return 0
            bits *= 2

    def enclosed(self, bits: int) -> tuple[Fraction, Fraction]:
        """(l, u) with l ≤ f(α) ≤ u, from an enclosure of α to so many bits, by Horner's rule."""
        k, l = self.field.enclosure(bits)
        d = lcm(*(c.denominator for c in self.coefficients))
        low = high = 0
        for c in reversed(self.coefficients):
            ends = (low * k, low * l, high * k, high * l)
            whole = (c.numerator * (d // c.denominator)) << bits
            low, high = (min(ends) >> bits) + whole, -(-max(ends) >> bits) + whole
        return Fraction(low, d << bits), Fraction(high, d << bits)

    def floor(self) -> int:
        """The largest integer that is not larger."""
        bits = BITS
        while True:
            low, high = self.enclosed(bits)
            if high - low < 1:
                whole = high.numerator // high.denominator
                return whole if self >= whole else whole - 1
            bits *= 2

    def below(self, bits: int) -> Fraction:
        """A multiple of 2^−bits, at most this number and at most 2·2^−bits away; itself if it is rational."""
        if self.rational is not None:
            return self.rational
        unit, fine = Fraction(2) ** -bits, max(bits, 0) + BITS
        while True:
            low, high = self.enclosed(fine)
            if high - low <= unit:
                return low // unit * unit
            fine *= 2

    def inverse(self) -> AlgebraicNumber:
        """1 / f(α); ZeroDivisionError if it is 0."""
        if not self:
            raise ZeroDivisionError("division by an algebraic number that is 0")
        # what f and p have in common does not vanish at α, so that the rest of p does
        p: Sequence[Rational] = self.field.polynomial
        while len(common := univariate.gcd(self.coefficients, p)) > 1:
            p = univariate.quotient(p, common)
        return AlgebraicNumber(self.field, univariate.inverse(self.coefficients, p))

def shortest(v: Sequence[AlgebraicNumber | Rational]) -> list[Any]:
    """v times a positive rational number, with integer coefficients of no common divisor."""
    parts = [c for x in v for c in (x.coefficients if isinstance(x, AlgebraicNumber) else [x])]
    d = lcm(*(c.denominator for c in parts))
    g = gcd(*(int(c * d) for c in parts)) or 1
    return [x * Fraction(d, g) for x in v]


def written(value: AlgebraicNumber | Rational) -> Any:
    """A number as in a certificate: a rational number, or the list of its coefficients."""
    if not isinstance(value, AlgebraicNumber):
        return rationals.written(value)
    short = value.rational
    return [rationals.written(c) for c in value.coefficients] if short is None else rationals.written(short)


def _term(c: Rational, k: int) -> str:
    power = "" if k == 0 else "α" if k == 1 else f"α^{k}"
    return str(c) if not power else power if c == 1 else f"-{power}" if c == -1 else f"{c}·{power}"


def cosines(m: int, twice: AlgebraicNumber | None = None) -> list[AlgebraicNumber]:
    """cos(kπ/m) for k = 0, …, 2m − 1, in the field of 2 cos(π/m), or of another field's number `twice` with that value.

    >>> c = cosines(7)
    >>> c[1] - c[2] + c[3] == Fraction(1, 2), c[8] == -c[1]
    (True, True)
    """
    twice = NumberField.cosine(m).root if twice is None else twice
    out = [twice.field(1), twice / 2]
    while len(out) < 2 * m:
        out.append(twice * out[-1] - out[-2])  # cos(k+1)θ = 2 cos θ cos kθ − cos(k−1)θ
    return out[: 2 * m]
