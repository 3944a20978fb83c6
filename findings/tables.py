"""The tables behind the claims and their manifest: how each was made, where, in what time, and what it hashes to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks._measure import machine
from copos.experiment import find, run
from copos.experiment.report import write
from copos.experiment.table import read
from copos.support.executors import processes
from findings.claims import Claim

COMMITTED = Path(__file__).parent / "tables"
MANIFEST = "manifest.json"


def table(claim: Claim, which: str, folder: Path) -> Path:
    """Where the rows of a claim are."""
    return folder / f"{claim.experiment}-{which or claim.which}.csv"


def sha256(path: Path) -> str:
    """Of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def manifest(folder: Path) -> dict[str, Any]:
    """name of a table ↦ how it was made and checked; empty where there is none."""
    path = folder / MANIFEST
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def note(folder: Path, name: str, **facts: Any) -> None:
    """Add facts about a table to the manifest."""
    whole = manifest(folder)
    whole[name] = {**whole.get(name, {}), **facts}
    text = json.dumps(dict(sorted(whole.items())), indent=1, ensure_ascii=False)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def build(claims: Iterable[Claim], which: str, folder: Path, jobs: int) -> None:
    """Run what is missing of every experiment."""
    for claim in claims:
        path = table(claim, which, folder)
        start = partial(processes, jobs) if jobs > 1 else None
        outcome = run(claim.experiment, path, which or claim.which, start, jobs, _said)
        write(find(claim.experiment), claim.experiment, which or claim.which, outcome, path)
        record(claim, which, folder)


def _said(there: int, of: int, row: dict[str, Any]) -> None:
    print(f"  {there} of {of}, {row['seconds']:.0f} s", flush=True)


def record(claim: Claim, which: str, folder: Path) -> None:
    """What the manifest says of a table as it is now."""
    path = table(claim, which, folder)
    rows = read(path)
    certificates = {Path(str(row["certificate"])).name: sha256(Path(str(row["certificate"])))
                    for row in rows if Path(str(row.get("certificate"))).is_file()}  # fmt: skip
    here = "{processor}, {cores} cores, {memory_GB} GB".format(**machine())
    note(folder, path.name, sha256=sha256(path), rows=len(rows), seconds=round(sum(row["seconds"] for row in rows)),
         command=f"copos experiment {claim.experiment} --set {which or claim.which}", code=rows[0]["code"],
         machine=here, versions=rows[0]["versions"], certificates=certificates)  # fmt: skip


def check(claims: Iterable[Claim], which: str, folder: Path) -> None:
    """The second check of every claim, whose words go to the manifest."""
    for claim in claims:
        path = table(claim, which, folder)
        rows = [row for row in read(path) if row["outcome"] == "done"]
        said = claim.again(rows)
        print(f"{path.name}: {said}")
        note(folder, path.name, again=said)


def stale(folder: Path) -> list[str]:
    """Tables that are not those of the manifest."""
    out = []
    for name, facts in manifest(folder).items():
        found = ""
        with suppress(OSError):
            found = sha256(folder / name)
        if found != facts.get("sha256"):
            out.append(name)
    return out
