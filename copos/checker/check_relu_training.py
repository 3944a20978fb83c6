"""Training of a two-layer ReLU network of any width with weight decay: bounds and networks.

    min over m, u_j, v_j   ½ Σ_i ‖Σ_j (x_i'u_j)_+ v_j − y_i‖² + (β/2) Σ_j (‖u_j‖² + ‖v_j‖²)  ≥  Σ_i r_i'y_i − ½‖r_i‖²
    for all r_1, …, r_n with  ‖g(u)‖ ≤ β‖u‖ for all u,     g(u) = Σ_i r_i (x_i'u)_+

For residuals ρ = y − F, ½‖ρ‖² ≥ r'ρ − ½‖r‖², r'F = Σ_j v_j'g(u_j) ≤ β Σ ‖v_j‖‖u_j‖, which is at most the decay. So r is
all that a lower bound needs, with a proof that ‖g(u)‖ ≤ β‖u‖.

In the plane (d ≤ 2) the lines x_i'u = 0 cut it into cone(p, q), in each of which g(u) = Wu, and ‖Wu‖ ≤ β‖u‖ there is
the copositivity of a form of order 2. The checker finds the cells itself.

For d ≥ 3 and each sign s the orthants are cut further by the proof: {"split": [j, k, a, b]} makes of cone(p_1, …, p_d)
two cones, with a p_j + b p_k in the place of p_j, and then of p_k (of which the shorter one is first multiplied by a
power of two, so that their largest entries have the same number of bits). A leaf is y, ‖y‖ ≤ β, y'p_k ≥ h_k. On a cone
x_i'u ≥ 0 or ≤ 0 is known of most samples, and of the others (x_i'u)_+ is convex, so below its values at p_k, and above
λx_i'u for λ = 0 and λ = 1. Hence s·g(u) ≤ Σ t_kh_k ≤ y'u ≤ β‖u‖ for u = Σ t_kp_k. With several outputs there is one
tree, in the place of those for s = 1 and s = −1. Let δ_ik be the difference of the two, (x_i'p_k)_+ or (−x_i'p_k)_+,
and a_k the value of g with the means of the two in the place of (x_i'u)_+: ‖g(u)‖ ≤ Σ t_kh_k with
h_k = ‖a_k‖ + ½Σ_i ‖r_i‖δ_ik.

With "blocks" in the place of "cones" the proof is one by quadratic forms, for any d ≥ 3 (check_relu_quadratic.py).
Standard library only; part of the checker.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cmp_to_key
from itertools import product
from math import isqrt
from typing import Any, NamedTuple

try:
    from copos.checker import check_reading as read
    from copos.checker import check_relu_quadratic as forms
    from copos.checker import check_tree as trees
    from copos.checker.check_data import Data
    from copos.checker.check_one_output import multiplier, tables, widest
    from copos.checker.check_reading import Number, Rejected, Unreadable, show
    from copos.checker.check_relu import common
except ImportError:  # run as a plain file, without the package
    import check_reading as read  # type: ignore[no-redef]
    import check_relu_quadratic as forms  # type: ignore[no-redef]
    import check_tree as trees  # type: ignore[no-redef]
    from check_data import Data  # type: ignore[no-redef]
    from check_one_output import multiplier, tables, widest  # type: ignore[no-redef]
    from check_reading import Number, Rejected, Unreadable, show  # type: ignore[no-redef]
    from check_relu import common  # type: ignore[no-redef]

TYPE = "relu training"
DIMENSION = 12  # of inputs: there are 2^d orthants
WEIGHT = 1 << 40  # of a corner in the sum that cuts an edge
Vector = Sequence[int]


class Asked(NamedTuple):
    """X = rows/bottom, all targets in turn, the weight decay β, and how many targets a sample has."""

    rows: list[list[int]]
    bottom: int
    y: list[Number]
    beta: Number
    outputs: int

    def words(self) -> str:
        """The objective and its data."""
        one = self.outputs == 1
        loss, decay = ("(f(x_i) − y_i)²", "v_j²") if one else ("‖f(x_i) − y_i‖²", "‖v_j‖²")
        return (f"½ Σ {loss} + β/2 Σ (‖u_j‖² + {decay}) over the two-layer ReLU networks f of any width, β = "
                f"{show(self.beta)}, {len(self.rows)} samples with {len(self.rows[0])} inputs"
                + ("" if one else f" and {self.outputs} outputs"))  # fmt: skip


def asked(value: Any, data: Data) -> Asked:
    """Read a problem of type "relu training"."""
    p = read.fields(value, TYPE, "type X Y beta")
    found = tables(p, data, several=True)
    return Asked(*found, len(found.y) // len(found.rows))


def dot(a: Vector, b: Vector) -> int:
    """a'b."""
    return sum(x * y for x, y in zip(a, b, strict=True))


def lower_bound(a: Asked, proof: Any) -> str:
    """Σ r_i'y_i − ½‖r_i‖² for the multiplier of the proof, N with the targets in turn."""
    read.fields(proof, "proof", "value bits multiplier", "shift cones blocks")
    value, whole, bits = multiplier(a.y, proof)
    # in units in which samples and multipliers are integers ‖Σ N_i (x_i'u)_+‖ ≤ limit ‖u‖, limit = top/scale
    limit = Fraction(a.beta) * a.bottom * (1 << bits)
    each = [whole[k : k + a.outputs] for k in range(0, len(whole), a.outputs)]
    seen = [(row, n) for row, n in zip(a.rows, each, strict=True) if any(n) and any(row)]
    if len(a.rows[0]) <= 2:
        read.fields(proof, "proof in the plane", "value bits multiplier")
        sweep([((*row, 0)[:2], n) for row, n in seen], limit)
    elif "blocks" in proof:
        read.fields(proof, "proof by forms", "value bits multiplier shift blocks")
        forms.blocks(forms.merged(list(zip(a.rows, each, strict=True)), len(a.rows[0]), a.outputs), limit, proof)
    else:
        read.fields(proof, "proof", "value bits multiplier shift cones")
        cover((len(a.rows[0]), a.outputs), seen, limit, proof)
    return f"{show(value, -1)} ≤ {a.words()}"


# ---- the plane ----------------------------------------------------------------------------------------------------


def sweep(samples: Sequence[tuple[Vector, Vector]], limit: Fraction) -> None:
    """Reject unless ‖Σ n_i (x_i'u)_+‖ ≤ limit ‖u‖ in all cells between the lines x_i'u = 0."""
    if not samples:
        return
    outputs = len(samples[0][1])
    longest = widest(v for x, n in samples for v in (*x, *n))
    read.spend(10 * (3 + outputs) * len(samples) * (1 + len(samples).bit_length()), "a sweep", 2 * longest)
    # a ray ⟂ x, before which x is not seen and after which it is, or the other way round
    rays = [((sign * x[1], -sign * x[0]), x, [sign * v for v in n]) for x, n in samples for sign in (1, -1)]
    rays.sort(key=cmp_to_key(lambda p, q: _order(p[0], q[0])))
    start = rays[0][0]
    W = [[0, 0] for _ in range(outputs)]
    for x, n in samples:  # what is seen just after the direction −start turned by nothing: before the first ray
        side = dot(x, start)
        if side > 0 or (side == 0 and x[0] * start[1] - x[1] * start[0] > 0):
            W = _with(W, x, n)
    for k, (p, x, n) in enumerate(rays):
        W = _with(W, x, n)
        q = rays[k + 1 - len(rays)][0]
        if _order(p, q) == 0:
            continue
        if p[0] * q[1] == p[1] * q[0]:  # one line: its half planes are two cones each
            middle = (-p[1], p[0])
            _below(W, p, middle, limit)
            _below(W, middle, q, limit)
        else:
            _below(W, p, q, limit)


def _with(W: list[list[int]], x: Vector, n: Vector) -> list[list[int]]:
    """W + nx'."""
    return [[w + v * c for w, c in zip(row, x, strict=True)] for row, v in zip(W, n, strict=True)]


def _order(p: Vector, q: Vector) -> int:
    """−1, 0, 1 as p comes before q, counter-clockwise from (1, 0), or has its direction."""
    upper = [v[1] < 0 or (v[1] == 0 and v[0] < 0) for v in (p, q)]
    if upper[0] != upper[1]:
        return 1 if upper[0] else -1
    turn = p[0] * q[1] - p[1] * q[0]
    return -1 if turn > 0 else 1 if turn < 0 else 0


def _below(W: Sequence[Vector], p: Vector, q: Vector, limit: Fraction) -> None:
    """Reject unless ‖Wu‖² ≤ limit²‖u‖² on cone(p, q)."""
    square, scale = limit.numerator**2, limit.denominator**2
    wp, wq = [dot(w, p) for w in W], [dot(w, q) for w in W]
    first, last = square * dot(p, p) - scale * dot(wp, wp), square * dot(q, q) - scale * dot(wq, wq)
    mixed = square * dot(p, q) - scale * dot(wp, wq)
    if first < 0 or last < 0 or (mixed < 0 and mixed * mixed > first * last):
        raise Rejected("‖Σ r_i (x_i'u)_+‖ is larger than β‖u‖ somewhere")


# ---- cones --------------------------------------------------------------------------------------------------------


class Cone(NamedTuple):
    """Its corners, the samples whose sign changes in it with x_i'p_k at its corners, and Σ n_ix_i' of those seen."""

    corners: list[list[int]]
    open: list[tuple[Vector, Vector, list[int]]]
    W: list[list[int]]


def cover(size: tuple[int, int], samples: Sequence[tuple[Vector, Vector]], limit: Fraction, proof: Any) -> None:
    """Reject unless the leaves show Σ s n_i (x_i'u)_+ ≤ limit ‖u‖ for s = ±1, or ‖Σ n_i (x_i'u)_+‖ ≤ limit ‖u‖."""
    d, outputs = size
    if d > DIMENSION:
        raise Unreadable(f"a proof by cones is for at most {DIMENSION} inputs")
    shift = read.whole(proof["shift"], "shift", 0, read.BITS)
    signs = (1, -1) if outputs == 1 else (1,)
    longest, factors = widest(v for x, _ in samples for v in x), widest(v for _, n in samples for v in n)
    for sign, tree in zip(signs, read.items(proof["cones"], "cones", len(signs)), strict=True):
        signed: list[tuple[Vector, Vector]] = [(x, [sign * v for v in n]) for x, n in samples]
        first = []
        for orthant in product((-1, 1), repeat=d):
            read.spend(outputs * d * len(samples) * (1 + factors // read.WIDE), "an orthant", longest)
            corners = [[s * (i == k) for k in range(d)] for i, s in enumerate(orthant)]
            open_ = [(x, n, [s * v for s, v in zip(orthant, x, strict=True)]) for x, n in signed]
            first.append(_closed(Cone(corners, open_, [[0] * d for _ in range(outputs)])))

        def cells(cone: Cone, item: Any) -> list[Cone]:
            if type(item) is dict:
                return _halves(cone, read.fields(item, "item", "split")["split"])
            _leaf(cone, read.items(item, "leaf", d), shift, limit)
            return []

        trees.forest(first[::-1], tree, cells)


def _halves(cone: Cone, value: Any) -> list[Cone]:
    """The two parts of a cone that is cut at a point of an edge."""
    d = len(cone.corners)
    j, k, a, b = read.items(value, "split", 4)
    j, k = read.whole(j, "corner", 0, d - 1), read.whole(k, "corner", 0, d - 1)
    if j == k:
        raise Unreadable("an edge has two corners")
    a, b = read.whole(a, "weight", 1, WEIGHT), read.whole(b, "weight", 1, WEIGHT)
    p, q = cone.corners[j], cone.corners[k]
    rise = _length(q) - _length(p)
    a, b = a << max(rise, 0), b << max(-rise, 0)  # of corners of one length
    point = [a * x + b * y for x, y in zip(p, q, strict=True)]
    read.spend(4 * d * (len(cone.open) + 1), "a cone", max(v.bit_length() for v in point))
    open_ = [(x, n, z, a * z[j] + b * z[k]) for x, n, z in cone.open]
    out = []
    for place in (j, k):
        corners = [point if i == place else p for i, p in enumerate(cone.corners)]
        out.append(_closed(Cone(corners, [(x, n, [*z[:place], v, *z[place + 1 :]]) for x, n, z, v in open_], cone.W)))
    return out


def _length(p: Vector) -> int:
    """Bits of the largest entry."""
    return max(map(abs, p)).bit_length()


def _closed(cone: Cone) -> Cone:
    """The cone with the samples that have a sign in it in W, or left out."""
    open_, W = [], cone.W
    for x, n, z in cone.open:
        if min(z) >= 0:
            W = _with(W, x, n)
        elif max(z) > 0:
            open_.append((x, n, z))
    return Cone(cone.corners, open_, W)


def _leaf(cone: Cone, leaf: list[Any], shift: int, limit: Fraction) -> None:
    """Reject unless ‖y‖ ≤ limit and y'p_k ≥ h_k at all corners."""
    y = [read.whole(v, "leaf", -1 << read.BITS, 1 << read.BITS) << shift for v in leaf]
    outputs = len(cone.W)
    wide = widest((*y, *(v for w in cone.W for v in w), *(v for _, n, _ in cone.open for v in n)))
    work = outputs * len(y) * (len(cone.open) + len(y)) * (1 + wide // read.WIDE)
    read.spend(work, "a leaf", max(map(_length, cone.corners)))
    if dot(y, y) * limit.denominator**2 > limit.numerator**2:
        raise Rejected("a leaf is longer than β")
    size = [_length(p) for p in cone.corners]
    rise = [max(size) - v for v in size]  # corners of one length have the same say in λ
    sides = [sum(t << k for t, k in zip(z, rise, strict=True)) > 0 for _, _, z in cone.open]
    h = _of_one(cone, sides) if outputs == 1 else _of_several(cone, sides)
    if any(2 * dot(y, p) < v for p, v in zip(cone.corners, h, strict=True)):
        raise Rejected("a leaf is below Σ r_i (x_i'u)_+ at a corner of its cone")


def _of_one(cone: Cone, sides: list[bool]) -> list[int]:
    """2h_k for one output: chords for positive multipliers, λx_i'u for others."""
    h = [2 * dot(cone.W[0], p) for p in cone.corners]
    for (_, (n,), z), side in zip(cone.open, sides, strict=True):
        if n > 0:
            h = [v + 2 * n * max(t, 0) for v, t in zip(h, z, strict=True)]
        elif side:
            h = [v + 2 * n * t for v, t in zip(h, z, strict=True)]
    return h


def _of_several(cone: Cone, sides: list[bool]) -> list[int]:
    """2h_k = ‖2a_k‖ + Σ_i ‖n_i‖δ_ik for several outputs, roots rounded up."""
    double, rest = [[2 * dot(w, p) for w in cone.W] for p in cone.corners], [0] * len(cone.corners)
    for (_, n, z), side in zip(cone.open, sides, strict=True):
        norm = _root(dot(n, n))
        for k, t in enumerate(z):
            chord, least = max(t, 0), t if side else 0
            double[k] = [v + c * (chord + least) for v, c in zip(double[k], n, strict=True)]
            rest[k] += norm * (chord - least)
    return [_root(dot(a, a)) + b for a, b in zip(double, rest, strict=True)]


def _root(square: int) -> int:
    """√, rounded up."""
    return isqrt(square - 1) + 1 if square else 0


# ---- networks -----------------------------------------------------------------------------------------------------


def attained(a: Asked, proof: Any) -> str:
    """The objective of a network, exactly; v has a number for every neuron, or a row if there are several outputs."""
    read.fields(proof, "proof", "value u v")
    value = read.number(proof["value"], "value")
    u = [read.vector(row, "u", len(a.rows[0])) for row in read.items(proof["u"], "u")]
    rows = read.items(proof["v"], "v", len(u))
    v = [read.vector(row, "v", a.outputs) for row in ([[t] for t in rows] if a.outputs == 1 else rows)]
    bottom, under = common([t for row in u for t in row]), common([t for row in v for t in row])
    whole, tops = [[int(t * bottom) for t in row] for row in u], [[int(t * under) for t in row] for row in v]
    bits = widest(t for row in [*whole, *tops] for t in row)
    read.spend((len(u) + 1) * len(a.y) * (len(a.rows[0]) + 1), "a network", bits)
    scale = a.bottom * bottom * under
    wide = scale.bit_length()
    read.spend(2 * len(a.y) * (1 + wide // read.WIDE), "residuals", wide)  # common divisors take a square of it
    total = Fraction(0)
    for k, row in enumerate(a.rows):
        hidden = [max(dot(row, w), 0) for w in whole]
        for out in range(a.outputs):
            f = sum(h * t[out] for h, t in zip(hidden, tops, strict=True))
            total += (Fraction(f, scale) - a.y[a.outputs * k + out]) ** 2
    decay = Fraction(sum(dot(w, w) for w in whole), bottom**2) + Fraction(sum(dot(t, t) for t in tops), under**2)
    total = (total + a.beta * decay) / 2
    if value < total:
        raise Rejected(f"the objective of the network is {show(total)}, not {show(value)}")
    return f"{show(value, 1)} ≥ the minimum of {a.words()}: a network of {len(u)} neurons has it"
