"""What the checker says of assignments is rounded to the safe side."""

from copos.checker import check
from tests.checker.forgeries_assignments import ONEWAY, TURN, attained, linear, lower

THIRD = f"{10**14 // 3}/{10**14}"
SAID = ("costs at least 0.333333333333…", "costs at most 19.3333333334…")


def test_claims_are_rounded_to_the_safe_side():
    assert SAID[0] in check.check(lower(THIRD, linear([3, 0], [0, 0]), problem=ONEWAY)).claim
    assert SAID[1] in check.check(attained(f"{19 * 10**14 + 10**14 // 3}/{10**14}", *TURN)).claim


def test_places_are_named_from_one():
    assert check.check(attained(20, 1, 0, 2)).claim.partition(" [")[0].endswith("at most 20: 1 at 2, 2 at 1, 3 at 3")
