"""Linear networks, from the table that they are trained on: the loss in rational numbers, and its closed form.

    f(W, b) = Σ_it ω_it ρ((W x_t + b − y_t)_i) + μ‖W‖² + decay,    rank W ≤ r, the least width,

with ω_it = weights_it · sample_weight_t · output_weight_i ≥ 0, and b = 0 unless an intercept is asked for. For
ρ(e) = e² this is Σ_i w_i G_i w_i' − 2<W, H> + c after the best b. Standard library only; part of the checker.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm
from operator import mul
from typing import Any, NamedTuple

try:
    from copos.checker import check_identity as identity
    from copos.checker import check_reading as read
    from copos.checker.check_data import Data, Table
    from copos.checker.check_reading import Number, Rejected, Unreadable, short, show
except ImportError:  # run as a plain file, without the package
    import check_identity as identity  # type: ignore[no-redef]
    import check_reading as read  # type: ignore[no-redef]
    from check_data import Data, Table  # type: ignore[no-redef]
    from check_reading import Number, Rejected, Unreadable, short, show  # type: ignore[no-redef]

LOSSES = ("squared", "absolute", "huber")


class Asked(NamedTuple):
    """A network problem as the user put it; `weights`, `samples`, `outputs` are None where all are one."""

    widths: list[int]
    loss: str
    delta: Number | None
    ridge: Number
    decay: Number
    intercept: bool
    X: Table
    Y: Table
    weights: Table | None
    samples: list[Number] | None
    outputs: list[Number] | None
    constraints: list[tuple[Table, Number | None, Number | None]]
    data: Data

    @property
    def rank(self) -> int:
        """The bound on rank W."""
        return min(self.widths)

    def weight(self, i: int, t: int) -> Number:
        """ω_it."""
        return ((1 if self.weights is None else self.weights[i][t]) * (1 if self.samples is None else self.samples[t])
                * (1 if self.outputs is None else self.outputs[i]))  # fmt: skip

    def words(self) -> str:
        """The family of networks and its loss."""
        e = {"squared": "e²", "absolute": "|e|", "huber": f"huber(e, {self.delta})"}[self.loss]
        weighted = any(w is not None for w in (self.weights, self.samples, self.outputs))
        loss = f"Σ {'ω·' if weighted else ''}{e}, e = Wx{' + b' if self.intercept else ''} − y"
        loss += f", plus {self.ridge}·‖W‖²" if self.ridge else ""
        loss += f", plus the weight decay {self.decay}" if self.decay else ""
        what = f"linear network of widths {'-'.join(map(str, self.widths))}"
        limits = f" with {len(self.constraints)} constraints on W" if self.constraints else ""
        return f"{what}{limits} and the loss {loss}"


def asked(value: Any, data: Data) -> Asked:
    """Read a problem of type "linear network"."""
    p = read.fields(value, "linear network", "type widths loss X Y",
                    "delta ridge weight_decay intercept weights sample_weight output_weight constraints")  # fmt: skip
    if p["type"] != "linear network":
        raise Unreadable("expected the type 'linear network'")
    widths = [read.whole(h, "width", 1, read.DIMENSION) for h in read.items(p["widths"], "widths", most=1000)]
    X, Y = data.table("X", p["X"], samples=True), data.table("Y", p["Y"], samples=True)
    n = len(X[0])
    if len(widths) < 2 or (widths[0], widths[-1]) != (len(X), len(Y)) or len(Y[0]) != n:
        raise Unreadable("the widths do not fit the tables X and Y, or their numbers of samples differ")
    if type(p["loss"]) is not str or p["loss"] not in LOSSES or (p["loss"] == "huber") != (p.get("delta") is not None):
        raise Unreadable(f"the loss is one of {', '.join(LOSSES)}, and delta belongs to huber")
    weights = data.table("weights", p["weights"], samples=True) if "weights" in p else None
    if weights is not None and (len(weights), len(weights[0])) != (len(Y), n):
        raise Unreadable("weights must have the shape of Y")
    lines: list[list[Number] | None] = []
    for name, length in (("sample_weight", n), ("output_weight", len(Y))):
        line = data.table(name, p[name]) if name in p else None
        if line is not None and (len(line) != 1 or len(line[0]) != length):
            raise Unreadable(f"{name} must be one row of {length} numbers")
        lines.append(None if line is None else line[0])
    samples, outputs = lines
    ridge, decay = (read.number(p.get(key, 0), key) for key in ("ridge", "weight_decay"))
    delta = None if p.get("delta") is None else read.number(p["delta"], "delta")
    everything = [*(w for row in weights or [] for w in row), *(w for line in lines for w in line or [])]
    if min([ridge, decay, *everything]) < 0 or (delta is not None and delta <= 0):
        raise Unreadable("weights, ridge and weight decay must not be negative, and delta must be positive")
    rows = read.items(p.get("constraints", []), "constraints")
    if type(p.get("intercept", False)) is not bool:
        raise Unreadable("intercept must be true or false")
    if p.get("intercept") and p["loss"] != "squared":
        raise Unreadable("an intercept belongs to the squared loss, which has its best one in closed form")
    read.spend(len(rows) * len(Y) * len(X), "the constraints on W")
    limits = [_constraint(c, len(Y), len(X)) for c in rows]
    return Asked(widths, p["loss"], delta, ridge, decay, p.get("intercept", False), X, Y, weights, samples, outputs,
                 limits, data)  # fmt: skip


def _constraint(value: Any, rows: int, columns: int) -> tuple[Table, Number | None, Number | None]:
    """Low ≤ <A, W> ≤ high; A by its entries [i, j, coefficient]."""
    c = read.fields(value, "constraint", "entries low high")
    A: Table = [[0] * columns for _ in range(rows)]
    for entry in read.items(c["entries"], "entries"):
        i, j, v = read.items(entry, "entry of a constraint", 3)
        A[read.whole(i, "row", 0, rows - 1)][read.whole(j, "column", 0, columns - 1)] += read.number(v, "coefficient")
    low, high = (None if c[key] is None else read.number(c[key], key) for key in ("low", "high"))
    return A, low, high


class Quadratic(NamedTuple):
    """Σ_t ω_t (w x_t + b − y_t)² = w G w' − 2 w h' + c for one output with weights ω, after the best b."""

    G: Table
    H: list[list[Number]]
    squares: list[Number]


def quadratic(X: Table, Y: Table, weights: Sequence[Number] | None, intercept: bool) -> Quadratic:
    """G, one h and one c per row of Y, all samples weighted alike for these rows."""
    rows, units = zip(*(_whole(row) for row in [*X, *Y, *([[1] * len(X[0])] if intercept else [])]), strict=True)
    over: Number = 1
    weighted: Sequence[list[int]] = rows
    if weights is not None:
        line, over = _whole(weights)
        weighted = [list(map(mul, row, line)) for row in rows]
    d, m = len(X), len(Y)
    read.spend(d * (d + m) * len(X[0]) // 8, "sums over the samples", identity.bit_length([*weighted, *rows]))

    def inner(i: int, j: int) -> Number:
        return short(Fraction(sum(map(mul, weighted[i], rows[j])), units[i] * units[j] * over))

    G: Table = [[0] * d for _ in range(d)]
    for i in range(d):
        for j in range(i + 1):
            G[i][j] = G[j][i] = inner(i, j)
    H = [[inner(d + k, j) for j in range(d)] for k in range(m)]
    squares = [inner(d + k, d + k) for k in range(m)]
    if intercept:
        total = inner(d + m, d + m)
        if not total:
            raise Unreadable("an output without weighted samples has no intercept")
        x, y = [inner(d + m, j) for j in range(d)], [inner(d + m, d + k) for k in range(m)]
        G = [[short(G[i][j] - Fraction(x[i] * x[j]) / total) for j in range(d)] for i in range(d)]
        H = [[short(H[k][j] - Fraction(y[k] * x[j]) / total) for j in range(d)] for k in range(m)]
        squares = [short(squares[k] - Fraction(y[k] * y[k]) / total) for k in range(m)]
    return Quadratic(G, H, squares)


def _whole(row: Sequence[Number]) -> tuple[list[int], int]:
    """A row as integers over one denominator."""
    bottom = 1
    for d in {v.denominator for v in row}:
        bottom = lcm(bottom, d)
        if bottom.bit_length() > 20 * read.BITS:
            raise Unreadable("a row of a table has too large a common denominator")
    return [v.numerator * (bottom // v.denominator) for v in row], bottom


def closed_form(q: Asked, proof: Any) -> str:
    """f ≥ c − t r − Σ a_i Z_ii, where Z = CC'/2^C_bits and [[G, H'], [H, tD + Z]] ⪰ 0 for D = diag(1/a_i).

    See `lower` below. A proof that holds a value ≤ 0 and nothing else is one, too: a loss is a sum of terms ≥ 0.
    """
    if type(proof) is dict and set(proof) == {"value"}:
        value = read.number(proof["value"], "value")
        if value > 0:
            raise Rejected("that a loss is not negative proves no value above 0")
        return f"every {q.words()} has at least the value {show(value, -1)}"
    read.fields(proof, "proof", "value t C C_bits factor bits scales",
                "kept combination sample_weight output_weight targets")  # fmt: skip
    bound, value = lower(q, proof), read.number(proof["value"], "value")
    if value > bound:
        raise Rejected(f"the proof gives {show(bound)}, less than the value that it states")
    return f"every {q.words()} has at least the value {show(value, -1)}"


def lower(q: Asked, proof: dict[str, Any]) -> Fraction:
    """The bound of a closed form.

    With weights a_i b_t ≤ ω_it, Σ a_i b_t (WX − Y)² = tr(A(WGW' − WH' − HW')) + c is at most f. Let P be the projection
    onto the range of A^{1/2}W, whose trace is at most r. The positive semidefinite matrix above, between
    (W'A^{1/2}; −PA^{1/2}), has the trace f − c + tr(P(tI + A^{1/2}ZA^{1/2})) ≥ 0, hence f ≥ c − t r − tr(AZ).
    """
    if q.loss != "squared":
        raise Rejected("the closed form is about squared losses")
    a, b = _minorant(q, proof)
    used = [i for i, v in enumerate(a) if v]
    targets, spare, ridge = _targets(q, proof, a, b) if "targets" in proof else (q.Y, Fraction(0), q.ridge)
    X, Y = q.X, [targets[i] for i in used]
    if not used or not any(b if b is not None else [1]):
        raise Rejected("no error has a positive weight")
    part = quadratic(X, Y, b, q.intercept)
    G, kept = part.G, list(range(len(X)))
    if "kept" in proof:
        kept = spanning(G, proof)
    elif ridge and all(v == 1 for v in a):
        G = [[short(v + ridge) if i == j else v for j, v in enumerate(row)] for i, row in enumerate(G)]
    n, m = len(kept), len(used)
    t, C = read.number(proof["t"], "t"), read.integers(proof["C"], "C", m)
    if t < 0:
        raise Rejected("t must not be negative")
    unit = _power(-read.whole(proof["C_bits"], "C_bits", -2 * read.BITS, 2 * read.BITS))
    Z = [[v * unit for v in row] for row in _outer(C)]
    M = [[G[i][j] for j in kept[: k + 1]] for k, i in enumerate(kept)]
    for k in range(m):
        row = [*(part.H[k][j] for j in kept), *Z[k]]
        row[n + k] += Fraction(t) / a[used[k]]
        M.append(row)
    _positive(M, proof)
    constant = sum(a[i] * c for i, c in zip(used, part.squares, strict=True))
    rank = min(q.rank, n, m)
    return spare + constant - t * rank - sum((a[i] * Z[k][k] for k, i in enumerate(used)), Fraction(0))


def attained(q: Asked, proof: Any) -> str:
    """A network with these layers has the loss that is stated, or less."""
    p = read.fields(proof, "proof", "value layers")
    value, layers = read.number(p["value"], "value"), []
    for k, layer in enumerate(read.items(p["layers"], "layers", len(q.widths) - 1)):
        rows = read.items(layer, "layer", q.widths[k + 1])
        layers.append([read.vector(row, "layer", q.widths[k]) for row in rows])
    W = layers[0]
    for layer in layers[1:]:
        columns = list(zip(*W, strict=True))
        read.spend(len(layer) * len(W) * len(columns), "a product of layers", _bits(W) + _bits(layer))
        W = [[short(sum((a * b for a, b in zip(row, column, strict=True) if a and b), 0)) for column in columns]
             for row in layer]  # fmt: skip
        if _bits(W) > 20 * read.BITS:
            raise Unreadable("the product of the layers has too many digits")
    for A, low, high in q.constraints:
        at = sum((a * w for row, line in zip(A, W, strict=True) for a, w in zip(row, line, strict=True) if a), 0)
        if (low is not None and at < low) or (high is not None and at > high):
            raise Rejected("the network violates a constraint on W")
    bits = _bits(W)  # common divisors take time that grows with its square
    read.spend(len(W) * len(q.X) * len(q.X[0]) * (1 + bits // 2000) // 4, "the errors of a network", bits)
    total: Number = q.ridge * sum((w * w for row in W for w in row), 0)
    total += Fraction(q.decay) / 2 * sum((w * w for layer in layers for row in layer for w in row), 0)
    for i, row in enumerate(W):
        total += loss_of(q, i, errors(q.X, q.Y[i], row))
    if total > value:
        raise Rejected(f"the network has the value {show(total)}, more than is stated")
    return f"some {q.words()} has at most the value {show(value, 1)}"


def errors(X: Table, y: list[Number], w: list[Number]) -> list[Number]:
    """W_i x_t − y_it for every sample."""
    parts = [(c, *_whole(x)) for c, x in zip(w, X, strict=True) if c]
    (line, unit) = _whole(y)
    bottom = unit
    for c, _, d in parts:
        bottom = lcm(bottom, Fraction(c, d).denominator)
    total = [-v * (bottom // unit) for v in line]
    for c, x, d in parts:
        k = int(Fraction(c, d) * bottom)
        total = [e + k * v for e, v in zip(total, x, strict=True)]
    return [Fraction(e, bottom) for e in total]


def loss_of(q: Asked, i: int, errors: list[Number]) -> Number:
    """Σ_t ω_it ρ(e_t), for squared errors with the best intercept."""
    weights = [q.weight(i, t) for t in range(len(errors))]
    pairs = [(w, e) for w, e in zip(weights, errors, strict=True) if w]
    if q.loss == "squared":
        total = sum((w * e * e for w, e in pairs), 0)
        if q.intercept and pairs:
            total -= Fraction(sum(w * e for w, e in pairs)) ** 2 / sum(w for w, _ in pairs)
        return total
    if q.loss == "absolute":
        return sum((w * abs(e) for w, e in pairs), 0)
    d = q.delta or 0
    return sum((w * (e * e if abs(e) <= d else 2 * d * abs(e) - d * d) for w, e in pairs), 0)


def _minorant(q: Asked, proof: dict[str, Any]) -> tuple[list[Number], list[Number] | None]:
    """(a, b) with 0 ≤ a_i b_t ≤ ω_it."""
    n, m = len(q.X[0]), len(q.Y)
    ones: list[Number] = [1] * m
    if "output_weight" not in proof and "sample_weight" not in proof:
        if q.weights is not None:
            raise Rejected("the weights of the errors are not products, and the proof names no products below them")
        return q.outputs or ones, q.samples
    a = read.vector(proof["output_weight"], "output_weight", m) if "output_weight" in proof else ones
    b: list[Number] = read.vector(proof["sample_weight"], "sample_weight", n) if "sample_weight" in proof else [1] * n
    if min(a) < 0 or min(b) < 0:
        raise Rejected("a weight of the closed form is negative")
    ridge = q.ridge if "targets" in proof else 0
    if any(a[i] * b[t] > q.weight(i, t) + ridge for i in range(m) for t in range(n)):
        raise Rejected("the closed form weighs an error more than the question does")
    return a, b


def _targets(
    q: Asked, proof: dict[str, Any], a: list[Number], b: list[Number] | None
) -> tuple[Table, Fraction, Number]:
    """Other targets y', what then remains of the loss, and the ridge that is left: none.

    With τ = ω + μ where X = I (so that the ridge is one of W's errors), else τ = ω, and y = ωY/τ, every z has

        ω(z − Y)² + μz² = τ(z − y)² + ωμY²/τ,    τ(z − y)² ≥ κ(z − y')² − κτ/(τ − κ) (y − y')²  for κ = a_i b_t < τ.
    """
    n, m = len(q.X[0]), len(q.Y)
    if q.intercept:
        raise Rejected("an intercept goes with the targets of the question")
    if q.ridge and q.X != [[int(i == j) for j in range(n)] for i in range(n)]:
        raise Rejected("a ridge is a part of the errors only where X is the identity")
    targets = [read.vector(row, "targets", n) for row in read.items(proof["targets"], "targets", m)]
    read.spend(2 * read.EXPANDED * n * m, "the targets", _bits(targets))
    spare = Fraction(0)
    for i in range(m):
        for t in range(n):
            weight, less = q.weight(i, t), a[i] * (1 if b is None else b[t])
            total, y = weight + q.ridge, Fraction(q.Y[i][t])
            if total:
                y = y * weight / total
                spare += y * q.ridge * q.Y[i][t]
            if less and y != targets[i][t]:
                if less == total:
                    raise Rejected("a target is moved where the closed form weighs its error in full")
                spare -= less * total / (Fraction(total) - less) * (y - targets[i][t]) ** 2
    return targets, spare, 0


def spanning(G: Table, proof: dict[str, Any]) -> list[int]:
    """Places of inputs on which all others depend: their rows of G are combinations of those kept.

    Then so are the inputs themselves wherever a sample counts, x_j = Σ c_k x_k, because g'Gg = 0 for
    g = e_j − Σ c_k e_k. So WX = W'X_kept with rank W' ≤ rank W.
    """
    d = len(G)
    kept = [read.whole(k, "kept", 0, d - 1) for k in read.items(proof["kept"], "kept")]
    if sorted(set(kept)) != kept:
        raise Unreadable("the inputs that are kept must be listed once, in order")
    others = [j for j in range(d) if j not in set(kept)]
    rows = read.items(proof.get("combination"), "combination", len(others))
    read.spend(len(others) * len(kept) * d // 4, "the inputs that are combinations")
    for j, row in zip(others, rows, strict=True):
        c = read.vector(row, "combination", len(kept))
        for k in range(d):
            if G[j][k] != sum(v * G[i][k] for v, i in zip(c, kept, strict=True) if v):
                raise Rejected(f"input {j} is not the combination of the inputs kept that the proof states")
    return kept


def _positive(M: Table, proof: dict[str, Any]) -> None:
    """Reject unless D M D − BB'/2^bits is diagonally dominant, D = diag(2^scales) (M as a lower triangle)."""
    B = read.integers(proof["factor"], "factor", len(M))
    bits = read.whole(proof["bits"], "bits", -2 * read.BITS, 2 * read.BITS)
    scales = [read.whole(e, "scale", -read.BITS, read.BITS) for e in read.items(proof["scales"], "scales", len(M))]
    product = _outer(B)
    balance: list[Number] = [0] * len(M)
    for i, row in enumerate(M):
        for j in range(i + 1):
            rest = row[j] * _power(scales[i] + scales[j] + bits) - product[i][j]
            if i == j:
                balance[i] += rest
            else:
                balance[i] -= abs(rest)
                balance[j] -= abs(rest)
    if min(balance) < 0:
        raise Rejected("the matrix of the closed form is not shown to be positive semidefinite")


def _outer(F: list[list[int]]) -> list[list[int]]:
    """Lower triangle of FF'; all zero without columns."""
    if not F[0]:
        return [[0] * (i + 1) for i in range(len(F))]
    return identity.outer(F)


def _power(e: int) -> Fraction:
    return Fraction(1 << e) if e >= 0 else Fraction(1, 1 << -e)


def _bits(M: Table) -> int:
    """Of the longest number."""
    return max((v.numerator.bit_length() + v.denominator.bit_length() for row in M for v in row), default=0)
