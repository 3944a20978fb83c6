"""The common shape of a benchmark: a table is a function that yields rows; here they are stored, shown and compared."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks._measure import Row, machine, yardstick
from copos.support.files import replacing

COMMITTED = Path(__file__).parent / "results"
LATEST = Path("results") / "benchmarks"
LEAST = 0.02  # seconds below which a time is noise and is not compared


@dataclass(frozen=True)
class Curve:
    """A picture: column y against column x, one line for every value of `by`, both axes logarithmic."""

    x: str
    y: str
    by: str = "method"


@dataclass(frozen=True)
class Table:
    """What is measured; the first line of the docstring of `rows` is its caption.

    Attributes
    ----------
    name : file name of its result
    rows : (quick) ↦ rows as dicts of plain values. Columns ending in `_s` are seconds, in `_MB` memory
    key : columns that say which row is which; runs are compared row by row
    ratio : (seconds column, method): a column `ratio` is added, the row's seconds over that method's in the same case
    curve : a picture of growth
    """

    name: str
    rows: Callable[[bool], Iterable[Row]]
    key: tuple[str, ...] = ("case", "method")
    ratio: tuple[str, str] | None = None
    curve: Curve | None = None

    @property
    def caption(self) -> str:
        """What the table says."""
        return (self.rows.__doc__ or self.name).strip().splitlines()[0]


def identity(table: Table, row: Row) -> tuple[str, ...]:
    """The row's place in the table."""
    return tuple(str(row.get(column, "")) for column in table.key)


def with_ratios(table: Table, rows: list[Row]) -> list[Row]:
    """Rows with the column `ratio`, where both times are there."""
    if table.ratio is None:
        return rows
    column, method = table.ratio
    same = [name for name in table.key if name != "method"]
    base = {tuple(row.get(k) for k in same): row.get(column) for row in rows if row.get("method") == method}
    out = []
    for row in rows:
        reference, own = base.get(tuple(row.get(k) for k in same)), row.get(column)
        out.append(row if reference is None or own is None else {**row, "ratio": own / reference})
    return out


def run(table: Table, quick: bool, say: Callable[[str], None]) -> Row:
    """Measure a table: its document. `say` gets a line for every row as it comes."""
    document: Row = {
        "table": table.name,
        "caption": table.caption,
        "date": date.today().isoformat(),
        "quick": quick,
        "yardstick_s": yardstick(),
        "machine": machine(),
    }
    rows = []
    for row in table.rows(quick):
        rows.append(row)
        say("  ".join(f"{key}={shown(key, value)}" for key, value in row.items()))
    return document | {"rows": with_ratios(table, rows)}


def added(table: Table, before: Row, now: Row) -> Row:
    """A run with the rows of an earlier one that it does not have; sorted by cases, where those were."""
    new = {identity(table, row): row for row in now["rows"]}
    rows = [new.pop(identity(table, row), row) for row in before["rows"]] + list(new.values())
    cases = [str(row.get(table.key[0], "")) for row in before["rows"]]
    if cases == sorted(cases):
        rows.sort(key=lambda row: str(row.get(table.key[0], "")))
    return now | {"rows": with_ratios(table, rows)}


def save(table: Table, document: Row, folder: Path) -> None:
    """NAME.json with everything, NAME.csv with the rows, NAME.svg with the picture."""
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / f"{table.name}.json", "w", "utf-8") as handle:
        json.dump(document, handle, indent=1, ensure_ascii=False, default=_plain)
        handle.write("\n")
    text = io.StringIO()
    writer = csv.DictWriter(text, columns(document["rows"]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(document["rows"])
    with replacing(folder / f"{table.name}.csv", "w", "utf-8") as handle:
        handle.write(text.getvalue())
    if table.curve is not None:
        draw(table.curve, document, folder / f"{table.name}.svg")


def load(table: Table, folder: Path) -> Row | None:
    """The document that was stored, if any."""
    path = folder / f"{table.name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def columns(rows: Iterable[Row]) -> list[str]:
    """All columns, in the order in which they first occur."""
    return list(dict.fromkeys(key for row in rows for key in row))


def shown(column: str, value: Any) -> str:
    """A cell for a reader."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    if column == "ratio":
        return f"{value:.3g}×"
    if column.endswith("_MB"):
        return f"{value:.0f}"
    if column.endswith(("_s", "_ms")):
        return f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else f"{value:.7g}"


def shown_columns(rows: list[Row]) -> list[str]:
    """Columns worth a reader's time: `status` only where a row is not ok, `cpu_s` only where nothing finer is there."""
    names = columns(rows)
    if all(row.get("status", "ok") == "ok" for row in rows):
        names = [name for name in names if name != "status"]
    if any(name.endswith("_s") and name != "cpu_s" for name in names):
        names = [name for name in names if name != "cpu_s"]
    return names


def markdown(document: Row) -> str:
    """The rows as a Markdown table, with the machine below."""
    rows = document["rows"]
    names = shown_columns(rows)
    lines = [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
    for row in rows:
        cells = (shown(name, row.get(name)).replace("|", "\\|") for name in names)
        lines.append(f"| {' | '.join(cells)} |")
    m = document["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in m["versions"].items())
    short = ", a short run" if document["quick"] else ""
    lines += ["", f"Measured {document['date']} on {m['processor']}, {m['cores']} cores, one thread{short}; "
              f"Python {m['python']}, {versions}."]  # fmt: skip
    return "\n".join(lines)


def regressions(table: Table, old: Row, new: Row, threshold: float) -> list[str]:
    """What became slower by more than `threshold` (seconds by each run's yardstick), bigger, wrong or missing."""
    speed = old["yardstick_s"] / new["yardstick_s"]
    before = {identity(table, row): row for row in old["rows"]}
    out = []
    for row in new["rows"]:
        name = identity(table, row)
        past = before.pop(name, None)
        if past is None:
            continue
        if past.get("status", "ok") != row.get("status", "ok"):
            out.append(f"{' / '.join(name)}: status was {past.get('status')!r}, is {row.get('status')!r}")
        for column in row:
            was, now = past.get(column), row[column]
            if not isinstance(was, (int, float)) or not isinstance(now, (int, float)):
                continue
            if column.endswith("_s") and max(was, now) > LEAST and now * speed > threshold * was:
                out.append(f"{' / '.join(name)}: {column} was {was:.3g}, is {now * speed:.3g} at the same speed")
            elif column.endswith("_MB") and now > threshold * was:
                out.append(f"{' / '.join(name)}: {column} was {was:.0f}, is {now:.0f}")
            elif column == "value" and abs(now - was) > 1e-4 * max(1.0, abs(was)):
                out.append(f"{' / '.join(name)}: value was {was:.8g}, is {now:.8g}")
    if not new["quick"]:
        out += [f"{' / '.join(name)}: not measured any more" for name in before]
    return out


def draw(curve: Curve, document: Row, path: Path) -> None:
    """Growth curves; needs Matplotlib, and is left out without it."""
    try:
        import matplotlib
    except ImportError:
        return
    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    with plt.rc_context({"svg.hashsalt": "copos", "svg.fonttype": "none"}):
        figure, axes = plt.subplots(figsize=(6.4, 4.2), layout="constrained")
        lines: dict[str, list[tuple[float, float]]] = {}
        for row in document["rows"]:
            if all(isinstance(row.get(c), (int, float)) and row[c] > 0 for c in (curve.x, curve.y)):
                lines.setdefault(str(row.get(curve.by)), []).append((row[curve.x], row[curve.y]))
        for label, points in lines.items():
            axes.plot(*zip(*sorted(points), strict=True), marker="o", markersize=4, label=label)
        axes.set(xscale="log", yscale="log", xlabel=curve.x, ylabel=curve.y, title=document["caption"].rstrip("."))
        axes.grid(alpha=0.3, which="both", linewidth=0.5)
        axes.legend(fontsize="small")
        figure.savefig(path, metadata={"Date": None})
        plt.close(figure)


def _plain(value: Any) -> Any:
    """NumPy's numbers as Python's."""
    if hasattr(value, "item"):
        value = value.item()
        return None if isinstance(value, float) and not math.isfinite(value) else value
    raise TypeError(f"a row holds {type(value).__name__}, expected plain values")
