"""Proofs checked against the files they are about: every one is accepted, and none with one digit of a file changed.

The commands are those of a user: `copos bound …` writes a proof, `copos verify proof.json --data X.csv Y.csv` reads it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from click.testing import CliRunner

from benchmarks._data_kinds import DATA
from benchmarks._measure import Row, clock
from benchmarks._table import Table
from copos.commands.cli import main as copos

ACCEPTED, REJECTED = 0, 1  # exit statuses
# (rng, folder) ↦ the files, the command that proves, how `verify` is told of the files
Case = Callable[[np.random.Generator, Path], tuple[list[Path], list[str], list[str]]]


def _write(path: Path, M: np.ndarray) -> Path:
    """A table of short decimals."""
    path.write_text("".join(",".join(f"{v:.7g}" for v in row) + "\n" for row in M), encoding="utf-8")
    return path


def network(rng: np.random.Generator, folder: Path) -> tuple[list[Path], list[str], list[str]]:
    """A linear network on data of some kind; sometimes with weights or a ridge."""
    kinds = [kind for kind in DATA if kind not in ("scales", "zero columns")]
    X, Y = DATA[kinds[rng.integers(len(kinds))]](rng)
    files = [_write(folder / "X.csv", X), _write(folder / "Y.csv", Y)]
    widths = [len(X), int(rng.integers(1, min(len(X), len(Y)) + 1)), len(Y)]
    command = ["bound", "linear-network", *map(str, files), "--widths", ",".join(map(str, widths))]
    if rng.random() < 0.2:
        command += ["--ridge", "0.5"]
    elif rng.random() < 0.2:
        weights = _write(folder / "weights.csv", np.round(rng.uniform(0.5, 2, Y.shape), 2))
        return [*files, weights], [*command, "--weights", str(weights)], ["--data", *map(str, [*files, weights])]
    return files, command, ["--data", *map(str, files)]


def graph(rng: np.random.Generator, folder: Path) -> tuple[list[Path], list[str], list[str]]:
    """A graph of up to nine vertices in a DIMACS file."""
    n = int(rng.integers(4, 10))
    edges = [(i, j) for i in range(1, n + 1) for j in range(1, i) if rng.random() < 0.5] or [(2, 1)]
    path = folder / "graph.clq"
    path.write_text(f"p edge {n} {len(edges)}\n" + "".join(f"e {i} {j}\n" for i, j in edges), encoding="utf-8")
    command = ["stability-number", str(path), "--edges", ("weighted", "vanishing")[rng.integers(2)]]
    return [path], command, ["--graph", str(path)]


def _symmetric(rng: np.random.Generator, folder: Path, shift: float) -> Path:
    n = int(rng.integers(2, 6))
    A = np.round(rng.standard_normal((n, n)), 2)
    return _write(folder / "M.csv", A + A.T + shift * np.eye(n))


def simplex(rng: np.random.Generator, folder: Path) -> tuple[list[Path], list[str], list[str]]:
    """A standard quadratic program."""
    path = _symmetric(rng, folder, 1.0)
    return [path], ["bound", "standard-quadratic", str(path)], ["--matrix", str(path)]


def copositive(rng: np.random.Generator, folder: Path) -> tuple[list[Path], list[str], list[str]]:
    """A decision, strict or not."""
    path = _symmetric(rng, folder, float(rng.integers(0, 6)))
    strict = ["--strict"] if rng.random() < 0.4 else []
    return [path], ["copositive", str(path), *strict], ["--matrix", str(path)]


def completely_positive(rng: np.random.Generator, folder: Path) -> tuple[list[Path], list[str], list[str]]:
    """BB' of integers."""
    B = rng.integers(0, 5, (4, 6))
    path = _write(folder / "M.csv", (B @ B.T).astype(float))
    return [path], ["completely-positive", str(path)], ["--matrix", str(path)]


CASES: dict[str, tuple[Case, int]] = {
    "linear networks": (network, 60),
    "graphs": (graph, 15),
    "standard quadratic programs": (simplex, 9),
    "copositive matrices": (copositive, 10),
    "completely positive matrices": (completely_positive, 6),
}


def changed(rng: np.random.Generator, path: Path) -> str:
    """The file with one digit of one number changed; of a graph, one edge moved or left out of the file's numbers."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".clq":
        return _other_graph(rng, text)
    digits = [m.start() for m in re.finditer(r"\d", text)]
    exponents = {p for m in re.finditer(r"e[+-]?\d+", text) for p in range(*m.span())}
    rows = text.splitlines()
    square = len(rows) == len(rows[0].split(",")) and path.name == "M.csv"
    if square:  # a diagonal entry, so that the matrix stays symmetric
        k = int(rng.integers(len(rows)))
        cells = rows[k].split(",")
        cells[k] = _other_digit(rng, cells[k])
        rows[k] = ",".join(cells)
        return "\n".join(rows) + "\n"
    place = rng.choice([p for p in digits if p not in exponents])
    digit = rng.choice([d for d in "123456789" if d != text[place]])
    return text[:place] + digit + text[place + 1 :]


def _other_digit(rng: np.random.Generator, cell: str) -> str:
    place = rng.choice([m.start() for m in re.finditer(r"\d", cell.split("e")[0])])
    digit = rng.choice([d for d in "123456789" if d != cell[place]])
    return cell[:place] + digit + cell[place + 1 :]


def _other_graph(rng: np.random.Generator, text: str) -> str:
    """One end of one edge changed, such that it is an edge that was not there."""
    head, *lines = text.splitlines()
    n = int(head.split()[2])
    present = {tuple(sorted(map(int, line.split()[1:]))) for line in lines}
    absent = [(i, j) for i in range(1, n + 1) for j in range(i + 1, n + 1) if (i, j) not in present]
    near = [(k, pair) for k, line in enumerate(lines) for pair in absent if set(pair) & set(map(int, line.split()[1:]))]
    if not near:
        return "\n".join([f"p edge {n} {len(lines) - 1}", *lines[:-1]]) + "\n"
    k, (i, j) = near[rng.integers(len(near))]
    lines[k] = f"e {i} {j}"
    return "\n".join([head, *lines]) + "\n"


def _status(arguments: list[str]) -> tuple[int, str]:
    done = CliRunner().invoke(copos, arguments)
    words = done.output.strip().splitlines()
    return done.exit_code, words[-1] if words else str(done.exception)


def verified(case: Case, rng: np.random.Generator) -> Row:
    """Prove, verify, change a digit, verify."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        files, command, told = case(rng, folder)
        proof = str(folder / "proof.json")
        start = clock()
        made, words = _status([*command, "--certificate", proof])
        row = {"proved": Path(proof).exists(), "accepted": False, "rejected": False, "words": f"{made}: {words}"}
        if row["proved"]:
            code, words = _status(["verify", proof, *told])
            row["accepted"] = code == ACCEPTED
            if not row["accepted"]:
                row["words"] = f"not accepted, {code}: {words}"
            path = files[rng.integers(len(files))]
            path.write_text(changed(rng, path), encoding="utf-8")
            code, words = _status(["verify", proof, *told])
            row["rejected"] = code == REJECTED
            if not row["rejected"]:
                row["words"] = f"not rejected, {code}: {words}"
        return row | {"cpu_s": clock() - start}


def verify_data(quick: bool) -> Iterator[Row]:
    """100 proofs against their files: accepted as they are, rejected with one digit changed."""
    for name, (case, count) in CASES.items():
        rows = [verified(case, np.random.default_rng([15, k])) for k in range(3 if quick else count)]
        totals = {what: sum(row[what] for row in rows) for what in ("proved", "accepted", "rejected")}
        bad = [row["words"] for row in rows if not (row["accepted"] and row["rejected"])]
        yield {"case": name, "problems": len(rows), **totals, "each_s": float(np.mean([row["cpu_s"] for row in rows])),
               "status": f"{len(bad)}: {bad[0]}"[:120] if bad else "ok"}  # fmt: skip


TABLES = [Table("verify-data", verify_data, key=("case",))]
