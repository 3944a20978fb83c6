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
from copos.support.local_functions import state
from copos.support.looks import cut, one_line
from copos.support.renamed import renamed, with_old_fields

MatrixLike = ArrayLike | sp.sparray
Vector = NDArray[np.float64]


@one_line
@dataclass(frozen=True, eq=False)
class Mixture:
    """Y = Σ_k weights_k atoms_k atoms_k' ∈ CP(K): a feasible point, whose atoms are points of K, one a row.

    Weights are positive; all entries may be Fractions. A single atom of weight 1 is the point xx'.

    Examples
    --------
    >>> Mixture([0.5, 2.0], [[2.0, 0.0], [1.0, 1.0]]).matrix.tolist()
    [[4.0, 2.0], [2.0, 2.0]]
    >>> Mixture.of([1.0, 2.0]).matrix.tolist()
    [[1.0, 2.0], [2.0, 4.0]]
    """

    weights: NDArray[Any]
    atoms: NDArray[Any]

    def __post_init__(self) -> None:
        weights, atoms = _numbers(self.weights), _numbers(self.atoms)
        if atoms.ndim != 2 or weights.shape != atoms.shape[:1]:
            raise ValueError(f"a mixture has a weight for every atom, got shapes {weights.shape} and {atoms.shape}")
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "atoms", atoms)

    @classmethod
    def of(cls, point: Mixture | ArrayLike | Sequence[Fraction]) -> Mixture:
        """A mixture as it is; an atom, or several as the rows of a matrix, with weights 1."""
        if isinstance(point, Mixture):
            return point
        atoms = np.atleast_2d(_numbers(point))
        return cls(np.ones(len(atoms)), atoms)

    @property
    def matrix(self) -> NDArray[Any]:
        """Y."""
        return (self.atoms.T * self.weights) @ self.atoms

    def average(self, forms: Forms) -> Vector:
        """<A, Y> = Σ_k w_k x_k'Ax_k for every form, in floating point."""
        return np.asarray(self.weights, dtype=float) @ forms.values(self.atoms)


@with_old_fields(object="solution")
@one_line
@dataclass(frozen=True)
class Recovered:
    """A feasible solution read off a relaxation (a network, a stable set, …), its value and its point of CP(K).

    `atom` is an atom x ∈ K, or the `Mixture` of several that the point Y = Σ w_k x_k x_k' needs. Where local search ran
    to its end from many random `starts`, `missed` is the share of them that ended above the best value found by more
    than 1e-6, relatively: computed, not proved. Elsewhere they are 0 and None.
    """

    solution: Any
    value: float
    atom: Vector | Mixture
    starts: int = 0
    missed: float | None = None

    @property
    def mixture(self) -> Mixture:
        """The point, whether it has one atom or several."""
        return Mixture.of(self.atom)


class Known(NamedTuple):
    """A bound on a program's value without a relaxation: a kind of proof, and the data that it is made from.

    `copos.levels.known` has the kinds. `exact` says that the proof gives the optimum, which no level exceeds; `first`
    that a bracket begins with what is known, and not with a level that was asked for by its lift.
    """

    kind: str
    data: Any
    exact: bool = False
    first: bool = False


@with_old_fields(stated="assumed_forms")
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
    recover : Y (ambient × ambient) ↦ `Recovered`, a feasible solution whose value is an upper bound
    atom : feasible solution ↦ its atom x ∈ K (ambient), or the `Mixture` of several
    exact_atom : feasible solution ↦ an atom (or `Mixture`) near it whose entries are rational (Fractions) and which
        satisfies all of the above exactly, so that its value is a proved upper bound; without it the entries of `atom`
        are tried as they are
    interpret : a bound on the value ↦ the bound on the number asked for, where that is not the value itself
    assumed_forms : (k, ambient) linear forms a such that some optimal atom has a'x ≥ 0; relaxations ignore them, but a
        proof may fall back on them where nothing else bounds the moments, and then says so
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
    atom: Callable[[Any], Vector | Mixture] | None = None
    interpret: Callable[[float], float] | None = None
    assumed_forms: NDArray[np.float64] | None = None
    exact_atom: Callable[[Any], Sequence[Fraction] | Mixture] | None = None
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
        atom: Callable[[Any], Vector | Mixture] | None = None,
        interpret: Callable[[float], float] | None = None,
        assumed_forms: ArrayLike | None = None,
        exact_atom: Callable[[Any], Sequence[Fraction] | Mixture] | None = None,
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
            "assumed_forms": None if assumed_forms is None else _linear_forms(assumed_forms, N),
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

    def __getstate__(self) -> dict[str, Any]:
        return state(self)

    def __repr__(self) -> str:
        sizes = f"{len(self.equations[1])} equations, {len(self.vanishing)} vanishing"
        return f"CompletelyPositiveProgram({cut(self.name, 80)}: {cut(self.cone.name, 40)}, {sizes})"

    def with_unit(self, e: ArrayLike) -> CompletelyPositiveProgram:
        """The same program with another multiplier form e'x in its hierarchies; it must be positive on K.

        Levels are not invariant under a scaling x ↦ Dx of the data, but they are if e is scaled along.
        """
        return self.changed(cone=self.cone.with_unit(e))

    @renamed(stated="assumed_forms")
    def changed(self, **changes: Any) -> CompletelyPositiveProgram:
        """The program with other parts; it no longer answers the question that it was made from."""
        return replace(self, **{"question": None, "known": None, "tables": None} | changes)

    def value(self, x: ArrayLike | Mixture) -> float:
        """<C, Y>, the objective at the atom Y = xx' or at a mixture of atoms."""
        return float(Mixture.of(x).average(self.C)[0])

    def infeasibility(self, x: ArrayLike | Mixture) -> float:
        """Largest violation of Y = xx' or of a mixture.

        Of the cone and of x'E_jx = 0 at every atom, of <A_i, Y> = b_i on average, and of weights ≥ 0.
        """
        A, b = self.equations
        point = Mixture.of(x)
        parts = [0.0, *np.abs(point.average(A) - b), *(-np.asarray(point.weights, dtype=float))]
        for atom in point.atoms:
            parts += [self.cone.violation(atom), *np.abs(self.vanishing.values(atom))]
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


@one_line
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


def _numbers(values: Any) -> NDArray[Any]:
    """An array of doubles, or of objects where they are not: Fractions, large integers."""
    array = np.asarray(values)
    large = array.dtype.kind in "iu" and bool((np.abs(array.astype(float)) >= 2.0**53).any())
    return array.astype(object) if large or array.dtype == object else array.astype(float)


def _linear_forms(rows: ArrayLike, dim: int) -> Vector:
    """Linear forms on the ambient space, as rows."""
    out = np.atleast_2d(np.asarray(rows, dtype=float))
    if out.ndim != 2 or out.shape[1] != dim or not np.isfinite(out).all():
        raise ValueError(f"assumed_forms needs rows of {dim} finite coefficients, got {str(rows)[:60]}")
    return out


def _equations(equations: Any, dim: int) -> tuple[Forms, NDArray[Any]]:
    """Pairs (matrix, number), or a pair (Forms, vector), as the latter; numbers that are not doubles as they are."""
    if len(equations) == 2 and isinstance(equations[0], Forms):
        return equations[0], np.asarray(equations[1])
    return Forms.of(*(A for A, _ in equations), dim=dim), np.array([b for _, b in equations])
