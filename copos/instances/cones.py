"""Forms on cones with second-order and semidefinite blocks, with the values that the levels give."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import sqrt
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from copos.arithmetic import svec
from copos.cones import Cone, NonNegative, PositiveSemidefinite, SecondOrder
from copos.program import CompletelyPositiveProgram

Matrix = NDArray[Any]
COMPUTED = "computed twice, by different methods"


@dataclass(frozen=True, eq=False)
class ConeRecord:
    """A form x'Mx on a cone K, normalised by a linear form c.

    Attributes
    ----------
    cone : K
    matrix : M, in ambient coordinates
    normal : c, so that the program is the largest t with M − t cc' in a level
    minimum : min x'Mx over x ∈ K, c'x = 1
    values : (family, level) ↦ that t in the level
    reference : key in docs/references.bib, or how the numbers were found
    """

    name: str
    cone: Cone
    matrix: Matrix
    normal: Matrix
    reference: str
    minimum: float | None = None
    values: dict[tuple[str, int], float] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"ConeRecord({self.name!r}, {self.cone.name})"

    @property
    def program(self) -> CompletelyPositiveProgram:
        """Min <M, Y>, <cc', Y> = 1, Y ∈ CP(K), with the multiplier c of the levels."""
        c = self.normal
        return CompletelyPositiveProgram(self.cone, self.matrix, [(np.outer(c, c), 1.0)], name=self.name).with_unit(c)


def on_diagonals(M: ArrayLike) -> Matrix:
    """The form diag(X)'M diag(X) of the coordinates of S^n_+; copositive there iff M is on R_+^n, as X_ii ≥ 0 are free.

    >>> on_diagonals([[1.0]]).tolist()
    [[1.0]]
    """
    M = np.asarray(M, dtype=float)
    n = len(M)
    at = svec.position(np.arange(n), np.arange(n))
    out = np.zeros((svec.length(n),) * 2)
    out[np.ix_(at, at)] = M
    return out


def trace_form(n: int, t: float) -> Matrix:
    """(tr X)² − t tr X², copositive on S^n_+ iff t ≤ 1: with eigenvalues λ ≥ 0 it is (Σλ)² − tΣλ²."""
    a, b = svec.triangle(n)
    trace = (a == b).astype(float)
    return np.outer(trace, trace) - t * np.diag(np.where(a == b, 1.0, 2.0))


def hermitian(d: int) -> Cone:
    """Hermitian matrices A + iB ⪰ 0 of order d, as the slice [[A, −B], [B, A]] of S^{2d}_+.

    >>> hermitian(2)
    Cone(slice of S+^4, dim=4, blocks=1)
    """
    rows = []
    for i in range(d):
        for j in range(i, d):
            same, cross = np.zeros(svec.length(2 * d)), np.zeros(svec.length(2 * d))
            same[svec.position(i, j)], same[svec.position(d + i, d + j)] = 1.0, -1.0
            cross[svec.position(i, d + j)] += 1.0
            cross[svec.position(j, d + i)] += 1.0
            rows += [same, cross]
    return PositiveSemidefinite(2 * d).slice(sp.csr_array(np.array(rows)))


def isotropic(d: int, p: float | None = None) -> CompletelyPositiveProgram:
    """Is p ΦΦ* + (1 − p) I/d² = Σ A_k ⊗ B_k with Hermitian A_k, B_k ⪰ 0? With p = None: min −p subject to that.

    Φ = Σ e_i ⊗ e_i / √d. Separable iff p ≤ 1/(d + 1) [HorodeckiHorodecki1999].
    """
    side = hermitian(d)
    basis = side.basis.toarray()  # columns: real symmetric and skew parts of a basis of Hermitian matrices
    matrices = []
    for column in basis.T:
        X = np.zeros((2 * d, 2 * d))
        X[svec.triangle(2 * d)] = column
        X = X + np.triu(X, 1).T
        matrices.append(X[:d, :d] + 1j * X[d:, :d])
    H = np.array(matrices)
    gram = np.einsum("aij,bji->ab", H, H).real
    # ρ = Σ R_ab H_a ⊗ H_b, so that Y_AB = R, entry by entry in the coordinates of the slice
    phi = np.eye(d).ravel() / sqrt(d)
    pairs = np.einsum("aij,bkl->abikjl", H, H).reshape(len(H), len(H), d * d, d * d)

    def coordinates(rho: Matrix) -> Matrix:
        inner = np.einsum("abij,ji->ab", pairs, rho).real
        return np.linalg.solve(gram, np.linalg.solve(gram, inner.T).T)

    entangled, mixed = coordinates(np.outer(phi, phi)), coordinates(np.eye(d * d) / d**2)
    cone = side * side
    n = side.ambient
    free = side.free

    def entry(a: int, b: int) -> Matrix:
        E = np.zeros((2 * n, 2 * n))
        E[free[a], n + free[b]] = E[n + free[b], free[a]] = 0.5
        return E

    direction = entangled - mixed
    lead = divmod(int(np.abs(direction).argmax()), len(H))
    E_lead, slope = entry(*lead), direction[lead]
    equations = []
    for a in range(len(H)):
        for b in range(len(H)):
            if p is not None:
                equations.append((entry(a, b), (mixed + p * direction)[a, b]))
            elif (a, b) != lead:  # Y_ab − mixed_ab = (direction_ab / direction_lead)(Y_lead − mixed_lead)
                ratio = direction[a, b] / slope
                equations.append((entry(a, b) - ratio * E_lead, mixed[a, b] - ratio * mixed[lead]))
    # p = (Y_lead − mixed_lead)/slope; the constant is carried by the trace of ρ, which the equations fix at one
    trace = np.zeros((2 * n, 2 * n))
    tr = np.where(np.isin(np.arange(n), svec.position(np.arange(d), np.arange(d))), 1.0, 0.0)
    trace[:n, n:] = np.outer(tr, tr) / 2
    C = -(E_lead / slope - mixed[lead] / slope * (trace + trace.T)) if p is None else np.zeros((2 * n, 2 * n))
    return CompletelyPositiveProgram(cone, C, equations, name=f"isotropic states of order {d}")


def _frame(p: int, m: int) -> Matrix:
    return np.r_[np.ones(p), 2.0, np.zeros(m - 1)]


_HORN = np.array([[1, -1, 1, 0, 2], [-1, 1, -1, 2, 0], [1, -1, 1, 0, -2], [0, 2, 0, 0, 0], [2, 0, -2, 0, 4]], float)
_OPEN = np.array([[8, -2, -7, -5, -5], [-2, 4, 2, 8, 3], [-7, 2, 10, -2, -5], [-5, 8, -2, 4, 6], [-5, 3, -5, 6, 6.0]])
_SOS, _ZVP, _DP = "nishijima-nakata-sos", "zuluaga-vera-pena", "nishijima-nakata-dp"
_ROWS = (
    ConeRecord(
        "rotated horn", NonNegative(3) * SecondOrder(2), _HORN, _frame(3, 2), COMPUTED, 0.0,
        {("parrilo", 0): 2 / sqrt(5) - 1, ("parrilo", 1): 0.0, ("burer-dong", 0): 2 / sqrt(5) - 1, (_ZVP, 0): -0.25,
         (_SOS, 0): 2 / sqrt(5) - 1, (_SOS, 1): 0.0, (_DP, 0): -1.0, (_DP, 1): -1 / 3},
    ),
    ConeRecord(
        "open, R_+^2 × L^3", NonNegative(2) * SecondOrder(3), _OPEN, _frame(2, 3), COMPUTED, -1.1535850,
        {("parrilo", 0): -1.1535850, ("burer-dong", 0): -1.1535850, (_ZVP, 0): -1.3425883, (_ZVP, 1): -1.1535850,
         (_SOS, 0): -1.1535850, (_DP, 0): -7.035534, (_DP, 3): -2.602151},
    ),
    ConeRecord(
        "trace form, t = 1", PositiveSemidefinite(3), trace_form(3, 1.0), PositiveSemidefinite(3).unit,
        "(Σλ)² − Σλ² over λ ≥ 0, Σλ = 1", 0.0, {("parrilo", 0): 0.0},
    ),
    ConeRecord(
        "trace form, t = 5/4", PositiveSemidefinite(3), trace_form(3, 1.25), PositiveSemidefinite(3).unit,
        "(Σλ)² − tΣλ² over λ ≥ 0, Σλ = 1", -0.25, {("parrilo", 0): -0.25},
    ),
)  # fmt: skip
CONE_FORMS = {row.name: row for row in _ROWS}
