"""Convex losses of a table of targets, and what a multiplier proves of them. Standard library only.

    Σ_it w_i ℓ(f_it, y_it) ≥ Σ_it ν_it f_it − Σ_it w_i ℓ*(ν_it/w_i)      for every ν in the domain of ℓ*

`conjugate` is the last sum from below. Part of the checker.
"""

from __future__ import annotations

from fractions import Fraction
from operator import mul
from typing import Any, NamedTuple

try:
    from copos.checker import check_identity as identity
    from copos.checker import check_reading as read
    from copos.checker.check_reading import Number, Rejected, Unreadable
except ImportError:  # run as a plain file, without the package
    import check_identity as identity  # type: ignore[no-redef]
    import check_reading as read  # type: ignore[no-redef]
    from check_reading import Number, Rejected, Unreadable  # type: ignore[no-redef]

F = 128  # bits after the point of logarithms

# ℓ(ŷ, y) = max {ν(ŷ − y) − κν²/2 : low ≤ ν ≤ high}: κ, low, high (None: no bound), what y is; p is the parameter.
# For labels ±1 the interval is turned with the sign of y.
INTERVALS: dict[str, Any] = {
    "squared": lambda p: (1, None, None, "number"),
    "absolute": lambda p: (0, -1, 1, "number"),
    "huber": lambda p: (1, -p, p, "number"),
    "quantile": lambda p: (0, -p, 1 - p, "number"),
    "hinge": lambda p: (0, -1, 0, "sign"),
    "squared_hinge": lambda p: (1, None, 0, "sign"),
}
PARAMETERS = {"huber": lambda p: p > 0, "quantile": lambda p: 0 < p < 1}
ENTROPIES = {"logistic": "sign", "multinomial": "class"}
WORDS = {"squared": "½(f − y)²", "absolute": "|f − y|", "huber": "Huber(f − y)", "quantile": "quantile(f − y)",
         "hinge": "max(0, 1 − yf)", "squared_hinge": "½max(0, 1 − yf)²", "logistic": "log(1 + exp(−yf))",
         "multinomial": "(log Σ exp f_t − f_y)"}  # fmt: skip


class Losses(NamedTuple):
    """Σ_it w_i ℓ(f_it, y_it)."""

    name: str
    parameter: Number
    Y: list[list[Number]]
    weights: list[Number]

    def words(self) -> str:
        """ℓ, and its weights where there are any."""
        weights = "" if set(self.weights) == {1} else "w_i "
        parameter = f" of parameter {brief(self.parameter)}" if self.name in PARAMETERS else ""
        return weights + WORDS[self.name] + parameter


def losses(p: dict[str, Any], Y: list[list[Number]], weights: list[Number]) -> Losses:
    """The loss that a problem names, after its parameter and its targets have been checked."""
    loss = p["loss"]
    if type(loss) is not str or loss not in WORDS:
        raise Unreadable(f"loss must be one of {sorted(WORDS)}")
    if (loss in PARAMETERS) != ("parameter" in p):
        raise Unreadable("parameter belongs to the losses huber and quantile")
    parameter = read.number(p["parameter"], "parameter") if loss in PARAMETERS else 0
    if loss in PARAMETERS and not PARAMETERS[loss](parameter):
        raise Unreadable("the parameter of the loss is out of its range")
    kind = ENTROPIES[loss] if loss in ENTROPIES else INTERVALS[loss](parameter)[3]
    if kind == "sign" and any(y not in (-1, 1) for row in Y for y in row):
        raise Unreadable("the loss expects targets −1 and 1")
    return Losses(loss, parameter, Y, weights)


def brief(value: Number) -> str:
    """The number if it is short, else about."""
    if len(str(value)) < 12:
        return str(value)
    try:
        return f"{float(value):.12g}…"
    except OverflowError:
        return "a number beyond the doubles"


def scaled(v: Number, unit: int) -> int:
    """v·unit, for a multiple of the denominator of v."""
    return v.numerator * (unit // v.denominator)


# ---- conjugates -----------------------------------------------------------------------------------------------------


def conjugate(loss: Losses, N: list[list[int]], unit: list[Fraction]) -> Fraction:
    """A lower bound of −Σ w ℓ*(ν/w), ν = N·unit; rejects a ν outside of the domain."""
    if loss.name in ENTROPIES:
        return _entropies(loss, N, unit)
    kappa, low, high, kind = INTERVALS[loss.name](loss.parameter)
    total = Fraction(0)
    common = identity.denominator(loss.weights)
    W = [scaled(w, common) for w in loss.weights]
    for t, u in enumerate(unit):
        column, y = [row[t] for row in N], [row[t] for row in loss.Y]
        if u == 0:
            continue
        for v, target, w in zip(column, y, loss.weights, strict=True):
            ends = (low, high)
            if kind == "sign" and target < 0:
                ends = (None if high is None else -high, None if low is None else -low)
            if (ends[0] is not None and v * u < ends[0] * w) or (ends[1] is not None and v * u > ends[1] * w):
                raise Rejected("the multiplier is outside of the domain of the loss's conjugate")
        d = identity.denominator(y)
        total -= u * Fraction(sum(map(mul, column, (scaled(v, d) for v in y))), d)
        if kappa:  # Σ N²/w, every quotient rounded up
            shift = 64 + max(W).bit_length()
            square = sum(-((-v * v * common << shift) // w) for v, w in zip(column, W, strict=True))
            total -= u * u * Fraction(square * kappa, 2 << shift)
    return total


def _entropies(loss: Losses, N: list[list[int]], unit: list[Fraction]) -> Fraction:
    """Σ w Σ_t P_t log(1/P_t) from below, over the two probabilities of a label or the row P = ν/w + y."""
    common, total = identity.denominator(loss.weights), 0
    read.spend(60 * len(N) * len(unit), "logarithms")
    if loss.name == "multinomial" and len(set(unit)) > 1:
        raise Rejected("the multinomial loss needs one scale for all outputs")
    for row, y, w in zip(N, loss.Y, loss.weights, strict=True):
        if loss.name == "multinomial":
            if sum(row):
                raise Rejected("a row of the multiplier does not sum to zero")
            chances = [[v * unit[0] / w + target] for v, target in zip(row, y, strict=True)]
        else:
            chances = [[c, 1 - c] for c in (-target * v * u / w for v, target, u in zip(row, y, unit, strict=True))]
        weight = scaled(w, common)
        for c in (c for group in chances for c in group):
            top, bottom = c.numerator, c.denominator
            if top < 0 or top > bottom:
                raise Rejected("the multiplier is outside of the domain of the loss's conjugate")
            if top:
                total += weight * (top * log_below(bottom, top) // bottom)
    return Fraction(total, common << F)


def log_below(top: int, bottom: int) -> int:
    """An integer b with b/2^F ≤ log(top/bottom) for top ≥ bottom > 0, and not far below it."""
    e = top.bit_length() - bottom.bit_length()
    e -= top < bottom << e  # top/bottom = 2^e f, 1 ≤ f < 2
    return e * LOG_2 + _twice_atanh(((top - (bottom << e)) << F) // (top + (bottom << e)))


def _twice_atanh(z: int) -> int:
    """2 atanh(z/2^F) for 0 ≤ z < 2^F from below: all terms of the series are positive, all are rounded down."""
    square, power, total, k = z * z >> F, z, 0, 1
    while power:
        total += power // k
        power, k = power * square >> F, k + 2
    return 2 * total


LOG_2 = _twice_atanh((1 << F) // 3)  # log f = 2 atanh((f − 1)/(f + 1))
