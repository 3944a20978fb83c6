"""Symmetric matrices: copositive or not, completely positive or not, and at which level that shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import cos, inf, pi, sqrt
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import block_diag

Matrix = NDArray[Any]
COMPUTED = "computed twice, by different methods"


@dataclass(frozen=True, eq=False)
class MatrixRecord:
    """A matrix M and facts about it; None means that the table does not say.

    Attributes
    ----------
    matrix : (n, n)
    minimum : min x'Mx over the unit simplex, the largest t with M − tE copositive
    values : (family, level) ↦ the largest t with M − tE in that level
    copositive : x'Mx ≥ 0 for x ≥ 0?
    parrilo_level : the first ℓ with M in K^ℓ; inf if it is copositive and in none
    doubly_nonnegative, completely_positive : M ⪰ 0 and M ≥ 0; M = BB' with B ≥ 0?
    factor : such a B
    witness : a copositive N with <N, M> < 0, so that M is not completely positive
    minimiser : a point of the simplex where `minimum` is attained
    reference : key in docs/references.bib, or how the numbers were found
    """

    name: str
    matrix: Matrix
    reference: str
    minimum: float | None = None
    values: dict[tuple[str, int], float] = field(default_factory=dict)
    copositive: bool | None = None
    parrilo_level: float | None = None
    doubly_nonnegative: bool | None = None
    completely_positive: bool | None = None
    factor: Matrix | None = None
    witness: Matrix | None = None
    minimiser: Matrix | None = None

    def __repr__(self) -> str:
        return f"MatrixRecord({self.name!r}, n={len(self.matrix)})"


def circulant(row: Sequence[float]) -> Matrix:
    """The matrix whose rows are the shifts of one row.

    >>> circulant([1, 2, 3])[1].tolist()
    [3.0, 1.0, 2.0]
    """
    return np.array([np.roll(row, k) for k in range(len(row))], dtype=float)


def horn(d: ArrayLike | None = None) -> Matrix:
    """The Horn matrix H, or DHD with D = diag(d): 1 on the diagonal, −1 on a pentagon, 1 elsewhere [HallNewman1963].

    DHD is in K^1 iff 1/d_i ≤ 1/d_{i−2} + 1/d_{i+2} for all i, by experiment; see `horn_scales_to_level_one`.
    """
    scale = np.ones(5) if d is None else np.asarray(d, dtype=float)
    return scale[:, None] * circulant([1, -1, 1, 1, -1]) * scale


def horn_scales_to_level_one(d: ArrayLike) -> bool:
    """1/d_i ≤ 1/d_{i−2} + 1/d_{i+2} for all i: found to decide whether DHD is in K^1 on random d."""
    w = 1 / np.asarray(d, dtype=float)
    return bool((w <= np.roll(w, 2) + np.roll(w, -2)).all())


def hildebrand(psi: Sequence[float]) -> Matrix:
    """T(ψ), an extreme ray of COP_5 for ψ_i > 0, Σψ_i < π; T(0) is the Horn matrix [Hildebrand2012].

    Its diagonal is constant, so it is in K^1 [DickinsonDuerGijbenHildebrand2013].
    """
    p = np.asarray(psi, dtype=float)
    if p.shape != (5,) or p.min() < 0 or p.sum() >= pi:
        raise ValueError(f"expected five angles ≥ 0 with a sum below π, got {psi!r}")
    T = np.eye(5)
    for i in range(5):  # neighbours see one angle, the others the sum of two
        T[i, (i + 1) % 5] = T[(i + 1) % 5, i] = -cos(p[(i + 3) % 5])
        T[i, (i + 2) % 5] = T[(i + 2) % 5, i] = cos(p[(i + 3) % 5] + p[(i + 4) % 5])
    return T


def cycle_plus_identity(n: int, b: float) -> Matrix:
    """I + bA(C_n): for odd n doubly nonnegative iff 0 ≤ b ≤ 1/(2cos(π/n)), completely positive iff 0 ≤ b ≤ 1/2.

    Its least eigenvalue is 1 − 2b cos(π/n). A graph without triangles has completely positive matrices exactly where
    the comparison matrix, here I − bA with least eigenvalue 1 − 2b, is positive semidefinite [DrewJohnsonLoewy1994].
    """
    return circulant([1, b, *[0] * (n - 3), b])


def pentagon_family(t: float) -> Matrix:
    """B(t) on a pentagon: doubly nonnegative iff t ≥ 3, completely positive for no t; <H, B(3)> = −1."""
    return np.array([[1, 1, 0, 0, 1], [1, 2, 1, 0, 0], [0, 1, 2, 1, 0], [0, 0, 1, 1, 1], [1, 0, 0, 1, t]], dtype=float)


def _bordered(M: Matrix) -> Matrix:
    return np.block([[M, np.zeros((len(M), 1))], [np.zeros((1, len(M) + 1))]])


def direct_sum(*parts: ArrayLike) -> Matrix:
    """M_1 ⊕ M_2 ⊕ …: in no K^ℓ if one is copositive but not in K^0 and another has a zero x ≥ 0 [LaurentVargas2023].

    >>> direct_sum([[1]], [[2]]).tolist()
    [[1.0, 0.0], [0.0, 2.0]]
    """
    return block_diag(*(np.asarray(M, dtype=float) for M in parts))


def _upper(rows: str) -> Matrix:
    """A symmetric matrix from the rows of its upper triangle."""
    parts = [[float(v) for v in row.split()] for row in rows.split("|")]
    M = np.zeros((len(parts), len(parts)))
    for i, row in enumerate(parts):
        M[i, i:] = M[i:, i] = row
    return M


_CORNERS = np.concatenate([circulant([1, 2, 1, 0, 0]), circulant([1, 1, 0, 0, 0])]).T
_FACTOR = np.array([[3, 4, 4], [5, 1, 6], [8, 7, 7], [8, 2, 6], [2, 5, 6]], dtype=float)
_POPULATION = -_upper("14 15 16 0 0 | 14 12.5 22.5 15 | 10 26.5 16 | 0 0 | 14")
_PORTFOLIO = _upper("9044 1054 5140 3322 0 | 8715 7385 5866 9751 | 6936 5368 8086 | 5633 7478 | 12932") / 1e4
_C5 = circulant([1, 1, 0, 0, 1])
_LP = "de-klerk-pasechnik"

_ROWS = (
    MatrixRecord(
        "horn", horn(), "HallNewman1963", 0.0, {("parrilo", 0): 2 / sqrt(5) - 1, ("parrilo", 1): 0.0},
        copositive=True, parrilo_level=1, doubly_nonnegative=False, completely_positive=False,
        minimiser=np.array([1, 1, 0, 0, 0]) / 2,
    ),
    MatrixRecord(
        "hoffman-pereira", circulant([1, -1, 1, 0, 0, 1, -1]), "HoffmanPereira1973", 0.0,
        {("parrilo", 0): -0.0520951, ("parrilo", 1): 0.0}, copositive=True, parrilo_level=1,
        doubly_nonnegative=False, completely_positive=False,
    ),
    MatrixRecord(
        "horn with a zero row", _bordered(horn()), "LaurentVargas2023", 0.0,
        {("parrilo", 0): -0.1055728, ("parrilo", 1): -0.0087978}, copositive=True, parrilo_level=inf,
        doubly_nonnegative=False, completely_positive=False,
    ),
    MatrixRecord(
        "horn and a square", direct_sum(horn(), [[1, -1], [-1, 1]]), "LaurentVargas2023", 0.0, copositive=True,
        parrilo_level=inf, doubly_nonnegative=False, completely_positive=False,
        minimiser=np.array([0, 0, 0, 0, 0, 1, 1]) / 2,
    ),
    MatrixRecord(
        "hildebrand", hildebrand([0.3, 0.4, 0.5, 0.6, 0.7]), "Hildebrand2012", 0.0, {("parrilo", 1): 0.0},
        copositive=True, parrilo_level=1, doubly_nonnegative=False, completely_positive=False,
    ),
    MatrixRecord(
        "scaled horn, level 1", horn([1, 1, 1, 1.5, 1]), COMPUTED, 0.0, {("parrilo", 1): 0.0},
        copositive=True, parrilo_level=1, doubly_nonnegative=False, completely_positive=False,
    ),
    MatrixRecord(
        "scaled horn, beyond level 1", horn([1, 1, 4, 4, 1]), COMPUTED, 0.0, {("parrilo", 1): -0.0029593},
        copositive=True, doubly_nonnegative=False, completely_positive=False,
    ),
    MatrixRecord(
        "pentagon, doubly nonnegative", cycle_plus_identity(5, 0.6), "DrewJohnsonLoewy1994", copositive=True,
        parrilo_level=0, doubly_nonnegative=True, completely_positive=False,
    ),
    MatrixRecord(
        "pentagon, completely positive", cycle_plus_identity(5, 0.5), "DrewJohnsonLoewy1994", copositive=True,
        parrilo_level=0, doubly_nonnegative=True, completely_positive=True,
        factor=circulant([1, 1, 0, 0, 0]).T / sqrt(2),
    ),
    MatrixRecord(
        "heptagon, doubly nonnegative", cycle_plus_identity(7, 0.52), "DrewJohnsonLoewy1994", copositive=True,
        parrilo_level=0, doubly_nonnegative=True, completely_positive=False,
    ),
    MatrixRecord(
        "pentagon family at 3", pentagon_family(3), "BermanShakedMonderer2003", copositive=True, parrilo_level=0,
        doubly_nonnegative=True, completely_positive=False, witness=horn(),
    ),
    MatrixRecord(
        "circulant 8 5 1 1 5", circulant([8, 5, 1, 1, 5]), "its factor", copositive=True, parrilo_level=0,
        doubly_nonnegative=True, completely_positive=True, factor=_CORNERS,
    ),
    MatrixRecord(
        "integer factor", _FACTOR @ _FACTOR.T, "its factor", copositive=True, parrilo_level=0,
        doubly_nonnegative=True, completely_positive=True, factor=_FACTOR,
    ),
    MatrixRecord(
        "population genetics", _POPULATION, "BomzedeKlerk2002", -49 / 3, {("parrilo", 0): -49 / 3, (_LP, 1): -21.0},
        copositive=False, minimiser=np.array([0, 1, 1, 1, 0]) / 3,
    ),
    MatrixRecord(
        "portfolio", _PORTFOLIO, "BomzedeKlerk2002", 0.48393298,
        {("parrilo", 0): 0.48393298, (_LP, 1): 0.301467, (_LP, 2): 0.348383}, copositive=True, parrilo_level=0,
    ),
    MatrixRecord(
        "pentagon, stability", _C5, "MotzkinStraus1965", 0.5,
        {("parrilo", 0): 1 / sqrt(5), ("parrilo", 1): 0.5, (_LP, 1): 1 / 3}, copositive=True, parrilo_level=0,
        minimiser=np.array([1, 0, 1, 0, 0]) / 2,
    ),
)  # fmt: skip
MATRICES = {row.name: row for row in _ROWS}
