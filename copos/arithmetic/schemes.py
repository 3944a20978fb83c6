"""Symmetric association schemes in closed form: eigenvalues of all classes, whatever the number of points.

The classes A_0 = I, A_1, …, A_d of a scheme commute; on the j-th common eigenspace A_k has the eigenvalue P[j, k].
Hamming schemes have Krawtchouk polynomials there, Johnson schemes Eberlein polynomials [Delsarte1973, §4].
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

Row = tuple[int, ...]


@dataclass(frozen=True)
class Scheme:
    """A symmetric association scheme with integer eigenvalues.

    Attributes
    ----------
    points : number of points
    eigenvalues : P, row j column k
    multiplicities : dimensions of the eigenspaces
    """

    name: str
    points: int
    eigenvalues: tuple[Row, ...]
    multiplicities: Row

    def __post_init__(self) -> None:
        n, P, m = self.points, self.eigenvalues, self.multiplicities
        d = len(P)
        if any(len(row) != d for row in P) or len(m) != d:
            raise ValueError(f"a scheme of {d - 1} classes has a {d}×{d} matrix of eigenvalues and {d} multiplicities")
        v = P[0]
        # Σ_j m_j P_ji P_jk = points·v_i if i = k, else 0: the traces of A_iA_k
        for i in range(d):
            for k in range(i, d):
                if sum(m[j] * P[j][i] * P[j][k] for j in range(d)) != (n * v[i] if i == k else 0):
                    raise ValueError(f"{self.name}: the eigenvalues of classes {i} and {k} are not orthogonal")

    @property
    def classes(self) -> int:
        """d, the number of classes beside equality."""
        return len(self.eigenvalues) - 1

    @property
    def valencies(self) -> Row:
        """Neighbours of a point in every class."""
        return self.eigenvalues[0]


def hamming_scheme(n: int, q: int = 2) -> Scheme:
    """Words of n letters out of q; class k: they differ in k places.

    >>> hamming_scheme(3).eigenvalues
    ((1, 3, 3, 1), (1, 1, -1, -1), (1, -1, -1, 1), (1, -3, 3, -1))
    """
    _whole("n", n, 1, 2000)
    _whole("q", q, 2, 10**6)
    P = tuple(
        tuple(sum((-1) ** t * (q - 1) ** (k - t) * comb(j, t) * comb(n - j, k - t) for t in range(k + 1))
              for k in range(n + 1))
        for j in range(n + 1)
    )  # fmt: skip
    return Scheme(f"H({n}, {q})", q**n, P, P[0])


def johnson_scheme(n: int, k: int) -> Scheme:
    """k-subsets of n things, 2k ≤ n; class i: they share k − i things.

    >>> johnson_scheme(5, 2).eigenvalues           # equal, meeting, disjoint: the Petersen graph is class 2
    ((1, 6, 3), (1, 1, -2), (1, -2, 1))
    """
    _whole("n", n, 2, 5000)
    _whole("k", k, 1, n // 2)
    P = tuple(
        tuple(sum((-1) ** t * comb(j, t) * comb(k - j, i - t) * comb(n - k - j, i - t) for t in range(i + 1))
              for i in range(k + 1))
        for j in range(k + 1)
    )  # fmt: skip
    return Scheme(f"J({n}, {k})", comb(n, k), P, tuple(comb(n, j) - (comb(n, j - 1) if j else 0) for j in range(k + 1)))


def _whole(name: str, value: int, low: int, high: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise ValueError(f"{name} must be an integer from {low} to {high}, got {value!r}")
