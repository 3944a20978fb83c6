"""Single rules of the checker's identity, multiplier, scaling and tables, each with an inside and an outside."""

import itertools
from fractions import Fraction
from unittest import mock

import numpy as np
import pytest

from copos.checker import check, check_data, check_identity, check_reading, check_scaling
from copos.checker.check_reading import Rejected, Unreadable
from tests.checker.building import (
    ONE,
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
from tests.checker.forgeries_quadratic import EDGE, made
from tests.checker.test_certificate_truths import rational


def read(*arguments, **more):
    return check_identity.program(program(*arguments, **more))


def test_fractions_of_two_long_integers_are_read():
    top, bottom = "1" * check_reading.DIGITS, "3" * check_reading.DIGITS
    assert check_reading.number(f"-{top}/{bottom}", "x") == Fraction(-1, 3)
    with pytest.raises(Unreadable, match="must be an integer or a string"):
        check_reading.number(f"00{top}/0{bottom}", "x")


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


@pytest.mark.parametrize("library", [True, False])
def test_zeros_at_the_end_of_a_row_cost_nothing(library, monkeypatch):
    """A triangular factor of order n takes n³/6 multiplications, a full one n³/2."""
    monkeypatch.setattr(check_identity, "flint", check_identity.flint if library else None)
    n, units = 64, []
    for end in (lambda i: n, lambda i: i + 1, lambda i: n - i, lambda i: 0):
        F = [[1 + i + j if j < end(i) else 0 for j in range(n)] for i in range(n)]
        with check_reading.budget([]):
            before = check_reading._LEFT.get()[0]
            product = check_identity.outer(F)
            units.append(before - check_reading._LEFT.get()[0])
        assert product == [[sum(map(int.__mul__, a, b)) for b in F[: i + 1]] for i, a in enumerate(F)]
    pairs = n * (n + 1) // 2
    assert units[0] == pairs * (1 + n // 16) and units[3] == pairs
    assert units[1] == units[2] == sum((n - k) * (1 + (k + 1) // 16) for k in range(n)) < units[0] / 1.5


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


@pytest.mark.parametrize("level", [1, 2, 3])
def test_another_form_takes_the_place_of_one_factor(level):
    p = read(2, ray(0, 1), [[0, 1], [1, 2]], form((0, 0, 1), (0, 1, "-1/3")))
    first = {(0,): 5, (1,): -7}
    left, scale = check_identity.rest(p, p.objective, level, [], [], first)
    x = [Fraction(3, 7), Fraction(-2, 5)]
    at = check_identity.evaluate
    assert at(left, x) == scale * at(first, x) * at(p.unit, x) ** (level - 1) * at(p.objective, x)


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


def test_a_number_of_a_graph_is_rounded_only_between_whole_weights_and_only_away():
    """A bound v of the program says α ≤ 1/v, or α ≥ 1/v."""
    row = f"{3 * 10**20}/{10**20 + 1}"
    for weights, words in (
        ([1, "1/2"], ("α(G, w) ≤ 3/2 ", "α(G, w) ≥ 3/2 ")), ([1, 2], ("α(G, w) ≤ 1 ", "α(G, w) ≥ 2 ")),
    ):  # fmt: skip
        say = made(EDGE, weights={"rows": [weights]})().say
        assert tuple(say(kind, Fraction(2, 3)).split("for")[0] for kind in ("lower bound", "upper bound")) == words
    say = made(EDGE, weights={"rows": [[1, "1/2"]]})().say
    assert say("lower bound", Fraction(row)).startswith("α(G, w) ≤ 0.333333333334… ")
    assert say("upper bound", Fraction(row)).startswith("α(G, w) ≥ 0.333333333333… ")


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
