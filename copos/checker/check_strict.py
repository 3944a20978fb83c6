"""Strict claims about a matrix on the nonnegative orthant: x'Mx > 0 for x ≥ 0, x ≠ 0. Standard library only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

try:
    from copos.checker import check_matrix as matrices
    from copos.checker import check_reading as read
    from copos.checker.check_reading import Number, Rejected
except ImportError:  # run as a plain file, without the package
    import check_matrix as matrices  # type: ignore[no-redef]
    import check_reading as read  # type: ignore[no-redef]
    from check_reading import Number, Rejected  # type: ignore[no-redef]

Test = Callable[[list[list[Number]], Any], str]  # of copositivity


def strictly_copositive(M: list[list[Number]], proof: Any, copositive: Test = matrices.copositive) -> str:
    """M − vE is copositive for some v > 0, so x'Mx ≥ v(Σx)²."""
    p = read.fields(proof, "proof", "margin copositive")
    v = read.number(p["margin"], "margin")
    if v <= 0:
        raise Rejected("the margin must be positive")
    copositive([[m - v for m in row] for row in M], p["copositive"])
    return f"the {len(M)}×{len(M)} matrix M is strictly copositive: x'Mx > 0 for every x ≥ 0, x ≠ 0"


def not_strictly_copositive(M: list[list[Number]], proof: Any, vector: Callable[..., list[Any]] = read.vector) -> str:
    """An x ≥ 0, x ≠ 0, with x'Mx ≤ 0; `vector` reads x."""
    x = vector(read.fields(proof, "proof", "point")["point"], "point", len(M))
    if min(x) < 0 or not any(x):
        raise Rejected("the point must be nonnegative and not zero")
    if sum(a * matrices.inner(row, x) for a, row in zip(x, M, strict=True)) > 0:
        raise Rejected("x'Mx is positive")
    return f"the {len(M)}×{len(M)} matrix M is not strictly copositive: x'Mx ≤ 0 at a point x ≥ 0, x ≠ 0"
