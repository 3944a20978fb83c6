"""Is a matrix of algebraic numbers copositive? A rational matrix just below decides, and on the boundary the field.

H ≤ M entrywise, H rational: M is copositive if H is, and x'Hx < 0 mostly says x'Mx < 0, too. If neither helps, M is
within 2^-60 of the boundary. Then M = Σ w vv' by elimination in the field, or the tree over supports decides there: it
chooses its vectors in floating point and needs the field only where a kernel vector does.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from copos.arithmetic import algebraic_matrix, exact, ordered_field, zeros
from copos.arithmetic.algebraic_matrix import Matrix
from copos.arithmetic.number_field import AlgebraicNumber, written
from copos.certificate import Certificate
from copos.decision import cover_tree, decide, scaling
from copos.decision.cover_tree import Progress
from copos.decision.minimum import minimum
from copos.decision.nearby import shifted

FINE = (60, 240, 960)  # bits of rational matrices below, relative to the largest entry
ELIMINATED = 40  # order up to which an elimination in the field is tried

Point = tuple[Any, ...]


class Found(NamedTuple):
    """The fields of a decision."""

    answer: bool | None
    witness: Point | None
    certificate: Certificate | None
    reason: str
    margin: Fraction | None = None


def decided(A: Matrix, strict: bool, deadline: float | None, progress: Progress | None) -> Found:
    """The decision about x'Ax ≥ 0 on x ≥ 0, or about x'Ax > 0 at x ≠ 0."""
    test = _strictly if strict else _plainly
    found = test(A, algebraic_matrix.unit(A), deadline, progress)
    if found.certificate is None:
        return found
    said = found.certificate.verify()
    # floating point chose what the field then tests; the checker has the last word
    return found if said.proved else Found(None, None, None, f"what was found proves nothing: {said.reason}")


def certificate(kind: str, A: Matrix, proof: dict[str, Any]) -> Certificate:
    """A certificate about A."""
    return Certificate(kind, algebraic_matrix.plain(A), proof)


def below(H: list[list[Fraction]], proof: dict[str, Any] | None) -> dict[str, Any]:
    """The proof by a copositive H ≤ A."""
    return {"method": "below", "matrix": [[written(v) for v in row] for row in H], "copositive": proof}


def _plainly(A: Matrix, unit: int, deadline: float | None, progress: Progress | None) -> Found:
    H = algebraic_matrix.below(A, FINE[0] - unit)
    found = decide.copositive(H, deadline, progress)
    if found.answer:
        words = f"a rational matrix just below is: {found.reason}"
        return Found(True, None, certificate("copositive", A, below(H, found.proof)), words)
    if found.point is None:
        return Found(None, None, None, found.reason)
    if exact.form(A, found.point) < 0:
        return _violated(A, found.point, found.reason)
    squares = ordered_field.squares(A) if len(A) <= ELIMINATED else None
    if squares is not None:
        vectors, weights = squares
        proof = {"method": "spn", "factor": [[written(v[i]) for v in vectors] for i in range(len(A))],
                 "weights": [written(w) for w in weights]}  # fmt: skip
        return Found(True, None, certificate("copositive", A, proof), "positive semidefinite, by elimination")
    tree = cover_tree.search(A, deadline, None, progress)
    if isinstance(tree, cover_tree.Violation):
        return _violated(A, tree.point, "the search over supports ends at a negative value")
    if isinstance(tree, cover_tree.Unfinished):
        words = f"time limit: {tree.nodes} supports treated, {tree.waiting} more were waiting"
        return Found(None, None, None, words)
    items = [[what, [written(c) for c in data]] for what, data in tree.items]  # type: ignore[misc]
    words = f"no support violates it: {len(items)} cases cover all, in the number field"
    return Found(True, None, certificate("copositive", A, {"method": "cover", "items": items}), words)


def _violated(A: Matrix, point: Sequence[Any], reason: str) -> Found:
    """No, with a rational point near the one given."""
    bits, x = 8, list(point)
    while any(isinstance(c, AlgebraicNumber) for c in x) or exact.form(A, x) >= 0:
        # x'Ax < 0 at the point itself, and so at all points near it
        x = [max(c.below(bits), Fraction(0)) if isinstance(c, AlgebraicNumber) else c for c in point]
        bits *= 2
    x = exact.primitive(x)
    proof = certificate("not copositive", A, {"point": x})
    return Found(False, tuple(Fraction(c) for c in x), proof, reason)


def _strictly(A: Matrix, unit: int, deadline: float | None, progress: Progress | None) -> Found:
    """Through the minimum on the simplex of a matrix below; a zero is a kernel vector of a principal submatrix."""
    zero = None
    for bits in FINE:
        H = algebraic_matrix.below(A, bits - unit)
        least = minimum(H, deadline, progress, enough=True)
        if least.best > 0:
            if least.value is None:
                return Found(None, None, None, least.reason)
            v = scaling.unit([[least.value]])  # a power of two is short, and inside there is room
            lower = shifted(H, -v)
            proof = {"margin": written(v), "copositive": below(lower, decide.copositive(lower, deadline).proof)}
            words = f"the minimum on the simplex is positive: {least.reason}"
            return Found(True, None, certificate("strictly copositive", A, proof), words, v)
        if exact.form(A, least.point) <= 0:
            return _touched(A, least.point, "x'Mx ≤ 0 at a point of the simplex")
        zero = zero or _zero(A)
        if zero is not None:
            return _touched(A, zero, "x'Mx = 0 at a point with algebraic coordinates")
    return Found(None, None, None, f"the minimum on the simplex is within 2^-{FINE[-1]} of 0, and no zero was found")


def _touched(A: Matrix, x: Sequence[Any], reason: str) -> Found:
    """Not strictly, by a point with x'Ax ≤ 0."""
    proof = {"point": [written(c) for c in x]}
    return Found(False, tuple(x), certificate("not strictly copositive", A, proof), reason)


def _zero(A: Matrix) -> list[Any] | None:
    """A minimal zero: the positive kernel of a principal submatrix of corank one [Hildebrand2014]."""
    n = len(A)
    size = max(abs(v) for row in A for v in row)
    F = np.array([[float(v / size) for v in row] for row in A])
    for I, _ in zeros.singular_parts(F, zeros.SHARP):
        kernel = ordered_field.null_space([[A[i][j] for j in I] for i in I])
        if len(kernel) == 1 and (all(v > 0 for v in kernel[0]) or all(v < 0 for v in kernel[0])):
            return [abs(kernel[0][I.index(i)]) if i in I else Fraction(0) for i in range(n)]
    return None
