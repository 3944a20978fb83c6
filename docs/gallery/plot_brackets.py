"""
Brackets of several networks
============================

Weighted errors have no closed form. For three data sets, the proved lower bound and the loss of a network that was
found: at level 0 there may be a gap, at level 1 both ends meet.
"""

import matplotlib.pyplot as plt
import numpy as np

import copos
from copos.support.plots import brackets

names, bounds = [], []
for seed in (3, 4, 7):
    rng = np.random.default_rng(seed)
    Y, weights = rng.standard_normal((3, 3)), 10 ** rng.uniform(-2, 1, (3, 3))
    program = copos.linear_network(np.eye(3), Y, [3, 1, 3], lift="projection", weights=weights)
    for level in (0, 1):
        names.append(f"data {seed}, level {level}")
        bounds.append(copos.bracket(program, level))
axis = brackets(names, [b.lower / b.upper for b in bounds], np.ones(len(bounds)))
axis.set_xlabel("loss, relative to that of the network found")
axis.legend(loc="center left", fontsize="small")
plt.show()
