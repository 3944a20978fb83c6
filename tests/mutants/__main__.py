"""The command: judge the mutants that are not judged yet, write the page, say what is not explained."""

import argparse
import sys
from pathlib import Path

import tests.mutants
from tests.mutants import report, session
from tests.mutants.alterations import ROOT, mutants
from tests.mutants.judges import judges


def main() -> int:
    """0 if every survivor is explained, 1 if not."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutants", description=tests.mutants.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("files", nargs="*", help="names of files, all of the checker by default")
    parser.add_argument("--fresh", action="store_true", help="forget the answers of earlier runs")
    parser.add_argument("--processes", type=int, default=1, help="mutants that are judged at a time")
    parser.add_argument("--seconds", type=float, default=1.0, help="of tests that one mutant is worth")
    parser.add_argument("--answers", type=Path, default=Path("results/mutants.jsonl"))
    parser.add_argument("--page", type=Path, help="write the result there, of all files")
    chosen = parser.parse_args()
    paths = [p for p in sorted(ROOT.glob("check*.py")) if not chosen.files or p.name in chosen.files]
    if chosen.fresh:
        chosen.answers.unlink(missing_ok=True)
    todo = [m for path in paths for m in mutants(path)]
    print(f"{len(todo)} mutants of {len(paths)} files", flush=True)
    asked = judges()
    print(f"{len(asked)} judges, {sum(j.seconds for j in asked):.1f} s together", flush=True)
    answers, limits = [], session.Limits(chosen.processes, chosen.seconds)
    for answer in session.judged(todo, asked, chosen.answers, limits):
        answers.append(answer)
        if len(answers) % 100 == 0:
            print(f"{len(answers)} judged, {session.clock():.0f} s of processor time", flush=True)
    result = report.Result.of(answers, report.explained())
    print(result.summary(), flush=True)
    if chosen.page:
        chosen.page.write_text(result.page(), encoding="utf-8")
    return 0 if result.complete else 1


if __name__ == "__main__":
    sys.exit(main())
