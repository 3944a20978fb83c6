"""Bounds as files: exact, nothing lost, and nothing believed that is not proved."""

import json
import sys
from dataclasses import replace

import numpy as np
import pytest

import copos
from copos.levels.bound_file import FORMAT

PENTAGON = np.roll(np.eye(5, dtype=int), 1, axis=0) + np.roll(np.eye(5, dtype=int), -1, axis=0)


@pytest.fixture(scope="module")
def program():
    return copos.stability_number(PENTAGON)


@pytest.fixture(scope="module")
def bound(program):
    return copos.bracket(program)


@pytest.fixture
def document(bound, tmp_path):
    bound.save(tmp_path / "bound.json")
    return json.loads((tmp_path / "bound.json").read_text())


def read(tmp_path, document, program=None):
    path = tmp_path / "other.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return copos.Bound.load(path, program)


def test_every_field_comes_back(bound, program, document, tmp_path):
    again = read(tmp_path, document, program)
    for name in ("lower", "claimed", "upper", "exact", "proved", "reason", "level", "status", "solver", "cells"):
        assert getattr(again, name) == getattr(bound, name)
    assert again.found.solution == bound.found.solution
    assert np.array_equal(again.found.mixture.atoms, bound.found.mixture.atoms)
    assert again.certificate.document() == bound.certificate.document()
    assert copos.bracket(program, tolerance=1.0, resume=again).lower == bound.lower


@pytest.mark.parametrize("make", [
    lambda: copos.linear_network(np.eye(2), np.diag([2.0, 1.0]), [2, 1, 2]),
    lambda: copos.relu_network([[1.0], [-1.0]], [1.0, 0.0], beta=0.1),
    lambda: copos.standard_quadratic(np.eye(2)),
])  # fmt: skip
def test_other_programs(make, tmp_path):
    program = make()
    bound = copos.bracket(program)
    bound.save(tmp_path / "bound.json")
    again = copos.Bound.load(tmp_path / "bound.json", program)
    assert (again.lower, again.upper, again.proved) == (bound.lower, bound.upper, bound.proved)
    if isinstance(program, copos.RegularizedProgram):
        with pytest.raises(ValueError, match="give it"):
            copos.Bound.load(tmp_path / "bound.json")


def test_an_empty_bound_and_one_without_proof(tmp_path, program):
    for bound in (copos.Bound(reason="nothing"), copos.lower_bound(program, certify=False)):
        bound.save(tmp_path / "bound.json")
        again = copos.Bound.load(tmp_path / "bound.json")
        assert (again.lower, again.claimed, again.upper) == (-np.inf, bound.claimed, np.inf) and not again.proved


LIES = {
    "a larger lower bound": (lambda d: d.update(lower=3), "not the value of its certificate"),
    "another exact value": (lambda d: d.update(exact=1), "not the value of its certificate"),
    "infinite": (lambda d: d.update(lower="inf"), "not the value of its certificate"),
    "both": (lambda d: (d.update(exact=1, lower=1), d["certificate"]["proof"].update(value=1)), "not accepted"),
    "no certificate": (lambda d: d.update(certificate=None), "no certificate"),
    "not proved": (lambda d: d.update(proved=False), "if and only if"),
    "a smaller upper bound": (lambda d: d.update(upper=0), "upper bound is less"),
    "of the wrong kind": (lambda d: d.update(certificate=d["upper_certificate"]), "kind 'upper bound'"),
    "proof that is none": (lambda d: d["certificate"].update(proof=[]), "must be an object"),
    "value that is none": (lambda d: d["certificate"]["proof"].pop("value"), "value"),
    "text for a count": (lambda d: d.update(cells="many"), "cells"),
    "number for text": (lambda d: d.update(reason=7), "reason must be text"),
    "a field more": (lambda d: d.update(extra=1), "the bound"),
    "a field less": (lambda d: d.pop("upper"), "the bound"),
    "status": (lambda d: d.update(status=["optimal"]), "status must be one of"),
    "ragged atoms": (lambda d: d["found"].update(atoms=[[1], [1, 2]]), "rows of one length"),
    "solution": (lambda d: d["found"].update(solution={"shape": [3], "entries": [1]}), "must have 3 items"),
    "weights": (lambda d: d["found"].update(weights=[1, 2, 3]), "a mixture has a weight"),
    "dual proof": (lambda d: d.update(certificate={"format": "copos dual proof", "version": 1}), "not a dual proof"),
    "not a double": (lambda d: d.update(claimed="1/3"), "must be a double"),
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_a_file_that_lies_is_refused(lie, document, tmp_path):
    change, message = LIES[lie]
    change(document["bound"])
    with pytest.raises(ValueError, match=message):
        read(tmp_path, document)


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"format": 1}', "[" * 10**5, '{"a": 1, "a": 1}', '{"x": 0.5}',
                                  json.dumps({"format": FORMAT, "version": 2, "bound": {}})])  # fmt: skip
def test_what_is_no_bound_is_refused(text, tmp_path):
    with pytest.raises(ValueError, match="other.json"):
        read(tmp_path, text)


def test_a_bound_of_another_program_is_refused(document, tmp_path):
    with pytest.raises(ValueError, match="another problem"):
        read(tmp_path, document, copos.stability_number(1 - np.eye(5, dtype=int)))


def test_what_cannot_be_proved_is_not_written(bound, tmp_path):
    path = tmp_path / "bound.json"
    path.write_text("before")
    with pytest.raises(ValueError, match="certificate"):
        replace(bound, lower=bound.lower + 1).save(path)
    assert path.read_text() == "before" and len(list(tmp_path.iterdir())) == 1


def test_a_frame_has_one_row(bound):
    pd = pytest.importorskip("pandas")
    frame = bound.to_frame()
    assert isinstance(frame, pd.DataFrame) and len(frame) == 1 and frame["lower"][0] == bound.lower


def test_without_pandas_the_message_says_what_to_install(bound, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="pip install pandas"):
        bound.to_frame()
