"""Formulas of the manual are typeset: `$…$`, which the site draws as MathML and GitHub by itself."""

import re
from pathlib import Path

import pytest

import copos

DOCS = Path(copos.__file__).parent.parent / "docs"
PAGES = sorted(DOCS.glob("*.md"))
WRITTEN = {  # by programs, from tables of numbers and lines of code
    "benchmarks.md": "cells of measured tables",
    "findings.md": "bounds such as ≥ 1840850",
    "mutants.md": "lines of the checker",
}
SIGNS = "≤≥≠≈∈∉⊂⊆⊇⪰⪯∘⊗⊕∥↦∞∇∫ΣΠ⟨⟩∩∪⌈⌉⌊⌋𝒢𝒜′αβγδεζηθκλμνξπρστφχψωϑΓΔΛΦΘℓ√½¼¾²³⁰¹⁴⁵⁶⁷⁸⁹⁻₀₁₂₃−‖ŷ"
SPANS = {
    "10681 ≤ α ≤ 10764, proved: {…}": "what a command prints",
    "[σ, τ_1, …]": "an entry of a file",
    "[j, v_1, …, v_ℓ, c]": "an entry of a file",
    "[k, i, λ]": "an entry of a file",
    '{"either": [ℓ, ℓ\'], "multipliers": [[j, c_j], …]}': "an entry of a file",
    'loss=Loss("huber", δ)': "an argument",
}
FENCED, SPAN = re.compile(r"(?ms)^ *(```+|~~~+|:::+).*?^ *\1 *$"), re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.S)
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
    left = [span for span in spans if re.search(f"[{SIGNS}]", span) and span not in SPANS]
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
        assert formula.count("{") == formula.count("}") and not re.search(r"\\[{}]", formula), formula  # GitHub eats \{
