"""The command: what it prints, what it writes, how it ends."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import copos
from copos.commands.cli import main
from copos.support.files import replacing


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("X.npy", np.eye(3))
    np.savetxt("Y.csv", np.diag([0.5, 0.75, 1.0]), delimiter=",", header="a,b,c", comments="")
    np.savez("one.npz", np.ones((3, 3)))
    np.savez("two.npz", a=np.eye(3), b=np.eye(3))
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(main, ["bound", "linear-network", *arguments])


def test_table_and_network_file(folder):
    result = run("X.npy", "Y.csv", "--widths", "3,2,3", "--lift", "projection", "--network", "net.npz")
    assert result.exit_code == 0, result.output
    assert "0.25" in result.output and "lower bound" in result.output
    with np.load("net.npz") as net:
        loss = np.sum((net["W2"] @ net["W1"] - np.diag([0.5, 0.75, 1.0])) ** 2)
    assert loss == pytest.approx(0.25)


def test_json_is_json_and_agrees_with_the_library(folder):
    result = run("X.npy", "Y.csv", "--widths", "3,1,3", "--lift", "factor", "--strengthen", "balanced,whiten", "--json")
    assert result.exit_code == 0
    answer = json.loads(result.output)
    assert answer["claimed"] == pytest.approx(0.8125, abs=1e-5)
    assert answer["upper"] == pytest.approx(answer["closed_form"]) == pytest.approx(0.8125)
    assert answer["proved"] is (answer["lower"] is not None)
    if answer["proved"]:
        assert answer["lower"] <= 0.8125


def test_samples_in_rows_transposes(folder):
    X, Y = np.random.default_rng(0).standard_normal((2, 5, 2))
    np.save("A.npy", X)
    np.save("B.npy", Y)
    result = run("A.npy", "B.npy", "--widths", "2,1,2", "--lift", "projection", "--samples-in-rows", "--json")
    assert json.loads(result.output)["closed_form"] == pytest.approx(copos.svd_value(X.T, Y.T, 1))
    forgotten = run("A.npy", "B.npy", "--widths", "2,1,2")
    assert forgotten.exit_code == 2 and "add --samples-in-rows" in forgotten.output


def test_the_lift_is_chosen_where_none_is_named(folder):
    result = run("X.npy", "Y.csv", "--widths", "3,1,3")
    assert result.exit_code == 0 and "projection lift" in result.output and "not proved" not in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["X.npy", "missing.csv", "--widths", "3,3"], "no such file"),
        (["X.npy", "two.npz", "--widths", "3,3"], "name one as"),
        (["X.npy", "two.npz:c", "--widths", "3,3"], "only a, b"),
        (["X.npy", "Y.csv", "--widths", "3,x"], "expected values like"),
        (["X.npy", "Y.csv", "--widths", "3,1,4"], "end with 3"),
        (["X.npy", "Y.csv", "--widths", "3,1,3", "--level", "-1"], "integer"),
        (["X.npy", "Y.csv", "--widths", "3,1,3", "--level", "12"], "nearest level that fits"),
        (["X.npy", "Y.csv", "--widths", "3,1,3", "--strengthen", "more"], "unknown strengthening"),
        (["X.npy", "Y.csv", "--widths", "3,1,3", "--family", "none"], "Invalid value"),
        (["X.npy", "Y.csv"], "Missing option"),
    ],
)
def test_bad_input_ends_with_two_and_writes_nothing(folder, arguments, message):
    before = sorted(os.listdir())
    result = run(*arguments, "--network", "net.npz")
    assert result.exit_code == 2
    assert message in result.output
    assert sorted(os.listdir()) == before


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.csv", b""),
        ("words.csv", b"a,b\nc,d\n"),
        ("ragged.csv", b"1,2\n3\n"),
        ("broken.npy", b"not an array"),
        ("pickle.npy", None),
        ("cube.npy", None),
        ("table.xlsx", b""),
    ],
)
def test_unreadable_files_are_refused(folder, name, content):
    if content is not None:
        (folder / name).write_bytes(content)
    else:
        np.save(
            name, np.array([{"a": 1}], dtype=object) if name == "pickle.npy" else np.zeros((2, 2, 2)), allow_pickle=True
        )
    result = run("X.npy", name, "--widths", "3,3")
    assert result.exit_code == 2 and name in result.output, result.output


def test_certificate_goes_round_the_shell(folder):
    arguments = ["X.npy", "Y.csv", "--widths", "3,2,3", "--lift", "projection"]
    assert run(*arguments, "--certificate", "proof.json").exit_code == 0
    verified = CliRunner().invoke(main, ["verify", "proof.json"])
    assert verified.exit_code == 0 and "proved" in verified.output and "0.24999" in verified.output
    assert run(*arguments, "--check", "proof.json").exit_code == 0
    other = run(*arguments[:3], "3,1,3", *arguments[4:], "--check", "proof.json")
    assert other.exit_code == 1 and "another problem" in other.output
    forged = json.loads((folder / "proof.json").read_text())
    forged["proof"]["value"] = "1/3"
    (folder / "forged.json").write_text(json.dumps(forged))
    assert CliRunner().invoke(main, ["verify", "forged.json"]).exit_code == 1
    assert CliRunner().invoke(main, ["verify", "X.npy"]).exit_code == 2
    assert CliRunner().invoke(main, ["verify", "missing.json"]).exit_code == 2


def test_interrupted_writing_leaves_the_old_file(folder):
    target = folder / "kept.txt"
    target.write_text("old")
    with pytest.raises(KeyboardInterrupt), replacing(target, "w") as handle:
        handle.write("half")
        raise KeyboardInterrupt
    assert target.read_text() == "old" and os.listdir().count("kept.txt") == 1
    assert not [name for name in os.listdir() if name.startswith(".kept")]


def test_ctrl_c_writes_nothing(folder):
    rng = np.random.default_rng(0)
    np.save("big.npy", rng.standard_normal((6, 20)))
    np.save("out.npy", rng.standard_normal((6, 20)))
    before = sorted(os.listdir())
    process = subprocess.Popen(
        [sys.executable, "-m", "copos", "bound", "linear-network", "big.npy", "out.npy"]
        + ["--widths", "6,3,6", "--level", "1", "--lift", "projection", "--network", "net.npz"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    time.sleep(4)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode != 0
    assert sorted(os.listdir()) == before


def test_ridge_weights_and_a_tolerance(folder):
    weights = np.array([[1.0, 0.0, 2.0], [0.5, 1.0, 1.0], [1.0, 3.0, 0.0]])
    np.savetxt("w.csv", weights, delimiter=",", header="a,b,c", comments="")
    result = run("X.npy", "Y.csv", "--widths", "3,1,3", "--lift", "auto", "--weights", "w.csv", "--ridge", "0.1",
                 "--tolerance", "1e-4", "--time-limit", "60", "--json", "--network", "net.npz")  # fmt: skip
    assert result.exit_code == 0, result.output
    answer = json.loads(result.output)
    assert answer["proved"] and answer["closed_form"] is None
    assert 0 <= answer["upper"] - answer["lower"] <= 1e-4 * answer["upper"]
    assert answer["starts"] == 64 and 0 <= answer["missed"] < 1
    with np.load("net.npz") as net:
        W = net["W2"] @ net["W1"]
    loss = (weights * (W - np.diag([0.5, 0.75, 1.0])) ** 2).sum() + 0.1 * (W**2).sum()
    assert loss == pytest.approx(answer["upper"], rel=1e-9)
    assert run("X.npy", "Y.csv", "--widths", "3,1,3", "--ridge", "-1").exit_code == 2


def test_the_share_of_starts_that_missed_is_printed(folder):
    Path("w.csv").write_text("1,9,9\n9,2,9\n9,9,1\n")
    printed = run("X.npy", "Y.csv", "--widths", "3,1,3", "--weights", "w.csv").output
    assert re.search(r"missed[ │]+\d+%[ │]+of 64 random starts", printed), printed


@pytest.mark.parametrize(("first", "warned"), [((1, 2, 3), True), ((0, 1, 2), True), ((3, 2, 1), False)])
def test_an_input_that_numbers_the_rows_is_named(folder, first, warned):
    rows = "\n".join(f"{i},{a},{b}" for i, a, b in zip(first, (1, 5, 2), (2, 1, 0), strict=True))
    Path("t.csv").write_text(f"id,age,y\n{rows}\n")
    printed = run("t.csv", "--targets", "y", "--widths", "2,1,1").output
    assert ("the input 'id' numbers the rows" in printed) == warned, printed
    assert "numbers the rows" not in run("t.csv", "--targets", "y", "--inputs", "id,age", "--widths", "2,1,1").output


def test_what_a_library_prints_by_itself_is_not_part_of_the_answer():
    """HiGHS writes a line to file descriptor 1, in C."""
    program = (
        "import os, sys; from copos.commands.ending import status_of\n"
        "def run(): os.write(1, b'a line of its own'); print('{}'); os.write(1, b'.'); return 3\n"
        "sys.exit(status_of(run))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr, done.returncode) == ("{}\n", "a line of its own.", 3)
