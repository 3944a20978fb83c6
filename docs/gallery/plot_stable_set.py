"""
A stable set of the Petersen graph
==================================

Level 0 proves that no stable set has more than four vertices, and one with four is found.
"""

import matplotlib.pyplot as plt
import networkx as nx

import copos
from copos.support.plots import graph_with_set

graph = nx.petersen_graph()
program = copos.stability_number(graph)
bound = copos.bracket(program)
inner = {v: place for v, place in nx.shell_layout(graph, nlist=[range(5, 10), range(5)]).items()}
axis = graph_with_set(graph, bound.found.solution, layout=inner)
axis.set_title(f"{len(bound.found.solution)} ≤ α ≤ {program.interpret(bound.lower):.6f}, proved")
plt.show()
