"""Other networks on the tables of `_data_kinds`, and programs of one's own on orthants and free cones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import inf
from typing import Any

import numpy as np

from benchmarks import _rational as rational
from benchmarks import _rational_programs as programs
from benchmarks._program_questions import ENTRIES, floats, symmetric
from benchmarks._question import Judged, Question, bracket_judged
from benchmarks._rational import Between, Least, Optimum, Rows, Value, exact, times
from copos import (
    CompletelyPositiveProgram,
    Free,
    MatrixConstraints,
    NonNegative,
    bracket,
    decayed_network,
    linear_network,
    lower_bound,
    relu_network,
)

Matrix = np.ndarray
ZERO, ONE = Fraction(0), Fraction(1)


def _decay(X: Matrix, y: Matrix, ratio: float) -> float:
    """β as a part of what makes the zero network optimal, roughly; any positive number will do."""
    with np.errstate(all="ignore"):
        beta = ratio * float(np.abs(X @ y).max())
    return beta if np.isfinite(beta) and beta > 0 else ratio


def _squares(rows: Rows | Sequence[Sequence[Fraction]]) -> Fraction:
    return sum((v * v for row in rows for v in row), ZERO)


def rectified(rng: np.random.Generator, X: Matrix, Y: Matrix) -> Question:
    """`relu_network`; with one input it is a lasso in x_+ and (−x)_+."""
    X, y = X[-int(rng.integers(1, 3)) :, :4], Y[0, :4]
    beta = _decay(X, y, float(rng.choice([0.5, 0.1, 0.01])))

    def ask() -> tuple[Any, Any]:
        program = relu_network(X.T, y, beta)
        return program, bracket(program)

    def judge(answer: tuple[Any, Any]) -> Judged:
        program, bound = answer
        F, t, b = exact(X), exact([y])[0], Fraction(beta)
        value: Value = inf
        if bound.found is not None and bound.found.solution is not None:
            u, v = exact(bound.found.solution.u), exact(bound.found.solution.v)
            hidden = [[max(c, ZERO) for c in row] for row in times(u, F)] if u else []
            fit = times(rational.transposed(v), hidden)[0] if u else [ZERO] * len(t)
            value = (_squares([[f - c for f, c in zip(fit, t, strict=True)]]) + b * (_squares(u) + _squares(v))) / 2
        optimum: Optimum = Between(ZERO, value)
        if len(F) == 1:
            best = rational.lasso([[max(s * c, ZERO) for c in F[0]] for s in (1, -1)], t, b)
            optimum = Between(best, best)
        return bracket_judged(bound, program, optimum, ZERO, value)

    return Question("ReLU network", {"inputs": len(X), "samples": len(y), "beta": beta}, ask, judge)


def decayed(rng: np.random.Generator, X: Matrix, Y: Matrix) -> Question:
    """`decayed_network` of one neuron; with one input and σ(z) = z it is a lasso."""
    X, y = X[: int(rng.integers(1, 3))], Y[0]
    activation = ("quadratic", "linear", "published")[rng.integers(3)]
    beta = _decay(X, y, float(rng.choice([0.5, 0.1])))

    def ask() -> tuple[Any, Any]:
        program = decayed_network(X.T, y, 1, beta, activation)
        return program, bracket(program)

    def judge(answer: tuple[Any, Any]) -> Judged:
        program, bound = answer
        F, t, b = exact(X), exact([y])[0], Fraction(beta)
        value = _squares([t]) / 2  # the zero network
        if bound.found is not None and bound.found.solution is not None:
            network = bound.found.solution
            u, alpha = exact(network.u), [Fraction(float(v)) for v in network.alpha]
            p, q, r = (Fraction(float(v)) for v in network.activation)
            fit = times([alpha], [[p * z * z + q * z + r for z in row] for row in times(u, F)])[0]
            errors = [[f - c for f, c in zip(fit, t, strict=True)]]
            value = min(value, (_squares(errors) + b * (_squares(u) + _squares([alpha]))) / 2)
        optimum: Optimum = Between(ZERO, value)
        if len(F) == 1 and activation == "linear":
            best = rational.lasso(F, t, b)
            optimum = Between(best, best)
        return bracket_judged(bound, program, optimum, ZERO)

    how = {"inputs": len(X), "samples": len(y), "activation": activation, "beta": beta}
    return Question("decayed network", how, ask, judge)


def constrained(rng: np.random.Generator, X: Matrix, Y: Matrix) -> Question:
    """`linear_network` with W ≥ 0: nonnegative least squares where the rank is full."""
    X, Y = X[-3:], Y[:2]
    shape = len(Y), len(X)
    hidden = int(rng.integers(1, min(shape) + 1))
    w = np.round(rng.uniform(0.1, 2, Y.shape[1]), 1) if rng.random() < 0.3 else np.ones(Y.shape[1])

    def ask() -> tuple[Any, Any]:
        given = {} if (w == 1).all() else {"sample_weight": w}
        program = linear_network(
            X, Y, [len(X), hidden, len(Y)], "auto", constraints=MatrixConstraints.nonnegative(shape), **given
        )
        return program, bracket(program)

    def judge(answer: tuple[Any, Any]) -> Judged:
        program, bound = answer
        low = sum((rational.nonnegative_least_squares(exact(X), y, exact([w])[0]) for y in exact(Y)), ZERO)
        return bracket_judged(bound, program, Between(low, low if hidden == min(shape) else inf), ZERO)

    return Question("network, nonnegative", {"shape": shape, "rank": hidden, "samples": Y.shape[1]}, ask, judge)


def own(rng: np.random.Generator) -> Question:
    """Min x'Cx, (a'x)² = b on an orthant, units far apart: b times the minimum of C_ij/(a_ia_j) on the simplex."""
    n, entries = int(rng.integers(1, 5)), str(rng.choice(ENTRIES))
    C = floats(symmetric(rng, n, entries))
    a = np.round(rng.uniform(0.1, 3, n), 1) * 10.0 ** (rng.integers(-4, 5, n) if rng.random() < 0.5 else 0)
    b, level = float(rng.choice([1.0, 0.1, 1e6, 1e-6, 3.0])), int(rng.random() < 0.3 and n < 4)
    A = np.outer(a, a)

    def ask() -> tuple[Any, Any]:
        program = CompletelyPositiveProgram(NonNegative(n), C, [(A, b)])
        return program, lower_bound(program, level)

    def judge(answer: tuple[Any, Any]) -> Judged:
        d = [Fraction(float(v)) for v in a]
        scaled = [[v / s / t for v, t in zip(row, d, strict=True)] for row, s in zip(exact(C), d, strict=True)]
        best = programs.on_simplex(scaled) * Fraction(b)
        # A is aa' but for 2^-53 of each entry, so that x'Ax is (a'x)² but for as much
        slack = abs(best) / 2**52
        return bracket_judged(answer[1], answer[0], Between(best - slack, best + slack), ZERO)

    return Question("own program", {"n": n, "entries": entries, "a": a.tolist(), "b": b, "level": level,
                                    "C": C.tolist()}, ask, judge)  # fmt: skip


def free(rng: np.random.Generator) -> Question:
    """Min x'Cx, |x|² = 1 on R^n, or on R_+ × R^m with x_0x_i = 0: the least eigenvalue, and C_00."""
    m, level, beside = int(rng.integers(1, 4)), int(rng.integers(0, 3)), bool(rng.random() < 0.5)
    n = m + beside
    C = floats(symmetric(rng, n, str(rng.choice(["integers", "decimals", "measured", "scaled"]))))
    vanishing = []
    for i in range(1, n) if beside else ():
        E = np.zeros((n, n))
        E[0, i] = E[i, 0] = 0.5
        vanishing.append(E)

    def ask() -> tuple[Any, Any]:
        cone = NonNegative(1) * Free(m) if beside else Free(m)
        program = CompletelyPositiveProgram(cone, C, [(np.eye(n), 1.0)], vanishing)
        return program, lower_bound(program, level)

    def judge(answer: tuple[Any, Any]) -> Judged:
        F = exact(C)
        part = rational.smallest_eigenvalue([row[beside:] for row in F[beside:]])
        optimum: Optimum = Least((part, Between(F[0][0], F[0][0]))) if beside else part
        return bracket_judged(answer[1], answer[0], optimum, ZERO)

    return Question("free cone", {"m": m, "beside": beside, "level": level, "C": C.tolist()}, ask, judge)


OTHERS: dict[Callable[[np.random.Generator, Matrix, Matrix], Question], float] = {
    rectified: 0.06,
    decayed: 0.04,
    constrained: 0.06,
}
OWN: dict[str, Callable[[np.random.Generator], Question]] = {"own programs": own, "free cones": free}
