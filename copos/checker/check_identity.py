"""The identity behind every bound, expanded and compared coefficient by coefficient in exact arithmetic.

    e(x)^level · f(x)  =  Σ_s <G_s, U_s' B_s(x) U_s>  +  Σ_j q_j(x) · E_j(x)  +  rest(x),
    B_s(x) = B_k1(x) ⊗ … ⊗ B_kp(x) · g(x) · v(x) v(x)',     G_s positive semidefinite, rest(x) ≥ 0 on K.

At every x of K = {x : B_k(x) ⪰ 0, g(x) ≥ 0} with E_j(x) = 0 the right-hand side is nonnegative, hence e(x)^level f(x)
is. A polynomial is a dict from monomials (sorted tuples of variables) to rational coefficients. Standard library only.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from fractions import Fraction
from math import comb, lcm, prod
from operator import mul
from typing import Any, NamedTuple

try:
    from copos.checker import check_reading as read
    from copos.checker import check_splits as splits
    from copos.checker.check_reading import Number, Rejected, Unreadable
except ImportError:  # run as a plain file, without the package
    import check_reading as read  # type: ignore[no-redef]
    import check_splits as splits  # type: ignore[no-redef]
    from check_reading import Number, Rejected, Unreadable  # type: ignore[no-redef]
try:
    import flint  # type: ignore[import-not-found]  # same integers, sooner
except ImportError:
    flint = None

Monomial = tuple[int, ...]
Polynomial = dict[Monomial, Number]
Triples = Iterable[tuple[int, int, Number]]


class Program(NamedTuple):
    """min <C, Y>, <A_i, Y> = b_i over the closed convex cone of all xx', x ∈ K with E_j(x) = 0."""

    dim: int
    blocks: list[dict[tuple[int, int], list[tuple[Monomial, Number]]]]  # entry (i, j) of B_k, both triangles
    orders: list[int]
    stated: int  # how many of the last blocks are only stated to hold at some optimal atom
    generators: list[Polynomial]
    unit: Polynomial
    objective: Polynomial
    equations: list[tuple[Polynomial, Number]]
    vanishing: list[Polynomial]
    positive: set[int]  # variables with a block c·x_v ≥ 0, c > 0
    form_degree: int = 2  # of C and the A_i; every E_j is a form, too, of any degree
    unit_degree: int = 1

    def degree(self, level: int) -> int:
        """Degree of the identity."""
        return level * self.unit_degree + self.form_degree


def polynomial(value: Any, what: str, dim: int, degree: int) -> Polynomial:
    """[[v_1, …, v_degree, coefficient], …]; equal monomials add up."""
    out: Polynomial = {}
    for item in read.items(value, what):
        *variables, c = read.items(item, what, degree + 1)
        key = tuple(sorted(read.whole(v, what, 0, dim - 1) for v in variables))
        out[key] = out.get(key, 0) + read.number(c, what)
    return {key: c for key, c in out.items() if c}


def program(value: Any) -> Program:
    """Read a problem of type "program"."""
    p = read.fields(value, "problem", "type name dim blocks generators unit objective equations vanishing", "stated")
    dim = read.whole(p["dim"], "dim", 1, read.DIMENSION)
    blocks, orders, positive = [], [], set()
    stated = [{"order": 1, "entries": [[0, 0, *read.items(t, "stated form", 2)] for t in read.items(form, "stated")]}
              for form in read.items(p.get("stated", []), "stated")]  # fmt: skip
    for item in read.items(p["blocks"], "blocks") + stated:
        block = read.fields(item, "block", "order entries")
        order = read.whole(block["order"], "order of a block", 1, read.ORDER)
        entries: dict[tuple[int, int], dict[Monomial, Number]] = defaultdict(dict)
        for entry in read.items(block["entries"], "entries"):
            i, j, v, c = read.items(entry, "entry of a block", 4)
            j = read.whole(j, "column of a block", 0, order - 1)
            i = read.whole(i, "row of a block (upper triangle)", 0, j)
            v, c = read.whole(v, "variable", 0, dim - 1), read.number(c, "coefficient")
            for key in {(i, j), (j, i)}:
                entries[key][(v,)] = entries[key].get((v,), 0) + c
        blocks.append({key: list(e.items()) for key, e in entries.items()})
        orders.append(order)
        if order == 1 and len(e := entries[0, 0]) == 1 and min(e.values()) > 0:
            positive |= {v for (v,) in e}
    equations = []
    for item in read.items(p["equations"], "equations"):
        e = read.fields(item, "equation", "form value")
        equations.append((polynomial(e["form"], "equation", dim, 2), read.number(e["value"], "right-hand side")))
    many = {key: [polynomial(f, key, dim, 2) for f in read.items(p[key], key)] for key in ("generators", "vanishing")}
    return Program(dim, blocks, orders, len(stated), many["generators"], polynomial(p["unit"], "unit", dim, 1),
                   polynomial(p["objective"], "objective", dim, 2), equations, many["vanishing"], positive)  # fmt: skip


def orthant(M: list[list[Number]], weights: list[Number]) -> Program:
    """x'Mx on x ≥ 0, with e(x) = Σ weights_i x_i."""
    n = len(M)
    form = {(i, j): M[i][j] * (1 if i == j else 2) for j in range(n) for i in range(j + 1)}
    blocks = [{(0, 0): [((i,), 1)]} for i in range(n)]
    return Program(n, blocks, [1] * n, 0, [], {(i,): w for i, w in enumerate(weights)}, form, [], [], set(range(n)))  # type: ignore[arg-type, list-item]


def product(p: Polynomial, q: Polynomial) -> Polynomial:
    """p·q."""
    length = len(p) * len(q)
    if length > 1:
        read.spend(read.EXPANDED * length, "a product of polynomials", width(p) + width(q) if length > 100 else 0)
    out: Polynomial = defaultdict(int)
    for a, c in p.items():
        for b, d in q.items():
            out[tuple(sorted(a + b))] += c * d
    return dict(out)


def width(p: Polynomial) -> int:
    """Bits of the longest coefficient."""
    return max((c.numerator.bit_length() + c.denominator.bit_length() for c in p.values()), default=0)


def denominator(numbers: Iterable[Number], start: int = 1) -> int:
    """A common denominator, of bounded size."""
    for d in {c.denominator for c in numbers}:
        start = lcm(start, d)
        if start.bit_length() > 20 * read.BITS:
            raise Unreadable("the common denominator is too large")
    return start


def less(form: Polynomial, y: list[Number], equations: list[tuple[Polynomial, Number]]) -> Polynomial:
    """form − Σ y_i A_i, in integers over one denominator: sums of fractions take several times as long."""
    inner = denominator(a for A, _ in equations for a in A.values())
    scale = denominator(form.values(), denominator(y) * inner)
    read.spend(len(form) + sum(len(A) for A, _ in equations), "C − Σ y_i A_i", scale.bit_length())
    out = {key: c.numerator * (scale // c.denominator) for key, c in form.items()}
    for c, (A, _) in zip(y, equations, strict=True):
        factor = c.numerator * (scale // c.denominator)
        for key, a in A.items():
            out[key] = out.get(key, 0) - factor // a.denominator * a.numerator
    return {key: read.short(Fraction(c, scale)) for key, c in out.items() if c}


def evaluate(p: Polynomial, x: list[Number]) -> Number:
    """p(x)."""
    total: Number = 0
    for key, c in p.items():
        for v in key:
            c *= x[v]
        total += c
    read.spend(len(p), "a form at a point", 8 * (total.numerator.bit_length() + total.denominator.bit_length()))
    return total


def gram(value: Any, order: int) -> list[tuple[int, Triples]]:
    """A positive semidefinite matrix as parts (k, triples (i, j ≤ i, g)) that stand for entries g / 2^k.

    It is F diag(weights) F' / 4^bits, weights ≥ 0 (1 if not given), plus optionally a diagonally dominant "defect".
    """
    g = read.fields(value, "gram", "factor", "bits weights defect defect_bits")
    F = read.integers(g["factor"], "factor", order)
    bits = read.whole(g.get("bits", 0), "bits", 0, read.BITS)
    parts: list[tuple[int, Triples]] = []
    if "weights" in g:
        w = read.vector(g["weights"], "weights", len(F[0]))
        if min(w, default=0) < 0:
            raise Rejected("a weight of a Gram matrix is negative")
        read.spend(len(F) ** 2 * len(w), "a factor", 2 * bit_length(F))
        rows = [list(map(mul, row, w)) for row in F]
        parts.append((2 * bits, ((i, j, sum(map(mul, rows[i], F[j]))) for i in range(order) for j in range(i + 1))))
    else:
        parts.append((2 * bits, ((i, j, v) for i, row in enumerate(outer(F)) for j, v in enumerate(row))))
    if "defect" in g:
        diagonal, off, triples = [0] * order, [0] * order, []
        for item in read.items(g["defect"], "defect"):
            i, j, d = read.items(item, "entry of a defect", 3)
            i = read.whole(i, "row of a defect", 0, order - 1)
            j, d = read.whole(j, "column of a defect", 0, i), read.number(d, "defect")
            triples.append((i, j, d))
            if i == j:
                diagonal[i] += d  # type: ignore[assignment]
            else:
                off[i], off[j] = off[i] + abs(d), off[j] + abs(d)  # type: ignore[assignment]
        if any(d < o for d, o in zip(diagonal, off, strict=True)):
            raise Rejected("the defect of a Gram matrix is not diagonally dominant")
        parts.append((read.whole(g.get("defect_bits", 0), "defect_bits", 0, read.BITS), triples))
    return parts


def bit_length(F: list[list[int]]) -> int:
    """Bits of the longest entry."""
    return max((v.bit_length() for row in F for v in row), default=0)


def outer(F: list[list[int]]) -> list[list[int]]:
    """Lower triangle of F F', exactly; zeros at the end of a row cost nothing, so that a triangular F costs a third."""
    rows = [row[: max((k for k, c in enumerate(row, 1) if c), default=0)] for row in F]
    ends = sorted(map(len, rows))
    read.spend(sum((len(F) - k) * (1 + end // 16) for k, end in enumerate(ends)), "a factor", 2 * bit_length(F))
    if flint is not None and F[0]:
        A = flint.fmpz_mat(F)
        P = A * A.transpose()
        return [[int(P[i, j]) for j in range(i + 1)] for i in range(len(F))]
    return [[sum(map(mul, a, rows[j])) for j in range(i + 1)] for i, a in enumerate(rows)]


def products(value: Any, p: Program, degree: int) -> Iterator[tuple[int, Monomial, Number]]:
    """Σ w/2^bits · b_k1(x) ⋯ b_kd(x), w ≥ 0, over blocks b_k of order one, as contributions like those of a term."""
    t = read.fields(value, "term", "products", "bits")
    bits = read.whole(t.get("bits", 0), "bits", 0, read.BITS)
    linear: dict[int, list[tuple[Monomial, Number]]] = {}
    for item in read.items(t["products"], "products"):
        *ks, w = read.items(item, "product of blocks", degree + 1)
        w = read.number(w, "weight of a product")
        if w < 0:
            raise Rejected("a weight of a product is negative")
        out: list[tuple[Monomial, Number]] = [((), w)]
        for k in ks:
            if type(k) is not int or k not in linear:
                if p.orders[read.whole(k, "block", 0, len(p.blocks) - 1)] != 1:
                    raise Rejected("a product has a block that is a matrix")
                linear[k] = p.blocks[k].get((0, 0), [])
            out = [(key + v, c * d) for key, c in out for v, d in linear[k]]
        read.spend(read.EXPANDED * len(out), "products of blocks")
        for key, c in out:
            yield bits, tuple(sorted(key)), c


def term(value: Any, p: Program, degree: int) -> Iterator[tuple[int, Monomial, Number]]:
    """<G, U' B(x) U> as contributions (k, monomial, c): c/2^k times the monomial."""
    if type(value) is dict and "products" in value:
        yield from products(value, p, degree)
        return
    if type(value) is dict and "splits" in value:
        yield from splits.contributions(value, p, degree)
        return
    t = read.fields(value, "term", "gram rows", "blocks generators basis")
    ks = [read.whole(k, "block", 0, len(p.blocks) - 1) for k in read.items(t.get("blocks", []), "blocks", most=degree)]
    gs = [read.whole(k, "generator", 0, len(p.generators) - 1)
          for k in read.items(t.get("generators", []), "generators", most=degree)]  # fmt: skip
    half, odd = divmod(degree - len(ks) - 2 * len(gs), 2)
    if odd or half < 0:
        raise Rejected("the degree of a term is not that of the identity")
    common: Polynomial = {(): 1}
    for k in gs:
        common = product(common, p.generators[k])
    # a row label [i_1, …, i_p, v_1, …, v_half] is the row (i_1, …, i_p) of the product of blocks, times x_v1 ⋯ x_vhalf
    labels = []
    for row in read.items(t["rows"], "rows", most=10 * read.ORDER):
        read.items(row, "row", len(ks) + half)
        factors = zip(row, ks, strict=False)
        labels.append((tuple(read.whole(i, "row of a block", 0, p.orders[k] - 1) for i, k in factors),
                       tuple(read.whole(v, "variable", 0, p.dim - 1) for v in row[len(ks):])))  # fmt: skip
    columns = [[(r, 1)] for r in range(len(labels))]
    if "basis" in t:
        columns = [[(read.whole(r, "basis row", 0, len(labels) - 1), read.whole(c, "basis entry", -(2**62), 2**62))
                    for r, c in (read.items(pair, "basis entry", 2) for pair in read.items(column, "basis column"))]
                   for column in read.items(t["basis"], "basis", most=read.ORDER)]  # fmt: skip
    known: dict[tuple[Monomial, Monomial], list[tuple[Monomial, Number]]] = {}

    def entry(a: Monomial, b: Monomial) -> list[tuple[Monomial, Number]]:
        if (a, b) not in known:
            out = common
            for k, i, j in zip(ks, a, b, strict=True):
                out = product(out, dict(p.blocks[k].get((i, j), [])))
            known[a, b] = list(out.items())
        return known[a, b]

    if not columns:
        raise Unreadable("a term has no columns")
    read.spend(read.EXPANDED * (sum(map(len, columns)) ** 2 // 2 + len(labels)), "a term")
    for bits, triples in gram(t["gram"], len(columns)):
        for i, j, g in triples:
            if not g:
                continue
            twice = g if i == j else 2 * g
            for r, c in columns[i]:
                (a, v), at = labels[r], twice * c
                for s, d in columns[j]:
                    b, w = labels[s]
                    terms = entry(a, b)
                    if len(terms) > 1:
                        read.spend(read.EXPANDED * len(terms), "a term")
                    for key, coefficient in terms:
                        yield bits, tuple(sorted(key + v + w)), at * d * coefficient


def rest(
    p: Program, form: Polynomial, level: int, terms: Any, multipliers: Any, first: Polynomial | None = None
) -> tuple[Polynomial, int]:
    """(r, scale): e^level·form − Σ <G_s, …> − Σ q_j E_j is r/scale; with `first` in the place of one factor e."""
    degree = p.degree(level)
    # integers over a common denominator multiply much faster than fractions
    bottom = denominator(form.values())
    read.spend(len(form), "a form", bottom.bit_length())
    left: Polynomial = {key: int(c * bottom) for key, c in form.items()}
    variables = len({v for key in (*left, *p.unit) for v in key})
    factors = [p.unit if first is None or k else first for k in range(level)]
    read.afford(read.EXPANDED * sum(
        len(e) * min(comb(variables + degree, degree), len(left) * comb(len(p.unit) + k, k))
        for k, e in enumerate(factors)), "a power of the multiplier e")  # fmt: skip
    for e in factors:
        left = product(left, e)
    sums: dict[int, Polynomial] = defaultdict(lambda: defaultdict(int))
    for item in read.items(terms, "terms"):
        for bits, key, c in term(item, p, degree):
            sums[bits][key] += c
    for item in read.items(multipliers, "multipliers"):
        j = next(iter(read.items(item, "multiplier", most=degree + 1)), None)
        E = p.vanishing[read.whole(j, "vanishing form", 0, len(p.vanishing) - 1)]
        _, *variables, c = read.items(item, "multiplier", degree - len(next(iter(E), (0,) * p.form_degree)) + 2)
        q = {tuple(read.whole(v, "variable", 0, p.dim - 1) for v in variables): read.number(c, "multiplier")}
        read.spend(read.EXPANDED * len(E), "a multiplier")
        for key, value in product(E, q).items():
            sums[0][key] += value
    # over one common denominator everything is an integer
    scale = denominator((c for part in sums.values() for c in part.values()), 1 << max(sums, default=0))
    scale = denominator([Fraction(1, bottom * denominator(left.values()))], scale)
    read.spend(len(left) + sum(map(len, sums.values())), "the identity", scale.bit_length())
    out: Polynomial = defaultdict(int)
    for key, c in left.items():
        out[key] += c.numerator * (scale // (bottom * c.denominator))
    for bits, part in sums.items():
        unit = scale >> bits
        for key, c in part.items():
            out[key] -= c * unit if type(c) is int else Fraction(c) * unit
    return {key: c for key, c in out.items() if c}, scale


def dominated(p: Program, form: Polynomial, degree: int, scales: list[int]) -> None:
    """Reject unless `form` is nonnegative on K by its signs and the inequality of means, in variables x_v / scales_v.

    |x^a| ≤ Σ_i (a_i/d) |x_i|^d, so what the squares x_i^d (d even) or the nonnegative x_i^d leave over pays for the
    monomials whose sign is wrong or unknown. For d = 2 this is diagonal dominance.
    """
    budget: dict[int, Number] = defaultdict(int)
    for key, c in form.items():
        if c > 0 and key[0] != key[-1] and p.positive.issuperset(key):
            continue  # nonnegative by its sign, and no pure power
        c *= prod(scales[v] for v in key) if scales else 1
        known = all(v in p.positive for v, exponent in Counter(key).items() if exponent % 2)
        if len(set(key)) == 1 and known:
            budget[key[0]] += degree * c
        elif not (known and c > 0):
            if degree % 2 and not set(key) <= p.positive:
                raise Rejected("the identity does not hold: a monomial of odd degree is left over")
            for v in key:
                budget[v] -= abs(c)
    if min(budget.values(), default=0) < 0:
        raise Rejected("the identity does not hold: what is left over is not nonnegative")


def nonnegative(p: Program, form: Polynomial, proof: dict[str, Any]) -> int:
    """Reject unless the identity proves e^level·form ≥ 0 on the atoms; returns the level."""
    level = read.whole(proof["level"], "level", 0, read.LEVEL)
    left, _ = rest(p, form, level, proof["terms"], proof["multipliers"])
    absorbed(p, left, level, proof)
    return level


def absorbed(p: Program, left: Polynomial, level: int, proof: dict[str, Any]) -> None:
    """Reject unless what is left of the identity is nonnegative on K by itself, in the scales of the proof."""
    scales = [read.whole(s, "scale", 1, 1 << 200) for s in read.items(proof.get("scales", []), "scales")]
    if scales and len(scales) != p.dim:
        raise Unreadable(f"scales must have {p.dim} items")
    dominated(p, left, p.degree(level), scales)
