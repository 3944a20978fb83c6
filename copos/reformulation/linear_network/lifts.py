"""The lifts of matrices of bounded rank: by factors, by a projection, and by minors where the rank is one.

Factor lift, n = d_out + d_in. With W = UV' put Z = [[UU', W], [W', VV']] ⪰ 0; rank Z ≤ r iff some 0 ⪯ P ⪯ I with
tr P = n − r has ZP = 0. So with Q = I − P

    x = (x_0, Z, P, Q) ∈ K = {R_+ × S^n_+ × S^n_+ × S^n_+ : P + Q = x_0 I, tr P = (n − r) x_0},   ZP = 0,  x_0² = 1,

where the bottleneck r enters a scalar equation only [Burer2009, BaiMitchellPang2016].

Projection lift: rank W ≤ r iff some orthogonal projection Q of trace r has QW = W (or WQ = W on the input side):

    x = (x_0, W, Q, P) ∈ {R_+ × R^{d_out × d_in} × S^d_+ × S^d_+ : P + Q = x_0 I, tr Q = r x_0}, QW = x_0 W, Q² = x_0 Q

Minors: W has rank ≤ 1 iff its 2×2 minors vanish, so that there is no need for other coordinates:

    x = (x_0, W) ∈ R_+ × R^{d_out × d_in},   W_ij W_kl = W_il W_kj

The moments of W = uv' are those of u_iu_k v_jv_l: level 0 is the moment matrix of (1, vec W) that agrees with its
partial transpose.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from copos.arithmetic import svec
from copos.arithmetic.rational_frames import RationalMatrix, identity
from copos.arithmetic.rationals import compact
from copos.cones import Cone, Free, NonNegative, PositiveSemidefinite
from copos.forms import Forms
from copos.reformulation.matrix_forms import (
    Place,
    difference,
    idempotent,
    identity_slice,
    indices,
    matrix_product,
    spectral,
    triangle_only,
)

Matrix = NDArray[Any]


class MatrixLift(NamedTuple):
    """A cone whose atoms are the matrices W of rank ≤ r.

    `W` holds the ambient coordinates of the entries of W, `vanishing` the forms that are zero at every atom, `atom`
    maps W to its atom, `exact_atom` to a rational one near it (or is None), `assumed_form` is a linear form that is
    nonnegative at some optimal atom, or None. `bounds` are the numbers of cuts that hold at some optimal atom only: of
    tr Z ("bound"), of the errors ("total"), of the decay ("decay").
    """

    cone: Cone
    W: Matrix
    vanishing: Forms
    atom: Callable[[Matrix], Matrix]
    assumed_form: Matrix | None
    exact_atom: Callable[[Matrix], Sequence[Fraction]] | None
    bounds: Mapping[str, Fraction]


def factor_lift(
    shape: tuple[int, int], rank: int, bound: Fraction | None, impose: bool, strengthen: Collection[str]
) -> MatrixLift:
    """Z with a complementary P; `bound` is ρ of tr Z ≤ ρ, imposed or else assumed, None where it is not known."""
    d_out, d_in = shape
    n = d_out + d_in
    m = svec.length(n)
    N = 1 + 3 * m

    def at(matrix: int, row: ArrayLike, col: ArrayLike) -> NDArray[np.int64]:
        """Coordinate of an entry of Z (0), P (1) or Q (2)."""
        return 1 + matrix * m + svec.position(row, col)

    S = PositiveSemidefinite(n)
    slices = identity_slice(n, 1 + m, 1 + 2 * m, N, trace_of=1 + m, trace=n - rank)
    cone = (NonNegative(1) * S * S * S).slice(slices)
    if impose and bound is not None:
        cone = cone.restrict(trace_row(d_out, d_in, bound))

    def atom(W: Matrix) -> Matrix:
        U, s, Vt = np.linalg.svd(W, full_matrices=False)
        U, s, Vt = U[:, :rank], s[:rank], Vt[:rank]
        F = np.vstack([U, Vt.T])
        Z = (F * s) @ F.T
        left = np.linalg.svd(F * s, full_matrices=True)[0][:, :rank]
        return _atom(Z, np.eye(n) - left @ left.T)

    def exact_atom(W: Matrix) -> Sequence[Fraction]:
        near = RationalMatrix(W, rank)
        F = near.stacked
        Q = F @ F.T / 2
        return [Fraction(1), *(v for M in ((F * near.s) @ F.T, identity(n) - Q, Q) for v in M[svec.triangle(n)])]

    def _atom(Z: Matrix, P: Matrix) -> Matrix:
        tri = svec.triangle(n)
        return np.concatenate([[1.0], Z[tri], P[tri], (np.eye(n) - P)[tri]])

    def sampler(rng: np.random.Generator) -> Matrix:
        F = rng.standard_normal((n, rng.integers(1, n + 1))) * rng.exponential()
        Z = F @ F.T
        if impose and bound is not None:
            Z *= float(bound) * rng.random() / np.trace(Z)
        return _atom(Z, spectral(rng, n, n - rank)) * rng.exponential()

    products = [matrix_product(lambda i, k: at(0, i, k), lambda k, j: at(1, k, j), (n, n, n), N)]  # ZP = 0
    if "projection" in strengthen:
        products.append(idempotent(lambda i, j: at(1, i, j), n, N))
    if "balanced" in strengthen:
        products += balanced(lambda i, j: at(0, i, j), d_out, d_in, N)
    W = indices(lambda i, j: at(0, i, d_out + j), d_out, d_in)
    if "minors" in strengthen:
        products.append(minors(W, N))
    assumed_form = None if impose or bound is None else trace_row(d_out, d_in, bound)
    bounds = {} if bound is None else {"bound": bound}
    return MatrixLift(cone.with_sampler(sampler), W, Forms.stack(products), atom, assumed_form, exact_atom, bounds)


def projection_lift(
    shape: tuple[int, int], rank: int, sides: Sequence[str] = ("output",), with_minors: bool = False
) -> MatrixLift:
    """QW = x_0 W on the output side, WQ = x_0 W on the input side, or both, each side with its own Q.

    On the input side level 0 is tight for G = I only. Both sides together imply nothing that one side does not on an
    atom, but their products do in a level.
    """
    d_out, d_in = shape
    w = d_out * d_in

    def W(row: NDArray[np.int64], col: NDArray[np.int64]) -> NDArray[np.int64]:
        return 1 + row * d_in + col

    orders = {side: {"output": d_out, "input": d_in}[side] for side in sides}
    starts, N = {}, 1 + w
    for side, d in orders.items():
        starts[side] = N
        N += 2 * svec.length(d)
    cone = NonNegative(1) * Free(w)
    slices, vanishing = [], [Forms.none(N)]
    for side, d in orders.items():
        first, m = starts[side], svec.length(d)
        S = PositiveSemidefinite(d)
        cone = cone * S * S
        slices.append(identity_slice(d, first, first + m, N, trace_of=first, trace=rank))
        if rank == d:  # then Q = I; say so by equations, because the slice has no interior otherwise
            slices.append(sp.eye_array(m, N, k=first + m, format="csr"))
            continue

        def Q(row: ArrayLike, col: ArrayLike, first: int = first) -> NDArray[np.int64]:
            return first + svec.position(row, col)

        vanishing += [fixed_by(Q, W, d_out, d_in, side == "output", N), idempotent(Q, d, N)]
    if with_minors:
        vanishing.append(minors(indices(W, d_out, d_in), N))
    cone = cone.slice(sp.vstack(slices, format="csr"))

    def _atom(matrix: Matrix, projections: Sequence[Matrix]) -> Matrix:
        parts = [np.ones(1), matrix.ravel()]
        for Q in projections:
            tri = svec.triangle(len(Q))
            parts += [Q[tri], (np.eye(len(Q)) - Q)[tri]]
        return np.concatenate(parts)

    def atom(matrix: Matrix) -> Matrix:
        left, _, right = np.linalg.svd(matrix, full_matrices=True)
        basis = {"output": left[:, :rank], "input": right[:rank].T}
        return _atom(matrix, [basis[side] @ basis[side].T for side in sides])

    def exact_atom(matrix: Matrix) -> Sequence[Fraction]:
        near = RationalMatrix(matrix, rank)
        out = [Fraction(1), *near.matrix.ravel()]
        for side, d in orders.items():
            frame = near.U if side == "output" else near.V
            Q = frame @ frame.T
            out += [v for M in (Q, identity(d) - Q) for v in M[svec.triangle(d)]]
        return out

    def sampler(rng: np.random.Generator) -> Matrix:
        projections = [spectral(rng, d, rank) for d in orders.values()]
        return _atom(rng.standard_normal((d_out, d_in)), projections) * rng.exponential()

    place = indices(W, d_out, d_in)
    return MatrixLift(cone.with_sampler(sampler), place, Forms.stack(vanishing), atom, None, exact_atom, {})


def minors_lift(shape: tuple[int, int]) -> MatrixLift:
    """W alone with its vanishing minors, for rank one."""
    d_out, d_in = shape
    N = 1 + d_out * d_in
    W = 1 + np.arange(d_out * d_in).reshape(shape)

    def atom(matrix: Matrix) -> Matrix:
        U, s, Vt = np.linalg.svd(matrix, full_matrices=False)
        return np.r_[1.0, (s[0] * np.outer(U[:, 0], Vt[0])).ravel()]

    def exact_atom(matrix: Matrix) -> Sequence[Fraction]:
        return [Fraction(1), *RationalMatrix(matrix, 1).matrix.ravel()]

    def sampler(rng: np.random.Generator) -> Matrix:
        return np.r_[1.0, rng.standard_normal(d_out * d_in)] * rng.exponential()

    cone = (NonNegative(1) * Free(d_out * d_in)).with_sampler(sampler)
    return MatrixLift(cone, W, minors(W, N), atom, None, exact_atom, {})


def fixed_by(Q: Place, W: Place, d_out: int, d_in: int, on_output: bool, N: int) -> Forms:
    """QW − x_0 W = 0, or WQ − x_0 W = 0 if Q acts on the right."""
    i, j = (a.ravel() for a in np.indices((d_out, d_in)))
    linear = Forms.from_terms(i * d_in + j, 0 * i, W(i, j), 1.0, d_out * d_in, N)
    shape = (d_out, d_out, d_in) if on_output else (d_out, d_in, d_in)
    return difference(matrix_product(*((Q, W) if on_output else (W, Q)), shape, N), linear)


def balanced(Z: Place, d_out: int, d_in: int, N: int) -> list[Forms]:
    """A² = WW', B² = W'W, AW = WB for the blocks of Z."""

    def B(i: NDArray[np.int64], j: NDArray[np.int64]) -> NDArray[np.int64]:
        return Z(d_out + i, d_out + j)

    def W(i: NDArray[np.int64], j: NDArray[np.int64]) -> NDArray[np.int64]:
        return Z(i, d_out + j)

    def Wt(i: NDArray[np.int64], j: NDArray[np.int64]) -> NDArray[np.int64]:
        return W(j, i)

    AA = matrix_product(Z, Z, (d_out, d_out, d_out), N)
    WWt = matrix_product(W, Wt, (d_out, d_in, d_out), N)
    BB = matrix_product(B, B, (d_in, d_in, d_in), N)
    WtW = matrix_product(Wt, W, (d_in, d_out, d_in), N)
    AW = matrix_product(Z, W, (d_out, d_out, d_in), N)
    WB = matrix_product(W, B, (d_out, d_in, d_in), N)
    return [
        triangle_only(difference(AA, WWt), d_out),
        triangle_only(difference(BB, WtW), d_in),
        difference(AW, WB),
    ]


def minors(W: Matrix, N: int) -> Forms:
    """W_ij W_kl − W_il W_kj for i < k, j < l."""
    rows, cols = (np.stack(np.triu_indices(n, 1)) for n in W.shape)
    i, k = np.repeat(rows, cols.shape[1], axis=1)
    j, l = np.tile(cols, rows.shape[1])
    row = np.arange(len(i))
    plus = Forms.from_terms(row, W[i, j], W[k, l], 1.0, len(row), N)
    return difference(plus, Forms.from_terms(row, W[i, l], W[k, j], 1.0, len(row), N))


def trace_row(d_out: int, d_in: int, bound: Fraction) -> Matrix:
    """The linear form bound·x_0 − tr Z of the factor lift."""
    k = np.arange(d_out + d_in)
    number = compact([bound])
    a = np.zeros(1 + 3 * svec.length(len(k)), dtype=number.dtype)
    a[0], a[1 + svec.position(k, k)] = number[0], -1
    return a
