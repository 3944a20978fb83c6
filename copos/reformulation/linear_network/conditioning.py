"""Coordinates of the inputs in which a Gram matrix is nearly the identity, known exactly.

With W = V S for an invertible matrix S the rank of W is that of V, and f(W) is a loss of V with Gram matrices S G_i S'.
S is found in floating point and its entries are then taken as they are: dyadic numbers. What S G S' is, is computed
exactly, so that S may be improved until it is I to rounding whatever the scales and offsets of the inputs are.

Inputs that depend on others are left out first: if X = C X_k for some rows k of X, then WX = (WC)X_k.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.exact import solved
from copos.arithmetic.exact_products import gram
from copos.arithmetic.fixed_point import exponent, power
from copos.arithmetic.rationals import nearest, rational

Matrix = NDArray[Any]

PRIMES = (2147483629, 2147483587, 2147483579)
ROUNDS = 60  # of improving S; each gains about twelve digits of condition
WELL = 1e6  # condition up to which doubles do
NEAR = 1e-6  # from I where Newton's iteration takes over


def independent(G: Matrix) -> list[int]:
    """The first rows of a rational positive semidefinite matrix that span all of them.

    Ranks modulo a prime never exceed the rank, and fall short of it for few primes only: several are tried.
    """
    best: list[int] = []
    for p in PRIMES:
        found = _independent(G, p)
        best = max(best, found, key=len)
        if len(best) == len(G):
            break
    return best


def _independent(G: Matrix, p: int) -> list[int]:
    n = len(G)
    if any(v.denominator % p == 0 for v in G.ravel().tolist()):
        return []
    R = np.array([[v.numerator % p * pow(v.denominator, -1, p) % p for v in row] for row in G.tolist()], dtype=np.int64)
    kept: list[int] = []
    # columns of the symmetric matrix one after the other: column j is kept if it is not spanned by those before it
    used = np.zeros(n, dtype=bool)
    for j in range(n):
        rows = np.flatnonzero((R[:, j] != 0) & ~used)
        if len(rows) == 0:
            continue
        top = rows[0]
        used[top] = True
        kept.append(j)
        R[top] = R[top] * pow(int(R[top, j]), -1, p) % p
        others = np.flatnonzero(R[:, j])
        others = others[others != top]
        R[others] = (R[others] - R[others, j][:, None] * R[top] % p) % p
    return kept


def congruent(S: Matrix, G: Matrix) -> Matrix:
    """S G S' of rational matrices, exactly."""
    return gram(gram(S, G), S)


def powers(G: Matrix) -> list[int]:
    """Exponents e with 2^{2e} G_ii in [1/2, 2); 0 for a zero diagonal."""
    out = []
    for v in np.diagonal(G):
        size = v.numerator.bit_length() - v.denominator.bit_length() if v else 0
        out.append(-(size // 2))
    return out


def scaled(G: Matrix) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(D G D, the diagonal of D) in doubles, D powers of two that make the diagonal about one."""
    e = powers(G)
    rows = zip(G.tolist(), e, strict=True)
    near = [[nearest(v * power(a + b)) for v, b in zip(row, e, strict=True)] for row, a in rows]
    with np.errstate(over="ignore"):  # inf beyond the doubles
        return np.array(near), np.ldexp(1.0, np.array(e))


def condition(G: Matrix) -> float:
    """The condition of D G D, infinite where it is beyond doubles."""
    value = np.linalg.eigvalsh(scaled(G)[0])
    return float(value[-1] / value[0]) if value[0] > 1e-14 * value[-1] else np.inf


def rough(G: Matrix) -> NDArray[np.float64] | None:
    """S in doubles with S G S' ≈ I to the square root of their precision; None where the condition is too bad."""
    near, D = scaled(G)
    if condition(G) > WELL:
        return None
    return np.linalg.inv(np.linalg.cholesky(near)) * D if np.isfinite(D).all() else None


def conditioner(G: Matrix) -> Matrix:
    """S, a dyadic invertible matrix with S G S' ≈ I, for a rational positive definite G."""
    S = np.diag(np.array([Fraction(2) ** e for e in powers(G)], dtype=object))
    near = _floats(congruent(S, G))
    for _ in range(ROUNDS):
        value, vector = np.linalg.eigh(near)
        if abs(value - 1).max() <= NEAR:
            break
        # eigenvalues below rounding are raised to it; what is wrong with them is seen, and mended, in the next round
        value = np.maximum(value, value[-1] * 1e-13)
        step = _short((vector / np.sqrt(value)).T)
        S = gram(step, S.T)
        near = _floats(congruent(S, G))
    for _ in range(2):  # Newton's iteration for the inverse root of I + E
        E = _floats(congruent(S, G) - np.eye(len(S), dtype=int))
        S = gram(np.eye(len(S)) - E / 2 + 3 / 8 * E @ E, S.T)
    return next((short for short in (_rounded(S, bits) for bits in (60, 90, 140, 220)) if _is_near(short, G)), S)


def _is_near(S: Matrix, G: Matrix) -> bool:
    return bool(np.abs(_floats(congruent(S, G) - np.eye(len(S), dtype=int))).max() <= 1e-14)


def _rounded(S: Matrix, bits: int) -> Matrix:
    """Every row to a multiple of a power of two, so many bits below its largest entry."""
    rows = []
    for row in S.tolist():
        unit = power(max(exponent(v) for v in row if v) - bits)
        rows.append([rational(round(v / unit) * unit) for v in row])
    return np.array(rows, dtype=object)


def _short(M: NDArray[np.float64], bits: int = 30) -> NDArray[np.float64]:
    """Entries with fewer bits: each row to a multiple of 2^{-bits} of its largest entry."""
    exponent = np.frexp(np.abs(M).max(axis=1))[1] - bits
    return np.ldexp(np.rint(np.ldexp(M, -exponent[:, None])), exponent[:, None])


def _floats(M: Matrix) -> NDArray[np.float64]:
    return np.array([[nearest(v) for v in row] for row in M.tolist()])


def combination(G: Matrix, kept: list[int]) -> Matrix | None:
    """C with G[others] = C G[kept], so that the other inputs are combinations of those kept; None if there is none."""
    others = [j for j in range(len(G)) if j not in set(kept)]
    if not kept:
        return None if G.any() else np.zeros((len(others), 0), dtype=object)
    if not others:
        return np.zeros((0, len(kept)), dtype=object)
    found = solved(G[np.ix_(kept, kept)].tolist(), G[np.ix_(kept, others)].tolist())
    if found is None:
        return None
    C = np.array(found, dtype=object).T
    return C if not (gram(C, G[kept].T) - G[others]).any() else None
