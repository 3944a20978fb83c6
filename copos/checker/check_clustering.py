"""Lower bounds on the within-cluster sum of squares of all partitions of the rows of a table into k clusters.

Write T_ij = |x_i − x_j|². A cluster c costs Σ_{i<j in c} T_ij/|c|. Points that are together form groups g of m_g
points; a partition into k clusters of groups is Y = Σ_c 1_c 1_c'/M_c with M_c = Σ_{g in c} m_g, and

    cost  =  Σ_g cost(g) + Σ_{g<h} a_gh Y_gh,     a_gh = Σ_{i in g, j in h} T_ij − m_h cost(g) − m_g cost(h),
    Σ_h m_h Y_gh = 1 for every g,   Σ_g m_g Y_gg = k,   Y_gh = 0 where a point of g and one of h are apart.

Every atom is a multiple of a vector of zeros and ones: a quadratic form that is nonnegative at all such vectors of its
variables is nonnegative at every atom, and a proof may use it as a generator of the cone x ≥ 0. A proof is an identity
of level 0 for this program, or nothing where the groups' own costs are enough, or a tree: two points are together in a
partition or apart. Standard library only; part of the checker.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from typing import Any, NamedTuple

try:
    from copos.checker import check_cones as cones
    from copos.checker import check_identity as identity
    from copos.checker import check_reading as read
    from copos.checker import check_scaling as scaling
    from copos.checker.check_data import Data
    from copos.checker.check_reading import Number, Rejected, Unreadable, show
except ImportError:  # run as a plain file, without the package
    import check_cones as cones  # type: ignore[no-redef]
    import check_identity as identity  # type: ignore[no-redef]
    import check_reading as read  # type: ignore[no-redef]
    import check_scaling as scaling  # type: ignore[no-redef]
    from check_data import Data  # type: ignore[no-redef]
    from check_reading import Number, Rejected, Unreadable, show  # type: ignore[no-redef]

POINTS = 3_000
VARIABLES = 6  # of a form whose values at all vectors of zeros and ones are looked at
Pair = tuple[int, int]


class Clustering(NamedTuple):
    """The squared distances T_ij, i < j, times the square of `scale`; the number of clusters; pairs of points."""

    points: int
    distances: dict[Pair, int]
    scale: int
    clusters: int
    together: list[Pair]
    apart: list[Pair]

    def words(self) -> str:
        """The partitions that a claim is about."""
        links = [f"{len(pairs)} pairs {how}" for pairs, how in ((self.together, "together"), (self.apart, "apart"))
                 if pairs]  # fmt: skip
        kept = f", {' and '.join(links)}," if links else ""
        return f"partition of the {self.points} points into {self.clusters} clusters{kept}"


def asked(problem: dict[str, Any], data: Data) -> Clustering:
    """The problem of type "k-means"."""
    d = read.fields(problem, "problem", "type X clusters", "must_link cannot_link")
    rows = data.table("X", d["X"], samples=True)
    n = len(rows)
    if n > POINTS:
        raise Unreadable(f"at most {POINTS} points can be checked")
    k = read.whole(d["clusters"], "clusters", 1, n)
    read.spend(n * n * len(rows[0]), "the distances of points")
    scale = identity.denominator(v for row in rows for v in row)
    X = [[int(v * scale) for v in row] for row in rows]
    T = {(i, j): sum((a - b) ** 2 for a, b in zip(X[i], X[j], strict=True)) for i in range(n) for j in range(i + 1, n)}
    return Clustering(n, T, scale, k, *(pairs(d.get(key, []), key, n) for key in ("must_link", "cannot_link")))


def pairs(value: Any, what: str, n: int) -> list[Pair]:
    """Pairs of different points."""
    return [pair(item, what, n) for item in read.items(value, what)]


def pair(value: Any, what: str, n: int) -> Pair:
    """Two different points, the smaller number first."""
    i, j = (read.whole(v, what, 0, n - 1) for v in read.items(value, what, 2))
    if i == j:
        raise Unreadable(f"{what}: a point with itself")
    return min(i, j), max(i, j)


def groups(c: Clustering, together: list[Pair]) -> list[int]:
    """The number of the group of every point."""
    least = list(range(c.points))

    def root(i: int) -> int:
        while least[i] != i:
            i = least[i]
        return i

    for i, j in together:
        a, b = sorted((root(i), root(j)))
        least[b] = a
    number: dict[int, int] = {}
    return [number.setdefault(root(i), len(number)) for i in range(c.points)]


class Within(NamedTuple):
    """Of every group its number of points and the sum of the distances between them."""

    size: list[int]
    distances: list[int]

    def cost(self, scale: int) -> Fraction:
        """Σ_g cost(g), the cost of the groups by themselves."""
        return sum((Fraction(t, m) for t, m in zip(self.distances, self.size, strict=True)), Fraction(0)) / scale**2


def within(c: Clustering, of: list[int]) -> Within:
    """The groups by themselves."""
    read.spend(2 * c.points * c.points, "the groups of points")
    size, distances = [0] * (max(of) + 1), [0] * (max(of) + 1)
    for g in of:
        size[g] += 1
    for (i, j), t in c.distances.items():
        if of[i] == of[j]:
            distances[of[i]] += t
    return Within(size, distances)


def program(c: Clustering, of: list[int], own: Within, apart: set[Pair]) -> identity.Program:
    """The program of the groups; `apart` are pairs of groups."""
    m, inner = own
    count = len(m)
    read.spend(6 * c.points * c.points, "the distances of groups")
    between = dict.fromkeys(((g, h) for g in range(count) for h in range(g)), 0)
    for (i, j), t in c.distances.items():
        g, h = of[i], of[j]
        if g != h:
            between[max(g, h), min(g, h)] += t
    unit = c.scale**2
    objective: cones.Form = {
        (h, g): Fraction(m[g] * m[h] * t - m[h] ** 2 * inner[g] - m[g] ** 2 * inner[h], m[g] * m[h] * unit)
        for (g, h), t in between.items()
    }
    rows: list[tuple[cones.Form, Number]] = [
        ({(min(g, h), max(g, h)): m[h] for h in range(count)}, 1) for g in range(count)
    ]
    rows.append(({(g, g): m[g] for g in range(count)}, c.clusters))
    vanishing: list[cones.Form] = [{p: 1} for p in sorted(apart)]
    return cones.program(cones.nonnegative(count), objective, rows, vanishing)


def lower_bound(c: Clustering, proof: Any) -> str:
    """Every partition that keeps the pairs costs at least the value."""
    read.fields(proof, "proof", "value cases")
    value = read.number(proof["value"], "value")
    for case, together, apart in cases(c, proof["cases"]):
        least = bound(c, case, together, apart)
        if least is not None and least < value:
            raise Rejected(f"a case of the proof gives {show(least)}, not {show(value)}")
    return f"every {c.words()} has a within-cluster sum of squares of at least {show(value, -1)}"


def cases(c: Clustering, tree: Any) -> Iterator[tuple[dict[str, Any], list[Pair], list[Pair]]]:
    """The leaves of a tree with the pairs that are together and apart there: every partition is in one of them.

    A tree is a list: {"pair": [i, j]}, then the tree of the partitions where i and j are together, then the other one.
    """
    waiting = [(c.together, c.apart)]
    for node in read.items(tree, "cases"):
        if not waiting:
            raise Unreadable("there are more cases than the pairs make")
        together, apart = waiting.pop()
        if type(node) is not dict or "pair" not in node:
            yield node, together, apart
            continue
        read.fields(node, "node", "pair")
        read.spend(len(together) + len(apart), "a case")
        split = pair(node["pair"], "pair", c.points)
        waiting += [(together, [*apart, split]), ([*together, split], apart)]
    if waiting:
        raise Rejected("a case is missing")


def bound(c: Clustering, case: Any, together: list[Pair], apart: list[Pair]) -> Number | None:
    """A bound on the partitions of a leaf; None if there are none."""
    of = groups(c, together)
    split = {(min(of[i], of[j]), max(of[i], of[j])) for i, j in apart}
    if type(case) is dict and "impossible" in case:
        read.fields(case, "case", "impossible", "points")
        if case["impossible"] == "links" and any(g == h for g, h in split):
            return None
        if case["impossible"] == "few groups" and max(of) + 1 < c.clusters:
            return None
        if case["impossible"] == "apart" and "points" in case:
            inside = {of[read.whole(v, "point", 0, c.points - 1)] for v in read.items(case["points"], "points")}
            read.spend(len(inside) ** 2, "points that are apart")
            if len(inside) > c.clusters and all((g, h) in split for g in inside for h in inside if g < h):
                return None
        raise Rejected("a case that is called impossible is not seen to be so")
    if any(g == h for g, h in split):
        raise Rejected("two points of a case are together and apart")
    own = within(c, of)
    offset = own.cost(c.scale)
    if case == {}:  # a_gh ≥ 0: a partition costs at least what its groups cost by themselves
        return offset
    p = program(c, of, own, split)
    read.fields(case, "case", "y terms multipliers generators", "scales scaling infeasible")
    forms = [identity.polynomial(f, "generator", p.dim, 2) for f in read.items(case["generators"], "generators")]
    if not all(map(binary, forms)):
        raise Rejected("a generator is negative at a vector of zeros and ones")
    infeasible = case.get("infeasible", False)
    if type(infeasible) is not bool:
        raise Unreadable("infeasible must be true or false")
    p, rest, unit = scaling.applied(p._replace(generators=forms), case)
    y = read.vector(rest["y"], "y", len(p.equations))
    form = identity.less({} if infeasible else p.objective, y, p.equations)
    identity.nonnegative(p, form, {**rest, "level": 0})
    total = sum(u * b for u, (_, b) in zip(y, p.equations, strict=True))
    if not infeasible:
        return total * unit + offset
    if total <= 0:
        raise Rejected("b'y is not positive")
    return None


def binary(form: identity.Polynomial) -> bool:
    """Is the form nonnegative at all vectors of zeros and ones of its few variables?"""
    variables = sorted({v for key in form for v in key})
    if len(variables) > VARIABLES:
        raise Unreadable(f"a generator has at most {VARIABLES} variables")
    read.spend(len(form) << len(variables), "the values of a generator")
    return all(sum(v for key, v in form.items() if all(at[i] for i in key)) >= 0
               for values in product((0, 1), repeat=len(variables))
               for at in [dict(zip(variables, values, strict=True))])  # fmt: skip


def attained(c: Clustering, proof: Any) -> str:
    """A partition that costs at most the value."""
    read.fields(proof, "proof", "value labels")
    value = read.number(proof["value"], "value")
    of = [read.whole(v, "label", 0, c.clusters - 1) for v in read.items(proof["labels"], "labels", c.points)]
    if len(set(of)) < c.clusters:
        raise Rejected("a cluster is empty")
    if any(of[i] != of[j] for i, j in c.together) or any(of[i] == of[j] for i, j in c.apart):
        raise Rejected("the labels do not keep the pairs together and apart")
    cost = within(c, of).cost(c.scale)
    if cost > value:
        raise Rejected(f"the partition costs {show(cost)}, above {show(value)}")
    return f"a {c.words()} has a within-cluster sum of squares of at most {show(value, 1)}"
