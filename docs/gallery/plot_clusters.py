"""
How good is a clustering?
=========================

A partition into three clusters, and a bound that no partition of these points goes below.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_iris

import copos

X = load_iris().data[::3, 2:]
found = copos.k_means(X, 3)
figure, axis = plt.subplots(figsize=(6, 4))
axis.scatter(*X.T, c=found.labels, cmap="viridis", alpha=0.7)
axis.plot(*found.centers.T, "+", color="black", markersize=14)
axis.set(xlabel="length of petals (cm)", ylabel="width of petals (cm)", title=f"proved ≥ {found.lower:.4f}, "
         f"this one {found.upper:.4f}")  # fmt: skip
plt.show()
