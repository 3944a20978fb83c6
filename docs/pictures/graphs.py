"""The picture of docs/graphs.md; `python docs/pictures/graphs.py` writes it beside this file."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import networkx as nx

import copos
from copos.support.plots import graph_with_set

mpl.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402


def main() -> None:
    """A set, colours, a cut and two halves of one graph, each with its proved bracket."""
    G = nx.random_geometric_graph(26, 0.34, seed=11)
    where = nx.get_node_attributes(G, "pos")
    stable, colours = copos.maximum_stable_set(G), copos.chromatic_number(G)
    cut = copos.bracket(copos.max_cut(G), tolerance=1e-6)
    halves = copos.bracket(copos.graph_partition(G, [13, 13]), tolerance=1e-6)
    print(stable, colours, cut, halves, sep="\n")
    fig, axes = plt.subplots(1, 4, figsize=(13, 3.6), layout="constrained")
    graph_with_set(G, stable.vertices, axes[0], where)
    axes[0].set_title(f"α = {stable.upper}, proved", fontsize=10)
    palette = plt.get_cmap("tab10")
    assert colours.classes is not None
    shade = {v: palette(k) for k, members in enumerate(colours.classes) for v in members}
    nx.draw_networkx(G, where, ax=axes[1], node_color=[shade[v] for v in G], node_size=70, with_labels=False,
                     edge_color="0.75")  # fmt: skip
    symbol = f"χ = {colours.upper}" if colours.closed else f"{colours.lower} ≤ χ ≤ {colours.upper}"
    axes[1].set_title(f"{symbol}, proved", fontsize=10)
    for axis, found, words in ((axes[2], cut, "heaviest cut"), (axes[3], halves, "lightest cut into halves")):
        assert found.solution is not None
        side = {v: round(found.solution[str(v)]) for v in G}
        crossing = [(u, v) for u, v in G.edges if side[u] != side[v]]
        inside = [(u, v) for u, v in G.edges if side[u] == side[v]]
        nx.draw_networkx_edges(G, where, inside, ax=axis, edge_color="0.8")
        nx.draw_networkx_edges(G, where, crossing, ax=axis, edge_color="tab:red", width=1.6)
        nx.draw_networkx_nodes(G, where, ax=axis, node_color=["black" if side[v] else "white" for v in G],
                               edgecolors="black", node_size=70)  # fmt: skip
        ends = f"= {found.upper:g}" if found.lower == found.upper else f"in [{found.lower:g}, {found.upper:g}]"
        axis.set_title(f"{words} {ends}, proved", fontsize=10)
    for axis in axes:
        axis.set_axis_off()
    fig.savefig(Path(__file__).with_suffix(".png"), dpi=110)


if __name__ == "__main__":
    main()
