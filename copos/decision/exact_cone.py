"""A cone and a form on it in rational numbers: {u : B_k(u) ⪰ 0, g(u) ≥ 0} and F = T'MT for x = Tu."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from copos.arithmetic import exact, svec
from copos.arithmetic.exact import null_space
from copos.cones import Cone
from copos.forms import Forms

Vector = list[Fraction]
Matrix = list[list[Fraction]]
Block = dict[tuple[int, int], Vector]  # the entries (i, j), i ≤ j, as linear forms in u


class ExactCone(NamedTuple):
    """The numbers of a cone as fractions (a float means its dyadic value)."""

    basis: Matrix
    orders: tuple[int, ...]
    blocks: list[Block]
    generators: list[Matrix]
    unit: Vector

    @property
    def dim(self) -> int:
        """Number of coordinates u."""
        return len(self.unit)

    @classmethod
    def of(cls, K: Cone) -> ExactCone:
        """From the description, its rationals if it has them."""
        d, numbers = K.dim, K.rationals()
        basis = [[Fraction(row.get(v, 0)) for v in range(d)] for row in numbers.basis.rows]
        blocks: list[Block] = [defaultdict(lambda: [Fraction(0)] * d) for _ in K.sizes]
        for k, i, j, v, c in zip(*(column.tolist() for column in K.entries[:4]), numbers.coefficients, strict=True):
            if i <= j:
                blocks[k][i, j][v] += c
        unit = [Fraction(c) for c in numbers.unit]
        return cls(basis, K.sizes, [dict(b) for b in blocks], forms(K.generators, d), unit)

    def form(self, M: Matrix) -> Matrix:
        """T'MT."""
        return congruent(M, self.basis)

    def point(self, u: Sequence[int | Fraction]) -> tuple[Fraction, ...]:
        """Tu."""
        return tuple(sum((a * b for a, b in zip(row, u, strict=True) if a and b), Fraction(0)) for row in self.basis)

    def contains(self, u: Sequence[int | Fraction]) -> bool:
        """Is u in the cone, exactly?"""
        for n, block in zip(self.orders, self.blocks, strict=True):
            values = {key: inner(row, u) for key, row in block.items()}
            B = [[values.get((min(i, j), max(i, j)), Fraction(0)) for j in range(n)] for i in range(n)]
            if (n == 1 and B[0][0] < 0) or (n > 1 and exact.squares(exact.integral(B)[0])[0] is None):
                return False
        return all(exact.form(g, u) >= 0 for g in self.generators)

    def inequalities(self) -> Matrix | None:
        """Rows a with K = {u : a'u ≥ 0 for all}; None if K is not given that way."""
        out: Matrix = []
        zero = [Fraction(0)] * self.dim
        products: list[Matrix] = []
        for n, block in zip(self.orders, self.blocks, strict=True):
            a, b, c = (block.get(key, zero) for key in ((0, 0), (0, 1), (1, 1)))
            if n == 1:
                out.append(a)
            elif n == 2 and a == c:
                out += [[s + t for s, t in zip(a, b, strict=True)], [s - t for s, t in zip(a, b, strict=True)]]
                products.append(symmetric_product(out[-2], out[-1]))
            else:
                return None
        # a generator that is the product of two of the inequalities says nothing new
        return out if all(g in products or not any(map(any, g)) for g in self.generators) else None


def forms(F: Forms, n: int) -> list[Matrix]:
    """Quadratic forms as symmetric matrices of fractions."""
    out = []
    for row in F.rationals().rows:
        G = [[Fraction(0)] * n for _ in range(n)]
        for at, c in row.items():
            i, j = (int(v) for v in svec.pair(at))
            G[i][j] += Fraction(c) / 2
            G[j][i] += Fraction(c) / 2
        out.append(G)
    return out


def inner(a: Sequence[int | Fraction], b: Sequence[int | Fraction]) -> Fraction:
    """a'b."""
    return Fraction(sum(p * q for p, q in zip(a, b, strict=True) if p and q))


def symmetric_product(a: Vector, b: Vector) -> Matrix:
    """The matrix of the form (a'u)(b'u)."""
    return [[(p * t + q * s) / 2 for q, t in zip(a, b, strict=True)] for p, s in zip(a, b, strict=True)]


def congruent(M: Matrix, T: Sequence[Sequence[int | Fraction]]) -> Matrix:
    """T'MT."""
    columns = list(zip(*T, strict=True))
    MT = [[inner(row, t) for row in M] for t in columns]
    return [[inner(a, t) for t in columns] for a in MT]


def psd_parts(F: Matrix) -> tuple[exact.Squares, None] | tuple[None, list[int]]:
    """F = Σ w vv' with w > 0, or v with v'Fv < 0."""
    A, d = exact.integral(F)
    found, v = exact.squares(A)
    if found is None:
        assert v is not None
        return None, v
    return found._replace(weights=[w / d for w in found.weights]), None


def kernel(F: Matrix) -> list[list[int]]:
    """A basis of {u : Fu = 0} in short integers."""
    return [exact.primitive(v) for v in null_space(F)]
