"""
A partition that is refined
===========================

The smallest value of a quadratic form on a triangle, by branch and bound. Cells are bounded by the entries of
:math:`V'QV`, which costs nothing, and the cell with the lowest bound is divided: the partition becomes fine where
the minimum is.
"""

import matplotlib.pyplot as plt

import copos
from copos.branching.kinds import Simplices
from copos.inner.partition import points
from copos.normal import normal_form
from copos.support.plots import triangle_cells

program = copos.standard_quadratic([[4.0, -3.0, 1.0], [-3.0, 3.0, -1.5], [1.0, -1.5, 2.0]])
figure, axes = plt.subplots(1, 3, figsize=(10, 3.6), layout="constrained")
for axis, cells in zip(axes, (7, 25, 101), strict=True):
    result = copos.branch_and_bound(program, tolerance=1e-9, cells="simplices", test="nonnegative", max_nodes=cells)
    kind, leaves = Simplices(normal_form(result.program), result.settings), result.tree.leaves()
    triangles = [points(kind.cell(result.tree.path(leaf))) for leaf in leaves]
    triangle_cells(triangles, [result.tree.proved[leaf] for leaf in leaves], axis)
    axis.collections[0].set_clim(-0.25, 0.25)
    axis.set_title(f"{len(leaves)} cells: proved {result.lower:.3f} ≤ {result.upper:.3f}", fontsize="medium", pad=16)
figure.colorbar(axes[-1].collections[0], ax=axes, shrink=0.7, label="proved bound of a cell")
plt.show()
