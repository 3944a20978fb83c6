"""A proof whose identity is in other units: the program with x = D x', Y = 2^t D Y' D, D diagonal, powers of two.

Every form is divided by a power of two of its own, every block of the cone becomes 2^σ T B T with T = diag(2^τ): for
the rational program p' that is made here <C', Y'> = 2^(-c - t) <C, Y> over the same Y, so a bound of p' is one of p,
times 2^(c + t). All of it is exact, whatever the exponents are. Standard library only; part of the checker.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

try:
    from copos.checker import check_identity as identity
    from copos.checker import check_reading as read
    from copos.checker.check_reading import Number, Unreadable, short
except ImportError:  # run as a plain file, without the package
    import check_identity as identity  # type: ignore[no-redef]
    import check_reading as read  # type: ignore[no-redef]
    from check_reading import Number, Unreadable, short  # type: ignore[no-redef]

KEYS = "coordinates objective value equations vanishing generators unit blocks"
MOST = 4_000  # of an exponent


def applied(p: identity.Program, proof: Any) -> tuple[identity.Program, Any, Fraction]:
    """(p', the rest of the proof, 2^(c + t)); p itself where the proof names no other units."""
    if type(proof) is not dict or "scaling" not in proof:
        return p, proof, Fraction(1)
    s = read.fields(proof["scaling"], "scaling", KEYS)
    d = exponents(s["coordinates"], "coordinates", p.dim)
    c, t, e = (read.whole(s[key], key, -MOST, MOST) for key in ("objective", "value", "unit"))
    blocks = []
    shapes = read.items(s["blocks"], "blocks", len(p.blocks))
    for block, n, value in zip(p.blocks, p.orders, shapes, strict=True):
        sigma, *tau = exponents(value, "blocks")
        if tau and len(tau) != n:
            raise Unreadable(f"a block of order {n} has no or {n} exponents of rows")
        tau = tau or [0] * n
        blocks.append({(i, j): [((v,), times(a, d[v] - sigma - tau[i] - tau[j])) for (v,), a in terms]
                       for (i, j), terms in block.items()})  # fmt: skip

    def forms(key: str, old: list[identity.Polynomial]) -> list[identity.Polynomial]:
        less = exponents(s[key], key, len(old))
        return [rescaled(form, d, m) for form, m in zip(old, less, strict=True)]

    sides = [times(b, -m - t) for (_, b), m in zip(p.equations, exponents(s["equations"], "equations"), strict=False)]
    left = forms("equations", [A for A, _ in p.equations])
    q = p._replace(
        blocks=blocks, generators=forms("generators", p.generators), unit=rescaled(p.unit, d, e),
        objective=rescaled(p.objective, d, c), equations=list(zip(left, sides, strict=True)),
        vanishing=forms("vanishing", p.vanishing),
    )  # fmt: skip
    return q, {key: value for key, value in proof.items() if key != "scaling"}, Fraction(2) ** (c + t)


def exponents(value: Any, what: str, length: int | None = None) -> list[int]:
    """Integers of bounded size."""
    found = [read.whole(v, what, -MOST, MOST) for v in read.items(value, what, length)]
    if not found and length is None and what == "blocks":
        raise Unreadable("the exponents of a block begin with that of the block")
    return found


def times(a: Number, k: int) -> Number:
    """2^k · a."""
    return short(a * 2**k if k >= 0 else Fraction(a.numerator, a.denominator << -k))


def rescaled(form: identity.Polynomial, d: list[int], less: int) -> identity.Polynomial:
    """2^-less times the form at D x'."""
    return {key: times(c, sum(d[v] for v in key) - less) for key, c in form.items()}
