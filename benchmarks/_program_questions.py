"""Quadratic programs, graphs, ranks and decisions as people write them, against enumeration in fractions.

Each kind is (rng) ↦ Question. Numbers are integers, decimals as doubles, exact fractions, offset or scaled.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from itertools import combinations, product
from math import inf
from typing import Any

import numpy as np

from benchmarks import _rational as rational
from benchmarks import _rational_programs as programs
from benchmarks._question import Judged, Question, bracket_judged
from benchmarks._rational import Between, Rows, exact
from benchmarks._rational_programs import form
from copos import (
    Free,
    NonNegative,
    SecondOrder,
    binary_quadratic,
    bracket,
    is_completely_positive,
    is_copositive,
    rank_constrained,
    stability_number,
    standard_quadratic,
    verify,
)  # fmt: skip

Matrix = np.ndarray
ZERO, ONE = Fraction(0), Fraction(1)
ENTRIES = ("integers", "decimals", "measured", "fractions", "scaled", "offset", "units", "repeated", "few values")


def symmetric(rng: np.random.Generator, n: int, entries: str) -> Any:
    """A symmetric matrix; of Fractions, strings or doubles."""
    A = rng.integers(-6, 7, (n, n)).astype(float)
    if entries in ("measured", "units", "offset") and rng.random() < 0.6:
        A = rng.standard_normal((n, n))
    A = np.triu(A) + np.triu(A, 1).T
    if entries == "decimals":
        return A * rng.choice([0.1, 0.01, 0.3])
    if entries == "fractions":
        q = int(rng.integers(2, 12))
        kind = (lambda v: Fraction(int(v), q), lambda v: f"{int(v)}/{q}")[rng.integers(2)]
        return [[kind(v) for v in row] for row in A]
    if entries == "scaled":
        return A * 10.0 ** rng.integers(-150, 151)
    if entries == "offset":
        return A + 10.0 ** rng.integers(3, 10)
    if entries == "units":
        d = 10.0 ** rng.integers(-5, 6, n)
        A = A * np.outer(d, d)
        return np.triu(A) + np.triu(A, 1).T
    if entries == "repeated" and n > 1:
        A[n - 1], A[:, n - 1] = A[0], A[:, 0]
        A[n - 1, n - 1] = A[n - 1, 0] = A[0, n - 1] = A[0, 0]
        return A
    return np.sign(A) if entries == "few values" else A


def floats(M: Any) -> Matrix:
    """Doubles, for entrances that take no fractions."""
    return np.array([[float(Fraction(v)) for v in row] for row in M])


def _how(**named: Any) -> dict[str, Any]:
    return {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in named.items()}


# --- quadratic programs --------------------------------------------------------------------------------------------


def standard(rng: np.random.Generator) -> Question:
    """`standard_quadratic`, by the stationary points of all faces."""
    n, entries = int(rng.integers(1, 6)), str(rng.choice(ENTRIES))
    Q = symmetric(rng, n, entries)
    Q = floats(Q) if entries == "fractions" else Q
    multiplier = None if rng.random() < 0.8 else rng.integers(1, 6, n)
    level = int(rng.random() < 0.2 and n < 5)

    def ask() -> Any:
        program = standard_quadratic(Q, multiplier)
        return program, bracket(program, level)

    def judge(answer: Any) -> Judged:
        best = programs.on_simplex(exact(Q))
        scale = ZERO if best else max(abs(v) for row in exact(Q) for v in row)
        return bracket_judged(answer[1], answer[0], Between(best, best), scale)

    return Question("standard quadratic", _how(entries=entries, n=n, level=level, Q=np.asarray(Q)), ask, judge)


def binary_integers(rng: np.random.Generator) -> Question:
    """`binary_quadratic` of small integers with equations that are satisfied by some point, or by none."""
    n = int(rng.integers(2, 5))
    Q, c = symmetric(rng, n, "integers"), rng.integers(-9, 10, n).astype(float)
    Q = Q if rng.random() < 0.8 else 0 * Q
    A = rng.integers(-4, 7, (int(rng.choice([0, 1, 1, 2])), n)).astype(float)
    b = A @ rng.integers(0, 2, n) if rng.random() < 0.85 else rng.integers(-5, 8, len(A)).astype(float)
    if rng.random() < 0.1:
        size = 10.0 ** rng.integers(-6, 13)
        Q, c = Q * size, c * size
    if rng.random() < 0.1:
        size = 10.0 ** rng.integers(0, 9)
        A, b = A * size, b * size
    return _binary(rng, Q, c, A, b, "integers")


def binary_decimals(rng: np.random.Generator) -> Question:
    """Equations in decimals, .1x_1 + .6x_2 + .8x_3 = 1.4: as doubles, as text, as `Decimal` or as `Fraction`."""
    n = int(rng.integers(2, 5))
    Q, c = symmetric(rng, n, "integers"), rng.integers(-9, 10, n).astype(float)
    unit = int(rng.choice([10, 10, 100, 3, 7]))
    a = rng.integers(-5, 12, n).tolist()
    x = rng.integers(0, 2, n).tolist()
    r = sum(v * s for v, s in zip(a, x, strict=True)) if rng.random() < 0.9 else int(rng.integers(0, 12))
    writings: list[Callable[[int], Any]] = [lambda v: v / unit, lambda v: v / unit, lambda v: Fraction(v, unit),
                                            lambda v: f"{v}/{unit}"]  # fmt: skip
    if unit in (10, 100):
        writings += [lambda v: Decimal(v) / unit, lambda v: str(Decimal(v) / unit)]
    write = writings[rng.integers(len(writings))]
    written = [[write(v) for v in a]], [write(r)]
    meant = [[Fraction(v, unit) for v in a]], [Fraction(r, unit)]
    return _binary(rng, Q, c, *written, f"decimals as {type(written[1][0]).__name__}", meant)


def _binary(
    rng: np.random.Generator, Q: Any, c: Matrix, A: Any, b: Any, entries: str,
    meant: tuple[Rows, list[Fraction]] | None = None,
) -> Question:  # fmt: skip
    n = len(c)
    pairs = [(0, 1)] if rng.random() < 0.2 else []
    equations, level = str(rng.choice(["slice", "squared"])), int(rng.random() < 0.3 and n < 4)
    given = {"A": A, "b": b} if len(A) else {}

    def ask() -> Any:
        program = binary_quadratic(Q, c, **given, complementary=pairs, equations=equations)
        return program, bracket(program, level)

    def judge(answer: Any) -> Judged:
        # doubles in equations may be read as the decimals they were written as, or as what they are
        readings = [(exact(A), exact([b])[0] if len(A) else [])] + ([] if meant is None else [meant])
        costs = exact([c])[0]
        values = [programs.mixed_binary(exact(Q), costs, rows, right, pairs=pairs) for rows, right in readings]
        feasible = min(values) < inf
        # where the doubles cannot be satisfied and the decimals can, a bound is about the decimals or there is none
        low, high = min(values), max(values) if max(values) < inf else (min(values) if answer[1].lower < inf else inf)
        return bracket_judged(answer[1], answer[0], Between(low, high), ZERO, feasible=feasible and high < inf)

    how = _how(entries=entries, n=n, equations=equations, level=level, pairs=pairs, Q=np.asarray(Q), c=c,
               A=[[str(v) for v in row] for row in A], b=[str(v) for v in b])  # fmt: skip
    return Question("binary quadratic", how, ask, judge)


def mixed(rng: np.random.Generator) -> Question:
    """`binary_quadratic` with one or two continuous variables in a box, by the stationary points of all faces."""
    n = int(rng.integers(1, 4))
    continuous = sorted(rng.choice(n, int(rng.integers(1, min(n, 2) + 1)), replace=False).tolist())
    Q, c = symmetric(rng, n, "integers"), rng.integers(-9, 10, n).astype(float)
    upper = np.where(np.isin(np.arange(n), continuous), rng.choice([1.0, 2.0, 10.0, 0.5, 1000.0]), 1.0)
    A = rng.integers(-3, 5, (int(rng.random() < 0.4), n)).astype(float)
    b = A @ (rng.integers(0, 2, n) * np.where(np.isin(np.arange(n), continuous), upper / 2, 1.0))
    size = 10.0 ** rng.integers(-8, 9) if rng.random() < 0.2 else 1.0
    Q, c = Q * size, c * size
    equations = str(rng.choice(["slice", "squared"]))
    given = {"A": A, "b": b} if len(A) else {}

    def ask() -> Any:
        whole = [j for j in range(n) if j not in continuous]
        program = binary_quadratic(Q, c, **given, binary=whole, upper=upper, equations=equations)
        return program, bracket(program)

    def judge(answer: Any) -> Judged:
        box = exact([upper])[0]
        best = programs.mixed_binary(exact(Q), exact([c])[0], exact(A), exact([b])[0], continuous, box)
        return bracket_judged(answer[1], answer[0], Between(best, best), ZERO, feasible=best < inf)

    how = _how(n=n, continuous=continuous, equations=equations, Q=Q, c=c, A=A, b=b, upper=upper)
    return Question("mixed binary", how, ask, judge)


def stable_sets(rng: np.random.Generator) -> Question:
    """`stability_number` of graphs of up to 8 vertices; the interpreted bounds too."""
    n = int(rng.integers(1, 9))
    A = np.triu(rng.random((n, n)) < rng.choice([0.0, 0.3, 0.5, 0.7, 1.0]), 1)
    A = (A | A.T).astype(int)
    edges, level = ("weighted", "vanishing")[rng.integers(2)], int(rng.random() < 0.3 and n < 6)

    def ask() -> Any:
        program = stability_number(A, edges)
        return program, bracket(program, level)

    def judge(answer: Any) -> Judged:
        program, bound = answer
        best = programs.stable(A.tolist())
        optimum = Fraction(1, best) if edges == "weighted" else Fraction(-best)
        judged = bracket_judged(bound, program, Between(optimum, optimum), ZERO)
        top, size = program.interpret(bound.lower), program.interpret(bound.upper)
        if top < best or size > best:
            judged.wrong.append(f"α = {best} is not between {size!r} and {top!r}")
        if bound.found.solution is not None and any(A[i, j] for i, j in combinations(bound.found.solution, 2)):
            judged.wrong.append("the set is not stable")
        return judged

    return Question("stability number", _how(edges=edges, level=level, A=A), ask, judge)


def bounded_rank(rng: np.random.Generator) -> Question:
    """`rank_constrained`: trace s, where the optimum is s·λ_min, or diagonal s and rank 1, by all signs."""
    n, entries = int(rng.integers(2, 4)), str(rng.choice(["integers", "decimals", "measured", "scaled", "offset"]))
    C = floats(symmetric(rng, n, entries))
    s = float(rng.choice([1.0, 1.0, 0.1, 3.0, 1e6, 1e-6, 1e9]))
    cut, rank = bool(rng.random() < 0.5), int(rng.integers(1, n + 1))

    def ask() -> Any:
        equations = [(np.diag(e), s) for e in np.eye(n)] if cut else [(np.eye(n), s)]
        program = rank_constrained(C, equations, 1 if cut else rank)
        return program, bracket(program)

    def judge(answer: Any) -> Judged:
        F, size = exact(C), Fraction(s)
        if cut:
            best = size * min(form(F, [Fraction(v) for v in x]) for x in product((-1, 1), repeat=n))
            return bracket_judged(answer[1], answer[0], Between(best, best), ZERO if best else _largest(F) * size)
        best = rational.smallest_eigenvalue([[size * v for v in row] for row in F])
        return bracket_judged(answer[1], answer[0], best, ZERO)

    how = _how(n=n, entries=entries, s=s, rank=1 if cut else rank, equations="diagonal" if cut else "trace", C=C)
    return Question("bounded rank", how, ask, judge)


def _largest(F: Rows) -> Fraction:
    return max((abs(v) for row in F for v in row), default=ZERO)


# --- decisions -------------------------------------------------------------------------------------------------------


def _decision(answer: Any, truth: bool | None, *asked: Any) -> Judged:
    """Is the answer right, and does its certificate prove it of what was asked?"""
    wrong = []
    if truth is not None and answer.answer is not None and bool(answer.answer) != truth:
        wrong.append(f"the answer is {answer.answer}, right is {truth}")
    if answer.answer is not None:
        verdict = verify(answer.certificate, *asked) if answer.certificate is not None else None
        if verdict is None or not verdict.proved:
            wrong.append(f"the checker rejects: {None if verdict is None else verdict.reason}")
    decided = answer.answer is not None
    return Judged(decided, decided, "" if decided else answer.reason, wrong)


def copositive(rng: np.random.Generator) -> Question:
    """`is_copositive`, strict or not, by the exact minimum on the simplex; often exactly on the boundary."""
    n, entries, strict = int(rng.integers(1, 6)), str(rng.choice(ENTRIES)), bool(rng.random() < 0.4)
    M = symmetric(rng, n, entries)
    F = exact(M)
    if rng.random() < 0.4 and entries != "offset":  # shifted to the boundary, or just beyond it
        best = programs.on_simplex(F) + rng.choice([Fraction(0), Fraction(0), Fraction(1, 10**9), Fraction(-1, 10**9)])
        M = F = [[v - best for v in row] for row in F]

    def judge(answer: Any) -> Judged:
        best = programs.on_simplex(F)
        return _decision(answer, best > 0 if strict else best >= 0, M)

    how = {"entries": entries, "strict": strict, "M": [[str(v) for v in row] for row in M]}
    return Question("is_copositive", how, lambda: is_copositive(M, strict=strict, time_limit=10), judge)


def on_cones(rng: np.random.Generator) -> Question:
    """`is_copositive` on polyhedral cones with few rays and on Lorentz cones, where λJ + PSD decides."""
    strict = bool(rng.random() < 0.2)
    if rng.random() < 0.6:
        cone, rays, kind = _polyhedral(rng)
        strict = strict and "free" not in kind  # e_i − e_i = 0 would count as a point
        M = symmetric(rng, len(rays[0]), str(rng.choice(["integers", "decimals", "measured", "fractions", "scaled"])))
        R = rational.times(rational.times(rays, exact(M)), rational.transposed(rays))
        best = programs.on_simplex(R)
        sizes = [sum(ray, ZERO) for ray in rays]
        if rng.random() < 0.4 and min(sizes) > 0:  # to the boundary: less a multiple of (e'x)²
            unit = [[v / s / t for v, t in zip(row, sizes, strict=True)] for row, s in zip(R, sizes, strict=True)]
            shift, best = programs.on_simplex(unit), ZERO
            M = [[v - shift for v in row] for row in exact(M)]
        truth = best > 0 if strict else best >= 0
    else:
        n = int(rng.integers(2, 5))
        J = [[Fraction((i == j) * (1 if i == 0 else -1)) for j in range(n)] for i in range(n)]
        B = exact(rng.integers(-3, 4, (int(rng.integers(0, n)), n)).tolist()) or [[ZERO] * n]
        gram, t = rational.times(rational.transposed(B), B), Fraction(int(rng.integers(0, 4)))
        M = [[t * j + g for j, g in zip(*rows, strict=True)] for rows in zip(J, gram, strict=True)]
        # at the boundary point (5, 3, 4, …) or (1, 1, 0, …) the value is ‖Bx‖²
        x = [Fraction(v) for v in ([5, 3, 4, 0][:n] if n > 2 else [1, 1])]
        outside, value = bool(rng.random() < 0.4), form(gram, x)
        if outside:
            M[0][0] -= (value + Fraction(int(rng.integers(1, 5)), 4)) / (x[0] * x[0])
        truth, cone, strict = not outside, SecondOrder(n), strict and outside
        kind = "Lorentz"
    how = {"cone": kind, "strict": strict, "M": [[str(v) for v in row] for row in M]}
    return Question("is_copositive on a cone", how, lambda: is_copositive(M, strict=strict, cone=cone, time_limit=10),
                    lambda answer: _decision(answer, truth))  # fmt: skip


def _polyhedral(rng: np.random.Generator) -> tuple[Any, Rows, str]:
    """A slice a'x = 0 of an orthant, its part a'x ≥ 0, or free coordinates and an orthant; with its generators."""
    n, kind = int(rng.integers(2, 5)), int(rng.integers(3))
    if kind == 2:  # ±e_i for the free coordinates
        free = int(rng.integers(1, n))
        rays = [[ONE * s * (i == j) for i in range(n)] for j in range(n) for s in ((1, -1) if j < free else (1,))]
        return Free(free) * NonNegative(n - free), rays, f"{free} free"
    a = rng.integers(-2, 3, n)
    a[:2] = 1, -1
    rays = [[ONE * (i == j) for i in range(n)] for j in range(n) if not a[j] or kind == 1 and a[j] > 0]
    for i, j in product(range(n), repeat=2):  # a_ie_j − a_je_i where the signs differ
        if a[i] > 0 > a[j]:
            ray = [ZERO] * n
            ray[i], ray[j] = Fraction(-int(a[j])), Fraction(int(a[i]))
            rays.append(ray)
    K, row = NonNegative(n), a.astype(float)
    return (K.slice([row]), rays, f"a'x = 0, a = {a.tolist()}") if kind == 0 else (
        K.restrict(row), rays, f"a'x ≥ 0, a = {a.tolist()}")  # fmt: skip


def completely_positive(rng: np.random.Generator) -> Question:
    """`is_completely_positive`: up to order four nonnegative and semidefinite decides; BB' is, in integers."""
    n = int(rng.integers(1, 8))
    kind = str(rng.choice(["BB' of integers", "BB' of doubles", "doubly nonnegative", "fractions", "any"]))
    truth: bool | None = None
    M: Any
    if kind.startswith("BB'"):
        B = rng.integers(0, 5, (n, int(rng.integers(1, n + 3)))).astype(float)
        if kind.endswith("doubles"):
            B = B * rng.choice([0.1, 1 / 3]) + (rng.random(B.shape) if rng.random() < 0.5 else 0)
        M = B @ B.T * (10.0 ** rng.integers(-30, 31) if rng.random() < 0.2 else 1.0)
        M = np.triu(M) + np.triu(M, 1).T
        truth = True if kind.endswith("integers") and np.array_equal(M, B @ B.T) else None
    elif kind == "any":
        M = symmetric(rng, n, str(rng.choice(ENTRIES)))
    else:
        B = rng.integers(-3, 5, (n, n))
        M = np.maximum(B @ B.T, 0)
        M = [[Fraction(int(v), 7) for v in row] for row in M] if kind == "fractions" else M.astype(float)
    F = exact(M)
    nonnegative = all(v >= 0 for row in F for v in row) and rational.smallest_eigenvalue_at_least(F, ZERO)
    truth = nonnegative if n <= 4 or not nonnegative else truth

    how = {"matrix": kind, "M": [[str(v) for v in row] for row in M]}
    return Question("is_completely_positive", how, lambda: is_completely_positive(M, time_limit=10),
                    lambda answer: _decision(answer, truth, M))  # fmt: skip


PROGRAMS: dict[str, Callable[[np.random.Generator], Question]] = {
    "quadratic forms": standard,
    "binary integers": binary_integers,
    "binary decimals": binary_decimals,
    "mixed binary": mixed,
    "graphs": stable_sets,
    "ranks": bounded_rank,
    "copositive": copositive,
    "cones": on_cones,
    "completely positive": completely_positive,
}
