"""Powers of two change no digit: bounds of 2^k-scaled problems are 2^e-scaled bounds, bit for bit, for |k| ≤ 500.

A kind draws a problem and says, for every way to scale it by s = 2^k, what to ask and by which power of s its bounds
grow. Nothing is compared with a tolerance.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

import copos
from benchmarks._measure import Row, clock
from benchmarks._table import Table
from copos import bracket, linear_network

LARGEST = 500
Matrix = np.ndarray


class Scaling(NamedTuple):
    """`ask(s)` returns numbers that are s^power times those of ask(1)."""

    name: str
    power: int
    ask: Callable[[float], tuple[float, ...]]


def both(bound: Any) -> tuple[float, ...]:
    """Lower and upper."""
    return bound.lower, bound.upper


def _matrix(rng: np.random.Generator, n: int) -> Matrix:
    A = rng.integers(-5, 6, (n, n)) + (rng.standard_normal((n, n)) if rng.random() < 0.5 else 0.0)
    return np.triu(A) + np.triu(A, 1).T


def simplex(rng: np.random.Generator) -> list[Scaling]:
    """The standard quadratic program and its exact minimum."""
    Q = _matrix(rng, int(rng.integers(2, 6)))
    return [
        Scaling("standard quadratic", 1, lambda s: both(bracket(copos.standard_quadratic(s * Q)))),
        Scaling("minimum on the simplex", 1, lambda s: (float(copos.minimum_on_simplex(s * Q).value),)),
    ]


def conic(rng: np.random.Generator) -> list[Scaling]:
    """A program of one's own on a product of cones: objective, right-hand sides, equations."""
    cone = (copos.NonNegative(3), copos.SecondOrder(3), copos.NonNegative(2) * copos.SecondOrder(2))[rng.integers(3)]
    C = _matrix(rng, cone.ambient)
    E = np.outer(cone.unit, cone.unit)

    def ask(c: float, a: float, b: float) -> tuple[float, ...]:
        return (copos.lower_bound(copos.CompletelyPositiveProgram(cone, c * C, [(a * E, b)])).lower,)

    return [
        Scaling("program, objective", 1, lambda s: ask(s, 1.0, 1.0)),
        Scaling("program, right-hand side", 1, lambda s: ask(1.0, 1.0, s)),
        Scaling("program, equation", 0, lambda s: ask(1.0, s, s)),
    ]


def binaries(rng: np.random.Generator) -> list[Scaling]:
    """Binary and mixed-binary programs: objective and equations."""
    n = int(rng.integers(2, 5))
    Q, c, A = _matrix(rng, n), rng.integers(-5, 6, n).astype(float), rng.integers(-3, 5, (1, n)).astype(float)
    b, equations = A @ rng.integers(0, 2, n), str(rng.choice(["slice", "squared"]))
    whole = None if rng.random() < 0.6 else list(range(1, n))
    upper = None if whole is None else np.r_[2.0, np.ones(n - 1)]

    def ask(q: float, a: float) -> tuple[float, ...]:
        program = copos.binary_quadratic(q * Q, q * c, a * A, a * b, whole, upper, equations=equations)
        return both(bracket(program))

    name = "binary" if whole is None else "mixed binary"
    return [Scaling(f"{name}, objective", 1, lambda s: ask(s, 1.0)),
            Scaling(f"{name}, equations", 0, lambda s: ask(1.0, s))]  # fmt: skip


def ranks(rng: np.random.Generator) -> list[Scaling]:
    """Rank-constrained programs: objective, right-hand sides, equations."""
    n = int(rng.integers(2, 4))
    C, rank = _matrix(rng, n), 1
    forms = [np.eye(n)] if rng.random() < 0.5 else [np.diag(e) for e in np.eye(n)]

    def ask(c: float, a: float, b: float) -> tuple[float, ...]:
        return both(bracket(copos.rank_constrained(c * C, [(a * A, b) for A in forms], rank)))

    return [
        Scaling("rank, objective", 1, lambda s: ask(s, 1.0, 1.0)),
        Scaling("rank, right-hand side", 1, lambda s: ask(1.0, 1.0, s)),
        Scaling("rank, equations", 0, lambda s: ask(1.0, s, s)),
    ]


def networks(rng: np.random.Generator) -> list[Scaling]:
    """Linear networks: targets, inputs, weights, with a ridge, with other losses."""
    inputs, outputs, samples = int(rng.integers(1, 4)), int(rng.integers(1, 3)), int(rng.integers(2, 6))
    X, Y = rng.standard_normal((inputs, samples)), rng.integers(-5, 6, (outputs, samples)) + 0.5
    X = np.vstack([X[:-1] + 2000.0 * (rng.random() < 0.3), np.ones(samples)])
    widths = [inputs, int(rng.integers(1, min(inputs, outputs) + 1)), outputs]
    w = rng.uniform(0.5, 2, Y.shape)

    def ask(x: float, y: float, **options: Any) -> tuple[float, ...]:
        return both(bracket(linear_network(x * X, y * Y, widths, "auto", **options)))

    few = {"loss": "absolute"} if samples <= 3 and outputs == 1 else {}
    return [
        Scaling("network, targets", 2, lambda s: ask(1.0, s)),
        Scaling("network, inputs", 0, lambda s: ask(s, 1.0)),
        Scaling("network, inputs and ridge", 0, lambda s: ask(s, 1.0, ridge=0.5 * s * s)),
        Scaling("network, weights", 1, lambda s: ask(1.0, 1.0, weights=s * w)),
        Scaling("network, weighted targets", 2, lambda s: ask(1.0, s, weights=w)),
        Scaling("network, sample weights", 1, lambda s: ask(1.0, 1.0, sample_weight=s * w[0])),
        Scaling("network, output weights", 1, lambda s: ask(1.0, 1.0, output_weight=s * w[:, 0])),
        Scaling("network, absolute loss", 1, lambda s: ask(1.0, s, **few)) if few else
        Scaling("network, targets and ridge", 2, lambda s: ask(1.0, s, ridge=0.5)),
    ]  # fmt: skip


def estimators(rng: np.random.Generator) -> list[Scaling]:
    """`LowRankRegressor` and polynomial networks: targets and, where they are homogeneous, inputs."""
    X, Y = rng.standard_normal((6, 2)) + 2000.0 * (rng.random() < 0.3), rng.standard_normal((6, 2))
    y, activation = Y[:, 0], ("published", "quadratic")[rng.integers(2)]

    def fit(x: float, t: float) -> tuple[float, ...]:
        model = copos.LowRankRegressor(rank=1).fit(x * X, t * Y)
        return model.lower_bound_, model.objective_

    def train(t: float) -> tuple[float, ...]:
        found = copos.polynomial_network(X, t * y, activation, beta=0.1 * t, intercept=True).train()
        return found.lower, found.objective

    return [Scaling("regressor, targets", 2, lambda s: fit(1.0, s)),
            Scaling("regressor, inputs", 0, lambda s: fit(s, 1.0)),
            Scaling("polynomial network, targets", 2, train)]  # fmt: skip


def rectified(rng: np.random.Generator) -> list[Scaling]:
    """ReLU networks: f(x) = (x'u)_+ v, so that the decay β(‖u‖² + ‖v‖²)/2 of targets sY is that of β/s for the loss."""
    X, y = rng.standard_normal((3, 1)), rng.standard_normal(3)

    def ask(s: float) -> tuple[float, ...]:
        return both(bracket(copos.relu_network(X, s * y, beta=0.1 * s)))

    return [Scaling("ReLU network, targets", 2, ask)]


def decisions(rng: np.random.Generator) -> list[Scaling]:
    """The answer for sM is that for M."""
    n = int(rng.integers(2, 6))
    M, B = _matrix(rng, n), rng.random((n, n))
    B = B @ B.T
    B = np.triu(B) + np.triu(B, 1).T

    def answer(found: Any) -> tuple[float, ...]:
        return (float("nan") if found.answer is None else float(found.answer),)

    return [
        Scaling("is_copositive", 0, lambda s: answer(copos.is_copositive(s * M))),
        Scaling("is_copositive, strict", 0, lambda s: answer(copos.is_copositive(s * M, strict=True))),
        Scaling("is_copositive, Lorentz", 0, lambda s: answer(copos.is_copositive(s * M, cone=copos.SecondOrder(n)))),
        Scaling("is_completely_positive", 0, lambda s: answer(copos.is_completely_positive(s * B))),
    ]


KINDS = (simplex, conic, binaries, ranks, networks, estimators, rectified, decisions)


def asked(scaling: Scaling, s: float) -> tuple[float, ...] | str:
    """The numbers, or the exception."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return scaling.ask(s)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def differences(count: int) -> Iterator[tuple[str, str, float]]:
    """For `count` problems: the kind of scaling, what differs ("" if nothing), CPU seconds."""
    drawn = 0
    for k in range(count):
        for kind in KINDS:
            rng = np.random.default_rng([15, k, KINDS.index(kind)])
            scalings = kind(rng)
            scaling = scalings[k % len(scalings)]
            exponent = int(rng.integers(-LARGEST, LARGEST + 1))
            start = clock()
            plain, scaled = asked(scaling, 1.0), asked(scaling, 2.0**exponent)
            if isinstance(plain, str) or isinstance(scaled, str):
                same = plain == scaled
            else:
                same = np.array_equal(np.ldexp(plain, scaling.power * exponent), scaled, equal_nan=True)
            what = "" if same else f"problem {k}, 2^{exponent}: {plain} becomes {scaled}"
            yield scaling.name, what, clock() - start
            drawn += 1
            if drawn == count:
                return


def invariance(quick: bool) -> Iterator[Row]:
    """200 problems of all entrances scaled by 2^k, |k| ≤ 500: how many bounds differ in any bit."""
    found = list(differences(24 if quick else 200))
    names = Counter(name for name, _, _ in found)
    for name, problems in names.items():
        different = [what for other, what, _ in found if other == name and what]
        yield {
            "entrance": name, "problems": problems, "different": len(different),
            "cpu_s": sum(seconds for other, _, seconds in found if other == name),
            "status": f"DIFFERENT: {different[0][:120]}" if different else "ok",
        }  # fmt: skip


TABLES = [Table("invariance", invariance, key=("entrance",))]
