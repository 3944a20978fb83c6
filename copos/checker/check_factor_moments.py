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

A proof holds B for every matrix, and multipliers of the relations. It shows that the loss minus the value is
Σ <BB'/4^b + R, matrix> + Σ <multiplier, relation>: the R, each in a place named in `LEVELS`, take what is missing of
this identity, variable by variable, and must be diagonally dominant. Standard library only; part of the checker.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import lcm
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


LEVELS: dict[str, Callable[[int], Level]] = {"averaged": averaged, "ordered": ordered}


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
    loss, r, units = asked_for(q, proof)
    identity_holds(LEVELS[proof["moments"]](r), loss, units, value, proof)


def asked_for(q: networks.Asked, proof: dict[str, Any]) -> tuple[coordinates.Loss, int, tuple[int, int]]:
    """The loss in the coordinates of a proof, the largest rank there, and the units (v, l)."""
    if q.loss != "squared" or q.decay or q.constraints:
        raise Rejected("moments of factors are for squared losses without weight decay or constraints")
    loss = coordinates.coordinates(q, {key: proof[key] for key in COORDINATES if key in proof})
    r = min(q.rank, len(loss.H), len(loss.H[0]))
    read.spend(r * r, "the matrices of a level")
    v, l = (read.whole(u, "unit", -read.BITS, read.BITS) for u in read.items(proof["units"], "units", 2))
    return loss, r, (v, l)


def identity_holds(
    level: Level, loss: coordinates.Loss, units: tuple[int, int], value: read.Number, proof: dict[str, Any]
) -> None:
    """Reject unless blocks, multipliers and bits of a proof show that the loss minus the value is not negative."""
    n, m = len(loss.H), len(loss.H[0])
    size, p = n * m, len({place for place in level.blocks[0] if place[0] == place[1]})
    terms = sum(len(place) for block in level.blocks for place in block.values())
    read.spend(size * size * (4 * terms + 8 * len(level.kinds) + len(level.contracted)), "the identity of moments")
    bits = read.whole(proof["bits"], "bits", 0, read.BITS)
    # everything is whole after a multiplication by 64·4^bits·common, also where a remainder, a share of ¼, is itself in
    # the identity of a later variable; the loss in units of 2^l, V in units of 2^v
    v, l = units
    power = [Fraction(2) ** (k * v - l) for k in range(3)]
    numbers = [x * power[2] for M in loss.G for row in M for x in row]
    numbers += [x * power[1] for row in loss.H for x in row]
    rest = (loss.constant - value) * power[0]
    common = 1
    for d in {x.denominator for x in [*numbers, rest]}:
        common = lcm(common, d)
        if common.bit_length() > 4 * read.BITS:
            raise Unreadable("the loss has too large a common denominator")
    unit = common << 2 * bits + 6
    grams = []
    orders = [size * len({place for place in block if place[0] == place[1]}) for block in level.blocks]
    orders += [m if side == "rows" else n for _, side, _ in level.contracted]
    for k, rows in enumerate(read.items(proof["blocks"], "blocks", len(orders))):
        order = orders[k] + (k == 0)
        B = read.integers(rows, "factor", order)
        grams.append(_square(identity.outer(B) if B[0] else [[0] * (i + 1) for i in range(order)], 64 * common))
    given = read.items(proof["multipliers"], "multipliers", len(level.relations))
    multipliers = []
    for (side, _), rows in zip(level.relations, given, strict=True):
        d = m if side == "rows" else n
        multipliers.append([[c * (unit >> bits) for c in row] for row in read.integers(rows, "multiplier", d, d)])
    quadratic = _quadratic(loss, n, m, lambda c: int(c * power[2] * unit))
    remainders = [[[0] * len(M) for _ in M] for M in grams]
    for name, k, (s, t) in level.places:
        missing = _coefficients(level, name, grams, n, m)
        for (side, terms), multiplier in zip(level.relations, multipliers, strict=True):
            for c, other in terms:
                if other == name:
                    _relation(missing, side, c, multiplier, n, m)
        share = level.loss.get(name, 0)
        wanted = [[share * x for x in row] for row in quadratic] if share else [[0] * size for _ in range(size)]
        gap = _projected(level.kinds[name], [[a - b for a, b in zip(x, y, strict=True)]
                                             for x, y in zip(wanted, missing, strict=True)], n, m)  # fmt: skip
        down, right = (k == 0) + s * size, (k == 0) + t * size
        for i in range(size):
            for j in range(size):
                c = gap[i][j] if s == t else gap[i][j] // 2
                remainders[k][down + i][right + j] += c
                grams[k][down + i][right + j] += c
                if s != t:
                    remainders[k][right + j][down + i] += c
                    grams[k][right + j][down + i] += c
    for a in range(p):  # 2 <w_a, border> = −2 <w_a, H>
        for i in range(n):
            for j in range(m):
                at = 1 + a * size + i * m + j
                c = -int(loss.H[i][j] * power[1] * unit) - grams[0][0][at]
                remainders[0][0][at] = remainders[0][at][0] = c
    remainders[0][0][0] = int(rest * unit) - grams[0][0][0]
    for R in remainders:
        if any(row[i] < sum(map(abs, row)) - abs(row[i]) for i, row in enumerate(R)):
            raise Rejected("a matrix of moments is not shown to have a positive semidefinite multiplier")


def _square(lower: Rows, scale: int) -> Rows:
    n = len(lower)
    return [[scale * (lower[i][j] if j <= i else lower[j][i]) for j in range(n)] for i in range(n)]


def _quadratic(loss: coordinates.Loss, n: int, m: int, whole: Callable[[Any], int]) -> Rows:
    """The matrix of Σ v_i G_i v_i'."""
    out = [[0] * (n * m) for _ in range(n * m)]
    for i in range(n):
        G = loss.G[i if len(loss.G) > 1 else 0]
        for a in range(m):
            out[i * m + a][i * m : (i + 1) * m] = [whole(c) for c in G[a]]
    return out


def _coefficients(level: Level, name: str, grams: list[Rows], n: int, m: int) -> Rows:
    """The matrix F with <F, X> = Σ <gram, block>, as far as the variable X goes."""
    size = n * m
    out = [[0] * size for _ in range(size)]
    for k, (block, G) in enumerate(zip(level.blocks, grams, strict=False)):
        for (s, t), terms in block.items():
            for c, other, how in terms:
                if other != name:
                    continue
                c, down, right = c * (1 if s == t else 2), (k == 0) + s * size, (k == 0) + t * size
                for i in range(size):
                    row = G[down + i]
                    for j in range(size):
                        # X^Γ has X_il,kj at (ij), (kl)
                        to = (i - i % m + j % m, j - j % m + i % m) if how else (i, j)
                        out[to[0]][to[1]] += c * row[right + j]
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


def _projected(kind: str, F: Rows, n: int, m: int) -> Rows:
    """F as a form on variables of a kind; exact, because the entries are multiples of 4 (see `moments`)."""
    size = n * m
    if kind == "free":
        return F
    if kind == "symmetric":
        return [[(F[i][j] + F[j][i]) // 2 for j in range(size)] for i in range(size)]
    out = [[0] * size for _ in range(size)]
    for i in range(n):
        for j in range(m):
            for k in range(n):
                for l in range(m):
                    ij, kl, il, kj = i * m + j, k * m + l, i * m + l, k * m + j
                    out[ij][kl] = (F[ij][kl] + F[kl][ij] + F[il][kj] + F[kj][il]) // 4
    return out
