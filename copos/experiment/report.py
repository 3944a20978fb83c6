"""What a run leaves beside its table: a picture and a paragraph, both made from the rows."""

from __future__ import annotations

from pathlib import Path

from copos.experiment.question import Experiment
from copos.experiment.run import Outcome
from copos.files import replacing


def write(experiment: Experiment, name: str, which: str, outcome: Outcome, table: Path) -> str:
    """Write NAME-SET.png and NAME-SET.md beside the table; returns the text.

    Without matplotlib (the extra `plot`) there is no picture, and the text says so.
    """
    done = [row for row in outcome.rows if row["outcome"] == "done"]
    failed = [row for row in outcome.rows if row["outcome"] != "done"]
    lines = [f"# {name}, {which} set", "", experiment.question, ""]
    lines += [experiment.findings(done) if done else "No case was completed.", ""]
    lines += [f"{len(outcome.rows)} cases, {outcome.resumed} of them from an earlier run, {outcome.failed} failed.", ""]
    lines += [f"- failed: {row['message']} ({_case(experiment, row)})" for row in failed] + [""] * bool(failed)
    picture = table.with_suffix(".png")
    drawn = bool(done) and _draw(experiment, done, picture)
    lines += [f"Table: {table}", f"Picture: {picture}" if drawn else "No picture: matplotlib is missing.", ""]
    text = "\n".join(lines)
    with replacing(table.with_suffix(".md"), "w", "utf-8") as handle:
        handle.write(text)
    return text


def _case(experiment: Experiment, row: dict[str, object]) -> str:
    return ", ".join(f"{field}={row[field]}" for field in experiment.fields())


def _draw(experiment: Experiment, rows: list[dict[str, object]], path: Path) -> bool:
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        return False
    figure = Figure(figsize=(10, 5), layout="constrained")
    FigureCanvasAgg(figure)
    experiment.draw(rows, figure)
    with replacing(path) as handle:
        figure.savefig(handle, format="png", dpi=150)
    return True
