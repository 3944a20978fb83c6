"""The checker that is proved in Coq, where it is built, and certificates as files for Coq."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from copos import is_copositive
from copos.certificate import Certificate
from copos.certificate.formal import PROGRAM, formal_program, formally
from copos.checker import check
from tests.checker.building import HALF, doc, leaf, lower, program, ray, tree
from tests.checker.test_certificate_check import CASES

HORN = [[1, -1, 1, 1, -1], [-1, 1, -1, 1, 1], [1, -1, 1, -1, 1], [1, 1, -1, 1, -1], [-1, 1, 1, -1, 1]]
SPN = Certificate.of("copositive", [[2, -1, 3], [-1, 2, 0], [3, 0, 1]],
                     {"method": "spn", "factor": [[5, 0], [-3, 4], [0, 0]], "bits": 2})  # fmt: skip
built = pytest.mark.skipif(formal_program() is None, reason=f"{PROGRAM} is not built: make formal")
coqc = pytest.mark.skipif(shutil.which("coqc") is None, reason="Coq is not installed")


def saved(document, folder):
    path = folder / "certificate.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


@built
def test_what_both_checkers_can_read_both_accept(tmp_path):
    kinds = set()
    for certificate in CASES.values():
        if certificate.problem["type"] in ("matrix", "program") and certificate.verify().proved:
            verdict = formally(saved(certificate.document(), tmp_path))
            assert verdict.proved or verdict.words.startswith("outside"), verdict.words
            kinds |= {certificate.kind} if verdict.proved else set()
    assert {"lower bound", "upper bound", "copositive", "not copositive", "completely positive",
            "not completely positive"} <= kinds  # fmt: skip


@built
@pytest.mark.parametrize("entry", [1, 2, 10**40])
def test_a_false_matrix_is_refused(entry, tmp_path):
    rows = [[2, -1, 3], [-1, 2, 0], [3, 0, 1]]
    rows[0][1] = rows[1][0] = -1 - entry
    assert not formally(saved(Certificate.of("copositive", rows, SPN.proof).document(), tmp_path)).proved
    assert formally(saved(SPN.document(), tmp_path)).proved


@built
def test_a_bound_above_the_minimum_is_refused(tmp_path):
    document = lower(HALF, "1/2", ["1/2"])
    assert formally(saved(document, tmp_path)).proved
    assert not formally(saved(lower(HALF, "3/4", ["1/2"]), tmp_path)).proved
    assert not formally(saved(lower(HALF, "3/4", ["3/4"]), tmp_path)).proved


@built
def test_the_words_name_the_problem_by_its_hash_and_another_hash_is_refused(tmp_path):
    document = SPN.document()
    assert f"(sha256 {document['sha256'][:12]}…)" in formally(saved(document, tmp_path)).words
    said = formally(saved({**document, "sha256": check.digest({**document["problem"], "rows": [[1]]})}, tmp_path))
    assert not said.proved and "hash" in said.words
    named = {**HALF, "name": "Ω \\ \"é\"\t\x7f😀"}  # the hash is of what Python's json writes
    assert formally(saved(lower(named, "1/2", ["1/2"]), tmp_path)).proved


@built
def test_a_question_is_not_read_and_the_words_say_so(tmp_path):
    words = formally(saved({**lower(HALF, "1/2", ["1/2"]), "question": {"type": "anything"}}, tmp_path)).words
    assert words.startswith("proved: min <C, Y> >= 1/2 for the program in the file")
    assert words.endswith("the question in the file was not read")


@built
def test_what_a_problem_only_states_stands_first(tmp_path):
    stated = {**HALF, "stated": [[[0, 1]]]}
    said = formally(saved(lower(stated, "1/2", ["1/2"]), tmp_path))
    assert said.words.startswith("proved: assuming that the cone has the 1 inequalities")


@built
def test_a_short_file_cannot_ask_for_much_work(tmp_path):
    n = 40
    problem = program(dim=n, objective=[[0, 0, 1]])
    document = doc("copositive", problem, {"level": 12, "terms": [], "multipliers": []})
    said = formally(saved(document, tmp_path), time_limit=20)
    assert not said.proved and "too much work" in said.words


@built
def test_what_differs_has_a_cause_that_is_seen_by_removing_it(tmp_path):
    compare = pytest.importorskip("formal.compare")
    seen = set()
    for row in [row for row in compare.forged() if "question" in row][::20]:
        coq, words = compare.formal(row, str(tmp_path))
        if coq == "proved":
            seen.add(compare.cause(row, words))
    assert seen == {"about the question, which the formal checker does not read"}
    two = [leaf(["1/2"]), leaf(["1/4"])]
    document = tree(HALF, "1/4", {"cut": [[0, 1]]}, *two)
    assert compare.cause(document, "min <C, Y> >= 1/4 for") in compare.CAUSES
    assert compare.cause(document, "min <C, Y> >= 1 for") == "not explained"


def test_causes_name_what_is_removed():
    compare = pytest.importorskip("formal.compare")
    cone = {"basis": [[0, 0, 1]], "dim": 2, "blocks": ray(0, 1), "generators": [], "unit": [[0, 1], [1, 1]]}
    proof = {"method": "identity", "level": 0, "terms": [], "multipliers": []}
    document = doc("copositive", {"type": "matrix on a cone", "rows": [[1]], "cone": cone}, proof)
    assert "more than one u" in check.check(document).reason
    assert compare.cause(document, "proved: the 1×1 matrix M").startswith("coordinates of a cone that are not unique")
    named = lower(HALF, "1/2", ["1/2"], level=1, inside=[-1])
    assert not check.check(named).proved
    assert compare.cause(named, "proved: min <C, Y> >= 1/2 for the") == "a point that the proof names without need"


def test_a_program_that_is_not_there_is_no_verdict(tmp_path, monkeypatch):
    monkeypatch.setenv("COPOS_VERIFY_FORMAL", str(tmp_path / "nothing"))
    with pytest.raises(ValueError, match="cannot be run"):
        formally(saved(SPN.document(), tmp_path))


def test_a_proof_in_coq_states_the_matrix_and_has_no_axioms():
    text = SPN.to_coq()
    assert "Theorem copositive" in text and "Admitted" not in text and "Axiom" not in text


@coqc
def test_coq_accepts_it_and_refuses_it_for_another_matrix(tmp_path):
    for name, change, status in (("Right", None, 0), ("Wrong", ("6 * x0 * x2", "(-6) * x0 * x2"), 1)):
        text = SPN.to_coq()
        assert change is None or change[0] in text
        path = tmp_path / f"{name}.v"
        path.write_text(text if change is None else text.replace(*change), encoding="utf-8")
        run = subprocess.run(["coqc", "-q", path.name], cwd=tmp_path, capture_output=True, check=False, timeout=60)
        assert run.returncode == status, run.stderr[-500:]


def test_what_is_no_proof_makes_no_file():
    with pytest.raises(ValueError, match="proves nothing"):
        Certificate.of("copositive", [[1, -2], [-2, 1]], {"method": "spn", "factor": [[1], [-1]], "bits": 0}).to_coq()
    assert "nlinarith [sq_nonneg" in SPN.to_lean()


@pytest.mark.parametrize("kind", ["level", "too large"])
def test_what_has_no_short_proof_in_coq_is_refused(kind):
    n = 13
    one = [[int(i == j) for j in range(n)] for i in range(n)]
    big = Certificate.of("copositive", one, {"method": "spn", "factor": one, "bits": 0})
    other = is_copositive(HORN).certificate
    with pytest.raises(ValueError, match="at most 12" if kind == "too large" else "the method spn"):
        (big if kind == "too large" else other).to_coq()


@built
def test_the_manual_quotes_the_build():
    folder = Path(__file__).parents[2]
    quoted = (folder / "formal" / "theorem.txt").read_text(encoding="utf-8")
    assert quoted == (folder / "formal" / "_build" / "assumptions.txt").read_text(encoding="utf-8")
    assert quoted.strip() in (folder / "docs" / "formal.md").read_text(encoding="utf-8")
