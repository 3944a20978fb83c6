"""The objective of a network from above: predictions in integers with a radius, losses rounded up.

A neuron is u/‖u‖, which is irrational: p = x'u/‖u‖ is replaced by a rational p̂ with |p̂ − p| ≤ e. That moves σ(p) by at
most e(|a|(2|p̂| + e) + |b|), and a convex loss is largest at an end of an interval of predictions.
"""

from __future__ import annotations

from fractions import Fraction
from math import floor, isqrt

import numpy as np
from numpy.typing import NDArray

from copos.losses.convex import LOSSES
from copos.polynomial.exact import Whole, product, whole
from copos.polynomial.exact_data import exact_data
from copos.polynomial.network import PolynomialNetwork
from copos.polynomial.problem import TrainingProblem

Array = NDArray[np.float64]
F = 100  # bits after the point
ONE = 1 << F


def objective_above(program: TrainingProblem, network: PolynomialNetwork) -> Fraction:
    """A rational number ≥ loss + βΣ|α| of the network with first layers u/‖u‖, above it by 1e-25 of it or so."""
    alpha = [Fraction(v) for v in network.alpha.tolist()]
    penalty = Fraction(program.beta) * sum(map(abs, alpha), Fraction(0))
    return penalty + loss_above(program, *predictions(program, network, alpha))


def predictions(
    program: TrainingProblem, network: PolynomialNetwork, alpha: list[Fraction]
) -> tuple[Whole, int, int]:
    """Predictions (n, T) in units of 2^−K, K, and a radius that holds for all of them in the same units."""
    data, (a, b, c) = exact_data(program), (Fraction(v) for v in program.activation)
    n, T, m = data.samples, network.outputs, data.patches
    bits = F + int(np.frexp(data.scale.max())[1])  # a patch has about the size of its scale
    parts: list[list[tuple[Whole, int]]] = [[] for _ in range(T)]  # numerators over m·2^k
    radius = [Fraction(0)] * T
    for g, Z in enumerate(data.pools):
        for t in range(T):
            mine = np.flatnonzero((network.pool == g) & (network.output == t))
            if not len(mine):
                continue
            W = np.array([_direction(network.u[j], data.scale, bits) for j in mine], dtype=object).T
            P, q = product(Z, W), data.bits + bits
            P, q = (P, q) if q >= 0 else (P << -q, 0)
            (second, k2), (first, k1), (last, k0) = (_common([alpha[j] * v for j in mine]) for v in (a, b, c))
            top = max(2 * q + k2, q + k1, k0)
            values = np.zeros(len(P), dtype=object) + (sum(last.tolist()) << (top - k0))
            if a:
                values = values + ((P * P) @ second << (top - 2 * q - k2))
            if b:
                values = values + (P @ first << (top - q - k1))
            parts[t].append((values.reshape(n, m).sum(1), top))
            e, p = 2 * int(abs(Z.astype(object)).sum(1).max()) << max(0, -data.bits - bits), int(abs(P).max())
            size = sum((abs(alpha[j]) for j in mine), Fraction(0))
            radius[t] += size * (abs(a) * Fraction(e * (2 * p + e), 1 << 2 * q) + abs(b) * Fraction(e, 1 << q))
    bias = [Fraction(v) for v in network.intercept.tolist()]
    largest = [abs(v) for v in (*bias, *map(Fraction, (float(program.Y.max()), float(program.Y.min()))))]
    largest += [Fraction(int(abs(v).max()), m << k) for of in parts for v, k in of]
    K = max(0, F - _exponent(max(largest)))
    # targets and intercepts are multiples of a unit, unless they would need very many
    given = [program.loss_parameter or 0.0, *np.unique(program.Y).tolist()]
    dyadic = max(v.denominator.bit_length() - 1 for v in (*bias, *map(Fraction, given)))
    K, rounded = (max(K, dyadic), 0) if dyadic <= 4 * F else (K, 2)
    out = np.zeros((n, T), dtype=object)
    for t in range(T):
        out[:, t] = (bias[t].numerator << K) // bias[t].denominator
        for v, k in parts[t]:
            out[:, t] += (v << K) // (m << k)
    units = max(radius) * (1 << K)
    return out, K, -(-units.numerator // units.denominator) + rounded + max(map(len, parts))


def _exponent(value: Fraction) -> int:
    """About log₂ of a positive number; 0 for 0."""
    return value.numerator.bit_length() - value.denominator.bit_length() if value else 0


def _common(values: list[Fraction]) -> tuple[Whole, int]:
    """Numerators over 2^k, and k."""
    k = max(v.denominator.bit_length() - 1 for v in values)
    return np.array([v.numerator << (k - v.denominator.bit_length() + 1) for v in values], dtype=object), k


def _direction(u: Array, scale: Array, bits: int) -> list[int]:
    """2^bits·u/(‖u‖·scale), every entry within 2 of it."""
    exact = [Fraction(v) for v in u.tolist()]
    square = sum((v * v for v in exact), Fraction(0))
    # of ‖u‖ so many bits are right that what is lost in its inverse is far less than one
    more = F + 64 + abs(bits) + max(0, -2 * int(np.frexp(scale.min())[1]))
    norm = Fraction(isqrt(int(square * (1 << 2 * more))), 1 << more)
    unit = Fraction(2) ** bits / norm
    return [floor(v * unit / Fraction(s)) for v, s in zip(exact, scale.tolist(), strict=True)]


def loss_above(program: TrainingProblem, centre: Whole, K: int, radius: int) -> Fraction:
    """Σ w ℓ at the worst predictions within the radius."""
    name, row = program.loss_name, LOSSES[program.loss_name]
    W, at = whole(program.weights)
    weight, unit = Fraction(2) ** -at, 1 << K
    rows, targets = centre.tolist(), program.Y.tolist()
    total = 0
    if name in ("multinomial", "logistic"):
        for w, f, y in zip(W.tolist(), rows, targets, strict=True):
            fine = [-((-v << F) >> K) for v in f]  # in units of 2^−F, rounded up
            if name == "multinomial":
                top, own = max(fine), sum(v for v, target in zip(fine, y, strict=True) if target)
                total += w * (top - own + 1 + log_above(sum(exp_above(max(top - v - 1, 0)) for v in fine)))
            else:
                for v, target in zip(fine, y, strict=True):
                    s = -v * int(target) + 1
                    total += w * (max(s, 0) + log_above(ONE + exp_above(abs(s))))
        # both losses change by no more than twice the change of a prediction
        slack = 2 * Fraction(radius, unit) * sum(W.tolist()) * (1 if name == "multinomial" else len(targets[0]))
        return (Fraction(total, ONE) + slack) * weight
    kappa = int(row.curvature)
    given = program.loss_parameter
    p = Fraction((row.parameter or ("", 0.0))[1] if given is None else given)
    low, high = {"huber": (-p, p), "quantile": (-p, 1 - p)}.get(name, (_end(row.low), _end(row.high)))
    floor = None if low is None else (low.numerator << K) // low.denominator
    ceiling = None if high is None else -((-high.numerator << K) // high.denominator)
    for w, f, y in zip(W.tolist(), rows, targets, strict=True):
        for v, target in zip(f, y, strict=True):
            sign = -1 if row.labels and target < 0 else 1
            top, bottom = target.as_integer_ratio()
            r = sign * (v - (top << K) // bottom)
            total += w * max(_interval(end, kappa, floor, ceiling) for end in (r - radius, r + radius))
    return Fraction(total, 2 * unit * unit) * weight


def _end(value: float) -> Fraction | None:
    return Fraction(value) if np.isfinite(value) else None


def _interval(r: int, kappa: int, low: int | None, high: int | None) -> int:
    """Max 2νr − κν² over low ≤ ν ≤ high."""
    if not kappa:
        return 2 * max(high * r if high is not None else 0, low * r if low is not None else 0)
    nu = r if high is None else min(r, high)
    nu = nu if low is None else max(nu, low)
    return nu * (2 * r - nu)


def exp_above(x: int) -> int:
    """An integer ≥ 2^F exp(−x/2^F), x ≥ 0: the inverse of a Taylor sum of exp(x) = 2^k exp(r) from below."""
    k = x // (LOG_2 + 4)
    if k > 2 * F:
        return 1
    r = x - k * (LOG_2 + 4)  # below x − k log 2
    term, total, j = ONE, 0, 1
    while term:
        total += term
        term, j = (term * r >> F) // j, j + 1
    return -((-ONE << F) // (total << k))


def log_above(x: int) -> int:
    """An integer ≥ 2^F log(x/2^F), x ≥ 2^F: x = 2^k f with 1 ≤ f < 2, log f = 2 atanh((f − 1)/(f + 1))."""
    k = x.bit_length() - 1 - F
    unit = ONE << k
    z = -((unit - x << F) // (x + unit))
    square, power, total, j = -(-z * z >> F), z, 0, 1
    while power > 1:
        total -= -power // j
        power, j = -(-power * square >> F), j + 2
    return 2 * (total + 2) + k * (LOG_2 + 4)  # after the last term all others add up to less than 2


def _log_2() -> int:
    """2 atanh(1/3) from below, by less than 4."""
    total, power, j = 0, (ONE << 8) // 3, 1
    while power:
        total += power // j
        power, j = power // 9, j + 2
    return 2 * total >> 8


LOG_2 = _log_2()
