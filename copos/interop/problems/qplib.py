"""QPLIB's format (.qplib): what is there depends on a word of three letters, as in QCB.

    first, the objective      L linear, D diagonal convex, C convex, Q quadratic: all but L have a matrix
    second, the variables     C continuous, B binary, M continuous and binary, I integer, G of all kinds
    third, the constraints    N none, B bounds only, L linear, D, C or Q quadratic

min or max ½ Σ q⁰_ij x_i x_j + b⁰'x + q⁰ over low_k ≤ ½ Σ q^k_ij x_i x_j + b^k'x ≤ high_k and bounds, sums over the
entries i ≥ j that are given: a product x_i x_j has half of its entry as coefficient. So the files of the library are
meant, as the values and points published with them show; x'Qx with the symmetric matrix would count products twice. Of
a vector there is a default and what differs from it. What D and C say of convexity is not used. After the values of a
line may follow words that explain them.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from copos.arithmetic.rationals import Rational
from copos.interop.problems.builder import Builder, Terms
from copos.interop.problems.lines import ROWS, VARIABLES, Lines, number, shown, whole
from copos.reformulation.quadratic.value import QuadraticProgram

Limits = list[Rational | None]
LETTERS = ("LDCQ", "CBMIG", "NBLDCQ")


def read(file: Path) -> QuadraticProgram:
    """The program of a file, with its names, or x1, …, xn.

    Raises
    ------
    ValueError
        If the file is no such file; the message names the line.

    References
    ----------
    [Furini2019, Appendix B]
    """
    lines = Lines(file, comments="#!%", loose=True)
    _, title = lines.take("the name of the problem", 1)
    at, (letters,) = lines.take("three letters: the kinds of objective, variables and constraints", 1)
    letters = letters.upper()
    if len(letters) != 3 or any(a not in of for a, of in zip(letters, LETTERS, strict=True)):
        raise ValueError(f"line {at}: expected a letter of each of {', '.join(LETTERS)}, got {shown(letters)}")
    at, (sense,) = lines.take("minimize or maximize", 1)
    if sense.lower() not in ("minimize", "maximize"):
        raise ValueError(f"line {at}: expected minimize or maximize, got {shown(sense)}")
    n = lines.count("the number of variables", 1, VARIABLES)
    m = 0 if letters[2] in "NB" else lines.count("the number of constraints", 0, ROWS)
    out = Builder()
    out.sense = sense.lower()[:3]
    _objective(lines, out, letters, n)
    rows = [Terms() for _ in range(m)]
    infinity, low, high = _constraints(lines, rows, letters, n)
    _variables(lines, out, letters, n, infinity)
    _starting_points(lines, n, m)
    names = _names(lines, n, "x", "variable")
    places = _names(lines, m, "c", "constraint")
    lines.end("the names of the constraints")
    out.rename(names)
    for name, terms, a, b in zip(places, rows, low, high, strict=True):
        out.row(name, terms, a, b)
    return out.done(" ".join(title))


def _objective(lines: Lines, out: Builder, letters: str, n: int) -> None:
    if letters[0] != "L":
        out.objective.pairs = [(i, j, v) for _, _, i, j, v in _matrices(lines, None, n, "the matrix of the objective")]
    default, found = _vector(lines, n, "linear terms of the objective")
    if default:
        found = dict.fromkeys(range(n), default) | found
    out.objective.linear = list(found.items())
    at, (word,) = lines.take("the constant of the objective", 1)
    out.objective.constant = number(at, word)


def _constraints(
    lines: Lines, rows: list[Terms], letters: str, n: int
) -> tuple[Rational, Limits, Limits]:
    """The terms go into `rows`; the value for infinity, the left and the right bounds."""
    m = len(rows)
    if m and letters[2] in "DCQ":
        for _, k, i, j, v in _matrices(lines, m, n, "the matrices of the constraints"):
            rows[k].pairs.append((i, j, v))
    if m:
        seen: dict[tuple[int, int], int] = {}
        for _ in range(lines.entries("linear terms of the constraints")):
            at, words = lines.take("constraint, variable and value", 3)
            k, i = whole(at, words[0], "a constraint", 1, m) - 1, whole(at, words[1], "a variable", 1, n) - 1
            _once(seen, (k, i), at)
            rows[k].linear.append((i, number(at, words[2])))
    at, (word,) = lines.take("the value for infinity", 1)
    infinity = number(at, word)
    if infinity <= 0:
        raise ValueError(f"line {at}: expected a positive value for infinity, got {shown(word)}")
    low = _bounds(lines, m, "left-hand sides", infinity, -1) if m else []
    high = _bounds(lines, m, "right-hand sides", infinity, 1) if m else []
    return infinity, low, high


def _variables(lines: Lines, out: Builder, letters: str, n: int, infinity: Rational) -> None:
    for j in range(n):
        out.place(f"x{j + 1}")
    if letters[1] == "B":
        low: Limits = [0] * n
        high: Limits = [1] * n
    else:
        low = _bounds(lines, n, "lower bounds of the variables", infinity, -1)
        high = _bounds(lines, n, "upper bounds of the variables", infinity, 1)
    kinds: list[Rational] = [int(letters[1] in "BI")] * n
    if letters[1] in "MG":
        default, found = _vector(lines, n, "kinds of variables (0 continuous, 1 integer, 2 binary)", (0, 1, 2))
        kinds = [found.get(j, default) for j in range(n)]
    for variable, a, b, kind in zip(out.variables, low, high, kinds, strict=True):
        variable.lower, variable.upper, variable.integer = a, b, kind > 0
        if kind == 2:
            variable.lower, variable.upper = max(a or 0, 0), 1 if b is None else min(b, 1)


def _starting_points(lines: Lines, n: int, m: int) -> None:
    """Read, because there may be errors in them, and not used."""
    _vector(lines, n, "starting point")
    if m:
        _vector(lines, m, "starting multipliers of the constraints")
    _vector(lines, n, "starting multipliers of the bounds")


def _matrices(lines: Lines, m: int | None, n: int, what: str) -> Iterator[tuple[int, int, int, int, Rational]]:
    """(line, k, i, j, coefficient of x_i x_j), half of what is given; without m, of one matrix, k = 0."""
    seen: dict[tuple[int, int, int], int] = {}
    width = 3 if m is None else 4
    for _ in range(lines.entries(what)):
        at, words = lines.take("row, column and value" if m is None else "constraint, row, column and value", width)
        k = 0 if m is None else whole(at, words[0], "a constraint", 1, m) - 1
        i, j = (whole(at, word, "a variable", 1, n) - 1 for word in words[-3:-1])
        if i < j:
            raise ValueError(f"line {at}: row {i + 1}, column {j + 1} is above the diagonal; "
                             "expected the lower triangle")  # fmt: skip
        _once(seen, (k, i, j), at)
        yield at, k, i, j, Fraction(number(at, words[-1])) / 2


def _vector(
    lines: Lines, n: int, what: str, among: tuple[int, ...] = ()
) -> tuple[Rational, dict[int, Rational]]:
    """A default and the entries that are given."""

    def value(at: int, word: str) -> Rational:
        found = number(at, word)
        if among and found not in among:
            raise ValueError(f"line {at}: expected one of {', '.join(map(str, among))} ({what}), got {shown(word)}")
        return found

    at, (word,) = lines.take(f"the default of the {what}", 1)
    default = value(at, word)
    seen: dict[int, int] = {}
    found: dict[int, Rational] = {}
    for _ in range(lines.entries(what)):
        at, words = lines.take(f"index and value of the {what}", 2)
        j = whole(at, words[0], "an index", 1, n) - 1
        _once(seen, j, at)
        found[j] = value(at, words[1])
    return default, found


def _bounds(lines: Lines, n: int, what: str, infinity: Rational, sign: int) -> Limits:
    """None where they are infinite; an infinity of the wrong sign is an error."""
    start = lines.number
    default, found = _vector(lines, n, what)
    every = [found.get(j, default) for j in range(n)]
    if any(-sign * v >= infinity for v in every):
        raise ValueError(f"line {start}: one of the {what} is infinite on the wrong side")
    return [None if sign * v >= infinity else v for v in every]


def _names(lines: Lines, n: int, letter: str, what: str) -> list[str]:
    names = [f"{letter}{j + 1}" for j in range(n)]
    seen: dict[int, int] = {}
    for _ in range(lines.entries(f"names of {what}s")):
        at, words = lines.take("index and name", 2)
        j = whole(at, words[0], f"a {what}", 1, n) - 1
        _once(seen, j, at)
        names[j] = words[1]
    if len(set(names)) != n:
        raise ValueError(f"line {lines.last}: two {what}s have one name")
    return names


def _once(seen: dict, key: object, at: int) -> None:
    if key in seen:
        raise ValueError(f"line {at}: this entry was given in line {seen[key]} already")
    seen[key] = at
