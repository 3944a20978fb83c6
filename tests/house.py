"""Which room imports which: the arrows of the code, its circles, and the table of docs/contributing.md.

    python -m tests.house [FOLDER] [--functions 25] [--seed 0]

prints the rooms of the package in a folder (this checkout by default) with what they import, the number of arrows,
every circle of files or rooms, and the longest parameter lists of functions that are not public; then functions picked
at random with the room that each stands in, to see whether it is where its name would be looked for.
"""

from __future__ import annotations

import argparse
import ast
import random
import re
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


def functions(home: Path) -> dict[str, tuple[int, str]]:
    """Qualified name of every function and method ↦ (number of parameters, first line of its docstring)."""
    out = {}
    for module, path in modules(home).items():
        todo = [(module, node) for node in ast.parse(path.read_text(encoding="utf-8")).body]
        while todo:
            prefix, node = todo.pop()
            if isinstance(node, ast.ClassDef):
                todo += [(f"{prefix}.{node.name}", child) for child in node.body]
            elif isinstance(node, ast.FunctionDef):
                given = node.args
                names = [a.arg for a in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
                words = (ast.get_docstring(node) or "").split("\n")[0]
                out[f"{prefix}.{node.name}"] = (len([n for n in names if n not in ("self", "cls")]), words)
    return out


def public(home: Path) -> set[str]:
    """Names that `import copos` gives: those of its table, or of `__all__` where there is none."""
    stub = home / "copos" / "__init__.pyi"
    if stub.exists():
        found = (node for node in ast.parse(stub.read_text(encoding="utf-8")).body if isinstance(node, ast.ImportFrom))
        return {alias.name for node in found if node.module for alias in node.names}
    (names,) = (
        node.value
        for node in ast.parse((home / "copos" / "__init__.py").read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__"
    )
    return set(ast.literal_eval(names))


def longest(home: Path, least: int = 9) -> list[tuple[int, str]]:
    """(parameters, name) of functions that users do not call, from `least` parameters on, the longest first.

    Users call public functions, methods of public classes, and commands.
    """
    seen, out = public(home), []
    for name, (count, _) in functions(home).items():
        own = name.split(".")  # …, the class of a method, the function
        given = own[-1] in seen or (own[-2] in seen and (own[-1] == "__init__" or own[-1][0] != "_"))
        if count >= least and own[1] != "commands" and not given:
            out.append((count, name))
    return sorted(out, reverse=True)


def main() -> None:
    """Print the house."""
    parser = argparse.ArgumentParser(prog="python -m tests.house")
    parser.add_argument("folder", nargs="?", type=Path, default=HOME)
    parser.add_argument("--functions", type=int, default=0, metavar="N")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    home = given.folder
    graph = rooms(home)
    for name in sorted(graph):
        print(f"{name:32} {', '.join(sorted(graph[name]))}")
    print(f"{len(graph)} rooms, {graph.number_of_edges()} arrows")
    print(f"circles of files: {circles(files(home)) or 'none'}")
    print(f"circles of rooms: {circles(graph) or 'none'}")
    print("functions that are not public with more than 8 parameters:", longest(home) or "none")
    found = functions(home)
    for name in sorted(random.Random(given.seed).sample(sorted(found), given.functions)):
        print(f"{name.removeprefix('copos.'):64} {found[name][1]}")



if __name__ == "__main__":
    main()
