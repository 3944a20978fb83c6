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

from copos.exact_products import gram
from copos.rationals import nearest

Matrix = NDArray[Any]

PRIMES = (2147483629, 2147483587, 2147483579)
ROUNDS = 60  # of improving S; each gains about twelve digits of condition
NEAR = 1e-7  # how near to I is near enough


def independent(G: Matrix) -> list[int]:
    """The first rows of a rational positive semidefinite matrix that span all of them.

    Ranks modulo a prime never exceed the rank, and fall short of it for few primes only: several are tried.
    """
    return max((_independent(G, p) for p in PRIMES), key=len)


def _independent(G: Matrix, p: int) -> list[int]:
    n = len(G)
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
    return S


def _short(M: NDArray[np.float64], bits: int = 30) -> NDArray[np.float64]:
    """Entries with fewer bits: each row to a multiple of 2^{-bits} of its largest entry."""
    exponent = np.frexp(np.abs(M).max(axis=1))[1] - bits
    return np.ldexp(np.rint(np.ldexp(M, -exponent[:, None])), exponent[:, None])


def _floats(M: Matrix) -> NDArray[np.float64]:
    return np.array([[nearest(v) for v in row] for row in M.tolist()])
