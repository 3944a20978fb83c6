"""Training a deep linear network, as a generalized completely positive program.

min ‖W_L ⋯ W_1 X − Y‖²_F over layers of given widths is min ‖WX − Y‖²_F over rank W ≤ r, r the smallest width, so depth
disappears; and ‖WX − Y‖² = tr(WGW') − 2<W, H> + ‖Y‖² with G = XX', H = YX', so the number of samples disappears.

Factor lift, n = d_out + d_in. With W = UV' put Z = [[UU', W], [W', VV']] ⪰ 0; rank Z ≤ r iff some 0 ⪯ P ⪯ I with
tr P = n − r has ZP = 0. So with Q = I − P

    x = (x_0, Z, P, Q) ∈ K = {R_+ × S^n_+ × S^n_+ × S^n_+ : P + Q = x_0 I, tr P = (n − r) x_0},   ZP = 0,  x_0² = 1,

where the bottleneck r enters a scalar equation only [Burer2009, BaiMitchellPang2016].

Projection lift: rank W ≤ r iff some orthogonal projection Q of trace r has QW = W (or WQ = W on the input side):

    x = (x_0, W, Q, P) ∈ {R_+ × R^{d_out × d_in} × S^d_+ × S^d_+ : P + Q = x_0 I, tr Q = r x_0}, QW = x_0 W, Q² = x_0 Q
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from copos import svec
from copos.cones import Cone, Free, NonNegative, PositiveSemidefinite
from copos.forms import Forms
from copos.program import CompletelyPositiveProgram, Recovered
from copos.reformulation.low_rank import LinearNetwork, LowRankLoss, layers, svd_solution

Matrix = NDArray[np.float64]

STRENGTHENINGS = {
    "bounded": "tr Z ≤ ρ, a bound that the balanced factors of an optimal W satisfy",
    "balanced": "A² = WW', B² = W'W, AW = WB for Z = [[A, W], [W', B]]: factors with U'U = V'V",
    "projection": "P² = P: a projection exists among the matrices P",
    "whiten": "coordinates in which G is the identity and H is diagonal",
}
LIFTS = {"factor": ("bounded", "balanced", "projection", "whiten"), "projection": ("whiten",)}


def linear_network(
    X: ArrayLike,
    Y: ArrayLike,
    widths: Sequence[int],
    lift: str = "factor",
    strengthen: Collection[str] = (),
    trace_bound: float | None = None,
    weights: ArrayLike | None = None,
) -> CompletelyPositiveProgram:
    """Min ‖W_L ⋯ W_1 X − Y‖²_F  =  min <C, Y>, Y ∈ CP(K): the lift of a deep linear network.

    Parameters
    ----------
    X : (d_in, samples) inputs
    Y : (d_out, samples) targets
    widths : layer widths (d_in, h_1, …, h_{L−1}, d_out); only their minimum matters for the value
    lift : "factor" (the cone R_+ × S^n_+ × S^n_+ × S^n_+, n = d_in + d_out) or "projection" (compact)
    strengthen : names in `STRENGTHENINGS`; valid for the problem, off by default; "whiten" goes with either lift,
        the others with the factor lift
    trace_bound : ρ for "bounded"; by default 2√r ‖Y‖_F / σ_min(X), σ_min the smallest nonzero singular value. A value
        given here is taken at your word: it must be at least tr Z = 2‖W‖_* of some optimal W
    weights : (d_out, samples) nonnegative weights of the squared errors, the loss being Σ weights ∘ (WX − Y)²;
        zero means that a target is missing

    Returns
    -------
    CompletelyPositiveProgram
        Its size depends on d_in and d_out only. `recover` returns a `LinearNetwork` with the given widths.

    Raises
    ------
    ValueError
        If shapes, widths or names do not fit, data are empty or not finite, or a strengthening is not valid for
        the problem.

    References
    ----------
    [Burer2009], [BaiMitchellPang2016]; closed form of the optimum [BaldiHornik1989].

    Examples
    --------
    >>> program = linear_network(np.eye(2), np.diag([2.0, 1.0]), widths=[2, 1, 2])
    >>> program.cone.dim                     # x_0, Z and P of order 4, Q and one entry of P eliminated
    20
    """
    X, Y = _data(X, Y)
    widths = _widths(widths, X, Y)
    strengthen = _names(lift, strengthen, trace_bound)
    rank = min(widths)
    weights = _weights(weights, Y)
    loss = LowRankLoss.of(X, Y, weights)
    if "whiten" in strengthen:
        loss = loss.whitened()
        rank = min(rank, *loss.H.shape)
    if lift == "factor":
        bound = _trace_bound(loss, rank, trace_bound) if "bounded" in strengthen else None
        cone, C, vanishing, atom = _factor(loss, rank, bound, strengthen)
        stated = None if "bounded" in strengthen else _known_trace_row(loss, rank)
    else:
        stated = None
        cone, C, vanishing, atom = _projection(loss, rank, on_output="whiten" not in strengthen or len(Y) <= len(X))
    one = sp.coo_array(([1.0], ([0], [0])), shape=(cone.ambient, cone.ambient))

    def network_atom(network: LinearNetwork | ArrayLike) -> Matrix:
        W = network.matrix if isinstance(network, LinearNetwork) else np.asarray(network, dtype=float)
        if W.shape != (len(Y), len(X)):
            raise ValueError(f"expected a {len(Y)}×{len(X)} matrix or a network of that shape, got {W.shape}")
        return atom(loss.to_coordinates(W))

    def recover(moments: Matrix) -> Recovered:
        W = loss.polish(_first_moments(moments, cone, lift, loss), rank)
        network = layers(loss.from_coordinates(W), widths)
        return Recovered(network, network.loss(X, Y, weights), network_atom(network))

    name = f"linear network {'-'.join(map(str, widths))}, {lift} lift"
    if strengthen:
        name += " + " + ", ".join(s for s in STRENGTHENINGS if s in strengthen)
    return CompletelyPositiveProgram(
        cone.with_unit(np.eye(cone.ambient)[0]), C, [(one, 1.0)], vanishing, name, recover, network_atom, stated=stated
    )


def svd_value(X: ArrayLike, Y: ArrayLike, rank: int) -> float:
    """min{‖WX − Y‖²_F : rank W ≤ r} = ‖Y‖² − Σ_{i≤r} σ_i(Y X⁺X)²  [BaldiHornik1989, Fact 4].

    >>> svd_value(np.eye(2), np.diag([2.0, 1.0]), 1)
    1.0
    """
    X, Y = _data(X, Y)
    if not isinstance(rank, (int, np.integer)) or rank < 0:
        raise ValueError(f"rank must be a whole number ≥ 0, got {rank!r}")
    residual = svd_solution(X, Y, int(rank)) @ X - Y
    return float((residual**2).sum())


Parts = tuple[Cone, Forms, Forms, Callable[[Matrix], Matrix]]


def _factor(loss: LowRankLoss, rank: int, bound: float | None, strengthen: Collection[str]) -> Parts:
    d_out, d_in = loss.H.shape
    n = d_out + d_in
    m = svec.length(n)
    N = 1 + 3 * m

    def at(matrix: int, row: ArrayLike, col: ArrayLike) -> NDArray[np.int64]:
        """Coordinate of an entry of Z (0), P (1) or Q (2)."""
        return 1 + matrix * m + svec.position(row, col)

    S = PositiveSemidefinite(n)
    slices = _identity_slice(n, 1 + m, 1 + 2 * m, N, trace_of=1 + m, trace=n - rank)
    cone = (NonNegative(1) * S * S * S).slice(slices)
    if bound is not None:
        cone = cone.restrict(_trace_row(d_out, d_in, bound))

    def atom(W: Matrix) -> Matrix:
        U, s, Vt = np.linalg.svd(W, full_matrices=False)
        U, s, Vt = U[:, :rank], s[:rank], Vt[:rank]
        F = np.vstack([U, Vt.T])
        Z = (F * s) @ F.T
        left = np.linalg.svd(F * s, full_matrices=True)[0][:, :rank]
        return _atom(Z, np.eye(n) - left @ left.T)

    def _atom(Z: Matrix, P: Matrix) -> Matrix:
        tri = svec.triangle(n)
        return np.concatenate([[1.0], Z[tri], P[tri], (np.eye(n) - P)[tri]])

    def sampler(rng: np.random.Generator) -> Matrix:
        F = rng.standard_normal((n, rng.integers(1, n + 1))) * rng.exponential()
        Z = F @ F.T
        if bound is not None:
            Z *= bound * rng.random() / np.trace(Z)
        return _atom(Z, _spectral(rng, n, n - rank)) * rng.exponential()

    products = [_matrix_product(lambda i, k: at(0, i, k), lambda k, j: at(1, k, j), (n, n, n), N)]  # ZP = 0
    if "projection" in strengthen:
        products.append(_idempotent(lambda i, j: at(1, i, j), n, N))
    if "balanced" in strengthen:
        products += _balanced(lambda i, j: at(0, i, j), d_out, d_in, N)
    W = _indices(lambda i, j: at(0, i, d_out + j), d_out, d_in)
    return cone.with_sampler(sampler), loss.form(W, N), Forms.stack(products), atom


def _projection(loss: LowRankLoss, rank: int, on_output: bool) -> Parts:
    """QW = x_0 W, or WQ = x_0 W on the input side, where level 0 is tight for G = I only."""
    d_out, d_in = loss.H.shape
    d = d_out if on_output else d_in
    m, w = svec.length(d), d_out * d_in
    N = 1 + w + 2 * m

    def Q(row: ArrayLike, col: ArrayLike) -> NDArray[np.int64]:
        return 1 + w + svec.position(row, col)

    def W(row: NDArray[np.int64], col: NDArray[np.int64]) -> NDArray[np.int64]:
        return 1 + row * d_in + col

    S = PositiveSemidefinite(d)
    slices = _identity_slice(d, 1 + w, 1 + w + m, N, trace_of=1 + w, trace=rank)
    if rank == d:  # then Q = I; say so by equations, because the slice has no interior otherwise
        slices = sp.vstack([slices, sp.eye_array(m, N, k=1 + w + m)], format="csr")
    cone = (NonNegative(1) * Free(w) * S * S).slice(slices)

    def _atom(matrix: Matrix, projection: Matrix) -> Matrix:
        tri = svec.triangle(d)
        return np.concatenate([[1.0], matrix.ravel(), projection[tri], (np.eye(d) - projection)[tri]])

    def atom(matrix: Matrix) -> Matrix:
        basis = np.linalg.svd(matrix if on_output else matrix.T, full_matrices=True)[0][:, :rank]
        return _atom(matrix, basis @ basis.T)

    def sampler(rng: np.random.Generator) -> Matrix:
        return _atom(rng.standard_normal((d_out, d_in)), _spectral(rng, d, rank)) * rng.exponential()

    fixes = _fixed_by(Q, W, d_out, d_in, on_output, N)
    vanishing = Forms.stack([fixes, _idempotent(Q, d, N)]) if rank < d else Forms.none(N)
    return cone.with_sampler(sampler), loss.form(_indices(W, d_out, d_in), N), vanishing, atom


def _identity_slice(n: int, first: int, second: int, N: int, trace_of: int, trace: int) -> sp.csr_array:
    """Rows of: first + second = x_0 I (the triangles that start there), trace of one of them = trace · x_0."""
    m = svec.length(n)
    row, col = svec.triangle(n)
    k = np.arange(m)
    diagonal = k[row == col]
    terms = [
        (k, first + k, np.ones(m)),
        (k, second + k, np.ones(m)),
        (diagonal, 0 * diagonal, -np.ones(n)),
        (0 * diagonal + m, trace_of + diagonal, np.ones(n)),
        (np.array([m]), np.array([0]), np.array([-float(trace)])),
    ]
    r, c, v = (np.concatenate(part) for part in zip(*terms, strict=True))
    return sp.csr_array(sp.coo_array((v, (r, c)), shape=(m + 1, N)))


Place = Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.int64]]


def _indices(place: Place, rows: int, cols: int) -> NDArray[np.int64]:
    """Coordinates of all entries of a matrix, as a matrix."""
    return place(*np.indices((rows, cols)))


def _matrix_product(left: Place, right: Place, shape: tuple[int, int, int], N: int) -> Forms:
    """Entries (i, j) of the matrix product: Σ_k left_ik right_kj, one form each."""
    rows, inner, cols = shape
    i, j, k = (a.ravel() for a in np.indices((rows, cols, inner)))
    return Forms.from_terms(i * cols + j, left(i, k), right(k, j), 1.0, rows * cols, N)


def _difference(a: Forms, b: Forms) -> Forms:
    return Forms(a.dim, sp.csr_array(a.rows - b.rows))


def _triangle_only(forms: Forms, n: int) -> Forms:
    """Of the entries of a symmetric n×n matrix of forms, those of the upper triangle."""
    row, col = svec.triangle(n)
    return Forms(forms.dim, sp.csr_array(forms.rows[row * n + col]))


def _idempotent(P: Place, n: int, N: int) -> Forms:
    """P² − x_0 P = 0."""
    i, j = (a.ravel() for a in np.indices((n, n)))
    linear = Forms.from_terms(i * n + j, 0 * i, P(i, j), 1.0, n * n, N)
    return _triangle_only(_difference(_matrix_product(P, P, (n, n, n), N), linear), n)


def _fixed_by(Q: Place, W: Place, d_out: int, d_in: int, on_output: bool, N: int) -> Forms:
    """QW − x_0 W = 0, or WQ − x_0 W = 0 if Q acts on the right."""
    i, j = (a.ravel() for a in np.indices((d_out, d_in)))
    linear = Forms.from_terms(i * d_in + j, 0 * i, W(i, j), 1.0, d_out * d_in, N)
    shape = (d_out, d_out, d_in) if on_output else (d_out, d_in, d_in)
    return _difference(_matrix_product(*((Q, W) if on_output else (W, Q)), shape, N), linear)


def _balanced(Z: Place, d_out: int, d_in: int, N: int) -> list[Forms]:
    """A² = WW', B² = W'W, AW = WB for the blocks of Z."""

    def B(i: NDArray[np.int64], j: NDArray[np.int64]) -> NDArray[np.int64]:
        return Z(d_out + i, d_out + j)

    def W(i: NDArray[np.int64], j: NDArray[np.int64]) -> NDArray[np.int64]:
        return Z(i, d_out + j)

    def Wt(i: NDArray[np.int64], j: NDArray[np.int64]) -> NDArray[np.int64]:
        return W(j, i)

    AA = _matrix_product(Z, Z, (d_out, d_out, d_out), N)
    WWt = _matrix_product(W, Wt, (d_out, d_in, d_out), N)
    BB = _matrix_product(B, B, (d_in, d_in, d_in), N)
    WtW = _matrix_product(Wt, W, (d_in, d_out, d_in), N)
    AW = _matrix_product(Z, W, (d_out, d_out, d_in), N)
    WB = _matrix_product(W, B, (d_out, d_in, d_in), N)
    return [
        _triangle_only(_difference(AA, WWt), d_out),
        _triangle_only(_difference(BB, WtW), d_in),
        _difference(AW, WB),
    ]


def _spectral(rng: np.random.Generator, n: int, trace: float) -> Matrix:
    """Random 0 ⪯ P ⪯ I with the given trace."""
    spectrum = rng.random(n)
    if spectrum.sum() > trace:
        spectrum *= trace / spectrum.sum()
    elif n > trace:
        spectrum = 1 - (1 - spectrum) * (n - trace) / (n - spectrum.sum())
    else:
        spectrum[:] = 1.0
    basis = np.linalg.qr(rng.standard_normal((n, n)))[0]
    P = (basis * spectrum) @ basis.T
    return (P + P.T) / 2


def _first_moments(moments: Matrix, cone: Cone, lift: str, loss: LowRankLoss) -> Matrix:
    """The matrix W that the first row of Y = y(xx') holds."""
    d_out, d_in = loss.H.shape
    first = moments[0] / moments[0, 0]
    if lift == "factor":
        return first[_indices(lambda i, j: 1 + svec.position(i, d_out + j), d_out, d_in)]
    return first[1 : 1 + d_out * d_in].reshape(d_out, d_in)


def _trace_row(d_out: int, d_in: int, bound: float) -> Matrix:
    """The linear form bound·x_0 − tr Z of the factor lift."""
    k = np.arange(d_out + d_in)
    a = np.zeros(1 + 3 * svec.length(len(k)))
    a[0], a[1 + svec.position(k, k)] = bound, -1.0
    return a


def _known_trace_row(loss: LowRankLoss, rank: int) -> Matrix | None:
    """What the factors of an optimal network are known to satisfy, or None where the loss does not bound them."""
    try:
        return _trace_row(*loss.H.shape, bound=_trace_bound(loss, rank, None))
    except ValueError:
        return None


def _trace_bound(loss: LowRankLoss, rank: int, given: float | None) -> float:
    """2√r‖W‖_F bounds tr Z = 2‖W‖_* of balanced factors."""
    if given is None:
        return 2 * np.sqrt(rank) * loss.norm_bound() * (1 + 1e-9)  # singular values are rounded, the bound must not be
    if not np.isfinite(given) or given <= 0:
        raise ValueError(f"trace_bound must be a positive number, got {given}")
    return float(given)


def _weights(weights: ArrayLike | None, Y: Matrix) -> Matrix | None:
    if weights is None:
        return None
    w = np.asarray(weights, dtype=float)
    if w.shape != Y.shape:
        raise ValueError(f"weights must have the shape {Y.shape} of Y, got {w.shape}")
    if not (np.isfinite(w).all() and (w >= 0).all() and w.any()):
        raise ValueError("weights must be finite, nonnegative and not all zero")
    return w


def _data(X: ArrayLike, Y: ArrayLike) -> tuple[Matrix, Matrix]:
    X, Y = (np.asarray(M, dtype=float) for M in (X, Y))
    for name, M in (("X", X), ("Y", Y)):
        if M.ndim != 2 or 0 in M.shape:
            raise ValueError(f"{name} must be a nonempty matrix (dimension × samples), got shape {M.shape}")
        if not np.isfinite(M).all():
            raise ValueError(f"{name} has {np.isnan(M).sum()} NaN and {np.isinf(M).sum()} infinite entries")
    if X.shape[1] != Y.shape[1]:
        raise ValueError(f"X has {X.shape[1]} samples (columns), Y has {Y.shape[1]}")
    return X, Y


def _widths(widths: Sequence[int], X: Matrix, Y: Matrix) -> tuple[int, ...]:
    given = tuple(widths)
    if len(given) < 2 or any(not isinstance(h, (int, np.integer)) or isinstance(h, bool) or h < 1 for h in given):
        raise ValueError(f"widths must be at least two whole numbers ≥ 1 (d_in, …, d_out), got {list(given)}")
    if given[0] != len(X) or given[-1] != len(Y):
        raise ValueError(
            f"widths must start with {len(X)} (rows of X) and end with {len(Y)} (rows of Y), got {list(given)}"
        )
    return tuple(int(h) for h in given)


def _names(lift: str, strengthen: Collection[str], trace_bound: float | None) -> frozenset[str]:
    if lift not in LIFTS:
        raise ValueError(f"unknown lift {lift!r}; expected one of {', '.join(LIFTS)}")
    names = {strengthen} if isinstance(strengthen, str) else set(strengthen)
    for name in sorted(names):
        if name not in STRENGTHENINGS:
            raise ValueError(f"unknown strengthening {name!r}; expected some of {', '.join(STRENGTHENINGS)}")
        if name not in LIFTS[lift]:
            raise ValueError(f"strengthening {name!r} does not apply to the {lift} lift, only {', '.join(LIFTS[lift])}")
    if trace_bound is not None and "bounded" not in names:
        raise ValueError("trace_bound is used by the strengthening 'bounded' only")
    return frozenset(names)
