"""The code that makes a row: a fingerprint of an experiment's file, of what it imports from beside it, and of copos."""

from __future__ import annotations

import ast
import hashlib
from functools import cache
from pathlib import Path

import copos


def fingerprint(source: bytes, path: Path) -> str:
    """SHA-256, shortened, of a file's bytes, of the files beside it that it imports, and of this package.

    The file's own bytes are given, because they are what is run, whatever the file holds a moment later.
    """
    total = hashlib.sha256(source)
    for beside in sorted(_beside(source, path.parent, {path}) - {path}):
        total.update(beside.name.encode() + b"\0" + _bytes(beside))
    total.update(_package().encode())
    return f"sha256:{total.hexdigest()[:16]}"


def _beside(source: bytes, folder: Path, seen: set[Path]) -> set[Path]:
    """Files of the folder that a source imports, and that those import."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return seen
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):  # `from folder import file`, `from file import name`
            names += [node.module or "", *(f"{node.module or ''}.{alias.name}" for alias in node.names)]
    for name in names:
        for part in name.split("."):
            file = folder / f"{part}.py"
            if part and file not in seen and file.is_file():
                seen.add(file)
                _beside(_bytes(file), folder, seen)
    return seen


@cache
def _package() -> str:
    root = Path(copos.__file__).parent
    total = hashlib.sha256()
    for file in sorted(root.rglob("*.py")):
        if file.relative_to(root).parts[0] != "experiments":  # an installed package holds them; each is its own code
            total.update(str(file.relative_to(root)).encode() + b"\0" + _bytes(file))
    return total.hexdigest()


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""
