"""What is put around a lift of W: constraints, losses that are not quadratic, the weight decay of deep networks.

Constraints are linear in x and shape the cone: <A, W> = b x_0 is a slice, <A, W> ≥ b x_0 a cut.

Errors e = WX − x_0 Y of an absolute loss are split into p − q with p, q ≥ 0 and pq = 0, so that |e| = p + q and the
loss is linear in x_0(p + q). A Huber loss is min u² + 2δ|e − u|, so e = u + p − q with |u| ≤ δ x_0,
and |u| = δ wherever the rest is not zero: p(u − δx_0) = 0, q(u + δx_0) = 0.

Weight decay of L layers is (λL/2) Σ σ_j^{2/L}. The balanced Z has Z = 2TσT' with orthonormal columns T, so Z/2 is the
L-th power of M = Tσ^{1/L}T' ⪰ 0, and Σ σ_j^{2/L} = tr M². Powers are quadrics: M_iM_j = M_kM_l wherever i + j = k + l,
with M_0 = x_0 and M_L = Z/2.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from copos.arithmetic import svec
from copos.arithmetic.fixed_point import short_above
from copos.arithmetic.rationals import compact, rational
from copos.cones import Cone, Free, NonNegative, PositiveSemidefinite
from copos.forms import Forms
from copos.reformulation.linear_network.lifts import MatrixLift
from copos.reformulation.linear_network.matrix_constraints import MatrixConstraints
from copos.reformulation.linear_network.problem import NetworkProblem
from copos.reformulation.matrix_forms import Place, difference, matrix_product

Matrix = NDArray[Any]


def constrained(lift: MatrixLift, constraints: MatrixConstraints) -> MatrixLift:
    """Equations as a slice, inequalities as cuts."""
    A, b = constraints.equations
    cone = lift.cone
    if len(b):
        cone = cone.slice(_on_matrix(A, b, lift.W, cone.ambient))
        if not cone.basis[[0]].nnz:
            raise ValueError(f"the equations on W ({constraints.name}) contradict each other")
    A, b = constraints.inequalities
    for row in _on_matrix(A, b, lift.W, cone.ambient).toarray():
        cone = cone.restrict(row)
    return lift._replace(cone=cone)


def split_errors(lift: MatrixLift, problem: NetworkProblem, value: Fraction | None) -> tuple[MatrixLift, Forms]:
    """The lift with errors split into parts, and the loss as a form; `value` bounds the optimum where it is known."""
    first, (out, sample) = lift.cone.ambient, np.nonzero(problem.exact_weights)
    k, w = len(out), compact(problem.exact_weights[out, sample])
    delta = None if problem.loss.delta is None else rational(problem.loss.delta)
    p, q, u = (first + part * k + np.arange(k) for part in range(3))
    cone = lift.cone * NonNegative(2 * k)
    if delta is not None:
        cone = cone * Free(k)
    N = cone.ambient
    # p − q (+ u) − (WX)_it + Y_it x_0 = 0
    each = np.arange(k)
    parts = [(p, 1), (q, -1)] + ([(u, 1)] if delta is not None else [])
    cone = cone.slice(_errors(problem, lift.W, out, sample, parts, N))
    vanishing = [lift.vanishing.widened(N), Forms.from_terms(each, p, q, 1.0, k, N)]
    if delta is None:
        loss = Forms.from_terms(0, 0, np.r_[p, q], np.r_[w, w], 1, N)
        total = None if value is None else value
    else:
        loss = Forms.stack([
            Forms.from_terms(0, u, u, w, 1, N),
            Forms.from_terms(0, 0, np.r_[p, q], compact(2 * delta * rational(v) for v in [*w, *w]), 1, N),
        ]).combine(np.ones(2))  # fmt: skip
        total = None if value is None else value / (2 * delta)
        for side, sign in ((p, -1), (q, 1)):
            ends = Forms.stack([Forms.from_terms(each, side, u, 1.0, k, N),
                                Forms.from_terms(each, 0, side, compact([sign * delta])[0], k, N)])  # fmt: skip
            vanishing.append(ends.take(each).plus(ends.take(k + each)))
        for place in u:
            for sign in (1, -1):
                row = np.zeros(N, dtype=object)
                row[[0, place]] = delta, sign
                cone = cone.restrict(row)
    if total is not None:  # Σ w(p + q) ≤ total at every optimal atom
        row = np.zeros(N, dtype=object)
        row[0], row[p], row[q] = short_above(total), -w, -w
        cone = cone.restrict(row)
        lift = lift._replace(bounds={**lift.bounds, "total": row[0]})

    def atom(W: Matrix) -> Matrix:
        e = (W @ problem.X - problem.Y)[out, sample]
        inner = np.zeros(k) if delta is None else np.clip(e, -float(delta), float(delta))
        rest = e - inner
        parts = [lift.atom(W), np.maximum(rest, 0.0), np.maximum(-rest, 0.0), *([] if delta is None else [inner])]
        return np.concatenate(parts)

    def exact_atom(W: Matrix) -> Sequence[Fraction]:
        assert lift.exact_atom is not None
        base = list(lift.exact_atom(W))
        rational = np.array(base, dtype=object)[lift.W]
        X, Y = (np.vectorize(Fraction, otypes=[object])(M) for M in (problem.tables.X, problem.tables.Y))
        e = (rational @ X - Y)[out, sample].tolist()
        bound = Fraction(0 if delta is None else delta)
        inner = [min(max(v, -bound), bound) for v in e]
        rest = [v - c for v, c in zip(e, inner, strict=True)]
        return [*base, *(max(v, 0) for v in rest), *(max(-v, 0) for v in rest), *([] if delta is None else inner)]

    exact = None if lift.exact_atom is None else exact_atom
    return _extended(lift, cone, Forms.stack(vanishing), atom)._replace(exact_atom=exact), loss


def power_chain(lift: MatrixLift, problem: NetworkProblem, value: Fraction | None) -> tuple[MatrixLift, Forms]:
    """M_1, …, M_{L−1} ⪰ 0 with Z/2 = M^L beside a factor lift, and (λL/2) tr M² as a form."""
    n, L = sum(problem.shape), problem.depth
    m, first = svec.length(n), lift.cone.ambient
    cone = lift.cone
    for _ in range(L - 1):
        cone = cone * PositiveSemidefinite(n)
    N = cone.ambient

    def power(k: int) -> Place:
        start = 1 if k == L else first + (k - 1) * m  # Z begins at coordinate 1
        return lambda row, col: start + svec.position(row, col)

    def product(i: int, j: int) -> Forms:
        """M_iM_j entry by entry in units of σ^{(i+j)/L}, where the coordinates of M_L hold 2M_L."""
        share = (0.5 if i == L else 1.0) * (0.5 if j == L else 1.0)
        if i == 0:
            row, col = (a.ravel() for a in np.indices((n, n)))
            return Forms.from_terms(row * n + col, 0 * row, power(j)(row, col), share, n * n, N)
        rows = matrix_product(power(i), power(j), (n, n, n), N).rows
        return Forms(N, sp.csr_array(share * rows))  # shares are powers of two

    vanishing = [lift.vanishing.widened(N)]
    for total in range(2, 2 * L + 1):
        pairs = [(i, total - i) for i in range(max(0, total - L), total // 2 + 1)]
        vanishing += [difference(product(*pair), product(*pairs[-1])) for pair in pairs[:-1]]
        vanishing += [difference(product(i, j), product(j, i)) for i, j in pairs if 0 < i < j]
    diagonal, decay = np.arange(n), compact([Fraction(problem.decay) * L / 2])[0]
    loss = Forms.from_terms(0, 0, power(2)(diagonal, diagonal), decay, 1, N)
    if value is not None:  # (λL/2) tr M² ≤ the optimum
        row = np.zeros(N, dtype=object)
        row[0], row[power(2)(diagonal, diagonal)] = short_above(2 * value / (Fraction(problem.decay) * L)), -1
        cone = cone.restrict(row)
        lift = lift._replace(bounds={**lift.bounds, "decay": row[0]})

    def atom(W: Matrix) -> Matrix:
        U, s, Vt = np.linalg.svd(W, full_matrices=False)
        T = np.vstack([U, Vt.T])[:, : problem.rank] / np.sqrt(2)
        s = s[: problem.rank]
        powers = [((T * s ** (k / L)) @ T.T)[svec.triangle(n)] for k in range(1, L)]
        return np.concatenate([lift.atom(W), *powers])

    return _extended(lift, cone, Forms.stack(vanishing), atom)._replace(exact_atom=None), loss


def nuclear_norm(lift: MatrixLift, problem: NetworkProblem) -> Forms:
    """(λ/2) tr Z = λ‖W‖_* of a factor lift, the weight decay of two layers."""
    k, half = np.arange(sum(problem.shape)), compact([Fraction(problem.decay) / 2])[0]
    return Forms.from_terms(0, 0, 1 + svec.position(k, k), half, 1, lift.cone.ambient)


def _extended(lift: MatrixLift, cone: Cone, vanishing: Forms, atom: Any) -> MatrixLift:
    assumed_form = lift.assumed_form
    if assumed_form is not None:
        assumed_form = np.r_[assumed_form, np.zeros(cone.ambient - len(assumed_form))]
    return lift._replace(cone=cone, vanishing=vanishing, atom=atom, assumed_form=assumed_form)


def _on_matrix(A: sp.csr_array, b: ArrayLike, W: Matrix, N: int) -> sp.csr_array:
    """Rows <A_k, W> − b_k x_0 over the coordinates of a lift."""
    A = sp.coo_array(A)
    b = np.asarray(b, dtype=float)
    k = np.arange(len(b))
    data = (np.r_[A.data, -b], (np.r_[A.row, k], np.r_[W.ravel()[A.col], 0 * k]))
    return sp.csr_array(sp.coo_array(data, shape=(len(b), N)))


def _errors(
    problem: NetworkProblem, W: Matrix, out: Matrix, sample: Matrix, parts: Sequence[tuple[Matrix, int]], N: int
) -> sp.csr_array | Matrix:
    """Rows p − q (+ u) − (WX)_it + Y_it x_0; sparse where the table consists of doubles."""
    k, d_in = len(out), len(problem.X)
    X, Y = (compact(M.ravel().tolist()).reshape(M.shape) for M in (problem.tables.X, problem.tables.Y))
    each = np.arange(k)
    row = np.concatenate([np.repeat(each, d_in), each, *(each for _ in parts)])
    column = np.concatenate([W[out].ravel(), 0 * each, *(place for place, _ in parts)])
    signs = [np.full(k, sign, dtype=X.dtype) for _, sign in parts]
    data = np.concatenate([-X[:, sample].T.ravel(), Y[out, sample], *signs])
    if data.dtype != object:
        return sp.csr_array(sp.coo_array((data, (row, column)), shape=(k, N)))
    rows = np.zeros((k, N), dtype=object)
    rows[row, column] = data
    return rows
