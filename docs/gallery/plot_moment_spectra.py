"""
Spectra of moment matrices
==========================

If a level is exact and the optimum unique, its moment matrix is a single atom :math:`xx'`: one eigenvalue, the rest
rounding.
"""

import matplotlib.pyplot as plt
import numpy as np

import copos
from copos.hierarchy import relax
from copos.solvers import solve
from copos.support.plots import spectra

rng = np.random.default_rng(3)
Y, weights = rng.standard_normal((3, 3)), 10 ** rng.uniform(-2, 1, (3, 3))
program = copos.linear_network(np.eye(3), Y, [3, 1, 3], lift="projection", weights=weights)
matrices = {}
for level in (0, 1):
    relaxation = relax(program, level)
    matrices[f"level {level}"] = relaxation.matrix(solve(relaxation.form).x)
spectra(matrices)
plt.show()
