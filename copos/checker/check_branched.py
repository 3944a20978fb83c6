"""A lower bound over a cone that was cut into cells: a tree of decisions with a proof in every cell.

Every x ∈ K lies in some cell c of the tree, K_c = K ∩ {ℓ(x) = 0, a'x ≥ 0 for the sides on the path}, or at least one
optimal x does (`check_decisions`). A leaf gives multipliers y_c and proves F_c = C − Σ y_ci A_i ≥ 0 at the atoms in
K_c, where the last variable of each ℓ is replaced by the others. With y_i = min_c y_ci, and A_i ≥ 0 on K wherever the
y_ci differ, C − Σ y_i A_i = F_c + Σ (y_ci − y_i) A_i ≥ 0 at every atom, so <C, Y> ≥ b'y.

Standard library only; part of the checker.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import gcd
from typing import Any

try:
    from copos.checker import check_decisions as decisions
    from copos.checker import check_identity as identity
    from copos.checker import check_local as local
    from copos.checker import check_multiplier as multiplier
    from copos.checker import check_reading as read
    from copos.checker import check_tree as trees
    from copos.checker.check_reading import Number, Rejected, Unreadable
except ImportError:  # run as a plain file, without the package
    import check_decisions as decisions  # type: ignore[no-redef]
    import check_identity as identity  # type: ignore[no-redef]
    import check_local as local  # type: ignore[no-redef]
    import check_multiplier as multiplier  # type: ignore[no-redef]
    import check_reading as read  # type: ignore[no-redef]
    import check_tree as trees  # type: ignore[no-redef]
    from check_reading import Number, Rejected, Unreadable  # type: ignore[no-redef]

INNER = ("cut", "either", "stationary")
Path = tuple[decisions.Side, ...]
Simplex = tuple[list[int], ...]
Nonnegative = Callable[[identity.Program, identity.Polynomial, dict[str, Any]], int]


def least(
    p: identity.Program, tree: Any, nonnegative: Nonnegative, given: identity.Program
) -> tuple[list[Number], int]:
    """(y, highest level) of a tree in preorder; rejects unless every leaf is proved.

    An item is an inner node, `decisions.sides`, followed by the cells of its sides, or a leaf with the keys of a lower
    bound without "value". `given` is the program without the local forms of the whole tree.
    """
    found: list[list[Number]] = []
    levels = [0]

    def cells(above: Any, item: Any) -> list[Any]:
        if type(item) is dict and any(key in item for key in INNER):
            return [(side, above) for side in decisions.sides(given, item)]
        leaf = read.fields(item, "leaf", "y level terms multipliers", "scales local")
        path = unrolled(above)
        length = sum(len(form) for side in path for form in (*side.zero, *side.cuts))
        read.spend(size(p) + len(path) ** 2 // 64 + length, "a leaf")
        y = read.vector(leaf["y"], "y", len(p.equations))
        q = cell(p, path)
        form = dict(q.objective)
        for c, (A, _) in zip(y, q.equations, strict=True):
            for key, v in A.items():
                form[key] = form.get(key, 0) - c * v
        levels.append(nonnegative(local.strengthened(q, leaf), form, leaf))
        found.append(y)
        return []

    trees.walk((), tree, cells)  # a cell is (its last side, what is above that)
    return weakest(p, found), max(levels)


def unrolled(above: Any) -> Path:
    """The sides on the way down to a cell."""
    out = []
    while above:
        side, above = above
        out.append(side)
    return tuple(out[::-1])


def size(p: identity.Program) -> int:
    """Length of what every leaf reads again."""
    return len(p.objective) + sum(1 + len(A) for A, _ in p.equations) + len(p.blocks)


def weakest(p: identity.Program, found: list[list[Number]]) -> list[Number]:
    """min_c y_ci; where the multipliers of an equation differ, its form must be plainly nonnegative on K."""
    out: list[Number] = []
    for k, (A, _) in enumerate(p.equations):
        values = {y[k] for y in found}
        if len(values) > 1:
            try:
                identity.dominated(p, A, 2, [])
            except Rejected:
                raise Rejected(f"the leaves have different multipliers of equation {k}, whose form is not plainly "
                               "nonnegative on K") from None  # fmt: skip
        out.append(min(values))
    return out


def least_simplex(
    p: identity.Program, tree: Any, spn: Callable[[list[list[Number]], dict[str, Any]], None]
) -> list[Number]:
    """y of a tree of simplicial cones in preorder; rejects unless every leaf is proved.

    A cell is the cone of the columns of V, first V = I; K must lie in the orthant. {"split": [i, j, p, q]}, p, q > 0,
    puts z = p v_i + q v_j (divided by its common factor) in the place of v_i, in the cell that comes next, and of v_j,
    in the one after: together they are the cell. A leaf proves V'(C − Σ y_iA_i − Σ z_jE_j)V to be PSD + nonnegative.
    """
    if not set(range(p.dim)) <= p.positive:
        raise Rejected("simplices cover the orthant, and the problem does not say that every variable is nonnegative")
    read.spend(p.dim**2, "simplices")
    found: list[list[Number]] = []

    def cells(V: Simplex, item: Any) -> Sequence[Simplex]:
        if type(item) is dict and "split" in item:
            i, j, *weights = read.items(read.fields(item, "inner node", "split")["split"], "split", 4)
            i, j = (read.whole(k, "vertex", 0, p.dim - 1) for k in (i, j))
            u, v = (read.whole(w, "weight of a vertex", 1, 1 << read.BITS) for w in weights)
            if i == j:
                raise Rejected("an edge has two vertices")
            bits = _bits(u, v, V[i], V[j])
            read.spend(2 * p.dim * (1 + bits // read.WIDE), "a split", bits)  # common divisors take a square of it
            z = [u * a + v * b for a, b in zip(V[i], V[j], strict=True)]
            z = [c // gcd(*z) for c in z]
            if max(z).bit_length() > read.BITS:
                raise Unreadable("a vertex has too many digits")
            return (*V[:i], z, *V[i + 1 :]), (*V[:j], z, *V[j + 1 :])
        leaf = read.fields(item, "leaf", "y", "factor bits weights z")
        read.spend(size(p) + sum(map(len, p.vanishing)), "a leaf")
        y = read.vector(leaf["y"], "y", len(p.equations))
        free = read.vector(leaf["z"], "z", len(p.vanishing)) if "z" in leaf else []
        form = dict(p.objective)
        for c, A in [*zip(y, (A for A, _ in p.equations), strict=True), *zip(free, p.vanishing, strict=False)]:
            for key, a in A.items():
                form[key] = form.get(key, 0) - c * a
        spn(congruent(form, V), {key: leaf[key] for key in ("factor", "bits", "weights") if key in leaf})
        found.append(y)
        return ()

    trees.walk(tuple([int(i == j) for i in range(p.dim)] for j in range(p.dim)), tree, cells)
    return weakest(p, found)


def _bits(u: int, v: int, p: list[int], q: list[int]) -> int:
    """Bits of a product of a weight and an entry."""
    return max(u, v).bit_length() + identity.bit_length([p, q])


def congruent(form: identity.Polynomial, V: Simplex) -> list[list[Number]]:
    """V'MV for the symmetric M of a quadratic form."""
    n = len(V)
    read.spend(8 * n * n, "a cell")
    sparse = [[(k, x) for k, x in enumerate(v) if x] for v in V]
    read.spend(2 * n * sum(map(len, sparse)), "a cell", identity.bit_length(list(V)) + identity.width(form))
    M: list[list[Number]] = [[0] * n for _ in range(n)]
    for (a, b), c in form.items():
        M[a][b] += c if a == b else Fraction(c, 2)  # type: ignore[operator]
        M[b][a] = M[a][b]
    half = [[sum(row[k] * x for k, x in v) for row in M] for v in sparse]
    return [[sum(row[k] * x for k, x in v) for v in sparse] for row in half]


def cell(p: identity.Program, path: Path) -> identity.Program:
    """K ∩ {a'x ≥ 0}: one more block of order one for every cut, after those of K and before the stated ones.

    Where forms vanish, the program on the space that they leave, in the same numbers.
    """
    at = len(p.blocks) - p.stated
    rows = [a for side in path for a in side.cuts]
    cuts: list[Any] = [{(0, 0): [((v,), c) for v, c in a.items()]} for a in rows]
    signs = {v for a in rows if len(a) == 1 for v, c in a.items() if c > 0}
    q = p._replace(
        blocks=[*p.blocks[:at], *cuts, *p.blocks[at:]],
        orders=[*p.orders[:at], *[1] * len(rows), *p.orders[at:]],
        positive=p.positive | signs,
    )
    L = multiplier.Face()
    if not L.every(form for side in path for form in side.zero):
        return q
    read.spend(2 * size(q) + sum(map(len, (*q.generators, *q.vanishing))), "a cell")
    return multiplier.restricted(q, L)._replace(
        unit={(v,): c for v, c in L.linear({v: c for (v,), c in q.unit.items()}).items()},
        objective=L.quadratic(q.objective),
        equations=[(L.quadratic(A), b) for A, b in q.equations],
    )
