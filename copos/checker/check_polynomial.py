"""Lower bounds on polynomial networks: the problem rebuilt from the data, the dual checked. Standard library only.

    f_t(x) = b_t + Σ_j α_j σ(x'u_j),  ‖u_j‖ = 1,  σ(s) = a s² + b s + c:      min  Σ_it w_i ℓ(f_t(x_i), y_it) + β Σ|α_j|

For every ν in the domain of ℓ* with |Σ_i ν_it σ(x_i'u)| ≤ β on the sphere, and Σ_i ν_it = 0 if b is free, this is at
least −Σ_it w_i ℓ*(ν_it/w_i). On the sphere Σν_iσ(x_i'u) = v'Sv with v = (u, 1), S = Σν_i[[a xx', bx/2], [·, c]], and

    βe_ke_k' + δ diag(I, −1) ∓ S ⪰ 0 for some δ      (b = 0:  βI ∓ Σν_i(a xx' + cI) ⪰ 0)

shows what is asked of it. Averages over the patches of a pool take the place of σ(x'u), one condition per pool.
First layers of signs, u_j in {−1, 1}^d, ask for v'Sv ≤ β on sign vectors alone: Diag(δ) ∓ S ⪰ 0 with Σδ ≤ β, or all of
them are tried. With a radius every loss is the worst in a ball around its sample, of which the proof names inputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from operator import mul
from typing import Any, NamedTuple

try:
    from copos.checker import check_identity as identity
    from copos.checker import check_reading as read
    from copos.checker.check_data import Data, digest
    from copos.checker.check_losses import Losses, brief, conjugate, losses, scaled
    from copos.checker.check_reading import Number, Rejected, Unreadable
    from copos.checker.check_robust import inputs
    from copos.checker.check_row_space import gram, on_row_space
except ImportError:  # run as a plain file, without the package
    import check_identity as identity  # type: ignore[no-redef]
    import check_reading as read  # type: ignore[no-redef]
    from check_data import Data, digest  # type: ignore[no-redef]
    from check_losses import Losses, brief, conjugate, losses, scaled  # type: ignore[no-redef]
    from check_reading import Number, Rejected, Unreadable  # type: ignore[no-redef]
    from check_robust import inputs  # type: ignore[no-redef]
    from check_row_space import gram, on_row_space  # type: ignore[no-redef]

class Question(NamedTuple):
    """The question.

    `pools` holds the patches of every sample as integer vectors over the denominator `unit`; a neuron sees entry j
    divided by `scale[j]`.
    """

    pools: list[list[list[list[int]]]]
    unit: int
    scale: list[Number]
    losses: Losses
    activation: tuple[Number, Number, Number]
    beta: Number
    intercept: bool
    prepared: Sequence[str] = ()  # what a neuron sees instead of x, in words
    signs: bool = False  # whether first layers are in {−1, 1}^d instead of on the sphere
    radius: Number | None = None  # of the balls in which an adversary moves the samples


def condensed(problem: dict[str, Any]) -> dict[str, Any]:
    """The problem with the hashes and shapes of its tables in their place."""
    out = dict(problem)
    for name in {"X", "Y", "weights"} & set(problem):
        rows = problem[name].get("rows") if type(problem[name]) is dict else None
        if type(rows) is list and rows and type(rows[0]) is list:
            out[name] = {"sha256": digest(rows), "shape": [len(rows), len(rows[0])]}
    return out


def tables(given: Any, problem: Any) -> dict[str, Any] | None:
    """The tables of the problem given, if it is the same as another one that may hold hashes; None if it is not."""
    kind = {"type": "polynomial network"}.items()
    if type(given) is not dict or type(problem) is not dict or not (kind <= given.items() and kind <= problem.items()):
        return None
    if condensed(given) != condensed(problem):
        return None
    named = {name: given.get(name) for name in ("X", "Y", "weights")}
    return {name: table["rows"] for name, table in named.items() if type(table) is dict and "rows" in table}


# ---- reading ----------------------------------------------------------------------------------------------------


def question(problem: Any, data: Data) -> Question:
    """Read a problem of type "polynomial network"."""
    p = read.fields(problem, "problem", "type X Y loss activation beta intercept",
                    "weights parameter classes architecture constant standardised first_layer radius")  # fmt: skip
    if p.get("first_layer", "signs") != "signs":
        raise Unreadable("first_layer is signs, or it is left out")
    radius = read.number(p["radius"], "radius") if "radius" in p else None
    if radius is not None and (radius <= 0 or {"architecture", "constant", "standardised", "first_layer"} & set(p)):
        raise Unreadable("a radius is positive, and about samples that neurons of any direction see as they are")
    X, Y = data.table("X", p["X"], samples=True), data.table("Y", p["Y"], samples=True)
    column = data.table("weights", p["weights"], samples=True) if "weights" in p else [[1]] * len(X)
    n, d = len(X), len(X[0])
    if len(Y) != n or len(column) != n or len(column[0]) > 1 or ("classes" in p and len(Y[0]) > 1):
        raise Unreadable("X, Y and weights must have a row for every sample, one number of weights and classes")
    weights = [row[0] for row in column]
    if (p["loss"] == "multinomial") != ("classes" in p):
        raise Unreadable("classes belongs to the multinomial loss")
    if "classes" in p:
        T = read.whole(p["classes"], "classes", 1, read.ORDER)
        labels = [read.whole(row[0], "class", 0, T - 1) for row in Y]
        Y = [[1 if t == label else 0 for t in range(T)] for label in labels]
    beta, activation = read.number(p["beta"], "beta"), read.vector(p["activation"], "activation", 3)
    if min(weights) <= 0 or beta <= 0 or type(p["intercept"]) is not bool:
        raise Unreadable("weights and beta are positive, intercept is true or false")
    shift, scale = [0] * d, [1] * d
    if "standardised" in p:
        standard = read.fields(p["standardised"], "standardised", "shift scale")
        shift, scale = (read.vector(standard[key], key, d) for key in ("shift", "scale"))  # type: ignore[assignment]
        if min(scale) <= 0:
            raise Unreadable("scales are positive")
    constant = read.number(p["constant"], "constant") if "constant" in p else None
    unit = identity.denominator((v for row in (*X, shift) for v in row), constant.denominator if constant else 1)
    whole = [[scaled(x, unit) - scaled(m, unit) for x, m in zip(row, shift, strict=True)] for row in X]
    places = _places(p["architecture"], d, n) if "architecture" in p else [[list(range(d))]]
    if "architecture" in p and (len(set(shift)) > 1 or len(set(scale)) > 1):
        raise Unreadable("patches need one shift and one scale for all entries")
    width = len(places[0][0])
    tail = [] if constant is None else [scaled(constant, unit)]
    pools = [[[[row[j] if j >= 0 else 0 for j in patch] + tail for patch in pool] for row in whole] for pool in places]
    entries = (scale[:width] if "architecture" in p else scale) + [1] * len(tail)
    return Question(pools, unit, entries, losses(p, Y, weights), tuple(activation), beta,  # type: ignore[arg-type]
                    p["intercept"], _prepared(p), "first_layer" in p, radius)  # fmt: skip


def _prepared(p: dict[str, Any]) -> list[str]:
    """The transformation of x before a neuron sees it, in words."""
    words = ["every entry of x shifted and divided by a scale that the problem states"] if "standardised" in p else []
    if "constant" in p:
        words.append(f"the constant {brief(read.number(p['constant'], 'constant'))} appended to "
                     f"{'every patch' if 'architecture' in p else 'x'}")  # fmt: skip
    if "architecture" in p:
        a = p["architecture"]
        words.append(f"patches {'×'.join(map(str, a['patch']))} of {'×'.join(map(str, a['shape']))}, "
                     f"stride {a['stride']}, padding {a['padding']}, pool {a['pool']}")  # fmt: skip
    return words


def _places(value: Any, d: int, samples: int) -> list[list[list[int]]]:
    """Of every patch of every pool the features that it sees, −1 for the zeros around the sample."""
    a = read.fields(value, "architecture", "shape patch stride padding pool")
    shape = [read.whole(v, "shape", 1, read.DIMENSION) for v in read.items(a["shape"], "shape")]
    if len(shape) not in (2, 3):
        raise Unreadable("a sample has one or two axes and channels")
    patch = [read.whole(v, "patch", 1, read.DIMENSION) for v in read.items(a["patch"], "patch", len(shape) - 1)]
    stride, pad = read.whole(a["stride"], "stride", 1, d), read.whole(a["padding"], "padding", 0, d)
    channels, counts = shape[-1], [(n + 2 * pad - s) // stride + 1 for n, s in zip(shape, patch, strict=False)]
    size = 1
    for n in shape:
        size *= n
    if size != d or min(counts) < 1:
        raise Unreadable("the patches do not fit the samples")
    pools = counts if a["pool"] == "global" else [read.whole(a["pool"], "pool", 1, d)] * len(counts)
    kept = [n // p for n, p in zip(counts, pools, strict=True)]
    total = channels
    for n, p, s in zip(kept, pools, patch, strict=True):
        total *= n * p * s
    if min(kept) < 1:
        raise Unreadable("the pools do not fit the patches")
    read.spend(total * (1 + samples // 8), "patches of the samples")

    def feature(start: tuple[int, ...], step: tuple[int, ...]) -> int:
        at = 0
        for i, j, n in zip(start, step, shape, strict=False):
            k = i * stride + j - pad
            if not 0 <= k < n:
                return -1
            at = at * n + k
        return at * channels

    out = []
    for pool in product(*map(range, kept)):
        patches = []
        for inner in product(*map(range, pools)):
            start = tuple(g * p + i for g, p, i in zip(pool, pools, inner, strict=True))
            firsts = [feature(start, step) for step in product(*map(range, patch))]
            patches.append([f + c if f >= 0 else -1 for f in firsts for c in range(channels)])
        out.append(patches)
    return out


# ---- the bound --------------------------------------------------------------------------------------------------


def lower_bound(q: Question, proof: Any) -> str:
    """The dual value of ν = scale·N/2^bits; without a multiplier 0, because losses and penalty are nonnegative."""
    p = read.fields(proof, "proof", "value", "multiplier bits scale spheres frames inputs")
    value, bound, asked = read.number(p["value"], "value"), Fraction(0), q
    if len(p) > 1:
        read.fields(p, "proof", "value multiplier bits scale spheres" + " inputs" * (q.radius is not None), "frames")
        q = q if q.radius is None else _at_inputs(q, q.radius, p["inputs"])
        n, T = len(q.losses.Y), len(q.losses.Y[0])
        bits = read.whole(p["bits"], "bits", -read.BITS, read.BITS)
        N = [read.integers([row], "multiplier", 1, T)[0] for row in read.items(p["multiplier"], "multiplier", n)]
        sizes = read.vector(p["scale"], "scale", T)
        if min(sizes) < 0:
            raise Rejected("a scale is negative")
        unit = [s * Fraction(1 << max(-bits, 0), 1 << max(bits, 0)) for s in sizes]
        if q.intercept and any(sum(column) for column in zip(*N, strict=True)):
            raise Rejected("a column of the multiplier does not sum to zero, as a free intercept demands")
        bound = conjugate(q.losses, N, unit)
        spheres(q, N, unit, p["spheres"], p.get("frames"))
    if value > bound:
        raise Rejected(f"the proof gives {read.show(bound)}, not {read.show(value)}")
    return claim(asked, value)


def _at_inputs(q: Question, radius: Number, given: Any) -> Question:
    """Ordinary training at inputs in the balls, whose bounds are bounds with the adversary."""
    points, unit, at = inputs([rows[0] for rows in q.pools[0]], q.unit, q.losses, radius, given)
    return q._replace(pools=[[[row] for row in points]], unit=unit, losses=at)


def claim(q: Question, value: Number) -> str:
    """The statement in the user's words."""
    a, b, c = q.activation
    neurons = "Σ_j α_j σ(x'u_j)" if len(q.pools) * len(q.pools[0][0]) == 1 else "Σ_j α_j mean σ(patch'u_j)"
    number = read.show(value, -1)
    where = "u_j ∈ {−1, 1}^d" if q.signs else "‖u_j‖ = 1"
    n, T = len(q.losses.Y), len(q.losses.Y[0])
    size = f"{n} samples" + (f" and {T} outputs" if T > 1 else "")
    worst = "" if q.radius is None else f" at the worst inputs within {brief(q.radius)} of the samples"
    return (f"Σ {q.losses.words()}{worst} + {brief(q.beta)} Σ|α_j| ≥ {number} for every network "
            f"f(x) = {'t + ' if q.intercept else ''}{neurons}, {where}, of any width, "
            f"σ(s) = {brief(a)}s² + {brief(b)}s + {brief(c)}, "
            f"on {size}{''.join(f', {what}' for what in q.prepared)}")  # fmt: skip


# ---- the constraint on the sphere -------------------------------------------------------------------------------


def spheres(q: Question, N: list[list[int]], unit: list[Fraction], proofs: Any, given: Any = None) -> None:
    """|Σν_iσ(x_i'u)| ≤ β for all ‖u‖ = 1, in every pool and for every output; with frames on the row space of x."""
    T, (a, b, c) = len(unit), q.activation
    frames = [None] * len(q.pools) if given is None else read.items(given, "frames", len(q.pools))
    for pool, of_pool, frame in zip(q.pools, read.items(proofs, "spheres", len(q.pools)), frames, strict=True):
        rows = [x for sample in pool for x in sample]
        m = len(pool[0])
        columns = [[row[t] for row in N for _ in range(m)] for t in range(T)]
        squares: list[Number] = [s * s for s in q.scale]
        form, share, entries = None, Fraction(0), Fraction(1, q.unit)  # a row times entries is x
        if frame is not None and q.signs:
            raise Rejected("frames are about neurons on the sphere")
        if frame is not None:
            rows, columns, form, share = on_row_space(rows, columns, frame, q.scale)
            share = share / q.unit**2
            squares = [0 for _ in form]
            entries = share
        grams = gram(rows, columns) if a else [[[0] * (i + 1) for i in range(len(squares))] for _ in range(T)]
        for t, pair in enumerate(read.items(of_pool, "outputs", T)):
            u, total = unit[t], sum(row[t] for row in N)
            second = a * u * entries**2 / m
            half = b * u * entries / (2 * m)
            first = [half * sum(map(mul, column, columns[t])) for column in zip(*rows, strict=True)]
            for sign, proof in zip((1, -1), read.items(pair, "signs", 2), strict=True):
                if q.signs:
                    edge = [-sign * v for v in first]
                    cube((-sign * second, grams[t]), edge, -sign * c * u * total, q.scale, q.beta, proof)
                    continue
                p = read.fields(proof, "sphere", "factor bits", "delta units")
                if b:
                    delta = read.number(p.get("delta", 0), "delta")
                    edge = [-sign * v for v in first]
                    corner: Number | None = q.beta - delta - sign * c * u * total
                else:
                    delta, edge, corner = q.beta - sign * c * u * total, [], None
                if form is not None and delta < 0:
                    raise Rejected("the part of a neuron outside of the row space would count negatively")
                terms = [(-sign * second, grams[t])] + ([(delta * share, form)] if form is not None else [])
                semidefinite(terms, [delta * s for s in squares], edge, corner, p)


def cube(
    term: tuple[Number, list[list[int]]], edge: Sequence[Number], corner: Number, scale: list[Number], beta: Number,
    proof: Any,
) -> None:  # fmt: skip
    """Reject unless v'Mv ≥ −β for all sign vectors v, M = term bordered by edge and corner, in units of the scale."""
    if proof == "all":
        times, G = term
        inverse = [Fraction(1) / s for s in scale]
        M: list[list[Number]] = [[times * v * inverse[i] * inverse[j] for j, v in enumerate(row)]
                                 for i, row in enumerate(G)]
        M.append([*(v * w for v, w in zip(edge, inverse, strict=True)), corner])
        L = identity.denominator([v for row in M for v in row], beta.denominator)
        if least([[scaled(v, L) for v in row] for row in M]) < -scaled(beta, L):
            raise Rejected("|Σν_iσ(x_i'u)| ≤ β does not hold for all u of signs")
        return
    p = read.fields(proof, "cube", "diagonal factor bits", "units")
    *delta, last = read.vector(p["diagonal"], "diagonal", len(scale) + 1)
    if sum(delta, last) > beta:
        raise Rejected("the diagonal adds up to more than β")
    semidefinite([term], [d * s * s for d, s in zip(delta, scale, strict=True)], edge, last + corner, p)


def least(lower: list[list[int]]) -> int:
    """The least v'Mv over sign vectors v of a symmetric matrix given by its lower triangle; one sign changes at a time.

    >>> least([[1], [2, 3]])
    0
    """
    k = len(lower)
    read.spend(k << (k - 1), "all sign vectors")
    M = [[lower[max(i, j)][min(i, j)] for j in range(k)] for i in range(k)]
    v, h = [1] * k, [sum(row) for row in M]
    value = best = sum(h)
    for step in range(1, 1 << (k - 1)):
        i = (step & -step).bit_length() - 1
        value -= 4 * (v[i] * h[i] - M[i][i])
        turn = 2 * v[i]
        h = [a - turn * b for a, b in zip(h, M[i], strict=True)]
        v[i] = -v[i]
        best = min(best, value)
    return best


def semidefinite(
    terms: Sequence[tuple[Number, list[list[int]]]], diagonal: Sequence[Number], edge: Sequence[Number],
    corner: Number | None, proof: dict[str, Any],
) -> None:  # fmt: skip
    """Reject unless M = BB'/4^bits + R with R_ii/d_i ≥ Σ_j |R_ij|/d_j, d = 2^units.

    M is Σ times·G + diag(diagonal) over the terms, bordered by edge and corner; R is positive semidefinite by
    congruence with diag(1/d).
    """
    k = len(diagonal) + (corner is not None)
    bits = read.whole(proof["bits"], "bits", 0, read.BITS)
    factor = read.items(proof["factor"], "factor", k, read.ORDER)
    for i, row in enumerate(factor):
        read.integers([row], "factor", 1, i + 1)
    units = proof.get("units", [0] * k)
    units = [read.whole(v, "units", -read.BITS, read.BITS) for v in read.items(units, "units", k)]
    L = identity.denominator([*(c for c, _ in terms), *diagonal, *edge, corner or 0], 4**bits)
    down, M = L >> 2 * bits, [[0] * (i + 1) for i in range(len(diagonal))]
    for times, G in terms:
        c = scaled(times, L)
        M = [[v + c * w for v, w in zip(row, more, strict=True)] for row, more in zip(M, G, strict=True)]
    for row, v in zip(M, diagonal, strict=True):
        row[-1] += scaled(v, L)
    if corner is not None:
        M.append([scaled(v, L) for v in [*edge, corner]])
    (P,) = gram([[row[j] if j < len(row) else 0 for row in factor] for j in range(k)], [[1] * k])
    d = [1 << max(units) - v for v in units]  # 1/d up to a common factor
    slack = [0] * k
    for i in range(k):
        for j in range(i):
            r = abs(M[i][j] - down * P[i][j])
            slack[i] -= r * d[j]
            slack[j] -= r * d[i]
        slack[i] += (M[i][i] - down * P[i][i]) * d[i]
    if min(slack) < 0:
        raise Rejected("|Σν_iσ(x_i'u)| ≤ β is not shown: a remainder is not diagonally dominant")
