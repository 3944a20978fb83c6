"""The paper: what it cites is in its bibliography and nothing else is, its parts are there, and pandoc builds it."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "paper"
PARTS = ["Summary", "Statement of need", "State of the field", "Features", "Example", "References"]


def test_citations_and_bibliography_are_the_same():
    text, library = ((FOLDER / name).read_text(encoding="utf-8") for name in ("paper.md", "paper.bib"))
    assert set(re.findall(r"@(\w+\d{4})", text)) == set(re.findall(r"^@\w+\{(\w+),", library, re.M))


def test_the_parts_are_there_and_it_is_short():
    text = (FOLDER / "paper.md").read_text(encoding="utf-8")
    at = [text.index(f"# {part}\n") if part != "References" else text.rindex("# References") for part in PARTS]
    assert at == sorted(at)
    assert 500 < len(text.split()) < 1500


def test_the_example_says_what_is_true():
    nx = pytest.importorskip("networkx")

    import copos

    bound = copos.lower_bound(copos.stability_number(nx.cycle_graph(5)), level=1)
    assert abs(1 / bound.lower - 2) < 1e-5 and bound.proved


@pytest.mark.skipif(shutil.which("pandoc") is None, reason="needs pandoc")
def test_pandoc_builds_it(tmp_path):
    command = ["pandoc", "paper.md", "--citeproc", "--standalone", "--mathml", "--output", str(tmp_path / "paper.html")]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True)
    assert done.returncode == 0 and "warning" not in done.stderr.lower(), done.stderr
    page = (tmp_path / "paper.html").read_text(encoding="utf-8")
    assert "Burer" in page and "<h1" in page
