"""Proofs about a linear network that need no relaxation: the closed form below, a network above.

A bound on the squared loss of any weights follows from weights below them that are products a_i b_t: those have a
closed form, and a better one with other targets (`targets`), which takes a search. Everything is checked from the table
on; only where the table is long, and its sums would take the checker longer than all else, the sums that were computed
for the program are used: `copos verify --data` does the whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.rationals import Rational, rational, written
from copos.certificate.document import Certificate
from copos.certificate.spectral import RankLoss, Spectral, spectral_bound
from copos.reformulation.linear_network.conditioning import combination, independent
from copos.reformulation.linear_network.exact_loss import doubles, weighted_gram
from copos.reformulation.linear_network.low_rank import LinearNetwork
from copos.reformulation.linear_network.question import NetworkData
from copos.reformulation.linear_network.targets import Moved, moved

Matrix = NDArray[Any]
Line = list[Rational] | None


def lower(data: NetworkData, search: bool = False) -> tuple[Fraction, Certificate]:
    """The best closed form below the loss, or zero: a loss is a sum of terms that are not negative."""
    problem, best = data.problem, None
    if search and not problem.plain:
        for proposal in moved(problem):
            found = _with_targets(data, proposal)
            if found is not None and (best is None or found[0].value > best[0].value):
                best = found
    closed = problem.loss.kind == "squared" and (data.wanted or not problem.plain)
    for a, b, named in _weights(data) if closed else ():
        found = _closed_form(data, a, b)
        if found is None:
            continue
        spectral, more = found
        if best is None or spectral.value > best[0].value:
            best = spectral, {**more, **named}
    if best is None or best[0].value <= 0:
        return Fraction(0), Certificate("lower bound", data.asked, {"value": 0})
    spectral, more = best
    proof = {
        "value": written(spectral.value), "t": written(spectral.t), "C": spectral.C, "C_bits": spectral.C_bits,
        "factor": spectral.B, "bits": spectral.B_bits, "scales": spectral.scales, **more,
    }  # fmt: skip
    return spectral.value, Certificate("lower bound", data.asked, proof)


def _with_targets(data: NetworkData, proposal: Moved) -> tuple[Spectral, dict[str, Any]] | None:
    """The closed form of other targets, and what the proof says of them."""
    a, b, targets, spare = proposal
    used = [i for i, v in enumerate(a) if v]
    named = {"output_weight": [written(v) for v in a], "sample_weight": [written(v) for v in b],
             "targets": [[written(v) for v in row] for row in targets.tolist()]}  # fmt: skip
    G, H, squares = weighted_gram(data.problem.tables.X, targets[used], np.array(b, dtype=object), False)
    weights = [a[i] for i in used]
    constant = spare + sum((f * c for f, c in zip(weights, squares, strict=True)), Fraction(0))
    found = _spectral(data.problem.rank, G, H, weights, constant)
    return None if found is None else (found[0], {**found[1], **named})


def _weights(data: NetworkData) -> Iterator[tuple[Line, Line, dict[str, Any]]]:
    """Weights a of the outputs and b of the samples with a_i b_t ≤ ω_it, and what the proof says of them."""
    t = data.problem.tables
    if t.weights is None:
        lines = (t.output_weight, t.sample_weight)
        a, b = (None if line is None else [rational(v) for v in line.tolist()] for line in lines)
        yield a, b, {}
        return
    omega = data.problem.exact_weights
    for axis, name in ((0, "sample_weight"), (1, "output_weight")):
        line = [rational(v) for v in omega.min(axis=axis).tolist()]
        if any(line):
            yield (None, line, {name: [written(v) for v in line]}) if axis == 0 else (
                line, None, {name: [written(v) for v in line]}
            )  # fmt: skip


def _closed_form(data: NetworkData, a: Line, b: Line) -> tuple[Spectral, dict[str, Any]] | None:
    problem = data.problem
    t, d_out = problem.tables, problem.shape[0]
    if t.weights is None:
        G, H, squares = t.base
    else:
        G, H, squares = weighted_gram(t.X, t.Y, None if b is None else np.array(b, dtype=object), t.intercept)
    factors = [1] * d_out if a is None else a
    used = [i for i, v in enumerate(factors) if v]
    if not used or not any([1] if b is None else b):
        return None
    regular = t.ridge and all(v == 1 for v in factors)
    if regular:
        G = G + rational(t.ridge) * np.eye(len(G), dtype=int).astype(object)
    weights = [factors[i] for i in used]
    constant = Fraction(sum(f * squares[i] for f, i in zip(weights, used, strict=True)))
    return _spectral(problem.rank, G, H[used], weights, constant, bool(regular))


def _spectral(
    rank: int, G: Matrix, H: Matrix, weights: list[Rational], constant: Fraction, regular: bool = False
) -> tuple[Spectral, dict[str, Any]] | None:
    """The closed form of Σ a_i w_iGw_i' − 2a_i w_ih_i' + c, on independent inputs unless G is known to be regular."""
    kept, more = list(range(len(G))), {}
    if not regular:
        kept = independent(G)
        C = combination(G, kept)
        if C is None:
            return None
        if len(kept) < len(G):
            more = {"kept": kept, "combination": [[written(v) for v in row] for row in C.tolist()]}
    if not kept:  # inputs of zeros
        nothing = [[0] for _ in weights]
        return Spectral(constant, Fraction(0), nothing, 0, nothing, 0, [0] * len(weights), Fraction(0)), more
    rank = min(rank, len(kept), len(weights))
    found = spectral_bound(RankLoss(G[np.ix_(kept, kept)], H[:, kept], weights, constant, rank))
    return None if found is None else (found, more)


def upper(data: NetworkData, network: LinearNetwork) -> tuple[Fraction, Certificate]:
    """The value of a network with the weights that it has, exactly."""
    layers = [[[written(v) for v in row] for row in W.tolist()] for W in network.weights]
    value = data.problem.exact_value(network.weights)
    return value, Certificate("upper bound", data.asked, {"value": written(value), "layers": layers})


TINY = 1e-8  # of the largest entry of a layer: what solvers leave where a constraint wants zero


def near(network: LinearNetwork) -> Iterator[LinearNetwork]:
    """The network, and the one without its tiny entries: constraints such as W ≥ 0 may be met by that one exactly."""
    yield network
    layers = tuple(np.where(np.abs(W) <= TINY * np.abs(W).max(initial=0.0), 0.0, W) for W in network.weights)
    if any((a != b).any() for a, b in zip(layers, network.weights, strict=True)):
        yield replace(network, weights=layers)


def excess(data: NetworkData, network: LinearNetwork) -> float:
    """The slope of the loss times the violation of the constraints, entry by entry, twice over."""
    problem = data.problem
    if problem.constraints is None or problem.loss.kind != "squared":
        return 0.0
    W = network.matrix
    wrong = problem.constraints.violation(W)
    if not wrong:
        return 0.0
    slope, G = doubles(problem.tables.loss.slope(W)), problem.quadratic.G
    return float(4 * wrong * np.abs(slope).sum() + 4 * wrong**2 * np.abs(G).sum())
