"""The conic form that every solver reads, and what a solver answers.

    primal   min  c'x + offset   s.t.  A x + s = b,  s ∈ K
    dual     max −b'z + offset   s.t.  A'z + c = 0,  z ∈ K*

K is a product, in this order, of {0}^zero, R_+^nonnegative, second-order cones {(t, u): |u| ≤ t} and cones of
positive semidefinite matrices. A matrix is held as its svec (`copos.arithmetic.svec`: upper triangle by columns,
off-diagonal entries times √2), so that inner products are inner products.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from copos.arithmetic import svec
from copos.support import npy_files
from copos.support.looks import one_line

SAVED = ("c", "b", "offset", "shape", "data", "indices", "indptr", "zero", "nonnegative", "second_order", "psd")
Vector = NDArray[np.float64]


class Status(Enum):
    """The answer of a solver to a conic form; a claim, not a proof."""

    OPTIMAL = "optimal"
    INACCURATE = "inaccurate"  # a pair was returned that misses the tolerances
    INFEASIBLE = "infeasible"  # no x; z is a ray: A'z = 0, b'z < 0, z ∈ K*
    UNBOUNDED = "unbounded"  # no z; x is a ray: −A x ∈ K, c'x < 0
    LIMIT = "limit"  # stopped by time or iterations; what was reached is returned
    FAILED = "failed"


@one_line
@dataclass(frozen=True)
class Cones:
    """Orders of the factors of K: `zero` and `nonnegative` count rows, the others list dimensions."""

    zero: int = 0
    nonnegative: int = 0
    second_order: tuple[int, ...] = ()
    psd: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if min((self.zero, self.nonnegative, *self.second_order, *self.psd)) < 0:
            raise ValueError(f"cone dimensions must not be negative: {self}")

    @property
    def rows(self) -> int:
        """Length of s."""
        return self.zero + self.nonnegative + sum(self.second_order) + sum(map(svec.length, self.psd))

    def slices(self) -> list[tuple[str, int, slice]]:
        """(kind, order, rows) of every factor; kinds are 'zero', 'nonnegative', 'second_order', 'psd'."""
        factors = [("zero", self.zero, self.zero), ("nonnegative", self.nonnegative, self.nonnegative)]
        factors += [("second_order", q, q) for q in self.second_order]
        factors += [("psd", n, svec.length(n)) for n in self.psd]
        out, start = [], 0
        for kind, order, rows in factors:
            out.append((kind, order, slice(start, start + rows)))
            start += rows
        return out

    def distance(self, v: Vector, dual: bool = False) -> float:
        """How far v is outside K (or K*), in the largest violation of one factor."""
        worst = 0.0
        for kind, _, rows in self.slices():
            part = v[rows]
            if part.size == 0:
                continue
            if kind == "zero":
                worst = worst if dual else max(worst, float(np.abs(part).max()))
            elif kind == "nonnegative":
                worst = max(worst, float(-part.min()))
            elif kind == "second_order":
                worst = max(worst, float(np.linalg.norm(part[1:]) - part[0]))
            else:
                worst = max(worst, float(-np.linalg.eigvalsh(svec.smat(part))[0]))
        return worst


@dataclass(frozen=True)
class Residuals:
    """How far a pair is from the optimality conditions; absolute, infinity norm."""

    primal: float  # |Ax + s − b|
    dual: float  # |A'z + c|
    cone: float  # s outside K
    dual_cone: float  # z outside K*
    gap: float  # c'x + b'z

    def largest(self) -> float:
        """The worst of them."""
        return max(abs(v) for v in asdict(self).values())


@one_line
@dataclass(frozen=True, eq=False)
class Solution:
    """A solver's answer. `value` is the primal claim, `dual_value` the dual one; neither is a proof."""

    status: Status
    x: Vector
    s: Vector
    z: Vector
    value: float
    dual_value: float
    solver: str
    iterations: int = 0
    seconds: float = 0.0
    message: str = ""


@one_line
@dataclass(frozen=True, eq=False)
class ConicForm:
    """min c'x + offset subject to b − A x ∈ K.

    Parameters
    ----------
    c : (n,) array
    A : (m, n) sparse matrix, kept as CSC
    b : (m,) array
    cones : Cones with `cones.rows == m`
    offset : constant added to both objectives

    Raises
    ------
    ValueError
        If shapes disagree or an entry is not finite.

    Examples
    --------
    >>> form = ConicForm([1.0], [[-1.0]], [-2.0], Cones(nonnegative=1))   # min x, x ≥ 2
    >>> form.shape
    (1, 1)
    """

    c: Vector
    A: sp.csc_array
    b: Vector
    cones: Cones
    offset: float = 0.0

    def __post_init__(self) -> None:
        c, b = (np.atleast_1d(np.asarray(v, dtype=float)) for v in (self.c, self.b))
        A = sp.csc_array(self.A, dtype=float)
        A.sum_duplicates()
        if A.shape != (len(b), len(c)):
            raise ValueError(f"A is {A.shape[0]}×{A.shape[1]}; b has {len(b)} entries and c has {len(c)}")
        if self.cones.rows != len(b):
            raise ValueError(f"the cones have {self.cones.rows} rows, b has {len(b)}")
        for name, values in (("c", c), ("A", A.data), ("b", b)):
            if not np.isfinite(values).all():
                raise ValueError(f"{name} has an entry that is not finite")
        object.__setattr__(self, "c", c)
        object.__setattr__(self, "A", A)
        object.__setattr__(self, "b", b)

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, variables)."""
        return len(self.b), len(self.c)

    def residuals(self, solution: Solution) -> Residuals:
        """Optimality conditions of a returned pair."""
        x, s, z = solution.x, solution.s, solution.z
        return Residuals(
            primal=float(np.abs(self.A @ x + s - self.b).max(initial=0.0)),
            dual=float(np.abs(self.A.T @ z + self.c).max(initial=0.0)),
            cone=self.cones.distance(s),
            dual_cone=self.cones.distance(z, dual=True),
            gap=float(self.c @ x + self.b @ z),
        )

    def errors(self, solution: Solution) -> tuple[float, float, float]:
        """(primal, dual, gap) relative to the data, in the infinity norm, with the distances from the cones [DIMACS].

        (|Ax + s − b| + d(s, K)) / (1 + |b|),   (|A'z + c| + d(z, K*)) / (1 + |c|),   |c'x + b'z| / (1 + |c'x| + |b'z|);
        for a ray the side that it lives on counts, with the right-hand side 0: it is scaled to b'z = −1 or c'x = −1.
        """
        r = self.residuals(solution)
        b, c = (1.0 + float(np.abs(v).max(initial=0.0)) for v in (self.b, self.c))
        if solution.status is Status.INFEASIBLE:
            return 0.0, float(np.abs(self.A.T @ solution.z).max(initial=0.0)) + r.dual_cone, 0.0
        if solution.status is Status.UNBOUNDED:
            return self.cones.distance(-(self.A @ solution.x)), 0.0, 0.0
        sides = abs(float(self.c @ solution.x)) + abs(float(self.b @ solution.z))
        return (r.primal + r.cone) / b, (r.dual + r.dual_cone) / c, abs(r.gap) / (1.0 + sides)

    def save(self, path: str | Path) -> None:
        """Write a compressed .npz of plain arrays."""
        from copos.support.files import replacing

        with replacing(path) as handle:
            np.savez_compressed(
                handle,
                c=self.c, b=self.b, offset=self.offset, shape=self.A.shape,
                data=self.A.data, indices=self.A.indices, indptr=self.A.indptr,
                zero=self.cones.zero, nonnegative=self.cones.nonnegative,
                second_order=np.array(self.cones.second_order, dtype=np.int64),
                psd=np.array(self.cones.psd, dtype=np.int64),
            )  # fmt: skip

    @classmethod
    def load(cls, path: str | Path) -> ConicForm:
        """Read what `save` wrote; nothing is unpickled.

        Raises
        ------
        ValueError
            If the file holds anything else.
        """
        try:
            f = {name: npy_files.member(Path(path), name) for name in SAVED}
            A = sp.csc_array((f["data"], f["indices"], f["indptr"]), shape=tuple(f["shape"].tolist()))
            A.check_format(full_check=True)
            cones = Cones(
                int(f["zero"]), int(f["nonnegative"]),
                tuple(map(int, f["second_order"])), tuple(map(int, f["psd"])),
            )  # fmt: skip
            return cls(f["c"], A, f["b"], cones, float(f["offset"]))
        except (ValueError, TypeError, OSError) as error:
            raise ValueError(f"{path}: not a conic form: {error}") from None
