"""How do the bounds of the linear-network lifts tighten on real data?

Linnerud's exercise data (scikit-learn), standardised: 20 men, 3 exercises → 3 measurements of the body. For bottlenecks
r = 1 and r = 2 and two depths, every rung of the ladder is compared with the closed form from singular values. Run as a
program it shows the tables: `python -m experiments.linnerud [FOLDER]`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from sklearn.datasets import load_linnerud

import copos
from copos.experiment import Experiment, of_bound
from copos.experiment import run as run_cases
from copos.experiment.report import write
from copos.experiment.rows import OF_BOUND
from copos.support.executors import cores, processes
from copos.support.files import moved_aside
from copos.support.plots import CLAIMED, PROVED, TRUTH

# lift with strengthenings, family, level
RUNGS = (
    ("factor", "moment", 0),
    ("factor", "parrilo", 0),
    ("factor projection", "parrilo", 0),
    ("factor bounded", "parrilo", 0),
    ("factor balanced", "parrilo", 0),
    ("factor whiten", "parrilo", 0),
    ("factor whiten bounded", "parrilo", 0),
    ("factor whiten bounded balanced", "parrilo", 0),
    ("projection", "parrilo", 0),
    ("projection", "parrilo", 1),
)
NETWORKS = ("3-1-3", "3-4-1-4-3", "3-2-3", "3-4-2-4-3")


def data() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Standardised inputs and targets, one sample a column."""
    raw = load_linnerud()
    X, Y = ((M - M.mean(axis=0)) / M.std(axis=0) for M in (raw.data, raw.target))
    return X.T, Y.T


def run(widths: str, lift: str, family: str, level: int) -> dict[str, Any]:
    """One rung; its proof is checked again by the independent checker."""
    X, Y = data()
    name, *strengthen = lift.split()
    layers = [int(w) for w in widths.split("-")]
    program = copos.linear_network(X, Y, layers, name, strengthen)
    bound = copos.bracket(program, level, family)
    verified = bound.certificate is not None and bound.certificate.verify(program).proved
    return {"verified": verified, "upper": bound.upper, "reason": bound.reason,
            **of_bound(bound, copos.svd_value(X, Y, min(layers)))}  # fmt: skip


def label(row: dict[str, Any]) -> str:
    """A rung in words."""
    lift, *strengthen = row["lift"].split()
    what = f"{lift} lift" + (f" + {', '.join(strengthen)}" if strengthen else "")
    return f"{what}, moment matrix only" if row["family"] == "moment" else f"{what}, level {row['level']}"


def table(rows: list[dict[str, Any]]) -> Table:
    """The rungs of one network."""
    value = rows[0]["theory"]
    out = Table(title=f"Linnerud, network {rows[0]['widths']}: closed form {value:.6f}", title_justify="left")
    out.add_column("rung", no_wrap=True)
    for name in ("claimed", "gap", "proved", "gap", "checked", "network found", "moments", "blocks", "seconds"):
        out.add_column(name, justify="right")
    for row in rows:
        proof = (f"{row['proved']:.6f}", f"{value - row['proved']:.1e}", "yes") if row["verified"] else ("–", "–", "–")
        out.add_row(
            label(row), f"{row['claimed']:.6f}", f"{value - row['claimed']:.1e}", *proof, f"{row['upper']:.6f}",
            str(row["moments"]), f"{row['blocks']} ≤ {row['largest']}", f"{row['seconds']:.2f}",
        )  # fmt: skip
    return out


def draw(rows: list[dict[str, Any]], figure: Any) -> None:
    """Bounds of every rung against the closed form, one panel a bottleneck (depths coincide)."""
    panels = [n for n in dict.fromkeys(row["widths"] for row in rows) if n.count("-") == 2]
    axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for axis, widths in zip(axes, panels, strict=True):
        mine = [row for row in rows if row["widths"] == widths]
        place = np.arange(len(mine))[::-1]
        claimed, proved = (np.array([row[key] for row in mine]) for key in ("claimed", "proved"))
        axis.hlines(place, min(claimed), claimed, color="0.85", linewidth=2, zorder=1)
        axis.axvline(mine[0]["theory"], color=TRUTH, linewidth=1, label="closed form (singular values)")
        axis.scatter(claimed, place, s=70, facecolor="none", edgecolor=CLAIMED, zorder=2, label="claimed by a solver")
        axis.scatter(proved, place, s=20, color=PROVED, zorder=3, label="proved in exact arithmetic")
        axis.set_title(f"bottleneck r = {min(map(int, widths.split('-')))}")
        axis.set_xlabel(r"lower bound on $\|W_L\cdots W_1X-Y\|_F^2$")
        axis.set_yticks(place, [label(row) for row in mine])
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=9)


def findings(rows: list[dict[str, Any]]) -> str:
    """The best rung of every network."""
    lines = []
    for widths in dict.fromkeys(row["widths"] for row in rows):
        mine = [row for row in rows if row["widths"] == widths and row["verified"]]
        best = min(mine, key=lambda row: row["gap"]) if mine else None
        if best is not None:
            lines.append(f"- {widths}: closed form {best['theory']:.6f}, proved {best['proved']:.6f} by {label(best)}; "
                         f"{len(mine)} rungs proved and checked")  # fmt: skip
    return "\n".join(lines)


def cases(networks: tuple[str, ...], rungs: tuple[tuple[str, str, int], ...]) -> list[dict[str, Any]]:
    """Every rung on every network."""
    return [{"widths": w, "lift": lift, "family": f, "level": level} for w in networks for lift, f, level in rungs]


EXPERIMENT = Experiment(
    question="How do the bounds of the linear-network lifts tighten on Linnerud's exercise data?",
    sets={"small": cases(("3-1-3", "3-2-3"), (RUNGS[7], RUNGS[8])), "full": cases(NETWORKS, RUNGS)},
    columns=("verified", "upper", "reason", *OF_BOUND),
    run=run,
    draw=draw,
    findings=findings,
)


def main(folder: str | Path = "results") -> None:
    """Run every rung, print the tables, write linnerud-full.csv, .png and .md."""
    console, path = Console(width=150), Path(folder) / "linnerud-full.csv"
    bars = (TextColumn("{task.description:50}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*bars, console=console, transient=True) as bar:
        task = bar.add_task("starting", total=len(EXPERIMENT.cases("full")))
        if path.exists():  # a demonstration shows this machine's seconds, not those of an earlier run
            moved_aside(path)

        def step(there: int, _: int, row: dict[str, Any]) -> None:
            bar.update(task, completed=there, description=f"{row['widths']}: {label(row)}")

        outcome = run_cases("linnerud", path, "full", processes, cores(), step)
    done = [row for row in outcome.rows if row["outcome"] == "done"]
    for widths in NETWORKS:
        if mine := [row for row in done if row["widths"] == widths]:
            console.print(table(mine))
    console.print(write(EXPERIMENT, "linnerud", "full", outcome, path).text.partition("\n\n")[2], highlight=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
