"""A torus of 8 × 8 points: orbits under the stabiliser of a point, a matrix of moments, and its blocks."""

import matplotlib.pyplot as plt
import numpy as np

from copos.arithmetic.groups import components, torus, tuple_orbits
from copos.arithmetic.monomial_orbits import MonomialOrbits
from copos.symmetry.modules import modules

SIDE = 8
orbits = MonomialOrbits.of(torus(SIDE, SIDE), 3)
fixing = orbits.stabilizers[0]
points = components(SIDE**2, fixing)
rng = np.random.default_rng(4)
order = np.argsort(points, kind="stable")
labels = orbits.table[0]
basis = np.concatenate(modules(tuple_orbits(fixing, 2), np.zeros((SIDE**2, 0)))[::-1], axis=1)
values = rng.uniform(-1, 1, orbits.count)[labels]

figure, axes = plt.subplots(1, 3, figsize=(11, 3.7), layout="constrained")
middle = np.roll(points.reshape(SIDE, SIDE), (SIDE // 2, SIDE // 2), axis=(0, 1))
axes[0].imshow(rng.permutation(points.max() + 1)[middle], cmap="tab20")
axes[0].plot(SIDE // 2, SIDE // 2, "k*", markersize=12)
axes[0].set_title(f"{points.max() + 1} orbits of points")
shown = rng.permutation(orbits.count)[labels][np.ix_(order, order)]
axes[1].imshow(shown, cmap="prism", interpolation="nearest")
axes[1].set_title(f"$M_0$: {len(np.unique(labels))} moments")
axes[2].imshow(np.abs(basis.T @ values @ basis) > 1e-9, cmap="Greys", interpolation="nearest")
axes[2].set_title("one block of every type")
for axis in axes:
    axis.set_xticks([])
    axis.set_yticks([])
