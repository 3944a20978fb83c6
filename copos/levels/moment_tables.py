"""Tables of moments of singular vectors: what is in which block of a level, and what vanishes.

With t_ab = vec(u_a v_b'), orthonormal u_a and v_a, and s_1 ≥ … ≥ s_r ≥ 0, for every pair a < b:

              s_a²    s_a s_b   s_b²
    t_aa t_aa'   D_a     Y         T
    t_bb t_bb'   S       R         D_b
    t_ab t_ab'   H       F         K         ordered   D, C and H, K, I, J
    t_ba t_ba'   I       G         J         mixed     all of them
    t_aa t_bb'   A       C         B

The partial transposes of A, C, B are the moments of t_ab t_ba'. `factor_levels` says what the levels are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[Any]
Place = tuple[int, int]
# variable ↦ the power of s_b in it, 2 less that of s_a
POWERS = dict.fromkeys("DSHIA", 0) | dict.fromkeys("YRFGC", 1) | dict.fromkeys("TKJB", 2)


class Term(NamedTuple):
    """A multiple of a variable X, or of X^Γ."""

    factor: float
    name: str
    exchanged: bool = False


Block = dict[Place, tuple[Term, ...]]


class Relation(NamedTuple):
    """Σ_k factor_k Σ_i X_ij,il = 0 for k over variables (sums over equal "rows"), or Σ_j X_ij,kj = 0 ("columns")."""

    side: str
    terms: tuple[tuple[int, str], ...]


class Contraction(NamedTuple):
    """Σ_ik A_ik X_ij,kl over (j, l) ("rows"), or Σ_jl A_jl X_ij,kl over (i, k) ("columns"): a block of its own."""

    name: str
    side: str
    A: Matrix


class Table(NamedTuple):
    """What a level consists of.

    Attributes
    ----------
    kinds : variable ↦ "symmetric", "pairs" (symmetric in i, k and in j, l) or "free"
    blocks : places (p, q), p ≤ q, of every block ↦ terms; the first block has a border (1, w_1, …, w_p)
    relations : what vanishes
    loss : variable ↦ how often the quadratic part of the loss is in it
    places : (variable, block, place) where a proof absorbs what is missing, in an order in which that is possible
    contractions : more blocks, of the order of a column or a row
    products : (variable, block, p, q), the variable E s_a s_b tt' at (p, q) between those of s_a t and of s_b t
    """

    kinds: dict[str, str]
    blocks: list[Block]
    relations: list[Relation]
    loss: dict[str, int]
    places: list[tuple[str, int, Place]]
    contractions: tuple[Contraction, ...] = ()
    products: tuple[tuple[str, int, int, int], ...] = ()


def averaged(r: int) -> Table:
    """Both sides, with one M."""
    blocks: list[Block] = [{(0, 0): (Term(1, "M"),)}]
    for name in "NL":
        blocks += [
            {(0, 0): (Term(1, name), Term(-1, "M", True))},
            {(0, 0): (Term(r, name), Term(r, "M", True), Term(-2, "M"))},
        ]
    relations = [Relation("rows", ((1, "N"), (-r, "M"))), Relation("columns", ((1, "L"), (-r, "M")))]
    places = [("N", 1, (0, 0)), ("L", 3, (0, 0)), ("M", 0, (0, 0))]
    return Table({"M": "symmetric", "N": "pairs", "L": "pairs"}, blocks, relations, {"M": 1}, places)


def ordered(r: int) -> Table:
    """Singular vectors, every pair of them by itself."""
    D = [f"D{a}" for a in range(r)]
    first: Block = {(a, a): (Term(1, D[a]),) for a in range(r)}
    table = Table(dict.fromkeys(D, "pairs"), [first], [], dict.fromkeys(D, 1), [])
    last: list[tuple[str, int, Place]] = [(D[a], 0, (a, a)) for a in range(r)]
    for a, b in zip(*np.triu_indices(r, 1), strict=True):
        C, H, K, I, J = (f"{letter}{a},{b}" for letter in "CHKIJ")
        table.kinds.update({C: "free"} | dict.fromkeys((H, K, I, J), "pairs"))
        table.loss[C] = 2
        first[int(a), int(b)] = (Term(1, C),)
        k = len(table.blocks)
        for left, right in ((K, I), (H, J)):
            table.blocks.append({(0, 0): (Term(1, left),), (0, 1): (Term(1, C, True),), (1, 1): (Term(1, right),)})
        for larger, smaller in ((H, K), (I, J)):
            table.blocks.append({(0, 0): (Term(1, larger), Term(-1, smaller))})
        table.relations.extend([
            Relation("rows", ((1, K), (-1, D[b]))), Relation("columns", ((1, H), (-1, D[a]))),
            Relation("rows", ((1, I), (-1, D[a]))), Relation("columns", ((1, J), (-1, D[b]))),
            Relation("rows", ((1, C),)), Relation("columns", ((1, C),)),
        ])  # fmt: skip
        table.places.extend([(H, k + 2, (0, 0)), (K, k, (0, 0)), (I, k + 3, (0, 0)), (J, k + 1, (1, 1))])
        last.append((C, 0, (int(a), int(b))))
    table.places.extend(last)
    return table


def mixed(r: int) -> Table:
    """Singular vectors, every pair of them with both singular values."""
    base = ordered(r)
    table = Table(dict(base.kinds), base.blocks[:1], [], dict(base.loss), [])
    rest: list[Relation] = []
    products: list[tuple[str, int, int, int]] = []
    for a, b in zip(*np.triu_indices(r, 1), strict=True):
        pair = f"{a},{b}"
        Y, T, S, R, H, F, K, I, G, J, A, C, B = (letter + pair for letter in "YTSRHFKIGJACB")
        table.kinds.update(dict.fromkeys((Y, T, S, R, F, G), "pairs") | {A: "free", B: "free"})
        k = len(table.blocks)
        parts = ((f"D{a}", Y, T), (S, R, f"D{b}"), (A, C, B), False), ((H, F, K), (I, G, J), (A, C, B), True)
        table.blocks.extend(make(*part) for make in (_gram, _between) for part in parts)
        table.relations.extend(Relation("rows", ((1, X), (-1, Z))) for X, Z in ((T, J), (S, H)))
        table.relations.extend(relation for relation in base.relations if relation.terms[0][1][1:] == pair)
        for side, X, Z in (("columns", T, K), ("columns", S, I), ("rows", Y, G), ("rows", R, F), ("columns", Y, F),
                           ("columns", R, G)):  # fmt: skip
            rest.append(Relation(side, ((1, X), (-1, Z))))
        rest.extend(Relation(side, ((1, X),)) for X in (A, B) for side in ("rows", "columns"))
        table.places.extend([
            (Y, k + 2, (0, 0)), (R, k + 2, (1, 1)), (F, k + 3, (0, 0)), (G, k + 3, (1, 1)),
            (T, k, (1, 1)), (S, k, (2, 2)), (H, k + 1, (0, 0)), (K, k + 1, (1, 1)), (I, k + 1, (2, 2)),
            (J, k + 1, (3, 3)), (A, k + 1, (0, 2)), (B, k + 1, (1, 3)),
        ])  # fmt: skip
        products.extend([(Y, k, 0, 1), (R, k, 2, 3), (F, k + 1, 0, 1), (G, k + 1, 2, 3)])
    table.relations.extend(rest)
    table.places.extend(place for place in base.places if not place[1])
    return table._replace(products=tuple(products))


def _gram(t: Sequence[str], u: Sequence[str], beside: Sequence[str], exchanged: bool) -> Block:
    """Of (s_a t, s_b t, s_a u, s_b u), from E s_a², E s_a s_b, E s_b² of tt', of uu', and of tu' or its Γ."""
    diagonal = {(0, 0): t[0], (0, 1): t[1], (1, 1): t[2], (2, 2): u[0], (2, 3): u[1], (3, 3): u[2]}
    cross = {(0, 2): beside[0], (0, 3): beside[1], (1, 2): beside[1], (1, 3): beside[2]}
    return {at: (Term(1, X),) for at, X in diagonal.items()} | {at: (Term(1, X, exchanged),) for at, X in cross.items()}


def _between(t: Sequence[str], u: Sequence[str], beside: Sequence[str], exchanged: bool) -> Block:
    """(s_a − s_b) s_b times the Gram matrix of (t, u), from the same."""
    parts = ((0, 0), t, False), ((1, 1), u, False), ((0, 1), beside, exchanged)
    return {at: (Term(1, names[1], change), Term(-1, names[2], change)) for at, names, change in parts}


TABLES: dict[str, Callable[[int], Table]] = {"averaged": averaged, "ordered": ordered, "mixed": mixed}
