"""The completely positive program of a ReLU network on a box or a ball, made anew from the network.

    u = (u_0, p, h):  x = lower u_0 + p,  h_i = max(z_i, 0) for the neurons whose range, by intervals, has 0 inside,
    u ≥ 0,  p ≤ (upper − lower) u_0,  h_i ≥ z_i,  h_i ≤ high_i u_0,  h_i − z_i ≤ −low_i u_0,  h_i (h_i − z_i) = 0

At a point x of the region (1, p, h) is an atom with the objective c'f(x) + offset, so a lower bound of the program is
one of the network. An atom with u_0 > 0 is a point of it, by h_i(h_i − z_i) = 0. Of a ball the box is the least one
around it, and K has the form radius² u_0² − |x − center u_0|² ≥ 0, too. Standard library only; part of the checker.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

try:
    from copos.checker import check_cones as cones
    from copos.checker import check_reading as read
    from copos.checker import check_relu as relu
    from copos.checker.check_data import Data, Rebuilt, in_words
    from copos.checker.check_reading import Number, Rejected, show
except ImportError:  # run as a plain file, without the package
    import check_cones as cones  # type: ignore[no-redef]
    import check_reading as read  # type: ignore[no-redef]
    import check_relu as relu  # type: ignore[no-redef]
    from check_data import Data, Rebuilt, in_words  # type: ignore[no-redef]
    from check_reading import Number, Rejected, show  # type: ignore[no-redef]

Points = list[tuple[Number, list[Number]]]
Range = tuple[Number, Number]


def verification(question: dict[str, Any], data: Data) -> Rebuilt:
    """Min c'f(x) + offset."""
    a = relu.asked(question, data)
    box = [(l - a.radius, l + a.radius) if a.high is None else (l, a.high[j]) for j, l in enumerate(a.low)]
    first, hidden = 1 + len(box), a.layers[:-1]
    ranges = intervals(a, box)
    open_ = [(k, i) for k, layer in enumerate(ranges) for i, (l, u) in enumerate(layer) if l < 0 < u]
    place = {at: first + j for j, at in enumerate(open_)}
    read.spend((first + len(open_)) * sum(len(layer.shift) * len(layer.columns) for layer in a.layers), "a network")
    rows: list[dict[int, Number]] = [cones.summed((u - l, {0: 1}), (-1, {1 + j: 1})) for j, (l, u) in enumerate(box)]
    vanishing: list[cones.Form] = []
    x: list[dict[int, Number]] = [cones.summed((l, {0: 1}), (1, {1 + j: 1})) for j, (l, _) in enumerate(box)]
    for k, layer in enumerate(hidden):
        z, x = _linear(layer, x), []
        for i, (form, (l, u)) in enumerate(zip(z, ranges[k], strict=True)):
            if (k, i) not in place:
                x.append(form if l >= 0 else {})
                continue
            at = place[k, i]
            x.append({at: 1})
            gap = cones.summed((1, {at: 1}), (-1, form))
            rows += [gap, cones.summed((u, {0: 1}), (-1, {at: 1})), cones.summed((-l, {0: 1}), (-1, gap))]
            vanishing.append(cones.times({at: 1}, gap))
    K = cones.nonnegative(first + len(open_))
    for row in rows:
        K = cones.restricted(K, row)
    if a.high is None:
        ball = [(a.radius**2, cones.times({0: 1}, {0: 1}))]
        for j, m in enumerate(a.low):
            away = cones.summed((box[j][0] - m, {0: 1}), (1, {1 + j: 1}))
            ball.append((-1, cones.times(away, away)))
        K = K._replace(generators=[*K.generators, cones.quadratic(cones.summed(*ball), K.basis)])
    K = cones.with_unit(K, {0: 1})
    f = cones.summed((a.offset, {0: 1}), *zip(a.c, _linear(a.layers[-1], x), strict=True))
    program = cones.program(K, cones.times({0: 1}, f), [({(0, 0): 1}, 1)], vanishing)

    def say(kind: str, value: Number | None) -> str:
        if kind not in ("lower bound", "upper bound") or value is None:
            raise Rejected(f"a certificate of kind {kind!r} says nothing about a network")
        sign, way = ("≥", -1) if kind == "lower bound" else ("≤", 1)
        return f"min {a.words()} is {sign} {show(value, way)}"

    def points(atoms: Points) -> str:
        if any(not u[0] for _, u in atoms):
            raise Rejected("an atom with u_0 = 0 is no point of the region")
        there = [[Fraction(p) / u[0] + l for p, (l, _) in zip(u[1:first], box, strict=True)] for _, u in atoms]
        return in_words(there, lambda point: f"at ({', '.join(map(str, point))})")

    return Rebuilt(program, say, points)


def intervals(a: relu.Asked, box: Sequence[Range]) -> list[list[Range]]:
    """Ranges of z for every layer but the last, by interval arithmetic."""
    x, out = list(box), []
    for layer in a.layers[:-1]:
        ends: list[list[Number]] = [[Fraction(s, layer.bottom)] * 2 for s in layer.shift]
        read.spend(len(ends) * len(x), "ranges")
        for column, (l, u) in zip(layer.columns, x, strict=True):
            for i, w in enumerate(column):
                if w:
                    low, high = (l, u) if w > 0 else (u, l)
                    weight = Fraction(w, layer.bottom)
                    ends[i] = [ends[i][0] + weight * low, ends[i][1] + weight * high]
        out.append([(low, high) for low, high in ends])
        x = [(max(low, 0), max(high, 0)) for low, high in ends]
    return out


def _linear(layer: relu.Layer, x: Sequence[dict[int, Number]]) -> list[dict[int, Number]]:
    """Wx + b u_0 of linear forms x."""
    out = []
    for i, s in enumerate(layer.shift):
        parts = [(Fraction(column[i], layer.bottom), v)
                 for column, v in zip(layer.columns, x, strict=True) if column[i]]  # fmt: skip
        out.append(cones.summed((Fraction(s, layer.bottom), {0: 1}), *parts))
    return out


QUESTIONS = {relu.TYPE: verification}
