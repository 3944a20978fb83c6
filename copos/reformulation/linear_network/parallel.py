"""Linear networks in parallel, x ↦ Σ_j W_{L,j} ⋯ W_{1,j} x, whose decay has a closed form in the product W.

With the L-th powers of the layers' norms as penalty ("power")

    min { ½ Σ_{j,l} ‖W_{l,j}‖_F^L : Σ_j W_{L,j} ⋯ W_{1,j} = W } = (L/2) ‖W‖_*,                               (1)

if there are rank W branches. ≥: the mean of the L powers is at least Π_l ‖W_{l,j}‖_F, and that is at least ‖·‖_* of the
product: Σ_k σ_k(A) ≤ ‖B‖_F‖C‖_F for A = BC, again and again. ≤: a branch σ^{1/L} in every layer for each singular pair.
So training is convex for every depth, where one deep network has a gap [WangErgenPilanci2023]; with fewer branches of
width one it is the same under rank W ≤ m. Either way the problem is that of two layers with the decay λL/2.

With the squares of the norms ("squares", the usual weight decay) branches of width h are one network of width mh,

    min { ½ Σ_{j,l} ‖W_{l,j}‖_F² } = (L/2) Σ_k σ_k(W)^{2/L},                                                         (2)

because Σσ^{2/L} of a sum is at most the sum of them, and a singular value decomposition dealt out to the branches
attains it: stacking alone changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from copos.arithmetic.rationals import rational
from copos.program import CompletelyPositiveProgram, Recovered
from copos.reformulation.linear_network.low_rank import LinearNetwork, layers
from copos.reformulation.linear_network.program import linear_network
from copos.support.given import numbers, real_number
from copos.support.looks import one_line
from copos.support.names import one_of

Matrix = NDArray[Any]

PENALTIES = ("power", "squares")


@one_line
@dataclass(frozen=True, eq=False)
class ParallelNetwork(LinearNetwork):
    """x ↦ Σ_j (branch j)(x), as `branches` of one depth and shape, and as the one network with the same value.

    `weights`, `matrix`, `widths` and `predict` are those of the one network, which proofs are about.
    """

    branches: tuple[LinearNetwork, ...] = ()

    def decay(self, penalty: str = "power") -> float:
        """½ Σ_{j,l} ‖W_{l,j}‖^p over the branches, p = L for "power" and 2 for "squares"."""
        _require_penalty(penalty)
        power = len(self.branches[0].weights) if penalty == "power" else 2
        return sum(float(np.linalg.norm(W)) ** power for branch in self.branches for W in branch.weights) / 2


def parallel_linear_network(
    X: ArrayLike,
    Y: ArrayLike,
    branches: int,
    depth: int,
    weight_decay: float | Fraction,
    *,
    width: int = 1,
    penalty: str = "power",
    **options: Any,
) -> CompletelyPositiveProgram:
    """Min ‖Σ_j W_{L,j} ⋯ W_{1,j}X − Y‖² + (λ/2) Σ_{j,l} ‖W_{l,j}‖^p over m branches, p = L ("power") or 2 ("squares").

    Parameters
    ----------
    X, Y : (d_in, samples) inputs and (d_out, samples) targets
    branches, depth, width : m ≥ 1 branches of L ≥ 2 layers, whose hidden layers have h ≥ 1 units each
    weight_decay : λ > 0
    penalty : "power" has the value λ(L/2)‖W‖_* and is convex with min(d_in, d_out) branches; "squares" is the usual
        weight decay, λ(L/2) Σσ^{2/L}, that of one network of width mh
    options : as for `linear_network` (weights, loss, ridge, constraints, lift, strengthen)

    Returns
    -------
    CompletelyPositiveProgram
        The program of the equivalent network without branches, to which its proofs refer. `recover` returns a
        `ParallelNetwork`, `atom` takes one.

    Raises
    ------
    ValueError
        If shapes or numbers do not fit; for "power" with branches that are wider than one but fewer than
        min(d_in, d_out), where W may have a rank that (1) needs more branches for.

    References
    ----------
    [WangErgenPilanci2023]

    Examples
    --------
    Four layers at X = I: every singular value s becomes max(s − λ, 0), and the optimum is Σ 2λs − λ² where s ≥ λ.

    >>> import copos
    >>> program = copos.parallel_linear_network(np.eye(2), np.diag([3.0, 1.0]), branches=2, depth=4, weight_decay=0.5)
    >>> bound = copos.bracket(program)
    >>> round(bound.lower, 5), round(bound.upper, 5), bound.found.solution.matrix.round(4).diagonal().tolist()
    (3.5, 3.5, [2.5, 0.5])
    """
    counts = {"branches": (branches, 1), "depth": (depth, 2), "width": (width, 1)}
    for name, (number, least) in counts.items():
        if not isinstance(number, int | np.integer) or isinstance(number, bool) or number < least:
            raise ValueError(f"{name} is {number!r}; expected an integer ≥ {least}")
    _require_penalty(penalty)
    real_number(weight_decay, "weight_decay", least=0)
    if not weight_decay:
        raise ValueError("weight_decay is 0; without it branches are one network: linear_network")
    if options.get("intercept"):
        raise ValueError("an intercept is not offered for branches; append a row of ones to X, which decays, too")
    d_in, d_out = (len(np.atleast_1d(numbers(M, name))) for M, name in ((X, "X"), (Y, "Y")))
    full = min(d_in, d_out)
    if penalty == "power" and depth > 2 and width > 1 and branches < full:
        raise ValueError(
            f"{branches} branches of width {width} reach rank {min(branches * width, full)}, and the penalty has "
            f"a formula for branches of rank one: take width 1, at least {full} branches, or penalty 'squares'"
        )
    # two layers have one penalty, whatever its name
    each = width if penalty == "squares" or depth == 2 else 1
    layered, share = (depth, Fraction(1)) if penalty == "squares" else (2, Fraction(depth, 2))
    widths = [d_in, *[max(1, min(branches * each, full))] * (layered - 1), d_out]
    program = linear_network(X, Y, widths, weight_decay=share * rational(weight_decay), **options)

    def recover(moments: Matrix) -> Recovered:
        assert program.recover is not None
        found = program.recover(moments)
        if found.solution is None:
            return found
        own = dealt(found.solution.matrix, branches, each, [d_in, *[width] * (depth - 1), d_out])
        return replace(found, solution=ParallelNetwork(found.solution.weights, None, own))

    return program.changed(
        recover=recover,
        name=f"{branches} linear networks {d_in}-{'-'.join([str(width)] * (depth - 1))}-{d_out} in parallel, {penalty}",
        question=program.question,
        known=program.known,
        tables=program.tables,
    )


def dealt(W: Matrix, branches: int, each: int, widths: Sequence[int]) -> tuple[LinearNetwork, ...]:
    """W as a sum of branches with `each` singular pairs, whose layers are balanced; the last ones may be zero."""
    U, s, Vt = np.linalg.svd(W, full_matrices=False)
    parts = [slice(j * each, (j + 1) * each) for j in range(branches)]
    return tuple(layers((U[:, p] * s[p]) @ Vt[p], widths) for p in parts)


def _require_penalty(name: str) -> None:
    if name not in PENALTIES:
        raise ValueError(f"unknown penalty {name!r}; {one_of(name, PENALTIES)}")
