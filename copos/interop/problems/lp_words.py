"""The words of an LP file: numbers, names, operators, with their lines; and where its sections begin."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from copos.interop.problems.lines import shown
from copos.interop.text_table import decoded

NUMBER, NAME, SIGN, SECTION, END = "number", "name", "sign", "section", "end of the file"
_WORD = re.compile(
    r"(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(?![0-9.])"
    r"|(?P<sign><=|>=|=<|=>|[-+*^/:<>=\[\]])"
    r"|(?P<name>[^\s0-9.+\-*^/:<>=\[\]](?:\[[^\s\[\]]*\]|[^\s+\-*^/:<>=\[\]])*)"
)
RELATIONS = {"<": "<=", "=<": "<=", "<=": "<=", ">": ">=", "=>": ">=", ">=": ">=", "=": "="}
# the words that begin a section ↦ the section
SECTIONS = {
    **dict.fromkeys(("min", "minimize", "minimise", "minimum"), "min"),
    **dict.fromkeys(("max", "maximize", "maximise", "maximum"), "max"),
    **dict.fromkeys(("subject to", "such that", "st", "s.t.", "st."), "rows"),
    **dict.fromkeys(("bounds", "bound"), "bounds"),
    **dict.fromkeys(("general", "generals", "gen", "integer", "integers", "int"), "integers"),
    **dict.fromkeys(("binary", "binaries", "bin"), "binaries"),
    "end": "end",
    **dict.fromkeys(("semi-continuous", "semis", "semi"), "semi-continuous variables"),
    **dict.fromkeys(("sos", "sos1", "sos2"), "special ordered sets"),
    "general constraints": "general constraints", "gencons": "general constraints",
    "lazy constraints": "lazy constraints", "user cuts": "user cuts", "pwlobj": "a piecewise-linear objective",
    "multi-objectives": "several objectives", "scenario": "scenarios",
}  # fmt: skip
_PHRASES = sorted((re.escape(phrase).replace(r"\ ", r"\s+") for phrase in SECTIONS), key=len, reverse=True)
_HEADING = re.compile(f"({'|'.join(_PHRASES)})(?=\\s|$)", re.IGNORECASE)


class Word(NamedTuple):
    """A word, of what kind it is, and its line."""

    line: int
    kind: str
    text: str


def words(file: Path) -> list[Word]:
    r"""The words of a file without comments (from \ on); the last one is its end.

    Raises
    ------
    ValueError
        If a character begins no word; the message names the line.
    """
    out: list[Word] = []
    lines = decoded(file).replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")
    for at, whole in enumerate(lines, 1):
        line = whole.split("\\", 1)[0].strip()
        heading = _HEADING.match(line)
        place = 0
        if heading and not line[heading.end() :].lstrip().startswith((":", "<", ">", "=", "+", "*", "^")):
            key = " ".join(heading[1].lower().split())
            out.append(Word(at, SECTION, SECTIONS[key]))
            place = heading.end()
        while place < len(line):
            if line[place].isspace():
                place += 1
                continue
            found = _WORD.match(line, place)
            if found is None:
                raise ValueError(f"line {at}: {shown(line[place:])} begins with no number, name or operator")
            out.append(Word(at, str(found.lastgroup), found[0]))
            place = found.end()
    out.append(Word(len(lines), END, ""))
    return out
