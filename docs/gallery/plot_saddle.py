"""
A saddle over a box
===================

The objective :math:`x'Qx + c'x` of two variables, the best point, and the bound that holds at all points.
"""

import matplotlib.pyplot as plt
import numpy as np

import copos

Q, c = np.array([[-1.0, 2.0], [2.0, 1.0]]), np.array([0.5, -1.0])
found = copos.bracket(copos.quadratic_program(Q, c, bounds=(-1, 1)), tolerance=1e-6)
x, y = np.meshgrid(*2 * [np.linspace(-1, 1, 200)])
value = Q[0, 0] * x**2 + 2 * Q[0, 1] * x * y + Q[1, 1] * y**2 + c[0] * x + c[1] * y
figure, axis = plt.subplots(figsize=(5, 4))
figure.colorbar(axis.contourf(x, y, value, levels=30, cmap="cividis"))
axis.plot(*found.x, "*", color="white", markersize=14)
axis.set_title(f"proved ≥ {found.lower:.6f}, attained {found.upper:.6f}")
plt.show()
