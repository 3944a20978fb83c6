"""
A completely positive matrix and its factor
===========================================

:math:`M = BB'` with :math:`B ≥ 0`, exactly: the matrix, and the columns of :math:`B`.
"""

import matplotlib.pyplot as plt
import numpy as np

import copos

n = 6
M = [[3 if i == j else 1 if abs(i - j) == 1 else 0 for j in range(n)] for i in range(n)]
found = copos.is_completely_positive(M)
figure, (left, right) = plt.subplots(1, 2, figsize=(7, 3))
left.imshow(np.array(M, dtype=float), cmap="Blues")
left.set_title("M")
right.imshow(found.columns(), cmap="Oranges")
right.set_title(f"B, cp-rank {found.cp_rank[0]} to {found.cp_rank[1]}")
plt.show()
