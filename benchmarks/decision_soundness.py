"""Is any decision about copositivity wrong? 10,000 matrices of orders up to 9, asked of all their supports as well.

`python -m benchmarks.decision_soundness --count 100 --from 200` runs a piece of every kind and prints what is wrong.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from benchmarks._copositive_cases import KINDS, drawn
from benchmarks._copositive_peers import by_supports
from benchmarks._measure import Row, clock
from benchmarks._table import Table
from copos.arithmetic import exact
from copos.decision.copositivity import is_copositive

COUNT = 1_429  # matrices of each of the seven kinds: 10,003


def outcome(kind: str, start: int, count: int) -> Row:
    """A piece of one kind; every wrong answer is printed with its matrix."""
    row: Row = {"kind": kind, "matrices": count, "copositive": 0, "wrong": 0, "undecided": 0, "rejected": 0, "stale": 0}
    seconds, slowest = 0.0, 0.0
    for k in range(start, start + count):
        M = drawn(kind, k)
        A, _ = exact.integral(M)
        begin = clock()
        found = is_copositive(M)
        slowest, seconds = max(slowest, clock() - begin), seconds + clock() - begin
        known = by_supports(A)
        bad = found.answer is not known
        row["copositive"] += known
        row["undecided"] += found.answer is None
        row["wrong"] += bad and found.answer is not None
        if found.certificate is not None:
            rejected = not found.certificate.verify(M).proved
            row["rejected"] += rejected
            other = [line[:] for line in M]
            other[-1][-1] += 1
            stale = found.certificate.verify(other).proved
            row["stale"] += stale
            bad = bad or rejected or stale
        if bad:
            print(f"   {kind} {k}: {found} for {[[str(v) for v in line] for line in M]}", flush=True)
    bad = row["wrong"] or row["rejected"] or row["stale"]
    return row | {"each_ms": 1e3 * seconds / count, "worst_ms": 1e3 * slowest, "status": "WRONG" if bad else "ok"}


def rows(quick: bool) -> Iterator[Row]:
    """10,003 matrices of seven kinds, n ≤ 9, many on the boundary: answers against all supports, proofs checked."""
    for kind in KINDS:
        yield outcome(kind, 0, 50 if quick else COUNT)


TABLES = [Table("decision-soundness", rows, key=("kind",))]


def main() -> None:
    """Run a piece of every kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--from", type=int, default=0, dest="start")
    given = parser.parse_args()
    for kind in KINDS:
        print(outcome(kind, given.start, given.count), flush=True)


if __name__ == "__main__":
    main()
