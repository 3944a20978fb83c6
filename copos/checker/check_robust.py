"""Inputs in the balls around samples, in the place of the samples. Standard library only; part of the checker.

    Σ_i w_i max {ℓ(f(x_i + δ), y_i) : ‖δ‖ ≤ r}  ≥  Σ_j c_jℓ(f(p_j), y_o(j))

for ‖p_j − x_o(j)‖ ≤ r and c ≥ 0 with Σ {c_j : o(j) = i} ≤ w_i, because no loss is negative. So what is shown of all
networks at the inputs p_j with the weights c_j is shown of them with an adversary in every ball.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

try:
    from copos.checker import check_identity as identity
    from copos.checker import check_reading as read
    from copos.checker.check_losses import Losses, scaled
    from copos.checker.check_reading import Number, Rejected, Unreadable
except ImportError:  # run as a plain file, without the package
    import check_identity as identity  # type: ignore[no-redef]
    import check_reading as read  # type: ignore[no-redef]
    from check_losses import Losses, scaled  # type: ignore[no-redef]
    from check_reading import Number, Rejected, Unreadable  # type: ignore[no-redef]

Rows = list[list[int]]


def inputs(samples: Rows, unit: int, losses: Losses, radius: Number, given: Any) -> tuple[Rows, int, Losses]:
    """The inputs as integers over a denominator, with the losses at them; samples are integers over `unit`."""
    p = read.fields(given, "inputs", "points owners weights")
    owners = [read.whole(o, "owner", 0, len(samples) - 1) for o in read.items(p["owners"], "owners")]
    if not owners:
        raise Unreadable("a proof of inputs has at least one")
    d = len(samples[0])
    points = [read.vector(row, "point", d) for row in read.items(p["points"], "points", len(owners))]
    weights = read.vector(p["weights"], "weights", len(owners))
    if min(weights) <= 0:
        raise Rejected("a weight of an input is not positive")
    common = identity.denominator((v for row in points for v in row), unit)
    share = identity.denominator(weights)
    wide = max(common, share).bit_length()  # of which a square takes more than its length
    work = (2 * len(owners) * (d + 1) + 2 * len(samples)) * (1 + wide // read.WIDE)
    read.spend(work, "inputs in balls", 2 * wide)
    whole = [[scaled(v, common) for v in row] for row in points]
    limit, up = Fraction(radius * radius) * common * common // 1, common // unit
    sums = [0] * len(samples)
    for o, point, c in zip(owners, whole, weights, strict=True):
        if sum((a - up * b) ** 2 for a, b in zip(point, samples[o], strict=True)) > limit:
            raise Rejected("an input is outside of the ball around its sample")
        sums[o] += scaled(c, share)
    if any(total > share * w for total, w in zip(sums, losses.weights, strict=True)):
        raise Rejected("the weights of the inputs of a sample add up to more than its own")
    return whole, common, losses._replace(Y=[losses.Y[o] for o in owners], weights=weights)
