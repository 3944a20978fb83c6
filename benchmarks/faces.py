"""Complete positivity on, just inside and just outside faces cut out by exceptional copositive matrices.

"hidden" is outside, but inside of the range and the zero pattern of a matrix on the face.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import chain

from benchmarks._face_cases import cases
from benchmarks._measure import Row, clock
from benchmarks._table import Table
from copos.decision.complete_positivity import is_completely_positive

LIMIT = 60.0  # CPU seconds in which a case is to be decided
WALL = 300.0
EACH = int(os.environ.get("FACES_EACH", "1"))  # scalings of every matrix; a quarter of it from order 10 on
ORDERS = range(5, 13)
if "FACES_ORDERS" in os.environ:  # "5-7": the others stay as they are with --add
    ORDERS = range(*(int(n) + k for k, n in enumerate(os.environ["FACES_ORDERS"].split("-"))))


def faces(quick: bool) -> Iterator[Row]:
    """BB' with columns among the zeros of an extreme copositive matrix, and ±ε: decided with checked evidence."""
    groups: dict[tuple[int, str], Row] = {}
    small = [n for n in ORDERS if n < (8 if quick else 10)]
    large = [] if quick else [n for n in ORDERS if n >= 10]
    every = chain(cases(EACH, small), cases((EACH + 3) // 4, large))
    for case in every:
        where = case.where.split()[0]
        row = groups.setdefault((len(case.M), where), {
            "order": len(case.M), "where": where, "cases": 0, "decided": 0, "wrong": 0, "not proved": 0,
            "slowest_s": 0.0,
        })  # fmt: skip
        start = clock()
        found = is_completely_positive(case.M, time_limit=WALL)
        row["cases"] += 1
        row["decided"] += found.answer is not None and clock() - start <= LIMIT
        row["wrong"] += found.answer is not None and found.answer is not case.answer
        row["slowest_s"] = max(row["slowest_s"], clock() - start)
        row["not proved"] += found.certificate is not None and not found.certificate.verify(case.M).proved
    for row in groups.values():
        yield {**row, "status": "WRONG" if row["wrong"] or row["not proved"] else "ok"}


TABLES = [Table("faces", faces, key=("order", "where"))]
