"""Questions about graphs: the stability number α(G) and the clique number ω(G).

A graph is the table [n, m], then i, j of every edge with 1 ≤ i < j ≤ n, in order, like the lines of a DIMACS file. Its
program is one of two over x ≥ 0, with E the edges of G, or of its complement for the clique number:

    weighed     min Σ x_i² + 2 Σ_E x_i x_j with (Σ x_i)² = 1: the value is 1/α              [MotzkinStraus1965]
    vanishing   min −(Σ x_i)² with Σ x_i² = 1 and x_i x_j = 0 on E: the value is −α, since an atom is supported on a
                stable set S and (Σ x_i)² ≤ |S| Σ x_i²

With weights w > 0 of the vertices these are

    weighed     min Σ x_i²/w_i + Σ_E (1/w_i + 1/w_j) x_i x_j with (Σ x_i)² = 1: it is 1/α(G, w)  [GibbonsEtAl1997]
    vanishing   min −(Σ w_i x_i)² with Σ w_i x_i² = 1 and x_i x_j = 0 on E: it is −α(G, w)

Standard library only; part of the checker.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import ceil, floor
from typing import Any

try:
    from copos.checker import check_cones as cones
    from copos.checker import check_reading as read
    from copos.checker.check_data import Data, Rebuilt
    from copos.checker.check_reading import Number, Rejected, Unreadable
except ImportError:  # run as a plain file, without the package
    import check_cones as cones  # type: ignore[no-redef]
    import check_reading as read  # type: ignore[no-redef]
    from check_data import Data, Rebuilt  # type: ignore[no-redef]
    from check_reading import Number, Rejected, Unreadable  # type: ignore[no-redef]

VERTICES = 3_000
SHOWN = 60  # vertices of a set that are listed


def stability_number(question: dict[str, Any], data: Data) -> Rebuilt:
    """The program of "stability number" or "clique number"."""
    q = read.fields(question, "question", "type graph edges", "multiplier weights")
    n, edges = graph(data.table("graph", q["graph"]))
    clique = q["type"] == "clique number"
    read.spend(8 * n * n, "the pairs of a graph's vertices")
    present = set(edges)
    pairs = [(i, j) for i in range(n) for j in range(i + 1, n) if ((i, j) in present) != clique]
    K = cones.weighted(n, q)
    w = _weights(q, data, n)
    every: cones.Form = {(i, j): 1 if i == j else 2 for i in range(n) for j in range(i, n)}
    if q["edges"] == "weighed":
        inverse: list[Number] = [1 / Fraction(v) for v in w] if "weights" in q else w
        objective: cones.Form = {(i, i): v for i, v in enumerate(inverse)}
        objective |= {(i, j): inverse[i] + inverse[j] for i, j in pairs}
        p = cones.program(K, objective, [(every, 1)])
    elif q["edges"] == "vanishing":
        objective = {(i, j): -c * w[i] * w[j] for (i, j), c in every.items()}
        equation: cones.Form = {(i, i): v for i, v in enumerate(w)}
        p = cones.program(K, objective, [(equation, 1)], [{pair: 1} for pair in pairs])
    else:
        raise Unreadable("edges must be 'weighed' or 'vanishing'")
    weighed = q["edges"] == "weighed"
    symbol = "ω(G)" if clique else "α(G)"
    words = f"for the graph G with {n} vertices and {len(edges)} edges"
    whole = all(v.denominator == 1 for v in w)
    if "weights" in q:
        symbol, words = f"{symbol[0]}(G, w)", f"{words} and weights w"

    def say(kind: str, value: Number | None) -> str:
        if kind not in ("lower bound", "upper bound") or value is None:
            raise Rejected(f"a certificate of kind {kind!r} says nothing about {symbol}")
        upper = kind == "lower bound"  # of the number
        if weighed and value <= 0:
            return f"nothing about {symbol} {words}: the value {value} is not positive"
        size = 1 / Fraction(value) if weighed else -value
        least, most = (ceil(size), floor(size)) if whole else (size, size)
        return f"{symbol} ≤ {read.show(most, 1)} {words}" if upper else f"{symbol} ≥ {read.show(least, -1)} {words}"

    def points(atoms: list[tuple[Number, list[Number]]]) -> str:
        apart = {*pairs}
        sets = [(part, _apart(sorted((i for i, v in enumerate(x) if v > 0), key=lambda i: -x[i]), apart))
                for part, x in atoms]  # fmt: skip
        mean = sum((part * sum((c * x[i] * x[j] for (i, j), c in p.objective.items()), 0) for part, x in atoms), 0)
        inside = sorted(max(sets, key=lambda s: (sum(w[i] for i in s[1]), s[0]), default=(0, []))[1])
        if sum(w[i] for i in inside) < (1 / Fraction(mean) if weighed and mean else -mean):
            return "by a point in the certificate"
        shown = ", ".join(str(i + 1) for i in inside[:SHOWN])
        return f"{{{shown}{', …' if len(inside) > SHOWN else ''}}}, vertices counted from 1"

    return Rebuilt(p, say, points)


def _weights(q: dict[str, Any], data: Data, n: int) -> list[Number]:
    """The weights of the vertices, ones where there are none."""
    if "weights" not in q:
        return [1] * n
    rows = data.table("weights", q["weights"])
    if len(rows) != 1 or len(rows[0]) != n or min(rows[0]) <= 0:
        raise Unreadable("the weights of a graph's vertices are one row of positive numbers")
    return rows[0]


def graph(rows: list[list[Number]], most: int = VERTICES) -> tuple[int, list[tuple[int, int]]]:
    """(n, edges) with vertices 0 … n − 1; Unreadable unless the table is in its one form."""
    header, *edges = rows
    if len(header) != 2 or header[1] != len(edges):
        raise Unreadable("a graph is the row [n, m], then the rows [i, j] of its m edges")
    n = read.whole(header[0], "the number of vertices", 1, most)
    out: list[tuple[int, int]] = []
    for i, j in edges:
        pair = (read.whole(i, "vertex", 1, n) - 1, read.whole(j, "vertex", 1, n) - 1)
        if pair[0] >= pair[1] or (out and out[-1] >= pair):
            raise Unreadable("the edges i, j of a graph have i < j and are in order, each one once")
        out.append(pair)
    return n, out


def _apart(inside: Iterable[int], pairs: set[tuple[int, int]]) -> list[int]:
    """A support without one vertex of every pair of the program that it holds."""
    out: list[int] = []
    for j in inside:
        if not any((min(i, j), max(i, j)) in pairs for i in out):
            out.append(j)
    return out


QUESTIONS = {"stability number": stability_number, "clique number": stability_number}
