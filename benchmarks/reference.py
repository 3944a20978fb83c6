"""Reference values that take too long for a test, each beside what is known."""

from __future__ import annotations

from collections.abc import Iterator

import copos
from benchmarks._measure import Row, clock, measure
from benchmarks._table import Table
from copos.instances import GRAPHS


def bound(name: str, level: int, gram: str) -> Row:
    """Bound of a level on a graph's stability number."""
    record = GRAPHS[name]
    program = copos.stability_number(record.adjacency)
    start = clock()
    found = copos.bracket(program, level, gram=gram, certify=False)
    value, known = program.interpret(found.claimed), record.values[gram, level]
    return {
        "solve_s": clock() - start, "solver": found.solver, "value": value, "known": known,
        "difference": abs(value - known), "found": program.interpret(found.upper), "alpha": record.stability,
    }  # fmt: skip


def graphs(quick: bool) -> Iterator[Row]:
    """Bounds on stability numbers of the library's graphs, beside the published or twice computed value."""
    for record in GRAPHS.values():
        for gram, level in record.values:
            large = len(record.adjacency) > 64 or (level > 1 and len(record.adjacency) > 5)
            if not (quick and large):
                found = measure(bound, record.name, level, gram, warm=("cycle 5", 0, "sdp"))
                yield {"case": f"{record.name}, level {level}", "method": gram, **found}


TABLES = (Table("reference", graphs),)
