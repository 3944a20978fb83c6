"""What the checker that is proved in Coq takes in, kind by kind, and the forgeries of each kind that it refuses."""

import json

import pytest

from copos.certificate.formal import PROGRAM, formal_program, formally
from copos.checker import check
from tests.checker import forgeries_cones, forgeries_decisions, forgeries_symmetry
from tests.checker.building import BINARY, CONE, MATRICES, ONE, SUM, copositive, form, local, lower, program, ray
from tests.checker.test_certificate_schema import documents

pytestmark = pytest.mark.skipif(formal_program() is None, reason=f"{PROGRAM} is not built: make formal")
FOLDERS = {"symmetry": forgeries_symmetry, "decisions": forgeries_decisions, "cones": forgeries_cones}


def proved(document, folder):
    path = folder / "certificate.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return formally(path).proved


def agree(document, verdict, folder):
    """Both checkers give this verdict."""
    assert check.check(document).proved is verdict
    assert proved(document, folder) is verdict, formally(folder / "certificate.json").words


def test_certificates_of_every_kind_that_is_covered_are_proved(tmp_path):
    seen = set()
    for document in documents():
        proof, kind = document["proof"], document["problem"]["type"]
        if kind not in ("program", "matrix on a cone"):
            continue
        for key in ("symmetry", "rounded", "local", "inside", "tree", "simplices"):
            if key in proof and proved(document, tmp_path):
                seen.add("either" if "either" in str(proof.get("tree")) else key)
        if kind == "matrix on a cone" and proved(document, tmp_path):
            seen.add(document["kind"])
    assert {"symmetry", "rounded", "local", "inside", "tree", "either", "simplices", "copositive", "not copositive",
            "strictly copositive", "not strictly copositive"} <= seen  # fmt: skip


@pytest.mark.parametrize("kind", sorted(FOLDERS))
def test_their_forgeries_are_refused(kind, tmp_path):
    rows = [row for rows in FOLDERS[kind].ROWS.values() for row in rows if isinstance(row, dict)]
    assert len(rows) > 10
    wrong = [row for row in rows[::2] if "question" not in row and proved(row, tmp_path)]
    assert not wrong, [check.check(row).reason for row in wrong]


@pytest.mark.parametrize(("value", "y", "verdict"),
                         [(-1, -1, True), (-1, "-3/2", True), (0, -1, False), (-1, -2, False)])  # fmt: skip
def test_a_bound_is_rounded_up_to_whole_values_and_no_further(value, y, verdict, tmp_path):
    problem = program(objective=form((0, 1, -1)), equations=[(ONE, 1)], vanishing=[BINARY], unit=[[0, 1]])
    squares = [{"rows": [[0], [1]], "gram": {"factor": [[1], [-1]]}}]  # x_0² − x_0x_1 = (x_0 − x_1)² − E
    agree(lower(problem, value, [y], terms=squares, multipliers=[[0, -1]], rounded=True), verdict, tmp_path)


@pytest.mark.parametrize("change", [
    {"vanishing": [form((1, 1, 1), (0, 1, -2))]}, {"equations": [{"form": ONE, "value": 2}]},
    {"objective": form((0, 1, "-1/2"))}, {"vanishing": [form((1, 1, 1))], "objective": form((1, 1, "-1/2"))},
])  # fmt: skip
def test_where_values_are_not_whole_nothing_is_rounded(change, tmp_path):
    problem = program(objective=form((0, 1, -1)), equations=[(ONE, 1)], vanishing=[BINARY], unit=[[0, 1]])
    squares = [{"rows": [[0], [1]], "gram": {"factor": [[1], [-1]]}}]
    changed = {**problem, **change}
    agree(lower(changed, "-1/3", ["-3/2"], terms=squares, multipliers=[[0, -1]], rounded=True), False, tmp_path)


@pytest.mark.parametrize(("cross", "verdict"), [(-2, True), (-3, False)])
def test_a_local_form_is_used_once_it_is_proved(cross, verdict, tmp_path):
    square = form((0, 0, 1), (0, 1, cross), (1, 1, 1))
    terms = [{"rows": [[0], [1]], "gram": {"factor": [[1], [-1]]}}]
    problem = program(objective=square, equations=[(SUM, 1)], blocks=ray(0), unit=[[0, 1]])
    uses = [{"generators": [0], "rows": [[]], "gram": {"factor": [[1]]}}]
    agree(lower(problem, 0, [0], terms=uses, local=[local(square, 0, 1, terms=terms)]), verdict, tmp_path)


@pytest.mark.parametrize("problem", [CONE, MATRICES])
def test_a_level_above_0_on_a_cone_that_is_convex_is_about_every_point_of_it(problem, tmp_path):
    # e·x_0² is a product of diagonal entries; −x_1² is negative at points with e > 0
    uses = [{"blocks": [0, 0, 0], "rows": [[0, 0, 0]], "gram": {"factor": [[1]]}}]
    lone = {**problem, "unit": [[0, 1]]} if problem is CONE else {**problem, "unit": [[0, 1], [2, 1]]}
    more = [] if problem is CONE else [{"blocks": [0, 0, 0], "rows": [[0, 0, 1]], "gram": {"factor": [[1]]}}]
    agree(copositive({**lone, "objective": ONE}, level=1, terms=uses + more), True, tmp_path)
    agree(copositive(lone, level=1, terms=uses + more), False, tmp_path)
