"""Good cuts, partitions and assignments by exchanges, many starts at once in floating point."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Index = NDArray[np.int64]
STARTS, ROUNDS = 64, 12
TABU_STEPS = 25  # by facilities
BATCH = 4_000_000  # numbers that one step gathers


def best_cut(W: Vector, x: Vector | None = None, seed: int = 0) -> Index:
    """Sides 0 and 1 of the vertices, flipped one by one while the cut gets heavier, then disturbed, again and again.

    >>> best_cut(np.array([[0.0, 1.0], [1.0, 0.0]])).tolist() in ([0, 1], [1, 0])
    True
    """
    rng, n = np.random.default_rng(seed), len(W)
    S = rng.choice([-1.0, 1.0], size=(STARTS, n))
    if x is not None:
        S[0] = np.where(x > 0.5, 1.0, -1.0)
        S[1 : STARTS // 4] = np.where(rng.random((STARTS // 4 - 1, n)) < x, 1.0, -1.0)
    best, value = S[0].copy(), -np.inf
    for _ in range(ROUNDS):
        gain = S * (S @ W)  # of a flip
        while True:
            at = gain.argmax(axis=1)
            row = np.flatnonzero(gain[np.arange(len(S)), at] > 1e-9)
            if not len(row):
                break
            v = at[row]
            # S_v W_vj S_j is lost at v's other ends, twice, and v's own gain changes its sign
            change = 2 * S[row, v][:, None] * W[v] * S[row]
            gain[row] -= change
            gain[row, v] *= -1
            S[row, v] *= -1
        cut = -np.einsum("bi,ij,bj->b", S, W, S)
        k = int(cut.argmax())
        if cut[k] > value + 1e-12:
            best, value = S[k].copy(), float(cut[k])
        order = np.argsort(-cut)[: STARTS // 4]
        S = np.concatenate([np.tile(S[order], (3, 1)), np.tile(best, (STARTS - 3 * len(order), 1))])
        S *= np.where(rng.random(S.shape) < rng.choice([0.05, 0.15, 0.3], size=(len(S), 1)), -1, 1)
    return (best != best[0]).astype(np.int64)


def best_partition(W: Vector, sizes: Index, x: Vector | None = None, seed: int = 0) -> Index:
    """Parts of the vertices, in the sizes that are asked for: pairs are exchanged while that cuts less.

    `x` is an (n, k) array, how much a vertex belongs to a part.
    """
    rng, n = np.random.default_rng(seed), len(W)
    labels = np.repeat(np.arange(len(sizes)), sizes)
    best, value = labels, np.inf
    for start in range(max(4, min(STARTS, BATCH // (n * n)))):
        part = rng.permutation(labels) if start or x is None else _nearest(x, sizes)
        if start % 4 == 3:
            part = best.copy()
            moved = rng.choice(n, size=max(2, n // 4), replace=False)
            part[moved] = part[np.roll(moved, 1)]
        while True:
            inside = np.eye(len(sizes))[part]
            near = W @ inside  # weight to every part
            own = near[np.arange(n), part]
            gain = near[:, part] - own[:, None]
            total = gain + gain.T - 2 * W
            total[part[:, None] == part[None, :]] = 0
            i, j = np.unravel_index(int(total.argmax()), total.shape)
            if total[i, j] <= 1e-9:
                break
            part[[i, j]] = part[[j, i]]
        cut = float(W[part[:, None] != part[None, :]].sum())
        if cut < value - 1e-12:
            best, value = part.copy(), cut
    return best


def _nearest(x: Vector, sizes: Index) -> Index:
    """Parts of the right sizes that vertices belong to most."""
    from scipy.optimize import linear_sum_assignment

    places = np.repeat(np.arange(len(sizes)), sizes)
    return places[linear_sum_assignment(-x[:, places])[1]]


def best_assignment(
    A: Vector, B: Vector, C: Vector, x: Vector | None = None, seed: int = 0
) -> Index:  # fmt: skip
    """A permutation p with little Σ A_ij B_p(i)p(j) + Σ C_ip(i), by exchanges from many starts at once [Taillard1991].

    The best exchange of two places is made even where it costs more, but not one that puts a facility back to where it
    has been lately.

    >>> best_assignment(np.array([[0.0, 2], [1, 0]]), np.array([[0.0, 5], [1, 0]]), np.zeros((2, 2))).tolist()
    [1, 0]
    """
    from scipy.optimize import linear_sum_assignment

    rng, n = np.random.default_rng(seed), len(A)
    starts = max(4, min(STARTS, BATCH // n**3))
    P = np.argsort(rng.random((starts, n)), axis=1)
    P[0] = np.arange(n) if x is None else linear_sum_assignment(-x.reshape(n, n))[1]
    i, j = np.triu_indices(n, 1)
    row, every = np.arange(starts), np.arange(n)

    def cost(P: Index) -> Vector:
        return (A * B[P[:, :, None], P[:, None, :]]).sum(axis=(1, 2)) + C[every, P].sum(axis=1)

    now = cost(P)
    k = int(now.argmin())
    best, value = P[k].copy(), float(now[k])
    until = np.zeros((starts, n, n), dtype=np.int64)  # the step from which facility i may be at k again
    for step in range(1, TABU_STEPS * n + 1 if len(i) else 1):
        change = _exchanged(A, B, C, P)[:, i, j]
        barred = np.maximum(until[row[:, None], i, P[:, j]], until[row[:, None], j, P[:, i]]) > step
        allowed = ~barred | (now[:, None] + change < value - 1e-9 * (1 + abs(value)))
        at = np.where(allowed, change, np.inf).argmin(axis=1)
        a, b, p, q = i[at], j[at], P[row, i[at]], P[row, j[at]]
        until[row, a, p], until[row, b, q] = step + rng.integers(n // 2 + 1, 3 * n // 2 + 2, size=(2, starts))
        P[row, a], P[row, b] = q, p
        now = now + change[row, at]
        k = int(now.argmin())
        if now[k] < value - 1e-9 * (1 + abs(value)):
            best, value = P[k].copy(), float(now[k])
    return best


def _exchanged(A: Vector, B: Vector, C: Vector, P: Index) -> Vector:
    """(starts, n, n) what it costs more to exchange the places of i and j."""
    D, each = B[P[:, :, None], P[:, None, :]], C[np.arange(len(A)), P[:, :, None]].transpose(0, 2, 1)
    # Σ_k (A_ki − A_kj)(D_kj − D_ki), the same transposed; k = i and k = j are taken off and put right
    M = A.T @ D + A @ D.transpose(0, 2, 1)
    own, a, d = np.diagonal(M, axis1=1, axis2=2), A.diagonal(), np.diagonal(D, axis1=1, axis2=2)
    out = M + M.transpose(0, 2, 1) - own[:, :, None] - own[:, None, :]
    T = D.transpose(0, 2, 1)
    ii, jj = d[:, :, None], d[:, None, :]
    wrong = (a[:, None] - A) * (D - ii) + (A.T - a) * (jj - T) + (a[:, None] - A.T) * (T - ii) + (A - a) * (jj - D)
    right = (a[:, None] - a) * (jj - ii) + (A - A.T) * (T - D)
    here = np.diagonal(each, axis1=1, axis2=2)
    return out - wrong + right + each + each.transpose(0, 2, 1) - here[:, :, None] - here[:, None, :]
