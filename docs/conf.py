"""The manual as a site: `make docs` writes site/; warnings are errors."""

from __future__ import annotations

import inspect
import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

from docutils import nodes
from numpy.typing import ArrayLike
from sphinx.util.typing import stringify_annotation

import copos

sys.path.insert(0, str(Path(__file__).parent))
from mathml import draw  # noqa: E402

ROOT, DOCS = Path(copos.__file__).parent.parent, Path(__file__).parent
URLS = tomllib.loads((DOCS.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]
project, author, release = "copos", "The copos developers", copos.__version__
project_copyright = "The copos developers"
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.linkcode",
    "sphinx.ext.napoleon",
    "sphinxcontrib.bibtex",
    "sphinx_gallery.gen_gallery",
    "matplotlib.sphinxext.plot_directive",
]
html_theme, html_title, html_static_path = "furo", f"copos {release}", ["_static"]
html_baseurl = URLS["Documentation"] + "/en/stable/"
# the versions on the site; Read the Docs shows its own list there, too
html_context = {
    "versions": json.loads((DOCS / "versions.json").read_text(encoding="utf-8")),
    "documentation": URLS["Documentation"],
}
PARTS = ("brand", "versions", "search", "scroll-start", "navigation", "scroll-end")
html_sidebars = {"**": [f"sidebar/{part}.html" for part in PARTS]}
html_css_files, html_js_files = ["copos.css"], ["copy.js"]
html_additional_pages = {"doors": "moved.html"}  # a page of version 0.1 that others may link to
exclude_patterns = ["gallery/*.rst", "_templates", "paper", "notebooks"]
default_role = "literal"
nitpicky = False

myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 3
bibtex_bibfiles = ["references.bib"]
autosummary_generate = True
autodoc_member_order = "bysource"
autodoc_typehints, autodoc_typehints_format = "signature", "short"  # shapes are in the words below
python_maximum_signature_line_length = 90
napoleon_google_docstring = napoleon_attr_annotations = False
napoleon_use_rtype = napoleon_use_param = False  # the words after a name describe it, they are no types
napoleon_custom_sections = [("Attributes", "params_style")]
templates_path = ["_templates"]
plot_html_show_formats = plot_html_show_source_link = False
plot_formats = [("png", 110)]
sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "auto_gallery",
    "filename_pattern": r".*\.py",
    "download_all_examples": False,
    "show_memory": False,
    "abort_on_example_error": True,
    "write_computation_times": False,  # that page loads scripts from elsewhere
    "plot_gallery": "True",
}
suppress_warnings = ["config.cache"]  # a function below is part of the configuration

NAMED = re.compile(r"(\w[\w, *]*) : (.*)$")
NOT_CODE = re.compile(r"(`[^`]*`)")


def plain(line: str) -> str:
    """Docstrings are plain text with mathematics: keep |x|, * and x_ from meaning anything to the parser."""
    parts = NOT_CODE.split(line)
    for k in range(0, len(parts), 2):
        parts[k] = re.sub(r"([|*])", r"\\\1", parts[k])
        parts[k] = re.sub(r"(\w)_(?=\W|$)", r"\1\\_", parts[k])
    return "".join(parts)


def apart(lines: list[str]) -> list[str]:
    """`name : words` of a parameter or attribute as a name with indented words, because no types are meant."""
    out: list[str] = []
    inside = False
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if below and set(below.strip()) == {"-"}:
            inside = line.strip() in ("Parameters", "Attributes")
        named = NAMED.match(line) if inside else None
        out += [named[1], "    " + named[2]] if named else [line]
    return out


def escape(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Escape the lines of a docstring that are neither examples nor headings."""
    lines[:] = [line if line.lstrip().startswith((">>>", "...")) else plain(line) for line in apart(lines)]


def short_types(app: Any, what: str, name: str, obj: Any, options: Any, signature: str, returned: str) -> Any:
    """`ArrayLike` in signatures, and not the union that it stands for."""
    union = stringify_annotation(ArrayLike, "smart")
    beside_text = union.replace(" | str", "", 1)  # of `str | ArrayLike`
    plain_text = (text and text.replace(union, "ArrayLike") for text in (signature, returned))
    return tuple(text and text.replace(beside_text, "ArrayLike") for text in plain_text)


def foreign(app: Any, what: str, name: str, obj: Any, skip: bool, options: Any) -> bool | None:
    """Leave out what scikit-learn adds to estimators; its own manual describes that."""
    return True if str(getattr(obj, "__module__", "")).startswith("sklearn") else None


def mathml(self: Any, node: Any) -> None:
    """A formula of a page or a docstring."""
    around = node.get("before", ""), node.get("after", "")
    self.body.append(draw(node.astext(), isinstance(node, nodes.math_block), *around))
    raise nodes.SkipNode


def together(app: Any, doctree: Any, name: str) -> None:
    """Hand the brackets and commas beside a formula over to it."""
    for formula in list(doctree.findall(nodes.math)):
        row, k = formula.parent, formula.parent.index(formula)
        for side, at, pattern in (("after", k + 1, r"[,.;:!?)\]]+"), ("before", k - 1, r"[(\[]+$")):
            beside = row[at] if 0 <= at < len(row) else None
            found = re.search(pattern, beside.astext()) if isinstance(beside, nodes.Text) else None
            if beside is not None and found and (side == "before" or found.start() == 0):
                formula[side] = found[0]
                row[at] = nodes.Text(beside.astext()[: found.start()] + beside.astext()[found.end() :])


def linkcode_resolve(domain: str, info: dict[str, str]) -> str | None:
    """The lines of the repository where a public name is defined, for [source]."""
    found: Any = sys.modules.get(info["module"])
    for name in info["fullname"].split("."):
        found = getattr(found, name, None)
    found = inspect.unwrap(found.fget if isinstance(found, property) else found) if found is not None else None
    try:
        file, (lines, first) = inspect.getsourcefile(found), inspect.getsourcelines(found)
    except (TypeError, OSError):
        return None
    if file is None or not Path(file).is_relative_to(ROOT):
        return None
    where = Path(file).relative_to(ROOT).as_posix()
    return f"{URLS['Repository']}/blob/main/{where}#L{first}-L{first + len(lines) - 1}"


def setup(app: Any) -> None:
    """Connect them."""
    app.connect("autodoc-skip-member", foreign)
    app.connect("autodoc-process-signature", short_types)
    app.connect("autodoc-process-docstring", escape, priority=100)
    app.connect("doctree-resolved", together)
    app.add_html_math_renderer("mathml", (mathml, None), (mathml, None))


html_math_renderer = "mathml"
