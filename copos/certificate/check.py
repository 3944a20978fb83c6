"""Decide, in exact arithmetic, whether a certificate proves its claim.

    python check.py certificate.json [problem.json]

Standard library only (python-flint, if present, multiplies integer matrices sooner with the same result). The five
files check*.py import nothing else of the package and share no code with what finds proofs; copied into one folder
they run without it. Exit status 0: proved, 1: rejected, 2: unreadable.

One primitive carries the floating-point work: for a rational M, an integer B and R = M − BB'/4^k,
    R_ii ≥ Σ_{j≠i} max(0, −R_ij) for all i  ⇒  M = BB'/4^k + (diagonally dominant) + (nonnegative) is copositive.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from math import ceil, lcm
from typing import Any, NamedTuple

try:
    from copos.certificate import check_branched as branched
    from copos.certificate import check_charts as charts
    from copos.certificate import check_identity as identity
    from copos.certificate import check_reading as read
    from copos.certificate.check_reading import Number, Rejected, Unreadable
except ImportError:  # run as a plain file, without the package
    import check_branched as branched  # type: ignore[no-redef]
    import check_charts as charts  # type: ignore[no-redef]
    import check_identity as identity  # type: ignore[no-redef]
    import check_reading as read  # type: ignore[no-redef]
    from check_reading import Number, Rejected, Unreadable  # type: ignore[no-redef]

FORMAT, VERSION = "copos certificate", 1
Matrix = list[list[Number]]


class Verdict(NamedTuple):
    """What was decided: `proved`, the claim in words, why not if not, and whether the document could be read."""

    proved: bool
    claim: str
    reason: str = ""
    readable: bool = True


def digest(problem: Any) -> str:
    """SHA-256 of the problem in canonical JSON (sorted keys, no blanks)."""
    try:
        text = json.dumps(problem, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise Unreadable(f"the problem is not plain JSON: {error}") from None
    return hashlib.sha256(text.encode()).hexdigest()


def check(document: Any, problem: Any = None) -> Verdict:
    """Check a certificate (parsed JSON) about `problem` (parsed JSON), or else about the problem it contains."""
    claim = ""
    try:
        if type(document) is dict and document.get("format") == "copos dual proof":
            raise Unreadable("a dual proof speaks of a program that is not in the file: use DualProof.verify(program)")
        d = read.fields(document, "certificate", "format version kind problem sha256 proof", "about")
        if d["format"] != FORMAT or d["version"] != VERSION or type(d["version"]) is not int:
            raise Unreadable(f"expected format {FORMAT!r}, version {VERSION}")
        if type(d["kind"]) is not str or d["kind"] not in KINDS:
            raise Unreadable(f"kind must be one of {sorted(KINDS)}")
        if d["sha256"] != digest(d["problem"]):
            raise Rejected("the problem in the certificate does not have the hash that it states")
        if problem is not None and digest(problem) != d["sha256"]:
            raise Rejected("the certificate is about another problem than the one given")
        kind, test = d["problem"].get("type") if type(d["problem"]) is dict else None, KINDS[d["kind"]]
        if kind not in test:
            raise Unreadable(f"{d['kind']} is about a problem of type {' or '.join(test)}, got {str(kind)[:40]!r}")
        data = matrix(d["problem"]) if kind == "matrix" else identity.program(d["problem"])
        claim = test[kind](data, d["proof"])
    except Rejected as error:
        return Verdict(False, claim, str(error))
    except Unreadable as error:
        return Verdict(False, claim, str(error), readable=False)
    except (RecursionError, MemoryError, OverflowError) as error:
        return Verdict(False, claim, f"too large to check: {error!r}", readable=False)
    source = "the problem given" if problem is not None else "the problem in the certificate"
    return Verdict(True, f"{claim} ({source}, sha256 {d['sha256'][:12]}…)")


def matrix(problem: Any) -> Matrix:
    """Read a problem of type "matrix"."""
    return read.symmetric(read.fields(problem, "problem", "type rows")["rows"], "matrix")


# ---- the primitive and other facts about matrices ---------------------------------------------------------------


def remainder(M: Matrix, proof: dict[str, Any], what: str = "factor") -> tuple[Matrix, list[list[int]]]:
    """A positive multiple of M − BB'/4^bits (lower triangle, integers), and B; with "weights" it is B diag(w) B'."""
    B = read.integers(proof[what], what, len(M))
    scale = 1 << 2 * read.whole(proof["bits"], "bits", 0, read.BITS)
    if "weights" in proof:
        w = read.vector(proof["weights"], "weights", len(B[0]))
        if min(w, default=0) < 0:
            raise Rejected("a weight of the factor is negative")
        d = identity.denominator(w)
        if len(B) ** 2 * max(len(w), 1) > 20 * read.WORK:
            raise Unreadable("a factor is too large")
        # B diag(w) B' = B (d·w) B' / d, in integers
        rows = [[p * int(q * d) for p, q in zip(row, w, strict=True)] for row in B]
        product = [[inner(a, B[j]) for j in range(i + 1)] for i, a in enumerate(rows)]  # type: ignore[arg-type]
        scale *= d
    else:
        product = identity.outer(B)  # type: ignore[assignment]
    # over one common denominator everything is an integer, and a positive multiple has the same signs
    d = identity.denominator(v for i, row in enumerate(M) for v in row[: i + 1])
    whole = [[v.numerator * (d // v.denominator) for v in row[: i + 1]] for i, row in enumerate(M)]
    common = lcm(scale, d)
    up, down = common // d, common // scale
    return [[m * up - v * down for m, v in zip(a, b, strict=True)] for a, b in zip(whole, product, strict=True)], B


def inner(a: list[Number], b: list[Number]) -> Number:
    """A'b."""
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
    A, previous = [[int(v * scale) for v in row] for row in M], 1
    if n**3 > read.WORK:
        raise Unreadable("a matrix is too large for an exact elimination")
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
    """X'Mx ≥ 0 for x ≥ 0: directly (spn), with a multiplier (level), or support by support (cover)."""
    method = proof.get("method") if type(proof) is dict else None
    if method == "spn":
        R, _ = remainder(M, read.fields(proof, "proof", "method factor bits", "weights"))
        dominant(R, nonnegative_part=True)
    elif method == "level":
        read.fields(proof, "proof", "method level weights terms")
        weights = read.vector(proof["weights"], "weights", len(M))
        if min(weights) <= 0:
            raise Rejected("the weights of the multiplier must be positive")
        nonnegative(identity.orthant(M, weights), identity.orthant(M, weights).objective, {**proof, "multipliers": []})
    elif method == "cover":
        cover(M, proof)
    else:
        raise Unreadable("the method of a copositivity proof is spn, level or cover")
    return f"the {len(M)}×{len(M)} matrix M is copositive: x'Mx ≥ 0 for every x ≥ 0"


def cover(M: Matrix, proof: Any) -> None:
    """No support S is an inclusion-minimal one with M_S not copositive; the items are a tree in preorder.

    For such an S: M_S^-1 ≤ 0 entrywise, and the minimiser of x'M_Sx on the simplex is positive with a negative value.
    A node is the family of all S with low ⊆ S ⊆ high. No such S holds two indices with M_ii + M_jj − 2M_ij ≤ 0, since
    e_i − e_j would be a direction as below: what is apart from low is left out of high.
    """
    steps = read.items(read.fields(proof, "proof", "method items")["items"], "items")
    scale = identity.denominator(v for row in M for v in row)
    A = [[int(v * scale) for v in row] for row in M]
    n, position = len(M), 0
    apart = [sum(1 << i for i in range(n) if i != j and A[i][i] + A[j][j] <= 2 * A[i][j]) for j in range(n)]
    stack: list[tuple[tuple[int, ...], int]] = [((), (1 << n) - 1)]  # low as a list, high as a bit set
    while stack:
        low, high = stack.pop()
        if position == len(steps):
            raise Rejected("the cover ends before all supports are treated")
        what, data = read.items(steps[position], "item", 2)
        position += 1
        if what == "vector":
            # u on low with (Mu)_j ≥ 0 for j ∈ S would give u = M_S^-1 (Mu)_S ≤ 0: excluded if some u_i > 0
            (u,) = read.integers([data], "vector", 1, len(low))
            if low and max(u) <= 0:
                raise Rejected("a covering vector needs a positive entry")
            product = [0] * n
            for i, c in zip(low, u, strict=True):
                product = [v + c * a for v, a in zip(product, A[i], strict=True)]
            branch = [j for j, v in enumerate(product) if high >> j & 1 and (v < 0 or not low)]
            if set(branch) & set(low):
                raise Rejected("a covering vector does not cover its own support")
            children = []
            for j in branch:  # S contains a first j of the branch
                children.append(((*low, j), high & ~apart[j]))
                high &= ~(1 << j)
            stack.extend(reversed(children))
        elif what == "direction":
            # along d, Σd = 0, the minimiser moves to a proper face without increase: S was not minimal
            (d,) = read.integers([data], "direction", 1, len(low))
            if not any(d) or sum(d) or sum(a * b * A[i][j] for a, i in zip(d, low, strict=True)
                                           for b, j in zip(d, low, strict=True)) > 0:  # fmt: skip
                raise Rejected("a direction needs Σd = 0, d ≠ 0 and d'Md ≤ 0")
        elif what == "part":
            T = [j for j in range(n) if high >> j & 1]
            part = [[M[i][j] for j in T] for i in T]
            dominant(remainder(part, read.fields(data, "part", "factor bits", "weights"))[0], nonnegative_part=True)
        else:
            raise Unreadable("an item of a cover is a vector, a direction or a part")
    if position != len(steps):
        raise Rejected("the cover has items left over")


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
    R, B = remainder(M, read.fields(proof, "proof", "factor bits", "weights"))
    if any(b < 0 for row in B for b in row) or any(r < 0 for row in R for r in row):
        raise Rejected("the factor and the remainder must be nonnegative")
    dominant(R, nonnegative_part=False)
    return f"the {len(M)}×{len(M)} matrix M is completely positive: M = Σ bb' with b ≥ 0"


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


# ---- claims about a program -------------------------------------------------------------------------------------


def nonnegative(p: identity.Program, form: identity.Polynomial, proof: dict[str, Any]) -> int:
    """Reject unless the identity proves e^level·form ≥ 0 on the atoms; returns the level."""
    level = read.whole(proof["level"], "level", 0, read.LEVEL)
    left, _ = identity.rest(p, form, level, proof["terms"], proof["multipliers"])
    scales = [read.whole(s, "scale", 1, 1 << 200) for s in read.items(proof.get("scales", []), "scales")]
    if scales and len(scales) != p.dim:
        raise Unreadable(f"scales must have {p.dim} items")
    identity.dominated(p, left, p.degree(level), scales)
    return level


def in_coordinates(p: identity.Program, proof: dict[str, Any]) -> identity.Program:
    """The program in the coordinates that the proof is written in."""
    return charts.pulled_back(p, proof["chart"]) if "chart" in proof else p


def atoms(p: identity.Program, level: int) -> str:
    """Words for the set over which a claim holds."""
    where = "x ∈ K" + (", E_j(x) = 0" if p.vanishing else "")
    if level and not (len(p.positive) == p.dim and all(p.unit.get((v,), 0) > 0 for v in range(p.dim))):
        where += ", e(x) > 0"
    stated = f", and the {p.stated} inequalities that the problem states for an optimal atom" if p.stated else ""
    return f"closed convex cone of all xx' with {where}{stated}"


def lower_bound(p: identity.Program, proof: Any) -> str:
    """F = C − Σ y_i A_i is nonnegative on the atoms, so <C, Y> ≥ b'y; rounded up where values are whole numbers."""
    if type(proof) is dict and "tree" in proof:  # cell by cell
        read.fields(proof, "proof", "value tree", "rounded")
        bound, level = branched.least(p, proof["tree"], nonnegative)
    elif type(proof) is dict and "simplices" in proof:
        read.fields(proof, "proof", "value simplices", "rounded")
        bound, level = branched.least_simplex(p, proof["simplices"], spn), 0
    else:
        read.fields(proof, "proof", "value y level terms multipliers", "rounded scales chart")
        y, q = read.vector(proof["y"], "y", len(p.equations)), in_coordinates(p, proof)
        form = dict(q.objective)
        for c, (A, _) in zip(y, q.equations, strict=True):
            for key, a in A.items():
                form[key] = form.get(key, 0) - c * a
        level = nonnegative(q, form, proof)
        bound = sum(c * b for c, (_, b) in zip(y, p.equations, strict=True))
    value = read.number(proof["value"], "value")
    if type(proof.get("rounded", False)) is not bool:
        raise Unreadable("rounded must be true or false")
    if proof.get("rounded"):
        whole_values(p)
        bound = ceil(bound)
    if value > bound:
        raise Rejected(f"the proof gives {show(bound)}, not {show(value)}")
    return f"min <C, Y> ≥ {show(value)} over <A_i, Y> = b_i, Y in the {atoms(p, level)}"


def whole_values(p: identity.Program) -> None:
    """Reject unless <C, Y> attains its minimum at a whole number.

    One equation, x_0² = 1 on average; x_j² = x_0x_j at every atom for each x_j in C; integer coefficients. Then an atom
    has x_j ∈ {0, x_0}, its objective is x_0² times a whole number, and Y averages such numbers.
    """
    if len(p.equations) != 1 or p.equations[0][1] != 1 or list(p.equations[0][0].values()) != [1]:
        raise Rejected("rounding needs x_0² = 1 as the only equation")
    ((a, home),) = p.equations[0][0]
    binary = {j for E in p.vanishing if len(E) == 2 and sum(E.values()) == 0
              for (j, k) in E if j == k and tuple(sorted((j, home))) in E}  # fmt: skip
    if a != home or any(type(c) is not int for c in p.objective.values()):
        raise Rejected("rounding needs x_0² = 1 and integer coefficients")
    if not {v for key in p.objective for v in key} <= binary | {home}:
        raise Rejected("rounding needs x_j² = x_0x_j for every variable of the objective")


def infeasible(p: identity.Program, proof: Any) -> str:
    """−Σ y_i A_i is nonnegative on the atoms although b'y > 0: no Y satisfies the equations."""
    read.fields(proof, "proof", "y level terms multipliers", "scales chart")
    y, q = read.vector(proof["y"], "y", len(p.equations)), in_coordinates(p, proof)
    form: identity.Polynomial = {}
    for c, (A, _) in zip(y, q.equations, strict=True):
        for key, a in A.items():
            form[key] = form.get(key, 0) - c * a
    level = nonnegative(q, form, proof)
    if sum(c * b for c, (_, b) in zip(y, p.equations, strict=True)) <= 0:
        raise Rejected("b'y is not positive")
    return f"no Y in the {atoms(p, level)} satisfies <A_i, Y> = b_i"


def form_copositive(p: identity.Program, proof: Any) -> str:
    """C is nonnegative on the atoms (a program without equations)."""
    read.fields(proof, "proof", "level terms multipliers", "scales chart")
    if p.equations:
        raise Unreadable("copositivity of a form is about a problem without equations")
    q = in_coordinates(p, proof)
    level = nonnegative(q, q.objective, proof)
    return f"<C, Y> ≥ 0 for every Y in the {atoms(p, level)}"


def atom(p: identity.Program, value: Any) -> list[Number]:
    """A point x ∈ K with E_j(x) = 0; the stated inequalities are not asked of it."""
    x = read.vector(value, "point", p.dim)
    for k in range(len(p.blocks) - p.stated):
        n = p.orders[k]
        entries = {key: identity.evaluate(dict(e), x) for key, e in p.blocks[k].items()}
        if not semidefinite([[entries.get((i, j), 0) for j in range(n)] for i in range(n)]):
            raise Rejected(f"block {k} of the cone is not positive semidefinite at the point")
    if any(identity.evaluate(g, x) < 0 for g in p.generators) or any(identity.evaluate(E, x) for E in p.vanishing):
        raise Rejected("the point violates a generator of the cone or a vanishing form")
    return x


def upper_bound(p: identity.Program, proof: Any) -> str:
    """Y = Σ w xx' with w ≥ 0 satisfies the equations, and <C, Y> ≤ value."""
    read.fields(proof, "proof", "value atoms")
    value, points = read.number(proof["value"], "value"), []
    for item in read.items(proof["atoms"], "atoms"):
        a = read.fields(item, "atom", "weight point")
        points.append((read.number(a["weight"], "weight"), atom(p, a["point"])))
    if any(w < 0 for w, _ in points):
        raise Rejected("a weight is negative")

    def average(form: identity.Polynomial) -> Number:
        return sum(w * identity.evaluate(form, x) for w, x in points)

    if any(average(A) != b for A, b in p.equations):
        raise Rejected("an equation does not hold exactly")
    if average(p.objective) > value:
        raise Rejected(f"the objective is {show(average(p.objective))}, above {show(value)}")
    return f"min <C, Y> ≤ {show(value)} over <A_i, Y> = b_i, Y in the {atoms(p, 0)}"


def form_not_copositive(p: identity.Program, proof: Any) -> str:
    """A point of K with E_j(x) = 0 where the form C is negative."""
    x = atom(p, read.fields(proof, "proof", "point")["point"])
    if p.equations:
        raise Unreadable("copositivity of a form is about a problem without equations")
    if identity.evaluate(p.objective, x) >= 0:
        raise Rejected("the form is not negative at the point")
    return "the form C is not copositive on K: it is negative at a point of K"


def show(value: Number) -> str:
    """A rational number in words that mislead nobody: exact if short, else with its rounding."""
    exact = str(value) if max(abs(value.numerator), value.denominator) < 10**12 else ""
    if exact:
        return exact
    try:
        return f"{float(value):.12g}… (exactly {value.numerator}/{value.denominator})" if len(str(value)) < 80 else (
            f"{float(value):.12g}… (an exact fraction in the certificate)")  # fmt: skip
    except OverflowError:
        return "a number beyond the doubles (an exact fraction in the certificate)"


KINDS = {
    "copositive": {"matrix": copositive, "program": form_copositive},
    "not copositive": {"matrix": not_copositive, "program": form_not_copositive},
    "completely positive": {"matrix": completely_positive},
    "not completely positive": {"matrix": not_completely_positive},
    "lower bound": {"program": lower_bound},
    "upper bound": {"program": upper_bound},
    "infeasible": {"program": infeasible},
}


def load(path: str) -> Any:
    """Parsed JSON of a file of bounded size."""
    try:
        if os.path.getsize(path) > read.TEXT:
            raise Unreadable(f"a certificate has at most {read.TEXT} bytes")
        with open(path, encoding="utf-8") as handle:
            return read.parse(handle.read())
    except (OSError, UnicodeDecodeError, MemoryError) as error:
        raise Unreadable(f"cannot be read: {error}") from None


def check_file(path: str, problem: Any = None) -> Verdict:
    """Check a file, about `problem` (parsed JSON, or the path of a file with it) if given."""
    try:
        return check(load(path), load(problem) if isinstance(problem, str) else problem)
    except Unreadable as error:
        return Verdict(False, "", str(error), readable=False)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    verdict = check_file(*sys.argv[1:])
    print(f"proved: {verdict.claim}" if verdict.proved else f"not proved: {verdict.reason}")
    sys.exit(0 if verdict.proved else 1 if verdict.readable else 2)
