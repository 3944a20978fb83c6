"""Generalized completely positive programs and their copositive duals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from copos.arithmetic.rationals import Rational, exact_array, nearest, rational
from copos.cones import Cone
from copos.forms import Forms

MatrixLike = ArrayLike | sp.sparray
Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Recovered:
    """A feasible object read off a relaxation (a network, a stable set, …), its loss and its atom x ∈ K."""

    object: Any
    value: float
    atom: Vector


class Known(NamedTuple):
    """What is known of a program's value without a relaxation: a kind of proof, and the data that it is made from.

    `copos.levels.known` has the kinds. `exact` says that the proof gives the optimum, which no level exceeds; `first`
    that a bracket begins with what is known, and not with a level that was asked for by its lift.
    """

    kind: str
    data: Any
    exact: bool = False
    first: bool = False


@dataclass(frozen=True, eq=False)
class CompletelyPositiveProgram:
    """min <C, Y>  subject to  <A_i, Y> = b_i,  <E_j, Y> = 0,  Y ∈ CP(K) = cl conv{xx' : x ∈ K}.

    Parameters
    ----------
    cone : K, whose ambient coordinates index all matrices
    C : symmetric matrix (ambient × ambient), dense or sparse, or one `Forms` row
    equations : pairs (A_i, b_i), or a pair (`Forms`, vector); they hold on average over the atoms
    vanishing : matrices E_j, or `Forms`, with x'E_j x = 0 at *every* feasible atom x (complementarity, idempotence,
        …); a level may therefore multiply them by any form
    name : what is solved, for tables and messages
    recover : Y (ambient × ambient) ↦ `Recovered`, a feasible object whose value is an upper bound
    atom : feasible object ↦ its atom x ∈ K (ambient)
    exact_atom : feasible object ↦ an atom near it whose entries are rational (Fractions) and which satisfies all of
        the above exactly, so that its value is a proved upper bound; without it the entries of `atom` are tried as
        they are
    interpret : a bound on the value ↦ the bound on the number asked for, where that is not the value itself
    stated : (k, ambient) linear forms a such that some optimal atom has a'x ≥ 0; relaxations ignore them, but a proof
        may fall back on them where nothing else bounds the moments, and then says so
    notes : how the program was made where that was chosen automatically; bounds repeat it in their `reason`
    exact_values : the b_i as rationals where they are not doubles; C, A_i and E_j keep theirs in `Forms.exact`
    question : what was asked, with its data, as plain values; certificates repeat it, and the checker makes the program
        from it anew
    known : bounds that need no relaxation, proved when they are asked for
    assumed : what the program takes at the user's word; bounds that contradict each other then refute it
    tables : the tables of the question, of which it may hold the SHA-256 only

    Raises
    ------
    ValueError
        If a matrix is not symmetric, not finite or not of the cone's order.

    Examples
    --------
    >>> from copos import NonNegative
    >>> program = CompletelyPositiveProgram(NonNegative(2), np.eye(2), [(np.ones((2, 2)), 1.0)])
    >>> program.value([0.5, 0.5]), program.infeasibility([0.5, 0.5])
    (0.5, 0.0)
    """

    cone: Cone
    C: Forms
    equations: tuple[Forms, Vector]
    vanishing: Forms
    name: str = "completely positive program"
    recover: Callable[[NDArray[np.float64]], Recovered] | None = None
    atom: Callable[[Any], Vector] | None = None
    interpret: Callable[[float], float] | None = None
    stated: NDArray[np.float64] | None = None
    exact_atom: Callable[[Any], Sequence[Fraction]] | None = None
    notes: str = ""
    exact_values: tuple[Rational, ...] | None = None
    question: Mapping[str, Any] | None = None
    known: Known | None = None
    tables: Mapping[str, Any] | None = None
    assumed: str = ""

    def __init__(
        self,
        cone: Cone,
        C: MatrixLike | Forms,
        equations: Sequence[tuple[MatrixLike, float]] | tuple[Forms, ArrayLike] = (),
        vanishing: Sequence[MatrixLike] | Forms = (),
        name: str = "completely positive program",
        recover: Callable[[NDArray[np.float64]], Recovered] | None = None,
        atom: Callable[[Any], Vector] | None = None,
        interpret: Callable[[float], float] | None = None,
        stated: ArrayLike | None = None,
        exact_atom: Callable[[Any], Sequence[Fraction]] | None = None,
        notes: str = "",
        exact_values: Sequence[Any] | None = None,
        question: Mapping[str, Any] | None = None,
        known: Known | None = None,
        tables: Mapping[str, Any] | None = None,
        assumed: str = "",
    ) -> None:
        N = cone.ambient
        A, values_of = _equations(equations, N)
        exact_b = exact_array(values_of) if exact_values is None else [rational(v) for v in exact_values]
        b = np.asarray(values_of, dtype=float) if exact_b is None else np.array([nearest(v) for v in exact_b])
        values = {
            "cone": cone,
            "C": C if isinstance(C, Forms) else Forms.of(C, dim=N),
            "equations": (A, b),
            "vanishing": vanishing if isinstance(vanishing, Forms) else Forms.of(*vanishing, dim=N),
            "name": name,
            "recover": recover,
            "atom": atom,
            "interpret": interpret,
            "stated": None if stated is None else _stated(stated, N),
            "exact_atom": exact_atom,
            "notes": notes,
            "exact_values": None if exact_b is None else tuple(exact_b),
            "question": question,
            "known": known,
            "tables": tables,
            "assumed": assumed,
        }
        for key, value in values.items():
            object.__setattr__(self, key, value)
        for what, forms in (("C", self.C), ("equations", A), ("vanishing", self.vanishing)):
            if forms.dim != N:
                raise ValueError(f"{what}: forms on R^{forms.dim}, but the cone lives in R^{N}")
        if len(self.C) != 1:
            raise ValueError(f"C must be one matrix, got {len(self.C)}")
        if b.shape != (len(A),) or not np.isfinite(b).all():
            raise ValueError(f"{len(A)} equations need as many finite right-hand sides, got {b!r}")

    def __repr__(self) -> str:
        return (f"CompletelyPositiveProgram({self.name}: {self.cone.name}, {len(self.equations[1])} equations, "
                f"{len(self.vanishing)} vanishing)")  # fmt: skip

    def with_unit(self, e: ArrayLike) -> CompletelyPositiveProgram:
        """The same program with another multiplier form e'x in its hierarchies; it must be positive on K.

        Levels are not invariant under a scaling x ↦ Dx of the data, but they are if e is scaled along.
        """
        return self.changed(cone=self.cone.with_unit(e))

    def changed(self, **changes: Any) -> CompletelyPositiveProgram:
        """The program with other parts; it no longer answers the question that it was made from."""
        return replace(self, **{"question": None, "known": None, "tables": None} | changes)

    def value(self, x: ArrayLike) -> float:
        """x'Cx, the objective at the atom xx'."""
        return float(self.C.values(x)[0])

    def infeasibility(self, x: ArrayLike) -> float:
        """Largest violation at the atom xx': of the cone, of x'A_ix = b_i and of x'E_jx = 0."""
        A, b = self.equations
        parts = [self.cone.violation(x), 0.0, *np.abs(A.values(x) - b), *np.abs(self.vanishing.values(x))]
        return float(max(parts))

    @property
    def right_hand_sides(self) -> tuple[Rational, ...]:
        """The b_i, exactly."""
        if self.exact_values is not None:
            return self.exact_values
        return tuple(rational(v) for v in self.equations[1].tolist())

    @property
    def dual(self) -> CopositiveProgram:
        """The copositive dual."""
        return CopositiveProgram(self)


@dataclass(frozen=True, eq=False)
class CopositiveProgram:
    """max b'y  s.t.  M(y, z) = C − Σ y_i A_i − Σ z_j E_j ∈ COP(K), z free."""

    primal: CompletelyPositiveProgram

    def value(self, y: ArrayLike) -> float:
        """b'y; a lower bound on the primal whenever M(y, z) is copositive on K for some z."""
        return float(self.primal.equations[1] @ np.asarray(y, dtype=float))

    def slack(self, y: ArrayLike, z: ArrayLike | None = None) -> NDArray[np.float64]:
        """M(y, z), a symmetric matrix in ambient coordinates."""
        p = self.primal
        M = p.C.matrix() - p.equations[0].combine(y).matrix()
        return M if z is None else M - p.vanishing.combine(z).matrix()


def _stated(rows: ArrayLike, dim: int) -> Vector:
    """Linear forms on the ambient space, as rows."""
    out = np.atleast_2d(np.asarray(rows, dtype=float))
    if out.ndim != 2 or out.shape[1] != dim or not np.isfinite(out).all():
        raise ValueError(f"stated needs rows of {dim} finite coefficients, got {str(rows)[:60]}")
    return out


def _equations(equations: Any, dim: int) -> tuple[Forms, NDArray[Any]]:
    """Pairs (matrix, number), or a pair (Forms, vector), as the latter; numbers that are not doubles as objects."""
    if len(equations) == 2 and isinstance(equations[0], Forms):
        return equations[0], np.asarray(equations[1])
    return Forms.of(*(A for A, _ in equations), dim=dim), np.array([b for _, b in equations])
