"""From a program and a level to the conic form that a solver reads, and back."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from copos.arithmetic import monomials, ragged, svec
from copos.arithmetic.elimination import eliminate
from copos.conic import ConicForm, Solution
from copos.forms import Forms
from copos.hierarchy import products
from copos.hierarchy.blocks import BlockMap
from copos.hierarchy.charts import Chart
from copos.hierarchy.families import Family
from copos.hierarchy.families import family as find_family
from copos.hierarchy.grams import BASIS_CHANGING, Stage
from copos.hierarchy.grams import gram as find_gram
from copos.hierarchy.products import Factor, Lift
from copos.hierarchy.signs import invariant, sign_symmetries
from copos.program import CompletelyPositiveProgram
from copos.support.threads import on_one_blas_thread

Index = NDArray[Any]
Vector = NDArray[Any]

REDUCTIONS = {
    "exchange": "split powers of one block by the permutations of its factors",
    "sign": "keep only moments that the sign symmetries of the data leave alone, and split the blocks",
    "substitute": "solve the sparse equations for moments that occur in few places",
    "facial": "drop block rows that common null vectors make dependent",
}
SHORT = 8  # equations <A_i, Y> = b_i with at most so many terms are substituted, longer ones stay rows
BYTES_PER_ENTRY = 320  # peak memory of assembly per block entry; 180 to 310 measured


class LevelTooLargeError(ValueError):
    """The level would not fit in memory; the message says its size and the nearest level that fits."""


@dataclass(frozen=True, eq=False)
class Relaxation:
    """One level of a family, as min c'w over a conic form in free moments w.

    Attributes
    ----------
    program, level, family, reductions : what was relaxed, and how
    form : the conic form; its rows are kept equations, scalar blocks, then matrix blocks in order of size
    lifted : the unreduced blocks B_s; None for a level in other coordinates
    monomials : (columns,) ranks of the monomials of degree ℓ + 2 that moments y belong to; just 0, 1, … where `lifted`
        is None
    entries : e^ℓ x_ax_b, a ≤ b in the order of `copos.arithmetic.svec`, as rows over the moments y (free coordinates)
    blocks : the reduced blocks as functions of y
    equations, rhs : all equations on y, before any was substituted: first e^ℓ·A_i (right-hand side b_i), then every
        E_j times every monomial of degree ℓ (right-hand side 0)
    objective : (columns,) coefficients of e(x)^ℓ x'Cx
    back : y = back @ (w, 1)
    kept : indices of the equations that are rows of the form
    gram : cone of the Gram matrices, a name in `copos.hierarchy.grams.GRAMS`
    stage : the form's cone rows as combinations of the blocks' entries
    chart : the other coordinates, None where there are none; without the reduction "sign" a plain chart with all rows
    """

    program: CompletelyPositiveProgram
    level: int
    family: str
    reductions: tuple[str, ...]
    form: ConicForm
    lifted: Lift | None
    monomials: Index
    entries: sp.csr_array
    blocks: BlockMap
    equations: sp.csr_array
    rhs: Vector
    objective: Vector
    back: sp.csr_array
    kept: Index
    symmetries: NDArray[np.uint8]
    gram: str
    stage: Stage
    chart: Chart | None = None

    @property
    def lift(self) -> Lift:
        """The unreduced blocks B_s; ValueError for a level in other coordinates, which has none."""
        if self.lifted is None:
            raise ValueError(f"a level of {self.family!r} has blocks of its own coordinates, not products B_s")
        return self.lifted

    @property
    def moments(self) -> int:
        """Free moments, the number of variables of the conic form."""
        return self.form.shape[1]

    @property
    def orders(self) -> tuple[int, ...]:
        """Orders of the matrix blocks, ascending."""
        return self.form.cones.psd

    def __repr__(self) -> str:
        largest = max(self.orders, default=1)
        return (f"Relaxation({self.family}, level {self.level}: {self.moments} moments, "
                f"{len(self.blocks.sizes)} blocks ≤ {largest})")  # fmt: skip

    def moment_values(self, w: Vector) -> Vector:
        """Moments y of a solver's x."""
        return self.back @ np.r_[w, 1.0]

    def matrix(self, w: Vector) -> NDArray[np.float64]:
        """Y = y(e^ℓ xx') in ambient coordinates; the point of the outer approximation of CP(K)."""
        cone = self.program.cone
        triangle = self.entries @ self.moment_values(w)
        Y = np.zeros((cone.dim, cone.dim))
        i, j = svec.triangle(cone.dim)
        Y[i, j] = Y[j, i] = triangle
        return cone.basis @ Y @ cone.basis.T

    def grams(self, solution: Solution) -> list[NDArray[np.float64]]:
        """Gram matrix G of every reduced block, from the dual: Σ <G, B(y)> is the copositive side."""
        return self.stage.grams(solution.z[self.form.cones.zero :], self.blocks.sizes)

    def multipliers(self, solution: Solution) -> Vector:
        """The Gram matrices as svecs, end to end; for any Gram kind, the z that the sdp form would have had."""
        return self.stage.multipliers(solution.z[self.form.cones.zero :], self.blocks.sizes)

    def describe(self, block: int) -> tuple[tuple[Factor, ...], int, Index]:
        """(factors, t, rows): the reduced block is B_s ⊗ m_t m_t' restricted to these rows."""
        start = np.cumsum(self.blocks.sizes) - self.blocks.sizes
        rows = self.blocks.source[start[block] : start[block] + self.blocks.sizes[block]]
        first = np.cumsum(self.lift.sizes) - self.lift.sizes
        source = int(np.searchsorted(first, rows[0], side="right") - 1)
        return (*self.lift.describe(source), rows - first[source])

    def functionals(self, forms: Forms) -> sp.csr_array:
        """Rows over (w, 1) of <A_k, Y> for ambient forms A_k, Y = y(e^ℓ xx').

        The sign reduction must have been told of them (`also`), because it leaves out moments that it thinks unused.
        """
        rows = forms.substitute(self.program.cone.basis).rows
        return sp.csr_array(rows @ self.entries @ self.back)


@on_one_blas_thread
def relax(
    program: CompletelyPositiveProgram,
    level: int = 0,
    family: str = "parrilo",
    reductions: Collection[str] = tuple(REDUCTIONS),
    memory: float | None = None,
    gram: str = "sdp",
    also: Forms | None = None,
) -> Relaxation:
    """Outer approximation of CP(K) at a level: a conic program whose value is a lower bound.

    Parameters
    ----------
    program : CompletelyPositiveProgram
    level : ℓ ≥ 0
    family : a name in `copos.hierarchy.families.FAMILIES`
    reductions : names in `REDUCTIONS`; none of them changes the value
    memory : bytes that assembly may take; three quarters of the machine's memory unless given
    gram : "sdp", "sdd" (scaled diagonally dominant: a second-order program) or "dd" (diagonally dominant: a linear
        program). The last two give weaker values that depend on the basis, so "exchange" and "facial" are not applied
    also : ambient forms whose values <A_k, Y> will be asked for (`Relaxation.functionals`)

    Raises
    ------
    LevelTooLargeError
        If the level would not fit, before anything is built.
    ValueError
        For an unknown family, reduction, Gram kind or level.

    Examples
    --------
    >>> from copos import CompletelyPositiveProgram, NonNegative
    >>> program = CompletelyPositiveProgram(NonNegative(3), np.eye(3), [(np.ones((3, 3)), 1.0)])
    >>> relax(program, level=1)
    Relaxation(parrilo, level 1: 10 moments, 4 blocks ≤ 3)
    """
    unknown = set(reductions) - set(REDUCTIONS)
    if unknown:
        raise ValueError(f"unknown reduction {unknown.pop()!r}; expected some of {', '.join(REDUCTIONS)}")
    chosen, kind = find_family(family), find_gram(gram)
    if kind.keeps_basis:
        reductions = [name for name in reductions if name not in BASIS_CHANGING]
    chosen.check(program.cone)
    level = chosen.whole(level)  # refuses a bad level before anything is added to it
    if level and not program.cone.unit.any():
        raise ValueError(
            f"level {level} needs a multiplier: e = 0 on {program.cone.name}; give the cone one that is positive on it "
            "(`with_unit`), or ask for level 0"
        )
    _refuse_if_too_large(program, level, chosen, memory)
    cone = program.cone
    b = program.equations[1]
    C, A, E = (f.rounded().substitute(cone.basis) for f in (program.C, program.equations[0], program.vanishing))
    data = _Data(C, A, b, E)

    chart = chosen.chart.make(cone, level, "sign" not in reductions) if chosen.chart else None
    if chart is not None:
        parts = _chart(cone, chart, data)
    else:
        parts = _lift(cone, level, chosen, reductions, data, also)
    lifted, symmetries, ranks, entries, blocks, objective, equations = parts
    rhs = np.r_[b, np.zeros(equations.shape[0] - len(b))]

    gone = np.zeros(0, dtype=np.int64)
    if "substitute" in reductions:
        short = np.flatnonzero(np.diff(equations.indptr[: len(b) + 1]) <= SHORT)
        gone = np.r_[short, np.arange(len(b), len(rhs))]
    occurrences = np.bincount(blocks.map.indices, minlength=len(ranks))
    back = _solve(equations[gone], rhs[gone], occurrences)
    if back is None:  # 0 = 1 follows from the equations; kept as rows they let a solver say that nothing is feasible
        gone = gone[:0]
        back = _solve(equations[gone], rhs[gone], occurrences)
        assert back is not None
    kept = np.setdiff1d(np.arange(len(rhs)), gone)
    affine = blocks.substitute(back)
    if chart is None or "sign" in reductions:
        affine = affine.split()
    if "facial" in reductions:
        smaller = affine.without_null_vectors()
        affine = affine if smaller is affine else smaller.split()
    blocks = _same_rows(blocks, affine)
    stage = kind.stage(affine)
    form = _conic(affine, stage, sp.csr_array(equations[kept] @ back), rhs[kept], objective @ back)
    return Relaxation(
        program, level, family, tuple(reductions), form, lifted, ranks, entries, blocks, equations, rhs,
        objective, back, kept, symmetries, gram, stage, chart,
    )  # fmt: skip


class _Data(NamedTuple):
    """A program's forms in the free coordinates of its cone, in doubles."""

    C: Forms
    A: Forms
    b: NDArray[np.float64]
    E: Forms


def _lift(cone, level, chosen, reductions, data, also):  # noqa: ANN001, ANN202
    """A level whose blocks are products B_s, moments those of the monomials of degree ℓ + 2."""
    degree, (C, A, b, E) = level + 2, data
    lifted = products.lift(cone, degree, chosen.at(level), exchange="exchange" in reductions)
    if "sign" in reductions:
        homogeneous = b == 0
        fixed = Forms.stack([C, Forms(A.dim, A.rows[np.flatnonzero(~homogeneous)])])
        if also is not None:
            fixed = Forms.stack([fixed, also.substitute(cone.basis)])
        flipped = Forms.stack([E, Forms(A.dim, A.rows[np.flatnonzero(homogeneous)])])
        symmetries = sign_symmetries(cone, fixed, flipped)
    else:
        symmetries = np.zeros((0, cone.dim), dtype=np.uint8)

    blocks, present = BlockMap.whole(lifted.sizes, lifted.map), lifted.monomials
    if len(symmetries):
        keep = invariant(monomials.unrank(present, degree), symmetries)
        blocks, present = blocks.columns(keep), present[keep]
    if chosen.rows is not None:
        blocks = blocks.select(chosen.rows(lifted))
    ranks, entries, multiples = _moments(cone, level, C, A, E, symmetries, present)
    blocks = blocks.widen(np.searchsorted(ranks, present), len(ranks))
    blocks = blocks.split()  # monomials left out by symmetry disconnect the blocks
    objective = (C.rows @ entries).toarray()[0]
    equations = sp.csr_array(sp.vstack([A.rows @ entries, multiples], format="csr"))
    equations.eliminate_zeros()
    return lifted, symmetries, ranks, entries, blocks, objective, equations


def _chart(cone, chart, data):  # noqa: ANN001, ANN202
    """A level in other coordinates, moments numbered by its chart."""
    entries, (C, A, _, E) = chart.entries, data
    multiples = [E.rows @ rows for rows in chart.multiples] if len(E) else []
    equations = sp.csr_array(sp.vstack([A.rows @ entries, *multiples, chart.relations]))
    symmetries = np.zeros((0, cone.dim), dtype=np.uint8)
    objective = (C.rows @ entries).toarray()[0]
    return None, symmetries, np.arange(entries.shape[1]), entries, chart.blocks, objective, equations


def _moments(cone, level, C, A, E, symmetries, in_blocks):  # noqa: ANN001, ANN202
    """Monomials that have a moment; e^ℓ x_ax_b as rows over them; every E_j times every monomial of degree ℓ, too.

    A product's terms are all invariant under the sign symmetries or all not; these have no moment, and say 0 = 0.
    """
    every = Forms(cone.dim, sp.eye_array(svec.length(cone.dim), format="csr"))
    row, rank, value = products.multiply(every, *products.power(cone.unit, level))
    e_row, e_rank, e_value = products.multiply(E, monomials.every(cone.dim, level))
    used = np.zeros(len(every), dtype=bool)
    used[C.rows.indices] = used[A.rows.indices] = True
    needed = np.r_[rank[used[row]], e_rank]
    if len(symmetries):
        needed = needed[invariant(monomials.unrank(needed, level + 2), symmetries)]
    ranks = ragged.distinct(np.r_[in_blocks, needed], monomials.count(cone.dim, level + 2))[0]
    shapes = (len(every), len(ranks)), (len(E) * monomials.count(cone.dim, level), len(ranks))
    out = []
    for (r, k, v), shape in zip(((row, rank, value), (e_row, e_rank, e_value)), shapes, strict=True):
        column = np.searchsorted(ranks, k)
        found = np.r_[ranks, -1][column] == k
        r, column, v = (r, column, v) if found.all() else (r[found], column[found], v[found])
        out.append(sp.csr_array(sp.coo_array((v, (r, column)), shape=shape)))
    return ranks, *out


def _solve(rows: sp.csr_array, rhs: Vector, occurrences: Index) -> sp.csr_array | None:
    """`back` with y = back @ (w, 1) solving rows @ y = rhs, for the moments that occur least in the blocks.

    None if the rows contradict each other.
    """
    if rows.shape[0] == 0:
        return sp.eye_array(len(occurrences), len(occurrences) + 1, format="csr")
    homogeneous = sp.hstack([rows, sp.csr_array(-rhs[:, None])], format="csr")
    last = np.iinfo(np.int64).max
    solved = eliminate(homogeneous, np.r_[occurrences, last])
    if len(occurrences) not in solved.free:
        return None
    return sp.csr_array(solved.basis[:-1])


def _same_rows(blocks: BlockMap, cut: BlockMap) -> BlockMap:
    """The unsubstituted blocks with the rows and the order of their reduced versions."""
    if np.array_equal(blocks.sizes, cut.sizes) and np.array_equal(blocks.source, cut.source):
        return blocks
    place = np.full(int(blocks.source.max(initial=-1)) + 1, -1, dtype=np.int64)
    place[blocks.source] = np.arange(len(blocks.source))
    label = np.full(len(blocks.source), -1, dtype=np.int64)
    label[place[cut.source]] = np.repeat(np.arange(len(cut.sizes)), cut.sizes)
    return blocks.select(label)


def _conic(blocks: BlockMap, stage: Stage, kept: sp.csr_array, rhs: Vector, objective: Vector) -> ConicForm:
    """Min objective'(w, 1) s.t. kept (w, 1) = rhs, blocks(w, 1) ⪰ 0 or as the Gram kind says; blocks sorted by size."""
    rows = sp.vstack([-kept, -stage.rows @ blocks.map], format="csc")
    constant = -rows[:, [-1]].toarray()[:, 0]
    constant[: len(rhs)] = constant[: len(rhs)] - rhs
    cones = replace(stage.cones, zero=len(rhs))
    return ConicForm(objective[:-1], rows[:, :-1], constant, cones, float(objective[-1]))


def _refuse_if_too_large(program: CompletelyPositiveProgram, level: int, rows: Family, memory: float | None) -> None:
    budget = 0.75 * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if memory is None else memory

    def cost(at: int) -> tuple[int, int, float]:
        if rows.chart:
            count, entries = rows.chart.size(program.cone, at)
        else:
            count, entries = products.size_estimate(program.cone, at + 2, rows.at(at))
        terms = program.vanishing.rows.nnz * monomials.count(program.cone.dim, at)
        return count, entries, BYTES_PER_ENTRY * float(min(entries + terms, 10**100))

    count, entries, needed = cost(level)
    if needed <= budget:
        return
    step = 2 if rows.even_only else 1
    fits = list(takewhile(lambda at: cost(at)[2] <= budget, range(level % step, level, step)))
    nearest = f"the nearest level that fits is {fits[-1]}" if fits else "no level fits"
    raise LevelTooLargeError(
        f"level {level} of {rows.name!r} has up to {count:,} moments and {entries:,} block entries, "
        f"about {needed / 2**30:.1f} GiB, more than the {budget / 2**30:.1f} GiB allowed; {nearest}"
    )
