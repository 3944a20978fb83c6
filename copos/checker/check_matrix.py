"""Certificates about a matrix: copositive, completely positive, or not. Standard library only.

One primitive carries the floating-point work: for a rational M, an integer B and R = M − BB'/4^k,
    R_ii ≥ Σ_{j≠i} max(0, −R_ij) for all i  ⇒  M = BB'/4^k + (diagonally dominant) + (nonnegative) is copositive.
"""

from __future__ import annotations

from collections.abc import Callable
from math import lcm
from typing import Any

try:
    from copos.checker import check_identity as identity
    from copos.checker import check_reading as read
    from copos.checker import check_tree as trees
    from copos.checker.check_reading import Number, Rejected, Unreadable
except ImportError:  # run as a plain file, without the package
    import check_identity as identity  # type: ignore[no-redef]
    import check_reading as read  # type: ignore[no-redef]
    import check_tree as trees  # type: ignore[no-redef]
    from check_reading import Number, Rejected, Unreadable  # type: ignore[no-redef]

Matrix = list[list[Number]]
Family = tuple[tuple[int, ...], int]  # of all S with low ⊆ S ⊆ high: low as a list, high as a bit set


def matrix(problem: Any) -> Matrix:
    """Read a problem of type "matrix"."""
    return read.symmetric(read.fields(problem, "problem", "type rows")["rows"], "matrix")


def remainder(M: Matrix, proof: dict[str, Any], what: str = "factor") -> tuple[Matrix, list[list[int]]]:
    """A positive multiple of M − BB'/4^bits (lower triangle, integers), and B; with "weights" it is B diag(w) B'."""
    B = read.integers(proof[what], what, len(M))
    scale = 1 << 2 * read.whole(proof.get("bits", 0), "bits", 0, read.BITS)
    if "weights" in proof:
        w = read.vector(proof["weights"], "weights", len(B[0]))
        if min(w, default=0) < 0:
            raise Rejected("a weight of the factor is negative")
        d = identity.denominator(w)
        read.spend(len(B) ** 2 * max(len(w), 1), "a factor", 2 * identity.bit_length(B) + d.bit_length())
        # B diag(w) B' = B (d·w) B' / d, in integers
        rows = [[p * int(q * d) for p, q in zip(row, w, strict=True)] for row in B]
        product = [[inner(a, B[j]) for j in range(i + 1)] for i, a in enumerate(rows)]  # type: ignore[arg-type]
        scale *= d
    else:
        product = identity.outer(B)  # type: ignore[assignment]
    # over one common denominator everything is an integer, and a positive multiple has the same signs
    d = identity.denominator(v for i, row in enumerate(M) for v in row[: i + 1])
    read.spend(len(M) ** 2, "a matrix", d.bit_length() + scale.bit_length())
    whole = [[v.numerator * (d // v.denominator) for v in row[: i + 1]] for i, row in enumerate(M)]
    common = lcm(scale, d)
    up, down = common // d, common // scale
    return [[m * up - v * down for m, v in zip(a, b, strict=True)] for a, b in zip(whole, product, strict=True)], B


def inner(a: list[Number], b: list[Number]) -> Number:
    """a'b."""
    return sum(p * q for p, q in zip(a, b, strict=True))


def dominant(R: Matrix, nonnegative_part: bool) -> None:
    """Reject unless R (lower triangle) is diagonally dominant, or is so after dropping its positive entries."""
    off: list[Number] = [0] * len(R)
    for i, row in enumerate(R):
        for j, r in enumerate(row[:-1]):
            size = max(0, -r) if nonnegative_part else abs(r)
            off[i] += size
            off[j] += size
    if any(row[-1] < o for row, o in zip(R, off, strict=True)):
        raise Rejected("the remainder is not diagonally dominant")


def semidefinite(M: Matrix) -> bool:
    """Is a rational symmetric matrix positive semidefinite? Fraction-free elimination, all pivots ≥ 0."""
    n = len(M)
    scale = identity.denominator(v for row in M for v in row)
    read.spend(n * n, "a matrix", scale.bit_length())
    A, previous = [[int(v * scale) for v in row] for row in M], 1
    # every pivot is a minor: its length grows by that of an entry
    read.spend(n**3 // 6, "an exact elimination", n * identity.bit_length(A) // 2)
    for k in range(n):
        pivot = A[k][k]
        if pivot < 0 or (pivot == 0 and any(A[k][k:])):
            return False
        if pivot == 0:
            continue
        for i in range(k + 1, n):
            for j in range(i, n):
                A[i][j] = A[j][i] = (A[i][j] * pivot - A[i][k] * A[k][j]) // previous
        for i in range(k + 1, n):
            A[i][k] = A[k][i] = 0
        previous = pivot
    return True


def spn(M: Matrix, proof: dict[str, Any]) -> None:
    """Reject unless M − BB'/4^bits is diagonally dominant + nonnegative; B = 0 if there is no factor."""
    R = remainder(M, proof)[0] if "factor" in proof else [row[: i + 1] for i, row in enumerate(M)]
    dominant(R, nonnegative_part=True)


# ---- claims about a matrix --------------------------------------------------------------------------------------


def copositive(M: Matrix, proof: Any) -> str:
    """x'Mx ≥ 0 for x ≥ 0: directly (spn), with a multiplier (level), or support by support (cover)."""
    method = proof.get("method") if type(proof) is dict else None
    if method == "spn":
        R, _ = remainder(M, read.fields(proof, "proof", "method factor bits", "weights"))
        dominant(R, nonnegative_part=True)
    elif method == "level":
        read.fields(proof, "proof", "method level weights terms")
        weights = read.vector(proof["weights"], "weights", len(M))
        if min(weights) <= 0:
            raise Rejected("the weights of the multiplier must be positive")
        orthant = identity.orthant(M, weights)
        identity.nonnegative(orthant, orthant.objective, {**proof, "multipliers": []})
    elif method == "cover":
        cover(M, proof)
    else:
        raise Unreadable("the method of a copositivity proof is spn, level or cover")
    return f"the {len(M)}×{len(M)} matrix M is copositive: x'Mx ≥ 0 for every x ≥ 0"


def cover(M: Matrix, proof: Any) -> None:
    """No support S is an inclusion-minimal one with M_S not copositive."""
    items = read.fields(proof, "proof", "method items")["items"]
    scale = identity.denominator(v for row in M for v in row)

    def vector(data: Any, what: str, length: int) -> list[int]:
        return read.integers([data], what, 1, length)[0]

    def part(T: list[int], data: Any) -> None:
        rows = [[M[i][j] for j in T] for i in T]
        dominant(remainder(rows, read.fields(data, "part", "factor bits", "weights"))[0], nonnegative_part=True)

    supports([[int(v * scale) for v in row] for row in M], items, vector, part)


def supports(A: list[list[Any]], items: Any, vector: Callable[..., list[Any]], part: Callable[..., None]) -> None:
    """The same for numbers of any ordered field; the items are a tree in preorder.

    For such an S: A_S^-1 ≤ 0 entrywise, and the minimiser of x'A_Sx on the simplex is positive with a negative value.
    A node is the family of all S with low ⊆ S ⊆ high. No such S holds two indices with A_ii + A_jj − 2A_ij ≤ 0, since
    e_i − e_j would be a direction as below: what is apart from low is left out of high.
    """
    n = len(A)
    size = identity.bit_length(A)
    read.spend(n * n, "a cover", size)
    apart = [sum(1 << i for i in range(n) if i != j and A[i][i] + A[j][j] <= 2 * A[i][j]) for j in range(n)]

    def families(family: Family, item: Any) -> list[Family]:
        low, high = family
        what, data = read.items(item, "item", 2)
        children: list[Family] = []
        if what == "vector":
            # u on low with (Au)_j ≥ 0 for j ∈ S would give u = A_S^-1 (Au)_S ≤ 0: excluded if some u_i > 0
            u = vector(data, "vector", len(low))
            if low and max(u) <= 0:
                raise Rejected("a covering vector needs a positive entry")
            # a product of numbers of s and t bits costs s·t, a sum s: the vectors are short where the matrix is long
            short = identity.bit_length([u])
            read.spend(n * (1 + len(low)), "an item of a cover", short + size // 8 + size * short // read.WIDE)
            product: list[Any] = [0] * n
            for i, c in zip(low, u, strict=True):
                product = [v + c * a for v, a in zip(product, A[i], strict=True)]
            branch = [j for j, v in enumerate(product) if high >> j & 1 and (v < 0 or not low)]
            if set(branch) & set(low):
                raise Rejected("a covering vector does not cover its own support")
            for j in branch:  # S contains a first j of the branch
                children.append(((*low, j), high & ~apart[j]))
                high &= ~(1 << j)
        elif what == "direction":
            # along d, Σd = 0, the minimiser moves to a proper face without increase: S was not minimal
            d = vector(data, "direction", len(low))
            read.spend(len(low) ** 2, "an item of a cover", size + 2 * identity.bit_length([d]))
            if not any(d) or sum(d) or sum(a * b * A[i][j] for a, i in zip(d, low, strict=True)
                                           for b, j in zip(d, low, strict=True)) > 0:  # fmt: skip
                raise Rejected("a direction needs Σd = 0, d ≠ 0 and d'Md ≤ 0")
        elif what == "part":
            T = [j for j in range(n) if high >> j & 1]
            read.spend(len(T) ** 2, "an item of a cover")
            part(T, data)
        else:
            raise Unreadable("an item of a cover is a vector, a direction or a part")
        return children

    trees.walk(((), (1 << n) - 1), items, families)


def not_copositive(M: Matrix, proof: Any) -> str:
    """An x ≥ 0 with x'Mx < 0."""
    x = read.vector(read.fields(proof, "proof", "point")["point"], "point", len(M))
    if min(x) < 0:
        raise Rejected("the point has a negative entry")
    if sum(a * inner(row, x) for a, row in zip(x, M, strict=True)) >= 0:
        raise Rejected("x'Mx is not negative")
    return f"the {len(M)}×{len(M)} matrix M is not copositive: x'Mx < 0 at a point x ≥ 0"


def completely_positive(M: Matrix, proof: Any) -> str:
    """M − BB' nonnegative and diagonally dominant, B ≥ 0; such a remainder is a sum of (e_i + e_j)(e_i + e_j)'."""
    return completed(*remainder(M, read.fields(proof, "proof", "factor bits", "weights")))


def completed(R: list[list[Any]], B: list[list[Any]]) -> str:
    """The claim about R + BB' (R: lower triangle)."""
    if any(b < 0 for row in B for b in row) or any(r < 0 for row in R for r in row):
        raise Rejected("the factor and the remainder must be nonnegative")
    dominant(R, nonnegative_part=False)
    return f"the {len(R)}×{len(R)} matrix M is completely positive: M = Σ bb' with b ≥ 0"


def not_completely_positive(M: Matrix, proof: Any) -> str:
    """A copositive H with <H, M> < 0."""
    p = read.fields(proof, "proof", "separator copositive")
    H = read.symmetric(p["separator"], "separator")
    if len(H) != len(M):
        raise Unreadable("the separator must have the order of the matrix")
    copositive(H, p["copositive"])
    if sum(inner(h, m) for h, m in zip(H, M, strict=True)) >= 0:
        raise Rejected("<H, M> is not negative")
    return f"the {len(M)}×{len(M)} matrix M is not completely positive: <H, M> < 0 for a copositive H"
