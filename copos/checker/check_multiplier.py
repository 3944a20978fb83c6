"""What a proof with the multiplier e^ℓ says where e(x) = 0.

An identity of level ℓ proves e(x)^ℓ F(x) ≥ 0 at the atoms, hence F ≥ 0 where e(x) > 0. The claim is about every atom:

1. e ≥ 0 on K: e is a sum of Σ w_i ℓ_i(x), w ≥ 0, over diagonal entries ℓ_i of the blocks, and of <D, X>, D ⪰ 0, and
   αt + β'u, α ≥ |β|, for matrices X and second-order cones (t, u) of K.
2. Without vanishing forms the atoms are K, which is convex if its generators are t² − |u|² with t ≥ 0; x + s·z, s → 0,
   has e > 0 for any z ∈ K with e(z) > 0, so F ≥ 0 on K.
3. Otherwise e(x) = 0 makes every ℓ_i with w_i > 0 vanish, then whatever the blocks, generators and vanishing forms
   make vanish with them. On the space L of the rest F must be plainly nonnegative, or be proved so (without e).

Standard library only; part of the checker.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

try:
    from copos.checker import check_identity as identity
    from copos.checker import check_matrix as matrices
    from copos.checker import check_reading as read
    from copos.checker.check_combination import combination
    from copos.checker.check_reading import Number, Rejected, Unreadable
except ImportError:  # run as a plain file, without the package
    import check_identity as identity  # type: ignore[no-redef]
    import check_matrix as matrices  # type: ignore[no-redef]
    import check_reading as read  # type: ignore[no-redef]
    from check_combination import combination  # type: ignore[no-redef]
    from check_reading import Number, Rejected, Unreadable  # type: ignore[no-redef]

Linear = dict[int, Number]


class Face:
    """A linear space, as variables solved for others: x_v = Σ solved[v][w] x_w."""

    def __init__(self) -> None:
        self.solved: dict[int, Linear] = {}

    def linear(self, form: Linear) -> Linear:
        """A linear form on the space."""
        out: Linear = {}
        for v, c in form.items():
            for w, d in self.solved.get(v, {v: 1}).items():
                out[w] = out.get(w, 0) + c * d
        return {v: c for v, c in out.items() if c}

    def quadratic(self, form: identity.Polynomial) -> identity.Polynomial:
        """A quadratic form on the space."""
        out: identity.Polynomial = {}
        for (a, b), c in form.items():
            left, right = self.solved.get(a, {a: 1}), self.solved.get(b, {b: 1})
            read.spend(1 + len(left) * len(right), "a form on the face e(x) = 0")
            for v, d in left.items():
                for w, f in right.items():
                    key = (v, w) if v <= w else (w, v)
                    out[key] = out.get(key, 0) + c * d * f
        return {key: c for key, c in out.items() if c}

    def vanish(self, form: Linear) -> bool:
        """Add the equation form = 0; False if it holds already."""
        rest = self.linear(form)
        if not rest:
            return False
        v = max(rest)
        top = rest.pop(v)
        value = {w: Fraction(-c) / top for w, c in rest.items()}
        read.spend(1 + len(value) * len(self.solved), "an equation of the face e(x) = 0")
        self.solved[v] = {}
        for w, old in self.solved.items():
            if v in old:
                c = old.pop(v)
                for key, d in value.items():
                    old[key] = old.get(key, 0) + c * d
                self.solved[w] = {key: d for key, d in old.items() if d}
        self.solved[v] = value  # type: ignore[assignment]
        return True

    def every(self, forms: Iterable[Linear]) -> bool:
        """Add equations; False if all of them hold already."""
        return any([self.vanish(form) for form in forms])


# ---- 1: e is nonnegative on K, and what vanishes with it -----------------------------------------------------------


def forced(p: identity.Program) -> list[Linear]:
    """Linear forms that vanish on K where e does; rejects unless e ≥ 0 on K, e ≠ 0."""
    left: Linear = {v: c for (v,), c in p.unit.items()}
    if not left:
        raise Rejected("the multiplier e is empty: a level above 0 then proves nothing")
    out: list[Linear] = []
    plain = diagonals(p, Face())
    known = positive(plain)
    for head, tail in lorentz(p):
        slope = {v: left[v] for v in tail if v in left}
        if slope and head in known:
            a, size = left.pop(head, 0), sum(c * c for c in slope.values())
            if a < 0 or a * a < size:
                raise Rejected("the multiplier e is negative somewhere on a second-order cone")
            left = {v: c for v, c in left.items() if v not in slope}
            # αt + β'u = 0 and |u| ≤ t: (t, u) = 0, or where α = |β| it lies on the ray u = −tβ/α
            flat = a * a == size
            out += [combined([(a, v), (slope.get(v, 0), head)] if flat else [(1, v)]) for v in tail]
            out += [] if flat else [combined([(1, head)])]
    for X in variables(p):
        n = len(X)
        if any(X[i][j] in left for i in range(n) for j in range(i)):
            D = [[half(left.get(v, 0), i != j) for j, v in enumerate(row)] for i, row in enumerate(X)]
            if not matrices.semidefinite(D):
                raise Rejected("the multiplier e is negative somewhere on a cone of matrices")
            left = {v: c for v, c in left.items() if not any(v in row for row in X)}
            # <D, X> = 0 with D, X ⪰ 0: DX = 0
            out += [combined(zip(D[i], (row[j] for row in X), strict=True)) for i in range(n) for j in range(n)]
    single = {v: c for v, c in left.items() if v in known and c > 0}
    rest = {v: c for v, c in left.items() if v not in single}
    out += [combined([(1, v)]) for v in single]
    if rest:  # in general: nonnegative multiples of diagonal entries
        weights = combination(plain, rest)
        if weights is None and single:
            out = out[: len(out) - len(single)]
            weights = combination(plain, rest | single)
        if weights is None:
            raise Rejected("the multiplier e is not seen to be nonnegative on K: it is no nonnegative combination of "
                           "diagonal entries of the blocks")  # fmt: skip
        out += [form for w, form in zip(weights, plain, strict=True) if w]
    return out


def half(c: Number, halved: bool) -> Number:
    """C/2, or c: an entry of the symmetric matrix of a form, off or on its diagonal."""
    return Fraction(c) / 2 if halved and c else c


def combined(pairs: Iterable[tuple[Number, int]]) -> Linear:
    """Σ c·x_v."""
    out: Linear = {}
    for c, v in pairs:
        out[v] = out.get(v, 0) + c
    return out


def entry(p: identity.Program, k: int, i: int, j: int) -> Linear:
    """Entry (i, j) of block k."""
    return {v: c for (v,), c in p.blocks[k].get((i, j), []) if c}


def diagonals(p: identity.Program, face: Face) -> list[Linear]:
    """The diagonal entries of all blocks on a face, which are nonnegative there; each once, zero left out."""
    found = (face.linear(entry(p, k, i, i)) for k, block in enumerate(p.blocks) for i, j in block if i == j)
    return list({tuple(sorted(f.items())): f for f in found if f}.values())


def lorentz(p: identity.Program) -> Iterator[tuple[int, list[int]]]:
    """(t, u) of every generator t² − |u|²."""
    for g in p.generators:
        heads = [a for (a, b), c in g.items() if a == b and c == 1]
        tail = [a for (a, b), c in g.items() if a == b and c == -1]
        if len(heads) == 1 and len(tail) == len(g) - 1:
            yield heads[0], tail


def variables(p: identity.Program) -> Iterator[list[list[int]]]:
    """The blocks that are matrices of distinct variables."""
    for block, n in zip(p.blocks, p.orders, strict=True):
        at = {key: terms[0][0][0] for key, terms in block.items() if len(terms) == 1 and terms[0][1] == 1}
        if n > 1 and len(at) == len(block) == n * n and len(set(at.values())) == n * (n + 1) // 2:
            yield [[at[i, j] for j in range(n)] for i in range(n)]


# ---- 3: what vanishes with e, and F on the rest ---------------------------------------------------------------------


def face(p: identity.Program, zero: list[Linear]) -> Face:
    """A space that contains every x ∈ K with E_j(x) = 0 where the linear forms `zero` vanish."""
    L = Face()
    L.every(zero)
    while linear_step(p, L) or quadratic_step(p, L) or combination_step(p, L):
        if len(L.solved) == p.dim:
            break
    return L


def signs(forms: list[Linear]) -> Linear:
    """Variables of known sign: x_v ≥ 0 or x_v ≤ 0."""
    return {v: 1 if c > 0 else -1 for f in forms if len(f) == 1 for v, c in f.items()}


def positive(forms: list[Linear]) -> set[int]:
    """Variables with x_v ≥ 0."""
    return {v for v, c in signs(forms).items() if c > 0}


def linear_step(p: identity.Program, L: Face) -> bool:
    """A diagonal entry that is 0 makes its row 0; one that is ≥ 0 and ≤ 0 is 0."""
    read.spend(sum(map(len, p.blocks)), "the face e(x) = 0")
    found = False
    for k, block in enumerate(p.blocks):
        null = {i for i in range(p.orders[k]) if not L.linear(entry(p, k, i, i))}
        if null:
            found |= L.every(entry(p, k, i, j) for i, j in block if i in null)
    forms = diagonals(p, L)
    known = signs(forms)
    for f in forms:
        # f ≥ 0, and each of its terms is ≤ 0
        if all(c * known.get(v, 0) < 0 for v, c in f.items()) and len(f) > 1:
            found |= L.every([{v: 1} for v in f])
    seen: dict[tuple[tuple[int, Number], ...], bool] = {}
    for f in forms:
        first = f[min(f)]
        key = tuple(sorted((v, Fraction(c) / first) for v, c in f.items()))
        if seen.setdefault(key, first > 0) != (first > 0):
            found |= L.vanish(f)
    return found


def quadratic_step(p: identity.Program, L: Face) -> bool:
    """Q(x) = 0 for a form that is positive semidefinite makes its gradient 0; so does −g ≥ 0 for g ≥ 0."""
    known = signs(diagonals(p, L))
    forms = [({key: -c for key, c in g.items()}, (1,)) for g in p.generators] + [(E, (1, -1)) for E in p.vanishing]
    for form, sides in forms:
        q = L.quadratic(form)
        for side in sides if q else ():
            # what its signs show to be nonnegative has to vanish, too, and is left out
            part = {(a, b): side * c for (a, b), c in q.items()
                    if a == b or not (side * c * known.get(a, 0) * known.get(b, 0) > 0)}  # fmt: skip
            if part and semidefinite(part) and L.every(gradient(part)):
                return True
    return False


def combination_step(p: identity.Program, L: Face) -> bool:
    """Nonnegative multiples of diagonal entries that add up to 0: each of these entries is 0."""
    forms = diagonals(p, L)
    top = p.dim  # the coordinate of Σ w = 1
    weights = combination([{**f, top: 1} for f in forms], {top: 1}) if len(forms) > 1 else None
    return weights is not None and L.every([f for w, f in zip(weights, forms, strict=True) if w])


def gradient(form: identity.Polynomial) -> list[Linear]:
    """Derivatives of a quadratic form."""
    out: dict[int, Linear] = {}
    for (a, b), c in form.items():
        for v, w in ((a, b), (b, a)):
            row = out.setdefault(v, {})
            row[w] = row.get(w, 0) + c
    return list(out.values())


def semidefinite(form: identity.Polynomial) -> bool:
    """Is a quadratic form positive semidefinite? Component by component of the graph of its products."""
    if any(a != b and (form.get((a, a), 0) <= 0 or form.get((b, b), 0) <= 0) for a, b in form):
        return False
    near: dict[int, set[int]] = {}
    for a, b in form:
        near.setdefault(a, set()).add(b)
        near.setdefault(b, set()).add(a)
    while near:
        start = next(iter(near))
        part, todo = {start}, [start]
        while todo:
            for v in near[todo.pop()] - part:
                part.add(v)
                todo.append(v)
        order = sorted(part)
        for v in order:
            del near[v]
        read.spend(len(order) ** 2, "a form on the face e(x) = 0")
        M = [[half(form.get((min(a, b), max(a, b)), 0), a != b) for b in order] for a in order]
        if not matrices.semidefinite(M):
            return False
    return True


def member(p: identity.Program, x: list[Number]) -> None:
    """Reject unless x ∈ K: every block, generator and stated inequality holds."""
    for k, (block, n) in enumerate(zip(p.blocks, p.orders, strict=True)):
        read.spend(n * n, "a block at a point")
        read.afford(n**3 // 6, "a block at a point")
        entries = {key: identity.evaluate(dict(e), x) for key, e in block.items()}
        if not matrices.semidefinite([[entries.get((i, j), 0) for j in range(n)] for i in range(n)]):
            if k >= len(p.blocks) - p.stated:
                raise Rejected("the point violates an inequality that the problem states for an optimal atom")
            raise Rejected(f"block {k} of the cone is not positive semidefinite at the point")
    if any(identity.evaluate(g, x) < 0 for g in p.generators):
        raise Rejected("the point violates a generator of the cone")


def reaches(p: identity.Program, hint: Any) -> bool:
    """Is a point z ∈ K with e(z) > 0 found? The one that the proof names, or one with entries 0 and 1."""
    ones = positive(diagonals(p, Face()))
    if any(head not in ones for head, _ in lorentz(p)) or len(list(lorentz(p))) < len(p.generators):
        return False  # K may not be convex
    tried: list[list[Number]] = [[int(v in ones) for v in range(p.dim)]]
    if hint is not None:
        tried = [read.vector(hint, "inside", p.dim)]
    for z in tried:
        try:
            member(p, z)
        except Rejected:
            if hint is not None:
                raise
            continue
        if identity.evaluate(p.unit, z) > 0:
            return True
    return False


def objection(p: identity.Program) -> str:
    """Why no proof of a level above 0 can be about every atom, whatever its numbers; empty if one may be."""
    try:
        forced(p)
    except (Rejected, Unreadable) as error:
        return str(error)
    return ""


def everywhere(
    p: identity.Program,
    form: identity.Polynomial,
    level: int,
    proof: dict[str, Any],
    unit: identity.Polynomial | None = None,
) -> str:
    """Words about e, once it is seen that e^level·form ≥ 0 at the atoms makes form ≥ 0 at every atom.

    `unit` is e in the coordinates of the problem, where p is in others.
    """
    if not level:
        return ""
    zero, e = forced(p), in_words(p.unit if unit is None else unit)
    words = f", proved at level {level} with the multiplier e(x) = {e}, and also where e(x) = 0"
    if not p.vanishing and reaches(p, proof.get("inside")):
        return words
    L = face(p, zero)
    q = L.quadratic(form)
    if not plainly(p, L, q):
        if "infinity" not in proof:
            raise Rejected(
                f"the identity has the multiplier e(x) = {e}, which vanishes at atoms x ≠ 0 where "
                "C − Σ y_i A_i is not seen to be nonnegative"
            )
        hint = read.fields(proof["infinity"], "infinity", "terms multipliers", "scales")
        identity.nonnegative(restricted(p, L), q, {**hint, "level": 0})
    return words


def plainly(p: identity.Program, L: Face, form: identity.Polynomial) -> bool:
    """Is a form on L nonnegative there by signs, by dominance, or as a sum of squares and products of known signs?"""
    known = signs(diagonals(p, L))
    rest = {(a, b): c for (a, b), c in form.items() if a == b or not (c * known.get(a, 0) * known.get(b, 0) > 0)}
    return semidefinite(form) or semidefinite(rest)


def restricted(p: identity.Program, L: Face) -> identity.Program:
    """The program on L, in the same variables."""
    blocks = [{key: [((v,), c) for v, c in L.linear(entry(p, k, *key)).items()] for key in block}
              for k, block in enumerate(p.blocks)]  # fmt: skip
    return p._replace(
        blocks=blocks,
        generators=[L.quadratic(g) for g in p.generators],
        vanishing=[L.quadratic(E) for E in p.vanishing],
        positive=positive(diagonals(p, L)),
    )


def in_words(unit: identity.Polynomial) -> str:
    """A linear form in words; its beginning if it is long."""
    items = sorted((v, c) for (v,), c in unit.items())
    words = [f"{'−' if c < 0 else '+'} {'' if abs(c) == 1 else read.show(abs(c)) + ' '}x_{v}" for v, c in items[:6]]
    text = " ".join(words).removeprefix("+ ")
    return text + (f" + … ({len(items)} terms)" if len(items) > 6 else "")
