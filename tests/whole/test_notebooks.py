"""The notebooks, one per role: valid files without outputs, whose cells run and whose own assertions hold."""

import ast
import json
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
EXTRAS = {"cvxpy": ["cvxpy"], "scikit_learn": ["sklearn"], "graphs": ["networkx"]}


def cells(path, kind):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == kind]


def test_there_is_one_per_role():
    assert [path.stem for path in NOTEBOOKS] == ["cvxpy", "graphs", "matrices", "scikit_learn", "table"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_small_links_to_where_it_runs_and_has_no_outputs(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert notebook["nbformat"] == 4 and len(notebook["cells"]) < 20
    assert not any(cell.get("outputs") for cell in notebook["cells"])
    assert len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"])
    first = cells(path, "markdown")[0]
    assert f"docs/notebooks/{path.name}" in first and "mybinder.org" in first and "colab" in first


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path, tmp_path, monkeypatch):
    for module in EXTRAS.get(path.stem, ()):
        pytest.importorskip(module)
    monkeypatch.chdir(tmp_path)
    names, checked = {"__name__": path.stem}, 0
    for k, code in enumerate(cells(path, "code")):
        checked += sum(isinstance(node, ast.Assert) for node in ast.parse(code).body)
        exec(compile(code, f"{path.name}[{k}]", "exec"), names)
    assert checked >= 3 and not list(tmp_path.iterdir())
