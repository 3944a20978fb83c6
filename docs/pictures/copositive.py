"""x'Mx on the triangle of the unit simplex for three matrices: where it is negative, M is not copositive."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import TwoSlopeNorm

from copos.support.plots import CORNERS

MATRICES = {
    "semidefinite": [[2, -1, -1], [-1, 2, -1], [-1, -1, 2]],
    "copositive, not semidefinite": [[1, -1, 1], [-1, 1, 1], [1, 1, 1]],
    "not copositive": [[1, -2, 1], [-2, 1, -1], [1, -1, 1]],
}
SIGN = TwoSlopeNorm(0, -1, 2)  # white where x'Mx is zero
step = np.linspace(0, 1, 201)
a, b = (v.ravel() for v in np.meshgrid(step, step))
points = np.stack([a, b, 1 - a - b], axis=1)[a + b <= 1 + 1e-12]
figure, axes = plt.subplots(1, 3, figsize=(10, 3.4), layout="constrained")
for axis, (name, M) in zip(axes, MATRICES.items(), strict=True):
    value = np.einsum("ki,ij,kj->k", points, np.array(M), points)
    xy = points @ CORNERS
    drawn = axis.tricontourf(*xy.T, value, levels=np.linspace(-1, 2, 25), cmap="RdBu", norm=SIGN, extend="both")
    axis.tricontour(*xy.T, value, levels=[0], colors="black", linewidths=1)
    for k, corner in enumerate(CORNERS):
        axis.annotate(f"$e_{k + 1}$", corner, textcoords="offset points", xytext=(0, 4 if k == 2 else -12), ha="center")
    axis.set_title(name, fontsize="medium", pad=16)
    axis.set_aspect("equal")
    axis.set_axis_off()
figure.colorbar(drawn, ax=axes, shrink=0.7, label="x'Mx")
