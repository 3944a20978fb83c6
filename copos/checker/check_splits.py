"""Products of two neighbours, (t − k)(t − k − 1) ≥ 0 for integers t and k.

Let c·(x_v² − x_hx_v) be among the vanishing forms for every v of a form t = Σ f_vx_v with integers f_v. At an atom with
x_h ≠ 0 every such x_v is 0 or x_h, so that t = jx_h for an integer j; at one with x_h = 0 all of them are 0. Hence

    (t − kx_h)(t − (k + 1)x_h) = x_h²(j − k)(j − k − 1) ≥ 0      for every integer k,

and so is a product of it with blocks of order one, which are nonnegative. Standard library only; part of the checker.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

try:
    from copos.checker import check_reading as read
    from copos.checker.check_reading import Number, Rejected
except ImportError:  # run as a plain file, without the package
    import check_reading as read  # type: ignore[no-redef]
    from check_reading import Number, Rejected  # type: ignore[no-redef]

Monomial = tuple[int, ...]
WHOLE = 2**62  # of the coefficients f_v, and of k


def contributions(value: Any, p: Any, degree: int) -> Iterator[tuple[int, Monomial, Number]]:
    """Σ w/2^bits · b_k1(x) ⋯ b_kℓ(x) · (t − kx_h)(t − (k + 1)x_h), w ≥ 0, degree ℓ + 2, as (bits, monomial, c)."""
    term = read.fields(value, "term", "splits", "bits")
    bits = read.whole(term.get("bits", 0), "bits", 0, read.BITS)
    known = binaries(p)
    for item in read.items(term["splits"], "splits"):
        *blocks, h, k, form, w = read.items(item, "split", degree + 2)
        w = read.number(w, "weight of a split")
        if w < 0:
            raise Rejected("a weight of a split is negative")
        k, h = read.whole(k, "integer of a split", -WHOLE, WHOLE), read.whole(h, "variable", 0, p.dim - 1)
        t = []
        for pair in read.items(form, "form of a split"):
            v, f = read.items(pair, "entry of a split", 2)
            v, f = read.whole(v, "variable", 0, p.dim - 1), read.whole(f, "entry of a split", -WHOLE, WHOLE)
            if (v, h) not in known:
                raise Rejected("a split has a variable that is not 0 or x_h at every atom")
            t.append((v, f))
        factors: list[tuple[Monomial, Number]] = [((), w)]
        for b in blocks:
            if p.orders[read.whole(b, "block", 0, len(p.blocks) - 1)] != 1:
                raise Rejected("a split has a block that is a matrix")
            factors = [(key + v, c * d) for key, c in factors for v, d in p.blocks[b].get((0, 0), [])]
        read.spend(read.EXPANDED * len(factors) * (len(t) + 2) ** 2 // 2, "splits")
        for key, c in factors:
            for u, v, g in expanded(t, h, k):
                yield bits, tuple(sorted((*key, u, v))), c * g


def expanded(t: list[tuple[int, int]], h: int, k: int) -> Iterator[tuple[int, int, int]]:
    """(t − kx_h)(t − (k + 1)x_h) = t² − (2k + 1)x_ht + k(k + 1)x_h² as coefficients of x_ux_v."""
    yield h, h, k * (k + 1)
    for at, (u, f) in enumerate(t):
        yield h, u, -(2 * k + 1) * f
        yield u, u, f * f
        for v, g in t[:at]:
            yield u, v, 2 * f * g


def binaries(p: Any) -> set[tuple[int, int]]:
    """The (v, h) for which a multiple of x_v² − x_hx_v is among the vanishing forms."""
    found = set()
    for form in p.vanishing:
        if len(form) != 2 or sum(form.values()):
            continue
        for square, other in (tuple(form), tuple(form)[::-1]):
            v = square[0]
            if square == (v, v) and other.count(v) == 1:
                found.add((v, other[0] + other[1] - v))
    return found
