"""The lifts of linear networks, made anew from the table: the cone of a matrix V of bounded rank, and the loss on it.

W = L V S on some inputs `kept`, and zero on those that are combinations of them. S is invertible and L'L = I, so V runs
through all matrices of rank ≤ r as W does. A lift is a cone of points x with x_0 = 1 that hold V:

factor       x = (x_0, Z, P, Q), Z = [[A, V], [V', B]] ⪰ 0, P + Q = x_0 I, tr P = (n − r)x_0, ZP = 0
projection   x = (x_0, V, Q, P, …), P + Q = x_0 I, tr Q = r x_0, QV = x_0 V or VQ = x_0 V, Q² = x_0 Q

Cuts that hold at some optimal point only are checked here: bounds on tr Z, on the sum of errors, on the decay. Standard
library only; part of the checker.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import isqrt, prod
from typing import Any, NamedTuple

try:
    from copos.certificate import check_cones as cones
    from copos.certificate import check_matrix as matrices
    from copos.certificate import check_networks as networks
    from copos.certificate import check_reading as read
    from copos.certificate.check_data import Data, Rebuilt, Table
    from copos.certificate.check_reading import Number, Rejected, Unreadable
except ImportError:  # run as a plain file, without the package
    import check_cones as cones  # type: ignore[no-redef]
    import check_matrix as matrices  # type: ignore[no-redef]
    import check_networks as networks  # type: ignore[no-redef]
    import check_reading as read  # type: ignore[no-redef]
    from check_data import Data, Rebuilt, Table  # type: ignore[no-redef]
    from check_reading import Number, Rejected, Unreadable  # type: ignore[no-redef]

PRIME = (1 << 61) - 1
FACTOR = {"bounded", "balanced", "projection", "minors", "whiten"}
COMPACT = {"minors", "whiten"}
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


class Loss(NamedTuple):
    """Σ_i v_i G_i v_i' − 2<V, H> + c in the coordinates V."""

    G: list[Table]
    H: Table
    constant: Number


def rebuilt(question: dict[str, Any], data: Data) -> Rebuilt:
    """The program of a lifted linear network."""
    read.fields(question, "question", "type network how")
    q = networks.asked(question["network"], data)
    optional = "kept combination inputs outputs bound assumed total decay"
    how = read.fields(question["how"], "how", "lift strengthen free", optional)
    if how["lift"] != "factor" and (type(how["lift"]) is not str or how["lift"] not in SIDES):
        raise Unreadable(f"a lift is factor or one of {', '.join(SIDES)}")
    named = read.items(how["strengthen"], "strengthen")
    known = FACTOR if how["lift"] == "factor" else COMPACT
    if not all(type(name) is str and name in known for name in named):
        raise Unreadable("a lift has strengthenings of its own")
    names = set(named)
    loss = coordinates(q, how)
    shape = len(loss.H), len(loss.H[0])
    rank = min(q.rank, *shape)
    if "minors" in names and q.rank != 1:
        raise Rejected("the minors of a matrix vanish for rank one only")
    lift = (factor if how["lift"] == "factor" else projection)(q, how, names, shape, rank, loss)
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


def coordinates(q: networks.Asked, how: dict[str, Any]) -> Loss:
    """The quadratic part of the loss, of V."""
    d_out, d_in = len(q.Y), len(q.X)
    if q.loss == "squared":
        parts = _parts(q)
    else:
        zero: Table = [[0] * d_in for _ in range(d_in)]
        parts = [networks.Quadratic(zero, [[0] * d_in for _ in range(d_out)], [0] * d_out)]
    G = [[[v + (q.ridge if i == j else 0) for j, v in enumerate(row)] for i, row in enumerate(part.G)]
         for part in parts]  # fmt: skip
    H = [row for part in parts for row in part.H]
    constant = sum(c for part in parts for c in part.squares)
    kept = list(range(d_in))
    moved = any(key in how for key in ("kept", "inputs", "outputs"))
    if moved and (q.loss != "squared" or q.constraints):
        raise Rejected("other coordinates are for squared losses without constraints")
    if "kept" in how:
        if q.ridge or q.decay:
            raise Rejected("inputs are left out only where nothing else depends on W")
        total = [[sum(M[i][j] for M in G) for j in range(d_in)] for i in range(d_in)]
        kept = networks.spanning(total, how)
    loss = Loss([[[M[i][j] for j in kept] for i in kept] for M in G], [[row[j] for j in kept] for row in H], constant)
    if "inputs" in how:
        loss = _on_inputs(loss, [read.vector(row, "inputs", len(kept)) for row in _rows(how["inputs"], len(kept))])
        if q.decay and not _orthogonal([read.vector(row, "inputs") for row in how["inputs"]]):
            raise Rejected("weight decay needs orthogonal coordinates")
    if "outputs" in how:
        L = [read.vector(row, "outputs", d_out) for row in _rows(how["outputs"], d_out)]
        if len(loss.G) > 1 or not _orthogonal(L):
            raise Rejected("outputs are rotated by orthogonal matrices, where all have one Gram matrix")
        loss = loss._replace(H=_times(_transposed(L), loss.H))
    return loss


def _parts(q: networks.Asked) -> list[networks.Quadratic]:
    """G, H and the constant, of all outputs together if they have one G, else of each."""
    if q.weights is None and q.outputs is None:
        return [networks.quadratic(q.X, q.Y, q.samples, q.intercept)]
    n = len(q.X[0])
    return [networks.quadratic(q.X, [row], [q.weight(i, t) for t in range(n)], q.intercept)
            for i, row in enumerate(q.Y)]  # fmt: skip


def _rows(value: Any, count: int) -> list[Any]:
    return read.items(value, "coordinates", count)


def _on_inputs(loss: Loss, S: Table) -> Loss:
    """The loss of V, W = V S, for an invertible S."""
    if not _invertible(S):
        raise Rejected("the coordinates of the inputs are not invertible")
    back = _transposed(S)
    return Loss([_times(_times(S, M), back) for M in loss.G], _times(loss.H, back), loss.constant)


def _times(A: Table, B: Table) -> Table:
    columns = _transposed(B)
    read.spend(len(A) * len(columns) * len(B), "a change of coordinates")
    return [[_short(sum((a * b for a, b in zip(row, column, strict=True) if a and b), 0)) for column in columns]
            for row in A]  # fmt: skip


def _transposed(A: Table) -> Table:
    return [list(column) for column in zip(*A, strict=True)]


def _short(value: Number) -> Number:
    return value.numerator if value.denominator == 1 else value


def _orthogonal(A: Table) -> bool:
    return _times(_transposed(A), A) == [[int(i == j) for j in range(len(A))] for i in range(len(A))]


def _invertible(S: Table) -> bool:
    """Is the determinant not zero modulo a prime, which divides no denominator? Then it is not zero."""
    if any(v.denominator % PRIME == 0 for row in S for v in row):
        return False
    read.spend(len(S) ** 3 // 6, "an elimination")
    rows = [[v.numerator % PRIME * pow(v.denominator, -1, PRIME) % PRIME for v in row] for row in S]
    for k in range(len(rows)):
        p = next((i for i in range(k, len(rows)) if rows[i][k]), None)
        if p is None:
            return False
        rows[k], rows[p] = rows[p], rows[k]
        inverse = pow(rows[k][k], -1, PRIME)
        for i in range(k + 1, len(rows)):
            c = rows[i][k] * inverse % PRIME
            if c:
                rows[i] = [(a - c * b) % PRIME for a, b in zip(rows[i], rows[k], strict=True)]
    return True


def quadratic(loss: Loss, V: Place) -> Form:
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
    q: networks.Asked, how: dict[str, Any], names: set[str], shape: tuple[int, int], rank: int, loss: Loss
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
        if not bounds_trace(q, how, loss, rank, rho):
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
    q: networks.Asked, how: dict[str, Any], names: set[str], shape: tuple[int, int], rank: int, loss: Loss
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
        return [{key: _short(c * share) for key, c in form.items()} for form in forms]

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
        if not most >= 2 * at_zero(q) / (Fraction(q.decay) * L):
            raise Rejected("the decay is not shown to be bounded as the lift says")
        K = cones.restricted(K, {0: most, **{power(2)(i, i): -1 for i in range(n)}})
    loss = {(0, power(2)(i, i)): _short(Fraction(q.decay) * L / 2) for i in range(n)}
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
        if not most * (1 if delta is None else 2 * delta) >= at_zero(q):
            raise Rejected("the errors are not shown to be bounded as the lift says")
        K = cones.restricted(K, {0: most, **{first + part * k + s: -w[s] for part in (0, 1) for s in range(k)}})
    return lift._replace(K=K, vanishing=forms, objective=objective)


def at_zero(q: networks.Asked) -> Fraction:
    """The loss of W = 0, which bounds the optimum; rejects where a constraint forbids it."""
    if any((low is not None and low > 0) or (high is not None and high < 0) for _, low, high in q.constraints):
        raise Rejected("W = 0 does not satisfy the constraints, and no other bound on the optimum is known")
    zero: list[Number] = [0] * len(q.X)
    return Fraction(sum(networks.loss_of(q, i, networks.errors(q.X, row, zero)) for i, row in enumerate(q.Y)))


def bounds_trace(q: networks.Asked, how: dict[str, Any], loss: Loss, rank: int, rho: Number) -> bool:
    """Is tr Z = 2‖V‖_* ≤ 2√r ‖V‖_F ≤ ρ for the balanced factors of some optimal V?"""
    inputs = len(loss.H[0])
    if rho <= 0 or not rank:  # V = 0 is optimal where the loss is zero there, or where there is nothing else
        return rho >= 0 and (not rank or not at_zero(q))
    square = Fraction(rho) ** 2 / (4 * rank)  # to be shown: ‖V‖² ≤ square
    entries = _box(q)
    if entries is not None and "inputs" not in how and entries <= square:
        return True
    value = at_zero(q)
    if q.ridge and "inputs" not in how and value <= q.ridge * square:
        return True
    L = len(q.widths) - 1
    if q.decay and (Fraction(rho) / 2) ** 2 >= (2 * value / (Fraction(q.decay) * L)) ** L:
        return True  # tr Z = 2Σσ ≤ 2(Σσ^{2/L})^{L/2}
    if q.loss == "squared":
        # the optimal cV has q(V) ≤ <V, H> ≤ (q(V)c)^{1/2}; always q(V)^{1/2} ≤ f(V)^{1/2} + c^{1/2}
        c = Fraction(loss.constant)
        free = all((low in (None, 0)) and (high in (None, 0)) for _, low, high in q.constraints)
        most = c if free else (_root_up(c) + _root_up(value)) ** 2
        return _least(loss.G, most / square, not q.constraints and len(loss.G) == 1)
    weights = [q.weight(i, t) for i in range(len(q.Y)) for t in range(len(q.X[0]))]
    if min(weights) <= 0:
        return False
    d = q.delta or 0
    total = value if q.loss == "absolute" else value / (2 * d) + d * Fraction(sum(weights)) / 2
    total += sum((w * abs(y) for w, y in zip(weights, (y for row in q.Y for y in row), strict=True)), Fraction(0))
    G = networks.quadratic(q.X, [], None, False).G
    return inputs > 0 and _least([G], (total / min(weights)) ** 2 / square, not q.constraints)


def _least(grams: list[Table], mu: Fraction, dependent: bool) -> bool:
    """Is every G − μI positive semidefinite; or one of them on inputs that span the others, which V may be zero on?"""
    for G in grams:
        d = len(G)
        shifted = [[v - (mu if i == j else 0) for j, v in enumerate(row)] for i, row in enumerate(G)]
        if matrices.semidefinite(shifted):
            continue
        kept = _independent(G) if dependent else []
        part = [[shifted[i][j] for j in kept] for i in kept]
        if not kept or len(kept) == d or not matrices.semidefinite(part):
            return False
    return True


def _independent(G: Table) -> list[int]:
    """The columns that are no combinations of those before them."""
    rows, kept = [[Fraction(v) for v in row] for row in G], []
    for j in range(len(G)):
        p = next((i for i in range(len(kept), len(rows)) if rows[i][j]), None)
        if p is None:
            continue
        at = len(kept)
        kept.append(j)
        rows[at], rows[p] = rows[p], rows[at]
        read.spend(len(rows) ** 2, "an elimination")
        for i in range(at + 1, len(rows)):
            if rows[i][j]:
                c = rows[i][j] / rows[at][j]
                rows[i] = [a - c * b for a, b in zip(rows[i], rows[at], strict=True)]
    return kept


def _root_up(value: Fraction, bits: int = 64) -> Fraction:
    """A number a little above √value."""
    if not value:
        return value
    e = bits - (value.numerator.bit_length() - value.denominator.bit_length()) // 2
    scaled = value * Fraction(4) ** e
    return (isqrt(scaled.numerator // scaled.denominator) + 1) / Fraction(2) ** e


def _box(q: networks.Asked) -> Fraction | None:
    """Σ max(low², high²) where single entries of W are bounded on both sides; None if some are not."""
    low: dict[tuple[int, int], Fraction] = {}
    high: dict[tuple[int, int], Fraction] = {}
    for A, a, b in q.constraints:
        entries = [((i, j), c) for i, row in enumerate(A) for j, c in enumerate(row) if c]
        if len(entries) != 1:
            continue
        ((at, c),) = entries
        ends = [None if v is None else Fraction(v) / c for v in (a, b)]
        least, most = ends if c > 0 else ends[::-1]
        if least is not None:
            low[at] = max(least, low.get(at, least))
        if most is not None:
            high[at] = min(most, high.get(at, most))
    if len(low.keys() & high.keys()) < prod((len(q.Y), len(q.X))):
        return None
    return sum((max(low[at] ** 2, high[at] ** 2) for at in low), Fraction(0))


QUESTIONS = {"lifted linear network": rebuilt}
