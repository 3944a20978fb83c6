"""Cones inside CP(K), which give upper bounds: finitely many atoms, or the moments of a measure with a square density.

atoms      Y = Σ_k λ_k x_kx_k', λ ≥ 0: a linear program in λ.
measure    Y = ∫ σ(x) xx' dμ(x) with σ a sum of squares of degree 2d and μ a measure on K: with σ = m'Gm, G ⪰ 0 it is
           linear in G, <C, Y> = <G, M_d(C)> for M_d(C) = ∫ x'Cx m m' dμ, m = all monomials of degree ≤ d. Its dual
           {C : M_d(C) ⪰ 0} shrinks to COP(K) as d grows [Lasserre2014]. Here μ = e^{−Σx_i} dx on the orthant.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray
from scipy.special import factorial

from copos import monomials, svec
from copos.cones import Cone
from copos.conic import Cones, ConicForm
from copos.program import CompletelyPositiveProgram

Matrix = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Mixture:
    """Y = Σ weights_k atoms_k atoms_k', a completely positive matrix with its factors; one atom a row."""

    weights: Matrix
    atoms: Matrix

    @property
    def matrix(self) -> Matrix:
        """Y."""
        return (self.atoms.T * self.weights) @ self.atoms


def grid(n: int, level: int) -> Matrix:
    """Points of the simplex whose multiples by 2, 3, …, level + 2 are whole, one a row [Yildirim2012].

    They are all points with a denominator of at most level + 2, because 1 divides 2.

    Examples
    --------
    >>> grid(2, 0).tolist()
    [[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]
    >>> len(grid(3, 1))
    13
    """
    if not isinstance(level, (int, np.integer)) or isinstance(level, bool) or level < 0:
        raise ValueError(f"level must be a whole number ≥ 0, got {level!r}")
    parts = []
    for k in range(2, level + 3):
        chosen = monomials.every(n, k)
        counts = np.zeros((len(chosen), n))
        np.add.at(counts, (np.arange(len(chosen))[:, None], chosen), 1.0)
        parts.append(counts / k)
    return np.unique(np.concatenate(parts).round(15), axis=0)[::-1]


def of_atoms(program: CompletelyPositiveProgram, atoms: ArrayLike, tolerance: float = 1e-9) -> tuple[ConicForm, Matrix]:
    """The program over cone{xx'} of finitely many atoms x ∈ K: its conic form in λ, and the atoms that it uses.

    Atoms at which an E_j does not vanish are left out.

    Parameters
    ----------
    program : CompletelyPositiveProgram
    atoms : (count, ambient) points of K, one a row
    tolerance : of |x'E_jx|, relative to |x|²

    Raises
    ------
    ValueError
        If the shape does not fit or no atom is left.
    """
    x = np.atleast_2d(np.asarray(atoms, dtype=float))
    if x.shape[1:] != (program.cone.ambient,):
        raise ValueError(f"atoms must be points of R^{program.cone.ambient}, got shape {x.shape}")
    if len(program.vanishing):
        off = np.abs(program.vanishing.values(x)).max(axis=1)
        x = x[off <= tolerance * (x**2).sum(axis=1)]
    if not len(x):
        raise ValueError("no atom satisfies the program's vanishing forms")
    A, b = program.equations
    rows = sp.vstack([sp.csr_array(A.values(x).T), -sp.eye_array(len(x))], format="csc")
    form = ConicForm(program.C.values(x)[:, 0], rows, np.r_[b, np.zeros(len(x))], Cones(len(b), len(x)))
    return form, x


def of_measure(program: CompletelyPositiveProgram, degree: int) -> tuple[ConicForm, Matrix]:
    """The program over {∫ σ xx' dμ : σ a sum of squares of degree 2d}, as a conic form in svec G, and the scaled m.

    The second answer is what `measured` needs to turn G into Y.

    Raises
    ------
    ValueError
        If K is not an orthant, or the program has vanishing forms, which no density satisfies.
    """
    if not is_orthant(program.cone):
        raise ValueError("the exponential measure is one of the orthant R_+^n; this program lives on another cone")
    if len(program.vanishing):
        raise ValueError("the vanishing forms of the program are zero under no density; use atoms")
    n = program.cone.ambient
    exponents = _exponents(n, degree)
    A, b = program.equations
    objective = svec.svec(_moments(program.C.matrix(), exponents))
    rows = [svec.svec(_moments(A.matrix(k), exponents))[None, :] for k in range(len(A))]
    m = svec.length(len(exponents))
    matrix = sp.vstack([*map(sp.csr_array, rows), -sp.eye_array(m)], format="csc")
    form = ConicForm(objective, matrix, np.r_[b, np.zeros(m)], Cones(len(b), 0, (), (len(exponents),)))
    return form, exponents


def measured(G: Matrix, exponents: Matrix) -> Matrix:
    """Y = ∫ m'Gm xx' dμ."""
    total = (exponents[:, None] + exponents[None]).astype(float)
    weight = G * _factor(exponents)
    plus = total + 1
    Y = np.einsum("ab,abi,abj->ij", weight, plus, plus, optimize=True)
    return Y + np.diag(np.einsum("ab,abi->i", weight, plus))


def is_orthant(cone: Cone) -> bool:
    """Is K = R_+^n in its own coordinates?"""
    e = cone.entries
    return (
        cone.dim == cone.ambient == len(cone.sizes) == len(e.variable)
        and set(cone.sizes) <= {1}
        and bool((e.coefficient > 0).all())
        and len(np.unique(e.variable)) == cone.dim
    )


def _exponents(n: int, degree: int) -> Matrix:
    """Exponents of the monomials of degree ≤ d: those of degree d in one variable more."""
    if not isinstance(degree, (int, np.integer)) or isinstance(degree, bool) or degree < 0:
        raise ValueError(f"degree must be a whole number ≥ 0, got {degree!r}")
    every = monomials.every(n + 1, degree)
    out = np.zeros((len(every), n + 1), dtype=np.int64)
    np.add.at(out, (np.arange(len(every))[:, None], every), 1)
    return out[:, :n]


def _factor(exponents: Matrix) -> Matrix:
    """∫ m_a m_b dμ = Π (a_i + b_i)!, with every m_a scaled to ∫ m_a² dμ = 1; unscaled they span many magnitudes."""
    norms = factorial(2 * exponents).prod(axis=1) ** -0.5
    return factorial(exponents[:, None] + exponents[None]).prod(axis=2) * norms[:, None] * norms


def _moments(F: Matrix, exponents: Matrix) -> Matrix:
    """M_d(F)_ab = ∫ x'Fx m_a m_b dμ.

    With c = a + b, ∫ x^c x_ix_j = Π c_k! · (c_i + 1)(c_j + 1 + δ_ij), so F gives (c+1)'F(c+1) + diag(F)'(c+1).
    """
    plus = exponents[:, None] + exponents[None] + 1.0
    return _factor(exponents) * (np.einsum("abi,ij,abj->ab", plus, F, plus, optimize=True) + plus @ F.diagonal())
