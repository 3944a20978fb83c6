"""Real algebraic numbers in exact arithmetic: f(α) for a rational polynomial f, α the one root of p in (a, b).

That α is the one root is read off p itself: p(a)·p(b) < 0, and Sturm's theorem counts one. Signs then come from

    V(a) − V(b) = Σ_{a < x < b, p(x) = 0} sign f(x) = sign f(α)          [BasuPollackRoy2006, section 2.2.2]

V(x) the sign changes at x along p, p'f mod p, and on with negative remainders; for f = 1 this is the count. Nothing is
assumed of p: it may be reducible, or have α as a root of order three, and f(α) = 0 is found where p does not divide f.
An enclosure of α is asked first, which answers for all f(α) that are not very small.

Standard library only; part of the checker.
"""

from __future__ import annotations

from fractions import Fraction
from math import lcm
from typing import Any

try:
    from copos.checker import check_reading as read
    from copos.checker.check_reading import Number, Rejected, Unreadable, short
except ImportError:  # run as a plain file, without the package
    import check_reading as read  # type: ignore[no-redef]
    from check_reading import Number, Rejected, Unreadable, short  # type: ignore[no-redef]

DEGREE = 64
FINE = 128  # bits of the enclosure of α
Polynomial = list[Number]  # lowest power first, without leading zeros


class Field:
    """Q(α) with p, a < α < b, and integers that enclose the powers of α."""

    def __init__(self, value: Any) -> None:
        d = read.fields(value, "field", "polynomial interval")
        (p,) = read.integers([read.items(d["polynomial"], "polynomial", None, DEGREE + 1)], "polynomial", 1)
        ends = read.vector(d["interval"], "interval", 2)
        if len(p) < 2 or not p[-1]:
            raise Unreadable("the polynomial of a field needs a positive degree and a leading coefficient")
        self.p: Polynomial = list(p)
        self.a, self.b = ends
        self.slope = derivative(self.p)
        self.growth = len(p) * bits(p)  # bits that a reduction may add
        read.spend(20 * len(p), "a number field", len(p) * (bits(p) + bits(ends)))
        if at(self.p, self.a) * at(self.p, self.b) >= 0:
            raise Rejected("the polynomial does not change its sign on the interval")
        if self.sign_by_remainders([1]) != 1:  # −1 where a > b
            raise Rejected("the interval does not hold exactly one root of the polynomial")
        self.powers, self.errors = self.enclosed()

    def __str__(self) -> str:
        terms = [read.show(c) if k == 0 else f"{read.show(c)} α^{k}" for k, c in enumerate(self.p) if c]
        shown = " + ".join(terms if len(terms) < 7 else [*terms[:3], "…", *terms[-2:]])
        return f"{shown} = 0, {read.show(self.a)} < α < {read.show(self.b)}"

    def enclosed(self) -> tuple[list[int], list[int]]:
        """Integers P_k, E_k with |2^FINE α^k − P_k| < E_k, by bisection.

        For |α − x| ≤ h and |α|, |x| ≤ m: |α^k − x^k| ≤ k m^(k−1) h; then two numbers are rounded.
        """
        low, high = Fraction(self.a), Fraction(self.b)
        first = at(self.p, low) > 0
        while high - low > Fraction(1, 1 << FINE):
            middle = (low + high) / 2
            read.spend(20 + 4 * len(self.p), "a number field", len(self.p) * bits([middle]))
            value = at(self.p, middle)
            if not value:
                low = high = middle
            elif (value > 0) == first:
                low = middle
            else:
                high = middle
        m, h = max(abs(low), abs(high)), (high - low) * (1 << FINE)
        read.spend(2 * len(self.p) ** 2, "a number field", len(self.p) * bits([low, high]))
        powers = [int(low**k * (1 << FINE)) for k in range(len(self.p) - 1)]
        return powers, [int(k * m ** max(k - 1, 0) * h) + 3 for k in range(len(powers))]

    def reduced(self, f: Polynomial) -> Polynomial:
        """f mod p."""
        return remainder(f, self.p)

    def sign(self, f: Polynomial) -> int:
        """The sign of f(α), deg f < deg p."""
        d = lcm(*(c.denominator for c in f))
        whole: Polynomial = [int(c * d) for c in f]
        read.spend(4 + 4 * len(f), "a sign in a number field", bits(whole) + self.errors[-1].bit_length())
        value = sum(c * P for c, P in zip(whole, self.powers, strict=False))
        if abs(value) > sum(abs(c) * E for c, E in zip(whole, self.errors, strict=False)):
            return sign(value)
        return self.sign_by_remainders(whole)

    def sign_by_remainders(self, f: Polynomial) -> int:
        """The same by the theorem above; the sum over all roots in (a, b) if there are several."""
        # numbers of remainders grow with the degree, like minors; long fractions cost their square
        read.spend(50 * len(self.p) ** 2 * (1 + (self.growth + len(self.p) * bits(f)) // 2000),
                   "a sign in a number field", self.growth + len(self.p) * bits(f))  # fmt: skip
        chain = [self.p, self.reduced(product(self.slope, f))]
        while chain[-1]:
            chain.append(primitive([-c for c in remainder(chain[-2], chain[-1])]))
        return variations([at(q, self.a) for q in chain]) - variations([at(q, self.b) for q in chain])


class Algebraic:
    """f(α); with numbers of the same field and rational ones it has +, −, ·, and an order."""

    __slots__ = ("f", "field")

    def __init__(self, field: Field, f: Polynomial) -> None:
        self.field, self.f = field, stripped(f)

    def other(self, value: Any) -> Polynomial:
        """The polynomial of a number."""
        return value.f if isinstance(value, Algebraic) else stripped([value])

    def bit_length(self) -> int:
        """Of the longest numerator or denominator."""
        return bits(self.f)

    def __add__(self, value: Any) -> Algebraic:
        return Algebraic(self.field, plus(self.f, self.other(value)))

    def __neg__(self) -> Algebraic:
        return Algebraic(self.field, [-c for c in self.f])

    def __sub__(self, value: Any) -> Algebraic:
        return self + -value

    def __rsub__(self, value: Any) -> Algebraic:
        return -self + value

    def __mul__(self, value: Any) -> Algebraic:
        g = self.other(value)
        read.spend((2 + 8 * len(self.f) * len(g)) * (1 + (self.field.growth + bits(self.f + g)) // 2000),
                   "a product of algebraic numbers", self.field.growth + bits(self.f + g))  # fmt: skip
        return Algebraic(self.field, self.field.reduced(product(self.f, g)))

    __radd__, __rmul__ = __add__, __mul__

    def __abs__(self) -> Algebraic:
        return -self if self < 0 else self

    def __bool__(self) -> bool:
        return self.field.sign(self.f) != 0

    def __lt__(self, value: Any) -> bool:
        return (self - value).sign() < 0

    def __le__(self, value: Any) -> bool:
        return (self - value).sign() <= 0

    def __gt__(self, value: Any) -> bool:
        return (self - value).sign() > 0

    def __ge__(self, value: Any) -> bool:
        return (self - value).sign() >= 0

    def sign(self) -> int:
        """−1, 0 or 1."""
        return self.field.sign(self.f)


def number(field: Field, value: Any, what: str) -> Algebraic:
    """A rational number, or the list of the coefficients of 1, α, α², …"""
    if type(value) is not list:
        return Algebraic(field, [read.number(value, what)])
    return Algebraic(field, field.reduced(read.vector(read.items(value, what, None, len(field.p) - 1), what)))


# ---- polynomials with rational coefficients ---------------------------------------------------------------------


def sign(value: Number) -> int:
    """−1, 0 or 1."""
    return (value > 0) - (value < 0)


def bits(values: list[Any]) -> int:
    """Of the longest numerator or denominator."""
    return max((max(v.numerator.bit_length(), v.denominator.bit_length()) for v in values), default=0)


def stripped(f: Polynomial) -> Polynomial:
    """Without leading zeros."""
    n = len(f)
    while n and not f[n - 1]:
        n -= 1
    return f[:n]


def at(f: Polynomial, x: Number) -> Number:
    """f(x)."""
    value: Number = 0
    for c in reversed(f):
        value = value * x + c
    return value


def derivative(f: Polynomial) -> Polynomial:
    """f'."""
    return [k * c for k, c in enumerate(f)][1:]


def plus(f: Polynomial, g: Polynomial) -> Polynomial:
    """f + g."""
    n = max(len(f), len(g))
    return [a + b for a, b in zip(f + [0] * (n - len(f)), g + [0] * (n - len(g)), strict=True)]


def product(f: Polynomial, g: Polynomial) -> Polynomial:
    """f·g."""
    out: Polynomial = [0] * (len(f) + len(g) - 1)
    for i, a in enumerate(f):
        for j, b in enumerate(g):
            out[i + j] += a * b
    return out


def remainder(f: Polynomial, g: Polynomial) -> Polynomial:
    """f mod g, by rational division."""
    out, n = stripped(f), len(g)
    while len(out) >= n:
        c, shift = Fraction(out[-1]) / g[-1], len(out) - n
        out = stripped([v - c * g[k - shift] if k >= shift else v for k, v in enumerate(out[:-1])])
    return [short(v) for v in out]


def primitive(f: Polynomial) -> Polynomial:
    """A positive multiple with short coefficients: one over the absolute value of the leading one."""
    return [short(Fraction(c) / abs(f[-1])) for c in f]


def variations(values: list[Number]) -> int:
    """How often the sign changes along a list; zeros are left out."""
    signs = [v > 0 for v in values if v]
    return sum(s != t for s, t in zip(signs, signs[1:], strict=False))
