"""Questions about a quadratic program in a user's own variables: bounds, integers, linear and quadratic constraints.

The tables say all of it (x_0 means 1, variables are counted from 1):

    min or max     rows [i, j, c]: the objective Σ c x_i x_j, first its constant [0, 0, c]
    variables      rows [integer, has a lower bound, it, has an upper bound, it]
    relations      a row of −1, 0, 1: form_k(x) ≤, =, ≥ 0
    constraints    rows [k, i, j, c]: the forms, for each first its constant [k, 0, 0, c]

The program is made from them here. With u_0 = 1, x_j is low + (high − low) u_k, or low + u_k or high − u_k with one
bound only, or a free u_k (these come last), or low + Σ w_b u_b over bits with weights 1, 2, 4, …, rest for an integer.
Linear inequalities are blocks, quadratic ones generators, and equations hold at every point. Its value is ±(objective −
the objective at u = 0).

Before, "steps" [k, j] tighten the bounds of variable j by constraint k, and "implied" names inequalities that the
bounds imply and that are left out: `check_tightening` repeats and tests them.

Standard library only; part of the checker.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

try:
    from copos.checker import check_cones as cones
    from copos.checker import check_identity as identity
    from copos.checker import check_reading as read
    from copos.checker import check_tightening as tightening
    from copos.checker.check_data import Data, Rebuilt, Table, in_words, stated
    from copos.checker.check_reading import Number, Rejected, Unreadable, show
except ImportError:  # run as a plain file, without the package
    import check_cones as cones  # type: ignore[no-redef]
    import check_identity as identity  # type: ignore[no-redef]
    import check_reading as read  # type: ignore[no-redef]
    import check_tightening as tightening  # type: ignore[no-redef]
    from check_data import Data, Rebuilt, Table, in_words, stated  # type: ignore[no-redef]
    from check_reading import Number, Rejected, Unreadable, show  # type: ignore[no-redef]

TYPE = "quadratic program"
TABLES = ("min", "max", "variables", "relations", "constraints")
MADE_OF = {TYPE: TABLES, "max cut": ("edges",), "graph partition": ("edges",), "quadratic assignment": ("A", "B", "C")}
VALUES = 2**30  # of an integer
LONGEST = 200  # characters of a name
Terms = dict[tuple[int, int], Number]


def rebuilt(question: dict[str, Any], data: Data) -> Rebuilt:
    """The program of a question, and its claims in the user's sense and names."""
    q = read.fields(question, "question", "type names variables", "min max relations constraints free steps implied")
    return made(asked(q, data), q)


class Lifted(NamedTuple):
    """x = T u on the cone K; the program has the value sign · (objective − base)."""

    program: identity.Program
    K: cones.Cone
    T: list[cones.Row]
    base: Number


def lifted(given: tightening.Asked, q: Mapping[str, Any]) -> Lifted:
    """The program of what was asked, with the "steps", "implied" and "free" of a question."""
    a = tightening.tightened(given, q.get("steps", []), q.get("implied", []))
    T, signs, bits, cuts = coordinates(a.variables)
    K = cones.nonnegative(1 + signs.count(True))
    K = cones.product(K, cones.free(signs.count(False))) if not all(signs) else K
    rows: list[cones.Row] = []
    generators: list[cones.Form] = []
    vanishing: list[cones.Form] = [{(b, b): 1, (0, b): -1} for b in bits]
    for relation, form in a.constraints:
        least = form if relation >= 0 else {key: -c for key, c in form.items()}
        if any(i for i, _ in form):
            (generators if relation else vanishing).append(cones.quadratic(least, T))
        elif relation:
            cuts.append(cones.linear({j: c for (_, j), c in least.items()}, T))
        else:
            rows.append(cones.linear({j: c for (_, j), c in form.items()}, T))
    rows = [row for row in rows if row]
    if ("free" in q) != bool(rows):
        raise Unreadable("the coordinates that are kept are stated where there are linear equations, and only there")
    if rows:
        K = cones.sliced(K, rows, read.items(q["free"], "free"))
    for row in cuts:
        K = cones.restricted(K, row)
    K = K._replace(generators=[cones.quadratic(g, K.basis) for g in generators])
    K = cones.with_unit(K, {0: 1})
    objective = cones.quadratic({key: a.sign * c for key, c in a.objective.items()}, T)
    base = a.sign * objective.pop((0, 0), 0)
    return Lifted(cones.program(K, objective, [({(0, 0): 1}, 1)], vanishing), K, T, base)


def made(a: tightening.Asked, q: Mapping[str, Any], words: Mapping[str, str] | None = None) -> Rebuilt:
    """The program of what was asked, with words for its claims."""
    program, K, T, base = lifted(a, q)
    whole = described(a.names)

    def say(kind: str, value: Number | None) -> str:
        if kind == "infeasible":
            return f"no point is feasible for {whole}"
        if kind not in ("lower bound", "upper bound") or value is None:
            raise Rejected(f"a certificate of kind {kind!r} says nothing about a quadratic program")
        number = a.sign * Fraction(value) + base
        below = (kind == "lower bound") == (a.sign == 1)
        sign = -1 if below else 1
        if words is not None:
            return f"{words[kind]} {show(number, sign)}"
        relation = f"{'≥' if below else '≤'} {show(number, sign)}"
        if kind == "lower bound":
            return f"the objective is {relation} at every feasible point of {whole}"
        return f"the objective is {relation} at a feasible point of {whole}"

    def points(atoms: list[tuple[Number, list[Number]]]) -> str:
        found: list[list[Number]] = []
        for _, u in atoms:
            x = cones.ambient(K, u)
            if not x[0]:
                raise Rejected("an atom with u_0 = 0 is a direction, no feasible point")
            found.append([sum((c * Fraction(x[k]) / x[0] for k, c in row.items()), Fraction(0)) for row in T[1:]])
        return in_words(found, lambda x: ", ".join(f"{name} = {v}" for name, v in zip(a.names, x, strict=True)))

    return Rebuilt(program, say, points)


def asked(q: Mapping[str, Any], data: Data) -> tightening.Asked:
    """The tables of a question, with their rules checked."""
    if ("min" in q) == ("max" in q):
        raise Unreadable("a quadratic program is a min or a max")
    sense = "min" if "min" in q else "max"
    variables = [_variable(row) for row in data.table("variables", q["variables"])]
    n = len(variables)
    names = read.items(q["names"], "names", n)
    if any(type(v) is not str or not (0 < len(v) <= LONGEST and v.isprintable()) for v in names):
        raise Unreadable(f"names are printable texts of at most {LONGEST} characters")
    if len(set(names)) != n:
        raise Unreadable("a name occurs twice")
    objective = _forms([[0, *row] for row in data.table(sense, q[sense])], 1, n, "objective")[0]
    constraints: list[tuple[int, Terms]] = []
    if "relations" in q or "constraints" in q:
        relations = data.table("relations", q.get("relations"))
        if len(relations) != 1 or any(r not in (-1, 0, 1) for r in relations[0]):
            raise Unreadable("relations must be one row of −1, 0 and 1")
        forms = _forms(data.table("constraints", q.get("constraints")), len(relations[0]), n, "constraints")
        constraints = [(int(r), form) for r, form in zip(relations[0], forms, strict=True)]
    return tightening.Asked(1 if sense == "min" else -1, names, objective, variables, constraints)


def tables(given: Any, question: Any) -> dict[str, Any] | None:
    """The rows in a quadratic program that a claim must be about; None if it is about another one.

    `given` is plain data of the type of a question.
    """
    if type(given) is not dict or type(question) is not dict or given.get("type") != question.get("type"):
        return None
    names = MADE_OF.get(given["type"]) if type(given.get("type")) is str else None
    if names is None or any((key in given) != (key in question) for key in (*names, *given)):
        return None
    if any(given[key] != question[key] for key in given if key not in names):
        return None
    rows = {}
    for name in names:
        if name in given:
            mine, theirs = stated(name, given[name]), stated(name, question[name])
            if mine["sha256"] != theirs["sha256"]:
                return None
            if "rows" in mine:
                rows[name] = mine["rows"]
    return rows


def coordinates(
    variables: Sequence[tuple[bool, Number | None, Number | None]],
) -> tuple[list[cones.Row], list[bool], list[int], list[cones.Row]]:
    """(x_0, x) as forms in u, the signs of u_1, … (True for ≥ 0), the bits, and forms that are ≥ 0 by the bounds."""
    T: list[cones.Row] = [{0: 1}]
    cuts: list[cones.Row] = []
    bits: list[int] = []
    free: list[int] = []
    at = 1
    for integer, low, high in variables:
        if integer:
            if low is None or high is None:
                raise Unreadable("an integer needs both bounds")
            if high - low >= VALUES:
                raise Unreadable(f"an integer has at most {VALUES} values")
        if low is not None and high is not None and low <= high:
            start, weights = low, _weights(high - low, integer)
            cuts += [{0: 1, at + k: -1} for k in range(len(weights))]
            bits += range(at, at + len(weights)) if integer else ()
        elif low is not None:
            start, weights = low, [1]
            cuts += [] if high is None else [_row({0: high - low, at: -1})]  # u ≤ high − low < 0: there is none
        elif high is not None:
            start, weights = high, [-1]
        else:
            free.append(len(T))
            T.append({})
            continue
        T.append(_row({0: start} | {at + k: w for k, w in enumerate(weights)}))
        at += len(weights)
    for k, j in enumerate(free):
        T[j] = {at + k: 1}
    return T, [True] * (at - 1) + [False] * len(free), bits, cuts


def _weights(left: Number, integer: bool) -> list[Number]:
    """0 … left as a sum of weights: its length alone, or 1, 2, 4, … as long as they fit, then what is left."""
    out: list[Number] = []
    while left > 0:
        out.append(min(2 ** len(out), left) if integer else left)
        left -= out[-1]
    return out


def _variable(row: Sequence[Number]) -> tuple[bool, Number | None, Number | None]:
    if len(row) != 5 or any(row[k] not in (0, 1) for k in (0, 1, 3)):
        raise Unreadable("a row of variables is [integer, has a lower bound, it, has an upper bound, it]")
    return bool(row[0]), row[2] if row[1] else None, row[4] if row[3] else None


def _forms(rows: Table, count: int, n: int, what: str) -> list[Terms]:
    """Rows [k, i, j, c] as forms k = 0 … count − 1; every place occurs once."""
    out: list[Terms] = [{} for _ in range(count)]
    begun: set[int] = set()
    for row in rows:
        if len(row) != 4:
            raise Unreadable(f"{what}: a row has the wrong length")
        k, i, j, c = row
        k, i, j = read.whole(k, what, 0, count - 1), read.whole(i, what, 0, n), read.whole(j, what, 0, n)
        if i > j or (i, j) in out[k]:
            raise Unreadable(f"{what}: a place (i, j) has i ≤ j and occurs once")
        if k not in begun and j:
            raise Unreadable(f"{what}: a form begins with its constant")
        begun.add(k)
        out[k][i, j] = c
    if len(begun) != count:
        raise Unreadable(f"{what}: a form has no row")
    return [{key: c for key, c in form.items() if c} for form in out]


def described(names: Sequence[str]) -> str:
    """The program by its variables."""
    shown = ", ".join(names[:4]) + (", …" if len(names) > 4 else "")
    return f"the quadratic program in {len(names)} variable{'s' * (len(names) != 1)} {shown}"


def _row(row: dict[int, Number]) -> cones.Row:
    return {k: c for k, c in row.items() if c}


QUESTIONS = {TYPE: rebuilt}
