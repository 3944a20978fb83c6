"""Small random programs of every kind, with what is known of their optima beside any relaxation.

A kind is a function (rng, level) ↦ Case; levels grow quickly with the dimension, so that the size depends on the level.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from copos import (
    CompletelyPositiveProgram,
    NonNegative,
    PositiveSemidefinite,
    SecondOrder,
    binary_quadratic,
    linear_network,
    minimum_on_simplex,
    rank_constrained,
    stability_number,
    standard_quadratic,
    svd_value,
)
from copos.certificate import Certificate
from copos.certificate.feasible import certify_upper_bound
from copos.certificate.problem import exact, program_problem
from copos.cones import Cone

Matrix = np.ndarray


class Case(NamedTuple):
    """A program; the least proved upper bound, if an exactly feasible point is known; the optimum, if that is known.

    The optimum is exact where it is a Fraction; a float comes from a closed form and is right to 1e-12 of the scale.
    """

    program: CompletelyPositiveProgram
    upper: Fraction | None
    optimum: Fraction | float | None


def data(rng: np.random.Generator, *shape: int) -> Matrix:
    """Small integers or normal numbers."""
    return rng.integers(-4, 5, shape).astype(float) if rng.random() < 0.5 else rng.standard_normal(shape)


def symmetric(rng: np.random.Generator, n: int) -> Matrix:
    """A symmetric matrix, sometimes badly scaled."""
    C = data(rng, n, n)
    C = C + C.T
    if rng.random() < 0.2:
        d = 10.0 ** rng.integers(-2, 3, n)
        C = C * np.outer(d, d)
    return C


def least(program: CompletelyPositiveProgram, points: Iterable[Any]) -> Fraction | None:
    """The least upper bound that one of the points proves."""
    values = [certify_upper_bound(program, point).upper for point in points]
    return min((value for value in values if value is not None), default=None)


# --- forms on cones ------------------------------------------------------------------------------------------------


def _orthant(rng: np.random.Generator, level: int) -> Cone:
    return NonNegative(int(rng.integers(2, 6 - level // 2)))


def _second_order(rng: np.random.Generator, level: int) -> Cone:
    return SecondOrder(int(rng.integers(2, 5 - level // 2)), ("arrow", "quadratic")[rng.integers(2)])


def _semidefinite(rng: np.random.Generator, level: int) -> Cone:
    return PositiveSemidefinite(3 if level == 0 and rng.random() < 0.5 else 2)


def _product(rng: np.random.Generator, level: int) -> Cone:
    description = ("arrow", "quadratic")[rng.integers(2)]
    small = [
        NonNegative(2) * SecondOrder(2, description),
        NonNegative(1) * PositiveSemidefinite(2),
        SecondOrder(2, description) * SecondOrder(2),
    ]
    large = [NonNegative(2) * SecondOrder(3, description), SecondOrder(2, description) * PositiveSemidefinite(2)]
    choice = small + large * (level < 2)
    return choice[rng.integers(len(choice))]


def _slice(rng: np.random.Generator, level: int) -> Cone:
    """Three slices with rational points, and a cut."""

    def share(rng: np.random.Generator, t: float) -> Matrix:
        p = rng.random()
        return np.array([p * t, (1 - p) * t])

    def orthant(rng: np.random.Generator) -> Matrix:
        u = rng.exponential(size=3)
        return np.r_[u, u[0] + u[1]]

    def sum_of_two(rng: np.random.Generator) -> Matrix:
        x = SecondOrder(3).sample(rng)
        return np.r_[x, share(rng, x[0])]

    def trace(rng: np.random.Generator) -> Matrix:
        X = PositiveSemidefinite(2).sample(rng)
        return np.r_[X, X[0] + X[2]]

    chosen = rng.integers(4)
    if chosen == 0:
        return NonNegative(4).slice([[1.0, 1.0, 0.0, -1.0]], orthant)
    if chosen == 1 and level < 2:
        return (SecondOrder(3) * NonNegative(2)).slice([[1.0, 0.0, 0.0, -1.0, -1.0]], sum_of_two)
    if chosen == 2 and level < 2:
        return (PositiveSemidefinite(2) * NonNegative(1)).slice([[1.0, 0.0, 1.0, -1.0]], trace)
    K = (NonNegative(3), SecondOrder(3))[rng.integers(2)]
    inside, a = K.sample(rng), rng.integers(-3, 4, 3).astype(float)
    a = a if a @ inside > 0 else -a
    if a @ inside <= 0:
        a = np.ones(3) if K.sizes == (1, 1, 1) else np.eye(3)[0]

    def cut(rng: np.random.Generator) -> Matrix:
        x = K.sample(rng)
        return x if a @ x >= 0 else inside * rng.exponential()

    return K.restrict(a).with_sampler(cut)


def forms_on(cone: Callable[[np.random.Generator, int], Cone]) -> Callable[[np.random.Generator, int], Case]:
    """Min x'Cx over (unit form)² = 1, with a good exactly feasible point from random search."""

    def make(rng: np.random.Generator, level: int) -> Case:
        K = cone(rng, level)
        unit = np.zeros(K.ambient)
        unit[K.free] = K.unit
        vanishing = []
        if set(K.sizes) == {1} and K.ambient == K.dim > 2 and rng.random() < 0.3:
            E = np.zeros((K.dim, K.dim))
            E[0, 1] = E[1, 0] = 1.0
            vanishing.append(E)
        program = CompletelyPositiveProgram(K, symmetric(rng, K.ambient), [(np.outer(unit, unit), 1.0)], vanishing)

        def sample() -> Matrix:
            x = K.sample(rng)
            if vanishing:
                x[rng.integers(2)] = 0.0
            return x

        def value(x: Matrix) -> float:
            size = unit @ x
            if size <= 0 or K.violation(x) > 1e-12 or program.vanishing.values(x).any():
                return np.inf
            return program.value(x / size)

        points = [sample() for _ in range(30)]
        centre = sum(x / (unit @ x) for x in points if unit @ x > 0)
        best = min(points, key=value)
        if not np.isfinite(value(best)):
            return Case(program, None, None)
        best = best / (unit @ best)
        for step in np.geomspace(1.0, 1e-4, 60):
            x = sample()
            best = min((best, best + step * x / (unit @ x), best - step * x / (unit @ x)), key=value)
            best = best / (unit @ best)
        trials = (np.round((best + pull * centre) * 2**32) / 2**32 for pull in (0.0, 1e-9, 1e-6, 1e-3))
        return Case(program, least(program, trials), None)

    return make


def several_equations(rng: np.random.Generator, level: int) -> Case:
    """Equations that hold on average, made to hold for a mixture of short rational atoms."""
    K = (_orthant, _second_order, _product)[rng.integers(3)](rng, level)
    N, unit, atoms = K.dim, K.unit, []
    while len(atoms) < 3:
        x = np.round(K.sample(rng) * 16) / 16
        if K.violation(x) <= 0 and unit @ x > 0:
            atoms.append(x)
    forms = [np.outer(unit, unit), *(np.round(data(rng, N, N)) for _ in range(rng.integers(1, 3)))]
    forms = [(A + A.T) / 2 for A in forms]
    weights = [Fraction(1, 2 ** int(k)) for k in rng.integers(0, 3, 3)]

    def average(A: Matrix) -> Fraction:
        return sum((w * Fraction(float(x @ A @ x)) for w, x in zip(weights, atoms, strict=True)), Fraction(0))

    C = np.round(symmetric(rng, N))  # with atoms in sixteenths all values are dyadic and the sums exact
    program = CompletelyPositiveProgram(K, C, [(A, float(average(A))) for A in forms])
    value = average(C)
    points = [{"weight": exact(w), "point": [exact(Fraction(float(v))) for v in x]}
              for w, x in zip(weights, atoms, strict=True)]  # fmt: skip
    proof = {"value": exact(value), "atoms": points}
    assert Certificate("upper bound", program_problem(program), proof).verify(program).proved
    return Case(program, value, None)


# --- reformulations ------------------------------------------------------------------------------------------------


def standard(rng: np.random.Generator, level: int) -> Case:
    """A quadratic form over the simplex, whose exact minimum is found by `minimum_on_simplex`."""
    n = int(rng.integers(2, (8, 7, 5)[level]))
    Q = symmetric(rng, n)
    program = standard_quadratic(Q, None if rng.random() < 0.7 else rng.integers(1, 6, n))
    found = minimum_on_simplex(Q)
    return Case(program, least(program, [found.point]), found.value)


def stable_sets(rng: np.random.Generator, level: int) -> Case:
    """A random graph, its stability number by enumeration."""
    n = int(rng.integers(3, (9, 8, 6)[level]))
    A = np.triu(rng.random((n, n)) < rng.choice([0.3, 0.5, 0.7]), 1)
    A = A | A.T
    edges = ("weighted", "vanishing")[rng.integers(2)]
    program = stability_number(A.astype(int), edges)
    sets = [
        s for s in product((0, 1), repeat=n) if any(s) and not A[np.ix_(np.flatnonzero(s), np.flatnonzero(s))].any()
    ]
    best = max(sets, key=sum)
    optimum = Fraction(1, sum(best)) if edges == "weighted" else Fraction(-sum(best))
    return Case(program, least(program, [np.array(best, dtype=float)]), optimum)


def binary(rng: np.random.Generator, level: int) -> Case:
    """A binary quadratic program, mostly of integers (whose bounds are rounded up), by enumeration."""
    n = int(rng.integers(2, (5, 4, 3)[level]))
    Q, c = symmetric(rng, n), data(rng, n)
    if rng.random() < 0.7:
        Q, c = np.round(Q), np.round(c)
    A = b = None
    if rng.random() < 0.4:
        A, b = np.ones((1, n)), [float(rng.integers(1, n))]
    pairs = [(0, 1)] if rng.random() < 0.3 else []
    program = binary_quadratic(Q, c, A, b, complementary=pairs, equations=("slice", "squared")[rng.integers(2)])
    F = [[Fraction(float(v)) for v in row] for row in Q]

    def value(x: tuple[int, ...]) -> Fraction:
        ones = [i for i in range(n) if x[i]]
        return sum((F[i][j] for i in ones for j in ones), Fraction(0)) + sum(Fraction(float(c[i])) for i in ones)

    feasible = [x for x in product((0, 1), repeat=n)
                if (b is None or sum(x) == b[0]) and not any(x[i] and x[j] for i, j in pairs)]  # fmt: skip
    best = min(feasible, key=value)
    return Case(program, least(program, [np.array([1.0, *best])]), value(best))


def bounded_rank(rng: np.random.Generator, level: int) -> Case:
    """Unit trace, where the optimum is the smallest eigenvalue, or unit diagonal and rank 1: the largest cut."""
    n = 3 if level == 0 and rng.random() < 0.4 else 2
    C = symmetric(rng, n)
    strengthen = ("projection",) if rng.random() < 0.4 else ()
    if rng.random() < 0.5:
        program = rank_constrained(C, [(np.eye(n), 1.0)], int(rng.integers(1, n + 1)), strengthen=strengthen)
        return Case(program, None, float(np.linalg.eigvalsh(C)[0]))
    program = rank_constrained(C, [(np.diag(e), 1.0) for e in np.eye(n)], 1, strengthen=strengthen)
    F = [[Fraction(float(v)) for v in row] for row in C]

    def value(s: tuple[int, ...]) -> Fraction:
        return sum((F[i][j] * s[i] * s[j] for i in range(n) for j in range(n)), Fraction(0))

    best = min(product((-1, 1), repeat=n), key=value)
    assert program.exact_atom is not None
    return Case(program, least(program, [program.exact_atom(np.outer(best, best).astype(float))]), value(best))


def network(rng: np.random.Generator, level: int) -> Case:
    """A linear network: lift, strengthenings, weights, mask, ridge, decay, loss; the SVD where it gives the optimum."""
    shapes = ((1, 1), (1, 2), (2, 1), (2, 2))[: (4, 3, 1)[level]]
    d_out, d_in = shapes[rng.integers(len(shapes))]
    samples = int(rng.integers(1, 5))
    X, Y = data(rng, d_in, samples), data(rng, d_out, samples)
    X[:, 0] += 0.5
    Y[0, 0] += 1.0
    hidden = int(rng.integers(1, 3))
    rank = min(d_in, d_out, hidden)
    options: dict[str, Any] = {}
    chosen = rng.choice(["plain", "ridge", "weights", "mask", "masked ridge", "decay", "absolute"],
                        p=[0.3, 0.15, 0.15, 0.1, 0.15, 0.1, 0.05])  # fmt: skip
    if "ridge" in chosen:
        options["ridge"] = float(rng.choice([0.125, 1.0]))
    if chosen == "weights":
        options["weights"] = 10.0 ** rng.uniform(-1, 1, Y.shape)
    if "mask" in chosen:
        options["weights"] = (rng.random(Y.shape) < 0.7).astype(float)
        options["weights"][0, 0] = 1.0
    if level == 2 and chosen in ("decay", "absolute"):
        chosen = "plain"
    if chosen == "decay":
        options["weight_decay"] = 0.5
    if chosen == "absolute":
        options["loss"] = "absolute"
    lift = "factor" if chosen == "decay" or level == 0 and rng.random() < 0.6 else (
        "projection", "projection-input", "projection-both")[rng.integers(3)]  # fmt: skip
    possible = ["minors"] * (rank == 1) + ["whiten"] * (chosen in ("plain", "ridge"))
    possible += ["bounded", "balanced", "projection"] * (lift == "factor")
    options["strengthen"] = [name for name in possible if rng.random() < 0.4]
    try:
        program = linear_network(X, Y, [d_in, hidden, d_out], lift, **options)
    except ValueError:  # a combination that is not valid (no bound on the trace, say); the plain one always is
        options.pop("strengthen")
        program = linear_network(X, Y, [d_in, hidden, d_out], lift, **options)
    optimum = None
    if chosen in ("plain", "ridge"):
        mu = options.get("ridge", 0.0)
        optimum = svd_value(np.c_[X, np.sqrt(mu) * np.eye(d_in)], np.c_[Y, np.zeros((d_out, d_in))], rank)
    assert program.atom is not None and program.recover is not None
    start = program.atom(np.outer(rng.standard_normal(d_out), rng.standard_normal(d_in)))
    found = program.recover(np.outer(start, start))
    if found.solution is None or program.exact_atom is None:
        return Case(program, None, optimum)
    return Case(program, least(program, [program.exact_atom(found.solution)]), optimum)


KINDS: dict[str, Callable[[np.random.Generator, int], Case]] = {
    "orthant": forms_on(_orthant),
    "second-order": forms_on(_second_order),
    "semidefinite": forms_on(_semidefinite),
    "product": forms_on(_product),
    "slice and cut": forms_on(_slice),
    "several equations": several_equations,
    "standard quadratic": standard,
    "stability number": stable_sets,
    "binary quadratic": binary,
    "bounded rank": bounded_rank,
    "linear network": network,
}
BRANCHED = ("orthant", "second-order", "standard quadratic", "binary quadratic")
