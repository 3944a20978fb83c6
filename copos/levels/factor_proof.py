"""Exact proofs of lower bounds by moments of factors, from an approximate dual of a `MomentLevel`.

The dual is an identity: loss − value = Σ <G_k, block_k> + Σ <multiplier, relation>, coefficient by coefficient. Every
variable X but those of the first block is absorbed by a place of its own in a block, and stands first, with the factor
1, in a relation Σ_i X_ij,il = …, or is a product E s_a s_b tt' ⪯ E (κs_a² + s_b²/κ) tt' / 2. So

1. what is missing of the identity is added at that place, variable by variable;
2. where these blocks are then not positive definite they are shifted by δI, in every place by the less the larger the
   moments there are, multipliers of relations by −δI, and products are paid for by squares;
3. the first block takes the rest. If it is not positive definite, everything else is mixed with a dual in which it is
   (zero multipliers, and 2μI for the sums of C_ab), at a price in the bound;
4. factors of the blocks and multipliers are rounded to integers, with a margin where something is absorbed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import scipy.linalg as la
from numpy.typing import NDArray

from copos.arithmetic import rationals
from copos.conic import Solution
from copos.levels.factor_levels import MomentLevel

Matrix = NDArray[np.float64]
MARGIN = 1e-11  # of the largest diagonal entry of a block
SHARES = (0.0, *(10.0 ** (k / 2) for k in range(-22, 0)), 1.0)  # of the dual that the rest is mixed with
FINER = 2  # halvings of the interval of shares in which the best one is
BITS = 50


class FloatingDual(NamedTuple):
    """Value, multipliers of the blocks with what they are to keep after rounding, and of the relations."""

    value: float
    grams: list[Matrix]
    margins: list[float]
    multipliers: list[Matrix]


def best_dual(level: MomentLevel, solution: Solution) -> FloatingDual | None:
    """The best strictly feasible dual near that of a solver; None if there is none."""
    grams, multipliers = level.dual(solution)
    best: FloatingDual | None = None
    low, high = 0.0, 0.0
    for share in SHARES:
        dual = _mixed(level, grams, multipliers, share)
        if dual is not None and best is not None and dual.value <= best.value:
            break  # a larger share costs more
        low, high, best = (low, share, dual) if dual else (share, high, best)
    if best is None or not low:
        return best
    for _ in range(FINER):  # between a share that was not enough and one that was
        middle = (low * high) ** 0.5
        dual = _mixed(level, grams, multipliers, middle)
        low, high = (low, middle) if dual else (middle, high)
        best = dual if dual and dual.value > best.value else best
    return best


def best_between(
    level: MomentLevel, solution: Solution, known: FloatingDual, shares: tuple[float, ...]
) -> FloatingDual | None:
    """The best dual on the line from that of a solver to a known one; None if none on it can be completed."""
    inside, found = level.dual_vector(known.grams, known.multipliers), []
    for share in shares:
        near = replace(solution, z=(1 - share) * solution.z + share * inside)
        dual = _mixed(level, *level.dual(near), 0.0)
        found.extend([] if dual is None else [dual])
    return max(found, key=lambda dual: dual.value, default=None)


def _mixed(level: MomentLevel, grams: list[Matrix], multipliers: list[Matrix], share: float) -> FloatingDual | None:
    grams = [(1 - share) * G for G in grams]
    inside = 2 * share * level.curvature if share else 0.0
    relations = level.table.relations
    multipliers = [
        (1 - share) * V + inside * np.eye(len(V)) * (relation.side == "rows" and _is_lost(level, relation.terms))
        for relation, V in zip(relations, multipliers, strict=True)
    ]
    absorbing = {k for _, k, _ in level.table.places}
    for name, k, place in level.table.places:
        if k:
            rows, columns = level.at(k, place)
            rest = level.coefficients(name, grams, multipliers)
            if any(term.exchanged for term in level.table.blocks[k][place]):
                rest = level.exchanged(rest)
            grams[k][rows, columns] -= rest if place[0] == place[1] else rest / 2
            grams[k][columns, rows] = grams[k][rows, columns].T
    margins = [MARGIN * max(float(np.diag(G).max()), 1e-6) * (k in absorbing) for k, G in enumerate(grams)]
    shifts = [_shift(level, k, G, e) if k and k in absorbing else np.zeros(len(G))
              for k, (G, e) in enumerate(zip(grams, margins, strict=True))]  # fmt: skip
    grams = [G + np.diag(delta) for G, delta in zip(grams, shifts, strict=True)]
    lowered = _compensating(level, grams, shifts)
    multipliers = [V - delta * np.eye(len(V)) for V, delta in zip(multipliers, lowered, strict=True)]
    return _completed(level, grams, margins, multipliers)


def _shift(level: MomentLevel, k: int, G: Matrix, margin: float) -> Matrix:
    """The diagonal that makes a block definite, in every place the less of it the larger the moments there are."""
    c = np.ones(len(G))
    for (p, q), terms in level.table.blocks[k].items():
        if p == q:
            c[level.at(k, (p, p))[0]] = 1 / max(abs(term.factor) * level.magnitude(term.name) for term in terms)
    root = np.sqrt(c)
    least = float(la.eigvalsh(G / np.outer(root, root), subset_by_index=[0, 0])[0])
    return max(0.0, 2 * margin / float(c.min()) - least) * c


def _is_lost(level: MomentLevel, terms: tuple[tuple[int, str], ...]) -> bool:
    """Is this the relation of a moment C_ab, which the loss is in?"""
    return len(terms) == 1 and terms[0][1] in level.table.loss


def _compensating(level: MomentLevel, grams: list[Matrix], shifts: list[Matrix]) -> list[float]:
    """By how much every relation's multiplier must fall where places of blocks are shifted by multiples of I.

    Squares that pay for products are added to the blocks.
    """
    table = level.table
    own = {name: 0.0 for name, k, _ in table.places if k}
    for k, (block, delta) in enumerate(zip(table.blocks, shifts, strict=False)):
        for (p, q), terms in block.items():
            for term in terms:
                if p == q and term.name in own:
                    own[term.name] += term.factor * float(delta[level.at(k, (p, p))[0].start])
    for name, k, p, q in table.products:
        squares, kappa = [table.blocks[k][i, i][0].name for i in (p, q)], level.ratio(k, p, q)
        shares = np.array([kappa, 1 / kappa]) * own.pop(name) / 2
        for i, share, square in zip((p, q), shares.tolist(), squares, strict=True):
            _add_multiple(grams[k], level.at(k, (i, i)), share)
            if square in own:
                own[square] += share
        for place in ((p, q), (q, p)):
            _add_multiple(grams[k], level.at(k, place), -float(np.sqrt(shares.prod())))
    lowered = []
    for relation in table.relations:
        factor, first = relation.terms[0]
        lowered.append(own.pop(first, 0.0) if factor == 1 else 0.0)
        for factor, name in relation.terms[1:]:
            if name in own:
                own[name] -= factor * lowered[-1]
    return lowered


def _add_multiple(G: Matrix, at: tuple[slice, slice], share: float) -> None:
    """Add a multiple of I to a place of a block."""
    part = G[at]
    part[np.diag_indices(len(part))] += share


def _completed(
    level: MomentLevel, grams: list[Matrix], margins: list[float], multipliers: list[Matrix]
) -> FloatingDual | None:
    """The first block from the identity, and the best value with which it is positive semidefinite."""
    size, order = level.size, level.order(0)
    first = grams[0]
    for name, k, (p, q) in level.table.places:
        if not k:
            rest = level.table.loss[name] * level.Q - level.coefficients(name, grams, multipliers)
            rows, columns = level.at(0, (p, q))
            first[rows, columns] += rest / (1 if p == q else 2)
            first[columns, rows] = first[rows, columns].T
    inner = first[1:, 1:]
    margin = MARGIN * max(float(np.diag(inner).max()), float(np.diag(level.Q).max()))
    h = np.tile(-level.H.ravel(), (order - 1) // size)
    try:
        factor = la.cho_factor(inner - 2 * margin * np.eye(len(inner)), lower=True)
    except la.LinAlgError:
        return None
    drop = float(h @ la.cho_solve(factor, h))
    value = level.constant - drop - 2 * margin - 1e-13 * (abs(level.constant) + drop)
    first[0, 0] = level.constant - value
    first[0, 1:] = first[1:, 0] = h
    return FloatingDual(value, grams, [margin, *margins[1:]], multipliers)


def written(level: MomentLevel, dual: FloatingDual) -> dict[str, Any]:
    """The proof in integers, in the units of the level."""
    scale = min(float(np.diag(G).max()) for k, G in enumerate(dual.grams) if dual.margins[k] > 0)
    bits = int(np.clip(BITS - np.floor(np.log2(max(scale, 2.0**-80)) / 2), 0, 400))
    kept = zip(dual.grams, dual.margins, level.units, strict=True)
    blocks = [_factor((G - e * np.eye(len(G))) / unit, bits) for G, e, unit in kept]
    return {
        "value": rationals.written(Fraction(dual.value)), "moments": level.name, "bits": bits, "blocks": blocks,
        "multipliers": [_integers(V, bits) for V in dual.multipliers],
    }  # fmt: skip


def _factor(G: Matrix, bits: int) -> list[list[int]]:
    """B with BB'/4^bits ≈ the positive semidefinite part of G."""
    try:
        F = la.cholesky(G, lower=True)
    except la.LinAlgError:
        values, vectors = la.eigh(G)
        F = (vectors * np.sqrt(np.maximum(values, 0.0)))[:, values > 0]
    B = _integers(F, bits)
    return B if B and B[0] else [[0] for _ in range(len(G))]


def _integers(F: Matrix, bits: int) -> list[list[int]]:
    scaled = np.rint(np.ldexp(F, bits))
    if np.abs(scaled).max(initial=0.0) < 2.0**62:
        return scaled.astype(np.int64).tolist()
    return [[int(v) for v in row] for row in scaled.tolist()]


def attempts(level: MomentLevel, solution: Solution) -> Iterator[dict[str, Any]]:
    """Proofs to be checked, the best first."""
    dual = best_dual(level, solution)
    if dual is not None:
        yield written(level, dual)
