"""What the checker answers besides yes and no: unreadable or rejected, exit statuses, and words that say no more."""

import contextlib
import io
import json
from fractions import Fraction
from unittest import mock

import pytest

from copos.checker import check, check_reading
from tests.checker import forgeries_data, forgeries_networks, forgeries_polynomial
from tests.checker.building import (
    BINARY,
    CROSS,
    GOOD,
    HALF,
    ONE,
    SIMPLEX,
    copositive,
    doc,
    form,
    identity,
    leaf,
    lower,
    program,
    simplices,
    tree,
    upper,
)

FALSE = {**GOOD, "proof": {"point": [1, 0]}}
UNREADABLE = [
    {**GOOD, "version": 2}, {**GOOD, "kind": "true"}, {**GOOD, "proof": {"point": [0.5, 1]}}, [], None,
    lower(HALF, "1/2", ["1/2"], rounded=1), {**GOOD, "kind": []}, {**GOOD, "kind": {}},
]  # fmt: skip
REJECTED = [
    FALSE, {**GOOD, "sha256": "0" * 64}, {**GOOD, "sha256": 7}, lower(SIMPLEX, "2/3", ["2/3"]),
    forgeries_data.network({**forgeries_data.LINE, "X": {"sha256": "0" * 64, "shape": [1, 1]}}),
]  # fmt: skip


@pytest.mark.parametrize("k", range(len(UNREADABLE)))
def test_what_is_no_certificate_is_unreadable(k):
    said = check.check(UNREADABLE[k])
    assert (said.proved, said.readable, said.claim) == (False, False, "") and said.reason


@pytest.mark.parametrize("k", range(len(REJECTED)))
def test_what_proves_nothing_is_readable(k):
    said = check.check(REJECTED[k])
    assert (said.proved, said.readable, said.claim) == (False, True, "") and said.reason


def test_numbers_that_are_none_have_no_hash():
    with pytest.raises(check_reading.Unreadable, match="not plain JSON"):
        check.digest({"type": "matrix", "rows": [[float("nan")]]})


def test_what_exhausts_the_machine_is_unreadable():
    for error in (MemoryError(), RecursionError(), OverflowError()):
        with mock.patch.object(check, "judged", side_effect=error):
            said = check.check(GOOD)
        assert not said.proved and not said.readable and "too large to check" in said.reason


def status(*arguments, **patches):
    """Exit status of the command, and what it prints."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.redirect_stdout(patches.pop("stdout", out)))
        stack.enter_context(contextlib.redirect_stderr(err))
        for name, effect in patches.items():
            stack.enter_context(mock.patch.object(check, name, side_effect=effect))
        return check.main(list(arguments)), out.getvalue(), err.getvalue()


def test_exit_statuses(tmp_path):
    for name, value in (("good", GOOD), ("false", FALSE), ("none", []), ("problem", GOOD["problem"]), ("other", {})):
        (tmp_path / f"{name}.json").write_text(json.dumps(value))
    good, false, none, problem, other = (str(tmp_path / f"{n}.json") for n in ("good", "false", "none", "problem",
                                                                              "other"))  # fmt: skip
    assert status(good)[:2] == (0, f"proved: {check.check(GOOD).claim}\n")
    assert status(good, problem)[0] == 0 and "the problem given" in status(good, problem)[1]
    assert status(false)[0] == 1 and status(false)[1].startswith("not proved: x'Mx is not negative")
    assert status(none)[0] == 2 and status(str(tmp_path / "absent.json"))[0] == 2
    assert status(good, other)[0] == 1 and status(good, str(tmp_path / "absent.json"))[0] == 2
    for arguments in ((), (good, problem, good)):
        code, out, err = status(*arguments)
        assert code == 2 and not out and "python check.py certificate.json" in err
    assert status(good, check_file=KeyboardInterrupt())[:2] == (130, "")
    code, out, err = status(good, check_file=ZeroDivisionError("a mistake"))
    assert (code, out) == (70, "") and "a mistake" in err and "says nothing about the certificate" in err


class Full(io.StringIO):
    """A disk without room, of which only a flush speaks."""

    def flush(self):
        raise OSError("no space left on device")


def test_an_answer_that_cannot_be_printed_is_none(tmp_path):
    (tmp_path / "good.json").write_text(json.dumps(GOOD))
    with mock.patch("os.dup2") as replaced:
        assert status(str(tmp_path / "good.json"), stdout=Full())[0] == 74
    assert [call.args[1] for call in replaced.call_args_list] == [1], "later prints go nowhere"
    assert status(str(tmp_path / "good.json"), stdout=None)[0] == 74


def test_terminals_that_cannot_show_a_sign_get_its_number(tmp_path):
    (tmp_path / "good.json").write_text(json.dumps(GOOD))
    plain = io.TextIOWrapper(io.BytesIO(), encoding="ascii", newline="")
    assert status(str(tmp_path / "good.json"), stdout=plain)[0] == 0
    plain.flush()
    assert b"x \\u2265 0" in plain.buffer.getvalue()


def test_files_up_to_the_limit_are_read(tmp_path):
    path = tmp_path / "c.json"
    path.write_text(json.dumps(GOOD))
    size = path.stat().st_size
    with mock.patch.object(check.read, "TEXT", size):
        assert check.check_file(str(path)).proved
    with mock.patch.object(check.read, "TEXT", size - 1):
        said = check.check_file(str(path))
        assert not said.readable and f"at most {size - 1} bytes" in said.reason


BINARIES = program(objective=form((1, 1, 1)), equations=[(ONE, 1)], vanishing=[BINARY])
WORDS = [
    (lower(SIMPLEX, "1/2", ["1/2"], terms=[{"rows": [[0], [1]], "gram": {"factor": [[1], [-1]],
     "weights": ["1/2"]}}]),
     "min <C, Y> ≥ 1/2 over <A_i, Y> = b_i, Y in the closed convex cone of all xx' with x ∈ K (the problem in"),
    (lower(BINARIES, 0, ["-1/2"], rounded=True), "with x ∈ K, E_j(x) = 0 ("),
    (simplices(SIMPLEX, "1/4", {"split": [0, 1, 1, 1]}, {"y": ["1/4"]}, {"y": ["1/4"]}), "min <C, Y> ≥ 1/4 over"),
    (upper(SIMPLEX, "1/2", ("1/4", [1, 1])), "min <C, Y> ≤ 1/2 over <A_i, Y> = b_i, Y in the closed convex cone"),
    (doc("infeasible", program(equations=[(form((0, 0, 1)), -1)]), {"y": [-1], **identity()}),
     "no Y in the closed convex cone of all xx' with x ∈ K satisfies <A_i, Y> = b_i ("),
]  # fmt: skip


@pytest.mark.parametrize("k", range(len(WORDS)))
def test_claims_say_what_was_proved(k):
    document, words = WORDS[k]
    said = check.check(document)
    assert said.proved and words in said.claim
    assert f"sha256 {document['sha256'][:12]}…)" in said.claim
    assert "multiplier" not in said.claim


THIRD = Fraction(10**20 + 1, 3 * 10**20)
SMALLEST = program(1, objective=form((0, 0, str(THIRD))), equations=[(ONE, 1)])


def test_bounds_are_rounded_to_what_they_prove_in_the_claim():
    """Min x_0²/3 (and a little more) where x_0² = 1: the words of a lower bound are not above it, of an upper below."""
    low = check.check(lower(SMALLEST, str(THIRD), [str(THIRD)])).claim
    high = check.check(upper(SMALLEST, str(THIRD), (1, [1]))).claim
    assert "≥ 0.333333333333… (" in low and "≤ 0.333333333334… (" in high


def test_a_stated_inequality_of_zero_is_written_out():
    problem = program(objective=form((0, 0, 1)), stated=[[]])
    said = check.check(copositive(problem))
    assert said.claim.startswith("assuming that some optimal atom satisfies 0 ≥ 0, which the problem states")


def test_the_sign_of_an_infeasible_program_is_that_of_its_equation():
    """−x_0² has no atom of value 1 … and an objective says nothing about that."""
    worse = program(objective=form((0, 0, -7), (1, 1, 3)), equations=[(form((0, 0, -1)), 1)])
    assert check.check(doc("infeasible", worse, {"y": [1], **identity()})).proved
    level = {**worse, "unit": [[0, 1], [1, 1]]}
    assert check.check(doc("infeasible", level, {"y": [1], **identity(1)})).proved


def test_atoms_of_weight_zero_are_no_objection_and_every_equation_counts():
    two = {**SIMPLEX, "equations": [*SIMPLEX["equations"], {"form": form((0, 0, 1)), "value": 1}]}
    assert check.check(upper(two, 1, (1, [1, 0]), (0, [5, 5]))).proved
    assert not check.check(upper(two, 1, (1, [0, 1]))).proved


def test_a_coordinate_that_is_whole_belongs_to_the_home_of_the_equation():
    """Where x_1² = x_1x_2 the values of x_1 are those of x_2, and nothing is said of x_0."""
    wrong = form((1, 1, 1), (1, 2, -1))
    problem = program(3, ray_of(3), None, form((1, 1, 1)), [(ONE, 1)], [wrong])
    said = check.check(lower(problem, 1, [0], rounded=True))
    assert not said.proved and "rounding needs x_j² = x_0x_j" in said.reason


def ray_of(n):
    return [{"order": 1, "entries": [[0, 0, v, 1]]} for v in range(n)]


@pytest.mark.parametrize("proof", [None, 0, [], "tree", ["tree"]])
def test_proofs_that_are_no_objects_are_unreadable(proof):
    for problem in (SIMPLEX, CROSS):
        for kind in ("lower bound", "infeasible", "upper bound"):
            assert not check.check(doc(kind, problem, proof)).readable


def test_items_of_a_tree_that_are_no_objects_are_unreadable():
    for item in (None, 0, [], "cut", ["cut"], "split", ["split"]):
        assert not check.check(tree(SIMPLEX, 0, item)).readable
        assert not check.check(simplices(SIMPLEX, 0, item)).readable
    assert check.check(tree(SIMPLEX, 0, leaf([0]))).proved


def test_tables_that_are_named_by_their_hash_are_those_of_the_problem_given():
    given = {**forgeries_polynomial.QUADRATIC, "weights": {"rows": [[1]]}}
    named = {**given, **{key: {"sha256": check.polynomial.digest(given[key]["rows"]), "shape": [1, 1]}
                         for key in ("X", "Y", "weights")}}  # fmt: skip
    document = forgeries_polynomial.network(named)
    assert not check.check(document).proved
    said = check.check(document, given)
    assert said.proved and "the problem given" in said.claim
    assert check.check(document, given, {key: given[key]["rows"] for key in ("X", "Y", "weights")}).proved
    assert not check.check(document, given, {"X": [[2]]}).proved, "data that are given come before those of the problem"
    assert not check.check(document, {**given, "X": {"rows": [[2]]}}).proved
    assert not check.check(document, {**given, "beta": 1}).proved
    assert not check.check(forgeries_data.network(), {**forgeries_data.LINE, "name": 1}).proved
    assert not check.check(document, [given]).proved and not check.check(GOOD, given).proved


def test_a_question_of_a_proof_that_is_no_object_ends_in_a_verdict():
    said = check.check({**forgeries_networks.TRUE, "proof": []})
    assert not said.proved and not said.readable


class Long(str):
    """A text that says to be longer than a certificate may be."""

    def __len__(self):
        return check_reading.TEXT + 1


def test_texts_have_a_greatest_length():
    with pytest.raises(check_reading.Unreadable, match="at most 268435456 characters"):
        check_reading.parse(Long("{}"))


def test_entries_across_the_diagonal_are_numbers_too():
    for other in (True, 1.0, "1.0", None):
        with pytest.raises(check_reading.Unreadable):
            check_reading.symmetric([[1, 1], [other, 1]], "matrix")
    assert check_reading.symmetric([[1, 1], ["1", 1]], "matrix") == [[1, 1], [1, 1]]


def test_numbers_far_from_one_are_written_with_their_power():
    """Beyond ±290 decimal digits the words are those of Decimal: a double may be rounded to the wrong side there."""
    for power in (-1010, -990, -300, 300, 990, 1010):
        value = Fraction(2, 3) * Fraction(2) ** power
        low, high = (check_reading.show(value, way).partition("…")[0] for way in (-1, 1))
        assert Fraction(low) < value < Fraction(high), (low, high)
    assert check_reading.show(Fraction(10**13, 3), -1) == "3.33333333333e+12… (exactly 10000000000000/3)"
