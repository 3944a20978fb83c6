"""The notes of a release, if everything that states a version agrees: `python tests/release_notes.py v0.2.0`."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent


def versions() -> dict[str, str]:
    """Which file says which version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    patterns = {
        "CHANGELOG.md": r"^## ([0-9.]+)$",
        "CITATION.cff": r"^version: ([0-9.]+)$",
        "docs/versions.json": r'"stable", "title": "([0-9.]+)"',
        "recipe/recipe.yaml": r'^  version: "([0-9.]+)"$',
    }
    found = {"pyproject.toml": project["version"]}
    for name, pattern in patterns.items():
        match = re.search(pattern, (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
        found[name] = match[1] if match else "none"
    return found


def notes(version: str) -> str:
    """The section of the changelog."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    sections = {part.split("\n", 1)[0]: part.split("\n", 1)[1] for part in text.split("\n## ")[1:]}
    return sections[version].strip() + "\n"


def main(tag: str) -> None:
    """Print the notes; end with 1 and the reason if this is no release."""
    wrong = {name: version for name, version in versions().items() if f"v{version}" != tag}
    if wrong:
        sys.exit(f"{tag} is not what these files say: {wrong}")
    sys.stdout.write(notes(tag[1:]))


if __name__ == "__main__":
    main(sys.argv[1])
