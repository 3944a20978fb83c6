"""The training problem as a ConicForm, and the network of a conic solution: the cross-check by general solvers.

Variables are, for every output, svec Z, svec Z' of every pool and the intercept; then p and q of the losses with
bounds, ℓ(r) = min (r − p + q)²/(2κ) + high·p − low·q, and τ ≥ |h|² for the quadratic part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from copos import svec
from copos.conic import Cones, ConicForm, Solution
from copos.polynomial.fit import decomposed
from copos.polynomial.losses import Interval
from copos.polynomial.network import PolynomialNetwork

if TYPE_CHECKING:
    from copos.reformulation.polynomial_network import PolynomialNetworkProgram

Array = NDArray[np.float64]


def lifted_rows(program: PolynomialNetworkProgram) -> Array:
    """svec(M_ig) as (G, n, k(k+1)/2): ŷ = Σ_g rows·svec(Z − Z')."""
    a, b, c = program.activation
    G, n, m, d = program.patches.shape
    k = program.lift.order
    M = np.zeros((G, n, k, k))
    M[:, :, :d, :d] = a * np.einsum("gnpi,gnpj->gnij", program.patches, program.patches) / m
    if program.activation.lifted:
        M[:, :, d, :d] = M[:, :, :d, d] = 0.5 * b * program.lift.mean
        M[:, :, d, d] = c
    else:
        M[:, :, range(d), range(d)] += c
    return svec.svec(M)


def conic_form(program: PolynomialNetworkProgram) -> ConicForm:
    """The program for a general conic solver; variables are the svec of Z, Z' per (output, pool), then b, p, q, τ.

    The quadratic part of a loss enters as |h|² ≤ τ; for the squared loss h is the triangular factor of the
    lifted data, so that its length is at most the number of lifted features and not the number of samples.

    Raises
    ------
    ValueError
        For the logistic and multinomial losses, which need the exponential cone.
    """
    loss = program.loss
    if not isinstance(loss, Interval):
        raise ValueError(f"the loss {program.loss_name} needs the exponential cone, which a ConicForm does not have")
    rows = lifted_rows(program)
    G, n, size = rows.shape
    T, k = program.Y.shape[1], program.lift.order
    A = np.concatenate([part for g in range(G) for part in (rows[g], -rows[g])], axis=1)  # one output
    if program.intercept:
        A = np.hstack([A, np.ones((n, 1))])
    width = A.shape[1]
    blocks = 2 * G
    quadratic = bool(np.all(loss.kappa > 0))
    bounded = np.isfinite(loss.low).any() or np.isfinite(loss.high).any()
    fits, rights = [], []  # per output: h = fit·z_t (− p + q) − right
    for t in range(T):
        scale = 1 / np.sqrt(loss.kappa[:, t]) if quadratic else np.ones(n)
        H, r = scale[:, None] * A, scale * program.Y[:, t]
        if quadratic and not bounded and n > width + 1:
            R = np.asarray(np.linalg.qr(np.column_stack([H, r]), mode="r"))
            H, r = R[:, :-1], R[:, -1]
        fits.append(H)
        rights.append(r)
    length = len(rights[0])
    free = T * width
    # p enters where high is finite, q where low is; the other would cost infinitely much
    up, down = np.isfinite(loss.high), np.isfinite(loss.low)
    p_of, q_of = np.argwhere(up.T), np.argwhere(down.T)  # (output, sample)
    slack = (len(p_of) + len(q_of)) if bounded else 0
    total = free + slack + quadratic
    cost = np.zeros(total)
    unit = np.zeros((k, k))
    if program.activation.lifted:
        unit[-1, -1] = 1.0
        J = svec.svec(np.diag(np.append(np.ones(k - 1), -1.0)))
    else:
        unit, J = np.eye(k), None
    for t in range(T):
        for i in range(blocks):
            cost[t * width + i * size : t * width + (i + 1) * size] = program.beta * svec.svec(unit)
    fit = sp.block_diag([sp.csr_array(H) for H in fits])
    residual = sp.lil_array(sp.hstack([fit, sp.csr_array((T * length, slack + quadratic))]))
    if bounded:
        cost[free : free + len(p_of)] = loss.high.T[up.T]
        cost[free + len(p_of) : free + slack] = -loss.low.T[down.T]
        for sign, places, first in ((-1.0, p_of, free), (1.0, q_of, free + len(p_of))):
            t, i = places.T
            weight = 1 / np.sqrt(loss.kappa[i, t]) if quadratic else np.ones(len(t))
            residual[t * length + i, first + np.arange(len(t))] = sign * weight
    residual, right = sp.csr_array(residual), np.concatenate(rights)
    pieces, sides = [], []
    zero = 0
    if J is not None:
        equal = sp.lil_array((T * blocks, total))
        for t in range(T):
            for i in range(blocks):
                start = t * width + i * size
                equal[t * blocks + i, start : start + size] = J
        pieces.append(sp.csr_array(equal))
        sides.append(np.zeros(T * blocks))
        zero += T * blocks
    if not quadratic:
        pieces.append(residual)
        sides.append(right)
        zero += T * length
    if slack:
        pieces.append(-sp.eye_array(slack, total, k=free, format="csr"))
        sides.append(np.zeros(slack))
    cone = ()
    if quadratic:
        # |h|² ≤ τ  iff  |(τ − 1, 2h)| ≤ τ + 1
        cost[-1] = 0.5
        last = sp.csr_array(([-1.0], ([0], [total - 1])), shape=(1, total))
        pieces += [last, last, -2 * residual]
        sides += [np.array([1.0]), np.array([-1.0]), -2 * right]
        cone = (T * length + 2,)
    for t in range(T):
        pieces.append(-sp.eye_array(blocks * size, total, k=t * width, format="csr"))
        sides.append(np.zeros(blocks * size))
    return ConicForm(
        cost, sp.csc_array(sp.vstack(pieces)), np.concatenate(sides),
        Cones(zero, slack, cone, (k,) * (T * blocks)),
    )  # fmt: skip


def recover(program: PolynomialNetworkProgram, solution: Solution, truncate: float = 1e-4) -> PolynomialNetwork:
    """Network of the matrices in a conic solution, without columns below `truncate` of the largest."""
    G, k = program.patches.shape[0], program.lift.order
    size, T = svec.length(k), program.Y.shape[1]
    width = 2 * G * size + program.intercept
    parts, bias = [], np.zeros(T)
    for t in range(T):
        z = solution.x[t * width : (t + 1) * width]
        for i in range(2 * G):
            values, vectors = np.linalg.eigh(svec.smat(z[i * size : (i + 1) * size]))
            V = vectors * np.sqrt(np.maximum(values, 0.0))
            parts.append((i // 2, t, 1.0 if i % 2 == 0 else -1.0, V))
        bias[t] = z[-1] if program.intercept else 0.0
    largest = max((float(np.linalg.norm(V, 2)) for *_, V in parts), default=0.0)
    kept = [(g, t, s, V[:, np.linalg.norm(V, axis=0) > truncate * largest]) for g, t, s, V in parts]
    return decomposed(program, kept, bias)
