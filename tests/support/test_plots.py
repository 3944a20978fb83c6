"""Pictures draw what they are given and refuse what they cannot draw."""

import numpy as np
import pytest

import copos
from copos.support import plots

Figure = pytest.importorskip("matplotlib.figure").Figure


@pytest.fixture
def axis():
    return Figure().subplots()


def test_brackets_have_a_row_each_and_arrows_for_open_ends(axis):
    plots.brackets(["a", "b", "c"], [1.0, -np.inf, 0.5], [2.0, 1.0, np.inf], [1.0, 0.9, 0.6], [1.5, 1.0, 0.7], axis)
    assert [tick.get_text() for tick in axis.get_yticklabels()] == ["a", "b", "c"]
    words = set(axis.get_legend_handles_labels()[1])
    assert {"no proof", "nothing found", "proved lower bound", "known value"} <= words
    low, high = axis.get_xlim()
    assert low < 0.5 and high > 2.0


def test_a_bound_draws_itself(axis):
    program = copos.standard_quadratic([[2.0, 0.0], [0.0, 1.0]])
    bound = copos.bracket(program)
    assert bound.plot(axis) is axis
    xs = [x for line in axis.lines for x in np.atleast_1d(line.get_xdata())]
    assert bound.lower in xs and bound.upper in xs


def test_tightening_puts_rungs_in_order(axis):
    plots.tightening(axis, ["0", "1", "2"], {"x": {"2": 3.0, "0": 1.0}}, 3.0)
    line = axis.lines[-1]
    assert list(line.get_xdata()) == [0, 2] and list(line.get_ydata()) == [1.0, 3.0]


def test_spectra_are_relative_and_floored(axis):
    plots.spectra({"rank one": np.outer([1, 2], [1, 2])}, axis)
    assert list(axis.lines[0].get_ydata()) == pytest.approx([1.0, 1e-12])


def test_cells_of_a_triangle(axis):
    halves = [np.array([[1, 0, 1], [0, 0, 1], [0, 1, 0]]), np.array([[0, 0, 1], [1, 0, 1], [0, 1, 0]])]
    plots.triangle_cells(halves, [0.0, 1.0], axis)
    assert len(axis.collections[0].get_paths()) == 2
    with pytest.raises(ValueError, match="three vertices"):
        plots.triangle_cells([np.eye(2)], axis=axis)


def test_a_graph_with_its_stable_set(axis):
    nx = pytest.importorskip("networkx")
    graph = nx.cycle_graph(["a", "b", "c", "d", "e"])
    plots.graph_with_set(graph, ("a", "c"), axis)
    assert {text.get_text() for text in axis.texts} == set(graph.nodes)
    with pytest.raises(ValueError, match="z is not a vertex"):
        plots.graph_with_set(graph, ["z"], axis)
