"""The squared loss of a network in the coordinates V of its lift: W = L V S on some inputs, zero on the others.

S is invertible and L'L = I, so V runs through all matrices of rank ≤ r as W does; inputs that are left out are
combinations of those kept. Standard library only; part of the checker.
"""

from __future__ import annotations

from typing import Any, NamedTuple

try:
    from copos.checker import check_networks as networks
    from copos.checker import check_reading as read
    from copos.checker.check_data import Table
    from copos.checker.check_reading import Number, Rejected, short
except ImportError:  # run as a plain file, without the package
    import check_networks as networks  # type: ignore[no-redef]
    import check_reading as read  # type: ignore[no-redef]
    from check_data import Table  # type: ignore[no-redef]
    from check_reading import Number, Rejected, short  # type: ignore[no-redef]

PRIME = (1 << 61) - 1


class Loss(NamedTuple):
    """Σ_i v_i G_i v_i' − 2<V, H> + c in the coordinates V."""

    G: list[Table]
    H: Table
    constant: Number


def coordinates(q: networks.Asked, how: dict[str, Any]) -> Loss:
    """The quadratic part of the loss, of V."""
    d_out, d_in = len(q.Y), len(q.X)
    if q.loss == "squared":
        parts = _parts(q)
    else:
        zero: Table = [[0] * d_in for _ in range(d_in)]
        parts = [networks.Quadratic(zero, [[0] * d_in for _ in range(d_out)], [0] * d_out)]
    G = [[[v + (q.ridge if i == j else 0) for j, v in enumerate(row)] for i, row in enumerate(part.G)]
         for part in parts]  # fmt: skip
    H = [row for part in parts for row in part.H]
    constant = sum(c for part in parts for c in part.squares)
    kept = list(range(d_in))
    moved = any(key in how for key in ("kept", "inputs", "outputs"))
    if moved and (q.loss != "squared" or q.constraints):
        raise Rejected("other coordinates are for squared losses without constraints")
    if "kept" in how:
        if q.ridge or q.decay:
            raise Rejected("inputs are left out only where nothing else depends on W")
        total = [[sum(M[i][j] for M in G) for j in range(d_in)] for i in range(d_in)]
        kept = networks.spanning(total, how)
    loss = Loss([[[M[i][j] for j in kept] for i in kept] for M in G], [[row[j] for j in kept] for row in H], constant)
    if "inputs" in how:
        loss = _on_inputs(loss, [read.vector(row, "inputs", len(kept)) for row in _rows(how["inputs"], len(kept))])
        if q.decay and not _orthogonal([read.vector(row, "inputs") for row in how["inputs"]]):
            raise Rejected("weight decay needs orthogonal coordinates")
    if "outputs" in how:
        L = [read.vector(row, "outputs", d_out) for row in _rows(how["outputs"], d_out)]
        if len(loss.G) > 1 or not _orthogonal(L):
            raise Rejected("outputs are rotated by orthogonal matrices, where all have one Gram matrix")
        loss = loss._replace(H=_times(_transposed(L), loss.H))
    return loss


def _parts(q: networks.Asked) -> list[networks.Quadratic]:
    """G, H and the constant, of all outputs together if they have one G, else of each."""
    if q.weights is None and q.outputs is None:
        return [networks.quadratic(q.X, q.Y, q.samples, q.intercept)]
    n = len(q.X[0])
    return [networks.quadratic(q.X, [row], [q.weight(i, t) for t in range(n)], q.intercept)
            for i, row in enumerate(q.Y)]  # fmt: skip


def _rows(value: Any, count: int) -> list[Any]:
    return read.items(value, "coordinates", count)


def _on_inputs(loss: Loss, S: Table) -> Loss:
    """The loss of V, W = V S, for an invertible S."""
    if not _invertible(S):
        raise Rejected("the coordinates of the inputs are not invertible")
    back = _transposed(S)
    return Loss([_times(_times(S, M), back) for M in loss.G], _times(loss.H, back), loss.constant)


def _times(A: Table, B: Table) -> Table:
    columns = _transposed(B)
    read.spend(len(A) * len(columns) * len(B), "a change of coordinates")
    return [[short(sum((a * b for a, b in zip(row, column, strict=True) if a and b), 0)) for column in columns]
            for row in A]  # fmt: skip


def _transposed(A: Table) -> Table:
    return [list(column) for column in zip(*A, strict=True)]


def _orthogonal(A: Table) -> bool:
    return _times(_transposed(A), A) == [[int(i == j) for j in range(len(A))] for i in range(len(A))]


def _invertible(S: Table) -> bool:
    """Is the determinant not zero modulo a prime, which divides no denominator? Then it is not zero."""
    if any(v.denominator % PRIME == 0 for row in S for v in row):
        return False
    read.spend(len(S) ** 3 // 6, "an elimination")
    rows = [[v.numerator % PRIME * pow(v.denominator, -1, PRIME) % PRIME for v in row] for row in S]
    for k in range(len(rows)):
        p = next((i for i in range(k, len(rows)) if rows[i][k]), None)
        if p is None:
            return False
        rows[k], rows[p] = rows[p], rows[k]
        inverse = pow(rows[k][k], -1, PRIME)
        for i in range(k + 1, len(rows)):
            c = rows[i][k] * inverse % PRIME
            if c:
                rows[i] = [(a - c * b) % PRIME for a, b in zip(rows[i], rows[k], strict=True)]
    return True
