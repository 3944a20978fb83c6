"""Random quadratic programs, all features mixed: is any bound wrong, and how many gaps are closed?

Bounds are compared with enumeration or, where pyscipopt is installed, with SCIP at tolerances of 1e-9; every proof is
checked against the problem itself. `python -m benchmarks.quadratic_soundness --count 50 --from 100` runs a piece.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import numpy as np

from benchmarks._measure import Row, clock
from benchmarks._quadratic_programs import Reference, drawn, reference
from benchmarks._table import Table
from copos import QuadraticBracket, bracket
from copos.reformulation.quadratic.rays import is_ray

TOLERANCE = 1e-6  # of a closed gap, and of the comparison with a method in floating point, relative to 1 + |optimum|
SECONDS, CELLS = 60.0, 400


def outcome(k: int) -> Row:
    """What happened to program k; `wrong` is empty if all is as it must be."""
    problem, begin = drawn(k), clock()
    row: Row = {"k": k, "n": problem.n, "integers": sum(problem.integer), "rows": len(problem.linear),
                "curves": len(problem.quadratic), "sense": problem.sense}  # fmt: skip
    try:
        found = bracket(problem, tolerance=TOLERANCE, time_limit=SECONDS, max_cells=CELLS)
    except Exception as error:
        return row | {
            "status": "raised",
            "closed": False,
            "wrong": f"{type(error).__name__}: {error}"[:90],
            "cpu_s": clock() - begin,
        }
    seconds = clock() - begin
    known = reference(problem)
    if refuted(found, known):
        known = replace(known, status="unknown", by=f"{known.by}, refuted by an exact point")
    wrong = []
    if found.certificate is not None:
        verdict = found.verify()
        wrong += [] if verdict.proved else [f"rejected: {verdict.reason}"]
    if found.point is not None and problem.violated(list(found.point.values())):
        wrong.append("the point is not feasible")
    ended = found.status in ("infeasible", "unbounded")
    if known.status in ("infeasible", "unbounded"):
        if not ended and (
            known.status == "infeasible" and found.point is not None or found.proved and known.status == "unbounded"
        ):
            wrong.append(f"{found.status}, but {known.status} by {known.by}")
    elif known.status == "optimal":
        slack = TOLERANCE * (1 + max(abs(known.low), abs(known.high)))
        if ended:
            wrong.append(f"{found.status}, but {known.high:.9g} by {known.by}")
        elif found.lower > known.high + slack or found.upper < known.low - slack:
            wrong.append(
                f"[{found.lower:.9g}, {found.upper:.9g}], but [{known.low:.9g}, {known.high:.9g}] by {known.by}"
            )
    closed = ended or bool(found.proved and found.gap <= TOLERANCE * max(1.0, abs(found.lower), abs(found.upper)))
    return row | {"status": found.status, "closed": closed, "exact point": found.point is not None, "gap": _gap(found),
                  "cells": found.cells, "wrong": "; ".join(wrong), "by": known.by, "cpu_s": seconds,
                  "reason": found.reason if not closed else ""}  # fmt: skip


def refuted(found: QuadraticBracket, known: Reference) -> bool:
    """Does rational arithmetic show a better point than a method in floating point, or one at all, or a ray?"""
    if found.point is None or known.by == "enumeration" or found.problem.violated(list(found.point.values())):
        return False
    x = list(found.point.values())
    if found.direction is not None:
        return known.status != "unbounded" and is_ray(found.problem, x, list(found.direction.values()))
    if known.status != "optimal":
        return known.status == "infeasible"
    value, slack = float(found.problem.value(x)), TOLERANCE * (1 + max(abs(known.low), abs(known.high)))
    return value < known.low - slack if found.problem.sense == "min" else value > known.high + slack


def _gap(found) -> float:
    return 0.0 if found.gap == 0 else float(Fraction(found.gap)) if np.isfinite(found.gap) else np.inf


def rows(quick: bool) -> Iterator[Row]:
    """Random quadratic programs with n ≤ 8, every feature mixed, 100 a line: wrong bounds, closed gaps."""
    for start in range(0, 25 if quick else 500, 25 if quick else 100):
        yield summary(start, 25 if quick else 100)


def summary(start: int, count: int) -> Row:
    """What happened to a piece of the sequence."""
    found = [outcome(k) for k in range(start, start + count)]
    kinds = Counter(row["status"] for row in found)
    return {
        "programs": f"{start}–{start + count - 1}", "wrong": sum(bool(row["wrong"]) for row in found),
        "closed": sum(row["closed"] for row in found), "infeasible": kinds["infeasible"],
        "unbounded": kinds["unbounded"], "exact points": sum(bool(row.get("exact point")) for row in found),
        "compared": sum(row.get("by", "none") != "none" for row in found),
        "refuted": sum("refuted" in row.get("by", "") for row in found), "cpu_s": sum(row["cpu_s"] for row in found),
    }  # fmt: skip


TABLES = [Table("quadratic-soundness", rows, key=("programs",))]


def main() -> None:
    """Run a piece and print every program that is not closed or wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--from", type=int, default=0, dest="start")
    given = parser.parse_args()
    found = []
    for k in range(given.start, given.start + given.count):
        found.append(row := outcome(k))
        if row["wrong"] or not row["closed"]:
            print(row, flush=True)
    wrong, closed = (sum(bool(r[key]) for r in found) for key in ("wrong", "closed"))
    print(f"{len(found)} programs, {wrong} wrong, {closed} closed, "
          f"{sum(r['cpu_s'] for r in found):.0f} s; {dict(Counter(r['status'] for r in found))}")  # fmt: skip


if __name__ == "__main__":
    main()
