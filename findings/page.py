"""`docs/findings.md`, written from the committed tables."""

from __future__ import annotations

import shutil
from pathlib import Path

from copos.experiment import find
from copos.experiment.table import read
from findings.claims import CLAIMS, Claim
from findings.tables import COMMITTED, manifest, table

DOCS = Path(__file__).parent.parent / "docs"
PAGE, PICTURES = DOCS / "findings.md", DOCS / "pictures"
HEAD = """\
# Findings

What the experiments of this package show, each number from a committed table in `findings/tables`. Bounds called
proved have certificates in exact arithmetic. `make findings` runs the small sets, checks them by other means, packs
tables, pictures and certificates with a manifest, and reads the archive back; `python -m findings build` makes the
tables of this page again, and goes on where it was stopped. This page is written by `python -m findings page`.
"""


def section(claim: Claim) -> str:
    """One claim."""
    path = table(claim, "", COMMITTED)
    facts = manifest(COMMITTED)[path.name]
    rows = [row for row in read(path) if row["outcome"] == "done"]
    parts = [f"## {claim.title}", claim.asked, f"**Known before.** {claim.known}", "**What is found.** " + find(
        claim.experiment).findings(rows)]  # fmt: skip
    if (PICTURES / picture(claim)).is_file():
        parts.append(f"![{find(claim.experiment).question}](pictures/{picture(claim)})")
    if claim.published:
        parts.append("In print:\n\n" + "\n".join(f"- {line.source}: `{line.text}`" for line in claim.published))
    parts.append(f"**Not covered.** {claim.open}")
    parts.append(f"**Checked a second time:** {claim.method}. {facts.get('again', 'Not yet run.')}.")
    count = len(facts["certificates"])
    kept = f"; the SHA-256 of its {count} certificates are in `findings/tables/manifest.json`" if count else ""
    parts.append(f"Made by `{facts['command']}` in {facts['seconds']:,} s on {facts['machine']}, {facts['rows']} rows; "
                 f"`{path.name}`, SHA-256 `{facts['sha256'][:16]}…`{kept}.")  # fmt: skip
    return "\n\n".join(parts) + "\n"


def picture(claim: Claim) -> str:
    """Name of a claim's picture in the manual."""
    return f"findings-{claim.experiment}.png"


def text() -> str:
    """The whole page; claims whose table is not committed are left out."""
    known = [claim for claim in CLAIMS if table(claim, "", COMMITTED).is_file()]
    beside = "; ".join(f"*{claim.title}*" for claim in known if claim.published)
    lines = f"Lines of published tables, which the numbers here extend or beat, stand in these sections: {beside}.\n"
    return "\n".join([HEAD, lines, *map(section, known)])


def write() -> None:
    """Write the page, and put the pictures beside it."""
    for claim in CLAIMS:
        drawn = table(claim, "", COMMITTED).with_suffix(".png")
        if drawn.is_file():
            shutil.copyfile(drawn, PICTURES / picture(claim))
    PAGE.write_text(text(), encoding="utf-8")
