"""SDPA's sparse format (.dat-s): a conic form for other people's solvers, and back.

SDPA's primal is  min c'x  s.t.  Σ_i x_i F_i − F_0 ⪰ 0  in block-diagonal symmetric matrices. The form
min c'x + offset, b − A x ∈ K, has that shape with F_0 = −mat b, F_i = −mat a_i (a_i the columns of A). Block by block:

zero            0 = b − Ax as a pair of inequalities: a diagonal block with the rows b − Ax, then the rows Ax − b
nonnegative     one diagonal block
second-order    (t, u) as the arrow [[t, u'], [u, tI]], which is ⪰ 0 iff |u| ≤ t; one block each
psd             one block each; entries are those of the matrix, without the √2 of the svec

A first comment line keeps what the format has no place for: the kinds of the cones and the offset, which other solvers
leave out of their values. Files of others are read without it: their diagonal blocks are nonnegative rows.

Numbers are written so that what `read_sdpa` returns is equal to what was written, to the last bit. An off-diagonal
entry v stands for √2·v; where no double v has fl(√2·v) equal to the row's entry, more digits than a double has are
written.
"""

from __future__ import annotations

import json
import re
from decimal import Context, Decimal
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from copos.arithmetic import ragged, svec
from copos.conic import Cones, ConicForm
from copos.support.files import replacing

Index = NDArray[Any]

MARK = '"copos '
LARGEST = 10**7  # order of a block, number of blocks or variables; beyond this a file is not meant for any solver
ROWS = 5 * 10**7  # of the form: SDPLIB's largest file, maxG60, has 24.5 million
_EXACT = Context(prec=40)
_ROOT = _EXACT.sqrt(Decimal(2))
_LONG = 26  # significant digits of an entry between two doubles; a double never needs more than 17
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_PUNCTUATION = str.maketrans("(){},", "     ")


def write_sdpa(form: ConicForm, path: str | Path, title: str = "") -> None:
    """Write min c'x + offset, b − A x ∈ K, as an SDPA sparse file.

    Parameters
    ----------
    form : with at least one variable and one row
    path : where to; by custom it ends in .dat-s
    title : a second comment line

    Raises
    ------
    ValueError
        If the form has no variable or no row, which the format cannot say.

    Examples
    --------
    >>> import tempfile
    >>> form = ConicForm([1.0], -svec.svec(np.eye(2))[:, None], svec.svec([[0, 1], [1, 0]]), Cones(psd=(2,)))
    >>> path = Path(tempfile.mkdtemp()) / "small.dat-s"
    >>> write_sdpa(form, path)                                     # min t, [[t, 1], [1, t]] ⪰ 0
    >>> print(path.read_text().split(chr(10), 1)[1].strip())
    1
    1
    2
    1.0
    0 1 1 2 -1.0
    1 1 1 1 1.0
    1 1 2 2 1.0
    """
    if min(form.shape) == 0:
        raise ValueError(f"an SDPA file needs a variable and a row, the form has {form.shape[1]} and {form.shape[0]}")
    K = form.cones
    table, value, half = _entries(form)
    text = _numbers(value, half)
    kinds = {"zero": K.zero, "nonnegative": K.nonnegative, "second_order": K.second_order, "psd": K.psd}
    head = [MARK + json.dumps({**kinds, "offset": form.offset})]
    head += ['"' + line for line in title.splitlines()]
    sizes = _layout(K)[0]
    head += [str(form.shape[1]), str(len(sizes)), " ".join(map(str, sizes)), " ".join(map(repr, form.c.tolist()))]
    with replacing(path, "w", "utf-8") as handle:
        handle.write("\n".join(head) + "\n")
        rows = zip(*table.tolist(), text, strict=True)
        handle.writelines(f"{k} {b + 1} {i + 1} {j + 1} {v}\n" for k, b, i, j, v in rows)


def read_sdpa(path: str | Path) -> ConicForm:
    r"""Read an SDPA sparse file; exact for files of `write_sdpa`, and any other that keeps to the format.

    Raises
    ------
    ValueError
        If the file is missing or is not what the format says; the message tells the line or the entry.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "theirs.dat-s"
    >>> _ = path.write_text("2 = m\n2 blocks\n{2, -1}\n{1, 1}\n0 1 1 2 1\n1 1 1 1 1\n2 1 2 2 1\n2 2 1 1 4\n")
    >>> form = read_sdpa(path)              # min x + y, [[x, −1], [−1, y]] ⪰ 0, 4y ≥ 0
    >>> form.cones, form.c.tolist()
    (Cones(zero=0, nonnegative=1, second_order=(), psd=(2,)), [1.0, 1.0])
    """
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: not a readable text file ({error})") from None
    try:
        return _parse(lines)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


class _Places(NamedTuple):
    """Where the rows of a form stand in block matrices, end to end: row r has count[r] places from start[r]."""

    start: Index
    count: Index
    block: Index
    row: Index
    col: Index
    sign: Index  # the entry is sign times the row's value …
    half: Index  # … divided by √2


def _layout(K: Cones) -> tuple[list[int], _Places]:
    """Sizes of the file's blocks, negative for diagonal ones, and where the rows of K go."""
    sizes: list[int] = []
    parts: list[tuple[Index, ...]] = []  # (owner, block, row, col, sign, half)
    for kind, n, at in K.slices():
        if n == 0:
            continue
        owner, local = np.arange(at.start, at.stop), np.arange(at.stop - at.start)
        if kind == "psd":
            row, col = svec.pair(local)
            sign = np.ones(len(local))
        elif kind == "second_order":  # t on the diagonal, u in the first row
            owner, local = np.r_[np.full(n, at.start), owner[1:]], np.arange(n)
            row, col = np.r_[local, 0 * local[1:]], np.r_[local, local[1:]]
            sign = np.ones(len(row))
        else:
            copies = 2 if kind == "zero" else 1
            owner, sign = np.tile(owner, copies), np.repeat([1.0, -1.0][:copies], n)
            row = col = np.arange(copies * n)
        block = np.full(len(row), len(sizes))
        parts.append((owner, block, row, col, sign, (row != col) & (kind == "psd")))
        sizes.append(n if kind in ("psd", "second_order") else -len(row))
    owner, block, row, col, sign, half = (np.concatenate(part) for part in zip(*parts, strict=True))
    by = np.argsort(owner, kind="stable")
    count = np.bincount(owner, minlength=K.rows)
    return sizes, _Places(np.cumsum(count) - count, count, block[by], row[by], col[by], sign[by], half[by])


def _entries(form: ConicForm) -> tuple[Index, Index, Index]:
    """(matrix, block, row, column) of all nonzero entries of F_0 … F_m, sorted; their values times √2 where `half`."""
    at = _layout(form.cones)[1]
    whole = sp.csc_array(sp.hstack([sp.csc_array(-form.b[:, None]), -form.A], format="csc"))
    owner, place = ragged.expand(at.start[whole.indices], at.count[whole.indices])
    matrix = np.repeat(np.arange(whole.shape[1]), np.diff(whole.indptr))[owner]
    table = np.stack([matrix, at.block[place], at.row[place], at.col[place]])
    value = whole.data[owner] * at.sign[place]
    order = np.lexsort(table[::-1])
    order = order[value[order] != 0]
    return table[:, order], value[order], at.half[place][order]


def _numbers(value: Index, half: Index) -> list[str]:
    """Shortest decimal text of every value, or of value/√2 where `half`, that `_doubles` reads back."""
    v = np.where(half, value / svec.SQRT2, value)
    lost = np.flatnonzero(half & (v * svec.SQRT2 != value))
    for direction in (-np.inf, np.inf):  # a neighbour may do
        near = np.nextafter(v[lost], direction)
        found = near * svec.SQRT2 == value[lost]
        v[lost[found]] = near[found]
        lost = lost[~found]
    text = list(map(repr, v.tolist()))
    for k in lost.tolist():
        exact = _EXACT.divide(Decimal(float(value[k])), _ROOT)
        text[k] = f"{exact:.{_LONG - 1}e}"
    return text


def _doubles(text: list[str], half: Index) -> Index:
    """Values of entries, times √2 where `half`; long numbers are multiplied before they are rounded."""
    value = np.array(text, dtype=float)
    out = np.where(half, value * svec.SQRT2, value)
    for k in np.flatnonzero(half).tolist():
        if len(text[k]) >= _LONG and sum(c.isdigit() for c in text[k].lower().split("e")[0]) >= _LONG:
            out[k] = float(_EXACT.multiply(Decimal(text[k]), _ROOT))
    return out


def _parse(lines: list[str]) -> ConicForm:
    comments = [line for line in lines if line[:1] in ('"', "*")]
    body = [line for line in lines if line.strip() and line[:1] not in ('"', "*")]
    if len(body) < 4:
        raise ValueError("expected lines with the number of variables, the number of blocks, their sizes, and c")
    m, blocks = (_first_integer(line, what) for line, what in zip(body, ("variables", "blocks"), strict=False))
    given = body[2].translate(_PUNCTUATION).split()[:blocks]
    sizes = [int(word) for word in given if re.fullmatch(r"[+-]?[0-9]{1,18}", word)]
    if len(sizes) < blocks or not all(0 < abs(n) <= LARGEST for n in sizes):
        raise ValueError(f"expected {blocks} sizes of blocks, integers, none of them 0, got {body[2][:60]!r}")
    rows = sum(svec.length(n) if n > 0 else -n for n in sizes)
    if rows > ROWS:
        raise ValueError(f"announces blocks with {rows} rows in all; expected at most {ROWS}")
    words: list[str] = []
    taken = 3
    while len(words) < m and taken < len(body):
        words += body[taken].translate(_PUNCTUATION).split()
        taken += 1
    if len(words) != m:
        raise ValueError(f"expected {m} numbers for c, got {len(words)}")
    flat = " ".join(body[taken:]).translate(_PUNCTUATION).split()
    odd = next((word for word in (*words, *flat) if not _NUMBER.fullmatch(word)), None)
    if odd is not None:
        kind = "one that is not finite" if odd.lower().strip("+-") in ("nan", "inf", "infinity") else "no number"
        raise ValueError(f"expected numbers, got {odd[:60]!r}, {kind}")
    if len(flat) % 5:
        raise ValueError(f"expected entries of five numbers: matrix, block, row, column, value; got {len(flat)} in all")
    try:
        c = np.array(words, dtype=float)
        k, block, row, col = (np.array(flat[place::5], dtype=np.int64) for place in range(4))
        np.array(flat[4::5], dtype=float)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"expected numbers: {error}") from None
    row, col = np.minimum(row, col) - 1, np.maximum(row, col) - 1
    extent = np.abs(sizes)[np.clip(block - 1, 0, blocks - 1)]
    diagonal = np.array(sizes)[np.clip(block - 1, 0, blocks - 1)] < 0
    bad = (k < 0) | (k > m) | (block < 1) | (block > blocks) | (row < 0) | (col >= extent) | diagonal & (row != col)
    if bad.any():
        at = 5 * int(np.flatnonzero(bad)[0])
        raise ValueError(f"entry {' '.join(flat[at : at + 5])} is outside its matrix, block or diagonal")
    return _form(c, sizes, np.stack([k, block - 1, row, col]), flat[4::5], _noted(comments, sizes))


def _first_integer(line: str, what: str) -> int:
    found = re.match(r"\s*\+?([0-9]{1,18})(?![0-9.eE])", line)
    if found is None or not 0 < int(found[1]) <= LARGEST:
        raise ValueError(f"expected the number of {what}, from 1 to {LARGEST}, got {line[:60]!r}")
    return int(found[1])


def _noted(comments: list[str], sizes: list[int]) -> tuple[Cones, float] | None:
    """Cones and offset as `write_sdpa` noted them."""
    for line in comments:
        if line.startswith(MARK):
            try:
                note = json.loads(line[len(MARK) :])
                dimensions = (tuple(map(int, note[kind])) for kind in ("second_order", "psd"))
                cones = Cones(int(note["zero"]), int(note["nonnegative"]), *dimensions)
                offset = float(note["offset"])
            except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
                raise ValueError(f"the comment {line[:60]!r} does not describe cones") from None
            if not np.isfinite(offset):
                raise ValueError(f"the comment {line[:60]!r} has an offset that is not finite")
            # compared first, because a layout is as large as what it lays out
            if cones.rows > sum(svec.length(abs(n)) for n in sizes) or _layout(cones)[0] != sizes:
                raise ValueError(f"the comment describes {cones}, which does not have blocks of sizes {sizes[:20]}")
            return cones, offset
    return None


def _form(c: Index, sizes: list[int], table: Index, text: list[str], kept: tuple[Cones, float] | None) -> ConicForm:
    """The form with the entries (matrix, block, row, column) of a file."""
    if kept is None:  # diagonal blocks are nonnegative rows, whatever their place
        cones, offset = Cones(0, -sum(n for n in sizes if n < 0), (), tuple(n for n in sizes if n > 0)), 0.0
        kinds = ["psd" if n > 0 else "nonnegative" for n in sizes]
    else:
        cones, offset = kept
        kinds = [kind for kind, n, _ in cones.slices() if n]
    kind = np.array(kinds)
    length = np.array([svec.length(abs(n)) if k == "psd" else abs(n) for n, k in zip(sizes, kinds, strict=True)])
    length[kind == "zero"] //= 2
    by_kind = np.argsort(kind == "psd", kind="stable")  # in the order of the form's rows
    first = np.empty(len(sizes), dtype=np.int64)
    first[by_kind] = np.cumsum(length[by_kind]) - length[by_kind]

    matrix, block, row, col = table
    arrow, psd = (kind == "second_order")[block], (kind == "psd")[block]
    if (arrow & (row != col) & (row > 0)).any():
        raise ValueError("a block that the comment calls second-order has an entry outside its arrow")
    line = first[block] + np.where(psd, svec.position(row, col), np.where(arrow, col, row))
    copy = arrow & (row == col) & (row > 0) | (kind == "zero")[block] & (row >= cones.zero)
    half = psd & (row != col)
    value = _doubles(text, half)
    keep = ~copy & (value != 0)
    whole = sp.csc_array((-value[keep], (line[keep], matrix[keep])), shape=(cones.rows, len(c) + 1))
    form = ConicForm(c, whole[:, 1:], whole[:, [0]].toarray()[:, 0], cones, offset)

    order = np.lexsort(table[::-1])
    order = order[value[order] != 0]
    if (np.diff(table[:, order], axis=1) == 0).all(axis=0).any():
        raise ValueError("an entry is given twice")
    if kept is not None:  # the copies of a row must say the same
        again, values, _ = _entries(form)
        if not (np.array_equal(again, table[:, order]) and np.array_equal(values, value[order])):
            raise ValueError("the two halves of the equations, or the diagonal of an arrow, disagree")
    return form
