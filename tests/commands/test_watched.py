"""Every command that may take long: Ctrl-C prints what is proved, a line shows that it works, time limits hold.

A row of `LONG` is a command on data that keep it busy for longer than the test waits.
"""

import _thread
import contextlib
import importlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner

from copos.commands import cli

PAUSE = 0.3  # seconds before Ctrl-C
LIMIT = 20.0  # of whatever does not end by Ctrl-C, so that this fails and does not hang
LONG = {
    "solve": "solve box.npz",
    "max-cut": "max-cut graph.dimacs",
    "partition": "partition graph.dimacs --sizes 60,60",
    "assignment": "assignment A.csv B.csv",
    "k-means": "k-means points.csv --clusters 6 --tolerance 0",
    "copositive": "copositive hard.csv",
    "completely-positive": "completely-positive near.npy",
    "stability-number": "stability-number graph.dimacs --level 1",
    "stability": "stability sparse.dimacs",
    "clique": "clique dense.dimacs",
    "chromatic": "chromatic dense.dimacs",
    "clique-cover": "clique-cover dense.dimacs",
    "theta": "theta dense.dimacs",
    "bound standard-quadratic": "bound standard-quadratic hard.csv",
    "branch standard-quadratic": "branch standard-quadratic hard.csv --tolerance 0",
    "bound linear-network": "bound linear-network X.csv Y.csv --weights W.csv --widths 12,2,6 --tolerance 0",
    "verify": "verify proof.json",
    "export": "export standard-quadratic Q.csv out.npz --level 2",
    "relu-verify": "relu-verify deep.npz --lower -1 --upper 1 --tolerance 0",
    "experiment": "experiment study.py --jobs 1 --out results",
}
SPOKEN = ("proved", "undecided", "the rows so far", "copositive: ")  # of an answer on standard output
UNSPOKEN = ("interrupted; nothing is proved", "interrupted; nothing is decided", "interrupted; nothing is written",
            "interrupted; the proof was not checked to its end")  # fmt: skip
STUDY = """
import time
from copos.experiment import Experiment, grid
def run(n):
    time.sleep(0.05)
    return {"value": n}
def draw(rows, figure): figure.subplots()
EXPERIMENT = Experiment(question="?", sets={"small": grid(n=tuple(range(400)))}, columns=("value",), run=run,
                        draw=draw, findings=lambda rows: "done")
"""


def graph(rng, n, share):
    A = np.triu(rng.random((n, n)) < share, 1)
    return A, f"p edge {n} {A.sum()}\n" + "".join(f"e {i + 1} {j + 1}\n" for i, j in np.argwhere(A))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path, rng = tmp_path_factory.mktemp("long"), np.random.default_rng(0)
    A, text = graph(rng, 200, 0.5)
    (path / "dense.dimacs").write_text(text)
    np.savetxt(path / "hard.csv", 12 * (np.eye(200) + A + A.T) - 1, delimiter=",", fmt="%d")  # α is 12
    (path / "sparse.dimacs").write_text(graph(rng, 300, 0.1)[1])
    (path / "graph.dimacs").write_text(graph(rng, 120, 0.5)[1])
    for name, n in (("A", 11), ("B", 11), ("Q", 45)):
        M = rng.integers(-9, 10, (n, n))
        np.savetxt(path / f"{name}.csv", M + M.T, delimiter=",", fmt="%d")
    np.savez(path / "box.npz", Q=np.loadtxt(path / "Q.csv", delimiter=","), lower=np.zeros(45), upper=np.ones(45))
    B = np.abs(rng.standard_normal((50, 52))) * (rng.random((50, 52)) < 0.3)
    np.save(path / "near.npy", B @ B.T)
    np.savetxt(path / "points.csv", rng.standard_normal((260, 2)), delimiter=",", fmt="%.3f")
    for name, rows in (("X", 12), ("Y", 6)):
        np.savetxt(path / f"{name}.csv", rng.standard_normal((rows, 40)), delimiter=",")
    np.savetxt(path / "W.csv", rng.integers(0, 2, (6, 40)), delimiter=",", fmt="%d")
    layers = [rng.standard_normal(shape) for shape in ((24, 8), (24, 24), (24, 24), (1, 24))]
    deep = {f"W{k}": W for k, W in enumerate(layers, 1)} | {f"b{k}": W[:, 0] for k, W in enumerate(layers, 1)}
    np.savez(path / "deep.npz", **deep)
    (path / "study.py").write_text(STUDY)
    (path / "proof.json").write_text("{}")
    return path


def slow_check(certificate, *about):
    while True:
        json.loads(Path(certificate).read_text())


@pytest.fixture
def at_work(folder, monkeypatch):
    """In the folder, before a terminal; the checker never ends, workers of an experiment are threads."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr("copos.commands.verify.check", slow_check)
    monkeypatch.setattr("copos.commands.experiment.processes", ThreadPoolExecutor)
    for module in {path.split(":")[0] for group in cli.COMMANDS.values() for path in group.values()}:
        if hasattr(importlib.import_module(module), "on_terminal"):
            monkeypatch.setattr(f"{module}.on_terminal", lambda as_json=False: not as_json)


def every(group, prefix=""):
    for name in group.list_commands(None):
        found = group.get_command(None, name)
        yield from every(found, f"{name} ") if isinstance(found, click.Group) else [(prefix + name, found)]


def test_every_command_has_a_row_and_a_time_limit():
    commands = dict(every(cli.main))
    assert set(commands) == set(LONG)
    for name, command in commands.items():
        assert "time_limit" in {p.name for p in command.params}, name


def press(ended, idle):
    """Ctrl-C once the command has begun its work, once."""
    begun = Path("results")  # an experiment writes there, the others listen
    while signal.getsignal(signal.SIGINT) is idle and not begun.exists() and not ended.wait(0.02):
        pass  # modules load, files are read
    if not ended.wait(PAUSE):
        _thread.interrupt_main()


@pytest.mark.parametrize("name", LONG)
def test_ctrl_c_prints_what_is_proved(name, at_work):
    arguments = [*LONG[name].split(), "--time-limit", str(LIMIT)]
    start, ended = time.process_time(), threading.Event()
    user = threading.Thread(target=press, args=(ended, signal.getsignal(signal.SIGINT)), daemon=True)
    with contextlib.suppress(KeyboardInterrupt):  # of a command that ended before it
        user.start()
        result = CliRunner().invoke(cli.main, arguments)
        ended.set()
        user.join()
    seconds = time.process_time() - start
    assert result.exit_code == 130, (result.output, result.exception)
    assert seconds < LIMIT / 2
    said = [line for line in result.stderr.splitlines() if line.strip()]
    assert any(words in result.stdout for words in SPOKEN) or (said and said[-1] in UNSPOKEN), result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize("name", ["verify", "export", "experiment", "assignment", "completely-positive", "theta"])
def test_time_limits_hold(name, at_work):
    """Seconds of CPU, which do not depend on what else the machine does; whatever sleeps would hang."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = CliRunner().invoke(cli.main, [*LONG[name].split(), "--time-limit", "0.2"])
    assert result.exit_code in (0, 3, 4), result.output
    assert time.process_time() - cpu < 3.0 and time.perf_counter() - wall < 3 * LIMIT


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize("name", [name for name in LONG if name != "experiment"])
def test_a_line_on_a_terminal_and_none_on_a_pipe(name, terminal, at_work, monkeypatch):
    """Whoever shows a line asks `progress_line`; here it says whether one is wanted, and the work ends there."""
    asked = []

    def line(wanted, *words):
        asked.append(wanted)
        raise KeyboardInterrupt

    for name_of in [m for m in sys.modules if m.startswith("copos.")]:
        if hasattr(sys.modules[name_of], "progress_line"):
            monkeypatch.setattr(f"{name_of}.progress_line", line)
        if name_of.startswith("copos.commands.") and hasattr(sys.modules[name_of], "on_terminal"):
            monkeypatch.setattr(f"{name_of}.on_terminal", lambda as_json=False: terminal and not as_json)
    result = CliRunner().invoke(cli.main, LONG[name].split())
    assert asked == [terminal] and result.exit_code == 130


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
def test_a_real_terminal_and_ctrl_c(folder):
    """The line is there, and Ctrl-C as the terminal sends it leaves the bracket and status 130."""
    import pty

    parent, child = pty.openpty()
    command = [sys.executable, "-m", "copos", *LONG["k-means"].split(), "--time-limit", "60"]
    process = subprocess.Popen(command, cwd=folder, stdin=child, stdout=child, stderr=child, start_new_session=True)
    os.close(child)
    said, sent = b"", False
    with contextlib.suppress(OSError):  # the terminal ends with the process
        while part := os.read(parent, 65536):
            said += part
            if not sent and b"k-means, 260 points" in said:  # the line
                sent = True
                process.send_signal(signal.SIGINT)
    os.close(parent)
    assert process.wait(60) == 130
    assert b"interrupted" in said and (b"upper bound" in said or b"nothing is proved" in said)


def test_a_pipe_gets_the_answer_alone(folder, monkeypatch):
    monkeypatch.chdir(folder)
    done = CliRunner().invoke(cli.main, ["theta", "graph.dimacs", "--time-limit", "0.1"])
    assert done.exit_code == 0 and not done.stderr and done.stdout.startswith("graph.dimacs: 120 vertices")
