"""Bounds of a quadratic program by a tree of boxes in its own variables, and curves along which it is unbounded.

Let f be the objective to be minimised (of a max, its negative). A proof has parts: terms of f in some of the variables,
which together are f, each with a bound over all feasible points, and these add up. A part is bounded by its lift
(`check_parts`), or by a tree: every feasible point with f < cutoff lies in one of its cells, boxes that are made from
the user's by

    {"split": [j, v]}     x_j ≤ v and x_j ≥ v, of an integer x_j ≤ ⌊v⌋ and x_j ≥ ⌊v⌋ + 1; both cells follow
    "steps": [[k, j], …]  constraint k tightens the range of x_j (`check_tightening`); constraint m is f ≤ cutoff;
                          ["low", j] and ["high", j]: x_j is at that end, where nothing gets worse
    {"empty": j}          a leaf: no x_j is left

Any other leaf writes f, with x = o + y for o the lower (or else upper) ends of its box, and linear h_p, h_q ≥ 0, as

    Σ λ_k g_k + Σ λ_ki g_k y_i + Σ w h_p h_q + Σ w (x_j − m)(x_j − m − 1) + PSD form + r(y),

λ_k ≥ 0 where g_k ≥ 0, of either sign where g_k = 0 (linear, if multiplied), w ≥ 0, x_j and m integers. Its bound is
that of r, product by product and variable by variable: c y_iy_k over the two ranges, or ≥ −|c|(y_i² + y_k²)/2 where
these are infinite. A contradiction writes 0 instead of f, with a positive bound: its box has no feasible point. Where f
takes only multiples of a number, bounds are rounded up.

Standard library only; part of the checker.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import ceil, floor, gcd
from typing import Any

try:
    from copos.checker import check_identity as identity
    from copos.checker import check_parts as parts
    from copos.checker import check_quadratic_program as quadratic
    from copos.checker import check_reading as read
    from copos.checker import check_tightening as tightening
    from copos.checker import check_tree as trees
    from copos.checker.check_data import Data, in_words
    from copos.checker.check_reading import Number, Rejected, Unreadable, show
    from copos.checker.check_tightening import Asked, Terms, Variable
except ImportError:  # run as a plain file, without the package
    import check_identity as identity  # type: ignore[no-redef]
    import check_parts as parts  # type: ignore[no-redef]
    import check_quadratic_program as quadratic  # type: ignore[no-redef]
    import check_reading as read  # type: ignore[no-redef]
    import check_tightening as tightening  # type: ignore[no-redef]
    import check_tree as trees  # type: ignore[no-redef]
    from check_data import Data, in_words  # type: ignore[no-redef]
    from check_reading import Number, Rejected, Unreadable, show  # type: ignore[no-redef]
    from check_tightening import Asked, Terms, Variable  # type: ignore[no-redef]

POWER = 2_000  # of two, by which a coordinate is scaled
DEGREE = 8  # of a curve


def question(problem: Any, data: Data) -> Asked:
    """Read a problem of type "quadratic program"."""
    q = read.fields(problem, "problem", "type names variables", "min max relations constraints")
    return quadratic.asked(q, data)


def bound(a: Asked, proof: Any, prove: parts.Prove) -> str:
    """The objective is at least the sum of the bounds of its parts, or at most, of a max; `prove` is for lifts."""
    read.fields(proof, "proof", "value parts")
    value, total = read.number(proof["value"], "value"), Fraction(0)
    left = _scaled(a.objective, a.sign)
    for item in read.items(proof["parts"], "parts"):
        inside = _inside(item, a)
        read.spend(len(left), "a part")
        part = {key: c for key, c in left.items() if inside.issuperset(key) and key != (0, 0)}
        left = {key: c for key, c in left.items() if key not in part}
        own = a._replace(sign=1, objective=part)
        least = parts.least(own, item, inside, prove) if "proof" in item else _least(own, item)
        if least is None:
            raise Rejected("a part is infeasible: such a proof shows that nothing is feasible, and no bound")
        total += least
    if any(key != (0, 0) for key in left):
        raise Rejected("a term of the objective belongs to no part")
    total += left.get((0, 0), 0)
    if a.sign * value > total:
        raise Rejected(f"the proof gives {show(a.sign * total)}, not {show(value)}")
    relation = f"{'≥' if a.sign > 0 else '≤'} {show(value, -a.sign)}"
    return f"the objective is {relation} at every feasible point of {quadratic.described(a.names)}"


def infeasible(a: Asked, proof: Any, prove: parts.Prove) -> str:
    """Every cell of a tree is empty or is shown to lie above a bound that it does not reach; `prove` is for lifts."""
    read.fields(proof, "proof", "parts")
    for item in read.items(proof["parts"], "parts"):
        inside = _inside(item, a)
        if "proof" in item:
            parts.empty(a._replace(objective={}), item, inside, prove)
            continue
        if "cutoff" in item or _least(a._replace(objective={}), item) is not None:
            raise Rejected("a part of a proof of infeasibility has cells that are empty, and no cutoff")
    if not proof["parts"]:
        raise Rejected("a proof of infeasibility has a part")
    return f"no point is feasible for {quadratic.described(a.names)}"


def attained(a: Asked, proof: Any) -> str:
    """The objective at a feasible point."""
    read.fields(proof, "proof", "value point")
    value, x = read.number(proof["value"], "value"), read.vector(proof["point"], "point", len(a.variables))
    for (whole, low, high), v in zip(a.variables, x, strict=True):
        if (low is not None and v < low) or (high is not None and v > high) or (whole and type(v) is not int):
            raise Rejected("the point violates the bounds of a variable, or is no integer")
    for relation, form in a.constraints:
        found = identity.evaluate(form, [1, *x])  # type: ignore[arg-type]
        if found if not relation else relation * found < 0:
            raise Rejected("the point violates a constraint")
    found = identity.evaluate(a.objective, [1, *x])  # type: ignore[arg-type]
    if a.sign * (found - value) > 0:
        raise Rejected(f"the objective is {show(found)} at the point")
    relation = f"{'≤' if a.sign > 0 else '≥'} {show(value, a.sign)}"
    shown = in_words([x], lambda point: ", ".join(f"{name} = {v}" for name, v in zip(a.names, point, strict=True)))
    return f"the objective is {relation} at a feasible point of {quadratic.described(a.names)}: {shown}"


def unbounded(a: Asked, proof: Any) -> str:
    """x(t) is feasible for all large t of a sequence, and the objective has no bound along it."""
    read.fields(proof, "proof", "curve")
    rows = read.items(proof["curve"], "curve", len(a.variables))
    curve = [_trimmed(read.vector(row, "curve")) for row in rows]
    if max(map(len, curve)) > DEGREE:
        raise Unreadable(f"a curve has a degree below {DEGREE}")
    for (whole, low, high), x in zip(a.variables, curve, strict=True):
        for end, sign in ((low, 1), (high, -1)):
            if end is not None and not _stays(_trimmed([sign * (c - end * (not d)) for d, c in enumerate(x or [0])])):
                raise Rejected("the curve leaves the bounds of a variable")
        # at multiples t of the denominators of the other coefficients, x(t) − x(0) is an integer
        if whole and x and Fraction(x[0]).denominator != 1:
            raise Rejected("the curve does not meet the integers")
    for relation, form in a.constraints:
        path = _along(form, curve)
        if path if not relation else not _stays([relation * c for c in path]):
            raise Rejected("the curve leaves a constraint")
    path = _along(a.objective, curve)
    if len(path) < 2 or a.sign * path[-1] >= 0:
        raise Rejected("the objective is bounded along the curve")
    return f"the objective has no {'lower' if a.sign > 0 else 'upper'} bound over {quadratic.described(a.names)}"


# ---- curves -------------------------------------------------------------------------------------------------------


def _trimmed(path: Sequence[Number]) -> list[Number]:
    """A polynomial in t, its constant first, without leading zeros."""
    out = list(path)
    while out and not out[-1]:
        out.pop()
    return out


def _stays(path: Sequence[Number]) -> bool:
    """Is a polynomial ≥ 0 for all large t?"""
    return not path or path[-1] > 0


def _along(form: Terms, curve: Sequence[Sequence[Number]]) -> list[Number]:
    """form(x(t))."""
    out: list[Number] = [0] * (2 * max(map(len, curve)) + 1)
    one: Sequence[Number] = [1]
    read.spend(len(form) * len(out) ** 2, "a curve")
    for (i, k), c in form.items():
        x, y = (curve[v - 1] if v else one for v in (i, k))
        for p, s in enumerate(x):
            for q, t in enumerate(y):
                out[p + q] += c * s * t
    return _trimmed(out)


# ---- trees --------------------------------------------------------------------------------------------------------


def _inside(item: Any, a: Asked) -> set[int]:
    """The variables of a part from 1, and 0, which is none."""
    if type(item) is not dict:
        raise Unreadable("a part must be an object")
    last = len(a.variables) - 1
    return {0, *(read.whole(j, "variable of a part", 0, last) + 1 for j in read.items(item.get("variables"), "part"))}


def _least(a: Asked, part: dict[str, Any]) -> Number | None:
    """The least bound of a leaf, None where every one is empty."""
    read.fields(part, "part", "variables tree", "cutoff")
    found: list[Number] = []
    if "cutoff" in part:
        cutoff = read.number(part["cutoff"], "cutoff")
        a = a._replace(constraints=[*a.constraints, (-1, {**a.objective, (0, 0): -cutoff})])
        found.append(cutoff)

    def cells(variables: list[Variable], item: Any) -> list[list[Variable]]:
        if type(item) is not dict:
            raise Unreadable("an item of a tree must be an object")
        read.spend(2 * len(variables), "a cell")
        cell = tightening.tightened(a._replace(variables=variables), item.get("steps", []), [])
        if "split" in item:
            read.fields(item, "inner node", "split", "steps")
            return sides(cell.variables, item["split"])
        if "empty" in item:
            read.fields(item, "empty leaf", "empty", "steps")
            low, high = cell.variables[read.whole(item["empty"], "empty", 0, len(variables) - 1)][1:]
            if low is None or high is None or low <= high:
                raise Rejected("a cell that is called empty is not")
        elif (value := leaf(cell, item)) is not None:
            found.append(value)
        return []

    trees.walk(a.variables, part["tree"], cells)
    return None if not found else _rounded(a, min(found))


def sides(variables: list[Variable], split: Any) -> list[list[Variable]]:
    """Both parts of a box that is split at [j, v]."""
    j, v = read.items(split, "split", 2)
    j, v = read.whole(j, "variable of a split", 0, len(variables) - 1), read.number(v, "split")
    whole, low, high = variables[j]
    left, right = (floor(v), floor(v) + 1) if whole else (v, v)
    left, right = left if high is None else min(left, high), right if low is None else max(right, low)
    return [[*variables[:j], ends, *variables[j + 1 :]] for ends in ((whole, low, left), (whole, right, high))]


def _rounded(a: Asked, value: Number) -> Number:
    """Where the objective takes only multiples of a number, the next one of these."""
    if not a.objective or not all(a.variables[v - 1][0] for key in a.objective for v in key if v):
        return value
    bottom = identity.denominator(a.objective.values())
    step = Fraction(gcd(*(int(c * bottom) for c in a.objective.values())), bottom)
    return ceil(value / step) * step


# ---- leaves -------------------------------------------------------------------------------------------------------


def leaf(a: Asked, item: dict[str, Any]) -> Number | None:
    """The bound of a leaf; None where 0 is written in the place of f and has a positive bound: nothing is feasible."""
    read.fields(item, "leaf", "", "steps constraints products gaps squares contradiction")
    if item.get("contradiction", True) is not True:
        raise Unreadable("contradiction is true, or not there")
    origin = [0, *(low if low is not None else high if high is not None else 0 for _, low, high in a.variables)]
    box: list[Variable] = [(False, None if low is None else low - o, None if high is None else high - o)
                           for (_, low, high), o in zip(a.variables, origin[1:], strict=True)]  # fmt: skip
    rest = {} if "contradiction" in item else _moved(a.objective, origin)
    for row in read.items(item.get("constraints", []), "constraints"):
        _add(rest, _multiple(a, row, origin))
    for row in read.items(item.get("products", []), "products"):
        p, q, w = read.items(row, "product", 3)
        f, g = (_linear(a, k, origin, box) for k in (p, q))
        _add(rest, identity.product(f, g), -_weight(w))  # type: ignore[arg-type]
    for row in read.items(item.get("gaps", []), "gaps"):
        j, m, w = read.items(row, "gap", 3)
        j, m = read.whole(j, "variable of a gap", 0, len(box) - 1), read.number(m, "gap")
        if not a.variables[j][0] or type(m) is not int:
            raise Rejected("there is a gap between two integers, for an integer")
        m, w = m - origin[j + 1], _weight(w)
        _add(rest, {(j + 1, j + 1): 1, (0, j + 1): -2 * m - 1, (0, 0): m * (m + 1)}, -w)
    if "squares" in item:
        _add(rest, _squares(item["squares"], len(box)))
    least = tightening.maximum({key: -c for key, c in _alone(rest, box).items()}, box)
    if least is None:
        raise Rejected("what is left of the objective in a leaf has no bound")
    if "contradiction" in item and least >= 0:
        raise Rejected("a contradiction is none")
    return None if "contradiction" in item else -least


def _multiple(a: Asked, row: Any, origin: list[Number]) -> Terms:
    """−λ g_k, or −λ g_k y_i."""
    k, i, c = read.items(row, "multiplier", 3)
    k, i, c = read.whole(k, "constraint", 0, len(a.constraints) - 1), read.whole(i, "factor", 0, len(a.variables)), (
        read.number(c, "multiplier"))  # fmt: skip
    relation, form = a.constraints[k]
    if relation and (c < 0 or i):
        raise Rejected("an inequality is multiplied by nonnegative numbers only")
    form = _moved(form, origin)
    if i and any(j for j, _ in form):
        raise Rejected("only a linear equation is multiplied by a variable")
    c = -c if relation >= 0 else c
    return {tuple(sorted((j, i))) if i else (0, j) if not h else (h, j): c * v  # type: ignore[misc]
            for (h, j), v in form.items()}  # fmt: skip


def _linear(a: Asked, p: Any, origin: list[Number], box: list[Variable]) -> dict[tuple[int, ...], Number]:
    """h_p ≥ 0 in y, as a polynomial: y_j − low at 2j, high − y_j at 2j + 1, then the linear inequalities."""
    p = read.whole(p, "linear form", 0, 2 * len(box) + len(a.constraints) - 1)
    if p < 2 * len(box):
        end, sign = box[p // 2][1 + p % 2], -1 if p % 2 else 1
        if end is None:
            raise Rejected("a bound that is used does not exist")
        return {(): -sign * end, (p // 2 + 1,): sign}
    relation, form = a.constraints[p - 2 * len(box)]
    if not relation or any(i for i, _ in form):
        raise Rejected("only bounds and linear inequalities are multiplied by each other")
    return {(j,) if j else (): relation * c for (_, j), c in _moved(form, origin).items()}


def _squares(value: Any, n: int) -> Terms:
    """Minus a positive semidefinite form in t_j = 2^power y_j, and in t_0 = 1."""
    s = read.fields(value, "squares", "variables powers gram")
    at = [read.whole(v, "variable of a square", 0, n) for v in read.items(s["variables"], "variables", most=read.ORDER)]
    scale = [Fraction(2) ** read.whole(p, "power", -POWER, POWER)
             for p in read.items(s["powers"], "powers", len(at))]  # fmt: skip
    if len(set(at)) != len(at) or any(not v and p != 1 for v, p in zip(at, scale, strict=True)):
        raise Unreadable("the variables of a square are different, and 1 is not scaled")
    out: Terms = {}
    for bits, triples in identity.gram(s["gram"], len(at)):
        for i, j, c in triples:
            if c:
                key = (at[i], at[j]) if at[i] <= at[j] else (at[j], at[i])
                out[key] = out.get(key, 0) - (1 if i == j else 2) * c * scale[i] * scale[j] / 2**bits
    return out


def _alone(form: Terms, box: list[Variable]) -> Terms:
    """At most the form: products that have no bound in the box are replaced by squares."""
    out = dict(form)
    for (i, k), c in form.items():
        if i and i != k and tightening.maximum({(i, k): -c}, box) is None:
            del out[i, k]
            for v in (i, k):
                out[v, v] = out.get((v, v), 0) - abs(Fraction(c)) / 2
    return out


def _moved(form: Terms, origin: list[Number]) -> Terms:
    """A form in x at x = o + y."""
    read.spend(4 * len(form), "a form at the end of a box")
    out: Terms = {}
    for (i, k), c in form.items():
        o = origin[k]
        parts = [((i, k), c), ((0, i), c * o), ((0, k), c * origin[i]), ((0, 0), c * origin[i] * o)] if i else (
            [((0, k), c), ((0, 0), c * o)] if k else [((0, 0), c)])  # fmt: skip
        for key, v in parts:
            if v:
                out[key] = out.get(key, 0) + v
    return out


def _add(total: Terms, form: Mapping[Any, Number], factor: Number = 1) -> None:
    """Add a multiple of a form, or of a polynomial of degree two, to another."""
    read.spend(2 * len(form), "a sum of forms")
    for key, c in form.items():
        key = (0,) * (2 - len(key)) + key
        total[key] = total.get(key, 0) + factor * c


def _weight(value: Any) -> Number:
    w = read.number(value, "weight")
    if w < 0:
        raise Rejected("a weight is negative")
    return w


def _scaled(form: Terms, factor: int) -> Terms:
    return {key: factor * c for key, c in form.items()}
