"""The manual as a site: `make docs` writes site/; warnings are errors."""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path
from typing import Any

import latex2mathml.converter

import copos

ROOT, REPOSITORY = Path(copos.__file__).parent.parent, "https://github.com/copos-developers/copos"
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
html_theme, html_title, html_static_path = "furo", "copos", ["_static"]
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
autodoc_typehints = "none"  # the docstrings say shapes, which types cannot
napoleon_google_docstring = False
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


def foreign(app: Any, what: str, name: str, obj: Any, skip: bool, options: Any) -> bool | None:
    """Leave out what scikit-learn adds to estimators; its own manual describes that."""
    return True if str(getattr(obj, "__module__", "")).startswith("sklearn") else None


def mathml(self: Any, node: Any) -> None:
    """Formulas as MathML, which browsers draw without a script."""
    from docutils import nodes

    display = "block" if isinstance(node, nodes.math_block) else "inline"
    converted = latex2mathml.converter.convert(node.astext(), display=display)
    self.body.append(f'<div class="formula">{converted}</div>' if display == "block" else converted)
    raise nodes.SkipNode


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
    return f"{REPOSITORY}/blob/main/{where}#L{first}-L{first + len(lines) - 1}"


def setup(app: Any) -> None:
    """Connect them."""
    app.connect("autodoc-skip-member", foreign)
    app.connect("autodoc-process-docstring", escape, priority=100)
    app.add_html_math_renderer("mathml", (mathml, None), (mathml, None))


html_math_renderer = "mathml"
