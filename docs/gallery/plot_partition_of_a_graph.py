"""
Cuts of a graph
===============

The heaviest cut of a small network, and the lightest one into halves. Both are optimal, and proved to be.
"""

import matplotlib.pyplot as plt
import networkx as nx

import copos

graph = nx.karate_club_graph()
where = nx.spring_layout(graph, seed=4)
problems = {
    "heaviest cut": copos.max_cut(graph, weights=None),
    "lightest cut into halves": copos.graph_partition(graph, [17, 17], weights=None),
}
figure, axes = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
for axis, (name, problem) in zip(axes, problems.items(), strict=True):
    found = copos.bracket(problem, tolerance=1e-6)
    side = [round(found.solution[str(v)]) for v in graph]
    crossing = ["tab:red" if side[u] != side[v] else "0.8" for u, v in graph.edges]
    nx.draw_networkx(graph, where, ax=axis, with_labels=False, node_size=60, edge_color=crossing,
                     node_color=["black" if s else "white" for s in side], edgecolors="black")  # fmt: skip
    axis.set_title(f"{name}: {found.lower:g} ≤ value ≤ {found.upper:g}, proved")
    axis.set_axis_off()
plt.show()
