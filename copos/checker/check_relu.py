"""A ReLU network that is given, on a box or a ball: bounds of c'f(x) + offset by slopes and the signs of neurons.

    x_0 = x,  z_k = W_k x_{k−1} + b_k,  x_k = max(z_k, 0)  (k < L),  f(x) = z_L

A bound of κ'z_k is found backwards. With ν = W_k'κ, κ'z_k = κ'b_k + ν'x_{k−1}, and for every number λ

    ν max(z, 0) ≥ λ z + μ  for l ≤ z ≤ u,     μ = min {ν max(z, 0) − λ z : z ∈ {l, 0, u}},

which is piecewise linear with its only kink at 0. So any slopes λ prove a bound: the λ of one layer are the κ of the
layer before, and ν'x_0 is bounded on the box or ball itself. The ranges l ≤ z ≤ u are such bounds, too, of z and −z.

A tree decides signs. An item {"split": [k, i]} has two parts, z_ki ≤ 0 and then z_ki ≥ 0; every item may state ranges
that hold below it; a leaf has slopes, for the objective or (a contradiction) for 0, which is not positive: no point of
the region has these signs. Standard library only; part of the checker.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import isqrt, lcm
from typing import Any, NamedTuple

try:
    from copos.checker import check_reading as read
    from copos.checker import check_tree as trees
    from copos.checker.check_data import Data
    from copos.checker.check_reading import Number, Rejected, Unreadable, short, show
except ImportError:  # run as a plain file, without the package
    import check_reading as read  # type: ignore[no-redef]
    import check_tree as trees  # type: ignore[no-redef]
    from check_data import Data  # type: ignore[no-redef]
    from check_reading import Number, Rejected, Unreadable, short, show  # type: ignore[no-redef]

TYPE = "relu verification"
LAYERS = 200
ROOT_BITS = 64  # of a norm, after the point
Ends = list[list[tuple[Number | None, Number | None]]]  # of z_ki, for every layer but the last


class Layer(NamedTuple):
    """(W, b) = (rows, shift)/bottom, W by its columns, too."""

    columns: list[list[int]]
    shift: list[int]
    bottom: int


class Asked(NamedTuple):
    """min c'f(x) + offset over low ≤ x ≤ high, or |x − center| ≤ radius (then low is the center, and high None)."""

    layers: list[Layer]
    low: list[Number]
    high: list[Number] | None
    radius: Number
    c: list[Number]
    offset: Number

    def words(self) -> str:
        """The function and its region."""
        widths = [len(self.low), *(len(layer.shift) for layer in self.layers)]
        where = "box" if self.high is not None else "ball"
        return f"c'f(x) + offset over the {where}, f the ReLU network with layers of {'-'.join(map(str, widths))}"


def asked(value: Any, data: Data) -> Asked:
    """Read a problem of type "relu verification"."""
    count = value.get("layers") if type(value) is dict else None
    count = read.whole(count, "layers", 1, LAYERS)
    names = [f"{name}{k + 1}" for k in range(count) for name in "Wb"]
    p = read.fields(value, TYPE, f"type layers c offset {' '.join(names)}", "lower upper center radius")
    region = set(p) & {"lower", "upper", "center", "radius"}
    ball = "center" in region
    if region != ({"center", "radius"} if ball else {"lower", "upper"}):
        raise Unreadable("a region is a box, lower and upper, or a ball, center and radius")
    low = read.vector(p["center" if ball else "lower"], "a point of the region")
    high = None if ball else read.vector(p["upper"], "upper", len(low))
    radius = read.number(p["radius"], "radius") if ball else 0
    if radius < 0 or any(a > b for a, b in zip(low, high or low, strict=True)):
        raise Unreadable("the region is empty")
    layers, width = [], len(low)
    for k in range(count):
        W, b = data.table(f"W{k + 1}", p[f"W{k + 1}"]), data.table(f"b{k + 1}", p[f"b{k + 1}"])
        if len(W[0]) != width or len(b) != 1 or len(b[0]) != len(W):
            raise Unreadable(f"W{k + 1} has a column for every input of its layer, b{k + 1} is one row with a number "
                             "for every row of it")  # fmt: skip
        width = len(W)
        layers.append(_layer(W, b[0]))
    c = read.vector(p["c"], "c", width)
    return Asked(layers, low, high, radius, c, read.number(p["offset"], "offset"))


def _layer(W: list[list[Number]], b: list[Number]) -> Layer:
    bottom = common([*b, *(w for row in W for w in row)])
    whole = [[int(w * bottom) for w in row] for row in [*W, b]]
    return Layer([list(column) for column in zip(*whole[:-1], strict=True)], whole[-1], bottom)


def common(numbers: Sequence[Number]) -> int:
    """A common denominator."""
    bottom = 1
    for d in {v.denominator for v in numbers}:
        bottom = lcm(bottom, d)
        if bottom.bit_length() > 20 * read.BITS:
            raise Unreadable("numbers with too large a common denominator")
    return bottom


# ---- bounds -------------------------------------------------------------------------------------------------------


def bound(a: Asked, k: int, kappa: Sequence[Number], slopes: Any, ends: Ends) -> Number:
    """A bound of κ'z_k: `slopes` has a row [d, s_1, s_2, …] with λ = s/d for layers k − 1, k − 2, …; the rest is 0."""
    rows, total = read.items(slopes, "slopes", most=k), Fraction(0)
    while True:
        layer = a.layers[k]
        bottom = common(kappa)
        whole = [int(v * bottom) for v in kappa]
        bits = max(v.bit_length() for v in whole)
        read.spend((len(layer.columns) + 1) * len(whole) // 4, "a bound of a network", bits)
        total += Fraction(_dot(whole, layer.shift), bottom * layer.bottom)
        nu = [Fraction(_dot(whole, column), bottom * layer.bottom) for column in layer.columns]
        if not k:
            return short(total + least(a, nu))
        k -= 1
        kappa = [0] * len(nu)
        if rows:
            d, *s = read.items(rows[0], "slopes of a layer", 1 + len(nu))
            d = read.whole(d, "denominator of slopes", 1, 1 << read.BITS)
            kappa = [Fraction(read.whole(v, "slope", -1 << read.BITS, 1 << read.BITS), d) for v in s]
            rows = rows[1:]
        total += sum(map(_remainder, nu, kappa, ends[k]), 0)
        if not rows and not any(kappa):
            return short(total)


def _dot(a: list[int], b: list[int]) -> int:
    return sum(x * y for x, y in zip(a, b, strict=True) if x)


def _remainder(nu: Number, slope: Number, ends: tuple[Number | None, Number | None]) -> Number:
    """A number μ with ν max(z, 0) − λ z ≥ μ for all z between the ends."""
    low, high = ends
    if low is None and slope < 0 or high is None and nu < slope:
        raise Rejected("a slope needs a range of its neuron, which is not shown")
    values = [0] if (low is None or low < 0) and (high is None or high > 0) else []
    values += [(nu - slope) * z if z > 0 else -slope * z for z in ends if z is not None]
    return min(values)


def least(a: Asked, nu: Sequence[Number]) -> Number:
    """A lower bound of ν'x on the region, the minimum on a box."""
    if a.high is not None:
        return sum((v * (l if v > 0 else u) for v, l, u in zip(nu, a.low, a.high, strict=True) if v), 0)
    square = Fraction(sum((v * v for v in nu), 0))
    top = square.numerator * square.denominator << 2 * ROOT_BITS
    root = isqrt(top)
    root += root * root < top  # √(p/q) = √(pq)/q
    norm = Fraction(root, square.denominator << ROOT_BITS)
    return sum((v * m for v, m in zip(nu, a.low, strict=True) if v), 0) - a.radius * norm


def narrowed(a: Asked, ends: Ends, value: Any) -> Ends:
    """The ranges, with what the list [[k, i, side, number, slopes], …] says of them: side 0 z ≥ it, side 1 z ≤ it."""
    out = [list(row) for row in ends]
    for item in read.items(value, "ranges"):
        k, i, side, number, slopes = read.items(item, "range", 5)
        k, i = neuron(a, k, i)
        side, number = read.whole(side, "side", 0, 1), read.number(number, "end of a range")
        sign = -1 if side else 1
        kappa = [0] * len(out[k])
        kappa[i] = sign
        if sign * number > bound(a, k, kappa, slopes, out):
            raise Rejected(f"the end of the range of neuron {i} in layer {k} is not shown")
        _cut(out, k, i, side, number)
    return out


def neuron(a: Asked, k: Any, i: Any) -> tuple[int, int]:
    """A layer but the last, and a neuron in it."""
    k = read.whole(k, "layer", 0, len(a.layers) - 2)
    return k, read.whole(i, "neuron", 0, len(a.layers[k].shift) - 1)


def _cut(ends: Ends, k: int, i: int, side: int, number: Number) -> None:
    low, high = ends[k][i]
    if side:
        ends[k][i] = low, number if high is None else min(high, number)
    else:
        ends[k][i] = number if low is None else max(low, number), high


# ---- proofs -------------------------------------------------------------------------------------------------------


def lower_bound(a: Asked, proof: Any) -> str:
    """Every leaf has a bound that is at least the value; where all contradict themselves, the region is empty."""
    p = read.fields(proof, "proof", "value tree")
    value = read.number(p["value"], "value")
    below = [found for found in leaves(a, p["tree"]) if found < value]
    if below:
        raise Rejected(f"the proof gives {show(min(below))}, not {show(value)}")
    return f"min {a.words()} is ≥ {show(value, -1)}"


def leaves(a: Asked, tree: Any) -> list[Number]:
    """The bounds of the leaves of a tree in preorder, but of those where no point of the region has their signs."""
    out = []

    def cells(ends: Ends, item: Any) -> list[Ends]:
        read.fields(item, "item of a tree", "", "ranges split slopes contradiction")
        read.spend(sum(map(len, ends)), "an item of a tree")
        ends = narrowed(a, ends, item.get("ranges", []))
        if "split" in item:
            read.fields(item, "split", "split", "ranges")
            k, i = neuron(a, *read.items(item["split"], "split", 2))
            parts = [[list(row) for row in ends] for _ in range(2)]
            for side, part in zip((1, 0), parts, strict=True):
                _cut(part, k, i, side, 0)
            return parts
        if (found := leaf(a, item, ends)) is not None:
            out.append(found)
        return []

    free: Ends = [[(None, None)] * len(layer.shift) for layer in a.layers[:-1]]
    trees.walk(free, tree, cells)
    return out


def leaf(a: Asked, item: Any, ends: Ends) -> Number | None:
    """The bound of a leaf; None if no point of the region has its signs."""
    if item.get("contradiction", True) is not True:
        raise Unreadable("contradiction is true, or not there")
    broken = "contradiction" in item
    kappa: list[Number] = [0] * len(a.c) if broken else a.c
    value = bound(a, len(a.layers) - 1, kappa, item.get("slopes", []), ends)
    if not broken:
        return value + a.offset
    if value <= 0:
        raise Rejected("a contradiction is none")
    return None


def attained(a: Asked, proof: Any) -> str:
    """A point of the region where c'f(x) + offset is at most the value."""
    p = read.fields(proof, "proof", "value point")
    value, x = read.number(p["value"], "value"), read.vector(p["point"], "point", len(a.low))
    if a.high is not None:
        inside = all(l <= v <= u for l, v, u in zip(a.low, x, a.high, strict=True))
    else:
        inside = sum((v - m) ** 2 for v, m in zip(x, a.low, strict=True)) <= a.radius**2
    if not inside:
        raise Rejected("the point is outside of the region")
    found = objective(a, x)
    if found > value:
        raise Rejected(f"the value at the point is {show(found)}, above {show(value)}")
    return f"min {a.words()} is ≤ {show(value, 1)}"


def objective(a: Asked, x: Sequence[Number]) -> Number:
    """c'f(x) + offset, exactly."""
    for k, layer in enumerate(a.layers):
        bottom = common(x)
        if k:
            x = [max(v, 0) for v in x]
        whole = [int(v * bottom) for v in x]
        read.spend((len(whole) + 1) * len(layer.shift) // 4, "a point", max(map(abs, whole)).bit_length())
        z = [v * bottom for v in layer.shift]
        for v, column in zip(whole, layer.columns, strict=True):
            if v:
                z = [t + v * w for t, w in zip(z, column, strict=True)]
        wide = (bottom * layer.bottom).bit_length()  # grows from layer to layer; common divisors take a square of it
        read.spend(2 * len(z) * (1 + wide // read.WIDE), "denominators", wide)
        x = [Fraction(v, bottom * layer.bottom) for v in z]
    return sum((c * v for c, v in zip(a.c, x, strict=True)), 0) + a.offset
