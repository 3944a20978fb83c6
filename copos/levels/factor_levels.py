"""Moments of the factors of a matrix V = Σ_a s_a u_a v_a' of rank r: three levels, blocks of order nm, r·nm, 4nm.

Write t_ab = vec(u_a v_b'), P = Σ u_au_a', Q = Σ v_av_a', and X^Γ for the matrix X over pairs (ij), (kl) with l and j
exchanged. With orthonormal u_a and v_a and s_1 ≥ … ≥ s_r ≥ 0:

averaged   M = E vec V vec V', N = E P ⊗ V'V, L = E VV' ⊗ Q:
           [[1, w'], [w, M]] ⪰ 0,  N − M^Γ ⪰ 0,  N + M^Γ − (2/r) M ⪰ 0,  Σ_i N_ij,il = r Σ_i M_ij,il, and L likewise.
           It is level 0 of the lift to T = vec U (vec V)' (`linear_network.factor_moments`), once with U'U = I and
           once with V'V = I, averaged over U → UR, V → VR, R ∈ O(r): of Z = U'XV the three matrices see the
           trace, the skew part and the traceless symmetric part.
ordered    D_a = E s_a² t_aa t_aa', C_ab = E s_a s_b t_aa t_bb', H_ab = E s_a² t_ab t_ab', K_ab = E s_b² t_ab t_ab',
           I_ab = E s_a² t_ba t_ba', J_ab = E s_b² t_ba t_ba' (a < b): Gram matrices of (1, s_a t_aa), of
           (s_b t_ab, s_a t_ba) and (s_a t_ab, s_b t_ba), C_ab^Γ beside the diagonal of both, and H ⪰ K, I ⪰ J by the
           order. It implies the averaged level, N = Σ D_a + Σ (K + I), L = Σ D_a + Σ (H + J), and is much tighter.
mixed      The same with s_a s_b and both squares beside every tt' (`moment_tables`): Gram matrices of s_a and s_b times
           (t_aa, t_bb), and times (t_ab, t_ba), which the second moments of the ratio s_b/s_a are in, and the same
           matrices with (s_a − s_b) s_b ≥ 0 in the place of squares. H − K is their (s_a − s_b)² + 2 (s_a − s_b) s_b.

`moment_tables` say what is in which block; `MomentLevel` makes the conic form and reads its dual.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.linalg import splu

from copos.arithmetic import svec
from copos.conic import Cones, ConicForm, Solution, Vector
from copos.levels.moment_tables import POWERS, TABLES, Contraction, Place, Relation, Table

Matrix = NDArray[np.float64]
Index = NDArray[np.int64]
SPREAD = 0.7  # of a ratio of singular values, as a share of it
LOOSEST = 2.0**-20  # least curvature of the loss in an entry that its unit follows, as a share of the largest


def congruence(L: sp.sparray) -> sp.csr_array:
    """The matrix that takes the triangle of G, as `svec` has it, to that of LGL'.

    >>> congruence(sp.csr_array([[1.0, 0.0], [0.5, 1.0]])).toarray()[:, 0].tolist()   # of E_11
    [1.0, 0.7071067811865476, 0.25]
    """
    n = L.shape[0]
    i, j = svec.triangle(n)
    p, q = (k.ravel() for k in np.indices((n, n)))
    weight = np.where(p == q, 1.0, np.sqrt(0.5))
    spread = sp.csr_array((weight, (np.arange(n * n), svec.position(p, q))), shape=(n * n, svec.length(n)))
    rows = sp.csr_array(sp.kron(L, L, format="csr"))[i * n + j]
    return sp.csr_array(sp.diags_array(np.where(i == j, 1.0, np.sqrt(2.0))) @ rows @ spread)


@dataclass(frozen=True, eq=False)
class MomentLevel:
    """A level for n × m matrices of rank ≤ r and the loss <Q, vec V vec V'> − 2<H, V> + constant.

    `sizes` are singular values as they are expected (`factor_sizes`): a solver sees blocks in units of them and of the
    curvature of the loss in every entry, or as they are if there are none.
    """

    name: str
    rank: int
    Q: Matrix
    H: Matrix
    constant: float
    sizes: tuple[float, ...] = field(default=(), kw_only=True)

    @cached_property
    def table(self) -> Table:
        """Blocks and relations."""
        return TABLES[self.name](self.rank)

    @property
    def size(self) -> int:
        """The number of pairs nm."""
        return self.H.size

    @cached_property
    def curvature(self) -> float:
        """The least eigenvalue of Q."""
        return float(np.linalg.eigvalsh(self.Q)[0])

    @property
    def count(self) -> int:
        """The number of blocks, contractions last."""
        return len(self.table.blocks) + len(self.table.contractions)

    @property
    def units(self) -> list[int]:
        """The multiple of every block that a proof is about."""
        return [1] * self.count

    def order(self, k: int) -> int:
        """Order of a block."""
        if k >= len(self.table.blocks):
            return self.H.shape[self.table.contractions[k - len(self.table.blocks)].side == "rows"]
        return self.size * len({p for p, q in self.table.blocks[k] if p == q}) + (k == 0)

    @cached_property
    def starts(self) -> dict[str, int]:
        """First column of every variable; the w_p come first."""
        out, at = {}, self.order(0) - 1
        for name, kind in self.table.kinds.items():
            out[name], at = at, at + int(self._entries[kind].max()) + 1
        return out | {"": at}

    @cached_property
    def _entries(self) -> dict[str, Index]:
        """Which unknown the entries of a variable are, by its kind."""
        (n, m), N = self.H.shape, self.size
        rows, columns = svec.position(*np.indices((n, n))), svec.position(*np.indices((m, m)))
        pairs = rows[:, None, :, None] * svec.length(m) + columns[None, :, None, :]
        return {
            "pairs": pairs.reshape(N, N), "symmetric": svec.position(*np.indices((N, N))),
            "free": np.arange(N * N).reshape(N, N),
        }  # fmt: skip

    def entries(self, name: str) -> Index:
        """(nm, nm) columns of a variable's entries."""
        return self.starts[name] + self._entries[self.table.kinds[name]]

    def exchanged(self, X: NDArray[Any]) -> NDArray[Any]:
        """X^Γ."""
        n, m = self.H.shape
        return X.reshape(n, m, n, m).transpose(0, 3, 2, 1).reshape(X.shape)

    def at(self, k: int, place: Place) -> tuple[slice, slice]:
        """Rows and columns of a place of a block."""
        p, q = ((k == 0) + i * self.size for i in place)
        return slice(p, p + self.size), slice(q, q + self.size)

    @cached_property
    def form(self) -> ConicForm:
        """The level as a conic form in the entries of w and of the variables."""
        c = np.zeros(self.starts[""])
        c[: self.order(0) - 1] = np.tile(-2 * self.H.ravel(), (self.order(0) - 1) // self.size)
        for name, share in self.table.loss.items():
            np.add.at(c, self.entries(name), share * self.Q)
        rows = [sp.csr_array((0, len(c))), *(self._relation(relation) for relation in self.table.relations)]
        parts, ends = [sp.vstack(rows, format="csr")], [np.zeros(sum(M.shape[0] for M in rows))]
        plain = map(self._block, range(len(self.table.blocks)))
        for k, (A, b) in enumerate([*plain, *map(self._contraction, self.table.contractions)]):
            change = congruence(self.unit(k)) if self.sizes else sp.eye_array(len(b))
            parts.append(change @ A)
            ends.append(change @ b)
        orders = tuple(map(self.order, range(self.count)))
        cones = Cones(zero=len(ends[0]), psd=orders)
        return ConicForm(c, sp.csc_array(sp.vstack(parts)), np.concatenate(ends), cones, self.constant)

    def magnitude(self, name: str) -> float:
        """The size of a variable by its singular values: s_a² for D_a and H_ab, say; 1 for those without places."""
        if not self.sizes or not name[1:]:
            return 1.0
        at = [int(k) for k in name[1:].split(",")]
        power = POWERS[name[0]]
        return self.sizes[at[0]] ** (2 - power) * self.sizes[at[-1]] ** power

    def unit(self, k: int) -> sp.csr_array:
        """The matrix L of a block: a solver sees LGL', whose entries are of order one.

        Beside s_a t it sees s_b t − κ s_a t, κ = s_b/s_a as expected, and not s_b t, which is hardly another vector.
        """
        order = self.order(k)
        d = np.ones(order)
        if k >= len(self.table.blocks):
            return sp.diags_array(d / np.sqrt(self.magnitude(self.table.contractions[k - len(self.table.blocks)].name)))
        if not self.sizes:
            return sp.eye_array(order, format="csr")
        # entries that the loss leaves loose vary more, and their multipliers are smaller: units between the two
        curved = np.diag(self.Q) / max(float(self.Q.max()), 1e-300)
        units = np.maximum(curved, LOOSEST) ** 0.25
        for (p, q), terms in self.table.blocks[k].items():
            if p == q:
                largest = max(abs(term.factor) * self.magnitude(term.name) for term in terms)
                d[self.at(k, (p, p))[0]] = units / np.sqrt(largest)
        shear = sp.eye_array(order, format="lil")
        for _, block, p, q in self.table.products:
            if block == k:
                down, right = self.at(k, (q, p))
                kappa = self.ratio(k, p, q)
                shear[range(down.start, down.stop), range(right.start, right.stop)] = -kappa
                d[down] /= SPREAD
        return sp.csr_array(sp.diags_array(d) @ shear)

    def ratio(self, k: int, p: int, q: int) -> float:
        """s_b/s_a as expected, of places s_a t and s_b t of a block."""
        squares = (self.magnitude(self.table.blocks[k][i, i][0].name) for i in (p, q))
        first, second = squares
        return float(np.sqrt(second / first))

    def _relation(self, relation: Relation) -> sp.csr_array:
        """One row per entry of the sum, of its upper triangle if it is symmetric."""
        (n, m), rows, columns, values = self.H.shape, [], [], []
        left, right = self._upper(relation)
        for factor, name in relation.terms:
            X = self.entries(name).reshape(n, m, n, m)
            sums = np.einsum("ijil->jli" if relation.side == "rows" else "ijkj->ikj", X)[left, right]
            rows.append(np.repeat(np.arange(len(left)), sums.shape[1]))
            columns.append(sums.ravel())
            values.append(np.full(sums.size, float(factor)))
        at = np.concatenate(rows), np.concatenate(columns)
        return sp.csr_array((np.concatenate(values), at), shape=(len(left), self.starts[""]))

    def _upper(self, relation: Relation) -> tuple[Index, Index]:
        n, m = self.H.shape
        d = m if relation.side == "rows" else n
        if any(self.table.kinds[name] == "free" for _, name in relation.terms):
            i, j = np.indices((d, d))
            return i.ravel(), j.ravel()
        i, j = np.triu_indices(d)
        return i, j

    def _block(self, k: int) -> tuple[sp.csr_array, Matrix]:
        """(−block, constant) as rows of a conic form."""
        order, rows, columns, values = self.order(k), [], [], []
        for place, terms in self.table.blocks[k].items():
            down, right = self.at(k, place)
            i, j = np.indices((self.size, self.size))
            used = np.ones(i.shape, dtype=bool) if place[0] != place[1] else i <= j
            position = svec.position(down.start + i, right.start + j)[used]
            weight = np.where((down.start + i == right.start + j)[used], 1.0, np.sqrt(2.0))
            for term in terms:
                X = self.entries(term.name)
                rows.append(position)
                columns.append((self.exchanged(X) if term.exchanged else X)[used])
                values.append(-term.factor * weight)
        b = np.zeros(svec.length(order))
        if k == 0:
            i = np.arange(1, order)
            rows.append(svec.position(0 * i, i))
            columns.append(i - 1)
            values.append(np.full(len(i), -np.sqrt(2.0)))
            b[0] = 1.0
        at = np.concatenate(rows), np.concatenate(columns)
        return sp.csr_array((np.concatenate(values), at), shape=(len(b), self.starts[""])), b

    def _contraction(self, part: Contraction) -> tuple[sp.csr_array, Matrix]:
        """(−block, 0) as rows of a conic form."""
        X = self.entries(part.name).reshape(*self.H.shape, *self.H.shape)
        p, q = np.nonzero(part.A)
        sliced = X[p, :, q, :] if part.side == "rows" else X[:, p, :, q]
        i, j = np.triu_indices(sliced.shape[1])
        weight = np.where(i == j, 1.0, np.sqrt(2.0)) * -part.A[p, q, None]
        rows = np.tile(svec.position(i, j), len(p))
        at = rows, sliced[:, i, j].ravel()
        length = svec.length(sliced.shape[1])
        return sp.csr_array((weight.ravel(), at), shape=(length, self.starts[""])), np.zeros(length)

    def gram(self, k: int, z: Vector) -> Matrix:
        """The multiplier of a block, L'ZL, from what a solver sees of it."""
        L = self.unit(k)
        return L.T @ (L.T @ svec.smat(z)).T

    def seen(self, k: int, G: Matrix) -> Vector:
        """The z whose `gram` is G."""
        solve = splu(sp.csc_array(self.unit(k).T)).solve
        return svec.svec(solve(np.ascontiguousarray(solve(np.ascontiguousarray(G)).T)))

    def dual(self, solution: Solution) -> tuple[list[Matrix], list[Matrix]]:
        """Multipliers of the blocks (positive semidefinite) and of the relations, from a solver's dual."""
        found = [rows for kind, _, rows in self.form.cones.slices() if kind == "psd"]
        grams = [self.gram(k, solution.z[rows]) for k, rows in enumerate(found)]
        z, multipliers, at = -solution.z[: self.form.cones.zero], [], 0
        n, m = self.H.shape
        for relation in self.table.relations:
            left, right = self._upper(relation)
            V = np.zeros((m, m) if relation.side == "rows" else (n, n))
            V[left, right] = z[at : at + len(left)]
            free = len(left) == V.size
            multipliers.append(V if free else (V + V.T) / 2)
            at += len(left)
        return grams, multipliers

    def dual_vector(self, grams: list[Matrix], multipliers: list[Matrix]) -> Vector:
        """The z of a solver that `dual` reads as these multipliers."""
        parts = []
        for relation, V in zip(self.table.relations, multipliers, strict=True):
            left, right = self._upper(relation)
            parts.append(-V[left, right] * np.where((left == right) | (len(left) == V.size), 1.0, 2.0))
        return np.concatenate([*parts, *(self.seen(k, G) for k, G in enumerate(grams))])

    def coefficients(self, name: str, grams: list[Matrix], multipliers: list[Matrix]) -> Matrix:
        """The form F with <F, X> = Σ <gram, block> + Σ <multiplier, relation>, as far as the variable X goes."""
        out = np.zeros((*self.H.shape, *self.H.shape))
        flat = out.reshape(self.size, self.size)
        for k, block in enumerate(self.table.blocks):
            for place, terms in block.items():
                for term in terms:
                    if term.name == name:
                        part = grams[k][self.at(k, place)] * (term.factor * (1 if place[0] == place[1] else 2))
                        flat += self.exchanged(part) if term.exchanged else part
        for part, G in zip(self.table.contractions, grams[len(self.table.blocks) :], strict=True):
            if part.name == name:
                out += np.einsum("ik,jl->ijkl" if part.side == "rows" else "jl,ik->ijkl", part.A, G)
        for relation, V in zip(self.table.relations, multipliers, strict=True):
            for factor, other in relation.terms:
                if other == name:
                    view = np.einsum("ijil->jli" if relation.side == "rows" else "ijkj->ikj", out)
                    view += factor * V[:, :, None]
        return self.projected(name, flat)

    def projected(self, name: str, F: Matrix) -> Matrix:
        """A form on a variable of its kind."""
        kind = self.table.kinds[name]
        if kind == "free":
            return F
        F = (F + F.T) / 2
        if kind == "symmetric":
            return F
        return (F + self.exchanged(F)) / 2

    def moments(self, x: Matrix) -> tuple[Matrix, Matrix]:
        """(w, M) of V at a point of the conic form."""
        N = self.size
        w = x[: self.order(0) - 1].reshape(-1, N).sum(axis=0)
        M = np.zeros((N, N))
        for name, share in self.table.loss.items():
            X = x[self.entries(name)]
            M += X if share == 1 else X + X.T
        return w, M
