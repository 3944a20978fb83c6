"""The words for type checkers are those of the tables."""

from typing import get_args

import pytest

from copos.branching.branch import RULE_NAMES
from copos.graphs.theta_method import VARIANTS
from copos.hierarchy import FAMILIES, GRAMS
from copos.reformulation.linear_network.lift_choice import LIFTS
from copos.reformulation.stability_number import EDGES
from copos.solvers import SOLVERS
from copos.support import choices

TABLES = {
    "Family": FAMILIES, "Gram": GRAMS, "Solver": SOLVERS, "Cells": RULE_NAMES, "Edges": EDGES,
    "Lift": ["auto", *LIFTS], "Variant": VARIANTS, "Sense": ["min", "max"],
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_words_for_type_checkers_are_those_of_the_table(name):
    assert sorted(get_args(getattr(choices, name))) == sorted(TABLES[name])
