"""Multipliers chosen together with a proof of ‖g(u)‖ ≤ β‖u‖ by quadratic forms, for any number of inputs.

Let z_i = x_i'u, a_i = (z_i)_+, s = ±1 and s·g(u) = Σ_i s r_i a_i, for samples, or for directions that some share.
For v, α_i, γ_i ≥ 0 with ρ_i = (s r_i + α_i + γ_i)_+, and for μ_i, t_i with 16μ_it_i ≥ ρ_i²,

    s r_i v a_i ≤ ρ_i v a_i − γ_i v z_i,     ρ_i v a_i = ½ρ_i v z_i + ½ρ_i v|z_i| ≤ ½ρ_i v z_i + μ_i z_i² + t_i v².

Let Q(u, v) be the sum over i. If (β/2)(‖u‖² + v²) − Q is a sum of squares, s·g(u) ≤ β‖u‖: put v = ‖u‖. Everything is
jointly convex in (r, γ, μ, t) and ρ_i ≥ s r_i + γ_i, so max r'y − ½‖r‖² is a semidefinite program with a block of order
d + 1 for each sign. Where the sign of z_i is known the sample needs no bound, and for σ_i z_i ≥ 0

    s r_i v a_i is s r_i v z_i or 0,     γ_i v σ_iz_i ≥ 0,     κ_ij σ_iz_i σ_jz_j ≥ 0,

so blocks may be cut at planes x_i'u = 0. With several outputs v becomes a vector whose signs are not known: r_i'v takes
the place of ρ_i v, and T_i ⪰ r_ir_i'/(16μ_i) that of t_i; there is one block of order d + c in the place of two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from copos.arithmetic import svec
from copos.arrangements.directions import Directions
from copos.conic import Cones, ConicForm
from copos.solvers import solve

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
ACCURATE = {"tol_gap_abs": 1e-11, "tol_gap_rel": 1e-10, "tol_feas": 1e-10}


@dataclass(frozen=True, eq=False)
class Leaf:
    """s (0: several outputs), directions whose side is known and their sides; numbers (k,), and κ of pairs in turn."""

    sign: float
    known: tuple[int, ...] = ()
    sides: tuple[int, ...] = ()
    rho: Array = field(default_factory=lambda: np.zeros(0))
    alpha: Array = field(default_factory=lambda: np.zeros(0))
    gamma: Array = field(default_factory=lambda: np.zeros(0))
    mu: Array = field(default_factory=lambda: np.zeros(0))
    kappa: Array = field(default_factory=lambda: np.zeros(0))

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Of places in `known`."""
        return list(combinations(range(len(self.known)), 2))


class Rows:
    """Rows b − A x of one kind of cone, put together from entries."""

    def __init__(self) -> None:
        self.entries: list[tuple[Array, Array, Array]] = []
        self.b: list[Array] = []
        self.count = 0

    def add(self, size: int, *parts: tuple[Any, Any, Any], b: Any = 0.0) -> None:
        """`size` rows Σ value·x_column + b from (rows, columns, values)."""
        for r, c, v in parts:
            r, c, v = np.broadcast_arrays(r, c, v)
            self.entries.append((r.ravel() + self.count, c.ravel(), -v.ravel().astype(float)))
        self.b.append(np.broadcast_to(np.asarray(b, float), (size,)))
        self.count += size


class Program:
    """The semidefinite program over r and the numbers of all leaves."""

    def __init__(self, at: Directions, y: Array, beta: float, leaves: Sequence[Leaf]) -> None:
        self.at, self.y, self.beta, self.leaves = at, y.reshape(len(at.H), -1), beta, leaves
        self.k, self.d = at.P.shape
        self.unit = min(beta, 1.0)  # of r, γ, μ, ρ, t and κ
        self.c, size = self.y.shape[1], y.size
        self.columns = 1 + size
        self.line, self.round, self.square = Rows(), Rows(), Rows()
        self.second, self.psd = [2 + size], []
        i = np.arange(size)
        self.r: Ints = 1 + i.reshape(-1, self.c)
        self.round.add(2 + size, ([0, 1], 0, 1.0), (2 + i, 1 + i, 1.0), b=np.r_[0.5, -0.5, np.zeros(size)])
        self.places = [self._leaf(leaf) for leaf in leaves]

    def _new(self, *shape: int) -> Ints:
        size = int(np.prod(shape))
        self.columns += size
        return np.arange(self.columns - size, self.columns).reshape(shape)

    def _nonnegative(self, x: Ints) -> Ints:
        self.line.add(x.size, (np.arange(x.size), x.ravel(), 1.0))
        return x

    def _sums(self, which: Ints) -> tuple[Ints, Ints, Array]:
        """R = Gr of some directions: (place among them, sample, coefficient)."""
        part = self.at.G[which].tocoo()
        return part.row, part.col, part.data

    def _leaf(self, leaf: Leaf) -> dict[str, Ints]:
        s, c = leaf.sign, self.c
        free = np.setdiff1d(np.arange(self.k), leaf.known)
        m, P = len(free), self.at.P[free]
        mu, kappa, T = self._new(m), self._new(len(leaf.pairs)), self._new(m, svec.length(c))
        self._nonnegative(kappa)
        out = {"free": free, "mu": mu, "kappa": kappa}
        place, i, weight = self._sums(free)
        above = np.array([k for k, side in zip(leaf.known, leaf.sides, strict=True) if side > 0], dtype=int)
        up, j, more = self._sums(above)
        # (columns, output, vectors): Q has column · (vector'u) v_output
        cross = [(self.r[:, t], t, (s or 1.0) * self.at.H) for t in range(c)]
        cross += [(self.r[j, t], t, (s or 1.0) * more[:, None] * self.at.P[above[up]]) for t in range(c)]
        if s:
            rho, gamma = self._new(m), self._new(self.k)
            out |= {"gamma": gamma, "rho": rho}
            row = np.arange(m)
            self._nonnegative(rho)
            self._nonnegative(gamma)
            self.line.add(m, (row, rho, 1.0), (place, self.r[i, 0], -s * weight), (row, gamma[free], -1.0))
            at = 3 * row
            self.round.add(3 * m, (at, T[:, 0], 1.0), (at, mu, 1.0), (at + 1, T[:, 0], 1.0), (at + 1, mu, -1.0),
                           (at + 2, rho, 0.5))  # fmt: skip
            self.second += [3] * m
            known, sides = np.array(leaf.known, dtype=int), np.array(leaf.sides, dtype=float)
            cross += [(rho, 0, 0.5 * P), (gamma[free], 0, -P), (gamma[known], 0, sides[:, None] * self.at.P[known])]
        else:
            first, size = svec.length(c), svec.length(c + 1)
            at = size * np.arange(m)[:, None]
            border = at[place] + first + np.arange(c)
            self.square.add(size * m, (at + np.arange(first), T, svec.scaling(c)), (at + size - 1, mu[:, None], 1.0),
                            (border, self.r[i], 0.25 * svec.SQRT2 * weight[:, None]))  # fmt: skip
            self.psd += [c + 1] * m
            cross += [(self.r[i, t], t, 0.5 * weight[:, None] * P[place]) for t in range(c)]
        self._form(leaf, out, T, cross)
        return out

    def _form(self, leaf: Leaf, at: dict[str, Ints], T: Ints, cross: list[tuple[Ints, int, Array]]) -> None:
        """(β/2) I − Q ⪰ 0."""
        d, c = self.d, self.c
        (i, j), P, K = svec.triangle(d), self.at.P[at["free"]], self.at.P[list(leaf.known)]
        row, weight = np.arange(svec.length(d)), svec.scaling(d)
        parts = [(row, at["mu"][:, None], -weight * P[:, i] * P[:, j])]
        for place, (p, q) in zip(at["kappa"], leaf.pairs, strict=True):
            both = leaf.sides[p] * leaf.sides[q] * (K[p, i] * K[q, j] + K[q, i] * K[p, j])
            parts.append((row, place, -0.5 * weight * both))
        for columns, t, V in cross:
            parts.append((svec.position(np.arange(d), d + t), columns[:, None], -0.5 * svec.SQRT2 * V))
        i, j = svec.triangle(c)
        parts.append((svec.position(d + i, d + j), T, -svec.scaling(c)))
        self.square.add(svec.length(d + c), *parts, b=0.5 * self.beta / self.unit * svec.svec(np.eye(d + c)))
        self.psd.append(d + c)

    def solve(self, **options: Any) -> tuple[Array, list[Leaf], list[Array]]:
        """r, the leaves with their numbers, and the moments of (u, v) in each."""
        c = np.zeros(self.columns)
        c[0] = self.unit
        c[self.r.ravel()] = -self.y.ravel()
        kinds = (self.line, self.round, self.square)
        start = np.cumsum([0, *(k.count for k in kinds)])
        rows = np.concatenate([r + s for k, s in zip(kinds, start, strict=False) for r, _, _ in k.entries])
        cols, values = (np.concatenate([e[m] for k in kinds for e in k.entries]) for m in (1, 2))
        A = sp.csc_array((values, (rows, cols)), (start[-1], self.columns))
        cones = Cones(0, self.line.count, tuple(self.second), tuple(self.psd))
        form = ConicForm(c, A, np.concatenate([v for k in kinds for v in k.b]), cones)
        found = solve(form, "clarabel", **ACCURATE, **options)
        x, leaves = self.unit * np.nan_to_num(found.x), []
        z = [svec.smat(found.z[s]) for _, order, s in cones.slices()[-len(self.psd) :] if order == self.d + self.c]
        for leaf, at in zip(self.leaves, self.places, strict=True):
            leaf = replace(leaf, mu=np.zeros(self.k), rho=np.zeros(self.k), kappa=np.maximum(x[at["kappa"]], 0.0))
            leaf.mu[at["free"]] = np.maximum(x[at["mu"]], 0.0)
            if leaf.sign:
                leaf.rho[at["free"]] = x[at["rho"]]
                leaf = replace(leaf, gamma=np.maximum(x[at["gamma"]], 0.0))
            leaves.append(leaf)
        return x[self.r], leaves, z
