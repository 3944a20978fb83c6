"""Single rules of the checker's identity, multiplier, scaling and tables, each with an inside and an outside."""

import itertools
from fractions import Fraction
from unittest import mock

import numpy as np
import pytest

from copos.checker import check, check_data, check_identity, check_multiplier, check_reading, check_scaling
from copos.checker.check_reading import Rejected, Unreadable
from tests.checker.forgeries_quadratic import EDGE, made
from tests.checker.test_certificate_truths import rational
from tests.checker.test_forgeries import (
    ONE,
    arrow,
    copositive,
    doc,
    form,
    gram,
    identity,
    lorentz,
    lower,
    matrix,
    program,
    psd,
    ray,
    tree,
)


def read(*arguments, **more):
    return check_identity.program(program(*arguments, **more))


def test_a_point_with_long_numbers_costs_more():
    """Twenty terms with long denominators take 10 ms at every point, and a document may name thousands of points."""
    units = []
    for digits in (1, 1400):
        p = {(0, k): Fraction(10**digits, 10**digits + 2 * k + 1) for k in range(20)}
        with check_reading.budget([]):
            before = check_reading._LEFT.get()[0]
            check_identity.evaluate(p, [1] * 20)
            units.append(before - check_reading._LEFT.get()[0])
    assert units[0] < 100 and units[1] > 20_000


# ---- the identity -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("entries", [[[0, 0, 1, 0]], [[0, 0, 1, 1], [0, 0, 1, -1]], [[0, 0, 1, -1]], []])
def test_a_block_that_says_nothing_gives_no_sign(entries):
    problem = program(blocks=[*ray(0), {"order": 1, "entries": entries}], objective=form((0, 1, 1)))
    assert not check.check(copositive(problem)).proved
    assert check_identity.program(problem).positive == {0}
    assert check.check(copositive({**problem, "blocks": ray(0, 1)})).proved


TERM = {"rows": [[0]], "gram": {"factor": [[0]]}}
PLACES = {
    "block": {**TERM, "blocks": [2], "rows": [[0, 0]]}, "generator": {**TERM, "generators": [1], "rows": [[]]},
    "row of a block": {**TERM, "blocks": [0], "rows": [[1, 0]]}, "variable": {**TERM, "rows": [[2]]},
    "basis row": {**TERM, "basis": [[[1, 1]]]}, "another basis row": {**TERM, "basis": [[[-1, 1]]]},
}  # fmt: skip


@pytest.mark.parametrize("name", PLACES)
def test_places_beyond_what_there_is_are_unreadable(name):
    level = int("blocks" in PLACES[name])
    problem = program(blocks=ray(0, 1), objective=form((0, 0, 1)), generators=[lorentz(0, 1)])
    said = check.check(copositive(problem, level=level, terms=[PLACES[name]]))
    assert not said.readable and "must be an integer from" in said.reason
    inside = {key: [[0, 0]] if key == "rows" and level else [[]] if key == "rows" and "generators" in PLACES[name]
              else [[0]] if key == "rows" else [0] if key in ("blocks", "generators") else [[[0, 1]]] if key == "basis"
              else value for key, value in PLACES[name].items()}  # fmt: skip
    assert check.check(copositive(problem, level=level, terms=[inside])).proved


def test_multipliers_name_a_vanishing_form_and_variables():
    problem = program(objective=form((0, 1, -1), (0, 0, 1)), blocks=ray(0), unit=[[0, 1]], vanishing=[form((0, 1, 1))])
    for item, fine in (([0, -1], True), ([1, -1], False), ([-1, -1], False), ([0, 0, -1], False)):
        assert check.check(copositive(problem, multipliers=[item])).readable == fine, item
    for item, fine in (([0, 0, -1], True), ([0, 2, -1], False), ([0, -1, -1], False), ([0, -1], False)):
        assert check.check(copositive(problem, level=1, multipliers=[item])).readable == fine, item


def test_a_level_of_a_matrix_uses_the_variables_as_blocks():
    """(x_0 + x_1)(2x_0 − x_1)² is paid by its own squares, and by no inequality of means."""
    rows = [[4, -2], [-2, 1]]
    terms = [{"blocks": [k], "rows": [[0, 0], [0, 1]], "gram": {"factor": [[2], [-1]]}} for k in (0, 1)]
    twice = [{**terms[0], "blocks": [1]}, terms[1]]
    for proof, fine in ((terms, True), ([], False), (terms[:1], False), (twice, False)):
        said = check.check(copositive(matrix(*rows), method="level", level=1, weights=[1, 1], terms=proof))
        assert said.proved == fine
    for weights, fine in ((["1/2", "1/2"], False), ([1, 2], False), ([1, 1], True)):
        said = check.check(copositive(matrix(*rows), method="level", level=1, weights=weights, terms=terms))
        assert said.proved == fine, weights


@pytest.mark.parametrize("library", [True, False])
def test_factors_are_multiplied_with_and_without_the_library(library):
    rng = np.random.default_rng(0)
    with mock.patch.object(check_identity, "flint", check_identity.flint if library else None):
        for _ in range(50):
            n, m = (int(v) for v in rng.integers(1, 4, 2))
            F = [[int(v) << int(rng.integers(0, 90)) for v in row] for row in rng.integers(-5, 6, (n, m))]
            inner = [[sum(a * b for a, b in zip(x, y, strict=True)) for y in F] for x in F]
            assert check_identity.outer(F) == [row[: i + 1] for i, row in enumerate(inner)]
        assert check_identity.outer([[], []]) == [[0], [0, 0]]


def test_defects_and_weights_of_gram_matrices():
    """x_0² + 4x_0x_1 + x_1² is −2 at (1, −1): nothing about it is positive semidefinite, whatever defect is claimed."""
    for parts, fine in (
        ({"factor": [[0], [0]], "defect": [[0, 0, 1], [1, 1, 1]]}, True),
        ({"factor": [[0], [0]], "defect": [[0, 0, 1], [1, 1, 1], [1, 0, 1]]}, True),
        ({"factor": [[0], [0]], "defect": [[0, 0, 1], [1, 1, 1], [1, 0, -1]]}, True),
        ({"factor": [[0], [0]], "defect": [[0, 0, 1], [1, 1, "999999/1000000"], [1, 0, 1]]}, False),
        ({"factor": [[0], [0]], "defect": [[0, 0, "999999/1000000"], [1, 1, 1], [1, 0, 1]]}, False),
        ({"factor": [[1], [1]], "weights": [0]}, True), ({"factor": [[1], [1]], "weights": ["-1/1000000"]}, False),
    ):  # fmt: skip
        said = check.check(gram(program(blocks=[], objective=form((0, 0, 9), (1, 1, 9))), **parts))
        assert fine == ("diagonally dominant" not in said.reason and "is negative" not in said.reason), parts


# ---- the multiplier ---------------------------------------------------------------------------------------------


def test_linear_spaces_are_substituted_as_they_grow():
    L = check_multiplier.Face()
    assert L.vanish({2: 1, 1: -1, 0: -1}) and L.solved == {2: {0: 1, 1: 1}}
    assert L.vanish({1: 1, 0: -3}) and L.solved == {2: {0: 4}, 1: {0: 3}}
    assert not L.vanish({2: 2, 0: -8}) and not L.every([{2: 1, 0: -4}, {1: 1, 0: -3}])
    assert L.linear({0: 1, 1: 2, 2: 3}) == {0: 19} and L.quadratic({(1, 2): 1, (0, 2): -1}) == {(0, 0): 8}
    assert L.every([{1: 1, 0: -3}, {0: 5}]) and L.solved == {2: {}, 1: {}, 0: {}}
    M = check_multiplier.Face()
    assert M.every([{0: 1}, {0: 2}]) and M.vanish({3: 2, 1: 1}) and M.vanish({1: 1, 0: 4}) and M.solved[3] == {}
    P = check_multiplier.Face()
    assert P.vanish({3: 1, 2: -1}) and P.vanish({2: 1, 0: -5}) and P.solved[3] == {0: 5}
    # a variable that comes in twice, and one that goes out
    N = check_multiplier.Face()
    assert N.vanish({3: 1, 2: -1, 1: -1}) and N.vanish({2: 1, 1: -2}) and N.solved[3] == {1: 3}
    O = check_multiplier.Face()  # noqa: E741
    assert O.vanish({3: 1, 2: -1, 1: 1}) and O.vanish({2: 1, 1: -1}) and O.solved[3] == {}


def test_second_order_generators_are_told_from_others():
    for g, expected in (
        (lorentz(0, 1, 2), [(0, [1, 2])]), (lorentz(2, 0), [(2, [0])]), (form((0, 0, 1)), [(0, [])]),
        (form((0, 0, 1), (1, 1, -4)), []), (form((0, 0, 4), (1, 1, -1)), []), (form((0, 1, 1), (2, 2, -1)), []),
        (form((0, 0, 1), (1, 2, -1)), []), (form((0, 0, 1), (1, 1, 1), (2, 2, -1)), []), (form((1, 1, -1)), []),
        (form((0, 0, 1), (0, 1, -1), (1, 1, -1)), []),
    ):  # fmt: skip
        assert list(check_multiplier.lorentz(read(3, ray(0), generators=[g]))) == expected, g


@pytest.mark.parametrize(("generators", "unit"), [
    ([form((0, 1, 1), (2, 2, -1))], [[0, 1], [2, 1]]), ([form((0, 0, 1), (1, 2, -1))], [[0, 1], [1, 1]]),
    ([form((0, 0, 1), (1, 1, -4))], [[0, 1], [1, 3]]), ([form((0, 0, 4), (1, 1, -1))], [[0, 1], [1, 1]]),
])  # fmt: skip
def test_the_multiplier_is_not_nonnegative_on_what_only_looks_like_a_second_order_cone(generators, unit):
    """On x_0x_1 ≥ x_2² the form x_0 + x_2 takes both signs, and so on."""
    said = check.check(copositive(program(3, ray(0), unit, [], generators=generators), level=1))
    assert not said.proved and "e is not seen to be nonnegative" in said.reason


def test_matrix_variables_are_told_from_other_blocks():
    entries = [[0, 0, 0, 1], [0, 1, 1, 1], [1, 1, 2, 1]]
    for block, expected in (
        (psd(2, 0, 1, 2), [[[0, 1], [1, 2]]]), (psd(2, 2, 1, 0), [[[2, 1], [1, 0]]]), (arrow(0, 1), []),
        (ray(0)[0], []), ({"order": 2, "entries": entries[:2]}, []), ({"order": 2, "entries": entries[::2]}, []),
        ({"order": 2, "entries": [*entries[:2], [1, 1, 2, 2]]}, []),
        ({"order": 2, "entries": [*entries, [0, 1, 2, 1]]}, []),
        ({"order": 3, "entries": entries}, []),
    ):  # fmt: skip
        assert list(check_multiplier.variables(read(3, [block]))) == expected, block


def zero_at(problem, x):
    """Do the forms that vanish with e vanish at x?"""
    p = check_identity.program(problem)
    return not any(sum(c * x[v] for v, c in f.items()) for f in check_multiplier.forced(p))


def test_what_vanishes_with_the_multiplier_of_matrices_and_second_order_cones():
    """<D, X> = 0 leaves DX = 0, and no more: (1, 1)X(1, 1)' vanishes at X = (1, −1)(1, −1)'."""
    two = program(3, [psd(2, 0, 1, 2)], [[0, 1], [1, 2], [2, 1]])
    assert zero_at(two, [1, -1, 1]) and not zero_at(two, [1, 0, 0]) and not zero_at(two, [0, 0, 1])
    three = program(6, [psd(3, 0, 1, 2, 3, 4, 5)], [[0, 1], [1, 2], [2, 1]])  # of order 3, about its first rows
    assert zero_at(three, [1, -1, 1, 0, 0, 0]) and zero_at(three, [0, 0, 0, 0, 0, 1])
    assert not zero_at(three, [1, 0, 0, 0, 0, 0]) and not zero_at(three, [0, 0, 0, 1, 0, 1])
    for unit, fine in (([[0, "1/2"], [1, "1/4"]], True), ([[0, "1/2"], [1, "1/2"]], True), ([[0, "1/2"], [1, "2/3"]],
        False), ([[0, "1/2"], [1, "-1/2"]], True)):  # fmt: skip
        K = program(2, [arrow(0, 1)], unit, generators=[lorentz(0, 1)])
        if not fine:
            with pytest.raises(Rejected, match="second-order"):
                check_multiplier.forced(check_identity.program(K))
        else:
            flat = unit[0][1] == unit[1][1].lstrip("-")
            sign = -1 if unit[1][1][0] != "-" else 1
            assert zero_at(K, [1, sign]) == flat and not zero_at(K, [1, -sign]) and zero_at(K, [0, 0])


def test_signs_of_variables():
    assert check_multiplier.signs([{0: -2}, {1: Fraction(1, 3)}, {0: 1, 2: 1}]) == {0: -1, 1: 1}
    assert check_multiplier.positive([{0: -2}, {1: 3}]) == {1}
    assert check_multiplier.gradient({(0, 0): 3, (0, 1): -1}) in ([{0: 6, 1: -1}, {0: -1}], [{0: -1}, {0: 6, 1: -1}])
    assert check_multiplier.half(3, True) == Fraction(3, 2) and check_multiplier.half(3, False) == 3
    assert check_multiplier.half(0, True) == 0


def test_the_face_of_signs_and_of_sums():
    """Rows of zeros, opposite pairs, sums of what is not negative, and nothing where only signs agree."""
    p = read(3, [*ray(0, 1), {"order": 1, "entries": [[0, 0, 0, -1], [0, 0, 1, -2], [0, 0, 2, -1]]}])
    L = check_multiplier.face(p, [{2: 1}])
    assert not L.linear({0: 1}) and not L.linear({1: 1}) and not L.linear({2: 1})
    q = read(3, [*ray(0, 1), {"order": 1, "entries": [[0, 0, 0, 1], [0, 0, 1, -2], [0, 0, 2, -1]]}])
    assert check_multiplier.face(q, [{2: 1}]).solved == {2: {}}


def test_semidefinite_forms_component_by_component():
    for q, fine in (
        ({(0, 0): 1, (0, 1): -2, (1, 1): 1, (2, 2): 1}, True), ({(0, 0): 1, (2, 2): -1}, False), ({(0, 1): 1}, False),
        ({(0, 0): 1, (0, 1): 2}, False), ({(0, 0): 1, (0, 1): -2, (1, 1): 1, (1, 2): 1, (2, 2): 1}, False),
        ({(0, 0): 1, (0, 1): 1, (1, 1): 1, (3, 4): 3, (3, 3): 1, (4, 4): 1}, False), ({(1, 1): 0}, True), ({}, True),
        ({(0, 0): 2, (0, 1): -2, (1, 1): 1, (1, 2): 1, (2, 2): 1, (3, 3): 1}, True),
    ):  # fmt: skip
        assert check_multiplier.semidefinite(q) == fine, q


def test_points_inside_decide_whether_a_cone_is_the_closure_of_its_inside():
    """X_0 ≥ 0 alone: (1, 0); a generator that is no second-order cone says nothing; a point named has to be inside."""
    assert check_multiplier.reaches(read(2, ray(0), [[0, 1]]), None)
    assert not check_multiplier.reaches(read(2, ray(0), [[1, 1]]), None)
    assert check_multiplier.reaches(read(2, ray(0), [[1, 1]]), [0, 1])
    assert not check_multiplier.reaches(read(2, ray(0), [[1, 1]]), [1, 0])
    assert not check_multiplier.reaches(read(2, ray(0), [[0, 1]], generators=[form((0, 1, 1))]), [1, 1])
    assert check_multiplier.reaches(read(2, ray(0), [[0, 1]], generators=[lorentz(0, 1)]), None)
    assert not check_multiplier.reaches(read(2, ray(0), [[0, 1]], generators=[lorentz(1, 0)]), [1, 1])
    with pytest.raises(Rejected):
        check_multiplier.reaches(read(2, ray(0), [[0, 1]]), [-1, 0])
    assert check_multiplier.objection(read(2, ray(0), [[0, 1]])) == ""
    assert "empty" in check_multiplier.objection(read(2, ray(0), []))


def test_products_of_blocks_are_what_they_say():
    """(x_0 − x_1)(x_0 + x_1)/4 is the product of two blocks, with its weight over 2^bits."""
    blocks = [{"order": 1, "entries": [[0, 0, 0, 1], [0, 0, 1, c]]} for c in (-1, 1)]
    problem = program(2, [*blocks, *ray(0)], objective=form((0, 0, "1/4"), (1, 1, "-1/4")))
    for products, more, fine in (
        ([[0, 1, "1/2"]], {"bits": 1}, True), ([[0, 1, "1/4"]], {}, True), ([[0, 1, "1/4"]], {"bits": 0}, True),
        ([[0, 1, "1/8"], [1, 0, "1/8"]], {}, True), ([[0, 1, "1/4"], [2, 2, 0]], {}, True), ([[0, 1, 1]], {}, False),
        ([[0, 1, "1/2"]], {"bits": 2}, False), ([[0, 1, "1/2"], [0, 1, "-1/4"]], {}, False),
        ([[0, 0, "1/4"]], {}, False),
        ([[0, 3, 0]], {}, False), ([[0, 1, "1/4"], [True, 0, 0]], {}, False), ([[0, 1]], {}, False),
    ):  # fmt: skip
        assert check.check(copositive(problem, terms=[{"products": products, **more}])).proved == fine, products
    square = program(3, [psd(2, 0, 1, 2)], objective=form((0, 0, 1)))
    assert not check.check(copositive(square, terms=[{"products": [[0, 0, 1]]}])).proved


def test_words_of_a_multiplier():
    assert check_multiplier.in_words({(0,): Fraction(1, 2), (1,): -1}) == "1/2 x_0 − x_1"
    assert check_multiplier.in_words({(1,): -2}) == "− 2 x_1"


def test_a_form_is_plain_by_its_signs():
    p = read(3, ray(0, 1), [[0, 1]])
    L = check_multiplier.Face()
    for q, fine in (({(0, 1): 1}, True), ({(0, 1): -1}, False), ({(0, 2): 1}, False), ({(2, 2): 1}, True),
                    ({(0, 0): 1, (0, 1): -2, (1, 1): 1}, True), ({(0, 0): -1}, False), ({}, True),
                    ({(0, 0): 1, (0, 2): 2, (2, 2): 1, (0, 1): 5}, True)):  # fmt: skip
        assert check_multiplier.plainly(p, L, q) == fine, q
    all_known = read(3, ray(0, 1, 2), [[0, 1]])  # (x_0 + x_1 − x_2)², which without its positive product is no square
    q = {(0, 0): 1, (0, 1): 2, (0, 2): -2, (1, 1): 1, (1, 2): -2, (2, 2): 1}
    assert check_multiplier.plainly(all_known, L, q)
    negative = read(2, [{"order": 1, "entries": [[0, 0, v, -1]]} for v in (0, 1)], [[0, -1]])
    assert check_multiplier.plainly(negative, L, {(0, 1): 1})
    assert not check_multiplier.plainly(negative, L, {(0, 1): -1})


# ---- other units ------------------------------------------------------------------------------------------------

K3 = program(3, [*ray(0), psd(2, 0, 1, 2)], [[0, 3], [2, "1/2"]], form((0, 0, 3), (0, 1, "1/3"), (2, 2, -1)),
             [(form((0, 0, 1), (1, 1, 2)), "5/3"), (form((0, 2, 7)), -2)], [form((1, 2, 1), (0, 0, -4))],
             [form((0, 2, 1), (1, 1, -1))])  # fmt: skip


def test_a_program_in_other_units_has_the_values_of_its_own():
    """X = D x', Y = 2^t D Y' D: forms, sides, generators and blocks at x', for exponents of both signs."""
    rng = np.random.default_rng(0)
    p = check_identity.program(K3)
    for _ in range(40):
        e = lambda n: [int(v) for v in rng.integers(-3, 4, n)]  # noqa: E731
        tau = e(2) if rng.random() < 0.7 else []
        s = {"coordinates": e(3), "objective": e(1)[0], "value": e(1)[0], "unit": e(1)[0], "equations": e(2),
             "vanishing": e(1), "generators": e(1), "blocks": [e(1), [*e(1), *tau]]}  # fmt: skip
        q, rest, unit = check_scaling.applied(p, {"scaling": s, "level": 0})
        assert rest == {"level": 0} and unit == Fraction(2) ** (s["objective"] + s["value"])
        D = [Fraction(2) ** d for d in s["coordinates"]]
        z = [rational(rng) for _ in range(3)]
        x = [d * v for d, v in zip(D, z, strict=True)]
        at = check_identity.evaluate
        assert at(q.objective, z) == at(p.objective, x) / Fraction(2) ** s["objective"]
        assert at(q.unit, z) == at(p.unit, x) / Fraction(2) ** s["unit"]
        for (A, b), (B, c), m in zip(q.equations, p.equations, s["equations"], strict=True):
            assert at(A, z) == at(B, x) / Fraction(2) ** m and b == c / Fraction(2) ** (m + s["value"])
        assert at(q.vanishing[0], z) == at(p.vanishing[0], x) / Fraction(2) ** s["vanishing"][0]
        assert at(q.generators[0], z) == at(p.generators[0], x) / Fraction(2) ** s["generators"][0]
        for k, (new, old) in enumerate(zip(q.blocks, p.blocks, strict=True)):
            sigma, *more = s["blocks"][k]
            rows = more or [0] * p.orders[k]
            for (i, j), terms in old.items():
                there = at(dict(terms), x) / Fraction(2) ** (sigma + rows[i] + rows[j])
                assert at(dict(new[i, j]), z) == there
        assert all(type(c) is int or c.denominator > 1 for c in q.objective.values())
    assert check_scaling.applied(p, {"level": 0}) == (p, {"level": 0}, 1) and check_scaling.applied(p, None)[0] is p


def test_exponents_have_an_inside_and_an_outside():
    s = {"coordinates": [0] * 3, "objective": 0, "value": 0, "unit": 0, "equations": [0, 0], "vanishing": [0],
         "generators": [0], "blocks": [[0], [0, 0, 0]]}  # fmt: skip
    p = check_identity.program(K3)
    assert check_scaling.applied(p, {"scaling": {**s, "value": 4000, "coordinates": [-4000, 0, 0]}})
    for key, value in (("value", 4001), ("coordinates", [0, 0, -4001]), ("equations", [0]), ("vanishing", []),
                       ("blocks", [[0], [0, 0]]), ("blocks", [[0], []]), ("blocks", [[0, 0, 0], [0]]), ("unit", "0")):
        with pytest.raises(Unreadable):
            check_scaling.applied(p, {"scaling": {**s, key: value}})
    assert check_scaling.applied(p, {"scaling": {**s, "blocks": [[0], [0]]}})[0].blocks == p.blocks
    # no vanishing forms: an empty list is what they have
    plain = check_identity.program({**K3, "vanishing": [], "generators": []})
    assert check_scaling.applied(plain, {"scaling": {**s, "vanishing": [], "generators": []}})[0].vanishing == []
    bare = check_identity.program({**K3, "equations": []})
    assert check_scaling.applied(bare, {"scaling": {**s, "equations": []}})[0].equations == []
    assert [check_scaling.times(3, k) for k in (2, 0, -1)] == [12, 3, Fraction(3, 2)]
    assert type(check_scaling.times(Fraction(3, 2), 1)) is int
    assert check_scaling.times(Fraction(1, 3), -1) == Fraction(1, 6)


# ---- tables and graphs ------------------------------------------------------------------------------------------


TURNED = "the transpose of the table given, "


def test_a_table_is_given_as_it_is_or_turned():
    wide = [[1, 2, 3], [4, 5, 6]]
    turned = [list(c) for c in zip(*wide, strict=True)]
    named = {"sha256": check_data.digest(wide), "shape": [2, 3]}
    for rows, samples, words in ((wide, True, ""), (wide, False, ""), (turned, True, TURNED)):
        data = check_data.Data({"X": rows})
        assert data.table("X", named, samples=samples) == wide
        assert data.named == [f"X ({words}sha256 {named['sha256'][:12]}…)"]
    with pytest.raises(Rejected):
        check_data.Data({"X": turned}).table("X", named)
    for rows in ([[1, 2, 3]], [[1], [2], [3]]):  # a vector is one either way, without a word
        data = check_data.Data({"b": [[1], [2], [3]]})
        assert data.table("b", {"rows": rows}) == rows and "transpose" not in data.named[0]
        with pytest.raises(Rejected):
            check_data.Data({"b": [[1], [2], [4]]}).table("b", {"rows": rows})
    data = check_data.Data({"X": [[1, 2, 3]]})  # three samples of one number are not one sample of three
    assert data.table("X", {"rows": [[1], [2], [3]]}, samples=True) == [[1], [2], [3]] and TURNED in data.named[0]
    square = [[1, 2], [3, 4]]
    with pytest.raises(Rejected):
        check_data.Data({"Q": [[1, 3], [2, 4]]}).table("Q", {"rows": square})


def words(question, atoms):
    rebuilt = made(question)()
    assert rebuilt.points is not None
    return rebuilt.points(atoms)


def test_a_set_is_shown_where_it_is_as_large_as_the_value_says():
    """The star 1 – 2, 1 – 3: the set that a point leads to, or none where the value says that there is a larger one."""
    star, seen = {**EDGE, "graph": {"rows": [[3, 2], [1, 2], [1, 3]]}}, set()
    for x in itertools.product(range(4), repeat=3):
        for w in (Fraction(1, 20), Fraction(1, 9), Fraction(1, 4)):
            order = sorted((i for i in range(3) if x[i]), key=lambda i: -x[i])
            inside: list[int] = []
            for j in order:
                if not any(0 in (i, j) for i in inside):
                    inside.append(j)
            value = w * (sum(c * c for c in x) + 2 * x[0] * (x[1] + x[2]))
            shown = not value or len(inside) >= 1 / value
            expected = f"{{{', '.join(str(i + 1) for i in sorted(inside))}}}" if shown else "by a point"
            assert words(star, [(w, list(x))]).startswith(expected), (x, w)
            seen.add(shown)
    assert seen == {True, False} and words(star, []).startswith("{}")
    assert words({**star, "edges": "vanishing"}, [(1, [1, 1, 1])]).startswith("by a point"), "(Σx)² = 9 is more than 2"
    assert words({**star, "edges": "vanishing"}, [(Fraction(1, 2), [0, 1, 1])]).startswith("{2, 3}")
    assert words(star, [(Fraction(1, 2), [1, 0, 0]), (Fraction(2, 3), [0, 1, 0])]).startswith("{2},")


def test_the_multiplier_of_an_equation_in_two_cells_is_the_smaller():
    """<x_0², Y> = 1 and objective x_0²: y = 1 and 1/2 in two cells prove 1/2."""
    problem = program(objective=ONE, equations=[(ONE, 1)])
    cut = {"cut": [[0, 1], [1, -1]]}
    for a, b in (([1], ["1/2"]), (["1/2"], [1])):
        leaves = [{"y": y, **identity()} for y in (a, b)]
        assert check.check(tree(problem, "1/2", cut, *leaves)).proved
        assert not check.check(tree(problem, "500001/1000000", cut, *leaves)).proved
    assert check.check(lower(problem, 1, [1])).proved
    assert not check.check(doc("infeasible", problem, {"y": [0], **identity()})).proved
