"""The shape that all benchmarks share: measuring, storing, comparing, the tables of the manual."""

import json
import time

import pytest

from benchmarks import __main__ as command
from benchmarks import _measure, _pages, _table
from benchmarks._measure import clock, measure
from benchmarks._table import Curve, Table


def busy(seconds, megabytes=0):
    """Work for a while and hold some memory."""
    held = bytearray(int(megabytes * 2**20))
    held[::4096] = b"x" * len(held[::4096])
    start = clock()
    while clock() - start < seconds:
        pass
    return {"work_s": clock() - start, "value": seconds}


def failing():
    raise ValueError("no such thing")


def sleeping():
    time.sleep(60)


def some_rows(quick):
    """Two methods of one case.

    More words.
    """
    for method, seconds in (("copos", 0.5), ("other", 1.5)):
        yield {"case": "c", "method": method, "n": 3, "solve_s": seconds, "peak_MB": 100.0, "value": 1.0}


TABLE = Table("some", some_rows, ratio=("solve_s", "copos"), curve=Curve("n", "solve_s"))


def test_a_task_is_measured_in_its_own_process():
    small, large = (measure(busy, 0.01, size, repeats=1) for size in (0, 300))
    assert large["peak_MB"] - small["peak_MB"] == pytest.approx(300, abs=30)
    assert 0.01 <= small["work_s"] <= small["cpu_s"] and small["status"] == "ok" and small["value"] == 0.01


def test_failures_and_limits_are_rows_too():
    assert measure(failing)["status"] == "ValueError: no such thing"
    assert measure(sleeping, limit=0.5) == {"status": "over 0.5 s"}


def test_a_run_is_stored_with_its_machine_and_read_back(tmp_path):
    document = _table.run(TABLE, quick=True, say=lambda line: None)
    assert document["caption"] == "Two methods of one case."
    assert [row["ratio"] for row in document["rows"]] == [1.0, 3.0]
    assert document["machine"]["cores"] >= 1 and "numpy" in document["machine"]["versions"]
    _table.save(TABLE, document, tmp_path)
    assert _table.load(TABLE, tmp_path) == document
    assert (tmp_path / "some.csv").read_text().splitlines()[0] == "case,method,n,solve_s,peak_MB,value,ratio"
    if (tmp_path / "some.svg").exists():
        assert "Two methods of one case" in (tmp_path / "some.svg").read_text()
    assert "| c | other | 3 | 1.5 | 100 | 1 | 3× |" in _table.markdown(document)


@pytest.mark.parametrize(
    ("column", "changed", "words"),
    [
        ("solve_s", 0.9, "solve_s was 0.5, is 0.9"),
        ("peak_MB", 200.0, "peak_MB was 100, is 200"),
        ("value", 1.001, "value was 1, is 1.001"),
        ("status", "over 9 s", "status was None, is 'over 9 s'"),
    ],
)
def test_what_became_worse_is_told(column, changed, words):
    old = {"yardstick_s": 1.0, "quick": False, "rows": list(some_rows(False))}
    new = {"yardstick_s": 1.0, "quick": False, "rows": list(some_rows(False))}
    assert _table.regressions(TABLE, old, new, 1.5) == []
    new["rows"][0][column] = changed
    (found,) = _table.regressions(TABLE, old, new, 1.5)
    assert found.startswith("c / copos: ") and words in found


def test_a_slower_machine_is_no_regression_and_a_missing_row_is_one():
    old = {"yardstick_s": 1.0, "quick": False, "rows": list(some_rows(False))}
    rows = [{**row, "solve_s": 2 * row["solve_s"]} for row in some_rows(False)]
    assert _table.regressions(TABLE, old, {"yardstick_s": 2.0, "quick": False, "rows": rows}, 1.5) == []
    missing = {"yardstick_s": 2.0, "quick": False, "rows": rows[:1]}
    assert _table.regressions(TABLE, old, missing, 1.5) == ["c / other: not measured any more"]
    assert _table.regressions(TABLE, old, {**missing, "quick": True}, 1.5) == []


def test_every_benchmark_has_tables_with_a_caption_and_a_name_of_its_own():
    names = [table.name for table in command.tables([])]
    assert len(names) == len(set(names)) >= 10
    assert all(table.rows.__doc__ for table in command.tables([]))


def test_committed_results_belong_to_a_table_and_name_no_place():
    names = {table.name for table in command.tables([])}
    for path in _table.COMMITTED.glob("*.json"):
        document = json.loads(path.read_text(encoding="utf-8"))
        assert document["table"] == path.stem and path.stem in names
        assert set(document["machine"]) == set(_measure.machine())


def test_the_tables_of_the_manual_are_the_committed_ones():
    assert _pages.outdated(command.tables([])) == {}, "run: python -m benchmarks pages"


def test_a_page_is_written_between_its_marks(monkeypatch):
    document = {**_table.run(TABLE, True, lambda line: None)}
    monkeypatch.setattr(_pages, "load", lambda table, folder: document)
    text = "a\n<!-- benchmark some -->\nold\n<!-- end -->\nb\n"
    fresh = _pages.page(text, [TABLE])
    assert "old" not in fresh and "| other |" in fresh and fresh.endswith("<!-- end -->\nb\n")
    assert _pages.page(fresh, [TABLE]) == fresh
    with pytest.raises(ValueError, match="'other'"):
        _pages.page(text.replace("some", "other"), [TABLE])


def test_unknown_names_are_refused(capsys):
    with pytest.raises(SystemExit, match="no benchmark nothing; there are"):
        command.tables(["nothing"])
    assert command.main(["list", "interfaces"]) == 0
    assert capsys.readouterr().out.startswith("interfaces")
