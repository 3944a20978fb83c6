"""
Brackets of several networks
============================

A proved lower bound and the loss of a network that was found, for four bottlenecks of one data set.
"""

import matplotlib.pyplot as plt
import numpy as np

import copos
from copos.plots import brackets

rng = np.random.default_rng(1)
X = rng.standard_normal((4, 30))
Y = rng.standard_normal((4, 4)) @ X + rng.standard_normal((4, 30))

ranks = (1, 2, 3, 4)
bounds = [copos.bracket(copos.linear_network(X, Y, [4, r, 4], lift="projection")) for r in ranks]
brackets(
    [f"bottleneck {r}" for r in ranks],
    [b.lower for b in bounds],
    [b.upper for b in bounds],
    truth=[copos.svd_value(X, Y, r) for r in ranks],
)
plt.show()
