"""Problems with a reference value and where it comes from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

import copos
from copos import standard_quadratic as simplex
from copos.instances.graphs import schrijver_of_odd_cycle
from copos.instances.matrices import circulant, cycle_plus_identity, horn
from copos.program import CompletelyPositiveProgram


@dataclass(frozen=True)
class Case:
    """A program, a level of a family and the value that the level must give."""

    name: str
    program: Callable[[], CompletelyPositiveProgram]
    level: int
    value: float
    source: str
    family: str = "parrilo"
    accuracy: float = 1e-5
    solver: str | None = None  # the quickest, where that is not the default

    def __str__(self) -> str:
        return f"{self.name}, {self.family} {self.level}"


def cycle(n: int) -> np.ndarray:
    """I + A of the cycle C_n; the reciprocal of its simplex minimum is the stability number [MotzkinStraus1965]."""
    return cycle_plus_identity(n, 1.0)


HORN = horn()
HOFFMAN_PEREIRA = circulant([1, -1, 1, 0, 0, 1, -1])
POPULATION = -np.array(
    [[14, 15, 16, 0, 0], [15, 14, 12.5, 22.5, 15], [16, 12.5, 10, 26.5, 16], [0, 22.5, 26.5, 0, 0], [0, 15, 16, 0, 14]]
)


def diagonal(lift: str, strengthen: tuple[str, ...] = (), factor: float | None = None) -> CompletelyPositiveProgram:
    """X = I, Y = diag(½, ¾, 1), bottleneck 2: the optimum drops ½, so it is ¼ and tr Z = 3.5 at balanced factors."""
    trace_bound = None if factor is None else factor * 3.5
    return copos.linear_network(np.eye(3), np.diag([0.5, 0.75, 1.0]), [3, 2, 3], lift, strengthen, trace_bound)


def first_row() -> tuple[np.ndarray, np.ndarray]:
    """Random data, 3 → 2, six samples."""
    rng = np.random.default_rng(1)
    rng.standard_normal((2, 2, 6))
    return rng.standard_normal((3, 6)), rng.standard_normal((2, 6))


def weighted(seed: int, n: int, kind: str, rank: int, lift: str = "projection", strengthen: tuple[str, ...] = ()):
    """Weighted low-rank approximation with X = I, an NP-hard family [GillisGlineur2011]."""
    rng = np.random.default_rng(seed)
    Y = rng.standard_normal((n, n))
    weights = {
        "narrow": lambda: rng.uniform(0.1, 2, (n, n)),
        "mask": lambda: (rng.random((n, n)) < 0.7).astype(float),
        "wide": lambda: 10 ** rng.uniform(-2, 1, (n, n)),
    }[kind]()
    return copos.linear_network(np.eye(n), Y, [n, rank, n], lift, strengthen, weights=weights)


def network(lift: str, strengthen: tuple[str, ...] = ()) -> CompletelyPositiveProgram:
    X, Y = first_row()
    return copos.linear_network(X, Y, [3, 1, 2], lift, strengthen)


LEAST_SQUARES = copos.svd_value(*first_row(), 3)
BALANCED = ("bounded", "balanced")
LOCAL = "multistart local search attains it"
MEASURED = "interior-point solvers, two of which agree; local search gives the optimum above it"

NETWORKS = [
    Case("3→2, r=1", lambda: network("factor"), 0, LEAST_SQUARES, "the moment matrix alone is least squares", "moment"),
    Case(
        "3→2, r=1", lambda: network("factor"), 0, copos.svd_value(*first_row(), 1), "BaldiHornik1989", solver="clarabel"
    ),
    Case("3→2, r=1, compact", lambda: network("projection"), 0, copos.svd_value(*first_row(), 1), "BaldiHornik1989"),
    Case("diagonal, faithful", lambda: diagonal("factor"), 0, 0.0, "Z may grow without bound: the level misses r"),
    Case("diagonal, moments", lambda: diagonal("factor"), 0, 0.0, "the moment matrix alone misses r", "moment"),
    Case("diagonal, ρ=1.5·", lambda: diagonal("factor", ("bounded",), 1.5), 0, 0.216374, MEASURED),
    Case("diagonal, ρ=1.2·", lambda: diagonal("factor", ("bounded",), 1.2), 0, 0.241877, MEASURED),
    Case("diagonal, balanced", lambda: diagonal("factor", ("bounded", "balanced"), 1.5), 0, 0.25, "BaldiHornik1989"),
    Case("diagonal, compact", lambda: diagonal("projection"), 0, 0.25, "BaldiHornik1989"),
    Case("weighted, r=2", lambda: weighted(0, 3, "narrow", 2), 0, 0.0287106, LOCAL),
    Case("weighted, r=2, factor", lambda: weighted(0, 3, "narrow", 2, "factor"), 0, 0.0, "Z may grow without bound"),
    Case(
        "weighted, r=2, balanced",
        lambda: weighted(0, 3, "narrow", 2, "factor", ("bounded", "balanced")),
        0,
        0.0287106,
        "multistart local search attains it",
    ),
    # the infimum is not attained (masked entries of W run away), and two solvers agree on four digits only
    Case("masked, r=1", lambda: weighted(2, 3, "mask", 1), 0, 0.096906, MEASURED, accuracy=2e-4),
    Case("masked, r=1", lambda: weighted(2, 3, "mask", 1), 1, 0.152072, LOCAL),
    Case("wide, r=1", lambda: weighted(3, 3, "wide", 1), 0, 0.622815, MEASURED),
    Case("wide, r=1", lambda: weighted(3, 3, "wide", 1), 1, 0.635426, LOCAL),
    Case("wide 4×4, r=1", lambda: weighted(0, 4, "wide", 1), 0, 0.789338, MEASURED),
    Case("wide 4×4, r=1", lambda: weighted(0, 4, "wide", 1), 1, 1.049287, LOCAL),
]

SIMPLEX = [
    Case("Horn", lambda: simplex(HORN), 0, 2 / np.sqrt(5) - 1, "closed form of the circulant SPN problem"),
    Case("Horn", lambda: simplex(HORN), 1, 0.0, "Parrilo2000"),
    Case("Hoffman–Pereira", lambda: simplex(HOFFMAN_PEREIRA), 0, -0.0520951, "computed twice"),
    Case("Hoffman–Pereira", lambda: simplex(HOFFMAN_PEREIRA), 1, 0.0, "HoffmanPereira1973"),
    *(Case(f"C{n}", lambda n=n: simplex(cycle(n)), 0, 1 / schrijver_of_odd_cycle(n), "Lovasz1979") for n in (5, 7, 9)),
    *(Case(f"C{n}", lambda n=n: simplex(cycle(n)), 1, 2 / (n - 1), "deKlerkPasechnik2002") for n in (5, 7, 9)),
    Case("C5", lambda: simplex(cycle(5)), 1, 1 / 3, "PenaVeraZuluaga2007, closed form of the LP", "de-klerk-pasechnik"),
    Case("C5", lambda: simplex(cycle(5)), 1, 0.5, "Q^1 = K^1", "pena-vera-zuluaga"),
    Case("population genetics", lambda: simplex(POPULATION), 0, -49 / 3, "Bomze2002"),
    Case("population genetics", lambda: simplex(POPULATION), 1, -21.0, "deKlerkPasechnik2002", "de-klerk-pasechnik"),
]
