"""Every work that the code cites is in docs/references.bib."""

import re
from pathlib import Path

import copos
from copos.hierarchy import FAMILIES, GRAMS
from copos.instances import CONE_FORMS, GRAPHS, MATRICES

KEY = re.compile(r"\b(?:de)?[A-Z][A-Za-z]{3,}(?:19|20)\d\d\b")
ROOT = Path(copos.__file__).parent.parent
BIB = (ROOT / "docs" / "references.bib").read_text(encoding="utf-8")
KNOWN = re.findall(r"^@\w+\{(\w+),", BIB, flags=re.MULTILINE)


def test_keys_are_there_once():
    assert len(KNOWN) == len(set(KNOWN)) and sorted(KNOWN, key=str.lower) == KNOWN


def test_citations_of_the_code():
    cited = {key for path in (ROOT / "copos").rglob("*.py") for key in KEY.findall(path.read_text(encoding="utf-8"))}
    assert cited <= set(KNOWN), cited - set(KNOWN)


def test_citations_of_the_tables():
    rows = (*FAMILIES.values(), *GRAMS.values(), *MATRICES.values(), *GRAPHS.values(), *CONE_FORMS.values())
    cited = {key for row in rows for key in KEY.findall(row.reference)}
    assert "deKlerkPasechnik2002" in cited and cited <= set(KNOWN), cited - set(KNOWN)
