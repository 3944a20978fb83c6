"""A level of a hierarchy on the orthant in moments that are constant on orbits.

With a group 𝒢 that leaves the program alone, the average of y over 𝒢 is feasible where y is, with the same value. So
y_O, one number for every orbit O of monomials of degree d = ℓ + 2, loses nothing, and of every orbit of products b_s
one representative is enough: the matrix (y(b_s m_im_j))_ij of it commutes with the stabiliser of s.

    min Σ c_O y_O,   c_O = Σ_{μ ∈ O} coefficient of μ in e^ℓ C,   alike for the A_i,   relations of the E_j,
    y_O ≥ 0,   y(b_{k1} ⋯ b_{kd}) ≥ 0,   U'(y(b_s m_im_j))U ⪰ 0 for every module U of the stabiliser of s.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
import scipy.linalg as la
import scipy.sparse as sp
from numpy.typing import NDArray

from copos.arithmetic import svec
from copos.arithmetic.groups import components
from copos.arithmetic.monomial_orbits import MonomialOrbits
from copos.conic import Cones, ConicForm
from copos.symmetry.action import Action
from copos.symmetry.matrices import Block, inequalities
from copos.symmetry.products import Split, afford, representatives, scalars
from copos.symmetry.relations import Relations, distinct, relations

Index = NDArray[Any]
Matrix = NDArray[np.float64]
SAMPLES = 6  # of moments, whose matrices have no vector of the kernel but the common ones


@dataclass(frozen=True, eq=False)
class OrbitLevel:
    """A level reduced by a group.

    Attributes
    ----------
    variable : (orbits,) number of the variable of every orbit, −1 where the moment is zero
    objective : (orbits,) c_O
    equations, right : rows over orbits, averages of equations that the group maps to each other
    members : the equations of the program behind every row
    relations : what vanishing forms say
    kept : relations that are rows of the form, in variables
    scalars : nonnegative rows over variables: products, then splits
    products : the blocks whose product each of the first is
    blocks : matrix inequalities
    unit : the number of monomials' moments that a variable stands for: w = unit · y
    splits : products of two neighbours (`copos.symmetry.splits`)
    """

    action: Action
    level: int
    orbits: MonomialOrbits
    variable: Index
    objective: Matrix
    equations: sp.csr_array
    right: Matrix
    members: tuple[Index, ...]
    relations: Relations
    kept: sp.csr_array
    scalars: sp.csr_array
    products: Index
    blocks: tuple[Block, ...]
    unit: float
    splits: tuple[Split, ...] = ()

    @cached_property
    def count(self) -> int:
        """Variables."""
        return int(self.variable.max(initial=-1)) + 1

    @cached_property
    def reduce(self) -> sp.csr_array:
        """(orbits, variables) which variable an orbit has."""
        return selection(self.variable)

    @cached_property
    def scale(self) -> float:
        """A power of two near the largest coefficient of the objective, per unit of a variable."""
        return float(2.0 ** np.ceil(np.log2(max(np.abs(self.objective @ self.reduce).max() / self.unit, 1e-300))))

    @cached_property
    def form(self) -> ConicForm:
        """The conic form in w; rows: equations, relations, w ≥ 0, products, matrices."""
        A = sp.csr_array(self.equations @ self.reduce) / self.unit
        size = 1 / np.maximum(abs(A).max(axis=1).toarray().ravel(), 1e-300)
        A = sp.diags_array(size) @ A
        rows = [A, self.kept, -sp.eye_array(self.count), -self.scalars]
        rows += [sp.csr_array(-svec.svec(block.maps).T) for block in self.blocks]
        matrix = sp.csc_matrix(sp.vstack(rows, format="csc"))
        zero = A.shape[0] + self.kept.shape[0]
        orders = tuple(block.U.shape[1] for block in self.blocks)
        cones = Cones(zero, self.count + self.scalars.shape[0], (), orders)
        right = np.r_[self.right * size, np.zeros(matrix.shape[0] - len(size))]
        return ConicForm((self.objective @ self.reduce) / (self.unit * self.scale), matrix, right, cones)

    def value(self, claimed: float) -> float:
        """A value of the form in the units of the program."""
        return claimed * self.scale

    def moments(self, w: Matrix) -> Matrix:
        """(orbits,) the y."""
        return np.where(self.variable < 0, 0.0, w[self.variable]) / self.unit

    def matrix(self, w: Matrix) -> Matrix:
        """Y = y(e^ℓ xx')."""
        y, n = self.moments(w), self.orbits.points
        e = self.action.program.cone.unit
        out = np.zeros((n, n))
        i = np.arange(n)
        for mu in product(np.flatnonzero(e).tolist(), repeat=self.level):
            out += float(np.prod(e[list(mu)])) * y[self.orbits.labels(i[:, None], i[None, :], *map(np.int64, mu))]
        return out


def reduced(action: Action, level: int, sizes: tuple[int, ...], seed: int = 0) -> OrbitLevel:
    """A level with products of |s| blocks, |s| in `sizes`, in the algebra of a group.

    Raises
    ------
    LevelTooLargeError
        If tables of orbits or lists of products do not fit in memory.

    Examples
    --------
    >>> import copos
    >>> from copos.arithmetic.groups import dihedral
    >>> from copos.instances.graphs import cycle
    >>> action = Action.of(copos.stability_number(cycle(5)), dihedral(5))
    >>> small = reduced(action, 1, (1, 3))
    >>> small.count, [block.U.shape[1] for block in small.blocks]
    (5, [2, 3])
    """
    d, n = level + 2, action.generators.shape[1]
    afford(n ** (d - 1) * len(np.unique(components(n, action.generators))), f"orbits of degree {d}")
    orbits = MonomialOrbits.of(action.generators, d)
    program = action.program
    A, b = program.equations
    objective = _with_multiplier(action, orbits, level, program.C.rows).toarray()[0]
    raised = _with_multiplier(action, orbits, level, A.rows)
    of = action.orbits(action.on_equations)
    members = tuple(np.flatnonzero(of == k) for k in range(int(of.max(initial=-1)) + 1))
    mean = sp.csr_array((1 / np.bincount(of)[of], (of, np.arange(len(of)))), shape=(len(members), len(of)))
    equations, right = sp.csr_array(mean @ raised), np.asarray(mean @ b)
    known = relations(action, orbits, level)
    variable, kept = _substituted(known.rows)
    count = int(variable.max(initial=-1)) + 1
    load = abs(equations).sum(axis=1) / np.maximum(np.abs(right), 1e-300)
    unit = float(2.0 ** np.round(np.log2(max(load[right != 0].max(initial=1.0), 1e-300))))
    rows, names = sp.csr_array((0, count)), np.zeros((0, d), dtype=np.int64)
    if d in sizes:
        rows, names = scalars(action, orbits, selection(variable))
    samples = _samples(kept, count, seed)
    chosen = [pair for size in sizes if size < d for pair in representatives(action, size)]
    blocks = [b for s, fixing in chosen for b in inequalities(action, orbits, variable, s, fixing, samples, seed)]
    blocks.sort(key=lambda block: block.U.shape[1])
    return OrbitLevel(action, level, orbits, variable, objective, equations, right, members, known, kept, rows,
                      names, tuple(blocks), unit)  # fmt: skip


def selection(variable: Index) -> sp.csr_array:
    """(orbits, variables) which variable an orbit has."""
    used = np.flatnonzero(variable >= 0)
    shape = (len(variable), int(variable.max(initial=-1)) + 1)
    return sp.csr_array((np.ones(len(used)), (used, variable[used])), shape=shape)


def _with_multiplier(action: Action, orbits: MonomialOrbits, level: int, rows: sp.csr_array) -> sp.csr_array:
    """e^ℓ times forms, as sums of coefficients over orbits.

    One factor e may be averaged first: Σ over the roots of e_r·|orbit of r|·x_r, since the rest is invariant, or is
    averaged with others of its kind.
    """
    e = action.program.cone.unit
    owner = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    i, j = svec.pair(rows.indices)
    total = sp.csr_array((rows.shape[0], orbits.count))
    if not level:
        return sp.csr_array(sp.coo_array((rows.data, (owner, orbits.labels(i, j))), shape=total.shape))
    roots = [r for r in orbits.roots.tolist() if e[r]]
    weight = np.bincount(orbits.home)
    for mu in product(roots, *[np.flatnonzero(e).tolist()] * (level - 1)):
        c = weight[orbits.home[mu[0]]] * float(np.prod(e[list(mu)]))
        columns = orbits.labels(np.int64(mu[0]), *map(np.int64, mu[1:]), i, j)
        total = total + sp.coo_array((c * rows.data, (owner, columns)), shape=total.shape).tocsr()
    return sp.csr_array(total)


def _substituted(rows: sp.csr_array) -> tuple[Index, sp.csr_array]:
    """(variable of every orbit, relations left): y_O = 0 and y_O = y_P are solved, others made independent."""
    count = rows.shape[1]
    label, zero = np.arange(count), np.zeros(count, dtype=bool)
    left = rows.copy()
    while True:
        left.sum_duplicates()
        left.data[np.abs(left.data) < 1e-12] = 0.0
        left.eliminate_zeros()
        terms = np.diff(left.indptr)
        single = left.indptr[:-1][terms == 1]
        pairs = left.indptr[:-1][terms == 2]
        pairs = pairs[left.data[pairs] == -left.data[pairs + 1]]
        if not len(single) and not len(pairs):
            break
        f = np.arange(count)
        f[left.indices[pairs]] = left.indices[pairs + 1]
        joined = components(count, [f])
        zero_of = np.zeros(int(joined.max()) + 1, dtype=bool)
        np.logical_or.at(zero_of, joined, zero)
        zero_of[joined[left.indices[single]]] = True
        zero, label, count = zero_of, joined[label], len(zero_of)
        fold = sp.csr_array((np.where(zero[joined], 0.0, 1.0), (np.arange(len(joined)), joined)),
                            shape=(len(joined), count))  # fmt: skip
        left = sp.csr_array(left @ fold)
    number = np.where(zero, -1, np.cumsum(~zero) - 1)
    left = sp.csr_array(left[np.flatnonzero(np.diff(left.indptr))][:, np.flatnonzero(~zero)])
    return number[label], _independent(left)


def _independent(rows: sp.csr_array) -> sp.csr_array:
    """Rows of the same span, each once, scaled."""
    if not rows.shape[0]:
        return rows
    rows = sp.csr_array(rows[distinct(rows)])
    rows = sp.csr_array(sp.diags_array(1 / abs(rows).max(axis=1).toarray().ravel()) @ rows)
    _, R, order = la.qr(rows.toarray().T, mode="economic", pivoting=True)
    diagonal = np.abs(np.diag(R))
    rank = int((diagonal > 1e-9 * diagonal[0]).sum())
    return sp.csr_array(rows[np.sort(order[:rank])])


def _samples(kept: sp.csr_array, count: int, seed: int) -> Matrix:
    """(samples, variables) random moments that satisfy the relations."""
    y = np.random.default_rng(seed).standard_normal((SAMPLES, count))
    if kept.shape[0]:
        Q = np.linalg.qr(kept.toarray().T)[0]
        y -= (y @ Q) @ Q.T
    return y
