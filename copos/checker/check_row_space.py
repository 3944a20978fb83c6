"""Sums over samples in exact integers, and the row space of fewer samples than features. Standard library only.

Let the rows x_i of X be seen by neurons with entry j divided by s_j: t = u/s has t'x for a prediction and Σ s_j²t_j² ≥
Σ t_j²/q_j for its length, where q_j ≥ 1/s_j². Every t is diag(q)X'W'z + t⊥ with Xt⊥ = 0, if W is invertible; then

    Xt = Yz,   Σ t_j²/q_j = z'Hz + Σ t⊥_j²/q_j,      Y = G W',   H = W G W',   G = X diag(q) X',

so a form δ‖u‖² − (a form of Xt) with δ ≥ 0 is nonnegative for all u if δz'Hz − (that form of Yz) is for all z.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from operator import mul
from typing import Any

try:
    from copos.checker import check_reading as read
    from copos.checker.check_reading import Number, Rejected
except ImportError:  # run as a plain file, without the package
    import check_reading as read  # type: ignore[no-redef]
    from check_reading import Number, Rejected  # type: ignore[no-redef]

try:
    import flint  # type: ignore[import-not-found]  # same integers, sooner
except ImportError:
    flint = None

Rows = list[list[int]]
FINE = 60  # bits of 1/s²


def on_row_space(
    rows: Rows, columns: list[list[int]], frame: Any, scale: Sequence[Number]
) -> tuple[Rows, list[list[int]], Rows, Fraction]:
    """Y, its weights, the lower triangle of H, and what an entry of either is worth in units of x or x².

    Equal rows are one, with the sum of their weights, and rows of zeros are none: W is about what is left.
    """
    sums: dict[tuple[int, ...], list[int]] = {}
    for x, *weights in zip(rows, *columns, strict=True):
        if any(x):
            old = sums.get(tuple(x), [0] * len(weights))
            sums[tuple(x)] = [v + w for v, w in zip(old, weights, strict=True)]
    X = [list(x) for x in sums]
    r = len(X)
    if not X:
        raise Rejected("a frame of samples that are all zero")
    W = read.items(frame, "frame", r)
    for i, row in enumerate(W):
        read.integers([row], "frame", 1, i + 1)
        if not row[i]:
            raise Rejected("a frame is not invertible")
    q, bits = inverse_squares(scale)
    G = [[0] * r for _ in X]
    (triangle,) = gram([list(column) for column in zip(*X, strict=True)], [q])
    for i, row in enumerate(triangle):
        for j, v in enumerate(row):
            G[i][j] = G[j][i] = v
    top = max((abs(v) for row in (*G, *W) for v in row), default=0).bit_length()
    read.spend(r**3 // 4, "products with a frame", 2 * top)
    Y = [[sum(map(mul, row, w)) for w in W] for row in G]  # a row of W ends on the diagonal
    H = [[sum(map(mul, W[i], column)) for column in list(zip(*Y, strict=True))[: i + 1]] for i in range(r)]
    return Y, [list(v) for v in zip(*sums.values(), strict=True)], H, Fraction(1, 1 << bits)


def inverse_squares(scale: Sequence[Number]) -> tuple[list[int], int]:
    """(q, bits) with q_j/2^bits ≥ 1/s_j², by less than 2^-60 of it; 1 where all are 1."""
    if all(s == 1 for s in scale):
        return [1] * len(scale), 0
    size = max((-(-s.numerator // s.denominator)).bit_length() for s in scale)
    bits = FINE + 2 * size
    return [-(-(s.denominator**2 << bits) // s.numerator**2) for s in scale], bits


def gram(rows: list[list[int]], columns: list[list[int]]) -> list[list[list[int]]]:
    """Lower triangles of Σ_i w_i r_i r_i' for every column w, exactly."""
    k = len(rows[0])
    top = max((abs(v) for r in rows for v in r), default=0)
    heavy = max((abs(v) for w in columns for v in w), default=0)
    L = (len(rows) * top * top * heavy).bit_length() + 2
    read.spend(len(rows) * k * (1 + k * len(columns) // 8), "sums over the samples", L)
    if flint is not None and len(columns) < 4:  # else the conversions take longer than what follows
        return [_product(flint, rows, w) for w in columns]
    # a row is one long integer with its entries for digits in base 2^L, so one product gives a row of r r'
    sums = [[0] * k for _ in columns]
    for r, *weights in zip(rows, *columns, strict=True):
        packed = 0
        for i, v in enumerate(r):
            packed += v << L * i
            if v:
                long = v * packed
                for total, w in zip(sums, weights, strict=True):
                    total[i] += w * long
    return [[_digits(v, L, i + 1) for i, v in enumerate(total)] for total in sums]


def _product(integers: Any, rows: list[list[int]], w: list[int]) -> list[list[int]]:
    """The same for one column by flint, whose integers are read slowly where they are long, and multiplied fast."""
    R = integers.fmpz_mat(rows)
    if all(v == 1 for v in w):
        weighted = R
    else:
        factors = [integers.fmpz(v) for v in w]
        weighted = integers.fmpz_mat([[c * v for v in r] for c, r in zip(factors, R.tolist(), strict=True)])
    P = R.transpose() * weighted
    return [[int(v) for v in row[: i + 1]] for i, row in enumerate(P.tolist())]


def _digits(value: int, L: int, count: int) -> list[int]:
    """Signed digits in base 2^L."""
    out, half = [], 1 << L - 1
    for _ in range(count):
        digit = ((value + half) & (2 * half - 1)) - half
        out.append(digit)
        value = (value - digit) >> L
    return out
