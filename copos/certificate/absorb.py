"""Closing an identity exactly: what rounding left over goes into Gram matrices and multipliers.

Every matrix block is written as G = FF'/4^k + D with D = hold·I at first. An entry of a block that is a single
monomial c·x^α takes the missing coefficient of x^α into D; D stays diagonally dominant because what is missing is
much smaller than what was held back. Monomials that no such entry holds (facial reduction dropped the rows) are first
moved to others by multiples x^β E_j of the vanishing forms, an exact linear system on those few monomials; where these
are not enough, by the equations e^ℓ A_i, which changes the bound by as little as is left over.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic import monomials, svec
from copos.certificate import rounding
from copos.certificate.dual import Dual
from copos.certificate.exact_sums import over
from copos.certificate.problem import exact
from copos.certificate.writer import Writer
from copos.checker import check_identity

Vector = NDArray[np.float64]
Sparse = dict[Any, Fraction]
Entry = tuple[int, int, int]  # block, row, column ≤ row


def written(writer: Writer, found: Dual) -> tuple[dict[str, Any], Fraction] | str:
    """(proof, bound) with exact numbers, or why not: by the inequality of means where it is enough."""
    return writer.covered(found) if writer.covers else closed(writer, found, writer.hold(found.g))


def closed(writer: Writer, found: Dual, hold: float) -> tuple[dict[str, Any], Fraction] | str:
    """(proof, bound) whose identity holds exactly, or why not."""
    reason, entries = "", _Entries.of(writer)
    for _ in range(writer.margins.attempts):
        held = rounding.dyadic(hold, 20, hold)
        helds = [held / 4**m for m in writer.shift]
        terms, kept = writer.rounded_terms(found, float(held), everywhere=True)
        lam, multipliers = writer.rounded_multipliers(found)
        proof, value = writer.proof(lam, multipliers, terms)
        grams = [term["gram"] for term in terms[len(terms) - len(helds) :]]
        orders = [len(g["factor"]) for g in grams]
        defects: list[Sparse] = [{(i, i): h for i in range(n)} for n, h in zip(orders, helds, strict=True)]
        missing = _missing(writer, proof, grams, helds, kept, lam)
        if missing is None:
            return "the equations leave monomials that the level does not have"
        extra: dict[tuple[int, ...], Fraction] = {}
        bare = {a: c for a, c in missing.items() if not entries.count[a]}
        if bare:
            moved = _moved(writer, entries, bare) if writer.movable else None
            if moved is None:
                return f"{len(bare)} monomials are in no block entry that could take what rounding left over"
            for source, amount, column in moved:
                for a, c in column.items():
                    missing[a] = missing.get(a, Fraction(0)) - amount * c
                if source[0] == "y":
                    proof, value = _shifted(writer, proof, value, source[1], amount)
                elif isinstance(source[1], tuple):
                    extra[(source[0], *source[1])] = amount
                else:
                    _put(defects, source, amount)
        _spread(missing, entries, defects, [4.0**m for m in writer.shift])
        short = max((_short(d) * 4**m for d, m in zip(defects, writer.shift, strict=True)), default=Fraction(0))
        if short <= 0:
            for g, defect in zip(grams, defects, strict=True):
                g["defect"], g["defect_bits"] = _plain(defect)
            proof["multipliers"] = _merged(proof["multipliers"], extra)
            return proof, value
        reason = f"after rounding, {float(short):.3g} is missing on a diagonal"
        hold += 2 * float(short)
        if (found.floors()[writer.identity.scalars :] < hold).any():
            return reason
    return reason


def _shifted(
    writer: Writer, proof: dict[str, Any], value: Fraction, i: int, amount: Fraction
) -> tuple[dict[str, Any], Fraction]:
    """The proof with y_i + amount, and its bound."""
    y = [exact(Fraction(v) + amount) if k == i else v for k, v in enumerate(proof["y"])]
    value += amount * Fraction(writer.checked.equations[i][1])
    return {**proof, "y": y, "value": exact(value)}, value


def _plain(defect: Sparse) -> tuple[list[list[Any]], int]:
    """A defect as the checker reads it: integers over 2^bits where the denominators are powers of two."""
    entries = [(i, j, c) for (i, j), c in sorted(defect.items()) if c]
    bottom = max((c.denominator & -c.denominator for _, _, c in entries), default=1)
    return [[i, j, exact(c * bottom)] for i, j, c in entries], bottom.bit_length() - 1


def _missing(
    writer: Writer, proof: dict[str, Any], grams: list[dict[str, Any]], helds: list[Fraction], kept: Vector, lam: Vector
) -> dict[int, Fraction] | None:
    """Coefficients that the terms and diag(held) still lack; what is evidently nonnegative may stay.

    `kept` are the scalar Gram matrices and `lam` the multipliers as they were rounded.
    """
    p = writer.checked
    form = dict(p.objective)
    for y, (A, _) in zip(proof["y"], p.equations, strict=True):
        for key, a in A.items():
            form[key] = form.get(key, 0) - Fraction(y) * a
    covered = _covered(writer, grams, helds, kept, lam)
    if covered is None:  # slower, whatever the data are
        for g, h in zip(grams, helds, strict=True):
            g["defect"] = [[i, i, exact(h)] for i in range(len(g["factor"]))]
        terms, multipliers, covered = proof["terms"], proof["multipliers"], (np.zeros(0, dtype=object), 0)
    else:
        terms, multipliers = [], []
    left, scale = check_identity.rest(p, form, proof["level"], terms, multipliers)
    total: dict[int, Fraction] = {}
    if left:
        place = writer.columns(np.array(list(left)))
        if (place < 0).any():
            return None
        total = {m: Fraction(c, scale) for m, c in zip(place.tolist(), left.values(), strict=True)}
    unit = Fraction(1, 1 << covered[1])
    for m in np.flatnonzero(covered[0]).tolist():
        total[m] = total.get(m, 0) - covered[0][m] * unit
    return {m: c for m, c in total.items() if c and not (writer.known[m] and c > 0)}


def _covered(
    writer: Writer, grams: list[dict[str, Any]], helds: list[Fraction], kept: Vector, lam: Vector
) -> tuple[Any, int] | None:
    """(n, k) with n / 2^k what terms, diag(held) and multipliers contribute per monomial; None if that is not exact."""
    sums, scalars = writer.sums, writer.identity.scalars
    if sums is None or writer.margins.bits > 52:  # a factor may not fit floating point
        return None
    parts = []
    for k, (g, h, f) in enumerate(zip(grams, helds, writer.factors, strict=True)):
        found = sums.block(k, np.array(g["factor"], dtype=float) * np.array(f, dtype=float)[:, None])
        if found is None:
            return None
        parts.append((found, 2 * g["bits"] + sums.map_bits))
        (top,), bits = over([h])
        parts.append((sums.diagonal(k, [top * v * v for v in f]), bits + sums.map_bits))
    averaged = len(lam) - sums.equations
    for values, add, more in (
        (kept[:scalars] * writer.identity.scale[:scalars] ** -2.0, sums.scalar, sums.map_bits),
        (lam[averaged:], sums.multiples, sums.equation_bits),
    ):
        used = np.flatnonzero(values)
        tops, bits = over([Fraction(v) for v in values[used].tolist()])
        parts.append((add(used, tops), bits + more))
    most = max(bits for _, bits in parts)
    return sum(part * (1 << most - bits) for part, bits in parts), most


class _Entries(NamedTuple):
    """Entries of matrix blocks that are one monomial, sorted by it: block, row, column ≥ row, coefficient in <D, B>."""

    first: list[int]  # (monomials + 1,) where those of a monomial begin
    count: Any
    block: list[int]
    row: list[int]
    column: list[int]
    coefficient: list[float]
    start: list[int]  # first row of every block, all rows of all blocks end to end

    @classmethod
    def of(cls, writer: Writer) -> _Entries:
        rows, sizes = writer.relaxation.blocks.map, writer.identity.sizes[writer.identity.scalars :]
        at = writer.identity.scalars + np.flatnonzero(np.diff(rows.indptr)[writer.identity.scalars :] == 1)
        first = writer.identity.scalars + np.r_[0, np.cumsum(svec.length(sizes))]
        block = np.searchsorted(first, at, side="right") - 1
        i, j = svec.pair(at - first[block])
        start = np.cumsum(sizes) - sizes
        f = np.array([v for factor in writer.factors for v in factor], dtype=float)
        c = rows.data[rows.indptr[at]] * f[start[block] + i] * f[start[block] + j] * np.where(i == j, 1, 2)
        monomial = rows.indices[rows.indptr[at]]
        order = np.argsort(monomial, kind="stable")
        count = np.bincount(monomial, minlength=rows.shape[1])
        ends = np.r_[0, np.cumsum(count)].tolist()
        block, i, j, c = (a[order].tolist() for a in (block, i, j, c))
        return cls(ends, count, block, i, j, c, start.tolist())


def _put(defects: list[Sparse], entry: Entry, amount: Fraction) -> None:
    k, i, j = entry
    defects[k][i, j] = defects[k].get((i, j), Fraction(0)) + amount


def _spread(missing: dict[int, Fraction], entries: _Entries, defects: list[Sparse], units: list[float]) -> None:
    """Give every missing coefficient to the entry whose rows carry least so far."""
    load: dict[int, float] = {}
    for m, r in missing.items():
        if not r:
            continue
        size, best = abs(float(r)), (np.inf, 0, 0, 0, 0.0)
        for e in range(entries.first[m], entries.first[m + 1]):
            k, c = entries.block[e], entries.coefficient[e]
            i, j = entries.start[k] + entries.row[e], entries.start[k] + entries.column[e]
            amount = size / abs(c) * units[k]
            burden = max(load.get(i, 0.0), load.get(j, 0.0)) + amount
            if burden < best[0]:
                best = burden, e, i, j, amount
        _, e, i, j, amount = best
        # the checker reads the lower triangle: row ≥ column
        _put(defects, (entries.block[e], entries.column[e], entries.row[e]), r / Fraction(entries.coefficient[e]))
        for row in {i, j}:
            load[row] = load.get(row, 0.0) + amount


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
    if not extra:
        return multipliers
    total = {tuple(m[:-1]): Fraction(m[-1]) for m in multipliers}
    for key, c in extra.items():
        total[key] = total.get(key, Fraction(0)) + c
    return [[*key, exact(c)] for key, c in total.items() if c]


def _moved(
    writer: Writer, entries: _Entries, bare: dict[int, Fraction]
) -> list[tuple[tuple[Any, ...], Fraction, dict[int, Fraction]]] | None:
    """Multiples of columns that take the bare monomials, as (source, amount, its coefficients)."""
    keys = [tuple(key) for key in writer.exponents.tolist()]
    columns = _Columns(writer, {keys[m] for m in np.flatnonzero(entries.count)})
    named = {keys[m]: c for m, c in bare.items()}
    # integer columns keep denominators short; data of many bits may leave no others
    moved = columns.solve(named)
    moved = columns.solve(named, fractions=True) if moved is None else moved
    if moved is None:
        return None
    place = {key: m for m, key in enumerate(keys)}
    return [(source, amount, {place[a]: c for a, c in columns.column(source).items()})
            for source, amount in moved.items()]  # fmt: skip


class _Columns:
    """Multiples x^β E_j, and block entries of several monomials, as columns over monomials, exactly."""

    def __init__(self, writer: Writer, single: set[tuple[int, ...]]) -> None:
        self._writer = writer
        self._forms = [[(tuple(t[:2]), Fraction(t[2])) for t in form] for form in writer.problem["vanishing"]]
        self._level = writer.relaxation.level
        self._single = single

    def column(self, source: tuple[Any, ...]) -> dict[tuple[int, ...], Fraction]:
        """(j, β) stands for x^β E_j, ("y", i) for e^ℓ A_i, (block, row, column) for an entry of a block, or two."""
        if source[0] == "y":
            p = self._writer.checked
            power = dict(p.equations[source[1]][0])
            for _ in range(self._level):
                power = check_identity.product(power, p.unit)
            return {key: Fraction(c) for key, c in power.items() if c}
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
        """Candidates for the bare monomials and for the entry-less ones that those bring in; the equations last."""
        done: set[Any] = set()
        averaged = [("y", i) for i in range(self._writer.averaged)] if fractions else []
        while queue or averaged:
            new: set[Any] = set()
            for source in self._candidates(queue, fractions) if queue else averaged:
                if source not in done:
                    done.add(source)
                    new |= {key for key in self.column(source) if key not in self._single} - rows
                    yield source
            averaged = averaged if queue else []
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
