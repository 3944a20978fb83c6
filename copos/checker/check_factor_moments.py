"""Lower bounds on weighted losses from moments of the factors of a matrix of rank r.

In the coordinates V of `check_coordinates` the loss is Σ_i v_i G_i v_i' − 2<V, H> + c. Every V (n × m, rank ≤ r ≤ n, m)
is Σ_a s_a u_a v_a' with orthonormal u_a, orthonormal v_a and s_1 ≥ … ≥ s_r ≥ 0. Write t_ab = vec(u_a v_b'),
P = Σ u_a u_a', Q = Σ v_a v_a', and X^Γ for the matrix X over pairs (ij), (kl) with l and j exchanged. `LEVELS` lists
symmetric matrices that are positive semidefinite for every such V:

averaged   M = vec V vec V', N = P ⊗ V'V, L = VV' ⊗ Q. For any matrix X and Z = [u_a'X v_b s_b]: <X, NX> = ‖Z‖²,
           <X, M^Γ X> = tr ZZ and <X, MX> = (tr Z)², so that N − M^Γ (‖Z − Z'‖²/2) and rN + rM^Γ − 2M (Z + Z'
           without its trace) are positive semidefinite; L likewise. Σ_i N_ij,il = r Σ_i M_ij,il, since tr P = r.
ordered    D_a = s_a² t_aa t_aa', C_ab = s_a s_b t_aa t_bb', H_ab = s_a² t_ab t_ab', K_ab = s_b² t_ab t_ab', and
           I_ab = s_a² t_ba t_ba', J_ab = s_b² t_ba t_ba' (a < b). C_ab^Γ = s_a s_b t_ab t_ba', so that these are Gram
           matrices of (1, s_a t_aa), of (s_b t_ab, s_a t_ba) and (s_a t_ab, s_b t_ba); H − K and I − J are positive
           semidefinite because of the order. Sums over equal rows or columns agree where both are s_b² v_b v_b', say.
mixed      The same, and for a < b also Y = s_a s_b t_aa t_aa', T = s_b² t_aa t_aa', S = s_a² t_bb t_bb',
           R = s_a s_b t_bb t_bb', F = s_a s_b t_ab t_ab', G = s_a s_b t_ba t_ba', A = s_a² t_aa t_bb' and
           B = s_b² t_aa t_bb': Gram matrices of (s_a t_aa, s_b t_aa, s_a t_bb, s_b t_bb) and of (s_a t_ab, s_b t_ab,
           s_a t_ba, s_b t_ba), with A^Γ, C^Γ, B^Γ in them, and those of (t_aa, t_bb) and (t_ab, t_ba) times
           (s_a − s_b) s_b. H − K and I − J are not among them.

A proof holds B for every matrix, and multipliers of the relations. It shows that the loss minus the value is
Σ <BB'/4^b + R, matrix> + Σ <multiplier, relation>: the R, each in a place named in `LEVELS`, take what is missing of
this identity, variable by variable, and must be diagonally dominant. Standard library only; part of the checker.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

try:
    from copos.checker import check_coordinates as coordinates
    from copos.checker import check_identity as identity
    from copos.checker import check_networks as networks
    from copos.checker import check_reading as read
    from copos.checker.check_reading import Rejected, Unreadable, show
except ImportError:  # run as a plain file, without the package
    import check_coordinates as coordinates  # type: ignore[no-redef]
    import check_identity as identity  # type: ignore[no-redef]
    import check_networks as networks  # type: ignore[no-redef]
    import check_reading as read  # type: ignore[no-redef]
    from check_reading import Rejected, Unreadable, show  # type: ignore[no-redef]

Rows = list[list[int]]
Term = tuple[int, str, str]  # coefficient, variable, "" or "Γ"
Block = dict[tuple[int, int], list[Term]]
Names = tuple[str, ...]
COORDINATES = ("kept", "combination", "inputs", "outputs")


class Level(NamedTuple):
    """Matrices and relations; `kinds` says which variables are symmetric in the pairs i, k and j, l ("pairs").

    `blocks` maps the places (p, q), p ≤ q, of every matrix to its terms; the first has a border (1, w_1, …, w_p).
    `relations` are (side, terms): sums over equal rows ("rows") or columns that vanish together. `loss` says how often
    the quadratic part of the loss is in a variable, `places` where the remainder of a variable goes, in order.
    `contracted` has more matrices (variable, side, A): Σ_ik A_ik X_ij,kl ("rows") or Σ_jl A_jl X_ij,kl ("columns").
    """

    kinds: dict[str, str]
    blocks: list[dict[tuple[int, int], list[Term]]]
    relations: list[tuple[str, list[tuple[int, str]]]]
    loss: dict[str, int]
    places: list[tuple[str, int, tuple[int, int]]]
    contracted: tuple[tuple[str, str, Rows], ...] = ()


def averaged(r: int) -> Level:
    """Moments that the orthogonal group leaves alone."""
    blocks: list[dict[tuple[int, int], list[Term]]] = [{(0, 0): [(1, "M", "")]}]
    for name in ("N", "L"):
        blocks.append({(0, 0): [(1, name, ""), (-1, "M", "Γ")]})
        blocks.append({(0, 0): [(r, name, ""), (r, "M", "Γ"), (-2, "M", "")]})
    return Level(
        {"M": "symmetric", "N": "pairs", "L": "pairs"}, blocks,
        [("rows", [(1, "N"), (-r, "M")]), ("columns", [(1, "L"), (-r, "M")])],
        {"M": 1}, [("N", 1, (0, 0)), ("L", 3, (0, 0)), ("M", 0, (0, 0))],
    )  # fmt: skip


def ordered(r: int) -> Level:
    """Moments of singular vectors in the order of the singular values."""
    kinds, loss = {f"D{a}": "pairs" for a in range(r)}, {f"D{a}": 1 for a in range(r)}
    first: dict[tuple[int, int], list[Term]] = {(a, a): [(1, f"D{a}", "")] for a in range(r)}
    blocks, relations, places = [first], [], []
    last: list[tuple[str, int, tuple[int, int]]] = [(f"D{a}", 0, (a, a)) for a in range(r)]
    for a in range(r):
        for b in range(a + 1, r):
            C, H, K, I, J = (f"{x}{a},{b}" for x in "CHKIJ")
            kinds |= {C: "free", H: "pairs", K: "pairs", I: "pairs", J: "pairs"}
            first[a, b] = [(1, C, "")]
            k = len(blocks)
            blocks += [
                {(0, 0): [(1, K, "")], (0, 1): [(1, C, "Γ")], (1, 1): [(1, I, "")]},
                {(0, 0): [(1, H, "")], (0, 1): [(1, C, "Γ")], (1, 1): [(1, J, "")]},
                {(0, 0): [(1, H, ""), (-1, K, "")]},
                {(0, 0): [(1, I, ""), (-1, J, "")]},
            ]
            relations += [
                ("rows", [(1, K), (-1, f"D{b}")]), ("columns", [(1, H), (-1, f"D{a}")]),
                ("rows", [(1, I), (-1, f"D{a}")]), ("columns", [(1, J), (-1, f"D{b}")]),
                ("rows", [(1, C)]), ("columns", [(1, C)]),
            ]  # fmt: skip
            loss[C] = 2
            places += [(H, k + 2, (0, 0)), (K, k, (0, 0)), (I, k + 3, (0, 0)), (J, k + 1, (1, 1))]
            last.append((C, 0, (a, b)))
    return Level(kinds, blocks, relations, loss, places + last)


def mixed(r: int) -> Level:
    """Moments of singular vectors, every pair of them with both singular values."""
    base = ordered(r)
    kinds, blocks, places = dict(base.kinds), base.blocks[:1], []
    relations, more = [], []
    for a in range(r):
        for b in range(a + 1, r):
            pair = f"{a},{b}"
            Y, T, S, R, H, F, K, I, G, J, A, C, B = (x + pair for x in "YTSRHFKIGJACB")
            D, E = f"D{a}", f"D{b}"
            kinds |= dict.fromkeys((Y, T, S, R, F, G), "pairs") | {A: "free", B: "free"}
            k = len(blocks)
            blocks += [
                _gram((D, Y, T), (S, R, E), (A, C, B), ""), _gram((H, F, K), (I, G, J), (A, C, B), "Γ"),
                _between((Y, T), (R, E), (C, B), ""), _between((F, K), (G, J), (C, B), "Γ"),
            ]  # fmt: skip
            relations += [("rows", [(1, T), (-1, J)]), ("rows", [(1, S), (-1, H)])]
            relations += [(side, terms) for side, terms in base.relations if terms[0][1][1:] == pair]
            more += [
                ("columns", [(1, T), (-1, K)]), ("columns", [(1, S), (-1, I)]), ("rows", [(1, Y), (-1, G)]),
                ("rows", [(1, R), (-1, F)]), ("columns", [(1, Y), (-1, F)]), ("columns", [(1, R), (-1, G)]),
                ("rows", [(1, A)]), ("columns", [(1, A)]), ("rows", [(1, B)]), ("columns", [(1, B)]),
            ]  # fmt: skip
            places += [(Y, k + 2, (0, 0)), (R, k + 2, (1, 1)), (F, k + 3, (0, 0)), (G, k + 3, (1, 1)),
                       (T, k, (1, 1)), (S, k, (2, 2)), (H, k + 1, (0, 0)), (K, k + 1, (1, 1)), (I, k + 1, (2, 2)),
                       (J, k + 1, (3, 3)), (A, k + 1, (0, 2)), (B, k + 1, (1, 3))]  # fmt: skip
    places += [place for place in base.places if not place[1]]
    return Level(kinds, blocks, relations + more, base.loss, places)


def _gram(t: Names, u: Names, beside: Names, how: str) -> Block:
    """Of (s_a t, s_b t, s_a u, s_b u), from E s_a², E s_a s_b, E s_b² of tt', of uu', and of tu' or its Γ."""
    diagonal = {(0, 0): t[0], (0, 1): t[1], (1, 1): t[2], (2, 2): u[0], (2, 3): u[1], (3, 3): u[2]}
    cross = {(0, 2): beside[0], (0, 3): beside[1], (1, 2): beside[1], (1, 3): beside[2]}
    return {at: [(1, X, "")] for at, X in diagonal.items()} | {at: [(1, X, how)] for at, X in cross.items()}


def _between(t: Names, u: Names, beside: Names, how: str) -> Block:
    """(s_a − s_b) s_b times the Gram matrix of (t, u), from E s_a s_b and E s_b² of the same."""
    return {at: [(1, X, mark), (-1, Z, mark)]
            for at, (X, Z), mark in (((0, 0), t, ""), ((1, 1), u, ""), ((0, 1), beside, how))}  # fmt: skip


LEVELS: dict[str, Callable[[int], Level]] = {"averaged": averaged, "ordered": ordered, "mixed": mixed}


def lower_bound(q: networks.Asked, proof: Any) -> str:
    """A bound by moments of factors, or by singular values."""
    if type(proof) is not dict or "moments" not in proof:
        return networks.closed_form(q, proof)
    value = read.number(proof.get("value"), "value")
    moments(q, proof, value)
    return f"every {q.words()} has at least the value {show(value, -1)}"


def moments(q: networks.Asked, proof: dict[str, Any], value: read.Number) -> None:
    """Reject unless the identity of a level holds for the loss minus the value."""
    read.fields(proof, "proof", "value moments units blocks multipliers bits", " ".join(COORDINATES))
    if type(proof["moments"]) is not str or proof["moments"] not in LEVELS:
        raise Unreadable(f"moments are one of {', '.join(LEVELS)}")
    loss, r = scaled(q, proof, value)
    identity_holds(LEVELS[proof["moments"]](r), loss, proof)


def scaled(q: networks.Asked, proof: dict[str, Any], value: read.Number) -> tuple[coordinates.Loss, int]:
    """The loss minus the value in the coordinates and units of a proof, and the largest rank there."""
    if q.loss != "squared" or q.decay or q.constraints:
        raise Rejected("moments of factors are for squared losses without weight decay or constraints")
    loss = coordinates.coordinates(q, {key: proof[key] for key in COORDINATES if key in proof})
    r = min(q.rank, len(loss.H), len(loss.H[0]))
    if not r:
        raise Rejected("moments of factors need an input that counts")
    read.spend(r * r, "the matrices of a level")
    v, l = (read.whole(u, "unit", -read.BITS, read.BITS) for u in read.items(proof["units"], "units", 2))
    constant, linear, square = (Fraction(2) ** (k * v - l) for k in range(3))  # the loss in units of 2^l, V of 2^v
    return coordinates.Loss(
        [[[x * square for x in row] for row in M] for M in loss.G], [[x * linear for x in row] for row in loss.H],
        (loss.constant - value) * constant,
    ), r  # fmt: skip


def identity_holds(level: Level, loss: coordinates.Loss, proof: dict[str, Any]) -> None:
    """Reject unless blocks, multipliers and bits of a proof show that the loss is not negative."""
    for R in remainders(level, loss, proof):
        if any(row[i] < sum(map(abs, row)) - abs(row[i]) for i, row in enumerate(R)):
            raise Rejected("a matrix of moments is not shown to have a positive semidefinite multiplier")


def remainders(level: Level, loss: coordinates.Loss, proof: dict[str, Any]) -> list[Rows]:
    """R for every matrix, times 64·4^bits·common.

    Then all is whole, also where a remainder, a share of ¼, is itself in the identity of a later variable.
    """
    n, m, bits = len(loss.H), len(loss.H[0]), read.whole(proof["bits"], "bits", 0, read.BITS)
    size, factors = n * m, []
    orders = [_start(k, len({s for s, t in block if s == t}), size) for k, block in enumerate(level.blocks)]
    orders += [m if side == "rows" else n for _, side, _ in level.contracted]
    for order, rows in zip(orders, read.items(proof["blocks"], "blocks", len(orders)), strict=True):
        factors.append(read.integers(rows, "factor", order))
    common = identity.denominator([*(x for M in [*loss.G, loss.H] for row in M for x in row), loss.constant])
    unit = common << 2 * bits + 6
    terms = sum(len(place) for block in level.blocks for place in block.values())
    parts = 4 * terms + 8 * len(level.kinds) + 2 * len(level.contracted)
    read.spend(size * size * parts, "the identity of moments", unit.bit_length())
    grams = [_square(identity.outer(B), 64 * common) for B in factors]
    multipliers = []
    for (side, _), rows in zip(level.relations, read.items(proof["multipliers"], "multipliers", len(level.relations)),
                               strict=True):  # fmt: skip
        d = m if side == "rows" else n
        multipliers.append([[c * (unit >> bits) for c in row] for row in read.integers(rows, "multiplier", d, d)])

    def whole(x: read.Number) -> int:
        return x.numerator * (unit // x.denominator)

    quadratic, full = _quadratic(loss, whole), [[row.copy() for row in G] for G in grams]
    for name, k, (s, t) in level.places:
        there = _coefficients(level, name, full, size, m)
        for (side, summed), multiplier in zip(level.relations, multipliers, strict=True):
            for c, other in summed:
                if other == name:
                    _relation(there, side, c, multiplier, n, m)
        share, down, right = level.loss.get(name, 0), _start(k, s, size), _start(k, t, size)
        gap = [[share * a - b for a, b in zip(x, y, strict=True)] for x, y in zip(quadratic, there, strict=True)]
        [how] = [mark for _, other, mark in level.blocks[k][s, t] if other == name]
        for i, row in enumerate(_projected(level.kinds[name], gap, m)):
            for j, c in enumerate(row):  # half of it in each triangle; where s = t, it is symmetric
                p, q = _exchanged(i, j, m) if how else (i, j)
                full[k][down + p][right + q] += c // 2
                full[k][right + q][down + p] += c // 2
    # 2 <w_a, border> = −2 <w_a, H>
    border = [-whole(h) for row in loss.H for h in row] * ((len(full[0]) - 1) // size)
    for at, c in enumerate([whole(loss.constant), *border]):
        full[0][0][at] = full[0][at][0] = c
    return [[[a - b for a, b in zip(x, y, strict=True)] for x, y in zip(F, G, strict=True)]
            for F, G in zip(full, grams, strict=True)]  # fmt: skip


def _start(k: int, part: int, size: int) -> int:
    """The row of matrix k where a part begins: the first matrix has a border."""
    return (k == 0) + part * size


def _square(lower: Rows, scale: int) -> Rows:
    n = len(lower)
    return [[scale * lower[max(i, j)][min(i, j)] for j in range(n)] for i in range(n)]


def _exchanged(ij: int, kl: int, m: int) -> tuple[int, int]:
    """(il, kj)."""
    return ij - ij % m + kl % m, kl - kl % m + ij % m


def _quadratic(loss: coordinates.Loss, whole: Callable[[read.Number], int]) -> Rows:
    """The matrix of Σ v_i G_i v_i'."""
    n, m = len(loss.H), len(loss.H[0])
    out = [[0] * (n * m) for _ in range(n * m)]
    for i in range(n):
        G = loss.G[i if len(loss.G) > 1 else 0]
        for a in range(m):
            out[i * m + a][i * m : (i + 1) * m] = [whole(c) for c in G[a]]
    return out


def _coefficients(level: Level, name: str, grams: list[Rows], size: int, m: int) -> Rows:
    """The matrix F with <F, X> = Σ <gram, block>, as far as the variable X goes."""
    out = [[0] * size for _ in range(size)]
    for k, (block, G) in enumerate(zip(level.blocks, grams, strict=False)):
        for (s, t), terms in block.items():
            for c, other, how in terms:
                if other != name:
                    continue
                c, down, right = c * (1 if s == t else 2), _start(k, s, size), _start(k, t, size)
                for i in range(size):
                    row = G[down + i]
                    for j in range(size):
                        p, q = _exchanged(i, j, m) if how else (i, j)  # X^Γ has X_il,kj at (ij), (kl)
                        out[p][q] += c * row[right + j]
    for (other, side, A), G in zip(level.contracted, grams[len(level.blocks) :], strict=True):
        if other == name:
            outer, inner = (A, G) if side == "rows" else (G, A)
            for i in range(size):
                for j in range(size):
                    out[i][j] += outer[i // m][j // m] * inner[i % m][j % m]
    return out


def _relation(out: Rows, side: str, c: int, multiplier: Rows, n: int, m: int) -> None:
    """Add c <multiplier, Σ_i X_ij,il>, or c <multiplier, Σ_j X_ij,kj>."""
    if side == "rows":
        for i in range(n):
            for j, row in enumerate(multiplier):
                for l, v in enumerate(row):
                    out[i * m + j][i * m + l] += c * v
        return
    for j in range(m):
        for i, row in enumerate(multiplier):
            for k, v in enumerate(row):
                out[i * m + j][k * m + j] += c * v


def _projected(kind: str, F: Rows, m: int) -> Rows:
    """F as a form on variables of a kind; exact, because the entries are multiples of 16 (see `remainders`)."""
    places = range(len(F))
    if kind == "free":
        return F
    if kind == "symmetric":
        return [[(F[p][q] + F[q][p]) // 2 for q in places] for p in places]
    return [[(F[p][q] + F[q][p] + F[s][t] + F[t][s]) // 4 for q in places for s, t in [_exchanged(p, q, m)]]
            for p in places]  # fmt: skip
