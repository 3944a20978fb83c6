"""The manual builds without a warning, its programs run, and it knows every public name."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import copos

ROOT = Path(copos.__file__).parent.parent
DOCS = ROOT / "docs"


def test_the_manual_builds_without_a_warning(tmp_path):
    pytest.importorskip("sphinx_gallery")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", "-D", "plot_gallery=0"]
    built = subprocess.run(
        [*command, "-d", tmp_path / "trees", DOCS, tmp_path / "site"], capture_output=True, text=True
    )
    assert built.returncode == 0, built.stderr[-3000:]
    page = (tmp_path / "site" / "tutorial.html").read_text(encoding="utf-8")
    assert "<math" in page and page.count("<img") >= 3
    assert (tmp_path / "site" / "generated" / "copos.lower_bound.html").exists()
    for path in (tmp_path / "site").glob("*.html"):
        body = re.search(r"(?s)<article.*</article>", path.read_text(encoding="utf-8"))
        words = re.sub(r"(?s)<(pre|code|script|math)\b.*?</\1>", "", body[0] if body else "")
        assert not re.search(r"\$|\\[a-z]+", words), (path.name, "a formula that is not drawn")
    for path in (tmp_path / "site").glob("*.html"):  # x_+ and y_− make a pair of underscores: not meant as emphasis
        slanted = re.findall(r"<em>(.*?)</em>", path.read_text(encoding="utf-8"), re.DOTALL)
        formulas = [text for text in slanted if re.search(r"[=_^+|Σ]", text)]
        assert not formulas, (path.name, formulas)


@pytest.mark.parametrize("path", sorted((DOCS / "gallery").glob("*.py")), ids=lambda path: path.stem)
def test_programs_of_the_gallery_run(path):
    pytest.importorskip("matplotlib")
    environment = {**os.environ, "MPLBACKEND": "Agg"}
    run = subprocess.run([sys.executable, path], capture_output=True, text=True, env=environment)
    assert run.returncode == 0, run.stderr[-2000:]


def test_every_public_name_is_in_the_reference():
    words = set((DOCS / "reference.md").read_text(encoding="utf-8").split())
    assert set(copos.__all__) <= words, set(copos.__all__) - words


def test_every_page_is_in_a_table_of_contents():
    index = (DOCS / "index.md").read_text(encoding="utf-8").split()
    pages = {path.stem for path in DOCS.glob("*.md")} - {"index"}
    assert pages <= set(index), pages - set(index)
