"""Where the multiplier e vanishes, and which points a cone has: the checker against direct arithmetic."""

import itertools
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest

from copos.checker import check_identity, check_multiplier
from copos.checker.check_reading import Rejected
from tests.checker.building import (
    arrow,
    form,
    lorentz,
    program,
    psd,
    ray,
)


def test_points_of_cones_are_told_from_others():
    """Arrow, matrix and quadratic descriptions agree with |u| ≤ t and X ⪰ 0."""
    rng, seen = np.random.default_rng(5), Counter()
    negative = {"objective": form((0, 0, 0))}
    for _ in range(300):
        x = [int(v) for v in rng.integers(-3, 4, 3)]
        inside = x[0] >= 0 and x[0] ** 2 >= x[1] ** 2 + x[2] ** 2
        for blocks, generators in (([arrow(0, 1, 2)], []), (ray(0), [lorentz(0, 1, 2)])):
            p = check_identity.program(program(3, blocks, [[0, 1]], generators=generators, **negative))
            assert is_member(p, x) == inside
        X = np.array([[x[0], x[1]], [x[1], x[2]]])
        p = check_identity.program(program(3, [psd(2, 0, 1, 2)], [[0, 1]], **negative))
        semi = X[0, 0] >= 0 and X[1, 1] >= 0 and X[0, 0] * X[1, 1] >= X[0, 1] ** 2
        assert is_member(p, x) == semi
        seen[inside, bool(semi)] += 1
    assert len(seen) >= 3


def is_member(p, x):
    try:
        check_multiplier.member(p, x)
    except Rejected:
        return False
    return True


def nonnegative_unit(problem):
    """What the checker says of e, and the forms that vanish with it."""
    p = check_identity.program(problem)
    try:
        return p, check_multiplier.forced(p)
    except Rejected:
        return p, None


def test_the_multiplier_is_nonnegative_exactly_where_it_is():
    rng, seen = np.random.default_rng(6), Counter()
    for _ in range(400):
        e = [int(v) for v in rng.integers(-3, 6, 3)]
        unit = [[v, c] for v, c in enumerate(e) if c]
        if not unit:
            continue
        kinds = {
            "orthant": (ray(0, 1, 2), [], min(e) >= 0),
            "lorentz": ([arrow(0, 1, 2)], [lorentz(0, 1, 2)], e[0] >= 0 and e[0] ** 2 >= e[1] ** 2 + e[2] ** 2),
            "quadratic": (ray(0), [lorentz(0, 1, 2)], e[0] >= 0 and e[0] ** 2 >= e[1] ** 2 + e[2] ** 2),
            "matrix": ([psd(2, 0, 1, 2)], [], e[0] >= 0 and e[2] >= 0 and 4 * e[0] * e[2] >= e[1] ** 2),
            "free": (ray(0), [], e[0] >= 0 and not e[1] and not e[2]),
            # x_0, x_0 + x_1, x_1 + x_2 ≥ 0: e = a x_0 + b (x_0 + x_1) + c (x_1 + x_2)
            "slanted": ([*ray(0), row((0, 1), (1, 1)), row((1, 1), (2, 1))], [],
                e[2] >= 0 and e[1] - e[2] >= 0 and e[0] - e[1] + e[2] >= 0),
        }  # fmt: skip
        for name, (blocks, generators, truth) in kinds.items():
            p, zero = nonnegative_unit(program(3, blocks, unit, generators=generators))
            assert (zero is not None) == truth, (name, e)
            seen[name, bool(truth)] += 1
            if zero is None:
                continue
            L = check_multiplier.face(p, zero)
            for x in itertools.product(range(-2, 3), repeat=3):
                if is_member(p, list(x)) and sum(a * b for a, b in zip(e, x, strict=True)) == 0:
                    assert all(x[v] == sum(c * x[w] for w, c in f.items()) for v, f in L.solved.items()), (name, e, x)
            if all(any(x) <= (sum(a * b for a, b in zip(e, x, strict=True)) > 0)
                   for x in itertools.product(range(-2, 3), repeat=3) if is_member(p, list(x))):  # fmt: skip
                assert name in ("lorentz", "quadratic", "matrix") or len(L.solved) == 3, (name, e)
    assert len(seen) == 12


def row(*terms):
    """A block of order 1."""
    return {"order": 1, "entries": [[0, 0, v, c] for v, c in terms]}


FACES = {
    # what vanishes with e = x_0: (dim, blocks, generators, vanishing forms, coordinates as combinations of others)
    "a zero on the diagonal": (3, [*ray(0), psd(2, 0, 1, 2)], [], [], {0: {}, 1: {}}),
    "an opposite pair": (3, [*ray(0), row((1, 1)), row((0, 1), (1, -1))], [], [], {0: {}, 1: {}}),
    "a slanted pair": (3, [*ray(0), row((1, 2), (2, -4)), row((0, 1), (1, -1), (2, 2))], [], [], {0: {},
        2: {1: Fraction(1, 2)}}),
    "a negative sum": (4, [*ray(0, 1, 2), row((0, 1), (1, -1), (2, -3))], [], [], {0: {}, 1: {}, 2: {}}),
    "a sum of three": (4, [*ray(0), row((1, 1), (2, 1)), row((2, -1), (3, 1)), row((0, 1), (1, -1), (3, -1))], [], [],
                       {0: {}, 2: {1: -1}, 3: {1: -1}}),
    "a generator": (3, ray(0), [lorentz(0, 1, 2)], [], {0: {}, 1: {}, 2: {}}),
    "a square": (3, ray(0), [], [form((1, 1, 1), (0, 1, -1))], {0: {}, 1: {}}),
    "a negative square": (3, ray(0), [], [form((1, 1, -1), (1, 2, 2), (2, 2, -1), (0, 1, 5))], {0: {}, 2: {1: 1}}),
    "a square and a product of signs": (3, ray(0, 1, 2), [], [form((1, 1, 1), (1, 2, 3))], {0: {}, 1: {}}),
    "no definite form": (3, ray(0), [], [form((1, 2, 1))], {0: {}}),
    "no definite form with signs": (3, ray(0, 1), [], [form((1, 1, 1), (1, 2, 3))], {0: {}}),
    "a square and half a product of signs": (3, ray(0, 1, 2), [], [form((1, 1, 1), (1, 2, "1/2"))], {0: {}, 1: {}}),
    "a square and a product of the wrong sign": (3, ray(0, 1, 2), [], [form((1, 1, 1), (1, 2, "-1/2"))], {0: {}}),
    "no sign of the first variable": (3, ray(0, 2), [], [form((2, 2, 1), (1, 2, 3))], {0: {}}),
    "two at once": (4, ray(0), [], [form((1, 1, 1), (2, 2, 1), (3, 3, 1), (1, 2, 1))], {0: {}, 1: {}, 2: {}, 3: {}}),
    "step by step": (4, [*ray(0), psd(2, 1, 2, 3)], [], [form((1, 1, 1), (0, 3, 1))], {0: {}, 1: {}, 2: {}}),
}  # fmt: skip


@pytest.mark.parametrize("name", FACES)
def test_what_vanishes_with_the_multiplier(name):
    dim, blocks, generators, vanishing, expected = FACES[name]
    p, zero = nonnegative_unit(program(dim, blocks, [[0, 1]], generators=generators, vanishing=vanishing))
    assert zero is not None
    L = check_multiplier.face(p, zero)
    for v in range(dim):  # the same space, whichever variables are solved for
        for f in ({v: 1}, *({v: 1, **{w: -c for w, c in row.items()}} for u, row in expected.items() if u == v)):
            assert (not L.linear(f)) == (v in expected and (len(f) > 1 or not expected[v])), (L.solved, f)
    assert len(L.solved) == len(expected)


PLAIN = [
    (form((1, 1, 1), (1, 2, -2), (2, 2, 1)), True), (form((1, 1, 1), (1, 2, -3), (2, 2, 1)), False),
    (form((1, 1, -1)), False), (form((1, 2, 1)), False), (form((3, 4, 1)), True), (form((3, 4, -1)), False),
    (form((3, 3, 1), (3, 4, 5), (4, 4, 1)), True), (form((3, 3, 1), (3, 4, -3), (4, 4, 1)), False), ([], True),
    (form((1, 1, 1), (2, 2, 1), (3, 4, 7)), True), (form((1, 3, 1)), False), (form((1, 1, 1), (2, 2, -1)), False),
    (form((1, 1, 1), (1, 2, 2), (2, 2, 4), (2, 3, 2), (3, 3, 1), (3, 4, 1)), True),
    (form((1, 1, 1), (1, 2, 2), (2, 2, 1), (2, 3, 2), (3, 3, 1)), False),
]  # fmt: skip


@pytest.mark.parametrize(("C", "truth"), PLAIN)
def test_forms_at_infinity(C, truth):
    """x_0 ≥ 0 is the multiplier, x_3, x_4 ≥ 0, x_1, x_2 are free; x_0x_1 = 0 forbids continuity."""
    problem = program(5, ray(0, 3, 4), [[0, 1]], C, vanishing=[form((0, v, 1)) for v in range(1, 5)])
    p = check_identity.program(problem)
    if truth:
        assert "also where e(x) = 0" in check_multiplier.everywhere(p, p.objective, 1, {})
    else:
        with pytest.raises(Rejected, match="vanishes at atoms"):
            check_multiplier.everywhere(p, p.objective, 1, {})
    assert check_multiplier.everywhere(p, p.objective, 0, {}) == ""


def test_a_form_at_infinity_may_have_a_proof_of_its_own():
    """2x_1x_2 + x_3x_4 with x_3x_4 = x_1² + x_2²: not plain, and a square after the equation is used."""
    E = form((3, 4, 1), (1, 1, -1), (2, 2, -1))
    problem = program(5, ray(0), [[0, 1]], form((1, 2, 2), (3, 4, 1)), vanishing=[E, *(form((0, v,
        1)) for v in range(1, 5))])
    p = check_identity.program(problem)
    terms = [{"rows": [[1], [2]], "gram": {"factor": [[1], [1]]}}]
    for multipliers, fine in (([[0, 1]], True), ([[0, -1]], False), ([], False)):
        hint = {"infinity": {"terms": terms, "multipliers": multipliers}}
        if fine:
            assert check_multiplier.everywhere(p, p.objective, 1, hint)
        else:
            with pytest.raises(Rejected):
                check_multiplier.everywhere(p, p.objective, 1, hint)
