"""Bounds of a quadratic assignment by a tree that places one facility after the other.

    min Σ A_ij B_p(i)p(j) + Σ C_ip(i)  over permutations p

A cell places some facilities, S; what is left is an assignment of the other facilities to the other locations, whose
costs C_ik have A_ijB_kl + A_jiB_lk more for each facility j of S at l, and the cost of S is a constant. An item is

    {"facility": i}       cells for i at each of the locations that are left, in their order, whose items follow. With
                          "automorphisms" of B that keep the locations of S where they are, for the first location of
                          every orbit: moved by one of them, an assignment costs the same, where C is none
    {"linear": …}         a leaf: with w_ikjl = A_ijB_kl + A_jiB_lk, s_ik = A_iiB_kk + C_ik, integers over 2^bits with
                          w_ikjl ≥ α_ikj + β_ikl + α_jli + β_jlk,  s_ik + Σ_j α_ikj + Σ_l β_ikl ≥ u_i + v_k
                          prove Σ u + Σ v: every permutation takes one such sum for each of its pairs
    {"question": …, "proof": …}   a leaf: a lower bound of the lift of what is left, its question as in `check_parts`

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
BITS = 2_400  # costs are products of doubles, down to 2^-2148; of the unit of linear assignments
Places = tuple[tuple[int, int], ...]  # (facility, location)
Prove = Callable[[identity.Program, Any], str]


class Asked(NamedTuple):
    """The data; C is None where there are no such costs."""

    A: Table
    B: Table
    C: Table | None


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
    found: list[Number] = []

    def cells(at: Places, item: Any) -> list[Places]:
        if type(item) is dict and "facility" in item:
            return _placed(a, at, item)
        rest = left(a, at)
        least = linear(rest, item) if type(item) is dict and "linear" in item else _lift(rest, item, prove)
        found.append(rest.constant + least)
        return []

    trees.walk((), proof["tree"], cells)
    least, step = min(found), grain(a)
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


def _placed(a: Asked, at: Places, item: Any) -> list[Places]:
    """The cells of a facility at every location, or at one of every orbit."""
    read.fields(item, "inner node", "facility", "automorphisms")
    n, i = len(a.A), read.whole(item["facility"], "facility", 0, len(a.A) - 1)
    if i in [j for j, _ in at]:
        raise Rejected("a facility is placed twice")
    taken, chosen = {k for _, k in at}, set(range(n))
    read.spend(4 * n, "a cell")
    if "automorphisms" in item:
        chosen = partitions.orbits(a.B, item["automorphisms"])
        if a.C is not None:
            raise Rejected("automorphisms of B say nothing of the costs C")
        if any(p[k] != k for p in item["automorphisms"] for k in taken):
            raise Rejected("an automorphism moves the location of a facility that is placed")
    return [(*at, (i, k)) for k in sorted(chosen - taken)]


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


def linear(rest: Left, item: Any) -> Number:
    """Σ u + Σ v of a leaf with linear assignments."""
    given = read.fields(read.fields(item, "leaf", "linear")["linear"], "linear assignments", "alpha beta u v bits")
    A, B, C, _ = rest
    bits = read.whole(given["bits"], "bits", -BITS, BITS)
    m, unit = len(A), Fraction(2) ** bits
    u, v = (_integers(given[key], key, m) for key in "uv")
    alpha, beta = (_cube(given[key], key, m) for key in ("alpha", "beta"))
    read.spend(m**4, "linear assignments", abs(bits))
    every = range(m)
    for i in every:
        for k in every:
            a, b = alpha[i][k], beta[i][k]
            s = unit * (A[i][i] * B[k][k] + C[i][k]) + sum(a) - a[i] + sum(b) - b[k]
            if s < u[i] + v[k]:
                raise Rejected("a place costs less than its linear assignment says")
            for j in range(i):
                p, q = unit * A[i][j], unit * A[j][i]
                for l in every:
                    if l != k and p * B[k][l] + q * B[l][k] < a[j] + b[l] + alpha[j][l][i] + beta[j][l][k]:
                        raise Rejected("a pair costs less than its linear assignments say")
    return (sum(u) + sum(v)) / unit


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
