"""Pictures of bounds, levels, spectra, partitions and graphs; they take plain numbers and a matplotlib axis.

matplotlib is the extra `plot` and is imported by the caller's axis, or when no axis is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Matrix = NDArray[Any]
PROVED, CLAIMED, TRUTH = "#1b6ca8", "#8fb8d8", "black"


def axis_or_new(axis: Any = None) -> Any:
    """The axis given, or that of a new figure.

    Raises
    ------
    ImportError
        Without matplotlib.
    """
    if axis is not None:
        return axis
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        raise ImportError("pictures need matplotlib: pip install 'copos[plot]'") from None
    return plt.subplots(layout="constrained")[1]


def brackets(
    labels: Sequence[str],
    lower: ArrayLike,
    upper: ArrayLike,
    claimed: ArrayLike | None = None,
    truth: ArrayLike | None = None,
    axis: Any = None,
) -> Any:
    """An interval per row from the proved lower bound to the value found; an open end is an arrow.

    Parameters
    ----------
    labels, lower, upper : of every row; ±inf where there is no bound
    claimed : a solver's values, drawn as circles
    truth : known values, drawn as ticks
    axis : of matplotlib; a new one if None

    Returns
    -------
    The axis.
    """
    axis = axis_or_new(axis)
    place = np.arange(len(labels))[::-1]
    low, high, claim, value = (
        np.full(len(labels), np.nan) if v is None else np.asarray(v, dtype=float)
        for v in (lower, upper, claimed, truth)
    )
    known = np.concatenate([low, high, claim, value])
    finite = known[np.isfinite(known)]
    span = (finite.min(), finite.max()) if len(finite) else (0.0, 1.0)
    margin = 0.08 * (span[1] - span[0]) or 0.08 * max(1.0, abs(span[0]))
    left, right = span[0] - margin, span[1] + margin
    axis.set_xlim(left - margin, right + margin)
    axis.hlines(place, np.where(np.isfinite(low), low, left), np.where(np.isfinite(high), high, right),
                color=PROVED, linewidth=4, alpha=0.5)  # fmt: skip
    for ends, outside, mark, word in ((low, left, "<", "no proof"), (high, right, ">", "nothing found")):
        open_ends = ~np.isfinite(ends)
        if open_ends.any():
            axis.plot(np.full(open_ends.sum(), outside), place[open_ends], mark, color="0.6", label=word)
    for ends, mark, word in ((low, "|", "proved lower bound"), (high, "D", "feasible value found")):
        there = np.isfinite(ends)
        axis.plot(ends[there], place[there], mark, color=PROVED, markersize=12 if mark == "|" else 5,
                  markeredgewidth=2 if mark == "|" else 1, label=word)  # fmt: skip
    if claimed is not None:
        axis.plot(claim, place, "o", markerfacecolor="none", markeredgecolor=CLAIMED, label="claimed by a solver")
    if truth is not None:
        axis.plot(value, place, "x", color=TRUTH, markersize=6, label="known value")
    axis.set_yticks(place, labels)
    axis.set_ylim(-0.7, len(labels) - 0.3)
    axis.set_xlabel("objective")
    axis.legend(fontsize="small", loc="best")
    return axis


def tightening(
    axis: Any,
    rungs: Sequence[str],
    lines: Mapping[str, Mapping[str, float]],
    truth: float | None = None,
    ylabel: str = "bound",
) -> Any:
    """Bounds from rung to rung, one line an instance; the known value is a horizontal line.

    Parameters
    ----------
    axis : of matplotlib; a new one if None
    rungs : levels or their names, from left to right
    lines : instance ↦ {rung: bound}; rungs may be missing
    truth : the value that the bounds approach

    Returns
    -------
    The axis.
    """
    axis = axis_or_new(axis)
    place = {rung: k for k, rung in enumerate(rungs)}
    if truth is not None:
        axis.axhline(truth, color=TRUTH, linewidth=1)
    for name, line in lines.items():
        at = sorted(place[rung] for rung in line if rung in place)
        axis.plot(at, [line[rungs[k]] for k in at], "o-", markersize=4, linewidth=1, alpha=0.8, label=name)
    axis.set_xticks(range(len(rungs)), rungs, fontsize="small")
    axis.set_ylabel(ylabel)
    if len(lines) <= 10:
        axis.legend(fontsize="x-small", loc="lower right")
    return axis


def spectra(matrices: Mapping[str, ArrayLike] | Iterable[ArrayLike], axis: Any = None, floor: float = 1e-12) -> Any:
    """Eigenvalues of symmetric matrices relative to the largest, on a logarithmic scale: moment or Gram blocks.

    What is below `floor` is drawn at it. A moment matrix of one atom shows a single eigenvalue.
    """
    axis = axis_or_new(axis)
    named = matrices if isinstance(matrices, Mapping) else {str(k): M for k, M in enumerate(matrices)}
    for name, M in named.items():
        value = np.linalg.eigvalsh(np.asarray(M, dtype=float))[::-1]
        relative = np.maximum(value / max(value[0], 1e-300), floor)
        axis.semilogy(np.arange(1, len(value) + 1), relative, "o-", markersize=4, linewidth=1, label=name)
    axis.set_xlabel("eigenvalue")
    axis.set_ylabel("relative to the largest")
    axis.legend(fontsize="small")
    return axis


CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(3) / 2]])


def triangle_cells(cells: Iterable[ArrayLike], values: Sequence[float] | None = None, axis: Any = None) -> Any:
    """Cells of a partition of the simplex {x ≥ 0, x_1 + x_2 + x_3 = 1}.

    Parameters
    ----------
    cells : (3, 3) matrices whose columns are a cell's vertices; columns are scaled to sum to one
    values : a number per cell, shown by its colour
    axis : of matplotlib; a new one if None

    Raises
    ------
    ValueError
        If a cell is not a 3×3 matrix.

    Returns
    -------
    The axis.
    """
    axis = axis_or_new(axis)
    shapes = [np.asarray(cell, dtype=float) for cell in cells]
    wrong = [cell.shape for cell in shapes if cell.shape != (3, 3)]
    if wrong:
        raise ValueError(f"cells of a triangle have three vertices in R³, got a matrix of shape {wrong[0]}")
    points = np.stack([(cell / cell.sum(axis=0)).T @ CORNERS for cell in shapes])
    from matplotlib.collections import PolyCollection

    patches = PolyCollection(list(points), edgecolor="black", linewidth=0.6)
    if values is None:
        patches.set_facecolor("none")
    else:
        patches.set_array(np.asarray(values, dtype=float))
        patches.set_cmap("viridis")
    axis.add_collection(patches)
    for k, corner in enumerate(CORNERS):
        axis.annotate(f"$e_{k + 1}$", corner, textcoords="offset points", xytext=(0, 8 if k == 2 else -14), ha="center")
    axis.set_xlim(-0.1, 1.1)
    axis.set_ylim(-0.12, 1.0)
    axis.set_aspect("equal")
    axis.set_axis_off()
    return axis


def graph_with_set(
    graph: Any, chosen: Iterable[Any] = (), axis: Any = None, layout: Mapping[Any, Any] | None = None
) -> Any:
    """A graph with some of its vertices filled: a stable set or a clique.

    Parameters
    ----------
    graph : a networkx graph, or a 0/1 adjacency matrix
    chosen : vertices, as the graph names them
    layout : vertex ↦ position; on a circle by default

    Raises
    ------
    ImportError
        Without networkx (the extra `graphs`).

    Returns
    -------
    The axis.
    """
    try:
        import networkx as nx
    except ImportError:
        raise ImportError("drawing a graph needs networkx: pip install 'copos[graphs]'") from None
    axis = axis_or_new(axis)
    G: Any = graph if hasattr(graph, "nodes") else nx.from_numpy_array(np.asarray(graph))
    marked = set(chosen)
    unknown = marked - set(G.nodes)
    if unknown:
        raise ValueError(f"{sorted(map(str, unknown))[0]} is not a vertex of the graph")
    colors = [PROVED if v in marked else "white" for v in G.nodes]
    place = nx.circular_layout(G) if layout is None else layout
    nx.draw_networkx_edges(G, place, ax=axis, edge_color="0.6")
    nx.draw_networkx_nodes(G, place, ax=axis, node_color=colors, edgecolors="black", node_size=350)
    for color, part in (("white", marked), ("black", set(G.nodes) - marked)):
        nx.draw_networkx_labels(G, place, {v: v for v in part}, ax=axis, font_size=9, font_color=color)
    axis.set_aspect("equal")
    axis.set_axis_off()
    return axis
