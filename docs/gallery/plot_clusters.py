"""
Clusters that no others beat
============================

A local search finds a partition of 60 points in four clusters, and a proof says how much better any other can be. A
partition that k-means may stop at, with two clusters taken for one and one cut in two, is judged by the same proof.
"""

import matplotlib.pyplot as plt
import numpy as np

import copos

rng = np.random.default_rng(5)
middles = np.array([[0.0, 0.0], [4.0, 0.0], [8.0, 1.0], [4.0, 4.0]])
points = np.concatenate([m + rng.normal(size=(15, 2)) for m in middles])
found = copos.k_means(points, 4)

start = np.array([[4.0, 5.0], [4.0, 3.0], [0.0, 0.0], [6.0, 0.5]])  # Lloyd's steps from here end elsewhere
for _ in range(50):
    labels = ((points[:, None] - start) ** 2).sum(axis=2).argmin(axis=1)
    start = np.array([points[labels == c].mean(axis=0) for c in range(4)])
judged = copos.certify_clustering(points, labels)

figure, axes = plt.subplots(1, 2, figsize=(9, 4), sharey=True)
drawn = ((axes[0], found.labels, f"{found.lower:.4f} ≤ all partitions, this one {found.upper:.4f}"),
         (axes[1], labels, f"{judged.given:.4f}: at most {judged.excess:.0%} above the optimum"))  # fmt: skip
for axis, of, title in drawn:
    for c, color in enumerate(("#0072b2", "#d55e00", "#009e73", "#cc79a7")):
        inside = points[of == c]
        axis.plot(*inside.T, "o", color=color, markersize=5, alpha=0.7)
        axis.plot(*inside.mean(axis=0), "+", color="black", markersize=12)
    axis.set_title(title, fontsize=10)
    axis.set_aspect("equal")
figure.tight_layout()
plt.show()
