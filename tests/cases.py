"""Problems with a reference value and where it comes from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

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


# ---- named problems ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Named:
    """A problem by its name: a function that brackets it with a proof, and its published value."""

    name: str
    found: Callable[[], Any]
    value: float
    source: str
    accuracy: float = 1e-6  # of both ends, relative

    def __str__(self) -> str:
        return self.name


def petersen() -> np.ndarray:
    """Pairs of five that have nothing in common."""
    pairs = [{i, j} for i in range(5) for j in range(i)]
    return np.array([[int(not a & b) for b in pairs] for a in pairs])


def pairs_of_eight() -> np.ndarray:
    """DIMACS johnson8-2-4: pairs of eight that have nothing in common."""
    pairs = [{i, j} for i in range(8) for j in range(i)]
    return np.array([[int(not a & b) for b in pairs] for a in pairs])


def cube() -> np.ndarray:
    """The graph of the cube of three dimensions."""
    words = np.arange(8)
    return np.isin(np.bitwise_xor.outer(words, words), (1, 2, 4)).astype(int)


def closed(problem: Any) -> Any:
    """Its bracket."""
    return copos.bracket(problem, tolerance=1e-6)


PENTAGON = cycle_plus_identity(5, 1.0) - np.eye(5)
NUG6 = [[0, 5, 2, 4, 1, 0], [5, 0, 3, 0, 2, 2], [2, 3, 0, 0, 0, 0], [4, 0, 0, 0, 5, 2], [1, 2, 0, 5, 0, 10],
        [0, 2, 0, 2, 10, 0]]  # fmt: skip
GRID6 = np.abs(np.subtract.outer(np.arange(6) // 3, np.arange(6) // 3)) + np.abs(
    np.subtract.outer(np.arange(6) % 3, np.arange(6) % 3)
)
NAMED = [
    Named("α of Petersen's graph", lambda: copos.maximum_stable_set(petersen()), 4, "ErdosKoRado1961"),
    Named("ω of johnson8-2-4", lambda: copos.maximum_clique(pairs_of_eight()), 4, "JohnsonTrick1996"),
    Named("ϑ of the pentagon", lambda: copos.theta(PENTAGON), 5**0.5, "Lovasz1979, Theorem 2"),
    Named("ϑ of Petersen's graph", lambda: copos.theta(petersen()), 4, "Lovasz1979, Theorem 13"),
    Named("χ of Petersen's graph", lambda: copos.chromatic_number(petersen()), 3, "Lovasz1978"),
    Named("cliques that cover the pentagon", lambda: copos.clique_cover_number(PENTAGON), 3, "by hand"),
    Named("max-cut of Petersen's graph", lambda: closed(copos.max_cut(petersen())), 12, "by enumeration"),
    Named("bisection of the cube", lambda: closed(copos.graph_partition(cube(), [4, 4])), 4, "Harper1964"),
    Named("nug6", lambda: closed(copos.quadratic_assignment(NUG6, GRID6)), 86, "NugentVollmannRuml1968"),
    Named("k-means of 1, …, 9", lambda: copos.k_means(np.arange(1.0, 10), 3, tolerance=1e-5), 6, "k m(m² − 1)/12",
          accuracy=1e-5),
    Named("k-means of a simplex", lambda: copos.k_means(np.eye(6), 4, tolerance=1e-5), 2, "n − k, whatever the labels",
          accuracy=1e-5),
    Named("max x'Ax on the simplex", lambda: closed(
        copos.quadratic_program(cube(), A_eq=[[1] * 8], b_eq=[1], sense="max")), 0.5, "MotzkinStraus1965"),
    Named("at most three of five", lambda: closed(
        copos.at_most(copos.quadratic_program(np.eye(5), A_eq=[[1] * 5], b_eq=[1]), 3)), 1 / 3, "by symmetry"),
]  # fmt: skip
