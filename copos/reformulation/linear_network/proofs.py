"""Proofs about a linear network that need no relaxation: the closed form below, a network above.

A bound on the squared loss of any weights follows from weights below them that are products a_i b_t: those have a
closed form. Everything is checked from the table on; only where the table is long, and its sums would take the checker
longer than all else, the sums that were computed for the program are used: `copos verify --data` does the whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.rationals import Rational, rational
from copos.certificate.document import Certificate
from copos.certificate.problem import exact
from copos.certificate.spectral import RankLoss, Spectral, spectral_bound
from copos.reformulation.linear_network.conditioning import combination, independent
from copos.reformulation.linear_network.exact_loss import doubles, weighted_gram
from copos.reformulation.linear_network.low_rank import LinearNetwork
from copos.reformulation.linear_network.question import NetworkData

Matrix = NDArray[Any]
Line = list[Rational] | None


def lower(data: NetworkData) -> tuple[Fraction, Certificate]:
    """The best closed form below the loss, or zero: a loss is a sum of terms that are not negative."""
    problem, best = data.problem, None
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
        "value": exact(spectral.value), "t": exact(spectral.t), "C": spectral.C, "C_bits": spectral.C_bits,
        "factor": spectral.B, "bits": spectral.B_bits, "scales": spectral.scales, **more,
    }  # fmt: skip
    return spectral.value, Certificate("lower bound", data.asked, proof)


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
            yield (None, line, {name: [exact(v) for v in line]}) if axis == 0 else (
                line, None, {name: [exact(v) for v in line]}
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
    kept, more = list(range(len(G))), {}
    if t.ridge and all(v == 1 for v in factors):
        G = G + rational(t.ridge) * np.eye(len(G), dtype=int).astype(object)
    else:
        kept = independent(G)
        C = combination(G, kept)
        if C is None:
            return None
        if len(kept) < len(G):
            more = {"kept": kept, "combination": [[exact(v) for v in row] for row in C.tolist()]}
    weights = [factors[i] for i in used]
    constant = sum(f * squares[i] for f, i in zip(weights, used, strict=True))
    if not kept:  # inputs of zeros
        nothing = [[0] for _ in used]
        return Spectral(Fraction(constant), Fraction(0), nothing, 0, nothing, 0, [0] * len(used), Fraction(0)), more
    rank = min(problem.rank, len(kept), len(used))
    loss = RankLoss(G[np.ix_(kept, kept)], H[np.ix_(used, kept)], weights, constant, rank)
    found = spectral_bound(loss)
    return None if found is None else (found, more)


def upper(data: NetworkData, network: LinearNetwork) -> tuple[Fraction, Certificate]:
    """The value of a network with the weights that it has, exactly."""
    layers = [[[exact(v) for v in row] for row in W.tolist()] for W in network.weights]
    value = data.problem.exact_value(network.weights)
    return value, Certificate("upper bound", data.asked, {"value": exact(value), "layers": layers})


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
