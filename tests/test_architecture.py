"""A file imports only from its own floor or from floors below."""

import ast
from pathlib import Path

import copos

FLOORS = {
    "svec": 0, "monomials": 0, "ragged": 0, "elimination": 0, "files": 0, "graphs": 0,
    "executors": 0, "threads": 0, "rationals": 0, "exact_products": 0, "fixed_point": 0, "questions": 0,
    "options": 0, "plots": 0,
    "given": 0, "npy_files": 0,
    "forms": 1, "cones": 1, "program": 1, "conic": 1, "instances": 1, "coherent": 1, "schemes": 1, "normal": 1,
    "hierarchy": 2, "polynomial": 2, "reformulation": 2,
    "solvers": 3, "certificate": 3, "decision": 3, "levels": 3,
    "branching": 4, "branch": 4,
    "bound": 4, "bounding": 4, "quadratic_bound": 4, "regularized_bound": 4, "inner": 4, "copositivity": 4, "complete_positivity": 4,
    "interop": 5, "experiment": 5,
    "stopping": 4, "warm_start": 4, "level_zero": 4, "local_rounds": 4,
    "commands": 6, "cli": 6, "__init__": 6, "__main__": 6,
    "climb": 4, "sanity": 4, "decay_bound": 4,
}  # fmt: skip
# training returns only what the checker has accepted, and the checker needs nothing of the package
UPWARD = {("polynomial", "certificate")}
ROOT = Path(copos.__file__).parent


def imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "copos":
            parts = node.module.split(".")
            yield from [parts[1]] if len(parts) > 1 else [alias.name for alias in node.names]
        elif isinstance(node, ast.Import):
            yield from (a.name.split(".")[1] for a in node.names if a.name.startswith("copos."))


def test_no_import_goes_up():
    upward = []
    for path in ROOT.rglob("*.py"):
        room = path.relative_to(ROOT).parts[0].removesuffix(".py")
        for target in imported(ast.parse(path.read_text(encoding="utf-8"))):
            # a public class or function that a package's __init__ passes on has no floor of its own
            if target in FLOORS and FLOORS[target] > FLOORS[room] and (room, target) not in UPWARD:
                upward.append(f"{path.relative_to(ROOT)} imports copos.{target}")
    assert not upward


def test_every_room_has_a_floor():
    rooms = {p.relative_to(ROOT).parts[0].removesuffix(".py") for p in ROOT.rglob("*.py")}
    assert rooms <= set(FLOORS)
