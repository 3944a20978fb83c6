"""Cones inside CP(K), which give upper bounds: Y = Σ_k L_k(Z_k), each Z_k in a small cone that makes its term CP.

atoms      λ_k x_kx_k', λ_k ≥ 0: a linear program in λ.
pairs      [x_i x_j] S [x_i x_j]' with S ⪰ 0, S ≥ 0 of order 2, which is completely positive: V S V' for the nonnegative
           scaled diagonally dominant S and the columns V of atoms, a second-order program [GouveiaPongSaee2020].
frames     on R_+^n × L^m: T_δ Z T_δ' for the points δ of a grid of the simplex of R^{n+2}, where T_δ maps (1, v) to
           x = Σ_{i≤n} δ_ie_i + δ_+(1, v) + δ_-(1, −v), and Z ⪰ 0, <J, Z> = 0, which is Σ α (1, v)(1, v)' over the
           sphere. Its dual asks for x'Mx ≥ 0 at all of these x, one matrix inequality by the S-lemma for each δ; on the
           orthant T_δ is δ and this is the grid of [Yildirim2012, NishijimaNakata2024].
measure    ∫ σ(x) xx' dμ(x) with σ a sum of squares of degree 2d, see `copos.inner.measures` [Lasserre2014].
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from copos.arithmetic import monomials, svec
from copos.arithmetic.decomposition import neurons
from copos.cones import Cone
from copos.conic import Cones, ConicForm
from copos.program import CompletelyPositiveProgram, Mixture
from copos.support.looks import one_line

Matrix = NDArray[Any]


@one_line
@dataclass(frozen=True, eq=False)
class Inner:
    """The cone of all Y with triangle(Y) = entries @ z, z in a product of cones, relations @ z = 0.

    Attributes
    ----------
    entries : (ambient(ambient + 1)/2, variables), the upper triangle of Y ordered as in `copos.arithmetic.svec`, no √2
    cones : of z, matrices as svecs; `zero` is not used
    relations : rows over z
    read : z ↦ the Y it stands for, made exactly an element of CP(K): a `Mixture`, or a matrix
    """

    entries: sp.csr_array
    cones: Cones
    read: Callable[[Matrix], Mixture | Matrix]
    relations: sp.csr_array | None = None

    def form(self, program: CompletelyPositiveProgram) -> ConicForm:
        """Min <C, Y>, <A_i, Y> = b_i over this cone."""
        A, b = program.equations
        size = self.entries.shape[1]
        relations = sp.csr_array((0, size)) if self.relations is None else self.relations
        rows = sp.vstack([A.rows @ self.entries, relations, -sp.eye_array(size)], format="csc")
        zero = len(b) + relations.shape[0]
        k = self.cones
        cones = Cones(zero, k.nonnegative, k.second_order, k.psd)
        objective = (program.C.rows @ self.entries).toarray()[0]
        return ConicForm(objective, rows, np.r_[b, np.zeros(relations.shape[0] + size)], cones)


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
        raise ValueError(f"level must be an integer ≥ 0, got {level!r}")
    parts = []
    for k in range(2, level + 3):
        chosen = monomials.every(n, k)
        counts = np.zeros((len(chosen), n))
        np.add.at(counts, (np.arange(len(chosen))[:, None], chosen), 1.0)
        parts.append(counts / k)
    return np.unique(np.concatenate(parts).round(15), axis=0)[::-1]


def on_zeros(program: CompletelyPositiveProgram, atoms: ArrayLike, tolerance: float = 1e-9) -> Matrix:
    """The atoms at which every E_j vanishes.

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
    return x


def of_atoms(program: CompletelyPositiveProgram, atoms: ArrayLike) -> Inner:
    """cone{xx'} of finitely many atoms x ∈ K, without those at which an E_j does not vanish."""
    x = on_zeros(program, atoms)
    a, b = svec.triangle(program.cone.ambient)
    entries = sp.csr_array((x[:, a] * x[:, b]).T)
    return Inner(entries, Cones(0, len(x)), lambda z: Mixture(np.maximum(z, 0.0), x))


def of_pairs(program: CompletelyPositiveProgram, atoms: ArrayLike, pairs: ArrayLike | None = None) -> Inner:
    """Every [x_i x_j] S [x_i x_j]' with S ⪰ 0, S ≥ 0, and the E_j zero on all of it; of all pairs or of `pairs` (m, 2).

    The variables are s_ij ≥ 0 of all pairs, then (s_ii + s_jj, s_ii − s_jj, 2s_ij) ∈ L³ of each.
    """
    x = on_zeros(program, atoms)
    i, j = (k for k in np.triu_indices(len(x), 1))
    if pairs is not None:
        given = np.asarray(atoms, dtype=float)
        place = {tuple(row): k for k, row in enumerate(x.tolist())}
        ends = [[place.get(tuple(given[k].tolist()), -1) for k in pair] for pair in np.asarray(pairs).tolist()]
        i, j = np.array([pair for pair in ends if min(pair) >= 0], dtype=np.int64).reshape(-1, 2).T
    if len(program.vanishing):
        mixed = program.vanishing.values(x[i] + x[j]) - program.vanishing.values(x[i]) - program.vanishing.values(x[j])
        fine = np.abs(mixed).max(axis=1) <= 1e-9 * (np.linalg.norm(x[i], axis=1) * np.linalg.norm(x[j], axis=1))
        i, j = i[fine], j[fine]
    if not len(i):
        return of_atoms(program, x)
    a, b = svec.triangle(program.cone.ambient)
    ii, jj = x[i][:, a] * x[i][:, b], x[j][:, a] * x[j][:, b]
    ij = x[i][:, a] * x[j][:, b] + x[j][:, a] * x[i][:, b]
    m = len(i)
    # s_ii = (p + q)/2, s_jj = (p − q)/2, s_ij = r/2
    cone = np.stack([(ii + jj) / 2, (ii - jj) / 2, ij / 2], axis=1).reshape(3 * m, -1)
    single = np.delete(np.arange(len(x)), np.unique(np.r_[i, j]))
    alone = x[single][:, a] * x[single][:, b]
    entries = sp.csr_array(np.concatenate([np.zeros((m, len(a))), alone, cone]).T)
    k, first = np.arange(m), m + len(single)
    equal = (np.r_[np.ones(m), -0.5 * np.ones(m)], (np.r_[k, k], np.r_[k, first + 3 * k + 2]))
    relations = sp.csr_array(sp.coo_array(equal, shape=(m, first + 3 * m)))

    def read(z: Matrix) -> Mixture:
        p, q, r = z[first:].reshape(m, 3).T
        s = np.stack([np.maximum(p + q, 0), np.maximum(r, 0), np.maximum(p - q, 0)]) / 2
        s[1] = np.minimum(s[1], np.sqrt(s[0] * s[2]))
        # S = (s_ii, s_ij)'(s_ii, s_ij)/s_ii + what is left at jj
        lead = s[0] > 1e-12 * max(1e-300, float(s.max()))
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(lead, s[1] / s[0], 0.0)
        rest = np.where(lead, s[2] - s[1] * ratio, s[2])
        atoms = np.concatenate([x[single], x[i] + ratio[:, None] * x[j], x[j]])
        return Mixture(np.maximum(np.r_[np.maximum(z[m:first], 0), np.where(lead, s[0], 0), rest], 0.0), atoms)

    return Inner(entries, Cones(0, first, (3,) * m), read, relations)


def of_frames(program: CompletelyPositiveProgram, level: int) -> Inner:
    """Yıldırım's grid in every Jordan frame of R_+^n × L^m.

    Raises
    ------
    ValueError
        If K is not a product of orthants and at most one second-order cone, or the program has vanishing forms.
    """
    cone = program.cone
    lorentz = [p for p in cone.parts if p.kind == "second-order"]
    if not cone.parts or len(lorentz) > 1 or any(p.kind in ("semidefinite", "free") for p in cone.parts):
        raise ValueError(f"a grid needs an orthant, or an orthant times one second-order cone, not {cone.name}")
    if is_orthant(cone):
        return of_atoms(program, grid(cone.ambient, level))
    if len(program.vanishing):
        raise ValueError("a grid of Jordan frames needs a program without vanishing forms; use atoms")
    m = lorentz[0].order
    before = cone.parts.index(lorentz[0])
    t = sum(p.dim for p in cone.parts[:before])
    others = np.r_[0:t, t + m : cone.dim].astype(int)
    delta = grid(len(others) + 2, level)
    delta = delta[delta[:, -2] >= delta[:, -1]]  # v and −v
    T = np.zeros((len(delta), cone.dim, m))
    T[:, others, 0] = delta[:, :-2]
    T[:, t, 0] = delta[:, -2] + delta[:, -1]
    T[:, t + np.arange(1, m), np.arange(1, m)] = (delta[:, -2] - delta[:, -1])[:, None]
    whole = np.abs(T[:, :, 1:]).max(axis=(1, 2)) > 0  # the others are single points, whatever v
    a, b = svec.triangle(cone.dim)
    r, s = svec.triangle(m)
    points = T[~whole][:, :, 0]
    Z = T[whole][:, a][:, :, r] * T[whole][:, b][:, :, s]
    Z += np.where(r == s, 0.0, 1.0) * T[whole][:, a][:, :, s] * T[whole][:, b][:, :, r]
    Z /= svec.scaling(m)
    count, size = int(whole.sum()), svec.length(m)
    entries = np.concatenate([points[:, a] * points[:, b], Z.transpose(0, 2, 1).reshape(count * size, -1)])
    J = np.where(r == s, np.where(r == 0, 1.0, -1.0), 0.0)
    relations = sp.hstack([sp.csr_array((count, len(points))), sp.kron(sp.eye_array(count), J[None, :])], format="csr")

    def read(z: Matrix) -> Mixture:
        weights, atoms = [np.maximum(z[: len(points)], 0.0)], [points]
        for frame, part in zip(T[whole], z[len(points) :].reshape(count, size), strict=True):
            value, vectors = np.linalg.eigh(svec.smat(part))
            V = vectors * np.sqrt(np.maximum(value, 0.0))
            v, alpha = neurons(np.concatenate([V[1:], V[:1]]), lifted=True)
            weights.append(alpha)
            atoms.append(np.concatenate([np.ones((len(v), 1)), v], axis=1) @ frame.T)
        return Mixture(np.concatenate(weights), np.concatenate(atoms))

    return Inner(sp.csr_array(entries.T), Cones(0, len(points), (), (m,) * count), read, sp.csr_array(relations))


def rays(cone: Cone) -> Matrix:
    """Extreme rays of a product of symmetric cones to start from, one a row.

    Coordinate axes, (1, ±e_i), and for matrices e_ie_i' and (e_i ± e_j)(e_i ± e_j)'.

    >>> from copos import NonNegative, SecondOrder
    >>> rays(NonNegative(1) * SecondOrder(2)).tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 1.0], [0.0, 1.0, -1.0]]
    """
    out, at = [], 0
    for part in cone.parts:
        n = part.order
        if part.kind == "nonnegative" or n == 1:
            block = np.eye(n)
        elif part.kind == "second-order":
            sign = np.concatenate([np.eye(n - 1), -np.eye(n - 1)])
            block = np.concatenate([np.ones((len(sign), 1)), sign], axis=1)
        else:
            i, j = np.triu_indices(n, 1)
            vectors = np.concatenate([np.eye(n), np.eye(n)[i] + np.eye(n)[j], np.eye(n)[i] - np.eye(n)[j]])
            a, b = svec.triangle(n)
            block = vectors[:, a] * vectors[:, b]
        wide = np.zeros((len(block), cone.dim))
        wide[:, at : at + part.dim] = block
        out, at = [*out, wide], at + part.dim
    return np.concatenate(out)


def is_orthant(cone: Cone) -> bool:
    """Is K = R_+^n in its own coordinates u, which are the ambient ones?"""
    e = cone.entries
    return (
        cone.dim == cone.ambient == len(cone.sizes) == len(e.variable)
        and set(cone.sizes) <= {1}
        and not len(cone.generators)
        and bool((e.coefficient > 0).all())
        and len(np.unique(e.variable)) == cone.dim
        and (cone.basis != sp.eye_array(cone.dim, format="csr")).nnz == 0
    )
