"""`python -m findings`: run the experiments behind the claims, check them again, write the page, pack the archive."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from findings import archive, page
from findings.claims import CLAIMS
from findings.tables import COMMITTED, build, check


def main(arguments: list[str] | None = None) -> int:
    """The command; 1 if a check fails."""
    parser = argparse.ArgumentParser(prog="python -m findings", description=__doc__)
    parser.add_argument("what", choices=("build", "check", "page", "pack", "all"), help="all: build, check and pack")
    parser.add_argument("names", nargs="*", metavar="NAME", help="experiments, all by default")
    parser.add_argument("--set", dest="which", default="", help="small or full; by default what the page shows")
    parser.add_argument("--folder", type=Path, default=COMMITTED, help="of the tables; by default the committed ones")
    parser.add_argument("--jobs", type=int, default=1, help="worker processes")
    given = parser.parse_args(arguments)
    unknown = sorted(set(given.names) - {claim.experiment for claim in CLAIMS})
    if unknown:
        parser.error(f"no claim of the experiment {unknown[0]!r}; there are {', '.join(c.experiment for c in CLAIMS)}")
    claims = [claim for claim in CLAIMS if not given.names or claim.experiment in given.names]
    start = time.perf_counter()
    try:
        if given.what in ("build", "all"):
            build(claims, given.which, given.folder, given.jobs)
        if given.what in ("check", "all"):
            check(claims, given.which, given.folder)
        if given.what in ("pack", "all"):
            print(f"packed and checked again: {archive.pack(given.folder)}")
        if given.what == "page":
            page.write()
        print(f"{time.perf_counter() - start:.0f} s")
    except archive.Broken as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
