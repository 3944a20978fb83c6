"""Single rules of the checker about the multiplier e: where it vanishes, and what vanishes with it."""

from fractions import Fraction

import pytest

from copos.checker import check, check_identity, check_local, check_multiplier
from copos.checker.check_reading import Rejected
from tests.checker.building import arrow, copositive, form, lorentz, program, psd, ray


def read(*arguments, **more):
    return check_identity.program(program(*arguments, **more))


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


def test_what_mentions_few_variables_alone_is_said_of_them():
    """The blocks x_0 ≥ 0 and x_0 − x_1 ≥ 0 speak of x_0 and x_1, x_2 ≥ 0 does not."""
    p = read(3, [*ray(0), {"order": 1, "entries": [[0, 0, 0, 1], [0, 0, 1, -1]]}, *ray(2)])
    supports = [{v for terms in block.values() for (v,), _ in terms} for block in p.blocks]
    for variables, kept in (({0, 1}, [0, 1]), ({0}, [0]), ({1, 2}, [2]), ({0, 1, 2}, [0, 1, 2])):
        few = check_local.few(p, variables, p.unit, supports)
        assert few.blocks == [p.blocks[k] for k in kept] and few.orders == [1] * len(kept)


def test_what_vanishes_with_a_combination_of_diagonal_entries():
    """x_0 ≥ 0 and x_0 ≥ x_1: e = x_0 − x_1 leaves (1, 1), and e = 2x_0 − x_1 nothing; on a ray of |u| ≤ t, all of u."""
    block = {"order": 1, "entries": [[0, 0, 0, 1], [0, 0, 1, -1]]}
    one, two = (program(2, [*ray(0), block], [[0, c], [1, -1]]) for c in (1, 2))
    assert zero_at(one, [1, 1]) and not zero_at(one, [1, 0]) and not zero_at(one, [0, -1])
    assert not any(zero_at(two, x) for x in ([1, 1], [1, 2], [0, -1])) and zero_at(two, [0, 0])
    arrows = program(3, [arrow(0, 1, 2)], [[0, 1], [1, 1]], generators=[lorentz(0, 1, 2)])
    assert zero_at(arrows, [1, -1, 0]) and not zero_at(arrows, [1, -1, 1]) and not zero_at(arrows, [1, 0, 0])
    with pytest.raises(Rejected, match="not seen to be nonnegative"):
        check_multiplier.forced(check_identity.program(program(2, [*ray(0), block], [[0, 1], [1, -2]])))
