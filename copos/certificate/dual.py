"""The approximate identity behind a level, in floating point: projecting onto it and moving inside.

With moments y of the monomials of degree ℓ + 2 as placeholders, a level's identity reads

    objective  =  equations' λ  +  map' (w ∘ tri G),      G_s ⪰ 0,

λ holding the multipliers of e^ℓ A_i (whose value counts, b'λ) and of x^β E_j (free), w = 1 or 2 on and off the diagonal.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.linalg import lsqr

from copos import svec
from copos.conic import ConicForm, Solution, Status
from copos.hierarchy import Relaxation
from copos.solvers import solve

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Identity:
    """The linear map of a relaxation: unknowns (svec of all G_s, λ), one row per monomial.

    Attributes
    ----------
    sizes : orders of the blocks; the scalars stand first
    map : monomials × (entries of all G_s as svec), so that Σ <G_s, B_s> = map @ g
    equations : monomials × multipliers
    target : coefficients of e^ℓ x'Cx
    values : (multipliers,) right-hand sides, so that the bound is values @ λ
    """

    sizes: NDArray[np.int64]
    map: sp.csr_array
    equations: sp.csr_array
    target: Vector
    values: Vector

    @classmethod
    def of(cls, relaxation: Relaxation) -> Identity:
        """The identity of a relaxation before substitutions."""
        sizes = relaxation.blocks.sizes
        scale = np.concatenate([np.ones(0), *(svec.scaling(int(n)) for n in np.unique(sizes))]) if len(sizes) else []
        table = dict(zip(np.unique(sizes).tolist(), np.split(scale, np.cumsum(svec.length(np.unique(sizes)))[:-1]),  # type: ignore[arg-type]
                         strict=True)) if len(sizes) else {}  # fmt: skip
        scale = np.concatenate([np.ones(0), *(table[int(n)] for n in sizes)])
        M = sp.csr_array((sp.diags_array(scale) @ relaxation.blocks.map).T)
        return cls(sizes, M, sp.csr_array(relaxation.equations.T), relaxation.objective, relaxation.rhs)

    @property
    def scalars(self) -> int:
        """Number of blocks of order one."""
        return int((self.sizes == 1).sum())

    def residual(self, g: Vector, multipliers: Vector) -> Vector:
        """Target − Σ <G_s, B_s> − Σ λ_i equation_i, per monomial."""
        return self.target - self.map @ g - self.equations @ multipliers

    def matrices(self, g: Vector) -> list[Matrix]:
        """Gram matrices of the blocks of order > 1."""
        out, at = [], self.scalars
        for n in self.sizes[self.scalars :].tolist():
            out.append(svec.smat(g[at : at + svec.length(n)]))
            at += svec.length(n)
        return out

    def join(self, scalars: Vector, matrices: list[Matrix]) -> Vector:
        """Inverse of `matrices`, with the scalar blocks."""
        return np.concatenate([scalars, *map(svec.svec, matrices)])

    def one(self) -> Vector:
        """The identity matrix in every block."""
        return np.concatenate([np.ones(self.scalars), *(svec.svec(np.eye(int(n))) for n in self.sizes[self.scalars :])])


@dataclass(frozen=True, eq=False)
class Dual:
    """Gram matrices and multipliers that satisfy the identity up to rounding."""

    identity: Identity
    g: Vector
    multipliers: Vector

    @property
    def value(self) -> float:
        """The bound b'λ that they stand for."""
        return float(self.identity.values @ self.multipliers)

    @property
    def error(self) -> float:
        """Largest residual of the identity."""
        return float(np.abs(self.identity.residual(self.g, self.multipliers)).max(initial=0.0))

    def floors(self) -> Vector:
        """Smallest eigenvalue of every block."""
        i = self.identity
        return np.r_[self.g[: i.scalars], [np.linalg.eigvalsh(G)[0] for G in i.matrices(self.g)]]

    def mix(self, other: Dual, share: float) -> Dual:
        """(1 − share)·self + share·other."""
        return replace(
            self,
            g=(1 - share) * self.g + share * other.g,
            multipliers=(1 - share) * self.multipliers + share * other.multipliers,
        )


def least_squares(M: sp.csr_array, rhs: Vector, steps: int = 400) -> Vector:
    """Solution of M x ≈ rhs of least norm; rows are equilibrated, which does not move it if M x = rhs is solvable."""
    norm = np.sqrt(np.asarray((M.multiply(M)).sum(axis=1)).ravel())
    scale = 1 / np.where(norm > 0, norm, 1.0)
    A = sp.csr_array(sp.diags_array(scale) @ M)
    x = np.zeros(M.shape[1])
    for _ in range(2):  # the second round is a step of iterative refinement
        left = scale * (rhs - M @ x)
        if not np.abs(left).max(initial=0.0) > 0:
            break
        x = x + lsqr(A, left, atol=1e-15, btol=1e-15, iter_lim=steps)[0]
    return x


def recover(identity: Identity, relaxation: Relaxation, solution: Solution) -> Dual:
    """The solver's dual, with the multipliers of substituted equations, moved onto the identity.

    Scalars are made nonnegative first; the multipliers of Y's equations and the scalars move only if they must.
    """
    zero, count = relaxation.form.cones.zero, identity.map.shape[1]
    g = solution.z[zero : zero + count].copy()
    g[: identity.scalars] = np.maximum(g[: identity.scalars], 0.0)
    multipliers = np.zeros(identity.equations.shape[1])
    # rows of the form are b − A x = −(kept y − rhs): A = −kept, so that c + A'z = 0 gives objective = kept' z + …
    multipliers[relaxation.kept] = solution.z[:zero]
    gone = np.setdiff1d(np.arange(len(multipliers)), relaxation.kept)
    if len(gone):
        E = sp.csr_array(identity.equations[:, gone])
        multipliers[gone] = least_squares(E, identity.residual(g, multipliers))
    dual = Dual(identity, g, multipliers)
    averaged = len(relaxation.program.equations[1])
    return project(project(dual, np.arange(averaged), fixed_scalars=True))


def project(dual: Dual, fixed: NDArray[np.int64] | None = None, fixed_scalars: bool = False) -> Dual:
    """Nearest point of the identity; `fixed` multipliers and the scalar blocks may be held."""
    i = dual.identity
    left = i.residual(dual.g, dual.multipliers)
    if np.abs(left).max(initial=0.0) <= 1e-15 * max(1.0, np.abs(i.target).max(initial=0.0)):
        return dual
    free = np.setdiff1d(np.arange(len(dual.multipliers)), fixed if fixed is not None else [])
    first = i.scalars if fixed_scalars else 0
    M = sp.csr_array(sp.hstack([i.map[:, first:], i.equations[:, free]], format="csr"))
    step = least_squares(M, left)
    g, multipliers = dual.g.copy(), dual.multipliers.copy()
    g[first:] += step[: M.shape[1] - len(free)]
    multipliers[free] += step[M.shape[1] - len(free) :]
    moved = replace(dual, g=g, multipliers=multipliers)
    return moved if moved.error < dual.error else dual


def settle(dual: Dual, need: Vector, fixed: NDArray[np.int64], sweeps: int = 25) -> Dual:
    """Alternating projections between the identity, with some multipliers held, and G_s ⪰ need_s·I.

    Stops as soon as a point of the identity has every floor; otherwise returns the best one seen.
    """
    i = dual.identity
    dual = project(dual, fixed)
    best, best_short = dual, np.inf
    for sweep in range(sweeps):
        short = float((need - dual.floors()).max(initial=-np.inf))
        if short < best_short:
            best, best_short = dual, short
        elif sweep > 5 or not np.isfinite(short):
            break
        if short <= 0:
            break
        # aim beyond the target: what the projection takes back is then smaller
        goal = need + 0.5 * np.maximum(need, 0.0) + 0.5 * short
        g = i.join(np.maximum(dual.g[: i.scalars], goal[: i.scalars]),
                   [_at_least(G, f) for G, f in zip(i.matrices(dual.g), goal[i.scalars :], strict=True)])  # fmt: skip
        dual = project(replace(dual, g=g), fixed)
    return best


def lowered(dual: Dual, step: float, averaged: int) -> Dual:
    """The dual with b'λ lowered by `step` along −b; the identity no longer holds."""
    b = dual.identity.values[:averaged]
    multipliers = dual.multipliers.copy()
    multipliers[:averaged] -= step * b / max(float(b @ b), 1e-300)
    return replace(dual, multipliers=multipliers)


def _at_least(G: Matrix, floor: float) -> Matrix:
    value, vector = np.linalg.eigh(G)
    return (vector * np.maximum(value, floor)) @ vector.T


def inside(identity: Identity, relaxation: Relaxation, solver: str | None, sizes: tuple[float, ...]) -> Dual | None:
    """A strictly feasible dual point: every G_s ⪰ t·I for one of the sizes t (times the scale of C).

    Substituting G_s = t·I + G'_s turns the dual with that margin into the dual of the same conic form with the
    objective c − t Σ tr B_s; if the moments are bounded in that direction it is solvable.
    """
    form = relaxation.form
    scale = max(1e-300, float(np.abs(identity.target).max(initial=0.0)))
    zero = form.cones.zero
    trace = np.r_[np.zeros(zero), identity.one()]
    for t in sizes:
        t = t * scale
        shifted = ConicForm(form.c + t * (form.A.T @ trace), form.A, form.b, form.cones, form.offset - t * (trace @ form.b))
        solution = solve(shifted, solver)
        if solution.status not in (Status.OPTIMAL, Status.INACCURATE, Status.LIMIT) or not np.isfinite(solution.z).all():
            continue
        z = solution.z + t * trace
        dual = recover(identity, relaxation, replace(solution, z=z))
        if dual.floors().min(initial=np.inf) >= t / 4 and dual.error <= 1e-9 * scale:
            return dual
    return None
