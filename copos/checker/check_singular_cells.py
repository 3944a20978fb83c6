"""Lower bounds on weighted losses, cell by cell: matrices of rank r by what their singular vectors do.

Every V is Σ_a s_a u_a v_a' as in `check_factor_moments`, with s_1 ≥ … ≥ s_r ≥ 0. A tree of cuts puts it into a leaf:

ratio      [a, b, p, q], a < b, q > 0: first the part with q s_b ≥ p s_a, then that with q s_b ≤ p s_a. In a part with
           s_b ≤ h s_a the matrices h²H − K = (h²s_a² − s_b²) tt' and h²I − J are positive semidefinite, and with
           s_b ≥ l s_a so are K − l²H and J − l²I. Bounds multiply: l_ac ≥ l_ab l_bc and h_ac ≤ h_ab h_bc.
direction  [side, a] and a symmetric A: first the part with u_a'A u_a ≥ 0 (side 0) or v_a'A v_a ≥ 0 (side 1), then that
           with ≤ 0. For X = s² tt', t = vec(u_a v'), Σ_ik A_ik X_ij,kl = (u_a'A u_a) s² v v' has the sign of the part.

A leaf proves the value for the matrices in its part, by the identity of `check_factor_moments` with these matrices
besides those of the ordered level. Standard library only; part of the checker.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

try:
    from copos.checker import check_factor_moments as factors
    from copos.checker import check_networks as networks
    from copos.checker import check_reading as read
    from copos.checker import check_tree as trees
    from copos.checker.check_factor_moments import Level, Rows
    from copos.checker.check_reading import Rejected, Unreadable, show
except ImportError:  # run as a plain file, without the package
    import check_factor_moments as factors  # type: ignore[no-redef]
    import check_networks as networks  # type: ignore[no-redef]
    import check_reading as read  # type: ignore[no-redef]
    import check_tree as trees  # type: ignore[no-redef]
    from check_factor_moments import Level, Rows  # type: ignore[no-redef]
    from check_reading import Rejected, Unreadable, show  # type: ignore[no-redef]

BITS = 64  # of the numbers of a cut

Pair = tuple[int, int]


class Cell(NamedTuple):
    """Least and largest ratios s_b/s_a, and directions (side, a, A) with u_a'A u_a ≥ 0 or v_a'A v_a ≥ 0."""

    low: dict[Pair, Fraction]
    high: dict[Pair, Fraction]
    directions: tuple[tuple[int, int, Rows], ...]


def lower_bound(q: networks.Asked, proof: Any) -> str:
    """A bound cell by cell, or one without cells."""
    if type(proof) is not dict or "tree" not in proof:
        return factors.lower_bound(q, proof)
    read.fields(proof, "proof", "value units tree", " ".join(factors.COORDINATES))
    value = read.number(proof["value"], "value")
    loss, r = factors.scaled(q, proof, value)
    shape = len(loss.H), len(loss.H[0])
    pairs = [(a, b) for a in range(r) for b in range(a + 1, r)]

    def cells(cell: Cell, item: Any) -> Sequence[Cell]:
        if type(item) is dict and not item.keys().isdisjoint(("ratio", "direction")):
            read.spend(len(pairs) + len(cell.directions), "a cut")
            return halves(cell, item, shape)
        leaf = read.fields(item, "leaf", "blocks multipliers bits")
        read.spend(r**2 * (r + len(cell.directions)), "what is known in a cell")
        factors.identity_holds(level(r, cell), loss, leaf)
        return ()

    whole = Cell(dict.fromkeys(pairs, Fraction(0)), dict.fromkeys(pairs, Fraction(1)), ())
    trees.walk(whole, proof["tree"], cells)
    return f"every {q.words()} has at least the value {show(value, -1)}"


def halves(cell: Cell, item: dict[str, Any], shape: tuple[int, int]) -> tuple[Cell, Cell]:
    """Both parts of a cell, which hold all of it."""
    if "ratio" in item:
        ratio = read.items(read.fields(item, "inner node", "ratio")["ratio"], "ratio", 4)
        a, b = (read.whole(k, "singular value", 0, read.ORDER) for k in ratio[:2])
        if (a, b) not in cell.low:
            raise Rejected("a ratio is that of a singular value to one before it")
        p, q = (read.whole(k, "ratio", 1, 1 << BITS) for k in ratio[2:])
        at = Fraction(p, q)
        return (cell._replace(low={**cell.low, (a, b): max(at, cell.low[a, b])}),
                cell._replace(high={**cell.high, (a, b): min(at, cell.high[a, b])}))  # fmt: skip
    read.fields(item, "inner node", "direction form")
    side, a = read.items(item["direction"], "direction", 2)
    d = shape[read.whole(side, "side", 0, 1)]
    read.whole(a, "singular vector", 0, read.ORDER)
    A = read.integers(item["form"], "form", d, d)
    read.spend(d * d, "a direction")
    if any(A[i][j] != A[j][i] for i in range(d) for j in range(i)):
        raise Rejected("the form of a direction is not symmetric")
    if any(c.bit_length() > BITS for row in A for c in row):
        raise Unreadable(f"a form has entries of at most {BITS} bits")
    negative = [[-c for c in row] for row in A]
    return (cell._replace(directions=(*cell.directions, (side, a, A))),
            cell._replace(directions=(*cell.directions, (side, a, negative))))  # fmt: skip


def level(r: int, cell: Cell) -> Level:
    """The ordered level with what is known in a cell."""
    low, high = dict(cell.low), dict(cell.high)
    for width in range(2, r):
        for a in range(r - width):
            c = a + width
            for b in range(a + 1, c):
                low[a, c] = max(low[a, c], low[a, b] * low[b, c])
                high[a, c] = min(high[a, c], high[a, b] * high[b, c])
    plain = factors.ordered(r)
    blocks, more, places = list(plain.blocks), [], []
    for at, (a, b) in enumerate(low):
        k = 1 + 4 * at
        H, K, I, J = (f"{x}{a},{b}" for x in "HKIJ")
        l, h = low[a, b] ** 2, high[a, b] ** 2
        for j, (larger, smaller) in enumerate(((H, K), (I, J))):
            blocks[k + 2 + j] = {(0, 0): [(h.numerator, larger, ""), (-h.denominator, smaller, "")]}
            if l:
                more.append({(0, 0): [(l.denominator, smaller, ""), (-l.numerator, larger, "")]})
        places += [(H, k + 1, (0, 0)), (K, k, (0, 0)), (I, k, (1, 1)), (J, k + 1, (1, 1))]
    places += [place for place in plain.places if not place[1]]
    contracted = [(name, "rows" if side == 0 else "columns", A)
                  for side, a, A in cell.directions for name in carriers(side, a, r)]  # fmt: skip
    return plain._replace(blocks=blocks + more, places=places, contracted=tuple(contracted))


def carriers(side: int, a: int, r: int) -> list[str]:
    """Variables s² tt' with t = vec(u_a v') for side 0, vec(u v_a') for side 1."""
    out = [f"D{a}"] if a < r else []
    for p in range(r):
        for q in range(p + 1, r):
            u, v = (p, q) if side == 0 else (q, p)  # the one that H and K, and that I and J are about
            out += [f"{x}{p},{q}" for x, at in zip("HKIJ", (u, u, v, v), strict=True) if at == a]
    return out
