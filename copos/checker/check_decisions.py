"""Cells that need not cover K: what is true of every point of K, or of some optimal one, decides between them.

A side of a decision is a list of linear forms that vanish and one of linear forms that are ≥ 0.

either       forms a, b with a(x)·b(x) = Σ c_j E_j(x): at every atom a(x) = 0 or b(x) = 0.
stationary   a variable v that is alone: only l x_0 ≤ x_v ≤ u x_0 speaks of it, besides a vanishing form whose roots are
             these ends (v is then *whole*). With the others fixed the objective is q(x_v) = a x_v² + g x_v + …, and
             with D = (q(u) − q(l))/(u − l) = a (l + u) x_0 + g, at some optimal atom
                 x_v = l x_0 and D ≥ 0,  or  x_v = u x_0 and D ≤ 0                  if v is whole or a ≤ 0,
                 x_v = l x_0 and q' ≥ 0,  or  x_v = u x_0 and q' ≤ 0,  or  q' = 0   otherwise.

Why at one and the same optimal atom for all v. Every variable lies between multiples of x_0, and x_0² = b > 0 is the
only equation, so the atoms with x_0² = b are a compact set, and a minimiser x* exists (or nothing is feasible). A
concave q that is least inside of an interval is constant there: x*_v may go to an end, where x* still is a minimiser;
one after the other all v with a ≤ 0 go. Then for every v that is alone x* is not improved by the other end of v, nor,
if a > 0, by any other point of the interval. So x* is in some cell of every tree, C(x*) ≥ y_c A(x*) there, and
<C, Y> ≥ C(x*) for every feasible Y, which averages atoms with x_0² > 0.

Standard library only; part of the checker.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, NamedTuple

try:
    from copos.checker import check_identity as identity
    from copos.checker import check_multiplier as multiplier
    from copos.checker import check_reading as read
    from copos.checker.check_reading import Number, Rejected
except ImportError:  # run as a plain file, without the package
    import check_identity as identity  # type: ignore[no-redef]
    import check_multiplier as multiplier  # type: ignore[no-redef]
    import check_reading as read  # type: ignore[no-redef]
    from check_reading import Number, Rejected  # type: ignore[no-redef]

Linear = dict[int, Number]


class Side(NamedTuple):
    """{x : ℓ(x) = 0 for ℓ in zero, a(x) ≥ 0 for a in cuts}."""

    zero: tuple[Linear, ...] = ()
    cuts: tuple[Linear, ...] = ()


def sides(p: identity.Program, item: Any) -> list[Side]:
    """The sides of an inner node of a tree, in the order in which their cells come."""
    if "cut" in item:
        read.fields(item, "inner node", "cut")
        a = linear(item["cut"], "cut", p.dim)
        # both sides of one and the same form, so that no point of K is left out
        return [Side(cuts=(a,)), Side(cuts=(negative(a),))]
    if "either" in item:
        read.fields(item, "inner node", "either multipliers")
        forms = [linear(form, "either", p.dim) for form in read.items(item["either"], "either", 2)]
        vanishes(p, forms[0], forms[1], item["multipliers"])
        return [Side(zero=(form,)) for form in forms]
    read.fields(item, "inner node", "stationary")
    return stationary(p, read.whole(item["stationary"], "variable", 0, p.dim - 1))


def linear(value: Any, what: str, dim: int) -> Linear:
    """[[v, c], …]."""
    return {v: c for (v,), c in identity.polynomial(value, what, dim, 1).items()}


def negative(a: Linear) -> Linear:
    """−a."""
    return {v: -c for v, c in a.items()}


def vanishes(p: identity.Program, a: Linear, b: Linear, multipliers: Any) -> None:
    """Reject unless a·b = Σ c_j E_j."""
    left = identity.product({(v,): c for v, c in a.items()}, {(v,): c for v, c in b.items()})
    for item in read.items(multipliers, "multipliers"):
        j, c = read.items(item, "multiplier", 2)
        E, c = p.vanishing[read.whole(j, "vanishing form", 0, len(p.vanishing) - 1)], read.number(c, "multiplier")
        read.spend(len(E), "a multiplier")
        for key, value in E.items():
            left[key] = left.get(key, 0) - c * value
    if any(left.values()):
        raise Rejected("the product of the two forms is not the combination of vanishing forms that is stated")


def stationary(p: identity.Program, v: int) -> list[Side]:
    """The sides of the decision about x_v."""
    home = compact(p)
    if v == home:
        raise Rejected("x_0 itself is not decided about")
    low, high = ends(p, v, home)
    alone(p, v, home)
    read.spend(len(p.objective) + len(p.vanishing), "a decision")
    a = p.objective.get((v, v), 0)
    slope: Linear = {}
    for key, c in p.objective.items():
        if v in key and key != (v, v):
            (w,) = (u for u in key if u != v)
            slope[w] = slope.get(w, 0) + c
    whole = [E for E in p.vanishing if any(v in key for key in E)]
    if any(root(E, v, home, end) for E in whole for end in (low, high)):
        raise Rejected("a vanishing form of the variable has other roots than its bounds")
    inside = not whole and a > 0
    at = [negative({v: -1, home: end}) for end in (low, high)]  # x_v − end·x_0
    shift = (2 * low, 2 * high) if inside else (low + high, low + high)
    change = [added(slope, {home: a * s}) for s in shift]
    out = [Side((at[0],), (change[0],)), Side((at[1],), (negative(change[1]),))]
    return [*out, Side(zero=(added(slope, {v: 2 * a}),))] if inside else out


def compact(p: identity.Program) -> int:
    """The variable x_0 with a x_0² = b > 0, once all others are seen to lie between multiples of it; else rejects."""
    if p.stated:
        raise Rejected("a decision by first-order conditions is about every inequality, and some are only stated")
    if len(p.equations) != 1 or p.equations[0][1] <= 0 or len(p.unit) != 1:
        raise Rejected("first-order conditions need one equation x_0² = b > 0, and x_0 as the multiplier")
    ((home,),) = p.unit
    if list(p.equations[0][0]) != [(home, home)] or p.equations[0][0][home, home] <= 0 or home not in p.positive:
        raise Rejected("first-order conditions need one equation x_0² = b > 0 with x_0 ≥ 0")
    read.spend(len(p.blocks), "bounds")
    below, above = {home}, {home}
    for k, order in enumerate(p.orders):
        terms = multiplier.entry(p, k, 0, 0) if order == 1 else {}
        names = [v for v in terms if v != home]
        if len(names) == 1:
            (below if terms[names[0]] > 0 else above).add(names[0])
    if not len(below) == len(above) == p.dim:
        raise Rejected("first-order conditions need bounds on every variable")
    return home


def ends(p: identity.Program, v: int, home: int) -> tuple[Fraction, Fraction]:
    """l and u of l x_0 ≤ x_v ≤ u x_0; rejects where another block speaks of x_v, too."""
    low, high = [], []
    for k, block in enumerate(p.blocks):
        read.spend(1 + len(block), "bounds")
        entries = [multiplier.entry(p, k, *key) for key in block]
        if not any(v in terms for terms in entries):
            continue
        (terms, *others) = entries
        if others or not set(terms) <= {v, home}:
            raise Rejected("the variable is not alone: a block of the cone mentions it and others")
        (low if terms[v] > 0 else high).append(Fraction(-terms.get(home, 0)) / terms[v])
    if max(low) >= min(high):
        raise Rejected("the interval of the variable has no interior")
    return max(low), min(high)


def alone(p: identity.Program, v: int, home: int) -> None:
    """Reject where a generator or a vanishing form mentions x_v and another variable."""
    forms = [*p.generators, *p.vanishing]
    read.spend(sum(map(len, forms)), "a decision")
    for k, form in enumerate(forms):
        used = {u for key in form for u in key}
        if v in used and (k < len(p.generators) or not used <= {v, home}):
            raise Rejected("the variable is not alone: a form of the cone mentions it")


def root(E: identity.Polynomial, v: int, home: int, end: Fraction) -> Number:
    """E at x_v = end, x_0 = 1."""
    return identity.evaluate({tuple(int(u == v) for u in key): c for key, c in E.items()}, [1, end])


def added(a: Linear, b: Linear) -> Linear:
    """a + b."""
    return {v: c for v in {**a, **b} if (c := a.get(v, 0) + b.get(v, 0))}
