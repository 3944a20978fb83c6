"""Claims about a matrix on a cone K = {x = Tu : B_k(u) ⪰ 0, g(u) ≥ 0}: is x'Mx ≥ 0, or > 0, for x ∈ K, x ≠ 0?

The form F = T'MT is formed here from the rows of M and of T. Three kinds of proof:
    identity    F − y·e² is nonnegative on K by the identity of check_identity, with y ≥ 0
    rays        every u ∈ K is Rt with t ≥ 0 for the rays R given, and R'FR is copositive
    face        a form g ≥ 0 of K is nowhere positive, so K lies where it vanishes, and F ⪰ 0 there
The extreme rays are found here anew, from the linear inequalities of K alone. Standard library only.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import gcd
from typing import Any

try:
    from copos.checker import check_charts as charts
    from copos.checker import check_identity as identity
    from copos.checker import check_matrix as matrices
    from copos.checker import check_multiplier as multiplier
    from copos.checker import check_reading as read
    from copos.checker.check_reading import Number, Rejected, Unreadable
except ImportError:  # run as a plain file, without the package
    import check_charts as charts  # type: ignore[no-redef]
    import check_identity as identity  # type: ignore[no-redef]
    import check_matrix as matrices  # type: ignore[no-redef]
    import check_multiplier as multiplier  # type: ignore[no-redef]
    import check_reading as read  # type: ignore[no-redef]
    from check_reading import Number, Rejected, Unreadable  # type: ignore[no-redef]

Rows = list[list[Number]]


def question(value: Any) -> identity.Program:
    """Read a problem of type "matrix on a cone" as a program without equations, in the coordinates u."""
    p = read.fields(value, "problem", "type rows cone")
    cone = read.fields(p["cone"], "cone", "basis dim blocks generators unit")
    M = read.symmetric(p["rows"], "matrix")
    read.whole(cone["dim"], "dim", 1, read.ORDER)
    program = {key: cone[key] for key in ("dim", "blocks", "generators", "unit")}
    out = identity.program(
        {"type": "program", "name": "", "objective": [], "equations": [], "vanishing": [], **program}
    )
    T: list[dict[int, Number]] = [{} for _ in M]
    for item in read.items(cone["basis"], "basis", most=read.ORDER * 100):
        i, v, c = read.items(item, "entry of the basis", 3)
        row, v = T[read.whole(i, "row of the basis", 0, len(M) - 1)], read.whole(v, "variable", 0, out.dim - 1)
        if v in row:
            raise Unreadable("an entry of the basis is given twice")
        row[v] = read.number(c, "entry of the basis")
    alone = {v for row in T if len(row) == 1 for v, c in row.items() if c}
    if not any(T):  # K = {0} has no coordinates, and is written with one that is zero
        out = out._replace(vanishing=[{(v, v): 1} for v in range(out.dim)])
    elif len(alone) < out.dim and len(echelon([[row.get(v, 0) for v in range(out.dim)] for row in T])) < out.dim:
        raise Unreadable("the columns of the basis are dependent: a point x = Tu has more than one u")
    bits = identity.bit_length([[c.numerator, c.denominator] for row in T for c in row.values()])
    read.spend(sum(map(len, T)) ** 2, "the form of a cone", 2 * bits)
    form: identity.Polynomial = {}
    for a, row in zip(T, M, strict=True):
        for b, m in zip(T, row, strict=True):
            for p_, s in a.items() if m else ():
                for q, t in b.items():
                    key = (p_, q) if p_ <= q else (q, p_)
                    form[key] = form.get(key, 0) + m * s * t
    return out._replace(objective={key: c for key, c in form.items() if c})


# ---- claims -----------------------------------------------------------------------------------------------------


def copositive(p: identity.Program, proof: Any) -> str:
    """x'Mx ≥ 0 for every x ∈ K."""
    return f"M is copositive on the cone K of the problem: x'Mx ≥ 0 for every {prove(p, p.objective, proof)}"


def strictly_copositive(p: identity.Program, proof: Any) -> str:
    """x'Mx ≥ v|u|² for every x = Tu ∈ K, with v > 0."""
    q = read.fields(proof, "proof", "margin copositive")
    v = read.number(q["margin"], "margin")
    if v <= 0:
        raise Rejected("the margin must be positive")
    form = dict(p.objective)
    for i in range(p.dim):
        form[i, i] = form.get((i, i), 0) - v
    where = prove(p, form, q["copositive"])
    return f"M is strictly copositive on the cone K of the problem: x'Mx > 0 for every {where}, x ≠ 0"


def not_copositive(p: identity.Program, proof: Any) -> str:
    """An x ∈ K with x'Mx < 0."""
    u = point(p, proof)
    if identity.evaluate(p.objective, u) >= 0:
        raise Rejected("the form is not negative at the point")
    return "M is not copositive on the cone K of the problem: x'Mx < 0 at a point x ∈ K"


def not_strictly_copositive(p: identity.Program, proof: Any) -> str:
    """An x ∈ K, x ≠ 0, with x'Mx ≤ 0."""
    u = point(p, proof)
    if identity.evaluate(p.objective, u) > 0 or not any(u):
        raise Rejected("the form is positive at the point, or the point is zero")
    return "M is not strictly copositive on the cone K of the problem: x'Mx ≤ 0 at a point x ∈ K, x ≠ 0"


def point(p: identity.Program, proof: Any) -> list[Number]:
    """A point of K, in the coordinates u."""
    u = read.vector(read.fields(proof, "proof", "point")["point"], "point", p.dim)
    multiplier.member(p, u)
    return u


def prove(p: identity.Program, form: identity.Polynomial, proof: Any) -> str:
    """Reject unless the form is nonnegative on K; words for where."""
    method = proof.get("method") if type(proof) is dict else None
    if method == "identity":
        read.fields(proof, "proof", "method level terms multipliers", "bound scales chart inside infinity")
        y = read.number(proof.get("bound", 0), "bound")
        if y < 0:
            raise Rejected("the bound is negative")
        square = identity.product(p.unit, p.unit) if y else {}
        rest = dict(form)
        for key, c in square.items():
            rest[key] = rest.get(key, 0) - y * c
        rest = {key: c for key, c in rest.items() if c}
        q = p._replace(objective=rest)
        q = charts.pulled_back(q, proof["chart"]) if "chart" in proof else q
        level = identity.nonnegative(q, q.objective, proof)
        return "x ∈ K" + multiplier.everywhere(p, rest, level, proof)
    if method == "face":
        face(p, form, read.fields(proof, "proof", "method columns", "generator block"))
        return "x ∈ K"
    if method != "rays":
        raise Unreadable("the method of a proof on a cone is identity, rays or face")
    read.fields(proof, "proof", "method rays copositive")
    R = read.integers(proof["rays"], "rays", None, p.dim)
    spanned(inequalities(p), R, p.dim)
    if R:
        matrices.copositive(congruent(dense(form, p.dim), R), proof["copositive"])
    elif proof["copositive"] is not None:
        raise Unreadable("without rays there is nothing to prove")
    return "x ∈ K"


def dense(form: identity.Polynomial, dim: int) -> Rows:
    """The symmetric matrix of a quadratic form."""
    F: Rows = [[0] * dim for _ in range(dim)]
    for (i, j), c in form.items():
        F[i][j] += c / Fraction(2)
        F[j][i] += c / Fraction(2)
    return F


def congruent(F: Rows, columns: list[list[int]]) -> Rows:
    """W'FW for the columns of W."""
    read.spend(len(columns) * len(F) * (len(F) + len(columns)), "a form on columns", identity.bit_length(columns))
    FW = [[matrices.inner(row, w) for row in F] for w in columns]  # type: ignore[arg-type]
    return [[matrices.inner(a, w) for w in columns] for a in FW]  # type: ignore[arg-type]


def face(p: identity.Program, form: identity.Polynomial, proof: dict[str, Any]) -> None:
    """Reject unless F is positive semidefinite where g vanishes: g = −Σ(a'u)² ≥ 0 on K leaves only a'u = 0."""
    if ("generator" in proof) == ("block" in proof):
        raise Unreadable("a face needs a generator or a block")
    if "generator" in proof:
        g = dict(p.generators[read.whole(proof["generator"], "generator", 0, len(p.generators) - 1)])
    else:  # the minor of a block of order two
        k = read.whole(proof["block"], "block", 0, len(p.blocks) - 1)
        if p.orders[k] != 2:
            raise Unreadable("the block of a face has order two")
        a, b, c = (dict(p.blocks[k].get(key, [])) for key in ((0, 0), (0, 1), (1, 1)))
        g = identity.product(a, c)
        for key, value in identity.product(b, b).items():
            g[key] = g.get(key, 0) - value
    G = dense(g, p.dim)
    if not matrices.semidefinite([[-c for c in row] for row in G]):
        raise Rejected("the form of the face is positive somewhere")
    W = read.integers(proof["columns"], "columns", None, p.dim)
    inside = all(not matrices.inner(row, w) for row in G for w in W)  # type: ignore[arg-type]
    if not inside or len(echelon(W)) != p.dim - len(echelon(G)):  # type: ignore[arg-type]
        raise Rejected("the columns do not span the face")
    if W and not matrices.semidefinite(congruent(dense(form, p.dim), W)):
        raise Rejected("the form is not positive semidefinite on the face")


# ---- polyhedral cones -------------------------------------------------------------------------------------------


def inequalities(p: identity.Program) -> Rows:
    """Linear forms that are nonnegative on K: blocks of order 1, and a ± b for a block [[a, b], [b, a]]."""
    out: Rows = []

    def linear(form: list[tuple[identity.Monomial, Number]]) -> list[Number]:
        row: list[Number] = [0] * p.dim
        for (v,), c in form:
            row[v] += c
        return row

    for n, block in zip(p.orders, p.blocks, strict=True):
        if n > 2:
            continue
        a, b = linear(block.get((0, 0), [])), linear(block.get((0, 1), []))
        if n == 1:
            out.append(a)
        elif a == linear(block.get((1, 1), [])):
            out += [[s + t for s, t in zip(a, b, strict=True)], [s - t for s, t in zip(a, b, strict=True)]]
    return out


def spanned(A: Rows, R: list[list[int]], dim: int) -> None:
    """Reject unless every u with Au ≥ 0 is a nonnegative combination of the rays R.

    {Au ≥ 0} is the sum of the space of lines {Au = 0} and of its part where the coordinates without a pivot of A are 0.
    """
    E = echelon(A)
    pivots = [pivot for pivot, _ in E]
    free = [v for v in range(dim) if v not in pivots]
    needed = [expanded(r, pivots, dim) for r in extreme([[a[v] for v in pivots] for a in A])]
    for v in free:  # the line with u_v = 1: subtract, from the last pivot on, what the echelon form asks for
        line = [Fraction(int(i == v)) for i in range(dim)]
        for pivot, row in reversed(E):
            line[pivot] = -sum(
                (c * u for i, (c, u) in enumerate(zip(row, line, strict=True)) if i != pivot), Fraction(0)
            )
        needed += [primitive(line), [-c for c in primitive(line)]]
    given = {tuple(primitive(r)) for r in R}
    if not all(tuple(r) in given for r in needed):
        raise Rejected("an extreme ray of the cone is missing")


def extreme(A: Rows) -> list[list[int]]:
    """Extreme rays of the pointed cone {Au ≥ 0}, A of full column rank: the double description method.

    The cone of the first independent rows is spanned by the columns of their inverse. A further row keeps the rays
    where it is ≥ 0, and meets the face of a ray p on its positive side and a ray n on its negative side in a new ray
    if that face is a plane: if no third ray is zero wherever both p and n are.
    """
    dim = len(A[0]) if A else 0
    first: list[int] = []
    for k in range(len(A)):
        if len(echelon([A[j] for j in [*first, k]])) > len(first):
            first.append(k)
    if not dim:
        return []
    rays, used = inverse([A[k] for k in first]), list(first)
    for k in (k for k in range(len(A)) if k not in first):
        read.spend(4 * len(rays) * (1 + len(used)) * dim, "the rays of a cone", identity.bit_length(rays))
        value = [matrices.inner(A[k], r) for r in rays]  # type: ignore[arg-type]
        zero = [{j for j in used if not matrices.inner(A[j], r)} for r in rays]  # type: ignore[arg-type]
        kept = [r for r, s in zip(rays, value, strict=True) if s >= 0]
        for p, s in enumerate(value):
            for n, t in enumerate(value):
                if s <= 0 or t >= 0:
                    continue
                read.spend(len(rays) + dim, "the rays of a cone", identity.bit_length([rays[p], rays[n]]))
                both = zero[p] & zero[n]
                if not any(both <= zero[o] for o in range(len(rays)) if o not in (p, n)):
                    kept.append(primitive([s * b - t * a for a, b in zip(rays[p], rays[n], strict=True)]))
        rays, used = kept, [*used, k]
    return rays


def inverse(B: Rows) -> list[list[int]]:
    """The columns of the inverse of a regular matrix, as short integer vectors."""
    n = len(B)
    E = [[*map(Fraction, row), *(Fraction(int(i == j)) for j in range(n))] for i, row in enumerate(B)]
    for k in range(n):
        p = next(i for i in range(k, n) if E[i][k])
        E[k], E[p] = E[p], E[k]
        E[k] = [c / E[k][k] for c in E[k]]
        for i in range(n):
            if i != k and E[i][k]:
                E[i] = [a - E[i][k] * b for a, b in zip(E[i], E[k], strict=True)]
    return [primitive([row[n + j] for row in E]) for j in range(n)]


def expanded(r: list[int], places: list[int], dim: int) -> list[int]:
    """The vector with the entries of r at the places and 0 elsewhere."""
    at = dict(zip(places, r, strict=True))
    return [at.get(v, 0) for v in range(dim)]


def primitive(v: Sequence[Number]) -> list[int]:
    """The shortest integer vector on the same ray."""
    d = identity.denominator(v)
    whole = [int(c * d) for c in v]
    g = gcd(*whole) or 1
    return [c // g for c in whole]


def echelon(rows: Rows) -> list[tuple[int, list[Fraction]]]:
    """Independent rows (pivot, row with 1 there); as many as the rank."""
    out: list[tuple[int, list[Fraction]]] = []
    for row in rows:
        read.spend(4 * len(out) * len(row) + 1, "an elimination")
        left = reduced(out, row)
        pivot = next((v for v, c in enumerate(left) if c), None)
        if pivot is not None:
            out.append((pivot, [c / left[pivot] for c in left]))
    return out


def reduced(E: list[tuple[int, list[Fraction]]], row: list[Number]) -> list[Fraction]:
    """The row minus a combination of E that is zero at the pivots."""
    left = [Fraction(c) for c in row]
    for pivot, e in E:
        if left[pivot]:
            c = left[pivot]
            left = [a - c * b for a, b in zip(left, e, strict=True)]
    return left
