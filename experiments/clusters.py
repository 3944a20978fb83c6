"""k-means: how often does scikit-learn's KMeans, as it comes, end at the proved optimum?"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import datasets
from sklearn.cluster import KMeans

import copos
from copos.experiment import Experiment, grid

FOLDER = Path("results/clusters")  # where the certificates go
RUNS = 200
SAME = 1e-6  # relative; a run that ends so far above the best partition has missed it
PROVED = 1e-3  # relative gap from which the best partition counts as the optimum


def points(data: str) -> NDArray[np.float64]:
    """A table that scikit-learn ships; "wine, standardised" has columns of mean 0 and variance 1."""
    name, _, rest = data.partition(", ")
    X: NDArray[np.float64] = getattr(datasets, f"load_{name.replace(' ', '_')}")().data
    if rest == "standardised":
        return (X - X.mean(axis=0)) / X.std(axis=0)
    return X[: int(rest.split()[0])] if rest else X


def run(data: str, k: int, tolerance: float, limit: float) -> dict[str, Any]:
    """The bracket of the optimum, and where default runs from other seeds end."""
    X = points(data)
    start = time.process_time()
    found = copos.k_means(X, k, tolerance=tolerance, time_limit=limit)
    seconds = time.process_time() - start
    ends = np.array([KMeans(k, random_state=seed).fit(X).inertia_ for seed in range(RUNS)])
    best = min(found.upper, float(ends.min()))
    row: dict[str, Any] = {
        "n": len(X), "lower": found.lower, "best": best, "relative": 1 - found.lower / best, "cells": found.cells,
        "missed": float((ends > best * (1 + SAME)).mean()), "median": float(np.median(ends) / best - 1),
        "worst": float(ends.max() / best - 1), "cpu_seconds": seconds,
    }  # fmt: skip
    if not found.proved or found.certificate is None:
        return row | {"certificate": found.reason}
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"clusters-{data.replace(', ', '-').replace(' ', '-')}-{k}.json"
    found.certificate.save(path)
    assert found.verify().proved, path
    verdict = copos.verify(path)  # of a large table the file has the hash alone
    return row | {"certificate": str(path) if verdict.proved else verdict.reason}


def draw(rows: list[dict[str, Any]], figure: Any) -> None:
    """Left the proved gaps, right the share of runs that miss the optimum, one tick a table and k."""
    left, right = figure.subplots(1, 2)
    ticks = [f"{row['data']}\nk = {row['k']}" for row in rows]
    names = list(dict.fromkeys(row["data"] for row in rows))
    colors = [f"C{names.index(row['data'])}" for row in rows]
    left.scatter(range(len(rows)), [max(row["relative"], 1e-9) for row in rows], c=colors)
    left.axhline(PROVED, color="gray", linewidth=0.8)
    left.set_yscale("log")
    left.set_ylabel("relative gap, proved")
    right.bar(range(len(rows)), [100 * row["missed"] for row in rows], color=colors)
    right.set_ylabel("default runs that miss the best partition, %")
    for axis in (left, right):
        axis.set_xticks(range(len(rows)), ticks, rotation=90, fontsize="x-small")


def findings(rows: list[dict[str, Any]]) -> str:
    """A line for every table and k."""
    wrong = sum(row["lower"] > row["best"] * (1 + 1e-12) for row in rows)
    proved = [row for row in rows if row["relative"] <= PROVED]
    often = sum(row["missed"] > 0.5 for row in proved)
    lines = [
        f"{len(rows)} questions, {len(proved)} with the optimum proved to {PROVED:g}; {wrong} bounds above a partition "
        f"that was found. In {often} of these more than half of {RUNS} default runs of KMeans miss the optimum.",
        "",
        "| table | points | k | proved gap | runs that miss the best | median run above it | worst run | CPU seconds |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['data']} | {row['n']} | {row['k']} | {row['relative']:.1e} | {100 * row['missed']:.1f} % | "
        f"{_above(row['median'])} | {_above(row['worst'])} | {row['cpu_seconds']:.0f} |"
        for row in rows
    ]
    return "\n".join(lines)


def _above(share: float) -> str:
    """In per cent; the same partition in another order of summation is not above."""
    return f"{100 * share:.3g} %" if share > 1e-9 else "0 %"


EXPERIMENT = Experiment(
    question="How often does scikit-learn's KMeans, as it comes, end at the optimum, which is proved?",
    sets={
        "small": grid(data=("iris",), k=(2,), tolerance=(1e-2,), limit=(120.0,)),
        "full": [
            *grid(data=("iris",), k=(2, 3, 4, 5, 6), tolerance=(1e-4,), limit=(300.0,)),
            *grid(data=("wine",), k=(2, 3, 4), tolerance=(1e-4,), limit=(300.0,)),
            *grid(data=("wine, standardised",), k=(2, 3), tolerance=(1e-4,), limit=(300.0,)),
            *grid(data=("breast cancer",), k=(2,), tolerance=(1e-3,), limit=(900.0,)),
            *grid(data=("digits, 500 rows",), k=(10,), tolerance=(1e-2,), limit=(900.0,)),
        ],
    },  # fmt: skip
    columns=("n", "lower", "best", "relative", "cells", "missed", "median", "worst", "cpu_seconds", "certificate"),
    run=run,
    draw=draw,
    findings=findings,
)
