"""Closing an identity exactly: what rounding left over goes into Gram matrices and multipliers.

Every matrix block is written as G = FF'/4^k + D with D = hold·I at first. An entry of a block that is a single
monomial c·x^α takes the missing coefficient of x^α into D; D stays diagonally dominant because what is missing is
much smaller than what was held back. Monomials that no such entry holds (facial reduction dropped the rows) are first
moved to others by multiples x^β E_j of the vanishing forms, an exact linear system on those few monomials.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from copos import monomials, svec
from copos.certificate import check_identity, rounding
from copos.certificate.problem import exact

if TYPE_CHECKING:
    from copos.certificate.dual import Dual
    from copos.certificate.writer import Writer

Sparse = dict[Any, Fraction]
Entry = tuple[int, int, int]  # block, row, column ≤ row


def write(writer: Writer, found: Dual, hold: float) -> tuple[dict[str, Any], Fraction] | str:
    """(proof, bound) whose identity holds exactly, or why not."""
    reason = ""
    single, columns = _single(writer), _Columns(writer)
    for _ in range(writer.margins.attempts):
        held = rounding.dyadic(hold, 20, hold)
        helds = [held / 4**m for m in writer.shift]
        terms, defects = _rounded(writer, found, float(held))
        lam, multipliers = writer.rounded_multipliers(found)
        proof, value = writer.proof(lam, multipliers, terms)
        for defect, term, h in zip(defects, terms[len(terms) - len(defects) :], helds, strict=True):
            defect.update({(i, i): h for i in range(_order(term))})
            term["gram"]["defect"] = [[i, i, exact(h)] for i in range(_order(term))]
        missing = _missing(writer, proof)
        extra: dict[tuple[int, ...], Fraction] = {}
        bare = {a: c for a, c in missing.items() if a not in single}
        if bare:
            # integer columns keep denominators short; data of many bits may leave no others
            moved = columns.solve(bare)
            moved = columns.solve(bare, fractions=True) if moved is None else moved
            if moved is None:
                return f"{len(bare)} monomials are in no block entry that could take what rounding left over"
            for source, amount in moved.items():
                for a, c in columns.column(source).items():
                    missing[a] = missing.get(a, Fraction(0)) - amount * c
                if isinstance(source[1], tuple):
                    extra[(source[0], *source[1])] = amount
                else:
                    _put(defects, source, amount)
        _spread(missing, single, defects, [4.0**m for m in writer.shift])
        short = max((_short(d) * 4**m for d, m in zip(defects, writer.shift, strict=True)), default=Fraction(0))
        if short <= 0:
            for defect, term in zip(defects, terms[len(terms) - len(defects) :], strict=True):
                term["gram"]["defect"] = [[i, j, exact(c)] for (i, j), c in sorted(defect.items()) if c]
            proof["multipliers"] = _merged(proof["multipliers"], extra)
            return proof, value
        reason = f"after rounding, {float(short):.3g} is missing on a diagonal"
        hold += 2 * float(short)
        if (found.floors()[writer.identity.scalars :] < hold).any():
            return reason
    return reason


def _rounded(writer: Writer, found: Dual, hold: float) -> tuple[list[dict[str, Any]], list[Sparse]]:
    """Terms with factors of G − hold·I in every matrix block, and an empty defect for each of those."""
    terms, _ = writer.rounded_terms(found, hold, everywhere=True)
    return terms, [{} for _ in range(len(writer.identity.sizes) - writer.identity.scalars)]


def _order(term: dict[str, Any]) -> int:
    return len(term["gram"]["factor"])


def _missing(writer: Writer, proof: dict[str, Any]) -> dict[tuple[int, ...], Fraction]:
    """Coefficients that the terms still lack; what is evidently nonnegative may stay."""
    p = check_identity.program(writer.problem)
    form = dict(p.objective)
    for y, (A, _) in zip(proof["y"], p.equations, strict=True):
        for key, a in A.items():
            form[key] = form.get(key, 0) - Fraction(y) * a
    left, scale = check_identity.rest(p, form, proof["level"], proof["terms"], proof["multipliers"])
    out = {}
    for key, c in left.items():
        known = all(key.count(v) % 2 == 0 or v in writer.positive for v in key)
        if not (known and c > 0):
            out[key] = Fraction(c, scale)
    return out


def _single(writer: Writer) -> dict[tuple[int, ...], list[tuple[Entry, Fraction]]]:
    """Entries of matrix blocks that are one monomial: monomial ↦ entries with the coefficient in <D, B>."""
    rows, start = writer.relaxation.blocks.map, writer.identity.scalars
    out: dict[tuple[int, ...], list[tuple[Entry, Fraction]]] = {}
    exponents = writer.exponents.tolist()
    length = np.diff(rows.indptr)
    at = start
    for k, n in enumerate(writer.identity.sizes[start:].tolist()):
        i, j = svec.triangle(n)
        for e in np.flatnonzero(length[at : at + len(i)] == 1).tolist():
            first = rows.indptr[at + e]
            f = writer.factors[k]
            c = Fraction(float(rows.data[first])) * (f[i[e]] * f[j[e]] * (1 if i[e] == j[e] else 2))
            key = tuple(exponents[rows.indices[first]])
            out.setdefault(key, []).append(((k, int(j[e]), int(i[e])), c))
        at += len(i)
    return out


def _put(defects: list[Sparse], entry: Entry, amount: Fraction) -> None:
    k, i, j = entry
    defects[k][i, j] = defects[k].get((i, j), Fraction(0)) + amount


def _spread(
    missing: dict[tuple[int, ...], Fraction], single: dict[Any, Any], defects: list[Sparse], units: list[float]
) -> None:
    """Give every missing coefficient to the entry whose rows carry least so far."""
    load: dict[tuple[int, int], float] = {}
    for key, r in missing.items():
        if not r:
            continue
        size = abs(float(r))

        def burden(s: tuple[Entry, Fraction], size: float = size) -> float:
            (k, i, j), c = s
            return max(load.get((k, i), 0.0), load.get((k, j), 0.0)) + size / abs(float(c)) * units[k]

        (k, i, j), c = min(single[key], key=burden)
        amount = r / c
        _put(defects, (k, i, j), amount)
        for row in {i, j}:
            load[k, row] = load.get((k, row), 0.0) + abs(float(amount)) * units[k]


def _short(defect: Sparse) -> Fraction:
    """How much a diagonal lacks to dominate its row."""
    balance: dict[int, Fraction] = {}
    for (i, j), c in defect.items():
        if i == j:
            balance[i] = balance.get(i, Fraction(0)) + c
        else:
            balance[i] = balance.get(i, Fraction(0)) - abs(c)
            balance[j] = balance.get(j, Fraction(0)) - abs(c)
    return -min(balance.values(), default=Fraction(0))


def _merged(multipliers: list[Any], extra: dict[tuple[int, ...], Fraction]) -> list[Any]:
    total = {tuple(m[:-1]): Fraction(m[-1]) for m in multipliers}
    for key, c in extra.items():
        total[key] = total.get(key, Fraction(0)) + c
    return [[*key, exact(c)] for key, c in total.items() if c]


class _Columns:
    """Multiples x^β E_j, and block entries of several monomials, as columns over monomials, exactly."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._forms = [[(tuple(t[:2]), Fraction(t[2])) for t in form] for form in writer.problem["vanishing"]]
        self._level = writer.relaxation.level
        self._single = _single(writer)

    def column(self, source: tuple[Any, ...]) -> dict[tuple[int, ...], Fraction]:
        """(j, β) stands for x^β E_j, (block, row, column) for twice or once an entry of a block."""
        if isinstance(source[1], tuple):
            j, beta = source
            out: dict[tuple[int, ...], Fraction] = {}
            for pair, c in self._forms[j]:
                key = tuple(sorted(pair + beta))
                out[key] = out.get(key, Fraction(0)) + c
            return {key: c for key, c in out.items() if c}
        k, i, j = source
        sizes, rows = self._writer.identity.sizes, self._writer.relaxation.blocks.map
        start = self._writer.identity.scalars
        at = start + int(svec.length(sizes[start : start + k]).sum()) + int(svec.position(i, j))
        span = slice(rows.indptr[at], rows.indptr[at + 1])
        keys = self._writer.exponents[rows.indices[span]].tolist()
        f = self._writer.factors[k]
        weight = f[i] * f[j] * (1 if i == j else 2)
        return {tuple(key): Fraction(float(c)) * weight for key, c in zip(keys, rows.data[span], strict=True)}

    def _candidates(self, bare: set[tuple[int, ...]], fractions: bool) -> Iterator[tuple[Any, ...]]:
        """Columns that meet the bare monomials: first multiples of vanishing forms, then (integer) block entries."""
        seen = set()
        pairs: dict[tuple[int, ...], list[int]] = {}
        for j, form in enumerate(self._forms):
            for pair, _ in form:
                pairs.setdefault(pair, []).append(j)
        for key in bare:
            for a in range(len(key)):
                for b in range(a + 1, len(key)):
                    beta = key[:a] + key[a + 1 : b] + key[b + 1 :]
                    for j in pairs.get((key[a], key[b]), []):
                        if (j, beta) not in seen:
                            seen.add((j, beta))
                            yield j, beta
        rows = self._writer.relaxation.blocks.map.tocsc()
        rank = {
            key: int(np.searchsorted(self._writer.relaxation.monomials, monomials.rank(np.array([key]))[0]))
            for key in bare
        }
        start, sizes = self._writer.identity.scalars, self._writer.identity.sizes
        first = start + np.r_[0, np.cumsum(svec.length(sizes[start:]))]
        for column in rank.values():
            for at in rows.indices[rows.indptr[column] : rows.indptr[column + 1]].tolist():
                if at >= start and at not in seen:
                    seen.add(at)
                    k = int(np.searchsorted(first, at, side="right") - 1)
                    i, j = svec.pair(np.array([at - first[k]]))
                    source = (k, int(j[0]), int(i[0]))
                    if fractions or all(c.denominator == 1 for c in self.column(source).values()):
                        yield source

    def solve(
        self, bare: dict[tuple[int, ...], Fraction], fractions: bool = False
    ) -> dict[tuple[Any, ...], Fraction] | None:
        """Multiples of columns that give exactly the bare coefficients (others change too); None if impossible."""
        # all monomials without an entry of their own take part, so that nothing is moved onto one of them
        rows, queue = set(bare), set(bare)
        pivots: dict[tuple[int, ...], tuple[Sparse, Sparse]] = {}
        for source in self._closure(rows, queue, fractions):
            vector = {key: c for key, c in self.column(source).items() if key not in self._single}
            combination: Sparse = {source: Fraction(1)}
            _reduce(vector, combination, pivots)
            if vector:
                pivot = min(vector, key=lambda key: (abs(vector[key]) != 1, -len(key), key))
                pivots[pivot] = (vector, combination)
        target, answer = dict(bare), {}
        _reduce(target, answer, pivots)
        return None if target else {source: -c for source, c in answer.items() if c}

    def _closure(self, rows: set[Any], queue: set[Any], fractions: bool) -> Iterator[tuple[Any, ...]]:
        """Candidates for the bare monomials and for the entry-less monomials that those bring in."""
        done: set[Any] = set()
        while queue:
            new: set[Any] = set()
            for source in self._candidates(queue, fractions):
                if source not in done:
                    done.add(source)
                    new |= {key for key in self.column(source) if key not in self._single} - rows
                    yield source
            rows |= new
            queue = new


def _reduce(vector: Sparse, combination: Sparse, pivots: dict[Any, tuple[Sparse, Sparse]]) -> None:
    """Subtract multiples of the pivots until no pivot monomial is left; both arguments change in place."""
    while True:
        key = next((k for k in vector if k in pivots), None)
        if key is None:
            return
        other, how = pivots[key]
        factor = vector[key] / other[key]
        for target, source in ((vector, other), (combination, how)):
            for k, c in source.items():
                value = target.get(k, Fraction(0)) - factor * c
                if value:
                    target[k] = value
                else:
                    target.pop(k, None)
