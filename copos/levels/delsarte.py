"""Level 0 on graphs that are unions of classes of a scheme: a linear program of a few rows, solved exactly.

Let edges be the pairs in classes D. With a_k the average number of k-th class pairs per point (a_0 = 1), the bounds are

    max Σ_k a_k,   Σ_k a_k P[j, k]/v_k ≥ 0 for all j,   a_k = 0 for k in D,   a_k ≥ 0  (ϑ'; without it Lovász's ϑ).

Its dual, 1 + Σ β_j with β ≥ 0 and Σ_j β_j P[j, k]/v_k ≤ −1 (= −1 for ϑ) for every k ≥ 1 outside D, is an upper bound
on the stability number whatever solver found β [Delsarte1973, Schrijver1979].
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from copos.arithmetic.exact import solve_exactly
from copos.arithmetic.schemes import Scheme
from copos.solvers.vertex import optimal_basis
from copos.support.looks import one_line


@one_line
@dataclass(frozen=True)
class DelsarteBound:
    """A proved upper bound on the stability number of a graph of a scheme.

    Attributes
    ----------
    value : the bound, exact; it is the optimum of the linear program
    multipliers : β_0 … β_d, which prove it
    """

    scheme: Scheme
    edges: tuple[int, ...]
    nonnegative: bool
    value: Fraction
    multipliers: tuple[Fraction, ...]

    def verify(self) -> bool:
        """Is β feasible, exactly, and is `value` its bound?"""
        P, v, beta = self.scheme.eigenvalues, self.scheme.valencies, self.multipliers
        sums = [sum((b * P[j][k] for j, b in enumerate(beta)), Fraction(v[k])) for k in range(self.scheme.classes + 1)]
        outside = [s for k, s in enumerate(sums) if k and k not in self.edges]
        good = all(s <= 0 for s in outside) if self.nonnegative else not any(outside)
        return good and min(beta) >= 0 and self.value == 1 + sum(beta)


def delsarte_bound(scheme: Scheme, edges: Iterable[int], nonnegative: bool = True) -> DelsarteBound:
    """The level-0 bound ϑ' on α of the graph with the given classes as edges, or ϑ without X ≥ 0; exact and proved.

    Parameters
    ----------
    scheme : see `copos.arithmetic.schemes`
    edges : numbers of classes, from 1 to d
    nonnegative : X ≥ 0 entry by entry, beside X ⪰ 0

    Raises
    ------
    ValueError
        For an edge that is no class.
    ArithmeticError
        If the solver's vertex is not feasible in exact arithmetic; a scheme of hundreds of classes may need more digits
        than floating point has to find it.

    Examples
    --------
    >>> from copos.arithmetic.schemes import hamming_scheme
    >>> delsarte_bound(hamming_scheme(10), [6]).value, delsarte_bound(hamming_scheme(10), [6], nonnegative=False).value
    (Fraction(352, 3), Fraction(512, 3))
    """
    chosen = tuple(sorted(set(edges)))
    d = scheme.classes
    if any(not isinstance(k, int) or not 1 <= k <= d for k in chosen):
        raise ValueError(f"edges are classes from 1 to {d} of {scheme.name}, got {chosen}")
    P, v = scheme.eigenvalues, scheme.valencies
    free = [k for k in range(1, d + 1) if k not in chosen]
    if not free:  # a complete graph
        return DelsarteBound(scheme, chosen, nonnegative, Fraction(1), (Fraction(0),) * (d + 1))
    # fractions of integers that may have hundreds of digits
    ratio = np.array([[float(Fraction(P[j][k], v[k])) for j in range(d + 1)] for k in free])
    basic, active = optimal_basis(np.ones(d + 1), ratio, -np.ones(len(free)), equations=not nonnegative)
    system = [[*(Fraction(P[j][free[i]]) for j in basic), Fraction(-v[free[i]])] for i in active]
    exact = solve_exactly(system) if len(basic) == len(active) else None
    if exact is not None:
        values = [Fraction(0)] * (d + 1)
        for j, b in zip(basic, exact, strict=True):
            values[j] = b
        bound = DelsarteBound(scheme, chosen, nonnegative, 1 + sum(values, Fraction(0)), tuple(values))
        if bound.verify():
            return bound
    raise ArithmeticError(f"{scheme.name}: the vertex found in floating point is not exactly feasible")
