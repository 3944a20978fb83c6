"""Learning with an atomic penalty: a convex loss of linear functionals of a completely positive matrix.

    min  Σ_i ℓ_i(<L_i, Y> , y_i) + <C, Y>      over  Y = Σ_k Y_k,  Y_k ∈ CP(K_k),  <E, Y_k> = 0

A network of any width is Y = Σ_j x_jx_j' with one atom per neuron: <C, ·> is its weight decay, <L_i, ·> its prediction.
The Fenchel dual fixes one multiplier per prediction,

    max −Σ ℓ_i*(ν_i)      s.t.   C + Σ ν_iL_i ∈ COP(K_k) modulo the vanishing forms, for every k,

so once ν is fixed a bound is a statement about copositivity, and every proof of such a statement is a proof of the
bound. If only (1 + ε)C + Σν_iL_i is copositive, then sν is feasible for s = 1/(1 + ε).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from copos.cones import Cone
from copos.forms import Forms
from copos.losses.convex import Interval
from copos.program import CompletelyPositiveProgram, Recovered
from copos.support.local_functions import state
from copos.support.looks import cut, one_line

Array = NDArray[np.float64]
SMALL = -4  # exponent of penalties beside losses of size 1, from which on solvers are also asked in their unit


@one_line
@dataclass(frozen=True, eq=False)
class Piece:
    """A part of the atoms: cone K_k, penalty C, predictions L (one form per entry of the loss), vanishing forms E.

    `coordinates` are exponents of units of the coordinates in which the piece is solved; by default they are found from
    the numbers.
    """

    cone: Cone
    C: Forms
    L: Forms
    vanishing: Forms
    label: str = ""
    coordinates: NDArray[np.int64] | None = None

    def combined(self, nu: Array) -> Forms:
        """C + Σ ν_iL_i, exactly.

        Raises
        ------
        ValueError
            If a coefficient is not a double, so that a proof would speak of another form.
        """
        total = Forms.stack([self.C, self.L.combine(nu)]).combine(np.ones(2))
        rows, cost, have = self.L.rows.tocoo(), self.C.rows, total.rows
        exact: dict[int, Fraction] = {
            int(k): Fraction(v) for k, v in zip(cost.indices.tolist(), cost.data.tolist(), strict=True)
        }
        for i, k, v in zip(rows.row.tolist(), rows.col.tolist(), rows.data.tolist(), strict=True):
            exact[k] = exact.get(k, Fraction(0)) + Fraction(v) * Fraction(float(nu[i]))
        stored = {int(k): v for k, v in zip(have.indices.tolist(), have.data.tolist(), strict=True)}
        if any(Fraction(stored.get(k, 0.0)) != v for k, v in exact.items()):
            raise ValueError("C + Σν_iL_i has a coefficient that is not a double")
        return total


@one_line
@dataclass(frozen=True, eq=False)
class InUnits:
    """A program for solvers: its minimum times 2^value is that of another, whose multipliers are 2^multiplier ν."""

    program: RegularizedProgram
    value: int
    multiplier: int


@dataclass(frozen=True, eq=False)
class RegularizedProgram:
    """min Σ ℓ(<L_i, Y>, y_i) + <C, Y>, Y ∈ Σ_k CP(K_k); `copos.lower_bound` and `copos.bracket` take it.

    Attributes
    ----------
    pieces : Piece, at least one; their cones together hold every atom
    loss : bound to its targets (samples, outputs); entry (i, t) belongs to form i·T + t of every piece
    name : what is solved
    recover : (moment matrices of the pieces of `units.program`, conic solver) ↦ `Recovered`, a solution and its value
    units : the same in the units that solvers see; proofs are about the pieces here
    """

    pieces: tuple[Piece, ...]
    loss: Interval
    name: str = "regularized program"
    recover: Callable[[Sequence[Array], Callable[..., Any]], Recovered] | None = None
    units: InUnits | None = None

    def __post_init__(self) -> None:
        entries = self.loss.Y.size
        for piece in self.pieces:
            if len(piece.L) != entries or len(piece.C) != 1:
                raise ValueError(f"a piece has {len(piece.L)} predictions and {len(piece.C)} penalties; "
                                 f"expected {entries} and 1")  # fmt: skip
        if not self.pieces:
            raise ValueError("a program needs at least one piece")

    def __getstate__(self) -> dict[str, Any]:
        return state(self)

    def __repr__(self) -> str:
        return cut(f"RegularizedProgram({self.name}: {len(self.pieces)} pieces, {self.loss.Y.size} targets)")

    def penalised(self, k: int) -> CompletelyPositiveProgram:
        """Min <C, Y> over CP(K_k) and the vanishing forms alone; the start of every level."""
        piece = self.pieces[k]
        return CompletelyPositiveProgram(piece.cone, piece.C, (), piece.vanishing, f"{self.name}, {piece.label}")

    def fixed(self, k: int, nu: ArrayLike) -> CompletelyPositiveProgram:
        """Min <C + Σν_iL_i, Y> s.t. <C, Y> = 1, Y ∈ CP(K_k); with value ≥ −ε, ν/(1 + ε) is dual feasible there."""
        piece = self.pieces[k]
        flat = np.asarray(nu, dtype=float).ravel()
        one = (piece.C, np.ones(1))
        name = f"{self.name}, {piece.label}, multiplier fixed"
        return CompletelyPositiveProgram(piece.cone, piece.combined(flat), one, piece.vanishing, name)

    def predictions(self, matrices: Sequence[Array]) -> Array:
        """<L_i, Y> as an array like the targets."""
        total = sum(piece.L.inner(Y) for piece, Y in zip(self.pieces, matrices, strict=True))
        return np.asarray(total).reshape(self.loss.Y.shape)

    def dual_value(self, nu: ArrayLike, scale: Fraction) -> Fraction:
        """−Σ ℓ*(s'ν) at the best 0 ≤ s' ≤ `scale`, in exact arithmetic; ℓ*(ν) = νy + κν²/2 on [low, high].

        Raises
        ------
        ValueError
            If ν is outside the domain of the conjugate.
        """
        loss, flat = self.loss, np.asarray(nu, dtype=float).reshape(self.loss.Y.shape)
        if np.any(flat < loss.low) or np.any(flat > loss.high):
            raise ValueError("the multiplier is outside the domain of the loss's conjugate")
        if np.isfinite(loss.low).any() or np.isfinite(loss.high).any():
            scale = min(scale, Fraction(1))
        v, y, kappa = ([Fraction(x) for x in a.ravel().tolist()] for a in (flat, loss.Y, loss.kappa))
        linear = -sum((a * b for a, b in zip(v, y, strict=True)), Fraction(0))
        curve = sum((k * a * a for k, a in zip(kappa, v, strict=True)), Fraction(0))
        best = scale if curve == 0 else min(scale, max(linear / curve, Fraction(0)))
        return max(best * linear - best * best * curve / 2, Fraction(0))


def divided(loss: Interval, s: int) -> Interval:
    """2^-s times a loss."""
    return replace(loss, kappa=np.ldexp(loss.kappa, s), low=np.ldexp(loss.low, -s), high=np.ldexp(loss.high, -s))


def exact_loss(loss: Interval, F: list[list[Fraction]]) -> Fraction:
    """Σ ℓ(F, y) for rational predictions, in exact arithmetic: max {νr − κν²/2 : low ≤ ν ≤ high} per entry."""
    total = Fraction(0)
    for (i, t), y in np.ndenumerate(loss.Y):
        r, kappa = F[i][t] - Fraction(float(y)), Fraction(float(loss.kappa[i, t]))
        low, high = float(loss.low[i, t]), float(loss.high[i, t])
        nu = r / kappa if kappa else (Fraction(high) if r > 0 else Fraction(low))
        nu = min(nu, Fraction(high)) if np.isfinite(high) else nu
        nu = max(nu, Fraction(low)) if np.isfinite(low) else nu
        total += nu * r - kappa * nu * nu / 2
    return total
