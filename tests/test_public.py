"""The public names exist, and importing the package is quick and pulls in nothing optional."""

import importlib
import pkgutil
import subprocess
import sys
import types

import copos


def test_every_public_name_can_be_imported():
    assert all(getattr(copos, name) is not None for name in copos.__all__)


def test_import_leaves_optional_packages_alone():
    optional = ("sklearn", "matplotlib", "cvxopt", "cvxpy", "picos", "networkx", "torch")
    code = f"import sys, copos; print([m for m in {optional} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


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
