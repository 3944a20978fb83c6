"""Semidefinite programs with a bound on the rank, as completely positive programs over matrix cones.

rank X ≤ r for X ⪰ 0 iff some 0 ⪯ P ⪯ I with tr P = n − r has <X, P> = 0: the kernel of X holds n − r orthonormal
directions. With Q = I − P

    x = (x_0, X, P, Q) ∈ K = {R_+ × S^n_+ × S^n_+ × S^n_+ : P + Q = x_0 I, tr P = (n − r) x_0, <A_i, X> = b_i x_0},

XP = 0 (entry by entry, which follows from <X, P> = 0 on an atom but not on average), x_0² = 1 [BaiMitchellPang2016].
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from copos.arithmetic import svec
from copos.arithmetic.rational_frames import identity
from copos.arithmetic.rationals import RationalRows, rational, written
from copos.cones import NonNegative, PositiveSemidefinite
from copos.forms import Forms
from copos.program import CompletelyPositiveProgram, Recovered
from copos.questions import Question, rows, table
from copos.reformulation.exact_data import even, floats, numbers, quadratic_form, square
from copos.reformulation.matrix_forms import idempotent, identity_slice, matrix_product
from copos.reformulation.rational_matrices import rational_point
from copos.support.given import within_doubles
from copos.support.names import one_of

Matrix = NDArray[Any]

STRENGTHENINGS = {"projection": "P² = P: a projection exists among the matrices P"}


@within_doubles("the data")
def rank_constrained(
    C: ArrayLike,
    equations: Sequence[tuple[ArrayLike, float]],
    rank: int,
    trace_bound: float | None = None,
    strengthen: Collection[str] = (),
) -> CompletelyPositiveProgram:
    """Min <C, X>  subject to  <A_i, X> = b_i,  X ⪰ 0,  rank X ≤ r  =  min <C̃, Y>, Y ∈ CP(K), Y_00 = 1.

    The equations are linear in x and become a slice of K.

    Parameters
    ----------
    C : (n, n) symmetric matrix; all data may be floats, integers, Fractions, Decimals or text, and are taken exactly
    equations : pairs (A_i, b_i) of a symmetric (n, n) matrix and a number
    rank : r, 1 ≤ r ≤ n
    trace_bound : ρ with tr X ≤ ρ for some optimal X, taken at your word; a block ρx_0 − tr X ≥ 0 of K. Without a bound
        on X, from here or from the equations, level 0 may miss the rank
    strengthen : names in `STRENGTHENINGS`

    Returns
    -------
    CompletelyPositiveProgram
        `recover` returns a matrix X = FF' of rank ≤ r that satisfies the equations, from local search on F; its
        `solution` is None and its value inf if none was found. `atom` takes X.

    Raises
    ------
    ValueError
        If shapes, names or the rank do not fit, or the equations contradict each other.

    References
    ----------
    [BaiMitchellPang2016]

    Examples
    --------
    The largest cut of a triangle: min <A, X>, X_ii = 1, rank X = 1 has value −2 at X = ss', s = (1, 1, −1).

    >>> from copos import bracket
    >>> A = np.ones((3, 3)) - np.eye(3)
    >>> unit = [(np.diag(e), 1.0) for e in np.eye(3)]
    >>> bound = bracket(rank_constrained(A, unit, rank=1))
    >>> round(bound.claimed, 5), round(bound.upper, 5), np.linalg.matrix_rank(bound.found.solution, tol=1e-6).item()
    (-2.0, -2.0, 1)
    """
    given = square(C, "C")
    M, n = even(given), len(given)
    if not isinstance(rank, (int, np.integer)) or isinstance(rank, bool) or not 1 <= rank <= n:
        raise ValueError(f"rank must be an integer from 1 to {n}, got {rank!r}")
    unknown = set(strengthen) - set(STRENGTHENINGS)
    if unknown:
        first = min(unknown)
        raise ValueError(f"unknown strengthening {first!r}; {one_of(first, STRENGTHENINGS, 'some')}")
    matrices, right = _equations(equations, n)
    forms, b = Forms.stack([Forms.none(n), *map(quadratic_form, matrices)]), floats(right)
    m, tri = svec.length(n), svec.triangle(n)
    N = 1 + 3 * m

    def at(matrix: int, row: ArrayLike, col: ArrayLike) -> NDArray[np.int64]:
        """Coordinate of an entry of X (0), P (1) or Q (2)."""
        return 1 + matrix * m + svec.position(row, col)

    slices = identity_slice(n, 1 + m, 1 + 2 * m, N, trace_of=1 + m, trace=n - rank)
    if rank == n:  # then P = 0; say so by equations, because the slice has no interior otherwise
        slices = sp.vstack([slices, sp.eye_array(m, N, k=1 + m)])
    S = PositiveSemidefinite(n)
    linear = _linear(forms, right, N)
    cone = (NonNegative(1) * S * S * S).slice(RationalRows(N, RationalRows.of(sp.csr_array(slices)).rows + linear))
    if not cone.basis[[0]].nnz:
        raise ValueError("the equations <A_i, X> = b_i contradict each other")
    bound = numbers([] if trace_bound is None else [trace_bound], "trace_bound")
    if trace_bound is not None:
        if bound[0] <= 0:
            raise ValueError(f"trace_bound must be a positive number, got {trace_bound}")
        a = np.zeros(N, dtype=bound.dtype)
        a[0], a[at(0, np.arange(n), np.arange(n))] = bound[0], -1
        cone = cone.restrict(a)
    products = [matrix_product(lambda i, k: at(0, i, k), lambda k, j: at(1, k, j), (n, n, n), N)]  # XP = 0
    if "projection" in strengthen:
        products.append(idempotent(lambda i, j: at(1, i, j), n, N))
    vanishing = Forms.stack(products) if rank < n else Forms.none(N)
    C_row = quadratic_form(given).rationals().rows[0]
    objective = Forms.of_rationals(N, RationalRows(svec.length(N), ({_with_first(k): c for k, c in C_row.items()},)))

    def atom(X: ArrayLike) -> Matrix:
        point = even(square(X, "X"))
        if point.shape != (n, n):
            raise ValueError(f"expected a {n}×{n} matrix, got shape {point.shape}")
        kernel = np.linalg.eigh(point)[1][:, : n - rank]
        P = kernel @ kernel.T
        return np.concatenate([[1.0], point[tri], P[tri], (np.eye(n) - P)[tri]])

    def exact_atom(X: ArrayLike) -> Sequence[Fraction]:
        near, Q = rational_point(even(square(X, "X")), forms.rationals().rows, [rational(v) for v in right], int(rank))
        return [Fraction(1), *(v for M in (near, identity(n) - Q, Q) for v in M[tri])]

    def recover(Y: Matrix) -> Recovered:
        start = np.zeros((n, n))
        start[tri] = start[tri[::-1]] = Y[0, 1 : 1 + m] / Y[0, 0]
        X = factor_search(M, forms, b, int(rank), start)
        if X is None or (trace_bound is not None and np.trace(X) > float(floats(bound)[0]) * (1 + 1e-9)):
            return Recovered(None, np.inf, np.full(N, np.nan))
        return Recovered(X, float((M * X).sum()), atom(X))

    def tables() -> dict[str, Any]:
        named = {f"A{k + 1}": rows(A) for k, A in enumerate(matrices)}
        return {"C": rows(given), **named} | ({"b": rows(right)} if len(right) else {})

    def question() -> dict[str, Any]:
        out: dict[str, Any] = {"type": "rank constrained"} | {name: table(own) for name, own in tables().items()}
        bounded = {} if trace_bound is None else {"trace_bound": written(bound[0])}
        return out | {"rank": int(rank), "strengthen": sorted(set(strengthen)), "free": cone.free.tolist()} | bounded

    one = sp.coo_array(([1.0], ([0], [0])), shape=(N, N))
    name = f"semidefinite program of order {n} with rank ≤ {rank}"
    cone = cone.with_unit(np.eye(N)[0])
    return CompletelyPositiveProgram(
        cone, objective, [(one, 1.0)], vanishing, name, recover, atom, exact_atom=exact_atom,
        question=Question(question), tables=Question(tables),
    )  # fmt: skip


def _equations(equations: Sequence[tuple[ArrayLike, float]], n: int) -> tuple[list[Matrix], Matrix]:
    matrices = []
    for k, (A, _) in enumerate(equations):
        matrices.append(square(A, f"A_{k + 1}"))
        if matrices[-1].shape != (n, n):
            raise ValueError(f"A_{k + 1} must be {n}×{n} like C, got shape {matrices[-1].shape}")
    right = numbers([value for _, value in equations], "the right-hand sides")
    if right.ndim != 1:
        raise ValueError(f"every right-hand side must be a number, got shape {right.shape}")
    return matrices, right


def _linear(forms: Forms, right: Matrix, N: int) -> tuple[dict[int, Any], ...]:
    """<A_i, X> − b_i x_0 over the coordinates (x_0, X, …), whose entry X_ij, i ≤ j, stands at 1 + its place."""
    rows = zip(forms.rationals().rows, right.tolist(), strict=True)
    return tuple({1 + k: c for k, c in row.items()} | ({0: -rational(b)} if b else {}) for row, b in rows)


def _with_first(k: int) -> int:
    """Place of x_0 · x_{1+k} in the triangle of forms."""
    return int(svec.position(0, 1 + k))


def factor_search(C: Matrix, A: Forms, b: Matrix, rank: int, start: Matrix, tries: int = 6) -> Matrix | None:
    """Local minimum of <C, FF'>, <A_i, FF'> = b_i over F of shape (n, rank).

    An augmented Lagrangian, then Newton steps on the equations. Starts are the leading
    eigenvectors of `start` and random ones; None if the equations are met nowhere.

    The search is for 2^-k X with C and every A_i divided by a power of two, so that it does not depend on the units.
    """
    rows = A.rows.toarray()
    each = _exponents(rows, axis=1)
    rows, b = np.ldexp(rows, -each[:, None]), np.ldexp(b, -each)
    unit = int(_exponents(b if b.any() else start, axis=None))
    found = _search(np.ldexp(C, -int(_exponents(C, axis=None))), rows, np.ldexp(b, -unit), rank, np.ldexp(start, -unit),
                    tries)  # fmt: skip
    return None if found is None else np.ldexp(found, unit)


def _exponents(values: Matrix, axis: int | None) -> Matrix:
    """k with 2^k ≤ max |v| < 2^(k+1); 0 where all are 0."""
    largest = np.abs(values).max(axis=axis, initial=0.0)
    return np.where(largest > 0, np.frexp(largest)[1].astype(np.int64) - 1, 0)


def _search(C: Matrix, rows: Matrix, b: Matrix, rank: int, start: Matrix, tries: int) -> Matrix | None:
    """`factor_search` for data of size 1; <A_i, X> are `rows` times the triangle of X."""
    from scipy import optimize  # slow to import, and few programs come here

    n, (i, j) = len(C), svec.triangle(len(C))
    rng = np.random.default_rng(0)
    values, vectors = np.linalg.eigh(start)
    first = vectors[:, -rank:] * np.sqrt(np.maximum(values[-rank:], 1e-4 * max(1.0, values[-1])))
    size = np.linalg.norm(first) / np.sqrt(n * rank)
    stack = np.zeros((len(b), n, n))
    stack[:, i, j] = rows * np.where(i == j, 1.0, 0.5)
    stack[:, j, i] = stack[:, i, j]

    def residual(F: Matrix) -> Matrix:
        return rows @ (F @ F.T)[i, j] - b

    best, best_value = None, np.inf
    for trial in range(tries):
        F = first if trial == 0 else size * rng.standard_normal((n, rank))
        multiplier, penalty = np.zeros(len(b)), 10.0 * max(1.0, float(np.abs(C).max()))

        def lagrangian(v: Matrix, y: Matrix, rho: float) -> tuple[float, Matrix]:
            G = v.reshape(n, rank)
            r = residual(G)
            slope = C + np.tensordot(y + rho * r, stack, 1)
            return float((C * (G @ G.T)).sum() + y @ r + rho / 2 * r @ r), 2 * (slope @ G).ravel()

        for _ in range(25 if len(b) else 1):
            arguments = (multiplier, penalty)
            found = optimize.minimize(lagrangian, F.ravel(), arguments, "L-BFGS-B", jac=True, options={"maxiter": 300})
            F = found.x.reshape(n, rank)
            r = residual(F)
            multiplier = multiplier + penalty * r
            if np.abs(r).max(initial=0) < 1e-9:
                break
        for _ in range(5 if len(b) else 0):  # towards the nearest root: the derivative of <A_i, FF'> is 2 A_iF
            J = 2 * (stack @ F).reshape(len(b), -1)
            F = F - np.linalg.lstsq(J, residual(F), rcond=None)[0].reshape(n, rank)
        value = float((C * (F @ F.T)).sum())
        if np.abs(residual(F)).max(initial=0) <= 1e-9 * (1 + np.abs(b).max(initial=0)) and value < best_value:
            best, best_value = F @ F.T, value
    return best
