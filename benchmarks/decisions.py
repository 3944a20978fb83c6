"""Exact decisions: 5,000 small matrices against all supports, boundary matrices, graphs at the threshold, factors.

PEERS_PYTHON=/path/to/python, an interpreter with pycoposit, adds that engine's times (its own process).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from benchmarks._copositive_peers import ORACLE, in_highs, oracle
from benchmarks._measure import Row, clock
from benchmarks._table import Table
from copos.decision.complete_positivity import is_completely_positive
from copos.decision.copositivity import is_copositive, minimum_on_simplex
from tests import matrix_zoo as zoo

SECONDS = 10.0  # of a mixed-integer program
PEERS = [int(n) for n in os.environ.get("PEERS_ORDERS", "8,12,16,20").split(",")]  # others, with --add


def timed(call):
    start = clock()
    out = call()
    return out, clock() - start


def small(quick: bool) -> Iterator[Row]:
    """Random integer matrices of order up to 8, against every support."""
    matrices = list(zoo.random_matrices(500 if quick else 5000, seed=2024))
    wrong = rejected = stale = disagree = yes = 0
    ours = 0.0
    others = iter(oracle([M for M in matrices if len(M) > 1]))
    for M in matrices:
        found, seconds = timed(lambda M=M: is_copositive(M))
        ours += seconds
        wrong += found.answer != zoo.copositive_by_supports(M)
        rejected += not found.certificate.verify(M).proved
        other = [row[:] for row in M]
        other[0][0] += 1
        stale += found.certificate.verify(other).proved
        yes += found.answer
        theirs = next(others) if len(M) > 1 else None
        if theirs is not None:
            strict = is_copositive(M, strict=True)
            if theirs[0] != found.answer or theirs[1] != strict.answer:
                disagree += 1
                x = found.witness or strict.witness
                print(f"   pycoposit says {theirs[:2]}, we say {[found.answer, strict.answer]}: M = {M}, "
                      f"x = {list(map(str, x or ()))}")  # fmt: skip
    yield {
        "matrices": len(matrices), "copositive": yes, "wrong": wrong, "rejected certificates": rejected,
        "stale certificates accepted": stale, "each_ms": 1e3 * ours / len(matrices),
        "disagreements with pycoposit": disagree if ORACLE else None,
        "status": "WRONG" if wrong or rejected or stale else "ok",
    }  # fmt: skip


def boundary(quick: bool) -> Iterator[Row]:
    """M − vE with v the exact minimum of a random matrix on the simplex: median and worst of 8 seeds, milliseconds."""
    for n in (16, 20) if quick else (16, 20, 25, 30):
        ours, checks, items, matrices = [], [], [], []
        for seed in range(8):
            rng = np.random.default_rng(seed)
            A = rng.integers(-9, 10, (n, n))
            A = (A + A.T + 2 * np.diag(rng.integers(5, 30, n))).tolist()
            v = minimum_on_simplex(A).value
            M = [[c * v.denominator - v.numerator for c in row] for row in A]
            found, seconds = timed(lambda M=M: is_copositive(M))
            verdict, check = timed(lambda found=found, M=M: found.certificate.verify(M))
            assert found.answer and verdict.proved
            ours.append(1e3 * seconds)
            checks.append(1e3 * check)
            items.append(len(found.certificate.proof.get("items", [])))
            matrices.append(M)
        theirs = [1e3 * r[2] for r in oracle(matrices) if r is not None]
        yield {
            "n": n, "median_ms": float(np.median(ours)), "worst_ms": max(ours), "items": max(items),
            "check_ms": max(checks), "pycoposit_median_ms": float(np.median(theirs)) if theirs else None,
            "pycoposit_worst_ms": max(theirs, default=None),
        }  # fmt: skip


def drawn(n: int, seed: int, where: str) -> list[list[int]]:
    """A random matrix, with its least value on the simplex moved to 0, or a thousandth of the largest entry beside."""
    rng = np.random.default_rng([n, seed])
    A = rng.integers(-9, 10, (n, n))
    A = (A + A.T + 2 * np.diag(rng.integers(5, 30, n))).tolist()
    least = minimum_on_simplex(A).value
    v = least + {"boundary": 0, "inside": -1, "outside": 1}[where] * Fraction(max(map(max, A)), 1000)
    return [[c * v.denominator - v.numerator for c in row] for row in A]


def peers(quick: bool) -> Iterator[Row]:
    """Eight matrices for copos, pycoposit (and 4 ms to start a process), HiGHS (doubles, to 1e-9): median, worst.

    The limit of HiGHS is wall time: on a busy machine it stops early.
    """
    for n in (8, 12) if quick else PEERS:
        for where in ("inside", "boundary", "outside"):
            matrices = [drawn(n, seed, where) for seed in range(8)]
            seconds: dict[str, list[float]] = {"copos": [], "HiGHS": []}
            wrong, late, unsure = 0, 0, 0
            for M in matrices:
                found, took = timed(lambda M=M: is_copositive(M))
                seconds["copos"].append(took)
                wrong += found.answer is not (where != "outside") or not found.certificate.verify(M).proved
                if not late:  # one at the limit is enough
                    value, took = timed(lambda M=M: in_highs(M, SECONDS))
                    seconds["HiGHS"].append(took)
                    late += value is None
                    unsure += value is not None and (value >= 0) is not (where != "outside")
            theirs = [r for r in oracle(matrices) if r is not None]
            row: Row = {"n": n, "where": where}
            for name, times in (*seconds.items(), ("pycoposit", [r[2] for r in theirs])):
                row |= (
                    {f"{name}_median_ms": 1e3 * float(np.median(times)), f"{name}_worst_ms": 1e3 * max(times)}
                    if times
                    else {}
                )
            yield row | {
                "HiGHS at the limit": late, "HiGHS: wrong sign": unsure,
                "pycoposit differs": sum(r[0] is (where == "outside") for r in theirs) if ORACLE else None,
                "pycoposit: no answer": sum(r[0] is None for r in theirs) if ORACLE else None,
                "status": "WRONG" if wrong else "ok",
            }  # fmt: skip


def graphs(quick: bool) -> Iterator[Row]:
    """t(A + I) − E of graphs with t at α, 1/1000 above and 1/1000 below: seconds to decide and to check."""
    cases = [(f"Paley {q}", zoo.paley(q)) for q in ((13, 29) if quick else (13, 29, 37, 53))]
    if not quick:
        cases += [(f"Hamming 5, {set(D)}", zoo.hamming(5, D)) for D in ({1}, {4, 5}, {3, 4, 5})]
        cases += [(f"random 60, p = {p}", zoo.random_graph(60, p, 1)) for p in (0.7, 0.5, 0.3, 0.2)]
    for name, A in cases:
        α, ε = zoo.stability_number(A), Fraction(1, 1000)
        for where, t, expected in (("at α", Fraction(α), True), ("above", α + ε, True), ("below", α - ε, False)):
            M = zoo.motzkin_straus(A, t)
            found, seconds = timed(lambda M=M: is_copositive(M, time_limit=60))
            verdict, check = timed(lambda found=found: found.certificate and found.certificate.verify())
            proved = verdict is not None and verdict.proved and found.answer is expected
            yield {
                "case": name, "n": len(A), "α": α, "t": where, "decide_s": seconds, "check_s": check,
                "status": "ok" if proved else "not proved",
            }  # fmt: skip


def factors(quick: bool) -> Iterator[Row]:
    """BB' of random B, five seeds, and two circulant matrices at the boundary of the completely positive cone."""
    for n in (5, 10) if quick else (5, 10, 20, 30, 40):
        kinds = {
            "uniform": lambda r, n=n: r.random((n, 3 * n // 2)),
            "integers 0…4": lambda r, n=n: r.integers(0, 5, (n, n)),
            "a third nonzero": lambda r, n=n: r.integers(1, 5, (n, 2 * n)) * (r.random((n, 2 * n)) < 0.33),
        }
        for name, draw in kinds.items():
            answers, most = [], 0.0
            for seed in range(5):
                B = draw(np.random.default_rng(seed))
                M = B @ B.T
                M = ((M + M.T) / 2).tolist()
                found, seconds = timed(lambda M=M: is_completely_positive(M, time_limit=30))
                assert found.answer is not False
                assert found.certificate is None or found.certificate.verify(M).proved
                answers.append(found.answer)
                most = max(most, seconds)
            yield {"case": name, "n": n, "factored of 5": answers.count(True), "slowest_s": most}
    known = {"circ(8,5,1,1,5)": (zoo.circulant([8, 5, 1, 1, 5]), True),
             "the same, 1e-6 out": (zoo.circulant([8 - Fraction(1, 10**6), 5, 1, 1, 5]), False)}  # fmt: skip
    for name, (M, expected) in known.items():
        found, seconds = timed(lambda M=M: is_completely_positive(M))
        yield {"case": name, "n": 5, "slowest_s": seconds, "status": "ok" if found.answer is expected else "WRONG"}


TABLES = [
    Table("decisions-small", small, key=("matrices",)),
    Table("decisions-boundary", boundary, key=("n",)),
    Table("decisions-peers", peers, key=("n", "where")),
    Table("decisions-graphs", graphs, key=("case", "t")),
    Table("decisions-factors", factors, key=("case", "n")),
]
