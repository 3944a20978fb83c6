"""One table with named columns, a sample a row: which columns are inputs, which are targets, which one is a weight.

The first row holds the names. Cells of the columns that are used are numbers, read as written; of targets they may be
missing. A first column without a name, or with one that data frames give their index, is left out, and so is what
nobody asks for: other columns may hold anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from copos.interop import text_table
from copos.support.names import meant

INDEX = frozenset(("", "index", "unnamed: 0", "__index_level_0__", "rownames", "row.names"))
COUNTERS = frozenset(("id", "idx", "index", "no", "nr", "row"))  # names of columns that may number the rows
SHOWN = 12  # names of columns in a message


class Columns(NamedTuple):
    """Names, and cells as (place, values) of every row: text, or None where nothing stands."""

    names: list[str]
    rows: list[tuple[str, list[str | None]]]


class Samples(NamedTuple):
    """Inputs and targets with a sample a row, as Fractions; weights of the cells (0: missing) and of the samples."""

    X: NDArray[Any]
    Y: NDArray[Any]
    weights: NDArray[Any] | None
    sample_weight: list[Fraction] | None
    inputs: list[str]
    targets: list[str]
    index: str | None


def read_samples(
    path: str | Path, targets: Sequence[str], inputs: Sequence[str] = (), weight: str | None = None
) -> Samples:
    r"""The samples of a table: the columns `targets`, and `inputs` or else all others but an index.

    Parameters
    ----------
    path : a .csv or .txt file with a first row of names, "-" for one on standard input, or a .parquet file
    targets, inputs : names of columns; cells of targets may be missing
    weight : the column with the weights of the samples

    Raises
    ------
    ValueError
        If a column is not there or twice there, or a cell is no number; the message names line and column.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "men.csv"
    >>> _ = file.write_text(",age,weight,name\n0,41,71.5,Ann\n1,38,NA,Bo\n")
    >>> read_samples(file, targets=["weight"], inputs=["age"]).Y.tolist()
    [[Fraction(143, 2)], [Fraction(0, 1)]]
    >>> read_samples(file, targets=["weight"])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ValueError: ...men.csv: line 2, column 'name': 'Ann' is no number; ...
    """
    where = "standard input" if str(path) == "-" else str(path)
    try:
        return _chosen(_columns(path), list(targets), list(inputs), weight)
    except (ValueError, OSError) as error:
        said = str(error)
        raise ValueError(said if said.startswith(where) else f"{where}: {said}") from None


def read_columns(path: str | Path, names: Sequence[str]) -> NDArray[Any]:
    r"""(rows, names) Fractions: some columns of a table with names, of which no cell may be missing.

    Raises
    ------
    ValueError
        As for `read_samples`.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "shops.csv"
    >>> _ = file.write_text("shop,area,rent\nNorth,41,0.5\nSouth,38,1/3\n")
    >>> read_columns(file, ["rent"]).tolist()
    [[Fraction(1, 2)], [Fraction(1, 3)]]
    """
    where = "standard input" if str(path) == "-" else str(path)
    try:
        table = _columns(path)
        _require(table.names, list(names))
        return _objects(_numbers(table, list(names), False))
    except (ValueError, OSError) as error:
        said = str(error)
        raise ValueError(said if said.startswith(where) else f"{where}: {said}") from None


def _require(names: list[str], asked: list[str]) -> None:
    """Refuse columns that are not there, there twice or asked for twice."""
    for name in asked:
        if name not in names:
            commas = " (in a list, a name with a comma stands in double quotes)" if "," in "".join(names) else ""
            raise ValueError(f"has no column {name!r}; {meant(name, names)}it has {_shown(names)}{commas}")
        if names.count(name) > 1:
            raise ValueError(f"has two columns {name!r}; expected names that differ")
        if asked.count(name) > 1:
            raise ValueError(f"the column {name!r} is asked for twice, as an input, a target or a weight")


def counters(samples: Samples) -> list[str]:
    """Inputs that only number the rows, 0, 1, 2, … or 1, 2, 3, …, under a name such as "id".

    >>> X = np.array([[1, 5], [2, 0], [3, 1]], dtype=object)
    >>> counters(Samples(X, X, None, None, ["id", "age"], ["y"], None))
    ['id']
    """
    named = ((name, samples.X[:, k].tolist()) for k, name in enumerate(samples.inputs))
    n = len(samples.X)
    counts = (list(range(n)), list(range(1, n + 1))) if n > 1 else ()
    return [name for name, column in named if name.strip().lower() in COUNTERS and column in counts]


def _chosen(table: Columns, targets: list[str], inputs: list[str], weight: str | None) -> Samples:
    names = table.names
    twice = sorted({name for name in names if names.count(name) > 1})
    index = names[0] if names[0].strip().lower() in INDEX and names[0] not in [*targets, *inputs, weight] else None
    _require(names, [*targets, *inputs, *([weight] if weight is not None else [])])
    if not targets:
        raise ValueError(f"which columns are targets? It has {_shown(names)}")
    if not inputs:
        left = {*targets, weight} | ({index} if index is not None else set())
        inputs = [name for name in names if name not in left]
        if not inputs:
            raise ValueError("has no columns but the targets; expected inputs, too")
        if twice:
            raise ValueError(f"has two columns {twice[0]!r}; expected names that differ, or the inputs by name")
    X, Y = (_numbers(table, chosen, missing) for chosen, missing in ((inputs, False), (targets, True)))
    lost = np.array([[v is None for v in row] for row in Y])
    if lost.all():
        raise ValueError("every cell of the targets is missing")
    weights = None
    if lost.any():
        Y = [[v if v is not None else Fraction(0) for v in row] for row in Y]
        weights = _objects([[Fraction(int(not v)) for v in row] for row in lost])
    of_samples = None if weight is None else [row[0] for row in _numbers(table, [weight], False)]
    return Samples(_objects(X), _objects(Y), weights, of_samples, inputs, targets, index)


def _numbers(table: Columns, names: list[str], missing: bool) -> list[list[Any]]:
    """The cells of some columns as Fractions, None where one is missing."""
    at = [table.names.index(name) for name in names]
    out: list[list[Any]] = []
    for place, cells in table.rows:
        row: list[Any] = []
        for k, name in zip(at, names, strict=True):
            cell = cells[k]
            if cell is None or cell.lower() in text_table.MISSING:
                if not missing:
                    raise ValueError(f"{place}, column {name!r}: is missing; only cells of targets may be")
                row.append(None)
                continue
            try:
                row.append(text_table.rational(cell))
            except ValueError as error:
                text = cell if len(cell) <= 40 else cell[:37] + "…"
                more = "" if missing else "; name the columns that are inputs, if this is none of them"
                raise ValueError(f"{place}, column {name!r}: {text!r} {error}{more}") from None
        out.append(row)
    return out


def _columns(path: str | Path) -> Columns:
    name = str(path)
    file = text_table.STDIN if name == "-" else Path(name)
    if file is not text_table.STDIN and ("\0" in name or not file.is_file()):
        raise ValueError("is a folder" if "\0" not in name and file.is_dir() else "no such file")
    if file.suffix.lower() == ".parquet":
        return _parquet(file)
    if file is not text_table.STDIN and file.suffix.lower() not in (".csv", ".txt", ".tsv"):
        raise ValueError("columns have names in .csv, .tsv, .txt and .parquet files only")
    found = list(text_table.records(text_table.decoded(file)))
    if len(found) < 2:
        raise ValueError("is empty" if not found else "has no rows below its names")
    first, *rest = found
    if not any(cell[:1].isalpha() or cell[:1] == "_" for cell in first.cells):
        raise ValueError(f"line {first.line}: expected the names of the columns, got {', '.join(first.cells[:4])}")
    for row in rest:
        if len(row.cells) != len(first.cells):
            more = "; does it end with a delimiter?" if row.cells[-1] == "" else ""
            raise ValueError(f"line {row.line}: has {len(row.cells)} cells, the header has {len(first.cells)}{more}")
    return Columns(first.cells, [(f"line {row.line}", list(row.cells)) for row in rest])


def _parquet(file: Path) -> Columns:
    try:
        from pyarrow import ArrowException  # pyright: ignore[reportMissingImports]
        from pyarrow.parquet import read_table  # pyright: ignore[reportMissingImports]
    except ModuleNotFoundError:
        raise ValueError("needs pyarrow, which is not installed: pip install pyarrow") from None
    try:
        table = read_table(file)
    except (ArrowException, OSError) as error:
        raise ValueError(f"is no readable .parquet file ({error})") from None
    if not table.num_rows:
        raise ValueError("has no rows")
    columns = [column.to_pylist() for column in table.columns]
    rows = [(f"row {k}", [_text(v) for v in cells]) for k, cells in enumerate(zip(*columns, strict=True), 1)]
    return Columns([str(name) for name in table.column_names], rows)


def _text(value: Any) -> str | None:
    """A value as the text of a cell; a double by all its digits, so that it means its dyadic value."""
    if value is None or (isinstance(value, float) and value != value):
        return None
    if isinstance(value, float) and value not in (float("inf"), -float("inf")):
        return str(Fraction(value))
    return str(int(value)) if isinstance(value, bool) else str(value)


def _objects(rows: list[list[Any]]) -> NDArray[Any]:
    out = np.empty((len(rows), len(rows[0])), dtype=object)
    out[:] = rows
    return out


def _shown(names: list[str]) -> str:
    return ", ".join(map(repr, names[:SHOWN])) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
