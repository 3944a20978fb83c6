"""What a run leaves beside its table: a picture and a paragraph, both made from the rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from copos.experiment.question import Experiment
from copos.experiment.run import Outcome
from copos.support.files import moved_aside, replacing
from copos.support.looks import one_line

MARK = "copos experiment"  # in the pictures that `write` makes, so that it replaces no other


@one_line
@dataclass(frozen=True)
class Report:
    """The text, and what went wrong with its files, which the text says, too."""

    text: str
    problems: tuple[str, ...]


def write(experiment: Experiment, name: str, which: str, outcome: Outcome, table: Path) -> Report:
    """Write NAME-SET.png and NAME-SET.md beside the table.

    Files of these names that are not such a report, or belong to a table that was moved aside, are moved aside.
    Without matplotlib (the extra `plot`) there is no picture, and the text says so. Nothing that fails here, in the
    experiment's own `draw` or `findings` or on the disk, keeps the rest away.
    """
    problems = [outcome.unwritten] if outcome.unwritten else []
    done = [row for row in outcome.rows if row["outcome"] == "done"]
    failed = [row for row in outcome.rows if row["outcome"] != "done"]
    title = f"# {name}, {which} set"
    lines = [title, "", experiment.question, ""]
    try:
        lines += [experiment.findings(done) if done else "No case was completed.", ""]
    except Exception as error:
        problems.append(f"the findings could not be told: {type(error).__name__}: {error}")
    lines += [f"{len(outcome.rows)} cases, {outcome.resumed} of them from an earlier run, {outcome.failed} failed.", ""]
    lines += [f"- failed: {row['message']} ({_case(experiment, row)})" for row in failed] + [""] * bool(failed)
    picture, text = table.with_suffix(".png"), table.with_suffix(".md")
    moved = [f"{table} was made by other code and is now {outcome.aside}"] if outcome.aside else []
    drawn = "No picture: no case was completed."
    try:
        moved += _make_room(picture, lambda data: MARK.encode() in data[:1000], outcome)
        if done:
            drawn = f"Picture: {picture}" if _draw(experiment, done, picture) else "No picture: matplotlib is missing."
    except Exception as error:  # the disk, or the experiment's own code
        drawn = f"No picture: {type(error).__name__}: {error}"
        problems.append(f"{picture} was not written: {error}")
    try:
        moved += _make_room(text, lambda data: data.startswith(title.encode()), outcome)
        lines += [f"Table: {table}", drawn, "", *(f"- {line}" for line in (*moved, *problems)), ""]
        with replacing(text, "w", "utf-8") as handle:
            handle.write("\n".join(lines).encode("utf-8", "backslashreplace").decode())
    except OSError as error:
        problems.append(f"{text} was not written: {error}")
        lines += [f"- {problems[-1]}", ""]
    return Report("\n".join(lines), tuple(problems))


def _make_room(path: Path, is_ours: Callable[[bytes], bool], outcome: Outcome) -> list[str]:
    """Move a file aside that is not ours to replace, and say so."""
    if not path.is_file() or (outcome.aside is None and is_ours(path.read_bytes())):
        return []
    return [f"what was in {path} is now in {moved_aside(path)}"]


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
        figure.savefig(handle, format="png", dpi=150, metadata={"Software": MARK})
    return True
