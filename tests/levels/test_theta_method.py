"""Level 0 of the stability number of sparse graphs by its own method: the same number, proved."""

import networkx as nx
import numpy as np
import pytest

import copos
from copos.levels import theta_method
from copos.reformulation.stability_number import stability_number


def test_it_applies_to_large_sparse_graphs_alone(monkeypatch):
    monkeypatch.setattr(theta_method, "SMALLEST", 20)
    cycle = nx.cycle_graph(41)
    assert theta_method.answer(stability_number(cycle), 0, "parrilo", "sdp") is not None
    for program, level in ((stability_number(cycle), 1), (stability_number(cycle, "vanishing"), 0),
                           (stability_number(cycle, weights={0: 2}), 0), (stability_number(nx.cycle_graph(7)), 0),
                           (stability_number(nx.complete_graph(30)), 0), (copos.standard_quadratic(-np.eye(30)), 0),
                           (copos.standard_quadratic(2 * np.ones((30, 30)) - np.eye(30)), 0)):  # fmt: skip
        assert theta_method.answer(program, level, "parrilo", "sdp") is None


def test_its_value_is_that_of_the_general_level(monkeypatch):
    tree_with_triangle = nx.random_labeled_tree(30, seed=2)
    tree_with_triangle.add_edges_from([(0, 5), (5, 9), (0, 9), (2, 7), (7, 11), (11, 3), (3, 2)])
    program = stability_number(tree_with_triangle)
    general = copos.lower_bound(program)
    monkeypatch.setattr(theta_method, "SMALLEST", 20)
    own = copos.bracket(program)
    assert own.solver == "alternating directions for ϑ'" and own.proved and own.certificate.verify(program).proved
    assert own.claimed == pytest.approx(general.claimed, rel=1e-5) and own.lower <= general.claimed + 1e-7
    assert own.lower <= own.upper
