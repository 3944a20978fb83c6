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

from copos import svec
from copos.cones import NonNegative, PositiveSemidefinite
from copos.forms import Forms
from copos.given import real_number
from copos.program import CompletelyPositiveProgram, Recovered
from copos.reformulation.matrix_forms import idempotent, identity_slice, matrix_product
from copos.reformulation.rational_frames import frame, identity, rounded
from copos.reformulation.standard_quadratic import symmetric

Matrix = NDArray[Any]

STRENGTHENINGS = {"projection": "P² = P: a projection exists among the matrices P"}


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
    C : (n, n) symmetric matrix
    equations : pairs (A_i, b_i) of a symmetric (n, n) matrix and a number
    rank : r, 1 ≤ r ≤ n
    trace_bound : ρ with tr X ≤ ρ for some optimal X, taken at your word; a block ρx_0 − tr X ≥ 0 of K. Without a bound
        on X, from here or from the equations, level 0 may miss the rank
    strengthen : names in `STRENGTHENINGS`

    Returns
    -------
    CompletelyPositiveProgram
        `recover` returns a matrix X = FF' of rank ≤ r that satisfies the equations, from local search on F; its
        `object` is None and its value inf if none was found. `atom` takes X.

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
    >>> round(bound.claimed, 5), round(bound.upper, 5), np.linalg.matrix_rank(bound.found.object, tol=1e-6).item()
    (-2.0, -2.0, 1)
    """
    M = symmetric(C, "C")
    n = len(M)
    if not isinstance(rank, (int, np.integer)) or isinstance(rank, bool) or not 1 <= rank <= n:
        raise ValueError(f"rank must be a whole number from 1 to {n}, got {rank!r}")
    unknown = set(strengthen) - set(STRENGTHENINGS)
    if unknown:
        raise ValueError(f"unknown strengthening {unknown.pop()!r}; expected some of {', '.join(STRENGTHENINGS)}")
    forms, b = _equations(equations, n)
    m, tri = svec.length(n), svec.triangle(n)
    N = 1 + 3 * m

    def at(matrix: int, row: ArrayLike, col: ArrayLike) -> NDArray[np.int64]:
        """Coordinate of an entry of X (0), P (1) or Q (2)."""
        return 1 + matrix * m + svec.position(row, col)

    linear = sp.hstack([sp.csr_array(-b[:, None]), forms.rows, sp.csr_array((len(b), 2 * m))])
    slices = sp.vstack([identity_slice(n, 1 + m, 1 + 2 * m, N, trace_of=1 + m, trace=n - rank), linear])
    if rank == n:  # then P = 0; say so by equations, because the slice has no interior otherwise
        slices = sp.vstack([slices, sp.eye_array(m, N, k=1 + m)])
    S = PositiveSemidefinite(n)
    cone = (NonNegative(1) * S * S * S).slice(sp.csr_array(slices))
    if not cone.basis[[0]].nnz:
        raise ValueError("the equations <A_i, X> = b_i contradict each other")
    if trace_bound is not None:
        if not np.isfinite(trace_bound) or trace_bound <= 0:
            raise ValueError(f"trace_bound must be a positive number, got {trace_bound}")
        a = np.zeros(N)
        a[0], a[at(0, np.arange(n), np.arange(n))] = trace_bound, -1.0
        cone = cone.restrict(a)
    products = [matrix_product(lambda i, k: at(0, i, k), lambda k, j: at(1, k, j), (n, n, n), N)]  # XP = 0
    if "projection" in strengthen:
        products.append(idempotent(lambda i, j: at(1, i, j), n, N))
    vanishing = Forms.stack(products) if rank < n else Forms.none(N)
    objective = Forms.from_terms(0, 0, 1 + np.arange(m), Forms.of(M).rows.toarray()[0], 1, N)

    def atom(X: ArrayLike) -> Matrix:
        point = symmetric(X, "X")
        if point.shape != (n, n):
            raise ValueError(f"expected a {n}×{n} matrix, got shape {point.shape}")
        kernel = np.linalg.eigh(point)[1][:, : n - rank]
        P = kernel @ kernel.T
        return np.concatenate([[1.0], point[tri], P[tri], (np.eye(n) - P)[tri]])

    def exact_atom(X: ArrayLike) -> Sequence[Fraction]:
        # U diag(s) U' with a rational frame U; of rank one, a vector, which may meet equations exactly
        s, vectors = np.linalg.eigh(symmetric(X, "X"))
        s, U = np.maximum(s[n - rank :], 0.0), vectors[:, n - rank :]
        if rank == 1 and s[0] > 0:
            x = rounded(np.sqrt(s[0]) * U)
            near, Q = x @ x.T, x @ x.T / (x[:, 0] @ x[:, 0])
        else:
            U = frame(U)
            near, Q = (U * rounded(s)) @ U.T, U @ U.T
        return [Fraction(1), *(v for M in (near, identity(n) - Q, Q) for v in M[tri])]

    def recover(Y: Matrix) -> Recovered:
        start = np.zeros((n, n))
        start[tri] = start[tri[::-1]] = Y[0, 1 : 1 + m] / Y[0, 0]
        X = factor_search(M, forms, b, int(rank), start)
        if X is None:
            return Recovered(None, np.inf, np.full(N, np.nan))
        return Recovered(X, float((M * X).sum()), atom(X))

    one = sp.coo_array(([1.0], ([0], [0])), shape=(N, N))
    name = f"semidefinite program of order {n} with rank ≤ {rank}"
    cone = cone.with_unit(np.eye(N)[0])
    return CompletelyPositiveProgram(
        cone, objective, [(one, 1.0)], vanishing, name, recover, atom, exact_atom=exact_atom
    )


def _equations(equations: Sequence[tuple[ArrayLike, float]], n: int) -> tuple[Forms, Matrix]:
    matrices, b = [], []
    for k, (A, value) in enumerate(equations):
        matrices.append(symmetric(A, f"A_{k + 1}"))
        if matrices[-1].shape != (n, n):
            raise ValueError(f"A_{k + 1} must be {n}×{n} like C, got shape {matrices[-1].shape}")
        b.append(real_number(value, f"b_{k + 1}"))
    if not np.isfinite(b).all():
        raise ValueError(f"right-hand sides must be finite, got {b}")
    return Forms.of(*matrices, dim=n), np.array(b)


def factor_search(C: Matrix, A: Forms, b: Matrix, rank: int, start: Matrix, tries: int = 6) -> Matrix | None:
    """Local minimum of <C, FF'>, <A_i, FF'> = b_i over F of shape (n, rank).

    An augmented Lagrangian, then Newton steps on the equations. Starts are the leading
    eigenvectors of `start` and random ones; None if the equations are met nowhere.
    """
    from scipy import optimize  # slow to import, and few programs come here

    n, (i, j) = len(C), svec.triangle(len(C))
    rows = A.rows.toarray()
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
