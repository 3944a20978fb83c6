"""Bilinear heads and linear attention: regression on matrices under a bound on the rank.

    min  Σ_i (<A_i, W> − y_i)² + μ‖W‖² + λ‖W‖_*   over W = Σ_{j≤r} u_jv_j' ∈ R^{p×q}                               (1)

A bilinear head x'Wz = Σ_j (u_j'x)(v_j'z) has A_i = x_iz_i'. One layer of linear attention with r heads, the tokens
t_1, …, t_s of R^d and the query t_1,

    f(t) = Σ_j Σ_k (t_1'M_jt_k) (v_j't_k),     M_j = Q_jK_j' of order d,   v_j the values' way to the output,

is <A, Σ_j vec M_j v_j'> with A = t_1 ⊗ Σ_k t_kt_k' of order d² × d, so r heads are a bound on the rank, and the weight
decay (λ/2) Σ_j (‖M_j‖² + ‖v_j‖²) is λ‖W‖_*, attained by balanced singular vectors [SahinerEtAl2022].
(1) depends on the samples through a quadratic form in (1, vec W) alone, in the cones of `lifts` and `factor_moments`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from copos.arithmetic import svec
from copos.arithmetic.exact_products import gram
from copos.arithmetic.fixed_point import short_above
from copos.arithmetic.rational_frames import RationalMatrix
from copos.arithmetic.rationals import compact, rational
from copos.cones import NonNegative, PositiveSemidefinite
from copos.forms import Forms
from copos.program import CompletelyPositiveProgram, Recovered
from copos.reformulation.exact_data import floats, numbers
from copos.reformulation.linear_network.factor_moments import factor_moments_lift
from copos.reformulation.linear_network.lifts import MatrixLift, factor_lift, minors_lift
from copos.reformulation.linear_network.search import roundings
from copos.support.given import real_array, real_number, within_doubles
from copos.support.looks import one_line

Matrix = NDArray[Any]

STARTS, SWEEPS = 8, 200  # random starts of alternating least squares, and its rounds


@one_line
@dataclass(frozen=True, eq=False)
class BilinearHead:
    """A ↦ <A, UV'>: `U` (p, r) and `V` (q, r), a head a column."""

    U: Matrix
    V: Matrix

    @property
    def matrix(self) -> Matrix:
        """W = UV'."""
        return self.U @ self.V.T

    def predict(self, A: ArrayLike) -> Matrix:
        """<A_i, W> for A of shape (n, p, q)."""
        return np.tensordot(real_array(A, "A"), self.matrix, 2)


def pair_features(X: ArrayLike, Z: ArrayLike) -> Matrix:
    """A_i = x_iz_i' for the rows of X (n, p) and Z (n, q): a bilinear head.

    >>> pair_features([[1.0, 2.0]], [[3.0, 4.0]]).tolist()
    [[[3.0, 4.0], [6.0, 8.0]]]
    """
    X, Z = real_array(X, "X"), real_array(Z, "Z")
    if X.ndim != 2 or Z.ndim != 2 or len(X) != len(Z):
        raise ValueError(f"X and Z need a row for each sample, got shapes {X.shape} and {Z.shape}")
    return X[:, :, None] * Z[:, None, :]


def attention_features(tokens: ArrayLike, query: int = 0) -> Matrix:
    """A_i = t_q ⊗ Σ_k t_kt_k' of order d² × d for tokens of shape (n, s, d), t_q the one that asks: linear attention.

    >>> attention_features([[[1.0, 0.0], [0.0, 2.0]]]).tolist()
    [[[1.0, 0.0], [0.0, 4.0], [0.0, 0.0], [0.0, 0.0]]]
    """
    T = real_array(tokens, "tokens")
    if T.ndim != 3:
        raise ValueError(f"tokens has shape {T.shape}; expected (samples, tokens, d)")
    n, s, d = T.shape
    if not isinstance(query, int | np.integer) or not -s <= query < s:
        raise ValueError(f"query is {query!r}; expected the place of one of {s} tokens")
    return np.einsum("na,nkb,nkc->nabc", T[:, query], T, T).reshape(n, d * d, d)


@within_doubles("the data")
def bilinear_network(
    A: ArrayLike,
    y: ArrayLike,
    rank: int,
    *,
    ridge: float | Fraction = 0.0,
    weight_decay: float | Fraction = 0.0,
) -> CompletelyPositiveProgram:
    """Min Σ_i (<A_i, W> − y_i)² + μ‖W‖² + λ‖W‖_*, rank W ≤ r: bilinear heads, or linear attention with r heads.

    Parameters
    ----------
    A : (n, p, q) features, as `pair_features` or `attention_features` make them; taken exactly
    y : (n,) targets
    rank : r ≥ 1, the number of heads; below min(p, q) where there is no weight decay
    ridge, weight_decay : μ, λ ≥ 0; λ‖W‖_* is (λ/2) Σ_j (‖u_j‖² + ‖v_j‖²) of the heads

    Returns
    -------
    CompletelyPositiveProgram
        (x_0, W) with minors for one head, T = vec U (vec V)' for several, Z = [[UU', W], [W', VV']] with weight decay.
        `recover` returns a `BilinearHead`, `atom` takes a matrix or one. Without a ridge, decay or samples that see all
        of W nothing bounds the moments, and there may be no proof.

    Raises
    ------
    ValueError
        If shapes, numbers or the rank do not fit.

    References
    ----------
    [SahinerEtAl2022] for linear attention with weight decay.

    Examples
    --------
    All pairs of two bases are seen, so that the best head is the leading singular pair, and 2² + 1² remains.

    >>> import copos
    >>> I = np.eye(3)
    >>> A = pair_features(np.repeat(I, 3, axis=0), np.tile(I, (3, 1)))
    >>> bound = copos.bracket(bilinear_network(A, np.diag([3.0, 2.0, 1.0]).ravel(), rank=1))
    >>> round(bound.lower, 5), round(bound.upper, 5)
    (5.0, 5.0)
    """
    given, targets = numbers(A, "A"), numbers(y, "y")
    if given.ndim != 3 or 0 in given.shape or targets.shape != given.shape[:1]:
        raise ValueError(f"A of shape {given.shape} and y of shape {targets.shape}; expected (n, p, q) and (n,)")
    n, p, q = given.shape
    for name, number in (("ridge", ridge), ("weight_decay", weight_decay)):
        real_number(number, name, least=0)
    mu, decay = Fraction(rational(ridge)), Fraction(rational(weight_decay))
    most = min(p, q) if decay else min(p, q) - 1
    if not isinstance(rank, int | np.integer) or isinstance(rank, bool) or not 1 <= rank <= most:
        more = "" if decay else "; without weight decay W of full rank is linear least squares"
        raise ValueError(f"rank is {rank!r}; expected an integer from 1 to {most}{more}")
    lifted = _lift((p, q), int(rank), decay, targets)
    N = lifted.cone.ambient
    objective = _objective(given.reshape(n, p * q), targets, mu, lifted, N)
    if decay:
        k = np.arange(p + q)
        half = compact([decay / 2])[0]
        decayed = Forms.from_terms(0, 0, 1 + svec.position(k, k), half, 1, N)
        objective = Forms.stack([objective, decayed]).combine(np.ones(2))
    M, b = floats(given), floats(targets)

    def value(U: Matrix, V: Matrix) -> float:
        W = U @ V.T
        loss = float(((np.tensordot(M, W, 2) - b) ** 2).sum()) + float(mu) * float((W**2).sum())
        return loss + float(decay) / 2 * float((U**2).sum() + (V**2).sum())

    def plain(head: BilinearHead | ArrayLike) -> Matrix:
        W = head.matrix if isinstance(head, BilinearHead) else real_array(head, "W")
        if W.shape != (p, q):
            raise ValueError(f"expected a {p}×{q} matrix or a head of that shape, got {W.shape}")
        return W

    def recover(moments: Matrix) -> Recovered:
        rng = np.random.default_rng(0)
        starts = [*roundings(moments, lifted.W), *rng.standard_normal((STARTS, p, q))]
        both = np.vstack([M.reshape(n, -1), np.sqrt(float(mu)) * np.eye(p * q)]), np.r_[b, np.zeros(p * q)]
        found = [alternating(*both, (p, q), int(rank), float(decay), W) for W in starts]
        U, V = min(found, key=lambda pair: value(*pair))
        return Recovered(BilinearHead(U, V), value(U, V), lifted.atom(U @ V.T))

    exact = lifted.exact_atom
    assert exact is not None
    kind = f"rank ≤ {rank}" + (", weight decay" if decay else "")
    return CompletelyPositiveProgram(
        lifted.cone.with_unit(np.eye(N)[0]),
        objective,
        [(sp.coo_array(([1.0], ([0], [0])), shape=(N, N)), 1.0)],
        lifted.vanishing,
        f"bilinear head {p}×{q}, {kind}",
        recover,
        lambda head: lifted.atom(plain(head)),
        exact_atom=lambda head: exact(plain(head)),
    )


def _lift(shape: tuple[int, int], rank: int, decay: Fraction, y: Matrix) -> MatrixLift:
    """The cone; W = 0 shows that (λ/2) tr Z ≤ Σy² at every optimum, which bounds all moments."""
    if not decay:
        return minors_lift(shape) if rank == 1 else factor_moments_lift(shape, rank)
    total = sum((Fraction(rational(v)) ** 2 for v in y.tolist()), Fraction(0))
    bound = short_above(2 * total / decay) + 1
    return gram_lift(shape, bound) if rank == min(shape) else factor_lift(shape, rank, bound, True, {"balanced"})


def gram_lift(shape: tuple[int, int], bound: Fraction) -> MatrixLift:
    """(x_0, Z) with Z = [[A, W], [W', B]] ⪰ 0 and tr Z ≤ ρx_0, whatever the rank: ‖W‖_* is the least tr Z/2."""
    p, q = shape
    n, N = p + q, 1 + svec.length(p + q)
    row = np.zeros(N, dtype=object)
    row[0], row[1 + svec.position(np.arange(n), np.arange(n))] = bound, -1
    triangle = svec.triangle(n)

    def atom(W: Matrix) -> Matrix:
        U, s, Vt = np.linalg.svd(W, full_matrices=False)
        F = np.vstack([U, Vt.T])
        return np.r_[1.0, ((F * s) @ F.T)[triangle]]

    def exact_atom(W: Matrix) -> Sequence[Fraction]:
        near = RationalMatrix(W, min(shape))
        return [Fraction(1), *((near.stacked * near.s) @ near.stacked.T)[triangle]]

    def sampler(rng: np.random.Generator) -> Matrix:
        F = rng.standard_normal((n, n))
        Z = F @ F.T
        return np.r_[1.0, (Z * float(bound) * rng.random() / np.trace(Z))[triangle]] * rng.exponential()

    cone = (NonNegative(1) * PositiveSemidefinite(n)).restrict(row).with_sampler(sampler)
    i, j = np.indices(shape)
    return MatrixLift(cone, 1 + svec.position(i, p + j), Forms.none(N), atom, None, exact_atom, {})


def _objective(rows: Matrix, y: Matrix, ridge: Fraction, lifted: MatrixLift, N: int) -> Forms:
    """Σ (a_i'w − y_ix_0)² + μ‖w‖² in the coordinates of a lift, exactly."""
    R = np.column_stack([-y, rows]).astype(object)
    R.ravel()[:] = [rational(v) for v in R.ravel().tolist()]
    G = gram(R.T, R.T)
    at = np.r_[0, lifted.W.ravel()]
    i, j = np.triu_indices(len(at))
    pairs = [(2 if a != b else 1) * G[a, b] + (ridge if a == b > 0 else 0) for a, b in zip(i, j, strict=True)]
    return Forms.from_terms(0 * i, at[i], at[j], compact(pairs), 1, N)


def alternating(
    rows: Matrix, y: Matrix, shape: tuple[int, int], rank: int, decay: float, start: Matrix
) -> tuple[Matrix, Matrix]:
    """(U, V) by alternating least squares on ‖A vec(UV') − y‖² + (λ/2)(‖U‖² + ‖V‖²) from a matrix."""
    A = rows.reshape(-1, *shape)
    left, s, right = np.linalg.svd(start, full_matrices=False)
    root = np.sqrt(np.maximum(s[:rank], 1e-3 * max(s[0], 1e-300)))
    V = right[:rank].T * root
    U, last = left[:, :rank] * root, np.inf
    for _ in range(SWEEPS):
        U = _side(np.einsum("npq,qr->npr", A, V), y, decay)
        V = _side(np.einsum("npq,pr->nqr", A, U), y, decay)
        now = float(((np.tensordot(A, U @ V.T, 2) - y) ** 2).sum() + decay / 2 * ((U**2).sum() + (V**2).sum()))
        if last - now <= 1e-14 * abs(now):
            break
        last = now
    return U, V


def _side(design: Matrix, y: Matrix, decay: float) -> Matrix:
    """One factor of least squares with the other fixed."""
    n, p, r = design.shape
    D = design.reshape(n, p * r)
    if decay:
        D, y = np.vstack([D, np.sqrt(decay / 2) * np.eye(p * r)]), np.r_[y, np.zeros(p * r)]
    return np.linalg.lstsq(D, y, rcond=None)[0].reshape(p, r)
