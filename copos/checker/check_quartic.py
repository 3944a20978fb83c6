"""Training of two-layer networks whose activation is a polynomial of degree up to four: bounds and networks.

    min over m, α_j, ‖u_j‖ = 1   ½ Σ_i (Σ_j α_jσ(x_i'u_j) − y_i)² + β Σ_j |α_j|  ≥  r'y − ½‖r‖²
    for every r with  |p(u)| ≤ β for all ‖u‖ = 1,     p(u) = Σ_i r_iσ(x_i'u)

On the sphere 1 = ‖u‖², so p is a form of degree four and one of degree three there. With z the monomials of degree two,
then those of degree one, and an integer matrix B

    τ − s·p(u) = ‖B'z(u)‖²/4^k + e(u) on the sphere for the sign s, e = Σ e_au^a,

hence s·p(u) ≤ τ + Σ|e_a|, as |u^a| ≤ 1 there. The checker forms p and e exactly. A network is given by rational u_j of
length one.
Standard library only; part of the checker.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations_with_replacement
from math import factorial
from typing import Any, NamedTuple

try:
    from copos.checker import check_reading as read
    from copos.checker.check_data import Data
    from copos.checker.check_one_output import multiplier, tables, widest
    from copos.checker.check_reading import Number, Rejected, Unreadable, show
    from copos.checker.check_relu import common
except ImportError:  # run as a plain file, without the package
    import check_reading as read  # type: ignore[no-redef]
    from check_data import Data  # type: ignore[no-redef]
    from check_one_output import multiplier, tables, widest  # type: ignore[no-redef]
    from check_reading import Number, Rejected, Unreadable, show  # type: ignore[no-redef]
    from check_relu import common  # type: ignore[no-redef]

TYPE = "quartic network"
DIMENSION = 12  # of inputs
DEGREE = 4
Form = dict[tuple[int, ...], Number]  # sorted variables of a monomial ↦ its coefficient


class Asked(NamedTuple):
    """X = rows/bottom, targets, σ(z) = Σ_j c_jz^j and β."""

    rows: list[list[int]]
    bottom: int
    y: list[Number]
    sigma: list[Number]
    beta: Number

    def words(self) -> str:
        """The objective and its data."""
        sigma = ", ".join(map(show, self.sigma))
        return (f"½ Σ (f(x_i) − y_i)² + β Σ|α_j| over the networks f = Σ α_jσ(x'u_j), ‖u_j‖ = 1, of any width, β = "
                f"{show(self.beta)}, σ with the coefficients {sigma} of 1, z, …, {len(self.y)} samples with "
                f"{len(self.rows[0])} inputs")  # fmt: skip


def asked(value: Any, data: Data) -> Asked:
    """Read a problem of type "quartic network"."""
    p = read.fields(value, TYPE, "type X Y activation beta")
    rows, bottom, y, beta = tables(p, data)
    if len(rows[0]) > DIMENSION:
        raise Unreadable(f"a network of degree four has at most {DIMENSION} inputs")
    sigma = read.vector(p["activation"], "activation", DEGREE + 1)
    return Asked(rows, bottom, y, sigma, beta)


def monomials(d: int, degree: int) -> list[tuple[int, ...]]:
    """Sorted variables of all monomials of a degree."""
    return list(combinations_with_replacement(range(d), degree))


def lower_bound(a: Asked, proof: Any) -> str:
    """r'y − ½‖r‖² for the multiplier of the proof."""
    read.fields(proof, "proof", "value bits multiplier scale sides")
    value, whole, bits = multiplier(a.y, proof)
    k = read.whole(proof["scale"], "scale", 0, read.BITS)
    p = multiplied(a, whole, bits)
    for sign, side in zip((1, -1), read.items(proof["sides"], "sides", 2), strict=True):
        side = read.fields(side, "side", "top squares")
        top = read.number(side["top"], "top")
        if top + remainder(len(a.rows[0]), {key: -sign * c for key, c in p.items()}, top, side["squares"], k) > a.beta:
            raise Rejected("|Σ r_iσ(x_i'u)| is not shown to be at most β on the sphere")
    return f"{show(value, -1)} ≤ {a.words()}"


def multiplied(a: Asked, whole: list[int], bits: int) -> Form:
    """Σ_i r_iσ(x_i'u) as a form of degree four and one of degree three, with ‖u‖² in the place of 1."""
    d = len(a.rows[0])
    every = [monomials(d, degree) for degree in range(DEGREE + 1)]
    count = sum(map(len, every))
    wide = widest(v for row in (*a.rows, whole) for v in row)
    read.spend(2 * count * len(a.rows), "a sum over samples", 5 * wide)
    sums = [dict.fromkeys(part, 0) for part in every]
    for row, n in zip(a.rows, whole, strict=True):
        if not n:
            continue
        powers: dict[tuple[int, ...], int] = {(): n}
        for total in sums:
            for key in total:
                if key:
                    powers[key] = powers[key[:-1]] * row[key[-1]]
                total[key] += powers[key]
    out: Form = {}
    for degree, (total, c) in enumerate(zip(sums, a.sigma, strict=True)):
        if not c:
            continue
        share = c / Fraction(a.bottom**degree << bits)
        part: Form = {key: share * (v * arrangements(key)) for key, v in total.items() if v}
        while len(next(iter(part), (0,) * DEGREE)) < DEGREE - 1:
            part = lifted(part, d)
        add(out, part)
    return out


def arrangements(key: tuple[int, ...]) -> int:
    """In how many orders its variables can stand."""
    out = factorial(len(key))
    for v in set(key):
        out //= factorial(key.count(v))
    return out


def lifted(part: Form, d: int) -> Form:
    """Times ‖u‖²."""
    out: Form = {}
    for key, c in part.items():
        add(out, {tuple(sorted((*key, v, v))): c for v in range(d)})
    return out


def add(out: Form, part: Form) -> None:
    """out += part."""
    for key, c in part.items():
        out[key] = out.get(key, 0) + c


def remainder(d: int, form: Form, top: Number, squares: Any, k: int) -> Number:
    """Σ|e_a| for e = top‖u‖⁴ + form − ‖B'z‖²/4^k, on the sphere."""
    z = [*monomials(d, 2), *monomials(d, 1)]
    B = read.integers(squares, "squares", len(z))
    if len(B[0]) > len(z):
        raise Unreadable("squares has more columns than rows")
    read.spend(len(z) ** 2 * (len(B[0]) + 4 * d), "squares", widest(v for row in B for v in row))
    e = dict(form)
    add(e, lifted(lifted({(): top}, d), d))
    for i, left in enumerate(z):
        for j, right in enumerate(z[: i + 1]):
            g = sum(map(int.__mul__, B[i], B[j]))
            if g:
                part: Form = {tuple(sorted(left + right)): Fraction(-g << (i != j), 1 << (2 * k))}
                add(e, part if len(left) + len(right) > 2 else lifted(part, d))
    return sum(map(abs, e.values()), Fraction(0))


def attained(a: Asked, proof: Any) -> str:
    """The objective of a network with first layers of length one, exactly."""
    read.fields(proof, "proof", "value u alpha")
    value = read.number(proof["value"], "value")
    u = [read.vector(row, "u", len(a.rows[0])) for row in read.items(proof["u"], "u")]
    alpha = read.vector(proof["alpha"], "alpha", len(u))
    bottoms = [common(row) for row in u]
    whole = [[int(v * b) for v in row] for row, b in zip(u, bottoms, strict=True)]
    if any(sum(v * v for v in row) != b * b for row, b in zip(whole, bottoms, strict=True)):
        raise Rejected("a first layer has not the length one")
    wide = DEGREE * (widest(bottoms) + widest([a.bottom]))
    wide += widest(v for s in (*a.sigma, *alpha, *a.y) for v in sides(s))
    read.spend((len(u) + 1) * len(a.y) * (len(a.rows[0]) + 40) * (1 + wide // read.WIDE), "a network", wide)
    total = Fraction(0)
    for row, t in zip(a.rows, a.y, strict=True):
        f: Number = 0
        for w, b, c in zip(whole, bottoms, alpha, strict=True):
            at, answer = Fraction(sum(map(int.__mul__, row, w)), a.bottom * b), Fraction(0)
            for s in reversed(a.sigma):
                answer = answer * at + s
            f += c * answer
        total += (f - t) ** 2
    total = total / 2 + a.beta * sum(map(abs, alpha))
    if value < total:
        raise Rejected(f"the objective of the network is {show(total)}, not {show(value)}")
    return f"{show(value, 1)} ≥ the minimum of {a.words()}: a network of {len(u)} neurons has it"


def sides(v: Number) -> tuple[int, int]:
    """Numerator and denominator."""
    return v.numerator, v.denominator
