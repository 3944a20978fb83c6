"""Binary and mixed-binary quadratic programs as completely positive ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from copos.cones import Cone, NonNegative
from copos.forms import Forms
from copos.given import real_array
from copos.program import CompletelyPositiveProgram, Recovered
from copos.reformulation.mixed_binary import TOLERANCE, MixedBinary
from copos.reformulation.standard_quadratic import symmetric

Vector = NDArray[np.float64]

EQUATIONS = {
    "slice": "K = {(x_0, x) ≥ 0 : Ax = b x_0}: the equations leave the problem, and each one saves a coordinate",
    "squared": "x_0(a_i'x − b_i x_0) = 0 and (a_i'x − b_i x_0)² = 0 on every atom of R_+^{1+n}",
}


def binary_quadratic(
    Q: ArrayLike,
    c: ArrayLike | None = None,
    A: ArrayLike | None = None,
    b: ArrayLike | None = None,
    binary: Sequence[int] | None = None,
    upper: ArrayLike | None = None,
    complementary: Sequence[tuple[int, int]] = (),
    equations: str = "slice",
) -> CompletelyPositiveProgram:
    """Min x'Qx + c'x  subject to  Ax = b, x ≥ 0, x_j ∈ {0, 1}, x_ix_j = 0  =  min <C, Y>, Y ∈ CP(K), Y_00 = 1.

    An atom is (x_0, x) ≥ 0 with x_0² = 1; x_j² = x_0x_j says that x_j is 0 or x_0, and x_j ≤ x_0 makes the
    assumption under which Burer's theorem holds true of every program. Both x_0 − x_j ≥ 0 and upper_j x_0 − x_j ≥ 0
    are blocks of K, no further coordinates.

    Parameters
    ----------
    Q : (n, n) symmetric matrix
    c : (n,) linear cost, zero by default
    A, b : (m, n) and (m,), the equations; none by default
    binary : indices of the 0/1 variables; all by default
    upper : (n,) upper bounds of the variables, inf where there is none; of the binaries it is 1
    complementary : pairs (i, j) with x_ix_j = 0
    equations : "slice" or "squared", see `EQUATIONS`

    Returns
    -------
    CompletelyPositiveProgram
        `recover` rounds the first row of Y to a feasible x (by a small mixed-integer linear program where there are
        equations or pairs) and improves it locally; `found.object` is None, and its value inf, if that fails. The
        atom of x is (1, x).

    Raises
    ------
    ValueError
        If shapes, indices or names do not fit, or the equations contradict x_0 > 0.

    References
    ----------
    [Burer2009, Theorem 2.6]

    Examples
    --------
    A knapsack with two places: max 3x_1 + 2x_2 + 2x_3 + 4x_2x_3, x_1 + x_2 + x_3 = 2.

    >>> from copos import bracket
    >>> Q = [[0, 0, 0], [0, 0, -2], [0, -2, 0]]
    >>> bound = bracket(binary_quadratic(Q, [-3, -2, -2], [[1, 1, 1]], [2]))
    >>> round(bound.claimed, 5), bound.upper, bound.found.object.tolist()
    (-8.0, -8.0, [0.0, 1.0, 1.0])
    """
    problem = _problem(Q, c, A, b, binary, upper, complementary)
    if equations not in EQUATIONS:
        raise ValueError(f"equations must be one of {', '.join(EQUATIONS)}, got {equations!r}")
    n = len(problem.c)
    cone = _cone(problem, equations == "slice")
    C = np.zeros((n + 1, n + 1))
    C[1:, 1:] = problem.Q
    C[0, 1:] = C[1:, 0] = problem.c / 2
    j = 1 + np.flatnonzero(problem.binary)
    k = np.arange(len(j))
    parts = [Forms.from_terms(np.r_[k, k], np.r_[j, 0 * j], np.r_[j, j], np.repeat([1.0, -1.0], len(j)), len(j), n + 1)]
    pairs = 1 + problem.pairs
    parts.append(Forms.from_terms(np.arange(len(pairs)), pairs[:, 0], pairs[:, 1], 1.0, len(pairs), n + 1))
    if equations == "squared":
        parts += _squares(problem)

    def atom(x: ArrayLike) -> Vector:
        point = np.asarray(x, dtype=float)
        if point.shape != (n,):
            raise ValueError(f"expected a point of R^{n}, got shape {point.shape}")
        if problem.violation(point) > TOLERANCE * (1 + np.abs(problem.b).max(initial=0.0)):
            raise ValueError(f"the point violates a constraint by {problem.violation(point):.3g}")
        return np.r_[1.0, point]

    def recover(Y: Vector) -> Recovered:
        x = problem.near(Y[0, 1:] / Y[0, 0])
        if x is None:
            return Recovered(None, np.inf, np.full(n + 1, np.nan))
        return Recovered(x, problem.value(x), np.r_[1.0, x])

    name = f"{int(problem.binary.sum())} binaries of {n} variables, {len(problem.b)} equations"
    one = np.diag(np.r_[1.0, np.zeros(n)])
    return CompletelyPositiveProgram(cone, C, [(one, 1.0)], Forms.stack(parts), name, recover, atom)


def _cone(problem: MixedBinary, sliced: bool) -> Cone:
    """R_+^{1+n}, its slice Ax = b x_0 and the blocks u_jx_0 − x_j; the multiplier is x_0."""
    n = len(problem.c)
    cone = NonNegative(n + 1)
    if sliced and len(problem.b):
        cone = cone.slice(np.hstack([-problem.b[:, None], problem.A]))
        if not cone.basis[[0]].nnz:
            raise ValueError("Ax = b has no solution")
    for j in np.flatnonzero(np.isfinite(problem.upper)):
        a = np.zeros(n + 1)
        a[0], a[1 + j] = problem.upper[j], -1.0
        cone = cone.restrict(a)
    return cone.with_unit(np.eye(n + 1)[0])


def _squares(problem: MixedBinary) -> list[Forms]:
    rows = np.hstack([-problem.b[:, None], problem.A])
    first = np.eye(rows.shape[1])[0]
    matrices = [np.outer(a, a) for a in rows] + [np.outer(first, a) + np.outer(a, first) for a in rows]
    return [Forms.of(*matrices, dim=rows.shape[1])]


def _problem(
    Q: ArrayLike, c: ArrayLike | None, A: ArrayLike | None, b: ArrayLike | None, binary: Sequence[int] | None,
    upper: ArrayLike | None, complementary: Sequence[tuple[int, int]],
) -> MixedBinary:  # fmt: skip
    """The data, checked."""
    M = symmetric(Q, "Q")
    n = len(M)
    if (A is None) != (b is None):
        raise ValueError("A and b go together")
    cost = np.zeros(n) if c is None else real_array(c, "c")
    rows = np.zeros((0, n)) if A is None else np.atleast_2d(real_array(A, "A"))
    rhs = np.zeros(0) if b is None else np.atleast_1d(real_array(b, "b"))
    if cost.shape != (n,) or rows.shape != (len(rhs), n):
        raise ValueError(f"Q is {n}×{n}, so c must have {n} entries and A one row of {n} per entry of b; "
                         f"got shapes {cost.shape}, {rows.shape} and {rhs.shape}")  # fmt: skip
    if not all(np.isfinite(part).all() for part in (cost, rows, rhs)):
        raise ValueError("c, A and b must be finite")
    chosen = np.arange(n) if binary is None else _indices(binary, n, "binary")
    is_binary = np.zeros(n, dtype=bool)
    is_binary[chosen] = True
    given = real_array(np.inf if upper is None else upper, "upper", infinite=True)
    top = np.broadcast_to(given, (n,)).copy()
    if np.isnan(top).any() or (top < 0).any():
        raise ValueError("upper bounds must be nonnegative")
    if (top[is_binary] < 1).any():
        raise ValueError("an upper bound below 1 makes a binary variable 0; leave the variable out instead")
    top[is_binary] = 1.0
    pairs = _indices(np.asarray(complementary, dtype=object).ravel(), n, "complementary").reshape(-1, 2)
    if (pairs[:, 0] == pairs[:, 1]).any():
        raise ValueError("a complementary pair must be two different variables")
    return MixedBinary(M, cost, rows, rhs, is_binary, top, pairs)


def _indices(values: Sequence[int] | NDArray, n: int, what: str) -> NDArray[np.int64]:
    if not all(isinstance(v, (int, np.integer)) and 0 <= v < n for v in values):
        raise ValueError(f"{what}: expected indices from 0 to {n - 1}, got {list(values)!r}")
    return np.array(list(values), dtype=np.int64)
