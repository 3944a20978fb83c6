"""Formulas of the manual are typeset: `$…$`, which the site draws as MathML and GitHub by itself."""

import ast
import importlib.util
import io
import re
from pathlib import Path

import pytest

import copos

DOCS = Path(copos.__file__).parent.parent / "docs"
PAGES = sorted(DOCS.glob("*.md"))
GALLERY = sorted((DOCS / "gallery").glob("*.py"))
WRITTEN = {  # by programs, from tables of numbers and lines of code
    "benchmarks.md": "cells of measured tables",
    "findings.md": "bounds such as ≥ 1840850",
    "mutants.md": "lines of the checker",
}
SIGNS = "≤≥≠≈∈∉⊂⊆⊇⪰⪯∘⊗⊕∥↦∞∇∫ΣΠ⟨⟩∩∪⌈⌉⌊⌋𝒢𝒜′αβγδεζηθκλμνξπρστφχψωϑΓΔΛΦΘℓ√½¼¾²³⁰¹⁴⁵⁶⁷⁸⁹⁻₀₁₂₃−‖ŷ"
LOOKS = r"[{}]|\b[A-Za-z]_[A-Za-z0-9]\b|\b[A-Za-z]{{1,3}}'(\W|$)|\b[A-Za-z]'[A-Z]"
SPANS = {
    "10681 ≤ α ≤ 10764, proved: {…}": "what a command prints",
    "[σ, τ_1, …]": "an entry of a file",
    "[j, v_1, …, v_ℓ, c]": "an entry of a file",
    "[k, i, λ]": "an entry of a file",
    "[i_1, …, i_p, v_1, …, v_t]": "an entry of a file",
    "[k_1, …, k_d, w]": "an entry of a file",
    "[k_1, …, k_(d−2), h, k, [[v, f_v], …], w]": "an entry of a file",
    "i_1": "of the entry before it",
    '{"cut": [[v, a_v], …]}': "an entry of a file",
    '{"either": [ℓ, ℓ\'], "multipliers": [[j, c_j], …]}': "an entry of a file",
    'loss=Loss("huber", δ)': "an argument",
}
FENCED = re.compile(r"(?ms)^ *(```+|~~~+|:::+).*?^ *\1 *$")
SPAN = re.compile(r"(?s)(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
FORMULA = re.compile(r"\$\$(.+?)\$\$|\$([^$]+)\$", re.S)
MEASURED = re.compile(r"(?s)<!-- benchmark .*?<!-- end -->")  # written by `python -m benchmarks`
HEADING = re.compile(r"(?m)^#.*$")  # its words are an address


def prose(path):
    """A page without its programs and spans of code."""
    return SPAN.sub("", FENCED.sub("", MEASURED.sub("", path.read_text(encoding="utf-8"))))


def formulas(path):
    return [display or inline for display, inline in FORMULA.findall(prose(path))]


@pytest.mark.parametrize("path", [p for p in PAGES if p.name not in WRITTEN], ids=lambda path: path.stem)
def test_no_formula_is_left_in_words(path):
    words = HEADING.sub("", FORMULA.sub("", prose(path)))
    left = [line.strip() for line in words.splitlines() if re.search(rf"[{SIGNS}]|\w_\w?[({{]|\w\^", line)]
    assert not left, left[:5]


@pytest.mark.parametrize("path", [p for p in PAGES if p.name not in WRITTEN], ids=lambda path: path.stem)
def test_no_formula_is_left_in_code_font(path):
    spans = [found[1] for found in SPAN.findall(FENCED.sub("", path.read_text(encoding="utf-8")))]
    left = [span for span in spans if re.search(LOOKS.format(SIGNS), span) and span not in SPANS]
    assert not left, left[:5]


def test_what_is_left_on_purpose_is_there():
    text = "".join(path.read_text(encoding="utf-8") for path in PAGES)
    assert not [span for span in SPANS if f"`{span}`" not in text]
    assert not [page for page in WRITTEN if not re.search(f"[{SIGNS}]", (DOCS / page).read_text(encoding="utf-8"))]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_formulas_are_understood(path):
    convert = pytest.importorskip("latex2mathml.converter").convert
    for formula in formulas(path):
        drawn = convert(formula)
        assert "\\" not in drawn and ">&<" not in drawn, formula  # a command or an environment that it does not know
        assert not re.search(r"_(?:ub|eq|in|out|min|max)\b", formula), formula  # TeX lowers the first letter alone
        assert formula.count("{") == formula.count("}") and not re.search(r"\\[{}]", formula), formula  # GitHub eats \{


@pytest.mark.parametrize("text", [*GALLERY, "a |g(u)| b", "in x_ and y"], ids=lambda text: getattr(text, "stem", "bad"))
def test_the_words_of_the_gallery_say_what_they_seem_to_say(text):
    """In its language |x| is a substitution and x_ a link; formulas are `:math:`."""
    core, nodes = pytest.importorskip("docutils.core"), pytest.importorskip("docutils.nodes")
    words = ast.get_docstring(ast.parse(text.read_text(encoding="utf-8"))) if isinstance(text, Path) else text
    warned = io.StringIO()
    document = core.publish_doctree(words, settings_overrides={"warning_stream": warned, "report_level": 1})
    assert bool(warned.getvalue()) != isinstance(text, Path), warned.getvalue()
    for formula in list(document.findall(nodes.math)):
        formula.parent.remove(formula)
    assert not re.search(f"[{SIGNS}]|\\w_\\w|\\w\\^", document.astext())


@pytest.mark.parametrize(
    ("formula", "told"),
    [
        (r"x'Mx", '<mi>x</mi><mo lspace="0" rspace="0">′</mo><mi>M</mi>'),  # a prime is raised by the font
        (r"a_i'", '<msub><mi>a</mi><mi>i</mi></msub><mo lspace="0" rspace="0">′</mo>'),
        (r"-x", '<mo form="prefix">−</mo>'),
        (r"a - x", '<mo form="infix" lspace="0.222em" rspace="0.222em">−</mo>'),
        (r"M \succeq 0", '<mo form="infix" lspace="0.278em" rspace="0.278em">⪰</mo>'),
        (r"\operatorname{tr} Z", '<mi>tr</mi><mspace width="0.167em" />'),
        (r"x \ge \text{value}", '≥</mo><mi mathvariant="normal">value</mi>'),
        (r"\lvert x\rvert", '<mo lspace="0" rspace="0" stretchy="false">|</mo><mi>x</mi>'),
    ],
)
def test_formulas_have_the_spaces_of_tex(formula, told, drawing):
    assert told in drawing(formula, False)


def test_long_formulas_break_before_relations_and_keep_their_punctuation(drawing):
    drawn = drawing(
        r"\lVert W_L \cdots W_1 X - Y\rVert^2 \le \sum_{i<j} a_{ij} + \lambda_{\max}(A) = c", False, "(", "),"
    )
    assert [piece.count("<math") for piece in drawn.split("<wbr/>")] == [1] * 5
    assert drawn.startswith('<span class="together">(<math') and drawn.endswith("</math>),</span>")
    assert drawing("x", False, "(", ")") == drawing("x", False).replace("<math", "(<math").replace("h></", "h>)</")


@pytest.fixture(scope="module")
def drawing():
    pytest.importorskip("latex2mathml")
    spec = importlib.util.spec_from_file_location("manual_mathml", DOCS / "mathml.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.draw
