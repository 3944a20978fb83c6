"""Decide, in exact arithmetic, whether a certificate proves its claim.

    python check.py certificate.json [problem.json]

Standard library only (python-flint, if present, multiplies integer matrices sooner with the same result). The
files check*.py import nothing else of the package and share no code with what finds proofs; copied into one folder
they run without it. Exit status 0: proved, 1: rejected, 2: unreadable.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from math import ceil
from typing import Any, NamedTuple

try:
    from copos.certificate import check_branched as branched
    from copos.certificate import check_charts as charts
    from copos.certificate import check_identity as identity
    from copos.certificate import check_matrix as matrices
    from copos.certificate import check_networks as networks
    from copos.certificate import check_questions as questions
    from copos.certificate import check_reading as read
    from copos.certificate.check_reading import Number, Rejected, Unreadable
except ImportError:  # run as a plain file, without the package
    import check_branched as branched  # type: ignore[no-redef]
    import check_charts as charts  # type: ignore[no-redef]
    import check_identity as identity  # type: ignore[no-redef]
    import check_matrix as matrices  # type: ignore[no-redef]
    import check_networks as networks  # type: ignore[no-redef]
    import check_questions as questions  # type: ignore[no-redef]
    import check_reading as read  # type: ignore[no-redef]
    from check_reading import Number, Rejected, Unreadable  # type: ignore[no-redef]

FORMAT, VERSION = "copos certificate", 1


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


def check(document: Any, problem: Any = None, data: Any = None) -> Verdict:
    """Check a certificate (parsed JSON) about `problem` (parsed JSON), or else about the problem it contains.

    `data` maps the names of the tables of its question to their rows, read from the user's files.
    """
    claim = ""
    try:
        if type(document) is dict and document.get("format") == "copos dual proof":
            raise Unreadable("a dual proof speaks of a program that is not in the file: use DualProof.verify(program)")
        d = read.fields(document, "certificate", "format version kind problem sha256 proof", "about question")
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
        tables = questions.Data(data if kind in TABLES else None)
        subject = TABLES[kind](d["problem"], tables) if kind in TABLES else (
            matrices.matrix(d["problem"]) if kind == "matrix" else identity.program(d["problem"])
        )  # fmt: skip
        tables.all_used()
        claim = test[kind](subject, d["proof"])
        if "question" in d:
            claim = asked(d, subject, claim, data)
        elif kind in TABLES:
            claim = f"{claim} [{'; '.join(tables.named)}]"
        elif data is not None:
            raise Rejected("the certificate holds no question about data: it speaks of a program only")
    except Rejected as error:
        return Verdict(False, claim, str(error))
    except questions.Missing as missing:
        return Verdict(False, claim, f"the proof is about the table {missing}, which was not given")
    except Unreadable as error:
        return Verdict(False, claim, str(error), readable=False)
    except (RecursionError, MemoryError, OverflowError) as error:
        return Verdict(False, claim, f"too large to check: {error!r}", readable=False)
    source = "the problem given" if problem is not None else "the problem in the certificate"
    return Verdict(True, f"{claim} ({source}, sha256 {d['sha256'][:12]}…)")


def asked(d: dict[str, Any], subject: Any, claim: str, data: Any) -> str:
    """The claim in the words of the question; that of the program alone where the data are not at hand."""
    value = d["proof"].get("value") if type(d["proof"]) is dict else None
    try:
        return questions.answered(
            d["question"], subject, d["kind"], None if value is None else read.number(value, "value"), data, d["proof"]
        )
    except questions.Missing as missing:
        return f"{claim}; the question was not looked at, because its table {missing} was not given"


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
        bound, level = branched.least(p, proof["tree"], identity.nonnegative)
    elif type(proof) is dict and "simplices" in proof:
        read.fields(proof, "proof", "value simplices", "rounded")
        bound, level = branched.least_simplex(p, proof["simplices"], matrices.spn), 0
    else:
        read.fields(proof, "proof", "value y level terms multipliers", "rounded scales chart")
        y, q = read.vector(proof["y"], "y", len(p.equations)), in_coordinates(p, proof)
        form = dict(q.objective)
        for c, (A, _) in zip(y, q.equations, strict=True):
            for key, a in A.items():
                form[key] = form.get(key, 0) - c * a
        level = identity.nonnegative(q, form, proof)
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
    level = identity.nonnegative(q, form, proof)
    if sum(c * b for c, (_, b) in zip(y, p.equations, strict=True)) <= 0:
        raise Rejected("b'y is not positive")
    return f"no Y in the {atoms(p, level)} satisfies <A_i, Y> = b_i"


def form_copositive(p: identity.Program, proof: Any) -> str:
    """C is nonnegative on the atoms (a program without equations)."""
    read.fields(proof, "proof", "level terms multipliers", "scales chart")
    if p.equations:
        raise Unreadable("copositivity of a form is about a problem without equations")
    q = in_coordinates(p, proof)
    level = identity.nonnegative(q, q.objective, proof)
    return f"<C, Y> ≥ 0 for every Y in the {atoms(p, level)}"


def atom(p: identity.Program, value: Any) -> list[Number]:
    """A point x ∈ K with E_j(x) = 0; the stated inequalities are not asked of it."""
    x = read.vector(value, "point", p.dim)
    for k in range(len(p.blocks) - p.stated):
        n = p.orders[k]
        entries = {key: identity.evaluate(dict(e), x) for key, e in p.blocks[k].items()}
        if not matrices.semidefinite([[entries.get((i, j), 0) for j in range(n)] for i in range(n)]):
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
    "copositive": {"matrix": matrices.copositive, "program": form_copositive},
    "not copositive": {"matrix": matrices.not_copositive, "program": form_not_copositive},
    "completely positive": {"matrix": matrices.completely_positive},
    "not completely positive": {"matrix": matrices.not_completely_positive},
    "lower bound": {"program": lower_bound, "linear network": networks.closed_form},
    "upper bound": {"program": upper_bound},
    "infeasible": {"program": infeasible},
}

TABLES = {"linear network": networks.asked}  # problems that are tables: (problem, data) ↦ what was asked


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


def main(arguments: list[str]) -> int:
    """The command. Its status is 0 or 1 only with the verdict printed: 70 is an internal error, 74 failing output."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # what a terminal cannot show is escaped
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    if len(arguments) not in (1, 2):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        verdict = check_file(*arguments)
    except KeyboardInterrupt:
        return 130
    except BaseException as error:
        print(f"internal error, which says nothing about the certificate: {error!r}", file=sys.stderr)
        return 70
    try:
        print(f"proved: {verdict.claim}" if verdict.proved else f"not proved: {verdict.reason}", flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # else the interpreter tries once more and has a status of its own
        return 74
    return 74 if sys.stdout is None else 0 if verdict.proved else 1 if verdict.readable else 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
