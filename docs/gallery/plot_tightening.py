"""
Levels that tighten
===================

Three families on one quadratic form, a pentagon with its entries disturbed. Linear programs (`de-klerk-pasechnik`)
need many levels for what one or two semidefinite levels give. The line is the exact minimum over the simplex, which is
rational.
"""

import matplotlib.pyplot as plt
import numpy as np

import copos
from copos.instances.graphs import cycle
from copos.support.plots import tightening

noise = np.random.default_rng(1).integers(-3, 4, (5, 5))
Q = 100 * (np.eye(5, dtype=int) + cycle(5).astype(int)) + noise + noise.T
program = copos.standard_quadratic(Q.astype(float))
lines = {
    family: {str(level): copos.lower_bound(program, level, family).lower for level in levels}
    for family, levels in (("de-klerk-pasechnik", range(9)), ("pena-vera-zuluaga", range(4)), ("parrilo", range(3)))
}
exact = copos.minimum_on_simplex(Q.tolist()).value
axis = tightening(None, [str(level) for level in range(9)], lines, float(exact), "proved bound")
axis.set_xlabel("level")
axis.set_title(f"the minimum is {exact}", fontsize="medium")
plt.show()
