"""Polynomials in one variable with rational coefficients, lowest power first: division, gcd, real roots."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from math import cos, lcm, pi

Rational = int | Fraction
Polynomial = Sequence[Rational]


def stripped(f: Polynomial) -> list[Rational]:
    """Without leading zeros."""
    n = len(f)
    while n and not f[n - 1]:
        n -= 1
    return list(f[:n])


def value(f: Polynomial, x: Rational) -> Fraction:
    """f(x).

    >>> value([1, 0, 2], Fraction(1, 2))
    Fraction(3, 2)
    """
    total = Fraction(0)
    for c in reversed(f):
        total = total * x + c
    return total


def plus(f: Polynomial, g: Polynomial) -> list[Rational]:
    """f + g."""
    longer, shorter = (f, g) if len(f) >= len(g) else (g, f)
    return stripped([*(a + b for a, b in zip(longer, shorter, strict=False)), *longer[len(shorter) :]])


def product(f: Polynomial, g: Polynomial) -> list[Rational]:
    """f·g."""
    out: list[Rational] = [0] * max(len(f) + len(g) - 1, 0)
    for i, a in enumerate(f):
        if a:
            for j, b in enumerate(g):
                out[i + j] += a * b
    return stripped(out)


def divided(f: Polynomial, g: Polynomial) -> tuple[list[Rational], list[Rational]]:
    """(q, r) with f = q·g + r, deg r < deg g.

    >>> divided([1, 0, 2], [1, 1])
    ([Fraction(-2, 1), Fraction(2, 1)], [Fraction(3, 1)])
    """
    rest, n = stripped(f), len(g)
    quotient: list[Rational] = [Fraction(0)] * max(len(rest) - n + 1, 0)
    for shift in reversed(range(len(quotient))):
        c = Fraction(rest[shift + n - 1]) / g[-1]
        quotient[shift] = c
        if c:
            for k, b in enumerate(g):
                rest[shift + k] -= c * b
    return quotient, stripped(rest[: n - 1])


def remainder(f: Polynomial, g: Polynomial) -> list[Rational]:
    """f mod g."""
    return divided(f, g)[1] if len(f) >= len(g) else stripped(f)


def quotient(f: Polynomial, g: Polynomial) -> list[Rational]:
    """f / g, without its remainder."""
    return divided(f, g)[0]


def monic(f: Polynomial) -> list[Rational]:
    """f over its leading coefficient."""
    return [Fraction(c) / f[-1] for c in f]


def gcd(f: Polynomial, g: Polynomial) -> list[Rational]:
    """The monic greatest common divisor.

    >>> gcd([-1, 0, 1], [1, 1])
    [Fraction(1, 1), Fraction(1, 1)]
    """
    a, b = stripped(f), stripped(g)
    while b:
        a, b = b, remainder(a, b)
        b = monic(b) if b else b
    return monic(a)


def inverse(f: Polynomial, g: Polynomial) -> list[Rational]:
    """h with f·h ≡ 1 mod g, for f prime to g.

    >>> inverse([1, 1], [-2, 0, 1])
    [Fraction(-1, 1), Fraction(1, 1)]
    """
    a, b = stripped(g), remainder(f, g)
    s: list[Rational] = []
    t: list[Rational] = [Fraction(1)]
    while len(b) > 1:
        q, r = divided(a, b)
        a, b, s, t = b, r, t, plus(s, [-c for c in product(q, t)])
    if not b:
        raise ZeroDivisionError("the polynomials have a common divisor")
    return remainder([Fraction(c) / b[0] for c in t], g)


def roots(f: Polynomial, a: Rational, b: Rational) -> int:
    """How many different roots f has in (a, b], by Sturm's theorem; f must not vanish at a.

    >>> roots([-2, 0, 1], 0, 2), roots([1, 0, 1], -5, 5), roots([1, -2, 1], 0, 2)
    (1, 0, 1)
    """
    chain = [stripped(f)]
    following = stripped([k * c for k, c in enumerate(chain[0])][1:])
    while following:
        chain.append([Fraction(c) / abs(following[-1]) for c in following])
        following = [-c for c in remainder(chain[-2], chain[-1])]
    return _changes([value(g, a) for g in chain]) - _changes([value(g, b) for g in chain])


def _changes(values: Sequence[Rational]) -> int:
    signs = [v > 0 for v in values if v]
    return sum(s != t for s, t in zip(signs, signs[1:], strict=False))


def bisected(f: Polynomial, ends: Sequence[Fraction], width: Fraction) -> tuple[Fraction, Fraction]:
    """A part (l, u), u − l ≤ width, of an interval that has one root of f, where f changes its sign, with that root.

    On a grid of powers of two: the ends stay short.
    """
    low, high = ends
    positive = value(f, low) > 0
    d = lcm(*(c.denominator for c in f))
    whole = [int(c * d) for c in f]
    while high - low > width:
        middle = (low + high) / 2
        # over powers of the denominator all is in integers
        x, y, total, power = middle.numerator, middle.denominator, 0, 1
        for c in reversed(whole):
            total, power = total * x + c * power, power * y
        if not total:
            return middle, middle
        low, high = (middle, high) if (total > 0) == positive else (low, middle)
    return low, high


def isolated(f: Polynomial, x: Fraction, finest: int = 48) -> tuple[Fraction, Fraction] | None:
    """An interval around x with a single root of f, where f changes its sign; None if there seems to be none.

    >>> isolated([-2, 0, 1], Fraction(7, 5))
    (Fraction(3, 8), Fraction(19, 8))
    """
    for k in range(finest):
        radius = Fraction(1, 1 << k)
        middle = Fraction(round(x * (8 << k)), 8 << k)
        low, high = middle - radius, middle + radius
        if value(f, low) * value(f, high) < 0 and roots(f, low, high) == 1:
            return low, high
    return None


# ---- cosines of parts of π --------------------------------------------------------------------------------------


@cache
def cyclotomic(n: int) -> tuple[int, ...]:
    """Φ_n: x^n − 1 over all Φ_d, d < n a divisor.

    >>> cyclotomic(6)
    (1, -1, 1)
    """
    f: list[Rational] = [-1, *[0] * (n - 1), 1]
    for d in range(1, n):
        if n % d == 0:
            f = quotient(f, cyclotomic(d))
    return tuple(int(c) for c in f)


def cosine(m: int) -> list[int]:
    """The minimal polynomial of 2 cos(π/m) = z + 1/z, Φ_2m(z) = 0: z^k + z^−k = L_k, L_k = x L_(k−1) − L_(k−2).

    >>> cosine(5), cosine(7)
    ([-1, -1, 1], [1, -2, -1, 1])
    """
    if m == 1:
        return [2, 1]
    f = cyclotomic(2 * m)
    half = len(f) // 2
    before, last = [2], [0, 1]
    out: list[Rational] = [f[half]]
    for k in range(1, half + 1):
        out = plus(out, [f[half - k] * c for c in last])
        before, last = last, plus([0, *last], [-c for c in before])
    return [int(c) for c in out]


def cosine_value(m: int) -> float:
    """2 cos(π/m)."""
    return 2 * cos(pi / m)
