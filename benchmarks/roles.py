"""From data of one's own to the first proved bound, in the five roles of the manual's page, each in a fresh process.

Everything counts that a user waits for once the package is installed: the start of Python, imports, reading, the bound,
its proof and the check of the proof. Data have what data have: names with commas, an index, words, missing cells.
"""

from __future__ import annotations

import csv
import math
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks._measure import ONE_THREAD, Row
from benchmarks._table import Table

LIMIT = 180.0  # seconds that a new user gives it
ROOT = Path(__file__).parents[1]


class Try(NamedTuple):
    """Who tries what; `program` is a line of Python or a command, `said` is in the answer if it is proved."""

    you: str
    what: str
    program: str
    said: str = "proved"


def houses(path: Path, n: int = 180) -> None:
    """A table as it comes out of a data frame: an index, a city, missing rents."""
    rng = np.random.default_rng(3)
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["", "city", "area, m2", "rooms", "year", "distance", "price", "rent", "energy"])
        for i in range(n):
            area, rooms = round(float(rng.lognormal(4.4, 0.3)), 1), int(rng.integers(1, 7))
            year, far = int(rng.integers(1900, 2024)), round(float(rng.exponential(4)), 2)
            price = round(2500 * area + 9000 * rooms + 120 * (year - 1950) - 6000 * far + float(rng.normal()) * 30000)
            rent = round(9.5 * area + 30 * rooms - 25 * far + float(rng.normal()) * 90, 2)
            energy = round(250 - 0.7 * (year - 1900) + float(rng.normal()) * 30, 1)
            city = ("Ulm", "Bonn, Nord", "Kiel")[i % 3]
            out.writerow([i, city, area, rooms, year, far, price, "" if i % 17 == 0 else rent, energy])


def stations(path: Path, n: int = 80) -> None:
    """A list of edges between places with names."""
    rng = np.random.default_rng(5)
    names = [f"{side}{k}" for side in ("Nord", "Süd", "Ost", "West") for k in range(n // 4)]
    places = rng.random((n, 2))
    near = [(i, j) for i in range(n) for j in range(i) if math.dist(places[i], places[j]) < 0.17]
    path.write_text("".join(f"{names[j]},{names[i]}\n" for i, j in near), encoding="utf-8")


SUPPLY = """
import cvxpy as cp, numpy as np, copos
rng, n = np.random.default_rng(1), 10
x, z = cp.Variable(n, name="order"), cp.Variable(n, boolean=True, name="used")
capacity, price, discount, fixed = (rng.uniform(*ends, n) for ends in ((20, 60), (8, 12), (.02, .06), (10, 60)))
cost = price @ x - cp.quad_form(x, np.diag(discount), assume_PSD=True) + fixed @ z
limits = [x >= 0, x <= cp.multiply(capacity, z), cp.sum(x) >= 100, cp.sum(z) <= 4]
found = copos.bracket(copos.read_problem(cp.Problem(cp.Minimize(cost), limits)), tolerance=1e-6)
print(found, found.verify().proved)
"""
SCALED = """
import csv, numpy as np, copos
from sklearn.cluster import KMeans
from sklearn.preprocessing import StandardScaler
rows = list(csv.DictReader(open("houses.csv", encoding="utf-8")))
names = ("area, m2", "rooms", "year", "distance", "price", "energy")
table = np.array([[float(row[k]) for k in names] for row in rows])
X = StandardScaler().fit_transform(table)
"""
CLUSTERS = SCALED + """
found = copos.certify_clustering(X[:60], KMeans(4, n_init=1, random_state=0).fit(X[:60]).labels_)
print(found.verdict, "proved" if found.verify().proved else "")
"""
REGRESSOR = SCALED + """
model = copos.LowRankRegressor(rank=1).fit(X[:, :4], X[:, 4:])
print("proved" if model.proved_ else "", model.lower_bound_, model.objective_)
"""
INPUTS = """--targets price,rent,energy --inputs '"area, m2",rooms,year,distance' --widths 4,1,3"""
COLUMNS = """'"area, m2",rooms'"""
TRIES = (
    Try("have a table", "180 houses, 4 inputs, 3 targets with missing cells",
        f"copos bound linear-network houses.csv {INPUTS} --certificate proof.json"),
    Try("have a table", "the same, two columns in 3 clusters, to 1 %",
        f"copos k-means houses.csv --columns {COLUMNS} --clusters 3 --tolerance 0.01 --certificate proof.json"),
    Try("optimise", "10 suppliers in cvxpy: concave costs, 10 binary variables", SUPPLY, "True"),
    Try("use scikit-learn", "60 houses of 6 columns, standardised, labels of KMeans", CLUSTERS),
    Try("use scikit-learn", "180 houses, regression of rank one", REGRESSOR),
    Try("count on graphs", "80 stations with names, the edges with commas",
        "copos stability stations.edges --certificate proof.json"),
    Try("count on graphs", "the same, the number of colours",
        "copos chromatic stations.edges --certificate proof.json"),
    Try("study matrices", "3 × 3 with fractions in a text file: copositive?",
        "copos copositive M.csv --certificate proof.json", "copositive: yes"),
    Try("study matrices", "the same: completely positive, the factor",
        "copos completely-positive M.csv --certificate proof.json", "completely positive: yes"),
)  # fmt: skip


def tried(one: Try) -> Row:
    """Run it in a folder with the data; a command must write its proof, too."""
    with tempfile.TemporaryDirectory() as folder:
        houses(Path(folder, "houses.csv"))
        stations(Path(folder, "stations.edges"))
        Path(folder, "M.csv").write_text("1,0.3,0.1\n0.3,1/2,1/7\n0.1,1/7,0.25\n")
        is_command = one.program.startswith("copos ")
        words = ["-m", *shlex.split(one.program)] if is_command else ["-c", one.program]
        before, start = os.times(), time.perf_counter()
        environment = {**os.environ, **ONE_THREAD, "PYTHONPATH": str(ROOT)}
        done = subprocess.run([sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True,
                              timeout=LIMIT, check=False)  # fmt: skip
        wall, after = time.perf_counter() - start, os.times()
        answered = done.returncode == 0 and one.said in done.stdout
        checked = Path(folder, "proof.json").is_file() or not is_command
        return {
            "first_s": after.children_user + after.children_system - before.children_user - before.children_system,
            "wall": round(wall, 1),
            "value": "proved" if answered and checked else f"no proof: {(done.stderr or done.stdout)[-60:]}",
        }


def roles(quick: bool) -> Iterator[Row]:
    """CPU and wall seconds from the start of Python to the first proved bound, by role."""
    for one in TRIES[:1] if quick else TRIES:
        yield {"you": one.you, "data": one.what, **tried(one)}


TABLES = [Table("roles", roles, key=("you", "data"))]
