"""Good cuts, partitions and assignments by exchanges, many starts at once in floating point."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Index = NDArray[np.int64]
STARTS, ROUNDS = 64, 12
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
    """A permutation p with little Σ A_ij B_p(i)p(j) + Σ C_ip(i): two places are exchanged while that costs less.

    >>> best_assignment(np.array([[0.0, 2], [1, 0]]), np.array([[0.0, 5], [1, 0]]), np.zeros((2, 2))).tolist()
    [1, 0]
    """
    from scipy.optimize import linear_sum_assignment

    rng, n = np.random.default_rng(seed), len(A)
    i, j = np.triu_indices(n, 1)
    swaps = np.tile(np.arange(n), (len(i), 1))
    swaps[np.arange(len(i)), i], swaps[np.arange(len(i)), j] = j, i

    def cost(P: Index) -> Vector:
        return (A * B[P[:, :, None], P[:, None, :]]).sum(axis=(1, 2)) + C[np.arange(n), P].sum(axis=1)

    best, value = np.arange(n), float(cost(np.arange(n)[None])[0])
    for start in range(max(4, min(STARTS, 4 * BATCH // n**4))):
        p = rng.permutation(n) if start or x is None else np.asarray(linear_sum_assignment(-x.reshape(n, n))[1])
        if start % 4 == 3:
            moved = rng.choice(n, size=min(3, n), replace=False)
            p = best.copy()
            p[moved] = p[np.roll(moved, 1)]
        now = float(cost(p[None])[0])
        while len(i):
            each = cost(p[swaps])
            k = int(each.argmin())
            if each[k] >= now - 1e-9 * (1 + abs(now)):
                break
            p, now = p[swaps[k]], float(each[k])
        if now < value - 1e-9 * (1 + abs(value)):
            best, value = p, now
    return best
