"""Whatever is done to a certificate of any kind, the checker answers with a verdict, and soon."""

import copy
import json
import time

import numpy as np
import pytest

from copos.certificate import verify
from copos.checker import check
from copos.checker.check import Verdict
from tests.checker.building import BALL, MATRICES, doc, identity, lower, program, tree
from tests.checker.test_certificate_check import get, places
from tests.checker.test_certificate_mutation import SMALL

DEEP: list = []
for _ in range(150):
    DEEP = [DEEP]
VALUES = [
    None, True, False, 0, 1, -1, 2, 7, 12, 13, 60, 3000, 6999, 7000, 10**6, 10**30, -(10**30), 2**63, 10**2100,
        10**4000, 10**9000,
    0.5, float("nan"), float("inf"), "", "0", "-0", "1/3", "-1/3", "1/0", "0/1", "٣", "１", "−1", "1e1000000",
        "x" * 10**5, "9" * 2100,
    "1/" + "7" * 2100, "\ud800", "\x00", [], [[]], [[[]]], [0], [1, 2], [[0, 0, 1]], [[1]] * 3, [[0] * 50] * 50, {},
        {"a": 1}, {"cut": [[0, 1]]},
    {"": DEEP}, DEEP, {"factor": [[1]]}, {"type": "matrix", "rows": [[1]]}, {"type": "program"}, "squares", "frames",
        "spn", "cover", "level",
    ["vector", []], ["part", {}], ["direction", [0]], {"split": [0, 1, 1, 1]},
]  # fmt: skip
KEYS = ["inside", "infinity", "scales", "chart", "stated", "rounded", "weights", "bits", "blocks", "generators",
    "basis", "defect",
        "defect_bits", "tree", "simplices", "level", "copositive", "about", "question", "unit", "\ud800"]  # fmt: skip
MORE = {
    "ball": lower(BALL, -1, [-1], 1),
    "infinity": lower(BALL, -1, [-1], 1, infinity={"terms": [], "multipliers": [], "scales": [1, 1, 1]}),
    "inside": lower(program(objective=[[0, 0, 1]], equations=[([[0, 0, 1]], 1)]), 0, [0], 1, inside=[1, 3]),
    "matrix cone": doc("copositive", {**MATRICES, "unit": [[0, 1], [1, 1], [2, 1]], "objective": []}, identity(1)),
    "tree": tree(program(objective=[[0, 0, 1]]), 0, {"cut": [[1, 1]]}, *[{"y": [], **identity(1)}] * 2),
}


def damaged(document, rng):
    """The document with one to four random changes."""
    out = copy.deepcopy(document)
    for _ in range(int(rng.integers(1, 5))):
        paths = [p for p in places(out) if p]
        path = paths[int(rng.integers(len(paths)))]
        parent, key, what = get(out, path[:-1]), path[-1], rng.integers(6)
        value = copy.deepcopy(VALUES[int(rng.integers(len(VALUES)))])
        if what == 0 and isinstance(parent, dict):
            del parent[key]
        elif what == 1 and isinstance(parent, list):
            parent.insert(key, value)
        elif what == 2 and isinstance(parent, dict):
            parent[KEYS[int(rng.integers(len(KEYS)))]] = value
        elif what == 3:  # something of the document in another place
            other = paths[int(rng.integers(len(paths)))]
            parent[key] = copy.deepcopy(get(document, other)) if _has(document, other) else value
        else:
            parent[key] = value
        if not isinstance(out, dict) or any(p is DEEP for p in out.values()):
            break
    if rng.random() < 0.7:
        try:
            out["sha256"] = check.digest(out["problem"])
        except (check.Unreadable, RecursionError, KeyError, TypeError):
            pass
    return out


def _has(value, path):
    try:
        get(value, path)
    except (KeyError, IndexError, TypeError):
        return False
    return True


@pytest.mark.parametrize("name", [*SMALL, *MORE])
def test_damaged_certificates_get_a_verdict(name):
    document = MORE[name] if name in MORE else SMALL[name].document()
    rng = np.random.default_rng(len(name))
    assert check.check(document).proved
    refused = 0
    for _ in range(150):
        mutant = damaged(document, rng)
        start = time.process_time()
        said = check.check(mutant, document["problem"] if rng.random() < 0.2 else None)
        assert type(said) is Verdict and time.process_time() - start < 1.0, (mutant, time.process_time() - start)
        assert said.proved == (not said.reason) and said.readable >= said.proved
        refused += not said.proved
    assert refused > 100


def test_other_values_are_no_certificates_and_no_problems():
    good = SMALL["negative"]
    for value in [*VALUES, np.zeros(2), np.float64(1), object(), (1, 2), {1: 2}, b"{}", lambda: 0, range(3)]:
        said = verify(value)  # type: ignore[arg-type]
        assert not said.proved and not said.readable and said.reason
        if value is not None:
            said = verify(good, value)
            assert not said.proved and said.reason, value
    for problem in ({"format": check.FORMAT}, {"format": check.FORMAT, "problem": None}, {}, [],
        {"problem": good.problem}, 0, False,
                    json.dumps(good.document())):  # fmt: skip
        assert not verify(good, problem).proved
    assert verify(good, good.problem).proved and verify(good, good.document()).proved
