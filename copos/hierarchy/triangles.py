"""Triangle inequalities of intervals: local forms of level 1 in closed form, all of them looked at in one go.

Let p_i ≥ 0 and q_i = e − p_i ≥ 0 on K for three linear forms, e the multiplier (in a box, p_i = x_i/u_i and e = x_0).
Then

    F = e² − e(p_i + p_j + p_k) + p_ip_j + p_ip_k + p_jp_k ≥ 0      because      e·F = p_ip_jp_k + q_iq_jq_k,

an identity of level 1. Exchanging p and q for some of the three gives the four triangle inequalities of the Boolean
quadric polytope [Padberg1989], which hold in the whole box [BurerLetchford2009].
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.rationals import Rational, written
from copos.cones import Cone
from copos.hierarchy.local import LocalForm, Monomial, unit_size

Linear = dict[int, Fraction]
Vector = NDArray[np.float64]

FLIPS = ((), (0,), (1,), (2,))  # for which of the three p and q change places


@dataclass(frozen=True)
class Interval:
    """p = low·B_a ≥ 0 and e − p = high·B_b ≥ 0 for two blocks a and b of the cone."""

    p: Linear
    low: tuple[int, Fraction]
    high: tuple[int, Fraction]

    def side(self, upper: bool) -> tuple[int, Fraction]:
        """(block, factor) of p or of e − p."""
        return self.high if upper else self.low


def intervals(cone: Cone) -> list[Interval]:
    """Pairs of blocks of order one that bound one direction from both sides, the tightest of each direction."""
    e, numbers = cone.entries, cone.rationals()
    unit: Linear = {v: Fraction(c) for v, c in enumerate(numbers.unit) if c}
    if not unit:
        return []
    pivot = min(unit)
    blocks: dict[int, Linear] = {}
    for k, v, c in zip(e.block.tolist(), e.variable.tolist(), numbers.coefficients, strict=True):
        if cone.sizes[k] == 1 and c:
            blocks.setdefault(k, {})[v] = Fraction(c)
    found: dict[Any, list[tuple[Fraction, Fraction, int]]] = {}
    for k, a in blocks.items():
        # a = s·d + t·e with a direction d whose first coefficient is 1 and which has none at the pivot
        t = a.get(pivot, Fraction(0)) / unit[pivot]
        rest = {v: c for v in a.keys() | unit.keys() if (c := a.get(v, Fraction(0)) - t * unit.get(v, Fraction(0)))}
        if rest:
            s = rest[min(rest)]
            found.setdefault(tuple(sorted((v, c / s) for v, c in rest.items())), []).append((s, t, k))
    out = []
    for d, sides in found.items():
        lower = max(((-t / s, k, s) for s, t, k in sides if s > 0), default=None)
        upper = min(((-t / s, k, s) for s, t, k in sides if s < 0), default=None)
        if lower is None or upper is None or upper[0] <= lower[0]:
            continue
        width = upper[0] - lower[0]
        p = dict(d)
        for v, c in unit.items():
            p[v] = p.get(v, Fraction(0)) - lower[0] * c
        p = {v: c / width for v, c in p.items() if c}
        out.append(Interval(p, (lower[1], 1 / (lower[2] * width)), (upper[1], 1 / (-upper[2] * width))))
    return out


def violated(cone: Cone, Y: Vector, most: int, least: float, found: list[Interval] | None = None) -> list[LocalForm]:
    """The triangle inequalities that Y (in free coordinates) violates most, by more than `least`·e'Ye.

    Parameters
    ----------
    cone : K
    Y : (dim, dim) matrix of moments
    most : so many at most
    least : smallest violation, in units in which every interval has length 1
    found : `intervals(cone)`

    Examples
    --------
    >>> from copos import NonNegative
    >>> K = NonNegative(4).with_unit([1, 0, 0, 0])
    >>> for j in (1, 2, 3):
    ...     K = K.restrict(np.eye(4)[0] - np.eye(4)[j])
    >>> Y = np.array([[4, 2, 2, 2], [2, 2, 0, 0], [2, 0, 2, 0], [2, 0, 0, 2]]) / 4     # pairwise disjoint halves
    >>> (cut,) = violated(K, Y, 10, 1e-6)
    >>> {key: int(c) for key, c in sorted(cut.form.items()) if key[0] != key[1] and 0 in key}
    {(0, 1): -1, (0, 2): -1, (0, 3): -1}
    """
    found = intervals(cone) if found is None else found
    if len(found) < 3:
        return []
    P = np.zeros((len(found), cone.dim))
    for i, interval in enumerate(found):
        for v, c in interval.p.items():
            P[i, v] = float(c)
    total = float(cone.unit @ Y @ cone.unit)
    if not total > 0:
        return []
    x, X = P @ Y @ cone.unit / total, P @ Y @ P.T / total
    unit: Linear = {v: Fraction(c) for v, c in enumerate(cone.rationals().unit) if c}
    return [_form(unit, [found[k] for k in triple], flip) for triple, flip in _largest(x, X, most, least)]


def _largest(x: Vector, X: Vector, most: int, least: float) -> Iterator[tuple[tuple[int, int, int], tuple[int, ...]]]:
    """(triple, flip) with the most negative values, worst first; memory grows with the square of their number."""
    n = len(x)
    value, which = np.zeros(0), np.zeros((0, 4), dtype=np.int64)
    for i in range(n - 2):
        j, k = np.triu_indices(n - i - 1, 1)
        j, k = j + i + 1, k + i + 1
        ij, ik, jk = X[i, j], X[i, k], X[j, k]
        each = np.stack([1 - x[i] - x[j] - x[k] + ij + ik + jk, x[i] - ij - ik + jk,
                         x[j] - ij - jk + ik, x[k] - ik - jk + ij])  # fmt: skip
        flip, at = np.nonzero(each < -least)
        value = np.r_[value, each[flip, at]]
        which = np.concatenate([which, np.stack([0 * at + i, j[at], k[at], flip], axis=1)])
        if len(value) > 4 * most:
            kept = np.argpartition(value, most)[:most]
            value, which = value[kept], which[kept]
    for at in np.argsort(value, kind="stable")[:most]:
        *triple, flip = which[at].tolist()
        yield (triple[0], triple[1], triple[2]), FLIPS[flip]


def _form(unit: Linear, three: list[Interval], flip: Iterable[int]) -> LocalForm:
    """F and e·F = product of one side of each interval + product of the other sides."""
    upper = [k in tuple(flip) for k in range(3)]
    sides = [_minus(unit, t.p) if up else t.p for t, up in zip(three, upper, strict=True)]
    form: dict[Monomial, Rational] = {}
    _add(form, unit, unit, 1)
    for k, a in enumerate(sides):
        _add(form, unit, a, -1)
        for b in sides[:k]:
            _add(form, a, b, 1)
    form = {key: c for key, c in form.items() if c}
    factor = unit_size(form)
    terms = []
    for other in (False, True):
        chosen = [t.side(up != other) for t, up in zip(three, upper, strict=True)]
        weight = factor
        for _, c in chosen:
            weight *= c
        terms.append([*(k for k, _ in chosen), written(weight)])
    variables = tuple(sorted({v for a in (unit, *(t.p for t in three)) for v in a}))
    proof = {"level": 1, "terms": [{"products": terms}], "multipliers": []}
    return LocalForm({key: c * factor for key, c in form.items()}, variables, proof, "triangle")


def _minus(a: Linear, b: Mapping[int, Fraction]) -> Linear:
    return {v: c for v in a.keys() | b.keys() if (c := a.get(v, Fraction(0)) - b.get(v, Fraction(0)))}


def _add(form: dict[Monomial, Rational], a: Linear, b: Linear, sign: int) -> None:
    """Form + sign·a·b."""
    for v, c in a.items():
        for w, d in b.items():
            key = (v, w) if v <= w else (w, v)
            form[key] = form.get(key, Fraction(0)) + sign * c * d
