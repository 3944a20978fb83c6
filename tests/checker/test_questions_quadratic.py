"""Certificates that say what was asked: graphs, quadratic programs, programs of bounded rank."""

import copy
import json

import numpy as np
import pytest

import copos
from copos.certificate import Certificate
from copos.certificate.trivial import trivial_bound
from copos.checker.check import check
from copos.interop.tables import tables_of
from tests.checker import forgeries_quadratic

UNIT = [(np.diag(e), 1) for e in np.eye(3)]
CYCLE = np.zeros((5, 5), dtype=int)
CYCLE[np.arange(5), (np.arange(5) + 1) % 5] = CYCLE[(np.arange(5) + 1) % 5, np.arange(5)] = 1

PROGRAMS = {
    "stability": lambda: (copos.stability_number(CYCLE), 0),
    "stability, vanishing": lambda: (copos.stability_number(CYCLE, "vanishing", [1, 2, 1, 1, "1/3"]), 1),
    "clique": lambda: (copos.clique_number(CYCLE), 0),
    "clique, vanishing": lambda: (copos.clique_number(CYCLE, "vanishing"), 0),
    "standard": lambda: (copos.standard_quadratic([["0.1", -1], [-1, "7/3"]]), 0),
    "standard, level 1": lambda: (copos.standard_quadratic([[0.1, -1.0], [-1.0, 2.0]], [1, "1/3"]), 1),
    "binary, slice": lambda: (copos.binary_quadratic([[1, -2], [-2, 0]], [7, -6], [[5, 3]], [8]), 0),
    "binary, squared": lambda: (copos.binary_quadratic([[1, -2], [-2, 0]], [7, -6], [["0.5", "0.3"]], ["0.8"],
                                                       equations="squared"), 0),
    "mixed": lambda: (copos.binary_quadratic(np.diag([1.0, 0, 0.1]), [-1, -3, -0.3], [["1/3", 1, 1]], [1], [1],
                                             ["0.7", 1, np.inf], [(0, 2)]), 0),
    "box": lambda: (copos.binary_quadratic([[1, 2], [2, -3]], [-0.1, 0.2], binary=[], upper=[0.3, 0.7]), 0),
    "rank": lambda: (copos.rank_constrained(np.ones((3, 3)) - np.eye(3), UNIT, 2, "4.1", ["projection"]), 0),
    "rank n": lambda: (copos.rank_constrained([["0.1", 1], [1, 0]], [(np.eye(2), "0.7")], 2), 0),
}  # fmt: skip


@pytest.fixture(scope="module")
def bounds():
    out = {}
    for name, make in PROGRAMS.items():
        program, level = make()
        out[name] = program, copos.bracket(program, level)
    return out


@pytest.mark.parametrize("name", PROGRAMS)
def test_both_bounds_are_accepted_about_the_question(bounds, name):
    program, bound = bounds[name]
    for certificate in (bound.certificate, bound.upper_certificate):
        assert certificate is not None and certificate.question is not None
        document = json.loads(json.dumps(certificate.document()))
        verdict = check(document)
        assert verdict.proved, verdict.reason
        assert "<C, Y>" not in verdict.claim  # the words are those of the question
        assert certificate.verify(program).proved


def changed(value):
    """The same plain value with one number changed, in every place in turn."""
    if type(value) is int:
        yield value + 1
    elif type(value) is str and value[-1:].isdigit():
        yield value[:-1] + str((int(value[-1]) + 1) % 10 or 7)
    elif type(value) in (list, dict):
        for key in range(len(value)) if type(value) is list else list(value):
            for other in changed(value[key]):
                out = copy.copy(value)
                out[key] = other
                yield out


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_question_with_one_number_changed_is_not_answered(bounds, name):
    document = bounds[name][1].certificate.document()
    tried = 0
    # other coordinates with the same values (x_0 = X_11) are another name for the same program
    fixed = {key: value for key, value in document["question"].items() if key == "free"}
    asked = {key: value for key, value in document["question"].items() if key != "free"}
    for question in ({**other, **fixed} for other in changed(asked)):
        verdict = check({**document, "question": question})
        assert not verdict.proved, question
        tried += 1
    assert tried > 3


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_that_was_tampered_with_is_not_the_question(bounds, name):
    program, bound = bounds[name]
    certificate = bound.certificate
    easier = copy.deepcopy(certificate.problem)
    easier["objective"] = [[0, 0, 1000], *(t for t in easier["objective"] if t[:2] != [0, 0])]
    proof = {**certificate.proof}
    assert not Certificate(certificate.kind, easier, proof, certificate.question).verify().proved
    # a proof of another, true statement with this question
    other = copos.CompletelyPositiveProgram(program.cone, np.eye(program.cone.ambient), program.equations)
    proved = copos.lower_bound(other)
    assert proved.certificate.verify().proved
    verdict = Certificate("lower bound", proved.certificate.problem, proved.certificate.proof, dict(program.question))
    assert "not those of the question" in verdict.verify().reason


def test_claims_are_in_the_words_of_the_question(bounds):
    claim = {
        name: (b.certificate.verify().claim, b.upper_certificate.verify().claim) for name, (_, b) in bounds.items()
    }
    assert claim["stability"][0].startswith("α(G) ≤ 2 for the graph G with 5 vertices and 5 edges [graph (sha256 ")
    assert claim["stability"][1].startswith("α(G) ≥ 2 for the graph G with 5 vertices and 5 edges: {")
    assert claim["clique, vanishing"][1].startswith("ω(G) ≥ 2 ")
    assert claim["binary, slice"][1].startswith("min x'Qx + c'x ≤ -2 over x ≥ 0, Ax = b, x ≤ upper, 2 of 2 variables")
    assert "at (1, 1)" in claim["binary, slice"][1]
    assert "rank ≤ 2, 3 equations <A_i, X> = b_i, tr X ≤ 41/10" in claim["rank"][0]


@pytest.mark.parametrize("name", ["stability", "clique, vanishing"])
def test_a_named_set_is_one(bounds, name):
    bound = bounds[name][1]
    inside = [int(v) - 1 for v in bound.upper_certificate.verify().claim.split("{")[1].split("}")[0].split(", ")]
    edges = {CYCLE[i, j] for i in inside for j in inside if i != j}
    assert edges == ({0} if name == "stability" else {1})


def test_data_are_compared_with_the_tables_of_the_question(bounds):
    certificate = bounds["binary, slice"][1].certificate
    tables = tables_of(Q=[[1, -2], [-2, 0]], c=[7, -6], A=[[5, 3]], b=[8])
    assert certificate.verify(data=tables).proved
    for name in tables:
        other = {**tables, name: [[v + (k == 0) for k, v in enumerate(row)] for row in tables[name]]}
        assert f"the {name} given is not the table" in certificate.verify(data=other).reason
    assert "no data named d" in certificate.verify(data={**tables, "d": [[1]]}).reason


def test_a_graph_is_compared_with_a_file(bounds, tmp_path):
    certificate = bounds["stability"][1].certificate
    lines = ["p edge 5 5", *(f"e {i + 1} {(i + 1) % 5 + 1}" for i in range(5))]
    path = tmp_path / "g.clq"
    path.write_text("\n".join(lines))
    assert certificate.verify(data=tables_of(graph=path)).proved
    path.write_text("\n".join([*lines[:-1], "e 5 2"]))
    assert not certificate.verify(data=tables_of(graph=str(path))).proved


def test_large_tables_are_named_by_their_hash():
    rng = np.random.default_rng(0)
    Q = rng.integers(-9, 10, (72, 72))
    Q = np.diag(100 + rng.integers(0, 9, 72)) + np.abs(Q + Q.T)
    program = copos.standard_quadratic(Q)
    assert set(program.question["Q"]) == {"sha256", "shape"}
    proved = trivial_bound(program)
    assert proved.lower == 0
    assert "question was not looked at" in proved.certificate.verify().claim
    assert proved.certificate.verify(data=tables_of(Q=Q)).claim.startswith("min x'Qx ≥ 0 over x ≥ 0")
    Q[0, 0] += 1
    assert not proved.certificate.verify(data=tables_of(Q=Q)).proved


def test_a_direction_is_no_feasible_point(bounds):
    """An atom with x_0 = 0 lowers <C, Y>, but no feasible point is there: x_1 grows without bound only beside x_0."""
    program = copos.binary_quadratic([[-1]], [0], binary=[])
    document = Certificate.of("upper bound", program, {
        "value": -5, "atoms": [{"weight": 1, "point": [1, 0]}, {"weight": 5, "point": [0, 1]}]})  # fmt: skip
    assert document.verify().proved and not document.about(program).verify().proved
    assert "direction" in document.about(program).verify().reason


def test_certificates_without_a_question_are_read(bounds, tmp_path):
    program, bound = bounds["standard"]
    old = Certificate(bound.certificate.kind, bound.certificate.problem, bound.certificate.proof)
    path = tmp_path / "old.json"
    old.save(path)
    assert "question" not in json.loads(path.read_text())
    assert Certificate.load(path).verify(program).claim.startswith("min <C, Y> ≥")


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("stability", {"edges": "none"}),
        ("stability", {"graph": {"rows": [[5, 0]]}}),
        ("stability", {"graph": {"rows": [[5, 1], [2, 1]]}}),
        ("stability", {"graph": {"rows": [[5, 2], [1, 2], [1, 2]]}}),
        ("stability", {"multiplier": [1, 1, 1, 1, 0]}),
        ("stability", {"type": "chromatic number"}),
        ("binary, slice", {"free": [0, 1, 2]}),
        ("binary, slice", {"free": [1, 0]}),
        ("binary, slice", {"upper": [2, 1]}),
        ("binary, slice", {"binary": [1, 0]}),
        ("binary, slice", {"equations": "squared"}),
        ("binary, slice", {"extra": 1}),
        ("rank", {"rank": 0}),
        ("rank", {"strengthen": ["anything"]}),
        ("rank", {"A5": {"rows": [[1]]}}),
        ("standard", {"Q": {"rows": [[1, 2]]}}),
        ("standard", {"Q": {"rows": []}}),
        ("standard", {"Q": {"rows": [[0.5]]}}),
        ("standard", {"Q": {}}),
        ("standard", {"Q": 3}),
    ],
)
def test_malformed_questions_are_refused_with_words(bounds, name, changes):
    document = bounds[name][1].certificate.document()
    verdict = check({**document, "question": {**document["question"], **changes}})
    assert not verdict.proved and verdict.reason


@pytest.mark.parametrize("make", forgeries_quadratic.HONEST)
def test_the_honest_twins_of_forged_questions_are_made(make):
    rebuilt = make()
    assert rebuilt.program.dim > 0 and rebuilt.say("lower bound", 1)
