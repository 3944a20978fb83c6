"""Root gaps of quadratic programs of the literature, beside the gaps in print.

Boxes "spar": max ½x'Qx + c'x over [0, 1]^n, the files of github.com/sburer/BoxQP_instances, which are not shipped. In
print, for these very instances: the relative gap of semidefinite, McCormick and triangle inequalities, and that nothing
which holds for the moments of three coordinates closes it. Simplices "horn": the copositive construction of Bomze,
Peng, Qiu and Yıldırım (2025), min x'Qx with Qx̂ = 0 at one x̂ and a Horn matrix outside of its support, from random
numbers of our own; E is added, so that the optimum is 1 and gaps are relative.
"""

from __future__ import annotations

import time
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import copos
from copos.experiment import Experiment, grid, of_bound
from copos.experiment.rows import OF_BOUND
from copos.instances.matrices import horn as horn_matrix

Matrix = NDArray[np.float64]
FOLDER = Path("results/BoxQP_instances")
METHODS: dict[str, dict[str, Any]] = {
    "level 0": {"level": 0}, "local levels on 3": {"level": 0, "local": 3},
    "local levels on 5": {"level": 0, "local": 5}, "level 1": {"level": 1},
}  # fmt: skip
EXACT, SECONDS, BRANCHED = 1e-6, 300.0, 50  # boxes of so many variables are closed here
# (n, density, number): relative gap of semidefinite, McCormick and triangle inequalities, as the page quotes it
TRIANGLES = {
    (40, 50, 2): 2.93e-7, (50, 30, 3): 1.44e-7, (50, 50, 1): 1.43e-3, (50, 50, 3): 1.25e-6, (80, 50, 1): 1.10e-3,
}  # fmt: skip
SMALL = [(20, 100, 1), (20, 100, 2), (20, 100, 3), (30, 60, 1), (30, 60, 3), (30, 100, 1)]
# (n, share of x̂'s support): the range over 25 seeds of the doubly nonnegative bound, optimum 0, largest cardinality
HORN = {(25, 25): (-0.0991, -0.0747), (25, 50): (-0.1018, -0.0953), (25, 75): (-0.1040, -0.1006)}


def box(n: int, density: int, number: int) -> tuple[Matrix, Matrix]:
    """Q and c of max ½x'Qx + c'x over the unit box, as published."""
    name = f"spar{n:03}-{density:03}-{number}.in"
    found = sorted(FOLDER.rglob(name))
    if not found:
        raise FileNotFoundError(f"{name}: git clone https://github.com/sburer/BoxQP_instances {FOLDER}")
    numbers = np.array(found[0].read_text(encoding="utf-8").split(), dtype=float)
    return numbers[n + 1 :].reshape(n, n), numbers[1 : n + 1]


def optima() -> dict[str, float]:
    """instance ↦ the optimum that its authors give."""
    path = FOLDER / "README.txt"
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return {line.split()[0]: float(line.split()[1]) for line in lines if line.startswith("spar")}


def spread(order: int, largest: float, rng: np.random.Generator) -> Matrix:
    """A symmetric matrix with eigenvalues uniform on [0, largest] and eigenvectors of an integer matrix."""
    U = np.linalg.qr(rng.integers(-5, 6, (order, order)).astype(float))[0]
    return (U * rng.uniform(0, largest, order)) @ U.T


def horn(n: int, density: int, seed: int) -> tuple[Matrix, Matrix]:
    """Q and x̂ with min x'Qx = x̂'Qx̂ = 0 over the simplex; x̂ has so many per cent of its entries positive."""
    rng, support = np.random.default_rng([n, density, seed]), round(n * density / 100)
    rest = n - support
    point = np.zeros(n)
    point[rng.permutation(n)[:support]] = rng.uniform(0, 1, support)
    point /= point.sum()
    R = spread(support, 3.0, rng)
    F = 7 * np.eye(5) + 4.32 * (np.roll(np.eye(5), 1, axis=1) + np.roll(np.eye(5), -1, axis=1))
    R *= -0.99 * float((horn_matrix() * F).sum() / F.sum()) / np.linalg.norm(R, 2)
    C = rng.uniform(0, 1, (rest - 5, 5))
    P = np.zeros((n, n))
    P[:support, :support], P[support:, support:] = R, np.block([[spread(rest - 5, 3.0, rng), C], [C.T, horn_matrix()]])
    order = np.argsort(point == 0, kind="stable")  # the support first
    back = np.argsort(order)
    L = np.eye(n) - np.outer(np.ones(n), point)
    Q = L @ P[np.ix_(back, back)] @ L.T
    return (Q + Q.T) / 2, point


def program(kind: str, n: int, density: int, seed: int) -> copos.CompletelyPositiveProgram:
    """A minimum, for either kind."""
    if kind == "horn":
        return copos.standard_quadratic(horn(n, density, seed)[0] + 1)
    Q, c = box(n, density, seed)
    return copos.binary_quadratic(-Q / 2, -c, binary=[], upper=1)


@lru_cache(maxsize=1)
def optimum(kind: str, n: int, density: int, seed: int) -> tuple[float, int | None, float]:
    """(value, cells of branching, CPU seconds); without cells at x̂ of "horn", and for large boxes as published."""
    if kind == "horn":
        return 1.0, None, 0.0
    if n > BRANCHED:
        return -optima()[f"spar{n:03}-{density:03}-{seed}"], None, 0.0
    start = time.process_time()
    found = copos.bracket(program(kind, n, density, seed), tolerance=EXACT, time_limit=SECONDS)
    return found.upper, found.cells if found.closed else None, time.process_time() - start


def run(kind: str, n: int, density: int, seed: int, method: str) -> dict[str, Any]:
    """One bound at the root beside the optimum."""
    this = program(kind, n, density, seed)
    start = time.process_time()
    bound = copos.lower_bound(this, **METHODS[method])
    seconds = time.process_time() - start
    best, cells, closing = optimum(kind, n, density, seed)
    return {"best": best, "cells": cells, "closing": closing, "cpu_seconds": seconds,
            "relative": max(0.0, best - bound.lower) / abs(best), **of_bound(bound, best)}  # fmt: skip


def name(row: dict[str, Any]) -> str:
    """What a program is called: an instance, or a construction with its share of support."""
    return (f"spar{row['n']:03}-{row['density']:03}-{row['seed']}" if row["kind"] == "spar" else
            f"horn, n = {row['n']}, x̂ {row['density']} %")  # fmt: skip


def published(row: dict[str, Any]) -> str:
    """The gap in print beside a program."""
    if row["kind"] == "spar":
        gap = TRIANGLES.get((row["n"], row["density"], row["seed"]))
        return "–" if gap is None else f"{gap:.2e}"
    low, high = HORN.get((row["n"], row["density"]), (np.nan, np.nan))
    return f"{-high:.3f} to {-low:.3f}" if np.isfinite(low) else "–"


def draw(rows: list[dict[str, Any]], figure: Any) -> None:
    """Gaps of every program, one column each, and the published ones."""
    names = list(dict.fromkeys(map(name, rows)))
    axis = figure.subplots()
    for k, method in enumerate(METHODS):
        points = [(names.index(name(row)), row["relative"]) for row in rows if row["method"] == method]
        if points:
            x, y = np.array(points).T
            axis.semilogy(x + 0.12 * (k - 1.5), np.maximum(y, 1e-9), "o^sv"[k], markersize=5, alpha=0.7, label=method)
    for j, row in enumerate({name(row): row for row in rows}.values()):
        here = (row["n"], row["density"], row["seed"])
        gaps = [TRIANGLES[here]] if here in TRIANGLES else [-v for v in HORN.get(here[:2], ())]
        axis.semilogy([j] * len(gaps), gaps, "_", color="C3", markersize=16)
    axis.plot([], [], "_", color="C3", markersize=16, label="in print")
    axis.axhline(EXACT, color="gray", linewidth=0.8)
    axis.set_xticks(range(len(names)), names, rotation=60, ha="right", fontsize="x-small")
    axis.set_ylabel("relative gap at the root, proved")
    axis.legend(fontsize="x-small", ncols=2)


def findings(rows: list[dict[str, Any]]) -> str:
    """Gaps program by program (the worst of a construction), the published ones beside."""
    programs = {(r["kind"], r["n"], r["density"], r["seed"]) for r in rows}
    wrong = sum(row["proved"] > row["best"] + 1e-9 * abs(row["best"]) for row in rows)
    lines = [
        f"{len(programs)} programs; {wrong} of {len(rows)} bounds above the optimum. Relative gaps at the root, the "
        "largest of every construction:",
        "",
        "| program | optimum | " + " | ".join(METHODS) + " | in print | closed in cells, CPU seconds |",
        "|---|---|" + "---|" * len(METHODS) + "---|---|",
    ]
    for one in dict.fromkeys(map(name, rows)):
        mine = [row for row in rows if name(row) == one]
        cells = []
        for method in METHODS:
            gaps = [row["relative"] for row in mine if row["method"] == method]
            cells.append(f"{max(gaps):.2e}" if gaps else "–")
        row = mine[0]
        shown = "–" if row["cells"] is None else f"{row['cells']}, {row['closing']:.0f}"
        lines.append(f"| {one} | {row['best']:.9g} | {' | '.join(cells)} | {published(row)} | {shown} |")
    return "\n".join(lines)


def cases(kind: str, n: int, density: int, seeds: tuple[int, ...], methods: tuple[str, ...]) -> list[dict[str, Any]]:
    """Every method on every program."""
    return grid(kind=(kind,), n=(n,), density=(density,), seed=seeds, method=methods)


EVERY = tuple(METHODS)
EXPERIMENT = Experiment(
    question="What do level 0, local levels and level 1 leave at the root of quadratic programs of the literature, "
    "beside the gaps in print?",
    sets={
        "small": cases("horn", 8, 25, (1,), EVERY),
        "full": [
            *(case for n, density in HORN for case in cases("horn", n, density, (1, 2, 3, 4, 5), EVERY)),
            *(case for n, density, k in SMALL for case in cases("spar", n, density, (k,), EVERY[:2])),
            *(case for n, density, k in TRIANGLES for case in cases("spar", n, density, (k,), EVERY[: 2 + (n <= 50)])),
        ],
    },
    columns=("best", "cells", "closing", "cpu_seconds", "relative", *OF_BOUND),
    run=run,
    draw=draw,
    findings=findings,
)  # fmt: skip
