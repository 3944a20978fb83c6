"""The house is as docs/contributing.md says: who may import whom, no circle, every file in a room."""

import ast
import re

import networkx as nx

from copos.hierarchy import FAMILIES
from copos.solvers import SOLVERS
from tests import house
from tests.conftest import SLOW


def test_every_arrow_is_allowed_and_every_permission_is_used():
    may, graph = house.table(), house.rooms(house.HOME)
    forbidden = [graph[a][b]["files"] for a, b in graph.edges if b not in may.get(a, ())]
    assert not forbidden
    assert [(a, b) for a, allowed in may.items() for b in allowed if not graph.has_edge(a, b)] == []


def test_there_is_no_circle():
    assert house.circles(house.files(house.HOME)) == []
    assert house.circles(house.rooms(house.HOME)) == []


def test_every_file_stands_in_a_room():
    known = house.modules(house.HOME)
    rooms = {house.room(name) for name in known if name not in house.PUBLIC}
    assert rooms == set(house.table())
    loose = {path.stem for path in (house.HOME / "copos").glob("*.py")}
    assert loose == {"__init__", "__main__", *house.NOUNS}


def test_floors_rise_along_the_arrows():
    text = (house.HOME / "docs" / "contributing.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| `([^`]+)` \|", text, flags=re.MULTILINE)
    floor = {name.strip("/").replace("/", "."): int(number) for number, name in rows}
    assert [(a, b) for a, allowed in house.table().items() for b in allowed if b in floor and floor[a] < floor[b]] == []


def test_only_functions_that_users_call_have_many_parameters():
    assert house.longest(house.HOME) == []


def test_what_a_solver_or_a_family_can_do_is_asked_of_its_row():
    names = {*SOLVERS, *FAMILIES}
    compared = []
    for name, path in house.modules(house.HOME).items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Compare):
                sides = [node.left, *node.comparators]
                compared += [(name, node.lineno) for c in sides if isinstance(c, ast.Constant) and c.value in names]
    assert compared == []


def test_a_forbidden_arrow_and_a_circle_are_found(tmp_path):
    for name, text in {"forms": "import copos.solvers.one", "solvers/one": "from copos import forms"}.items():
        path = tmp_path / "copos" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    graph = house.rooms(tmp_path)
    assert set(graph.edges) == {("forms", "solvers"), ("solvers", "forms")}
    assert house.circles(graph) == [["forms", "solvers"]]
    assert house.circles(house.files(tmp_path)) == [["copos.forms", "copos.solvers.one"]]
    assert isinstance(graph, nx.DiGraph)


def test_the_suite_mirrors_the_rooms():
    rooms = {name.replace(".", "/") for name in house.table()} - set(house.NOUNS)
    beside = {"nouns", "whole"}  # the nouns at the top, and what concerns the package as a whole
    tests = house.HOME / "tests"
    folders = {str(path.parent.relative_to(tests)) for path in tests.rglob("test_*.py")}
    assert folders <= rooms | beside


def test_many_parameters_are_counted(tmp_path):
    (tmp_path / "copos").mkdir()
    (tmp_path / "copos" / "__init__.py").write_text("__all__ = ['many', 'Many']", encoding="utf-8")
    nine = "def {}(a, b, c, d, e, f, *, g, h, i): ...\n"
    inside = "".join(f"    {nine.format(name)}" for name in ("__init__", "method", "_hidden"))
    text = nine.format("many") + nine.format("own") + f"class Many:\n{inside}"
    (tmp_path / "copos" / "forms.py").write_text(text, encoding="utf-8")
    assert house.longest(tmp_path) == [(9, "copos.forms.own"), (9, "copos.forms.Many._hidden")]


def test_what_is_called_slow_exists():
    for name, functions in SLOW.items():
        tree = ast.parse((house.HOME / "tests" / name).read_text(encoding="utf-8"))
        assert set(functions.split()) <= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
