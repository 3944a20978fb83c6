"""Is any proved lower bound above a proved upper bound, or above the optimum, or any decision false?

Random programs, solved well and badly; and questions about data as people have them, asked with the defaults, whose
right answers come from exact arithmetic written for the search alone (`_data_search`).

`python -m benchmarks.soundness --count 50` runs 50 of every kind and stores them, `--kinds days,units --from 50` goes
on with two kinds, `--merge` adds all stored pieces up; the status is 1 if anything was wrong.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table as Grid

from benchmarks import _data_search
from benchmarks._data_search import DATA_KINDS
from benchmarks._measure import Row, clock
from benchmarks._random_programs import BRANCHED, KINDS, Case
from benchmarks._table import LATEST, Table, shown
from copos import bracket, branch_and_bound, lower_bound, verify
from copos.certificate import Certificate
from copos.certificate.problem import exact
from copos.checker.check_reading import parse
from copos.hierarchy.families import FAMILIES
from copos.hierarchy.grams import GRAMS

SEED = 3
ALL = (*KINDS, "branched")
FLOATING = Fraction(1, 10**12)  # of 1 + the scale: how far an optimum from a closed form in doubles may be off
PIECES = LATEST / "soundness"


def solving(rng: np.random.Generator) -> tuple[str | None, dict[str, Any]]:
    """A solver with a tolerance between 1e-2 and 1e-9, or stopped after 5 to 50 iterations, or the default."""
    tolerance, iterations = 10.0 ** -int(rng.integers(2, 10)), int(rng.integers(5, 51))
    choices: list[tuple[str | None, dict[str, Any]]] = [
        (None, {}),
        ("clarabel", {"tol_gap_abs": tolerance, "tol_gap_rel": tolerance, "tol_feas": tolerance}),
        ("clarabel", {"max_iter": iterations}),
        ("scs", {"eps_abs": tolerance, "eps_rel": tolerance, "max_iters": 5000}),
        ("scs", {"max_iters": iterations}),
        ("splitting", {"tolerance": tolerance, "max_iterations": 3000}),
        ("splitting", {"max_iterations": iterations}),
    ]
    return choices[rng.integers(len(choices))]


def drawn(k: int) -> tuple[str, Case, dict[str, Any]]:
    """Program k of the sequence and how it is bounded; each depends on k alone."""
    kind = ALL[k % len(ALL)]
    rng = np.random.default_rng([SEED, k])
    level = int(rng.choice(3, p=[0.5, 0.35, 0.15] if kind != "branched" else [0.7, 0.3, 0.0]))
    case = KINDS[kind if kind != "branched" else BRANCHED[rng.integers(len(BRANCHED))]](rng, level)
    names = []
    for name, family in FAMILIES.items():
        try:
            family.check(case.program.cone)
            family.at(level)
        except ValueError:
            continue
        if kind != "branched" or family.parts is None:  # the cells of a partition are no products of cones
            names.append(name)
    solver, options = solving(rng)
    how = {"level": level, "family": names[rng.integers(len(names))], "gram": list(GRAMS)[rng.integers(len(GRAMS))]}
    return kind, case, how | {"solver": solver, "options": options}


def outcome(k: int) -> Row:
    """What happened to program k; `wrong` is empty if all is as it must be."""
    kind, case, how = drawn(k)
    start, program = clock(), case.program
    arguments = {"level": how["level"], "family": how["family"], "solver": how["solver"], "gram": how["gram"]}
    row = {"k": k, "kind": kind, **how, "upper": case.upper is not None, "optimum": case.optimum is not None}
    try:
        if kind == "branched":
            bound: Any = branch_and_bound(program, **arguments, max_nodes=7, **how["options"])
        else:
            bound = (lower_bound if program.recover is None else bracket)(program, **arguments, **how["options"])
    except Exception as error:  # no program here is bad input
        raised = {
            "proved": False,
            "reason": "raised",
            "claim_false": False,
            "wrong": [f"{type(error).__name__}: {error}"],
        }
        return row | raised | {"cpu_s": clock() - start}
    row |= {"proved": bool(bound.proved), "reason": "" if bound.proved else why(bound.reason)}
    wrong = list(mistakes(case, bound))
    known = [v for v in (case.upper, case.optimum) if v is not None]
    false = bool(known) and np.isfinite(bound.claimed) and Fraction(float(bound.claimed)) > min(map(Fraction, known))
    return row | {"claim_false": bool(false), "wrong": wrong, "cpu_s": clock() - start}


def mistakes(case: Case, bound: Any) -> Iterator[str]:
    """Everything that a bound says and that is not so."""
    uppers = [v for v in (case.upper,) if v is not None]
    if bound.upper_certificate is not None:
        if not accepted(bound.upper_certificate, case):
            yield "the checker rejects the upper bound"
        uppers.append(Fraction(bound.upper_certificate.proof["value"]))
    slack = Fraction(0)
    if isinstance(case.optimum, float):
        slack = FLOATING * (1 + Fraction(abs(case.optimum)) + Fraction(float(np.abs(case.program.C.rows.data).max())))
    optimum = None if case.optimum is None else Fraction(case.optimum)
    if optimum is not None and any(upper < optimum - slack for upper in uppers):
        yield "an upper bound is below the optimum"
    if not bound.proved:
        if bound.lower != -np.inf or bound.certificate is not None:
            yield "a bound without a proof"
        return
    if bound.exact is None:  # infeasible, which no case is
        yield "a feasible program is proved infeasible"
        return
    if Fraction(bound.lower) > bound.exact or Fraction(bound.certificate.proof["value"]) != bound.exact:
        yield "the number is not the proved one"
    if not accepted(bound.certificate, case):
        yield "the checker rejects the lower bound"
    if any(bound.exact > upper for upper in uppers):
        yield "a proved lower bound above a proved upper bound"
    if optimum is not None and bound.exact > optimum + slack:
        yield "a proved lower bound above the optimum"
    for upper in uppers[:1]:
        raised = {**bound.certificate.proof, "value": exact(max(upper, bound.exact) + Fraction(1, 1000))}
        if accepted(Certificate(bound.certificate.kind, bound.certificate.problem, raised), case):
            yield "the checker accepts a bound above a feasible value"


def accepted(certificate: Certificate, case: Case) -> bool:
    """The checker's verdict on what is read back from the file's text, about the program itself."""
    return verify(parse(json.dumps(certificate.document())), case.program).proved


def why(reason: str) -> str:
    """The reason without its numbers and details."""
    known = ("no strictly feasible dual point", "returned no dual", "infeasible, but", "the checker says", "closed")
    for words in known:
        if words in reason:
            return words
    return re.sub(r"[-+]?\d[\d.e+-]*", "#", reason)[:60]


def summary(outcomes: Iterable[Row], by: tuple[str, ...] = ("kind",)) -> list[Row]:
    """Counts by some of the columns."""
    groups: dict[tuple, list[Row]] = defaultdict(list)
    for row in outcomes:
        groups[tuple(row[name] for name in by)].append(row)
    out = []
    for key, rows in sorted(groups.items(), key=lambda item: tuple(map(str, item[0]))):
        reasons = Counter(row["reason"] for row in rows if not row["proved"])
        wrong = [f"{row['k']}: {what}" for row in rows for what in row["wrong"]]
        out.append(
            dict(zip(by, key, strict=True))
            | {
                "programs": len(rows),
                "upper": sum(row["upper"] for row in rows),
                "optimum": sum(row["optimum"] for row in rows),
                "claims_false": sum(row["claim_false"] for row in rows),
                "proved": sum(row["proved"] for row in rows),
                "wrong": len(wrong),
                "not_proved": "; ".join(f"{count} {reason}" for reason, count in reasons.most_common()),
                "cpu_s": sum(row["cpu_s"] for row in rows),
                "status": "; ".join(["UNSOUND", *wrong]) if wrong else "ok",
            }
        )
    return out


def soundness(quick: bool) -> Iterator[Row]:
    """Random programs solved badly or well: how many bounds are proved, and how many of all statements are wrong."""
    yield from summary(outcome(k) for k in range(120 if quick else 2400))


def data_soundness(quick: bool) -> Iterator[Row]:
    """Questions about data, by kind: what is wrong, the shares proved and closed to 1e-6, and why not."""
    for kind in DATA_KINDS:
        yield from _data_search.summary(_data_search.outcome(kind, k) for k in range(4 if quick else 190))


def piece(kind: str, first: int, count: int, seconds: float) -> Iterator[Row]:
    """Outcomes of a kind, stored as they come, so that what is stopped counts as far as it came."""
    PIECES.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"\W+", "-", kind)
    with open(PIECES / f"{name}-{first:06d}-{count}.jsonl", "w", encoding="utf-8") as handle:
        for k in range(first, first + count):
            row = _data_search.outcome(kind, k, seconds) if kind in DATA_KINDS else outcome(_number(kind, k))
            handle.write(json.dumps(row, default=str) + "\n")
            handle.flush()
            for what in row["wrong"]:
                print(f"WRONG {kind} {row['k']}: {what}", flush=True)
            if row.get("error"):
                print(f"RAISED {kind} {row['k']}: {row['error']}", flush=True)
            yield row


def _number(kind: str, k: int) -> int:
    """The place of the k-th program of a kind in the sequence of all kinds."""
    return ALL.index(kind) + k * len(ALL)


def stored() -> list[Row]:
    """All rows that were stored, of each question the one that was stored last."""
    paths = sorted(PIECES.glob("*.jsonl"), key=lambda path: path.stat().st_mtime)
    rows = [json.loads(line) for path in paths for line in path.read_text("utf-8").splitlines()]
    return list({(row["kind"], row["k"]): row for row in rows}.values())


def show(tables: Iterable[list[Row]]) -> None:
    """Tables on the terminal."""
    console = Console(width=190)
    for table in filter(None, tables):
        grid = Grid(*table[0])
        for row in table:
            grid.add_row(*(shown(name, value) for name, value in row.items()))
        console.print(grid)


def main(arguments: list[str] | None = None) -> int:
    """Run a piece of every kind, or add the pieces up; status 1 if a statement was wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soundness", description=__doc__)
    parser.add_argument("--kinds", help=f"separated by commas, all by default: {', '.join((*DATA_KINDS, *ALL))}")
    parser.add_argument("--from", type=int, default=0, dest="first", help="number of the first of each kind")
    parser.add_argument("--count", type=int, default=10, help="how many of each kind")
    parser.add_argument("--limit", type=float, default=_data_search.SECONDS, help="CPU seconds for a question on data")
    parser.add_argument("--merge", action="store_true", help="tables of all pieces that were run")
    given = parser.parse_args(arguments)
    kinds = [name.strip() for name in given.kinds.split(",")] if given.kinds else [*DATA_KINDS, *ALL]
    if unknown := set(kinds) - {*DATA_KINDS, *ALL}:
        parser.error(f"no kind {', '.join(sorted(unknown))}")
    if given.merge:
        rows = stored()
    else:
        rows = [row for kind in kinds for row in piece(kind, given.first, given.count, given.limit)]
    data, programs = ([row for row in rows if (row["kind"] in DATA_KINDS) is which] for which in (True, False))
    show(_data_search.summary(data, by) for by in ("kind", "entrance"))
    show(summary(programs, by) for by in (("kind",), ("family", "level"), ("gram",), ("solver",)))
    wrong = sum(len(row["wrong"]) for row in rows)
    errors = sum(bool(row.get("error")) for row in rows)
    print(f"{len(programs)} programs and {len(data)} questions on data, {sum(row['proved'] for row in rows)} proved, "
          f"{wrong} statements wrong, {errors} errors")  # fmt: skip
    return int(wrong + errors > 0)


TABLES = [Table("soundness", soundness, key=("kind",)), Table("data-soundness", data_soundness, key=("kind",))]

if __name__ == "__main__":
    raise SystemExit(main())
