"""Which room imports which: the arrows of the code, its circles, and the table of docs/contributing.md.

    python -m tests.house [FOLDER]

prints the rooms of the package in a folder (this checkout by default) with what they import, the number of arrows, and
every circle of files or rooms.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import networkx as nx

HOME = Path(__file__).parent.parent
NOUNS = ("conic", "forms", "cones", "program", "questions", "regularized")
PUBLIC = ("copos", "copos.__main__")  # where everything is put together; who imports them names no room
INSIDE = ("reformulation.linear_network",)  # a folder of a room that is a room of its own


def modules(home: Path) -> dict[str, Path]:
    """Dotted name ↦ file, of the whole package."""
    out = {}
    for path in sorted((home / "copos").rglob("*.py")):
        parts = path.relative_to(home).with_suffix("").parts
        out[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return out


def imported(path: Path, known: dict[str, Path]) -> Iterator[str]:
    """Every module of the package that a file imports, at its top, in a function, or for its annotations only."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "copos":
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in known else node.module
        elif isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.split(".")[0] == "copos")


def files(home: Path) -> nx.DiGraph:
    """File → file."""
    known, graph = modules(home), nx.DiGraph()
    for name, path in known.items():
        graph.add_node(name)
        if name not in PUBLIC:
            graph.add_edges_from((name, target) for target in imported(path, known) if target not in (name, "copos"))
    return graph


def room(module: str) -> str:
    """The room that a module stands in; a noun is a room of its own."""
    inner = module.removeprefix("copos.")
    return next((name for name in INSIDE if inner == name or inner.startswith(f"{name}.")), inner.split(".")[0])


def rooms(home: Path) -> nx.DiGraph:
    """Room → room, each with the pairs of files that make the arrow."""
    out = nx.DiGraph()
    for a, b in files(home).edges:
        if room(a) != room(b):
            out.add_edge(room(a), room(b))
            out[room(a)][room(b)].setdefault("files", []).append(f"{a} imports {b}")
    return out


def circles(graph: nx.DiGraph) -> list[list[str]]:
    """Sets of files or rooms that all reach each other."""
    return sorted(sorted(part) for part in nx.strongly_connected_components(graph) if len(part) > 1)


def table(home: Path = HOME) -> dict[str, set[str]]:
    """Room ↦ rooms that it may import, as the contributor's page says."""
    text = (home / "docs" / "contributing.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \d+ \| `([^`]+)` \| [^|]* \| ([^|]*) \|$", text, flags=re.MULTILINE)
    return {name.strip("/").replace("/", "."): set(re.findall(r"`([^`]+)`", may)) for name, may in rows}


def main() -> None:
    """Print the house."""
    home = Path(sys.argv[1]) if len(sys.argv) > 1 else HOME
    graph = rooms(home)
    for name in sorted(graph):
        print(f"{name:32} {', '.join(sorted(graph[name]))}")
    print(f"{len(graph)} rooms, {graph.number_of_edges()} arrows")
    print(f"circles of files: {circles(files(home)) or 'none'}")
    print(f"circles of rooms: {circles(graph) or 'none'}")


if __name__ == "__main__":
    main()
