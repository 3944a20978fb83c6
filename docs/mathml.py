"""Formulas as MathML, which browsers draw without a script: what latex2mathml writes, with the spaces of TeX."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree

import latex2mathml.converter

NAMESPACE = "http://www.w3.org/1998/Math/MathML"
TAG = f"{{{NAMESPACE}}}".__add__
PRIME, THIN, MEDIUM, THICK = "′", "0.167em", "0.222em", "0.278em"
RELATIONS = "=<>≤≥≠≈∈∉⊂⊆⊇⪰⪯≻≺≡∥↦→↔∋∼≁:"
OPENING = tuple("([{⟨|‖,;:=<>≤≥")
BINARY = "+−±∓×·∘⊗⊕∩∪∖"
SPACES = {sign: THICK for sign in RELATIONS} | {sign: MEDIUM for sign in BINARY} | {"/": "0"}
SCRIPTS = ("}msub", "}msup", "}msubsup", "}munder", "}mover", "}munderover")
LONG = 36  # characters of TeX from which on a formula in a line may be broken, before a relation or a sum
BREAK = re.compile(r"(?<=[^\s,(=+-]) (?==|<|>|\+|-|\\(?:le|ge|ne|in|subset|succeq|to|mapsto|times|cdot)\b)")


def draw(formula: str, block: bool, before: str = "", after: str = "") -> str:
    """The markup of a formula; several pieces between which a line may end, if it stands in one and is long.

    The punctuation before and after it stays with it: browsers would end a line there.
    """
    if block:
        return f'<div class="formula">{one(formula, "block")}</div>'
    drawn = [one(piece, "inline", k > 0) for k, piece in enumerate(pieces(formula))]
    drawn[0] = before + drawn[0]
    drawn[-1] += after
    return "<wbr/>".join(f'<span class="together">{piece}</span>' for piece in drawn)


def pieces(formula: str) -> Iterator[str]:
    """Where TeX would break a line: outside of its groups and environments, and not after an opening sign alone."""
    if len(formula) < LONG or "\\begin" in formula:
        yield formula
        return
    start = 0
    for found in BREAK.finditer(formula):
        before = formula[start : found.start()]
        if before.count("{") == before.count("}") and len(before) > 8:
            yield before
            start = found.end()
    yield formula[start:]


def one(formula: str, display: str, continued: bool = False) -> str:
    """One element `math`; one that is continued begins with an operator between two terms."""
    ElementTree.register_namespace("", NAMESPACE)
    root = ElementTree.fromstring(latex2mathml.converter.convert(formula, display=display))
    for parent in list(root.iter()):
        parent[:] = [piece for child in list(parent) for piece in primed(child)]
    arrange(root, False, continued)
    return ElementTree.tostring(root, encoding="unicode")


def arrange(parent: ElementTree.Element, script: bool, continued: bool) -> None:
    """Put the spaces in; none in subscripts and superscripts."""
    if parent.tag in (TAG("mrow"), TAG("mtd"), TAG("mstyle")):
        parent[:] = list(spaced(list(parent), script, continued))
    for k, child in enumerate(list(parent)):
        arrange(child, script or (parent.tag.endswith(SCRIPTS) and k > 0), continued and k == 0)


def primed(node: ElementTree.Element) -> list[ElementTree.Element]:
    """A prime beside its letter: fonts have it raised already."""
    script = {TAG("msup"): 1, TAG("msubsup"): 2}.get(node.tag)
    if script is None or set("".join(node[script].itertext())) != {PRIME}:
        return [node]
    prime = ElementTree.Element(TAG("mo"), lspace="0", rspace="0")
    prime.text = "".join(node[script].itertext())
    if script == 1:
        return [*primed(node[0]), prime]
    node.remove(node[2])
    node.tag = TAG("msub")
    return [node, prime]


def spaced(row: list[ElementTree.Element], script: bool, continued: bool) -> Iterator[ElementTree.Element]:
    """A row with its operators apart: signs by what they are, names by a thin space, bars close to what is inside."""
    for k, node in enumerate(row):
        sign, before = node.text or "", (row[k - 1].text or "") if k else ("" if continued else "(")
        name = name_of(node)
        if name and k and row[k - 1].tag in (TAG("mi"), TAG("mn"), TAG("msub"), TAG("msup")):
            yield space()
        if node.tag in (TAG("mo"), TAG("mi")) and sign in SPACES:
            node.tag = TAG("mo")
            if sign in "+−±∓" and before in OPENING:
                node.set("form", "prefix")
            else:
                width = "0" if script else SPACES[sign]
                node.attrib |= {"form": "infix", "lspace": width, "rspace": width}
        if node.tag == TAG("mtext") and sign.strip():  # words are operands; as text they would take spaces away
            node.tag, node.attrib["mathvariant"] = TAG("mi"), "normal"
        bar = node[0] if node.tag.endswith(SCRIPTS) else node
        if bar.tag == TAG("mo") and bar.text in ("|", "‖"):
            bar.attrib |= {"lspace": "0", "rspace": "0"} | ({} if "minsize" in bar.attrib else {"stretchy": "false"})
        yield node
        if name and k + 1 < len(row) and (row[k + 1].text or "") not in tuple("(){}[],"):
            yield space()


def name_of(node: ElementTree.Element) -> bool:
    """Whether an element is or carries the name of an operator, which becomes upright letters."""
    inner = node[0] if node.tag in (TAG("msub"), TAG("munder")) else node
    if inner.tag == TAG("mo") and re.fullmatch("[A-Za-z]{2,}", inner.text or ""):
        inner.tag = TAG("mi")
        return True
    return False


def space() -> ElementTree.Element:
    """What TeX writes beside log and max."""
    return ElementTree.Element(TAG("mspace"), width=THIN)
