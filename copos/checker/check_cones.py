"""Cones of a question, made anew from their description in rational arithmetic.

A cone is a product of `nonnegative`, `second_order`, `semidefinite` and `free` parts, sliced by equations L x = 0 and
cut by inequalities a'x ≥ 0. A slice keeps the coordinates u = x[free] and writes x = basis·u; since u determines x, the
basis is unique, so that whoever states the coordinates has stated all. Standard library only; part of the checker.

    cone = with_unit(sliced(product(nonnegative(1), semidefinite(3)), rows), {0: 1})
    p = program(cone, objective, equations, vanishing)    # an identity.Program, to be compared by check_questions.agree
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

try:
    from copos.checker import check_identity as identity
    from copos.checker import check_reading as read
    from copos.checker.check_reading import Number, Rejected, Unreadable, short
except ImportError:  # run as a plain file, without the package
    import check_identity as identity  # type: ignore[no-redef]
    import check_reading as read  # type: ignore[no-redef]
    from check_reading import Number, Rejected, Unreadable, short  # type: ignore[no-redef]

Row = Mapping[int, Number]  # a linear form Σ row[i] x_i
Form = Mapping[tuple[int, ...], Number]  # a quadratic form: the coefficient of x_i x_j at (i, j), i ≤ j
Block = Mapping[tuple[int, int], Row]  # entry (i, j) of a symmetric matrix, i ≤ j


class Cone(NamedTuple):
    """{x = basis·u : B_k(u) ⪰ 0, g(u) ≥ 0}; `free` are the coordinates x that u consists of, `unit` the form e(u)."""

    blocks: list[tuple[int, Block]]  # order and entries
    generators: list[Form]
    unit: Row
    basis: list[Row]
    free: list[int]


def place(i: int, j: int) -> int:
    """Position of X_ij in the upper triangle of a matrix, column by column."""
    return min(i, j) + max(i, j) * (max(i, j) + 1) // 2


def nonnegative(n: int) -> Cone:
    """R_+^n with e = Σ x_i."""
    return _plain(n, [(1, {(0, 0): {i: 1}}) for i in range(n)], [], dict.fromkeys(range(n), 1))


def weighted(n: int, question: Mapping) -> Cone:
    """R_+^n with e = Σ w_i x_i for the positive `multiplier` of a question, with e = Σ x_i where it has none."""
    if "multiplier" not in question:
        return nonnegative(n)
    weights = read.vector(question["multiplier"], "multiplier", n)
    if min(weights) <= 0:
        raise Unreadable("a multiplier has positive weights")
    return with_unit(nonnegative(n), dict(enumerate(weights)))


def second_order(n: int, description: str = "arrow") -> Cone:
    """{(t, u) : |u| ≤ t} with e = t: [[t, u'], [u, tI]] ⪰ 0 ("arrow") or t ≥ 0 ("quadratic"), and t² − |u|² ≥ 0."""
    if description not in ("arrow", "quadratic"):
        raise Unreadable("a second-order cone is described by 'arrow' or 'quadratic'")
    order = n if description == "arrow" else 1
    block: Block = {(i, i): {0: 1} for i in range(order)} | {(0, i): {i: 1} for i in range(1, order)}
    return _plain(n, [(order, block)], [{(i, i): -1 if i else 1 for i in range(n)}] if n > 1 else [], {0: 1})


def semidefinite(n: int) -> Cone:
    """S^n_+ in the entries of the upper triangle, column by column, with e = tr X."""
    read.spend(4 * n * n, "a matrix cone")
    block: Block = {(i, j): {place(i, j): 1} for j in range(n) for i in range(j + 1)}
    return _plain(place(n - 1, n - 1) + 1, [(n, block)], [], {place(i, i): 1 for i in range(n)})


def free(n: int) -> Cone:
    """R^n with e = 0."""
    return _plain(n, [], [], {})


def _plain(dim: int, blocks: list[tuple[int, Block]], generators: list[Form], unit: Row) -> Cone:
    if dim > read.DIMENSION:
        raise Unreadable(f"a cone has at most {read.DIMENSION} coordinates")
    return Cone(blocks, generators, unit, [{i: 1} for i in range(dim)], list(range(dim)))


def product(*cones: Cone) -> Cone:
    """K_1 × K_2 × …, with the sum of their forms e."""
    out = Cone([], [], {}, [], [])
    for K in cones:
        at, ambient = len(out.free), len(out.basis)
        out = Cone(
            out.blocks + [(n, {key: _shifted(row, at) for key, row in block.items()}) for n, block in K.blocks],
            out.generators + [{(i + at, j + at): c for (i, j), c in g.items()} for g in K.generators],
            {**out.unit, **_shifted(K.unit, at)},
            out.basis + [_shifted(row, at) for row in K.basis],
            out.free + [i + ambient for i in K.free],
        )
    return out


def sliced(K: Cone, rows: Iterable[Row], free: Sequence[int] | None = None) -> Cone:
    """{x ∈ K : every row vanishes at x}, in the coordinates `free` (places of x).

    By default every equation is solved for the last coordinate that it allows. Rejects coordinates that do not
    determine the others, or are dependent themselves.
    """
    owner = {i: v for v, i in enumerate(K.free)}
    given: list[int] | None = None
    order: Sequence[int] = range(len(K.free) - 1, -1, -1)
    if free is not None:
        if any(type(i) is not int or i not in owner for i in free) or sorted(set(free)) != list(free):
            raise Rejected("the coordinates of a slice are places of the cone's own, in order")
        given = [owner[i] for i in free]
        inside = set(given)
        order = [v for v in range(len(K.free)) if v not in inside] + given
    solved = _solved([linear(row, K.basis) for row in rows], order)
    kept = [v for v in range(len(K.free)) if v not in solved]
    if given is not None and kept != given:
        raise Rejected("the equations of a slice do not determine its other coordinates from those given")
    at = {v: k for k, v in enumerate(kept)}
    T: list[Row] = [{at[w]: c for w, c in solved[v].items()} if v in solved else {at[v]: 1} for v in range(len(K.free))]
    return Cone(
        [(n, {key: linear(row, T) for key, row in block.items()}) for n, block in K.blocks],
        [quadratic(g, T) for g in K.generators],
        linear(K.unit, T),
        [linear(row, T) for row in K.basis],
        [K.free[v] for v in kept],
    )


def restricted(K: Cone, a: Row) -> Cone:
    """{x ∈ K : a'x ≥ 0}, one more block of order 1."""
    return K._replace(blocks=[*K.blocks, (1, {(0, 0): linear(a, K.basis)})])


def with_unit(K: Cone, e: Row) -> Cone:
    """The same cone with the form e'x, in the coordinates x."""
    return K._replace(unit=linear(e, K.basis))


def ambient(K: Cone, u: Sequence[Number]) -> list[Number]:
    """The point x = basis·u."""
    return [short(sum((c * u[v] for v, c in row.items()), 0)) for row in K.basis]


def program(
    K: Cone, objective: Form, equations: Iterable[tuple[Form, Number]] = (), vanishing: Iterable[Form] = ()
) -> identity.Program:
    """The program of quadratic forms in the coordinates x."""
    blocks, positive = [], set()
    for n, block in K.blocks:
        entries: dict[tuple[int, int], list[tuple[identity.Monomial, Number]]] = {}
        for (i, j), row in block.items():
            entries[i, j] = entries[j, i] = [((v,), c) for v, c in row.items()]
        blocks.append(entries)
        if n == 1 and len(row := block[0, 0]) == 1 and min(row.values()) > 0:
            positive |= set(row)
    return identity.Program(
        len(K.free), blocks, [n for n, _ in K.blocks], 0, [dict(g) for g in K.generators],
        {(v,): c for v, c in K.unit.items()}, quadratic(objective, K.basis),
        [(quadratic(A, K.basis), b) for A, b in equations], [quadratic(E, K.basis) for E in vanishing], positive,
    )  # fmt: skip


def quadratic(form: Form, T: Sequence[Row]) -> dict[tuple[int, ...], Number]:
    """A quadratic form at x = T u."""
    out: dict[tuple[int, ...], Number] = {}
    read.spend(4 * sum(len(T[i]) * len(T[j]) for i, j in form), "a form in other coordinates")
    for (i, j), c in form.items():
        for v, s in T[i].items():
            for w, t in T[j].items():
                key, st = (v, w) if v <= w else (w, v), s * t
                more = c if st == 1 else c * st  # most T are the identity, and products of fractions are slow
                out[key] = out[key] + more if key in out else more
    return {key: short(c) for key, c in out.items() if c}


def summed(*parts: tuple[Number, Mapping]) -> dict:
    """Σ c · f over pairs (c, f) of numbers and linear or quadratic forms."""
    out: dict = {}
    for c, form in parts:
        for key, value in form.items():
            out[key] = out.get(key, 0) + c * value
    return {key: short(value) for key, value in out.items() if value}


def times(a: Row, b: Row) -> dict[tuple[int, int], Number]:
    """The form a'x · b'x."""
    out: dict[tuple[int, int], Number] = {}
    for i, c in a.items():
        for j, d in b.items():
            key = (i, j) if i <= j else (j, i)
            out[key] = out.get(key, 0) + c * d
    return {key: short(value) for key, value in out.items() if value}


def linear(row: Row, T: Sequence[Row]) -> dict[int, Number]:
    """A linear form at x = T u."""
    return summed(*((c, T[i]) for i, c in row.items()))


def _shifted(row: Row, by: int) -> dict[int, Number]:
    return {i + by: c for i, c in row.items()}


def _bits(row: Row) -> int:
    """Of the longest number."""
    return max((max(c.numerator.bit_length(), c.denominator.bit_length()) for c in row.values()), default=0)


def _solved(rows: Iterable[Row], order: Iterable[int]) -> dict[int, Row]:
    """Unknowns by the others: of every equation, the unknown that comes first in `order` is solved for."""
    rank = {v: k for k, v in enumerate(order)}
    leading: dict[int, Row] = {}
    for given in rows:
        row = dict(given)
        while row:
            first = min(row, key=rank.__getitem__)
            if first not in leading:
                leading[first] = {v: short(Fraction(c) / row[first]) for v, c in row.items()}
                break
            bits = row[first].numerator.bit_length() + row[first].denominator.bit_length()
            read.spend(2 * (len(row) + len(leading[first])), "the equations of a slice", bits)
            row = summed((1, row), (-row[first], leading[first]))
    solved: dict[int, Row] = {}
    for v in sorted(leading, key=rank.__getitem__, reverse=True):
        parts = [(-c, solved.get(w, {w: 1})) for w, c in leading[v].items() if w != v]
        read.spend(2 * sum(len(part) for _, part in parts), "the equations of a slice")
        solved[v] = summed(*parts)
    return solved
