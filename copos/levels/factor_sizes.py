"""How large singular values are expected to be: units in which a solver sees their moments alike.

The moments of s_a t are of the order s_a², which over the blocks of the ordered level may be a factor of a hundred. A
first-order method that treats them alike goes through the small ones last.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[Any]

STEPS = 300  # of projected gradients; sizes need one digit
LEAST = 2.0**-6  # of the largest singular value: smaller ones are not told apart from zero


def singular_sizes(Q: Matrix, H: Matrix, rank: int) -> tuple[float, ...]:
    """Singular values of a V of rank r where projected gradients of <Q, vec V vec V'> − 2<H, V> lead; () for V = 0.

    >>> singular_sizes(np.eye(4), np.diag([2.0, 1.0]), 1)
    (2.0,)
    """
    step = 1 / max(float(np.linalg.eigvalsh(Q)[-1]), 1e-300)
    V, s = np.zeros(H.shape), np.zeros(rank)
    for _ in range(STEPS):
        left, s, right = np.linalg.svd(V - step * ((Q @ V.ravel()).reshape(H.shape) - H), full_matrices=False)
        s = s[:rank]
        V = (left[:, :rank] * s) @ right[:rank]
    if not s[0] > 0:
        return ()
    return tuple(np.maximum(s, LEAST * s[0]).tolist())
