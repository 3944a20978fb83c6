"""Graphs and their numbers: reading, presolve, stable sets, cliques, ϑ and its variants, colourings, with proofs."""

from copos.graphs.dimacs import read_dimacs
from copos.graphs.graph import Graph, edge_rows
from copos.graphs.reading import graph

__all__ = ["Graph", "edge_rows", "graph", "read_dimacs"]
