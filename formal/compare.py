"""Both checkers on the certificates of the tests, on mutants of them, and on the forgeries: python -m formal.compare.

Writes formal/comparison.md. A verdict is proved, refused (rejected, unreadable) or outside of what has a proof in Coq.
"""

import collections
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from copos.checker import check
from tests.checker import test_certificate_mutation as mutation
from tests.checker import test_forgeries as forgeries
from tests.checker.test_certificate_check import CASES, changed, get, places
from tests.checker.test_certificate_schema import documents

HERE = Path(__file__).parent
PROGRAM = HERE / "_build" / "copos-verify-formal"
WORDS = {0: "proved", 1: "refused", 2: "refused", 3: "outside"}


def formal(document, folder):
    """The verdict of the program on a document (parsed JSON, or its text)."""
    path = Path(folder) / "certificate.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    try:
        run = subprocess.run([PROGRAM, path], capture_output=True, text=True, check=False, timeout=10)
    except subprocess.TimeoutExpired:
        return "over 10 s", ""
    return WORDS.get(run.returncode, f"status {run.returncode}"), run.stdout.strip()


def plain(document):
    """The verdict of the Python checker."""
    verdict = check.check(document)
    return "proved" if verdict.proved else "refused", verdict.reason


def mutants(count, seed):
    """Certificates with one number or list altered; the hash fits."""
    rng = random.Random(seed)
    small = [c.document() for c in [*mutation.SMALL.values(), *CASES.values()]]
    sources = [json.loads(json.dumps(d)) for d in small]
    sources = [d for d in sources if d["problem"]["type"] in ("matrix", "program")]
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


def forged():
    """The rows of the forgeries that are documents by themselves."""
    for rows in forgeries.ROWS.values():
        for row in rows:
            if isinstance(row, dict) and type(row.get("problem")) is dict:
                try:
                    json.dumps(row)
                except (TypeError, ValueError, RecursionError):
                    continue
                yield row


def main(count=10_000, seed=0):
    """Compare, and write the table."""
    sys.set_int_max_str_digits(0)
    corpora = {"certificates of the tests": documents(), "forgeries": list(forged()),
               f"mutants (seed {seed})": mutants(count, seed)}  # fmt: skip
    table, differ = collections.Counter(), collections.Counter()
    examples = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, found in corpora.items():
            for document in found:
                (python, reason), (coq, words) = plain(document), formal(document, folder)
                table[name, python, coq] += 1
                if coq != "outside" and coq != python:
                    key = (name, python, coq, (reason or words)[:110])
                    differ[key] += 1
                    examples.setdefault(key, document)
    lines = ["# Both checkers on the same files", "",
             f"Written by `python -m formal.compare {count} {seed}`; docs/formal.md explains the differences.", "",
             "| corpus | Python | formal | files |", "|---|---|---|---|"]  # fmt: skip
    lines += [f"| {a} | {b} | {c} | {n} |" for (a, b, c), n in sorted(table.items())]
    lines += ["", "| differing: corpus | Python | formal | the reason given | files |", "|---|---|---|---|---|"]
    lines += [f"| {a} | {b} | {c} | {d} | {n} |" for (a, b, c, d), n in sorted(differ.items())]
    (HERE / "comparison.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))
    return examples


if __name__ == "__main__":
    found = main(*map(int, sys.argv[1:]))
    (HERE / "_build" / "differing.json").write_text(json.dumps([[*k, d] for k, d in found.items()]), encoding="utf-8")
