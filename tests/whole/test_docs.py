"""The manual builds without a warning, its programs run, and it knows every public name."""

import html
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest

import copos

ROOT = Path(copos.__file__).parent.parent
DOCS = ROOT / "docs"


def test_the_manual_builds_without_a_warning(tmp_path):
    pytest.importorskip("sphinx_gallery")
    # from a copy: pages that an earlier `make docs` has left in the folder are none of this version
    made = shutil.ignore_patterns("auto_gallery", "generated", "sg_execution_times.rst", "__pycache__")
    shutil.copytree(DOCS, tmp_path / "docs", ignore=made)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", "-D", "plot_gallery=0"]
    built = subprocess.run([*command, "docs", "site"], cwd=tmp_path, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr[-3000:]
    site = tmp_path / "site"
    page = (site / "tutorial.html").read_text(encoding="utf-8")
    assert "<math" in page and page.count("<img") >= 3 and f"<summary>Version {copos.__version__}</summary>" in page
    text = re.sub("<[^>]*>", "", (site / "generated" / "copos.svd_value.html").read_text(encoding="utf-8"))
    assert re.search(r"X: ArrayLike,\s+Y: ArrayLike,\s+rank: int", text)  # signatures with types, as they are written
    pages = {path: path.read_text(encoding="utf-8") for path in site.rglob("*.html")}
    for path, text in pages.items():
        assert "_NestedSequence" not in text, path.name  # what NumPy makes of `ArrayLike`
        assert not re.search(r'<(?:script|img|link rel="stylesheet")[^>]* (?:src|href)="(?:http|//)', text), path.name
        article = re.search(r"(?s)<article.*</article>", text)
        words = re.sub(r"(?s)<(pre|code|script|math)\b.*?</\1>", "", article[0] if article else "")
        assert not re.search(r"\$|\\[a-z]+", words), (path.name, "a formula that is not drawn")
        if path.parent == site:  # x_+ and y_− make a pair of underscores: not meant as emphasis
            slanted = [text for text in re.findall(r"(?s)<em>(.*?)</em>", words) if re.search(r"[=_^+|Σ]", text)]
            assert not slanted, (path.name, slanted)
    names = {path: set(re.findall(r'\bid="([^"]+)"', text)) for path, text in pages.items()}
    for path, text in pages.items():
        for target in set(re.findall(r'<a [^>]*href="([^":?]*)"', text)) - {"#"}:
            file, _, name = html.unescape(target).partition("#")
            aim = (path.parent / file).resolve() if file else path
            found = not name or aim.suffix != ".html" or unquote(name) in names[aim]
            assert aim.exists() and found, (path.name, target)


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
