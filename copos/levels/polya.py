"""The linear levels of the orthant (de Klerk and Pasechnik) by row generation.

Level ℓ with the multiplier w'x, w > 0, asks that all coefficients of (w'x)^ℓ x'M(y)x + Σ_j q_j(x) x'E_jx be ≥ 0, where
M(y) = C − Σ y_iA_i. In the y and the coefficients of the q_j this is a linear program with one row per monomial of
degree d = ℓ + 2 and very few columns, so few rows matter: rows are added where the current y violates them, and
`exponents` finds those without listing the others. What comes out is the level's own optimum.

A form E_j that is one monomial c x_ax_b needs no column: its multiples may give any coefficient to every monomial that
x_ax_b divides, so those rows are void.

The multipliers μ ≥ 0 of the rows are the moments of the primal: Y = Σ_β μ_β D(ββ' − diag β)D / (d(d − 1)) with
D = diag(1/w).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.special import factorial

from copos.arithmetic import monomials, svec
from copos.conic import Status
from copos.forms import Forms
from copos.hierarchy import LevelTooLargeError, products
from copos.hierarchy.atoms import is_orthant
from copos.levels import exponents
from copos.program import CompletelyPositiveProgram
from copos.solvers.highs import silent
from copos.solvers.vertex import basis_of

Index = NDArray[Any]
Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]

TOLERANCE = 1e-10  # of a row, relative to the entries of M
ROWS = 100  # added per round, or twice the columns
DENSE = 1 << 28  # bytes of the equations' dense matrices
MULTIPLES = 20_000_000  # terms of the products of the E_j with monomials


@dataclass(frozen=True, eq=False)
class Level:
    """Data of one level: dense scaled matrices, void pairs, columns of multipliers.

    Attributes
    ----------
    C, A, b : D C D, (m, n, n) all D A_i D, and right-hand sides
    void : (n, n) pairs that an E_j = c x_ax_b sets to zero
    forms : indices of the E_j that are more than one monomial; they have columns
    touched : ranks of the monomials that the columns meet, ascending
    columns : (touched, columns) coefficients of the columns, scaled as `exponents.averages` is
    """

    program: CompletelyPositiveProgram
    level: int
    weights: Vector
    C: Matrix
    A: Matrix
    b: Vector
    void: NDArray[np.bool_]
    forms: Index
    touched: Index
    columns: sp.csr_array

    @property
    def degree(self) -> int:
        """The degree ℓ + 2."""
        return self.level + 2

    def matrix(self, y: Vector) -> Matrix:
        """D M(y) D, with inf at the void pairs."""
        return np.where(self.void, np.inf, self.C - np.tensordot(y, self.A, axes=1))

    def extra(self, rows: Index) -> sp.csr_array:
        """Contributions of the columns to some monomials, one row each."""
        rank = monomials.rank(rows)
        place = np.searchsorted(self.touched, rank)
        hit = np.flatnonzero(self.is_touched(rank))
        pick = sp.csr_array((np.ones(len(hit)), (hit, place[hit])), shape=(len(rows), len(self.touched)))
        return sp.csr_array(pick @ self.columns)

    def is_touched(self, rank: Index) -> NDArray[np.bool_]:
        """Which ranks the columns meet."""
        if not len(self.touched):
            return np.zeros(len(rank), dtype=bool)
        return self.touched[np.minimum(np.searchsorted(self.touched, rank), len(self.touched) - 1)] == rank

    def is_open(self, rows: Index) -> NDArray[np.bool_]:
        """Which monomials no void pair divides."""
        return np.isfinite(exponents.averages(np.where(self.void, np.inf, 0.0), rows))

    @classmethod
    def of(cls, program: CompletelyPositiveProgram, level: int) -> Level:
        """Read a program; `applies` must hold."""
        cone, (A, b) = program.cone, program.equations
        n, d = cone.dim, level + 2
        w = np.asarray(cone.unit, dtype=float)
        scale = 1 / np.outer(w, w)
        rows = program.vanishing.rows
        single = np.diff(rows.indptr) == 1
        void = np.zeros((n, n), dtype=bool)
        a, c = svec.pair(rows.indices[rows.indptr[:-1][single]])
        void[a, c] = void[c, a] = True
        forms = np.flatnonzero(np.diff(rows.indptr) > 1)
        terms = int(rows[forms].nnz) * monomials.count(n, level)
        if terms > MULTIPLES:
            raise LevelTooLargeError(f"level {level} has {terms:,} terms of multiples of vanishing forms, "
                                     f"more than {MULTIPLES:,}")  # fmt: skip
        column, rank, value = products.multiply(Forms(n, sp.csr_array(rows[forms])), monomials.every(n, level))
        exponent = monomials.unrank(rank, d)
        # 1 where no pair of places is void
        open_ = ~np.isinf(exponents.averages(np.where(void, np.inf, 0.0), exponent))
        column, rank, value, exponent = column[open_], rank[open_], value[open_], exponent[open_]
        touched, row = np.unique(rank, return_inverse=True)
        value = value / multinomial(exponent, w)
        shape = (len(touched), len(forms) * monomials.count(n, level))
        columns = sp.csr_array(sp.coo_array((value, (row, column)), shape=shape))
        return cls(
            program, level, w, program.C.matrix() * scale,
            np.stack([A.matrix(i) for i in range(len(A))]) * scale if len(A) else np.zeros((0, n, n)), b,
            void, forms, touched, columns,
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Answer:
    """Optimum of a level: y and the columns' values, the rows used, their multipliers and which of them are active.

    Status INFEASIBLE means that no Y satisfies the equations within the level's cone, with y a ray; UNBOUNDED that
    no y is feasible.
    """

    status: Status
    y: Vector
    q: Vector
    rows: Index
    multipliers: Vector
    active: NDArray[np.bool_]
    basic: Index
    rounds: int
    seconds: float
    message: str = ""

    def moments(self, level: Level) -> Matrix:
        """Y, a point of the outer approximation of CP(K)."""
        n, d = len(level.C), level.degree
        used = self.multipliers > 0
        counts = np.zeros((int(used.sum()), n))
        np.add.at(counts, (np.arange(len(counts))[:, None], self.rows[used]), 1.0)
        mu = self.multipliers[used]
        Y = (counts.T * mu) @ counts - np.diag(mu @ counts)
        return Y / np.outer(level.weights, level.weights) / (d * (d - 1))


def applies(program: CompletelyPositiveProgram) -> bool:
    """Is K an orthant whose multiplier form has positive coefficients, with equations that fit as dense matrices?"""
    n = program.cone.ambient
    return (
        is_orthant(program.cone)
        and bool((program.cone.unit > 0).all())
        and 8 * n * n * len(program.equations[1]) <= DENSE
    )


def multinomial(rows: Index, w: Vector) -> Vector:
    """Factors d! w^β / β! of monomials given as sorted rows."""
    d = rows.shape[1]
    run = np.ones(len(rows))
    divisor = np.ones(len(rows))
    for k in range(1, d):
        run = np.where(rows[:, k] == rows[:, k - 1], run + 1, 1.0)
        divisor *= run
    return factorial(d) * np.prod(w[rows], axis=1) / divisor


def optimum(level: Level, margin: float = 0.0, normalised: bool = False, rounds: int = 1000) -> Answer:
    """Maximise b'y subject to all rows of the level, adding rows as they are violated.

    Parameters
    ----------
    level : Level
    margin : every row is asked to be at least this, so that rounding cannot make it negative
    normalised : for the zero objective: b'y ≤ 1 is one more row
    rounds : limit

    Examples
    --------
    >>> from copos import standard_quadratic
    >>> level = Level.of(standard_quadratic([[1.0, 0.0], [0.0, 1.0]]), 2)
    >>> round(float(optimum(level).y[0]), 9)
    0.333333333
    """
    begin = time.perf_counter()
    lp = _Lp(level, margin, normalised)
    n, d = len(level.C), level.degree
    rng = np.random.default_rng(0)
    starts = np.concatenate([
        np.repeat(np.arange(n)[:, None], d, axis=1),
        np.sort(rng.integers(n, size=(min(8 * n, 400), d)), axis=1),
    ])  # fmt: skip
    lp.add(starts[:n][level.is_open(starts[:n])])
    lp.add(_first(level, starts))
    limit = max(ROWS, 2 * lp.columns)
    status = Status.LIMIT
    while lp.rounds < rounds:
        said, y, q = lp.solve()
        if said is not Status.OPTIMAL and said is not Status.UNBOUNDED:
            # no y satisfies these few rows (INFEASIBLE of this program, UNBOUNDED of the primal), or a failure
            status = Status.UNBOUNDED if said is Status.INFEASIBLE else said
            break
        ray = said is Status.UNBOUNDED
        size = max(float(np.abs(y) @ np.abs(level.A).max(axis=(1, 2), initial=0.0)),
                   0.0 if ray else float(np.abs(level.C).max()), 1e-300)  # fmt: skip
        N = level.matrix(y) if not ray else level.matrix(y) - np.where(level.void, 0.0, level.C)
        threshold = (0.0 if ray else margin) - TOLERANCE * size
        new = _violated(level, N, q, starts, threshold, limit)
        if not lp.add(new):
            status = Status.INFEASIBLE if ray else Status.OPTIMAL
            break
    return lp.answer(status, time.perf_counter() - begin)


def _first(level: Level, starts: Index) -> Index:
    """Rows in which C is low, without those that the E_j make void."""
    rows, _ = exponents.descend(np.where(level.void, np.inf, level.C), starts)
    return rows[level.is_open(rows)]


def _violated(level: Level, N: Matrix, q: Vector, starts: Index, threshold: float, most: int) -> Index:
    """Violated rows: what a local search finds, and if that is nothing, what the exhaustive one finds."""
    found = []
    if len(level.touched):
        # the columns reach these rows only: few enough to look at all of them
        rows = monomials.unrank(level.touched, level.degree)
        values = exponents.averages(N, rows) - level.columns @ q
        low = np.argsort(values, kind="stable")[:most]
        found.append(rows[low[values[low] < threshold]])
    rows, values = exponents.descend(N, starts)
    rows, values = rows[level.is_open(rows)], values[level.is_open(rows)]
    rows = rows[values < threshold][:most]
    rows = rows[~level.is_touched(monomials.rank(rows))] if len(rows) else rows
    if not len(rows):
        keep = most + (len(level.touched) if len(level.touched) else 0)
        rows, _ = exponents.below(N, level.degree, threshold, keep)
        rows = rows[~level.is_touched(monomials.rank(rows))][:most]
    return np.concatenate([*found, rows])


@dataclass(eq=False)
class _Lp:
    """The growing linear program in HiGHS: min −b'y over rows a_β'(y, q) ≤ c_β − margin, all columns free."""

    level: Level
    margin: float
    normalised: bool
    rows: list[Index] = field(default_factory=list)
    known: set[bytes] = field(default_factory=set)
    rounds: int = 0

    def __post_init__(self) -> None:
        highspy: Any = import_module("highspy")  # compiled, without type stubs
        self.highs = silent()
        self.columns = len(self.level.b) + self.level.columns.shape[1]
        self.x = np.zeros(self.columns)
        cost = np.r_[-self.level.b, np.zeros(self.level.columns.shape[1])]
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = self.columns, 0
        lp.col_cost_ = cost
        lp.col_lower_, lp.col_upper_ = np.full(self.columns, -np.inf), np.full(self.columns, np.inf)
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = np.zeros(1, dtype=np.int32)
        for name, value in {
            "output_flag": False, "presolve": "off", "solver": "simplex",
            "primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10,
        }.items():  # fmt: skip
            self.highs.setOptionValue(name, value)
        self.highs.passModel(lp)
        if self.normalised:
            at = np.flatnonzero(self.level.b).astype(np.int32)
            self.highs.addRow(-np.inf, 1.0, len(at), at, self.level.b[at])

    def add(self, rows: Index) -> int:
        """Add rows that are not there yet; says how many."""
        if not len(rows):
            return 0
        rows = rows[[r.tobytes() not in self.known for r in rows]]
        if not len(rows):
            return 0
        self.known.update(r.tobytes() for r in rows)
        level = self.level
        right = exponents.averages(level.C, rows) - self.margin
        left = sp.hstack([sp.csr_array(exponents.averages(level.A, rows).T), level.extra(rows)], format="csr")
        self.highs.addRows(
            len(rows), np.full(len(rows), -np.inf), right, left.nnz,
            left.indptr[:-1].astype(np.int32), left.indices.astype(np.int32), left.data,
        )  # fmt: skip
        self.rows.append(rows)
        return len(rows)

    def solve(self) -> tuple[Status, Vector, Vector]:
        """Status of the working set, and its y and q, or a ray of them."""
        self.rounds += 1
        self.highs.run()
        said = self.highs.getModelStatus().name
        m = len(self.level.b)
        if said == "kOptimal":
            x, status = np.array(self.highs.getSolution().col_value), Status.OPTIMAL
        elif said in ("kUnbounded", "kUnboundedOrInfeasible"):
            *_, has, ray = self.highs.getPrimalRay()
            if not has:
                return Status.FAILED, np.zeros(m), np.zeros(self.columns - m)
            x, status = np.array(ray, dtype=float), Status.UNBOUNDED
            x /= max(float(np.abs(x).max()), 1e-300)
        else:
            status = Status.INFEASIBLE if said == "kInfeasible" else Status.FAILED
            return status, np.zeros(m), np.zeros(self.columns - m)
        self.x = x
        return status, x[:m], x[m:]

    def answer(self, status: Status, seconds: float) -> Answer:
        """The last point with its basis."""
        rows = np.concatenate(self.rows)
        m, first, x = len(self.level.b), int(self.normalised), self.x
        mu, active, basic = np.zeros(len(rows)), np.zeros(len(rows), dtype=bool), np.arange(0)
        if status is Status.OPTIMAL:
            mu = np.maximum(-np.array(self.highs.getSolution().row_dual)[first:], 0.0)
            basic, nonbasic = basis_of(self.highs)
            active[nonbasic[nonbasic >= first] - first] = True
        return Answer(
            status, x[:m], x[m:], rows, mu, active, basic, self.rounds, seconds,
            f"{len(rows)} of {monomials.count(len(self.level.C), self.level.degree):,} rows in {self.rounds} rounds",
        )  # fmt: skip
