"""Lasserre's inner approximations of CP(K): Y = ∫ σ(x) xx' dμ(x), σ a sum of squares of degree 2d.

With σ = m'Gm, G ⪰ 0, m all monomials of degree ≤ d, Y is linear in G, and the dual is {C : ∫ x'Cx m m' dμ ⪰ 0}, which
shrinks to COP(K) as d grows for any measure with support K that its moments determine [Lasserre2014]. Here μ is a
product, with moments in closed form:

R_+^n   e^{−Σx_i} dx:            ∫ x^c = Π c_i!
L^m     e^{−t} on |u| ≤ t:       ∫ t^a u^κ = (a + |κ| + m − 1)! · ∫_{|u| ≤ 1} u^κ du, the ball's integral being
                                 2 Π Γ((κ_i+1)/2) / (Γ((|κ|+m−1)/2) (|κ|+m−1)) where all κ_i are even and 0 elsewhere
S^n_+   X = FF', F standard normal of order n (Wishart with n degrees of freedom): a monomial in X is a sum of
        monomials in F, of which E Π f_ij^{c_ij} = Π (c_ij − 1)!! where all c_ij are even and 0 elsewhere
"""

from __future__ import annotations

from math import comb
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.special import factorial, factorial2, gamma

from copos.arithmetic import monomials, svec
from copos.cones import Part
from copos.conic import Cones
from copos.hierarchy.atoms import Inner
from copos.program import CompletelyPositiveProgram

Matrix = NDArray[Any]
LARGEST = 3_000_000  # integrals that a level may need


def of_measure(program: CompletelyPositiveProgram, degree: int) -> Inner:
    """{∫ σ xx' dμ : σ a sum of squares of degree 2d}.

    Raises
    ------
    ValueError
        If K is not a product of orthants, second-order and semidefinite cones, the program has vanishing forms, which
        no density satisfies, the degree is not an integer ≥ 0 or the level is too large.
    """
    cone = program.cone
    if not cone.parts or any(p.kind == "free" for p in cone.parts):
        raise ValueError(f"a measure needs a product of orthants, second-order and semidefinite cones, not {cone.name}")
    if len(program.vanishing):
        raise ValueError("the vanishing forms of the program are zero under no density; use atoms")
    if not isinstance(degree, (int, np.integer)) or isinstance(degree, bool) or degree < 0:
        raise ValueError(f"degree must be an integer ≥ 0, got {degree!r}")
    n = cone.dim
    size = comb(n + degree, degree)
    if svec.length(size) * svec.length(n) > LARGEST:
        raise ValueError(f"degree {degree} on {cone.name} needs {svec.length(size) * svec.length(n):,} integrals, "
                         f"more than {LARGEST:,}")  # fmt: skip
    # variable 0 stands for 1, so that all monomials have one degree
    m = monomials.every(n + 1, degree)
    every = monomials.every(n + 1, 2 * degree + 2)
    table = moments(cone.parts, every)
    square = table[monomials.rank(monomials.product(monomials.product(m, m), np.zeros((len(m), 2), dtype=np.int64)))]
    scale = square**-0.5  # unscaled, the monomials span many magnitudes
    r, s = svec.triangle(len(m))
    a, b = svec.triangle(n)
    pair = monomials.product(m[r], m[s])
    weight = np.where(r == s, 1.0, svec.SQRT2) * scale[r] * scale[s]
    entries = np.empty((len(a), len(r)))
    for k in range(len(a)):
        xx = np.broadcast_to(np.array([a[k] + 1, b[k] + 1]), (len(pair), 2))
        entries[k] = weight * table[monomials.rank(monomials.product(pair, xx))]

    def read(z: Matrix) -> Matrix:
        value, vectors = np.linalg.eigh(svec.smat(z))
        G = (vectors * np.maximum(value, 0.0)) @ vectors.T  # so that Y is in CP whatever the solver's tolerance
        Y = np.zeros((n, n))
        Y[a, b] = Y[b, a] = entries @ svec.svec(G)
        return Y

    return Inner(sp.csr_array(entries), Cones(0, 0, (), (len(m),)), read)


def moments(parts: tuple[Part, ...], every: Matrix) -> Matrix:
    """∫ of monomials (sorted rows of variables, 0 standing for 1) under the product measure.

    >>> moments((Part("nonnegative", 2),), np.array([[0, 0], [1, 1], [1, 2]])).tolist()
    [1.0, 2.0, 1.0]
    """
    out, at = np.ones(len(every)), 1
    for part in parts:
        counts = (every[:, :, None] == at + np.arange(part.dim)).sum(axis=1)
        unique, inverse = np.unique(counts, axis=0, return_inverse=True)
        out *= MOMENTS[part.kind](unique, part.order)[inverse.ravel()]
        at += part.dim
    return out


def _orthant(counts: Matrix, n: int) -> Matrix:
    return factorial(counts).prod(axis=1)


def _second_order(counts: Matrix, m: int) -> Matrix:
    if m == 1:
        return _orthant(counts, 1)
    kappa = counts[:, 1:]
    total = kappa.sum(axis=1) + m - 1
    ball = 2 * gamma((kappa + 1) / 2).prod(axis=1) / (gamma(total / 2) * total)
    return np.where((kappa % 2).any(axis=1), 0.0, ball) * factorial(counts[:, 0] + total)


def _wishart(counts: Matrix, n: int) -> Matrix:
    """By columns of F: every factor X_ij = Σ_k F_ik F_jk of a monomial chooses one k."""
    i, j = svec.triangle(n)
    out = np.zeros(len(counts))
    degree = counts.sum(axis=1)
    for d in np.unique(degree):
        which = np.flatnonzero(degree == d)
        factors = np.repeat(np.tile(np.arange(len(i)), len(which)), counts[which].ravel()).reshape(len(which), d)
        for choice in np.ndindex(*(n,) * int(d)):
            column = np.array(choice, dtype=np.int64)
            exponent = np.zeros((len(which), n * n), dtype=np.int64)
            row = np.arange(len(which))[:, None]
            np.add.at(exponent, (row, i[factors] * n + column), 1)
            np.add.at(exponent, (row, j[factors] * n + column), 1)
            even = (exponent % 2 == 0).all(axis=1)
            out[which[even]] += factorial2(np.maximum(exponent[even] - 1, 0)).clip(1).prod(axis=1)
    return out


MOMENTS = {"nonnegative": _orthant, "second-order": _second_order, "semidefinite": _wishart}
