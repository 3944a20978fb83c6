"""Named problems: both ends of the bracket are proved, and at the published value."""

import pytest

import copos
from tests.cases import NAMED


@pytest.mark.parametrize("case", NAMED, ids=str)
def test_a_published_value(case):
    found = case.found()
    lower = found.value if isinstance(found, copos.Theta) else found.lower  # ϑ is proved from above
    slack = case.accuracy * max(1.0, abs(case.value))
    assert found.proved and found.verify().proved
    assert case.value - slack <= float(lower) and case.value - 1e-12 <= float(found.upper) <= case.value + slack
