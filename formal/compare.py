"""Both checkers on the certificates of the tests, on mutants of them, and on the forgeries: python -m formal.compare.

Writes formal/comparison.md. A verdict is proved, refused (rejected, unreadable) or outside of what has a proof in Coq.
Where they differ, the file is altered as the `CAUSES` say, one after the other, until both agree: that is its cause.
"""

from __future__ import annotations

import collections
import contextlib
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any
from unittest import mock

from copos.checker import check, check_cone, check_reading
from tests.checker import test_certificate_mutation as mutation
from tests.checker import test_forgeries as forgeries
from tests.checker.test_certificate_check import CASES, changed, get, places
from tests.checker.test_certificate_schema import documents

HERE = Path(__file__).parent
PROGRAM = HERE / "_build" / "copos-verify-formal"
WORDS = {0: "proved", 1: "refused", 2: "refused", 3: "outside"}
Document = dict[str, Any]


def formal(document: Any, folder: str) -> tuple[str, str]:
    """The verdict of the program on a document (parsed JSON, or its text)."""
    path = Path(folder) / "certificate.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    try:
        run = subprocess.run([PROGRAM, path], capture_output=True, text=True, check=False, timeout=60)
    except subprocess.TimeoutExpired:
        return "over 60 s", ""
    return WORDS.get(run.returncode, f"status {run.returncode}"), run.stdout.strip()


def plain(document: Any) -> tuple[str, str]:
    """The verdict of the Python checker."""
    verdict = check.check(document)
    return "proved" if verdict.proved else "refused", verdict.claim or verdict.reason


# ---- why they differ: what makes Python prove the same claim ---------------------------------------------------------


def without_question(document: Document) -> Document:
    """The claim about the program alone."""
    return {key: value for key, value in document.items() if key != "question"}


def with_least_y(document: Document) -> Document:
    """A tree in which every leaf has the least multipliers of all leaves."""
    tree = document["proof"].get("tree", [])
    found = [[Fraction(c) for c in leaf["y"]] for leaf in tree if "y" in leaf]
    least = [min(c) for c in zip(*found, strict=True)]
    words = [c.numerator if c.denominator == 1 else str(c) for c in least]
    return changed(document, ["proof", "tree"], [{**leaf, "y": words} if "y" in leaf else leaf for leaf in tree])


def same(document: Document) -> Document:
    """As it is."""
    return document


def without_point(document: Document) -> Document:
    """No point of the cone is named: both checkers look for one."""
    return {**document, "proof": {key: value for key, value in document["proof"].items() if key != "inside"}}


@contextlib.contextmanager
def any_coordinates() -> Iterator[None]:
    """The Python checker without its rule that the columns of a basis of a cone are independent."""
    with mock.patch.object(check_cone, "echelon", lambda rows: [(0, [])] * check_reading.ORDER):
        yield


@contextlib.contextmanager
def no_limits() -> Iterator[None]:
    """The Python checker without its limits on numbers and on work."""
    whole = check_reading.whole

    def wide(value: Any, what: str, low: int, high: int) -> int:
        return whole(value, what, low, max(high, 1 << 10_000) if what == "scale" else high)

    with (
        mock.patch.object(check_reading, "whole", wide),
        mock.patch.object(check_reading, "BITS", 10**6),
        mock.patch.object(check_reading, "spend", lambda *_: None),
        mock.patch.object(check_reading, "afford", lambda *_: None),
    ):
        yield


CAUSES: dict[str, tuple[Callable[[Document], Document], Callable[[], Any]]] = {
    "about the question, which the formal checker does not read": (without_question, contextlib.nullcontext),
    "a leaf's own y, in the place of which the least y of the tree is proved": (with_least_y, contextlib.nullcontext),
    "coordinates of a cone that are not unique, of which the formal claim speaks all the same": (same, any_coordinates),
    "a point that the proof names without need": (without_point, contextlib.nullcontext),
    "a limit of the Python checker on numbers": (same, no_limits),
}


def cause(document: Document, words: str) -> str:
    """The name of what Python refuses: with it altered, it proves the claim that the formal checker proves."""
    value = document["proof"].get("value")
    shown = "" if value is None else str(Fraction(value))
    for name, (alter, setting) in CAUSES.items():
        try:
            with setting():
                verdict, claim = plain(alter(document))
        except (KeyError, TypeError, ValueError, AttributeError):
            continue
        if verdict == "proved" and (value is None or f" {shown} " in words) and bool(
            check.check(alter(document)).assumptions if setting is contextlib.nullcontext else ()
        ) == words.startswith("proved: assuming"):
            return name
    return "not explained"


def mutants(count: int, seed: int) -> Iterator[Document]:
    """Certificates with one number or list altered; the hash fits."""
    rng = random.Random(seed)
    small = [c.document() for c in [*mutation.SMALL.values(), *CASES.values()]]
    sources = [json.loads(json.dumps(d)) for d in small]
    sources = [d for d in sources if d["problem"]["type"] in ("matrix", "program", "matrix on a cone")]
    alter = (mutation.nudged, mutation.shuffled)
    made = 0
    while made < count:
        document = rng.choice(sources)
        path = list(rng.choice([p for p in places(document) if p and p[0] in ("problem", "proof")]))
        new = [v for f in alter for v in f(get(document, path)) if v != get(document, path)]
        if not new:
            continue
        mutant = changed(document, path, rng.choice(new))
        try:
            mutant["sha256"] = check.digest(mutant["problem"])
            json.dumps(mutant)
        except (check.Unreadable, ValueError, RecursionError):
            continue
        made += 1
        yield mutant


def forged() -> Iterator[Document]:
    """The rows of the forgeries that are documents by themselves."""
    for rows in forgeries.ROWS.values():
        for row in rows:
            if isinstance(row, dict) and type(row.get("problem")) is dict:
                try:
                    json.dumps(row)
                except (TypeError, ValueError, RecursionError):
                    continue
                yield row


def main(count: int = 10_000, seed: int = 1) -> int:
    """Compare, write the tables, and count the files that differ without a cause."""
    sys.set_int_max_str_digits(0)
    corpora = {"certificates of the tests": documents(), "forgeries": list(forged()),
               f"mutants (seed {seed})": mutants(count, seed)}  # fmt: skip
    table: collections.Counter[tuple[str, ...]] = collections.Counter()
    outside: collections.Counter[str] = collections.Counter()
    differ = []
    with tempfile.TemporaryDirectory() as folder:
        for name, found in corpora.items():
            for document in found:
                (python, said), (coq, words) = plain(document), formal(document, folder)
                table[name, python, coq] += 1
                if coq == "outside" and name == "certificates of the tests":
                    outside[words.partition(": ")[2]] += 1
                if coq not in ("outside", python):
                    why = cause(document, words) if coq == "proved" else words
                    differ.append((name, python, coq, why, document["kind"], value(document), said))
    write(table, outside, differ, count, seed)
    return sum(why not in CAUSES for *_, why, _, _, _ in differ)


def write(table: Any, outside: Any, differ: list[Any], count: int, seed: int) -> None:
    """formal/comparison.md, and the same on the screen."""
    lines = ["# Both checkers on the same files", "",
             f"Written by `python -m formal.compare {count} {seed}`; causes as in [the manual](../docs/formal.md).",
             "", "| corpus | Python | formal | files |", "|---|---|---|---|"]  # fmt: skip
    lines += [f"| {a} | {b} | {c} | {n} |" for (a, b, c), n in sorted(table.items())]
    lines += ["", "Certificates of the tests that are outside:", "", "| what is outside | files |", "|---|---|"]
    lines += [f"| {a} | {n} |" for a, n in outside.most_common()]
    lines += ["", "The files on which they differ, each with its cause:", "",
              "| corpus | Python | formal | cause | kind | value | what Python says |",
              "|---|---|---|---|---|---|---|"]  # fmt: skip
    lines += [f"| {a} | {b} | {c} | {why} | {kind} | {v} | {short(said)} |" for a, b, c, why, kind, v, said in differ]
    (HERE / "comparison.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


def value(document: Document) -> str:
    """The value of a bound; empty where there is none."""
    proof = document["proof"]
    return str(proof.get("value", "")) if isinstance(proof, dict) else ""


def short(words: str) -> str:
    """The beginning of a sentence, fit for a table."""
    return words[:90].replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(1 if main(*map(int, sys.argv[1:])) else 0)
