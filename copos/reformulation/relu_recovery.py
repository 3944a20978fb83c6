"""Networks from moment matrices: candidate directions, then convex programs over their activation patterns.

For neurons with activation patterns D_j = diag(1[Xu_j ≥ 0]) and unit second layers v_j the first layers solve

    min  Σ ℓ(Σ_j D_jXg_j v_j', Y) + β Σ ‖g_j‖    s.t.  (2D_j − I)Xg_j ≥ 0,

which is the training problem restricted to these patterns [PilanciErgen2020]; for unit first layers the second layers
solve the same without constraints. With one output a unit v_j is ±1 and the first program is enough. New patterns come
from the multiplier ν at the solution: a neuron with ‖Σ_iν_i(x_i'u)_+‖ > β‖u‖ improves the network.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from copos.arithmetic.rationals import rounded_up
from copos.conic import Cones, ConicForm
from copos.losses.conic_rows import joined, loss_cone
from copos.losses.convex import Interval
from copos.regularized import exact_loss
from copos.support.looks import one_line

Array = NDArray[np.float64]
Solve = Callable[..., Any]
ROUNDS, SEVERAL = 6, 25  # of new neurons, for one output and for several


@one_line
@dataclass(frozen=True, eq=False)
class ReLUData:
    """Samples X (n, d), a loss bound to targets (n, T), and β."""

    X: Array
    loss: Interval
    beta: float


@one_line
@dataclass(frozen=True, eq=False)
class ReLUNetwork:
    """f(x) = Σ_j (x'u_j)_+ v_j; u is (m, d), v is (m, T), ‖u_j‖ = ‖v_j‖ up to rounding.

    Examples
    --------
    >>> ReLUNetwork(np.array([[1.0, 0.0]]), np.array([[2.0]])).predict([[3.0, 1.0], [-1.0, 0.0]]).tolist()
    [[6.0], [0.0]]
    """

    u: Array
    v: Array

    def __len__(self) -> int:
        """Neurons."""
        return len(self.u)

    def predict(self, X: ArrayLike) -> Array:
        """(n, T) outputs."""
        return np.maximum(np.asarray(X, dtype=float) @ self.u.T, 0.0) @ self.v

    def objective(self, data: ReLUData) -> float:
        """Loss plus weight decay."""
        decay = 0.5 * data.beta * (np.sum(self.u**2) + np.sum(self.v**2))
        return data.loss.value(self.predict(data.X)) + float(decay)

    def objective_above(self, data: ReLUData) -> float:
        """The objective of these very weights in exact arithmetic, rounded up."""
        X, u, v = ([[Fraction(x) for x in row] for row in M.tolist()] for M in (data.X, self.u, self.v))
        T = data.loss.Y.shape[1]
        F = []
        for x in X:
            z = [max(sum((a * b for a, b in zip(x, w, strict=True)), Fraction(0)), Fraction(0)) for w in u]
            F.append([sum((p * w[t] for p, w in zip(z, v, strict=True)), Fraction(0)) for t in range(T)])
        size = sum((a * a for row in [*u, *v] for a in row), Fraction(0))
        value = exact_loss(data.loss, F) + Fraction(data.beta) * size / 2
        return rounded_up(value)


def grouped(data: ReLUData, responses: Array, solve: Solve, cuts: Array | None = None) -> tuple[Array, Array]:
    """Min Σ ℓ(Σ_j <R_j, g_j>) + β Σ ‖g_j‖ s.t. cuts_j g_j ≥ 0.

    Parameters
    ----------
    responses : (n·T, m, k) the prediction that each entry of each group makes
    cuts : (m, rows, k) or None

    Returns
    -------
    (m, k), (n, T)
        The groups, zeros if the solver fails, and the multipliers ν of the predictions.
    """
    rows, m, k = responses.shape
    total = m * (k + 1)
    H = sp.csr_array(np.concatenate([responses, np.zeros((rows, m, 1))], axis=2).reshape(rows, total))
    loss = loss_cone(H, data.loss)
    # (t_j, g_j) in the second-order cone: t_j is the last entry of group j
    order = (np.arange(m)[:, None] * (k + 1) + np.r_[k, np.arange(k)]).ravel()
    norms = sp.csr_array((-np.ones(total), (np.arange(total), order)), shape=(total, total))
    cost = np.zeros(total)
    cost[k :: k + 1] = data.beta
    pieces, count = [norms], 0
    if cuts is not None:
        count = m * cuts.shape[1]
        wide = np.concatenate([cuts, np.zeros((m, cuts.shape[1], 1))], axis=2)
        pieces.insert(0, sp.csr_array(-sp.block_diag(list(wide))))
    A = sp.csc_array(sp.vstack(pieces, format="csc"))
    penalty = ConicForm(cost, A, np.zeros(A.shape[0]), Cones(0, count, (k + 1,) * m))
    everything = np.arange(loss.form.shape[1])
    form, where = joined([loss.form, penalty], [everything, everything[:total]], len(everything))
    found = solve(form, "clarabel")
    if not np.isfinite(found.x).all():
        return np.zeros((m, k)), data.loss.gradient(np.zeros_like(data.loss.Y))
    nu = loss.multipliers(found.z[where[0]]).reshape(data.loss.Y.shape)
    return found.x[:total].reshape(m, k + 1)[:, :k], nu


def _patterns(X: Array, directions: Array) -> NDArray[np.bool_]:
    """Different activation patterns (m, n) of directions (m', d), where some sample is active."""
    active = directions @ X.T >= 0
    active = active[active.any(1)]
    return np.unique(active, axis=0)


def directions_of(matrices: Sequence[Array], rng: np.random.Generator, samples: int = 30) -> Array:
    """Candidate first layers from the rows (d × ambient) of moment matrices that belong to u."""
    out = []
    for M in matrices:
        d = len(M)
        values, vectors = np.linalg.eigh(0.5 * (M[:, :d] + M[:, :d].T))
        out += [vectors.T, -vectors.T, M[:, d:].T, -M[:, d:].T]
        out.append(rng.standard_normal((samples, d)) @ (vectors * np.sqrt(np.maximum(values, 0.0))).T)
    found = np.concatenate(out)
    norm = np.linalg.norm(found, axis=1)
    return found[norm > 1e-9 * max(norm.max(initial=0.0), 1e-300)]


def ascent(X: Array, N: Array, starts: Array, steps: int = 50) -> tuple[Array, Array]:
    """Local maxima of ‖Σ_i ν_i(x_i'u)_+‖ over |u| = 1: each step maximises over the neighbourhood of a pattern.

    With the pattern and the direction q = N'(Xu)_+ fixed the maximand is linear, u ∝ X'D N q.
    """
    u = starts / np.linalg.norm(starts, axis=1, keepdims=True)

    def value(u: Array) -> tuple[Array, Array]:
        response = np.maximum(u @ X.T, 0.0) @ N
        return np.linalg.norm(response, axis=1), response

    best, response = value(u)
    for _ in range(steps):
        q = response / np.maximum(best, 1e-300)[:, None]
        new = ((u @ X.T >= 0) * (q @ N.T)) @ X
        norm = np.linalg.norm(new, axis=1)
        # half steps keep inside a pattern more often, and never lose what was reached
        new = np.where(norm[:, None] > 0, new / np.maximum(norm, 1e-300)[:, None], u) + u
        norm = np.linalg.norm(new, axis=1)
        new = np.where(norm[:, None] > 1e-9, new / np.maximum(norm, 1e-300)[:, None], u)
        top, answer = value(new)
        better = top > best * (1 + 1e-12)
        if not better.any():
            break
        u, best = np.where(better[:, None], new, u), np.where(better, top, best)
        response = np.where(better[:, None], answer, response)
    return u, best


def _balanced(u: Array, v: Array) -> ReLUNetwork:
    """‖u_j‖ = ‖v_j‖ without changing the function; neurons that are zero are left out."""
    a, b = np.linalg.norm(u, axis=1), np.linalg.norm(v, axis=1)
    keep = a * b > 1e-9 * max(float((a * b).max(initial=0.0)), 1e-300)
    root = np.sqrt(b[keep] / a[keep])[:, None]
    return ReLUNetwork(u[keep] * root, v[keep] / root)


def _fit(
    data: ReLUData, active: NDArray[np.bool_], second: Array, solve: Solve, rounds: int = 6
) -> tuple[ReLUNetwork, Array]:
    """First layers for patterns `active` (m, n) and unit second layers (m, T), then both in turn; and the last ν."""
    X, T = data.X, data.loss.Y.shape[1]
    cuts = np.where(active, 1.0, -1.0)[:, :, None] * X
    best = ReLUNetwork(np.zeros((0, X.shape[1])), np.zeros((0, T)))
    value, nu = best.objective(data), data.loss.gradient(np.zeros_like(data.loss.Y))
    for _ in range(rounds if T > 1 else 1):
        responses = np.einsum("mi,id,mt->itmd", active, X, second).reshape(len(X) * T, len(active), X.shape[1])
        g, nu = grouped(data, responses, solve, cuts)
        if T > 1:
            norm = np.linalg.norm(g, axis=1)
            keep = norm > 1e-7 * max(float(norm.max(initial=0.0)), 1e-300)
            g, active, cuts, norm = g[keep], active[keep], cuts[keep], norm[keep]
            if not len(g):
                break
            unit = g / norm[:, None]
            responses = np.einsum("im,ts->itms", np.maximum(X @ unit.T, 0.0), np.eye(T))
            w, nu = grouped(data, responses.reshape(len(X) * T, len(g), T), solve)
            size = np.linalg.norm(w, axis=1)
            second = np.where(size[:, None] > 0, w / np.maximum(size, 1e-300)[:, None], second[keep])
            network = _balanced(unit, w)
        else:
            network = _balanced(g, second)
        new = network.objective(data)
        gained = value - new
        if gained > 0:
            best, value = network, new
        if gained <= 1e-8 * value:
            break
    return best, nu


def recovered(data: ReLUData, matrices: Sequence[Array], solve: Solve, seed: int = 0) -> ReLUNetwork:
    """The best network found from the rows of moment matrices that belong to u; an upper bound, not a proof.

    New neurons are those that the multiplier asks for, with the second layers that it asks for, until none improves.
    """
    rng = np.random.default_rng(seed)
    X, T = data.X, data.loss.Y.shape[1]
    directions = directions_of(matrices, rng)
    best = ReLUNetwork(np.zeros((0, X.shape[1])), np.zeros((0, T)))
    value = best.objective(data)
    N = data.loss.gradient(best.predict(X))
    for _ in range(ROUNDS if T == 1 else SEVERAL):
        starts = np.concatenate([directions, rng.standard_normal((60, X.shape[1]))])
        top, size = ascent(X, N, starts)
        if size.max(initial=0.0) <= data.beta * (1 + 1e-7):  # ‖Σν_i(x_i'u)_+‖ ≤ β‖u‖ as far as was looked
            break
        order = np.argsort(-size, kind="stable")[:40]
        fresh = np.concatenate([directions[: 2 * X.shape[1]], top[order]])
        if T == 1:
            active = _patterns(X, np.concatenate([best.u, fresh]))
            both = np.concatenate([active, active])
            second = np.repeat([1.0, -1.0], len(active))[:, None]
        else:
            both, second = _pairs(X, best, fresh, N)
        network, N = _fit(data, both, second, solve)
        new = network.objective(data)
        gained = value - new
        if gained > 0:
            best, value = network, new
        if gained <= (1e-10 if T == 1 else 1e-7) * value:
            break
    return best


def _pairs(X: Array, best: ReLUNetwork, fresh: Array, N: Array) -> tuple[NDArray[np.bool_], Array]:
    """Patterns (m, n) and unit second layers (m, T): those of a network, and −N'(Xu)_+ of new directions u."""
    u = fresh / np.linalg.norm(fresh, axis=1, keepdims=True)
    asked = -np.maximum(u @ X.T, 0.0) @ N
    v = np.concatenate([best.v, asked])
    size, active = np.linalg.norm(v, axis=1), np.concatenate([best.u, u]) @ X.T >= 0
    keep = (size > 1e-12 * max(float(size.max(initial=0.0)), 1e-300)) & active.any(1)
    active, v = active[keep], v[keep] / size[keep, None]
    # two neurons of one pattern whose second layers are nearly one are one
    _, first = np.unique(np.column_stack([active, np.round(v, 6)]), axis=0, return_index=True)
    return active[np.sort(first)], v[np.sort(first)]
