"""`copos solve FILE`, and `copos verify --problem FILE`: the proof is about that very file."""

import importlib
import json
import os
import pty
import subprocess
import sys
from dataclasses import replace

import pytest
from click.testing import CliRunner

from copos.commands.cli import main
from tests.interop.problem_files import VALID

OPTIMA = {".qplib": -2.1, ".lp": -2.1, ".mps": -2.1, ".nl": -2.1, ".in": 2.25, ".mc": 3.5, ".sparse": -2, ".qubo": -2,
          ".mtx": -0.1875}  # fmt: skip
CHANGED = {ending: ("-0.1", "-0.11") for ending in (".qplib", ".mps", ".nl", ".sparse", ".qubo")} | {
    ".lp": ("0.1", "0.11"), ".in": ("-1.5", "-1.25"), ".mc": ("-0.5", "-1"), ".mtx": ("1/3", "2/3")}  # fmt: skip


def run(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("ending", VALID)
def test_every_format_is_read_solved_and_verified(folder, ending):
    path, over = folder / f"problem{ending}", ["--over", "simplex"] if ending == ".mtx" else []
    path.write_text(VALID[ending])
    solved = run("solve", path, "--json", "--certificate", "proof.json", "--time-limit", 60, *over)
    assert solved.exit_code == 0, solved.output
    found = json.loads(solved.stdout)
    assert found["closed"] and found["proved"] and found["status"] == "closed"
    assert found["lower"] <= OPTIMA[ending] <= found["upper"] and found["gap"] < 1e-5
    verified = run("verify", "proof.json", "--problem", path, *over)
    assert verified.exit_code == 0 and "the problem given" in verified.output, verified.output
    old, new = CHANGED[ending]
    assert old in VALID[ending]
    path.write_text(VALID[ending].replace(old, new, 1))
    rejected = run("verify", "proof.json", "--problem", path, *over)
    assert rejected.exit_code == 1 and "rejected" in rejected.output, rejected.output


def test_the_same_program_in_two_formats_has_one_proof(folder):
    for ending in (".lp", ".mps", ".qplib", ".nl"):
        (folder / f"problem{ending}").write_text(VALID[ending])
    assert run("solve", "problem.lp", "--certificate", "proof.json").exit_code == 0
    for ending in (".mps", ".qplib"):
        assert run("verify", "proof.json", "--problem", f"problem{ending}").exit_code == 0
    assert run("verify", "proof.json", "--problem", "problem.nl").exit_code == 1  # its variables have other names
    (folder / "problem.col").write_text("x\ny\n")
    assert run("verify", "proof.json", "--problem", "problem.nl").exit_code == 0


def test_a_file_whose_name_ends_otherwise(folder):
    (folder / "g05_4.0").write_text(VALID[".mc"])
    assert run("solve", "g05_4.0").exit_code == 2
    assert run("solve", "g05_4.0", "--as", "mc", "--certificate", "proof.json").exit_code == 0
    assert run("verify", "proof.json", "--problem", "g05_4.0", "--as", "mc").exit_code == 0
    assert run("solve", "g05_4.0", "--as", "mc", "--over", "box").exit_code == 2
    assert run("solve", "g05_4.0", "--as", "lp").exit_code == 2


def test_help_keeps_the_lines_of_the_examples():
    assert "\n  copos solve Q.mtx --over binary\n" in run("solve", "--help").output
    assert "\n  copos verify proof.json --problem model.lp\n" in run("verify", "--help").output


def test_what_is_printed_for_a_reader(folder):
    (folder / "problem.lp").write_text(VALID[".lp"])
    lines = run("solve", "problem.lp").stdout.splitlines()
    assert lines[0] == "problem.lp: min over 2 variables, 1 of them integer; 1 constraint"
    assert lines[1].startswith("lower bound: -2.1") and lines[1].endswith("(proved)")
    assert lines[2].startswith("upper bound: -2.1") and "point" in lines[2] and lines[3].startswith("gap: ")
    assert lines[4:6] == ["  x = 1", "  y = -2"]


def test_json_is_one_object_with_names_and_exact_values(folder):
    (folder / "problem.lp").write_text(VALID[".lp"])
    found = json.loads(run("solve", "problem.lp", "--json").stdout)
    assert found["solution"] == {"x": 1.0, "y": -2.0} and found["exact_solution"] == {"x": "1", "y": "-2"}
    assert (found["sense"], found["variables"], found["constraints"], found["file"]) == ("min", 2, 1, "problem.lp")


def test_an_infeasible_program_is_proved_to_be(folder):
    (folder / "problem.lp").write_text("min\n y\nst\n c: x + y >= 3\nbounds\n x <= 1\n y <= 1\nend\n")
    solved = run("solve", "problem.lp", "--certificate", "proof.json", "--json")
    found = json.loads(solved.stdout)
    assert solved.exit_code == 0 and found["status"] == "infeasible" and found["proved"]
    assert (found["lower"], found["upper"], found["solution"]) == (None, None, None)
    assert run("verify", "proof.json", "--problem", "problem.lp").exit_code == 0


def test_an_unbounded_program_names_its_direction(folder):
    (folder / "problem.lp").write_text("min\n x - temperature\nbounds\n x <= 1\nend\n")
    solved = run("solve", "problem.lp", "--certificate", "proof.json")
    assert solved.exit_code == 0 and "temperature" in solved.output and "(proved)" in solved.output
    checked = run("verify", "proof.json", "--problem", "problem.lp")
    assert checked.exit_code == 0 and "no lower bound" in checked.output


@pytest.mark.parametrize("change, status, word", [
    ({"closed": False}, 3, "open"), ({"proved": False}, 4, "closed"), ({"certificate": None}, 4, "closed"),
])  # fmt: skip
def test_what_is_not_closed_or_not_proved_has_a_status_of_its_own(folder, monkeypatch, change, status, word):
    module = importlib.import_module("copos.commands.solve")
    bracket = module.bracket
    monkeypatch.setattr(module, "bracket", lambda problem, **options: replace(bracket(problem, **options), **change))
    (folder / "problem.lp").write_text(VALID[".lp"])
    solved = run("solve", "problem.lp", "--json", "--certificate", "proof.json")
    found = json.loads(solved.stdout)
    assert solved.exit_code == status and found["status"] == word
    assert (folder / "proof.json").exists() == ("certificate" not in change)


def test_files_that_cannot_be_written_are_found_before_the_work(folder):
    (folder / "problem.lp").write_text(VALID[".lp"])
    for certificate in ("no/such/folder/proof.json", "problem.lp"):
        solved = run("solve", "problem.lp", "--certificate", certificate)
        assert solved.exit_code == 2 and "seconds" not in solved.output
    assert (folder / "problem.lp").read_text() == VALID[".lp"]


@pytest.mark.parametrize("arguments, message", [
    (("solve", "table.csv"), "holds a matrix; say over which set"),
    (("solve", "problem.lp", "--maximize"), "maximize is for a matrix"),
    (("solve", "none.lp"), "no such file"),
    (("solve", "table.csv", "--over", "sphere"), "is not one of"),
    (("verify", "proof.json", "--over", "box"), "--problem"),
    (("verify", "proof.json", "--problem", "broken.lp"), "broken.lp: line 1"),
])  # fmt: skip
def test_what_does_not_fit_is_said(folder, arguments, message):
    (folder / "table.csv").write_text("1,2\n2,1\n")
    (folder / "problem.lp").write_text(VALID[".lp"])
    (folder / "broken.lp").write_text("nothing")
    (folder / "proof.json").write_text("{}")
    result = run(*arguments)
    assert result.exit_code == 2 and message in result.output, result.output


def test_a_terminal_sees_both_bounds_and_a_pipe_does_not(folder):
    (folder / "problem.lp").write_text(VALID[".lp"])
    command = [sys.executable, "-m", "copos", "solve", "problem.lp"]
    piped = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert "optimum" not in piped.stdout + piped.stderr and piped.returncode == 0
    ours, theirs = pty.openpty()
    process = subprocess.Popen(command, stdout=theirs, stderr=theirs, env=os.environ | {"TERM": "xterm"})
    os.close(theirs)
    seen = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        seen += part
    assert process.wait(100) == 0 and "≤ optimum ≤" in seen.decode()
