"""How do the bounds of the linear-network lifts tighten on real data?

Linnerud's exercise data (scikit-learn), standardised: 20 men, 3 exercises → 3 measurements of the body. For bottlenecks
r = 1 and r = 2 and two depths, every rung of the ladder is compared with the closed form from singular values.
"""

from __future__ import annotations

import csv
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from sklearn.datasets import load_linnerud

import copos
from copos.files import replacing


@dataclass(frozen=True)
class Rung:
    """A lift, what strengthens it, and a level of a family."""

    label: str
    lift: str = "factor"
    strengthen: tuple[str, ...] = ()
    level: int = 0
    family: str = "parrilo"


RUNGS = (
    Rung("moment matrix only", family="moment"),
    Rung("factor lift, level 0"),
    Rung("  + projection", strengthen=("projection",)),
    Rung("  + bounded", strengthen=("bounded",)),
    Rung("  + balanced", strengthen=("balanced",)),
    Rung("  + whiten", strengthen=("whiten",)),
    Rung("  + whiten, bounded", strengthen=("whiten", "bounded")),
    Rung("  + whiten, bounded, balanced", strengthen=("whiten", "bounded", "balanced")),
    Rung("projection lift, level 0", lift="projection"),
    Rung("projection lift, level 1", lift="projection", level=1),
)
NETWORKS = ((3, 1, 3), (3, 4, 1, 4, 3), (3, 2, 3), (3, 4, 2, 4, 3))


def data() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Standardised inputs and targets, one sample a column."""
    raw = load_linnerud()
    X, Y = ((M - M.mean(axis=0)) / M.std(axis=0) for M in (raw.data, raw.target))
    return X.T, Y.T


def run(X: NDArray, Y: NDArray, widths: tuple[int, ...], rung: Rung) -> dict[str, Any]:
    """One row of the table; its proof is checked again by the independent checker."""
    start = time.perf_counter()
    program = copos.linear_network(X, Y, widths, rung.lift, rung.strengthen)
    result = copos.bracket(program, rung.level, rung.family)
    verified = result.certificate is not None and result.certificate.verify(program).proved
    return {
        "widths": "-".join(map(str, widths)), "rung": rung.label.strip(" +"), "lift": rung.lift,
        "strengthen": " ".join(rung.strengthen), "level": rung.level, "family": rung.family,
        "claimed": result.claimed, "proved": result.lower, "verified": verified, "reason": result.reason,
        "upper": result.upper, "closed_form": copos.svd_value(X, Y, min(widths)), "solver": result.solver,
        "status": result.status.value if result.status else "", "moments": result.moments, "blocks": result.blocks,
        "largest_block": result.largest, "seconds": time.perf_counter() - start,
    }  # fmt: skip


def show(console: Console, rows: list[dict[str, Any]], widths: tuple[int, ...]) -> None:
    """Print the rungs of one network."""
    value = rows[0]["closed_form"]
    title = f"Linnerud, network {'-'.join(map(str, widths))}: closed form {value:.6f}"
    table = Table(title=title, title_justify="left")
    table.add_column("rung", no_wrap=True)
    for name in ("claimed", "gap", "proved", "gap", "checked", "network found", "moments", "blocks", "seconds"):
        table.add_column(name, justify="right")
    for rung, row in zip(RUNGS, rows, strict=True):
        proof = (f"{row['proved']:.6f}", f"{value - row['proved']:.1e}", "yes") if row["verified"] else ("–", "–", "–")
        table.add_row(
            rung.label, f"{row['claimed']:.6f}", f"{value - row['claimed']:.1e}", *proof, f"{row['upper']:.6f}",
            str(row["moments"]), f"{row['blocks']} ≤ {row['largest_block']}", f"{row['seconds']:.2f}",
        )  # fmt: skip
    console.print(table)


def picture(rows: list[dict[str, Any]], path: Path) -> None:
    """Bounds of every rung against the closed form, one panel per bottleneck (depths coincide)."""
    panels = [widths for widths in NETWORKS if len(widths) == 3]
    figure, axes = plt.subplots(1, len(panels), figsize=(11, 5), sharey=True, layout="constrained")
    for axis, widths in zip(axes, panels, strict=True):
        mine = [row for row in rows if row["widths"] == "-".join(map(str, widths))]
        place = np.arange(len(mine))[::-1]
        claimed, proved = (np.array([row[key] for row in mine]) for key in ("claimed", "proved"))
        axis.hlines(place, min(claimed), claimed, color="0.85", linewidth=2, zorder=1)
        axis.axvline(mine[0]["closed_form"], color="black", linewidth=1, label="closed form (singular values)")
        axis.scatter(claimed, place, s=70, facecolor="none", edgecolor="C0", zorder=2, label="claimed by a solver")
        axis.scatter(proved, place, s=20, color="C0", zorder=3, label="proved in exact arithmetic")
        axis.set_title(f"bottleneck r = {min(widths)}")
        axis.set_xlabel(r"lower bound on $\|W_L\cdots W_1X-Y\|_F^2$")
        axis.set_yticks(place, [rung.label.strip() for rung in RUNGS])
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=9)
    with replacing(path) as handle:
        figure.savefig(handle, format="png", dpi=150)
    plt.close(figure)


def main(folder: str | Path = "results") -> None:
    """Run every rung, print the tables, write linnerud.csv and linnerud.png."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    console = Console(width=140)
    X, Y = data()
    columns = (TextColumn("{task.description:56}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    rows: list[dict[str, Any]] = []
    # one process a core: the blocks are too small to gain from threads; spawned, because solvers' threads do not fork
    workers = ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn"))
    with Progress(*columns, console=console, transient=True) as progress, workers as pool:
        task = progress.add_task("starting", total=len(NETWORKS) * len(RUNGS))
        pending = [(widths, rung, pool.submit(run, X, Y, widths, rung)) for widths in NETWORKS for rung in RUNGS]
        for widths, rung, future in pending:
            progress.update(task, description=f"{'-'.join(map(str, widths))}: {rung.label.strip()}")
            rows.append(future.result())
            progress.advance(task)
            if rung is RUNGS[-1]:
                show(progress.console, rows[-len(RUNGS) :], widths)
    with replacing(folder / "linnerud.csv", "w", "utf-8") as handle:
        writer = csv.DictWriter(handle, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    picture(rows, folder / "linnerud.png")
    console.print(f"table: {folder / 'linnerud.csv'}    picture: {folder / 'linnerud.png'}")


if __name__ == "__main__":
    main(*sys.argv[1:])
