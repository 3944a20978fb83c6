"""The public names exist, and importing the package is quick and pulls in nothing optional."""

import ast
import importlib
import pkgutil
import subprocess
import sys
import types
import zipfile
from pathlib import Path

import pytest

import copos


def test_every_public_name_can_be_imported():
    assert all(getattr(copos, name) is not None for name in copos.__all__)


def loaded_by(statement):
    """Modules that a fresh process has after a statement."""
    code = f"import sys; {statement}; print(*sys.modules)"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


def test_import_costs_nothing():
    modules = loaded_by("import copos")
    assert {name for name in modules if name.split(".")[0] == "copos"} == {"copos"}
    assert not {"numpy", "scipy"} & modules


def test_a_bound_loads_nothing_optional():
    optional = {"sklearn", "matplotlib", "cvxopt", "cvxpy", "picos", "networkx", "torch", "distributed", "pandas"}
    modules = loaded_by("import copos; copos.lower_bound, copos.linear_network, copos.stability_number")
    assert "copos.bounding.bounds" in modules
    assert not (optional | {"scipy.optimize"}) & modules


def test_there_is_one_table_of_public_names():
    """Every line of the table gives a name under itself, as type checkers ask for re-exports, and Python finds it."""
    body = ast.parse(Path(copos.__file__).with_suffix(".pyi").read_text(encoding="utf-8")).body
    found = [(node.module, alias) for node in body if isinstance(node, ast.ImportFrom) for alias in node.names]
    assert all(alias.asname == alias.name for _, alias in found)
    names = [alias.name for module, alias in found if module]
    assert copos.__all__ == sorted(names) and len(set(names)) == len(names) > 50
    assert set(copos.ROOMS) == {alias.name for module, alias in found if not module} and len(copos.ROOMS) > 15
    assert set(dir(copos)) == {*names, *copos.ROOMS, "__version__"}


def test_the_table_is_read_from_an_archive_too(tmp_path):
    with zipfile.ZipFile(tmp_path / "copos.zip", "w") as archive:
        for name in ("__init__.py", "__init__.pyi"):
            archive.write(Path(copos.__file__).parent / name, f"copos/{name}")
    code = "import sys; sys.path.insert(0, 'copos.zip'); import copos; print(copos.__file__, len(copos.__all__))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True).stdout
    assert said.split() == ["copos.zip/copos/__init__.py", str(len(copos.__all__))]


def test_no_module_hides_a_public_name():
    for info in pkgutil.walk_packages(copos.__path__, "copos."):
        if info.name not in ("copos.__main__", "copos.polynomial.torch_module"):
            try:
                importlib.import_module(info.name)
            except ImportError as error:  # an optional package that is not installed
                assert not str(error.name).startswith("copos"), error
    modules = [name for name in copos.__all__ if isinstance(getattr(copos, name), types.ModuleType)]
    assert not modules


def test_unknown_names_are_attribute_errors():
    assert not hasattr(copos, "copositive_magic")


def test_old_paths_of_modules_lead_to_the_new_ones():
    from copos.support.moved import MOVED

    for old, new in MOVED.items():
        sys.modules.pop(old, None)
        with pytest.warns(DeprecationWarning, match=f"has moved to {new}"):
            module = importlib.import_module(old)
        assert module is importlib.import_module(new) and module.__spec__.name == new
