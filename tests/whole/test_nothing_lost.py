"""Answers are printed and returned whatever cannot be written; foreign files are left alone. Every write fails here."""

import builtins
import errno
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import copos
from copos.checker import check
from copos.commands.cli import main
from copos.experiment import run as run_cases
from copos.experiment.table import read
from copos.interop.sdpa import write_sdpa
from copos.levels.level import one_level
from copos.support.files import NotWrittenWarning, moved_aside, replacing

PROGRAM = [sys.executable, "-m", "copos"]
STUDY = """
from copos.experiment import Experiment, grid
def run(n): return {"value": FACTOR * n}
def draw(rows, figure): figure.subplots()
FACTOR = 1
EXPERIMENT = Experiment(question="?", sets={"small": grid(n=(1, 2))}, columns=("value",), run=run, draw=draw,
                        findings=lambda rows: repr([row["value"] for row in rows]))
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("I.csv").write_text("2,1\n1,2\n")
    Path("Q.csv").write_text("1,2\n2,3\n")
    Path("study.py").write_text(STUDY)
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


FILES = ("old", "new", "old.dat-s", "old.npz", "state.json", "study-small.md", "study-small.png")  # and temporary ones


@contextmanager
def full(function, monkeypatch, after=0):
    """The disk is full: `open` for writing, `os.replace`, `os.fsync` or `os.write` fails, after so many successes."""
    module = builtins if function == "open" else os
    real, calls = getattr(module, function), [0]

    def failing(*arguments, **options):
        mode = options.get("mode", arguments[1] if len(arguments) > 1 else "r")
        if function != "open" or (set("wxa") & set(str(mode)) and any(name in str(arguments[0]) for name in FILES)):
            calls[0] += 1
            if calls[0] > after:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(module, function, failing)
        yield


# command ↦ what is printed, whatever happens to the file
WRITES = {
    ("copositive", "I.csv", "--certificate", "old"): "copositive: yes",
    ("copositive", "I.csv", "--json", "--certificate", "old"): '"copositive": "yes"',
    ("completely-positive", "I.csv", "--certificate", "old"): "completely positive: yes",
    ("bound", "standard-quadratic", "Q.csv", "--certificate", "old"): "lower bound",
    ("bound", "linear-network", "I.csv", "I.csv", "--widths", "2,1,2", "--certificate", "old"): "lower bound",
    ("bound", "linear-network", "I.csv", "I.csv", "--widths", "2,1,2", "--network", "old"): "lower bound",
    ("stability-number", "G.csv", "--certificate", "old"): "stability number",
    ("branch", "standard-quadratic", "Q.csv", "--certificate", "old"): "lower bound",
    ("branch", "standard-quadratic", "Q.csv", "--state", "new"): "lower bound",
    ("export", "standard-quadratic", "Q.csv", "old.dat-s"): "variables",
    ("export", "standard-quadratic", "Q.csv", "old.npz"): "variables",
}


@pytest.mark.parametrize("function", ["open", "replace", "fsync"])
@pytest.mark.parametrize(("command", "answer"), WRITES.items(), ids=range(len(WRITES)))
def test_the_answer_is_printed_and_the_old_file_stays(folder, monkeypatch, command, answer, function):
    Path("G.csv").write_text("0,1\n1,0\n")
    for name in ("old", "old.dat-s", "old.npz"):
        Path(name).write_text("old")
    before = sorted(os.listdir())
    with full(function, monkeypatch):
        result = run(*command)
    assert result.exit_code == 74 and answer in result.stdout, result.output
    assert command[-1] in result.stderr and "No space left" in result.stderr
    assert sorted(os.listdir()) == before and Path("old").read_text() == Path("old.npz").read_text() == "old"


@pytest.mark.parametrize("function", ["open", "replace", "fsync"])
def test_saving_by_hand_is_an_error_and_leaves_the_old_file(folder, monkeypatch, function):
    program = copos.standard_quadratic([[1.0, 2.0], [2.0, 3.0]])
    search = copos.branch_and_bound(program)
    form = copos.hierarchy.relax(program, 0).form
    Path("old").write_text("old")
    for save in (search.certificate.save, search.save, form.save, lambda path: write_sdpa(form, path)):
        with full(function, monkeypatch), pytest.raises(OSError, match="No space"):
            save("old")
        assert Path("old").read_text() == "old" and not [name for name in os.listdir() if name.startswith(".old")]


@pytest.mark.parametrize("path", ["/no/such/folder/state.json", "state.json"])
def test_a_bracket_is_returned_though_its_state_is_not_saved(folder, monkeypatch, path):
    program = copos.standard_quadratic(np.eye(5) + np.roll(np.eye(5), 1, 0) + np.roll(np.eye(5), -1, 0))
    with full("replace", monkeypatch), pytest.warns(NotWrittenWarning, match="was not saved"):
        bound = copos.bracket(program, tolerance=1e-12, max_level=0, max_cells=3, state=path)
    assert 0.44 < bound.lower <= bound.upper < 0.51 and bound.cells == 3


def test_a_link_is_followed_and_what_is_no_file_is_written_to(folder):
    Path("target").write_text("old")
    os.chmod("target", 0o640)
    os.symlink("target", "link")
    with replacing("link", "w") as handle:
        handle.write("new")
    assert Path("target").read_text() == "new" and Path("link").is_symlink()
    assert os.stat("target").st_mode & 0o777 == 0o640
    with replacing(os.devnull, "w") as handle:
        handle.write("nowhere")
    assert not Path(os.devnull).is_file()


def test_files_are_moved_to_free_names(folder):
    for text in ("first", "second"):
        Path("a.csv").write_text(text)
        moved_aside(Path("a.csv"))
    assert Path("a.1.csv").read_text() == "first" and Path("a.2.csv").read_text() == "second"


# ---- experiments


def study(*more):
    return run("experiment", "study.py", "--jobs", 1, "--out", "w", *more)


def test_rows_belong_to_the_code_that_made_them(folder):
    assert "[1, 2]" in study().stdout
    assert "2 of them from an earlier run" in study().stdout
    Path("study.py").write_text(STUDY.replace("FACTOR = 1", "FACTOR = 5"))  # as long as before, in the same second
    again = study()
    assert "[5, 10]" in again.stdout and "0 of them from an earlier run" in again.stdout
    assert "made by other code" in again.stdout and "study-small.1.csv" in again.stdout
    assert [row["value"] for row in read("w/study-small.1.csv")] == [1, 2]
    assert {row["source"] for row in read("w/study-small.csv")} == {str(folder / "study.py")}
    assert "[1, 2]" in Path("w/study-small.1.md").read_text() and Path("w/study-small.1.png").exists()
    Path("other").mkdir()
    Path("other/study.py").write_text(STUDY.replace("FACTOR = 1", "FACTOR = 7"))
    same_name = run("experiment", "other/study.py", "--jobs", 1, "--out", "w")
    assert "[7, 14]" in same_name.stdout and [row["value"] for row in read("w/study-small.2.csv")] == [5, 10]


def test_rows_belong_to_what_the_code_imports_from_beside_it(folder, monkeypatch):
    monkeypatch.syspath_prepend(str(folder))
    Path("beside.py").write_text("OFFSET = 1\n")
    Path("study.py").write_text("import beside\n" + STUDY)
    first = run_cases("study.py", "t.csv")
    Path("beside.py").write_text("OFFSET = 2\n")
    second = run_cases("study.py", "t.csv")
    assert (first.added, second.resumed) == (2, 0) and second.aside is not None


@pytest.mark.parametrize("content", ["my notes without an end", "my notes\n", "a,b\n1,2\n", "key", "\0\1\2", "\n"])
def test_a_foreign_table_is_left_alone(folder, content):
    Path("w").mkdir()
    Path("w/study-small.csv").write_text(content)
    result = study()
    if content == "key":  # the beginning of a header, as a kill leaves it
        assert result.exit_code == 0
        return
    assert result.exit_code == 2 and "w/study-small.csv" in result.stderr
    assert Path("w/study-small.csv").read_text() == content and os.listdir("w") == ["study-small.csv"]


def test_a_foreign_report_and_picture_are_moved_aside(folder):
    Path("w").mkdir()
    Path("w/study-small.md").write_text("my notes")
    Path("w/study-small.png").write_bytes(b"my picture")
    result = study()
    assert result.exit_code == 0 and "is now in" in result.stdout
    assert Path("w/study-small.1.md").read_text() == "my notes"
    assert Path("w/study-small.1.png").read_bytes() == b"my picture"
    assert study().exit_code == 0 and not Path("w/study-small.2.md").exists()


ROWS = {
    "half of a surrogate pair": '"\\ud800"', "a long number": "10**5000", "a list without end": '"x" * 200_000',
    "an array": '__import__("numpy").ones(3)', "another column": '1, **({"extra": 2} if n == 2 else {})',
    "what has no text": 'type("T", (), {"__str__": lambda self: 1 / 0})()',
}  # fmt: skip


@pytest.mark.parametrize("value", ROWS.values(), ids=ROWS)
def test_a_row_that_cannot_be_encoded_is_one_failed_row(folder, value):
    Path("study.py").write_text(STUDY.replace("FACTOR * n}", f"n if n == 1 else {value}}}"))
    outcome = run_cases("study.py", "t.csv")
    assert [row["outcome"] for row in outcome.rows] == ["done", "failed"]
    assert "cannot be written as text" in outcome.rows[1]["message"]
    assert run_cases("study.py", "t.csv").rows == outcome.rows


@pytest.mark.parametrize("body", ["return None", "raise SystemExit(0)", 'raise ValueError("\\ud800")', "import absent"])
def test_a_case_that_ends_oddly_is_one_failed_row(folder, body):
    Path("study.py").write_text(STUDY.replace('return {"value": FACTOR * n}', body))
    outcome = run_cases("study.py", "t.csv")
    assert [row["outcome"] for row in outcome.rows] == ["failed", "failed"] == [r["outcome"] for r in read("t.csv")]


@pytest.mark.parametrize("function", ["write", "fsync"])
def test_rows_that_the_disk_refuses_are_told_and_reported(folder, monkeypatch, function):
    Path("w").mkdir()
    run_cases("study.py", "w/study-small.csv")
    whole = Path("w/study-small.csv").read_bytes()
    Path("w/study-small.csv").write_bytes(whole.splitlines(keepends=True)[0])
    with full(function, monkeypatch):
        outcome = run_cases("study.py", "w/study-small.csv")
    assert [row["value"] for row in outcome.rows] == [1, 2] and "No space left" in outcome.unwritten
    assert Path("w/study-small.csv").read_bytes() == whole.splitlines(keepends=True)[0]
    with full(function, monkeypatch, after=1):  # the next row finds room again
        assert len(run_cases("study.py", "w/study-small.csv").unwritten.split("1 rows are not")) == 2


@pytest.mark.parametrize("function", ["open", "replace"])
def test_a_report_that_cannot_be_written_is_printed(folder, monkeypatch, function):
    with full(function, monkeypatch):
        result = study()
    assert result.exit_code == 74 and "[1, 2]" in result.stdout and "study-small.md was not written" in result.stderr
    assert len(read("w/study-small.csv")) == 2


def test_findings_and_pictures_that_fail_do_not_keep_the_rows_away(folder):
    broken = STUDY.replace("repr([row", "1 / 0 or repr([row").replace("figure.subplots()", "figure.x")
    Path("study.py").write_text(broken)
    result = study()
    assert result.exit_code == 74 and "the findings could not be told: ZeroDivisionError" in result.stderr
    assert len(read("w/study-small.csv")) == 2 and "2 cases" in Path("w/study-small.md").read_text()


# ---- processes


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_workers_end_with_their_parent(folder, how):
    body = 'open(f"pid.{__import__(\'os\').getpid()}", "w").close(); __import__("ctypes").PyDLL(None).sleep(100)'
    Path("study.py").write_text(STUDY.replace('return {"value": FACTOR * n}', body))  # a sleep that holds Python's lock
    child = subprocess.Popen([*PROGRAM, "experiment", "study.py", "--jobs", "2", "--out", "w"], stdout=-3, stderr=-3)
    deadline = time.monotonic() + 60
    while len(list(folder.glob("pid.*"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    workers = [int(path.suffix[1:]) for path in folder.glob("pid.*")]
    assert len(workers) == 2
    child.send_signal(how)
    assert child.wait(30) == (130 if how == signal.SIGINT else -how)
    while any(map(alive, workers)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(alive, workers))


def outcome(*command, **options):
    done = subprocess.run(command, capture_output=True, timeout=120, **options)
    return done.returncode, done.stdout.decode("cp1252")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_output_that_fails_is_neither_yes_nor_no(folder):
    run("copositive", "I.csv", "--certificate", "c.json")
    checker = [sys.executable, check.__file__, "c.json"]
    commands = [[*PROGRAM, "copositive", "I.csv"], checker, [*PROGRAM, "bound", "standard-quadratic", "Q.csv"]]
    for command in commands:
        with open("/dev/full", "w") as device:
            assert subprocess.run(command, stdout=device, stderr=subprocess.DEVNULL).returncode == 74, command
    for command in commands[1:]:
        reader, writer = os.pipe()
        os.close(reader)
        assert subprocess.run(command, stdout=writer, stderr=subprocess.DEVNULL).returncode == 74, command
        os.close(writer)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_terminals_without_unicode(folder, encoding):
    env = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"}
    assert outcome(*PROGRAM, "copositive", "I.csv", "--certificate", "c.json", env=env)[0] == 0
    status, said = outcome(*PROGRAM, "bound", "standard-quadratic", "Q.csv", env=env)
    assert status == 0 and "lower bound" in said
    status, said = outcome(sys.executable, check.__file__, "c.json", env=env)
    assert status == 0 and said.startswith("proved: ") and "\\u2265" in said
    assert outcome(sys.executable, check.__file__, env=env)[0] == 2


def test_an_internal_error_is_no_answer(folder, monkeypatch):
    for error in (ZeroDivisionError("a mistake"), RecursionError(), MemoryError(), SystemExit(1)):

        def broken(*arguments, error=error, **options):
            raise error

        monkeypatch.setattr("copos.commands.decide.is_copositive", broken)
        result = run("copositive", "I.csv")
        assert result.exit_code == 70 and "says nothing about the question" in result.stderr


def test_interrupted(folder, monkeypatch):
    """130, with what is known so far."""
    monkeypatch.setattr("copos.commands.decide.minimum_on_simplex", interrupt)
    result = run("copositive", "I.csv", "--minimum")
    assert result.exit_code == 130 and "copositive: yes" in result.stdout
    monkeypatch.setattr("copos.commands.decide.is_copositive", interrupt)
    result = run("copositive", "I.csv")
    assert result.exit_code == 130 and not result.stdout


def interrupt(*arguments, **options):
    signal.raise_signal(signal.SIGINT)


def test_an_interrupted_search_prints_its_bracket(folder, monkeypatch):
    np.save("big.npy", np.eye(5) + np.roll(np.eye(5), 1, 0) + np.roll(np.eye(5), -1, 0))
    monkeypatch.setattr("copos.branching.search.Search.cut", interrupt)
    result = run("branch", "standard-quadratic", "big.npy", "--state", "s.json")
    assert result.exit_code == 130 and "interrupted" in result.stdout and "lower bound" in result.stdout
    assert Path("s.json").exists()


def test_an_interrupted_climb_returns_the_levels_so_far(monkeypatch):
    program = copos.standard_quadratic(np.eye(5) + np.roll(np.eye(5), 1, 0) + np.roll(np.eye(5), -1, 0))

    def second(program, how, seconds):
        return interrupt() if how.level else one_level(program, how, seconds)

    monkeypatch.setattr("copos.bounding.climb.one_level", second)
    bound = copos.bracket(program, tolerance=1e-9, max_level=1)
    assert bound.proved and bound.level == 0 and "interrupted" in bound.reason
    with pytest.raises(KeyboardInterrupt):
        copos.bracket(program, 1, tolerance=1e-9)


def test_a_bound_without_a_proof_has_a_status_of_its_own(folder, monkeypatch):
    without = copos.lower_bound(copos.standard_quadratic(np.eye(2)), certify=False)
    monkeypatch.setattr("copos.commands.programs.bracket", lambda *arguments, **options: without)
    result = run("bound", "standard-quadratic", "I.csv", "--certificate", "c.json")
    assert result.exit_code == 4 and "not proved" in result.stdout and "there is no proof to write" in result.stderr
    assert not Path("c.json").exists()


def test_numbers_that_no_double_holds_are_kept_exactly(folder):
    assert copos.support.given.exact_array([2**60 + 1]).tolist() == [Fraction(2**60 + 1)]
    with pytest.raises(ValueError, match=r"X\[0, 1\] is 1152921504606846977"):
        copos.relu_network([[1, 2**60 + 1]], [1.0], beta=0.1)


def test_binary_numbers_of_sympy_are_taken_exactly():
    sympy = pytest.importorskip("sympy")
    long = sympy.Float("0.1", 40)  # more bits than a double has
    found = copos.support.given.exact_array([[sympy.Float(1.5), sympy.Float(0)], [long, -long]])
    exact = Fraction(int(sympy.Rational(long).p), int(sympy.Rational(long).q))
    assert found.tolist() == [[Fraction(3, 2), 0], [exact, -exact]]
    assert copos.support.given.real_array([long]).tolist() == [0.1]
    for odd in (sympy.Float("inf"), sympy.Float("nan"), sympy.Symbol("x"), sympy.Float("1e10000")):
        with pytest.raises(ValueError, match="X"):
            copos.support.given.exact_array([1, odd], "X")
    points = sympy.Matrix([[1.5, 2], [0, 1], [3, 3]])
    assert copos.k_means(points, 2).upper == copos.k_means(np.array(points.tolist(), dtype=float), 2).upper
