"""The lifts of linear networks, made anew from the table: the cone of a matrix V of bounded rank, and the loss on it.

W = L V S on some inputs `kept`, and zero on those that are combinations of them. S is invertible and L'L = I, so V runs
through all matrices of rank ≤ r as W does. A lift is a cone of points x with x_0 = 1 that hold V:

factor       x = (x_0, Z, P, Q), Z = [[A, V], [V', B]] ⪰ 0, P + Q = x_0 I, tr P = (n − r)x_0, ZP = 0
projection   x = (x_0, V, Q, P, …), P + Q = x_0 I, tr Q = r x_0, QV = x_0 V or VQ = x_0 V, Q² = x_0 Q
minors       x = (x_0, V), V_ij V_kl = V_il V_kj, for r = 1
factor-moments   x = (x_0, V, T), V_ij = Σ_a T_(ia),(ja), the minors of T vanish, r Σ_i T_(ia),p T_(ib),q is zero for
             a ≠ b and the same for all a = b: T = uv', and V = AB' with A'A a multiple of I

Cuts that hold at some optimal point only are checked here: bounds on tr Z, on the sum of errors, on the decay. Standard
library only; part of the checker.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

try:
    from copos.checker import check_cones as cones
    from copos.checker import check_coordinates as coordinates
    from copos.checker import check_lift_bounds as bounds
    from copos.checker import check_networks as networks
    from copos.checker import check_reading as read
    from copos.checker.check_data import Data, Rebuilt
    from copos.checker.check_reading import Number, Rejected, Unreadable
except ImportError:  # run as a plain file, without the package
    import check_cones as cones  # type: ignore[no-redef]
    import check_coordinates as coordinates  # type: ignore[no-redef]
    import check_lift_bounds as bounds  # type: ignore[no-redef]
    import check_networks as networks  # type: ignore[no-redef]
    import check_reading as read  # type: ignore[no-redef]
    from check_data import Data, Rebuilt  # type: ignore[no-redef]
    from check_reading import Number, Rejected, Unreadable  # type: ignore[no-redef]

COMPACT = {"minors", "whiten"}
MOMENTS = "factor-moments"
STRENGTHENINGS = {
    "factor": COMPACT | {"bounded", "balanced", "projection"}, "projection": COMPACT, "projection-input": COMPACT,
    "projection-both": COMPACT, "minors": {"whiten"}, MOMENTS: set(),
}  # fmt: skip
SIDES = {"projection": ["output"], "projection-input": ["input"], "projection-both": ["output", "input"]}
Place = Callable[[int, int], int]
Form = dict[tuple[int, int], Number]


class Lift(NamedTuple):
    """A cone, the places of V, its vanishing forms, the forms of the objective, cuts that are stated only."""

    K: cones.Cone
    V: Place
    vanishing: list[Form]
    objective: Form
    stated: list[dict[int, Number]]
    assumed: tuple[str, ...] = ()


def rebuilt(question: dict[str, Any], data: Data) -> Rebuilt:
    """The program of a lifted linear network."""
    read.fields(question, "question", "type network how")
    q = networks.asked(question["network"], data)
    optional = "kept combination inputs outputs bound assumed total decay"
    how = read.fields(question["how"], "how", "lift strengthen free", optional)
    if type(how["lift"]) is not str or how["lift"] not in STRENGTHENINGS:
        raise Unreadable(f"a lift is one of {', '.join(STRENGTHENINGS)}")
    named = read.items(how["strengthen"], "strengthen")
    if not all(type(name) is str and name in STRENGTHENINGS[how["lift"]] for name in named):
        raise Unreadable("a lift has strengthenings of its own")
    names = set(named)
    loss = coordinates.coordinates(q, how)
    shape = len(loss.H), len(loss.H[0])
    rank = min(q.rank, *shape)
    if "minors" in {how["lift"], *names} and q.rank != 1:
        raise Rejected("the minors of a matrix vanish for rank one only")
    make = {"factor": factor, "minors": alone, MOMENTS: factor_moments}.get(how["lift"], projection)
    lift = make(q, how, names, shape, rank, loss)
    lift = constrained(lift, q)
    if q.decay:
        lift = decayed(lift, q, how, sum(shape))
    if q.loss != "squared":
        lift = split(lift, q, how)
    objective = cones.summed((1, lift.objective), (1, quadratic(loss, lift.V)))
    K = cones.with_unit(lift.K, {0: 1})
    program = cones.program(K, objective, [({(0, 0): 1}, 1)], lift.vanishing)

    def say(kind: str, value: Number | None) -> str:
        if kind == "infeasible" or value is None:
            return f"no {q.words()} satisfies its constraints"
        sign = "every" if kind == "lower bound" else "some"
        which, way = ("at least", -1) if kind == "lower bound" else ("at most", 1)
        return f"{sign} {q.words()} has {which} the value {read.show(value, way)}"

    def points(atoms: list[tuple[Number, list[Number]]]) -> str:
        if any(w and not u[0] for w, u in atoms):
            raise Rejected("a point with x_0 = 0 is no network")
        return f"{len(atoms)} point" + "s" * (len(atoms) > 1)

    return Rebuilt(program, say, points, [cones.linear(row, K.basis) for row in lift.stated], lift.assumed)


def quadratic(loss: coordinates.Loss, V: Place) -> Form:
    """The loss as a form in x."""
    read.spend(read.EXPANDED * len(loss.H) * len(loss.H[0]) ** 2, "the loss as a form")
    out: Form = {(0, 0): loss.constant}
    for i, row in enumerate(loss.H):
        G = loss.G[i if len(loss.G) > 1 else 0]
        for a, h in enumerate(row):
            _add(out, 0, V(i, a), -2 * h)
            for b, g in enumerate(G[a]):
                _add(out, V(i, a), V(i, b), g)
    return out


def _add(form: Form, i: int, j: int, c: Number) -> None:
    key = (i, j) if i <= j else (j, i)
    form[key] = form.get(key, 0) + c


def _product(left: Place, right: Place, rows: int, inner: int, cols: int) -> list[Form]:
    """Entries of a matrix product, row by row."""
    read.spend(4 * read.EXPANDED * rows * inner * cols, "the forms of a lift")
    out = []
    for i in range(rows):
        for j in range(cols):
            form: Form = {}
            for k in range(inner):
                _add(form, left(i, k), right(k, j), 1)
            out.append(form)
    return out


def _minus(a: list[Form], b: list[Form]) -> list[Form]:
    return [cones.summed((1, p), (-1, q)) for p, q in zip(a, b, strict=True)]


def _upper(forms: list[Form], n: int) -> list[Form]:
    return [forms[i * n + j] for j in range(n) for i in range(j + 1)]


def _linear(M: Place, rows: int, cols: int) -> list[Form]:
    """Entries of x_0 M."""
    return [{(0, M(i, j)): 1} for i in range(rows) for j in range(cols)]


def _idempotent(P: Place, n: int) -> list[Form]:
    return _upper(_minus(_product(P, P, n, n, n), _linear(P, n, n)), n)


def _triangle(start: int) -> Place:
    return lambda i, j: start + cones.place(i, j)


def _complements(n: int, first: int, second: int, trace: int) -> list[dict[int, Number]]:
    """First + second = x_0 I and tr first = trace·x_0 for two triangles."""
    rows: list[dict[int, Number]] = []
    for j in range(n):
        for i in range(j + 1):
            k = cones.place(i, j)
            rows.append({first + k: 1, second + k: 1, **({0: -1} if i == j else {})})
    return [*rows, {0: -trace, **{first + cones.place(i, i): 1 for i in range(n)}}]


def factor(
    q: networks.Asked, how: dict[str, Any], names: set[str], shape: tuple[int, int], rank: int, loss: coordinates.Loss
) -> Lift:
    """The lift by factors."""
    d_out, d_in = shape
    n = d_out + d_in
    m = cones.place(n - 1, n - 1) + 1
    S = cones.semidefinite(n)
    Z, P = _triangle(1), _triangle(1 + m)
    K = cones.sliced(cones.product(cones.nonnegative(1), S, S, S), _complements(n, 1 + m, 1 + 2 * m, n - rank))
    stated: list[dict[int, Number]] = []
    assumed: tuple[str, ...] = ()
    if how.get("bound") is not None:
        rho = read.number(how["bound"], "bound")
        if not bounds.bounds_trace(q, how, loss, rank, rho):
            if how.get("assumed") is not True:
                raise Rejected("tr Z is not shown to be bounded as the lift says")
            assumed = (f"the balanced factors of some optimal network have tr Z = 2‖W‖_* ≤ {read.show(rho, -1)}",)
        row = {0: rho, **{Z(i, i): -1 for i in range(n)}}
        if "bounded" in names:
            K = cones.restricted(K, row)
        else:
            stated = [row]
    elif "bounded" in names:
        raise Unreadable("a bounded lift states its bound")

    def B(i: int, j: int) -> int:
        return Z(d_out + i, d_out + j)

    def V(i: int, j: int) -> int:
        return Z(i, d_out + j)

    forms = _product(Z, P, n, n, n)
    if "projection" in names:
        forms += _idempotent(P, n)
    if "balanced" in names:
        def back(i: int, j: int) -> int:
            return V(j, i)

        forms += _upper(_minus(_product(Z, Z, d_out, d_out, d_out), _product(V, back, d_out, d_in, d_out)), d_out)
        forms += _upper(_minus(_product(B, B, d_in, d_in, d_in), _product(back, V, d_in, d_out, d_in)), d_in)
        forms += _minus(_product(Z, V, d_out, d_out, d_in), _product(V, B, d_out, d_in, d_in))
    if "minors" in names:
        forms += _minors(V, d_out, d_in)
    return Lift(K, V, forms, {}, stated, assumed)


def projection(
    q: networks.Asked, how: dict[str, Any], names: set[str], shape: tuple[int, int], rank: int, loss: coordinates.Loss
) -> Lift:
    """The lift by projections on the outputs, the inputs or both."""
    d_out, d_in = shape
    sides = SIDES[how["lift"]]
    if how["lift"] == "projection" and "whiten" in names and len(q.Y) > len(q.X):
        sides = ["input"]

    def V(i: int, j: int) -> int:
        return 1 + i * d_in + j

    K, rows, forms = cones.product(cones.nonnegative(1), cones.free(d_out * d_in)), [], []
    for side in sides:
        d = d_out if side == "output" else d_in
        first, m = len(K.basis), cones.place(d - 1, d - 1) + 1
        K = cones.product(K, cones.semidefinite(d), cones.semidefinite(d))
        rows += _complements(d, first, first + m, rank)
        if rank == d:
            rows += [{first + m + k: 1} for k in range(m)]
            continue
        Q = _triangle(first)
        moved = _product(Q, V, d_out, d_out, d_in) if side == "output" else _product(V, Q, d_out, d_in, d_in)
        forms += _minus(moved, _linear(V, d_out, d_in)) + _idempotent(Q, d)
    if "minors" in names:
        forms += _minors(V, d_out, d_in)
    return Lift(cones.sliced(K, rows), V, forms, {}, [])


def alone(
    q: networks.Asked, how: dict[str, Any], names: set[str], shape: tuple[int, int], rank: int, loss: coordinates.Loss
) -> Lift:
    """The lift of rank one without other coordinates than V."""
    d_out, d_in = shape

    def V(i: int, j: int) -> int:
        return 1 + i * d_in + j

    K = cones.sliced(cones.product(cones.nonnegative(1), cones.free(d_out * d_in)), [])
    return Lift(K, V, _minors(V, d_out, d_in), {}, [])


def factor_moments(
    q: networks.Asked, how: dict[str, Any], names: set[str], shape: tuple[int, int], rank: int, loss: coordinates.Loss
) -> Lift:
    """The lift to T = vec A (vec B)', V = AB'."""
    n, m = shape
    first, width = 1 + n * m, m * rank

    def V(i: int, j: int) -> int:
        return 1 + i * m + j

    def T(p: int, q: int) -> int:
        return first + p * width + q

    read.spend(read.EXPANDED * rank * rank * n * width * width, "the forms of a lift")
    K = cones.product(cones.nonnegative(1), cones.free(n * m), cones.free(n * m * rank**2))
    rows = [{V(i, j): 1, **{T(i * rank + a, j * rank + a): -1 for a in range(rank)}}
            for i in range(n) for j in range(m)]  # fmt: skip
    forms = _minors(T, n * rank, width)
    pairs = [(p, q) for p in range(width) for q in range(p, width)]
    for a in range(rank):
        for b in range(a, rank):
            if a == b == rank - 1:
                continue
            for p, q_ in pairs:
                form: Form = {}
                for i in range(n):
                    _add(form, T(i * rank + a, p), T(i * rank + b, q_), rank)
                for k in range(n * rank if a == b else 0):
                    _add(form, T(k, p), T(k, q_), -1)
                forms.append(form)
    return Lift(cones.sliced(K, rows), V, forms, {}, [])


def _minors(V: Place, rows: int, cols: int) -> list[Form]:
    """V_ij V_kl − V_il V_kj for i < k, j < l."""
    read.spend(2 * read.EXPANDED * (rows * cols) ** 2, "the forms of a lift")
    out = []
    for i in range(rows):
        for k in range(i + 1, rows):
            for j in range(cols):
                for l in range(j + 1, cols):
                    form: Form = {}
                    _add(form, V(i, j), V(k, l), 1)
                    _add(form, V(i, l), V(k, j), -1)
                    out.append(form)
    return out


def constrained(lift: Lift, q: networks.Asked) -> Lift:
    """Equations on W as a slice, inequalities as cuts: those from below first."""
    rows, below, above = [], [], []
    for A, low, high in q.constraints:
        row = {lift.V(i, j): c for i, line in enumerate(A) for j, c in enumerate(line) if c}
        if low is not None and low == high:
            rows.append(cones.summed((1, row), (-low, {0: 1})))
            continue
        if low is not None:
            below.append(cones.summed((1, row), (-low, {0: 1})))
        if high is not None:
            above.append(cones.summed((-1, row), (high, {0: 1})))
    K = cones.sliced(lift.K, rows) if rows else lift.K
    for row in below + above:
        K = cones.restricted(K, row)
    return lift._replace(K=K)


def decayed(lift: Lift, q: networks.Asked, how: dict[str, Any], n: int) -> Lift:
    """The weight decay of two layers, (λ/2) tr Z, or of more by a chain of powers M_iM_j = M_kM_l, M_L = Z/2."""
    if how["lift"] != "factor":
        raise Rejected("weight decay is a function of the factors")
    L = len(q.widths) - 1
    if L < 2:
        raise Unreadable("the decay of one layer is a ridge")
    if L == 2:
        return lift._replace(objective={(0, 1 + cones.place(i, i)): Fraction(q.decay) / 2 for i in range(n)})
    m, first = cones.place(n - 1, n - 1) + 1, len(lift.K.basis)
    K = cones.product(lift.K, *(cones.semidefinite(n) for _ in range(L - 1)))

    def power(k: int) -> Place:
        return _triangle(1 if k == L else first + (k - 1) * m)

    def product(i: int, j: int) -> list[Form]:
        share = Fraction(1, 2 ** ((i == L) + (j == L)))
        forms = _product(power(i), power(j), n, n, n) if i else _linear(power(j), n, n)
        return [{key: read.short(c * share) for key, c in form.items()} for form in forms]

    forms = list(lift.vanishing)
    for total in range(2, 2 * L + 1):
        pairs = [(i, total - i) for i in range(max(0, total - L), total // 2 + 1)]
        for pair in pairs[:-1]:
            forms += _minus(product(*pair), product(*pairs[-1]))
        for i, j in pairs:
            if 0 < i < j:
                forms += _minus(product(i, j), product(j, i))
    if how.get("decay") is not None:
        most = read.number(how["decay"], "decay")
        if not most >= 2 * bounds.at_zero(q) / (Fraction(q.decay) * L):
            raise Rejected("the decay is not shown to be bounded as the lift says")
        K = cones.restricted(K, {0: most, **{power(2)(i, i): -1 for i in range(n)}})
    loss = {(0, power(2)(i, i)): read.short(Fraction(q.decay) * L / 2) for i in range(n)}
    return lift._replace(K=K, vanishing=forms, objective=loss)


def split(lift: Lift, q: networks.Asked, how: dict[str, Any]) -> Lift:
    """Errors e = p − q (+ u) with p, q ≥ 0, pq = 0: for Huber's loss |u| ≤ δ, p(u − δ) = q(u + δ) = 0."""
    places = [(i, t) for i in range(len(q.Y)) for t in range(len(q.X[0])) if q.weight(i, t)]
    k, first, delta = len(places), len(lift.K.basis), q.delta
    K = cones.product(lift.K, cones.nonnegative(2 * k), *([] if delta is None else [cones.free(k)]))
    rows, w = [], [q.weight(i, t) for i, t in places]
    for s, (i, t) in enumerate(places):
        row: dict[int, Number] = {first + s: 1, first + k + s: -1, 0: q.Y[i][t]}
        if delta is not None:
            row[first + 2 * k + s] = 1
        rows.append(cones.summed((1, row), (-1, {lift.V(i, a): q.X[a][t] for a in range(len(q.X))})))
    K = cones.sliced(K, rows)
    forms = lift.vanishing + [{(first + s, first + k + s): 1} for s in range(k)]
    objective = dict(lift.objective)
    for s in range(k):
        for place in (first + s, first + k + s):
            _add(objective, 0, place, w[s] * (1 if delta is None else 2 * delta))
    if delta is not None:
        for start, sign in ((first, -1), (first + k, 1)):
            for s in range(k):
                form: Form = {}
                _add(form, start + s, first + 2 * k + s, 1)
                _add(form, 0, start + s, sign * delta)
                forms.append(form)
        for s in range(k):
            _add(objective, first + 2 * k + s, first + 2 * k + s, w[s])
            for sign in (1, -1):
                K = cones.restricted(K, {0: delta, first + 2 * k + s: sign})
    if how.get("total") is not None:
        most = read.number(how["total"], "total")
        if not most * (1 if delta is None else 2 * delta) >= bounds.at_zero(q):
            raise Rejected("the errors are not shown to be bounded as the lift says")
        K = cones.restricted(K, {0: most, **{first + part * k + s: -w[s] for part in (0, 1) for s in range(k)}})
    return lift._replace(K=K, vanishing=forms, objective=objective)


QUESTIONS = {"lifted linear network": rebuilt}
