"""The page of findings says what its tables say, and an archive that was tampered with is refused."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

import copos
from copos.experiment.table import read
from experiments import gaps
from findings import archive, page, second, second_codes, second_matrices, tables
from findings.claims import CLAIMS

SHOWN = [claim for claim in CLAIMS if tables.table(claim, "", tables.COMMITTED).is_file()]


def test_there_are_claims_with_tables():
    assert len(SHOWN) >= 3


def test_the_page_is_written_from_the_tables():
    assert page.PAGE.read_text(encoding="utf-8") == page.text()


def test_the_tables_are_those_of_the_manifest():
    assert tables.stale(tables.COMMITTED) == []
    assert {tables.table(claim, "", tables.COMMITTED).name for claim in SHOWN} == set(tables.manifest(tables.COMMITTED))


@pytest.mark.parametrize("claim", SHOWN, ids=lambda claim: claim.experiment)
def test_every_claim_was_checked_a_second_time(claim):
    facts = tables.manifest(tables.COMMITTED)[f"{claim.experiment}-{claim.which}.csv"]
    assert facts["again"] and facts["seconds"] > 0
    rows = read(tables.table(claim, "", tables.COMMITTED))
    assert len(rows) == facts["rows"] and {row["outcome"] for row in rows} == {"done"}


def test_a_bound_above_a_loss_that_other_searches_find_is_caught():
    row = {"n": 3, "share": 0.8, "noise": 0.1, "ridge": 0.1, "seed": 0, "best": 1.0, "proved": 1e3}
    with pytest.raises(AssertionError):
        second.completion([row])
    plain = {"n": 2, "rank": 1, "spread": 0.0, "seed": 0, "proved": 1e3}
    with pytest.raises(AssertionError):
        second.ladder([plain])


def test_descent_finds_the_singular_values():
    A = np.diag([3.0, 2.0, 1.0])
    assert second.descend(np.ones((3, 3)), A, 2, 0.0, 0) == pytest.approx(1.0, abs=1e-8)


@pytest.fixture
def folder(tmp_path):
    """The committed tables, to alter; their certificates are not in the repository."""
    copy = shutil.copytree(tables.COMMITTED, tmp_path / "tables")
    for name in tables.manifest(copy):
        tables.note(copy, name, certificates={})
    return copy


def test_an_archive_is_read_back(folder):
    assert archive.pack(folder).name == archive.NAME


def test_an_archive_lacks_no_certificate(folder):
    name = next(iter(tables.manifest(folder)))
    tables.note(folder, name, certificates={"gone.json": "0" * 64})
    with pytest.raises(archive.Broken, match="gone.json"):
        archive.pack(folder)


def test_a_changed_table_is_not_packed(folder):
    path = tables.table(SHOWN[0], "", folder)
    path.write_text(path.read_text(encoding="utf-8").replace("done", "gone", 1), encoding="utf-8")
    with pytest.raises(archive.Broken, match=path.name):
        archive.pack(folder)


def test_a_certificate_that_the_checker_refuses_is_not_packed(folder, tmp_path, monkeypatch):
    false = tmp_path / "false.json"
    false.write_text(json.dumps({"format": "copos-certificate"}), encoding="utf-8")
    name = next(iter(tables.manifest(folder)))
    tables.note(folder, name, certificates={false.name: tables.sha256(false)})
    monkeypatch.setattr(archive, "certificates", lambda _: [false])
    with pytest.raises((archive.Broken, ValueError)):
        archive.pack(folder)


def test_another_way_to_the_optimum_of_a_box():
    Q, c = np.array([[0.0, 3.0], [3.0, -2.0]]), np.array([1.0, -1.0])  # max at (1, 1): ½(6 − 2) + 0 = 2
    assert second.box_optimum(Q, c) == pytest.approx(-2.0)
    assert second.optimum("simplex", 12, 0, 0) == pytest.approx(1 / 12)


def test_another_way_to_the_optimum_of_a_network():
    rng = np.random.default_rng(0)
    X, Y = rng.standard_normal((12, 2)), rng.standard_normal((12, 1))
    program = copos.polynomial_network(X, Y, beta=0.3)
    fit = program.train(1e-8)
    assert second.semidefinite(X, Y, 0.3, tuple(program.activation)) == pytest.approx(fit.objective, rel=1e-6)


@pytest.mark.parametrize(("again", "row"), [
    ("clusters", {"data": "iris", "k": 3, "lower": 79.0, "best": 78.85}),
    ("decay", {"n": 3, "d": 1, "width": 1, "activation": "published", "beta": 0.1, "seed": 0, "proved": 1e3}),
    ("roots", {"kind": "simplex", "n": 8, "density": 50, "seed": 0, "proved": 1.0, "best": 1.0}),
    ("weights", {"n": 3, "rank": 1, "spread": 1.0, "seed": 0, "best": 1e3, "proved": 1e3}),
    ("relu_descent", {"method": "SGD", "objective": 1.0, "lower": 1.1}),
])  # fmt: skip
def test_a_false_bound_is_caught(again, row, monkeypatch):
    monkeypatch.setattr(second, "STARTS", 3)
    with pytest.raises(AssertionError):
        getattr(second, again)([row])


@pytest.mark.parametrize(("again", "row"), [
    ("gaps", {"kind": "horn", "n": 12, "density": 25, "seed": 2, "method": "level 1", "proved": 1.001}),
    ("smallest", {"trace": 6, "separated": 1, "positive": 0, "undecided": 0, "certificate": ""}),
])  # fmt: skip
def test_a_false_row_of_matrices_is_caught(again, row):
    with pytest.raises(AssertionError):
        getattr(second_matrices, again)([row])


def test_another_way_to_small_matrices():
    H = second_matrices.HORN
    assert second_matrices.copositive(H) and not second_matrices.copositive(H - np.eye(5, dtype=int))
    assert second_matrices.minors(np.array([[[1, 1], [1, 1]], [[1, 2], [2, 1]]])).tolist() == [True, False]
    M = np.array([[1, 1, 0, 0, 1], [1, 2, 1, 0, 0], [0, 1, 2, 1, 0], [0, 0, 1, 1, 1], [1, 0, 0, 1, 3]])
    assert not second_matrices.copositive(H * M)  # not completely positive: <DHD, M> < 0
    row = {"kind": "horn", "n": 12, "density": 25, "seed": 1}
    assert second_matrices.nonnegative(row) == pytest.approx(0.906592, abs=1e-5)


def test_another_way_to_a_box(tmp_path, monkeypatch):
    monkeypatch.setattr(gaps, "FOLDER", tmp_path)
    (tmp_path / "spar002-100-1.in").write_text("2\n1 -1\n0 3\n3 -2\n", encoding="utf-8")
    row = {"n": 2, "density": 100, "seed": 1}
    assert second_matrices.mccormick(row) == pytest.approx(-2.0, abs=1e-6)


def test_another_way_to_triples_of_words():
    assert second_codes.code_bound(8, 4) == pytest.approx(16, abs=1e-5)
    assert second_codes.coefficient(5, 2, 2, 2, 0) == 10  # M^2_22 at k = 0: C(5, 2)


def test_lines_in_print_have_sources():
    lines = [line for claim in CLAIMS for line in claim.published]
    assert len(lines) >= 10 and all(line.source and line.text for line in lines)
    assert {claim.experiment for claim in CLAIMS if claim.published} >= {"records", "completion", "gaps"}
