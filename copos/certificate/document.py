"""A certificate as a value: kind, problem and proof, its file, and its verification."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from copos.certificate import coq
from copos.certificate.cone_problem import asked_on_cone
from copos.certificate.problem import plain, plain_table, program_problem
from copos.checker import check, check_reading
from copos.checker.check import Verdict
from copos.program import CompletelyPositiveProgram
from copos.support.files import replacing
from copos.support.looks import cut, html_table, short


@dataclass(frozen=True, eq=False)
class Certificate:
    """A claim with a proof that `verify` checks in exact arithmetic.

    Parameters
    ----------
    kind : "lower bound", "upper bound", "infeasible", "copositive", "not copositive", "strictly copositive",
        "not strictly copositive", "completely positive" or "not completely positive"
    problem : plain data of the problem (`copos.certificate.problem`)
    proof : plain data whose keys depend on the kind; see docs/certificates.md
    question : what was asked, with its data or their SHA-256, where the problem was made from such; the checker makes
        the problem from it anew

    Examples
    --------
    >>> certificate = Certificate.of("not copositive", [[1, -2], [-2, 1]], {"point": [1, 1]})
    >>> certificate.verify().proved
    True
    """

    kind: str
    problem: Mapping[str, Any]
    proof: dict[str, Any]
    question: Mapping[str, Any] | None = None

    def __repr__(self) -> str:
        return cut(f"Certificate({', '.join(f'{name}={short(v)}' for name, v in self._shown())})")

    def _repr_html_(self) -> str:
        return html_table("Certificate", self._shown())

    def _shown(self) -> list[tuple[str, Any]]:
        """Names and values worth a line; the matrices of a proof may have thousands of entries."""
        of = [(name, part.get(name)) for part, name in ((self.problem, "type"), (self.proof, "value"))]
        return [("kind", self.kind), *((name, v) for name, v in of if v is not None), ("parts", sorted(self.proof))]

    @classmethod
    def of(cls, kind: str, problem: Any, proof: dict[str, Any]) -> Certificate:
        """A certificate about a program, a matrix, or plain data."""
        return cls(kind, plain(problem), proof)

    def document(self) -> dict[str, Any]:
        """The JSON document that is saved."""
        problem = dict(self.problem)  # written at the first look, where it holds long tables
        return {
            "format": check.FORMAT,
            "version": check.VERSION,
            "kind": self.kind,
            "sha256": check.digest(problem),
            "problem": problem,
            "proof": self.proof,
        } | ({} if self.question is None else {"question": dict(self.question)})

    def verify(self, problem: Any = None, data: Mapping[str, Any] | None = None) -> Verdict:
        """Check it, about `problem` and about the tables in `data` if given."""
        return verify(self, problem, data)

    def to_coq(self) -> str:
        """A file for `coqc` that states x'Mx ≥ 0 for x ≥ 0 and proves it from the squares of the certificate.

        Raises
        ------
        ValueError
            If it is not about a copositive matrix of order at most 12 with the method "spn", or proves nothing.

        Examples
        --------
        >>> proof = {"method": "spn", "factor": [[1], [-1]], "bits": 0}
        >>> print(Certificate.of("copositive", [[1, -1], [-1, 1]], proof).to_coq().splitlines()[3])
        Theorem copositive : forall x0 x1 : R, 0 <= x0 -> 0 <= x1 -> 0 <= 1 * x0 * x0 + (-2) * x0 * x1 + 1 * x1 * x1.
        """
        self._accepted()
        return coq.coq_source(self.kind, self.problem, self.proof)

    def to_lean(self) -> str:
        """The same for Lean 4 with Mathlib, whose `nlinarith` is given the squares; not tested here.

        Raises
        ------
        ValueError
            As `to_coq`.

        Examples
        --------
        >>> proof = {"method": "spn", "factor": [[1], [-1]], "bits": 0}
        >>> print(Certificate.of("copositive", [[1, -1], [-1, 1]], proof).to_lean().splitlines()[0])
        import Mathlib
        """
        self._accepted()
        return coq.lean_source(self.kind, self.problem, self.proof)

    def _accepted(self) -> None:
        verdict = self.verify()
        if not verdict.proved:
            raise ValueError(f"the certificate proves nothing: {verdict.reason}")

    def about(self, program: CompletelyPositiveProgram) -> Certificate:
        """The certificate with the question that a program was made from."""
        return self if program.question is None else replace(self, question=program.question)

    def save(self, path: str | Path) -> None:
        """Write it as JSON; an interruption leaves no half-written file."""
        with replacing(path, "w", encoding="utf-8") as handle:
            handle.write(json.dumps(self.document(), separators=(",", ":")))
            handle.write("\n")

    @classmethod
    def load(cls, path: str | Path) -> Certificate:
        """Read what `save` wrote.

        Raises
        ------
        ValueError
            If the file is not a certificate of this version.
        """
        if Path(path).stat().st_size > check_reading.TEXT:
            raise ValueError(f"{path}: a certificate has at most {check_reading.TEXT} bytes")
        try:
            return cls.read(check_reading.parse(Path(path).read_text(encoding="utf-8")))
        except (check_reading.Unreadable, UnicodeDecodeError) as error:
            raise ValueError(f"{path}: {error}") from None

    @classmethod
    def read(cls, document: Any) -> Certificate:
        """The certificate of a parsed document, whose digest is made anew; raises `Unreadable` for what is none."""
        d = check_reading.fields(document, "certificate", "format version kind problem sha256 proof", "about question")
        if (d["format"], d["version"]) != (check.FORMAT, check.VERSION):
            raise check_reading.Unreadable(f"expected format {check.FORMAT!r}, version {check.VERSION}")
        return cls(d["kind"], d["problem"], d["proof"], d.get("question"))


def verify(
    certificate: Certificate | str | Path | dict[str, Any],
    problem: Any = None,
    data: Mapping[str, Any] | None = None,
) -> Verdict:
    """Decide whether a certificate proves its claim, in exact arithmetic.

    Parameters
    ----------
    certificate : a `Certificate`, the path of one, or the parsed JSON
    problem : the problem that the claim must be about: a program, a matrix, plain data, or the path of a JSON file
        with plain data or with another certificate. Without it the claim is about the problem inside the certificate.
    data : tables by the names that the certificate's question gives them ("X", "Y", …): lists of rows, or arrays, of
        numbers taken exactly. The checker makes the problem from them anew

    Returns
    -------
    Verdict
        `proved`, `claim` in words, `reason` if not proved, and `readable` (False if it is not a certificate at all).

    Examples
    --------
    >>> verdict = verify(Certificate.of("not copositive", [[1, -2], [-2, 1]], {"point": [1, 1]}), [[1, 0], [0, 1]])
    >>> verdict.proved, verdict.reason
    (False, 'the certificate is about another problem than the one given')
    """
    try:
        document = read(certificate)
        inner = document.get("problem") if isinstance(document, dict) else None
        inner = inner if isinstance(inner, dict) else {}
        if isinstance(problem, CompletelyPositiveProgram):
            if data is None and problem.tables and ("question" in document or inner.get("type") in check.TABLES):
                data = {name: np.atleast_2d(table) for name, table in problem.tables.items()}
            if inner.get("type") in check.TABLES and problem.known is not None:
                problem = dict(problem.known.data.asked)  # a proof about the table, not about its lift
        tables = None if data is None else {name: plain_table(table, name) for name, table in data.items()}
        about = None if problem is None else asked(problem, inner)
        return check.check(document, about, tables)
    except check_reading.Unreadable as error:
        return Verdict(False, "", str(error), readable=False)


def read(certificate: Any) -> Any:
    """The document of a certificate, of a path, or itself; raises Unreadable."""
    if isinstance(certificate, (str, Path)):
        return check.load(str(certificate))
    return certificate.document() if isinstance(certificate, Certificate) else certificate


def asked(problem: Any, inner: dict[str, Any]) -> dict[str, Any]:
    """Plain data of the problem that a claim must be about; raises Unreadable for what is none.

    A file or a parsed document may hold another certificate, and then its problem is meant. `inner` is the problem of
    the certificate: the proof may use what a program assumes, and a question on a cone compares a matrix alone, too.
    """
    try:
        if inner.get("type") == check.ON_CONE:
            data: Any = asked_on_cone(problem, inner)
        elif isinstance(problem, CompletelyPositiveProgram) and "stated" in inner:
            # the proof uses what the user's own program assumes of an optimal atom; the claim says so
            data = program_problem(problem, () if problem.assumed_forms is None else problem.assumed_forms)
        else:
            data = plain(problem)
    except (check_reading.Unreadable, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise check_reading.Unreadable(f"the problem cannot be read: {error}") from None
    if isinstance(data, dict) and "format" in data:
        data = data.get("problem")
    kind = data.get("type") if type(data) is dict else None
    known = [*check.PROBLEMS, *check.TABLES, *check.quadratic.MADE_OF]
    if type(kind) is not str or kind not in known:
        kinds = " or ".join(map(repr, known))
        raise check_reading.Unreadable(f"the problem to compare with must have the type {kinds}")
    return data
