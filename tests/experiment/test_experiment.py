"""Experiments survive being killed, record failures, and give the same table wherever they run."""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from copos.commands.cli import main
from copos.experiment import Experiment, Table, grid, known, question, run
from copos.experiment.run import untimed
from copos.experiment.table import read
from copos.support.executors import processes
from experiments import linnerud

QUESTIONS = str(Path(__file__).with_name("questions.py"))
COMMAND = [sys.executable, "-m", "copos", "experiment", QUESTIONS, "--jobs", "2"]


@pytest.fixture
def logged(tmp_path, monkeypatch):
    """A file in which every computed case leaves a line."""
    log = tmp_path / "log"
    log.touch()
    monkeypatch.setenv("QUESTIONS_LOG", str(log))
    question._load.cache_clear()
    yield log
    question._load.cache_clear()


def in_order(rows):
    return sorted(untimed(rows), key=lambda row: row["n"])


@pytest.fixture
def undisturbed(monkeypatch):
    """The rows of the small set, computed here, by the pause between cases that others had; nobody waits here."""

    def rows(folder, log, pause):
        for name in ("QUESTIONS_LOG", "QUESTIONS_PAUSE"):
            monkeypatch.setenv(name, environment(log, pause)[name])
        monkeypatch.setattr(time, "sleep", lambda seconds: None)
        question._load.cache_clear()
        return in_order(run(QUESTIONS, folder / "undisturbed.csv").rows)

    yield rows
    question._load.cache_clear()


def environment(log, pause):
    return {**os.environ, "QUESTIONS_LOG": str(log), "QUESTIONS_PAUSE": str(pause)}


def test_rows_come_back_as_what_they_were(tmp_path):
    row = {"a": 1, "b": 0.1 + 0.2, "c": True, "d": "two\nlines, a comma", "e": None, "f": -np.inf, "g": np.float64(2)}
    with Table(tmp_path / "t.csv", tuple(row)) as table:
        table.append(row)
        assert table.rows() == [{**row, "d": "two lines, a comma", "g": 2.0}]


@pytest.mark.parametrize(
    "text", ["1234567890123456", "12345678901234e5", "1_000", "١٢", "nan", "-Infinity", "True", "'quoted'", "'", "k"]
)
def test_text_that_looks_like_a_number_stays_text(text, tmp_path):
    with Table(tmp_path / "t.csv", ("key", text)) as table:
        table.append({"key": text, text: 1})
        assert table.rows() == [{"key": text, text: 1}]


@pytest.mark.parametrize("key", ["1234567890123456", "12345678901234e5", "000000000000e999"])
def test_a_key_of_digits_alone_is_a_key(key, tmp_path, logged, monkeypatch):
    """Keys are hexadecimal: one in 700 is a number to a reader of the table."""
    keys = lambda case: key if case["n"] == 3 else question.key_of(case)  # noqa: E731
    monkeypatch.setattr(sys.modules["copos.experiment.run"], "key_of", keys)
    first, second = run(QUESTIONS, tmp_path / "t.csv"), run(QUESTIONS, tmp_path / "t.csv")
    assert (first.added, second.added) == (6, 0) and first.rows == second.rows and first.rows[3]["key"] == key


def test_a_torn_line_is_cut_off(tmp_path):
    path = tmp_path / "t.csv"
    with Table(path, ("n", "text")) as table:
        table.append({"n": 1, "text": "whole"})
    with open(path, "ab") as handle:
        handle.write(b"2,ha")
    with Table(path, ("n", "text")) as table:
        table.append({"n": 3, "text": "after"})
    assert [row["n"] for row in read(path)] == [1, 3]


def test_a_table_refuses_other_columns_and_a_second_writer(tmp_path):
    path = tmp_path / "t.csv"
    with Table(path, ("n",)) as table:
        with pytest.raises(BlockingIOError, match="another run"), Table(path, ("n",)):
            pass
        with pytest.raises(ValueError, match="no column 'm'"):
            table.append({"m": 1})
    with pytest.raises(ValueError, match="has the columns n, not m"), Table(path, ("m",)):
        pass
    with pytest.raises(ValueError, match="not open"):
        table.append({"n": 1})


def test_a_second_run_computes_nothing_again(tmp_path, logged):
    path = tmp_path / "t.csv"
    first, second = run(QUESTIONS, path), run(QUESTIONS, path)
    assert (first.added, second.added, second.resumed) == (6, 0, 6) and first.rows == second.rows
    assert len(logged.read_text().splitlines()) == 6


def test_failures_are_rows(tmp_path, logged):
    path = tmp_path / "t.csv"
    outcome = run(QUESTIONS, path, "failing")
    assert outcome.failed == 2 and [row["outcome"] for row in outcome.rows] == ["done", "failed"] * 2
    assert outcome.rows[1]["message"].startswith("ArithmeticError: this case fails (questions.py:")
    assert run(QUESTIONS, path, "failing").added == 0
    assert run(QUESTIONS, path, "failing", again=True).added == 2
    assert len(run(QUESTIONS, path, "failing").rows) == 4


def test_a_worker_that_dies_is_replaced(tmp_path, logged):
    outcome = run(QUESTIONS, tmp_path / "t.csv", "deadly", lambda: processes(2), 2)
    assert outcome.failed == 0 and [row["square"] for row in outcome.rows] == [1, 1, 4, 4, 9, 9]


def test_killed_twice_and_resumed(tmp_path, undisturbed):
    """Kill −9 at any moment: rows that were written stay, and only those under way are computed again."""
    log, out = tmp_path / "log", tmp_path / "out"
    log.touch()
    command, table = [*COMMAND, "--out", str(out)], out / "questions-small.csv"
    for rows in (1, 3):
        child = subprocess.Popen(command, env=environment(log, 0.3), stdout=subprocess.DEVNULL, start_new_session=True)
        deadline = time.monotonic() + 60
        while (not table.exists() or len(read(table)) < rows) and time.monotonic() < deadline:
            time.sleep(0.02)
        os.killpg(child.pid, 9)
        child.wait()
        assert len(read(table)) >= rows
    done = subprocess.run(command, env=environment(log, 0.3), capture_output=True, text=True)
    assert done.returncode == 0 and "The largest is 25." in done.stdout
    rows = in_order(read(table))
    assert rows == undisturbed(tmp_path, log, 0.3) and len(rows) == 6
    assert (out / "questions-small.png").read_bytes().startswith(b"\x89PNG")
    assert "The largest is 25." in (out / "questions-small.md").read_text(encoding="utf-8")


def test_on_a_cluster_with_a_worker_killed(tmp_path, monkeypatch, undisturbed):
    """The same table from a real Dask cluster over loopback, of which one worker process is killed in the middle."""
    distributed = pytest.importorskip("distributed")
    here = str(Path(__file__).parent.parent.parent)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([here, os.environ.get("PYTHONPATH", "")]))
    log = tmp_path / "log"
    log.touch()
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1",
        env=environment(log, 0.5),
    ) as cluster:  # fmt: skip
        command = [*COMMAND[:-2], "--scheduler", cluster.scheduler_address, "--out", str(tmp_path)]
        child = subprocess.Popen(command, env=environment(log, 0.5), stdout=subprocess.PIPE, text=True)
        table = tmp_path / "questions-small.csv"
        deadline = time.monotonic() + 60
        while (not table.exists() or len(read(table)) < 1) and time.monotonic() < deadline:
            time.sleep(0.05)
        with distributed.Client(cluster.scheduler_address) as client:
            victim = next(iter(client.run(os.getpid).values()))
        os.kill(victim, 9)
        said = child.communicate(timeout=120)[0]
    assert child.returncode == 0, said
    rows = read(table)
    assert [row["square"] for row in in_order(rows)] == [0, 1, 4, 9, 16, 25]
    assert {row["outcome"] for row in rows} == {"done"}
    assert in_order(rows) == undisturbed(tmp_path, log, 0.5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no-such"], "no experiment 'no-such'; there are"),
        ([QUESTIONS, "--set", "huge"], "no set 'huge'; there are small"),
        ([QUESTIONS, "--scheduler", "tcp://127.0.0.1:1", "--jobs", "2"], "--jobs is for local processes"),
    ],
)
def test_bad_input_of_the_command(arguments, message, tmp_path):
    said = CliRunner().invoke(main, ["experiment", *arguments, "--out", str(tmp_path)])
    assert said.exit_code == 2 and message in said.output and not list(tmp_path.iterdir())


def test_a_failed_case_shows_in_the_status(tmp_path, logged):
    command = ["experiment", QUESTIONS, "--set", "failing", "--jobs", "1", "--out", str(tmp_path)]
    said = CliRunner().invoke(main, command)
    assert said.exit_code == 3 and "4 cases, 0 of them from an earlier run, 2 failed" in " ".join(said.output.split())


def test_an_experiment_that_needs_what_is_not_there(tmp_path, monkeypatch):
    (tmp_path / "needy.py").write_text("import no_such_package\n", encoding="utf-8")
    said = CliRunner().invoke(main, ["experiment", str(tmp_path / "needy.py"), "--out", str(tmp_path / "out")])
    assert said.exit_code == 2 and "needs no_such_package" in said.output and not (tmp_path / "out").exists()
    monkeypatch.setattr("copos.commands.experiment.known", lambda: {str(tmp_path / "needy.py"): tmp_path})
    said = CliRunner().invoke(main, ["experiment"])
    assert said.exit_code == 0 and "pip install 'copos[all]'" in " ".join(said.output.split())


def test_the_list():
    said = CliRunner().invoke(main, ["experiment"])
    assert said.exit_code == 0 and all(name in said.output for name in known())


def test_grid_is_every_combination():
    assert grid(a=(1, 2), b="xy") == [{"a": a, "b": b} for a in (1, 2) for b in "xy"]


LARGE = ("decay", "descent", "ladder", "landscape", "weighted")  # small sets that cross everything with everything


def every_value_once(self, which, cases=Experiment.cases):
    """Cases in which every value of every field occurs; a small set crosses them all, which `make findings` runs."""
    seen, out = set(), []
    for case in cases(self, which):
        if not set(case.items()) <= seen:
            seen |= set(case.items())
            out.append(case)
    return out


@pytest.mark.parametrize("name", sorted(known()))
def test_small_sets(name, tmp_path, monkeypatch):
    """Every experiment's small set runs without a failure, and what it proves is never above what is known."""
    if name in LARGE:
        monkeypatch.setattr(Experiment, "cases", every_value_once)
    said = CliRunner().invoke(main, ["experiment", name, "--jobs", "1", "--out", str(tmp_path)])
    assert said.exit_code == 0, said.output
    rows = read(tmp_path / f"{name}-small.csv")
    assert rows and {row["outcome"] for row in rows} == {"done"}
    for row in rows:
        if row.get("theory") is not None:
            assert row["proved"] <= row["theory"] + 1e-9 * max(1.0, abs(row["theory"]))
    assert (tmp_path / f"{name}-small.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / f"{name}-small.md").read_text(encoding="utf-8").startswith(f"# {name}, small set")


def test_linnerud_is_proved(tmp_path):
    rows = run("linnerud", tmp_path / "t.csv", "small").rows
    assert len(rows) == len(linnerud.EXPERIMENT.cases("small")) and all(row["verified"] for row in rows)
    for row in rows:
        assert row["proved"] == pytest.approx(row["theory"], rel=1e-5) and row["upper"] >= row["proved"]
