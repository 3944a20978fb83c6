"""Claims about matrices, by hand: covers with every kind of item, factors with defaults, points on the boundary."""

from fractions import Fraction

import pytest

from copos.checker import check, check_matrix
from copos.checker.check_reading import Rejected
from copos.decision import cover_tree
from tests import matrix_zoo as zoo
from tests.checker.building import SIMPLEX, cover, doc, matrix, simplices, spn

HORN = [[int(v) for v in row] for row in zoo.HORN]
ZERO = {"factor": [[0], [0]], "bits": 0}
# covers that are right: name ↦ (rows, items)
COVERS = {
    "a direction that is flat": ([[1, 1], [1, 1]], [["vector", []], ["vector", [1]], ["vector", [1]]]),
    "entries of both signs": ([[2, -1, 1], [-1, 1, -1], [1, -1, 2]], None),
    "Horn": (HORN, None), "a path": ([[2, -1, 0, 0], [-1, 2, -1, 0], [0, -1, 2, -1], [0, 0, -1, 2]], None),
    "apart": ([[1, -1, -1], [-1, 1, 1], [-1, 1, 1]], None), "zeros": ([[0, 0, 1], [0, 1, -1], [1, -1, 1]], None),
    "a part of a subset": ([[1, -1, 2], [-1, 1, 1], [2, 1, 5]], [["vector", []], ["part", {"factor": [[1], [-1], [0]],
        "bits": 0}], ["vector", [1]], ["vector", [1]]]),
    "a part that leaves an index out": ([[1, 2, -1], [2, 1, 0], [-1, 0, 1]], [["vector", []], ["part", {"factor": [[1],
        [-1]], "bits": 0}], ["vector", [1]], ["vector", [1]]]),
}  # fmt: skip


@pytest.mark.parametrize("name", COVERS)
def test_covers_that_are_right(name):
    rows, items = COVERS[name]
    if items is None:
        found = cover_tree.search(rows)
        assert isinstance(found, cover_tree.Cover)
        items = found.items
    assert check.check(cover(rows, *items)).proved, check.check(cover(rows, *items)).reason
    # without its last item, with one more, or about a matrix that is a little less
    assert not check.check(cover(rows, *items[:-1])).proved
    assert not check.check(cover(rows, *items, ["vector", [1]])).proved


FIFTHS = [["1", "2/3", "-19/20"], ["2/3", "1", "-19/20"], ["-19/20", "-19/20", "1"]]  # negative at (1, 1, 19/10)
PAIRS = [["vector", []], ["vector", [1]], ["vector", [1, 1]], ["vector", [1]], ["vector", [1, 1]], ["vector", [1]]]


def test_indices_are_apart_only_where_the_form_falls_between_them():
    """Were 0 and 1 apart, pairs would cover everything; M_00 + M_11 − 2M_01 is 2/3, and M is not copositive."""
    assert check.check(doc("not copositive", matrix(*FIFTHS), {"point": [10, 10, 19]})).proved
    said = check.check(cover(FIFTHS, *PAIRS))
    assert not said.proved and "vector must have 3 items" in said.reason, "what comes next is about {0, 2, 1}"
    flat = [["1", "1", "-19/20"], ["1", "1", "-19/20"], ["-19/20", "-19/20", "1"]]
    assert check.check(cover(flat, *PAIRS)).proved, "equality is apart"


FLAT = [["vector", []], ["vector", [1]], ["vector", [3, 1]], ["direction", [1, -2, 1]], ["vector", [5, 3]],
        ["vector", [1]], ["vector", [1]]]  # fmt: skip


def test_a_direction_falls_or_stays():
    """Along (1, −2, 1) the form changes by the last entry minus 19: 0 and less is accepted, 1 is not."""
    for corner, fine in ((19, True), ("37/2", True), ("1900001/100000", False), (20, False)):
        rows = [[3, -1, -5], [-1, 3, 7], [-5, 7, corner]]
        said = check.check(cover(rows, *FLAT))
        assert said.proved == fine and (fine or "a direction needs" in said.reason)
    flat = [[3, -1, -5], [-1, 3, 7], [-5, 7, 19]]
    for d in ([1, -2, 2], [0, 0, 0], [1, 0, -1], [2, -1, -1]):
        assert not check.check(cover(flat, *FLAT[:3], ["direction", d], *FLAT[4:])).proved
    said = check.check(cover([[1, -1], [-1, -2]], ["vector", []], ["vector", [1]], ["direction", [1, -1]]))
    assert not said.proved and "a direction needs" in said.reason


def test_a_vector_covers_where_every_product_is_nonnegative():
    """(Mu)_j = 0 is no child; (Mu)_j < 0 is one, however small."""
    assert check.check(cover([[1, 0], [0, 1]], ["vector", []], ["vector", [1]], ["vector", [1]])).proved
    tiny = [[1, "-1/1000000"], ["-1/1000000", 1]]
    assert not check.check(cover(tiny, ["vector", []], ["vector", [1]], ["vector", [1]])).proved
    assert check.check(cover(tiny, ["vector", []], ["vector", [1]], ["vector", [1, 1]], ["vector", [1]])).proved
    # of a direction that is left, only the first index of a branch is out of the next
    assert check.check(cover([[1, 0, 0], [0, 1, 0], [0, 0, 1]], ["vector", []], *[["vector", [1]]] * 3)).proved


def test_bits_of_a_factor_are_zero_where_none_are_given():
    """[[4, −2], [−2, 1]] = BB' for B = (2, −1)'; BB'/4 would leave a negative entry that nothing pays."""
    problem = {**SIMPLEX, "objective": [[0, 0, 4], [0, 1, -4], [1, 1, 1]]}
    for more, fine in (({}, True), ({"bits": 0}, True), ({"bits": 1}, False)):
        leaf = {"y": [0], "factor": [[2], [-1]], **more}
        assert check.check(simplices(problem, 0, leaf)).proved == fine
    # what is dominant is the remainder, not the factor
    for factor in ([[1, 0], [0, 1]], [[1], [1]]):
        assert not check.check(simplices(SIMPLEX, 5, {"y": [5], "factor": factor})).proved
    R, B = check_matrix.remainder([[4, -2], [-2, 1]], {"factor": [[2], [-1]]})
    assert R == [[0], [0, 0]] and B == [[2], [-1]]


def test_factors_without_columns_or_with_weights_below_one():
    assert check.check(spn([[1, 0], [0, 1]], [[], []])).proved
    assert not check.check(spn([[1, -2], [-2, 1]], [[], []])).proved
    assert check.check(spn([[1, 0], [0, 1]], [[], []], weights=[])).proved
    assert check.check(spn([["1/2", "-1/2"], ["-1/2", "1/2"]], [[1], [-1]], weights=["1/2"])).proved
    assert check.check(spn([[0, 0], [0, 0]], [[1], [-1]], weights=[0])).proved


@pytest.mark.parametrize(("point", "fine"), [
    ([1, 1, 0], True), (["1/2", "1/2", 0], True), (["1/2", "1/2", "1/100"], True), ([1, 1, -1], False),
    (["1/2", "1/2", "-1/1000000"], False), ([0, 0, 0], False),
])  # fmt: skip
def test_points_of_the_orthant_include_its_faces(point, fine):
    M = matrix([1, -2, 0], [-2, 1, 0], [0, 0, 0])
    assert check.check(doc("not copositive", M, {"point": point})).proved == fine
    strict = check.check(doc("not strictly copositive", M, {"point": point}))
    assert strict.proved == fine
    flat = matrix([0, 0, 0], [0, 1, 0], [0, 0, 1])
    assert check.check(doc("not strictly copositive", flat, {"point": [1, 0, 0]})).proved
    assert not check.check(doc("not strictly copositive", flat, {"point": ["1/2", "1/1000", 0]})).proved


def test_the_margin_of_a_strict_claim_is_taken_from_every_entry():
    """M − vE: [[2, 1/2], [1/2, 2]] − E/2 has no negative entry, and − E has one that 1 pays for."""
    rows = [[2, "1/2"], ["1/2", 2]]
    proof = {"method": "spn", **ZERO}
    for v, fine in (("1/2", True), (1, True), ("5/4", True), ("1250001/1000000", False), (3, False)):
        said = check.check(doc("strictly copositive", matrix(*rows), {"margin": v, "copositive": proof}))
        assert said.proved == fine, v
    for v in (0, -1):
        assert not check.check(doc("strictly copositive", matrix(*rows), {"margin": v, "copositive": proof})).proved


def test_completely_positive_needs_every_entry_nonnegative_and_dominance_by_size():
    for rows, factor, fine in (
        ([[1, 1], [1, 1]], [[1], [1]], True), ([[2, 1], [1, 1]], [[0], [0]], True),
        ([[1, 1], [1, 1]], [[0], [0]], True), ([[1, 2], [2, 4]], [[1], [2]], True),
        ([[1, 2], [2, 4]], [[0], [0]], False), ([[1, 0], [0, 1]], [[1], [0]], True),
        ([[2, 0], [0, 1]], [[1], [-1]], False), ([[1, 1], [1, 1]], [[1], [0]], False),
    ):  # fmt: skip
        said = check.check(doc("completely positive", matrix(*rows), {"factor": factor, "bits": 0}))
        assert said.proved == fine, (rows, factor)


def test_separators_are_copositive_and_negative_on_the_matrix():
    H, M = [[1, -1], [-1, 1]], matrix([1, 2], [2, 1])
    proof = {"method": "spn", "factor": [[1], [-1]], "bits": 0}
    assert check.check(doc("not completely positive", M, {"separator": H, "copositive": proof})).proved
    for other, separator, how in ((matrix([1, 1], [1, 1]), H, proof), (M, [[1, -2], [-2, 1]], proof), (M, [[1, 1],
        [1, 1]], {**proof, "factor": [[1], [1]]})):  # fmt: skip
        claim = doc("not completely positive", other, {"separator": separator, "copositive": how})
        assert not check.check(claim).proved


def test_dominance_is_of_every_row():
    for R, half, fine in (([[1], [-1, 1]], True, True), ([[1], [-1, 0]], True, False), ([[0], [-1, 1]], True, False),
                          ([[1], [1, 1]], False, True), ([[1], [2, 2]], False, False), ([[1], [5, 0]], True, True),
                          ([[2], [-1, 1], [-1, 0, 1]], True, True), ([[2], [-1, 1], [-1, -1, 1]], True, False)):
        if fine:
            check_matrix.dominant([[Fraction(v) for v in row] for row in R], half)
        else:
            with pytest.raises(Rejected):
                check_matrix.dominant([[Fraction(v) for v in row] for row in R], half)
