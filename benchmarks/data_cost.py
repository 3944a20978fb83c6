"""What exact data cost: CPU seconds from the data to a proved bracket, beside those of an earlier commit.

python -m benchmarks data-cost             the code as it is, and the committed rows of earlier commits
python -m benchmarks.data_cost 2c08c6a     store the code as it is in the committed result, under that name
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np

from benchmarks import _table
from benchmarks._measure import Row, clock, measure
from benchmarks._table import COMMITTED, Table
from copos import bracket, linear_network

NOW = "now"
CASES = ("Linnerud, rank 1", "Linnerud, rank 2", "diabetes", "10,000 × 100", "10,000 × 100, two outputs, rank 1")


def data(case: str) -> tuple[np.ndarray, np.ndarray, int]:
    """X, Y and the rank."""
    if case.startswith("Linnerud"):
        from sklearn.datasets import load_linnerud

        X, Y = load_linnerud(return_X_y=True)
        return X.T, Y.T, int(case[-1])
    if case == "diabetes":
        from sklearn.datasets import load_diabetes

        X, y = load_diabetes(return_X_y=True)
        return X.T, y[None], 1
    rng, outputs = np.random.default_rng(0), 2 if "two" in case else 1
    X = rng.standard_normal((100, 10_000))
    return X, rng.standard_normal((outputs, 100)) @ X + rng.standard_normal((outputs, 10_000)), 1


def bracketed(case: str) -> Row:
    """`linear_network` and `bracket` with their defaults."""
    X, Y, rank = data(case)
    start = clock()
    program = linear_network(X, Y, [len(X), rank, len(Y)], lift="auto")
    built = clock()
    bound = bracket(program)
    ended = clock()
    return {"build_s": built - start, "bracket_s": ended - built, "total_s": ended - start, "lower": bound.lower,
            "upper": bound.upper, "gap": f"{bound.gap / abs(bound.upper):.1e}",
            "status": "ok" if bound.proved else "no proof"}  # fmt: skip


def measured(quick: bool, code: str) -> Iterator[Row]:
    """Every case in a process of its own."""
    for case in CASES[:3] if quick else CASES:
        yield {"case": case, "code": code, **measure(bracketed, case, warm=("Linnerud, rank 1",), repeats=5)}


def data_cost(quick: bool) -> Iterator[Row]:
    """CPU seconds of `linear_network` and `bracket`: Linnerud, diabetes, 10,000 samples of 100 inputs; then and now."""
    yield from earlier()
    yield from measured(quick, NOW)


def earlier() -> list[Row]:
    """The committed rows of other commits."""
    document = _table.load(TABLES[0], COMMITTED)
    return [] if document is None else [row for row in document["rows"] if row["code"] != NOW]


TABLES = [Table("data-cost", data_cost, key=("case", "code"))]


def main(code: str) -> None:
    """Store the code as it is under a name."""

    def rows(quick: bool) -> Iterator[Row]:
        yield from (row for row in earlier() if row["code"] != code)
        yield from measured(quick, code)

    rows.__doc__ = data_cost.__doc__
    table = Table("data-cost", rows, TABLES[0].key)
    _table.save(table, _table.run(table, False, print), COMMITTED)


if __name__ == "__main__":
    main(sys.argv[1])
