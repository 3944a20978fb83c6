"""What every row of the tables of families keeps; a new row is tested by being in its table."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import copos
from copos import NonNegative, PositiveSemidefinite, SecondOrder
from copos.hierarchy import FAMILIES, GRAMS, relax
from copos.hierarchy.families import LORENTZ
from tests import contracts
from tests.contracts import largest_shift

ORTHANT, MIXED = NonNegative(4), NonNegative(2) * SecondOrder(3)
MATRICES = NonNegative(1) * PositiveSemidefinite(2)
CONES = (ORTHANT, MIXED, MATRICES)


def levels(family, top):
    """The levels of a family up to `top`."""
    row = FAMILIES[family]
    last = top if row.top is None else min(top, row.top)
    return range(0, last + 1, 2 if row.even_only else 1)


def knows(family, cone):
    """Is the cone one of the family's?"""
    parts = FAMILIES[family].parts
    return parts is None or {p.kind for p in cone.parts} <= set(parts)


# dominant Gram matrices of the moment matrix alone accept next to nothing
ROWS = [(family, kind) for family in FAMILIES for kind in GRAMS if kind == "sdp" or family != "moment"]
ON_CONES = [(cone, family, kind) for family, kind in ROWS for cone in CONES if knows(family, cone)]
seeds = st.integers(0, 10**6)
few = settings(max_examples=2, deadline=None)
rows = pytest.mark.parametrize(("family", "kind"), ROWS)
on_cones = pytest.mark.parametrize(("cone", "family", "kind"), ON_CONES, ids=str)


def symmetric(seed, n):
    M = np.random.default_rng(seed).uniform(-1, 1, (n, n))
    return M + M.T


def form(family, seed, n):
    """A random form; for the moment matrix alone one that is positive semidefinite, as it accepts no other."""
    M = symmetric(seed, n)
    return M @ M if family == "moment" else M


@on_cones
@few
@given(seed=seeds)
def test_members_are_nonnegative_on_the_cone(cone, family, kind, seed):
    M, rng = form(family, seed, cone.ambient), np.random.default_rng(seed)
    contracts.family_accepts_nonnegative_forms_only(cone, M, levels(family, 1)[-1], family, kind, rng)


@on_cones
@few
@given(seed=seeds)
def test_levels_are_nested(cone, family, kind, seed):
    M, top = form(family, seed, cone.ambient), 2 if cone is ORTHANT else 1
    contracts.family_is_nested(cone, M, family, kind, levels(family, top))


# products of matrices alone do not bound random forms on other cones than the orthant
BOUNDING = [row for row in ON_CONES if row[0] is ORTHANT or row[1] != "de-klerk-pasechnik"]


@pytest.mark.parametrize(("cone", "family", "kind"), BOUNDING, ids=str)
@few
@given(seed=seeds)
def test_both_sides_pair(cone, family, kind, seed):
    M, N = form(family, seed, cone.ambient), form(family, seed + 1, cone.ambient)
    contracts.family_pairs_with_its_dual(cone, M, N, levels(family, 1)[-1], family, kind)


@rows
@few
@given(seed=seeds)
def test_the_order_of_coordinates_does_not_matter(family, kind, seed):
    M, rng = form(family, seed, 4), np.random.default_rng(seed)
    contracts.family_ignores_the_order_of_coordinates(M, levels(family, 1)[-1], family, kind, rng)


@pytest.mark.parametrize(("cone", "family"), [row[:2] for row in ON_CONES if row[2] == "dd"], ids=str)
@few
@given(seed=seeds)
def test_gram_kinds_are_nested(cone, family, seed):
    contracts.gram_kinds_are_nested(cone, form(family, seed, cone.ambient), levels(family, 1)[-1], family)


@pytest.mark.parametrize("family", FAMILIES)
def test_nonnegative_matrices_and_squares_are_accepted(family):
    """E, random N ≥ 0 and a positive diagonal, each at the least level that can."""
    if family == "moment":
        return  # knows nothing of the cone
    rng = np.random.default_rng(0)
    assert largest_shift(ORTHANT, np.ones((4, 4)), 0, family) == pytest.approx(1, abs=1e-6)
    N = rng.random((4, 4))
    assert largest_shift(ORTHANT, N + N.T, 0, family) >= -1e-7
    level = levels(family, 3)[-1]
    assert largest_shift(ORTHANT, np.diag([1.0, 2, 3, 4]), level, family) > 0


INCLUSIONS = [  # what the first accepts, the second accepts; on orthant × second-order cones and on the orthant
    ("moment", "zuluaga-vera-pena", (0,)),
    ("de-klerk-pasechnik", "pena-vera-zuluaga", (0, 1, 2)),
    ("pena-vera-zuluaga", "parrilo", (0, 1, 2)),
    ("zuluaga-vera-pena", "parrilo", (0, 1, 2)),
    ("zuluaga-vera-pena", "burer-dong", (0,)),
    ("burer-dong", "parrilo", (0,)),
    ("parrilo", "nishijima-nakata-sos", (0, 1)),
]
EQUAL_ON_THE_ORTHANT = [
    ("doubly-nonnegative", "parrilo", (0,)), ("burer-dong", "parrilo", (0,)), ("pena-vera-zuluaga", "parrilo", (0, 1)),
    ("zuluaga-vera-pena", "parrilo", (0, 1, 2)), ("nishijima-nakata-sos", "parrilo", (0, 1, 2)),
    ("nishijima-nakata-dp", "de-klerk-pasechnik", (0, 1, 2, 5)),
]  # fmt: skip


@pytest.mark.parametrize("cone", [ORTHANT, MIXED], ids=str)
@pytest.mark.parametrize(("small", "large", "at"), INCLUSIONS)
@few
@given(seed=seeds)
def test_families_are_nested(cone, small, large, at, seed):
    M = symmetric(seed, cone.ambient)
    for level in at if cone is ORTHANT else at[:2]:
        low, high = (largest_shift(cone, M, level, family) for family in (small, large))
        assert low <= high + 1e-5 * (1 + abs(high))


@pytest.mark.parametrize(("one", "two", "at"), EQUAL_ON_THE_ORTHANT)
@few
@given(seed=seeds)
def test_families_that_agree_on_the_orthant(one, two, at, seed):
    M = symmetric(seed, 4)
    for level in at:
        values = [largest_shift(ORTHANT, M, level, family) for family in (one, two)]
        assert values[0] == pytest.approx(values[1], abs=1e-5)


@few
@given(seed=seeds)
def test_one_second_order_cone_is_exact_from_level_zero(seed):
    """With x_i·B and the quadratic form, level 0 of R_+^n × L^m knows all that Y s ∈ K for s ∈ K* says."""
    M = symmetric(seed, 4)
    values = [largest_shift(SecondOrder(4), M, 0, f) for f in ("parrilo", "burer-dong", "zuluaga-vera-pena")]
    assert values == pytest.approx([values[0]] * 3, abs=1e-6)


@few
@given(seed=seeds)
def test_descriptions_of_a_cone_and_rows_of_its_products(seed):
    """Zuluaga–Vera–Peña on the arrow is Parrilo on the quadratic description, with the certificate of the arrow."""
    M = symmetric(seed, 5)
    for level in (0, 1):
        arrow = largest_shift(MIXED, M, level, "zuluaga-vera-pena")
        quadratic = largest_shift(NonNegative(2) * SecondOrder(3, "quadratic"), M, level, "parrilo")
        assert arrow == pytest.approx(quadratic, abs=1e-5)


@few
@given(seed=seeds)
def test_frames_converge_from_below(seed):
    """The level in Jordan frames rises to the minimum over K, and the multiplier is the one of the cone."""
    M = symmetric(seed, 5)
    weights = np.r_[1.0, 1, 2, 0, 0]
    cone = MIXED.with_unit(weights)
    values = [largest_shift(cone, M, level, "nishijima-nakata-dp") for level in (0, 2, 8)]
    best = largest_shift(cone, M, 1, "parrilo")
    assert values[0] - 1e-6 <= values[1] <= values[2] + 1e-6 <= best + 2e-5
    assert best - values[2] <= 0.35 * (best - values[0]) + 1e-6


def test_frames_of_two_second_order_cones():
    cone = NonNegative(1) * SecondOrder(3) * SecondOrder(4)
    M = symmetric(3, cone.ambient)
    M = M @ M  # no minimum at an extreme ray
    frames = [largest_shift(cone, M, level, "nishijima-nakata-dp") for level in (0, 1, 2)]
    assert frames[0] < frames[1] < frames[2] <= largest_shift(cone, M, 0, "parrilo") + 1e-6
    contracts.family_accepts_nonnegative_forms_only(cone, M, 2, "nishijima-nakata-dp", "sdp", np.random.default_rng(0))


def test_squares_of_two_second_order_cones_are_no_weaker():
    cone = SecondOrder(3) * SecondOrder(3)
    M = symmetric(1, 6)
    assert largest_shift(cone, M, 0, "parrilo") <= largest_shift(cone, M, 0, "nishijima-nakata-sos") + 1e-6


@pytest.mark.parametrize("family", ["burer-dong", "zuluaga-vera-pena"])
def test_families_of_products_are_proved(family):
    program = contracts.shift_program(MIXED, symmetric(5, 5))
    bound = copos.lower_bound(program, 0, family)
    assert bound.proved and bound.certificate.verify(program).proved
    assert bound.lower == pytest.approx(bound.claimed, abs=1e-6)


def test_families_refuse_cones_they_do_not_know():
    for family, row in FAMILIES.items():
        sliced = contracts.shift_program(ORTHANT.slice([[1.0, -1, 0, 0]]), np.eye(4))
        if row.parts is not None:
            with pytest.raises(ValueError, match="needs a product of cones"):
                relax(sliced, 0, family)
        if row.parts == LORENTZ:
            with pytest.raises(ValueError, match="nonnegative, second-order, not"):
                relax(contracts.shift_program(MATRICES, np.eye(4)), 0, family)
    tilted = MIXED.with_unit([1.0, 1, 2, 0.5, 0])
    with pytest.raises(ValueError, match="must not depend on the direction"):
        relax(contracts.shift_program(tilted, np.eye(5)), 1, "nishijima-nakata-dp")


def test_levels_in_other_coordinates_are_refused_before_they_are_built():
    program = contracts.shift_program(NonNegative(40), np.eye(40))
    for family in ("nishijima-nakata-sos", "nishijima-nakata-dp"):
        with pytest.raises(copos.hierarchy.LevelTooLargeError, match="nearest level that fits"):
            relax(program, 9, family)


def test_vanishing_forms_are_multiplied_in_other_coordinates():
    """min −e'x over the stable sets of a pentagon: level 1 with x_ix_j = 0 on the edges is exact for both."""
    program = copos.stability_number(contracts.cycle(5), "vanishing")
    values = [copos.lower_bound(program, 1, f, certify=False).claimed for f in ("parrilo", "nishijima-nakata-sos")]
    assert values == pytest.approx([-2, -2], abs=1e-5)
    values = [copos.lower_bound(program, 3, f, certify=False).claimed
              for f in ("de-klerk-pasechnik", "nishijima-nakata-dp")]  # fmt: skip
    assert values[0] == pytest.approx(values[1], abs=1e-5)
