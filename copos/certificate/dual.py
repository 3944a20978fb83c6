"""The approximate identity behind a level, in floating point: projecting onto it and moving inside.

With moments y of the monomials of degree ℓ + 2 as placeholders, a level's identity reads

    objective  =  equations' λ  +  map' (w ∘ tri G),      G_s ⪰ 0,

λ holding the multipliers of e^ℓ A_i (whose value counts, b'λ) and of x^β E_j (free); w = 1 on the diagonal, 2 off it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse.linalg import lsqr, splu

from copos.arithmetic import svec
from copos.conic import Solution
from copos.hierarchy import Relaxation

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Identity:
    """The linear map of a relaxation: unknowns (svec of all G_s, λ), one row per monomial.

    Row r of a block is measured in units of `scale_r`, the root of its diagonal moment at the solver's solution, so
    that a multiple of the identity costs every row alike: the Gram matrices here are R G R, R = diag(scale).

    Attributes
    ----------
    sizes : orders of the blocks; the scalars stand first
    scale : (Σ sizes,) units of the block rows
    map : monomials × (entries of all RG_sR as svec), so that Σ <G_s, B_s> = map @ g
    equations : monomials × multipliers
    target : coefficients of e^ℓ x'Cx
    values : (multipliers,) right-hand sides, so that the bound is values @ λ
    """

    sizes: NDArray[np.int64]
    scale: Vector
    map: sp.csr_array
    equations: sp.csr_array
    target: Vector
    values: Vector
    solvers: dict[Any, Any] = field(default_factory=dict)  # factorizations and directions, made when first needed

    @classmethod
    def of(cls, relaxation: Relaxation, solution: Solution | None = None) -> Identity:
        """The identity of a relaxation before substitutions, in units read off a solution (1 without one)."""
        blocks = relaxation.blocks
        start = np.cumsum(blocks.sizes) - blocks.sizes
        length = svec.length(blocks.sizes)  # type: ignore[arg-type]
        owner = np.repeat(np.arange(len(length)), length)
        i, j = svec.pair(np.arange(len(owner)) - (np.cumsum(length) - length)[owner])
        i, j = start[owner] + i, start[owner] + j
        scale = np.ones(int(blocks.sizes.sum()))
        if solution is not None and np.isfinite(solution.x).all():
            moments = (blocks.map @ relaxation.moment_values(solution.x))[i == j]
            largest = float(moments.max(initial=0.0))
            if np.isfinite(largest) and largest > 0:
                scale = np.exp2(np.rint(np.log2(np.sqrt(np.clip(moments, 1e-4 * min(largest, 1.0), 1e8)))))
        weight = np.where(i == j, 1.0, svec.SQRT2) / (scale[i] * scale[j])
        M = sp.csr_array((sp.diags_array(weight) @ blocks.map).T)
        return cls(blocks.sizes, scale, M, sp.csr_array(relaxation.equations.T), relaxation.objective, relaxation.rhs)

    def units(self) -> list[Vector]:
        """`scale` of every matrix block."""
        sizes = self.sizes[self.scalars :]
        return np.split(self.scale[self.scalars :], np.cumsum(sizes)[:-1]) if len(sizes) else []

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

    @cached_property
    def stacks(self) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """The blocks of order > 1 by their orders: (which blocks, their entries (blocks, length))."""
        start = np.cumsum(svec.length(self.sizes)) - svec.length(self.sizes)
        orders = np.unique(self.sizes[self.scalars :])
        which = [np.flatnonzero(self.sizes == n) for n in orders]
        return [(w, start[w][:, None] + np.arange(svec.length(int(n)))) for w, n in zip(which, orders, strict=True)]

    def floors(self, g: Vector) -> Vector:
        """Smallest eigenvalue of every block."""
        out = np.r_[g[: self.scalars], np.zeros(len(self.sizes) - self.scalars)]
        for which, entries in self.stacks:
            out[which] = np.linalg.eigvalsh(svec.smat(g[entries]))[:, 0]
        return out

    def raised(self, g: Vector, floors: Vector) -> Vector:
        """The nearest blocks that have these floors."""
        out = np.r_[np.maximum(g[: self.scalars], floors[: self.scalars]), g[self.scalars :]]
        for which, entries in self.stacks:
            value, vector = np.linalg.eigh(svec.smat(g[entries]))
            value = np.maximum(value, floors[which][:, None])
            out[entries] = svec.svec((vector * value[:, None, :]) @ np.swapaxes(vector, 1, 2))
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
        return self.identity.floors(self.g)

    def mix(self, other: Dual, share: float) -> Dual:
        """(1 − share)·self + share·other."""
        return replace(
            self,
            g=(1 - share) * self.g + share * other.g,
            multipliers=(1 - share) * self.multipliers + share * other.multipliers,
        )


SMALL, LARGE, DENSE = 1500, 10_000, 0.1  # orders and share of entries up to and from which a factor is a dense matrix


class LeastSquares:
    """x of least norm with M x = rhs, again and again for one M; rhs outside the range leaves a residual.

    Rows are equilibrated (which does not move the solution), N = MM' is factorized once with a little on the diagonal,
    and conjugate gradients preconditioned by the factor remove the effect of that little.
    """

    def __init__(self, M: sp.csr_array) -> None:
        norm = np.sqrt(np.asarray(M.multiply(M).sum(axis=1)).ravel())
        self._scale = 1 / np.where(norm > 0, norm, 1.0)
        self._A = sp.csr_array(sp.diags_array(self._scale) @ M)
        self._N = sp.csc_array(self._A @ self._A.T)
        shifted = self._N + 1e-13 * sp.eye_array(len(norm), format="csc")
        if self._N.nnz == np.count_nonzero(self._N.diagonal()):
            diagonal = shifted.diagonal()
            self._solve = lambda r: r / diagonal
        elif len(norm) <= SMALL or (len(norm) <= LARGE and self._N.nnz > DENSE * len(norm) ** 2):
            factor = cho_factor(shifted.toarray() + 1e-13 * np.eye(len(norm)), overwrite_a=True)
            self._solve = lambda r: cho_solve(factor, r, check_finite=False)
        else:
            self._solve = splu(shifted, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0).solve

    def __call__(self, rhs: Vector, steps: int = 12) -> Vector:
        """The solution for one right-hand side."""
        r = self._scale * rhs
        start = float(np.abs(r).max(initial=0.0))
        u = np.zeros_like(r)
        best, best_left = u, start
        with np.errstate(over="ignore", invalid="ignore"):  # a residual outside the range may blow up; best is kept
            return self._A.T @ self._iterate(r, u, best, best_left, start, steps)

    def _iterate(self, r: Vector, u: Vector, best: Vector, best_left: float, start: float, steps: int) -> Vector:
        p, rho = None, 0.0
        for _ in range(steps):
            z = self._solve(r)
            rho, previous = float(r @ z), rho
            if not rho > 0 or best_left <= 1e-16 * start:
                break
            p = z if p is None else z + rho / previous * p
            Np = self._N @ p
            curvature = float(p @ Np)
            if not curvature > 0:
                break
            u = u + rho / curvature * p
            r = r - rho / curvature * Np
            left = float(np.abs(r).max(initial=0.0))
            if left < best_left:
                best, best_left = u, left
        return best


def recover(identity: Identity, relaxation: Relaxation, solution: Solution) -> Dual:
    """The solver's dual, with the multipliers of substituted equations, moved onto the identity.

    Scalars are made nonnegative first; the multipliers of Y's equations and the scalars move only if they must.
    """
    zero = relaxation.form.cones.zero
    g = relaxation.multipliers(solution)
    units = identity.units()
    g = identity.join(g[: identity.scalars] * identity.scale[: identity.scalars] ** 2,
                      [G * np.outer(u, u) for G, u in zip(identity.matrices(g), units, strict=True)])  # fmt: skip
    g[: identity.scalars] = np.maximum(g[: identity.scalars], 0.0)
    multipliers = np.zeros(identity.equations.shape[1])
    # rows of the form are b − A x = −(kept y − rhs): A = −kept, so that c + A'z = 0 gives objective = kept' z + …
    multipliers[relaxation.kept] = solution.z[:zero]
    substituted = np.ones(len(multipliers), dtype=bool)
    substituted[relaxation.kept] = False
    gone = np.flatnonzero(substituted)
    if len(gone):
        # E may have dependent columns and more rows than rank: the normal equations of the other side
        E = sp.csr_array(identity.equations[:, gone])
        for _ in range(2):
            left = identity.residual(g, multipliers)
            multipliers[gone] += lsqr(E, left, atol=1e-15, btol=1e-15, iter_lim=1000)[0]
    dual = Dual(identity, g, multipliers)
    averaged = len(relaxation.program.equations[1])
    return project(project(dual, np.arange(averaged), fixed_scalars=True))


def project(dual: Dual, fixed: NDArray[np.int64] | None = None, fixed_scalars: bool = False) -> Dual:
    """Nearest point of the identity; `fixed` multipliers and the scalar blocks may be held."""
    i = dual.identity
    left = i.residual(dual.g, dual.multipliers)
    if np.abs(left).max(initial=0.0) <= 1e-15 * max(1.0, np.abs(i.target).max(initial=0.0)):
        return dual
    movable = np.ones(len(dual.multipliers), dtype=bool)
    movable[fixed if fixed is not None else []] = False
    free = np.flatnonzero(movable)
    first = i.scalars if fixed_scalars else 0
    key = (first, free.tobytes())
    if key not in i.solvers:
        i.solvers[key] = LeastSquares(sp.csr_array(sp.hstack([i.map[:, first:], i.equations[:, free]], format="csr")))
    step = i.solvers[key](left)
    count = i.map.shape[1] - first
    g, multipliers = dual.g.copy(), dual.multipliers.copy()
    g[first:] += step[:count]
    multipliers[free] += step[count:]
    moved = replace(dual, g=g, multipliers=multipliers)
    return moved if moved.error < dual.error else dual


def settle(dual: Dual, need: Vector, fixed: NDArray[np.int64], sweeps: int = 25) -> Dual:
    """Alternating projections between the identity, with some multipliers held, and G_s ⪰ need_s·I.

    Stops as soon as a point of the identity has every floor; otherwise returns the best one seen.
    """
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
        dual = project(replace(dual, g=dual.identity.raised(dual.g, goal)), fixed)
    return best


def into_scalars(dual: Dual) -> Dual:
    """Put the residual of the identity into the scalar blocks of one monomial, whatever their sign becomes.

    Afterwards an entry costs what it misses, where `project` makes a matrix block pay the norm of all that is missing.
    """
    i = dual.identity
    columns = sp.csc_array(i.map[:, : i.scalars])
    at = np.flatnonzero(np.diff(columns.indptr) == 1)
    monomial, first = np.unique(columns.indices[columns.indptr[at]], return_index=True)
    at = at[first]
    g = dual.g.copy()
    g[at] += i.residual(dual.g, dual.multipliers)[monomial] / columns.data[columns.indptr[at]]
    return replace(dual, g=g)


def inward(identity: Identity, averaged: int) -> Dual | None:
    """A solution of the identity with target zero and every Gram matrix positive definite, which costs bound.

    On the orthant with <E, Y> = 1 it is E = I + (nonnegative). Any dual becomes feasible by adding a multiple.
    """
    if "inward" not in identity.solvers:
        homogeneous = replace(identity, target=np.zeros_like(identity.target))
        start = lowered(Dual(homogeneous, np.zeros(identity.map.shape[1]), np.zeros(len(identity.values))), 1, averaged)
        found = None
        for t in (0.3, 0.3 / max(1, int(identity.sizes.max(initial=1)))):
            size = float(np.abs(identity.equations @ start.multipliers).max(initial=0.0))
            point = settle(start, np.full(len(identity.sizes), t * size), np.arange(averaged), sweeps=6)
            if point.floors().min(initial=np.inf) > 1e-3 * t * size > 0 and point.error <= 1e-13 * size:
                found = replace(point, identity=identity)
                break
        identity.solvers["inward"] = found
    return identity.solvers["inward"]


def pushed(dual: Dual, need: Vector, averaged: int) -> Dual | None:
    """The dual plus the least multiple of `inward` that gives every block its floor; None without such a direction."""
    direction = inward(dual.identity, averaged)
    if direction is None:
        return None
    best, i = None, dual.identity
    floored = i.raised(dual.g, np.r_[np.full(i.scalars, -np.inf), need[i.scalars :]])
    for found in (dual, project(into_scalars(replace(dual, g=floored)), np.arange(averaged))):
        # a hundredth more than needed, for the rounding of the sum
        share = max(0.0, 1.01 * float(((need - found.floors()) / direction.floors()).max(initial=0.0)))
        moved = replace(found, g=found.g + share * direction.g,
                        multipliers=found.multipliers + share * direction.multipliers)  # fmt: skip
        if best is None or moved.value > best.value:
            best = moved
    return best


def lowered(dual: Dual, step: float, averaged: int) -> Dual:
    """The dual with b'λ lowered by `step` along −b; the identity no longer holds."""
    b = dual.identity.values[:averaged]
    multipliers = dual.multipliers.copy()
    multipliers[:averaged] -= step * b / max(float(b @ b), 1e-300)
    return replace(dual, multipliers=multipliers)
