"""Bounds on min <C, Y> over <A_i, Y> = b_i, Y in conv{xx' : x ∈ K, E_j(x) = 0}, and the sign of a form there."""

from __future__ import annotations

from fractions import Fraction
from math import floor, gcd
from typing import Any

try:
    from copos.checker import check_branched as branched
    from copos.checker import check_charts as charts
    from copos.checker import check_identity as identity
    from copos.checker import check_local as local
    from copos.checker import check_matrix as matrices
    from copos.checker import check_multiplier as multiplier
    from copos.checker import check_reading as read
    from copos.checker import check_scaling as scaling
    from copos.checker import check_symmetry as symmetry
    from copos.checker.check_reading import Number, Rejected, Unreadable, show
except ImportError:  # run as a plain file, without the package
    import check_branched as branched  # type: ignore[no-redef]
    import check_charts as charts  # type: ignore[no-redef]
    import check_identity as identity  # type: ignore[no-redef]
    import check_local as local  # type: ignore[no-redef]
    import check_matrix as matrices  # type: ignore[no-redef]
    import check_multiplier as multiplier  # type: ignore[no-redef]
    import check_reading as read  # type: ignore[no-redef]
    import check_scaling as scaling  # type: ignore[no-redef]
    import check_symmetry as symmetry  # type: ignore[no-redef]
    from check_reading import Number, Rejected, Unreadable, show  # type: ignore[no-redef]


def in_coordinates(p: identity.Program, proof: dict[str, Any]) -> identity.Program:
    """The program in the coordinates that the proof is written in."""
    return charts.pulled_back(p, proof["chart"]) if "chart" in proof else p


def atoms(p: identity.Program, extra: str = "") -> str:
    """Words for the set over which a claim holds, and for the multiplier of its proof."""
    where = "x ∈ K" + (", E_j(x) = 0" if p.vanishing else "")
    stated = f", and the {p.stated} inequalities that the problem states for an optimal atom" if p.stated else ""
    return f"closed convex cone of all xx' with {where}{stated}{extra}"


def lower_bound(p: identity.Program, proof: Any) -> str:
    """F = C − Σ y_i A_i is nonnegative on the atoms, so <C, Y> ≥ b'y; rounded up where values are integers."""
    value = read.number(proof.get("value"), "value") if type(proof) is dict else 0
    original = p
    p, proof, unit = scaling.applied(p, proof)
    if type(proof) is dict and "tree" in proof:  # cell by cell
        read.fields(proof, "proof", "value tree", "rounded inside infinity local")
        y, level = branched.least(local.strengthened(p, proof), proof["tree"], identity.nonnegative, p)
    elif type(proof) is dict and "simplices" in proof:
        read.fields(proof, "proof", "value simplices", "rounded")
        y, level = branched.least_simplex(p, proof["simplices"], matrices.spn), 0
    else:
        more = "rounded scales chart inside infinity local symmetry"
        read.fields(proof, "proof", "value y level terms multipliers", more)
        y = read.vector(proof["y"], "y", len(p.equations))
        q = in_coordinates(local.strengthened(p, proof), proof)
        test = symmetry.nonnegative if "symmetry" in proof else identity.nonnegative
        level = test(q, combination(q, y), proof)
    words = multiplier.everywhere(p, combination(p, y), level, proof, original.unit)
    bound = sum(c * b for c, (_, b) in zip(y, p.equations, strict=True)) * unit
    if type(proof.get("rounded", False)) is not bool:
        raise Unreadable("rounded must be true or false")
    if proof.get("rounded"):
        step = whole_values(original)
        bound = -floor(-bound / step) * step
    if value > bound:
        raise Rejected(f"the proof gives {show(bound)}, not {show(value)}")
    return f"min <C, Y> ≥ {show(value, -1)} over <A_i, Y> = b_i, Y in the {atoms(original, words)}"


def combination(p: identity.Program, y: list[Number], with_objective: bool = True) -> identity.Polynomial:
    """C − Σ y_i A_i, or −Σ y_i A_i."""
    return identity.less(p.objective if with_objective else {}, y, p.equations)


def whole_values(p: identity.Program) -> Number:
    """The number g > 0 of which <C, Y> attains its minimum at a multiple; rejects where there is none.

    One equation, x_0² = 1 on average; x_j² = x_0x_j at every atom for each x_j in C; coefficients that are multiples of
    g. Then an atom has x_j ∈ {0, x_0}, its objective is x_0² times a multiple of g, and Y averages such numbers.
    """
    if len(p.equations) != 1 or p.equations[0][1] != 1 or list(p.equations[0][0].values()) != [1]:
        raise Rejected("rounding needs x_0² = 1 as the only equation")
    ((a, home),) = p.equations[0][0]
    binary = {j for E in p.vanishing if len(E) == 2 and sum(E.values()) == 0
              for (j, k) in E if j == k and tuple(sorted((j, home))) in E}  # fmt: skip
    if a != home or not p.objective:
        raise Rejected("rounding needs x_0² = 1 and an objective")
    if not {v for key in p.objective for v in key} <= binary | {home}:
        raise Rejected("rounding needs x_j² = x_0x_j for every variable of the objective")
    bottom = identity.denominator(p.objective.values())
    return Fraction(gcd(*(int(c * bottom) for c in p.objective.values())), bottom)


def infeasible(p: identity.Program, proof: Any) -> str:
    """−Σ y_i A_i is nonnegative on the atoms although b'y > 0: no Y satisfies the equations."""
    original = p
    p, proof, _ = scaling.applied(p, proof)
    read.fields(proof, "proof", "y level terms multipliers", "scales chart inside infinity")
    y, q = read.vector(proof["y"], "y", len(p.equations)), in_coordinates(p, proof)
    level = identity.nonnegative(q, combination(q, y, False), proof)
    words = multiplier.everywhere(p, combination(p, y, False), level, proof, original.unit)
    if sum(c * b for c, (_, b) in zip(y, p.equations, strict=True)) <= 0:
        raise Rejected("b'y is not positive")
    return f"no Y in the {atoms(original, words)} satisfies <A_i, Y> = b_i"


def form_copositive(p: identity.Program, proof: Any) -> str:
    """C is nonnegative on the atoms (a program without equations)."""
    read.fields(proof, "proof", "level terms multipliers", "scales chart inside infinity")
    if p.equations:
        raise Unreadable("copositivity of a form is about a problem without equations")
    q = in_coordinates(p, proof)
    level = identity.nonnegative(q, q.objective, proof)
    words = multiplier.everywhere(p, p.objective, level, proof)
    return f"<C, Y> ≥ 0 for every Y in the {atoms(p, words)}"


def atom(p: identity.Program, value: Any) -> list[Number]:
    """A point x ∈ K with E_j(x) = 0, which satisfies what the problem states for an optimal atom, too."""
    x = read.vector(value, "point", p.dim)
    bits = identity.bit_length([[v.numerator for v in x]])
    read.spend(branched.size(p) + sum(map(len, p.vanishing)), "a point", bits)
    multiplier.member(p, x)
    if any(identity.evaluate(E, x) for E in p.vanishing):
        raise Rejected("the point violates a vanishing form")
    return x


def upper_bound(p: identity.Program, proof: Any) -> str:
    """Y = Σ w xx' with w ≥ 0 satisfies the equations, and <C, Y> ≤ value."""
    read.fields(proof, "proof", "value atoms")
    value, points = read.number(proof["value"], "value"), []
    for item in read.items(proof["atoms"], "atoms"):
        a = read.fields(item, "atom", "weight point")
        points.append((read.number(a["weight"], "weight"), atom(p, a["point"])))
    if any(w < 0 for w, _ in points):
        raise Rejected("a weight is negative")

    def average(form: identity.Polynomial) -> Number:
        return sum(w * identity.evaluate(form, x) for w, x in points)

    if any(average(A) != b for A, b in p.equations):
        raise Rejected("an equation does not hold exactly")
    if average(p.objective) > value:
        raise Rejected(f"the objective is {show(average(p.objective))}, above {show(value)}")
    return f"min <C, Y> ≤ {show(value, 1)} over <A_i, Y> = b_i, Y in the {atoms(p)}"


def form_not_copositive(p: identity.Program, proof: Any) -> str:
    """A point of K with E_j(x) = 0 where the form C is negative."""
    x = atom(p, read.fields(proof, "proof", "point")["point"])
    if p.equations:
        raise Unreadable("copositivity of a form is about a problem without equations")
    if identity.evaluate(p.objective, x) >= 0:
        raise Rejected("the form is not negative at the point")
    return "the form C is not copositive on K: it is negative at a point of K"
