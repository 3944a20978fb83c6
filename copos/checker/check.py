"""Decide, in exact arithmetic, whether a certificate proves its claim.

    python check.py certificate.json [problem.json]

Standard library only (python-flint, if present, multiplies integer matrices sooner with the same result). The files
check*.py import nothing else of the package and share no code with what finds proofs; copied into one folder they run
without it. Exit status 0: proved, 1: rejected, 2: unreadable.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

try:
    from copos.checker import check_algebraic as algebraic
    from copos.checker import check_assignments as assignments
    from copos.checker import check_boxes as boxes
    from copos.checker import check_clustering as clustering
    from copos.checker import check_cone as cones
    from copos.checker import check_cp_rank as cp_rank
    from copos.checker import check_graph_numbers as graph_numbers
    from copos.checker import check_identity as identity
    from copos.checker import check_matrix as matrices
    from copos.checker import check_multiplier as multiplier
    from copos.checker import check_networks as networks
    from copos.checker import check_polynomial as polynomial
    from copos.checker import check_program as programs
    from copos.checker import check_quadratic_program as quadratic
    from copos.checker import check_quartic as quartic
    from copos.checker import check_questions as questions
    from copos.checker import check_reading as read
    from copos.checker import check_relu as relu
    from copos.checker import check_relu_training as relu_training
    from copos.checker import check_singular_cells as singular
    from copos.checker import check_strict as strict
    from copos.checker.check_reading import Rejected, Unreadable
except ImportError:  # run as a plain file, without the package
    import check_algebraic as algebraic  # type: ignore[no-redef]
    import check_assignments as assignments  # type: ignore[no-redef]
    import check_boxes as boxes  # type: ignore[no-redef]
    import check_clustering as clustering  # type: ignore[no-redef]
    import check_cone as cones  # type: ignore[no-redef]
    import check_cp_rank as cp_rank  # type: ignore[no-redef]
    import check_graph_numbers as graph_numbers  # type: ignore[no-redef]
    import check_identity as identity  # type: ignore[no-redef]
    import check_matrix as matrices  # type: ignore[no-redef]
    import check_multiplier as multiplier  # type: ignore[no-redef]
    import check_networks as networks  # type: ignore[no-redef]
    import check_polynomial as polynomial  # type: ignore[no-redef]
    import check_program as programs  # type: ignore[no-redef]
    import check_quadratic_program as quadratic  # type: ignore[no-redef]
    import check_quartic as quartic  # type: ignore[no-redef]
    import check_questions as questions  # type: ignore[no-redef]
    import check_reading as read  # type: ignore[no-redef]
    import check_relu as relu  # type: ignore[no-redef]
    import check_relu_training as relu_training  # type: ignore[no-redef]
    import check_singular_cells as singular  # type: ignore[no-redef]
    import check_strict as strict  # type: ignore[no-redef]
    from check_reading import Rejected, Unreadable  # type: ignore[no-redef]

FORMAT, VERSION = "copos certificate", 1
ON_CONE = "matrix on a cone"  # the type of such a problem


class Verdict(NamedTuple):
    """The decision: `proved`, the claim in words, why not if not, and whether the document could be read.

    `assumptions` are what the claim takes from the problem without a proof; the claim then begins with them.
    """

    proved: bool
    claim: str
    reason: str = ""
    readable: bool = True
    assumptions: tuple[str, ...] = ()


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
    try:
        with read.budget([document, problem, data]):
            return judged(document, problem, data)
    except Rejected as error:
        return Verdict(False, "", str(error))
    except questions.Missing as missing:
        return Verdict(False, "", f"the proof is about the table {missing}, which was not given")
    except Unreadable as error:
        return Verdict(False, "", str(error), readable=False)
    except (RecursionError, MemoryError, OverflowError) as error:
        return Verdict(False, "", f"too large to check: {type(error).__name__}", readable=False)


def judged(document: Any, problem: Any, data: Any) -> Verdict:
    """The verdict on a certificate; raises Rejected, Unreadable or Missing."""
    if type(document) is dict and document.get("format") == "copos dual proof":
        raise Unreadable("a dual proof speaks of a program that is not in the file: use DualProof.verify(program)")
    d = read.fields(document, "certificate", "format version kind problem sha256 proof", "about question")
    if d["format"] != FORMAT or d["version"] != VERSION or type(d["version"]) is not int:
        raise Unreadable(f"expected format {FORMAT!r}, version {VERSION}")
    if type(d["kind"]) is not str or d["kind"] not in KINDS:
        raise Unreadable(f"kind must be one of {sorted(KINDS)}")
    if type(d["sha256"]) is not str or d["sha256"] != digest(d["problem"]):
        raise Rejected("the problem in the certificate does not have the hash that it states")
    if problem is not None and digest(problem) != d["sha256"]:
        given = polynomial.tables(problem, d["problem"])
        if given is None:
            given = quadratic.tables(problem, d.get("question", d["problem"]))
        if given is None:
            raise Rejected("the certificate is about another problem than the one given")
        data = {**given, **(data or {})}
    kind, test = d["problem"].get("type") if type(d["problem"]) is dict else None, KINDS[d["kind"]]
    if type(kind) is not str or kind not in test:
        raise Unreadable(f"{d['kind']} is about a problem of type {' or '.join(test)}, got {str(kind)[:40]!r}")
    tables = questions.Data(data if kind in TABLES else None)
    subject = TABLES[kind](d["problem"], tables) if kind in TABLES else PROBLEMS[kind](d["problem"])
    tables.all_used()
    claim, taken = test[kind](subject, d["proof"]), assumptions(subject)
    if "question" in d:
        if not isinstance(subject, identity.Program):
            raise Unreadable("a question is made into a program, and this proof is about none")
        claim, taken = asked(d, subject, claim, taken, data)
    elif kind in TABLES:
        claim = f"{claim} [{'; '.join(tables.named)}]"
    elif data is not None:
        raise Rejected("the certificate holds no question about data: it speaks of a program only")
    source = "the problem given" if problem is not None else "the problem in the certificate"
    assuming = f"assuming that {' and '.join(taken)}: " if taken else ""
    return Verdict(True, f"{assuming}{claim} ({source}, sha256 {d['sha256'][:12]}…)", assumptions=taken)


def assumptions(data: Any) -> tuple[str, ...]:
    """The assumptions of a program about an optimal atom, in words; a matrix has none."""
    if not isinstance(data, identity.Program) or not data.stated:
        return ()
    forms = [multiplier.entry(data, k, 0, 0) for k in range(len(data.blocks) - data.stated, len(data.blocks))]
    words = [f"{multiplier.in_words({(v,): c for v, c in f.items()}) or 0} ≥ 0" for f in forms[:3]]
    more = f" and {len(forms) - 3} more such inequalities" if len(forms) > 3 else ""
    return (f"some optimal atom satisfies {', '.join(words)}{more}, which the problem states and nothing here proves",)


def asked(
    d: dict[str, Any], subject: identity.Program, claim: str, taken: tuple[str, ...], data: Any
) -> tuple[str, tuple[str, ...]]:
    """The claim in the words of the question, and what it assumes; that of the program alone without the data."""
    value = d["proof"].get("value") if type(d["proof"]) is dict else None
    try:
        number = None if value is None else read.number(value, "value")
        return questions.answered(d["question"], subject, d["kind"], number, data, d["proof"])
    except questions.Missing as missing:
        if data is not None:  # the tables that were given would not be looked at either
            raise
        return f"{claim}; the question was not looked at, because its table {missing} was not given", taken


def bound_of_parts(a: quadratic.tightening.Asked, proof: Any) -> str:
    """A quadratic program in parts, by trees of boxes and by lifts."""
    return boxes.bound(a, proof, programs.lower_bound)


def bound_of_assignments(a: assignments.Asked, proof: Any) -> str:
    """A tree that places facilities."""
    return assignments.bound(a, proof, programs.lower_bound)


def infeasible_parts(a: quadratic.tightening.Asked, proof: Any) -> str:
    """One of the parts of a quadratic program has no point."""
    return boxes.infeasible(a, proof, programs.infeasible)


TABLES: dict[str, Callable[..., Any]] = {  # (problem, tables) ↦ what was asked
    "linear network": networks.asked, "polynomial network": polynomial.question, "k-means": clustering.asked,
    "graph number": graph_numbers.asked, quadratic.TYPE: boxes.question, quartic.TYPE: quartic.asked,
    relu.TYPE: relu.asked, relu_training.TYPE: relu_training.asked, assignments.TYPE: assignments.asked,
}  # fmt: skip
PROBLEMS: dict[str, Callable[[Any], Any]] = {
    "matrix": matrices.matrix, algebraic.TYPE: algebraic.matrix, "program": identity.program, ON_CONE: cones.question,
    cp_rank.TYPE: cp_rank.asked,
}  # fmt: skip
KINDS: dict[str, dict[str, Callable[[Any, Any], str]]] = {
    "copositive": {"matrix": matrices.copositive, "program": programs.form_copositive, ON_CONE: cones.copositive},
    "not copositive": {"matrix": matrices.not_copositive, "program": programs.form_not_copositive,
                       ON_CONE: cones.not_copositive},
    "strictly copositive": {"matrix": strict.strictly_copositive, ON_CONE: cones.strictly_copositive},
    "not strictly copositive": {"matrix": strict.not_strictly_copositive, ON_CONE: cones.not_strictly_copositive},
    "completely positive": {"matrix": matrices.completely_positive},
    "not completely positive": {"matrix": matrices.not_completely_positive},
    "lower bound": {"program": programs.lower_bound, "linear network": singular.lower_bound,
                    "polynomial network": polynomial.lower_bound, "k-means": clustering.lower_bound,
                    "graph number": graph_numbers.lower_bound, quadratic.TYPE: bound_of_parts,
                    assignments.TYPE: bound_of_assignments, quartic.TYPE: quartic.lower_bound,
                    relu.TYPE: relu.lower_bound, relu_training.TYPE: relu_training.lower_bound,
                    cp_rank.TYPE: cp_rank.lower_bound},
    "upper bound": {"program": programs.upper_bound, "linear network": networks.attained,
                    "k-means": clustering.attained,
                    "graph number": graph_numbers.upper_bound, quadratic.TYPE: boxes.attained,
                    assignments.TYPE: assignments.attained, quartic.TYPE: quartic.attained,
                    relu.TYPE: relu.attained, relu_training.TYPE: relu_training.attained},
    "infeasible": {"program": programs.infeasible, quadratic.TYPE: infeasible_parts},
    "unbounded": {quadratic.TYPE: boxes.unbounded},
}
KINDS = {kind: algebraic.added(kind, tests) for kind, tests in KINDS.items()}


def load(path: str) -> Any:
    """Parsed JSON of a regular file of bounded size: a pipe may say nothing for ever, and a device may never end."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise Unreadable("cannot be read: not a regular file")
        if os.path.getsize(path) > read.TEXT:
            raise Unreadable(f"a certificate has at most {read.TEXT} bytes")
        with open(path, encoding="utf-8") as handle:
            return read.parse(handle.read())
    except (OSError, ValueError, MemoryError) as error:
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
