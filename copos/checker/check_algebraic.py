"""Claims about a matrix whose entries are real algebraic numbers. Standard library only.

Strict claims hold for a rational matrix near by, which proves them: M ≥ H entrywise and H copositive, a rational point
with x'Mx < 0, a rational separator. What holds with equality somewhere is proved in the field: squares, a cover by
supports, a zero, a factor, whose numbers are algebraic as well.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

try:
    from copos.checker import check_matrix as matrices
    from copos.checker import check_number_field as fields
    from copos.checker import check_reading as read
    from copos.checker import check_strict as strict
    from copos.checker.check_number_field import Field
    from copos.checker.check_reading import Rejected, Unreadable
except ImportError:  # run as a plain file, without the package
    import check_matrix as matrices  # type: ignore[no-redef]
    import check_number_field as fields  # type: ignore[no-redef]
    import check_reading as read  # type: ignore[no-redef]
    import check_strict as strict  # type: ignore[no-redef]
    from check_number_field import Field  # type: ignore[no-redef]
    from check_reading import Rejected, Unreadable  # type: ignore[no-redef]

TYPE = "algebraic matrix"
Rows = list[list[Any]]


class Subject(NamedTuple):
    """A matrix with entries of Q(α)."""

    field: Field
    rows: Rows

    def vector(self, value: Any, what: str, length: int | None = None) -> list[Any]:
        """A list of numbers of the field."""
        return [fields.number(self.field, v, what) for v in read.items(value, what, length)]

    def about(self, claim: str) -> str:
        """A claim, with what α is."""
        return f"{claim} [entries in Q(α), {self.field}]"


def matrix(problem: Any) -> Subject:
    """Read a problem of type "algebraic matrix"."""
    d = read.fields(problem, "problem", "type field rows")
    S = Subject(Field(d["field"]), [])
    rows = read.items(d["rows"], "matrix", most=read.ORDER)
    n = len(rows)
    if not n:
        raise Unreadable("matrix must have at least one row")
    for row in rows:
        S.rows.append(S.vector(row, "matrix", n))
    if any(S.rows[i][j].f != S.rows[j][i].f for i in range(n) for j in range(i)):
        raise Unreadable("the matrix must be symmetric, written alike on both sides of the diagonal")
    return S


def copositive(S: Subject, proof: Any) -> str:
    """x'Mx ≥ 0 for x ≥ 0: by a rational matrix below, as squares + nonnegative (spn), or support by support (cover)."""
    method = proof.get("method") if type(proof) is dict else None
    if method == "below":
        p = read.fields(proof, "proof", "method matrix copositive")
        H = read.symmetric(p["matrix"], "matrix below")
        if len(H) != len(S.rows):
            raise Unreadable("the matrix below must have the order of the matrix")
        if any(h > m for a, b in zip(H, S.rows, strict=True) for h, m in zip(a, b, strict=True)):
            raise Rejected("the matrix below has a larger entry")
        matrices.copositive(H, p["copositive"])
    elif method == "spn":
        R, _ = remainder(S, read.fields(proof, "proof", "method factor weights"))
        matrices.dominant(R, nonnegative_part=True)
    elif method == "cover":
        items = read.fields(proof, "proof", "method items")["items"]
        matrices.supports(S.rows, items, S.vector, no_part)
    else:
        raise Unreadable("the method of a copositivity proof over a number field is below, spn or cover")
    n = len(S.rows)
    return S.about(f"the {n}×{n} matrix M is copositive: x'Mx ≥ 0 for every x ≥ 0")


def no_part(T: list[int], data: Any) -> None:
    """Rational covers have such items."""
    raise Unreadable("a cover over a number field has no parts")


def remainder(S: Subject, proof: dict[str, Any]) -> tuple[Rows, Rows]:
    """M − B diag(w) B' (lower triangle), and B; rejects a negative weight."""
    w = S.vector(proof["weights"], "weights")
    B = [S.vector(row, "factor", len(w)) for row in read.items(proof["factor"], "factor", len(S.rows))]
    if any(v < 0 for v in w):
        raise Rejected("a weight of the factor is negative")
    scaled = [[b * v for b, v in zip(row, w, strict=True)] for row in B]
    return [[S.rows[i][j] - matrices.inner(a, B[j]) for j in range(i + 1)] for i, a in enumerate(scaled)], B


def not_copositive(S: Subject, proof: Any) -> str:
    """A rational x ≥ 0 with x'Mx < 0."""
    return S.about(matrices.not_copositive(S.rows, proof))


def strictly_copositive(S: Subject, proof: Any) -> str:
    """M − vE is copositive for a rational v > 0."""

    def test(rows: Rows, part: Any) -> str:
        return copositive(Subject(S.field, rows), part)

    return S.about(strict.strictly_copositive(S.rows, proof, test))


def not_strictly_copositive(S: Subject, proof: Any) -> str:
    """An x ≥ 0, x ≠ 0, of the field with x'Mx ≤ 0."""
    return S.about(strict.not_strictly_copositive(S.rows, proof, S.vector))


def completely_positive(S: Subject, proof: Any) -> str:
    """M − B diag(w) B' nonnegative and diagonally dominant, B ≥ 0 and w ≥ 0."""
    R, B = remainder(S, read.fields(proof, "proof", "factor weights"))
    return S.about(matrices.completed(R, B))


def not_completely_positive(S: Subject, proof: Any) -> str:
    """A rational copositive H with <H, M> < 0."""
    return S.about(matrices.not_completely_positive(S.rows, proof))


CLAIMS: dict[str, Callable[[Any, Any], str]] = {
    "copositive": copositive, "not copositive": not_copositive,
    "strictly copositive": strictly_copositive, "not strictly copositive": not_strictly_copositive,
    "completely positive": completely_positive, "not completely positive": not_completely_positive,
}  # fmt: skip


def added(kind: str, tests: dict[str, Callable[[Any, Any], str]]) -> dict[str, Callable[[Any, Any], str]]:
    """The tests of a kind of claim, by type of problem, with the one about an algebraic matrix."""
    return {**tests, TYPE: CLAIMS[kind]} if kind in CLAIMS else tests
