"""Graphs from files: every format, the same graph; what is cut off or wrong is refused with its line."""

import networkx as nx
import numpy as np
import pytest
import scipy.io

from copos.graphs import graph
from copos.graphs.reading import NETWORKX, weighted_edges

G = nx.petersen_graph()
WRITERS = {
    ".g6": nx.write_graph6, ".s6": nx.write_sparse6, ".gml": nx.write_gml, ".graphml": nx.write_graphml,
    ".gexf": nx.write_gexf, ".net": nx.write_pajek, ".adjlist": nx.write_adjlist,
    ".edges": lambda G, path: nx.write_edgelist(G, path, data=False),
    ".mtx": lambda G, path: scipy.io.mmwrite(path, nx.to_scipy_sparse_array(G, format="coo"), symmetry="symmetric"),
    ".mc": lambda G, path: path.write_text(
        "10 15\n" + "".join(f"{i + 1} {j + 1} {1 + (i == 0)}\n" for i, j in G.edges)),
    ".clq": lambda G, path: path.write_text(
        "c petersen\np edge 10 15\nn 3 5/2\n" + "".join(f"e {i + 1} {j + 1}\n" for i, j in G.edges)),
}  # fmt: skip


@pytest.mark.parametrize("ending", WRITERS)
def test_every_format_is_read(ending, tmp_path):
    path = tmp_path / f"petersen{ending}"
    WRITERS[ending](G, path)
    found = graph(path)
    assert (found.n, found.m) == (10, 15) and set(found.adjacency.sum(axis=0)) == {3}
    assert nx.is_isomorphic(nx.from_numpy_array(found.adjacency), G)
    assert (found.weights is not None) == (ending == ".clq")
    assert (weighted_edges(path).costs is not None) == (ending == ".mc")


def test_weights_of_edges_and_of_vertices(tmp_path):
    path = tmp_path / "a.edges"
    path.write_text("# a comment\na b 1/2\nb c -0.25\nb a 1\n")
    found = weighted_edges(path)
    assert found.labels == ("a", "b", "c") and [str(v) for v in found.costs] == ["3/2", "-1/4"]
    path.write_text("3 10\n10 7\n")
    assert graph(path).labels == (3, 7, 10) and graph(path).ends.tolist() == [[0, 2], [1, 2]]
    H = nx.path_graph(3)
    nx.set_node_attributes(H, {0: 1, 1: 5, 2: 1}, "mass")
    nx.write_gml(H, tmp_path / "h.gml")
    assert graph(tmp_path / "h.gml", "mass").weights == (1, 5, 1)
    nx.set_node_attributes(H, 2, "weight")
    with pytest.raises(ValueError, match="weights='weight' uses it"):
        graph(H)
    assert graph(H, "weight").weights == (2, 2, 2) and graph(H, 1).weights is None


BAD = [
    ("a.edges", "1 2\n3\n", "line 2: expected two vertices"), ("a.edges", "1 2 x\n", "line 1: 'x' is no number"),
    ("a.edges", "1 1\n", "loop"), ("a.edges", "", "no vertices"), ("a.edges", "1 2 3 4\n", "line 1"),
    ("a.mc", "3 2\n1 2 1\n", "2 edges announced, 1 found up to line 2"), ("a.mc", "3\n", "line 1: expected n m"),
    ("a.mc", "3 1\n1 4 1\n", "line 2: edge 1 4 names a vertex outside"), ("a.mc", "3 1\n1 2 1 1\n", "line 2"),
    ("a.mc", "3 1\n2 2 1\n", "line 2: the edge 2 2 is a loop"), ("a.mc", "100000000 1\n1 2 1\n", "line 1: announces"),
    ("a.mtx", "%%MatrixMarket matrix coordinate pattern symmetric\n3 3 2\n2 1\n", "2 entries announced, 1 found up to"),
    ("a.mtx", "%%MatrixMarket matrix coordinate pattern symmetric\n3 2 1\n2 1\n", "line 2: announces"),
    ("a.mtx", "%%MatrixMarket matrix coordinate pattern symmetric\n3 3 1\n1 1\n", "loop"),
    ("a.mtx", "%%MatrixMarket matrix coordinate real general\n2 2 1\n1 2 1.5\n", "not symmetric at 1, 2"),
    ("a.mtx", "%%MatrixMarket matrix coordinate real general\n2 2 2\n1 2 1\n1 2 1\n", "was given before"),
    ("a.mtx", "%%MatrixMarket matrix coordinate complex general\n2 2 0\n", "line 1: expected a pattern"),
    ("a.mtx", "nothing\n", "line 1"), ("a.clq", "p edge 3 2\ne 1 2\n", "2 edges announced, 1 found up to line 2"),
    ("a.clq", "p edge 3 1\nn 1 2\nn 1 2\ne 1 2\n", "line 3"), ("a.g6", "I", "line 1"), ("a.g6", "", "line"),
    ("a.gml", "graph [\n node [\n id 0\n", "line"), ("a.graphml", "<graphml>\n<graph>\n", "line"),
    ("a.s6", ":I`A_CA", "line 1 has no end"), ("a.net", "*vertices 2\n1 a\n2 b\n*edges\n1 2", "line 5 has no end"),
    ("a.adjlist", "0 1 2\n1 2", "line 2 has no end"), ("a.edges", "1 2 {'colour': 3}\n", "line 1: expected two"),
    ("a.edges", "1 2 {'weight': x}\n", "line 1: 'x' is no number"), ("a.csv", "0,1\n1,0\n", "expected as an array"),
    ("a.net", "*vertices 3\n1 a\n", "line"), ("a.gexf", "<gexf", "line"), ("a.s6", ":", "line"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "message"), BAD, ids=range(len(BAD)))
def test_what_is_cut_off_or_wrong_is_refused(name, text, message, tmp_path):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(ValueError, match=message) as caught:
        graph(path)
    assert str(path) in str(caught.value)


def test_directed_files_and_folders_are_refused(tmp_path):
    nx.write_gml(nx.DiGraph([(0, 1)]), tmp_path / "d.gml")
    with pytest.raises(ValueError, match="undirected"):
        graph(tmp_path / "d.gml")
    with pytest.raises(ValueError, match="is a folder"):
        graph(tmp_path)
    for ending in NETWORKX:
        with pytest.raises(ValueError, match="no such file"):
            graph(tmp_path / f"nothing{ending}")


def test_lists_of_edges_as_networkx_writes_them(tmp_path):
    H = nx.Graph([("b", "a", {"weight": 0.1}), ("a", "c", {})])
    nx.write_edgelist(H, tmp_path / "h.edgelist")
    found = weighted_edges(tmp_path / "h.edgelist")
    assert found.labels == ("b", "a", "c") and [str(v) for v in found.costs] == ["1/10", "1"]


@pytest.mark.parametrize("ending", [ending for ending in WRITERS if ending != ".edges"])
def test_a_file_that_ends_within_a_line_is_refused(ending, tmp_path):
    path = tmp_path / f"petersen{ending}"
    WRITERS[ending](G, path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3].rstrip())
    with pytest.raises(ValueError, match="line|entries announced|edges announced"):
        graph(path)


def test_matrices_of_weights():
    found = weighted_edges(np.array([[0, 0.5], [0.5, 0]]))
    assert found.costs[0] * 2 == 1
    for bad in ([[0, 1], [2, 0]], [[1, 0], [0, 0]], [[0, np.inf], [np.inf, 0]], [["a", "b"], ["b", "a"]]):
        with pytest.raises(ValueError):
            weighted_edges(bad)
