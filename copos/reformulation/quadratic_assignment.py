"""Quadratic assignment as a quadratic program in 0–1 variables.

    min Σ A_ij B_kl x_ik x_jl + Σ C_ik x_ik,     Σ_k x_ik = 1,  Σ_i x_ik = 1,  x_ik x_il = 0,  x_ik x_jk = 0

The completely positive program is exact [PovhRendl2009]; its level 0, doubly nonnegative, in the (n − 1)² + 1
coordinates that the equations leave, is the bound of [ZhaoEtAl1998] with nonnegative entries. Automorphisms of B
(symmetries of a grid, say) move one assignment to another of the same cost: one facility needs only one location of
every orbit.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from copos.arithmetic.rationals import Rational, rational, written
from copos.reformulation.exact_data import numbers
from copos.reformulation.exchange import best_assignment
from copos.reformulation.quadratic.value import Constraint, Quadratic, QuadraticProgram, Source
from copos.support.given import within_doubles

ORDER = 30  # facilities
STEPS = 200_000  # of the search for automorphisms
Table = list[list[Rational]]


@within_doubles("the costs")
def quadratic_assignment(A: Any, B: Any, C: Any = None, symmetry: bool = True) -> QuadraticProgram:
    """min Σ_ij A_ij B_p(i)p(j) + Σ_i C_ip(i) over permutations p.

    Parameters
    ----------
    A, B : (n, n) flows and distances, symmetric or not; floats (at their dyadic values), Fractions, text
    C : (n, n) costs of facility i at location k; none by default
    symmetry : restrict the facility of the largest flow to one location of every orbit of the automorphisms of B

    Returns
    -------
    QuadraticProgram
        In the variables "i at k". `copos.bracket(quadratic_assignment(A, B), tolerance=1e-6)` has `lower`, proved, and
        `upper`, the cost of a permutation; `permutation(bracket.x)` reads it.

    Raises
    ------
    ValueError
        If the matrices are not square, of different orders, larger than 30, or not numbers.

    References
    ----------
    [PovhRendl2009], [ZhaoEtAl1998]

    Examples
    --------
    >>> import copos
    >>> flows, line = [[0, 5, 1], [5, 0, 2], [1, 2, 0]], [[0, 1, 2], [1, 0, 1], [2, 1, 0]]
    >>> found = copos.bracket(quadratic_assignment(flows, line), tolerance=1e-6)
    >>> found.lower, found.upper, found.proved
    (18.0, 18.0, True)
    """
    a, b = _square(A, "A"), _square(B, "B")
    n = len(a)
    if len(b) != n or n > ORDER:
        raise ValueError(f"A and B must be of the same order, at most {ORDER}; got {n} and {len(b)}")
    c = None if C is None else _square(C, "C")
    if c is not None and len(c) != n:
        raise ValueError(f"C must be of order {n}, got {len(c)}")
    flows = [sum(abs(v) for v in (*a[i], *(row[i] for row in a))) for i in range(n)]
    first = max(range(n), key=lambda i: (flows[i], -i))
    permutations = automorphisms(b) if symmetry and c is None else []
    pairs = [(i * n + k, j * n + m, a[i][j] * b[k][m]) for i in range(n) for j in range(n) for k in range(n)
             for m in range(n) if i != j and k != m and a[i][j] and b[k][m]]  # fmt: skip
    linear = [(i * n + k, a[i][i] * b[k][k] + (0 if c is None else c[i][k])) for i in range(n) for k in range(n)]
    rows = [[i * n + k for k in range(n)] for i in range(n)] + [[i * n + k for i in range(n)] for k in range(n)]
    constraints = [Constraint(Quadratic.of((), [(v, 1) for v in row], -1), "=") for row in rows]
    constraints += [Constraint(Quadratic.of([(u, v, 1)]), "=") for i in range(n) for m in range(n) for k in range(m)
                    for u, v in ((i * n + k, i * n + m), (k * n + i, m * n + i))]  # fmt: skip
    upper = [1] * (n * n)
    allowed = orbit_places(n, permutations)
    for k in range(n):
        upper[first * n + k] = int(k in allowed)
    names = tuple(f"{i + 1} at {k + 1}" for i in range(n) for k in range(n))
    return QuadraticProgram(names, Quadratic.of(pairs, linear), "min", (0,) * (n * n), tuple(upper), (True,) * (n * n),
                            tuple(constraints), f"quadratic assignment of {n}",
                            _source(a, b, c, permutations, first))  # fmt: skip


def permutation(x: Any) -> list[int]:
    """The location of every facility, from 0, of a point of the program.

    >>> permutation([0, 1, 1, 0])
    [1, 0]
    """
    n = round(len(x) ** 0.5)
    return np.asarray(x, dtype=float).reshape(n, n).argmax(axis=1).tolist()


def _source(a: Table, b: Table, c: Table | None, permutations: list[list[int]], first: int) -> Source:
    n = len(a)
    A, B = _scaled(a), _scaled(b)
    top = float(max((abs(v) for row in a for v in row), default=1) * max((abs(v) for row in b for v in row), default=1))
    costs = np.zeros((n, n)) if c is None else np.array([[float(v) / (top or 1.0) for v in row] for row in c])
    near = partial(_near, A, B, costs, permutations, first)
    tables = {"A": _rows(a), "B": _rows(b)} | ({} if c is None else {"C": _rows(c)})
    options: dict[str, Any] = {"automorphisms": permutations, "first": first} if permutations else {}
    return Source("quadratic assignment", tables, options, near)


def _near(A: Any, B: Any, C: Any, permutations: list[list[int]], first: int, x: Any) -> Any:
    """A good assignment as a point of the program."""
    p = best_assignment(A, B, C, None if x is None else np.asarray(x, dtype=float))
    return np.eye(len(A))[moved(p.tolist(), permutations, first)].ravel()


def moved(p: list[int], permutations: list[list[int]], first: int) -> list[int]:
    """An assignment of the same cost in which the facility `first` is at the first place of its orbit.

    >>> moved([1, 0], [[1, 0]], 0)
    [0, 1]
    """
    seen, todo = {p[first]: p}, [p]
    while todo:  # breadth first over the orbit of the location
        now = todo.pop(0)
        for g in permutations:
            other = [g[k] for k in now]
            if other[first] not in seen:
                seen[other[first]] = other
                todo.append(other)
    return seen[min(seen)]


def orbit_places(n: int, permutations: list[list[int]]) -> set[int]:
    """The first place of every orbit.

    >>> orbit_places(3, [[1, 0, 2]])
    {0, 2}
    """
    first = list(range(n))
    for p in permutations:
        for k in range(n):
            a, b = sorted((first[k], first[p[k]]))
            first = [a if v == b else v for v in first]
    return set(first)


def automorphisms(B: Table) -> list[list[int]]:
    """Permutations p with B_p(k)p(l) = B_kl that join places to orbits, as many as a short search finds.

    >>> automorphisms([[0, 1, 2], [1, 0, 1], [2, 1, 0]])
    [[2, 1, 0]]
    """
    n, out, left = len(B), list[list[int]](), [STEPS]
    kind = [(B[k][k], sorted(map(str, B[k])), sorted(str(row[k]) for row in B)) for k in range(n)]

    def extended(p: list[int]) -> list[int] | None:
        k = len(p)
        if k == n:
            return p
        for v in range(n):
            left[0] -= 1
            if left[0] < 0:
                return None
            if v in p or kind[v] != kind[order[k]]:
                continue
            if all(B[order[m]][order[k]] == B[p[m]][v] and B[order[k]][order[m]] == B[v][p[m]] for m in range(k)):
                found = extended([*p, v])
                if found is not None:
                    return found
        return None

    for k in range(n):
        for v in range(k):
            if kind[v] == kind[k] and k in orbit_places(n, out):
                order = [k, *(m for m in range(n) if m != k)]
                found = extended([v])
                if found is not None:
                    out.append([found[order.index(m)] for m in range(n)])
    return out


def _square(M: Any, name: str) -> Table:
    array = numbers(M, name)
    if array.ndim != 2 or array.shape[0] != array.shape[1] or not array.size:
        raise ValueError(f"{name} must be a nonempty square matrix, got shape {array.shape}")
    return [[rational(v) for v in row] for row in array.tolist()]


def _rows(M: Table) -> list[list[int | str]]:
    return [[written(v) for v in row] for row in M]


def _scaled(M: Table) -> Any:
    """In doubles, in units of the largest entry."""
    top = max((abs(v) for row in M for v in row), default=1) or 1
    return np.array([[float(rational(v) / top) for v in row] for row in M])
