"""A tree of blocks: the semidefinite program is solved, leaves are cut where their bound is loose, and so on.

In a leaf with moments Z of its (u, v) the bound of the sample p counts ½ρ√(Z_zz Z_vv) for ½ρ|Z_zv|, z = p'u, and no
more where z and v are proportional, so the plane with the largest difference cuts. With several outputs (−u, −v) has
the moments of (u, v), and nothing is known of E z_+v from E zv.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.arrangements.directions import Directions
from copos.arrangements.problem import Training, whole
from copos.arrangements.quadratic import Leaf, Program

Array = NDArray[np.float64]
LARGE = 3_000  # leaves times directions, where time is not limited
LOOSE = 0.3  # of the loosest leaf: a leaf that is cut, too
SLOWER = 2.0  # the next program, as far as its time can be known
FLOORS = (1e-12, 1e-8, 1e-6, 1e-4, 1e-2, 0.25)  # of ρ: the least μ, which a solver finds up to its tolerance
CLOSE = 1e-7  # of β: above it a solver may have left something
DIGITS = 48  # bits of the smallest μ
EXACT = 1e-8  # of the bound: what leaves may lose if there is nothing to cut
SMALL = 1e-4  # of the largest moment: one that is no neuron
AGAIN = 1.0  # seconds that a first program may take when the time is over


@dataclass(frozen=True, eq=False)
class Blocks:
    """A multiplier r, leaves that show ‖g‖ ≤ `most`, the bound of both in doubles, and where neurons are expected."""

    at: Directions
    r: Array
    most: float
    leaves: tuple[Leaf, ...]
    bound: float
    solved: int
    starts: Array


def first(outputs: int) -> tuple[Leaf, ...]:
    """The whole space, for each sign."""
    return (Leaf(1.0), Leaf(-1.0)) if outputs == 1 else (Leaf(0.0),)


def grown(training: Training, residual: Array, enough: float, deadline: float, most: int) -> Blocks:
    """The best of a sequence of programs, until a bound is `enough` or nothing can be cut in this time, or so often."""
    at, (_, y, beta) = Directions.of(training), training.scaled
    leaves, best, solved, last = first(1 if y.ndim == 1 else y.shape[1]), None, 0, 0.0
    while True:
        start = time.perf_counter()
        limit = {} if np.isinf(deadline) else {"time_limit": max(deadline - start, AGAIN)}
        r, full, Z = Program(at, y, beta, leaves).solve(**limit)
        r, solved = np.where(at.lost[:, None], 0.0, r), solved + 1
        for choice in (r, residual.reshape(r.shape)):
            best = better(best, evaluated(at, y, beta, choice, full, solved))
        best = replace(best, starts=directions(Z, at.H.shape[1]))
        now = time.perf_counter()
        last = now - start
        size = len(leaves) * len(at.P)
        leaves, loss = cut(at, r, full, Z)
        if (
            best.bound >= enough
            or loss <= EXACT * best.bound
            or now + SLOWER * last >= deadline
            or size > (LARGE if np.isinf(deadline) else np.inf)
        ):
            return best
        if not len(full) < len(leaves) <= most:
            return best


def better(one: Blocks | None, two: Blocks) -> Blocks:
    """The one with the higher bound."""
    return two if one is None or two.bound > one.bound else one


def evaluated(at: Directions, y: Array, beta: float, r: Array, leaves: Sequence[Leaf], solved: int) -> Blocks:
    """max ‖g‖ ≤ 2 λ_max(Q), and the best multiple of r."""
    c = 1 if y.ndim == 1 else y.shape[1]
    R, W = at.G @ r, r.T @ at.H
    raised, most = [], 0.0
    for leaf in leaves:
        if leaf.sign:
            leaf = replace(leaf, alpha=np.maximum(leaf.rho - leaf.sign * R[:, 0] - leaf.gamma, 0.0))
        size, top, kept = np.linalg.norm(_rho(leaf, R), axis=1), np.inf, leaf
        for floor in FLOORS:
            one = replace(leaf, mu=np.maximum(leaf.mu, floor * size))
            value = 2 * float(np.linalg.eigvalsh(form(at, R, W, one, c))[-1])
            if value < top:
                top, kept = value, one
            if top <= beta * (1 + CLOSE):
                break
        raised.append(kept)
        most = max(most, top)
    along, square = float(np.vdot(r, y)), float(np.vdot(r, r))
    s = min(beta / most if most > 0 else np.inf, max(along, 0.0) / square if square else 0.0)
    return Blocks(at, r, most, tuple(raised), s * along - 0.5 * s * s * square, solved, np.zeros((0, at.H.shape[1])))


def _rho(leaf: Leaf, R: Array) -> Array:
    return np.maximum(leaf.sign * R + (leaf.alpha + leaf.gamma)[:, None], 0.0) if leaf.sign else R


def form(at: Directions, R: Array, W: Array, leaf: Leaf, c: int) -> Array:
    """Q of a leaf, R = Gr (k, c) and W = r'H (c, d)."""
    P, s, side = at.P, leaf.sign or 1.0, np.zeros(len(at.P))
    side[list(leaf.known)] = leaf.sides
    free = side == 0
    gamma = leaf.gamma if leaf.sign else np.zeros(len(P))
    rho = np.where(free[:, None], _rho(leaf, R), 0.0)
    linear = 0.5 * rho + np.maximum(side, 0.0)[:, None] * s * R + (np.where(free, -1.0, side) * gamma)[:, None]
    Q = np.zeros((at.H.shape[1] + c,) * 2)
    d = len(Q) - c
    Q[:d, :d] = (P * (leaf.mu * free)[:, None]).T @ P
    K = P[list(leaf.known)] * np.array(leaf.sides, dtype=float)[:, None]
    for (p, q), factor in zip(leaf.pairs, leaf.kappa, strict=True):
        Q[:d, :d] += 0.5 * factor * (np.outer(K[p], K[q]) + np.outer(K[q], K[p]))
    Q[d:, :d] = 0.5 * (linear.T @ P + s * W)
    Q[:d, d:] = Q[d:, :d].T
    seen = rho.any(1)
    Q[d:, d:] = (rho[seen] / (16 * leaf.mu[seen])[:, None]).T @ rho[seen]
    return Q


def cut(at: Directions, r: Array, leaves: Sequence[Leaf], moments: Sequence[Array]) -> tuple[tuple[Leaf, ...], float]:
    """The loosest leaves in two, and what all of them lose of the objective."""
    R, d, scores = at.G @ r, at.P.shape[1], []
    for leaf, Z in zip(leaves, moments, strict=True):
        rho = leaf.rho[:, None] if leaf.sign else R
        zz = np.einsum("ki,ij,kj->k", at.P, Z[:d, :d], at.P)
        zv, vv = np.einsum("kc,kc->k", at.P @ Z[:d, d:], rho), np.einsum("ka,ab,kb->k", rho, Z[d:, d:], rho)
        score = np.sqrt(np.maximum(zz * vv, 0.0)) - (np.abs(zv) if leaf.sign else 0.0)
        score[list(leaf.known)] = 0.0
        scores.append(score)
    top = max((float(score.max(initial=0.0)) for score in scores), default=0.0)
    out: list[Leaf] = []
    for leaf, score in zip(leaves, scores, strict=True):
        if top > 0 and score.max(initial=0.0) >= LOOSE * top:
            k = int(score.argmax())
            out += [Leaf(leaf.sign, (*leaf.known, k), (*leaf.sides, side)) for side in (1, -1)]
        else:
            out.append(Leaf(leaf.sign, leaf.known, leaf.sides))
    return tuple(out), 0.5 * sum(float(score.sum()) for score in scores)


def directions(moments: Sequence[Array], d: int) -> Array:
    """Eigenvectors of the moments of u, and their opposites: around them the program has its neurons."""
    found = [np.linalg.eigh(Z[:d, :d]) for Z in moments]
    top = max(float(value[-1]) for value, _ in found)
    U = np.concatenate([vectors[:, value > SMALL * top].T for value, vectors in found])
    return np.concatenate([U, -U])


# ---- integers -------------------------------------------------------------------------------------------------------


def plain(training: Training, found: Blocks | None, s: float, bits: int) -> dict[str, Any]:
    """Keys "shift" and "blocks" for the multiplier s·r = N/2^bits; those of the multiplier 0 if nothing was found."""
    e, h = training.exponents
    at = Directions.of(training) if found is None else found.at
    unit = Fraction(s) * Fraction(2) ** (h + bits + whole(training.X)[1] + e)
    outputs = 1 if training.y.ndim == 1 else training.y.shape[1]
    if found is None or not s:
        leaves, blank = first(outputs), np.zeros(len(at.P))
        leaves = tuple(Leaf(leaf.sign, alpha=blank, gamma=blank, mu=blank) for leaf in leaves)
    else:
        leaves = found.leaves
    linear, square = [unit * f for f in at.f], [unit * f * f for f in at.f]
    mu = [[Fraction(m) * v for m, v in zip(leaf.mu.tolist(), square, strict=True)] for leaf in leaves]
    shift = max((DIGITS + abs(_exponent(m)) for row in mu for m in row if m), default=0)
    written = []
    for leaf, row in zip(leaves, mu, strict=True):
        one: dict[str, Any] = {"mu": [_up(m, shift) for m in row], "kappa": []}
        for (p, q), factor in zip(leaf.pairs, leaf.kappa.tolist(), strict=True):
            scale = linear[leaf.known[p]] * at.f[leaf.known[q]]
            one["kappa"].append(int(Fraction(factor) * scale * (1 << shift)))
        if leaf.sign:
            for name, part in (("alpha", leaf.alpha), ("gamma", leaf.gamma)):
                one[name] = [round(Fraction(g) * v) for g, v in zip(part.tolist(), linear, strict=True)]
        written.append(one)
    trees = [[(leaf, item) for leaf, item in zip(leaves, written, strict=True) if leaf.sign == start.sign]
             for start in first(outputs)]  # fmt: skip
    return {"shift": shift, "blocks": [_preorder(tree, 0) for tree in trees]}


def _preorder(leaves: list[tuple[Leaf, Any]], depth: int) -> list[Any]:
    """Items of a subtree, of leaves with one path up to a depth."""
    leaf, item = leaves[0]
    if len(leaf.known) == depth:
        return [item]
    parts = [[pair for pair in leaves if pair[0].sides[depth] == side] for side in (1, -1)]
    return [{"plane": leaf.known[depth]}, *_preorder(parts[0], depth + 1), *_preorder(parts[1], depth + 1)]


def _exponent(value: Fraction) -> int:
    return value.numerator.bit_length() - value.denominator.bit_length()


def _up(value: Fraction, shift: int) -> int:
    return -(-value.numerator * (1 << shift) // value.denominator)
