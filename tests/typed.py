"""`make types`: what `pyright --verifytypes` says of the public names; fails where a type is missing or unknown.

Inner rooms are left out: they are public for Python, not for users. So are the base classes of the scikit-learn
estimators, because scikit-learn ships no types.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import copos

FOREIGN = ("Type of base class", "Type of metaclass")
TABLE = Path(copos.__file__).with_suffix(".pyi")


def public_names() -> set[str]:
    """The names of `copos/__init__.pyi`, where they are defined."""
    out = set()
    for node in ast.parse(TABLE.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            out |= {f"{node.module}.{alias.name}" for alias in node.names}
    return out


def problems() -> list[str]:
    """Symbols of public names without a known type, with what is wrong."""
    command = ["pyright", "--pythonpath", sys.executable, "--verifytypes", "copos", "--ignoreexternal", "--outputjson"]
    done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True)
    symbols = json.loads(done.stdout)["typeCompleteness"]["symbols"]
    names = public_names()
    out = []
    for symbol in symbols:
        parts = symbol["name"].split(".")
        if not any(".".join(parts[:k]) in names for k in range(1, len(parts) + 1)) or parts[-1].startswith("_"):
            continue
        said = [d["message"] for d in symbol["diagnostics"] if d["severity"] == "error"]
        out += [f"{symbol['name']}: {words}" for words in said if not words.startswith(FOREIGN)]
    return out


if __name__ == "__main__":
    found = problems()
    print("\n".join(found) or f"all {len(public_names())} public names are typed")
    sys.exit(bool(found))
