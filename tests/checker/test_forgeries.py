"""A row for every rule of the checker: a certificate that breaks it, alone and in the smallest way, and the refusal.

Most rows are false claims that a checker without the rule would accept. `test_every_refusal_has_a_row` finds each
`raise Rejected` and `raise Unreadable` in the checker's files and fails for a line that no row reaches.
"""

import ast
import json
import re
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from copos.checker import check, check_reading
from tests.checker import (
    forgeries_algebraic,
    forgeries_assignments,
    forgeries_boxes,
    forgeries_clustering,
    forgeries_cones,
    forgeries_cp_rank,
    forgeries_data,
    forgeries_decisions,
    forgeries_graphs,
    forgeries_moments,
    forgeries_networks,
    forgeries_parts,
    forgeries_polynomial,
    forgeries_programs,
    forgeries_quadratic,
    forgeries_quadratic_program,
    forgeries_quartic,
    forgeries_reading,
    forgeries_relu,
    forgeries_relu_quadratic,
    forgeries_relu_training,
    forgeries_singular,
    forgeries_splits,
    forgeries_symmetry,
    forgeries_tightening,
)
from tests.checker.building import (
    BALL,
    BINARY,
    CONE,
    CROSS,
    GOOD,
    HALF,
    ONE,
    SCALING,
    SIMPLEX,
    SUM,
    copositive,
    cover,
    doc,
    form,
    identity,
    leaf,
    local,
    lorentz,
    lower,
    matrix,
    program,
    ray,
    simplices,
    tree,
    upper,
)

FILES = sorted(Path(check.__file__).parent.glob("check*.py"))
ROWS = {**forgeries_programs.ROWS, **forgeries_reading.ROWS}


def verdict(row, folder):
    """What the checker says of a row."""
    problem = data = None
    if callable(row):
        try:
            return check.Verdict(True, str(row()))
        except (check_reading.Rejected, check_reading.Unreadable) as error:
            return check.Verdict(False, "", str(error))
    if isinstance(row, tuple):
        row, problem, data = (*row, None)[:3]
    if not isinstance(row, (str, bytes)):
        return check.check(row, problem, data)
    path = folder / "c.json"
    path.unlink(missing_ok=True)
    if row == "long file":  # sparse: nothing is written, and nothing must be read
        with path.open("wb") as handle:
            handle.truncate(check_reading.TEXT + 1)
    elif row == "folder":
        path = folder
    elif row != "no file":
        path.write_bytes(row if isinstance(row, bytes) else row.encode())
    return check.check_file(str(path))


for table in (
    forgeries_algebraic, forgeries_data, forgeries_decisions, forgeries_graphs, forgeries_quadratic,
    forgeries_quadratic_program,
    forgeries_cones, forgeries_networks, forgeries_polynomial, forgeries_moments, forgeries_symmetry,
    forgeries_singular, forgeries_tightening, forgeries_clustering, forgeries_boxes,
    forgeries_parts, forgeries_assignments, forgeries_relu, forgeries_relu_training, forgeries_quartic,
    forgeries_splits, forgeries_relu_quadratic,
    forgeries_cp_rank,
):  # fmt: skip
    # a refusal that several kinds of problem share has rows in several tables
    ROWS |= {words: [*ROWS.get(words, []), *rows] for words, rows in table.ROWS.items()}
CASES = [(words, k) for words, rows in ROWS.items() for k in range(len(rows))]


@pytest.mark.parametrize(("words", "k"), CASES)
def test_a_forgery_is_refused_for_its_reason(words, k, tmp_path):
    said = verdict(ROWS[words][k], tmp_path)
    assert not said.proved and not said.claim
    assert re.search(words, said.reason), said.reason


def refusals(path):
    """The line of every `raise Rejected` and `raise Unreadable`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            if getattr(node.exc.func, "id", "") in ("Rejected", "Unreadable"):
                yield node.lineno


def reached(folder):
    """(file, line) of everything in the checker that the rows run through."""
    names, seen = {str(p) for p in FILES}, set()

    def local(frame, event, _):
        if event == "line":
            seen.add((frame.f_code.co_filename, frame.f_lineno))
        return local

    def trace(frame, event, _):
        return local if frame.f_code.co_filename in names else None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        for words, k in CASES:
            verdict(ROWS[words][k], folder)
        with pytest.raises(check_reading.Unreadable):
            check_reading.parse(_Long())
    finally:
        sys.settrace(before)
    return seen


class _Long(str):
    """A text that says to be longer than a certificate may be."""

    def __len__(self):
        return check_reading.TEXT + 1


def test_every_refusal_has_a_row(tmp_path):
    seen = reached(tmp_path)
    missing = [f"{p.name}:{line}" for p in FILES for line in refusals(p) if (str(p), line) not in seen]
    assert not missing
    assert sum(len(list(refusals(p))) for p in FILES) > 80


def honest():
    """What the rows alter, where it is true: a refusal of everything would pass the rows, too."""
    square = {"rows": [[0], [1]], "gram": {"factor": [[1], [-1]]}}
    return [
        GOOD, lower(HALF, "1/2", ["1/2"]), lower(SIMPLEX, "1/2", ["1/2"], terms=[square | {"gram": {"factor": [[1],
            [-1]], "weights": ["1/2"]}}]),
        lower(SIMPLEX, "1/2", ["1/2"], scaling=SCALING), lower(SIMPLEX, "1/4", ["1/4"], 1, scaling={**SCALING,
            "unit": 1}),
        upper(SIMPLEX, "1/2", ("1/4", [1, 1])), upper(SIMPLEX, 1, (1, [1, 0])),
        lower(program(objective=form((1, 1, 1)), equations=[(ONE, "1")], vanishing=[BINARY]), 0, ["-1/2"],
            rounded=True),
        tree({**CROSS, "objective": form((0, 1, 1), (0, 0, 1), (1, 1, 1))}, 0, {"cut": [[1, 1]]}, leaf([0]), leaf([0])),
        # the blocks are x_0, the cut, and what is stated
        tree(program(3, ray(0), [[0, 1]], form((0, 1, 1), (0, 2, 1), (0, 0, 1), (1, 1, 1)), stated=[[[2, 1]]]), 0,
            {"cut": [[1, 1]]},
             *[leaf([], terms=[{"blocks": [2, 0], "rows": [[0, 0]], "gram": {"factor": [[1]]}}])] * 2),
        simplices(SIMPLEX, "1/4", {"split": [0, 1, 1, 1]}, {"y": ["1/4"]}, {"y": ["1/4"]}),
        cover([[1]], ["vector", []], ["vector", [1]]), lower(BALL, -1, [-1], 1), lower(SIMPLEX, 0, [0], 1),
        lower(SIMPLEX, 0, [0], 1, inside=[1, 3]),
        doc("infeasible", program(equations=[(SUM, -1)]), {"y": [-1], **identity()}),
        copositive({**CONE, "objective": lorentz(0, 1, 2)}, terms=[{"generators": [0], "rows": [[]],
            "gram": {"factor": [[1]]}}]),
        doc("completely positive", matrix([2, 1], [1, 2]), {"factor": [[0], [0]], "bits": 0}),
        # (x_0 + x_1)(x_0² − x_1²) = (x_0 − x_1)(x_0 + x_1)², by a block that has all variables of S
        lower(program(blocks=[*ray(0, 1), {"order": 1, "entries": [[0, 0, 0, 1], [0, 0, 1, -1]]}],
                      objective=form((0, 0, 1), (1, 1, -1)), equations=[(SUM, 1)]), 0, [0],
              terms=[{"generators": [0], "rows": [[]], "gram": {"factor": [[1]]}}],
              local=[local(form((0, 0, 1), (1, 1, -1)), 0, 1, level=1,
                           terms=[{"products": [[2, 0, 0, 1], [2, 0, 1, 2], [2, 1, 1, 1]]}])]),
        *forgeries_algebraic.HONEST,
        *forgeries_data.HONEST,
        *forgeries_decisions.HONEST,
        *forgeries_moments.HONEST,
        *forgeries_singular.HONEST,
        *forgeries_cones.HONEST,
        *forgeries_networks.HONEST,
        *forgeries_polynomial.HONEST,
        *forgeries_symmetry.HONEST,
        *forgeries_splits.HONEST,
        *forgeries_boxes.HONEST,
        *forgeries_parts.HONEST,
        *forgeries_assignments.HONEST,
        *forgeries_tightening.HONEST,
        *forgeries_clustering.HONEST,
        forgeries_quadratic_program.document(),
        *forgeries_quadratic_program.OTHERS,
        *forgeries_graphs.HONEST,
        *forgeries_relu.HONEST,
        *forgeries_relu_quadratic.HONEST,
        *forgeries_relu_training.HONEST,
        *forgeries_quartic.HONEST,
        *forgeries_cp_rank.HONEST,
    ]  # fmt: skip


def test_the_honest_twins_are_accepted():
    for document in honest():
        said = check.check(document)
        assert said.proved, (said.reason, json.dumps(document)[:300])


@pytest.mark.parametrize("count", [0, 1, 3, 4, 6])
def test_what_is_assumed_stands_first(count):
    """Up to three inequalities in words, then their number; in `assumptions`, too."""
    stated = [[[0, 1], [1, -k]] for k in range(1, count + 1)]
    problem = program(objective=form((0, 0, 1)), **({"stated": stated} if count else {}))
    said = check.check(copositive(problem))
    assert said.proved and len(said.assumptions) == (count > 0)
    assert said.claim.startswith("assuming that some optimal atom satisfies x_0 − x_1 ≥ 0" if count else "<C, Y> ≥ 0")
    if count:
        (words,) = said.assumptions
        assert words in said.claim and words.count(" ≥ 0") == min(count, 3)
        assert (f" and {count - 3} more" in words) == (count > 3) and ("more" in words) == (count > 3)
    assert "the problem in the certificate" in said.claim
    assert "the problem given" in check.check(copositive(problem), problem).claim


@pytest.mark.parametrize(("unit", "words"), [
    ([[0, 1], [1, 1]], "x_0 + x_1"), ([[0, "1/2"]], "1/2 x_0"), ([[v, v + 1] for v in range(6)], "x_0 + 2 x_1 + 3 x_2"),
    ([[v, 1] for v in range(7)], "+ x_5 + … (7 terms)"),
])  # fmt: skip
def test_the_multiplier_is_named(unit, words):
    said = check.check(copositive(program(7, unit=unit, objective=form((0, 0, 1))), level=1))
    assert said.proved and f"{words}, and also where" in said.claim.replace(" + 4 x_3 + 5 x_4 + 6 x_5", "")
    assert ("…" in said.claim.split("sha256")[0]) == (len(unit) > 6)
    assert "multiplier" not in check.check(copositive(program(7, unit=unit, objective=form((0, 0, 1))))).claim


@pytest.mark.parametrize("k", range(len(forgeries_networks.ACCEPTED)))
def test_lifts_with_honest_cuts_and_coordinates_are_made(k):
    program = forgeries_networks.ACCEPTED[k]().program
    assert program.equations == [({(0, 0): 1}, 1)]


@pytest.mark.parametrize("power", [-1500, -1030, -300, -60, 60, 300])
@pytest.mark.parametrize("sign", [1, -1])
def test_what_is_said_of_a_bound_follows_from_it(power, sign):
    """A lower bound is rounded down, an upper bound up, wherever its number is not written out."""
    value = sign * Fraction(2, 3) * Fraction(2) ** power
    least, most = (check_reading.show(value, way).split("…")[0] for way in (-1, 1))
    if "closer to 0" not in least:
        assert Fraction(least) < value < Fraction(most)
        assert Fraction(most) - Fraction(least) <= abs(value) / 10**10


def test_a_table_of_samples_may_be_given_either_way_and_the_claim_says_which():
    square = {"rows": [[1, 2], [3, 4]]}
    document = forgeries_data.network({**forgeries_data.TWO, "X": square}, {"value": 0})
    same, turned = (check.check(document, None, {"X": X}) for X in ([[1, 2], [3, 4]], [[1, 3], [2, 4]]))
    assert same.proved and "transpose" not in same.claim
    assert turned.proved and "X (the transpose of the table given, sha256" in turned.claim


@pytest.mark.parametrize(("x", "words"), [
    ([1, 8, 8], "{2, 3}"), ([8, 0, 0], "{1}"), ([3, 3, 3], "by a point"), ([0, 8, 8], "{2, 3}"),
])  # fmt: skip
def test_a_stable_set_is_shown_only_if_it_is_as_large_as_claimed(x, words):
    """The star 1 − 2, 1 − 3: at (1, 1, 1)/3 the form is 7/9, so α ≥ 2, and the first vertex meets both others."""
    star = {**forgeries_quadratic.EDGE, "graph": {"rows": [[3, 2], [1, 2], [1, 3]]}}
    made = forgeries_quadratic.made(star)()
    assert words in made.points([(Fraction(1, sum(x) ** 2), x)])
