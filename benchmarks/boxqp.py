"""Box-constrained quadratic programs, max ½x'Qx + c'x over [0, 1]^n: proved to 1e-4, beside SCIP and Gurobi.

`python -m benchmarks boxqp DIR` reads the instances spar*.in in a folder, each with n, then c, then Q row by row, and
the known maxima in `optima.csv` beside them; without a folder instances of the same distribution are drawn: integers
from −50 to 50 in c and, with the given density, in Q [VandenbusscheNemhauser2005].
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import copos
from benchmarks._measure import Row, clock, measure
from benchmarks._table import Table

FOLDER: Path | None = None  # set by the command line
TOLERANCE, SECONDS, PEER_SECONDS, WALL = 1e-4, 600.0, 60.0, 8.0
PEERS = ("pyscipopt", "gurobipy")
PEER_CASES = 4  # so many instances are solved by the others, too, where they are installed
DRAWN = [(20, 100), (30, 60), (30, 100), (40, 30), (40, 60), (40, 100), (50, 30), (50, 50), (60, 20)]

Matrix = NDArray[np.float64]


def drawn(n: int, density: int, seed: int) -> tuple[Matrix, Matrix]:
    """(Q, c) with the distribution of the published instances."""
    rng = np.random.default_rng([n, density, seed])
    kept = np.triu(rng.random((n, n)) * 100 < density)
    Q = np.triu(rng.integers(-50, 51, (n, n))) * kept
    return (Q + np.triu(Q, 1).T).astype(float), rng.integers(-50, 51, n).astype(float)


def instance(name: str, folder: str | None) -> tuple[Matrix, Matrix]:
    """(Q, c) of a file, or of a drawn instance with such a name."""
    if folder is not None:
        numbers = np.array((Path(folder) / f"{name}.in").read_text(encoding="utf-8").split(), dtype=float)
        n = int(numbers[0])
        return numbers[1 + n : 1 + n + n * n].reshape(n, n), numbers[1 : 1 + n]
    n, density, seed = (int(part) for part in name.removeprefix("drawn").split("-"))
    return drawn(n, density, seed)


def here(name: str, folder: str | None, seconds: float) -> Row:
    """The bracket of this package."""
    Q, c = instance(name, folder)
    start = clock()
    program = copos.binary_quadratic(-Q / 2, -c, binary=[], upper=1)
    # CPU seconds, since wall seconds on a shared machine are those of others, too
    bound = copos.bracket(program, tolerance=TOLERANCE, time_limit=WALL * seconds,
                          callback=lambda _: clock() - start > seconds)  # fmt: skip
    row: Row = {"solve_s": clock() - start, "upper": -bound.lower, "found": -bound.upper, "cells": max(bound.cells, 1),
                "gap": bound.gap / abs(bound.upper), "status": "ok" if bound.closed else "open"}  # fmt: skip
    start = clock()
    assert bound.certificate is not None
    row["proved"] = bound.certificate.verify(program).proved and bound.upper_certificate is not None
    return row | {"check_s": clock() - start, "proof_kB": len(json.dumps(bound.certificate.document())) // 1000}


def scip(name: str, folder: str | None, seconds: float) -> Row:
    """SCIP, one thread, to the same gap; its objective is linear, so the quadratic is a constraint."""
    from pyscipopt import Model, quicksum  # type: ignore[import-not-found]

    Q, c = instance(name, folder)
    n = len(c)
    start = clock()
    model = Model()
    model.hideOutput()
    model.setParam("limits/gap", TOLERANCE)
    model.setParam("timing/clocktype", 1)  # CPU seconds
    model.setParam("limits/time", seconds)
    x, top = [model.addVar(lb=0, ub=1) for _ in range(n)], model.addVar(lb=None)
    pairs = [(i, j) for i, j in zip(*np.nonzero(np.triu(Q)), strict=True)]
    square = quicksum((Q[i, j] if i != j else Q[i, i] / 2) * x[i] * x[j] for i, j in pairs)
    model.addCons(top <= square + quicksum(c[i] * x[i] for i in range(n)))
    model.setObjective(top, "maximize")
    model.optimize()
    bound, found = model.getDualbound(), model.getObjVal() if model.getNSols() else -np.inf
    gap = (bound - found) / abs(found)
    return {"solve_s": clock() - start, "upper": bound, "found": found, "gap": gap, "cells": model.getNNodes(),
            "status": "ok" if gap <= TOLERANCE else "open"}  # fmt: skip


def gurobi(name: str, folder: str | None, seconds: float) -> Row:
    """Gurobi, one thread, to the same gap."""
    import gurobipy as gp  # type: ignore[import-not-found]

    Q, c = instance(name, folder)
    start = clock()
    with gp.Env(params={"OutputFlag": 0}) as environment, gp.Model(env=environment) as model:
        model.Params.Threads, model.Params.NonConvex, model.Params.MIPGap = 1, 2, TOLERANCE
        model.Params.TimeLimit = seconds
        x = model.addMVar(len(c), lb=0, ub=1)
        model.setObjective(x @ (Q / 2) @ x + c @ x, gp.GRB.MAXIMIZE)
        model.optimize()
        bound, found, cells = model.ObjBound, model.ObjVal, int(model.NodeCount)
    gap = (bound - found) / abs(found)
    return {"solve_s": clock() - start, "upper": bound, "found": found, "gap": gap, "cells": cells,
            "status": "ok" if gap <= TOLERANCE else "open"}  # fmt: skip


METHODS = {"copos": here, "SCIP": scip, "Gurobi": gurobi}


def known(folder: str | None) -> dict[str, float]:
    """The published maxima."""
    path = None if folder is None else Path(folder) / "optima.csv"
    if path is None or not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as handle:
        return {row["instance"]: float(row["maximum"]) for row in csv.DictReader(handle)}


def boxqp(quick: bool) -> Iterator[Row]:
    """Box-constrained quadratic programs to a relative gap of 1e-4: CPU seconds, proved bounds, cells, proof sizes."""
    folder = None if FOLDER is None else str(FOLDER)
    names = [f"drawn{n:03}-{d:03}-1" for n, d in DRAWN]
    if FOLDER is not None:
        names = sorted(path.stem for path in FOLDER.glob("*.in"))
    names = names[:3] if quick else names
    maxima = known(folder)
    others = [name for name, module in zip(("SCIP", "Gurobi"), PEERS, strict=True) if find_spec(module)]
    beside = set(names[:: max(1, len(names) // PEER_CASES)])
    for name in names:
        more: dict[str, Any] = {"maximum": maxima[name]} if name in maxima else {}
        for method in ("copos", *(others if name in beside and not quick else ())):
            seconds = 60.0 if quick else SECONDS if method == "copos" else PEER_SECONDS
            found = measure(METHODS[method], name, folder, seconds, repeats=1, limit=10 * SECONDS)
            yield {"case": name, "method": method, **more, **found}


TABLES = [Table("boxqp", boxqp)]
