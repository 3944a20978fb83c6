"""What do levels in the algebra of a group prove of large symmetric problems, beside the best bounds in print?"""

from __future__ import annotations

import time
from collections.abc import Callable
from math import ceil, comb, floor, sqrt
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import copos
from copos.arithmetic import groups
from copos.instances import ENERGIES, torus_energies
from copos.instances.graphs import hamming, johnson, kneser, paley
from copos.levels.delsarte import delsarte_bound
from copos.levels.schrijver import code_bound
from copos.levels.theta_one import sets, theta_one, words

FOLDER = Path("results/records")  # where the certificates go
COMPUTED = "computed here"
SPLITS = " with splits "  # name of an instance, this, and rounds of inequalities for integers


class Instance(NamedTuple):
    """A program, its symmetries, and what is known of the number asked for.

    `published` is the best bound in print with its source, `best` the value of the best solution.
    """

    make: Callable[[], copos.CompletelyPositiveProgram]
    generators: Callable[[], Any]
    published: float
    source: str
    best: float


def energy(D: np.ndarray, m: int) -> copos.CompletelyPositiveProgram:
    """min x'Dx over 0/1 vectors with m ones."""
    return copos.binary_quadratic(D, None, np.ones((1, len(D)), dtype=int), [m], equations="squared")


def exchanged(D: np.ndarray, m: int, starts: int = 100) -> float:
    """The best of many local searches that exchange one chosen point for another."""
    rng, best, side = np.random.default_rng(0), np.inf, round(len(D) ** 0.5)
    lattice = np.arange(len(D)).reshape(side, side)[::2, ::2].ravel()  # every other point, where there are as many
    for k in range(starts):
        x = np.zeros(len(D), dtype=bool)
        x[lattice if k == 0 and len(lattice) == m else rng.permutation(len(D))[:m]] = True
        while True:
            inside, outside, f = np.flatnonzero(x), np.flatnonzero(~x), D[:, x].sum(axis=1)
            gain = f[outside][None, :] - f[inside][:, None] - D[np.ix_(inside, outside)]
            i, j = np.unravel_index(int(gain.argmin()), gain.shape)
            if gain[i, j] >= 0:
                break
            x[inside[i]], x[outside[j]] = False, True
        best = min(best, float(D[np.ix_(x, x)].sum()))
    return best


def torus(name: str) -> Instance:
    """An instance of QAPLIB, or "torus SIDE COUNT"."""
    if name in ENERGIES:
        record = ENERGIES[name]
        sides, m, best = record.sides, record.chosen, float(record.best)
        published = best if record.published is None else record.published * best
        source = record.reference
    else:
        side, m = map(int, name.split()[1:])
        sides = (side, side)
        best = exchanged(torus_energies(*sides), m)
        published, source = float("nan"), "none found; the best solution is from local search here"
    D = torus_energies(*sides)
    return Instance(lambda: energy(D, m), lambda: groups.torus(*sides), published, source, best)


# clique numbers of Paley graphs [Shearer's table]; the bound beside them is (√(2q − 1) + 1)/2 of Hanson and Petridis,
# or, where it is smaller, the linear program on the neighbours of a point [MagsinoMixonParshall2019, table 1]
PALEY = {13: 3, 17: 3, 29: 4, 37: 4, 41: 5, 53: 5, 61: 5, 73: 5, 89: 5, 97: 6, 101: 5, 109: 6, 173: 8, 281: 7, 293: 8,
         353: 9, 373: 8, 421: 9}  # fmt: skip
ON_NEIGHBOURS = {61: 5.8886, 109: 8.0018, 173: 10.2339, 281: 11.8916, 293: 13.1145, 353: 14.3045, 373: 13.6952,
                 421: 14.9892}  # fmt: skip
# A(n, d): Delsarte's linear program, and the exact values of Brouwer's table
CODES = {(6, 3): (8, 8), (7, 3): (16, 16), (8, 3): (20, 20), (9, 3): (40, 40), (10, 3): (85, 72), (10, 4): (42, 40)}

# A(n, d, w), words of weight w: the exact values of Brouwer's table
CONSTANT = {(9, 4, 4): 18, (10, 4, 4): 30, (10, 4, 5): 36, (11, 4, 5): 66}


# A(n, d) by triples of words [Schrijver2005]; beside it the interval of Brouwer's table, whose upper ends are of later
# work with quadruples but for A(28, 8)
TRIPLES = {(19, 6): (1237, 1024), (20, 8): (256, 256), (22, 10): (84, 64), (25, 6): (47538, 17920),
           (25, 8): (5421, 4096), (25, 10): (466, 192), (26, 10): (836, 384), (27, 8): (17099, 8192),
           (28, 8): (32151, 16384)}  # fmt: skip
# graphs on words of n bits, and on w-sets of n things (w > 0): (n, w, distance of adjacent points)
SCHEMES = [(10, 0, 6), (12, 0, 6), (13, 0, 6), (16, 0, 8), (12, 6, 3), (14, 7, 3), (15, 6, 3), (16, 8, 4)]


def strewn(n: int, w: int, edge: int, starts: int = 20) -> float:
    """The largest of some stable sets that are made point by point in a random order."""
    ones = np.array([v.bit_count() for v in range(1 << n)])
    words = np.flatnonzero(ones == w) if w else np.arange(1 << n)
    rng, best = np.random.default_rng(0), 0
    for _ in range(starts):
        left, found = rng.permutation(words), 0
        while len(left):
            found += 1
            left = left[1:][ones[left[1:] ^ left[0]] != (2 * edge if w else edge)]
        best = max(best, found)
    return float(best)


def closed(name: str, level: int) -> dict[str, Any]:
    """Bounds in the algebra of a scheme, for graphs that are too large to be written down."""
    kind, *numbers = name.split()
    start = time.process_time()
    if kind == "triples":
        n, d = map(int, numbers)
        published, best = TRIPLES[n, d]
        bound, where = code_bound(n, d), "Brouwer's table"
        moments, largest = len(bound.points.triples), max(map(len, bound.factors))
    else:
        n, w, edge = map(int, numbers)
        points = sets(n, w) if w else words(n)
        bound = first = delsarte_bound(points.scheme, [edge])
        moments, largest = points.scheme.classes + 1, 1
        if level:
            bound = theta_one(points, [edge])
            moments, largest = len(points.triples), max(map(len, bound.factors))
        published, best = float(first.value), strewn(n, w, edge)
        where = f"Delsarte's linear program, {COMPUTED} like the best solution, a greedy set"
    seconds, start = time.process_time() - start, time.process_time()
    proved = bound.verify()
    return {"proved": float(bound.value) if proved else float("nan"), "published": float(published), "where": where,
            "best": float(best), "cpu_seconds": seconds, "moments": moments, "largest": largest,
            "checking_seconds": time.process_time() - start, "bytes": 0,
            "certificate": "multipliers, checked in rational arithmetic" if proved else "refused"}  # fmt: skip


def stable(A: np.ndarray, generators: Callable[[], Any], published: float, source: str, best: float) -> Instance:
    """A stability number."""
    return Instance(lambda: copos.stability_number(A), generators, published, source, best)


def instance(name: str) -> Instance:
    """By its name."""
    kind, *numbers = name.split()
    if kind in ("torus", *ENERGIES):
        return torus(name)
    n, k, *more = (*map(int, numbers), 0)
    if kind == "paley":
        bound, source = (sqrt(2 * n - 1) + 1) / 2, "closed form of Hanson and Petridis 2021"
        if ON_NEIGHBOURS.get(n, bound) < bound:
            bound, source = ON_NEIGHBOURS[n], "MagsinoMixonParshall2019"
        return stable(paley(n), lambda: groups.paley(n), bound, source, PALEY[n])
    if kind == "kneser":
        exact = float(comb(n - 1, k - 1))
        return stable(kneser(n, k), lambda: groups.subsets(n, k), exact, "ErdosKoRado1961", exact)
    if kind == "code":
        published, best = CODES[n, k]
        A = hamming(n, range(1, k))
        return stable(A, lambda: groups.hypercube(n), published, "Delsarte1973", best)
    if kind == "constant":
        (w, _), exact = more, CONSTANT[n, k, more[0]]
        A = johnson(n, w, range(w - k // 2 + 1, w))  # distance 2(w − common) below d
        return stable(A, lambda: groups.subsets(n, w), exact, "Brouwer's table", exact)
    raise ValueError(f"no instance {name!r}")


def run(instance_name: str, level: int) -> dict[str, Any]:
    """One level, proved and checked."""
    if instance_name.split()[0] in ("triples", "scheme"):
        return closed(instance_name, level)
    name, _, rounds = instance_name.partition(SPLITS)
    this = instance(name)
    program = this.make()
    start = time.process_time()
    bound = copos.lower_bound(program, level, symmetry=this.generators(), splits=int(rounds or 0))
    seconds = time.process_time() - start
    row: dict[str, Any] = {"proved": float("nan"), "published": this.published, "where": this.source,
                           "best": this.best,
                           "cpu_seconds": seconds, "moments": bound.moments, "largest": bound.largest}  # fmt: skip
    if not bound.proved or bound.certificate is None:
        return row | {"checking_seconds": float("nan"), "bytes": 0, "certificate": bound.reason}
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{instance_name.replace(' ', '-')}-{level}.json"
    bound.certificate.save(path)
    start = time.process_time()
    verdict = copos.verify(path, program)
    row["checking_seconds"] = time.process_time() - start
    row["proved"] = program.interpret(bound.lower) if program.interpret else bound.lower
    return row | {"bytes": path.stat().st_size, "certificate": str(path) if verdict.proved else verdict.reason}


def upper(name: str) -> bool:
    """Is the number a maximum, so that bounds are upper ones?"""
    return not name.startswith(("tai", "torus"))


def draw(rows: list[dict[str, Any]], figure: Any) -> None:
    """What is missing between bound and best solution, in per cent, beside the bound in print."""
    figure.set_figheight(max(5.0, 0.17 * len(rows)))
    axis = figure.subplots()
    names = [f"{row['instance_name']}, level {row['level']}" for row in rows]
    places = np.arange(len(rows))
    for key, marker in (("proved", "o"), ("published", "x")):
        gaps = [100 * abs(row[key] - row["best"]) / row["best"] for row in rows]
        if key == "published":
            gaps = [np.nan if COMPUTED in row["where"] else gap for gap, row in zip(gaps, rows, strict=True)]
        axis.plot(gaps, places, marker, label={"proved": "proved here", "published": "in print"}[key])
    axis.set_yticks(places, names, fontsize="small")
    axis.set_xlabel("per cent between bound and best solution")
    axis.legend()


def findings(rows: list[dict[str, Any]]) -> str:
    """A line for every instance, and which bounds are better than those in print."""
    better = [row["instance_name"] for row in rows
              if np.isfinite(row["published"]) and _better(row) and COMPUTED not in row["where"]]  # fmt: skip
    wrong = [row["instance_name"] for row in rows if np.isfinite(row["best"]) and _beyond(row)]
    lines = [
        f"{len(rows)} bounds; {len(wrong)} on the wrong side of a known solution; better than what is beside them: "
        + (", ".join(dict.fromkeys(better)) or "none") + ".",
        "",
        "| instance | level 0 | level 1 | gap | best known | in print | CPU seconds | certificate, checked in |",
        "|---|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    for name in dict.fromkeys(row["instance_name"] for row in rows):
        mine = {row["level"]: row for row in rows if row["instance_name"] == name}
        last = mine[max(mine)]
        sign, gap = "≤" if upper(name) else "≥", 100 * abs(last["proved"] - last["best"]) / last["best"]
        shown = [f"{sign} {_shown(mine[level])}" if level in mine else "–" for level in (0, 1)]
        lines.append(
            f"| {name} | {' | '.join(shown)} | {gap:.3f} % | {last['best']:.9g} | {_printed(last)} | "
            f"{last['cpu_seconds']:.1f} | {last['bytes'] / 1e6:.2f} MB, {last['checking_seconds']:.1f} s |"
        )
    return "\n".join(lines)


def _printed(row: dict[str, Any]) -> str:
    """The published bound and where it is, or that there is none."""
    return f"{row['published']:.9g} ({row['where']})" if np.isfinite(row["published"]) else row["where"]


def _shown(row: dict[str, Any]) -> str:
    """The bound with six decimals, rounded so that it stays one."""
    away = np.ceil if upper(row["instance_name"]) else np.floor
    return f"{away(1e6 * row['proved']) / 1e6:.12g}"


def _better(row: dict[str, Any]) -> bool:
    """Better than in print; integers are rounded, since α is one."""
    if upper(row["instance_name"]):
        return floor(row["proved"] + 1e-9) < floor(row["published"] + 1e-9)
    return ceil(row["proved"]) > ceil(row["published"])


def _beyond(row: dict[str, Any]) -> bool:
    return row["proved"] < row["best"] - 1e-9 if upper(row["instance_name"]) else row["proved"] > row["best"]


def cases(names: list[str], levels: tuple[int, ...]) -> list[dict[str, Any]]:
    """Every level of every instance."""
    return [{"instance_name": name, "level": level} for name in names for level in levels]


CONSTANTS = [f"constant {n} {d} {w}" for n, d, w in CONSTANT]
SMALL = ["torus 4 5", "paley 13", "kneser 5 2", "scheme 6 3 2"]
CLOSED = [*cases([f"scheme {n} {w} {edge}" for n, w, edge in SCHEMES], (0, 1)),
          *cases([f"triples {n} {d}" for n, d in TRIPLES], (1,))]  # fmt: skip
# instance, rounds, level; the last takes a quarter of an hour, all others half a minute together
ROUNDS = [("tai64c", 10, 0), ("tai64c", 6, 1), ("torus 10 25", 3, 0), ("torus 12 36", 3, 0), ("tai256c", 3, 0),
          ("tai256c", 6, 1)]  # fmt: skip
WITH_SPLITS = [{"instance_name": f"{name}{SPLITS}{rounds}", "level": level} for name, rounds, level in ROUNDS]
EXPERIMENT = copos.experiment.Experiment(
    question="What do levels in the algebra of a group prove of large symmetric problems, beside what is in print?",
    sets={
        "small": [*cases(SMALL, (0, 1)), *cases([f"torus 4 5{SPLITS}1"], (0,))],
        "closed": CLOSED,
        "splits": WITH_SPLITS,
        "full": [
            *cases(["tai64c", "torus 10 25", "torus 12 36"], (0, 1)),
            *cases([f"paley {q}" for q in PALEY], (0, 1)),
            *cases(["kneser 8 3", "kneser 9 4", "kneser 10 4", *CONSTANTS], (0, 1)),
            *cases([f"code {n} {d}" for n, d in CODES], (0, 1)),
            *CLOSED, *cases(["tai256c"], (0, 1)), *WITH_SPLITS,
        ],
    },
    columns=("proved", "published", "where", "best", "cpu_seconds", "moments", "largest", "checking_seconds", "bytes",
             "certificate"),
    run=run,
    draw=draw,
    findings=findings,
)  # fmt: skip
