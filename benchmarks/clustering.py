"""k-means with proofs: tables that scikit-learn ships, growth with the number of points, and all partitions of few."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from benchmarks._measure import Row, clock
from benchmarks._table import Curve, Table
from copos import certify_clustering, k_means
from copos.reformulation.clustering.points import Points

WALL = 4.0  # wall time, in multiples of the processor seconds after which no case is begun
GROWTH_SECONDS = 900.0
RUNS = 100  # of scikit-learn's KMeans as it comes


# clusters, the relative gap to stop at, and the processor seconds after which no case is begun
ASKED = {
    "iris": tuple((k, 1e-4, 120.0) for k in (2, 3, 4, 5, 6)),
    "wine": tuple((k, 1e-4, 120.0) for k in (2, 3, 4)),
    "wine, standardised": ((2, 1e-4, 120.0), (3, 1e-4, 120.0), (5, 1e-3, 900.0)),
    "breast cancer": ((2, 1e-3, 900.0), (3, 1e-2, 900.0)),
    "digits, 500 rows": ((10, 1e-2, 900.0),),
}


def tables() -> dict[str, NDArray[np.float64]]:
    """The points."""
    from sklearn import datasets

    iris, wine = datasets.load_iris().data, datasets.load_wine().data
    cancer, digits = datasets.load_breast_cancer().data, datasets.load_digits().data
    standard = (wine - wine.mean(axis=0)) / wine.std(axis=0)
    return {"iris": iris, "wine": wine, "wine, standardised": standard, "breast cancer": cancer,
            "digits, 500 rows": digits[:500]}  # fmt: skip


def datasets_row(name: str, X: NDArray[np.float64], k: int, tolerance: float, seconds: float) -> Row:
    """One bracket, its proof, and how many of scikit-learn's default runs are optimal up to its gap."""
    from sklearn.cluster import KMeans

    begin = clock()
    found = k_means(X, k, tolerance=tolerance, time_limit=WALL * seconds,
                    callback=lambda _: clock() - begin > seconds)  # fmt: skip
    taken, begin = clock() - begin, clock()
    verdict = found.verify()
    checked = clock() - begin
    inertia = np.array([KMeans(k, random_state=seed).fit(X).inertia_ for seed in range(RUNS)])
    return {
        "case": name, "n": len(X), "k": k, "tolerance": tolerance, "limit_s": seconds,
        "lower": found.lower, "upper": found.upper, "gap": found.relative_gap,
        "cells": found.cells, "proved": verdict.proved, "search_s": taken, "check_s": checked,
        "scikit-learn's best": float(inertia.min()),
        "runs that are optimal": int((inertia <= found.upper * (1 + 1e-6)).sum()),
        "worst run": float(inertia.max() / found.upper - 1),
    }  # fmt: skip


def datasets(quick: bool) -> Iterator[Row]:
    """k-means: proved bounds on tables of scikit-learn, and how many of 100 default runs of its KMeans are optimal"""
    for name, X in tables().items():
        if quick and len(X) > 200:
            continue
        for k, tolerance, seconds in ASKED[name][:2] if quick else ASKED[name]:
            yield datasets_row(name, X, k, tolerance, seconds)


def growth(quick: bool) -> Iterator[Row]:
    """k-means: normal clusters in the plane, three of them, against the number of points"""
    for n in (30, 60, 150) if quick else (75, 150, 300, 450, 600):
        rng = np.random.default_rng(n)
        X = rng.normal(size=(n, 2)) + 4 * np.array([[0, 0], [1, 0], [0, 1]])[rng.integers(0, 3, n)]
        begin = clock()
        found = k_means(X, 3, time_limit=WALL * GROWTH_SECONDS)
        yield {"case": "three clusters", "method": "k_means", "n": n, "gap": found.relative_gap, "cells": found.cells,
               "proved": found.proved, "cpu_s": clock() - begin}  # fmt: skip


def partitions(n: int, k: int) -> Iterator[NDArray[np.int64]]:
    """Labels in the order of first points, every partition into k clusters once."""
    labels = np.zeros(n, dtype=np.int64)

    def below(i: int, used: int) -> Iterator[NDArray[np.int64]]:
        if i == n:
            if used == k:
                yield labels
            return
        for c in range(min(used + 1, k)):
            labels[i] = c
            yield from below(i + 1, max(used, c + 1))

    return below(0, 0)


def drawn(seed: int) -> tuple[NDArray[np.float64], int, dict[str, list[tuple[int, int]]]]:
    """Few points: normal, on a grid, of unequal scales, far away, or repeated; and links."""
    rng = np.random.default_rng(seed)
    n, d = int(rng.integers(2, 9)), int(rng.integers(1, 4))
    k, kind = int(rng.integers(1, n + 1)), seed % 5
    X = rng.normal(size=(n, d))
    X = (X, rng.integers(0, 3, size=(n, d)).astype(float), X * 10.0 ** rng.integers(-8, 9, size=d), X + 1e6,
         np.concatenate([X, X])[:n] if n % 2 else np.repeat(X[: n // 2], 2, axis=0))[kind]  # fmt: skip

    def pairs(count: int) -> list[tuple[int, int]]:
        out = [rng.choice(n, 2, replace=False).tolist() for _ in range(count)]
        return [(i, j) for i, j in out]

    return X, k, {"must_link": pairs(int(rng.integers(0, 2))), "cannot_link": pairs(int(rng.integers(0, 4)))}


def soundness(quick: bool) -> Iterator[Row]:
    """k-means: 300 small random problems with links against all partitions"""
    for seed in range(30 if quick else 300):
        X, k, links = drawn(seed)
        try:
            points = Points.of(X, k, links["must_link"], links["cannot_link"])
        except ValueError as error:  # links that contradict each other, said before anything is done
            yield {"case": seed, "n": len(X), "k": k, "status": str(error)[:60], "wrong": "", "closed": True,
                   "cpu_s": 0.0}  # fmt: skip
            continue
        kept = [points.cost(labels) for labels in partitions(len(X), k) if points.kept(labels)]
        begin = clock()
        try:
            found = k_means(X, k, tolerance=1e-6, **links)
        except ValueError as error:
            wrong = f"{len(kept)} partitions keep the links" if kept else ""
            yield {"case": seed, "n": len(X), "k": k, "status": str(error)[:60], "wrong": wrong, "closed": not wrong,
                   "cpu_s": clock() - begin}  # fmt: skip
            continue
        taken, best = clock() - begin, min(kept)
        judged = certify_clustering(X, found.labels, time_limit=0, **links)
        wrong = "" if Fraction(found.lower) <= best <= Fraction(found.upper) else f"the optimum is {float(best)!r}"
        wrong += "" if found.verify().proved and judged.given == found.upper else "the proof is not accepted"
        yield {"case": seed, "n": len(X), "k": k, "status": "bracket", "wrong": wrong, "closed": found.closed,
               "cells": found.cells, "cpu_s": taken}  # fmt: skip


TABLES = [
    Table("k-means", datasets, key=("case", "k")),
    Table("k-means-growth", growth, key=("case", "n"), curve=Curve("n", "cpu_s", "case")),
    Table("k-means-soundness", soundness, key=("case",)),
]
