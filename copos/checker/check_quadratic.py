"""Questions about quadratic programs: over the simplex, with binaries, and over matrices of bounded rank.

Every one is made into its completely positive program here, from the tables and options that the question names. The
claim is about feasible points: a lower bound holds at each of them, because it gives an atom (1, x) of the program; an
upper bound is shown by one. Standard library only; part of the checker.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction
from typing import Any

try:
    from copos.checker import check_cones as cones
    from copos.checker import check_reading as read
    from copos.checker.check_data import Data, Rebuilt, Table, in_words
    from copos.checker.check_reading import Number, Rejected, Unreadable
except ImportError:  # run as a plain file, without the package
    import check_cones as cones  # type: ignore[no-redef]
    import check_reading as read  # type: ignore[no-redef]
    from check_data import Data, Rebuilt, Table, in_words  # type: ignore[no-redef]
    from check_reading import Number, Rejected, Unreadable  # type: ignore[no-redef]

Points = list[tuple[Number, list[Number]]]


def standard_quadratic(question: dict[str, Any], data: Data) -> Rebuilt:
    """Min x'Qx over x ≥ 0, Σ x_i = 1."""
    q = read.fields(question, "question", "type Q", "multiplier")
    Q = square(data.table("Q", q["Q"]), "Q")
    n = len(Q)
    K = cones.weighted(n, q)
    ones = dict.fromkeys(range(n), 1)
    p = cones.program(K, quadratic(Q), [(cones.times(ones, ones), 1)])
    where = f"over x ≥ 0, x_1 + … + x_{n} = 1"

    def points(atoms: Points) -> str:
        return shown([[Fraction(v) / total for v in x] for _, x in atoms if (total := sum(x))])

    return Rebuilt(p, _sayer("min x'Qx", where), points)


def binary_quadratic(question: dict[str, Any], data: Data) -> Rebuilt:
    """Min x'Qx + c'x over Ax = b, 0 ≤ x ≤ upper, x_j ∈ {0, 1} for some j, x_i x_j = 0 for some pairs; atoms (1, x)."""
    q = read.fields(question, "question", "type Q c binary upper complementary equations", "A b free")
    Q = square(data.table("Q", q["Q"]), "Q")
    n = len(Q)
    (c,) = _shaped(data.table("c", q["c"]), 1, n, "c")
    A: Table = []
    b: list[Number] = []
    if "A" in q or "b" in q:
        (b,) = _shaped(data.table("b", q.get("b")), 1, None, "b")
        A = _shaped(data.table("A", q.get("A")), len(b), n, "A")
    binary = [read.whole(j, "binary", 0, n - 1) for j in read.items(q["binary"], "binary")]
    if sorted(set(binary)) != binary:
        raise Unreadable("the binaries are listed in order, each one once")
    upper = [None if v is None else read.number(v, "upper") for v in read.items(q["upper"], "upper", n)]
    if any(upper[j] != 1 for j in binary):
        raise Unreadable("the upper bound of a binary is 1")
    pairs = [tuple(read.whole(v, "pair", 0, n - 1) for v in read.items(pair, "pair", 2))
             for pair in read.items(q["complementary"], "complementary")]  # fmt: skip
    rows = [_row({0: -right} | {1 + j: v for j, v in enumerate(row)}) for row, right in zip(A, b, strict=True)]
    K = cones.nonnegative(n + 1)
    if q["equations"] not in ("slice", "squared") or ("free" in q) != (q["equations"] == "slice" and bool(A)):
        raise Unreadable("equations must be 'slice', with the coordinates that are kept, or 'squared'")
    if "free" in q:
        K = cones.sliced(K, rows, read.items(q["free"], "free"))
    for j, u in enumerate(upper):
        if u is not None:
            K = cones.restricted(K, _row({0: u, 1 + j: -1}))
    K = cones.with_unit(K, {0: 1})
    vanishing: list[cones.Form] = [{(1 + j, 1 + j): 1, (0, 1 + j): -1} for j in binary]
    vanishing += [{(1 + min(pair), 1 + max(pair)): 1} for pair in pairs]
    if q["equations"] == "squared":
        vanishing += [cones.times(row, row) for row in rows] + [cones.times({0: 1}, row) for row in rows]
    objective = cones.summed((1, quadratic(Q, 1)), (1, {(0, 1 + j): v for j, v in enumerate(c)}))
    parts = ["x ≥ 0"] + ["Ax = b"] * bool(A) + ["x ≤ upper"] * any(u is not None for u in upper)
    parts += [f"{len(binary)} of {n} variables binary"] * bool(binary) + [f"{len(pairs)} products zero"] * bool(pairs)
    program = cones.program(K, objective, [({(0, 0): 1}, 1)], vanishing)
    return Rebuilt(program, _sayer("min x'Qx + c'x", f"over {', '.join(parts)}"), lambda atoms: _at_one(K, atoms))


def rank_constrained(question: dict[str, Any], data: Data) -> Rebuilt:
    """Min <C, X> over <A_i, X> = b_i, X ⪰ 0, rank X ≤ r.

    An atom is (x_0, X, P, Q) with P, Q ⪰ 0, P + Q = x_0 I, tr P = (n − r) x_0, XP = 0: of an X of rank ≤ r, P projects
    on n − r directions of its kernel. With "projection" also P² = x_0 P.
    """
    names = [name for name in question if name[:1] == "A" and name[1:].isdigit()]
    q = read.fields(question, "question", "type C rank strengthen free", " ".join(["b", "trace_bound", *names]))
    C = square(data.table("C", q["C"]), "C")
    n = len(C)
    if names != [f"A{k + 1}" for k in range(len(names))]:
        raise Unreadable("the matrices of the equations are A1, A2, …")
    A = [square(data.table(name, q[name]), name, n) for name in names]
    b = _shaped(data.table("b", q.get("b")), 1, len(A), "b")[0] if A else []
    r = read.whole(q["rank"], "rank", 1, n)
    m = cones.place(n - 1, n - 1) + 1
    read.spend(8 * n**3, "the products XP")

    def at(matrix: int, i: int, j: int) -> int:
        return 1 + matrix * m + cones.place(i, j)

    def linear(M: Table) -> dict[int, Number]:
        return {at(0, i, j): c for (i, j), c in quadratic(M).items()}

    triangle = [(i, j) for j in range(n) for i in range(j + 1)]
    rows: list[cones.Row] = [_row({at(1, i, j): 1, at(2, i, j): 1, 0: -(i == j)}) for i, j in triangle]
    rows.append(_row({at(1, i, i): 1 for i in range(n)} | {0: r - n}))
    rows += [{at(1, i, j): 1} for i, j in triangle] if r == n else []
    rows += [_row(linear(M) | {0: -right}) for M, right in zip(A, b, strict=True)]
    S = cones.semidefinite(n)
    K = cones.sliced(cones.product(cones.nonnegative(1), S, S, S), rows, read.items(q["free"], "free"))
    words = f"over X ⪰ 0 of order {n} and rank ≤ {r}" + f", {len(A)} equations <A_i, X> = b_i" * bool(A)
    if "trace_bound" in q:
        rho = read.number(q["trace_bound"], "trace_bound")
        K = cones.restricted(K, _row({0: rho} | {at(0, i, i): -1 for i in range(n)}))
        words += f", tr X ≤ {rho}"
    K = cones.with_unit(K, {0: 1})
    if q["strengthen"] not in ([], ["projection"]):
        raise Unreadable("strengthen may hold 'projection'")
    vanishing: list[cones.Form] = []
    if r < n:
        vanishing = [_product(at, 0, 1, i, j, n) for i in range(n) for j in range(n)]
        if q["strengthen"]:
            vanishing += [cones.summed((1, _product(at, 1, 1, i, j, n)), (-1, {(0, at(1, i, j)): 1}))
                          for j in range(n) for i in range(j + 1)]  # fmt: skip
    objective: cones.Form = {(0, k): c for k, c in linear(C).items()}
    program = cones.program(K, objective, [({(0, 0): 1}, 1)], vanishing)

    def points(atoms: Points) -> str:
        _at_one(K, atoms)
        return f"at a matrix of rank ≤ {r} in the certificate"

    return Rebuilt(program, _sayer("min <C, X>", words), points)


def _product(at: Any, left: int, right: int, i: int, j: int, n: int) -> dict[tuple[int, ...], Number]:
    """Entry (i, j) of the product of two matrices of coordinates."""
    return cones.summed(*((1, cones.times({at(left, i, k): 1}, {at(right, k, j): 1})) for k in range(n)))


def square(M: Table, name: str, order: int | None = None) -> Table:
    """A square table; Unreadable if it is none, or of another order."""
    if any(len(row) != len(M) for row in M) or (order is not None and len(M) != order):
        raise Unreadable(f"{name} must be a square matrix" + (f" of order {order}" if order else ""))
    return M


def quadratic(M: Table, first: int = 0) -> dict[tuple[int, ...], Number]:
    """x'Mx, where x begins at coordinate `first`: the coefficient of x_i x_j is M_ij + M_ji."""
    n = len(M)
    pairs = (((i, j), M[i][j] + M[j][i] if i < j else M[i][i]) for i in range(n) for j in range(i, n))
    return {(i + first, j + first): c for (i, j), c in pairs if c}


def _shaped(table: Table, rows: int, columns: int | None, name: str) -> Table:
    if len(table) != rows or (columns is not None and len(table[0]) != columns):
        raise Unreadable(f"{name} must have {rows} rows{'' if columns is None else f' of {columns} numbers'}")
    return table


def _row(row: Mapping[int, Number]) -> dict[int, Number]:
    return {k: c for k, c in row.items() if c}


def _sayer(what: str, where: str) -> Any:
    """The claims of a minimisation, in words."""

    def say(kind: str, value: Number | None) -> str:
        if kind == "infeasible":
            return f"no point is feasible for {what} {where}"
        if kind not in ("lower bound", "upper bound") or value is None:
            raise Rejected(f"a certificate of kind {kind!r} says nothing about {what}")
        return f"{what} {'≥' if kind == 'lower bound' else '≤'} {_number(value, kind)} {where}"

    return say


def _at_one(K: cones.Cone, atoms: Points) -> str:
    """The points x/x_0; rejects atoms with x_0 = 0, which are no feasible points."""
    points = []
    for _, u in atoms:
        x = cones.ambient(K, u)
        if not x[0]:
            raise Rejected("an atom with x_0 = 0 is a direction, no feasible point")
        points.append([Fraction(v) / x[0] for v in x[1:]])
    return shown(points)


def shown(points: Sequence[Sequence[Number]]) -> str:
    """The point, where there is one that is short."""
    return in_words(points, lambda x: f"at ({', '.join(map(str, x))})")


def _number(value: Number, kind: str) -> str:
    """Exactly where short; else its decimals, rounded so that what is said follows from what is proved."""
    text = str(value)
    if len(text) <= 24:
        return text
    rounding = ROUND_FLOOR if kind == "lower bound" else ROUND_CEILING
    short = Context(prec=12, rounding=rounding, Emin=-9999, Emax=9999)
    return f"{short.divide(Decimal(value.numerator), Decimal(value.denominator))} (rounded; exactly in the certificate)"


QUESTIONS = {
    "standard quadratic": standard_quadratic,
    "binary quadratic": binary_quadratic,
    "rank constrained": rank_constrained,
}
