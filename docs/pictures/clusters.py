"""The picture of docs/clustering.md; `python docs/pictures/clusters.py` writes it beside this file."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from sklearn.datasets import load_iris

import copos

mpl.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

X = load_iris().data[::2, 2:]
found = {k: copos.k_means(X, k) for k in (2, 3, 4, 5)}
assert all(each.proved and each.closed for each in found.values())
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6))
three = found[3]
for c, color in enumerate(("#0072b2", "#d55e00", "#009e73")):
    inside = three.labels == c
    left.plot(*X[inside].T, "o", color=color, markersize=5, alpha=0.7)
    left.plot(*three.centers[c], "+", color="black", markersize=12)
left.set_xlabel("length of petals (cm)")
left.set_ylabel("width of petals (cm)")
left.set_title(f"three clusters: no partition costs less than {three.lower:.4f}", fontsize=10)
k = np.array(list(found))
right.semilogy(k, [each.upper for each in found.values()], "o", color="#d55e00", label="best partition")
lower = [each.lower for each in found.values()]
right.semilogy(k, lower, "_", color="#0072b2", markersize=22, label="proved lower bound")
for each, cost in zip(k, (f.upper for f in found.values()), strict=True):
    right.annotate(f"gap {found[each].relative_gap:.0e}", (each, cost), (8, 8), textcoords="offset points", fontsize=8)
right.set_xticks(k)
right.set_xlim(1.5, 5.9)
right.set_ylim(top=60)
right.set_xlabel("number of clusters")
right.set_ylabel("within-cluster sum of squares")
right.legend(frameon=False, fontsize=9)
figure.tight_layout()
figure.savefig(Path(__file__).with_suffix(".png"), dpi=110)
