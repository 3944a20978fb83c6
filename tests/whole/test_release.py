"""What is released: the contents of the wheel, its requirements, the citation file."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.clean_install import faults

ROOT = Path(__file__).parent.parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_wheel_holds_the_package_and_nothing_else(tmp_path):
    pytest.importorskip("hatchling")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    assert not faults(next(tmp_path.glob("*.whl")))


def test_no_requirement_is_optional_or_under_another_kind_of_licence():
    required = {re.match(r"[\w-]+", text)[0] for text in PROJECT["dependencies"]}
    extras = PROJECT["optional-dependencies"]
    optional = {re.match(r"[\w-]+", text)[0] for extra in extras.values() for text in extra} - {"copos"}
    assert not required & optional
    assert {"cvxopt", "picos"} <= optional and PROJECT["license"] == "MIT"


def test_the_citation_is_of_this_version():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    fields = dict(re.findall(r"^([\w-]+): (.+)$", citation, re.M))
    assert fields["version"] == PROJECT["version"] and fields["license"] == PROJECT["license"]
    assert fields["cff-version"] == "1.2.0"
