"""Stationary points of forms whose entries have hundreds of bits, without elimination on numbers that grow.

Two short ways: the form rounded to `KEPT` bits has nearly the same point, and only signs are asked of it; and where the
point is a zero, or a direction along which nothing changes, it spans the kernel of [A_S, −1], whose short integers are
found one digit to the base P after the other [Dixon1982]. Both are verified on the integers as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import isqrt, lcm

from copos.arithmetic import exact
from copos.arithmetic.exact import Integers, Stationary

LONG = 512  # bits of an entry from which on this is quicker
KEPT = 320  # bits of a rounded entry
SHORT = 96  # bits of a rounded point
P = (1 << 61) - 1  # a prime
DIGITS = (4, 8, 16, 32, 64)  # after which a kernel is looked at


class LongIntegers:
    """`stationary` for the supports of one matrix; what a support was found to have is kept."""

    def __init__(self, A: Integers) -> None:
        self.A = A
        size = max((abs(v).bit_length() for row in A for v in row), default=0)
        self.long = size > LONG
        shift = max(0, size - KEPT)
        self.rounded = [[v >> shift for v in row] for row in A] if self.long else A
        self.found: dict[tuple[int, ...], Stationary | list[int] | None] = {}

    def stationary(self, support: Sequence[int]) -> Stationary | list[int]:
        """x with Σx > 0 and (Ax)_S all of the sign of `value`, zero if that is; or a direction d'Ad ≤ 0, Σd = 0, d ≠ 0.

        >>> LongIntegers([[1 << 600, 0], [0, 1 << 601]]).stationary([0, 1]).x
        [2, 1]
        """
        return self.quickly(support) or exact.stationary(self.A, support)

    def quickly(self, support: Sequence[int]) -> Stationary | list[int] | None:
        """The same by the short ways, where the entries are long; None if neither leads to the end."""
        if not self.long:
            return exact.stationary(self.A, support)
        order = sorted(support)
        key = tuple(order)
        if key not in self.found:
            part = [[self.A[i][j] for j in order] for i in order]
            self.found[key] = self._nearly(part, order) or kernel_point(part)
        found = self.found[key]
        if found is None:
            return None
        place = {i: k for k, i in enumerate(order)}
        x = found.x if isinstance(found, Stationary) else found
        x = [x[place[i]] for i in support]
        return Stationary(x, found.value) if isinstance(found, Stationary) else x

    def _nearly(self, part: Integers, order: list[int]) -> Stationary | list[int] | None:
        """The point or direction of the rounded form, if the form itself has the same signs there."""
        near = exact.stationary(self.rounded, order)
        if not isinstance(near, Stationary):
            d = shorter(near)
            d[0] -= sum(d)
            return d if any(d) and exact.form(part, d) <= 0 else None
        x = shorter(near.x)
        signs = {(v > 0) - (v < 0) for v in times(part, x)}
        return Stationary(x, signs.pop()) if len(signs) == 1 and 0 not in signs and sum(x) > 0 else None


def shorter(x: Sequence[int]) -> list[int]:
    """The entries rounded alike, the largest to `SHORT` bits."""
    shift = max(abs(v).bit_length() for v in x) - SHORT
    return [(v + (1 << shift - 1)) >> shift for v in x] if shift > 0 else list(x)


def times(A: Integers, x: Sequence[int]) -> list[int]:
    """Ax."""
    return [sum(a * c for a, c in zip(row, x, strict=True)) for row in A]


def kernel_point(part: Integers) -> Stationary | list[int] | None:
    """From the kernel of [A, −1] if that is a line of short integers: x with Ax = v·1, or a direction if Σx = 0.

    >>> kernel_point([[1, -1], [-1, 1]])
    Stationary(x=[1, 1], value=0)
    """
    z = short_kernel([[*row, -1] for row in part])
    if z is None:
        return None
    total = sum(z[:-1])
    if total == 0:  # d'Ad = v Σd = 0
        return exact.primitive(z[:-1])
    sign = 1 if total > 0 else -1
    return Stationary(exact.primitive([sign * c for c in z[:-1]]), (sign * z[-1] > 0) - (sign * z[-1] < 0))


def short_kernel(rows: Integers) -> list[int] | None:
    """An integer z ≠ 0 with rows·z = 0, for n rows of n + 1 integers of rank n modulo P; None if there is no short one.

    With z_f = 1 the others solve K y = −k_f: y = Σ y_i P^i, y_i = K⁻¹r_i mod P, r_{i+1} = (r_i − K y_i)/P.

    >>> short_kernel([[1, 2, 3], [4, 5, 6]])
    [1, -2, 1]
    """
    n = len(rows)
    found = inverse_modulo(rows)
    if found is None:
        return None
    inverse, free = found
    K = [[v for j, v in enumerate(row) if j != free] for row in rows]
    r = [-row[free] for row in rows]
    y, power = [0] * n, 1
    for step in range(1, DIGITS[-1] + 1):
        last = [b % P for b in r]
        digit = [sum(a * b for a, b in zip(row, last, strict=True)) % P for row in inverse]
        r = [(b - c) // P for b, c in zip(r, times(K, digit), strict=True)]
        y = [a + power * c for a, c in zip(y, digit, strict=True)]
        power *= P
        if step in DIGITS:
            z = [recognised(v, power) for v in y]
            if None not in z:
                whole = [v for v in z if v is not None]
                whole.insert(free, Fraction(1))
                d = lcm(*(v.denominator for v in whole))
                out = exact.primitive([v.numerator * (d // v.denominator) for v in whole])
                if not any(times(rows, out)):
                    return out
    return None


def inverse_modulo(rows: Integers) -> tuple[Integers, int] | None:
    """(K⁻¹ mod P, f), K being the columns without f, which depends on those before it; None if the rank is less."""
    n = len(rows)
    work = [[*(v % P for v in row), *(int(i == k) for k in range(n))] for i, row in enumerate(rows)]
    pivots: list[int] = []
    for j in range(n + 1):
        k = len(pivots)
        p = next((i for i in range(k, n) if work[i][j]), None)
        if p is None:
            continue
        work[k], work[p] = work[p], work[k]
        unit = pow(work[k][j], -1, P)
        top = work[k] = [v * unit % P for v in work[k]]
        for i, row in enumerate(work):
            if i != k and (c := row[j]):
                work[i] = [(v - c * t) % P for v, t in zip(row, top, strict=True)]
        pivots.append(j)
    if len(pivots) < n:
        return None
    (free,) = set(range(n + 1)) - set(pivots)
    return [row[n + 1 :] for row in work], free


def recognised(v: int, modulus: int) -> Fraction | None:
    """The p/q with p ≡ qv and |p|, q ≤ √(modulus/2), if there is one.

    >>> recognised(pow(3, -1, 101) * 2 % 101, 101)
    Fraction(2, 3)
    """
    most = isqrt(modulus // 2)
    a, b, s, t = modulus, v % modulus, 0, 1
    while b > most:
        q = a // b
        a, b, s, t = b, a - q * b, t, s - q * t
    return Fraction(b, t) if t and abs(t) <= most else None
