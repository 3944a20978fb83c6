"""Random quadratic programs with every feature that `copos.quadratic_program` takes, and their optima otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import ceil, floor, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos import QuadraticProgram, quadratic_program
from copos.reformulation.quadratic.exact_point import is_feasible
from copos.reformulation.quadratic.value import Quadratic

SEED = 18
POINTS = 40_000  # integer points that are enumerated
SECONDS = 60.0  # of SCIP
BOUNDS = ("box", "shifted", "negative", "above", "below", "free", "fixed", "binary", "integer")


@dataclass(frozen=True, eq=False)
class Reference:
    """The optimum as another method finds it: 'optimal', 'infeasible', 'unbounded' or 'unknown'.

    low ≤ optimum ≤ high up to the method's tolerance.
    """

    status: str
    low: float
    high: float
    by: str


def drawn(k: int) -> QuadraticProgram:
    """Program k of the sequence."""
    rng = np.random.default_rng([SEED, k])
    n = int(rng.integers(2, 9))
    kinds = rng.choice(BOUNDS, n, p=[0.3, 0.1, 0.1, 0.07, 0.08, 0.08, 0.04, 0.15, 0.08])
    limits = [_limits(str(kind), rng) for kind in kinds]
    whole = [int(kind in ("binary", "integer")) for kind in kinds]
    inside = np.array([_inside(limit, bool(w), rng) for limit, w in zip(limits, whole, strict=True)])
    scale = float(rng.choice([1, 1, 1, 1e-3, 50]))
    Q = _entries(rng, (n, n)) * (rng.random((n, n)) < rng.choice([0.3, 0.7, 1.0])) * scale
    Q = Q + Q.T
    c = _entries(rng, n) * scale
    parts: dict[str, Any] = {"A_ub": [], "b_ub": [], "A_eq": [], "b_eq": []}
    for _ in range(int(rng.integers(0, 4))):
        # decimals as written: as floats, a row that is tight at a point would be violated by rounding
        a = np.array([Fraction(str(v)) for v in (_entries(rng, n) * (rng.random(n) < 0.7)).tolist()], dtype=object)
        room = Fraction(float(rng.choice([0.0, 0.5, 2.0, -40.0], p=[0.3, 0.3, 0.38, 0.02])))
        parts["A_ub"].append(a)
        parts["b_ub"].append(a @ np.array([Fraction(v) for v in inside.tolist()], dtype=object) + room)
    for _ in range(int(rng.choice([0, 1, 2], p=[0.6, 0.3, 0.1]))):
        a = np.rint(_entries(rng, n) * (rng.random(n) < 0.7))
        parts["A_eq"].append(a)
        parts["b_eq"].append(a @ inside)
    quadratic = _curves(rng, n, inside, limits)
    if all(low is not None and high is not None for low, high in limits) and rng.random() < 0.6:
        quadratic = quadratic[:0]
    given = {name: np.array(value) for name, value in parts.items() if value}
    return quadratic_program(
        Q, c, float(rng.choice([0, 1.5, -100])), **given, bounds=limits, integrality=whole, quadratic=quadratic,
        sense=str(rng.choice(["min", "max"])),
    )  # fmt: skip


def _entries(rng: np.random.Generator, shape: Any) -> NDArray[np.float64]:
    """Small integers, quarters or normal numbers."""
    kind = rng.integers(3)
    if kind == 0:
        return rng.integers(-5, 6, shape).astype(float)
    return rng.integers(-20, 21, shape) / 4 if kind == 1 else rng.standard_normal(shape).round(3)


def _limits(kind: str, rng: np.random.Generator) -> tuple[float | None, float | None]:
    a, length = float(rng.integers(-6, 7)), float(rng.integers(1, 9)) / 2
    return {
        "box": (0.0, length), "shifted": (a, a + length), "negative": (-length, 0.0), "above": (a, None),
        "below": (None, a), "free": (None, None), "fixed": (a, a), "binary": (0.0, 1.0), "integer": (a, a + 2 * length),
    }[kind]  # fmt: skip


def _inside(limit: tuple[float | None, float | None], whole: bool, rng: np.random.Generator) -> float:
    low, high = limit
    low = (high or 0.0) - 2.0 if low is None else low
    high = low + 2.0 if high is None else high
    return (
        float(rng.integers(ceil(low), floor(high) + 1)) if whole else float(rng.integers(0, 9)) / 8 * (high - low) + low
    )


def _curves(
    rng: np.random.Generator, n: int, x: NDArray[np.float64], limits: list[Any]
) -> list[tuple[Any, Any, Any, str]]:
    """Balls, products, hyperbolas, complementarities that a point satisfies; a ball where a variable is unbounded."""
    out: list[tuple[Any, Any, Any, str]] = []
    if any(low is None or high is None for low, high in limits) and rng.random() < 0.85:
        out.append((np.eye(n), None, float(np.ceil(x @ x + 4)), "<="))
    for _ in range(int(rng.choice([0, 1, 2], p=[0.6, 0.3, 0.1]))):
        M = np.zeros((n, n))
        kind = rng.integers(3)
        if kind == 0:
            i, j = rng.choice(n, 2, replace=False)
            M[i, j] = 1.0
            out.append((M, None, float(x[i] * x[j]), str(rng.choice(["<=", ">=", "="], p=[0.4, 0.4, 0.2]))))
        elif kind == 1:
            M = np.rint(rng.standard_normal((n, n)))
            a = np.rint(rng.standard_normal(n))
            out.append((M, a, float(x @ M @ x + a @ x + rng.choice([0.0, 1.0])), "<="))
        else:
            L = np.rint(rng.standard_normal((n, 2)))
            out.append((L @ L.T, None, float(x @ L @ L.T @ x), str(rng.choice(["<=", ">="]))))
    return out


def reference(problem: QuadraticProgram) -> Reference:
    """The optimum, by enumeration where all variables are integers of a small range, else by SCIP."""
    every = all(w or low == high for w, low, high in zip(problem.integer, problem.lower, problem.upper, strict=True))
    if every and None not in problem.lower and None not in problem.upper:
        ranges = [[v] if v == h else list(range(ceil(v), floor(h) + 1))  # type: ignore[arg-type]
                  for v, h in zip(problem.lower, problem.upper, strict=True)]  # fmt: skip
        if prod(map(len, ranges)) <= POINTS:
            values = [problem.value(x) for x in product(*ranges) if is_feasible(problem, x)]  # type: ignore[arg-type]
            if not values:
                return Reference("infeasible", np.inf, np.inf, "enumeration")
            best = float(min(values) if problem.sense == "min" else max(values))
            return Reference("optimal", best, best, "enumeration")
    return _scip(problem)


def scip_model(problem: QuadraticProgram) -> Any:
    """The program as a model of SCIP; ImportError without pyscipopt."""
    from pyscipopt import Model, quicksum

    model = Model()
    model.hideOutput()
    ends = zip(problem.integer, problem.lower, problem.upper, strict=True)
    x = [model.addVar(vtype="I" if whole else "C", lb=None if low is None else float(low),
                      ub=None if high is None else float(high)) for whole, low, high in ends]  # fmt: skip

    def expression(form: Quadratic) -> Any:
        terms = [float(v) * x[i] * x[j] for (i, j), v in form.pairs.items()]
        return quicksum(terms + [float(v) * x[i] for i, v in form.linear.items()]) + float(form.constant)

    for constraint in problem.constraints:
        if constraint.form.variables:
            left = expression(constraint.form)
            model.addCons({"<=": left <= 0, ">=": left >= 0, "=": left == 0}[constraint.relation])
    t = model.addVar(lb=None, ub=None)
    f = expression(problem.objective)
    model.addCons(t >= f if problem.sense == "min" else t <= f)
    model.setObjective(t, "minimize" if problem.sense == "min" else "maximize")
    return model


def _scip(problem: QuadraticProgram) -> Reference:
    if any(not c.form.variables and c.violation([Fraction(0)] * problem.n) for c in problem.constraints):
        return Reference("infeasible", np.inf, np.inf, "arithmetic")
    try:
        model = scip_model(problem)
    except ImportError:
        return Reference("unknown", -np.inf, np.inf, "none")
    model.setParam("numerics/feastol", 1e-9)
    model.setParam("numerics/dualfeastol", 1e-9)
    model.setParam("limits/gap", 0.0)
    model.setParam("limits/time", SECONDS)
    try:
        model.optimize()
    except Exception as error:  # pyscipopt raises no other kind: its linear programs may break down
        return Reference("unknown", -np.inf, np.inf, f"SCIP: {error}")
    status = model.getStatus()
    if status in ("infeasible", "unbounded"):
        return Reference(status, np.inf, np.inf, "SCIP")
    if not model.getNSols():
        return Reference("unknown", -np.inf, np.inf, f"SCIP: {status}")
    ends = sorted((model.getPrimalbound(), model.getDualbound()))
    return Reference("optimal" if status in ("optimal", "gaplimit") else "unknown", *ends, "SCIP")
