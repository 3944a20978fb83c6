"""The closed form of the squared loss over matrices of bounded rank, as a proof in integers.

    f(W) = tr(A(WGW' − WH' − HW')) + c,   A = diag(a) ≥ 0,   rank W ≤ r.

Let C be any matrix, t ≥ 0, Z = CC' and D the diagonal matrix with A D = I on the outputs with a_i > 0. If

    [[tD + Z, H], [H', G]] ⪰ 0     then     f(W) ≥ c − t r − Σ_i a_i Z_ii :

with P the projection onto the range of A^{1/2}W, the trace of this matrix between (P A^{1/2}; −W'A^{1/2}) is f(W) − c +
tr(P(tI + A^{1/2}ZA^{1/2})) [BaldiHornik1989]. The best C and t come from the eigenvalues of S = A^{1/2}HG⁻¹H'A^{1/2}:
t is the (r+1)-st and Z carries the r before it. Nothing here is trusted: numbers with many digits are computed in
fixed point, because the least eigenvalues of S may be 10^18 times smaller than the largest, and the checker decides.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from math import isqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.fixed_point import Short, cholesky, exponent, fixed, forward, power, scaled
from copos.arithmetic.rationals import Rational

Matrix = NDArray[Any]

BITS = (96, 192, 384, 768, 1536)  # of fixed-point numbers, until they are enough
ORDER = 400  # of the matrix above
PRECISE = Fraction(1, 10**12)  # of the value: what strict positivity may cost before more bits are tried


class Spectral(NamedTuple):
    """Numbers of the closed form: t, Z = CC'/2^C_bits, the factor BB'/2^B_bits, exponents of the rows."""

    value: Fraction
    t: Fraction
    C: list[list[int]]
    C_bits: int
    B: list[list[int]]
    B_bits: int
    scales: list[int]
    given_away: Fraction  # what strict positivity costs


@dataclass(frozen=True, eq=False)
class RankLoss:
    """f(W) = tr(A(WGW' − WH' − HW')) + c over rank W ≤ r: rational G ≻ 0 (d_in, d_in), H (d_out, d_in), a > 0, c."""

    G: Matrix
    H: Matrix
    a: list[Rational]
    constant: Rational
    rank: int


def spectral_bound(loss: RankLoss) -> Spectral | None:
    """Numbers that prove a bound within rounding of the closed form; None for a matrix that is too large.

    Examples
    --------
    >>> one = np.array([[1, 0], [0, 1]], dtype=object)
    >>> found = spectral_bound(RankLoss(one, one * np.array([2, 1]), [1, 1], 5, rank=1))     # min ‖W − diag(2, 1)‖²
    >>> 1 - 1e-12 < found.value <= 1
    True
    """
    if sum(loss.H.shape) > ORDER:
        return None
    # weights in units of powers of two, so that data which differ by such have the same digits
    e, f = (exponent(max(v)) for v in (loss.a, np.diagonal(loss.G).tolist()))
    less = replace(loss, a=[v * power(-e) for v in loss.a])
    best: Spectral | None = None
    for bits in BITS:
        try:
            found = _restored(_at(less, f, bits), loss, e, f)
        except Short:
            continue
        if best is None or found.value > best.value:
            best = found
        if found.given_away <= PRECISE * abs(found.value):
            break
    return best


def _restored(found: Spectral, loss: RankLoss, e: int, f: int) -> Spectral:
    """The numbers of 2^{e+f} times the loss: T is 2^f times as large, t/a too."""
    t, C_bits = found.t * power(e + f), 2 * found.C_bits - f
    sizes = [a * sum(c * c for c in row) for a, row in zip(loss.a, found.C, strict=True)]
    value = Fraction(loss.constant) - t * loss.rank - sum(sizes, Fraction(0)) * power(-C_bits)
    return found._replace(
        value=_rounded_down(value), t=t, C_bits=C_bits, B_bits=2 * found.B_bits - f,
        given_away=found.given_away * power(e + f),
    )  # fmt: skip


def _at(loss: RankLoss, unit_of: int, bits: int) -> Spectral:
    """The numbers of G and H less a factor 2^unit_of."""
    # rows of inputs in units that make the diagonal of G about one; outputs in one unit for all
    inputs = [-(exponent(v) - unit_of) // 2 for v in np.diagonal(loss.G)]
    lower = [e - unit_of for e in inputs]
    G = scaled(loss.G.tolist(), inputs, lower, bits)
    L = cholesky(G, bits, 0)
    roots = [_root(a, bits) for a in loss.a]
    H = [[v * root * power(e) for v, e in zip(row, lower, strict=True)]
         for row, root in zip(loss.H.tolist(), roots, strict=True)]  # fmt: skip
    unit = -max((exponent(v) for row in H for v in row if v), default=0)
    Y = forward(L, fixed([[v * power(unit) for v in row] for row in H], bits).T, bits)
    S = (Y.T @ Y) >> bits  # A^{1/2}HG⁻¹H'A^{1/2}·4^unit
    t, F = _top(S, min(loss.rank, len(S)), bits)
    # back to the units of the data, and C rounded there
    C_bits = bits + unit
    C = np.array([[int(v * Fraction(1) / root) for v in row] for row, root in zip(F.tolist(), roots, strict=True)],
                 dtype=object).reshape(F.shape)  # fmt: skip
    slack = loss.rank * power(-bits // 2 - 2 * unit)
    return _written(loss, inputs, unit_of, t * power(-2 * unit), C, C_bits, bits)._replace(given_away=slack)


def _written(
    loss: RankLoss, inputs: list[int], unit_of: int, t: Fraction, C: Matrix, C_bits: int, bits: int
) -> Spectral:
    Z = (C @ C.T) if C.size else np.zeros((len(C), len(C)), dtype=object)
    unit = power(-2 * C_bits)
    T = [[Fraction(z) * unit for z in row] for row in Z.tolist()]
    for i, a in enumerate(loss.a):
        T[i][i] += t / a
    outputs = [-exponent(T[i][i]) // 2 if T[i][i] else 0 for i in range(len(T))]
    scales = [*inputs, *outputs]
    n = len(inputs)
    lower = [e - unit_of for e in inputs]
    cross = scaled(loss.H.tolist(), outputs, lower, bits)
    M = np.block([[scaled(loss.G.tolist(), inputs, lower, bits), cross.T], [cross, scaled(T, outputs, outputs, bits)]])
    size = n + len(T)
    hold = 16 * size * size
    B = cholesky(M - hold * np.eye(size, dtype=int).astype(object), bits, hold)
    return Spectral(Fraction(0), t, C.tolist(), C_bits, B.tolist(), bits, scales, Fraction(0))


def _top(S: Matrix, r: int, bits: int) -> tuple[Fraction, Matrix]:
    """(t, F) with tI + FF' ⪰ S and t r + ‖F‖² about the sum of the r largest eigenvalues of S, |S| ≤ 1, fixed point.

    Eigenvectors are taken out from the largest on, some at a time, and each time the rest R = S − SU(U'SU)⁻¹U'S is
    computed anew with all digits: so small eigenvalues are found as precisely as large ones. With S_U = SU(U'SU)⁻¹U'S =
    F_0F_0', R = S − S_U ⪯ t(I − Π) for the projection Π onto the range of U, and F F' = S_U − tΠ.
    """
    n, one, slack = len(S), 1 << bits, power(-bits // 2)
    R, columns, floor = S, np.zeros((n, 0), dtype=object), 4 * n * n
    while columns.shape[1] < r:
        size = max(int(v) for v in np.diagonal(R))
        if size <= floor:
            break
        near = np.array([[v / size for v in row] for row in R.tolist()])
        value, vector = np.linalg.eigh((near + near.T) / 2)
        most = r - columns.shape[1]
        U = vector[:, ::-1][:, : min(most, int((value > 1e-6 * value[-1]).sum()))]
        new = _taken(R, fixed(U.tolist(), bits), bits)
        columns = np.concatenate([columns, new], axis=1)
        R = S - ((columns @ columns.T) >> bits)
    if r >= n:  # nothing is left: S itself, with a little more for rounding
        return slack, columns
    rest = max(max((int(v) for v in np.diagonal(R)), default=0), 1)
    largest = float(np.linalg.eigvalsh(np.array([[v / rest for v in row] for row in R.tolist()]))[-1])
    least = Fraction(largest) * rest / one
    t = least * (1 + Fraction(1, 10**13)) + slack
    # F = F_0 K with KK' = I − t(F_0'F_0)⁻¹; where eigenvalues meet at the cut a little less than t is taken
    inner = (columns.T @ columns) >> bits
    for give in (60, 48, 40, 32, 26, 20, 12):
        try:
            return t, _shrunk(columns, inner, least * (1 - power(-give)), bits)
        except Short:
            continue
    return t, columns


def _taken(R: Matrix, U: Matrix, bits: int) -> Matrix:
    """Columns F_0 with F_0F_0' = RU(U'RU)⁻¹U'R."""
    RU = (R @ U) >> bits
    K = (U.T @ RU) >> bits
    return forward(cholesky((K + K.T) >> 1, bits, 0), RU.T, bits).T


def _shrunk(F: Matrix, inner: Matrix, t: Fraction, bits: int) -> Matrix:
    k = len(inner)
    if k == 0 or t <= 0:
        return F
    L = cholesky(inner, bits, 0)
    inverse = forward(L, fixed(np.eye(k, dtype=int).tolist(), bits), bits)  # L⁻¹, so (F'F)⁻¹ = L⁻ᵀL⁻¹
    E = -(((inverse.T @ inverse) >> bits) * t.numerator) // t.denominator
    E = E + np.eye(k, dtype=int).astype(object) * (1 << bits)
    return (F @ cholesky((E + E.T) >> 1, bits, 0)) >> bits


def _root(a: Rational, bits: int) -> Fraction:
    """√a to so many bits of its own."""
    if a == 1:
        return Fraction(1)
    shift = 2 * (bits - exponent(a) // 2)
    scaled = Fraction(a) * power(shift)
    return Fraction(isqrt(scaled.numerator // scaled.denominator)) * power(-shift // 2)


def _rounded_down(value: Fraction, bits: int = 120) -> Fraction:
    """A multiple of a power of two just below, with so many bits relative to the value."""
    if not value:
        return value
    unit = power(exponent(value) - bits)
    return (value / unit).__floor__() * unit
