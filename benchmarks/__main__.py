"""`python -m benchmarks`: measure, compare with the committed run, write the tables of the manual."""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table as Grid

from benchmarks import _pages, _table
from benchmarks._table import COMMITTED, LATEST, Table, columns, shown, shown_columns

WHAT = """files or tables to measure, all by default; or one of: `list` what there is, `compare [NAME …]` the latest run
with the committed one, `pages` to write the manual's tables; a folder holds the instances of `boxqp`,
`graph-numbers` or `assignments`"""
WITH_FOLDER = ("boxqp", "graph_numbers", "assignments")
MODULES = sorted(p.stem for p in Path(__file__).parent.glob("*.py") if not p.stem.startswith("_"))


def tables(names: list[str]) -> list[Table]:
    """All tables, or those of the modules and the tables that are named."""
    found = {module: importlib.import_module(f"benchmarks.{module}").TABLES for module in MODULES}
    every = [table for group in found.values() for table in group]
    by_name = {table.name: [table] for table in every} | found
    unknown = set(names) - set(by_name)
    if unknown:
        sys.exit(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(sorted(by_name))}")
    chosen = [table for name in names for table in by_name[name]] if names else every
    return list({table.name: table for table in chosen}.values())


def measured(names: list[str], quick: bool, commit: bool, add: bool = False) -> None:
    """Run, show and store; with `add` beside the rows of the committed run that were not measured again."""
    console = Console(width=160 if not sys.stdout.isatty() else None)
    folder = COMMITTED if commit else LATEST
    for table in tables(names):
        console.rule(f"{table.name}: {table.caption}", align="left")
        document = _table.run(table, quick, lambda line: print(line, file=sys.stderr, flush=True))
        before = _table.load(table, COMMITTED) if add else None
        document = document if before is None else _table.added(table, before, document)
        rows = document["rows"]
        grid = Grid(*(shown_columns(rows) if rows else columns(rows)))
        for row in rows:
            grid.add_row(*(shown(name, row.get(name)) for name in shown_columns(rows)))
        console.print(grid)
        _table.save(table, document, folder)
        console.print(f"stored in {folder / table.name}.json")


def compared(names: list[str], threshold: float) -> int:
    """Latest run against the committed one; 1 if something became worse."""
    worse = 0
    for table in tables(names):
        old, new = _table.load(table, COMMITTED), _table.load(table, LATEST)
        if old is None or new is None:
            missing = "no committed result" if old is None else "not measured here"
            print(f"{table.name}: {missing}")
            continue
        found = _table.regressions(table, old, new, threshold)
        worse += len(found)
        print(f"{table.name}: {len(found) or 'nothing'} worse than on {old['date']}", *found, sep="\n   ")
    return int(worse > 0)


def main(arguments: list[str] | None = None) -> int:
    """Run what the command line asks for; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=WHAT)
    parser.add_argument("--quick", action="store_true", help="small sizes only")
    parser.add_argument("--commit", action="store_true", help=f"store in {COMMITTED.name}/, the run to compare with")
    parser.add_argument("--add", action="store_true", help="keep the committed rows that are not measured again")
    parser.add_argument("--threshold", type=float, default=1.5, help="factor that `compare` calls worse (default 1.5)")
    given = parser.parse_args(arguments)
    for name in [name for name in given.names if Path(name).is_dir()]:
        for module in WITH_FOLDER:
            importlib.import_module(f"benchmarks.{module}").FOLDER = Path(name)
        given.names.remove(name)
    first, rest = (given.names or [""])[0], given.names[1:]
    if first == "list":
        for table in tables(rest):
            print(f"{table.name:24} {table.caption}")
    elif first == "compare":
        return compared(rest, given.threshold)
    elif first == "pages":
        for path, text in _pages.outdated(tables([])).items():
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path.name}")
    else:
        measured(given.names, given.quick, given.commit, given.add)
    return 0


if __name__ == "__main__":
    sys.exit(main())
