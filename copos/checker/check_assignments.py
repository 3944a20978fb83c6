"""Bounds of a quadratic assignment by a tree that places one facility after the other.

    min Σ A_ij B_p(i)p(j) + Σ C_ip(i)  over permutations p

A cell places some facilities, S; what is left is an assignment of the other facilities to the other locations, whose
costs C_ik have A_ijB_kl + A_jiB_lk more for each facility j of S at l, and the cost of S is a constant. An item is

    {"facility": i}       cells for i at each of the locations that are left, in their order, whose items follow. With
                          "automorphisms" of B that keep the locations of S where they are, for the first location of
                          every orbit: moved by one of them, an assignment costs the same, where C is none. With a
                          "leaf" of the cell itself, as below, and without the places that are "closed" by what it says
    {"location": k}       the same for each of the facilities that are left; the automorphisms are those of A
    {"linear": …}         a leaf: with w_ikjl = A_ijB_kl + A_jiB_lk, s_ik = A_iiB_kk + C_ik, integers over 2^bits with
                          w_ikjl ≥ α_ikj + β_ikl + α_jli + β_jlk,  e_ik = s_ik + Σ_j α_ikj + Σ_l β_ikl − u_i − v_k ≥ 0
                          prove Σ u + Σ v: every permutation takes one such sum for each of its pairs; where i is at
                          k, also e_ik more. With a "factor" F, m² + 1 rows of integers, and G = FF'/2^bits, this is
                          asked of w − 2G_ik,jl and s − G_ik,ik − 2G_0,ik, and proves Σ u + Σ v − G_00:
                          the rest of the costs is z'Gz ≥ 0, z = (1, x)
    {"question": …, "proof": …}   a leaf: a lower bound of the lift of what is left, its question as in `check_parts`
    {"facilities": g, "locations": h}   a leaf where C is none: automorphisms of A and B, which take the cell to one
                          of the tree, i at k to g_i at h_k, that is no such leaf. Assignments of both cost the same;
                          from there on the path goes to cells with more facilities only, so it ends

The bound is the least of those of the leaves, rounded up to a multiple of the number that all costs are multiples of.
Standard library only; part of the checker.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import ceil, gcd
from typing import Any, NamedTuple

try:
    from copos.checker import check_identity as identity
    from copos.checker import check_partitions as partitions
    from copos.checker import check_quadratic_program as programs
    from copos.checker import check_reading as read
    from copos.checker import check_tree as trees
    from copos.checker.check_data import Data, Table
    from copos.checker.check_quadratic import square
    from copos.checker.check_reading import Number, Rejected, show
except ImportError:  # run as a plain file, without the package
    import check_identity as identity  # type: ignore[no-redef]
    import check_partitions as partitions  # type: ignore[no-redef]
    import check_quadratic_program as programs  # type: ignore[no-redef]
    import check_reading as read  # type: ignore[no-redef]
    import check_tree as trees  # type: ignore[no-redef]
    from check_data import Data, Table  # type: ignore[no-redef]
    from check_quadratic import square  # type: ignore[no-redef]
    from check_reading import Number, Rejected, show  # type: ignore[no-redef]

TYPE = "quadratic assignment"
BITS = 200  # of the unit of linear assignments
Places = tuple[tuple[int, int], ...]  # (facility, location)
Prove = Callable[[identity.Program, Any], str]


class Asked(NamedTuple):
    """The data; C is None where there are no such costs."""

    A: Table
    B: Table
    C: Table | None


class Tree(NamedTuple):
    """What leaves prove, the cells with an item of their own, and those that others are taken to."""

    found: list[Number]
    own: set[frozenset[tuple[int, int]]]
    alike: list[frozenset[tuple[int, int]]]


class Left(NamedTuple):
    """What is to be assigned in a cell, and what the cell costs by itself."""

    A: Table
    B: Table
    C: Table
    constant: Number


def asked(problem: Any, data: Data) -> Asked:
    """Read a problem of this type; its automorphisms and first facility say nothing of the costs."""
    q = read.fields(problem, "problem", "type A B", "C automorphisms first")
    A = square(data.table("A", q["A"]), "A")
    n = len(A)
    B = square(data.table("B", q["B"]), "B", n)
    if n > partitions.ORDER:
        raise read.Unreadable(f"an assignment has at most {partitions.ORDER} facilities")
    return Asked(A, B, square(data.table("C", q["C"]), "C", n) if "C" in q else None)


def bound(a: Asked, proof: Any, prove: Prove) -> str:
    """Every assignment costs at least a number."""
    read.fields(proof, "proof", "value tree")
    value, n = read.number(proof["value"], "value"), len(a.A)
    tree = Tree([], set(), [])

    def cells(at: Places, item: Any) -> list[Places]:
        keys = set(item) if type(item) is dict else set()
        if "facilities" in keys:
            tree.alike.append(_image(a, at, item))
            return []
        tree.own.add(frozenset(at))
        if keys & {"facility", "location"}:
            return _placed(a, at, item, tree)
        rest = left(a, at)
        tree.found.append(rest.constant + (linear(rest, item)[0] if "linear" in keys else _lift(rest, item, prove)))
        return []

    trees.walk((), proof["tree"], cells)
    if not tree.own.issuperset(tree.alike):
        raise Rejected("an automorphism takes a cell to none that the tree treats")
    least, step = min(tree.found), grain(a)
    least = ceil(least / step) * step if step else least
    if value > least:
        raise Rejected(f"the proof gives {show(least)}, not {show(value)}")
    return f"every assignment of {n} facilities to {n} locations costs at least {show(value, -1)}"


def attained(a: Asked, proof: Any) -> str:
    """The costs of an assignment."""
    read.fields(proof, "proof", "value permutation")
    value, n = read.number(proof["value"], "value"), len(a.A)
    p = [read.whole(k, "location", 0, n - 1) for k in read.items(proof["permutation"], "permutation", n)]
    if len(set(p)) != n:
        raise Rejected("two facilities are at the same location")
    found = left(a, tuple(enumerate(p))).constant
    if found > value:
        raise Rejected(f"the assignment costs {show(found)}")
    where = ", ".join(f"{i + 1} at {k + 1}" for i, k in enumerate(p))
    return f"an assignment of {n} facilities to {n} locations costs at most {show(value, 1)}: {where}"


def _placed(a: Asked, at: Places, item: Any, tree: Tree) -> list[Places]:
    """The cells of a facility at every location or of a location, or those of one of every orbit."""
    side = 0 if "facility" in item else 1
    what = ("facility", "location")[side]
    read.fields(item, "inner node", what, "automorphisms leaf closed")
    n, first = len(a.A), read.whole(item[what], what, 0, len(a.A) - 1)
    if first in [pair[side] for pair in at]:
        raise Rejected(f"a {what} is placed twice")
    taken, chosen = {pair[1 - side] for pair in at}, set(range(n))
    read.spend(4 * n, "a cell")
    if "automorphisms" in item:
        chosen = partitions.orbits((a.B, a.A)[side], item["automorphisms"])
        if a.C is not None:
            raise Rejected("automorphisms say nothing of the costs C")
        if any(p[k] != k for p in item["automorphisms"] for k in taken):
            raise Rejected("an automorphism moves what is placed")
    places = [(first, k) if side == 0 else (k, first) for k in sorted(chosen - taken)]
    if "leaf" in item or "closed" in item:
        read.fields(item, "inner node", f"{what} leaf closed", "automorphisms")
        rest = left(a, at)
        least, excess = linear(rest, item["leaf"])
        own, others = ([v for v in range(n) if v not in {pair[s] for pair in at}] for s in (0, 1))
        for b in read.items(item["closed"], "closed", most=n):
            other = read.whole(b, "place", 0, n - 1)
            place = (first, other) if side == 0 else (other, first)
            if place not in places:
                raise Rejected("a place that is closed is none that is left")
            places.remove(place)
            tree.found.append(rest.constant + least + excess[own.index(place[0])][others.index(place[1])])
    return [(*at, place) for place in places]


def _image(a: Asked, at: Places, item: Any) -> frozenset[tuple[int, int]]:
    """Where automorphisms of A and of B take a cell."""
    moves = read.fields(item, "leaf", "facilities locations")
    for M, p in ((a.A, moves["facilities"]), (a.B, moves["locations"])):
        partitions.orbits(M, [p])
    if a.C is not None:
        raise Rejected("automorphisms say nothing of the costs C")
    return frozenset((moves["facilities"][i], moves["locations"][k]) for i, k in at)


def left(a: Asked, at: Places) -> Left:
    """The assignment that is left in a cell."""
    n = len(a.A)
    own, taken = {i for i, _ in at}, {k for _, k in at}
    I, K = ([v for v in range(n) if v not in gone] for gone in (own, taken))
    read.spend(2 * n * n * (2 + len(at)), "what is left of an assignment")

    def single(i: int, k: int) -> Number:
        return 0 if a.C is None else a.C[i][k]

    def between(i: int, k: int) -> Number:
        return sum(a.A[i][j] * a.B[k][m] + a.A[j][i] * a.B[m][k] for j, m in at)

    return Left([[a.A[i][j] for j in I] for i in I], [[a.B[k][m] for m in K] for k in K],
                [[single(i, k) + between(i, k) for k in K] for i in I],
                sum((single(i, k) + sum(a.A[i][j] * a.B[k][m] for j, m in at) for i, k in at), 0))  # fmt: skip


def grain(a: Asked) -> Number:
    """The number that all costs are multiples of; 0 where all of them are 0."""
    n = len(a.A)
    read.spend(n**4 // 2, "the costs of an assignment")
    C = a.C or [[0] * n] * n
    costs = {a.A[i][i] * a.B[k][k] + C[i][k] for i in range(n) for k in range(n)}
    for i in range(n):
        for j in range(i):
            p, q = a.A[i][j], a.A[j][i]
            costs |= {p * a.B[k][m] + q * a.B[m][k] for k in range(n) for m in range(n) if k != m}
    bottom = identity.denominator(costs)
    return Fraction(gcd(*(int(c * bottom) for c in costs)), bottom)


def linear(rest: Left, item: Any) -> tuple[Number, list[list[Number]]]:
    """Σ u + Σ v − G_00 of a leaf with linear assignments, and what more it proves of places."""
    leaf = read.fields(item, "leaf", "linear", "factor")
    given = read.fields(leaf["linear"], "linear assignments", "alpha beta u v bits")
    A, B, C, _ = rest
    m, bits = len(A), read.whole(given["bits"], "bits", -BITS, BITS)
    unit: Number = 1 << bits if bits >= 0 else Fraction(1, 1 << -bits)  # integers are multiplied faster
    u, v = (_integers(given[key], key, m) for key in "uv")
    alpha, beta = (_cube(given[key], key, m) for key in ("alpha", "beta"))
    read.spend(m**4, "linear assignments")
    G = identity.outer(read.integers(leaf["factor"], "factor", m * m + 1)) if "factor" in leaf else None
    every, excess = range(m), [list[Number]() for _ in range(m)]
    for i in every:
        for k in every:
            a, b, g = alpha[i][k], beta[i][k], None if G is None else G[1 + i * m + k]
            s = unit * (A[i][i] * B[k][k] + C[i][k]) + sum(a) - a[i] + sum(b) - b[k] - u[i] - v[k]
            s -= 0 if g is None else g[-1] + 2 * g[0]
            if s < 0:
                raise Rejected("a place costs less than its linear assignment says")
            excess[i].append(Fraction(s) / unit)
            for j in range(i):
                p, q = unit * A[i][j], unit * A[j][i]
                for l in every:
                    w = p * B[k][l] + q * B[l][k] - (0 if g is None else 2 * g[1 + j * m + l])
                    if l != k and w < a[j] + b[l] + alpha[j][l][i] + beta[j][l][k]:
                        raise Rejected("a pair costs less than its linear assignments say")
    return Fraction(sum(u) + sum(v) - (0 if G is None else G[0][0])) / unit, excess


def _cube(value: Any, what: str, m: int) -> list[list[list[int]]]:
    return [[_integers(row, what, m) for row in read.items(rows, what, m)] for rows in read.items(value, what, m)]


def _integers(value: Any, what: str, m: int) -> list[int]:
    return [read.whole(v, what, -(1 << read.BITS), 1 << read.BITS) for v in read.items(value, what, m)]


def _lift(rest: Left, item: Any, prove: Prove) -> Number:
    """The value of a lower bound of the lift, checked."""
    read.fields(item, "leaf", "question proof")
    question = read.fields(item["question"], "question of a leaf", "", "free steps implied")
    made = programs.lifted(partitions.assignment(rest.A, rest.B, rest.C), question)
    prove(made.program, item["proof"])
    return read.number(item["proof"]["value"], "value") + made.base
