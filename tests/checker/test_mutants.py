"""The tool itself: names that edits elsewhere do not change, survivors that are found, explanations that are needed."""

import importlib.util
import json
import sys

import numpy as np
import pytest

from copos import solvers
from copos.conic import Cones, ConicForm
from tests.mutants import alterations, report, session
from tests.mutants.judges import Judge

SOURCE = '''
LIMIT = 3
TABLE = {"double": lambda x: x + x}

class Box:
    @property
    def size(self):
        return 1 + 1

def positive(x, least=0):
    return x > least and x != LIMIT

def refuse(x):
    if not positive(x):
        raise ValueError("no " + str(1 + 1))
    return TABLE["double"](x)
'''


@pytest.fixture
def loaded(tmp_path, monkeypatch):
    """A module that may be altered, and its file."""
    path = tmp_path / "subject.py"
    path.write_text(SOURCE)
    spec = importlib.util.spec_from_file_location("subject", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "subject", module)
    spec.loader.exec_module(module)
    return module, path


def test_every_change_has_a_name_that_edits_elsewhere_leave_alone(tmp_path):
    path = tmp_path / "subject.py"
    path.write_text(SOURCE)
    names = [m.key for m in alterations.mutants(path)]
    assert len(set(names)) == len(names)
    assert "positive | return x > least and x != LIMIT | > → >=" in names
    assert "(module) | LIMIT = 3 | 3 → 4" in names and "Box.size | return 1 + 1 | 1 → 2 #1" in names
    words = [name for name in names if "'no '" in name]
    assert len(words) == 1 and words[0].endswith("| without the refusal"), "words of a refusal are not altered"
    path.write_text("def other(x):\n    return x < 1\n\n" + SOURCE.replace("LIMIT = 3", "MORE = 7\nLIMIT = 3"))
    again = [m.key for m in alterations.mutants(path)]
    assert set(names) <= set(again) and len(again) > len(names)


def judge(name, path, holds):
    lines = frozenset((path.name, k) for k in range(1, 20))
    return Judge(name, lambda: "" if holds() else "it fails", lines, 0.001, {path.name: 1.0})


def refused(call):
    try:
        call()
    except ValueError:
        return True
    return False


def test_what_nobody_asks_survives(loaded):
    module, path = loaded
    judges = [
        judge("positive", path, lambda: module.positive(2) and not module.positive(-1) and not module.positive(3)),
        judge("refused", path, lambda: refused(lambda: module.refuse(-1)) and module.refuse(5) == 10),
        judge("size", path, lambda: module.Box().size == 2),
    ]
    todo = list(alterations.mutants(path))
    found = {m.key: noticed for m, _, noticed in session.spread(todo, judges, session.Limits(), {})}
    alive = {key for key, noticed in found.items() if not noticed}
    assert len(found) == len(todo)
    assert sorted(key.rpartition(" | ")[2] for key in alive) == ["0 → 1", "> → >="]
    assert all(key.startswith("positive | ") for key in alive)
    assert found["(module) | LIMIT = 3 | 3 → 4"].startswith("positive: ")
    assert module.positive(2) and module.LIMIT == 3, "nothing is left of a mutant"


def test_a_mutant_that_does_not_end_is_noticed(loaded):
    module, path = loaded
    (m,) = [m for m in alterations.mutants(path) if m.key == "(module) | LIMIT = 3 | 3 → 4"]

    def forever():
        while module.LIMIT == 4:
            pass
        return True

    ((_, asked, noticed),) = session.spread([m], [judge("forever", path, forever)], session.Limits(), {})
    assert asked == 1 and noticed == "forever: it does not end"


def test_a_judge_that_calls_a_solver_says_nothing(loaded):
    """Its threads do not exist in a forked process: it would wait for them forever."""
    _, path = loaded
    m = next(alterations.mutants(path))
    form = ConicForm(np.ones(1), -np.eye(1), np.zeros(1), Cones(nonnegative=1))
    solves = judge("solves", path, lambda: solvers.solve(form, "clarabel").value is None)
    ((_, asked, noticed),) = session.spread([m], [solves], session.Limits(), {})
    assert asked == 1 and not noticed


def answer(key, noticed=""):
    return session.Answer("check.py", key, 1, "", noticed, 1, "")


def test_survivors_need_explanations_and_explanations_survivors():
    answers = [answer("a", "seen"), answer("b"), answer("c")]
    result = report.Result.of(answers, {"check.py": {"b": "because", "a": "not needed"}, "other.py": {"x": "y"}})
    assert [a.key for a in result.unexplained] == ["c"] and result.idle == ["check.py: a"] and not result.complete
    assert "not explained: check.py:1: c" in result.summary() and "| `check.py` | 3 | 1 | 1 | 1 |" in result.page()
    fine = report.Result.of(answers[:2], {"check.py": {"b": "because"}})
    assert fine.complete and "* because\n    * `` b ``" in fine.page()


def test_answers_are_kept_line_by_line(tmp_path):
    path = tmp_path / "answers.jsonl"
    path.write_text(json.dumps(answer("a", "n")._asdict()) + '\n{"file": "check.py", "key": "b", "li')
    assert list(session.kept(path)) == [("check.py", "a")] and session.kept(tmp_path / "none") == {}


def test_explanations_are_read():
    table = report.explained()
    assert all(file.startswith("check") and all(rows.values()) for file, rows in table.items())
