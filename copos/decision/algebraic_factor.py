"""Is a matrix of algebraic numbers completely positive? Rational matrices on both sides, and exact factors between.

With L rational, M − L nonnegative and diagonally dominant: a factor of L is one of M. The cone is closed, so what is
outside of it is so with all that is near, and a separator H of a rational U, U − M such a matrix, says
<H, M> ≤ <H, U> < 0. What is left is on the boundary: eliminations and combinations of vectors in the field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import combinations
from math import comb
from typing import Any, NamedTuple

import numpy as np

from copos.arithmetic import algebraic_matrix, ordered_field
from copos.arithmetic.algebraic_matrix import Matrix
from copos.certificate import Certificate
from copos.decision import combination, factor
from copos.decision.algebraic import certificate, written

FINE = (50, 150)  # bits of the rational matrices on both sides, relative to the largest entry
RAYS = 3_000  # sets of rows tried for extreme rays of the range

Rationally = Callable[[list[list[Fraction]]], Any]  # the decision about a rational matrix
Term = tuple[Any, Sequence[Any]]


class Found(NamedTuple):
    """The first fields of a decision, and bounds on the cp-rank."""

    answer: bool | None
    factor: tuple[tuple[Any, Any], ...] | None
    separator: tuple[tuple[Fraction, ...], ...] | None
    certificate: Certificate | None
    reason: str
    cp_rank: tuple[int, int] | None = None


def decided(A: Matrix, rationally: Rationally, rng: np.random.Generator, deadline: float | None) -> Found:
    """The decision about A; `rationally` decides about a rational matrix."""
    unit = algebraic_matrix.unit(A)
    inside = rationally(near(A, FINE[0] - unit, -1))
    if inside.answer:
        return _yes(A, inside.factor, f"a rational matrix just inside is: {inside.reason}")
    if inside.answer is False and _product(inside.separator, A) < 0:
        return _no(A, inside)
    for reason, terms in _exactly(A, rng, deadline):
        if terms is not None:
            return _yes(A, terms, f"{reason}, in the number field")
    # what is not semidefinite is seen to be so, however little; other matrices are not worth a second look
    for bits in FINE if ordered_field.squares(A) is None else FINE[:1]:
        outside = rationally(near(A, bits - unit, 1))
        if outside.answer is False:
            return _no(A, outside)
    words = "no factor was found in the number field"
    undecided = next((found for found in (inside, outside) if found.answer is None), None)
    words += "; near or on the boundary" if undecided is None else f"; of a rational matrix near by: {undecided.reason}"
    return Found(None, None, None, None, words)


def near(A: Matrix, bits: int, side: int) -> list[list[Fraction]]:
    """A rational matrix with side·(it − A) nonnegative and diagonally dominant, entries within 2n·2^−bits.

    >>> from copos.arithmetic.number_field import NumberField
    >>> r = NumberField([-2, 0, 1], (1, 2)).root
    >>> near([[1 + 0 * r, r], [r, 2 + 0 * r]], 2, -1)
    [[Fraction(1, 2), Fraction(5, 4)], [Fraction(5, 4), Fraction(3, 2)]]
    """
    n = len(A)
    out = [[side * -(-side * v).below(bits) for v in row] for row in A]
    for i in range(n):
        moved = sum(A[i][j].rational is None for j in range(n) if j != i)
        out[i][i] += side * moved * 2 * Fraction(2) ** -bits
    return out


def _exactly(
    A: Matrix, rng: np.random.Generator, deadline: float | None
) -> Iterator[tuple[str, Sequence[Term] | None]]:
    """Ways to a factor in the field."""
    if factor.dominant(A):
        yield "nonnegative and diagonally dominant", []
    if ordered_field.squares(A) is None:
        return
    found = factor.triangle_free(A)
    yield "a graph without triangles", None if found is None else found[0]
    yield "Schur complements without a negative entry", factor.eliminate(A, deadline=deadline)
    if len(A) == 4:
        yield "order four", factor.order_four(A)
    R = combination.Range.of(A)
    if R is not None:
        yield "a combination of extreme rays of the range", combination.combine(R, extreme_rays(R), rng)
    yield "a combination of vectors of the range", combination.boundary(A, rng, deadline=deadline)


def extreme_rays(R: combination.Range) -> list[list[Any]]:
    """v with Fv ≥ 0 and zeros that determine it: the extreme rays of range ∩ {x ≥ 0}, in the coordinates of R."""
    n, r = len(R.F), R.rank
    if r == n or comb(n, r - 1) > RAYS:
        return []
    out: list[list[Any]] = []
    seen: set[tuple[int, ...]] = set()
    for rows in combinations(range(n), r - 1):
        kernel = ordered_field.null_space([R.F[i] for i in rows]) if rows else [[Fraction(1)]]
        if len(kernel) != 1:
            continue
        for v in (kernel[0], [-c for c in kernel[0]]):
            x = R.lifted(v)
            if min(x) >= 0 and (at := tuple(i for i, c in enumerate(x) if not c)) not in seen:
                seen.add(at)
                out.append(v)
    return out


def _yes(A: Matrix, terms: Sequence[Term], reason: str) -> Found:
    """With the terms of the remainder, which is nonnegative and diagonally dominant."""
    n = len(A)
    columns = [list(b) for _, b in terms] or [[0] * n]
    weights = [w for w, _ in terms] or [0]
    proof = {"factor": [[written(b[i]) for b in columns] for i in range(n)], "weights": [written(w) for w in weights]}
    whole = [*terms, *_rest(A, terms)]
    found = ordered_field.squares(A)
    rank = n if found is None else len(found[0])
    shown = tuple((w, tuple(b)) for w, b in whole)
    return Found(True, shown, None, certificate("completely positive", A, proof), reason, (rank, len(whole)))


def _rest(A: Matrix, terms: Sequence[Term]) -> list[Term]:
    """A − Σ w bb' as a sum of multiples of (e_i + e_j)(e_i + e_j)' and e_ie_i'."""
    n, out = len(A), []
    R = [[A[i][j] - sum(w * b[i] * b[j] for w, b in terms) for j in range(n)] for i in range(n)]
    for i in range(n):
        out += [(R[i][j], [int(k in (i, j)) for k in range(n)]) for j in range(i) if R[i][j]]
        left = R[i][i] - sum(R[i][j] for j in range(n) if j != i)
        if left:
            out.append((left, [int(k == i) for k in range(n)]))
    return out


def _no(A: Matrix, found: Any) -> Found:
    """By a separator of a rational matrix near by."""
    proof = {key: found.certificate.proof[key] for key in ("separator", "copositive")}
    made = certificate("not completely positive", A, proof)
    return Found(False, None, found.separator, made, found.reason)


def _product(H: Sequence[Sequence[Fraction]], A: Matrix) -> Any:
    """<H, A>."""
    return sum(h * a for g, row in zip(H, A, strict=True) for h, a in zip(g, row, strict=True) if h)

