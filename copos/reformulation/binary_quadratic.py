"""Binary and mixed-binary quadratic programs as completely positive ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from copos.arithmetic.rationals import rounded_up, written
from copos.arithmetic.units import exponent, row_exponents
from copos.cones import Cone, NonNegative
from copos.forms import Forms
from copos.program import CompletelyPositiveProgram, Recovered
from copos.questions import Question, rows, table
from copos.reformulation.exact_data import even, floats, linear_products, numbers, quadratic_form, square
from copos.reformulation.mixed_binary import TOLERANCE, MixedBinary
from copos.reformulation.rational_points import feasible_point
from copos.reformulation.unsolvable import refuse_unsolvable
from copos.support.given import require_unmasked
from copos.support.names import one_of

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
    Q : (n, n) symmetric matrix; all data may be floats (which mean their dyadic values), integers, Fractions, Decimals
        or text ("0.1", "1/3"), and are taken exactly
    c : (n,) linear cost, zero by default
    A, b : (m, n) and (m,), the equations; none by default. Decimals belong here as Decimal or text: as floats,
        .1x_1 + .6x_2 + .8x_3 = 1.4 is not satisfied by (0, 1, 1)
    binary : indices of the 0/1 variables; all by default
    upper : (n,) upper bounds of the variables, inf where there is none; of the binaries it is 1
    complementary : pairs (i, j) with x_ix_j = 0
    equations : "slice" or "squared", see `EQUATIONS`

    Returns
    -------
    CompletelyPositiveProgram
        `recover` rounds the first row of Y to a feasible x (by a small mixed-integer linear program where there are
        equations or pairs) and improves it locally; `found.solution` is None, and its value inf, if that fails. The
        atom of x is (1, x).

    Raises
    ------
    ValueError
        If shapes, indices or names do not fit, the equations contradict x_0 > 0, or an equation in floats excludes 0/1
        values that satisfy it up to rounding (searched for where it has at most 40 binaries; `notes` says if not).

    References
    ----------
    [Burer2009, Theorem 2.6]

    Examples
    --------
    A knapsack with two places: max 3x_1 + 2x_2 + 2x_3 + 4x_2x_3, x_1 + x_2 + x_3 = 2.

    >>> from copos import bracket
    >>> Q = [[0, 0, 0], [0, 0, -2], [0, -2, 0]]
    >>> bound = bracket(binary_quadratic(Q, [-3, -2, -2], [[1, 1, 1]], [2]))
    >>> round(bound.claimed, 5), bound.upper, bound.found.solution.tolist()
    (-8.0, -8.0, [0.0, 1.0, 1.0])
    """
    data = _data(Q, c, A, b, binary, upper, complementary)
    if equations not in EQUATIONS:
        raise ValueError(f"unknown equations {equations!r}; {one_of(equations, EQUATIONS)}")
    problem = data.rounded()
    note = refuse_unsolvable(data.A, data.b, data.upper, data.binary)
    n, sliced = len(data.c), equations == "slice" and len(data.b) > 0
    cone = _cone(data, sliced)
    j = 1 + np.flatnonzero(data.binary)
    k = np.arange(len(j))
    parts = [Forms.from_terms(np.r_[k, k], np.r_[j, 0 * j], np.r_[j, j], np.repeat([1.0, -1.0], len(j)), len(j), n + 1)]
    pairs = 1 + data.pairs
    parts.append(Forms.from_terms(np.arange(len(pairs)), pairs[:, 0], pairs[:, 1], 1.0, len(pairs), n + 1))
    if equations == "squared" and len(data.b):
        parts.append(linear_products(data.rows))

    def atom(x: ArrayLike) -> Vector:
        point = np.asarray(x, dtype=float)
        if point.shape != (n,):
            raise ValueError(f"expected a point of R^{n}, got shape {point.shape}")
        if problem.violation(point) > TOLERANCE * (1 + np.abs(problem.b).max(initial=0.0)):
            raise ValueError(f"the point violates a constraint by {problem.violation(point):.3g}")
        return np.r_[1.0, point]

    def exact_atom(x: ArrayLike) -> Sequence[Fraction]:
        return [Fraction(1), *data.point(np.asarray(x, dtype=float))]

    def recover(Y: Vector) -> Recovered:
        x = problem.near(Y[0, 1:] / Y[0, 0])
        if x is None:
            return Recovered(None, np.inf, np.full(n + 1, np.nan))
        return Recovered(x, rounded_up(data.value(data.point(x))), np.r_[1.0, x])

    def question() -> dict[str, Any]:
        out = {"type": "binary quadratic", **data.plain(), "equations": equations}
        return out | ({"free": cone.free.tolist()} if sliced else {})

    name = f"{int(data.binary.sum())} binaries of {n} variables, {len(data.b)} equations"
    one = np.diag(np.r_[1.0, np.zeros(n)])
    return CompletelyPositiveProgram(
        cone, quadratic_form(data.Q, data.c), [(one, 1.0)], Forms.stack(parts), name, recover, atom,
        exact_atom=exact_atom, notes=note, question=Question(question), tables=Question(data.tables),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Data:
    """The data as they were given, floats or rationals."""

    Q: NDArray[Any]
    c: NDArray[Any]
    A: NDArray[Any]
    b: NDArray[Any]
    binary: NDArray[np.bool_]
    upper: NDArray[Any]
    pairs: NDArray[np.int64]

    @property
    def rows(self) -> NDArray[Any]:
        """A x − b x_0 over (x_0, x)."""
        return np.concatenate([-self.b[:, None], self.A], axis=1)

    def rounded(self) -> MixedBinary:
        """In doubles, for the search, with the objective and every equation in units of their own size."""
        Q, c, A, b = even(self.Q), floats(self.c), floats(self.A), floats(self.b)
        unit, each = exponent(Q, c), row_exponents(A, b)
        A, b = np.ldexp(A, -each[:, None]), np.ldexp(b, -each)
        return MixedBinary(np.ldexp(Q, -unit), np.ldexp(c, -unit), A, b, self.binary, floats(self.upper), self.pairs,
                           self.admits)  # fmt: skip

    def point(self, x: Vector) -> list[Fraction]:
        """A rational point near x, feasible if possible."""
        return feasible_point(x, self.A, self.b, self.upper, self.binary)

    def admits(self, x: Vector) -> bool:
        """Is the rational point near x feasible?"""
        u = self.point(x)
        inside = all(v >= 0 and (top == np.inf or v <= top) for v, top in zip(u, self.upper.tolist(), strict=True))
        apart = not any(u[i] * u[j] for i, j in self.pairs.tolist())
        return inside and apart and all(_dot(row, u) == Fraction(v) for row, v in zip(self.A, self.b, strict=True))

    def value(self, u: list[Fraction]) -> Fraction:
        """The objective, exactly."""
        return _dot(self.c, u) + sum((v * _dot(row, u) for v, row in zip(u, self.Q, strict=True) if v), Fraction(0))

    def tables(self) -> dict[str, Any]:
        """Q, c and, where there are equations, A, b."""
        out = {"Q": rows(self.Q), "c": rows(self.c)}
        return out | ({"A": rows(self.A), "b": rows(self.b)} if len(self.b) else {})

    def plain(self) -> dict[str, Any]:
        """As a question names them; an infinite upper bound is null."""
        out: dict[str, Any] = {name: table(value) for name, value in self.tables().items()}
        out["binary"] = np.flatnonzero(self.binary).tolist()
        out["upper"] = [None if v == np.inf else written(v) for v in self.upper.tolist()]
        return out | {"complementary": self.pairs.tolist()}


def _dot(row: NDArray[Any], u: list[Fraction]) -> Fraction:
    """Σ row_j u_j, exactly."""
    used = np.flatnonzero(row != 0).tolist()
    entries = row.tolist()
    return sum((Fraction(entries[j]) * u[j] for j in used if u[j]), Fraction(0))


def _cone(data: _Data, sliced: bool) -> Cone:
    """R_+^{1+n}, its slice Ax = b x_0 and the blocks u_jx_0 − x_j; the multiplier is x_0."""
    n = len(data.c)
    cone = NonNegative(n + 1)
    if sliced:
        cone = cone.slice(data.rows)
        if not cone.basis[[0]].nnz:
            raise ValueError("Ax = b has no solution")
    for j in np.flatnonzero(data.upper != np.inf).tolist():
        a = np.zeros(n + 1, dtype=data.upper.dtype)
        a[0], a[1 + j] = data.upper[j], -1
        cone = cone.restrict(a)
    return cone.with_unit(np.eye(n + 1)[0])


def _data(
    Q: ArrayLike, c: ArrayLike | None, A: ArrayLike | None, b: ArrayLike | None, binary: Sequence[int] | None,
    upper: ArrayLike | None, complementary: Sequence[tuple[int, int]],
) -> _Data:  # fmt: skip
    """The data, checked."""
    M = square(Q, "Q")
    n = len(M)
    if (A is None) != (b is None):
        raise ValueError("A and b go together")
    cost = np.zeros(n) if c is None else numbers(c, "c")
    left = np.zeros((0, n)) if A is None else np.atleast_2d(numbers(A, "A"))
    right = np.zeros(0) if b is None else np.atleast_1d(numbers(b, "b"))
    if cost.shape != (n,) or left.shape != (len(right), n):
        raise ValueError(f"Q is {n}×{n}, so c must have {n} entries and A one row of {n} per entry of b; "
                         f"got shapes {cost.shape}, {left.shape} and {right.shape}")  # fmt: skip
    chosen = np.arange(n) if binary is None else _indices(binary, n, "binary")
    is_binary = np.zeros(n, dtype=bool)
    is_binary[chosen] = True
    top = _upper(upper, n)
    if (top < 0).any():
        raise ValueError("upper bounds must be nonnegative")
    if (top[is_binary] < 1).any():
        raise ValueError("an upper bound below 1 makes a binary variable 0; leave the variable out instead")
    top[is_binary] = 1
    pairs = _indices(np.asarray(complementary, dtype=object).ravel(), n, "complementary").reshape(-1, 2)
    if (pairs[:, 0] == pairs[:, 1]).any():
        raise ValueError("a complementary pair must be two different variables")
    return _Data(M, cost, left, right, is_binary, top, pairs)


def _upper(upper: ArrayLike | None, n: int) -> NDArray[Any]:
    """Upper bounds, inf where there is none; rationals where they were given so."""
    if upper is None:
        return np.full(n, np.inf)
    require_unmasked(upper=upper)
    given = np.asarray(upper)
    if given.dtype.kind in "US":
        given = np.array(upper, dtype=object)  # floats beside text would become text
    given = np.array(np.broadcast_to(given, (n,)))
    if given.dtype.kind not in "OUS":
        return numbers(given, "upper", infinite=True)
    out = np.full(n, np.inf, dtype=object)
    for k, v in enumerate(given.tolist()):
        if not (isinstance(v, float) and v == np.inf):
            out[k] = numbers(np.array([v, None], dtype=object)[:1], "upper")[0]
    return out


def _indices(values: Sequence[int] | NDArray, n: int, what: str) -> NDArray[np.int64]:
    if not all(isinstance(v, (int, np.integer)) and 0 <= v < n for v in values):
        raise ValueError(f"{what}: expected indices from 0 to {n - 1}, got {list(values)!r}")
    return np.array(list(values), dtype=np.int64)
