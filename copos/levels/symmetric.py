"""Level 0 on the orthant in the coherent algebra of the data.

min <C, X>, <A_i, X> = b_i, <E_j, X> = 0 over X ⪰ 0, with X ≥ 0 or without. If C, the A_i and the E_j lie in a coherent
algebra 𝒜, the projection onto 𝒜 maps feasible X to feasible ones of the same value (`copos.arithmetic.coherent`), so
X = Σ x_k A_k loses nothing: one variable per class of pairs, and blocks of the orders of irreducible modules, not of n.

Equations and forms of a single entry, X_ab = b, may also be permuted among each other: entries with the same
coefficient and right-hand side are one 0/1 matrix of 𝒜, and the average of their equations over a class is kept.

The unknowns are u_k = x_k · (pairs in class k), the mass of X in the class: <A, X> = Σ_k (average of A over k) u_k.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from copos.arithmetic import svec
from copos.arithmetic.coherent import Configuration, coherent
from copos.conic import Cones, ConicForm, Solution
from copos.forms import Forms
from copos.hierarchy.atoms import is_orthant
from copos.program import CompletelyPositiveProgram
from copos.support.looks import one_line

Index = NDArray[Any]
Matrix = NDArray[np.float64]

SMALLEST, LARGEST = 16, 2500  # order of X: smaller ones gain nothing, larger ones take too long to refine
MANY = 40  # equations or forms of several entries, each a matrix of its own
SHARE = 12  # classes are at most n²/SHARE, otherwise there is too little symmetry to gain


@one_line
@dataclass(frozen=True, eq=False)
class Symmetric:
    """A program at level 0, reduced.

    Attributes
    ----------
    configuration : coherent configuration of the data
    form : the conic form in u; its rows are equations, then u_k ≥ 0 (if asked), blocks of order one, larger blocks
    used : symmetric classes that have a variable; X is zero on the others
    blocks : (classes, m, m) arrays, ascending m; Σ u_k blocks_k over the used classes is ⪰ 0
    members : for every row of equations of the form, the equations of the program that it averages
    """

    program: CompletelyPositiveProgram
    configuration: Configuration
    form: ConicForm
    used: Index
    blocks: tuple[Matrix, ...]
    members: tuple[Index, ...]

    @property
    def pairs(self) -> Index:
        """(n, n) symmetric class of every entry."""
        return self.configuration.symmetric[self.configuration.classes]

    @property
    def count(self) -> Index:
        """Entries in every symmetric class."""
        return np.bincount(self.pairs.ravel())

    def point(self, u: Matrix) -> Matrix:
        """X."""
        x = np.zeros(len(self.count))
        x[self.used] = u / self.count[self.used]
        return x[self.pairs]

    def multipliers(self, solution: Solution) -> tuple[Matrix, Matrix]:
        """The y of all equations, a row's multiplier shared by its members, and those of the E_j of several terms."""
        y = np.zeros(len(self.program.equations[1]))
        # the rows are equation·u = b with c + A'z = 0, so y = −z
        for members, z in zip(self.members, solution.z, strict=False):
            y[members] -= z / len(members)
        return y, -solution.z[len(self.members) : self.form.cones.zero]

    def slack(self, solution: Solution) -> Matrix:
        """S ⪰ 0 in 𝒜 with <S, X> = Σ <Z_t, block_t(u)>: the semidefinite part of the dual."""
        z = solution.z[len(solution.z) - sum(svec.length(B.shape[1]) for B in self.blocks) :]
        s, at = np.zeros(len(self.count)), 0
        for B in self.blocks:
            m = B.shape[1]
            Z = svec.smat(z[at : at + svec.length(m)])
            at += svec.length(m)
            s += np.tensordot(B, Z, axes=2)
        return s[self.pairs]


def reduce(program: CompletelyPositiveProgram, nonnegative: bool = True, seed: int = 0) -> Symmetric | None:
    """The reduced program; None where it does not apply or there is too little symmetry.

    Parameters
    ----------
    program : on an orthant
    nonnegative : X ≥ 0 too, otherwise X ⪰ 0 alone
    seed : of the random elements of the algebra

    Examples
    --------
    >>> from copos import stability_number
    >>> from copos.instances.graphs import kneser
    >>> small = reduce(stability_number(kneser(8, 3)))
    >>> small.configuration.order, small.form.shape[1], max(len(B[0]) for B in small.blocks)
    (56, 4, 1)
    """
    n = program.cone.ambient
    if not is_orthant(program.cone) or not SMALLEST <= n <= LARGEST:
        return None
    (A, b), E = program.equations, program.vanishing
    data = _colours(program)
    if data is None:
        return None
    configuration = coherent(*data, seed=seed, most=n * n // SHARE)
    if configuration is None:
        return None
    pairs = configuration.symmetric[configuration.classes]
    count = np.bincount(pairs.ravel())
    single_E, single_A = (np.diff(forms.rows.indptr) == 1 for forms in (E, A))
    void = _classes(E, single_E, pairs)
    used = np.setdiff1d(np.arange(len(count)), void)
    if not len(used):
        return None
    rows, right = [_averages(A, ~single_A, pairs, count)], [b[~single_A]]
    members = [np.array([i]) for i in np.flatnonzero(~single_A)]
    if single_A.any():
        # coefficient · x_ab = b, once for every class
        of, which = _classes(A, single_A, pairs), np.flatnonzero(single_A)
        kept, group = np.unique(of, return_inverse=True)
        lines = sp.csr_array((A.rows.data[A.rows.indptr[which]] / count[of], (which, of)), shape=(len(A), len(count)))
        first = [which[np.argmax(group == k)] for k in range(len(kept))]
        rows.append(lines[first].toarray())
        right.append(b[first])
        members += [which[group == k] for k in range(len(kept))]
    rows.append(_averages(E, ~single_E, pairs, count))
    right.append(np.zeros(int((~single_E).sum())))
    equations = np.concatenate(rows)[:, used]
    blocks = tuple(B / count[:, None, None] for B in configuration.blocks(seed))
    matrices = tuple(B.shape[1] for B in blocks if B.shape[1] > 1)
    signs = -np.eye(len(used) if nonnegative else 0, len(used))
    scalars = len(signs) + len(blocks) - len(matrices)
    rows_of = np.concatenate([equations, signs, *(-svec.svec(B[used]).T for B in blocks)])
    form = ConicForm(
        _averages(program.C, np.ones(1, dtype=bool), pairs, count)[0, used], sp.csc_array(rows_of),
        np.r_[np.concatenate(right), np.zeros(len(rows_of) - len(equations))],
        Cones(len(equations), scalars, (), matrices),
    )  # fmt: skip
    return Symmetric(program, configuration, form, used, blocks, tuple(members))


def _colours(program: CompletelyPositiveProgram) -> list[Matrix] | None:
    """Matrices whose algebra is wanted; None if there are too many."""
    (A, b), E, n = program.equations, program.vanishing, program.cone.ambient
    out = [program.C.matrix()]
    for forms, values in ((A, b), (E, np.zeros(len(E)))):
        single = np.diff(forms.rows.indptr) == 1
        if (~single).sum() > MANY:
            return None
        out += [forms.matrix(int(k)) for k in np.flatnonzero(~single)]
        if single.any():
            first = forms.rows.indptr[:-1][single]
            i, j = svec.pair(forms.rows.indices[first])
            # where x_ab = 0 the coefficient says nothing
            key = np.where(values[single] == 0, 0.0, forms.rows.data[first])
            table = np.stack([i, j, key, values[single]], axis=1)
            if len(np.unique(table[:, :2], axis=0)) < len(np.unique(table, axis=0)):
                return None  # two equations about one entry
            label = np.zeros((n, n))
            label[i, j] = label[j, i] = 1 + np.unique(table[:, 2:], axis=0, return_inverse=True)[1].ravel()
            out.append(label)
    return out


def _classes(forms: Forms, which: NDArray[np.bool_], pairs: Index) -> Index:
    """Symmetric class of the entry of every chosen form, all of which have one."""
    i, j = svec.pair(forms.rows.indices[forms.rows.indptr[:-1][which]])
    return pairs[i, j]


def _averages(forms: Forms, which: NDArray[np.bool_], pairs: Index, count: Index) -> Matrix:
    """(chosen, classes) with the average of each form's matrix over each class, so that <A, X> = Σ average_k u_k."""
    rows = sp.coo_array(forms.rows[np.flatnonzero(which)])
    i, j = svec.pair(rows.col)
    k = pairs[i, j]
    out = np.zeros((rows.shape[0], len(count)))
    np.add.at(out, (rows.row, k), rows.data / count[k])
    return out
